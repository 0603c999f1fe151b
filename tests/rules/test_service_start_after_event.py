"""A service that did not start right after an event 243 or 244: within minutes, in session 0, and never the other way round."""

from __future__ import annotations

import compose
import pytest

from dumpscan.rules.service_start_after_event import AFTER

RULE = "service-start-after-event"
FIRES = compose.event(244, "2007-03-09 07:05:03") + compose.scm(7009, "2007-03-09 07:05:33")


def test_fires() -> None:
    (finding,) = compose.findings(compose.document(FIRES), RULE)
    assert (finding["severity"], finding["certainty"]) == ("high", "likely")
    assert compose.cited(finding) == [("-", 4), ("-", 11)]
    assert "The service Widget did not start (event 7009" in finding["summary"]
    assert "30 s after event 244: its process died for lack of a desktop" in finding["summary"]
    futile = [one["text"] for one in finding["advice"] if one["when"] == "futile"]
    assert any("ServicesPipeTimeout" in text for text in futile)


def test_after_243_and_without_words() -> None:
    text = compose.event(243, "3/9/2007 7:05:33 AM") + compose.event(
        7000, "3/9/2007 7:05:33 AM", source="Service Control Manager", text="Dienst."
    )
    (finding,) = compose.findings(compose.document(text), RULE)
    assert "A service did not start (event 7000" in finding["summary"]
    assert "in the moment of event 243" in finding["summary"] and "lack of desktop heap" in finding["summary"]


def test_near_miss() -> None:
    at, later = "2007-03-09 07:05:03", "2007-03-09 07:05:33"
    cases: dict[str, compose.Text] = {
        "before it": compose.scm(7009, at) + compose.event(244, later),
        "of a user's session": compose.event(243, at, text=compose.requester(2)) + compose.scm(7009, later),
        "another event": compose.event(263, at) + compose.scm(7009, later),
        "another service event": compose.event(244, at) + compose.event(7036, later, source="Service Control Manager"),
        "afternoon and morning": compose.event(244, "3/9/2007 7:05:03 PM") + compose.scm(7009, "3/9/2007 7:05:33 AM"),
        "local and universal time": compose.event(244, at) + compose.scm(7009, "2007-03-09T07:05:33.000Z"),
        "no time": compose.event(244, "") + compose.scm(7009, later),
        "another machine": compose.event(244, at).replace("Event ID", "Computer: A1\nEvent ID")
        + compose.scm(7009, later).replace("Event ID", "Computer: B2\nEvent ID"),
    }
    assert set(compose.statuses(cases, RULE).values()) <= {"clear", "no_data"}


def test_no_data() -> None:
    assert set(compose.statuses({"another command": compose.vm4(), "prose": "Event 244, then 7009.\n"}, RULE).values()) == {
        "no_data"
    }  # fmt: skip


@pytest.mark.parametrize("gap", [0, 1, AFTER - 1, AFTER, AFTER + 1])
def test_boundary(gap: int) -> None:
    later = f"2007-03-09 07:{5 + gap // 60:02}:{gap % 60:02}"
    told = compose.document(compose.event(244, "2007-03-09 07:05:00") + compose.scm(7009, later))
    assert bool(compose.findings(told, RULE)) is (gap <= AFTER)
