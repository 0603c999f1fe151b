"""What `dumpscan collect` prints: everything that the rules ask of a machine, as lines to paste and to save, for one kind of Windows.

A debugger condenses a script that is run with `$$><` into one line: the ends of lines become semicolons, a comment ends at one, and the first
error ends all of it. So comments hold no semicolon, and what can fail is caught.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from dumpscan import queries
from dumpscan.inputs import DumpscanError
from dumpscan.queries import DEBUGGER, IN_SESSION, IN_SESSION_0, POWERSHELL, QUERIES, SHELL, Query

WIDTH = 80
SYMBOLS = "https://msdl.microsoft.com/download/symbols"
DUMPS = 30  # minutes that a debugger gets for one dump


class Kind(NamedTuple):
    """Windows of one generation: the commands fit all of them."""

    name: str  # as in queries
    title: str
    version: str  # what `ver` prints begins with it
    known_as: tuple[str, ...]
    debugger: str  # what starts a debugger on the running machine


KINDS = (
    Kind(queries.NT4, "Windows NT 4.0", "4.0", ("nt4",), ""),
    Kind(queries.W2000, "Windows 2000", "5.0", ("2000",), "livekd -y srv*"),
    Kind(queries.XP, "Windows XP, Server 2003", "5.1 or 5.2", ("xp", "2003", "2003r2"), "kd -kl -y srv*"),
    Kind(queries.VISTA, "Windows Vista, 7, Server 2008, 2008 R2", "6.0 or 6.1", ("vista", "2008", "7", "2008r2"), "livekd -y srv*"),
    Kind(queries.EIGHT, "Windows 8 and later, Server 2012 and later", "6.2 and above", ("8", "8.1", "2012", "2012r2", "10", "2016", "2019", "11", "2022", "2025"), "livekd -y srv*"),
)  # fmt: skip
ERAS = tuple(name for kind in KINDS for name in kind.known_as)

ALWAYS = (queries.WINDOWS, queries.REGISTRY, queries.EVENTS, queries.IN_FORCE)
LISTING, SHARED = (queries.HEAPS,), (queries.OWNERS, queries.PROCESSES)
SESSION_0 = "Services fail in session 0: its heaps are wanted, with `report --session 0`."
OF_THE_USER = "The heaps of the session of that user are wanted while it fails, not those of the administrator. `query session` tells its number for `report --session`."  # fmt: skip


class Symptom(NamedTuple):
    """What went wrong, in the words that people type, with what is collected then beside what is always."""

    name: str
    known_as: tuple[str, ...]
    what: str
    topics: tuple[str, ...]
    note: str


SYMPTOMS = (
    Symptom("heap", ("243", "event-243", "desktop-heap"), "event 243, a desktop heap allocation failed", (*LISTING, *SHARED),
            "Event 243 tells that a heap was full, not which: the listing of each session while it fails does."),
    Symptom("session-view", ("244", "event-244", "view"), "event 244, a desktop could not be created", (*LISTING, *SHARED, queries.VIEW, queries.BOOT, queries.MEMORY_EVENTS),
            "Before Vista listing and limit must be of one start of the machine. Since Vista commit and pools decide: `!vm 4` and events 2004, 2019 and 2020."),
    Symptom("service-start", ("services", "7000", "7009", "1053"), "services do not start", (*LISTING, *SHARED, queries.VIEW, queries.BOOT, queries.SERVICE_EVENTS), SESSION_0),
    Symptom("program-start", ("0xc0000142", "c0000142", "dll-init"), "programs end with 0xC0000142", (*LISTING, *SHARED, queries.VIEW, queries.POPUP_EVENTS), OF_THE_USER),
    Symptom("logon", ("rdp", "session"), "a session cannot be opened", (*LISTING, *SHARED, queries.VIEW, queries.BOOT, queries.MEMORY_EVENTS, queries.POPUP_EVENTS), OF_THE_USER),
    Symptom("print", ("printing", "spooler"), "printing fails on a print or terminal server", (*LISTING, *SHARED, queries.VIEW, queries.BOOT, queries.SERVICE_EVENTS),
            f"{SESSION_0} Printer and font drivers take session view space, too, and no tool prints how much: list the heaps while it fails."),
    Symptom("iis", ("w3svc", "worker-process", "5009"), "IIS worker processes do not start", (*LISTING, *SHARED, queries.VIEW, queries.BOOT, queries.POOL_EVENTS), SESSION_0),
    Symptom("leak", ("grows", "growth"), "it works after a restart and fails days later", (*LISTING, *SHARED),
            "Collect three times, hours apart, into three files: only a trend tells a leak from a heap that is too small."),
    Symptom("memory", ("pool", "commit", "2004", "2019", "2020"), "memory or pool warnings beside it", (queries.VIEW, queries.BOOT, *SHARED, queries.MEMORY_EVENTS),
            "`!vm 4` is worth most while it fails: commit, pools and free system PTEs."),
    Symptom("tool-failed", ("dskheap-failed", "no-dskheap"), "!dskheap fails, or no debugger may run", SHARED,
            "Then events 243 and 244, the command line of csrss.exe and USER objects are what is left."),
)  # fmt: skip

WARNINGS = (
    "A break-in by a debugger from another machine, or a forced crash, stops this machine, and a cluster fails over. What is printed here does neither.",
    "Everything here only reads. Run it elevated (as an administrator).",
    "dheapmon loads a driver: remove it afterwards with `dheapinst -r`.",
    "DesktopHeapDiag fills the heap for a moment: never run it in production.",
)
LIVEKD_ONLY = "Use LiveKd, which needs neither a restart nor a setting. `bcdedit /debug on` needs a restart, and with BitLocker the recovery key."


def collection(windows: str | None = None, symptom: str | None = None, dumps: bool = False) -> str:
    """The whole page. Raises DumpscanError for a name that nobody knows."""
    kinds = KINDS if windows is None else (_kind(windows),)
    focus = None if symptom is None else _symptom(symptom)
    if dumps:
        return "".join(_dumps(kinds[0] if windows else None, focus))
    head = [*_title("Collection for dumpscan"), *_prose("Save what each part prints into one folder, and run `dumpscan report` on it. With `--session` and `--failed-at` it is told where and when it failed. Collect while it fails, before a restart.")]  # fmt: skip
    if focus:
        head += _prose(f"For {focus.name} ({focus.what}): {focus.note}")
    head += ["Before you start\n", *_items(WARNINGS), "\n"]
    if windows is None:
        head += _prose("`ver` tells which part is for a machine; `--windows` prints one alone:")
        head += [f"    {kind.version:<14} {kind.title} (--windows {kind.known_as[0]})\n" for kind in KINDS] + ["\n"]
    return "".join([*head, *(line for kind in kinds for line in _one(kind, focus))])


def _kind(name: str) -> Kind:
    wanted = "".join(name.casefold().replace("windows", "").replace("server", "").split()).replace("-", "").strip("_")
    wanted = {"w2k": "2000", "2k": "2000", "w2k3": "2003", "2k3": "2003", "nt4.0": "nt4", "nt": "nt4", "win7": "7"}.get(wanted, wanted)  # fmt: skip
    kind = next((kind for kind in KINDS if wanted.removeprefix("win") in kind.known_as), None)
    if kind is None:
        raise DumpscanError(f"no Windows is called {name}: one of {', '.join(ERAS)}")
    return kind


def _symptom(name: str) -> Symptom:
    wanted = "-".join(name.casefold().replace("_", " ").split())
    found = next((one for one in SYMPTOMS if wanted in (one.name, *one.known_as)), None)
    if found is None:
        listed = ", ".join(f"{one.name} ({', '.join(one.known_as)})" for one in SYMPTOMS)
        raise DumpscanError(f"no symptom is called {name}: one of {listed}")
    return found


def asked(kind: Kind, where: str, focus: Symptom | None = None) -> list[Query]:
    """What is asked there of a Windows of this kind; without a symptom all but the events of others."""
    usual = {*ALWAYS, *LISTING, *SHARED, queries.VIEW, queries.BOOT}
    topics = {*ALWAYS, *focus.topics} if focus else usual
    return [query for query in QUERIES if kind.name in query.on and query.where == where and query.topic in topics]


def _one(kind: Kind, focus: Symptom | None) -> Iterator[str]:
    """Everything for one kind of Windows."""
    yield from _title(kind.title)
    shell = asked(kind, SHELL, focus)
    yield from _prose("In a command prompt, in an empty folder: save these lines as collect.cmd and run `collect.cmd > collect.log 2>&1`. Keep collect.log and what else the lines write.")  # fmt: skip
    yield from _file("collect.cmd", [query.text for query in shell])
    if kind.name in queries.OLD:
        yield from _prose("dumpel is in the Resource Kit.")
    if power := asked(kind, POWERSHELL, focus):
        yield from _prose("Paste into an elevated PowerShell:")
        yield from _file(
            "PowerShell", ["Start-Transcript collect-ps.log", *(query.text for query in power), "Stop-Transcript"]
        )
    if tools := asked(kind, IN_SESSION_0, focus):
        yield from _prose("GuiObjectUse and TSSessions (Aaron Margosis) tell of the session that they run in: for session 0 as SYSTEM, by PsExec of Sysinternals, in the same prompt; PsExec installs a service while it runs. For the session of a user start them there.")  # fmt: skip
        start = 'psexec -accepteula -s -i 0 -w "%CD%" cmd /c'
        yield from _file("session 0", [f'{start} "{query.text} > {query.text.lower()}.log"' for query in tools])
    if listing := asked(kind, IN_SESSION, focus):
        yield from _prose("dheapmon tells of the session that it runs in, so run it in the one that fails: for session 0 at the console, or by `mstsc /admin` (older ones: `mstsc /console`). It needs the symbols of win32k.sys.")  # fmt: skip
        lines = [f"{query.text} > dheapmon-%SESSIONNAME%.log" for query in listing]
        yield from _file(
            "dheapmon",
            [rf"dheapinst -y srv*C:\symbols*{SYMBOLS}", "dheapmon -l", *lines, "dheapmon -u", "dheapinst -r"],
        )
    if script := asked(kind, DEBUGGER, focus):
        yield from _debugger(kind, script, focus)
    else:
        yield from _prose("No debugger lists the desktop heaps of this Windows." if not kind.debugger else "No debugger is needed.")  # fmt: skip


def _debugger(kind: Kind, script: Sequence[Query], focus: Symptom | None) -> Iterator[str]:
    name = kind.debugger.partition(" ")[0]
    how = f"In the kernel debugger: save these lines as collect.txt, start `{kind.debugger}` in the same folder (or open a complete dump), and type `$$><collect.txt`, then `q`. It writes heaps.log."  # fmt: skip
    if kind.name in queries.SINCE_VISTA:
        how += f" {LIVEKD_ONLY}"
    if kind.name == queries.EIGHT:
        how += " On most of these Windows !dskheap fails: what was collected above then gives the answer."
    if kind.name == queries.W2000:
        how += f" !dskheap does not know this Windows, and {name} is needed for the limit of session view space only."
    yield from _prose(how)
    title = f"{kind.title}{f', for {focus.name}' if focus else ''}"
    yield from _file(
        "collect.txt",
        [f"$$ dumpscan collect: {title}", ".logopen /u heaps.log", *(query.text for query in script), ".logclose"],
    )


LOOP = r"""
$kd = 'C:\Program Files (x86)\Windows Kits\10\Debuggers\x64\kd.exe'
$logs = (New-Item -ItemType Directory -Force logs).FullName
Get-ChildItem . -Recurse -Filter *.dmp | ForEach-Object {
    $name = $_.FullName.Substring($PWD.Path.Length).Trim('\').Replace('\', '_')
    $log = Join-Path $logs ($name + '.log')
    $part = Join-Path $logs ($name + '.part')
    if (Test-Path -LiteralPath $log) { return }
    $line = '-z "{0}" -y srv* -logou "{1}" -c "$$><collect.txt"'
    $line = $line -f $_.FullName, $part
    $run = Start-Process $kd $line -PassThru -WindowStyle Hidden
    if ($run.WaitForExit(MINUTES * 60000)) {
        Move-Item -LiteralPath $part $log
    } else {
        $run.Kill()
        Write-Warning "not finished in MINUTES minutes: $name"
    }
}
"""


def _dumps(kind: Kind | None, focus: Symptom | None) -> Iterator[str]:
    """The loop over many dumps and its script; of any Windows where none is named, for what one of them lacks is caught."""
    one = kind or next(kind for kind in KINDS if kind.name == queries.XP)
    script = asked(one, DEBUGGER, focus)
    if not script:
        what = focus.name if focus and one.debugger else "desktop heaps"
        raise DumpscanError(f"no command tells of {what} in a dump of {one.title}")
    title = kind.title if kind else "any Windows"
    yield from _title(f"Many dumps of {title}")
    yield from _prose("Works on copies of dumps, on the machine of an engineer, without touching the machines that they came from. Complete dumps hold all of it, kernel dumps seldom the command lines, mini dumps none of it. To make a dump stops the machine, and a cluster fails over.")  # fmt: skip
    yield from _prose(f"Save the script as collect.txt in the folder of the dumps, go there in PowerShell, and paste the loop. Each dump gets a log in the folder logs, and {DUMPS} minutes. A dump that has its log is passed over, so the loop can be stopped and started again at any time. What one that was stopped had written stays there as .part, and is read, too. Then run `dumpscan triage logs -o OUT`.")  # fmt: skip
    yield from _file("collect.txt", [f"$$ dumpscan collect --dumps: {title}", *(query.text for query in script), "q"])
    yield from _file("PowerShell", LOOP.replace("MINUTES", str(DUMPS)).strip("\n").split("\n"))


def _title(text: str) -> list[str]:
    return [f"{text}\n", "=" * len(text) + "\n\n"]


def _prose(text: str) -> list[str]:
    return [textwrap.fill(text, WIDTH, break_long_words=False, break_on_hyphens=False) + "\n\n"]


def _items(texts: Sequence[str]) -> list[str]:
    return [textwrap.fill(text, WIDTH, initial_indent="- ", subsequent_indent="  ", break_on_hyphens=False) + "\n" for text in texts]  # fmt: skip


def _file(name: str, lines: Sequence[str]) -> list[str]:
    """Lines to save or to paste, between two that say where they begin and end."""
    return [f"---- {name} ----\n", *(f"{line}\n" for line in lines), f"---- end of {name} ----\n\n"]
