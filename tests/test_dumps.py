"""Dumps are told by their header, and read no further. The headers here are composed: only the fields that are told are filled in."""

from __future__ import annotations

import struct
import zipfile
from datetime import datetime
from io import BytesIO

import pytest

import dumpscan
from dumpscan import dumps, render

TIME = datetime(2009, 3, 9, 7, 5, 33)
DAY = 864_000_000_000  # in units of 100 ns
NEVER, RUN = "can never hold heap data", "save the text"


def filetime(moment: datetime) -> int:
    return int((moment - datetime(1601, 1, 1)).total_seconds()) * 10_000_000


def kernel(
    signature: bytes = b"PAGEDUMP",
    kind: int | None = 4,
    build: int = 3790,
    machine: int = 0x14C,
    moment: datetime | None = TIME,
    up: int | None = 12 * DAY + 3 * 36_000_000_000 + 50_000_000,
) -> bytes:
    """The header as Windows writes it: what it leaves alone holds "PAGE"."""
    layout = dumps.LAYOUTS[signature]
    header = bytearray(b"PAGE" * 2048)
    header[:8] = signature
    struct.pack_into("<II", header, 0x08, 0xF, build)
    struct.pack_into("<I", header, layout.machine, machine)
    if kind is not None:
        struct.pack_into("<I", header, layout.kind, kind)
    if moment is not None:
        struct.pack_into("<Q", header, layout.time, filetime(moment))
    if up is not None:
        struct.pack_into("<Q", header, layout.uptime, up)
    return bytes(header)


def user(flags: int = 0, stamp: int = 1236582333, system: bool = True) -> bytes:
    """Header, a directory of two streams, and the one that tells the system."""
    streams = struct.pack("<III", 3, 4, 0x200) + struct.pack("<III", 7, 56, 0x100) if system else b""
    header = struct.pack("<4sIIIIIQ", b"MDMP", 0xA793, len(streams) // 12, 0x20, 0, stamp, flags) + streams
    info = struct.pack("<HHHBBIII", 9, 6, 0, 4, 1, 6, 1, 7601)
    return header.ljust(0x100, b"\0") + info.ljust(0x200, b"\0")


@pytest.mark.parametrize(
    ("head", "told"),
    [
        (kernel(), "a kernel mini dump of build 3790 (x86), made 2009-03-09 07:05:33 UTC, up 12 days 03:00:05: it can never hold heap data; a kernel dump or a complete one is needed"),
        (kernel(b"PAGEDU64", 2, 7601, 0x8664), f"a kernel dump of build 7601 (x64), made 2009-03-09 07:05:33 UTC, up 12 days 03:00:05: {dumps._RUN}"),
        (kernel(b"PAGEDU64", 1, 3790, 0x200), f"a complete memory dump of build 3790 (ia64), made 2009-03-09 07:05:33 UTC, up 12 days 03:00:05: {dumps._RUN}"),
        (kernel(b"PAGEDU64", 6, 22621, 0xAA64, up=DAY), f"a kernel dump of build 22621 (arm64), made 2009-03-09 07:05:33 UTC, up 1 day 00:00:00: {dumps._RUN}"),
        (kernel(b"PAGEDU64", 4, 9600, 0x8664, up=36_610_000_000), "a kernel mini dump of build 9600 (x64), made 2009-03-09 07:05:33 UTC, up 01:01:01: it can never hold heap data; a kernel dump or a complete one is needed"),
        (kernel(kind=None, build=1381, moment=None, up=None), f"a kernel memory dump of build 1381 (x86): {dumps._RUN}"),
        (user(), "a user-mode mini dump of build 7601 (x64), made 2009-03-09 07:05:33 UTC: the heaps of a session are not in it"),
        (user(flags=2, system=False), "a user-mode dump with full memory, made 2009-03-09 07:05:33 UTC: the heaps of a session are not in it"),
    ],
    ids=["mini", "kernel", "complete", "bitmap", "young", "NT 4", "user", "user, full"],
)  # fmt: skip
def test_dumps_are_told(head: bytes, told: str) -> None:
    assert dumps.told(head) == told


@pytest.mark.parametrize("signature", dumps.LAYOUTS)
@pytest.mark.parametrize("kind", [*dumps.TYPES, 0, 99])
def test_only_what_holds_session_space_is_to_be_opened(signature: bytes, kind: int) -> None:
    """Mini dumps and bare headers never do: nobody is to search in them."""
    told = dumps.told(kernel(signature, kind)) or ""
    assert (NEVER in told, RUN in told) == (kind in (3, 4), kind not in (3, 4))


@pytest.mark.parametrize("value", [0, 1, 2**32, 2**62, 2**63, 2**64 - 1])
@pytest.mark.parametrize("signature", dumps.LAYOUTS)
def test_values_that_cannot_be_are_not_told(signature: bytes, value: int) -> None:
    header = bytearray(kernel(signature, build=2**32 - 1))
    for at in (dumps.LAYOUTS[signature].time, dumps.LAYOUTS[signature].uptime):
        struct.pack_into("<Q", header, at, value)
    told = dumps.told(bytes(header)) or ""
    assert "made" not in told
    assert "build" not in told
    assert " up " not in told or value == 2**32


@pytest.mark.parametrize("whole", [kernel(), kernel(b"PAGEDU64"), user()], ids=["32", "64", "user"])
def test_cut_at_every_place(whole: bytes) -> None:
    """A header that a copy has cut is still that of a dump."""
    for at in range(0, len(whole), 7):
        told = dumps.told(whole[:at])
        assert (told is None) == (at < (4 if whole.startswith(b"MDMP") else 8))


def test_streams_that_lead_anywhere() -> None:
    for at in range(8, 0x40):
        for value in (b"\xff", b"\x00", b"\x07"):
            assert dumps.told(user()[:at] + value * 4 + user()[at + 4 :])


@pytest.mark.parametrize("packed", [False, True])
def test_a_dump_among_the_logs_is_told_and_not_read(packed: bool) -> None:
    """Also where a table stands in it as text: it is memory, not what a command printed. In an archive it is not even unpacked."""
    content = kernel() + b"kd> !dskheap -s 0\n" * 1000
    if packed:
        archive = BytesIO()
        with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as file:
            file.writestr("MEMORY.DMP", content)
        content = archive.getvalue()
    doc = dumpscan.analyze(content).to_dict()
    (one,) = doc["inputs"]
    assert one["skipped"].startswith(
        "not a text but a kernel mini dump of build 3790 (x86), made 2009-03-09 07:05:33 UTC"
    )
    assert one["bytes"] == len(kernel()) + 18_000
    assert one["lines"]["total"] == 0
    assert [problem["reason"] for problem in doc["problems"]] == [one["skipped"]]
    for form in (render.html, render.text, render.markdown):
        assert NEVER in " ".join(form(doc).split())


def test_an_encoding_makes_no_text_of_a_dump() -> None:
    """`--encoding` speaks of the texts of a case; the dump beside them stays one."""
    (reading,) = dumpscan.analyze(kernel(), encoding="cp850").readings
    assert reading.skipped
