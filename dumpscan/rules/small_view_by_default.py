r"""No SessionViewSize is set, so session view space has 20 MB

## What happens
XP and Server 2003 on x86 take 20 MB for session view space where the value SessionViewSize is not in the registry. Setup writes 48 there, but not on
terminal servers, and it gets lost. 20 MB hold the heaps of some 20 services under accounts of their own, with what GDI needs beside them.
Server 2003 x64 takes 104 MB without the value, which is no shortage; Vista and later have no limit.

## How the log proves it
- The registry says that the value is not there (a query of just this value), or a listing of the whole key Memory Management has none: a listing
  counts as whole where NonPagedPoolSize, PagedPoolSize and SystemPages are in it.
- The build is that of XP or Server 2003, the architecture x86, and no larger limit was printed. Where 20 MB were printed, it is proved; else likely.

## What to do
If desktops cannot be created, or the heaps come near 20 MB: add SessionViewSize (REG_DWORD, in MB, decimal 32, then 48), one step of 16 MB at a time, and
only while view space and session pool together stay below 450 MB and enough system PTEs are free. Not with /3GB: there it counts for nothing.

## What would refute it
`dd nt!MmSessionViewSize L1` with more than 01400000.

## Sources
ntdebugging blog, desktop heap overview and part 2; KB 184802; KB 949296. One step at a time, and the PTEs to keep: **[field]**.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from dumpscan.configured import IN_FORCE, SMALL_VIEW, memory_management
from dumpscan.machines import machine_keys
from dumpscan.rules import CONFIGURATION, Found, Told, cite, found, rule
from dumpscan.rules._view import larger_view
from dumpscan.rules._windows import XP_2003_X86
from dumpscan.view_space import SMALLEST_LIMIT

if TYPE_CHECKING:
    import pandas as pd

# Windows writes them all into the key, and nobody copies just these.
WITNESSES = ("nonpagedpoolsize", "pagedpoolsize", "systempages")


@rule(
    stage=CONFIGURATION,
    says=None,
    needs=("registry_values.name", "systems.build"),
    clear="SessionViewSize is set, or the texts do not show the whole key.",
    references=("KB 184802", "KB 949296", "ntdebugging blog 2007-07-05 (part 2)"),
    applies=XP_2003_X86,
)
def check(
    platforms: pd.DataFrame, registry_values: pd.DataFrame, session_limits: pd.DataFrame, memory_counters: pd.DataFrame
) -> Found | None:
    """Machines of these Windows whose registry was shown to have no such value."""
    import numpy as np

    values = memory_management(registry_values)
    values = values.assign(key=machine_keys(values), lower=values["name"].astype(object).str.lower())
    view = values["lower"].eq("sessionviewsize")
    empty = values["text"].isna() & values["number"].isna()
    there = values.loc[view & ~empty, "key"]
    asked = values[view & empty]
    witnesses = values[values["lower"].isin(WITNESSES)]
    whole = witnesses.groupby("key")["lower"].nunique().eq(len(WITNESSES))
    witnesses = witnesses[witnesses["key"].isin(whole.index[whole])].drop_duplicates("key")

    views = session_limits[
        session_limits["limit"].eq("view_space") & session_limits["kb"].ge(SMALLEST_LIMIT).fillna(False)
    ]
    views = views.assign(key=machine_keys(views))
    ptes = memory_counters[memory_counters["label"].eq("Free System PTEs")]

    rows = platforms[XP_2003_X86.suits(platforms)]
    rows = rows.assign(key=machine_keys(rows))
    key = rows["key"]
    larger = key.isin(views.loc[views["kb"].ne(SMALL_VIEW), "key"]) | rows["view_how"].isin(IN_FORCE.values())
    rows = rows[(key.isin(asked["key"]) | key.isin(witnesses["key"])) & ~key.isin(there) & ~larger]
    printed = rows["key"].isin(views["key"])
    rows = rows.assign(
        severity="medium",
        certainty=np.where(printed, "proved", "likely"),
        snapshot=1,
        limit_kb=SMALL_VIEW,
        free_ptes=rows["key"].map(ptes.groupby(machine_keys(ptes))["pages"].last()).astype("Int64"),
    )
    lines = ["key", "file", "line"]
    return found(
        rows,
        cite(rows[["key"]], "SessionViewSize is not in the registry", asked[lines], ["key"]),
        cite(rows[["key"]], "the whole key Memory Management, without SessionViewSize", witnesses[lines], ["key"]),
        cite(rows[["key"]], "the limit of session view space: {kb:,} KB", views[[*lines, "kb"]], ["key"]),
    )


def tell(row: Mapping[str, Any]) -> Told:
    """A finding in words."""
    return Told(
        "SessionViewSize is not set on this machine, so its session view space has 20 MB.",
        {"limit_kb": row["limit_kb"]},
        "A printed nt!MmSessionViewSize above 01400000 (20 MB).",
        [larger_view(row)],
    )
