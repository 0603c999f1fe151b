"""dcdiag: the events that its test of the system log found

    Starting test: SystemLog
       An error event occurred.  EventID: 0xC0001B63
          Time Generated: 03/09/2021   07:05:33
          Event String:
          A timeout (30000 milliseconds) was reached while waiting for a transaction response from the Widget service.

The low 16 bits of the number are the ID (0xC0001B63 is 7011). The source is not printed, and without it an ID means nothing: these rows
say when something happened, no rule takes them for an event of Win32k.

Sources: Microsoft's documentation of dcdiag.
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

PRINTS = "dcdiag"
FILLS = ("events",)
LITERALS = (b"EventID:",)
PROOF = frozenset({"EVENTS"})
SIGNS = re.compile(r"EventID: 0x|Time Generated:")

_EVENT = re.compile(
    r"(?mi)^[^\n]{1,40}? event occurr?ed\.[ ]++EventID: (0x[0-9a-f]{1,8})[ ]*+\n(?:[ ]*+Time Generated:([^\n]*+)\n)?"
    r"(?:[ ]*+(?:Event String:|\(?Event String)([^\n]*+)\n)?((?:(?![^\n]{1,40}? event occurr?ed\.)[^\n]*+\n)*+)"
)


def read(tree: Tree[Token], rows: Rows) -> None:
    """A row an event."""
    add_events(rows, (event for token in tokens(tree, "EVENTS") for event in _events(token, rows)))


def _events(token: Token, rows: Rows) -> Iterator[Event]:
    line_at = line_finder(rows, token)
    for match in _EVENT.finditer(token):
        number, time, label, text = match.groups()
        missing = "could not be retrieved" in (label or "")
        told = None if missing else one_line(f"{label or ''} {text}")
        yield Event(line_at(match.start(1)), None, None, event_number(number), one_line(time), told)
