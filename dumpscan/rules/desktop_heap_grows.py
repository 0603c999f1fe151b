r"""A desktop heap grows from capture to capture

## What happens
What a desktop heap holds rises over days and does not fall when windows are closed: a program that lives on leaks USER objects, or its
load only grows. The heap is full at a time that can be told.

## How the log proves it
- At least three captures with a time (a session time, a stamp in the name of the file or log) list the same session, window station and
  desktop with the same size, over at least one day **[guess]**: within one day the day's own work rises, too.
- The use never fell by more than the tool's rounding, and it rose at least twice by more than that, and once in the last third of the
  time **[guess]**: what has come to rest is no trend. Only what lies after the last fall, after the last restart that a banner tells and after
  the last change of the size counts.
- The straight line from the first to the last of them reaches 98 % within 30 days, or has reached it: a heap that is full by a leak is one, too. KB a day and the time to 98 % come with what the rounding
  leaves open: half a percent with !dskheap, which is 102 KB of a heap of 20,480 KB; a twentieth of a percent with dheapmon.
- Several lists of USER objects (GuiObjectUse) of these days name a suspect: the process of that session whose objects rose most. A list counts within an
  hour of the captures **[guess]**.
- Winlogon and Disconnect are left out. high within 7 days **[guess]**, else medium.

## What to do
Note the USER objects of each process on that desktop with every capture: the leak is in the one that rises with the heap, or whose end stops the
growth. A larger heap only buys time; restart the program before the heap is full.

A steady workload gives a steady use: compare captures of typical users, and of the same hour. Where the number of service desktops grows
from capture to capture, look there: each logon of its own costs a heap, whatever its use. Where each run of a program fails earlier than the
one before although the program ends in between, it is no heap, for that is cleaned when it ends: look at the session's paged pool and GDI (!vm 4).

## What would refute it
A plateau: later captures under the same load in which the use has come to rest. A day with more users than the others.

## Sources
ntdebugging blog, comment 64 (2,048 KB filled in two to three weeks), comments 13, 56, 66, 68, 71 and 87; KB 949296 (98 %).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from dumpscan.machines import machine_keys
from dumpscan.owners import with_accounts
from dumpscan.rules import CAUSE, FUTILE, HEAPS, NOW, Found, Told, cite, found, rule
from dumpscan.rules._heap import STEPS
from dumpscan.rules._owners import cite_accounts, owned, owner_of
from dumpscan.trends import FULL
from dumpscan.words import heap_name, kb, percent, session_name

if TYPE_CHECKING:
    import pandas as pd

NEAR = 30.0  # days
SOON = 7.0  # days


@rule(
    stage=HEAPS,
    says="at-risk",
    needs=("desktop_heaps.used_percent", "captures.moment"),
    clear="No desktop heap rises over three or more captures with a time so that it is full, or would be within 30 days. Fewer captures tell nothing of it.",
    references=("ntdebugging blog 2007-01-04, comment 64", "KB 949296"),
)
def check(
    trends: pd.DataFrame, trend_points: pd.DataFrame, logon_sessions: pd.DataFrame, platforms: pd.DataFrame
) -> Found | None:
    """The latest row of each heap whose use rises, with how fast, and when it is full."""
    import numpy as np

    near = trends["days_to_98"].le(NEAR) & ~trends["superseded"]
    if not near.any():
        return None
    last = trend_points.drop_duplicates("series", keep="last").reset_index(drop=True)  # in the order of `trends`
    more = ["series", "place", "moment", "used_percent", "free_kb", "role", "owner", "desktop_path", "machine_key"]
    rows = trends.join(last[more])[near.to_numpy(bool, na_value=False)]
    eras = platforms.set_index(machine_keys(platforms))["era"]
    rows = with_accounts(rows, logon_sessions).assign(
        era=rows["machine_key"].map(eras).astype(object),
        severity=np.where(rows["days_to_98"].le(SOON), "high", "medium"),
        certainty="likely",
    )
    shows = "{moment}: {used_percent:g} % of {size_kb:,} KB used"
    # The latest line first: a report shows a dozen lines at most.
    before = trend_points.merge(rows[["series", "place", "captures"]], on="series", suffixes=("", "_last"))
    before = before[
        before["place"].lt(before["place_last"]) & before["place"].gt(before["place_last"] - before["captures"])
    ]
    return found(
        rows,
        cite(rows, shows),
        cite(rows[["series"]], shows, before, ["series"]),
        cite_accounts(rows),
        _cite_suspects(rows),
    )


def _cite_suspects(rows: pd.DataFrame) -> pd.DataFrame:
    suspects = rows[rows["suspect_line"].notna()]
    suspects = suspects.assign(file=suspects["suspect_file"], line=suspects["suspect_line"])
    return cite(suspects, "{suspect}: {suspect_objects_last:,} USER objects, {suspect_objects_first:,} before")


def tell(row: Mapping[str, Any]) -> Told:
    """A finding in words: how fast, and when it is full."""
    name, size = owned(heap_name(row), row), int(row["size_kb"])
    rate, left = float(row["rate_kb_day"]), float(row["days_to_98"])
    reached = left <= 0
    soon = (
        f"it has reached {FULL} %, and nothing more can be allocated there."
        if reached
        else f"at this rate it reaches {FULL} % in about {left:.1f} days ({row['days_to_98_least']:.1f} to {row['days_to_98_most']:.1f}, as far as the tool rounds)."
    )
    summary = (
        f"The desktop heap of {name} in {session_name(row['session'])} {'grew' if reached else 'grows'} by about {rate:,.1f} KB a day ({row['rate_kb_day_least']:,.1f} to {row['rate_kb_day_most']:,.1f}) in "
        f"{row['captures']} captures over {row['days']:.1f} days, to {percent(row['used_percent'], row['tool'])} of {kb(size)}: {soon}"
    )
    owner = owner_of(row)
    step = STEPS.get(str(row["role"]), 512)
    suspect = (
        f"{row['suspect'] or 'the process'} (PID {row['suspect_pid']})" if row["suspect_pid"] is not None else None
    )
    first = [
        (
            NOW,
            f"Restart {suspect} first, and see whether the growth stops: its USER objects rose most while the heap did.",
        )
    ]
    advice = [
        *(first if suspect else []),
        (
            NOW,
            f"Note the USER objects of each process on {heap_name(row)} with every capture: the one that rises with the heap is the suspect. {owner.now}".rstrip(),
        ),
        (
            NOW,
            "Restart what leaks now: the heap is full. Until it is mended, restart it each time before the heap is full again."
            if reached
            else f"Until it is mended, restart what leaks before the heap is full, at the latest in {row['days_to_98_least']:.1f} days.",
        ),
        (CAUSE, "Stop suspects one by one: the leak is in the one whose end stops the growth."),
        (FUTILE, f"A larger heap as the only measure: at this rate {step} KB more last about {step / rate:.1f} days."),
    ]
    keys = ("session", "window_station", "desktop", "size_kb", "used_percent", "free_kb")
    subject = {key: row[key] for key in keys} | {
        "kb_a_day": round(rate, 1),
        "days_left": round(left, 1),
        "captures": row["captures"],
        "suspect": suspect,
    }
    return Told(summary, subject, "Later captures under the same load in which the use has come to rest.", advice)
