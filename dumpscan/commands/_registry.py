r"""The registry values that desktop heap depends on: which become rows, and how a number is read.

Rows are SessionViewSize, SessionPoolSize, SessionImageSize, DesktopHeapLogging, GDIProcessHandleQuota, USERProcessHandleQuota, UseSharedWPDesktop,
SystemStartOptions, the value `Windows` of the key SubSystems, and a value that is named SharedSection by mistake; NonPagedPoolSize, PagedPoolSize and
SystemPages, because a listing with all three of them is one of the whole key Memory Management; Current of the key Select, which names the control set that
counts. Other neighbours are read over.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from dumpscan.commands._shared_section import add_sections

if TYPE_CHECKING:
    from lark import Token

    from dumpscan.rows import Rows

# Stems of the names, and of the value `Windows`: one of them stands in every text of the registry that matters here.
STEMS = (
    b"iewSize", b"oolSize", b"ImageSize", b"HeapLogging", b"HandleQuota", b"SharedWP", b"StartOptions", b"SharedSection", b"ObjectDirectory",
)  # fmt: skip
SELECT = b"\\Select"  # the key whose value Current names the control set that counts
STATE, WRITE = "state", "write"
NAME = re.compile(
    r"(?i)Session(?:View|Pool|Image)Size|DesktopHeapLogging|(?:GDI|USER)ProcessHandleQuota|UseSharedWPDesktop|SystemStartOptions|(?:Non)?PagedPoolSize|SystemPages|SharedSection|Windows"
)

_HEX = re.compile(r"(?i)0x([0-9a-f]{1,8})(?:[ ]*\(([0-9]{1,10})\))?")


def hexadecimal(data: str) -> int | None:
    """A number with its prefix, and perhaps in decimal, too; padded with zeros it has eight digits, else some were cut.

    >>> hexadecimal("0x30"), hexadecimal("0x00000030 (48)"), hexadecimal("0x30 (30)"), hexadecimal("0x0000003"), hexadecimal("48")
    (48, 48, None, None, None)
    """
    match = _HEX.fullmatch(data)
    if match is None or (match[1][0] == "0" and len(match[1]) not in (1, 8)):
        return None
    number = int(match[1], 16)
    return number if match[2] is None or int(match[2]) == number else None


def certain(data: str) -> int | None:
    """A number whose base is certain though its tool is not: with a prefix, or a single digit."""
    return int(data) if re.fullmatch(r"[0-9]", data) else hexadecimal(data)


def decimal(data: str) -> int | None:
    """A number of PowerShell and of others that print DWORDs without a prefix."""
    return int(data) if re.fullmatch(r"[0-9]{1,10}", data) else None


def add_windows(rows: Rows, lines: Sequence[int], key: str | None, kind: str | None, text: str, origin: str) -> None:
    """The value `Windows`: a row of its own, and what it says of SharedSection. `text`: without what stands around its lines.

    Other keys have a value of this name, too, and no csrss.exe in it.
    """
    if "csrss" not in text.lower() and not (key or "").lower().endswith("subsystems"):
        return
    rows.add("registry_values", [(lines[0], key, "Windows", kind, text, None, origin)])
    add_sections(rows, lines, text, in_force=False)


def pieces(rows: Rows, token: Token) -> zip[tuple[int, str]]:
    """The lines of a token, each with its number and without what stands around it."""
    return zip(rows.lines(token), [line.strip() for line in token.splitlines()], strict=True)
