"""Cut and damaged texts: thousands of mutants of every fixture are cases of one set of tables.

Whatever is cut or lost: no exception, every line has one class, no rule fails, and what lost rows inside a block whose headings or total
are still there is never called "no-sign". A cut log that is read as healthy is the worst fault there can be.

Every listing of heaps is cut at every byte. Other texts are cut at every byte where they are short, else at every sixth; at every byte of
all of them it takes three times as long (not part of the tests):

    DUMPSCAN_EVERY_BYTE=1 python -m pytest tests/test_mutations.py
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import dumpscan

FIXTURES = Path(__file__).resolve().parent.parent / "fixtures"
TEXTS = sorted(path for path in FIXTURES.rglob("*") if path.suffix in (".txt", ".log"))
SMALL = 4096  # bytes up to which a fixture is cut at every byte
LISTINGS = {"dskheap", "dheapmon"}
SHORT = 400  # bytes
EVERY_BYTE = bool(os.environ.get("DUMPSCAN_EVERY_BYTE"))
STEP = 16  # bytes between cuts outside of blocks in larger ones

HEADINGS = re.compile(r"Heap Size\(KB\) *Used Rate\(%\)")
TOTAL = re.compile(r"Total Desktop: *\( *[0-9]+ *KB *- *[0-9]+ *desktops *\)")
BLANKS = str.maketrans({"\u00a0": " ", "\t": " ", "\u2013": "-"})


def mutants(raw: bytes, blocks: list[tuple[int, int]], every_byte: bool) -> dict[str, bytes]:
    """Every truncation (or a sixth of them) and every deletion of one line."""
    inside = {at for start, end in blocks for at in range(start, end + 1)}
    cuts = [at for at in range(len(raw)) if len(raw) <= SMALL or at in inside or at % STEP == 0]
    if not every_byte:
        cuts = cuts[::6]
    lines = re.findall(rb"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+$", raw)
    cases = {f"cut {at}": raw[:at] for at in cuts}
    return cases | {f"without line {at + 1}": b"".join(lines[:at] + lines[at + 1 :]) for at in range(len(lines))}


def blocks_of(reading: dumpscan.reading.Reading, raw: bytes) -> list[tuple[int, int]]:
    """Byte ranges of the captures of a text."""
    starts = [0, *(match.end() for match in re.finditer(rb"\r\n|\r|\n", raw))]
    return [(starts[capture.first - 1], starts[min(capture.last, len(starts) - 1)]) for capture in reading.captures]


def line_count(raw: bytes, encoding: str | None) -> int:
    text = (
        raw.decode(encoding or "latin-1", errors="replace")
        if encoding and encoding.startswith("utf-16")
        else raw.decode("latin-1")
    )
    ends = len(re.findall(r"\r\n|\r|\n", text))
    return ends + bool(text and not text.endswith(("\r", "\n")))


def listings(text: str) -> Iterator[str]:
    """Stretches of a text from one heading or total of a listing to the next."""
    marks = sorted({match.start() for pattern in (HEADINGS, TOTAL) for match in pattern.finditer(text)})
    yield from (text[start:end] for start, end in zip(marks, [*marks[1:], None], strict=True))


@pytest.mark.parametrize("path", TEXTS, ids=lambda path: path.relative_to(FIXTURES).as_posix())
def test_mutants(path: Path) -> None:
    raw = path.read_bytes()
    whole = dumpscan.analyze(raw)
    every_byte = EVERY_BYTE or len(raw) <= SHORT or path.relative_to(FIXTURES).parts[0] in LISTINGS
    cases = mutants(raw, blocks_of(whole.readings[0], raw), every_byte)
    analysis = dumpscan.analyze_cases(cases)
    assert [outcome.rule.name for outcome in analysis.outcomes if outcome.reasons] == []
    for reading in analysis.readings:
        classes = {kind: count for kind, count in reading.lines.items() if kind != "total"}
        assert min(classes.values()) >= 0, (reading.case, reading.lines)
        assert sum(classes.values()) == reading.lines["total"] == line_count(cases[reading.case], reading.encoding), (
            reading.case,
            reading.lines,
        )
        assert len([problem for problem in reading.problems if problem.line]) == classes["problem"], reading.case
    rows = whole.tables["desktop_heaps"]
    verdicts = analysis.verdicts()
    counts = analysis.tables["desktop_heaps"]["case"].value_counts()
    for name, mode in verdicts.items():
        if mode != "no-sign" or counts.get(name, 0) == len(rows):
            continue
        # Rows are missing, so each listing that is begun here must be whole: those that are gone left nothing behind.
        encoding = next(reading.encoding for reading in analysis.readings if reading.case == name) or "utf-8"
        text = cases[name].decode(encoding, errors="replace").translate(BLANKS)
        totals = analysis.tables["heap_totals"][analysis.tables["heap_totals"]["case"] == name]
        assert len(HEADINGS.findall(text)) <= len(totals), (name, "headings without a total")
        assert totals["desktops"].sum() == counts.get(name, 0), name
