"""Which Windows a rule is for, with the reason that it gives on all others."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dumpscan.platforms import BEFORE
from dumpscan.rules import Windows
from dumpscan.view_space import has_limit

if TYPE_CHECKING:
    import pandas as pd

BEFORE_VISTA = Windows(has_limit, "Only Windows older than Vista limits session view space.")


def _x86_before_vista(rows: pd.DataFrame) -> pd.Series[bool]:
    return (rows["era"].eq(BEFORE) & rows["architecture"].eq("x86")).fillna(False)


X86_BEFORE_VISTA = Windows(
    _x86_before_vista, "Only on x86 before Vista do view space and session pool share so few addresses."
)
