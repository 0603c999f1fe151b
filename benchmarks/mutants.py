"""Mutation testing of the rules, the verdict and what advises: break one thing in their code, and see whether the tests of that module notice.

python benchmarks/mutants.py                            400 mutants of the rules and the verdict, seed 1, on two cores
python benchmarks/mutants.py --bar 90 advising          400 of what advises: the plan, what it writes, and the rules that lint SharedSection
python benchmarks/mutants.py --sample 50 --seed 7 _view verdict
python benchmarks/mutants.py --sample 0 desktop_heap_full       all of them
python benchmarks/mutants.py --sample 0 _view:57 verdict:92     all of these lines
python benchmarks/mutants.py --again OUTPUT             those that survived in the output of an earlier run, after tests were added

Each mutant lives in a process of its own, forked from one that has pandas and pytest loaded already (POSIX only: a developer's tool), and
meets the tests of its module alone. docs/mutation-testing.md has what it found.
"""

from __future__ import annotations

import argparse
import ast
import copy
import importlib
import importlib.abc
import importlib.machinery
import io
import os
import random
import re
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

ROOT = Path(__file__).resolve().parent.parent
RULES = ROOT / "dumpscan" / "rules"
ENOUGH = 600  # seconds of processor time, however busy the machine is; what takes longer hangs, which is noticed, too

# Of the engine, what takes long and tells nothing that the others do not: very many cases, other processes, halves of the cases.
LONG = (
    "test_very_many_cases",
    "test_the_seed_of_hashes_does_not_matter",
    "test_every_rule_survives_being_run_on_halves",
)

COMPARISONS: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.In: ast.NotIn, ast.NotIn: ast.In,
}  # fmt: skip
OPERATORS: dict[type[ast.operator], type[ast.operator]] = {
    ast.BitAnd: ast.BitOr, ast.BitOr: ast.BitAnd, ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult,
}  # fmt: skip
METHODS = {
    "lt": "le", "le": "lt", "gt": "ge", "ge": "gt", "eq": "ne", "ne": "eq", "isna": "notna", "notna": "isna", "any": "all",
    "all": "any", "min": "max", "max": "min", "first": "last", "last": "first", "head": "tail",
}  # fmt: skip
# Words that are values wherever they stand.
WORDS = {
    "critical": "high", "high": "critical", "medium": "high", "low": "medium", "info": "low", "proved": "likely", "likely": "proved",
    "possible": "likely", "first": "last", "last": "first", "left": "inner", "inner": "left", "min": "max", "max": "min", "sum": "max",
    "any": "all", "all": "any",
}  # fmt: skip
DROPPED = {"drop_duplicates", "where", "mask", "dropna", "sort_values", "clip"}  # calls that are left out
# Without its laws, which take long, and draw what they look at.
PLAN = [f"tests/test_plan{part}.py" for part in ("_goldens", "_figures", "", "_command")]
# What judges, tells or advises beside the rules, with its tests.
BESIDE = {
    "verdict": ["tests/test_verdict.py"],
    "applying": ["tests/test_applying.py"],
    **{name: [f"tests/test_{name}.py"] for name in ("control_sets", "csrss", "sections", "stored", "owners", "trends")},
    **{f"plan.{part}": PLAN for part in ("candidates", "figures", "files", "machines", "table", "telling")},
}
LINTER = (
    "csrss", "sections", "rules._sections", "rules.fallback_sizes", "rules.heap_size_adjusted", "rules.heap_sizes_changed", "rules.max_request_threads",
    "rules.reboot_pending", "rules.second_value_above_ceiling", "rules.service_heap_lowered", "rules.session_view_lowered", "rules.session_view_size_odd",
    "rules.shared_heap_changed", "rules.shared_section_damaged", "rules.sizes_contradict_heaps", "rules.third_value_missing", "rules.wrong_value_name",
)  # fmt: skip
JUDGING, ADVISING = "judging", "advising"
PAGES = "tests/test_tree.py::test_the_pages_of_rules_are_in_step"  # what a rule needs, speaks for and leaves out stands on its page
# Tests of helpers beside those of the rules that import them.
TABLES = {"rules._advised": ["tests/test_advised.py"], "rules._heap": ["tests/test_advised.py"]}
COMPARES = {"eq", "ne", "isin", "startswith", "endswith", "contains"}  # calls whose strings are values of columns


if not hasattr(os, "fork"):
    sys.exit("needs a system that can fork: Linux or macOS")

import resource  # noqa: E402


class Site(NamedTuple):
    """One thing that can be broken: where it hangs in the tree, and what takes its place."""

    parent: ast.AST
    field: str
    index: int | None
    node: ast.AST
    other: ast.AST


class Mutant(NamedTuple):
    module: str  # "rules._view", "verdict"
    number: int
    line: int
    words: str


def sites(tree: ast.AST) -> list[Site]:
    """Everything that can be broken in a module, always in the same order."""
    return list(_sites(tree, False))


def _sites(parent: ast.AST, values: bool) -> Iterator[Site]:
    for field, content in ast.iter_fields(parent):
        if field in ("annotation", "returns", "format_spec") or (field == "orelse" and _typing(parent)):
            continue
        for index, node in enumerate(content if isinstance(content, list) else [content]):
            if not isinstance(node, ast.AST) or _wording(node) or _typing(node):
                continue
            place = (parent, field, index if isinstance(content, list) else None)
            for other in _others(node, parent, values):
                yield Site(*place, node, other)
            inside = isinstance(node, ast.Compare) or (isinstance(node, ast.Call) and _method(node) in COMPARES)
            yield from _sites(node, inside or (values and isinstance(node, (ast.List, ast.Tuple, ast.Set))))


def _typing(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"


def _wording(node: ast.AST) -> bool:
    """Docstrings, and what the decorator of a rule says of it."""
    if isinstance(node, ast.keyword):
        return node.arg in ("clear", "references", "stage")
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _method(call: ast.Call) -> str | None:
    return call.func.attr if isinstance(call.func, ast.Attribute) else None


def _others(node: ast.AST, parent: ast.AST, values: bool) -> Iterator[ast.AST]:
    """What a node can be replaced by."""
    if isinstance(node, ast.Compare):
        for at, op in enumerate(node.ops):
            other = copy.deepcopy(node)
            other.ops[at] = COMPARISONS[type(op)]()
            yield other
    elif isinstance(node, ast.BinOp) and type(node.op) in OPERATORS:
        yield ast.BinOp(node.left, OPERATORS[type(node.op)](), node.right)
        if isinstance(node.op, (ast.BitAnd, ast.BitOr)):
            yield from (node.left, node.right)  # one condition is gone
    elif isinstance(node, ast.BoolOp):
        yield ast.BoolOp(ast.Or() if isinstance(node.op, ast.And) else ast.And(), node.values)
        for at in range(len(node.values)):
            rest = node.values[:at] + node.values[at + 1 :]
            yield rest[0] if len(rest) == 1 else ast.BoolOp(node.op, rest)
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, (ast.Not, ast.Invert)):
        yield node.operand
    elif isinstance(node, ast.IfExp):
        yield from (node.body, node.orelse)
    elif isinstance(node, (ast.If, ast.While)):
        for truth in (True, False):
            other = copy.copy(node)
            other.test = ast.Constant(truth)
            yield other
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        if node.func.attr in METHODS:
            yield ast.Call(
                ast.Attribute(node.func.value, METHODS[node.func.attr], ast.Load()), node.args, node.keywords
            )
        if node.func.attr == "isin":
            yield ast.UnaryOp(ast.Invert(), node)
        if node.func.attr in DROPPED:
            yield node.func.value
    elif isinstance(node, ast.keyword) and node.arg == "applies":
        yield ast.keyword("applies", ast.Constant(None))
    elif isinstance(node, ast.keyword) and node.arg == "says":
        yield ast.keyword("says", ast.Constant("at-risk" if ast.unparse(node.value) == "None" else None))
    elif isinstance(node, ast.keyword) and node.arg == "needs" and isinstance(node.value, ast.Tuple):
        parts = node.value.elts
        yield from (
            ast.keyword("needs", ast.Tuple(parts[:at] + parts[at + 1 :], ast.Load())) for at in range(len(parts))
        )
    elif isinstance(node, ast.Constant) and not isinstance(parent, ast.JoinedStr):
        yield from map(ast.Constant, _constants(node.value, values))


def _constants(value: object, values: bool) -> Iterator[Any]:
    if isinstance(value, bool):
        yield not value
    elif isinstance(value, int):
        yield from (value + 1, value - 1)
    elif isinstance(value, float) and value:
        yield from (value * 1.01, value * 0.99)
    elif isinstance(value, str) and value in WORDS:
        yield WORDS[value]
    elif isinstance(value, str) and values:
        yield value + "x"


def modules(asked: Sequence[str]) -> dict[str, Path]:
    """What is mutated, by its name below dumpscan: whole groups, or modules by name."""
    paths = {f"rules.{path.stem}".removesuffix(".__init__"): path for path in sorted(RULES.glob("*.py"))}
    paths |= {name: (ROOT / "dumpscan").joinpath(*name.split(".")).with_suffix(".py") for name in BESIDE}
    wanted = {name.partition(":")[0] for name in asked}
    return {name: path for name, path in paths.items() if _called(name) & wanted}


def _called(name: str) -> set[str]:
    """What a module is asked for by: its name, and the groups that it is in."""
    called = {name, name.rpartition(".")[2], name.partition(".")[0] if name.startswith("plan.") else name}
    if name.startswith("rules") or name == "verdict":
        called.add(JUDGING)
    if name.startswith("plan.") or name == "applying" or name in LINTER:
        called.add(ADVISING)
    return called


def tests_of(name: str) -> list[str]:
    """The tests that a mutant of a module meets: its own, and those of the modules that import it."""
    if name in ("verdict", "rules"):
        engine = ["tests/test_engine.py", *(f"--deselect=tests/test_engine.py::{test}" for test in LONG)]
        pages = "tests/test_tree.py::test_the_page_of_a_rule_says_what_people_ask"
        return [*BESIDE[name], *engine] if name == "verdict" else [*engine, pages]
    if name in BESIDE:
        return BESIDE[name]
    own = name.removeprefix("rules.")
    users = {own} | {path.stem for path in RULES.glob("*.py") if path.stem != "__init__" and own in _imports(path)}
    paths = [
        f"tests/rules/test_{user}.py"
        for user in sorted(users, key=lambda user: (user != name.rpartition(".")[2], user))
    ]
    return [
        path
        for path in [*TABLES.get(name, ()), *paths, "tests/test_boundaries.py", PAGES]
        if (ROOT / path.partition("::")[0]).is_file()
    ]


def _imports(path: Path) -> set[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    names = {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    return {name.removeprefix("dumpscan.rules.") for name in names if name.startswith("dumpscan.rules.")}


def mutants(name: str, path: Path) -> list[Mutant]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return [
        Mutant(name, number, getattr(site.node, "lineno", 0) or getattr(site.parent, "lineno", 0), _words(site))
        for number, site in enumerate(sites(tree))
    ]


def again(every: Sequence[Mutant], printed: str) -> list[Mutant]:
    """The survivors of an earlier run: of those with the same words the one that is nearest to the line of that time, for code has moved since. What is gone is told."""
    chosen = dict[Mutant, None]()
    for module, line, words in re.findall(r"^survived  (.+?):([0-9]+)  (.+)$", printed, re.MULTILINE):
        same = [one for one in every if (one.module, one.words) == (module, words) and one not in chosen]
        if same:
            chosen[min(same, key=lambda one, at=int(line): abs(one.line - at))] = None
        else:
            print(f"gone      {module}:{line}  {words}")
    return list(chosen)


def _words(site: Site) -> str:
    short = [" ".join(ast.unparse(node).split("\n")[:1]) for node in (site.node, site.other)]
    return " -> ".join(text if len(text) < 100 else text[:97] + "..." for text in short)


class Loader(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Loads a broken module in the place of its own."""

    def __init__(self, mutant: Mutant, path: Path) -> None:
        self.name, self.path = f"dumpscan.{mutant.module}", path
        tree = ast.parse(path.read_text(encoding="utf-8"))
        site = sites(tree)[mutant.number]
        if site.index is None:
            setattr(site.parent, site.field, site.other)
        else:
            getattr(site.parent, site.field)[site.index] = site.other
        self.tree = ast.fix_missing_locations(tree)

    def find_spec(self, name: str, path: object, target: object = None) -> importlib.machinery.ModuleSpec | None:
        if name != self.name:
            return None
        package = [str(self.path.parent)] if self.path.stem == "__init__" else None
        spec = importlib.machinery.ModuleSpec(name, self, origin=str(self.path), is_package=package is not None)
        spec.submodule_search_locations = package
        return spec

    def exec_module(self, module: ModuleType) -> None:
        module.__file__ = str(self.path)
        exec(compile(self.tree, str(self.path), "exec"), module.__dict__)


def untouched() -> list[str]:
    """Modules of dumpscan that import nothing that is mutated, however indirectly: a child keeps them as they are, with their grammars loaded."""
    imports = {}
    for path in (ROOT / "dumpscan").rglob("*.py"):
        nodes = list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
        name = ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        imports[name] = {node.module for node in nodes if isinstance(node, ast.ImportFrom)} | {
            f"{node.module}.{alias.name}" for node in nodes if isinstance(node, ast.ImportFrom) for alias in node.names
        }
    judging = {"dumpscan", *(f"dumpscan.{name}" for name in BESIDE)}
    touched = {name for name in imports if name in judging or name.startswith("dumpscan.rules")}
    while more := {name for name in imports.keys() - touched if imports[name] & touched}:
        touched |= more
    return sorted(imports.keys() - touched)


def forget(kept: Sequence[str]) -> None:
    """Let all other modules of dumpscan be imported anew."""
    old = {name: sys.modules.pop(name) for name in list(sys.modules) if name.partition(".")[0] == "dumpscan"}
    sys.modules |= {name: old[name] for name in kept if name in old}
    # `from package import module` would take the old one from a package that is kept.
    for holder, _, module in (name.rpartition(".") for name in old.keys() - set(kept)):
        if holder in old:
            vars(old[holder]).pop(module, None)
    package = importlib.import_module("dumpscan")
    for name in kept:
        if name.count(".") == 1 and name in old:
            setattr(package, name.partition(".")[2], old[name])


class Task(NamedTuple):
    """Tests, with a mutant in place or as they are."""

    mutant: Mutant | None
    path: Path | None
    tests: Sequence[str]


def finished(tasks: Sequence[Task], jobs: int) -> Iterator[tuple[Task, int]]:
    """Each task with its status, 0 where the tests pass."""
    kept, waiting, running = untouched(), list(tasks), dict[int, Task]()
    while waiting or running:
        while waiting and len(running) < jobs:
            task = waiting.pop(0)
            running[start(task, kept)] = task
        process, status = os.wait()
        yield running.pop(process), status


def start(task: Task, kept: Sequence[str]) -> int:
    """A process that runs these tests, with the mutant in place if there is one; it exits with 0 where they pass."""
    process = os.fork()
    if process:
        return process
    resource.setrlimit(resource.RLIMIT_CPU, (ENOUGH, ENOUGH + 1))
    with Path(os.devnull).open("w", encoding="utf-8") as nowhere:
        os.dup2(nowhere.fileno(), 1)
        os.dup2(nowhere.fileno(), 2)
    sys.stdout = sys.stderr = io.StringIO()
    code = 1
    try:
        import pytest

        if task.mutant is not None and task.path is not None:
            sys.meta_path.insert(0, Loader(task.mutant, task.path))
        forget(kept)
        quiet = ["-o", "addopts=", "-p", "no:cacheprovider", "-p", "no:xdist"]
        code = int(pytest.main(["-x", "-q", *quiet, *task.tests]))
    finally:
        os._exit(code)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--sample", type=int, default=400, help="how many mutants; 0 means all")
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--jobs", type=int, default=2)
    options.add_argument("--bar", type=int, default=85, help="percent; below it the exit code is 1")
    options.add_argument("--again", type=Path, metavar="OUTPUT")
    options.add_argument("module", nargs="*", default=[JUDGING])
    asked = options.parse_args()
    os.chdir(ROOT)
    sys.path[:0] = [str(ROOT)]
    warm = importlib.import_module("dumpscan")
    importlib.import_module("pytest")
    for folder in ("dskheap", "dheapmon", "mm_session_view_size", "vm", "vertarget", "event_text"):
        warm.analyze(ROOT / "fixtures" / folder)
    paths = modules(asked.module)
    every = [mutant for name, path in paths.items() for mutant in mutants(name, path)]
    if lines := {name for name in asked.module if ":" in name}:
        every = [one for one in every if lines & {f"{name}:{one.line}" for name in _called(one.module)}]
    if asked.again:
        chosen = again(every, asked.again.read_text(encoding="utf-8"))
    else:
        chosen = random.Random(asked.seed).sample(every, min(asked.sample or len(every), len(every)))
    chosen.sort(key=lambda one: (one.module in ("rules", "verdict"), one))  # these take longest
    tests = {name: tests_of(name) for name in {one.module: 0 for one in chosen}}
    if missing := [name for name, some in tests.items() if not some]:
        sys.exit(f"no tests: {' '.join(missing)}")
    every_test = dict.fromkeys(test for some in tests.values() for test in some)
    options_of_pytest = [test for test in every_test if test.startswith("--")]
    whole = [Task(None, None, [test, *options_of_pytest]) for test in every_test if test not in options_of_pytest]
    survivors, began = list[Mutant](), time.perf_counter()
    for task, status in finished(
        [*whole, *(Task(one, paths[one.module], tests[one.module]) for one in chosen)], asked.jobs
    ):
        if task.mutant is None and status:
            sys.exit(f"{task.tests[0]} fails without a mutant")
        if task.mutant is not None and not status:
            survivors.append(task.mutant)
            print(f"survived  {task.mutant.module}:{task.mutant.line}  {task.mutant.words}", flush=True)
    tried, lived = (Counter(mutant.module for mutant in some) for some in (chosen, survivors))
    possible = Counter(mutant.module for mutant in every)
    print(
        f"\n{'module':<44}possible  tried  killed\n"
        + "\n".join(f"{name:<44}{possible[name]:>8}{tried[name]:>7}{tried[name] - lived[name]:>8}" for name in paths)
    )
    share = 100 * (len(chosen) - len(survivors)) / max(len(chosen), 1)
    print(
        f"\nseed {asked.seed}: {len(chosen) - len(survivors)} of {len(chosen)} killed, {share:.1f} % (of {len(every)} possible), {time.perf_counter() - began:.0f} s"
    )
    sys.exit(share < asked.bar)


if __name__ == "__main__":
    main()
