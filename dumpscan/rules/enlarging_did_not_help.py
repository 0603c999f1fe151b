r"""A heap was made larger, and is full again

## What happens
The same desktop heap was nearly full before, somebody made it larger, and now it is nearly full once more. Its size was not the trouble: a
program that lives on leaks USER objects, or the load grows with the room that it gets. A still larger heap fails later, not never.

## How the log proves it
- The same session, window station and desktop of one machine has 90 % and more in use (or 16 KB free at most) in an earlier listing with a
  smaller size, and again in the latest one with a larger size.
- Earlier is what has an earlier session time or file stamp; without any, what stands further up in one file that is no mail.
- A service account's window station has another name after each restart. Its heaps are compared where the texts tell whose both logon
  sessions are (Win32_LoggedOnUser, klist sessions, logonsessions).
- likely in session 0; possible in the session of a user: its number may have gone to somebody else.
- Winlogon and Disconnect are left out: nobody sets their size.

## What to do
Note the USER objects of each process on that desktop over days. Stop suspects one by one: the leak is in the one whose end stops the growth.
Until it is mended, restart that program before the heap is full.

## What would refute it
Many more programs or users on this desktop than before the change: then the load has grown, and there is no leak.

## Sources
ntdebugging blog, comment 64: a heap raised to 2,048 KB was full again after two to three weeks, from a scheduled task that never ended;
comments 66 and 71.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from dumpscan.machines import machine_keys
from dumpscan.rules import CAUSE, FUTILE, HEAPS, NOW, Found, Told, cite, found, rule
from dumpscan.rules._history import enlarged
from dumpscan.rules._owners import cite_accounts, owned, owner_of
from dumpscan.words import heap_name, kb, percent, session_name

if TYPE_CHECKING:
    import pandas as pd


@rule(
    stage=HEAPS,
    says=None,
    needs="desktop_heaps.used_percent",
    clear="No desktop heap is nearly full that was so with a smaller size before.",
    references=("ntdebugging blog 2007-01-04, comments 64, 66 and 71",),
)
def check(
    desktop_heaps: pd.DataFrame, captures: pd.DataFrame, logon_sessions: pd.DataFrame, platforms: pd.DataFrame
) -> Found | None:
    """The latest row of each heap that filled again, with the earlier one."""
    import numpy as np

    rows = enlarged(desktop_heaps, captures, logon_sessions)
    if not len(rows):
        return None
    eras = platforms.set_index(machine_keys(platforms))["era"]
    rows = rows.assign(
        era=rows["machine_key"].map(eras).astype(object),
        severity="high",
        certainty=np.where(rows["session"].eq(0).to_numpy(bool, na_value=False), "likely", "possible"),
    )
    earlier = rows.assign(file=rows["before_file"], line=rows["before_line"])
    return found(
        rows,
        cite(rows, "{desktop_path}: {used_percent:g} % of {size_kb:,} KB used"),
        cite(earlier, "before: {before_percent:g} % of {before_kb:,} KB used"),
        cite_accounts(rows),
    )


def tell(row: Mapping[str, Any]) -> Told:
    """A finding in words."""
    name, before, size = owned(heap_name(row), row), int(row["before_kb"]), int(row["size_kb"])
    summary = (
        f"The desktop heap of {name} in {session_name(row['session'])} was made larger, from {kb(before)} to {kb(size)}, and is full again: "
        f"{percent(row['before_percent'], row['before_tool'])} used before, {percent(row['used_percent'], row['tool'])} now. That points to a leak, not to the size."
    )
    owner = owner_of(row)
    advice = [
        (
            NOW,
            f"Note the USER objects of each process on {heap_name(row)}, now and again after a day; end or restart the one that has most. {owner.now}".rstrip(),
        ),
        (CAUSE, "Stop suspects one by one: the leak is in the one whose end stops the growth."),
        (
            FUTILE,
            f"A heap larger than {kb(size)}: the last step, from {kb(before)}, was used up, too; more only buys time.",
        ),
    ]
    keys = ("session", "window_station", "desktop", "before_kb", "before_percent", "size_kb", "used_percent", "free_kb")
    refuted = "Many more programs or users on this desktop than before: then the load has grown, and there is no leak."
    return Told(summary, {key: row[key] for key in keys}, refuted, advice)
