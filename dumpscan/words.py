"""Small words that several findings use: numbers with units, names of heaps and sessions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def is_missing(value: Any) -> bool:
    """None, NaN or NA: a value that was not printed."""
    return value is None or value != value or type(value).__name__ == "NAType"


def kb(value: float) -> str:
    """A number of KB with thin grouping: "20,480 KB"; below 100 KB with one decimal where it has one."""
    number = f"{value:,.1f}" if value < 100 and value != int(value) else f"{int(value):,}"
    return f"{number} KB"


def percent(value: float, tool: str | None = None) -> str:
    """As the tool prints it: whole for !dskheap, one decimal for dheapmon."""
    return f"{value:.0f} %" if tool == "dskheap" else f"{value:.1f} %"


def session_name(session: Any) -> str:
    return "a session whose number is not printed" if is_missing(session) else f"session {int(session)}"


def heap_name(row: Mapping[str, Any]) -> str:
    r"""`WinSta0\Default`, or what is known of a heap whose name was not readable."""
    station, desktop = row["window_station"], row["desktop"]
    if is_missing(desktop):
        return f"the {kb(row['size_kb'])} heap (its name was not readable)"
    return str(desktop) if is_missing(station) else f"{station}\\{desktop}"


def count(number: int, noun: str) -> str:
    """"1 desktop", "2 desktops"."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"
