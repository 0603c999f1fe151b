r"""What the sizes tell of the machine

## What happens
Winlogon and Disconnect have a fixed size: 128 and 64 KB on x86, 192 and 96 KB on x64. The Default desktop of WinSta0 has 3,072 KB on x86 up
to Vista, 12,288 KB on x86 since Vista SP1, and 20,480 KB on x64, unless somebody changed it.

## How the log proves it
The sizes in a listing of desktop heaps.

## What to do
Nothing; it says which defaults and limits the other rules compared with.

## What would refute it
A banner of another architecture: then the listing is of another machine.

## Sources
ntdebugging blog, comments 20 and 29; KB 184802; KB 947246.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from dumpscan.platforms import MACHINE
from dumpscan.rules import DATA, Found, Told, cite, found, rule

if TYPE_CHECKING:
    import pandas as pd


@rule(
    stage=DATA,
    says=None,
    needs="desktop_heaps.size_kb",
    clear="The sizes tell nothing of the machine.",
    references=("KB 184802", "KB 947246"),
)
def check(platforms: pd.DataFrame, desktop_heaps: pd.DataFrame) -> Found | None:
    """Machines whose architecture follows from the sizes of their heaps."""
    rows = platforms[platforms["architecture_how"].str.startswith("the size").fillna(False).to_numpy(bool)].assign(
        severity="info", certainty="likely", snapshot=1
    )
    telling = desktop_heaps[desktop_heaps["role"].isin(["fixed", "interactive"])].drop_duplicates([*MACHINE, "size_kb"])
    return found(
        rows, cite(rows[MACHINE], "a heap of {size_kb:,} KB", telling[[*MACHINE, "file", "line", "size_kb"]], MACHINE)
    )


def tell(row: Mapping[str, Any]) -> Told:
    """A finding in words."""
    era = "" if row["era"] is None else f", {row['era']} (told by {row['era_how']})"
    subject = {"architecture": row["architecture"], "era": row["era"]}
    return Told(
        f"This machine is {row['architecture']} (told by {row['architecture_how']}){era}.",
        subject,
        "A banner of another architecture.",
    )
