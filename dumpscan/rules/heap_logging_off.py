r"""Logging of desktop heap failures is switched off

## What happens
With DesktopHeapLogging = 0 Windows logs neither event 243 nor 244, so their absence proves nothing. Untouched machines have 1. The value is part of scripts that promise
faster games, so other values are probably changed, too: SharedSection, handle quotas.

## How the log proves it
The registry of this machine has DesktopHeapLogging = 0 in SOFTWARE\Microsoft\Windows NT\CurrentVersion\Windows. The same value in ...\Windows\DWM is in the wrong key and
switches nothing (one such script deletes it there); that is told, too.

## What to do
Set it to 1, restart, and wait for the next failure.

## What would refute it
An event 243 or 244 that was logged after the value was set.

## Sources
ntdebugging blog, comment 50 (names KB 810807); a registry listing of an untouched Windows 10; public tweak scripts. That a restart is needed is a guess
[guess].
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from dumpscan.rules import CONFIGURATION, FUTILE, REBOOT, Found, Told, cite, found, rule
from dumpscan.stored import WINDOWS, latest, stored

if TYPE_CHECKING:
    import pandas as pd

NAME = "desktopheaplogging"
WRONG_KEY = r"\\windows\\dwm$"


@rule(
    stage=CONFIGURATION,
    says=None,
    needs="registry_values.number",
    clear="No registry value of this machine switches the logging of heap failures off.",
    references=("ntdebugging blog 2007-01-04, comment 50",),
)
def check(registry_values: pd.DataFrame, captures: pd.DataFrame) -> Found | None:
    """The latest value of each machine where it is 0, and values in the wrong key."""
    import pandas as pd

    right = latest(stored(registry_values, [NAME], WINDOWS), captures)
    off = right[right["number"].eq(0).fillna(False)].assign(off=True)
    wrong = latest(stored(registry_values, [NAME], WRONG_KEY), captures)
    wrong = wrong[wrong["text"].notna()].assign(off=False)
    rows = pd.concat([off, wrong], ignore_index=True).drop_duplicates(["case", "machine", "off"])
    rows = rows.assign(severity="info", certainty="proved")
    return found(
        rows,
        cite(rows[rows["off"].astype(bool)], "DesktopHeapLogging = 0"),
        cite(rows[~rows["off"].astype(bool)], "DesktopHeapLogging in a key where nothing reads it"),
    )


def tell(row: Mapping[str, Any]) -> Told:
    """A finding in words."""
    if row["off"]:
        summary = (
            "DesktopHeapLogging is 0: Windows logs no event 243 or 244, so their absence proves nothing. This machine was tweaked; other values are probably "
            "changed, too."
        )
    else:
        summary = "DesktopHeapLogging stands in the key of DWM, where nothing reads it: it switches logging neither on nor off."
    right = r"HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion\Windows"
    advice = [
        (REBOOT, f"Set DesktopHeapLogging to 1 in {right}, and restart."),
        (FUTILE, "Searching the old log for events 243 and 244: while this value was 0, none were written.")
        if row["off"]
        else (FUTILE, "Changing or deleting the value in the key of DWM."),
    ]
    refuted = (
        "An event 243 or 244 logged after the value was set." if row["off"] else "Nothing: it is another program's key."
    )
    return Told(summary, {"key": row["key"], "number": row["number"]}, refuted, advice)
