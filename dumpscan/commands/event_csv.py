r"""event_csv: exported event logs, a line an event, with commas, semicolons or TABs

    Level,Date and Time,Source,Event ID,Task Category
    Warning,3/9/2009 7:05:33 AM,Win32k,243,None,A desktop heap allocation failed.

    3/9/2007,7:05:33 AM,Win32k,Warning,None,243,N/A,TS01,A desktop heap allocation failed.

The first is that of Vista and later: five names over six fields; the message is quoted where it has commas or line breaks. The second is
that of Windows 2000 to 2003, without names. Also read: dumpel (type and category are numbers; the source stands before or after the
user, by version) and `psloglist -s`. Files of TABs count only where the TABs are still there: blanks in their place could be read in
more than one way.

Of an export with more than 1,000 events stay those that say something about desktop heaps, their look-alikes and boots, and
the first and the last one, which tell how far the log reaches.

Sources: public exports; Microsoft's description of "Save Log File As" in Windows 2000; KB articles that quote dumpel. The order of
`psloglist -s` is from memory.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from operator import attrgetter
from typing import TYPE_CHECKING

from dumpscan.commands import tokens
from dumpscan.commands._events import Event, add_events, event_number, one_line

if TYPE_CHECKING:
    from lark import Token, Tree

    from dumpscan.rows import Rows

PRINTS = "exported event log"
FILLS = ("events",)
# A name of the first line in each language; in exports without one, what stands between two separators in nearly every line.
LITERALS = (
    b"Time,Source,Event", b"Time\tSource\tEvent", b"Uhrzeit,Quelle,", b"Uhrzeit\tQuelle\t", b"heure,Source,", b"hora,Origen,",
    "время,Источник".encode(), "时间,来源".encode(), "時刻,ソース".encode(), b",None,", b"\tNone\t", b",N/A,", b"\tN/A\t", b",Win32k,", b"\tWin32k\t",
)  # fmt: skip
PROOF = frozenset({"VISTA", "SERVER_2003", "TABS", "DUMPEL", "PSLOGLIST"})
SIGNS = re.compile(r"[,;\t]Win32k[,;\t]")


# What stands before the message of a row; the message goes on to the next row.
_DATE = r"[0-9]{1,4}[./-][0-9]{1,2}[./-][0-9]{1,4}"
_VISTA = r'^[>| ]*+"?[^\s,;"0-9][^,;"\t\n]{2,20}"?S"?(?P<time>DATE\s[^,;"\t\n]{4,16})"?S"?(?P<source>FIELD{1,200}?)"?S"?(?P<id>[0-9]{1,5})"?S(?:"[^"\n]*+"|FIELD*+)(?:S|$)'
_SERVER_2003 = r'^[>| ]*+"?(?P<time>DATE)"?S"?(?P<clock>[0-9][^,;"\t\n]{3,14})"?S"?(?P<source>FIELD{1,200}?)"?SFIELD*+SFIELD*+S"?(?P<id>[0-9]{1,5})"?SFIELD*+S"?(?P<computer>FIELD*+)(?:S|$)'
_DUMPEL = r"^[>| ]*+(?P<time>DATE)S(?P<clock>FIELD{4,14})S[0-9]++S[0-9]++S(?P<id>[0-9]{1,5})S(?P<one>FIELD*+)S(?P<two>FIELD*+)(?:SFIELD*+)?(?:S|$)"
_PSLOGLIST = r"^[>| ]*+[0-9]++S(?P<log>FIELD++)S(?P<source>FIELD++)SFIELD++S(?P<computer>FIELD++)S(?P<time>FIELD++)S(?P<id>[0-9]{1,5})SFIELD*+S"


def _rows(pattern: str, separators: str) -> re.Pattern[str]:
    """The pattern for these separators: S is one of them, FIELD a character of a value."""
    sep, field = f"[{separators}]", rf"[^{separators}\n]"
    return re.compile("(?m)" + pattern.replace("DATE", _DATE).replace("FIELD", field).replace("S", sep))


_COMMAS = {
    "VISTA": _rows(_VISTA, ",;"),
    "SERVER_2003": _rows(_SERVER_2003, ",;"),
    "PSLOGLIST": _rows(_PSLOGLIST, ","),
}
_TABS = {"TABS": (_rows(_VISTA, "\t"), _rows(_SERVER_2003, "\t")), "DUMPEL": (_rows(_DUMPEL, "\t"),)}
_USER = re.compile(r"N/A|[^\\]*\\.*")


def read(tree: Tree[Token], rows: Rows) -> None:
    """A row an event, in the order of the export."""
    events: list[Event] = []
    for token in tokens(tree, *_COMMAS, *_TABS):
        lines = rows.lines(token)
        if token.type in _COMMAS:
            events += _events(_COMMAS[token.type], str(token), lines)
        else:
            lines = list(dict.fromkeys(lines))  # TABs are only in the physical lines
            text = "\n".join([*map(rows.text, lines), ""])
            found = (event for pattern in _TABS[token.type] for event in _events(pattern, text, lines))
            events += sorted(found, key=attrgetter("line"))
    add_events(rows, events)


def _events(pattern: re.Pattern[str], text: str, lines: Sequence[int]) -> Iterator[Event]:
    at, before = 0, 0
    for match, after in pairwise([*pattern.finditer(text), None]):
        assert match is not None
        at += text.count("\n", before, match.start())
        before = match.start()
        told = match.groupdict()
        time = f"{told['time']} {told.get('clock') or ''}"
        message = text[match.end() : after.start() if after else None].strip()
        quoted = len(message) > 1 and message[0] == message[-1] == '"'
        yield Event(
            lines[at],
            told.get("log"),
            one_line(told["source"] if "source" in told else _source(told["one"], told["two"])),
            event_number(told["id"]),
            one_line(time),
            one_line(message[1:-1].replace('""', '"') if quoted else message),
            one_line((told.get("computer") or "").rstrip('"')),
        )


def _source(one: str, two: str) -> str | None:
    """Of two columns of dumpel, the one that is no user."""
    users = [_USER.fullmatch(column) is not None for column in (one, two)]
    return two if users == [True, False] else one if users == [False, True] else None
