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
