"""What one capture fills: rows of tables, and problems."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from lark import Token


class Rows:
    """What one capture fills: rows of tables (line first, then the schema's own columns), and how far it can be trusted."""

    def __init__(self, lines: Sequence[int], text: Mapping[int, str]) -> None:
        self._lines = lines
        self._text = text
        self.tables: dict[str, list[tuple[Any, ...]]] = {}
        self.session: int | None = None
        self.state: str | None = None
        self.shortfall: str | None = None
        self.doubts: dict[int, str] = {}
        self.below: int | None = None

    def lines(self, token: Token) -> Sequence[int]:
        """The physical lines of a token, one for each line of it."""
        assert token.line is not None
        return self._lines[token.line : token.line + token.count("\n")]

    def line(self, token: Token) -> int:
        return self.lines(token)[0]

    def text(self, line: int) -> str:
        """A physical line as it stands in the file."""
        return self._text[line]

    def add(self, table: str, rows: Iterable[tuple[Any, ...]]) -> None:
        self.tables.setdefault(table, []).extend(rows)

    def ends_before(self, line: int) -> None:
        """From this physical line on nothing is of this capture, although a terminal claims it: terminals see no blank lines, and only those
        tell where a paragraph ends."""
        self.below = line

    def failed(self, tool: str, token: Token) -> None:
        """Each line of `token` tells that `tool` failed."""
        self.add("tool_failures", [(at, tool, self.text(at).strip()) for at in self.lines(token)])
        self.state, self.shortfall = "failed", f"{tool} failed"

    def doubt(self, line: int, reason: str) -> None:
        """This line is of the capture, but what it says is not clear: a problem, not a row."""
        self.doubts[line] = reason

    def cut(self, reason: str) -> None:
        """Something of this capture is missing, or does not add up."""
        self.state, self.shortfall = "cut", self.shortfall or reason


class Problem(NamedTuple):
    """A line (or, without a line, a file) that was not understood."""

    line: int | None
    text: str
    reason: str
