r"""A desktop could not be created (event 244), and why is open

## What happens
Windows logged that it could not create a desktop. On Vista and later session view space has no limit that could be the cause: commit, paged
pool or kernel address space can. Before Vista the heaps take little of the view: something else fills it, or memory was short. Where nothing
tells which Windows this is, both are open.

What else fills the view before Vista: GDI surfaces, and on print and terminal servers many printer and font drivers, which live in it beside the heaps. Bitmaps
that cannot be made (CreateCompatibleBitmap with "not enough memory") while heaps are fine mean that view or session pool is full.

## How the log proves it
Event 244 of Win32k with date and time, not before the boot of the capture, that session view space does not explain (`desktop-creation-failed`). Beside it
are named

- commit at 95 % **[guess]** of its limit or more, where `!vm` shows it: that alone explains the event, and is named first;
- `increaseuserva` of the running Windows (`bcdedit`) on x86, Vista and later: it takes from the kernel what it gives to programs. Session view space has no limit
  there that it could lower, but the addresses of the kernel have.

## What to do
Settle commit first, where it is at its limit. Remove `increaseuserva` (`bcdedit /deletevalue increaseuserva`, then restart) where no program needs it. Look at commit and
pool (`!vm`), and save the System log around that time. Before Vista: the pool of each session (`!vm 4`), GDI objects by process, and the printer
drivers. Never set SessionViewSize on Vista and later.

## What would refute it
A listing of heaps and a limit that leave no room for another one, before Vista.

## Sources
KB 184802 (printer and font drivers); ntdebugging blog, comments 15, 50, 54, 68 and 99; the documentation of bcdedit. That commit and paged pool fit, too, and that
`increaseuserva` is to be removed: **[field]**.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from dumpscan.machines import machine_keys
from dumpscan.platforms import BEFORE, MACHINE, SINCE
from dumpscan.rules import CAUSE, EVENTS, FUTILE, NOW, REBOOT, Found, Told, cite, found, rule
from dumpscan.rules._commit import COMMIT_FIRST, COMMIT_SHOWN, at_limit, words
from dumpscan.rules._events import desktops_not_created, when

if TYPE_CHECKING:
    import pandas as pd

WHY = {
    SINCE: "Session view space has no limit on this Windows: commit, paged pool or kernel address space was short.",
    BEFORE: "The heaps that are listed take too little of session view space to be the cause: something else fills it, or memory was short.",
}
USUAL_USER_MB = 2048  # MB: half of what 32 bits can address; the kernel has the other half
OPEN = "Nothing tells which Windows this is: before Vista session view space is the usual cause, later it cannot be."


@rule(
    stage=EVENTS,
    says="symptom_only",
    needs=("events.event_id", "events.time"),
    clear="No event tells of a desktop that could not be created for unknown reasons.",
    references=("KB 184802",),
)
def check(
    events: pd.DataFrame,
    systems: pd.DataFrame,
    view_space: pd.DataFrame,
    platforms: pd.DataFrame,
    memory_counters: pd.DataFrame,
    page_files: pd.DataFrame,
    boot_options: pd.DataFrame,
) -> Found | None:
    """The first such event of each machine; all of them are cited."""
    told = desktops_not_created(events, systems, view_space, platforms)
    told = told[~told["view"]]
    commit, user_space = at_limit(memory_counters, page_files), _user_space(boot_options, platforms)
    rows = told.drop_duplicates(MACHINE).assign(severity="medium", certainty="proved", key=machine_keys)
    rows = rows.join(commit[["committed_kb", "commit_limit_kb"]], on="key").join(user_space["user_mb"], on="key")
    lines = told[[*MACHINE, "file", "line", "time"]]
    return found(
        rows,
        cite(rows[MACHINE], "event 244 at {time}", lines, MACHINE),
        cite(rows[["key"]], COMMIT_SHOWN, commit.reset_index(), ["key"]),
        cite(rows[["key"]], "increaseuserva {user_mb}, in bcdedit", user_space.reset_index(), ["key"]),
    )


def _user_space(boot_options: pd.DataFrame, platforms: pd.DataFrame) -> pd.DataFrame:
    """By machine key, the MB that `increaseuserva` of the running Windows gives to programs, with file and line. On 64-bit Windows it takes nothing, and
    before Vista there is none."""
    rows = boot_options[boot_options["option"].eq("INCREASEUSERVA").to_numpy(bool, na_value=False)]
    rows = rows.assign(key=machine_keys(rows), user_mb=rows["value"].str.extract(r"^([0-9]{4})$")[0].astype("Int64"))
    other = platforms[
        platforms["era"].eq(BEFORE).fillna(False) | platforms["architecture"].isin(["x64", "ia64", "arm64"])
    ]
    rows = rows[
        rows["user_mb"].gt(USUAL_USER_MB).fillna(False).to_numpy(bool)
        & ~rows["key"].isin(machine_keys(other)).to_numpy(bool)
    ]
    return rows.drop_duplicates("key").set_index("key")[["user_mb", "file", "line"]]


def tell(row: Mapping[str, Any]) -> Told:
    """A finding in words."""
    short = row["committed_kb"] is not None
    run = "Then run !vm again on the machine" if short else "Run !vm on the machine"
    advice = [*([COMMIT_FIRST] if short else []), (NOW, f"{run}: commit, pool and, on x86, free system PTEs.")]
    if row["user_mb"] is not None:
        advice.append(
            (
                REBOOT,
                f"Remove increaseuserva (bcdedit /deletevalue increaseuserva) unless a program is known to need {row['user_mb']:,} MB: the kernel of x86 Windows then has "
                f"{USUAL_USER_MB:,} MB of addresses again instead of {2 * USUAL_USER_MB - row['user_mb']:,}.",
            )
        )
    if row["era"] == BEFORE:
        advice.append(
            (
                NOW,
                "Run !vm 4 for the pool of each session, and count GDI objects by process: GDI surfaces and bitmaps share the view with the heaps.",
            )
        )
        advice.append(
            (
                CAUSE,
                "On print and terminal servers: remove printer and font drivers that nobody needs. They live in the same view.",
            )
        )
    if row["era"] == SINCE:
        advice.append((FUTILE, "SessionViewSize: on Vista and later it limits nothing."))
    elif row["era"] is None:
        advice.append((NOW, "Say which Windows this is (vertarget, ver)."))
    why = f"{words(row)}, which alone explains it: settle that first. Else: " if short else ""
    reason = WHY.get(row["era"], OPEN)
    taken = (
        f" increaseuserva is set to {row['user_mb']:,} MB, which leaves the kernel {2 * USUAL_USER_MB - row['user_mb']:,} MB of addresses."
        if row["user_mb"] is not None
        else ""
    )
    return Told(
        f"A desktop could not be created at {when(row)} (event 244). {why}{reason[0].lower() + reason[1:] if short else reason}{taken}",
        {key: row[key] for key in ("time", "session", "committed_kb", "user_mb")},
        "A listing of heaps and a limit that leave no room for another one, before Vista.",
        advice,
    )
