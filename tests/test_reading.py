"""Reading: whatever the bytes are, the same rows with true lines, and every line in one class."""

from __future__ import annotations

import dataclasses
import hashlib
import io
import os
import random
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

import dumpscan
from dumpscan import reading, scanning
from dumpscan.inputs import Input, inputs_of
from dumpscan.reading import PAD, Reading, read
from dumpscan.scanning import CHUNK, literals, scan

FIXTURES = Path(__file__).resolve().parent.parent / "fixtures"
TABLE = (FIXTURES / "dskheap" / "blanks.txt").read_bytes().decode("ascii")
LIMIT = (FIXTURES / "mm_session_view_size" / "dd_x86.txt").read_bytes().decode("ascii")
ROWS = [
    ("WinSta0\\Default", 3072, 11.0),
    ("WinSta0\\Disconnect", 64, 4.0),
    ("WinSta0\\Winlogon", 128, 8.0),
    ("Service-0x0-3e7$\\Default", 512, 23.0),
    ("Service-0x0-3e4$\\Default", 512, 5.0),
    ("Service-0x0-3e5$\\Default", 512, 2.0),
    ("SAWinSta\\SADesktop", 512, 1.0),
]
FIRST_ROW = 3  # line of the first row of TABLE
CLASSES = ("parsed", "blank", "noise", "other", "problem")


def noise(characters: int, end: str = "\n") -> str:
    """Lines that no command prints, exactly so many characters."""
    line = "fffff800`0165a1c0 8bff            mov     edi,edi ; nothing here" + end
    whole, rest = divmod(characters, len(line))
    return line * (whole - 1) + "x" * rest + line


def lines_of(text: str) -> int:
    """Lines as CONTRACT.md counts them: CRLF, LF and lone CR end one, and a last line without an end counts."""
    unified = text.replace("\r\n", "\n").replace("\r", "\n")
    return unified.count("\n") + (unified != "" and not unified.endswith("\n"))


def heaps(reading: Reading) -> list[tuple[int, str, int, float]]:
    rows = [row for capture in reading.captures for row in capture.tables.get("desktop_heaps", [])]
    return [(line, path, size, used) for line, _, _, path, _, _, size, used, _ in rows]


def check(reading: Reading, text: str, first_row: int) -> None:
    """The whole table at the right lines, and a ledger that adds up."""
    assert reading.skipped is None, reading.skipped
    assert heaps(reading) == [(first_row + at, *row) for at, row in enumerate(ROWS)]
    assert [capture.state for capture in reading.captures] == ["whole"]
    assert reading.lines["total"] == lines_of(text)
    assert sum(reading.lines[name] for name in CLASSES) == reading.lines["total"]
    assert reading.problems == []


# ---------------------------------------------------------------------------------------------------- encodings

ENCODED: dict[str, tuple[Callable[[str], bytes], str]] = {
    "utf-8": (lambda text: text.encode(), "utf-8"),
    "utf-8 with a mark": (lambda text: text.encode("utf-8-sig"), "utf-8"),
    "utf-16 le with a mark": (lambda text: b"\xff\xfe" + text.encode("utf-16-le"), "utf-16-le"),
    "utf-16 be with a mark": (lambda text: b"\xfe\xff" + text.encode("utf-16-be"), "utf-16-be"),
    "utf-16 le": (lambda text: text.encode("utf-16-le"), "utf-16-le"),
    "utf-16 be": (lambda text: text.encode("utf-16-be"), "utf-16-be"),
    "utf-32 with a mark": (lambda text: text.encode("utf-32"), "utf-32"),
}
ENDS = {"crlf": "\r\n", "lf": "\n", "cr": "\r"}


@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize("encoding", ENCODED)
def test_encodings_and_line_ends(encoding: str, end: str) -> None:
    """Also with a few lines of something else before, and without an end of the last line."""
    encode, told = ENCODED[encoding]
    for before, after in (("", ""), ("eins\nzwei \u00fc\n\n", "\nthe last line has no end")):
        text = (before + TABLE + after).replace("\n", ENDS[end])
        reading = read("case", "kd.log", encode(text))
        check(reading, text, FIRST_ROW + before.count("\n"))
        assert reading.encoding == told


def test_mixed_line_ends() -> None:
    """Logs are pasted together from several tools."""
    ends = ["\r\n", "\n", "\r", "\n", "\r\n", "\r"]
    text = "".join(line + ends[at % len(ends)] for at, line in enumerate(("a\n\nb\n" + TABLE).splitlines()))
    check(read("case", "kd.log", text.encode()), text, FIRST_ROW + 3)


@pytest.mark.parametrize("control", ["\x0b", "\x0c", "\x1c", "\x1d", "\x1e", "\x85", "\u2028", "\u2029"])
def test_nothing_else_ends_a_line(control: str) -> None:
    """`str.splitlines` would count these as ends: every line after one would be wrong by one."""
    text = f"before{control}still the first line\n{control}\n" + TABLE
    check(read("case", "kd.log", text.encode()), text, FIRST_ROW + 2)
    check(read("case", "kd.log", text.encode("utf-16")), text, FIRST_ROW + 2)


def test_smart_quotes_of_cp1252_do_not_hide_a_table() -> None:
    before = "\u201eSo geht\u2019s\u201c, schrieb M\u00fcller \u2013 \u20ac\r\n"
    text = before + TABLE.replace("\n", "\r\n")
    reading = read("case", "mail.txt", text.encode("cp1252"))
    check(reading, text, FIRST_ROW + 1)
    assert reading.encoding == "cp1252"


def test_utf8_lines_in_a_file_that_is_not_utf8_throughout() -> None:
    """A mail with NBSP in UTF-8 and one byte of cp1252 far away: NBSP must still be a blank."""
    table = TABLE.replace("  WinSta0", "\u00a0 WinSta0")
    reading = read("case", "mail.txt", table.encode() + b"Gr\xfc\xdfe\n")
    check(reading, TABLE + "Gruesse\n", FIRST_ROW)


def test_given_encoding_is_used() -> None:
    """A byte of a console's code page is a letter of a name, and no reason to fail."""
    table = TABLE.replace("Service-0x0-3e7$\\Default ", "Service-0x0-3e7$\\M\u00fcll    ")
    reading = read("case", "console.txt", table.encode("cp437"), encoding="cp437")
    assert heaps(reading)[3][1] == "Service-0x0-3e7$\\M\u00fcll"
    assert reading.encoding == "cp437"
    ebcdic = read("case", "mainframe.txt", TABLE.encode("cp037"), encoding="cp037")
    check(ebcdic, TABLE, FIRST_ROW)


def test_given_utf16_beats_what_the_bytes_look_like() -> None:
    check(read("case", "kd.log", TABLE.encode("utf-16"), encoding="utf-16"), TABLE, FIRST_ROW)
    check(read("case", "kd.log", TABLE.encode("utf-16-be"), encoding="utf-16-be"), TABLE, FIRST_ROW)


def test_half_a_character_at_the_end_of_utf16() -> None:
    """A log that was cut in the middle of a write."""
    reading = read("case", "kd.log", (TABLE + "tail").encode("utf-16-le") + b"\x41")
    assert heaps(reading) == [(FIRST_ROW + at, *row) for at, row in enumerate(ROWS)]


@pytest.mark.parametrize("pad", [1, 10])
def test_few_nuls_at_the_end(pad: int) -> None:
    check(read("case", "kd.log", TABLE.encode() + b"\0" * pad), TABLE + "\0" * pad, FIRST_ROW)


@pytest.mark.parametrize("pad", [64 * 1024])
def test_long_log_padded_with_nuls(pad: int) -> None:
    """What a power cut leaves of a log: the file has its length, but no content at its end."""
    text = noise(8192) + TABLE
    check(read("case", "kd.log", text.encode() + b"\0" * pad), text + "\0", FIRST_ROW + lines_of(noise(8192)))


@pytest.mark.parametrize("pad", [100, 3000, 64 * 1024])
def test_short_log_padded_with_nuls(pad: int) -> None:
    check(read("case", "kd.log", TABLE.encode() + b"\0" * pad), TABLE + "\0", FIRST_ROW)


# ---------------------------------------------------------------------------------------------------- large files


def test_tables_deep_inside_a_large_log() -> None:
    """3 MB around two tables and a limit: all found, all with their true lines."""
    before, between, after = noise(1_200_011), noise(900_007, "\r\n"), noise(1_000_003)
    text = before + TABLE + between + LIMIT + after + TABLE
    reading = read("case", "kd.log", text.encode())
    second = lines_of(before + TABLE + between + LIMIT + after) + FIRST_ROW
    starts = [lines_of(before) + FIRST_ROW, second]
    assert heaps(reading) == [(start + at, *row) for start in starts for at, row in enumerate(ROWS)]
    limits = [row for capture in reading.captures for row in capture.tables.get("session_limits", [])]
    assert [(line, kb) for line, _, _, kb, _ in limits] == [(lines_of(before + TABLE + between) + 2, 49152)]
    assert reading.lines["total"] == lines_of(text)
    assert sum(reading.lines[name] for name in CLASSES) == reading.lines["total"]
    assert reading.lines["other"] == lines_of(before) + lines_of(between) + lines_of(after)


def slid(block: str, at: int, width: int, end: str) -> tuple[str, int]:
    """A text in which the boundary between the first two chunks falls `at` characters behind the start of a block."""
    before = noise(CHUNK // width - at, end)
    return before + block.replace("\n", end) + noise(500, end), lines_of(before)


@pytest.mark.parametrize("end", ["\n", "\r\n"], ids=["lf", "crlf"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16-le", "utf-16-be"])
def test_block_slides_across_the_chunk_boundary(encoding: str, end: str) -> None:
    """The block has one literal only: if a boundary could hide it, it would be lost."""
    width = 1 if encoding == "utf-8" else 2
    for at in range(len(LIMIT.replace("\n", end)) + 2):
        text, before = slid(LIMIT, at, width, end)
        reading = read("case", "kd.log", text.encode(encoding))
        limits = [row for capture in reading.captures for row in capture.tables.get("session_limits", [])]
        assert [(line, kb) for line, _, _, kb, _ in limits] == [(before + 2, 49152)], at
        assert reading.lines["total"] == lines_of(text), at


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16-le"])
def test_table_slides_across_the_chunk_boundary(encoding: str) -> None:
    width = 1 if encoding == "utf-8" else 2
    for at in range(150, 190):
        text, before = slid(TABLE, at, width, "\r\n")
        check(read("case", "kd.log", text.encode(encoding)), text, before + FIRST_ROW)


def rows_without_literals(count: int) -> str:
    """A listing whose rows hold no literal, so that only its frame betrays it."""
    rows = "".join(f"  Farm{at % 7}\\Job {at:05d}                  512                 1%\n" for at in range(count))
    head, _, _ = TABLE.partition("  WinSta0")
    return f"{head}{rows}\n                Total Desktop: ({count * 512} KB - {count} desktops)\n                Session ID:  0\n"


def test_block_larger_than_the_first_window() -> None:
    """2,000 rows, 120 KB: the window grows until the block is whole, in one piece."""
    listing = rows_without_literals(2000)
    assert len(listing) > 8 * PAD
    before = noise(50_000)
    reading = read("case", "kd.log", (before + listing + noise(50_000)).encode())
    assert [(capture.command, capture.state) for capture in reading.captures] == [("dskheap", "whole")]
    found = heaps(reading)
    assert [row[1] for row in found] == [f"Farm{at % 7}\\Job {at:05d}" for at in range(2000)]
    assert [row[0] for row in found] == [lines_of(before) + FIRST_ROW + at for at in range(2000)]
    assert reading.lines["problem"] == 0


@pytest.mark.parametrize("length", [PAD - 7, PAD, PAD + 7, CHUNK, 1_000_000])
def test_long_lines_before_and_after(length: int) -> None:
    """A line that fills windows and chunks (a pasted page, a hex dump) hides nothing and shifts no line."""
    text = "x" * length + "\n" + TABLE + "y" * length
    check(read("case", "kd.log", text.encode()), text, FIRST_ROW + 1)
    check(read("case", "kd.log", text.encode("utf-16")), text, FIRST_ROW + 1)


def test_long_line_full_of_literals_hides_nothing() -> None:
    """Each of its words opens a window; it belongs to no block, since other lines stand between."""
    between = noise(2000)
    text = "WinSta0 " * 40_000 + "\n" + between + TABLE
    check(read("case", "kd.log", text.encode()), text, FIRST_ROW + 1 + lines_of(between))


def test_a_file_on_disk_is_read_as_the_same_bytes_in_memory(tmp_path: Path) -> None:
    content = (noise(CHUNK + 4711) + TABLE).encode()
    path = tmp_path / "kd.log"
    path.write_bytes(content)
    from_file, from_memory = read("case", "kd.log", path), read("case", "kd.log", content)
    assert from_file.captures == from_memory.captures
    assert from_file.lines == from_memory.lines
    assert from_file.sha256 == from_memory.sha256 is not None


@pytest.mark.parametrize("longest", [True, False])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16-le"])
def test_a_scan_in_chunks_hits_what_a_search_of_the_whole_hits(encoding: str, longest: bool) -> None:
    """Each literal once: one that ends a chunk stands again before the next, because a longer one might go on there."""
    word = sorted(literals(), key=len)[-longest].decode("ascii")
    width = len("x".encode(encoding))
    for at in range(len(word) + 2):
        text = noise(CHUNK // width - at) + word + noise(CHUNK // width - len(word)) + word + noise(100)
        content = text.encode(encoding)
        found = scan(io.BytesIO(content), len(content), encoding, hashed=False)
        places = [place * width for place in range(len(text)) if text.startswith(word, place)]
        assert [offset for offset, _ in found.hits] == places, at


class Trickle(io.BytesIO):
    """A stream that gives fewer bytes than were asked for, as pipes and network shares do."""

    def readinto(self, buffer: object, /) -> int:
        view = memoryview(buffer)  # type: ignore[arg-type]
        return super().readinto(view[: min(len(view), 997)])


def facts(found: scanning.Scan) -> dict[str, object]:
    """All that a scan found, comparable."""
    return {name: value.tolist() if name == "hits" else value for name, value in dataclasses.asdict(found).items()}


def test_short_reads_lose_nothing() -> None:
    """An odd number of bytes a time would cut UTF-16 characters in two."""
    content = (noise(CHUNK // 2 - 20) + TABLE).encode("utf-16-le")
    one, other = (
        scan(stream, len(content), "utf-16-le", hashed=True) for stream in (io.BytesIO(content), Trickle(content))
    )
    assert facts(one) == facts(other)
    assert len(one.hits)


# ---------------------------------------------------------------------------------------------------- mutations


def texts() -> list[str]:
    paths = [path for path in sorted(FIXTURES.glob("*/*.txt")) if path.parent.name != "cases"]
    contents = [path.read_bytes() for path in paths]
    return [content.decode("utf-16" if content.startswith(b"\xff\xfe") else "utf-8") for content in contents]


def mutated(text: str, known: list[str], rng: random.Random) -> str:
    """What copying, cutting and pasting does to a text: lines lost, cut, moved, and mixed with those of others."""
    lines = text.split("\n")
    for _ in range(rng.randint(1, 5)):
        at = rng.randrange(len(lines))
        kind = rng.randrange(6)
        if kind == 0:
            del lines[at : at + rng.randint(1, 3)]
        elif kind == 1:
            lines.insert(at, rng.choice(rng.choice(known).split("\n")))
        elif kind == 2:
            lines[at] = lines[at][: rng.randint(0, len(lines[at]))]
        elif kind == 3:
            other = rng.randrange(len(lines))
            lines[at], lines[other] = lines[other], lines[at]
        elif kind == 4:
            lines[at:at] = rng.choice(known).split("\n")
        else:
            lines[at] = "".join(
                rng.choice("0123456789abcdef %K\\") if rng.random() < 0.1 else char for char in lines[at]
            )
        lines = lines or [""]
    return "\n".join(lines)


@pytest.mark.parametrize("seed", range(8))
def test_damage_never_raises_and_never_loses_a_line(seed: int) -> None:
    """Every line has one class, captures do not overlap, rows stand within their capture."""
    rng, known = random.Random(seed), texts()
    for _ in range(60):
        text = mutated(rng.choice(known), known, rng)
        reading = read("case", "kd.log", text.encode())
        if reading.skipped is not None:
            continue
        assert reading.lines["total"] == lines_of(text)
        assert sum(reading.lines[name] for name in CLASSES) == reading.lines["total"], text
        assert min(reading.lines.values()) >= 0, text
        last = 0
        single = {one.first for one in reading.single}
        for capture in reading.captures:
            shared = max(map(len, text.split("\n"))) > 100  # one line that lost its line ends may hold two captures
            assert (last < capture.first or shared) and capture.first <= capture.last, text
            last = capture.last
            rows = [row for part in capture.tables.values() for row in part]
            assert all(capture.first <= row[0] <= capture.last or row[0] in single for row in rows), text


# ---------------------------------------------------------------------------------------------------- known to be wrong


def limits_of(text: str) -> list[tuple[str, int]]:
    reading = read("case", "kd.log", text.encode())
    rows = [row for capture in reading.captures for row in capture.tables.get("session_limits", [])]
    return [(limit, kb) for _, limit, _, kb, _ in rows]


@pytest.mark.parametrize("offset", ["-4 L2", "+4 L1", "+0x8 L1"])
def test_memory_beside_the_variable_is_not_its_value(offset: str) -> None:
    assert ("view_space", 4096) not in limits_of(f"lkd> dd nt!MmSessionViewSize{offset}\n808ad250  00400000 03000000\n")


def test_numbers_of_a_cpp_expression_are_decimal() -> None:
    asked = "lkd> ?? nt!MmSessionViewSize / 1024\nunsigned int 0xc000\n"
    assert limits_of(asked) in ([("view_space", 49152)], [])


@pytest.mark.parametrize("name", ["mmSessionViewsize", "MmSESSIONViewSize", "MmSessionViewSIZE"])
def test_symbol_in_a_spelling_of_ones_own(name: str) -> None:
    assert limits_of(f"lkd> dd nt!{name} L1\n808ad254  03000000\n") == [("view_space", 49152)]


def test_empty_shell_prompt_is_no_problem() -> None:
    reading = read("case", "console.txt", b"C:\\kktools>dheapmon -s\r\nC:\\kktools>\r\n")
    assert reading.problems == []


def test_listing_of_a_session_without_desktops() -> None:
    """CONTRACT: never raises for what the input holds."""
    head, rest = (
        TABLE.partition("  WinSta0")[0],
        "                Total Desktop: (       0 KB -   0 desktops)\n                Session ID:  5\n",
    )
    assert dumpscan.analyze((head + rest).encode()).to_dict()["verdict"]["mode"] == "undecided"


def test_every_row_of_a_table_that_has_lost_its_percent_signs_is_told() -> None:
    """However many: a row that cannot be read is no line of another program."""
    rows = "".join(f"  Service-0x0-{at:x}$\\Default       512              {at}\n" for at in range(10, 40))
    text = TABLE.partition("  WinSta0")[0] + rows + TABLE[TABLE.rindex("%") + 2 :]
    told = read("case", "kd.log", text.encode())
    lines = {number for number, line in enumerate(text.splitlines(), 1) if line.startswith("  Service")}
    assert len(lines) == 30 and {problem.line for problem in told.problems} == lines


def test_the_first_line_below_a_table_without_its_signs_is_no_longer_of_it() -> None:
    text = TABLE + "Service-0x0-3e7$ is that of LocalSystem\nand so on\nService-0x0-3e4$ is not\n"
    assert [problem.line for problem in read("case", "kd.log", text.encode()).problems] == [len(TABLE.splitlines()) + 1]


# ---------------------------------------------------------------------------------------------------- kinds of files


def zipped() -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("kd.log", TABLE)
    return packed.getvalue()


BINARY = {
    "a program": b"MZ\x90\x00\x03\x00\x00\x00\x04\x00" + bytes(range(256)) * 20,
    "a kernel dump": b"PAGEDU64" + bytes(range(256)) * 20,
    "a minidump": b"MDMP" + bytes(range(256)) * 20,
    "an event log": b"ElfFile\x00" + bytes(range(256)) * 20,
    "gzip": b"\x1f\x8b\x08\x00" + bytes(range(256)) * 20,
    "random bytes": random.Random(1).randbytes(9000),
}


@pytest.mark.parametrize("kind", BINARY)
def test_binary_files_are_told_and_not_read(kind: str) -> None:
    """Even where a table stands in them as text: it is memory, not what a command printed."""
    reading = read("case", "file.bin", BINARY[kind] + TABLE.encode())
    assert reading.skipped is not None
    assert [problem.reason for problem in reading.problems] == [reading.skipped]
    assert reading.captures == []
    assert set(reading.lines.values()) == {0}


def test_zip_is_read_or_told() -> None:
    """Nothing of a case is passed over in silence: what is in an archive counts, or the reader is asked to unpack it."""
    analysis = dumpscan.analyze(zipped())
    doc = analysis.to_dict()
    if not doc["tables"]["desktop_heaps"]:
        assert "zip" in doc["problems"][0]["reason"]
    else:
        assert len(doc["tables"]["desktop_heaps"]) == len(ROWS)


@pytest.mark.parametrize("content", [b"", b"\n", b"\r\n\r\n", b"x", b"\xff", b"\0"])
def test_nearly_nothing(content: bytes) -> None:
    doc = dumpscan.analyze(content).to_dict()
    assert doc["verdict"]["mode"] == "undecided"
    assert doc["inputs"][0]["bytes"] == len(content)
    assert doc["inputs"][0]["lines"]["total"] == lines_of(content.decode("latin-1"))


def test_empty_folder(tmp_path: Path) -> None:
    """Told as such: an empty folder is a wrong path more often than a case."""
    told = dumpscan.analyze(tmp_path).to_dict()
    assert (told["verdict"]["mode"], told["verdict"]["reason"]) == ("undecided", "no_evidence")
    assert [one["skipped"] for one in told["inputs"]] == ["the folder is empty"]
    assert [one["reason"] for one in told["problems"]] == ["the folder is empty"]


@pytest.mark.parametrize("name", ["missing.txt", "no/such/folder", "nul\0byte"])
def test_missing_path_is_the_callers_mistake(tmp_path: Path, name: str) -> None:
    with pytest.raises(dumpscan.DumpscanError, match="no such file") as caught:
        dumpscan.analyze(tmp_path / name)
    assert "\n" not in str(caught.value)


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="the superuser may read everything")
def test_unreadable_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "secret.txt").write_text(TABLE, encoding="utf-8")
    (tmp_path / "secret.txt").chmod(0)
    (reading,) = dumpscan.analyze(tmp_path).readings
    assert reading.skipped is not None
    assert "cannot be read" in reading.skipped


class Denied(type(Path())):  # type: ignore[misc]
    """A path whose file may be listed and not opened; also for the superuser."""

    def open(self, *_: object, **__: object) -> io.BytesIO:
        raise PermissionError(13, "Permission denied")


def test_refused_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "secret.txt").write_text(TABLE, encoding="utf-8")
    reading = read("case", "secret.txt", Denied(tmp_path / "secret.txt"))
    assert reading.skipped == "it cannot be read: Permission denied"
    assert [problem.line for problem in reading.problems] == [None]


def test_file_that_vanishes_between_listing_and_reading(tmp_path: Path) -> None:
    """The customer's share is in use while it is read; the other files must still be answered for."""
    for name in ("a.txt", "b.txt"):
        (tmp_path / name).write_text(TABLE, encoding="utf-8")
    found = inputs_of("case", [tmp_path])
    (tmp_path / "a.txt").unlink()
    readings = [read(one.case, one.file, one.source) for one in found]
    assert [reading.skipped for reading in readings] == ["it was there and is gone", None]
    assert len(heaps(readings[1])) == len(ROWS)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes with names here")
def test_links_and_pipes_are_told_and_not_opened(tmp_path: Path) -> None:
    """A pipe would block for ever, a link can lead out of the case or round in a circle."""
    case = tmp_path / "case"
    case.mkdir()
    outside = tmp_path / "outside.txt"
    outside.write_text(TABLE, encoding="utf-8")
    os.mkfifo(case / "pipe")
    (case / "link.txt").symlink_to(outside)
    (case / "round").symlink_to(case, target_is_directory=True)
    (case / "real.txt").write_text("nothing\n", encoding="utf-8")
    told = {one.file: one.skipped for one in inputs_of("case", [case])}
    assert told.pop("real.txt") is None
    assert set(told) == {"pipe", "link.txt", "round"}
    assert all(told.values())
    doc = dumpscan.analyze(case).to_dict()
    assert doc["tables"]["desktop_heaps"] == []
    assert {problem["file"] for problem in doc["problems"]} == {"pipe", "link.txt", "round"}


def test_files_come_in_the_same_order_on_every_machine(tmp_path: Path) -> None:
    for name in ("b/2.txt", "B.txt", "a.txt", "b/1.txt", "c.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(name, encoding="utf-8")
    found: list[Input] = inputs_of("case", [tmp_path])
    assert [one.file for one in found] == ["a.txt", "B.txt", "c.txt", "b/1.txt", "b/2.txt"]


def test_two_files_of_one_name_keep_two_names(tmp_path: Path) -> None:
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "kd.log").write_text(folder, encoding="utf-8")
    paths = [tmp_path / folder / "kd.log" for folder in ("one", "two")]
    files = [reading.file for reading in dumpscan.analyze(*paths).readings]
    assert len(set(files)) == 2


# ---------------------------------------------------------------------------------------------------- the fallback


def test_search_without_ahocorasick_finds_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    """Windows on Arm has no wheel of it: a plain search must take over and find every block that the fast one finds."""
    content = "".join(noise(1000) + text for text in texts()).encode()
    stems = b" ".join(literals())
    told = []
    for blocked in (False, True):
        scanning._searchers.cache_clear()
        if blocked:
            monkeypatch.setitem(sys.modules, "ahocorasick_rs", None)
        told.append([scan(io.BytesIO(data), len(data), "bytes", hashed=False) for data in (content, stems)])
    monkeypatch.undo()
    scanning._searchers.cache_clear()
    assert [facts(one) for one in told[0]] == [facts(one) for one in told[1]]
    # Whoever waits for a literal hears of it, or of one that lies within it.
    known = list(literals().items())
    heard = [known[number] for number in set(told[0][1].hits[:, 1].tolist())]
    assert [one for one, names in known if not any(other in one and names <= others for other, others in heard)] == []


def test_everything_works_without_ahocorasick() -> None:
    """In a process of its own, from the command line."""
    code = "import sys; sys.modules['ahocorasick_rs'] = None; sys.argv = ['dumpscan', 'report', '-', '-o', '-']; from dumpscan.cli import main; main()"
    result = subprocess.run([sys.executable, "-c", code], input=TABLE.encode(), capture_output=True, check=False)
    assert result.returncode == 0, result.stderr
    assert b"No sign of desktop heap exhaustion" in result.stdout


def test_a_block_behind_a_long_one_is_found() -> None:
    """A process table of two hundred lines pushed the window of `!vm` over the next listing, which was then read without its grammar."""
    processes = "".join(
        f" {at:4x} svchost.exe                     {at:8} Kb          0 Kb          0 Kb\n" for at in range(1, 400)
    )
    vm = "kd> !vm 4\nPhysical Memory:     16268 (   65072 Kb)\nCommit limit:        50570 (  202280 Kb)\n" + processes
    analysis = dumpscan.analyze((vm + TABLE).encode())
    assert [capture.command for capture in analysis.readings[0].captures] == ["vm", "dskheap"]
    assert analysis.tables["captures"]["state"].tolist()[1] == "whole"


EVENT = "Event[0]:\n  Log Name: System\n  Source: Win32k\n  Date: 2021-03-09T07:05:33.120\n  Event ID: 243\n  Description:\nIt failed.\n"


@pytest.mark.parametrize(
    "text", [TABLE * 40, TABLE + EVENT * 200 + TABLE * 9, EVENT * 300], ids=["many", "both", "one"]
)
def test_a_long_text_is_read_in_pieces(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a long window is cut in is the same as in one piece: listings that end before the cut, and a block that goes on over many."""
    whole = read("case", "file", text.encode())
    monkeypatch.setattr(scanning, "LONGEST_WINDOW", 4096)
    monkeypatch.setattr(reading, "LONGEST_WINDOW", 4096)
    monkeypatch.setattr(reading, "GLANCE", 600)
    monkeypatch.setattr(reading, "PAD", 256)
    pieces = read("case", "file", text.encode())
    rows = [
        [(one.command, one.first, one.last, one.tables, one.problems) for one in told.captures]
        for told in (whole, pieces)
    ]
    assert rows[0] == rows[1]
    assert whole.lines == pieces.lines


@pytest.mark.parametrize("first", ["bytes", "utf-16"])
def test_another_encoding_appended(first: str) -> None:
    """PowerShell's >> writes UTF-16 behind what cmd wrote: neither half may vanish, and a full heap may stand in either."""
    other = TABLE.replace("Session ID:  0", "Session ID:  1").encode("utf-16")
    halves = [TABLE.encode(), other] if first == "bytes" else [other, TABLE.encode()]
    analysis = dumpscan.analyze(b"".join(halves))
    assert sorted(analysis.tables["captures"]["session"]) == [0, 1]
    assert set(analysis.tables["captures"]["state"]) == {"whole"}
    assert analysis.readings[0].encoding == "mixed utf-8 and utf-16"


def test_chinese_in_utf16_is_no_second_encoding() -> None:
    """Its characters are pairs of printable bytes, and some hold the byte of a line end."""
    prose = "".join("\u4f60\u597d\u4e0a\u6d77\u5230\u4e0d\u4e86" * 9 + "\r\n" for _ in range(20))
    content = (prose + TABLE + prose).encode("utf-16")
    reading = dumpscan.analyze(content).readings[0]
    assert (reading.encoding, reading.lines["total"]) == ("utf-16-le", 40 + TABLE.count("\n"))
    assert [capture.state for capture in reading.captures] == ["whole"]


# ---------------------------------------------------------------------------------------------------- what is told of an encoding

ODD = "Gr\u00fc\u00dfe \u2013 \u20ac\n"


@pytest.mark.parametrize(
    ("content", "encoding", "replaced"),
    [
        ((TABLE + ODD).encode(), "utf-8", 0),
        ((TABLE + ODD).encode("utf-8-sig"), "utf-8", 0),
        ((TABLE + ODD).encode("cp1252"), "cp1252", 0),
        (TABLE.encode() + b"\x81\x8d \xff\n", "cp1252", 2),
        (b"\x81\r\x8d\n" + TABLE.encode() + b"\x90", "cp1252", 3),
        (TABLE.encode() + "\u2019\u201d \u00cd\n".encode() + b"\xfc\n", "cp1252", 0),  # 9D and 8D in UTF-8
        (b"\xef\xbb\xbf" + TABLE.encode() + b"\xfc \x81\n", "utf-8", 1),
        (TABLE.encode("utf-16") + b"x", "utf-16-le", 1),
        (TABLE.encode("utf-16-be") + b"\xd8\x00\x00\x41", "utf-16-be", 2),
        ((TABLE + ODD).encode("utf-16-le") + b"\x00\xdc\x41\x00", "utf-16-le", 2),
        ((TABLE + ODD).encode("utf-32"), "utf-32", 0),
        ((TABLE + ODD).encode("utf-32-le"), "utf-32-le", 0),
        ((TABLE + ODD).encode("utf-32-be"), "utf-32-be", 0),
        (b"\0\0\xfe\xff" + TABLE.encode("utf-32-be") + b"\0\0", "utf-32", 2),
        (b"\xff\xfe\0\0" + TABLE.encode("utf-32-le") + b"\xff\xff\xff\x7f", "utf-32", 4),
        (b"nothing\n\x81\n", "cp1252", 1),
        (b"\x81" * 5000, "cp1252", 5000),
        (b"", "utf-8", 0),
    ],
)
def test_the_choice_and_what_it_could_not_read_are_told(content: bytes, encoding: str, replaced: int) -> None:
    """In the whole text, not only around what was recognised; and invalid bytes never cost a row."""
    reading = read("case", "kd.log", content)
    assert (reading.encoding, reading.replaced, reading.size) == (encoding, replaced, len(content))
    assert heaps(reading) or b"W" not in content
    assert reading.sha256 == hashlib.sha256(content).hexdigest()


@pytest.mark.parametrize(
    "name",
    ["cp850", "cp932", "gb18030", "big5", "euc_kr", "cp1251", "iso2022_jp", "shift_jisx0213", "utf-7", "hz", "cp875"],
)
def test_a_given_code_page_reads_all_there_is(name: str) -> None:
    """Also those in which the bytes of ASCII mean something else."""
    text = (
        "\u8868\u793a\n"
        if name in ("cp932", "gb18030", "iso2022_jp", "shift_jisx0213", "big5", "hz", "utf-7")
        else "x\n"
    ) + TABLE
    reading = read("case", "kd.log", text.encode(name, errors="replace"), encoding=name)
    check(reading, text, FIRST_ROW + 1)
    assert (reading.encoding, reading.replaced) == (name, 0)


def test_bytes_that_a_given_code_page_lacks_are_counted() -> None:
    reading = read("case", "kd.log", TABLE.encode() + b"\x80\xff\x81\n", encoding="ascii")
    assert (heaps(reading) != [], reading.replaced) == (True, 3)
    assert read("case", "kd.log", TABLE.encode() + b"\x82\n\x82\xff", encoding="cp932").replaced == 2


def test_a_mark_knows_better_than_the_caller(tmp_path: Path) -> None:
    """`--encoding` is meant for the console texts of a case; the logs beside them tell theirs."""
    (tmp_path / "console.txt").write_bytes(TABLE.replace("SADesktop", "S\u00e4desktop").encode("cp850"))
    (tmp_path / "kd.log").write_bytes(TABLE.encode("utf-16"))
    (tmp_path / "lm.log").write_bytes(TABLE.encode("utf-16-le"))
    (tmp_path / "mail.txt").write_bytes(TABLE.encode("utf-8-sig"))
    found = {reading.file: reading.encoding for reading in dumpscan.analyze(tmp_path, encoding="cp850").readings}
    assert found == {"console.txt": "cp850", "kd.log": "utf-16-le", "lm.log": "utf-16-le", "mail.txt": "utf-8"}


@pytest.mark.parametrize(
    "name", ["klingon", "base64", "rot13", "idna", "undefined", "unicode_escape", "a\0b", "", "x" * 5000, "\u00e9"]
)
def test_what_is_no_encoding_is_the_callers_mistake(name: str) -> None:
    with pytest.raises(dumpscan.DumpscanError) as caught:
        dumpscan.analyze(b"x", encoding=name)
    assert "\n" not in str(caught.value)
    with pytest.raises(dumpscan.DumpscanError):
        dumpscan.analyze_cases({"a": b"x"}, encoding=name)


MARK = {"utf-8": b"\xef\xbb\xbf", "utf-16-le": b"\xff\xfe", "utf-16-be": b"\xfe\xff"}


@pytest.mark.parametrize("encoding", MARK)
def test_a_mark_in_the_middle(encoding: str) -> None:
    """Two logs that `copy /b` has joined: the second one brings its mark along."""
    half = MARK[encoding] + TABLE.encode(encoding)
    reading = read("case", "kd.log", half + half)
    assert len(heaps(reading)) == 2 * len(ROWS)
    assert (reading.encoding, reading.replaced, reading.lines["total"]) == (encoding, 0, 2 * lines_of(TABLE))


@pytest.mark.parametrize(
    "encodings",
    [
        ("utf-8", "utf-16"),
        ("utf-16", "utf-8"),
        ("utf-16", "utf-8", "utf-16"),
        ("utf-8", "utf-16-le", "utf-8"),
        ("utf-16-be", "utf-8"),
    ],
)
@pytest.mark.parametrize("tail", ["", "x"])
def test_encodings_change_from_log_to_log(encodings: tuple[str, ...], tail: str) -> None:
    """Whatever the order, and also where the second one begins at an odd byte."""
    texts_ = [TABLE.replace("Session ID:  0", f"Session ID:  {at}") for at in range(len(encodings))]
    content = b"".join(
        (text + tail * (encoding == "utf-8")).encode(encoding) for text, encoding in zip(texts_, encodings, strict=True)
    )
    analysis = dumpscan.analyze(content)
    assert sorted(analysis.tables["captures"]["session"]) == list(range(len(encodings)))
    assert analysis.readings[0].encoding == "mixed utf-8 and utf-16"


def test_a_write_that_was_cut_shifts_the_next_log() -> None:
    """Half a character between two logs of UTF-16: all behind it would be Chinese."""
    other = TABLE.replace("Session ID:  0", "Session ID:  1")
    reading = read("case", "kd.log", TABLE.encode("utf-16") + b"\x41" + other.encode("utf-16-le"))
    assert len(heaps(reading)) == 2 * len(ROWS)


def test_a_large_log_may_change_its_encoding_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """Piece by piece, and none of them ends inside a character."""
    monkeypatch.setattr("dumpscan.decoding.PIECE", 3001)
    text = noise(20_000) + TABLE
    content = text.encode() + text.encode("utf-16") + text.encode()
    reading = read("case", "kd.log", content)
    assert len(heaps(reading)) == 3 * len(ROWS)
    assert (reading.lines["total"], reading.replaced) == (3 * lines_of(text), 0)


# ---------------------------------------------------------------------------------------------------- read as the caller says


def test_rows_that_nothing_betrays_are_read_as_the_caller_says(tmp_path: Path) -> None:
    """Somebody copied six lines out of a table."""
    rows = "".join(
        line.replace("Win", "Farm").replace("-0x0-", "-").replace("SAW", "F")
        for line in TABLE.splitlines(True)
        if line.endswith("%\n")
    )
    plain = dumpscan.analyze(rows.encode())
    assert len(plain.tables["desktop_heaps"]) == 0
    for name in ("dskheap", "!dskheap"):
        told = dumpscan.analyze(rows.encode(), read_as=name)
        assert len(told.tables["desktop_heaps"]) == len(ROWS)
        assert told.to_dict()["verdict"]["reason"] == "incomplete"
    (tmp_path / "rows.txt").write_bytes(rows.encode("utf-16"))
    (tmp_path / "table.txt").write_bytes(TABLE.encode())
    (tmp_path / "prose.txt").write_bytes(b"nothing\n")
    found = {reading.file: reading for reading in dumpscan.analyze(tmp_path, read_as="dheapmon").readings}
    assert [capture.command for capture in found["table.txt"].captures] == ["dskheap"], (
        "what is recognised stays what it is"
    )
    assert found["prose.txt"].partly == "nothing in it reads as the output of dheapmon"


def test_what_nobody_reads_is_the_callers_mistake() -> None:
    with pytest.raises(dumpscan.DumpscanError, match=r"one of .*dskheap"):
        dumpscan.analyze(b"x", read_as="fortune")
