"""The JSON document of a case: verdict, outcomes, tables, problems and inputs as plain Python values.

Everything a renderer shows comes from here, so the page, the text, Markdown and JSON cannot disagree. Built case by case, from arrays that
are made once for all cases.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

from dumpscan import settings
from dumpscan.answer import answer
from dumpscan.commands import all_commands
from dumpscan.complaint import NOTHING_SAID, Complaint
from dumpscan.model import TABLES
from dumpscan.plan import NOTHING_WANTED, Wanted
from dumpscan.plan.telling import plans
from dumpscan.rules import CLEAR, FAILED, FUTILE, NO_DATA, NOT_APPLICABLE, Outcome, Rule, Told, columns_of
from dumpscan.version import __version__

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

    from dumpscan.reading import Reading

Document = dict[str, Any]

SHOWN = (*TABLES, "owners", "trends", "plan")  # the tables that a document holds

MOST_EXCERPTS, MOST_EXCERPT_LINES = 24, 60
MOST_TEXT = 1000  # characters of a line that was not understood
AROUND = 2  # lines quoted around a line of evidence
MOST_EVIDENCE = 12  # lines of evidence a finding shows; a view that is full of heaps would cite hundreds


class Slices:
    """The rows of a frame by case, as dictionaries of plain values."""

    def __init__(self, frame: pd.DataFrame) -> None:
        self.names = list(frame.columns)
        self._rows = frame.groupby(frame["case"].cat.codes).indices if len(frame) else {}
        self._columns: list[NDArray[np.object_]] = [_plain(frame[name]) for name in self.names] if len(frame) else []
        self._index = frame.index.to_numpy()

    def of(self, case: int) -> list[Document]:
        rows = self._rows.get(case)
        if rows is None:
            return []
        return [
            dict(zip(self.names, values, strict=True))
            for values in zip(*(column[rows] for column in self._columns), strict=True)
        ]

    def numbers(self, case: int) -> list[int]:
        """The index values of the rows that `of` gives."""
        return [] if (rows := self._rows.get(case)) is None else [int(at) for at in self._index[rows]]


def _plain(column: pd.Series[Any]) -> NDArray[np.object_]:
    """A column as Python values, None where nothing was printed."""
    values = column.astype(object)
    plain: NDArray[np.object_] = values.where(column.notna(), None).to_numpy(object)
    return plain


class Documents:
    """Documents of all cases of one analysis."""

    def __init__(
        self,
        cases: Sequence[str],
        readings: Sequence[Reading],
        tables: Mapping[str, pd.DataFrame],
        outcomes: Sequence[Outcome],
        said: Complaint = NOTHING_SAID,
        wanted: Wanted = NOTHING_WANTED,
    ) -> None:
        self.number = {name: at for at, name in enumerate(cases)}
        self._tables = tables
        self._outcomes = outcomes
        self._said, self._wanted = said, wanted
        self._readings: dict[str, list[Reading]] = {name: [] for name in cases}
        for reading in readings:
            self._readings[reading.case].append(reading)

    @cached_property
    def _slices(self) -> dict[str, Slices]:
        from dumpscan.sections import texts

        values = texts(*(self._tables[name] for name in ("shared_sections", "registry_values", "captures")))
        names = (*SHOWN, "platforms", "view_space", "verdicts")
        return {name: Slices(self._tables[name]) for name in names} | {"windows_values": Slices(values)}

    @cached_property
    def _findings(self) -> dict[str, tuple[Slices, dict[int, list[Document]]]]:
        """For each rule that found something, its findings by case and the evidence of each finding."""
        found = {outcome.rule.name: outcome.found for outcome in self._outcomes if outcome.found is not None}
        return {rule: (Slices(one.findings), _by_finding(one.evidence)) for rule, one in found.items()}

    def of(self, name: str) -> Document:
        """The document of one case."""
        case = self.number[name]
        quotes = Quotes(self._readings[name])
        tables = {table: self._slices[table].of(case) for table in SHOWN}
        views = self._slices["view_space"].of(case)
        platforms = self._slices["platforms"].of(case)
        outcomes = [self._outcome(outcome, case, quotes, platforms) for outcome in self._outcomes]
        verdict = answer(self._slices["verdicts"].of(case), outcomes, tables, views, platforms, self._said)
        for line in verdict["evidence"]:
            line["text"] = quotes.line(line["file"], line["line"])
        excerpts, left_out = quotes.excerpts(verdict["evidence"], outcomes)
        return self._empty(name, verdict) | {
            "outcomes": [{key: value for key, value in outcome.items() if key != "says"} for outcome in outcomes],
            "tables": tables,
            "settings": settings.settings(verdict["scope"], platforms, views, tables),
            "view_space": settings.view_space(views),
            "plan": plans(
                tables["plan"],
                platforms,
                tables["desktop_heaps"],
                self._slices["windows_values"].of(case),
                views,
                _found_on(outcomes),
                self._wanted,
            ),
            "excerpts": excerpts,
            "excerpts_left_out": left_out,
        }

    def unshown(self, name: str, error: str) -> Document:
        """The document of a case that a bug of ours keeps from being answered: undecided, with nothing of what was found."""
        verdict = answer([], [], {table: [] for table in SHOWN}, [], [], self._said)
        verdict["summary"] = f"Undecided. This case could not be answered: a bug in dumpscan ({error})."
        return self._empty(name, verdict)

    def _empty(self, name: str, verdict: Document) -> Document:
        """A document with what was read, and nothing of what was found in it."""
        readings = self._readings[name]
        return {
            "schema": "dumpscan.case/1",
            "dumpscan": __version__,
            "rules": __version__,
            "case": name,
            "verdict": verdict,
            "outcomes": [],
            "tables": {table: [] for table in SHOWN},
            "problems": [problem for reading in readings for problem in _problems(reading)],
            "inputs": [_input(reading) for reading in readings],
            "settings": [],
            "view_space": [],
            "plan": [],
            "excerpts": [],
            "excerpts_left_out": 0,
        }

    def _outcome(self, outcome: Outcome, case: int, quotes: Quotes, platforms: Sequence[Document]) -> Document:
        rule, found = outcome.rule, []
        if rule.name in self._findings:
            slices, evidence = self._findings[rule.name]
            numbered = zip(slices.numbers(case), slices.of(case), strict=True)
            found = [
                _finding(row, rule.tell(row), evidence[number], rule.references, quotes) for number, row in numbered
            ]
        status = str(outcome.status[case])
        why = {
            NO_DATA: "What it needs is not in these texts, or only in a listing that is incomplete.",
            NOT_APPLICABLE: _not_applicable(rule, platforms) if status == NOT_APPLICABLE else None,
            CLEAR: rule.clear,
            FAILED: outcome.reasons.get(case),
        }
        return {
            "rule": rule.name,
            "title": rule.title,
            "stage": rule.stage,
            "status": status,
            "reason": why.get(status),
            "needs": _needed(rule.needs),
            "findings": found,
            "says": rule.says,
            "page": rule.page,
            "references": list(rule.references),
        }


def _found_on(outcomes: Sequence[Document]) -> dict[str, set[str]]:
    """The rules that found something on each machine."""
    found: dict[str, set[str]] = {}
    for outcome in outcomes:
        for finding in outcome["findings"]:
            found.setdefault(finding["machine"], set()).add(outcome["rule"])
    return found


def _not_applicable(rule: Rule, platforms: Sequence[Document]) -> str:
    """Why a rule is not for the Windows of this case, and how that is known."""
    facts = [
        f"{told} (told by {platform[f'{aspect}_how']})"
        for platform in platforms[:1]
        for aspect in ("era", "generation", "architecture")
        if (told := platform[aspect]) is not None
    ]
    runs = f" This machine: {', '.join(facts)}." if facts and len(platforms) == 1 else ""
    return f"{rule.applies.why if rule.applies else ''}{runs}"


def _by_finding(evidence: pd.DataFrame) -> dict[int, list[Document]]:
    names = list(evidence.columns)
    columns = [_plain(evidence[name]) for name in names]
    by_finding: dict[int, list[Document]] = {}
    for values in zip(*columns, strict=True):
        row = dict(zip(names, values, strict=True))
        by_finding.setdefault(int(row["finding"]), []).append(row)
    return by_finding


def _finding(
    row: Document, told: Told, evidence: list[Document], references: Sequence[str], quotes: Quotes
) -> Document:
    lines = {
        (one["file"], one["line"]): one for one in reversed(evidence)
    }  # a line cited twice is shown once, with what was said first
    shown = list(reversed(lines.values()))
    return {
        "summary": told.summary,
        "severity": row["severity"],
        "certainty": row["certainty"],
        "machine": row["machine"],
        "snapshot": row["snapshot"],
        "subject": told.subject,
        "evidence": [
            {
                "file": one["file"],
                "line": one["line"],
                "text": quotes.line(one["file"], one["line"]),
                "shows": one["shows"].format_map(one),
            }
            for one in shown[:MOST_EVIDENCE]
        ],
        "evidence_left_out": max(0, len(shown) - MOST_EVIDENCE),
        "actions": [text for when, text in told.advice if when != FUTILE],
        "advice": [{"when": when, "text": text} for when, text in told.advice],
        "refuted_by": told.refuted_by,
        "references": list(told.references or references),
    }


def _needed(needs: Sequence[str]) -> list[str]:
    """The commands that fill the tables a rule needs, as people type them."""
    tables = {table for need in needs for table, _ in columns_of(need)}
    tables |= {"desktop_heaps"} if tables & {"view_space", "captures"} else set()
    tables |= {"session_limits"} if "view_space.limit_kb" in needs else set()
    return sorted({command.prints for command in all_commands().values() if tables & set(command.fills)})


def _problems(reading: Reading) -> Iterator[Document]:
    for problem in reading.problems:
        text = (
            problem.text
            if len(problem.text) <= MOST_TEXT
            else f"{problem.text[:MOST_TEXT]} [{len(problem.text) - MOST_TEXT:,} more characters]"
        )
        yield {"file": reading.file, "line": problem.line, "text": text, "reason": problem.reason}


def _input(reading: Reading) -> Document:
    return {
        "file": reading.file,
        "bytes": reading.size,
        "sha256": reading.sha256,
        "encoding": reading.encoding,
        "replaced_bytes": reading.replaced,
        "lines": dict(reading.lines),
        "skipped": reading.skipped,
        "partly": reading.partly,
    }


class Quotes:
    """The raw lines of a case that were kept: those of its captures, and a few around them."""

    def __init__(self, readings: Sequence[Reading]) -> None:
        self._lines: dict[str, dict[int, str]] = {}
        self._readings = {reading.file: reading for reading in readings}

    def _of(self, file: str) -> dict[int, str]:
        if file not in self._lines:
            captures = self._readings[file].captures
            self._lines[file] = {
                low + at: text for one in captures for low, lines in one.excerpts for at, text in enumerate(lines)
            }
        return self._lines[file]

    def line(self, file: str, line: int) -> str:
        return self._of(file).get(line, "")

    def excerpts(self, first: Sequence[Document], outcomes: Sequence[Document]) -> tuple[list[Document], int]:
        """Quoted stretches around all evidence, those with lines of the verdict first; capped, with the number of those left out."""
        of_verdict = {(one["file"], one["line"]) for one in first}
        others = {
            (one["file"], one["line"])
            for outcome in outcomes
            for finding in outcome["findings"]
            for one in finding["evidence"]
        }
        stretches: list[list[tuple[str, int]]] = []
        for file, line in sorted(of_verdict | others):
            near = stretches and stretches[-1][-1][0] == file and line - stretches[-1][-1][1] <= 2 * AROUND + 1
            if near and line - stretches[-1][0][1] < MOST_EXCERPT_LINES:
                stretches[-1].append((file, line))
            else:
                stretches.append([(file, line)])
        stretches.sort(key=of_verdict.isdisjoint)
        return [self._excerpt(stretch) for stretch in stretches[:MOST_EXCERPTS]], max(0, len(stretches) - MOST_EXCERPTS)

    def _excerpt(self, stretch: Sequence[tuple[str, int]]) -> Document:
        file, low = stretch[0]
        high, lines = stretch[-1][1], self._of(file)
        first = next((at for at in range(low - AROUND, low) if at in lines), low)
        last = next((at for at in range(high + AROUND, high, -1) if at in lines), high)
        quoted = [lines.get(at, "") for at in range(first, last + 1)]
        return {"file": file, "first_line": first, "lines": quoted, "marked": [line for _, line in stretch]}
