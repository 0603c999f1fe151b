r"""query_session: the sessions of a machine, by `query session` (qwinsta) and `query user` (quser)

    C:\>query session
     SESSIONNAME       USERNAME                 ID  STATE   TYPE        DEVICE
    >console           Administrator             0  Active  wdcon
                       bob                       2  Disc    rdpwd
     rdp-tcp                                 65536  Listen  rdpwd

Each session becomes a row without process, station and desktop: it is there, so its heaps belong to the picture. A listener (65536 and above) is
no session. Read in English.

Sources: Microsoft's documentation of query session; public copies.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from dumpscan.commands import tokens

if TYPE_CHECKING:
    from lark import Token, Tree

    from dumpscan.rows import Rows

PRINTS = "query session"
FILLS = ("desktop_owners",)
LITERALS = (b"SESSIONNAME",)
PROOF = frozenset({"HEADINGS"})
SIGNS = re.compile(r"^[ ]*+>?SESSIONNAME[ ]")

LISTENER = 65536
_NUMBER = re.compile(
    r"(?:^|[ ])([0-9]{1,10})[ ]++(?:Active|Conn|ConnQ|Shadow|Disc|Listen|Idle|Down|Init|Reset)(?![A-Za-z])"
)


def read(tree: Tree[Token], rows: Rows) -> None:
    """A row a session."""
    for token in tokens(tree, "SESSIONS"):
        for line, text in zip(rows.lines(token), token.splitlines(), strict=True):
            number = _NUMBER.search(text)
            assert number is not None
            if int(number[1]) < LISTENER:
                rows.add("desktop_owners", [(line, int(number[1]), None, None, None, None)])
