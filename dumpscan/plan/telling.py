"""A plan in words: which sizes and why, what limits them, the text to apply, the way back, and what has to be safe before.

Nothing here is ever run. Where the value `Windows` was not seen whole, words stand in the place of a file: a value from a template would not
boot (STOP c000021a).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from dumpscan import applying
from dumpscan.configured import IN_FORCE
from dumpscan.plan import NOTHING_WANTED, Wanted
from dumpscan.plan.candidates import LOWER, LOWEST, STORED, TODAY, USUAL_VIEW, VIEW, VIEW_AND_HEAPS, WITHOUT_3GB
from dumpscan.plan.figures import heap_for
from dumpscan.plan.machines import (
    AT_RISK,
    CONTRADICTS,
    EVENT_IN_SERVICES,
    FAILED,
    FULL,
    GROWS,
    NO_HELP,
    NO_VIEW_SIZE,
    SLASH_3GB,
    UNEXPLAINED,
    VIEW_FULL,
    VIEW_TIGHT,
)
from dumpscan.platforms import BEFORE, BEFORE_8, LIMITS, NT4, SINCE, SINCE_8, W2K
from dumpscan.queries import MEMORY, SUBSYSTEMS
from dumpscan.rules._heap import EXHAUSTED, MOST, READ_FIRST
from dumpscan.rules._sizes import FALLBACK_INTERACTIVE, FALLBACK_SERVICE, LEAST
from dumpscan.rules._view import OF_THE_MACHINE, ask_for_slash_3gb, larger_view
from dumpscan.view_space import SMALL_VIEW
from dumpscan.words import count, kb, session_name

Row = Mapping[str, Any]
Document = dict[str, Any]

KEYS = {
    "SharedSection": rf"HKLM\{SUBSYSTEMS}",
    "SessionViewSize": rf"HKLM\{MEMORY}",
}
WITH_VIEW = (VIEW, VIEW_AND_HEAPS, USUAL_VIEW, WITHOUT_3GB)
VALUES = {"second": "interactive_kb", "third": "non_interactive_kb"}
# What is wrong with the value itself.
DAMAGED = {"shared-section-damaged", "max-request-threads"}
GROWING = "Use of a heap grows: find what leaks first, for a larger heap only buys time."
_LIST = re.compile(r"(?i)SharedSection=[ \t]*([0-9]+)[ \t]*,[ \t]*([0-9]+)(?:[ \t]*,[ \t]*([0-9]+))?(?![0-9])")
ASK = {
    "era": "which Windows this is (vertarget in the debugger, or ver)",
    "architecture": "whether it is x86 or x64 (vertarget in the debugger, or systeminfo)",
}


def plans(
    rows: Sequence[Row], platforms: Sequence[Row], heaps: Sequence[Row], values: Sequence[Row], views: Sequence[Row],
    found: Mapping[str, set[str]], wanted: Wanted = NOTHING_WANTED,
) -> list[Document]:  # fmt: skip
    """A plan of each machine of a case that has heaps or sizes: `values` are its texts of the value Windows, `found` the rules that found
    something on each machine."""
    by_machine: dict[str, list[Row]] = {}
    for row in rows:
        by_machine.setdefault(row["machine"], []).append(row)
    listed = {row["machine"] for row in heaps}
    told = []
    for platform in platforms:
        name = platform["machine"]
        if name not in by_machine and name not in listed and platform["configured_service_kb"] is None:
            continue
        mine = [value for value in values if value["machine"] == name and not value["in_force"]]
        space = [view for view in views if view["machine"] == name and not view["superseded"]]
        told.append(_plan(by_machine.get(name, []), platform, mine, space, found.get(name, set()), wanted))
    return told


def _plan(
    rows: Sequence[Row], platform: Row, values: Sequence[Row], views: Sequence[Row], found: set[str], wanted: Wanted
) -> Document:
    """One machine."""
    best = next((row for row in rows if row["recommended"]), None)
    today = next((row for row in rows if row["candidate"] == TODAY), None)
    stored = next((row for row in rows if row["candidate"] == STORED), None)
    changes = best is not None and best["candidate"] != TODAY
    larger = "" if platform["era"] == SINCE else _larger_view(rows, platform, views, found)
    summary = (
        _unknown(platform)
        if today is None
        else _summary(best, today, platform, found, wanted, _if_not_weighed(rows, larger))
        if best is not None or stored is None or CONTRADICTS in found
        else _no_restart(stored, today)
    )
    text = (
        _text(best, today, platform, values, found)
        if best is not None and today is not None and changes
        else _no_text()
    )
    return {
        "machine": platform["machine"],
        "summary": summary,
        "says_something": today is not None
        and (changes or best is None or wanted.asked() or bool(found & {FULL, AT_RISK, NO_HELP})),
        "rows": [{**row, "sizes": _sizes_of(row), "name": _name(row)} for row in rows],
        "goes_with": [] if best is None else [*best["side_effects"], *best["risks"]],
        "risks": _risks(rows),
        "limits": _limits(rows, platform, larger) if today is not None else [],
        **text,
        "safety": safety(platform, text["keys"]),
    }


def _unknown(platform: Row) -> str:
    """Why nothing is planned, and which command would tell."""
    missing = [ask for aspect, ask in ASK.items() if platform[aspect] is None]
    if missing:
        return f"No numbers: these texts do not tell {' nor '.join(missing)}. With wrong ones Windows may not boot."
    return "No numbers: these texts do not tell the sizes of its heaps. List them (!dskheap), or print the command line of csrss.exe."


def _sizes_of(row: Row) -> str:
    """ "3072,1024", the second and the third value."""
    second, third = row["interactive_kb"], row["non_interactive_kb"]
    return f"{'?' if second is None else second},{'?' if third is None else third}"


def _name(row: Row) -> str:
    """The sizes, and the view where that changes, too."""
    view = f" with a view of {int(row['view_kb']) // 1024} MB" if row["candidate"] in WITH_VIEW else ""
    return _sizes_of(row) + view


def _risks(rows: Sequence[Row]) -> list[Document]:
    """Each risk once, with all sizes that run it; those of the recommended row stand beside it."""
    risks: dict[str, list[str]] = {}
    for row in rows:
        for risk in () if row["recommended"] else row["risks"]:
            risks.setdefault(risk, []).append(_name(row))
    return [{"text": text, "of": list(dict.fromkeys(names))} for text, names in risks.items()]


def _no_restart(stored: Row, today: Row) -> str:
    """Where the sizes that wait in the registry are not to come into force."""
    why = (
        "their heaps do not fit into session view space with what GDI and others need, so Windows may fall back to 512 and 128 KB"
        if stored["fits"] == "no"
        else "that is less than twice what is in use, so programs and services may not start after it"
    )
    return f"No restart before the registry is changed: {_sizes_of(stored)} (second and third SharedSection value) wait there, and {why}. Put back {_sizes_of(today)} first."


def _if_not_weighed(rows: Sequence[Row], larger: str) -> str:
    """What is said of a larger view, unless a row has one: then its figures tell."""
    return "" if any(row["candidate"] == VIEW for row in rows) else larger


def _summary(best: Row | None, today: Row, platform: Row, found: set[str], wanted: Wanted, larger: str) -> str:
    """What to do, why, and what it comes to; `larger`: what would allow a larger view."""
    if best is None:
        return _nothing_fits(today, platform, found, wanted, larger)
    reason = best["reason"][0].upper() + best["reason"][1:]
    reason += _too_few(best, wanted)
    if best["candidate"] == TODAY:
        leak = f" {GROWING}" if found & {GROWS, NO_HELP} else ""
        silent = (
            " But no listing tells how full the heaps are."
            if best["interactive_free_kb"] is None and best["service_free_kb"] is None
            else ""
        )
        return f"{reason}.{leak}{silent} {_use(best, wanted)}".rstrip()
    leak = f" {GROWING}" if found & {GROWS} else ""
    return f"{_changes(best, today, platform)}: {best['reason']}{_too_few(best, wanted)}.{leak} {_use(best, wanted)}".rstrip()


def _too_few(best: Row, wanted: Wanted) -> str:
    """Where no size was found that holds the processes that were asked for."""
    needed = heap_for(wanted.processes, wanted.cost_kb) if wanted.processes else 0
    if not needed or (best["non_interactive_kb"] or 0) >= needed:
        return ""
    return f"; it does not hold {wanted.processes:,} processes of {wanted.cost_kb} KB, which would need {kb(needed)}"


def _changes(best: Row, today: Row, platform: Row) -> str:
    """The values that change, in words."""
    said = _digits(best, today)
    if best["candidate"] in (VIEW, VIEW_AND_HEAPS):
        mb = int(best["view_kb"]) // 1024
        said.append(
            f"without SessionViewSize, which gives {mb} MB"
            if _deleted(best, platform)
            else f"SessionViewSize {mb} MB (one step of 16 MB)"
        )
    words = " and ".join(said) or "no other digits"
    return words[0].upper() + words[1:]


def _deleted(best: Row, platform: Row) -> bool:
    """Whether the larger view is the one that a 64-bit Windows has without the value."""
    return bool(platform["architecture"] == "x64" and best["view_kb"] == LIMITS["x64"][0])


def _digits(best: Row, today: Row) -> list[str]:
    """Each value that changes. Where Windows fell back, what is listed is not what is configured."""
    was = {
        name: best[f"stored_{name}"] if best["candidate"] in (LOWEST, LOWER) else today[name]
        for name in VALUES.values()
    }
    return [
        f"third SharedSection value {best[name]}, where there is none" if best["stored_interactive_kb"] is not None and best[f"stored_{name}"] is None
        else f"{which} SharedSection value from {was[name]} to {best[name]}"
        for which, name in VALUES.items()
        if best[name] != was[name]
    ]  # fmt: skip


def _use(row: Row, wanted: Wanted) -> str:
    """What the sizes hold: the session that has the least room, and the least room of a heap."""
    said = []
    if row["heaps_kb"] is not None and row["others_kb"] is not None:
        view = f" of {kb(row['view_kb'])}" if row["view_kb"] is not None else ", of a view whose limit is not known"
        more = (
            f"; {count(row['more_desktops'], 'more service desktop fits', 'more service desktops fit')} beside what GDI and others need"
            if row["more_desktops"] is not None and row["view_kb"] is not None
            else ""
        )
        said.append(f"The heaps of {session_name(row['session'])} then take {kb(row['heaps_kb'])}{view}{more}.")
    for name, which in (("interactive_free_kb", "interactive"), ("service_free_kb", "service")):
        if row[name] is not None:
            said.append(
                f"The fullest {which} heap has {kb(row[name])} free, about {count(int(row[name] // wanted.cost_kb), 'process', 'processes')} at {wanted.cost_kb} KB."
            )
    return " ".join(said)


def _nothing_fits(today: Row, platform: Row, found: set[str], wanted: Wanted, larger: str) -> str:
    """Why no row is recommended."""
    if found & {FAILED, UNEXPLAINED, EVENT_IN_SERVICES} and not found & {FULL, AT_RISK}:
        return "No size can be judged: an allocation failed (event 243), and the heap that it was is not among those listed, or has room. List the heaps of every session while it fails."
    if CONTRADICTS in found:
        return "No advice: the limit of session view space and the heaps do not belong together. Collect both in one go, in the same boot."
    if today["non_interactive_kb"] == FALLBACK_SERVICE or today["interactive_kb"] == FALLBACK_INTERACTIVE:
        return f"No advice: {READ_FIRST[1][0].lower()}{READ_FIRST[1][1:]}"
    if wanted.processes and heap_for(wanted.processes, wanted.cost_kb) > MOST:
        return f"No third value is known to hold {wanted.processes:,} processes of {wanted.cost_kb} KB: {kb(MOST)} is the most that is known to be in use. Spread them over several logons."
    if NO_HELP in found:
        return "No larger value is advised: a heap was made larger and is full again. That is a leak or a load that only grows; more only buys time."
    if today["view_kb"] is None and platform["era"] != SINCE and not wanted.service_desktops:
        return "No advice yet: the limit of session view space is not in these texts, and a larger heap would not fit into the smallest that this Windows can have. Print it first: dd nt!MmSessionViewSize L1"
    for which, name in _tightest_first(today) if found & {FULL, AT_RISK} else ():
        if today[name] is not None and today[name] >= MOST:
            return f"No larger {which} value is advised: {EXHAUSTED[which]}"
    if wanted.service_desktops and today["fits"] == "unknown":
        return f"Whether {count(wanted.service_desktops, 'more service desktop fits', 'more service desktops fit')} is not told: the limit of session view space, or a listing of the heaps, is not in these texts."
    waits = (platform["stored_view_kb"] or 0) > (today["view_kb"] or 0) and platform[
        "view_how"
    ] not in IN_FORCE.values()
    if today["fits"] != "yes" and today["view_kb"] is not None and waits:
        return f"No other size yet. {_step(platform, today['view_kb'], today['free_ptes'])}"
    need = ""
    if today["needed_view_kb"] is not None and platform["era"] != SINCE and today["fits"] != "yes":
        need = f" They would need a view of {int(today['needed_view_kb']) // 1024} MB, with what GDI and others take at worst."
    heaps = (
        f"The heaps with {count(wanted.service_desktops, 'more service desktop', 'more service desktops')}"
        if wanted.service_desktops
        else "Today's heaps"
    )
    what = f"{heaps} do not fit beside what GDI and others need"
    if today["fits"] == "yes":
        pressed = found & {VIEW_FULL, VIEW_TIGHT} and not found & {FULL, AT_RISK}
        what = "These texts allow no larger session view space" if pressed else "A larger value does not fit"
    said = f"{what}, so no other size can be advised: fewer desktops come first (one logon for several services, sessions logged off). {heaps} take {kb(today['heaps_kb'] or 0)}.{need}"
    return f"{said} {larger}".rstrip()


def _tightest_first(today: Row) -> list[tuple[str, str]]:
    """The values, that of the heap which is fullest first."""
    free = {"second": today["interactive_free_kb"], "third": today["service_free_kb"]}

    def share(value: tuple[str, str]) -> float:
        room, size = free[value[0]], today[value[1]]
        return 1.0 if room is None or not size else float(room / size)

    return sorted(VALUES.items(), key=share)


def _limits(rows: Sequence[Row], platform: Row, larger: str) -> list[str]:
    """What bounds the sizes on this Windows; `larger`: whether SessionViewSize may grow."""
    said = [
        f"{MOST} is the most that Microsoft advises for the second value, and the most that is known to be in use for the third; less than {LEAST} counts as {LEAST}; sizes are "
        "rounded up to pages of 4 KB.",
        "The first value (shared heap) is no cure for a full desktop heap: leave it.",
    ]
    if platform["era"] == SINCE:
        return [
            *said,
            "Session view space has no practical limit on Vista and later: SessionViewSize does nothing there.",
        ]
    said.append(
        f"Heaps that do not fit at the start of a session make Windows fall back to {FALLBACK_INTERACTIVE} and {FALLBACK_SERVICE} KB; for how many heaps it reserves is not "
        "published (3072,512 fits into 20 MB; 3072,2048 fell back)."
    )
    if platform["architecture"] == "x86":
        pool = next((row["pool_kb"] for row in rows if row["pool_kb"] is not None), None)
        beside = "" if pool is None else f"; the pool has {int(pool) // 1024} MB"
        said.append(f"Session view space and session pool together must stay below 450 MB{beside}.")
    return [*said, larger]


def _larger_view(rows: Sequence[Row], platform: Row, views: Sequence[Row], found: set[str]) -> str:
    """Whether SessionViewSize may grow, in the words of the rules."""
    if any(row["candidate"] == VIEW for row in rows) is False:
        if platform["build"] in (NT4, W2K):
            return "SessionViewSize: Windows 2000 reads it only with Terminal Services and a kernel of 5.0.2195.6797 or later, NT 4.0 never." if platform["build"] == W2K else "SessionViewSize: NT 4.0 does not know it; one buffer of 48 MB holds the heaps of the whole system."  # fmt: skip
        if SLASH_3GB in found and platform["view_how"] not in IN_FORCE.values():
            return ask_for_slash_3gb(platform)[1]
        if CONTRADICTS in found:
            return "SessionViewSize: not before the limit that was printed is known to be of these heaps."
    first = next((view for view in views if view["limit_kb"] is not None), None)
    limit = first["limit_kb"] if first else SMALL_VIEW if NO_VIEW_SIZE in found else None
    ptes = next((view["free_ptes"] for view in views if view["free_ptes"] is not None), None)
    said = _step(platform, limit, ptes)
    # The rules list it under what does not help.
    said = said.replace("A larger SessionViewSize:", "SessionViewSize cannot grow:", 1)
    return said.replace("Raise SessionViewSize", "If more session view space is needed: SessionViewSize may grow", 1)


def _step(platform: Row, limit: int | None, ptes: int | None) -> str:
    """What the rules say of a larger view on this machine."""
    return larger_view(
        {**{name: platform[name] for name in ("era", *OF_THE_MACHINE)}, "limit_kb": limit, "free_ptes": ptes}
    )[1]


# ---- the text to apply


def _no_text() -> Document:
    return {"words": [], "changes": [], "keys": ["SharedSection"]}


def _text(best: Row, today: Row, platform: Row, values: Sequence[Row], found: set[str]) -> Document:
    """What to change, as files where the value was seen whole, else in words; and which keys that touches."""
    words: list[str] = []
    changes: list[Document] = []
    keys: list[str] = []
    if best["candidate"] == STORED:
        words.append("Nothing: the registry has these sizes. Restart, and list the heaps again.")
    elif any(best[name] != today[name] for name in VALUES.values()):
        keys.append("SharedSection")
        _sections(best, today, platform, values, words, changes, found & DAMAGED)
    if best["candidate"] in (VIEW, VIEW_AND_HEAPS):
        keys.append("SessionViewSize")
        after = None if _deleted(best, platform) else int(best["view_kb"]) // 1024
        before = best["stored_view_mb"]
        if before is None and after is None:
            words.append(f"Delete the value SessionViewSize in {KEYS['SessionViewSize']}; note what it was.")
        elif before is None and NO_VIEW_SIZE not in found:
            words.append(
                f"SessionViewSize (REG_DWORD, MB) in {KEYS['SessionViewSize']}: note what it is now, or that it is not there; then set it to {after} (hex {after:x})."
            )
        else:
            changes.append(
                _change("SessionViewSize", applying.view(None if before is None else int(before), after), platform)
            )
    return {"words": words, "changes": changes, "keys": keys or ["SharedSection"]}


def _sections(
    best: Row, today: Row, platform: Row, values: Sequence[Row], words: list[str], changes: list[Document], damaged: set[str],
) -> None:  # fmt: skip
    """The digits of SharedSection inside this machine's own value."""
    texts = list(dict.fromkeys(value["text"] for value in values))
    lists = _LIST.findall(texts[0]) if len(texts) == 1 else []
    stored = [int(number) for number in lists[0] if number] if len(lists) == 1 else []
    if stored:
        sizes = [stored[0], *_sizes(best, today, stored)]
        if sizes == stored:
            words.append("Nothing: the registry has these digits already. Restart, and list the heaps again.")
            return
        change = None if damaged else applying.change(texts[0], sizes, platform["build"])
        if change is not None:
            changes.append(
                _change("SharedSection", change, platform) | {"file": values[0]["file"], "line": values[0]["line"]}
            )
            return
        was, now = (",".join(map(str, numbers)) for numbers in (stored, sizes))
        digits = f"SharedSection={was} becomes SharedSection={now}"
    else:
        digits = " and ".join(_digits(best, today)).replace("SharedSection value", "number of the list SharedSection")
    why = (
        "These texts have several values of it, which differ, so there is no file to import: read first which one is stored now."
        if len(texts) > 1
        else f"The value is damaged ({', '.join(sorted(damaged))}): mend that in the same change; a file would write the damage again."
        if damaged
        else "The value was not seen whole in these texts, so there is no file to import: one from another machine may keep this one from booting."
    )
    words.append(
        f"In regedit, change only these digits inside the value Windows of {KEYS['SharedSection']}: {digits}. {why}"
    )


def _sizes(best: Row, today: Row, stored: Sequence[int]) -> list[int]:
    """Second and third number: what changes, and of what does not the digits that are stored."""
    second = int(best["interactive_kb"]) if best["interactive_kb"] != today["interactive_kb"] else stored[1]
    if best["non_interactive_kb"] != today["non_interactive_kb"]:
        return [second, int(best["non_interactive_kb"])]
    return [second, *stored[2:]]


def _change(what: str, change: applying.Change, platform: Row) -> Document:
    """A change and its way back as texts. NT 4.0 and Windows 2000 have no PowerShell."""
    shell = platform["build"] is None or platform["build"] > W2K
    return {
        "what": what,
        "value": change.value,
        "apply": {"reg": change.apply.reg, "powershell": change.apply.powershell if shell else None},
        "back": {"reg": change.back.reg, "powershell": change.back.powershell if shell else None},
        "file": None,
        "line": None,
    }


def safety(platform: Row, keys: Sequence[str]) -> list[str]:
    """What has to be safe before any of it is applied: a wrong value can keep a machine from booting."""
    old = platform["build"] is not None and platform["build"] <= W2K
    names = {"SharedSection": "before.reg", "SessionViewSize": "before-memory.reg"}
    exports = [
        f'regedit /e {names[key]} "{KEYS[key].replace("HKLM", "HKEY_LOCAL_MACHINE", 1)}"' if old else f'reg export "{KEYS[key]}" {names[key]}'
        for key in keys
    ]  # fmt: skip
    known_good = "Last Known Good, before any logon"
    rescue = r"WinRE: reg load HKLM\OFF D:\Windows\System32\config\SYSTEM, read Select\Current, and mend the control set of that number"
    generation = BEFORE_8 if platform["era"] == BEFORE else platform["generation"]
    mend = {BEFORE_8: f"{known_good}.", SINCE_8: f"{rescue}."}.get(
        generation, f"up to 7 and 2008 R2 {known_good}; from Windows 8 on {rescue}."
    )
    return [
        f"Back up the key first: {' and '.join(exports)}",
        "Have console access and a system-state backup. A VM snapshot is no way back for a domain controller, Exchange or a cluster node.",
        f"If it does not boot: {mend}",
        "Clusters: the passive node first, then every node. Remote Desktop servers: drain logons first.",
        "Afterwards: collect again, compare both reports, and look at the command line of csrss.exe.",
    ]
