"""One desktop at several moments: which rows are of the same heap, and how its use goes on from capture to capture.

A trend is told of the last stretch of a series: it begins anew where the machine was restarted and where the heap got another size, and a rise begins
anew where the use fell by more than the tools round. Whole percentages (`!dskheap`) hide more than those with a decimal: no difference counts that
two roundings can make.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from dumpscan.gui_objects import NOT_SERVICES, STATIONS, station
from dumpscan.machines import boots, machine_keys
from dumpscan.model import ROUNDING, WHERE, shaped, typed
from dumpscan.moments import ends
from dumpscan.printed_times import DAY
from dumpscan.words import count, kb

if TYPE_CHECKING:
    import pandas as pd

FEWEST = 3  # captures: two points always make a line
AT_REST = 1 / 3  # of the time: what did not rise in it has come to rest
SHORTEST = 1.0  # days from the first to the last: within one day the day's own work rises, too
FULL = 98  # percent: nothing more can be allocated (KB 949296)
LEAK, STEP, PLATEAU, STEADY, FALLS = "leak", "step", "plateau", "steady", "falls"
RESTART, RESIZE, FALL = "restart", "resize", "fall"
WHOLE, DECIMAL = "integer", "decimal"
NEAR = 3600.0  # seconds before and after the captures in which a list of USER objects belongs to them [guess]

TRENDS = {
    "session": "int", "window_station": "text", "desktop": "text", "tool": "text", "rounding": "text", "size_kb": "int",
    "captures": "int", "first_time": "text", "last_time": "text", "days": "float", "first_kb": "float", "last_kb": "float", "kind": "text",
    "begins_after": "text", "rate_kb_day": "float", "rate_kb_day_least": "float", "rate_kb_day_most": "float",
    "days_to_98": "float", "days_to_98_least": "float", "days_to_98_most": "float", "points": "text", "superseded": "bool",
    "suspect": "text", "suspect_pid": "int", "suspect_objects_first": "int", "suspect_objects_last": "int", "suspect_file": "text", "suspect_line": "int",
}  # fmt: skip
SUSPECT = [name for name in TRENDS if name.startswith("suspect")]


def recognisable(heaps: pd.DataFrame) -> pd.DataFrame:
    """Rows with a use whose heap can be recognised in another listing. Winlogon and Disconnect are left out: nobody sets their size, and what they
    show changes with each logon."""
    named = heaps["session"].notna() & heaps["window_station"].notna() & heaps["desktop"].notna()
    measured = heaps["used_percent"].notna() & heaps["size_kb"].gt(0).fillna(False)
    rows: pd.DataFrame = heaps[named & measured & heaps["role"].ne("fixed").to_numpy(bool, na_value=True)]
    return rows


def with_moments(rows: pd.DataFrame, captures: pd.DataFrame) -> pd.DataFrame:
    """Rows with `moment` as printed, and `early` and `late`: the seconds between which they were listed; missing where no time is told."""
    at = captures[captures["moment"].notna()]
    moments = at["moment"].astype(object).groupby([machine_keys(at), at["snapshot"]]).first().rename("moment")
    rows = rows.assign(machine_key=machine_keys(rows)).join(moments, on=["machine_key", "snapshot"])
    rows["early"], rows["late"] = ends(rows["moment"])
    return rows


def trend_points(tables: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """Each capture of each heap that was captured three times at known moments: `series` and `place` in it, in the order of time; `value` in KB and its
    `error`, and `begins`: why nothing before it belongs to it (a restart, another size)."""
    import pandas as pd

    heaps = tables["desktop_heaps"]
    # Most machines were captured once: they are left out before anything is looked at.
    keys = machine_keys(heaps)
    heaps = heaps[keys.isin(keys[heaps["snapshot"].ge(FEWEST).to_numpy(bool)])]
    if not len(heaps):
        return heaps
    rows = recognisable(heaps)
    place = [machine_keys(rows), rows["session"], rows["window_station"].cat.codes, rows["desktop"].cat.codes]
    rows = rows.assign(series=rows.groupby(place, sort=False).ngroup())
    rows = with_moments(_often(rows), tables["captures"])
    rows = rows[rows["early"].notna()].assign(at=lambda timed: timed["early"] + timed["late"])
    rows = rows.sort_values(["series", "at"], kind="stable").drop_duplicates(["series", "at"], keep="last")
    rows = _often(rows)
    size, before = rows["size_kb"].astype(float), rows.groupby("series")["size_kb"].shift()
    begins = pd.Series(None, index=rows.index, dtype=object)
    begins = begins.mask((rows["size_kb"].ne(before) & before.notna()).to_numpy(bool, na_value=False), RESIZE)
    begins = begins.mask(_restarted(rows, tables["systems"]), RESTART)
    return rows.assign(
        place=rows.groupby("series").cumcount(),
        value=size * rows["used_percent"].astype(float) / 100,
        error=size * rows["tool"].map(ROUNDING).astype(float).fillna(0.5) / 100,
        begins=begins,
    )


def _often(rows: pd.DataFrame) -> pd.DataFrame:
    frequent: pd.DataFrame = rows[rows.groupby("series")["series"].transform("size").ge(FEWEST)]
    return frequent


def _restarted(rows: pd.DataFrame, systems: pd.DataFrame) -> pd.Series[bool]:
    """Whether the machine is known to have been started between a row and the one before it in its series."""
    import pandas as pd

    begins = boots(systems).rename(columns={"key": "machine_key"}).sort_values("begin")
    wanted = rows[["machine_key", "early"]].assign(row=rows.index).sort_values("early", kind="stable")
    latest = pd.merge_asof(
        wanted, begins[["machine_key", "begin"]], left_on="early", right_on="begin", by="machine_key"
    )
    begin = latest.set_index("row")["begin"].reindex(rows.index)
    return begin > rows.groupby("series")["late"].shift()


def stretches(points: pd.DataFrame) -> tuple[pd.Series[Any], pd.Series[Any], pd.Series[Any]]:
    """The segment of each point (between restarts and sizes), its stretch (between falls, too), and why that begins."""
    before = points.groupby("series")[["value", "error"]].shift()
    new = before["value"].isna() | points["begins"].notna()
    fell = _above(before, points) & ~new
    why = points["begins"].mask(fell, FALL)
    return new.cumsum(), (new | fell).cumsum(), why


def trends(points: pd.DataFrame, gui_objects: pd.DataFrame, captures: pd.DataFrame) -> pd.DataFrame:
    """One row a series, at its last capture.

    leak: it rises on (one point lies above the first and below the last by more than their errors, and the last so above what was reached before
    the last third of the time); step: it rose once and stays; plateau: it rose and came to rest; steady: no difference beyond the rounding; falls: it
    came down, and too little follows. Missing: fewer than three captures or less than a day since it began anew, or it rose once, in the last capture.
    """
    import numpy as np
    import pandas as pd

    if not len(points):
        return typed({}, WHERE | TRENDS)
    segment, stretch, why = stretches(points)
    newest, whole = points[_last_of(stretch, points)], points[_last_of(segment, points)]
    newest, whole = newest.assign(why=why), whole.assign(why=why)
    line, way = _line(newest), _line(whole)
    kind = _kinds(newest, line)
    # A series that only comes down has no stretch of its own: what is told then is its whole way since the restart.
    down = kind.isna() & way.long & _above(way.first, way.last)
    kind = kind.mask(down, FALLS)
    falling = whole["series"].isin(down.index[down])
    line = _line(pd.concat([newest[~newest["series"].isin(down.index[down])], whole[falling]]))

    rows = line.last
    size, error = rows["size_kb"].astype(float), rows["error"]
    room = size * FULL / 100 - rows["value"]
    rises = kind.eq(LEAK)
    rows = rows.assign(
        captures=line.captures,
        first_time=line.first["moment"],
        last_time=rows["moment"],
        rounding=np.where(line.coarse, WHOLE, DECIMAL),
        days=line.days,
        first_kb=line.first["value"],
        last_kb=rows["value"],
        kind=kind,
        begins_after=line.first["why"],
        rate_kb_day=line.rate.where(kind.notna()),
        rate_kb_day_least=line.least.where(kind.notna()),
        rate_kb_day_most=line.most.where(kind.notna()),
        days_to_98=(room / line.rate).clip(lower=0).round(6).where(rises),
        days_to_98_least=((room - error).clip(lower=0) / line.most).where(rises),
        days_to_98_most=((room + error).clip(lower=0) / line.least).where(rises),
        points=_as_text(points),
        first_early=line.first["early"],
    )
    rows = rows.join(_suspects(rows[kind.isin([LEAK, STEP, PLATEAU])], gui_objects, captures))
    return shaped(rows, TRENDS)


def _last_of(parts: pd.Series[Any], points: pd.DataFrame) -> pd.Series[bool]:
    """The points of the last part of each series."""
    return parts.eq(parts.groupby(points["series"]).transform("last"))


class _Line(NamedTuple):
    """From the first to the last point of each series: both, and the straight line between them with what the errors leave open."""

    first: pd.DataFrame
    last: pd.DataFrame
    captures: pd.Series[int]
    days: pd.Series[float]
    rate: pd.Series[float]  # KB a day
    least: pd.Series[float]
    most: pd.Series[float]
    coarse: pd.Series[bool]  # whether one of the points is a whole percentage

    @property
    def long(self) -> pd.Series[bool]:
        """Whether it is long enough to be a trend."""
        apart = self.last["early"].gt(self.first["late"])
        return self.captures.ge(FEWEST) & self.days.ge(SHORTEST) & apart


def _line(points: pd.DataFrame) -> _Line:
    first, last = (
        points.drop_duplicates("series", keep=end).set_index("series").sort_index() for end in ("first", "last")
    )
    days = (last["early"] + last["late"] - first["early"] - first["late"]) / 2 / DAY
    rise, error = last["value"] - first["value"], last["error"] + first["error"]
    longest, shortest = (last["late"] - first["early"]) / DAY, (last["early"] - first["late"]) / DAY
    longest, shortest = longest.where(longest.gt(0)), shortest.where(shortest.gt(0))
    slow, fast = rise - error, rise + error
    coarse = points["tool"].map(ROUNDING).ne(ROUNDING["dheapmon"])
    return _Line(
        first,
        last,
        points.groupby("series").size(),
        days,
        rise / days.where(days.gt(0)),
        slow / longest.where(slow.ge(0), shortest),
        fast / shortest.where(fast.ge(0), longest),
        coarse.groupby(points["series"]).any(),
    )


def _kinds(points: pd.DataFrame, line: _Line) -> pd.Series[Any]:
    """What the newest stretch of each series does; missing where that cannot be told."""
    import numpy as np
    import pandas as pd

    series = points["series"]
    first, last = (end.loc[series].set_axis(points.index) for end in (line.first, line.last))
    between = (_above(points, first) & _above(last, points)).groupby(series).any()
    since = points["early"] + points["late"] - first["early"] - first["late"]
    whole = last["early"] + last["late"] - first["early"] - first["late"]
    earlier = points[since <= whole * (1 - AT_REST)].drop_duplicates("series", keep="last").set_index("series")
    before = points[points["place"].lt(last["place"])].drop_duplicates("series", keep="last").set_index("series")
    goes_on = _above(line.last, earlier.reindex(line.last.index))
    rests = ~_above(line.last, before.reindex(line.last.index))
    risen, fallen = _above(line.last, line.first), _above(line.first, line.last)
    kinds = {
        LEAK: risen & between & goes_on,
        PLATEAU: risen & between & ~goes_on,
        STEP: risen & ~between & (rests | ~goes_on),
        FALLS: fallen,
        STEADY: ~risen & ~fallen,
    }
    told = pd.Series(np.select([*kinds.values()], [*kinds], default=""), index=line.last.index, dtype=object)
    return told.where(told.ne("") & line.long, None)


def _above(high: pd.DataFrame, low: pd.DataFrame) -> pd.Series[bool]:
    """Whether a value is above another one by more than both errors; rounded, for 42 - 41 is not more than 0.5 + 0.5."""
    over: pd.Series[bool] = (high["value"] - low["value"] - high["error"] - low["error"]).round(6) > 0
    return over


def _as_text(points: pd.DataFrame) -> pd.Series[Any]:
    """All captures of a series as "0:614.4 3:860.2": days since the first, and KB used."""
    at = (points["early"] + points["late"]) / 2 / DAY
    days = at - at.groupby(points["series"]).transform("first")
    words = [f"{day:.4g}:{kb:.6g}" for day, kb in zip(days, points["value"], strict=True)]
    joined: pd.Series[Any] = points[["series"]].assign(text=words).groupby("series")["text"].agg(" ".join)
    return joined


def _suspects(rows: pd.DataFrame, gui_objects: pd.DataFrame, captures: pd.DataFrame) -> pd.DataFrame:
    """For each series that rose, the process of its session whose USER objects grew most between its captures, where lists of them at known
    moments tell it. In session 0 only processes count whose account does not speak for another window station."""
    listed = gui_objects[gui_objects["pid"].notna() & gui_objects["user_objects"].notna()]
    listed = listed[machine_keys(listed).isin(rows["machine_key"])]
    listed = with_moments(listed, captures)[
        ["machine_key", "session", "pid", "process", "account", "user_objects", "file", "line", "early", "late"]
    ]
    series = rows[["machine_key", "session", "window_station", "first_early", "late"]].reset_index()
    both = series.rename(columns={"late": "until"}).merge(listed, on=["machine_key", "session"])
    both = both[both["late"].ge(both["first_early"] - NEAR) & both["early"].le(both["until"] + NEAR)]
    where, account = both["window_station"].astype(object), both["account"].astype(object)
    # A station of services belongs to one logon: that of a built-in account, or of another one.
    built_in = where.where(where.isin(STATIONS.values()), "")
    other = account.notna() & account.map(station, na_action="ignore").fillna("").ne(built_in)
    elsewhere = (where.str.startswith("Service-0x") & other) | both["process"].str.lower().isin(NOT_SERVICES)
    services = both["session"].eq(0) & where.ne("WinSta0")
    both = both[~(services & elsewhere).to_numpy(bool, na_value=False)]
    both = both.sort_values("early", kind="stable")
    process = both.groupby(["series", "pid", both["process"].fillna("")], sort=False)
    ends_ = (
        process.agg(
            suspect=("process", "first"),
            suspect_pid=("pid", "first"),
            suspect_objects_first=("user_objects", "first"),
            suspect_objects_last=("user_objects", "last"),
            suspect_file=("file", "last"),
            suspect_line=("line", "last"),
        )
        .reset_index(drop=True)
        .assign(series=process["series"].first().to_numpy())
    )
    grown = ends_["suspect_objects_last"] - ends_["suspect_objects_first"]
    ends_ = ends_.assign(grown=grown)[grown.gt(0).to_numpy(bool, na_value=False)]
    most = ends_.sort_values("grown", ascending=False, kind="stable").drop_duplicates("series")
    return most.set_index("series")[SUSPECT]


IN_WORDS = {
    LEAK: "rises on, as a leak does",
    STEP: "rose once and stays",
    PLATEAU: "rose and came to rest",
    STEADY: "steady, as far as the tool rounds",
    FALLS: "comes down",
    None: "too little to tell",
}
SINCE = {RESTART: "since the restart", RESIZE: "since its size changed", FALL: "since it fell"}


def in_words(row: Mapping[str, Any]) -> str:
    """A row of the table as one line of a report."""
    since = f" {SINCE[row['begins_after']]}" if row["begins_after"] else ""
    way = f"{row['first_kb']:,.0f} to {row['last_kb']:,.0f} of {kb(row['size_kb'])} in {count(row['captures'], 'capture')} over {row['days']:.1f} days{since}"
    if row["captures"] == 1:
        way = f"{row['last_kb']:,.0f} of {kb(row['size_kb'])} in 1 capture{since}"
    said = f"{IN_WORDS[row['kind']]}: {way}"
    if row["kind"] in (LEAK, FALLS):
        said += (
            f", {row['rate_kb_day']:,.1f} KB a day ({row['rate_kb_day_least']:,.1f} to {row['rate_kb_day_most']:,.1f})"
        )
    if row["days_to_98"] == 0:
        said += f"; {FULL} % is reached"
    elif row["days_to_98"] is not None:
        said += f"; {FULL} % in about {row['days_to_98']:.1f} days ({row['days_to_98_least']:.1f} to {row['days_to_98_most']:.1f})"
    return f"{said}. {suspected(row)}".rstrip()


def suspected(row: Mapping[str, Any]) -> str:
    """Who grew with the heap, where lists of USER objects tell it."""
    if row["suspect_pid"] is None:
        return ""
    before, after = row["suspect_objects_first"], row["suspect_objects_last"]
    return f"Meanwhile {row['suspect'] or 'a process'} (PID {row['suspect_pid']}) went from {before:,} to {after:,} USER objects, more than any other."
