"""What the rules on commit have in common: how much of its limit was committed when it was last measured."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from dumpscan.machines import machine_keys
from dumpscan.rules import NOW
from dumpscan.words import kb

if TYPE_CHECKING:
    import pandas as pd

NEAR = 95  # percent of the limit [guess]
COMMITTED, LIMIT = "Committed pages", "Commit limit"
COMMIT_SHOWN = "committed: {committed_kb:,} KB of a limit of {commit_limit_kb:,} KB"
COMMIT_FIRST = (
    NOW,
    "Settle commit first: end or restart what has committed most (Task Manager, column Commit size), then see whether the desktop is made.",
)


def measured(counters: pd.DataFrame, page_files: pd.DataFrame) -> pd.DataFrame:
    """Commit and its limit in the last !vm of each machine, and how far its page files may still grow."""
    rows = counters[counters["label"].isin([COMMITTED, LIMIT]) & counters["kb"].notna()]
    rows = rows.assign(key=machine_keys(rows))
    rows = rows[rows["snapshot"].eq(rows.groupby("key")["snapshot"].transform("max"))]
    committed, limit = (
        rows[rows["label"].eq(label)].drop_duplicates("key", keep="last") for label in (COMMITTED, LIMIT)
    )
    limits = limit.set_index("key")["kb"]
    told = committed.assign(committed_kb=committed["kb"], limit_kb=committed["key"].map(limits))
    told = told[told["limit_kb"].gt(0).fillna(False)]
    room = (page_files["maximum_kb"] - page_files["current_kb"]).clip(lower=0)
    latest = page_files["snapshot"].eq(page_files.groupby(machine_keys(page_files))["snapshot"].transform("max"))
    grows = room[latest].groupby(machine_keys(page_files)[latest]).sum()
    told["grows_kb"] = told["key"].map(grows).fillna(0).astype("Int64")
    told["share"] = (told["committed_kb"] * 100 / told["limit_kb"]).astype(float)
    return told


def at_limit(counters: pd.DataFrame, page_files: pd.DataFrame) -> pd.DataFrame:
    """By machine key, the commit of machines that have next to none left: committed_kb, commit_limit_kb, file and line."""
    told = measured(counters, page_files)
    told = told[told["share"].ge(NEAR)].set_index("key")
    return told[["committed_kb", "limit_kb", "file", "line"]].rename(columns={"limit_kb": "commit_limit_kb"})


def words(row: Mapping[str, Any]) -> str:
    """How much is committed, of what limit."""
    share = 100 * row["committed_kb"] / row["commit_limit_kb"]
    return f"{kb(row['committed_kb'])} of a commit limit of {kb(row['commit_limit_kb'])} are committed ({share:.0f} %)"
