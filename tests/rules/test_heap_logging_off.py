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
    futile = [next(one["text"] for one in finding["advice"] if one["when"] == "futile") for finding in (off, wrong)]
    assert futile == [
        "Searching the old log for events 243 and 244: while this value was 0, none were written.",
        "Changing or deleting the value in the key of DWM.",
    ]
    assert [one["refuted_by"] for one in (off, wrong)] == [
        "An event 243 or 244 logged after the value was set.", "Nothing: it is another program's key.",
    ]  # fmt: skip
    assert [one["subject"]["number"] for one in (off, wrong)] == [0, 1]
    assert [one["shows"] for one in wrong["evidence"]] == ["DesktopHeapLogging in a key where nothing reads it"]


def test_both_keys_and_each_machine() -> None:
    both = FIRES + dword(DWM, DesktopHeapLogging=0)
    told = compose.document({"A1/a.txt": both, "B2/b.txt": dword(DWM, DesktopHeapLogging=0)})
    found = compose.findings(told, RULE)
    assert [compose.cited(one) for one in found] == [[("A1/a.txt", 2)], [("A1/a.txt", 5)], [("B2/b.txt", 2)]]
    assert ["nothing reads it" in one["summary"] for one in found] == [False, True, True]


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
