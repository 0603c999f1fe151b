r"""Win32_LogonSession: logon sessions as lists of properties, by PowerShell, wmic, Seatbelt and scripts

    AuthenticationPackage : NTLM
    LogonId               : 149023
    LogonType             : 5
    StartTime             : 20210309070533.120000+060

LogonId is decimal here: 149023 is the LUID 2461f of `Service-0x0-2461f$`. WMI prints no account with it, so the row has none
(Win32_LoggedOnUser tells it); Seatbelt and others print UserName and Domain in the same list. A property that comes again begins the next
session.

Sources: public captures of Get-WmiObject, wmic /format:list and Seatbelt.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from dumpscan.commands import tokens
from dumpscan.commands._luid import account, luid

if TYPE_CHECKING:
    from lark import Token, Tree

    from dumpscan.rows import Rows

PRINTS = "Win32_LogonSession"
FILLS = ("logon_sessions",)
LITERALS = (b"LogonId",)
PROOF = frozenset({"OWN"})
SIGNS = re.compile(r"(?i)\b(?:AuthenticationPackage|LogonId|LogonType)[ ]*+[:=]")

_FACT = re.compile(r"[ ]*+(\w++)[ ]*+[:=][ ]*+(.*)")


def read(tree: Tree[Token], rows: Rows) -> None:
    """A row a session."""
    facts = dict[str, str]()
    at = 0
    for token in tokens(tree, "LOGON_ID", "OWN", "COMMON"):
        for line, text in zip(rows.lines(token), token.splitlines(), strict=True):
            fact = _FACT.fullmatch(text)
            assert fact is not None
            label = fact[1].lower()
            if label in facts:
                _add(rows, at, facts)
                facts = {}
            facts[label] = fact[2].strip()
            at = line if label == "logonid" else at
    _add(rows, at, facts)


def _add(rows: Rows, line: int, facts: dict[str, str]) -> None:
    if "logonid" in facts:
        number = int(facts["logonid"], 16 if facts["logonid"][1:2] in "xX" else 10)
        who = account(facts.get("username"), facts.get("domain"))
        rows.add("logon_sessions", [(line, luid(number >> 32, number & 0xFFFFFFFF), who)])
