"""Names that were paged out: the figures count, and the roles follow from the sizes."""

from __future__ import annotations

from pathlib import Path

import compose
from compose import DEFAULT, X86

RULE = "names-not-accessible"
FIXTURES = Path(__file__).resolve().parent.parent.parent / "fixtures"


def test_fires() -> None:
    text = compose.nameless(1, [(3072, 15), (64, 3), (128, 3)])
    told = compose.document(text)
    (finding,) = compose.findings(told, RULE)
    assert (finding["severity"], finding["certainty"], finding["subject"]) == ("info", "proved", {"session": 1})
    assert "3 desktops" in finding["summary"]
    assert compose.cited(finding) == [("-", compose.line_of(text, " 3072 "))]
    assert [row["role"] for row in told["tables"]["desktop_heaps"]] == ["interactive", "fixed", "fixed"]
    assert told["verdict"]["mode"] == "no-sign", "it stands beside the verdict"


def test_near_miss() -> None:
    cases: dict[str, compose.Text] = {
        "names": compose.dskheap(0, X86),
        "a tool that tells no names": (FIXTURES / "desktopheapdiag" / "non_interactive.txt").read_text(
            encoding="utf-8"
        ),
        "names that lost their backslash": compose.dskheap(0, X86).replace("\\", ""),
    }
    assert set(compose.statuses(cases, RULE).values()) == {"clear"}


def test_no_data() -> None:
    assert set(compose.statuses({"!vm": compose.vm4(), "failed": compose.FAILED}, RULE).values()) == {"no_data"}


def test_boundary() -> None:
    """No, one and two rows without a name among others with one."""
    row = "pUniStr = 8636eb9c, UniStr = 86333490\n(000002B8: name not accessible) 512   3%\n"
    whole = compose.dskheap(0, [(DEFAULT, 3072, 5)])
    total = whole.index("                Total")
    cases: dict[str, compose.Text] = {
        str(times): whole[:total]
        + row * times
        + whole[total:].replace("3072 KB -   1", f"{3072 + 512 * times} KB -   {1 + times}")
        for times in (0, 1, 2)
    }
    told = {
        name: [one["summary"].split(" in ")[0] for one in compose.findings(made, RULE)]
        for name, made in compose.documents(cases).items()
    }
    assert told == {"0": [], "1": ["The names of 1 desktop"], "2": ["The names of 2 desktops"]}


def test_each_session_of_each_machine() -> None:
    """One finding each, with the number and the first line of its own."""
    one, two = compose.nameless(1, [(3072, 15), (64, 3), (128, 3)]), compose.nameless(2, [(3076, 15), (128, 3)])
    told = compose.documents({"sessions": one + two, "another": compose.nameless(2, [(3072, 15)])})
    found = {name: [(line["summary"], compose.cited(line)) for line in compose.findings(made, RULE)] for name, made in told.items()}  # fmt: skip
    right = "were paged out; sizes and use are right."
    assert found == {
        "sessions": [
            (f"The names of 3 desktops in session 1 {right}", [("-", compose.line_of(one, " 3072 "))]),
            (f"The names of 2 desktops in session 2 {right}", [("-", compose.line_of(one + two, " 3076 "))]),
        ],
        "another": [(f"The names of 1 desktop in session 2 {right}", [("-", compose.line_of(one, " 3072 "))])],
    }


def test_a_listing_without_its_session() -> None:
    text = compose.without(compose.nameless(1, [(3072, 15), (64, 3), (128, 3)]), "Session ID")
    (finding,) = compose.findings(compose.document(text), RULE)
    assert finding["subject"] == {"session": None}
