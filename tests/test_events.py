"""Events of every form: counted once, in any encoding, and of a whole log only what says something."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import compose
import pytest

import dumpscan
from dumpscan.commands._events import MOST, Event, details, event_number, one_line
from dumpscan.reading import read

FIXTURES = Path(__file__).resolve().parent.parent / "fixtures"
READERS = ("event_text", "wevtutil", "event_xml", "event_csv", "get_winevent", "psloglist", "dcdiag", "event_export")
TEXTS = sorted(path for reader in READERS for path in (FIXTURES / reader).glob("*.txt"))
SERVER_2003 = "3/9/2007,7:05:33 AM,{},Information,None,{},N/A,TS01,The Widget service entered the running state. \r\n"


def events(content: str | bytes) -> list[tuple[Any, ...]]:
    reading = read("case", "file", content if isinstance(content, bytes) else content.encode())
    assert sum(count for kind, count in reading.lines.items() if kind != "total") == reading.lines["total"]
    return [row for capture in reading.captures for row in capture.tables.get("events", [])]


@pytest.mark.parametrize("path", TEXTS, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_the_same_in_utf_16(path: Path) -> None:
    """PowerShell 5 and regedit write UTF-16; the words of other languages are searched there by their low bytes."""
    text = path.read_bytes().decode("utf-8").removeprefix("\ufeff")
    assert events(b"\xff\xfe" + text.encode("utf-16-le")) == events(text)


@pytest.mark.parametrize("path", TEXTS, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_each_form_alone_and_all_together(path: Path) -> None:
    """What stands in other files of a paste changes nothing: no reader takes the lines of another."""
    between = "\n" * 3 + "C:\\>rem\n" * 12
    text = path.read_bytes().decode("utf-8").removeprefix("\ufeff").replace("\r\n", "\n")
    if path.stem == "cut":
        return  # goes on into what follows
    other = "".join(
        one.read_bytes().decode("utf-8").removeprefix("\ufeff").replace("\r\n", "\n") + between
        for one in TEXTS
        if one.parent != path.parent and one.stem not in ("cut", "prose")
    )
    alone = [row[1:] for row in events(text)]
    assert [row[1:] for row in events(text + between + other)][: len(alone)] == alone


def test_a_whole_log_keeps_what_is_known_and_how_far_it_reaches() -> None:
    known = {700: ("Win32k", 243), 1400: ("Service Control Manager", 7000), 1401: ("EventLog", 6009)}
    rows = [known.get(at, ("Service Control Manager", 7036)) for at in range(2 * MOST)]
    found = events("".join(SERVER_2003.format(source, number) for source, number in rows))
    assert [(row[0], row[3]) for row in found] == [(1, 7036), (701, 243), (1401, 7000), (1402, 6009), (2 * MOST, 7036)]
    few = events("".join(SERVER_2003.format(*row) for row in rows[:MOST]))
    assert len(few) == MOST, "of an export that somebody chose everything stays"


@pytest.mark.parametrize(
    ("source", "number", "text", "told"),
    [
        ("Win32k", 243, "Process ID: 4712. Process name: a b.exe. Thread ID: 5120. Session ID: 2", (2, "a b.exe", 4712)),
        ("win32k", 244, "Process ID: 4712. Process name: a.exe. Thread ID: 5120. Session ID: 1...", (None, "a.exe", 4712)),
        ("Win32k", 263, "Process ID: 4712. Session ID: 2", (None, None, None)),
        ("MSExchange OAuth", 243, "Process ID: 4712. Session ID: 2", (None, None, None)),
        ("Application Error", 1000, "Faulting application name: a.exe, version: 1 Faulting process id: 0x1f58 x", (None, "a.exe", 8024)),
        ("Application Error", 1000, "Faulting application name: a.exe, v Faulting process id: 0x0x1530", (None, "a.exe", 5424)),
        ("Application Popup", 26, "Application popup: a.exe - Application Error : The application", (None, "a.exe", None)),
        ("Application Popup", 26, "Application popup: Windows - Out of Virtual Memory : Your", (None, None, None)),
        ("Microsoft-Windows-WAS", 5009, "The process id was '2216'. The", (None, None, 2216)),
    ],
)  # fmt: skip
def test_details(source: str, number: int, text: str, told: tuple[Any, ...]) -> None:
    assert details(Event(1, None, source, number, None, text)) == told


def test_numbers_keep_their_low_bits() -> None:
    assert [event_number(one) for one in ("243", "2147483891", "2147483892", "3221232481", "0xC0001B63")] == [
        243, 243, 244, 7009, 7011,
    ]  # fmt: skip


def test_words_that_a_console_broke_are_mended() -> None:
    broken = f"{'x' * 80}\n{'y' * 80}\nz"
    assert one_line(broken) == "x" * 80 + "y" * 80 + "z"
    assert one_line(f"{'x' * 79}\n{'y' * 80}\nz") == f"{'x' * 79} {'y' * 80} z"


def test_a_lone_number_in_a_message_is_no_half_of_a_line() -> None:
    """It was doubted as the rest of a torn number: the message was lost, and with it the events below."""
    text = compose.event(7000, source="Widget", text="It stopped at\n00001234\nand said nothing.") + compose.event(243)
    analysis = dumpscan.analyze(text.encode())
    assert analysis.tables["events"]["text"].tolist() == ["It stopped at 00001234 and said nothing.", "It failed."]
    assert analysis.readings[0].problems == []
