r"""reg_query: registry values as `reg query` prints them

    C:\>reg query "HKLM\SYSTEM\CurrentControlSet\Control\Session Manager\Memory Management" /v SessionViewSize

    HKEY_LOCAL_MACHINE\SYSTEM\CurrentControlSet\Control\Session Manager\Memory Management
        SessionViewSize    REG_DWORD    0x30

Numbers are hex with a prefix: 0x30 is 48. A query of one value that is not there is evidence, too: a row with neither text nor number. The
answer must say so; an access denied is a problem. `Current` of the key Select names the control set that counts. Values that desktop heap does not depend on are read over.
Windows XP and Server 2003 print a line with the version of reg.exe and put TABs between the columns.

Sources: reg.exe outputs in public; the German answer and the end of a search are remembered, not seen.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from dumpscan.commands import tokens
from dumpscan.commands._registry import NAME, SELECT, STATE, STEMS, add_windows, hexadecimal, pieces
from dumpscan.commands._shared_section import unwrapped

if TYPE_CHECKING:
    from lark import Token, Tree

    from dumpscan.rows import Rows

PRINTS = "reg query"
FILLS = ("registry_values", "shared_sections")
LITERALS = (*STEMS, SELECT)
PROOF = frozenset({"VALUES", "SELECT", "WINDOWS", "NOT_SET", "ERROR"})
SIGNS = re.compile(r"[ ]REG_[A-Z_]{2,40}(?:[ ]|$)|SharedSection=")

_ASKED = re.compile(r"(?i)query[ ]++(?:\"([^\"]*+)\"|([^ \n]++))(?:[^\n]*?/v[ ]++\"?([^ \"\n]++))?")
_VALUE = re.compile(r"(\S++)[ ]++(REG_[A-Z_]++)[ ]*+(.*)", re.DOTALL)


def read(tree: Tree[Token], rows: Rows) -> None:
    """One row a value, under the key printed above it, else under the one that was asked for."""
    key = name = None
    for ask in tokens(tree, "ASK"):
        if asked := _ASKED.search(ask.replace("\n", "", ask.count("\n") - 1)):
            key, name = asked[1] or asked[2], asked[3]
    for token in tokens(tree, "KEY"):
        key = "".join(line for _, line in pieces(rows, token)).replace("MemoryManagement", "Memory Management")
    for token in tokens(tree, "SELECT"):
        (_, key), *_ = pieces(rows, token)
    for token in tokens(tree, "VALUES", "SELECT"):
        for line, text in pieces(rows, token):
            match = _VALUE.match(text)
            if match is None or (token.type == "SELECT" and match[1].lower() != "current"):
                continue  # the key itself, and the other sets that it names
            number = hexadecimal(match[3]) if match[2] == "REG_DWORD" else None
            rows.add("registry_values", [(line, key, *match.groups(), number, STATE)])
    for token in tokens(tree, "WINDOWS"):
        match = _VALUE.match(unwrapped(token))
        assert match is not None
        add_windows(rows, rows.lines(token), key, match[2], match[3], STATE)
    if name and NAME.fullmatch(name):
        for token in tokens(tree, "NOT_SET"):
            rows.add("registry_values", [(rows.line(token), key, name, None, None, None, STATE)])
        for token in tokens(tree, "ERROR"):
            rows.doubt(rows.line(token), f"reg query could not tell the value {name}")
