r"""Names of desktops could not be read

## What happens
The names of window stations and desktops are paged memory. Where it is paged out, `!dskheap` prints "name not accessible"; sizes and
use are still right.

## How the log proves it
Rows without a name. Their roles follow from the sizes: 64 or 96 KB is Disconnect, 128 or 192 KB is Winlogon, the largest is the Default
desktop of WinSta0.

## What to do
Nothing for the verdict. For names: a complete dump, or `.process /p /r` into a process of that session.

## Sources
ntdebugging blog, comment 7 (Windows Vista, local kernel debugger).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from dumpscan.machines import LISTINGS
from dumpscan.rules import DATA, Found, Told, cite, found, rule
from dumpscan.view_space import SESSION
from dumpscan.words import count, session_name

if TYPE_CHECKING:
    import pandas as pd


@rule(stage=DATA, says=None, needs="desktop_heaps.size_kb", clear="All names could be read.")
def check(desktop_heaps: pd.DataFrame) -> Found | None:
    """One finding for each listing with rows without a name."""
    nameless = desktop_heaps[desktop_heaps["desktop"].isna() & desktop_heaps["tool"].isin(LISTINGS)]
    number = nameless.groupby(SESSION, observed=True, dropna=False)["line"].transform("size")
    rows = nameless.assign(nameless=number, severity="info", certainty="proved").drop_duplicates(SESSION)
    return found(rows, cite(rows, "the first row without a name"))


def tell(row: Mapping[str, Any]) -> Told:
    """A finding in words."""
    summary = f"The names of {count(int(row['nameless']), 'desktop')} in {session_name(row['session'])} were paged out; sizes and use are right."
    return Told(summary, {"session": row["session"]}, "The same listing with names.")
