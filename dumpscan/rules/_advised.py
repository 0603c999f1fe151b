r"""One machine, one advised SharedSection list: every rule that prints its digits prints this one.

A heap that is full or filling up speaks first. Then comes what is wrong with the list itself: sizes of x86 on x64, a second value too small for the console, a missing third, a first
other than 1024, sizes that Windows rounds. Somebody who changes the digits once, as one finding says, must not be told others by the next.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from dumpscan.machines import machine_keys
from dumpscan.platforms import FROM_INTERACTIVE, MACHINE, SINCE
from dumpscan.rules._heap import (
    ADVISED,
    CEILING,
    FELL_BACK,
    LEAK,
    MOST,
    OTHER_VIEW,
    OWN_SIZE,
    OWN_VIEW,
    STEPS,
    UNKNOWN,
    VIEW,
)
from dumpscan.rules._history import enlarged
from dumpscan.rules._sections import SHARED, X64_SECOND, sections, with_windows
from dumpscan.rules._sizes import (
    FALLBACK_SERVICE,
    KINDS,
    PAGE,
    USABLE,
    by_machine,
    fell_back,
    in_effect,
    of_their_own_size,
)
from dumpscan.rules.desktop_heap_at_risk import filling
from dumpscan.rules.desktop_heap_full import full
from dumpscan.rules.service_heap_lowered import lowered
from dumpscan.view_space import SESSION, has_limit

if TYPE_CHECKING:
    import pandas as pd


def advised(tables: Mapping[str, pd.DataFrame]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Two derived tables. `advised`: one row a machine, with `sizes` (the list that can be changed, "1024,3072,512"), `becomes` (what every rule advises instead; missing where it stays, or
    Windows is not known), fell_back, and for both kinds of heaps what its heaps need (wanted) and what its registry asks for already (stored). `sizing`: of each heap that
    is full, filling up or lowered (index as in desktop_heaps) its next size, or why it gets none (refused)."""
    platforms, heaps = tables["platforms"], tables["desktop_heaps"]
    value = sections(tables["shared_sections"], tables["registry_values"], platforms, tables["captures"])
    value = value.set_index(machine_keys(value).rename("key"))  # one row a machine
    machines = with_windows(platforms[MACHINE], platforms).assign(key=machine_keys(platforms)).set_index("key")
    machines = machines.join(value[["sizes", "shared_kb", "interactive_kb", "non_interactive_kb", "in_force"]])
    service = machines["non_interactive_kb"].fillna(machines["interactive_kb"])
    stored = ~machines["in_force"].astype("boolean").fillna(True).to_numpy(bool)
    machines["interactive_stored_kb"] = in_effect(machines["interactive_kb"]).where(stored)
    machines["service_stored_kb"] = in_effect(service).where(stored)
    machines["fell_back"] = _fallen(machines, heaps, service)
    sizing = _sizing(machines, tables)
    for kind in KINDS:
        of_kind = sizing[sizing["role"].eq(kind).fillna(False).astype(bool)]
        machines[f"{kind}_wanted_kb"] = of_kind["larger_kb"].groupby(of_kind["key"]).max().reindex(machines.index).astype("Int64")  # fmt: skip
    machines["becomes"] = _becomes(machines, heaps)
    return machines.reset_index()[[*MACHINE, *ADVISED]], sizing[[*MACHINE, "refused", "next_kb", "before_kb"]]


def _fallen(machines: pd.DataFrame, heaps: pd.DataFrame, service: pd.Series[int]) -> pd.Series[bool]:
    """Machines whose heaps have the sizes that Windows falls back to, unless these are the configured ones."""
    now = by_machine(heaps).reindex(machines.index)
    asked = in_effect(service).eq(FALLBACK_SERVICE) & now["service_now_kb"].eq(FALLBACK_SERVICE)
    asked |= in_effect(machines["interactive_kb"]).eq(now["interactive_now_kb"])
    fallen: pd.Series[bool] = fell_back(now) & has_limit(machines) & ~asked.fillna(False).astype(bool)
    return fallen


def _sizing(machines: pd.DataFrame, tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """What each heap that is full, filling up or lowered needs."""
    import numpy as np
    import pandas as pd

    heaps = tables["desktop_heaps"]
    small = lowered(heaps, tables["platforms"])
    pressed = full(heaps) | filling(heaps)
    rows = heaps[pressed | heaps.index.isin(small.index)]
    rows = rows[rows["role"].ne("fixed").to_numpy(bool, na_value=True)]
    rows = rows.assign(key=machine_keys(rows), refused="")
    if not len(rows):  # as in most cases
        return rows.assign(**dict.fromkeys(("next_kb", "before_kb", "larger_kb"), rows["size_kb"]))
    before = enlarged(heaps, tables["captures"], tables["logon_sessions"])["before_kb"].reindex(rows.index)
    index = rows.index
    columns = ["default_interactive_kb", "default_service_kb", "interactive_stored_kb", "service_stored_kb", "fell_back", "architecture", "era"]  # fmt: skip
    rows = rows.join(machines[columns], on="key")
    views = tables["view_space"][[*SESSION, *(name for name in VIEW if name != "era")]]
    rows = rows.merge(views, on=SESSION, how="left").set_axis(index)
    interactive = rows["role"].eq("interactive").fillna(False).astype(bool)
    size = rows["size_kb"].astype("Int64")
    default = rows["default_service_kb"].mask(interactive, rows["default_interactive_kb"])
    stored = rows["service_stored_kb"].mask(interactive, rows["interactive_stored_kb"])
    step = (size + interactive.map({True: STEPS["interactive"], False: STEPS["service"]}).astype("Int64")).clip(
        upper=MOST
    )
    step = step.mask(index.isin(small.index), default)
    larger = step.mask(default.gt(step).fillna(False), default)
    own, other = _fits(rows, larger)
    larger = larger.mask(~(own & other), step)
    waits = (stored.ge(larger) & stored.gt(size)).fillna(False).astype(bool)  # the registry asks for it already
    larger = larger.mask(waits, stored)
    own, other = _fits(rows, larger)
    reasons = np.select(
        [before.notna(), index.isin(of_their_own_size(heaps, tables["platforms"]).index), rows["architecture"].isna(), larger.le(size).fillna(True), rows["fell_back"] | (~interactive & rows["era"].ne(SINCE) & size.eq(FALLBACK_SERVICE).fillna(False).astype(bool) & stored.isna()), ~own, ~other],
        [LEAK, OWN_SIZE, UNKNOWN, CEILING, FELL_BACK, OWN_VIEW, OTHER_VIEW],
        default="",
    )  # fmt: skip
    refused = pd.Series(reasons, index, dtype=object)
    return rows.assign(refused=refused, next_kb=larger, before_kb=before, larger_kb=larger.where(refused.eq("")))


def _fits(rows: pd.DataFrame, larger: pd.Series[int]) -> tuple[pd.Series[bool], pd.Series[bool]]:
    """Whether the heaps of the session, and those of the fullest session of the machine, fit into their view with so much for each of this kind."""
    size = rows["size_kb"].astype("Int64")
    interactive = rows["role"].eq("interactive").fillna(False).astype(bool)
    number, growth = (
        rows[f"service_{of}"].mask(interactive, rows[f"interactive_{of}"]) for of in ("heaps", "growth_kb")
    )
    after = rows["heaps_kb"] + number.clip(lower=1) * (larger - size)
    limited = rows["era"].ne(SINCE)
    own = limited & after.gt(rows["known_kb"] - rows["other_kb"]).fillna(False)
    other = limited & (larger - size).gt(growth).fillna(False)
    return ~own.astype(bool), ~other.astype(bool)


def _becomes(machines: pd.DataFrame, heaps: pd.DataFrame) -> pd.Series[str]:
    """The advised list of each machine whose Windows is known, where it differs from the one that it has."""
    told_second, told_third = machines["interactive_kb"], machines["non_interactive_kb"]
    x64 = machines["architecture"].eq("x64").fillna(False).astype(bool)
    sure = machines["architecture_how"].ne(FROM_INTERACTIVE).fillna(False).astype(bool)
    default = {"second": machines["default_interactive_kb"], "third": machines["default_service_kb"]}
    second = in_effect(told_second).mask(told_second.lt(USABLE).fillna(False), default["second"])
    copied = (x64 & sure & told_second.lt(X64_SECOND).fillna(False)).astype(bool)
    second = second.mask(copied, X64_SECOND)
    lost = (copied & told_third.lt(default["third"]).fillna(False)).astype(bool)  # before Vista no default is known
    third = in_effect(told_third).mask(lost, default["third"]).fillna(_new_third(machines, heaps))
    for kind, size in (("interactive", second), ("service", third)):
        wanted = machines[f"{kind}_wanted_kb"]
        grown = size.mask(wanted.gt(size).fillna(False).astype(bool), wanted).fillna(wanted)
        second, third = (grown, third) if kind == "interactive" else (second, grown)
    words = str(SHARED) + "," + second.astype(str) + ("," + third.astype(str)).where(third.notna(), "")
    known = machines["architecture"].notna() & (machines["era"].notna() | x64) & second.notna()
    # Where the heaps fell back, a larger list makes it worse: only what makes it smaller is advised.
    known &= ~machines["fell_back"] | told_third.isna()
    differs = known & machines["sizes"].notna() & words.ne(machines["sizes"])
    becomes: pd.Series[str] = words.astype(object).where(differs.astype(bool))
    return becomes


def _new_third(machines: pd.DataFrame, heaps: pd.DataFrame) -> pd.Series[int]:
    """A third value where there is none: the default, but at least twice what a service heap uses now, since so far each has the second size."""
    service = heaps[heaps["role"].eq("service").to_numpy(bool, na_value=False)]
    used = ((service["size_kb"] - service["free_kb"]) * 2 / PAGE).astype("Float64")
    peak = (
        (used.groupby(machine_keys(service)).max().reindex(machines.index).fillna(0) + 0.999999).astype("float64")
        // 1
        * PAGE
    )
    twice = peak.astype("Int64")
    twice = twice.mask(twice.gt(machines["interactive_kb"]).fillna(False), machines["interactive_kb"])
    default = machines["default_service_kb"]
    return default.mask(twice.gt(default).fillna(False), twice)
