"""What the rules on single heaps have in common: how much larger a heap may become, and what that costs in session view space."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dumpscan.platforms import SINCE
from dumpscan.rules import FUTILE, REBOOT
from dumpscan.rules._sizes import FALLBACK_INTERACTIVE, FALLBACK_SERVICE
from dumpscan.words import kb

# What is needed of the session's view space to tell whether a larger heap fits.
VIEW = ("heaps_kb", "interactive_kb", "service_kb", "limit_kb", "other_kb", "least_room_kb", "era")

MOST = 20480  # KB: the largest heap that Microsoft advises (KB 947246)
STEPS = {"interactive": 1024, "service": 512}  # KB (KB 949296, ntdebugging blog, comment 21)
WHICH = {"interactive": "second", "service": "third"}
# What stands against more than MOST: for the second value advice of Microsoft, for the third that nobody reports any.
EXHAUSTED = {
    "second": f"{MOST} is the most that Microsoft advises, so sizing is exhausted. Fewer windows, users on more sessions or machines, or a mended leak are left.",
    "third": f"{MOST} is the most that is known to be in use, so sizing is exhausted. Fewer processes on one desktop, or a mended leak are left.",
}
# The advice where service heaps have the size that Windows falls back to.
READ_FIRST = (
    REBOOT,
    f"Read the configured SharedSection values first: {FALLBACK_INTERACTIVE} and {FALLBACK_SERVICE} KB are what Windows falls back to when the configured heaps "
    "do not fit into session view space. Then lower values help, not higher ones.",
)

PER_PROCESS = 10  # KB of heap that a typical service process takes (KB 949296)


def larger_heap(row: Mapping[str, Any]) -> tuple[str, str]:
    """The next size of this heap, or why there is none: never a value that the view space of its session cannot hold."""
    size, role = int(row["size_kb"]), str(row["role"])
    larger = min(size + STEPS.get(role, 512), MOST)
    which = WHICH.get(role, "third")
    if row["before_kb"] is not None:
        return (
            FUTILE,
            f"A still larger {which} SharedSection value: this heap was nearly full with {kb(row['before_kb'])} before, and is again with {kb(size)}. That is a leak "
            "or a load that only grows: more only buys time.",
        )
    if larger <= size:
        return (FUTILE, f"A larger {which} SharedSection value: {EXHAUSTED[which]}")
    if role == "service" and size == FALLBACK_SERVICE:
        return READ_FIRST
    every = int(row[f"{role}_kb"] or size) if role in STEPS else size
    after = int(row["heaps_kb"] or size) + every // size * (larger - size)
    if row["limit_kb"] is not None and row["era"] != SINCE and after > row["limit_kb"] - row["other_kb"]:
        return (
            FUTILE,
            f"A {which} SharedSection value of {larger} instead of {size}: the heaps of this session would take {kb(after)}, which does not fit into its view "
            f"space of {kb(row['limit_kb'])} with what GDI and others need. Fewer desktops come first.",
        )
    if row["least_room_kb"] is not None and row["era"] != SINCE and larger - size > row["least_room_kb"]:
        return (
            FUTILE,
            f"A {which} SharedSection value of {larger} instead of {size}: it counts in every session, and the view space of another session of this machine "
            f"has only {kb(max(0, int(row['least_room_kb'])))} left beside what GDI and others need. Fewer desktops there come first.",
        )
    price = f" The heaps of this session then take {kb(after)}" if row["era"] != SINCE else ""
    held = (
        f" of {kb(row['limit_kb'])}."
        if row["limit_kb"] is not None
        else ": that must fit into its view space, whose limit is not in these texts."
    )
    return (
        REBOOT,
        f"Raise the {which} SharedSection value from {size} to {larger}; it counts after a restart.{price + held if price else ''}",
    )
