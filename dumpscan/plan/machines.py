"""What a plan starts from: the sizes that each machine has today, its sessions, and what its findings ask for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from dumpscan.configured import IN_FORCE, VIEW_AND_POOL_MB
from dumpscan.machines import machine_keys
from dumpscan.plan import Wanted
from dumpscan.plan.figures import heap_for
from dumpscan.platforms import BEFORE, LIMITS, NT4, W2K
from dumpscan.rules import Outcome
from dumpscan.rules._heap import FELL_BACK as REFUSED_AS_FALLEN
from dumpscan.rules._heap import OTHER_VIEW, OWN_VIEW
from dumpscan.rules._sections import default_sizes, sections
from dumpscan.rules._sizes import MEASURED, in_effect, is_default
from dumpscan.rules._view import MOST_MB, PTES_OF_A_MB, PTES_TO_KEEP, STEP
from dumpscan.rules.known_product import PRODUCTS
from dumpscan.view_space import SESSION, SMALL_VIEW

if TYPE_CHECKING:
    import pandas as pd

SIZED = (*MEASURED, "desktopheapdiag")  # a scan also finds heaps of sessions long gone
TASKS = "SAWinSta"  # the window station of the Task Scheduler

# The findings that ask for another size, and those that a size has to be held against.
FULL, AT_RISK, LOWERED = "desktop-heap-full", "desktop-heap-at-risk", "service-heap-lowered"
EVENT_IN_SERVICES = "session0-requester"  # an allocation failed in session 0 of a Windows whose heaps nobody can list
FAILED = "heap-allocation-failed"
UNEXPLAINED = "failed-allocation-unexplained"  # the heaps that it can have been have room: no size answers that
VIEW_FULL, VIEW_TIGHT = "session-view-space-exhausted", "session-view-space-pressure"
NO_DESKTOP = "desktop-creation-failed"
LIST = "heap-sizes-changed"  # sizes of another Windows, or ones that Windows rounds
FELL_BACK, NO_THIRD, PENDING = "fallback-sizes", "third-value-missing", "reboot-pending"
NO_VIEW_SIZE, SLASH_3GB = "small-view-by-default", "slash-3gb"
GROWS, NO_HELP, LEAKS = "desktop-heap-grows", "enlarging-did-not-help", "leak-or-size"
CONTRADICTS, PRODUCT = "limit-contradicts-heaps", "known-product"
# Third values that the makers of products, or their users, name (KB).
OF_PRODUCTS = {"Nomad": 4096, "Fujitsu Systemwalker": 3072, "Oracle Database": 1024}


class Start(NamedTuple):
    """What all candidates are held against."""

    machines: pd.DataFrame  # by machine key
    sessions: pd.DataFrame
    heaps: pd.DataFrame  # of the latest listings, with their key


def start(tables: Mapping[str, pd.DataFrame], outcomes: Sequence[Outcome], wanted: Wanted) -> Start | None:
    """Machines of known Windows that have sizes. Of a Windows that is not known nothing is planned: no number would be more than a guess."""
    heaps = tables["desktop_heaps"]
    sized = heaps["tool"].isin(SIZED).to_numpy(bool) & heaps["size_kb"].gt(0).to_numpy(bool, na_value=False)
    heaps = heaps[sized].assign(key=machine_keys(heaps[sized]))
    rows = tables["platforms"]
    rows = rows.set_index(machine_keys(rows))
    known = rows["era"].notna() & rows["architecture"].notna()
    rows = rows[known & (rows.index.isin(heaps["key"]) | rows["configured_service_kb"].notna())]
    if not len(rows):
        return None
    every = heaps[heaps["key"].isin(rows.index)]
    latest = every[~every["superseded"].astype(bool)]
    rows = _with_sizes(rows, latest)
    rows = _with_stored(rows, tables)
    rows = _with_advised(rows, tables)
    rows = _with_use(rows, every, latest)
    rows = _with_needs(rows, {one.rule.name: one for one in outcomes}, wanted)
    sessions = _sessions(rows, tables["view_space"], latest)
    return Start(_with_view(rows, sessions), sessions, latest)


def _with_sizes(rows: pd.DataFrame, heaps: pd.DataFrame) -> pd.DataFrame:
    """interactive_kb and service_kb: the size that most desktops of a kind have, which is the configured one where some were made with their
    own; else what is configured."""
    true = heaps[heaps["tool"].isin(MEASURED)]
    probed = heaps["tool"].eq("desktopheapdiag") & heaps["role"].eq("interactive")
    kinds = {
        "interactive": (true, is_default(true)),
        "service": (true, true["role"].eq("service")),
        "probed_interactive": (heaps, probed),
        "probed_service": (heaps, heaps["role"].eq("service")),
    }
    listed = {}
    for kind, (of, mine) in kinds.items():
        counted = of[mine.to_numpy(bool, na_value=False)].groupby(["key", "size_kb"]).size().reset_index(name="number")
        common = counted.sort_values(["number", "size_kb"], ascending=[False, True]).drop_duplicates("key")
        listed[kind] = common.set_index("key")["size_kb"].reindex(rows.index).astype("Int64")
    sizes = {
        f"{kind}_kb": listed[kind].fillna(listed[f"probed_{kind}"]).fillna(in_effect(rows[f"configured_{kind}_kb"]))
        for kind in ("interactive", "service")
    }
    return rows.assign(**sizes)


def _with_stored(rows: pd.DataFrame, tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """stored_*: the digits in the registry, which count after the next start; and the sizes that this Windows has by default."""
    import pandas as pd

    told = sections(tables["shared_sections"], tables["registry_values"], tables["platforms"], tables["captures"])
    stored = told[~told["in_force"].astype(bool)]
    stored = stored.assign(key=machine_keys(stored)).drop_duplicates("key").set_index("key")
    columns = {"shared": "shared_kb", "interactive": "interactive_kb", "service": "non_interactive_kb"}
    new: dict[str, pd.Series[Any]] = {
        f"stored_{name}_kb": stored[column].reindex(rows.index).astype("Int64") for name, column in columns.items()
    }
    new["two_values"] = stored["values"].reindex(rows.index).eq(2).fillna(False).astype(bool)
    kinds = rows[["architecture", "era", "generation", "build"]].astype(object)
    kinds = kinds.where(kinds.notna(), None)
    usual = {kind: default_sizes(*kind) for kind in set(kinds.itertuples(index=False, name=None))}
    defaults = [usual[kind] for kind in kinds.itertuples(index=False, name=None)]
    for at, name in enumerate(("default_interactive_kb", "default_service_kb")):
        new[name] = pd.Series(pd.array([one[at] for one in defaults], dtype="Int64"), index=rows.index)
    return rows.assign(**new)


def _with_advised(rows: pd.DataFrame, tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """advised_*: the list that the findings of a machine advise, missing where they advise none; next_*: what its pressed heaps need, whether that fits or not; small_*: whether
    they have the size that Windows falls back to, and nothing tells that it is the configured one."""
    told = tables["advised"].set_index(machine_keys(tables["advised"]))["becomes"].reindex(rows.index)
    parts = told.astype("string").str.split(",", expand=True).reindex(columns=range(3))
    new: dict[str, Any] = {
        f"advised_{name}_kb": parts[at].astype("Int64") for at, name in enumerate(("shared", "interactive", "service"))
    }
    sizing = tables["sizing"]
    wanted = sizing[sizing["refused"].isin(["", OWN_VIEW, OTHER_VIEW]).to_numpy(bool)]
    roles = tables["desktop_heaps"]["role"].reindex(wanted.index)
    for kind in ("interactive", "service"):
        mine = wanted[roles.eq(kind).to_numpy(bool, na_value=False)]
        new[f"next_{kind}_kb"] = mine["next_kb"].groupby(machine_keys(mine)).max().reindex(rows.index).astype("Int64")
        of_pair = sizing[
            tables["desktop_heaps"]["role"].reindex(sizing.index).eq(kind) & sizing["refused"].eq(REFUSED_AS_FALLEN)
        ]
        new[f"small_{kind}"] = rows.index.isin(machine_keys(of_pair))
    return rows.assign(**new)


def _with_use(rows: pd.DataFrame, every: pd.DataFrame, latest: pd.DataFrame) -> pd.DataFrame:
    """The highest use of a service heap in any listing, and the least room of each kind in the latest."""
    services = every[every["role"].eq("service").to_numpy(bool, na_value=False)]
    peaks = (services["size_kb"] - services["free_kb"]).groupby(services["key"]).max()
    new: dict[str, pd.Series[Any]] = {
        "peak_kb": peaks.reindex(rows.index).astype("Float64"),
    }
    for kind in ("interactive", "service"):
        mine = latest["role"].eq(kind).to_numpy(bool, na_value=False)
        same = latest["size_kb"].eq(latest["key"].map(rows[f"{kind}_kb"])).to_numpy(bool, na_value=False)
        of_kind = latest[mine & same]
        new[f"{kind}_free_kb"] = of_kind.groupby("key")["free_kb"].min().reindex(rows.index).astype("Float64")
    return rows.assign(**new)


def _with_needs(rows: pd.DataFrame, outcomes: Mapping[str, Outcome], wanted: Wanted) -> pd.DataFrame:
    """What the findings of a machine, and the caller, ask for."""

    def of(rule: str) -> pd.DataFrame | None:
        outcome = outcomes.get(rule)
        if outcome is None or outcome.found is None:
            return None
        findings = outcome.found.findings
        return findings.assign(key=machine_keys(findings))

    def has(*rules: str) -> pd.Series[bool]:
        mark = rows["era"].isna()  # none yet
        for one in rules:
            mark |= rows.index.isin(found["key"]) if (found := of(one)) is not None else False
        return mark

    new: dict[str, pd.Series[bool]] = {}
    fallen = has(FELL_BACK)
    small = {kind: rows[f"small_{kind}"] & ~fallen for kind in ("interactive", "service")}
    for kind in ("interactive", "service"):
        need, severe = rows["era"].isna(), rows["era"].isna()
        for rule in (FULL, AT_RISK):
            if (findings := of(rule)) is None:
                continue
            mine = findings["role"].eq(kind) & findings["before_kb"].isna()
            mine &= findings["size_kb"].eq(findings["key"].map(rows[f"{kind}_kb"])).fillna(False)
            here = rows.index.isin(findings.loc[mine.to_numpy(bool, na_value=False), "key"])
            need |= here
            severe |= here & (rule == FULL)
        new[f"{kind}_asked"], new[f"{kind}_full"] = need & ~fallen, severe & ~fallen
    # Heaps that were listed with room are not what failed: then no size is known to help.
    new["event"] = has(EVENT_IN_SERVICES) & rows["service_free_kb"].isna() & rows["build"].notna()
    new["failed"] = has(UNEXPLAINED, FAILED, EVENT_IN_SERVICES) & ~new["event"]
    new["service_asked"] |= new["event"] & ~fallen
    # Where 512 or 128 KB were listed nobody knows whether they are configured: first that is read, then they grow.
    new["small_asked"] = small["interactive"] | small["service"]
    for kind in ("interactive", "service"):
        new[f"{kind}_asked"] &= ~small[kind]
    lower = rows["service_kb"].lt(rows["default_service_kb"]).fillna(False).astype(bool)
    new["default_asked"] = has(LOWERED) & lower & ~fallen & ~(small["service"] & rows["era"].eq(BEFORE).astype(bool))
    new["view_full"] = has(VIEW_FULL)
    new["view_asked"] = has(VIEW_FULL, VIEW_TIGHT)
    new["view_short"] = new["view_asked"] | bool(wanted.service_desktops)
    new["no_desktop"] = has(NO_DESKTOP)
    new["fell_back"] = fallen
    new["no_third"] = has(NO_THIRD)
    new["list_asked"] = rows["advised_interactive_kb"].notna()
    new["pending"] = has(PENDING) & ~fallen & ~new["list_asked"]
    new["leak"], new["no_help"] = has(GROWS, NO_HELP, LEAKS), has(NO_HELP)
    new["pressed"] = has(FULL, AT_RISK)
    new["tasks"] = _of_tasks(rows, of(FULL), of(AT_RISK))
    new["contradictory"] = has(CONTRADICTS)
    new["slash_3gb"], new["no_view_size"] = has(SLASH_3GB), has(NO_VIEW_SIZE)
    rows = rows.assign(**{name: column.astype(bool) for name, column in new.items()})
    rows["product_kb"], rows["product"] = _of_products(rows, of(PRODUCT))
    rows["processes_kb"] = heap_for(wanted.processes, wanted.cost_kb) if wanted.processes else 0
    return rows


def _of_tasks(rows: pd.DataFrame, *findings: pd.DataFrame | None) -> pd.Series[bool]:
    """Machines on which the heap of the Task Scheduler, and no other service heap, is full or fills up."""
    import pandas as pd

    services = [
        found[found["role"].eq("service").to_numpy(bool, na_value=False)] for found in findings if found is not None
    ]
    if not services:
        return rows["era"].isna()
    alone = (
        pd.concat([one.assign(tasks=one["window_station"].eq(TASKS)) for one in services]).groupby("key")["tasks"].all()
    )
    return alone.reindex(rows.index).fillna(False).astype(bool)


def _of_products(rows: pd.DataFrame, findings: pd.DataFrame | None) -> tuple[pd.Series[int], pd.Series[str]]:
    """The third value that the maker of a product names, and which product that is."""
    import pandas as pd

    kb, name = pd.Series(pd.NA, rows.index, dtype="Int64"), pd.Series(None, rows.index, dtype=object)
    if findings is not None:
        names = findings["product"].map(dict(enumerate(one.name for one in PRODUCTS)))
        named = findings.assign(name=names, kb=names.map(OF_PRODUCTS))
        first = named[named["kb"].notna()].drop_duplicates("key").set_index("key")
        kb, name = first["kb"].reindex(rows.index).astype("Int64"), first["name"].reindex(rows.index).astype(object)
    return kb, name


def _sessions(rows: pd.DataFrame, view_space: pd.DataFrame, heaps: pd.DataFrame) -> pd.DataFrame:
    """The latest listing of each session, with the heaps that a changed value would change; a machine without one has a row that tells no heaps."""
    import pandas as pd

    keys = machine_keys(view_space)
    mine = keys.isin(rows.index).to_numpy(bool) & ~view_space["superseded"].to_numpy(bool, na_value=True)
    sessions = view_space[mine].assign(key=keys[mine], heaps_kb=view_space["most_kb"][mine])
    used = heaps[heaps["used_percent"].notna()]
    for kind in ("interactive", "service"):
        same = used["size_kb"].eq(used["key"].map(rows[f"{kind}_kb"])) & used["role"].eq(kind)
        counted = used[same.to_numpy(bool, na_value=False)].groupby(SESSION, observed=True, dropna=False).size()
        sessions = sessions.merge(counted.rename(f"{kind}_same").reset_index(), on=SESSION, how="left")
        sessions[f"{kind}_same"] = sessions[f"{kind}_same"].fillna(0).astype("Int64")
        sessions[f"{kind}_heaps"] = sessions[f"{kind}_heaps"].astype("Int64")
    columns = ["key", "case", "machine", "snapshot", "session", "file", "line", "era", "heaps_kb", "known_kb", "limit_kb", "possible_kb", "free_ptes",
               "interactive_heaps", "service_heaps", "interactive_same", "service_same"]  # fmt: skip
    bare = rows[~rows.index.isin(sessions["key"])]
    if not len(bare):
        listed: pd.DataFrame = sessions[columns]
        return listed
    first = heaps.drop_duplicates("key").set_index("key")
    seen = bare.index.isin(first.index)
    lone = bare[["case", "machine", "era"]].assign(
        key=bare.index, snapshot=1,
        file=bare["sections_file"].where(~seen, first["file"].astype(object).reindex(bare.index)),
        line=bare["sections_line"].where(~seen, first["line"].reindex(bare.index)),
    )  # fmt: skip
    both = pd.concat([sessions[columns].astype({"file": object}), lone], ignore_index=True)
    kinds = {name: sessions[name].dtype for name in columns if name not in ("case", "machine", "file", "era")}
    typed: pd.DataFrame = (
        both[columns].astype(kinds).astype({"case": rows["case"].dtype, "machine": rows["machine"].dtype})
    )
    return typed


def _with_view(rows: pd.DataFrame, sessions: pd.DataFrame) -> pd.DataFrame:
    """base_kb: the limit that a larger one starts from; step_kb: the next one, missing where it may not be advised; and what limits that."""
    of_key = sessions.groupby("key")
    printed = of_key["limit_kb"].min().reindex(rows.index)
    small = printed.isna() & rows["no_view_size"]
    base = printed.mask(small, SMALL_VIEW).astype("Int64")
    pool, stored = rows["session_pool_kb"], rows["stored_view_kb"]
    step = ((base // (STEP * 1024)) + 1) * (STEP * 1024)
    usual = LIMITS["x64"][0]  # 64-bit Windows has more without the value than somebody's smaller one gives
    step = step.mask(rows["architecture"].eq("x64") & base.lt(usual).fillna(False).astype(bool), usual)
    ptes = of_key["free_ptes"].last().reindex(rows.index).astype("Int64")
    left = ptes - (step - base) // 1024 * PTES_OF_A_MB
    x86 = rows["architecture"].eq("x86")
    crowded = x86 & (step + pool).gt(VIEW_AND_POOL_MB * 1024).fillna(False)
    allowed = (
        rows["era"].eq(BEFORE)
        & ~rows["build"].isin([NT4, W2K]).to_numpy(bool, na_value=False)
        & ~rows["slash_3gb"]
        & ~rows["view_how"].isin(IN_FORCE.values())
        & ~rows["contradictory"]
        & step.le(MOST_MB * 1024).fillna(False).astype(bool)
        & left.ge(PTES_TO_KEEP).fillna(False).astype(bool)
        & ~crowded.astype(bool)
        & ~stored.gt(base).fillna(False).astype(bool)  # a step from 20 MB would lower the 48 of the registry
    )
    return rows.assign(
        base_kb=base,
        step_kb=step.where(allowed).astype("Int64"),
        pool_kb=pool,
        ptes=ptes,
        stored_view_mb=stored // 1024,
        without_3gb=rows["view_how"].isin(IN_FORCE.values()) & rows["era"].eq(BEFORE) & x86,
    )
