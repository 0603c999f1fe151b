r"""nt!_MM_SESSION_SPACE: the memory of one session, from the kernel's own structure (`dt`)

    0: kd> dt nt!_MM_SESSION_SPACE fffff88004553000
       +0x008 SessionId        : 1
       +0x030 NonPagablePages  : 0x72
       +0x038 CommittedPages   : 0x1761
       +0x040 PagedPoolStart   : 0xfffff900`c0000000 Void
       +0x048 PagedPoolEnd     : 0xfffff920`bfffffff Void
       +0x064 SessionPoolAllocationFailures : [4] 0

It stands in for `!vm 4`: CommittedPages is its Commit Usage, NonPagablePages its NonPaged Usage, at 4 KB a page; they are taken where
the addresses show that a page has 4 KB (x86, x64), else left open. What the session pool uses is not in it. On 32-bit Windows
PagedPoolStart and PagedPoolEnd enclose the session pool, so they are its limit; on 64-bit Windows they enclose a window of 128 GB that limits nothing.
The four failure counters print as one number when they are equal.

Sources: public debugger logs of Windows Server 2003 and Windows 7; Windows Internals, 6th edition.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from dumpscan.commands import tokens
from dumpscan.commands._session_space import page_kb, pool_limit

if TYPE_CHECKING:
    from lark import Token, Tree

    from dumpscan.rows import Rows

PRINTS = "nt!_MM_SESSION_SPACE"
FILLS = ("session_memory", "session_limits", "tool_failures")
LITERALS = (b"_SESSION_SPACE", b"PageDirectoryIndex", b"ReferenceToSession", b"AllocationFailures")
PROOF = frozenset({"ASK", "OWN"})
SIGNS = re.compile(r"(?m)^[ ]*+\[?\+0x[0-9a-f]{3,5}\]?[ ]++[A-Z]")

NO_SESSION = 1 << 16  # where the structure is not in memory, the number reads as ffffffff
MOST_PAGES = 1 << 40

_FIELD = re.compile(r"(?m)^[ ]*+\[?\+0x[0-9A-Fa-f]++\]?[ ]++([A-Za-z_0-9]++)[ ]*+:?+[ ]*+([^\n]*+)$")
_VALUE = re.compile(r"(?:\[[0-9]++\][ ]++)?+(?:0x([0-9A-Fa-f][0-9A-Fa-f`]{0,16})|(?:0n)?([0-9]{1,10}))(?![0-9A-Za-z])")
_ADDRESS = re.compile(r"(?i)_MM_SESSION_SPACE[ ]++(?:0x)?([0-9A-F][0-9A-F`]{7,16})(?![0-9A-Z!_])")


def read(tree: Tree[Token], rows: Rows) -> None:
    """One row of session_memory, when the structure was printed with values; and the limit of the session's pool."""
    for failure in tokens(tree, "FAILURES"):
        rows.failed(PRINTS, failure)
    told: dict[str, tuple[int, int]] = {}  # field -> line and value; what is nested below comes after the session's own
    for token in tokens(tree, "OWN", "FIELDS"):
        for line, (name, text) in zip(rows.lines(token), _FIELD.findall(token), strict=True):
            if value := _VALUE.match(text):
                told.setdefault(name, (line, int(value[1].replace("`", ""), 16) if value[1] else int(value[2])))
    if told.get("SessionId", (0, NO_SESSION))[1] >= NO_SESSION:
        return
    line, rows.session = told["SessionId"]
    numbers = {name: value for name, (_, value) in told.items()}
    asked = _ADDRESS.search("".join(tokens(tree, "ASK")))
    address = asked[1].replace("`", "").lower() if asked else None
    start = numbers.get("PagedPoolStart")
    page = page_kb(f"{start:x}") if start is not None else page_kb(address) if address else None

    def pages(field: str) -> int | None:
        return numbers[field] * page if page and numbers.get(field, MOST_PAGES) < MOST_PAGES else None

    failures = numbers.get("SessionPoolAllocationFailures")
    memory = (None, pages("NonPagablePages"), pages("CommittedPages"), failures)
    rows.add("session_memory", [(line, rows.session, address, *memory)])
    if start is not None and "PagedPoolEnd" in told:
        at, end = told["PagedPoolEnd"]
        if kb := pool_limit(f"{start:x}", f"{end:x}"):
            rows.add("session_limits", [(at, "paged_pool", rows.session, kb, "_MM_SESSION_SPACE")])
