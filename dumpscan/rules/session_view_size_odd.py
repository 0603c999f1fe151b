r"""SessionViewSize looks like a slip of unit or base

## What happens
SessionViewSize and SessionPoolSize are megabytes, written as a hexadecimal DWORD: 48 MB is 0x30. Who types 48 where regedit expects hex gets 72; who types 30 in decimal gets 30; who
takes them for KB or bytes gets a number that no Windows can give.

## How the log proves it
Before Vista, the registry of this machine has there
- a value of 1024 and more, or
- one above 20 that is no multiple of 16, the step in which both are advised (but for the 104 MB that x64 has by default).
32 is left alone, though it may be 20 typed in hex. Since Vista these values limit nothing.

## What to do
Ask what was meant, and write that, in steps of 16 MB.

## What would refute it
`dd nt!MmSessionViewSize L1` with that very size, and somebody who meant it.

## Sources
ntdebugging blog (megabytes, 0x30 by default); KB 840342 (steps of 16 MB). That other values are slips is derived, not stated [guess].
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from dumpscan.machines import machine_keys
from dumpscan.platforms import BEFORE, LIMITS
from dumpscan.rules import CAUSE, CONFIGURATION, FUTILE, REBOOT, Found, Told, cite, found, rule
from dumpscan.rules._sections import with_windows
from dumpscan.rules._view import MOST_MB, STEP
from dumpscan.rules._windows import BEFORE_VISTA
from dumpscan.stored import MEMORY_MANAGEMENT, latest, stored
from dumpscan.view_space import has_limit

if TYPE_CHECKING:
    import pandas as pd

NAMES = ["sessionviewsize", "sessionpoolsize"]
SMALL = 20  # MB: what /3GB leaves; nothing up to it is judged
TOO_LARGE = 1024  # MB: x86 has 512 MB for all of it at most (KB 840342)

DEFAULT = 48  # MB
DEFAULT_X64 = LIMITS["x64"][0] // 1024  # MB
SLIPS = (0x48, 30)  # 48 typed where hex is expected, and the 30 of 0x30 typed in decimal


@rule(
    stage=CONFIGURATION,
    says=None,
    needs="registry_values.number",
    clear="SessionViewSize and SessionPoolSize, where they are told, are sizes that somebody can have meant.",
    references=("ntdebugging blog 2007-01-04", "KB 840342"),
    applies=BEFORE_VISTA,
)
def check(registry_values: pd.DataFrame, captures: pd.DataFrame, platforms: pd.DataFrame) -> Found | None:
    """The latest values of each machine that are too large or between the steps."""
    rows = stored(registry_values, NAMES, MEMORY_MANAGEMENT)
    rows = latest(rows.assign(which=rows["name"].astype(object).str.lower()), captures, "which")
    rows = with_windows(
        rows.assign(machine_key=machine_keys(rows)).drop_duplicates(["machine_key", "which"]), platforms
    )
    number = rows["number"]
    odd = number.ge(TOO_LARGE) | (number.gt(SMALL) & number.mod(STEP).ne(0))
    odd &= number.ne(DEFAULT_X64) | rows["architecture"].eq("x86").fillna(False) | rows["which"].ne(NAMES[0])
    rows = rows[odd.fillna(False) & has_limit(rows)].assign(severity="medium", certainty="likely")
    return found(rows, cite(rows, "{name} = {number:,} MB, as Windows reads it"))


def meant(number: int) -> int | None:
    """The MB that somebody probably meant: the default typed in the wrong base, or KB, or bytes.

    >>> meant(72), meant(30), meant(49152), meant(50331648), meant(50)
    (48, 48, 48, 48, None)
    """
    if number < TOO_LARGE:
        return DEFAULT if number in SLIPS else None
    sizes = [number >> shift for shift in (20, 10) if number % (1 << shift) == 0]
    return next((size for size in sizes if STEP <= size <= MOST_MB), None)


def tell(row: Mapping[str, Any]) -> Told:
    """A finding in words."""
    number, name = int(row["number"]), str(row["name"])
    size = meant(number)
    if number >= TOO_LARGE:
        slip = (
            ""
            if size is None
            else f" {size} MB were probably meant, and written in {'bytes' if number % (1 << 20) == 0 else 'KB'}."
        )
        summary = f"{name} is {number:,}. It counts in megabytes, and no Windows can give that many.{slip}"
    else:
        slip = (
            ""
            if size is None
            else f" {size} MB were probably meant, and typed in the wrong base (hex {size:x} is {size})."
        )
        summary = f"{name} is {number} (hex {number:x}), no multiple of {STEP} MB as advised.{slip}"
    advice = [
        (CAUSE, "Ask what was meant: regedit expects hexadecimal digits unless Decimal is chosen."),
        (REBOOT, f"Write {size} MB (hex {size:x}) if that was meant; it counts after a restart.")
        if size is not None and row["era"] == BEFORE
        else (REBOOT, f"Write what was meant, in steps of {STEP} MB; it counts after a restart. No number here: neither Windows nor what was meant is certain."),
        (FUTILE, "Reading the view from the registry while it stands so: only MmSessionViewSize in the debugger tells what is in force."),
    ]  # fmt: skip
    subject = {"name": name, "number": number, "meant_mb": size}
    return Told(summary, subject, "`dd nt!MmSessionViewSize L1` with that very size, and somebody who meant it.", advice)  # fmt: skip
