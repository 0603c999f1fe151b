"""The absence of 243 and 244 counts only where the log reaches back to the start, and such events are logged."""

from __future__ import annotations

import compose
import pytest

RULE = "events-prove-nothing"
CAPTURE = compose.banner(3790, time="Mon Mar 12 07:05:33 2007") + "System Uptime: 4 days 1:00:00.000\n"  # since 8 March
FIRES = compose.scm(7000, "2007-03-11 07:05:33")
LOGGED = compose.dword(compose.WINDOWS_KEY, DesktopHeapLogging=1)
STARTED = compose.event(6005, "2007-03-10 06:00:00", source="EventLog")


def test_fires() -> None:
    document = compose.document(FIRES)
    (finding,) = compose.findings(document, RULE)
    assert (finding["severity"], finding["certainty"]) == ("info", "proved")
    assert compose.cited(finding) == [("-", 4)]
    assert "begins at 2007-03-11 07:05:33" in finding["summary"] and "DesktopHeapLogging" in finding["summary"]
    advice = " ".join(finding["actions"])
    assert "wevtutil qe System /c:1 /f:text" in advice and "reg query" in advice
    assert document["verdict"]["mode"] == "undecided"


def test_says_which_is_missing() -> None:
    cases = {"log": FIRES + LOGGED, "switch": FIRES + STARTED, "off": FIRES + STARTED + LOGGED.replace("0x1", "0x0")}
    told = {name: compose.findings(one, RULE)[0] for name, one in compose.documents(cases).items()}
    log, switch, off = told["log"], told["switch"], told["off"]
    assert "before the last start" in log["summary"] and "DesktopHeapLogging" not in log["summary"]
    assert (
        "before the last start" not in switch["summary"]
        and "nothing shows that DesktopHeapLogging is 1" in switch["summary"]
    )
    assert "DesktopHeapLogging is 0: such events are switched off" in off["summary"]


def test_the_oldest_event_is_told() -> None:
    (finding,) = compose.findings(compose.document(FIRES + compose.scm(7009, "2007-03-10 07:05:33")), RULE)
    assert compose.cited(finding) == [("-", 11)]


def test_near_miss() -> None:
    cases: dict[str, compose.Text] = {
        "both are shown": FIRES + STARTED + LOGGED,
        "an event of desktop heap": FIRES + compose.event(244),
        "another log": compose.event(1000, source="Application Error").replace("System", "Application"),
        "an article": compose.scm(7000, ""),
    }
    assert set(compose.statuses(cases, RULE).values()) <= {"clear", "no_data"}


def test_other_keys_do_not_switch() -> None:
    cases: dict[str, compose.Text] = {
        "of DWM": FIRES + STARTED + LOGGED.replace(r"\Windows" + "\n", r"\Windows\DWM" + "\n"),
        "the 32-bit copy": FIRES + STARTED + LOGGED.replace("SOFTWARE", r"SOFTWARE\Wow6432Node"),
    }
    assert set(compose.statuses(cases, RULE).values()) == {"found"}


def test_no_data() -> None:
    assert compose.statuses({"another command": compose.vm4()}, RULE) == {"another command": "no_data"}


@pytest.mark.parametrize(("day", "reaches"), [(6, True), (7, True), (8, False), (9, False)])
def test_boundary(day: int, reaches: bool) -> None:
    """Before the day of the start (8 March); on that day it is open."""
    text = CAPTURE + compose.scm(7000, f"2007-03-{day:02} 07:05:33") + compose.scm(7000, "2007-03-12 01:00:00") + LOGGED
    assert bool(compose.findings(compose.document(text), RULE)) is not reaches
