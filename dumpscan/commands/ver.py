r"""ver: the version with which a command prompt opens

    Microsoft Windows [Version 6.1.7601]

It tells the build and nothing else, of the machine on which the prompt was open. That can be the workstation of the engineer: where a
debugger was started within the next thirty lines, the line is passed over, and the banner of the debugger speaks. Windows NT 4 prints no build
("Windows NT Version 4.0").

Sources: public logs; the word "Version" is translated.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from dumpscan.commands import tokens
from dumpscan.commands._windows import System

if TYPE_CHECKING:
    from lark import Token, Tree

    from dumpscan.rows import Rows

PRINTS = "ver"
FILLS = ("systems",)
LITERALS = (b"[Vers",)
PROOF = frozenset({"VERSION"})
SIGNS = re.compile(r"Windows \[[^\]\n]{2,14} [0-9]+\.[0-9]+\.[0-9]+\]")

_VERSION = re.compile(r"(Microsoft[^\n\[]*[^\n\[ ])[ ]*\[[^\]0-9]+[0-9]+\.[0-9]+\.([0-9]+)")


def read(tree: Tree[Token], rows: Rows) -> None:
    for token in tokens(tree, "VERSION"):
        told = _VERSION.search(token)
        assert told is not None
        rows.add("systems", [System(rows.line(token), told[1], int(told[2]))])
