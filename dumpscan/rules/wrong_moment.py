r"""The heaps were not captured when it failed

## What happens
Use rises and falls: one heap was 59 % used when idle and over 99 % when it failed. A listing from before or after the failure clears nothing of the
failure, and one from another start of the machine least of all.

## How the log proves it
- The time of the failure (`--failed-at TIME`) is more than 15 minutes [guess] away from the time that the debugger, the log or the file name gives.
- Or the machine was started after the failure: its uptime at the capture is shorter than the time since.

Where several listings of a session are there, the one nearest to the failure is judged.

## What to do
Capture while it fails: leave the machine as it is, list the heaps first, and end programs only then.

## What would refute it
A listing from the time of the failure; or a clock of the capture that was wrong (a debugger may print the time in its own zone).

## Sources
ntdebugging blog, comment 74. The 15 minutes are a guess.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from dumpscan.complaint import AT_THE_FAILURE
from dumpscan.moments import length
from dumpscan.rules import DATA, NOW, Found, Told, cite, found, rule
from dumpscan.rules._scope import early, judged_listings, late, with_complaint

if TYPE_CHECKING:
    import pandas as pd


@rule(
    stage=DATA,
    says="wrong_scope",
    needs=("complaints.failed_at", "captures.moment"),
    clear="The capture was taken at the time of the failure.",
    references=("ntdebugging blog 2007-01-04, comment 74",),
)
def check(
    captures: pd.DataFrame, systems: pd.DataFrame, events: pd.DataFrame, complaints: pd.DataFrame
) -> Found | None:
    """One finding for each machine none of whose listings is of the failure; told of the one that is nearest to it."""
    rows = with_complaint(judged_listings(captures, systems, events), complaints)
    rows = rows[rows["failed_from"].notna() & rows["taken_from"].notna()]
    restarted = (rows["taken_from"] - rows["up"]).gt(rows["failed_to"]).fillna(False)
    rows = rows.assign(early=early(rows), away=early(rows) + late(rows), restarted=restarted.astype(bool))
    off = rows["away"].gt(AT_THE_FAILURE) | rows["restarted"]
    rows = rows[~rows["key"].isin(rows.loc[~off, "key"])].sort_values("away", kind="stable").drop_duplicates("key")
    rows = rows.assign(severity="medium", certainty="likely")
    boots = rows[rows["restarted"]].copy()
    boots = boots.assign(file=boots["banner_file"], line=boots["banner_line"])
    return found(
        rows,
        cite(rows, "captured {moment}; it failed {failed_at}"),
        cite(boots, "the start of the machine was after the failure"),
    )


def tell(row: Mapping[str, Any]) -> Told:
    """A finding in words."""
    if row["restarted"]:
        how = f"after a restart: the machine had been up for {length(row['up'])}, and the failure was before that"
    else:
        how = f"{length(row['away'])} {'before' if row['early'] else 'after'} the failure"
    return Told(
        f"The heaps were captured {how} ({row['moment']}; it failed {row['failed_at']}): they say nothing of that moment.",
        {"moment": row["moment"], "failed_at": row["failed_at"]},
        "A listing from the time of the failure.",
        [
            (
                NOW,
                "Capture while it fails, before anything is ended or restarted: use can be far higher then (59 % when idle, over 99 % when it failed).",
            )
        ],
    )
