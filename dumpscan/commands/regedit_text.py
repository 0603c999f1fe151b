r"""regedit_text: a registry key saved as a text file by regedit of Windows 2000 to 2003

    Key Name:          SYSTEM\CurrentControlSet\Control\Session Manager\Memory Management
    Class Name:        <NO CLASS>
    Last Write Time:   3/4/2009 - 10:11 AM
    Value 0
      Name:            SessionViewSize
      Type:            REG_DWORD
      Data:            0x30

Numbers are hex with a prefix; zero is printed without. The key starts below its root (HKEY_LOCAL_MACHINE is not told when a part of it was saved).

Sources: the layout is remembered; no public print of these keys was found.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from dumpscan.commands import tokens
from dumpscan.commands._registry import STATE, STEMS, add_windows, certain
from dumpscan.commands._shared_section import unwrapped

if TYPE_CHECKING:
    from lark import Token, Tree

    from dumpscan.rows import Rows

PRINTS = "regedit, saved as text"
FILLS = ("registry_values", "shared_sections")
LITERALS = STEMS
PROOF = frozenset({"VALUE", "WINDOWS"})
SIGNS = re.compile(r"^[ ]*+(?:Name|Type|Data):[ ]|SharedSection=")

_VALUE = re.compile(r"(?:Value [0-9]++\n)?Name:[ ]*+(\S++)\nType:[ ]*+(\S++)(?:\nData:[ ]*+)?(.*)", re.DOTALL)


def read(tree: Tree[Token], rows: Rows) -> None:
    """One row a value, at the line of its name."""
    key = next(iter(tokens(tree, "KEY"))).partition(":")[2].strip()
    for token in tokens(tree, "VALUE", "WINDOWS"):
        text = unwrapped(token)
        match = _VALUE.match(text)
        assert match is not None
        name, kind, data = match.groups()
        lines = rows.lines(token)[text.count("\n", 0, match.start(3) if token.type == "WINDOWS" else match.start(1)) :]
        if "Data:" not in text:
            rows.doubt(lines[0], f"the data of {name} are missing")
        elif token.type == "WINDOWS":
            add_windows(rows, lines, key, kind, data, STATE)
        else:
            rows.add(
                "registry_values",
                [(lines[0], key, name, kind, data, certain(data) if kind == "REG_DWORD" else None, STATE)],
            )
