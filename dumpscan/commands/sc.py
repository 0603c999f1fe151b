r"""sc queryex, sc qc: the process of each service, and the account that it runs under

    SERVICE_NAME: Spooler
            STATE              : 4  RUNNING
            PID                : 1388
    [SC] QueryServiceConfig SUCCESS
    SERVICE_NAME: Spooler
            SERVICE_START_NAME : NT AUTHORITY\LocalService

Services that share an account share a desktop heap, unless each has a logon session of its own. The rows go to `gui_objects`, without counts and
without the name of the process: `queryex` tells the PID, `qc` the account. A service that does not run (PID 0) has no process, and without an
account it makes no row.

Sources: Microsoft's documentation of sc; public captures of it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from dumpscan.commands import tokens
from dumpscan.commands._luid import account

if TYPE_CHECKING:
    from lark import Token, Tree

    from dumpscan.rows import Rows

PRINTS = "sc queryex"
FILLS = ("gui_objects",)
LITERALS = (b"SERVICE_NAME:",)
PROOF = frozenset({"NAME"})
SIGNS = re.compile(r"^[ ]*+(?:SERVICE_START_NAME|SERVICE_EXIT_CODE|START_TYPE|BINARY_PATH_NAME)\b")

_PID = re.compile(r"(?m)^[ ]*+PID[ ]++:[ ]*+([0-9]{1,10})[ ]*+$")
_ACCOUNT = re.compile(r"(?m)^[ ]*+SERVICE_START_NAME[ ]++:[ ]*+(\S.*)$")


def read(tree: Tree[Token], rows: Rows) -> None:
    """A row a service of which a process or an account is told."""
    line, name, fields = 0, "", ""
    for token in tokens(tree, "NAME", "FIELDS"):
        if token.type == "NAME":
            _add(rows, line, name, fields)
            line, name, fields = rows.line(token), token.partition(":")[2].strip(), ""
        else:
            fields += token
    _add(rows, line, name, fields)


def _add(rows: Rows, line: int, name: str, fields: str) -> None:
    pid, who = _PID.search(fields), _ACCOUNT.search(fields)
    number = int(pid[1]) or None if pid else None
    owner = account(who[1]) if who else None
    if number or owner:
        rows.add("gui_objects", [(line, None, number, None, name, owner, None, None, None, None)])
