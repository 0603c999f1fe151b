"""The one answer of a case: precedence, the worst machine speaks, machines are never joined, history stays history."""

from __future__ import annotations

import json

import compose
import pytest
from compose import DEFAULT, SYSTEM, VISTA, X64, X86, Document, Heap

from dumpscan.verdict import DANGER

GOOD = compose.dheapmon(0, X86)
FULL = compose.dheapmon(0, compose.replaced(X86, SYSTEM, 512, 99.5))
ALMOST = compose.dheapmon(0, compose.replaced(X86, SYSTEM, 512, 95))
FILLING = compose.dheapmon(0, compose.replaced(X86, SYSTEM, 512, 85))
LIMIT, LARGE = compose.view_size(20480), compose.view_size(49152)
CUT = compose.without(GOOD, SYSTEM)
MANY: list[Heap] = [*X86, *((compose.service(number), 512, 1.0) for number in range(29))]  # 20,160 KB
TIGHT, BOTH = compose.dheapmon(0, MANY), compose.dheapmon(0, compose.replaced(MANY, SYSTEM, 512, 99.5))
MODERN = compose.dskheap(0, VISTA)
MODERN_FULL = compose.dskheap(0, compose.replaced(VISTA, SYSTEM, 768, 99))

CASES: dict[str, compose.Text] = {
    "good": GOOD,
    "good with its limit": GOOD + LARGE,
    "full": FULL,
    "almost full": ALMOST,
    "filling": FILLING,
    "full and filling": compose.dheapmon(
        0, compose.replaced(compose.replaced(X86, SYSTEM, 512, 99.5), DEFAULT, 3072, 85)
    ),
    "full, and another almost": compose.dheapmon(
        0, compose.replaced(compose.replaced(X86, SYSTEM, 512, 95), DEFAULT, 3072, 99.5)
    ),
    "exhausted": TIGHT + LIMIT,
    "both": BOTH + LIMIT,
    "both, one of them likely": compose.dheapmon(0, compose.replaced(MANY, SYSTEM, 512, 95)) + LIMIT,
    "cut": CUT,
    "full and cut": compose.without(FULL, DEFAULT),
    "filling and cut": compose.without(FILLING, DEFAULT),
    "exhausted and cut": compose.without(TIGHT, compose.service(3)) + LIMIT,
    "whole and cut of another session": compose.dskheap(0, X86) + compose.dskheap(1, X86[:3], count=5),
    "failed": compose.FAILED,
    "failed and then whole": compose.FAILED + GOOD,
    "whole and then failed": GOOD + compose.FAILED,
    "failed and cut": compose.FAILED + CUT,
    "failed limit beside a whole listing": GOOD + "lkd> dd nt!MmSessionViewSize L1\n808ad254  ????????\n",
    "a limit alone": LIMIT,
    "memory alone": compose.vm4(None),
    "prose": "The desktop heap was full, said the customer; it was at 99 %.\n",
    "nothing at all": "",
    "contradictory": GOOD + compose.view_size(4096),
    "contradictory and cut": CUT + compose.view_size(2048),
    "contradictory, yet full": FULL + compose.view_size(4096),
    "limit not printed, and it matters": compose.dheapmon(0, compose.filling(17000, 512)),
    "a size without a use": compose.in_bytes(6291456, 6291456),
    "since Vista": MODERN,
    "since Vista, full": MODERN_FULL,
    "since Vista, failed": MODERN + "\n" + compose.filler(50) + compose.NO_TYPES,
    "since Vista, cut": compose.without(MODERN, SYSTEM),
    "since Vista, filling": compose.dskheap(0, compose.replaced(VISTA, SYSTEM, 768, 85)),
    "a banner since Vista, failed": compose.banner(7601, name="Windows 7", target="x64") + compose.FAILED,
    "a banner since Vista, with a limit": compose.banner(7601, name="Windows 7", target="x64")
    + compose.dskheap(0, X64)
    + LIMIT,
}
EXPECTED: dict[str, tuple[str, str | None, str | None]] = {
    "good": ("no-sign", None, "likely"),
    "good with its limit": ("no-sign", None, "likely"),
    "full": ("single-heap-full", None, "proved"),
    "almost full": ("single-heap-full", None, "likely"),
    "filling": ("at-risk", None, "likely"),
    "full and filling": ("single-heap-full", None, "proved"),
    "full, and another almost": ("single-heap-full", None, "proved"),
    "exhausted": ("view-space-exhausted", None, "proved"),
    "both": ("both", None, "proved"),
    "both, one of them likely": ("both", None, "likely"),
    "cut": ("undecided", "incomplete", None),
    "full and cut": ("single-heap-full", None, "proved"),
    "filling and cut": ("at-risk", None, "likely"),
    "exhausted and cut": ("view-space-exhausted", None, "likely"),
    "whole and cut of another session": ("undecided", "incomplete", None),
    "failed": ("undecided", "tool_failed", None),
    "failed and then whole": ("no-sign", None, "likely"),
    "whole and then failed": ("no-sign", None, "likely"),
    "failed and cut": ("undecided", "incomplete", None),
    "failed limit beside a whole listing": ("no-sign", None, "likely"),
    "a limit alone": ("undecided", "no_evidence", None),
    "memory alone": ("undecided", "no_evidence", None),
    "prose": ("undecided", "no_evidence", None),
    "nothing at all": ("undecided", "no_evidence", None),
    "contradictory": ("undecided", "contradictory", None),
    "contradictory and cut": ("undecided", "contradictory", None),
    "contradictory, yet full": ("single-heap-full", None, "proved"),
    "limit not printed, and it matters": ("undecided", "incomplete", None),
    "a size without a use": ("undecided", "incomplete", None),
    "since Vista": ("no-sign", None, "likely"),
    "since Vista, full": ("single-heap-full", None, "proved"),
    "since Vista, failed": ("no-sign", None, "likely"),
    "since Vista, cut": ("undecided", "incomplete", None),
    "since Vista, filling": ("at-risk", None, "likely"),
    "a banner since Vista, failed": ("undecided", "tool_failed", None),
    "a banner since Vista, with a limit": ("no-sign", None, "likely"),
}


@pytest.fixture(scope="module")
def told() -> dict[str, Document]:
    return compose.documents(CASES)


@pytest.mark.parametrize("name", CASES)
def test_precedence(told: dict[str, Document], name: str) -> None:
    verdict = told[name]["verdict"]
    assert (verdict["mode"], verdict["reason"], verdict["certainty"]) == EXPECTED[name]


def test_every_summary_is_plain(told: dict[str, Document]) -> None:
    """A healthy capture clears one session at one moment; so no sentence calls a machine healthy, and each names its sessions."""
    for name, document in told.items():
        verdict = document["verdict"]
        assert verdict["summary"].endswith(".") and "healthy" not in json.dumps(verdict).lower(), name
        if verdict["mode"] != "undecided":
            assert "session 0" in verdict["summary"], name
        if verdict["mode"] == "no-sign":
            assert "at the moment of this capture" in verdict["summary"], name
        assert verdict["summary"].startswith("Undecided.") == (verdict["mode"] == "undecided"), name


def test_what_was_not_captured(told: dict[str, Document]) -> None:
    assert told["good"]["verdict"]["scope"]["sessions"] == [0]
    assert "other than session 0" in told["good"]["verdict"]["scope"]["not_captured"][-1]
    assert told["failed"]["verdict"]["scope"] == {
        "machine": "unnamed", "sessions": [], "moment": None, "not_captured": ["the heaps of any session"], "assumed": [],
        "complaint": {"session": None, "failed_at": None},
    }  # fmt: skip
    there = compose.verdict(GOOD + compose.vm4(20480, sessions=(0, 2)))
    assert there["scope"]["not_captured"][0].startswith("session 2 is there (-:")
    assert len(there["scope"]["not_captured"]) == 2


def test_the_moment(told: dict[str, Document]) -> None:
    text = compose.banner(3790, name="Windows Server 2003", time="Mon Nov 16 09:30:00 2026") + compose.dskheap(0, X86)
    assert "Nov 16 09:30:00" in compose.verdict(text)["scope"]["moment"]
    assert told["good"]["verdict"]["scope"]["moment"] is None


def test_evidence_cites_the_rows(told: dict[str, Document]) -> None:
    """The full row, with its text as it stands in the file; for no sign the tool's own totals."""
    first = told["full"]["verdict"]["evidence"][0]
    line = compose.line_of(FULL, SYSTEM)
    assert (first["file"], first["line"], first["text"]) == ("-", line, FULL.splitlines()[line - 1])
    (total,) = told["good"]["verdict"]["evidence"]
    assert total["line"] == compose.line_of(GOOD, "Total Desktop") and "Total Desktop" in total["text"]
    both = told["both"]["verdict"]
    assert "is exhausted" in both["summary"] and "99.5 %" in both["summary"], "two sentences, one for each"


@pytest.mark.parametrize("name", CASES)
def test_what_to_run_next(told: dict[str, Document], name: str) -> None:
    """An undecided case says what would settle it; where view space has no limit, nothing about it is offered or advised."""
    verdict = told[name]["verdict"]
    for step in verdict["next"]:
        assert set(step) == {"command", "where", "why", "before", "gives"}
        assert step["command"] and step["where"] and step["why"]
        assert {one["verdict"] for one in step["gives"]} <= set(DANGER)
    if verdict["mode"] == "undecided":
        assert verdict["next"]
    printed = any(row["limit"] == "view_space" for row in told[name]["tables"]["session_limits"])
    offered = [step["command"] for step in verdict["next"]]
    if printed or "since Vista" in name:
        assert not any("MmSessionViewSize" in command for command in offered)
    if "since Vista" in name:
        assert not any("dheapmon" in command for command in offered)
        actions = [
            action
            for outcome in told[name]["outcomes"]
            for finding in outcome["findings"]
            for action in finding["actions"]
        ]
        assert not any("SessionViewSize" in text for text in [*actions, verdict["summary"]])


@pytest.mark.parametrize(
    ("name", "command"),
    [
        ("failed", "!dskheap -s 0"), ("cut", "!dskheap -s 0"), ("prose", "!dskheap -s 0"), ("good", "dd nt!MmSessionViewSize L1"),
        ("limit not printed, and it matters", "dd nt!MmSessionViewSize L1"), ("filling", "!dskheap -s 0"),
    ],
)  # fmt: skip
def test_next_names_what_settles_it(told: dict[str, Document], name: str, command: str) -> None:
    assert command in [step["command"] for step in told[name]["verdict"]["next"]]


def test_a_limit_already_printed_is_not_asked_for(told: dict[str, Document]) -> None:
    assert not any("MmSessionViewSize" in step["command"] for step in told["good with its limit"]["verdict"]["next"])


# Several machines.

SEVERAL: dict[str, compose.Text] = {
    "worst first": {"a/heaps.txt": GOOD, "b/heaps.txt": FILLING, "c/heaps.txt": FULL, "d/heaps.txt": TIGHT + LIMIT, "e/heaps.txt": BOTH + LIMIT},
    "limit of A, heaps of B": {"a/limit.txt": GOOD + LIMIT, "b/heaps.txt": TIGHT},
    "full A, exhausted B": {"a/heaps.txt": FULL, "b/heaps.txt": TIGHT + LIMIT},
    "nothing known of A": {"a/vm.txt": compose.vm4(None), "b/heaps.txt": GOOD},
    "A failed": {"a/heaps.txt": compose.FAILED, "b/heaps.txt": GOOD},
    "A cut": {"a/heaps.txt": CUT, "b/heaps.txt": FULL},
    "proved before likely": {"a/heaps.txt": ALMOST, "b/heaps.txt": FULL},
    "the rest of A is whole elsewhere": {"a/heaps.txt": CUT, "b/heaps.txt": GOOD},
}  # fmt: skip


@pytest.fixture(scope="module")
def several() -> dict[str, Document]:
    return compose.documents({name: text for name, text in SEVERAL.items() if not isinstance(text, str)})


def test_the_worst_machine_speaks(several: dict[str, Document]) -> None:
    verdict = several["worst first"]["verdict"]
    assert (verdict["mode"], verdict["scope"]["machine"]) == ("both", "e")
    assert [(one["machine"], one["mode"]) for one in verdict["others"]] == [
        ("d", "view-space-exhausted"), ("c", "single-heap-full"), ("b", "at-risk"), ("a", "no-sign"),
    ]  # fmt: skip
    assert all(one["summary"] and one["certainty"] for one in verdict["others"])
    assert all(line["file"].startswith("e/") for line in verdict["evidence"])


@pytest.mark.parametrize(
    ("name", "machine", "mode", "others"),
    [
        ("limit of A, heaps of B", "b", "undecided", ["no-sign"]),
        ("full A, exhausted B", "b", "view-space-exhausted", ["single-heap-full"]),
        ("nothing known of A", "b", "no-sign", ["undecided"]),
        ("A failed", "a", "undecided", ["no-sign"]),
        ("A cut", "b", "single-heap-full", ["undecided"]),
        ("proved before likely", "b", "single-heap-full", ["single-heap-full"]),
        ("the rest of A is whole elsewhere", "a", "undecided", ["no-sign"]),
    ],
)
def test_machines_are_never_joined(
    several: dict[str, Document], name: str, machine: str, mode: str, others: list[str]
) -> None:
    verdict = several[name]["verdict"]
    assert (verdict["scope"]["machine"], verdict["mode"]) == (machine, mode)
    assert [one["mode"] for one in verdict["others"]] == others
    assert "both" not in (mode, *others)


def test_limit_of_another_machine(several: dict[str, Document]) -> None:
    """A first prototype "found" exhaustion by holding one machine's heaps against another machine's limit."""
    limits = {view["machine"]: view["limit_kb"] for view in several["limit of A, heaps of B"]["view_space"]}
    assert limits == {"a": 20480, "b": None}
    assert several["limit of A, heaps of B"]["verdict"]["reason"] == "incomplete"


def test_since_vista_on_one_machine_of_two() -> None:
    """What one machine is says nothing of the other: its view space has a limit all the same."""
    told = compose.document({"new/heaps.txt": MODERN + LIMIT, "old/heaps.txt": TIGHT + LIMIT})
    assert [one["machine"] for one in compose.findings(told, "session-view-space-exhausted")] == ["old"]
    assert (told["verdict"]["mode"], told["verdict"]["scope"]["machine"]) == ("view-space-exhausted", "old")


# Several moments.

MOMENTS: dict[str, compose.Text] = {
    "full, then whole and good": FULL + GOOD,
    "full, then cut": FULL + CUT,
    "full, then failed": FULL + compose.FAILED,
    "full, then another session": compose.dskheap(0, compose.replaced(X86, SYSTEM, 512, 99)) + compose.dskheap(1, X86),
    "good, then full": GOOD + FULL,
    "full, good, full": FULL + GOOD + FULL,
    "exhausted, then freed": TIGHT + GOOD + LIMIT,
    "cut, then whole and good": CUT + GOOD,
    "filling, then whole and good": FILLING + GOOD,
    "good, then cut": GOOD + CUT,
    "full, good, cut": FULL + GOOD + CUT,
}


@pytest.mark.parametrize(
    ("name", "mode", "history"),
    [
        ("full, then whole and good", "no-sign", 1),
        ("full, then cut", "single-heap-full", 0),
        ("full, then failed", "single-heap-full", 0),
        ("full, then another session", "single-heap-full", 0),
        ("good, then full", "single-heap-full", 0),
        ("full, good, full", "single-heap-full", 1),
        ("exhausted, then freed", "no-sign", 0),
        ("cut, then whole and good", "no-sign", 0),
        ("filling, then whole and good", "no-sign", 0),
        ("good, then cut", "undecided", 0),
        ("full, good, cut", "undecided", 1),
    ],
)
def test_history(moments: dict[str, Document], name: str, mode: str, history: int) -> None:
    """A later whole listing makes an earlier full heap history; a cut or failed one proves no recovery."""
    verdict = moments[name]["verdict"]
    assert (verdict["mode"], len(verdict["history"])) == (mode, history)


@pytest.fixture(scope="module")
def moments() -> dict[str, Document]:
    return compose.documents(MOMENTS)


def test_an_empty_listing_raises_nothing() -> None:
    """The contract: never raises for what the input holds. Nothing was listed, so nothing is cleared."""
    assert compose.verdict(compose.dskheap(0, []))["mode"] == "undecided"


def test_no_sign_rests_on_the_latest_listings_alone() -> None:
    """The cut listing lost a row: nothing adds up there."""
    (only,) = compose.verdict(CUT + GOOD)["evidence"]
    assert only["line"] == len(CUT.splitlines()) + compose.line_of(GOOD, "Total Desktop")


def test_no_reports_no_matter() -> None:
    """Not one row, not one machine: the answer still has every part."""
    verdict = compose.verdict("")
    assert verdict["evidence"] == verdict["others"] == verdict["history"] == []
    assert verdict["scope"]["machine"] is None and verdict["next"]


def test_the_next_listing_is_of_the_session_that_is_missing() -> None:
    text = (
        compose.dskheap(0, compose.X86)
        + "kd> !session\nSessions on machine: 2\nValid Sessions: 0 3\nCurrent Session 0\n"
    )
    asked = [step["command"] for step in compose.document(text)["verdict"]["next"]]
    assert "!dskheap -s 3" in asked
    assert "!dskheap -s 0" not in asked


def test_each_limit_and_the_verdict_it_would_give() -> None:
    """17,000 KB of heaps and 512 KB for the next: too much for 20 MB with what else lives there, little for 48 MB."""
    told = compose.documents(
        {
            "x86": compose.dheapmon(0, compose.filling(17000, 512)),
            "exhausted": compose.dheapmon(0, compose.filling(20000, 512)),
            "impossible": compose.dheapmon(0, compose.filling(30000, 512)),
        }
    )
    gives = {
        name: {
            one["answer"]: one["verdict"]
            for step in one["verdict"]["next"]
            if "MmSession" in step["command"]
            for one in step["gives"]
        }
        for name, one in told.items()
    }
    small, large = "01400000, which is 20,480 KB", "03000000, which is 49,152 KB"
    assert (gives["x86"][small], gives["x86"][large]) == ("at-risk", "no-sign")
    assert (gives["exhausted"][small], gives["exhausted"][large]) == ("view-space-exhausted", "no-sign")
    assert (gives["impossible"][small], gives["impossible"][large]) == ("undecided", "no-sign")


def test_what_the_debugger_needs_before_it_lists(told: dict[str, Document]) -> None:
    """A log in Unicode, the session, and a process of it: without these the listing fails or is of another session."""
    (step,) = (one for one in told["failed"]["verdict"]["next"] if one["command"].startswith("!dskheap"))
    assert step["before"][0].startswith(".logopen /u") and step["before"][1] == "!session -s 0"
    assert step["before"][2:] == ["!process 0 0 csrss.exe", ".process /p /r ADDRESS; $$ of the csrss.exe in session 0"]
    assert max(map(len, step["before"])) <= 76, "indented by four they fit into 80 columns"
    assert {one["verdict"] for one in step["gives"]} == {"single-heap-full", "at-risk", "no-sign", "undecided"}


def test_facts_that_are_there_and_not(told: dict[str, Document]) -> None:
    facts = told["good with its limit"]["verdict"]["facts"]
    assert [one["fact"] for one in facts["present"]] == [
        "how full the desktop heaps are",
        "the limit of session view space",
    ]
    assert facts["present"][0]["line"] == compose.line_of(GOOD, " WinSta0\\Default ")
    assert "the SharedSection values in force" in facts["missing"] and "whether /3GB is in force" in facts["missing"]
    modern = told["since Vista"]["verdict"]["facts"]
    assert not {"the limit of session view space", "whether /3GB is in force"} & set(modern["missing"])


def test_windows_8_and_later_is_not_asked_for_what_fails_there() -> None:
    text = compose.banner(20348, name="Windows Server 2022", target="x64") + compose.NO_TYPES
    asked = [step["command"] for step in compose.verdict(text)["next"]]
    assert not any("dskheap" in command or "dheapmon" in command for command in asked)
    assert any("wevtutil qe System /q" in command for command in asked)
    assert any("wevtutil qe System /c:1" in command for command in asked), "how far back the log reaches"
    assert any("csrss" in command for command in asked) and any("GuiObjectUse" in command for command in asked)
