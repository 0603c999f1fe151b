"""The registry has other SharedSection sizes than those in force: the change waits for a restart."""

from __future__ import annotations

import compose
from compose import DEFAULT, SYSTEM, X64, X86

from dumpscan.rules._sizes import LEAST, PAGE
from dumpscan.rules.reboot_pending import ROUNDING

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


OLD = compose.banner(3790, name="Windows Server 2003")
BOOTED_WITHOUT = "0: kd> dp nt!MmHighestUserAddress L1\n8089ef5c  7ffeffff\n"


def asked(mb: int) -> str:
    return compose.dword(compose.MEMORY_MANAGEMENT, SessionViewSize=mb)


def test_a_view_that_waits() -> None:
    """SessionViewSize differs from the limit that was printed: not yet in force, or refused."""
    text = OLD + asked(64) + compose.view_size(49152)
    docs = compose.documents(
        {
            "larger": text,
            "smaller": OLD + asked(48) + compose.view_size(65536),
            "by the maxima": OLD + asked(64) + compose.vm4(49152),
            "two files": {"a.txt": OLD + asked(64), "b.txt": OLD + compose.view_size(49152)},
            "20 MB, without /3GB": OLD + asked(48) + compose.view_size(20480) + BOOTED_WITHOUT,
            "20 MB": OLD + asked(48) + compose.view_size(20480),
            "x64": compose.banner(3790, target="x64") + asked(48) + compose.view_size(106496),
        }
    )
    told = {name: compose.findings(doc, RULE)[0] for name, doc in docs.items()}
    possible = {"20 MB"}
    assert {name: (one["severity"], one["certainty"]) for name, one in told.items()} == {
        name: ("medium", "possible") if name in possible else ("high", "likely") for name in docs
    }
    larger = told["larger"]
    assert larger["summary"] == (
        "SessionViewSize in the registry is 64 MB, but session view space has 48 MB by what the debugger printed. "
        "Either the value was written after the last start, or Windows refused it."
    )
    assert set(compose.cited(larger)) == {("-", compose.line_of(text, needle)) for needle in ("REG_DWORD", "808ad254")}
    (restart,) = compose.reboot_advice(larger)
    assert "04000000 is 64 MB" in restart and "still prints 03000000" in restart
    (smaller,) = compose.reboot_advice(told["smaller"])
    assert "Mend the number before any restart" in smaller and "from 64 MB to 48 MB" in smaller
    assert "from 104 MB to 48 MB" in compose.reboot_advice(told["x64"])[0]
    assert {name for name, one in told.items() if "/3GB is in force" in one["summary"]} == possible


def test_views_that_do_not_wait() -> None:
    limit = compose.view_size(49152)
    forced = compose.registry(compose.CONTROL, {"SystemStartOptions": "NOEXECUTE=OPTIN  3GB"})
    early, late = compose.march(2), compose.march(9)
    cases: dict[str, compose.Text] = {
        "the same": OLD + asked(48) + limit,
        "/3GB": OLD + asked(48) + compose.view_size(20480) + forced,
        "less than the smallest": OLD + asked(10) + compose.view_size(20480),
        "Windows 2000": compose.banner(2195, name="Windows 2000") + asked(48) + compose.view_size(20480),
        "since Vista": compose.banner(6002, name="Windows Vista") + asked(64) + limit,
        "no limit": OLD + asked(64),
        "a wish": OLD + f'reg add "{compose.MEMORY_MANAGEMENT}" /v SessionViewSize /t REG_DWORD /d 64 /f\n' + limit,
        "a slip of unit": OLD + asked(49152) + limit,
        "the pool": OLD + compose.dword(compose.MEMORY_MANAGEMENT, SessionPoolSize=64) + limit,
        "restarted since": {"a.log": early + limit + asked(64), "b.log": late + compose.view_size(65536)},
        "two machines": {"a/registry.txt": OLD + asked(64), "b/kd.txt": OLD + limit},
        "the debugger outranks the maxima": OLD + asked(48) + limit + compose.vm4(65536),
    }
    told = {name: compose.findings(one, RULE) for name, one in compose.documents(cases).items()}
    assert told == {name: [] for name in cases}


def test_the_later_view_and_number_count() -> None:
    early, late = compose.march(2), compose.march(9)
    cases: dict[str, compose.Text] = {
        "printed twice": {
            "a.log": early + compose.view_size(32768),
            "b.log": late + compose.view_size(49152) + asked(64),
        },
        "written since": {"a.log": early + asked(48), "b.log": late + compose.view_size(49152) + asked(64)},
    }
    for document in compose.documents(cases).values():
        (finding,) = compose.findings(document, RULE)
        assert "is 64 MB, but session view space has 48 MB" in finding["summary"]


def test_both_kinds_on_one_machine() -> None:
    told = compose.findings(compose.document(OLD + FIRES + asked(64) + compose.view_size(49152)), RULE)
    assert sorted("SessionViewSize" in one["summary"] for one in told) == [False, True]


def test_boundary_of_a_view() -> None:
    """A view that is larger by what Windows rounds is the one that was asked for."""
    sizes = (48 * 1024 - 1, 48 * 1024, 48 * 1024 + ROUNDING - 1, 48 * 1024 + ROUNDING, 48 * 1024 + ROUNDING + 1)
    cases: dict[str, compose.Text] = {str(kb): OLD + asked(48) + compose.view_size(kb) for kb in sizes}
    assert list(compose.statuses(cases, RULE).values()) == ["found", "clear", "clear", "found", "found"]
