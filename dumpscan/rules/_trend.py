"""The arithmetic of a trend: which values rise from capture to capture by more than their tool's rounding, and how fast."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

DAY = 86400.0  # seconds
FEWEST = 3  # captures: two points always make a line
AT_REST = 1 / 3  # of the time: what did not rise in it has come to rest
SHORTEST = 1.0  # days from the first to the last: within one day the day's own work rises, too


def rising(points: pd.DataFrame) -> pd.DataFrame:
    """The points of the last stretch of each series, where that rises. `points`, in the order of time: series, early and late (seconds), value, error
    (how far a printed value can be from the true one), and restarted: nothing before this point belongs to it.

    A stretch begins where it was restarted, or where a value fell by more than both errors. It rises where one of its points lies above the first and
    below the last by more than their errors, and where the last lies so above what was reached before the last third: what rose only once, or has come
    to rest, is no trend. Each point gets what is told of its stretch:
    `last` (the index of the last point), captures, days, and the straight line from first to last: rate (a day), rate_least, rate_most.
    """
    before = points.groupby("series")[["value", "error"]].shift()
    fell = _above(before, points)
    begins = before["value"].isna() | fell | points["restarted"]
    points = points.assign(stretch=begins.cumsum(), point=points.index)
    stretch = points.groupby("stretch")[["value", "error", "early", "late", "point"]]
    first, last = (points[["stretch"]].join(getattr(stretch, end)(), on="stretch") for end in ("first", "last"))
    days = ((last["early"] + last["late"]) - (first["early"] + first["late"])) / 2 / DAY
    rise, error = last["value"] - first["value"], last["error"] + first["error"]
    points = points.assign(
        last=last["point"],
        captures=points.groupby("stretch")["value"].transform("size"),
        days=days,
        rate=rise / days,
        rate_least=(rise - error) / ((last["late"] - first["early"]) / DAY),
        rate_most=(rise + error) / ((last["early"] - first["late"]) / DAY),
    )
    at, begin = points["early"] + points["late"], first["early"] + first["late"]
    before_end = points[at <= begin + 2 * DAY * days * (1 - AT_REST)].groupby("stretch")[["value", "error"]].last()
    goes_on = _above(last, points[["stretch"]].join(before_end, on="stretch"))
    rises = (_above(points, first) & _above(last, points)).groupby(points["stretch"]).transform("any") & goes_on
    rises &= points["captures"].ge(FEWEST) & days.ge(SHORTEST) & last["early"].gt(first["late"])
    newest = points["stretch"].eq(points.groupby("series")["stretch"].transform("last"))
    told: pd.DataFrame = points[rises & newest]
    return told


def _above(high: pd.DataFrame, low: pd.DataFrame) -> pd.Series[bool]:
    """Whether a value is above another one by more than both errors; rounded, for 42 - 41 is not more than 0.5 + 0.5."""
    over: pd.Series[bool] = (high["value"] - low["value"] - high["error"] - low["error"]).round(6) > 0
    return over
