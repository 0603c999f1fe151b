"""A service heap below the default of its Windows and half used: somebody lowered it, and a busy moment fills it."""

from __future__ import annotations

import compose
import pytest
from compose import DEFAULT, DISCONNECT, SYSTEM, WINLOGON, X64, X86, Heap

RULE = "service-heap-lowered"
OPEN: list[Heap] = [(DEFAULT, 4096, 5), (SYSTEM, 512, 5)]  # no size of it tells the architecture


def test_fires() -> None:
    """Blog comment 74: 59.1 % used when idle, over 99 % when it failed."""
    text = compose.dheapmon(0, compose.replaced(X86, SYSTEM, 256, 59.1))
    told = compose.document(text)
    (finding,) = compose.findings(told, RULE)
    assert (finding["severity"], finding["certainty"]) == ("medium", "likely")
    assert compose.cited(finding)[0] == ("-", compose.line_of(text, SYSTEM))
    assert all(figure in finding["evidence"][0]["shows"] for figure in ("256 KB", "59.1 %", "512 KB"))
    assert (finding["subject"]["size_kb"], finding["subject"]["default_kb"]) == (256, 512)
    (line,) = compose.reboot_advice(finding)
    assert "third SharedSection value from 256 to 512" in line
    assert not any("SessionViewSize" in action for action in finding["actions"])
    assert told["verdict"]["mode"] == "at-risk"


def test_near_miss() -> None:
    cases: dict[str, compose.Text] = {
        "less than half": compose.dheapmon(0, compose.replaced(X86, SYSTEM, 256, 49.9)),
        "the default": compose.dheapmon(0, compose.replaced(X86, SYSTEM, 512, 79)),
        "no service heap": compose.dheapmon(0, compose.replaced(X86, DEFAULT, 256, 60)),
        "Winlogon": compose.dheapmon(0, compose.replaced(X86, WINLOGON, 128, 60)),
        "told by the other rules": compose.dheapmon(0, compose.replaced(X86, SYSTEM, 256, 85)),
        "sizes without a use": compose.dskheap(0, X86) + "\n" + compose.deskscan([(SYSTEM, 256), (DEFAULT, 2048)]),
        "history": compose.dheapmon(0, compose.replaced(X86, SYSTEM, 256, 60)) + compose.dheapmon(0, X86),
    }
    told = {name: compose.findings(one, RULE) for name, one in compose.documents(cases).items()}
    assert told == {name: [] for name in cases}


def test_no_data() -> None:
    cases: dict[str, compose.Text] = {
        "another command": compose.vm4(),
        "no use": compose.in_bytes(262144, 262144),
        "failed": compose.FAILED,
    }
    assert set(compose.statuses(cases, RULE).values()) == {"no_data"}


@pytest.mark.parametrize(("base", "default"), [(X86, 512), (X64, 768), (OPEN, 512)], ids=["x86", "x64", "open"])
def test_boundary(base: list[Heap], default: int) -> None:
    """Half used and smaller than the default, each just before, at and just past; at 80 % the rule for filling heaps takes over."""
    cases: dict[str, compose.Text] = {}
    expected = {}
    for listing, steps in ((compose.dskheap, (49.0, 50, 51, 79, 80)), (compose.dheapmon, (49.9, 50, 50.1, 79.9, 80))):
        for kb in (default - 256, default - 4, default, default + 4):
            for percent in steps:
                name = f"{listing.__name__} {kb} {percent}"
                cases[name] = listing(0, compose.replaced(base, SYSTEM, kb, percent))
                expected[name] = (
                    {RULE}
                    if kb < default and 50 <= percent < 80
                    else {"desktop-heap-at-risk"}
                    if percent >= 80
                    else set()
                )
    rules = {RULE, "desktop-heap-at-risk"}
    assert {name: compose.fired(made) & rules for name, made in compose.documents(cases).items()} == expected


def test_contradictory_architecture() -> None:
    """Fixed heaps of both kinds: the smaller default accuses nobody."""
    heaps: list[Heap] = [(DEFAULT, 4096, 5), (WINLOGON, 192, 5), (DISCONNECT, 64, 5), (SYSTEM, 640, 60)]
    assert compose.statuses({"both": compose.dheapmon(0, heaps)}, RULE) == {"both": "clear"}
