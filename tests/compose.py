r"""Listings as the tools print them, composed for the tests, and short ways to what dumpscan says of them.

The layouts are those of the tools; the figures are the test's own. One analysis costs a tenth of a second whatever it holds, so a
test puts all its texts into one call of `documents`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import dumpscan
from dumpscan.plan.table import empty

Document = dict[str, Any]
Text = str | bytes | Mapping[str, str]  # one text, or a folder: relative names and their texts
Heap = tuple[str, int, float]  # path as printed, KB, percent used

DEFAULT, WINLOGON, DISCONNECT = r"WinSta0\Default", r"WinSta0\Winlogon", r"WinSta0\Disconnect"
SYSTEM = r"Service-0x0-3e7$\Default"
# Both listings are those of machines as installed: session 0 of Server 2003, on x86 and on x64.
X86: list[Heap] = [
    (DEFAULT, 3072, 5),
    (DISCONNECT, 64, 4),
    (WINLOGON, 128, 9),
    (SYSTEM, 512, 15),
    (r"Service-0x0-3e4$\Default", 512, 5),
    (r"Service-0x0-3e5$\Default", 512, 1),
    (r"SAWinSta\SADesktop", 512, 0),
]
X64: list[Heap] = [
    (DEFAULT, 20480, 1),
    (DISCONNECT, 96, 4),
    (WINLOGON, 192, 4),
    (SYSTEM, 768, 4),
    (r"Service-0x0-3e4$\Default", 768, 1),
    (r"Service-0x0-3e5$\Default", 768, 1),
]
VISTA: list[Heap] = [*X64, (r"msswindowstation\mssrestricteddesk", 768, 0)]  # the last station came with Vista
UNREADABLE = "Error Reading rpdeskList from WINDOWSTATION @ fffffa800f1e9f60\n"
UNREADABLE += "Failed counting Desktops for Winsta @fffffa800f1e9f60\nEnumDsktps failed on Winsta:  f1e9f60FillWinstaArray failed\n"
NO_TYPES = "Failed getting grpWinStaList. Check your win32kbase symbols on Windows 10 or Win32 symbols on downlevel targets and try again.\n"
FAILED = f"kd> !dskheap -s 0\n{UNREADABLE}"


def replaced(heaps: Sequence[Heap], path: str, kb: int, percent: float) -> list[Heap]:
    """The same heaps with other figures for one of them."""
    assert any(heap[0] == path for heap in heaps), f"{path} is not there to be replaced"
    return [(path, kb, percent) if heap[0] == path else heap for heap in heaps]


def resized(heaps: Sequence[Heap], path: str, kb: int, percent: float) -> list[Heap]:
    """The same heaps where one has another use, and all of its size another size: a value of SharedSection sizes all of a kind."""
    old = next(size for name, size, _ in heaps if name == path)
    return [(name, kb if size == old else size, percent if name == path else used) for name, size, used in heaps]


def service(number: int) -> str:
    """The desktop of one logon session of its own."""
    return rf"Service-0x0-{0x10000 + number:x}$\Default"


def dskheap(
    session: int | None, heaps: Sequence[Heap], *, kb: int | None = None, count: int | None = None, total: bool = True
) -> str:
    """`!dskheap`: whole percentages, total and session behind the rows. `kb` and `count`: what the total says instead of the truth."""
    rows = "".join(f"  {path:<29}{size:>10}{percent:>17.0f}%\n" for path, size, percent in heaps)
    told = sum(size for _, size, _ in heaps) if kb is None else kb
    lines = f"kd> !dskheap{'' if session is None else f' -s {session}'}\n"
    lines += f"  Winstation\\Desktop            Heap Size(KB)   Used Rate(%)\n{'-' * 60}\n{rows}{'-' * 54}\n"
    if total:
        lines += (
            f"                Total Desktop: ({told:>8} KB -{len(heaps) if count is None else count:>4} desktops)\n"
        )
    if session is not None:
        lines += f"                Session ID:  {session}\n"
    return lines + f"{'=' * 60}\n"


def dheapmon(
    session: int, heaps: Sequence[Heap], *, kb: int | None = None, count: int | None = None, version: str = "8.1.2925.0"
) -> str:
    """`dheapmon -s`: percentages with one decimal, session and total before the rows. Before Vista only."""
    told = sum(size for _, size, _ in heaps) if kb is None else kb
    rule = "-" * 61
    head = f"C:\\kktools\\dheapmon8.1\\x86>dheapmon -s\nDesktop Heap Information Monitor Tool (Version {version})\n"
    head += f"Copyright (c) Microsoft Corporation.  All rights reserved.\n{rule}\n"
    head += f"  Session ID: {session:>4} Total Desktop: ({told:>6} KB - {len(heaps) if count is None else count:>4} desktops)\n\n"
    rows = "".join(f"  {path:<29}{size:>10}{percent:>17.1f}\n" for path, size, percent in heaps)
    return f"{head}  WinStation\\Desktop            Heap Size(KB)    Used Rate(%)\n{rule}\n{rows}{rule}\n"


def listed(tool: str, session: int, heaps: Sequence[Heap]) -> str:
    """A whole listing by one of the two tools."""
    return dskheap(session, heaps) if tool == "dskheap" else dheapmon(session, heaps)


def nameless(session: int, heaps: Sequence[tuple[int, int]]) -> str:
    """`!dskheap` where the names are paged out: three lines a heap, of which the last has the figures."""
    rows = "".join(
        f"pUniStr = 8636eb9c, UniStr = 86333490\n (000002B8: name not accessible)pUniStr = 8636883c, UniStr = 86327020\n"
        f"(000002B8: name not accessible) {kb:>8} {percent:>3}%\n"
        for kb, percent in heaps
    )
    total = f"                Total Desktop: ({sum(kb for kb, _ in heaps):>8} KB -{len(heaps):>4} desktops)\n"
    return f"lkd> !dskheap\n  Winstation\\Desktop            Heap Size(KB)   Used Rate(%)\n{rows}{total}                Session ID:  {session}\n"


def in_bytes(size: int, committed: int) -> str:
    """The layout of dheapmon that tells bytes: a size and what is committed of it, but no use, session or total."""
    return f"Desktop:(Default) …:\nDesktop Heap {size}\nCommitted    {committed}\n"


def view_size(kb: int) -> str:
    """The limit of session view space, read by the debugger and converted."""
    value = kb * 1024
    converted = f"lkd> ? {value:08x} / 400 / 400\nEvaluate expression: {value >> 20} = {value >> 20:08x}\n"
    return f"lkd> dd nt!MmSessionViewSize L1\n808ad254  {value:08x}\n{converted}"


def vm4(view_kb: int | None = 20480, *, sessions: Sequence[int] = (0,), counters: str = "") -> str:
    """`!vm 4` with the maximum of session view space, which only XP and Server 2003 print, and the sessions of the machine."""
    maxima = (
        "" if view_kb is None else f"Session Paged Pool Maximum is 32768K\nSession View Space Maximum is {view_kb}K\n"
    )
    each = "".join(
        f"Session ID {one} @ f79a{one:x}000:\nPaged Pool Usage:  9824K\nCommit Usage:     10148K\n" for one in sessions
    )
    head = "lkd> !vm 4\n*** Virtual Memory Usage ***\n        Physical Memory:     16268   (   65072 Kb)\n"
    return f"{head}{counters}        Commit limit:        50570   (  202280 Kb)\nTerminal Server Memory Usage By Session:\n{maxima}{each}"


def banner(build: int, *, name: str = "Windows XP", target: str = "x86 compatible", time: str | None = None) -> str:
    """The version lines of a debugger session; `time` as "Mon Nov 16 09:30:00 2026"."""
    lines = f"Microsoft (R) Windows Debugger Version 6.12.0002.633 X86\n{name} Kernel Version {build} MP (2 procs) Free {target}\n"
    return lines + ("" if time is None else f"Debug session time: {time.replace(' 2026', '.123 2026')} (UTC + 0:00)\n")


def event(number: int, time: str = "2007-03-09 07:05:33", *, source: str = "Win32k", text: str = "It failed.") -> str:
    """An event as the Event Viewer copies it."""
    return f"Log Name:      System\nSource:        {source}\nDate:          {time}\nEvent ID:      {number}\nDescription:\n{text}\n\n"


def requester(session: int) -> str:
    """The text of event 243 on newer Windows."""
    return f"A desktop heap allocation failed. Process ID: 4712. Process name: notepad.exe. Thread ID: 5120. Session ID: {session}"


def blog(text: str) -> str:
    r"""What a blog's comment makes of a listing: no backslashes, no rulers, NBSP for every other blank, en dashes, a blank line after each."""
    kept = [line for line in text.splitlines() if not line.strip() or line.strip("-= ")]
    damaged = [
        line.replace("\\", "").replace(" - ", " \u2013 ").replace("  ", "\u00a0 ").replace("x86>", "\u00d786>")
        for line in kept
    ]
    return "".join(f"    {line}\n\n" for line in damaged)


def without(text: str, *needles: str) -> str:
    """The text without each line that holds one of these words; a word that is nowhere would test nothing."""
    assert all(needle in text for needle in needles)
    return "".join(line for line in text.splitlines(keepends=True) if not any(needle in line for needle in needles))


def line_of(text: str, needle: str) -> int:
    """The number of the only line that holds this."""
    (line,) = (number for number, line in enumerate(text.splitlines(), 1) if needle in line)
    return line


def filler(lines: int) -> str:
    """Text of no command, long enough to tell two machines of one file apart."""
    return "".join(f"Nothing of a debugger stands in sentence {number}.\n" for number in range(lines))


def analysis(cases: Mapping[str, Text]) -> dumpscan.Analysis:
    """All cases in one analysis; a folder is written down for as long as it is read."""
    with TemporaryDirectory() as root:
        return dumpscan.analyze_cases(
            {name: _source(text, Path(root, str(at))) for at, (name, text) in enumerate(cases.items())}
        )


def _source(text: Text, folder: Path) -> bytes | Path:
    if isinstance(text, (str, bytes)):
        return text.encode() if isinstance(text, str) else text
    for name, part in text.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(part.encode())
    return folder


def documents(cases: Mapping[str, Text]) -> dict[str, Document]:
    """The document of each case, from one analysis of all; without the plan, which has tests of its own and takes a quarter of the time."""
    made = analysis(cases)
    vars(made)["plan"] = empty(made.tables["captures"]["case"])
    return {name: made.to_dict(name) for name in cases}


def document(text: Text) -> Document:
    return documents({"case": text})["case"]


def verdict(text: Text) -> Document:
    """The verdict of one text or folder."""
    told: Document = document(text)["verdict"]
    return told


def outcome(text: Text, rule: str) -> Document:
    """What one rule says of one text or folder."""
    return of_rule(document(text), rule)


def of_rule(told: Document, rule: str) -> Document:
    """The outcome of a rule in a document."""
    (one,) = (one for one in told["outcomes"] if one["rule"] == rule)
    result: Document = one
    return result


def findings(told: Document, rule: str) -> list[Document]:
    """The findings of a rule in a document."""
    found: list[Document] = of_rule(told, rule)["findings"]
    return found


def statuses(cases: Mapping[str, Text], rule: str) -> dict[str, str]:
    """The status of a rule in each case."""
    return {name: of_rule(told, rule)["status"] for name, told in documents(cases).items()}


def fired(told: Document) -> set[str]:
    """The rules that found something."""
    return {one["rule"] for one in told["outcomes"] if one["status"] == "found"}


def cited(finding: Document) -> list[tuple[str, int]]:
    """File and line of each line of evidence."""
    return [(one["file"], one["line"]) for one in finding["evidence"]]


def reboot_advice(finding: Document) -> list[str]:
    return [one["text"] for one in finding["advice"] if one["when"] == "reboot"]


def filling(kb: int, next_kb: int) -> list[Heap]:
    """The heaps of a session, hardly used, that take exactly so much of its view space; the smallest service heap has `next_kb`."""
    rest = kb - 128 - next_kb
    assert rest > 0
    return [(DEFAULT, rest, 1), (WINLOGON, 128, 1), (SYSTEM, next_kb, 1)]


# The lines of the contract that a single heap is held against, and the printed pairs that stand on each side of them.


class Printed(NamedTuple):
    """A size and a percentage as a tool prints them; `tenths` of a percent, so that no test compares rounded binary fractions."""

    kb: int
    tenths: int
    tool: str

    @property
    def percent(self) -> float:
        return self.tenths / 10

    @property
    def free_kb_2000(self) -> int:
        """KB free at the worst rounding, times 2,000: exact, and never below nothing."""
        step = 10 if self.tool == "dskheap" else 1  # half of the last printed digit, in twentieths of a percent
        return max(0, self.kb * (2000 - 2 * self.tenths - step))


def judged(one: Printed, fixed: bool = False) -> str | None:
    """What the contract says of one heap: "proved" or "likely" (both full), "at-risk", or nothing."""
    if (one.free_kb_2000 <= 16 * 2000 and one.kb >= 128 and not fixed) or (one.tenths >= 980 and one.kb <= 4096):
        return "proved"
    if one.tenths >= 900:
        return "likely" if one.free_kb_2000 < 256 * 2000 else "at-risk"
    return "at-risk" if one.tenths >= 800 and one.free_kb_2000 < 1024 * 2000 else None


def around(free_kb: int, tool: str, percents: range, sizes: range) -> Iterator[Printed]:
    """For every printable percentage, the sizes nearest below, at and above a line of free KB."""
    tenths_of = (
        tenths
        for percent in percents
        for tenths in range(percent * 10, percent * 10 + 10, 10 if tool == "dskheap" else 1)
    )
    for tenths in tenths_of:
        room = Printed(1, tenths, tool).free_kb_2000
        exact = free_kb * 2000 // room if room else 0
        for kb in range(exact - 4, exact + 5):
            if kb % sizes.step == sizes.start % sizes.step and kb in sizes:
                yield Printed(kb, tenths, tool)


def sides(pairs: Iterable[Printed], free_kb: int) -> set[int]:
    """On which sides of a line of free KB these stand: -1, 0, 1. A search that misses one of them tests nothing."""
    return {(one.free_kb_2000 > free_kb * 2000) - (one.free_kb_2000 < free_kb * 2000) for one in pairs}


def told_of(pairs: Sequence[Printed], rule: str, path: Callable[[int], str] = service) -> dict[Printed, str | None]:
    """The certainty with which a rule speaks of each pair, all of them as heaps of one listing; None where it is silent."""
    assert len({one.tool for one in pairs}) == 1
    listing = listed(pairs[0].tool, 0, [(path(at), one.kb, one.percent) for at, one in enumerate(pairs)])
    by_line = {finding["evidence"][0]["line"]: finding["certainty"] for finding in findings(document(listing), rule)}
    return {one: by_line.get(line_of(listing, f" {path(at)} ")) for at, one in enumerate(pairs)}


# Values of the registry and of csrss.exe, as machines have them.

CONTROL = r"HKEY_LOCAL_MACHINE\SYSTEM\CurrentControlSet\Control"
SUBSYSTEMS = rf"{CONTROL}\Session Manager\SubSystems"
MEMORY_MANAGEMENT = rf"{CONTROL}\Session Manager\Memory Management"
WINDOWS_KEY = r"HKEY_LOCAL_MACHINE\SOFTWARE\Microsoft\Windows NT\CurrentVersion\Windows"
WINDOWS_8 = 9200  # the first build whose csrss.exe has no console server


def csrss(sizes: str = "1024,20480,768", *, build: int = 14393) -> str:
    """The value `Windows` of a whole machine."""
    console = "ServerDll=winsrv:ConServerDllInitialization,2 " if build < WINDOWS_8 else ""
    sxs = "ServerDll=sxssrv,4 " if build >= 7600 else ""
    return (
        rf"%SystemRoot%\system32\csrss.exe ObjectDirectory=\Windows SharedSection={sizes} Windows=On SubSystemType=Windows ServerDll=basesrv,1 "
        f"ServerDll=winsrv:UserServerDllInitialization,3 {console}{sxs}ProfileControl=Off MaxRequestThreads=16"
    )


def reg_query(key: str, *values: tuple[str, str, str]) -> str:
    """`reg query`: name, type and data of each value."""
    return f"{key}\n" + "".join(f"    {name}    {kind}    {data}\n" for name, kind, data in values) + "\n"


def dword(key: str, **values: int) -> str:
    """`reg query` of numbers."""
    return reg_query(key, *((name, "REG_DWORD", f"{number:#x}") for name, number in values.items()))


def windows_value(text: str) -> str:
    """`reg query` of the value `Windows`."""
    return reg_query(SUBSYSTEMS, ("Windows", "REG_EXPAND_SZ", text))


def running(text: str) -> str:
    """`wmic` on csrss.exe: what is in force since the boot."""
    return f"C:\\>wmic process where name='csrss.exe' get CommandLine\nCommandLine\n{text}\n\nC:\\>\n"


XP = banner(2600, name="Windows XP")
XP_VALUE = windows_value(csrss("1024,3072,512", build=2600))
SERVER_2016 = banner(14393, name="Windows 10", target="x64")


def logged_on(account: str, luid: int) -> str:
    """One logon session as Get-CimInstance Win32_LoggedOnUser prints it; the LUID is decimal there."""
    domain, name = account.split("\\")
    return f'Antecedent      : Win32_Account (Name = "{name}", Domain = "{domain}")\nDependent       : Win32_LogonSession (LogonId = "{luid}")\nPSComputerName  : \n\n'


def march(day: float, *, uptime: str | None = None) -> str:
    """The banner of a debugger session on that day of March 2026, on Server 2003; `uptime` as "4 days 1:00:00"."""
    moment = datetime(2026, 3, 1) + timedelta(days=day - 1)
    lines = banner(3790, name="Windows Server 2003", time=moment.strftime("%a %b %d %H:%M:%S %Y"))
    return lines + (f"System Uptime: {uptime}.000\n" if uptime else "")


def old_banner(build: int, name: str, pack: int | None, processors: int) -> str:
    """The version line of a debugger with the Service Pack and the number of processors: what gates of old articles ask for."""
    packed = "" if pack is None else f" (Service Pack {pack})"
    kind = f"MP ({processors} procs)" if processors > 1 else "UP"
    return f"{name} Kernel Version {build}{packed} {kind} Free x86 compatible\n"


def processes(rows: Sequence[tuple[int | None, int, str]]) -> str:
    """`tasklist /v /fo list`: session, PID and image of each."""
    return "".join(
        f"\nImage Name:   {image}\nPID:          {pid}\n"
        + ("" if session is None else f"Session Name: RDP-Tcp#7\nSession#:     {session}\n")
        + "Mem Usage:    99,112 K\nStatus:       Running\nUser Name:    CONTOSO\\frieda\nCPU Time:     0:00:14\nWindow Title: N/A\n"
        for session, pid, image in rows
    )


# What was configured, and what is in force.

CSRSS = r"C:\WINDOWS\system32\csrss.exe ObjectDirectory=\Windows SharedSection={} Windows=On SubSystemType=Windows MaxRequestThreads=16"


def registry(key: str, values: Mapping[str, int | str]) -> str:
    """What `reg query` prints of a key: numbers as REG_DWORD, texts as REG_SZ."""
    lines = (
        f"    {name}    REG_DWORD    0x{data:x}\n" if isinstance(data, int) else f"    {name}    REG_SZ    {data}\n"
        for name, data in values.items()
    )
    return f"{key}\n{''.join(lines)}\n"


def stored_sections(sizes: str) -> str:
    """The SharedSection values of the registry, as `reg query` prints them."""
    return f"{SUBSYSTEMS}\n    Windows    REG_EXPAND_SZ    {CSRSS.format(sizes)}\n\n"


def running_sections(sizes: str) -> str:
    """The SharedSection values in force: the command line of csrss.exe."""
    return f"csrss.exe pid:    584\nCommand line : {CSRSS.format(sizes)}\n"


def free_ptes(pages: int) -> str:
    """The counter of !vm, as a part of `vm4`."""
    return f"        Free System PTEs:   {pages:>8} ({pages * 4:>8} Kb)\n"


# What is known of a current Windows, where `!dskheap` prints nothing.

GuiProcess = tuple[str, int, str, str, int, int]  # name, PID, services, account, USER objects, GDI objects
LOCAL_SYSTEM, LOCAL_SERVICE, NETWORK_SERVICE = (
    rf"NT AUTHORITY\{name}" for name in ("SYSTEM", "LOCAL SERVICE", "NETWORK SERVICE")
)


def scm(number: int, time: str, service: str = "Widget") -> str:
    """A service that did not start: 7009 (no answer in time) or 7000 (not started)."""
    texts = {
        7009: f"A timeout was reached (30000 milliseconds) while waiting for the {service} service to connect.",
        7000: f"The {service} service failed to start due to the following error: ",
    }
    return event(number, time, source="Service Control Manager", text=texts[number])


def gui(session: int, processes: Sequence[GuiProcess], *, total: tuple[int, int] | None = None) -> str:
    """GuiObjectUse of a session; `total`: USER and GDI objects that TOTAL and GR_GLOBAL tell, where a test cares."""
    head = "Session\tPID\tProcess name\tPPID\tServices\tUser SID\tUser name\tUSER objects\tUSER objects peak\tGDI objects\tGDI objects peak\n"
    rows = "".join(
        f"{session}\t{pid}\t{name}\t700\t{services} \tS-1-5-18\t{account}\t{user}\t{user + 2}\t{gdi}\t{gdi + 2}\n"
        for name, pid, services, account, user, gdi in processes
    )
    user, gdi_total = total or (sum(one[4] for one in processes), sum(one[5] for one in processes))
    last = "".join(
        f"{session}\t{name}\t[{words}]\t\t\t\t\t{user}\t{user}\t{gdi_total}\t{gdi_total}\n"
        for name, words in (("TOTAL", "enumerated processes"), ("GR_GLOBAL", "Session-wide usage"))
    )
    return head + rows + last


def started_csrss(interactive: int, service: int) -> str:
    """The command line of a running csrss.exe of Windows 8 and later, as PowerShell prints it."""
    line = rf"%SystemRoot%\system32\csrss.exe ObjectDirectory=\Windows SharedSection=1024,{interactive},{service} Windows=On SubSystemType=Windows"
    parts = "ServerDll=basesrv,1 ServerDll=winsrv:UserServerDllInitialization,3 ServerDll=sxssrv,4 ProfileControl=Off MaxRequestThreads=16"
    return f"PS C:\\> Get-CimInstance Win32_Process -Filter \"Name='csrss.exe'\" | % CommandLine\n{line} {parts}\nPS C:\\> \n"


def on_desktops(owners: Sequence[tuple[int, str, str, int]]) -> str:
    """windows.desktops of Volatility 3: session, path of the desktop, process and PID."""
    rows = "".join(
        "0xb90c0128a3c0\t{}\t{}\t{}\t{}\t{}\n".format(
            path.partition("\\")[0], session, path.partition("\\")[2], process, pid
        )
        for session, path, process, pid in owners
    )
    return f"Volatility 3 Framework 2.28.2\n\nOffset\tWindow Station\tSession\tDesktop\tProcess\tPID\n\n{rows}\n"


def deskscan(heaps: Sequence[tuple[str, int]]) -> str:
    """Volatility's deskscan: the size of each heap, and no use."""
    rows = "".join(
        f"{'*' * 50}\nDesktop: 0x{0x2C81A90 + at:x}, Name: {path}, Next: 0x0\nSessionId: 0, DesktopInfo: 0xbc670650, fsHooks: 0\n"
        f"spwnd: 0xbc6706e8, Windows: 61\nHeap: 0xbc670000, Size: 0x{kb * 1024:x}, Base: 0xbc670000, Limit: 0x{0xBC670000 + kb * 1024:x}\n"
        for at, (path, kb) in enumerate(heaps)
    )
    return f"$ python vol.py -f memory.raw --profile=Win2003SP2x86 deskscan\nVolatility Foundation Volatility Framework 2.6\n{rows}"


def commit(committed: int, limit: int) -> str:
    """What `!vm` prints of commit, in KB."""
    counters = f"Committed pages: {committed // 4:>10} ( {committed:>10} Kb)\nCommit limit: {limit // 4:>10} ( {limit:>10} Kb)\n"
    return f"kd> !vm\nPhysical Memory:           1048446 (    4193784 Kb)\nAvailable Pages:            820027 (    3280108 Kb)\n{counters}"


def bcdedit(**elements: str) -> str:
    """The loader of the Windows that runs, with these elements."""
    lines = "".join(f"{name:<24}{value}\n" for name, value in elements.items())
    head = "Windows Boot Loader\n-------------------\nidentifier              {current}\npath                    \\Windows\\system32\\winload.exe\n"
    return f"C:\\>bcdedit\n{head}{lines}\nC:\\>\n"


def assert_beside_no_sign(text: Text, rule: str) -> None:
    """A rule finds one thing, of the first moment, and heaps that have room stay without a sign all the same."""
    told = document(text)
    (finding,) = findings(told, rule)
    assert finding["snapshot"] == 1
    assert told["verdict"]["mode"] == "no-sign"
