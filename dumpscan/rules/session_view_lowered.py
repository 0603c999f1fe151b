"""SessionViewSize makes session view space of 64-bit Windows smaller

## What happens
Server 2003 and XP on x64 have 104 MB of session view space by default. The 48 MB of SessionViewSize that articles advise are for x86: copied onto x64 they lower the limit
to less than half, and heaps are larger there (20,480 KB for each interactive desktop, 768 KB for each service logon). Whoever did it wanted room for more desktops and
got less.

## How the log proves it
On x64 before Vista:

- proved: the limit that was printed last is below 104 MB.
- likely: no limit was printed, and SessionViewSize in the registry is below 104. A value that waits for its restart beside a larger printed limit is
  `reboot-pending`.

## What to do
Delete the value SessionViewSize: 104 MB count again after a restart. More than that only in steps of 16 MB, and only where the heaps need it.

## What would refute it
`dd nt!MmSessionViewSize L1` with 06800000 or more.

## Sources
KB 840342 (the default on x64); KB 184802 and ntdebugging blog, desktop heap overview (the 48 MB of x86). That advice for x86 is copied onto x64: **[field]**.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from dumpscan.configured import stored_views
from dumpscan.machines import machine_keys
from dumpscan.platforms import LIMITS, MACHINE
from dumpscan.rules import CAUSE, CONFIGURATION, FUTILE, REBOOT, Found, Told, cite, found, rule
from dumpscan.rules._windows import X64_BEFORE_VISTA
from dumpscan.stored import latest
from dumpscan.view_space import SMALLEST_LIMIT
from dumpscan.words import kb

if TYPE_CHECKING:
    import pandas as pd

(DEFAULT_KB,) = LIMITS["x64"]


@rule(
    stage=CONFIGURATION,
    says=None,
    needs="registry_values.number or session_limits.kb",
    clear="Nothing tells that session view space is below the default of 64-bit Windows.",
    references=("KB 840342", "KB 184802"),
    applies=X64_BEFORE_VISTA,
)
def check(
    platforms: pd.DataFrame, registry_values: pd.DataFrame, session_limits: pd.DataFrame, captures: pd.DataFrame
) -> Found | None:
    """Machines whose view is below the default: by the last printed limit, else by the registry."""
    import numpy as np

    printed = session_limits[session_limits["limit"].eq("view_space") & session_limits["kb"].ge(SMALLEST_LIMIT)]
    printed = latest(printed, captures)
    printed = (
        printed.assign(key=machine_keys(printed))
        .sort_values("kb", ascending=False, kind="stable")
        .drop_duplicates("key")
    )
    stored = latest(stored_views(registry_values), captures)
    stored = (
        stored.assign(key=machine_keys(stored))
        .sort_values("number", ascending=False, kind="stable")
        .drop_duplicates("key")
    )
    rows = platforms[X64_BEFORE_VISTA.suits(platforms).to_numpy(bool, na_value=False)]
    rows = rows[MACHINE].assign(key=machine_keys(rows))
    limit = rows["key"].map(printed.set_index("key")["kb"]).astype("Int64")
    rows = rows.assign(
        stored_mb=rows["key"].map(stored.set_index("key")["number"]).astype("Int64"), printed=limit.notna()
    )
    rows = rows.assign(now_kb=limit.fillna(rows["stored_mb"] * 1024), severity="medium", snapshot=1)
    rows = rows.assign(certainty=np.where(rows["printed"], "proved", "likely"))
    rows = rows[rows["now_kb"].lt(DEFAULT_KB).fillna(False)]
    lines = ["key", "file", "line"]
    return found(
        rows,
        cite(rows[["key"]], "the limit of session view space: {kb:,} KB", printed[[*lines, "kb"]], ["key"]),
        cite(rows[["key"]], "SessionViewSize = {number} in the registry", stored[[*lines, "number"]], ["key"]),
    )


def tell(row: Mapping[str, Any]) -> Told:
    """A finding in words."""
    now, usual = f"{row['now_kb'] / 1024:g}", DEFAULT_KB // 1024
    stored = row["stored_mb"] is not None
    how = f"is set to {row['stored_mb']} MB" if stored else "is not in these texts"
    summary = (
        f"Session view space has {now} MB on this 64-bit Windows, where {usual} MB are the default: SessionViewSize {how}. "
        if row["printed"]
        else f"SessionViewSize {how} on this 64-bit Windows, where {usual} MB are the default. "
    )
    return Told(
        f"{summary}That lowers the limit by {kb(DEFAULT_KB - row['now_kb'])}: it is advice for x86.",
        {"now_kb": row["now_kb"], "default_kb": DEFAULT_KB, "stored_mb": row["stored_mb"]},
        f"`dd nt!MmSessionViewSize L1` with {DEFAULT_KB << 10:08x} or more.",
        [
            (REBOOT, f"Delete the value SessionViewSize (Session Manager\\Memory Management): {usual} MB count again after a restart."),
            (CAUSE, "Ask who set it and why: the 48 MB that articles name are what x86 has."),
            (FUTILE, f"Raising it by single steps of 16 MB from {now} MB: without the value it is {usual} MB at once."),
        ],
    )  # fmt: skip
