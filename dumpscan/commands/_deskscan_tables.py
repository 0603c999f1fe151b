"""The tables of Volatility 2's deskscan: 16 columns, a row for each thread, as greptext, grid or JSON."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from dumpscan.commands import tokens

if TYPE_CHECKING:
    from lark import Token, Tree

    from dumpscan.rows import Rows

COLUMNS = 16
# Where those stand that are read: Name, SessionId, Size, Base, Limit, Process, PID.
_READ = (1, 3, 9, 10, 11, 13, 14)
_ADDRESS = re.compile(r"(?i)0x[0-9a-f]{1,16}|[0-9a-fx]{1,9}\.{3}[0-9a-f]{1,9}|-")


def cells(tree: Tree[Token], rows: Rows) -> Iterator[tuple[int, tuple[str, ...]]]:
    """The cells that are read of each row of a table."""
    for token in tokens(tree, "GREP"):
        for line, text in zip(rows.lines(token), token.splitlines(), strict=True):
            every = text.split("|")
            yield line, tuple(every[at] for at in _READ)
    for token in tokens(tree, "GRID"):
        for line, text in zip(rows.lines(token), token.splitlines(), strict=True):
            yield line, _grid_cells(text.split())
    for token in tokens(tree, "JSON"):
        for row in _json_rows(rows.text(rows.line(token))):
            heap = tuple(hex(row[at]) if isinstance(row[at], int) else "" for at in (9, 10, 11))
            yield rows.line(token), (str(row[1] or ""), str(row[3]), *heap, str(row[13] or ""), str(row[14]))


def _json_rows(line: str) -> list[list[Any]]:
    """The rows of a table in JSON: from the line as it stands in the file, since repairs take its doubled backslashes for a paste's."""
    try:
        told = json.loads(line[line.index("{") : line.rindex("}") + 1])
    except ValueError:
        return []
    return [row for row in told.get("rows", ()) if len(row) == COLUMNS]


def _grid_cells(words: list[str]) -> tuple[str, ...]:
    """Names hold blanks: that of the desktop ends before the first address, that of the process before the last two numbers."""
    after = next(at for at, word in enumerate(words) if at > 1 and _ADDRESS.fullmatch(word))
    return (
        " ".join(words[1:after]), words[after + 1], *words[after + 7 : after + 10], " ".join(words[after + 11 : -2]), words[-2],
    )  # fmt: skip
