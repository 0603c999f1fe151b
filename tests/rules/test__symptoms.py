"""Which symptoms are spoken of, in which order, and how."""

from __future__ import annotations

import compose

from dumpscan.rules._symptoms import by_machine, meanings, spoken, suspected
from dumpscan.symptoms import BY_SIGNATURE, ORDER

WORDS = {
    "exit-code-128": "The process ended with exit code 128.\n",
    "dll-init-failed": "It said 0xC0000142.\n",
    "user32-init": "Initialization of the dynamic link library user32.dll failed.\n",
}


def told(text: compose.Text) -> list[compose.Document]:
    rows = by_machine(suspected(compose.analysis({"case": text}).tables["symptoms"]))
    rows = rows.astype(object).where(rows.notna(), None)
    return [dict(row) for _, row in rows.iterrows()]


def test_the_most_telling_comes_first() -> None:
    both = [WORDS["exit-code-128"], WORDS["dll-init-failed"]]
    (one,), (other,) = told("".join(both)), told("".join(reversed(both)))
    first, second = sorted((one["sign_0"], one["sign_1"]), key=lambda name: ORDER[name])
    assert (one["sign_0"], one["sign_1"]) == (other["sign_0"], other["sign_1"]) == (first, second)
    assert spoken(one) == f"{BY_SIGNATURE[first].seen} and {BY_SIGNATURE[second].seen}"
    assert one["signs"] == 2


def test_each_symptom_once() -> None:
    (one,) = told(WORDS["dll-init-failed"] * 3)
    assert one["signs"] == 1 and one["sign_1"] is None
    assert one["line"] == 1
    assert spoken(one) == BY_SIGNATURE[one["sign_0"]].seen
    assert len(meanings(one)) == 1


def test_machines_are_told_apart() -> None:
    folder = {
        "A/a.txt": compose.dskheap(0, compose.X86) + WORDS["dll-init-failed"],
        "B/b.txt": compose.dskheap(0, compose.X64) + WORDS["exit-code-128"],
    }
    rows = told(folder)
    assert [row["signs"] for row in rows] == [1, 1]
    assert rows[0]["sign_0"] != rows[1]["sign_0"]
