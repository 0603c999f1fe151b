"""SessionViewSize in the wrong unit or base."""

from __future__ import annotations

import compose
from compose import MEMORY_MANAGEMENT, XP, dword

from dumpscan.rules._view import STEP
from dumpscan.rules.session_view_size_odd import DEFAULT_X64, SMALL, TOO_LARGE

RULE = "session-view-size-odd"
FIRES = XP + dword(MEMORY_MANAGEMENT, SessionViewSize=0x48)


def test_fires() -> None:
    meant = {0x48: 48, 30: 48, 49152: 48, 50331648: 48, 50: None, 5000: None}
    cases = {str(number): XP + dword(MEMORY_MANAGEMENT, SessionViewSize=number) for number in meant}
    cases |= {"pool": XP + dword(MEMORY_MANAGEMENT, SessionPoolSize=0x48, SessionViewSize=48), "unknown": dword(MEMORY_MANAGEMENT, SessionViewSize=0x48)}  # fmt: skip
    told = {name: compose.findings(one, RULE)[0] for name, one in compose.documents(cases).items()}
    assert {(one["severity"], one["certainty"]) for one in told.values()} == {("medium", "likely")}
    assert {int(name): one["subject"]["meant_mb"] for name, one in told.items() if name.isdecimal()} == meant
    assert "SessionViewSize is 72 (hex 48), no multiple of 16 MB" in told["72"]["summary"]
    assert "48 MB were probably meant" in told["72"]["summary"]
    assert "written in KB" in told["49152"]["summary"]
    assert "written in bytes" in told["50331648"]["summary"]
    assert told["pool"]["summary"].startswith("SessionPoolSize is 72")
    assert compose.cited(told["72"]) == [("-", 4)]
    assert compose.reboot_advice(told["72"])[0].startswith("Write 48 MB (hex 30)")
    assert "48" not in compose.reboot_advice(told["unknown"])[0], "no number where Windows is not known"


def test_near_miss() -> None:
    cases: dict[str, compose.Text] = {
        "default": XP + dword(MEMORY_MANAGEMENT, SessionViewSize=48, SessionPoolSize=16),
        "32, perhaps meant as 20": XP + dword(MEMORY_MANAGEMENT, SessionViewSize=0x20),
        "a pool of 4": XP + dword(MEMORY_MANAGEMENT, SessionPoolSize=4),
        "Vista": compose.SERVER_2016 + dword(MEMORY_MANAGEMENT, SessionViewSize=0x48),
        "a command": f'reg add "{MEMORY_MANAGEMENT}" /v SessionViewSize /t REG_DWORD /d 72 /f\n',
        "another key": XP + dword(compose.SUBSYSTEMS, SessionViewSize=0x48),
    }
    assert {name: RULE in compose.fired(one) for name, one in compose.documents(cases).items()} == dict.fromkeys(
        cases, False
    )


def test_no_data() -> None:
    assert compose.statuses({"heaps": compose.dheapmon(0, compose.X86)}, RULE) == {"heaps": "no_data"}


def test_boundary() -> None:
    numbers = [edge + step for edge in (SMALL, 48, TOO_LARGE) for step in (-1, 0, 1)]
    cases: dict[str, compose.Text] = {str(one): XP + dword(MEMORY_MANAGEMENT, SessionViewSize=one) for one in numbers}
    fired = {int(name) for name, one in compose.documents(cases).items() if RULE in compose.fired(one)}
    assert fired == {one for one in numbers if one >= TOO_LARGE or (one > SMALL and one % STEP)}
    assert TOO_LARGE - STEP not in fired


def test_the_default_of_x64_is_no_slip() -> None:
    """104 is no multiple of 16, but what 64-bit Windows has without the value."""
    x64 = compose.banner(3790, target="x64")
    cases: dict[str, compose.Text] = {
        f"{more}": x64 + dword(MEMORY_MANAGEMENT, SessionViewSize=DEFAULT_X64 + more) for more in (-1, 0, 1)
    }
    cases |= {
        "open": dword(MEMORY_MANAGEMENT, SessionViewSize=DEFAULT_X64),
        "x86": XP + dword(MEMORY_MANAGEMENT, SessionViewSize=DEFAULT_X64),
        "pool": x64 + dword(MEMORY_MANAGEMENT, SessionPoolSize=DEFAULT_X64),
    }
    found = {name for name, status in compose.statuses(cases, RULE).items() if status == "found"}
    assert found == {"-1", "1", "x86", "pool"}
