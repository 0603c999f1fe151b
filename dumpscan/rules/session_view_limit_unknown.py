r"""The limit of session view space is not in the logs, and it matters

## What happens
The desktop heaps of a session fit under the largest limit that this Windows can have, but not under the smallest (20 MB with /3GB or without
the registry value, 48 MB with it, 104 MB on 64-bit Server 2003). Whether view space is short cannot be told without the limit.

## How the log proves it
No limit was printed; the sum of the heaps, one more heap and what GDI and others usually take exceed the smallest possible limit. This
alone is never an alarm.

## What to do
`dd nt!MmSessionViewSize L1` in a kernel debugger on the same machine prints it.

## Sources
ntdebugging blog, desktop heap overview and part 2; KB 840342 (64-bit Server 2003).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from dumpscan.rules import DATA, NOW, Found, Told, cite, found, rule
from dumpscan.rules._windows import BEFORE_VISTA
from dumpscan.view_space import has_limit
from dumpscan.words import kb, session_name

if TYPE_CHECKING:
    import pandas as pd


@rule(
    stage=DATA,
    says="incomplete",
    needs="view_space.heaps_kb",
    clear="The heaps fit under every limit that this Windows can have.",
    applies=BEFORE_VISTA,
)
def check(view_space: pd.DataFrame) -> Found | None:
    """Sessions without a printed limit whose heaps do not fit under the smallest possible one."""
    rows = view_space[
        has_limit(view_space) & ~view_space["superseded"] & view_space["limit_kb"].isna() & ~view_space["limits_differ"]
    ]
    short = rows["heaps_kb"] + rows["next_kb"] > rows["possible_kb"] - rows["other_kb"]
    rows = rows[short.fillna(False)].assign(severity="low", certainty="proved")
    return found(rows, cite(rows, "the first of this session's heaps: {heaps_kb:,} KB together"))


def tell(row: Mapping[str, Any]) -> Told:
    """A finding in words."""
    configured = row["configured_view_kb"] is not None
    unknown = (
        f"The limit of session view space was not printed; by {row['view_how']} it is {kb(row['possible_kb'])}"
        if configured
        else "The limit of session view space is not in the logs"
    )
    smallest = "under it" if configured else f"under the smallest limit possible here, {kb(row['possible_kb'])}"
    summary = (
        f"{unknown}: the heaps of {session_name(row['session'])} take {kb(row['heaps_kb'])}, which does "
        f"not fit safely {smallest}."
    )
    subject = {key: row[key] for key in ("session", "heaps_kb", "possible_kb")}
    advice = [(NOW, "Print the limit on the same machine: dd nt!MmSessionViewSize L1 in a kernel debugger.")]
    return Told(
        summary, subject, "A printed limit: far above the sum it clears view space, near it it convicts it.", advice
    )
