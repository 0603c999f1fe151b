"""When a text was saved, where no debugger printed it: the stamp in a file's name, or in the line that `.logopen /t` leaves.

    Opened log file 'c:\\logs\\kd_02BC_2005-02-28_09-05-50-935.txt'        dheapmon_20090310-0705.txt        APP01/2009-03-10/kd.log

A stamp is year, month, day in this order (others cannot be told apart), and perhaps hour, minute and second.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

LITERALS = (b"opened log",)

_HEADER = re.compile(r"^[ ]*+Opened log file '([^'\n]{1,400})'", re.IGNORECASE)
_STAMP = re.compile(
    r"(?<![0-9])((?:19|20)[0-9]{2})([-_.]?)(0[1-9]|1[0-2])\2([0-2][0-9]|3[01])(?:[T_ .-]{0,3}([01][0-9]|2[0-3])[-_.:h]?([0-5][0-9])(?:[-_.:m]?([0-5][0-9]))?)?(?![0-9])"
)
_PRINTED = re.compile(
    r"[A-Z][a-z]{2} ([A-Z][a-z]{2}) +([0-9]{1,2}) ([0-9]{2}):([0-9]{2}):([0-9]{2})(?:\.[0-9]+)? ([0-9]{4})(?![0-9])"
)
# The debugger: "3 days 4:05:06.789"; systeminfo and PsInfo: "12 Days, 4 Hours, 5 Minutes, 6 Seconds".
_UPTIME = re.compile(
    r"(?i)([0-9]{1,6}) days?(?: ([0-9]{1,2}):([0-9]{2}):([0-9]{2})|, ([0-9]{1,2}) hours?, ([0-9]{1,2}) minutes?, ([0-9]{1,2}) seconds?)"
)
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_EPOCH = datetime(1970, 1, 1)
SINCE = "since "  # what an uptime begins with that tells when the machine was started
Span = tuple[float, float]  # seconds: not before, not after
UNKNOWN: Span = (float("nan"), float("nan"))


def stamp(name: str) -> str | None:
    """The last time stamp in a path, as "2005-02-28 09:05:50" or as much of it as is there.

    >>> stamp("a/kd_02BC_2005-02-28_09-05-50-935.txt"), stamp("20090310/dheapmon.txt"), stamp("KB949296.txt")
    ('2005-02-28 09:05:50', '2009-03-10', None)
    """
    found = list(_STAMP.finditer(name))
    if not found:
        return None
    year, _, month, day, *clock = found[-1].groups()
    return f"{year}-{month}-{day} {':'.join(part for part in clock if part)}".strip()


def header_stamp(line: str) -> str | None:
    """The stamp in the first line of a log that was opened with `.logopen /t`."""
    header = _HEADER.match(line)
    return stamp(header[1].replace("\\", "/").rpartition("/")[2]) if header else None


def span(text: object) -> Span:
    """When that was, to compare it with others of the same machine; (nan, nan) for damaged ones (a year 17420, a field lost). A stamp
    without a time of day is some moment of its day."""
    if not isinstance(text, str):
        return UNKNOWN
    printed = _PRINTED.match(text)
    if printed and printed[1] in _MONTHS:  # nearly all of them, and strptime takes five times as long
        return _clock(printed)
    for form, words, wide in (
        ("%b %d %H:%M:%S %Y", text, timedelta()),
        ("%Y-%m-%d %H:%M:%S", text, timedelta()),
        ("%Y-%m-%d %H:%M", text, timedelta(seconds=59)),
        ("%Y-%m-%d", text, timedelta(days=1, seconds=-1)),
    ):
        try:
            moment = datetime.strptime(words, form) - _EPOCH
        except ValueError:
            continue
        return moment.total_seconds(), (moment + wide).total_seconds()
    return UNKNOWN


def ends(times: pd.Series[Any]) -> tuple[pd.Series[float], pd.Series[float]]:
    """`span` of each printed time: the series of its beginnings and of its ends. Few texts repeat often, so each is read once."""
    spans = {time: span(time) for time in times.dropna().unique()}
    first, last = (times.map({time: both[at] for time, both in spans.items()}).astype(float) for at in (0, 1))
    return first, last


def uptime(printed: object) -> float:
    """How long a machine had been up, in seconds, as the debugger, systeminfo or PsInfo prints it; nan for anything else.

    >>> uptime("3 days 4:05:06.789"), uptime("0 Days, 0 Hours, 14 Minutes, 6 Seconds"), uptime("since 3/9/2021, 7:05:33 AM")
    (273906.0, 846.0, nan)
    """
    match = _UPTIME.search(printed) if isinstance(printed, str) else None
    if match is None:
        return float("nan")
    days, hours, minutes, seconds = (int(part) for part in match.groups() if part is not None)
    return days * 86400.0 + hours * 3600 + minutes * 60 + seconds


def length(seconds: float) -> str:
    """A time in the unit that people would say it in.

    >>> length(840), length(5400), length(7200), length(200000)
    ('14 minutes', '90 minutes', '2 hours', '2 days')
    """
    for unit, size, least in (("day", 86400, 2), ("hour", 3600, 2), ("minute", 60, 2)):
        if seconds >= least * size:
            return f"{int(seconds // size):,} {unit}s"
    return f"{int(seconds)} seconds"


def _clock(printed: re.Match[str]) -> Span:
    """The moment that the debugger printed, if there is such a one."""
    month, (day, hour, minute, second, year) = _MONTHS.index(printed[1]) + 1, map(int, printed.groups()[1:])
    try:
        moment = (datetime(year, month, day, hour, minute, second) - _EPOCH).total_seconds()
    except ValueError:
        return UNKNOWN
    return moment, moment
