"""A listing from before or after the failure clears nothing of it; of several the one at the failure is judged."""

from __future__ import annotations

import compose
import pytest
from compose import SYSTEM, X86

import dumpscan
from dumpscan.complaint import AT_THE_FAILURE

RULE = "wrong-moment"
FULL = compose.replaced(X86, SYSTEM, 512, 99)


def _log(time: str, heaps: list[compose.Heap] = X86, up: str = "9 days 1:00:00.000") -> str:
    banner = compose.banner(3790, time=f"Mon Nov 16 {time} 2026")
    return f"{banner}System Uptime: {up}\n{compose.dskheap(0, heaps)}"


def _told(text: str, failed_at: str | None) -> compose.Document:
    return dumpscan.analyze(text.encode(), case="case", failed_at=failed_at).to_dict()


def test_fires() -> None:
    text = _log("09:30:00")
    told = _told(text, "2026-11-16 14:00")
    (finding,) = compose.findings(told, RULE)
    assert (
        "captured 4 hours before the failure" in finding["summary"]
        and "it failed 2026-11-16 14:00" in finding["summary"]
    )
    assert (finding["severity"], finding["certainty"]) == ("medium", "likely")
    assert compose.cited(finding) == [("-", compose.line_of(text, "!dskheap"))]
    assert (told["verdict"]["mode"], told["verdict"]["reason"]) == ("undecided", "wrong_scope")
    assert told["verdict"]["scope"]["assumed"] == ["that the trouble is in a session captured here"]
    (after,) = compose.findings(_told(text, "2026-11-16T08:00:00"), RULE)
    assert "captured 90 minutes after the failure" in after["summary"]


def test_a_restart_between_failure_and_capture() -> None:
    """Five minutes are near, but the machine was started in between."""
    told = _told(_log("09:30:00", up="0 days 0:04:00.000"), "2026-11-16 09:25")
    (finding,) = compose.findings(told, RULE)
    assert "after a restart: the machine had been up for 4 minutes" in finding["summary"]
    assert len(finding["evidence"]) == 2


def test_the_listing_at_the_failure_is_judged() -> None:
    """Full at 09:30, good at 17:00: the failure was at 09:25."""
    text = _log("09:30:00", FULL) + _log("17:00:00")
    assert _told(text, None)["verdict"]["mode"] == "no-sign"
    told = _told(text, "2026-11-16 09:25")
    assert (told["verdict"]["mode"], told["verdict"]["certainty"]) == ("single-heap-full", "proved")
    assert _told(text, "2026-11-16 17:05")["verdict"]["mode"] == "no-sign"
    assert _told(text, "2026-11-16 13:00")["verdict"]["reason"] == "wrong_scope", "neither is of that moment"


def test_near_miss() -> None:
    assert compose.of_rule(_told(_log("09:30:00"), "2026-11-16 09:40"), RULE)["status"] == "clear"
    assert compose.of_rule(_told(_log("09:30:00"), "2026-11-16"), RULE)["status"] == "clear", "some moment of that day"


def test_no_data() -> None:
    assert compose.of_rule(_told(_log("09:30:00"), None), RULE)["status"] == "no_data"
    undated = _told(compose.dskheap(0, X86), "2026-11-16 09:40")
    assert compose.of_rule(undated, RULE)["status"] == "no_data"
    assert "no time is printed in it" in undated["verdict"]["scope"]["assumed"][-1]


def test_boundary() -> None:
    """The debugger's time has milliseconds that are not counted."""
    at = 9 * 3600 + 30 * 60
    statuses = {}
    for away in (AT_THE_FAILURE - 1, AT_THE_FAILURE, AT_THE_FAILURE + 1):
        failed = at + away
        clock = f"2026-11-16 {failed // 3600:02}:{failed // 60 % 60:02}:{failed % 60:02}"
        statuses[away - AT_THE_FAILURE] = compose.of_rule(_told(_log("09:30:00"), clock), RULE)["status"]
    assert statuses == {-1: "clear", 0: "clear", 1: "found"}


@pytest.mark.parametrize("time", ["", "yesterday", "09:30", "16.11.2026", "2026-13-40"])
def test_a_time_that_nobody_can_read(time: str) -> None:
    with pytest.raises(dumpscan.DumpscanError, match="is no time"):
        _told(_log("09:30:00"), time)


def test_the_nearest_listing_is_told() -> None:
    """Of two sessions that were captured at other times; an older listing of the same session is history."""
    morning, evening = _log("09:30:00"), _log("17:00:00").replace("-s 0", "-s 1").replace("Session ID:  0", "Session ID:  1")  # fmt: skip
    for failed, words, moment in (("14:00", "captured 2 hours after", "17:00:00"), ("12:00", "captured 2 hours before", "09:30:00")):  # fmt: skip
        (one,) = compose.findings(_told(morning + evening, f"2026-11-16 {failed}"), RULE)
        assert words in one["summary"], failed
        assert one["subject"]["failed_at"] == f"2026-11-16 {failed}"
        assert f"Mon Nov 16 {moment}" in one["subject"]["moment"]
        assert [part["when"] for part in one["advice"]] == ["now"]
    assert compose.of_rule(_told(morning + evening, "2026-11-16 09:35"), RULE)["status"] == "clear"
    (newest,) = compose.findings(_told(_log("09:30:00") + _log("17:00:00"), "2026-11-16 12:00"), RULE)
    assert "Mon Nov 16 17:00:00" in newest["subject"]["moment"]


def test_without_an_uptime_no_restart_is_told() -> None:
    text = compose.without(_log("09:30:00"), "System Uptime")
    assert compose.of_rule(_told(text, "2026-11-16 09:25"), RULE)["status"] == "clear"
    (finding,) = compose.findings(_told(text, "2026-11-16 14:00"), RULE)
    assert "captured 4 hours before the failure" in finding["summary"]
    assert len(finding["evidence"]) == 1
