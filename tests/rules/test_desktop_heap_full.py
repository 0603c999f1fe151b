"""A full heap: the three lines of the contract at both roundings, and advice that fits the heap's role."""

from __future__ import annotations

from collections.abc import Callable

import compose
import pytest
from compose import DEFAULT, DISCONNECT, SYSTEM, VISTA, WINLOGON, X64, X86, Printed

RULE = "desktop-heap-full"
FULL = ("proved", "likely")
EXACTLY_256 = [Printed(4096, 937, "dheapmon"), Printed(20480, 987, "dheapmon")]
GRID_KB = (100, 124, 128, 132, 512, 768, 2560, 3072, 4092, 4096, 4100, 12288, 20480)


def test_fires() -> None:
    text = compose.dskheap(0, compose.replaced(X86, SYSTEM, 512, 99))
    told = compose.document(text)
    (finding,) = compose.findings(told, RULE)
    assert (finding["severity"], finding["certainty"]) == ("critical", "proved")
    assert " in session 0 is full: 99 % of 512 KB used" in finding["summary"]
    assert compose.cited(finding)[0] == ("-", compose.line_of(text, SYSTEM))
    assert finding["evidence"][0]["text"] == text.splitlines()[compose.line_of(text, SYSTEM) - 1]
    assert "512 KB" in finding["evidence"][0]["shows"] and "99 %" in finding["evidence"][0]["shows"]
    assert finding["subject"] == {
        "session": 0, "window_station": "Service-0x0-3e7$", "desktop": "Default", "size_kb": 512, "used_percent": 99.0, "free_kb": 2.56,
    }  # fmt: skip
    assert (told["verdict"]["mode"], told["verdict"]["certainty"]) == ("single-heap-full", "proved")


def test_likely_below_98_percent() -> None:
    """Failures are on record from 96.1 %; a row alone does not prove one."""
    (finding,) = compose.findings(compose.document(compose.dskheap(0, compose.replaced(X86, SYSTEM, 512, 96))), RULE)
    assert (finding["severity"], finding["certainty"]) == ("critical", "likely")
    assert "is almost full and likely the cause" in finding["summary"]


def test_near_miss() -> None:
    cases: dict[str, compose.Text] = {
        "one below 90": compose.dskheap(0, compose.replaced(X86, SYSTEM, 512, 89)),
        "a large heap at 98": compose.dskheap(0, compose.replaced(X64, DEFAULT, 20480, 98)),
        "Winlogon with 16 KB free": compose.dskheap(0, compose.replaced(X86, WINLOGON, 128, 89)),
        "a heap smaller than 128 KB": compose.dskheap(0, [*X86, (compose.service(1), 124, 89)]),
        "before somebody ended it": compose.dskheap(0, compose.replaced(X86, SYSTEM, 512, 99))
        + compose.dskheap(0, X86),
        "no size": compose.dskheap(0, [*X86, (compose.service(1), 0, 99)]),
        "sizes without a use": compose.dskheap(0, X86) + "\n" + compose.deskscan([(SYSTEM, 256), (DEFAULT, 2048)]),
    }
    assert set(compose.statuses(cases, RULE).values()) == {"clear"}


def test_no_data() -> None:
    cases: dict[str, compose.Text] = {
        "another command": compose.vm4(),
        "a size without a use": compose.in_bytes(6291456, 6291456),
        "a tool that failed": compose.FAILED,
        "a listing that lost rows": compose.dskheap(0, X86, count=9),
        "nothing": "Nothing of a debugger.\n",
    }
    assert set(compose.statuses(cases, RULE).values()) == {"no_data"}


def _of_contract(one: Printed, fixed: bool = False) -> str | None:
    told = compose.judged(one, fixed)
    return told if told in FULL else None


@pytest.mark.parametrize("tool", ["dskheap", "dheapmon"])
@pytest.mark.parametrize(
    ("free_kb", "percents", "sizes"),
    [(16, range(60, 100), range(128, 4097)), (256, range(90, 99), range(4, 60000))],
    ids=["16", "256"],
)
def test_boundary(tool: str, free_kb: int, percents: range, sizes: range) -> None:
    """Free KB just below, at and just above 16 and 256, for each percentage that can be printed."""
    pairs = [one for one in compose.around(free_kb, tool, percents, sizes) if one not in EXACTLY_256]
    assert compose.sides(pairs, free_kb) >= {-1, 1} | ({0} if (free_kb, tool) != (256, "dheapmon") else set())
    assert compose.told_of(pairs, RULE) == {one: _of_contract(one) for one in pairs}


def test_boundary_at_exactly_256() -> None:
    """The two heaps of which dheapmon can tell exactly 256 KB free: at risk, not full."""
    assert [one.free_kb_2000 for one in EXACTLY_256] == [256 * 2000] * 2
    assert compose.told_of(EXACTLY_256, RULE) == dict.fromkeys(EXACTLY_256)


def test_boundary_of_percent_and_size() -> None:
    """90 and 98 %, 128 and 4,096 KB: the figure before, at and after each, in the last digit that the tool prints."""
    for tool, near in (
        ("dskheap", (890, 900, 910, 970, 980, 990, 1000)),
        ("dheapmon", (899, 900, 901, 979, 980, 981, 999, 1000)),
    ):
        pairs = [Printed(kb, tenths, tool) for kb in GRID_KB for tenths in near]
        expected = {one: _of_contract(one) for one in pairs}
        assert {expected[one] for one in pairs} == {"proved", "likely", None}
        assert compose.told_of(pairs, RULE) == expected


def test_boundary_of_fixed_heaps() -> None:
    """Winlogon and Disconnect are left out of the 16 KB line, and of that one alone."""
    told = {}
    texts: dict[str, compose.Text] = {}
    for path, base in ((WINLOGON, X86), (DISCONNECT, X86), (WINLOGON, X64), (DISCONNECT, X64)):
        kb = next(heap[1] for heap in base if heap[0] == path)
        for percent in range(80, 101):
            name = f"{path} {kb} {percent}"
            texts[name] = compose.dskheap(0, compose.replaced(base, path, kb, percent))
            told[name] = _of_contract(Printed(kb, percent * 10, "dskheap"), fixed=True)
    assert set(told.values()) == {"proved", "likely", None}
    found = {name: compose.findings(one, RULE) for name, one in compose.documents(texts).items()}
    assert {name: one[0]["certainty"] if one else None for name, one in found.items()} == told


def test_what_is_no_room_holds_no_process() -> None:
    """With exactly 16 KB free, which would be one process by the figure."""
    heaps: dict[str, compose.Text] = {
        str(kb): compose.dheapmon(0, compose.resized(X86, SYSTEM, kb, 98.7)) for kb in (1280, 1284)
    }
    told = {kb: compose.findings(doc, RULE)[0]["summary"] for kb, doc in compose.documents(heaps).items()}
    assert told["1280"].endswith("at worst 16 KB free, no room for another process.")
    assert told["1284"].endswith("at worst 16.1 KB free, room for about 1 more process at 10 KB.")


OWN = "KB are not the size of such heaps here, so its program chose them (CreateDesktopEx), or the row is of another machine."


def test_no_value_for_a_heap_whose_size_none_gave_it() -> None:
    """One size among others of its kind, unless it is the configured one, or none is the usual one."""
    one = compose.dheapmon(0, [*X86, (compose.service(1), 256, 99.9)])
    cases: dict[str, compose.Text] = {
        "its own": one,
        "the only one": compose.dheapmon(0, [(DEFAULT, 3072, 5.0), (SYSTEM, 256, 99.9)]),
        "two sizes": compose.dheapmon(0, [(DEFAULT, 3072, 5.0), (SYSTEM, 512, 5.0), (compose.service(1), 256, 99.9)]),
        "configured": one + compose.running_sections("1024,3072,256"),
        "interactive": compose.dskheap(0, [*X64, (r"WinSta0\Kiosk", 3072, 99)]),
        "in another session": compose.dheapmon(0, X86) + compose.dheapmon(1, [(DEFAULT, 3072, 5.0), (SYSTEM, 256, 99.9)]),
    }  # fmt: skip
    own = {}
    for name, told in compose.documents(cases).items():
        (finding,) = compose.findings(told, RULE)
        futile = [line["text"] for line in finding["advice"] if line["when"] == "futile"]
        own[name] = any(OWN in line for line in futile)
        assert own[name] == (compose.reboot_advice(finding) == []), name
    assert [name for name, is_own in own.items() if is_own] == ["its own", "interactive"]


def _advice_of(path: str, kb: int, percent: float = 99.5) -> compose.Document:
    installed = 20480 if path.startswith("WinSta0") else 768
    heaps = X64 if path in [heap[0] for heap in X64] else [*X64, (path, installed, 1.0)]
    text = compose.dheapmon(0, compose.resized(heaps, path, kb, percent))
    (finding,) = compose.findings(compose.document(text), RULE)
    return finding


@pytest.mark.parametrize(
    ("path", "kb", "value", "larger"),
    [
        (SYSTEM, 512, "third", 1024),
        (SYSTEM, 768, "third", 1280),
        (r"SAWinSta\SADesktop", 2048, "third", 2560),
        (DEFAULT, 3072, "second", 20480),  # of x86: it was lowered, and its default comes first
        (DEFAULT, 12288, "second", 20480),
        (DEFAULT, 19456, "second", 20480),
        (DEFAULT, 20000, "second", 20480),
        (r"WinSta0\Screen-saver", 3072, "second", 20480),
    ],
)
def test_size_advised(path: str, kb: int, value: str, larger: int) -> None:
    """The third value goes up by 512, the second by 1,024 and never over 20,480; at least to the default of this Windows."""
    (line,) = compose.reboot_advice(_advice_of(path, kb, 99.9))
    assert f"the {value} SharedSection value" in line
    assert f"from {kb} to {larger}" in line


@pytest.mark.parametrize("kb", [20480, 24576])
def test_second_value_never_above_its_ceiling(kb: int) -> None:
    finding = _advice_of(DEFAULT, kb, 99.9)
    assert not compose.reboot_advice(finding)
    assert any(one["when"] == "futile" and "20480" in one["text"] for one in finding["advice"])


@pytest.mark.parametrize(("path", "kb"), [(WINLOGON, 192), (DISCONNECT, 96)])
def test_nothing_to_configure_for_fixed_heaps(path: str, kb: int) -> None:
    finding = _advice_of(path, kb)
    assert not compose.reboot_advice(finding)
    assert not any("SharedSection" in action for action in finding["actions"])
    assert any(one["when"] == "futile" and "fixed size" in one["text"] for one in finding["advice"])


@pytest.mark.parametrize(
    ("path", "kb", "says"),
    [
        (r"SAWinSta\SADesktop", 768, "handle.exe -a SAWinSta"),
        (SYSTEM, 768, "LocalSystem"),
        (compose.service(7), 768, None),
    ],
)
def test_where_to_look(path: str, kb: int, says: str | None) -> None:
    first = _advice_of(path, kb)["actions"][0]
    assert (says is None or says in first) and ("LocalSystem" in first) == (says == "LocalSystem")


AGENTS = r"Service-0x0-2461f$\Default"
LOGGED_ON = compose.logged_on(r"CORP\svc_sql", 149023)
OLD, NEW = compose.banner(3790, name="Windows Server 2003"), compose.banner(7601, name="Windows 7")
SANDBOX = r"Service-0x0-705c8$\sbox_alternate_desktop_0x4170"
# Above the listing, session, the heap that is full; what must be said of it now and for good, and what must not be said at all.
OWNERS: dict[str, tuple[str, int, str, str, str, str]] = {
    "LocalSystem": (OLD, 0, SYSTEM, "stop the services with the most child processes first", "another heap of 512 KB of session view space and new rights, ACLs and SPNs", "WinSta"),
    "LocalSystem since Vista": (NEW, 0, SYSTEM, "All services under LocalSystem", "another heap of 512 KB and new rights", "view space, whose"),
    "LocalSystem of a session": (OLD, 2, SYSTEM, "Outside session 0 these are no services: programs that run there as LocalSystem", "", "All services"),
    "NetworkService": (OLD, 0, r"Service-0x0-3e4$\Default", "All services under NetworkService", "Split the work", "LocalSystem"),
    "LocalService": (OLD, 0, r"Service-0x0-3e5$\Default", "All services under LocalService", "Split the work", "LocalSystem"),
    "an account": (OLD, 0, AGENTS, "wmic path Win32_LoggedOnUser get Antecedent,Dependent, as LogonId 149023 (0x2461f)", "agents on a schedule", "CIM"),
    "an account since Vista": (NEW, 0, AGENTS, "Get-CimInstance Win32_LoggedOnUser | fl (before Windows 8: wmic path", "separate accounts", "before Vista"),
    "an account that nobody names": (OLD, 0, AGENTS, "Run fewer of its jobs at once, or restart the service.", "", "what runs as"),
    "an account on some Windows": ("", 0, AGENTS, "Get-CimInstance Win32_LoggedOnUser | fl (before Windows 8: wmic path", "separate accounts", "LocalSystem"),
    "an account that is named": (OLD + LOGGED_ON, 0, AGENTS, r"logon session 0x2461f is that of CORP\svc_sql. Run fewer of its jobs at once, or restart what runs as CORP\svc_sql.", "on a schedule", "LoggedOnUser"),
    "an account of a session": (OLD, 2, AGENTS, "Outside session 0 that is no service", "", "separate accounts"),
    "a sandbox": (NEW, 2, SANDBOX, "process 16752 (0x4170)", "", "service"),
    "tasks": (OLD, 0, r"SAWinSta\SADesktop", "handle.exe -a SAWinSta", "Mend the task that never ends", "LocalSystem"),
    "a user": (OLD, 2, DEFAULT, "log the user off, which frees all of it", "Fewer windows for each user", "interact"),
    "the console before Vista": (OLD, 0, DEFAULT, "services that may interact with the desktop", "Allow service to interact", "Before Vista:"),
    "session 0 of some Windows": ("", 0, DEFAULT, "Before Vista: Beside the programs", "Before Vista: Untick", "log the user off"),
    "session 0 since Vista": (NEW, 0, DEFAULT, "Nobody is logged on in session 0 since Vista", "show no windows", "interact"),
    "a desktop of a program": (OLD, 2, r"WinSta0\Tools", "started on the desktop Tools", "", "log the user off"),
    "Winlogon before Vista": (OLD, 0, WINLOGON, "Find out which program", "remote control.", "User Account Control"),
    "Winlogon since Vista": (NEW, 0, WINLOGON, "Find out which program", "User Account Control", "restart"),
    "a station of a program": (OLD, 0, r"TWS_JOBS_WINSTA\TWS", "the program that made this window station", "", "LocalSystem"),
}  # fmt: skip


@pytest.fixture(scope="module")
def of_owners() -> dict[str, compose.Document]:
    def text(above: str, session: int, path: str) -> str:
        # Its name alone tells that a Windows is older than Vista.
        others = [heap for heap in X86 if heap[0] != path and (above == OLD or "SAWinSta" not in heap[0])]
        kb = next((heap[1] for heap in X86 if heap[0] == path), 512)
        return above + compose.dskheap(session, [*others, (path, kb, 99)])

    return compose.documents({name: text(*case[:3]) for name, case in OWNERS.items()})


@pytest.mark.parametrize("name", OWNERS)
def test_advice_by_owner(of_owners: dict[str, compose.Document], name: str) -> None:
    """What to end depends on who shares the heap, and so does what to change for good."""
    *_, now, cause, never = OWNERS[name]
    (finding,) = compose.findings(of_owners[name], RULE)
    told = {
        when: " ".join(one["text"] for one in finding["advice"] if one["when"] == when) for when in ("now", "cause")
    }
    assert now in told["now"] and cause in told["cause"]
    assert never not in told["now"] + told["cause"] + " ".join(compose.reboot_advice(finding))


def test_the_account_is_cited(of_owners: dict[str, compose.Document]) -> None:
    (finding,) = compose.findings(of_owners["an account that is named"], RULE)
    assert r"Service-0x0-2461f$\Default (CORP\svc_sql)" in finding["summary"]
    assert any(r"that of CORP\svc_sql" in one["shows"] and "149023" in one["text"] for one in finding["evidence"])


def test_an_account_that_two_texts_deny_is_not_named() -> None:
    """A LUID means something else after each restart; texts of two boots must not name the wrong account."""
    heap = compose.dskheap(0, [*X86, (AGENTS, 512, 99)])
    other, same = (compose.logged_on(name, 149023) for name in (r"CORP\frieda", r"corp\SVC_SQL"))
    told = compose.documents(
        {
            "two": heap + LOGGED_ON + other,
            "one": heap + LOGGED_ON + same,
            "of another machine": {"A/a.txt": heap, "B/b.txt": LOGGED_ON},
        }
    )
    named = {name: "CORP" in compose.findings(one, RULE)[0]["summary"] for name, one in told.items()}
    assert named == {"two": False, "one": True, "of another machine": False}


@pytest.mark.parametrize("listing", [compose.dskheap, compose.dheapmon])
def test_view_size_is_no_action(listing: Callable[..., str]) -> None:
    """A larger view gives room for more heaps, not for a fuller one: it stands among what is futile."""
    (finding,) = compose.findings(compose.document(listing(0, compose.replaced(X86, SYSTEM, 512, 99))), RULE)
    assert not any("SessionViewSize" in action for action in finding["actions"])
    assert any(one["when"] == "futile" and "SessionViewSize" in one["text"] for one in finding["advice"])


def test_every_full_heap_is_told() -> None:
    heaps = compose.replaced(compose.replaced(X86, SYSTEM, 512, 99), DEFAULT, 3072, 97)
    told = compose.document(compose.dskheap(0, heaps))
    assert [one["subject"]["window_station"] for one in compose.findings(told, RULE)] == ["WinSta0", "Service-0x0-3e7$"]
    assert "Service-0x0-3e7$" in told["verdict"]["summary"], "the proved one, not the first one"


FALLEN_BACK = [
    ("WinSta0\\Default", 512, 5),
    ("WinSta0\\Disconnect", 64, 4),
    ("WinSta0\\Winlogon", 128, 5),
    (SYSTEM, 128, 97),
]


def test_a_larger_heap_that_does_not_fit_is_not_advised() -> None:
    """24 service heaps of 1,024 KB instead of 512 do not fit into 20 MB: the services would not start after the restart."""
    many = [*X86, *((compose.service(at), 512, 2) for at in range(22))]
    text = compose.dskheap(0, compose.replaced(many, SYSTEM, 512, 99)) + compose.view_size(20480)
    (finding,) = compose.findings(compose.document(text), RULE)
    assert compose.reboot_advice(finding) == []
    assert any("does not fit" in one["text"] for one in finding["advice"] if one["when"] == "futile")


def test_a_larger_heap_is_not_advised_where_another_session_has_no_room_for_it() -> None:
    """SharedSection counts in all sessions: 16,576 KB of heaps in session 0 leave no 1,024 KB of 20 MB."""
    crowded = compose.dskheap(0, [*X86, *((compose.service(at), 512, 2) for at in range(22))])
    user = compose.dskheap(3, compose.replaced(X86[:3], DEFAULT, 3072, 97))
    (finding,) = compose.findings(compose.document(crowded + user + compose.view_size(20480)), RULE)
    assert compose.reboot_advice(finding) == []
    assert any("another session" in one["text"] for one in finding["advice"] if one["when"] == "futile")
    (finding,) = compose.findings(compose.document(compose.dskheap(0, X86) + user + compose.view_size(20480)), RULE)
    assert any("from 3072 to 4096" in line for line in compose.reboot_advice(finding))


def test_boundary_of_what_fits() -> None:
    """To the KB: all service heaps of this session with a larger one, and the room that is left for all of those in another session."""
    full = compose.dskheap(
        0, compose.replaced(X86, SYSTEM, 512, 99)
    )  # 5,312 KB, of which four service heaps grow by 512 each
    after = 5312 + 4 * 512 + 4096
    cases: dict[str, compose.Text] = {f"own {kb}": full + compose.view_size(after + kb) for kb in (-1, 0, 1)}
    for kb in (-1, 0, 1):
        other = [
            (compose.service(1), 15000 - 4096 - 5 * 512 - kb - 5312, 2)
        ]  # with its 5,312 KB, so much is left of 15,000 for five service heaps
        cases[f"other {kb}"] = full + compose.dskheap(3, [*X86, *other]) + compose.view_size(15000)
    told = {}
    for name, document in compose.documents(cases).items():
        (finding,) = compose.findings(document, RULE)
        told[name] = [line for line in compose.reboot_advice(finding) if "from 512 to 1024" in line]
    assert {name: bool(lines) for name, lines in told.items()} == {
        "own -1": False, "own 0": True, "own 1": True, "other -1": False, "other 0": True, "other 1": True,
    }  # fmt: skip
    assert "then take 7,360 KB of 11,456 KB." in told["own 0"][0]


def test_the_fallback_sizes_are_not_raised() -> None:
    """512 and 128 KB are what Windows takes when the configured heaps do not fit: the configured values are others."""
    (finding,) = compose.findings(compose.document(compose.dskheap(0, FALLEN_BACK)), RULE)
    (line,) = compose.reboot_advice(finding)
    assert "falls back" in line and "640" not in line


def test_a_small_interactive_heap_is_no_fallback() -> None:
    """Only services fall back to 128 KB."""
    (finding,) = compose.findings(compose.document(compose.dskheap(0, compose.replaced(X86, DEFAULT, 128, 99))), RULE)
    (line,) = compose.reboot_advice(finding)
    assert "second SharedSection value from 128 to 3072" in line


def test_no_price_in_view_space_since_vista() -> None:
    listing = compose.dskheap(0, compose.replaced(VISTA, SYSTEM, 768, 99)) + compose.view_size(20480)
    (finding,) = compose.findings(compose.document(listing), RULE)
    (line,) = compose.reboot_advice(finding)
    assert line == "Raise the third SharedSection value from 768 to 1280; it counts after a restart."


def test_how_many_more_processes() -> None:
    """At 10 KB each; with 16 KB free none starts."""
    cases: dict[str, compose.Text] = {
        str(percent): compose.dskheap(0, compose.replaced(X86, SYSTEM, 512, percent)) for percent in (95, 96, 97)
    }
    said = {name: compose.findings(one, RULE)[0]["summary"] for name, one in compose.documents(cases).items()}
    assert "23 KB free, room for about 2 more processes" in said["95"]
    assert "17.9 KB free, room for about 1 more process at 10 KB." in said["96"]
    assert "12.8 KB free, no room for another process" in said["97"]
    (finding,) = compose.findings(compose.document(compose.dskheap(0, [*X86, (compose.service(1), 1600, 97)])), RULE)
    assert "40 KB free, room for about 4 more processes" in finding["summary"]


def test_no_advice_is_empty() -> None:
    """A heap of a program's own station, a named desktop, one whose owner is not known: what holds for all is told, and nothing beside it."""
    heaps = [(r"Private\Default", 1024, 99), (r"WinSta0\Kiosk", 2048, 99), (compose.service(1), 512, 99)]
    told = compose.findings(compose.document(compose.dskheap(0, [*X86, *heaps])), RULE)
    assert len(told) == 3 and all(one["text"] for finding in told for one in finding["advice"])
    (whole,) = compose.findings(compose.document(compose.dheapmon(0, compose.replaced(X86, SYSTEM, 512, 93.9))), RULE)
    assert "at worst 31 KB free" in whole["summary"], "30.976 KB: no decimal that says nothing"
