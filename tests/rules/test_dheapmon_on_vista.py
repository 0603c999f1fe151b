"""A table of dheapmon beside a banner of Vista or later: little trust, or another machine. It stands beside the verdict."""

from __future__ import annotations

import compose
from compose import SYSTEM, X64, X86

RULE = "dheapmon-on-vista"
SEVEN = compose.banner(7601, name="Windows 7", target="x64")


def test_fires() -> None:
    text = SEVEN + compose.dheapmon(0, X64)
    told = compose.document(text)
    (finding,) = compose.findings(told, RULE)
    assert (finding["severity"], finding["certainty"], finding["subject"]) == ("low", "proved", {"build": 7601})
    assert compose.cited(finding)[0] == ("-", compose.line_of(text, compose.DEFAULT))
    assert any(one["text"].startswith(("Microsoft", "Windows 7")) for one in finding["evidence"])
    assert told["verdict"]["mode"] == "no-sign"
    full = compose.document(SEVEN + compose.dheapmon(0, compose.replaced(X64, SYSTEM, 768, 99)))
    assert full["verdict"]["mode"] == "single-heap-full", "what is positive stands all the same"


def test_near_miss() -> None:
    cases: dict[str, compose.Text] = {
        "an older Windows": compose.banner(3790) + compose.dheapmon(0, X86),
        "the debugger's own listing": SEVEN + compose.dskheap(0, X64),
        "the banner of another machine": {
            "a/log.txt": SEVEN + compose.dskheap(0, X64),
            "b/heaps.txt": compose.dheapmon(0, X86),
        },
        "an older Windows, and a time without a build": compose.banner(3790)
        + "Debug session time: Mon Mar 12 07:05:33.123 2007 (UTC + 0:00)\n"
        + compose.dheapmon(0, X86),
        "a driver that was not loaded": SEVEN
        + compose.dskheap(0, X64)
        + "Win32k.sys symbol load error. Correct symbol required.\n",
    }
    assert set(compose.statuses(cases, RULE).values()) == {"clear"}


def test_no_data() -> None:
    cases: dict[str, compose.Text] = {
        "no banner": compose.dheapmon(0, X64),
        "no heaps": SEVEN,
        "neither": compose.vm4(),
    }
    assert set(compose.statuses(cases, RULE).values()) == {"no_data"}


def test_boundary() -> None:
    """Build 6000 is the first of Vista."""
    cases: dict[str, compose.Text] = {
        str(build): compose.banner(build, target="x64") + compose.dheapmon(0, X64) for build in (5999, 6000, 6001)
    }
    assert compose.statuses(cases, RULE) == {"5999": "clear", "6000": "found", "6001": "found"}


def test_one_finding_a_machine() -> None:
    """However often its banner was printed."""
    (finding,) = compose.findings(compose.document(SEVEN + SEVEN + compose.dheapmon(0, X64) + "\n" + SEVEN), RULE)
    assert [one["shows"] for one in finding["evidence"]].count("build 7601") == 1
