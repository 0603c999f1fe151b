r"""!dskheap: desktop heap use of one session, by the kernel debugger

    kd> !dskheap -s 3
      Winstation\Desktop            Heap Size(KB)   Used Rate(%)
    ------------------------------------------------------------
      WinSta0\Default                   3072                 0%
      WinSta0\Winlogon                   128                 5%
    ------------------------------------------------------
                    Total Desktop: (    3200 KB -   2 desktops)
                    Session ID:  3

The printed session counts, never the one of the command line: on Vista a plain `!dskheap` printed session 1. The percentage is a
whole number. Where names are paged out, each row takes three lines and has no name. On most builds since Windows 8 and Server 2012
the command fails ("Failed getting grpWinStaList", "Error Reading rpdeskList"): that is no evidence, not an empty session.

Sources: the debugger's documentation of !dskheap; ntdebugging blog, comments 7, 96 and 99; WinDbg-Feedback issues 54 and 57.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from dumpscan.commands import tokens
from dumpscan.commands._listing import LISTING_SIGNS, check_totals, heap_rows, session_number, total_numbers

if TYPE_CHECKING:
    from lark import Token, Tree

    from dumpscan.rows import Rows

PRINTS = "!dskheap"
FILLS = ("desktop_heaps", "heap_totals", "tool_failures")
LITERALS = (
    b"dskheap", b"Rate(%)", b"Size(KB)", b"WinSta0", b"Service-0x", b"SAWinSta", b"Desktop:", b"accessible)", b"pUniStr",
    b"rpdeskList", b"grpWinStaList", b"FillWinstaArray", b"EnumDsktps",
)  # fmt: skip
PROOF = frozenset({"ASK", "HEADINGS", "HEAPS", "UNREADABLE", "TOTAL", "FAILURES"})
SIGNS = LISTING_SIGNS

_ROW = re.compile(r"(?m)^[ ]*+(.*\S)[ ]++([0-9]+)[ ]++([0-9]+)[ ]?%[ ]*+(?:<[-=].*)?$")


def read(tree: Tree[Token], rows: Rows) -> None:
    """Rows, the tool's own total, and whether both agree."""
    for failure in tokens(tree, "FAILURES"):
        rows.failed(PRINTS, failure)
    if rows.state == "failed":
        return
    rows.session = next(map(session_number, tokens(tree, "SESSION")), None)
    total = next(iter(tokens(tree, "TOTAL")), None)
    heap_rows(rows, "dskheap", tokens(tree, "HEAPS"), _ROW)
    if total is not None:
        rows.add("heap_totals", [(rows.line(total), "dskheap", rows.session, *total_numbers(total))])
    check_totals(rows, begun=any(tokens(tree, "HEADINGS", "HEAPS", "UNREADABLE", "TOTAL")))
