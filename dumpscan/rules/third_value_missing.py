r"""SharedSection has two values, so every service heap is as large as an interactive one

## What happens
Without a third value every desktop outside WinSta0 gets a heap of the second size: 3,072 KB instead of 512 KB. Before Vista session view space
then holds few of them (48 MB: 16 desktops in all), and services fail at random; on Windows NT 4.0 it was the eighth service of an Exchange server.

## How the log proves it
- high: a value of csrss.exe or of the registry of this machine has two numbers.
- medium: the same on Windows NT 4.0, where two values are the default. It is just as expensive there.
- silent where a heap outside WinSta0 has another size than the second value: then Windows does not run with this value.
- Text in a mail or an article is nobody's setting.

## What to do
Add the third value; the number stands in the finding where Windows and architecture are known: the default, but at least twice what a service heap uses now, since each of them shrinks to it.

## What would refute it
A listing with service heaps of another size than the second value.

## Sources
KB 142676, KB 158308, KB 184802; ntdebugging blog (two values: the second counts for all).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from dumpscan.machines import machine_keys
from dumpscan.platforms import BEFORE, NT4
from dumpscan.rules import CONFIGURATION, FUTILE, REBOOT, Found, Told, cite, found, rule
from dumpscan.rules._sections import change, sections, where, with_advice
from dumpscan.rules._sizes import PAGE
from dumpscan.words import kb

if TYPE_CHECKING:
    import pandas as pd


@rule(
    stage=CONFIGURATION,
    says=None,
    needs="shared_sections.interactive_kb",
    clear="No SharedSection value that is surely of this machine lacks its third number.",
    references=("KB 142676", "KB 158308", "KB 184802"),
)
def check(
    shared_sections: pd.DataFrame,
    registry_values: pd.DataFrame,
    platforms: pd.DataFrame,
    captures: pd.DataFrame,
    desktop_heaps: pd.DataFrame,
    advised: pd.DataFrame,
) -> Found | None:
    """Values with two numbers, unless service heaps of another size were listed."""
    rows = with_advice(sections(shared_sections, registry_values, platforms, captures), advised)
    rows = rows[rows["values"].eq(2)]
    service = desktop_heaps[desktop_heaps["role"].eq("service").fillna(False) & ~desktop_heaps["superseded"]]
    listed = service.groupby(machine_keys(service))["size_kb"].agg(["min", "max"])
    keys = machine_keys(rows)
    expected = (rows["interactive_kb"] + PAGE - 1) // PAGE * PAGE
    smallest, largest = (keys.map(listed[name]).astype("Int64") for name in ("min", "max"))
    refuted = smallest.ne(expected).fillna(False) | largest.ne(expected).fillna(False)
    rows = rows.assign(listed_kb=smallest)[~refuted]
    nt4 = rows["build"].eq(NT4).fillna(False)
    rows = rows.assign(severity="high", certainty="proved")
    rows["severity"] = rows["severity"].mask(nt4, "medium")
    rows["key"] = machine_keys(rows)
    same = service[["file", "line", "size_kb"]].assign(key=machine_keys(service)).drop_duplicates("key")
    return found(
        rows,
        cite(rows, "two values: SharedSection={sizes}"),
        cite(rows[["key"]], "a service heap of the second size: {size_kb:,} KB", same, ["key"]),
    )


def tell(row: Mapping[str, Any]) -> Told:
    """A finding in words."""
    second = int(row["interactive_kb"])
    default = (
        " Two values are the default of Windows NT 4.0, and just as expensive there." if row["build"] == NT4 else ""
    )
    summary = (
        f"SharedSection={row['sizes']} ({where(row)}) has no third value: every desktop of a service gets a heap of {kb(second)}, as large as an "
        f"interactive one.{default}"
    )
    third = row["default_service_kb"]
    if row["becomes"] is not None and third is not None and int(row["becomes"].rpartition(",")[2]) > third:
        summary += f" The default of {third} would be too small for what is in use now."
    why = (
        "no source tells that of 64-bit Windows before Vista"
        if third is None and row["architecture"] == "x64" and row["era"] == BEFORE
        else "these texts do not tell which Windows it is"
    )
    advice = [
        (REBOOT, f"Add the third SharedSection value, with the default of this Windows; {why}, so no number here.")
        if third is None or row["becomes"] is None
        else change(row),
        (FUTILE, "A larger second value: without a third one, every service heap grows with it."),
    ]
    keys = ("shared_kb", "interactive_kb", "values", "in_force", "listed_kb")
    return Told(
        summary,
        {key: row[key] for key in keys},
        "A listing with service heaps of another size than the second value.",
        advice,
    )
