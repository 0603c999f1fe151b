"""The best answer where no heap can be listed: the account of the one who asked, its objects, and the size in force."""

from __future__ import annotations

import math

import compose
from compose import LOCAL_SERVICE, LOCAL_SYSTEM, NETWORK_SERVICE, GuiProcess

from dumpscan.rules._gui import OBJECT_KB, PROCESS_KB
from dumpscan.rules.heaviest_on_desktop import EXPLAINS

RULE = "heaviest-on-desktop"
PROCESSES: list[GuiProcess] = [
    ("csrss.exe", 704, "", LOCAL_SYSTEM, 83, 181),
    ("agent.exe", 5120, "ReportAgent", LOCAL_SYSTEM, 2940, 12),
    ("svchost.exe", 1876, "vmicrdv", LOCAL_SYSTEM, 14, 7),
    ("notepad.exe", 4712, "", LOCAL_SYSTEM, 11, 7),
    ("svchost.exe", 2020, "WpnService", LOCAL_SYSTEM, 9, 0),
    ("big.exe", 6000, "Big", NETWORK_SERVICE, 3333, 0),
    ("WmiPrvSE.exe", 7768, "", LOCAL_SERVICE, 4, 7),
]
EVENT = compose.event(243, text=compose.requester(0))
SECTIONS = compose.started_csrss(20480, 768)
FIRES = EVENT + SECTIONS + compose.gui(0, PROCESSES)


def test_fires() -> None:
    (finding,) = compose.findings(compose.document(FIRES), RULE)
    assert (finding["severity"], finding["certainty"]) == ("high", "possible")
    summary = finding["summary"]
    assert r"The services of NT AUTHORITY\SYSTEM in session 0 hold 2,974 USER objects in 4 processes" in summary
    assert "by estimate 595 KB of the heap of Service-0x0-3e7$, which has 768 KB (77 %)" in summary
    assert "notepad.exe, which asked in vain, is one of them and a victim" in summary
    assert (
        "agent.exe (PID 5120, ReportAgent) with 2,940, svchost.exe (PID 1876, vmicrdv) with 14, notepad.exe (PID 4712) with 11."
        in summary
    )
    assert "2020" not in summary, "three are enough"
    lines = [line for _, line in compose.cited(finding)]
    text = FIRES.splitlines()
    assert [text[line - 1].split("\t")[1] for line in lines if "\t" in text[line - 1]] == ["5120", "1876", "4712"]
    assert {4, compose.line_of(FIRES, "SharedSection")} <= set(lines)
    causes = [one["text"] for one in finding["advice"] if one["when"] == "cause"]
    assert any("595 KB" in text and "agent.exe (PID 5120, ReportAgent) holds most of it" in text for text in causes)


def test_who_asked_is_gone() -> None:
    """Then the account with most objects."""
    (finding,) = compose.findings(compose.document(compose.without(FIRES, "notepad.exe\t")), RULE)
    assert (
        "The services of NT AUTHORITY\\NETWORK SERVICE" in finding["summary"]
        and "Service-0x0-3e4$" in finding["summary"]
    )
    assert "asked in vain" not in finding["summary"]


def test_a_user_s_session_is_one_desktop() -> None:
    text = compose.event(243, text=compose.requester(2)) + SECTIONS + compose.gui(2, PROCESSES)
    (finding,) = compose.findings(compose.document(text), RULE)
    assert "The programs of session 2 hold 6,311 USER objects in 6 processes" in finding["summary"]
    assert (
        r"by estimate 1,262 KB of the heap of WinSta0\Default, which has 20,480 KB (6 %); that alone does not explain"
        in finding["summary"]
    )
    assert finding["subject"]["account"] is None


def test_more_than_the_heap_holds_and_no_size() -> None:
    big = [(*PROCESSES[1][:4], 9000, 0), PROCESSES[3]]
    (over,) = compose.findings(compose.document(EVENT + SECTIONS + compose.gui(0, big)), RULE)
    assert "which has only 768 KB: they are smaller than average, or not all of them are on it" in over["summary"]
    (unknown,) = compose.findings(compose.document(EVENT + compose.gui(0, PROCESSES)), RULE)
    assert "whose size is not in these texts" in unknown["summary"]


def test_the_share_of_the_heap() -> None:
    """All of the heap is still a share of it; more than all is not."""
    whole = round(768 / OBJECT_KB)
    shares = {
        whole - 15: "which has 768 KB (100 %)", whole: "which has 768 KB (100 %)", whole + 1: "which has only 768 KB",
        whole // 2: "which has 768 KB (50 %). ", whole // 2 - 5: "which has 768 KB (50 %); that alone does not explain a full heap. ",
    }  # fmt: skip
    cases = {str(one): EVENT + SECTIONS + compose.gui(0, [(*PROCESSES[1][:4], one, 0)]) for one in shares}
    told = {int(name): compose.findings(one, RULE)[0]["summary"] for name, one in compose.documents(cases).items()}
    assert {one: words in told[one] for one, words in shares.items()} == dict.fromkeys(shares, True)


def test_each_session_that_asked() -> None:
    """One finding a session, of its last event; every session with its own size, its own heap and its own lines."""
    asked = EVENT + compose.event(243, "2007-03-09 08:00:00", text=compose.requester(0))
    asked += compose.event(243, "2007-03-09 09:00:00", text=compose.requester(2))
    lists = compose.gui(0, PROCESSES) + compose.gui(2, [("csrss.exe", 800, "", LOCAL_SYSTEM, 90, 1), ("app.exe", 900, "", r"CONTOSO\frieda", 60000, 1)])  # fmt: skip
    told = compose.documents({"sizes": asked + SECTIONS + lists, "no sizes": asked + lists})
    found = {name: {one["subject"]["session"]: one for one in compose.findings(made, RULE)} for name, made in told.items()}  # fmt: skip
    keys = ("account", "window_station", "objects", "processes", "estimate_kb", "by_number", "size_kb")
    assert {session: [one["subject"][key] for key in keys] for session, one in found["sizes"].items()} == {
        0: [LOCAL_SYSTEM, "Service-0x0-3e7$", 2974, 4, 595, False, 768],
        2: [None, "WinSta0", 60000, 1, 12000, False, 20480],
    }
    shows = {session: [line["shows"] for line in one["evidence"]] for session, one in found["sizes"].items()}
    of_0 = ["agent.exe: 2,940 USER objects", "svchost.exe: 14 USER objects", "notepad.exe: 11 USER objects"]
    assert shows[2][1:] == ["app.exe: 60,000 USER objects", "the configured size: 20,480 KB"]
    assert shows[0][1:] == [*of_0, "the configured size: 768 KB"]
    assert [shows[session][0].startswith("event 243 at 2007-03-09 0") for session in (0, 2)] == [True, True]
    assert ["08:00:00" in shows[0][0], "09:00:00" in shows[2][0]] == [True, True]
    unsized = found["no sizes"]
    assert [line["shows"] for line in unsized[0]["evidence"]][1:] == of_0
    assert {session: (one["severity"], one["subject"]["size_kb"]) for session, one in unsized.items()} == {
        0: ("high", None),
        2: ("high", None),
    }


def test_what_to_do_where_the_objects_do_not_explain_it() -> None:
    """Then nothing is restarted by name: first count; and a number of processes that is too small is no advice to end them."""
    few = EVENT + SECTIONS + compose.gui(0, workers(20))
    some = EVENT + SECTIONS + compose.gui(0, [(*PROCESSES[1][:4], 500, 0), PROCESSES[3]])
    told = compose.documents({"few": few, "some": some, "much": FIRES})
    found = {name: compose.findings(one, RULE)[0] for name, one in told.items()}
    assert {name: (one["severity"], one["subject"]["by_number"]) for name, one in found.items()} == {
        "few": ("low", True), "some": ("low", False), "much": ("high", False),
    }  # fmt: skip
    whens = {name: [advice["when"] for advice in one["advice"]] for name, one in found.items()}
    assert whens == {name: ["now", "cause", "cause", "futile"] for name in found}
    first = {name: one["advice"][0]["text"].split(" (")[0] for name, one in found.items()}
    assert first == {
        "few": "Count the USER objects of session 0 by process", "some": "Count the USER objects of session 0 by process", "much": "Restart agent.exe",
    }  # fmt: skip
    assert found["few"]["advice"][1]["text"].startswith(
        r"By estimate the services of NT AUTHORITY\SYSTEM in session 0 hold 140 KB at 7 KB a process of the heap of Service-0x0-3e7$, which has 768 KB (18 %)"
    )


def test_session_0_told_by_a_service() -> None:
    text = (
        compose.event(243, "2007-03-09 07:05:03") + compose.scm(7009, "2007-03-09 07:05:33") + compose.gui(0, PROCESSES)
    )
    assert len(compose.findings(compose.document(text), RULE)) == 1


def test_who_asked_holds_most() -> None:
    text = FIRES.replace(compose.requester(0), compose.requester(0).replace("4712", "5120").replace("notepad", "agent"))
    (finding,) = compose.findings(compose.document(text), RULE)
    assert "agent.exe asked in vain, and it holds most of them itself" in finding["summary"]
    assert "victim" not in finding["summary"] and not [one for one in finding["advice"] if one["when"] == "futile"]


def test_near_miss() -> None:
    cases: dict[str, compose.Text] = {
        "another session": compose.event(243, text=compose.requester(2)) + compose.gui(0, PROCESSES),
        "no session": compose.event(243) + compose.gui(0, PROCESSES),
        "an article": compose.event(243, "", text=compose.requester(0)) + compose.gui(0, PROCESSES),
        "only csrss": EVENT + compose.gui(0, PROCESSES[:1]),
        "before Vista": compose.banner(2600) + FIRES,
        "event 244": compose.event(244, text=compose.requester(0)) + compose.gui(0, PROCESSES),
    }
    assert "found" not in compose.statuses(cases, RULE).values()


def test_no_data() -> None:
    cases: dict[str, compose.Text] = {"an event alone": EVENT, "a list alone": compose.gui(0, PROCESSES)}
    assert set(compose.statuses(cases, RULE).values()) == {"no_data"}


def test_boundary() -> None:
    """Below half of the heap, the objects alone do not explain that it was full."""
    line = int(768 * EXPLAINS / 100 / OBJECT_KB)
    for objects, explains in ((line - 1, False), (line, True), (line + 1, True)):
        text = EVENT + SECTIONS + compose.gui(0, [(*PROCESSES[1][:4], objects, 0)])
        (finding,) = compose.findings(compose.document(text), RULE)
        assert ("does not explain" not in finding["summary"]) is explains
        assert finding["severity"] == ("high" if explains else "low")
        assert any(text.startswith("Restart agent.exe") for text in finding["actions"]) is explains


def workers(number: int, objects: int = 6, account: str = LOCAL_SYSTEM) -> list[GuiProcess]:
    """So many small processes of one account."""
    return [(("worker.exe", "helper.exe")[at % 3 == 2], 5000 + 4 * at, "", account, objects, 4) for at in range(number)]


def test_many_small_processes_count_by_their_number() -> None:
    """Their objects are 216 KB; but at 7 KB each they are more than the heap has."""
    (finding,) = compose.findings(compose.document(EVENT + SECTIONS + compose.gui(0, workers(180))), RULE)
    assert (finding["severity"], finding["certainty"]) == ("high", "possible")
    summary = finding["summary"]
    assert (
        "hold 1,080 USER objects in 180 processes: by estimate 1,260 KB at 7 KB a process of the heap of Service-0x0-3e7$"
        in summary
    )
    assert "which has only 768 KB" in summary and summary.endswith("What counts is their number: 120 run worker.exe.")
    assert (finding["subject"]["estimate_kb"], finding["subject"]["by_number"]) == (1260, True)
    advice = {
        when: [one["text"] for one in finding["advice"] if one["when"] == when] for when in ("now", "cause", "futile")
    }
    assert advice["now"] == [
        "End those of the 180 processes that nobody needs (120 run worker.exe), or start fewer at a time: no single one stands out."
    ]
    assert any("a matter of size, not of a leak" in text for text in advice["cause"])
    assert advice["futile"] == ["Restarting a single one of them: each holds little."]


def test_the_account_is_that_of_the_larger_estimate() -> None:
    """Nobody tells who asked: 400 objects in one process are less than 60 processes with two each."""
    text = EVENT + SECTIONS + compose.gui(0, [*workers(60, 2), ("big.exe", 4, "", NETWORK_SERVICE, 400, 4)])
    (finding,) = compose.findings(compose.document(text), RULE)
    assert finding["summary"].startswith(
        "The services of NT AUTHORITY\\SYSTEM in session 0 hold 120 USER objects in 60"
    )


def test_boundary_of_the_number() -> None:
    """Half of the heap, by number; and where objects and number say the same, the objects are told."""
    line = math.ceil(768 * EXPLAINS / 100 / PROCESS_KB)
    cases: dict[str, compose.Text] = {
        str(one): EVENT + SECTIONS + compose.gui(0, workers(one)) for one in (line - 1, line, line + 1)
    }
    told = {name: compose.findings(one, RULE)[0] for name, one in compose.documents(cases).items()}
    assert {name: one["severity"] for name, one in told.items()} == {
        str(line - 1): "low",
        str(line): "high",
        str(line + 1): "high",
    }
    same = round(PROCESS_KB / OBJECT_KB)
    sides: dict[str, compose.Text] = {
        str(one): EVENT + SECTIONS + compose.gui(0, workers(80, one)) for one in (same - 1, same, same + 1)
    }
    by_number = {
        name: compose.findings(one, RULE)[0]["subject"]["by_number"] for name, one in compose.documents(sides).items()
    }
    assert by_number == {str(same - 1): True, str(same): False, str(same + 1): False}
