"""Every fixture against its golden: what was read of each variant of each command, and what became of each line.

To make or renew goldens after a change:

    python -m tests.test_fixtures --accept [PART OF A PATH]

It prints what differs from the goldens that are there. Read that line by line against the text before you commit it: a golden that
nobody read proves only that the program does what it does.
"""

from __future__ import annotations

import difflib
import json
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

from dumpscan.commands import all_commands
from dumpscan.model import TABLES
from dumpscan.reading import read

FIXTURES = Path(__file__).resolve().parent.parent / "fixtures"
CLASSES = ("parsed", "blank", "noise", "other", "problem")
# The commands whose variants are kept here file by file; others may join them.
TEXTS = sorted(path for path in FIXTURES.glob("*/*.txt") if path.parent.name in all_commands())


def slug(path: Path) -> str:
    return path.relative_to(FIXTURES).with_suffix("").as_posix()


def reading_of(path: Path) -> dict[str, Any]:
    """What dumpscan reads of one fixture, without what depends on the case around it."""
    reading = read("fixture", path.name, path)
    tables: dict[str, list[dict[str, Any]]] = {}
    for capture in reading.captures:
        for table, rows in capture.tables.items():
            names = ("line", *TABLES[table])
            tables.setdefault(table, []).extend(dict(zip(names, row, strict=True)) for row in rows)
    return {
        "captures": [
            {
                "command": capture.command,
                "line": capture.first,
                "last_line": capture.last,
                "state": capture.state,
                "session": capture.session,
                "shortfall": capture.shortfall,
            }
            for capture in reading.captures
        ],
        "tables": dict(sorted(tables.items())),
        "problems": [{"line": problem.line, "reason": problem.reason} for problem in reading.problems],
        "lines": reading.lines,
    }


def golden_text(outcome: dict[str, Any]) -> str:
    """One row a line, so that a difference can be read."""
    lines = ["{"]
    for part in ("captures", "problems"):
        rows = ",\n".join(f"    {json.dumps(row)}" for row in outcome[part])
        lines.append(f'  "{part}": [\n{rows}\n  ],' if rows else f'  "{part}": [],')
    tables = []
    for table, rows in outcome["tables"].items():
        tables.append(f'    "{table}": [\n' + ",\n".join(f"      {json.dumps(row)}" for row in rows) + "\n    ]")
    lines.append('  "tables": {' + ("\n" + ",\n".join(tables) + "\n  " if tables else "") + "},")
    lines.append(f'  "lines": {json.dumps(outcome["lines"])}')
    return "\n".join([*lines, "}"]) + "\n"


def physical_lines(content: bytes) -> int:
    """Lines of a text as CONTRACT.md counts them, without the code under test."""
    unified = content.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    return unified.count(b"\n") + (not unified.endswith(b"\n"))


@pytest.mark.parametrize("path", TEXTS, ids=slug)
def test_fixture_is_read_as_its_golden_says(path: Path) -> None:
    golden = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
    assert json.loads(json.dumps(reading_of(path))) == golden


@pytest.mark.parametrize("path", TEXTS, ids=slug)
def test_every_line_has_one_class(path: Path) -> None:
    """Independent of the goldens: the classes add up to the lines that are really there, and rows stand where they say."""
    outcome = reading_of(path)
    lines = outcome["lines"]
    assert lines["total"] == physical_lines(path.read_bytes())
    assert sum(lines[name] for name in CLASSES) == lines["total"]
    assert all(lines[name] >= 0 for name in CLASSES)
    text = path.read_bytes().decode("utf-8").replace("\r\n", "\n").split("\n")
    for row in outcome["tables"].get("desktop_heaps", []):
        near = "".join(text[row["line"] - 1 : row["line"] + 1])  # a row may be wrapped onto the next line
        size = row["size_kb"]
        assert any(form in near for form in (str(size), str(size * 1024), f"{size * 1024:x}"))
    for row in outcome["tables"].get("memory_counters", []):
        assert row["label"] in " ".join(text[row["line"] - 1].split())


def test_every_command_has_fixtures() -> None:
    """ "A sample and its rows for every variant": a command without one is not tested at all."""
    assert {"dskheap", "dheapmon", "vm", "mm_session_view_size"} <= {path.parent.name for path in TEXTS}


def test_every_golden_has_its_text() -> None:
    """A golden whose text was renamed would be tested no more, and nobody would notice."""
    goldens = {path for path in FIXTURES.glob("*/*.json") if path.parent.name in all_commands()}
    assert goldens == {path.with_suffix(".json") for path in TEXTS}


def test_every_fixture_says_where_it_is_from() -> None:
    """Captures have licences; a fixture whose origin nobody wrote down cannot be given away."""
    listed = tomllib.loads((FIXTURES / "sources.toml").read_text(encoding="utf-8"))["file"]
    paths = [entry["path"] for entry in listed]
    assert len(paths) == len(set(paths))
    mine = ("dskheap", "dheapmon", "vm", "mm_session_view_size", "cases")
    there = {path.relative_to(FIXTURES).as_posix() for path in FIXTURES.glob("*/**/*") if path.is_file()}
    there = {path for path in there if path.partition("/")[0] in mine and not path.endswith(".json")}
    assert {path for path in paths if path.partition("/")[0] in mine} == there
    for entry in listed:
        assert entry["how"] in ("retyped", "composed"), entry
        assert entry["from"] and entry["shows"], entry


def accept(part: str = "") -> None:
    """Write the goldens whose path holds `part`, and print how they differ from those that are there."""
    for path in TEXTS:
        if part not in slug(path):
            continue
        golden = path.with_suffix(".json")
        before = golden.read_text(encoding="utf-8") if golden.exists() else ""
        after = golden_text(reading_of(path))
        name = golden.relative_to(FIXTURES).as_posix()
        sys.stdout.writelines(difflib.unified_diff(before.splitlines(True), after.splitlines(True), name, name))
        golden.write_bytes(after.encode("utf-8"))


if __name__ == "__main__":
    if sys.argv[1:2] != ["--accept"]:
        sys.exit(__doc__)
    accept(*sys.argv[2:3])
