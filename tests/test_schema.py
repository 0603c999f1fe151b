"""The schema of a case's document: what dumpscan writes fits it, and each way of breaking the contract does not."""

from __future__ import annotations

import copy
import importlib
import importlib.resources
import json
from collections.abc import Callable
from typing import Any

import compose
import pytest
from compose import SYSTEM, VISTA, X64, X86, Document

from dumpscan.model import TABLES, WHERE

SCHEMA: Document = json.loads(
    (importlib.resources.files("dumpscan") / "schema" / "case-1.json").read_text(encoding="utf-8")
)
DRAFT: Any = importlib.import_module("jsonschema").Draft202012Validator  # there are no types of it
VALIDATOR = DRAFT(SCHEMA)
FULL = compose.dskheap(0, compose.replaced(X86, SYSTEM, 512, 99))
MANY = [*X86, *((compose.service(number), 512, 1.0) for number in range(29))]
CASES: dict[str, compose.Text] = {
    "full": FULL,
    "good": compose.dheapmon(0, X86) + compose.vm4(49152, sessions=(0, 1)),
    "both": compose.dheapmon(0, compose.replaced(MANY, SYSTEM, 512, 99.5)) + compose.view_size(20480),
    "risk": compose.dheapmon(0, compose.filling(16384, 512)) + compose.view_size(20480),
    "lowered": compose.dheapmon(0, compose.replaced(X86, SYSTEM, 256, 59.1)),
    "cut": compose.without(FULL.replace("99%", "9%"), "SADesktop"),
    "half a row": compose.dskheap(0, X86).replace("512               15%", "5"),
    "failed": compose.FAILED,
    "contradictory": compose.dheapmon(0, X86) + compose.view_size(4096),
    "nothing": "Nothing of a debugger.\n",
    "empty": "",
    "not a text": b"MDMP\x93\xa7\x00\x00" * 40,
    "no session": compose.dskheap(None, X86),
    "bytes": compose.in_bytes(6291456, 1859584),
    "nameless": compose.nameless(1, [(3072, 15), (64, 3), (128, 3)]),
    "Vista": compose.banner(7601, name="Windows 7", target="x64", time="Mon Nov 16 09:30:00 2026")
    + compose.dskheap(0, VISTA),
    "history": FULL + compose.dskheap(0, X86),
    "machines": {"a/heaps.txt": FULL, "b/heaps.txt": compose.dskheap(0, X64), "b/limit.txt": compose.view_size(106496)},
}


@pytest.fixture(scope="module")
def told() -> dict[str, Document]:
    return compose.documents(CASES)


def _errors(document: Document) -> list[str]:
    return [
        f"{'/'.join(map(str, error.absolute_path))}: {error.message[:200]}" for error in VALIDATOR.iter_errors(document)
    ]


def test_the_schema_is_one() -> None:
    DRAFT.check_schema(SCHEMA)
    assert SCHEMA["$schema"].endswith("2020-12/schema")


@pytest.mark.parametrize("name", CASES)
def test_documents_fit(told: dict[str, Document], name: str) -> None:
    assert _errors(told[name]) == []
    assert _errors(json.loads(json.dumps(told[name]))) == []


def test_the_cases_reach_every_part(told: dict[str, Document]) -> None:
    """A part that no document fills is a part that nothing checks."""
    modes = {document["verdict"]["mode"] for document in told.values()}
    assert modes >= {"single-heap-full", "both", "at-risk", "no-sign", "undecided"}
    for part in ("problems", "view_space", "excerpts", "settings"):
        assert any(document[part] for document in told.values()), part
    for part in ("others", "history", "next", "evidence"):
        assert any(document["verdict"][part] for document in told.values()), part


def test_every_table_and_column_is_known(told: dict[str, Document]) -> None:
    """The schema names the columns of every table that the model has; what the model adds may stand beside them."""
    tables = SCHEMA["properties"]["tables"]["properties"]
    for name, columns in TABLES.items():
        assert set(told["full"]["tables"]) >= {name}
        if name in tables:
            assert set(tables[name]["items"]["required"]) == set(columns), name
    assert set(TABLES) - set(tables) == {"captures"}, "a table of the model's own"
    assert set(SCHEMA["$defs"]["where"]["required"]) == set(WHERE)


Break = Callable[[Document], Any]
PARTS: dict[str, Break] = {
    "the document": lambda document: document,
    "the verdict": lambda document: document["verdict"],
    "its scope": lambda document: document["verdict"]["scope"],
    "a line of evidence": lambda document: document["verdict"]["evidence"][0],
    "an outcome": lambda document: document["outcomes"][0],
    "a finding": lambda document: _finding(document),
    "a finding's evidence": lambda document: _finding(document)["evidence"][0],
    "a row": lambda document: document["tables"]["desktop_heaps"][0],
    "an input": lambda document: document["inputs"][0],
    "the classes of lines": lambda document: document["inputs"][0]["lines"],
}
# What the contract names in each part; each of them must be there.
NAMES: dict[str, tuple[str, ...]] = {
    "the document": ("schema", "dumpscan", "case", "verdict", "outcomes", "tables", "problems", "inputs"),
    "the verdict": ("mode", "reason", "certainty", "summary", "scope", "evidence", "next"),
    "its scope": ("machine", "sessions", "moment"),
    "a line of evidence": ("file", "line", "text", "shows"),
    "an outcome": ("rule", "title", "status", "reason", "needs", "findings"),
    "a finding": (
        "summary",
        "severity",
        "certainty",
        "machine",
        "snapshot",
        "subject",
        "evidence",
        "actions",
        "refuted_by",
        "references",
    ),
    "a finding's evidence": ("file", "line", "text", "shows"),
    "a row": (*WHERE, *TABLES["desktop_heaps"]),
    "an input": ("file", "bytes", "sha256", "encoding", "replaced_bytes", "lines", "skipped", "partly"),
    "the classes of lines": ("total", "parsed", "blank", "noise", "other", "problem"),
}


def _finding(document: Document) -> Document:
    found: Document = next(outcome for outcome in document["outcomes"] if outcome["findings"])["findings"][0]
    return found


@pytest.mark.parametrize(("part", "name"), [(part, name) for part, names in NAMES.items() for name in names])
def test_a_name_that_is_missing(told: dict[str, Document], part: str, name: str) -> None:
    document = copy.deepcopy(told["full"])
    del PARTS[part](document)[name]
    assert _errors(document)


@pytest.mark.parametrize("part", [part for part in PARTS if part != "the classes of lines"])
def test_names_may_be_added(told: dict[str, Document], part: str) -> None:
    document = copy.deepcopy(told["full"])
    PARTS[part](document)["another"] = 1
    assert not _errors(document)


@pytest.mark.parametrize("table", [table for table in TABLES if table != "captures"])
def test_a_table_that_is_missing(told: dict[str, Document], table: str) -> None:
    document = copy.deepcopy(told["full"])
    del document["tables"][table]
    assert _errors(document)


def _undecided(document: Document, **wrong: Any) -> None:
    following = [{"command": "!vm", "where": "here", "why": "to know"}]
    document["verdict"] |= {"mode": "undecided", "reason": "incomplete", "certainty": None, "next": following} | wrong


WRONG: dict[str, Callable[[Document], Any]] = {
    "another schema": lambda d: d.update(schema="dumpscan.case/2"),
    "an unknown mode": lambda d: d["verdict"].update(mode="healthy"),
    "an unknown certainty": lambda d: d["verdict"].update(certainty="sure"),
    "no certainty though decided": lambda d: d["verdict"].update(certainty=None),
    "a reason though decided": lambda d: d["verdict"].update(reason="incomplete"),
    "undecided without a reason": lambda d: _undecided(d, reason=None),
    "undecided with an unknown reason": lambda d: _undecided(d, reason="tired"),
    "undecided and certain": lambda d: _undecided(d, certainty="likely"),
    "undecided and nothing to do": lambda d: _undecided(d, next=[]),
    "decided without evidence": lambda d: d["verdict"].update(evidence=[]),
    "no sentence": lambda d: d["verdict"].update(summary=""),
    "a next step without its reason": lambda d: d["verdict"].update(next=[{"command": "!vm", "where": "here"}]),
    "an unknown status": lambda d: d["outcomes"][0].update(status="maybe"),
    "clear without a reason": lambda d: d["outcomes"][0].update(status="clear", reason=None, findings=[]),
    "found without a finding": lambda d: d["outcomes"][0].update(status="found", findings=[]),
    "clear with a finding": lambda d: d["outcomes"][0].update(status="clear", findings=[_finding(d)]),
    "a finding without evidence": lambda d: _finding(d).update(evidence=[]),
    "an unknown severity": lambda d: _finding(d).update(severity="fatal"),
    "a finding's certainty missing": lambda d: _finding(d).update(certainty=None),
    "line 0": lambda d: _finding(d)["evidence"][0].update(line=0),
    "a line as text": lambda d: _finding(d)["evidence"][0].update(line="7"),
    "actions that are no text": lambda d: _finding(d).update(actions=[1]),
    "a size as text": lambda d: d["tables"]["desktop_heaps"][0].update(size_kb="512"),
    "a size that is no whole number": lambda d: d["tables"]["desktop_heaps"][0].update(size_kb=512.5),
    "more than all used": lambda d: d["tables"]["desktop_heaps"][0].update(used_percent=101),
    "a row without a case": lambda d: d["tables"]["desktop_heaps"][0].update(case=None),
    "a table that is no list": lambda d: d["tables"].update(events={}),
    "a problem without a reason": lambda d: d["problems"].append({"file": "-", "line": 1, "text": "x"}),
    "a hash that is none": lambda d: d["inputs"][0].update(sha256="abc"),
    "fewer than no bytes replaced": lambda d: d["inputs"][0].update(replaced_bytes=-1),
    "a class of lines of its own": lambda d: d["inputs"][0]["lines"].update(ignored=1),
    "a negative number of lines": lambda d: d["inputs"][0]["lines"].update(total=-1),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_breaks_the_contract(told: dict[str, Document], name: str) -> None:
    document = copy.deepcopy(told["full"])
    WRONG[name](document)
    assert _errors(document)


def test_undecided_is_valid_when_whole(told: dict[str, Document]) -> None:
    """The base of the broken ones above is not broken itself."""
    document = copy.deepcopy(told["full"])
    _undecided(document)
    assert not _errors(document)


def test_lines_add_up(told: dict[str, Document]) -> None:
    """What a schema cannot say: the classes of lines add up to their total."""
    for name, document in told.items():
        for one in document["inputs"]:
            assert one["lines"]["total"] == sum(count for kind, count in one["lines"].items() if kind != "total"), name
