r"""A listing of desktop heaps is incomplete

## What happens
Rows of a listing were cut, lost or altered on the way here. What is there still counts; what is missing may be the full heap.

## How the log proves it
The rows do not add up to the tool's own total of KB and desktops; or that total, the rows, or all that the command prints is not there; or
the layout prints no use.

## What to do
Ask for the listing again as a whole text file, not as a picture or a part: `.logopen /u` in the debugger, `dheapmon -s > heaps.txt`.

## Sources
Derived: on every whole listing seen, rows and total agree.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from dumpscan.machines import LISTINGS
from dumpscan.rules import DATA, NOW, Found, Told, cite, found, rule
from dumpscan.words import session_name

if TYPE_CHECKING:
    import pandas as pd


@rule(stage=DATA, says="incomplete", needs="captures.state", clear="Every listing adds up to its own total.")
def check(captures: pd.DataFrame) -> Found | None:
    """Listings that were begun and are not whole, unless a whole one of the same session follows."""
    cut = captures["state"].isin(["cut", "silent"]) & captures["command"].isin(LISTINGS) & ~captures["superseded"]
    rows = captures[cut.fillna(False)].assign(severity="medium", certainty="proved")
    return found(rows, cite(rows, "{shortfall}"))


def tell(row: Mapping[str, Any]) -> Told:
    """A finding in words."""
    tool = {"dskheap": "!dskheap"}.get(row["command"], row["command"])
    summary = f"The listing of {tool} for {session_name(row['session'])} is incomplete: {row['shortfall']}."
    subject = {"tool": tool, "session": row["session"]}
    advice = [(NOW, "Ask for this listing again, as a whole text file.")]
    return Told(summary, subject, "The same listing with all its rows.", advice)
