"""A raised session view space beside a kernel that runs short."""

from __future__ import annotations

import compose
from compose import X86

from dumpscan.rules._view import PTES_TO_KEEP
from dumpscan.rules.view_starves_kernel import NEAR, USUAL

RULE = "view-starves-kernel"
OLD = compose.banner(3790, name="Windows Server 2003")
MOST = 100_000  # KB


def pool(kind: str, most: str, used: int) -> str:
    return f"        {kind} Usage:   {used // 4:>8} ({used:>8} Kb)\n        {kind} {most}:   {MOST // 4:>8} ({MOST:>8} Kb)\n"


def view(mb: int) -> str:
    return compose.registry(compose.MEMORY_MANAGEMENT, {"SessionViewSize": mb})


def vm(counters: str) -> str:
    return compose.vm4(None, counters=counters)


SHORT = vm(compose.free_ptes(3512))
FIRES = OLD + compose.view_size(98304) + SHORT


def test_fires() -> None:
    docs = compose.documents(
        {
            "printed": FIRES,
            "stored": OLD + view(64) + SHORT,
            "pools": OLD
            + compose.view_size(65536)
            + vm(pool("NonPagedPool", "Max", 97_000) + pool("PagedPool", "Maximum", 95_000)),
        }
    )
    (finding,) = compose.findings(docs["printed"], RULE)
    assert (finding["severity"], finding["certainty"]) == ("medium", "likely")
    assert "96 MB, more than the usual 48," in finding["summary"] and "3,512 system PTEs" in finding["summary"]
    assert {("-", compose.line_of(FIRES, "808ad254")), ("-", compose.line_of(FIRES, "PTEs"))} == set(
        compose.cited(finding)
    )
    assert finding["refuted_by"] == "The same shortage after a start with a view of 48 MB."
    assert "from 96 to 80 MB" in compose.reboot_advice(finding)[0]
    (stored,) = compose.findings(docs["stored"], RULE)
    assert "from 64 to 48 MB" in compose.reboot_advice(stored)[0]
    (pools,) = compose.findings(docs["pools"], RULE)
    assert "paged pool has used 95 %" in pools["summary"] and "nonpaged pool has used 97 %" in pools["summary"]
    assert len(pools["evidence"]) == 5


def test_near_miss() -> None:
    options = compose.registry(compose.CONTROL, {"SystemStartOptions": "NOEXECUTE=OPTIN  3GB"})
    cases: dict[str, compose.Text] = {
        "enough": OLD + compose.view_size(98304) + vm(compose.free_ptes(40_000)),
        "usual view": OLD + compose.view_size(49152) + SHORT,
        "no view known": OLD + SHORT,
        "/3GB": OLD + view(64) + options + SHORT,
        "printed smaller than stored": OLD + view(64) + compose.view_size(49152) + SHORT,
        "x64": compose.banner(3790, target="x64") + compose.view_size(106496) + SHORT,
        "another machine": {"a/view.txt": OLD + compose.view_size(98304), "b/vm.txt": OLD + SHORT},
        "mended later": {"1.txt": FIRES, "2.txt": OLD + vm(compose.free_ptes(40_000))},
        "healthy": OLD + compose.dheapmon(0, X86) + compose.view_size(49152) + vm(compose.free_ptes(40_000)),
    }
    told = {name: compose.findings(one, RULE) for name, one in compose.documents(cases).items()}
    assert told == {name: [] for name in cases}


def test_no_data() -> None:
    assert compose.statuses({"no counters": OLD + compose.view_size(98304)}, RULE) == {"no counters": "no_data"}
    vista = compose.banner(6002, name="Windows Vista") + compose.view_size(98304) + SHORT
    assert compose.statuses({"Vista": vista}, RULE) == {"Vista": "not_applicable"}


def test_boundary() -> None:
    cases: dict[str, compose.Text] = {}
    expected = {}
    for kb in (USUAL - 1024, USUAL, USUAL + 1023, USUAL + 1024):
        cases[f"view {kb}"] = OLD + compose.view_size(kb) + SHORT
        expected[f"view {kb}"] = "found" if kb > USUAL + 1023 else "clear"
    for pages in (PTES_TO_KEEP - 1, PTES_TO_KEEP, PTES_TO_KEEP + 1):
        cases[f"PTEs {pages}"] = OLD + compose.view_size(98304) + vm(compose.free_ptes(pages))
        expected[f"PTEs {pages}"] = "found" if pages < PTES_TO_KEEP else "clear"
    line = int(NEAR * MOST)
    for kind, most in (("PagedPool", "Maximum"), ("NonPagedPool", "Max")):
        for used in (line - 4, line, line + 4):
            cases[f"{kind} {used}"] = OLD + compose.view_size(98304) + vm(pool(kind, most, used))
            expected[f"{kind} {used}"] = "found" if used >= line else "clear"
    assert compose.statuses(cases, RULE) == expected


def test_which_figures_count() -> None:
    """The last counters, and the smallest printed limit, of a machine that is known to be x86."""
    enough = vm(compose.free_ptes(40_000))
    large, usual = compose.view_size(98304), compose.view_size(49152)
    cases: dict[str, compose.Text] = {
        "mended in the same log": OLD + large + SHORT + enough,
        "worse in the same log": OLD + large + enough + SHORT,
        "two limits": OLD + large + usual + SHORT,
        "two limits, turned round": OLD + usual + large + SHORT,
        "no limit": OLD + large + compose.vm4(1023) + SHORT,
        "Windows not known": large + SHORT,
        "no maximum": OLD + large + vm(pool("PagedPool", "Maximum", 95_000).replace(f"{MOST}", "0")),
        "usage alone": OLD + large + vm(pool("PagedPool", "Maximum", 95_000).splitlines(keepends=True)[0]),
        "one pool": OLD + large + vm(compose.free_ptes(40_000) + pool("PagedPool", "Maximum", 95_000) + pool("NonPagedPool", "Max", 50_000)),
        "everything": OLD + large + vm(compose.free_ptes(3512) + pool("PagedPool", "Maximum", 95_000) + pool("NonPagedPool", "Max", 97_000)),
        "little more": OLD + compose.view_size(56 << 10) + SHORT,
        "beside another": {"a/a.txt": OLD + large + SHORT, "b/b.txt": OLD + large + enough},
        "beside x64": {"a/a.txt": OLD + usual + SHORT, "b/b.txt": compose.banner(3790, target="x64") + large + SHORT},
    }  # fmt: skip
    told = {name: compose.findings(doc, RULE) for name, doc in compose.documents(cases).items()}
    assert {name: [one["machine"] for one in found] for name, found in told.items() if found} == {
        "worse in the same log": ["unnamed"], "no limit": ["unnamed"], "one pool": ["unnamed"], "everything": ["unnamed"], "little more": ["unnamed"], "beside another": ["a"],
    }  # fmt: skip
    (one,), (every,) = told["one pool"], told["everything"]
    assert "runs short beside it: paged pool has used 95 % of its maximum." in one["summary"]
    assert one["subject"] == {"large_kb": 98304, "free_ptes": 40_000, "paged_share": 0.95, "nonpaged_share": 0.5}
    assert [part["shows"] for part in one["evidence"]] == [
        "session view space: 98,304 KB", "PagedPool Usage: 95,000 KB", "PagedPool Maximum: 100,000 KB",
    ]  # fmt: skip
    assert "only 3,512 system PTEs are free and paged pool has used 95 % of its maximum and nonpaged pool has used 97 % of its maximum." in every["summary"]  # fmt: skip
    assert len(every["evidence"]) == 6
    assert "from 56 to 48 MB" in compose.reboot_advice(told["little more"][0])[0]
    assert [part["when"] for part in every["advice"]] == ["reboot", "cause", "futile"]
    (worse,) = told["worse in the same log"]
    assert worse["subject"] == {"large_kb": 98304, "free_ptes": 3512, "paged_share": None, "nonpaged_share": None}
    assert [part["shows"] for part in worse["evidence"]] == ["session view space: 98,304 KB", "Free System PTEs: 14,048 KB"]  # fmt: skip


def test_beside_the_verdict() -> None:
    """A kernel that runs short is no sign of full heaps."""
    compose.assert_beside_no_sign(FIRES + compose.dheapmon(0, X86), RULE)
