"""What the rules on single heaps have in common: how much larger a heap may become, and what that costs in session view space."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from dumpscan.machines import machine_keys
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
# What is needed of the table `advised`.
ADVISED = (
    "sizes",
    "becomes",
    "fell_back",
    "interactive_wanted_kb",
    "interactive_stored_kb",
    "service_wanted_kb",
    "service_stored_kb",
)

MOST = 20480  # KB: the largest heap that Microsoft advises (KB 947246)
STEPS = {"interactive": 1024, "service": 512}  # KB (KB 949296, ntdebugging blog, comment 21)
WHICH = {"interactive": "second", "service": "third"}
# What stands against more than MOST: for the second value advice of Microsoft, for the third that nobody reports any.
EXHAUSTED = {
    "second": f"{MOST} is the most that Microsoft advises, so sizing is exhausted. Fewer windows, users on more sessions or machines, or a mended leak are left.",
    "third": f"{MOST} is the most that is known to be in use, so sizing is exhausted. Fewer processes on one desktop, or a mended leak are left.",
}
# Why a heap does not get a larger size.
LEAK, OWN_SIZE, CEILING, FELL_BACK, OWN_VIEW, OTHER_VIEW, UNKNOWN = "leak", "own size", "ceiling", "fell back", "own view", "other view", "unknown"  # fmt: skip

# The advice where heaps have the sizes that Windows falls back to, and nothing tells whether that is so.
READ_FIRST = (
    REBOOT,
    f"Read the configured SharedSection values first: {FALLBACK_INTERACTIVE} and {FALLBACK_SERVICE} KB are what Windows falls back to when the configured heaps "
    "do not fit into session view space. Then lower values help, not higher ones.",
)

PER_PROCESS = 10  # KB of heap that a typical service process takes (KB 949296)


def with_sizing(rows: pd.DataFrame, sizing: pd.DataFrame, advised: pd.DataFrame) -> pd.DataFrame:
    """Rows of desktop_heaps with what is advised for them and for their machine."""
    known = advised.set_index(machine_keys(advised))[[*ADVISED]]
    told = rows.join(sizing[["refused", "next_kb", "before_kb"]])
    told["key"] = machine_keys(told)
    return told.join(known, on="key")


def larger_heap(row: Mapping[str, Any]) -> tuple[str, str]:
    """The next size of this heap, or why there is none: never a value that the view space of its session cannot hold, and never another one than the rest of
    the findings on this machine. `row` has the columns of `sizing` and `advised`."""
    size, kind = int(row["size_kb"]), "interactive" if row["role"] == "interactive" else "service"
    which, refused = WHICH[kind], row["refused"]
    if refused == LEAK:
        return (
            FUTILE,
            f"A still larger {which} SharedSection value: this heap was nearly full with {kb(row['before_kb'])} before, and is again with {kb(size)}. That is a leak "
            "or a load that only grows: more only buys time.",
        )
    if refused == OWN_SIZE:
        return own_size(row)
    if refused == CEILING:
        return (FUTILE, f"A larger {which} SharedSection value: {EXHAUSTED[which]}")
    if refused == FELL_BACK:
        return read_first(row)
    if refused == UNKNOWN:
        return (
            REBOOT,
            f"A larger {which} SharedSection value; how large, only the architecture of this machine tells (vertarget), and it is not in these texts.",
        )
    larger = int(row["next_kb"])
    every = int(row[f"{kind}_heaps"] or 1)
    after = int(row["heaps_kb"] or size) + every * (larger - size)
    if refused == OWN_VIEW:
        return (
            FUTILE,
            f"A {which} SharedSection value of {larger} instead of {size}: the heaps of this session would take {kb(after)}, which does not fit into its view "
            f"space of {kb(row['known_kb'])} with what GDI and others need. Fewer desktops, or a larger view, come first.",
        )
    if refused == OTHER_VIEW:
        growth = row[f"{kind}_growth_kb"]
        return (
            FUTILE,
            f"A {which} SharedSection value of {larger} instead of {size}: it counts in every session, and the view space of another session of this machine "
            f"has room for {kb(max(0, int(growth)))} more on each such heap beside what GDI and others need. Fewer desktops there come first.",
        )
    wanted, stored = int(row[f"{kind}_wanted_kb"]), row[f"{kind}_stored_kb"]
    after += every * (wanted - larger)
    price = f" The heaps of this session then take {kb(after)}" if row["era"] != SINCE else ""
    held = (
        f" of {kb(row['known_kb'])}."
        if row["known_kb"] is not None
        else ": that must fit into its view space, whose limit is not in these texts."
    )
    price = price + held if price else ""
    if stored is not None and stored >= wanted:
        return (
            REBOOT,
            f"The registry already asks for {kb(stored)} as the {which} SharedSection value: restart (not while another finding says that the stored value is damaged); there is nothing to "
            f"raise.{price}",
        )
    return (REBOOT, f"{raised(row, kind, wanted)}; it counts after a restart.{price}")


def own_size(row: Mapping[str, Any]) -> tuple[str, str]:
    """Why no value is told for a heap whose size none gave it."""
    which = WHICH["interactive" if row["role"] == "interactive" else "service"]
    return (
        FUTILE,
        f"Another {which} SharedSection value: {kb(row['size_kb'])} are not the size of such heaps here, so its program chose them (CreateDesktopEx), or the row is of another machine.",
    )


def read_first(row: Mapping[str, Any]) -> tuple[str, str]:
    """The advice where heaps have the sizes that Windows falls back to."""
    if row["sizes"] is not None and row["fell_back"]:
        return (
            FUTILE,
            f"Higher values than SharedSection={row['sizes']}: these did not fit into session view space, so Windows fell back to {FALLBACK_INTERACTIVE} and {FALLBACK_SERVICE} KB. Lower ones help.",
        )
    return READ_FIRST


def raised(row: Mapping[str, Any], kind: str, wanted: int) -> str:
    """Which value to raise, from what and to what, with the whole list where it is known: "Raise the third SharedSection value from 512 to 1024"."""
    which, size, stored = WHICH[kind], int(row["size_kb"]), row[f"{kind}_stored_kb"]
    digits = (
        f" (SharedSection={row['sizes']} becomes SharedSection={row['becomes']})" if row["becomes"] is not None else ""
    )
    if kind == "service" and row["sizes"] is not None and row["sizes"].count(",") == 1:
        return f"Add the third SharedSection value, {wanted}: there is none, so services have the second, and a smaller one than that would not hold what is in use{digits}"
    if stored is not None and stored != size:
        return f"Raise the {which} SharedSection value from {stored} in the registry ({kb(size)} are in force) to {wanted}{digits}"
    return f"Raise the {which} SharedSection value from {size} to {wanted}{digits}"
