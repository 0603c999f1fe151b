r"""reg_file: registry values in a .reg file, exported by regedit or written to change them

    Windows Registry Editor Version 5.00

    [HKEY_LOCAL_MACHINE\SYSTEM\CurrentControlSet\Control\Session Manager\Memory Management]
    "SessionViewSize"=dword:00000030
    "SessionPoolSize"=-

A dword has eight hex digits: 00000030 is 48. hex(2), hex(7) and hex(1) are bytes of text, UTF-16 in version 5 and ANSI in REGEDIT4; what does not come
out as whole bytes with the zero that ends a text is a problem, never a guess.

An export and a file that somebody wrote look alike. `origin` is `state` only where the key has values that nobody writes into such a file and that Windows always has
there (Required, Optional, Debug or Kmode in SubSystems; PagingFiles among eight or more in Memory Management; Spooler or
DeviceNotSelectedTimeout in CurrentVersion\Windows; SystemStartOptions itself) and nothing is deleted; else it is `write`, a wish. `Current` of the key Select, which names the control set
that counts, is always a state. `"Name"=-` deletes: its text
is "-". The value `Windows` fills `shared_sections`, too, never in force; whether it is more than a wish tells the row of `registry_values` with the same text.

Sources: .reg files in public; a genuine export of the value `Windows` as hex(2) was not found.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from dumpscan.commands import tokens
from dumpscan.commands._registry import SELECT, STATE, STEMS, WRITE, add_windows, pieces
from dumpscan.commands._shared_section import unwrapped

if TYPE_CHECKING:
    from lark import Token, Tree

    from dumpscan.rows import Rows

PRINTS = "regedit /e, reg export"
FILLS = ("registry_values", "shared_sections")
LITERALS = (*STEMS, SELECT, b'"Windows"=hex')
PROOF = frozenset({"VALUE", "WINDOWS", "SELECT"})
SIGNS = re.compile(r"(?i)^[ ]*+\"[^\"\n]{1,80}\"[ ]*+=|^(?:[ ]*+[0-9a-f]{2},){4}")

# Values that only Windows writes, by the last part of their key; any of them means that the whole key was exported.
WITNESSES = {
    "subsystems": {"required", "optional", "debug", "kmode"},
    "memory management": {"pagingfiles"},
    "windows": {"spooler", "devicenotselectedtimeout"},
    "control": {"systemstartoptions"},
    "parameters": {"installpath", "majorversion"},
}
FEW = 8  # values; a tweak that sets PagingFiles has fewer in Memory Management, Windows has a dozen

_DATA = re.compile(r"\"([^\"\n]++)\"[ ]*+=[ ]*+(.*)", re.DOTALL)
_NAMES = re.compile(r"(?m)^[ ]*+\"([^\"\n]++)\"[ ]*+=[ ]*+(-?)")
_TYPES = {"hex": "REG_BINARY", "hex(1)": "REG_SZ", "hex(2)": "REG_EXPAND_SZ", "hex(4)": "REG_DWORD", "hex(7)": "REG_MULTI_SZ", "hex(b)": "REG_QWORD"}  # fmt: skip


def read(tree: Tree[Token], rows: Rows) -> None:
    """One row a value; all of a key are of one origin."""
    for token in tokens(tree, "SELECT"):
        _select(token, rows)
        return
    key = _key(next(iter(tokens(tree, "KEY"))))
    origin = _origin(key, tree)
    for token in tokens(tree, "VALUE", "WINDOWS"):
        match = _DATA.search(unwrapped(token))
        assert match is not None
        name, data = match[1], re.sub(r"[ ]++;.*", "", match[2]) if "csrss" not in match[2] else match[2]
        kind, text, number = _value(data)
        if text is None:
            rows.doubt(rows.line(token), f"the data of {name} are damaged or cut")
        elif token.type == "WINDOWS" and data != "-":
            add_windows(rows, rows.lines(token), key, kind, text, origin)
        else:
            rows.add("registry_values", [(rows.line(token), key, name, kind, text, number, origin)])


def _key(line: str) -> str:
    return line.partition("[")[2].rpartition("]")[0]


def _select(token: Token, rows: Rows) -> None:
    """The control set that was booted. Windows keeps these numbers itself, nobody's file of changes has them."""
    (_, head), *values = pieces(rows, token)
    for line, text in values:
        match = _DATA.search(text)
        assert match is not None
        if match[1].lower() == "current":
            kind, data, number = _value(match[2])
            if data is None:
                rows.doubt(line, "the data of Current are damaged or cut")
            else:
                rows.add("registry_values", [(line, _key(head), match[1], kind, data, number, STATE)])


def _origin(key: str, tree: Tree[Token]) -> str:
    values = [pair for token in tokens(tree, "VALUE", "WINDOWS", "OTHERS") for pair in _NAMES.findall(token)]
    names = {name.lower() for name, _ in values}
    end = key.rpartition("\\")[2].lower()
    whole = names & WITNESSES.get(end, set()) and (end != "memory management" or len(names) >= FEW)
    return STATE if whole and not any(deleted for _, deleted in values) else WRITE


def _value(data: str) -> tuple[str | None, str | None, int | None]:
    """Type, text and number of what stands behind the "="; no text where it is damaged."""
    if data == "-":
        return None, "-", None
    if data.startswith('"'):
        closed = re.fullmatch(r"\"((?:[^\"\\]|\\.)*+)\"[ ]*+", data, re.DOTALL)
        return "REG_SZ", re.sub(r"\\([\\\"])", r"\1", closed[1]) if closed else None, None
    kind, _, digits = data.partition(":")
    if kind.lower() == "dword":
        whole = re.fullmatch(r"[0-9A-Fa-f]{8}", digits)
        return "REG_DWORD", data if whole else None, int(digits, 16) if whole else None
    content = _bytes(digits)
    if content is None or kind.lower() not in _TYPES:
        return None, None, None
    named = _TYPES[kind.lower()]
    if named in ("REG_DWORD", "REG_QWORD"):
        whole_number = len(content) == (4 if named == "REG_DWORD" else 8)
        return named, data if whole_number else None, int.from_bytes(content[:8], "little")
    return named, data if named == "REG_BINARY" else _text(content), None


def _bytes(digits: str) -> bytes | None:
    """The bytes of a list that goes on over lines; None where one of them is not two hex digits."""
    parts = re.sub(r"[\\\s]", "", digits).split(",")
    return bytes.fromhex("".join(parts)) if all(re.fullmatch(r"[0-9A-Fa-f]{2}", part) for part in parts) else None


def _text(content: bytes) -> str | None:
    """A text that ends with its zero: UTF-16 of version 5, or the ANSI of REGEDIT4."""
    wide = content[1:2] == b"\0"
    if (wide and (len(content) % 2 or content[-2:] != b"\0\0")) or content[-1:] != b"\0":
        return None
    text = content.decode("utf-16-le" if wide else "cp1252", "replace").rstrip("\0")
    return None if "\ufffd" in text else text.replace("\0", "\n")
