r"""Windows 2000 does not take SessionViewSize here

## What happens
- Without Terminal Services there is no session space: all desktop heaps share the 48 MB of views that the whole system has, and SessionViewSize does
  nothing. Only fewer or smaller heaps (SharedSection) help.
- With Terminal Services each session has a view of 20 MB. Kernels before 5.0.2195.6797 fix it there; later ones read SessionViewSize and
  SessionPoolSize.

## How the log proves it
The build is 2195. The words of the product have no "TerminalServer"; or a kernel (nt, ntoskrnl, ntkrnlpa ...) of an older version is listed. Where
nothing tells whether Terminal Services are there, an old kernel makes it likely: neither kind reads the value.
Without Terminal Services it is worth a look only where somebody set SessionViewSize; else it is told as information.

## What to do
With Terminal Services: hotfix 318942, or Update Rollup 1 for Service Pack 4; then the value counts. Without: lower what the heaps take.

## What would refute it
A version of the kernel of 5.0.2195.6797 or later, on a machine with Terminal Services.

## Sources
ntdebugging blog, desktop heap overview and comments 51 and 74; KB 318942.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from dumpscan.configured import stored_views
from dumpscan.machines import machine_keys
from dumpscan.rules import CONFIGURATION, FUTILE, REBOOT, Found, Told, cite, found, rule
from dumpscan.rules._windows import WINDOWS_2000

if TYPE_CHECKING:
    import pandas as pd

KERNELS = r"(?i)^(?:nt|ntoskrnl|ntkrnlpa|ntkrnlmp|ntkrpamp)(?:\.exe)?$"
FIRST = (5, 0, 2195, 6797)  # the kernel that reads SessionViewSize
VERSION = r"^([0-9]{1,5})\.([0-9]{1,5})\.([0-9]{1,5})\.([0-9]{1,5})$"
WIDTH = 100_000  # parts of a version are 16-bit numbers


@rule(
    stage=CONFIGURATION,
    says=None,
    needs="systems.build",
    clear="This Windows 2000 has Terminal Services, and no kernel that is too old for SessionViewSize is listed.",
    references=("KB 318942", "ntdebugging blog 2007-01-04, comments 51 and 74"),
    applies=WINDOWS_2000,
)
def check(platforms: pd.DataFrame, modules: pd.DataFrame, registry_values: pd.DataFrame) -> Found | None:
    """Machines with Windows 2000 whose view cannot be configured."""
    import numpy as np
    import pandas as pd

    rows = platforms[WINDOWS_2000.suits(platforms).to_numpy(bool, na_value=False)]
    rows = rows.assign(key=machine_keys(rows))
    names = modules["name"].cat.categories.astype(str)
    kernels = modules[modules["name"].isin(names[names.str.contains(KERNELS, regex=True)])]
    number = pd.Series(0.0, index=kernels.index)
    for part in kernels["version"].str.extract(VERSION).astype(float).items():
        number = number * WIDTH + part[1]
    first = 0.0
    for of_first in FIRST:
        first = first * WIDTH + of_first
    kernels = kernels.assign(key=machine_keys(kernels))[number.lt(first)].drop_duplicates("key", keep="last")
    stored = stored_views(registry_values)
    stored = stored.assign(key=machine_keys(stored))

    old = rows["key"].isin(kernels["key"])
    product = rows["product"].astype(object)
    with_ts = product.str.contains("TerminalServer").fillna(False).astype(bool)
    without = product.notna() & ~with_ts
    wished = rows["key"].isin(stored["key"])
    rows = rows.assign(
        terminal_services=np.select([with_ts, without], ["with", "without"], default="unknown"),
        severity=np.select([~without, wished], ["high", "medium"], default="info"),
        certainty=np.where(with_ts, "proved", "likely"),
        snapshot=1,
        version=rows["key"].map(kernels.set_index("key")["version"]).astype(object),
    )
    rows = rows[old | without]
    # The banner that told the build is the proof of Windows 2000; platforms keeps where the era was told, which is that banner.
    lines = ["key", "file", "line"]
    return found(
        rows,
        cite(rows.assign(file=rows["era_file"], line=rows["era_line"]), "build {build}: Windows 2000"),
        cite(rows[["key"]], "a kernel of version {version}", kernels[[*lines, "version"]], ["key"]),
        cite(rows[["key"]], "SessionViewSize = {number} in the registry", stored[[*lines, "number"]], ["key"]),
    )


def tell(row: Mapping[str, Any]) -> Told:
    """A finding in words."""
    first = ".".join(map(str, FIRST))
    if row["terminal_services"] == "without":
        summary = "Windows 2000 without Terminal Services: all desktop heaps share 48 MB of views with the system, and SessionViewSize does nothing."
        cure = (REBOOT, "Fewer desktops, or smaller heaps (SharedSection): nothing else gives room here.")
    else:
        size = (
            "session view space is fixed at 20 MB"
            if row["terminal_services"] == "with"
            else "session view space cannot be configured"
        )
        summary = f"The kernel of this Windows 2000 ({row['version']}) is older than {first}: {size}, and SessionViewSize is not read."
        cure = (
            REBOOT,
            f"Install Update Rollup 1 for Service Pack 4 (or hotfix 318942), which brings a kernel of {first} or later; then SessionViewSize counts.",
        )
    return Told(
        summary,
        {"version": row["version"], "terminal_services": row["terminal_services"]},
        f"A kernel of version {first} or later on a machine with Terminal Services.",
        [cure, (FUTILE, "SessionViewSize as things are: this Windows does not read it.")],
    )
