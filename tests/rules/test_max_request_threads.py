"""MaxRequestThreads without its number."""

from __future__ import annotations

import compose
from compose import csrss, running, windows_value

from dumpscan.csrss import THREADS
from dumpscan.rules.max_request_threads import lost_number

RULE = "max-request-threads"
BARE = csrss("1024,3072,512", build=1381).removesuffix(f"={THREADS}")
FIRES = windows_value(BARE)
KEY = compose.SUBSYSTEMS


def test_fires() -> None:
    listing = f"\nWindows      : {BARE.replace(' SharedSection', chr(10) + ' ' * 15 + 'SharedSection').replace(' ProfileControl', chr(10) + ' ' * 15 + 'ProfileControl')}\nPSChildName  : SubSystems\nPSDrive      : HKLM\n"
    cases = {"registry": FIRES, "in force": running(BARE), "wrapped by words": listing}
    told = {name: compose.findings(one, RULE) for name, one in compose.documents(cases).items()}
    assert {name: [(one["severity"], one["certainty"]) for one in found] for name, found in told.items()} == {
        "registry": [("critical", "proved")], "in force": [("critical", "proved")], "wrapped by words": [("critical", "likely")],
    }  # fmt: skip
    (finding,) = told["registry"]
    assert f"without ={THREADS}" in finding["summary"]
    assert compose.cited(finding) == [("-", compose.line_of(FIRES, "MaxRequestThreads"))]
    assert f"append only ={THREADS}" in compose.reboot_advice(finding)[0]


def test_near_miss() -> None:
    cases: dict[str, compose.Text] = {
        "whole": compose.XP_VALUE,
        "another number": windows_value(BARE + "=8"),
        "an article": f"{BARE}\n",
        "cut at the end of a full line": f"{KEY}\n    Windows    REG_EXPAND_SZ    csrss.exe ObjectDirectory=\\Windows SharedSection=1024,3072,512 Wi\n"
        "ndows=On SubSystemType=Windows ServerDll=basesrv,1 ProfileControl=Off MaxRequestThreads\n",
    }
    assert {name: RULE in compose.fired(one) for name, one in compose.documents(cases).items()} == dict.fromkeys(
        cases, False
    )


def test_no_data() -> None:
    assert set(compose.statuses({"prose": "Nothing.\n", "empty": ""}, RULE).values()) == {"no_data"}


def test_boundary() -> None:
    """A last line as long as the longest one may have been cut there, one character less may not."""
    above = "x" * 10 + " csrss.exe ProfileControl=Off"
    assert not lost_number(f"{above} MaxRequestThreads=")
    for words, expected in ((len(above), False), (len(above) - 1, True), (len(above) + 1, False)):
        last = "ServerDll=sxssrv,4 MaxRequestThreads"
        first = "ObjectDirectory=\\Windows".rjust(len(last) + len(above) - words, "y").replace("yO", " O")
        assert lost_number(f"{first}\n{last}") is expected, (first, last)


def test_which_texts_and_machines() -> None:
    torn = "\n".join(["csrss.exe ObjectDirectory=\\Windows SharedSection=1024,3072,512 Windows=On SubSyste", "pe=Windows ProfileControl=Off MaxRequestThreads"])  # fmt: skip
    parts = BARE.replace(" SharedSection", f"\n{' ' * 15}SharedSection").replace(
        " ProfileControl", f"\n{' ' * 15}ProfileControl"
    )
    listing = f"\nWindows      : {parts}\nPSChildName  : SubSystems\nPSDrive      : HKLM\n"
    whole = windows_value(csrss("1024,3072,512", build=1381))
    cases: dict[str, compose.Text] = {
        "characters lost": f"{KEY}\n    Windows    REG_EXPAND_SZ    {torn}\n",
        "two texts": FIRES + windows_value(BARE.replace("512", "768")),
        "two machines": {"a/a.txt": FIRES, "b/b.txt": running(BARE), "c/c.txt": whole},
        "mended": compose.march(1) + FIRES + compose.march(2) + whole,
        "quoted": windows_value(f'"{BARE}"'),
        "in one line and in two": {"a/a.txt": FIRES, "b/b.txt": listing},
    }
    told = {
        name: sorted(compose.findings(doc, RULE), key=lambda one: str(one["machine"]))
        for name, doc in compose.documents(cases).items()
    }
    assert {name: [(one["machine"], one["subject"]["in_force"]) for one in found] for name, found in told.items()} == {
        "characters lost": [], "two texts": [("unnamed", False)], "two machines": [("a", False), ("b", True)], "mended": [],
        "quoted": [("unnamed", False)], "in one line and in two": [("a", False), ("b", False)],
    }  # fmt: skip
    registry, force = told["two machines"]
    assert "(in the registry)" in registry["summary"] and "(in force since the boot)" in force["summary"]
    assert [one["certainty"] for one in told["in one line and in two"]] == ["proved", "likely"]
    assert [one["when"] for one in registry["advice"]] == ["now", "reboot", "futile"]
    assert registry["evidence"][0]["shows"] == "the value ends in MaxRequestThreads, without its number"


def test_a_text_that_lost_characters_tells_nothing() -> None:
    assert not lost_number("SubSyste\npe=Windows ServerDll MaxRequestThreads")
    assert not lost_number("csrss.exe XMaxRequestThreads")
    assert lost_number("csrss.exe maxrequestthreads'")


def test_beside_the_verdict() -> None:
    """What is configured is no sign of full heaps."""
    compose.assert_beside_no_sign(FIRES + compose.dheapmon(0, compose.X86), RULE)
