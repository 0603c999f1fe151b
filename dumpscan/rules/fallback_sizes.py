r"""Windows fell back to small heaps, because the configured ones did not fit into session view space

## What happens
When a session starts, Windows reserves view space for the heaps that it expects. Where the configured sizes do not fit, it takes 512 KB for the
interactive desktop and 128 KB for each service desktop, and goes on. The heaps are small then although large ones are configured, and fill up.
How many heaps it reserves for is not published: sizes that fit on one machine may fall back at boot on another.

## How the log proves it
`WinSta0\Default` has 512 KB and all service heaps of the session have 128 KB.

- proved: SharedSection (command line of csrss.exe, or the registry) asks for more.
- possible: it was not seen. Then somebody may have set these two sizes.

On record: a view of 20 MB takes 3,072 and 512 KB; with 3,072 and 2,048 KB it fell back.

## What to do
Lower the second or third SharedSection value until they fit: that makes the heaps larger than they are now. Or, without /3GB, raise
SessionViewSize by a step of 16 MB, if the free system PTEs allow it. Raising SharedSection makes it worse.

## What would refute it
A registry that really has 512 and 128; or one that was changed to larger sizes after the start (`reboot-pending`).

## Sources
ntdebugging blog, desktop heap part 2, and comments 26 and 29. What a step of SessionViewSize costs: **[field]**.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from dumpscan.platforms import MACHINE
from dumpscan.rules import CONFIGURATION, FUTILE, NOW, REBOOT, Found, Told, cite, found, rule
from dumpscan.rules._sections import change
from dumpscan.rules._sizes import FALLBACK_INTERACTIVE, FALLBACK_SERVICE, in_effect, is_default, measured
from dumpscan.rules._view import larger_view
from dumpscan.rules._windows import BEFORE_VISTA
from dumpscan.view_space import SESSION, has_limit
from dumpscan.words import kb, session_name

if TYPE_CHECKING:
    import pandas as pd

USUAL = 512  # KB: a third value at which a view of 20 MB is known to take the heaps


@rule(
    stage=CONFIGURATION,
    says=None,
    needs="desktop_heaps.size_kb",
    clear="The heaps do not have the sizes that Windows falls back to.",
    references=("ntdebugging blog 2007-07-05 (part 2)", "ntdebugging blog 2007-01-04, comments 26 and 29"),
    applies=BEFORE_VISTA,
)
def check(
    desktop_heaps: pd.DataFrame, platforms: pd.DataFrame, view_space: pd.DataFrame, advised: pd.DataFrame
) -> Found | None:
    """Machines with a session whose heaps have exactly these sizes; the first such session of each."""
    import numpy as np

    heaps = measured(desktop_heaps)
    default = heaps[is_default(heaps) & heaps["size_kb"].eq(FALLBACK_INTERACTIVE)]
    small = heaps["size_kb"].eq(FALLBACK_SERVICE).where(heaps["role"].eq("service"))
    # Missing for a session without any service heap.
    all_small = heaps.assign(small=small.astype("boolean")).groupby(SESSION, observed=True, dropna=False)["small"].min()
    sessions = all_small[all_small.fillna(False).astype(bool)].reset_index()
    rows = default[[*SESSION, "file", "line"]].merge(sessions, on=SESSION).drop_duplicates(MACHINE)
    rows = rows.merge(platforms, on=MACHINE, how="left")
    rows = rows[has_limit(rows)]
    views = view_space[[*SESSION, "limit_kb", "free_ptes"]]
    rows = rows.merge(views, on=SESSION, how="left")
    wanted = [rows["configured_interactive_kb"], rows["configured_service_kb"]]
    more = in_effect(wanted[0]).gt(FALLBACK_INTERACTIVE) | in_effect(wanted[1]).gt(FALLBACK_SERVICE)
    rows = rows[more | wanted[0].isna()]
    rows = rows.merge(advised[[*MACHINE, "sizes", "becomes"]], on=MACHINE, how="left")
    known = rows["configured_interactive_kb"].notna()
    rows = rows.assign(severity=np.where(known, "high", "medium"), certainty=np.where(known, "proved", "possible"))
    told = rows[known].assign(file=rows["sections_file"], line=rows["sections_line"])
    services = heaps.loc[heaps["role"].eq("service"), [*SESSION, "file", "line", "size_kb"]]
    return found(
        rows,
        cite(rows, f"the interactive heap has {FALLBACK_INTERACTIVE} KB"),
        cite(told, "SharedSection asks for {configured_interactive_kb:,} KB and {configured_service_kb:,} KB"),
        cite(rows[SESSION], "a service heap of {size_kb:,} KB", services, SESSION),
    )


def tell(row: Mapping[str, Any]) -> Told:
    """A finding in words."""
    sizes = f"{FALLBACK_INTERACTIVE} KB for the interactive desktop and {FALLBACK_SERVICE} KB for each service desktop"
    where = session_name(row["session"])
    interactive, service = row["configured_interactive_kb"], row["configured_service_kb"]
    if interactive is None:
        summary = (
            f"The heaps of {where} have the sizes that Windows falls back to where the configured ones do not fit into session view space ({sizes}). "
            "Whether somebody configured them is not in these texts."
        )
        lower = (
            NOW,
            "Read SharedSection: only where it asks for more did Windows fall back, and then lower values help, not higher ones.",
        )
    else:
        summary = (
            f"SharedSection asks for {kb(interactive)} and {kb(service)}, but {where} got {sizes}: the configured heaps did not fit into session "
            "view space, and Windows fell back."
        )
        third = (
            f"the third SharedSection value from {service} to {'1024 or ' if service > 1024 else ''}{USUAL}, which is more than the {FALLBACK_SERVICE} in force"
            if service > USUAL
            else "the second SharedSection value by a step of 1024"
            if interactive > 3072
            else "the second or third SharedSection value"
        )
        if row["architecture"] is None or row["era"] is None:
            third = "the second or third SharedSection value (no number: Windows or architecture are not known)"
        lower = (REBOOT, f"Lower {third}, and list the heaps after the restart: larger ones may fall back again.")
        if row["becomes"] is not None:
            lower = change(row)
    advice = [
        lower,
        larger_view(row),
        (FUTILE, "Higher SharedSection values: they fit even less, and the heaps stay as small as they are."),
    ]
    keys = ("session", "configured_interactive_kb", "configured_service_kb")
    return Told(
        summary,
        {key: row[key] for key in keys},
        "A registry that had 512 and 128 when the machine started.",
        advice,
    )
