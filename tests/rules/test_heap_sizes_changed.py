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


def third(heaps: list[compose.Heap], kb: int) -> list[compose.Heap]:
    """The same heaps with another size for all services."""
    return [(path, kb if size in (512, 768) else size, used) for path, size, used in heaps]


CAUSED = "Ask who changed it, when and why, before any of these values is changed again."
VIEW_SHORT = "Find out what the smaller third value was meant to cure: often session view space was exhausted, and then the old value brings that back."
NOTHING = "Find out what the smaller third value was meant to cure: nothing on this Windows is gained by it."
NO_MORE = "A third value raised further where view space is short: every service heap takes as much of it."
X86_ON_X64 = " Advice for x86 was copied onto x64: the interactive heap became smaller, not larger."


def test_what_is_told_of_each_change() -> None:
    """Which sizes, how they are known, and what to do: by Windows, and by which of the two values was changed."""
    xp = {
        "lowered": "1024,3072,256", "raised": "1024,3072,1024", "second raised": "1024,4096,512", "no third": "1024,4096",
        "second raised, third lowered": "1024,4096,256", "second lowered, third raised": "1024,2048,1024", "first wrong, too": "2048,3072,256",
    }  # fmt: skip
    cases = {name: compose.XP + running(csrss(sizes, build=2600)) for name, sizes in xp.items()}
    cases |= {
        "2016 raised": compose.SERVER_2016 + running(csrss("1024,20480,4096")),
        "2016 lowered": compose.SERVER_2016 + running(csrss("1024,20480,512")),
        "2016 above the ceiling": compose.SERVER_2016 + running(csrss("1024,20484,512")),
        "configured and listed": cases["lowered"] + compose.dheapmon(0, replaced(X86, DEFAULT, 4096, 1)),
    }
    told = {name: compose.findings(made, RULE) for name, made in compose.documents(cases).items()}
    told_of = {name: (one["severity"], one["summary"].partition(": ")[2], [advice["text"] for advice in one["advice"]]) for name, (one,) in told.items()}  # fmt: skip
    of_2, of_3 = "interactive heaps {} KB instead of 3,072 KB", "service heaps {} KB instead of 512 KB"
    in_force = ", in force since the boot)."
    lowered = ("medium", f"{of_3.format(256)} (SharedSection=1024,3072,256{in_force}", [CAUSED, VIEW_SHORT])
    assert told_of == {
        "lowered": lowered,
        "raised": ("info", f"{of_3.format('1,024')} (SharedSection=1024,3072,1024{in_force}", [CAUSED, NO_MORE]),
        "second raised": ("info", f"{of_2.format('4,096')} (SharedSection=1024,4096,512{in_force}", [CAUSED]),
        "no third": ("info", f"{of_2.format('4,096')} (SharedSection=1024,4096{in_force}", [CAUSED]),
        "second raised, third lowered": ("medium", f"{of_2.format('4,096')} and {of_3.format(256)} (SharedSection=1024,4096,256{in_force}", [CAUSED, VIEW_SHORT]),
        "second lowered, third raised": ("medium", f"{of_2.format('2,048')} and {of_3.format('1,024')} (SharedSection=1024,2048,1024{in_force}", [CAUSED, NO_MORE]),
        "first wrong, too": ("medium", f"{of_3.format(256)} (SharedSection=2048,3072,256{in_force}", [CAUSED, VIEW_SHORT]),
        "2016 raised": ("info", f"service heaps 4,096 KB instead of 768 KB (SharedSection=1024,20480,4096{in_force}", [CAUSED]),
        "2016 lowered": ("medium", f"service heaps 512 KB instead of 768 KB (SharedSection=1024,20480,512{in_force}", [CAUSED, NOTHING]),
        "2016 above the ceiling": ("medium", f"service heaps 512 KB instead of 768 KB (SharedSection=1024,20484,512{in_force}", [CAUSED, NOTHING]),
        "configured and listed": lowered,
    }  # fmt: skip
    assert [one["when"] for one in told["raised"][0]["advice"]] == ["cause", "futile"]
    assert [one["when"] for one in told["lowered"][0]["advice"]] == ["cause", "cause"]
    (one,) = told["configured and listed"]
    assert compose.cited(one) == [("-", compose.line_of(cases["configured and listed"], "SharedSection="))]
    assert one["subject"] == {
        "interactive_kb": 3072, "non_interactive_kb": 256, "default_interactive_kb": 3072, "default_service_kb": 512,
        "architecture": "x86", "era": "before Vista", "in_force": True, "listed": False,
    }  # fmt: skip


def test_what_is_told_of_listed_heaps() -> None:
    """Listed sizes are likely ones, even under a banner; a kind of heaps that is not listed is not spoken of."""
    fallen = [(path, {20480: 512, 768: 128}.get(kb, kb), used) for path, kb, used in X64]
    session_1 = [(DEFAULT, 4096, 3), (compose.WINLOGON, 128, 2), (compose.DISCONNECT, 64, 2)]
    cases: dict[str, compose.Text] = {
        "x64": compose.dskheap(0, replaced(X64, DEFAULT, 3072, 5)),
        "under a banner": compose.XP + compose.dheapmon(0, third(X86, 256)),
        "no interactive heap": compose.dskheap(0, third(VISTA[1:], 1024)),
        "no interactive heap, lowered": compose.dskheap(0, third(VISTA[1:], 512)),
        "no service": compose.XP + compose.dheapmon(1, session_1),
        "both": compose.dheapmon(0, third(replaced(X86, DEFAULT, 4096, 5), 1024)),
        "only the second fell": compose.dheapmon(0, replaced(X86, DEFAULT, FALLBACK_INTERACTIVE, 5)),
        "only the third fell": compose.dheapmon(0, third(X86, FALLBACK_SERVICE)),
        "stored, but fallen back": compose.stored_sections("1024,3072,512") + compose.dheapmon(0, fallen),
        "stored by its sizes": compose.stored_sections("1024,4096,512") + compose.dheapmon(0, X86),
    }
    told = {name: compose.findings(made, RULE) for name, made in compose.documents(cases).items()}
    told_of = {
        name: (
            one["severity"],
            one["certainty"],
            one["summary"].removeprefix("Heap sizes are not the default of this Windows "),
        )
        for name, (one,) in told.items()
    }
    latest = "(in the latest listing)."
    assert told_of == {
        "x64": ("high", "likely", f"(x64): interactive heaps 3,072 KB instead of 20,480 KB {latest}{X86_ON_X64}"),
        "under a banner": ("medium", "likely", f"(x86 before Vista): service heaps 256 KB instead of 512 KB {latest}"),
        "no interactive heap": ("info", "likely", f"(x64 Vista or later): service heaps 1,024 KB instead of 768 KB {latest}"),
        "no interactive heap, lowered": ("medium", "likely", f"(x64 Vista or later): service heaps 512 KB instead of 768 KB {latest}"),
        "no service": ("info", "likely", f"(x86 before Vista): interactive heaps 4,096 KB instead of 3,072 KB {latest}"),
        "both": ("info", "likely", f"(x86 before Vista): interactive heaps 4,096 KB instead of 3,072 KB and service heaps 1,024 KB instead of 512 KB {latest}"),
        "only the second fell": ("medium", "likely", f"(x86 before Vista): interactive heaps 512 KB instead of 3,072 KB {latest}"),
        "only the third fell": ("medium", "likely", f"(x86 before Vista): service heaps 128 KB instead of 512 KB {latest}"),
        "stored, but fallen back": ("high", "likely", f"(x64 before Vista): interactive heaps 3,072 KB instead of 20,480 KB (SharedSection=1024,3072,512, in the registry).{X86_ON_X64}"),
        "stored by its sizes": ("info", "likely", "(x86 before Vista): interactive heaps 4,096 KB instead of 3,072 KB (SharedSection=1024,4096,512, in the registry)."),
    }  # fmt: skip
    advice = {name: [(line["when"], line["text"]) for line in one["advice"]] for name, (one,) in told.items()}
    assert advice["x64"] == [
        ("reboot", "Read SharedSection in the registry first; its second value is 20480 on x64, and nothing is gained by less."),
        ("cause", CAUSED),
    ]  # fmt: skip
    assert advice["stored, but fallen back"] == [
        ("cause", "The second value is 20480 on x64, but find out first why Windows fell back to smaller heaps than these."),
        ("cause", CAUSED),
    ]  # fmt: skip
    assert advice["no interactive heap"] == [("cause", CAUSED)]
    (both,) = told["both"]
    lines = [compose.line_of(str(cases["both"]), path) for path in (DEFAULT + " ", SYSTEM)]
    assert [(one["line"], one["shows"]) for one in both["evidence"]] == [
        (lines[0], "an interactive heap of 4,096 KB"), (lines[1], "a service heap of 1,024 KB"),
    ]  # fmt: skip
    assert (both["subject"]["in_force"], both["subject"]["listed"]) == (None, True)
    (stored,) = told["stored, but fallen back"]
    assert (stored["subject"]["in_force"], stored["subject"]["listed"]) == (False, False)


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
        "fallen back, services not listed": compose.dheapmon(1, [(DEFAULT, FALLBACK_INTERACTIVE, 3), *X86[1:3]]),
        "configured as installed, whatever is listed": compose.XP + compose.XP_VALUE + compose.dheapmon(0, replaced(X86, DEFAULT, 4096, 5)),
        "x86, but before or after Vista": compose.dskheap(0, third(X86[:6], 256)),
        "names not readable": compose.banner(3790) + compose.nameless(0, [(3072, 3), (128, 2), (64, 1), (256, 3)]),
        "a desktop of a program": compose.dheapmon(0, [(r"WinSta0\Program", 8192, 5), *X86[1:]]),
        "found by a scan": compose.banner(3790) + compose.deskscan([(DEFAULT, 3072), (SYSTEM, 256)]),
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
