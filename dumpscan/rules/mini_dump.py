r"""This dump can never hold desktop heaps

## What happens
A mini dump holds registers, stacks and little else; a user dump holds one process. Desktop heaps lie in the kernel's address space of a
session. Whatever is printed from such a dump says nothing about them, and that it says nothing is no sign of health.

## How the log proves it
The banner of the debugger ("Mini Kernel Dump File: Only registers and stack trace are available", "User Mini Dump File with Full Memory"), the
head of the file ("32 bit Kernel Mini Dump Analysis"), or `!analyze -v` ("Kernel Generated Triage Dump").

## What to do
A kernel dump is enough, if `!dskheap` works on that Windows; better, run the commands on the live machine, which need not be stopped for it.

## What would refute it
A listing of desktop heaps that was printed from this very dump.

## Sources
The debugger's documentation of kinds of dumps; field experience.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from dumpscan.rules import DATA, NOW, Found, Told, cite, found, rule

if TYPE_CHECKING:
    import pandas as pd

DUMP_FILE = "dump file"  # what stands for a tool where the dump itself cannot hold heaps


@rule(stage=DATA, says=None, needs="captures.command", clear="No log of a dump that cannot hold heaps.")
def check(tool_failures: pd.DataFrame, captures: pd.DataFrame) -> Found | None:
    """One finding for each file that is the log of such a dump."""
    dumps = tool_failures[tool_failures["tool"].eq(DUMP_FILE).fillna(False)].drop_duplicates(["case", "file"])
    place = ["case", "file", "capture_line"]
    rows = captures.rename(columns={"line": "capture_line"}).merge(dumps[[*place, "line", "text"]], on=place)
    rows = rows.drop_duplicates(["case", "file"], ignore_index=True).assign(severity="info", certainty="proved")
    return found(rows, cite(rows, "the kind of dump"))


def tell(row: Mapping[str, Any]) -> Told:
    """A finding in words."""
    kind = dump_kind(row["text"])
    return Told(
        f"A {kind} can never hold the desktop heaps of a session: this log is no evidence for or against them.",
        {"dump": row["text"]},
        "A listing of desktop heaps that was printed from this very dump.",
        [(NOW, "Run the commands on the live machine, or on a kernel dump of it.")],
    )


def dump_kind(text: str) -> str:
    """What a banner or the head of a file calls such a dump."""
    return "user dump" if text.startswith("User") else "mini dump"
