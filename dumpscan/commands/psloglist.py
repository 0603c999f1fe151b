r"""psloglist: an event log as text, by Sysinternals

    System log on \\TS01:

    [733] Service Control Manager
       Type:     ERROR
       Computer: TS01
       Time:     3/9/2021 7:05:33 AM   ID:       7000
       User:     NT AUTHORITY\SYSTEM
    The Widget service failed to start due to the following error:
    The service did not respond to the start or control request in a timely fashion.

The number in brackets is that of the record, not the event's ID. "Message text not available.  Insertion strings:" is what is printed
where the message DLL is missing: the ID counts all the same. The layout of -s (one line an event) is read by event_csv.

Sources: public outputs of psloglist.
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

PRINTS = "psloglist"
FILLS = ("events",)
LITERALS = (b"Computer:",)
PROOF = frozenset({"EVENTS"})
SIGNS = re.compile(r"^[ ]*+\[[0-9]{1,10}\] |[ ]ID:[ ]++[0-9]")

_EVENT = re.compile(
    r"(?m)^[ ]*+\[[0-9]++\] ([^\n]*)\n[^\n]*+\n[^\n:]*+:([^\n]*+)\n[ ]*+Time:[ ]*+([^\n]{4,40}?) ID:[ ]*+([0-9]++)[ ]*+\n"
    r"(?:[ ]*+User:[^\n]*+\n)?((?:(?![ ]*+\[[0-9]++\] )[^\n]*+\n)*+)"
)
_LOG = re.compile(r"[ ]*+(.{1,60}?) log on ")


def read(tree: Tree[Token], rows: Rows) -> None:
    """A row an event; the heading above names its log."""
    add_events(rows, _events(tree, rows))


def _events(tree: Tree[Token], rows: Rows) -> Iterator[Event]:
    log = None
    for token in tokens(tree, "LOG", "EVENTS"):
        if heading := _LOG.match(token) if token.type == "LOG" else None:
            log = heading[1]
            continue
        line_at = line_finder(rows, token)
        for match in _EVENT.finditer(token):
            source, computer, time, number, text = match.groups()
            yield Event(
                line_at(match.start(4)),
                log,
                one_line(source),
                event_number(number),
                one_line(time),
                one_line(text),
                one_line(computer),
            )
