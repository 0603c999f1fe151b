"""Where rows stand, as numbers: what the rules that look above or below a line join on."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd


def places(rows: pd.DataFrame) -> pd.DataFrame:
    """`of`: one number for each file of each case, the same in all tables; `line`."""
    import pandas as pd

    of = rows["case"].cat.codes.astype("int64") * len(rows["file"].cat.categories) + rows["file"].cat.codes
    return pd.DataFrame({"of": of, "line": rows["line"].astype("int64")}, index=rows.index)
