"""A symptom and no measure: undecided, with what was seen, what it can mean, and what to collect."""

from __future__ import annotations

import compose
import pytest
from test_symptoms import SAID

from dumpscan.rules._symptoms import MOST_TOLD
from dumpscan.symptoms import SYMPTOMS, symptoms

RULE = "symptom-unmeasured"
FIRES = "worker exited with -1073741502\n"


def test_fires() -> None:
    told = compose.document(FIRES)
    (finding,) = compose.findings(told, RULE)
    assert (finding["severity"], finding["certainty"]) == ("info", "proved")
    assert compose.cited(finding) == [("-", 1)]
    assert finding["summary"].startswith(
        "The texts speak of 0xC0000142 (a DLL could not be initialized), and nothing here measures a desktop heap"
    )
    assert "can mean: no heap left for user32.dll, no access to the desktop" in finding["summary"]
    asked = " ".join(finding["actions"])
    assert all(
        word in asked
        for word in (
            "!dskheap -s 0",
            "csrss.exe",
            "MmSessionViewSize",
            "boot options",
            "243 and 244",
            "USER and GDI objects",
        )
    )
    assert (told["verdict"]["mode"], told["verdict"]["reason"]) == ("undecided", "symptom_only")
    assert told["verdict"]["summary"] == f"Undecided. {finding['summary']}"
    commands = [one["command"] for one in told["verdict"]["next"]]
    assert commands[0] == "!dskheap -s 0" and any("wevtutil" in one for one in commands)
    assert any("csrss" in one for one in commands)


def test_near_miss() -> None:
    """Measured heaps, an event that is a fact, or a symptom that points away: others speak."""
    cases: dict[str, compose.Text] = {
        "measured": FIRES + compose.dskheap(0, compose.X86),
        "full": FIRES + compose.dskheap(0, compose.replaced(compose.X86, compose.SYSTEM, 512, 99)),
        "event 243": compose.event(243, text="A desktop heap allocation failed.") + FIRES,
        "event 244": compose.event(244) + FIRES,
        "points away": "The paging file is too small for this operation to complete.\n0xC000026B\n",
    }
    told = compose.documents(cases)
    assert {name: compose.findings(made, RULE) for name, made in told.items()} == {name: [] for name in cases}
    assert told["points away"]["verdict"]["reason"] == "no_evidence"
    assert told["event 243"]["verdict"]["mode"] == "single-heap-full"


def test_an_event_that_is_only_mentioned_is_no_fact() -> None:
    """Without a time it is a text about an event."""
    told = compose.document("We see event 243: A desktop heap allocation failed.\n")
    (finding,) = compose.findings(told, RULE)
    assert "a desktop heap allocation that failed" in finding["summary"]


def test_no_data() -> None:
    assert set(compose.statuses({"heaps": compose.dskheap(0, compose.X86), "prose": "Nothing.\n"}, RULE).values()) == {
        "no_data"
    }


def test_sizes_measure_nothing() -> None:
    told = compose.document(FIRES + compose.in_bytes(262144, 262144))
    assert [one["subject"]["symptoms"] for one in compose.findings(told, RULE)] == [["dll-init-failed"]]


@pytest.mark.parametrize("number", [MOST_TOLD - 1, MOST_TOLD, MOST_TOLD + 1, MOST_TOLD + 3])
def test_boundary(number: int) -> None:
    """As many symptoms are named as a sentence holds; the others are counted, all are cited."""
    picked = [one for one in SYMPTOMS if one.specificity != "N" and len(list(symptoms(SAID[one.signature]))) == 1][
        :number
    ]
    told = compose.document("\n\n".join(SAID[one.signature] for one in picked) + "\n")
    (finding,) = compose.findings(told, RULE)
    named = [one for one in picked if one.seen in finding["summary"]]
    assert len(named) == min(number, MOST_TOLD)
    more = number - MOST_TOLD
    assert (f"and {more} more symptom" in finding["summary"]) == (more > 0)
    assert len(finding["evidence"]) == number


@pytest.mark.parametrize("symptom", SYMPTOMS, ids=lambda one: one.signature)
def test_specificity_decides(symptom: object) -> None:
    """S, M and L make it, N never does."""
    text = SAID[symptom.signature]  # type: ignore[attr-defined]
    told = compose.document(text + "\n")
    others = {specificity for _, _, specificity, _ in symptoms(text)}
    assert bool(compose.findings(told, RULE)) == bool(others - {"N"})


def test_old_windows_is_asked_for_what_it_has() -> None:
    told = compose.documents({"old": compose.banner(3790) + FIRES, "new": compose.banner(19041, target="x64") + FIRES})
    asked = {name: " ".join(one["command"] for one in made["verdict"]["next"]) for name, made in told.items()}
    assert "wevtutil" not in asked["old"] and "dheapmon" in asked["old"] and "MmSessionViewSize" in asked["old"]
    assert "wevtutil" in asked["new"] and "dheapmon" not in asked["new"] and "MmSessionViewSize" not in asked["new"]
    (finding,) = compose.findings(told["new"], RULE)
    assert "MmSessionViewSize" not in " ".join(finding["actions"])


def test_several_symptoms_read_well() -> None:
    """What stands in brackets is said once: in the list, not in each sentence behind it."""
    text = "exit code 0xC0000142\nNot enough storage is available to process this command.\n"
    (finding,) = compose.findings(compose.document(text), RULE)
    said = finding["summary"]
    assert "0xC0000142 (a DLL could not be initialized) and error 8 (not enough storage or memory resources)" in said
    assert " 0xC0000142 can mean: no heap left" in said and " Error 8 can mean: heap, session view space" in said
    assert all(said.count(bracket) == 1 for bracket in ("(a DLL could", "(not enough storage"))


def test_each_machine_and_each_windows() -> None:
    """What is measured on one machine says nothing of another; before Vista nobody is warned of a change that may be the cure."""
    old, new = compose.banner(3790), compose.banner(19041, target="x64")
    told = {
        name: compose.findings(made, RULE)
        for name, made in compose.documents(
            {
                "two machines": {"a/a.txt": old + FIRES, "b/b.txt": old + compose.dheapmon(0, compose.X86)},
                "both": {"a/a.txt": old + FIRES, "b/b.txt": new + FIRES + "Not enough storage is available to process this command.\n"},
                "unknown": FIRES,
            }
        ).items()
    }  # fmt: skip
    assert {name: [one["machine"] for one in found] for name, found in told.items()} == {
        "two machines": ["a"], "both": ["a", "b"], "unknown": ["unnamed"],
    }  # fmt: skip
    before, since = told["both"]
    (unknown,) = told["unknown"]
    for finding, dheapmon, futile in ((before, True, 1), (unknown, True, 2), (since, False, 2)):
        assert [one["when"] for one in finding["advice"]] == ["now", "cause", *["futile"] * futile]
        assert ("or dheapmon -s" in finding["actions"][0]) is dheapmon
        assert ("MmSessionViewSize" in finding["actions"][0]) is dheapmon
        assert any("Changing SharedSection now" in one["text"] for one in finding["advice"]) is (futile == 2)
    assert before["subject"] == {"symptoms": ["dll-init-failed"], "count": 1}
    assert since["subject"] == {"symptoms": ["dll-init-failed", "not-enough-storage"], "count": 2}
    assert before["evidence"][0]["shows"] == "a symptom (dll-init-failed), as somebody saw or wrote it"
