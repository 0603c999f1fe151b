r"""What the rules on SharedSection have in common: its latest facts beside the sizes that this Windows has by default, and words for them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from dumpscan.machines import machine_keys
from dumpscan.platforms import BEFORE, BEFORE_8, EIGHT, FIRST_BUILD, LAST_BUILD, NT4, SINCE, SINCE_8, VISTA
from dumpscan.rules import REBOOT
from dumpscan.sections import latest_facts

if TYPE_CHECKING:
    import pandas as pd

X64_SECOND = 20480  # KB: the second value of every x64 Windows
SHARED = 1024  # KB: the first value of every Windows (ntdebugging blog, comment 23; KB 184802)
_PLATFORM = ["architecture", "architecture_how", "era", "generation", "build"]


class Default(NamedTuple):
    """Second and third value in KB of Windows from one build to another."""

    architecture: str
    first: int
    last: int
    interactive: int
    service: int | None


DEFAULTS = (
    Default("x86", NT4, VISTA, 3072, 512),  # NT 4.0 has no third one, and is told to add 512 (KB 142676); up to Vista RTM: KB 184802
    Default("x86", VISTA + 1, LAST_BUILD, 12288, 512),  # Vista SP1 and later (KB 184802, KB 947246, ntdebugging blog 2008-03-20)
    Default("x64", 3790, VISTA - 1, 20480, None),  # XP and Server 2003: the third one is published nowhere
    Default("x64", VISTA, LAST_BUILD, 20480, 768),  # KB 184802, KB 947246
)  # fmt: skip


def sections(
    shared_sections: pd.DataFrame,
    registry_values: pd.DataFrame,
    platforms: pd.DataFrame,
    captures: pd.DataFrame,
    *,
    history: bool = False,
) -> pd.DataFrame:
    """The latest SharedSection facts (see dumpscan/sections.py) with what is known of the Windows of their machine."""
    return with_windows(latest_facts(shared_sections, registry_values, captures, history=history), platforms)


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
    low, high = (FIRST_BUILD, LAST_BUILD) if build is None else (int(build), int(build))
    low = max(low, VISTA if era == SINCE else 0, EIGHT if generation == SINCE_8 else 0)
    high = min(high, VISTA - 1 if era == BEFORE else LAST_BUILD, EIGHT - 1 if generation == BEFORE_8 else LAST_BUILD)
    fits = [
        one for one in DEFAULTS if one.architecture == architecture and one.first <= high and one.last >= low <= high
    ]
    interactive, service = {one.interactive for one in fits}, {one.service for one in fits}
    return (
        interactive.pop() if len(interactive) == 1 else None,
        service.pop() if len(service) == 1 else None,
    )


def with_advice(rows: pd.DataFrame, advised: pd.DataFrame) -> pd.DataFrame:
    """Rows with `becomes`: the SharedSection list that is advised for their machine."""
    known = advised.set_index(machine_keys(advised))
    keys = machine_keys(rows)
    return rows.assign(
        becomes=keys.map(known["becomes"]).astype(object), fell_back=keys.map(known["fell_back"]).astype(object)
    )


def where(row: Mapping[str, Any]) -> str:
    """How a value is known."""
    return "in force since the boot" if row["in_force"] else "in the registry"


def change(row: Mapping[str, Any], becomes: str | None = None) -> tuple[str, str]:
    """Which digits to change. Never a whole value: its ServerDll parts differ by version, and with wrong ones Windows does not boot."""
    return (
        REBOOT,
        f"In regedit, change only these digits inside the value Windows of HKLM\\SYSTEM\\CurrentControlSet\\Control\\Session Manager\\SubSystems: "
        f"SharedSection={row['sizes']} becomes SharedSection={becomes or row['becomes']}. Export that key first; the change counts after a restart.",
    )
