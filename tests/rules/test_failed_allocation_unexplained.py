"""Event 243 of the captured boot beside heaps with room: the listing clears nothing of that failure."""

from __future__ import annotations

from datetime import datetime, timedelta

import compose
import pytest
from compose import SYSTEM, X86

import dumpscan
from dumpscan.complaint import AT_THE_FAILURE

RULE = "failed-allocation-unexplained"
EARLIER = "heap-allocation-failed-earlier"
CAPTURE = compose.banner(3790, time="Mon Mar 12 07:05:33 2007") + "System Uptime: 9 days 1:00:00.000\n"
TIMED = compose.banner(3790, time="Mon Mar 12 07:05:33 2007")  # and nothing tells when that boot began
HEALTHY = compose.dskheap(0, X86)
EVENT = compose.event(243, text=compose.requester(0))
FIRES = CAPTURE + EVENT + HEALTHY


def test_fires() -> None:
    told = compose.document(FIRES)
    (finding,) = compose.findings(told, RULE)
    assert (finding["severity"], finding["certainty"]) == ("medium", "proved")
    assert compose.cited(finding) == [("-", compose.line_of(FIRES, "Event ID:"))]
    assert finding["summary"] == (
        "An allocation from a desktop heap failed in session 0 at 2007-03-09 07:05:33, since the last start of the machine (event 243); notepad.exe (PID 4712) asked "
        "for it. The heaps that are listed have room: what was full then was freed before the listing, or it is not in it."
    )
    verdict = told["verdict"]
    assert (verdict["mode"], verdict["reason"], verdict["certainty"]) == ("undecided", "wrong_scope", None)
    assert (
        "What was captured: No sign of desktop heap exhaustion in session 0 at the moment of this capture"
        in verdict["summary"]
    )
    assert verdict["history"] == [] and compose.findings(told, EARLIER) == []
    assert any("!dskheap -s 0" in step["command"] for step in verdict["next"])
    assert any(text.startswith("List the heaps in session 0 again while it fails") for text in finding["actions"])


def test_one_finding_a_machine() -> None:
    text = CAPTURE + EVENT + compose.event(243, "2007-03-10 07:05:33", text=compose.requester(1)) + EVENT
    told = compose.document(text + HEALTHY + compose.dskheap(1, X86))
    (finding,) = compose.findings(told, RULE)
    assert "failed in session 0 and session 1, the first in session 0 at 2007-03-09" in finding["summary"]
    assert finding["subject"]["sessions"] == [0, 1] and len(finding["evidence"]) == 3
    (unnamed,) = compose.findings(compose.document(CAPTURE + compose.event(243) + HEALTHY), RULE)
    assert unnamed["summary"].startswith("An allocation from a desktop heap failed at 2007-03-09 07:05:33, since")
    assert any("the heaps of every session again" in text for text in unnamed["actions"])


def test_what_is_told_beside_the_event() -> None:
    """Who asked only by name and number; each session once; each machine for itself."""
    whole = compose.requester(0)
    near, near_1 = (compose.dskheap(session, compose.replaced(X86, SYSTEM, 2048, 91)) for session in (0, 1))
    cases: dict[str, compose.Text] = {
        "whole": FIRES,
        "no name": CAPTURE + compose.event(243, text=whole.replace("Process name: notepad.exe. ", "")) + HEALTHY,
        "no number": CAPTURE + compose.event(243, text=whole.replace("Process ID: 4712. ", "")) + HEALTHY,
        "one named, one not": CAPTURE + compose.event(243, "2007-03-10 07:05:33") + EVENT + HEALTHY,
        "two machines": {"A/a.txt": FIRES, "B/b.txt": CAPTURE + compose.event(243, "2007-03-10 07:05:33") + HEALTHY},
        "another event is explained": CAPTURE
        + compose.event(243, "2007-03-10 07:05:33", text=compose.requester(1))
        + EVENT
        + HEALTHY
        + near_1,
        "another one is not listed": CAPTURE
        + compose.event(243, "2007-03-10 07:05:33", text=compose.requester(2))
        + EVENT
        + HEALTHY,
        "another machine is full": {"A/a.txt": FIRES, "B/b.txt": CAPTURE + near},
        "it is full twice": CAPTURE + EVENT + near + near,
    }
    told = {name: compose.findings(one, RULE) for name, one in compose.documents(cases).items()}
    assert {name: len(some) for name, some in told.items()} == {
        "whole": 1, "no name": 1, "no number": 1, "one named, one not": 1, "two machines": 2, "another event is explained": 1, "another one is not listed": 1, "another machine is full": 1, "it is full twice": 0,
    }  # fmt: skip
    assert {name for name in ("whole", "no name", "no number") if "asked for it" in told[name][0]["summary"]} == {
        "whole"
    }
    (whole_one,) = told["whole"]
    assert whole_one["subject"] == {"time": "2007-03-09 07:05:33", "session": 0, "process": "notepad.exe", "pid": 4712, "sessions": [0], "at_once": False}  # fmt: skip
    assert [one["when"] for one in whole_one["advice"]] == ["now", "cause", "futile"]
    for name in ("another event is explained", "another one is not listed"):
        (other,) = told[name]
        assert other["subject"] == whole_one["subject"] and len(other["evidence"]) == 1, name
    assert told["one named, one not"][0]["subject"]["sessions"] == [None, 0]
    assert [(len(one["evidence"]), one["subject"]["sessions"]) for one in told["two machines"]] == [(1, [0]), (1, [None])]  # fmt: skip


def test_near_miss() -> None:
    """Another boot, or nobody knows; a session that is not listed; a heap that explains it; an event without a time."""
    near = compose.dskheap(0, compose.replaced(X86, SYSTEM, 2048, 91))
    young = CAPTURE.replace("9 days", "0 days")
    cases: dict[str, compose.Text] = {
        "before the boot": young + EVENT + HEALTHY,
        "which boot": EVENT + HEALTHY,
        "three days before": TIMED + EVENT + HEALTHY,
        "not listed": CAPTURE + compose.event(243, text=compose.requester(2)) + HEALTHY,
        "explained": CAPTURE + EVENT + near,
        "perhaps explained": CAPTURE + compose.event(243) + near + compose.dskheap(1, X86),
        "no time": CAPTURE + compose.event(243, "") + HEALTHY,
        "a desktop that could not be made": CAPTURE + compose.event(244) + HEALTHY,
    }
    told = compose.documents(cases)
    assert {name: compose.findings(one, RULE) for name, one in told.items()} == {name: [] for name in cases}
    assert {name for name, one in told.items() if one["verdict"]["mode"] == "no-sign"} == {
        "before the boot", "which boot", "three days before", "no time",
    }  # fmt: skip


def test_another_session_that_is_full_does_not_explain_it() -> None:
    """The heap of session 1 is nearly full, and the event names session 0."""
    near = compose.dskheap(1, compose.replaced(X86, SYSTEM, 2048, 91))
    assert len(compose.findings(compose.document(CAPTURE + EVENT + HEALTHY + near), RULE)) == 1


def test_no_data() -> None:
    assert set(compose.statuses({"no listing": CAPTURE + EVENT, "no event": CAPTURE + HEALTHY}, RULE).values()) == {
        "no_data"
    }


@pytest.mark.parametrize("side", [-1, 1])
def test_boundary(side: int) -> None:
    """Where no boot is known: an event within minutes of the listing, before it and after it."""
    moment = datetime(2007, 3, 12, 7, 5, 33)
    times = {
        gap: moment + timedelta(seconds=side * gap)
        for gap in (0, AT_THE_FAILURE - 1, AT_THE_FAILURE, AT_THE_FAILURE + 1)
    }
    cases: dict[str, compose.Text] = {
        str(gap): TIMED + compose.event(243, f"{at:%Y-%m-%d %H:%M:%S}", text=compose.requester(0)) + HEALTHY
        for gap, at in times.items()
    }
    told = {name: compose.findings(one, RULE) for name, one in compose.documents(cases).items()}
    assert {name: len(some) for name, some in told.items()} == {str(gap): int(gap <= AT_THE_FAILURE) for gap in times}
    assert "within minutes of this listing" in told["0"][0]["summary"]


def test_boundary_of_the_boot() -> None:
    """Within minutes of the listing, but the machine was started between both."""
    event = compose.event(243, "2007-03-12 07:00:33", text=compose.requester(0))
    told = {
        up: len(
            compose.findings(compose.document(TIMED + f"System Uptime: 0 days 0:{up}.000\n" + event + HEALTHY), RULE)
        )
        for up in ("04:59", "05:00", "05:01")
    }
    assert told == {"04:59": 0, "05:00": 1, "05:01": 1}


def test_boundary_of_the_percentage() -> None:
    heaps = {percent: compose.replaced(X86, SYSTEM, 2048, percent) for percent in (89, 90)}
    cases: dict[str, compose.Text] = {
        str(percent): CAPTURE + EVENT + compose.dskheap(0, some) for percent, some in heaps.items()
    }
    assert {name: len(compose.findings(one, RULE)) for name, one in compose.documents(cases).items()} == {
        "89": 1,
        "90": 0,
    }


def test_only_the_failure_of_the_complaint_counts() -> None:
    """Of the time that the user told, and of no other session than the one that was told."""
    text = (CAPTURE + EVENT + compose.event(243, "2007-03-12 07:00:33", text=compose.requester(0)) + HEALTHY).encode()
    asked: dict[str, dict[str, object]] = {
        "nothing": {}, "session 0": {"session": 0}, "session 1": {"session": 1}, "now": {"failed_at": "2007-03-12 07:05"}, "then": {"failed_at": "2007-03-09 07:05"},
        "another day": {"failed_at": "2007-03-11 07:05"},
    }  # fmt: skip
    told = {name: dumpscan.analyze(text, **what).to_dict() for name, what in asked.items()}  # type: ignore[arg-type]
    assert {name: [len(one["evidence"]) for one in compose.findings(made, RULE)] for name, made in told.items()} == {
        "nothing": [2], "session 0": [2], "session 1": [], "now": [1], "then": [], "another day": [],
    }  # fmt: skip
    assert told["then"]["verdict"]["mode"] == "single-heap-full", "the event is what is known of that minute"
