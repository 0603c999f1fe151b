r"""Limit and heaps do not belong together

## What happens
Heaps live inside session view space, so their sum can never be larger than its limit. Where it is, the limit was read on another machine, in
another boot, in another session, or with wrong symbols; or two different limits were printed, so there were two boots.

## How the log proves it
The sum of one session's heaps is larger than the limit printed on the same machine; or two limits that differ were printed, the heaps do not fit
safely under the smaller one, and are not too many for the one that counts, either.

## What to do
Collect both in one go: `!dskheap -s 0` and `dd nt!MmSessionViewSize L1` from the same dump or the same live machine.

## Sources
Field experience: this proves a wrong join, never exhaustion.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from dumpscan.platforms import MACHINE
from dumpscan.rules import DATA, NOW, Found, Told, cite, found, rule
from dumpscan.rules._view import cite_total
from dumpscan.rules._windows import BEFORE_VISTA
from dumpscan.view_space import has_limit, others_kb
from dumpscan.words import kb, session_name

if TYPE_CHECKING:
    import pandas as pd


@rule(
    stage=DATA,
    says="contradictory",
    needs=("view_space.heaps_kb", "session_limits.kb"),
    clear="No limit contradicts the heaps.",
    applies=BEFORE_VISTA,
)
def check(view_space: pd.DataFrame, session_limits: pd.DataFrame, heap_totals: pd.DataFrame) -> Found | None:
    """Sessions whose heaps are larger than their limit, or whose machine has two limits."""
    latest = view_space[has_limit(view_space) & ~view_space["superseded"]]
    too_large = latest["most_kb"] > latest["limit_kb"]
    full = latest["limit_kb"] - latest["most_kb"] < latest["next_kb"]
    fits = latest["most_kb"] + latest["next_kb"] <= latest["possible_kb"] - others_kb(latest["possible_kb"])
    rows = latest[too_large.fillna(False) | (latest["limits_differ"] & ~fits.fillna(False) & ~full.fillna(False))]
    rows = rows.assign(severity="medium", certainty="proved")
    views = session_limits[session_limits["limit"].eq("view_space")][[*MACHINE, "file", "line", "kb"]]
    return found(
        rows,
        cite(rows, "the first of this session's heaps: {heaps_kb:,} KB together"),
        cite_total(rows, heap_totals),
        cite(rows[MACHINE], "a limit of session view space: {kb:,} KB", views, MACHINE),
    )


def tell(row: Mapping[str, Any]) -> Told:
    """A finding in words."""
    if row["limits_differ"]:
        summary = f"Two different limits of session view space were printed, and nothing tells which one the heaps of {session_name(row['session'])} lived under."
    else:
        summary = (
            f"The heaps of {session_name(row['session'])} add up to {kb(row['most_kb'])}, more than the printed limit of {kb(row['limit_kb'])}: "
            "they are not of the same machine and boot."
        )
    subject = {key: row[key] for key in ("session", "heaps_kb", "limit_kb")}
    advice = [(NOW, "Collect heaps and limit in one go, from the same machine in the same boot.")]
    return Told(
        summary, subject, "Both captures of one machine and one boot, with a limit above the sum of the heaps.", advice
    )
