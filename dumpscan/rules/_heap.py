"""What the rules on single heaps have in common: how much larger a heap may become, and what that costs in session view space."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from dumpscan.platforms import SINCE
from dumpscan.rules import FUTILE, REBOOT
from dumpscan.rules._sizes import FALLBACK_INTERACTIVE, FALLBACK_SERVICE
from dumpscan.words import kb

if TYPE_CHECKING:
    import pandas as pd

# What is needed of the session's view space to tell whether a larger heap fits.
VIEW = (
    "heaps_kb", "interactive_heaps", "service_heaps", "known_kb", "other_kb", "interactive_growth_kb", "service_growth_kb", "era",
)  # fmt: skip

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
NO_ROOM = 16  # KB free: less than an ordinary process needs to start


def no_room(heaps: pd.DataFrame) -> pd.Series[bool]:
    """Heaps of 128 KB and more with so little free that they are full whatever the percentage; not Winlogon and Disconnect."""
    short = heaps["free_kb"].le(NO_ROOM) & heaps["size_kb"].ge(128) & heaps["role"].ne("fixed")
    return short.fillna(False)


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
    if (role, size) in (("service", FALLBACK_SERVICE), ("interactive", FALLBACK_INTERACTIVE)):
        return READ_FIRST
    limited = row["known_kb"] is not None and row["era"] != SINCE
    after = int(row["heaps_kb"] or size) + max(1, int(row.get(f"{role}_heaps") or 1)) * (larger - size)
    if limited and after > row["known_kb"] - row["other_kb"]:
        return (
            FUTILE,
            f"A {which} SharedSection value of {larger} instead of {size}: the heaps of this session would take {kb(after)}, which does not fit into its view "
            f"space of {kb(row['known_kb'])} with what GDI and others need. Fewer desktops, or a larger view, come first.",
        )
    growth = row.get(f"{role}_growth_kb")
    if limited and growth is not None and larger - size > growth:
        return (
            FUTILE,
            f"A {which} SharedSection value of {larger} instead of {size}: it counts in every session, and the view space of another session of this machine "
            f"has room for {kb(max(0, int(growth)))} more on each such heap beside what GDI and others need. Fewer desktops there come first.",
        )
    price = f" The heaps of this session then take {kb(after)}" if row["era"] != SINCE else ""
    held = (
        f" of {kb(row['known_kb'])}."
        if row["known_kb"] is not None
        else ": that must fit into its view space, whose limit is not in these texts."
    )
    return (
        REBOOT,
        f"Raise the {which} SharedSection value from {size} to {larger}; it counts after a restart.{price + held if price else ''}",
    )
