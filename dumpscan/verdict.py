"""The one answer of each case, from the findings of all rules: computed for every machine of every case at once.

What a finding says decides: a full heap or an exhausted view is told even from a listing that was cut; "no sign" needs a whole listing
and no doubt beside it. The worst machine speaks for its case.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from dumpscan.machines import LISTINGS, machine_keys
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
CONTRADICTORY, INCOMPLETE, WRONG_SCOPE, SYMPTOM_ONLY, TOOL_FAILED, NO_EVIDENCE = (
    "contradictory", "incomplete", "wrong_scope", "symptom_only", "tool_failed", "no_evidence",
)  # fmt: skip

DOUBTS = (CONTRADICTORY, INCOMPLETE, WRONG_SCOPE, SYMPTOM_ONLY, TOOL_FAILED)


def said(outcomes: Sequence[Outcome], machines: pd.DataFrame) -> pd.DataFrame:
    """All findings that bear on the verdict: case, machine, says, rule, finding, and the ranks of certainty and severity (0 is strongest)."""
    import pandas as pd

    parts = [
        outcome.found.findings[[*MACHINE, "certainty", "severity"]].assign(
            says=outcome.rule.says, rule=at, finding=outcome.found.findings.index
        )
        for at, outcome in enumerate(outcomes)
        if outcome.rule.says and outcome.found is not None
    ]
    none = machines[MACHINE].head(0).assign(certainty="", severity="", says="", rule=0, finding=0)
    told = pd.concat([none, *parts], ignore_index=True)
    told["certainty"] = told["certainty"].map(CERTAINTIES.index).astype(int)
    told["severity"] = told["severity"].map(SEVERITIES.index).astype(int)
    return told


def judge(tables: Mapping[str, pd.DataFrame], outcomes: Sequence[Outcome]) -> pd.DataFrame:
    """One row a machine, the worst of each case first: case, machine, mode, reason, certainty (rank; missing when undecided), danger."""
    import numpy as np
    import pandas as pd

    machines = tables["platforms"][MACHINE].copy()
    told = said(outcomes, machines)
    keys, told_keys = machine_keys(machines), machine_keys(told)

    def has(what: str) -> pd.Series[bool]:
        return keys.isin(told_keys[told["says"].eq(what)])

    captures = tables["captures"]
    whole = captures[(captures["command"].isin(LISTINGS) & captures["state"].eq("whole")).fillna(False)]
    full, view = has(HEAP_FULL), has(VIEW_EXHAUSTED)
    broken = {
        case for outcome in outcomes if outcome.rule.says for case in outcome.reasons
    }  # a rule that failed clears nothing
    doubts = {one: has(one) for one in DOUBTS}
    # A tool that failed beside a whole listing is no doubt; the others are.
    open_doubt = machines["case"].cat.codes.isin(broken)
    for one in (CONTRADICTORY, INCOMPLETE, WRONG_SCOPE, SYMPTOM_ONLY):
        open_doubt |= doubts[one]
    machines["mode"] = np.select(
        [full & view, view, full, has(AT_RISK), open_doubt | ~keys.isin(machine_keys(whole))],
        [BOTH, VIEW_EXHAUSTED, HEAP_FULL, AT_RISK, UNDECIDED],
        default=NO_SIGN,
    )
    reasons = np.select(list(doubts.values()), list(doubts), default=NO_EVIDENCE)
    reasons = np.where((reasons == NO_EVIDENCE) & machines["case"].cat.codes.isin(broken), INCOMPLETE, reasons)
    machines["reason"] = pd.Series(reasons, dtype=object).where(machines["mode"].eq(UNDECIDED), None)
    machines["certainty"] = _certainty(machines, told)
    machines["danger"] = machines["mode"].map(DANGER.index).astype(int) + machines["reason"].eq(NO_EVIDENCE) * 2
    return machines.sort_values(["case", "danger", "certainty"], kind="stable").reset_index(drop=True)


def _certainty(machines: pd.DataFrame, told: pd.DataFrame) -> pd.Series[float]:
    """The strongest finding of the deciding kind; of both kinds, the weaker. "No sign" is never proved: GDI shares
    the view, and other moments were not captured."""
    import numpy as np
    import pandas as pd

    keys, told_keys = machine_keys(machines), machine_keys(told)
    ranks = pd.Series(float("nan"), index=machines.index)
    for mode, kinds in (
        (HEAP_FULL, [HEAP_FULL]),
        (VIEW_EXHAUSTED, [VIEW_EXHAUSTED]),
        (AT_RISK, [AT_RISK]),
        (BOTH, [HEAP_FULL, VIEW_EXHAUSTED]),
    ):
        of_mode = machines["mode"].eq(mode)
        for kind in kinds:
            of_kind = told["says"].eq(kind)
            best = keys[of_mode].map(told.loc[of_kind, "certainty"].groupby(told_keys[of_kind]).min()).astype(float)
            ranks[of_mode] = np.fmax(ranks[of_mode], best)
    ranks[machines["mode"].eq(NO_SIGN)] = CERTAINTIES.index("likely")
    return ranks
