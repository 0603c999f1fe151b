r"""sessions: the sessions in a memory image and their processes, by Volatility 2

    Volatility Foundation Volatility Framework 2.6
    **************************************************
    Session(V): f79a1000 ID: 0 Processes: 31
    PagedPoolStart: bc000000 PagedPoolEnd bc3fffff
     Process: 584 csrss.exe 2012-03-04 08:01:22 UTC+0000
     Image: 0x82192008, Address bf800000, Name: win32k.sys

The two ends of the paged pool are its limit on 32-bit Windows, never its use; on 64-bit Windows they are a window that limits nothing.
Images (drivers of the session) are passed over.

Sources: the printing code of Volatility 2.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from dumpscan.commands import tokens
from dumpscan.commands._desktops import Owner, owner_rows, session_number, whole
from dumpscan.commands._session_space import pool_limit

if TYPE_CHECKING:
    from lark import Token, Tree

    from dumpscan.rows import Rows

PRINTS = "sessions (Volatility 2)"
FILLS = ("session_memory", "session_limits", "desktop_owners")
LITERALS = (b"Session(V):",)
PROOF = frozenset({"SESSION"})
SIGNS = re.compile(r"Session\(V\)|PagedPoolStart:|(?m:^[ ]*+Process: [0-9]|^[ ]*+Image: 0x)")

_SESSION = re.compile(r"Session\(V\): (?:0x)?([0-9A-Fa-f]++) ID: (\S++)")
_POOL = re.compile(r"PagedPoolStart: (?:0x)?([0-9A-Fa-f]{1,16}) PagedPoolEnd:? (?:0x)?([0-9A-Fa-f]{1,16})(?![^\s])")
# The image ends where the time of its start begins, or at the end of the line; names hold blanks.
_PROCESS = re.compile(r"(?m)^[ ]*+Process: ([0-9]++) ((?:(?![0-9]{4}-[0-9]{2}-[0-9]{2} )[^\n])*+)")


def read(tree: Tree[Token], rows: Rows) -> None:
    """One row a session, and one a process."""
    for block in tree.find_data("session"):
        head = next(iter(tokens(block, "SESSION")))
        match = _SESSION.search(head)
        assert match is not None
        session = session_number(match[2])
        if session is None:
            continue
        rows.add("session_memory", [(rows.line(head), session, match[1].lower(), None, None, None, None)])
        for pool in tokens(block, "POOL"):
            if (ends := _POOL.search(pool)) and (kb := pool_limit(ends[1], ends[2])):
                rows.add("session_limits", [(rows.line(pool), "paged_pool", session, kb, "_MM_SESSION_SPACE")])
        owners: list[tuple[int, Owner]] = []
        for token in tokens(block, "PROCESSES"):
            found = zip(rows.lines(token), _PROCESS.findall(token), strict=True)
            owners += [(line, (session, None, None, int(pid), whole(image))) for line, (pid, image) in found]
        owner_rows(rows, owners)
