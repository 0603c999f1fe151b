r"""Values of HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion\Windows, where the switch of the events and the quotas of USER and GDI objects are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dumpscan.machines import machine_keys

if TYPE_CHECKING:
    import pandas as pd

KEY = "windows nt\\currentversion\\windows"


def agreed(values: pd.DataFrame, name: str) -> pd.Series[int]:
    """By machine key, the number that all states of this value agree on; not that of the 32-bit copy of the key, which nothing reads."""
    names = [one for one in values["name"].cat.categories if str(one).lower() == name.lower()]
    rows = values[values["name"].isin(names) & values["origin"].eq("state") & values["number"].notna()]
    key = rows["key"].astype(object).str.lower().str.rstrip("\\")
    # A value without a readable key is nobody's.
    there = key.str.endswith(KEY, na=False) & ~key.str.contains("wow6432node", na=False).astype(bool)
    rows = rows[there.to_numpy(bool)]
    numbers = rows["number"].groupby(machine_keys(rows))
    told: pd.Series[int] = numbers.first()[numbers.nunique().eq(1)]
    return told
