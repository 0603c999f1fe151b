r"""The heaps were captured soon after a start of the machine

## What happens
After a restart every heap is nearly empty. People restart first and capture then: what such a listing shows is the start, not the failure.

## How the log proves it
One of these tells that the machine had been up for less than an hour [guess] when the heaps were listed:

- the uptime that was printed with them (the banner of the debugger, systeminfo, PsInfo);
- where the time of the listing is known, the last start before it: "System Boot Time" of systeminfo, or an event of the System log (6005 or 6009 of EventLog, 12 of
  Kernel-General). Events whose times are universal are not compared; a date that can mean two days counts where one of them is the day of the listing.

## What to do
Capture again after the usual time of work, best while it fails; the System log still holds events 243 and 244 from before the restart.

## What would refute it
A failure that comes within that time of each start (services that start together).

## Sources
[field]: experience, no source names it. The hour is a guess.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from dumpscan.moments import length
from dumpscan.rules import DATA, NOW, Found, Told, cite, found, rule
from dumpscan.rules._scope import judged_listings

if TYPE_CHECKING:
    import pandas as pd

YOUNG = 3600  # seconds since the start of the machine


@rule(
    stage=DATA,
    says="wrong_scope",
    needs=("systems.uptime or events.event_id", "captures.command"),
    clear="No listing is from soon after a start of the machine.",
    references=("field experience",),
)
def check(captures: pd.DataFrame, systems: pd.DataFrame, events: pd.DataFrame) -> Found | None:
    """One finding for each machine all of whose listings are from soon after a start."""
    rows = judged_listings(captures, systems, events)
    old = ~rows["up"].lt(YOUNG).fillna(False).astype(bool)
    rows = rows[~rows["key"].isin(rows.loc[old, "key"])].sort_values("up", kind="stable", ascending=False)
    rows = rows.drop_duplicates("key").assign(severity="low", certainty="likely")
    banners = rows.assign(file=rows["banner_file"], line=rows["banner_line"])
    return found(
        rows,
        cite(banners, "when the machine was started, or how long it had been up"),
        cite(rows, "the listing of that moment"),
    )


def tell(row: Mapping[str, Any]) -> Told:
    """A finding in words."""
    return Told(
        f"The heaps were captured {length(row['up'])} after a start of the machine: they were nearly empty then, whatever they were before it.",
        {"up_seconds": int(row["up"])},
        "A failure that comes within that time of each start.",
        [
            (NOW, "Capture again after the usual time of work, best while it fails."),
            (
                NOW,
                "Look in the System log for events 243 and 244 from before the start: Win32k writes each once a session.",
            ),
        ],
    )
