r"""What `!dskheap` and `dheapmon` have in common: names of desktops, totals, and the check of one against the other."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lark import Token

    from dumpscan.rows import Rows

# A line beside a listing with one of these is a damaged line of it: a row or a total that was cut, wrapped or mistyped. (Event 243 says "Thread
# ID: 5120. Session ID: 2".)
LISTING_SIGNS = re.compile(
    r"WinSta0|Service-0x|SAWinSta|__X78B95|mssw|name not accessible|pUniStr|Total Desk|(?<![0-9]\. )Session ID:|Heap Size|Used Rate"
    r"|^[ ]*+[^\s\\:]{1,60}\\[^\s\\].{0,100}[ ][0-9]++(?:\.[0-9]*+)?%?+[ ]*+$"
)
# Names without their backslash (blog copies lose it) are split before the desktops that every Windows has, else after the "$".
_LOST_BACKSLASH = re.compile(
    r"(.+?)(Default|Disconnect|Winlogon|Screen-saver|SADesktop|__A8D9S1_42_ID|mssrestricteddesk)"
)
_LOST_AFTER_DOLLAR = re.compile(r"(.+?\$)(.+)")


@lru_cache(maxsize=4096)
def split_path(path: str) -> tuple[str | None, str | None]:
    r"""Window station and desktop of a printed path; (None, None) where it was not readable in memory.

    >>> split_path(r"WinSta0\My Desktop 2"), split_path("Service-0x0-3e7$Default"), split_path("(000002B8: name not accessible)")
    (('WinSta0', 'My Desktop 2'), ('Service-0x0-3e7$', 'Default'), (None, None))
    """
    if path.startswith("("):
        return None, None
    station, backslash, desktop = path.partition("\\")
    if not backslash:
        lost = _LOST_BACKSLASH.fullmatch(path) or _LOST_AFTER_DOLLAR.fullmatch(path)
        if lost is None:
            return None, None
        station, desktop = lost[1], lost[2]
    return station.replace(" $", "$"), desktop


def session_number(token: Token) -> int:
    match = re.search(r"Session[ ]+ID:[ ]*([0-9]+)", token)
    assert match is not None
    return int(match[1])


def total_numbers(token: Token) -> tuple[int, int]:
    """KB and number of desktops of a "Total Desktop" line."""
    match = re.search(r"\([ ]*([0-9]+)[ ]*KB[ ]*-[ ]*([0-9]+)", token)
    assert match is not None
    return int(match[1]), int(match[2])


def heap_rows(rows: Rows, tool: str, tables: Iterable[Token], pattern: re.Pattern[str]) -> None:
    """Rows of desktop_heaps; `pattern` takes path, size and percentage from each line."""
    for table in tables:
        rows.add(
            "desktop_heaps",
            [
                (line, tool, rows.session, path, *split_path(path), int(size), float(percent), None)
                for line, (path, size, percent) in zip(rows.lines(table), pattern.findall(table), strict=True)
            ],
        )


def check_totals(rows: Rows, begun: bool) -> None:
    """Hold the rows against the tool's own total: it held on every whole listing seen, so a mismatch means lost or altered rows.

    `begun`: something of the listing itself is there, not only the command that was typed.
    """
    heaps = rows.tables.get("desktop_heaps", [])
    total = rows.tables.get("heap_totals", [])
    if not begun:
        rows.state, rows.shortfall = "silent", "the command was typed, but nothing that it prints follows"
    elif not heaps:
        rows.cut("its rows are not there")
    elif not total:
        rows.cut("its total is not there, so rows may be missing")
    else:
        *_, kb, count = total[0]
        found = sum(row[6] for row in heaps)
        if (found, len(heaps)) == (kb, count):
            rows.state = "whole"
        else:
            rows.cut(
                f"its {len(heaps):,} rows add up to {found:,} KB, but the tool counted {count:,} desktops with {kb:,} KB"
            )
