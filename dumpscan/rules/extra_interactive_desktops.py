r"""A program made desktops of its own in WinSta0

## What happens
Besides Default, Winlogon, Disconnect and the screen saver's, a program called CreateDesktop in the interactive window station. Each such desktop takes the whole
second SharedSection value: 3,072 KB on x86 before Vista SP1, 20,480 KB on x64. Before Vista that is session view space; later it is address space, and memory
only as far as it is used.
Sandboxes of browsers (`sbox_...`) and of coding agents (`CodexSandboxDesktop-...`) do it on purpose: no fault.

## How the log proves it
The names and sizes in the latest listing. The hexadecimal number at the end of a sandbox's name is the process (PID) that made it.

## What to do
Find the program. Since Vista it can call CreateDesktopEx with a small heap.

## What would refute it
Nothing; a desktop of this name exists.

## Sources
ntdebugging blog, desktop heap overview and comment 64; documentation of CreateDesktopEx; sources of Chromium and Codex in public.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from dumpscan.platforms import MACHINE, SINCE
from dumpscan.rules import CAUSE, FUTILE, HEAPS, NOW, Found, Told, cite, found, rule
from dumpscan.rules._sizes import measured
from dumpscan.words import count, kb, session_name

if TYPE_CHECKING:
    import pandas as pd

USUAL = ("default", "winlogon", "disconnect", "screen-saver")
SANDBOX = r"(?i)^(?:sbox_|CodexSandboxDesktop)"
SESSION = [*MACHINE, "session"]
NAMED = 5  # desktops that the summary names
_MAKER = re.compile(r"_0x([0-9a-fA-F]{1,8})$")


@rule(
    stage=HEAPS,
    says=None,
    needs="desktop_heaps.desktop",
    clear="WinSta0 has no desktops but those of Windows.",
    references=("ntdebugging blog 2007-01-04, comment 64",),
)
def check(desktop_heaps: pd.DataFrame, platforms: pd.DataFrame) -> Found | None:
    """Sessions with such desktops."""
    import numpy as np

    rows = measured(desktop_heaps)
    rows = rows[rows["window_station"].eq("WinSta0").to_numpy(bool, na_value=False) & rows["desktop"].notna()]
    names = rows["desktop"].cat.categories.astype(str)
    rows = rows[~rows["desktop"].isin(names[names.str.lower().isin(USUAL)])]
    rows = rows.assign(name=rows["desktop"].astype(object))
    rows = rows.assign(sandbox=rows["name"].str.contains(SANDBOX, regex=True).astype(bool)).sort_values(
        "sandbox", kind="stable"
    )
    by_session = rows.groupby(SESSION, observed=True, dropna=False, sort=False)
    told = by_session.agg(
        desktops=("size_kb", "size"),
        size_kb=("size_kb", "sum"),
        sandboxes=("sandbox", "sum"),
        snapshot=("snapshot", "first"),
    )
    few = rows[by_session.cumcount().lt(NAMED)]
    first = few.groupby(SESSION, observed=True, dropna=False, sort=False)["name"].agg("\n".join)
    found_in = (
        told.join(first.rename("names")).reset_index().merge(platforms[[*MACHINE, "era"]], on=MACHINE, how="left")
    )
    harmless = found_in["desktops"].eq(found_in["sandboxes"])
    severity = np.select([harmless, found_in["era"].eq(SINCE)], ["info", "low"], default="medium")
    found_in = found_in.assign(severity=severity, certainty="proved")
    lines = rows[[*SESSION, "file", "line", "size_kb", "name"]]
    return found(found_in, cite(found_in[SESSION], "{name}: {size_kb:,} KB", lines, SESSION))


def tell(row: Mapping[str, Any]) -> Told:
    """A finding in words."""
    desktops, sandboxes = int(row["desktops"]), int(row["sandboxes"])
    names = str(row["names"]).split("\n")
    listed = ", ".join(names) + (f" and {desktops - len(names)} more" if desktops > len(names) else "")
    kind = (
        "; sandboxes make them on purpose"
        if desktops == sandboxes
        else f"; {sandboxes} of them are of sandboxes, which is no fault"
        if sandboxes
        else ""
    )
    where = session_name(row["session"])
    summary = f"WinSta0 of {where} has {count(desktops, 'desktop')} that a program made ({listed}), of {kb(row['size_kb'])} together{kind}."
    pids = {name: int(maker[1], 16) for name in names if (maker := _MAKER.search(name))}
    advice = [(NOW, f"{name} was made by the process with PID {pid}.") for name, pid in pids.items()]
    if desktops > sandboxes:
        cheaper = "; CreateDesktopEx with a small heap costs less" if row["era"] == SINCE else ""
        advice.append(
            (
                CAUSE,
                f"Find the program that calls CreateDesktop: each desktop takes the whole second SharedSection value{cheaper}.",
            )
        )
        advice.append((FUTILE, "A larger second SharedSection value: each of these desktops would take more."))
    keys = ("session", "desktops", "sandboxes", "size_kb")
    return Told(
        summary,
        {key: row[key] for key in keys},
        "Another listing of the session without them: the program has ended.",
        advice,
    )
