r"""An allocation from a desktop heap failed (event 243)

## What happens
Windows could not allocate from a desktop heap and logged it, once a session: a single heap was full at that time. Newer Windows tell
which process asked, in which session. That is the victim, not always the one that used the heap up.

## How the log proves it
- likely: event 243 of Win32k with date and time, not before the boot of the capture, and no heap row of that session in these texts (of any
  session, where the event names none).
- Events of several sessions of a machine are one finding that names them; each is cited.
- likely, too: such an event within 15 minutes of the time of the failure (`--failed-at`), where no listing is of that time.
- proved: a heap of that session is used to 90 % and more, and the event is of the captured boot.
- An event without a session is joined with session 0 where the Service Control Manager logged within a minute of it that a service did not start
  (7000, 7009): services live there. Else it is joined only where there is a single session.
- A date such as 3/9/2007 counts as either day. An event before the last start is history, one without a time is only mentioned.

## What to do
Capture the heaps of that session while it fails; until then count USER objects by process there.

## What would refute it
A listing of all heaps of that session from the time of the event, with room in each.

## Sources
KB 184802, KB 947246; ntdebugging blog, comment 50 (logged once a session).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from dumpscan.machines import machine_keys
from dumpscan.platforms import MACHINE, SINCE_8
from dumpscan.rules import CAUSE, EVENTS, FUTILE, NOW, Found, Told, cite, found, rule
from dumpscan.rules._events import failed_allocations, of_the_only_session, when
from dumpscan.rules._gui import count_objects, counted
from dumpscan.rules._scope import at_the_failure
from dumpscan.words import heap_name, kb, percent, session_name, sessions_named

if TYPE_CHECKING:
    import pandas as pd

NEARLY_FULL = 90  # percent
SESSION = [*MACHINE, "session"]
HEAP = ("window_station", "desktop", "size_kb", "used_percent", "free_kb", "tool", "role")


@rule(
    stage=EVENTS,
    says="single-heap-full",
    needs=("events.event_id", "events.time"),
    clear="No event tells that an allocation from a desktop heap failed. Where the log was not saved back to the last start, that means little.",
    references=("KB 184802", "KB 947246"),
)
def check(
    events: pd.DataFrame,
    desktop_heaps: pd.DataFrame,
    systems: pd.DataFrame,
    platforms: pd.DataFrame,
    gui_objects: pd.DataFrame,
    captures: pd.DataFrame,
    complaints: pd.DataFrame,
) -> Found | None:
    """Events without any heap row that could be theirs, one finding a machine, and nearly full heaps with an event of their session and boot, one each."""
    import pandas as pd

    told = failed_allocations(events, systems)
    heaps = desktop_heaps[~desktop_heaps["superseded"] & desktop_heaps["used_percent"].notna()]
    keys = machine_keys(told)
    of_session = told.assign(session=of_the_only_session(told, heaps), key=keys)
    theirs = told.index.isin(_numbered(told).merge(heaps[SESSION].drop_duplicates(), on=SESSION)["event"])
    unlisted = (told["session"].notna() & ~theirs) | ~keys.isin(machine_keys(heaps))
    if len(complaints):
        unlisted |= at_the_failure(told, captures, systems, complaints)
    firsts = told[unlisted].drop_duplicates(SESSION)
    firsts = firsts.assign(counted=counted(firsts, gui_objects))
    alone = _of_machines(firsts).assign(severity="high", certainty="likely")

    near = heaps[heaps["used_percent"].ge(NEARLY_FULL)]
    near = (
        near[["session", *HEAP, "file", "line"]]
        .assign(key=machine_keys(near))
        .rename(columns={"file": "heap_file", "line": "heap_line"})
    )
    sure = of_session[of_session["this_boot"].fillna(False)]
    both = sure.merge(near, on=["key", "session"]).drop_duplicates(["key", "heap_file", "heap_line"])
    both = both.assign(severity="critical", certainty="proved", counted=counted(both, gui_objects))
    rows = pd.concat([part for part in (alone, both) if len(part)] or [alone], ignore_index=True)
    generation = platforms.set_index(machine_keys(platforms))["generation"]
    rows = rows.assign(generation=machine_keys(rows).map(generation).astype(object))
    # Without a heap among them these columns would be of floats, and those of other cases print 512.0 KB beside them.
    kinds = {column: near[column].dtype for column in (*HEAP, "heap_file", "heap_line")}
    rows = rows.reindex(columns=[*dict.fromkeys([*rows.columns, *kinds])]).astype(kinds)
    heap_lines = rows[rows["heap_line"].notna()]
    heap_lines = heap_lines.assign(file=heap_lines["heap_file"], line=heap_lines["heap_line"])
    services = ["near_event_id", "near_file", "near_line"]
    lines = pd.concat(
        [
            cite(rows[rows["heap_line"].notna()], ""),
            cite(rows.loc[rows["heap_line"].isna(), MACHINE], "", firsts, MACHINE),
        ]
    )
    lines = lines[["finding", "file", "line", "time", *services]]
    return found(
        rows,
        lines.assign(shows="event 243 at {time}"),
        lines.assign(
            file=lines["near_file"],
            line=lines["near_line"],
            shows="a service that did not start within a minute of it (event {near_event_id}): session 0",
        ),
        cite(heap_lines, "{used_percent:g} % of {size_kb:,} KB used in that session"),
    )


def _of_machines(firsts: pd.DataFrame) -> pd.DataFrame:
    """The first of these events of each machine, with `sessions`: those of all of them, and `uncounted`: those whose USER objects are not listed."""
    keys = machine_keys(firsts)
    numbers = firsts["session"].astype(object).where(firsts["session"].notna(), None)
    sessions = numbers.groupby(keys).agg(list)
    uncounted = numbers[~firsts["counted"]].groupby(keys[~firsts["counted"]]).agg(list)
    rows = firsts.drop_duplicates(MACHINE)
    of = machine_keys(rows)
    return rows.assign(sessions=of.map(sessions).astype(object), uncounted=of.map(uncounted).astype(object))


def _numbered(told: pd.DataFrame) -> pd.DataFrame:
    """Machine and session of events, with their index: a listing of that session may be of any moment."""
    return told[SESSION].assign(event=told.index)


def tell(row: Mapping[str, Any]) -> Told:
    """A finding in words: who asked, and which heap, as far as either is told."""
    of_a_heap = row["size_kb"] is not None
    sessions = [row["session"]] if of_a_heap else row["sessions"]
    several = len(sessions) > 1
    asked = ""
    if row["process"] is not None and row["pid"] is not None:
        asked = f"{row['process']} (PID {row['pid']}) asked for it"
    where = "" if sessions == [None] else f" in {sessions_named(sessions)}"
    if of_a_heap:
        size = f"{percent(row['used_percent'], row['tool'])} of {kb(row['size_kb'])}"
        which = f"{heap_name(row)} there has {size} in use."
    else:
        which = f"{'One in each of them was' if several else 'A desktop heap was'} full then; which {'ones is' if several else 'one is'} not in the logs."
    if several:
        summary = (
            f"Allocations from desktop heaps failed{where} (event 243). The first failed in {session_name(row['session'])} at {when(row)}"
            f"{f'; {asked}' if asked else ''}. {which}"
        )
    else:
        joined = "" if row["near_line"] is None else " (where a service did not start within a minute)"
        summary = f"An allocation from a desktop heap failed{where}{joined} at {when(row)} (event 243){f'; {asked}' if asked else ''}. {which}"
    advice = [
        *_list_them(row, sessions, where),
        (
            CAUSE,
            "The process that the event names is the one that got nothing, not always the one that used the heap up.",
        ),
        (FUTILE, "SessionViewSize: it gives room for more heaps, not for a fuller one."),
    ]
    keys = ("time", "session", "process", "pid", "window_station", "desktop", "size_kb", "used_percent")
    subject = {key: row[key] for key in keys} | {"sessions": [None if one is None else int(one) for one in sessions]}
    those = "each of these sessions" if several else "that session"
    return Told(
        summary,
        subject,
        f"A listing of all heaps of {those} from the time of the event, with room in each.",
        advice,
    )


def _list_them(row: Mapping[str, Any], sessions: Sequence[Any], where: str) -> list[tuple[str, str]]:
    """What to capture; on Windows 8 and later the objects of the sessions in which they were not counted yet."""
    if row["size_kb"] is not None:
        open_sessions = [] if row["counted"] else sessions
    else:
        open_sessions = row["uncounted"] if isinstance(row["uncounted"], list) else []
    if not open_sessions:
        return []
    numbered = [session for session in open_sessions if session is not None]
    if row["generation"] == SINCE_8 and row["size_kb"] is None and numbered:
        return [(NOW, count_objects(*numbered))]
    return [
        (NOW, f"List the heaps{where} while it fails, and end or restart the processes there that hold the most USER objects."),
    ]  # fmt: skip
