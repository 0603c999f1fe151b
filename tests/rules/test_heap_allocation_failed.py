"""Event 243: likely without a listing of its session, proved with a nearly full heap of its session and boot, history before the boot."""

from __future__ import annotations

from datetime import datetime, timedelta

import compose
import pytest
from compose import SYSTEM, X86

import dumpscan
from dumpscan.rules._events import SAME_MINUTE

RULE = "heap-allocation-failed"
CAPTURE = compose.banner(3790, time="Mon Mar 12 07:05:33 2007") + "System Uptime: 4 days 1:00:00.000\n"  # since 8 March


def told(text: str) -> tuple[str, str | None, list[str]]:
    document = compose.document(text)
    verdict = document["verdict"]
    return verdict["mode"], verdict["certainty"], [one["certainty"] for one in compose.findings(document, RULE)]


def test_fires() -> None:
    document = compose.document(compose.event(243, text=compose.requester(2)))
    (finding,) = compose.findings(document, RULE)
    assert (finding["severity"], finding["certainty"]) == ("high", "likely")
    assert compose.cited(finding) == [("-", 4)]
    assert (finding["subject"]["session"], finding["subject"]["process"], finding["subject"]["pid"]) == (
        2,
        "notepad.exe",
        4712,
    )
    assert document["verdict"]["mode"] == "single-heap-full"
    assert "which one is not in the logs" in document["verdict"]["summary"]
    assert " in session 2 at 2007-03-09 07:05:33" in finding["summary"]
    assert "(event 243); notepad.exe (PID 4712) asked for it" in finding["summary"]
    (finding,) = compose.findings(compose.document(compose.event(243)), RULE)
    assert " for " not in finding["summary"] and " in session" not in finding["summary"]


def test_proved_with_a_heap_of_its_session_and_boot() -> None:
    near = compose.dskheap(0, compose.replaced(X86, SYSTEM, 512, 91))
    assert told(CAPTURE + compose.event(243) + near) == ("single-heap-full", "proved", ["proved"])
    assert told(CAPTURE + compose.event(243, text=compose.requester(0)) + near)[1:] == ("proved", ["proved"])
    assert told(CAPTURE + compose.event(243) + near + compose.dskheap(1, X86))[1:] == ("likely", []), (
        "which of two sessions?"
    )
    assert told(compose.event(243) + near)[1:] == ("likely", []), "no boot is known"


def test_whether_the_boot_is_certain_is_said() -> None:
    near = compose.dskheap(0, compose.replaced(X86, SYSTEM, 512, 91))
    cases: dict[str, compose.Text] = {"sure": CAPTURE + compose.event(243) + near, "open": compose.event(243)}
    said = {name: compose.findings(one, RULE)[0]["summary"] for name, one in compose.documents(cases).items()}
    assert "at 2007-03-09 07:05:33 (event 243)" in said["sure"]
    assert (
        "at 2007-03-09 07:05:33 (whether since the last start of the machine is not certain) (event 243)"
        in said["open"]
    )


def test_proved_in_each_of_several_cases() -> None:
    """The same file name and line in another case is another heap; it once took the finding of all cases but the first."""
    text = CAPTURE + compose.event(243) + compose.dskheap(0, compose.replaced(X86, SYSTEM, 512, 91))
    documents = compose.documents({"one": text, "two": text, "three": text})
    assert [len(compose.findings(document, RULE)) for document in documents.values()] == [1, 1, 1]


def test_the_event_at_the_told_failure_is_what_is_known_of_it() -> None:
    """A listing of three days later clears nothing of that minute; one of that minute does."""
    later = CAPTURE + compose.event(243) + compose.dskheap(0, X86)
    told = {
        at: dumpscan.analyze(later.encode(), failed_at=at).to_dict()
        for at in ("2007-03-09 07:10", "2007-03-09 07:21", "2007-03-12 07:05", "2007-03-11 07:05")
    }
    assert {at: (one["verdict"]["mode"], len(compose.findings(one, RULE))) for at, one in told.items()} == {
        "2007-03-09 07:10": ("single-heap-full", 1), "2007-03-09 07:21": ("undecided", 0),
        "2007-03-12 07:05": ("no-sign", 0), "2007-03-11 07:05": ("undecided", 0),
    }  # fmt: skip


def test_a_told_failure_without_such_an_event() -> None:
    """Other events and a listing: nothing of event 243 is found, whatever the user says of the failure."""
    text = (CAPTURE + compose.event(6005, source="EventLog") + compose.dskheap(0, X86)).encode()
    for said in ({"failed_at": "2007-03-09 07:05"}, {"session": 0}):
        assert compose.of_rule(dumpscan.analyze(text, **said).to_dict(), RULE)["status"] == "clear"


def test_near_miss() -> None:
    cases: dict[str, compose.Text] = {
        "no time": compose.event(243, ""),
        "no clock": compose.event(243, "2007-03-09"),
        "another source": compose.event(243, source="SNA Server"),
        "another event": compose.event(263),
        "an earlier boot": CAPTURE + compose.event(243, "2007-02-09 07:05:33"),
        "a listing that may be of its session": compose.event(243) + compose.dskheap(0, X86),
    }
    assert set(compose.statuses(cases, RULE).values()) <= {"clear", "no_data"}
    assert compose.document(compose.event(243) + compose.dskheap(0, X86))["verdict"]["mode"] == "no-sign"


def test_no_data() -> None:
    cases: dict[str, compose.Text] = {
        "another command": compose.vm4(),
        "prose": "A desktop heap allocation failed, event 243.\n",
    }
    assert set(compose.statuses(cases, RULE).values()) == {"no_data"}


@pytest.mark.parametrize(
    ("time", "counts"),
    [
        ("2007-03-07 07:05:33", False),
        ("2007-03-08 07:05:33", True),  # the day of the boot
        ("3/9/2007 7:05:33 AM", True),
        ("3/7/2007 7:05:33 AM", True),  # or the third of July
        ("2/20/2007 7:05:33 AM", False),
        ("20.02.2007 07:05:33", False),
        ("07.03.2007 07:05:33", False),
    ],
)
def test_boundary(time: str, counts: bool) -> None:
    """Only what is surely of an earlier boot is history."""
    assert bool(told(CAPTURE + compose.event(243, time))[2]) is counts


def test_boundary_of_the_percentage() -> None:
    for percent, certainties in ((89, []), (90, ["proved"]), (91, ["proved"])):
        heaps = compose.replaced(X86, SYSTEM, 512, percent)
        assert told(CAPTURE + compose.event(243) + compose.dskheap(0, heaps))[2] == certainties


CSRSS = (
    r"C:\>wmic process where name='csrss.exe' get CommandLine" + "\n"
    r"C:\WINDOWS\system32\csrss.exe ObjectDirectory=\Windows SharedSection=1024,3072,512 Windows=On SubSystemType=Windows ServerDll=basesrv,1"
    + "\n"
)


def test_an_event_alone_asks_which_heap_and_not_for_what_is_there() -> None:
    asked = [step["command"] for step in compose.document(compose.event(243))["verdict"]["next"]]
    assert asked[:2] == ["!dskheap -s 0", "dheapmon -s"]
    assert "wmic process where name='csrss.exe' get CommandLine" in asked
    asked = [step["command"] for step in compose.document(compose.event(243) + "\n" + CSRSS)["verdict"]["next"]]
    assert asked[:2] == ["!dskheap -s 0", "dheapmon -s"]
    assert "wmic process where name='csrss.exe' get CommandLine" not in asked


AT, BESIDE = "2007-03-09 07:05:03", "2007-03-09 07:05:33"


def test_a_service_that_did_not_start_points_to_session_0() -> None:
    """Among several sessions, and where only another one is listed: services live in session 0."""
    near = compose.replaced(X86, SYSTEM, 512, 91)
    text = (
        CAPTURE
        + compose.event(243, AT)
        + compose.scm(7009, BESIDE)
        + compose.dskheap(0, near)
        + compose.dskheap(1, near)
    )
    (finding,) = compose.findings(compose.document(text), RULE)
    assert (finding["certainty"], finding["subject"]["session"]) == ("proved", 0)
    assert "in session 0 (where a service did not start within a minute)" in finding["summary"]
    lines = [text.splitlines()[line - 1] for _, line in compose.cited(finding)]
    assert [SYSTEM in line for line in lines] == [False, False, True] and lines[0] != lines[2]
    assert len({line for _, line in compose.cited(finding)}) == 3
    other = CAPTURE + compose.event(243, AT) + compose.scm(7000, BESIDE) + compose.dskheap(2, near)
    assert told(other)[2] == ["likely"], "the listing of session 2 is not of that heap"


def test_an_event_that_names_its_session_is_not_moved() -> None:
    text = compose.event(243, AT, text=compose.requester(2)) + compose.scm(7009, BESIDE)
    (finding,) = compose.findings(compose.document(text), RULE)
    assert finding["subject"]["session"] == 2 and len(finding["evidence"]) == 1


@pytest.mark.parametrize("gap", [-SAME_MINUTE - 1, -SAME_MINUTE, 0, SAME_MINUTE, SAME_MINUTE + 1])
def test_boundary_of_the_minute(gap: int) -> None:
    moment = datetime(2007, 3, 9, 7, 5) + timedelta(seconds=gap)
    text = compose.event(243, "2007-03-09 07:05:00") + compose.scm(7009, f"{moment:%Y-%m-%d %H:%M:%S}")
    (finding,) = compose.findings(compose.document(text), RULE)
    assert finding["subject"]["session"] == (0 if abs(gap) <= SAME_MINUTE else None)


@pytest.mark.parametrize(
    ("event", "service", "beside"),
    [
        ("3/9/2007 7:05:03 PM", "3/9/2007 7:05:33 PM", True),
        ("3/9/2007 7:05:03 PM", "3/9/2007 7:05:33 AM", False),
        ("3/9/2007 12:05:03 AM", "3/9/2007 0:05:33", True),
        ("09.03.2007 07:05:03", "2007-03-09T07:05:33.120", True),
        ("2007-03-09T07:05:03.120Z", "2007-03-09T07:05:33.120Z", True),
        ("2007-03-09T07:05:03.120Z", "2007-03-09T07:05:33.120", False),  # universal and local time
        ("31.02.2007 07:05:03", "31.02.2007 07:05:33", False),
        ("2007-03-08 23:59:50", "2007-03-09 00:00:20", True),
    ],
)
def test_times_are_compared_as_they_are_printed(event: str, service: str, beside: bool) -> None:
    (finding,) = compose.findings(compose.document(compose.event(243, event) + compose.scm(7009, service)), RULE)
    assert finding["subject"]["session"] == (0 if beside else None)


def test_a_current_windows_is_told_to_count_objects() -> None:
    modern = compose.banner(17763, name="Windows 10", target="x64") + compose.event(243, text=compose.requester(0))
    told = compose.documents({"modern": modern, "counted": modern + compose.gui(0, [("a.exe", 4, "", "", 12, 4)])})
    advice = {name: " ".join(compose.findings(one, RULE)[0]["actions"]) for name, one in told.items()}
    assert "GuiObjectUse" in advice["modern"] and "List the heaps" not in advice["modern"]
    assert "GuiObjectUse" not in advice["counted"]
    asked = {name: [step["command"] for step in one["verdict"]["next"]] for name, one in told.items()}
    assert asked["modern"][0] == asked["counted"][0] == "GuiObjectUse"
    assert "which count has grown" in told["counted"]["verdict"]["next"][0]["why"]


def captured(end: str, uptime: str) -> str:
    return (
        compose.banner(3790, time=f"Mon {end} 2026").replace(" 2026", " 2007").replace(".123", "")
        + f"System Uptime: {uptime}.000\n"
    )


def test_boundary_of_the_boot() -> None:
    """To the second: an event is surely of the boot that began before its day and was captured after it; it is history when its day, and any other
    that is meant by its date, ended before the boot."""
    near = compose.dskheap(0, compose.replaced(X86, SYSTEM, 512, 91))
    begun = {  # the boot, against the first moment of 9 March
        "3 days 7:05:34": ["proved"], "3 days 7:05:33": [], "3 days 7:05:32": [],
        "3 days 7:06:33": ["proved"], "3 days 7:04:33": [], "3 days 8:05:33": ["proved"], "3 days 6:05:33": [],
        "4 days 7:05:33": ["proved"], "2 days 8:05:33": [],
    }  # fmt: skip
    ended = {"Mar 9 00:00:01": ["proved"], "Mar 9 00:00:00": ["proved"], "Mar 8 23:59:59": []}
    cases: dict[str, compose.Text] = {up: captured("Mar 12 07:05:33", up) + compose.event(243) + near for up in begun}
    cases |= {end: captured(end, "9 days 1:00:00") + compose.event(243) + near for end in ended}
    documents = compose.documents(cases)
    assert {
        name: [one["certainty"] for one in compose.findings(told, RULE)] for name, told in documents.items()
    } == begun | ended
    history = {"2 days 7:05:34": 1, "2 days 7:05:33": 1, "2 days 7:05:32": 0}  # against the last moment of 9 March
    alone = {up: captured("Mar 12 07:05:33", up) + compose.event(243) for up in history}
    assert {up: len(compose.findings(told, RULE)) for up, told in compose.documents(alone).items()} == history


def test_the_latest_boot_counts() -> None:
    """Two captures of one machine: an event between both boots is history, whichever stands first."""
    early, late = captured("Mar 12 07:05:33", "4 days 1:00:00"), captured("Mar 20 07:05:33", "1 days 1:00:00")
    cases: dict[str, compose.Text] = {
        "early": early + compose.event(243),
        "late": late + compose.event(243),
        "both": early + late + compose.event(243),
        "the other way": late + early + compose.event(243),
    }
    told = {name: len(compose.findings(one, RULE)) for name, one in compose.documents(cases).items()}
    assert told == {"early": 1, "late": 0, "both": 0, "the other way": 0}


@pytest.mark.parametrize(
    ("time", "counts"),
    [
        ("3/9/07 7:05:33 AM", True),
        ("3/9/69 7:05:33 AM", True),  # 2069
        ("3/9/70 7:05:33 AM", False),  # 1970
        ("3/9/99 7:05:33 AM", False),
        ("09.03.07 07:05:33", True),
        ("2007/03/09 07:05:33", True),
        ("2007/02/09 07:05:33", False),
        ("12.01.2007 07:05:33", False),  # a dot: the day stands first
        ("Mar 09 07:05:33", True),  # no year: nobody knows
        ("2007-02-30 07:05:33", True),  # no such day: nobody knows
    ],
)
def test_dates(time: str, counts: bool) -> None:
    assert bool(told(CAPTURE + compose.event(243, time))[2]) is counts


def test_years_of_two_digits() -> None:
    """Surely of the boot, in this century and in the last."""
    near = compose.dskheap(0, compose.replaced(X86, SYSTEM, 512, 91))
    old = captured("Mar 12 07:05:33", "4 days 1:00:00").replace(" 2007", " 1999")
    new = captured("Dec 12 07:05:33", "200 days 1:00:00")  # either day of the date is of this boot
    cases: dict[str, compose.Text] = {
        "1999": old.replace("4 days", "100 days") + compose.event(243, "2/3/99 7:05:33 AM") + near,
        "2007": new + compose.event(243, "8/9/07 7:05:33 AM") + near,
    }
    told = {
        name: [one["certainty"] for one in compose.findings(made, RULE)]
        for name, made in compose.documents(cases).items()
    }
    assert told == {"1999": ["proved"], "2007": ["proved"]}


def test_which_events_and_heaps_belong_together() -> None:
    near, healthy = compose.dskheap(0, compose.replaced(X86, SYSTEM, 512, 91)), compose.dskheap(0, X86)
    named = {session: compose.event(243, text=compose.requester(session)) for session in (0, 2)}
    cases: dict[str, compose.Text] = {
        "a session that is not listed": named[2] + healthy,
        "the full one is history": CAPTURE + compose.event(243) + near + healthy,
        "two events, one heap": CAPTURE + compose.event(243) + compose.event(243, "2007-03-10 07:05:33") + near,
        "two sessions": CAPTURE + named[0] + named[2] + near,
    }
    told = {name: compose.findings(made, RULE) for name, made in compose.documents(cases).items()}
    assert {name: [one["certainty"] for one in some] for name, some in told.items()} == {
        "a session that is not listed": ["likely"],
        "the full one is history": [],
        "two events, one heap": ["proved"],
        "two sessions": ["likely", "proved"],
    }
    (proved,) = told["two events, one heap"]
    assert r"Service-0x0-3e7$\Default there has 91 % of 512 KB in use." in proved["summary"]
    assert [len(one["evidence"]) for one in told["two sessions"]] == [1, 2]


def asked_in(*sessions: int) -> str:
    """An event 243 of each session, a day apart."""
    return "".join(
        compose.event(
            243, f"2007-03-{10 + at} 07:05:33", text=compose.requester(session).replace("notepad", f"app{session}")
        )
        for at, session in enumerate(sessions)
    )


def test_several_sessions_of_a_machine_are_one_finding() -> None:
    cases: dict[str, compose.Text] = {
        "two": asked_in(1, 2),
        "six": asked_in(*range(1, 7)),
        "seven": asked_in(*range(1, 8)),
        "again and again": asked_in(1, 2, 1, 2, 2),
        "nobody is named": asked_in(1, 2)
        .replace("Process name: app1.exe. ", "")
        .replace("Process name: app2.exe. ", ""),
        "unnamed, too": asked_in(4) + compose.event(243),
        "two machines": {"a/events.txt": asked_in(1, 2), "b/events.txt": asked_in(3)},
    }
    told = compose.documents(cases)
    found = {name: compose.findings(one, RULE) for name, one in told.items()}
    assert {name: [one["subject"]["sessions"] for one in some] for name, some in found.items()} == {
        "two": [[1, 2]], "six": [[1, 2, 3, 4, 5, 6]], "seven": [[1, 2, 3, 4, 5, 6, 7]], "again and again": [[1, 2]], "nobody is named": [[1, 2]], "unnamed, too": [[4, None]],
        "two machines": [[1, 2], [3]],
    }  # fmt: skip
    (two,), (seven,) = found["two"], found["seven"]
    assert two["summary"] == (
        "Allocations from desktop heaps failed in session 1 and session 2 (event 243). The first failed in session 1 at 2007-03-10 07:05:33 (whether since the last "
        "start of the machine is not certain); app1.exe (PID 4712) asked for it. One in each of them was full then; which ones is not in the logs."
    )
    (nobody,) = found["nobody is named"]
    assert nobody["summary"] == two["summary"].replace("; app1.exe (PID 4712) asked for it", "")
    assert (
        nobody["refuted_by"]
        == "A listing of all heaps of each of these sessions from the time of the event, with room in each."
    )
    assert compose.cited(two) == [("-", 4), ("-", 11)] and two["subject"]["session"] == 1
    assert "session 6 and 1 more session (event 243)" in seven["summary"] and len(seven["evidence"]) == 7
    assert "more finding" not in told["six"]["verdict"]["summary"]
    assert "in session 4 and a session whose number is not printed" in found["unnamed, too"][0]["summary"]


def test_the_session_of_the_complaint_is_one_of_several() -> None:
    told = {
        session: dumpscan.analyze(asked_in(1, 2).encode(), session=session).to_dict()["verdict"]["summary"]
        for session in (1, 2, 3)
    }
    assert {session: "That is not session" in summary for session, summary in told.items()} == {
        1: False,
        2: False,
        3: True,
    }


def test_what_is_counted_in_some_of_several_sessions() -> None:
    """On a current Windows: asked for in those that are not counted; the estimate is of a session that the finding names."""
    modern = compose.banner(17763, name="Windows 10", target="x64")
    lists = [compose.gui(session, [("a.exe", 4, "", "CONTOSO\\f", 1200, 4)]) for session in (1, 2, 5)]
    cases: dict[str, compose.Text] = {
        "none": modern + asked_in(1, 2),
        "one": modern + asked_in(1, 2) + lists[0],
        "both": modern + asked_in(1, 2) + lists[0] + lists[1],
        "another": modern + asked_in(1, 2) + lists[2],
    }
    told = compose.documents(cases)
    asked = {
        name: [text for text in compose.findings(one, RULE)[0]["actions"] if text.startswith("Count the USER")]
        for name, one in told.items()
    }
    assert "of session 1 and session 2 by process" in asked["none"][0] and asked["both"] == []
    assert "of session 2 by process" in asked["one"][0]
    assert "The programs of session 1 hold" in told["one"]["verdict"]["summary"]
    assert "hold 1,200" not in told["another"]["verdict"]["summary"]


def test_a_process_is_told_by_name_and_number_or_not_at_all() -> None:
    whole = compose.requester(0)
    cases: dict[str, compose.Text] = {
        "both": compose.event(243, text=whole),
        "no name": compose.event(243, text=whole.replace("Process name: notepad.exe. ", "")),
        "no number": compose.event(243, text=whole.replace("Process ID: 4712. ", "")),
    }
    told = {name: compose.findings(one, RULE)[0] for name, one in compose.documents(cases).items()}
    assert [(one["subject"]["process"], one["subject"]["pid"]) for one in told.values()] == [
        ("notepad.exe", 4712), (None, 4712), ("notepad.exe", None),
    ]  # fmt: skip
    assert {name for name, one in told.items() if "asked for it" in one["summary"]} == {"both"}
    assert "None" not in told["no name"]["summary"] + told["no number"]["summary"]
