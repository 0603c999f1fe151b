"""A symptom beside a listing with room: no sign here, and what else fits."""

from __future__ import annotations

import compose
import pytest
from compose import SYSTEM, VISTA, X64, X86
from test_symptoms import SAID

from dumpscan.rules.symptom_without_sign import ELSE, FILLING, HALF
from dumpscan.symptoms import BY_SIGNATURE

RULE = "symptom-without-sign"
DIED = "The service ends with 0xc0000142.\n"
LISTING = compose.dheapmon(0, X86)
FIRES = LISTING + DIED


def test_fires() -> None:
    told = compose.document(FIRES)
    (finding,) = compose.findings(told, RULE)
    assert (finding["severity"], finding["certainty"]) == ("info", "likely")
    assert "no sign of desktop heap exhaustion" in finding["summary"]
    assert r"Service-0x0-3e7$\Default in session 0, is 15.0 % used of 512 KB" in finding["summary"]
    assert sorted(compose.cited(finding)) == [
        ("-", compose.line_of(FIRES, SYSTEM)),
        ("-", compose.line_of(FIRES, "c0000142")),
    ]
    said = finding["actions"]
    assert "AppInit_DLLs" in said[1] and "security products" in said[1]
    assert any("gflags" in one and "+sls" in one for one in said)
    assert told["verdict"]["mode"] == "no-sign"


def test_missing_rights() -> None:
    """What tells them from a full heap: the first child fails, and only programs that load user32.dll."""
    told = compose.documents(
        {name: LISTING + text for name, text in (("code", DIED), ("exit", SAID["exit-code-128"] + "\n"))}
    )
    for one in told.values():
        (finding,) = compose.findings(one, RULE)
        (line,) = (text for text in finding["actions"] if "no right on window station" in text)
        assert all(words in line for words in ("the first one fails each time", "user32.dll (where, curl, whoami)", "ping", "lpDesktop", "N-th"))  # fmt: skip


def test_near_miss() -> None:
    cases: dict[str, compose.Text] = {
        "no symptom": LISTING,
        "points away": LISTING + "The paging file is too small for this operation to complete.\n",
        "full": compose.dheapmon(0, compose.replaced(X86, SYSTEM, 512, 99)) + DIED,
        "cut": compose.without(LISTING, r"Service-0x0-3e4$") + DIED,
        "one session failed": LISTING + DIED + "kd> !dskheap -s 1\n" + compose.UNREADABLE,
        "tight view": compose.dheapmon(0, compose.filling(20000, 512)) + compose.view_size(20480) + DIED,
        "event": LISTING + compose.event(243) + DIED,
        "lowered": compose.dheapmon(0, compose.replaced(X86, SYSTEM, 256, 60)) + DIED,
        "not listed": DIED,
    }
    assert {name: compose.findings(told, RULE) for name, told in compose.documents(cases).items()} == {
        name: [] for name in cases
    }


def test_no_data() -> None:
    assert set(compose.statuses({"heaps": LISTING, "symptom": DIED, "prose": "Nothing.\n"}, RULE).values()) == {
        "no_data"
    }


def test_boundary() -> None:
    """Just below, at and above the lines of a filling heap and of a lowered one."""
    cases: dict[str, compose.Text] = {}
    expected = {}
    for percent in (FILLING - 0.1, FILLING, FILLING + 0.1):
        name = f"filling {percent}"
        cases[name] = compose.dheapmon(0, compose.replaced(X86, SYSTEM, 512, percent)) + DIED
        expected[name] = percent < FILLING
    for percent in (HALF - 0.1, HALF, HALF + 0.1):
        for kb in (508, 512):
            name = f"lowered {kb} {percent}"
            cases[name] = compose.dheapmon(0, compose.replaced(X86, SYSTEM, kb, percent)) + DIED
            expected[name] = kb == 512 or percent < HALF
    told = compose.documents(cases)
    assert {name: bool(compose.findings(made, RULE)) for name, made in told.items()} == expected
    for name, made in told.items():
        assert (made["verdict"]["mode"] == "no-sign") == expected[name], name


@pytest.mark.parametrize("view_kb", [7871 + 4096, 7872 + 4096, 7873 + 4096])
def test_room_in_the_view(view_kb: int) -> None:
    """The heaps, the next one and what others take: exactly so much is room enough."""
    heaps = compose.filling(7360, 512)
    told = compose.document(compose.dheapmon(0, heaps) + compose.view_size(view_kb) + DIED)
    assert bool(compose.findings(told, RULE)) == (view_kb >= 7360 + 512 + 4096)


def test_no_limit_since_vista() -> None:
    told = compose.document(compose.dskheap(0, VISTA) + DIED)
    (finding,) = compose.findings(told, RULE)
    assert finding["summary"].endswith("session view space has no practical limit there.")


def test_history_does_not_count() -> None:
    full = compose.dheapmon(0, compose.replaced(X86, SYSTEM, 512, 99))
    assert compose.findings(compose.document(full + LISTING + DIED), RULE)
    assert not compose.findings(compose.document(LISTING + full + DIED), RULE)


@pytest.mark.parametrize("signature", [one for signatures, _ in ELSE for one in signatures])
def test_each_symptom_has_what_else_fits(signature: str) -> None:
    assert signature in BY_SIGNATURE
    told = compose.document(compose.dskheap(0, X64) + compose.filler(2) + SAID[signature] + "\n")
    (finding,) = compose.findings(told, RULE)
    (advice,) = (advice for signatures, advice in ELSE if signature in signatures)
    assert {text for _, text in advice} <= set(finding["actions"])


def test_what_speaks_against_no_sign() -> None:
    """Heaps that fill most of a view, or that no printed limit clears; the sign of another machine is none."""
    xp = compose.XP
    cases: dict[str, compose.Text] = {
        "just below three quarters": compose.dheapmon(0, compose.filling(15359, 512)) + compose.view_size(20480) + DIED,
        "three quarters": compose.dheapmon(0, compose.filling(15360, 512)) + compose.view_size(20480) + DIED,
        "exhausted": compose.dheapmon(0, compose.filling(20400, 512)) + compose.view_size(20480) + DIED,
        "no limit printed, and much of it": compose.dheapmon(0, compose.filling(17000, 512)) + DIED,
        "no limit printed, and little of it": compose.dheapmon(0, compose.filling(9000, 512)) + DIED,
        "lowered on x64": compose.dheapmon(0, compose.replaced(X64, SYSTEM, 512, 60)) + DIED,
        "interactive, half used": compose.dheapmon(0, compose.replaced(X86, compose.WINLOGON, 128, 60)) + DIED,
        "no room left": compose.dheapmon(0, compose.replaced(X86, SYSTEM, 128, 79)) + DIED,
        "full elsewhere": {"a/a.txt": xp + LISTING + DIED, "b/b.txt": xp + compose.dheapmon(0, compose.replaced(X86, SYSTEM, 512, 99))},
    }  # fmt: skip
    told = {name: compose.findings(doc, RULE) for name, doc in compose.documents(cases).items()}
    assert {name for name, found in told.items() if found} == {
        "just below three quarters", "no limit printed, and little of it", "interactive, half used", "full elsewhere",
    }  # fmt: skip
    (one,) = told["full elsewhere"]
    assert one["machine"] == "a"
    assert one["subject"] == {"symptoms": ["dll-init-failed"], "used_percent": 15.0, "session": 0}
    assert one["summary"].endswith("session view space has room.")
    assert [part["when"] for part in one["advice"]] == ["now", "now", "now", "now", "cause", "futile"]
    assert [part["shows"] for part in one["evidence"]] == [
        "the fullest heap: 15 % of 512 KB used", "a symptom (dll-init-failed), as somebody saw or wrote it",
    ]  # fmt: skip
