r"""The texts speak of a symptom, and nothing measures the heaps

## What happens
Somebody saw an error that desktop heap or session view space can give, or wrote about it. Nothing in these texts tells how full any heap is, and Windows logged no event 243 or
244 here. So it stays open: each of these symptoms has other causes, too.

## How the log proves it
A symptom that names desktop heap, that is its usual sign, or that it can have (not one that points away from it), on a machine without any measured use of a heap and without an event 243 or 244.
A mail that speaks of a symptom counts as speaking, never as a fact of the machine. What is only mentioned does not count: an error that a sentence says there was none of, a line that a
mail quotes (">"), what an article says by name. Nor does the message of IIS on a CGI program behind which the program's own words stand.

## What to do
Collect, in the session that has the trouble (services: session 0) and while it fails: the listing of heaps, the SharedSection values in force, the limit of session view space before Vista, which Windows
it is with its boot options, the System log back to the last start, and USER and GDI objects by process. Without `DesktopHeapLogging` = 1 (KB 810807) the absence of events means nothing.

Then ask:
- One session only? Then it is a heap, the view or the pool of that session. Every session at once? Then look at commit, paged pool, page table entries and CPU first.
- From the first process on, or from the N-th? The first: rights on window station and desktop, above all where only programs that load user32.dll fail. The N-th, always about the same: a shared heap; N moves with the third
  SharedSection value.
- Fine in a console, but dies as a service or a task? Services and tasks have the small heap (512 or 768 KB), a console the large one (3,072 or 20,480 KB).
- Earlier with each run, although the program ends? Then it is GDI or session pool: a heap is cleaned when its processes end.

What does not answer it: the session pool counters of Performance Monitor (sums of quotas, not the pool), logs of user-mode heaps (UMDH), and the column Handles of Task Manager: kernel handles and events never take desktop heap.

## What would refute it
A listing of the heaps from the time of the failure.

## Sources
KB 184802, KB 947246, KB 810807; ntdebugging blog, comments 5, 13, 30, 49, 54, 55, 58, 61, 65, 68 and 81; Q142676, Q156484.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from dumpscan.machines import machine_keys
from dumpscan.platforms import BEFORE, MACHINE, SINCE
from dumpscan.rules import CAUSE, DATA, FUTILE, NOW, Found, Told, cite, found, rule
from dumpscan.rules._symptoms import SPOKEN, by_machine, logged, meanings, spoken, suspected

if TYPE_CHECKING:
    import pandas as pd

VIEW = " and dd nt!MmSessionViewSize L1 for the limit of session view space"


@rule(
    stage=DATA,
    says="symptom_only",
    needs="symptoms.signature",
    clear="No symptom of desktop heap stands alone: either nothing speaks of one, or heaps were measured or events logged as well.",
    references=("KB 184802", "KB 947246", "KB 810807"),
)
def check(
    symptoms: pd.DataFrame,
    desktop_heaps: pd.DataFrame,
    events: pd.DataFrame,
    systems: pd.DataFrame,
    platforms: pd.DataFrame,
) -> Found | None:
    """One finding a machine, with the first line of each of its symptoms."""
    measured = desktop_heaps[desktop_heaps["used_percent"].notna()]
    other = {*machine_keys(measured), *logged(events, systems)}
    told = suspected(symptoms)
    told = told[~machine_keys(told).isin(other)]
    rows = by_machine(told).assign(severity="info", certainty="proved")
    rows["era"] = machine_keys(rows).map(platforms.set_index(machine_keys(platforms))["era"]).astype(object)
    lines = told[[*MACHINE, "file", "line", "signature", "specificity"]]
    return found(rows, cite(rows[MACHINE], "a symptom ({signature}), as somebody saw or wrote it", lines, MACHINE))


def tell(row: Mapping[str, Any]) -> Told:
    """A finding in words: what the texts speak of, what it can mean, and what to collect."""
    summary = (
        f"The texts speak of {spoken(row)}, and nothing here measures a desktop heap: no listing that tells how full any is, no dated event 243 or 244. "
        + " ".join(meanings(row))
    )
    limit = "" if row["era"] == SINCE else VIEW
    listing = "!dskheap -s 0" + ("" if row["era"] == SINCE else " or dheapmon -s (before Vista)")
    advice = [
        (NOW, f"Save while it fails, in the session that has the trouble (services: session 0): {listing}{limit}; the command line of csrss.exe; vertarget and the boot options; Win32k events 243 and 244 "
              "with the oldest record of the log (each is logged once a session, and only with DesktopHeapLogging = 1); USER and GDI objects by process."),
        (CAUSE, "Ask whether one session or all have it, and whether the first process fails or the N-th: the first one every time is access, not heap."),
        (FUTILE, "Pool counters of Performance Monitor, UMDH logs and the column Handles of Task Manager: none of them counts desktop heap."),
    ]  # fmt: skip
    if row["era"] != BEFORE:
        advice.append(
            (FUTILE, "Changing SharedSection now: what is short is not known, and each change needs a restart.")
        )
    subject = {"symptoms": [row[name] for name in SPOKEN if row[name] is not None], "count": int(row["signs"])}
    return Told(summary, subject, "A listing of the heaps from the time of the failure.", advice)
