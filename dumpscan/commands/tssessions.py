r"""TSSessions: terminal sessions, and the window stations and desktops of its own session, with the size of each desktop heap

    This process/thread running in:

        TS Session:  2
    ...
    Window stations in the current session: 2

        WS name    : WinSta0
          Desktops in WS WinSta0: 3

            Name : Default
              Heap size: 20480 KB

It works on current Windows, where `!dskheap` fails; but it tells sizes only, and a size says nothing about use. The session is that of
its own process. The block about that process makes a row only where the list lacks its desktop: even for SYSTEM the stations of services may
refuse to be listed ("Unable to enumerate desktops: Access is denied"). What was refused, or does not agree with the tool's own counts, leaves
the listing incomplete. A token of a terminal session tells which account a logon session (LUID) belongs to. `Service-0x0-<LUID>$` outside
session 0 is a browser's sandbox (its desktop is called `sbox_...`), no service. The windows of `-w` name the processes on a desktop
(`desktop_owners`), the lists of `-p` those of a session (`gui_objects`, without counts).

Sources: the sample outputs of AaronMargosis/TSSessions (2024).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from dumpscan.commands import tokens
from dumpscan.commands._luid import account, luid

if TYPE_CHECKING:
    from lark import Token, Tree

    from dumpscan.rows import Rows

PRINTS = "TSSessions"
FILLS = ("desktop_heaps", "desktop_owners", "gui_objects", "logon_sessions", "tool_failures")
LITERALS = (b"process/thread", b"WinSta:", b"SessionFlags", b"stations", b"UserInput:", b"IsVis?")
PROOF = frozenset({"HEAD", "TS_SESSION", "COUNT", "STATIONS", "STATION", "DESKTOPS"})
SIGNS = re.compile(
    r"^[ ]*+(?:TS Session:|WS name|Desktops in WS|Heap size:|UserInput:|Token logon session|SessionFlags)"
)

_SIZE = re.compile(r":[ ]++([0-9]{1,10}) KB[ ]*+\n")
_FACT = re.compile(r"[ ]*+(DomainName|UserName|Token logon session)[ ]++:(.*)")
_LUID = re.compile(r"([0-9A-Fa-f]{8}):([0-9A-Fa-f]{8})")
_PROCESS = re.compile(r"[ ]*+([0-9]{1,10})[ ]++(\S++(?: \S++)*+)(?:[ ]{2,}(\S.*))?")
_NAME = re.compile(r"[^\s>]++(?: [^\s>]++)*+")
_OWNER = re.compile(r"([0-9]{1,10})(?:[ ]++(\S.*))?")

Heap = tuple[int, str | None, str | None, int]  # line, window station, desktop, KB


def read(tree: Tree[Token], rows: Rows) -> None:
    """Sizes of the heaps, who is logged on, and which processes there are."""
    rows.session = next((_number(token) for token in tokens(tree, "TS_SESSION")), None)
    desktops = _read_heaps(tree, rows)
    stations = len(list(tokens(tree, "STATION")))
    _read_sessions(tree, rows)
    failures = [
        (line, PRINTS, text.strip())
        for token in tokens(tree, "FAILURE", "HEAP_SIZE")
        for line, text in zip(rows.lines(token), token.splitlines(), strict=True)
        if token.type == "FAILURE" or "Error #" in text
    ]
    told = [sum(map(_number, tokens(tree, kind))) for kind in ("STATIONS", "DESKTOPS")]
    if failures:
        rows.add("tool_failures", failures)
        rows.cut(f"{len(failures)} of its questions about window stations and desktops were refused")
    elif rows.session is None or not any(tokens(tree, "STATIONS")):
        rows.cut("its head, or its list of window stations, is not there")
    elif told != [stations, desktops]:
        rows.cut(
            f"it counted {told[0]} window stations and {told[1]} desktops, but {stations} and {desktops} are there"
        )
    else:
        rows.state = "whole"


def _number(token: Token) -> int:
    return int(token.rpartition(":")[2])


def _read_heaps(tree: Tree[Token], rows: Rows) -> int:
    """The heaps of the list, whose number is returned; that of the process's own desktop where the list lacks it."""
    station = desktop = columns = None
    own: list[Heap] = []
    listed: list[Heap] = []
    heaps, left, sized = own, 1, False
    for token in tokens(tree, "WINSTA", "DESKTOP", "STATIONS", "STATION", "DESKTOPS", "NAME", "HEAP_SIZE", "WINDOWS"):
        name = token.partition(":")[2].strip()
        if token.type in ("WINSTA", "STATION", "DESKTOP", "NAME") and not _NAME.fullmatch(name):
            rows.doubt(rows.line(token), "the name goes on into something else: its line end was lost")
            heaps, station, desktop = [], None, None
            continue
        if token.type in ("WINSTA", "STATION"):
            station, desktop = name, None
        elif token.type == "DESKTOPS":
            station = token.partition(" in WS ")[2].rpartition(":")[0]
            left = _number(token)
        elif token.type in ("DESKTOP", "NAME"):
            desktop, sized = name, False
            left -= token.type == "NAME"
            station = (
                station if left >= 0 else None
            )  # more than the station has: the line that names the next one is missing
        elif token.type == "HEAP_SIZE" and (size := _SIZE.search(token)):
            if station and desktop and not sized:
                heaps.append((rows.line(token), station, desktop, int(size[1])))
            else:
                rows.doubt(rows.line(token), "the size of a heap whose name is missing")
            sized = True
        elif token.type == "WINDOWS":
            columns = _read_windows(token, columns, (rows.session, station, desktop), rows)
        if token.type in ("STATIONS", "STATION", "DESKTOPS", "NAME"):
            heaps = listed
    known = {heap[1:3] for heap in listed}
    rows.add(
        "desktop_heaps",
        [
            (line, "tssessions", rows.session, f"{station}\\{desktop}" if station and desktop else None, station, desktop, size, None, None)
            for line, station, desktop, size in [*(heap for heap in own if heap[1:3] not in known), *listed]
        ],
    )  # fmt: skip
    return len(listed)


def _read_windows(
    windows: Token, columns: int | None, where: tuple[int | None, str | None, str | None], rows: Rows
) -> int | None:
    """Each process once. Where PID and name begin is told by the headings alone: the text of a window may look like anything."""
    owners: dict[tuple[int, str | None], int] = {}
    for line, text in zip(rows.lines(windows), windows.splitlines(), strict=True):
        if "IsVis?" in text or "Top-level" in text:
            columns = text.find(" PID ") + 1 or None
        elif columns and (owner := _OWNER.fullmatch(text.rstrip(), columns)) and text[columns - 1] == " ":
            if owner[2] is None:
                rows.doubt(line, "a PID with no process behind it may be cut")
            else:
                owners.setdefault((int(owner[1]), owner[2]), line)
    rows.add("desktop_owners", [(line, *where, *owner) for owner, line in owners.items()])
    return columns


def _read_sessions(tree: Tree[Token], rows: Rows) -> None:
    """The tokens of each terminal session, and its processes."""
    session, facts = None, dict[str, str]()
    for token in tokens(tree, "SESSION", "FACTS", "PROCESSES"):
        if token.type == "SESSION":
            session, facts = _number(token), {}
            continue
        for line, text in zip(rows.lines(token), token.splitlines(), strict=True):
            if token.type == "FACTS" and (fact := _FACT.match(text)):
                facts[fact[1]] = fact[2].strip()
                if fact[1].startswith("Token") and (halves := _LUID.match(facts[fact[1]])):
                    who = account(facts.get("UserName"), facts.get("DomainName"))
                    rows.add("logon_sessions", [(line, luid(int(halves[1], 16), int(halves[2], 16)), who)])
            elif token.type == "PROCESSES" and (process := _PROCESS.fullmatch(text.rstrip())):
                told = (session, int(process[1]), process[2], None, process[3])
                rows.add("gui_objects", [(line, *told, None, None, None, None)])
