r"""Few processes with much of a heap leak; many with little need a larger one

## What happens
A heap fills in two ways. Many processes that each need a little: then the heap is too small for the work, and a larger one helps. Few processes that each hold
much: then something leaks, and a larger heap fills, too.

## How the log proves it
A heap that is full or near it, and the last list of the processes on that very desktop (Volatility, TSSessions). Used KB divided by the number of processes:

- 100 KB and more each: a leak, or one hungry program. On record: 3 processes with 170 KB each.
- 40 KB and less each: a matter of size. On record: 45 processes with 11 KB each.
- Between them nothing is said.

Both lines are **[guess]**es between these two cases from the field **[field]**. Two to four KB belong to the desktop itself. The list may be of another moment.

## What to do
A leak: find the process by its USER objects, restart it. A matter of size: one step of the SharedSection value of that heap, or fewer processes.

## What would refute it
USER objects by process on that desktop that are spread otherwise.

## Sources
Field experience; KB 949296 and ntdebugging blog, comments 49 and 58 (3 to 21 KB for a process).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from dumpscan.machines import machine_keys
from dumpscan.owners import DESKTOP, LEAK, LEAK_KB
from dumpscan.rules import CAUSE, FUTILE, HEAPS, NOW, Found, Told, cite, found, rule
from dumpscan.words import count, heap_name, kb, session_name

if TYPE_CHECKING:
    import pandas as pd

LINES = ["file", "line", "process", "pid"]


@rule(
    stage=HEAPS,
    says=None,
    needs=("desktop_heaps.used_percent", "desktop_owners.pid"),
    clear="No heap that is full or near it has its processes listed, or they stand between both kinds.",
)
def check(owners: pd.DataFrame, desktop_users: pd.DataFrame) -> Found | None:
    """One finding a heap that is full or at risk and whose processes are listed."""
    rows = owners[owners["kind"].notna()].astype({"window_station": object, "desktop": object})
    rows = rows.assign(key=machine_keys(rows), severity="medium", certainty="possible")
    lines = desktop_users[[*DESKTOP, *LINES]].fillna({"process": "a process"})
    return found(
        rows,
        cite(rows, "{used_percent:g} % of {size_kb:,} KB used"),
        cite(rows[DESKTOP], "{process} (PID {pid}) is on it", lines, DESKTOP),
    )  # fmt: skip


def tell(row: Mapping[str, Any]) -> Told:
    """A finding in words: both numbers, and what they mean."""
    processes = count(int(row["processes"]), "process", "processes")
    used, each = kb(round(row["used_kb"])), kb(round(row["kb_per_process"]))
    what = f"{processes} on {heap_name(row)} in {session_name(row['session'])} take {used} of its heap, {each} each"
    leak = row["kind"] == LEAK
    if leak:
        summary = f"{what}: that is much for a process, so one of them leaks rather than that the heap is too small."
        advice = [
            (NOW, "Count the USER objects of these processes, and restart the one with the most."),
            (CAUSE, f"{LEAK_KB} KB and more for a process point to a leak: its maker has to mend it."),
            (FUTILE, "A larger heap: a leak fills it, too."),
        ]
    else:
        summary = (
            f"{what}: that is usual for a process, so the heap is too small for so many rather than that one leaks."
        )
        advice = [
            (NOW, f"End or move some of these processes: each that goes frees about {each}."),
            (CAUSE, "The heap is too small for this number of processes: size it, or spread them over more logons."),
        ]
    keys = ("session", "window_station", "desktop", "size_kb", "used_percent", "processes")
    subject = {key: row[key] for key in keys} | {"each_kb": row["kb_per_process"], "leak": leak}
    return Told(summary, subject, "USER objects by process on that desktop that are spread otherwise.", advice)
