"""Commit at its limit looks like desktop heap: measured, logged, counted, or only told."""

from __future__ import annotations

import compose

from dumpscan.rules._commit import NEAR

RULE = "commit-exhausted"
LIMIT = 202280


def vm(committed: int, *, grows: int = 0, warning: str = "") -> str:
    file = f"Page File: \\??\\C:\\pagefile.sys\n  Current:   147456 Kb  Free Space:   65988 Kb\n  Minimum:   98304 Kb  Maximum:     {147456 + grows} Kb\n"
    counters = f"Committed pages: {committed // 4:>10} ( {committed:>10} Kb)\nCommit limit: {LIMIT // 4:>10} ( {LIMIT:>10} Kb)\n"
    return f"kd> !vm\n{file}\nPhysical Memory:           1048446 (    4193784 Kb)\nAvailable Pages:            820027 (    3280108 Kb)\n{warning}{counters}"


FIRES = vm(200000)
RESOURCES = "Microsoft-Windows-Resource-Exhaustion-Detector"


def test_fires() -> None:
    document = compose.document(FIRES)
    (finding,) = compose.findings(document, RULE)
    assert (finding["severity"], finding["certainty"]) == ("high", "likely")
    assert compose.cited(finding) == [("-", compose.line_of(FIRES, "Committed pages"))]
    assert "200,000 KB of a commit limit of 202,280 KB are committed (99 %)" in finding["summary"]
    assert any("SharedSection" in one["text"] for one in finding["advice"] if one["when"] == "futile")
    assert document["verdict"]["mode"] == "undecided"


def test_a_page_file_that_can_grow_makes_it_less_sure() -> None:
    (finding,) = compose.findings(compose.document(vm(200000, grows=49152)), RULE)
    assert finding["certainty"] == "possible" and "the page file may still grow by 49,152 KB" in finding["summary"]


def test_how_far_all_page_files_may_still_grow() -> None:
    """Those of the last !vm of each machine; one that is larger than its maximum takes nothing from the others."""
    file = "Page File: \\??\\{}:\\pagefile.sys\n  Current:   {} Kb  Free Space:   65988 Kb\n  Minimum:   98304 Kb  Maximum:     {} Kb\n"
    shrinks, grows = file.format("D", 147456, 98304), file.format("E", 1024, 17408)
    several = vm(200000, grows=49152).replace("Page File:", f"{shrinks}{grows}Page File:", 1)
    cases: dict[str, compose.Text] = {
        "three": several,
        "larger later": compose.march(2) + vm(200000) + compose.march(3) + vm(200000, grows=49152),
        "larger before": compose.march(2) + vm(200000, grows=49152) + compose.march(3) + vm(200000),
        "another machine": {"A/a.txt": vm(200000), "B/b.txt": vm(100000, grows=49152)},
    }
    told = {name: compose.findings(one, RULE)[0] for name, one in compose.documents(cases).items()}
    assert {name: one["certainty"] for name, one in told.items()} == {
        "three": "possible", "larger later": "possible", "larger before": "likely", "another machine": "likely",
    }  # fmt: skip
    assert "may still grow by 65,536 KB" in told["three"]["summary"]
    assert "may still grow by 49,152 KB" in told["larger later"]["summary"]


def test_other_signs() -> None:
    warning = "\n********** 48530 commit requests have failed  **********\n\n"
    cases: dict[str, compose.Text] = {
        "event": compose.event(2004, source=RESOURCES),
        "warning": vm(100000, warning=warning),
        "symptom": compose.scm(7009, "2007-03-09 07:05:33").replace("connect.", "connect. 0xC000012D"),
    }
    told = {name: compose.findings(one, RULE)[0] for name, one in compose.documents(cases).items()}
    assert {name: (one["severity"], one["certainty"]) for name, one in told.items()} == {
        "event": ("high", "likely"), "warning": ("medium", "possible"), "symptom": ("medium", "possible"),
    }  # fmt: skip
    assert "2007-03-09 07:05:33" in told["event"]["summary"] and "48530 commit requests" in told["warning"]["summary"]


def test_near_miss() -> None:
    cases: dict[str, compose.Text] = {
        "room": vm(100000),
        "room, whatever was seen": vm(100000) + "exited with code 0xC000012D\n",
        "pool": vm(100000, warning="\n********** 48530 pool allocations have failed **********\n\n"),
        "an underflow": vm(
            100000,
            warning="\n***** Sum of individual system commit + Process commit exceeds overall commit by 18446708980462741736 Kb ? ****\n\n",
        ),
        "later there is room": vm(200000) + vm(100000),
        "later no KB were printed": vm(100000) + vm(200000).replace(" Kb)", " )").replace(f"( {200000:>10} )", ""),
        "another source": compose.event(2004, source="MSExchange OAuth"),
        "an article": compose.event(2004, "", source=RESOURCES),
    }
    assert set(compose.statuses(cases, RULE).values()) == {"clear"}


def test_no_data() -> None:
    assert compose.statuses({"prose": "Memory was short.\n"}, RULE) == {"prose": "no_data"}


def test_boundary() -> None:
    line = -(-LIMIT * NEAR // 100)
    cases: dict[str, compose.Text] = {str(kb): vm(kb) for kb in (line - 1, line, line + 1)}
    found = [name for name, status in compose.statuses(cases, RULE).items() if status == "found"]
    assert found == [str(line), str(line + 1)]
