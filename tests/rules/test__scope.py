"""When a listing was taken, and how long its machine had been up by then."""

from __future__ import annotations

import math

import compose
import pytest
from compose import X86
from test_starts import INSTALLED, boot_time, summary

from dumpscan.rules._scope import judged_listings

AT_TEN = compose.banner(3790, time="Mon Nov 16 10:00:00 2026")
LISTING = compose.dskheap(0, X86)


def listings(text: compose.Text) -> list[tuple[str, float]]:
    """State of each listing that is judged, and the seconds since the start of its machine."""
    tables = compose.analysis({"case": text}).tables
    rows = judged_listings(tables["captures"], tables["systems"], tables["events"])
    return [*zip(rows["state"].astype(str), rows["up"], strict=True)]


def up(text: compose.Text) -> float | None:
    ((_, seconds),) = listings(text)
    return None if math.isnan(seconds) else seconds


def started(time: str) -> str:
    return compose.event(6005, time, source="EventLog")


@pytest.mark.parametrize(
    ("time", "seconds"),
    [
        ("2026-11-16 09:50:00", 600),
        ("2026-11-10 10:00:00", 6 * 86400),
        ("2026-11-16 10:00:00", 0),
        ("2026-11-16 10:00:01", None),  # after the listing
        ("11/15/2026 10:00:00 AM", 86400),
        ("11/12/2026 09:50:00", None),  # 12 November or 11 December: neither is less than a day before
        ("10/11/2026 09:50:00", None),
        ("2026-11-16T09:50:00.000Z", None),  # by another clock
    ],
)
def test_the_last_start_that_the_log_tells(time: str, seconds: float | None) -> None:
    assert up(AT_TEN + LISTING + started(time)) == seconds


def test_a_date_of_two_readings_counts_within_a_day() -> None:
    banner = AT_TEN.replace("Mon Nov 16", "Thu Nov 12")
    assert up(banner + LISTING + started("11/12/2026 09:50:00")) == 600
    assert up(banner + LISTING + started("12/11/2026 09:50:00")) == 600
    assert up(banner + LISTING + started("11/11/2026 10:00:00")) == 86400
    assert up(banner + LISTING + started("10/11/2026 09:50:00")) is None, "a day and ten minutes"


def test_of_several_starts_the_last_before_the_listing() -> None:
    log = [started(f"2026-11-{day} 09:50:00") for day in (16, 17, 14)]
    assert up(AT_TEN + LISTING + "".join(log)) == 600


def test_the_uptime_of_that_moment_comes_first() -> None:
    assert (
        up(AT_TEN + "System Uptime: 3 days 0:00:05.500\n" + LISTING + started("2026-11-16 09:50:00")) == 3 * 86400 + 5
    )


def test_a_start_that_a_summary_tells() -> None:
    assert up(AT_TEN + LISTING + summary(INSTALLED, boot_time("11/14/2026, 10:00:00 AM"))) == 2 * 86400
    assert up(AT_TEN + LISTING + summary(INSTALLED, boot_time("10/11/2026, 10:00:00 AM"))) is None, (
        "October or November"
    )


def test_which_listings_are_judged() -> None:
    cut = compose.without(LISTING, compose.SYSTEM)
    assert [state for state, _ in listings(cut)] == ["cut"]
    assert [state for state, _ in listings(LISTING + LISTING)] == ["whole"]
    assert listings(compose.FAILED) == []
    assert up(LISTING + started("2026-11-16 09:50:00")) is None, "nobody knows when it was taken"
