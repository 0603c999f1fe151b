r"""bcdedit: the options with which Windows Vista and later was booted

    Windows Boot Loader
    -------------------
    identifier              {current}
    path                    \Windows\system32\winload.exe
    increaseuserva          3072
    nx                      OptIn

Only the section of {current} counts, the Windows that is running; where it is not there, the one that the boot manager calls its default,
else {default}, else the only loader. A section is told by its braces, a loader by its path: headings and the first label are translated
("Bezeichner"), the names of elements are not. What says where Windows lies and what it is called makes no row.

Sources: the documentation of bcdedit; public copies in English, French and German.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from dumpscan.commands import tokens

if TYPE_CHECKING:
    from lark import Token, Tree

    from dumpscan.rows import Rows

PRINTS = "bcdedit"
FILLS = ("boot_options",)
LITERALS = (b"winload", b"increaseuserva", b"{current}", b"bcdedit")
PROOF = frozenset({"LOADER", "CURRENT"})
SIGNS = re.compile(r"(?i)[ ]*+(?:increaseuserva|resumeobject|osdevice)[ ]{2}|\\winload\.")

_ELEMENT = re.compile(r"[ ]{0,11}+([a-z][a-z0-9:]++)[ ]++([^\n]*[^\n ])")
_PLACES = frozenset(
    ("device", "path", "description", "locale", "inherit", "osdevice", "systemroot", "resumeobject", "recoverysequence", "isolatedcontext")
)  # fmt: skip


def read(tree: Tree[Token], rows: Rows) -> None:
    """The elements of the running Windows."""
    sections = {_identifier(section): section for section in tree.find_data("section")}
    loaders = {
        name: section for name, section in sections.items() if name == "{current}" or any(tokens(section, "LOADER"))
    }
    default = next(
        (value for section in sections.values() for _, name, value in _elements(section, rows) if name == "default"),
        None,
    )
    running = next((name for name in ("{current}", default, "{default}") if name in loaders), None)
    if running is None and len(loaders) == 1:
        running = next(iter(loaders))
    if running is None:
        return
    found = [
        (line, name.upper(), value, "bcdedit")
        for line, name, value in _elements(loaders[running], rows)
        if name not in _PLACES
    ]
    if found:
        rows.add("boot_options", found)


def _identifier(section: Tree[Token]) -> str:
    head = next(iter(tokens(section, "IDENTIFIER", "CURRENT")))
    return head[head.index("{") :].strip().lower()


def _elements(section: Tree[Token], rows: Rows) -> list[tuple[int, str, str]]:
    """Line, name and value; lines that only go on with a list are left out."""
    lines = [
        pair
        for token in tokens(section, "ELEMENTS")
        for pair in zip(rows.lines(token), token.split("\n"), strict=False)
    ]
    told = ((line, _ELEMENT.fullmatch(text)) for line, text in lines)
    return [
        (line, match[1], match[2].strip().lower() if match[1] == "default" else match[2])
        for line, match in told
        if match
    ]
