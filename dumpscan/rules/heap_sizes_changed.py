r"""Heap sizes are not those of this Windows

## What happens
Somebody changed SharedSection. A third value was often lowered because session view space was exhausted, and raised because services failed; until that is known, nobody should change it
again. On x64 a second value below 20480 is advice for x86 (3072, 4096, 8192, 12288) copied onto it: the interactive heap was lowered, whatever was meant.

## How the log proves it
- high: x64, and the second value, or the listed size of WinSta0\Default, is below 20,480 KB.
- medium: another second or third value below the default of this Windows.
- info: one above it. Third values of 1024, 2048, 3072, 4096 and 20480 are vendors' advice.
- What is in force counts before the registry, and that before a listing. Where nothing tells which Windows it is, nothing is compared. The third value of XP x64 and Server 2003 x64
  is published nowhere, so it is compared with nothing. Listed heaps of 512 and 128 KB are what Windows falls back to, not what somebody configured.

## What to do
Ask who changed it, when and why. On x64 put 20480 back.

## What would refute it
A banner of another Windows for this machine; a program's own desktops with sizes of their own (CreateDesktopEx).

## Sources
KB 142676 (NT 4.0), KB 184802, KB 947246, ntdebugging blog 2007-01-04 (comment 74: 256 instead of 512), 2007-07-05 and 2008-03-20: the defaults. x86 of
Windows 10: a third party's table.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from dumpscan.machines import machine_keys
from dumpscan.platforms import BEFORE, FROM_INTERACTIVE, MACHINE
from dumpscan.rules import CAUSE, CONFIGURATION, FUTILE, REBOOT, Found, Told, cite, found, rule
from dumpscan.rules._heap import MOST
from dumpscan.rules._sections import X64_SECOND, change, sections, where, with_advice, with_windows
from dumpscan.rules._sizes import MEASURED, fell_back
from dumpscan.words import kb

if TYPE_CHECKING:
    import pandas as pd

PLACE = [*MACHINE, "snapshot", "file", "line"]


@rule(
    stage=CONFIGURATION,
    says=None,
    needs="shared_sections.text or desktop_heaps.size_kb",
    clear="Where Windows and heap sizes are known, they belong together.",
    references=("KB 184802", "KB 947246", "ntdebugging blog 2007-01-04, comment 74"),
)
def check(
    shared_sections: pd.DataFrame,
    registry_values: pd.DataFrame,
    platforms: pd.DataFrame,
    captures: pd.DataFrame,
    desktop_heaps: pd.DataFrame,
    advised: pd.DataFrame,
) -> Found | None:
    """Machines whose configured sizes, or listed ones where those are not told, differ from the default."""
    import pandas as pd

    told = with_advice(sections(shared_sections, registry_values, platforms, captures), advised)
    listed = with_windows(_listed(desktop_heaps), platforms)
    listed = listed[~machine_keys(listed).isin(machine_keys(told))]
    rows = pd.concat([told.assign(listed=False), listed.assign(listed=True)], ignore_index=True)
    sure = rows["architecture_how"].ne(FROM_INTERACTIVE)  # else a lowered 3,072 KB would make x86 of an x64 machine
    rows = rows[sure & (rows["era"].notna() | rows["architecture"].eq("x64"))]
    second, third = rows["interactive_kb"], rows["non_interactive_kb"]
    # Above the ceiling another rule tells it.
    other_second = (second.ne(rows["default_interactive_kb"]) & second.le(MOST)).fillna(False)
    other_third = third.ne(rows["default_service_kb"]).fillna(False)
    copied = (rows["architecture"].eq("x64") & second.lt(X64_SECOND)).fillna(False)
    smaller_third = (third < rows["default_service_kb"]).fillna(False)
    smaller = (second < rows["default_interactive_kb"]).fillna(False) | smaller_third
    proved = ~rows["listed"].astype(bool) & rows["architecture_how"].eq("the banner")
    rows = rows.assign(
        other_second=other_second,
        other_third=other_third,
        copied=copied,
        smaller_third=smaller_third,
        severity="info",
        certainty="likely",
    )
    rows["severity"] = rows["severity"].mask(smaller, "medium").mask(copied, "high")
    rows["certainty"] = rows["certainty"].mask(proved, "proved")
    rows = rows[other_second | other_third]
    interactive, service = rows[rows["other_second"]], rows[rows["other_third"]]  # only listed ones have such lines
    return found(
        rows,
        cite(rows[~rows["listed"].astype(bool)], "SharedSection={sizes}"),
        cite(interactive.assign(file=interactive["second_file"], line=interactive["second_line"]), "an interactive heap of {interactive_kb:,} KB"),
        cite(service.assign(file=service["third_file"], line=service["third_line"]), "a service heap of {non_interactive_kb:,} KB"),
    )  # fmt: skip


def _listed(heaps: pd.DataFrame) -> pd.DataFrame:
    r"""Sizes of WinSta0\Default and of service heaps by machine, where all of a kind in the latest listings agree."""
    rows = heaps[heaps["tool"].isin(MEASURED) & ~heaps["superseded"]]
    keys = machine_keys(rows)
    kinds = {
        "second": rows[rows["role"].eq("interactive") & rows["desktop"].eq("Default")],
        "third": rows[rows["role"].eq("service") & rows["window_station"].notna()],
    }
    machines = rows.drop_duplicates(MACHINE)[PLACE].assign(sizes=None, becomes=None)
    for kind, name in (("second", "interactive_kb"), ("third", "non_interactive_kb")):
        by_machine = kinds[kind].astype({"file": object}).groupby(keys.reindex(kinds[kind].index))
        one = by_machine[["size_kb", "file", "line"]].first()[by_machine["size_kb"].nunique().eq(1)]
        at = machine_keys(machines)
        machines[name] = at.map(one["size_kb"]).astype("Int64")
        machines[f"{kind}_file"] = at.map(one["file"]).astype(object)
        machines[f"{kind}_line"] = at.map(one["line"]).astype("Int64")
    now = {"interactive_kb": "interactive_now_kb", "non_interactive_kb": "service_now_kb"}
    return machines[~fell_back(machines.rename(columns=now))]


def tell(row: Mapping[str, Any]) -> Told:
    """A finding in words."""
    parts = [
        f"{which} {kb(row[name])} instead of {kb(row[default])}"
        for which, name, default, other in (
            ("interactive heaps", "interactive_kb", "default_interactive_kb", row["other_second"]),
            ("service heaps", "non_interactive_kb", "default_service_kb", row["other_third"]),
        )
        if other
    ]
    known = "in the latest listing" if row["listed"] else f"SharedSection={row['sizes']}, {where(row)}"
    windows = " ".join(str(part) for part in (row["architecture"], row["era"]) if part is not None)
    summary = f"Heap sizes are not the default of this Windows ({windows}): {' and '.join(parts)} ({known})."
    if row["copied"]:
        summary += " Advice for x86 was copied onto x64: the interactive heap became smaller, not larger."
    advice = []
    if row["copied"] and row["becomes"] is not None:
        advice.append(change(row))
    elif row["copied"] and row["listed"]:
        advice.append((REBOOT, f"Read SharedSection in the registry first; its second value is {X64_SECOND} on x64, and nothing is gained by less."))  # fmt: skip
    elif row["copied"]:
        advice.append((CAUSE, f"The second value is {X64_SECOND} on x64, but find out first why Windows fell back to smaller heaps than these."))  # fmt: skip
    advice.append((CAUSE, "Ask who changed it, when and why, before any of these values is changed again."))
    if row["smaller_third"]:
        view = (
            " often session view space was exhausted, and then the old value brings that back."
            if row["era"] == BEFORE
            else " nothing on this Windows is gained by it."
        )
        advice.append((CAUSE, f"Find out what the smaller third value was meant to cure:{view}"))
    elif row["other_third"] and row["era"] == BEFORE:
        advice.append((FUTILE, "A third value raised further where view space is short: every service heap takes as much of it."))  # fmt: skip
    keys = ("interactive_kb", "non_interactive_kb", "default_interactive_kb", "default_service_kb", "architecture", "era", "in_force", "listed")  # fmt: skip
    return Told(
        summary, {key: row[key] for key in keys}, "A banner that shows another Windows for this machine.", advice
    )
