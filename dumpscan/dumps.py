"""What the header of a dump tells: its kind, build, time and uptime. A dump beside the logs is evidence of its kind, and is read no further.

    a kernel mini dump of build 3790 (x86), made 2009-03-09 07:05:33 UTC, up 12 days 04:11:09: ...

Offsets: `_DUMP_HEADER` of 32 bits (one page) and `_DUMP_HEADER64` (two pages), `MINIDUMP_HEADER` of user dumps. Words that the writer
left alone hold "PAGE" (Windows 2000 fills only a part of the header); a value that cannot be is told as nothing at all.
Sources: the structures of wdbgexts.h and minidumpapiset.h; the overlays of Volatility 2 (crash_vtypes).
"""

from __future__ import annotations

import struct
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

KERNEL, USER = (b"PAGEDUMP", b"PAGEDU64"), b"MDMP"
HEADER_BYTES = 8192  # of the 64-bit header, the longest of them
UNFILLED = b"PAGE"
MACHINES = {0x14C: "x86", 0x200: "ia64", 0x1C4: "arm", 0x8664: "x64", 0xAA64: "arm64"}
PROCESSORS = {0: "x86", 5: "arm", 6: "ia64", 9: "x64", 12: "arm64"}  # of a user dump

_RUN = "open it in a debugger, run what `dumpscan commands` lists and save the text"
_NEVER = "it can never hold heap data; a kernel dump or a complete one is needed"
# Type of a kernel dump, and what to do with it. Neither header-only nor mini dumps hold session space.
TYPES = {
    1: ("a complete memory dump", _RUN),
    2: ("a kernel dump", _RUN),
    3: ("the header of a kernel dump", _NEVER),
    4: ("a kernel mini dump", _NEVER),
    5: ("a complete memory dump", _RUN),  # as a bitmap of pages
    6: ("a kernel dump", _RUN),
    7: ("an automatic kernel dump", _RUN),
}


class Layout(NamedTuple):
    """Where the fields of a kernel dump's header stand."""

    machine: int
    kind: int
    uptime: int
    time: int


LAYOUTS = {b"PAGEDUMP": Layout(0x20, 0xF88, 0xFB8, 0xFC0), b"PAGEDU64": Layout(0x30, 0xF98, 0x1030, 0xFA8)}


def told(head: bytes) -> str | None:
    """The dump that begins with these bytes, in words; None for anything else."""
    if head[:8] in LAYOUTS:
        return _kernel(head, LAYOUTS[head[:8]])
    return _user(head) if head.startswith(USER) else None


def _kernel(head: bytes, layout: Layout) -> str:
    kind, advice = TYPES.get(_word(head, layout.kind) or 0, ("a kernel memory dump", _RUN))
    build, machine = _word(head, 0x0C), MACHINES.get(_word(head, layout.machine) or 0)
    since_1601, up = _long(head, layout.time), _long(head, layout.uptime)
    made = _moment(datetime(1601, 1, 1, tzinfo=UTC), since_1601 // 10) if since_1601 else None
    return _sentence(kind, build, machine, made, _uptime(up), advice)


def _user(head: bytes) -> str:
    """A dump of one process. Its system is told where it stands in the first pages, as it mostly does."""
    stamp, flags = _word(head, 0x14), _word(head, 0x18) or 0
    kind = "a user-mode dump with full memory" if flags & 2 else "a user-mode mini dump"
    made = _moment(datetime(1970, 1, 1, tzinfo=UTC), stamp * 1_000_000) if stamp else None
    build = machine = None
    count, directory = _word(head, 0x08) or 0, _word(head, 0x0C) or 0
    for entry in range(directory, directory + 12 * min(count, 64), 12):
        if _word(head, entry) == 7 and (system := _word(head, entry + 8)) and (processor := _word(head, system)):
            build, machine = _word(head, system + 16), PROCESSORS.get(processor & 0xFFFF)
    return _sentence(kind, build, machine, made, None, "the heaps of a session are not in it")


def _sentence(kind: str, build: int | None, machine: str | None, made: str | None, up: str | None, advice: str) -> str:
    if build is not None and 0 < build < 100_000:
        kind += f" of build {build}"
    facts = [kind + (f" ({machine})" if machine else ""), f"made {made}" if made else "", f"up {up}" if up else ""]
    return f"{', '.join(filter(None, facts))}: {advice}"


def _word(head: bytes, at: int) -> int | None:
    """Four bytes as a number; None where the file ends before, or the writer filled nothing in."""
    raw = head[at : at + 4]
    return int(struct.unpack("<I", raw)[0]) if len(raw) == 4 and raw != UNFILLED else None


def _long(head: bytes, at: int) -> int | None:
    raw = head[at : at + 8]
    return int(struct.unpack("<Q", raw)[0]) if len(raw) == 8 and raw != UNFILLED * 2 else None


def _moment(epoch: datetime, microseconds: int) -> str | None:
    """A time as text, unless no Windows can have had it."""
    if microseconds > 1000 * 366 * 86_400_000_000:
        return None
    moment = epoch + timedelta(microseconds=microseconds)
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC" if 1993 <= moment.year < 2100 else None


def _uptime(ticks: int | None) -> str | None:
    """From units of 100 ns, as a debugger prints it."""
    if not ticks or not 10_000_000 <= ticks <= 20 * 366 * 864_000_000_000:
        return None
    days, seconds = divmod(ticks // 10_000_000, 86_400)
    clock = f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"
    return f"{days} day{'s' if days != 1 else ''} {clock}" if days else clock
