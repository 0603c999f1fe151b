"""Event 244 where session view space cannot be the cause, or nothing tells: undecided, and never SessionViewSize on Vista and later."""

from __future__ import annotations

import compose
from compose import X86

RULE = "desktop-creation-unexplained"
OLD, NEW = compose.banner(3790), compose.banner(7601, name="Windows 7", target="x64")


def test_fires() -> None:
    document = compose.document(NEW + compose.event(244) + compose.dskheap(0, compose.VISTA))
    (finding,) = compose.findings(document, RULE)
    assert (finding["severity"], finding["certainty"]) == ("medium", "proved")
    assert [line for _, line in compose.cited(finding)] == [6]
    assert (document["verdict"]["mode"], document["verdict"]["reason"]) == ("undecided", "symptom_only")
    assert not any("SessionViewSize" in action for action in finding["actions"])


def test_near_miss() -> None:
    cases: dict[str, compose.Text] = {
        "session view space explains it": OLD + compose.event(244),
        "another event": NEW + compose.event(263),
        "another source": NEW + compose.event(244, source="SNA Server"),
    }
    assert set(compose.statuses(cases, RULE).values()) == {"clear"}


def test_no_data() -> None:
    cases: dict[str, compose.Text] = {"another command": compose.vm4(), "no time": compose.event(244, "")}
    assert set(compose.statuses(cases, RULE).values()) == {"no_data"}


def test_boundary() -> None:
    """Each era has words of its own; what is known decides the reason."""
    said = {
        "has no limit on this Windows": NEW + compose.event(244),
        "too little of session view space": OLD
        + compose.event(244)
        + compose.view_size(49152)
        + compose.dskheap(0, X86),
        "Nothing tells which Windows": compose.event(244),
    }
    for words, text in said.items():
        verdict = compose.document(text)["verdict"]
        assert (verdict["mode"], verdict["reason"]) == ("undecided", "symptom_only")
        assert words in verdict["summary"]


def test_one_finding_a_machine_and_its_advice() -> None:
    """Several events are one finding; what is asked for and what is futile depends on the Windows."""
    twice = compose.event(244) + compose.event(244, "2007-03-09 08:00:00")
    cases: dict[str, compose.Text] = {
        "since Vista": NEW + twice,
        "before Vista": OLD + twice + compose.view_size(49152) + compose.dskheap(0, X86),
        "open": twice,
    }
    advice = {}
    for name, document in compose.documents(cases).items():
        (finding,) = compose.findings(document, RULE)
        assert len(finding["evidence"]) == 2
        advice[name] = [(one["when"], one["text"].split()[0]) for one in finding["advice"]]
    assert advice == {
        "since Vista": [("now", "Run"), ("futile", "SessionViewSize:")],
        "before Vista": [("now", "Run"), ("now", "Run"), ("cause", "On")],
        "open": [("now", "Run"), ("now", "Say")],
    }


def test_before_vista_what_else_fills_the_view_is_named() -> None:
    old = OLD + compose.event(244) + compose.view_size(49152) + compose.dskheap(0, X86)
    docs = compose.documents({"before": old, "later": NEW + compose.event(244)})
    told = {name: compose.findings(doc, RULE)[0]["actions"] for name, doc in docs.items()}
    named = {name: any("printer and font drivers" in action for action in actions) for name, actions in told.items()}
    assert named == {"before": True, "later": False}
