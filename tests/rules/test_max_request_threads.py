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
