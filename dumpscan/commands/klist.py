r"""klist sessions: logon sessions and their accounts

    Current LogonId is 0:0x3e7
    [5] Session 0 0:0x3e4 CORP\TS01$ Negotiate:Service
    [8] Session 0 0:0xa748 \ NTLM:(0)

A LUID is printed in hex, its high half first. Names hold blanks; a lone backslash is a session without an account. The first line says only who
asked. Plain `klist` prints tickets, which are not read.

Sources: public captures of klist sessions.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from dumpscan.commands import tokens
from dumpscan.commands._luid import account, luid

if TYPE_CHECKING:
    from lark import Token, Tree

    from dumpscan.rows import Rows

PRINTS = "klist sessions"
FILLS = ("logon_sessions",)
LITERALS = (b"0:0x",)
PROOF = frozenset({"SESSIONS"})
SIGNS = re.compile(r"^[ ]*+\[[0-9]{1,6}\] \S{1,30} [0-9]{1,10} [0-9a-f]{1,8}:0x")

_SESSION = re.compile(r"(?i) ([0-9a-f]{1,8}):0x([0-9a-f]{1,8}) (.*)[ ]\S++[ ]*+")


def read(tree: Tree[Token], rows: Rows) -> None:
    """A row a session."""
    for token in tokens(tree, "SESSIONS"):
        for line, text in zip(rows.lines(token), token.splitlines(), strict=True):
            session = _SESSION.search(text)
            assert session is not None
            rows.add("logon_sessions", [(line, luid(int(session[1], 16), int(session[2], 16)), account(session[3]))])
