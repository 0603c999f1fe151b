"""Machines as installed, each generation, as a mail brings them: with prose around the captures. Nothing above info, whatever the prose mentions."""

from __future__ import annotations

import compose
import pytest
from compose import LOCAL_SERVICE, LOCAL_SYSTEM, NETWORK_SERVICE, VISTA, X64, X86, GuiProcess, Heap

from dumpscan.rules import SEVERITIES

BEFORE = """From: anna@example.com
Subject: heaps of the server

Hello,
we followed KB 184802 and looked at the desktop heaps. The article says: A desktop heap allocation failed, and we have no event 243 at all; there was no
0xC0000142 either. In the test we raised nothing. On an older machine SharedSection=1024,3072,256 was tried once and taken back.

"""
BEHIND = """

> did you see Not enough storage is available to process this command?
No, never. The session has 3 users, 98 % of the disk is free, and 244 mails are waiting.
Best regards
"""
# GuiObjectUse of session 0 as published: 136 objects in 22 processes, 83 of them in csrss.exe.
SERVICES: list[GuiProcess] = [
    ("csrss.exe", 704, "", LOCAL_SYSTEM, 83, 181), ("wininit.exe", 776, "", LOCAL_SYSTEM, 4, 4),
    *(("svchost.exe", 1000 + 4 * at, "Schedule", (LOCAL_SYSTEM, LOCAL_SERVICE, NETWORK_SERVICE)[at % 3], 2, 4) for at in range(20)),
]  # fmt: skip
VISTA_X86: list[Heap] = [(path, {3072: 12288}.get(kb, kb), percent) for path, kb, percent in X86[:6]]
WITHOUT_TERMINAL_SERVICES: list[Heap] = [heap for heap in X86 if heap[0] != compose.DISCONNECT]


def old(build: int, name: str, *, x64: bool = False) -> str:
    """A Windows before Vista that lists its heaps, with what is in force, the limit and the events of a quiet day."""
    heaps = [*X64, (r"SAWinSta\SADesktop", 768, 0)] if x64 else X86
    sizes = "1024,20480,768" if x64 else "1024,3072,512"
    banner = compose.banner(build, name=name, target="x64" if x64 else "x86 compatible")
    view = "" if build < 2600 else compose.view_size(106496 if x64 else 49152)
    listing = compose.dheapmon(0, WITHOUT_TERMINAL_SERVICES if build < 2600 else heaps)
    value = compose.windows_value(compose.csrss(sizes, build=build))
    stored = "" if build < 2600 or x64 else compose.registry(compose.MEMORY_MANAGEMENT, {"SessionViewSize": 48})
    return (
        banner
        + listing
        + view
        + value
        + stored
        + compose.event(6005, source="EventLog", text="The Event log service was started.")
    )


def new(build: int, name: str, *, x64: bool = True, listed: bool = True) -> str:
    """Vista and later: the heaps where the debugger lists them, else the objects by process."""
    banner = compose.banner(build, name=name, target="x64" if x64 else "x86 compatible")
    heaps = compose.dskheap(0, VISTA if x64 else VISTA_X86) if listed else compose.gui(0, SERVICES)
    sizes = "1024,20480,768" if x64 else "1024,12288,512"
    value = compose.csrss(sizes, build=build)
    logging = compose.dword(
        compose.WINDOWS_KEY, DesktopHeapLogging=1, USERProcessHandleQuota=10000, GDIProcessHandleQuota=10000
    )
    return (
        banner
        + heaps
        + compose.windows_value(value)
        + compose.running(value)
        + logging
        + compose.event(6005, source="EventLog", text="The Event log service was started.")
    )


NT4 = compose.old_banner(1381, "Windows NT 4", 6, 1) + compose.windows_value(compose.csrss("1024,3072,512", build=1381))
MACHINES: dict[str, tuple[str, str]] = {
    "Windows NT 4.0": (NT4, "undecided"),
    "Windows 2000": (old(2195, "Windows 2000"), "no-sign"),
    "Windows XP": (old(2600, "Windows XP"), "no-sign"),
    "Server 2003 x86": (old(3790, "Windows Server 2003"), "no-sign"),
    "Server 2003 x64": (old(3790, "Windows Server 2003", x64=True), "no-sign"),
    "Vista x86": (new(6002, "Windows Vista", x64=False), "no-sign"),
    "Vista x64": (new(6002, "Windows Vista"), "no-sign"),
    "Windows 7": (new(7601, "Windows 7"), "no-sign"),
    "Server 2008 R2": (new(7601, "Windows 7"), "no-sign"),
    "Server 2012 R2": (new(9600, "Windows 8.1"), "no-sign"),
    "Server 2016": (new(14393, "Windows 10", listed=False), "undecided"),
    "Server 2019": (new(17763, "Windows 10", listed=False), "undecided"),
    "Server 2022": (new(20348, "Windows 10", listed=False), "undecided"),
    "Windows 11": (new(22631, "Windows 10", listed=False), "undecided"),
}


@pytest.fixture(scope="module")
def told() -> dict[str, compose.Document]:
    return compose.documents({name: BEFORE + text + BEHIND for name, (text, _) in MACHINES.items()})


@pytest.mark.parametrize("name", MACHINES)
def test_a_machine_as_installed_gives_nothing_above_info(told: dict[str, compose.Document], name: str) -> None:
    document = told[name]
    raised = {
        outcome["rule"]: finding["summary"]
        for outcome in document["outcomes"]
        for finding in outcome["findings"]
        if finding["severity"] != SEVERITIES[-1]
    }
    assert raised == {}
    assert [one["rule"] for one in document["outcomes"] if one["status"] == "failed"] == []


@pytest.mark.parametrize("name", MACHINES)
def test_and_the_prose_changes_no_verdict(told: dict[str, compose.Document], name: str) -> None:
    """What prose mentions makes no doubt: cleared where heaps are listed, and without evidence where they are not."""
    verdict = told[name]["verdict"]
    mode = MACHINES[name][1]
    assert (verdict["mode"], verdict["reason"]) == (mode, "no_evidence" if mode == "undecided" else None)
