r"""wevtutil: events as text, by `wevtutil qe LOG /f:text`

    Event[0]:
      Log Name: System
      Source: Win32k
      Date: 2021-03-09T07:05:33.120
      Event ID: 243
      Task: N/A
      Level: Warning
      Description:
    A desktop heap allocation failed. Process ID: 4712. Process name: notepad.exe. Thread ID: 5120. Session ID: 2

The number in brackets counts the events of this output. The labels are English on every Windows, the message is not. Newer ones print
"Event[0]" without a colon and "2021-03-09T07:05:33.1200000Z". The text of the last event ends at a blank line. Other forms of wevtutil are XML.

Sources: public outputs from English, Chinese, Korean and Russian Windows.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise
from typing import TYPE_CHECKING

from dumpscan.commands import tokens
from dumpscan.commands._events import Event, add_events, event_number, line_finder, one_line

if TYPE_CHECKING:
    from lark import Token, Tree

    from dumpscan.rows import Rows

PRINTS = "wevtutil qe /f:text"
FILLS = ("events",)
LITERALS = (b"Event[", b"Ereignis[")
RANK = 4  # before event_text, which knows the labels, too
PROOF = frozenset({"EVENTS"})
SIGNS = re.compile(r"^[ ]*+(?:Event|Ereignis)\[[0-9]")

_COMPUTER = re.compile(r"(?m)^[ ]*+Computer:([^\n]*+)$")
_EVENT = re.compile(
    r"(?m)^[ ]*+(?:Event|Ereignis)\[[0-9]++\]:?[ ]*+\n[ ]*+[A-Z][a-z ]*+[A-Za-z]*+:([^\n]*+)\n[ ]*+[A-Z][a-z]++:([^\n]*+)\n"
    r"[ ]*+(?:Date|Datum):([^\n]*+)\n[ ]*+(?:Event ID|Ereignis-ID):[ ]*+([0-9]{1,10})[ ]*+\n"
    r"((?:(?![ ]*+(?:Description|Beschreibung):|[ ]*+(?:Event|Ereignis)\[[0-9])[^\n]*+\n)*+)"
    r"(?:[ ]*+(?:Description|Beschreibung):([^\n]*+\n(?:(?![ ]*+(?:Event|Ereignis)\[[0-9])[^\n]*+\n)*+))?"
)


def read(tree: Tree[Token], rows: Rows) -> None:
    """A row an event."""
    token = next(iter(tokens(tree, "EVENTS")))
    add_events(rows, _events(token, rows))


def _events(token: Token, rows: Rows) -> Iterator[Event]:
    line_at, last = line_finder(rows, token), len(token)
    for match in _EVENT.finditer(token):
        log, source, time, number, labels, text = match.groups()
        if text and match.end() == last:
            text = _first_paragraph(match.start(6), token, rows)
        computer = _COMPUTER.search(labels)
        yield Event(
            line_at(match.start(4)),
            one_line(log),
            one_line(source),
            event_number(number),
            one_line(time),
            one_line(text),
            one_line(computer[1]) if computer else None,
        )


def _first_paragraph(start: int, token: Token, rows: Rows) -> str:
    """The last event's text up to a blank line: what stands below may be anything. A blank line right under the label is none."""
    lines, first = rows.lines(token), token.count("\n", 0, start)
    words = token[start:].split("\n")
    for number, (above, line) in enumerate(pairwise(lines[first:]), 1):
        if line > above + 1 and any(map(str.strip, words[:number])):
            rows.ends_before(line)
            return "\n".join(words[:number])
    return "\n".join(words)
