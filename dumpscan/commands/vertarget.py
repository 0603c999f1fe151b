r"""vertarget: which Windows a debugger looked at, and when (also the banner of a session, `version`, `.time`)

    Microsoft (R) Windows Debugger Version 10.0.17074.1002 AMD64
    Windows 7 Kernel Version 7601 (Service Pack 1) MP (4 procs) Free x64
    Product: WinNt, suite: TerminalServer SingleUserTS
    Built by: 7601.17640.amd64fre.win7sp1_gdr.110622-1506
    Machine Name:
    Debug session time: Tue Mar 10 07:05:33.120 2009 (GMT-2)
    System Uptime: 0 days 5:44:06.294

Windows 11 and all servers since 2016 call themselves "Windows 10": the build tells them apart, and only the product line tells a server.
The architecture behind the debugger's own version is the debugger's. Times stay as printed: years such as 17420 occur.

Sources: public debugger logs from Windows NT 3.5 to Windows 11.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from dumpscan.commands import tokens

if TYPE_CHECKING:
    from lark import Token, Tree

    from dumpscan.rows import Rows

PRINTS = "vertarget"
FILLS = ("systems",)
LITERALS = (b"procs)", b"compatible", b"Uptime:", b"ptr64")
PROOF = frozenset({"VERSION", "CONNECTED", "TIME"})
SIGNS = re.compile(r"Kernel Version [0-9]|Debug session time:|System Uptime:")

_VERSION = re.compile(
    r"(?:(Windows [^\n]*?) )?(?:Kernel )?Version ([0-9]+)((?: \([^)\n]*\))*) (UP|MP)(?: \(([0-9]+) procs\))?(.*)"
)
_CONNECTED = re.compile(r"Connected to (Windows .*?) ([0-9]{4,5}) (.*?) target")
_ARCHITECTURES = (
    ("x86", "x86"),
    ("x64", "x64"),
    ("AMD64", "x64"),
    ("ia64", "ia64"),
    ("ARM 64", "arm64"),
    ("ARM64", "arm64"),
)


def read(tree: Tree[Token], rows: Rows) -> None:
    """One row a banner; a lone `.time` is a row with only a time."""
    told: dict[str, Any] = dict.fromkeys(("os_name", "build", "service_pack", "architecture", "processors"))
    first = None
    for token in tokens(tree, "CONNECTED", "VERSION"):
        first = token
        told |= {name: value for name, value in _windows(token).items() if value is not None}
    product = _after(tree, "PRODUCT", "Product:")
    time, uptime = _after(tree, "TIME", "Debug session time:"), _after(tree, "UPTIME", "System Uptime:")
    head = first or next(iter(tokens(tree, "TIME")))
    debugger = next(
        (token.strip().rpartition("Version ")[2] for token in tokens(tree, "DEBUGGER") if "Version" in token), None
    )
    computer = (_after(tree, "NAME", "Machine Name:") or "").strip('" ') or None
    rows.add("systems", [(rows.line(head), *told.values(), product, debugger, time, uptime, computer)])


def _windows(token: Token) -> dict[str, Any]:
    if token.type == "CONNECTED":
        match = _CONNECTED.search(token)
        assert match is not None
        return {"os_name": match[1], "build": int(match[2]), "architecture": _architecture(match[3])}
    match = _VERSION.search(token)
    assert match is not None
    name, build, notes, kind, processors, rest = match.groups()
    pack = re.search(r"\((Service Pack [^)]*)\)", notes)
    return {
        "os_name": name,
        "build": int(build),
        "service_pack": pack[1] if pack else None,
        "architecture": _architecture(rest),
        "processors": int(processors) if processors else 1 if kind == "UP" else None,
    }


def _architecture(words: str) -> str | None:
    return next((name for printed, name in _ARCHITECTURES if printed in words), None)


def _after(tree: Tree[Token], kind: str, label: str) -> str | None:
    """What follows a label on its line; None where the author blanked it."""
    texts = (token.partition(label)[2].partition("\n")[0].strip() for token in tokens(tree, kind) if label in token)
    return next(iter(texts), None) or None
