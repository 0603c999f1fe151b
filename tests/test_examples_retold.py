r"""The worked examples of which no listing was published, retold: what their authors told, in the form in which a tool would print it.

E5, E7 to E10, E12 to E21, E24 to E27, E31, E32, E34 and E39 to E41 are composed by us: the figures are those of the exhibits, everything
around them is invented. E42 to E49 follow published outputs, with their figures. Where the contract or the review by field
experience outranks the verdict of the older rules, `why` says so.
"""

from __future__ import annotations

from typing import NamedTuple

import compose
import pytest
from compose import DEFAULT, DISCONNECT, SYSTEM, VISTA, WINLOGON, X86, Document, Heap

VIEW_RULES = {
    "session-view-space-exhausted",
    "session-view-space-pressure",
    "limit-contradicts-heaps",
    "session-view-limit-unknown",
}
# Nothing that accuses a desktop heap or the view.
NO_HEAP = {
    "desktop-heap-full",
    "desktop-heap-at-risk",
    "desktop-heap-grows",
    "service-heap-lowered",
    "heap-allocation-failed",
    *VIEW_RULES,
}
NO_HEAP |= {"desktop-creation-failed", "desktop-creation-unexplained"}
TASKS, AGENTS = r"SAWinSta\SADesktop", r"Service-0x0-1b3f7$\Default"
XP, SERVER, W2K = (
    compose.banner(build, name=f"Windows {name}")
    for build, name in ((2600, "XP"), (3790, "Server 2003"), (2195, "2000"))
)
NT4 = compose.banner(1381, name="Windows NT 4.0")


def registry(sections: str) -> str:
    """The value that holds SharedSection, as reg query prints it."""
    key = r"HKEY_LOCAL_MACHINE\SYSTEM\CurrentControlSet\Control\Session Manager\SubSystems"
    value = rf"%SystemRoot%\system32\csrss.exe ObjectDirectory=\Windows SharedSection={sections} Windows=On SubSystemType=Windows"
    dlls = "ServerDll=basesrv,1 ServerDll=winsrv:UserServerDllInitialization,3 ServerDll=winsrv:ConServerDllInitialization,2"
    return f"\n{key}\n    Windows    REG_EXPAND_SZ    {value} {dlls} ProfileControl=Off MaxRequestThreads=16\n\n"


def memory_management(**values: int) -> str:
    """The key of the memory manager as reg query prints it whole, with these values."""
    key = r"HKEY_LOCAL_MACHINE\SYSTEM\CurrentControlSet\Control\Session Manager\Memory Management"
    all_values = {
        "ClearPageFileAtShutdown": 0,
        "LargeSystemCache": 1,
        "NonPagedPoolSize": 0,
        "PagedPoolSize": 0,
        **values,
        "SystemPages": 0xC3000,
    }
    rows = "".join(f"    {name}    REG_DWORD    {number:#x}\n" for name, number in all_values.items())
    return f'\nC:\\>reg query "HKLM\\SYSTEM\\CurrentControlSet\\Control\\Session Manager\\Memory Management"\n\n{key}\n{rows}\nC:\\>\n'


def quotas(user: int, gdi: int) -> str:
    key = r"HKEY_LOCAL_MACHINE\SOFTWARE\Microsoft\Windows NT\CurrentVersion\Windows"
    return f"\n{key}\n    GDIProcessHandleQuota    REG_DWORD    {gdi:#x}\n    USERProcessHandleQuota    REG_DWORD    {user:#x}\n\n"


def boot_ini(options: str) -> str:
    path = r"multi(0)disk(0)rdisk(0)partition(1)\WINDOWS"
    return f'[boot loader]\ntimeout=30\ndefault={path}\n[operating systems]\n{path}="Windows Server 2003, Standard" /fastdetect {options}\n\n'


def with_heap(path: str, kb: int, percent: float, third: int = 512) -> list[Heap]:
    """Session 0 of Server 2003 with this third value, and one heap with these figures."""
    others = [(name, third if size == 512 else size, used) for name, size, used in X86 if name != path]
    return [*others, (path, kb, percent)]


def fallen_back() -> list[Heap]:
    """The pair of sizes that Windows falls back to when the configured ones do not fit into the view."""
    return [(path, {3072: 512, 512: 128}.get(kb, kb), 9) for path, kb, _ in X86]


def services_of_1024() -> list[Heap]:
    """Seven service heaps of 1,024 KB: 1,536 KB each fit into 20 MB beside GDI and others, 2,048 KB do not."""
    return [*with_heap(SYSTEM, 1024, 98.6, third=1024), *((compose.service(at), 1024, 4) for at in range(3))]


def tssessions(session: int, stations: dict[str, list[tuple[str, int]] | None], own: tuple[str, str, int]) -> str:
    """TSSessions: sizes of heaps, no use; a station without a list refused."""
    station, desktop, kb = own
    head = f"This process/thread running in:\n\n    TS Session:  {session}\n\n    WinSta:      {station}\n    User:        (no user)\n    Flags:       0x00000000\n\n"
    head += f"    Desktop:     {desktop}\n    User:        (no user)\n    Flags:       0x00000000\n    Heap size:   {kb} KB\n\n"
    head += (
        r"    Running as:  S-1-5-18 - NT AUTHORITY\SYSTEM"
        + f"\n\nWindow stations in the current session: {len(stations)}\n\n"
    )
    for name, desktops in stations.items():
        head += f"    WS name    : {name}\n      Flags    : 0x00000000\n      User     : (no user)\n"
        if desktops is None:
            head += "      Unable to enumerate desktops: Access is denied. Error # 5 (0x00000005)\n\n"
            continue
        head += f"      Desktops in WS {name}: {len(desktops)}\n\n"
        for one, size in desktops:
            head += f"        Name : {one}\n          Flags    : 0x00000000\n          User     : (no user)\n          Heap size: {size} KB\n          UserInput: No\n\n"
    return head


def probed(kind: str, session: int, account: str, percent: float, kb: int) -> str:
    head = "\n  DesktopHeapDiag - Desktop Heap Diagnostic Tool\n  https://github.com/leonardomsft/DesktopHeapDiag\n\n"
    return f"{head}Probing the {kind} Desktop Heap in session {session} for account {account}...\nDesktop Heap is {percent}% busy. Current limit: {kb} KB\n"


def gui_objects(session: int, rows: list[tuple[int, str, int, int, int, int]], everywhere: tuple[int, int]) -> str:
    """GuiObjectUse: PID, process, USER objects and their peak, GDI objects and theirs; then the totals."""
    text = "Session\tPID\tProcess name\tPPID\tServices\tUser SID\tUser name\tUSER objects\tUSER objects peak\tGDI objects\tGDI objects peak\n"
    for pid, name, *counts in rows:
        text += (
            f"{session}\t{pid}\t{name}\t692\t\tS-1-5-18\tNT AUTHORITY\\SYSTEM\t" + "\t".join(map(str, counts)) + "\n"
        )
    sums = [sum(column) for column in zip(*(row[2:] for row in rows), strict=True)]
    text += f"{session}\tTOTAL\t[enumerated processes]\t\t\t\t\t" + "\t".join(map(str, sums)) + "\n"
    return text + f"{session}\tGR_GLOBAL\t[Session-wide usage]\t\t\t\t\t{everywhere[0]}\t{everywhere[1]}\t460\t591\n"


SERVICES_OF_SESSION_0 = [
    (704, "csrss.exe", 83, 85, 181, 183),
    *((1000 + at, "svchost.exe", 2, 3, 0, 0) for at in range(20)),
    (1496, "svchost.exe", 13, 23, 0, 0),
]
FLEET = "Starting service 111 of 250 under LocalSystem: child finished with code -1073741502\n"


class Expected(NamedTuple):
    """What must be said of an example."""

    text: compose.Text
    mode: str
    certainty: str | None = None
    reason: str | None = None
    rules: frozenset[str] = frozenset()  # all of them fire
    never: frozenset[str] = frozenset()  # none of them
    advice: tuple[str, ...] = ()  # stands in what is advised for the next restart
    no_advice: tuple[str, ...] = ()  # stands nowhere in what is advised
    why: str = ""


def full(
    text: compose.Text,
    certainty: str,
    *advice: str,
    never: set[str] | None = None,
    rules: set[str] | None = None,
    why: str = "",
) -> Expected:
    """A full heap, with the next size."""
    return Expected(
        text, "single-heap-full", certainty, rules=frozenset({"desktop-heap-full", *(rules or set())}), never=frozenset(never or VIEW_RULES), advice=advice, why=why
    )  # fmt: skip


def symptom(text: str, *rules: str, why: str = "") -> Expected:
    """Somebody saw something, and nothing was measured."""
    return Expected(
        text, "undecided", None, "symptom_only", frozenset({"symptom-unmeasured", *rules}), frozenset(NO_HEAP), why=why
    )  # fmt: skip


def nothing(text: str, *rules: str, why: str = "") -> Expected:
    """Nothing that tells about heaps."""
    return Expected(text, "undecided", None, "no_evidence", frozenset(rules), frozenset(NO_HEAP), why=why)


def no_sign(
    text: compose.Text, *rules: str, never: set[str] | None = None, no_advice: tuple[str, ...] = (), why: str = ""
) -> Expected:
    return Expected(
        text,
        "no-sign",
        "likely",
        None,
        frozenset(rules),
        frozenset(NO_HEAP | (never or set())),
        no_advice=no_advice,
        why=why,
    )


SLASH = boot_ini("/3GB /PAE /USERVA:3030")
EVENT_244 = compose.event(244, text="Failed to create a desktop due to desktop heap exhaustion.")
ERROR_8 = "Not enough storage is available to process this command.\n"
EXAMPLES: dict[str, Expected] = {
    # One session's heaps, measured.
    "E5": Expected(
        SERVER + boot_ini("/3GB") + memory_management(SessionViewSize=48) + compose.dheapmon(0, compose.filling(16384, 512)) + compose.view_size(20480),
        "at-risk", "likely", rules=frozenset({"session-view-space-pressure", "slash-3gb"}), never=frozenset({"desktop-heap-full", "session-view-space-exhausted"}),
        no_advice=("from 512 to 1024", "from 3072 to"),
        why="R31 called 16 MB in 20 MB exhausted; the contract asks for V - S < next, and without event 244 it is at risk.",
    ),
    "E7": full(SERVER + compose.dheapmon(0, with_heap(SYSTEM, 512, 99.2)) + compose.view_size(49152), "proved", "third SharedSection value from 512 to 1024"),
    "E8": full(SERVER + compose.dheapmon(1, [(DEFAULT, 3072, 99.9), *X86[1:3]]), "proved", "second SharedSection value from 3072 to 4096"),
    "E9": full(XP + compose.dheapmon(0, with_heap(AGENTS, 512, 96.5)), "likely", "third SharedSection value from 512 to 1024", why="R02 said probable; so does the contract: 90 % and more with less than 256 KB free."),
    "E10": no_sign(
        SERVER + boot_ini("/3GB") + registry("1024,3072,2048") + compose.dheapmon(0, fallen_back()),
        "fallback-sizes", "slash-3gb", no_advice=("from 128 to", "from 512 to"),
        why="The heaps have room, so nothing says that one is full: fallback-sizes tells that the configured 2,048 KB are not in force.",
    ),
    "E13": no_sign(
        SERVER + compose.dheapmon(0, X86) + "\nWe plan to set SharedSection=1024,3072,2048 next week; /3GB is not used.\n",
        never={"heap-sizes-changed", "reboot-pending", "slash-3gb", "fallback-sizes"}, why="A plan in prose is mentioned, never a fact.",
    ),
    "E15": full(
        XP + compose.dheapmon(0, with_heap(AGENTS, 512, 98.8)) + "The 23rd child ends with 0xC0000142. With 256 it is the 8th, with 1024 there were 40 and more.\n",
        "proved", "third SharedSection value from 512 to 1024",
    ),
    "E20": full(
        SERVER + compose.dheapmon(0, services_of_1024()) + compose.view_size(20480), "proved", "third SharedSection value from 1024 to 1536",
        never={"session-view-space-exhausted"}, why="2,048 broke the starts of services: any value between, rounded to pages.",
    ),
    "E24": full(W2K + compose.dheapmon(0, [heap for heap in with_heap(AGENTS, 512, 98.2) if heap[0] != DISCONNECT]), "proved", "third SharedSection value from 512 to 1024"),
    "E25": Expected(
        "".join(
            compose.banner(6000, name="Windows Vista", time=f"Mon Mar {day:02} 09:30:00 2026") + compose.dskheap(1, [(DEFAULT, 3072, percent), *X86[1:3]])
            for day, percent in ((2, 40), (5, 55), (8, 70))
        ),
        "at-risk", "likely", rules=frozenset({"desktop-heap-grows"}), never=frozenset({"desktop-heap-full", *VIEW_RULES}), no_advice=("SessionViewSize",),
        why="He only told that fewer windows fit each time (R68, a suspicion); captures over days make a trend of it.",
    ),
    "E27": full(
        "".join(SERVER + compose.dheapmon(2, [(DEFAULT, 3072, percent), *X86[1:3]]) for percent in (95.0, 99.0)), "proved", "second SharedSection value from 3072 to 4096"
    ),
    "E31": no_sign(SERVER + compose.dheapmon(0, X86) + compose.view_size(245760), why="11 displays and 240 MB of view: the view is not the proven cause."),
    "E32": no_sign(SERVER + compose.dheapmon(0, compose.replaced(X86, SYSTEM, 512, 13.5)) + "Fatal Application Exit : System Object not created\n", "symptom-without-sign"),
    # Events.
    "E16": Expected(
        SERVER + EVENT_244, "view-space-exhausted", "likely", rules=frozenset({"desktop-creation-failed"}), never=frozenset({"desktop-heap-full"}), advice=("Fewer or smaller service heaps (the third SharedSection value)",), no_advice=("SessionViewSize may grow", "Raise SessionViewSize"),
        why="R46 said critical and certain; \"usually\" the view (comment 50), commit or pool fit, too: likely. A larger view is not advised without !vm.",
    ),
    "E16 on Vista and later": Expected(
        compose.banner(7601, name="Windows 7") + EVENT_244, "undecided", None, "symptom_only", frozenset({"desktop-creation-unexplained"}),
        frozenset({"desktop-creation-failed"}), no_advice=("SessionViewSize",), why="The same event where view space has no limit: R46 against R38.",
    ),
    "E19": Expected(
        SERVER + EVENT_244 + compose.event(6008, "2007-03-12 09:14:00", source="EventLog", text="The previous system shutdown was unexpected."),
        "view-space-exhausted", "likely", rules=frozenset({"desktop-creation-failed"}), why="The event speaks for the view at the boot, not for the hang days later (R89).",
    ),
    # Settings.
    "E17": Expected(
        SERVER + SLASH + registry("1024,4096,512") + quotas(65536, 65536) + ERROR_8, "undecided", None, "symptom_only",
        frozenset({"handle-quotas-changed", "heap-sizes-changed", "slash-3gb"}), frozenset(NO_HEAP),
        why="R95: error 8 names nothing. A quota of 65,536 for USER objects is above the 18,000 that are documented.",
    ),
    "E21": no_sign(
        XP + registry("1024,8192,512") + quotas(15000, 15000) + compose.dheapmon(0, compose.replaced(X86, DEFAULT, 8192, 12)),
        "handle-quotas-changed", "heap-sizes-changed", why="R74: 3,000 GDI objects in the browser; larger heaps and quotas did not help, and no heap is short.",
    ),
    "E34": nothing(SERVER + memory_management(SessionPoolSize=16), "small-view-by-default"),
    "E39": symptom(
        NT4 + registry("1024,3072") + "The specified CGI application misbehaved by not returning a complete set of HTTP headers. The headers it did return are:\n",
        "third-value-missing", "known-issue", why="R18, R21, R83: without a third value each service desktop costs 3,072 KB.",
    ),
    # Told, not measured.
    "E12": symptom("The service fails with exit code 128 under one account only; the heaps look the same.\n", why="R65: only data can decide."),
    "E14": symptom("Error Type: ASP 0177 : 8007000E\nServer.CreateObject Failed. Recycling the pool cures it for an hour.\n", why="R85: probably the memory of a process."),
    "E18": nothing("Each child takes 9 KB, 6 KB less since we call neither wsprintf nor SHGetFolderPath.\n", why="R103: costs, no fault."),
    "E26": symptom(f"CreateCompatibleBitmap fails earlier in each run, although the program ended in between: {ERROR_8}", why="R72, R75: not a heap, which is cleaned when a program ends; !vm 4."),
    "E40": symptom(NT4.replace("1381", "1381 (Service Pack 3)") + "After some days each CreateProcess of our threads ends with exit code 128, on two processors with Service Pack 3.\n", "known-issue", why="R92: a leak of NT 4.0 before SP4, found by the text of its article."),
    "E41": Expected(
        "CoGetClassObject fails with 0x80040154 when two threads call it at once, and inetinfo.exe ended with an access violation (0xC0000005).\n",
        "undecided", None, "no_evidence", frozenset({"looks-alike"}), frozenset(NO_HEAP), why="R90, R91: must not be taken for desktop heap.",
    ),
    # Tools of newer Windows; the figures are those of the published outputs.
    "E42": Expected(
        tssessions(
            2, {"WinSta0": [("Default", 20480), ("Disconnect", 96), ("Winlogon", 192)], "Service-0x0-705c8$": [("sbox_alternate_desktop_0x4170", 768)]}, ("WinSta0", "Default", 20480)
        ),
        "undecided", None, "no_evidence", never=frozenset(NO_HEAP | {"service-logons-proliferate", "extra-interactive-desktops"}), why="A browser's sandbox is no service.",
    ),
    "E43": Expected(
        tssessions(
            0,
            {
                "WinSta0": [("Default", 20480), ("Disconnect", 96), ("Winlogon", 192)], "msswindowstation": [("mssrestricteddesk", 768)],
                "Service-0x0-3e7$": None, "Service-0x0-3e4$": None, "Service-0x0-3e5$": None,
            },
            ("Service-0x0-3e7$", "Default", 768),
        ),
        "undecided", None, "no_evidence", never=frozenset(NO_HEAP | {"service-logons-proliferate"}), why="Sizes tell nothing of the use, and three stations were refused.",
    ),
    "E44": nothing(probed("Interactive", 2, "Frieda", 9.2, 20480), why="R04; the tool takes the size from the registry, so it clears no session."),
    "E45": nothing(probed("Non-Interactive", 0, "SYSTEM", 7.6, 768)),
    "E46": nothing(probed("Non-Interactive", 0, "SRV7$", 6.0, 768)),
    "E47": Expected(
        gui_objects(0, SERVICES_OF_SESSION_0, (139, 460)), "undecided", None, "no_evidence", never=frozenset(NO_HEAP | {"user-objects-offender", "session-handles", "handle-quota-reached"}),
        why="136 USER objects in 22 processes are a healthy session 0 (R51).",
    ),
    "E48": Expected(
        "0: kd> !session\nError reading bitmap header @ 0x0000000000000400.\nError in reading current session\n", "undecided", None, "tool_failed",
        frozenset({"tool-failed"}), frozenset(NO_HEAP),
    ),
    "E49": symptom(FLEET, why="About 110 of 250 services start: R08 and R56, once a listing shows the heap of LocalSystem."),
    "E49 listed": full(
        compose.banner(9200, name="Windows Server 2012", target="x64") + compose.dskheap(0, compose.replaced(VISTA, SYSTEM, 768, 99)) + FLEET,
        "proved", "third SharedSection value from 768 to 1280",
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
def told() -> dict[str, Document]:
    return compose.documents({name: one.text for name, one in EXAMPLES.items()})


@pytest.mark.parametrize("name", EXAMPLES)
def test_verdict(told: dict[str, Document], name: str) -> None:
    expected, verdict = EXAMPLES[name], told[name]["verdict"]
    assert (verdict["mode"], verdict["certainty"]) == (expected.mode, expected.certainty), expected.why
    assert verdict["reason"] == expected.reason, expected.why


@pytest.mark.parametrize("name", EXAMPLES)
def test_rules(told: dict[str, Document], name: str) -> None:
    fired, expected = compose.fired(told[name]), EXAMPLES[name]
    assert expected.rules - fired == set(), expected.why
    assert fired & expected.never == set(), expected.why
    assert not [one["reason"] for one in told[name]["outcomes"] if one["status"] == "failed"]


@pytest.mark.parametrize("name", [name for name, one in EXAMPLES.items() if one.advice or one.no_advice])
def test_advice(told: dict[str, Document], name: str) -> None:
    """The numbers that are advised, and those that are not."""
    expected = EXAMPLES[name]
    findings = [finding for outcome in told[name]["outcomes"] for finding in outcome["findings"]]
    at_restart = " ".join(line for finding in findings for line in compose.reboot_advice(finding))
    assert [one for one in expected.advice if one not in at_restart] == []
    actions = " ".join(action for finding in findings for action in finding["actions"])
    assert [one for one in expected.no_advice if one in actions] == []


def _advice(document: Document, rule: str, when: str) -> str:
    return " ".join(
        one["text"] for finding in compose.findings(document, rule) for one in finding["advice"] if one["when"] == when
    )


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("E7", "All services under LocalSystem"),
        ("E8", "log the user off"),
        ("E9", "Win32_LoggedOnUser"),
        ("E15", "Run fewer of its jobs at once"),
        ("E24", "Run fewer of its jobs at once"),
        ("E27", "Windows, menus and hooks"),
        ("E49 listed", "All services under LocalSystem"),
    ],
)  # fmt: skip
def test_who_shares_the_heap(told: dict[str, Document], name: str, words: str) -> None:
    assert words in _advice(told[name], "desktop-heap-full", "now")


def test_e8_and_e27_are_no_matter_of_the_view(told: dict[str, Document]) -> None:
    for name in ("E7", "E8", "E27"):
        assert "SessionViewSize alone" in _advice(told[name], "desktop-heap-full", "futile")


def test_e20_leaves_room_in_the_view(told: dict[str, Document]) -> None:
    """1,536 KB fit into 20 MB with 3,584 KB for others; 2,048 KB would not, and are advised nowhere."""
    (view,) = told["E20"]["view_space"]
    service, limit = view["service_kb"] // 1024, view["limit_kb"] - 3584
    assert view["heaps_kb"] + service * 512 <= limit < view["heaps_kb"] + service * 1024
    assert "2048" not in _advice(told["E20"], "desktop-heap-full", "reboot")


def test_e42_sizes_and_owner(told: dict[str, Document]) -> None:
    rows = told["E42"]["tables"]["desktop_heaps"]
    assert (sum(row["size_kb"] for row in rows), len(rows)) == (21536, 4)
    assert {row["used_percent"] for row in rows} == {None}


def test_e43_refused_stations_make_no_rows(told: dict[str, Document]) -> None:
    stations = {row["window_station"] for row in told["E43"]["tables"]["desktop_heaps"]}
    assert stations == {"WinSta0", "msswindowstation", "Service-0x0-3e7$"}, "the last one is its own process"


@pytest.mark.parametrize(("name", "percent", "kb"), [("E44", 9.2, 20480), ("E45", 7.6, 768), ("E46", 6.0, 768)])
def test_probes_are_measured(told: dict[str, Document], name: str, percent: float, kb: int) -> None:
    (row,) = told[name]["tables"]["desktop_heaps"]
    assert (row["used_percent"], row["size_kb"], row["tool"]) == (percent, kb, "desktopheapdiag")


def test_e47_counts(told: dict[str, Document]) -> None:
    rows = [row for row in told["E47"]["tables"]["gui_objects"] if row["pid"] is not None]
    assert (len(rows), sum(row["user_objects"] for row in rows), sum(row["user_objects_peak"] for row in rows)) == (
        22,
        136,
        168,
    )


@pytest.mark.parametrize(
    ("name", "signature"),
    [
        ("E12", "exit-code-128"), ("E14", "asp-0177"), ("E17", "not-enough-storage"), ("E26", "not-enough-storage"), ("E32", "system-object-not-created"),
        ("E39", "cgi-headers-incomplete"), ("E40", "exit-code-128"), ("E41", "class-not-registered"), ("E49", "dll-init-failed"),
    ],
)  # fmt: skip
def test_symptoms_are_seen(told: dict[str, Document], name: str, signature: str) -> None:
    assert signature in {row["signature"] for row in told[name]["tables"]["symptoms"]}


def test_fixed_heaps_have_no_cure_in_the_registry() -> None:
    """R13, of which there is no exhibit."""
    (finding,) = compose.findings(
        compose.document(SERVER + compose.dheapmon(0, with_heap(WINLOGON, 128, 98.4))), "desktop-heap-full"
    )
    assert not compose.reboot_advice(finding)
