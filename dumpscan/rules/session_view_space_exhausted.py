r"""Session view space is exhausted

## What happens
All desktop heaps of a session live in its view space, together with GDI and others. When no room is left for another heap, no desktop can
be created there: a service under a new account, a new COM identity or a new application pool fails to start, while existing desktops go
on working. Enlarging heaps makes it worse.

## How the log proves it
The limit was printed (nt!MmSessionViewSize, or the maximum of !vm 4), and limit minus the sum of the session's heaps is less than the
smallest heap that would be wanted next. Proved by the rows; likely, where only the tool's own total says so and rows are missing. Only
Windows older than Vista has such a limit.

## What to do
Free a desktop: stop a service that runs under its own account. Then at the next restart a larger SessionViewSize (in steps of 16 MB; not
with /3GB, which fixes it at 20 MB), or fewer and smaller service heaps. Root cause: too many logons, one desktop each.

## What would refute it
A service under an account that has no desktop yet, and starts.

## Sources
ntdebugging blog, desktop heap overview and comments 14, 15 and 50; KB 184802; KB 949296.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from dumpscan.platforms import BEFORE
from dumpscan.rules import CAUSE, FUTILE, NOW, REBOOT, Found, Told, cite, found, rule
from dumpscan.view_space import SESSION, SMALL_VIEW, has_limit
from dumpscan.words import count, is_missing, kb, session_name

if TYPE_CHECKING:
    import pandas as pd


@rule(
    says="view-space-exhausted",
    needs=("view_space.heaps_kb", "view_space.limit_kb"),
    clear="Each session's view space has room for another desktop heap.",
    references=("KB 184802", "KB 949296", "ntdebugging blog 2007-01-04"),
    applies=has_limit,
)
def check(view_space: pd.DataFrame, desktop_heaps: pd.DataFrame, heap_totals: pd.DataFrame) -> Found | None:
    """Sessions in which the next heap does not fit under the printed limit."""
    import numpy as np

    rows = view_space[has_limit(view_space) & ~view_space["superseded"] & view_space["limit_kb"].notna()].copy()
    rows["most_kb"] = rows[["heaps_kb", "total_kb"]].max(axis=1).astype("Int64")
    rows = rows[(rows["most_kb"] <= rows["limit_kb"]) & (rows["limit_kb"] - rows["most_kb"] < rows["next_kb"])]
    by_rows = (rows["limit_kb"] - rows["heaps_kb"] < rows["next_kb"]).to_numpy(bool, na_value=False)
    rows = rows.assign(severity="critical", certainty=np.where(by_rows, "proved", "likely"))
    return found(
        rows,
        cite(
            rows.assign(file=rows["limit_file"], line=rows["limit_line"]),
            "the limit of session view space: {limit_kb:,} KB",
        ),
        cite(
            rows[SESSION],
            "the tool's own sum of this session's heaps: {total_kb:,} KB",
            heap_totals[[*SESSION, "file", "line", "total_kb"]],
            SESSION,
        ),
        cite(rows[SESSION], "a heap of {size_kb:,} KB", desktop_heaps[[*SESSION, "file", "line", "size_kb"]], SESSION),
    )


def tell(row: Mapping[str, Any]) -> Told:
    """A finding in words; the sum is written out."""
    limit, heaps, wanted = int(row["limit_kb"]), int(row["most_kb"]), int(row["next_kb"])
    summary = (
        f"Session view space is exhausted in {session_name(row['session'])}: {count(int(row['desktops']), 'desktop heap takes', 'desktop heaps take')} "
        f"{kb(heaps)} of {kb(limit)}, {kb(limit - heaps)} are left, and the next desktop needs {kb(wanted)}."
    )
    keys = ("session", "heaps_kb", "limit_kb", "next_kb", "interactive_kb", "service_kb", "fixed_kb", "desktops")
    subject = {key: None if is_missing(row[key]) else row[key] for key in keys}
    return Told(summary, subject, "A service under an account that has no desktop yet, and starts.", advice(row))


STEP = 16  # MB: SessionViewSize is raised by one step at a time
PTES_OF_A_MB = 256
PTES_TO_KEEP = 10_000  # field experience
MOST_MB = 448  # the last step below 450 MB, which view space and session pool together must not exceed


def advice(row: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What frees view space, and what does not; numbers only where Windows and its free PTEs are known."""
    wanted = int(row["next_kb"])
    return [
        (
            NOW,
            f"Stop one service that runs under an account of its own: that frees its heap of {kb(wanted)}, and proves the cause.",
        ),
        (NOW, "Log off sessions and end programs that make desktops in this session."),
        _larger_view(row),
        (
            CAUSE,
            "Run services and COM servers under one logon where they may share it: each logon of its own costs a heap.",
        ),
        (FUTILE, "Larger desktop heaps (SharedSection): fewer of them fit then."),
    ]


def _larger_view(row: Mapping[str, Any]) -> tuple[str, str]:
    limit = int(row["limit_kb"]) // 1024
    larger = (limit // STEP + 1) * STEP
    if row["era"] != BEFORE:
        return (
            REBOOT,
            "Only if a banner shows that this Windows is older than Vista: a larger SessionViewSize. On Vista and later it limits nothing.",
        )
    if larger > MOST_MB:
        return (
            FUTILE,
            f"A larger SessionViewSize: view space and session pool together must stay below 450 MB, and the view has {limit} MB.",
        )
    slash = (
        " With /3GB it is fixed at 20 MB: then only fewer or smaller heaps help."
        if int(row["limit_kb"]) == SMALL_VIEW
        else ""
    )
    needed = (larger - limit) * PTES_OF_A_MB
    if is_missing(row["free_ptes"]):
        return (
            REBOOT,
            f"SessionViewSize may grow by one step of 16 MB once !vm shows at least {needed + PTES_TO_KEEP:,} free system PTEs; it is not in these texts.{slash}",
        )
    if row["free_ptes"] - needed < PTES_TO_KEEP:
        return (
            FUTILE,
            f"A larger SessionViewSize: only {row['free_ptes']:,} system PTEs are free, and one step takes {needed:,} of them.",
        )
    return (
        REBOOT,
        f"Raise SessionViewSize by one step, to {larger} MB: {row['free_ptes']:,} system PTEs are free, and it takes {needed:,}.{slash}",
    )
