"""What other sizes would hold: SharedSection and SessionViewSize, weighed for today's desktops and use. Nothing is ever applied.

`figures` is the arithmetic, `candidates` the sizes that are weighed, `table` the table `plan`, `telling` the words, the text to apply and
the way back.
"""

from __future__ import annotations

from typing import NamedTuple

from dumpscan.inputs import DumpscanError

USUAL_COST = 10  # KB of heap that a typical service process or job takes (KB 949296, KB 2102398)
MOST_ASKED = 1_000_000


class Wanted(NamedTuple):
    """What a plan is asked to make room for, beside today's desktops and use."""

    service_desktops: int = 0  # more of them, each with a heap of its own
    processes: int = 0  # at a time on one service desktop
    cost_kb: int = USUAL_COST  # of heap for each of them

    def asked(self) -> bool:
        return bool(self.service_desktops or self.processes)


NOTHING_WANTED = Wanted()


def wanted(service_desktops: int, processes: int, cost_kb: int) -> Wanted:
    """What the caller asks for. Raises DumpscanError for numbers that no machine has."""
    for name, number, least in (
        ("--service-desktops", service_desktops, 0),
        ("--processes", processes, 0),
        ("--cost", cost_kb, 1),
    ):
        if not least <= number <= MOST_ASKED:
            raise DumpscanError(f"{name} {number}: a number from {least} to {MOST_ASKED:,} is wanted")
    return Wanted(service_desktops, processes, cost_kb)
