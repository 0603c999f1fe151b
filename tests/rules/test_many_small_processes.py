"""Hundreds of small processes on one heap: an estimate where nothing can be measured."""

from __future__ import annotations

import math

import compose
from compose import LOCAL_SERVICE, LOCAL_SYSTEM, NETWORK_SERVICE, GuiProcess

from dumpscan.rules._gui import PROCESS_KB, SERVICE_KB

RULE = "many-small-processes"
MODERN = compose.banner(20348, name="Windows Server 2022", target="x64")
SECTIONS = compose.started_csrss(20480, 768)


def workers(number: int, objects: int = 6, account: str = LOCAL_SYSTEM, name: str = "worker.exe") -> list[GuiProcess]:
    """So many small processes of one account."""
    return [(name, 5000 + 4 * at, "", account, objects, 4) for at in range(number)]


FIRES = MODERN + SECTIONS + compose.gui(0, [("csrss.exe", 704, "", LOCAL_SYSTEM, 83, 181), *workers(180)])


def test_fires() -> None:
    told = compose.document(FIRES)
    (finding,) = compose.findings(told, RULE)
    assert (finding["severity"], finding["certainty"]) == ("medium", "possible")
    assert finding["summary"] == (
        "180 processes of NT AUTHORITY\\SYSTEM in session 0 have USER objects, 1,080 together; 180 of them run worker.exe. By estimate, at 7 KB a process, they want "
        "1,260 KB of the heap of Service-0x0-3e7$, which has 768 KB: it may be full."
    )
    lines = [line for _, line in compose.cited(finding)]
    assert lines[:2] == [compose.line_of(FIRES, "SharedSection="), compose.line_of(FIRES, "\t5000\t")]
    assert compose.line_of(FIRES, "csrss.exe\t") not in lines
    assert any("always from about the same number on" in text for text in finding["actions"])
    assert told["verdict"]["mode"] == "undecided", "an estimate decides nothing"


def test_an_account_of_its_own_and_no_size() -> None:
    text = MODERN + compose.gui(0, workers(120, account=r"CONTOSO\svc_build"))
    (finding,) = compose.findings(compose.document(text), RULE)
    assert (
        "the heap of the Service-0x station of their logon, which has 768 KB as installed on x64" in finding["summary"]
    )


def test_the_size_that_is_in_force_is_evidence() -> None:
    """Where it is told; and of several accounts that could fill their heap the one with more processes."""
    two = [*workers(120, account=LOCAL_SERVICE, name="a.exe"), *workers(150, 8), *workers(110, account=NETWORK_SERVICE, name="b.exe")]  # fmt: skip
    told = compose.documents(
        {"told": MODERN + SECTIONS + compose.gui(0, two), "not told": MODERN + compose.gui(0, two)}
    )
    found = {name: compose.findings(one, RULE) for name, one in told.items()}
    sizes = {name: [line["shows"] for line in one["evidence"] if "configured" in line["shows"]] for name, (one,) in found.items()}  # fmt: skip
    assert sizes == {"told": ["the configured size: 768 KB"], "not told": []}
    (one,) = found["told"]
    assert one["subject"] == {
        "session": 0, "account": LOCAL_SYSTEM, "window_station": "Service-0x0-3e7$", "processes": 150, "objects": 1200, "estimate_kb": 1050, "size_kb": 768,
    }  # fmt: skip
    assert [one["when"] for one in one["advice"]] == ["now", "now", "cause", "futile"]
    assert "150 run worker.exe" in one["advice"][1]["text"]
    assert found["not told"][0]["subject"]["size_kb"] is None


def test_near_miss() -> None:
    measured = compose.dskheap(0, compose.X64)
    cases: dict[str, compose.Text] = {
        "three accounts": MODERN
        + compose.gui(
            0, [one for who in (LOCAL_SYSTEM, LOCAL_SERVICE, NETWORK_SERVICE) for one in workers(100, account=who)]
        ),
        "a user's session": MODERN + compose.gui(2, workers(180)),
        "no objects": MODERN + compose.gui(0, workers(180, 0)),
        "measured": MODERN + measured + compose.gui(0, workers(180)),
        "an event of session 0": FIRES + compose.event(243, text=compose.requester(0)),
        "before Vista": compose.banner(3790) + compose.gui(0, workers(180)),
        "a larger heap": MODERN + compose.started_csrss(20480, 2048) + compose.gui(0, workers(180)),
        "on WinSta0": MODERN + compose.gui(0, workers(180, name="LogonUI.exe")),
    }
    assert "found" not in compose.statuses(cases, RULE).values()
    other = FIRES + compose.event(243, text=compose.requester(2))
    assert compose.statuses({"another session": other}, RULE) == {"another session": "found"}


def test_no_data() -> None:
    assert compose.statuses({"another command": SECTIONS}, RULE) == {"another command": "no_data"}


def test_boundary() -> None:
    cases: dict[str, compose.Text] = {}
    expected = {}
    for size in (512, SERVICE_KB, 1280):
        line = math.ceil(size / PROCESS_KB)
        for number in (line - 1, line, line + 1):
            cases[f"{size} {number}"] = MODERN + compose.started_csrss(20480, size) + compose.gui(0, workers(number))
            expected[f"{size} {number}"] = "found" if number >= line else "clear"
    assert compose.statuses(cases, RULE) == expected
