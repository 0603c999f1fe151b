"""Tools that tell sizes, or measure one heap: never "no sign", never a limit of view space, and a full heap is told."""

from __future__ import annotations

import compose

HEAD = "This process/thread running in:\n\n    TS Session:  {session}\n\n    WinSta:      WinSta0\n\n    Desktop:     Default\n    Heap size:   20480 KB\n\n"
LIST = """Window stations in the current session: 2

    WS name    : WinSta0
      Desktops in WS WinSta0: 3

        Name : Default
          Heap size: 20480 KB

        Name : Disconnect
          Heap size: 96 KB

        Name : Winlogon
          Heap size: 192 KB

    WS name    : Service-0x0-705c8$
      Desktops in WS Service-0x0-705c8$: 1

        Name : sbox_alternate_desktop_0x4170
          Heap size: 768 KB
"""
PROBE = "Probing the {kind} Desktop Heap in session {session} for account CORP\\ann...\nDesktop Heap is {percent}% busy. Current limit: {kb} KB\n"


def sizes(session: int = 2) -> str:
    return HEAD.format(session=session) + LIST


def probe(kind: str, session: int, kb: int, percent: float) -> str:
    return PROBE.format(kind=kind, session=session, kb=kb, percent=percent)


def test_sizes_alone_decide_nothing() -> None:
    told = compose.document(sizes())
    assert [row["state"] for row in told["tables"]["captures"]] == ["whole"]
    assert (told["verdict"]["mode"], told["verdict"]["reason"]) == ("undecided", "no_evidence")
    assert "sizes of desktop heaps" in told["verdict"]["summary"]
    assert told["verdict"]["scope"]["sessions"] == []
    assert compose.fired(told) == {"platform-from-sizes", "view-space-is-dynamic"}


def test_sizes_of_another_session_are_not_cleared_by_a_listing() -> None:
    heaps = [("WinSta0\\Default", 20480, 3.0), ("WinSta0\\Disconnect", 96, 1.0), ("WinSta0\\Winlogon", 192, 2.0)]
    told = compose.document(compose.dskheap(0, heaps) + "\n" + sizes() + probe("Interactive", 3, 20480, 9.2))
    assert told["verdict"]["mode"] == "no-sign"
    assert told["verdict"]["scope"]["sessions"] == [0]
    assert "session 2" not in told["verdict"]["summary"]


def test_a_limit_of_another_machine_is_not_held_against_them() -> None:
    """20,480 KB of an interactive heap would exhaust a view of 20 MB, had they anything to do with each other."""
    told = compose.document(compose.view_size(20480) + "\n" + sizes() + probe("Interactive", 2, 20480, 9.2))
    assert told["verdict"]["mode"] == "undecided"


def test_a_probe_tells_a_full_heap_but_never_proves_it() -> None:
    told = compose.document(probe("Non-Interactive", 0, 768, 99.1))
    assert (told["verdict"]["mode"], told["verdict"]["certainty"]) == ("single-heap-full", "likely")
    assert "service desktop of CORP\\ann in session 0" in told["verdict"]["summary"]
    assert [row["role"] for row in told["tables"]["desktop_heaps"]] == ["service"]


def test_a_probe_of_an_idle_heap_clears_nothing() -> None:
    told = compose.document(probe("Interactive", 2, 20480, 9.2))
    assert (told["verdict"]["mode"], told["verdict"]["reason"]) == ("undecided", "no_evidence")
    assert "Single desktop heaps were measured" in told["verdict"]["summary"]
    assert compose.fired(told) == {"platform-from-sizes", "view-space-is-dynamic", "configuration-not-shown"}


def test_roles_of_probes_are_told_by_their_words() -> None:
    """Not by their size: 128 KB is a lowered service heap here, and nobody's Winlogon."""
    text = probe("Non-Interactive", 0, 128, 60.0) + "\n" + "Desktop Heap is 5.0% busy. Current limit: 512 KB\n"
    roles = [row["role"] for row in compose.document(text)["tables"]["desktop_heaps"]]
    assert roles == ["service", None]
