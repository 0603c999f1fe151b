r"""SharedSection as a machine really has it: of the command line of csrss.exe (in force since the boot) or of its registry (counts at the next
boot), with the sizes that its Windows has by default."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from dumpscan.configured import texts_on_machines
from dumpscan.control_sets import current_sets
from dumpscan.machines import machine_keys
from dumpscan.platforms import BEFORE, BEFORE_8, EIGHT, SINCE, SINCE_8, VISTA
from dumpscan.rules import REBOOT
from dumpscan.rules._csrss import one_line, torn_list
from dumpscan.rules._stored import latest

if TYPE_CHECKING:
    import pandas as pd

SHARED = 1024  # KB: the first value of every Windows (ntdebugging blog, comment 23; KB 184802)
SIZES = ["shared_kb", "interactive_kb", "non_interactive_kb", "values"]
NT4 = 1381  # the build of Windows NT 4.0
_PLATFORM = ["architecture", "architecture_how", "era", "generation", "build"]
_LAST = 99999


class Default(NamedTuple):
    """Second and third value in KB of Windows from one build to another."""

    architecture: str
    first: int
    last: int
    interactive: int
    service: int | None


DEFAULTS = (
    Default("x86", NT4, VISTA, 3072, 512),  # NT 4.0 has no third one, and is told to add 512 (KB 142676); up to Vista RTM: KB 184802
    Default("x86", VISTA + 1, _LAST, 12288, 512),  # Vista SP1 and later (KB 184802, KB 947246, ntdebugging blog 2008-03-20)
    Default("x64", 3790, VISTA - 1, 20480, None),  # XP and Server 2003: the third one is published nowhere
    Default("x64", VISTA, _LAST, 20480, 768),  # KB 184802, KB 947246
)  # fmt: skip


def texts(shared_sections: pd.DataFrame, registry_values: pd.DataFrame, captures: pd.DataFrame) -> pd.DataFrame:
    """The value `Windows` in full, as the latest capture of each machine has it, once each: case, machine, snapshot, file, line, text, in_force."""
    import pandas as pd

    columns = ["case", "machine", "snapshot", "file", "line", "text"]
    running = shared_sections[
        shared_sections["in_force"].fillna(False).to_numpy(bool) & shared_sections["text"].notna()
    ]
    rows = pd.concat(
        [running[columns].assign(in_force=True), _states(registry_values)[columns].assign(in_force=False)],
        ignore_index=True,
    )
    rows = latest(rows, captures, "in_force")
    rows = _stored_first(rows)
    return rows.loc[~_repeats(rows, "text", "in_force")]


def sections(
    shared_sections: pd.DataFrame,
    registry_values: pd.DataFrame,
    platforms: pd.DataFrame,
    captures: pd.DataFrame,
    *,
    history: bool = False,
) -> pd.DataFrame:
    """Rows of shared_sections that are facts of their machine, the latest of what is in force and of the registry (with `history`, of each snapshot), with `sizes` ("1024,3072,512"), what is
    known of its Windows, `default_interactive_kb` and `default_service_kb`. Two control sets or two lists that differ: neither."""
    states = _states(registry_values)
    in_force = shared_sections["in_force"].fillna(False).astype(bool)
    kept = texts_on_machines(shared_sections).isin(texts_on_machines(states))
    rows = shared_sections[in_force | kept]
    rows = rows[~_unreliable(rows)]
    rows = rows.assign(in_force=in_force[rows.index])  # a longer series would give an empty frame its rows
    if not history:
        rows = _stored_first(latest(rows, captures, "in_force"))
    place = rows.groupby([machine_keys(rows), rows["in_force"], rows["snapshot"]]).ngroup()
    told = rows[SIZES].astype("Int64").fillna(-1).groupby(place).transform("nunique").eq(1).all(axis=1)
    rows = rows[told & ~_repeats(rows, "in_force", "snapshot")]
    third = ("," + rows["non_interactive_kb"].astype(str)).where(rows["non_interactive_kb"].notna(), "")
    listed = rows["shared_kb"].astype(str) + "," + rows["interactive_kb"].astype(str) + third
    return with_windows(rows.assign(sizes=listed.astype(object)), platforms)


def with_windows(rows: pd.DataFrame, platforms: pd.DataFrame) -> pd.DataFrame:
    """Rows with what is known of the Windows of their machine, and its default sizes."""
    import pandas as pd

    keys = machine_keys(rows)
    known = platforms.set_index(machine_keys(platforms))[_PLATFORM]
    joined = rows.assign(
        **{name: keys.map(known[name]).astype("Int64" if name == "build" else object) for name in _PLATFORM}
    )
    kinds = joined[["architecture", "era", "generation", "build"]].astype(object)
    kinds = kinds.where(kinds.notna(), None)
    sizes = {kind: default_sizes(*kind) for kind in set(kinds.itertuples(index=False, name=None))}
    found = [sizes[kind] for kind in kinds.itertuples(index=False, name=None)]
    for at, name in enumerate(("default_interactive_kb", "default_service_kb")):
        joined[name] = pd.array([one[at] for one in found], dtype="Int64")
    return joined


def default_sizes(
    architecture: str | None, era: str | None, generation: str | None, build: int | None
) -> tuple[int | None, int | None]:
    """Second and third value of such a Windows, where all that it can be agree.

    >>> default_sizes("x86", BEFORE, None, None), default_sizes("x86", SINCE, None, None), default_sizes("x64", None, None, None)
    ((3072, 512), (None, 512), (20480, None))
    """
    low, high = (0, _LAST) if build is None else (int(build), int(build))
    low = max(low, VISTA if era == SINCE else 0, EIGHT if generation == SINCE_8 else 0)
    high = min(high, VISTA - 1 if era == BEFORE else _LAST, EIGHT - 1 if generation == BEFORE_8 else _LAST)
    fits = [one for one in DEFAULTS if one.architecture == architecture and one.first <= high and one.last >= low]
    interactive, service = {one.interactive for one in fits}, {one.service for one in fits}
    return (
        interactive.pop() if len(interactive) == 1 else None,
        service.pop() if len(service) == 1 else None,
    )


def where(row: Mapping[str, Any]) -> str:
    """How a value is known."""
    return "in force since the boot" if row["in_force"] else "in the registry"


def change(row: Mapping[str, Any], *, first: Any = None, second: Any = None, third: Any = None) -> tuple[str, str]:
    """Which digits to change. Never a whole value: its ServerDll parts differ by version, and with wrong ones Windows does not boot."""
    told = ((first, "shared_kb"), (second, "interactive_kb"), (third, "non_interactive_kb"))
    new = [row[name] if size is None else size for size, name in told]
    wanted = ",".join(str(int(size)) for size in new if size is not None)
    return (
        REBOOT,
        f"In regedit, change only these digits inside the value Windows of HKLM\\SYSTEM\\CurrentControlSet\\Control\\Session Manager\\SubSystems: "
        f"SharedSection={row['sizes']} becomes SharedSection={wanted}. Export that key first; the change counts after a restart.",
    )


def _stored_first(rows: pd.DataFrame) -> pd.DataFrame:
    """Without what is in force on machines whose registry was read: what is stored is what anybody can change, and what counts after the next start; the
    digits in force may be of before a change."""
    running = rows["in_force"].astype(bool)
    return rows[~running | ~machine_keys(rows).isin(machine_keys(rows[~running]))]


def _states(values: pd.DataFrame) -> pd.DataFrame:
    """Rows of the registry that hold the value `Windows` itself."""
    known = [name for name in values["name"].cat.categories if str(name).lower() == "windows"]
    rows = values[values["name"].isin(known) & values["text"].notna()]
    rows = rows[rows["origin"].eq("state").to_numpy(bool, na_value=False)]
    return current_sets(rows, values)


def _unreliable(rows: pd.DataFrame) -> pd.Series[bool]:
    """Lists over the end of a line in a copy that lost characters at others: "1024,2048" and "68" were 20480 and 768."""
    told = {text: torn_list(text) and one_line(text) is None for text in rows["text"].dropna().unique()}
    return rows["text"].astype(object).map(told).fillna(False).astype(bool)


def _repeats(rows: pd.DataFrame, *columns: str) -> pd.Series[bool]:
    return rows[[*columns]].assign(key=machine_keys(rows)).duplicated()
