r"""A heap that was nearly full, was made larger, and is nearly full again: a leak, not the size."""

from __future__ import annotations

import compose
import pytest
from compose import SYSTEM, WINLOGON, X86

from dumpscan.rules._history import NEARLY_FULL

RULE = "enlarging-did-not-help"
TASKS = r"SAWinSta\SADesktop"
AGENTS, LATER_AGENTS = r"Service-0x0-2461f$\Default", r"Service-0x0-30a11$\Default"


def at(day: float, kb: int, percent: float, path: str = TASKS, session: int = 0) -> str:
    """A listing of that day, in which this heap has these figures."""
    heaps = [*(heap for heap in X86 if heap[0] != path), (path, kb, percent)]
    return compose.march(day) + compose.dheapmon(session, heaps)


FIRES = at(1, 512, 98.6) + at(20, 2048, 96.1)


def test_fires() -> None:
    told = compose.document(FIRES)
    (finding,) = compose.findings(told, RULE)
    assert (finding["severity"], finding["certainty"]) == ("high", "likely")
    assert "from 512 KB to 2,048 KB" in finding["summary"] and "98.6 % used before, 96.1 % now" in finding["summary"]
    lines = [number for number, line in enumerate(FIRES.splitlines(), 1) if TASKS in line]
    assert compose.cited(finding) == [("-", lines[1]), ("-", lines[0])]
    assert not compose.reboot_advice(finding)
    (futile,) = (one["text"] for one in finding["advice"] if one["when"] == "futile")
    assert futile.startswith("A heap larger than 2,048 KB")
    assert told["verdict"]["mode"] == "single-heap-full"


def test_no_larger_heap_is_advised_beside_it() -> None:
    """What failed once is not advised again by the rule on the full heap."""
    told = compose.documents(
        {"full": FIRES, "at risk": at(1, 3072, 97, compose.DEFAULT) + at(9, 12288, 95, compose.DEFAULT)}
    )
    for name, rule, second in (
        ("full", "desktop-heap-full", "2,048 KB"),
        ("at risk", "desktop-heap-at-risk", "12,288 KB"),
    ):
        (finding,) = compose.findings(told[name], rule)
        assert not compose.reboot_advice(finding)
        (futile,) = (
            one["text"] for one in finding["advice"] if one["when"] == "futile" and "still larger" in one["text"]
        )
        assert second in futile
    assert compose.of_rule(told["full"], "desktop-heap-was-full")["status"] == "clear", "it still is full"


def test_an_account_is_followed_over_a_restart() -> None:
    """The LUID in the name of a window station is another one after the restart that a new size needs."""
    first = at(1, 512, 98.6, AGENTS) + compose.logged_on(r"CORP\svc_sql", 0x2461F)
    second = at(20, 1024, 97.0, LATER_AGENTS) + compose.logged_on(r"corp\SVC_SQL", 0x30A11)
    other = at(20, 1024, 97.0, LATER_AGENTS) + compose.logged_on(r"CORP\svc_web", 0x30A11)
    nobody = at(20, 1024, 97.0, AGENTS)
    told = compose.documents(
        {"same": first + second, "other": first + other, "same LUID": at(1, 512, 98.6, AGENTS) + nobody}
    )
    (finding,) = compose.findings(told["same"], RULE)
    assert r"(corp\SVC_SQL)" in finding["summary"]
    assert len(compose.cited(finding)) == 3, "with the line that names the account"
    assert not compose.findings(told["other"], RULE) and not compose.findings(told["same LUID"], RULE)


def test_a_session_of_a_user_is_only_possible() -> None:
    """Session 2 may be of somebody else after the restart."""
    text = at(1, 3072, 97, compose.DEFAULT, session=2) + at(9, 4096, 95, compose.DEFAULT, session=2)
    (finding,) = compose.findings(compose.document(text), RULE)
    assert finding["certainty"] == "possible"


def test_near_miss() -> None:
    cases: dict[str, compose.Text] = {
        "made smaller": at(1, 2048, 98.6) + at(20, 512, 96.1),
        "the same size": at(1, 2048, 98.6) + at(20, 2048, 96.1),
        "in the other order": at(20, 512, 98.6) + at(1, 2048, 96.1),
        "it helped": at(1, 512, 98.6) + at(20, 2048, 40),
        "it was not full before": at(1, 512, 40) + at(20, 2048, 96.1),
        "another heap": at(1, 512, 98.6) + at(20, 2048, 96.1, SYSTEM),
        "another session": at(1, 512, 98.6) + at(20, 2048, 96.1, session=3),
        "full in between, mended since": at(1, 512, 98.6) + at(9, 2048, 96.1) + at(20, 2048, 10),
        "Winlogon, whose size nobody sets": at(1, 128, 98.6, WINLOGON) + at(20, 192, 98.6, WINLOGON),
        "two files without a time": {"a.txt": compose.dheapmon(0, compose.replaced(X86, TASKS, 512, 98.6)), "b.txt": compose.dheapmon(0, compose.replaced(X86, TASKS, 2048, 96.1))},
    }  # fmt: skip
    assert {name: compose.findings(one, RULE) for name, one in compose.documents(cases).items()} == {
        name: [] for name in cases
    }


def test_no_data() -> None:
    cases: dict[str, compose.Text] = {
        "another command": compose.vm4(),
        "a tool that failed": compose.FAILED,
        "nothing": "",
    }
    assert set(compose.statuses(cases, RULE).values()) == {"no_data"}


def test_stamps_of_files_are_times() -> None:
    """The names of the files tell the order, not the order in which they are read."""
    old, new = (compose.dheapmon(0, compose.replaced(X86, TASKS, kb, 97)) for kb in (512, 2048))
    told = compose.documents(
        {
            "grown": {"TS01/a_20090301.txt": old, "TS01/b_20090320.txt": new},
            "shrunk": {"TS01/a_20090320.txt": old, "TS01/b_20090301.txt": new},
        }
    )
    assert [len(compose.findings(told[name], RULE)) for name in told] == [1, 0]


@pytest.mark.parametrize("which", ["before", "now"])
def test_boundary(which: str) -> None:
    """Nearly full begins at the same percentage before and after."""
    cases = {
        percent: (percent, 95.0) if which == "before" else (95.0, percent)
        for percent in (NEARLY_FULL - 0.1, NEARLY_FULL, NEARLY_FULL + 0.1)
    }
    told = compose.documents(
        {str(percent): at(1, 512, old) + at(20, 2048, new) for percent, (old, new) in cases.items()}
    )
    assert {percent: len(compose.findings(told[str(percent)], RULE)) for percent in cases} == {
        percent: int(percent >= NEARLY_FULL) for percent in cases
    }
