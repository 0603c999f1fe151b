"""Look-alikes: what else it is, in one line each, and no word of desktop heap in it."""

from __future__ import annotations

import compose
import pytest
from test_symptoms import SAID

from dumpscan.known_issues import ALIKE, ISSUES, Issue

RULE = "looks-alike"
CRASH = "A box says: the exception 0xC0000005 occurred in Inetinfo.exe.\n"
RACE = (
    "Two threads call CoGetClassObject for another computer, and one gets 0x800706BA: The RPC server is unavailable\n"
)
FIRES = compose.old_banner(1381, "Windows NT 4", 3, 2) + CRASH
HEAP_WORDS = ("desktop heap", "Q142676", "Q217202", "Q156484", "184802", "947246", "949296")


def found(told: compose.Document) -> dict[str, str]:
    return {one["subject"]["article"]: one["certainty"] for one in compose.findings(told, RULE)}


def test_fires() -> None:
    """On the machine of the article it is likely; where nothing tells the machine, possible, with what would decide."""
    told = compose.documents({"known": FIRES, "open": CRASH, "race": RACE})
    (known,), (unknown,), (race,) = (compose.findings(made, RULE) for made in told.values())
    assert (known["severity"], known["certainty"], unknown["certainty"], race["certainty"]) == (
        "info",
        "likely",
        "possible",
        "possible",
    )
    assert compose.cited(known) == [("-", 2)]
    assert (
        known["summary"].startswith("Looks alike, is not: the texts speak of an access violation of Inetinfo.exe.")
        and "Q184288" in known["summary"]
    )
    assert (
        "no banner or report in these texts tells the version of Windows, the Service Pack and the number of processors"
        in unknown["summary"]
    )
    assert (known["references"], race["references"]) == (["Q184288"], ["Q256149"])
    assert "Q256149" in race["summary"]


@pytest.mark.parametrize("text", [CRASH, RACE, FIRES])
def test_a_look_alike_is_never_tagged_desktop_heap(text: str) -> None:
    told = compose.document(text)
    assert (told["verdict"]["mode"], told["verdict"]["reason"]) == ("undecided", "no_evidence")
    assert compose.fired(told) == {RULE}
    for one in compose.findings(told, RULE):
        words = [one["summary"], *one["references"], *one["actions"], *(line["shows"] for line in one["evidence"])]
        assert not [word for word in HEAP_WORDS for text in words if word in text]


def test_near_miss() -> None:
    cases: dict[str, compose.Text] = {
        "Service Pack 4": compose.old_banner(1381, "Windows NT 4", 4, 2) + CRASH,
        "one processor": compose.old_banner(1381, "Windows NT 4", 3, 1) + CRASH,
        "Windows 2000": compose.old_banner(2195, "Windows 2000", 2, 2) + CRASH + RACE,
        "a code alone": "It failed with 0x80070005.\n0x800706BA\n",
        "0xC0000142 on Windows 10": compose.banner(19041, name="Windows 10", target="x64") + "exit code 0xC0000142\n",
    }
    assert {name: found(told) for name, told in compose.documents(cases).items()} == {name: {} for name in cases}


def test_no_data() -> None:
    assert set(compose.statuses({"heaps": compose.dskheap(0, compose.X86), "prose": "Nothing.\n"}, RULE).values()) == {
        "no_data"
    }


@pytest.mark.parametrize("issue", [one for one in ISSUES if one.kind == ALIKE], ids=lambda one: one.article)
def test_boundary(issue: Issue) -> None:
    """Each sign speaks on each limit of its gate and where nothing tells the machine, a weak one only in the gate; one step beyond both are silent."""
    (low, high), packs = issue.gate.builds, issue.gate.service_packs or (None, None)
    texts = {
        "low": compose.old_banner(max(low, 800), "Windows", packs[0] or packs[1], issue.gate.processors),
        "high": compose.old_banner(min(high, 26200), "Windows", packs[1], issue.gate.processors),
        "beyond": compose.old_banner(min(high, 30000) + 1, "Windows", packs[1], issue.gate.processors),
        "unknown": "",
    }
    cases = {
        f"{name} {sign}": text + SAID[sign] + "\n"
        for name, text in texts.items()
        for sign in (*issue.signs, *issue.weak)
    }
    open_gate = issue.gate == type(issue.gate)()
    expected = {
        f"{name} {sign}": name in ("low", "high") or (name == "beyond" and open_gate) or (name == "unknown" and (sign in issue.signs or open_gate))
        for name in texts for sign in (*issue.signs, *issue.weak)
    }  # fmt: skip
    told = compose.documents(cases)
    assert {name: issue.article in found(made) for name, made in told.items()} == expected
    for made in told.values():
        for one in compose.findings(made, RULE):
            assert one["severity"] == "info"
            assert one["certainty"] == "possible" or not issue.unproved or one["subject"]["article"] != issue.article


def test_events_of_the_server_service() -> None:
    """The event counts without its text, too; another source and an article do not."""
    text = "The server was unable to allocate from the system paged pool because the\npool was empty."
    cases: dict[str, compose.Text] = {
        "2019": compose.event(2019, source="Srv", text="Message text not available."),
        "2020": compose.event(2020, source="Srv", text=text),
        "2021": compose.event(2021, source="Srv", text="It failed."),
        "wrapped, and no more": text,
        "another number": compose.event(2022, source="Srv"),
        "another source": compose.event(2020, source="MSExchangeIS"),
        "an article": compose.event(2020, "", source="Srv"),
    }
    told = compose.documents(cases)
    pool, items = "events 2019 and 2020 of Srv", "event 2021 of Srv"
    assert {name: found(made) for name, made in told.items()} == {
        "2019": {pool: "likely"}, "2020": {pool: "likely"}, "2021": {items: "possible"}, "wrapped, and no more": {pool: "likely"},
        "another number": {}, "another source": {}, "an article": {},
    }  # fmt: skip
    (both,) = compose.findings(told["2020"], RULE)
    assert "paged pool that the Server service found empty" in both["summary"] and compose.cited(both) == [("-", 6)]
    assert any("!vm 1" in one["text"] for one in both["advice"])
