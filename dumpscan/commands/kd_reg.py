r"""kd_reg: registry values as the kernel debugger reads them (`!reg querykey`, `!reg q`, MEX `!svcreg`)

    0: kd> !reg q \REGISTRY\MACHINE\SYSTEM\CONTROLSET001\CONTROL\SESSION MANAGER\MEMORY MANAGEMENT
    Found KCB = fffff8a00007eb98 :: \REGISTRY\MACHINE\SYSTEM\CONTROLSET001\CONTROL\SESSION MANAGER\MEMORY MANAGEMENT
    [ValueType]         [ValueName]                   [ValueData]
    REG_DWORD           SessionViewSize               0x30

In which base a DWORD without 0x is printed was never seen (only 1 and 3 were): such a row keeps its text, and has a number only when it is a
single digit. `!dreg` shows the registry of the debugger's own machine and is not read.

Sources: the debugger's documentation of !reg; MEX output in public.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from dumpscan.commands import tokens
from dumpscan.commands._registry import STATE, STEMS, add_windows, certain, pieces
from dumpscan.commands._shared_section import unwrapped

if TYPE_CHECKING:
    from lark import Token, Tree

    from dumpscan.rows import Rows

PRINTS = "!reg querykey"
FILLS = ("registry_values", "shared_sections")
LITERALS = STEMS
PROOF = frozenset({"VALUES", "WINDOWS"})
SIGNS = re.compile(r"^[ ]*+REG_[A-Z_]{2,40}[ ]|SharedSection=")

_KEY = re.compile(r"(?i)(?::: |!(?:reg[ ]++[a-z]{1,10}|[a-z.]{1,12})[ ]++)([^\n]*\\[^\n]*)")
_VALUE = re.compile(r"(REG_[A-Z_]++)[ ]++(\S++)[ ]*+(.*)", re.DOTALL)


def read(tree: Tree[Token], rows: Rows) -> None:
    """One row a value, under the key that was found, else under the one that was asked for."""
    keys = [match[1].strip() for token in tokens(tree, "ASK", "FOUND") if (match := _KEY.search(token))]
    key = keys[-1] if keys else None
    for token in tokens(tree, "VALUES"):
        for line, text in pieces(rows, token):
            match = _VALUE.match(text)
            assert match is not None
            kind, name, data = match.groups()
            rows.add(
                "registry_values",
                [(line, key, name, kind, data, certain(data) if kind == "REG_DWORD" else None, STATE)],
            )
    for token in tokens(tree, "WINDOWS"):
        match = _VALUE.match(unwrapped(token))
        assert match is not None
        add_windows(rows, rows.lines(token), key, match[1], match[3], STATE)
