r"""The registry has other SharedSection sizes than those in force

## What happens
Windows reads SharedSection when it starts. Somebody changed it since: the new sizes stand in the registry, and the old ones are in force until
the next restart. Whoever looks at the registry believes that the change did not help.

## How the log proves it
- The value `Windows` of the key SubSystems (a query or an export, not a command that would write it) differs from the command line of a running
  csrss.exe: proved where both stand in one file, else likely, because the files can be of two moments.
- info: where the listed heaps have the sizes of the registry, the change is active, and the command line is of an earlier start.
- Without a command line: it differs from `WinSta0\Default`, or from all service heaps of the latest listing, which have one size: likely.

Both are compared as Windows takes them: rounded up to 4 KB, and 128 KB at least. Heaps of 512 and 128 KB are no sign: Windows makes them where the
configured ones do not fit (`fallback-sizes`). One odd heap among others of the configured size is no sign, either (`custom-heap-size`).

## What to do
Restart the machine, then look at the command line of csrss.exe again. Until then judge by the sizes in force.

## What would refute it
A listing of heaps that have the sizes of the registry. Heaps that have neither those nor the ones of the command line are told by `sizes-contradict-heaps`.

## Sources
ntdebugging blog, comment 23 (every change needs a restart) and comment 60 (rounding); KB 184802; KB 142676 (the minimum).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from dumpscan.configured import SECTIONS
from dumpscan.machines import machine_keys
from dumpscan.platforms import MACHINE
from dumpscan.rules import CONFIGURATION, FUTILE, NOW, REBOOT, Found, Told, cite, found, rule
from dumpscan.rules._sizes import KINDS, by_machine, fell_back, in_effect
from dumpscan.sections import agreed_sizes, facts
from dumpscan.words import kb

if TYPE_CHECKING:
    import pandas as pd


@rule(
    stage=CONFIGURATION,
    says=None,
    needs=("shared_sections.interactive_kb", "registry_values.text"),
    clear="The SharedSection sizes of the registry are those in force, as far as these texts tell.",
    references=("ntdebugging blog 2007-01-04, comment 23", "KB 184802"),
)
def check(
    shared_sections: pd.DataFrame, registry_values: pd.DataFrame, desktop_heaps: pd.DataFrame, platforms: pd.DataFrame
) -> Found | None:
    """Machines whose registry differs from the command line of csrss.exe, else from their heaps."""
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
    seen = machines[~machines["key"].isin(started)].join(listed, on="key", how="inner")
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
    rows = rows.join(_peaks(desktop_heaps), on="key")
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
        rows,
        cite(rows, "in the registry: {configured_interactive_kb:,} KB and {configured_service_kb:,} KB"),
        lines.assign(shows="in force: {now_configured_interactive_kb:,} KB and {now_configured_service_kb:,} KB"),
        *heaps,
    )


def _as_stored(rows: pd.DataFrame) -> pd.Series[bool]:
    """Machines of which each listed size is that of the registry and one at least is not that of the command line."""
    now = {kind: rows[f"listed_{kind}_now_kb"] for kind in KINDS}
    sizes = [*zip(KINDS, SECTIONS, strict=True)]
    same = [(in_effect(rows[column]).eq(now[kind]) | now[kind].isna()).fillna(True) for kind, column in sizes]
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


def tell(row: Mapping[str, Any]) -> Told:
    """A finding in words."""
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
