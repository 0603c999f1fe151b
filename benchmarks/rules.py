"""All rules over 100,000 cases in one set of tables: seconds and megabytes of each step, the slowest first.

python benchmarks/rules.py              100,000 cases
python benchmarks/rules.py 10000        fewer of them
python benchmarks/rules.py 100000 view  only the steps with this word in their names, with the functions that take their time

The tables are those of the mix that tests/test_engine.py keeps (one case of each kind, and one for each rule), each with its share of all
fixtures beside it, repeated under other names of cases and machines; nothing is read. Each step runs over half of the cases and over all of them,
and on tables without a row.
"""

from __future__ import annotations

import cProfile
import gc
import pstats
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

import compose  # noqa: E402
import numpy as np  # noqa: E402
import pandas as pd  # noqa: E402
from test_engine import MIX  # noqa: E402

import dumpscan  # noqa: E402
from dumpscan.complaint import NOTHING_SAID, complaints  # noqa: E402
from dumpscan.configured import configured  # noqa: E402
from dumpscan.model import TABLES  # noqa: E402
from dumpscan.owners import desktop_users, owners  # noqa: E402
from dumpscan.platforms import platforms, signs  # noqa: E402
from dumpscan.rules import all_rules, run  # noqa: E402
from dumpscan.rules._advised import advised  # noqa: E402
from dumpscan.trends import trend_points, trends  # noqa: E402
from dumpscan.verdict import judge  # noqa: E402
from dumpscan.view_space import view_space  # noqa: E402

CASES = 100_000
FIXTURES = ROOT / "fixtures"
LISTINGS = ("dskheap", "dheapmon", "cases")  # the mix has enough heaps
EVENTS = "".join(
    compose.event(7036, f"2007-03-0{day} 07:05:33", source="Service Control Manager") for day in range(1, 4)
).encode()
PEAK, CLEAR = Path("/proc/self/status"), Path("/proc/self/clear_refs")
Tables = dict[str, pd.DataFrame]


def mixed() -> dict[str, list[bytes]]:
    """A few dozen cases in which every table has rows."""
    texts = [path for path in sorted(FIXTURES.rglob("*")) if path.is_file() and path.parent.parent == FIXTURES]
    beside = [path for path in texts if path.suffix != ".json" and path.parent.name not in LISTINGS]
    return {
        name: [text, EVENTS, *(path.read_bytes() for path in beside[at :: len(MIX)])]
        for at, (name, text) in enumerate(MIX.items())
    }


def repeated(tables: Tables, copies: int) -> Tables:
    """The same rows for so many other cases on other machines. As after reading, all tables share one index of cases and one of machines."""
    indexes = {
        column: pd.Index(
            [f"{name} {copy}" for copy in range(copies) for name in tables["captures"][column].cat.categories]
        )
        for column in ("case", "machine")
    }

    def keys(frame: pd.DataFrame, column: str) -> pd.Categorical:
        names = len(frame[column].cat.categories)
        codes = frame[column].cat.codes.to_numpy() + np.arange(copies)[:, None] * names
        return pd.Categorical.from_codes(codes.ravel(), categories=indexes[column])

    return {
        name: frame.take(np.tile(np.arange(len(frame)), copies))
        .reset_index(drop=True)
        .assign(**{column: keys(frame, column) for column in indexes})
        for name, frame in tables.items()
    }


def megabytes(field: str) -> float:
    """Of the memory of this process, now (VmRSS) or at most (VmHWM); Linux only."""
    lines = PEAK.read_text(encoding="utf-8").splitlines() if PEAK.exists() else []
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith(field)), float("nan"))


def measured(step: Callable[[], Any]) -> tuple[Any, float, float]:
    """What a step gives, its seconds of processor time (other work on the machine does not count), and how many megabytes it took on top at most."""
    gc.collect()
    if CLEAR.exists():
        CLEAR.write_text("5", encoding="utf-8")  # the peak counts from here
    before, began = megabytes("VmRSS"), time.process_time()
    result = step()
    return result, time.process_time() - began, megabytes("VmHWM") - before


def steps(tables: Tables, cases: int, wanted: str = "") -> tuple[dict[str, tuple[float, float]], list[Any]]:
    """Everything between the tables and the verdicts, step by step."""
    took: dict[str, tuple[float, float]] = {}

    def timed(name: str, step: Callable[[], Any]) -> Any:
        profile = cProfile.Profile() if wanted and wanted in name else None
        result, *took[name] = measured(step) if profile is None else profile.runcall(measured, step)
        if profile is not None:
            print(name)
            pstats.Stats(profile).sort_stats("cumulative").print_stats(30)
        return result

    told = timed("(signs)", lambda: signs(tables))
    plain = timed("(platforms)", lambda: platforms(tables, told))
    known = timed("(configured)", lambda: configured(tables, plain))
    view = timed("(view space)", lambda: view_space(tables, known))
    users = timed("(desktop users)", lambda: desktop_users(tables))
    points = timed("(trend points)", lambda: trend_points(tables))
    derived = {
        "desktop_users": users,
        "owners": timed("(owners)", lambda: owners(tables, users)),
        "trend_points": points,
        "trends": timed("(trends)", lambda: trends(points, tables["gui_objects"], tables["captures"])),
    }
    nothing_said = timed("(complaints)", lambda: complaints(NOTHING_SAID, [*tables["captures"]["case"].cat.categories]))
    full = tables | derived | {"complaints": nothing_said, "signs": told, "platforms": known, "view_space": view}
    full["advised"], full["sizing"] = timed("(advised)", lambda: advised(full))
    outcomes = [timed(rule.name, lambda rule=rule: run(full, cases, [rule])[0]) for rule in all_rules().values()]
    timed("(verdict)", lambda: judge(full, outcomes))
    return took, outcomes


def on_nothing(tables: Tables) -> dict[str, float]:
    """Seconds of each check on tables without a row."""
    none = {name: frame.head(0) for name, frame in tables.items()}
    users, points = desktop_users(none), trend_points(none)
    none |= {"desktop_users": users, "owners": owners(none, users), "trend_points": points}
    none["trends"] = trends(points, none["gui_objects"], none["captures"])
    told = signs(none)
    known = configured(none, platforms(none, told))
    none |= {
        "complaints": complaints(NOTHING_SAID, []),
        "signs": told,
        "platforms": known,
        "view_space": view_space(none, known),
    }
    none["advised"], none["sizing"] = advised(none)
    return {
        rule.name: measured(lambda rule=rule: rule.check(**{name: none[name] for name in rule.reads}))[1]
        for rule in all_rules().values()
    }


def main(cases: int, wanted: str) -> None:
    one = dumpscan.analyze_cases(mixed())
    read = {name: one.tables[name] for name in TABLES}
    copies = cases // len(MIX)
    half, _ = steps(repeated(read, copies // 2), copies // 2 * len(MIX))
    tables, _, size = measured(lambda: repeated(read, copies))
    took, outcomes = steps(tables, copies * len(MIX), wanted)
    for alone, outcome in zip(one.outcomes, outcomes, strict=True):
        assert (outcome.status.reshape(copies, -1) == alone.status).all(), f"{alone.rule.name} judges copies otherwise"
        assert not outcome.reasons
    empty = on_nothing(tables)
    rows = ", ".join(f"{len(frame) / cases:.1f} {name}" for name, frame in tables.items() if len(frame) > cases / 20)
    print(f"{copies * len(MIX):,} cases ({len(MIX)} kinds); rows a case: {rows}\n")
    print("| step | s | n over n/2 | MB on top | findings | ms on nothing |\n|---|---|---|---|---|---|")
    found = {one.rule.name: len(one.found.findings) for one in outcomes if one.found is not None}
    for name, (seconds, more) in sorted(took.items(), key=lambda item: -item[1][0]):
        nothing = f"{1000 * empty[name]:.1f}" if name in empty else ""
        print(
            f"| {name} | {seconds:.2f} | {seconds / half[name][0]:.1f} | {more:.0f} | {found.get(name, '')} | {nothing} |"
        )
    total = sum(seconds for seconds, _ in took.values())
    print(
        f"\nall: {total:.1f} s; the tables {size:.0f} MB; the highest step {max(more for _, more in took.values()):.0f} MB on top"
    )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else CASES, sys.argv[2] if len(sys.argv) > 2 else "")
