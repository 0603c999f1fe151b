r"""The tool could not read desktop heaps

## What happens
The command ran and printed an error instead of a table, or nothing. That is no evidence: not "no desktops", and not "healthy".

## How the log proves it
- "Error Reading rpdeskList", "Failed counting Desktops", "EnumDsktps failed", "FillWinstaArray failed": before Windows 8 the memory is paged
  out, or the debugger is not in a process of that session. On Windows 8, Server 2012 and later `!dskheap` mostly does not know the structures of win32k:
  another process does not help there.
- The same below the banner of a mini dump or of a user dump: such a dump can never hold these heaps, whatever is typed.
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
(`dheapinst -y srv*...`). Of a mini dump ask for a kernel or complete one instead, or go to the live machine. On Windows 8 and later, and where it goes on failing: Win32k events 243 and 244 of the System log, the command line of csrss.exe, and GuiObjectUse.

## What would refute it
The same command with a table.

## Sources
ntdebugging blog, comments 77, 96 and 99; WinDbg-Feedback issues 54, 57 and 322 (the first two closed without a fix); KB 949296; KB 914216.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from dumpscan.machines import machine_keys
from dumpscan.platforms import BEFORE_8, SINCE_8
from dumpscan.rules import DATA, NOW, Found, Told, cite, found, rule
from dumpscan.rules._places import places
from dumpscan.rules.mini_dump import DUMP_FILE, dump_kind

if TYPE_CHECKING:
    import pandas as pd

WORKS = "Use what works there: Win32k events 243 and 244 of the System log since the last start, the command line of csrss.exe, and GuiObjectUse."
# (what the first line of a failure says, what it means, what to do about it), first match wins.
KINDS = (
    (
        "grpWinStaList",
        "the symbols of this Windows lack what !dskheap needs",
        WORKS,
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
        WORKS,
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
# No other kind: the heaps could not be read. What that means, and the way out, by generation of Windows.
PAGED_OUT = "the memory is paged out, or the debugger was not in a process of that session"
SWITCH = "Switch to a process of the session (!process 0 0 csrss.exe, then .process /p /r ADDRESS) and run !dskheap -s N again."
UNKNOWN_THERE = "on Windows 8 and later it mostly does not know the structures of win32k"
NO_RETRY = "Neither another process nor another try helps there."


@rule(
    stage=DATA,
    says="tool_failed",
    needs="captures.command",
    clear="No tool failed.",
    references=("KB 949296", "WinDbg-Feedback 54", "WinDbg-Feedback 57"),
)
def check(tool_failures: pd.DataFrame, captures: pd.DataFrame, platforms: pd.DataFrame) -> Found | None:
    """One finding for each capture that holds nothing but a failure."""
    rows = captures[captures["state"].eq("failed")].assign(severity="low", certainty="proved")
    generation = platforms.set_index(machine_keys(platforms))["generation"]
    rows = rows.assign(generation=machine_keys(rows).map(generation).astype(object), dump=None)
    rows["dump"] = _dumps(rows, captures, tool_failures)
    place = ["case", "file", "capture_line"]
    errors = tool_failures[[*place, "line"]]
    return found(rows, cite(rows.assign(capture_line=rows["line"])[place], "the tool's error", errors, place))


def _dumps(rows: pd.DataFrame, captures: pd.DataFrame, tool_failures: pd.DataFrame) -> pd.Series[str]:
    """The line that says that the log above each failed !dskheap is of a dump without heaps; missing where the banner above it is of another one."""
    import pandas as pd

    asked = rows[rows["command"].eq("dskheap")]
    small = tool_failures[tool_failures["tool"].eq(DUMP_FILE)]
    banners = captures[captures["command"].eq("vertarget")]
    # Of one line the kind of the dump is the later word: it stands in the banner's own capture.
    heads = pd.concat([places(banners).assign(kind=None), places(small).assign(kind=small["text"].astype(object))])
    near = pd.merge_asof(
        places(asked).assign(row=asked.index).sort_values("line", kind="stable"),
        heads.astype({"kind": object}).sort_values("line", kind="stable"),
        on="line",
        by="of",
    )
    told: pd.Series[str] = near.set_index("row")["kind"].reindex(rows.index)
    return told.astype(object).where(told.notna(), None)


def tell(row: Mapping[str, Any]) -> Told:
    """A finding in words, with the way out of this kind of failure."""
    text = row["failure"] or ""
    tool = {"dheapmon": "dheapmon", "vertarget": "The debugger"}.get(
        row["command"], row["failed_tool"] or row["command"]
    )
    meaning, *ways_out = _meaning(row, text)
    return Told(
        f"{tool} printed no data: {meaning}.",
        {"tool": tool},
        "The same command with a table.",
        [(NOW, way_out) for way_out in ways_out],
    )


def _meaning(row: Mapping[str, Any], text: str) -> tuple[str, ...]:
    """What a failure means, and what to do about it."""
    modern = row["generation"] == SINCE_8
    if row["dump"] is not None:
        kind = dump_kind(row["dump"])
        meaning = f"this is the log of a {kind}, which can never hold the heaps of a session"
        if modern:
            return f"{meaning}, and {UNKNOWN_THERE}", WORKS
        return meaning, f"Ask for a kernel or complete dump, or run it on the live machine: no other process and no other symbols find heaps in a {kind}."  # fmt: skip
    if not text:
        return str(row["shortfall"]), "Run it again and save everything that it prints."
    known = next(((means, do) for sign, means, do in KINDS if sign in text), None)
    if known is not None:
        return known
    if modern:
        return UNKNOWN_THERE, f"{WORKS} {NO_RETRY}"
    if row["generation"] == BEFORE_8:
        return PAGED_OUT, SWITCH
    return f"{PAGED_OUT}; or {UNKNOWN_THERE}", f"Before Windows 8: {SWITCH[0].lower()}{SWITCH[1:]}", f"On Windows 8 and later: {WORKS[0].lower()}{WORKS[1:]}"  # fmt: skip
