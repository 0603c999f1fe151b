"""What is typed on a machine to learn of its heaps: each command once, with the Windows that has it. `collect` prints them, the answers and rules ask for
single ones."""

from __future__ import annotations

from typing import NamedTuple

# Kinds of Windows that need other commands.
NT4, W2000, XP, VISTA, EIGHT = "nt4", "2000", "xp", "vista", "8"
OLD, WITH_REG, WITH_EVENTQUERY, WITH_WMIC = (NT4, W2000), (XP, VISTA, EIGHT), (XP,), (XP, VISTA)
BEFORE_VISTA, SINCE_VISTA, ALL = (*OLD, XP), (VISTA, EIGHT), (*OLD, XP, VISTA, EIGHT)

# Where a command is typed.
SHELL, POWERSHELL, DEBUGGER, IN_SESSION, IN_SESSION_0 = (
    "command prompt", "PowerShell", "debugger", "command prompt in each session", "as SYSTEM in session 0",
)  # fmt: skip

# What a command tells of.
WINDOWS, REGISTRY, BOOT, EVENTS, IN_FORCE, OWNERS, PROCESSES, HEAPS, VIEW = (
    "windows", "registry", "boot", "events", "in force", "owners", "processes", "heaps", "view",
)  # fmt: skip
# Events of others than Win32k; they are asked for only where the symptom points there.
SERVICE_EVENTS, MEMORY_EVENTS, POPUP_EVENTS, POOL_EVENTS = "service events", "memory events", "popup events", "application pool events"  # fmt: skip


class Query(NamedTuple):
    """One command. A debugger prints no commands while it runs a script, so a query there must say itself what it prints."""

    text: str
    topic: str
    where: str
    on: tuple[str, ...]


CONTROL = r"SYSTEM\CurrentControlSet\Control"
SUBSYSTEMS = rf"{CONTROL}\Session Manager\SubSystems"
MEMORY = rf"{CONTROL}\Session Manager\Memory Management"
SWITCHES = r"SOFTWARE\Microsoft\Windows NT\CurrentVersion\Windows"  # DesktopHeapLogging and the handle quotas


def _regedit(name: str, key: str) -> Query:
    return Query(rf'regedit /e {name}.reg "HKEY_LOCAL_MACHINE\{key}"', REGISTRY, SHELL, OLD)


def _reg(key: str, topic: str = REGISTRY, on: tuple[str, ...] = WITH_REG) -> Query:
    return Query(f"reg query {key}", topic, SHELL, on)


def _dumpel(source: str, numbers: str, topic: str = EVENTS) -> Query:
    """Without -t it puts blanks between the columns, and a source may hold blanks."""
    return Query(f"dumpel -t -l System -m {source} -e {numbers}", topic, SHELL, OLD)


def _eventquery(option: str, topic: str = EVENTS) -> Query:
    script = r"cscript //nologo %windir%\system32\eventquery.vbs /L System /V /FO LIST"
    return Query(f"{script} {option}", topic, SHELL, WITH_EVENTQUERY)


def _of_id(*numbers: int, topic: str = EVENTS) -> list[Query]:
    """eventquery.vbs joins its filters with AND, so each ID is asked for by itself."""
    return [_eventquery(f'/FI "ID eq {number}"', topic) for number in numbers]


def _wevtutil(condition: str, options: str = "/f:RenderedXml", topic: str = EVENTS) -> Query:
    return Query(f'wevtutil qe System /q:"*[System[{condition}]]" {options}', topic, SHELL, SINCE_VISTA)


def _ids(*numbers: int) -> str:
    return "(" + " or ".join(f"EventID={number}" for number in numbers) + ")"


VER = Query("ver", WINDOWS, SHELL, ALL)
SYSTEMINFO = Query("systeminfo", WINDOWS, SHELL, WITH_REG)

NT4_KEYS = _regedit("subsys", SUBSYSTEMS)
WINDOWS_VALUE = _reg(rf'"HKLM\{SUBSYSTEMS}" /v Windows')
SWITCH = _reg(rf'"HKLM\{SWITCHES}" /v DesktopHeapLogging')
START_OPTIONS = _reg(rf"HKLM\{CONTROL} /v SystemStartOptions", BOOT)

DUMPEL = _dumpel("Win32k", "243 244")
EVENTQUERY = _of_id(243)[0]
WEVTUTIL = _wevtutil(f"Provider[@Name='Win32k'] and {_ids(243, 244)}")
OLDEST = Query("wevtutil qe System /c:1 /f:text", EVENTS, SHELL, SINCE_VISTA)

CSRSS_BY_WMIC = Query("wmic process where name='csrss.exe' get CommandLine", IN_FORCE, SHELL, WITH_WMIC)
CSRSS = Query(
    "Get-CimInstance Win32_Process -Filter \"Name='csrss.exe'\" | % CommandLine", IN_FORCE, POWERSHELL, (EIGHT,)
)
OWNERS_BY_WMIC = Query("wmic path Win32_LoggedOnUser get Antecedent,Dependent", OWNERS, SHELL, WITH_WMIC)
OWNERS_OF_8 = Query("Get-CimInstance Win32_LoggedOnUser | fl", OWNERS, POWERSHELL, (EIGHT,))
GUIOBJECTUSE = Query("GuiObjectUse", PROCESSES, IN_SESSION_0, (EIGHT,))
DHEAPMON = Query("dheapmon -s", HEAPS, IN_SESSION, (W2000, XP))


def _said(text: str, topic: str, on: tuple[str, ...]) -> Query:
    """A print of memory, named by `.echo` as if typed; a symbol that is not there would end the whole script, were it not caught."""
    return Query(f".catch {{ .echo kd> {text}; {text} }}", topic, DEBUGGER, on)


VIEW_SIZE = "dd nt!MmSessionViewSize L1"
DSKHEAP = "!dskheap -s {}"
COUNTERS = "!vm 1"  # what `!vm 4` prints, without the sessions

# "Valid Sessions: 0 1 3" and "Current Session 1" stand in what `!session` prints: the numbers between "Sessions:" and "Current" are wanted.
EACH_SESSION = (
    'r $t9 = 0; .foreach (N { !session }) { .if ($spat("${N}", "Current")) { r $t9 = 0 }; '
    f'.if (@$t9) {{ !session -s ${{N}}; {DSKHEAP.format("${N}")} }}; .if ($spat("${{N}}", "Sessions:")) {{ r $t9 = 1 }} }}'
)
# Behind each word "PROCESS" stands an address; there is a csrss.exe in each session.
EACH_CSRSS = (
    "r $t9 = 0; .foreach (P { !process 0 0 csrss.exe }) { .if (@$t9) { .catch { .process /p /r ${P}; !peb } }; "
    'r $t9 = $spat("${P}", "PROCESS") }'
)

_WITH_DEBUGGER, _WITH_DSKHEAP = (W2000, XP, VISTA, EIGHT), (XP, VISTA, EIGHT)


def runs_on(command: str, kind: str | None) -> bool:
    """Whether a Windows of this kind has the command, which may stand in a longer one here; where the kind is unknown, all of them may be asked."""
    if command.startswith(DSKHEAP.format("")):
        return kind is None or kind in _WITH_DSKHEAP
    if command == COUNTERS:
        return kind is None or kind in _WITH_DEBUGGER
    return kind is None or any(command in query.text and kind in query.on for query in QUERIES)


# All of them, in the order in which they are printed.
QUERIES = (
    VER,
    SYSTEMINFO,
    NT4_KEYS,
    _regedit("memory", MEMORY),
    _regedit("switches", SWITCHES),
    _reg(rf'"HKLM\{SUBSYSTEMS}"'),
    _reg(rf'"HKLM\{MEMORY}"'),
    _reg(rf'"HKLM\{SWITCHES}"'),
    _reg(r"HKLM\SYSTEM\CurrentControlSet\Services\W3SVC\Parameters /v UseSharedWPDesktop", POOL_EVENTS, (XP,)),
    START_OPTIONS,
    Query(r"type C:\boot.ini", BOOT, SHELL, BEFORE_VISTA),
    Query("bcdedit /enum {current}", BOOT, SHELL, SINCE_VISTA),
    DUMPEL,
    _dumpel("EventLog", "6005 6009"),
    _dumpel('"Service Control Manager"', "7000 7009 7011", SERVICE_EVENTS),
    _dumpel("Srv", "2019 2020", MEMORY_EVENTS),
    _dumpel('"Application Popup"', "26", POPUP_EVENTS),
    *_of_id(243, 244, 6009),
    _eventquery("/R -1"),  # the oldest record
    *_of_id(7000, 7009, 7011, topic=SERVICE_EVENTS),
    *_of_id(2019, 2020, topic=MEMORY_EVENTS),
    *_of_id(26, topic=POPUP_EVENTS),
    *_of_id(1009, topic=POOL_EVENTS),
    WEVTUTIL,
    OLDEST,
    _wevtutil(f"Provider[@Name='EventLog'] and {_ids(6005, 6009)}", "/c:2 /rd:true /f:text"),  # the last start
    _wevtutil(f"Provider[@Name='Service Control Manager'] and {_ids(7000, 7009, 7011, 7031, 7034)}", topic=SERVICE_EVENTS),
    _wevtutil(_ids(2004, 2019, 2020), topic=MEMORY_EVENTS),
    _wevtutil(f"Provider[@Name='Application Popup'] and {_ids(26)}", topic=POPUP_EVENTS),
    _wevtutil(f"Provider[@Name='Microsoft-Windows-WAS'] and {_ids(5009)}", topic=POOL_EVENTS),
    CSRSS_BY_WMIC,
    OWNERS_BY_WMIC,
    Query("query session", PROCESSES, SHELL, WITH_REG),
    Query("tasklist /svc", PROCESSES, SHELL, WITH_REG),
    CSRSS,
    OWNERS_OF_8,
    GUIOBJECTUSE,
    Query("TSSessions", HEAPS, IN_SESSION_0, (EIGHT,)),
    DHEAPMON,
    Query("vertarget", WINDOWS, DEBUGGER, _WITH_DEBUGGER),
    Query("lmvm nt", VIEW, DEBUGGER, (W2000,)),  # only since 5.0.2195.6797 can its view be configured
    _said(VIEW_SIZE, VIEW, (W2000, XP)),
    _said("dd nt!MmSessionPoolSize L1", VIEW, (W2000, XP)),
    _said("dp nt!MmHighestUserAddress L1", BOOT, (W2000, XP)),
    Query("!vm 4", VIEW, DEBUGGER, _WITH_DEBUGGER),
    Query("!session", HEAPS, DEBUGGER, _WITH_DSKHEAP),
    Query(EACH_SESSION, HEAPS, DEBUGGER, _WITH_DSKHEAP),
    Query(EACH_CSRSS, IN_FORCE, DEBUGGER, _WITH_DEBUGGER),
)  # fmt: skip
