r"""dheapmon: desktop heap use of the session it runs in, by the Desktop Heap Monitor

    Desktop Heap Information Monitor Tool (Version 8.1.2925.0)
    Copyright (c) Microsoft Corporation.  All rights reserved.
    -------------------------------------------------------------
      Session ID:    0 Total Desktop: (  5824 KB -    8 desktops)

      WinStation\Desktop            Heap Size(KB)    Used Rate(%)
    -------------------------------------------------------------
      WinSta0\Default                    3072              5.7

Versions 7.0, 8.1 and 9.0 print the same table; it runs on Windows 2000, XP and Server 2003 and knows only its own session (its `-s` is
"print statistics", not a session). A layout in bytes ("Desktop Heap 6291456", "Committed    1859584") was seen once: size and committed
memory, but no use. `dheapinst` fails with "Win32k.sys symbol load error" where symbols are missing: nothing was measured then.

Sources: ntdebugging blog, desktop heap overview and comments 28, 62, 64, 74, 77, 85; KB 949296.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from dumpscan.commands import tokens
from dumpscan.commands._listing import LISTING_SIGNS, check_totals, heap_rows, session_number, total_numbers

if TYPE_CHECKING:
    from lark import Token, Tree

    from dumpscan.rows import Rows

PRINTS = "dheapmon"
FILLS = ("desktop_heaps", "heap_totals", "tool_failures")
LITERALS = (
    b"heapmon", b"Monitor", b"Rate(%)", b"Size(KB)", b"WinSta0", b"Service-0x", b"SAWinSta", b"Desktop:", b"Committed",
    b"Win32k.sys", b"dheapinst",
)  # fmt: skip
PROOF = frozenset({"ASK", "BANNER", "DRIVER", "SESSION_TOTAL", "HEAPS", "SIZE", "FAILURES"})
SIGNS = LISTING_SIGNS

_ROW = re.compile(r"(?m)^[ ]*+(.*\S)[ ]++([0-9]+)[ ]++([0-9]+\.[0-9])[ ]*+(?:<[-=].*)?$")
_BYTES = re.compile(r"([0-9]+)[ ]*\n")


def read(tree: Tree[Token], rows: Rows) -> None:
    """Rows, the tool's own total, and whether both agree."""
    for failure in tokens(tree, "FAILURES"):
        rows.failed("dheapinst" if "symbol load" in failure else PRINTS, failure)
    if rows.state == "failed":
        return
    if sizes := list(tokens(tree, "SIZE")):
        _read_bytes(tree, sizes[0], rows)
        return
    rows.session = next(map(session_number, tokens(tree, "SESSION_TOTAL", "SESSION")), None)
    total = next(iter(tokens(tree, "SESSION_TOTAL", "TOTAL")), None)
    if total is not None:
        rows.add("heap_totals", [(rows.line(total), "dheapmon", rows.session, *total_numbers(total))])
    heap_rows(rows, "dheapmon", tokens(tree, "HEAPS"), _ROW)
    if re.search(r"(?i)dheapmon(?:\.exe)?[ ]+[-/][lu]\b", next(iter(tokens(tree, "ASK")), "")) and not any(
        tokens(tree, "SESSION_TOTAL", "TOTAL", "HEADINGS", "HEAPS")
    ):
        return  # loading or unloading the driver prints no table
    kinds = [
        token.type for token in tokens(tree, "ASK", "BANNER", "DRIVER", "SESSION_TOTAL", "TOTAL", "HEADINGS", "HEAPS")
    ]
    if kinds[-1] != "DRIVER":
        check_totals(rows, begun=kinds[-1] != "ASK")


def _read_bytes(tree: Tree[Token], size: Token, rows: Rows) -> None:
    """The layout in bytes: "Committed" is what the heap has taken from memory, not what is used of it."""
    name = next(iter(tokens(tree, "DESKTOP")))
    desktop = name[name.index("(") + 1 : name.index(")")]
    committed = next((int(_BYTES.findall(token)[0]) // 1024 for token in tokens(tree, "COMMITTED")), None)
    rows.add(
        "desktop_heaps",
        [
            (
                rows.line(size),
                "dheapmon",
                None,
                desktop,
                None,
                desktop,
                int(_BYTES.findall(size)[0]) // 1024,
                None,
                committed,
            )
        ],
    )
    rows.cut("this layout prints no use and no total")
