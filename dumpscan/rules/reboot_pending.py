r"""The registry has other sizes than those in force

## What happens
Windows reads SharedSection when it starts. Somebody changed it since: the new sizes stand in the registry, and the old ones are in force until
the next restart. Whoever looks at the registry believes that the change did not help. Before Vista the same holds for SessionViewSize, which Windows can also refuse,
where the addresses of the kernel do not suffice.

## How the log proves it
- The value `Windows` of the key SubSystems (a query or an export, not a command that would write it) differs from the command line of a running
  csrss.exe: proved where both stand in one file, else likely, because the files can be of two moments.
- info: where the listed heaps have the sizes of the registry, the change is active, and the command line is of an earlier start.
- Without a command line: it differs from `WinSta0\Default`, or from all service heaps of the latest listing, which have one size: likely.
- Before Vista, SessionViewSize of the latest capture of the registry differs from the limit that the debugger printed (nt!MmSessionViewSize, else the maximum of
  `!vm 4`), and no printed limit of this machine agrees with it: likely, because the texts can be of two boots, and because Windows may have refused the value. Up to
  4 MB more are no difference **[guess]** (rounding), nor is 20 MB for a smaller number. Where 20 MB were printed and the registry asks for more, /3GB fits, too: possible
  (`slash-3gb`), unless something proves that it was booted without.

The SharedSection values are compared as Windows takes them: rounded up to 4 KB, and 128 KB at least. Heaps of 512 and 128 KB are no sign: Windows makes them where the
configured ones do not fit (`fallback-sizes`). One odd heap among others of the configured size is no sign, either (`custom-heap-size`).

## What to do
Restart the machine, then look at the command line of csrss.exe again, or print nt!MmSessionViewSize again. Until then judge by the sizes in force. Not where
the restart would make something too small.

## What would refute it
A listing of heaps that have the sizes of the registry; a printed nt!MmSessionViewSize that has the size of the registry. Heaps that have neither the sizes of the
registry nor those of the command line are told by `sizes-contradict-heaps`.

## Sources
ntdebugging blog, comment 23 (every change needs a restart) and comment 60 (rounding); KB 184802; KB 142676 (the minimum).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from dumpscan.configured import IN_FORCE, SECTIONS, SMALL_VIEW, booted_without, stored_views
from dumpscan.machines import machine_keys
from dumpscan.platforms import MACHINE, XP
from dumpscan.rules import CONFIGURATION, FUTILE, NOW, REBOOT, Found, Told, cite, found, rule
from dumpscan.rules._sizes import KINDS, by_machine, fell_back, in_effect
from dumpscan.rules._view import STEP
from dumpscan.sections import agreed_sizes, facts
from dumpscan.stored import latest
from dumpscan.view_space import SMALLEST_LIMIT, has_limit
from dumpscan.words import kb

if TYPE_CHECKING:
    import pandas as pd

ROUNDING = 4096  # KB: a view may be so much larger than its number asks for; a guess


@rule(
    stage=CONFIGURATION,
    says=None,
    needs=("shared_sections.interactive_kb or session_limits.kb", "registry_values.text"),
    clear="The sizes of the registry are those in force, as far as these texts tell.",
    references=("ntdebugging blog 2007-01-04, comment 23", "KB 184802"),
)
def check(
    shared_sections: pd.DataFrame,
    registry_values: pd.DataFrame,
    desktop_heaps: pd.DataFrame,
    platforms: pd.DataFrame,
    session_limits: pd.DataFrame,
    boot_options: pd.DataFrame,
    captures: pd.DataFrame,
) -> Found | None:
    """Machines whose registry differs from the command line of csrss.exe, else from their heaps; and those whose view has another size."""
    import pandas as pd

    told = facts(shared_sections, registry_values)
    in_force = told["in_force"].astype(bool)
    stored = agreed_sizes(told[~in_force])
    running = agreed_sizes(told[in_force]).add_prefix("now_")
    keys = machine_keys(platforms)
    machines = platforms[MACHINE].assign(key=keys)[keys.isin(stored.index)].join(stored, on="key")

    heard = machines.join(running, on="key", how="inner")
    for kind, column in zip(KINDS, SECTIONS, strict=True):
        heard[f"{kind}_now_kb"] = heard[f"now_{column}"]
    same_file = heard["file"].eq(heard["now_file"])
    heard["certainty"] = same_file.map({True: "proved", False: "likely"})
    heard["how"] = "by the command line of csrss.exe"
    listed = by_machine(desktop_heaps)
    heard = heard.join(listed.add_prefix("listed_"), on="key")
    heard["active"] = _as_stored(heard)
    heard["certainty"] = heard["certainty"].mask(heard["active"], "likely")

    started = machine_keys(told[in_force])
    seen = machines[~machines["key"].isin(started)].join(listed, on="key")
    seen = seen[~fell_back(seen)].assign(certainty="likely", how="as listed", active=False)

    columns = [
        *MACHINE,
        "key",
        "certainty",
        "how",
        "active",
        *SECTIONS,
        "file",
        "line",
        "interactive_now_kb",
        "service_now_kb",
    ]
    rows = pd.concat([heard[columns], seen[columns]], ignore_index=True)
    differ = [
        in_effect(rows[column]).ne(in_effect(rows[f"{kind}_now_kb"])).fillna(False)
        for kind, column in zip(KINDS, SECTIONS, strict=True)
    ]
    rows = rows[(differ[0] | differ[1]).to_numpy(bool)].assign(severity="high", snapshot=1)
    rows["severity"] = rows["severity"].mask(rows["active"].astype(bool), "info")
    rows = rows.join(_peaks(desktop_heaps), on="key").assign(kind="SharedSection")
    views = _views(registry_values, session_limits, platforms, boot_options, captures)
    views.index = views.index + len(differ[0])
    now = rows[["key"]].assign(finding=rows.index)
    lines = heard[["key", "now_file", "now_line", *(f"now_{column}" for column in SECTIONS)]]
    lines = now.merge(lines.rename(columns={"now_file": "file", "now_line": "line"}), on="key")
    as_listed = rows.loc[rows["how"].eq("as listed") | rows["active"].astype(bool), ["key"]].join(listed, on="key")
    heaps = [
        cite(
            as_listed.assign(file=as_listed[f"{kind}_file"], line=as_listed[f"{kind}_line"]),
            f"the {kind} heap has {{{kind}_now_kb:,}} KB",
        )
        for kind in KINDS
    ]
    return found(
        pd.concat([rows, views]) if len(views) else rows,
        cite(views, "SessionViewSize = {stored_mb} in the registry"),
        cite(
            views.assign(file=views["now_file"], line=views["now_line"]),
            "in force: {now_kb:,} KB of session view space",
        ),
        cite(rows, "in the registry: {configured_interactive_kb:,} KB and {configured_service_kb:,} KB"),
        lines.assign(shows="in force: {now_configured_interactive_kb:,} KB and {now_configured_service_kb:,} KB"),
        *heaps,
    )


def _views(
    registry_values: pd.DataFrame,
    session_limits: pd.DataFrame,
    platforms: pd.DataFrame,
    boot_options: pd.DataFrame,
    captures: pd.DataFrame,
) -> pd.DataFrame:
    """Machines whose SessionViewSize differs from the limit that was printed: stored_mb with its file and line, now_kb, now_file and now_line."""
    import numpy as np

    stored = _only(latest(stored_views(registry_values), captures), "number")
    printed = session_limits[session_limits["limit"].eq("view_space") & session_limits["kb"].ge(SMALLEST_LIMIT)]
    keys = machine_keys(printed)
    # Numbers below what the smallest view has are that view.
    wanted = keys.map(stored["number"]).astype("Int64") * 1024
    wanted = wanted.where(wanted.ge(SMALL_VIEW), SMALL_VIEW)
    agrees = ((printed["kb"] >= wanted) & (printed["kb"] < wanted + ROUNDING)).fillna(False)
    read = printed["origin"].ne("!vm 4") | ~keys.isin(keys[printed["origin"].ne("!vm 4").to_numpy(bool)])
    now = _only(
        latest(printed[read.to_numpy(bool) & ~keys.isin(keys[agrees.to_numpy(bool)]).to_numpy(bool)], captures), "kb"
    )
    now = now.rename(columns={"kb": "now_kb", "file": "now_file", "line": "now_line"})[
        ["now_kb", "now_file", "now_line"]
    ]
    rows = platforms[
        has_limit(platforms)
        & platforms["build"].ge(XP).fillna(True).astype(bool)
        & ~platforms["view_how"].isin(IN_FORCE.values())
    ]
    rows = rows[[*MACHINE]].assign(key=machine_keys(rows))
    rows = rows.join(stored[["number", "file", "line"]].rename(columns={"number": "stored_mb"}), on="key", how="inner")
    rows = rows.join(now, on="key", how="inner").reset_index(drop=True)
    by_3gb = rows["now_kb"].eq(SMALL_VIEW).to_numpy(bool, na_value=False) & ~rows["key"].isin(
        booted_without(boot_options, registry_values)
    )
    return rows.assign(
        kind="SessionViewSize",
        by_3gb=by_3gb,
        certainty=np.where(by_3gb, "possible", "likely"),
        severity=np.where(by_3gb, "medium", "high"),
        snapshot=1,
    )


def _only(rows: pd.DataFrame, column: str) -> pd.DataFrame:
    """By machine key, the first of its rows, where all of them say the same."""
    by_key = rows.astype({"file": object}).groupby(machine_keys(rows))
    return by_key[[column, "file", "line"]].first()[by_key[column].nunique().eq(1)]


def _as_stored(rows: pd.DataFrame) -> pd.Series[bool]:
    """Machines of which each listed size is that of the registry and one at least is not that of the command line."""
    now = {kind: rows[f"listed_{kind}_now_kb"] for kind in KINDS}
    sizes = [*zip(KINDS, SECTIONS, strict=True)]
    same = [(in_effect(rows[column]).eq(now[kind]) | now[kind].isna()) for kind, column in sizes]
    other = [in_effect(rows[f"now_{column}"]).ne(now[kind]).fillna(False) for kind, column in sizes]
    active: pd.Series[bool] = (same[0] & same[1] & (other[0] | other[1])).astype(bool)
    return active


def _peaks(heaps: pd.DataFrame) -> pd.DataFrame:
    """By machine, the most KB that any heap of each kind was seen to use."""
    import pandas as pd

    used = (heaps["size_kb"] * heaps["used_percent"] / 100).astype("Float64")
    keys = machine_keys(heaps)
    peaks = {f"{kind}_peak_kb": used.where(heaps["role"].eq(kind)).groupby(keys).max() for kind in KINDS}
    return pd.DataFrame(peaks)


def _too_small(row: Mapping[str, Any]) -> list[str]:
    """The kinds of heaps that would have less than twice what was seen in use after a restart (the review by field experience: twice the peak)."""
    return [
        f"{kind} heaps of {kb(row[column])}, where {kb(round(row[f'{kind}_peak_kb']))} are in use now"
        for kind, column in zip(KINDS, SECTIONS, strict=True)
        if row[column] is not None
        and row[f"{kind}_now_kb"] is not None
        and row[column] < row[f"{kind}_now_kb"]
        and row[f"{kind}_peak_kb"] is not None
        and row[column] < 2 * row[f"{kind}_peak_kb"]
    ]


def _told_of_view(row: Mapping[str, Any]) -> Told:
    """The view that was asked for, and the one that is in force."""
    stored, now = int(row["stored_mb"]), f"{row['now_kb'] / 1024:g} MB"
    why = " Either the value was written after the last start, or Windows refused it."
    if row["by_3gb"]:
        why = " Either the value was written after the last start, or Windows refused it, or /3GB is in force, which fixes the view at 20 MB."
    lowers = stored * 1024 < row["now_kb"]
    restart = (
        f"Mend the number before any restart, unless a smaller view is meant: the restart would lower it from {now} to {stored} MB."
        if lowers
        else f"Restart the machine, then print dd nt!MmSessionViewSize L1 again: {stored << 20:08x} is {stored} MB. If it still prints {int(row['now_kb']) << 10:08x}, Windows "
        f"refuses the number: ask for less, in steps of {STEP} MB."
    )
    return Told(
        f"SessionViewSize in the registry is {stored} MB, but session view space has {now} by what the debugger printed.{why}",
        {"stored_mb": stored, "now_kb": row["now_kb"]},
        f"A printed nt!MmSessionViewSize of {stored << 20:08x}.",
        [
            (NOW, f"Until the restart judge by what is in force: {now} of session view space."),
            (REBOOT, restart),
            (FUTILE, "Restarting services or logging on again: SessionViewSize is read only when Windows starts."),
        ],
    )


def tell(row: Mapping[str, Any]) -> Told:
    """A finding in words."""
    if row["kind"] == "SessionViewSize":
        return _told_of_view(row)
    wanted = f"{kb(row['configured_interactive_kb'])} interactive and {kb(row['configured_service_kb'])} service"
    now = " and ".join(f"{kb(row[f'{kind}_now_kb'])} {kind}" for kind in KINDS if row[f"{kind}_now_kb"] is not None)
    keys = (*SECTIONS, "interactive_now_kb", "service_now_kb")
    if row["active"]:
        return Told(
            f"The registry asks for heaps of {wanted}, and the listed heaps have these sizes: the command line of csrss.exe ({now}) is of an earlier start, and the change is active.",
            {key: row[key] for key in keys},
            "A listing of another machine.",
            [
                (
                    NOW,
                    "Look at the command line of csrss.exe again, if in doubt: it must have the sizes of the registry.",
                )
            ],
        )
    summary = (
        f"The registry asks for heaps of {wanted}, but {now} are in force {row['how']}: the change is not active yet."
    )
    small = _too_small(row)
    restart = (
        f"Do not restart before the registry is mended: it would give {' and '.join(small)}. Give each at least twice its use."
        if small
        else "Restart the machine (not while another finding says that the stored value is damaged), then look at the command line of csrss.exe: it must have the sizes of the registry."
    )
    advice = [
        (NOW, f"Until the restart judge by what is in force: {now}."),
        (REBOOT, restart),
        (FUTILE, "Restarting services or logging on again: SharedSection is read only when Windows starts."),
    ]
    return Told(
        summary, {key: row[key] for key in keys}, "A listing of heaps that have the sizes of the registry.", advice
    )
