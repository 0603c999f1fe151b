r"""Listings as the tools print them, composed for the tests, and short ways to what dumpscan says of them.

The layouts are those of the tools; the figures are the test's own. One analysis costs a tenth of a second whatever it holds, so a
test puts all its texts into one call of `documents`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import dumpscan

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
    """The document of each case, from one analysis of all."""
    made = analysis(cases)
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


def deskscan(heaps: Sequence[tuple[str, int]]) -> str:
    """Volatility's deskscan: the size of each heap, and no use."""
    rows = "".join(
        f"{'*' * 50}\nDesktop: 0x{0x2C81A90 + at:x}, Name: {path}, Next: 0x0\nSessionId: 0, DesktopInfo: 0xbc670650, fsHooks: 0\n"
        f"spwnd: 0xbc6706e8, Windows: 61\nHeap: 0xbc670000, Size: 0x{kb * 1024:x}, Base: 0xbc670000, Limit: 0x{0xBC670000 + kb * 1024:x}\n"
        for at, (path, kb) in enumerate(heaps)
    )
    return f"$ python vol.py -f memory.raw --profile=Win2003SP2x86 deskscan\nVolatility Foundation Volatility Framework 2.6\n{rows}"
