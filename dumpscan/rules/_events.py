"""What the rules on events have in common: which events are facts, and whether they are of the boot that was captured."""

from __future__ import annotations

import re
from datetime import datetime
from typing import TYPE_CHECKING, Any

from dumpscan.machines import machine_keys
from dumpscan.moments import span
from dumpscan.platforms import BEFORE
from dumpscan.view_space import possible_limits

if TYPE_CHECKING:
    import pandas as pd

HEAP_ALLOCATION_FAILED, DESKTOP_CREATION_FAILED = 243, 244
VIEW_IN_USE = (
    0.6  # of its limit: below it something else than heaps fills the view (ntdebugging blog, comments 15 and 54)
)

_DAY = 86400.0
_CLOCK = re.compile(r"[0-9]{1,2}[:.][0-9]{2}")
_DATE = re.compile(r"([0-9]{1,4})([./-])([0-9]{1,2})[./-]([0-9]{1,4})")
_MONTH = re.compile(r"[A-Z][a-z]{2} [0-9]{1,2} ")  # Get-EventLog prints no year
_UPTIME = re.compile(r"([0-9]{1,6}) days? ([0-9]{1,2}):([0-9]{2}):([0-9]{2})")


def facts(events: pd.DataFrame, number: int, systems: pd.DataFrame) -> pd.DataFrame:
    """Events of Win32k with this ID that have a date and a time and are not of an earlier boot, with `this_boot`: whether they are surely of the
    boot that was captured; missing where no capture tells when that began."""
    import pandas as pd

    of_win32k = events["source"].astype(object).str.lower().eq("win32k").to_numpy(bool, na_value=False)
    rows = events[
        of_win32k
        & events["event_id"].eq(number).to_numpy(bool, na_value=False)
        & events["time"].map(_is_dated).to_numpy(bool)
    ]
    days = pd.DataFrame([*map(_days, rows["time"])], columns=["from", "to"], index=rows.index, dtype=float)
    boots = _boots(systems)
    keys = machine_keys(rows)
    begin, end = (keys.map(boots[column]).astype(float) for column in ("begin", "end"))
    rows = rows.assign(
        this_boot=((days["from"] > begin) & (days["to"] < end))
        .astype("boolean")
        .mask(begin.isna() | days["from"].isna())
    )
    current: pd.DataFrame = rows[~(days["to"] < begin).to_numpy(bool)]
    return current


def _is_dated(time: Any) -> bool:
    if not isinstance(time, str) or not _CLOCK.search(time):
        return False
    return _DATE.search(time) is not None or _MONTH.match(time) is not None


def _days(time: str) -> tuple[float, float]:
    """The earliest and the latest moment that a printed time can mean, in seconds, to the day: 3/9/2007 is in March or in September, and
    zones differ."""
    match = _DATE.search(time)
    if match is None:
        return float("nan"), float("nan")
    first, middle, last = int(match[1]), int(match[3]), int(match[4])
    if len(match[1]) == 4:
        dates = [(first, middle, last)]
    else:
        year = last if len(match[4]) == 4 else last + (1900 if last >= 70 else 2000)
        dates = [(year, middle, first)] if match[2] == "." else [(year, first, middle), (year, middle, first)]
    seconds = [moment for date in dates if (moment := _midnight(*date)) is not None]
    return (min(seconds), max(seconds) + _DAY) if seconds else (float("nan"), float("nan"))


def _midnight(year: int, month: int, day: int) -> float | None:
    try:
        return (datetime(year, month, day) - datetime(1970, 1, 1)).total_seconds()
    except ValueError:
        return None


def _boots(systems: pd.DataFrame) -> pd.DataFrame:
    """When the captured boot of each machine began and was captured, by machine key: of the latest banner with a time and an uptime."""
    import pandas as pd

    systems = systems[systems["uptime"].notna() & systems["session_time"].notna()]
    end = systems["session_time"].map(lambda printed: span(printed)[1]).astype(float)
    begin = end - systems["uptime"].map(_uptime).astype(float)
    boots = pd.DataFrame({"key": machine_keys(systems), "begin": begin, "end": end}).dropna().sort_values("end")
    return boots.drop_duplicates("key", keep="last").set_index("key")


def _uptime(printed: Any) -> float:
    match = _UPTIME.search(printed) if isinstance(printed, str) else None
    if match is None:
        return float("nan")
    days, hours, minutes, seconds = map(int, match.groups())
    return days * _DAY + hours * 3600 + minutes * 60 + seconds


def desktops_not_created(
    events: pd.DataFrame, systems: pd.DataFrame, view_space: pd.DataFrame, platforms: pd.DataFrame
) -> pd.DataFrame:
    """Events 244 that are facts, with the era of their machine, the share of the view that heaps take (missing without a listing), and
    `view`: whether session view space is the likely cause."""
    rows = facts(events, DESKTOP_CREATION_FAILED, systems)
    keys = machine_keys(rows)
    sessions = view_space[~view_space["superseded"]]
    share = (sessions["heaps_kb"] / sessions["limit_kb"].fillna(_largest_possible(sessions))).astype(float)
    share = keys.map(share.groupby(machine_keys(sessions)).max()).astype(float)
    listed = keys.isin(machine_keys(sessions))
    era = keys.map(platforms.set_index(machine_keys(platforms))["era"]).astype(object)
    return rows.assign(era=era, share=share, view=era.eq(BEFORE) & (~listed | share.ge(VIEW_IN_USE)))


def _largest_possible(sessions: pd.DataFrame) -> pd.Series[int]:
    """An unprinted limit alone raises no alarm: the largest that this Windows can have."""
    import pandas as pd

    pairs = sessions[["architecture", "era"]].astype(object).where(sessions[["architecture", "era"]].notna(), None)
    largest = [max(possible_limits(*pair), default=None) for pair in pairs.itertuples(index=False, name=None)]
    return pd.Series(pd.array(largest, dtype="Int64"), index=sessions.index)


def when(row: Any) -> str:
    """The time of an event, and what is known of its boot."""
    unknown = "" if row["this_boot"] else " (whether since the last start of the machine is not certain)"
    return f"{row['time']}{unknown}"
