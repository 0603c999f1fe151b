"""The one answer of each case, from the findings of all rules: computed for every machine of every case at once.

What a finding says decides: a full heap or an exhausted view is told even from a listing that was cut; "no sign" needs a whole listing
and no doubt beside it. The worst machine speaks for its case.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from dumpscan.machines import LISTINGS
from dumpscan.platforms import MACHINE
from dumpscan.rules import CERTAINTIES, SEVERITIES, Outcome

if TYPE_CHECKING:
    import pandas as pd

HEAP_FULL, VIEW_EXHAUSTED, BOTH, AT_RISK, NO_SIGN, UNDECIDED = (
    "single-heap-full", "view-space-exhausted", "both", "at-risk", "no-sign", "undecided",
)  # fmt: skip
# Worst first. A machine without any evidence about heaps stands behind one that was cleared: it is a place to look, no danger.
DANGER = (BOTH, VIEW_EXHAUSTED, HEAP_FULL, AT_RISK, UNDECIDED, NO_SIGN)
# Reasons of "undecided", the most telling first.
CONTRADICTORY, INCOMPLETE, TOOL_FAILED, NO_EVIDENCE = "contradictory", "incomplete", "tool_failed", "no_evidence"


def said(outcomes: Sequence[Outcome]) -> pd.DataFrame:
    """All findings that bear on the verdict: case, machine, says, rule, finding, and the ranks of certainty and severity (0 is strongest)."""
    import pandas as pd

    parts = [
        outcome.found.findings[[*MACHINE, "certainty", "severity"]].assign(says=outcome.rule.says, rule=at, finding=outcome.found.findings.index)
        for at, outcome in enumerate(outcomes)
        if outcome.rule.says and outcome.found is not None
    ]
    if not parts:
        return pd.DataFrame(columns=[*MACHINE, "certainty", "severity", "says", "rule", "finding"])
    told = pd.concat(parts, ignore_index=True)
    told["certainty"] = told["certainty"].map(CERTAINTIES.index).astype(int)
    told["severity"] = told["severity"].map(SEVERITIES.index).astype(int)
    return told


def judge(tables: Mapping[str, pd.DataFrame], outcomes: Sequence[Outcome]) -> pd.DataFrame:
    """One row a machine, the worst of each case first: case, machine, mode, reason, certainty (rank; missing when undecided), danger."""
    import numpy as np
    import pandas as pd

    machines = tables["platforms"][MACHINE].copy()
    told = said(outcomes)
    key = machines.set_index(MACHINE).index

    def has(what: str) -> pd.Series[bool]:
        return pd.Series(key.isin(told.loc[told["says"].eq(what), MACHINE].set_index(MACHINE).index), index=machines.index)

    captures = tables["captures"]
    listing = captures["command"].isin(LISTINGS)
    whole = key.isin(captures.loc[(listing & captures["state"].eq("whole")).fillna(False), MACHINE].set_index(MACHINE).index)
    full, view = has(HEAP_FULL), has(VIEW_EXHAUSTED)
    machines["mode"] = np.select(
        [full & view, view, full, has(AT_RISK), has(CONTRADICTORY) | has(INCOMPLETE) | ~whole],
        [BOTH, VIEW_EXHAUSTED, HEAP_FULL, AT_RISK, UNDECIDED],
        default=NO_SIGN,
    )
    reasons = np.select([has(one) for one in (CONTRADICTORY, INCOMPLETE, TOOL_FAILED)], [CONTRADICTORY, INCOMPLETE, TOOL_FAILED], default=NO_EVIDENCE)
    machines["reason"] = np.where(machines["mode"].eq(UNDECIDED), reasons, None)
    machines["certainty"] = _certainty(machines, told, tables["view_space"])
    machines["danger"] = machines["mode"].map(DANGER.index).astype(int) + machines["reason"].eq(NO_EVIDENCE) * 2
    return machines.sort_values(["case", "danger", "certainty"], kind="stable").reset_index(drop=True)


def _certainty(machines: pd.DataFrame, told: pd.DataFrame, view_space: pd.DataFrame) -> pd.Series[float]:
    """The strongest finding of the deciding kind; of both kinds, the weaker. "No sign" is proved where the limit was printed or there is none."""
    import pandas as pd

    best = told.groupby([*MACHINE, "says"], observed=True)["certainty"].min()
    ranks = pd.Series(float("nan"), index=machines.index)
    for mode, kinds in ((HEAP_FULL, [HEAP_FULL]), (VIEW_EXHAUSTED, [VIEW_EXHAUSTED]), (AT_RISK, [AT_RISK]), (BOTH, [HEAP_FULL, VIEW_EXHAUSTED])):
        of_mode = machines[machines["mode"].eq(mode)]
        for kind in kinds:
            found = best.reindex(pd.MultiIndex.from_frame(of_mode[MACHINE].assign(says=kind))).to_numpy(float)
            ranks[of_mode.index] = ranks[of_mode.index].fillna(-1).clip(lower=found)
    open_limit = view_space[view_space["limit_kb"].isna() & view_space["possible_kb"].notna()].set_index(MACHINE).index
    clear = machines["mode"].eq(NO_SIGN)
    ranks[clear] = machines[clear].set_index(MACHINE).index.isin(open_limit).astype(float)
    return ranks
