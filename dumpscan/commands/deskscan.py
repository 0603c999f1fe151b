r"""deskscan: sizes and threads of the desktops in a memory image, by Volatility 2

    Volatility Foundation Volatility Framework 2.6
    **************************************************
    Desktop: 0x1b9b4b8, Name: WinSta0\Default, Next: 0x1bc3f10
    SessionId: 0, DesktopInfo: 0xbc6f0650, fsHooks: 2128
    spwnd: 0xbc6f06e8, Windows: 238
    Heap: 0xbc6f0000, Size: 0x300000, Base: 0xbc6f0000, Limit: 0xbc9f0000
     1208 (svchost.exe 896 parent 700)

The size of a heap is all that it tells: how much is used is not there, so it clears and accuses nobody. Size is Limit minus Base, in
bytes; a size that is not, altered or unreadable, is no size. The rows are heaps: a heap on several lines (the tables have one a thread,
and an object can be found twice) is one, and one without a readable name, a freed object or a cell that was cut, is none. Two objects of
one name with heaps of their own are both there: one may be freed, and nothing printed tells which. Cells of the grid that were cut to
fit ("WinS...ult") are no values.

Sources: the printing code of Volatility 2; public listings of a Server 2003 image.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from dumpscan.commands import tokens
from dumpscan.commands._deskscan_tables import cells
from dumpscan.commands._desktops import number, owner_rows, session_number, whole
from dumpscan.commands._listing import split_path

if TYPE_CHECKING:
    from lark import Token, Tree

    from dumpscan.rows import Rows

PRINTS = "deskscan"
FILLS = ("desktop_heaps", "desktop_owners", "tool_failures")
LITERALS = (b"DesktopInfo", b"deskscan", b"spwnd")
PROOF = frozenset({"DESKTOP", "HEAP", "GREP_HEAD", "GRID_HEAD", "JSON", "FAILURES"})
SIGNS = re.compile(
    r"(?m)Desktop: 0x|DesktopInfo: |spwnd: |^[ ]*+Heap: 0x|parent [0-9]++\)|^[ ]*+0x[0-9a-f]{1,16}[|]|^[ ]*+\{?\"(?:rows|columns)\""
)

_NAME = re.compile(r"Name: ([^\n]*), Next:")
_SESSION = re.compile(r"SessionId: ([0-9]++)")
_HEAP = re.compile(r"Size: ([^\s,]++), Base: ([^\s,]++), Limit: ([^\s,]++)")
_HEX = re.compile(r"0x[0-9a-f]++")
_THREAD = re.compile(r"(?m)\(([^\n]*) (\S++) parent [^\s)]++\)[ ]*+$")


class _Seen(NamedTuple):
    """A thread of a desktop, or a desktop without any."""

    line: int
    path: str | None
    session: int | None
    heap: tuple[str, str, str]  # size, base and limit as printed
    heap_line: int
    process: str | None
    pid: int | None


def read(tree: Tree[Token], rows: Rows) -> None:
    """One row a heap, and one for each process on a desktop."""
    for failure in tokens(tree, "FAILURES"):
        rows.failed(PRINTS, failure)
    seen = [*_in_text(tree, rows), *_in_tables(tree, rows)]
    if not seen and any(tokens(tree, "JSON")):
        rows.cut("its JSON cannot be read")
    heaps: dict[tuple[int | None, str | None, str, str, str], tuple[int, int]] = {}
    for one in seen:
        kb = _size(*one.heap)
        if kb and _names(one.path)[1]:
            heaps.setdefault((one.session, one.path, *one.heap), (one.heap_line, kb))
        elif kb is None and _HEX.fullmatch(one.heap[0]):
            rows.cut("the size of a heap is not what its base and its limit say")
    if heaps:
        rows.add(
            "desktop_heaps",
            [
                (line, PRINTS, session, path, *_names(path), kb, None, None)
                for (session, path, *_), (line, kb) in heaps.items()
            ],
        )
    owner_rows(
        rows,
        ((one.line, (one.session, *_names(one.path), one.pid, one.process)) for one in seen if one.pid is not None),
    )


def _names(path: str | None) -> tuple[str | None, str | None]:
    station, desktop = split_path(path) if path else (None, None)
    return station or None, desktop or None


def _size(size: str, base: str, limit: str) -> int | None:
    """KB of a heap; None where it cannot be read, or is not what base and limit say."""
    if not _HEX.fullmatch(size):
        return None
    length = int(size, 16)
    if _HEX.fullmatch(base) and _HEX.fullmatch(limit) and length != int(limit, 16) - int(base, 16):
        return None
    return length >> 10 if 0 < length < 1 << 31 and length % 1024 == 0 else None


def _in_text(tree: Tree[Token], rows: Rows) -> Iterator[_Seen]:
    for desktop in tree.find_data("desktop"):
        lines = {token.type: token for token in tokens(desktop, "DESKTOP", "INFO", "HEAP", "THREADS")}
        head = lines["DESKTOP"]
        named = _NAME.search(head)
        path = whole(named[1]) if named else None
        told = _SESSION.search(lines.get("INFO", ""))
        session = session_number(told[1]) if told else None
        sized = _HEAP.search(lines.get("HEAP", ""))
        heap = (sized[1].lower(), sized[2].lower(), sized[3].lower()) if sized else ("", "", "")
        heap_line = rows.line(lines["HEAP"]) if sized else 0
        yield _Seen(rows.line(head), path, session, heap, heap_line, None, None)
        if threads := lines.get("THREADS"):
            for line, (process, pid) in zip(rows.lines(threads), _THREAD.findall(threads), strict=True):
                yield _Seen(line, path, session, heap, heap_line, whole(process), number(pid))


def _in_tables(tree: Tree[Token], rows: Rows) -> Iterator[_Seen]:
    for line, (path, session, size, base, limit, process, pid) in cells(tree, rows):
        heap = (size.lower(), base.lower(), limit.lower())
        yield _Seen(line, whole(path), session_number(session), heap, line, whole(process), number(pid))
