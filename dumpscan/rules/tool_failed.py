r"""The tool could not read desktop heaps

## What happens
The command ran and printed an error instead of a table, or nothing. That is no evidence: not "no desktops", and not "healthy".

## How the log proves it
- "Error Reading rpdeskList", "Failed counting Desktops", "EnumDsktps failed", "FillWinstaArray failed": the memory is paged out, or the
  debugger is not in a process of that session. On Windows 10 and later it mostly stays that way.
- "Failed getting grpWinStaList": the symbols of win32k lack the types (public symbols of 2008, 2012, 2016 and later).
- "Win32k.sys symbol load error": dheapmon's driver never got loaded.
- "The system does not support local kernel debugging", "Error communicating with livekd driver": no session on the live machine came about.
- "Couldn't resolve error", "????????": the debugger found no symbol or no memory.
- "Error reading bitmap header", "unable to get nt!PspSessionIdBitmap" (Server 2025): the debugger cannot tell sessions apart, so what its
  log says of single sessions is void.
- "Session data is not present in mini and kernel-only dumps": the dump can hold no heap of a session.
- "Unsatisfied requirement", "This plugin only supports x64 versions of Windows": Volatility read nothing.

## What to do
Switch to a process of the session (`!process 0 0 csrss.exe`, `.process /p /r ADDRESS`) and try again; mend the symbol path
(`dheapinst -y srv*...`). Where it goes on failing: Win32k events 243 and 244 of the System log, the command line of csrss.exe, and GuiObjectUse.

## What would refute it
The same command with a table.

## Sources
ntdebugging blog, comments 77, 96 and 99; WinDbg-Feedback issues 54, 57 and 322 (the first two closed without a fix); KB 949296; KB 914216.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from dumpscan.rules import DATA, NOW, Found, Told, cite, found, rule

if TYPE_CHECKING:
    import pandas as pd

# (what the first line of a failure says, what it means, what to do about it), first match wins.
KINDS = (
    (
        "grpWinStaList",
        "the symbols of this Windows lack what !dskheap needs",
        "Use what works there: Win32k events 243 and 244 of the System log since the last start, the command line of csrss.exe, and GuiObjectUse.",
    ),
    (
        "symbol load error",
        "dheapmon's driver was not loaded, because the symbols of win32k.sys were missing",
        "Give dheapinst a symbol path (dheapinst -y srv*C:\\symbols*<symbol server>) and run dheapmon -s again.",
    ),
    (
        "No export",
        "the debugger did not know the command",
        "Load the extension first (.load kdexts) in a kernel debugger, and run !dskheap again.",
    ),
    (
        "MmSession",
        "the debugger could not read the variable",
        "Mend the symbols of the kernel (.symfix; .reload /f nt) and print it again.",
    ),
    (
        "local kernel debugging",
        "local kernel debugging is not enabled there, and to enable it takes a restart",
        "Use LiveKd from an elevated prompt, or a kernel dump.",
    ),
    (
        "livekd driver",
        "LiveKd could not use its driver",
        "Run LiveKd from an elevated prompt, in the bitness of that Windows and in its current version; or use a kernel dump.",
    ),
    (
        "????????",
        "that memory is not in the dump",
        "Use a kernel or complete dump, or the live machine.",
    ),
    (
        "itmap",
        "the debugger cannot tell the sessions of this Windows apart, so what its log says of single sessions is void",
        "Use what works there: Win32k events 243 and 244 of the System log since the last start, the command line of csrss.exe, and GuiObjectUse.",
    ),
    ("kernel-only dumps", "the dump has no data of sessions", "Use a complete dump, or the live machine."),
    (
        " requirement",
        "it found no memory layer or no symbols in the image",
        "Check that the image is whole and that the symbols can be reached, and run the plugin again.",
    ),
    (
        "versions of Windows",
        "the plugin does not know this Windows",
        "Volatility 2 (deskscan) knows 32-bit Windows and tells the sizes of heaps; how full they are needs !dskheap.",
    ),
    (
        "volatility.",
        "it could not take the image apart",
        "Run it again with the profile of this Windows; how full heaps are needs !dskheap, though.",
    ),
)
OTHERWISE = (
    "the memory is paged out, or the debugger was not in a process of that session",
    "Switch to a process of the session (!process 0 0 csrss.exe, then .process /p /r ADDRESS) and run !dskheap -s N again.",
)


@rule(
    stage=DATA,
    says="tool_failed",
    needs="captures.command",
    clear="No tool failed.",
    references=("KB 949296", "WinDbg-Feedback 54", "WinDbg-Feedback 57"),
)
def check(tool_failures: pd.DataFrame, captures: pd.DataFrame) -> Found | None:
    """One finding for each capture that holds nothing but a failure."""
    rows = captures[captures["state"].eq("failed").fillna(False)].assign(severity="low", certainty="proved")
    place = ["case", "file", "capture_line"]
    errors = tool_failures[[*place, "line"]]
    return found(rows, cite(rows.assign(capture_line=rows["line"])[place], "the tool's error", errors, place))


def tell(row: Mapping[str, Any]) -> Told:
    """A finding in words, with the way out of this kind of failure."""
    text = row["failure"] or ""
    meaning, way_out = next(((means, do) for sign, means, do in KINDS if sign in text), OTHERWISE)
    tool = {"dheapmon": "dheapmon", "vertarget": "The debugger"}.get(
        row["command"], row["failed_tool"] or row["command"]
    )
    if not text:
        meaning, way_out = str(row["shortfall"]), "Run it again and save everything that it prints."
    return Told(
        f"{tool} printed no data: {meaning}.", {"tool": tool}, "The same command with a table.", [(NOW, way_out)]
    )
