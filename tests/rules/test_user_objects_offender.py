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


def test_an_event_of_another_session_is_not_its_doing() -> None:
    """Heaps belong to one session; an event without a session may be of this one."""
    modern = compose.banner(20348, name="Windows Server 2022", target="x64")
    cases: dict[str, compose.Text] = {
        name: modern + "".join(compose.event(243, text=compose.requester(one)) for one in sessions) + more + FIRES
        for name, sessions, more in (
            ("another", [2], ""), ("two others", [2, 3, 2], ""), ("its own", [0], ""), ("one of them", [2, 0], ""), ("not told", [2], compose.event(243)),
            ("an article", [], compose.event(243, "", text=compose.requester(2))), ("no event", [], ""),
        )
    }  # fmt: skip
    told = {name: compose.findings(one, RULE)[0] for name, one in compose.documents(cases).items()}
    assert {name: (one["severity"], one["subject"]["failed_in"]) for name, one in told.items()} == {
        "another": ("low", [2]), "two others": ("low", [2, 3]), "its own": ("medium", []), "one of them": ("medium", []), "not told": ("medium", []),
        "an article": ("medium", []), "no event": ("medium", []),
    }  # fmt: skip
    assert told["another"]["summary"].endswith(
        "The allocations that failed (event 243) were in session 2: these objects are on no heap of it."
    )
    assert "session 2 and session 3: these objects are on no heap of those." in told["two others"]["summary"]
    assert len(told["another"]["evidence"]) == 2 and len(told["its own"]["evidence"]) == 1


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


def test_each_machine_and_each_session() -> None:
    modern = compose.banner(20348, name="Windows Server 2022", target="x64")
    light = compose.gui(0, [CSRSS, (*AGENT[:4], 12, 4)])
    cases: dict[str, compose.Text] = {
        "one of two": {"a/a.txt": modern + FIRES, "b/b.txt": modern + light},
        "XP beside it": {"a/a.txt": compose.banner(2600) + FIRES, "b/b.txt": modern + light},
        "an event elsewhere": {"a/a.txt": modern + FIRES, "b/b.txt": modern + compose.event(243, text=compose.requester(2)) + light},
        "in capitals": modern + compose.gui(0, [("CSRSS.EXE", 704, "", LOCAL_SYSTEM, 4000, 0)]),
        "of equal weight": modern + compose.gui(0, [("first.exe", 1, "", LOCAL_SYSTEM, 2000, 0), ("second.exe", 2, "", LOCAL_SYSTEM, 2000, 0), ("third.exe", 3, "", LOCAL_SYSTEM, 999, 0)]),
        "two others": modern + compose.event(243, text=compose.requester(2)) + compose.event(243, "2007-03-09 08:05:33", text=compose.requester(3)) + FIRES,
    }  # fmt: skip
    told = {name: compose.findings(one, RULE) for name, one in compose.documents(cases).items()}
    assert {name: [(one["machine"], one["severity"], one["subject"]["process"]) for one in found] for name, found in told.items()} == {
        "one of two": [("a", "medium", "agent.exe")], "XP beside it": [], "an event elsewhere": [("a", "medium", "agent.exe")], "in capitals": [],
        "of equal weight": [("unnamed", "medium", "first.exe")], "two others": [("unnamed", "low", "agent.exe")],
    }  # fmt: skip
    (one,), (equal,), (others,) = told["one of two"], told["of equal weight"], told["two others"]
    assert one["subject"] == {
        "session": 0, "pid": 5120, "process": "agent.exe", "services": "ReportAgent", "account": NETWORK_SERVICE, "user_objects": 2940,
        "user_objects_peak": 2942, "failed_in": [],
    }  # fmt: skip
    assert "more of session 0 hold" not in one["summary"] and "event 243" not in one["summary"]
    assert "1 more of session 0 hold 1,000 or more" in equal["summary"]
    assert [part["when"] for part in one["advice"]] == ["now", "cause", "futile"]
    assert [part["shows"] for part in others["evidence"]] == [
        "agent.exe: 2,940 USER objects", "event 243 at 2007-03-09 07:05:33: session 2", "event 243 at 2007-03-09 08:05:33: session 3",
    ]  # fmt: skip
