"""A listing from soon after a start of the machine clears nothing of what was before it."""

from __future__ import annotations

import compose
from compose import SYSTEM, X86

from dumpscan.rules.young_boot import YOUNG

RULE = "young-boot"


def _log(seconds: int, heaps: list[compose.Heap] = X86) -> str:
    """A banner with the uptime, and a listing below it."""
    days, rest = divmod(seconds, 86400)
    up = f"System Uptime: {days} days {rest // 3600}:{rest // 60 % 60:02}:{rest % 60:02}.500\n"
    return compose.banner(3790, time="Mon Nov 16 09:30:00 2026") + up + compose.dskheap(0, heaps)


FIRES = _log(14 * 60)


def test_fires() -> None:
    told = compose.document(FIRES)
    (finding,) = compose.findings(told, RULE)
    assert finding["summary"].startswith("The heaps were captured 14 minutes after a start of the machine")
    assert (finding["severity"], finding["certainty"]) == ("medium", "likely")
    banner = compose.line_of(FIRES, "Kernel Version")
    assert compose.cited(finding) == [("-", banner), ("-", compose.line_of(FIRES, "!dskheap"))]
    verdict = told["verdict"]
    assert (verdict["mode"], verdict["reason"], verdict["certainty"]) == ("undecided", "wrong_scope", None)
    assert "What was captured: No sign of desktop heap exhaustion in session 0" in verdict["summary"]


def test_a_full_heap_is_full_whenever_it_was_captured() -> None:
    verdict = compose.verdict(_log(14 * 60, compose.replaced(X86, SYSTEM, 512, 99)))
    assert (verdict["mode"], verdict["certainty"]) == ("single-heap-full", "proved")


def test_near_miss() -> None:
    """A later listing of a machine that was up for long speaks for it; so does one of another session."""
    late = _log(5 * 86400).replace("Nov 16", "Nov 21")
    told = compose.statuses({"days": _log(5 * 86400), "young, then days later": FIRES + late}, RULE)
    assert set(told.values()) == {"clear"}


def test_no_data() -> None:
    told = compose.statuses(
        {"no banner": compose.dskheap(0, X86), "no listing": compose.FAILED, "prose": "up for 5 minutes\n"}, RULE
    )
    assert set(told.values()) == {"no_data"}


def test_boundary() -> None:
    told = compose.statuses({str(up): _log(up) for up in (YOUNG - 1, YOUNG, YOUNG + 1)}, RULE)
    assert told == {str(YOUNG - 1): "found", str(YOUNG): "clear", str(YOUNG + 1): "clear"}
