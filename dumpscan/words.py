"""Small words that several findings use: numbers with units, names of heaps and sessions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

MOST_NAMED = 6  # sessions or failures that a sentence names one by one
UNNAMED_ROLES = {"interactive": "the interactive desktop", "fixed": "Winlogon or Disconnect"}
PROBED_ROLES = {"interactive": "the interactive desktop", "service": "the service desktop"}


def kb(value: float) -> str:
    """A number of KB with thin grouping: "20,480 KB"; below 100 KB with one decimal where it has one."""
    number = f"{value:,.1f}" if value < 100 and value != int(value) else f"{int(value):,}"
    return f"{number} KB"


def percent(value: float, tool: str | None = None) -> str:
    """As the tool prints it: whole for !dskheap, one decimal for the others."""
    return f"{value:.0f} %" if tool == "dskheap" else f"{value:.1f} %"


def session_name(session: Any) -> str:
    return "a session whose number is not printed" if session is None else f"session {int(session)}"


def heap_name(row: Mapping[str, Any]) -> str:
    r"""`WinSta0\Default`, or what is known of a heap whose name was not readable."""
    station, desktop = row["window_station"], row["desktop"]
    if row["tool"] == "desktopheapdiag":
        account = str(row["desktop_path"] or "").partition(" for account ")[2]
        return PROBED_ROLES.get(row["role"], "a desktop") + (f" of {account}" if account else "")
    if desktop is None:
        return f"{UNNAMED_ROLES.get(row['role'], 'a desktop')} (by its size; its name was not readable)"
    return str(desktop) if station is None else f"{station}\\{desktop}"


def more_processes(free_kb: float, each_kb: int) -> str:
    """How many more processes of this size find room."""
    room = int(free_kb // each_kb)
    return (
        f"room for about {count(room, 'more process', 'more processes')} at {each_kb} KB"
        if room
        else "no room for another process"
    )


def count(number: int, noun: str, plural: str | None = None) -> str:
    """ "1 desktop", "2 desktops"."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def sessions_named(sessions: Sequence[int | None]) -> str:
    """ "session 0", "session 0 and session 2", or the first few and how many more."""
    names = [session_name(session) for session in sessions[:MOST_NAMED]]
    if len(sessions) > MOST_NAMED:
        names.append(count(len(sessions) - MOST_NAMED, "more session"))
    return " and ".join(names)
