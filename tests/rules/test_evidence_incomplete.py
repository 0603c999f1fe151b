"""A listing that does not add up to its own total cannot clear anything."""

from __future__ import annotations

import compose
from compose import SYSTEM, X86

RULE = "evidence-incomplete"
SUM = sum(kb for _, kb, _ in X86)


def test_fires() -> None:
    whole = compose.dskheap(0, X86)
    text = compose.without(whole, SYSTEM)
    told = compose.document(text)
    (finding,) = compose.findings(told, RULE)
    assert (finding["severity"], finding["certainty"]) == ("medium", "proved")
    assert compose.cited(finding)[0] == ("-", 1)
    assert finding["evidence"][0]["text"] == "kd> !dskheap -s 0"
    assert (
        "4,800 KB" in finding["summary"]
        and "7 desktops with 5,312 KB" in finding["summary"]
        and "session 0" in finding["summary"]
    )
    assert (told["verdict"]["mode"], told["verdict"]["reason"], told["verdict"]["certainty"]) == (
        "undecided",
        "incomplete",
        None,
    )


def test_each_kind_of_loss() -> None:
    cases: dict[str, compose.Text] = {
        "no total": compose.dskheap(0, X86, total=False),
        "no rows": compose.without(compose.dheapmon(0, X86), *(path for path, _, _ in X86)),
        "no use": compose.in_bytes(6291456, 1859584),
        "nothing behind the command": "kd> !dskheap -s 0\n\nkd> q\n",
        "nothing behind it the second time": compose.dskheap(0, X86) + "kd> !dskheap -s 0\n\nkd> q\n",
        "a row cut in half": compose.dskheap(0, X86).replace("512               15%", "5"),
        "rows of a later whole listing lost": compose.dskheap(0, X86)
        + compose.without(compose.dskheap(0, X86), SYSTEM),
    }
    assert set(compose.statuses(cases, RULE).values()) == {"found"}


def test_near_miss() -> None:
    cases: dict[str, compose.Text] = {
        "whole": compose.dskheap(0, X86),
        "without rulers, with the marks of a blog": compose.blog(compose.dheapmon(0, X86)),
        "cut, then once more and whole": compose.without(compose.dskheap(0, X86), SYSTEM) + compose.dskheap(0, X86),
        "nothing, then once more and whole": "kd> !dskheap -s 0\n\n" + compose.dskheap(0, X86),
        "a driver that was loaded": "C:\\>dheapmon -l\n Dheapmon - Driver loaded successfully\n\n"
        + compose.dheapmon(0, X86),
        "a tool that failed": compose.FAILED,
    }
    assert set(compose.statuses(cases, RULE).values()) == {"clear"}


def test_no_data() -> None:
    assert set(compose.statuses({"!vm": compose.vm4(), "nothing": "\n"}, RULE).values()) == {"no_data"}


def test_boundary() -> None:
    """One KB and one desktop more or less than the rows have."""
    for listing in (compose.dskheap, compose.dheapmon):
        cases: dict[str, compose.Text] = {
            f"{kb} {count}": listing(0, X86, kb=SUM + kb, count=len(X86) + count)
            for kb in (-1, 0, 1)
            for count in (-1, 0, 1)
        }
        assert compose.statuses(cases, RULE) == {name: "clear" if name == "0 0" else "found" for name in cases}
