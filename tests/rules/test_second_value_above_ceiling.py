"""A second value above what Microsoft advises; the third has no such ceiling."""

from __future__ import annotations

import compose
from compose import csrss, running, windows_value

from dumpscan.rules._heap import MOST

RULE = "second-value-above-ceiling"
FIRES = compose.SERVER_2016 + running(csrss("1024,65536,768"))


def test_fires() -> None:
    cases = {"2016": FIRES, "XP": compose.XP + windows_value(csrss("1024,65536,512", build=2600)), "unknown": running(csrss("1024,65536,768"))}  # fmt: skip
    told = {name: compose.findings(one, RULE)[0] for name, one in compose.documents(cases).items()}
    assert {(one["severity"], one["certainty"]) for one in told.values()} == {("medium", "likely")}
    assert "65,536 KB, more than the 20,480 KB" in told["2016"]["summary"]
    assert compose.cited(told["2016"]) == [("-", compose.line_of(FIRES, "SharedSection="))]
    assert f"becomes SharedSection=1024,{MOST},768" in compose.reboot_advice(told["2016"])[0]
    assert "becomes SharedSection=1024,3072,512" in compose.reboot_advice(told["XP"])[0]
    assert "fall back" in told["XP"]["summary"]
    assert "fall back" not in told["2016"]["summary"]
    assert compose.reboot_advice(told["unknown"]) == []


def test_near_miss() -> None:
    cases: dict[str, compose.Text] = {
        "third": compose.SERVER_2016 + running(csrss("1024,20480,20480")),
        "larger third": compose.SERVER_2016 + running(csrss("1024,20480,30720")),
        "mentioned": "SharedSection=1024,65536,768 Windows\n",
    }
    assert {name: RULE in compose.fired(one) for name, one in compose.documents(cases).items()} == dict.fromkeys(
        cases, False
    )


def test_no_data() -> None:
    assert compose.statuses({"heaps": compose.dheapmon(0, compose.X86)}, RULE) == {"heaps": "no_data"}


def test_boundary() -> None:
    cases: dict[str, compose.Text] = {
        str(second): running(csrss(f"1024,{second},768")) for second in (MOST - 4, MOST, MOST + 1, MOST + 4)
    }
    fired = {name for name, one in compose.documents(cases).items() if RULE in compose.fired(one)}
    assert fired == {str(MOST + 1), str(MOST + 4)}
