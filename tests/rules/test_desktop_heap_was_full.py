"""History: what an earlier listing of the same session and file showed, once a later whole one shows it healthy."""

from __future__ import annotations

import compose
import pytest
from compose import SYSTEM, X86

RULE = "desktop-heap-was-full"
FULL = compose.dskheap(0, compose.replaced(X86, SYSTEM, 512, 99))
LATER = compose.dskheap(0, X86)


def test_fires() -> None:
    text = FULL + LATER
    told = compose.document(text)
    (finding,) = compose.findings(told, RULE)
    (line,) = (line for line, words in enumerate(FULL.splitlines(), 1) if SYSTEM in words)
    assert compose.cited(finding)[0] == ("-", line)
    assert (finding["severity"], finding["certainty"], finding["snapshot"]) == ("medium", "proved", 1)
    assert told["verdict"]["mode"] == "no-sign"
    assert told["verdict"]["history"] == [finding["summary"]]


def test_near_miss() -> None:
    cases: dict[str, compose.Text] = {
        "only one listing": FULL,
        "the later one is of another session": FULL + compose.dskheap(1, X86),
        "the later one is cut": FULL + compose.dskheap(0, X86, count=9),
        "the later one failed": FULL + compose.FAILED,
        "the later one is the full one": LATER + FULL,
        "it is full in both": FULL + FULL,
        "the earlier one was not full": compose.dskheap(0, compose.replaced(X86, SYSTEM, 512, 89)) + LATER,
    }
    told = {name: compose.findings(one, RULE) for name, one in compose.documents(cases).items()}
    assert told == {name: [] for name in cases}


def test_no_data() -> None:
    cases: dict[str, compose.Text] = {"another command": compose.vm4(), "a tool that failed": compose.FAILED}
    assert set(compose.statuses(cases, RULE).values()) == {"no_data"}


@pytest.mark.parametrize(("tool", "percents"), [("dskheap", (890, 900, 910)), ("dheapmon", (899, 900, 901))])
def test_boundary(tool: str, percents: tuple[int, ...]) -> None:
    """90 % on each side, and the 16 KB line below it."""
    pairs = [
        *compose.around(16, tool, range(86, 90), range(128, 200)),
        *(compose.Printed(512, tenths, tool) for tenths in percents),
    ]
    assert compose.sides(pairs, 16) >= {-1, 1}
    text = compose.listed(tool, 0, [(compose.service(at), one.kb, one.percent) for at, one in enumerate(pairs)])
    found = {
        compose.cited(finding)[0][1]
        for finding in compose.findings(compose.document(text + compose.listed(tool, 0, X86)), RULE)
    }
    expected = {
        compose.line_of(text, f" {compose.service(at)} ")
        for at, one in enumerate(pairs)
        if compose.judged(one) in ("proved", "likely")
    }
    assert found == expected
    assert len(expected) < len(pairs)
