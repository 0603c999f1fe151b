r"""event_text: events as the Event Viewer copies them, and as articles and forums retype them

    Event Type:     Warning
    Event Source:   Win32k
    Event ID:       243
    Date:           3/9/2007
    Time:           7:05:33 AM
    Description:
    A desktop heap allocation failed.

    Log Name:      System
    Source:        Win32k
    Date:          3/9/2009 7:05:33 AM
    Event ID:      243
    Description:
    A desktop heap allocation failed. Process ID: 4712. Process name: notepad.exe. Thread ID: 5120. Session ID: 2

Windows NT to 2003 (the first), Vista and later (the second, also with "Event Xml:", which tells the same event again and is counted once), and
eventquery.vbs. Labels in any order and in seven languages; the ID and the source are never translated. The text is the first paragraph
of the description.

An event without a date and a time stays, with `time` missing: KB articles and mails list events so that nobody says happened on this
machine. No rule takes such a row for a fact. Words that only talk about an event make no row: an ID and a source must stand on lines of their
own, one below the other.

Sources: public copies in English, German, Russian, Chinese and Japanese, and in Spanish of Windows 2003; the other French and Spanish labels are
from translated documents. No public copy of a 243 or 244 in another language.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING

from dumpscan.commands import tokens
from dumpscan.commands._events import Event, add_events, event_number, one_line

if TYPE_CHECKING:
    from lark import Token, Tree

    from dumpscan.rows import Rows

PRINTS = "Event Viewer copy"
FILLS = ("events",)
RANK = 5  # a description goes on to the next label, so what stands in those lines goes to its own reader first
PROOF = frozenset({"LABELS", "ONE_LINE"})
SIGNS = re.compile(r"(?i)^[ ]*+Event (?:ID|Source):")


def _printed(*words: str) -> tuple[bytes, ...]:
    """Words as UTF-8, and as the low bytes of UTF-16, in which a text of that encoding is searched."""
    wide = (word.encode("utf-16-le")[::2] for word in words)
    return (*(word.encode() for word in words), *(word for word in wide if len(word) > 3))


# The source's label in each language; in French the blank before its colon may be of any kind, so there a piece of "événement".
LITERALS = (
    b"Source:", b"Source=", b"SourceName", b"Quelle:", b"Origen", b"nement", *_printed("Источник", "来源", "日志名称", "ソース", "ログの名前"),
)  # fmt: skip

_ROLES = {
    "log": "log name|log|event log|protokollname|имя журнала|日志名称|ログの名前|nom du journal|nombre de registro",
    "source": "event source|source|source name|sourcename|quelle|ereignisquelle|источник|источник события|来源|事件来源|ソース|origen|origen del suceso|source de l'événement",
    "id": "event id|eventid|event|event code|eventcode|ereignis-id|ereigniskennung|код события|事件 id|事件id|イベント id|イベントid|id de l'événement|id. del evento|id. evento|id. del suceso|id. suceso",
    "date": "date|date time|date/time|logged|datum|дата|日期|日付|fecha",
    "text": "description|beschreibung|описание|描述|说明|説明|descripción|message",
    "computer": "computer|computer name|компьютер|计算机|コンピューター|コンピュータ|ordinateur|equipo",
    "clock": "time|uhrzeit|zeit|время|时间|時刻|heure|hora",
}
_OTHERS = "event type|event category|task category|type|category|level|keywords|user"
_NEXT_LABEL = re.compile(
    rf"(?i)[ ]++(?=(?:{'|'.join(map(re.escape, '|'.join([*_ROLES.values(), _OTHERS]).split('|')))})[ ]?[:\uff1a])"
)
_ROLE = {label: role for role, labels in _ROLES.items() for label in labels.split("|")}
_LABEL = re.compile(r"[-*_ ]*+([^:=\uff1a]{1,40}?)[*_ ]*+[:=\uff1a](.*)")
_NUMBER = re.compile(r"[0-9]{1,10}(?![0-9])")
# What may stand below the description: a link, the record's data, the same event as XML.
_BELOW = re.compile(
    r"(?i)[-*_ ]*+(?:For more information, see |Data:|[0-9a-f]{4}: |[^:]{0,30}\bxml\b[^:]{0,14}:[ ]*+$|(?:-[ ]?)?<)"
)


def read(tree: Tree[Token], rows: Rows) -> None:
    """A row, and where it is over."""
    printed = [one for token in tokens(tree, "LABELS", "DESCRIPTION") for one in _lines(token, rows)]
    printed += [
        (rows.line(token), label) for token in tokens(tree, "ONE_LINE") for label in _NEXT_LABEL.split(token.strip())
    ]
    event, over = _event(printed)
    add_events(rows, [event] if event else [])
    if over < len(printed):
        rows.ends_before(printed[over][0])


def _lines(token: Token, rows: Rows) -> Iterator[tuple[int, str]]:
    return zip(rows.lines(token), token.split("\n"), strict=False)


def _event(printed: Sequence[tuple[int, str]]) -> tuple[Event | None, int]:
    """The event of these lines, and where it is over."""
    at, end = 0, len(printed)
    labels: list[tuple[str, int, str]] = []
    while at < end and not (labels and labels[-1][0] == "text"):
        line, text = printed[at]
        if match := _LABEL.match(text):
            value = match[2].strip("*_ \\").removesuffix("<br />").removesuffix("<br>").strip()
            labels.append((_ROLE.get(match[1].lower(), ""), line, value))
        at += 1
    told, step = _of_one_event(labels)

    def goes_on() -> bool:
        return at < end and printed[at][0] - printed[at - 1][0] <= step

    words = [told["text"][1]] if told.get("text", (0, ""))[1] else []
    while at < end and not _BELOW.match(printed[at][1]) and (not words or goes_on()):
        words.append(printed[at][1])
        at += 1
    if at < end and _BELOW.match(printed[at][1]):
        at += 1
        while at < end and (goes_on() or _BELOW.match(printed[at][1])):
            at += 1
    number = _NUMBER.match(told["id"][1]) if "id" in told and "source" in told else None
    if number is None:
        return None, at
    roles = ("log", "source", "date", "clock", "computer")
    log, source, date, clock, computer = (told[role][1] if role in told else "" for role in roles)
    time = " ".join(part for part in (date, clock) if any(map(str.isdigit, part)))
    event = Event(
        told["id"][0],
        one_line(log),
        one_line(source),
        event_number(number[0]),
        one_line(time),
        one_line("\n".join(words)),
        one_line(computer),
    )
    return event, at


def _of_one_event(labels: Sequence[tuple[str, int, str]]) -> tuple[dict[str, tuple[int, str]], int]:
    """Line and value of each label, and the lines from one to the next (2 in a copy with a blank line below each): no patterns see blank lines,
    so the date of a mail may stand right above an event."""
    gaps = [below[1] - above[1] for above, below in pairwise(labels)]
    step = min(gaps, default=1)
    stretches = [*accumulate((gap > step for gap in gaps), initial=0)]
    needed = [stretch for stretch, (role, _, _) in zip(stretches, labels, strict=False) if role in ("id", "source")]
    told: dict[str, tuple[int, str]] = {}
    for stretch, (role, line, value) in zip(stretches, labels, strict=False):
        if role == "text" or (needed and needed[0] <= stretch <= needed[-1]):
            told.setdefault(role, (line, value))
    return told, step
