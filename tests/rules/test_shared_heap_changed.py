"""The first SharedSection value is no desktop heap, and is not to be changed."""

from __future__ import annotations

import compose
from compose import csrss, running, windows_value

from dumpscan.rules._sections import SHARED

RULE = "shared-heap-changed"
FIRES = compose.XP + windows_value(csrss("3072,3072,512", build=2600))


def test_fires() -> None:
    (finding,) = compose.findings(compose.document(FIRES), RULE)
    assert (finding["severity"], finding["certainty"]) == ("medium", "proved")
    assert f"is 3072 instead of {SHARED}" in finding["summary"]
    assert compose.cited(finding) == [("-", compose.line_of(FIRES, "SharedSection="))]
    (advice,) = compose.reboot_advice(finding)
    assert f"SharedSection=3072,3072,512 becomes SharedSection={SHARED},3072,512" in advice


def test_near_miss() -> None:
    write = f'reg add "{compose.SUBSYSTEMS}" /v Windows /t REG_EXPAND_SZ /d "{csrss("2048,20480,768")}" /f\n'
    cases: dict[str, compose.Text] = {
        "the default": compose.XP_VALUE,
        "others changed": compose.SERVER_2016 + running(csrss("1024,20480,4096")),
        "a command that would write it": write,
        "typed": "SharedSection=2048,3072,512 Windows\n",
    }
    assert {name: RULE in compose.fired(one) for name, one in compose.documents(cases).items()} == dict.fromkeys(
        cases, False
    )


def test_no_data() -> None:
    assert compose.statuses({"heaps": compose.dheapmon(0, compose.X86)}, RULE) == {"heaps": "no_data"}


def test_boundary() -> None:
    cases: dict[str, compose.Text] = {
        str(first): compose.SERVER_2016 + running(csrss(f"{first},20480,768"))
        for first in (SHARED - 1, SHARED, SHARED + 1)
    }
    fired = {name for name, one in compose.documents(cases).items() if RULE in compose.fired(one)}
    assert fired == {str(SHARED - 1), str(SHARED + 1)}


def test_without_a_list_to_advise() -> None:
    """Where Windows is not known, only the first number is put back; the finding tells where the value stands."""
    cases: dict[str, compose.Text] = {
        "unknown": windows_value(csrss("3072,3072,512", build=2600)),
        "in force": compose.XP + running(csrss("3072,3072", build=2600)),
        "two machines": {"a/a.txt": FIRES, "b/b.txt": compose.XP + compose.XP_VALUE},
    }
    told = {name: compose.findings(doc, RULE) for name, doc in compose.documents(cases).items()}
    (unknown,), (force,) = told["unknown"], told["in force"]
    assert compose.reboot_advice(unknown) == ["Put 1024 back as the first number, and change nothing else there; it counts after a restart."]  # fmt: skip
    assert "(in the registry)" in unknown["summary"] and "(in force since the boot)" in force["summary"]
    assert unknown["subject"] == {"shared_kb": 3072, "interactive_kb": 3072, "non_interactive_kb": 512, "in_force": False}  # fmt: skip
    assert force["subject"] == {"shared_kb": 3072, "interactive_kb": 3072, "non_interactive_kb": None, "in_force": True}
    assert unknown["evidence"][0]["shows"] == "SharedSection=3072,3072,512: the first value is not 1024"
    assert [one["when"] for one in force["advice"]] == ["reboot", "cause", "futile"]
    assert "becomes SharedSection=1024,3072,512" in compose.reboot_advice(force)[0]
    assert [one["machine"] for one in told["two machines"]] == ["a"]


def test_beside_the_verdict() -> None:
    """What is configured is no sign of full heaps."""
    compose.assert_beside_no_sign(FIRES + compose.dheapmon(0, compose.X86), RULE)
