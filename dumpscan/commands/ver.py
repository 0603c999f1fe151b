r"""ver: Windows in one line: with which a command prompt opens, and the text of event 6009

    Microsoft Windows [Version 6.1.7601]
    Microsoft (R) Windows (R) 5.02. 3790 Service Pack 2 Multiprocessor Free.

The first tells the build and nothing else, of the machine on which the prompt was open. That can be the workstation of the engineer: where a
debugger was started within the next thirty lines, the line is passed over, and the banner of the debugger speaks. Windows NT 4 prints no build
("Windows NT Version 4.0"), but has only one, 1381. The word "Version" is translated.

The second is written by the event log at each start. Where the whole event stands, its reader has the line.

Sources: public logs.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from dumpscan.commands import tokens
from dumpscan.commands._windows import STARTED, System, service_pack

if TYPE_CHECKING:
    from lark import Token, Tree

    from dumpscan.rows import Rows

PRINTS = "ver"
FILLS = ("systems",)
LITERALS = (b"[Vers", b"Version", b"Multiprocessor", b"Uniprocessor")
PROOF = frozenset({"VERSION", "NT4", "STARTED"})
BUILD_OF_NT4 = 1381
SIGNS = re.compile(r"Windows \[[^\]\n]{2,14} [0-9]+\.[0-9]+\.[0-9]+\]")
RANK = 10  # behind the readers of events and of PsInfo

_VERSION = re.compile(r"(Microsoft[^\n\[]*[^\n\[ ])[ ]*\[[^\]0-9]+[0-9]+\.[0-9]+\.([0-9]+)")


def read(tree: Tree[Token], rows: Rows) -> None:
    """One row: each line is a capture of its own, because two of them can be of two machines."""
    for token in tokens(tree, "VERSION"):
        told = _VERSION.search(token)
        assert told is not None
        rows.add("systems", [System(rows.line(token), told[1], int(told[2]))])
    for token in tokens(tree, "NT4"):
        rows.add("systems", [System(rows.line(token), "Windows NT", BUILD_OF_NT4)])
    for token in tokens(tree, "STARTED"):
        started = STARTED.search(token)
        assert started is not None
        processors = 1 if "Uniprocessor" in token else None
        rows.add(
            "systems",
            [System(rows.line(token), started[1], int(started[2]), service_pack(token), processors=processors)],
        )
