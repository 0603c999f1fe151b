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
    assert {one["severity"] for one in told.values()} == {"medium"}
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
