"""The verdict of one case in words: one sentence, what it speaks of, its proof, and what would settle an open question."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dumpscan.machines import LISTINGS
from dumpscan.platforms import SINCE, SINCE_8
from dumpscan.rules import CERTAINTIES, FAILED, SEVERITIES
from dumpscan.verdict import (
    AT_RISK,
    BOTH,
    CONTRADICTORY,
    HEAP_FULL,
    INCOMPLETE,
    NO_EVIDENCE,
    NO_SIGN,
    SYMPTOM_ONLY,
    TOOL_FAILED,
    UNDECIDED,
    VIEW_EXHAUSTED,
)
from dumpscan.words import count, heap_name, kb, percent, session_name

Document = dict[str, Any]
Row = Mapping[str, Any]

MOST_NAMED = 6  # sessions or failures that a sentence names one by one

SPEAKS_FOR = {
    HEAP_FULL: (HEAP_FULL,),
    VIEW_EXHAUSTED: (VIEW_EXHAUSTED,),
    BOTH: (VIEW_EXHAUSTED, HEAP_FULL),
    AT_RISK: (AT_RISK,),
    CONTRADICTORY: (CONTRADICTORY,),
    INCOMPLETE: (INCOMPLETE,),
    SYMPTOM_ONLY: (SYMPTOM_ONLY,),
    TOOL_FAILED: (TOOL_FAILED,),
}

HEAPS = {
    "command": "!dskheap -s 0",
    "where": "kernel debugger on the machine or on a full dump; for a user's session its number instead of 0",
    "why": "the use of each desktop heap: a row at 98 % or more proves a full heap, all below 80 % clear them",
}
DHEAPMON = {
    "command": "dheapmon -s",
    "where": "Windows 2000 to Server 2003, in the session that fails (session 0: the console)",
    "why": "the same listing without a debugger",
}
LIMIT = {
    "command": "dd nt!MmSessionViewSize L1",
    "where": "kernel debugger on the same machine and boot; before Vista only",
    "why": "the limit of session view space: less than one heap above the sum of the heaps proves exhaustion, far above it clears it",
}
PTES = {
    "command": "!vm 1",
    "where": "kernel debugger on the same machine",
    "why": "the free system PTEs: they decide whether SessionViewSize may grow",
}
COMMIT = {
    "command": "!vm 1",
    "where": "kernel debugger on the same machine",
    "why": "commit, pool and free system PTEs: what else keeps a desktop from being created",
}
EVENTS = {
    "command": "wevtutil qe System /q:\"*[System[Provider[@Name='Win32k'] and (EventID=243 or EventID=244)]]\" /f:RenderedXml",
    "where": "an elevated command prompt on the machine (Vista and later)",
    "why": "event 243 tells that an allocation from a desktop heap failed, 244 that a desktop could not be created",
}
CSRSS = {
    "command": "Get-CimInstance Win32_Process -Filter \"Name='csrss.exe'\" | % CommandLine",
    "where": "an elevated PowerShell on the machine",
    "why": "the SharedSection values in force since the last start",
}

OBJECTS = {
    "command": "GuiObjectUse",
    "where": "a free tool; as SYSTEM for session 0, as administrator in a user's session",
    "why": "the USER objects of each process: who fills the heap that the event tells of",
}
IN_FORCE = {
    "command": "wmic process where name='csrss.exe' get CommandLine",
    "where": "a command prompt on the machine",
    "why": "the SharedSection values in force since the last start, before any of them is changed",
}


def answer(
    machines: Sequence[Row],
    outcomes: Sequence[Document],
    tables: Mapping[str, Sequence[Row]],
    views: Sequence[Row],
    platforms: Sequence[Row],
) -> Document:
    """The `verdict` part of a document. `machines` are the verdicts of the case's machines, the worst first."""
    if not machines:
        return _document(
            None,
            UNDECIDED,
            NO_EVIDENCE,
            None,
            _no_evidence(tables),
            [],
            [HEAPS, DHEAPMON, LIMIT],
            _scope(None, UNDECIDED, tables),
            [],
            [],
        )
    worst = machines[0]
    told = [_machine_answer(machine, outcomes, tables, views) for machine in machines]
    summary, deciding = told[0]
    platform = next((one for one in platforms if one["machine"] == worst["machine"]), {"era": None})
    evidence = [line for finding in deciding for line in finding["evidence"]] or _listing_lines(
        worst["machine"], tables
    )
    others = [
        {"machine": machine["machine"], "mode": machine["mode"], "certainty": _certainty(machine), "summary": text}
        for machine, (text, _) in zip(machines[1:], told[1:], strict=True)
    ]
    return _document(
        worst["machine"],
        worst["mode"],
        worst["reason"],
        _certainty(worst),
        summary,
        evidence,
        _next(worst, platform, tables, outcomes),
        _scope(worst["machine"], worst["mode"], tables),
        others,
        _history(worst["machine"], outcomes),
    )


def _document(
    machine: str | None, mode: str, reason: str | None, certainty: str | None, summary: str, evidence: list[Document], following: list[Document],
    scope: Document, others: list[Document], history: list[str],
) -> Document:  # fmt: skip
    return {
        "mode": mode,
        "reason": reason,
        "certainty": certainty,
        "summary": summary,
        "scope": scope,
        "evidence": evidence[:24],
        "next": following,
        "others": others,
        "history": history,
    }


def _certainty(machine: Row) -> str | None:
    return None if machine["certainty"] is None else CERTAINTIES[int(machine["certainty"])]


def _findings(machine: str, kind: str, outcomes: Sequence[Document]) -> list[Document]:
    """Findings of a machine that stand for this verdict or doubt, the strongest first."""
    found = [
        finding
        for outcome in outcomes
        if outcome["says"] == kind
        for finding in outcome["findings"]
        if finding["machine"] == machine
    ]
    return sorted(found, key=_weakness)


def _weakness(finding: Document) -> tuple[int, int, float]:
    """Certainty, severity, and of heaps the free KB: the fullest is named first."""
    free = finding["subject"].get("free_kb")
    return (
        CERTAINTIES.index(finding["certainty"]),
        SEVERITIES.index(finding["severity"]),
        float("inf") if free is None else float(free),
    )


def _machine_answer(
    machine: Row, outcomes: Sequence[Document], tables: Mapping[str, Sequence[Row]], views: Sequence[Row]
) -> tuple[str, list[Document]]:
    """One sentence (two where both modes hold) about a machine, and the findings that carry it."""
    mode, name = machine["mode"], machine["machine"]
    if mode == NO_SIGN:
        return _no_sign(name, tables, views), []
    kinds = SPEAKS_FOR.get(machine["reason"] if mode == UNDECIDED else mode, ())
    by_kind = [_findings(name, kind, outcomes) for kind in kinds]
    found = [finding for findings in by_kind for finding in findings]
    failed = [outcome["rule"] for outcome in outcomes if outcome["status"] == FAILED and outcome["says"]]
    if not found and failed:
        return f"Undecided. {', '.join(failed)} could not be judged: this is a bug in dumpscan.", []
    if not found:
        return _no_evidence(
            {table: [row for row in rows if row["machine"] == name] for table, rows in tables.items()}
        ), []
    first = [findings[0] for findings in by_kind if findings]
    sentence = " ".join(finding["summary"] for finding in first)
    more = len(found) - len(first)
    if more:
        sentence += f" {more} more {'finding' if more == 1 else 'findings'} of this kind below."
    return (f"Undecided. {sentence}" if mode == UNDECIDED else sentence), found


def _sessions(machine: str | None, heaps: Sequence[Row]) -> list[int | None]:
    """The sessions in which the use of heaps was measured: sizes alone say nothing about a session."""
    sessions = {
        row["session"]
        for row in heaps
        if row["machine"] == machine and not row["superseded"] and row["used_percent"] is not None
    }
    return sorted(sessions, key=lambda session: (session is None, session or 0))


def _named(sessions: Sequence[int | None]) -> str:
    """ "session 0", "session 0 and session 2", or the first few and how many more."""
    names = [session_name(session) for session in sessions[:MOST_NAMED]]
    if len(sessions) > MOST_NAMED:
        names.append(count(len(sessions) - MOST_NAMED, "more session"))
    return " and ".join(names)


def _no_sign(machine: str, tables: Mapping[str, Sequence[Row]], views: Sequence[Row]) -> str:
    heaps = [
        row
        for row in tables["desktop_heaps"]
        if row["machine"] == machine
        and not row["superseded"]
        and row["used_percent"] is not None
        and row["tool"] in LISTINGS  # a probe of one heap clears no session
    ]
    fullest = max(heaps, key=lambda row: row["used_percent"])
    sessions = _named(_sessions(machine, heaps))
    mine = [view for view in views if view["machine"] == machine and not view["superseded"]]
    tightest = max(mine, key=lambda view: view["heaps_kb"])
    return (
        f"No sign of desktop heap exhaustion in {sessions} at the moment of this capture: the fullest heap, {heap_name(fullest)}, is "
        f"{percent(fullest['used_percent'], fullest['tool'])} used of {kb(fullest['size_kb'])}, and {_room_in_view(tightest)}."
    )


def _room_in_view(view: Row) -> str:
    if view["era"] == SINCE:
        return "session view space has no practical limit on Vista and later"
    if view["limit_kb"] is not None:
        return f"the heaps take {kb(view['heaps_kb'])} of {kb(view['limit_kb'])} of session view space"
    return f"the heaps take {kb(view['heaps_kb'])}, which leaves room under the smallest limit that session view space can have here ({kb(view['possible_kb'])})"


def _no_evidence(tables: Mapping[str, Sequence[Row]]) -> str:
    if not any(tables.values()):
        return "Undecided. Nothing in these texts was recognised as output of a command that tells about desktop heaps."
    if any(row["used_percent"] is not None for row in tables["desktop_heaps"]):
        return "Undecided. Single desktop heaps were measured and have room; no listing of a whole session is in these texts, so nothing tells how full the others are."
    if tables["desktop_heaps"]:
        return "Undecided. These texts tell the sizes of desktop heaps, but not how full any of them is."
    return "Undecided. No listing of desktop heaps is in these texts, so nothing tells how full any heap is."


def _listing_lines(machine: str, tables: Mapping[str, Sequence[Row]]) -> list[Document]:
    """What "no sign" rests on: the tool's own total of each whole listing."""
    return [
        {
            "file": row["file"],
            "line": row["line"],
            "text": "",
            "shows": f"{count(row['desktops'], 'desktop')} with {kb(row['total_kb'])} in {session_name(row['session'])}, and the rows add up to it",
        }
        for row in tables["heap_totals"]
        if row["machine"] == machine and row["whole"]
    ]


def _next(
    worst: Row, platform: Row, tables: Mapping[str, Sequence[Row]], outcomes: Sequence[Document]
) -> list[Document]:
    """The commands that would settle an undecided case, or make a decided one surer."""
    mode, machine = worst["mode"], worst["machine"]
    has_limit = any(row["machine"] == machine and row["limit"] == "view_space" for row in tables["session_limits"])
    limit = [] if has_limit or platform["era"] == SINCE else [LIMIT]
    old = [] if platform["era"] == SINCE else [DHEAPMON]
    listing = _listing(machine, tables)
    if mode == UNDECIDED:
        if worst["reason"] == TOOL_FAILED:
            modern = any("grpWinStaList" in row["text"] for row in tables["tool_failures"] if row["machine"] == machine)
            return [EVENTS, CSRSS] if modern else [listing, *old, EVENTS, CSRSS]
        if worst["reason"] == SYMPTOM_ONLY:
            return [COMMIT, listing, *old, *limit]
        cut = any(outcome["rule"] == "evidence-incomplete" and outcome["findings"] for outcome in outcomes)
        # !dskheap fails on most builds since Windows 8; the others do not.
        modern_ways = [EVENTS, CSRSS] if platform["era"] == SINCE else []
        return limit if worst["reason"] == INCOMPLETE and not cut else [listing, *old, *limit, *modern_ways]
    again = listing | {
        "why": "once more while it fails, and in each session that has the trouble: use can be far higher then"
    }
    if mode == NO_SIGN:
        return [again, *limit]
    told = any(row["machine"] == machine and row["in_force"] for row in tables["shared_sections"])
    in_force = [] if told else [CSRSS if platform["era"] == SINCE else IN_FORCE]
    has_ptes = any(
        row["machine"] == machine and row["label"] == "Free System PTEs" for row in tables["memory_counters"]
    )
    if mode in (VIEW_EXHAUSTED, BOTH):
        return [*([] if has_ptes else [PTES]), *in_force]
    heaps = [finding["subject"].get("desktop") for finding in _findings(machine, mode, outcomes)]
    if heaps and set(heaps) <= {"Winlogon", "Disconnect"}:
        return [again]  # nothing there can be configured
    used = any(row["machine"] == machine and row["used_percent"] is not None for row in tables["desktop_heaps"])
    counted = any(row["machine"] == machine and row["user_objects"] is not None for row in tables["gui_objects"])
    objects = OBJECTS | ({"why": "once more while it fails: which count has grown"} if counted else {})
    since_8 = [objects] if platform.get("generation") == SINCE_8 else [listing, *old]
    which = [] if used else since_8  # an event tells that a heap was full, not which
    return [*which, *([again] if mode == AT_RISK else []), *in_force, *limit]


def _scope(machine: str | None, mode: str, tables: Mapping[str, Sequence[Row]]) -> Document:
    heaps = [row for row in tables["desktop_heaps"] if mode != NO_SIGN or row["tool"] in LISTINGS]
    sessions = _sessions(machine, heaps)
    missing = [
        f"session {session} is there ({row['file']}:{row['line']}), but the use of its heaps was not captured"
        for session, row in _not_captured(machine, sessions, tables)
    ]
    listings = [row for row in tables["captures"] if row["machine"] == machine and row["command"] in LISTINGS]
    judged = [row["moment"] for row in listings if row["moment"] and not row["superseded"] and row["state"] != "failed"]
    failed = [
        f"what a command was to print at {row['file']}:{row['line']}: it failed"
        for row in listings
        if row["state"] == "failed"
    ]
    numbered = _named([session for session in sessions if session is not None])
    others = f"any session other than {numbered}" if numbered else "any other session"
    rest = f"{others}, and any other moment" if sessions else "the heaps of any session"
    unnumbered = ["which session this is: its number is not printed"] if None in sessions else []
    assumed = ["that the trouble is in a session captured here, and was going on at that moment"] if sessions else []
    return {
        "machine": machine,
        "sessions": sessions,
        "moment": judged[-1] if judged else None,
        "not_captured": [*unnumbered, *missing[:MOST_NAMED], *(failed[:MOST_NAMED] if sessions else []), rest],
        "assumed": assumed,
    }


def _not_captured(
    machine: str | None, sessions: Sequence[int | None], tables: Mapping[str, Sequence[Row]]
) -> list[tuple[int, Row]]:
    """Sessions that the texts name, beside those whose heaps were captured, each with the row that names it."""
    known: dict[int, Row] = {}
    for row in (*tables["session_memory"], *tables["desktop_owners"], *tables["desktop_heaps"]):
        if row["machine"] == machine and row["session"] is not None and row["session"] not in sessions:
            known.setdefault(row["session"], row)
    return sorted(known.items(), key=lambda one: one[0])


def _listing(machine: str | None, tables: Mapping[str, Sequence[Row]]) -> Document:
    """The command that lists heaps, for a session that is there and was not captured, else for session 0."""
    sessions = _sessions(machine, tables["desktop_heaps"])
    missing = [session for session, _ in _not_captured(machine, sessions, tables)] if sessions else []
    return HEAPS | {"command": f"!dskheap -s {missing[0]}"} if missing else HEAPS


HISTORY = ("desktop-heap-was-full", "heap-allocation-failed-earlier")


def _history(machine: str, outcomes: Sequence[Document]) -> list[str]:
    return [
        finding["summary"]
        for outcome in outcomes
        if outcome["rule"] in HISTORY
        for finding in outcome["findings"]
        if finding["machine"] == machine
    ]
