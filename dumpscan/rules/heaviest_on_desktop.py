r"""Who holds most USER objects where an allocation from a desktop heap failed

## What happens
On Windows 8 and later `!dskheap` mostly prints nothing: how full a heap is cannot be read. What can be read is who asked in vain (event 243), how large the
heaps are (the command line of csrss.exe), and how many USER objects each process holds (GuiObjectUse). Together they tell where to look first.

The one who asked is the victim. In session 0 all services under one account share the heap of its station `Service-0x...` (under a built-in account all of
them; under another one those of one logon), so the heap that was full is that of the victim's account. In a user's session all programs share
`WinSta0\Default`.

## How the log proves it
Event 243 of Win32k with date and time, not of an earlier boot, whose session is known, and a list of USER objects of that session. In session 0 the
account of the process that asked is taken where the list still has it (PID and name), else the one with most objects; csrss.exe and others
on WinSta0 are left out.

The KB are an **estimate**: objects times 0.2 KB, the average of published figures (512 KB are some 2,500 objects). One window with a title of 2,048 characters
takes 4 KB; some objects are on no desktop heap at all. A list shows its own moment, not that of the event.

Many small processes fill a heap, too, and their objects are few: 180 with six objects each. So an estimate is never less than 7 KB for each process that has any object
(some 110 services started on 768 KB; a typical one takes 10 KB). Where the number of processes makes the estimate, the finding names no culprit but their number.

## What to do
Restart what stands out, and list again while it fails. A count that only grows is a leak. Where only the number of processes stands out: fewer of them, or a larger heap.

## What would refute it
A list from the moment of a failure in which the objects of that account are few.

## Sources
KB 947246; GuiObjectUse of Aaron Margosis, 2024; ss64.com and it-words.jp (0.2 KB); winsw issue 803 (7 KB a process), KB 949296 (10 KB); measurements on Windows 11 in public notes (titles).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from dumpscan.gui_objects import NOT_SERVICES, processes, station
from dumpscan.machines import machine_keys
from dumpscan.rules import CAUSE, EVENTS, FUTILE, NOW, Found, Told, cite, found, rule
from dumpscan.rules._events import failed_allocations
from dumpscan.rules._gui import (
    PROCESS_KB,
    SERVICE_KB,
    account_name,
    by_number,
    count_again,
    count_objects,
    estimate_kb,
    heap_of,
    held,
    most_common,
    restart,
)
from dumpscan.rules._windows import SESSION_0_IS_FOR_SERVICES
from dumpscan.rules.session0_requester import with_owner
from dumpscan.words import count, kb, session_name

if TYPE_CHECKING:
    import pandas as pd

NAMED = 3  # processes
INTERACTIVE_KB = 20480  # the second SharedSection value as installed on x64 (KB 184802)
EXPLAINS = 50  # percent of the heap [guess]: below it these objects do not explain a full one
SESSION = ["key", "session"]
GROUP = [*SESSION, "owner"]


@rule(
    stage=EVENTS,
    says=None,
    needs=("events.event_id", "events.time", "gui_objects.user_objects"),
    clear="No event 243 names a session whose USER objects are listed.",
    references=("KB 947246",),
    applies=SESSION_0_IS_FOR_SERVICES,
)
def check(
    events: pd.DataFrame, systems: pd.DataFrame, gui_objects: pd.DataFrame, platforms: pd.DataFrame
) -> Found | None:
    """One finding a session with an event: the account (session 0) or the whole session, and its top three."""
    told = failed_allocations(events, systems)
    told = told[told["session"].notna()]
    told = told.assign(key=machine_keys(told))
    told = told[told["key"].isin(machine_keys(platforms)[SESSION_0_IS_FOR_SERVICES.suits(platforms)])]
    told = with_owner(told.drop_duplicates(SESSION, keep="last"), gui_objects)
    rows = processes(gui_objects)
    rows = rows[rows["user_objects"].gt(0).fillna(False) & ~rows["process"].str.lower().isin(NOT_SERVICES)]
    # In session 0 an account is a heap; in the others all programs are on one desktop.
    rows = rows.assign(owner=rows["account"].astype(object).where(rows["session"].eq(0).fillna(False), "").fillna(""))
    rows = rows.sort_values("user_objects", ascending=False, kind="stable")
    heaps = rows.groupby(GROUP, sort=False).agg(
        objects=("user_objects", "sum"),
        processes=("pid", "size"),
        top_pid=("pid", "first"),
        owner_account=("account", "first"),
    )
    asked = told[["key", "session", "account"]].rename(columns={"account": "asker"})
    heaps = heaps.reset_index().merge(asked, on=SESSION)
    heaps["asks"] = heaps["owner"].eq(heaps["asker"].astype(object))
    heaps["estimate"] = estimate_kb(heaps["objects"], heaps["processes"])
    heaps["many"] = by_number(heaps["objects"], heaps["processes"])
    heaps = heaps.sort_values(["asks", "estimate"], ascending=False, kind="stable").drop_duplicates(SESSION)
    of_heap = ["objects", "processes", "estimate", "many", "top_pid", "owner_account", "asks"]
    findings = told.merge(heaps[[*GROUP, *of_heap]], on=SESSION)
    sizes = platforms.set_index(machine_keys(platforms))
    services = findings["session"].eq(0)
    for name in ("configured_service_kb", "configured_interactive_kb", "sections_file", "sections_line"):
        findings[name] = findings["key"].map(sizes[name])
    size = findings["configured_service_kb"].where(services, findings["configured_interactive_kb"]).astype("Int64")
    usual = services.map({True: SERVICE_KB, False: INTERACTIVE_KB})
    explains = (findings["estimate"] * 100).ge(size.fillna(usual) * EXPLAINS)
    severity = explains.map({True: "high", False: "low"}).astype(object)
    findings = findings.assign(size=size, explains=explains.astype(bool), severity=severity, certainty="possible")
    top = rows.merge(findings[GROUP], on=GROUP).groupby(GROUP, sort=False).head(NAMED)
    names = _with_services(top).groupby([top[name] for name in GROUP]).agg(", ".join).rename("top").reset_index()
    findings = findings.merge(names, on=GROUP).merge(most_common(rows, GROUP), on=GROUP)
    configured = findings.assign(file=findings["sections_file"], line=findings["sections_line"].astype("Int64"))
    shown = top[[*GROUP, "file", "line", "process", "user_objects"]]
    return found(
        findings,
        cite(findings, "event 243 at {time}"),
        cite(findings[GROUP], "{process}: {user_objects:,} USER objects", shown, GROUP),
        cite(configured[configured["size"].notna()], "the configured size: {size:,} KB"),
    )


def _with_services(top: pd.DataFrame) -> pd.Series[str]:
    """ "agent.exe (PID 4712, Widget) with 2,940"."""
    services = (", " + top["services"].astype(object)).fillna("")
    objects = top["user_objects"].map("{:,}".format)
    told: pd.Series[str] = (
        top["process"].astype(object) + " (PID " + top["pid"].astype(str) + services + ") with " + objects
    )
    return told


def tell(row: Mapping[str, Any]) -> Told:
    """A finding in words: an estimate, and never more than that."""
    services, size, account = row["session"] == 0, row["size"], row["owner_account"]
    estimate, many = float(row["estimate"]), bool(row["many"])
    first = row["top"].partition(") with ")[0] + ")"
    who = (
        f"The services of {account_name(account)} in session 0"
        if services
        else f"The programs of {session_name(row['session'])}"
    )
    heap = heap_of(account) if services else r"the heap of WinSta0\Default"
    asker = row["process"] if row["account"] is not None else None  # it is in the list
    itself = asker is not None and row["pid"] == row["top_pid"] and not many
    victim = "" if asker is None else f" {asker}, which asked in vain, is one of them and a victim."
    if itself:
        victim = f" {asker} asked in vain, and it holds most of them itself."
    processes = count(int(row["processes"]), "process", "processes")
    each = f" at {PROCESS_KB} KB a process" if many else ""
    most = (
        f"What counts is their number: {row['copies']:,} run {row['image']}" if many else f"Most of them: {row['top']}"
    )
    summary = (
        f"{who} hold {held(row['objects'])} in {processes}: by estimate {kb(round(estimate))}{each} of {heap}{_share(estimate, size)}. {most}.{victim}"
    )  # fmt: skip
    told = f"By estimate {who[0].lower()}{who[1:]} hold {kb(round(estimate))}{each} of {heap}{_share(estimate, size)}"
    if many and row["explains"]:
        advice = [
            (NOW, f"End those of the {processes} that nobody needs ({row['copies']:,} run {row['image']}), or start fewer at a time: no single one stands out."),
            (CAUSE, f"{told}: so many small processes are a matter of size, not of a leak. Spread them over more logons, or give their heap more room."),
            (CAUSE, "Count the processes again after an hour and after a day: a number that only grows means that work which ended leaves processes behind."),
            (FUTILE, "Restarting a single one of them: each holds little."),
        ]  # fmt: skip
    else:
        advice = [
            (NOW, restart(first) if row["explains"] else count_objects(row["session"])),
            (CAUSE, f"{told}; {first} holds most of it."),
            (CAUSE, count_again(row["session"])),
            *([] if itself else [(FUTILE, "Restarting only the process that the event names: it asked in vain, but others hold more.")]),
        ]  # fmt: skip
    subject = {key: row[key] for key in ("session", "objects", "processes", "top")} | {
        "account": account if services else None,
        "window_station": station(account) if services else "WinSta0",
        "estimate_kb": round(estimate),
        "by_number": many,
        "size_kb": size,
    }
    return Told(
        summary,
        subject,
        "A list from the moment of a failure in which the objects of these processes are few.",
        advice,
    )


def _share(estimate: float, size: Any) -> str:
    if size is None:
        return ", whose size is not in these texts"
    share = 100 * estimate / int(size)
    if share > 100:
        return f", which has only {kb(size)}: they are smaller than average, or not all of them are on it"
    weak = "; that alone does not explain a full heap" if share < EXPLAINS else ""
    return f", which has {kb(size)} ({share:.0f} %){weak}"
