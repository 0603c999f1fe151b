"""Vista and later: by the build, by stations and counters that came or went, and by a default that can be set."""

from __future__ import annotations

import compose
from compose import DEFAULT, VISTA, X64, X86

RULE = "view-space-is-dynamic"
NX = "        NonPagedPoolNx Usage:     9210   (   36840 Kb)\n"
OLD = "        Free NP PTEs:    12000   (   48000 Kb)\n"
SP1 = compose.replaced(X86, DEFAULT, 12288, 5)


def test_fires() -> None:
    text = compose.dskheap(0, VISTA)
    told = compose.document(text)
    (finding,) = compose.findings(told, RULE)
    assert (finding["severity"], finding["certainty"], finding["snapshot"]) == ("info", "likely", 1)
    assert compose.cited(finding) == [("-", compose.line_of(text, "msswindowstation"))]
    assert [one["when"] for one in finding["advice"]] == ["futile"] and not finding["actions"]
    assert told["verdict"]["mode"] == "no-sign" and "no practical limit" in told["verdict"]["summary"]


def test_evidence() -> None:
    """What proves it is the station that came with Vista, the banner, the counter: those lines."""
    station = compose.dskheap(0, VISTA)
    banner = compose.dskheap(0, X64) + compose.banner(7601)
    told = compose.documents({"station": station, "banner": banner})
    lines = {
        name: {line for one in compose.findings(made, RULE) for _, line in compose.cited(one)}
        for name, made in told.items()
    }
    assert compose.line_of(station, "msswindowstation") in lines["station"]
    assert lines["banner"] & {compose.line_of(banner, "Windows Debugger"), compose.line_of(banner, "Kernel Version")}


def test_each_sign() -> None:
    cases: dict[str, compose.Text] = {
        "a station": compose.dskheap(0, VISTA),
        "a counter": compose.dskheap(0, X64) + compose.vm4(None, counters=NX),
        "the default of Vista SP1": compose.dskheap(1, SP1[:3]),
    }
    assert set(compose.statuses(cases, RULE).values()) == {"found"}


def test_near_miss() -> None:
    cases: dict[str, compose.Text] = {
        "x64 alone": compose.dskheap(0, X64),
        "a station that went": compose.dskheap(0, SP1),
        "dheapmon": compose.dheapmon(0, SP1[:3]),
        "counters that went": compose.dskheap(0, SP1[:3]) + compose.vm4(None, counters=OLD),
        "the maximum of !vm 4": compose.dskheap(0, SP1[:3]) + compose.vm4(20480),
        "signs of both": compose.dskheap(0, [*VISTA, X86[-1]]),
    }
    assert set(compose.statuses(cases, RULE).values()) == {"clear"}


def test_no_data() -> None:
    assert compose.statuses({"nothing": "Nothing of a debugger.\n"}, RULE) == {"nothing": "no_data"}


def test_boundary() -> None:
    """Build 6000 is Vista; 12,288 KB is the default since its SP1, one page more or less is somebody's own."""
    cases: dict[str, compose.Text] = {
        str(kb): compose.dskheap(1, compose.replaced(X86, DEFAULT, kb, 5)[:3]) for kb in (12284, 12288, 12292)
    }
    cases |= {f"build {build}": compose.banner(build) + compose.dskheap(0, X64) for build in (5999, 6000, 6001)}
    assert compose.statuses(cases, RULE) == {
        "12284": "clear", "12288": "found", "12292": "clear", "build 5999": "clear", "build 6000": "found", "build 6001": "found",
    }  # fmt: skip


def test_the_banner_outranks_the_rest() -> None:
    """12,288 KB can be set on Server 2003, and an unofficial dheapmon runs on Vista."""
    cases: dict[str, compose.Text] = {
        "set on 2003": compose.banner(3790) + compose.dskheap(1, SP1[:3]),
        "dheapmon on 7": compose.banner(7601) + compose.dheapmon(0, SP1[:3]),
    }
    assert compose.statuses(cases, RULE) == {"set on 2003": "clear", "dheapmon on 7": "found"}
