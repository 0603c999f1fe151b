"""Event 244 before Vista: session view space, unless a listing shows that heaps take little of it."""

from __future__ import annotations

import compose
from compose import DEFAULT, SYSTEM, WINLOGON, X86

RULE = "desktop-creation-failed"
OLD = compose.banner(3790)
VIEW = compose.view_size(20480)


def test_fires() -> None:
    document = compose.document(OLD + compose.event(244) + compose.event(244, "2007-03-09 08:00:00"))
    (finding,) = compose.findings(document, RULE)
    assert (finding["severity"], finding["certainty"]) == ("critical", "likely")
    assert [line for _, line in compose.cited(finding)] == [6, 13]
    assert (document["verdict"]["mode"], document["verdict"]["certainty"]) == ("view-space-exhausted", "likely")


def test_near_miss() -> None:
    cases: dict[str, compose.Text] = {
        "no time": OLD + compose.event(244, ""),
        "another source": OLD + compose.event(244, source="SNA Server"),
        "Windows not known": compose.event(244),
        "heaps take little": OLD + compose.event(244) + VIEW + compose.dskheap(0, X86),
    }
    assert compose.statuses(cases, RULE) == {
        "no time": "no_data", "another source": "clear", "Windows not known": "clear", "heaps take little": "clear",
    }  # fmt: skip
    assert compose.statuses({"Vista": compose.banner(7601) + compose.event(244)}, RULE) == {"Vista": "not_applicable"}


def test_no_data() -> None:
    assert compose.statuses({"another command": compose.vm4(), "nothing": "Nothing.\n"}, RULE) == {
        "another command": "no_data", "nothing": "no_data",
    }  # fmt: skip


def test_boundary() -> None:
    """60 % of 20,480 KB are 12,288 KB."""
    for kb, fires in ((12284, False), (12288, True), (12292, True)):
        rest = kb - sum(heap[1] for heap in X86)
        heaps = [*X86, (compose.service(1), rest, 1)]
        text = OLD + compose.event(244) + "\n" + VIEW + compose.dskheap(0, heaps)
        assert bool(compose.findings(compose.document(text), RULE)) is fires, kb


def test_boundary_without_a_limit() -> None:
    """An unprinted limit is the largest that this Windows can have: 48 MB on x86, 104 MB on x64."""
    cases: dict[str, compose.Text] = {}
    for target, limit, fixed in (("x86 compatible", 49152, 128), ("x64", 106496, 192)):
        for more in (0, 1):
            rest = limit * 6 // 10 + more - fixed - 512
            heaps = compose.dheapmon(0, [(DEFAULT, rest, 1), (WINLOGON, fixed, 1), (SYSTEM, 512, 1)])
            cases[f"{target} {more}"] = compose.banner(3790, target=target) + compose.event(244) + "\n" + heaps
    told = {name: len(compose.findings(one, RULE)) for name, one in compose.documents(cases).items()}
    assert told == {"x86 compatible 0": 0, "x86 compatible 1": 1, "x64 0": 0, "x64 1": 1}


def test_which_session_counts() -> None:
    """The fullest of those that were listed last."""
    tight, loose = [*X86, *((compose.service(number), 512, 1.0) for number in range(20))], X86
    cases: dict[str, compose.Text] = {
        "one of two": compose.dskheap(0, loose) + compose.dskheap(1, tight),
        "the first of two": compose.dskheap(0, tight) + compose.dskheap(1, loose),
        "none of two": compose.dskheap(0, loose) + compose.dskheap(1, loose),
        "before somebody freed it": compose.dskheap(0, tight) + compose.dskheap(0, loose),
    }
    made = compose.documents({name: OLD + compose.event(244) + "\n" + VIEW + str(text) for name, text in cases.items()})
    told = {name: len(compose.findings(one, RULE)) for name, one in made.items()}
    assert told == {"one of two": 1, "the first of two": 1, "none of two": 0, "before somebody freed it": 0}
