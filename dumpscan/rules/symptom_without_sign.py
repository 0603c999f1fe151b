r"""The texts speak of a symptom, and the heaps of this capture have room

## What happens
The error is one that desktop heap can give, but the listing shows no sign of it: each heap has room, and so has session view space. At that moment, in that session, something else
fits better. Another moment or another session may look different.

## How the log proves it
The last listings of the machine are whole, each heap is used to less than 80 % with more than 16 KB free and no service heap was lowered and is half used, each session leaves room for another heap under every limit that this
Windows can have, and no event 243 or 244 is in the texts.

## What to do
Capture again while it fails, in the session that fails. Then look at what else gives this symptom:

- 0xC0000142: another DLL that refuses to start. First AppInit_DLLs and the DLLs that security products put into every process **[field]**; loader snaps tell which one (`gflags /i PROGRAM.EXE +sls` and a debugger). If one account
  fails from the first process on, and only with programs that load user32.dll (where, curl, whoami; not ping or the built-in commands of cmd): rights on window station and desktop
  (lpDesktop, CreateProcessAsUser). A full heap fails from the N-th process on.
- exit code 128: rights, or the program's own 128.
- error 8, 1450, 1816: commit, pool, GDI objects; on a terminal server with /3GB ask the vendor which call failed.
- white windows, missing fonts, tray icons that float: GDI objects, session pool, session view space; never proved.
- With a listing that tells bytes (size and committed) look at commit first **[field]**: the committed part may grow.
- View space of 240 MB with eleven displays failed, too: more view space is not the proven cure for many displays.

## What would refute it
A listing of the session that fails, from the time of the failure, with a full heap.

## Sources
ntdebugging blog, comments 28 and 31 (10.5 % at most, other DLLs), 54, 55, 72, 85, 86 and 88; KB 184802 (rights as the first cause); openai/codex issue 27265 (which programs fail); field experience.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from dumpscan.heaps import no_room
from dumpscan.machines import LISTINGS, machine_keys
from dumpscan.platforms import MACHINE, SERVICE_HEAP, SINCE
from dumpscan.rules import ALIKE, CAUSE, FUTILE, NOW, Found, Told, cite, found, rule
from dumpscan.rules._symptoms import SPOKEN, by_machine, logged, spoken, suspected
from dumpscan.rules._view import limited, tight
from dumpscan.view_space import has_limit
from dumpscan.words import heap_name, kb, percent, session_name

if TYPE_CHECKING:
    import pandas as pd

FILLING = 80  # percent
HALF = 50  # percent of a service heap below its default
HEAP = ["session", "window_station", "desktop", "desktop_path", "size_kb", "used_percent", "tool", "role"]

# What tells missing rights from a full heap (KB 184802, cause 1; openai/codex issue 27265): the first child fails, and the kind of program decides.
RIGHTS = (
    NOW,
    "Start one child alone under that account. If the first one fails each time, whatever the uptime, and only programs that load user32.dll (where, curl, whoami) while built-in commands of cmd and ping run, "
    "the account has no right on window station and desktop (lpDesktop, CreateProcessAsUser); with a full heap the first ones start and the N-th fails.",
)
# What else gives a symptom: (its signatures, the advice), in the order in which they are told.
ELSE = (
    (("dll-init-failed", "postgres-backend-died", "msys-fork-died", "ci-step-died", "elastic-agent-watcher", "dynamic-link-library-failed", "dll-initialization-failure"), (
        (NOW, "Look at AppInit_DLLs and at the DLLs that security products put into every process: one that refuses to start gives 0xC0000142 as well."),
        (NOW, "Let the loader say which DLL refused: gflags /i PROGRAM.EXE +sls, then start it under a debugger."),
        RIGHTS)),
    (("no-child-processes", "exit-code-128", "app-pool-exit-0x80"), (
        RIGHTS,
        (NOW, "Ask whether 128 is the program's own exit code: any program may end with it."))),
    (("not-enough-storage", "not-enough-memory", "not-enough-quota", "insufficient-system-resources", "insufficient-resources", "no-memory", "out-of-memory", "visual-basic-out-of-memory"), (
        (NOW, "Look at commit and its limit first, then at pool and page table entries (!vm 1)."),
        (NOW, "Count GDI and USER objects by process, and ask the vendor which call failed."))),
    (("blank-windows", "system-object-not-created", "bitmap-not-created", "window-not-created", "window-wrapper-failed"), (
        (NOW, "Count GDI and USER objects by process (10,000 is the limit of each), and run !vm 4 for the pool of that session."),)),
    (("cgi-headers-incomplete", "asp-0177", "iis-service-unavailable", "class-does-not-exist", "server-execution-failed", "dcom-timeout"), (
        (NOW, "Check the rights of the identity (IIS_WPG, DCOM launch permissions) and whether the server takes longer than 30 seconds to start."),)),
)  # fmt: skip


@rule(
    stage=ALIKE,
    says=None,
    needs=("symptoms.signature", "view_space.heaps_kb"),
    clear="No symptom stands beside a listing in which every heap has room.",
    references=("KB 184802", "ntdebugging blog 2007-01-04, comments 28, 31 and 88"),
)
def check(
    symptoms: pd.DataFrame, desktop_heaps: pd.DataFrame, captures: pd.DataFrame, view_space: pd.DataFrame,
    platforms: pd.DataFrame, events: pd.DataFrame, systems: pd.DataFrame,
) -> Found | None:  # fmt: skip
    """One finding a machine that has a symptom and room everywhere, with its fullest heap."""
    heaps = desktop_heaps[desktop_heaps["used_percent"].notna() & ~desktop_heaps["superseded"]]
    told = suspected(symptoms)
    keys = machine_keys(told)
    whole = _states(captures, "whole")
    doubtful = {
        *_states(captures, "cut", "silent", "failed"),
        *_pressed(heaps, view_space, platforms),
        *logged(events, systems),
    }
    told = told[(keys.isin(whole) & ~keys.isin(doubtful)).to_numpy(bool)]
    fullest = (
        heaps.sort_values("used_percent", kind="stable")
        .assign(key=machine_keys(heaps))
        .drop_duplicates("key", keep="last")
    )
    rows = by_machine(told)
    rows = rows.assign(key=machine_keys(rows), severity="info", certainty="likely")
    rows["era"] = rows["key"].map(platforms.set_index(machine_keys(platforms))["era"]).astype(object)
    place = {"file": "heap_file", "line": "heap_line"}
    rows = rows.merge(fullest[["key", *HEAP, *place]].rename(columns=place), on="key")
    listed = rows.assign(file=rows["heap_file"].astype(object), line=rows["heap_line"])
    lines = told[[*MACHINE, "file", "line", "signature"]]
    return found(
        rows,
        cite(listed, "the fullest heap: {used_percent:g} % of {size_kb:,} KB used"),
        cite(rows[MACHINE], "a symptom ({signature}), as somebody saw or wrote it", lines, MACHINE),
    )


def _states(captures: pd.DataFrame, *states: str) -> set[int]:
    """Machines with a listing in one of these states that no later one replaces."""
    rows = captures[captures["command"].isin(LISTINGS) & captures["state"].isin(states) & ~captures["superseded"]]
    return {*machine_keys(rows)}


def _pressed(heaps: pd.DataFrame, view_space: pd.DataFrame, platforms: pd.DataFrame) -> set[int]:
    """Machines with a heap or a view that is full, filling, or smaller than the default and half used."""
    used, size = heaps["used_percent"], heaps["size_kb"]
    architecture = machine_keys(heaps).map(platforms.set_index(machine_keys(platforms))["architecture"]).astype(object)
    default = architecture.map(SERVICE_HEAP).fillna(min(SERVICE_HEAP.values()))
    lowered = heaps["role"].eq("service") & size.lt(default) & used.ge(HALF)
    full = heaps[(used.ge(FILLING) | no_room(heaps) | lowered).fillna(True).to_numpy(bool)]
    view = view_space[~view_space["superseded"].astype(bool)]
    room = view["possible_kb"] - view["other_kb"] - view["most_kb"] - view["next_kb"]
    short = view[(has_limit(view) & room.lt(0).fillna(True)).to_numpy(bool)]
    printed = limited(view_space)
    pressed = printed[tight(printed)]  # an exhausted one is short
    return {*machine_keys(full), *machine_keys(short), *machine_keys(pressed)}


def tell(row: Mapping[str, Any]) -> Told:
    """A finding in words: no sign here, and what else fits this symptom."""
    view = "session view space has no practical limit there" if row["era"] == SINCE else "session view space has room"
    summary = (
        f"The texts speak of {spoken(row)}, but this capture shows no sign of desktop heap exhaustion: the fullest heap, {heap_name(row)} in {session_name(row['session'])}, is "
        f"{percent(row['used_percent'], row['tool'])} used of {kb(row['size_kb'])}, and {view}."
    )
    signs = [row[name] for name in SPOKEN if row[name] is not None]
    fits = [one for signatures, advice in ELSE if not {*signatures}.isdisjoint(signs) for one in advice]
    advice = [
        (NOW, "Capture again while it fails, in the session that fails: use can be far higher then."),
        *dict.fromkeys(fits),
        (CAUSE, "Write down account, session and time of each failure: one account only is rights, one session only is that session, all at once is memory of the machine."),
        (FUTILE, "Larger heaps: those listed have room."),
    ]  # fmt: skip
    subject = {"symptoms": signs, "used_percent": row["used_percent"], "session": row["session"]}
    return Told(
        summary, subject, "A listing of the session that fails, from the time of the failure, with a full heap.", advice
    )
