"""What dumpscan judges: one failure mode or one doubt a rule, each written over whole tables of any number of cases.

A rule module has a docstring (its page and the report's text), a `check` that takes tables by the names of its parameters and returns
what it found, and a `tell` that puts one finding into words. `check` runs once over all cases; `tell` only when a case is shown.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

from dumpscan.machines import LISTINGS

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

FOUND, FAILED, NOT_APPLICABLE, NO_DATA, CLEAR = "found", "failed", "not_applicable", "no_data", "clear"
SEVERITIES = ("critical", "high", "medium", "low", "info")
CERTAINTIES = ("proved", "likely", "possible")
NOW, REBOOT, CAUSE, FUTILE = "now", "reboot", "cause", "futile"
# The order of thinking: what the texts are worth, what was configured, what Windows logged, then the heaps, the view they live in, and
# what else looks alike.
DATA, CONFIGURATION, EVENTS, HEAPS, VIEW, ALIKE = (
    "data quality", "configuration", "events", "desktop heaps", "session view space", "look-alikes",
)  # fmt: skip
STAGES = (DATA, CONFIGURATION, EVENTS, HEAPS, VIEW, ALIKE)


class Windows(NamedTuple):
    """The machines that a rule is for."""

    suits: Callable[[pd.DataFrame], pd.Series[bool]]  # platforms -> whether
    why: str  # why it says nothing of the others


class Told(NamedTuple):
    """One finding in words."""

    summary: str
    subject: dict[str, Any]
    refuted_by: str
    advice: Sequence[tuple[str, str]] = ()  # (now, reboot, cause or futile; what to do, or why not)
    references: Sequence[str] = ()  # of this finding; without any, those of its rule


class Found(NamedTuple):
    """What a check found: a row a finding, and a row a line of evidence."""

    findings: pd.DataFrame  # case, machine, snapshot, severity, certainty, and the fields of `tell`
    evidence: (
        pd.DataFrame
    )  # finding (index of its row), file, line, shows (a format string), and the fields that it names


@dataclass(frozen=True, slots=True)
class Rule:
    name: str
    title: str
    page: str
    stage: str
    says: str | None  # the verdict or the doubt that its findings stand for; None: they are beside it
    needs: tuple[
        str, ...
    ]  # "table.column" without which it has no data; "table.column or table.column" where either will do
    clear: str
    references: tuple[str, ...]
    applies: Windows | None
    check: Callable[..., Found | None]
    tell: Callable[[Mapping[str, Any]], Told]
    reads: tuple[str, ...]  # parameters of check: tables


@dataclass(slots=True)
class Outcome:
    """One rule over all cases: a status for each, and its findings."""

    rule: Rule
    status: NDArray[np.object_]
    found: Found | None = None
    reasons: dict[int, str] = field(default_factory=dict)  # of cases in which it failed


def rule(
    *,
    stage: str,
    says: str | None,
    needs: str | Sequence[str],
    clear: str,
    references: Sequence[str] = (),
    applies: Windows | None = None,
) -> Callable[[Callable[..., Found | None]], Callable[..., Found | None]]:
    """Mark the `check` of a rule module."""

    def mark(check: Callable[..., Found | None]) -> Callable[..., Found | None]:
        told = (stage, says, (needs,) if isinstance(needs, str) else tuple(needs), clear, tuple(references), applies)
        check.rule = told  # type: ignore[attr-defined]
        return check

    return mark


@cache
def all_rules() -> dict[str, Rule]:
    """Every rule module of this folder by the name of its rule, in the order of thinking, then of the alphabet."""
    rules = {}
    for info in pkgutil.iter_modules(__path__):
        module = importlib.import_module(f"{__name__}.{info.name}")
        check = getattr(module, "check", None)
        if check is None:
            continue
        stage, says, needs, clear, references, applies = check.rule
        page = inspect.cleandoc(module.__doc__ or "")
        name = info.name.replace("_", "-")
        reads = tuple(inspect.signature(check).parameters)
        rules[name] = Rule(
            name,
            page.partition("\n")[0],
            page,
            stage,
            says,
            needs,
            clear,
            references,
            applies,
            check,
            module.tell,
            reads,
        )
    return dict(sorted(rules.items(), key=lambda one: STAGES.index(one[1].stage)))


def cite(findings: pd.DataFrame, shows: str, rows: pd.DataFrame | None = None, on: Sequence[str] = ()) -> pd.DataFrame:
    """Evidence for findings: their own lines, or all `rows` that agree with them in the columns `on`."""
    if rows is None:
        evidence = findings.assign(finding=findings.index)
    else:
        keys = [*on]
        numbered = findings[keys].assign(finding=findings.index)
        evidence = numbered.merge(rows, on=keys, how="inner")
    return evidence.assign(shows=shows)


def found(findings: pd.DataFrame, *evidence: pd.DataFrame) -> Found:
    """What a check returns: its findings, numbered, with all their evidence."""
    import pandas as pd

    cited = (
        pd.concat([part[part["line"].notna()] for part in evidence if len(part)])
        if len(findings)
        else findings.assign(finding=0)
    )
    assert findings.index.isin(cited["finding"]).all(), "a finding without a line of evidence"
    return Found(findings, cited)


def run(tables: Mapping[str, pd.DataFrame], cases: int, rules: Sequence[Rule]) -> list[Outcome]:
    """All rules over all cases."""
    return [_judge(one, tables, cases) for one in rules]


def _judge(one: Rule, tables: Mapping[str, pd.DataFrame], cases: int) -> Outcome:
    import numpy as np

    outcome = Outcome(one, np.full(cases, CLEAR, dtype=object))
    have = _cases_with_data(one, tables, cases)
    outcome.status[~have | _cases_with_cut_listings(one, tables, cases)] = NO_DATA
    if one.applies is not None:
        platforms = tables["platforms"]
        codes, suits = (
            platforms["case"].cat.codes.to_numpy(),
            one.applies.suits(platforms).to_numpy(bool, na_value=False),
        )
        outcome.status[np.setdiff1d(codes, codes[suits])] = NOT_APPLICABLE
    if have.any():
        _check(one, tables, np.arange(cases), outcome)
        outcome.status[list(outcome.reasons)] = FAILED
        if outcome.found is not None:
            outcome.status[outcome.found.findings["case"].cat.codes.unique()] = FOUND
    return outcome


def _cases_with_data(one: Rule, tables: Mapping[str, pd.DataFrame], cases: int) -> NDArray[np.bool_]:
    """Cases in which every column that the rule needs has a value."""
    import numpy as np

    have = np.ones(cases, bool)
    for need in one.needs:
        either = np.zeros(cases, bool)
        for table, column in columns_of(need):
            frame = tables[table]
            either[frame.loc[frame[column].notna(), "case"].cat.codes.unique()] = True
        have &= either
    return have


def columns_of(need: str) -> list[tuple[str, str]]:
    """Table and column of each alternative of a need."""
    return [(table, column) for table, _, column in (one.partition(".") for one in need.split(" or "))]


def _cases_with_cut_listings(one: Rule, tables: Mapping[str, pd.DataFrame], cases: int) -> NDArray[np.bool_]:
    """Cases that a rule over heaps cannot clear, because a listing lost rows."""
    import numpy as np

    if not any(need.startswith(("desktop_heaps.", "view_space.")) for need in one.needs):
        return np.zeros(cases, bool)
    captures = tables["captures"]
    cut = captures["command"].isin(LISTINGS) & captures["state"].isin(["cut", "silent"]) & ~captures["superseded"]
    return np.isin(np.arange(cases), captures.loc[cut.to_numpy(bool, na_value=False), "case"].cat.codes)


def _check(one: Rule, tables: Mapping[str, pd.DataFrame], cases: NDArray[np.intp], outcome: Outcome) -> None:
    """Run a check; where it raises, again on halves of the cases, until the culprit is alone and the others keep their findings."""
    import pandas as pd

    whole = len(cases) == len(outcome.status)
    try:
        result = one.check(**{name: tables[name] if whole else _of_cases(tables[name], cases) for name in one.reads})
    except Exception as error:  # a rule must not take the fleet down with it
        if len(cases) == 1:
            outcome.reasons[int(cases[0])] = f"{type(error).__name__}: {error}"
            return
        for half in (cases[: len(cases) // 2], cases[len(cases) // 2 :]):
            _check(one, tables, half, outcome)
        return
    if result is None or not len(result.findings):
        return
    if outcome.found is None:
        outcome.found = result
    else:
        shift = int(outcome.found.findings.index.max()) + 1
        moved = result.findings.set_axis(result.findings.index + shift)
        proof = result.evidence.assign(finding=result.evidence["finding"] + shift)
        outcome.found = Found(pd.concat([outcome.found.findings, moved]), pd.concat([outcome.found.evidence, proof]))


def _of_cases(table: pd.DataFrame, cases: NDArray[np.intp]) -> pd.DataFrame:
    return table[table["case"].cat.codes.isin(cases)]
