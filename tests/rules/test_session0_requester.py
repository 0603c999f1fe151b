"""Event 243 that names session 0 on current Windows: the heap of a service station, sized by the third value."""

from __future__ import annotations

import compose
from compose import LOCAL_SERVICE, LOCAL_SYSTEM

from dumpscan.rules.session0_requester import FIRST

RULE = "session0-requester"
SERVER = compose.banner(17763, name="Windows 10", target="x64")
FIRES = SERVER + compose.event(243, text=compose.requester(0))
LIST = compose.gui(
    0, [("csrss.exe", 704, "", LOCAL_SYSTEM, 83, 181), ("notepad.exe", 4712, "Widget", LOCAL_SERVICE, 12, 4)]
)


def test_fires() -> None:
    (finding,) = compose.findings(compose.document(FIRES), RULE)
    assert (finding["severity"], finding["certainty"]) == ("high", "likely")
    assert compose.cited(finding) == [("-", compose.line_of(FIRES, "Event ID"))]
    assert "notepad.exe (PID 4712) of session 0" in finding["summary"]
    assert "Service-0x..., 768 KB each as installed on x64" in finding["summary"]
    assert r"not WinSta0\Default" in finding["summary"]
    (line,) = compose.reboot_advice(finding)
    assert "Read the one in force first" in line, "no size is known, so no number"


def test_the_size_in_force_gives_a_number() -> None:
    (finding,) = compose.findings(compose.document(FIRES + compose.started_csrss(20480, 1280)), RULE)
    assert "1,280 KB each here" in finding["summary"]
    (line,) = compose.reboot_advice(finding)
    assert "third SharedSection value from 1280 to 1792" in line
    assert any("second SharedSection value" in one["text"] for one in finding["advice"] if one["when"] == "futile")


def test_no_number_where_windows_is_not_known() -> None:
    text = compose.event(243, text=compose.requester(0)) + compose.started_csrss(20480, 768)
    (finding,) = compose.findings(compose.document(text), RULE)
    assert finding["certainty"] == "possible"
    assert "only Windows and its architecture tell" in compose.reboot_advice(finding)[0]


def test_a_list_tells_the_station() -> None:
    (finding,) = compose.findings(compose.document(FIRES + LIST), RULE)
    assert rf"It runs as {LOCAL_SERVICE}, whose station is Service-0x0-3e5$" in finding["summary"]
    assert len(finding["evidence"]) == 2
    other = LIST.replace("notepad.exe", "wordpad.exe")  # the PID was given to another program
    (finding,) = compose.findings(compose.document(FIRES + other), RULE)
    assert "It runs as" not in finding["summary"]


def test_a_service_beside_the_event_tells_session_0() -> None:
    text = SERVER + compose.event(243, "2007-03-09 07:05:03") + compose.scm(7009, "2007-03-09 07:05:33")
    (finding,) = compose.findings(compose.document(text), RULE)
    assert finding["summary"].startswith("A process of session 0 got nothing")
    assert [line for _, line in compose.cited(finding)] == [6, 13]


def test_near_miss() -> None:
    cases: dict[str, compose.Text] = {
        "a user's session": SERVER + compose.event(243, text=compose.requester(2)),
        "no session": SERVER + compose.event(243),
        "event 244": SERVER + compose.event(244, text=compose.requester(0)),
        "an article": SERVER + compose.event(243, "", text=compose.requester(0)),
        "Windows 7": compose.banner(7601, name="Windows 7", target="x64")
        + compose.event(243, text=compose.requester(0)),
    }
    assert "found" not in compose.statuses(cases, RULE).values()


def test_no_data() -> None:
    assert compose.statuses({"another command": compose.vm4()}, RULE) == {"another command": "no_data"}


def test_boundary() -> None:
    cases: dict[str, compose.Text] = {
        str(build): compose.banner(build, name="Windows 10", target="x64")
        + compose.event(243, text=compose.requester(0))
        for build in (FIRST - 1, FIRST, FIRST + 1)
    }
    assert compose.statuses(cases, RULE) == {
        str(FIRST - 1): "not_applicable",
        str(FIRST): "found",
        str(FIRST + 1): "found",
    }
