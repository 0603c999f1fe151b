"""Desktops in WinSta0 that a program made: each takes the second value; sandboxes are no fault."""

from __future__ import annotations

import compose
from compose import VISTA, X86, Heap

from dumpscan.rules.extra_interactive_desktops import NAMED, USUAL

RULE = "extra-interactive-desktops"
SANDBOX = "sbox_alternate_desktop_local_winstation_0x4170"


def made(*names: str, base: list[Heap] = X86, kb: int = 3072) -> list[Heap]:
    return [*base, *((rf"WinSta0\{name}", kb, 1.0) for name in names)]


FIRES = compose.dheapmon(0, made("Kiosk", "Kiosk2"))


def test_fires() -> None:
    docs = compose.documents(
        {
            "two": FIRES,
            "Vista": compose.dskheap(1, made("Kiosk", base=VISTA, kb=20480)),
            "sandboxes": compose.dskheap(1, made(SANDBOX, "CodexSandboxDesktop-7f3a", base=VISTA, kb=20480)),
            "both kinds": compose.dskheap(1, made(SANDBOX, "Kiosk")),
        }
    )
    (finding,) = compose.findings(docs["two"], RULE)
    assert (finding["severity"], finding["certainty"]) == ("medium", "proved")
    assert "2 desktops that a program made (Kiosk, Kiosk2), of 6,144 KB together" in finding["summary"]
    assert {("-", compose.line_of(FIRES, r"Kiosk ")), ("-", compose.line_of(FIRES, "Kiosk2"))} == set(
        compose.cited(finding)
    )
    assert not any("CreateDesktopEx" in action for action in finding["actions"])
    (vista,) = compose.findings(docs["Vista"], RULE)
    assert vista["severity"] == "low" and any("CreateDesktopEx" in action for action in vista["actions"])
    (sandboxes,) = compose.findings(docs["sandboxes"], RULE)
    assert sandboxes["severity"] == "info" and "on purpose" in sandboxes["summary"]
    assert sandboxes["actions"] == [f"{SANDBOX} was made by the process with PID {0x4170}."]
    (both,) = compose.findings(docs["both kinds"], RULE)
    assert both["severity"] == "medium" and "1 of them are of sandboxes" in both["summary"]


def test_near_miss() -> None:
    cases: dict[str, compose.Text] = {
        "as installed": compose.dheapmon(0, X86),
        "its own": compose.dheapmon(0, made("Screen-saver")),
        "another spelling": compose.dheapmon(
            0, [(path.replace("Default", "default"), kb, used) for path, kb, used in X86]
        ),
        "another station": compose.dheapmon(0, [*X86, (r"SAWinSta\Kiosk", 512, 1.0)]),
        "history": {
            "1.txt": compose.banner(3790, time="Mon Nov 16 09:30:00 2026") + FIRES,
            "2.txt": compose.banner(3790, time="Tue Nov 17 09:30:00 2026") + compose.dheapmon(0, X86),
        },
    }
    told = {name: compose.findings(one, RULE) for name, one in compose.documents(cases).items()}
    assert told == {name: [] for name in cases}


def test_no_data() -> None:
    cases: dict[str, compose.Text] = {
        "limit": compose.view_size(20480),
        "nameless": compose.nameless(1, [(3072, 15), (64, 3), (128, 3)]),
    }
    assert set(compose.statuses(cases, RULE).values()) == {"no_data"}


def test_boundary() -> None:
    """One more desktop than Windows makes; and the number of names that a summary bears."""
    one = [*((rf"WinSta0\{name.title()}", 3072, 1.0) for name in USUAL)]
    cases: dict[str, compose.Text] = {
        "Windows' own": compose.dskheap(0, one),
        "one more": compose.dskheap(0, made("Kiosk", base=one)),
    }
    assert compose.statuses(cases, RULE) == {"Windows' own": "clear", "one more": "found"}
    for number in (NAMED - 1, NAMED, NAMED + 1):
        text = compose.dskheap(0, made(*(f"Kiosk{at}" for at in range(number))))
        (finding,) = compose.findings(compose.document(text), RULE)
        assert (f"and {number - NAMED} more" in finding["summary"]) == (number > NAMED)
