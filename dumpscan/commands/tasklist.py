r"""tasklist: processes with their services, sessions and accounts

    Image Name                     PID Services
    ========================= ======== ============================================
    svchost.exe                   1068 BrokerInfrastructure, DcomLaunch, PlugPlay,
                                       Power, SystemEventsBroker

It tells which services a PID of another text is. Its rows go to `gui_objects`, whose counts are missing then. Read as a table, as CSV and
as a list, with `/svc` and `/v`; headings may be translated, for the ruler (or the number of fields) tells the columns, but a list is read in
English only. The modules of `/m` are not services. A word for "none" that is translated is the one that the idle process has.

Sources: Microsoft's documentation of tasklist; public captures of Windows XP to 11.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from dumpscan.commands import tokens
from dumpscan.commands._luid import account

if TYPE_CHECKING:
    from lark import Token, Tree

    from dumpscan.rows import Rows

PRINTS = "tasklist"
FILLS = ("gui_objects",)
LITERALS = (b"=========================", b'","PID","', b"Services:", b"Session#:")
PROOF = frozenset({"RULER", "CSV_HEAD", "LIST"})
SIGNS = re.compile(r"^[ ]*+\S[^\n]{23,33}[ ]++[0-9]{1,8}[ ](?:Services|Console|N/A|RDP-Tcp)")

# By number of columns.
COLUMNS = {
    3: ("process", "pid", "services"),
    5: ("process", "pid", "name", "session", "memory"),
    9: ("process", "pid", "name", "session", "memory", "status", "account", "time", "window"),
}
LABELS = {"image name": "process", "pid": "pid", "session#": "session", "user name": "account", "services": "services"}

_ENTRY = re.compile(r"[ ]*+([A-Z][A-Za-z #]{1,12}):[ ]*+(.*)")
_NO_SERVICE = re.compile(r"(?i)\\|\.dll|\.exe")

Told = tuple[int, dict[str, str]]


def read(tree: Tree[Token], rows: Rows) -> None:
    """A row a process."""
    told = [*_table(tree, rows), *_csv(tree, rows), *_list(tree, rows)]
    none = {"N/A", "Nicht zutreffend", *(facts.get("services", "") for _, facts in told if facts.get("pid") == "0")}
    for line, facts in told:
        services, who = facts.get("services", ""), facts.get("account", "")
        rows.add(
            "gui_objects",
            [
                (
                    line,
                    _number(facts, "session"),
                    _number(facts, "pid"),
                    facts.get("process"),
                    None if services in none or _NO_SERVICE.search(services) else services or None,
                    account(who) if "\\" in who else None,
                    *(None,) * 4,
                )
            ],
        )


def _number(facts: Mapping[str, str], name: str) -> int | None:
    text = facts.get(name, "")
    return int(text) if re.fullmatch("[0-9]{1,10}", text) else None


def _table(tree: Tree[Token], rows: Rows) -> Iterator[Told]:
    """Rows of the table, split where the ruler has its blanks; a row that is not blank there was shifted, and is left out."""
    spans: list[tuple[int, int]] = []
    for token in tokens(tree, "RULER", "ROWS"):
        if token.type == "RULER":
            spans = [match.span() for match in re.finditer("=+", token.splitlines()[-1])]
            continue
        found: list[Told] = []
        for line, text in zip(rows.lines(token), token.splitlines(), strict=True):
            parts = [text[start:end].strip() for start, end in [*spans[:-1], (spans[-1][0], len(text))]]
            above = found[-1][1].get("services", "") if found else ""
            if not any(parts[:2]) and above.endswith(","):
                found[-1][1]["services"] = f"{above} {parts[-1]}"
            elif not any(parts[:2]):
                rows.doubt(line, "goes on with a list of services, but the process above it has none that goes on")
            elif all(text[end : end + 1].isspace() for _, end in spans[:-1]):
                found.append((line, dict(zip(COLUMNS.get(len(spans), COLUMNS[3][:2]), parts, strict=False))))
        yield from found


def _csv(tree: Tree[Token], rows: Rows) -> Iterator[Told]:
    for token in tokens(tree, "CSV_ROWS"):
        for line, fields in zip(
            rows.lines(token), csv.reader([text.strip() for text in token.splitlines()]), strict=True
        ):
            yield line, dict(zip(COLUMNS.get(len(fields), COLUMNS[3][:2]), fields, strict=False))


def _list(tree: Tree[Token], rows: Rows) -> Iterator[Told]:
    facts: dict[str, str] = {}
    for token in tokens(tree, "LIST"):
        last, at = "", 0
        for line, text in zip(rows.lines(token), token.splitlines(), strict=True):
            entry = _ENTRY.fullmatch(text)
            if entry is None:
                facts[last] = f"{facts.get(last, '')} {text.strip()}"
                continue
            last = LABELS.get(entry[1].lower(), "")
            if last == "process" and facts:
                yield at, facts
                facts = {}
            facts[last] = entry[2].strip()
            at = line if last == "process" else at
        if facts:
            yield at, facts
            facts = {}
