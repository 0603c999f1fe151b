r"""SharedSection=1024,20480,768: the sizes in a text of the value `Windows` or of the command line of csrss.exe, however it was wrapped."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dumpscan.rows import Rows

# A console breaks lines inside words and inside numbers ("20480,7" + "68 Windows=On"), snmp-check after a comma.
_NAME = re.compile(r"(?i)" + r"\n?".join("SharedSection") + r"(?:[ ]?\n?[:=]\n?|(?=[ ]?\n?[0-9]))[ ]?")
_NUMBER = r"[0-9]{1,9}(?:\n[0-9]{1,9})?"
_LIST = re.compile(rf"({_NUMBER})\n?,[ \n]?({_NUMBER})(?:\n?,[ \n]?({_NUMBER}))?(?:\n?,[ \n]?([0-9A-Za-z]{{1,40}}))?")
# What may follow the list: another word, or the end of a quotation.
_END = re.compile(r"[ ](?![ ]*[0-9])|[\"'\\&<]")
# The last number of a list that ends with its line may have lost digits: a heap below 128 KB is a cut "768" rather than a size. In the value
# itself another word always follows, so a list at the end is cut; what people type ends there, in three values and a multiple of 128.
STEP = 128

Sizes = tuple[int, int, int | None, int]


def sizes_at(text: str, start: int, typed: bool = False) -> Sizes | None:
    r"""The three sizes in KB and how many values there are, of the list that begins here; None where it is damaged or may be cut.

    >>> sizes_at("1024,20480,7\n68 Windows=On", 0), sizes_at("1024,3072 Windows=On", 0), sizes_at("1024,20480,768", 0)
    ((1024, 20480, 768, 3), (1024, 3072, None, 2), None)
    """
    match = _LIST.match(text, start)
    if match is None:
        return None
    numbers = [int(digits.replace("\n", "")) for digits in match.groups()[:3] if digits]
    if match.end() == len(text):
        whole = typed and len(numbers) == 3 and numbers[-1] % STEP == 0
    elif text[match.end()] == "\n":
        whole = text[match.end() + 1 :][:1].isalpha() and numbers[-1] >= STEP and "\n" not in match[len(numbers)]
    else:
        whole = _END.match(text, match.end()) is not None
    return (numbers[0], numbers[1], (*numbers, None)[2], len(numbers) + bool(match[4])) if whole else None


def add_sections(rows: Rows, lines: Sequence[int], text: str, in_force: bool, typed: bool = False) -> None:
    """A row for each list in `text`, whose lines these are; a problem for each one that is damaged."""
    for name in _NAME.finditer(text):
        line = lines[text.count("\n", 0, name.start())]
        if found := sizes_at(text, name.end(), typed):
            rows.add("shared_sections", [(line, *found, text, in_force)])
        else:
            rows.doubt(line, "the values of SharedSection are damaged or cut")


def unwrapped(text: str) -> str:
    """A text of several lines without what stands around each of them."""
    return "\n".join(line.strip() for line in text.strip().split("\n"))
