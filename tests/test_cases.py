"""Whole cases, as a support engineer gets them, against the answer that a careful reader gives.

To make or renew the expectations after a change, and read what differs before you commit it:

    python -m tests.test_cases --accept [NAME]
"""

from __future__ import annotations

import difflib
import io
import json
import shutil
import sys
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

import dumpscan
from dumpscan import render, triage
from dumpscan.cli import app

CASES = Path(__file__).resolve().parent.parent / "fixtures" / "cases"
NAMES = sorted(path.name for path in CASES.iterdir() if path.is_dir())
ONE_FILE = [name for name in NAMES if len([path for path in (CASES / name).rglob("*") if path.is_file()]) == 1]


@cache
def document(name: str) -> dict[str, Any]:
    return json_of(dumpscan.analyze(CASES / name))


def json_of(analysis: dumpscan.Analysis, case: str | None = None) -> dict[str, Any]:
    """A document as a reader of the JSON gets it."""
    loaded: dict[str, Any] = json.loads(json.dumps(analysis.to_dict(case), allow_nan=False))
    return loaded


def expected_of(doc: dict[str, Any]) -> dict[str, Any]:
    verdict = doc["verdict"]
    return {
        "mode": verdict["mode"],
        "reason": verdict["reason"],
        "certainty": verdict["certainty"],
        "machine": verdict["scope"]["machine"],
        "sessions": verdict["scope"]["sessions"],
        "found": sorted(outcome["rule"] for outcome in doc["outcomes"] if outcome["status"] == "found"),
        "summary": verdict["summary"],
    }


def shown(finding: dict[str, Any]) -> list[tuple[int, str, str]]:
    return [(line["line"], line["text"], line["shows"]) for line in finding["evidence"]]


def facts(doc: dict[str, Any]) -> Any:
    """What a document says, without the names of files: these differ between a file, a folder and standard input."""
    findings = [
        (
            outcome["rule"],
            outcome["status"],
            finding["summary"],
            finding["certainty"],
            finding["subject"],
            shown(finding),
        )
        for outcome in doc["outcomes"]
        for finding in outcome["findings"]
    ]
    return doc["verdict"]["mode"], doc["verdict"]["summary"], findings


@pytest.mark.parametrize("name", NAMES)
def test_case_gets_its_answer(name: str) -> None:
    expected = json.loads((CASES / f"{name}.expected.json").read_text(encoding="utf-8"))
    assert expected_of(document(name)) == expected


@pytest.mark.parametrize("name", NAMES)
def test_every_finding_cites_a_line_that_is_there(name: str) -> None:
    """The text of each cited line is compared with the file, read without the code under test."""
    for outcome in document(name)["outcomes"]:
        for finding in outcome["findings"]:
            assert finding["evidence"], outcome["rule"]
            for line in finding["evidence"]:
                raw = (CASES / name / line["file"]).read_bytes()
                text = raw.decode("utf-16" if raw.startswith(b"\xff\xfe") else "utf-8").replace("\r\n", "\n")
                assert text.split("\n")[line["line"] - 1] == line["text"] != ""


@pytest.mark.parametrize("name", NAMES)
def test_no_rule_fails_and_lines_add_up(name: str) -> None:
    doc = document(name)
    assert [outcome["rule"] for outcome in doc["outcomes"] if outcome["status"] == "failed"] == []
    for one in doc["inputs"]:
        counts = dict(one["lines"])
        assert counts.pop("total") == sum(counts.values())


def test_triage_over_the_parent_finds_what_report_finds(tmp_path: Path) -> None:
    """One run over all cases must not mix them: the same answer for each as alone."""
    parent = tmp_path / "share"
    for name in NAMES:
        shutil.copytree(CASES / name, parent / name)
    together = dumpscan.analyze_cases({name: parent / name for name in NAMES})
    for name in NAMES:
        assert json_of(together, name) == document(name), name
    fleet = triage.run([parent], tmp_path / "out")
    keys = ("mode", "reason", "certainty", "summary")
    told = {entry["case"]: {key: entry[key] for key in keys} for entry in fleet["cases"]}
    assert told == {name: {key: document(name)["verdict"][key] for key in keys} for name in NAMES}
    page = (tmp_path / "out" / "index.html").read_text(encoding="utf-8")
    for entry in fleet["cases"]:
        assert entry["report"] in page
        report = (tmp_path / "out" / entry["report"]).read_text(encoding="utf-8")
        assert report == render.html(document(entry["case"]))


def test_report_prints_the_answer_of_the_library() -> None:
    for name in NAMES:
        result = CliRunner().invoke(app, ["report", str(CASES / name), "-o", "-", "--format", "json"])
        assert result.exit_code == 0
        assert json.loads(result.stdout) == document(name)


@pytest.mark.parametrize("name", ONE_FILE)
def test_file_folder_and_stream_tell_the_same(name: str) -> None:
    """Where a text comes from says nothing about a heap."""
    (path,) = (one for one in (CASES / name).rglob("*") if one.is_file())
    content = path.read_bytes()
    result = CliRunner().invoke(app, ["report", "-", "-o", "-", "--format", "json"], input=content)
    assert result.exit_code == 0
    told = [
        document(name),
        json_of(dumpscan.analyze(path)),
        json_of(dumpscan.analyze(content)),
        json_of(dumpscan.analyze(io.BytesIO(content))),
        json.loads(result.stdout),
    ]
    assert len(told[0]["tables"]["captures"]) > 0
    for other in told[1:]:
        assert facts(other) == facts(told[0])


def test_one_machines_limit_is_never_held_against_the_others_heaps() -> None:
    """APP02's 24 MB of heaps stand beside APP01's limit of 20 MB: a join by case alone would cry exhaustion."""
    doc = document("two-machines")
    status = {outcome["rule"]: outcome["status"] for outcome in doc["outcomes"]}
    assert status["session-view-space-exhausted"] != "found"
    assert status["limit-contradicts-heaps"] != "found"
    assert {row["machine"] for row in doc["tables"]["desktop_heaps"]} == {"APP01", "APP02"}


def test_prose_of_a_mail_is_no_fact_of_the_machine() -> None:
    """The mail of heap-full names SharedSection, 0xc0000142 and exit code 128; no setting and no event may come of it."""
    tables = document("heap-full")["tables"]
    for table in ("shared_sections", "registry_values", "events", "desktop_heaps", "session_limits"):
        assert [row for row in tables[table] if row["file"] == "mail.txt"] == [], table


def test_a_limit_without_a_value_does_not_make_a_listing_incomplete() -> None:
    """`x nt!MmSession*` prints addresses only; the listing beside it is whole, and clears every heap."""
    listing = (CASES / "healthy" / "dheapmon.txt").read_bytes()
    symbols = b"lkd> x nt!MmSession*Size\n808ad254          nt!MmSessionViewSize = <no type information>\n"
    status = {outcome["rule"]: outcome["status"] for outcome in json_of(dumpscan.analyze(listing, symbols))["outcomes"]}
    assert status["desktop-heap-full"] == "clear"


def accept(part: str = "") -> None:
    """Write the expectations of the cases whose name holds `part`, and print what differs."""
    for name in NAMES:
        if part in name:
            path = CASES / f"{name}.expected.json"
            before = path.read_text(encoding="utf-8") if path.exists() else ""
            after = json.dumps(expected_of(document(name)), indent=2) + "\n"
            sys.stdout.writelines(
                difflib.unified_diff(before.splitlines(True), after.splitlines(True), path.name, path.name)
            )
            path.write_bytes(after.encode("utf-8"))


if __name__ == "__main__":
    if sys.argv[1:2] != ["--accept"]:
        sys.exit(__doc__)
    accept(*sys.argv[2:3])
