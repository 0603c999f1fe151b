"""A service heap below the default of its Windows and half used: somebody lowered it, and a busy moment fills it."""

from __future__ import annotations

import compose
import pytest
from compose import DEFAULT, DISCONNECT, SYSTEM, WINLOGON, X64, X86, Heap

RULE = "service-heap-lowered"
OPEN: list[Heap] = [(DEFAULT, 4096, 5), (SYSTEM, 512, 5)]  # no size of it tells the architecture


def test_fires() -> None:
    """Blog comment 74: 59.1 % used when idle, over 99 % when it failed."""
    text = compose.dheapmon(0, compose.resized(X86, SYSTEM, 256, 59.1))
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


LOWERED = compose.dheapmon(0, compose.resized(X86, SYSTEM, 256, 59.1))
TO_THE_DEFAULT = (
    "(SharedSection=1024,3072,384 becomes SharedSection=1024,3072,512) again, if session view space has room for it."
)
CROWDED = [(DEFAULT, 3072, 5.0), *((compose.service(at), 256, 1.0) for at in range(62))]


def test_how_it_becomes_larger() -> None:
    """Not where the registry asks for it already, where there is no room, where Windows fell back, or where nothing tells the default."""
    in_force = compose.running_sections("1024,3072,256") + LOWERED
    old = compose.banner(3790)
    fell = [(path, {3072: 512, 512: 128}.get(kb, kb), 60 if path == SYSTEM else used) for path, kb, used in X86]
    cases: dict[str, compose.Text] = {
        "asked for": compose.stored_sections("1024,3072,512") + in_force,
        "more asked for": compose.stored_sections("1024,3072,768") + in_force,
        "less asked for": compose.stored_sections("1024,3072,384") + in_force,
        "open": compose.dheapmon(0, compose.resized(OPEN, SYSTEM, 256, 60)),
        "Vista": compose.banner(6002, name="Windows Vista", target="x64")
        + compose.dskheap(0, compose.resized(X64, SYSTEM, 512, 60)),
        "fell back": compose.dheapmon(0, fell),
        "no room": old + compose.vm4(5120) + LOWERED,
        "no room beside it": old + compose.vm4(20480, sessions=(0, 2)) + LOWERED + compose.dheapmon(2, CROWDED),
    }
    docs = compose.documents(cases)
    told = {name: compose.findings(doc, RULE)[0] for name, doc in docs.items()}
    restart = "as the third SharedSection value: restart, there is nothing to raise."
    raised = {
        "asked for": f"The registry already asks for 512 KB {restart}",
        "more asked for": f"The registry already asks for 768 KB {restart}",
        "less asked for": f"Raise the third SharedSection value from 384 in the registry (256 KB are in force) to 512 {TO_THE_DEFAULT}",
        "open": "Raise the third SharedSection value to the default of this Windows again, if session view space has room for it; which one that is, only the architecture of this machine tells.",
        "Vista": "Raise the third SharedSection value from 512 to 768 again.",
    }
    for name, one in told.items():
        reboot = compose.reboot_advice(one)
        futile = [line["text"] for line in one["advice"] if line["when"] == "futile"]
        (now,) = (line["text"] for line in one["advice"] if line["when"] == "now")
        assert now.startswith("Capture again while it fails")
        assert futile[-1].startswith("SessionViewSize alone"), name
        causes = [line["text"] for line in one["advice"] if line["when"] == "cause"]
        if name == "fell back":
            assert "Read the configured SharedSection values first" in reboot[0] and causes == []
            continue
        why = "." if name == "Vista" else ": often because session view space was exhausted."
        assert causes == [f"Ask who lowered the third SharedSection value and why{why}"], name
        assert reboot == ([raised[name]] if name in raised else []), name
        full = "A third SharedSection value of 512 as things are: session view space has no room for it. Fewer desktops come first."
        assert futile[:-1] == ([] if name in raised else [full]), name
    assert docs["asked for"]["verdict"]["mode"] == "at-risk"


def test_words_and_figures() -> None:
    """128 KB can be what Windows fell back to before Vista: nobody need have lowered it. Each machine has its own default."""
    vista = compose.banner(6002, name="Windows Vista", target="x64")
    cases: dict[str, compose.Text] = {
        "128 KB": compose.dheapmon(0, compose.replaced(X86, SYSTEM, 128, 60)),
        "128 KB of Vista": vista + compose.dskheap(0, compose.replaced(X64, SYSTEM, 128, 60)),
        "two machines": {
            "a/kd.txt": compose.dheapmon(0, compose.replaced(X86, SYSTEM, 256, 59.1)),
            "b/kd.txt": compose.dskheap(0, compose.resized(X64, SYSTEM, 512, 60)),
        },
    }
    docs = compose.documents(cases)
    (fallen,) = compose.findings(docs["128 KB"], RULE)
    assert fallen["summary"] == (
        rf"The desktop heap of {SYSTEM} in session 0 is smaller than the default (128 KB instead of 512 KB) and is 60.0 % used: a busy moment can fill it."
    )
    (lowered,) = compose.findings(docs["128 KB of Vista"], RULE)
    assert rf"{SYSTEM} in session 0 was made smaller than the default (128 KB instead of 768 KB) and is 60 % used" in lowered["summary"]  # fmt: skip
    first, second = compose.findings(docs["two machines"], RULE)
    assert first["subject"] == {
        "session": 0,
        "window_station": "Service-0x0-3e7$",
        "desktop": "Default",
        "size_kb": 256,
        "used_percent": 59.1,
        "free_kb": 104.576,
        "default_kb": 512,
    }
    assert second["subject"]["default_kb"] == 768
    assert [one["machine"] for one in (first, second)] == ["a", "b"]


def test_no_value_for_one_small_heap_among_others() -> None:
    """Nobody lowered a value that all others of its kind have as it was."""
    (finding,) = compose.findings(compose.document(compose.dheapmon(0, compose.replaced(X86, SYSTEM, 256, 59.1))), RULE)
    assert compose.reboot_advice(finding) == []
    assert any("256 KB are not the size of such heaps here" in line["text"] for line in finding["advice"])
    assert "third SharedSection value from" not in str(finding["advice"])
