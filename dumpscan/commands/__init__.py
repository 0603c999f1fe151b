"""The commands whose saved output dumpscan reads: one module and one grammar each.

A module is found by being in this folder. Its docstring is its page (`dumpscan commands`, docs/); it says which literals
betray its output, which terminals of its grammar prove a block to be its own, and how a parsed block becomes rows.
"""

from __future__ import annotations

import importlib
import pkgutil
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from dumpscan.inputs import DumpscanError

if TYPE_CHECKING:
    from lark import Token, Tree

    from dumpscan.rows import Rows


@dataclass(frozen=True, slots=True)
class Command:
    """One command: how its output is found, proved to be its own, and turned into rows."""

    name: str  # module, grammar, fixture folder and doc page
    prints: str  # as people type it: "!dskheap"
    fills: tuple[str, ...]  # the tables its rows go to
    literals: tuple[bytes, ...]  # blank-free, 4 bytes and more; one of them stands in every block
    proof: frozenset[str]  # terminals of which at least one must be in a block
    signs: re.Pattern[str]  # a line beside a block that has one of these belongs to it, understood or not
    read: Callable[[Tree[Token], Rows], None]
    page: str  # the module's docstring
    rank: int  # who is asked first for a line that two claim: the lower one


@cache
def all_commands() -> dict[str, Command]:
    """Every command module of this folder by name, in alphabetical order."""
    found = {}
    for info in pkgutil.iter_modules(__path__):
        module = importlib.import_module(f"{__name__}.{info.name}")
        if hasattr(module, "LITERALS"):
            found[info.name] = Command(
                name=info.name,
                prints=module.PRINTS,
                fills=module.FILLS,
                literals=module.LITERALS,
                proof=module.PROOF,
                signs=module.SIGNS,
                read=module.read,
                page=module.__doc__ or "",
                rank=getattr(module, "RANK", 0),
            )
    return found


def known_command(name: str) -> str:
    """The name of a command, which may be given as people type it: "!dskheap". Raises DumpscanError for what is none."""
    known = {command.prints.casefold(): command.name for command in all_commands().values()}
    known |= {command: command for command in all_commands()}
    if name.casefold() not in known:
        raise DumpscanError(f"nothing is read as {name}: one of {', '.join(all_commands())}")
    return known[name.casefold()]


def tokens(tree: Tree[Token], *kinds: str) -> Iterable[Token]:
    """The tokens of these terminals in a parsed block, in the order in which they are printed."""
    from lark import Token

    return tree.scan_values(lambda leaf: isinstance(leaf, Token) and leaf.type in kinds)
