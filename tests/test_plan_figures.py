"""The arithmetic of a plan, held against the figures that were published or derived from what was."""

from __future__ import annotations

import pytest

from dumpscan.plan.figures import heap_for, more_heaps, processes, view_for

MB = 1024


@pytest.mark.parametrize(
    ("view", "heaps", "each", "at_best", "with_others"),
    [
        (20 * MB, 5312, 512, 29, 21),
        (48 * MB, 5312, 512, 85, 77),
        (48 * MB, 3712, 512, 88, 80),  # KB 142676: "approximately 90 services"
        (48 * MB, 7296, 1024, 40, 36),
        (104 * MB, 23840, 768, 107, 102),  # a maker of SSH servers: up to about 100 sessions on x64
        (104 * MB, 51488, 2048, 26, 24),
    ],
)
def test_how_many_service_desktops_fit(view: int, heaps: int, each: int, at_best: int, with_others: int) -> None:
    assert more_heaps(view, heaps, each) == at_best
    assert more_heaps(view, heaps, each, 4096) == with_others


def test_two_values_of_nt_4() -> None:
    """Without a third value each heap has 3 MB: 16 in all, and Exchange failed at its eighth service (KB 158308)."""
    assert more_heaps(48 * MB, 0, 3072) == 16
    assert more_heaps(48 * MB, 8 * 3072, 3072) == 8


def test_application_pools_that_no_view_holds() -> None:
    assert more_heaps(48 * MB, 5312, 512) < 450 and view_for(5312 + 450 * 512) == 240 * MB


@pytest.mark.parametrize(
    ("view", "heaps"),
    [(16 * MB, 0), (16 * MB, 12 * MB), (32 * MB, 12 * MB + 1), (64 * MB, 50 * MB), (80 * MB, 61 * MB)],
)
def test_the_view_that_is_needed(view: int, heaps: int) -> None:
    assert view_for(heaps) == view


@pytest.mark.parametrize(
    ("heap", "cost", "fixed", "number"),
    [(768, 32, 0, 24), (512, 37, 0, 13), (20480, 1000, 0, 20), (512, 15, 135, 25), (512, 21, 85, 20), (256, 15, 135, 8), (256, 21, 85, 8), (1024, 15, 135, 59), (1024, 21, 85, 44)],
)  # fmt: skip
def test_processes_of_known_products_in_a_full_heap(heap: int, cost: int, fixed: int, number: int) -> None:
    """24 allocations of Nomad; 12 sessions by the formula of a maker, which takes one off; 20 trading terminals; and a service whose children
    ran 20 to 25 times with 512 KB and 8 times with 256, which fits two pairs of costs: 1,024 KB then hold 44 to 59, and 40 and more were seen."""
    assert processes(heap, cost, fixed, percent=100) == number


def test_a_heap_is_filled_to_90_percent() -> None:
    assert processes(1000, 10) == 90
    assert processes(351, 32, percent=100) == 10
    assert processes(1000, 10, 1) == 89
    assert processes(512, 10, 2) == 45


@pytest.mark.parametrize("cost", [1, 3, 5, 9, 10, 32, 54, 1000])
def test_a_heap_that_is_sized_holds_what_it_was_sized_for(cost: int) -> None:
    for number in (1, 7, 46, 100, 333):
        for fixed in (0, 2, 4):
            size = heap_for(number, cost, fixed)
            assert size % 512 == 0
            assert processes(size, cost, fixed) >= number
            assert size == 512 or processes(size - 512, cost, fixed) < number
