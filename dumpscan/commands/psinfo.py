r"""psinfo: the summary of a machine by Sysinternals PsInfo

    System information for \\WEB01:
    Uptime:                    28 days, 0 hours, 15 minutes, 12 seconds
    Kernel version:            Microsoft Windows XP, Multiprocessor Free
    Product type:              Professional
    Service pack:              2
    Kernel build number:       2600
    Processors:                2

The architecture is in none of its lines. "Service pack: 0" means none.

Sources: the documentation of PsInfo.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from dumpscan.commands import tokens
from dumpscan.commands._windows import System

if TYPE_CHECKING:
    from lark import Token, Tree

    from dumpscan.rows import Rows

PRINTS = "psinfo"
FILLS = ("systems",)
LITERALS = (b"Multiprocessor", b"Uniprocessor")
PROOF = frozenset({"KERNEL"})
SIGNS = re.compile(r"Kernel build number:|System information for \\\\")

_FIELD = re.compile(r"(?m)^[ ]*+([A-Z][a-z ]++):[ ]*+([^\n]*[^\n ])")


def read(tree: Tree[Token], rows: Rows) -> None:
    head = next(iter(tokens(tree, "KERNEL")))
    told = dict(_FIELD.findall("".join(tokens(tree, "KERNEL", "FIELDS"))))
    named = next((re.search(r"\\\\([^\s:\\]{1,63})", token) for token in tokens(tree, "HEAD")), None)
    pack = told.get("Service pack", "0")
    rows.add(
        "systems",
        [
            System(
                rows.line(head),
                os_name=told["Kernel version"].partition(",")[0],
                build=_number(told.get("Kernel build number")),
                service_pack=f"Service Pack {pack}" if pack.isdecimal() and pack != "0" else None,
                processors=_number(told.get("Processors")),
                product=told.get("Product type"),
                uptime=told.get("Uptime"),
                computer=named[1] if named else None,
            )
        ],
    )


def _number(text: str | None) -> int | None:
    return int(text) if text and re.fullmatch("[0-9]{1,6}", text) else None
