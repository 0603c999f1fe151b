"""Two SharedSection values: services get the second one."""

from __future__ import annotations

import compose
import pytest
from compose import SYSTEM, X86, csrss, running, windows_value

from dumpscan.platforms import NT4
from dumpscan.rules._sizes import PAGE

RULE = "third-value-missing"
TWO = csrss("1024,3072", build=2600)
FIRES = compose.XP + windows_value(TWO)


def test_fires() -> None:
    heaps = [(path, 3072 if path.startswith("Serv") or "SA" in path else kb, used) for path, kb, used in X86]
    cases: dict[str, compose.Text] = {
        "registry": FIRES,
        "in force": compose.XP + running(TWO) + windows_value(TWO),
        "NT 4.0": compose.banner(NT4, name="Windows NT 4") + windows_value(TWO),
        "nobody knows which Windows": windows_value(TWO),
        "services with 3 MB": FIRES + compose.dheapmon(0, heaps),
    }
    told = {name: compose.findings(one, RULE) for name, one in compose.documents(cases).items()}
    assert {name: [one["severity"] for one in found] for name, found in told.items()} == {
        name: ["medium" if name == "NT 4.0" else "high"] for name in cases
    }
    (registry,) = told["registry"]
    assert "SharedSection=1024,3072 (in the registry)" in registry["summary"]
    assert "3,072 KB" in registry["summary"]
    assert compose.cited(registry) == [("-", compose.line_of(FIRES, "SharedSection="))]
    (advice,) = compose.reboot_advice(registry)
    assert "SharedSection=1024,3072 becomes SharedSection=1024,3072,512" in advice
    assert "(in the registry)" in told["in force"][0]["summary"], "one finding for one size, of what can be changed"
    assert "default of Windows NT 4.0" in told["NT 4.0"][0]["summary"]
    assert "512" in compose.reboot_advice(told["NT 4.0"][0])[0], "KB 142676 adds it there, too"
    (unknown,) = compose.reboot_advice(told["nobody knows which Windows"][0])
    assert not any(digit in unknown for digit in "0123456789"), "no number where Windows is not known"
    assert len(told["services with 3 MB"][0]["evidence"]) == 2


def test_near_miss() -> None:
    cases: dict[str, compose.Text] = {
        "three values": compose.XP_VALUE,
        "an article": "%SystemRoot%\\system32\\csrss.exe ObjectDirectory=\\Windows\nSharedSection=1024,3072 Windows=On SubSystemType=Windows\n",
        "a command that would write it": f'reg add "{compose.SUBSYSTEMS}" /v Windows /t REG_EXPAND_SZ /d "{TWO}" /f\n',
        "services of their own size": FIRES + compose.dheapmon(0, X86),
        "a word for a third": compose.XP + running(csrss("1024,3072,abc", build=2600)),
    }
    told = {name: compose.findings(one, RULE) for name, one in compose.documents(cases).items()}
    assert told == {name: [] for name in cases}


def test_no_data() -> None:
    cases: dict[str, compose.Text] = {"heaps alone": compose.dheapmon(0, X86), "prose": "SharedSection is a word.\n"}
    assert set(compose.statuses(cases, RULE).values()) == {"no_data"}


@pytest.mark.parametrize("second", [3072, 3073])
def test_boundary(second: int) -> None:
    """Service heaps refute it unless they have the second size, rounded up to a page."""
    rounded = -(-second // PAGE) * PAGE
    cases: dict[str, compose.Text] = {}
    for kb in (rounded - PAGE, rounded, rounded + PAGE):
        heaps = [*X86[:3], (SYSTEM, kb, 5.0)]
        value = windows_value(csrss(f"1024,{second}", build=2600))
        cases[str(kb)] = compose.XP + value + compose.dheapmon(0, heaps)
    fired = {name for name, one in compose.documents(cases).items() if RULE in compose.fired(one)}
    assert fired == {str(rounded)}
