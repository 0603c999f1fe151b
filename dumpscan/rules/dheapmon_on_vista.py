r"""dheapmon does not support this Windows

## What happens
dheapmon was made for Windows 2000, XP and Server 2003. Its driver does not run on Vista and later; an unofficial port exists, and its
figures have not been checked by anybody. So the listing is of another machine, or it deserves little trust.

## How the log proves it
A table of dheapmon, and a banner of Vista or later (build 6000 and up) on the same machine.

## What to do
Print the heaps with `!dskheap` in a kernel debugger; or find out of which machine the dheapmon listing is.

## What would refute it
A banner of an older Windows.

## Sources
KB 949296; ntdebugging blog, comments 11 and 99.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from dumpscan.platforms import MACHINE, VISTA
from dumpscan.rules import DATA, NOW, Found, Told, cite, found, rule

if TYPE_CHECKING:
    import pandas as pd


@rule(
    stage=DATA,
    says=None,
    needs=("systems.build", "desktop_heaps.tool"),
    clear="dheapmon was not used where it is not supported.",
    references=("KB 949296",),
)
def check(desktop_heaps: pd.DataFrame, systems: pd.DataFrame) -> Found | None:
    """Machines with a table of dheapmon and a build of Vista or later."""
    tables = desktop_heaps[desktop_heaps["tool"].eq("dheapmon")].drop_duplicates(MACHINE)
    modern = systems[systems["build"].ge(VISTA).fillna(False)].drop_duplicates(MACHINE)
    rows = tables.merge(modern[[*MACHINE, "build"]], on=MACHINE).assign(severity="low", certainty="proved")
    return found(
        rows,
        cite(rows, "the first row of dheapmon's table"),
        cite(rows[MACHINE], "build {build}", modern[[*MACHINE, "file", "line", "build"]], MACHINE),
    )


def tell(row: Mapping[str, Any]) -> Told:
    """A finding in words."""
    summary = f"dheapmon does not support this Windows (build {row['build']}): its listing deserves little trust, or is of another machine."
    advice = [
        (
            NOW,
            "Print the heaps with !dskheap in a kernel debugger, or find out of which machine the dheapmon listing is.",
        )
    ]
    return Told(summary, {"build": row["build"]}, "A banner of an older Windows.", advice)
