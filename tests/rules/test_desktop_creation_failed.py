"""Event 244 before Vista: session view space, unless a listing shows that heaps take little of it."""

from __future__ import annotations

import compose
from compose import X86

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
