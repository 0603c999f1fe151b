r"""event_export: events that PowerShell exported to CSV

    PS C:\> Get-WinEvent -LogName System | Select TimeCreated,Id,ProviderName,MachineName,Message | Export-Csv system.csv
    #TYPE Selected.System.Diagnostics.Eventing.Reader.EventLogRecord
    "TimeCreated","Id","ProviderName","MachineName","Message"
    "3/9/2021 7:05:33 AM","243","Win32k","TS01","A desktop heap allocation failed."

The names stand in the order in which somebody selected them, and every value is in quotes. Get-EventLog and Win32_NTLogEvent have other names for the same;
InstanceId keeps the severity in its high bits. Exports of the Event Viewer are `event_csv`. A record with more or fewer values than names is a
problem, never read by place.

Sources: the documentation of Export-Csv and of the objects. No public export of a 243 or 244.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from dumpscan.commands import tokens
from dumpscan.commands._events import Event, add_events, event_number, line_finder, one_line

if TYPE_CHECKING:
    from lark import Token, Tree

    from dumpscan.rows import Rows

PRINTS = "Get-WinEvent | Export-Csv"
FILLS = ("events",)
LITERALS = (b'"ProviderName"', b'"InstanceId"', b'"SourceName"', b'"EventID"', b'"EventCode"')
PROOF = frozenset({"NAMES"})
SIGNS = re.compile(r"(?i)\"(?:ProviderName|InstanceId|SourceName|EventID)\"|[,;]\"Win32k\"[,;]")

_RECORD = re.compile(r"[ ]*+((?:\"(?:[^\"]++|\"\")*+\")?(?:[,;](?:\"(?:[^\"]++|\"\")*+\")?)++)[ ]*+\n")
_NUMBER = re.compile(r"[0-9]{1,10}")


def read(tree: Tree[Token], rows: Rows) -> None:
    """A row an event."""
    names = next(iter(tokens(tree, "NAMES"))).strip()
    separator = ";" if ";" in names else ","
    labels = [name.strip('"').lower() for name in names.split(separator)]
    for token in tokens(tree, "RECORDS"):
        add_events(rows, _events(token, rows, labels, separator))


def _events(token: Token, rows: Rows, labels: list[str], separator: str) -> Iterator[Event]:
    line_at = line_finder(rows, token)
    for match in _RECORD.finditer(token):
        line = line_at(match.start(1))
        fields = next(csv.reader(io.StringIO(match[1]), delimiter=separator))
        told = dict(zip(labels, fields, strict=False))

        def value(*wanted: str, told: dict[str, str] = told) -> str | None:
            return next((text for label in wanted if (text := one_line(told.get(label)))), None)

        number = value("id", "eventid", "eventcode", "instanceid")
        if len(fields) != len(labels) or number is None or not _NUMBER.fullmatch(number):
            rows.doubt(line, "its values do not fit the names above")
            continue
        source, time = (
            value("providername", "source", "sourcename"),
            value("timecreated", "timegenerated", "timewritten"),
        )
        log, computer = value("logname", "logfile"), value("machinename", "computername")
        yield Event(line, log, source, event_number(number), time, value("message"), computer)
