"""A service with a thousand USER objects: its account tells which heap carries them."""

from __future__ import annotations

import compose
from compose import LOCAL_SYSTEM, NETWORK_SERVICE

from dumpscan.rules.user_objects_offender import MANY

RULE = "user-objects-offender"
CSRSS = ("csrss.exe", 704, "", LOCAL_SYSTEM, 83, 181)
AGENT = ("agent.exe", 5120, "ReportAgent", NETWORK_SERVICE, 2940, 12)
FIRES = compose.gui(0, [CSRSS, AGENT])


def test_fires() -> None:
    (finding,) = compose.findings(compose.document(FIRES), RULE)
    assert (finding["severity"], finding["certainty"]) == ("medium", "likely")
    assert compose.cited(finding) == [("-", compose.line_of(FIRES, "agent.exe"))]
    assert "agent.exe (PID 5120, ReportAgent) in session 0 holds 2,940 USER objects" in finding["summary"]
    assert "136 in 22 processes" in finding["summary"]
    assert "Service-0x0-3e4$" in finding["summary"]


def test_an_account_of_its_own() -> None:
    (finding,) = compose.findings(compose.document(FIRES.replace(NETWORK_SERVICE, r"CONTOSO\svc_report")), RULE)
    assert r"It runs as CONTOSO\svc_report, so the heap of the Service-0x station of their logon" in finding["summary"]


def test_the_worst_is_told_and_all_are_cited() -> None:
    text = compose.gui(0, [AGENT, ("other.exe", 5121, "", LOCAL_SYSTEM, 4000, 0)])
    (finding,) = compose.findings(compose.document(text), RULE)
    assert finding["summary"].startswith("other.exe (PID 5121)") and "1 more of session 0 hold" in finding["summary"]
    assert [line for _, line in compose.cited(finding)] == [3, 2]


def test_near_miss() -> None:
    cases: dict[str, compose.Text] = {
        "a user's session": compose.gui(2, [AGENT]),
        "csrss": compose.gui(0, [(*CSRSS[:4], 4000, 0)]),
        "only a total": compose.gui(0, [CSRSS], total=(4000, 0)),
        "GDI objects": compose.gui(0, [(*AGENT[:4], 12, 4000)]),
        "before Vista": compose.banner(2600) + FIRES,
        "an older list": {"1.txt": FIRES, "2.txt": compose.gui(0, [CSRSS, (*AGENT[:4], 12, 4)])},
    }
    assert "found" not in compose.statuses(cases, RULE).values()


def test_no_data() -> None:
    assert compose.statuses({"another command": compose.started_csrss(20480, 768)}, RULE) == {
        "another command": "no_data"
    }


def test_boundary() -> None:
    cases: dict[str, compose.Text] = {
        str(many): compose.gui(0, [CSRSS, (*AGENT[:4], many, 4)]) for many in (MANY - 1, MANY, MANY + 1)
    }
    found = [name for name, status in compose.statuses(cases, RULE).items() if status == "found"]
    assert found == [str(MANY), str(MANY + 1)]
