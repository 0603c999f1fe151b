r"""A desktop could not be created (event 244), likely for lack of session view space

## What happens
Windows logged that it could not create a desktop. Before Vista that is usually session view space with no room left for another heap.

## How the log proves it
- likely: event 244 of Win32k with date and time, not before the boot of the capture, on a Windows older than Vista, and the heaps of a listed
  session take 60 % of the view or more, or no heaps are listed at all. An unprinted limit counts as the largest that this Windows can have.
- Everything else is `desktop-creation-unexplained`.

## What to do
Stop a service that runs under an account of its own: that frees a heap. Then list the heaps and print nt!MmSessionViewSize; at the next
restart fewer or smaller service heaps, or a larger SessionViewSize where no /3GB fixes it.

## What would refute it
A listing and a limit with room for another heap at the time of the event.

## Sources
KB 184802; ntdebugging blog, comments 15, 50 and 54.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from dumpscan.platforms import MACHINE
from dumpscan.rules import CAUSE, EVENTS, FUTILE, NOW, REBOOT, Found, Told, cite, found, rule
from dumpscan.rules._events import desktops_not_created, when
from dumpscan.rules._windows import BEFORE_VISTA

if TYPE_CHECKING:
    import pandas as pd


@rule(
    stage=EVENTS,
    says="view-space-exhausted",
    needs=("events.event_id", "events.time"),
    clear="No event tells that a desktop could not be created for lack of session view space.",
    references=("KB 184802", "ntdebugging blog 2007-01-04"),
    applies=BEFORE_VISTA,
)
def check(
    events: pd.DataFrame, systems: pd.DataFrame, view_space: pd.DataFrame, platforms: pd.DataFrame
) -> Found | None:
    """The first such event of each machine; all of them are cited."""
    told = desktops_not_created(events, systems, view_space, platforms)
    told = told[told["view"]]
    rows = told.drop_duplicates(MACHINE).assign(severity="critical", certainty="likely")
    lines = told[[*MACHINE, "file", "line", "time"]]
    return found(rows, cite(rows[MACHINE], "event 244 at {time}", lines, MACHINE))


def tell(row: Mapping[str, Any]) -> Told:
    """A finding in words."""
    share = (
        "no listing tells how much of it heaps take"
        if row["share"] is None
        else f"the heaps take {100 * row['share']:.0f} % of it"
    )
    summary = f"A desktop could not be created at {when(row)} (event 244): session view space is the usual cause on this Windows, and {share}."
    advice = [
        (NOW, "Stop one service that runs under an account of its own: that frees its heap, and proves the cause."),
        (NOW, "List the heaps of the session that fails, and print nt!MmSessionViewSize."),
        (
            REBOOT,
            "Fewer or smaller service heaps (the third SharedSection value), once a listing shows how much they use.",
        ),
        (
            CAUSE,
            "Run services and COM servers under one logon where they may share it: each logon of its own costs a heap.",
        ),
        (FUTILE, "Larger desktop heaps: fewer of them fit then."),
    ]
    return Told(
        summary,
        {"time": row["time"], "session": row["session"], "share": row["share"]},
        "A listing and a limit with room for another heap at the time of the event.",
        advice,
    )
