"""What the rules on the scope of a capture have in common: when each listing was taken, and how long its machine had been up."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dumpscan.complaint import AT_THE_FAILURE
from dumpscan.machines import LISTINGS, machine_keys
from dumpscan.moments import ends, uptime
from dumpscan.rules._events import moments

if TYPE_CHECKING:
    import pandas as pd


def judged_listings(captures: pd.DataFrame, systems: pd.DataFrame) -> pd.DataFrame:
    """The listings that the verdict rests on, with `taken_from` and `taken_to` (seconds, nan where no time is printed), `up` (seconds since the
    start of the machine, nan where no banner of that moment tells), and file and line of that banner."""
    told = captures["command"].isin(LISTINGS) & captures["state"].isin(["whole", "cut"]) & ~captures["superseded"]
    rows = captures[told.to_numpy(bool, na_value=False)]
    first, last = ends(rows["moment"])
    banners = systems[systems["uptime"].notna()]
    banners = banners.assign(
        key=machine_keys(banners),
        up=banners["uptime"].map(uptime).astype(float),
        banner_file=banners["file"].astype(object),
        banner_line=banners["line"],
    ).drop_duplicates(["key", "snapshot"])
    rows = rows.assign(taken_from=first, taken_to=last, key=machine_keys(rows))
    return rows.merge(
        banners[["key", "snapshot", "up", "banner_file", "banner_line"]], on=["key", "snapshot"], how="left"
    )


def with_complaint(rows: pd.DataFrame, complaints: pd.DataFrame) -> pd.DataFrame:
    """Rows of cases whose user said something of the failure: with failed_session, failed_at, failed_from and failed_to."""
    said = complaints.set_index(complaints["case"].cat.codes)
    of = said.reindex(rows["case"].cat.codes)[["session", "failed_at", "failed_from", "failed_to"]].set_axis(rows.index)
    joined: pd.DataFrame = rows.assign(
        failed_session=of["session"], **{name: of[name] for name in ("failed_at", "failed_from", "failed_to")}
    )
    return joined


def early(rows: pd.DataFrame) -> pd.Series[float]:
    """How many seconds before the failure each row was taken; 0 for one at it or after it."""
    return (rows["failed_from"] - rows["taken_to"]).clip(lower=0)


def late(rows: pd.DataFrame) -> pd.Series[float]:
    """How many seconds after the failure each row was taken; 0 for one at it or before it."""
    return (rows["taken_from"] - rows["failed_to"]).clip(lower=0)


def at_the_failure(
    events: pd.DataFrame, captures: pd.DataFrame, systems: pd.DataFrame, complaints: pd.DataFrame
) -> pd.Series[bool]:
    """Whether an event is of the time of the failure that the user told, and no listing of its machine is: then the event is what is known of it."""
    import numpy as np

    at = moments(events)["moment"]
    told = with_complaint(events.assign(taken_from=at, taken_to=at), complaints)
    near = (early(told) + late(told)).le(AT_THE_FAILURE)
    listings = with_complaint(judged_listings(captures, systems), complaints)
    taken = (early(listings) + late(listings)).le(AT_THE_FAILURE)
    other: pd.Series[bool] = near & ~np.isin(machine_keys(events), listings.loc[taken, "key"])
    return other
