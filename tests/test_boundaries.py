"""Every line that is drawn somewhere has a text just below it, one on it and one just above it, and what is told changes where it should.

The lines of the contract are held in numbers. The thresholds of the rules are found by looking: an upper-case number of a rule module, or of a
helper, needs its place in LINES, a test of its own module that names it, or a reason in NO_LINES. So nobody forgets one.
"""

from __future__ import annotations

import ast
import importlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import compose
import pytest
from compose import DEFAULT, SYSTEM, VISTA, X86, Document

from dumpscan.rules import all_rules

ROOT = Path(__file__).resolve().parent.parent
MODULES = {f"rules.{path.stem}": path for path in (ROOT / "dumpscan" / "rules").glob("*.py") if path.stem != "__init__"}
MODULES |= {
    name: ROOT / "dumpscan" / f"{name}.py" for name in ("gui_objects", "heaps", "owners", "trends", "view_space")
}

FULL, EXHAUSTED, AT_RISK, NO_SIGN, UNDECIDED = (
    "single-heap-full", "view-space-exhausted", "at-risk", "no-sign", "undecided",
)  # fmt: skip
CAPTURED = compose.banner(3790, time="Mon Mar 12 07:05:33 2007") + "System Uptime: 4 days 1:00:00.000\n"
OLD = compose.banner(3790)


def mode(told: Document) -> Any:
    return told["verdict"]["mode"]


def mode_and_certainty(told: Document) -> Any:
    return told["verdict"]["mode"], told["verdict"]["certainty"]


class Line(NamedTuple):
    """A line, and what is seen of a text below, on and above it."""

    text: Callable[[Any], str]  # by the value that stands at the line
    below: Any
    at: Any
    above: Any
    look: Callable[[Document], Any] = mode
    unit: float = 1

    def texts(self, at: float) -> tuple[str, str, str]:
        return self.text(at - self.unit), self.text(at), self.text(at + self.unit)


def interactive(kb: float, percent: float) -> str:
    """The heap of the interactive desktop of a machine of today, where session view space does not matter."""
    return compose.dskheap(0, compose.replaced(VISTA, DEFAULT, round(kb), percent))


def listed(kb: float, percent: float) -> str:
    """The same on Server 2003."""
    return compose.dskheap(0, compose.replaced(X86, DEFAULT, round(kb), percent))


def service(kb: float, percent: float) -> str:
    """A heap of a service on Server 2003."""
    return compose.dskheap(0, compose.resized(X86, SYSTEM, round(kb), percent))


def free(percent: int) -> Callable[[float], str]:
    """By KB free at the worst rounding: a heap at so many percent that is as large as that takes."""
    return lambda kb: interactive(kb * 1000 / (995 - 10 * percent), percent)


def view(heaps_kb: float, limit_kb: float, next_kb: int = 512, more: str = "") -> str:
    """A session of Server 2003 with heaps that take so much of such a view."""
    return (
        OLD + compose.dheapmon(0, compose.filling(round(heaps_kb), next_kb)) + compose.view_size(round(limit_kb)) + more
    )


def room(left_kb: float, limit_kb: float, next_kb: int) -> str:
    """So much of the view is left when the next heap is there, too."""
    return view(limit_kb - left_kb - next_kb, limit_kb, next_kb)


def ptes(count: float, limit_mb: float = 48) -> str:
    """An exhausted view on a machine with so many free PTEs."""
    counter = f"        Free System PTEs:    {round(count)}   (   {round(count) * 4} Kb)\n"
    return view(limit_mb * 1024 - 100, limit_mb * 1024, more=counter)


def advised(*words: str) -> Callable[[Document], Any]:
    """Which of these words stand in what is to be done at the next restart."""

    def look(told: Document) -> Any:
        advice = [
            one
            for outcome in told["outcomes"]
            for finding in outcome["findings"]
            for one in compose.reboot_advice(finding)
        ]
        return [word for word in words if any(word in one for one in advice)]

    return look


def summaries(word: str) -> Callable[[Document], Any]:
    """Whether a finding says this."""
    return lambda told: any(
        word in finding["summary"] for outcome in told["outcomes"] for finding in outcome["findings"]
    )


def found(rule: str) -> Callable[[Document], Any]:
    return lambda told: compose.of_rule(told, rule)["status"] == "found"


def rising(rest: float) -> str:
    """A heap that rose until so much of thirty days was left, and no further."""
    moments = ((1, 30), (10, 50), (1 + round(30 * (1 - rest)), 85), (31, 85))
    return "".join(compose.march(day) + service(512, percent) for day, percent in moments)


def stations(luid: float) -> str:
    """Window stations of ten logons, the first of them with this LUID, and what a remote shell left on it."""
    first = rf"Service-0x0-{round(luid):x}$\Default"
    heaps = [(first, 768, 1.0), *((compose.service(at), 768, 1.0) for at in range(9))]
    return compose.dskheap(0, [*compose.X64, *heaps]) + compose.on_desktops([(0, first, "wsmprovhost.exe", 4712)])


def fallen_back(third: float) -> str:
    """Heaps of 512 and 128 KB where so much was configured for services."""
    sizes = {DEFAULT: 512, compose.DISCONNECT: 64, compose.WINLOGON: 128}
    heaps = [(path, sizes.get(path, 128), used) for path, _, used in X86]
    return OLD + compose.dheapmon(0, heaps) + compose.stored_sections(f"1024,3072,{round(third)}")


# The contract: what its numbers are, and what changes there.
CONTRACT: dict[str, tuple[float, Line]] = {
    "16 KB free are too few, below 90 %": (16, Line(lambda kb: interactive(128, 99.5 - kb / 1.28), FULL, FULL, AT_RISK, unit=1.28)),
    "16 KB count on heaps of 128 KB": (128, Line(lambda kb: service(kb, 89), AT_RISK, FULL, FULL)),
    "98 % of a small heap are proof": (98, Line(lambda percent: interactive(4096, percent), (FULL, "likely"), (FULL, "proved"), (FULL, "proved"), mode_and_certainty)),
    "4,096 KB is small": (4096, Line(lambda kb: interactive(kb, 98), (FULL, "proved"), (FULL, "proved"), (FULL, "likely"), mode_and_certainty)),
    "98 % of a large heap are none": (98, Line(lambda percent: interactive(20480, percent), AT_RISK, AT_RISK, FULL)),
    "90 % are full with little room": (90, Line(lambda percent: interactive(2048, percent), AT_RISK, FULL, FULL)),
    "256 KB are room from 90 % on": (256, Line(free(97), FULL, AT_RISK, AT_RISK, unit=0.025)),
    "80 % are near": (80, Line(lambda percent: interactive(3072, percent), NO_SIGN, AT_RISK, AT_RISK)),
    "1,024 KB are room up to 90 %": (1024, Line(free(87), AT_RISK, NO_SIGN, NO_SIGN, unit=0.125)),
    "half of a lowered heap": (50, Line(lambda percent: service(256, percent), NO_SIGN, AT_RISK, AT_RISK)),
    "lowered is below the default": (512, Line(lambda kb: service(kb, 60), AT_RISK, NO_SIGN, NO_SIGN)),
    "V - S < next": (512, Line(lambda left: view(49152 - left, 49152), EXHAUSTED, AT_RISK, AT_RISK)),
    "V - S < next, /3GB": (512, Line(lambda left: view(20480 - left, 20480), EXHAUSTED, AT_RISK, AT_RISK)),
    "S <= V": (0, Line(lambda left: view(49152 - left, 49152), UNDECIDED, EXHAUSTED, EXHAUSTED)),
    "S + next > V - G, 20 MB": (3584, Line(lambda left: room(left, 20480, 2048), AT_RISK, NO_SIGN, NO_SIGN)),
    "S + next > V - G": (4096, Line(lambda left: room(left, 49152, 9000), AT_RISK, NO_SIGN, NO_SIGN)),
    "0.75 of the view": (0.75, Line(lambda share: view(share * 49152, 49152), NO_SIGN, AT_RISK, AT_RISK, unit=1 / 49152)),
    "0.6 of the view, and an event 244": (0.6, Line(lambda share: view(share * 20480, 20480, more=compose.event(244)), UNDECIDED, EXHAUSTED, EXHAUSTED, unit=1 / 20480)),
    "90 % and an event 243 of this boot": (90, Line(lambda percent: CAPTURED + compose.event(243) + listed(4096, percent), AT_RISK, FULL, FULL)),
}  # fmt: skip

# The thresholds of the rules, by module and name.
LINES: dict[str, Line] = {
    "rules._events.HEAP_ALLOCATION_FAILED": Line(lambda number: compose.event(round(number)), UNDECIDED, FULL, UNDECIDED),
    "rules._events.DESKTOP_CREATION_FAILED": Line(lambda number: OLD + compose.event(round(number)), FULL, EXHAUSTED, UNDECIDED),
    "rules._events.VIEW_IN_USE": CONTRACT["0.6 of the view, and an event 244"][1],
    "heaps.NO_ROOM": CONTRACT["16 KB free are too few, below 90 %"][1],
    "rules._heap.MOST": Line(lambda kb: interactive(kb, 98), ["to 20480"], [], [], advised("to 20480")),
    "rules._sizes.FALLBACK_SERVICE": Line(lambda kb: service(kb, 90), ["third SharedSection value from 127"], ["Read the configured"], ["third SharedSection value from 129"],
        advised("third SharedSection value from 127", "third SharedSection value from 129", "Read the configured")),
    "rules._view.STEP": Line(lambda mb: ptes(60000, 32 + mb), ["to 48 MB"], ["to 64 MB"], ["to 64 MB"], advised("to 48 MB", "to 64 MB")),
    "rules._view.PTES_OF_A_MB": Line(lambda each: ptes(16 * each + 10000), [], ["Raise SessionViewSize"], ["Raise SessionViewSize"], advised("Raise SessionViewSize")),
    "rules._view.PTES_TO_KEEP": Line(lambda left: ptes(left + 4096), [], ["Raise SessionViewSize"], ["Raise SessionViewSize"], advised("Raise SessionViewSize")),
    "rules._view.MOST_MB": Line(lambda mb: ptes(60000, mb), ["to 448 MB"], [], [], advised("to 448 MB", "to 464 MB")),
    "rules.desktop_heap_at_risk.ROOM_BELOW_90": CONTRACT["1,024 KB are room up to 90 %"][1],
    "rules.desktop_heap_at_risk.ROOM_FROM_90": CONTRACT["256 KB are room from 90 % on"][1],
    "rules.desktop_heap_full.SMALL_HEAP": CONTRACT["4,096 KB is small"][1],
    "rules.desktop_heap_full.LITTLE_ROOM": CONTRACT["256 KB are room from 90 % on"][1],
    "rules._heap.PER_PROCESS": Line(lambda kb: free(97)(2 * kb), False, True, True, summaries("room for about 2 more processes"), unit=0.0125),
    "rules.heap_allocation_failed.NEARLY_FULL": CONTRACT["90 % and an event 243 of this boot"][1],
    "rules.service_heap_lowered.HALF": CONTRACT["half of a lowered heap"][1],
    "rules._view.SHARE": CONTRACT["0.75 of the view"][1],
    "trends.AT_REST": Line(rising, True, False, False, found("desktop-heap-grows"), unit=1 / 30),
    "rules.commit_exhausted.LOW_MEMORY": Line(lambda number: compose.event(round(number), source="Resource-Exhaustion-Detector"), False, True, False, found("commit-exhausted")),
    "rules.fallback_sizes.USUAL": Line(fallen_back, [], [], ["from 513 to 512"], advised("from 513 to 512", "from 512 to 512")),
    "rules.logon_source.BUILT_IN": Line(stations, False, True, True, found("logon-source")),
    "view_space.SMALL_VIEW": Line(lambda kb: room(3584, kb, 2048), AT_RISK, NO_SIGN, AT_RISK),
    "view_space.SMALLEST_LIMIT": Line(lambda kb: OLD + compose.dheapmon(0, X86) + compose.vm4(round(kb)), NO_SIGN, UNDECIDED, UNDECIDED),
    "view_space.OTHERS_IN_SMALL_VIEW": CONTRACT["S + next > V - G, 20 MB"][1],
    "view_space.OTHERS": CONTRACT["S + next > V - G"][1],
}  # fmt: skip

# What looks like a threshold and is none, or is held elsewhere, each with the reason.
NO_LINES: dict[str, str] = {
    "rules._events.BOOTING": "test_starts.py generates its boundary from it",
    "rules._events.FARTHEST_ZONE": "the most that a zone can be away from universal time",
    "rules._sizes.USABLE": "a size of a value and not of a heap; the boundary test of heap-size-adjusted holds it",
    "rules._gui.SERVICE_KB": "the usual size of a heap, for a sentence where the real one is not printed",
    "rules.heaviest_on_desktop.INTERACTIVE_KB": "the usual size of a heap, for a sentence where the real one is not printed",
    "rules.heaviest_on_desktop.NAMED": "how many processes a sentence names; its test counts them",
    "rules.session_view_size_odd.DEFAULT": "the value that was meant, for the advice",
    "rules.windows_2000_view.WIDTH": "more than any part of a version; the parts are held one by one",
}

# What each figure is, by where it comes from: texts that are generated from a constant move with it, so a slip of a digit shows here alone.
FIGURES: dict[str, dict[str, float]] = {
    "the contract": {
        "heaps.NO_ROOM": 16, "rules._events.VIEW_IN_USE": 0.6, "rules.desktop_heap_at_risk.ROOM_BELOW_90": 1024, "rules.desktop_heap_at_risk.ROOM_FROM_90": 256,
        "rules.desktop_heap_full.LITTLE_ROOM": 256, "rules.desktop_heap_full.SMALL_HEAP": 4096, "rules.heap_allocation_failed.NEARLY_FULL": 90,
        "rules._history.NEARLY_FULL": 90, "rules.service_heap_lowered.HALF": 50, "rules.symptom_without_sign.FILLING": 80, "rules.symptom_without_sign.HALF": 50,
        "rules.known_product.FULLER": 80, "trends.FULL": 98, "view_space.OTHERS": 4096, "view_space.OTHERS_IN_SMALL_VIEW": 3584,
    },
    "KB 184802, KB 947246, KB 949296, KB 2102398": {
        "rules._events.HEAP_ALLOCATION_FAILED": 243, "rules._events.DESKTOP_CREATION_FAILED": 244, "rules._gui.SERVICE_KB": 768, "rules._heap.MOST": 20480,
        "rules._heap.PER_PROCESS": 10, "rules._sections.SHARED": 1024, "rules._sections.X64_SECOND": 20480, "rules._sizes.LEAST": 128, "rules._sizes.PAGE": 4,
        "rules._view.STEP": 16, "rules.heaviest_on_desktop.INTERACTIVE_KB": 20480, "rules.session_view_size_odd.DEFAULT": 48, "view_space.SMALL_VIEW": 20480,
        "rules.view_starves_kernel.USUAL": 49152, "rules._view.MOST_MB": 448, "rules.fallback_sizes.USUAL": 512, "rules.oversized_service_heaps.SMALLEST": 256,
    },
    "the ntdebugging blog": {
        "rules._sizes.FALLBACK_INTERACTIVE": 512, "rules._sizes.FALLBACK_SERVICE": 128, "rules._sizes.USABLE": 1024, "rules.session_view_lowered.DEFAULT_KB": 106496,
        "rules.session_view_size_odd.DEFAULT_X64": 104, "rules.session_view_size_odd.SMALL": 20,
    },
    "Windows itself": {
        "rules._events.SAME_MINUTE": 60, "rules._events.FARTHEST_ZONE": 14 * 3600, "rules._view.PTES_OF_A_MB": 256, "rules.commit_exhausted.LOW_MEMORY": 2004,
        "rules.desktop_creation_unexplained.USUAL_USER_MB": 2048, "rules.handle_quota_reached.QUOTA": 10000, "rules.handle_quotas_changed.DEFAULT": 10000,
        "rules.session0_requester.FIRST": 14393, "rules.session_handles.MOST": 65536, "rules.logon_source.BUILT_IN": 0x1000,
        "rules.service_logons_proliferate.BUILT_IN": 0x1000, "rules.windows_2000_view.WIDTH": 100000,
        "rules.windows_contradictory.SIZES": 2,
    },
    "the field": {
        "rules._view.PTES_TO_KEEP": 10000, "rules._gui.OBJECT_KB": 0.2, "rules._gui.PROCESS_KB": 7, "rules.browser_fleet.MANY": 20, "owners.LEAK_KB": 100,
        "owners.SIZE_KB": 40, "rules.service_logons_proliferate.IDLE_KB": 4, "rules.oversized_service_heaps.BUSY_CAPTURES": 3, "rules.handle_quota_reached.REACHED": 98,
    },
    "guesses, marked so where they stand": {
        "rules._commit.NEAR": 95, "rules._events.BOOTING": 300, "rules._view.SHARE": 0.75, "rules.desktop_heap_grows.NEAR": 30, "rules.desktop_heap_grows.SOON": 7,
        "rules.heaviest_on_desktop.EXPLAINS": 50, "rules.logon_source.MANY": 10, "rules.oversized_service_heaps.LITTLE": 25, "rules.reboot_pending.ROUNDING": 4096,
        "rules.service_logons_proliferate.MANY": 10, "rules.service_logons_proliferate.MORE": 3, "rules.service_start_after_event.AFTER": 180,
        "rules.session_handles.NEAR": 90, "rules.session_pool_exhausted.NEAR": 0.95, "rules.session_view_size_odd.TOO_LARGE": 1024,
        "rules.user_objects_offender.MANY": 1000, "rules.view_starves_kernel.NEAR": 0.9, "rules.young_boot.YOUNG": 3600, "trends.AT_REST": 1 / 3, "trends.FEWEST": 3,
        "trends.NEAR": 3600, "trends.SHORTEST": 1, "view_space.SMALLEST_LIMIT": 1024,
    },
    "how much a sentence or a list holds": {
        "owners.CUT": 14, "owners.MOST": 5, "rules._symptoms.MOST_TOLD": 3, "rules._symptoms.TAIL": 8, "rules.extra_interactive_desktops.NAMED": 5,
        "rules.heaviest_on_desktop.NAMED": 3,
    },
}  # fmt: skip


# The rules whose findings decide the verdict, and what each says. Of every other one no finding changes the answer, however bad it looks.
DECIDE = {
    "single-heap-full": {"desktop-heap-full", "heap-allocation-failed"},
    "view-space-exhausted": {"session-view-space-exhausted", "desktop-creation-failed"},
    "at-risk": {"desktop-heap-at-risk", "desktop-heap-grows", "service-heap-lowered", "session-view-space-pressure"},
    "incomplete": {"evidence-incomplete", "session-view-limit-unknown"},
    "contradictory": {"limit-contradicts-heaps", "sizes-contradict-heaps"},
    "wrong_scope": {"wrong-moment", "wrong-session", "young-boot", "failed-allocation-unexplained"},
    "symptom_only": {"symptom-unmeasured", "desktop-creation-unexplained"},
    "tool_failed": {"tool-failed"},
}


def numbers(name: str) -> Iterator[tuple[str, float]]:
    """The upper-case numbers that a module defines; what it imports is another module's."""
    module = importlib.import_module(f"dumpscan.{name}")
    for node in ast.parse(MODULES[name].read_text(encoding="utf-8")).body:
        targets = (
            node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
        )
        for target in targets:
            names = target.elts if isinstance(target, ast.Tuple) else [target]
            for one in names:
                value = getattr(module, one.id) if isinstance(one, ast.Name) and one.id.isupper() else None
                if isinstance(one, ast.Name) and isinstance(value, (int, float)) and not isinstance(value, bool):
                    yield one.id, value


CONSTANTS = {f"{module}.{name}": value for module in MODULES for name, value in numbers(module)}


def named_in_tests(constant: str) -> bool:
    """Whether the tests of a rule name its constant: they generate their texts from it. A helper's may stand in those of any rule."""
    module, _, name = constant.rpartition(".")
    slug = module.removeprefix("rules.")
    own = "*" if slug.startswith("_") else slug
    for path in (*(ROOT / "tests" / "rules").glob(f"test_{own}.py"), *(ROOT / "tests").glob(f"test_{slug}.py")):
        nodes = list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
        from_here = any(
            isinstance(node, ast.ImportFrom) and (node.module or "").endswith(slug) for node in nodes
        ) or any(isinstance(node, ast.ImportFrom) and slug in {alias.name for alias in node.names} for node in nodes)
        used = {node.id for node in nodes if isinstance(node, ast.Name)} | {
            node.attr for node in nodes if isinstance(node, ast.Attribute)
        }
        if from_here and name in used:
            return True
    return False


@pytest.mark.parametrize("constant", sorted(CONSTANTS))
def test_every_threshold_has_a_boundary(constant: str) -> None:
    assert constant in LINES or constant in NO_LINES or named_in_tests(constant), (
        f"{constant} = {CONSTANTS[constant]}: give it a Line in tests/test_boundaries.py, or generate the boundary test of its rule from it"
    )


def test_each_figure_is_that_of_its_source() -> None:
    assert {name: figure for some in FIGURES.values() for name, figure in some.items()} == CONSTANTS


def test_which_findings_decide_the_verdict() -> None:
    said: dict[str, set[str]] = {}
    for rule in all_rules().values():
        if rule.says is not None:
            said.setdefault(rule.says, set()).add(rule.name)
    assert said == DECIDE


def test_what_is_told_of_thresholds_is_of_today() -> None:
    assert {*LINES, *NO_LINES} - CONSTANTS.keys() == set(), "these are gone, or stand elsewhere"
    assert all(NO_LINES.values())


@pytest.fixture(scope="module")
def seen() -> dict[tuple[str, int], Document]:
    """All documents, from one analysis."""
    lines = {name: (at, line) for name, (at, line) in CONTRACT.items()}
    lines |= {name: (CONSTANTS[name], line) for name, line in LINES.items() if name in CONSTANTS}
    texts = {(name, side): text for name, (at, line) in lines.items() for side, text in enumerate(line.texts(at))}
    told = compose.documents({f"{name} {side}": text for (name, side), text in texts.items()})
    return {(name, side): told[f"{name} {side}"] for name, side in texts}


@pytest.mark.parametrize("name", CONTRACT)
def test_the_lines_of_the_contract(seen: dict[tuple[str, int], Document], name: str) -> None:
    _, line = CONTRACT[name]
    assert [line.look(seen[name, side]) for side in range(3)] == [line.below, line.at, line.above]
    assert line.below != line.at or line.at != line.above, "nothing changes there"


@pytest.mark.parametrize("name", LINES)
def test_the_lines_of_the_rules(seen: dict[tuple[str, int], Document], name: str) -> None:
    line = LINES[name]
    assert [line.look(seen[name, side]) for side in range(3)] == [line.below, line.at, line.above]
    assert line.below != line.at or line.at != line.above, "nothing changes there"
