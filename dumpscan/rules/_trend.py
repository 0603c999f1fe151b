"""The arithmetic of a trend: which values rise from capture to capture by more than their tool's rounding, and how fast."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

DAY = 86400.0  # seconds
FEWEST = 3  # captures: two points always make a line
SHORTEST = 1.0  # days from the first to the last: within one day the day's own work rises, too


def rising(points: pd.DataFrame) -> pd.DataFrame:
    """The points of the last stretch of each series, where that rises. `points`, in the order of time: series, early and late (seconds), value, error
    (how far a printed value can be from the true one), and restarted: nothing before this point belongs to it.

    A stretch begins where it was restarted, or where a value fell by more than both errors. It rises where one of its points lies above the first and
    below the last by more than their errors: what came to rest, or rose only once, is no trend. Each point gets what is told of its stretch:
    `last` (the index of the last point), captures, days, and the straight line from first to last: rate (a day), rate_least, rate_most.
    """
    before = points.groupby("series")[["value", "error"]].shift()
    fell = before["value"] - points["value"] > before["error"] + points["error"]
    begins = before["value"].isna() | fell | points["restarted"]
    points = points.assign(stretch=begins.cumsum(), point=points.index)
    stretch = points.groupby("stretch")[["value", "error", "early", "late", "point"]]
    first, last = (points[["stretch"]].join(getattr(stretch, end)(), on="stretch") for end in ("first", "last"))
    above = points["value"] - first["value"] > points["error"] + first["error"]
    below = last["value"] - points["value"] > points["error"] + last["error"]
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
    rises = (above & below).groupby(points["stretch"]).transform("any") & points["captures"].ge(FEWEST)
    rises &= days.ge(SHORTEST) & last["early"].gt(first["late"])
    newest = points["stretch"].eq(points.groupby("series")["stretch"].transform("last"))
    told: pd.DataFrame = points[rises & newest]
    return told
