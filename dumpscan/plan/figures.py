"""The arithmetic of a plan, on single numbers and on whole columns alike: how many heaps a view holds, and how many processes a heap.

Figures are those of KB 949296 (keep a heap at 80 to 90 %), KB 2102398 and of the ntdebugging blog; all sizes are KB.
"""

from __future__ import annotations

from typing import Any

from dumpscan.rules._heap import STEPS
from dumpscan.rules._view import STEP
from dumpscan.view_space import OTHERS

FULL_PERCENT = 90  # of a heap that a plan fills: KB 949296 keeps it at 80 to 90 %
EMPTY = {"x86": 2, "x64": 4}  # KB that a desktop takes on which nothing runs, in every listing of an idle one


def rounded_up(kb: Any, step: int) -> Any:
    """The next multiple of a step.

    >>> rounded_up(1000, 512), rounded_up(1024, 512)
    (1024, 1024)
    """
    return -(-kb // step) * step


def more_heaps(view_kb: Any, heaps_kb: Any, each_kb: Any, others_kb: Any = 0) -> Any:
    """How many more heaps of one size a view holds; below nothing where it is too full already.

    A first Service Pack of NT 4.0 ran "approximately 90 services" (KB 142676):
    >>> more_heaps(49152, 3712, 512)
    88
    """
    return (view_kb - heaps_kb - others_kb) // each_kb


def processes(heap_kb: Any, cost_kb: Any, fixed_kb: Any = 0, percent: int = FULL_PERCENT) -> Any:
    """How many processes of one cost a heap holds, filled to so many percent, beside what it holds anyway.

    >>> processes(768, 32, percent=100)
    24
    """
    return (heap_kb * percent - fixed_kb * 100) // (cost_kb * 100)


def heap_for(number: int, cost_kb: int, fixed_kb: int = 0) -> int:
    """The third value for so many processes: 90 % of it holds them.

    >>> heap_for(100, 10)
    1536
    """
    wanted: int = rounded_up(-(-(number * cost_kb + fixed_kb) * 100 // FULL_PERCENT), STEPS["service"])
    return wanted


def view_for(heaps_kb: Any) -> Any:
    """The view that holds so much of heaps, with what GDI and others need beside them at worst."""
    return rounded_up(heaps_kb + OTHERS, STEP * 1024)
