"""What the readers of events have in common: which events are kept, and what an event's text tells of a process and a session."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from lark import Token

    from dumpscan.rows import Rows


class Event(NamedTuple):
    """One event as printed; what is not printed is None."""

    line: int
    log: str | None
    source: str | None
    event_id: int
    time: str | None
    text: str | None
    computer: str | None = None  # that logged it: a log can be of another machine than the texts beside it


# An ID means nothing without its source (1009 is also a logon audit of MSExchangeIS, 2004 also one of MSExchange OAuth). Sources in lower
# case, without "microsoft-windows-".
KNOWN: dict[str, tuple[int, ...]] = {
    "win32k": (243, 244),
    "application popup": (26,),
    "service control manager": (7000, 7001, 7009, 7011, 7022, 7023, 7024, 7031, 7034),
    "w3svc": (1009,),
    "was": (5009,),
    "dcom": (10010,),
    "distributedcom": (10010,),
    "srv": (2019, 2020, 2021),
    "resource-exhaustion-detector": (2004,),
    "application error": (1000,),
    "eventlog": (6005, 6006, 6008, 6009),  # boot marks
    "kernel-general": (12, 13),  # the same, since Vista
}
# A block with more events than these is an export of a whole log (a hundred thousand rows, in every case of a fleet): of such a one stay
# the known events, and the first and the last, which tell how far the log reaches.
MOST = 1000


def event_number(digits: str) -> int:
    """The ID of an event: 2147483891 (InstanceId) and 0x800000F3 (dcdiag) are 243 with its severity in the high bits."""
    return int(digits, 0) & 0xFFFF


COLUMNS = 80  # of a console: it breaks words


def one_line(text: str | None) -> str | None:
    """A message in one line: where it is wrapped depends on the console or the editor, not on the event."""
    if not text:
        return None
    lines = text.strip("\n").split("\n")
    broken = len(lines) > 1 and all(len(line) == COLUMNS for line in lines[:-1])
    return " ".join(("" if broken else " ").join(lines).split()) or None


def line_finder(rows: Rows, token: Token) -> Callable[[int], int]:
    """A function from an offset in a token to the physical line that it is in."""
    lines, ends = rows.lines(token), [end.start() for end in re.finditer("\n", token)]
    return lambda offset: lines[bisect_left(ends, offset)]


def add_events(rows: Rows, events: Iterable[Event]) -> None:
    """Rows of the table `events`."""
    found = list(events)
    if len(found) > MOST:
        found = [found[0], *filter(_is_known, found[1:-1]), found[-1]]
    told = (event._replace(time=_time(event.time)) for event in found)
    rows.add("events", [(*event[:-1], *details(event), event.computer) for event in told])


_LABEL = re.compile(r"(?i)[ ]?(?:Time|Zeit|Uhrzeit|Hora)[ ]?:[ ]*+")
_OF_A_MAIL = re.compile(r"[A-Z][a-z]{2}, [0-9]{1,2} [A-Z][a-z]{2} [0-9]{4}")


def _time(printed: str | None) -> str | None:
    """A time without the label of the next line, where the line end was lost; the date of a mail is none of an event."""
    return None if printed is None or _OF_A_MAIL.match(printed) else _LABEL.sub(" ", printed)


def _short(source: str | None) -> str:
    return (source or "").lower().removeprefix("microsoft-windows-")


def _is_known(event: Event) -> bool:
    return event.event_id in KNOWN.get(_short(event.source), ())


# A number is followed by a full stop or the end: one that ends a cut text ("Session ID: 1..." of 12) is none, nor is half of a wrapped one ("47 12").
_NUMBER = r"([0-9]{1,9})(?=\.?(?:$| [A-Z][a-z]+ (?:ID|name):))"
_REQUESTER = re.compile(rf"(Process|Session) ID: {_NUMBER}")
_REQUESTER_NAME = re.compile(r"Process name: ([^:]{1,260}?)\.? Thread ID:")
_FAULTING = re.compile(r"(?i)Faulting application(?: name:)? ([^,]{1,260}),")
_FAULTING_PROCESS = re.compile(r"(?i)Faulting process id: (?:0x)++([0-9a-f]{1,8})(?![0-9a-f])(?!\.\.)")
_POPUP = re.compile(r"(?i)popup: ([^:]{1,260}?\.exe) - ")
_WORKER = re.compile(r"(?i)process id was '([0-9]{1,9})'")

Details = tuple[int | None, str | None, int | None]  # session, process, pid


def _requester(text: str) -> Details:
    numbers = {what: int(digits) for what, digits in _REQUESTER.findall(text)}
    return numbers.get("Session"), _first(_REQUESTER_NAME, text), numbers.get("Process")


def _faulting(text: str) -> Details:
    pid = _first(_FAULTING_PROCESS, text)
    return None, _first(_FAULTING, text), int(pid, 16) if pid else None


def _worker(text: str) -> Details:
    pid = _first(_WORKER, text)
    return None, None, int(pid) if pid else None


def _first(pattern: re.Pattern[str], text: str) -> str | None:
    match = pattern.search(text)
    return match[1] if match else None


_DETAILS: dict[tuple[str, int], Callable[[str], Details]] = {
    ("win32k", 243): _requester,
    ("win32k", 244): _requester,
    ("application error", 1000): _faulting,
    ("application popup", 26): lambda text: (None, _first(_POPUP, text), None),
    ("w3svc", 1009): _worker,
    ("was", 5009): _worker,
}


def details(event: Event) -> Details:
    """Session, process and PID as far as the text of this kind of event tells them."""
    tell = _DETAILS.get((_short(event.source), event.event_id))
    return tell(event.text) if tell and event.text else (None, None, None)
