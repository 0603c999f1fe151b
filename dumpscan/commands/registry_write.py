r"""registry_write: commands that would set or delete a registry value (`reg add`, `reg delete`, `Set-ItemProperty`)

    reg add "HKLM\SYSTEM\CurrentControlSet\Control\Session Manager\Memory Management" /v SessionViewSize /t REG_DWORD /d 48 /f

Rows of origin `write`: somebody wished it, and whether it was done, and when, is not in the text. They fill no `shared_sections`. A number is decimal unless it has 0x;
text of a deletion is "-". What is computed (`-Value ($old -replace ...)`) is kept as it stands.

Sources: the syntax of reg.exe and PowerShell; installation scripts in public.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from dumpscan.commands import tokens
from dumpscan.commands._registry import NAME, STEMS, WRITE, decimal, hexadecimal

if TYPE_CHECKING:
    from lark import Token, Tree

    from dumpscan.rows import Rows

PRINTS = "reg add"
FILLS = ("registry_values",)
LITERALS = STEMS
PROOF = frozenset({"REG", "POWERSHELL"})
SIGNS = re.compile(r"(?!)")  # a command is one line: beside it stand others

_JOINTS = re.compile(r"[ ]*[\^`]?[ ]*\n[ ]*")
_WORD = r"(?:\"([^\"\n]*+)\"|'([^'\n]*+)'|([^\s\"']++))"
_KEY = re.compile(rf"(?i)(?:(?:add|delete)[ ]++|-(?:Literal)?Path[ ]++|ItemProperty[ ]++(?!-)){_WORD}")
_PARTS = {
    "name": re.compile(rf"(?i)(?:/v|-Name)[ ]++{_WORD}"),
    "kind": re.compile(rf"(?i)(?:/t|-(?:Property)?Type)[ ]++{_WORD}"),
    "data": re.compile(rf"(?i)(?:/d|-Value)[ ]++{_WORD}"),
}
_POSITIONS = re.compile(rf"(?i)ItemProperty[ ]++{_WORD}[ ]++{_WORD}[ ]*+(.*)")
_KINDS = {"dword": "REG_DWORD", "string": "REG_SZ", "expandstring": "REG_EXPAND_SZ", "multistring": "REG_MULTI_SZ", "qword": "REG_QWORD", "binary": "REG_BINARY"}  # fmt: skip


def read(tree: Tree[Token], rows: Rows) -> None:
    """One row a command that names a value of ours."""
    for token in tokens(tree, "REG", "POWERSHELL"):
        command = _JOINTS.sub(lambda joint: " " if joint[0].strip(" \n") else "", token.strip())
        key = _said(_KEY, command)
        told = {part: _said(pattern, command) for part, pattern in _PARTS.items()}
        if told["name"] is None and (positions := _POSITIONS.search(command)):
            key = positions[1] or positions[2] or positions[3]
            told["name"], data = _after(positions)
            told["data"] = told["data"] or data
        name, kind, data = told.values()
        if not name or not NAME.fullmatch(name):
            continue
        if re.search(r"(?i)\bdelete[ ]|Remove-", command):
            kind, data = None, "-"
        kind = _KINDS.get(kind.lower(), kind) if kind else None
        number = None
        if data and kind in (None, "REG_DWORD", "REG_QWORD"):
            number = decimal(data) if decimal(data) is not None else hexadecimal(data)
        rows.add("registry_values", [(rows.line(token), key, name, kind, data, number, WRITE)])


def _said(pattern: re.Pattern[str], command: str) -> str | None:
    """The word behind an option, without its quotes."""
    match = pattern.search(command)
    return next((word for word in match.groups() if word is not None), None) if match else None


def _after(positions: re.Match[str]) -> tuple[str, str | None]:
    """Name and value where they are told by their place: Set-ItemProperty $key Windows ($value -replace ...)."""
    rest = re.sub(r"(?i)(?:^|[ ]+)-(?:Value|Type|PropertyType|Force|Confirm)\b.*", "", positions[7]).strip(" \"'")
    return positions[4] or positions[5] or positions[6], rest or None
