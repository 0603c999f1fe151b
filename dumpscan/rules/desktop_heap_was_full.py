r"""A desktop heap was full earlier

## What happens
The same file holds an earlier listing of the same session in which a heap was full or nearly so, and a later whole one in which it is not. The
verdict is about the later moment; this is history, and worth a question: what was done in between?

## How the log proves it
A row of the earlier listing at 90 % and more, or with 16 KB free at most. A heap that is so in each listing, the latest one included, has no
history to ask for.

## What to do
Find out what ended in between: that was what used the heap.

## Sources
ntdebugging blog, comments 7 and 74: a capture later than the failure can look healthy.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from dumpscan.heaps import no_room
from dumpscan.machines import machine_keys
from dumpscan.rules import CAUSE, HEAPS, Found, Told, cite, found, rule
from dumpscan.words import heap_name, kb, percent, session_name

if TYPE_CHECKING:
    import pandas as pd


@rule(stage=HEAPS, says=None, needs="desktop_heaps.used_percent", clear="No earlier listing shows a full heap.")
def check(desktop_heaps: pd.DataFrame) -> Found | None:
    """Rows of superseded listings that were full or nearly so."""
    was_full = desktop_heaps["used_percent"].ge(90).fillna(False) | no_room(desktop_heaps)
    past = was_full & desktop_heaps["superseded"]
    keys = machine_keys(desktop_heaps)
    rows = desktop_heaps.assign(full=was_full, past=past)[keys.isin(keys[past])]
    place = [machine_keys(rows), rows["session"], rows["window_station"].cat.codes, rows["desktop"].cat.codes]
    always = rows["full"].groupby(place, dropna=False).transform("all")
    still = (rows["full"] & ~rows["superseded"]).groupby(place, dropna=False).transform("any")
    rows = rows[rows["past"] & ~(always & still)].assign(severity="medium", certainty="proved")
    return found(rows, cite(rows, "{desktop_path}: {used_percent:g} % of {size_kb:,} KB used at that moment"))


def tell(row: Mapping[str, Any]) -> Told:
    """A finding in words."""
    summary = (
        f"Earlier, {heap_name(row)} in {session_name(row['session'])} was {percent(row['used_percent'], row['tool'])} full of {kb(row['size_kb'])}; "
        "a later listing shows the session again."
    )
    subject = {key: row[key] for key in ("session", "window_station", "desktop", "size_kb", "used_percent")}
    advice = [
        (
            CAUSE,
            "Find out what was ended, restarted or set to another size between the two listings: that used the heap, or made it larger.",
        )
    ]
    return Told(summary, subject, "A later listing of the same session in which it is still full.", advice)
