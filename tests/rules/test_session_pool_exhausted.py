"""The paged pool of a session is full: looks like a heap, and is none."""

from __future__ import annotations

import compose
from compose import X86

from dumpscan.rules._view import STEP
from dumpscan.rules.session_pool_exhausted import NEAR

RULE = "session-pool-exhausted"
MOST = 32768  # KB, as compose.vm4 prints it
OLD = compose.banner(3790, name="Windows Server 2003")


def vm(
    used: int, *, failures: int = 0, view: int | None = 49152, sessions: tuple[int, int] = (0, 2), most: int = MOST
) -> str:
    """`!vm 4` of a terminal server with the last of its sessions at so much of its pool."""
    text = compose.vm4(view, sessions=sessions).replace(f"Maximum is {MOST}K", f"Maximum is {most}K")
    head, mark, tail = text.rpartition("Paged Pool Usage:  9824K\n")
    assert mark
    lines = f"Paged Pool Usage:  {used}K\n"
    if failures:
        lines += f"\n*** {failures} Pool Allocation Failures ***\n\n"
    return head + lines + tail


FIRES = OLD + vm(32000)


def test_fires() -> None:
    docs = compose.documents(
        {
            "near": FIRES,
            "failed": OLD + vm(17796, failures=7837),
            "failed, no maximum": OLD + vm(17796, failures=12, view=None),
            "large view": OLD + vm(32000, view=425984),
            "later": compose.banner(7601, name="Windows 7") + vm(17796, failures=12, view=None),
        }
    )
    (finding,) = compose.findings(docs["near"], RULE)
    assert (finding["severity"], finding["certainty"]) == ("high", "likely")
    assert "session 2 is nearly exhausted: 32,000 KB of 32,768 KB are in use (98 %)" in finding["summary"]
    assert {("-", compose.line_of(FIRES, "Session ID 2")), ("-", compose.line_of(FIRES, "Paged Pool Maximum"))} == set(
        compose.cited(finding)
    )
    (pool,) = compose.reboot_advice(finding)
    assert "from 32 to 48 MB" in pool and "makes 96 of 450 MB" in pool
    assert docs["near"]["verdict"]["mode"] == "undecided"
    (failed,) = compose.findings(docs["failed"], RULE)
    assert failed["certainty"] == "proved" and "7,837 allocations" in failed["summary"]
    assert any("failed allocations: 7,837" in one["shows"] for one in failed["evidence"])
    (alone,) = compose.findings(docs["failed, no maximum"], RULE)
    assert "12 allocations from the session's pool failed." in alone["summary"]
    assert "once its size" in compose.reboot_advice(alone)[0]
    (large,) = compose.findings(docs["large view"], RULE)
    assert compose.reboot_advice(large) == []
    (later,) = compose.findings(docs["later"], RULE)
    assert not any("SessionPoolSize" in text for text in compose.reboot_advice(later))


def test_near_miss() -> None:
    cases: dict[str, compose.Text] = {
        "room": OLD + vm(17796),
        "maximum not printed": OLD + vm(60000, view=None),
        "default size": OLD
        + vm(16000, view=None)
        + compose.registry(compose.MEMORY_MANAGEMENT, {"SessionPoolSize": 16}),
        "another machine": {"a/vm.txt": OLD + vm(32000, view=None), "b/vm.txt": OLD + vm(100)},
        "mended": {"1.txt": OLD + vm(32000), "2.txt": OLD + vm(9000)},
        "heaps": compose.dheapmon(0, X86),
    }
    told = {name: compose.findings(one, RULE) for name, one in compose.documents(cases).items()}
    assert told == {name: [] for name in cases}


def test_of_two_prints_of_one_moment_the_last_counts() -> None:
    told = compose.statuses(
        {"filled since": OLD + vm(20000) + vm(32000), "freed since": OLD + vm(32000) + vm(20000)}, RULE
    )
    assert told == {"filled since": "found", "freed since": "clear"}


def test_no_data() -> None:
    cases: dict[str, compose.Text] = {"heaps": compose.dheapmon(0, X86), "limit": compose.view_size(20480)}
    assert set(compose.statuses(cases, RULE).values()) == {"no_data"}


def test_boundary() -> None:
    line = -(-int(NEAR * 100) * MOST // 100)  # the first whole KB that is near
    cases = {str(used): OLD + vm(used) for used in (line - 1, line, line + 1)}
    assert compose.statuses(cases, RULE) == {str(line - 1): "clear", str(line): "found", str(line + 1): "found"}
    # View and pool together: 450 MB at the most, after one step
    room = 450 - (MOST // 1024 // STEP + 1) * STEP
    for view in (room - 1, room, room + 1):
        (finding,) = compose.findings(compose.document(OLD + vm(32000, view=view * 1024)), RULE)
        assert bool(compose.reboot_advice(finding)) == (view <= room)


def test_which_sizes_are_believed() -> None:
    """The maximum of the pool and the size of the view where both were read; two of one machine are of two boots."""
    stored = compose.dword(compose.MEMORY_MANAGEMENT, SessionViewSize=48)
    cases: dict[str, compose.Text] = {
        "smallest": OLD + vm(9824, most=1024),
        "smaller than any": OLD + vm(9824, most=1023),
        "not read": OLD + vm(9824, most=0),
        "two maxima": OLD + vm(32000) + vm(32100, most=40960),
        "view not read": OLD + vm(32000, view=0),
        "smallest view": OLD + vm(32000, view=1024),
        "a view too small": OLD + vm(32000, view=1023),
        "stored view": OLD + vm(32000, view=0) + stored,
        "larger view": OLD + vm(32000) + compose.view_size(65536),
        "no whole MB": OLD + vm(33000, most=33 * 1024 - 1, view=49 * 1024 - 1),
        "whole MB": OLD + vm(33000, most=33 * 1024, view=49 * 1024),
        "a step of its own": OLD + vm(46000, most=47 * 1024),
        "Vista": compose.banner(6002, name="Windows Vista") + vm(32000),
    }
    told = {name: compose.findings(doc, RULE) for name, doc in compose.documents(cases).items()}
    silent = {"smaller than any", "not read", "two maxima"}
    assert {name for name, some in told.items() if not some} == silent
    assert len(told["smallest"]) == 2, "each session at its own use"
    advised = {name: (*compose.reboot_advice(some[0]), "")[0] for name, some in told.items() if some}
    unknown = "SessionPoolSize may grow by one step of 16 MB, on Windows older than Vista, once its size and that of session view space are printed: both together must stay below 450 MB."
    raised = "Raise SessionPoolSize by one step, from {} to {} MB: with {} MB of session view space that makes {} of 450 MB. See that !vm shows at least {} free system PTEs first."
    assert advised == {
        "smallest": raised.format(1, 16, 48, 64, "13,840"),
        "view not read": unknown,
        "smallest view": raised.format(32, 48, 1, 49, "14,096"),
        "a view too small": unknown,
        "stored view": raised.format(32, 48, 48, 96, "14,096"),
        "larger view": raised.format(32, 48, 64, 112, "14,096"),
        "no whole MB": raised.format(32, 48, 48, 96, "14,096"),
        "whole MB": raised.format(33, 48, 49, 97, "13,840"),
        "a step of its own": raised.format(47, 48, 48, 96, "10,256"),
        "Vista": "",
    }
    assert [one["when"] for one in told["Vista"][0]["advice"]] == ["now", "futile", "cause", "futile"]


def test_each_session_and_machine() -> None:
    """Session 0 cannot be logged off; allocations that failed are proof, whatever is in use."""
    docs = compose.documents(
        {
            "session 0": OLD + vm(32000, sessions=(2, 0)),
            "machines": {"a/vm.txt": OLD + vm(32000), "b/vm.txt": OLD + vm(40000, most=40960)},
            "both": OLD + vm(32000, failures=2),
            "no platform": vm(32000),
        }
    )
    (zero,) = compose.findings(docs["session 0"], RULE)
    assert zero["advice"][0]["text"] == "End or restart the programs of session 0 that hold the most GDI objects."
    a, b = compose.findings(docs["machines"], RULE)
    assert a["advice"][0]["text"] == "Log session 2 off and on again: its pool is new then."
    assert a["subject"] == {"session": 2, "paged_pool_kb": 32000, "pool_kb": MOST, "pool_failures": None}
    assert b["subject"] == {"session": 2, "paged_pool_kb": 40000, "pool_kb": 40960, "pool_failures": None}
    assert [{file for file, _ in compose.cited(one)} for one in (a, b)] == [{"a/vm.txt"}, {"b/vm.txt"}]
    assert [one["shows"] for one in b["evidence"]] == [
        "session 2: 40,000 KB of paged pool in use",
        "the maximum of a session's paged pool: 40,960 KB",
    ]
    (both,) = compose.findings(docs["both"], RULE)
    assert both["certainty"] == "proved"
    assert "2 allocations from the session's pool failed; 32,000 KB of 32,768 KB are in use." in both["summary"]
    assert [one["shows"] for one in both["evidence"]] == [
        "session 2: 32,000 KB of paged pool in use, failed allocations: 2",
        "the maximum of a session's paged pool: 32,768 KB",
    ]
    assert [one["when"] for one in both["advice"]] == ["now", "reboot", "cause", "futile"]


def structure(failures: int = 0, *, session: int = 3, pool_mb: int = 0) -> str:
    """`dt nt!_MM_SESSION_SPACE`, which counts failures, tells where the pool begins and ends, and not what of it is in use."""
    text = f"lkd> dt nt!_MM_SESSION_SPACE f79a1000\n   +0x000 ReferenceCount   : 0xb\n   +0x008 SessionId        : {session}\n"
    if pool_mb:
        ends = 0xB0000000, 0xB0000000 + (pool_mb << 20) - 1
        text += "   +0x020 PagedPoolStart   : {:#x}\n   +0x024 PagedPoolEnd     : {:#x}\n".format(*ends)
    return f"{text}   +0x034 SessionPoolAllocationFailures : [4] {failures}\n"


def test_what_the_structure_of_a_session_tells() -> None:
    """Failures that it counts are proof without any use; its own pool counts before the maximum of all sessions."""
    cases: dict[str, compose.Text] = {
        "failed": OLD + structure(3),
        "failed, its pool known": OLD + structure(1, pool_mb=64),
        "none failed": OLD + structure(),
        "larger than the others": OLD + structure(session=2, pool_mb=64) + vm(32000),
        "another session is larger": OLD + structure(session=1, pool_mb=64) + vm(32000),
        "smaller than the others": OLD + structure(session=2, pool_mb=16) + vm(16000),
    }
    told = {name: compose.findings(doc, RULE) for name, doc in compose.documents(cases).items()}
    assert {name for name, some in told.items() if not some} == {"none failed", "larger than the others"}
    (failed,) = told["failed"]
    assert failed["certainty"] == "proved" and "In session 3 3 allocations from the" in failed["summary"]
    assert failed["subject"] == {"session": 3, "paged_pool_kb": None, "pool_kb": None, "pool_failures": 3}
    assert [one["shows"] for one in failed["evidence"]] == ["session 3: failed allocations from its pool: 3"]
    (known,) = told["failed, its pool known"]
    assert "In session 3 1 allocation from the session's pool failed." in known["summary"]
    assert [one["shows"] for one in known["evidence"]] == [
        "session 3: failed allocations from its pool: 1",
        "the maximum of a session's paged pool: 65,536 KB",
    ]
    assert told["another session is larger"][0]["subject"]["pool_kb"] == MOST
    (smaller,) = told["smaller than the others"]
    assert smaller["subject"]["pool_kb"] == 16384
    assert ("-", compose.line_of(str(cases["smaller than the others"]), "PagedPoolEnd")) in compose.cited(smaller)
