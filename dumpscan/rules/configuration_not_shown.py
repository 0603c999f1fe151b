r"""The configured heap sizes are not in these texts

## What happens
Heaps were listed, but neither the value `Windows` of the registry nor the command line of csrss.exe. The listed sizes tell most of it: the size of WinSta0\Default is the second SharedSection
value, the commonest size of the other desktops the third. What they cannot tell is whether Windows fell back to smaller ones, or a change waits for a restart.

## How the log proves it
The latest listing of a machine has heap sizes, and no text of this machine holds SharedSection as a fact. Mentioned text (a mail, an article) does not count.

## What to do
Query the value, and the command line of csrss.exe for what is in force.

## What would refute it
The value `Windows` of this machine, or the command line of its csrss.exe.

## Sources
KB 184802 (which value sizes which heap).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from dumpscan import queries
from dumpscan.machines import machine_keys
from dumpscan.platforms import MACHINE, SINCE_8
from dumpscan.rules import CONFIGURATION, NOW, Found, Told, cite, found, rule
from dumpscan.rules._sections import with_windows
from dumpscan.sections import texts
from dumpscan.words import kb

if TYPE_CHECKING:
    import pandas as pd


@rule(
    stage=CONFIGURATION,
    says=None,
    needs="desktop_heaps.used_percent",
    clear="The configured heap sizes are known.",
    references=("KB 184802",),
)
def check(
    desktop_heaps: pd.DataFrame,
    shared_sections: pd.DataFrame,
    registry_values: pd.DataFrame,
    captures: pd.DataFrame,
    platforms: pd.DataFrame,
) -> Found | None:
    """Machines with heaps and without a value; the commonest sizes of their heaps."""
    heaps = desktop_heaps[desktop_heaps["used_percent"].notna() & ~desktop_heaps["superseded"]]
    known = texts(shared_sections, registry_values, captures)
    heaps = heaps[~machine_keys(heaps).isin(machine_keys(known))]
    rows = heaps.drop_duplicates(MACHINE)[[*MACHINE, "snapshot", "file", "line"]]
    for name, role in (("interactive_kb", "interactive"), ("service_kb", "service")):
        of_role = heaps[heaps["role"].eq(role).fillna(False)]
        counted = of_role.assign(key=machine_keys(of_role)).groupby(["key", "size_kb"]).size().reset_index(name="times")
        common = counted.sort_values(["times", "size_kb"], kind="stable").drop_duplicates("key", keep="last")
        rows[name] = machine_keys(rows).map(common.set_index("key")["size_kb"]).astype("Int64")
    rows = with_windows(rows, platforms).assign(severity="info", certainty="proved")
    return found(rows, cite(rows, "the first of its heaps; no text of this machine holds SharedSection"))


def tell(row: Mapping[str, Any]) -> Told:
    """A finding in words."""
    parts = [
        f"about {kb(row[name])} for {which}"
        for name, which in (("interactive_kb", "interactive desktops (second value)"), ("service_kb", "services (third value)"))
        if row[name] is not None
    ]  # fmt: skip
    inferred = f" The listed heaps tell {' and '.join(parts)}." if parts else ""
    running = queries.CSRSS if row["generation"] == SINCE_8 else queries.CSRSS_BY_WMIC
    advice = [
        (NOW, f"{queries.WINDOWS_VALUE.text} - what the registry holds."),
        (NOW, f"{running.text} - what is in force since the boot."),
    ]
    subject = {key: row[key] for key in ("interactive_kb", "service_kb")}
    return Told(
        f"SharedSection of this machine is not in these texts.{inferred}",
        subject,
        "The value Windows of this machine, or the command line of its csrss.exe.",
        advice,
    )
