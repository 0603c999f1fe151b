"""What a desktop heap was like before it was made larger."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dumpscan.heaps import no_room
from dumpscan.owners import LOGON, with_accounts
from dumpscan.trends import recognisable, with_moments

if TYPE_CHECKING:
    import pandas as pd

NEARLY_FULL = 90  # percent
# What is told of the heap before it was made larger.
BEFORE = {
    "late": "before",
    "size_kb": "before_kb",
    "used_percent": "before_percent",
    "tool": "before_tool",
    "file": "before_file",
    "line": "before_line",
}


def enlarged(heaps: pd.DataFrame, captures: pd.DataFrame, logon_sessions: pd.DataFrame) -> pd.DataFrame:
    """Rows of the latest listings that are nearly full, with the figures of the same heap when it was nearly full with a smaller size (before_kb and
    so on): earlier by time, or, where no time is told, further up in the same file. The index is that of `heaps`."""
    import pandas as pd

    near = (heaps["used_percent"].ge(NEARLY_FULL) | no_room(heaps)).fillna(False)
    if not near.any():
        return heaps[near].reindex(columns=[*heaps.columns, *BEFORE.values()])
    rows = with_moments(with_accounts(recognisable(heaps[near]), logon_sessions), captures)
    # A LUID means something else after the restart that a new size needs; its account stays the same.
    of_logon = rows["owner"].astype(object).str.startswith(LOGON).to_numpy(bool, na_value=False)
    rows = rows[~of_logon | rows["account"].notna()]
    untimed = rows["early"].isna()
    names = [rows["account"].str.lower().fillna(rows["window_station"].astype(object)), rows["desktop"].astype(object)]
    names.append(rows["file"].astype(object).where(untimed, ""))
    rows["heap"] = rows.groupby([rows["machine_key"], rows["session"], *names], sort=False).ngroup()
    for end in ("early", "late"):
        rows[end] = rows[end].fillna(rows["line"].astype(float))
    # Without times, a later whole listing in the same file (but not in a mail, whose newest may stand on top) made history of the one above.
    earlier = rows[~untimed | rows["superseded"].astype(bool)].sort_values(["late", "size_kb"], kind="stable")
    smaller = earlier["size_kb"].groupby(earlier["heap"]).cummin()
    earlier = earlier[earlier["size_kb"].eq(smaller)]
    before = earlier[["heap", *BEFORE]].rename(columns=BEFORE)
    latest = (
        rows[~rows["superseded"].astype(bool)].assign(row=lambda found: found.index).sort_values("early", kind="stable")
    )
    again = pd.merge_asof(latest, before, left_on="early", right_on="before", by="heap", allow_exact_matches=False)
    return again[again["before_kb"].lt(again["size_kb"]).fillna(False)].set_index("row")
