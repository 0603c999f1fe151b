r"""That no event 243 or 244 is in these texts proves nothing

## What happens
Events of the System log are here, and none of them tells of desktop heap. That clears nothing as long as it is open whether the log reaches back to the
last start, and whether such events are logged at all. Windows logs the first failure of a session only: one event says nothing about how many failures
there were, and after it silence means nothing. An event may precede the complaint by hours.

## How the log proves it
Events of the System log with a time, no 243 or 244 of Win32k among them, and one of both is not shown:

- The log reaches back: its oldest event here is of a day before the last start (banner with uptime), or it holds a mark of a start (6005, 6009, or 12 of
  Kernel-General).
- `DesktopHeapLogging` = 1 in a state of the registry. No value is unknown, 0 switches the events off; several "tweaks" for games set it.

A query for some events only (`wevtutil qe` with a filter) cannot be told from a whole log: look at what was asked.

## What to do
`wevtutil qe System /c:1 /f:text` prints the oldest record; `reg query "HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion\Windows" /v DesktopHeapLogging` prints
the switch.

## What would refute it
Both of them, with a log that reaches back to the start, and the value 1: then nothing failed in a session that logged nothing.

## Sources
ntdebugging blog, comment 50 (once a session, DesktopHeapLogging); KB 947246 (minutes or hours before the symptoms).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from dumpscan import queries
from dumpscan.machines import machine_keys
from dumpscan.platforms import BEFORE
from dumpscan.rules import DATA, NOW, Found, Told, cite, found, rule
from dumpscan.rules._events import (
    DESKTOP_CREATION_FAILED,
    EXHAUSTION,
    HEAP_ALLOCATION_FAILED,
    MARKS,
    SERVICES,
    WIN32K,
    latest_boots,
    latest_of_day,
    moments,
    of_source,
)
from dumpscan.stored import agreed

if TYPE_CHECKING:
    import pandas as pd

# Sources that write to the System log: exports of the Event Viewer do not name the log.
SYSTEM_LOG = (
    SERVICES, EXHAUSTION, WIN32K, "eventlog", "kernel-general", "application popup", "w3svc", "was", "dcom", "distributedcom", "srv",
)  # fmt: skip


@rule(
    stage=DATA,
    says=None,
    needs=("events.event_id", "events.time"),
    clear="The System log reaches back to the last start and such events are logged, or it has one.",
    references=("KB 947246",),
)
def check(
    events: pd.DataFrame, registry_values: pd.DataFrame, systems: pd.DataFrame, platforms: pd.DataFrame
) -> Found | None:
    """One finding a machine, with its oldest event."""
    named = events["log"].astype(object).str.lower().eq("system").to_numpy(bool)
    rows = events[(named | of_source(events, *SYSTEM_LOG)) & events["time"].notna()]
    rows = rows.assign(key=machine_keys(rows), moment=moments(rows)["moment"])
    heap = of_source(rows, WIN32K) & rows["event_id"].isin([HEAP_ALLOCATION_FAILED, DESKTOP_CREATION_FAILED])
    rows = rows[~rows["key"].isin(rows.loc[heap, "key"])]
    oldest = rows.sort_values("moment", kind="stable").drop_duplicates("key")
    marks = [of_source(rows, source) & rows["event_id"].isin(numbers) for source, numbers in MARKS.items()]
    begin = oldest["key"].map(latest_boots(systems)["begin"]).astype(float)
    reaches = oldest["key"].isin(rows.loc[marks[0] | marks[1], "key"]) | oldest["time"].map(latest_of_day).le(begin)
    logged = oldest["key"].map(agreed(registry_values, "desktopheaplogging"))
    findings = oldest.assign(reaches=reaches, logged=logged.astype("Int64"), severity="info", certainty="proved")
    findings = findings[~(reaches & findings["logged"].eq(1).fillna(False))]
    findings["era"] = findings["key"].map(platforms.set_index(machine_keys(platforms))["era"]).astype(object)
    return found(findings, cite(findings, "the oldest event of the System log here, of {time}"))


def tell(row: Mapping[str, Any]) -> Told:
    """A finding in words: what is missing, and what prints it."""
    off = row["logged"] is not None and row["logged"] != 1
    missing, advice = [], []
    if not row["reaches"]:
        missing.append(f"the log here begins at {row['time']}, and nothing shows that this is before the last start")
        print_it = (
            f"{queries.OLDEST.text} prints the oldest record of the log"
            if row["era"] != BEFORE
            else "Look at the oldest record of the log in the Event Viewer"
        )
        advice.append((NOW, f"{print_it}; save the whole log, too."))
    if off:
        missing.append(f"DesktopHeapLogging is {row['logged']}: such events are switched off")
        advice.append((NOW, "Set DesktopHeapLogging to 1 before the next failure; 1 is what current Windows has."))
    elif row["logged"] is None:
        missing.append("nothing shows that DesktopHeapLogging is 1")
        advice.append((NOW, f"{queries.SWITCH.text} prints whether such events are logged."))
    return Told(
        f"That no event 243 or 244 is in these texts clears nothing: {', and '.join(missing)}.",
        {"oldest": row["time"], "reaches": bool(row["reaches"]), "logged": row["logged"]},
        "A System log that reaches back to the last start, with DesktopHeapLogging at 1.",
        advice,
    )
