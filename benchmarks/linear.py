"""Twice the text in about twice the time: the seconds of n lines and of 2n lines of each kind of noise, and their ratio, the worst first.

python benchmarks/linear.py                     10^5 and 2 * 10^5 lines of each kind
python benchmarks/linear.py 10000 event prompt  10^4 and 2 * 10^4 lines of the kinds with these words in their names
python benchmarks/linear.py 1000000 desktops    10^6 and 2 * 10^6 desktops in one listing, tables and rules with it
python benchmarks/linear.py 100 megabytes       one line of 100 MB and one of 200 MB
"""

from __future__ import annotations

import random
import sys
import time
from collections.abc import Callable
from itertools import cycle, islice

from dumpscan import analyze
from dumpscan.reading import read

LINES = 100_000
MEGABYTES = 4
MOST_RATIO = 2.3
ROUNDS = 3
ENOUGH = 4.0  # seconds; what takes longer is not repeated

PROCESS = """PROCESS fffffa80041d{n:04x}
    SessionId: 1  Cid: {n:04x}    Peb: 7fffffd8000  ParentCid: 08dc
    DirBase: 61aa4000  ObjectTable: fffff8a001c0e2b0  HandleCount: 640.
    Image: spooler32.exe
    VadRoot fffffa80041e2b40 Vads 188 Clone 0 Private 3110. Modified 212. Locked 0.
    Token                             fffff8a001c33a90
    ElapsedTime                       00:41:10.002
    QuotaPoolUsage[PagedPool]         291544
    CommitCharge                      3544

        THREAD fffffa80041da060  Cid {n:04x}.08f8  Teb: 000007fffffde000 Win32Thread: fffff900c2005c30 WAIT: (WrUserRequest) UserMode Non-Alertable
            fffffa80041f9a60  SynchronizationEvent
        Not impersonating
        Owning Process            fffffa80041d7b00       Image:         spooler32.exe
        Wait Start TickCount      158342         Ticks: 7 (0:00:00:00.109)
        Child-SP          RetAddr           Call Site
        fffff880`0519d6b0 fffff800`02acb5f2 nt!KiSwapContext+0x7a
        fffff880`0519d7f0 fffff800`02add9cf nt!KiCommitThreadWait+0x1d2

"""
SYMBOLS = """*** ERROR: Symbol file could not be found.  Defaulted to export symbols for ntkrpamp.exe -
***** Kernel symbols are WRONG. Please fix symbols to do analysis.
*************************************************************************
***    Your debugger is not using the correct symbols                 ***
***    Type referenced: nt!_KPRCB                                     ***
ChildEBP RetAddr  Args to Child
b84{n:04x}4 8083{n:04x} 8a5c{n:04x} 8a5c7e08 00000000 nt!KiSwapContext+0x26 (FPO: [Uses EBP] [0,0,4])
*** WARNING: Unable to verify timestamp for mrxsmb.sys
"""
POOLUSED = " Abc{n:<5d}{n:>11d}{n:>13d}{n:>11d}{n:>13d}\tUNKNOWN pooltag 'Abc ', please update pooltag.txt\n"
WEVTUTIL = """Event[{n}]:
  Log Name: System
  Source: Service Control Manager
  Date: 2021-03-09T07:05:33.120
  Event ID: 7036
  Task: N/A
  Level: Information
  Opcode: N/A
  Keyword: Classic
  User: N/A
  User Name: N/A
  Computer: TS01
  Description:
The Widget service entered the running state.

"""
XML = "<Event xmlns='http://schemas.microsoft.com/win/2004/08/events/event'><System><Provider Name='Service Control Manager'/><EventID Qualifiers='16384'>7036</EventID><TimeCreated SystemTime='2021-03-09T07:05:33.120Z'/><EventRecordID>{n}</EventRecordID></System><EventData><Data Name='param1'>Widget</Data></EventData></Event>\n"
EVENT_LABELS = "Event Source:\tService Control Manager\nEvent ID:\t7036\nDate:\t\t3/9/2007\nTime:\t\t7:05:33 AM\nDescription:\nIt failed {n} times.\n\n"
PSLOGLIST = "[{n}] Service Control Manager\n   Type:     ERROR\n   Computer: TS01\n   Time:     3/9/2021 7:05:33 AM   ID:       7036\nIt failed.\n\n"
WINEVENT_LIST = "TimeCreated  : 3/9/2021 7:05:33 AM\nProviderName : Service Control Manager\nId           : 7036\nMessage      : It failed {n} times.\n\n"
DCDIAG = "         A warning event occurred.  EventID: 0x80001C63\n            Time Generated: 03/09/2021   07:05:33\n            Event String: It failed {n} times.\n"
TASKLIST = "svchost.exe               {n:>8d} Services                   0     12,340 K Unknown         NT AUTHORITY\\SYSTEM                                     0:00:02 N/A\n"
TASKLIST_HEAD = (
    "Image Name                     PID Session Name        Session#    Mem Usage Status          User Name                                              CPU Time Window Title\n"
    + " ".join("=" * width for width in (25, 8, 16, 11, 12, 15, 50, 12, 72))
    + "\n"
)
TSSESSIONS_HEAD = "Window stations in the current session: 1\n\n    WS name    : WinSta0\n      Flags    : 0x00000000\n      User     : (no user)\n      Desktops in WS WinSta0: 90000\n\n"
TSSESSIONS = "        Name : Default{n}\n          Flags    : 0x00000000\n          User     : (no user)\n          Heap size: 20480 KB\n          UserInput: Yes\n\n"
GUI_HEAD = "Session\tPID\tProcess name\tPPID\tServices\tUser SID\tUser name\tUSER objects\tUSER objects peak\tGDI objects\tGDI objects peak\n"
GUI = "0\t{n}\tsvchost.exe\t1068\tBITS Schedule \tS-1-5-20\tNT AUTHORITY\\NETWORK SERVICE\t4\t6\t0\t0\n"
HIVE_HEAD = "Windows Registry Editor Version 5.00\n\n"
HIVE = """[HKEY_LOCAL_MACHINE\\SOFTWARE\\Classes\\CLSID\\{{00000000-0000-0000-0000-00000000{n:04x}}}]
@="Microsoft Widget {n}"
"AppID"="{{00000000-0000-0000-0000-000000000001}}"
"Data"=hex:25,00,53,00,79,00,73,00,74,00,65,00,6d,00,52,00,6f,00,6f,00,\\
  74,00,25,00,5c,00,73,00,79,00,73,00,74,00,65,00,6d,00,33,00,32,00,5c,00,63,\\
  00,73,00
"Flags"=dword:00000001

"""
REG_NOISE = "HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Control\\Session Manager\\SubSystems\n    Widget{n}    REG_EXPAND_SZ    %SystemRoot%\\widget.exe\n    Sessions    REG_DWORD    0x1\n\n"
IIS = "2021-03-09 07:05:{s:02d} 10.0.0.5 GET /widgets/list.aspx page={n} 443 CONTOSO\\frieda 10.0.1.7 Mozilla/5.0+(Windows+NT+10.0;+Win64;+x64) - 200 0 0 {n}\n"
SQL = "2021-03-09 07:05:{s:02d}.12 spid{s}s     Error: 17300, Severity: 16, State: {n}. Not enough memory resources are available to process.\n2021-03-09 07:05:{s:02d}.12 Server      Maximum worker threads: {n}, session view of memory\n"
LISTING_HEAD = f"kd> !dskheap -s 0\n  Winstation\\Desktop            Heap Size(KB)   Used Rate(%)\n{'-' * 60}\n"
DESKTOP = "  Service-0x0-{n:x}$\\Default{p}       512               12%\n"
BLOCK = LISTING_HEAD + "".join(DESKTOP.format(n=n, p="") for n in range(9)) + f"{'-' * 54}\n"
WORDS = (
    "Session ID: unknown to the worker",
    "the Maximum of the queue",
    "Physical damage is no excuse",
    "WinSta0 was here",
    "a Total of Desktop",
    "SharedSection of the bookshelf",
    "Source: hearsay",
    "PROCESS of elimination, ParentCid",
    "Terminal velocity",
    "Computer: says no",
    "version: 7",
    "0:0x7",
    "Usage: foo",
)


def repeated(template: str, head: str = "", prefix: str = "") -> Callable[[int], str]:
    """So many lines of a template whose numbers count."""

    def text(lines: int) -> str:
        count = -(-lines // template.count("\n"))
        made = head + "".join([template.format(n=n % 65536, s=n % 60, p="") for n in range(count)])
        return "".join(prefix + line for line in made.splitlines(keepends=True)) if prefix else made

    return text


def cut(lines: int) -> str:
    """Captures that were cut anywhere, again and again."""
    random_, parts, count = random.Random(0), [], 0
    while count < lines:
        parts.append(BLOCK[: random_.randrange(len(BLOCK))] + random_.choice(("\n", "", "\n\n", "\nkd> \n")))
        count += parts[-1].count("\n")
    return "".join(parts)


def words(lines: int) -> str:
    return "".join(f"{n:08d} {word}\n" for n, word in enumerate(islice(cycle(WORDS), lines)))


def one_line(piece: str, head: str = "") -> Callable[[int], str]:
    """One line of so many megabytes."""
    return lambda megabytes: head + piece * ((megabytes << 20) // len(piece))


KINDS: dict[str, Callable[[int], str]] = {
    "debugger log, symbol noise": repeated(SYMBOLS),
    "prompts": repeated("{s}: kd> dt nt!_KPRCB {n}\n"),
    "empty prompts": repeated("kd> \n"),
    "symptoms": repeated("{n} the process exited with -1073741502 (0xC0000142)\n"),
    "event text: wevtutil": repeated(WEVTUTIL),
    "event text: labels": repeated(EVENT_LABELS),
    "event text: quoted in a mail": repeated(EVENT_LABELS, prefix="> "),
    "event text: psloglist": repeated(PSLOGLIST),
    "event text: dcdiag": repeated(DCDIAG),
    "event xml": repeated(XML),
    "event csv of 2003": repeated("3/9/2007,7:05:33 AM,Service Control Manager,Information,None,7036,N/A,TS01,The Widget service {n}.\n"),
    "event csv of Vista": repeated('Warning,3/9/2009 7:05:33 AM,Service Control Manager,7036,None,"It failed.\nTwice, they say, of {n}."\n'),
    "event csv with tabs": repeated("3/9/2007\t7:05:33 AM\tService Control Manager\tInformation\tNone\t7036\tN/A\tTS01\tThe Widget {n}.\n"),
    "event list of Get-WinEvent": repeated(WINEVENT_LIST),
    "event table of Get-WinEvent": repeated("3/9/2021 7:05:33 AM           7036 Information      The Widget service {n} entered the running state.\n",
        head="\n   ProviderName: Service Control Manager\n\nTimeCreated                     Id LevelDisplayName Message\n-----------                     -- ---------------- -------\n"),
    "event that never ends: xml": repeated("<Event xmlns='x'><System><Provider Name='Widget'/><EventID>{n}</EventID>\n"),
    "event that never ends: csv": repeated('Warning,3/9/2009 7:05:33 AM,Widget,{n},None,"It failed\n'),
    "event that never ends: labels": repeated("Event Source:\tWidget {n}\n"),
    "!process 0 7": repeated(PROCESS),
    "!poolused": repeated(POOLUSED, head="kd> !poolused 4\n   Sorting by Paged Pool Consumed\n\n  Pool Used:\n            NonPaged            Paged\n Tag    Allocs     Used    Allocs     Used\n"),
    "tasklist /v": repeated(TASKLIST, head=TASKLIST_HEAD),
    "TSSessions -w": repeated(TSSESSIONS, head=TSSESSIONS_HEAD),
    "GuiObjectUse": repeated(GUI, head=GUI_HEAD),
    "registry: a hive as .reg": repeated(HIVE, head=HIVE_HEAD),
    "registry: reg query": repeated(REG_NOISE),
    "log of IIS": repeated(IIS),
    "log of SQL Server": repeated(SQL),
    "entities on every line": repeated("&nbsp;&nbsp;a {n} &lt;b&gt; &amp; c<br>\n"),
    "entities in a listing": repeated(DESKTOP.replace("  ", "&nbsp; "), head=LISTING_HEAD),
    "listing quoted in a mail": repeated(DESKTOP, head=LISTING_HEAD, prefix="> "),
    "listing without line ends": lambda lines: repeated((DESKTOP.replace("\n", " ") * 20) + "\n", head=LISTING_HEAD)(lines // 20),
    "listings wrapped at column 40": repeated("  Service-0x0-{n:x}$\\Default       512    \n           12%\n", head=LISTING_HEAD),
    "desktops": repeated(DESKTOP, head=LISTING_HEAD),
    "listings": repeated(BLOCK),
    "captures, cut": cut,
    "words that begin a block": words,
    "blank lines": repeated(" \n"),
    "blank lines between rows": repeated(DESKTOP + "\n \n\t\n", head=LISTING_HEAD),
    "megabytes in one line: plain": one_line("widgets of all kinds, "),
    "megabytes in one line: a hit": one_line("widgets of all kinds, ", head="WinSta0\\Default 3072 12% "),
    "megabytes in one line: rows": one_line(DESKTOP.format(n=1000, p="").replace("\n", " "), head=LISTING_HEAD),
    "megabytes in one line: blanks": one_line(" ", head="WinSta0\\Default"),
    "megabytes in one line: prompts": one_line("1: kd> !vm 4 "),
}  # fmt: skip


def seconds(text: bytes, whole: bool) -> float:
    began = time.perf_counter()
    if whole:
        analyze(text).to_dict()
    else:
        read("case", "file", text)
    return time.perf_counter() - began


def main(size: int | None, names: list[str]) -> None:
    read("case", "file", BLOCK.encode())
    analyze(BLOCK.encode()).to_dict()
    rows = []
    for kind, make in KINDS.items():
        if names and not any(name in kind for name in names):
            continue
        megabytes = kind.startswith("megabytes")
        count = size if size and (size < 1000) == megabytes else MEGABYTES if megabytes else LINES
        one, two = make(count).encode(), make(2 * count).encode()
        times: list[tuple[float, float]] = []
        while not times or (len(times) < ROUNDS and sum(map(sum, times)) < ENOUGH):
            times.append((seconds(one, kind == "desktops"), seconds(two, kind == "desktops")))
        first, second = map(min, zip(*times, strict=True))
        rows.append((second / first, first, second, len(two) / 1e6, kind))
        print(
            f"{second / first:5.2f} {first:8.3f} s {second:8.3f} s {second * 1e6 / len(two):6.2f} us/byte  {kind}",
            flush=True,
        )
    print(
        f"\nworst: {max(rows)[0]:.2f} ({max(rows)[-1]}); above {MOST_RATIO}: {sum(row[0] > MOST_RATIO for row in rows)} of {len(rows)}"
    )


if __name__ == "__main__":
    asked = sys.argv[1:]
    main(int(asked.pop(0)) if asked and asked[0].isdigit() else None, asked)
