"""A limit that was not printed never raises an alarm; it only forbids to clear what may not fit."""

from __future__ import annotations

import compose
from compose import DEFAULT, DISCONNECT, SYSTEM, VISTA, WINLOGON, X64, X86

RULE = "session-view-limit-unknown"


def test_fires() -> None:
    text = compose.dheapmon(0, compose.filling(17000, 512))
    told = compose.document(text)
    (finding,) = compose.findings(told, RULE)
    assert finding["severity"] in ("low", "info") and finding["certainty"] == "proved"
    assert compose.cited(finding)[0] == ("-", compose.line_of(text, DEFAULT))
    assert finding["subject"] == {"session": 0, "heaps_kb": 17000, "possible_kb": 20480}
    assert "dd nt!MmSessionViewSize L1" in finding["actions"][0]
    verdict = told["verdict"]
    assert (verdict["mode"], verdict["reason"], verdict["certainty"]) == ("undecided", "incomplete", None)
    assert [one["command"] for one in verdict["next"]] == ["dd nt!MmSessionViewSize L1"]


def test_near_miss() -> None:
    tight = compose.filling(17000, 512)
    cases: dict[str, compose.Text] = {
        "small": compose.dheapmon(0, X86),
        "x64 fits under 104 MB": compose.dheapmon(0, X64),
        "the limit is printed": compose.dheapmon(0, tight) + compose.view_size(49152),
        "the limit is printed, and short": compose.dheapmon(0, tight) + compose.view_size(20480),
        "two limits are printed": {
            "heaps.txt": compose.dheapmon(0, tight),
            "one.txt": compose.view_size(20480),
            "two.txt": compose.view_size(49152),
        },
        "by the other command": compose.dheapmon(0, tight) + compose.vm4(49152),
        "in another file": {"heaps.txt": compose.dheapmon(0, tight), "limit.txt": compose.view_size(49152)},
        "history": compose.dheapmon(0, [*X86, *((compose.service(number), 512, 1.0) for number in range(25))])
        + compose.dheapmon(0, X86),
    }
    assert set(compose.statuses(cases, RULE).values()) == {"clear"}


def test_another_machines_limit() -> None:
    """The limit of machine b says nothing of machine a."""
    case = {
        "a/heaps.txt": compose.dheapmon(0, compose.filling(17000, 512)),
        "b/limit.txt": compose.dheapmon(0, X86) + compose.view_size(49152),
    }
    told = compose.document(case)
    assert [one["machine"] for one in compose.findings(told, RULE)] == ["a"]


def test_no_data() -> None:
    cases: dict[str, compose.Text] = {"no heaps": compose.view_size(20480), "no table": compose.FAILED}
    assert set(compose.statuses(cases, RULE).values()) == {"no_data"}
    big = [*VISTA, *((compose.service(number), 768, 1.0) for number in range(200))]
    assert compose.statuses({"Vista": compose.dskheap(0, big)}, RULE) == {"Vista": "not_applicable"}


def test_boundary() -> None:
    """Heaps and the next one, against the smallest limit that each Windows can have, less what others take of it."""
    x86, x64 = (WINLOGON, 128, 1.0), (WINLOGON, 192, 1.0)
    kinds = {
        "x86": ([x86, (DISCONNECT, 64, 1.0)], 20480 - 3584),
        "x64": ([x64, (DISCONNECT, 96, 1.0)], 106496 - 4096),
        "open": ([], 20480 - 3584),
    }
    cases: dict[str, compose.Text] = {}
    expected = {}
    for kind, (fixed, room) in kinds.items():
        for wanted in (512, 768, 2048):
            for step in (-1, 0, 1):
                rest = room - wanted + step - wanted - sum(heap[1] for heap in fixed)
                name = f"{kind} {wanted} {step}"
                cases[name] = compose.dheapmon(0, [(DEFAULT, rest, 1), (SYSTEM, wanted, 1), *fixed])
                expected[name] = step > 0
    told = {name: bool(compose.findings(made, RULE)) for name, made in compose.documents(cases).items()}
    assert told == expected


def test_never_an_alarm() -> None:
    """However much the heaps take, a limit that nobody printed convicts nothing."""
    cases: dict[str, compose.Text] = {
        str(kb): compose.dheapmon(0, compose.filling(kb, 512)) for kb in (17000, 20400, 20480, 49100, 106400, 500000)
    }
    modes = {name: one["verdict"]["mode"] for name, one in compose.documents(cases).items()}
    assert modes == dict.fromkeys(cases, "undecided")


def test_what_is_known_of_the_limit() -> None:
    """The registry tells a limit to be held against; else the smallest one that this Windows can have is named."""
    tight = compose.dheapmon(0, compose.filling(47000, 512))
    stored = compose.XP + compose.dword(compose.MEMORY_MANAGEMENT, SessionViewSize=48)
    cases: dict[str, compose.Text] = {
        "stored": stored + tight,
        "not stored": compose.XP + tight,
        "stored, and room": stored + compose.dheapmon(0, compose.filling(17000, 512)),
        "beside Vista": {"a/a.txt": compose.XP + compose.dheapmon(0, X86), "b/b.txt": compose.SERVER_2016 + compose.dskheap(0, [*VISTA, *((compose.service(number), 768, 1.0) for number in range(200))])},
    }  # fmt: skip
    told = {name: compose.findings(doc, RULE) for name, doc in compose.documents(cases).items()}
    assert {name for name, found in told.items() if found} == {"stored", "not stored"}
    (known,), (unknown,) = told["stored"], told["not stored"]
    assert known["summary"] == (
        "The limit of session view space was not printed; by SessionViewSize in the registry it is 49,152 KB: the heaps of session 0 take 47,000 KB, which does not fit safely under it."
    )
    assert unknown["summary"] == (
        "The limit of session view space is not in the logs: the heaps of session 0 take 47,000 KB, which does not fit safely under the smallest limit possible here, 20,480 KB."
    )
    assert {one["severity"] for one in (known, unknown)} == {"low"}
    assert unknown["evidence"][0]["shows"] == "the first of this session's heaps: 47,000 KB together"
