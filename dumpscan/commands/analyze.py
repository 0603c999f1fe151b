r"""analyze: which Windows `!analyze -v` names

    OS_VERSION:  10.0.22621.2506
    BUILDLAB_STR:  ni_release_svc_prod3
    OSPLATFORM_TYPE:  x64
    OSNAME:  Windows 10

The version is that of the kernel's file: 19041 on Windows 10 22H2 (19045), which shares its files. The tags in between that older debuggers
print (OSSERVICEPACK, SUITE_MASK ...) fill no column; the service pack stands in words in OSEDITION. A "Kernel Generated Triage Dump"
is a mini dump: it can never hold the heaps of a session, and is kept as a failure of the tool "dump file".

Sources: public outputs of debuggers from 6.12 to 10.0.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from dumpscan.commands import tokens
from dumpscan.commands._windows import System, architecture, service_pack

if TYPE_CHECKING:
    from lark import Token, Tree

    from dumpscan.rows import Rows

PRINTS = "!analyze"
FILLS = ("systems", "tool_failures")
LITERALS = (b"OSPLATFORM_TYPE", b"OSNAME:", b"OS_VERSION", b"OSEDITION", b"Triage")
PROOF = frozenset({"TAGS", "TRIAGE"})
SIGNS = re.compile(r"(?:OSNAME|OS_VERSION|OSPLATFORM_TYPE):")

_TAG = re.compile(r"(?m)^[ ]*+([A-Z_]++):[ ]*+([^\n]*[^\n ])")
# 10.0.22621.2506 in OS_VERSION, 6.1.7601.23713.amd64fre.win7sp1_ldr.170310-0600 in BUILDOSVER_STR, 16299.15.amd64fre... in BUILD_VERSION_STRING
_BUILD = re.compile(r"(?:[0-9]{1,2}\.[0-9]{1,2}\.)?([0-9]{4,5})(?![0-9])")


def read(tree: Tree[Token], rows: Rows) -> None:
    """One row, if any of the tags tells more than that there was an analysis."""
    for token in tokens(tree, "TRIAGE"):
        rows.add("tool_failures", [(rows.line(token), "dump file", token.strip())])
    told: dict[str, str] = {}
    for token in tokens(tree, "TAGS"):
        told |= dict(_TAG.findall(token))
    tags = ("OS_VERSION", "BUILDOSVER_STR", "BUILD_VERSION_STRING", "OSBUILD")
    builds = [int(match[1]) for tag in tags if (match := _BUILD.match(told.get(tag, "")))]
    strings = told.get("BUILDOSVER_STR", "") + " " + told.get("BUILD_VERSION_STRING", "")
    system = System(
        next((rows.line(token) for token in tokens(tree, "TAGS")), 0),
        os_name=told.get("OSNAME"),
        build=builds[0] if builds else None,
        service_pack=service_pack(told.get("OSEDITION", "")),
        architecture=architecture(told.get("OSPLATFORM_TYPE", "")) or architecture(strings.replace(".", " ")),
    )
    if any(system[1:]):
        rows.add("systems", [system])
