r"""!logonsession: the logon sessions of a machine, by the kernel debugger

    kd> !logonsession 0
    Dumping all logon sessions.
    ** Session   6 = 0x8e9720
       LogonId     = {0x3e4 0x0}
       References  = 6
    14 sessions in the system.

LogonId is printed low half first. No account is told, so the rows have none; slots without a session ({0x0 0x0}) make no row. The count at the end
is of slots: where it is not met, lines are missing.

Sources: a public capture of Windows 2000.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from dumpscan.commands import tokens
from dumpscan.commands._luid import luid

if TYPE_CHECKING:
    from lark import Token, Tree

    from dumpscan.rows import Rows

PRINTS = "!logonsession"
FILLS = ("logon_sessions",)
LITERALS = (b"logonsession", b"LogonId")
PROOF = frozenset({"ASK", "DUMPING", "SESSIONS"})
SIGNS = re.compile(r"\*\* Session |LogonId[ ]++= \{|sessions in the system")

_LUID = re.compile(r"(?i)\{0x([0-9a-f]++) 0x([0-9a-f]++)\}")


def read(tree: Tree[Token], rows: Rows) -> None:
    """A row a session."""
    slots = 0
    for token in tokens(tree, "SESSIONS"):
        slots += token.count("**")
        for line, text in zip(rows.lines(token), token.splitlines(), strict=True):
            if (halves := _LUID.search(text)) and (number := (int(halves[2], 16), int(halves[1], 16))) != (0, 0):
                rows.add("logon_sessions", [(line, luid(*number), None)])
    counted = next((int(token.split()[0]) for token in tokens(tree, "COUNT")), None)
    if counted is None:
        rows.cut("the count at its end is not there")
    elif counted == slots:
        rows.state = "whole"
    else:
        rows.cut(f"it counted {counted:,} sessions, but {slots:,} are there")
