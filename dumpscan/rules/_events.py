"""What the rules on events have in common: which events are facts, and whether they are of the boot that was captured."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal

from dumpscan.machines import boots, machine_keys
from dumpscan.platforms import BEFORE
from dumpscan.view_space import possible_limits

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

HEAP_ALLOCATION_FAILED, DESKTOP_CREATION_FAILED = 243, 244
VIEW_IN_USE = (
    0.6  # of its limit: below it something else than heaps fills the view (ntdebugging blog, comments 15 and 54)
)

WIN32K, SERVICES, EXHAUSTION = "win32k", "service control manager", "resource-exhaustion-detector"
SERVICE_NOT_STARTED = (7000, 7009)  # could not be started; did not connect in time
SAME_MINUTE = 60  # seconds

_DAY = 86400.0
_CLOCK = re.compile(r"([0-9]{1,2})[:.]([0-9]{2})(?:[:.]([0-9]{2}))?")
_NOON = re.compile(r"(?i)(?<![a-z])([ap])\.? ?m")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_DATE = re.compile(r"([0-9]{1,4})([./-])([0-9]{1,2})[./-]([0-9]{1,4})")
_MONTH = re.compile(r"[A-Z][a-z]{2} [0-9]{1,2} ")  # Get-EventLog prints no year


def facts(
    events: pd.DataFrame,
    numbers: int | Sequence[int],
    systems: pd.DataFrame,
    source: str = WIN32K,
    *,
    history: bool = False,
) -> pd.DataFrame:
    """Events of one source with these IDs that have a date and a time and are not of an earlier boot (with `history`: these, too), with `this_boot`:
    whether they are surely of the boot that was captured (missing where no capture tells when that began), and `before`: surely of an earlier one.
    The day of the capture counts: a failure and its capture are mostly of one day."""
    import pandas as pd

    wanted = [numbers] if isinstance(numbers, int) else [*numbers]
    rows = events[of_source(events, source) & events["event_id"].isin(wanted).to_numpy(bool, na_value=False)]
    rows = rows[rows["time"].map(_is_dated).to_numpy(bool)]
    days = pd.DataFrame([*map(_days, rows["time"])], columns=["from", "to"], index=rows.index, dtype=float)
    captured = latest_boots(systems)
    keys = machine_keys(rows)
    begin, end = (keys.map(captured[column]).astype(float) for column in ("begin", "end"))
    rows = rows.assign(
        this_boot=((days["from"] > begin) & (days["to"] - _DAY <= end))
        .astype("boolean")
        .mask(begin.isna() | days["from"].isna()),
        before=(days["to"] < begin).astype(bool),
    )
    current: pd.DataFrame = rows if history else rows[~rows["before"]]
    return current


def of_source(events: pd.DataFrame, *sources: str) -> NDArray[np.bool_]:
    """Which events are of these sources, with or without "Microsoft-Windows-". Microsoft-Windows-Win32k is another one than Win32k."""
    known = {*sources, *(f"microsoft-windows-{source}" for source in sources if source != WIN32K)}
    spelled = [name for name in events["source"].cat.categories if str(name).lower() in known]
    mask: NDArray[np.bool_] = events["source"].isin(spelled).to_numpy(bool)
    return mask


def moments(events: pd.DataFrame) -> pd.DataFrame:
    """`moment`: when events were, in seconds, to compare those of one machine with each other (missing where that cannot be read); `utc`: whether
    they are printed in universal time. XML is, the texts are not, so one is never held against the other."""
    import pandas as pd

    moment = events["time"].map(_moment).astype(float)
    utc = events["time"].map(lambda time: isinstance(time, str) and time.endswith("Z")).astype(bool)
    return pd.DataFrame({"moment": moment, "utc": utc}, index=events.index)


def _moment(time: Any) -> float:
    """A printed time in seconds. An ambiguous date is read with the month first, for all events alike."""
    if not isinstance(time, str):
        return float("nan")
    date = _DATE.search(time)
    if date:
        day = next((seconds for one in _dates(date) if (seconds := _midnight(*one)) is not None), None)
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


def nearest(
    told: pd.DataFrame, others: pd.DataFrame, within: int, direction: Literal["nearest", "forward"]
) -> pd.DataFrame:
    """For each event the nearest of `others` of its machine: near_event_id, near_time, near_text, near_file, near_line and `gap`, the seconds
    between both; missing where there is none within so many seconds."""
    import pandas as pd

    shown = ["event_id", "time", "text", "file", "line"]
    left = pd.concat([moments(told), machine_keys(told).rename("key")], axis=1).assign(row=told.index)
    right = others[shown].add_prefix("near_").astype({"near_file": object, "near_text": object, "near_time": object})
    right = pd.concat([right, moments(others).assign(near=lambda rows: rows["moment"]), machine_keys(others).rename("key")], axis=1)  # fmt: skip
    near = pd.merge_asof(
        left[left["moment"].notna()].sort_values("moment", kind="stable"),
        right[right["moment"].notna()].sort_values("moment", kind="stable"),
        on="moment",
        by=["key", "utc"],
        tolerance=within,
        direction=direction,
    )
    near = near.assign(gap=near["near"] - near["moment"]).set_index("row")
    return near[[*(f"near_{name}" for name in shown), "gap"]].reindex(told.index)


def failed_allocations(events: pd.DataFrame, systems: pd.DataFrame, *, history: bool = False) -> pd.DataFrame:
    """Events 243 that are facts. One without a session is of session 0 where a service failed to start within a minute of it: services live there
    (near_* is that event of the Service Control Manager; missing where the session is printed)."""
    told = facts(events, HEAP_ALLOCATION_FAILED, systems, history=history)
    starts = facts(events, SERVICE_NOT_STARTED, systems, SERVICES)
    near = nearest(told, starts, SAME_MINUTE, "nearest")
    near = near.mask(told["session"].notna())
    session = told["session"].mask(near["near_line"].notna().to_numpy(bool), 0)
    return told.assign(session=session).join(near)


def of_the_only_session(told: pd.DataFrame, heaps: pd.DataFrame) -> pd.Series[int]:
    """The session of each event: that which it names, else the only one of its machine whose heaps are listed; missing where there are several."""
    sessions = heaps.groupby(machine_keys(heaps))["session"]
    only = sessions.first().where(sessions.nunique(dropna=False).eq(1))
    filled: pd.Series[int] = told["session"].fillna(machine_keys(told).map(only).astype("Int64"))
    return filled


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
    seconds = [moment for date in _dates(match) if (moment := _midnight(*date)) is not None]
    return (min(seconds), max(seconds) + _DAY) if seconds else (float("nan"), float("nan"))


def latest_of_day(time: str) -> float:
    """The end of the day of a printed time, at the latest reading of its date."""
    return _days(time)[1]


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


def latest_boots(systems: pd.DataFrame) -> pd.DataFrame:
    """When the captured boot of each machine began and was captured, by machine key: of the latest banner with a time and an uptime."""
    return boots(systems).drop_duplicates("key", keep="last").set_index("key")


def desktops_not_created(
    events: pd.DataFrame, systems: pd.DataFrame, view_space: pd.DataFrame, platforms: pd.DataFrame
) -> pd.DataFrame:
    """Events 244 that are facts, with the era of their machine, the share of the view that heaps take (missing without a listing), and
    `view`: whether session view space is the likely cause."""
    rows = facts(events, DESKTOP_CREATION_FAILED, systems)
    keys = machine_keys(rows)
    sessions = view_space[~view_space["superseded"]]
    share = (sessions["heaps_kb"] / _limits(sessions)).astype(float)
    share = keys.map(share.groupby(machine_keys(sessions)).max()).astype(float)
    listed = keys.isin(machine_keys(sessions))
    era = keys.map(platforms.set_index(machine_keys(platforms))["era"]).astype(object)
    return rows.assign(era=era, share=share, view=era.eq(BEFORE) & (~listed | share.ge(VIEW_IN_USE)))


def _limits(sessions: pd.DataFrame) -> pd.Series[int]:
    """Printed, else /3GB in force or the registry's value, else the largest: with an event 244 beside it any of them may raise the alarm."""
    return sessions["limit_kb"].fillna(sessions["configured_view_kb"]).fillna(_largest_possible(sessions))


def _largest_possible(sessions: pd.DataFrame) -> pd.Series[int]:
    """An unprinted limit alone raises no alarm: the largest that this Windows can have."""
    import pandas as pd

    pairs = sessions[["architecture", "era"]].astype(object).where(sessions[["architecture", "era"]].notna(), None)
    largest = [max(possible_limits(*pair), default=None) for pair in pairs.itertuples(index=False, name=None)]
    return pd.Series(pd.array(largest, dtype="Int64"), index=sessions.index)


def when(row: Any) -> str:
    """The time of an event, and what is known of its boot."""
    if row["before"]:
        return f"{row['time']} (before the last start of the machine)"
    unknown = "" if row["this_boot"] else " (whether since the last start of the machine is not certain)"
    return f"{row['time']}{unknown}"
