"""What the user says of the failure: the session that has the trouble, and when it failed. Both may be unknown; then the answer says what it assumed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from dumpscan.inputs import DumpscanError
from dumpscan.machines import LISTINGS, machine_keys
from dumpscan.moments import Span, ends, span

if TYPE_CHECKING:
    import pandas as pd

MOST_SESSION = 65536  # the listener of Terminal Services; no real session has a larger number
AT_THE_FAILURE = 15 * 60  # seconds [guess]: a capture so near to the failure speaks of it


class Complaint(NamedTuple):
    """The session that fails, and when it failed: seconds as in `moments.span`, and the words that were typed."""

    session: int | None = None
    failed_at: str | None = None
    failed: Span | None = None


NOTHING_SAID = Complaint()


def complaint(session: int | None = None, failed_at: str | None = None) -> Complaint:
    """What the caller says of the failure; raises DumpscanError for a session or a time that cannot be.

    >>> complaint(2, "2026-11-20T09:30").failed_at
    '2026-11-20 09:30'
    """
    if session is not None and not 0 <= session <= MOST_SESSION:
        raise DumpscanError(f"no session has the number {session}")
    if failed_at is None:
        return Complaint(session)
    words = failed_at.strip().replace("T", " ", 1)
    failed = span(words)
    if failed[0] != failed[0]:
        raise DumpscanError(
            f"{failed_at!r} is no time: write it as 2026-11-20 09:30, as the clock of that machine showed it"
        )
    return Complaint(session, words, failed)


def complaints(told: Complaint, cases: Sequence[str]) -> pd.DataFrame:
    """One row a case with what its user says: case, session, failed_at, failed_from and failed_to (seconds); none where nothing is said."""
    import pandas as pd

    said = told != NOTHING_SAID
    names = pd.Categorical(list(cases) if said else [], categories=pd.Index(list(cases)))
    first, last = told.failed or (float("nan"), float("nan"))
    frame = pd.DataFrame({"case": names, "failed_at": told.failed_at, "failed_from": first, "failed_to": last})
    frame["session"] = pd.array([told.session] * len(frame), dtype="Int64")
    return frame.astype({"failed_at": object, "failed_from": float, "failed_to": float})


def judged_instead(captures: pd.DataFrame, times: pd.Series[str], failed: Span | None) -> pd.Series[bool]:
    """Where the time of the failure is known, the listing of a session that was taken at it is judged, not the latest one: `superseded` anew."""
    old: pd.Series[bool] = captures["superseded"]
    if failed is None:
        return old
    first, last = ends(times)
    listing = captures["command"].isin(LISTINGS) & captures["state"].isin(["whole", "cut"]).fillna(False)
    away = (first - failed[1]).clip(lower=0) + (failed[0] - last).clip(lower=0)
    away = away.where(listing.astype(bool))
    nearest = away.groupby([machine_keys(captures), captures["session"].fillna(-1)]).transform("min")
    replaced = nearest.le(AT_THE_FAILURE) & listing.astype(bool)
    return old.mask(replaced, away.ne(nearest)).astype(bool)
