r"""dump_header: the head of a dump file, as `.dumpdebug` and dumpchk print it

    ----- 64 bit Kernel Summary Dump Analysis
    DUMP_HEADER64:
    MajorVersion        0000000f
    MinorVersion        00001db1
    MachineImageType    00008664
    NumberProcessors    00000004

"MinorVersion" is the build in hex (1db1 is 7601) and "MajorVersion" a letter: f for a free kernel, c for a checked one. The dumpchk of Windows
NT 4 writes "MinorVersion . . . . .1381", in decimal. "Kernel Mini Dump" says that the file can never hold the heaps of a session: that line
is kept as a failure of the tool "dump file".

Sources: public outputs of debuggers; KB 119490 (dumpchk of Windows NT).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from dumpscan.commands import tokens
from dumpscan.commands._windows import System

if TYPE_CHECKING:
    from lark import Token, Tree

    from dumpscan.rows import Rows

PRINTS = ".dumpdebug"
FILLS = ("systems", "tool_failures")
LITERALS = (b"MinorVersion", b"MachineImageType")
PROOF = frozenset({"BUILD"})
SIGNS = re.compile(r"M(?:inor|ajor)Version[ .]{2}|MachineImageType[ .]{2}")

_FIELD = re.compile(r"(?m)^[ ]*+([A-Za-z0-9]++)([ .]*+)([^\n]*[^\n ])")
_MACHINES = {"14c": "x86", "8664": "x64", "200": "ia64", "aa64": "arm64", "i386": "x86"}


def read(tree: Tree[Token], rows: Rows) -> None:
    for token in tokens(tree, "NO_HEAPS"):
        rows.add("tool_failures", [(rows.line(token), "dump file", token.strip("- \n"))])
    head = next(iter(tokens(tree, "BUILD")))
    told = {
        name: (value, "." in dots) for name, dots, value in _FIELD.findall("".join(tokens(tree, "BUILD", "FIELDS")))
    }
    machine = told.get("MachineImageType", ("", False))[0].lower().lstrip("0")
    rows.add(
        "systems",
        [
            System(
                rows.line(head) + 1,
                build=_number(*told["MinorVersion"]),
                architecture=_MACHINES.get(machine),
                processors=_number(*told.get("NumberProcessors", ("", False))),
            )
        ],
    )


def _number(digits: str, dotted: bool) -> int | None:
    """Decimal where dots lead to it."""
    if not re.fullmatch("[0-9]+" if dotted else "[0-9a-f]{8}", digits):
        return None
    return int(digits, 10 if dotted else 16)
