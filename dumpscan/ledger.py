"""The ledger: what became of one line of a text."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from dumpscan.claims import is_noise
from dumpscan.commands import all_commands
from dumpscan.matching import matching_copy

if TYPE_CHECKING:
    from dumpscan.capture import Capture, Taken
    from dumpscan.reading import Reading


class Fate(NamedTuple):
    """What became of a line: its class in the ledger, and by whom."""

    kind: str  # "parsed", "blank", "noise", "problem", "other"
    capture: Capture | None = None  # the block it stands in
    terminals: tuple[str, ...] = ()  # of the block's command; of a line that tells something alone, what it is
    reason: str | None = None  # why it is a problem


def fate_of(reading: Reading, number: int, line: str) -> Fate:
    """What became of a line. The classes are those of the ledger: over all lines they add up to it."""

    def here(one: Capture | Taken) -> bool:
        return one.first <= number <= one.last

    holders = [one for one in reading.captures if any(map(here, one.taken))]
    known = all_commands()  # a line of which two have a part belongs to the one that is asked first
    capture = min(holders, key=lambda one: (known[one.command].rank, one.command), default=None)
    if reason := next((one.reason for one in reading.problems if one.line == number), None):
        return Fate("problem", capture, reason=reason)
    if alone := next(filter(here, reading.single), None):
        return Fate("parsed", None, (str(alone.terminal),))
    if capture is None or not matching_copy(line, number)[1].lines:
        capture = next((one for one in reading.captures if one.taken and here(one)), None)
        return Fate("blank", capture) if capture else Fate("other")
    terminals = tuple(str(one.terminal) for one in capture.taken if here(one))
    return Fate("noise" if all(map(is_noise, terminals)) else "parsed", capture, terminals)
