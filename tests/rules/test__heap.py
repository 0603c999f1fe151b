"""The next size of one heap, and what it costs in view space."""

from __future__ import annotations

from typing import Any

import pytest

from dumpscan.rules._heap import (
    CEILING,
    FELL_BACK,
    LEAK,
    OTHER_VIEW,
    OWN_VIEW,
    READ_FIRST,
    UNKNOWN,
    larger_heap,
    read_first,
)

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


@pytest.mark.parametrize(
    ("refused", "when", "says"),
    [
        (LEAK, "futile", "this heap was nearly full with 256 KB before, and is again with 512 KB. That is a leak"),
        (CEILING, "futile", "A larger third SharedSection value: 20480 is the most that is known to be in use"),
        (FELL_BACK, "reboot", "Read the configured SharedSection values first: 512 and 128 KB"),
        (UNKNOWN, "reboot", "how large, only the architecture of this machine tells"),
        (OTHER_VIEW, "futile", "another session of this machine has room for 300 KB more on each such heap"),
    ],
)
def test_why_there_is_no_larger_size(refused: str, when: str, says: str) -> None:
    told = larger_heap(HEAP | {"refused": refused, "before_kb": 256, "service_growth_kb": 300, "next_kb": 1024})
    assert told[0] == when and says in told[1]


def test_a_view_without_room_has_none_rather_than_less() -> None:
    assert "has room for 0 KB more" in larger_heap(HEAP | {"refused": OTHER_VIEW, "service_growth_kb": -40})[1]


def test_the_price_in_view_space_is_told_where_there_is_a_limit() -> None:
    assert "view space, whose limit is not in these texts." in larger_heap(HEAP | {"known_kb": None})[1]
    assert "view space" not in larger_heap(HEAP | {"era": "Vista or later"})[1]


def test_only_what_fell_back_proves_that_higher_values_do_not_fit() -> None:
    sizes = "1024,3072,512"
    when, told = read_first({"sizes": sizes, "fell_back": True})
    assert when == "futile" and told.startswith(f"Higher values than SharedSection={sizes}")
    assert read_first({"sizes": sizes, "fell_back": False}) == READ_FIRST
    assert read_first({"sizes": None, "fell_back": True}) == READ_FIRST


@pytest.mark.parametrize(
    ("stored", "says"),
    [
        (None, "Raise the third SharedSection value from 512 to 1024;"),
        (512, "Raise the third SharedSection value from 512 to 1024;"),
        (1023, "from 1023 in the registry (512 KB are in force) to 1024;"),
        (1024, "The registry already asks for 1,024 KB as the third SharedSection value: restart"),
    ],
)
def test_what_the_registry_asks_for(stored: int | None, says: str) -> None:
    assert says in larger_heap(HEAP | {"service_stored_kb": stored})[1]


def test_a_third_value_is_added_where_there_is_none() -> None:
    two = HEAP | {"sizes": "1024,3072", "becomes": "1024,3072,1024", "interactive_wanted_kb": 4096, "interactive_stored_kb": None, "interactive_heaps": 1}  # fmt: skip
    added, digits = "Add the third SharedSection value, 1024", "(SharedSection=1024,3072 becomes SharedSection=1024,3072,1024)"  # fmt: skip
    assert added in larger_heap(two)[1] and digits in larger_heap(two)[1]
    assert larger_heap(two | {"role": "interactive"})[1].startswith("Raise the second SharedSection value from 512 to 4096")  # fmt: skip
    assert larger_heap(two | {"sizes": "1024,3072,512"})[1].startswith("Raise the third")
