"""What the rules on session view space have in common: where its sum and limit stand, and what to do about it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from dumpscan.configured import IN_FORCE, VIEW_AND_POOL_MB
from dumpscan.platforms import BEFORE, LIMITS
from dumpscan.rules import CAUSE, FUTILE, NOW, REBOOT, cite
from dumpscan.view_space import SESSION, SMALL_VIEW, has_limit
from dumpscan.words import kb

if TYPE_CHECKING:
    import pandas as pd

STEP = 16  # MB: SessionViewSize is raised by one step at a time
PTES_OF_A_MB = 256
PTES_TO_KEEP = 10_000  # field experience
MOST_MB = 448  # the last step below 450 MB, which view space and session pool together must not exceed
SHARE = 0.75  # of the limit; a guess
OPTIONS = r"reg query HKLM\SYSTEM\CurrentControlSet\Control /v SystemStartOptions"
# What `larger_view` has to know of the machine besides its era: columns of `platforms`.
OF_THE_MACHINE = ["architecture", "view_how", "stored_view_kb", "session_pool_kb", "slash_3gb_open"]


def limited(view_space: pd.DataFrame) -> pd.DataFrame:
    """The latest listings of sessions whose limit was printed."""
    rows: pd.DataFrame = view_space[
        has_limit(view_space) & ~view_space["superseded"] & view_space["limit_kb"].notna()
    ].copy()
    return rows


def exhausted(rows: pd.DataFrame) -> pd.Series[bool]:
    """The next heap does not fit; a sum above the limit is no exhaustion, but of another machine or boot."""
    full = (rows["most_kb"] <= rows["limit_kb"]) & (rows["limit_kb"] - rows["most_kb"] < rows["next_kb"])
    return full.fillna(False).astype(bool)


def tight(rows: pd.DataFrame) -> pd.Series[bool]:
    """The next heap fits, but not with what GDI and others usually take; or the heaps take most of the view."""
    heaps = rows["most_kb"]
    fits = rows["limit_kb"] - heaps >= rows["next_kb"]
    little = (heaps + rows["next_kb"] > rows["limit_kb"] - rows["other_kb"]) | (heaps >= SHARE * rows["limit_kb"])
    return (fits & little).fillna(False).astype(bool)


def cite_limit(rows: pd.DataFrame) -> pd.DataFrame:
    """The line that printed the limit."""
    return cite(
        rows.assign(file=rows["limit_file"], line=rows["limit_line"]),
        "the limit of session view space: {limit_kb:,} KB",
    )


def cite_total(rows: pd.DataFrame, heap_totals: pd.DataFrame) -> pd.DataFrame:
    """The tool's own total of the session."""
    totals = heap_totals[[*SESSION, "file", "line", "total_kb"]]
    return cite(rows[SESSION], "the tool's own sum of this session's heaps: {total_kb:,} KB", totals, SESSION)


def advice(row: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What frees view space, and what does not; numbers only where Windows and its free PTEs are known."""
    wanted = int(row["next_kb"])
    return [
        (
            NOW,
            f"Stop one service that runs under an account of its own: that frees its heap of {kb(wanted)}, and proves the cause.",
        ),
        (NOW, "Log off sessions and end programs that make desktops in this session."),
        larger_view(row),
        (
            CAUSE,
            "Run services and COM servers under one logon where they may share it: each logon of its own costs a heap. SQL Agent makes one for each proxy, "
            "COM one for each client where the server runs as the launching user.",
        ),
        (FUTILE, "Larger desktop heaps (SharedSection): fewer of them fit then."),
    ]


def ask_for_slash_3gb(row: Mapping[str, Any]) -> tuple[str, str]:
    """The first step where /3GB may be in force; of `row`: stored_view_kb."""
    stored, there = row["stored_view_kb"], ""
    if stored is not None and stored > SMALL_VIEW:
        there = f" The registry already asks for {int(stored) // 1024} MB: it counts after a restart without /3GB."
    return (
        NOW,
        f"SessionViewSize: /3GB may be in force, which fixes the view at 20 MB. Find that out first: {OPTIONS}.{there}",
    )


def larger_view(row: Mapping[str, Any]) -> tuple[str, str]:
    """The next step of SessionViewSize, or why there is none. Of `row`: limit_kb, free_ptes, era and OF_THE_MACHINE, each missing if not known."""
    if row["view_how"] in IN_FORCE.values():
        return (
            FUTILE,
            f"A larger SessionViewSize: {row['view_how']} proves that the view has 20 MB, whatever the registry says.",
        )
    if row["slash_3gb_open"] and row["era"] == BEFORE and row["limit_kb"] in (None, SMALL_VIEW):
        return ask_for_slash_3gb(row)
    if row["limit_kb"] is None and row["era"] == BEFORE:
        return (
            REBOOT,
            "SessionViewSize may grow by one step of 16 MB once nt!MmSessionViewSize and the free system PTEs of !vm are printed, and only without /3GB.",
        )
    if row["era"] != BEFORE:
        return (
            REBOOT,
            "Only if a banner shows that this Windows is older than Vista: a larger SessionViewSize. On Vista and later it limits nothing.",
        )
    (usual,) = LIMITS["x64"]
    if row["architecture"] == "x64" and row["limit_kb"] < usual:
        return (
            REBOOT,
            f"Delete the value SessionViewSize: without it this 64-bit Windows has {usual // 1024} MB of session view space.",
        )
    limit, stored = int(row["limit_kb"]) // 1024, row["stored_view_kb"]
    if stored is not None and stored // 1024 > limit:
        return (
            REBOOT,
            f"SessionViewSize: the registry already asks for {int(stored) // 1024} MB, and {limit} MB were printed: it counts after a restart without /3GB. Find out whether /3GB is "
            f"in force ({OPTIONS}), and advise no smaller one.",
        )
    larger = (limit // STEP + 1) * STEP
    pool = row["session_pool_kb"]
    if pool is not None and row["architecture"] != "x64" and larger * 1024 + pool > VIEW_AND_POOL_MB * 1024:
        return (
            FUTILE,
            f"A larger SessionViewSize: view space and session pool together must stay below {VIEW_AND_POOL_MB} MB, and {larger} MB beside the {kb(pool)} of the pool are more.",
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
    if row["free_ptes"] is None:
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
