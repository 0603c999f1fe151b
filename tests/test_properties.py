"""Laws that hold for every text: what an edit, an editor, a mail or a console does to a fixture never makes another value of one.

Two thousand derandomised examples a law, drawn over all fixtures and judged in batches of one set of tables. More of them, or another
seed (not part of the tests):

    DUMPSCAN_EXAMPLES=200000 python -m pytest tests/test_properties.py --hypothesis-seed=7
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

import dumpscan
from dumpscan.model import TABLES

FIXTURES = Path(__file__).resolve().parent.parent / "fixtures"
TEXTS = sorted(path for path in FIXTURES.rglob("*") if path.suffix in (".txt", ".log"))
BATCH = 100
EXAMPLES = int(os.environ.get("DUMPSCAN_EXAMPLES", "500"))

# What people typed or saw is text and moves with its line; the other tables hold facts.
FACTS = [name for name in TABLES if name not in ("captures", "commands", "symptoms", "tool_failures")]
# What tells a heap, a limit or a counter apart must be equal, as every figure. Other texts may be longer or shorter where their line was
# joined or cut, and a column that holds the line itself is free.
NAMES = {"window_station", "desktop", "limit", "label", "tool"}
FREE = {"text", "origin", "account", "services", "time", "session_time", "type", "key"}
WHERE = {"case", "machine", "snapshot", "file", "line"}

Edit = Callable[[list[str], int], list[str]]
Row = tuple[tuple[str, Any], ...]


@cache
def text_of(path: Path) -> str:
    """A fixture as text with "\\n" for every line end."""
    raw = path.read_bytes()
    encoding = "utf-16" if raw[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    return raw.decode(encoding, errors="replace").replace("\r\n", "\n").replace("\r", "\n")


def rows_of(tables: Mapping[str, Any], with_line: bool = False) -> dict[str, dict[str, list[Row]]]:
    """Rows by case and table, as tuples of (column, value) without what depends on the case around them."""
    found: dict[str, dict[str, list[Row]]] = {}
    for name in FACTS:
        frame = tables[name]
        columns = [one for one in TABLES[name] if one in frame.columns] + (["line"] if with_line else [])
        if not len(frame):
            continue
        plain = frame[columns].astype(object)
        plain = plain.where(plain.notna(), None)
        for case, values in zip(frame["case"].astype(str), plain.itertuples(index=False, name=None), strict=True):
            found.setdefault(case, {}).setdefault(name, []).append(tuple(zip(columns, values, strict=True)))
    return found


def is_part_of(row: Row, whole: Row) -> bool:
    """Whether a row says nothing that `whole` does not say: equal figures or none, and texts of which one holds the other."""
    known = dict(whole)
    return all(
        value is None
        or value is False  # "not known to be in force" says less than True
        or value == known[column]
        or column in FREE
        or (column not in NAMES and is_text_of(value, known[column]))
        for column, value in row
    )


def unlike(row: Row, known: list[Row]) -> dict[str, Any]:
    """Where a row differs from the one it is most like."""
    return min(
        ({column: value for column, value in row if value != dict(one)[column]} for one in known),
        key=len,
        default=dict(row),
    )


def is_text_of(value: Any, known: Any) -> bool:
    if not isinstance(value, str) or not isinstance(known, str):
        return False
    one, other = ("".join(text.replace("HKLM", "HKEY_LOCAL_MACHINE").split()) for text in (value, known))
    return one in other or other in one or set(value.split()) <= set(known.split())


@cache
def originals() -> dict[str, dict[str, list[Row]]]:
    return rows_of(dumpscan.analyze_cases({str(at): text_of(path).encode() for at, path in enumerate(TEXTS)}).tables)


def judge(
    cases: dict[str, bytes],
    sources: dict[str, int],
    moved: frozenset[str] = frozenset(),
    left_out: frozenset[str] = frozenset(),
) -> list[str]:
    """What is wrong with the readings of edited texts; `moved` are columns that an edit may change in a row, `left_out` tables."""
    analysis = dumpscan.analyze_cases(cases)
    wrong = [
        f"rule {outcome.rule.name} failed: {why}" for outcome in analysis.outcomes for why in outcome.reasons.values()
    ]
    for reading in analysis.readings:
        classes = {kind: count for kind, count in reading.lines.items() if kind != "total"}
        if min(classes.values()) < 0 or sum(classes.values()) != reading.lines["total"]:
            wrong.append(f"{reading.case}: the ledger does not add up: {reading.lines}")
    found = rows_of(analysis.tables)
    for case, at in sources.items():
        if TEXTS[at].relative_to(FIXTURES).with_suffix("").as_posix() in LEFT_ALONE:
            continue
        before = originals().get(str(at), {})
        for table, rows in found.get(case, {}).items():
            known = before.get(table, [])
            if table in left_out:
                continue
            for row in set(rows) - set(known):
                kept = tuple(pair for pair in row if pair[0] not in moved)
                if not any(is_part_of(kept, one) for one in known):
                    wrong.append(f"{TEXTS[at].relative_to(FIXTURES)} {case}: {table} has {unlike(row, known)}")
    return wrong


def delete(lines: list[str], at: int) -> list[str]:
    return lines[:at] + lines[at + 1 :]


def duplicate(lines: list[str], at: int) -> list[str]:
    return lines[: at + 1] + lines[at:]


def swap(lines: list[str], at: int) -> list[str]:
    return lines[:at] + lines[at : at + 2][::-1] + lines[at + 2 :]


def join(lines: list[str], at: int) -> list[str]:
    return [*lines[:at], "".join(lines[at : at + 2]), *lines[at + 2 :]]


def join_by_blank(lines: list[str], at: int) -> list[str]:
    return [*lines[:at], " ".join(lines[at : at + 2]), *lines[at + 2 :]]


def split_at(lines: list[str], at: int, share: float) -> list[str]:
    cut = int(len(lines[at]) * share)
    return [*lines[:at], lines[at][:cut], lines[at][cut:], *lines[at + 1 :]]


EDITS: dict[str, Edit] = {
    "delete": delete,
    "duplicate": duplicate,
    "swap": swap,
    "join": join,
    "join by a blank": join_by_blank,
}

# A session line that moves takes the rows between it and the next one with it; a line that two records exchange, or the line between two
# records that is gone, leaves nothing to tell it by.
SEVERAL_LINES = frozenset({"session_limits", "page_files", "session_memory", "systems", "events", "desktop_owners", "logon_sessions", "boot_options", "modules", "gui_objects", "registry_values", "shared_sections"})  # fmt: skip
# Without its "default=" every entry of a boot.ini counts; without its first name a module has another.
LOST = frozenset({"boot_options", "modules"})
SESSION = frozenset({"session"})
ALLOWED = {"swap": (SESSION, SEVERAL_LINES), "delete": (SESSION, LOST), "duplicate": (SESSION, LOST)}
ALLOWED |= dict.fromkeys(("join", "join by a blank", "split"), (frozenset(), LOST))
# Two conversions that contradict each other, an event whose text tells a build, a prompt that another line takes back: what is left of
# them when that line is gone is read alone. What was wrapped is mended by a join. The rows below a header that lost its line go to the one above.
LEFT_ALONE = {
    "mm_session_view_size/conversion_contradicts",
    "wevtutil/newer",
    "ver/debugger_started",
    "dskheap/wrapped_undecidable",
    "dskheap/wrapped_console",
    "volatility_sessions/text",
    "wndscan/freed_and_cut_crlf",  # a name that is cut where the text ends
    "sc/near_miss",  # prose about services: broken in the right place it is a record of one
    "get_winevent/columns",  # its headings tell where columns begin
    "registry_write/reg_add_windows",  # wrapped, the tail of the command looks like the value alone
    "registry_write/batch",
    "reg_query/prose",  # prose: broken in the right place it is a row
    "vm/lost_line_ends_sessions",  # all in one line: what stands before a cut can be anything
}

PLACES = st.integers(0, 9999).map(lambda number: number / 10000)
DRAWN = st.lists(st.tuples(st.integers(0, len(TEXTS) - 1), PLACES, PLACES), min_size=BATCH, max_size=BATCH)  # fmt: skip
# A batch that fails names its texts: there is nothing to shrink.
LAW = settings(
    max_examples=max(1, EXAMPLES // BATCH), derandomize=True, deadline=None, database=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck)
)  # fmt: skip


def edited(
    drawn: list[tuple[int, float, float]], edit: Callable[[list[str], int, float], list[str]]
) -> tuple[dict[str, bytes], dict[str, int]]:
    cases, sources = {}, {}
    for number, (at, place, share) in enumerate(drawn):
        lines = text_of(TEXTS[at]).split("\n")
        line = int(place * len(lines))
        name = f"{number} line {line + 1} at {share:.3f}"
        cases[name], sources[name] = "\n".join(edit(lines, line, share)).encode(), at
    return cases, sources


@pytest.mark.parametrize("name", EDITS)
def test_an_edited_line_makes_no_other_value(name: str) -> None:
    @LAW
    @given(DRAWN)
    def law(drawn: list[tuple[int, float, float]]) -> None:
        cases, sources = edited(drawn, lambda lines, at, _: EDITS[name](lines, at))
        assert judge(cases, sources, *ALLOWED[name]) == []

    law()


@LAW
@given(DRAWN)
def test_a_split_line_makes_no_other_value(drawn: list[tuple[int, float, float]]) -> None:
    assert judge(*edited(drawn, split_at), *ALLOWED["split"]) == []


# ------------------------------------------------------------------------------ what editors, mails and consoles do

LINE_ENDS: dict[str, Callable[[str], str]] = {
    "CRLF": lambda text: text.replace("\n", "\r\n"),
    "CR": lambda text: text.replace("\n", "\r"),
    "mixed": lambda text: re.sub("\n", lambda end: ("\r\n", "\r")[end.start() % 2], text),
    "no last one": lambda text: text.rstrip("\n"),
}
ENCODINGS = ("utf-8-sig", "utf-16-le", "utf-16", "cp1252")
QUOTING = {"mail": "> ", "twice": ">> ", "bar": "| ", "indented": "      ", "tab": "\t"}
WIDTHS = (72, 80, 118, 132)


def whole(change: Callable[[str], bytes | None]) -> tuple[dict[str, bytes], dict[str, int]]:
    """Every fixture, changed as a whole; without those that cannot be."""
    changed = {str(at): change(text_of(path)) for at, path in enumerate(TEXTS)}
    cases = {name: text for name, text in changed.items() if text is not None}
    return cases, {name: int(name) for name in cases}


def assert_equal(cases: dict[str, bytes]) -> None:
    """The same rows on the same lines as in the fixtures themselves."""
    found = rows_of(dumpscan.analyze_cases(cases).tables, with_line=True)
    known = rows_of(
        dumpscan.analyze_cases({name: text_of(TEXTS[int(name)]).encode() for name in cases}).tables, with_line=True
    )
    assert {TEXTS[int(name)].name: found.get(name) for name in cases} == {
        TEXTS[int(name)].name: known.get(name) for name in cases
    }


@pytest.mark.parametrize("name", LINE_ENDS)
def test_line_ends_change_nothing(name: str) -> None:
    assert_equal(whole(lambda text: LINE_ENDS[name](text).encode())[0])


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_encodings_change_nothing(encoding: str) -> None:
    def encoded(text: str) -> bytes | None:
        try:
            foreign = sum(character > "\x7f" for character in text)
            if encoding == "utf-16-le" and foreign * 5 > len(text):
                return None  # without a mark only its NULs tell UTF-16, and other letters have none
            return text.encode(encoding) if text else None
        except UnicodeEncodeError:
            return None

    assert_equal(whole(encoded)[0])


@pytest.mark.parametrize("name", QUOTING)
def test_quoting_makes_no_other_value(name: str) -> None:
    assert judge(*whole(lambda text: re.sub("(?m)^", QUOTING[name], text).encode())) == []


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("at_blanks", [True, False], ids=["at blanks", "anywhere"])
def test_wrapping_makes_no_other_value(width: int, at_blanks: bool) -> None:
    wrap = rf"(?m)^(.{{1,{width}}})(?: +|$)|(.{{1,{width}}})" if at_blanks else rf"(.{{{width}}})(?=.)"

    def wrapped(text: str) -> bytes:
        return re.sub(wrap, lambda piece: (piece[0].rstrip() if at_blanks else piece[0]) + "\n", text).encode()

    assert judge(*whole(wrapped), frozenset(), LOST) == []
