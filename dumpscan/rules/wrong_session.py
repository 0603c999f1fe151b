r"""The heaps of the session that fails were not captured

## What happens
Desktop heaps and session view space belong to one session. A listing of another session says nothing of the one that has the trouble: services
fail in session 0, a user's programs in the session of that user.

## How the log proves it
The session of the complaint (`--session N`) is none of those whose heaps are listed here, and each listing here prints its number.

## What to do
List the heaps of that very session: `!session -s N`, then `!dskheap -s N`; dheapmon runs inside it (session 0: the console).

## What would refute it
A listing of that session in these texts.

## Sources
ntdebugging blog, desktop heap overview and comment 98; KB 949296.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from dumpscan.rules import DATA, NOW, Found, Told, cite, found, rule
from dumpscan.rules._scope import judged_listings, with_complaint
from dumpscan.words import sessions_named

if TYPE_CHECKING:
    import pandas as pd


@rule(
    stage=DATA,
    says="wrong_scope",
    needs=("complaints.session", "captures.command"),
    clear="The heaps of the session that fails are listed here, or a listing does not print its session.",
    references=("KB 949296",),
)
def check(
    captures: pd.DataFrame, systems: pd.DataFrame, events: pd.DataFrame, complaints: pd.DataFrame
) -> Found | None:
    """One finding for each machine with listings, none of which is of the session of the complaint."""
    rows = with_complaint(judged_listings(captures, systems, events), complaints)
    rows = rows[rows["failed_session"].notna()]
    hit = rows["session"].eq(rows["failed_session"]).fillna(True).astype(bool)
    rows = rows[~rows["key"].isin(rows.loc[hit, "key"])]
    sessions = rows.groupby("key")["session"].agg(lambda numbers: sorted(set(numbers)))
    first = rows.drop_duplicates("key").assign(severity="medium", certainty="proved")
    first = first.assign(sessions=first["key"].map(sessions))
    return found(first, cite(first[["key"]], "a listing of session {session}", rows, ["key"]))


def tell(row: Mapping[str, Any]) -> Told:
    """A finding in words."""
    wanted = int(row["failed_session"])
    return Told(
        f"The failure is in session {wanted}, but the heaps listed here are those of {sessions_named(row['sessions'])}: they say nothing of it.",
        {"session": wanted, "captured": list(map(int, row["sessions"]))},
        f"A listing of session {wanted} in these texts.",
        [
            (
                NOW,
                f"List the heaps of that session: !session -s {wanted}, then !dskheap -s {wanted}; before Vista dheapmon -s, started inside it.",
            )
        ],
    )
