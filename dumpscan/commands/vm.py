r"""!vm: virtual memory use of the machine; with bit 4 of each session, too

    lkd> !vm 4
    *** Virtual Memory Usage ***
            Physical Memory:     16268   (   65072 Kb)
            Page File: \??\C:\pagefile.sys
               Current:    147456Kb Free Space:     65988Kb
               Minimum:     98304Kb Maximum:       196608Kb
            Commit limit:        50570   (  202280 Kb)
    Terminal Server Memory Usage By Session:
    Session Paged Pool Maximum is 32768K
    Session View Space Maximum is 20480K
    Session ID 0 @ f79a1000:
    Paged Pool Usage:  9824K
    Commit Usage:     10148K

The layout follows the debugger, not the machine. Session view space in use is in none of its lines, only its maximum (Windows XP and
Server 2003). Counters that ran below zero print as 18446735300397918280 (Windows 11): the row stays, its number does not. "Session
Summary" is no session. The table of processes is passed over.

Sources: the debugger's documentation of !vm; Windows Internals, 6th edition. No real print of the two maxima is public: that
part follows their known wording.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from dumpscan.commands import tokens

if TYPE_CHECKING:
    from lark import Token, Tree

    from dumpscan.rows import Rows

PRINTS = "!vm"
FILLS = ("memory_counters", "memory_warnings", "page_files", "session_memory", "session_limits")
LITERALS = (
    b"ResAvail", b"PTEs:", b"PagedPool", b"pagefile", b"swapfile", b"Paging", b"Committed", b"Commit:", b"Pages:", b"Usage:", b"Stacks:",
    b"Maximum", b"Physical",
)  # fmt: skip
PROOF = frozenset({"ASK", "BANNER", "PHYSICAL", "COUNTERS", "PAGE_FILE_SIZES", "SESSIONS", "MAXIMA", "SESSION"})
SIGNS = re.compile(
    r"\([ ]*+[0-9]*+[ ]?Kb[ ]*+\)|Session (?:ID[ ]++[0-9]++ @|View Space Max|Paged Pool Max)|Page File:|Free Space:|Kb[ ]++Max|Usage:[ ]*+[0-9]++[ ]?K"
)

# Counters of 2^63 and more ran below zero in the debugger's own arithmetic: no size of anything.
READABLE = 1 << 63

_COUNTER = re.compile(r"(?m)^[ ]*+([^:\n]++):[ ]*+([0-9]++)[ ]*+\([ ]*+([0-9]++)")
_SIZES = re.compile(r"(Current|Minimum):[ ]*+([0-9]++)[ ]?Kb[ ]++(?:Free Space|Maximum):[ ]*+([0-9]++)")
_WARNING = re.compile(r"(?m)^[ ]*+[\\*]++[ ]*+([^*\\\n]*[^*\\\n ])[ ]*+[\\*]++[ ]*+$")
_MAXIMUM = re.compile(r"Session (Paged Pool|View Space) Maximum is[ ]++([0-9]++)")
_SESSION = re.compile(r"Session ID[ ]++([0-9]++) @ ([0-9A-Fa-f`]++)")
_USAGE = re.compile(r"(Paged Pool|NonPaged|Commit)(?: Pool)? Usage:[ ]*+([0-9]++)")
_FIRST_NUMBER = re.compile(r"[0-9]++")
_LIMITS = {"Paged Pool": "paged_pool", "View Space": "view_space"}


def read(tree: Tree[Token], rows: Rows) -> None:
    """Counters, page files, warnings and sessions."""
    for token in tokens(tree, "PHYSICAL", "COUNTERS"):
        counters = zip(rows.lines(token), _COUNTER.findall(token), strict=True)
        rows.add(
            "memory_counters",
            [(line, " ".join(label.split()), _readable(pages), _readable(kb)) for line, (label, pages, kb) in counters],
        )
    for token in tokens(tree, "WARNINGS"):
        rows.add(
            "memory_warnings",
            [(line, text, _count(text)) for line, text in zip(rows.lines(token), _WARNING.findall(token), strict=True)],
        )
    for file in tree.find_data("page_file"):
        _read_page_file(file, rows)
    for token in tokens(tree, "MAXIMA"):
        maxima = zip(rows.lines(token), _MAXIMUM.findall(token), strict=True)
        rows.add("session_limits", [(line, _LIMITS[limit], None, int(kb), "!vm 4") for line, (limit, kb) in maxima])
    for session in tree.find_data("session"):
        _read_session(session, rows)


def _readable(digits: str) -> int | None:
    number = int(digits)
    return number if number < READABLE else None


def _count(warning: str) -> int | None:
    digits = _FIRST_NUMBER.search(warning)
    return _readable(digits[0]) if digits and "have failed" in warning else None


def _read_page_file(file: Tree[Token], rows: Rows) -> None:
    head = next(iter(tokens(file, "PAGE_FILE")))
    # Forum copies put blanks into the path: "\?? \C: \pagefile.sys".
    path = head.partition("Page File:")[2].replace(" ", "").strip() or None
    sizes: dict[str, tuple[int, int]] = {}
    repeats = False
    for token in tokens(file, "PAGE_FILE_SIZES"):
        for line, (word, one, two) in zip(rows.lines(token), _SIZES.findall(token), strict=True):
            repeats |= word in sizes
            if repeats:
                rows.doubt(line, f"a second {word!r} of one page file: the line that names the next one is missing")
            else:
                sizes[word] = int(one), int(two)
    current, minimum = sizes.get("Current", (None, None)), sizes.get("Minimum", (None, None))
    rows.add("page_files", [(rows.line(head), path, *current, *minimum)])


def _read_session(session: Tree[Token], rows: Rows) -> None:
    head = next(iter(tokens(session, "SESSION")))
    match = _SESSION.search(head)
    if match is None:  # "Session Summary"
        return
    usage: dict[str, int] = {}
    repeats = False
    for token in tokens(session, "USAGE"):
        for line, (word, kb) in zip(rows.lines(token), _USAGE.findall(token), strict=True):
            repeats |= word in usage
            if repeats:
                rows.doubt(line, f"a second {word!r} of one session: the line that names the next one is missing")
            else:
                usage[word] = int(kb)
    failures = next((int(_FIRST_NUMBER.findall(token)[0]) for token in tokens(session, "POOL_FAILURES")), None)
    address = match[2].replace("`", "").lower()
    rows.add(
        "session_memory",
        [
            (
                rows.line(head),
                int(match[1]),
                address,
                usage.get("Paged Pool"),
                usage.get("NonPaged"),
                usage.get("Commit"),
                failures,
            )
        ],
    )
