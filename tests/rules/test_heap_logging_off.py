"""DesktopHeapLogging = 0, or in a key where nothing reads it."""

from __future__ import annotations

import compose
from compose import WINDOWS_KEY, dword

RULE = "heap-logging-off"
FIRES = dword(WINDOWS_KEY, DesktopHeapLogging=0)
DWM = r"HKEY_LOCAL_MACHINE\SOFTWARE\Microsoft\Windows\DWM"
TWEAK = f'reg add "{WINDOWS_KEY}" /v DesktopHeapLogging /t REG_DWORD /d 0 /f\n'

ON_16, ON_17 = (compose.banner(2600, time=f"Mon Nov {day} 09:30:00 2026") for day in (16, 17))


def test_fires() -> None:
    later = {"off": FIRES, "wrong key": dword(DWM, DesktopHeapLogging=1), "off again": ON_16 + dword(WINDOWS_KEY, DesktopHeapLogging=1) + ON_17 + FIRES}  # fmt: skip
    told = compose.documents(later)
    (off,), (wrong,), (again,) = (compose.findings(one, RULE) for one in told.values())
    assert "absence proves nothing" in again["summary"]
    assert {(one["severity"], one["certainty"]) for one in (off, wrong)} == {("info", "proved")}
    assert "absence proves nothing" in off["summary"]
    assert "tweaked" in off["summary"]
    assert compose.cited(off) == [("-", 2)]
    assert "Set DesktopHeapLogging to 1" in compose.reboot_advice(off)[0]
    assert "where nothing reads it" in wrong["summary"]


def test_near_miss() -> None:
    cases: dict[str, compose.Text] = {
        "on": dword(WINDOWS_KEY, DesktopHeapLogging=1),
        "a script": TWEAK,
        "deleted in the wrong key": f'reg delete "{DWM}" /v DesktopHeapLogging /f\n',
        "of 32-bit programs": dword(WINDOWS_KEY.replace("SOFTWARE", r"SOFTWARE\Wow6432Node"), DesktopHeapLogging=0),
        "on again": ON_16 + FIRES + ON_17 + dword(WINDOWS_KEY, DesktopHeapLogging=1),
    }
    told = compose.documents(cases)
    assert {name for name, one in told.items() if RULE in compose.fired(one)} == set()


def test_no_data() -> None:
    assert compose.statuses({"heaps": compose.dheapmon(0, compose.X86)}, RULE) == {"heaps": "no_data"}


def test_boundary() -> None:
    cases: dict[str, compose.Text] = {str(number): dword(WINDOWS_KEY, DesktopHeapLogging=number) for number in range(3)}
    assert {name for name, one in compose.documents(cases).items() if RULE in compose.fired(one)} == {"0"}
