r"""/3GB leaves 20 MB of session view space, whatever SessionViewSize says

## What happens
With /3GB the kernel of 32-bit XP and Server 2003 has half of its address space. Session view space is fixed at 20 MB then, and the registry value
SessionViewSize counts for nothing: 48 in the registry means 20 in fact. Larger heaps may fall back to 512 and 128 KB at boot.

## How the log proves it
- proved: /3GB in SystemStartOptions (HKLM\SYSTEM\CurrentControlSet\Control), or nt!MmHighestUserAddress above 7ffeffff: both tell what was booted.
- likely: nt!MmSessionViewSize is 20 MB and the registry has a larger SessionViewSize.
- possible: /3GB stands in boot.ini. Which of its entries was booted is not proved by it. Or one proof tells of /3GB and another of none: they are of two boots.

Not where a larger limit was printed, where SystemStartOptions has no /3GB or nt!MmHighestUserAddress is 7ffeffff (that boot was without it), on 64-bit Windows,
on Windows 2000 and NT 4, and on Vista and later (what `increaseuserva` does there does not limit session view space).

## What to do
Live within 20 MB: fewer desktops, smaller service heaps. Or start without /3GB: that costs programs such as Exchange and SQL Server 1 GB of user
address space, and gives 48 MB only if the value SessionViewSize = 48 is there.

## What would refute it
`dd nt!MmSessionViewSize L1` with more than 01400000, or `dp nt!MmHighestUserAddress L1` with 7ffeffff.

## Sources
ntdebugging blog, comments 15, 29 and 37, and desktop heap part 2; KB 184802. The values of MmHighestUserAddress (bffeffff: /3GB, 7ffeffff: none), and
what it costs to drop the switch: **[field]**.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from dumpscan.configured import IN_FORCE, SMALL_VIEW, WITHOUT, booted_without, stored_views
from dumpscan.machines import machine_keys
from dumpscan.platforms import MACHINE, XP
from dumpscan.rules import CONFIGURATION, FUTILE, NOW, REBOOT, Found, Told, cite, found, rule
from dumpscan.rules._windows import X86_BEFORE_VISTA
from dumpscan.view_space import SMALLEST_LIMIT

if TYPE_CHECKING:
    import pandas as pd


@rule(
    stage=CONFIGURATION,
    says=None,
    needs="boot_options.option or session_limits.kb",
    clear="Nothing tells that /3GB is in force.",
    references=("KB 184802", "ntdebugging blog 2007-07-05 (part 2)"),
    applies=X86_BEFORE_VISTA,
)
def check(
    platforms: pd.DataFrame, boot_options: pd.DataFrame, session_limits: pd.DataFrame, registry_values: pd.DataFrame
) -> Found | None:
    """Machines whose view is small by /3GB, and how sure that is."""
    import numpy as np

    machines = platforms[X86_BEFORE_VISTA.suits(platforms) & platforms["build"].ge(XP).fillna(True).astype(bool)]
    machines = machines[[*MACHINE, "build"]].assign(key=machine_keys(machines))
    switch = boot_options[boot_options["option"].eq("3GB").to_numpy(bool, na_value=False)]
    switch = switch.assign(key=machine_keys(switch))
    forced = switch["origin"].isin(IN_FORCE)
    views = session_limits[
        session_limits["limit"].eq("view_space") & session_limits["kb"].ge(SMALLEST_LIMIT).fillna(False)
    ]
    views = views.assign(key=machine_keys(views))
    stored = stored_views(registry_values)
    stored = stored.assign(key=machine_keys(stored))
    larger = stored[(stored["number"] * 1024 > SMALL_VIEW).fillna(False).to_numpy(bool)]

    rows = machines[~machines["key"].isin(views.loc[views["kb"].gt(SMALL_VIEW), "key"])]
    key = rows["key"]
    forced_there, another = key.isin(switch.loc[forced, "key"]), key.isin(booted_without(boot_options, registry_values))
    proved, two_boots = forced_there & ~another, forced_there & another
    likely = key.isin(views.loc[views["kb"].eq(SMALL_VIEW), "key"]) & key.isin(larger["key"]) & ~another
    possible = key.isin(switch["key"]) & ~another
    certainty = np.select([proved, likely, possible | two_boots], ["proved", "likely", "possible"], default="")
    rows = rows.assign(
        certainty=certainty,
        severity=np.where(certainty == "possible", "medium", "high"),
        two_boots=two_boots,
        stored_mb=key.map(stored.drop_duplicates("key").set_index("key")["number"]).astype("Int64"),
        snapshot=1,
    )
    rows = rows[rows["certainty"].ne("")]
    booted = switch[forced | ~switch["key"].isin(switch.loc[forced, "key"])]
    without = boot_options[boot_options["option"].eq(WITHOUT).to_numpy(bool, na_value=False)]
    without = without.assign(key=machine_keys(without))
    small = views[views["kb"].eq(SMALL_VIEW)]
    lines = ["key", "file", "line"]
    return found(
        rows,
        cite(rows[["key"]], "/3GB, in {origin}", booted[[*lines, "origin"]], ["key"]),
        cite(rows[["key"]], "booted without /3GB, told by {origin}", without[[*lines, "origin"]], ["key"]),
        cite(rows[["key"]], "the limit of session view space: {kb:,} KB", small[[*lines, "kb"]], ["key"]),
        cite(rows[["key"]], "SessionViewSize = {number} in the registry", stored[[*lines, "number"]], ["key"]),
    )


def tell(row: Mapping[str, Any]) -> Told:
    """A finding in words."""
    stored = (
        ""
        if row["stored_mb"] is None
        else f" The {row['stored_mb']} MB of SessionViewSize in the registry count for nothing."
    )
    there = "" if row["build"] is not None else " on XP and Server 2003 (which Windows this is, is not told)"
    summary = {
        "proved": f"/3GB is in force: session view space has 20 MB{there}.{stored}",
        "likely": f"Session view space has 20 MB although the registry asks for {row['stored_mb']} MB: /3GB is likely in force, which fixes it.",
        "possible": f"boot.ini has an entry with /3GB. If that one was booted, session view space has 20 MB{there}, whatever the registry says.",
    }[row["certainty"]]
    if row["two_boots"]:
        summary = f"One boot of this machine had /3GB, another had not: which one failed is open. With it session view space has 20 MB{there}, whatever the registry says."
    ask = (
        NOW,
        "Find out what was booted: reg query HKLM\\SYSTEM\\CurrentControlSet\\Control /v SystemStartOptions, or dp nt!MmHighestUserAddress L1 in a kernel "
        "debugger (bffeffff is /3GB, 7ffeffff is without it).",
    )
    gives = (
        f"the {row['stored_mb']} MB of the registry then count"
        if row["stored_mb"] is not None
        else "48 MB come only if the value SessionViewSize = 48 is present"
    )
    advice = [
        *([] if row["certainty"] == "proved" else [ask]),
        (
            REBOOT,
            "Live within 20 MB: fewer desktops (one logon for several services), or smaller service heaps where their use at the busiest hour allows it.",
        ),
        (REBOOT, f"Or start without /3GB: that costs Exchange and SQL Server 1 GB of user address space, and {gives}."),
        (FUTILE, "SessionViewSize while /3GB is in force: it is not read."),
    ]
    return Told(
        summary,
        {"stored_mb": row["stored_mb"]},
        "A printed nt!MmSessionViewSize above 01400000 (20 MB), or nt!MmHighestUserAddress at 7ffeffff.",
        advice,
    )
