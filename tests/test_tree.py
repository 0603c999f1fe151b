"""The tree's own promises: no command without grammar, fixture and page; no rule without its four tests; nothing that the house forbids."""

from __future__ import annotations

import ast
import doctest
import importlib
import importlib.util
import pkgutil
import re
import subprocess
import sys
import tomllib
from collections import Counter
from pathlib import Path
from types import ModuleType

import pytest

import dumpscan
from dumpscan.commands import all_commands
from dumpscan.machines import LISTINGS
from dumpscan.model import TABLES
from dumpscan.rules import all_rules, columns_of
from dumpscan.scanning import MOST_LITERALS, SHORT, _searchers, literals

ROOT = Path(__file__).resolve().parent.parent
SOURCES = sorted((ROOT / "dumpscan").rglob("*.py"))
FOUR_TESTS = {"test_fires", "test_near_miss", "test_no_data", "test_boundary"}


def docs() -> ModuleType:
    spec = importlib.util.spec_from_file_location("generate", ROOT / "docs" / "generate.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("name", sorted(all_commands()))
def test_a_command_has_grammar_fixtures_and_page(name: str) -> None:
    assert (ROOT / "grammars" / f"{name}.lark").is_file()
    texts = {path.stem for path in (ROOT / "fixtures" / name).glob("*.txt")}
    goldens = {path.stem for path in (ROOT / "fixtures" / name).glob("*.json")}
    assert texts
    assert texts == goldens
    assert (ROOT / "docs" / "commands" / f"{name}.md").is_file()


@pytest.mark.parametrize("name", sorted(all_rules()))
def test_a_rule_has_its_four_tests_and_page(name: str) -> None:
    slug = name.replace("-", "_")
    tests = ast.parse((ROOT / "tests" / "rules" / f"test_{slug}.py").read_text(encoding="utf-8"))
    assert {node.name for node in ast.walk(tests) if isinstance(node, ast.FunctionDef)} >= FOUR_TESTS
    assert (ROOT / "docs" / "rules" / f"{name}.md").is_file()


@pytest.mark.parametrize("name", sorted(all_rules()))
def test_the_page_of_a_rule_says_what_people_ask(name: str) -> None:
    page = all_rules()[name].page
    assert [
        heading
        for heading in ("## What happens", "## How the log proves it", "## What to do", "## Sources")
        if heading not in page
    ] == []


def test_the_pages_of_rules_are_in_step() -> None:
    """With what a rule needs, what it speaks for, and of which Windows it says nothing."""
    pages = docs().rule_pages()
    assert {name for name, text in pages.items() if (ROOT / "docs" / name).read_text(encoding="utf-8") != text} == set()


def test_generated_docs_are_in_step() -> None:
    pages = docs().pages()
    there = {
        path.relative_to(ROOT / "docs").as_posix()
        for folder in ("commands", "rules")
        for path in (ROOT / "docs" / folder).glob("*.md")
    } | {"variants.md", "matrix.md", "knowledge.md", "known-issues.md"}
    assert there == set(pages)
    assert {name for name, text in pages.items() if (ROOT / "docs" / name).read_text(encoding="utf-8") != text} == set()


def test_the_matrix_is_whole() -> None:
    """Every command and every rule has its place in it, and no cell is empty or holds a sign that the legend does not explain."""
    text = (ROOT / "docs" / "matrix.md").read_text(encoding="utf-8")
    told = set(re.findall(r"^\| (.) \| ", text, re.MULTILINE))
    rows = [line.strip("| ").split(" | ") for line in text.splitlines() if re.match(r"\| .+ \([0-9]+\) \| ", line)]
    signs = {part.rstrip("0123456789") for _, *cells in rows for cell in cells for part in cell.split() or [""]}
    assert signs <= told
    assert "!" not in signs, "a rule failed"
    tables = Counter(name.rpartition(" ")[0] for name, *_ in rows)
    assert set(tables) >= set(all_commands()) and len(set(tables.values())) == 1
    assert re.findall(r"^[0-9]+\. \[(.+?)\]", text, re.MULTILINE) == list(all_rules())


def test_every_fixture_tells_its_source() -> None:
    told = tomllib.loads((ROOT / "fixtures" / "sources.toml").read_text(encoding="utf-8"))
    known = {entry["path"] for entry in told["file"]}
    there = {
        path.relative_to(ROOT / "fixtures").as_posix() for path in (ROOT / "fixtures").rglob("*") if path.is_file()
    }
    texts = {name for name in there if name.count("/") and not name.endswith(".json")}
    assert texts == known


def test_literals_are_fast_to_find() -> None:
    # One of three bytes halves the speed of a searcher; a blank may be pasted as NBSP.
    wanted = {literal for command in all_commands().values() for literal in command.literals}
    assert [literal for literal in wanted if len(literal) < SHORT or b" " in literal] == []
    assert {len(numbers) <= MOST_LITERALS for numbers, _ in _searchers()} == {True}
    assert sorted(number for numbers, _ in _searchers() for number in numbers) == list(range(len(literals())))


def test_commands_fill_tables_that_there_are() -> None:
    assert {table for command in all_commands().values() for table in command.fills} <= set(TABLES)
    assert set(LISTINGS) <= set(all_commands())


def test_rules_need_columns_that_there_are() -> None:
    derived = {"platforms", "view_space", "signs", "complaints", "owners", "desktop_users", "trends", "trend_points"}
    needs = [one for rule in all_rules().values() for need in rule.needs for one in columns_of(need)]
    assert [need for need in needs if need[0] not in derived and need[1] not in TABLES[need[0]]] == []


FORBIDDEN = {"pickle", "marshal", "shelve", "socket", "urllib.request", "http.client", "subprocess", "ctypes"}


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_nothing_dangerous_is_used(path: Path) -> None:
    """No pickle, no network, no other program, no eval: customers' texts are hostile, and their machines are not ours."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    imported = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    imported |= {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    called = {node.func.id for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)}
    assert imported & FORBIDDEN == set()
    assert called & {"eval", "exec", "compile", "__import__"} == set()


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_digits_are_ascii(path: Path) -> None:
    r"""`\d` takes Arabic digits for numbers."""
    assert not re.search(r"(?<!\\)\\d", path.read_text(encoding="utf-8"))


def test_rule_modules_start_without_pandas_and_lark() -> None:
    code = "import sys; from dumpscan.rules import all_rules, columns_of; from dumpscan.commands import all_commands; all_rules(); all_commands(); print({'pandas', 'lark', 'jinja2'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, encoding="utf-8", check=True)
    assert done.stdout.strip() == "set()"


def test_readme_has_two_commands() -> None:
    """CI takes the second one out of the README and runs it: exactly two blocks of one line each."""
    section = (ROOT / "README.md").read_text(encoding="utf-8").partition("## Two commands\n")[2].partition("\n## ")[0]
    blocks = re.findall(r"^```[a-z]*\n(.*?)^```$", section, re.DOTALL | re.MULTILINE)
    assert [block.count("\n") for block in blocks] == [1, 1]


MODULES = [info.name for info in pkgutil.walk_packages(dumpscan.__path__, "dumpscan.") if "__main__" not in info.name]


def test_examples_in_docstrings_are_true() -> None:
    results = [doctest.testmod(importlib.import_module(name)) for name in MODULES]
    assert sum(result.attempted for result in results) > 10
    assert sum(result.failed for result in results) == 0


KNOWLEDGE = tomllib.loads((ROOT / "docs" / "knowledge.toml").read_text(encoding="utf-8"))


def test_every_number_of_the_knowledge_has_its_place() -> None:
    numbers = [f"R{number:02}" for number in range(1, 116)]
    reviewed = ["atom-table", "session-handles", "leak-or-size", "logon-source", "mini-dump", "value-reset"]
    assert list(KNOWLEDGE) == [*numbers, *reviewed]


@pytest.mark.parametrize("number", KNOWLEDGE)
def test_the_place_of_a_number_is_there(number: str) -> None:
    """A rule that is there, a page that says it, or a reason."""
    one, rules = KNOWLEDGE[number], all_rules()
    assert one["what"] and set(one) <= {"what", "rules", "page", "says", "why"}
    assert set(one.get("rules", ())) <= set(rules)
    assert one.get("rules") or one.get("page") or one.get("why")
    if "page" in one:
        assert one["says"] in rules[one["page"]].page


def test_every_rule_is_of_the_knowledge_or_of_the_contract() -> None:
    """What no number names is here because the contract, or the texts themselves, ask for it."""
    placed = {name for one in KNOWLEDGE.values() for name in one.get("rules", ())}
    beyond = {"limit-contradicts-heaps", "session-view-limit-unknown"}
    assert set(all_rules()) - placed == beyond
