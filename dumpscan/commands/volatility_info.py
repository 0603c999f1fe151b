r"""volatility_info: which Windows a memory image is of, by Volatility 3 `windows.info` and Volatility 2 `imageinfo`

    Variable        Value
    Is64Bit True
    NTBuildLab      19041.1.amd64fre.vb_release.191206-1406
    Major/Minor     15.19041
    KeNumberProcessors      4
    SystemTime      2024-01-02 07:05:33+00:00
    NtProductType   NtProductServer

The build stands behind "Major/Minor" (15 is the letter f of a free kernel, not a version) and opens NTBuildLab. Neither plugin prints a name of
Windows: the profiles that imageinfo suggests are guesses, and fill nothing. "Is64Bit True" can be ARM: the machine type or the build string tells.

Sources: the code of Volatility 2.6 and 3.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from dumpscan.commands import tokens
from dumpscan.commands._windows import System, architecture

if TYPE_CHECKING:
    from lark import Token, Tree

    from dumpscan.rows import Rows

PRINTS = "windows.info"
FILLS = ("systems",)
LITERALS = (b"Major/Minor", b"CSDVersion", b"KeNumberProcessors", b"KUSER_SHARED_DATA", b"Suggested")
PROOF = frozenset({"KEYS", "OBJECTS"})
SIGNS = re.compile(r"NTBuildLab|KeNumberProcessors|Suggested Profile\(s\)")

_NAMES = (
    "NTBuildLab", "CSDVersion", "Major/Minor", "MachineType", "KeNumberProcessors", "SystemTime", "NtProductType",
    "AS Layer1", "Number of Processors", "Image Type (Service Pack)", "Image date and time",
)  # fmt: skip
_ROW = re.compile(rf"(?m)^[ |*]*+(?:[0-9],)?({'|'.join(map(re.escape, _NAMES))})(?:[ ]?[:|,]|[ ])[ ]*+([^\n]*[^\n ])")
_OBJECT = re.compile(r'"Value":[ ]*"([^"\n]*)",\s*"Variable":[ ]*"([^"\n]*)"')
_MACHINES = {"332": "x86", "512": "ia64", "34404": "x64", "43620": "arm64"}


def read(tree: Tree[Token], rows: Rows) -> None:
    head = next(iter(tokens(tree, "KEYS", "OBJECTS")))
    text = "".join(tokens(tree, "KEYS", "ROWS", "OBJECTS"))
    told = dict(_ROW.findall(text)) | {name: value for value, name in _OBJECT.findall(text)}
    lab, version = told.get("NTBuildLab", ""), told.get("Major/Minor", "")
    build = re.match(r"([0-9]{3,5})\.", lab) or re.fullmatch(r"[0-9]+\.([0-9]{3,5})", version)
    pack = told.get("CSDVersion") or told.get("Image Type (Service Pack)") or ""
    kind = _MACHINES.get(told.get("MachineType", "")) or architecture(lab.replace(".", " "))
    if kind is None:  # imageinfo: "WindowsAMD64PagedMemory (Kernel AS)", "IA32PagedMemoryPae (Kernel AS)"
        kind = {"Win": "x64", "AMD": "x64", "IA3": "x86"}.get(told.get("AS Layer1", "")[:3])
    processors = told.get("KeNumberProcessors") or told.get("Number of Processors") or ""
    rows.add(
        "systems",
        [
            System(
                rows.line(head),
                build=int(build[1]) if build else None,
                service_pack=f"Service Pack {pack}" if re.fullmatch("[1-9]", pack) else None,
                architecture=kind,
                processors=int(processors) if re.fullmatch("[0-9]{1,4}", processors) else None,
                product=told.get("NtProductType"),
                session_time=told.get("SystemTime") or told.get("Image date and time"),
            )
        ],
    )
