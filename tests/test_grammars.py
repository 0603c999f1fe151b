"""The grammars: free of conflicts, linear in time, and true to the samples that open them."""

from __future__ import annotations

import logging
import re
from pathlib import Path

import pytest

from dumpscan.capture import captures
from dumpscan.claims import runs
from dumpscan.commands import all_commands
from dumpscan.matching import matching_copy
from dumpscan.resources import resource_dir

NAMES = sorted(all_commands())


@pytest.mark.parametrize("name", NAMES)
def test_no_conflict(name: str, caplog: pytest.LogCaptureFixture) -> None:
    """LALR resolves a shift/reduce conflict silently, and a block would be cut in the wrong place. (Lark's strict mode would tell, too,
    but needs interegular, which takes more than ten minutes over these patterns.)"""
    from lark import Lark

    path = resource_dir("grammars") / f"{name}.lark"
    with caplog.at_level(logging.DEBUG, logger="lark"):
        Lark.open(str(path), parser="lalr", lexer="contextual", maybe_placeholders=False, debug=True)
    assert [message for message in caplog.messages if "conflict" in message.lower()] == []


def _sample(name: str) -> list[str]:
    text = (resource_dir("grammars") / f"{name}.lark").read_text(encoding="utf-8").partition("\nstart:")[0]
    return [line.removeprefix("//     ") for line in text.splitlines() if line.startswith("//     ")]


@pytest.mark.parametrize("name", NAMES)
def test_the_sample_at_the_top_is_read(name: str) -> None:
    """Each grammar opens with what it reads: all of it must be read."""
    sample = _sample(name)
    found = captures("\n".join(sample) + "\n", 1, [name])
    assert {capture.command for capture in found} == {name}
    assert [problem for capture in found for problem in capture.problems] == []
    assert sum(capture.parsed + capture.noise for capture in found) == len(sample)


@pytest.mark.parametrize("name", NAMES)
def test_terminals_match_whole_lines(name: str) -> None:
    """A terminal is a run of whole lines: otherwise the classes of lines would not add up."""
    sample = "\n".join(_sample(name)) + "\n"
    for cut in range(len(sample)):
        _, copy = matching_copy(sample[:cut], 1)
        assert [run for run in runs(copy, name) if copy.text[run.end - 1] != "\n"] == []


def test_grammars_do_not_cache() -> None:
    """lark's cache unpickles a file of the shared temporary folder before it checks it."""
    package = Path(__file__).resolve().parent.parent / "dumpscan"
    assert not any(re.search(r"cache\s*=\s*True", path.read_text(encoding="utf-8")) for path in package.rglob("*.py"))
