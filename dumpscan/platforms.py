"""Which Windows a machine runs, as far as its captures tell: architecture, and whether it is older than Vista.

Only session view space of Windows older than Vista has a limit, so this decides which rules apply. Each fact comes with the words
that say how it is known. Contradictory signs leave it open.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from dumpscan.commands._windows import STARTED
from dumpscan.machines import FIXED_SIZES, machine_keys

if TYPE_CHECKING:
    import pandas as pd

MACHINE = ["case", "machine"]
FACT = ["says", "how", "file", "line"]
BANNER = ["os_name", "build", "service_pack", "processors", "product"]
NT4 = 1381  # the build of Windows NT 4.0
W2K = 2195  # the build of Windows 2000
XP = 2600  # the first build of XP: from there on /3GB and SessionViewSize decide about the view
VISTA = 6000  # the first build

# KB. Fixed heaps tell the architecture (ntdebugging blog, comment 20); the interactive heap tells it where they are not listed.
_INTERACTIVE = {3072: "x86", 12288: "x86", 20480: "x64"}

FROM_INTERACTIVE = "the size of the interactive heap"

# Default size of a service heap in KB (KB 184802). Where the architecture is open, the smaller one: it accuses nobody.
SERVICE_HEAP = {"x86": 512, "x64": 768}
# Limits that session view space can have, in KB: with and without the registry value, /3GB, 64-bit Server 2003. None is needed since Vista.
LIMITS = {"x86": (20480, 49152), "x64": (106496,)}


class Sign(NamedTuple):
    """Rows of a table that tell something about their machine."""

    aspect: str  # what it tells: "era" or "generation"
    tier: int  # 0 outranks 1 outranks 2
    table: str
    pick: Any  # frame -> boolean mask
    says: str
    how: str


def _station(*names: str) -> Any:
    return lambda heaps: heaps["window_station"].isin(names)


def _started(events: pd.DataFrame) -> pd.Series[float]:
    """The build that an event 6009 tells: the event log writes it at each start, so an old one can be of the Windows before an upgrade."""
    texts = events.loc[events["event_id"].eq(6009).to_numpy(bool, na_value=False), "text"]  # few of very many
    return texts.str.extract(STARTED.pattern, expand=True)[1].astype(float).reindex(events.index)


def _counter(*labels: str) -> Any:
    return lambda counters: counters["label"].isin(labels)


def _server_dlls(pattern: str) -> Any:
    """Values that a machine really has, not those that somebody would write into it."""

    def pick(values: pd.DataFrame) -> pd.Series[bool]:
        real = values["in_force"] if "in_force" in values else values["origin"].eq("state")
        texts = values.loc[real.to_numpy(bool, na_value=False), "text"]
        told: pd.Series[bool] = texts.str.contains(pattern, regex=True).astype("boolean").reindex(values.index)
        return told

    return pick


ERA, GENERATION, ARCHITECTURE = "era", "generation", "architecture"
BEFORE, SINCE = "before Vista", "Vista or later"
BEFORE_8, SINCE_8 = "before Windows 8", "Windows 8 or later"
EIGHT = 9200  # the first build of Windows 8 and Server 2012
FIRST_BUILD, LAST_BUILD = 0, 999_999  # below and above every build that there is
# Both are of 2023 and later; the size of a heap (UOI_HEAPSIZE) is told by Windows since Vista.
SINCE_TOOLS = ("tssessions", "desktopheapdiag")
# What csrss is started with (public command lines): Windows 7 added sxssrv, Windows 8 dropped ConServerDllInitialization. That one is missing
# counts only where its neighbours are whole: a console loses characters at every wrap.
_SXSSRV, _CONSOLE = "ServerDll=sxssrv,4", "ConServerDllInitialization"
_NO_CONSOLE = "UserServerDllInitialization,3[ ]+ServerDll=sxssrv,4"
_LISTS = ("shared_sections", "registry_values")
# A banner outranks the signs below it (an unofficial dheapmon runs on Vista), and those the sizes: 12,288 KB is the default of Vista SP1 on
# x86, but can be set on an older Windows.
SIGNS = (
    Sign(ERA, 0, "systems", lambda systems: systems["build"].lt(VISTA), BEFORE, "the build in the banner"),
    Sign(ERA, 0, "systems", lambda systems: systems["build"].ge(VISTA), SINCE, "the build in the banner"),
    Sign(ERA, 1, "desktop_heaps", lambda heaps: heaps["tool"].eq("dheapmon"), BEFORE, "dheapmon, which does not run on Vista and later"),
    Sign(ERA, 1, "desktop_heaps", _station("SAWinSta", "__X78B95_89_IW"), BEFORE, "a window station that Vista and later do not have"),
    Sign(ERA, 1, "desktop_heaps", _station("msswindowstation"), SINCE, "a window station that came with Vista"),
    Sign(ERA, 1, "desktop_heaps", lambda heaps: heaps["tool"].isin(SINCE_TOOLS), SINCE, "a tool that runs on Vista and later only"),
    Sign(ERA, 1, "memory_counters", _counter("Free NP PTEs", "Free Special NP"), BEFORE, "counters of !vm that Vista dropped"),
    Sign(ERA, 1, "memory_counters", _counter("NonPagedPoolNx Usage"), SINCE, "a counter of !vm that came with Windows 8"),
    Sign(ERA, 1, "events", lambda events: _started(events).lt(VISTA), BEFORE, "the build in event 6009"),
    Sign(ERA, 1, "events", lambda events: _started(events).ge(VISTA), SINCE, "the build in event 6009"),
    *(Sign(ERA, 1, table, _server_dlls(_SXSSRV), SINCE, "sxssrv among the ServerDll parts, which came with Windows 7") for table in _LISTS),
    Sign(ERA, 1, "session_limits", lambda limits: limits["origin"].eq("!vm 4"), BEFORE, "the session maxima that only XP and Server 2003 print"),
    Sign(ERA, 2, "desktop_heaps", lambda heaps: heaps["size_kb"].eq(12288) & heaps["role"].eq("interactive"), SINCE, "an interactive heap of 12,288 KB, the default since Vista SP1"),
    Sign(GENERATION, 0, "systems", lambda systems: systems["build"].lt(EIGHT), BEFORE_8, "the build in the banner"),
    Sign(GENERATION, 0, "systems", lambda systems: systems["build"].ge(EIGHT), SINCE_8, "the build in the banner"),
    Sign(GENERATION, 1, "memory_counters", _counter("NonPagedPoolNx Usage"), SINCE_8, "a counter of !vm that came with Windows 8"),
    Sign(GENERATION, 1, "events", lambda events: _started(events).lt(EIGHT), BEFORE_8, "the build in event 6009"),
    Sign(GENERATION, 1, "events", lambda events: _started(events).ge(EIGHT), SINCE_8, "the build in event 6009"),
    *(Sign(GENERATION, 1, table, _server_dlls(_CONSOLE), BEFORE_8, "ConServerDllInitialization among the ServerDll parts, which Windows 8 dropped") for table in _LISTS),
    *(Sign(GENERATION, 1, table, _server_dlls(_NO_CONSOLE), SINCE_8, "ServerDll parts without ConServerDllInitialization, which Windows 8 dropped") for table in _LISTS),
)  # fmt: skip


def signs(tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Everything that tells which Windows a machine runs: case, machine, aspect (era, generation, architecture), tier, says, how, file, line; the
    first row of each kind of sign on each machine."""
    import pandas as pd

    parts = [_signed(tables[sign.table], sign) for sign in SIGNS] + _architectures(tables)
    return pd.concat(parts, ignore_index=True)


def platforms(tables: Mapping[str, pd.DataFrame], signs: pd.DataFrame) -> pd.DataFrame:
    """One row a machine: case, machine, architecture, era and generation, each with _how, _file and _line; missing where nothing or both is told.
    Then what its banners agree on: os_name, build, service_pack, processors, product."""
    import pandas as pd

    machines = pd.concat([tables[name][MACHINE] for name in ("captures", "events")]).drop_duplicates(ignore_index=True)
    keys = machine_keys(machines)
    for aspect in (ARCHITECTURE, ERA, GENERATION):
        facts = _best(signs[signs["aspect"].eq(aspect)])
        for column in FACT:
            machines[aspect if column == "says" else f"{aspect}_{column}"] = keys.map(facts[column]).astype(object)
    systems = tables["systems"]
    by_machine = systems.groupby(machine_keys(systems), sort=False)[BANNER]
    agreed = by_machine.first().where(by_machine.nunique().eq(1))
    for column in BANNER:
        machines[column] = keys.map(agreed[column]).astype("Int64" if column in ("build", "processors") else object)
    return machines


def _best(facts: pd.DataFrame) -> pd.DataFrame:
    """By machine, what its strongest signs agree on, with how and where the first of them knows it; weaker ones speak only where there are no
    stronger ones."""
    keys = machine_keys(facts)
    strongest = facts[facts["tier"].eq(facts.groupby(keys)["tier"].transform("min"))]
    by_machine = strongest.groupby(machine_keys(strongest), sort=False)
    agreed: pd.DataFrame = by_machine[FACT].first()[by_machine["says"].nunique().eq(1)]
    return agreed


def _architectures(tables: Mapping[str, pd.DataFrame]) -> list[pd.DataFrame]:
    systems, heaps = tables["systems"], tables["desktop_heaps"]
    fixed, free = heaps[heaps["role"].eq("fixed")], heaps[heaps["role"].eq("interactive")]
    told = (
        (systems, systems["architecture"], "the banner"),
        (fixed, fixed["size_kb"].map(FIXED_SIZES), "the sizes of the Winlogon and Disconnect heaps"),
        (free, free["size_kb"].map(_INTERACTIVE), FROM_INTERACTIVE),
    )
    return [
        rows[[*MACHINE, "file", "line"]]
        .assign(aspect=ARCHITECTURE, tier=tier, says=says.astype(object), how=how)[says.notna()]
        .drop_duplicates([*MACHINE, "says"])
        for tier, (rows, says, how) in enumerate(told)
    ]


def _signed(table: pd.DataFrame, sign: Sign) -> pd.DataFrame:
    rows = table.loc[sign.pick(table).to_numpy(bool, na_value=False), [*MACHINE, "file", "line"]]
    signed: pd.DataFrame = rows.drop_duplicates(MACHINE).assign(
        aspect=sign.aspect, tier=sign.tier, says=sign.says, how=sign.how
    )
    return signed
