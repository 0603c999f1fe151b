"""A heap that is filling up: between 80 % and full, by percentage and by free KB."""

from __future__ import annotations

import compose
import pytest
from compose import DEFAULT, DISCONNECT, SYSTEM, WINLOGON, X64, X86, Printed

RULE = "desktop-heap-at-risk"
EXACTLY_256 = [Printed(4096, 937, "dheapmon"), Printed(20480, 987, "dheapmon")]
GRID_KB = (100, 128, 152, 156, 512, 3072, 5248, 5252, 9752, 9756, 12288, 20480)


def test_fires() -> None:
    text = compose.dskheap(0, compose.replaced(X86, SYSTEM, 512, 85))
    told = compose.document(text)
    (finding,) = compose.findings(told, RULE)
    assert (finding["severity"], finding["certainty"]) == ("medium", "likely")
    assert compose.cited(finding)[0] == ("-", compose.line_of(text, SYSTEM))
    assert finding["subject"]["free_kb"] == pytest.approx(512 * 0.145)
    (line,) = compose.reboot_advice(finding)
    assert "third SharedSection value from 512 to 1024" in line
    assert (told["verdict"]["mode"], told["verdict"]["reason"]) == ("at-risk", None)


def test_large_heap_fires() -> None:
    """98 % of 20,480 KB leave as much as a whole service heap: near, not full."""
    told = compose.document(compose.dskheap(0, compose.replaced(X64, DEFAULT, 20480, 98)))
    (finding,) = compose.findings(told, RULE)
    assert finding["subject"]["free_kb"] == pytest.approx(307.2)
    assert not compose.reboot_advice(finding), "20480 is the most that the second value should be"
    assert told["verdict"]["mode"] == "at-risk"


def test_near_miss() -> None:
    cases: dict[str, compose.Text] = {
        "one below 80": compose.dskheap(0, compose.replaced(X86, SYSTEM, 512, 79)),
        "80 % of a large heap": compose.dskheap(0, compose.replaced(X64, DEFAULT, 20480, 89)),
        "no size": compose.dskheap(0, [*X86, (compose.service(1), 0, 85)]),
        "sizes without a use": compose.dskheap(0, X86) + "\n" + compose.deskscan([(SYSTEM, 256), (DEFAULT, 2048)]),
        "full": compose.dskheap(0, compose.replaced(X86, SYSTEM, 512, 90)),
        "full below 90 %": compose.dskheap(0, [*X86, (compose.service(1), 128, 89)]),
        "a session that recovered": compose.dskheap(0, compose.replaced(X86, SYSTEM, 512, 85))
        + compose.dskheap(0, X86),
    }
    assert set(compose.statuses(cases, RULE).values()) == {"clear"}


def test_no_data() -> None:
    cases: dict[str, compose.Text] = {
        "another command": compose.view_size(20480),
        "a size without a use": compose.in_bytes(6291456, 6291456),
        "a tool that failed": compose.FAILED,
        "a listing without its total": compose.dskheap(0, X86, total=False),
    }
    assert set(compose.statuses(cases, RULE).values()) == {"no_data"}


def _of_contract(one: Printed, fixed: bool = False) -> str | None:
    return "likely" if compose.judged(one, fixed) == "at-risk" else None


@pytest.mark.parametrize("tool", ["dskheap", "dheapmon"])
@pytest.mark.parametrize(
    ("free_kb", "percents", "sizes"),
    [
        (16, range(80, 90), range(100, 400)),
        (256, range(90, 99), range(4, 60000)),
        (1024, range(80, 90), range(4, 20000)),
    ],
    ids=["16", "256", "1024"],
)
def test_boundary(tool: str, free_kb: int, percents: range, sizes: range) -> None:
    """Free KB just below, at and just above each line, for each percentage that can be printed."""
    pairs = [one for one in compose.around(free_kb, tool, percents, sizes) if one not in EXACTLY_256]
    assert compose.sides(pairs, free_kb) >= {-1, 1} | (
        {0} if tool == "dskheap" else set()
    )  # dheapmon can hardly hit a line
    assert compose.told_of(pairs, RULE) == {one: _of_contract(one) for one in pairs}


def test_boundary_at_exactly_256() -> None:
    """The two heaps of which dheapmon can tell exactly 256 KB free: at risk, not full."""
    assert compose.told_of(EXACTLY_256, RULE) == dict.fromkeys(EXACTLY_256, "likely")


def test_boundary_of_percent() -> None:
    """80 and 90 % in the last digit that the tool prints."""
    for tool, near in (("dskheap", (790, 800, 810, 890, 900, 910)), ("dheapmon", (799, 800, 801, 899, 900, 901))):
        pairs = [Printed(kb, tenths, tool) for kb in GRID_KB for tenths in near]
        expected = {one: _of_contract(one) for one in pairs}
        assert set(expected.values()) == {"likely", None}
        assert compose.told_of(pairs, RULE) == expected


@pytest.mark.parametrize(("path", "kb"), [(WINLOGON, 128), (DISCONNECT, 64)])
def test_nothing_to_configure_for_fixed_heaps(path: str, kb: int) -> None:
    (finding,) = compose.findings(compose.document(compose.dskheap(0, compose.replaced(X86, path, kb, 89))), RULE)
    assert not compose.reboot_advice(finding)
    assert not any("SharedSection" in action for action in finding["actions"])


@pytest.mark.parametrize(("kb", "larger"), [(3072, 4096), (4096, 5120), (6144, 7168)])
def test_second_value_planned(kb: int, larger: int) -> None:
    (finding,) = compose.findings(compose.document(compose.dskheap(0, compose.replaced(X86, DEFAULT, kb, 85))), RULE)
    (line,) = compose.reboot_advice(finding)
    assert f"second SharedSection value from {kb} to {larger}" in line


def test_second_value_planned_up_to_its_ceiling() -> None:
    (finding,) = compose.findings(compose.document(compose.dskheap(0, compose.replaced(X64, DEFAULT, 20000, 98))), RULE)
    (line,) = compose.reboot_advice(finding)
    assert "second SharedSection value from 20000 to 20480" in line


def test_it_says_who_shares_the_heap_and_what_still_fits() -> None:
    """Free KB in processes, and whom to look at: as for a full heap."""
    (finding,) = compose.findings(compose.document(compose.dskheap(0, compose.replaced(X86, SYSTEM, 512, 85))), RULE)
    assert "74.2 KB free, room for about 7 more processes at 10 KB." in finding["summary"]
    (whole,) = compose.findings(compose.document(compose.dheapmon(0, compose.replaced(X86, SYSTEM, 512, 81.4))), RULE)
    assert "at worst 95 KB free" in whole["summary"], "94.976 KB: no decimal that says nothing"
    assert any("All services under LocalSystem" in one["text"] for one in finding["advice"] if one["when"] == "now")
    assert any("another heap of 512 KB" in one["text"] for one in finding["advice"] if one["when"] == "cause")


def test_no_advice_is_empty() -> None:
    """A heap of a program's own station, a named desktop, one whose owner is not known: what holds for all is told, and nothing beside it."""
    heaps = [(r"Private\Default", 1024, 85), (r"WinSta0\Kiosk", 2048, 85), (compose.service(1), 512, 85)]
    told = compose.findings(compose.document(compose.dskheap(0, [*X86, *heaps])), RULE)
    assert len(told) == 3 and all(one["text"] for finding in told for one in finding["advice"])
