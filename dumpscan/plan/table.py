"""The table `plan`: for each machine and each candidate one row, about the session that has the least room for it.

What does not fit is shown and never advised. What fits is held against the limit with what GDI and others need beside the heaps; after an
event 244 that is all that the heaps did not take. Computed once for all machines of all cases.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from dumpscan.configured import VIEW_AND_POOL_MB
from dumpscan.plan import Wanted
from dumpscan.plan import machines as m
from dumpscan.plan.candidates import (
    ADVISABLE,
    LOWEST,
    PRODUCT,
    SMALLER,
    STORED,
    TODAY,
    USUAL_VIEW,
    WITHOUT_3GB,
    candidates,
)
from dumpscan.plan.figures import EMPTY, more_heaps, processes, view_for
from dumpscan.platforms import NT4
from dumpscan.rules import Outcome
from dumpscan.rules._heap import MOST
from dumpscan.rules._view import PTES_OF_A_MB, SHARE
from dumpscan.view_space import has_limit, others_kb

if TYPE_CHECKING:
    import pandas as pd

YES, UNKNOWN, NO = "yes", "unknown", "no"
FITS = (YES, UNKNOWN, NO)  # from best to worst
# Columns of the table and their types.
COLUMNS: dict[str, Any] = {
    "case": "category", "machine": "category", "snapshot": "Int64", "file": object, "line": "Int64", "session": "Int64",
    "candidate": object, "recommended": bool, "fits": object,
    "shared_kb": "Int64", "interactive_kb": "Int64", "non_interactive_kb": "Int64", "view_kb": "Int64", "pool_kb": "Int64",
    "heaps_kb": "Int64", "others_kb": "Int64", "room_kb": "Int64", "needed_view_kb": "Int64", "more_desktops": "Int64", "more_desktops_at_most": "Int64",
    "more_interactive": "Int64", "interactive_free_kb": "Float64", "service_free_kb": "Float64", "processes": "Int64", "free_ptes": "Int64", "stored_interactive_kb": "Int64", "stored_non_interactive_kb": "Int64", "stored_view_mb": "Int64",
    "answers": object, "reason": object, "side_effects": object, "risks": object,
}  # fmt: skip

# What speaks against a candidate, in the order in which it is said.
RISKS = {
    "no_room": "does not fit into session view space with what GDI and others need beside the heaps",
    "unknown_view": "the limit of session view space is not known: print nt!MmSessionViewSize first",
    "unlisted": "no listing of the heaps is in these texts, so what they take of session view space is not known",
    "smaller": "services may not start after the reboot: only with a capture at the failure or three busy ones, twice the peak and 256 KB at least",
    "space_of_users": "Exchange and SQL Server lose 1 GB of user address space each, and 48 MB come only if SessionViewSize = 48 is present",
    "kernel": "takes page table entries, paged and nonpaged pool and cache from the whole machine",
    "two_steps": "more than one step of 16 MB: take the first, and look at the page table entries again",
    "crowded": "view space and session pool together come above 450 MB",
    "fall_back": "may fall back to 512 and 128 KB at boot: for how many heaps Windows reserves is not published",
    "share": "the heaps take three quarters of the view and more",
    "ceiling": "a value over 20480 is more than Microsoft advises",
    "leak": "use grows or was as high with a smaller heap: if that is a leak, a larger heap only buys time",
    "tasks": "the full heap is that of the Task Scheduler: tasks that hang fill a larger one, too",
    "processes": "holds less than the processes that were asked for",
    "contradictory": "the limit that was printed is not of these heaps",
}  # fmt: skip
SIDE_EFFECTS = {
    "restart": "counts after a restart",
    "services": "every service heap of every session changes with it",
    "users": "every interactive desktop of every session changes with it",
    "address_space": "more address space is reserved; memory only as it is used",
    "view": "every session maps a view of that size",
}


def empty(cases: pd.Series[Any]) -> pd.DataFrame:
    """The table without a row; `cases`: the column of another table, whose categories it takes."""
    import pandas as pd

    none = pd.DataFrame({name: pd.Series(dtype=kind) for name, kind in COLUMNS.items()})
    return none.assign(case=none["case"].cat.set_categories(cases.cat.categories))


def plan(tables: Mapping[str, pd.DataFrame], outcomes: Sequence[Outcome], wanted: Wanted) -> pd.DataFrame:
    """The table of all cases; the recommended row of each machine first."""
    start = m.start(tables, outcomes, wanted)
    if start is None:
        return empty(tables["captures"]["case"])
    rows = candidates(start.machines).merge(_with_planned(start.sessions, wanted), on="key")
    rows = rows.join(start.machines.drop(columns=[*rows.columns.intersection(start.machines.columns)]), on="key")
    rows = _in_tightest(_held(rows, wanted))
    rows = _put(_recommended(rows, wanted), wanted)
    return rows[list(COLUMNS)].reset_index(drop=True)


def _with_planned(sessions: pd.DataFrame, wanted: Wanted) -> pd.DataFrame:
    """`planned`: the service desktops that are to come. Services live in session 0; where it was not captured, where most services are."""
    at_0 = (sessions["session"].eq(0) | sessions["session"].isna()).fillna(True).astype(bool)
    most = sessions["service_heaps"].fillna(0)
    most = most.eq(most.groupby(sessions["key"]).transform("max")).astype(bool)
    here = at_0.where(at_0.groupby(sessions["key"]).transform("any"), most)
    return sessions.assign(planned=here.astype("Int64") * wanted.service_desktops)


def _held(rows: pd.DataFrame, wanted: Wanted) -> pd.DataFrame:
    """What the heaps of each session take with each candidate, and whether that fits."""
    import numpy as np
    import pandas as pd

    heaps = rows["heaps_kb"]
    for kind in ("interactive", "service"):
        more = (rows[f"new_{kind}_kb"] - rows[f"{kind}_kb"]).fillna(0)
        # A heap of a size of its own would stay as it is; where heaps grow all are counted, so that no advice rests on that.
        number = rows[f"{kind}_heaps"].where(more.gt(0), rows[f"{kind}_same"])
        heaps = heaps + more * number
    heaps = heaps + rows["planned"] * rows["new_service_kb"].fillna(0)
    limited = has_limit(rows)
    changed = rows["new_view_kb"].notna()
    told = rows["known_kb"].mask(rows["contradictory"])
    view = rows["new_view_kb"].fillna(told).fillna(rows["possible_kb"].mask(rows["contradictory"])).where(limited)
    known = (changed | told.notna()).astype(bool)
    others = others_kb(view)
    taken = (told - rows["heaps_kb"]).where(rows["no_desktop"])  # a desktop found no room: all the rest was taken
    others = others.mask(taken.gt(others).fillna(False).astype(bool), taken)
    room = (view - others - heaps).where(limited)
    fits = np.select(
        [~limited, room.ge(0).fillna(False), room.lt(0).fillna(False) & known], [YES, YES, NO], default=UNKNOWN
    )
    usable = view - others
    each, wide = rows["new_service_kb"], rows["new_interactive_kb"]
    return rows.assign(
        after_kb=heaps, held_kb=view.where(known), others_kb=others.where(limited), room_kb=room, fits=pd.Series(fits, rows.index, dtype=object),
        needed_view_kb=view_for(heaps).where(limited),
        more_desktops=more_heaps(usable, heaps, each).clip(lower=0),
        more_desktops_at_most=more_heaps(view, heaps, each).clip(lower=0),
        more_interactive=more_heaps(usable, heaps, wide).clip(lower=0),
        share=(heaps / view).astype("Float64").where(limited),
    )  # fmt: skip


def _in_tightest(rows: pd.DataFrame) -> pd.DataFrame:
    """Of each candidate the session that has the least room for it; where nothing limits, the one with most heaps."""
    order = rows.assign(worst=-rows["fits"].map(FITS.index), most=-rows["after_kb"].fillna(0))
    first = order.sort_values(["key", "order", "worst", "room_kb", "most"], kind="stable")
    return first.drop_duplicates(["key", "order"])


def _recommended(rows: pd.DataFrame, wanted: Wanted) -> pd.DataFrame:
    """At most one row of each machine: the first that answers most of what is asked, among those that fit. One that answers nothing more than
    today's sizes is not recommended, and today's only where they answer all."""
    rows = rows.assign(planned_at_all=bool(wanted.service_desktops))
    needs = {
        "service": (rows["service_asked"], rows["new_service_kb"].gt(rows["service_kb"])),
        "interactive": (rows["interactive_asked"], rows["new_interactive_kb"].gt(rows["interactive_kb"])),
        "default": (rows["default_asked"], rows["new_service_kb"].ge(rows["default_service_kb"])),
        "view": (rows["view_asked"], rows["new_view_kb"].gt(rows["base_kb"])),
        "processes": (rows["processes_kb"].gt(0), rows["new_service_kb"].ge(rows["processes_kb"])),
        "desktops": (rows["planned_at_all"], rows["fits"].eq(YES)),
        "list": (rows["list_asked"], _as_advised(rows)),
        "stored": (rows["pending"], rows["kind"].eq(STORED)),
        "fallen": (rows["fell_back"] | rows["small_asked"], rows["kind"].eq(LOWEST)),
    }
    met, open_needs = rows["order"] * 0, rows["order"] * 0
    for asked, answered in needs.values():
        answered = asked & answered.fillna(False).astype(bool)
        met += answered.astype(int)
        open_needs += (asked & ~answered).astype(int)
    rows = rows.assign(met=met, open_needs=open_needs)
    # A limit that is not known bars what would need one: a larger view, the room that was asked for, and more than the smallest that this Windows can have holds.
    short = rows["room_kb"].lt(0).fillna(False).astype(bool) & rows["kind"].ne(TODAY)
    possible = rows["fits"].ne(NO) & ~(
        rows["fits"].eq(UNKNOWN) & (rows["new_view_kb"].notna() | bool(wanted.service_desktops) | short)
    )
    rows["possible"] = (
        possible
        & ~_too_small(rows)
        & rows["kind"].isin(ADVISABLE)
        & ~rows["contradictory"]
        & (rows["pending"].eq(False) | rows["kind"].eq(STORED))
    )
    rows["worth"] = rows["possible"] & (
        rows["met"].gt(0) | (rows["kind"].eq(TODAY) & rows["open_needs"].eq(0) & ~rows["failed"])
    )
    best = rows.sort_values(["key", "worth", "met", "order"], ascending=[True, False, False, True], kind="stable")
    first = best["worth"] & ~best.duplicated("key")
    return best.assign(recommended=first).sort_values(
        ["key", "recommended", "order"], ascending=[True, False, True], kind="stable"
    )


def _too_small(rows: pd.DataFrame) -> pd.Series[bool]:
    """Sizes that wait for a restart and are less than twice what is in use: after it services may not start (comment 74)."""
    used = {"service": rows["peak_kb"], "interactive": rows["interactive_kb"] - rows["interactive_free_kb"]}
    small = rows["kind"].ne(rows["kind"])  # none yet
    for kind, kb in used.items():
        small |= _shrinks(rows, kind) & rows[f"new_{kind}_kb"].lt(2 * kb).fillna(False).astype(bool)
    return small & rows["kind"].eq(STORED)


def _shrinks(rows: pd.DataFrame, kind: str) -> pd.Series[bool]:
    return rows[f"new_{kind}_kb"].lt(rows[f"{kind}_kb"]).fillna(False).astype(bool)


def _as_advised(rows: pd.DataFrame) -> pd.Series[bool]:
    """Rows with the list that the findings advise, or with larger values; today's sizes are what they want changed."""
    as_advised: pd.Series[bool] = (
        rows["kind"].ne(TODAY)
        & rows["new_shared_kb"].eq(rows["advised_shared_kb"])
        & rows["new_interactive_kb"].ge(rows["advised_interactive_kb"])
        & rows["new_service_kb"].ge(rows["advised_service_kb"]).fillna(True)
    )
    return as_advised


def _put(rows: pd.DataFrame, wanted: Wanted) -> pd.DataFrame:
    """Names and words of the columns."""
    grown = {
        kind: rows[f"new_{kind}_kb"].ne(rows[f"{kind}_kb"]).fillna(False).astype(bool)
        for kind in ("interactive", "service")
    }
    larger = {
        kind: rows[f"new_{kind}_kb"].gt(rows[f"{kind}_kb"]).fillna(False).astype(bool)
        for kind in ("interactive", "service")
    }
    limited, changed = has_limit(rows).astype(bool), rows["new_view_kb"].notna()
    restarts = rows["kind"].ne(TODAY)
    wider = changed & rows["kind"].ne(WITHOUT_3GB)
    risks = {
        "no_room": rows["fits"].eq(NO),
        "unknown_view": limited & rows["held_kb"].isna() & ~rows["contradictory"] & rows["build"].ne(NT4).fillna(True),
        "unlisted": limited & rows["heaps_kb"].isna(),
        "smaller": rows["kind"].eq(SMALLER) | (rows["kind"].eq(STORED) & _shrinks(rows, "service")),
        "space_of_users": rows["kind"].eq(WITHOUT_3GB),
        "kernel": wider,
        "two_steps": rows["kind"].eq(USUAL_VIEW) & rows["new_view_kb"].gt(rows["step_kb"]).fillna(False),
        "crowded": limited
        & rows["architecture"].eq("x86")
        & (rows["held_kb"] + rows["pool_kb"]).gt(VIEW_AND_POOL_MB * 1024).fillna(False),
        "fall_back": limited & restarts & (larger["interactive"] | larger["service"] | rows["kind"].eq(STORED)),
        "share": limited & rows["share"].ge(SHARE).fillna(False),
        "ceiling": rows["new_interactive_kb"].gt(MOST).fillna(False) | rows["new_service_kb"].gt(MOST).fillna(False),
        "leak": rows["leak"] & (larger["interactive"] | larger["service"]),
        "tasks": rows["tasks"] & larger["service"],
        "processes": rows["new_service_kb"].lt(rows["processes_kb"]).fillna(False),
        "contradictory": rows["contradictory"],
    }
    effects = {
        "restart": restarts, "services": grown["service"], "users": grown["interactive"],
        "address_space": ~limited & (larger["interactive"] | larger["service"]), "view": wider,
    }  # fmt: skip
    interactive = rows["interactive_free_kb"] + (rows["new_interactive_kb"] - rows["interactive_kb"])
    service = rows["service_free_kb"] + (rows["new_service_kb"] - rows["service_kb"])
    empty_kb = rows["architecture"].map(EMPTY).fillna(max(EMPTY.values())).astype("Int64")
    taken = (rows["new_view_kb"] - rows["base_kb"]) // 1024 * PTES_OF_A_MB
    answers, reasons = _reasons(rows, wanted)
    new = {
        "candidate": rows["kind"], "shared_kb": rows["new_shared_kb"], "interactive_kb": rows["new_interactive_kb"], "non_interactive_kb": rows["new_service_kb"],
        "stored_non_interactive_kb": rows["stored_service_kb"], "view_kb": rows["held_kb"], "heaps_kb": rows["after_kb"], "interactive_free_kb": interactive, "service_free_kb": service,
        "processes": processes(rows["new_service_kb"], wanted.cost_kb, empty_kb), "free_ptes": (rows["ptes"] - taken.fillna(0)).where(limited),
        "answers": answers, "reason": reasons, "side_effects": _texts(effects, SIDE_EFFECTS), "risks": _texts(risks, RISKS),
    }  # fmt: skip
    told = rows.drop(columns=[*new.keys() & set(rows.columns)]).assign(**new)
    kinds = {name: kind for name, kind in COLUMNS.items() if kind not in ("category", object)}
    for name in ("interactive_free_kb", "service_free_kb"):
        told[name] = told[name].astype("Float64").clip(lower=0).round(1)
    return told.astype(kinds)


def _texts(marks: Mapping[str, pd.Series[bool]], words: Mapping[str, str]) -> pd.Series[Any]:
    """For each row the texts of its marks, as a list; made once for each combination that there is."""
    import numpy as np
    import pandas as pd

    index = next(iter(marks.values())).index
    bits = np.zeros(len(index), dtype=np.int64)
    for at, mark in enumerate(marks.values()):
        bits |= mark.fillna(False).to_numpy(bool).astype(np.int64) << at
    names = list(marks)
    sets = {
        number: [words[name] for at, name in enumerate(names) if number >> at & 1]
        for number in np.unique(bits).tolist()
    }
    return pd.Series([sets[number] for number in bits.tolist()], index=index, dtype=object)


REASONS = {
    "pending": (m.PENDING, "the registry has these sizes already, and they wait for a restart: judge them before anything else changes"),
    "fallen": (m.FELL_BACK, "Windows fell back to 512 and 128 KB because the configured heaps did not fit; a third value of 512 is known to fit into 20 MB, and is larger than what is in force"),
    "third": (m.NO_THIRD, "without a third value every service desktop costs as much as an interactive one"),
    "both": (m.FULL, "of an interactive and a service heap one is full, and the other fills up"),
    "both_full": (m.FULL, "an interactive and a service heap are full"),
    "both_risk": (m.AT_RISK, "an interactive and a service heap fill up"),
    "service": (m.FULL, "a service heap is full"),
    "service_risk": (m.AT_RISK, "a service heap fills up"),
    "event": (m.EVENT_IN_SERVICES, "an allocation failed in session 0, whose services share small heaps"),
    "interactive": (m.FULL, "an interactive heap is full"),
    "interactive_risk": (m.AT_RISK, "an interactive heap fills up"),
    "default": (m.LOWERED, "somebody lowered the third value, and a heap is half used and more"),
    "processes_today": ("asked", "no change: the third value of today holds the processes that were asked for, filled to 90 %"),
    "processes": ("asked", "it holds the processes that were asked for, filled to 90 %"),
    "view": (m.VIEW_TIGHT, "session view space is nearly used up"),
    "view_full": (m.VIEW_FULL, "no further desktop fits into session view space"),
    "view_heaps": (m.FULL, "a larger heap is needed, and fits only with more session view space"),
    "view_heaps_risk": (m.AT_RISK, "a larger heap is needed, and fits only with more session view space"),
    "desktops": ("asked", "room for the desktops that were asked for"),
    "no_help": (m.NO_HELP, "no larger value is advised: a heap was made larger and is full again, which is a leak or a load that only grows"),
    "own_size": (m.FULL, "no change: the heap that is full or fills up has a size of its own, which no SharedSection value changes"),
    "nothing": ("", "no change: nothing here asks for another value"),
    "no_third": (m.NO_THIRD, "without a third value every service desktop costs as much as an interactive one; twice of what is in use still fits"),
    "list": (m.LIST, "the list itself is at fault, as the findings on SharedSection say"),
    "today": ("", "what is there today"),
    "product": (m.PRODUCT, "the third value that is named for"),
    "option": ("", "an option that nothing here asks for"),
}  # fmt: skip


def _reasons(rows: pd.DataFrame, wanted: Wanted) -> tuple[pd.Series[str], pd.Series[str]]:
    """Which finding a row answers, and why it is weighed."""
    import numpy as np
    import pandas as pd

    more_third = rows["new_service_kb"].gt(rows["service_kb"]).fillna(False).astype(bool)
    more_second = rows["new_interactive_kb"].gt(rows["interactive_kb"]).fillna(False).astype(bool)
    view = rows["new_view_kb"].gt(rows["base_kb"]).fillna(False).astype(bool)
    today, advised = rows["kind"].eq(TODAY), rows["kind"].isin(ADVISABLE)
    desktops = bool(wanted.service_desktops)
    today_view = rows["met"].where(rows["fits"].eq(YES) & rows["new_view_kb"].isna(), 0)
    alone = today_view.groupby(rows["key"]).transform("max").ge(rows["met"])  # as much is met in the view of today
    holds = rows["processes_kb"].gt(0) & rows["new_service_kb"].ge(rows["processes_kb"]).fillna(False)
    both = more_third & more_second & rows["service_asked"] & rows["interactive_asked"]
    larger = view & ~alone & ((rows["service_asked"] & more_third) | (rows["interactive_asked"] & more_second))
    cases = {
        "desktops": today & rows["recommended"] & desktops,
        "processes_today": today & rows["recommended"] & holds,
        "processes": more_third & holds,
        "no_help": today & rows["recommended"] & rows["no_help"],
        "own_size": today & rows["recommended"] & rows["pressed"],
        "nothing": today & rows["recommended"],
        "today": today,
        "pending": rows["kind"].eq(STORED),
        "fallen": rows["kind"].eq(LOWEST),
        "product": rows["kind"].eq(PRODUCT),
        "option": ~advised,
        "third": rows["no_third"] & rows["new_service_kb"].eq(rows["default_service_kb"]).fillna(False) & ~view,
        "view_full": view & rows["view_full"],
        "view": view & rows["view_asked"],
        "view_heaps": larger & (rows["service_full"] | rows["interactive_full"]),
        "view_heaps_risk": larger,
        "both_risk": both & ~rows["service_full"] & ~rows["interactive_full"],
        "both_full": both & rows["service_full"] & rows["interactive_full"],
        "both": both,
        "service": more_third & rows["service_full"],
        "service_risk": more_third & rows["service_asked"] & ~rows["event"],
        "event": more_third & rows["event"],
        "interactive": more_second & rows["interactive_full"],
        "interactive_risk": more_second & rows["interactive_asked"],
        "default": more_third & rows["default_asked"],
        "no_third": rows["no_third"] & _as_advised(rows) & rows["peak_kb"].notna(),
        "list": rows["list_asked"] & _as_advised(rows),
    }  # fmt: skip
    if desktops:
        cases["desktops_view"] = view
    which = np.select([mark.fillna(False).to_numpy(bool) for mark in cases.values()], list(cases), default="option")
    told = pd.Series(which, rows.index, dtype=object).replace("desktops_view", "desktops")
    answers, reasons = (
        pd.Series([REASONS[name][at] or None for name in told.tolist()], rows.index, dtype=object) for at in (0, 1)
    )
    return answers, reasons.mask(told.eq("product"), reasons + " " + rows["product"])
