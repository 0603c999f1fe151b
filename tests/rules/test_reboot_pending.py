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
    assert finding["subject"] == {
        "configured_interactive_kb": 3072,
        "configured_service_kb": 1024,
        "interactive_now_kb": 3072,
        "service_now_kb": 512,
    }
    assert [one["when"] for one in finding["advice"]] == ["now", "reboot", "futile"]
    assert finding["advice"][0]["text"] == (
        "Until the restart judge by what is in force: 3,072 KB interactive and 512 KB service."
    )
    assert "Restart the machine" in compose.reboot_advice(finding)[0]
    assert docs["one file"]["verdict"]["mode"] == "undecided" and finding["snapshot"] == 1
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
            "only users": compose.stored_sections("1024,4096,512")
            + RUNNING
            + compose.dheapmon(0, [(path, 4096 if kb == 3072 else kb, used) for path, kb, used in X86]),
            "the other of both": compose.stored_sections("1024,4096,1024")
            + RUNNING
            + compose.dheapmon(0, [(path, 4096 if kb == 3072 else kb, used) for path, kb, used in X86]),
            "not active": FIRES + compose.dheapmon(0, X86),
            "one of both": compose.stored_sections("1024,4096,1024") + RUNNING + larger,
        }
    )
    told = {name: compose.findings(one, RULE)[0] for name, one in docs.items()}
    assert {name: one["severity"] for name, one in told.items()} == {
        "active": "info",
        "only services": "info",
        "only users": "info",
        "not active": "high",
        "one of both": "high",
        "the other of both": "high",
    }
    for name, lines in {"active": 4, "only services": 3, "not active": 2, "one of both": 2}.items():
        assert len(told[name]["evidence"]) == lines, "heaps are cited only where they tell"
    finding = told["active"]
    assert [one["when"] for one in finding["advice"]] == ["now"]
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
    cases: dict[str, compose.Text] = {
        "only in force": RUNNING,
        "only heaps": compose.dheapmon(0, X86),
        "only a number": compose.dword(compose.MEMORY_MANAGEMENT, SessionViewSize=64),
    }
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
    assert larger["subject"] == {"stored_mb": 64, "now_kb": 49152} and larger["snapshot"] == 1
    assert {one["shows"] for one in larger["evidence"]} == {
        "SessionViewSize = 64 in the registry",
        "in force: 49,152 KB of session view space",
    }
    assert [one["when"] for one in larger["advice"]] == ["now", "reboot", "futile"]
    assert larger["advice"][0]["text"].endswith("judge by what is in force: 48 MB of session view space.")
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
    assert ["SessionViewSize" in one["summary"] for one in told] == [False, True]
    for one, lines in zip(told, (["SharedSection"], ["REG_DWORD", "808ad254"]), strict=True):
        shown = [
            (OLD + FIRES + asked(64) + compose.view_size(49152)).splitlines()[line - 1]
            for _, line in compose.cited(one)
        ]
        assert len(shown) == 2 and all(any(word in text for word in lines) for text in shown)


def test_boundary_of_a_view() -> None:
    """A view that is larger by what Windows rounds is the one that was asked for."""
    sizes = (48 * 1024 - 1, 48 * 1024, 48 * 1024 + ROUNDING - 1, 48 * 1024 + ROUNDING, 48 * 1024 + ROUNDING + 1)
    cases: dict[str, compose.Text] = {str(kb): OLD + asked(48) + compose.view_size(kb) for kb in sizes}
    assert list(compose.statuses(cases, RULE).values()) == ["found", "clear", "clear", "found", "found"]


def heaps_with(**used: float) -> str:
    """A machine as installed, with one interactive and one service heap used so much."""
    percent = {DEFAULT: used.get("interactive", 5), SYSTEM: used.get("service", 15)}
    return compose.dheapmon(0, [(path, kb, percent.get(path, of)) for path, kb, of in X86])


def test_no_restart_that_would_make_a_heap_too_small() -> None:
    """Less than twice what is in use now; a value that grows, or stays, is no reason against the restart."""
    both = compose.stored_sections("1024,1024,256")
    third = compose.stored_sections("1024,3072,256") + RUNNING
    busy = heaps_with(interactive=50, service=40)
    cases: dict[str, compose.Text] = {
        "both": both + RUNNING + busy,
        "both as listed": both + busy,
        "service only": third + heaps_with(interactive=99, service=25.2),
        "just enough": third + heaps_with(service=25),
        "the busiest counts": third + compose.dheapmon(0, [*X86[:6], (compose.service(1), 512, 90)]),
        "larger, and full": STORED + RUNNING + heaps_with(interactive=90, service=99),
        "interactive is as large": compose.stored_sections("1024,3072,256") + heaps_with(interactive=90, service=1),
        "no heaps": third,
    }
    told = {
        name: compose.reboot_advice(compose.findings(doc, RULE)[0]) for name, doc in compose.documents(cases).items()
    }
    refused = "Do not restart before the registry is mended: it would give {}. Give each at least twice its use."
    two = "interactive heaps of 1,024 KB, where 1,536 KB are in use now and service heaps of 256 KB, where 205 KB are in use now"
    one = "service heaps of 256 KB, where {} KB are in use now"
    assert {name: text for name, (text,) in told.items() if not text.startswith("Restart the machine (not while")} == {
        "both": refused.format(two),
        "both as listed": refused.format(two),
        "service only": refused.format(one.format(129)),
        "the busiest counts": refused.format(one.format(461)),
    }


def test_two_machines_have_their_own() -> None:
    shared = {
        "a/x.txt": OLD + STORED + RUNNING + heaps_with(service=90),
        "b/x.txt": compose.stored_sections("1024,4096,256") + compose.running_sections("1024,3072,512"),
        "c/x.txt": compose.stored_sections("1024,5120,512") + compose.dheapmon(0, X86),
    }
    views = {
        "a/x.txt": OLD + asked(64) + compose.view_size(49152),
        "b/x.txt": OLD + asked(80) + compose.view_size(65536),
        "c/x.txt": OLD + compose.view_size(32768),
        "d/x.txt": OLD + asked(96),
    }
    docs = compose.documents({"heaps": shared, "views": views})
    told = compose.findings(docs["heaps"], RULE)
    assert [(one["machine"], one["subject"]["configured_interactive_kb"], one["certainty"]) for one in told] == [
        ("a", 3072, "proved"),
        ("b", 4096, "proved"),
        ("c", 5120, "likely"),
    ]
    assert [{file for file, _ in compose.cited(one)} for one in told] == [{"a/x.txt"}, {"b/x.txt"}, {"c/x.txt"}]
    assert all(compose.reboot_advice(one)[0].startswith("Restart the machine") for one in told)
    of_views = compose.findings(docs["views"], RULE)
    assert [(one["machine"], *one["subject"].values()) for one in of_views] == [("a", 64, 49152), ("b", 80, 65536)]
    assert [{file for file, _ in compose.cited(one)} for one in of_views] == [{"a/x.txt"}, {"b/x.txt"}]


def test_what_tells_the_view() -> None:
    """The debugger before the maxima of !vm; no number that it could not read; a number that is there twice is cited where it stands first."""
    limit = compose.view_size(49152)
    cases: dict[str, compose.Text] = {
        "the debugger": OLD + asked(64) + limit + compose.vm4(32768),
        "nothing else known": asked(64) + limit,
        "a maximum that was not read": OLD + asked(64) + compose.vm4(0) + limit,
        "no maximum that was read": OLD + asked(64) + compose.vm4(0),
        "no version": asked(64) + limit + compose.dheapmon(0, X86),
        "twice": OLD + asked(64) + limit + asked(64) + limit,
        "a size that is none": OLD + asked(64) + compose.view_size(1023) + asked(64),
        "a smallest one": OLD + asked(64) + compose.view_size(1024),
        "two numbers": OLD + asked(64) + limit + asked(80),
        "two views": OLD + asked(64) + limit + compose.view_size(32768),
    }
    docs = compose.documents(cases)
    told = {name: [one["subject"]["now_kb"] for one in compose.findings(doc, RULE)] for name, doc in docs.items()}
    silent = ("a size that is none", "no maximum that was read", "two numbers", "two views")
    assert told == {name: [] if name in silent else [1024 if name == "a smallest one" else 49152] for name in cases}
    (twice,) = compose.findings(docs["twice"], RULE)
    assert [line for _, line in compose.cited(twice)] == [4, 7]
