r"""filever: the versions of files on a machine, by the Support Tools

    --a-- W32i   DLL ENU       5.0.0.642 shp     49,424 10-21-1999 mqclus.dll

With -v more lines follow each file; its version stands in them with commas ("FileVersion  5,0,0,642"), and is the same. Lists in articles
("26-Mar-2001  18:41  4.0.1381.7095  1,254,512  Win32k.sys") tell what a fix brings, not what a machine has: they are not read.

Sources: the documentation of filever.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from dumpscan.commands import tokens

if TYPE_CHECKING:
    from lark import Token, Tree

    from dumpscan.rows import Rows

PRINTS = "filever"
FILLS = ("modules",)
LITERALS = (b"W32i", b"W32a", b"W32x")
PROOF = frozenset({"FILES"})
SIGNS = re.compile(r"[ ]*+[-a-z]{5} W[0-9]{2}")

_FILE = re.compile(
    r"[ ]([0-9]{1,5}(?:\.[0-9]{1,5}){3})[ ]++[a-z]{3}[ ]++[0-9,.]+[ ]++[0-9]+-[0-9]+-[0-9]+[ ]++([^\n]*\.[A-Za-z]{2,4})(?![^\n])"
)


def read(tree: Tree[Token], rows: Rows) -> None:
    """A row a file, by the name of the file without its folder."""
    for token in tokens(tree, "FILES"):
        for line, text in zip(rows.lines(token), token.split("\n"), strict=False):
            if told := _FILE.search(text):
                rows.add("modules", [(line, told[2].rpartition("\\")[2], told[1])])
