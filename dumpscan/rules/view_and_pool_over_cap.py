r"""SessionViewSize and SessionPoolSize together are more than Windows can give

## What happens
On x86 before Vista, session view space and session pool share less than 500 MB of kernel addresses with others; about 450 MB is what works. Above, sessions fail to start, or nonpaged pool, system PTEs
and the cache are starved.

## How the log proves it
Both values stand in the registry of one machine, the banner or the fixed heaps tell x86 and something tells that it is older than Vista, and their sum is above 450 MB. Values of 1024 and more
are slips of unit and told by another rule.

## What to do
Lower SessionViewSize until both fit, or return both to their defaults.

## What would refute it
`dd nt!MmSessionViewSize L1` with the configured size on the running machine.

## Sources
ntdebugging blog (500 MB in theory, about 450 in practice); KB 840342 (512 MB).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from dumpscan.configured import VIEW_AND_POOL_MB
from dumpscan.machines import machine_keys
from dumpscan.rules import CAUSE, CONFIGURATION, FUTILE, REBOOT, Found, Told, cite, found, rule
from dumpscan.rules._sections import with_windows
from dumpscan.rules._view import STEP
from dumpscan.rules._windows import VIEW_AND_POOL
from dumpscan.rules.session_view_size_odd import TOO_LARGE
from dumpscan.stored import MEMORY_MANAGEMENT, latest, stored

if TYPE_CHECKING:
    import pandas as pd


@rule(
    stage=CONFIGURATION,
    says=None,
    needs="registry_values.number",
    clear="SessionViewSize and SessionPoolSize, where both are told, fit beside each other.",
    references=("ntdebugging blog 2007-01-04", "KB 840342"),
    applies=VIEW_AND_POOL,
)
def check(registry_values: pd.DataFrame, captures: pd.DataFrame, platforms: pd.DataFrame) -> Found | None:
    """Machines whose latest two values are together above the cap."""
    values = {}
    for which in ("view", "pool"):
        one = stored(registry_values, [f"session{which}size"], MEMORY_MANAGEMENT)
        one = latest(one, captures)
        one = one[one["number"].between(1, TOO_LARGE - 1).fillna(False)]
        values[which] = one.assign(key=machine_keys(one)).drop_duplicates("key")
    pool = values["pool"].astype({"file": object}).set_index("key")
    rows = with_windows(values["view"].rename(columns={"number": "view_mb"}), platforms)
    rows = rows[VIEW_AND_POOL.suits(rows)]
    rows["pool_mb"] = rows["key"].map(pool["number"]).astype("Int64")
    rows["pool_file"], rows["pool_line"] = rows["key"].map(pool["file"]), rows["key"].map(pool["line"]).astype("Int64")
    rows = rows[(rows["view_mb"] + rows["pool_mb"]).gt(VIEW_AND_POOL_MB).fillna(False)]
    rows = rows.assign(severity="high", certainty="likely")
    return found(
        rows,
        cite(rows, "SessionViewSize: {view_mb} MB"),
        cite(rows.assign(file=rows["pool_file"], line=rows["pool_line"]), "SessionPoolSize: {pool_mb} MB"),
    )


def tell(row: Mapping[str, Any]) -> Told:
    """A finding in words."""
    view, pool = int(row["view_mb"]), int(row["pool_mb"])
    summary = (
        f"SessionViewSize ({view} MB) and SessionPoolSize ({pool} MB) are together {view + pool} MB; on this Windows about {VIEW_AND_POOL_MB} MB is what works, and the rest is "
        "taken from nonpaged pool, system PTEs and the cache."
    )
    room = (VIEW_AND_POOL_MB - pool) // STEP * STEP
    advice = [
        (REBOOT, f"Lower SessionViewSize to {room} MB (hex {room:x}) at most; it counts after a restart.")
        if room >= STEP
        else (REBOOT, f"Lower SessionPoolSize first: {pool} MB leave no step of {STEP} MB for the view."),
        (CAUSE, "Ask what both were raised for: sizes that no Windows can give come from tweaks, not from measurements."),
        (FUTILE, "A still larger view or pool: each takes from the other, and both from the kernel."),
    ]  # fmt: skip
    return Told(
        summary,
        {"view_mb": view, "pool_mb": pool},
        "`dd nt!MmSessionViewSize L1` with the configured size.",
        advice,
    )
