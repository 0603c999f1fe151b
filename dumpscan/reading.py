"""Reading one input: bytes to text, to captures and a ledger of its lines. Whatever it holds, it never raises."""

from __future__ import annotations

import hashlib
import io
import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dumpscan.capture import CONTEXT, Capture, Taken, captures
from dumpscan.decoding import keeps_ascii, one_encoding, recoded, unreadable
from dumpscan.kinds import HEAD, OTHER_LETTERS, sniff
from dumpscan.matching import matching_copy, repaired
from dumpscan.mentions import quoted
from dumpscan.moments import header_stamp
from dumpscan.ownreport import is_own_report
from dumpscan.prompts import commands
from dumpscan.rows import Problem
from dumpscan.scanning import (
    LOGS,
    LONGEST_WINDOW,
    PROMPTS,
    SYMPTOMS,
    Scan,
    Stream,
    commands_of,
    count_line_ends,
    hits_of,
    line_starts,
    scan,
    windows,
)
from dumpscan.symptoms import symptoms

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

PAD = 4 * 1024  # characters read around a hit at first; doubled while a block reaches the edge
GLANCE = 16 * 1024  # bytes to both sides
EDGE = 40  # lines: what stands closer than this to the edge of a window may go on outside
HASH_LIMIT = 64 * 1024 * 1024  # bytes; hashing a gigabyte would take longer than reading it

# Quoting, and the head that mail programs put above what they quote.
_MAIL = re.compile(r"(?m)^[ \t]*(?:>|-{3,} ?(?:Original|Urspr)|(?:From|Von|De|Sent|Gesendet): |On .{4,80} wrote:)")
_LINE = re.compile(rb"[^\r\n]*+(?:\r\n|\r|\n)?")
_LINE_END = re.compile(r"\r\n?|\n")


@dataclass(slots=True)
class Reading:
    """One input as it was read: what it is, what stands in it, and one class for each of its lines."""

    case: str
    file: str
    size: int | None = None
    sha256: str | None = None
    encoding: str | None = None
    lines: dict[str, int] = field(
        default_factory=lambda: dict.fromkeys(("total", "parsed", "blank", "noise", "other", "problem"), 0)
    )
    captures: list[Capture] = field(default_factory=list)
    single: list[Taken] = field(default_factory=list)  # lines outside of captures of which a row came
    problems: list[Problem] = field(default_factory=list)
    stamps: list[tuple[int, str]] = field(default_factory=list)  # line and time stamp of each log that begins here
    skipped: str | None = None  # why nothing of it was read
    partly: str | None = None  # why something of it was not read
    replaced: int = 0  # bytes that stand for no character in its encoding
    mail: bool = False  # a thread: what stands further down may be older
    levels: tuple[str, ...] = ()  # of a member: its archive, that archive's name in an outer one, ..., its own name
    quoted: dict[int, str] = field(default_factory=dict)  # the line that was asked for and its neighbours, by number
    sought: tuple[str, ...] = ()  # where a line was asked for: the commands that a word of the text betrays

    def skip(self, reason: str) -> Reading:
        self.skipped = reason
        self.problems.append(Problem(None, "", reason))
        return self

    def cut(self, reason: str) -> Reading:
        self.partly = reason
        self.problems.append(Problem(None, "", reason))
        return self


def read(
    case: str, file: str, source: Path | bytes, encoding: str | None = None, hash_all: bool = False, quote: int = 0
) -> Reading:
    """Read one file or one text. An unreadable one is a Reading with the reason in `skipped`; an archive is one of these here."""
    reading = Reading(case, file)
    try:
        with opened(source) as (stream, size):
            return read_stream(reading, stream, size, encoding, hash_all, quote=quote)
    except OSError as error:
        return reading.skip(unreadable_file(error))


@contextmanager
def opened(source: Path | bytes) -> Iterator[tuple[io.RawIOBase | io.BytesIO, int]]:
    """A file or a text in memory as a stream, and its size."""
    if isinstance(source, bytes):
        yield io.BytesIO(source), len(source)
        return
    with source.open("rb", buffering=0) as stream:
        yield stream, source.stat().st_size


def unreadable_file(error: OSError) -> str:
    return (
        "it was there and is gone"
        if isinstance(error, FileNotFoundError)
        else f"it cannot be read: {error.strerror or error}"
    )


def read_stream(
    reading: Reading,
    stream: Stream,
    size: int,
    forced: str | None = None,
    hash_all: bool = False,
    read_as: str | None = None,
    quote: int = 0,
) -> Reading:
    """Read the text of a stream into a reading. `forced` is the code page of texts that do not tell theirs, `read_as` the command of those
    in which nothing is recognised, `quote` a line to keep in `quoted`."""
    stream.seek(0)
    head = stream.read(HEAD) or b""
    reading.size = size
    if is_own_report(head):
        return reading.skip("a report of dumpscan, not evidence")
    encoding, kind = sniff(head, forced)
    if encoding is None:
        reading.encoding = "binary"
        return reading.skip(f"not a text but {kind}")
    hashed = hash_all or size <= HASH_LIMIT
    sha256, whole, told = None, encoding == forced, encoding
    if not encoding.startswith("utf-16-") and not (
        encoding == "bytes" or (keeps_ascii(encoding) and encoding not in OTHER_LETTERS)
    ):
        raw = _slice(stream, 0, size)
        sha256 = hashlib.sha256(raw).hexdigest() if hashed else None
        text, reading.replaced = recoded(raw, encoding)
        stream, size, encoding, whole = io.BytesIO(text), len(text), "utf-8", False
        reading.size = len(raw)
        del raw, text
    found = scan(stream, size, encoding, hashed=hashed and told == encoding)
    suspected = found.mixed or (found.width == 2 and found.size % 2 > 0)
    if suspected and not whole and (one := one_encoding(stream, found.size, encoding)):
        sha256, reading.size = found.sha256, found.size
        told, encoding, (stream, reading.replaced) = "mixed utf-8 and utf-16", "utf-8", one
        found = scan(stream, stream.getbuffer().nbytes, encoding, hashed=False)
    by_line = not whole and found.width == 1
    if encoding == "bytes":
        encoding = told = "utf-8" if found.is_utf8 else "cp1252"
    if told == encoding:
        reading.size, sha256 = found.size, found.sha256
    if not (by_line and found.is_utf8):
        reading.replaced += unreadable(stream, found.size, encoding, by_line)
    reading.sha256, reading.encoding = sha256, told
    for capture in _captures(reading, stream, found, encoding, whole):
        _enter(reading, capture)
    if read_as and not reading.captures:
        everything = _decode(_slice(stream, 0, found.size), encoding, whole or found.is_utf8)
        for capture in captures(everything, 1, [read_as], proved=True):
            _enter(reading, capture)
        if not reading.captures and found.lines:
            reading.cut(f"nothing in it reads as the output of {read_as}")
    _read_single_lines(reading, stream, found, encoding, whole)
    reading.lines["other"] = found.lines - sum(reading.lines.values())
    reading.lines["total"] = found.lines
    if 0 < quote <= found.lines:
        reading.sought = tuple(commands_of(found))
        reading.quoted = _quoted(stream, found, encoding, whole, quote)
    return reading


def _enter(reading: Reading, capture: Capture) -> None:
    reading.captures.append(capture)
    reading.problems += capture.problems
    for kind, count in (
        ("parsed", capture.parsed),
        ("blank", capture.blank),
        ("noise", capture.noise),
        ("problem", len(capture.problems)),
    ):
        reading.lines[kind] += count


def _captures(reading: Reading, stream: Stream, found: Scan, encoding: str, forced: bool) -> Iterator[Capture]:
    """The captures of a scanned text: a window around each hit, grown while a block reaches its edge."""

    def taken_apart(begin: int, raw: bytes) -> tuple[list[Capture], int, int]:
        """The blocks of a piece of the text, and its first line and the one behind its last."""
        text = _decode(raw, encoding, found.is_utf8 or forced)
        reading.mail = reading.mail or _MAIL.search(text) is not None
        first = 1 + _lines_before(stream, found, begin)
        return captures(text, first, commands_of(found, begin, begin + len(raw))), first, first + count_ends(text)

    def is_within_a_block(offset: int) -> bool:
        """Whether all around an offset stands one block: a short look, before megabytes are read in vain."""
        blocks, first, last = taken_apart(*_whole_lines(stream, found, offset - GLANCE, offset + GLANCE))
        return len(blocks) == 1 and blocks[0].first < first + EDGE and blocks[0].last > last - EDGE

    done = 0  # bytes already looked at
    for start, end in windows(found, PAD * found.width):
        start, end = max(start, done), max(end, done)
        while start < end:
            while end - start > LONGEST_WINDOW // 2 and end < found.size and is_within_a_block(end):
                end = min(found.size, end + LONGEST_WINDOW)
            begin, raw = _whole_lines(stream, found, start, end)
            blocks, first, last = taken_apart(begin, raw)
            grow = (end - start) if blocks else 0
            if grow and end < found.size and blocks[-1].last > last - EDGE:
                settled = _offset_of(found, raw, max(blocks[-1].first - CONTEXT, _behind(blocks[:-1])) - first)
                if settled > LONGEST_WINDOW // 2:  # the last block alone is read again: of many each once
                    yield from blocks[:-1]
                    start = done = begin + settled
                    grow = LONGEST_WINDOW
                end = min(found.size, end + grow)
            elif grow and start > done and blocks[0].first < first + EDGE:
                start = max(done, start - grow)
            else:
                yield from blocks
                done = begin + len(raw)
                break


def _behind(blocks: list[Capture]) -> int:
    """The line behind these blocks."""
    return max((block.last + 1 for block in blocks), default=0)


def _offset_of(found: Scan, raw: bytes, line: int) -> int:
    """Where a line of whole lines begins, the first being 0."""
    return int(line_starts(found.units(raw))[line - 1]) * found.width if line > 0 else 0


LONGEST_LINE = 64 * 1024  # bytes; a prompt or an error message in a longer one is not looked for


def _read_single_lines(reading: Reading, stream: Stream, found: Scan, encoding: str, forced: bool) -> None:
    """What single lines tell wherever they stand: typed commands and symptoms. Their rows join the capture above (else the first one), so
    they speak of its machine and moment; a text without any gets a capture of their own."""
    whole = found.is_utf8 or forced
    blocks = reading.captures
    starts = [capture.first for capture in blocks]
    for number, raw_above, raw, raw_below in _lines_at(stream, found, hits_of(found, PROMPTS, SYMPTOMS, LOGS)):
        _, copy = matching_copy(_decode(raw, encoding, whole), number)
        parts = copy.text.splitlines()  # several where line ends got lost
        line = " ".join(parts)
        above, below = (repaired(_decode(one, encoding, whole)) for one in (raw_above, raw_below))
        quotes = quoted(_decode(raw, encoding, whole))
        if opened := header_stamp(line):
            reading.stamps.append((number, opened))
        at = bisect_right(starts, number) - 1
        told: dict[str, list[tuple[Any, ...]]] = {
            "commands": [(number, *one) for part in parts for one in commands(part)],
            "symptoms": [(number, *one) for one in symptoms(line, below, above, quotes)],
        }
        if found.size > HASH_LIMIT and not any(_beside(number, one) for one in blocks[max(0, at) : at + 2]):
            told["commands"] = []
        if not any(told.values()):
            continue
        if not blocks:
            blocks.append(Capture(PROMPTS if told["commands"] else SYMPTOMS, number, number, {}))
            starts.append(number)
        home = blocks[max(0, at)]
        for table, rows in told.items():
            if rows:
                home.tables.setdefault(table, []).extend(rows)
        if home.command in (PROMPTS, SYMPTOMS):
            home.last = number
        if not home.first <= number <= home.last or home.command in (PROMPTS, SYMPTOMS):
            home.excerpts.append((number, [_decode(raw, encoding, whole).rstrip("\r\n")]))
            reading.single.append(Taken(number, number, "prompt" if told["commands"] else "symptom"))
    reading.lines["parsed"] += len(reading.single)


def _quoted(stream: Stream, found: Scan, encoding: str, forced: bool, line: int) -> dict[int, str]:
    """A line and its neighbours as they stand in the text, by number; without what is longer than a window."""
    low, high = max(1, line - CONTEXT), min(found.lines, line + CONTEXT)
    start = max(0, bisect_left(found.lines_before, low - 1) - 1) * found.chunk
    end = (bisect_left(found.lines_before, high) + 1) * found.chunk
    begin, raw = _whole_lines(stream, found, start, min(end, start + LONGEST_WINDOW))
    first = 1 + _lines_before(stream, found, begin)
    texts = _LINE_END.split(_decode(raw, encoding, found.is_utf8 or forced)) if raw else []
    whole = texts[:-1] if texts[1:] and not texts[-1] else texts
    return {at: text for at, text in enumerate(whole, first) if low <= at <= high}


def _beside(line: int, capture: Capture) -> bool:
    return capture.first - CONTEXT <= line <= capture.last + CONTEXT


def _lines_at(stream: Stream, found: Scan, offsets: NDArray[np.int64]) -> Iterator[tuple[int, bytes, bytes, bytes]]:
    """The number of each line that has one of these offsets, the bytes of the line above it, its own, and those of the line below it."""
    import numpy as np

    before = 0
    for group in np.split(offsets, np.flatnonzero(np.diff(offsets // found.chunk)) + 1) if len(offsets) else ():
        chunk = int(group[0]) // found.chunk * found.chunk
        begin = max(0, chunk - LONGEST_LINE)
        raw = _slice(stream, begin, chunk + found.chunk + 2 * LONGEST_LINE)
        starts = line_starts(found.units(raw)) * found.width
        if begin == 0:
            starts = np.concatenate([[0], starts])
        if not starts.size:
            continue
        first = 1 + _lines_before(stream, found, begin + int(starts[0]))
        ends = [*starts.tolist()[1:], len(raw)]
        for at in np.unique(np.searchsorted(starts, group - begin, "right") - 1).tolist():
            number = first + at
            if at < 0 or number <= before or ends[at] - starts[at] > LONGEST_LINE:
                continue
            before = number
            above = raw[starts[at - 1] : starts[at]] if at and starts[at] - starts[at - 1] <= LONGEST_LINE else b""
            below = raw[ends[at] : ends[at + 1]] if at + 1 < len(ends) else b""
            yield number, above, raw[starts[at] : ends[at]], below


def count_ends(text: str) -> int:
    return text.count("\n") + text.count("\r") - text.count("\r\n")


def _whole_lines(stream: Stream, found: Scan, start: int, end: int) -> tuple[int, bytes]:
    """The whole lines between two offsets, and where they begin. A line that is longer than the window is nobody's: it is left out."""
    begin = max(0, start - found.width)
    raw = _slice(stream, begin, end)
    starts = line_starts(found.units(raw)) * found.width
    first = 0 if begin == 0 else int(starts[0]) if starts.size else len(raw)
    last = len(raw) if begin + len(raw) >= found.size else int(starts[-1]) if starts.size else 0
    return begin + first, raw[first : max(first, last)]


def _lines_before(stream: Stream, found: Scan, offset: int) -> int:
    """Line ends before an offset: those before its chunk, and those of the chunk up to it."""
    chunk = min(offset // found.chunk, len(found.lines_before) - 1)
    units = found.units(_slice(stream, chunk * found.chunk, offset))
    return found.lines_before[chunk] + count_line_ends(units, found.after_cr[chunk])


def _slice(stream: Stream, start: int, end: int) -> bytes:
    stream.seek(start)
    pieces = []
    while start < end and (more := stream.read(end - start)):
        pieces.append(more)
        start += len(more)
    return b"".join(pieces)


def _decode(raw: bytes, encoding: str, whole: bool) -> str:
    """Text of whole lines. A file that is not UTF-8 throughout is decoded line by line: each as UTF-8 if it is, else as cp1252."""
    if whole:
        return raw.decode(encoding, errors="replace").removeprefix("\ufeff")
    return "".join(map(_decode_line, _LINE.findall(raw)))


def _decode_line(line: bytes) -> str:
    try:
        return line.decode("utf-8")
    except UnicodeDecodeError:
        return line.decode("cp1252", errors="replace")
