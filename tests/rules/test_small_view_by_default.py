"""No SessionViewSize on XP and Server 2003, x86: 20 MB."""

from __future__ import annotations

import compose
import pytest

from dumpscan.rules._view import PTES_TO_KEEP, STEP
from dumpscan.rules.small_view_by_default import WITNESSES

RULE = "small-view-by-default"
WHOLE = {
    "ClearPageFileAtShutdown": 0,
    "NonPagedPoolSize": 0,
    "PagedPoolSize": 0,
    "SystemPages": 0xC3000,
    "SessionPoolSize": 4,
}
OLD = compose.banner(3790, name="Windows Server 2003")
ASKED = (
    f'C:\\>reg query "{compose.MEMORY_MANAGEMENT}" /v SessionViewSize\n\n'
    "ERROR: The system was unable to find the specified registry key or value.\n"
)


def key(values: dict[str, int]) -> str:
    return compose.registry(compose.MEMORY_MANAGEMENT, values)


FIRES = OLD + key(WHOLE)
OPTIONS = compose.registry(compose.CONTROL, {"SystemStartOptions": "NOEXECUTE=OPTIN  3GB"})


def test_fires() -> None:
    docs = compose.documents(
        {
            "whole key": FIRES,
            "asked": OLD + ASKED,
            "printed": FIRES + compose.view_size(20480),
            "XP": compose.banner(2600) + key(WHOLE),
        }
    )
    told = {name: compose.findings(doc, RULE)[0] for name, doc in docs.items()}
    assert {one["severity"] for one in told.values()} == {"low"}, "20 MB are the default there"
    assert {name: one["certainty"] for name, one in told.items()} == {
        "whole key": "likely",
        "asked": "likely",
        "printed": "proved",
        "XP": "likely",
    }
    assert "20 MB" in told["asked"]["summary"]
    assert ("-", compose.line_of(FIRES, "NonPagedPoolSize")) in compose.cited(told["whole key"])
    assert compose.cited(told["asked"]) == [("-", compose.line_of(OLD + ASKED, "ERROR:"))]
    (advice,) = compose.reboot_advice(told["whole key"])
    assert "once !vm shows" in advice and "to 32 MB" not in advice


def test_near_miss() -> None:
    cases: dict[str, compose.Text] = {
        "set": OLD + key(WHOLE | {"SessionViewSize": 48}),
        "set elsewhere": FIRES + key({"SessionViewSize": 48}),
        "a larger limit": FIRES + compose.view_size(49152),
        "another limit": FIRES + compose.view_size(32768),
        "/3GB": FIRES + OPTIONS,
        "another value asked": OLD + ASKED.replace("ViewSize", "PoolSize"),
        "another key": OLD + compose.registry(compose.CONTROL, WHOLE),
        "somebody else's machine": {"a/ver.txt": OLD, "b/key.txt": key(WHOLE)},
    }
    told = {name: compose.findings(one, RULE) for name, one in compose.documents(cases).items()}
    assert told == {name: [] for name in cases}


def test_no_data() -> None:
    assert compose.statuses({"no registry": OLD}, RULE) == {"no registry": "no_data"}
    cases: dict[str, compose.Text] = {
        "Windows not known": key(WHOLE),
        "x64": compose.banner(3790, target="x64") + key(WHOLE),
        "2000": compose.banner(2195) + key(WHOLE),
        "7": compose.banner(7601, name="Windows 7") + key(WHOLE),
    }
    assert compose.statuses(cases, RULE) == dict.fromkeys(cases, "not_applicable")


@pytest.mark.parametrize("lost", [None, *WITNESSES])
def test_boundary(lost: str | None) -> None:
    """A listing without one of the values that every key has is not whole."""
    values = {name: data for name, data in WHOLE.items() if name.lower() != lost}
    expected = "found" if lost is None else "clear"
    assert compose.statuses({"key": OLD + key(values)}, RULE) == {"key": expected}


def test_boundary_of_ptes() -> None:
    """The next step ends at 32 MB: its PTEs must leave enough."""
    needed = (2 * STEP - 20) * 256
    advised = {}
    for spare in (-1, 0, 1):
        text = FIRES + compose.vm4(None, counters=compose.free_ptes(PTES_TO_KEEP + needed + spare))
        (finding,) = compose.findings(compose.document(text), RULE)
        advised[spare] = any("to 32 MB" in line for line in compose.reboot_advice(finding))
    assert advised == {-1: False, 0: True, 1: True}


def test_which_values_and_limits_count() -> None:
    """Any text in SessionViewSize is a value that is set; what is too small for a view, and the pool, are no limit of it."""
    text = compose.registry(compose.MEMORY_MANAGEMENT, {"SessionViewSize": "abc"})
    cases: dict[str, compose.Text] = {
        "set to a word": FIRES + text,
        "asked, and set to a word": OLD + ASKED + text,
        "a printed pool": FIRES + compose.vm4(20480),
        "no limit": FIRES + compose.vm4(1023),
        "a small limit": FIRES + compose.vm4(1024),
        "told twice": FIRES + key(WHOLE) + ASKED,
        "two machines": {"a/a.txt": FIRES + compose.view_size(20480), "b/b.txt": FIRES, "c/c.txt": OLD + key(WHOLE | {"SessionViewSize": 48})},
        "one of them": {"a/a.txt": OLD + key({name: data for name, data in WHOLE.items() if name != "SystemPages"}), "b/b.txt": OLD + ASKED},
        "Vista beside it": {"a/a.txt": FIRES, "b/b.txt": compose.banner(6002) + key(WHOLE)},
    }  # fmt: skip
    told = {name: compose.findings(doc, RULE) for name, doc in compose.documents(cases).items()}
    assert {name: [(one["machine"], one["certainty"]) for one in found] for name, found in told.items()} == {
        "set to a word": [], "asked, and set to a word": [], "a printed pool": [("unnamed", "proved")], "no limit": [("unnamed", "likely")],
        "a small limit": [], "told twice": [("unnamed", "likely")], "two machines": [("a", "proved"), ("b", "likely")], "one of them": [("b", "likely")],
        "Vista beside it": [("a", "likely")],
    }  # fmt: skip
    assert [one["shows"] for one in told["two machines"][0]["evidence"]] == [
        "the whole key Memory Management, without SessionViewSize", "the limit of session view space: 20,480 KB",
    ]  # fmt: skip
    assert told["two machines"][0]["subject"] == {"limit_kb": 20480}
    assert [one["shows"] for one in told["told twice"][0]["evidence"]] == [
        "SessionViewSize is not in the registry", "the whole key Memory Management, without SessionViewSize",
    ]  # fmt: skip


def test_the_latest_counter_of_ptes_counts() -> None:
    enough, few = (compose.vm4(None, counters=compose.free_ptes(pages)) for pages in (60_000, 5_000))
    told = compose.documents({"fewer since": FIRES + enough + few, "more since": FIRES + few + enough})
    (fewer,), (more,) = (compose.findings(one, RULE) for one in told.values())
    assert not any("to 32 MB" in text for text in compose.reboot_advice(fewer))
    assert any("to 32 MB" in text for text in compose.reboot_advice(more))


def test_beside_the_verdict() -> None:
    """What is configured is no sign of full heaps."""
    compose.assert_beside_no_sign(FIRES + compose.dheapmon(0, compose.X86), RULE)
