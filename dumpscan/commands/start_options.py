r"""start_options: the options that the running Windows was booted with, from its registry

    HKEY_LOCAL_MACHINE\SYSTEM\CurrentControlSet\Control
        SystemStartOptions    REG_SZ    NOEXECUTE=OPTIN  FASTDETECT  3GB

boot.ini tells what can be booted, this value what was. It has capitals and no slashes; its origin is "SystemStartOptions".

Sources: registry exports of Windows XP and later.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from dumpscan.commands import tokens
from dumpscan.commands._boot import options

if TYPE_CHECKING:
    from lark import Token, Tree

    from dumpscan.rows import Rows

PRINTS = "SystemStartOptions"
FILLS = ("boot_options",)
LITERALS = (b"SystemStartOptions",)
PROOF = frozenset({"OPTIONS"})
SIGNS = re.compile(r"SystemStartOptions[\" ]")
RANK = 10  # where a whole key is read as registry text, the line is of that block

_TEXT = re.compile(r"SystemStartOptions(?:\"?[ ]*=[ ]*\"([^\"\n]*)|[ ]+REG_SZ([^\n]*)|[ ]*:([^\n]*))")


def read(tree: Tree[Token], rows: Rows) -> None:
    for token in tokens(tree, "OPTIONS"):
        told = _TEXT.search(token)
        assert told is not None
        text = next(filter(None, told.groups()), "")
        if found := [(rows.line(token), *option, "SystemStartOptions") for option in options(text)]:
            rows.add("boot_options", found)
