"""What the rules on configured sizes have in common: what Windows makes of a value, and what sizes the heaps of a machine have."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dumpscan.machines import FIXED_SIZES, machine_keys
from dumpscan.platforms import SERVICE_HEAP
from dumpscan.view_space import SESSION

if TYPE_CHECKING:
    import pandas as pd

PAGE, LEAST = 4, 128  # KB: sizes are rounded up to a page; smaller entries behave as 128
USABLE = 1024  # KB of an interactive heap: with less the console may not start properly
# KB: what Windows makes where the configured heaps do not fit at the start of a session (ntdebugging blog, part 2, and comment 29).
FALLBACK_INTERACTIVE, FALLBACK_SERVICE = 512, 128
KINDS = ("interactive", "service")
# Tools that tell the size a heap has. DesktopHeapDiag prints the figure of the registry, a scan finds heaps of sessions long gone.
MEASURED = ("dskheap", "dheapmon", "tssessions")


def in_effect(sizes: pd.Series[int]) -> pd.Series[int]:
    """What Windows makes of configured sizes, in KB."""
    whole = sizes.astype("Int64")
    return ((whole + PAGE - 1) // PAGE * PAGE).clip(lower=LEAST)


def measured(heaps: pd.DataFrame) -> pd.DataFrame:
    """Heaps of the latest listings whose size is the true one."""
    rows: pd.DataFrame = heaps[
        ~heaps["superseded"].astype(bool) & heaps["tool"].isin(MEASURED) & heaps["size_kb"].notna()
    ]
    return rows


def is_default(heaps: pd.DataFrame) -> pd.Series[bool]:
    r"""`WinSta0\Default`, by its name, or by its size where names were not readable."""
    named = heaps["desktop"].eq("Default") | heaps["desktop"].isna()
    return (heaps["role"].eq("interactive") & named).fillna(False).astype(bool)


def of_their_own_size(heaps: pd.DataFrame, platforms: pd.DataFrame) -> pd.DataFrame:
    """Heaps of the latest listings, index as in `heaps`, whose size is neither `usual_kb`, that of their kind in their session, nor configured, nor a default: no value of SharedSection gave
    it to them."""
    rows = measured(heaps)
    rows = rows[rows["window_station"].notna() & rows["role"].isin(["interactive", "service"])]
    sizes = ["architecture", "configured_interactive_kb", "configured_service_kb"]
    rows = rows.assign(key=machine_keys(rows)).join(platforms.set_index(machine_keys(platforms))[sizes], on="key")
    service = rows["role"].eq("service")
    usual = _usual(rows)
    configured = rows["configured_service_kb"].where(service, rows["configured_interactive_kb"])
    odd = usual.notna() & ~rows["size_kb"].isin(list(FIXED_SIZES))
    for size in (usual, in_effect(configured), rows["architecture"].map(SERVICE_HEAP).where(service).astype("Int64")):
        odd &= rows["size_kb"].ne(size).fillna(True)
    return rows.assign(usual_kb=usual)[odd.astype(bool)]


def _usual(heaps: pd.DataFrame) -> pd.Series[int]:
    r"""What heaps of this kind have in this session: that of `WinSta0\Default`, the most frequent size of service heaps, or nothing where several are."""
    place = [*SESSION, "role"]
    sizes = heaps.groupby([*place, "size_kb"], observed=True, dropna=False)["line"].transform("size")
    most = sizes.groupby([heaps[key] for key in place], observed=True, dropna=False).transform("max")
    frequent = heaps["size_kb"].where(sizes.eq(most))
    mode, of_default = (
        sizes.groupby([heaps[key] for key in by], observed=True, dropna=False)
        for sizes, by in ((frequent, place), (heaps["size_kb"].where(is_default(heaps)), SESSION))
    )
    service = heaps["role"].eq("service")
    usual = mode.transform("first").where(service, of_default.transform("first"))
    return usual.where(mode.transform("nunique").where(service, of_default.transform("nunique")).eq(1)).astype("Int64")


def by_machine(heaps: pd.DataFrame) -> pd.DataFrame:
    """By machine key, the one size of its interactive and of its service heaps (missing where they differ), and where the first of each stands."""
    import pandas as pd

    rows = measured(heaps)
    keys = machine_keys(rows)
    parts = []
    for kind, chosen in (("interactive", is_default(rows)), ("service", rows["role"].eq("service"))):
        of_kind = rows[chosen.to_numpy(bool, na_value=False)].groupby(keys)
        first = of_kind[["size_kb", "file", "line"]].first()[of_kind["size_kb"].nunique().eq(1)]
        parts.append(
            first.set_axis([f"{kind}_now_kb", f"{kind}_file", f"{kind}_line"], axis=1).astype({f"{kind}_file": object})
        )
    return pd.concat(parts, axis=1).astype({f"{kind}_now_kb": "Int64" for kind in KINDS})


def fell_back(rows: pd.DataFrame) -> pd.Series[bool]:
    """The pair that Windows falls back to."""
    service = rows["service_now_kb"].eq(FALLBACK_SERVICE) | rows["service_now_kb"].isna()
    return (rows["interactive_now_kb"].eq(FALLBACK_INTERACTIVE) & service).fillna(False).astype(bool)
