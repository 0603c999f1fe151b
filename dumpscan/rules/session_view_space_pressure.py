r"""Session view space is nearly used up

## What happens
The heaps of a session leave little of its view space. GDI and others live there, too, and no tool prints their share: a busy moment or a few
more logons, and no desktop can be created any more.

## How the log proves it
The limit was printed, another heap would still fit, but the sum of the heaps and that heap reach into what GDI and others usually take
(3,584 KB of a limit of 20 MB, 4,096 KB of a larger one); or the heaps take 75 % of the limit and more.

## What to do
Look for event 244 in the System log, and count the logons. Plan as for exhaustion (`session-view-space-exhausted`), before it happens. On a print
or terminal server with few desktops, look at printer and font drivers: they live in the same view.

## What would refute it
A service under an account that has no desktop yet, and starts at the busiest hour.

## Sources
ntdebugging blog, comments 14 and 15: 16 MB of heaps in a view of 20 MB already failed. KB 184802 (printer and font drivers).
The 75 % line is a **[guess]**.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from dumpscan.rules import NOW, VIEW, Found, Told, cite, found, rule
from dumpscan.rules._view import advice, cite_limit, cite_total, limited, tight
from dumpscan.rules._windows import BEFORE_VISTA
from dumpscan.words import kb, session_name

if TYPE_CHECKING:
    import pandas as pd


@rule(
    stage=VIEW,
    says="at-risk",
    needs=("view_space.heaps_kb", "view_space.limit_kb"),
    clear="The desktop heaps leave enough of session view space.",
    references=("ntdebugging blog 2007-01-04, comments 14 and 15",),
    applies=BEFORE_VISTA,
)
def check(view_space: pd.DataFrame, heap_totals: pd.DataFrame) -> Found | None:
    """Sessions in which the next heap fits under the printed limit, but not with what else lives there."""
    rows = limited(view_space)
    rows = rows[tight(rows)].assign(severity="medium", certainty="likely")
    return found(
        rows,
        cite(rows, "the first of this session's heaps: {heaps_kb:,} KB together"),
        cite_limit(rows),
        cite_total(rows, heap_totals),
    )


def tell(row: Mapping[str, Any]) -> Told:
    """A finding in words."""
    limit = int(row["limit_kb"])
    heaps = int(row["most_kb"])
    summary = (
        f"Session view space of {session_name(row['session'])} is nearly used up: the heaps take {kb(heaps)} of {kb(limit)}, and GDI and others "
        f"share the other {kb(limit - heaps)}."
    )
    keys = ("session", "heaps_kb", "limit_kb", "next_kb", "interactive_kb", "service_kb", "fixed_kb", "desktops")
    subject = {key: row[key] for key in keys}
    look = (
        NOW,
        "Look for Win32k events 244 in the System log since the last start: they tell whether it has already failed.",
    )
    return Told(
        summary,
        subject,
        "A service under a new account that starts at the busiest hour.",
        [look, *advice(row)],
    )
