r"""A registry value is named SharedSection, and has no effect

## What happens
SharedSection is a word inside the text of the value `Windows` (REG_EXPAND_SZ) of the key SubSystems. A value of its own with that name is read by nobody; three public
installation scripts of a job scheduler write one. The heaps stay as they were, and everybody believes that they were enlarged. `Windows` is no key, either: who looks for a
key of that name does not find it.

## How the log proves it
A query or an export of this machine shows a value named SharedSection in the key SubSystems.

## What to do
Write the wanted numbers into the text of the value `Windows`, and delete the value SharedSection.

## What would refute it
Nothing: only the word inside the value `Windows` is read.

## Sources
KB 184802 (where SharedSection stands); ntdebugging blog, comment 43 (a value, not a key); public installation scripts.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from dumpscan.machines import machine_keys
from dumpscan.rules import CONFIGURATION, FUTILE, REBOOT, Found, Told, cite, found, rule
from dumpscan.rules._sections import sections
from dumpscan.stored import SUBSYSTEMS, latest, stored

if TYPE_CHECKING:
    import pandas as pd


@rule(
    stage=CONFIGURATION,
    says=None,
    needs="registry_values.key",
    clear="No registry value of this machine is named SharedSection by mistake.",
    references=("KB 184802", "ntdebugging blog 2007-01-04, comment 43"),
)
def check(
    shared_sections: pd.DataFrame, registry_values: pd.DataFrame, platforms: pd.DataFrame, captures: pd.DataFrame
) -> Found | None:
    """Values of that name in the key SubSystems, with what the value `Windows` says."""
    rows = latest(stored(registry_values, ["sharedsection"], SUBSYSTEMS), captures)
    rows = rows[rows["text"].notna()].drop_duplicates(["case", "machine"]).assign(severity="medium", certainty="proved")
    real = sections(shared_sections, registry_values, platforms, captures)
    by_machine = real.set_index(machine_keys(real))  # one row a machine
    rows["sizes"] = machine_keys(rows).map(by_machine["sizes"]).astype(object)
    return found(rows, cite(rows, "a value of its own, which nothing reads"))


def tell(row: Mapping[str, Any]) -> Told:
    """A finding in words."""
    real = "" if row["sizes"] is None else f" What counts is SharedSection={row['sizes']} inside the value Windows."
    summary = f"A registry value named SharedSection ({row['text']}) stands beside the value Windows, and nothing reads it.{real}"
    advice = [
        (
            REBOOT,
            "Decide first whether the heaps shall change at all; then write the numbers into the text of the value Windows (REG_EXPAND_SZ) of the same key, and change "
            "nothing else there. Export the key first; it counts after a restart.",
        ),
        (REBOOT, "Delete the value SharedSection, so that nobody takes it for the setting."),
        (FUTILE, "Other numbers in that value, and a restart after them."),
    ]
    return Told(
        summary, {"text": row["text"], "sizes": row["sizes"]}, "Only the word inside the value Windows is read.", advice
    )
