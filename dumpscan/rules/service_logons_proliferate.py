r"""Services run under many logons, and each one costs a heap

## What happens
Services that run under accounts of their own get a window station and a desktop for each logon, named after it (`Service-0x0-2461f$`), with a heap of the third
SharedSection value, whatever they use of it. Instances of one service, application pools, SQL Agent proxies and scheduled tasks multiply like that.
Before Vista session view space runs out then. Later it has no such limit, and many logons are only worth knowing.

## How the log proves it
The latest listing of session 0 has 10 such stations **[guess]** and more, and most of them are idle (about 4 KB used or less: the desktop exists, and nothing
runs on it), or there are more of them than in an earlier whole listing. Under 10, three more than before **[guess]** count as a beginning.
Not counted: built-in accounts (LUIDs below 0x1000), sessions other than 0, and stations of browser sandboxes (`sbox_...`), which are named after the
logon of the user.

## What to do
Run the instances as one service, or under one logon or a built-in account. That moves their rights, too: SPNs, ACLs and user rights must be changed, and the
one heap must hold them all. Services under accounts that nobody uses any more: end them.

## What would refute it
The same number of stations over days, with all of them in use.

## Sources
ntdebugging blog, desktop heap overview and comments 14, 15, 16 and 95; KB 949296. What moving an account costs: **[field]**.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from dumpscan.machines import LISTINGS, machine_keys
from dumpscan.model import ROUNDING
from dumpscan.owners import with_accounts
from dumpscan.platforms import BEFORE, MACHINE, SINCE
from dumpscan.rules import CAUSE, FUTILE, HEAPS, NOW, Found, Told, cite, found, rule
from dumpscan.words import count, kb

if TYPE_CHECKING:
    import pandas as pd

MANY, MORE = 10, 3  # stations; both guesses
IDLE_KB = 4  # an empty desktop takes 2.0-2.6 KB on x86, 4.1 on x64
BUILT_IN = 0x1000  # LUIDs below it are of Windows itself
STATION = r"^Service-0x([0-9a-fA-F]{1,8})-([0-9a-fA-F]{1,8})\$$"


@rule(
    stage=HEAPS,
    says=None,
    needs="desktop_heaps.window_station",
    clear="Few services have a logon of their own, or their desktops are in use.",
    references=("ntdebugging blog 2007-01-04, comments 14 to 16", "KB 949296"),
)
def check(
    desktop_heaps: pd.DataFrame, captures: pd.DataFrame, logon_sessions: pd.DataFrame, platforms: pd.DataFrame
) -> Found | None:
    """Machines whose session 0 has many stations of logons, or ever more of them."""
    import numpy as np

    stations = _stations(desktop_heaps)
    latest = stations[~stations["superseded"].astype(bool)]
    latest = latest.drop_duplicates(["key", "window_station"])
    now = latest.groupby("key").agg(
        stations=("idle", "size"), idle=("idle", "sum"), known=("used_percent", "count"), size_kb=("size_kb", "sum")
    )

    listing = captures[captures["command"].isin(LISTINGS) & captures["session"].eq(0).fillna(False).astype(bool)]
    whole = listing[listing["state"].eq("whole").fillna(False).astype(bool) & listing["superseded"].astype(bool)]
    whole = whole[["snapshot"]].assign(key=machine_keys(whole)).drop_duplicates()
    earlier = whole.merge(
        stations[["key", "snapshot", "window_station"]].drop_duplicates(), on=["key", "snapshot"], how="left"
    )
    before = earlier.groupby(["key", "snapshot"])["window_station"].count().groupby("key").min()

    keys = machine_keys(platforms)
    rows = (
        platforms[[*MACHINE, "era"]].assign(key=keys)[keys.isin(now.index)].join(now, on="key").reset_index(drop=True)
    )
    rows["before"] = rows["key"].map(before).astype("Int64")
    grown = (rows["stations"] - rows["before"]).fillna(0)
    many = rows["stations"].ge(MANY) & ((2 * rows["idle"] > rows["known"]) | grown.gt(0))
    begun = grown.ge(MORE) & ~many
    high = np.select([rows["era"].eq(BEFORE), rows["era"].eq(SINCE)], ["high", "info"], default="medium")
    rows = rows.assign(
        severity=np.where(rows["era"].eq(SINCE) | many, high, "medium"),
        certainty=np.where(many, "likely", "possible"),
        snapshot=1,
    )[(many | begun).astype(bool)]
    lines = with_accounts(latest[latest["key"].isin(rows["key"])], logon_sessions)
    whose = lines["owner"].astype(object) + (" of " + lines["account"]).fillna("")
    lines = lines[["key", "file", "line", "size_kb"]].assign(owner=whose)
    return found(rows, cite(rows[["key"]], "a heap of {size_kb:,} KB for {owner}", lines, ["key"]))


def _stations(heaps: pd.DataFrame) -> pd.DataFrame:
    """Heaps on stations that are named after a logon of its own, in session 0, with whether they are idle at the best rounding."""
    import pandas as pd

    names = pd.Series(heaps["window_station"].cat.categories.astype(str), dtype=object)
    luid = names.str.extract(STATION, expand=True)
    high, low = (luid[half].map(lambda digits: int(digits, 16), na_action="ignore").astype(float) for half in (0, 1))
    own = names[(high.gt(0) | low.ge(BUILT_IN)).to_numpy(bool)]
    rows = heaps[heaps["window_station"].isin(own) & heaps["session"].eq(0).fillna(False).astype(bool)]
    rows = rows[~rows["desktop"].astype(object).str.startswith("sbox_").fillna(False).astype(bool)]
    step = rows["tool"].map(ROUNDING).astype("Float64").fillna(0.5)
    least = rows["size_kb"] * (rows["used_percent"] - step) / 100
    return rows.assign(key=machine_keys(rows), idle=least.le(IDLE_KB).fillna(False).astype(int))


def tell(row: Mapping[str, Any]) -> Told:
    """A finding in words."""
    stations, idle = int(row["stations"]), int(row["idle"])
    grown = (
        f", {stations - int(row['before'])} more than in an earlier listing"
        if row["before"] is not None and stations > row["before"]
        else ""
    )
    price = {
        BEFORE: "each takes session view space, which has a limit here.",
        SINCE: "no limit of session view space is in their way on this Windows.",
    }.get(row["era"], "each takes session view space, which has a limit before Vista.")
    summary = (
        f"Session 0 has {count(stations, 'window station')} of service logons of their own{grown}, {idle} of them idle (about {IDLE_KB} KB or less in use). "
        f"Their heaps take {kb(row['size_kb'])}; {price}"
    )
    advice = [
        (NOW, "Find out whose logons these are (logonsessions, or Win32_LoggedOnUser: the station is named after the logon), and end those that nobody needs."),
        (CAUSE, "Run the instances as one service, under one logon or a built-in account. SPNs, ACLs and user rights have to follow, and the one heap must hold them all."),
        (FUTILE, "Moving a service to yet another account: that costs one more heap."),
    ]  # fmt: skip
    keys = ("stations", "idle", "before", "size_kb")
    return Told(
        summary, {key: row[key] for key in keys}, "The same number of stations over days, all of them in use.", advice
    )
