r"""An allocation from a desktop heap failed at another moment (event 243)

## What happens
Windows logged that an allocation from a desktop heap failed, and the heaps that it can have been are listed with room in all of them: the listing
is of another moment. It clears that moment, not the one of the event.

## How the log proves it
Event 243 of Win32k with date and time, and no heap of its session (of the machine, where it names none) at
90 % or more; or one from before the last start of a machine whose heaps are not listed at all (told by an uptime, or by a
start in the System log). An event beside a service that did not start is of session 0 (`heap-allocation-failed`).

## What to do
List the heaps again while it fails; ask what was ended or restarted in between.

## What would refute it
A listing of all sessions from the time of the event, with room in each heap.

## Sources
KB 184802; ntdebugging blog, comments 7, 50 and 74: a capture later than the failure can look healthy.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from dumpscan.machines import machine_keys
from dumpscan.platforms import MACHINE
from dumpscan.rules import CAUSE, EVENTS, NOW, Found, Told, cite, found, rule
from dumpscan.rules._events import failed_allocations, of_the_only_session, when
from dumpscan.rules.heap_allocation_failed import NEARLY_FULL, SESSION
from dumpscan.words import session_name

if TYPE_CHECKING:
    import pandas as pd


@rule(
    stage=EVENTS,
    says=None,
    needs=("events.event_id", "events.time"),
    clear="No event tells of a failed allocation at a moment other than that of the listing.",
    references=("KB 184802",),
)
def check(events: pd.DataFrame, desktop_heaps: pd.DataFrame, systems: pd.DataFrame) -> Found | None:
    """The first such event of each machine; all of them are cited."""
    told = failed_allocations(events, systems, history=True)
    heaps = desktop_heaps[~desktop_heaps["superseded"] & desktop_heaps["used_percent"].notna()]
    keys = machine_keys(told)
    listed = told[SESSION].assign(event=told.index).merge(heaps[SESSION].drop_duplicates(), on=SESSION)["event"]
    theirs = told.index.isin(listed) | (told["session"].isna() & keys.isin(machine_keys(heaps))).to_numpy(bool)
    full = heaps[heaps["used_percent"].ge(NEARLY_FULL).fillna(False)]
    near = told.assign(session=of_the_only_session(told, heaps), event=told.index, key=keys)[
        ["key", "session", "event"]
    ]
    at_full = full[["session"]].assign(key=machine_keys(full)).drop_duplicates()
    events_of_near = near.merge(at_full, on=["key", "session"])["event"]
    joined = told.index.isin(events_of_near) & told["this_boot"].fillna(False).to_numpy(
        bool
    )  # another rule tells these
    told = told[(theirs & ~joined) | (told["before"] & ~keys.isin(machine_keys(heaps)))]
    rows = told.drop_duplicates(MACHINE).assign(severity="medium", certainty="proved")
    rows = rows.assign(
        room=~machine_keys(rows).isin(machine_keys(full)), listed=machine_keys(rows).isin(machine_keys(heaps))
    )
    lines = told[[*MACHINE, "file", "line", "time"]]
    return found(rows, cite(rows[MACHINE], "event 243 at {time}", lines, MACHINE))


def tell(row: Mapping[str, Any]) -> Told:
    """A finding in words."""
    where = "" if row["session"] is None else f" in {session_name(row['session'])}"
    listing = (
        "The listing shows room in the heaps: it is of another moment."
        if row["room"]
        else "Which heap that was is not in the logs: nothing joins it with one that is listed."
    )
    if not row["listed"]:
        listing = "The machine was started since, and no heap is listed: it is history, and says nothing of now."
    return Told(
        f"An allocation from a desktop heap failed{where} at {when(row)} (event 243). {listing}",
        {"time": row["time"], "session": row["session"]},
        "A listing of all sessions from the time of the event, with room in each heap.",
        [
            (NOW, "List the heaps of every session again while it fails."),
            (CAUSE, "Find out what was ended or restarted between the event and the listing."),
        ],
    )
