r"""lm: the file versions of loaded modules (`lm v`, `lmvm NAME`, `lm Dvm NAME`)

    start    end        module name
    bf800000 bf9cc000   win32k     (pdb symbols)          c:\symbols\win32k.pdb\0000000000000000000000000000000A1\win32k.pdb
        Image path: \SystemRoot\System32\win32k.sys
        Timestamp:        Tue Mar 10 07:05:33 2009 (49B611BD)
        File version:     5.2.3790.4456

A module without a file version (headers paged out, only symbols there) makes no row. The name is that of the debugger: "nt",
not "ntkrnlpa.exe"; where a copy begins below it, that of the file.
`!lmi` prints no version. Links of the debugger's window leave lines behind in copies ("Browse full module list").

Sources: the debugger's documentation of lm; public copies.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from dumpscan.commands import tokens

if TYPE_CHECKING:
    from lark import Token, Tree

    from dumpscan.rows import Rows

PRINTS = "lm v"
FILLS = ("modules",)
LITERALS = (b"version:", b"ImageSize:")
PROOF = frozenset({"MODULE", "VERSION"})
SIGNS = re.compile(r"[ ]{4}(?:File version|Product version|ImageSize|CheckSum):[ ]")

_NAME = re.compile(r"[ ]*[0-9a-fA-F`]+[ ]+[0-9a-fA-F`]+[ ]+([^\n ]+)")
_FILE = re.compile(r"(?:Image name|Loaded symbol image file):[ ]*+([^\n ]++)")
_VERSION = re.compile(r"File version:[ ]*+([0-9]{1,5}(?:\.[0-9]{1,5}){1,3})(?![0-9.])")


def read(tree: Tree[Token], rows: Rows) -> None:
    """A row for each module with a version; its line is that of the version."""
    for module in tree.find_pred(lambda part: part.data in ("module", "lone")):
        name = _NAME.match("".join(tokens(module, "MODULE"))) or _FILE.search("".join(tokens(module, "IMAGE")))
        for token in tokens(module, "VERSION"):
            version = _VERSION.search(token)
            if name and version:
                rows.add("modules", [(rows.line(token), name[1], version[1])])
