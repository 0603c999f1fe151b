r"""Windows does not use a SharedSection value as it is written, or hardly can

## What happens
Windows takes 128 KB for every heap that is asked to be smaller, and rounds sizes up to a page of 4 KB. So the sizes in a listing differ from the value, and
nobody need look for another reason. A second value between 128 and 1024 is accepted, but the console may not start properly with it.

## How the log proves it
The second or third value of csrss.exe or of the registry of this machine
- is below 128 (low);
- as the second one is 128 or more, but below 1024 (low; a single public source);
- is no multiple of 4 (info).

## What to do
Write what is meant: a multiple of 4, 128 or more, and 1024 or more for the second value.

## What would refute it
A listing whose heaps have exactly the written size.

## Sources
KB 142676 (third), KB 184802 (second and third): 128; ntdebugging blog, comment 60 (rounded up to a page); readme of a public terminal server
product (below 1024 the console may not start properly).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from dumpscan.rules import CAUSE, CONFIGURATION, FUTILE, REBOOT, Found, Told, cite, found, rule
from dumpscan.rules._sections import change, sections, where, with_advice
from dumpscan.rules._sizes import LEAST, PAGE, USABLE
from dumpscan.words import kb

if TYPE_CHECKING:
    import pandas as pd


@rule(
    stage=CONFIGURATION,
    says=None,
    needs="shared_sections.interactive_kb",
    clear="The SharedSection values of this machine are used as they are written.",
    references=("KB 142676", "KB 184802", "ntdebugging blog 2007-01-04, comment 60"),
)
def check(
    shared_sections: pd.DataFrame,
    registry_values: pd.DataFrame,
    platforms: pd.DataFrame,
    captures: pd.DataFrame,
    advised: pd.DataFrame,
) -> Found | None:
    """Values that are too small or no whole pages."""
    rows = with_advice(sections(shared_sections, registry_values, platforms, captures), advised)
    second, third = rows["interactive_kb"], rows["non_interactive_kb"].fillna(LEAST)  # a list may lack a third one
    small = second.lt(USABLE) | third.lt(LEAST)
    odd = second.mod(PAGE).gt(0) | third.mod(PAGE).gt(0)
    rows = rows.assign(severity="info", certainty="proved", small=small)
    rows["severity"] = rows["severity"].mask(small, "low")
    rows["certainty"] = rows["certainty"].mask(second.between(LEAST, USABLE - 1), "likely")
    rows = rows[small | odd]
    return found(rows, cite(rows, "SharedSection={sizes}"))


def used(size: int) -> int:
    """What Windows makes of a configured size, in KB."""
    return max(LEAST, -(-size // PAGE) * PAGE)


def tell(row: Mapping[str, Any]) -> Told:
    """A finding in words."""
    told = []
    for which, name in (("second", "interactive_kb"), ("third", "non_interactive_kb")):
        if row[name] is None:
            continue
        size = int(row[name])
        if used(size) != size:
            told.append(f"of the {which} value {size} Windows makes {kb(used(size))}")
    if int(row["interactive_kb"]) < USABLE:
        told.append(f"with a second value below {USABLE} the console may not start properly")
    summary = f"SharedSection={row['sizes']} ({where(row)}): {'; '.join(told)}."
    advice = [
        change(row)
        if row["becomes"] is not None
        else (CAUSE, "Find out first why Windows fell back to smaller heaps than these; with other digits alone it does so again.")
        if row["fell_back"]
        else (REBOOT, f"Set the second value to the default of this Windows, which these texts do not tell; {USABLE} is the least that is usable.")
        if int(row["interactive_kb"]) < USABLE
        else (REBOOT, "Write the sizes that Windows makes of these, once it is known which Windows this is."),
        (FUTILE, f"Values below {LEAST}: no heap gets smaller than that, so they save no session view space."),
    ]  # fmt: skip
    keys = ("interactive_kb", "non_interactive_kb", "in_force")
    return Told(summary, {key: row[key] for key in keys}, "A listing whose heaps have exactly these sizes.", advice)
