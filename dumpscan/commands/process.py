r"""!process: which process runs in which session (`!process 0 0`, `!process 0 7`, `!sprocess`)

    lkd> !sprocess 1
    Dumping Session 1

    _MM_SESSION_SPACE fffff88004553000
    _MMSESSION        fffff88004553b40
    PROCESS fffffa80050acb00
        SessionId: 1  Cid: 0198    Peb: 7fffffdd000  ParentCid: 0188
        DirBase: 93f80000  ObjectTable: fffff8a000e8ca20  HandleCount: 369.
        Image: csrss.exe

`Cid` is the process ID in hex; the table has it as a number, so that it joins with the decimal ones of other tools. Stations and desktops
are not printed. "SessionId: none" is right for System and the first smss.exe, and for a process that has ended; where every process has none, csrss.exe and
services.exe among them, the debugger cannot read sessions (Server 2025), and that is a failure of the tool. The same process asked for
twice in one command is one row.

Sources: public debugger logs from Windows NT 4.0 to Windows 11; WinDbg-Feedback issue 322.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from dumpscan.commands import tokens

if TYPE_CHECKING:
    from lark import Token, Tree

    from dumpscan.rows import Rows

PRINTS = "!process"
FILLS = ("desktop_owners", "tool_failures")
LITERALS = (b"ParentCid", b"_MMSESSION")
PROOF = frozenset({"PROCESSES", "SPACE"})
SIGNS = re.compile(r"(?m)^[ ]*+SessionId: (?:none|[0-9])|ParentCid:|PROCESS [0-9a-f`]{8}")
RANK = 1  # stacks and figures that it passes over may be what another command reads

_PROCESS = re.compile(
    r"[ ]*+PROCESS[ ]++[0-9A-Fa-f`]++[ ]*+(\n?+)[ ]*+(?:SessionId:[ ]++(\w++)[ ]++)?+Cid:[ ]++([0-9A-Fa-f]++)[^\n]*+\n"
    r"(?:[ ]*+(?!PROCESS |Image:)[^\n]*+\n)*+(?:[ ]*+Image:[ ]*+([^\n]*+)\n)?+"
)
_SESSION = re.compile(r"Dumping Session ([0-9]++)")
# They live as long as Windows runs, each in a session.
ALWAYS_THERE = frozenset({"csrss.exe", "wininit.exe", "services.exe", "lsass.exe"})


def read(tree: Tree[Token], rows: Rows) -> None:
    """One row a process."""
    rows.session = next((int(_SESSION.findall(token)[0]) for token in tokens(tree, "SPACE")), None)
    processes: dict[tuple[str | None, str], tuple[int, str | None]] = {}  # session and ID -> line and image
    for token in tokens(tree, "PROCESSES"):
        lines, at = rows.lines(token), 0
        for match in _PROCESS.finditer(token):
            apart, session, cid, image = match.groups()
            processes.setdefault((session, cid.lower()), (lines[at + len(apart)], (image or "").strip() or None))
            at += match[0].count("\n")
    rows.add(
        "desktop_owners",
        [
            (line, _session(session), None, None, int(cid, 16), image)
            for (session, cid), (line, image) in processes.items()
        ],
    )
    told = {session for session, _ in processes}
    if told == {"none"} and (lost := [line for line, image in processes.values() if image in ALWAYS_THERE]):
        rows.add("tool_failures", [(line, PRINTS, rows.text(line).strip()) for line in lost[:1]])


def _session(printed: str | None) -> int | None:
    return int(printed) if printed and printed.isdigit() else None
