"""Win32k logs other events, too: they are not about desktop heap."""

from __future__ import annotations

import compose

from dumpscan.rules._events import DESKTOP_CREATION_FAILED, HEAP_ALLOCATION_FAILED

RULE = "other-win32k-event"
FIRES = compose.event(263) + compose.event(263) + compose.event(260)


def test_fires() -> None:
    (finding,) = compose.findings(compose.document(FIRES), RULE)
    assert (finding["severity"], finding["certainty"]) == ("info", "proved")
    assert finding["summary"].startswith("Events 260, 263 of Win32k are not about desktop heap")
    assert sorted(compose.cited(finding)) == [("-", 4), ("-", 18)], "the first of each"


def test_each_machine_has_one_finding() -> None:
    cases: dict[str, compose.Text] = {
        "one": compose.event(263),
        "mixed": compose.event(243) + compose.event(264) + compose.event(244) + compose.event(260) + compose.event(264),
    }
    told = {name: compose.findings(one, RULE) for name, one in compose.documents(cases).items()}
    assert {name: (one["summary"], one["subject"]) for name, (one,) in told.items()} == {
        "one": ("Event 263 of Win32k is not about desktop heap: only 243 and 244 are.", {"event_ids": "263"}),
        "mixed": (
            "Events 260, 264 of Win32k are not about desktop heap: only 243 and 244 are.",
            {"event_ids": "260, 264"},
        ),
    }
    assert [line["shows"] for line in told["mixed"][0]["evidence"]] == [
        "event 260 at 2007-03-09 07:05:33",
        "event 264 at 2007-03-09 07:05:33",
    ]


def test_near_miss() -> None:
    cases: dict[str, compose.Text] = {
        "desktop heap": compose.event(243) + compose.event(244),
        "another provider": compose.event(263, source="Microsoft-Windows-Win32k"),
        "an article": compose.event(263, ""),
        "another source": compose.event(263, source="Widget"),
    }
    assert set(compose.statuses(cases, RULE).values()) <= {"clear", "no_data"}


def test_no_data() -> None:
    assert compose.statuses({"another command": compose.vm4()}, RULE) == {"another command": "no_data"}


def test_boundary() -> None:
    first, last = HEAP_ALLOCATION_FAILED, DESKTOP_CREATION_FAILED
    cases: dict[str, compose.Text] = {str(number): compose.event(number) for number in range(first - 1, last + 2)}
    found = {name for name, status in compose.statuses(cases, RULE).items() if status == "found"}
    assert found == {str(first - 1), str(last + 1)}
