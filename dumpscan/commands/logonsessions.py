r"""logonsessions: logon sessions and their accounts, by the Sysinternals tool

    [3] Logon session 00000000:0002461f:
        User name:    CORP\svc_sql
        Auth package: NTLM
        Logon type:   Service
        Session:      0

A window station is named after its logon session: `Service-0x0-2461f$` is that of CORP\svc_sql here. LUIDs are given anew at each start.
With `-p` the processes of each session follow, which go to `gui_objects` without counts. Of `-c` and `-ct` each record begins with the LUID,
and the account is the field after it. A session without a user name has no account.

Sources: Sysinternals, LogonSessions; a public capture of its text. The records of -c and -ct are composed.
"""

from __future__ import annotations

import csv
import re
from typing import TYPE_CHECKING

from dumpscan.commands import tokens
from dumpscan.commands._luid import account, luid

if TYPE_CHECKING:
    from lark import Token, Tree

    from dumpscan.rows import Rows

PRINTS = "logonsessions"
FILLS = ("gui_objects", "logon_sessions")
LITERALS = (b"00000000:",)
PROOF = frozenset({"SESSION", "RECORDS"})
SIGNS = re.compile(r"Logon session [0-9A-Fa-f]|Auth package:|Logon server:")

_LUID = re.compile(r"([0-9A-Fa-f]{8}):([0-9A-Fa-f]{8})")
_NUMBER = re.compile(r"[0-9]{1,10}")
_FACT = re.compile(r"(?i)[ ]*+(User name|Session):[ ]*+(.*)")
_PROCESS = re.compile(r"[ ]*+([0-9]{1,10}): (.*)")


def read(tree: Tree[Token], rows: Rows) -> None:
    """A row a logon session; a row a process."""
    at, number, facts = 0, "", dict[str, str]()
    for token in tokens(tree, "SESSION", "FACTS", "PROCESSES"):
        if token.type == "SESSION":
            _add(rows, at, number, facts)
            at, number, facts = rows.line(token), token, {}
            continue
        for line, text in zip(rows.lines(token), token.splitlines(), strict=True):
            if token.type == "FACTS" and (fact := _FACT.fullmatch(text)):
                facts[fact[1].lower()] = fact[2].strip()
            elif token.type == "PROCESSES" and (process := _PROCESS.fullmatch(text)):
                session = _NUMBER.fullmatch(facts.get("session", ""))
                told = (int(session[0]) if session else None, int(process[1]), process[2].strip(), None)
                rows.add("gui_objects", [(line, *told, account(facts.get("user name")), None, None, None, None)])
    _add(rows, at, number, facts)
    for token in tokens(tree, "RECORDS"):
        for line in rows.lines(token):
            text = rows.text(line)
            fields = text.split("\t") if "\t" in text else next(csv.reader([text]))
            _add(rows, line, fields[0], {"user name": fields[1].strip()} if len(fields) > 1 else {})


def _add(rows: Rows, line: int, number: str, facts: dict[str, str]) -> None:
    if halves := _LUID.search(number):
        who = account(facts.get("user name"))
        rows.add("logon_sessions", [(line, luid(int(halves[1], 16), int(halves[2], 16)), who)])
