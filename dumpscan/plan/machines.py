"""What a plan starts from: the sizes that each machine has today, its sessions, and what its findings ask for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from dumpscan.configured import IN_FORCE, SMALL_VIEW, sections_stored
from dumpscan.machines import machine_keys
from dumpscan.platforms import BEFORE, MACHINE, SINCE
from dumpscan.rules import Outcome
from dumpscan.rules._sections import NT4, default_sizes, sections
from dumpscan.rules._sizes import MEASURED, fell_back, in_effect, is_default
from dumpscan.view_space import OTHERS

if TYPE_CHECKING:
    import pandas as pd

NT4_VIEW = 49152  # KB: NT 4.0 has one buffer for the heaps of the whole system (KB 184802)
SIZED = (*MEASURED, "desktopheapdiag")  # a scan also finds heaps of sessions long gone

FULL, AT_RISK, LOWERED = "desktop-heap-full", "desktop-heap-at-risk", "service-heap-lowered"
EVENT_IN_SERVICES = "session0-requester"  # an allocation failed in session 0 of a Windows whose heaps nobody can list
VIEW_FULL, VIEW_TIGHT, NO_DESKTOP = "session-view-space-exhausted", "session-view-space-pressure", "desktop-creation-failed"
FELL_BACK, NO_THIRD, NO_VIEW_SIZE, SLASH_3GB = "fallback-sizes", "third-value-missing", "small-view-by-default", "slash-3gb"
GROWS, NO_HELP, LEAKS = "desktop-heap-grows", "enlarging-did-not-help", "leak-or-size"
CONTRADICTS = "limit-contradicts-heaps"
ASKED = "asked"  # by the caller, not by a finding


def machines(
    tables: Mapping[str, pd.DataFrame], outcomes: Sequence[Outcome]
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Machines of known Windows that have sizes, by their key; their sessions; their heaps. Of a Windows that is not known nothing is planned."""
    heaps = tables["desktop_heaps"]
    heaps = heaps[~heaps["superseded"].astype(bool) & heaps["tool"].isin(SIZED) & heaps["size_kb"].gt(0).fillna(False)]
    heaps = heaps.assign(key=machine_keys(heaps))
    rows = tables["platforms"]
    rows = rows.set_index(machine_keys(rows))
    known = rows["era"].notna() & rows["architecture"].notna()
    sized = rows.index.isin(heaps["key"]) | rows["configured_service_kb"].notna()
    rows = rows[known & sized]
    heaps = heaps[heaps["key"].isin(rows.index)]
    if not len(rows):
        return rows, rows, heaps
    rows = _with_sizes(rows, heaps)
    rows = _with_stored(rows, tables)
    rows = _with_needs(rows, outcomes)
    return rows, _sessions(rows, tables["view_space"]), heaps


def _with_sizes(rows: pd.DataFrame, heaps: pd.DataFrame) -> pd.DataFrame:
    """interactive_kb and service_kb: the size that most desktops of a kind have, which is the configured one where some were made with their
    own; and what is used of them."""
    measured = heaps[heaps["tool"].isin(MEASURED)]
    measured = measured if len(measured) else heaps
    kinds = {
        "interactive": is_default(measured) | measured["tool"].eq("desktopheapdiag") & measured["role"].eq("interactive"),
        "service": measured["role"].eq("service"),
    }
    sizes = {}
    for kind, mine in kinds.items():
        counted = measured[mine.to_numpy(bool, na_value=False)].groupby(["key", "size_kb"]).size().reset_index(name="number")
        common = counted.sort_values(["number", "size_kb"], ascending=[False, True]).drop_duplicates("key")
        sizes[f"listed_{kind}_kb"] = rows.index.map(common.set_index("key")["size_kb"])
        told = in_effect(rows[f"configured_{kind}_kb"])
        sizes[f"{kind}_kb"] = sizes[f"listed_{kind}_kb"].where(sizes[f"listed_{kind}_kb"].notna(), told)
    return rows.assign(**{name: column.astype("Int64") for name, column in sizes.items()})


def _with_stored(rows: pd.DataFrame, tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """stored_*: the digits in the registry, which count after the next start; and the sizes that this Windows has by default."""
    import pandas as pd

    told = sections(tables["shared_sections"], tables["registry_values"], tables["platforms"], tables["captures"])
    stored = told[~told["in_force"].astype(bool)]
    by_key = stored.assign(key=machine_keys(stored)).drop_duplicates("key").set_index("key")
    for name, column in (
        ("stored_shared_kb", "shared_kb"),
        ("stored_interactive_kb", "interactive_kb"),
        ("stored_service_kb", "non_interactive_kb"),
        ("stored_values", "values"),
    ):
        rows[name] = rows.index.map(by_key[column]).astype("Int64")
    kinds = rows[["architecture", "era", "generation", "build"]].astype(object)
    kinds = kinds.where(kinds.notna(), None)
    usual = {kind: default_sizes(*kind) for kind in set(kinds.itertuples(index=False, name=None))}
    defaults = [usual[kind] for kind in kinds.itertuples(index=False, name=None)]
    rows["default_interactive_kb"] = pd.array([one[0] for one in defaults], dtype="Int64")
    rows["default_service_kb"] = pd.array([one[1] for one in defaults], dtype="Int64")
    return rows
