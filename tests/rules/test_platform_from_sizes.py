"""What sizes tell of the machine: fixed heaps before the interactive one, and nothing where they disagree."""

from __future__ import annotations

import compose
from compose import DEFAULT, DISCONNECT, WINLOGON, X64, X86

RULE = "platform-from-sizes"


def test_fires() -> None:
    cases: dict[str, compose.Text] = {"x86": compose.dskheap(0, X86), "x64": compose.dskheap(0, X64)}
    for name, told in compose.documents(cases).items():
        (finding,) = compose.findings(told, RULE)
        assert (finding["severity"], finding["certainty"]) == ("info", "likely")
        assert finding["subject"]["architecture"] == name
        lines = str(cases[name]).splitlines()
        assert {line for _, line in compose.cited(finding)} == {
            number for number, line in enumerate(lines, 1) if "WinSta0" in line
        }


def test_near_miss() -> None:
    cases: dict[str, compose.Text] = {
        "no size that tells": compose.dskheap(0, [(DEFAULT, 4096, 5), (compose.service(1), 512, 5)]),
        "both": compose.dskheap(0, [(DEFAULT, 4096, 5), (WINLOGON, 192, 5), (DISCONNECT, 64, 5)]),
        "a service heap of that size": compose.dskheap(0, [(compose.service(1), 3072, 5), (compose.service(2), 64, 5)]),
    }
    assert set(compose.statuses(cases, RULE).values()) == {"clear"}


def test_no_data() -> None:
    assert set(compose.statuses({"!vm": compose.vm4(), "failed": compose.FAILED}, RULE).values()) == {"no_data"}


def test_boundary() -> None:
    """Each size that tells, and one page on both sides of it."""
    told_by = {
        (DISCONNECT, 64): "x86", (WINLOGON, 128): "x86", (DISCONNECT, 96): "x64", (WINLOGON, 192): "x64",
        (DEFAULT, 3072): "x86", (DEFAULT, 12288): "x86", (DEFAULT, 20480): "x64",
    }  # fmt: skip
    cases: dict[str, compose.Text] = {}
    expected = {}
    for (path, kb), architecture in told_by.items():
        for step in (-4, 0, 4):
            cases[f"{path} {kb + step}"] = compose.dskheap(0, [(path, kb + step, 5)])
            expected[f"{path} {kb + step}"] = [] if step else [architecture]
    made = compose.documents(cases)
    assert {
        name: [one["subject"]["architecture"] for one in compose.findings(told, RULE)] for name, told in made.items()
    } == expected


def test_fixed_heaps_outrank_the_interactive_one() -> None:
    """The second SharedSection value can be set; the fixed sizes cannot."""
    told = compose.document(compose.dskheap(0, [(DEFAULT, 20480, 5), (WINLOGON, 128, 5), (DISCONNECT, 64, 5)]))
    (finding,) = compose.findings(told, RULE)
    assert finding["subject"]["architecture"] == "x86"
    assert "Winlogon" in finding["summary"]


def test_the_era_is_said_where_it_is_known() -> None:
    cases: dict[str, compose.Text] = {"open": compose.dskheap(0, X86[:6]), "known": compose.dheapmon(0, X86)}
    told = {name: compose.findings(one, RULE)[0] for name, one in compose.documents(cases).items()}
    assert told["open"]["summary"] == "This machine is x86 (told by the sizes of the Winlogon and Disconnect heaps)."
    assert ", before Vista (told by dheapmon" in told["known"]["summary"]
    assert {one["snapshot"] for one in told.values()} == {1}
