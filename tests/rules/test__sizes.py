"""What Windows makes of a configured size, and which sizes the heaps of a machine have."""

from __future__ import annotations

from typing import Any

import compose
import pandas as pd
import pytest
from compose import DEFAULT, SYSTEM, X64, X86

from dumpscan.rules._sizes import by_machine, fell_back, in_effect


def test_what_windows_makes_of_a_size() -> None:
    """Pages of 4 KB, and never less than 128."""
    made = {0: 128, 1: 128, 127: 128, 128: 128, 129: 132, 131: 132, 132: 132, 133: 136, 65536: 65536}
    sizes = in_effect(pd.Series([*made, None], dtype="Int64"))
    assert sizes[:-1].to_list() == [*made.values()]
    assert sizes.isna().to_list() == [False] * len(made) + [True]


def sizes(text: compose.Text) -> list[tuple[Any, Any]]:
    """Of each machine the one size of its interactive and of its service heaps."""
    rows = by_machine(compose.analysis({"case": text}).tables["desktop_heaps"])
    columns = [rows[f"{kind}_now_kb"].astype(object) for kind in ("interactive", "service")]
    return [*zip(*(column.where(column.notna(), None) for column in columns), strict=True)]


def test_the_one_size_of_each_kind() -> None:
    tools = (r"WinSta0\Tools", 512, 1.0)
    assert sizes(compose.dskheap(0, X86)) == [(3072, 512)]
    assert sizes(compose.dskheap(0, [*X86, tools])) == [(3072, 512)], "a desktop of a program is not the user's"
    assert sizes(compose.dskheap(0, compose.replaced(X86, SYSTEM, 768, 1))) == [(3072, None)], "two sizes are none"
    assert sizes(compose.nameless(0, [(3072, 15), (64, 3), (128, 3)])) == [(3072, None)], (
        "told by its size where names are not"
    )
    assert sizes(compose.dskheap(0, X86[1:3])) == []
    assert sizes({"A/a.txt": compose.dskheap(0, X86), "B/b.txt": compose.dskheap(0, X64)}) == [
        (3072, 512),
        (20480, 768),
    ]


def test_only_the_latest_listing_and_true_sizes() -> None:
    older = compose.march(1) + compose.dskheap(0, compose.replaced(X86, DEFAULT, 8192, 1))
    assert sizes(older + compose.march(2) + compose.dskheap(0, X86)) == [(3072, 512)]
    assert sizes(compose.deskscan([(DEFAULT, 3072), (SYSTEM, 512)])) == [], "a scan finds heaps of sessions long gone"


@pytest.mark.parametrize(
    ("interactive", "service", "fallen"),
    [
        (512, 128, True),
        (512, None, True),
        (512, 132, False),
        (516, 128, False),
        (None, 128, False),
        (3072, 512, False),
    ],
)
def test_the_pair_that_windows_falls_back_to(interactive: int | None, service: int | None, fallen: bool) -> None:
    row = pd.DataFrame({"interactive_now_kb": [interactive], "service_now_kb": [service]}, dtype="Int64")
    assert fell_back(row).to_list() == [fallen]
