"""Session view space: what the desktop heaps of each session take of it, and its limit, as far as it is known.

Heaps live in the view together with GDI and others, whose share no tool prints. So "does not fit" can be proved from the sum of the
heaps; "fits" needs room for that share.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dumpscan.machines import machine_keys
from dumpscan.platforms import LIMITS, MACHINE, SERVICE_HEAP, SINCE, SINCE_TOOLS

if TYPE_CHECKING:
    import pandas as pd

GROWTH = ("interactive_growth_kb", "service_growth_kb")
SESSION = [*MACHINE, "snapshot", "session"]
SMALL_VIEW = 20480  # KB
SMALLEST_LIMIT = 1024  # KB: "Maximum is 0K" is printed where the debugger could not read it
# What GDI and others take of the view, in KB: 16 MB of heaps in 20 MB already failed (ntdebugging blog, comments 14 and 15).
OTHERS_IN_SMALL_VIEW, OTHERS = 3584, 4096


def view_space(tables: dict[str, pd.DataFrame], platforms: pd.DataFrame) -> pd.DataFrame:
    """One row a session and snapshot that has heap rows; sizes without a use are no listing (a scan finds freed heaps, too).

    Columns: case, machine, snapshot, session, file, line (of the first row), heaps_kb, interactive_kb, service_kb, fixed_kb, desktops,
    total_kb (the tool's own), most_kb (the larger of both), next_kb (the heap that the next service would want), limit_kb, limit_origin, limit_file,
    limit_line, limits_differ, possible_kb (smallest limit printed, else that of the registry, else that this Windows can have; missing: none), other_kb,
    known_kb (the limit that counts: printed, else of the registry), interactive_heaps and service_heaps (how many), interactive_growth_kb and service_growth_kb (by
    how much each heap of the kind may grow: a SharedSection value counts in all sessions, and the fullest view of the machine decides), free_ptes,
    superseded, and those of `platforms`.
    """
    heaps = tables["desktop_heaps"]
    heaps = heaps[heaps["used_percent"].notna()]
    by_session = heaps.groupby(SESSION, observed=True, dropna=False, sort=False)
    rows = by_session.agg(
        file=("file", "first"),
        line=("line", "first"),
        heaps_kb=("size_kb", "sum"),
        desktops=("size_kb", "size"),
        superseded=("superseded", "all"),
    ).reset_index()
    group = by_session.ngroup()
    for role in ("interactive", "service", "fixed"):
        mine = heaps["role"].eq(role)
        rows[f"{role}_kb"] = heaps["size_kb"].where(mine, 0).groupby(group).sum()
        rows[f"{role}_heaps"] = mine.fillna(False).groupby(group).sum()
    service = heaps["size_kb"].where(heaps["role"].eq("service"))
    rows["next_kb"] = service.groupby(group).min()
    totals = tables["heap_totals"].groupby(SESSION, observed=True, dropna=False)["total_kb"].max()
    rows = rows.merge(totals.reset_index(), on=SESSION, how="left").merge(platforms, on=MACHINE, how="left")
    # A banner of another machine in the same folder must not give these sessions a limit.
    modern = heaps["tool"].isin(SINCE_TOOLS).groupby(group).any()
    rows["era"] = rows["era"].where(~modern.reindex(rows.index, fill_value=False), SINCE)
    rows["most_kb"] = rows[["heaps_kb", "total_kb"]].max(axis=1).astype("Int64")
    anywhere = machine_keys(rows).map(service.groupby(machine_keys(heaps)).min())
    usual = rows["architecture"].map(SERVICE_HEAP).fillna(min(SERVICE_HEAP.values()))
    told = rows["configured_service_kb"]
    rows["next_kb"] = rows["next_kb"].fillna(anywhere).fillna(told).fillna(usual).astype("Int64")
    rows = _with_limits(rows, tables["session_limits"])
    counters = tables["memory_counters"]
    ptes = counters[counters["label"].eq("Free System PTEs")]
    rows["free_ptes"] = machine_keys(rows).map(ptes.groupby(machine_keys(ptes))["pages"].last()).astype("Int64")
    # A value of the registry is no printed limit: it narrows what is possible and what may be advised, and raises no alarm by itself.
    stored = rows["configured_view_kb"].where(has_limit(rows))
    rows["possible_kb"] = rows["smallest_kb"].fillna(stored).fillna(_smallest_possible(rows))
    rows["other_kb"] = others_kb(rows["limit_kb"].fillna(rows["possible_kb"]))
    rows["known_kb"] = rows["limit_kb"].fillna(stored).astype("Int64")
    room = (rows["known_kb"] - rows["other_kb"] - rows["heaps_kb"]).where(
        has_limit(rows) & ~rows["superseded"].astype(bool)
    )
    for role in ("interactive", "service"):
        number = rows[f"{role}_heaps"].astype("Int64")
        growth = room.clip(lower=0) // number.where(number.gt(0))
        rows[f"{role}_growth_kb"] = growth.groupby(machine_keys(rows)).transform("min").astype("Int64")
    return rows


def _with_limits(rows: pd.DataFrame, limits: pd.DataFrame) -> pd.DataFrame:
    """Add the limit that was printed nearest to each listing: at its moment, else in its file, else on its machine. There the debugger's
    read of memory counts before the maximum of !vm 4; but two values that differ mean two boots, so the smallest is kept beside it."""
    views = limits[limits["limit"].eq("view_space") & limits["kb"].ge(SMALLEST_LIMIT)]
    views = views.assign(machine_key=machine_keys(views), rank=views["origin"].eq("!vm 4").astype(int))
    columns = {"kb": "limit_kb", "origin": "limit_origin", "file": "limit_file", "line": "limit_line"}
    views = views[["machine_key", "snapshot", "rank", *columns]].astype({"file": object, "origin": object})
    views = (
        views.sort_values("rank", kind="stable").rename(columns=columns).assign(own_file=views["file"].astype(object))
    )
    filled = [*columns.values(), "smallest_kb"]
    rows = rows.assign(machine_key=machine_keys(rows), own_file=rows["file"].astype(object), **dict.fromkeys(filled))
    for keys in (["machine_key", "snapshot"], ["machine_key", "own_file"], ["machine_key"]):
        at_place = views.groupby(keys)
        best = views[views["rank"].eq(at_place["rank"].transform("min"))] if len(keys) > 1 else views
        one = best[best.groupby(keys)["limit_kb"].transform("nunique").eq(1)].drop_duplicates(keys)
        smallest = at_place["limit_kb"].min().rename("smallest_kb").reset_index()
        near = (
            rows[keys]
            .merge(one[[*dict.fromkeys([*keys, *columns.values()])]], on=keys, how="left")
            .merge(smallest, on=keys, how="left")
        )
        known = rows["smallest_kb"].notna()
        for column in filled:
            rows[column] = rows[column].where(known, near[column])
    rows = rows.astype({"limit_kb": "Int64", "limit_line": "Int64", "smallest_kb": "Int64"})
    differ = rows["smallest_kb"].notna() & rows["smallest_kb"].ne(rows["limit_kb"]).fillna(True)
    return rows.assign(limits_differ=differ.astype("boolean")).drop(columns=["machine_key", "own_file"])


def others_kb(limit: pd.Series[int]) -> pd.Series[int]:
    """What GDI and others take of a view of this size, in KB."""
    import pandas as pd

    small = limit.eq(SMALL_VIEW).fillna(False)
    return pd.Series(OTHERS, index=limit.index, dtype="Int64").mask(small, OTHERS_IN_SMALL_VIEW)


def possible_limits(architecture: str | None, era: str | None) -> tuple[int, ...]:
    """The limits in KB that session view space of such a Windows can have; none since Vista."""
    if era == SINCE:
        return ()
    if architecture in LIMITS:
        return LIMITS[architecture]
    return tuple(sorted(limit for some in LIMITS.values() for limit in some))


def _smallest_possible(rows: pd.DataFrame) -> pd.Series[int]:
    import pandas as pd

    kinds = rows[["architecture", "era"]].astype(object).where(rows[["architecture", "era"]].notna(), None)
    smallest = {
        pair: min(possible_limits(*pair), default=None) for pair in set(kinds.itertuples(index=False, name=None))
    }
    return pd.Series(
        pd.array([smallest[pair] for pair in kinds.itertuples(index=False, name=None)], dtype="Int64"), index=rows.index
    )


def has_limit(rows: pd.DataFrame) -> pd.Series[bool]:
    """Sessions whose view space can have a limit: not those of Vista and later, where the kernel grows it as needed."""
    return rows["era"].ne(SINCE) | rows["era"].isna()
