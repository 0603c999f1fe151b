r"""A session is near the end of its USER or GDI handles

## What happens
All processes of a session share one table of 65,536 USER handles and one of 65,536 GDI handles. Near its end no program of that session can make windows,
menus, fonts or bitmaps, though no process is at its own quota and every desktop heap has room. Other sessions work.

## How the log proves it
`TOTAL` or `GR_GLOBAL` of GuiObjectUse for one session, or where neither is there, the sum of the processes listed of one session, at 90 % **[guess]** of 65,536 or more.
Sessions are never added up. `GR_GLOBAL` also counts what belongs to no process any more, so it may be the larger one. For USER handles, an experienced
source names some 32,700 as the practical end; nothing on record decides, so this rule keeps to the documented number.

## What to do
End what holds most in that session, or log it off: that frees the table. Spread users over more sessions.

## What would refute it
A program of the same session that can still open windows at that moment.

## Sources
Microsoft's pages on user objects and GDI objects (65,536 a session); Raymond Chen, The Old New Thing, 2007-07-18 (32,700); field experience.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from dumpscan.gui_objects import TOTALS, latest
from dumpscan.rules import ALIKE, CAUSE, FUTILE, NOW, Found, Told, cite, found, rule
from dumpscan.rules._gui import process_name
from dumpscan.words import session_name

if TYPE_CHECKING:
    import pandas as pd

MOST = 65_536  # handles of a session
NEAR = 90  # percent of it [guess]
KINDS = {"USER": "user_objects", "GDI": "gdi_objects"}


@rule(
    stage=ALIKE,
    says=None,
    needs=("gui_objects.session", "gui_objects.user_objects"),
    clear="No session that is listed is near the end of its USER or GDI handles.",
)
def check(gui_objects: pd.DataFrame) -> Found | None:
    """One finding a session and kind of handle, with the process that holds most."""
    import pandas as pd

    rows = latest(gui_objects)
    rows = rows[rows["session"].notna()]
    rows = rows.assign(of=rows.groupby(["key", "session"]).ngroup())
    totals = rows["pid"].isna() & rows["process"].isin(TOTALS)
    parts = []
    for kind, column in KINDS.items():
        printed = rows[totals & rows[column].notna()].sort_values(column, ascending=False, kind="stable")
        printed = printed.drop_duplicates("of")
        printed = printed.assign(sum=printed[column], certainty="proved")
        held = rows[~totals & rows[column].gt(0).fillna(False)].sort_values(column, ascending=False, kind="stable")
        top = held.drop_duplicates("of")
        summed = top.assign(sum=held.groupby("of")[column].transform("sum"), certainty="likely")
        summed = summed[~summed["of"].isin(printed["of"])]
        near = pd.concat([printed, summed], ignore_index=True)
        near = near[(near["sum"] * 100).ge(MOST * NEAR).fillna(False)].assign(kind=kind, severity="high")
        most = top[["of", "pid", "process", "services", "file", "line"]].assign(holds=top[column])
        most = most.rename(columns={name: f"top_{name}" for name in ("pid", "process", "services", "file", "line")})
        parts.append(near.merge(most.astype({"top_file": object}), on="of", how="left"))
    findings = pd.concat(parts, ignore_index=True)
    biggest = findings.assign(file=findings["top_file"], line=findings["top_line"])
    return found(
        findings,
        cite(findings, "{sum:,} {kind} objects in session {session}"),
        cite(biggest, "{top_process}: {holds:,} of them"),
    )


def tell(row: Mapping[str, Any]) -> Told:
    """A finding in words."""
    kind, where = row["kind"], session_name(row["session"])
    most = ""
    if row["top_process"] is not None:
        top = {name: row[f"top_{name}"] for name in ("pid", "process", "services")}
        most = f" Most of them has {process_name(top)}: {row['holds']:,}."
    summary = (
        f"All of {where} holds {row['sum']:,} {kind} objects of the {MOST:,} handles that a session has: soon nothing there can make another one, "
        f"however much room its desktop heaps have.{most}"
    )
    advice = [
        (NOW, f"End what holds most {kind} objects in {where}, or log it off: that frees its handles."),
        (CAUSE, "Find who leaks them: the same list a day later shows which count only grows."),
        (FUTILE, "A larger desktop heap (SharedSection) or larger quotas for a process: the table of the session has one size."),
    ]  # fmt: skip
    subject = {key: row[key] for key in ("session", "kind", "sum", "holds")} | {"process": row["top_process"]}
    return Told(summary, subject, "A program of that session that can still open windows at that moment.", advice)
