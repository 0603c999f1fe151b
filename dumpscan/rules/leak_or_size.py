r"""Few processes with much of a heap leak; many with little need a larger one

## What happens
A heap fills in two ways. Many processes that each need a little: then the heap is too small for the work, and a larger one helps. Few processes that each hold
much: then something leaks, and a larger heap fills, too.

## How the log proves it
A heap that is full or near it, and a list of the processes on that very desktop (Volatility, `!sprocess`, TSSessions). Used KB divided by the number of processes:

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
from dumpscan.rules import CAUSE, FUTILE, HEAPS, NOW, Found, Told, cite, found, rule
from dumpscan.rules._heap import no_room
from dumpscan.words import count, heap_name, kb, session_name

if TYPE_CHECKING:
    import pandas as pd

LEAK, SMALL = 100, 40  # KB of heap for each process [guess]
DESKTOP = ["key", "session", "window_station", "desktop"]


@rule(
    stage=HEAPS,
    says=None,
    needs=("desktop_heaps.used_percent", "desktop_owners.pid"),
    clear="No heap that is full or near it has its processes listed, or they stand between both kinds.",
)
def check(desktop_heaps: pd.DataFrame, desktop_owners: pd.DataFrame) -> Found | None:
    """One finding a heap that is full or at risk and whose processes are listed."""
    used = desktop_heaps["used_percent"]
    filling = used.ge(90) | (used.ge(80) & desktop_heaps["free_kb"].lt(1024)) | no_room(desktop_heaps)
    heaps = desktop_heaps[
        (filling.fillna(False) & desktop_heaps["role"].ne("fixed").fillna(True)) & ~desktop_heaps["superseded"]
    ]
    heaps = heaps[heaps["desktop"].notna() & heaps["session"].notna()]
    heaps = _plain(heaps).drop_duplicates(DESKTOP, keep="last")
    owners = desktop_owners[
        desktop_owners["desktop"].notna() & desktop_owners["pid"].notna() & desktop_owners["session"].notna()
    ]
    owners = _plain(owners[machine_keys(owners).isin(heaps["key"])]).drop_duplicates([*DESKTOP, "pid"])
    processes = owners.groupby(DESKTOP).size().rename("processes").reset_index()
    rows = heaps.merge(processes, on=DESKTOP)
    rows["used_kb"] = (rows["size_kb"] * rows["used_percent"] / 100).astype(float)
    rows["each_kb"] = rows["used_kb"] / rows["processes"]
    rows = rows[rows["each_kb"].ge(LEAK) | rows["each_kb"].le(SMALL)].assign(severity="medium", certainty="possible")
    rows["leak"] = rows["each_kb"].ge(LEAK)
    lines = owners[[*DESKTOP, "file", "line", "process", "pid"]].fillna({"process": "a process"})
    return found(
        rows,
        cite(rows, "{used_percent:g} % of {size_kb:,} KB used"),
        cite(rows[DESKTOP], "{process} (PID {pid}) is on it", lines, DESKTOP),
    )  # fmt: skip


def _plain(rows: pd.DataFrame) -> pd.DataFrame:
    """Rows of two tables can be joined: names as words, machines as numbers."""
    return rows.astype({"window_station": object, "desktop": object}).assign(key=machine_keys(rows))


def tell(row: Mapping[str, Any]) -> Told:
    """A finding in words: both numbers, and what they mean."""
    processes = count(int(row["processes"]), "process", "processes")
    used, each = kb(round(row["used_kb"])), kb(round(row["each_kb"]))
    what = f"{processes} on {heap_name(row)} in {session_name(row['session'])} take {used} of its heap, {each} each"
    if row["leak"]:
        summary = f"{what}: that is much for a process, so one of them leaks rather than that the heap is too small."
        advice = [
            (NOW, "Count the USER objects of these processes, and restart the one with the most."),
            (CAUSE, f"{LEAK} KB and more for a process point to a leak: its maker has to mend it."),
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
    subject = {key: row[key] for key in keys} | {"each_kb": round(row["each_kb"], 1), "leak": bool(row["leak"])}
    return Told(summary, subject, "USER objects by process on that desktop that are spread otherwise.", advice)
