r"""The heaps were captured soon after a start of the machine

## What happens
After a restart every heap is nearly empty. People restart first and capture then: what such a listing shows is the start, not the failure.

## How the log proves it
The banner of the same moment tells that the machine had been up for less than an hour [guess].

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
    needs=("systems.uptime", "captures.command"),
    clear="No listing is from soon after a start of the machine.",
    references=("field experience",),
)
def check(captures: pd.DataFrame, systems: pd.DataFrame) -> Found | None:
    """One finding for each machine all of whose listings are from soon after a start."""
    rows = judged_listings(captures, systems)
    old = ~rows["up"].lt(YOUNG).fillna(False).astype(bool)
    rows = rows[~rows["key"].isin(rows.loc[old, "key"])].sort_values("up", kind="stable", ascending=False)
    rows = rows.drop_duplicates("key").assign(severity="medium", certainty="likely")
    banners = rows.assign(file=rows["banner_file"], line=rows["banner_line"])
    return found(rows, cite(banners, "how long the machine had been up"), cite(rows, "the listing of that moment"))


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
