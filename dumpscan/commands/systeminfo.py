r"""systeminfo: the summary of a machine, also as CSV, and as the export (.txt, .nfo) of msinfo32

    Host Name:                 WEB01
    OS Name:                   Microsoft(R) Windows(R) Server 2003, Enterprise Edition
    OS Version:                5.2.3790 Service Pack 2 Build 3790
    System Type:               X86-based PC

Windows translates the labels, and even the word before the second build ("10.0.22631 N/A version 22631"). So the lines are told by
their order and by the build that stands there twice; where the two differ, the row keeps no build. The name of the machine is the
line two above the version; in msinfo32 it follows the manufacturer of Windows. "Processor(s)" counts sockets: it fills no column.

Up to Server 2003 it tells for how long the machine has been up, since Vista when it was started: the second date of the list, after that of the
installation. That one stands as "since 3/9/2021, 7:05:33 AM" in the column of the uptime. Many ask for this line alone (`systeminfo | find "Boot Time"`): it is read by its
English label.

msinfo32 writes UTF-16 with TABs, and a TAB at the end of each line; copies turn TABs into blanks, then only English labels are read.

Sources: public copies in English, French and German; the documentation of systeminfo and msinfo32.
"""

from __future__ import annotations

import csv
import re
from typing import TYPE_CHECKING

from dumpscan.commands import tokens
from dumpscan.commands._windows import System, architecture, numbered
from dumpscan.moments import SINCE

if TYPE_CHECKING:
    from lark import Token, Tree

    from dumpscan.rows import Rows

PRINTS = "systeminfo"
FILLS = ("systems",)
LITERALS = (
    b"-based",
    b"Build",
    b"GenuineIntel",
    b"AuthenticAMD",
    b"Manufacturer",
    b"Betriebssystem",
    b"exploitation",
    b"operativo",
    b"Boot",
    b"Seconds",
)
PROOF = frozenset({"LISTED", "COMMAS", "EXPORTED", "MARKED", "BOOTED"})
SIGNS = re.compile(r"(?:Host|OS) (?:Name|Version):[ ]++[^\n ]")

_DATED = re.compile(
    r"[0-9]{1,4}[./-][0-9]{1,2}[./-][0-9]{1,4},? +[0-9]{1,2}[:.][0-9]{2}[:.][0-9]{2}(?: ?[AaPp]\.? ?[Mm]\.?)?"
)
_NAME = re.compile(r"[^\s:\\/*?\"<>|,]{1,63}")  # of a computer
_MARKED = re.compile(r"<Item><!\[CDATA\[([^\]\n]*)\]\]></Item>\s*<Value><!\[CDATA\[([^\]\n]*)")
_ITEM = re.compile(
    r"(OS Name|Version|OS Manufacturer|Other OS Description|System [A-Z][a-z]+|[^\t]+(?= Microsoft)) +(.*)"
)
_MANUFACTURER = "Microsoft Corporation"


def read(tree: Tree[Token], rows: Rows) -> None:
    """One row a summary; its line is that of the name of Windows."""
    for token in tokens(tree, "LISTED"):
        values = [line.partition(":")[2].strip() for line in token.rstrip("\n").split("\n")]
        version = next(at for at, value in enumerate(values) if at and re.match(r"[0-9]+\.[0-9]+\.[0-9]", value))
        told = _booted(token) or _started(values[version:])
        _add(
            rows,
            rows.lines(token)[version - 1],
            values[version - 1 :],
            values[0] if version > 1 else None,
            told,
        )
    for token in tokens(tree, "BOOTED"):
        rows.add("systems", [System(rows.line(token), uptime=_booted(token))])
    for token in tokens(tree, "COMMAS"):
        name, *values = map(str.strip, next(csv.reader([token.strip()])))
        kinds = [
            value for value in values[2:13] if architecture(value)
        ]  # that of the system is the last before the processors
        up = next((value for value in values[2:12] if re.fullmatch(r"[0-9]+ Days, .*Seconds", value)), None)
        _add(rows, rows.line(token), [*values[:2], *kinds[-1:]], name, up or _started(values[2:12]))
    for token in tokens(tree, "EXPORTED"):
        items = [_item(rows.text(line)) for line in rows.lines(token)]
        _add(rows, rows.line(token), [value for _, value in items], _system_name(items) or _reported(tree))
    for token in tokens(tree, "MARKED"):
        items = [(label.strip(), value.strip()) for label, value in _MARKED.findall(token)]
        whole = token.count("<Item>") == len(items)  # else one of them is damaged, and the order tells nothing
        _add(rows, rows.line(token), [value for _, value in items], _system_name(items) if whole else None)


def _booted(text: str) -> str | None:
    """For how long the machine was up, or since when, where an English label says so."""
    up, since = (re.search(rf"System {what} Time:[ ]++([^\n]*[^\n ])", text) for what in ("Up", "Boot"))
    if up:
        return up[1]
    return f"{SINCE}{since[1]}" if since and _DATED.fullmatch(since[1]) else None


def _started(values: list[str]) -> str | None:
    """When the machine was started: the second of two dates with a time; of one alone nobody can tell which it is."""
    dates = [value for value in values if _DATED.fullmatch(value)]
    return f"{SINCE}{dates[1]}" if len(dates) == 2 else None


def _system_name(items: list[tuple[str, str]]) -> str | None:
    """The item that is called so; in another language, the one below the manufacturer of Windows."""
    told = dict(items)
    if {"OS Name", "OS Manufacturer", "System Manufacturer"} & told.keys():
        return told.get("System Name")
    values = [value for _, value in items]
    below = values.index(_MANUFACTURER) + 1 if _MANUFACTURER in values[:-1] else None
    return values[below] if below and items[below][0] != values[below] else None


def _reported(tree: Tree[Token]) -> str | None:
    """The name of the machine at the top of an export."""
    heads = (token.partition("System Name:")[2].partition("\n")[0].strip() for token in tokens(tree, "REPORT"))
    return next(heads, None)


def _item(line: str) -> tuple[str, str]:
    """Label and value of a line of msinfo32, whose TAB may be lost."""
    label, tab, value = line.strip("> \t").partition("\t")
    known = None if tab else _ITEM.match(label)
    if not tab:
        label, value = known.groups() if known else (label, label)
    return label.strip(), value.strip()


def _add(rows: Rows, line: int, values: list[str], name: str | None, uptime: str | None = None) -> None:
    """`values`: the name of Windows, its version, and at last the type of the system (or a copy that ends before it)."""
    build, pack = numbered(values[1])
    kind = architecture(values[-1])
    computer = name if name and _NAME.fullmatch(name) else None
    rows.add("systems", [System(line, values[0], build, pack, kind, uptime=uptime, computer=computer)])
