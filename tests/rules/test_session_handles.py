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


TWO = ("calc.exe", 5121, "", r"CONTOSO\frieda", 100, 9000)


def test_each_session_and_kind_with_who_holds_most() -> None:
    alone = compose.without(
        compose.gui(2, [("a.exe", 1, "", r"CONTOSO\frieda", 58983, 0), ("b.exe", 2, "", r"CONTOSO\frieda", 1, 0)]),
        "TOTAL",
        "GR_GLOBAL",
    )
    docs = compose.documents(
        {
            "both kinds": compose.gui(2, [ONE, TWO], total=(60000, 61000)),
            "sessions": compose.gui(2, [ONE], total=(60000, 400)) + compose.gui(3, [TWO], total=(59000, 400)),
            "machines": {
                "a/x.txt": compose.gui(2, [ONE], total=(60000, 400)),
                "b/x.txt": compose.gui(2, [TWO], total=(60001, 400)),
            },
            "only totals": compose.without(FIRES, "report.exe"),
            "nothing held": compose.gui(2, [("idle.exe", 9, "", r"CONTOSO\frieda", 0, 0)], total=(60000, 400)),
            "alone": alone,
        }
    )
    told = {name: compose.findings(doc, RULE) for name, doc in docs.items()}
    subjects = {name: [tuple(one["subject"].values()) for one in some] for name, some in told.items()}
    assert subjects == {
        "both kinds": [(2, "USER", 60000, 9000, "report.exe"), (2, "GDI", 61000, 9000, "calc.exe")],
        "sessions": [(2, "USER", 60000, 9000, "report.exe"), (3, "USER", 59000, 100, "calc.exe")],
        "machines": [(2, "USER", 60001, 100, "calc.exe"), (2, "USER", 60000, 9000, "report.exe")],
        "only totals": [(2, "USER", 60000, None, None)],
        "nothing held": [(2, "USER", 60000, None, None)],
        "alone": [(2, "USER", 58984, 58983, "a.exe")],
    }
    assert [*told["both kinds"][0]["subject"]] == ["session", "kind", "sum", "holds", "process"]
    assert [{file for file, _ in compose.cited(one)} for one in told["machines"]] == [{"b/x.txt"}, {"a/x.txt"}]
    assert [one["shows"] for one in told["both kinds"][1]["evidence"]] == [
        "61,000 GDI objects in session 2",
        "calc.exe: 9,000 of them",
    ]
    assert "Most of them" not in told["only totals"][0]["summary"]
    first = told["both kinds"][0]
    assert [one["when"] for one in first["advice"]] == ["now", "cause", "futile"]
    assert (
        first["advice"][0]["text"]
        == "End what holds most USER objects in session 2, or log it off: that frees its handles."
    )
    assert docs["both kinds"]["verdict"]["mode"] == "undecided"


def test_a_list_of_no_session_is_no_data() -> None:
    """Which sessions its processes are of, nothing tells: they are never added up."""
    rows = compose.gui(2, [ONE], total=(60000, 400)).replace("2\t", "\t")
    assert compose.statuses({"no session": rows}, RULE) == {"no session": "no_data"}
