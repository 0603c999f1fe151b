"""Session view space: what the desktop heaps of each session take of it, and its limit, as far as it is known.

Heaps live in the view together with GDI and others, whose share no tool prints. So "does not fit" can be proved from the sum of the
heaps; "fits" needs room for that share.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dumpscan.platforms import BEFORE, LIMITS, MACHINE, SERVICE_HEAP, SINCE

if TYPE_CHECKING:
    import pandas as pd

SESSION = [*MACHINE, "snapshot", "session"]
SMALL_VIEW = 20480  # KB
# What GDI and others take of the view, in KB: 16 MB of heaps in 20 MB already failed (ntdebugging blog, comments 14 and 15).
OTHERS_IN_SMALL_VIEW, OTHERS = 3584, 4096


def view_space(tables: dict[str, pd.DataFrame], platforms: pd.DataFrame) -> pd.DataFrame:
    """One row a session and snapshot that has heap rows.

    Columns: case, machine, snapshot, session, file, line (of the first row), heaps_kb, interactive_kb, service_kb, fixed_kb, desktops,
    total_kb (the tool's own), next_kb (the smallest heap that the next service would want), limit_kb, limit_origin, limit_file,
    limit_line, limits_differ, possible_kb (smallest limit this Windows can have; missing: none), other_kb, era, superseded.
    """
    import pandas as pd

    heaps = tables["desktop_heaps"]
    by_session = heaps.groupby(SESSION, observed=True, dropna=False, sort=False)
    rows = by_session.agg(
        file=("file", "first"), line=("line", "first"), heaps_kb=("size_kb", "sum"), desktops=("size_kb", "size"), superseded=("superseded", "all")
    )
    for role in ("interactive", "service", "fixed"):
        of_role = heaps[heaps["role"].eq(role)].groupby(SESSION, observed=True, dropna=False)["size_kb"].sum()
        rows[f"{role}_kb"] = of_role.reindex(rows.index).fillna(0).astype("Int64")
    rows["total_kb"] = tables["heap_totals"].groupby(SESSION, observed=True, dropna=False)["total_kb"].max().reindex(rows.index).astype("Int64")
    services = heaps[heaps["role"].eq("service")]
    rows["next_kb"] = services.groupby(SESSION, observed=True, dropna=False)["size_kb"].min().reindex(rows.index)
    rows = rows.reset_index().merge(platforms, on=MACHINE, how="left")
    anywhere = services.groupby(MACHINE, observed=True)["size_kb"].min().rename("anywhere").reset_index()
    rows = rows.merge(anywhere, on=MACHINE, how="left")
    usual = rows["architecture"].map(SERVICE_HEAP).fillna(min(SERVICE_HEAP.values()))
    rows["next_kb"] = rows["next_kb"].fillna(rows["anywhere"]).fillna(usual).astype("Int64")
    rows = _with_limits(rows.drop(columns="anywhere"), tables["session_limits"])
    rows["possible_kb"] = rows["limit_kb"].fillna(_smallest_possible(rows))
    rows["other_kb"] = pd.Series(OTHERS, index=rows.index, dtype="Int64").mask(rows["possible_kb"].le(SMALL_VIEW).fillna(False), OTHERS_IN_SMALL_VIEW)
    return rows


def _with_limits(rows: pd.DataFrame, limits: pd.DataFrame) -> pd.DataFrame:
    """Add the limit that was printed on the machine: by the debugger's memory read before the maximum of !vm 4, of the same file before others.

    Two different values mean two boots: then only the one of the listing's own file counts.
    """
    import pandas as pd

    views = limits[limits["limit"].eq("view_space")].copy()
    views["rank"] = views["origin"].eq("!vm 4").astype(int)
    views = views[views["rank"].eq(views.groupby(MACHINE, observed=True)["rank"].transform("min"))]
    columns = {"kb": "limit_kb", "origin": "limit_origin", "file": "limit_file", "line": "limit_line"}
    parts = []
    for keys in ([*MACHINE, "file"], MACHINE):
        one = views.groupby(keys, observed=True, sort=False)
        first = one[list(dict.fromkeys([*columns]))].first() if "file" not in keys else one[["kb", "origin", "line"]].first().assign(file=lambda frame: frame.index.get_level_values("file"))
        parts.append(first[one["kb"].nunique().eq(1)].rename(columns=columns))
    nearest = rows[[*MACHINE, "file"]].merge(parts[0], left_on=[*MACHINE, "file"], right_index=True, how="left")
    elsewhere = rows[MACHINE].merge(parts[1], left_on=MACHINE, right_index=True, how="left")
    differ = views.groupby(MACHINE, observed=True)["kb"].nunique().gt(1).rename("limits_differ").reset_index()
    rows = rows.merge(differ, on=MACHINE, how="left")
    for column in columns.values():
        rows[column] = nearest[column].astype(object).where(nearest["limit_kb"].notna(), elsewhere[column].astype(object))
    rows["limit_kb"] = pd.array(rows["limit_kb"], dtype="Int64")
    rows["limit_line"] = pd.array(rows["limit_line"], dtype="Int64")
    rows["limits_differ"] = rows["limits_differ"].astype("boolean").fillna(False) & rows["limit_kb"].isna()
    return rows


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
    smallest = {pair: min(possible_limits(*pair), default=None) for pair in set(kinds.itertuples(index=False, name=None))}
    return pd.Series(pd.array([smallest[pair] for pair in kinds.itertuples(index=False, name=None)], dtype="Int64"), index=rows.index)


def has_limit(rows: pd.DataFrame) -> pd.Series[bool]:
    """Sessions whose view space can have a limit: not those of Vista and later, where the kernel grows it as needed."""
    return rows["era"].ne(SINCE) | rows["era"].isna()


__all__ = ["BEFORE", "SESSION", "has_limit", "possible_limits", "view_space"]
