r"""DesktopHeapDiag: how full the heap of the desktop is that it runs on

    Probing the Non-Interactive Desktop Heap in session 0 for account SRV1$...
    Desktop Heap is 7.6% busy. Current limit: 768 KB

It works on current Windows, for one heap at a time, and names no desktop: `desktop_path` holds its words about session and account. How to read it:

- It measures by filling the heap until an allocation is refused. For that moment nothing else on the desktop gets memory, and it can cause an
  event 243 itself.
- It reads high: what it counts for each allocation is less than the heap pays. On an idle heap "7.6 %" may be 3 %; near 100 % the error vanishes.
- "Current limit" is the SharedSection value of the registry. After a change without a restart it is not the size of the heap, and the percentage
  is wrong. So a heap that it finds full is likely full, never proved.
- In session 0 it always says "Non-Interactive". Built-in accounts appear as SYSTEM or as that of the computer (SRV1$).

The published code has another wording ("Allocated 704512 bytes (688 KB) from Non-Interactive Desktop Heap for account CORP\svc"); both are read.

Sources: leonardomsft/DesktopHeapDiag, README, screens and code (2023).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from dumpscan.commands import tokens

if TYPE_CHECKING:
    from lark import Token, Tree

    from dumpscan.rows import Rows

PRINTS = "DesktopHeapDiag"
FILLS = ("desktop_heaps",)
LITERALS = (b"DesktopHeapDiag", b"Probing", b"busy.")
PROOF = frozenset({"PROBING", "ALLOCATED", "BUSY"})
SIGNS = re.compile(r"Desktop Heap is|Probing the|Current limit:|https://github\.com/leonardomsft")

_HEAP = re.compile(r"((?:Non-)?Interactive Desktop Heap.*)")
_SESSION = re.compile(r" in session ([0-9]{1,10})(?![0-9])")
_BUSY = re.compile(r"is[ ]++([0-9]++(?:[.,][0-9]++)?)[ ]?% busy\.[ ]++Current limit:[ ]++([0-9]++) KB")


def read(tree: Tree[Token], rows: Rows) -> None:
    """One row: size and use of one heap."""
    heaps = [match[1] for token in tokens(tree, "PROBING", "ALLOCATED", "BUSY") if (match := _HEAP.search(token))]
    heap = heaps[0].partition(" is ")[0].rstrip(". ") if heaps else "Desktop Heap"
    session = _SESSION.search(heap)
    rows.session = int(session[1]) if session else None
    for token in tokens(tree, "BUSY"):
        busy = _BUSY.search(token)
        assert busy is not None
        percent = float(busy[1].replace(",", "."))
        rows.add(
            "desktop_heaps",
            [(rows.line(token), "desktopheapdiag", rows.session, heap, None, None, int(busy[2]), percent, None)],
        )
    if not rows.tables:
        rows.cut("its result is not there")
