r"""!session: which sessions there are (also what a debugger prints when it cannot reach them)

    lkd> !session
    Sessions on machine: 3
    Valid Sessions: 0 1 3
    Current Session 1

Each valid session becomes a row without process, station and desktop: it is there, so its heaps belong to the picture. `!session -s N` goes
to a session ("Using session 1l" on 64-bit debuggers) and says nothing of the others. On Server 2025 the list cannot be read ("Error reading bitmap
header", "unable to get nt!PspSessionIdBitmap"): whatever that log says of single sessions is void. "Session data is not present in mini and
kernel-only dumps" is said of the dump, so nothing about sessions can be missed in it.

Sources: public debugger logs; WinDbg-Feedback issue 322.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from dumpscan.commands import tokens

if TYPE_CHECKING:
    from lark import Token, Tree

    from dumpscan.rows import Rows

PRINTS = "!session"
FILLS = ("desktop_owners", "tool_failures")
LITERALS = (b"machine:", b"Sessions:", b"bitmap", b"kernel-only")
PROOF = frozenset({"COUNT", "VALID", "CHANGED", "FAILURES"})
SIGNS = re.compile(r"Sessions on machine|Valid Sess|Current Session [0-9]")

_NUMBER = re.compile(r"[0-9]++")


def read(tree: Tree[Token], rows: Rows) -> None:
    """One row a valid session; or what failed."""
    for token in tokens(tree, "CHANGED"):
        rows.session = int(_NUMBER.findall(token)[0])
    asked = "".join(tokens(tree, "ASK"))
    for failure in tokens(tree, "FAILURES"):
        rows.failed("!pool" if "pool" in asked + failure else PRINTS, failure)
    for token in tokens(tree, "VALID"):
        texts = zip(rows.lines(token), token.splitlines(), strict=True)
        rows.add(
            "desktop_owners",
            [(line, int(number), None, None, None, None) for line, text in texts for number in _NUMBER.findall(text)],
        )
