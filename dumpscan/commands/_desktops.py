"""What the scans for desktops have in common: one row a desktop and process, however many threads a tool prints."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dumpscan.rows import Rows

# Session, window station, desktop, process ID, process.
Owner = tuple[int | None, str | None, str | None, int | None, str | None]

MOST_SESSIONS = 1 << 16  # what is left of a freed object has any number there
_CUT = re.compile(r"\.{3}")


def owner_rows(rows: Rows, owners: Iterable[tuple[int, Owner]]) -> None:
    """Rows of desktop_owners: threads of one process on one desktop are one row, at the line of the first."""
    first: dict[Owner, int] = {}
    for line, owner in owners:
        first.setdefault(owner, line)
    if first:
        rows.add("desktop_owners", [(line, *owner) for owner, line in first.items()])


def whole(cell: str) -> str | None:
    """A cell of a table; None for "-" and "N/A", which stand for nothing, and for one that was cut to fit ("WinS...ult").

    >>> whole("My Desktop 2 "), whole("WinS...ult"), whole("-")
    ('My Desktop 2', None, None)
    """
    text = cell.strip()
    return None if text in ("", "-", "N/A") or _CUT.search(text) else text


def number(cell: str) -> int | None:
    """A decimal cell."""
    text = whole(cell)
    return int(text) if text and re.fullmatch(r"[0-9]{1,10}", text) else None


def session_number(cell: str) -> int | None:
    """A session; None for what no session can be."""
    session = number(cell)
    return session if session is not None and session < MOST_SESSIONS else None
