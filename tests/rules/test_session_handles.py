"""The table of USER or GDI handles of one session is nearly used up; two sessions are never added up."""

from __future__ import annotations

import compose

from dumpscan.rules.session_handles import MOST, NEAR

RULE = "session-handles"
ONE = ("report.exe", 5120, "", r"CONTOSO\frieda", 9000, 12)
FIRES = compose.gui(2, [ONE], total=(60000, 400))


def test_fires() -> None:
    (finding,) = compose.findings(compose.document(FIRES), RULE)
    assert (finding["severity"], finding["certainty"]) == ("high", "proved")
    assert compose.cited(finding) == [("-", 3), ("-", 2)]
    assert "All of session 2 holds 60,000 USER objects of the 65,536" in finding["summary"]
    assert "report.exe (PID 5120): 9,000" in finding["summary"]


def test_global_usage_counts_where_it_is_larger() -> None:
    text = FIRES.replace(
        "TOTAL\t[enumerated processes]\t\t\t\t\t60000\t60000", "TOTAL\t[enumerated processes]\t\t\t\t\t9000\t9000"
    )
    (finding,) = compose.findings(compose.document(text), RULE)
    assert compose.cited(finding)[0] == ("-", 4)


def test_without_totals_the_processes_are_added_up() -> None:
    rows = [(f"p{number}.exe", 100 + number, "", r"CONTOSO\frieda", 9900, 1) for number in range(6)]
    text = compose.without(compose.gui(2, rows), "TOTAL", "GR_GLOBAL")
    (finding,) = compose.findings(compose.document(text), RULE)
    assert finding["certainty"] == "likely" and "59,400 USER objects" in finding["summary"]


def test_near_miss() -> None:
    half = compose.gui(2, [ONE], total=(40000, 40000)) + compose.gui(3, [ONE], total=(40000, 40000))
    cases: dict[str, compose.Text] = {
        "two sessions": half,
        "an older list": {"1.txt": FIRES, "2.txt": compose.gui(2, [ONE])},
    }
    assert "found" not in compose.statuses(cases, RULE).values()


def test_no_data() -> None:
    assert compose.statuses({"another command": compose.vm4()}, RULE) == {"another command": "no_data"}


def test_boundary() -> None:
    line = -(-MOST * NEAR // 100)
    cases: dict[str, compose.Text] = {
        f"{kind} {many}": compose.gui(2, [ONE], total=(many, 400) if kind == "USER" else (9000, many))
        for kind in ("USER", "GDI")
        for many in (line - 1, line, line + 1)
    }
    found = {name for name, status in compose.statuses(cases, RULE).items() if status == "found"}
    assert found == {f"{kind} {many}" for kind in ("USER", "GDI") for many in (line, line + 1)}
