r"""A service heap is smaller than the default and half used

## What happens
Somebody lowered the third SharedSection value, usually because session view space was short, and one of the service heaps has little left
for a busy moment.

## How the log proves it
A heap outside WinSta0 is smaller than the default of its Windows (512 KB on x86, 768 KB on x64; where the architecture is open, 512 KB)
and half used or more. On record: 256 KB, 59.1 % used when idle, over 99 % when it failed.

## What to do
Ask why the value was lowered; capture while it fails; raise the third value back if session view space allows it.

## What would refute it
A capture at the time of a failure that shows this heap below 80 %.

## Sources
ntdebugging blog, comment 74; KB 184802 (defaults).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from dumpscan.machines import machine_keys
from dumpscan.platforms import SERVICE_HEAP, SINCE
from dumpscan.rules import CAUSE, FUTILE, HEAPS, NOW, REBOOT, Found, Told, cite, found, rule
from dumpscan.rules._heap import FELL_BACK, OTHER_VIEW, OWN_SIZE, OWN_VIEW, own_size, raised, read_first, with_sizing
from dumpscan.rules._sizes import FALLBACK_SERVICE
from dumpscan.words import heap_name, kb, percent, session_name

if TYPE_CHECKING:
    import pandas as pd

HALF = 50  # percent


@rule(
    stage=HEAPS,
    says="at-risk",
    needs="desktop_heaps.used_percent",
    clear="No service heap below the default size is half used.",
    references=("ntdebugging blog 2007-01-04, comment 74", "KB 184802"),
)
def check(
    desktop_heaps: pd.DataFrame, platforms: pd.DataFrame, sizing: pd.DataFrame, advised: pd.DataFrame
) -> Found | None:
    """Service heaps of the latest listings that are small and half used, but not yet near full."""
    rows = lowered(desktop_heaps, platforms).assign(severity="medium", certainty="likely")
    rows = with_sizing(rows, sizing, advised)
    return found(
        rows, cite(rows, "{desktop_path}: {used_percent:g} % of {size_kb:,} KB used; the default is {default_kb} KB")
    )


def lowered(heaps: pd.DataFrame, platforms: pd.DataFrame) -> pd.DataFrame:
    """Such heaps, with the default of their Windows and what tells it."""
    used = heaps["used_percent"]
    busy = (heaps["role"].eq("service") & used.ge(HALF) & used.lt(80)).fillna(False).astype(bool)
    rows = heaps[busy & ~heaps["superseded"].astype(bool)]
    known = platforms.set_index(machine_keys(platforms))[["architecture", "era"]].astype(object)
    rows = rows.assign(key=machine_keys(rows)).join(known, on="key").drop(columns="key")
    default = rows["architecture"].map(SERVICE_HEAP).fillna(min(SERVICE_HEAP.values())).astype("Int64")
    rows = rows.assign(default_kb=default)
    return rows[rows["size_kb"].lt(default).fillna(False).astype(bool)]


def _larger(row: Mapping[str, Any]) -> list[tuple[str, str]]:
    """How it becomes as large as the default; session view space has a part in it only before Vista."""
    since, stored, wanted = row["era"] == SINCE, row["service_stored_kb"], row["service_wanted_kb"]
    if row["refused"] == FELL_BACK:
        return [read_first(row)]
    if row["refused"] == OWN_SIZE:
        return [own_size(row)]
    room = "" if since else ", if session view space has room for it"
    why = "" if since else ": often because session view space was exhausted"
    if row["refused"] in (OWN_VIEW, OTHER_VIEW):
        larger = (
            FUTILE,
            f"A third SharedSection value of {row['next_kb']} as things are: session view space has no room for it. Fewer desktops come first.",
        )
    elif row["architecture"] is None or wanted is None:
        larger = (
            REBOOT,
            f"Raise the third SharedSection value to the default of this Windows again{room}; which one that is, only the architecture of this machine tells.",
        )
    elif stored is not None and stored >= wanted:
        larger = (
            REBOOT,
            f"The registry already asks for {kb(stored)} as the third SharedSection value: restart, there is nothing to raise.",
        )
    else:
        larger = (REBOOT, f"{raised(row, 'service', int(wanted))} again{room}.")
    return [larger, (CAUSE, f"Ask who lowered the third SharedSection value and why{why}.")]


def tell(row: Mapping[str, Any]) -> Told:
    """A finding in words."""
    size, default = int(row["size_kb"]), int(row["default_kb"])
    fallen = size == FALLBACK_SERVICE and row["era"] != SINCE
    how = "is smaller than the default" if fallen else "was made smaller than the default"
    summary = (
        f"The desktop heap of {heap_name(row)} in {session_name(row['session'])} {how} ({kb(size)} instead of "
        f"{kb(default)}) and is {percent(row['used_percent'], row['tool'])} used: a busy moment can fill it."
    )
    keys = ("session", "window_station", "desktop", "size_kb", "used_percent", "free_kb", "default_kb")
    advice = [
        (NOW, "Capture again while it fails: one such heap was 59 % used when idle and over 99 % when it failed."),
        *_larger(row),
        (FUTILE, "SessionViewSize alone: it gives room for more heaps, not for a fuller one."),
    ]
    subject = {key: row[key] for key in keys}
    return Told(summary, subject, "A capture at the time of a failure with this heap below 80 %.", advice)
