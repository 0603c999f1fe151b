r"""registry_list: registry values as lists, printed by Get-ItemProperty and tools like it, or typed by hand

    PS C:\> Get-ItemProperty 'HKLM:\SYSTEM\CurrentControlSet\Control\Session Manager\Memory Management'
    PagingFiles     : {C:\pagefile.sys 2046 4092}
    SessionViewSize : 48

"name : value" with blanks on both sides of the colon is how tools print, and their DWORDs are decimal. PowerShell expands %SystemRoot% and tells the key
last, in PSPath. "Property SessionViewSize does not exist" is evidence: a row with neither text nor number.

What people type (`SessionViewSize = 48`, `SharedSection 1024,4096,512`) does not say in which base, nor whether it is there or wished for: rows without
origin, and with a number only where its base is certain (0x30, a single digit, "48 (decimal)"). One such line without a key may be advice, and is none.

Sources: Get-ItemProperty outputs in public; ntdebugging blog, comment 54; a public print of the key Windows with its quotas.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from dumpscan.commands import tokens
from dumpscan.commands._registry import NAME, STATE, STEMS, add_windows, certain, decimal, pieces
from dumpscan.commands._shared_section import add_sections, unwrapped

if TYPE_CHECKING:
    from lark import Token, Tree

    from dumpscan.rows import Rows

PRINTS = "Get-ItemProperty"
FILLS = ("registry_values", "shared_sections")
LITERALS = STEMS
PROOF = frozenset({"LISTED", "WINDOWS", "ANSWER", "NOT_SET", "TYPED"})
SIGNS = re.compile(
    r"(?i)^[ ]*+(?:Session(?:View|Pool|Image)Size|DesktopHeapLogging|(?:GDI|USER)ProcessHandleQuota)[ ]*+[:=]|SharedSection="
)

_ASKED_KEY = re.compile(r"(?i)[\"']((?:HKLM|HKEY|Registry:)[^\"'\n]++)|(HKLM:[^ )\n]++)")
_ASKED_NAME = re.compile(r"(?i)(?:\)\.|-Name[ ]++|[\"'][ ]++)[\"']?([a-z]++)")
_FIRST_COLUMN = re.compile(r"[ ]*+([A-Za-z]++)[ ]{2,}[^\s:]++[ ]++:")
_LISTED = re.compile(r"(\S++)[ ]++:[ ]*+(.*)")
_TYPED = re.compile(r"([A-Za-z]++)[ ]*+[:=]?[ ]*+(.*)")
# PSPath is wrapped at blanks and inside words alike: of these names it is known that they have one.
_TORN_NAME = re.compile(r"(?i)\b(Session|Memory|Windows)(Manager|Management|NT)(?=\\|$)")
_NAMED_BASE = re.compile(r"(?i)([0-9a-f]++)[ ]*+\((?:(dec)|hex)[a-z]*+\)")


def read(tree: Tree[Token], rows: Rows) -> None:
    """One row a value."""
    key, name = _asked(tree, rows)
    for token in tokens(tree, "LISTED"):
        match = _LISTED.search(token.strip())
        assert match is not None
        rows.add("registry_values", [(rows.line(token), key, match[1], None, match[2], decimal(match[2]), STATE)])
    for token in tokens(tree, "WINDOWS"):
        add_windows(rows, rows.lines(token), key, None, unwrapped(token).partition(":")[2].strip(), STATE)
    below = next((ask.line + ask.count("\n") for ask in tokens(tree, "ASK") if ask.line is not None), None)
    for token in tokens(tree, "ANSWER"):
        text = token.strip()
        if token.line != below:
            rows.doubt(rows.line(token), "something else stands between the question and this answer")
        elif name and NAME.fullmatch(name):
            rows.add("registry_values", [(rows.line(token), key, name, None, text, decimal(text), STATE)])
    for token in tokens(tree, "NOT_SET"):
        told = unwrapped(token).replace("\n", "")
        name, _, path = told.partition(" Property ")[2].partition(" does not exist at path")
        rows.add("registry_values", [(rows.line(token), path.strip(" .") or key, name, None, None, None, STATE)])
    listed = list(tokens(tree, "TYPED", "SECTION", "NUMBERS", "KEY"))
    several = (
        len({re.split(r"[ :=]+", token.strip())[0].lower() for token in listed}) > 1
    )  # one line pasted twice is no list
    for token in tokens(tree, "TYPED") if several else ():
        match = _TYPED.match(token.strip())
        assert match is not None
        rows.add("registry_values", [(rows.line(token), key, match[1], None, match[2], _typed(match[2]), None)])
    for token in tokens(tree, "SECTION"):
        add_sections(rows, rows.lines(token), token.strip(), in_force=False, typed=True)


def _asked(tree: Tree[Token], rows: Rows) -> tuple[str | None, str | None]:
    """Key and name of the question, or the key that the list itself tells."""
    key = name = None
    for token in tokens(tree, "LISTED", "OTHERS"):
        if column := _FIRST_COLUMN.match(token):
            key = column[1]
    for token in tokens(tree, "ASK"):
        if asked := _ASKED_KEY.search(token):
            key = asked[1] or asked[2]
        if asked := _ASKED_NAME.search(token):
            name = asked[1]
    for token in tokens(tree, "KEY"):
        key = token.strip(" []\n")
    for token in tokens(tree, "PSPATH"):
        path = "".join(line for _, line in pieces(rows, token)).rpartition("::")[2]
        key = _TORN_NAME.sub(r"\1 \2", path) or key
    return key, name


def _typed(data: str) -> int | None:
    """The number that somebody typed, where its base is certain."""
    if match := _NAMED_BASE.fullmatch(data):
        return decimal(match[1]) if match[2] else int(match[1], 16)
    return certain(data)
