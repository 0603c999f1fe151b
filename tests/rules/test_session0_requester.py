"""Event 243 that names session 0 on current Windows: the heap of a service station, sized by the third value."""

from __future__ import annotations

import compose
from compose import LOCAL_SERVICE, LOCAL_SYSTEM, NETWORK_SERVICE, SYSTEM, VISTA, csrss

from dumpscan.rules.session0_requester import FIRST

RULE = "session0-requester"
SERVER = compose.banner(17763, name="Windows 10", target="x64")
FIRES = SERVER + compose.event(243, text=compose.requester(0))
LIST = compose.gui(
    0, [("csrss.exe", 704, "", LOCAL_SYSTEM, 83, 181), ("notepad.exe", 4712, "Widget", LOCAL_SERVICE, 12, 4)]
)


def test_fires() -> None:
    (finding,) = compose.findings(compose.document(FIRES), RULE)
    assert (finding["severity"], finding["certainty"]) == ("high", "likely")
    assert compose.cited(finding) == [("-", compose.line_of(FIRES, "Event ID"))]
    assert "notepad.exe (PID 4712) of session 0" in finding["summary"]
    assert "Service-0x..., 768 KB each as installed on x64" in finding["summary"]
    assert r"not WinSta0\Default" in finding["summary"]
    (line,) = compose.reboot_advice(finding)
    assert "Read the one in force first" in line, "no size is known, so no number"


def test_the_size_in_force_gives_a_number() -> None:
    (finding,) = compose.findings(compose.document(FIRES + compose.started_csrss(20480, 1280)), RULE)
    assert "1,280 KB each here" in finding["summary"]
    (line,) = compose.reboot_advice(finding)
    assert "third SharedSection value from 1280 to 1792" in line
    assert any("second SharedSection value" in one["text"] for one in finding["advice"] if one["when"] == "futile")


def test_no_number_where_windows_is_not_known() -> None:
    text = compose.event(243, text=compose.requester(0)) + compose.started_csrss(20480, 768)
    (finding,) = compose.findings(compose.document(text), RULE)
    assert finding["certainty"] == "possible"
    assert "only Windows and its architecture tell" in compose.reboot_advice(finding)[0]


def test_a_list_tells_the_station() -> None:
    (finding,) = compose.findings(compose.document(FIRES + LIST), RULE)
    assert rf"It runs as {LOCAL_SERVICE}, whose station is Service-0x0-3e5$" in finding["summary"]
    assert len(finding["evidence"]) == 2
    other = LIST.replace("notepad.exe", "wordpad.exe")  # the PID was given to another program
    (finding,) = compose.findings(compose.document(FIRES + other), RULE)
    assert "It runs as" not in finding["summary"]


def test_a_service_beside_the_event_tells_session_0() -> None:
    text = SERVER + compose.event(243, "2007-03-09 07:05:03") + compose.scm(7009, "2007-03-09 07:05:33")
    (finding,) = compose.findings(compose.document(text), RULE)
    assert finding["summary"].startswith("A process of session 0 got nothing")
    assert [line for _, line in compose.cited(finding)] == [6, 13]


def test_near_miss() -> None:
    cases: dict[str, compose.Text] = {
        "a user's session": SERVER + compose.event(243, text=compose.requester(2)),
        "no session": SERVER + compose.event(243),
        "event 244": SERVER + compose.event(244, text=compose.requester(0)),
        "an article": SERVER + compose.event(243, "", text=compose.requester(0)),
        "Windows 7": compose.banner(7601, name="Windows 7", target="x64")
        + compose.event(243, text=compose.requester(0)),
    }
    assert "found" not in compose.statuses(cases, RULE).values()


def test_no_data() -> None:
    assert compose.statuses({"another command": compose.vm4()}, RULE) == {"another command": "no_data"}


def test_boundary() -> None:
    cases: dict[str, compose.Text] = {
        str(build): compose.banner(build, name="Windows 10", target="x64")
        + compose.event(243, text=compose.requester(0))
        for build in (FIRST - 1, FIRST, FIRST + 1)
    }
    assert compose.statuses(cases, RULE) == {
        str(FIRST - 1): "not_applicable",
        str(FIRST): "found",
        str(FIRST + 1): "found",
    }


def test_which_value_it_should_have() -> None:
    """None where the registry asks for more already, where another finding changes the list, or where sizing is at its end."""
    value = compose.windows_value
    full = compose.dskheap(0, compose.replaced(VISTA, SYSTEM, 768, 99))
    generation = compose.event(243, text=compose.requester(0)) + compose.started_csrss(20480, 768)
    cases: dict[str, compose.Text] = {
        "the last step": FIRES + compose.started_csrss(20480, 19968),
        "no step": FIRES + compose.started_csrss(20480, 19972),
        "the most": FIRES + compose.started_csrss(20480, 20480),
        "asked for": FIRES + value(csrss("1024,20480,1280")) + compose.started_csrss(20480, 768),
        "the same": FIRES + value(csrss("1024,20480,768")) + compose.started_csrss(20480, 768),
        "only stored": FIRES + value(csrss("1024,20480,1280")),
        "another finding": FIRES + compose.started_csrss(20480, 768) + full,
        "no Windows": generation,
        "no build": generation + compose.dskheap(0, VISTA),
        "no architecture": FIRES.replace(" x64\n", "\n") + compose.started_csrss(20480, 768),
    }
    docs = compose.documents(cases)
    told = {name: compose.findings(doc, RULE)[0] for name, doc in docs.items()}
    (exhausted,) = {
        line["text"] for line in told["the most"]["advice"] if line["when"] == "futile" and "third" in line["text"]
    }
    assert "20480 is the most that is known to be in use" in exhausted
    unknown = "The third SharedSection value sizes these heaps; how large it should be, only Windows and its architecture tell (systeminfo), and they are not in these texts."
    assert {name: compose.reboot_advice(one) for name, one in told.items()} == {
        "the last step": ["Raise the third SharedSection value from 19968 to 20480; it counts after a restart."],
        "no step": [],
        "the most": [],
        "asked for": [
            "The registry already asks for 1,280 KB as the third SharedSection value: restart, there is nothing to raise."
        ],
        "the same": ["Raise the third SharedSection value from 768 to 1280; it counts after a restart."],
        "only stored": ["Raise the third SharedSection value from 1280 to 1792; it counts after a restart."],
        "another finding": [
            "SharedSection=1024,20480,768 becomes SharedSection=1024,20480,1280, as other findings advise; one step more for the third value only if that is not enough."
        ],
        "no Windows": [unknown],
        "no build": [unknown],
        "no architecture": [unknown],
    }
    for name, one in told.items():
        assert one["certainty"] == ("possible" if name in ("no Windows", "no build") else "likely")
        assert [line["when"] for line in one["advice"]][-1] == "futile"


def test_the_last_event_and_the_last_list() -> None:
    again = compose.requester(0).replace("4712", "4800").replace("notepad", "calc")
    two = FIRES + compose.event(243, "2007-03-09 08:05:33", text=again)
    own = LIST.replace(LOCAL_SERVICE, r"CONTOSO\svc_widget")
    docs = compose.documents(
        {
            "two events": two,
            "two lists": FIRES + LIST + LIST.replace(LOCAL_SERVICE, NETWORK_SERVICE),
            "an account of its own": FIRES + own,
            "of another session": FIRES + LIST.replace("0\t4712", "2\t4712"),
            "machines": {
                "a/x.txt": FIRES + LIST + compose.started_csrss(20480, 1280),
                "b/x.txt": two + compose.started_csrss(20480, 2048),
            },
        }
    )
    (last,) = compose.findings(docs["two events"], RULE)
    assert last["summary"].startswith(
        "calc.exe (PID 4800) of session 0 got nothing from its desktop heap at 2007-03-09 08:05:33"
    )
    assert [one["shows"] for one in last["evidence"]] == [
        "event 243 at 2007-03-09 07:05:33: session 0",
        "event 243 at 2007-03-09 08:05:33: session 0",
    ]
    assert last["subject"] == {
        "time": "2007-03-09 08:05:33",
        "session": 0,
        "process": "calc.exe",
        "pid": 4800,
        "account": None,
        "services": None,
        "window_station": None,
        "configured_kb": None,
    }
    assert [one["when"] for one in last["advice"]] == ["now", "reboot", "futile"], "nobody counted yet"
    assert last["advice"][0]["text"].startswith("Count the USER objects of session 0 by process")
    (lists,) = compose.findings(docs["two lists"], RULE)
    assert (lists["subject"]["account"], lists["subject"]["window_station"]) == (NETWORK_SERVICE, "Service-0x0-3e4$")
    assert lists["subject"]["services"] == "Widget"
    assert lists["evidence"][1]["shows"] == f"the process that asked in vain: {NETWORK_SERVICE}"
    assert [one["when"] for one in lists["advice"]] == ["reboot", "futile"], "they are counted already"
    (account,) = compose.findings(docs["an account of its own"], RULE)
    assert r"It runs as CONTOSO\svc_widget. The full heap" in account["summary"]
    (other,) = compose.findings(docs["of another session"], RULE)
    assert "It runs as" not in other["summary"]
    a, b = compose.findings(docs["machines"], RULE)
    assert (a["subject"]["configured_kb"], a["subject"]["account"]) == (1280, LOCAL_SERVICE)
    assert (b["subject"]["configured_kb"], b["subject"]["account"]) == (2048, None)
    assert [{file for file, _ in compose.cited(one)} for one in (a, b)] == [{"a/x.txt"}, {"b/x.txt"}]


def test_no_session_and_no_build_is_nothing() -> None:
    """Where the build is not known, the event itself must name the session."""
    text = compose.event(243, "2007-03-09 07:05:03") + compose.scm(7009, "2007-03-09 07:05:33")
    assert compose.statuses({"near": text}, RULE) == {"near": "clear"}
