r"""The second SharedSection value is larger than Microsoft advises

## What happens
Each interactive desktop reserves the second value. Above 20,480 KB Microsoft warns of slower machines; before Vista on x86 heaps of that size do not fit into
session view space, and Windows falls back to 512 and 128 KB or does not start the session. No version is known to refuse such a value: 65536 is
in use for twenty and more trading terminals in one session.

## How the log proves it
The second value of csrss.exe or of the registry of this machine is above 20480. The third value has no such ceiling: 20480 is in use there.

## What to do
Ask which program needed it and how full the heap is; then the value may go down to what is used, or the windows be spread over several sessions. Where another finding changes the list, too, change both at once.

## What would refute it
A listing that shows more than 20,480 KB in use on such a desktop: then the value is needed.

## Sources
KB 947246 (not over 20480); a public operations guide for trading servers (65536).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from dumpscan.platforms import BEFORE
from dumpscan.rules import CAUSE, CONFIGURATION, FUTILE, NOW, REBOOT, Found, Told, cite, found, rule
from dumpscan.rules._heap import MOST
from dumpscan.rules._sections import change, sections, where, with_advice
from dumpscan.words import kb

if TYPE_CHECKING:
    import pandas as pd


@rule(
    stage=CONFIGURATION,
    says=None,
    needs="shared_sections.interactive_kb",
    clear=f"No second SharedSection value of this machine is above {MOST}.",
    references=("KB 947246",),
)
def check(
    shared_sections: pd.DataFrame,
    registry_values: pd.DataFrame,
    platforms: pd.DataFrame,
    captures: pd.DataFrame,
    advised: pd.DataFrame,
) -> Found | None:
    """Values whose second number is above the ceiling."""
    rows = with_advice(sections(shared_sections, registry_values, platforms, captures), advised)
    rows = rows[rows["interactive_kb"].gt(MOST).fillna(False)]
    rows = rows.assign(severity="medium", certainty="likely")
    return found(rows, cite(rows, f"SharedSection={{sizes}}: the second value is above {MOST}"))


def tell(row: Mapping[str, Any]) -> Told:
    """A finding in words."""
    second = int(row["interactive_kb"])
    view = (
        " Session view space of this Windows holds none or few heaps of that size; if they do not fit, Windows may fall back to 512 and 128 KB."
        if row["era"] == BEFORE
        else ""
    )
    summary = (
        f"The second value of SharedSection={row['sizes']} ({where(row)}) makes every interactive heap {kb(second)}, more than the {kb(MOST)} that Microsoft "
        f"advises at most.{view}"
    )
    advice = [
        (NOW, "List the heaps at the busiest time: how many KB of the interactive heap are used tells what is needed."),
        (
            CAUSE,
            "Ask which program needed it: so many windows in one session are a leak, or belong into several sessions.",
        ),
        (FUTILE, "A still larger second value: it is for interactive desktops only, and services have none of it."),
    ]
    default = row["default_interactive_kb"]
    if default is not None:
        smaller = int(default) if row["era"] == BEFORE else MOST
        if row["becomes"] is None:
            first, _, *third = row["sizes"].split(",")
            when, text = change(row, ",".join([first, str(smaller), *third]))
        else:  # another finding changes the list: two lists would contradict each other
            when, text = (
                REBOOT,
                f"write {smaller} for {second} in it, too, when you change SharedSection as another finding says.",
            )
        advice.append((when, f"Only if the busiest listing shows less in use than that: {text}"))
    keys = ("interactive_kb", "non_interactive_kb", "in_force", "era", "architecture")
    return Told(summary, {key: row[key] for key in keys}, f"More than {kb(MOST)} in use on such a desktop.", advice)
