r"""Commit, not desktop heap, has reached its limit

## What happens
Memory and page files together are the commit limit. At it, no process can start or grow: 0xC000012D, error 1455 ("the paging file is too small"), 0xC0000017,
and 0xC0000142 and error 8, too, which look like desktop heap. Whole machine, all sessions.

## How the log proves it
- `!vm`: committed pages at 95 % **[guess]** of the commit limit or more. Where a page file may still grow, that is a limit that moves: less sure.
- Event 2004 of Resource-Exhaustion-Detector with date and time, not of an earlier boot.
- `!vm`: "commit requests have failed", which counts since the last start. Its other starred warnings tell of pool and page table entries, and "exceeds overall
  commit" is arithmetic of the debugger that ran below zero.
- 0xC000012D or "the paging file is too small" in a text, with no `!vm` that shows room: no more than possible.

## What to do
Find who has committed it (the event names three; Task Manager, column Commit size), end it, let the page file grow.

## What would refute it
A `!vm` from the time of a failure with commit well below its limit.

## Sources
Texts of event 2004 and status 0xC000012D in public; the debugger's documentation of !vm.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from dumpscan.machines import machine_keys
from dumpscan.platforms import MACHINE
from dumpscan.rules import ALIKE, CAUSE, FUTILE, NOW, Found, Told, found, rule
from dumpscan.rules._commit import COMMITTED, NEAR, measured
from dumpscan.rules._events import EXHAUSTION, facts
from dumpscan.words import kb

if TYPE_CHECKING:
    import pandas as pd

LOW_MEMORY = 2004
SIGNATURES = ("commit-limit", "paging-file-too-small")
FACT = [*MACHINE, "snapshot", "key", "file", "line"]


@rule(
    stage=ALIKE,
    says=None,
    needs="memory_counters.pages or memory_warnings.text or events.event_id or symptoms.signature",
    clear="Nothing in these texts tells that commit was short.",
)
def check(
    memory_counters: pd.DataFrame,
    memory_warnings: pd.DataFrame,
    page_files: pd.DataFrame,
    events: pd.DataFrame,
    systems: pd.DataFrame,
    symptoms: pd.DataFrame,
) -> Found | None:
    """One finding a machine, by the strongest sign of it; all signs are cited."""
    import pandas as pd

    counted = measured(memory_counters, page_files)
    short = counted[counted["share"].ge(NEAR)]
    short = short.assign(sign="measured", shows=f"{COMMITTED}: {{committed_kb:,}} KB of a limit of {{limit_kb:,}} KB")
    logged = facts(events, LOW_MEMORY, systems, EXHAUSTION).assign(sign="event", shows="event 2004 at {time}")
    failed = memory_warnings[
        memory_warnings["text"].str.contains("commit request", case=False).fillna(False).astype(bool)
    ]
    failed = failed.assign(sign="warning", shows="{text}")
    told = symptoms[symptoms["signature"].isin(SIGNATURES)]
    told = told[~machine_keys(told).isin(counted["key"])].assign(sign="symptom", shows="{text}")
    parts = [short, *(part.assign(key=machine_keys(part)) for part in (logged, failed, told))]
    columns = [*FACT, "sign", "shows", "committed_kb", "limit_kb", "share", "grows_kb", "time", "text"]
    rows = pd.concat(
        [part.reindex(columns=columns).astype({"file": object}) for part in parts if len(part)]
        or [short.reindex(columns=columns)]
    )
    findings = rows.drop_duplicates("key").reset_index(drop=True)
    sure = findings["sign"].eq("event") | (findings["sign"].eq("measured") & findings["grows_kb"].eq(0))
    strong = findings["sign"].isin(["measured", "event"])
    findings = findings.assign(
        severity=strong.map({True: "high", False: "medium"}).astype(object),
        certainty=sure.map({True: "likely", False: "possible"}).astype(object),
    )
    lines = rows.drop(columns=[*MACHINE, "snapshot"])
    evidence = findings[["key"]].assign(finding=findings.index).merge(lines, on="key")
    return found(findings, evidence)  # fmt: skip


def tell(row: Mapping[str, Any]) -> Told:
    """A finding in words."""
    if row["sign"] == "measured":
        what = (
            f"{kb(row['committed_kb'])} of a commit limit of {kb(row['limit_kb'])} are committed ({row['share']:.0f} %)"
        )
        what += f"; the page file may still grow by {kb(row['grows_kb'])}" if row["grows_kb"] else ""
    elif row["sign"] == "event":
        what = f"Windows logged at {row['time']} that virtual memory was short (event 2004 of Resource-Exhaustion-Detector)"
    elif row["sign"] == "warning":
        what = f"!vm counts since the last start: {row['text']}"
    else:
        what = "The texts have an error of the commit limit (0xC000012D, 1455, or a paging file that is too small)"
    summary = f"{what}. Without commit no process starts and no desktop is made, with the same errors as from a full desktop heap: settle this first."
    advice = [
        (NOW, "End or restart what has committed most (Task Manager, Details, column Commit size; event 2004 names three)."),
        (CAUSE, "Let the page file grow, or add memory, once it is known that nothing leaks."),
        (FUTILE, "A larger desktop heap (SharedSection) while commit is short: it helps against nothing of this."),
    ]  # fmt: skip
    subject = {key: row[key] for key in ("sign", "committed_kb", "limit_kb", "share", "grows_kb", "time")}
    return Told(summary, subject, "A !vm from the time of a failure with commit well below its limit.", advice)
