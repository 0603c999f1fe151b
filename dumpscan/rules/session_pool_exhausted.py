r"""The paged pool of a session is exhausted

## What happens
Each session of a terminal server has a paged pool of its own, beside its view space: GDI objects, bitmaps and drivers of that session allocate from it. When it is
full, drawing freezes and windows stay white, with heaps that are hardly used. It looks like a desktop heap that is full, and is none.

## How the log proves it
- proved: `!vm 4` or `dt nt!_MM_SESSION_SPACE` counts pool allocation failures in a session.
- likely: the paged pool of a session takes 95 % **[guess]** and more of its maximum, and that maximum was printed (`!vm 4`, nt!MmSessionPoolSize, PagedPoolStart and
  PagedPoolEnd). A default size is never taken: machines differ too much (4 MB was seen on a Server 2003).

## What to do
Log the session off and on again. Before Vista raise SessionPoolSize by a step of 16 MB, while view space and session pool together stay below 450 MB. It takes
system PTEs as view space does: 10,000 of them must stay free **[field]**. Typical where screens are large or many: fewer colours or screens there.

## What would refute it
`!vm 4` at the time of the failure with room in that session.

## Sources
KB 840342; ntdebugging blog, desktop heap overview (450 MB); Citrix notes on SessionPoolSize.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from dumpscan.configured import VIEW_AND_POOL_MB
from dumpscan.machines import machine_keys
from dumpscan.platforms import BEFORE, MACHINE, SINCE
from dumpscan.rules import ALIKE, CAUSE, FUTILE, NOW, REBOOT, Found, Told, cite, found, rule
from dumpscan.rules._view import PTES_OF_A_MB, PTES_TO_KEEP, STEP
from dumpscan.view_space import SMALLEST_LIMIT
from dumpscan.words import count, kb, session_name

if TYPE_CHECKING:
    import pandas as pd

NEAR = 0.95  # of the maximum; a guess


@rule(
    stage=ALIKE,
    says=None,
    needs="session_memory.session",
    clear="No session's paged pool is near its printed maximum, and none failed an allocation.",
    references=("KB 840342",),
)
def check(session_memory: pd.DataFrame, session_limits: pd.DataFrame, platforms: pd.DataFrame) -> Found | None:
    """Sessions with failures or little room in their pool, as captured last."""
    import numpy as np

    rows = session_memory.assign(key=machine_keys(session_memory))
    rows = rows[rows["snapshot"].eq(rows.groupby(["key", "session"])["snapshot"].transform("max"))].drop_duplicates(
        ["key", "session"], keep="last"
    )
    limits = session_limits[session_limits["limit"].eq("paged_pool") & session_limits["kb"].ge(SMALLEST_LIMIT)]
    limits = limits.assign(key=machine_keys(limits))
    for_all = limits[limits["session"].isna()]
    told = _agreed(for_all, ["key"])
    own = _agreed(limits[limits["session"].notna()], ["key", "session"])
    rows = rows.merge(told, on="key", how="left").merge(own, on=["key", "session"], how="left", suffixes=("", "_own"))
    for column in ("pool_kb", "pool_file", "pool_line"):
        rows[column] = rows[f"{column}_own"].where(rows["pool_kb_own"].notna(), rows[column])
    views = session_limits[session_limits["limit"].eq("view_space") & session_limits["kb"].ge(SMALLEST_LIMIT)]
    view = views.groupby(machine_keys(views))["kb"].max()
    rows = rows.merge(platforms[[*MACHINE, "era", "configured_view_kb"]], on=MACHINE, how="left")
    rows["view_kb"] = rows["key"].map(view).astype("Int64").fillna(rows["configured_view_kb"])
    rows["share"] = (rows["paged_pool_kb"].astype("Float64") / rows["pool_kb"].astype("Float64")).astype("Float64")
    failed = rows["pool_failures"].gt(0).fillna(False).astype(bool)
    full = rows["share"].ge(NEAR).fillna(False).astype(bool)
    rows = rows.assign(severity="high", certainty=np.where(failed, "proved", "likely"))
    rows = rows[failed | full]
    rows = rows.sort_values(["key", "session"], kind="stable")
    most = rows[rows["pool_line"].notna()]
    told_use = rows["paged_pool_kb"].notna()
    return found(
        rows,
        cite(rows[told_use & ~failed[rows.index]], "session {session}: {paged_pool_kb:,} KB of paged pool in use"),
        cite(
            rows[told_use & failed[rows.index]],
            "session {session}: {paged_pool_kb:,} KB of paged pool in use, failed allocations: {pool_failures:,}",
        ),
        cite(rows[~told_use], "session {session}: failed allocations from its pool: {pool_failures:,}"),
        cite(
            most.assign(file=most["pool_file"], line=most["pool_line"]),
            "the maximum of a session's paged pool: {pool_kb:,} KB",
        ),
    )


def _agreed(limits: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    """Limits that were printed with one value only: two are of two boots."""
    by = limits.astype({"file": object}).groupby(keys)
    one = by[["kb", "file", "line"]].first()[by["kb"].nunique().eq(1)]
    return one.set_axis(["pool_kb", "pool_file", "pool_line"], axis=1).reset_index()


def tell(row: Mapping[str, Any]) -> Told:
    """A finding in words."""
    where = session_name(row["session"])
    used = f"{kb(row['paged_pool_kb'])} of {kb(row['pool_kb'])} are in use" if row["share"] is not None else None
    if row["pool_failures"]:
        failures = count(int(row["pool_failures"]), "allocation")
        summary = f"In {where} {failures} from the session's pool failed{f'; {used}' if used else ''}. This is no desktop heap: GDI objects and drivers of the session use it."
    else:
        summary = f"The paged pool of {where} is nearly exhausted: {used} ({100 * row['share']:.0f} %). This is no desktop heap: GDI objects and drivers of the session use it."
    advice = [
        (
            NOW,
            f"Log {where} off and on again: its pool is new then."
            if row["session"]
            else "End or restart the programs of session 0 that hold the most GDI objects.",
        ),
        _larger_pool(row),
        (
            CAUSE,
            "Look for GDI objects and bitmaps that a program of this session keeps, and for large or many screens there.",
        ),
        (FUTILE, "Larger desktop heaps (SharedSection): they are not taken from this pool."),
    ]
    keys = ("session", "paged_pool_kb", "pool_kb", "pool_failures")
    return Told(
        summary, {key: row[key] for key in keys}, "!vm 4 at the time of the failure with room in that session.", advice
    )


def _larger_pool(row: Mapping[str, Any]) -> tuple[str, str]:
    """The next step of SessionPoolSize, with a number only where both sizes are known."""
    if row["era"] == SINCE:
        return (FUTILE, "SessionPoolSize: it is a cure of Windows older than Vista only.")
    if row["era"] != BEFORE or row["pool_kb"] is None or row["view_kb"] is None:
        return (
            REBOOT,
            "SessionPoolSize may grow by one step of 16 MB, on Windows older than Vista, once its size and that of session view space are printed: both together must stay below 450 MB.",
        )
    pool, view = int(row["pool_kb"]) // 1024, int(row["view_kb"]) // 1024
    larger = (pool // STEP + 1) * STEP
    if larger + view > VIEW_AND_POOL_MB:
        return (
            FUTILE,
            f"A larger SessionPoolSize: with {view} MB of session view space, {larger} MB of pool would make more than {VIEW_AND_POOL_MB} MB together.",
        )
    return (
        REBOOT,
        f"Raise SessionPoolSize by one step, from {pool} to {larger} MB: with {view} MB of session view space that makes {larger + view} of {VIEW_AND_POOL_MB} MB. "
        f"See that !vm shows at least {(larger - pool) * PTES_OF_A_MB + PTES_TO_KEEP:,} free system PTEs first.",
    )
