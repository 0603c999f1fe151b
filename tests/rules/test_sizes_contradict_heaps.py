"""The heaps have other sizes than csrss.exe was started with: a listing of another boot, or of another machine."""

from __future__ import annotations

import compose
from compose import DEFAULT, SYSTEM, X64, X86, Heap

from dumpscan.rules._sizes import FALLBACK_INTERACTIVE, FALLBACK_SERVICE, LEAST, PAGE

RULE = "sizes-contradict-heaps"
RUNNING, STORED = compose.running_sections("1024,3072,512"), compose.stored_sections("1024,3072,512")


def services_of(kb: int, interactive: int = 3072) -> list[Heap]:
    return [(path, {512: kb, 3072: interactive}.get(size, size), used) for path, size, used in X86]


LARGER = compose.dheapmon(0, services_of(1024))
FIRES = STORED + RUNNING + LARGER


def test_fires() -> None:
    docs = compose.documents(
        {
            "all three": FIRES,
            "no registry": RUNNING + LARGER,
            "another registry": compose.stored_sections("1024,3072,2048") + RUNNING + LARGER,
            "interactive": RUNNING + compose.dskheap(1, [(DEFAULT, 4096, 5), *X86[1:3]]),
            "another machine": compose.running_sections("1024,20480,768") + compose.dheapmon(0, X86),
            "no fallback since Vista": compose.SERVER_2016 + compose.running_sections("1024,20480,768")
            + compose.dskheap(0, [(path, {20480: FALLBACK_INTERACTIVE, 768: FALLBACK_SERVICE}.get(kb, kb), used) for path, kb, used in X64]),
        }
    )  # fmt: skip
    told = {name: compose.findings(doc, RULE) for name, doc in docs.items()}
    assert {name: len(found) for name, found in told.items()} == dict.fromkeys(docs, 1)
    (finding,) = told["all three"]
    assert (finding["severity"], finding["certainty"]) == ("medium", "likely")
    assert "service heaps of 1,024 KB are listed, where csrss.exe was started with 512 KB" in finding["summary"]
    assert "interactive" not in finding["summary"]
    assert "before the restart that put the sizes of the registry in force" in finding["summary"]
    lines = FIRES.splitlines()
    wanted = [number for number, line in enumerate(lines, 1) if "SharedSection" in line or SYSTEM in line]
    assert sorted(line for _, line in compose.cited(finding)) == wanted
    assert finding["subject"]["service_now_kb"] == 1024
    assert "of the registry" not in told["no registry"][0]["summary"]
    assert "of the registry" not in told["another registry"][0]["summary"]
    (interactive,) = told["interactive"]
    assert "interactive heaps of 4,096 KB are listed, where csrss.exe was started with 3,072 KB" in interactive["summary"]  # fmt: skip
    assert "interactive heaps of 3,072 KB" in told["another machine"][0]["summary"]
    assert "and service heaps of 512 KB are listed" in told["another machine"][0]["summary"]
    verdict = docs["all three"]["verdict"]
    assert (verdict["mode"], verdict["reason"]) == ("undecided", "contradictory"), "whose heaps they are is not known"


def test_near_miss() -> None:
    odd = [(path, 1024 if path == SYSTEM else kb, used) for path, kb, used in X86]
    sandbox = [*X64[:3], (r"Service-0x0-705c8$\sbox_alternate_desktop_0x4170", 512, 1)]
    fallen = services_of(FALLBACK_SERVICE, FALLBACK_INTERACTIVE)
    cases: dict[str, compose.Text] = {
        "the same": RUNNING + compose.dheapmon(0, X86),
        "the change is active": compose.stored_sections("1024,3072,1024") + RUNNING + LARGER,
        "not in force": STORED + LARGER,
        "a fragment": compose.CSRSS.format("1024,3072,512") + "\n" + LARGER,
        "fell back": RUNNING + compose.dheapmon(0, fallen),
        "one odd heap": RUNNING + compose.dheapmon(0, odd),
        "one heap of a program": compose.running_sections("1024,20480,768") + compose.dskheap(2, sandbox),
        "two values": compose.running_sections("1024,3072") + compose.dheapmon(0, services_of(3072)),
        "two machines": {"a/csrss.txt": RUNNING, "b/heaps.txt": LARGER},
        "history": compose.march(1) + LARGER + compose.march(2) + RUNNING + compose.dheapmon(0, X86),
    }
    told = {name: compose.findings(one, RULE) for name, one in compose.documents(cases).items()}
    assert told == {name: [] for name in cases}


def test_no_data() -> None:
    cases: dict[str, compose.Text] = {"only in force": RUNNING, "only heaps": LARGER}
    assert set(compose.statuses(cases, RULE).values()) == {"no_data"}


def test_boundary() -> None:
    """What Windows rounds is no contradiction: up to a page, and to the smallest heap."""
    cases: dict[str, compose.Text] = {}
    expected = {}
    for listed in (1536, LEAST):
        for asked in (listed - PAGE, listed - PAGE + 1, listed - 1, listed, listed + 1):
            name = f"{asked} {listed}"
            cases[name] = compose.running_sections(f"1024,3072,{asked}") + compose.dheapmon(0, services_of(listed))
            expected[name] = "found" if max(LEAST, -(-asked // PAGE) * PAGE) != listed else "clear"
    assert set(expected.values()) == {"found", "clear"}
    assert compose.statuses(cases, RULE) == expected


def test_what_the_registry_tells_of_it() -> None:
    """It explains the heaps only where both of its sizes are theirs, as far as heaps of both kinds are listed."""
    both = compose.dheapmon(0, services_of(1024, 4096))
    services = compose.dskheap(0, [heap for heap in services_of(1024) if heap[1] == 1024])
    cases: dict[str, compose.Text] = {
        "both as stored": compose.stored_sections("1024,4096,1024") + RUNNING + both,
        "services as stored": compose.stored_sections("1024,5120,1024") + RUNNING + both,
        "interactive as stored": compose.stored_sections("1024,4096,2048") + RUNNING + both,
        "only services listed": compose.stored_sections("1024,4096,1024") + RUNNING + services,
        "only services, others stored": compose.stored_sections("1024,4096,2048") + RUNNING + services,
        "registry of now": STORED + RUNNING + both,
        "no registry": RUNNING + services,
    }  # fmt: skip
    docs = compose.documents(cases)
    told = {name: compose.findings(doc, RULE) for name, doc in docs.items()}
    silent = {name for name, found in told.items() if not found}
    assert silent == {"both as stored", "only services listed"}
    as_stored = {name for name, found in told.items() if found and "sizes of the registry" in found[0]["summary"]}
    assert as_stored == {"registry of now"}
    for name in ("services as stored", "no registry"):
        assert "they are of another boot, or of another machine" in told[name][0]["summary"]
    (finding,) = told["registry of now"]
    assert finding["subject"] == {
        "configured_interactive_kb": 3072, "configured_service_kb": 512, "interactive_now_kb": 4096, "service_now_kb": 1024,
    }  # fmt: skip
    assert "interactive heaps of 4,096 KB and service heaps of 1,024 KB are listed, where csrss.exe was started with 3,072 KB and 512 KB" in finding["summary"]  # fmt: skip
    assert [one["shows"] for one in finding["evidence"]] == [
        "in force: 3,072 KB and 512 KB", "the first interactive heap: 4,096 KB", "the first service heap: 1,024 KB", "in the registry: 3,072 KB and 512 KB",
    ]  # fmt: skip
    (alone,) = told["no registry"]
    assert "interactive" not in alone["summary"]
    assert [one["shows"] for one in alone["evidence"]] == ["in force: 3,072 KB and 512 KB", "the first service heap: 1,024 KB"]  # fmt: skip
    assert [one["when"] for one in finding["advice"]] == ["now"]


def test_a_lone_service_heap() -> None:
    """Of a built-in account it is Windows' own; any other may be a program's, however many heaps another machine has."""
    program, lone = r"Service-0x0-705c8$\Default", [*X86[:3], (SYSTEM, 1024, 5.0)]
    own = [*X86[:3], (program, 1024, 5.0)]
    cases: dict[str, compose.Text] = {
        **{
            account: RUNNING + compose.dheapmon(0, [*X86[:3], (rf"Service-0x0-{account}$\Default", 1024, 5.0)])
            for account in ("3e7", "3e5", "3e4", "3e3")
        },
        "a program": RUNNING + compose.dheapmon(0, own),
        "two of programs": RUNNING + compose.dheapmon(0, [*own, (r"Service-0x0-705c9$\Default", 1024, 5.0)]),
        "on two machines": {"a/a.txt": RUNNING + compose.dheapmon(0, own), "b/b.txt": RUNNING + compose.dheapmon(0, lone)},
    }  # fmt: skip
    told = {name: [one["machine"] for one in compose.findings(doc, RULE)] for name, doc in compose.documents(cases).items()}  # fmt: skip
    assert told == {
        "3e7": ["unnamed"], "3e5": ["unnamed"], "3e4": ["unnamed"], "3e3": [], "a program": [], "two of programs": ["unnamed"], "on two machines": ["b"],
    }  # fmt: skip
