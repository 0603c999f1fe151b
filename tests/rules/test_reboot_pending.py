"""The registry has other SharedSection sizes than those in force: the change waits for a restart."""

from __future__ import annotations

import compose
from compose import DEFAULT, SYSTEM, X64, X86

from dumpscan.rules._sizes import LEAST, PAGE

RULE = "reboot-pending"
STORED, RUNNING = compose.stored_sections("1024,3072,1024"), compose.running_sections("1024,3072,512")
FIRES = STORED + RUNNING


def test_fires() -> None:
    docs = compose.documents(
        {
            "one file": FIRES,
            "two files": {"a.txt": STORED, "b.txt": RUNNING},
            "listed": STORED + compose.dheapmon(0, X86),
            "interactive": compose.stored_sections("1024,4096,512") + compose.dskheap(1, X86[:3]),
        }
    )
    (finding,) = compose.findings(docs["one file"], RULE)
    assert (finding["severity"], finding["certainty"]) == ("high", "proved")
    assert "3,072 KB interactive and 1,024 KB service" in finding["summary"]
    assert "3,072 KB interactive and 512 KB service are in force by the command line" in finding["summary"]
    assert {one["shows"] for one in finding["evidence"]} == {
        "in the registry: 3,072 KB and 1,024 KB",
        "in force: 3,072 KB and 512 KB",
    }
    lines = {("-", number) for number, line in enumerate(FIRES.splitlines(), 1) if "SharedSection" in line}
    assert set(compose.cited(finding)) == lines
    assert "Restart the machine" in compose.reboot_advice(finding)[0]
    (apart,) = compose.findings(docs["two files"], RULE)
    assert apart["certainty"] == "likely"
    (listed,) = compose.findings(docs["listed"], RULE)
    assert listed["certainty"] == "likely" and "512 KB service are in force as listed" in listed["summary"]
    assert ("-", compose.line_of(STORED + compose.dheapmon(0, X86), SYSTEM)) in compose.cited(listed)
    (interactive,) = compose.findings(docs["interactive"], RULE)
    assert "3,072 KB interactive are in force as listed" in interactive["summary"]


def test_the_change_is_active() -> None:
    """Heaps that have the sizes of the registry refute it: the command line is that of an earlier start."""
    larger = compose.dheapmon(0, [(path, 1024 if kb == 512 else kb, used) for path, kb, used in X86])
    docs = compose.documents(
        {
            "active": FIRES + larger,
            "only services": FIRES + compose.dheapmon(0, [(SYSTEM, 1024, 5)]),
            "not active": FIRES + compose.dheapmon(0, X86),
            "one of both": compose.stored_sections("1024,4096,1024") + RUNNING + larger,
        }
    )
    told = {name: compose.findings(one, RULE)[0] for name, one in docs.items()}
    assert {name: one["severity"] for name, one in told.items()} == {
        "active": "info",
        "only services": "info",
        "not active": "high",
        "one of both": "high",
    }
    finding = told["active"]
    assert finding["certainty"] == "likely"
    assert "the command line of csrss.exe (3,072 KB interactive and 512 KB service) is of an earlier start" in finding["summary"]  # fmt: skip
    assert "the change is active" in finding["summary"]
    assert compose.reboot_advice(finding) == []
    assert ("-", compose.line_of(FIRES + larger, SYSTEM)) in compose.cited(finding)
    assert compose.findings(docs["active"], "sizes-contradict-heaps") == []


def test_near_miss() -> None:
    heaps = compose.dheapmon(0, X86)
    wish = f'reg add "{compose.CONTROL}\\Session Manager\\SubSystems" /v Windows /d "{compose.CSRSS.format("1024,3072,1024")}" /f\n'
    cases: dict[str, compose.Text] = {
        "the same": compose.stored_sections("1024,3072,512") + RUNNING,
        "first value only": compose.stored_sections("2048,3072,512") + RUNNING,
        "as listed": compose.stored_sections("1024,3072,512") + heaps,
        "in force, and the heaps differ": compose.stored_sections("1024,3072,1024")
        + compose.running_sections("1024,3072,1024")
        + heaps,
        "a wish": wish + RUNNING,
        "a fragment": compose.CSRSS.format("1024,3072,1024") + "\n" + RUNNING,
        "two machines": {"a/registry.txt": STORED, "b/csrss.txt": RUNNING},
        "fallback": STORED
        + compose.dheapmon(0, [(path, 512 if path == DEFAULT else 128, used) for path, _, used in X86]),
        "one odd heap": STORED
        + compose.dheapmon(0, [(path, 1024 if kb == 512 and path != SYSTEM else kb, used) for path, kb, used in X86]),
        "no such size in a session without services": STORED + compose.dskheap(1, X86[:3]),
        "a tool that prints the registry": STORED,
        "x64": compose.stored_sections("1024,20480,768") + compose.dskheap(0, X64),
    }
    told = {name: compose.findings(one, RULE) for name, one in compose.documents(cases).items()}
    assert told == {name: [] for name in cases}


def test_no_data() -> None:
    cases: dict[str, compose.Text] = {"only in force": RUNNING, "only heaps": compose.dheapmon(0, X86)}
    assert set(compose.statuses(cases, RULE).values()) == {"no_data"}


def test_boundary() -> None:
    """What Windows rounds away is no difference: up to a page, and to the smallest heap."""
    cases: dict[str, compose.Text] = {}
    expected = {}
    for now in (512, 1536, LEAST):
        for stored in (now - PAGE, now - PAGE + 1, now - 1, now, now + 1):
            name = f"{stored} {now}"
            cases[name] = compose.stored_sections(f"1024,3072,{stored}") + compose.running_sections(f"1024,3072,{now}")
            in_effect = max(LEAST, -(-stored // PAGE) * PAGE)
            expected[name] = "found" if in_effect != now else "clear"
    assert set(expected.values()) == {"found", "clear"}
    assert compose.statuses(cases, RULE) == expected
