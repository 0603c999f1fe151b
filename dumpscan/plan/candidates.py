"""The sizes that are weighed: few for each machine, and each for a reason of its own.

Growing heaps go by the published steps (KB 949296; ntdebugging blog, comment 21), the view by one step of 16 MB. A smaller third value is an
option at best: one heap was 59 % used when idle and over 99 % when it failed (comment 74).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dumpscan.plan.figures import rounded_up
from dumpscan.platforms import BEFORE
from dumpscan.rules._heap import MOST, STEPS
from dumpscan.rules._sizes import PAGE, in_effect
from dumpscan.rules.fallback_sizes import USUAL
from dumpscan.rules.oversized_service_heaps import SMALLEST

if TYPE_CHECKING:
    import pandas as pd

# Kinds, in the order in which they are shown and preferred.
TODAY, STORED, NEEDED, LOWER, LOWEST, VIEW, VIEW_AND_HEAPS = "today", "stored", "needed", "lower", "lowest", "view", "view and heaps"  # fmt: skip
THIRD, SECOND, THIRD_TWICE, SECOND_TWICE = "third", "second", "third twice", "second twice"
DEFAULTS, PRODUCT, USUAL_VIEW, SMALLER, WITHOUT_3GB = (
    "defaults",
    "product",
    "usual view",
    "smaller third",
    "without /3GB",
)
KINDS = (
    TODAY, STORED, NEEDED, LOWEST, LOWER, VIEW, VIEW_AND_HEAPS, THIRD, SECOND, THIRD_TWICE, SECOND_TWICE, DEFAULTS, PRODUCT, USUAL_VIEW,
    SMALLER, WITHOUT_3GB,
)  # fmt: skip
ADVISABLE = (TODAY, STORED, NEEDED, LOWEST, LOWER, VIEW, VIEW_AND_HEAPS, THIRD, SECOND)
USUAL_VIEW_KB = 48 * 1024  # what setup writes (KB 184802)


def candidates(machines: pd.DataFrame) -> pd.DataFrame:
    """key, kind, new_shared_kb (missing: not read), new_interactive_kb, new_service_kb, new_view_kb (missing: as it is), each sizes of a machine once."""
    import pandas as pd

    second, third = machines["interactive_kb"], machines["service_kb"]
    needed = _needed(machines)
    grown_second, grown_third = needed
    first = machines["advised_shared_kb"].fillna(machines["stored_shared_kb"])
    fallen = machines["fell_back"]
    free = ~fallen
    stored = [in_effect(machines[f"stored_{kind}_kb"]) for kind in ("interactive", "service")]
    stored[1] = stored[1].fillna(stored[0].where(machines["two_values"]))
    lowered = machines["fell_back"] & stored[0].notna() & stored[1].notna()
    # Where a step of one value would not stand alone, services get the third value that the findings advise.
    beside = third.mask(machines["two_values"], machines["advised_service_kb"].fillna(third))
    smaller = rounded_up((2 * machines["peak_kb"]).round().astype("Int64"), PAGE).clip(lower=SMALLEST)
    short = machines["era"].eq(BEFORE) & machines["view_short"]
    view = machines["step_kb"]
    without = (machines["stored_view_mb"] * 1024).fillna(USUAL_VIEW_KB).clip(lower=USUAL_VIEW_KB)
    parts = [
        _part(machines, TODAY, second, third),
        _part(machines, STORED, *stored, where=machines["pending"] & stored[0].notna()),
        _part(machines, NEEDED, grown_second, grown_third, first=first, where=free),
        _part(machines, LOWEST, stored[0], _same(machines, USUAL), where=lowered & stored[1].gt(USUAL)),
        _part(machines, LOWER, stored[0], _same(machines, 2 * USUAL), where=lowered & stored[1].gt(2 * USUAL)),
        _part(machines, VIEW, second, third, view, where=free & view.notna()),
        _part(machines, VIEW_AND_HEAPS, grown_second, grown_third, view, first=first, where=free & view.notna()),
        _part(machines, THIRD, second, _step(third, "service"), where=free),
        _part(machines, SECOND, _step(second, "interactive"), beside, where=free),
        _part(machines, THIRD_TWICE, second, _step(_step(third, "service"), "service"), where=free),
        _part(machines, SECOND_TWICE, _step(_step(second, "interactive"), "interactive"), beside, where=free),
        _part(machines, DEFAULTS, _largest(second, machines["default_interactive_kb"]), _largest(third, machines["default_service_kb"]), where=free),
        _part(machines, PRODUCT, second, machines["product_kb"], where=free & machines["product_kb"].gt(third).fillna(False)),
        _part(machines, USUAL_VIEW, second, third, _same(machines, USUAL_VIEW_KB), where=free & view.lt(USUAL_VIEW_KB).fillna(False)),
        _part(machines, SMALLER, second, smaller, where=free & short & smaller.lt(third).fillna(False)),
        _part(machines, WITHOUT_3GB, second, third, without, where=machines["without_3gb"]),
    ]  # fmt: skip
    rows = pd.concat(parts)
    new = ["key", "new_shared_kb", "new_interactive_kb", "new_service_kb", "new_view_kb"]
    rows["order"] = rows["kind"].map(KINDS.index)
    return rows.drop_duplicates(
        new, ignore_index=True
    )  # of equal ones the kind that is shown first: the parts stand in that order


def _needed(machines: pd.DataFrame) -> tuple[pd.Series[int], pd.Series[int]]:
    """Second and third value that answer all that is asked for: the list that the findings advise, and what its heaps need beside it."""
    second = machines["interactive_kb"].mask(machines["interactive_asked"], _next(machines, "interactive"))
    second = _largest(machines["advised_interactive_kb"].fillna(second), second.where(machines["interactive_asked"]))
    third = machines["service_kb"].mask(
        machines["service_asked"] | machines["default_asked"], _next(machines, "service")
    )
    grown = machines["service_asked"] | machines["default_asked"]
    third = _largest(machines["advised_service_kb"].fillna(third), third.where(grown))
    asked = machines["processes_kb"].astype("Int64").where(machines["processes_kb"].le(MOST))
    return second, _largest(third, asked)


def _next(machines: pd.DataFrame, kind: str) -> pd.Series[int]:
    """What the rules ask for these heaps; one step where only an event tells that they are too small."""
    return machines[f"next_{kind}_kb"].fillna(_step(machines[f"{kind}_kb"], kind))


def _step(sizes: pd.Series[int], kind: str) -> pd.Series[int]:
    """One step more, but none above what Microsoft advises; what is there already stays."""
    return _largest(sizes, (sizes + STEPS[kind]).clip(upper=MOST))


def _largest(one: pd.Series[int], other: pd.Series[int]) -> pd.Series[int]:
    """The larger of both, or the first where the second is not known."""
    return one.mask(other.gt(one).fillna(False).astype(bool), other)


def _same(machines: pd.DataFrame, kb: int) -> pd.Series[int]:
    import pandas as pd

    return pd.Series(kb, machines.index, dtype="Int64")


def _part(
    machines: pd.DataFrame, kind: str, second: pd.Series[int], third: pd.Series[int], view: pd.Series[int] | None = None,
    *, first: pd.Series[int] | None = None, where: pd.Series[bool] | None = None,
) -> pd.DataFrame:  # fmt: skip
    import pandas as pd

    chosen = machines.index if where is None else machines.index[where.fillna(False).to_numpy(bool)]
    missing = pd.Series(pd.NA, machines.index, dtype="Int64")
    shared = machines["stored_shared_kb"] if first is None else first
    sizes = {
        "new_shared_kb": shared,
        "new_interactive_kb": second,
        "new_service_kb": third,
        "new_view_kb": missing if view is None else view,
    }
    columns = {name: column.astype("Int64").reindex(chosen).array for name, column in sizes.items()}
    return pd.DataFrame({"key": chosen, "kind": kind, **columns})
