r"""Handle quotas are not the default

## What happens
USERProcessHandleQuota and GDIProcessHandleQuota say how many window and GDI objects one process may have; 10,000 each by default. They make no desktop heap larger. Somebody who raised them saw a
process at its limit, which is a leak, or took the quota for a heap size.

## How the log proves it
The registry of this machine has another number there: info. Outside of what is documented (200 to 18,000 for USER, 256 to 65,536 for GDI): low; 65,536 for USER is a common mistake.

## What to do
Find the process with the most USER or GDI objects; put the default back once its leak is mended.

## What would refute it
The vendor of a program on this machine asks for this very number.

## Sources
Microsoft documentation of user and GDI objects (ranges); a registry listing of an untouched Windows 10 (defaults); ntdebugging blog, comments 54 and 61 (raised without
any use).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from dumpscan.machines import machine_keys
from dumpscan.rules import CAUSE, CONFIGURATION, FUTILE, NOW, Found, Told, cite, found, rule
from dumpscan.stored import WINDOWS, latest, stored

if TYPE_CHECKING:
    import pandas as pd

DEFAULT = 10_000
RANGES = {"user": (200, 18_000), "gdi": (256, 65_536)}


@rule(
    stage=CONFIGURATION,
    says=None,
    needs="registry_values.number",
    clear="No handle quota of this machine is known to be changed.",
    references=("Microsoft documentation: User Objects, GDI Objects", "ntdebugging blog 2007-01-04, comments 54 and 61"),
)  # fmt: skip
def check(registry_values: pd.DataFrame, captures: pd.DataFrame) -> Found | None:
    """One finding a machine with both of its quotas."""
    quotas = stored(registry_values, [f"{kind}processhandlequota" for kind in RANGES], WINDOWS)
    quotas = quotas.assign(kind=quotas["name"].astype(object).str.lower().str[:3].replace("use", "user"))
    quotas = latest(quotas, captures, "kind")
    quotas = quotas[quotas["number"].notna()]
    quotas = quotas.assign(key=machine_keys(quotas)).drop_duplicates(["key", "kind"])
    low, high = (quotas["kind"].map({kind: ends[at] for kind, ends in RANGES.items()}) for at in (0, 1))
    quotas["outside"] = quotas["number"].lt(low) | quotas["number"].gt(high)
    changed = quotas[quotas["number"].ne(DEFAULT)]
    rows = changed.drop_duplicates("key").drop(columns="outside")
    for kind in RANGES:
        of_kind = changed[changed["kind"].eq(kind)].set_index("key")
        rows[f"{kind}_quota"] = rows["key"].map(of_kind["number"]).astype("Int64")
    outside = rows["key"].isin(changed.loc[changed["outside"].astype(bool), "key"])
    rows = rows.assign(severity="info", certainty="proved")
    rows["severity"] = rows["severity"].mask(outside, "low")
    return found(rows, cite(rows[["key"]], "{name} = {number:,}", changed, ["key"]))


def tell(row: Mapping[str, Any]) -> Told:
    """A finding in words."""
    told = []
    for kind, (least, most) in RANGES.items():
        quota = row[f"{kind}_quota"]
        if quota is not None:
            outside = "" if least <= quota <= most else f", outside of the documented {least:,} to {most:,}"
            told.append(f"{kind.upper()}ProcessHandleQuota is {int(quota):,}{outside}")
    summary = f"{'; '.join(told)}. The default is {DEFAULT:,}; quotas make no desktop heap larger."
    advice = [
        (NOW, "Show the columns USER Objects and GDI Objects in Task Manager, and look for a process with thousands of them."),
        (CAUSE, f"Ask which program needed more than {DEFAULT:,} objects: that is usually a leak."),
        (FUTILE, "Larger quotas against a full desktop heap: one process may then take even more of it."),
    ]  # fmt: skip
    subject = {key: row[key] for key in ("user_quota", "gdi_quota")}
    return Told(summary, subject, "The vendor of a program on this machine asks for this very number.", advice)
