"""What the rules on USER and GDI objects have in common: the latest list of each session, its totals, and the heap that a process draws on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from dumpscan.machines import machine_keys
from dumpscan.words import count, session_name, sessions_named

if TYPE_CHECKING:
    import pandas as pd

TOTALS = ("TOTAL", "GR_GLOBAL")
OBJECT_KB = 0.2  # of heap that an average USER object takes: 512 KB are some 2,500 of them (ss64.com, it-words.jp)
# Of heap that a small process takes, however few objects it has: about 110 of 250 services started on 768 KB (winsw issue 803); KB 949296 counts 10.
PROCESS_KB = 7
SERVICE_KB = 768  # the third SharedSection value as installed on x64 (KB 184802)
# What runs on the desktops of WinSta0 or has none, also in session 0 [field]: their objects are not on a heap of services.
NOT_SERVICES = ("csrss.exe", "wininit.exe", "winlogon.exe", "logonui.exe", "dwm.exe", "fontdrvhost.exe")
# Accounts whose logon session, and so whose window station, is the same on every machine (winnt.h). All services of one share its heap.
STATIONS = {"system": "Service-0x0-3e7$", "local service": "Service-0x0-3e5$", "network service": "Service-0x0-3e4$"}


def latest(gui_objects: pd.DataFrame) -> pd.DataFrame:
    """The rows with counts of the last list of each session, with `key` of the machine; of a process that is listed twice, the later one. A list of
    tasklist has no counts and supersedes nothing."""
    rows = gui_objects[gui_objects["user_objects"].notna() | gui_objects["gdi_objects"].notna()]
    rows = rows.assign(key=machine_keys(rows), at=rows["session"].fillna(-1))
    rows = rows[rows["snapshot"].eq(rows.groupby(["key", "at"])["snapshot"].transform("max"))]
    return rows.drop_duplicates(["key", "at", "pid", "process"], keep="last").drop(columns="at")


def counted(rows: pd.DataFrame, gui_objects: pd.DataFrame) -> pd.Series[bool]:
    """Whether the USER objects of the machine and session of each row are listed."""
    listed = processes(gui_objects)
    there = listed[["key", "session"]].drop_duplicates().assign(counted=True)
    wanted = rows[["session"]].assign(key=machine_keys(rows))
    return wanted.merge(there, on=["key", "session"], how="left")["counted"].eq(True).set_axis(rows.index)


def processes(gui_objects: pd.DataFrame) -> pd.DataFrame:
    """The processes of the latest lists."""
    rows = latest(gui_objects)
    return rows[rows["pid"].notna()]


def by_number(objects: pd.Series[int], processes: pd.Series[int]) -> pd.Series[bool]:
    """Where the number of processes says more of the heap than that of their objects."""
    more: pd.Series[bool] = (processes * PROCESS_KB).gt(objects * OBJECT_KB)
    return more


def estimate_kb(objects: pd.Series[int], processes: pd.Series[int]) -> pd.Series[float]:
    """KB of heap by estimate: of the objects, but never less than what so many processes take."""
    kb: pd.Series[float] = (objects * OBJECT_KB).mask(
        by_number(objects, processes), (processes * PROCESS_KB).astype(float)
    )
    return kb.astype(float)


def most_common(rows: pd.DataFrame, group: list[str]) -> pd.DataFrame:
    """The program that most processes of each group run, and how many: "image" and "copies"."""
    copies = rows.groupby([*group, "process"], sort=False).size().rename("copies").reset_index()
    copies = copies.sort_values("copies", ascending=False, kind="stable").drop_duplicates(group)
    return copies.rename(columns={"process": "image"})


def account_name(account: Any) -> str:
    """How an account is told; GuiObjectUse leaves it out where it could not ask."""
    return str(account) if isinstance(account, str) else "an account that is not told"


def station(account: Any) -> str | None:
    r"""The window station of services under this account, where it is the same everywhere.

    >>> station("NT AUTHORITY\\SYSTEM"), station("CONTOSO\\svc_report")
    ('Service-0x0-3e7$', None)
    """
    return STATIONS.get(str(account).rpartition("\\")[2].lower()) if isinstance(account, str) else None


def heap_of(account: Any) -> str:
    """Which heap the services of an account draw on, in words."""
    named = station(account)
    return f"the heap of {named}" if named else "the heap of the Service-0x station of their logon"


def process_name(row: Mapping[str, Any]) -> str:
    """A process with its PID and its services."""
    services = row["services"]
    return f"{row['process']} (PID {row['pid']}{f', {services}' if isinstance(services, str) else ''})"


def restart(who: str) -> str:
    """Words that several rules share stand once in a report."""
    return f"Restart {who}, and see whether the failures stop."


def count_objects(*sessions: Any) -> str:
    return (
        f"Count the USER objects of {sessions_named(sessions)} by process (GuiObjectUse, for session 0 as SYSTEM) while it fails, and restart what stands out: "
        "on Windows 8 and later !dskheap mostly prints nothing."
    )


def count_again(session: Any) -> str:
    return (
        f"List the USER objects of {session_name(session)} again after an hour and after a day: a count that only grows is a leak, and its maker has to "
        "mend it."
    )


def held(objects: float) -> str:
    return count(int(objects), "USER object")
