r"""A large session view space leaves the kernel too little

## What happens
Session view space is taken from the kernel's 2 GB of address space, once for every session that maps it. Raised above the 48 MB that setup writes, it leaves
less for system page table entries (PTEs), nonpaged pool, paged pool and cache: the machine stalls or drops connections where it only lacked desktops before.

## How the log proves it
32-bit Windows before Vista, a limit above 48 MB (printed, else SessionViewSize in the registry), and in the latest `!vm`: fewer than 10,000 free system
PTEs **[field]**, or paged or nonpaged pool at 90 % **[guess]** of its printed maximum and more. That the view is the cause is likely, not proved.

## What to do
Give one step of 16 MB back, if the heaps of every session still fit. Fewer desktops do more than any size.

## What would refute it
The same shortage after a start with a view of 48 MB.

## Sources
ntdebugging blog, desktop heap overview (what raising it costs).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from dumpscan.configured import IN_FORCE
from dumpscan.machines import machine_keys
from dumpscan.rules import CAUSE, FUTILE, REBOOT, VIEW, Found, Told, cite, found, rule
from dumpscan.rules._view import PTES_TO_KEEP, STEP
from dumpscan.rules._windows import X86_BEFORE_VISTA
from dumpscan.view_space import SMALLEST_LIMIT

if TYPE_CHECKING:
    import pandas as pd

USUAL = 49152  # KB: what setup writes
NEAR = 0.9  # of the maximum of a pool; a guess
PTES = "Free System PTEs"
POOLS = {"paged": ("PagedPool Usage", "PagedPool Maximum"), "nonpaged": ("NonPagedPool Usage", "NonPagedPool Max")}


@rule(
    stage=VIEW,
    says=None,
    needs="memory_counters.kb",
    clear="Session view space is not above 48 MB, or the kernel has enough beside it.",
    references=("ntdebugging blog 2007-01-04",),
    applies=X86_BEFORE_VISTA,
)
def check(platforms: pd.DataFrame, session_limits: pd.DataFrame, memory_counters: pd.DataFrame) -> Found | None:
    """Machines with a large view whose latest counters show a shortage."""
    views = session_limits[
        session_limits["limit"].eq("view_space") & session_limits["kb"].ge(SMALLEST_LIMIT).fillna(False)
    ]
    views = views.assign(key=machine_keys(views)).sort_values("kb", kind="stable").drop_duplicates("key")
    views = views.set_index("key")[["kb", "file", "line"]].astype({"file": object})
    machines = platforms[
        X86_BEFORE_VISTA.suits(platforms) & platforms["architecture"].eq("x86").to_numpy(bool, na_value=False)
    ]
    machines = machines.assign(key=machine_keys(machines))
    machines = machines[~machines["view_how"].isin(IN_FORCE.values())]
    for column, source, stored in (
        ("kb", "kb", "configured_view_kb"),
        ("file", "file", "view_file"),
        ("line", "line", "view_line"),
    ):
        machines[f"large_{column}"] = (
            machines["key"].map(views[source]).where(machines["key"].isin(views.index), machines[stored])
        )
    # Less than a whole MB more is the usual view, rounded.
    machines = machines[machines["large_kb"].astype("Int64").ge(USUAL + 1024)]

    counters = memory_counters[memory_counters["label"].isin([PTES, *sum(POOLS.values(), ())])]
    counters = counters.assign(key=machine_keys(counters))
    counters = counters[counters["key"].isin(machines["key"])]
    latest = counters[counters["snapshot"].eq(counters.groupby("key")["snapshot"].transform("max"))]
    latest = latest.drop_duplicates(["key", "label"], keep="last")
    by_label = {label: latest[latest["label"].eq(label)].set_index("key") for label in (PTES, *sum(POOLS.values(), ()))}
    rows = machines.assign(free_ptes=machines["key"].map(by_label[PTES]["pages"]).astype("Int64"))
    short = rows["free_ptes"].lt(PTES_TO_KEEP).fillna(False)
    cited = [by_label[PTES][by_label[PTES]["pages"].lt(PTES_TO_KEEP).fillna(False)]]
    for pool, (usage, most) in POOLS.items():
        used, limit = (rows["key"].map(by_label[label]["kb"]).astype("Float64") for label in (usage, most))
        rows[f"{pool}_share"] = (used / limit.where(limit.gt(0))).astype("Float64")
        near = rows[f"{pool}_share"].ge(NEAR).fillna(False)
        short |= near
        cited += [by_label[label][by_label[label].index.isin(rows.loc[near, "key"])] for label in (usage, most)]
    rows = rows[short.astype(bool)].assign(severity="medium", certainty="likely", snapshot=1)
    lines = [
        cite(rows[["key"]], "{label}: {kb:,} KB", one.reset_index()[["key", "file", "line", "label", "kb"]], ["key"])
        for one in cited
    ]
    return found(
        rows,
        cite(rows.assign(file=rows["large_file"], line=rows["large_line"]), "session view space: {large_kb:,} KB"),
        *lines,
    )


def tell(row: Mapping[str, Any]) -> Told:
    """A finding in words."""
    shortages = []
    if row["free_ptes"] is not None and row["free_ptes"] < PTES_TO_KEEP:
        shortages.append(f"only {int(row['free_ptes']):,} system PTEs are free")
    shortages += [
        f"{pool} pool has used {100 * row[f'{pool}_share']:.0f} % of its maximum"
        for pool in POOLS
        if row[f"{pool}_share"] is not None and row[f"{pool}_share"] >= NEAR
    ]
    size = int(row["large_kb"]) // 1024
    summary = f"Session view space has {size} MB, more than the usual {USUAL // 1024}, and the kernel runs short beside it: {' and '.join(shortages)}."
    less = (size - 1) // STEP * STEP
    advice = [
        (
            REBOOT,
            f"Give one step back: SessionViewSize from {size} to {less} MB, if the heaps of every session still fit into that.",
        ),
        (CAUSE, "Fewer desktops: each logon of its own costs a heap, and only that made the large view necessary."),
        (FUTILE, "A still larger SessionViewSize: each MB costs up to 256 more system PTEs."),
    ]
    keys = ("large_kb", "free_ptes", "paged_share", "nonpaged_share")
    return Told(
        summary,
        {key: row[key] for key in keys},
        f"The same shortage after a start with a view of {USUAL // 1024} MB.",
        advice,
    )
