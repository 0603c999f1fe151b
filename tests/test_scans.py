"""Scans of memory tell sizes and owners, never use: they accuse nobody, clear nobody, and disturb no listing beside them."""

from __future__ import annotations

import compose
from compose import X86


def deskscan(session: int, heaps: list[tuple[str, int]]) -> str:
    """A listing of Volatility 2, the heaps back to back as in a real session view; two threads on each desktop."""
    lines, base = ["$ vol.py -f memory.raw deskscan\n", "Volatility Foundation Volatility Framework 2.6\n"], 0xBC000000
    for path, kb in heaps:
        limit = base + kb * 1024
        lines.append(
            f"{'*' * 50}\nDesktop: {base >> 4:#x}, Name: {path}, Next: 0x0\n"
            f"SessionId: {session}, DesktopInfo: {base + 0x650:#x}, fsHooks: 0\nspwnd: {base + 0x6E8:#x}, Windows: 4\n"
            f"Heap: {base:#x}, Size: {kb * 1024:#x}, Base: {base:#x}, Limit: {limit:#x}\n"
            " 1544 (explorer.exe 1512 parent 1480)\n 1560 (explorer.exe 1512 parent 1480)\n"
        )
        base = limit
    return "".join(lines)


SIZES = [(path, kb) for path, kb, _ in X86]
CROWDED = [*SIZES, *((compose.service(number), 512) for number in range(30))]  # 20,864 KB


def alarms(document: compose.Document) -> list[str]:
    return [
        outcome["rule"] for outcome in document["outcomes"] for one in outcome["findings"] if one["severity"] != "info"
    ]


def test_sizes_alone_decide_nothing() -> None:
    crowded = deskscan(0, CROWDED) + compose.view_size(20480)
    for told in compose.documents({"healthy": deskscan(0, SIZES), "crowded": crowded}).values():
        assert (told["verdict"]["mode"], told["verdict"]["reason"]) == ("undecided", "no_evidence")
        assert alarms(told) == []
        assert told["verdict"]["scope"]["sessions"] == []
        assert "session 0 is there (-:8)" in told["verdict"]["scope"]["not_captured"][0]


def test_sizes_beside_a_listing_are_not_counted_twice() -> None:
    """The same seven heaps from both tools take 7,360 KB once; twice they would not fit."""
    listing = compose.dskheap(0, X86) + "lkd> q\n" + compose.view_size(12288)
    texts = {"alone": listing, "beside": listing + deskscan(0, SIZES), "elsewhere": listing + deskscan(2, CROWDED)}
    alone, beside, elsewhere = compose.documents(texts).values()
    for told in (beside, elsewhere):
        assert told["verdict"]["mode"] == alone["verdict"]["mode"]
        assert told["verdict"]["summary"] == alone["verdict"]["summary"]
        assert told["verdict"]["scope"]["sessions"] == [0]
    assert "session 2 is there" in " ".join(elsewhere["verdict"]["scope"]["not_captured"])


def test_sessions_that_are_there_but_were_not_listed_are_named() -> None:
    sessions = "lkd> !session\nSessions on machine: 3\nValid Sessions: 0 1 3\nCurrent Session 1\n"
    told = compose.document(sessions + compose.dskheap(0, X86))
    assert [one.split(" (")[0] for one in told["verdict"]["scope"]["not_captured"][:1]] == [
        "session 1 and session 3 are there",
    ]  # fmt: skip
