r"""Session view space is exhausted

## What happens
All desktop heaps of a session live in its view space, together with GDI and others. When no room is left for another heap, no desktop can
be created there: a service under a new account, a new COM identity or a new application pool fails to start, while existing desktops go
on working. Enlarging heaps makes it worse.

## How the log proves it
The limit was printed (nt!MmSessionViewSize, or the maximum of !vm 4), and limit minus the sum of the session's heaps is less than the
smallest heap that would be wanted next. Proved by the rows; likely, where only the tool's own total says so and rows are missing. Only
Windows older than Vista has such a limit. After an event 244 the rest is not 4 MB, the usual share of GDI and others: all that the heaps do
not take was taken then.

A service that fails under a user account, runs as LocalSystem (whose desktop is there), and runs under that account again once a service
of another account is stopped, shows the same without any listing: it needs a new desktop, and no heap is full.

## What to do
Free a desktop: stop a service that runs under its own account. Then at the next restart a larger SessionViewSize (in steps of 16 MB; not
with /3GB, which fixes it at 20 MB), or fewer and smaller service heaps. Root cause: too many logons, one desktop each:

- SQL Agent with many proxies has one service heap for each, even if a job needs 10 KB of it: fewer proxies.
- COM servers whose identity is the launching user get a process and a window station for each client: the identity "this user".
- On print and terminal servers few desktops can be enough: printer and font drivers and GDI live in the same view.

Moving a service to another account is no way out: it costs a new heap, and changes of SPN, ACL and rights.

## What would refute it
A service under an account that has no desktop yet, and starts.

## Sources
ntdebugging blog, desktop heap overview and comments 14, 15 and 50; KB 184802 (printer and font drivers); KB 949296 (proxies); KB 268550 and
KB 169321 (COM). What is said of event 244 and of moving a service: **[field]**.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from dumpscan.rules import VIEW, Found, Told, cite, found, rule
from dumpscan.rules._view import advice, cite_limit, cite_total, exhausted, limited
from dumpscan.rules._windows import BEFORE_VISTA
from dumpscan.view_space import SESSION
from dumpscan.words import count, kb, session_name

if TYPE_CHECKING:
    import pandas as pd


@rule(
    stage=VIEW,
    says="view-space-exhausted",
    needs=("view_space.heaps_kb", "view_space.limit_kb"),
    clear="Each session's view space has room for another desktop heap.",
    references=("KB 184802", "KB 949296", "ntdebugging blog 2007-01-04"),
    applies=BEFORE_VISTA,
)
def check(view_space: pd.DataFrame, desktop_heaps: pd.DataFrame, heap_totals: pd.DataFrame) -> Found | None:
    """Sessions in which the next heap does not fit under the printed limit."""
    import numpy as np

    rows = limited(view_space)
    rows = rows[exhausted(rows)]
    by_rows = (rows["limit_kb"] - rows["heaps_kb"] < rows["next_kb"]).to_numpy(bool, na_value=False)
    rows = rows.assign(severity="critical", certainty=np.where(by_rows, "proved", "likely"))
    return found(
        rows,
        cite_limit(rows),
        cite_total(rows, heap_totals),
        cite(
            rows,
            "{interactive_kb:,} KB interactive + {service_kb:,} KB service + {fixed_kb:,} KB fixed heaps = {heaps_kb:,} KB",
        ),
        cite(rows[SESSION], "a heap of {size_kb:,} KB", desktop_heaps[[*SESSION, "file", "line", "size_kb"]], SESSION),
    )


def tell(row: Mapping[str, Any]) -> Told:
    """A finding in words; the sum is written out."""
    limit, heaps, wanted = int(row["limit_kb"]), int(row["most_kb"]), int(row["next_kb"])
    summary = (
        f"Session view space is exhausted in {session_name(row['session'])}: {count(int(row['desktops']), 'desktop heap takes', 'desktop heaps take')} "
        f"{kb(heaps)} of {kb(limit)}, {kb(limit - heaps)} are left, and the next desktop needs {kb(wanted)}."
    )
    keys = ("session", "heaps_kb", "limit_kb", "next_kb", "interactive_kb", "service_kb", "fixed_kb", "desktops")
    subject = {key: row[key] for key in keys}
    return Told(summary, subject, "A service under an account that has no desktop yet, and starts.", advice(row))
