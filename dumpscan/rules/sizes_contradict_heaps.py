r"""The heaps have other sizes than Windows was started with

## What happens
csrss.exe makes all heaps with the SharedSection sizes of its own command line, which nothing changes until the next start. Where listed heaps have other sizes, command line and listing are
of two starts (somebody changed the value and restarted in between), or of two machines. What is said of one of them must not be held against the other.

## How the log proves it
- The command line of a running csrss.exe, and a listing of the same machine in which `WinSta0\Default`, or all service heaps, have another size. Both are compared as Windows takes them: rounded up to
  4 KB, and 128 KB at least.
- One service heap alone must be that of a built-in account: any other can be a program's own (`custom-heap-size`).
- Before Vista heaps of 512 and 128 KB are no sign: Windows makes them where the configured ones do not fit (`fallback-sizes`).
- Silent where the registry has the sizes of the heaps: then only the command line is old, and `reboot-pending` says so.

## What to do
Collect both in one go, on the machine and in the boot that fails: the command line of csrss.exe, the registry value, and the heaps.

## What would refute it
A banner or times that show one machine and one boot for both; a program that makes all of these desktops with a size of its own (CreateDesktopEx).

## Sources
ntdebugging blog, comment 23 (every change needs a restart) and comment 60 (rounding); KB 184802.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from dumpscan.configured import SECTIONS
from dumpscan.machines import machine_keys
from dumpscan.platforms import MACHINE
from dumpscan.rules import DATA, NOW, Found, Told, cite, found, rule
from dumpscan.rules._sizes import KINDS, by_machine, fell_back, in_effect, measured
from dumpscan.sections import agreed_sizes, facts
from dumpscan.view_space import has_limit
from dumpscan.words import kb

if TYPE_CHECKING:
    import pandas as pd

# Window stations whose one desktop has the size of the third value whoever uses it.
BUILT_IN = ("Service-0x0-3e7$", "Service-0x0-3e5$", "Service-0x0-3e4$")


@rule(
    stage=DATA,
    says="contradictory",
    needs=("shared_sections.in_force", "desktop_heaps.size_kb"),
    clear="No listing contradicts the SharedSection sizes in force.",
    references=("ntdebugging blog 2007-01-04, comments 23 and 60", "KB 184802"),
)
def check(
    shared_sections: pd.DataFrame, registry_values: pd.DataFrame, desktop_heaps: pd.DataFrame, platforms: pd.DataFrame
) -> Found | None:
    """Machines whose latest listings have other sizes than the command line of csrss.exe, and than the registry."""
    told = facts(shared_sections, registry_values)
    running = told["in_force"].astype(bool)
    force, stored = agreed_sizes(told[running]), agreed_sizes(told[~running]).add_prefix("stored_")
    listed = by_machine(desktop_heaps[~_may_be_its_own(desktop_heaps)])
    machines = platforms[[*MACHINE, "era"]].assign(key=machine_keys(platforms))
    rows = machines.join(force, on="key", how="inner").join(listed, on="key", how="inner").join(stored, on="key")
    rows = rows[~(fell_back(rows) & has_limit(rows)).to_numpy(bool)]
    for kind, column in zip(KINDS, SECTIONS, strict=True):
        now = rows[f"{kind}_now_kb"]
        rows[f"{kind}_other"] = in_effect(rows[column]).ne(now).fillna(False).astype(bool)
        rows[f"{kind}_stored"] = (in_effect(rows[f"stored_{column}"]).eq(now) | now.isna()).fillna(False).astype(bool)
    as_stored = rows["interactive_stored"] & rows["service_stored"]
    same = [rows[f"stored_{column}"].eq(rows[column]).fillna(False).astype(bool) for column in SECTIONS]
    rows["same_stored"] = same[0] & same[1]
    rows = rows[(rows["interactive_other"] | rows["service_other"]) & ~as_stored]
    rows = rows.assign(severity="medium", certainty="likely", snapshot=1)
    kept = rows[rows["stored_line"].notna()]
    return found(
        rows,
        cite(rows, "in force: {configured_interactive_kb:,} KB and {configured_service_kb:,} KB"),
        *(
            cite(
                other.assign(file=other[f"{kind}_file"], line=other[f"{kind}_line"]),
                f"the first {kind} heap: {{{kind}_now_kb:,}} KB",
            )
            for kind in KINDS
            for other in (rows[rows[f"{kind}_other"]],)
        ),
        cite(
            kept.assign(file=kept["stored_file"], line=kept["stored_line"]),
            "in the registry: {stored_configured_interactive_kb:,} KB and {stored_configured_service_kb:,} KB",
        ),
    )


def _may_be_its_own(heaps: pd.DataFrame) -> pd.Series[bool]:
    """The only service heap of its machine, where it is of no built-in account."""
    rows = measured(heaps)
    service = rows[rows["role"].eq("service").to_numpy(bool, na_value=False)]
    keys = machine_keys(service)
    alone = keys.map(keys.value_counts()).eq(1) & ~service["window_station"].isin(BUILT_IN)
    lone: pd.Series[bool] = heaps.index.to_series().isin(service.index[alone])
    return lone


def tell(row: Mapping[str, Any]) -> Told:
    """A finding in words."""
    others = [(kind, column) for kind, column in zip(KINDS, SECTIONS, strict=True) if row[f"{kind}_other"]]
    listed = " and ".join(f"{kind} heaps of {kb(row[f'{kind}_now_kb'])}" for kind, _ in others)
    started = " and ".join(kb(row[column]) for _, column in others)
    why = (
        "they were listed before the restart that put the sizes of the registry in force, or they are of another machine"
        if row["same_stored"]
        else "they are of another boot, or of another machine"
    )
    keys = (*SECTIONS, "interactive_now_kb", "service_now_kb")
    return Told(
        f"Sizes contradict each other: {listed} are listed, where csrss.exe was started with {started}; {why}.",
        {key: row[key] for key in keys},
        "Times or a banner that show one machine and one boot for both.",
        [
            (
                NOW,
                "Collect the command line of csrss.exe, the registry value and the heaps in one go, on the machine and in the boot that fails.",
            )
        ],
    )
