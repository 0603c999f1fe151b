r"""MaxRequestThreads has lost its number

## What happens
A value of csrss.exe that ends in `MaxRequestThreads` without `=16` leaves csrss.exe with too few threads: a message box freezes the whole server, and a logoff
hangs for ten minutes. An installer of a backup product wrote it so when it changed SharedSection.

## How the log proves it
- critical: a value of csrss.exe or of the registry of this machine ends in `MaxRequestThreads`.
- silent where the copy was wrapped by a console and that word ends a full line, or where characters were lost at the line ends: then the number may be lost in
  the copy only.

## What to do
Append `=16` to that word and restart.

## What would refute it
The same value copied again (`reg export`) with the number at its end.

## Sources
KB 187704, KB 256137 (Backup Exec 7.0 build 719).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from dumpscan.csrss import THREADS, one_line
from dumpscan.rules import CONFIGURATION, FUTILE, NOW, REBOOT, Found, Told, cite, found, rule
from dumpscan.rules._sections import where
from dumpscan.sections import texts

if TYPE_CHECKING:
    import pandas as pd


def lost_number(text: str) -> bool:
    r"""Whether a value ends in the bare word, in a copy that nothing was cut from.

    >>> lost_number("csrss.exe ProfileControl=Off MaxRequestThreads"), lost_number("csrss.exe ProfileControl=Off MaxRequestThreads=16")
    (True, False)
    """
    line = one_line(text)
    if line is None or not re.search(r"(?i)[ ]MaxRequestThreads[\"']?$", line):
        return False
    *above, last = text.split("\n")
    return not above or len(last) < max(map(len, above))


@rule(
    stage=CONFIGURATION,
    says=None,
    needs="shared_sections.text or registry_values.text",
    clear="Where the value of csrss.exe could be read, it does not end in a bare MaxRequestThreads.",
    references=("KB 187704", "KB 256137"),
)
def check(shared_sections: pd.DataFrame, registry_values: pd.DataFrame, captures: pd.DataFrame) -> Found | None:
    """The latest texts of each machine that end in the bare word."""
    rows = texts(shared_sections, registry_values, captures)
    told = {text: lost_number(text) for text in rows["text"].unique()}
    rows = rows[rows["text"].astype(object).map(told).fillna(False).to_numpy(bool)]
    rows = rows.drop_duplicates(["case", "machine"])
    rows = rows.assign(severity="critical", certainty="proved")
    rows["certainty"] = rows["certainty"].mask(rows["text"].str.contains("\n").to_numpy(bool, na_value=False), "likely")
    return found(rows, cite(rows, "the value ends in MaxRequestThreads, without its number"))


def tell(row: Mapping[str, Any]) -> Told:
    """A finding in words."""
    summary = (
        f"The value of csrss.exe ({where(row)}) ends in MaxRequestThreads without ={THREADS}: message boxes can freeze the whole machine, and logoffs hang "
        "for ten minutes."
    )
    advice = [
        (NOW, "Close every message box on the console, also those behind other windows: each one holds a thread of csrss.exe."),
        (
            REBOOT,
            "In regedit, append only "
            f"={THREADS} to the last word of the value Windows of HKLM\\SYSTEM\\CurrentControlSet\\Control\\Session Manager\\SubSystems. Export that key first; "
            "the change counts after a restart.",
        ),
        (FUTILE, "Other SharedSection sizes: no heap is short because of this."),
    ]  # fmt: skip
    return Told(
        summary,
        {"in_force": bool(row["in_force"])},
        f"The same value copied again, with ={THREADS} at its end.",
        advice,
    )
