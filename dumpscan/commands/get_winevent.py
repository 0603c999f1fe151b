r"""Get-WinEvent: events as PowerShell prints them (also Get-EventLog and Win32_NTLogEvent)

    TimeCreated  : 3/9/2021 7:05:33 AM
    ProviderName : Win32k
    Id           : 243
    Message      : A desktop heap allocation failed. Process ID: 4712. Process name: notepad.exe. Thread
                   ID: 5120. Session ID: 2

       ProviderName: Win32k

    TimeCreated                     Id LevelDisplayName Message
    -----------                     -- ---------------- -------
    3/9/2021 7:05:33 AM            243 Warning          A desktop heap allocation failed.

       Index Time          EntryType   Source                 InstanceID Message
       ----- ----          ---------   ------                 ---------- -------
        4711 Mar 09 07:05  Warning     Win32k                 2147483891 A desktop heap allocation failed.

InstanceId keeps the severity in its high bits: 2147483891 is 243. A table cuts messages and sources with "..."; a number that was cut so
is left out. The time of Get-EventLog's table has no year. "No events were found" makes no row: it says so of one log, as far back as
that reaches. `ProcessId` and `ThreadId` of "fl *" are those of the program that wrote the event, not of the one it is about.

Sources: Microsoft's documentation of the two commands, public pastes. The times of Get-EventLog's table are from memory.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from dumpscan.commands import tokens
from dumpscan.commands._events import Event, add_events, event_number, line_finder, one_line

if TYPE_CHECKING:
    from lark import Token, Tree

    from dumpscan.rows import Rows

PRINTS = "Get-WinEvent"
FILLS = ("events",)
LITERALS = (b"TimeCreated", b"TimeGenerated", b"EntryType", b"ProviderName", b"EventCode", b"Get-WinEvent")
PROOF = frozenset({"LIST", "PROVIDER", "WINEVENT_HEADINGS", "EVENTLOG_HEADINGS", "NONE"})
SIGNS = re.compile(r"ProviderName[ ]*+:|InstanceI[dD][ ]++:|^[ ]*+TimeCreated[ ]")

_LINE = re.compile(r"(?m)^(?:[ ]*+([A-Za-z]{2,24})[ ]++:(?: ([^\n]*+))?|([^\n]++))\n")
_WINEVENT = re.compile(
    r"(?m)^[ ]*+(\S++[ ]++[0-9:.]++(?: [AaPp]\.?[Mm]\.?)?)[ ]++([0-9]{1,5})[ ]([^\n]*+(?:\n[ ]{24}[^\n]*+)*+)"
)
_EVENTLOG = re.compile(
    r"(?m)^[ ]*+[0-9]++[ ]++([^\n]{1,12}?[ ][0-9]{1,2}:[0-9]{2})[ ]++\S++[ ]++([^\n]{1,120}?)[ ]++([0-9]{1,10})[ ]([^\n]*+(?:\n[ ]{24}[^\n]*+)*+)"
)
_LEVEL = re.compile(r"(?:Information|Warning|Error|Critical|Verbose|Informationen|Warnung|Fehler|Kritisch)?[ ]{1,20}+")


def read(tree: Tree[Token], rows: Rows) -> None:
    """A row an object, or a line of a table."""
    for token in tokens(tree, "LIST"):
        add_events(rows, _listed(token, rows))
    provider, headings, above = None, "", ""
    for token in tokens(tree, "PROVIDER", "WINEVENT_HEADINGS", "WINEVENTS", "EVENTLOGS"):
        if token.type == "PROVIDER":
            provider = token.partition(":")[2].strip()
        elif token.type == "WINEVENT_HEADINGS":
            headings = token.partition("\n")[0]
            if above != "PROVIDER":  # the line that names the provider of this table is missing
                provider = None
        elif token.type == "WINEVENTS":
            add_events(rows, _winevents(token, rows, provider, headings))
        else:
            add_events(rows, _eventlogs(token, rows))
        above = token.type


def _listed(token: Token, rows: Rows) -> Iterator[Event]:
    """Objects follow each other without a mark (a blank line): each begins with the label that the first one began with."""
    first, label, line = None, "", 0
    values: dict[str, str] = {}
    for line_here, (name, value, more) in zip(rows.lines(token), _LINE.findall(token), strict=True):
        if more:
            values[label] = f"{values.get(label, '')} {more}"
            continue
        label = name.lower()
        if label == first or first is None:
            yield from _event(line, values)
            first, line, values = label, line_here, {}
        values[label] = value
    yield from _event(line, values)


def _event(line: int, values: dict[str, str]) -> Iterator[Event]:
    def value(*labels: str) -> str | None:
        return next((told for label in labels if (told := one_line(values.get(label)))), None)

    number = value("id", "eventid", "eventcode", "instanceid")
    if number is not None and number.isascii() and number.isdigit() and len(number) <= 10:
        source, time = (
            value("providername", "source", "sourcename"),
            value("timecreated", "timegenerated", "timewritten"),
        )
        yield Event(
            line,
            value("logname", "logfile"),
            source,
            event_number(number),
            time,
            value("message"),
            value("machinename", "computername"),
        )


def _winevents(token: Token, rows: Rows, provider: str | None, headings: str) -> Iterator[Event]:
    """Rows of a table; where the provider is a column, it and the message stand under their headings."""
    line_at, source_at, text_at = line_finder(rows, token), headings.find("ProviderName"), headings.find("Message")
    for match in _WINEVENT.finditer(token):
        line = line_at(match.start(2))
        time, number, rest = match.groups()
        source, text = provider, rest
        if source_at > 0:
            source, text = match[0][source_at:text_at], match[0][text_at:]
        elif level := _LEVEL.match(rest):
            text = rest[level.end() :]
        yield Event(line, None, one_line(source), event_number(number), one_line(time), _message(text, rows, line))


def _eventlogs(token: Token, rows: Rows) -> Iterator[Event]:
    line_at = line_finder(rows, token)
    for match in _EVENTLOG.finditer(token):
        line = line_at(match.start(3))
        time, source, number, text = match.groups()
        yield Event(line, None, one_line(source), event_number(number), one_line(time), _message(text, rows, line))


def _message(text: str, rows: Rows, line: int) -> str | None:
    """What a table shows of a message; cut by one character for "..." in PowerShell 7, which is a full stop in the matching copy."""
    cut = rows.text(line).rstrip().endswith("\u2026")
    return one_line(f"{text.rstrip().removesuffix('.')}..." if cut else text)
