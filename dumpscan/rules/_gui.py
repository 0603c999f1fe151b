"""What the rules on USER and GDI objects say of them in the same words, and whether the objects of a session are counted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from dumpscan.gui_objects import processes, station
from dumpscan.machines import machine_keys
from dumpscan.words import count, session_name, sessions_named

if TYPE_CHECKING:
    import pandas as pd

OBJECT_KB = 0.2  # of heap that an average USER object takes: 512 KB are some 2,500 of them (ss64.com, it-words.jp)
# Of heap that a small process takes, however few objects it has: about 110 of 250 services started on 768 KB (winsw issue 803); KB 949296 counts 10.
PROCESS_KB = 7
SERVICE_KB = 768  # the third SharedSection value as installed on x64 (KB 184802)


def counted(rows: pd.DataFrame, gui_objects: pd.DataFrame) -> pd.Series[bool]:
    """Whether the USER objects of the machine and session of each row are listed."""
    listed = processes(gui_objects)
    there = listed[["key", "session"]].drop_duplicates().assign(counted=True)
    wanted = rows[["session"]].assign(key=machine_keys(rows))
    return wanted.merge(there, on=["key", "session"], how="left")["counted"].eq(True).set_axis(rows.index)


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
