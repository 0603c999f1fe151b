"""Sizes that somebody changed, and advice for x86 on x64."""

from __future__ import annotations

import compose
from compose import DEFAULT, SYSTEM, VISTA, X64, X86, csrss, replaced, running, windows_value

from dumpscan.rules._heap import MOST
from dumpscan.rules._sections import DEFAULTS, X64_SECOND
from dumpscan.rules._sizes import FALLBACK_INTERACTIVE, FALLBACK_SERVICE

RULE = "heap-sizes-changed"
FIRES = compose.SERVER_2016 + windows_value(csrss("1024,3072,512"))
BUILDS = {"x86": "x86 compatible", "x64": "x64"}


def test_fires() -> None:
    lowered = [(path, 256 if kb == 512 else kb, used) for path, kb, used in X86]
    cases: dict[str, compose.Text] = {
        "copied": FIRES,
        "lowered": compose.XP + running(csrss("1024,3072,256", build=2600)),
        "raised": compose.SERVER_2016 + running(csrss("1024,20480,4096")),
        "listed": compose.dheapmon(0, lowered),
        "listed copied": compose.dskheap(0, replaced(X64, DEFAULT, 3072, 5)),
    }
    documents = compose.documents(cases)
    told = {name: compose.findings(one, RULE)[0] for name, one in documents.items()}
    assert {name: (one["severity"], one["certainty"]) for name, one in told.items()} == {
        "copied": ("high", "proved"), "lowered": ("medium", "proved"), "raised": ("info", "proved"), "listed": ("medium", "likely"), "listed copied": ("high", "likely"),
    }  # fmt: skip
    assert "interactive heaps 3,072 KB instead of 20,480 KB and service heaps 512 KB instead of 768 KB" in told["copied"]["summary"]  # fmt: skip
    assert "x86 was copied onto x64" in told["copied"]["summary"]
    assert compose.cited(told["copied"]) == [("-", compose.line_of(FIRES, "SharedSection="))]
    assert (
        "SharedSection=1024,3072,512 becomes SharedSection=1024,20480,768" in compose.reboot_advice(told["copied"])[0]
    )
    assert "service heaps 256 KB instead of 512 KB" in told["lowered"]["summary"]
    assert "interactive" not in told["lowered"]["summary"]
    assert compose.reboot_advice(told["lowered"]) == [], "ask why before it is raised again"
    assert any("session view space" in one["text"] for one in told["lowered"]["advice"])
    assert compose.cited(told["listed"]) == [("-", compose.line_of(str(cases["listed"]), SYSTEM))]
    assert compose.cited(told["listed copied"]) == [("-", compose.line_of(str(cases["listed copied"]), DEFAULT))]


def test_near_miss() -> None:
    fallen = [(path, {3072: FALLBACK_INTERACTIVE, 512: FALLBACK_SERVICE}.get(kb, kb), used) for path, kb, used in X86]
    cases: dict[str, compose.Text] = {
        "x86": compose.dheapmon(0, X86),
        "x64": compose.dskheap(0, VISTA),
        "XP": compose.XP + compose.XP_VALUE,
        "2016": compose.SERVER_2016 + running(csrss()),
        "2003 x64, any third": compose.banner(3790, name="Windows Server 2003", target="x64") + running(csrss("1024,20480,2048", build=3790)),
        "x86 of Vista or later, any second": compose.dskheap(0, [*VISTA[1:], (DEFAULT, 3072, 1.0)]).replace("192", "128").replace(" 96", " 64").replace("768", "512"),
        "nobody knows which Windows": running(csrss("1024,4096,256")),
        "only the interactive heap tells x86": compose.dheapmon(0, [(DEFAULT, 3072, 5), (SYSTEM, 768, 5)]),
        "fallen back": compose.dheapmon(0, fallen),
        "services of several sizes": compose.dheapmon(0, replaced(X86, SYSTEM, 1024, 5)),
        "history": "".join(
            compose.banner(3790, time=f"Mon Nov {day} 09:30:00 2026") + compose.dheapmon(0, replaced(X86, DEFAULT, kb, 5)) for day, kb in ((16, 8192), (17, 3072))
        ),
        "mentioned": compose.SERVER_2016 + "SharedSection=1024,3072,512 Windows\n",
        "mended in the registry": compose.SERVER_2016 + running(csrss("1024,3072,512")) + windows_value(csrss()),
    }  # fmt: skip
    told = {name: [one["summary"] for one in compose.findings(made, RULE)] for name, made in compose.documents(cases).items()}  # fmt: skip
    assert told == {name: [] for name in cases}


def test_no_data() -> None:
    assert set(compose.statuses({"prose": "Nothing.\n", "empty": ""}, RULE).values()) == {"no_data"}


def test_boundary() -> None:
    """Each default of each Windows, one page below, at and above it; the second one never above its ceiling."""
    cases: dict[str, compose.Text] = {}
    expected: dict[str, list[str]] = {}
    for one in DEFAULTS:
        build = {1381: 2600, 3790: 3790, 6000: 6000}.get(one.first, 7601)
        third = one.service or 768
        pairs = [(one.interactive + step, third) for step in (-4, 0, 4)]
        pairs += [(one.interactive, third + step) for step in (-4, 4)]
        for second, service in pairs:
            name = f"{one.architecture} {build} {second} {service}"
            cases[name] = compose.banner(build, target=BUILDS[one.architecture]) + running(csrss(f"1024,{second},{service}", build=build))  # fmt: skip
            if second > MOST or (second == one.interactive and (service == third or one.service is None)):
                expected[name] = []
            elif one.architecture == "x64" and second < X64_SECOND:
                expected[name] = ["high"]
            else:
                expected[name] = ["medium" if second < one.interactive or service < third else "info"]
    told = {name: [one["severity"] for one in compose.findings(made, RULE)] for name, made in compose.documents(cases).items()}  # fmt: skip
    assert told == expected
    assert {severity for found in told.values() for severity in found} == {"high", "medium", "info"}
