r"""Service heaps are far larger than their use, and session view space is short

## What happens
Every service desktop takes the third SharedSection value of session view space, used or not. Where the view is short and no service heap is used much,
smaller ones make room for more desktops. That is an option, no first advice: a listing of a quiet hour tells little. One heap was 59 % used when idle
and over 99 % when it failed.

## How the log proves it
Session view space of a session is exhausted or nearly used up (`session-view-space-exhausted`, `session-view-space-pressure`), and no service heap of it was
used to 25 % **[guess]** in any listing of it here. The size that is named is twice the highest use, 256 KB at least.

## What to do
First free a desktop, and capture at the failure or at three busy moments. Then, at the next restart, the smaller third value. It counts for all service
heaps of all sessions. Risk: services may not start after the restart.

## What would refute it
A capture at the time of the failure with a service heap above half of the size that is named.

## Sources
ntdebugging blog, desktop heap overview and comments 15, 50 and 74. Twice the peak and 256 KB: **[field]**.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from dumpscan.machines import machine_keys
from dumpscan.platforms import BEFORE
from dumpscan.rules import FUTILE, NOW, REBOOT, VIEW, Found, Told, cite, found, rule
from dumpscan.rules._sizes import PAGE, measured
from dumpscan.rules._view import exhausted, limited, tight
from dumpscan.rules._windows import BEFORE_VISTA
from dumpscan.words import count, kb, session_name

if TYPE_CHECKING:
    import pandas as pd

LITTLE = 25  # percent; a guess
SMALLEST = 256  # KB
BUSY_CAPTURES = 3
RISK = "risk: services may not start after the restart"


@rule(
    stage=VIEW,
    says=None,
    needs=("view_space.heaps_kb", "view_space.limit_kb", "desktop_heaps.used_percent"),
    clear="Session view space is not short, or the service heaps are used.",
    references=("ntdebugging blog 2007-01-04, comments 15, 50 and 74",),
    applies=BEFORE_VISTA,
)
def check(view_space: pd.DataFrame, desktop_heaps: pd.DataFrame, advised: pd.DataFrame) -> Found | None:
    """Sessions whose view is short while all service heaps of their machine are nearly idle; the fullest session of each machine."""
    views = limited(view_space)
    views = views[exhausted(views) | tight(views)]
    views = views.assign(key=machine_keys(views), left=views["limit_kb"] - views["most_kb"]).sort_values(
        "left", kind="stable"
    )
    rows = views.drop_duplicates("key")
    heaps = desktop_heaps[
        desktop_heaps["role"].eq("service").to_numpy(bool, na_value=False) & desktop_heaps["used_percent"].notna()
    ]
    heaps = heaps.assign(key=machine_keys(heaps), peak_kb=heaps["size_kb"] - heaps["free_kb"])
    heaps = heaps[heaps["key"].isin(rows["key"])]
    told = heaps.groupby("key").agg(
        peak_kb=("peak_kb", "max"), peak_percent=("used_percent", "max"), captures=("snapshot", "nunique")
    )
    now = (
        measured(heaps)
        .groupby("key")["size_kb"]
        .agg(["min", "max", "size"])
        .set_axis(["least_kb", "each_kb", "services"], axis=1)
    )
    rows = rows.join(told.join(now, how="inner"), on="key", how="inner").reset_index(drop=True)
    rows = rows.join(advised.set_index(machine_keys(advised))[["sizes", "becomes"]], on="key")
    pages = (2 * rows["peak_kb"] / PAGE).astype("Float64")
    rows["smaller_kb"] = (
        (pages.round().where(pages.round().ge(pages), pages.round() + 1) * PAGE).clip(lower=SMALLEST).astype("Int64")
    )
    one_size = rows["least_kb"].eq(rows["each_kb"]) & rows["smaller_kb"].lt(rows["each_kb"])
    rows = rows[(one_size & rows["peak_percent"].lt(LITTLE)).fillna(False).astype(bool)].assign(
        severity="medium", certainty="likely"
    )
    lines = measured(heaps)[["key", "file", "line", "desktop_path", "used_percent", "size_kb"]]
    return found(
        rows,
        cite(rows, "the first of this session's heaps: {heaps_kb:,} KB together"),
        cite(
            rows[["key"]],
            "{desktop_path}: {used_percent:g} % of {size_kb:,} KB used",
            lines.astype({"desktop_path": object}).fillna({"desktop_path": "a heap"}),
            ["key"],
        ),
    )


def tell(row: Mapping[str, Any]) -> Told:
    """A finding in words; a number only where Windows and architecture are known."""
    each, smaller, services = int(row["each_kb"]), int(row["smaller_kb"]), int(row["services"])
    captures = count(int(row["captures"]), "listing")
    summary = (
        f"Session view space of {session_name(row['session'])} is short, and {count(services, 'service heap takes', 'service heaps take')} {kb(each)} each while "
        f"none was used to more than {row['peak_percent']:g} % in {captures}: smaller ones are an option."
    )
    known = row["era"] == BEFORE and row["architecture"] is not None
    size = (
        f"from {each} to {smaller} ({kb(each - smaller)} less for each service heap)"
        if known
        else "(no number: which Windows this is, is not known)"
    )
    if known and row["becomes"] is not None:
        size = f"as part of the change that another finding advises (SharedSection={row['sizes']} becomes SharedSection={row['becomes']}), and no further before new listings"
    enough = int(row["captures"]) >= BUSY_CAPTURES
    advice = [
        (NOW, "Stop one service that runs under an account of its own: that frees a heap at once."),
        (NOW, "Capture the heaps at the failure, or at three busy moments, before any of them is made smaller." if not enough
         else "See that these listings are of busy moments: heaps must be twice as large as their use then."),
        (REBOOT, f"An option ({RISK}): lower the third SharedSection value {size}."),
        (FUTILE, "Larger heaps: fewer of them fit then."),
    ]  # fmt: skip
    keys = ("session", "services", "each_kb", "smaller_kb", "peak_kb", "peak_percent", "captures")
    return Told(
        summary,
        {key: row[key] for key in keys},
        f"A capture at the time of a failure with a service heap above {kb(smaller / 2)} in use.",
        advice,
    )
