r"""A process in session 0 holds very many USER objects

## What happens
Windows, menus and hooks live on a desktop heap. Services need hardly any: on a healthy machine all of session 0 has 136 USER objects in 22 processes, of which
csrss.exe has 83. A service with a thousand leaks them, or makes windows that nobody sees. Its heap is that of its account's window station
(768 KB on x64), which it shares with all services of that logon.

## How the log proves it
A list of USER objects (GuiObjectUse, Process Explorer) with a process of session 0 that has 1,000 or more **[guess]**. csrss.exe and others on WinSta0 are left
out. How much heap an object takes differs: 0.2 KB is an average. The latest list of the session counts.

Where events 243 of the machine name their sessions and none of them is session 0, this process did not fill the heap of the failure: heaps belong to one session. Then the
finding is of low severity and says so.

## What to do
Restart the service; compare the count after an hour and a day; give its maker both lists. The number is what to watch, not the handles of Task Manager's
other column.

## What would refute it
A count that stays the same for days while nothing fails.

## Sources
KB 947246; GuiObjectUse of Aaron Margosis, 2024 (baseline); ss64.com and it-words.jp (0.2 KB).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from dumpscan.gui_objects import NOT_SERVICES, processes
from dumpscan.machines import machine_keys
from dumpscan.rules import CAUSE, FUTILE, HEAPS, NOW, Found, Told, cite, found, rule
from dumpscan.rules._events import failed_allocations
from dumpscan.rules._gui import account_name, count_again, heap_of, held, process_name, restart
from dumpscan.rules._windows import SESSION_0_IS_FOR_SERVICES
from dumpscan.words import sessions_named

if TYPE_CHECKING:
    import pandas as pd

MANY = 1000  # USER objects of one process [guess]
HEALTHY = "136 in 22 processes, 83 of them in csrss.exe"


@rule(
    stage=HEAPS,
    says=None,
    needs="gui_objects.user_objects",
    clear="No process of session 0 that is listed holds a thousand USER objects.",
    references=("KB 947246",),
    applies=SESSION_0_IS_FOR_SERVICES,
)
def check(
    gui_objects: pd.DataFrame, platforms: pd.DataFrame, events: pd.DataFrame, systems: pd.DataFrame
) -> Found | None:
    """The process with the most, one finding a machine; the others are cited."""
    import numpy as np

    rows = processes(gui_objects)
    rows = rows[(rows["session"].eq(0) & rows["user_objects"].ge(MANY)).fillna(False)]
    rows = rows[~rows["process"].str.lower().isin(NOT_SERVICES)]
    suits = machine_keys(platforms)[SESSION_0_IS_FOR_SERVICES.suits(platforms)]
    rows = rows[rows["key"].isin(suits)].sort_values("user_objects", ascending=False, kind="stable")
    more = rows.groupby("key").size() - 1
    told = failed_allocations(events, systems)
    told = told.assign(key=machine_keys(told))
    own = told.loc[told["session"].eq(0).fillna(True).to_numpy(bool), "key"]
    others = told[~told["key"].isin(own)]
    elsewhere = others.drop_duplicates(["key", "session"]).groupby("key")["session"].agg(list)
    findings = rows.drop_duplicates("key").assign(certainty="likely")
    findings = findings.assign(
        more=findings["key"].map(more),
        elsewhere=findings["key"].map(elsewhere).astype(object),
        severity=np.where(findings["key"].isin(elsewhere.index), "low", "medium"),
    )
    lines = rows[["key", "file", "line", "process", "user_objects", "user_objects_peak"]]
    return found(
        findings,
        cite(findings[["key"]], "{process}: {user_objects:,} USER objects", lines, ["key"]),
        cite(
            findings[["key"]],
            "event 243 at {time}: session {session}",
            others[["key", "file", "line", "time", "session"]],
            ["key"],
        ),
    )


def tell(row: Mapping[str, Any]) -> Told:
    """A finding in words: who, how many, and which heap they are on."""
    more = f" {row['more']} more of session 0 hold {MANY:,} or more." if row["more"] else ""
    who = process_name(row)
    elsewhere = row["elsewhere"] if isinstance(row["elsewhere"], list) else []
    other = (
        f" The allocations that failed (event 243) were in {sessions_named(elsewhere)}: these objects are on no heap of {'those' if elsewhere[1:] else 'it'}."
        if elsewhere
        else ""
    )
    summary = (
        f"{who} in session 0 holds {held(row['user_objects'])}; all of a healthy session 0 has {HEALTHY}. "
        f"It runs as {account_name(row['account'])}, so {heap_of(row['account'])} carries them.{more}{other}"
    )
    advice = [
        (NOW, restart(who)),
        (CAUSE, count_again(row["session"])),
        (FUTILE, "A larger heap for a leak: it fills, too, only later."),
    ]
    keys = ("session", "pid", "process", "services", "account", "user_objects", "user_objects_peak")
    return Told(
        summary,
        {key: row[key] for key in keys} | {"failed_in": elsewhere},
        "A count that stays the same for days while nothing fails.",
        advice,
    )
