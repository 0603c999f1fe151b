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


def test_each_machine_has_its_first_pair_and_all_are_cited() -> None:
    at, later = "2007-03-09 07:05:03", "2007-03-09 07:05:33"
    twice = FIRES + compose.event(243, "2007-03-09 08:05:03") + compose.scm(7000, "2007-03-09 08:05:04", "Gadget")
    docs = compose.documents(
        {
            "twice": twice,
            "session 0": compose.event(243, at, text=compose.requester(0)) + compose.scm(7000, later, "Gadget"),
            "machines": {
                "a/x.txt": FIRES,
                "b/x.txt": compose.event(243, at) + compose.scm(7000, "2007-03-09 07:06:33", "Gadget"),
            },
        }
    )
    (first,) = compose.findings(docs["twice"], RULE)
    assert first["subject"] == {
        "event_id": 244,
        "time": at,
        "near_event_id": 7009,
        "near_time": later,
        "near_text": "A timeout was reached (30000 milliseconds) while waiting for the Widget service to connect.",
        "gap": 30,
    }
    assert sorted((one["line"], one["shows"]) for one in first["evidence"]) == [
        (4, f"event 244 at {at}"),
        (11, f"event 7009 of the Service Control Manager at {later}"),
        (18, "event 243 at 2007-03-09 08:05:03"),
        (25, "event 7000 of the Service Control Manager at 2007-03-09 08:05:04"),
    ]
    assert [(one["when"], one["text"]) for one in first["advice"]][:2] == [
        ("now", "Start the service Widget again once the heaps of session 0 have room."),
        ("cause", "Event 244 comes first: that the service did not start is what followed."),
    ]
    (named,) = compose.findings(docs["session 0"], RULE)
    assert named["summary"] == (
        f"The service Gadget did not start (event 7000 at {later}) 30 s after event 243: its process died for lack of desktop heap."
    )
    a, b = compose.findings(docs["machines"], RULE)
    assert {file for file, _ in compose.cited(a)} == {"a/x.txt"}
    assert {file for file, _ in compose.cited(b)} == {"b/x.txt"}
    assert (b["machine"], b["subject"]["gap"]) == ("b", 90) and "Gadget" in b["summary"]


def test_without_words_it_is_a_service() -> None:
    text = compose.event(244) + compose.event(7000, source="Service Control Manager", text="Dienst.")
    (finding,) = compose.findings(compose.document(text), RULE)
    assert finding["advice"][0]["text"] == "Start a service again once the heaps of session 0 have room."
