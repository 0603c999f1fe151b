r"""A desktop heap is filling up

## What happens
The heap still has room, but less than the 10 to 20 % that Microsoft keeps free: one more program or a busier hour fills it.

## How the log proves it
80 % up to 90 % are used and less than 1,024 KB are free; or 90 % and more are used and 256 KB or more are free (a large heap).

## What to do
Capture again at a busy time, best while it fails. Plan a larger heap (second SharedSection value for WinSta0, third for the others), and
find out whether its use grows from day to day. Whom to look at depends on who shares the heap: see "A desktop heap is full".
A steady load gives a steady use: the captures of a typical user are the measure for a terminal server.

## What would refute it
Captures of several busy days that show the same use.

## Sources
KB 949296 (80 to 90 % is the aim); ntdebugging blog, comment 7: 86 % was one step before the failure.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from dumpscan.heaps import no_room
from dumpscan.owners import with_accounts
from dumpscan.rules import CAUSE, HEAPS, NOW, Found, Told, cite, found, rule
from dumpscan.rules._heap import PER_PROCESS, VIEW, larger_heap, with_sizing
from dumpscan.rules._owners import cite_accounts, owned, owner_of
from dumpscan.view_space import SESSION
from dumpscan.words import heap_name, kb, more_processes, percent, session_name

if TYPE_CHECKING:
    import pandas as pd

ROOM_BELOW_90 = 1024  # KB free from which 80 to 90 % is no risk
ROOM_FROM_90 = 256  # KB free below which 90 % and more is full, not at risk


@rule(
    stage=HEAPS,
    says="at-risk",
    needs="desktop_heaps.used_percent",
    clear="No desktop heap is filling up.",
    references=("KB 949296", "ntdebugging blog 2007-01-04, comment 7"),
)
def check(
    desktop_heaps: pd.DataFrame,
    view_space: pd.DataFrame,
    logon_sessions: pd.DataFrame,
    sizing: pd.DataFrame,
    advised: pd.DataFrame,
) -> Found | None:
    """Rows of the latest listings between 80 % and full."""
    rows = desktop_heaps[filling(desktop_heaps)].assign(severity="medium", certainty="likely")
    if not len(rows):
        return None
    rows = with_accounts(with_sizing(rows, sizing, advised), logon_sessions)
    rows = rows.merge(view_space[[*SESSION, *VIEW]], on=SESSION, how="left")
    return found(rows, cite(rows, "{desktop_path}: {used_percent:g} % of {size_kb:,} KB used"), cite_accounts(rows))


def filling(heaps: pd.DataFrame) -> pd.Series[bool]:
    """Heaps of the latest listings that are filling up. A small one at 89 % with 16 KB free is full already (the other rule says so)."""
    used, free = heaps["used_percent"], heaps["free_kb"]
    band = used.ge(80) & used.lt(90) & free.lt(ROOM_BELOW_90)
    large = used.ge(90) & free.ge(ROOM_FROM_90)
    told = (band | large).fillna(False) & heaps["size_kb"].gt(0).fillna(False) & ~heaps["superseded"].astype(bool)
    return (told & ~no_room(heaps)).astype(bool)


def tell(row: Mapping[str, Any]) -> Told:
    """A finding in words."""
    name, free, owner = owned(heap_name(row), row), float(row["free_kb"]), owner_of(row)
    summary = (
        f"The desktop heap of {name} in {session_name(row['session'])} is filling up: {percent(row['used_percent'], row['tool'])} of "
        f"{kb(row['size_kb'])} used, at worst {kb(round(free, 1))} free, {more_processes(free, PER_PROCESS)}."
    )
    keys = ("session", "window_station", "desktop", "size_kb", "used_percent", "free_kb")
    advice = [(NOW, "Capture again while it fails, or at the busiest hour: use can be far higher then.")]
    advice += [(NOW, owner.now)] if owner.now else []
    advice += [larger_heap(row)] if row["role"] != "fixed" else []
    advice += [(CAUSE, owner.cause)] if owner.cause else []
    advice.append(
        (CAUSE, "Compare captures of several days: a use that only grows is a leak, and a larger heap only buys time.")
    )
    return Told(
        summary,
        {key: row[key] for key in keys},
        "Captures of several busy days with the same use.",
        advice,
    )
