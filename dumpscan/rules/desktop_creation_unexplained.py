r"""A desktop could not be created (event 244), and why is open

## What happens
Windows logged that it could not create a desktop. On Vista and later session view space has no limit that could be the cause: commit, paged
pool or kernel address space can. Before Vista the heaps take little of the view: something else fills it, or memory was short. Where nothing
tells which Windows this is, both are open.

What else fills the view before Vista: GDI surfaces, and on print and terminal servers many printer and font drivers, which live in it beside the heaps. Bitmaps
that cannot be made (CreateCompatibleBitmap with "not enough memory") while heaps are fine mean that view or session pool is full.

## How the log proves it
Event 244 of Win32k with date and time, not before the boot of the capture, that session view space does not explain (`desktop-creation-failed`).

## What to do
Look at commit and pool (`!vm`), and save the System log around that time. Before Vista: the pool of each session (`!vm 4`), GDI objects by process, and the printer
drivers. Never set SessionViewSize on Vista and later.

## What would refute it
A listing of heaps and a limit that leave no room for another one, before Vista.

## Sources
KB 184802 (printer and font drivers); ntdebugging blog, comments 15, 50, 54, 68 and 99. That commit and paged pool fit, too: **[field]**.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from dumpscan.platforms import BEFORE, MACHINE, SINCE
from dumpscan.rules import CAUSE, EVENTS, FUTILE, NOW, Found, Told, cite, found, rule
from dumpscan.rules._events import desktops_not_created, when

if TYPE_CHECKING:
    import pandas as pd

WHY = {
    SINCE: "Session view space has no limit on this Windows: commit, paged pool or kernel address space was short.",
    BEFORE: "The heaps that are listed take too little of session view space to be the cause: something else fills it, or memory was short.",
}
OPEN = "Nothing tells which Windows this is: before Vista session view space is the usual cause, later it cannot be."


@rule(
    stage=EVENTS,
    says="symptom_only",
    needs=("events.event_id", "events.time"),
    clear="No event tells of a desktop that could not be created for unknown reasons.",
    references=("KB 184802",),
)
def check(
    events: pd.DataFrame, systems: pd.DataFrame, view_space: pd.DataFrame, platforms: pd.DataFrame
) -> Found | None:
    """The first such event of each machine; all of them are cited."""
    told = desktops_not_created(events, systems, view_space, platforms)
    told = told[~told["view"]]
    rows = told.drop_duplicates(MACHINE).assign(severity="medium", certainty="proved")
    lines = told[[*MACHINE, "file", "line", "time"]]
    return found(rows, cite(rows[MACHINE], "event 244 at {time}", lines, MACHINE))


def tell(row: Mapping[str, Any]) -> Told:
    """A finding in words."""
    advice = [(NOW, "Run !vm on the machine: commit, pool and, on x86, free system PTEs.")]
    if row["era"] == BEFORE:
        advice.append(
            (
                NOW,
                "Run !vm 4 for the pool of each session, and count GDI objects by process: GDI surfaces and bitmaps share the view with the heaps.",
            )
        )
        advice.append(
            (
                CAUSE,
                "On print and terminal servers: remove printer and font drivers that nobody needs. They live in the same view.",
            )
        )
    if row["era"] == SINCE:
        advice.append((FUTILE, "SessionViewSize: on Vista and later it limits nothing."))
    elif row["era"] is None:
        advice.append((NOW, "Say which Windows this is (vertarget, ver)."))
    return Told(
        f"A desktop could not be created at {when(row)} (event 244). {WHY.get(row['era'], OPEN)}",
        {"time": row["time"], "session": row["session"]},
        "A listing of heaps and a limit that leave no room for another one, before Vista.",
        advice,
    )
