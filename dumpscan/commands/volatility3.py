r"""windows.desktops: desktops and sessions of the processes in a memory image, by Volatility 3 (also deskscan, windowstations, sessions)

    Volatility 3 Framework 2.27.0
    Progress:  100.00               PDB scanning finished

    Offset  Window Station  Session Desktop Process PID

    0xb90c0128a3c0  WinSta0 1       Default explorer.exe    4132

Sizes of heaps are in none of these plugins (Volatility 2 has them). One row of the tool is a thread; here it is a process on a desktop.
`windows.windowstations` names stations, `windows.sessions` processes without a desktop. Read in the formats quick (TABs), pretty, CSV, JSON
and JSONL. Where TABs became blanks and a name may hold blanks, what cannot be told apart is left open. Older Windows than
7 and 32-bit ones are refused ("This plugin only supports x64 versions of Windows"); that, and "Unsatisfied requirement", is no evidence.

Sources: the printing code of Volatility 3.
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from dumpscan.commands import tokens
from dumpscan.commands._desktops import number, owner_rows, session_number, whole

if TYPE_CHECKING:
    from lark import Token, Tree

    from dumpscan.commands._desktops import Owner
    from dumpscan.rows import Rows

PRINTS = "windows.desktops"
FILLS = ("desktop_owners", "tool_failures")
# No heading is one rare word; but each listing of desktops names WinSta0 or a service's station, and one of sessions the user /SYSTEM.
LITERALS = (
    b"WinSta0", b"Service-0x", b"/SYSTEM", b"TreeDepth", b'"Session', b"Station\tSession", b"ID\tSession", b"Unsatisfied",
    b"requirements:", b"NotImplementedError", b"windows.desk", b"windows.sessions",
)  # fmt: skip
PROOF = frozenset(
    {
        "DESKTOPS_HEAD", "STATIONS_HEAD", "SESSIONS_HEAD", "DESKTOPS_JSON", "STATIONS_JSON", "SESSIONS_JSON", "FAILURES",
    }
)  # fmt: skip
SIGNS = re.compile(
    r'(?m)^[ ]*+(?:\*++[ |]*+|[0-9]{1,3},)?+0x[0-9a-f]{4,16}[ ,|]|"(?:Window Station|Session ID|SessionId|Offset)":'
)

_JSON = json.JSONDecoder(strict=False)
_CSV = re.compile(r"[ ]*+[0-9]{1,3},")
_OFFSET = re.compile(r"0x[0-9a-f]{8,16}")
_MARKS = re.compile(r"[>|\s]*+(?:\*++ ?)?+")
# The columns of each plugin, in tables and as keys of JSON.
DESKTOPS = ("Offset", "Window Station", "Session", "Desktop", "Process", "PID")
STATIONS = ("Offset", "Name", "SessionId")
SESSIONS = ("Session ID", "Session Type", "Process ID", "Process", "User Name", "Create Time")


def read(tree: Tree[Token], rows: Rows) -> None:
    """One row a process on a desktop, a station, or a process in a session."""
    for failure in tokens(tree, "FAILURES"):
        rows.failed("Volatility 3", failure)
    owners: list[tuple[int, Owner]] = []
    for line, cells in _table(tree, rows, "DESKTOPS", DESKTOPS):
        _, station, session, desktop, process, pid = cells
        owners.append((line, (session_number(session), whole(station), whole(desktop), number(pid), whole(process))))
    for line, (_, station, session) in _table(tree, rows, "STATIONS", STATIONS):
        owners.append((line, (session_number(session), whole(station), None, None, None)))
    for line, (session, _, pid, process, *_) in _table(tree, rows, "SESSIONS", SESSIONS):
        owners.append((line, (session_number(session), None, None, number(pid), whole(process))))
    owner_rows(rows, owners)


def _table(tree: Tree[Token], rows: Rows, kind: str, columns: tuple[str, ...]) -> Iterator[tuple[int, list[str]]]:
    """The cells of each row, with the line on which it begins."""
    for token in tokens(tree, kind):
        for line, text in zip(rows.lines(token), token.splitlines(), strict=True):
            if len(_OFFSET.findall(text)) > 1:
                rows.doubt(line, "two rows in one line")
            else:
                yield line, _cells(rows.text(line), text, columns)
    for token in tokens(tree, f"{kind}_JSON"):
        lines, at = rows.lines(token), token.find("{")
        while at >= 0:
            try:
                told, end = _JSON.raw_decode(token, at)
            except ValueError:
                rows.cut("its JSON cannot be read")
                break
            line = lines[token.count("\n", 0, token.index('"', at))]
            yield line, ["" if told[column] is None else str(told[column]) for column in columns]
            at = token.find("{", end)


def _cells(raw: str, text: str, columns: tuple[str, ...]) -> list[str]:
    """The cells of a row of a table. `raw` has the TABs, `text` has been repaired."""
    count = len(columns)
    if _CSV.match(text):
        return [cell.replace("\\\\", "\\") for cell in next(csv.reader([text.strip()]))[1:]]
    if "|" in text:
        return text.split("|")[1:]
    if len(cells := _MARKS.sub("", raw, count=1).split("\t")) == count:
        return cells
    words = _MARKS.sub("", text, count=1).split()
    return words if len(words) == count else _apart(words, columns)


def _apart(words: list[str], columns: tuple[str, ...]) -> list[str]:
    """Cells of a row that lost its TABs: names may hold blanks, so where two of them meet neither can be told."""
    if columns is STATIONS:
        return [words[0], " ".join(words[1:-1]), words[-1]]
    if columns is DESKTOPS:
        session = next(at for at, word in enumerate(words) if at > 1 and re.fullmatch(r"[0-9]++|-|N/A", word))
        names = words[session + 1 : -1]
        return [
            words[0],
            " ".join(words[1:session]),
            words[session],
            *(names if len(names) == 2 else ("", "")),
            words[-1],
        ]
    date = next((at for at, word in enumerate(words) if re.match(r"[0-9]{4}-", word)), len(words) - 1)
    process = words[3] if date == 5 else ""
    return [*words[:3], process, "", " ".join(words[date:])]
