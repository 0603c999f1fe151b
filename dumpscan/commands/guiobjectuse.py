r"""GuiObjectUse: USER and GDI objects of each process of a session

    Session	PID	Process name	PPID	Services	User SID	User name	USER objects	USER objects peak	GDI objects	GDI objects peak
    0	1496	svchost.exe	1068	TermService 	S-1-5-20	NT AUTHORITY\NETWORK SERVICE	1	2	0	0
    0	TOTAL	[enumerated processes]					136	168	206	272
    0	GR_GLOBAL	[Session-wide usage]					139	210	460	591

It works on current Windows and tells who holds the objects, not how full a heap is. It is TAB separated, also where the file is called .csv. The last
two rows are no processes: they have no PID, and `TOTAL` or `GR_GLOBAL` for a name; the latter counts what belongs to no process any more, so it is
the larger one. With `-a` there are rows of processes that could not be asked ("Error 5"): their counts are missing, not zero. A session whose rows
do not add up to its `TOTAL` is incomplete.

A list with the columns PID and "USER Objects" or "GDI Objects", as Process Explorer saves it, is read by the names of its columns.

Sources: the sample output and code of AaronMargosis/GuiObjectUse (2024). Of Process Explorer only the layout is known.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from dumpscan.commands import tokens

if TYPE_CHECKING:
    from lark import Token, Tree

    from dumpscan.rows import Rows

PRINTS = "GuiObjectUse"
FILLS = ("gui_objects",)
LITERALS = (b"\tGDI", b"GR_GLOBAL", b"[enumerated")
PROOF = frozenset({"HEADINGS", "TOTALS", "LIST"})
SIGNS = re.compile(r"^[ ]*+[0-9]{1,10}[ ](?:TOTAL|GR_GLOBAL|[0-9]{1,10}[ ].*[ ]S-1-5-)")

# Column of the table -> how tools head it, in lower case.
NAMES = {
    "session": ("session", "session id"),
    "pid": ("pid", "process id"),
    "process": ("process name", "process", "name", "image name"),
    "services": ("services",),
    "account": ("user name", "username", "user"),
    "user_objects": ("user objects", "user handles"),
    "user_objects_peak": ("user objects peak", "peak user objects", "peak user handles"),
    "gdi_objects": ("gdi objects", "gdi handles"),
    "gdi_objects_peak": ("gdi objects peak", "peak gdi objects", "peak gdi handles"),
}
NUMBERS = {"session", "pid", "user_objects", "user_objects_peak", "gdi_objects", "gdi_objects_peak"}
# Where the headings are lost; the two without a name are PPID and SID.
USUAL = [*list(NAMES)[:3], None, "services", None, *list(NAMES)[4:]]

# "1,234" is one thousand and so on; "Error 5" and an empty field are no number.
_NUMBER = re.compile(r"[0-9]{1,10}|[0-9]{1,3}(?:[,.'\u00a0\u202f ][0-9]{3}){1,3}")


# The same where a mail has turned TABs into blanks: the SID parts services from the account. A name with blanks could be anything.
_BLANKS = re.compile(
    r"[ ]*+([0-9]++)[ ]++(?:([0-9]++)[ ]++([^\s0-9]\S*+)[ ]++([0-9]++)[ ]++((?:(?!S-1-)\S++[ ]++)*+)(S-1-\S++)[ ]++((?:(?![0-9]++(?:[ ]|$))\S++[ ]++)++)"
    r"|(TOTAL|GR_GLOBAL)[ ]++\[[^\]]*+\][ ]++)([0-9]++)[ ]++([0-9]++)[ ]++([0-9]++)[ ]++([0-9]++)[ ]*+"
)


def read(tree: Tree[Token], rows: Rows) -> None:
    """A row a process, and the totals as rows without a PID."""
    columns: list[str | None] = [*USUAL]
    for token in tokens(tree, "HEADINGS", "USAGE", "TOTALS", "LIST"):
        for line, text in zip(rows.lines(token), token.splitlines(), strict=True):
            fields = _fields(rows.text(line), text)
            if token.type == "HEADINGS" or (token.type == "LIST" and line == rows.line(token)):
                columns = [_column(field) for field in fields] or [*USUAL]
            elif len(fields) == len(columns):  # else every number would stand under another heading
                rows.add("gui_objects", [(line, *_values(dict(zip(columns, fields, strict=False))))])
    if any(tokens(tree, "LIST")):
        return
    found = rows.tables.get("gui_objects", [])
    sessions = {row[1] for row in found}
    rows.session = sessions.pop() if len(sessions) == 1 else None
    _check(rows, found)


def _fields(physical: str, repaired: str) -> list[str]:
    if "\t" in physical:
        return [field.strip() for field in physical.split("\t")]
    parts = _BLANKS.fullmatch(repaired)
    if parts is None:
        return []
    session, pid, *process, total, user, peak, gdi, gdi_peak = ((part or "").strip() for part in parts.groups())
    return [session, pid or total, *process, user, peak, gdi, gdi_peak]


def _column(heading: str) -> str | None:
    return next((name for name, headings in NAMES.items() if heading.lower() in headings), None)


def _values(told: dict[str | None, str]) -> list[Any]:
    if told.get("pid") in ("TOTAL", "GR_GLOBAL"):
        told["process"] = told["pid"]
    return [_number(told.get(name, "")) if name in NUMBERS else told.get(name) or None for name in NAMES]


def _number(text: str) -> int | None:
    return int(re.sub("[^0-9]", "", text)) if _NUMBER.fullmatch(text) else None


def _check(rows: Rows, found: list[tuple[Any, ...]]) -> None:
    """Hold the processes of each session against its TOTAL."""
    sums: dict[Any, list[int]] = {}
    totals: dict[Any, list[int]] = {}
    for _, session, pid, process, _, _, user, _, gdi, _ in found:
        if process == "TOTAL" and pid is None:
            totals[session] = [user, gdi]
        elif process != "GR_GLOBAL" or pid is not None:
            held = sums.setdefault(session, [0, 0])
            held[:] = held[0] + (user or 0), held[1] + (gdi or 0)
    if sums and sums == totals:
        rows.state = "whole"
    else:
        rows.cut("its processes do not add up to its TOTAL, or that is not there")
