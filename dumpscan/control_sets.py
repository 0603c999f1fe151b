r"""Which control set of a registry counts: CurrentControlSet of a machine that runs, and of an offline hive the one that `Select\Current` names.

An offline hive (reg load HKLM\OFF D:\Windows\System32\config\SYSTEM) has ControlSet001, ControlSet002 and no CurrentControlSet: values of a set that was
not booted look like those of the machine.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dumpscan.machines import machine_keys

if TYPE_CHECKING:
    import pandas as pd

_ROOT = r"(?i)^(?:registry::)?(?:hkey_local_machine|hklm:?)\\"
_NUMBERED = r"(?i)^(.*?)\\controlset([0-9]{3})(\\.*|)$"
_CURRENT = r"(?i)\bcurrentcontrolset(\\.*|)$"


def current_sets(rows: pd.DataFrame, values: pd.DataFrame) -> pd.DataFrame:
    r"""`rows`, some of those of registry_values (`values`), without those of a control set that does not count: ControlSet001 and its like where the same
    key of CurrentControlSet is told, too, and where `Select\Current` of the same hive names another."""
    import pandas as pd

    keys = rows["key"].astype(object)
    parts = keys.str.extract(_NUMBERED)
    if not parts[1].notna().any():
        return rows
    machine = machine_keys(rows).astype(str).astype(object)
    told = machine + "\n" + keys.str.extract(_CURRENT)[0].str.lower()
    current = (machine + "\n" + parts[2].str.lower()).isin(told.dropna())
    named = _named(values)
    hive = machine + "\n" + parts[0].str.replace(_ROOT, "", regex=True).str.lower()
    chosen = hive.map(named).astype("Int64")
    other = chosen.ne(pd.to_numeric(parts[1]).astype("Int64")).fillna(False)
    kept: pd.DataFrame = rows[~(parts[1].notna() & (current | other)).to_numpy(bool)]
    return kept


def of_numbered_set(values: pd.DataFrame) -> pd.Series[bool]:
    """Values of ControlSet001 and its like: what was written there at a start may be of another start than the last one."""
    return values["key"].str.contains(r"(?i)\\ControlSet[0-9]{3}(?:\\|$)", regex=True).fillna(False).astype(bool)


def _named(values: pd.DataFrame) -> pd.Series[Any]:
    """By machine key and hive, the number of the control set that was booted, where one is told."""
    state = (
        values["origin"].eq("state")
        & values["name"].astype(object).str.lower().eq("current")
        & values["number"].notna()
    )
    rows = values[state.to_numpy(bool, na_value=False)]
    hive = rows["key"].astype(object).str.replace(_ROOT, "", regex=True).str.lower().str.removesuffix("\\select")
    numbers = rows["number"].groupby(machine_keys(rows).astype(str).astype(object) + "\n" + hive)
    named: pd.Series[Any] = numbers.first()[numbers.nunique().eq(1)]
    return named
