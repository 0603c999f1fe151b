"""Reading one input: bytes to text, to captures and a ledger of its lines. Whatever it holds, it never raises."""

from __future__ import annotations

import io
import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dumpscan.capture import CONTEXT, Capture, Taken, captures
from dumpscan.matching import matching_copy, repaired
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

HEAD = 4096  # bytes in which an encoding or a kind of file shows
PAD = 4 * 1024  # characters read around a hit at first; doubled while a block reaches the edge
EDGE = 40  # lines: what stands closer than this to the edge of a window may go on outside
HASH_LIMIT = 64 * 1024 * 1024  # bytes; hashing a gigabyte would take longer than reading it

BOMS = (
    (b"\xef\xbb\xbf", "utf-8"),
    (b"\xff\xfe\x00\x00", "utf-32"),
    (b"\xff\xfe", "utf-16-le"),
    (b"\xfe\xff", "utf-16-be"),
)
_KERNEL_DUMP = "a kernel memory dump: run the commands of `dumpscan commands` on it in a debugger and save the text"
# Kinds of file that cannot be read as text, by their first bytes, and what to do about it.
KINDS = (
    (b"PK\x03\x04", "a zip archive: unpack it first"),
    (b"PK\x05\x06", "an empty zip archive"),
    (b"\x1f\x8b", "a gzip archive: unpack it first"),
    (b"BZh", "a bzip2 archive: unpack it first"),
    (b"\xfd7zXZ", "an xz archive: unpack it first"),
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive: unpack it first"),
    (b"Rar!", "a RAR archive: unpack it first"),
    (b"PAGEDU64", _KERNEL_DUMP),
    (b"PAGEDUMP", _KERNEL_DUMP),
    (b"MDMP", "a user-mode minidump: it cannot hold the heaps of a session"),
    (b"ElfFile", "an event log: export it as text first"),
    (b"MZ", "a program"),
)
_CONTROLS = bytes(set(range(32)) - {0, 7, 8, 9, 10, 11, 12, 13, 26, 27, 28, 29, 30, 31})
# Quoting, and the head that mail programs put above what they quote.
_MAIL = re.compile(r"(?m)^[ \t]*(?:>|-{3,} ?(?:Original|Urspr)|(?:From|Von|De|Sent|Gesendet): |On .{4,80} wrote:)")
_LINE = re.compile(rb"[^\r\n]*+(?:\r\n|\r|\n)?")
_LINE_END = re.compile(r"\r\n?|\n")
# Encodings whose bytes 0 to 127 are not those characters: such a text is made UTF-8 before it is searched.
_NOT_ASCII = re.compile(r"(?i)utf.?(?:16|32|7)|ucs|cp(?:037|273|424|500|1026|1140)|idna|punycode")


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
    skipped: str | None = None
    stamps: list[tuple[int, str]] = field(default_factory=list)  # line and time stamp of each log that begins here
    mail: bool = False  # a thread: what stands further down may be older
    quoted: dict[int, str] = field(default_factory=dict)  # the line that was asked for and its neighbours, by number
    sought: list[str] = field(
        default_factory=list
    )  # where a line was asked for: the commands that a word of the text betrays

    def skip(self, reason: str) -> Reading:
        self.skipped = reason
        self.problems.append(Problem(None, "", reason))
        return self


def read(
    case: str, file: str, source: Path | bytes, encoding: str | None = None, hash_all: bool = False, quote: int = 0
) -> Reading:
    """Read one file or one text. An unreadable one is a Reading with the reason in `skipped`. `quote`: a line to keep in `quoted`."""
    reading = Reading(case, file)
    try:
        if isinstance(source, bytes):
            return _read_stream(reading, io.BytesIO(source), len(source), encoding, hash_all, quote)
        with source.open("rb", buffering=0) as stream:
            return _read_stream(reading, stream, source.stat().st_size, encoding, hash_all, quote)
    except FileNotFoundError:
        return reading.skip("it was there and is gone")
    except OSError as error:
        return reading.skip(f"it cannot be read: {error.strerror or error}")


def sniff(head: bytes) -> tuple[str | None, str | None]:
    """(encoding, None) of a text by its first bytes, or (None, what it is) of something else. "bytes" is told later: UTF-8 or cp1252."""
    for bom, encoding in BOMS:
        if head.startswith(bom):
            return encoding, None
    for magic, kind in KINDS:
        if head.startswith(magic):
            return None, kind
    pairs = len(head) // 2
    low, high = head[: pairs * 2 : 2].count(0), head[1 : pairs * 2 : 2].count(0)
    # UTF-16 without a byte order mark decodes as UTF-8 full of NULs: no error, no match, "nothing found".
    if pairs >= 2 and high > 0.4 * pairs and low < 0.1 * pairs:
        return "utf-16-le", None
    if pairs >= 2 and low > 0.4 * pairs and high < 0.1 * pairs:
        return "utf-16-be", None
    # A log that was cut short by a crash can be padded with NULs: one long run. In a binary file they stand everywhere.
    text = head.replace(b"\0", b"")
    strange, holes = sum(text.count(byte) for byte in _CONTROLS), len(re.findall(rb"\0+", head))
    if strange > 0.02 * len(text) or holes > 4 + 0.002 * len(head):
        return None, "a binary file"
    return "bytes", None


def _read_stream(
    reading: Reading, stream: Stream, size: int, forced: str | None, hash_all: bool, quote: int = 0
) -> Reading:
    stream.seek(0)
    head = stream.read(HEAD) or b""
    reading.size = size
    if is_own_report(head):
        return reading.skip("a report of dumpscan, not evidence")
    encoding, kind = (forced, None) if forced else sniff(head)
    if encoding is None:
        reading.encoding = "binary"
        return reading.skip(f"not a text but {kind}")
    told = encoding
    if encoding not in ("utf-16-le", "utf-16-be") and _NOT_ASCII.search(encoding):
        recoded = _slice(stream, 0, size).decode(encoding, errors="replace").encode("utf-8", errors="replace")
        stream, size, encoding = io.BytesIO(recoded), len(recoded), "utf-8"
    hashed = hash_all or size <= HASH_LIMIT
    found = scan(stream, size, encoding, hashed=hashed and told == encoding)
    if found.mixed and size <= HASH_LIMIT and not forced and (one := _one_encoding(_slice(stream, 0, size))):
        told, stream, encoding, sha256 = "mixed utf-8 and utf-16", io.BytesIO(one), "utf-8", found.sha256
        found = scan(stream, len(one), encoding, hashed=False)
        found.sha256 = sha256
    if encoding == "bytes":
        told = encoding = "utf-8" if found.is_utf8 else "cp1252"
    reading.size, reading.sha256, reading.encoding = found.size if told == encoding else size, found.sha256, told
    for capture in _captures(reading, stream, found, encoding, forced is not None):
        _enter(reading, capture)
    _read_single_lines(reading, stream, found, encoding, forced is not None)
    reading.lines["other"] = found.lines - sum(reading.lines.values())
    reading.lines["total"] = found.lines
    if 0 < quote <= found.lines:
        reading.sought = commands_of(found)
        reading.quoted = _quoted(stream, found, encoding, forced is not None, quote)
    return reading


_ASCII = re.compile(rb"[\t\n\r -~]{80}")  # in UTF-16 no such run of Chinese is long enough
_UTF16 = re.compile(rb"(?:\xff\xfe)?((?:[\t\n\r -~]\x00(?:[\x00-\xff][\x20-\x22])?){8,})")


def _one_encoding(raw: bytes) -> bytes | None:
    """A log to which another program appended in another encoding (PowerShell's >> writes UTF-16), as UTF-8 throughout; None for a text of
    one encoding (NULs that only pad it, or Chinese in UTF-16, whose characters are pairs of printable bytes, too)."""
    pieces = _UTF16.split(_swapped(raw) if raw.startswith(b"\xfe\xff") else raw)
    if len(pieces) == 1 or not _ASCII.search(raw):
        return None
    return b"".join(
        piece.decode("utf-16-le", "replace").encode("utf-8", "replace") if at % 2 else piece
        for at, piece in enumerate(pieces)
    )


def _swapped(raw: bytes) -> bytes:
    """The same with the bytes of each pair swapped."""
    even = raw[: len(raw) // 2 * 2]
    pairs = bytearray(even)
    pairs[0::2], pairs[1::2] = even[1::2], even[0::2]
    return bytes(pairs) + raw[len(even) :]


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
    names = commands_of(found)  # in every window: one that grows may take in what another would have found
    done = 0  # bytes already looked at
    for start, end in windows(found, PAD * found.width):
        start, end = max(start, done), max(end, done)
        while start < end:
            begin, raw = _whole_lines(stream, found, start, end)
            text = _decode(raw, encoding, found.is_utf8 or forced)
            reading.mail = reading.mail or _MAIL.search(text) is not None
            first = 1 + _lines_before(stream, found, begin)
            blocks = captures(text, first, names)
            last = first + count_ends(text)
            grow = (end - start) if blocks else 0
            if grow and end < found.size and blocks[-1].last > last - EDGE:
                end = min(found.size, end + grow)
            elif grow and start > done and blocks[0].first < first + EDGE:
                start = max(done, start - grow)
            else:
                yield from blocks
                done = begin + len(raw)
                break


LONGEST_LINE = 64 * 1024  # bytes; a prompt or an error message in a longer one is not looked for


def _read_single_lines(reading: Reading, stream: Stream, found: Scan, encoding: str, forced: bool) -> None:
    """What single lines tell wherever they stand: typed commands and symptoms. Their rows join the capture above (else the first one), so
    they speak of its machine and moment; a text without any gets a capture of their own."""
    whole = found.is_utf8 or forced
    blocks = reading.captures
    starts = [capture.first for capture in blocks]
    for number, raw, raw_below in _lines_at(stream, found, hits_of(found, PROMPTS, SYMPTOMS, LOGS)):
        parts = matching_copy(_decode(raw, encoding, whole), number)[
            1
        ].text.splitlines()  # several where line ends got lost
        line, below = " ".join(parts), repaired(_decode(raw_below, encoding, whole))
        if opened := header_stamp(line):
            reading.stamps.append((number, opened))
        at = bisect_right(starts, number) - 1
        told: dict[str, list[tuple[Any, ...]]] = {
            "commands": [(number, *one) for part in parts for one in commands(part)],
            "symptoms": [(number, *one) for one in symptoms(line, below)],
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


def _lines_at(stream: Stream, found: Scan, offsets: NDArray[np.int64]) -> Iterator[tuple[int, bytes, bytes]]:
    """Number and bytes of each line that has one of these offsets, and the bytes of the line below it."""
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
            yield number, raw[starts[at] : ends[at]], raw[ends[at] : ends[at + 1]] if at + 1 < len(ends) else b""


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
