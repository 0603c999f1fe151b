"""What a machine was configured with, as far as its texts tell: SharedSection and SessionViewSize, each with how it is known.

The command line of a running csrss.exe outranks the registry, which may have been changed since the boot. Only states of the registry
count: what a file or a command would set is somebody's wish, and a text without a key may be of any machine. Two values that differ
are of two boots, or of two control sets: neither is taken.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dumpscan.control_sets import current_sets, of_numbered_set
from dumpscan.machines import machine_keys
from dumpscan.platforms import W2K
from dumpscan.sections import agreed_sizes, facts
from dumpscan.stored import latest
from dumpscan.view_space import SMALLEST_LIMIT

if TYPE_CHECKING:
    import pandas as pd

SECTIONS = ["configured_interactive_kb", "configured_service_kb"]
FACT = ["how", "file", "line"]
SMALL_VIEW = 20480  # KB: what /3GB leaves, whatever the registry says
IN_FORCE = {  # origins of boot options that prove what was booted
    "SystemStartOptions": "/3GB in SystemStartOptions",
    "MmHighestUserAddress": "/3GB, told by MmHighestUserAddress",
}
WITHOUT = "2GB"  # the option that MmHighestUserAddress tells of a boot without /3GB
VIEW_AND_POOL_MB = 450  # of session view space and session pool together


def configured(tables: dict[str, pd.DataFrame], platforms: pd.DataFrame) -> pd.DataFrame:
    """`platforms` with the configured sizes of each machine in KB, and with how, file and line of each; missing where none or several are told.

    Then what a larger view is held against: stored_view_kb (the latest SessionViewSize of the registry, whether it is in force or not), session_pool_kb
    (printed by !vm 4, else SessionPoolSize of the registry), and slash_3gb_open (/3GB is told, and whether it was booted is not).
    """
    keys = machine_keys(platforms)
    told = platforms.copy()
    views = stored_views(tables["registry_values"])
    switch = _switches(tables["boot_options"], platforms)
    without = booted_without(tables["boot_options"], tables["registry_values"])
    doubted = _doubted(switch, without)
    for prefix, columns, known in (
        ("sections", SECTIONS, _sections(tables)),
        ("view", ["configured_view_kb"], _view(views, platforms, switch, without, doubted)),
    ):
        for column in (*columns, *FACT):
            name = column if column in columns else f"{prefix}_{column}"
            told[name] = keys.map(known[column]).astype("Int64" if column.endswith(("kb", "line")) else object)
    stored = latest(views, tables["captures"])
    told["stored_view_kb"] = keys.map(stored["number"].groupby(machine_keys(stored)).max() * 1024).astype("Int64")
    told["session_pool_kb"] = keys.map(_pools(tables)).astype("Int64")
    told["slash_3gb_open"] = keys.isin(doubted) & ~told["view_how"].isin(IN_FORCE.values())
    return told


def _pools(tables: dict[str, pd.DataFrame]) -> pd.Series[int]:
    """By machine, the KB of its session pool."""
    limits = tables["session_limits"]
    printed = limits[limits["limit"].eq("paged_pool") & limits["kb"].ge(SMALLEST_LIMIT).fillna(False)]
    stored = latest(_sizes_of("sessionpoolsize", tables["registry_values"]), tables["captures"])
    known = (stored["number"] * 1024).groupby(machine_keys(stored)).max()
    pools: pd.Series[int] = printed["kb"].groupby(machine_keys(printed)).max().combine_first(known)
    return pools


def _switches(boot_options: pd.DataFrame, platforms: pd.DataFrame) -> pd.DataFrame:
    """The rows that tell of /3GB; 64-bit Windows has none."""
    x64 = machine_keys(platforms)[platforms["architecture"].eq("x64").fillna(False).to_numpy(bool)]
    switch = boot_options[boot_options["option"].eq("3GB").to_numpy(bool, na_value=False)]
    rows: pd.DataFrame = switch[~machine_keys(switch).isin(x64).to_numpy(bool)]
    return rows


def _doubted(switch: pd.DataFrame, without: set[int]) -> pd.Series[int]:
    """Keys of the machines on which /3GB may be in force. boot.ini does not prove which entry was booted; but with /3GB in it nothing says that the
    registry's value is in force, either. Nor does anything where one proof stands against another: they are of two boots."""
    open_ones = switch["origin"].isin(IN_FORCE) | ~machine_keys(switch).isin(without)
    return machine_keys(switch)[open_ones.to_numpy(bool)]


def _agreed(rows: pd.DataFrame) -> pd.DataFrame:
    """By machine, what all of its rows say of the view, from the first of them."""
    by_machine = rows.astype({"file": object}).groupby(machine_keys(rows), sort=False)
    same = by_machine["configured_view_kb"].nunique(dropna=False).eq(1)
    agreed: pd.DataFrame = by_machine[["configured_view_kb", *FACT]].first()[same]
    return agreed


def _sections(tables: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """What is in force, else what is stored."""
    import pandas as pd

    rows = facts(tables["shared_sections"], tables["registry_values"])
    running = rows["in_force"].astype(bool)
    force, stored = agreed_sizes(rows[running]), agreed_sizes(rows[~running])
    return pd.concat(
        [
            force.assign(how="in force since the boot, the command line of csrss.exe"),
            stored[~stored.index.isin(machine_keys(rows[running]))].assign(how="in the registry"),
        ]
    )


def _view(
    views: pd.DataFrame, platforms: pd.DataFrame, switch: pd.DataFrame, without: set[int], doubted: pd.Series[int]
) -> pd.DataFrame:
    import pandas as pd

    view = views.assign(configured_view_kb=views["number"] * 1024, how="SessionViewSize in the registry")
    how = switch["origin"].astype(object).map(IN_FORCE)
    small = switch.assign(configured_view_kb=SMALL_VIEW, how=how).astype({"configured_view_kb": "Int64"})
    small = small[how.notna() & ~machine_keys(small).isin(without)]
    # Windows 2000 reads it with a late kernel only (KB 318942); which one it has is another rule's question.
    w2k = machine_keys(platforms)[platforms["build"].eq(W2K).fillna(False).to_numpy(bool)]
    view = view[~machine_keys(view).isin(w2k).to_numpy(bool)]
    stored = view[~machine_keys(view).isin([*machine_keys(small), *doubted]).to_numpy(bool)]
    return pd.concat([_agreed(small), _agreed(stored)])


def memory_management(values: pd.DataFrame) -> pd.DataFrame:
    """What the registry really has in the key of SessionViewSize and SessionPoolSize."""
    in_key = values["key"].astype(object).str.lower().str.endswith("memory management").fillna(False).to_numpy(bool)
    return current_sets(values[values["origin"].eq("state").fillna(False).to_numpy(bool) & in_key], values)


def stored_views(values: pd.DataFrame) -> pd.DataFrame:
    """The rows of SessionViewSize that can be one: a number of MB that fits into the kernel's half."""
    return _sizes_of("sessionviewsize", values)


def _sizes_of(name: str, values: pd.DataFrame) -> pd.DataFrame:
    rows = memory_management(values)
    named = rows["name"].astype(object).str.lower().eq(name).to_numpy(bool, na_value=False)
    sizes: pd.DataFrame = rows[named & rows["number"].between(1, VIEW_AND_POOL_MB).fillna(False).to_numpy(bool)]
    return sizes


def booted_without(boot_options: pd.DataFrame, values: pd.DataFrame) -> set[int]:
    """Keys of the machines that something proves to have been booted without /3GB: their SystemStartOptions, or MmHighestUserAddress."""
    states = values[values["origin"].eq("state").fillna(False).to_numpy(bool)]
    named = states["name"].astype(object).str.lower().eq("systemstartoptions").to_numpy(bool, na_value=False)
    in_options = boot_options["origin"].eq("SystemStartOptions") & boot_options["option"].eq("3GB")
    named = named & ~of_numbered_set(states).to_numpy(bool)
    told = set(machine_keys(states[named])) - set(machine_keys(boot_options[in_options.to_numpy(bool, na_value=False)]))
    below = boot_options["option"].eq(WITHOUT).to_numpy(bool, na_value=False)
    return told | set(machine_keys(boot_options[below]))
