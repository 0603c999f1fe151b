r"""A desktop heap has a size of its own

## What happens
All heaps of one kind have the size that SharedSection names. A heap of another size was made with CreateDesktopEx, which takes a size in KB (Vista and later); or
the row is of another machine's log; or somebody typed it.

## How the log proves it
One heap's size is neither the most frequent of its kind in its session, nor that of `WinSta0\Default`, nor what SharedSection names, nor the default of its Windows,
nor one of the fixed sizes (64 and 128 KB, 96 and 192 KB). Nothing is said where no size is the most frequent one.

## What to do
Nothing by itself. Before you reckon with it, see that the listing is of one machine.

## What would refute it
SharedSection values that name this size.

## Sources
ntdebugging blog, comment 53; documentation of CreateDesktopEx; measured on Windows 11: 512 and 2,048 KB are read back as asked for.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from dumpscan.rules import HEAPS, Found, Told, cite, found, rule
from dumpscan.rules._sizes import of_their_own_size
from dumpscan.view_space import SESSION
from dumpscan.words import count, heap_name, kb, session_name

if TYPE_CHECKING:
    import pandas as pd


@rule(
    stage=HEAPS,
    says=None,
    needs="desktop_heaps.window_station",
    clear="Every desktop heap has the size of its kind.",
    references=("ntdebugging blog 2007-01-04, comment 53",),
)
def check(desktop_heaps: pd.DataFrame, platforms: pd.DataFrame) -> Found | None:
    """The first such heap of each session, with their number."""
    rows = of_their_own_size(desktop_heaps, platforms)
    number = rows.groupby(SESSION, observed=True, dropna=False).agg(number=("size_kb", "size")).reset_index()
    first = rows.drop_duplicates(SESSION).merge(number, on=SESSION).assign(severity="info", certainty="possible")
    lines = rows[[*SESSION, "file", "line", "size_kb", "desktop_path"]]
    return found(first, cite(first[SESSION], "{desktop_path}: {size_kb:,} KB", lines, SESSION))


def tell(row: Mapping[str, Any]) -> Told:
    """A finding in words."""
    others = (
        ""
        if row["number"] == 1
        else f", and {count(int(row['number']) - 1, 'other heap')} there"
        + (" is" if row["number"] == 2 else " are")
        + " odd, too"
    )
    summary = (
        f"{heap_name(row)} in {session_name(row['session'])} has {kb(row['size_kb'])}, where such heaps have {kb(row['usual_kb'])}{others}: made with CreateDesktopEx, "
        "or a row of another machine's log."
    )
    keys = ("session", "window_station", "desktop", "size_kb", "usual_kb")
    return Told(summary, {key: row[key] for key in keys}, "SharedSection values that name this size.")
