r"""The first SharedSection value is not 1024

## What happens
The first number sizes the heap that all desktops of a session share. It has nothing to do with desktop heap, and Microsoft says not to change it.
Somebody mistook it for one, usually while looking for a cure; some descriptions even call it the session view space, which is wrong.

## How the log proves it
The value of csrss.exe or of the registry of this machine begins with another number than 1024, which every Windows has.

## What to do
Put 1024 back, and look for what the change was meant to cure.

## What would refute it
A vendor's own statement that this machine needs another shared heap. None is known.

## Sources
KB 184802; ntdebugging blog 2007-01-04 (the first value should not be changed).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from dumpscan.rules import CAUSE, CONFIGURATION, FUTILE, REBOOT, Found, Told, cite, found, rule
from dumpscan.rules._sections import SHARED, change, sections, where, with_advice

if TYPE_CHECKING:
    import pandas as pd


@rule(
    stage=CONFIGURATION,
    says=None,
    needs="shared_sections.shared_kb",
    clear=f"The first SharedSection value is {SHARED}, as Windows has it.",
    references=("KB 184802", "ntdebugging blog 2007-01-04"),
)
def check(
    shared_sections: pd.DataFrame,
    registry_values: pd.DataFrame,
    platforms: pd.DataFrame,
    captures: pd.DataFrame,
    advised: pd.DataFrame,
) -> Found | None:
    """Values whose first number is another one."""
    rows = with_advice(sections(shared_sections, registry_values, platforms, captures), advised)
    rows = rows[rows["shared_kb"].ne(SHARED).fillna(False)]
    rows = rows.assign(severity="medium", certainty="proved")
    return found(rows, cite(rows, f"SharedSection={{sizes}}: the first value is not {SHARED}"))


def tell(row: Mapping[str, Any]) -> Told:
    """A finding in words."""
    summary = (
        f"The first value of SharedSection={row['sizes']} ({where(row)}) is {int(row['shared_kb'])} instead of {SHARED}: it sizes a heap that all desktops "
        "share, not a desktop heap, and is not meant to be changed."
    )
    advice = [
        change(row)
        if row["becomes"] is not None
        else (
            REBOOT,
            f"Put {SHARED} back as the first number, and change nothing else there; it counts after a restart.",
        ),
        (CAUSE, "Ask what the change was meant to cure: it cannot have cured a full desktop heap."),
        (FUTILE, "Any other first value: interactive heaps are the second number, service heaps the third."),
    ]
    keys = ("shared_kb", "interactive_kb", "non_interactive_kb", "in_force")
    return Told(summary, {key: row[key] for key in keys}, "A vendor's statement that this machine needs it.", advice)
