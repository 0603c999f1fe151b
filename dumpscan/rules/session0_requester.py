r"""Services ran out of desktop heap: event 243 names session 0

## What happens
Session 0 is that of the services. When one of their heaps is full, strange failures follow anywhere on the machine: services that do not start, tasks
and remote logons that end at once, programs that say nothing. Microsoft's advice is never to ignore this event.

Which heap: services live on window stations of their own, `Service-0x...`, one for each logon session, whose heaps have the third SharedSection value (768 KB
on x64). `WinSta0\Default` of session 0 has the second value (20,480 KB), and hardly anything runs on it. "Session 0 has a very small heap" in KB
947246 means the stations of services.

## How the log proves it
Event 243 of Win32k with date and time, not of an earlier boot, that names session 0, or that stands within a minute of a service that did not start (7000, 7009); on
Windows 10 1607, Server 2016 or later (build 14393). Where the build is not known, the event must name its session: older Windows print
none **[guess]**. A process of the same PID and name in a list of USER objects tells the account, and so the station.

## What to do
Count the USER objects of session 0 by process (GuiObjectUse as SYSTEM), and restart what stands out. The third value, not the second one, sizes these heaps.

## What would refute it
A service that interacts with the desktop, on `WinSta0\Default`; USER objects of session 0 as few as on a healthy machine (136 in 22 processes) while it fails.

## Sources
KB 947246; GuiObjectUse and TSSessions of Aaron Margosis, 2024 (baseline and sizes of session 0).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from dumpscan.gui_objects import station
from dumpscan.machines import machine_keys
from dumpscan.platforms import BEFORE_8
from dumpscan.rules import EVENTS, FUTILE, NOW, REBOOT, Found, Told, Windows, cite, found, rule
from dumpscan.rules._events import failed_allocations, when
from dumpscan.rules._gui import SERVICE_KB, count_objects, counted
from dumpscan.rules._heap import ADVISED, EXHAUSTED, MOST, STEPS
from dumpscan.words import kb

if TYPE_CHECKING:
    import pandas as pd

FIRST = 14393  # the build of Windows 10 1607 and Server 2016


def _suits(platforms: pd.DataFrame) -> pd.Series[bool]:
    """Builds from Server 2016 on, and machines of which only a generation is known that does not speak against it."""
    unknown = platforms["build"].isna() & platforms["generation"].ne(BEFORE_8)
    return platforms["build"].ge(FIRST).fillna(False) | unknown


SINCE_2016 = Windows(
    _suits,
    "Windows before 10 1607 and Server 2016 does not name the session of the one who asked in the way this rule reads.",
)
KNOWN = ["build", "architecture", "configured_service_kb"]
OWNER = ["services", "account", "gui_file", "gui_line"]


@rule(
    stage=EVENTS,
    says=None,
    needs=("events.event_id", "events.time"),
    clear="No event tells that an allocation failed in session 0.",
    references=("KB 947246",),
    applies=SINCE_2016,
)
def check(
    events: pd.DataFrame,
    systems: pd.DataFrame,
    platforms: pd.DataFrame,
    gui_objects: pd.DataFrame,
    advised: pd.DataFrame,
) -> Found | None:
    """The last such event of each machine; all of them are cited."""
    told = failed_allocations(events, systems)
    told = told[told["session"].eq(0).fillna(False)]
    told = told.assign(key=machine_keys(told), named=told["near_line"].isna())
    machines = platforms[_suits(platforms)]
    machines = machines[KNOWN].assign(key=machine_keys(machines)).set_index("key")
    told = told[told["key"].isin(machines.index)]
    told = told.join(machines, on="key")
    told = told.join(advised.set_index(machine_keys(advised))[[*ADVISED]], on="key")
    told = told[told["build"].notna() | told["named"]]
    certainty = told["build"].notna().map({True: "likely", False: "possible"}).astype(object)
    rows = told.assign(severity="high", certainty=certainty).drop_duplicates("key", keep="last")
    rows = with_owner(rows, gui_objects)
    rows = rows.assign(counted=counted(rows, gui_objects))
    lines = told[["key", "file", "line", "time"]]
    owners = rows.assign(file=rows["gui_file"], line=rows["gui_line"])
    return found(
        rows,
        cite(rows[["key"]], "event 243 at {time}: session 0", lines, ["key"]),
        cite(rows.assign(file=rows["near_file"], line=rows["near_line"]), "a service that did not start within a minute of it"),
        cite(owners, "the process that asked in vain: {account}"),
    )  # fmt: skip


def with_owner(rows: pd.DataFrame, gui_objects: pd.DataFrame) -> pd.DataFrame:
    """Services and account of the process that an event names, from a list of processes: only where PID, session and name agree."""
    listed = gui_objects[gui_objects["pid"].notna() & gui_objects["account"].notna()]
    listed = listed.assign(key=machine_keys(listed), name=listed["process"].str.lower())
    listed = listed[listed["pid"].isin(rows["pid"])].drop_duplicates(["key", "session", "pid", "name"], keep="last")
    listed = listed.rename(columns={"file": "gui_file", "line": "gui_line"}).astype({"gui_file": object})
    keys = ["key", "session", "pid", "name"]
    named = rows.assign(name=rows["process"].str.replace(r"^.*\\", "", regex=True).str.lower())
    return named.merge(listed[[*keys, *OWNER]], on=keys, how="left").drop(columns="name")


def tell(row: Mapping[str, Any]) -> Told:
    """A finding in words: who asked, which heap it was, and which value sizes it."""
    asked = (
        f"{row['process']} (PID {row['pid']})" if row["process"] is not None and row["pid"] is not None else "A process"
    )
    size = row["configured_service_kb"]
    each = f"{kb(size)} each here" if size is not None else f"{kb(SERVICE_KB)} each as installed on x64"
    named = station(row["account"])
    of_account = (
        f" It runs as {row['account']}{f', whose station is {named}' if named else ''}." if row["account"] else ""
    )
    summary = (
        f"{asked} of session 0 got nothing from its desktop heap at {when(row)}: odd failures anywhere on the machine can follow.{of_account} "
        rf"The full heap is most likely that of a service station (Service-0x..., {each}), not WinSta0\Default."
    )  # fmt: skip
    advice = [
        *([] if row["counted"] else [(NOW, count_objects(0))]),
        _larger(row),
        (FUTILE, r"A larger second SharedSection value: it sizes the desktops of WinSta0, not those of services."),
    ]
    subject = {key: row[key] for key in ("time", "session", "process", "pid", "account", "services")} | {
        "window_station": named,
        "configured_kb": size,
    }
    return Told(
        summary,
        subject,
        "A service that interacts with the desktop, or as few USER objects in session 0 as on a healthy machine while it fails.",
        advice,
    )


def _larger(row: Mapping[str, Any]) -> tuple[str, str]:
    """A number only where Windows, architecture and the present value are known."""
    size = row["configured_service_kb"]
    if size is not None and (row["build"] is None or row["architecture"] is None):
        return (
            REBOOT,
            "The third SharedSection value sizes these heaps; how large it should be, only Windows and its architecture tell (systeminfo), and they are not in these texts.",
        )
    if size is None:
        return (
            REBOOT,
            "The third SharedSection value sizes these heaps. Read the one in force first (the command line of csrss.exe): these texts do not tell "
            "enough for a number.",
        )
    stored = row["service_stored_kb"]
    if stored is not None and stored > size:
        return (
            REBOOT,
            f"The registry already asks for {kb(stored)} as the third SharedSection value: restart, there is nothing to raise.",
        )
    if row["becomes"] is not None:
        return (
            REBOOT,
            f"SharedSection={row['sizes']} becomes SharedSection={row['becomes']}, as other findings advise; one step more for the third value only if that is not enough.",
        )
    larger = int(size) + STEPS["service"]
    if larger > MOST:
        return (FUTILE, f"A larger third SharedSection value: {EXHAUSTED['third']}")
    return (REBOOT, f"Raise the third SharedSection value from {size} to {larger}; it counts after a restart.")
