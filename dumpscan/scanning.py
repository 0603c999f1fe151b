"""Finding the few places of a text that matter, at the speed of memory: literal search over raw bytes, and where lines end.

Measured (docs/performance.md): Aho-Corasick with LeftmostFirst and at most 64 literals searches gigabytes a second; the default match
kind, a 65th literal, or one shorter than four bytes costs five to eight times as much. The buffer is reused, so a log of any size
needs the memory of one chunk.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any, Protocol

from dumpscan import moments, prompts, symptoms
from dumpscan.commands import all_commands

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy as np
    from numpy.typing import NDArray

CHUNK = 256 * 1024  # bytes; even, so that UTF-16 units are never cut
MOST_LITERALS = 64  # of one searcher
SHORT = 4  # bytes; shorter literals ("kd>") have a searcher of their own
PROMPTS, SYMPTOMS, LOGS = "prompts", "symptoms", "logs"  # who reads single lines, beside the commands
LONGEST_WINDOW = 4 * 1024 * 1024  # bytes
LF, CR = 10, 13


class Stream(Protocol):
    """What is scanned: an unbuffered file, or bytes in memory."""

    def seek(self, offset: int, /) -> int: ...
    def read(self, size: int, /) -> bytes | None: ...
    def readinto(self, buffer: memoryview, /) -> int | None: ...


def fold(text: bytes) -> bytes:
    """Letters in lower case, as the searcher sees a text; other bytes change, too, so a hit is only a hint. (One operation on whole chunks.)"""
    return bytes(byte | 0x20 for byte in text)


@cache
def literals() -> dict[bytes, frozenset[str]]:
    """All literals, folded, each with the names of those whose lines it betrays: commands, and the readers of single lines."""
    owners: dict[bytes, set[str]] = {}
    asked = [(command.name, command.literals) for command in all_commands().values()]
    for name, wanted in (
        *asked,
        (PROMPTS, prompts.LITERALS),
        (SYMPTOMS, symptoms.literals()),
        (LOGS, moments.LITERALS),
    ):
        for literal in wanted:
            owners.setdefault(fold(literal), set()).add(name)
    return {literal: frozenset(owners[literal]) for literal in sorted(owners)}


LEAST_OVERLAP = 2  # bytes; a shorter one is chance, and would need twice as many searchers


def _rivals(patterns: list[bytes]) -> dict[bytes, set[bytes]]:
    """For each literal those that can stand in a text with bytes of it: one inside the other, or the end of one as the beginning of the other."""
    heads: dict[bytes, list[bytes]] = {}
    for one in patterns:
        for count in range(LEAST_OVERLAP, len(one)):
            heads.setdefault(one[:count], []).append(one)
    rivals: dict[bytes, set[bytes]] = {one: set() for one in patterns}
    for one in patterns:
        within = [other for other in patterns if other in one]
        for other in (*within, *(other for at in range(1, len(one)) for other in heads.get(one[at:], ()))):
            rivals[one].add(other)
            rivals[other].add(one)
    return rivals


def _groups(patterns: list[bytes]) -> list[list[bytes]]:
    """Literals for searchers: of two that overlap in a text a searcher tells only one, so they are never in the same."""
    rivals = _rivals(patterns)
    groups: list[list[bytes]] = []
    for one in sorted(patterns, key=lambda one: -len(rivals[one])):
        room = (group for group in groups if len(group) < MOST_LITERALS and rivals[one].isdisjoint(group))
        if group := next(room, None):
            group.append(one)
        else:
            groups.append([one])
    return groups


@cache
def _searchers() -> list[tuple[list[int], Any]]:
    """Functions from a buffer to (number of the literal, start, end) of each hit, each with the numbers of its literals among all."""
    patterns = list(literals())
    short = [pattern for pattern in patterns if len(pattern) < SHORT]
    rest = [pattern for pattern in patterns if len(pattern) >= SHORT]
    groups = [short, *_groups(rest)]
    numbers = {pattern: number for number, pattern in enumerate(patterns)}
    return [([numbers[one] for one in group], _searcher(group)) for group in groups if group]


def _searcher(patterns: list[bytes]) -> Any:
    try:
        from ahocorasick_rs import BytesAhoCorasick, MatchKind
    except ImportError:  # no wheel for Windows on Arm: 50 times slower there, and the same result
        expression = re.compile(b"|".join(re.escape(pattern) for pattern in patterns))
        numbers = {pattern: number for number, pattern in enumerate(patterns)}
        return lambda buffer: [(numbers[match[0]], *match.span()) for match in expression.finditer(buffer)]
    return BytesAhoCorasick(patterns, matchkind=MatchKind.LeftmostFirst).find_matches_as_indexes


@dataclass(slots=True)
class Scan:
    """What one pass over a text found."""

    unit: np.dtype[Any]  # of a character: one byte, or two in UTF-16
    chunk: int  # bytes read at a time
    hits: NDArray[np.int64]  # a row each: offset in bytes, number of the literal
    size: int = 0  # bytes read
    lines_before: list[int] = field(default_factory=list)  # line ends before each chunk
    after_cr: list[bool] = field(default_factory=list)  # whether the byte before each chunk is a CR
    line_ends: int = 0
    ends_open: bool = False  # the last line has no end
    is_utf8: bool = True
    mixed: bool = (
        False  # NULs in a text of bytes, or much that is no UTF-16 in one of UTF-16: another program may have appended
    )
    sha256: str | None = None

    @property
    def width(self) -> int:
        """Bytes of a character."""
        return self.unit.itemsize

    @property
    def lines(self) -> int:
        return self.line_ends + self.ends_open

    def units(self, raw: bytes | memoryview) -> NDArray[Any]:
        """The characters of a piece of the text as numbers; half a one at its end is left out."""
        import numpy as np

        return np.frombuffer(raw[: len(raw) // self.width * self.width], self.unit)


def scan(stream: Stream, size: int, encoding: str, hashed: bool) -> Scan:
    """One pass over a whole stream of (about) `size` bytes. Raises OSError as the stream does."""
    import codecs
    import hashlib

    import numpy as np

    searchers = _searchers()
    unit = np.dtype({"utf-16-le": "<u2", "utf-16-be": ">u2"}.get(encoding, "u1"))
    found = Scan(unit, min(CHUNK, size // 2 * 2 + 2), np.empty((0, 2), np.int64))
    most = (max(map(len, literals())) - 1) * found.width  # of a literal that the end of a chunk has cut
    hits = [found.hits]
    buffer = bytearray(most + found.chunk)
    view = memoryview(buffer)
    decoder = codecs.getincrementaldecoder("utf-8")()
    sha = hashlib.sha256() if hashed else None
    carried, after_cr = 0, False
    stream.seek(0)
    while count := _fill(stream, view[most:]):
        fresh = view[most : most + count]
        if sha:
            sha.update(fresh)
        if found.width == 1 and found.is_utf8:
            found.is_utf8 = _stays_utf8(decoder, fresh)
        hay: Any = view[most - carried : most + count]
        folded = found.units(hay).astype("u1") | 0x20
        for numbers, search in searchers:
            if told := search(folded):
                number, start, end = np.array(told, np.int64).T
                fresh_ones = end * found.width > carried  # the others were found in the chunk before
                places = found.size - carried + start * found.width
                number = np.take(numbers, number)
                hits.append(np.stack([places[fresh_ones], number[fresh_ones]], axis=1))
        units = found.units(fresh)
        found.mixed |= _looks_mixed(units, found.width)
        found.lines_before.append(found.line_ends)
        found.after_cr.append(after_cr)
        found.line_ends += count_line_ends(units, after_cr)
        found.ends_open = not (units.size and units[-1] in (LF, CR))
        after_cr = bool(units.size and units[-1] == CR)
        found.size += count
        carried = min(most, carried + count)
        buffer[most - carried : most] = view[most + count - carried : most + count]
    found.hits = np.concatenate(hits)
    found.hits = found.hits[np.argsort(found.hits[:, 0], kind="stable")]
    found.ends_open |= found.size % found.width > 0  # half a character was cut off: it stands in a line, too
    if found.width == 1 and found.is_utf8:
        found.is_utf8 = _stays_utf8(decoder, b"", final=True)
    found.sha256 = sha.hexdigest() if sha else None
    return found


MANY = 40  # characters in a row or nearly so


def _looks_mixed(units: NDArray[Any], width: int) -> bool:
    """Whether a chunk holds what could be another encoding: two printable bytes that UTF-16 makes one character of, or many NULs."""
    import numpy as np

    if width == 1:
        return bool(np.count_nonzero(units == 0) > MANY)
    high, low = units >> 8, units & 0xFF
    return bool(np.count_nonzero((high >= 0x20) & (high < 0x7F) & (low >= 0x20) & (low < 0x7F)) > MANY)


def _fill(stream: Stream, room: memoryview) -> int:
    """Read until `room` is full or the stream ends: a short read in the middle would cut UTF-16 units in two."""
    count = 0
    while count < len(room) and (more := stream.readinto(room[count:])):
        count += more
    return count


def _stays_utf8(decoder: Any, data: memoryview | bytes, final: bool = False) -> bool:
    try:
        decoder.decode(data, final)
    except UnicodeDecodeError:
        return False
    return True


def count_line_ends(units: NDArray[Any], after_cr: bool) -> int:
    """CRLF, LF and lone CR end a line; a LF that follows the CR of the chunk before was counted there."""
    import numpy as np

    ends = int(np.count_nonzero(units == LF))
    crs = units == CR
    if lone := int(np.count_nonzero(crs)):
        ends += lone - int(np.count_nonzero(crs[:-1] & (units[1:] == LF)))
    return ends - bool(after_cr and units.size and units[0] == LF)


def line_starts(units: NDArray[Any]) -> NDArray[np.intp]:
    """Where lines begin in a piece of text, its first character apart; a CR that ends the piece may be half a CRLF, so nothing begins there."""
    import numpy as np

    if not units.size:
        return np.empty(0, np.intp)
    starts = np.flatnonzero((units[:-1] == LF) | ((units[:-1] == CR) & (units[1:] != LF))) + 1
    return np.append(starts, units.size) if units[-1] == LF else starts


def commands_of(found: Scan, start: int = 0, end: int | None = None) -> list[str]:
    """The commands whose blocks the hits between two offsets in bytes may betray."""
    import numpy as np

    low, high = np.searchsorted(found.hits[:, 0], (start, found.size if end is None else end))
    owners = list(literals().values())
    told = frozenset[str]().union(*(owners[number] for number in np.unique(found.hits[low:high, 1])))
    return sorted(told & set(all_commands()))


def hits_of(found: Scan, *names: str) -> NDArray[np.int64]:
    """Offsets in bytes, in order, of the hits that may betray any of these."""
    import numpy as np

    wanted = np.array([not owners.isdisjoint(names) for owners in literals().values()])
    offsets: NDArray[np.int64] = found.hits[wanted[found.hits[:, 1]], 0]
    return offsets


def windows(found: Scan, pad: int) -> Iterator[tuple[int, int]]:
    """The stretches of a text within `pad` bytes of a hit of any command, in order.

    Words such as "Maximum" can stand in every line of a log; a stretch ends after a few megabytes all the same, so memory stays bounded.
    """
    import numpy as np

    offsets = hits_of(found, *all_commands())
    if not len(offsets):
        return
    apart = (np.diff(offsets) > 2 * pad) | (np.diff(offsets // LONGEST_WINDOW) > 0)
    for group in np.split(offsets, np.flatnonzero(apart) + 1):
        yield max(0, int(group[0]) - pad), min(found.size, int(group[-1]) + pad)
