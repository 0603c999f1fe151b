r"""Registry values that a machine really has: what a file or a command would write is somebody's wish."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from dumpscan.control_sets import current_sets
from dumpscan.machines import machine_keys
from dumpscan.moments import ends

if TYPE_CHECKING:
    import pandas as pd

MEMORY_MANAGEMENT = r"\bmemory management$"
SUBSYSTEMS = r"\bsubsystems$"
# The key of the quotas and of DesktopHeapLogging. A list that prints the last name of its key only (RegRipper does) is a query all the same, and these values stand in no other key called
# Windows but the one for 32-bit programs below Wow6432Node, which win32k does not read.
WINDOWS = r"^(?!.*\\wow6432node\\)(?:.*\\windows nt\\currentversion\\)?windows\\*$"


def stored(values: pd.DataFrame, names: Sequence[str], key: str) -> pd.DataFrame:
    """State rows of values of these names (in lower case) whose key matches this pattern; one that is not set is a row, too, without text
    and number."""
    states = values[values["origin"].eq("state").to_numpy(bool, na_value=False)]
    known = [name for name in states["name"].cat.categories if str(name).lower() in names]
    rows = states[states["name"].isin(known)]
    in_key = rows["key"].astype(object).str.lower().str.contains(key, regex=True).fillna(False).to_numpy(bool)
    return current_sets(rows[in_key], values)


def agreed(values: pd.DataFrame, name: str) -> pd.Series[int]:
    """By machine key, the number that all states of this value (in lower case) of the key `Windows` agree on."""
    rows = stored(values, (name,), WINDOWS)
    rows = rows[rows["number"].notna()]
    numbers = rows["number"].groupby(machine_keys(rows))
    told: pd.Series[int] = numbers.first()[numbers.nunique().eq(1)]
    return told


def at(rows: pd.DataFrame, captures: pd.DataFrame) -> pd.Series[float]:
    """When each row was captured, in seconds; missing where no text tells."""
    place = ["key", "snapshot"]
    told = captures.assign(key=machine_keys(captures))[[*place, "moment"]].dropna()
    told = told.drop_duplicates(place)
    told = told.assign(at=ends(told["moment"])[0])
    joined = rows[["snapshot"]].assign(key=machine_keys(rows)).merge(told, on=place, how="left")
    return joined["at"].set_axis(rows.index)


def latest(rows: pd.DataFrame, captures: pd.DataFrame, *by: str) -> pd.DataFrame:
    """The rows of the latest capture of each machine (and of each value of `by`); an undated one counts as earlier."""
    place = rows[["snapshot", *by]].assign(key=machine_keys(rows), at=at(rows, captures).fillna(float("-inf")))
    newest = place.sort_values(["at", "snapshot"], kind="stable").groupby(["key", *by], observed=True)["snapshot"]
    return rows[place["snapshot"].eq(newest.transform("last").reindex(rows.index)).to_numpy(bool)]
