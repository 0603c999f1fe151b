r"""wndscan: window stations and their desktops in a memory image, by Volatility 2

    Volatility Foundation Volatility Framework 2.6
    **************************************************
    WindowStation: 0x8581e40, Name: WinSta0, Next: 0x0
    SessionId: 0, AtomTable: 0xe7981648, Interactive: True
    Desktops: Default, Disconnect, Winlogon

Names only: a row for each desktop, without size, use or process. A station without desktops is a row of its own.

Sources: the printing code of Volatility 2.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from dumpscan.commands import tokens
from dumpscan.commands._desktops import owner_rows, session_number, whole

if TYPE_CHECKING:
    from lark import Token, Tree

    from dumpscan.rows import Rows

PRINTS = "wndscan"
FILLS = ("desktop_owners",)
LITERALS = (b"WindowStation:",)
PROOF = frozenset({"STATION"})
SIGNS = re.compile(r"WindowStation: 0x|AtomTable: 0x|spwndClip|cNumClipFormats|pClipBase|(?m:^[ ]*+Desktops: )")

_NAME = re.compile(r"Name: ([^\n]*), Next:")
_RULED = re.compile(r"\*{5}|ptiDrawing|WindowStation:")
_SESSION = re.compile(r"SessionId: ([0-9]++)")


def read(tree: Tree[Token], rows: Rows) -> None:
    """One row a desktop of each station."""
    for station in tree.find_data("station"):
        lines = {token.type: token for token in tokens(station, "STATION", "SESSION", "DESKTOPS")}
        named = _NAME.search(lines["STATION"])
        name = whole(named[1]) if named else None
        told = _SESSION.search(lines.get("SESSION", ""))
        session = session_number(told[1]) if told else None
        listed = lines.get("DESKTOPS")
        desktops = listed.partition(":")[2].split(",") if listed else []
        if listed and _RULED.search(listed):
            rows.doubt(rows.line(listed), "goes on into another line: its line end was lost")
            continue
        line = rows.line(listed or lines["STATION"])
        names = [whole(desktop) for desktop in desktops] or [None]
        owner_rows(rows, [(line, (session, name, desktop, None, None)) for desktop in names if name or desktop])
