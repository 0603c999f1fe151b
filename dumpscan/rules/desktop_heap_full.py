r"""A desktop heap is full

## What happens
Each desktop has one heap for its windows, menus and hooks, and every process on it takes from it. When it is full, new processes on that
desktop die while they start (0xC0000142, exit code 128) and running ones cannot open windows. Other desktops are not affected.

## How the log proves it
- proved: at most 16 KB are free, at the worst rounding of the printed percentage, on a heap of 128 KB or more that is not Winlogon or
  Disconnect; or 98 % and more are used of at most 4,096 KB.
- likely: 90 % and more are used and less than 256 KB are free. Failures are on record from 96.1 %.
- likely at most, where dheapmon printed it on Vista or later.
- likely at most, where DesktopHeapDiag measured it: the size that it compares with is the one in the registry.
- 98 % of 20,480 KB still leave 307 to 512 KB: there free KB count, not the percentage.

## What to do
Now, without a restart: end or recycle what uses the heap most. At the next restart: a larger heap, if the load is wanted: the second
SharedSection value for desktops of WinSta0 in steps of 1,024 KB, the third for all others in steps of 512 KB. For good: mend the leak, or share
the load out. Before Vista larger heaps take more session view space, and every service heap grows with the third value.

Who shares the heap decides what to end:
- Service-0x0-3e7$: all services under LocalSystem and their children. Fewer child processes; another account for some of them costs a
  heap of its own, rights, ACLs and SPNs.
- Service-0x0-3e4$ and -3e5$: all that runs as NetworkService or LocalService.
- another Service-0x0-<LUID>$ in session 0: one logon of a service account, such as that of the agents of SQL Server. Win32_LoggedOnUser,
  logonsessions and klist sessions tell whose it is; the number means something else after each restart.
- the same outside session 0: a program of the user there; sbox_alternate_desktop_0x4170 is the sandbox of a browser, process 0x4170.
- SAWinSta\SADesktop: scheduled tasks that hang (handle.exe -a SAWinSta in session 0).
- WinSta0\Default of a user: windows, menus and hooks of all programs there; to log off frees them.
- WinSta0\Default of session 0 before Vista: services that may interact with the desktop use it, too.
- Winlogon and Disconnect have a fixed size, so nothing in the registry helps: some program shows windows there **[guess]**; since Vista
  so do the prompts of User Account Control.

A heap whose size is neither that of its kind in its session nor configured (custom-heap-size) gets no value: none would change it.

A size below the default of this Windows goes back to the default first (20,480 KB on x64). Where the registry already asks for as much, the machine only has to be restarted. All findings of a machine
advise the same list of SharedSection, and this one speaks first; where the architecture is not known, no number is told.

At 20,480 KB in the second value sizing is exhausted: fewer windows, users on more sessions, or a mended leak are left.

Who writes the program that fills it: no console window where none is needed (DETACHED_PROCESS let 7 to 8 more processes run in 512 KB), none of wsprintf and SHGetFolderPath in a child
that needs user32.dll for nothing else (9 KB became 3 KB), threads instead of processes. Moving services to WinSta0 for its larger heap is no cure. Who allocates shows a breakpoint on user32!NtUserCreateWindowEx or, in a kernel
debugger, win32k!DesktopAlloc; Spy++ shows hidden windows, and threads of COM (STA) have one each.

## What would refute it
A capture taken while it fails that shows more room in this heap.

## Sources
ntdebugging blog, desktop heap overview, comments 7, 17, 20, 21, 24, 47, 64, 67, 71, 74, 78, 87; KB 949296 (at 98 % nothing more can be allocated, keep it at 80 to
90 %); KB 947246. The 16 KB line is derived from measurements on Windows 11: browsers die with 8.8 KB free and live with 13.2 KB.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from dumpscan.heaps import NO_ROOM, no_room
from dumpscan.owners import with_accounts
from dumpscan.platforms import SINCE
from dumpscan.rules import CAUSE, FUTILE, HEAPS, NOW, Found, Told, cite, found, rule
from dumpscan.rules._heap import PER_PROCESS, VIEW, larger_heap, with_sizing
from dumpscan.rules._owners import cite_accounts, owned, owner_of
from dumpscan.view_space import SESSION
from dumpscan.words import heap_name, kb, more_processes, percent, session_name

if TYPE_CHECKING:
    import pandas as pd

SMALL_HEAP = 4096  # KB up to which 98 % is full
LITTLE_ROOM = 256  # KB free


@rule(
    stage=HEAPS,
    says="single-heap-full",
    needs="desktop_heaps.used_percent",
    clear="No desktop heap is full.",
    references=("KB 949296", "KB 947246", "KB 184802", "ntdebugging blog 2007-01-04"),
)
def check(
    desktop_heaps: pd.DataFrame,
    heap_totals: pd.DataFrame,
    view_space: pd.DataFrame,
    logon_sessions: pd.DataFrame,
    sizing: pd.DataFrame,
    advised: pd.DataFrame,
) -> Found | None:
    """Rows of the latest listings that meet one of the lines above, with what the view space of their session holds."""
    import numpy as np

    rows = desktop_heaps[full(desktop_heaps)]
    # DesktopHeapDiag knows the size from the registry alone: after a change without a restart its percentage is wrong.
    measured = rows["tool"].ne("desktopheapdiag").fillna(True)
    rows = rows.assign(severity="critical", certainty=np.where(_proved(rows) & measured, "proved", "likely"))
    if not len(rows):
        return None
    rows = with_accounts(with_sizing(rows, sizing, advised), logon_sessions)
    rows = rows.merge(view_space[[*SESSION, *VIEW]], on=SESSION, how="left")
    # dheapmon was never meant for Vista and later: what an unofficial one prints there deserves little trust.
    foreign = (rows["tool"].eq("dheapmon") & rows["era"].eq(SINCE)).fillna(False).astype(bool)
    rows["certainty"] = rows["certainty"].mask(foreign, "likely")
    totals = heap_totals[[*SESSION, "file", "line", "total_kb", "desktops"]]
    return found(
        rows,
        cite(rows, "{desktop_path}: {used_percent:g} % of {size_kb:,} KB used"),
        cite(
            rows[SESSION], "the tool counted {desktops} desktops with {total_kb:,} KB in this session", totals, SESSION
        ),
        cite_accounts(rows),
    )


def _proved(heaps: pd.DataFrame) -> pd.Series[bool]:
    small = heaps["used_percent"].ge(98) & heaps["size_kb"].le(SMALL_HEAP)
    return (no_room(heaps) | small).fillna(False).astype(bool)


def full(heaps: pd.DataFrame) -> pd.Series[bool]:
    """Heaps of the latest listings that are full, proved or likely."""
    likely = (heaps["used_percent"].ge(90) & heaps["free_kb"].lt(LITTLE_ROOM)).fillna(False).astype(bool)
    there = heaps["size_kb"].gt(0).fillna(False).astype(bool) & ~heaps["superseded"].astype(bool)
    return (_proved(heaps) | likely) & there


def tell(row: Mapping[str, Any]) -> Told:
    """A finding in words, with the advice that fits the heap's role."""
    name, free = owned(heap_name(row), row), float(row["free_kb"])
    state = "is full" if row["certainty"] == "proved" else "is almost full and likely the cause"
    summary = (
        f"The desktop heap of {name} in {session_name(row['session'])} {state}: {percent(row['used_percent'], row['tool'])} of "
        f"{kb(row['size_kb'])} used, at worst {kb(round(free, 1))} free, {more_processes(free if free > NO_ROOM else 0, PER_PROCESS)}."
    )
    keys = ("session", "window_station", "desktop", "size_kb", "used_percent", "free_kb")
    subject = {key: row[key] for key in keys}
    return Told(summary, subject, "A capture taken while it fails that shows more room in this heap.", _advice(row))


def _advice(row: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What to do now, at the next restart, and for good: it depends on who shares the heap."""
    owner = owner_of(row)
    if row["role"] == "fixed":
        return [
            (NOW, f"Find out which program creates windows on {heap_name(row)} and end it."),
            (CAUSE, owner.cause),
            (FUTILE, "SharedSection: the heaps of Winlogon and Disconnect have a fixed size."),
        ]
    return [
        (
            NOW,
            f"End or restart the processes on {heap_name(row)} that hold the most USER objects (Task Manager, column USER objects). {owner.now}".rstrip(),
        ),
        larger_heap(row),
        *([(CAUSE, owner.cause)] if owner.cause else []),
        (
            CAUSE,
            "A heap that fills again after it was enlarged has a leak: compare captures over days, and stop suspects one by one.",
        ),
        (FUTILE, "SessionViewSize alone: it gives room for more heaps, not for a fuller one."),
    ]
