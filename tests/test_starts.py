"""When a machine was started, as uptimes, systeminfo and the System log tell: what was before is history, and a young boot clears nothing."""

from __future__ import annotations

import compose
import pytest
from compose import SYSTEM, X86

from dumpscan.rules._events import BOOTING, FARTHEST_ZONE
from dumpscan.rules.young_boot import YOUNG

OLD = compose.banner(3790, name="Windows Server 2003")
FULL = compose.replaced(X86, SYSTEM, 512, 95)


def at(clock: str, day: int = 9) -> str:
    return f"2026-03-{day:02} {clock}"


def clock(seconds: int, day: int = 9) -> str:
    """So many seconds after 07:00."""
    total = 7 * 3600 + seconds
    return at(f"{total // 3600:02}:{total // 60 % 60:02}:{total % 60:02}", day)


def started(time: str, number: int = 6005, source: str = "EventLog") -> str:
    return compose.event(number, time, source=source, text="The Event log service was started.")


def failed(time: str) -> str:
    return compose.event(243, time)


def listing(time: str | None, heaps: list[compose.Heap] = X86) -> str:
    """A listing with the time of the debugger's session, without an uptime."""
    banner = compose.banner(3790, name="Windows Server 2003", time=None if time is None else f"Mon Mar 09 {time} 2026")
    return banner + compose.dskheap(0, heaps)


def modes(cases: dict[str, compose.Text]) -> dict[str, str]:
    return {name: told["verdict"]["mode"] for name, told in compose.documents(cases).items()}


def test_an_event_before_a_start_is_history() -> None:
    """Whichever mark tells the start, and in whichever order the log is printed."""
    event = failed(at("07:00:00"))
    cases: dict[str, compose.Text] = {
        "6005": OLD + event + started(at("09:00:00")),
        "6009": OLD + event + started(at("09:00:00"), 6009),
        "newest first": OLD + started(at("09:00:00")) + event,
        "Kernel-General": OLD + event + started(at("09:00:00"), 12, "Microsoft-Windows-Kernel-General"),
        "another file": {"a.txt": OLD + event, "b.txt": OLD + started(at("09:00:00"))},
    }
    docs = compose.documents(cases)
    assert {told["verdict"]["mode"] for told in docs.values()} == {"undecided"}
    for told in docs.values():
        (finding,) = compose.findings(told, "heap-allocation-failed-earlier")
        assert "(before the last start of the machine)" in finding["summary"] and "it is history" in finding["summary"]
    kept: dict[str, compose.Text] = {
        "no start": OLD + event,
        "before it": OLD + started(at("05:00:00")) + event,
        "prose": OLD + event + "On 2026-03-09 09:00:00 EventLog wrote event 6005: The Event log service was started.\n",
        "no time": OLD + event + started(""),
        "another source": OLD + event + started(at("09:00:00"), source="SNA Server"),
        "its end": OLD + event + started(at("09:00:00"), 6006),
        "another machine": {"a/a.txt": OLD + event, "b/b.txt": OLD + started(at("09:00:00"))},
        "universal time": OLD + event + started("2026-03-09T09:00:00.000Z"),
    }
    assert modes(kept) == dict.fromkeys(kept, "single-heap-full")


def test_a_desktop_that_could_not_be_created_before_a_start() -> None:
    event = compose.event(244, at("07:00:00"))
    docs = compose.documents(
        {"history": OLD + event + started(at("09:00:00")), "now": OLD + started(at("05:00:00")) + event}
    )
    assert {name: bool(compose.findings(told, "desktop-creation-failed")) for name, told in docs.items()} == {
        "history": False,
        "now": True,
    }


def test_how_long_a_start_takes_is_left_open() -> None:
    """What was before the event log is written down when it starts."""
    cases: dict[str, compose.Text] = {
        str(gap): OLD + failed(clock(0)) + started(clock(gap)) for gap in (BOOTING - 1, BOOTING, BOOTING + 1)
    }
    assert modes(cases) == {
        str(BOOTING - 1): "single-heap-full",
        str(BOOTING): "single-heap-full",
        str(BOOTING + 1): "undecided",
    }


def test_a_start_after_the_capture_is_none_of_it() -> None:
    """The event stays of the boot that was listed; a start before the listing makes history of it, and one before the event proves its boot."""
    cases: dict[str, compose.Text] = {
        "after the listing": failed(at("07:00:00")) + started(at("11:00:00")) + listing("09:00:00", FULL),
        "between": failed(at("06:00:00")) + started(at("07:00:00")) + listing("09:00:00", FULL),
        "before the event": started(at("05:00:00")) + failed(at("07:00:00")) + listing("09:00:00", FULL),
        "event after the listing": started(at("05:00:00")) + failed(at("10:00:00")) + listing("09:00:00", FULL),
        "the stamp of the file": {
            "kd_2026-03-09_0900.log": failed(at("07:00:00")) + started(at("11:00:00")) + listing(None, FULL)
        },
        "no time": failed(at("07:00:00")) + started(at("11:00:00")) + listing(None, FULL),
    }
    docs = compose.documents(cases)
    proved = {
        name
        for name, told in docs.items()
        if any(one["certainty"] == "proved" for one in compose.findings(told, "heap-allocation-failed"))
    }
    assert proved == {"before the event"}
    history = {
        name
        for name, told in docs.items()
        if any(
            "(before the last start" in one["summary"]
            for one in compose.findings(told, "heap-allocation-failed-earlier")
        )
    }
    assert history == {"between", "no time"}


def test_an_uptime_outranks_the_log() -> None:
    """A start in the log that the uptime of the capture knows nothing of is of another clock or later."""
    up = "System Uptime: 4 days 0:00:00.000\n"
    banner = compose.banner(3790, name="Windows Server 2003", time="Mon Mar 09 09:00:00 2026") + up
    text = failed(at("06:00:00")) + started(at("07:00:00")) + banner + compose.dskheap(0, FULL)
    (finding,) = compose.findings(compose.document(text), "heap-allocation-failed")
    assert finding["certainty"] == "proved"


@pytest.mark.parametrize("order", ["{month}/{day}/2026 {clock}", "{day}/{month}/2026 {clock}"])
def test_dates_that_can_mean_two_days(order: str) -> None:
    """March 9 before August 10 is September 3 after October 8 the other way round: no."""

    def on(month: int, day: int) -> str:
        return order.format(month=month, day=day, clock="07:05:33 AM")

    told = modes(
        {
            "both readings": OLD + failed(on(3, 9)) + started(on(4, 10)),
            "one reading": OLD + failed(on(3, 9)) + started(on(4, 2)),
        }
    )
    assert told == {"both readings": "undecided", "one reading": "single-heap-full"}


def summary(*lines: str) -> str:
    """systeminfo of a Server 2003, with more of its lines."""
    more = "".join(line + "\n" for line in lines)
    return (
        "C:\\>systeminfo\n\nHost Name:                 TS01\nOS Name:                   Microsoft(R) Windows(R) Server 2003, Enterprise Edition\n"
        "OS Version:                5.2.3790 Service Pack 2 Build 3790\nOS Manufacturer:           Microsoft Corporation\n"
        f"{more}System Type:               X86-based PC\nProcessor(s):              2 Processor(s) Installed.\n\n"
    )


INSTALLED = "Original Install Date:     3/13/2007, 7:05:33 AM"


def boot_time(time: str) -> str:
    return f"System Boot Time:          {time}"


def test_a_summary_tells_the_start() -> None:
    event = failed(at("07:05:33", 12))
    cases: dict[str, compose.Text] = {
        "boot time, later": summary(INSTALLED, boot_time("3/14/2026, 7:05:33 AM")) + event,
        "boot time, earlier": summary(INSTALLED, boot_time("3/1/2026, 7:05:33 AM")) + event,
        "German": summary(
            "Ursprüngliches Installationsdatum:     13.03.2007, 07:05:33", "Systemstartzeit:   14.03.2026, 07:05:33"
        )
        + event,
        "only the installation": summary("Original Install Date:     3/14/2026, 7:05:33 AM") + event,
        "up time": {
            "case_2026-03-20_0900.txt": summary(
                INSTALLED, "System Up Time:            2 Days, 4 Hours, 5 Minutes, 6 Seconds"
            )
            + event
        },
        "a long up time": {
            "case_2026-03-20_0900.txt": summary(
                INSTALLED, "System Up Time:            12 Days, 4 Hours, 5 Minutes, 6 Seconds"
            )
            + event
        },
        "up time, and nobody knows when": summary(
            INSTALLED, "System Up Time:            2 Days, 4 Hours, 5 Minutes, 6 Seconds"
        )
        + event,
    }
    history = {"boot time, later", "German", "up time"}
    assert modes(cases) == {name: "undecided" if name in history else "single-heap-full" for name in cases}
    # A capture after that start is of that boot or a later one; one before it is of an earlier.
    banner = "System Uptime: 1 days 0:00:00.000\n"
    later = compose.banner(3790, name="Windows Server 2003", time="Mon Mar 23 09:00:00 2026") + banner
    both = modes({"later": later + summary(INSTALLED, boot_time("3/1/2026, 7:05:33 AM")) + event})
    assert both == {"later": "undecided"}
    told = compose.document(cases["boot time, later"])
    assert any("up since 3/14/2026, 7:05:33 AM" in one["value"] for one in told["settings"])


def test_young_boot_by_the_log_and_by_a_summary() -> None:
    """A healthy listing from soon after a start clears nothing, whoever tells the start."""
    young, old = clock(7200 - YOUNG + 1), clock(7200 - YOUNG)
    cases: dict[str, compose.Text] = {
        "young": started(young) + listing("09:00:00"),
        "old": started(old) + listing("09:00:00"),
        "after it": started(at("09:30:00")) + listing("09:00:00"),
        "the last before it": started(at("05:00:00"))
        + started(at("08:50:00"))
        + started(at("09:30:00"))
        + listing("09:00:00"),
        "universal time": started("2026-03-09T08:50:00.000Z") + listing("09:00:00"),
        "no time": started(young) + listing(None),
        "another machine": {"a/a.txt": started(young), "b/b.log": listing("09:00:00")},
        "by its summary": {
            "a.txt": summary(INSTALLED, boot_time("3/9/2026, 8:50:00 AM")),
            "kd.log": listing("09:00:00"),
        },
        "by an up time beside it": summary(
            INSTALLED, "System Up Time:            0 Days, 0 Hours, 14 Minutes, 6 Seconds"
        )
        + compose.dskheap(0, X86),
        "a long up time beside it": summary(
            INSTALLED, "System Up Time:            1 Days, 0 Hours, 14 Minutes, 6 Seconds"
        )
        + compose.dskheap(0, X86),
    }
    docs = compose.documents(cases)
    found = {name for name, told in docs.items() if compose.findings(told, "young-boot")}
    assert found == {"young", "the last before it", "by its summary", "by an up time beside it"}
    assert {name for name, told in docs.items() if told["verdict"]["reason"] == "wrong_scope"} == found
    (finding,) = compose.findings(docs["the last before it"], "young-boot")
    assert "captured 10 minutes after a start" in finding["summary"]
    assert compose.cited(finding)[0] == ("-", compose.line_of(str(cases["the last before it"]), "08:50:00") + 1)


def test_universal_time_is_compared_with_itself_only() -> None:
    """XML logs have it: a start in it makes history of an event in it, and of a capture only where no zone can be in between."""
    event = "2026-03-09T05:00:00.000Z"
    late = f"2026-03-09T{6 + FARTHEST_ZONE // 3600:02}:00:00.000Z"
    cases: dict[str, compose.Text] = {
        "no capture": OLD + failed(event) + started(late),
        "a capture far behind it": failed(event) + started("2026-03-09T06:00:00.000Z") + listing("23:00:00", FULL),
        "a capture near it": failed(event) + started("2026-03-09T06:00:00.000Z") + listing("15:00:00", FULL),
    }
    docs = compose.documents(cases)
    history = {
        name
        for name, told in docs.items()
        if any(
            "(before the last start" in one["summary"]
            for one in compose.findings(told, "heap-allocation-failed-earlier")
        )
    }
    assert history == {"no capture", "a capture far behind it"}
