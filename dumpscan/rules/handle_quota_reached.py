r"""A process has reached its quota of USER or GDI objects

## What happens
One process may have 10,000 USER objects and 10,000 GDI objects. At the quota its windows lack menus and images, or it fails with error 1158 ("used all of
its system allowance of handles for Window Manager objects"), while all others work. That is a leak of this program, not a full desktop heap.

## How the log proves it
A process with 98 % or more of 10,000, or of the quota that a state of the registry shows (`USERProcessHandleQuota`, `GDIProcessHandleQuota` under
`...\Windows NT\CurrentVersion\Windows`). The latest list counts.

A full heap can answer 1158, too, and one process can fill 20,480 KB with 4,640 objects that have long titles: a count below the quota clears no heap.

## What to do
End and start the program; mend the leak. USERProcessHandleQuota may be 200 to 18,000, GDIProcessHandleQuota 256 to 65,536: a larger one buys time only, and
takes from the 65,536 of the session.

## What would refute it
Failures of other programs in the same session at the same time.

## Sources
Microsoft's pages on user objects and GDI objects; ntdebugging blog, comments 54 and 61 (heap of 8,192 KB and quotas of 15,000 did not help); measurements on
Windows 11 in public notes (1158 from a full heap, 4,640 objects).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from dumpscan.gui_objects import processes
from dumpscan.rules import ALIKE, CAUSE, FUTILE, NOW, Found, Told, cite, found, rule
from dumpscan.rules._gui import process_name
from dumpscan.stored import agreed
from dumpscan.words import session_name

if TYPE_CHECKING:
    import pandas as pd

QUOTA = 10_000
REACHED = 98  # percent of it
KINDS = {"USER": "user_objects", "GDI": "gdi_objects"}


@rule(
    stage=ALIKE,
    says=None,
    needs=("gui_objects.pid", "gui_objects.user_objects"),
    clear="No process that is listed is near its quota of USER or GDI objects.",
)
def check(gui_objects: pd.DataFrame, registry_values: pd.DataFrame) -> Found | None:
    """The process nearest to its quota, one finding a machine and kind; the others are cited."""
    import pandas as pd

    listed = processes(gui_objects)
    parts = []
    for kind, column in KINDS.items():
        told = agreed(registry_values, f"{kind.lower()}processhandlequota")
        quota = listed["key"].map(told[told > 0]).fillna(QUOTA).astype("Int64")
        rows = listed.assign(kind=kind, objects=listed[column], quota=quota)
        parts.append(rows[(rows["objects"] * 100).ge(quota * REACHED).fillna(False)])
    rows = pd.concat(parts, ignore_index=True).sort_values("objects", ascending=False, kind="stable")
    findings = rows.drop_duplicates(["key", "kind"]).assign(severity="high", certainty="likely")
    lines = rows[["key", "kind", "file", "line", "process", "objects", "quota"]]
    shows = "{process}: {objects:,} {kind} objects of {quota:,}"
    return found(findings, cite(findings[["key", "kind"]], shows, lines, ["key", "kind"]))


def tell(row: Mapping[str, Any]) -> Told:
    """A finding in words."""
    kind, who = row["kind"], process_name(row)
    where = "" if row["session"] is None else f" in {session_name(row['session'])}"
    summary = (
        f"{who}{where} holds {row['objects']:,} {kind} objects of the {row['quota']:,} that a process may have: it fails at its own quota, which is no "
        "desktop heap."
    )
    advice = [
        (NOW, f"End and start {who}: the others of its session are not concerned."),
        (CAUSE, f"A leak of {kind} objects in this program; its maker needs the count over time."),
        (FUTILE, "A larger desktop heap (SharedSection), and a larger quota but for gaining time."),
    ]
    keys = ("session", "pid", "process", "services", "account", "kind", "objects", "quota")
    return Told(
        summary,
        {key: row[key] for key in keys},
        "Failures of other programs in the same session at the same time; a full heap can answer 1158, too.",
        advice,
    )
