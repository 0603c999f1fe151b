"""The engine: a rule that raises costs one case, a rule without data is not called, and a case's document is its own whatever stands beside it."""

from __future__ import annotations

import dataclasses
import importlib
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import compose
import pytest
from compose import DEFAULT, DISCONNECT, SYSTEM, VISTA, WINLOGON, X64, X86, Document

import dumpscan
from dumpscan import rules
from dumpscan.document import Documents

FULL_RULE, RISK_RULE = "desktop-heap-full", "desktop-heap-at-risk"
TIGHT = [*X86, *((compose.service(number), 512, 1.0) for number in range(29))]
GOOD = compose.dskheap(0, X86)
FULL = compose.dskheap(0, compose.replaced(X86, SYSTEM, 512, 99))
# One text of each kind; the document of none may depend on the others.
MIX: dict[str, bytes] = {
    name: text.encode()
    for name, text in {
        "good": GOOD,
        "good x64": compose.dskheap(0, X64),
        "dheapmon": compose.dheapmon(0, X86),
        "full": FULL,
        "full default": compose.dskheap(1, compose.replaced(X86, DEFAULT, 3072, 99)[:3]),
        "user dump": "User Mini Dump File with Full Memory: Only application data is available\n"
        + compose.banner(7601),
        "full Winlogon": compose.dskheap(0, compose.replaced(X86, WINLOGON, 128, 98)),
        "almost full": compose.dheapmon(0, compose.replaced(X86, SYSTEM, 512, 95.3)),
        "filling": compose.dskheap(0, compose.replaced(X86, SYSTEM, 512, 85)),
        "lowered": compose.dheapmon(0, compose.replaced(X86, SYSTEM, 256, 59.1)),
        "two full": compose.dskheap(0, compose.replaced(compose.replaced(X86, SYSTEM, 512, 99), DEFAULT, 3072, 99)),
        "exhausted": compose.dheapmon(0, TIGHT) + compose.view_size(20480),
        "both": compose.dheapmon(0, compose.replaced(TIGHT, SYSTEM, 512, 99.5)) + compose.view_size(20480),
        "pressure": compose.dheapmon(0, compose.filling(16384, 512)) + compose.view_size(20480),
        "contradictory": compose.dheapmon(0, X86) + compose.view_size(4096),
        "limit unknown": compose.dheapmon(0, compose.filling(17000, 512)),
        "limit alone": compose.view_size(49152),
        "memory": compose.vm4(20480, sessions=(0, 1)),
        "memory and heaps": compose.dskheap(0, X86)
        + compose.vm4(20480, sessions=(0, 1))
        + compose.event(6005, source="EventLog")
        + compose.gui(0, [("csrss.exe", 704, "", compose.LOCAL_SYSTEM, 83, 181)]),
        "heap event": compose.event(243),
        "heap event before": compose.event(243) + GOOD,
        "heap event proved": compose.banner(3790, time="Mon Mar 12 07:05:33 2007")
        + "System Uptime: 4 days 1:00:00.000\n"
        + compose.event(243)
        + compose.dskheap(0, compose.replaced(X86, SYSTEM, 512, 91)),
        "desktop event": compose.event(244),
        "old desktop event": compose.banner(3790) + compose.event(244),
        "cut": compose.without(GOOD, SYSTEM),
        "failed": compose.FAILED,
        "no types": compose.NO_TYPES,
        "typed only": "kd> !dskheap -s 0\n",
        "nameless": compose.nameless(1, [(3072, 15), (64, 3), (128, 3)]),
        "bytes": compose.in_bytes(6291456, 1859584),
        "Vista": compose.dskheap(0, VISTA) + compose.view_size(20480),
        "history": FULL + GOOD,
        "two sessions": GOOD + compose.dskheap(2, X86[:3]),
        "two machines": GOOD + compose.dskheap(0, X64) + compose.view_size(106496),
        "damaged": compose.blog(compose.dheapmon(0, X86)),
        "prose": "Nothing of a debugger.\n",
        "empty": "",
        "lowered later": compose.dheapmon(0, compose.replaced(X86, SYSTEM, 256, 60)),
        "nameless later": compose.nameless(2, [(3072, 15), (64, 3), (128, 3)]),
        "dheapmon on 8": compose.banner(9200, name="Windows 8", target="x64") + compose.dheapmon(0, X64),
        "dheapmon on 7": compose.banner(7601, name="Windows 7", target="x64") + compose.dheapmon(0, X64),
        "mini dump": "Mini Kernel Dump File: Only registers and stack trace are available\nDebug session time: unknown\n",
        "banner": compose.banner(7601, name="Windows 7", target="x64", time="Mon Nov 16 09:30:00 2026")
        + compose.dskheap(0, X64),
    }.items()
}
# The test of a rule may bring the text on which it fires.
for _slug in (name.replace("-", "_") for name in rules.all_rules()):
    if fires := getattr(importlib.import_module(f"rules.test_{_slug}"), "FIRES", None):
        MIX[_slug] = fires.encode()


@pytest.fixture(scope="module")
def mixed_analysis() -> dumpscan.Analysis:
    return compose.analysis(MIX)


@pytest.fixture(scope="module")
def mixed(mixed_analysis: dumpscan.Analysis) -> dict[str, Document]:
    return {name: mixed_analysis.to_dict(name) for name in MIX}


def _documents(cases: Mapping[str, bytes]) -> dict[str, Document]:
    analysis = dumpscan.analyze_cases(cases)
    return {name: analysis.to_dict(name) for name in cases}


# They judge what the user says of the failure, and here nobody says anything.
NEED_A_COMPLAINT = {name for name, one in rules.all_rules().items() if one.needs[0].startswith("complaints.")}


# A rule that raises.


def _with_check(
    monkeypatch: pytest.MonkeyPatch, name: str, wrap: Callable[[Callable[..., Any], Mapping[str, Any]], Any]
) -> None:
    """Replace the check of one rule by a function of that check and its tables."""
    known = dict(rules.all_rules())
    one = known[name]
    known[name] = dataclasses.replace(one, check=lambda **tables: wrap(one.check, tables))
    monkeypatch.setattr(rules, "all_rules", lambda: known)


def _raise_for(*cases: str) -> Callable[[Callable[..., Any], Mapping[str, Any]], Any]:
    def wrap(check: Callable[..., Any], tables: Mapping[str, Any]) -> Any:
        there = {case for table in tables.values() for case in table["case"]}
        if there & set(cases):
            raise ZeroDivisionError(f"in {sorted(there & set(cases))[0]}")
        return check(**tables)

    return wrap


@pytest.mark.parametrize("culprits", [("full",), ("good",), ("almost full", "two full"), ("both", "full", "history")])
def test_a_rule_that_raises_costs_only_its_case(
    monkeypatch: pytest.MonkeyPatch, mixed: dict[str, Document], culprits: tuple[str, ...]
) -> None:
    _with_check(monkeypatch, FULL_RULE, _raise_for(*culprits))
    told = _documents(MIX)
    for name in MIX:
        outcome = compose.of_rule(told[name], FULL_RULE)
        if name in culprits:
            assert (outcome["status"], outcome["findings"]) == ("failed", [])
            assert outcome["reason"] == f"ZeroDivisionError: in {name}"
            others = [one for one in told[name]["outcomes"] if one["rule"] != FULL_RULE]
            assert others == [one for one in mixed[name]["outcomes"] if one["rule"] != FULL_RULE]
        else:
            assert told[name] == mixed[name], "the fleet keeps the rest, with its evidence"


@pytest.mark.parametrize("name", sorted(set(rules.all_rules()) - NEED_A_COMPLAINT))
def test_every_rule_survives_being_run_on_halves(mixed_analysis: dumpscan.Analysis, name: str) -> None:
    """Findings of two halves keep their own evidence, however a rule numbers its rows."""
    one, culprit = rules.all_rules()[name], "memory and heaps"
    tables = mixed_analysis._tables | {"plan": mixed_analysis.plan}
    raising = _raise_for(culprit)
    broken = dataclasses.replace(one, check=lambda **tables: raising(one.check, tables))
    outcomes = [rules.run(tables, len(MIX), [each])[0] for each in (one, broken)]
    whole, parts = (Documents([*MIX], mixed_analysis.readings, tables, [outcome]) for outcome in outcomes)
    for case, *statuses in zip(MIX, *(outcome.status for outcome in outcomes), strict=True):
        if case == culprit:
            assert statuses[1] == "failed"
        else:
            assert statuses[0] == statuses[1]
            if statuses[0] == "found":
                assert whole.of(case)["outcomes"] == parts.of(case)["outcomes"]


def test_a_half_without_findings_takes_none_from_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first half is looked at alone and has nothing; the last case keeps what was found in it."""
    damaged = "shared-section-damaged"
    _with_check(monkeypatch, damaged, _raise_for("culprit"))
    sizes = {"whole": "1024,20480,768", "culprit": "1024,20480,768", "damaged": "1024, 20480,768"}
    told = _documents({name: compose.windows_value(compose.csrss(one)).encode() for name, one in sizes.items()})
    outcomes = {name: compose.of_rule(one, damaged) for name, one in told.items()}
    assert {name: (one["status"], len(one["findings"])) for name, one in outcomes.items()} == {
        "whole": ("clear", 0), "culprit": ("failed", 0), "damaged": ("found", 1),
    }  # fmt: skip


def test_a_rule_that_raises_for_all(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every case with heaps fails; nothing is lost of the other rules."""
    _with_check(monkeypatch, FULL_RULE, _raise_for("full", "good", "filling"))
    told = _documents({name: MIX[name] for name in ("full", "good", "filling")})
    assert {compose.of_rule(one, FULL_RULE)["status"] for one in told.values()} == {"failed"}
    assert told["filling"]["verdict"]["mode"] == "at-risk"


def test_a_failed_rule_clears_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """The contract: no-sign only with complete evidence; a rule that could not look has not cleared the heap."""
    _with_check(monkeypatch, FULL_RULE, _raise_for("full"))
    assert _documents({"full": MIX["full"]})["full"]["verdict"]["mode"] != "no-sign"


def test_a_failed_rule_hides_no_other_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where nothing else is known the evidence is incomplete; what is contradictory stays so."""
    _with_check(monkeypatch, FULL_RULE, _raise_for("good", "contradictory", "bytes"))
    told = _documents({name: MIX[name] for name in ("good", "contradictory", "full")})
    assert {name: one["verdict"]["reason"] for name, one in told.items()} == {
        "good": "incomplete", "contradictory": "contradictory", "full": None,
    }  # fmt: skip


def test_a_rule_without_data_is_not_called(monkeypatch: pytest.MonkeyPatch) -> None:
    called: list[int] = []

    def wrap(check: Callable[..., Any], tables: Mapping[str, Any]) -> Any:
        called.append(len(tables["desktop_heaps"]))
        return check(**tables)

    _with_check(monkeypatch, FULL_RULE, wrap)
    without = {name: MIX[name] for name in ("memory", "limit alone", "failed", "bytes", "prose", "empty")}
    assert {compose.of_rule(one, FULL_RULE)["status"] for one in _documents(without).values()} == {"no_data"}
    assert not called
    _documents({"good": MIX["good"], "full": MIX["full"], "prose": MIX["prose"]})
    assert called == [2 * len(X86)], "once, over all cases"


def test_a_finding_without_evidence_is_refused() -> None:
    """`found` asserts what the engine promises: each finding cites a line."""
    findings = (
        dumpscan.analyze(FULL.encode()).tables["desktop_heaps"].head(2).assign(severity="info", certainty="proved")
    )
    proof = rules.cite(findings, "a row")
    assert rules.found(findings, proof).evidence["finding"].tolist() == findings.index.tolist()
    with pytest.raises(AssertionError, match="without a line of evidence"):
        rules.found(findings, proof.head(1))
    with pytest.raises(AssertionError, match="without a line of evidence"):
        rules.found(findings, proof.assign(line=proof["line"].where(proof.index == proof.index[0])))


def test_a_check_that_cites_nothing_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    """The assertion reaches the outcome: failed, for the case in question."""

    def wrap(check: Callable[..., Any], tables: Mapping[str, Any]) -> Any:
        result = check(**tables)
        return (
            None
            if result is None
            else rules.found(result.findings, result.evidence[result.evidence["case"].ne("full")])
        )

    _with_check(monkeypatch, FULL_RULE, wrap)
    told = _documents({name: MIX[name] for name in ("full", "two full", "good")})
    statuses = {name: compose.of_rule(one, FULL_RULE)["status"] for name, one in told.items()}
    assert statuses == {"full": "failed", "two full": "found", "good": "clear"}


# Statuses and evidence.


def test_every_rule_has_one_outcome(mixed: dict[str, Document]) -> None:
    for document in mixed.values():
        assert [one["rule"] for one in document["outcomes"]] == list(rules.all_rules())
        for one in document["outcomes"]:
            assert (one["status"] == "found") == bool(one["findings"])
            assert (one["reason"] is None) == (one["status"] == "found")
    assert {one["status"] for document in mixed.values() for one in document["outcomes"]} == {
        "found",
        "clear",
        "no_data",
        "not_applicable",
    }


def test_what_was_cut_clears_nothing() -> None:
    """A rule over heaps or their view cannot clear a case with a listing that lost rows, or that printed nothing; other captures may be cut."""
    view = "session-view-space-exhausted"
    limit = compose.view_size(49152)
    cases: dict[str, compose.Text] = {
        "whole": GOOD + limit,
        "cut": compose.without(GOOD, SYSTEM) + limit,
        "nothing printed": GOOD + limit + "kd> !dskheap -s 1\n",
        "cut, and then whole": compose.without(GOOD, SYSTEM) + GOOD + limit,
        "full, and cut": compose.without(FULL, DEFAULT) + limit,
    }
    told = {
        name: [compose.of_rule(one, rule)["status"] for rule in (FULL_RULE, view, "tool-failed")]
        for name, one in compose.documents(
            {name: compose.banner(3790) + str(text) for name, text in cases.items()}
        ).items()
    }
    assert told == {
        "whole": ["clear", "clear", "clear"],
        "cut": ["no_data", "no_data", "clear"],
        "nothing printed": ["no_data", "no_data", "clear"],
        "cut, and then whole": ["clear", "clear", "clear"],
        "full, and cut": ["found", "no_data", "clear"],
    }


def test_another_capture_that_was_cut_does_not_matter() -> None:
    """A listing of memory has nothing to do with heaps, however much of it is lost."""
    made = dumpscan.analyze(GOOD.encode() + compose.vm4().encode())._tables
    rule = rules.all_rules()[FULL_RULE]
    for command, status in (("vm", "clear"), ("dskheap", "no_data")):
        captures = made["captures"].copy()
        assert command in set(captures["command"])
        state = captures["state"].astype(object).mask(captures["command"].eq(command), "cut")
        captures["state"] = state.astype("category")
        assert list(rules.run(made | {"captures": captures}, 1, [rule])[0].status) == [status]


def test_every_finding_cites_lines_of_its_case(mixed: dict[str, Document]) -> None:
    seen = set()
    for name, document in mixed.items():
        lines = MIX[name].decode().splitlines()
        for outcome in document["outcomes"]:
            for finding in outcome["findings"]:
                seen.add(outcome["rule"])
                assert finding["evidence"], (name, outcome["rule"])
                for one in finding["evidence"]:
                    assert (one["file"], one["text"]) == ("-", lines[one["line"] - 1]), (name, outcome["rule"])
                    assert (
                        one["shows"]
                        and "{" not in one["shows"]
                        and "<NA>" not in one["shows"]
                        and "nan" not in one["shows"]
                    )
    assert seen == set(rules.all_rules()) - NEED_A_COMPLAINT, "the mix has a case for each rule"


def test_words_are_whole(mixed: dict[str, Document]) -> None:
    """Nothing that was not printed shows as a word of pandas."""
    for name, document in mixed.items():
        said = [
            document["verdict"]["summary"],
            *(finding["summary"] for outcome in document["outcomes"] for finding in outcome["findings"]),
        ]
        assert not [text for text in said if re.search(r"<NA>|\bnan\b|\bNone\b|\{", text)], name


# A case is its own.


def test_many_cases_are_as_one(mixed: dict[str, Document]) -> None:
    """The same document from an analysis of its own; of every third case, for each costs half a second."""
    assert len(MIX) >= 30
    alone = {name: dumpscan.analyze(MIX[name], case=name).to_dict() for name in [*MIX][::3]}
    assert {name for name in alone if alone[name] != mixed[name]} == set()


def test_order_of_cases_does_not_matter(mixed: dict[str, Document]) -> None:
    reverse = _documents(dict(reversed(MIX.items())))
    assert {name for name in MIX if reverse[name] != mixed[name]} == set()


def test_very_many_cases() -> None:
    """From 128 cases on, the codes of categories are wider; pandas has stumbled over that."""
    kinds = list(MIX.items())
    cases = {f"{number:03}": kinds[number % len(kinds)][1] for number in range(300)}
    told = _documents(cases)
    for number in range(len(kinds), 300):
        assert told[f"{number:03}"] | {"case": ""} == _renamed(told[f"{number % len(kinds):03}"], f"{number:03}") | {
            "case": ""
        }


def _renamed(document: Document, case: str) -> Document:
    tables = {table: [row | {"case": case} for row in rows] for table, rows in document["tables"].items()}
    plans = [plan | {"rows": [row | {"case": case} for row in plan["rows"]]} for plan in document["plan"]]
    return document | {"tables": tables, "plan": plans}


def test_documents_are_plain(mixed: dict[str, Document]) -> None:
    """Plain Python values, through and through: what JSON gives back is the same."""
    for name, document in mixed.items():
        assert json.loads(json.dumps(document, allow_nan=False)) == document, name


def test_the_seed_of_hashes_does_not_matter(tmp_path: Path) -> None:
    for number, text in enumerate(MIX.values()):
        (tmp_path / f"{number:02}").mkdir()
        (tmp_path / f"{number:02}" / "log.txt").write_bytes(text)
    code = "import json, pathlib, sys, dumpscan\n"
    code += "cases = {path.name: path for path in sorted(pathlib.Path(sys.argv[1]).iterdir())}\n"
    code += "made = dumpscan.analyze_cases(cases)\n"
    code += "sys.stdout.write(json.dumps([made.to_dict(name) for name in cases]))\n"
    running = [
        subprocess.Popen(
            [sys.executable, "-c", code, str(tmp_path)],
            stdout=subprocess.PIPE,
            env=os.environ | {"PYTHONHASHSEED": str(seed)},
        )
        for seed in (0, 1, 2)
    ]
    printed = [process.communicate()[0] for process in running]
    assert [process.returncode for process in running] == [0, 0, 0]
    assert len(json.loads(printed[0])) == len(MIX)
    assert printed[0] == printed[1] == printed[2]


def test_the_same_twice(mixed: dict[str, Document]) -> None:
    """Reading leaves nothing behind: the second analysis of a process is the first."""
    assert _documents(MIX) == mixed


def test_roles_of_fixed_heaps(mixed: dict[str, Document]) -> None:
    """Role and owner are derived once, for all rules."""
    rows = {row["desktop_path"]: (row["role"], row["owner"]) for row in mixed["good"]["tables"]["desktop_heaps"]}
    assert rows[DEFAULT] == ("interactive", "interactive") and rows[WINLOGON][0] == rows[DISCONNECT][0] == "fixed"
    assert rows[SYSTEM] == ("service", "LocalSystem") and rows[r"SAWinSta\SADesktop"] == ("service", "Task Scheduler")
