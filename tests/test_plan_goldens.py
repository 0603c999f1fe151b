"""Whole plans of machines of every kind, each against its golden: rows, words, limits and what to change.

To make or renew goldens after a change, and to see what differs:

    python tests/test_plan_goldens.py --accept

Read that as somebody would who has to change a server by it. The `.reg` files and PowerShell themselves are held by test_applying.py.
"""

from __future__ import annotations

import difflib
import json
import sys
from pathlib import Path
from typing import Any

import compose
import pytest
import test_examples_retold
from compose import DEFAULT, SYSTEM, X64, X86, csrss, windows_value
from test_plan_laws import Machine

from dumpscan.plan import NOTHING_WANTED, Wanted

GOLDENS = Path(__file__).resolve().parent.parent / "fixtures" / "plans"
OLD, R2 = compose.banner(3790, name="Windows Server 2003"), compose.banner(6002, name="Windows Server 2008")
PTES = compose.free_ptes(60000)
NO_3GB = compose.registry(compose.CONTROL, {"SystemStartOptions": " NOEXECUTE=OPTIN  FASTDETECT"})
FULL_SERVICE = Machine("2003", 3072, 512, (5, 99), 10, 0, 49152, 20000)
FALLEN = [(path, {3072: 512, 512: 128}.get(kb, kb), used) for path, kb, used in X86]
TWO_VALUES = [(path, 3072 if kb == 512 else kb, 40 if path == SYSTEM else used) for path, kb, used in X86]


def probe(kind: str, session: int, busy: str, kb: int) -> str:
    """DesktopHeapDiag: one heap, and the size that the registry tells for it."""
    head = "\n  DesktopHeapDiag - Desktop Heap Diagnostic Tool\n  https://github.com/leonardomsft/DesktopHeapDiag\n\n"
    return f"{head}Probing the {kind} Desktop Heap in session {session} for account Frieda...\nDesktop Heap is {busy}% busy. Current limit: {kb} KB\n"


def value(sizes: str, build: int = 3790) -> str:
    return windows_value(csrss(sizes, build=build))


CASES: dict[str, compose.Text] = {
    "2003, service heap full": FULL_SERVICE.text() + NO_3GB,
    "2003, service heap full, value seen": FULL_SERVICE.text() + value("1024,3072,512") + NO_3GB,
    "2003, interactive heap full": FULL_SERVICE._replace(used=(99, 5), users=2).text(),
    "2003, both full": FULL_SERVICE._replace(used=(99, 99)).text() + NO_3GB,
    "2003, one full and one that fills up": FULL_SERVICE._replace(used=(99, 86)).text(),
    "2003, both fill up": FULL_SERVICE._replace(used=(82, 86)).text(),
    "2003, nothing full": FULL_SERVICE._replace(used=(5, 5)).text() + value("1024,3072,512"),
    "2003, full, limit unknown": FULL_SERVICE._replace(view=None, ptes=None).text(),
    "2003, full, limit unknown and many desktops": FULL_SERVICE._replace(view=None, services=28).text(),
    "2003, 20 MB exhausted": FULL_SERVICE._replace(used=(5, 5), services=31, view=20480).text() + NO_3GB,
    "2003, 20 MB exhausted, 48 stored": FULL_SERVICE._replace(used=(5, 5), services=31, view=20480).text()
    + NO_3GB + compose.registry(compose.MEMORY_MANAGEMENT, {"SessionViewSize": 48}),
    "2003, 20 MB exhausted, 20 stored": FULL_SERVICE._replace(used=(5, 5), services=31, view=20480).text()
    + NO_3GB + compose.registry(compose.MEMORY_MANAGEMENT, {"SessionViewSize": 20}),
    "2003, 48 MB exhausted": FULL_SERVICE._replace(used=(5, 5), services=88, ptes=60000).text() + NO_3GB,
    "2003, 48 MB exhausted, few page table entries": FULL_SERVICE._replace(used=(5, 5), services=88, ptes=9000).text() + NO_3GB,
    "2003, 48 MB exhausted, busy services": FULL_SERVICE._replace(used=(5, 40), services=88, ptes=60000).text() + NO_3GB,
    "2003, 48 MB nearly used": FULL_SERVICE._replace(used=(5, 5), services=74, ptes=60000).text() + NO_3GB,
    "2003, full and tight": FULL_SERVICE._replace(services=40, ptes=60000).text() + NO_3GB,
    "2003 under /3GB": OLD + test_examples_retold.boot_ini("/3GB") + compose.dheapmon(0, compose.filling(16384, 512)) + compose.vm4(20480, counters=PTES),
    "2003 under /3GB, 20 stored": OLD + compose.registry(compose.CONTROL, {"SystemStartOptions": " NOEXECUTE=OPTOUT  3GB"}) + compose.dheapmon(0, compose.filling(16384, 512))
    + compose.vm4(20480, counters=PTES) + compose.registry(compose.MEMORY_MANAGEMENT, {"SessionViewSize": 20}),
    "2003 under /3GB, 64 stored": OLD + compose.registry(compose.CONTROL, {"SystemStartOptions": " NOEXECUTE=OPTOUT  3GB"}) + compose.dheapmon(0, compose.filling(16384, 512))
    + compose.vm4(20480, counters=PTES) + compose.registry(compose.MEMORY_MANAGEMENT, {"SessionViewSize": 64}),
    "2003 that may be under /3GB": FULL_SERVICE._replace(used=(5, 5), services=31, view=20480).text(),
    "2003, no third value": OLD + compose.vm4(49152) + compose.stored_sections("1024,3072") + compose.dheapmon(0, TWO_VALUES),
    "2003, no third value, little use": OLD + compose.vm4(49152) + compose.stored_sections("1024,3072") + compose.dheapmon(0, [(p, 3072 if k == 512 else k, 2) for p, k, _ in X86]),
    "2003, fell back": OLD + compose.vm4(20480) + compose.dheapmon(0, FALLEN) + value("1024,3072,2048"),
    "2003, fell back from 1,024": OLD + compose.vm4(20480) + compose.dheapmon(0, FALLEN) + value("1024,3072,1024"),
    "2003, fell back, view may grow": OLD + compose.vm4(20480, counters=PTES) + compose.dheapmon(0, FALLEN) + value("1024,3072,2048") + NO_3GB,
    "2003, fell back, full": OLD + compose.vm4(20480) + compose.dheapmon(0, compose.replaced(FALLEN, SYSTEM, 128, 99)) + value("1024,3072,2048"),
    "2003, service heap of 128 KB full, list not seen": OLD + compose.vm4(49152) + compose.dheapmon(0, [(p, 128 if k == 512 else k, 99 if p == SYSTEM else u) for p, k, u in X86]),
    "2003, interactive heap of 512 KB full, list not seen": OLD + compose.vm4(49152) + compose.dheapmon(0, compose.replaced(X86, DEFAULT, 512, 99)),
    "2003, service heap full in one session, interactive in another": OLD + compose.vm4(49152) + compose.dheapmon(0, compose.replaced(X86, SYSTEM, 512, 99)) + compose.dheapmon(2, compose.replaced(X86[:3], DEFAULT, 3072, 99)),
    "2003, lowered": OLD + compose.vm4(49152) + compose.dheapmon(0, compose.replaced([(p, 256 if k == 512 else k, u) for p, k, u in X86], SYSTEM, 256, 60)) + value("1024,3072,256"),
    "2003, waits for a restart": FULL_SERVICE.text() + value("1024,3072,1024"),
    "2003, a smaller value waits for a restart": FULL_SERVICE._replace(used=(5, 60)).text() + value("1024,3072,256"),
    "2003, a smaller value that holds twice the use waits": FULL_SERVICE._replace(used=(5, 20)).text() + value("1024,3072,256"),
    "2003, a larger value that does not fit waits": FULL_SERVICE._replace(used=(5, 5), services=60).text() + value("1024,3072,1024"),
    "2003, most services in another session": OLD + compose.vm4(49152) + compose.dheapmon(0, X86) + compose.dheapmon(2, [*X86[:3], *((compose.service(at), 512, 2.0) for at in range(12))]),
    "2003, damaged value": FULL_SERVICE.text() + compose.stored_sections("1024, 3072,512"),
    "2003, limit contradicts": OLD + compose.dheapmon(0, compose.replaced(X86, SYSTEM, 512, 99)) + compose.view_size(4096),
    "2003, event 244": compose.march(9, uptime="2 days 1:00:00") + compose.dheapmon(0, [*X86, *((compose.service(at), 512, 2.0) for at in range(50))])
    + compose.view_size(49152) + compose.event(244, "2026-03-09 07:05:33"),
    "2003, a leak": OLD + compose.vm4(49152) + "".join(compose.march(day) + compose.dheapmon(0, compose.replaced(X86, SYSTEM, 512, used)) for day, used in ((1, 60), (4, 75), (7, 91))),
    "2003, tasks": OLD + compose.vm4(49152) + compose.dheapmon(0, compose.replaced(X86, r"SAWinSta\SADesktop", 512, 99)),
    "2003, tasks and services": OLD + compose.vm4(49152) + compose.dheapmon(0, compose.replaced(compose.replaced(X86, SYSTEM, 512, 99), r"SAWinSta\SADesktop", 512, 99)),
    "2003, 48 MB exhausted, heaps of their own size": OLD + compose.dheapmon(0, [*X86, *((compose.service(at), 1024 if at < 4 else 512, 5) for at in range(80))]) + compose.vm4(49152, counters=PTES) + NO_3GB,
    "2003, a heap in bytes": OLD + value("1024,3072,512") + compose.in_bytes(3145728, 1859584),
    "2003, pool not known": OLD + compose.dheapmon(0, [*X86, *((compose.service(at), 512, 2.0) for at in range(82))]) + compose.view_size(49152) + compose.vm4(None, counters=PTES) + NO_3GB,
    "2003, pool of 386 MB": OLD + compose.dheapmon(0, [*X86, *((compose.service(at), 512, 2.0) for at in range(82))]) + compose.view_size(49152) + compose.vm4(None, counters=PTES) + NO_3GB
    + compose.registry(compose.MEMORY_MANAGEMENT, {"SessionPoolSize": 386, "SessionViewSize": 48}),
    "2003, limit contradicts, page table entries free": OLD + compose.dheapmon(0, compose.replaced(X86, SYSTEM, 512, 99)) + compose.view_size(4096) + compose.vm4(None, counters=PTES) + NO_3GB,
    "2003, view of 448 MB": OLD + compose.dheapmon(0, [*X86, *((compose.service(at), 512, 2.0) for at in range(870))]) + compose.view_size(448 * 1024) + compose.vm4(None, counters=PTES) + NO_3GB,
    "2003, service heap of 128 KB half used, list not seen": OLD + compose.vm4(49152) + compose.dheapmon(0, [(p, 128 if k == 512 else k, 60 if p == SYSTEM else u) for p, k, u in X86]),
    "2003, pool of 390 MB": OLD + compose.dheapmon(0, [*X86, *((compose.service(at), 512, 2.0) for at in range(82))]) + compose.view_size(49152) + compose.vm4(None, counters=PTES) + NO_3GB
    + compose.registry(compose.MEMORY_MANAGEMENT, {"SessionPoolSize": 390, "SessionViewSize": 48}),
    "XP, service heap full": compose.XP + compose.vm4(49152) + compose.dheapmon(0, compose.replaced(X86, SYSTEM, 512, 99)) + compose.XP_VALUE,
    "2000, service heap full": FULL_SERVICE._replace(windows="2000").text(),
    "2003 x64, service heap full": Machine("2003 x64", 20480, 768, (5, 99), 10, 0, 106496, 20000).text(),
    "2003 x64, exhausted": Machine("2003 x64", 20480, 768, (5, 5), 108, 0, 106496, 20000).text(),
    "2003 x64, lowered view": Machine("2003 x64", 20480, 768, (5, 5), 35, 0, 49152, 60000).text() + compose.registry(compose.MEMORY_MANAGEMENT, {"SessionViewSize": 48}),
    "2003 x64, lowered view, value not seen": Machine("2003 x64", 20480, 768, (5, 5), 35, 0, 49152, 60000).text(),
    "2008, event 244": R2 + compose.dskheap(0, X86[:-1]) + compose.event(244),
    "2008, a limit that was printed": R2 + compose.dskheap(0, compose.replaced(X86[:-1], SYSTEM, 512, 99)) + compose.view_size(49152) + compose.vm4(None, counters=PTES),
    "2003, no number of the session": OLD + compose.vm4(49152) + compose.dskheap(None, compose.replaced(X86, SYSTEM, 512, 99)),
    "2003, pool of 420 MB": OLD + compose.vm4(None, counters=PTES) + compose.view_size(49152) + compose.dheapmon(0, compose.replaced(X86, SYSTEM, 512, 99))
    + compose.registry(compose.MEMORY_MANAGEMENT, {"SessionPoolSize": 420, "SessionViewSize": 48}) + NO_3GB,
    "2016, second value of 65536": compose.SERVER_2016 + value("1024,65536,768", 14393) + compose.dskheap(0, [(p, 65536 if k == 20480 else k, 99 if p == SYSTEM else u) for p, k, u in X64]),
    "2003, no third value, view may grow": OLD + compose.vm4(49152, counters=PTES) + NO_3GB + compose.stored_sections("1024,3072") + compose.dheapmon(0, TWO_VALUES),
    "2008, service heap full": Machine("2008", 12288, 512, (5, 99), 10, 1, None, None).text(),
    "2016, service heap full": Machine("2016", 20480, 768, (5, 99), 10, 2, None, None).text() + value("1024,20480,768", 14393),
    "2016, interactive heap full": Machine("2016", 20480, 768, (99, 5), 10, 2, None, None).text(),
    "2016, sizes of x86": compose.SERVER_2016 + value("1024,3072,512", 14393),
    "2016, third value at its limit": Machine("2016", 20480, 20480, (5, 99), 3, 0, None, None).text(),
    "2016, allocation failed in services": compose.SERVER_2016 + compose.started_csrss(20480, 768) + compose.event(243, text=compose.requester(0)),
    "2016, allocation failed in services that have room": compose.SERVER_2016 + compose.dskheap(0, X64) + compose.event(243, text=compose.requester(0)),
    "2016, event that no heap explains": compose.SERVER_2016 + compose.dskheap(0, X64) + compose.event(243, text=compose.requester(2)),
    "2016, Nomad": compose.SERVER_2016 + compose.dskheap(0, compose.replaced(X64, SYSTEM, 768, 99)) + compose.gui(0, [("nomad.exe", 4, "nomad", compose.LOCAL_SYSTEM, 9, 9)]),
    "2016, Systemwalker": compose.SERVER_2016 + compose.dskheap(0, compose.replaced(X64, SYSTEM, 768, 99)) + "MpMjes: the job ended with 0x40000999\n",
    "2016, Oracle": compose.SERVER_2016 + compose.dskheap(0, compose.replaced(X64, SYSTEM, 768, 99)) + compose.gui(0, [("oracle.exe", 4, "OracleServiceORCL", compose.LOCAL_SYSTEM, 9, 9)]),
    "Windows 8 or later, allocation failed in services": compose.started_csrss(20480, 768) + compose.dskheap(2, X64[:3]) + compose.event(243, text=compose.requester(0)),
    "2003, fills up and tight": FULL_SERVICE._replace(services=40, ptes=60000, used=(5, 86)).text() + NO_3GB,
    "2003, enlarging did not help": OLD + compose.vm4(49152) + "".join(compose.march(day) + compose.dheapmon(0, [(p, kb if k == 512 else k, 99 if p == SYSTEM else u) for p, k, u in X86]) for day, kb in ((1, 512), (4, 1024))),
    "2003, a full heap of its own size": OLD + compose.vm4(49152) + compose.dheapmon(0, [*X86, (compose.service(1), 256, 99.0)]),
    "2003, Winlogon full": OLD + compose.vm4(49152) + compose.dheapmon(0, compose.replaced(X86, r"WinSta0\Winlogon", 128, 99)),
    "2003, two values seen": FULL_SERVICE.text() + value("1024,3072,512") + value("1024,3072,768"),
    "2016, scanned heaps": compose.SERVER_2016 + compose.deskscan([(DEFAULT, 20480), (SYSTEM, 768)]),
    "NT 4.0": compose.old_banner(1381, "Windows NT 4.0", 6, 1) + compose.stored_sections("1024,3072"),
    "2016, probed": compose.SERVER_2016 + probe("Interactive", 2, "99.6", 20480) + probe("Non-Interactive", 0, "99.6", 768),
    "2003, exhausted by desktops of users": OLD + compose.vm4(49152) + compose.dheapmon(0, X86) + compose.dheapmon(2, [(rf"WinSta0\Desktop{at}", 3072, 2.0) if at else (DEFAULT, 3072, 5.0) for at in range(15)]),
    "Vista or later": compose.dskheap(0, compose.replaced(X64, SYSTEM, 768, 99)),
    "unknown Windows": Machine("unknown", 3072, 512, (5, 99), 10, 0, 49152, None).text(),
    "no heaps": compose.SERVER_2016 + value("1024,20480,768", 14393),
    "two machines": {"A/a.txt": FULL_SERVICE.text(), "B/b.txt": Machine("2016", 20480, 768, (5, 99), 2, 0, None, None).text()},
}  # fmt: skip
ASKED: dict[str, tuple[str, Wanted]] = {
    "20 more desktops": ("2003, nothing full", Wanted(service_desktops=20)),
    "20 more desktops, no number of the session": ("2003, no number of the session", Wanted(service_desktops=20)),
    "20 more desktops, most services in another session": (
        "2003, most services in another session",
        Wanted(service_desktops=20),
    ),
    "80 more desktops": ("2003, 48 MB nearly used", Wanted(service_desktops=80)),
    "20 more desktops, 2016": ("2016, service heap full", Wanted(service_desktops=20)),
    "20 more desktops, limit unknown": ("2003, full, limit unknown", Wanted(service_desktops=20)),
    "100 processes": ("2003, nothing full", Wanted(processes=100, cost_kb=10)),
    "40 processes that there is room for": ("2003, nothing full", Wanted(processes=40, cost_kb=10)),
    "5,000 processes, nothing full": ("2003, nothing full", Wanted(processes=5000, cost_kb=10)),
    "1 more desktop, limit unknown": ("2003, full, limit unknown", Wanted(service_desktops=1)),
    "5,000 processes": ("2003, service heap full", Wanted(processes=5000, cost_kb=10)),
}


def documents() -> dict[str, list[compose.Document]]:
    made = compose.analysis(CASES)
    told = {name: made.to_dict(name)["plan"] for name in CASES}
    for wanted in {wanted for _, wanted in ASKED.values()}:
        mine = {name: case for name, (case, its) in ASKED.items() if its == wanted}
        asked = compose.analysis({name: CASES[case] for name, case in mine.items()})
        asked.wanted = wanted
        told |= {name: asked.to_dict(name)["plan"] for name in mine}
    assert NOTHING_WANTED not in {wanted for _, wanted in ASKED.values()}
    return told


def golden(plans: list[compose.Document]) -> str:
    """A row of the table a line; of a change the value that it leads to."""
    return json.dumps([{key: _part(key, part) for key, part in plan.items()} for plan in plans], indent=1) + "\n"


def _part(key: str, part: Any) -> Any:
    if key == "rows":
        skipped = ("case", "machine", "side_effects", "risks", "reason", "name")
        return [
            "; ".join(
                [
                    *(f"{name} {told}" for name, told in row.items() if told is not None and name not in skipped),
                    row["reason"],
                ]
            )
            for row in part
        ]
    return (
        [{name: one[name] for name in ("what", "value", "file", "line")} for one in part] if key == "changes" else part
    )


def path_of(name: str) -> Path:
    return GOLDENS / f"{name.replace(', ', '-').replace(' ', '_').replace('/', '').replace(',', '').lower()}.json"


@pytest.fixture(scope="module")
def told() -> dict[str, list[compose.Document]]:
    return documents()


@pytest.mark.parametrize("name", [*CASES, *ASKED])
def test_golden(told: dict[str, list[compose.Document]], name: str) -> None:
    assert golden(told[name]) == path_of(name).read_text(encoding="utf-8")


def test_no_golden_without_its_case() -> None:
    assert {path.name for path in GOLDENS.glob("*")} == {path_of(name).name for name in [*CASES, *ASKED]}


def accept() -> None:
    GOLDENS.mkdir(exist_ok=True)
    for name, plans in documents().items():
        path, new = path_of(name), golden(plans)
        old = path.read_text(encoding="utf-8") if path.is_file() else ""
        sys.stdout.writelines(
            difflib.unified_diff(old.splitlines(True), new.splitlines(True), path.name, path.name, n=1)
        )
        path.write_text(new, encoding="utf-8", newline="\n")


if __name__ == "__main__" and sys.argv[1:] == ["--accept"]:
    accept()
