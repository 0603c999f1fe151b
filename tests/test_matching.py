"""Paste damage: what forums, mails, consoles and blogs do to a listing, and that its values and places survive it."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

import dumpscan
from dumpscan.capture import captures
from dumpscan.commands import all_commands
from dumpscan.matching import joined, matching_copy

DSKHEAP = r"""kd> !dskheap -s 0
  Winstation\Desktop            Heap Size(KB)   Used Rate(%)
------------------------------------------------------------
  WinSta0\Default                   3072                11%
  WinSta0\Disconnect                  64                 4%
  WinSta0\My Desktop 2              3072                 0%
  Service-0x0-3e7$\Default           512                23%
------------------------------------------------------
                Total Desktop: (    6720 KB -   4 desktops)
                Session ID:  0
============================================================
"""
DHEAPMON = r"""Desktop Heap Information Monitor Tool (Version 8.1.2925.0)
-------------------------------------------------------------
  Session ID:    0 Total Desktop: (  3648 KB -    3 desktops)

  WinStation\Desktop            Heap Size(KB)    Used Rate(%)
-------------------------------------------------------------
  WinSta0\Default                    3072              5.7
  WinSta0\Disconnect                   64              4.0
  SAWinSta\SADesktop                  512             96.1
-------------------------------------------------------------
"""
VM = r"""lkd> !vm 4
*** Virtual Memory Usage ***
        Physical Memory:     16268   (   65072 Kb)
        Page File: \??\C:\pagefile.sys
           Current:    147456Kb Free Space:     65988Kb
           Minimum:     98304Kb Maximum:       196608Kb
        Available Pages:      2299   (    9196 Kb)
        Commit limit:        50570   (  202280 Kb)
        Terminal Server Memory Usage By Session:
        Session Paged Pool Maximum is 32768K
        Session View Space Maximum is 20480K
        Session ID 0 @ f79a1000:
        Paged Pool Usage:  9824K
        Commit Usage:     10148K
"""
LIMIT = "lkd> dd nt!MmSessionViewSize L1\n808ad254  03000000\nlkd> ? 03000000 / 400 / 400\nEvaluate expression: 48 = 00000030\n"
TEXTS = {"dskheap": DSKHEAP, "dheapmon": DHEAPMON, "vm": VM, "limit": LIMIT}

Damage = Callable[[str], str]


def each(change: Callable[[str], str]) -> Damage:
    return lambda text: "".join(change(line) + "\n" for line in text.splitlines())


DAMAGE: dict[str, Damage] = {
    "entities": lambda text: text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;"),
    "nbsp entities": each(lambda line: line.replace("  ", "&nbsp; ")),
    "numeric entities": each(lambda line: line.replace("  ", "&#160;&#xA0;")),
    "colour tags": each(lambda line: f"[COLOR=#ff8c00]{line}[/COLOR]"),
    "bold tags": each(lambda line: f"<b>{line}</b>"),
    "line breaks": each(lambda line: f"{line}<br />"),
    "line breaks for line ends": lambda text: text.replace("\n", "<br>"),
    "doubled backslashes": lambda text: text.replace("\\", "\\\\"),
    "escaped stars": lambda text: text.replace("*", "\\*").replace("\n", "  \n"),
    "doubled spacing": lambda text: text.replace("\n", "\n\n"),
    "collapsed blanks": lambda text: re.sub("[ ]+", " ", text),
    "quoted": each(lambda line: f"> {line}"),
    "quoted twice": each(lambda line: f">> | {line}"),
    "quoted and escaped": each(lambda line: f"&gt; {line}"),
    "indented": each(lambda line: f"      {line}"),
    "tabs": lambda text: text.replace("  ", "\t"),
    "ideographic blanks": lambda text: text.replace("  ", "\u3000\u3000"),
    "en dashes": lambda text: text.replace(" - ", " \u2013 "),
    "line ends lost": lambda text: re.sub("\n+", " ", text) + "\n",
    "line ends and blanks lost": lambda text: re.sub(r"\s+", " ", text) + "\n",
    "remarks": each(lambda line: re.sub(r"([0-9][%)]?)$", r"\1   <-- look here: 5 (of 7)", line)),
    "wrapped at 80": each(lambda line: "\n".join(re.findall(".{1,80}", line)) if line.strip() else line),
}  # fmt: skip
# What a damage takes away for good: the remark behind "L1" or the divisors of a command is part of what was typed.
COLUMNS = ["tool", "session", "window_station", "desktop", "size_kb", "used_percent"]


def values(text: str) -> dict[str, Any]:
    tables = dumpscan.analyze(text.encode()).tables
    told = {
        name: frame.drop(columns=["line", "owner_line", "desktop_path"], errors="ignore")
        for name, frame in tables.items()
    }
    return {
        name: frame.astype(object).where(frame.notna(), None).to_dict("list")
        for name, frame in told.items()
        if len(frame) and name not in ("captures", "commands", "symptoms")
    }


@pytest.mark.parametrize("name", TEXTS)
@pytest.mark.parametrize("damage", DAMAGE)
def test_values_survive(name: str, damage: str) -> None:
    assert values(DAMAGE[damage](TEXTS[name])) == values(TEXTS[name])


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_listing_is_whole_and_its_lines_add_up(damage: str) -> None:
    reading = dumpscan.analyze(DAMAGE[damage](DSKHEAP).encode()).readings[0]
    assert [(capture.command, capture.state) for capture in reading.captures] == [("dskheap", "whole")]
    assert reading.problems == []
    assert sum(count for kind, count in reading.lines.items() if kind != "total") == reading.lines["total"]


def test_a_character_of_the_copy_knows_its_column() -> None:
    text = "&gt; a<b>bc</b>  7 (  3 Kb)  <-- x\n\nWinSta0\\Default 3072 5.7 SAWinSta\\SADesktop 512 0.4\n"
    physical, copy = matching_copy(text, 10)
    assert copy.text == "  abc  7 (  3 Kb)\nWinSta0\\Default 3072 5.7\nSAWinSta\\SADesktop 512 0.4\n"
    for at in range(len(copy.lines)):
        for offset, character in enumerate(copy.line(at).rstrip("\n")):
            line, column = copy.place(at, offset)
            assert physical[line - 10][column - 1] == character or (character == " " and line == 10 and column == 1)
    assert copy.lines == [10, 12, 12]
    assert copy.physical(0, 2) == [10, 12]


def test_a_joined_line_knows_both_of_its_lines() -> None:
    text = "some text Win\n   Sta0 x\nlast\n"
    physical, copy = matching_copy(text, 1)
    for glue, expected in (("", "some text WinSta0 x\nlast\n"), (" ", "some text Win Sta0 x\nlast\n")):
        both = joined(copy, {0: glue})
        assert both.text == expected
        assert both.physical(0, 1) == [1, 2, 3]
        at = both.text.index("Sta0")
        line, column = both.place(0, at)
        assert physical[line - 1][column - 1 :] == "Sta0 x"


# ------------------------------------------------------------------------------------------------------------ wraps


def rows(text: str) -> list[tuple[Any, ...]]:
    found = captures(text, 1, sorted(all_commands()))
    return [row[3:7] for one in found for row in one.tables.get("desktop_heaps", [])]


def test_a_row_wrapped_at_the_width_of_a_console_is_joined_inside_its_number() -> None:
    row = "WinSta0\\Default".ljust(78) + "3072   11%"
    cut = f"{row[:80]}\n{row[80:]}\n"
    assert rows(DSKHEAP.replace("  WinSta0\\Default                   3072                11%\n", cut))[0] == (
        r"WinSta0\Default",
        "WinSta0",
        "Default",
        3072,
    )


def test_pieces_that_no_console_parted_are_not_glued() -> None:
    """ "30" and "72 11%" may be the halves of 3072 or a cut row and the rest of another: neither 3072 nor 30 is known."""
    text = DSKHEAP.replace("3072                11%", "30\n72 11%", 1)
    assert [row[3] for row in rows(text)] == [64, 3072, 512]


def test_a_row_wrapped_at_a_blank_is_joined_by_one() -> None:
    text = DSKHEAP.replace("3072                11%", "\n3072                11%", 1)
    assert rows(text)[0][3] == 3072


def test_two_whole_rows_are_never_joined() -> None:
    text = DSKHEAP.replace(
        "  WinSta0\\Disconnect                  64                 4%\n", "  WinSta0\\Disconnect\n", 1
    )
    assert [row[3] for row in rows(text)] == [3072, 3072, 512]


@pytest.mark.parametrize(
    "line",
    [
        "At the kd> prompt type !dskheap.",
        "see C:\\temp 5% C:\\other",
        "50% of WinSta0",
        "x (see [1]) <unknown> <lambda_1>",
        f"{'=' * 25} {'=' * 8} {'=' * 50} {'=' * 12}",
    ],
)
def test_prose_is_left_as_it_is(line: str) -> None:
    _, copy = matching_copy(line + "\n", 1)
    assert copy.text == line + "\n" or copy.lines == [1]
