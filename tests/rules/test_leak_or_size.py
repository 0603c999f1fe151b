"""KB for each process of a filling desktop: much each is a leak, little each a matter of size."""

from __future__ import annotations

import compose
from compose import SYSTEM, X64, X86

from dumpscan.owners import LEAK_KB, SIZE_KB

RULE = "leak-or-size"


def text(percent: float, processes: int, *, session: int = 0, kb: int = 512) -> str:
    owners = [(session, SYSTEM, "job.exe", 4000 + number) for number in range(processes)]
    return compose.dheapmon(0, compose.replaced(X86, SYSTEM, kb, percent)) + compose.on_desktops(owners)


FIRES = text(99.5, 3)


def test_fires() -> None:
    """The field: 3 at 170 KB is a leak, 45 at 11 KB a matter of size."""
    told = compose.documents({"leak": FIRES, "size": text(96.7, 45)})
    (leak,), (size,) = (compose.findings(told[name], RULE) for name in ("leak", "size"))
    assert (leak["severity"], leak["certainty"]) == ("medium", "possible")
    assert leak["summary"].startswith(rf"3 processes on {SYSTEM} in session 0 take 509 KB of its heap, 170 KB each")
    assert "leaks" in leak["summary"] and any(one["when"] == "futile" for one in leak["advice"])
    assert size["summary"].startswith(rf"45 processes on {SYSTEM} in session 0 take 495 KB of its heap, 11 KB each")
    assert "too small" in size["summary"]
    lines = [FIRES.splitlines()[line - 1] for _, line in compose.cited(leak)]
    assert SYSTEM in lines[0] and ["job.exe" in line for line in lines] == [False, True, True, True]


def test_near_miss() -> None:
    cases: dict[str, compose.Text] = {
        "room": text(60, 3),
        "another session": text(99.5, 3, session=1),
        "between": text(99.5, 8),
        "another desktop": text(99.5, 3).replace("Service-0x0-3e7$\t", "Service-0x0-3e4$\t"),
        "a healthy machine": compose.dskheap(0, X64) + compose.on_desktops([(0, SYSTEM, "job.exe", 4000)]),
    }
    assert set(compose.statuses(cases, RULE).values()) == {"clear"}


def test_no_data() -> None:
    cases: dict[str, compose.Text] = {
        "no processes": compose.dheapmon(0, X86),
        "no heaps": compose.on_desktops([(0, SYSTEM, "a.exe", 4)]),
    }
    assert set(compose.statuses(cases, RULE).values()) == {"no_data"}


def test_boundary() -> None:
    """Used KB by processes at, below and above both lines: 100 percent of a heap of that size, and one process a KB more or less."""
    cases: dict[str, compose.Text] = {
        f"{each} {off}": text(100, 4, kb=each * 4 + off) for each in (LEAK_KB, SIZE_KB) for off in (-4, 0, 4)
    }
    told = {name: compose.findings(one, RULE) for name, one in compose.documents(cases).items()}
    assert {name: [one["subject"]["leak"] for one in found] for name, found in told.items()} == {
        f"{LEAK_KB} -4": [], f"{LEAK_KB} 0": [True], f"{LEAK_KB} 4": [True], f"{SIZE_KB} -4": [False], f"{SIZE_KB} 0": [False], f"{SIZE_KB} 4": [],
    }  # fmt: skip
