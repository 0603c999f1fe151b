"""Who shares a desktop heap, in words: what to end there now, and what to change for good. It depends on the owner of the window station."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from dumpscan import queries
from dumpscan.owners import LOGON, SANDBOX
from dumpscan.platforms import BEFORE, SINCE
from dumpscan.rules import cite
from dumpscan.words import kb

if TYPE_CHECKING:
    import pandas as pd

_SANDBOX = re.compile(SANDBOX)
BUILT_IN = ("LocalSystem", "NetworkService", "LocalService", "Anonymous", "IUSR")


class Owner(NamedTuple):
    """What to do about a heap of one kind of owner; empty where there is nothing beside what holds for all."""

    now: str = ""
    cause: str = ""


def cite_accounts(rows: pd.DataFrame) -> pd.DataFrame:
    """The lines that name the accounts."""
    named = rows[rows["account"].notna()]
    return cite(
        named.assign(file=named["account_file"], line=named["account_line"]), "this logon session is that of {account}"
    )


def owned(name: str, row: Mapping[str, Any]) -> str:
    """The name of a heap, with its account where that is known."""
    return name if row["account"] is None else f"{name} ({row['account']})"


def owner_of(row: Mapping[str, Any]) -> Owner:
    """What to do about this heap because of who shares it."""
    station, owner, desktop = row["window_station"], str(row["owner"] or ""), str(row["desktop"] or "")
    sandbox = _SANDBOX.match(desktop)
    if sandbox:
        return Owner(
            f"A browser made this desktop for its sandbox: process {int(sandbox[1], 16)} (0x{sandbox[1]}) and its children use it."
        )
    if row["role"] == "fixed":
        uac = (
            ""
            if row["era"] == BEFORE
            else " From Vista on the prompts of User Account Control (the secure desktop) are shown on Winlogon's desktop, too."
        )
        return Owner(
            cause="Look for programs that show windows before or beside the logon: logon extensions, screen lockers, remote control."
            + uac
        )
    if station == "SAWinSta":
        return Owner(
            "This is the desktop of the Task Scheduler: look for scheduled tasks that hang and end them; in session 0, handle.exe -a SAWinSta names the "
            "processes that have it open.",
            "Mend the task that never ends: a larger heap only fills later (on record: 2,048 KB in two to three weeks).",
        )
    if owner in BUILT_IN and row["session"] not in (None, 0):
        return Owner(
            f"Outside session 0 these are no services: programs that run there as {owner}, started by a service or a tool, share this heap. Find out what "
            "started them, and end what hangs."
        )
    if owner == "LocalSystem":
        return Owner(
            "All services under LocalSystem and their children share this heap: stop the services with the most child processes first.",
            f"Fewer child processes and console windows of services; some services may move to another account, at the price of {_price(row)}.",
        )
    if owner in BUILT_IN:
        return Owner(
            f"All services under {owner} share this heap: recycle the one with the most processes (IIS pools and hosts of services among them).",
            f"Split the work: give the largest user an account of its own, at the price of {_price(row)}.",
        )
    if owner.startswith(LOGON):
        return _of_logon(row, owner)
    if row["role"] == "interactive":
        return _interactive(row, station, desktop)
    if station is not None and station != "WinSta0":
        return Owner("The processes of the program that made this window station share the heap.")
    return Owner()


def _of_logon(row: Mapping[str, Any], owner: str) -> Owner:
    """A logon session of its own: a service account in session 0; elsewhere a program of the user who is logged on there."""
    who, now = row["account"], f"Processes of one logon share this heap: {_who_is(row, owner.removeprefix(LOGON))}."
    if row["session"] not in (None, 0):
        return Owner(
            f"{now} Outside session 0 that is no service, but a program which the user of the session started."
        )
    agents = "the service" if who is None else f"what runs as {who}"
    return Owner(
        f"{now} Run fewer of its jobs at once, or restart {agents}.",
        f"Spread the load: agents on a schedule instead of all the time, and separate accounts for what need not share one, each at the price of {_price(row)}.",
    )


def _who_is(row: Mapping[str, Any], luid: str) -> str:
    if row["account"] is not None:
        return f"logon session 0x{luid} is that of {row['account']}"
    high, _, low = luid.rpartition(":")
    number = (int(high or "0", 16) << 32) + int(low, 16)
    before_8, since_8 = queries.OWNERS_BY_WMIC.text, queries.OWNERS_OF_8.text
    tool = before_8 if row["era"] == BEFORE else f"{since_8} (before Windows 8: {before_8})"
    return f"whose it is tells {tool}, as LogonId {number} (0x{luid}), before the next restart"


def _interactive(row: Mapping[str, Any], station: str | None, desktop: str) -> Owner:
    if station == "WinSta0" and desktop not in ("", "Default"):
        return Owner(f"Only the processes that a program started on the desktop {desktop} use it: end that program.")
    windows = "Windows, menus and hooks of all programs of this session share it"
    if row["session"] != 0:
        return Owner(
            f"{windows}: close what is not needed, or log the user off, which frees all of it.",
            "Fewer windows for each user: look for the program whose USER objects only grow.",
        )
    if row["era"] == SINCE:
        return Owner(
            "Nobody is logged on in session 0 since Vista: only services that show windows use this heap; find and stop them.",
            "Services should show no windows.",
        )
    since = "" if row["era"] == BEFORE else "Before Vista: "
    return Owner(
        f"{since}Beside the programs of who is logged on at the console, services that may interact with the desktop use this heap, from the second "
        "SharedSection value.",
        f'{since}Untick "Allow service to interact with desktop" for services that need no window.',
    )


def _price(row: Mapping[str, Any]) -> str:
    """What an account of its own costs: never free, so never the first advice."""
    view = "" if row["era"] == SINCE else " of session view space"
    return f"another heap of {kb(row['size_kb'])}{view} and new rights, ACLs and SPNs"
