"""The paged pool of a session is full: looks like a heap, and is none."""

from __future__ import annotations

import compose
from compose import X86

from dumpscan.rules._view import STEP
from dumpscan.rules.session_pool_exhausted import NEAR

RULE = "session-pool-exhausted"
MOST = 32768  # KB, as compose.vm4 prints it
OLD = compose.banner(3790, name="Windows Server 2003")


def vm(used: int, *, failures: int = 0, view: int | None = 49152) -> str:
    """`!vm 4` of a terminal server with session 2 at so much of its pool."""
    text = compose.vm4(view, sessions=(0, 2))
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
    assert any("7,837 allocations failed" in one["shows"] for one in failed["evidence"])
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
