"""A listing of another session than the one that fails says nothing of it."""

from __future__ import annotations

import compose
import pytest
from compose import SYSTEM, X86

import dumpscan

RULE = "wrong-session"
TEXT = compose.dskheap(0, X86) + compose.dskheap(2, X86[:3])


def _told(text: str, session: int | None) -> compose.Document:
    return dumpscan.analyze(text.encode(), case="case", session=session).to_dict()


def test_fires() -> None:
    told = _told(TEXT, 5)
    (finding,) = compose.findings(told, RULE)
    assert finding["summary"].startswith(
        "The failure is in session 5, but the heaps listed here are those of session 0 and session 2:"
    )
    assert (finding["severity"], finding["certainty"]) == ("medium", "proved")
    lines = [number for number, line in enumerate(TEXT.splitlines(), 1) if "!dskheap" in line]
    assert compose.cited(finding) == [("-", line) for line in lines]
    assert any("!dskheap -s 5" in action for action in finding["actions"])
    verdict = told["verdict"]
    assert (verdict["mode"], verdict["reason"]) == ("undecided", "wrong_scope")
    assert verdict["scope"]["complaint"] == {"session": 5, "failed_at": None}
    assert verdict["next"][0]["command"] == "!dskheap -s 5"
    assert verdict["scope"]["assumed"] == ["that the trouble was going on when this was captured"]


def test_a_full_heap_of_another_session_is_told_all_the_same() -> None:
    told = _told(compose.dskheap(0, compose.replaced(X86, SYSTEM, 512, 99)), 5)
    assert told["verdict"]["mode"] == "single-heap-full" and compose.findings(told, RULE)


def test_near_miss() -> None:
    """The session is listed; or a listing prints no number and may be of it."""
    assert compose.of_rule(_told(TEXT, 2), RULE)["status"] == "clear"
    unnumbered = _told(compose.dskheap(None, X86), 5)
    assert compose.of_rule(unnumbered, RULE)["status"] == "clear"
    assert "that the listing without a session number is of session 5" in unnumbered["verdict"]["scope"]["assumed"]


def test_no_data() -> None:
    assert compose.of_rule(_told(TEXT, None), RULE)["status"] == "no_data", "nobody said which session fails"
    assert compose.of_rule(_told("Nothing of a debugger.\n", 5), RULE)["status"] == "no_data"


@pytest.mark.parametrize(("session", "status"), [(1, "found"), (2, "clear"), (3, "found")])
def test_boundary(session: int, status: str) -> None:
    assert compose.of_rule(_told(TEXT, session), RULE)["status"] == status


@pytest.mark.parametrize("session", [-1, 70000])
def test_a_session_that_cannot_be(session: int) -> None:
    with pytest.raises(dumpscan.DumpscanError, match="no session has the number"):
        _told(TEXT, session)
