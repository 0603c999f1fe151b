r"""Win32_LoggedOnUser: which account has which logon session, by PowerShell and wmic

    Antecedent : \\.\root\cimv2:Win32_Account.Domain="CORP",Name="svc_sql"
    Dependent  : \\.\root\cimv2:Win32_LogonSession.LogonId="149023"

The LUID is decimal: 149023 is the 2461f of `Service-0x0-2461f$`. Read as paths (Get-WmiObject, wmic) and as Get-CimInstance prints them
(`Win32_LogonSession (LogonId = "149023")`), one or both a line. The account always stands before its session; a session whose account was lost has none.

Sources: public captures of wmic and Get-WmiObject; the form of Get-CimInstance is known from other classes.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from dumpscan.commands import tokens
from dumpscan.commands._luid import account, luid

if TYPE_CHECKING:
    from lark import Token, Tree

    from dumpscan.rows import Rows

PRINTS = "Win32_LoggedOnUser"
FILLS = ("logon_sessions",)
LITERALS = (b"Win32_LogonSession", b"Win32_Account", b"Win32_UserAccount", b"Win32_SystemAccount")
PROOF = frozenset({"PAIRS"})
SIGNS = re.compile(r"Win32_LogonSession|Win32_LoggedOnUser|^[ ]*+(?:Antecedent|Dependent)[ ]*+[:=]")

_VALUE = r'[ ]*+=[ ]*+\\*+"([^"\\\n]*+)\\*+"'
_PART = re.compile(
    rf"Win32_\w{{0,6}}Account(?:\.|[ ]++\()(Domain|Name){_VALUE},[ ]*+(?:Domain|Name){_VALUE}"
    rf"|Win32_LogonSession(?:\.|[ ]++\()LogonId{_VALUE}"
)
_NUMBER = re.compile(r"[0-9]{1,20}")
_WRAP = re.compile(r"\n[ ]{12,}")


def read(tree: Tree[Token], rows: Rows) -> None:
    """A row a session, with the account that stands before it."""
    told = set()
    for token in tokens(tree, "PAIRS"):
        who = None
        for part in _PART.finditer(_WRAP.sub(lambda wrap: " " * len(wrap[0]), token)):
            if part[1]:
                values = [" ".join(value.split()) for value in (part[2], part[3])]
                who = account(*(values if part[1] == "Name" else reversed(values)))
                continue
            number = int(part[4]) if _NUMBER.fullmatch(part[4]) else None
            if number is not None and (number, who) not in told:
                told.add((number, who))
                line = rows.lines(token)[token.count("\n", 0, part.start())]
                rows.add("logon_sessions", [(line, luid(number >> 32, number & 0xFFFFFFFF), who)])
            who = None
