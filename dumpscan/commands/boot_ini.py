r"""boot_ini: the options with which Windows before Vista was booted (boot.ini, `bootcfg /query`)

    [boot loader]
    timeout=30
    default=multi(0)disk(0)rdisk(0)partition(2)\WINDOWS
    [operating systems]
    multi(0)disk(0)rdisk(0)partition(2)\WINDOWS="Windows Server 2003, Enterprise" /fastdetect /3GB /userva=3030

Of several entries the first one with the path of "default=" is taken; that is the one booted unless somebody chose another at the
menu, so origin says "boot.ini" and no more. SystemStartOptions proves what is in force. Where nothing tells which entry is meant, the
options of all of them are rows, of origin "boot.ini, one of several entries".

Mail wraps a line inside its quotes and joins it to the heading or to the next entry: the quotes and the paths part them. A line
without the rest of the file is passed over: articles print such lines.

Sources: KB 102873 (boot.ini and ARC paths); KB 317526 (bootcfg); public copies.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from dumpscan.commands import tokens
from dumpscan.commands._boot import options

if TYPE_CHECKING:
    from lark import Token, Tree

    from dumpscan.rows import Rows

PRINTS = "boot.ini"
FILLS = ("boot_options",)
LITERALS = (b"rdisk(", b"multi(", b"timeout=")
PROOF = frozenset({"HEAD", "SYSTEMS", "DEFAULT"})
SIGNS = re.compile(r"(?i)[ ]*+(?:\[boot loader\]|\[operating systems\]|(?:multi|scsi)\([0-9]\)disk\()")

_PATH = r"(?:(?:multi|scsi|signature)\([0-9a-f]{1,8}\)[^\n\"=]{0,120}|[A-Za-z]:\\[^\n\"=]{0,80})"
_ENTRY = re.compile(rf'(?i)({_PATH})=[ ]?"[^"]*"((?:(?!{_PATH}=)[^\n"]|\n(?=[ ]*/))*)')
_QUERIED = re.compile(rf"(?i):[ ]*({_PATH})\n[^\n:]*:([^\n]*)")


class Entry(NamedTuple):
    """One system that can be booted."""

    path: str
    options: list[tuple[int, str, str | None]]  # line, name, value


def read(tree: Tree[Token], rows: Rows) -> None:
    """The options of the entry that "default=" names."""
    default = next((re.split("[=:]", token, maxsplit=1)[1] for token in tokens(tree, "DEFAULT")), "")
    entries = [entry for token in tokens(tree, "ENTRIES", "QUERIED") for entry in _entries(token, rows)]
    meant = [entry for entry in entries if entry.path == _plain(default)][:1] or entries
    origin = "boot.ini" if len(meant) == 1 else "boot.ini, one of several entries"
    if found := [(*option, origin) for entry in meant for option in entry.options]:
        rows.add("boot_options", found)


def _entries(token: Token, rows: Rows) -> Iterator[Entry]:
    for match in (_ENTRY if token.type == "ENTRIES" else _QUERIED).finditer(token):
        lines = rows.lines(token)[token.count("\n", 0, match.start(2)) :]
        pieces = zip(lines, match[2].split("\n"), strict=False)
        yield Entry(_plain(match[1]), [(line, *option) for line, piece in pieces for option in options(piece)])


def _plain(path: str) -> str:
    return path.strip().rstrip("\\").lower()
