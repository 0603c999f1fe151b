r"""An event of Win32k that is not about desktop heap

## What happens
The source Win32k logs more than desktop heap. Only 243 (an allocation from a desktop heap failed) and 244 (a desktop could not be created) are about it;
263, for one, is not.

## How the log proves it
An event of source Win32k with date and time and another ID. The provider Microsoft-Windows-Win32k is another one, and not looked at.

## What to do
Read its own text. It says nothing for or against a full desktop heap.

## Sources
A public paste of event 263; the message tables of the source Win32k (libyal winevt-kb).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from dumpscan.machines import machine_keys
from dumpscan.platforms import MACHINE
from dumpscan.rules import ALIKE, Found, Told, cite, found, rule
from dumpscan.rules._events import DESKTOP_CREATION_FAILED, HEAP_ALLOCATION_FAILED, WIN32K, of_source

if TYPE_CHECKING:
    import pandas as pd


@rule(
    stage=ALIKE,
    says=None,
    needs=("events.event_id", "events.time"),
    clear="No other event of Win32k is in these texts.",
)
def check(events: pd.DataFrame) -> Found | None:
    """One finding a machine, with the first line of each such ID."""
    rows = events[of_source(events, WIN32K) & events["time"].notna() & events["event_id"].notna()]
    rows = rows[~rows["event_id"].isin([HEAP_ALLOCATION_FAILED, DESKTOP_CREATION_FAILED])]
    rows = rows.drop_duplicates([*MACHINE, "event_id"]).sort_values("event_id", kind="stable")
    rows = rows.assign(key=machine_keys(rows), severity="info", certainty="proved")
    numbers = rows["event_id"].astype(str).groupby(rows["key"]).agg(", ".join)
    findings = rows.drop_duplicates("key").assign(numbers=lambda first: first["key"].map(numbers))
    lines = rows[["key", "file", "line", "time", "event_id"]]
    return found(findings, cite(findings[["key"]], "event {event_id} at {time}", lines, ["key"]))


def tell(row: Mapping[str, Any]) -> Told:
    """A finding in words."""
    several = "," in row["numbers"]
    summary = f"{'Events' if several else 'Event'} {row['numbers']} of Win32k {'are' if several else 'is'} not about desktop heap: only 243 and 244 are."
    return Told(summary, {"event_ids": row["numbers"]}, "An event 243 or 244 beside it.")
