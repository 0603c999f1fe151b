r"""shared_section: the command line of csrss.exe, with the sizes of desktop heaps in force since boot

    csrss.exe pid:    584
    Command line : C:\WINDOWS\system32\csrss.exe ObjectDirectory=\Windows SharedSection=1024,3072,512 Windows=On SubSystemType=Windows ...

The three values are KB: shared heap, heap of an interactive desktop, heap of a service desktop. NT 4.0 and 2000 may have two; then services
get the second. A running csrss.exe was started with the value of the registry at boot, so it outranks what the registry holds now. Lists of processes
that have it: `!peb`, MEX `!tl -proc`, Volatility (cmdline, dlllist, pstree), Rekall, ListDLLs, wmic, Get-CimInstance, SNMP, JSON of scanners, event 4688.

The same text without a process around it (a mail, an article, a fragment) is kept with `in_force` false, and only where whole lines consist of its
words: a sentence that mentions SharedSection is nobody's setting. Consoles break it inside words and numbers; `SharedSection=1024,20480,7` before
`68 Windows=On` is 768. A list that is damaged, or that may have lost digits at the end of a line, is a problem and no row: a heap below 128 KB at a line's
end, fewer than three values, or a last value that is no multiple of 128 with nothing behind it. `values` counts all that were there, also a fourth, which Windows
ignores. `text` keeps the breaks of a wrapped value: only one without them can be written back.

Sources: Volatility 2 and 3, Rekall, nmap, snmp-check and MEX outputs in public; KB 142676, 158308, 184802; ntdebugging blog.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from dumpscan.commands import tokens
from dumpscan.commands._shared_section import add_sections, unwrapped

if TYPE_CHECKING:
    from lark import Token, Tree

    from dumpscan.rows import Rows

PRINTS = "csrss.exe command line"
FILLS = ("shared_sections",)
LITERALS = (b"SharedSection", b"ObjectDirectory", b"MaxRequestThreads")
PROOF = frozenset({"RUNNING", "BARE"})
SIGNS = re.compile(r"(?i)SharedSection=|ObjectDirectory=|MaxRequestThreads")
RANK = 9  # registry readers know more of the same lines

_VALUE = re.compile(r"(?i)(?:[^\s\"'=,|]{0,80}csrss(?:\.exe)?[\"']?[ \n])?ObjectDirectory=|^[ \"']*SharedSection=")

# The value ends with its last word or its quotation; columns of a table may follow.
_WHOLE = re.compile(r"(?is)[\"']?(?:[^\"'<]*?MaxRequestThreads\n?(?:=\n?[0-9]++)?|[^\"'<]*+)")


def read(tree: Tree[Token], rows: Rows) -> None:
    """A row a command line; a line of JSON may hold several."""
    asked = any(True for _ in tokens(tree, "ASK", "COLUMN"))
    for token in tokens(tree, "RUNNING", "BARE"):
        text = unwrapped(token).replace("\\\\", "\\")  # JSON and CSV double them
        starts = [match.start() for match in _VALUE.finditer(text)] or [0]
        for start, end in zip(starts, [*starts[1:], len(text)], strict=True):
            lines = rows.lines(token)[text.count("\n", 0, start) :]
            whole = _WHOLE.match(text[start:end])
            add_sections(rows, lines, whole[0].rstrip() if whole else "", token.type == "RUNNING" or asked)
