"""The copy of a text in which lines are recognised: one-to-one repairs of what pastes do to text, blank lines left out.

The raw text stays the evidence; each line of the copy knows its physical line.
"""

from __future__ import annotations

import re
from itertools import accumulate
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


class Matching(NamedTuple):
    """A copy of a text in which lines can be recognised; blank lines are left out."""

    text: str
    lines: list[int]  # physical line of each line of `text`
    starts: list[int]  # offset of each line in `text`

    def line(self, at: int) -> str:
        """One line of the copy, with its end."""
        return self.text[self.starts[at] : self.starts[at + 1]]


def repaired(text: str) -> str:
    """A text with the repairs that keep every character in its place."""
    return _QUOTING.sub(lambda quote: " " * len(quote[0]), text.translate(REPAIRS))


def matching_copy(text: str, first_line: int) -> tuple[list[str], Matching]:
    """Split `text` into its physical lines and make the copy that the grammars see."""
    text = _LINE_ENDS.sub("\n", text)
    physical = text.split("\n")
    lines = repaired(text).split("\n")
    kept = [at for at, line in enumerate(lines) if line and not line.isspace()]
    copy = "\n".join([lines[at] for at in kept]) + "\n" if kept else ""
    starts = [0, *accumulate(len(lines[at]) + 1 for at in kept)]
    return physical, Matching(copy, [first_line + at for at in kept], starts)
