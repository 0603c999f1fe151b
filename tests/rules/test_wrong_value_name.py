"""A value named SharedSection, which nothing reads."""

from __future__ import annotations

import compose
import pytest
from compose import MEMORY_MANAGEMENT, SUBSYSTEMS, csrss, reg_query

RULE = "wrong-value-name"
WRONG = ("SharedSection", "REG_SZ", "1024,20480,4096")
FIRES = reg_query(SUBSYSTEMS, WRONG, ("Windows", "REG_EXPAND_SZ", csrss()))


def test_fires() -> None:
    told = compose.documents({"both": FIRES, "alone": reg_query(SUBSYSTEMS, WRONG)})
    (both,) = compose.findings(told["both"], RULE)
    (alone,) = compose.findings(told["alone"], RULE)
    assert (both["severity"], both["certainty"]) == ("medium", "proved")
    assert "(1024,20480,4096)" in both["summary"]
    assert "SharedSection=1024,20480,768 inside the value Windows" in both["summary"]
    assert "inside" not in alone["summary"]
    assert compose.cited(both) == [("-", compose.line_of(FIRES, "REG_SZ"))]
    assert any(text.startswith("Delete the value SharedSection") for text in compose.reboot_advice(both))


def test_near_miss() -> None:
    cases: dict[str, compose.Text] = {
        "the right value": compose.XP_VALUE,
        "another key": reg_query(MEMORY_MANAGEMENT, WRONG),
        "a script that would write it": f'reg add "{SUBSYSTEMS}" /v SharedSection /t REG_SZ /d 1024,20480,768 /f\n',
        "not there": f'C:\\>reg query "{SUBSYSTEMS}" /v SharedSection\n\nERROR: The system was unable to find the specified registry key or value.\n',
    }
    assert {name: RULE in compose.fired(one) for name, one in compose.documents(cases).items()} == dict.fromkeys(
        cases, False
    )


def test_no_data() -> None:
    assert compose.statuses({"heaps": compose.dheapmon(0, compose.X86)}, RULE) == {"heaps": "no_data"}


@pytest.mark.parametrize(
    ("name", "fires"), [("SharedSection", True), ("SHAREDSECTION", True), ("SharedSections", False)]
)
def test_boundary(name: str, fires: bool) -> None:
    text = reg_query(SUBSYSTEMS, (name, *WRONG[1:]), ("Windows", "REG_EXPAND_SZ", csrss()))
    assert (RULE in compose.fired(compose.document(text))) is fires


def test_whose_value_and_which_counts() -> None:
    wrong, real = reg_query(SUBSYSTEMS, WRONG), reg_query(SUBSYSTEMS, ("Windows", "REG_EXPAND_SZ", csrss()))
    gone = f'C:\\>reg query "{SUBSYSTEMS}" /v SharedSection\n\nERROR: The system was unable to find the specified registry key or value.\n'
    cases: dict[str, compose.Text] = {
        "a number": compose.dword(SUBSYSTEMS, SharedSection=1024),
        "twice": wrong + wrong,
        "two machines": {"a/a.txt": compose.SERVER_2016 + wrong + real, "b/b.txt": compose.XP + wrong + compose.XP_VALUE, "c/c.txt": compose.XP + compose.XP_VALUE},
        "deleted since": compose.march(1) + wrong + compose.march(2) + gone + compose.XP_VALUE,
        "another one since": compose.march(1) + wrong + compose.march(2) + wrong.replace("4096", "8192"),
        "in force alone": wrong + compose.running(csrss()),
    }  # fmt: skip
    told = {
        name: [(one["machine"], one["subject"]["text"], one["subject"]["sizes"]) for one in compose.findings(doc, RULE)]
        for name, doc in compose.documents(cases).items()
    }
    numbers = WRONG[2]
    assert told == {
        "a number": [("unnamed", "0x400", None)], "twice": [("unnamed", numbers, None)], "two machines": [("a", numbers, "1024,20480,768"), ("b", numbers, "1024,3072,512")],
        "deleted since": [], "another one since": [("unnamed", "1024,20480,8192", None)], "in force alone": [("unnamed", numbers, "1024,20480,768")],
    }  # fmt: skip


def test_beside_the_verdict() -> None:
    """What is configured is no sign of full heaps."""
    compose.assert_beside_no_sign(FIRES + compose.dskheap(0, compose.VISTA), RULE)
