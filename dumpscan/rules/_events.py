"""What the rules on events have in common: which events are facts, and whether they are of the boot that was captured."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

from dumpscan.machines import boots, machine_keys
from dumpscan.platforms import BEFORE
from dumpscan.printed_times import DAY, days_of, is_dated, moment_of
from dumpscan.rules._view import OF_THE_MACHINE
from dumpscan.view_space import GROWTH, possible_limits

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
# Marks of a start in the System log: the event log service was started, Windows was started.
MARKS = {"eventlog": (6005, 6009), "kernel-general": (12,)}
BOOTING = 300  # seconds between the start of the kernel and that of the event log, which writes down what was before it; a guess
READINGS = ["month_first", "day_first"]
FARTHEST_ZONE = 14 * 3600  # seconds between universal time and that of a machine


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
    rows = rows[rows["time"].map(is_dated).to_numpy(bool)]
    days = pd.DataFrame([*map(days_of, rows["time"])], columns=["from", "to"], index=rows.index, dtype=float)
    captured = latest_boots(systems)
    keys = machine_keys(rows)
    begin, begun, end = (keys.map(captured[column]).astype(float) for column in ("begin", "begun", "end"))
    this_boot = (days["from"] > begun) & (days["to"] - DAY <= end)
    rows = rows.assign(
        this_boot=this_boot.astype("boolean").mask(begin.isna() | days["from"].isna()),
        before=(days["to"] < begin).astype(bool),
    )
    rows = _held_against_starts(rows, events, captured)
    current: pd.DataFrame = rows if history else rows[~rows["before"]]
    return current


def starts(events: pd.DataFrame) -> pd.DataFrame:
    """The starts of machines that the System log tells, with `key`, `utc`, and the moments of READINGS."""
    import numpy as np

    marks = [of_source(events, source) & events["event_id"].isin(numbers) for source, numbers in MARKS.items()]
    rows = events[np.logical_or.reduce(marks) & events["time"].notna()]
    rows = rows.assign(key=machine_keys(rows), utc=moments(rows)["utc"], **_readings(rows["time"]))
    read: pd.DataFrame = rows[rows[READINGS[0]].notna()]
    return read


def _readings(times: pd.Series[Any]) -> dict[str, pd.Series[float]]:
    """When that was, with the month first and with the day first: in one log all dates are written alike."""
    read = {time: (moment_of(time), moment_of(time, day_first=True)) for time in times.unique()}
    return {
        name: times.map({time: both[at] for time, both in read.items()}).astype(float)
        for at, name in enumerate(READINGS)
    }


def _held_against_starts(rows: pd.DataFrame, events: pd.DataFrame, captured: pd.DataFrame) -> pd.DataFrame:
    """What is surely before a start that the log tells is of an earlier boot, and what is between the last one and the capture is of this one. A start after
    the capture is no start of it; without any capture the last one of the log counts."""
    if not len(rows):
        return rows
    keys = machine_keys(rows)
    told = starts(events[machine_keys(events).isin(keys.unique())])
    if not len(told):
        return rows
    began, end = (told["key"].map(captured[column]).astype(float) for column in ("begin", "end"))
    limit = (began + BOOTING).fillna(told["captured_to"]).fillna(end)
    shifted = told["utc"].map({True: FARTHEST_ZONE, False: 0}).astype(float)
    read = rows.assign(key=keys, utc=moments(rows)["utc"], **_readings(rows["time"])).reset_index(names="row")
    gone, since = [], []
    for reading in READINGS:
        of_captured = told[~(told[reading] + shifted > limit)]
        last = of_captured.groupby(["key", "utc"])[reading].max().rename("last").reset_index()
        near = read.merge(last, on=["key", "utc"], how="left").set_index("row")
        gone.append(near[reading] < near["last"] - BOOTING)
        since.append((near[reading] >= near["last"]) & (near[reading] <= near["captured_to"]) & ~near["utc"])
    before, this_boot = gone[0] & gone[1], since[0] & since[1]
    return rows.assign(
        before=rows["before"] | before, this_boot=rows["this_boot"].mask(this_boot, True).mask(before, False)
    )


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

    moment = events["time"].map(moment_of).astype(float)
    utc = events["time"].map(lambda time: isinstance(time, str) and time.endswith("Z")).astype(bool)
    return pd.DataFrame({"moment": moment, "utc": utc}, index=events.index)


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


def latest_of_day(time: str) -> float:
    """The end of the day of a printed time, at the latest reading of its date."""
    return days_of(time)[1]


def latest_boots(systems: pd.DataFrame) -> pd.DataFrame:
    """When the captured boot of each machine began and was captured, by machine key: of the latest row that tells both, or the start alone."""
    return boots(systems).drop_duplicates("key", keep="last").set_index("key")


def desktops_not_created(
    events: pd.DataFrame, systems: pd.DataFrame, view_space: pd.DataFrame, platforms: pd.DataFrame
) -> pd.DataFrame:
    """Events 244 that are facts, with the era of their machine, the share of the view that heaps take (missing without a listing), and
    `view`: whether session view space is the likely cause. Where only one session is listed, or the event names its own: heaps_kb, limit_kb (printed),
    free_ptes, what a larger view is held against, and view_row (its index) of that view."""
    rows = facts(events, DESKTOP_CREATION_FAILED, systems)
    keys = machine_keys(rows)
    sessions = view_space[~view_space["superseded"]]
    share = (sessions["heaps_kb"] / _limits(sessions)).astype(float)
    share = keys.map(share.groupby(machine_keys(sessions)).max()).astype(float)
    listed = keys.isin(machine_keys(sessions))
    era = keys.map(platforms.set_index(machine_keys(platforms))["era"]).astype(object)
    rows = rows.assign(era=era, share=share, view=era.eq(BEFORE) & (~listed | share.ge(VIEW_IN_USE)))
    of_views = sessions.assign(key=machine_keys(sessions), view_row=sessions.index)
    of_views = of_views.sort_values("heaps_kb", kind="stable")
    of_views = of_views.drop_duplicates(["key", "session"], keep="last")
    asked = rows.assign(key=keys, session=of_the_only_session(rows, sessions)).reset_index()
    joined = asked[["index", "key", "session"]].merge(
        of_views[["key", "session", "heaps_kb", "limit_kb", "free_ptes", *OF_THE_MACHINE, "view_row"]],
        on=["key", "session"],
        how="left",
    )
    joined = joined.set_index("index").drop(columns=["key", "session"])
    # A merge takes a missing session for any other missing one.
    several = sessions["session"].groupby(machine_keys(sessions)).nunique(dropna=False)
    return rows.join(joined[~(rows["session"].isna() & keys.map(several).gt(1))])


def after_failures(
    view_space: pd.DataFrame, tables: Mapping[str, pd.DataFrame], platforms: pd.DataFrame
) -> pd.DataFrame:
    """`view_space`, with what an event 244 tells of it: GDI and others had all that the heaps of that session do not take (other_kb), so no view of that machine
    has room for larger ones (interactive_growth_kb, service_growth_kb)."""
    told = desktops_not_created(tables["events"], tables["systems"], view_space, platforms)
    told = told[told["view"] & told["limit_kb"].ge(told["heaps_kb"]).fillna(False)]
    if not len(told):
        return view_space
    failed = view_space.index.isin(told["view_row"])
    here = machine_keys(view_space).isin(machine_keys(told))
    return view_space.assign(
        other_kb=view_space["other_kb"].mask(failed, view_space["limit_kb"] - view_space["heaps_kb"]),
        **{name: view_space[name].mask(here, view_space[name].clip(upper=0)) for name in GROWTH},
    )


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
