"""Event 243 beside a healthy listing: the all-clear is of another moment, and the report says so."""

from __future__ import annotations

import compose
from compose import SYSTEM, X86

RULE = "heap-allocation-failed-earlier"
EVENT = compose.event(243)
CAPTURE = compose.banner(3790, time="Mon Mar 12 07:05:33 2007") + "System Uptime: 9 days 1:00:00.000\n"
HEALTHY = compose.dskheap(0, X86)


def test_fires() -> None:
    told = compose.document(EVENT + HEALTHY)
    (finding,) = compose.findings(told, RULE)
    assert compose.cited(finding) == [("-", 4)]
    assert (finding["severity"], finding["certainty"]) == ("medium", "proved")
    assert told["verdict"]["mode"] == "no-sign"
    assert told["verdict"]["history"] == [finding["summary"]]
    assert "An allocation from a desktop heap failed at 2007" in finding["summary"]
    (finding,) = compose.findings(compose.document(compose.event(243, text=compose.requester(0)) + HEALTHY), RULE)
    assert "An allocation from a desktop heap failed in session 0 at 2007" in finding["summary"]
    twice = compose.document(EVENT + EVENT + HEALTHY)
    (finding,) = compose.findings(twice, RULE)
    assert len(compose.cited(finding)) == 2


def test_near_miss() -> None:
    cases: dict[str, compose.Text] = {
        "a heap is nearly full": CAPTURE + EVENT + compose.dskheap(0, compose.replaced(X86, SYSTEM, 512, 91)),
        "of a session that is not listed": compose.event(243, text=compose.requester(2)) + HEALTHY,
        "without a time": "Event ID: 243\nSource: Win32k\nDescription: A desktop heap allocation failed.\n\n" + HEALTHY,
    }
    told = {name: compose.findings(one, RULE) for name, one in compose.documents(cases).items()}
    assert told == {name: [] for name in cases}


def test_an_event_that_nothing_joins_is_told_all_the_same() -> None:
    """Of an earlier start, of a start that nobody knows, or of one of two sessions, beside a heap that is nearly full."""
    near = compose.dskheap(2, compose.replaced(X86, SYSTEM, 2048, 91))
    young = compose.banner(3790, time="Mon Mar 12 07:05:33 2007") + "System Uptime: 0 days 9:00:00.000\n"
    told = compose.documents(
        {
            "two sessions": CAPTURE + EVENT + HEALTHY + near,
            "which start": EVENT + near,
            "before": young + EVENT + HEALTHY,
            "nothing listed": young + EVENT,
        }
    )
    said = {name: compose.findings(one, RULE)[0]["summary"] for name, one in told.items()}
    assert "Which heap that was is not in the logs" in said["two sessions"]
    assert "whether since the last start of the machine is not certain" in said["which start"]
    assert "(before the last start of the machine)" in said["before"] and "room in the heaps" in said["before"]
    assert "no heap is listed" not in said["before"]
    assert said["nothing listed"] == (
        "An allocation from a desktop heap failed at 2007-03-09 07:05:33 (before the last start of the machine) (event 243). The machine was started since, and no "
        "heap is listed: it is history, and says nothing of now."
    )


def test_no_data() -> None:
    cases: dict[str, compose.Text] = {"no listing": EVENT, "no event": HEALTHY}
    assert compose.statuses(cases, RULE) == {"no listing": "clear", "no event": "no_data"}


def test_boundary() -> None:
    """An event that is surely of the captured boot is no history: the day of the event begins after the boot."""
    cases: dict[str, compose.Text] = {
        up: CAPTURE.replace("9 days 1:00:00", f"3 days {up}") + EVENT + HEALTHY
        for up in ("7:05:32", "7:05:33", "7:05:34")
    }
    told = {name: compose.fired(one) for name, one in compose.documents(cases).items()}
    other = "failed-allocation-unexplained"
    assert {name: (RULE in rules, other in rules) for name, rules in told.items()} == {
        "7:05:32": (True, False), "7:05:33": (True, False), "7:05:34": (False, True),
    }  # fmt: skip


def test_whether_the_listing_has_room() -> None:
    """From 90 % on a heap that is listed may be the one that failed."""
    cases = {str(used): CAPTURE.replace("9 days", "1 days") + EVENT + compose.dheapmon(0, compose.replaced(X86, SYSTEM, 512, used)) for used in (89.9, 90.0, 90.1)}  # fmt: skip
    told = {name: compose.findings(doc, RULE)[0]["summary"] for name, doc in compose.documents(cases).items()}
    room = {name: "The listing shows room in the heaps: it is of another moment." in summary for name, summary in told.items()}  # fmt: skip
    assert room == {"89.9": True, "90.0": False, "90.1": False}
