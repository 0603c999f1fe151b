"""Lists of processes with their USER and GDI objects: the latest of each session, and the window station that an account has everywhere."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dumpscan.machines import machine_keys

if TYPE_CHECKING:
    import pandas as pd

TOTALS = ("TOTAL", "GR_GLOBAL")
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


def processes(gui_objects: pd.DataFrame) -> pd.DataFrame:
    """The processes of the latest lists."""
    rows = latest(gui_objects)
    return rows[rows["pid"].notna()]


def station(account: Any) -> str | None:
    r"""The window station of services under this account, where it is the same everywhere.

    >>> station("NT AUTHORITY\\SYSTEM"), station("CONTOSO\\svc_report")
    ('Service-0x0-3e7$', None)
    """
    return STATIONS.get(str(account).rpartition("\\")[2].lower()) if isinstance(account, str) else None
