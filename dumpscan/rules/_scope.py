"""What the rules on the scope of a capture have in common: when each listing was taken, and how long its machine had been up."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dumpscan.complaint import AT_THE_FAILURE
from dumpscan.machines import LISTINGS, machine_keys
from dumpscan.moments import ends, uptime
from dumpscan.rules._events import READINGS, boots, moments, starts

if TYPE_CHECKING:
    import pandas as pd

DAY = 86400.0  # seconds


def judged_listings(captures: pd.DataFrame, systems: pd.DataFrame, events: pd.DataFrame) -> pd.DataFrame:
    """The listings that the verdict rests on, with `taken_from` and `taken_to` (seconds, nan where no time is printed), `up` (seconds since the
    start of the machine, nan where nothing tells: the uptime of that moment, else the last start before it), and file and line that tell it."""
    told = captures["command"].isin(LISTINGS) & captures["state"].isin(["whole", "cut"]) & ~captures["superseded"]
    rows = captures[told.to_numpy(bool, na_value=False)]
    first, last = ends(rows["moment"])
    banners = systems[systems["uptime"].notna()]
    banners = banners.assign(
        key=machine_keys(banners),
        up=banners["uptime"].map(uptime).astype(float),
        banner_file=banners["file"].astype(object),
        banner_line=banners["line"],
    )
    rows = rows.assign(taken_from=first, taken_to=last, key=machine_keys(rows))
    banners = banners[banners["up"].notna()].drop_duplicates(["key", "snapshot"])
    rows = rows.merge(
        banners[["key", "snapshot", "up", "banner_file", "banner_line"]], on=["key", "snapshot"], how="left"
    )
    begun = _last_starts(rows, systems, events)
    since = rows["taken_from"] - begun["begin"]
    return rows.assign(
        up=rows["up"].fillna(since),
        **{name: rows[name].where(rows["up"].notna(), begun[name]) for name in ("banner_file", "banner_line")},
    )


def _last_starts(rows: pd.DataFrame, systems: pd.DataFrame, events: pd.DataFrame) -> pd.DataFrame:
    """For each listing the last start of its machine before it: begin, banner_file and banner_line. A date that can mean two days counts where one of them
    is less than a day before; times in universal time do not."""
    import pandas as pd

    logged = starts(events[machine_keys(events).isin(rows["key"].unique())])
    logged = logged[~logged["utc"]]
    sure = logged[READINGS[0]].eq(logged[READINGS[1]])
    told = boots(systems)
    parts = [
        *(logged.assign(begin=logged[reading], sure=sure) for reading in READINGS),
        *(told.assign(begin=told[end], sure=told["begin"].eq(told["begun"])) for end in ("begin", "begun")),
    ]
    columns = ["key", "begin", "sure", "file", "line"]
    begins = pd.concat([part[columns].astype({"file": object, "sure": bool}) for part in parts], ignore_index=True)
    wanted = rows[["key", "taken_from"]].reset_index(names="row")
    wanted = wanted[wanted["taken_from"].notna()]
    pairs = wanted.merge(begins, on="key")
    ago = pairs["taken_from"] - pairs["begin"]
    pairs = pairs[ago.ge(0) & (pairs["sure"] | ago.le(DAY))].sort_values("begin", kind="stable")
    last = pairs.drop_duplicates("row", keep="last").set_index("row").reindex(rows.index)
    return last.rename(columns={"file": "banner_file", "line": "banner_line"})[["begin", "banner_file", "banner_line"]]


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
    listings = with_complaint(judged_listings(captures, systems, events), complaints)
    taken = (early(listings) + late(listings)).le(AT_THE_FAILURE)
    other: pd.Series[bool] = near & ~np.isin(machine_keys(events), listings.loc[taken, "key"])
    return other
