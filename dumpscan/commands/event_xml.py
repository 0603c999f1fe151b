"""event_xml: events as XML (wevtutil, the XML view and the export of the Event Viewer)

    <Event xmlns='...'><System><Provider Name='Win32k'/><EventID Qualifiers='32768'>243</EventID><Level>3</Level>
    <TimeCreated SystemTime='2021-03-09T07:05:33.120Z'/><Channel>System</Channel><Computer>TS01</Computer></System></Event>

wevtutil prints single quotes and an event a line, without a root; the Event Viewer's view has double quotes, a "- " before each tag that
can be folded, and saves a whole log on one line. The message stands only in RenderedXml; without it `text` is the inserted strings,
which name neither session nor process. Times are UTC, as printed.

The "Event Xml:" of a copied event repeats that event: it is event_text's then, and counted once.

Sources: public exports and pastes (Service Control Manager, WAS; a real Win32k event with another ID). No public XML of a 243 or 244.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape
from typing import TYPE_CHECKING

from dumpscan.commands import tokens
from dumpscan.commands._events import Event, add_events, event_number, line_finder, one_line

if TYPE_CHECKING:
    from lark import Token, Tree

    from dumpscan.rows import Rows

PRINTS = "wevtutil qe /f:xml"
FILLS = ("events",)
LITERALS = (b"<EventID",)
RANK = 6  # the "Event Xml:" of a copied event is that event again: event_text has it
PROOF = frozenset({"EVENTS"})
SIGNS = re.compile(r"<EventID|</Event>")

# Patterns, not a parser: what is pasted is seldom well-formed, and no entity is ever expanded but those of HTML.
_EVENT = re.compile(r"<Event(?=[ >\n])((?:[^<]++|<(?!/?Event[ >\n]))*+)")
_PROVIDER = re.compile(r"<Provider\s(?:[^>]*?\s)?Name=[\"']([^\"'>]{1,200})")
_ID = re.compile(r"<EventID[^>]{0,60}+>\s*+([0-9]{1,10})\s*+<")
_TIME = re.compile(r"SystemTime=[\"']([^\"'>]{1,60})[\"']")
_LOG = re.compile(r"<Channel>([^<]{1,200})<")
_COMPUTER = re.compile(r"<Computer>([^<]{1,200})<")
_MESSAGE = re.compile(r"<Message>((?:[^<]++|<(?!/Message>))++)")
_DATA = re.compile(r"<Data(?:\s[^>]{0,200}+)?>((?:[^<]++|<(?!/?Data))++)</Data>")


def read(tree: Tree[Token], rows: Rows) -> None:
    """A row an event."""
    add_events(rows, (event for token in tokens(tree, "EVENTS") for event in _events(token, rows)))


def _events(token: Token, rows: Rows) -> Iterator[Event]:
    line_at = line_finder(rows, token)
    for match in _EVENT.finditer(token):
        body = match[1]
        if number := _ID.search(body):
            line = line_at(match.start(1) + number.start())
            text = _first(_MESSAGE, body) or one_line(", ".join(map(unescape, _DATA.findall(body))))
            patterns = (_PROVIDER, _LOG, _TIME, _COMPUTER)
            source, log, time, computer = (_first(pattern, body) for pattern in patterns)
            yield Event(line, log, source, event_number(number[1]), time, text, computer)


def _first(pattern: re.Pattern[str], text: str) -> str | None:
    match = pattern.search(text)
    return one_line(unescape(match[1])) if match else None
