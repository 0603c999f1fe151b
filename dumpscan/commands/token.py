r"""!token: the security token of a process, by the debugger

    User: S-1-5-21-518066528-515770016-299552555-2981 (User: CORP\ann)
    ...
    Authentication ID:         (0,11691)

The authentication ID is the LUID of the logon session, in hex, high half first: the station `Service-0x0-11691$` is named after it. The account
is printed with `-n` only. A group S-1-5-5-0-71188 is the logon SID, another number.

Sources: the debugger's documentation of !token.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from dumpscan.commands import tokens
from dumpscan.commands._luid import luid

if TYPE_CHECKING:
    from lark import Token, Tree

    from dumpscan.rows import Rows

PRINTS = "!token"
FILLS = ("logon_sessions",)
LITERALS = (b"!token", b"ParentToken")
PROOF = frozenset({"AUTHENTICATION"})
SIGNS = re.compile(r"Authentication ID:|ParentToken ID:")

_ACCOUNT = re.compile(r"\([A-Z][A-Za-z -]{1,40}: ([^()\n]*\\[^()\n]*)\)")
_LUID = re.compile(r"\(([0-9A-Fa-f]++),[ ]?([0-9A-Fa-f]++)\)")


def read(tree: Tree[Token], rows: Rows) -> None:
    """A row a token."""
    who = None
    for token in tokens(tree, "USER", "AUTHENTICATION"):
        if token.type == "USER":
            named = _ACCOUNT.search(token)
            who = named[1].strip() if named else None
            continue
        halves = _LUID.search(token)
        assert halves is not None
        rows.add("logon_sessions", [(rows.line(token), luid(int(halves[1], 16), int(halves[2], 16)), who)])
        who = None
