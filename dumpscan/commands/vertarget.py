r"""vertarget: which Windows a debugger looked at, and when (also the banner of a session, `version`, `.time`, MEX `!di` and `!crash`)

    Microsoft (R) Windows Debugger Version 10.0.17074.1002 AMD64
    Windows 7 Kernel Version 7601 (Service Pack 1) MP (4 procs) Free x64
    Product: WinNt, suite: TerminalServer SingleUserTS
    Built by: 7601.17640.amd64fre.win7sp1_gdr.110622-1506
    Machine Name:
    Debug session time: Tue Mar 10 07:05:33.120 2009 (GMT-2)
    System Uptime: 0 days 5:44:06.294

Windows 11 and all servers since 2016 call themselves "Windows 10": the build tells them apart, and only the product line tells a server.
The architecture behind the debugger's own version is the debugger's, and so is its version: the debugger of NT 3.5 calls itself 1.00.
Times stay as printed: years such as 17420 occur. A Linux core ("Generic Unix Version 0") is no Windows and makes no row; nor does the
line with which `!WinDe.info` closes ("Windows Windows 7 (NO Service Pack)." about Windows 10).

The banner also tells the kind of dump. A mini dump holds registers and stacks, a user dump one process: neither can ever hold the heaps
of a session, so their line is kept as a failure of the tool "dump file", and is no evidence. A local session that never came about ("The
system does not support local kernel debugging.", "Error communicating with livekd driver") is a failure, too.

Sources: public debugger logs from Windows NT 3.5 to Windows 11.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from dumpscan.commands import tokens
from dumpscan.commands._windows import System, architecture, service_pack

if TYPE_CHECKING:
    from lark import Token, Tree

    from dumpscan.rows import Rows

PRINTS = "vertarget"
FILLS = ("systems", "tool_failures")
LITERALS = (
    b"procs)",
    b"compatible",
    b"Uptime:",
    b"ptr64",
    b"PsLoadedModuleList",
    b"suite:",
    b"livekd",
    b"debugging.",
    b"registers",
)
PROOF = frozenset({"VERSION", "CONNECTED", "TIME", "UNIX", "NO_HEAPS", "NO_START"})
SIGNS = re.compile(r"Kernel Version [0-9]|Debug session time:|System Uptime:")

_VERSION = re.compile(
    r"(?:(Windows [^\n]*?) )?(?:Kernel )?Version ([0-9]+)((?: \([^)\n]*\))*) (UP|MP)(?: \(([0-9]+) procs\))?(.*)"
)
_COMPUTER = re.compile(r"(?!Not Found)[^\s=\"]{1,63}")  # not the line below, where the line end was lost
_CONNECTED = re.compile(r"Connected to (Windows .*) ([0-9]{3,5}) (.*?) target")


def read(tree: Tree[Token], rows: Rows) -> None:
    """One row a banner; a lone `.time` is a row with only a time."""
    for token in tokens(tree, "NO_START"):
        rows.failed("kd -kl" if "does not support" in token else "LiveKd", token)
        return
    for token in tokens(tree, "NO_HEAPS"):
        rows.add("tool_failures", [(rows.line(token), "dump file", token.strip())])
    if any(tokens(tree, "UNIX")):
        return
    told: dict[str, Any] = {}
    for token in tokens(tree, "CONNECTED", "VERSION"):
        told |= {name: value for name, value in _windows(token).items() if value is not None}
    facts: dict[str, Any] = {
        "product": _after(tree, "PRODUCT", "Product:"),
        "session_time": _after(tree, "TIME", "Debug session time:", wrapped=True),
        "uptime": _after(tree, "UPTIME", "System Uptime:"),
        "debugger": _after(tree, "DEBUGGER", "Version "),
        "computer": _computer(tree),
    }
    heads = [*tokens(tree, "CONNECTED", "VERSION")][-1:] or [*tokens(tree, "PRODUCT", "TIME")][:1]
    for head in heads:
        rows.add("systems", [System(rows.line(head), **told, **facts)])


def _windows(token: Token) -> dict[str, Any]:
    if token.type == "CONNECTED":
        match = _CONNECTED.search(token)
        assert match is not None
        return {"os_name": match[1], "build": int(match[2]), "architecture": architecture(match[3])}
    match = _VERSION.search(" ".join(token.split()))
    assert match is not None
    name, build, notes, kind, processors, rest = match.groups()
    return {
        "os_name": name,
        "build": int(build),
        "service_pack": service_pack(notes),
        "architecture": architecture(rest),
        "processors": int(processors) if processors else 1 if kind == "UP" else None,
    }


def _computer(tree: Tree[Token]) -> str | None:
    """The name that MEX finds in the dump; `vertarget` has a line for it, but was never seen to fill it."""
    name = (_after(tree, "NAME", "Name:") or "").strip('" ')
    return name if _COMPUTER.fullmatch(name) else None


def _after(tree: Tree[Token], kind: str, label: str, wrapped: bool = False) -> str | None:
    """What follows a label on its line (and on the next, where it is wrapped); None where the author blanked it."""
    texts = [token.partition(label)[2] for token in tokens(tree, kind) if label in token]
    text = texts[0] if texts else ""
    return (re.sub("[ ]*\n[ ]*", " ", text) if wrapped else text.partition("\n")[0]).strip() or None
