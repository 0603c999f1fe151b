r"""The worked examples of the knowledge base, as their authors would post them: what must be said, and what must not.

The figures are those of the exhibits, the texts are composed here: with the damage that a blog does to a listing (lost backslashes and
rulers, NBSP, en dashes, a blank line after each line). Where CONTRACT.md outranks the verdict of the older rules, it says so.
"""

from __future__ import annotations

import compose
import pytest
from compose import DEFAULT, DISCONNECT, SYSTEM, WINLOGON, Document, Heap

VIEW_RULES = {
    "session-view-space-exhausted",
    "session-view-space-pressure",
    "limit-contradicts-heaps",
    "session-view-limit-unknown",
}
NETWORK, LOCAL, TASKS = r"Service-0x0-3e4$\Default", r"Service-0x0-3e5$\Default", r"SAWinSta\SADesktop"
IIS = r"__X78B95_89_IW\__A8D9S1_42_ID"

E1: list[Heap] = [
    (DEFAULT, 3072, 5.7), (DISCONNECT, 64, 4.0), (WINLOGON, 128, 8.7), (SYSTEM, 512, 15.1),
    (NETWORK, 512, 5.1), (LOCAL, 512, 1.1), (TASKS, 512, 0.4), (IIS, 512, 0.4),
]  # fmt: skip
E11: list[Heap] = [
    (DEFAULT, 3072, 10.5), (WINLOGON, 128, 4.0), (SYSTEM, 1024, 9.9), (TASKS, 1024, 0.2),
    (r"Service-0x0-15337$\Default", 1024, 0.6), (r"Service-0x0-16c98$\Default", 1024, 0.6),
]  # fmt: skip
E22: list[Heap] = [
    (DEFAULT, 3072, 10.4), (DISCONNECT, 64, 4.5), (WINLOGON, 128, 8.8), (SYSTEM, 512, 23.8), (NETWORK, 512, 4.3), (LOCAL, 512, 2.4), (TASKS, 512, 0.5),
]  # fmt: skip
E23: list[Heap] = [
    (r"WinSta0\Screen-saver", 20480, 0.1), (DEFAULT, 20480, 0.2), (DISCONNECT, 96, 5.0), (WINLOGON, 192, 8.9), (SYSTEM, 2048, 5.1),
    (NETWORK, 2048, 0.9), (LOCAL, 2048, 0.2), (TASKS, 2048, 96.1), (IIS, 2048, 0.2),
]  # fmt: skip
E28: list[Heap] = [(DEFAULT, 3072, 20.5), (WINLOGON, 128, 5.2), (SYSTEM, 256, 59.1), (TASKS, 256, 1.5), (IIS, 256, 0.9)]
E35: list[Heap] = [
    (DEFAULT, 3072, 5.0), (DISCONNECT, 64, 4.0), (WINLOGON, 128, 8.7), (r"Service-0x0-2461f$\Default", 512, 98.6), (SYSTEM, 512, 15.0),
    *((rf"Service-0x0-{0x30000 + number:x}$\Default", 512, 2.0) for number in range(7)),
]  # fmt: skip
E36: list[Heap] = [
    (DEFAULT, 20480, 1.0), (DISCONNECT, 96, 4.0), (WINLOGON, 192, 4.0), (SYSTEM, 768, 3.0),
    (NETWORK, 768, 1.0), (r"Service-0x0-3e5 $\Default", 768, 1.0), (TASKS, 768, 0.3),
]  # fmt: skip
E37: list[Heap] = [
    (DEFAULT, 20480, 1),
    (DISCONNECT, 96, 4),
    (WINLOGON, 192, 5),
    (SYSTEM, 768, 6),
    (NETWORK, 768, 1),
    (LOCAL, 768, 1),
]
E38A: list[Heap] = [(r"WinSta0\Screen-saver", 3072, 0), (DEFAULT, 3072, 0), (DISCONNECT, 64, 4), (WINLOGON, 128, 5)]
E38B: list[Heap] = [
    (DEFAULT, 3072, 0),
    (DISCONNECT, 64, 4),
    (WINLOGON, 128, 9),
    (SYSTEM, 512, 4),
    (LOCAL, 512, 0),
    (NETWORK, 512, 1),
    (TASKS, 512, 0),
]


def _solomon(percent: int) -> str:
    """Vista RTM on x86, names paged out: the headings lose their backslash, too."""
    return compose.blog(compose.nameless(1, [(3072, percent), (64, 3), (128, 3)]))


def _markdown(text: str) -> str:
    """A ruler under a line makes a heading of it: the ruler is gone, and the line before it begins with ## or #."""
    lines: list[str] = []
    for line in text.splitlines():
        if line and not line.strip("-=") and lines:
            lines[-1] = ("## " if "-" in line else "#  ") + lines[-1]
        else:
            lines.append(line)
    return "\n".join(lines) + "\n"


LOADED = "C:\\kktools\\dheapmon8.1\\x86>dheapmon -l\nDesktop Heap Information Monitor Tool (Version 8.1.2925.0)\n"
LOADED += "Copyright (c) Microsoft Corporation.  All rights reserved.\n Dheapmon - Driver loaded successfully\n\n"
GRP = "If your win32kbase or win32k symbols are correct, then desktop heap information may not be available for the chosen sessionID\n"
TEXTS: dict[str, compose.Text] = {
    "E1": compose.blog(compose.dheapmon(0, E1, version="7.0.2727.0")),
    "E1 with 48 MB": compose.blog(compose.dheapmon(0, E1, version="7.0.2727.0") + compose.view_size(49152)),
    "E2": _solomon(15),
    "E3": _solomon(86),
    "E4": _solomon(99),
    "E2 to E4": _solomon(15) + _solomon(86) + _solomon(99),
    "E5": compose.dheapmon(0, compose.filling(16384, 512)) + compose.view_size(20480),
    "E6": compose.blog(compose.view_size(49152)),
    "E11": compose.blog(LOADED + compose.dheapmon(0, E11)),
    "E22": compose.blog(compose.dheapmon(0, E22)),
    "E23": compose.blog(compose.dheapmon(0, E23, version="9.0.3040.0")),
    "E28": compose.blog(compose.dheapmon(0, E28)),
    "E29": "Win32k.sys symbol load error. Correct symbol required.\n",
    "E30": compose.blog(compose.in_bytes(6291456, 1859584)),
    "E33": compose.blog(compose.UNREADABLE),
    "E35": compose.dheapmon(0, E35) + compose.view_size(49152),
    "E36": compose.blog(compose.dheapmon(0, E36, version="9.0.3040.0")),
    "E37": compose.dskheap(0, E37),
    "E38": _markdown(compose.dskheap(3, E38A))
    + "\n"
    + _markdown(compose.dskheap(None, E38B)).replace("==", "")
    + "#                 Session ID:  0\n",
    "WD57": compose.NO_TYPES.replace("try again.\n", "try again." + GRP),
}


@pytest.fixture(scope="module")
def told() -> dict[str, Document]:
    return compose.documents(TEXTS)


def _sums(document: Document) -> list[tuple[int, int]]:
    rows = document["tables"]["desktop_heaps"]
    sessions = {row["session"] for row in rows}
    return sorted(
        (sum(row["size_kb"] for row in rows if row["session"] == one), sum(row["session"] == one for row in rows))
        for one in sessions
    )


@pytest.mark.parametrize(
    ("name", "sums"),
    [
        ("E1", [(5824, 8)]), ("E2", [(3264, 3)]), ("E11", [(7296, 6)]), ("E22", [(5312, 7)]), ("E23", [(51488, 9)]), ("E28", [(3968, 5)]),
        ("E35", [(7872, 12)]), ("E36", [(23840, 7)]), ("E37", [(23072, 6)]), ("E38", [(5312, 7), (6336, 4)]),
    ],
)  # fmt: skip
def test_every_row_survives_the_damage(told: dict[str, Document], name: str, sums: list[tuple[int, int]]) -> None:
    assert _sums(told[name]) == sums
    assert not told[name]["problems"]
    assert {row["state"] for row in told[name]["tables"]["captures"] if row["command"] in ("dheapmon", "dskheap")} - {
        None
    } == {"whole"}


@pytest.mark.parametrize("name", ["E1", "E1 with 48 MB", "E2", "E11", "E22", "E36", "E37", "E38"])
def test_healthy(told: dict[str, Document], name: str) -> None:
    """E11: 0xC0000142, but not desktop heap. E22: seven desktops instead of eight are no fault. E36 to E38: defaults as installed.
    Somebody changed the third value of E11 (1024)."""
    verdict = told[name]["verdict"]
    assert (verdict["mode"], verdict["reason"]) == ("no-sign", None)
    assert verdict["certainty"] == "likely", "never proved: GDI shares the view, and other moments were not captured"
    assert "healthy" not in verdict["summary"].lower()
    beside = {"platform-from-sizes", "names-not-accessible", "view-space-is-dynamic", "configuration-not-shown"}
    assert compose.fired(told[name]) - beside == ({"heap-sizes-changed"} if name == "E11" else set())


def test_e1_against_48_mb(told: dict[str, Document]) -> None:
    """5,824 KB are 11.8 % of 48 MB."""
    (view,) = told["E1 with 48 MB"]["view_space"]
    assert (view["heaps_kb"], view["limit_kb"], round(100 * view["heaps_kb"] / view["limit_kb"], 1)) == (
        5824,
        49152,
        11.8,
    )


def test_e2_names(told: dict[str, Document]) -> None:
    assert compose.of_rule(told["E2"], "names-not-accessible")["status"] == "found"
    assert [row["role"] for row in told["E2"]["tables"]["desktop_heaps"]] == ["interactive", "fixed", "fixed"]
    assert told["E2"]["verdict"]["scope"]["sessions"] == [1]


def test_e3(told: dict[str, Document]) -> None:
    """Rule R03 called 86 % "acceptable, no reserve"; the contract, with 415 KB free, calls it at risk: it was one step before the failure."""
    assert (told["E3"]["verdict"]["mode"], told["E3"]["verdict"]["certainty"]) == ("at-risk", "likely")
    (finding,) = compose.findings(told["E3"], "desktop-heap-at-risk")
    (line,) = compose.reboot_advice(finding)
    assert "second SharedSection value from 3072 to 4096" in line


def test_e4(told: dict[str, Document]) -> None:
    assert (told["E4"]["verdict"]["mode"], told["E4"]["verdict"]["certainty"]) == ("single-heap-full", "proved")
    (finding,) = compose.findings(told["E4"], "desktop-heap-full")
    (advice,) = compose.reboot_advice(finding)
    assert "second SharedSection value from 3072 to 4096" in advice
    assert not compose.fired(told["E4"]) & VIEW_RULES


def test_e2_to_e4_in_one_comment(told: dict[str, Document]) -> None:
    """Three moments of one session: the last is the verdict, and nothing before it was full."""
    document = told["E2 to E4"]
    assert (document["verdict"]["mode"], document["verdict"]["certainty"]) == ("single-heap-full", "proved")
    assert [row["snapshot"] for row in document["tables"]["desktop_heaps"]] == [1, 1, 1, 2, 2, 2, 3, 3, 3]
    assert [row["superseded"] for row in document["tables"]["desktop_heaps"]] == [True] * 6 + [False] * 3
    assert compose.of_rule(document, "desktop-heap-at-risk")["status"] == "clear", "86 % is history here"
    assert not document["verdict"]["history"]


def test_e5(told: dict[str, Document]) -> None:
    """Rule R31 called 16 MB in 20 MB exhausted; the contract asks for V - S < next as a proof, and calls it at risk without event 244."""
    assert told["E5"]["verdict"]["mode"] == "at-risk"
    (finding,) = compose.findings(told["E5"], "session-view-space-pressure")
    assert not any("larger" in action and "heap" in action for action in finding["actions"])


def test_e6(told: dict[str, Document]) -> None:
    (row,) = told["E6"]["tables"]["session_limits"]
    assert (row["limit"], row["kb"]) == ("view_space", 49152)
    assert (told["E6"]["verdict"]["mode"], told["E6"]["verdict"]["reason"]) == ("undecided", "no_evidence")


def test_e23(told: dict[str, Document]) -> None:
    """51,488 KB are more than 48 MB, but only 48 % of the 104 MB that 64-bit Server 2003 has: nothing about view space."""
    document = told["E23"]
    assert (document["verdict"]["mode"], document["verdict"]["certainty"]) == ("single-heap-full", "likely")
    assert "SADesktop" in document["verdict"]["summary"] and "96.1 %" in document["verdict"]["summary"]
    (finding,) = compose.findings(document, "desktop-heap-full")
    assert finding["subject"]["free_kb"] == pytest.approx(78.85, abs=0.01)
    assert "handle.exe -a SAWinSta" in finding["actions"][0]
    (advice,) = compose.reboot_advice(finding)
    assert "from 2048 to 2560" in advice
    assert not compose.fired(document) & VIEW_RULES
    assert document["view_space"][0]["possible_kb"] == [106496]


def test_e28(told: dict[str, Document]) -> None:
    """59.1 % of a heap that was lowered to 256 KB; SessionViewSize alone will not help. Older rules: R64, R08, R24, R37."""
    document = told["E28"]
    assert document["verdict"]["mode"] == "at-risk"
    (finding,) = compose.findings(document, "service-heap-lowered")
    (advice,) = compose.reboot_advice(finding)
    assert "third SharedSection value from 256 to 512" in advice
    assert not any("SessionViewSize" in action for action in finding["actions"])
    assert "desktop-heap-full" not in compose.fired(document), (
        "over 99 % is what its author says, not what the listing shows"
    )


@pytest.mark.parametrize(
    ("name", "way_out"), [("E29", "dheapinst -y"), ("E33", ".process /p /r"), ("WD57", "GuiObjectUse")]
)
def test_tools_that_failed(told: dict[str, Document], name: str, way_out: str) -> None:
    verdict = told[name]["verdict"]
    assert (verdict["mode"], verdict["reason"], verdict["certainty"]) == ("undecided", "tool_failed", None)
    (finding,) = compose.findings(told[name], "tool-failed")
    assert way_out in finding["actions"][0]
    assert compose.fired(told[name]) == {"tool-failed"}
    assert not told[name]["tables"]["desktop_heaps"]


def test_e30(told: dict[str, Document]) -> None:
    """Committed is not used: a size without a use is no evidence, whatever the older verdict (not full) made of 29.6 %."""
    document = told["E30"]
    assert (document["verdict"]["mode"], document["verdict"]["reason"]) == ("undecided", "incomplete")
    (row,) = document["tables"]["desktop_heaps"]
    assert (row["desktop"], row["size_kb"], row["committed_kb"], row["used_percent"]) == ("Default", 6144, 1816, None)
    assert compose.of_rule(document, "desktop-heap-full")["status"] == "no_data"


def test_e35(told: dict[str, Document]) -> None:
    document = told["E35"]
    assert (document["verdict"]["mode"], document["verdict"]["certainty"]) == ("single-heap-full", "proved")
    (finding,) = compose.findings(document, "desktop-heap-full")
    assert finding["subject"]["window_station"] == "Service-0x0-2461f$"
    (advice,) = compose.reboot_advice(finding)
    assert "from 512 to 1024" in advice
    assert not compose.fired(document) & VIEW_RULES, "40 of 48 MB are free"


def test_e36_stray_blank(told: dict[str, Document]) -> None:
    """The blank typed before "$" is kept in the path and dropped from the station."""
    (row,) = (row for row in told["E36"]["tables"]["desktop_heaps"] if "3e5" in row["desktop_path"])
    assert row["window_station"] == "Service-0x0-3e5$" and row["desktop_path"].startswith("Service-0x0-3e5 $")


def test_e38_sessions(told: dict[str, Document]) -> None:
    assert told["E38"]["verdict"]["scope"]["sessions"] == [0, 3]
    assert "session 0 and session 3" in told["E38"]["verdict"]["summary"]
