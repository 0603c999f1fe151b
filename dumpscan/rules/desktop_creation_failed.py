r"""A desktop could not be created (event 244), likely for lack of session view space

## What happens
Windows logged that it could not create a desktop. Before Vista that is usually session view space with no room left for another heap.

## How the log proves it
- likely: event 244 of Win32k with date and time, not before the boot of the capture, on a Windows older than Vista, and the heaps of a listed
  session take 60 % of the view or more, or no heaps are listed at all. An unprinted limit counts as the largest that this Windows can have.
- Everything else is `desktop-creation-unexplained`.

Where `!vm` shows commit at 95 % **[guess]** of its limit or more, that is named first: without commit no desktop is made, either, whatever room the view has.

Where the limit is printed and the heaps of that session are listed, all that they do not take was taken by GDI and others when it failed: that share is
limit minus heaps then, and not the usual 4 MB.

## What to do
Commit first, where it is at its limit. Stop a service that runs under an account of its own: that frees a heap. Then list the heaps and print nt!MmSessionViewSize; at the next
restart fewer or smaller service heaps, or a larger SessionViewSize where no /3GB fixes it.

## What would refute it
A listing and a limit with room for another heap at the time of the event.

## Sources
KB 184802; ntdebugging blog, comments 15, 50 and 54. That commit fits, too, and what the share of GDI is then: **[field]**.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from dumpscan.machines import machine_keys
from dumpscan.platforms import MACHINE
from dumpscan.rules import CAUSE, EVENTS, FUTILE, NOW, REBOOT, Found, Told, cite, found, rule
from dumpscan.rules._commit import COMMIT_FIRST, COMMIT_SHOWN, at_limit, words
from dumpscan.rules._events import desktops_not_created, when
from dumpscan.rules._view import larger_view
from dumpscan.rules._windows import BEFORE_VISTA
from dumpscan.words import kb

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
    events: pd.DataFrame,
    systems: pd.DataFrame,
    view_space: pd.DataFrame,
    platforms: pd.DataFrame,
    memory_counters: pd.DataFrame,
    page_files: pd.DataFrame,
) -> Found | None:
    """The first such event of each machine; all of them are cited."""
    told = desktops_not_created(events, systems, view_space, platforms)
    told = told[told["view"]]
    commit = at_limit(memory_counters, page_files)
    rows = told.drop_duplicates(MACHINE).assign(severity="critical", certainty="likely", key=machine_keys)
    rows = rows.join(commit[["committed_kb", "commit_limit_kb"]], on="key")
    lines = told[[*MACHINE, "file", "line", "time"]]
    return found(
        rows,
        cite(rows[MACHINE], "event 244 at {time}", lines, MACHINE),
        cite(rows[["key"]], COMMIT_SHOWN, commit.reset_index(), ["key"]),
    )


def tell(row: Mapping[str, Any]) -> Told:
    """A finding in words."""
    share = (
        "no listing tells how much of it heaps take"
        if row["share"] is None
        else f"the heaps take {100 * row['share']:.0f} % of it"
    )
    usual = f"session view space is the usual cause on this Windows, and {share}"
    short = row["committed_kb"] is not None
    told = row["limit_kb"] is not None and row["limit_kb"] >= row["heaps_kb"]
    summary = f"A desktop could not be created at {when(row)} (event 244): " + (
        f"{words(row)}, which alone explains it. Settle that first; else {usual}." if short else f"{usual}."
    )
    if told:
        summary += (
            f" GDI and others then had the other {kb(row['limit_kb'] - row['heaps_kb'])} ({kb(row['limit_kb'])} less {kb(row['heaps_kb'])} of heaps): "
            "count on that, not on the usual 4 MB."
        )
    advice = [
        *([COMMIT_FIRST] if short else []),
        (NOW, "Stop one service that runs under an account of its own: that frees its heap, and proves the cause."),
        (NOW, "List the heaps of the session that fails, and print nt!MmSessionViewSize."),
        (
            REBOOT,
            "Fewer or smaller service heaps (the third SharedSection value), once a listing shows how much they use.",
        ),
        *([larger_view(row)] if told else []),
        (
            CAUSE,
            "Run services and COM servers under one logon where they may share it: each logon of its own costs a heap.",
        ),
        (FUTILE, "Larger desktop heaps: fewer of them fit then."),
    ]
    return Told(
        summary,
        {key: row[key] for key in ("time", "session", "share", "committed_kb", "heaps_kb", "limit_kb")},
        "A listing and a limit with room for another heap at the time of the event.",
        advice,
    )
