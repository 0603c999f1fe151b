"""Two kinds of Windows on one machine: both lines are shown, and the banner is believed."""

from __future__ import annotations

import compose
from compose import VISTA, X64, X86

from dumpscan.rules.windows_contradictory import SIZES

RULE = "windows-contradictory"
OLD = compose.banner(3790, name="Windows Server 2003 R2")
FIRES = OLD + compose.dskheap(0, [*X86, (r"msswindowstation\mssrestricteddesk", 512, 0)])
PARTS = "ServerDll=winsrv:UserServerDllInitialization,3 {}ServerDll=sxssrv,4 ProfileControl=Off MaxRequestThreads=16"


def _csrss(console: str) -> str:
    parts = PARTS.format(console)
    return (
        "CommandLine : %SystemRoot%\\system32\\csrss.exe ObjectDirectory=\\Windows SharedSection=1024,20480,768 Windows=On "
        f"SubSystemType=Windows ServerDll=basesrv,1 {parts}\n"
    )


def test_fires() -> None:
    (finding,) = compose.findings(compose.document(FIRES), RULE)
    assert "before Vista (told by the build in the banner), but Vista or later (told by a window" in finding["summary"]
    assert "before Vista is taken to be right" in finding["summary"]
    assert (finding["severity"], finding["certainty"]) == ("medium", "proved")
    assert compose.cited(finding) == [
        ("-", compose.line_of(FIRES, "Kernel Version")),
        ("-", compose.line_of(FIRES, "msswindowstation")),
    ]


def test_the_parts_of_the_csrss_command_line() -> None:
    """ConServerDllInitialization went with Windows 8; sxssrv came with Windows 7."""
    console = "ServerDll=winsrv:ConServerDllInitialization,2 "
    eight = compose.banner(9200, name="Windows 8", target="x64")
    told = compose.documents({"7 on 8": eight + _csrss(console), "8 on 8": eight + _csrss(""), "8": _csrss("")})
    (finding,) = compose.findings(told["7 on 8"], RULE)
    assert (
        "ConServerDllInitialization" in finding["summary"]
        and "Windows 8 or later is taken to be right" in finding["summary"]
    )
    assert compose.of_rule(told["8 on 8"], RULE)["status"] == "clear"


def test_near_miss() -> None:
    """Two machines are no contradiction, and 12,288 KB can be set on any Windows: of equal weight are only signs of one kind."""
    told = compose.statuses(
        {
            "two machines": compose.dskheap(0, X86) + compose.filler(50) + compose.dskheap(0, X64),
            "agreed": OLD + compose.dskheap(0, X86),
            "since Vista": compose.banner(7601, name="Windows 7", target="x64") + compose.dskheap(0, VISTA),
        },
        RULE,
    )
    assert set(told.values()) == {"clear"}


def test_sizes_that_anybody_can_set_contradict_nothing() -> None:
    """3,072 KB on x64: advice for x86 was copied, which another rule says; 12,288 KB on Server 2003. The tier of sizes is the first that is left out."""
    from dumpscan.platforms import SIGNS

    assert {sign.tier for sign in SIGNS if sign.table == "desktop_heaps" and "heap of" in sign.how} == {SIZES}
    x64 = compose.banner(3790, name="Windows Server 2003", target="x64") + compose.dskheap(
        0, compose.replaced(X64, compose.DEFAULT, 3072, 5)
    )
    x86 = OLD + compose.dskheap(0, compose.replaced(X86, compose.DEFAULT, 12288, 5))
    assert set(compose.statuses({"x64": x64, "x86": x86}, RULE).values()) == {"clear"}


def test_no_data() -> None:
    assert compose.statuses({"prose": "This is Windows 8, said he.\n", "limit": compose.view_size(49152)}, RULE) == {
        "prose": "no_data", "limit": "no_data",
    }  # fmt: skip


def test_boundary() -> None:
    """Build 6000 is Vista, 5999 is not: dheapmon contradicts the one only."""
    told = compose.statuses(
        {str(build): compose.banner(build) + compose.dheapmon(0, X86) for build in (5999, 6000)}, RULE
    )
    assert told == {"5999": "clear", "6000": "found"}


def test_signs_of_equal_weight_and_machines() -> None:
    restricted = (r"msswindowstation\mssrestricteddesk", 512, 0)
    cases: dict[str, compose.Text] = {
        "equal": compose.dheapmon(0, [*X86, restricted]),
        "banner first": FIRES,
        "banner last": compose.dskheap(0, [*X86, restricted]) + OLD,
        "one of two": {"a/a.txt": FIRES, "b/b.txt": OLD + compose.dskheap(0, X86)},
        "two signs against it": FIRES + compose.dskheap(1, [*X86, restricted]),
    }
    told = {name: compose.findings(one, RULE) for name, one in compose.documents(cases).items()}
    assert {name: [one["machine"] for one in found] for name, found in told.items()} == {
        "equal": ["unnamed"], "banner first": ["unnamed"], "banner last": ["unnamed"], "one of two": ["a"], "two signs against it": ["unnamed"],
    }  # fmt: skip
    assert told["equal"][0]["summary"].endswith("neither is taken to be right.")
    for name in ("banner first", "banner last", "two signs against it"):
        (finding,) = told[name]
        assert finding["summary"].endswith("before Vista is taken to be right.")
        assert finding["subject"] == {"aspect": "era", "says": ["before Vista", "Vista or later"]}
        assert finding["evidence"][0]["shows"] == "before Vista: the build in the banner"
        assert len(finding["evidence"]) == 2
        assert finding["snapshot"] == 1
        assert [one["when"] for one in finding["advice"]] == ["now"]
