"""The times that event logs and summaries print, in the orders and letters of their languages, in seconds."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

DAY = 86400.0
_CLOCK = re.compile(r"([0-9]{1,2})[:.]([0-9]{2})(?:[:.]([0-9]{2}))?")
_NOON = re.compile(r"(?i)(?<![a-z])([ap])\.? ?m")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_DATE = re.compile(r"([0-9]{1,4})([./-])([0-9]{1,2})[./-]([0-9]{1,4})")
_MONTH = re.compile(r"[A-Z][a-z]{2} [0-9]{1,2} ")  # Get-EventLog prints no year


def is_dated(time: Any) -> bool:
    """Whether a text tells a day and a time of day."""
    if not isinstance(time, str) or not _CLOCK.search(time):
        return False
    return _DATE.search(time) is not None or _MONTH.match(time) is not None


def moment_of(time: Any, *, day_first: bool = False) -> float:
    """A printed time in seconds. An ambiguous date is read with the month first (or the day), for all events alike."""
    if not isinstance(time, str):
        return float("nan")
    date = _DATE.search(time)
    if date:
        dates = _dates(date)[:: -1 if day_first else 1]
        day = next((seconds for one in dates if (seconds := _midnight(*one)) is not None), None)
        rest = f"{time[: date.start()]} {time[date.end() :]}"
    else:
        month, _, rest = time.partition(" ")
        number, _, rest = rest.partition(" ")
        known = month in _MONTHS and number.isascii() and number.isdigit()
        day = _midnight(1972, _MONTHS.index(month) + 1, int(number)) if known else None
    clock = _CLOCK.search(rest)
    if day is None or clock is None:
        return float("nan")
    hour, minute, second = int(clock[1]), int(clock[2]), int(clock[3] or 0)
    if noon := _NOON.search(rest):
        hour = hour % 12 + (12 if noon[1] in "pP" else 0)
    return day + hour * 3600 + minute * 60 + second


def days_of(time: str) -> tuple[float, float]:
    """The earliest and the latest moment that a printed time can mean, in seconds, to the day: 3/9/2007 is in March or in September, and
    zones differ."""
    match = _DATE.search(time)
    if match is None:
        return float("nan"), float("nan")
    seconds = [moment for date in _dates(match) if (moment := _midnight(*date)) is not None]
    return (min(seconds), max(seconds) + DAY) if seconds else (float("nan"), float("nan"))


def _dates(match: re.Match[str]) -> list[tuple[int, int, int]]:
    """Year, month and day that a printed date can mean."""
    first, middle, last = int(match[1]), int(match[3]), int(match[4])
    if len(match[1]) == 4:
        return [(first, middle, last)]
    year = last if len(match[4]) == 4 else last + (1900 if last >= 70 else 2000)
    return [(year, middle, first)] if match[2] == "." else [(year, first, middle), (year, middle, first)]


def _midnight(year: int, month: int, day: int) -> float | None:
    try:
        return (datetime(year, month, day) - datetime(1970, 1, 1)).total_seconds()
    except ValueError:
        return None
