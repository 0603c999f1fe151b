"""Which Windows a machine runs, as far as its captures tell: architecture, and whether it is older than Vista.

Only session view space of Windows older than Vista has a limit, so this decides which rules apply. Each fact comes with the words
that say how it is known. Contradictory signs leave it open.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from dumpscan.commands._windows import STARTED
from dumpscan.machines import FIXED_SIZES, machine_keys

if TYPE_CHECKING:
    import pandas as pd

MACHINE = ["case", "machine"]
FACT = ["says", "how", "file", "line"]
VISTA = 6000  # the first build

# KB. Fixed heaps tell the architecture (ntdebugging blog, comment 20); the interactive heap tells it where they are not listed.
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


def _started(events: pd.DataFrame) -> pd.Series[float]:
    """The build that an event 6009 tells: the event log writes it at each start, so an old one can be of the Windows before an upgrade."""
    texts = events["text"].where(events["event_id"].eq(6009).fillna(False))
    return texts.str.extract(STARTED.pattern, expand=True)[1].astype(float)


BEFORE, SINCE = "before Vista", "Vista or later"
# Both are of 2023 and later; the size of a heap (UOI_HEAPSIZE) is told by Windows since Vista.
SINCE_TOOLS = ("tssessions", "desktopheapdiag")
# A banner outranks the signs below it (an unofficial dheapmon runs on Vista), and those the sizes: 12,288 KB is the default of Vista SP1 on
# x86, but can be set on an older Windows.
BANNER_SIGNS = (
    Sign("systems", lambda systems: systems["build"].lt(VISTA), BEFORE, "the build in the banner"),
    Sign("systems", lambda systems: systems["build"].ge(VISTA), SINCE, "the build in the banner"),
)
ERA_SIGNS = (
    Sign(
        "desktop_heaps",
        lambda heaps: heaps["tool"].eq("dheapmon"),
        BEFORE,
        "dheapmon, which does not run on Vista and later",
    ),
    Sign(
        "desktop_heaps",
        _station("SAWinSta", "__X78B95_89_IW"),
        BEFORE,
        "a window station that Vista and later do not have",
    ),
    Sign("desktop_heaps", _station("msswindowstation"), SINCE, "a window station that came with Vista"),
    Sign(
        "desktop_heaps",
        lambda heaps: heaps["tool"].isin(SINCE_TOOLS),
        SINCE,
        "a tool that runs on Vista and later only",
    ),
    Sign(
        "memory_counters",
        lambda counters: counters["label"].isin(["Free NP PTEs", "Free Special NP"]),
        BEFORE,
        "counters of !vm that Vista dropped",
    ),
    Sign(
        "memory_counters",
        lambda counters: counters["label"].eq("NonPagedPoolNx Usage"),
        SINCE,
        "a counter of !vm that came with Windows 8",
    ),
    Sign("events", lambda events: _started(events).lt(VISTA), BEFORE, "the build in event 6009"),
    Sign("events", lambda events: _started(events).ge(VISTA), SINCE, "the build in event 6009"),
    Sign(
        "session_limits",
        lambda limits: limits["origin"].eq("!vm 4"),
        BEFORE,
        "the session maxima that only XP and Server 2003 print",
    ),
)
SIZE_SIGNS = (
    Sign(
        "desktop_heaps",
        lambda heaps: heaps["size_kb"].eq(12288) & heaps["role"].eq("interactive"),
        SINCE,
        "an interactive heap of 12,288 KB, the default since Vista SP1",
    ),
)


def platforms(tables: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """One row a machine: case, machine, architecture and era, each with _how, _file and _line; missing where nothing or both is told."""
    import pandas as pd

    machines = pd.concat([tables[name][MACHINE] for name in ("captures", "events")]).drop_duplicates(ignore_index=True)
    keys = machine_keys(machines)
    for name, facts in (("architecture", _architecture(tables)), ("era", _era(tables))):
        for column in FACT:
            machines[name if column == "says" else f"{name}_{column}"] = keys.map(facts[column]).astype(object)
    return machines


def _agreed(facts: pd.DataFrame) -> pd.DataFrame:
    """Facts, best first: by machine, what all of them say, and how and where the best of them knows it."""
    by_machine = facts.groupby(machine_keys(facts), sort=False)
    agreed: pd.DataFrame = by_machine[FACT].first()[by_machine["says"].nunique().eq(1)]
    return agreed


def _best(*tiers: pd.DataFrame) -> pd.DataFrame:
    """What the strongest facts of each machine agree on; weaker ones speak only where there are no stronger ones."""
    import pandas as pd

    agreed, heard = [], pd.Series(dtype="int64")
    for facts in tiers:
        keys = machine_keys(facts)
        agreed.append(_agreed(facts[~keys.isin(heard)]))
        heard = pd.concat([heard, keys])
    return pd.concat(agreed)


def _architecture(tables: dict[str, pd.DataFrame]) -> pd.DataFrame:
    systems, heaps = tables["systems"], tables["desktop_heaps"]
    banner = systems.assign(says=systems["architecture"].astype(object), how="the banner")
    fixed = heaps[heaps["role"].eq("fixed")]
    fixed = fixed.assign(says=fixed["size_kb"].map(FIXED_SIZES), how="the sizes of the Winlogon and Disconnect heaps")
    free = heaps[heaps["role"].eq("interactive")]
    free = free.assign(says=free["size_kb"].map(_INTERACTIVE), how="the size of the interactive heap")
    return _best(*(facts.loc[facts["says"].notna(), [*MACHINE, *FACT]] for facts in (banner, fixed, free)))


def _era(tables: dict[str, pd.DataFrame]) -> pd.DataFrame:
    import pandas as pd

    return _best(
        *(pd.concat([_signed(tables, sign) for sign in signs]) for signs in (BANNER_SIGNS, ERA_SIGNS, SIZE_SIGNS))
    )


def _signed(tables: dict[str, pd.DataFrame], sign: Sign) -> pd.DataFrame:
    table = tables[sign.table]
    rows = table.loc[sign.pick(table).to_numpy(bool, na_value=False), [*MACHINE, "file", "line"]].drop_duplicates(
        MACHINE
    )
    signed: pd.DataFrame = rows.assign(says=sign.says, how=sign.how)
    return signed
