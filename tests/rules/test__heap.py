"""The next size of one heap, and what it costs in view space."""

from __future__ import annotations

from typing import Any

import pytest

from dumpscan.rules._heap import OWN_VIEW, larger_heap

HEAP: dict[str, Any] = {
    "size_kb": 512, "role": "service", "refused": None, "next_kb": 1024, "heaps_kb": 3776, "service_heaps": 2, "known_kb": 20480, "era": "before Vista",
    "service_wanted_kb": 1024, "service_stored_kb": None, "sizes": None, "becomes": None,
}  # fmt: skip


@pytest.mark.parametrize(
    ("heaps", "heaps_kb", "told"),
    [(2, 3776, "4,800 KB"), (1, 3776, "4,288 KB"), (None, 3776, "4,288 KB"), (None, None, "1,024 KB")],
)
def test_each_heap_of_its_kind_grows_and_one_where_they_were_not_counted(
    heaps: int | None, heaps_kb: int | None, told: str
) -> None:
    row = HEAP | {"service_heaps": heaps, "heaps_kb": heaps_kb}
    when, advice = larger_heap(row)
    assert when == "reboot" and f"then take {told} of 20,480 KB." in advice
    when, refused = larger_heap(row | {"refused": OWN_VIEW})
    assert when == "futile" and f"would take {told}, which does not fit" in refused


def test_the_last_size_counts_where_more_than_one_step_is_advised() -> None:
    assert "then take 5,824 KB of 20,480 KB." in larger_heap(HEAP | {"service_wanted_kb": 1536})[1]
