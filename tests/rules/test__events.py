"""When an event was, as its text prints it, and what lies nearest to it."""

from __future__ import annotations

import math

import compose
import pandas as pd
import pytest

from dumpscan.rules._events import (
    desktops_not_created,
    facts,
    latest_of_day,
    moments,
    nearest,
    of_the_only_session,
    when,
)

DAY = 86400.0
MACHINES = pd.CategoricalDtype(["A", "B"])  # of all tables of one analysis


def at(*times: str | None) -> list[float]:
    return moments(pd.DataFrame({"time": list(times)}))["moment"].tolist()


def events(*times: str, machine: str = "A", utc: str = "") -> pd.DataFrame:
    frame = pd.DataFrame({"time": [f"{time}{utc}" for time in times]})
    frame = frame.assign(
        case="c", machine=machine, event_id=7000, text="t", file="f", line=range(1, len(times) + 1), session=None
    )
    return frame.astype({"case": "category", "machine": MACHINES, "session": "Int64"})


@pytest.mark.parametrize(
    ("printed", "same"),
    [
        ("3/9/2007 7:05:33 AM", "2007-03-09 07:05:33"),
        ("3/9/2007 7:05:33 PM", "2007-03-09 19:05:33"),
        ("3/9/2007 12:05:33 AM", "2007-03-09 00:05:33"),
        ("3/9/2007 12:05:33 p.m.", "2007-03-09 12:05:33"),
        ("09.03.2007 07:05:33", "2007-03-09 07:05:33"),
        ("3/9/07 07:05:33", "2007-03-09 07:05:33"),
        ("3/9/69 07:05:33", "2069-03-09 07:05:33"),
        ("3/9/70 07:05:33", "1970-03-09 07:05:33"),
        ("25/12/2007 07:05:33", "2007-12-25 07:05:33"),
        ("2007-03-09 07:05", "2007-03-09 07:05:00"),
        ("07:05:33 2007-03-09", "2007-03-09 07:05:33"),
        ("Mar 9 07:05:33", "Mar 09 07:05:33"),
        ("Jan 1 00:00:00", "1972-01-01 00:00:00"),
        ("Feb 29 07:05:33", "1972-02-29 07:05:33"),
        ("Dec 31 23:59", "1972-12-31 23:59:00"),
    ],
)
def test_each_way_to_print_a_moment(printed: str, same: str) -> None:
    one, other = at(printed, same)
    assert one == other
    assert not math.isnan(one)


def test_moments_are_seconds_and_in_their_order() -> None:
    first, second, minute, hour, day = at(
        "1970-01-01 00:00:00", "1970-01-01 00:00:01", "1970-01-01 00:01", "1970-01-01 01:00:00", "1970-01-02 00:00:00"
    )
    assert [first, second, minute, hour, day] == [0, 1, 60, 3600, DAY]


@pytest.mark.parametrize(
    "printed",
    [None, "", "yesterday", "2007-03-09", "07:05:33", "2007-13-45 07:05:33", "Foo 9 07:05:33", "Mar x 07:05:33"],
)
def test_what_is_no_moment(printed: str | None) -> None:
    assert math.isnan(at(printed)[0])


def test_the_latest_day_that_a_date_can_mean() -> None:
    assert latest_of_day("1/2/1970 07:05:33") == 32 * DAY  # the second of January or the first of February
    assert latest_of_day("02.01.1970 07:05:33") == 2 * DAY
    assert math.isnan(latest_of_day("Jan 2 07:05:33"))


def test_the_nearest_of_its_machine_whatever_the_order() -> None:
    told = events("2007-03-09 09:00:00", "2007-03-09 07:00:00")
    others = events("2007-03-09 09:00:40", "2007-03-09 06:59:30", "2007-03-09 07:00:50", "2007-03-09 08:00:00")
    near = nearest(told, others, 60, "nearest")
    assert near["near_line"].tolist() == [1, 2]
    assert near["gap"].tolist() == [40, -30]
    assert nearest(told, others, 60, "forward")["gap"].tolist() == [40, 50]


def test_within_is_within() -> None:
    told = events("2007-03-09 07:00:00")
    for seconds, found in ((59, True), (60, True), (61, False)):
        near = nearest(told, events(f"2007-03-09 07:0{seconds // 60}:{seconds % 60:02}"), 60, "nearest")
        assert near["gap"].notna().tolist() == [found], seconds


def test_neither_another_machine_nor_another_clock() -> None:
    told = events("2007-03-09 07:00:00")
    assert nearest(told, events("2007-03-09 07:00:00", machine="B"), 60, "nearest")["gap"].isna().all()
    assert nearest(told, events("2007-03-09T07:00:00", utc="Z"), 60, "nearest")["gap"].isna().all()
    assert nearest(told, events(), 60, "nearest")["gap"].isna().tolist() == [True]


def test_the_only_session_of_its_machine() -> None:
    told = events("2007-03-09 07:00:00", "2007-03-09 07:00:00").assign(session=pd.array([None, 3], dtype="Int64"))
    heaps = events("2007-03-09 07:00:00", "2007-03-09 07:00:00")
    one, two = heaps.assign(session=pd.array([5, 5])), heaps.assign(session=pd.array([5, 6]))
    assert of_the_only_session(told, one).tolist() == [5, 3]
    unnamed, none = one.assign(session=pd.array([5, None], dtype="Int64")), one.iloc[:0]
    for unknown in (two, unnamed, none, one.assign(machine=pd.Categorical(["B", "B"], dtype=MACHINES))):
        assert of_the_only_session(told, unknown).fillna(-1).tolist() == [-1, 3]


CAPTURE = compose.banner(3790, time="Mon Nov 16 10:00:00 2026") + compose.dskheap(0, compose.X86)
EVENTS_OF_STARTS = (6005, 6009)


def boots(*events: tuple[int, str]) -> list[tuple[bool, bool]]:
    """Of each event 243 beside starts and a capture: surely of an earlier boot, surely of the captured one."""
    log = [
        compose.event(number, time, source="EventLog" if number in EVENTS_OF_STARTS else "Win32k")
        for number, time in events
    ]
    tables = compose.analysis({"case": CAPTURE + "".join(log)}).tables
    rows = facts(tables["events"], 243, tables["systems"], history=True)
    return [*zip(rows["before"].astype(bool), rows["this_boot"].fillna(False).astype(bool), strict=True)]


def test_starts_that_the_log_tells() -> None:
    before, here, open_ = (True, False), (False, True), (False, False)
    assert boots((243, "11/16/2026 7:00:00 AM"), (6005, "11/16/2026 8:00:00 AM"), (243, "11/16/2026 9:00:00 AM")) == [
        before,
        here,
    ]
    assert boots(
        (6009, "2026-11-15 08:00:00"),
        (243, "2026-11-15 08:00:00"),
        (243, "2026-11-16 10:00:00"),
        (243, "2026-11-16 10:00:01"),
    ) == [here, here, open_]
    assert boots((243, "2026-11-15 07:54:59"), (243, "2026-11-15 07:55:00"), (6005, "2026-11-15 08:00:00")) == [
        before,
        open_,
    ], "the event log is not the first to start"
    assert boots((243, "2026-11-16 09:00:00"), (6005, "2026-11-16 11:00:00")) == [open_], (
        "a start after the capture is none of it"
    )


def test_a_start_counts_up_to_the_second_of_the_capture() -> None:
    for start, told in (("10:00:00", (True, False)), ("10:00:01", (False, False))):
        assert boots((243, "2026-11-16 09:00:00"), (6005, f"2026-11-16 {start}")) == [told]


def test_the_fullest_view_where_a_session_is_listed_twice() -> None:
    """Nothing tells which of two files is the later one."""
    small = compose.filling(10000, 512)
    large = [*small, *((compose.service(at), 512, 1.0) for at in range(15))]
    tail = compose.view_size(20480) + compose.event(244)
    for first, second in ((small, large), (large, small)):
        head = compose.banner(3790)
        folder = {"a.txt": head + compose.dheapmon(0, first) + tail, "b.txt": head + compose.dheapmon(0, second)}
        made = compose.analysis({"case": folder})._tables
        told = desktops_not_created(made["events"], made["systems"], made["view_space"], made["platforms"])
        assert (told["heaps_kb"].tolist(), told["view"].tolist()) == ([17680], [True])
        assert made["view_space"]["heaps_kb"].loc[told["view_row"]].tolist() == [17680]


def test_what_is_told_of_the_boot_of_an_event() -> None:
    row = {"time": "2026-11-16 09:00:00", "before": False, "this_boot": True}
    assert when(row) == "2026-11-16 09:00:00"
    assert when(row | {"before": True}) == "2026-11-16 09:00:00 (before the last start of the machine)"
    for unknown in (False, None):
        assert when(row | {"this_boot": unknown}).endswith(
            "(whether since the last start of the machine is not certain)"
        )


def test_a_date_that_two_readings_put_on_two_sides_of_a_start_is_on_none() -> None:
    assert boots((243, "3/9/2026 7:05:33"), (6005, "4/8/2026 7:05:33")) == [
        (False, False)
    ]  # 9 March and 8 April, 3 September and 4 August
    assert boots((243, "9/3/2026 7:05:33"), (6005, "8/4/2026 7:05:33")) == [(False, False)]
    assert boots((243, "9/3/2026 7:05:33"), (6005, "1/2/2026 7:05:33")) == [(False, True)]


def test_a_start_in_universal_time_may_be_fourteen_hours_later_by_the_clock_of_the_machine() -> None:
    early = "2026-11-01T01:00:00.000Z"
    assert boots((243, early), (6005, "2026-11-15T20:00:00.000Z")) == [(True, False)]
    assert boots((243, early), (6005, "2026-11-15T20:00:01.000Z")) == [(False, False)]
    assert boots((243, "2026-11-15T20:00:00.000Z"), (6005, "2026-11-14T20:00:00.000Z")) == [(False, False)], (
        "nobody knows when the capture was in that time"
    )
