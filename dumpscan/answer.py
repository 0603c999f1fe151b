"""The verdict of one case in words: one sentence, what it speaks of, its proof, and what would settle an open question."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dumpscan.complaint import Complaint
from dumpscan.machines import LISTINGS
from dumpscan.platforms import SINCE
from dumpscan.rules import CERTAINTIES, FAILED, SEVERITIES
from dumpscan.settling import DHEAPMON, EVENTS, HEAPS, LIMIT, NO_PLATFORM, facts, not_captured, sessions, steps
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
    WRONG_SCOPE,
)
from dumpscan.words import MOST_NAMED, count, heap_name, kb, percent, session_name, sessions_named

Document = dict[str, Any]
Row = Mapping[str, Any]

SPEAKS_FOR = {
    HEAP_FULL: (HEAP_FULL,),
    VIEW_EXHAUSTED: (VIEW_EXHAUSTED,),
    BOTH: (VIEW_EXHAUSTED, HEAP_FULL),
    AT_RISK: (AT_RISK,),
    CONTRADICTORY: (CONTRADICTORY,),
    INCOMPLETE: (INCOMPLETE,),
    SYMPTOM_ONLY: (SYMPTOM_ONLY,),
    TOOL_FAILED: (TOOL_FAILED,),
    WRONG_SCOPE: (WRONG_SCOPE,),
}


def answer(
    machines: Sequence[Row],
    outcomes: Sequence[Document],
    tables: Mapping[str, Sequence[Row]],
    views: Sequence[Row],
    platforms: Sequence[Row],
    said: Complaint,
) -> Document:
    """The `verdict` part of a document. `machines` are the verdicts of the case's machines, the worst first."""
    if not machines:
        return _document(
            None, UNDECIDED, NO_EVIDENCE, None, _no_evidence(tables), [], [HEAPS, DHEAPMON, LIMIT, EVENTS],
            _scope(None, UNDECIDED, tables, said), [], [], facts(None, NO_PLATFORM, tables),
        )  # fmt: skip
    worst = machines[0]
    told = [_machine_answer(machine, outcomes, tables, views) for machine in machines]
    summary, deciding = told[0]
    platform = next((one for one in platforms if one["machine"] == worst["machine"]), NO_PLATFORM)
    of_rules = _by_rule(worst["machine"], outcomes)
    elsewhere = [session for finding in deciding for session in _sessions_of(finding) if session is not None]
    if said.session is not None and elsewhere and said.session not in elsewhere and worst["mode"] != UNDECIDED:
        summary += f" That is not session {said.session}, in which it failed."
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
        steps(worst, platform, views, tables, of_rules),
        _scope(worst["machine"], worst["mode"], tables, said),
        others,
        _history(worst["machine"], outcomes),
        facts(worst["machine"], platform, tables),
    )


def _sessions_of(finding: Document) -> list[int | None]:
    """The sessions that a finding speaks of."""
    subject = finding["subject"]
    return list(subject.get("sessions") or [subject.get("session")])


def _by_rule(machine: str, outcomes: Sequence[Document]) -> dict[str, list[Document]]:
    """The findings of each rule on a machine, each with what it says."""
    found: dict[str, list[Document]] = {}
    for outcome in outcomes:
        for finding in outcome["findings"]:
            if finding["machine"] == machine:
                found.setdefault(outcome["rule"], []).append(finding | {"says": outcome["says"]})
    return found


def _document(
    machine: str | None, mode: str, reason: str | None, certainty: str | None, summary: str, evidence: list[Document], following: list[Document],
    scope: Document, others: list[Document], history: list[str], known: Document,
) -> Document:  # fmt: skip
    return {
        "mode": mode,
        "reason": reason,
        "certainty": certainty,
        "summary": summary,
        "scope": scope,
        "facts": known,
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
        else_fits = _by_rule(name, outcomes).get(WHAT_ELSE, [])
        beside = " What else fits the symptom that these texts speak of is told below." if else_fits else ""
        return _no_sign(name, tables, views) + beside, []
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
    if mode == HEAP_FULL and first and first[0]["subject"].get("size_kb") is None:
        spoken = _sessions_of(first[0])
        estimates = [one for one in _by_rule(name, outcomes).get(WHICH_HEAP, []) if one["subject"]["session"] in spoken]
        sentence += "".join(f" {finding['summary']}" for finding in estimates[:1])
    more = len(found) - len(first)
    if more:
        sentence += f" {more} more {'finding' if more == 1 else 'findings'} of this kind below."
    if machine["reason"] == WRONG_SCOPE and any(
        row["machine"] == name and row["whole"] for row in tables["heap_totals"]
    ):
        sentence += f" What was captured: {_no_sign(name, tables, views)}"
    return (f"Undecided. {sentence}" if mode == UNDECIDED else sentence), found


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
    captured = sessions_named(sessions(machine, heaps))
    mine = [view for view in views if view["machine"] == machine and not view["superseded"]]
    tightest = max(mine, key=lambda view: view["heaps_kb"])
    return (
        f"No sign of desktop heap exhaustion in {captured} at the moment of this capture: the fullest heap, {heap_name(fullest)}, is "
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


def _scope(machine: str | None, mode: str, tables: Mapping[str, Sequence[Row]], said: Complaint) -> Document:
    heaps = [row for row in tables["desktop_heaps"] if mode != NO_SIGN or row["tool"] in LISTINGS]
    captured = sessions(machine, heaps)
    missing = _missing(not_captured(machine, captured, tables))
    listings = [row for row in tables["captures"] if row["machine"] == machine and row["command"] in LISTINGS]
    judged = [row["moment"] for row in listings if row["moment"] and not row["superseded"] and row["state"] != "failed"]
    failed = [
        f"what a command was to print at {row['file']}:{row['line']}: it failed"
        for row in listings
        if row["state"] == "failed"
    ]
    numbered = sessions_named([session for session in captured if session is not None])
    others = f"any session other than {numbered}" if numbered else "any other session"
    rest = f"{others}, and any other moment" if captured else "the heaps of any session"
    unnumbered = ["which session this is: its number is not printed"] if None in captured else []
    return {
        "machine": machine,
        "sessions": captured,
        "moment": judged[-1] if judged else None,
        "complaint": {"session": said.session, "failed_at": said.failed_at},
        "not_captured": [*unnumbered, *missing[:MOST_NAMED], *(failed[:MOST_NAMED] if captured else []), rest],
        "assumed": _assumed(captured, bool(judged), said) if captured else [],
    }


def _missing(known: Sequence[tuple[int, Row]]) -> list[str]:
    """Sessions that are there and were not captured, those of one line together."""
    lines: dict[tuple[str, int], list[int]] = {}
    for session, row in known:
        lines.setdefault((row["file"], row["line"]), []).append(session)
    return [
        f"{sessions_named(numbers)} {'is' if len(numbers) == 1 else 'are'} there ({file}:{line}), but the use of {'its' if len(numbers) == 1 else 'their'} heaps was not captured"
        for (file, line), numbers in lines.items()
    ]


def _assumed(captured: Sequence[int | None], dated: bool, said: Complaint) -> list[str]:
    """What the answer takes for granted, because nobody said it."""
    if said.session is None and said.failed_at is None:
        return ["that the trouble is in a session captured here, and was going on at that moment"]
    assumed = []
    if said.session is None:
        assumed.append("that the trouble is in a session captured here")
    elif said.session not in captured and None in captured:
        assumed.append(f"that the listing without a session number is of session {said.session}")
    if said.failed_at is None:
        assumed.append("that the trouble was going on when this was captured")
    elif not dated:
        assumed.append(
            f"that this was captured at the time of the failure ({said.failed_at}): no time is printed in it"
        )
    return assumed


# An event tells that a heap was full; who held most objects there tells, by estimate, which one.
WHICH_HEAP = "heaviest-on-desktop"
# What else fits a symptom, beside a listing that shows no sign.
WHAT_ELSE = "symptom-without-sign"
HISTORY = ("desktop-heap-was-full", "heap-allocation-failed-earlier")


def _history(machine: str, outcomes: Sequence[Document]) -> list[str]:
    return [
        finding["summary"]
        for outcome in outcomes
        if outcome["rule"] in HISTORY
        for finding in outcome["findings"]
        if finding["machine"] == machine
    ]
