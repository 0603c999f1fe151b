"""The copy of a text in which lines are recognised: what pastes do to text is repaired there, and blank lines are left out.

The raw text stays the evidence; each line of the copy knows the physical lines it stands for, and each of its characters its column.
Four repairs, in this order: characters one to one (blanks, dashes, quotes, quoting); marks that other programs put into a line (entities,
tags, escapes, an author's remark); line ends that got lost; and, only where a command recognises the result and not the pieces, lines that
were wrapped (`joined`).
"""

from __future__ import annotations

import html
import re
from bisect import bisect_right
from collections.abc import Mapping
from itertools import accumulate, pairwise
from typing import NamedTuple

_BLANKS = (
    0x00,
    0x09,
    0x0B,
    0x0C,
    0x1C,
    0x1D,
    0x1E,
    0x1F,
    0x85,
    0xA0,
    0x1680,
    0x2028,
    0x2029,
    0x202F,
    0x205F,
    0x3000,
    0xFEFF,
)
# One-to-one, so that offsets and columns stay true: blog copies turn blanks into NBSP and "-" into an en dash, "x86" into U+00D7 "86".
REPAIRS = {
    **dict.fromkeys((*_BLANKS, *range(0x2000, 0x200B)), " "),
    **dict.fromkeys((*range(0x2010, 0x2016), 0x2212), "-"),
    **dict.fromkeys((0x2018, 0x2019, 0x201A, 0x201B), "'"),
    **dict.fromkeys((0x201C, 0x201D, 0x201E), '"'),
    0xD7: "x",
    0x2026: ".",
}
# Mail quoting, and the "## " into which Markdown turns the ruler that stood under a line.
_QUOTING = re.compile(r"(?m)^[ ]*+(?:>|\|(?!\|)|#{1,6}(?= ))(?:[>|# ])*+")
_LINE_ENDS = re.compile(r"\r\n?")

# Marks inside a line. Only entities and tags that forums, mails and saved pages make: "<Unknown>" and "<lambda_1>" are the debugger's own.
# (Each alternative begins with one of four characters, and names stand at the end: so the search passes over all others at full speed.)
_FEW = (
    r"&(?:nbsp|gt|lt|amp|quot|apos|#[0-9]{2,5}|#x[0-9A-Fa-f]{2,4});(?P<entity>)"
    r"|<[bB][rR] ?/?>(?P<end>)"
    r"|\[/?(?:COLOR|color|Color|B|b|I|i|U|u|CODE|code|FONT|font|SIZE|size|QUOTE|quote)(?:=[^\]\n]{0,60})?\]"
    r"|</?(?:[bipuBIPU]|tt|td|tr|li|em|pre|code|span|font|div|strong|samp|kbd|FONT|SPAN|DIV|PRE)(?: [^<>\n]{0,120})?>"
    r"|\\(?=[*#\[\]|~])"
    r"|\\(?<=[A-Za-z0-9$:?]\\)(?=\\[A-Za-z0-9_?])|\\(?=\\\?\?\\)"
)
_MARKS = re.compile(_FEW)
# An author's remark behind a figure: "(  372 Kb)  <-- this one", "96.1  <== full", "03000000 ¡<-- 48 MB ¡". It begins with a blank, as
# most words do: looked for where there is an arrow at all.
_MARKS_OR_REMARKS = re.compile(_FEW + r"|[ ](?<=[0-9%)] )[ ]*+¡?<[-=]{1,4}[^\n]*+")
# Where a line end stood that a paste lost: between two records of one line. A station and its backslash begin a row; "C:\" does not.
# (Most blanks stand between two words: of those it is asked first what most fail, what stands before them and the first letter behind them.)
_LOST = re.compile(
    r"[ ](?<=[^ \n] )(?:[ ]*+(?=[*=CEMNPSTW-])(?=Page File: |(?:Current|Minimum):[ ]*+[0-9]++ ?Kb|\*{3} Virtual Memory|\*{6,10} [A-Z0-9]"
    r"|Physical Memory:|Terminal Server Memory Usage|Session (?:ID[ ]++[0-9]++ @|Paged Pool Max|View Space Max)"
    r"|(?:Paged Pool|NonPaged|Commit) Usage:|Win[Ss]tation\\?Desktop[ ]++Heap|Evaluate expression:"
    r"|(?<![-=] )(?:-{40,}+|={40,}+)(?: |$))"  # a ruler has a piece for each column
    r"|(?<=[0-9)%b=-] )(?:"
    r"(?<=[0-9)%] )[ ]*+(?=(?:[0-9]{1,3}: ?)?l?kd> ?[!.?a-z])"
    r"|(?<=Kb\) )[ ]*+(?=[A-Za-z*])"
    r"|(?:(?<=[0-9]% )|(?<= [0-9]\.[0-9] )|(?<= [0-9]{2}\.[0-9] )|(?<= 100\.0 )|(?<=Rate\(%\) )|(?<=desktops\) ))[ ]*+"
    r"(?=[^\s\\:<]{2,60}+\\[^\s\\]|WinSta0|Service-0x|SAWinSta|__X78B95)"
    r"|(?<=[0-9]% )[ ]*+(?=[^\s<:\\]{1,60}(?:\n|\Z))|(?:(?<=[0-9]% )|(?<=[-=]{2} ))[ ]*+(?=Total Desktop)|(?<=desktops\) )[ ]*+(?=Session ID|[-=]{40})"
    r"|(?<=[-=]{40} )[ ]*+(?=[^\s=-])|(?<= [lL][0-9] )[ ]*+(?=[0-9A-Fa-f`]{8,17}[ ]++[0-9A-Fa-f`]{8})"
    r"|(?<=[0-9 ]Kb )[ ]*+(?=[A-Z][A-Za-z\/ ]{3,40}:[ ]*+[0-9]++[ ]*+\()))"
)
_END = re.compile("\n")


class Piece(NamedTuple):
    """From an offset in a line of the copy on: where its characters stand in the text."""

    offset: int
    line: int
    column: int  # 0-based


class Line(NamedTuple):
    """One line of the copy."""

    text: str
    lines: tuple[int, ...]  # the physical lines it stands for
    pieces: list[Piece]


class Matching(NamedTuple):
    """A copy of a text in which lines can be recognised; blank lines are left out."""

    text: str
    lines: list[int]  # physical line of each line of `text`; the first of them where lines were joined
    starts: list[int]  # offset of each line in `text`
    mended: dict[int, Line]  # the lines that are not a physical line character by character

    def line(self, at: int) -> str:
        """One line of the copy, with its end."""
        return self.text[self.starts[at] : self.starts[at + 1]]

    def place(self, at: int, offset: int) -> tuple[int, int]:
        """Physical line and column, both from 1, of a character in a line of the copy."""
        if at not in self.mended:
            return self.lines[at], offset + 1
        pieces = self.mended[at].pieces
        piece = pieces[max(0, bisect_right(pieces, offset, key=lambda one: one.offset) - 1)]
        return piece.line, piece.column + offset - piece.offset + 1

    def physical(self, first: int, last: int) -> list[int]:
        """The physical lines that lines of the copy stand for, in order, each once."""
        if not self.mended:
            return self.lines[first : last + 1]
        of = (self.mended[at].lines if at in self.mended else (self.lines[at],) for at in range(first, last + 1))
        return list(dict.fromkeys(line for lines in of for line in lines))


def _marks(text: str) -> re.Pattern[str]:
    return _MARKS_OR_REMARKS if "<-" in text or "<=" in text else _MARKS


def repaired(text: str) -> str:
    """A text with the repairs that keep every character in its place."""
    return _QUOTING.sub(lambda quote: " " * len(quote[0]), text.translate(REPAIRS))


def matching_copy(text: str, first_line: int) -> tuple[list[str], Matching]:
    """Split `text` into its physical lines and make the copy that the grammars see."""
    text = _LINE_ENDS.sub("\n", text)
    physical = text.split("\n")
    whole = repaired(text)
    lines = whole.split("\n")
    places = [match.start() for kind in (_marks(whole), _LOST) for match in kind.finditer(whole)]
    if not places:
        kept = [at for at, line in enumerate(lines) if line and not line.isspace()]
        starts = [0, *accumulate(len(lines[at]) + 1 for at in kept)]
        copy = "\n".join([lines[at] for at in kept]) + "\n" if kept else ""
        return physical, Matching(copy, [first_line + at for at in kept], starts, {})
    ends = list(accumulate(len(line) + 1 for line in lines))
    damaged = {bisect_right(ends, place) for place in places}
    return physical, _copy(
        [
            one
            for at, line in enumerate(lines)
            for one in (_mended(line, first_line + at) if at in damaged else (Line(line, (first_line + at,), []),))
            if one.text and not one.text.isspace()
        ]
    )


def _copy(lines: list[Line]) -> Matching:
    text = "\n".join([line.text for line in lines]) + "\n" if lines else ""
    starts = [0, *accumulate(len(line.text) + 1 for line in lines)]
    return Matching(
        text, [line.lines[0] for line in lines], starts, {at: line for at, line in enumerate(lines) if line.pieces}
    )


def _mended(text: str, line: int) -> list[Line]:
    """The lines that one physical line becomes without its marks and with its lost line ends."""
    parts: list[str] = []
    pieces: list[Piece] = []
    done = length = 0
    for match in _marks(text).finditer(text):
        kind = match.lastgroup
        meant = "\n" if kind == "end" else html.unescape(match[0]).translate(REPAIRS) if kind == "entity" else ""
        for part, column in ((text[done : match.start()], done), (meant, match.start())):
            if part:
                parts.append(part)
                pieces.append(Piece(length, line, column))
                length += len(part)
        done = match.end()
    parts.append(text[done:])
    pieces.append(Piece(length, line, done))
    clean = repaired("".join(parts))  # "&gt; " was quoting
    cuts = [
        (0, 0),
        *sorted(match.span() for kind in (_END, _LOST) for match in kind.finditer(clean)),
        (len(clean), len(clean)),
    ]
    return [Line(clean[start:end], (line,), _shifted(pieces, start)) for (_, start), (end, _) in pairwise(cuts)]


def _shifted(pieces: list[Piece], start: int) -> list[Piece]:
    """The pieces of what follows an offset, counted from there."""
    first = max(0, bisect_right(pieces, start, key=lambda one: one.offset) - 1)
    head = pieces[first]
    return [
        Piece(0, head.line, head.column + start - head.offset),
        *(piece._replace(offset=piece.offset - start) for piece in pieces[first + 1 :]),
    ]


def joined(copy: Matching, glue: Mapping[int, str]) -> Matching:
    """The copy with some lines joined to the one below them, by a blank or by nothing."""
    lines: list[Line] = []
    again: str | None = None
    for at, first in enumerate(copy.lines):
        text = copy.line(at).removesuffix("\n")
        line = copy.mended.get(at) or Line(text, (first,), [])
        if again is not None:
            above = lines.pop()
            head, below = above.text.rstrip(), text.lstrip()
            length, indent = len(head) + len(again), len(text) - len(below)
            pieces = line.pieces or [Piece(0, first, 0)]
            line = Line(
                f"{head}{again}{below}",
                tuple(dict.fromkeys((*above.lines, *line.lines))),
                [*(above.pieces or [Piece(0, above.lines[0], 0)])]
                + [piece._replace(offset=piece.offset + length) for piece in _shifted(pieces, indent)],
            )
        lines.append(line)
        again = glue.get(at)
    return _copy(lines)
