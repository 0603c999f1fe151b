"""Heaps live inside the view: a sum above the limit proves a wrong join, never exhaustion."""

from __future__ import annotations

import compose
from compose import VISTA, X86

RULE = "limit-contradicts-heaps"
SUM = sum(kb for _, kb, _ in X86)


def test_fires() -> None:
    text = compose.dheapmon(0, X86) + compose.view_size(4096)
    told = compose.document(text)
    (finding,) = compose.findings(told, RULE)
    assert (finding["severity"], finding["certainty"]) == ("medium", "proved")
    assert ("-", compose.line_of(text, "808ad254")) in compose.cited(finding)
    assert ("-", compose.line_of(text, "Total Desktop")) in compose.cited(finding)
    assert "5,312 KB" in finding["summary"] and "4,096 KB" in finding["summary"]
    verdict = told["verdict"]
    assert (verdict["mode"], verdict["reason"], verdict["certainty"]) == ("undecided", "contradictory", None)
    assert compose.fired(told).isdisjoint({"session-view-space-exhausted", "session-view-space-pressure"})


def test_two_limits() -> None:
    """Two boots: where it matters which of the limits is that of the listing, only the one of its own file tells."""
    heaps, small, large = (
        compose.dheapmon(0, compose.filling(17000, 512)),
        compose.view_size(20480),
        compose.view_size(49152),
    )
    cases: dict[str, compose.Text] = {
        "both elsewhere": {"heaps.txt": heaps, "one.txt": small, "two.txt": large},
        "one in the same file": {"heaps.txt": heaps + small, "two.txt": large},
        "twice the same": {"heaps.txt": heaps, "one.txt": small, "two.txt": small},
        "both in the same file": heaps + small + large,
        "of two origins": heaps + compose.vm4(20480) + large,
        "full under the one that counts": heaps + compose.vm4(49152) + compose.view_size(17100),
        "full under the larger one, which counts": compose.dheapmon(0, compose.filling(49000, 512))
        + compose.vm4(20480)
        + large,
        "fits under both": compose.dheapmon(0, X86) + small + large,
    }
    made = compose.documents(cases)
    assert {name: compose.of_rule(one, RULE)["status"] for name, one in made.items()} == {
        "both elsewhere": "found",
        "one in the same file": "clear",
        "twice the same": "clear",
        "both in the same file": "found",
        "of two origins": "found",
        "full under the one that counts": "clear",
        "full under the larger one, which counts": "clear",
        "fits under both": "clear",
    }
    assert {name: one["verdict"]["mode"] for name, one in made.items()} == {
        "both elsewhere": "undecided",
        "one in the same file": "at-risk",
        "twice the same": "at-risk",
        "both in the same file": "undecided",
        "of two origins": "undecided",
        "full under the one that counts": "view-space-exhausted",
        "full under the larger one, which counts": "view-space-exhausted",
        "fits under both": "no-sign",
    }
    assert made["both elsewhere"]["verdict"]["reason"] == "contradictory"
    assert made["one in the same file"]["view_space"][0]["limit_kb"] == 20480


def test_near_miss() -> None:
    cases: dict[str, compose.Text] = {
        "fits": compose.dheapmon(0, X86) + compose.view_size(20480),
        "other machines": {"a/heaps.txt": compose.dheapmon(0, X86), "b/limit.txt": compose.view_size(4096)},
        "two sessions larger together": compose.dskheap(0, X86) + compose.dskheap(1, X86) + compose.view_size(8192),
        "before somebody freed some": compose.dheapmon(0, [*X86, (compose.service(1), 8192, 1)])
        + compose.dheapmon(0, X86)
        + compose.view_size(12288),
        "the session pool is smaller": compose.dheapmon(0, X86)
        + compose.view_size(20480)
        + compose.view_size(4096).replace("ViewSize", "PoolSize"),
    }
    told = {name: compose.findings(one, RULE) for name, one in compose.documents(cases).items()}
    assert told == {name: [] for name in cases}


def test_no_data() -> None:
    cases: dict[str, compose.Text] = {
        "no limit": compose.dheapmon(0, X86),
        "no heaps": compose.view_size(4096),
        "failed": compose.FAILED,
    }
    assert set(compose.statuses(cases, RULE).values()) == {"no_data"}
    vista = compose.dskheap(0, VISTA) + compose.view_size(20480)
    assert compose.statuses({"Vista": vista}, RULE) == {"Vista": "not_applicable"}


def test_boundary() -> None:
    """The heaps fill the limit to the KB, or exceed it by one; by rows or by the tool's own sum."""
    cases: dict[str, compose.Text] = {
        str(step): compose.dheapmon(0, X86) + compose.view_size(SUM - step) for step in (-1, 0, 1)
    }
    cases |= {f"sum {step}": compose.dheapmon(0, X86, kb=8192 + step) + compose.view_size(8192) for step in (-1, 0, 1)}
    told = {name: bool(compose.findings(made, RULE)) for name, made in compose.documents(cases).items()}
    assert told == {"-1": False, "0": False, "1": True, "sum -1": False, "sum 0": False, "sum 1": True}


def test_boundary_of_two_limits() -> None:
    """To the KB: with the next heap and what else lives there, the heaps fit under both limits, or not."""
    limits = compose.view_size(20480) + compose.view_size(49152)
    cases: dict[str, compose.Text] = {
        str(more): compose.dheapmon(0, compose.filling(20480 - 3584 - 512 + more, 512)) + limits for more in (-1, 0, 1)
    }
    assert compose.statuses(cases, RULE) == {"-1": "clear", "0": "clear", "1": "found"}
