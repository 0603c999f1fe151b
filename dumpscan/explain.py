"""What became of one line of a text: who read it and what came of it, or who came near and where it stopped. Plain text, 80 columns."""

from __future__ import annotations

import difflib
import re
import textwrap
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, NamedTuple

from dumpscan.commands import all_commands, known_command
from dumpscan.decoding import known_encoding
from dumpscan.excerpt import WIDTH, clipped, excerpt
from dumpscan.inputs import DumpscanError, Input, inputs_of
from dumpscan.ledger import Fate, fate_of
from dumpscan.matching import Matching, matching_copy
from dumpscan.model import TABLES
from dumpscan.nearest import LEAST, Miss, nearest
from dumpscan.prompts import behind_prompts
from dumpscan.reading import Reading
from dumpscan.render import plain, thousands
from dumpscan.unpacking import Options, read_input

if TYPE_CHECKING:
    from dumpscan.capture import Capture

MOST_ROWS = 12  # that are shown of one line
MOST_WORDS = 8  # of those that betray a command
ALONE = {
    "prompt": "a command typed at a debugger's prompt, in no block",
    "symptom": "a symptom, which is what somebody saw, in no block",
}


def place(argument: str) -> tuple[str, int]:
    r"""File and line of FILE:LINE. The last colon counts: a path of Windows has one of its own, and a name may have any.

    >>> place(r"C:\case\kd.log:12"), place("-:3")
    (('C:\\case\\kd.log', 12), ('-', 3))
    """
    file, _, number = argument.rpartition(":")
    if not file:
        raise DumpscanError("name a file and a line of it: FILE:LINE")
    if not re.fullmatch("[0-9]{1,18}", number):
        raise DumpscanError(f"say which line of it: {argument.removesuffix(':')}:LINE")
    if not int(number):
        raise DumpscanError("lines are counted from 1")
    return file, int(number)


def explain(argument: str, stdin: IO[bytes], encoding: str | None = None, read_as: str | None = None) -> str:
    """The answer for FILE:LINE. Raises DumpscanError for a place that is not there."""
    file, number = place(argument)
    options = Options(known_encoding(encoding), read_as=known_command(read_as) if read_as else None, quote=number)
    reading = _reading(file, stdin, options)
    if reading.skipped:
        raise DumpscanError(f"{file} was not read: {reading.skipped}")
    if number > (total := reading.lines["total"]):
        raise DumpscanError(f"{file} has {thousands(total)} line{'' if total == 1 else 's'}: there is no line {number}")
    line = reading.quoted.setdefault(number, "(longer than any line that is looked at)")
    fate = fate_of(reading, number, line)
    near = _nearest(fate, number, line)
    caret = near.column(near.miss.offset) if near and not near.miss.fits else None
    parts = [
        _wrapped(f"{file}, line {thousands(number)} of {thousands(total)} ({reading.encoding})"),
        excerpt(reading.quoted, number, caret),
        _wrapped(_sentence(fate)),
        *_missed(reading, fate, near, line),
        *_gave(reading, number, fate),
    ]
    return "\n\n".join(parts) + "\n"


def _reading(file: str, stdin: IO[bytes], options: Options) -> Reading:
    """The reading of a file, of standard input, or of a file in an archive: `bundle.zip!a/b.txt`, as reports name it."""
    path, inside = _archived(file)
    source = Input("explain", "-", stdin.read()) if path == "-" else _file(path)
    readings = {reading.file: reading for reading in reversed(read_input(source, options))}
    if found := readings.get(f"{source.file}!{inside}" if inside else source.file):
        return found
    names = sorted(name.removeprefix(f"{source.file}!") for name in readings.keys() - {source.file})
    near = [*difflib.get_close_matches(inside, names, n=1, cutoff=0.4), *names, ""][0]
    if inside:
        raise DumpscanError(f"{path} holds no {inside}" + (f"; did you mean {path}!{near}?" if near else ""))
    raise DumpscanError(f"{path} is an archive: name one of its files, such as {path}!{near}:LINE")


def _archived(file: str) -> tuple[str, str]:
    """A path, and the name of a file in the archive that stands there."""
    parts = file.split("!")
    for count in range(len(parts), 1, -1):
        path = "!".join(parts[:count])
        if path and _exists(path):
            return path, "!".join(parts[count:])
    return (parts[0], "!".join(parts[1:])) if parts[0] == "-" or _exists(parts[0]) else (file, "")


def _exists(path: str) -> bool:
    try:
        return Path(path).exists()
    except OSError:  # a name that is too long
        return False


def _file(path: str) -> Input:
    found = inputs_of("explain", [Path(path)])
    if Path(path).is_dir():
        raise DumpscanError(f"{path} is a folder: name one of its files")
    return found[0]


class _Near(NamedTuple):
    """A miss, in a line of the matching copy."""

    miss: Miss
    copy: Matching
    at: int

    def column(self, offset: int) -> int:
        """The column of the physical line, as an editor counts them from 1."""
        return self.copy.place(self.at, offset)[1]


def _nearest(fate: Fate, number: int, line: str) -> _Near | None:
    """The nearest miss of a line, or of the first of several that a paste made one."""
    if fate.kind not in ("problem", "other"):
        return None
    foreign = fate.kind == "other"
    asked = sorted(all_commands().values(), key=lambda command: (command.rank, command.name))
    names = [fate.capture.command] if fate.capture else [command.name for command in asked]
    _, copy = matching_copy(line, number)
    for at in range(len(copy.lines)):
        text = copy.line(at)
        miss = nearest(text, names, behind_prompts(text), foreign)
        if miss and (foreign or not miss.fits):
            return _Near(miss, copy, at)
    return None


# ---------------------------------------------------------------------------------------------------- in words


def _sentence(fate: Fate) -> str:
    if fate.kind == "other":
        return "Not for us: it stands in no block, and no reader takes it."
    if fate.capture is None:
        return f"Not understood: it {fate.reason}." if fate.kind == "problem" else f"Read: {ALONE[fate.terminals[0]]}."
    command, lines = fate.capture.command, _lines(fate.capture.first, fate.capture.last)
    if fate.kind == "problem":
        return f"Not understood: it {fate.reason}. That block is {lines}."
    if fate.kind == "blank":
        return f"Blank, in the block of {_prints(command)}, {lines}."
    took = f"{', '.join(dict.fromkeys(fate.terminals))} of {command}.lark took it, in the block of {_prints(command)}, {lines}."
    return f"Noise, known to be harmless: {took}" if fate.kind == "noise" else f"Read: {took}"


def _missed(reading: Reading, fate: Fate, near: _Near | None, line: str) -> Iterator[str]:
    """Who came near."""
    if near is None and fate.kind in ("problem", "other") and line.strip():
        readers, least = ("any reader", " and a third") if fate.kind == "other" else ("its command", "")
        yield _wrapped(f"No line of {readers} is near: none takes {LEAST} characters{least} of it.")
    elif near and near.miss.fits:
        yield _wrapped(_misplaced(near.miss, near.miss.command in reading.sought))
    elif near:
        miss = near.miss
        yield _wrapped(f"Nearest: {miss.terminal} of {_prints(miss.command)}, {_stop(near)}")
        if miss.sample:
            yield f"A line that {miss.terminal} takes:\n\n    {clipped(miss.sample.strip(), WIDTH - 4)}"


def _misplaced(miss: Miss, sought: bool) -> str:
    """Why a line that a terminal takes stands in no block."""
    command = all_commands()[miss.command]
    if not sought:
        words = b", ".join(command.literals[:MOST_WORDS]).decode("ascii", errors="backslashreplace")
        more = ", ..." if len(command.literals) > MOST_WORDS else ""
        why = f"none of the words that betray one stands in this text ({words}{more})."
    elif miss.terminal in command.proof:
        why = "what stands around it does not make one."
    else:
        why = f"such a line does not prove one, as {', '.join(sorted(command.proof))} would."
    return f"It looks like {miss.terminal} of {command.prints}, but no block of {command.prints} is here: {why}"


def _stop(near: _Near) -> str:
    miss, column = near.miss, near.column(near.miss.stopped)
    if miss.stopped >= len(near.copy.line(near.at).rstrip()):
        told = f"which takes all of it and wants {miss.expected or 'more'} in column {column}."
    else:
        told = f"which stopped at column {column}{f', and wants {miss.expected} there' if miss.expected else ''}."
    if miss.mended:
        told += f" It would fit with {miss.mended.how} in column {near.column(miss.mended.offset)}."
    return told


def _prints(command: str) -> str:
    return all_commands()[command].prints


def _lines(first: int, last: int) -> str:
    return f"line {first}" if first == last else f"lines {first} to {last}"


def _gave(reading: Reading, number: int, fate: Fate) -> Iterator[str]:
    """What came of the line, and of its block."""
    rows = [*_rows(reading, number)]
    if fate.kind == "parsed" and fate.capture and not rows:
        yield _wrapped(f"No row begins with it. {_block(fate.capture)}")
    yield from rows[:MOST_ROWS]
    if len(rows) > MOST_ROWS:
        yield f"{thousands(len(rows) - MOST_ROWS)} more rows came of it."
    if opened := dict(reading.stamps).get(number):
        yield f"It tells when a log was opened: {opened}."
    if fate.capture and fate.capture.shortfall:
        yield _wrapped(f"The block is not whole: {fate.capture.shortfall}.")


def _rows(reading: Reading, number: int) -> Iterator[str]:
    """The rows that begin with a line, each with its number in its table, as columns and values."""
    counts: Counter[str] = Counter()
    for capture in reading.captures:
        for table, rows in capture.tables.items():
            for row in rows:
                counts[table] += 1
                if row[0] == number:
                    head = f"It gave row {thousands(counts[table])} of {table}:"
                    yield "\n".join([head, "", *_values(table, row[1:])])


def _values(table: str, row: tuple[Any, ...]) -> Iterator[str]:
    width = max(map(len, TABLES[table]))
    for name, value in zip(TABLES[table], row, strict=False):
        shown = "not shown" if value is None else str(value) or "(nothing)"
        yield _wrapped(shown, f"    {name:<{width}}  ", " " * (width + 6))


def _block(capture: Capture) -> str:
    told = []
    for table, rows in sorted(capture.tables.items()):
        if not (lines := [row[0] for row in rows]):
            continue
        count = f"{thousands(len(rows))} {'row' if len(rows) == 1 else 'rows'}"
        told.append(f"{count} of {table} ({_lines(min(lines), max(lines))})")
    return f"Its block gave {', '.join(told) or 'no row'}."


def _wrapped(text: str, first: str = "", rest: str = "") -> str:
    return textwrap.fill(plain(text), WIDTH, initial_indent=first, subsequent_indent=rest, break_on_hyphens=False)
