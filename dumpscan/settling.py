"""What would settle an open question: the commands, where to type them and what goes before, and which verdict each answer would give.

Read-only, by generation: dheapmon and !dskheap before Vista, LiveKd after it, and from Windows 8 on, where !dskheap mostly fails, what Windows
itself tells.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dumpscan import queries
from dumpscan.platforms import BEFORE, BEFORE_8, SINCE, SINCE_8, W2K
from dumpscan.rules._view import SHARE
from dumpscan.verdict import (
    AT_RISK,
    BOTH,
    HEAP_FULL,
    INCOMPLETE,
    NO_SIGN,
    SYMPTOM_ONLY,
    TOOL_FAILED,
    UNDECIDED,
    VIEW_EXHAUSTED,
    WRONG_SCOPE,
)
from dumpscan.view_space import OTHERS, OTHERS_IN_SMALL_VIEW, SMALL_VIEW, possible_limits
from dumpscan.words import kb

Document = dict[str, Any]
Row = Mapping[str, Any]
Tables = Mapping[str, Sequence[Row]]

NO_PLATFORM: Row = {"era": None, "generation": None, "architecture": None, "build": None}
NOT_LISTED = "it fails, or prints no table"


def _step(
    command: str, where: str, why: str, *, before: Sequence[str] = (), gives: Mapping[str, str] | None = None
) -> Document:
    """One command; `before` is what must be typed before it, `gives` the verdict of each answer (none: it decides nothing by itself)."""
    answers = [{"answer": answer, "verdict": verdict} for answer, verdict in (gives or {}).items()]
    return {"command": command, "where": where, "why": why, "before": list(before), "gives": answers}


_LISTING = {
    "one heap at 98 % and more, or with at most 16 KB free": HEAP_FULL,
    "one heap at 80 % and more": AT_RISK,
    "all below 80 %, with room in session view space": NO_SIGN,
}
DHEAPMON = _step(
    queries.DHEAPMON.text,
    "Windows 2000 to Server 2003, in the session that fails (session 0: the console)",
    "the same listing without a debugger, with the same answers",
)
PTES = _step(
    queries.COUNTERS,
    "kernel debugger on the same machine",
    "the free system PTEs: they decide whether SessionViewSize may grow",
)
COMMIT = _step(
    queries.COUNTERS,
    "kernel debugger on the same machine",
    "commit, pool and free system PTEs: what else keeps a desktop from being created",
    gives={"committed pages near the limit, or a pool near its maximum": UNDECIDED},
)
_FULL, _NEITHER = "event 243 since the last start", "neither, in a log that reaches back to the start"
_WHY = "event 243 tells that an allocation from a desktop heap failed, 244 that a desktop could not be created"
EVENTS = _step(
    queries.WEVTUTIL.text,
    "an elevated command prompt on the machine (Vista and later)",
    _WHY,
    gives={_FULL: HEAP_FULL, "event 244 since the last start": UNDECIDED, _NEITHER: UNDECIDED},
)
OLD_EVENTS = _step(
    queries.EVENTQUERY.text,
    "a command prompt on the machine (XP and Server 2003), and once more with 244",
    _WHY,
    gives={_FULL: HEAP_FULL, "event 244 since the last start": VIEW_EXHAUSTED, _NEITHER: UNDECIDED},
)
DUMPEL = _step(
    queries.DUMPEL.text,
    "a command prompt on the machine (NT 4.0 and 2000; dumpel is in the Resource Kit)",
    _WHY,
    gives={_FULL: HEAP_FULL, "event 244 since the last start": VIEW_EXHAUSTED, _NEITHER: UNDECIDED},
)
NT4_KEYS = _step(
    queries.NT4_KEYS.text,
    "a command prompt on the machine, and type C:\\boot.ini; nothing lists desktop heaps on NT 4.0",
    "the SharedSection values: with two of them each desktop of a service takes 3,072 KB",
)
OLDEST = _step(
    queries.OLDEST.text,
    "an elevated command prompt on the machine (Vista and later)",
    "how far back the log reaches: only where it reaches back to the last start does it mean anything that no 243 is in it",
)
CSRSS = _step(
    queries.CSRSS.text,
    "an elevated PowerShell on the machine",
    "the SharedSection values in force since the last start",
)
IN_FORCE = _step(
    queries.CSRSS_BY_WMIC.text,
    "a command prompt on the machine",
    "the SharedSection values in force since the last start, before any of them is changed",
)
USERS = _step(
    queries.GUIOBJECTUSE.text,
    "as SYSTEM in session 0 (PsExec -s -i 0), Windows 8 and later",
    "the USER objects of each process by session: who fills the heap; 1,000 and more in one process stand out",
)

# What a case may tell, the table and the rows that tell it, and whether it is asked for before or since Vista only.
FACTS = (
    ("how full the desktop heaps are", "desktop_heaps", lambda row: row["used_percent"] is not None, None),
    ("the limit of session view space", "session_limits", lambda row: row["limit"] == "view_space", BEFORE),
    ("which Windows this is", "systems", lambda row: row["build"] is not None, None),
    ("the SharedSection values in force", "shared_sections", lambda row: bool(row["in_force"]), None),
    ("events 243 and 244 of Win32k", "events", lambda row: row["event_id"] in (243, 244) and row["time"] is not None, None),
    ("whether /3GB is in force", "boot_options", lambda row: row["origin"] is not None, BEFORE),
    ("commit, pools and free system PTEs", "memory_counters", lambda row: row["label"] is not None, None),
    ("USER objects by process", "gui_objects", lambda row: row["user_objects"] is not None, None),
)  # fmt: skip


def facts(machine: str | None, platform: Row, tables: Tables) -> Document:
    """What is known of a machine, each with the line that first tells it, and what is not."""
    present, missing = [], []
    for what, table, tells, era in FACTS:
        if era is not None and platform["era"] == SINCE:
            continue
        row = next((row for row in tables[table] if row["machine"] == machine and tells(row)), None)
        if row is None:
            missing.append(what)
        else:
            present.append({"fact": what, "file": row["file"], "line": row["line"]})
    return {"present": present, "missing": missing}


def steps(
    worst: Row, platform: Row, views: Sequence[Row], tables: Tables, found: Mapping[str, Sequence[Row]]
) -> list[Document]:
    """The commands that would settle an undecided case, or make a decided one surer, of those that this Windows has. `found` has the findings of each
    rule on this machine."""
    kind = kind_of(platform)
    return [step for step in _steps(worst, platform, views, tables, found) if queries.runs_on(step["command"], kind)]


def kind_of(platform: Row) -> str | None:
    """Which commands a machine has: a kind of `queries`, as far as is known."""
    if platform["build"] is not None and platform["build"] <= W2K:
        return queries.W2000 if platform["build"] == W2K else queries.NT4
    if platform["era"] == SINCE:
        return {BEFORE_8: queries.VISTA, SINCE_8: queries.EIGHT}.get(platform["generation"])
    return queries.XP if platform["era"] == BEFORE and platform["build"] is not None else None


def _steps(
    worst: Row, platform: Row, views: Sequence[Row], tables: Tables, found: Mapping[str, Sequence[Row]]
) -> list[Document]:
    mode, machine = worst["mode"], worst["machine"]
    limit = (
        []
        if platform["era"] == SINCE or _has(tables, "session_limits", machine, "limit", "view_space")
        else [_limit(machine, platform, views)]
    )
    if mode == UNDECIDED:
        return _undecided(worst, platform, limit, tables, found)
    again = (DHEAPMON if kind_of(platform) == queries.W2000 else listing(machine, tables)) | {
        "why": "once more while it fails, and in each session that has the trouble: use can be far higher then"
    }
    if mode == NO_SIGN:
        return [again, *limit]
    in_force = _in_force(machine, platform, tables)
    if mode in (VIEW_EXHAUSTED, BOTH):
        return [*([] if _has(tables, "memory_counters", machine, "label", "Free System PTEs") else [PTES]), *in_force]
    heaps = [
        finding["subject"].get("desktop")
        for findings in found.values()
        for finding in findings
        if finding["says"] == mode
    ]
    if heaps and set(heaps) <= {"Winlogon", "Disconnect"}:
        return [again]  # nothing there can be configured
    used = any(row["machine"] == machine and row["used_percent"] is not None for row in tables["desktop_heaps"])
    which = [] if used else _who(machine, platform, tables)  # an event tells that a heap was full, not which
    return [*which, *([again] if mode == AT_RISK else []), *in_force, *limit]


def _undecided(
    worst: Row, platform: Row, limit: Sequence[Document], tables: Tables, found: Mapping[str, Sequence[Row]]
) -> list[Document]:
    machine, reason = worst["machine"], worst["reason"]
    if reason == SYMPTOM_ONLY and "desktop-creation-unexplained" in found:
        return [COMMIT, *_listings(machine, platform, tables), *limit]
    if reason == INCOMPLETE and "evidence-incomplete" not in found:
        return list(limit)
    wanted = [finding["subject"]["session"] for finding in found.get("wrong-session", ())]
    asked = [HEAPS | _of_session(session) for session in wanted] or _listings(machine, platform, tables)
    refused = reason == TOOL_FAILED and any(
        "grpWinStaList" in row["text"] for row in tables["tool_failures"] if row["machine"] == machine
    )
    if refused or (platform["generation"] == SINCE_8 and reason != WRONG_SCOPE):
        asked = []  # !dskheap fails on most builds since Windows 8
    if platform["era"] == BEFORE and platform["build"] is not None and platform["build"] <= W2K:
        return [NT4_KEYS, DUMPEL] if platform["build"] < W2K else [DHEAPMON, *limit, DUMPEL]
    if platform["era"] == BEFORE:
        return [*asked, *limit, OLD_EVENTS]
    oldest = [OLDEST] if platform["era"] == SINCE or refused else []
    modern = [EVENTS, *oldest, *_in_force(machine, platform, tables)]
    users = [USERS] if not asked and not _has(tables, "gui_objects", machine) else []
    return [*asked, *limit, *modern, *users]


def _has(tables: Tables, table: str, machine: str | None, column: str = "machine", value: str | None = None) -> bool:
    return any(row["machine"] == machine and (value is None or row[column] == value) for row in tables[table])


def _in_force(machine: str | None, platform: Row, tables: Tables) -> list[Document]:
    """What prints the sizes in force, where nothing tells them; Get-CimInstance came with Windows 8."""
    if any(row["machine"] == machine and row["in_force"] for row in tables["shared_sections"]):
        return []
    return [CSRSS if platform["era"] == SINCE and platform["generation"] != BEFORE_8 else IN_FORCE]


def _listings(machine: str | None, platform: Row, tables: Tables) -> list[Document]:
    return [listing(machine, tables), *([] if platform["era"] == SINCE else [DHEAPMON])]


def _who(machine: str | None, platform: Row, tables: Tables) -> list[Document]:
    """What tells which heap an event was about."""
    if platform["generation"] == SINCE_8:
        again = {"why": "once more while it fails: which count has grown"}
        return [USERS | again] if _has(tables, "gui_objects", machine) else [USERS]
    return _listings(machine, platform, tables)


def _of_session(session: int) -> Document:
    return {
        "command": queries.DSKHEAP.format(session),
        "before": [
            ".logopen /u heaps.log",
            f"!session -s {session}",
            "!process 0 0 csrss.exe",
            f".process /p /r ADDRESS; $$ of the csrss.exe in session {session}",
        ],
    }


HEAPS = _step(
    "",
    "kernel debugger on the machine (LiveKd; before Vista kd -kl) or on a complete dump; for a user's session its number instead of 0",
    "the use of each desktop heap: a row at 98 % or more proves a full heap, all below 80 % clear them",
    gives=_LISTING | {NOT_LISTED: UNDECIDED},
) | _of_session(0)

LIMIT = _step(
    queries.VIEW_SIZE,
    "kernel debugger on the same machine and boot; before Vista only",
    "the limit of session view space: less than one heap above the sum of the heaps proves exhaustion, far above it clears it",
    gives={"less than one heap above the sum of the heaps": VIEW_EXHAUSTED, "far above it": NO_SIGN},
)


def listing(machine: str | None, tables: Tables) -> Document:
    """The command that lists heaps, for a session that is there and was not captured, else for session 0."""
    captured = sessions(machine, tables["desktop_heaps"])
    missing = [session for session, _ in not_captured(machine, captured, tables)] if captured else []
    return HEAPS | _of_session(missing[0]) if missing else HEAPS


def sessions(machine: str | None, heaps: Sequence[Row]) -> list[int | None]:
    """The sessions in which the use of heaps was measured: sizes alone say nothing about a session."""
    measured = {
        row["session"]
        for row in heaps
        if row["machine"] == machine and not row["superseded"] and row["used_percent"] is not None
    }
    return sorted(measured, key=lambda session: (session is None, session or 0))


def not_captured(machine: str | None, captured: Sequence[int | None], tables: Tables) -> list[tuple[int, Row]]:
    """Sessions that the texts name, beside those whose heaps were captured, each with the row that names it."""
    known: dict[int, Row] = {}
    for row in (*tables["session_memory"], *tables["desktop_owners"], *tables["desktop_heaps"]):
        if row["machine"] == machine and row["session"] is not None and row["session"] not in captured:
            known.setdefault(row["session"], row)
    return sorted(known.items(), key=lambda one: one[0])


def _limit(machine: str | None, platform: Row, views: Sequence[Row]) -> Document:
    """The command that prints the limit of session view space, with the verdict that each possible limit would give for the fullest session."""
    mine = [view for view in views if view["machine"] == machine and not view["superseded"]]
    fullest = max(mine, key=lambda view: view["most_kb"], default=None)
    if fullest is None:
        return LIMIT
    answers = [
        {
            "answer": f"{limit * 1024:08x}, which is {kb(limit)}",
            "verdict": _verdict_at(limit, fullest["most_kb"], fullest["next_kb"]),
        }
        for limit in possible_limits(platform["architecture"], platform["era"])
    ]
    return LIMIT | {"gives": answers}


def _verdict_at(limit: int, heaps: int, wanted: int) -> str:
    """What a limit of session view space would say of these heaps and the next one, all in KB."""
    others = OTHERS_IN_SMALL_VIEW if limit == SMALL_VIEW else OTHERS
    if heaps > limit:
        return UNDECIDED  # heaps live inside the view: such a limit is of another boot or machine
    if limit - heaps < wanted:
        return VIEW_EXHAUSTED
    return AT_RISK if heaps + wanted > limit - others or heaps >= SHARE * limit else NO_SIGN
