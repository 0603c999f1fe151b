r"""nt!MmHighestUserAddress: whether /3GB is in force, read from the kernel's memory

    0: kd> dp nt!MmHighestUserAddress L1
    8089ef5c  bffeffff

bffeffff is /3GB, 7ffeffff is without it, and what lies between is /3GB with /USERVA. boot.ini does not prove which entry was booted;
this does, as SystemStartOptions does. The rows are options of origin "MmHighestUserAddress"; that it was booted without /3GB is a row, too: "2GB".
Vista and later have increaseuserva for it.

Sources: the documentation of /3GB and /USERVA; field experience for the two values.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from dumpscan.commands import tokens

if TYPE_CHECKING:
    from lark import Token, Tree

    from dumpscan.rows import Rows

PRINTS = "nt!MmHighestUserAddress"
FILLS = ("boot_options",)
LITERALS = (b"HighestUser",)
PROOF = frozenset({"ASK_DUMP", "ASK_POI"})
SIGNS = re.compile(r"(?i)MmHighestUserAddress")

_VALUE = re.compile(r"[ ]*+[0-9A-Fa-f]{8}[ ]++([0-9A-Fa-f]{8})|.*= ([0-9A-Fa-f]{8})")
# The last 64 KB below the kernel, and one more of them, are nobody's.
GUARD = 0x10001
LEAST, MOST = 2048, 3072  # MB


def read(tree: Tree[Token], rows: Rows) -> None:
    for token in tokens(tree, "WORDS", "RESULT"):
        value = _VALUE.match(token)
        assert value is not None
        size, rest = divmod(int(value[1] or value[2], 16) + GUARD, 1 << 20)
        if rest or not LEAST <= size <= MOST:
            rows.cut("that is no address at which the users' part can end")
        else:
            found: list[tuple[str, str | None]] = [("3GB" if size > LEAST else "2GB", None)]
            found += [("USERVA", str(size))] if LEAST < size < MOST else []
            rows.add("boot_options", [(rows.line(token), *option, "MmHighestUserAddress") for option in found])
