"""A line and its neighbours on a screen of 80 columns, with a caret; what a screen cannot show is written out."""

from __future__ import annotations

from collections.abc import Mapping

from dumpscan.render import plain, thousands

WIDTH = 80
MOST_PIECES = 12  # rows of the screen that one line may take


def excerpt(lines: Mapping[int, str], number: int, caret: int | None = None) -> str:
    """A line with its neighbours, marked, and a caret under one of its columns."""
    digits = len(str(max(lines)))
    room = WIDTH - digits - len(">   ") - 1  # for a caret behind the last character
    rows: list[str] = []
    for at, line in sorted(lines.items()):
        margin = f"{'>' if at == number else ' '} {at:>{digits}}  "
        rows += _marked(line, margin, room, caret) if at == number else [_row(margin, clipped(line, room))]
    return "\n".join(rows)


def _marked(line: str, margin: str, room: int, caret: int | None) -> list[str]:
    """A line in as many pieces as it needs, with a caret under one of its columns."""
    text, blank = plain(line), " " * len(margin)
    pieces = [text[at : at + room] for at in range(0, len(text), room)] or [""]
    before = len(plain(line[: caret - 1])) if caret else 0
    marked = min(before // room, len(pieces) - 1)
    first = max(0, min(marked - MOST_PIECES // 2, len(pieces) - MOST_PIECES))
    shown = range(first, min(first + MOST_PIECES, len(pieces)))
    rows = []
    for at in shown:
        rows.append(_row(margin if at == first else blank, pieces[at]))
        if caret and at == marked:
            under, label = len(blank) + before - marked * room, f"column {caret}"
            fits = under + len(f"^ {label}") <= WIDTH
            rows.append(f"{' ' * under}^ {label}" if fits else f"{label} ^".rjust(under + 1))
    left_out = len(text) - sum(len(pieces[at]) for at in shown)
    return [*rows, f"{blank}[{thousands(left_out)} more characters]"] if left_out else rows


def _row(margin: str, text: str) -> str:
    return margin + text if text else margin.rstrip()


def clipped(line: str, room: int) -> str:
    """As much of a line as there is room for."""
    text = plain(line[: room + 1])
    return text if len(text) <= room else text[: room - 3] + "..."
