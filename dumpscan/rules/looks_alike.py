r"""A symptom that looks alike and has another cause

## What happens
Some failures are told in the same words, or are sent with the same complaint, and come of something else: a crash of IIS, a race in RPCSS, a log-off, commit, a quota of one
process, GDI, rights, damaged files. Time spent on heap sizes is lost there.

## How the log proves it
One of these symptoms stands in the texts (or the event itself, with date and time), and the machine is not known to be one that cannot have it. What the machine is decides between likely and possible.

| symptom | what it is instead |
|---|---|
| Inetinfo.exe with 0xC0000005, NT 4.0 before SP4 on several processors | the key for SSL (Q184288) |
| 0x80040154, 0x800706BA, 0x80070005 of CoGetClassObject, NT 4.0 SP4 to 6a | threads in RPCSS (Q256149) |
| 0xC000026B, "window station is shutting down" | a log-off (Q157913) |
| blue screen STOP C0000142 | damaged system DLLs (Q191991 and others) |
| CGI message with text behind it | the script itself (Q150835 and others) |
| 0xC000012D, 1455, event 2004 | commit |
| events 2019 and 2020 of Srv, a pool that was empty | paged or nonpaged pool of the whole machine |
| event 2021 of Srv, no work item | the Server service, or nonpaged pool |
| 1158 | the USER quota of one process; a full heap can give it, too |
| CreateCompatibleBitmap without memory | GDI, view space or session pool |
| blue screen 0xAB | session pool of a driver |
| ControlOfs atoms with error 8 | the atom table |
| access denied to a window station; 0xC0000142 or exit code 128 of one account, from the first process on | rights (Q218157, KB 184802) |
| Windows 11 24H2 and 25H2, starts fail after hours | process objects (pool tag Proc) |

## What to do
- Try the first child alone. It fails every time, whatever the uptime, and only programs that load user32.dll fail (where, curl, whoami), while others run (built-in commands, ping): rights on
  window station or desktop, no heap. After N children: a shared heap.
- A program whose runs fail earlier each time although it ended: GDI or session pool; a heap is cleaned when a process ends.
- An application that fails with error 8 by its own words: ask the vendor which call failed; then GDI objects, view space, session pool, heap, in this order.
- Out of memory of ASP, cured by recycling the pool: the memory of that process.
- A server that does not even answer ping is not explained by a desktop that could not be created: force a dump. A forced dump stops the machine.
- KERNEL32 that cannot be initialized while nonpaged pool grows with each start, on NT 3.5x: a handle leak (Q124121).

## What would refute it
A listing with a full heap from the time of the failure: both can hold.

## Sources
Q184288, Q256149, Q157913, Q191991, Q245137, Q246485, Q160784, Q176467, Q150835, Q164144, Q166491, Q155357, Q170667, Q281403, Q145661, Q175529, Q272114, Q125667, Q257504, Q123179, Q124121, Q218157, KB 918673;
the message table of the source Srv; ntdebugging blog, comments 48, 54, 59, 68, and of 2012-01-31; openai/codex issues 27265, 37722 and 46412 (the split by user32.dll); Windows-Dev-Performance 137.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from dumpscan.known_issues import ALIKE as LOOKS_ALIKE
from dumpscan.known_issues import ISSUES, known
from dumpscan.platforms import MACHINE
from dumpscan.rules import ALIKE, Found, Told, cite, found, rule
from dumpscan.rules._events import of_source
from dumpscan.rules.known_issue import are_not_told

if TYPE_CHECKING:
    import pandas as pd

SERVER = "srv"
# Events of the Server service, whose text may be wrapped or missing.
EVENTS = {2019: "server-nonpaged-pool-empty", 2020: "server-paged-pool-empty", 2021: "server-work-items"}


@rule(
    stage=ALIKE,
    says=None,
    needs="symptoms.signature or events.event_id",
    clear="No symptom in these texts is known to look alike and to have another cause.",
    references=("Q184288", "Q256149", "Q157913"),
)
def check(symptoms: pd.DataFrame, platforms: pd.DataFrame, modules: pd.DataFrame, events: pd.DataFrame) -> Found | None:
    """The first line of each look-alike on each machine."""
    import numpy as np
    import pandas as pd

    logged = events[of_source(events, SERVER) & events["time"].notna()]
    logged = logged.assign(signature=logged["event_id"].map(EVENTS))  # of others none, so no issue is theirs
    columns = [*MACHINE, "snapshot", "file", "line", "signature"]
    seen = pd.concat([symptoms[columns].astype({"signature": object}), logged[columns]])
    rows, told = known(seen, platforms, modules, (LOOKS_ALIKE,))
    sure = (rows["open"].eq("") & ~rows["unproved"]).to_numpy(bool)
    rows = rows.assign(severity="info", certainty=np.where(sure, "likely", "possible"))
    lines = told[[*MACHINE, "issue", "file", "line", "seen"]]
    on = [*MACHINE, "issue"]
    return found(rows, cite(rows[on], "somebody saw {seen}", lines, on))


def tell(row: Mapping[str, Any]) -> Told:
    """A finding in words: what it is instead. No word of it names what it only looks like."""
    issue = ISSUES[int(row["issue"])]
    verdict = "Looks alike, and may be something else" if issue.unproved else "Looks alike, is not"
    fits = f" It applies to {issue.applies}; {are_not_told(row['open'])}." if row["open"] else ""
    summary = f"{verdict}: the texts speak of {row['seen']}. {issue.what} ({issue.article}).{fits}"
    subject = {"article": issue.article, "kind": issue.kind, "symptom": row["signature"]}
    return Told(
        summary,
        subject,
        "A listing with a full heap from the time of the failure.",
        issue.do,
        (issue.article, *issue.related),
    )
