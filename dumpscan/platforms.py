"""Which Windows a machine runs, as far as its captures tell: architecture, and whether it is older than Vista.

Only session view space of Windows older than Vista has a limit, so this decides which rules apply. Each fact comes with the words
that say how it is known. Contradictory signs leave it open.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    import pandas as pd

MACHINE = ["case", "machine"]
VISTA = 6000  # the first build

# KB. Fixed heaps tell the architecture (ntdebugging blog, comment 20); the interactive heap tells it where they are not listed.
_FIXED = {64: "x86", 128: "x86", 96: "x64", 192: "x64"}
_INTERACTIVE = {3072: "x86", 12288: "x86", 20480: "x64"}

# Default size of a service heap in KB (KB 184802). Where the architecture is open, the smaller one: it accuses nobody.
SERVICE_HEAP = {"x86": 512, "x64": 768}
# Limits that session view space can have, in KB: with and without the registry value, /3GB, 64-bit Server 2003. None is needed since Vista.
LIMITS = {"x86": (20480, 49152), "x64": (106496,)}


class Sign(NamedTuple):
    """Rows of a table that tell something about their machine."""

    table: str
    pick: Any  # frame -> boolean mask
    says: str
    how: str


def _station(*names: str) -> Any:
    return lambda heaps: heaps["window_station"].isin(names)


BEFORE, SINCE = "before Vista", "Vista or later"
# Strong signs outrank the weak one below them: 12,288 KB is the default of Vista SP1 on x86, but can be set on an older Windows.
ERA_SIGNS = (
    Sign("systems", lambda systems: systems["build"].lt(VISTA), BEFORE, "the build in the banner"),
    Sign("systems", lambda systems: systems["build"].ge(VISTA), SINCE, "the build in the banner"),
    Sign("desktop_heaps", lambda heaps: heaps["tool"].eq("dheapmon"), BEFORE, "dheapmon, which does not run on Vista and later"),
    Sign("desktop_heaps", _station("SAWinSta", "__X78B95_89_IW"), BEFORE, "a window station that Vista and later do not have"),
    Sign("desktop_heaps", _station("msswindowstation"), SINCE, "a window station that came with Vista"),
    Sign("memory_counters", lambda counters: counters["label"].isin(["Free NP PTEs", "Free Special NP"]), BEFORE, "counters of !vm that Vista dropped"),
    Sign("memory_counters", lambda counters: counters["label"].eq("NonPagedPoolNx Usage"), SINCE, "a counter of !vm that came with Windows 8"),
    Sign("session_limits", lambda limits: limits["origin"].eq("!vm 4"), BEFORE, "the session maxima that only XP and Server 2003 print"),
)
WEAK_ERA_SIGN = Sign(
    "desktop_heaps",
    lambda heaps: heaps["size_kb"].eq(12288) & heaps["role"].eq("interactive"),
    SINCE,
    "an interactive heap of 12288 KB, the default since Vista SP1",
)


def platforms(tables: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """One row a machine: case, machine, architecture, architecture_how, era, era_how; missing where nothing or both is told."""
    import pandas as pd

    machines = pd.concat([frame[MACHINE] for frame in tables.values() if len(frame)] or [tables["captures"][MACHINE]])
    machines = machines.drop_duplicates().set_index(MACHINE)
    known = machines.join(_architecture(tables)).join(_era(tables))
    return known.reset_index()


def _agreed(facts: pd.DataFrame, name: str) -> pd.DataFrame:
    """Facts (case, machine, says, how), best first: what all of a machine's facts say, and how the best of them knows."""
    by_machine = facts.groupby(MACHINE, observed=True, sort=False)
    agreed = by_machine[["says", "how"]].first()[by_machine["says"].nunique().eq(1)]
    return agreed.rename(columns={"says": name, "how": f"{name}_how"})


def _architecture(tables: dict[str, pd.DataFrame]) -> pd.DataFrame:
    import pandas as pd

    systems = tables["systems"].loc[tables["systems"]["architecture"].notna(), MACHINE].copy()
    systems["says"], systems["how"] = tables["systems"]["architecture"].astype(object), "the banner"
    heaps = tables["desktop_heaps"]
    fixed = heaps.loc[heaps["role"].eq("fixed") & heaps["size_kb"].isin(list(_FIXED)), [*MACHINE, "size_kb"]].copy()
    fixed["says"], fixed["how"] = fixed["size_kb"].map(_FIXED), "the sizes of the Winlogon and Disconnect heaps"
    free = heaps.loc[heaps["role"].eq("interactive") & heaps["size_kb"].isin(list(_INTERACTIVE)), [*MACHINE, "size_kb"]].copy()
    free["says"], free["how"] = free["size_kb"].map(_INTERACTIVE), "the size of the interactive heap"
    best = _agreed(pd.concat([systems, fixed]), "architecture")
    rest = _agreed(free, "architecture")
    return pd.concat([best, rest[~rest.index.isin(pd.concat([systems, fixed]).set_index(MACHINE).index)]])


def _era(tables: dict[str, pd.DataFrame]) -> pd.DataFrame:
    import pandas as pd

    strong = pd.concat([_signed(tables, sign) for sign in ERA_SIGNS])
    weak = _agreed(_signed(tables, WEAK_ERA_SIGN), "era")
    return pd.concat([_agreed(strong, "era"), weak[~weak.index.isin(strong.set_index(MACHINE).index)]])


def _signed(tables: dict[str, pd.DataFrame], sign: Sign) -> pd.DataFrame:
    table = tables[sign.table]
    rows = table.loc[sign.pick(table).to_numpy(bool, na_value=False), MACHINE].drop_duplicates()
    return rows.assign(says=sign.says, how=sign.how)
