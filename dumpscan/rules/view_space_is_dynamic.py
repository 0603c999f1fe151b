r"""Session view space has no limit worth naming on this Windows

## What happens
Since Vista and Server 2008 the kernel grows session view space as needed. MmSessionViewSize and the registry value SessionViewSize no
longer limit how many desktop heaps fit.

## How the log proves it
The build in a banner, a window station or counter that came with Vista or later, or the default heap size since Vista SP1.

## What to do
Look at the single heaps. An event 244 there points to commit or kernel address space (`!vm`), not to SessionViewSize.

## Sources
ntdebugging blog 2008-03-20 and comments 99 and 100; KB 947246.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from dumpscan.platforms import SINCE
from dumpscan.rules import FUTILE, VIEW, Found, Told, cite, found, rule

if TYPE_CHECKING:
    import pandas as pd


@rule(
    stage=VIEW,
    says=None,
    needs="captures.command",
    clear="Nothing tells that this is Vista or later.",
    references=("KB 947246",),
)
def check(platforms: pd.DataFrame) -> Found | None:
    """Machines that are Vista or later."""
    rows = platforms[platforms["era"].eq(SINCE)].assign(severity="info", certainty="likely", snapshot=1)
    return found(rows, cite(rows.assign(file=rows["era_file"], line=rows["era_line"]), "{era_how}"))


def tell(row: Mapping[str, Any]) -> Told:
    """A finding in words."""
    summary = f"This machine runs Windows Vista or later (told by {row['era_how']}): session view space is not the limit there."
    advice = [(FUTILE, "SessionViewSize: it limits nothing on Vista and later.")]
    return Told(summary, {"machine": row["machine"]}, "A banner of an older Windows.", advice)
