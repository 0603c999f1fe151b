r"""So many processes share one heap of services that it may be full

## What happens
All services under one built-in account, and all processes of one logon, share the heap of one window station (768 KB on x64). None of them need leak: a process takes some KB of heap by
being there, however few USER objects it has. About 110 of 250 services started on such a heap, the others died while they started.

## How the log proves it
A list of USER objects of session 0 (GuiObjectUse) in which the processes of one account that have any object would take the whole heap at 7 KB each: an **estimate**, and nothing measured.
So it is never more than possible. 7 KB is what those 110 services took; a typical service process takes 10 KB, a console child without a window 3 KB. The size is that in force, else 768 KB.

Silent where the use of a heap of session 0 was measured, and where an event 243 of session 0 is in the texts: `heaviest-on-desktop` tells the estimate then. csrss.exe and others on WinSta0
are left out.

## What to do
Ask whether services or their children die while they start (0xC0000142, exit code 128), always from about the same number on. Then fewer processes, or a larger third SharedSection value.

## What would refute it
As many processes that run without a failure, or a larger heap in force.

## Sources
winsw issue 803 (about 110 of 250 services, 7 KB each); KB 949296 (10 KB); ntdebugging blog, comments 49, 58 and 65 (3 to 21 KB). That the whole heap is the line: **[guess]**.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from dumpscan.gui_objects import NOT_SERVICES, processes, station
from dumpscan.machines import machine_keys
from dumpscan.rules import CAUSE, FUTILE, HEAPS, NOW, Found, Told, cite, found, rule
from dumpscan.rules._events import failed_allocations
from dumpscan.rules._gui import (
    PROCESS_KB,
    SERVICE_KB,
    account_name,
    heap_of,
    most_common,
)
from dumpscan.rules._windows import SESSION_0_IS_FOR_SERVICES
from dumpscan.words import kb

if TYPE_CHECKING:
    import pandas as pd

GROUP = ["key", "account"]


@rule(
    stage=HEAPS,
    says=None,
    needs=("gui_objects.user_objects", "gui_objects.account"),
    clear="No account has so many processes in session 0 that they alone could fill its heap, or it was measured.",
    references=("KB 949296", "winsw issue 803"),
    applies=SESSION_0_IS_FOR_SERVICES,
)
def check(
    gui_objects: pd.DataFrame,
    platforms: pd.DataFrame,
    events: pd.DataFrame,
    systems: pd.DataFrame,
    desktop_heaps: pd.DataFrame,
) -> Found | None:
    """One finding a machine: the account with the most processes."""
    rows = processes(gui_objects)
    told = failed_allocations(events, systems)
    measured = desktop_heaps[desktop_heaps["used_percent"].notna() & desktop_heaps["session"].eq(0)]
    answered = {*machine_keys(told[told["session"].eq(0).fillna(False)]), *machine_keys(measured)}
    machines = platforms.set_index(machine_keys(platforms))
    suits = machines.index[SESSION_0_IS_FOR_SERVICES.suits(machines).to_numpy(bool)]
    rows = rows[rows["key"].isin(suits) & ~rows["key"].isin(answered) & rows["session"].eq(0).fillna(False)]
    rows = rows[rows["user_objects"].gt(0).fillna(False) & ~rows["process"].str.lower().isin(NOT_SERVICES)]
    rows = rows[rows["account"].notna()].astype({"account": object})
    groups = rows.groupby(GROUP, sort=False)
    findings = rows.assign(number=groups["pid"].transform("size"), objects=groups["user_objects"].transform("sum"))
    for name in ("configured_service_kb", "sections_file", "sections_line"):
        findings[name] = findings["key"].map(machines[name])
    size = findings["configured_service_kb"].astype("Int64")
    findings = findings.assign(size=size, severity="medium", certainty="possible")
    findings = findings[(findings["number"] * PROCESS_KB).ge(size.fillna(SERVICE_KB)).astype(bool)]
    findings = findings.sort_values("number", ascending=False, kind="stable").drop_duplicates("key")
    findings = findings.merge(most_common(rows, GROUP), on=GROUP)
    configured = findings.assign(file=findings["sections_file"], line=findings["sections_line"].astype("Int64"))
    lines = rows[[*GROUP, "file", "line", "process", "user_objects"]]
    return found(
        findings,
        # Before the processes: of so many lines only the first are shown.
        cite(configured[configured["size"].notna()], "the configured size: {size:,} KB"),
        cite(findings[GROUP], "{process}: {user_objects:,} USER objects", lines, GROUP),
    )


def tell(row: Mapping[str, Any]) -> Told:
    """A finding in words: a number of processes and an estimate."""
    number, size = int(row["number"]), row["size"]
    has = f"has {kb(size)}" if size is not None else f"has {kb(SERVICE_KB)} as installed on x64"
    heap = heap_of(row["account"])
    summary = (
        f"{number:,} processes of {account_name(row['account'])} in session 0 have USER objects, {int(row['objects']):,} together; {row['copies']:,} of them run "
        f"{row['image']}. By estimate, at {PROCESS_KB} KB a process, they want {kb(number * PROCESS_KB)} of {heap}, which {has}: it may be full."
    )
    advice = [
        (NOW, "Ask whether services or their children die while they start (0xC0000142, exit code 128), always from about the same number on; look for events 243 of Win32k."),
        (NOW, f"End those of these processes that nobody needs, or start fewer at a time ({row['copies']:,} run {row['image']})."),
        (CAUSE, "If it is so: so many small processes are a matter of size, not of a leak. Spread them over more logons, or give their heap more room."),
        (FUTILE, "To look for a single process with many objects: none need stand out."),
    ]  # fmt: skip
    subject = {
        "session": 0, "account": row["account"], "window_station": station(row["account"]), "processes": number, "objects": int(row["objects"]),
        "estimate_kb": number * PROCESS_KB, "size_kb": size,
    }  # fmt: skip
    return Told(summary, subject, "As many processes that run without a failure, or a larger heap in force.", advice)
