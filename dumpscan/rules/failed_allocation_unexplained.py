r"""An allocation from a desktop heap failed in this boot (event 243), and no heap that is listed was full

## What happens
Windows logged, since the last start of the machine, that an allocation from a desktop heap failed, and every heap that it can have been is listed with room. Both are true: the
listing is of another moment than the event. What was full then was freed since (a program ended, a user logged off), or it is a heap that this listing does not show. A healthy listing
clears one session at one moment; so nothing is cleared, and which heap it was is open.

An event is judged by boot, not by hours: Windows logs the first failure of a session only, so an old one may stand for all that followed.

## How the log proves it
Event 243 of Win32k with date and time, and no heap of its session (of the machine, where it names none) at 90 % or more; and

- it is surely of the boot that was captured (a banner with time and uptime), or
- it is within 15 minutes **[guess]** of the listing of that session, and the machine was not started between both.

Where the time of the failure is told (`--failed-at`), only an event at that time counts; where its session is told, none of another session.
Other events beside a listing are history: `heap-allocation-failed-earlier`.

## What to do
List the heaps of that session again while it fails, before anything is ended. Ask what was ended or restarted in between.

## What would refute it
A listing of all sessions from the very moment of the event, with room in each heap.

## Sources
KB 184802, KB 947246; ntdebugging blog, comments 7, 50 and 74: a capture later than the failure can look healthy (59.1 % when idle, over 99 % when it failed). By boot, not by hours:
**[field]**. Whether one large allocation can fail in a heap that has room (fragmentation, comment 24) is not known.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from dumpscan.complaint import AT_THE_FAILURE
from dumpscan.machines import machine_keys
from dumpscan.platforms import MACHINE
from dumpscan.rules import CAUSE, EVENTS, FUTILE, NOW, Found, Told, cite, found, rule
from dumpscan.rules._events import failed_allocations, moments, of_the_only_session
from dumpscan.rules._scope import at_the_failure, early, judged_listings, late, with_complaint
from dumpscan.rules.heap_allocation_failed import NEARLY_FULL, SESSION
from dumpscan.words import session_name, sessions_named

if TYPE_CHECKING:
    import pandas as pd


@rule(
    stage=EVENTS,
    says="wrong_scope",
    needs=("events.event_id", "events.time", "desktop_heaps.used_percent"),
    clear="No event of the captured boot tells of a failed allocation from heaps that are listed with room.",
    references=("KB 184802", "KB 947246"),
)
def check(
    events: pd.DataFrame,
    desktop_heaps: pd.DataFrame,
    systems: pd.DataFrame,
    captures: pd.DataFrame,
    complaints: pd.DataFrame,
) -> Found | None:
    """The first such event of each machine, with the sessions of all; each is cited."""
    told = beside_listings(events, desktop_heaps, systems, captures, complaints)
    told = told[told["speaks"]]
    keys = machine_keys(told)
    numbers = told["session"].astype(object).where(told["session"].notna(), None)
    sessions = numbers.groupby(keys).agg(lambda some: list(dict.fromkeys(some)))
    rows = told.drop_duplicates(MACHINE).assign(severity="medium", certainty="proved")
    rows["sessions"] = machine_keys(rows).map(sessions).astype(object)
    lines = told[[*MACHINE, "file", "line", "time"]]
    return found(rows, cite(rows[MACHINE], "event 243 at {time}", lines, MACHINE))


def beside_listings(
    events: pd.DataFrame,
    desktop_heaps: pd.DataFrame,
    systems: pd.DataFrame,
    captures: pd.DataFrame,
    complaints: pd.DataFrame,
) -> pd.DataFrame:
    """Events 243 whose heaps are listed, without those that a nearly full heap explains; with `at_once` (within minutes of the listing of its session) and
    `speaks` (it speaks against the listing: no heap that it can have been is nearly full, and it is of that very boot)."""
    told = failed_allocations(events, systems, history=True)
    heaps = desktop_heaps[~desktop_heaps["superseded"] & desktop_heaps["used_percent"].notna()]
    keys = machine_keys(told)
    listed = told[SESSION].assign(event=told.index).merge(heaps[SESSION].drop_duplicates(), on=SESSION)["event"]
    theirs = told.index.isin(listed) | (told["session"].isna() & keys.isin(machine_keys(heaps))).to_numpy(bool)
    full = heaps[heaps["used_percent"].ge(NEARLY_FULL)]
    near = told[["session"]].assign(key=keys, only=of_the_only_session(told, heaps), event=told.index)
    at_full = full[["session"]].assign(key=machine_keys(full))
    of_one = near.drop(columns="session").merge(at_full.rename(columns={"session": "only"}), on=["key", "only"])[
        "event"
    ]
    joined = told.index.isin(of_one) & told["this_boot"].fillna(False).to_numpy(
        bool
    )  # heap-allocation-failed tells these
    named = near[near["session"].notna()].merge(at_full, on=["key", "session"])["event"]
    open_ones = near[near["session"].isna() & near["key"].isin(at_full["key"])]["event"]
    explained = told.index.isin([*named, *open_ones])
    told = told.assign(at_once=_at_once(told, captures, systems, events))[theirs & ~joined]
    current = told["this_boot"].fillna(False).astype(bool) | told["at_once"]
    speaks = current & ~explained[theirs & ~joined] & _of_the_complaint(told, captures, systems, complaints)
    marked: pd.DataFrame = told.assign(speaks=speaks.astype(bool))
    return marked


def _at_once(
    told: pd.DataFrame, captures: pd.DataFrame, systems: pd.DataFrame, events: pd.DataFrame
) -> pd.Series[bool]:
    """Whether a listing of the session of each event (any, where either names none) was taken within minutes of it, in the same boot."""
    import pandas as pd

    listings = judged_listings(captures, systems, events)[["key", "session", "taken_from", "taken_to", "up"]]
    at = pd.DataFrame({"key": machine_keys(told), "of": told["session"], "moment": moments(told)["moment"]}).assign(
        event=told.index
    )
    both = at.merge(listings, on="key")
    gap = (both["taken_from"] - both["moment"]).clip(lower=0) + (both["moment"] - both["taken_to"]).clip(lower=0)
    same = both["of"].eq(both["session"]).fillna(True).astype(bool)
    booted = both["moment"].ge(both["taken_from"] - both["up"]) | both["up"].isna()
    near: pd.Series[bool] = pd.Series(
        told.index.isin(both.loc[gap.le(AT_THE_FAILURE) & same & booted, "event"]), index=told.index
    )
    return near


def _of_the_complaint(
    told: pd.DataFrame, captures: pd.DataFrame, systems: pd.DataFrame, complaints: pd.DataFrame
) -> pd.Series[bool]:
    """Whether an event can be the failure of which the user told session and time, as far as either is told."""
    import pandas as pd

    if not len(complaints):
        return pd.Series(True, index=told.index)
    at = moments(told)["moment"]
    rows = with_complaint(told.assign(taken_from=at, taken_to=at), complaints)
    other_time = rows["failed_from"].notna() & ~(early(rows) + late(rows)).le(AT_THE_FAILURE)
    other_session = rows["failed_session"].ne(rows["session"]).fillna(False).astype(bool)
    alone = at_the_failure(told, captures, systems, complaints)  # heap-allocation-failed tells these
    fits: pd.Series[bool] = ~other_time & ~other_session & ~alone
    return fits


def tell(row: Mapping[str, Any]) -> Told:
    """A finding in words: the event, and why the listing does not answer it."""
    sessions = row["sessions"]
    several = len(sessions) > 1
    where = "" if sessions == [None] else f" in {sessions_named(sessions)}"
    asked = ""
    if row["process"] is not None and row["pid"] is not None:
        asked = f"; {row['process']} (PID {row['pid']}) asked for it"
    first = (
        f"Allocations from desktop heaps failed{where}, the first in {session_name(row['session'])}"
        if several
        else f"An allocation from a desktop heap failed{where}"
    )
    moment = "within minutes of this listing" if row["at_once"] else "since the last start of the machine"
    summary = (
        f"{first} at {row['time']}, {moment} (event 243){asked}. The heaps that are listed have room: what was full then was freed before the listing, or it is "
        "not in it."
    )
    those = "the heaps of every session" if sessions == [None] else f"the heaps{where}"
    advice = [
        (NOW, f"List {those} again while it fails, before anything is ended: use can be far higher then (59 % when idle, over 99 % when it failed)."),
        (CAUSE, "Find out what was ended, restarted or logged off between the event and the listing: what it held was what filled the heap."),
        (FUTILE, "Larger heaps, before a listing shows which one was full: those listed have room."),
    ]  # fmt: skip
    subject = {key: row[key] for key in ("time", "session", "process", "pid")} | {
        "sessions": [None if one is None else int(one) for one in sessions],
        "at_once": bool(row["at_once"]),
    }
    return Told(
        summary,
        subject,
        "A listing of all sessions from the very moment of the event, with room in each heap.",
        advice,
    )
