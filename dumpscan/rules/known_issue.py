r"""The texts speak of what a known article on desktop heap or session view space describes

## What happens
Microsoft wrote articles about failures that came of desktop heap or of the room for all heaps, most of them about Windows NT 4.0, IIS and COM.
Their words and codes stand in these texts. That is what somebody saw or wrote, not a fact of the machine; where the article's Windows is known to run, it is likely.

## How the log proves it
- likely: a symptom of the article, and the machine is one of the article's (build, Service Pack, number of processors, version of the kernel as the banner prints them).
- possible: a symptom that only this article has, and nothing tells whether the machine is one of them. The summary says which fact would decide.
- Silent where the machine is known to be another one, and for symptoms with many causes (0xC0000142, exit code 128) where its Windows is not known.
- "Misbehaved by not returning a complete set of HTTP headers": with nothing behind it, now and then, and with many users, each user's desktop is the suspect.
  With text behind it, in its line or in the lines below, the script failed by itself; then `looks-alike` speaks. The article is of NT 4.0; that later IIS before Vista does the same is **[field]**.

## What to do
Find the fact that decides first: `winver` and `winmsd` on NT 4.0, `vertarget` in the debugger. Then do what the article says. Ask whether the first child fails,
or the N-th: if the same number of children start each time and the later ones die, they share one heap (with 512 KB 20 to 25 such processes ran, with 256 KB 8, with 1,024 KB 40
and more); if the first one fails every time, it is access and no heap.

On NT 3.5x and 4.0 nothing lists heaps: count services by account, and look at SharedSection.

## What would refute it
The fact that decides, if it says another Windows; or the same failure where the machine does nothing else.

## Sources
Q217202, Q156484, Q142676, Q175687, Q158308, Q266129, Q126962, Q268550, Q169321, KB 831135, KB 318942, KB 840342; ntdebugging blog, comment 49 (the N-th process).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from dumpscan.known_issues import HEAP, ISSUES, NT4_TO_XP, VIEW, Gate, known
from dumpscan.platforms import MACHINE
from dumpscan.rules import ALIKE, NOW, REBOOT, Found, Told, cite, found, rule
from dumpscan.rules._symptoms import without_tails

if TYPE_CHECKING:
    import pandas as pd

# Issues for whatever is older than Vista: that a machine is one of so many proves little, and the symptom may be an article's own words.
BROAD = tuple(at for at, one in enumerate(ISSUES) if one.gate == Gate(NT4_TO_XP))


@rule(
    stage=ALIKE,
    says=None,
    needs="symptoms.signature",
    clear="No symptom in these texts belongs to a known article on desktop heap for this Windows.",
    references=("Q142676", "Q156484", "Q217202"),
)
def check(symptoms: pd.DataFrame, platforms: pd.DataFrame, modules: pd.DataFrame) -> Found | None:
    """The first line of each article on each machine."""
    import numpy as np

    rows, told = known(without_tails(symptoms), platforms, modules, (HEAP, VIEW))
    sure = rows["open"].eq("").to_numpy(bool)
    rows = rows.assign(
        severity=np.where(sure & ~rows["issue"].isin(BROAD), "medium", "info"),
        certainty=np.where(sure & ~rows["unproved"], "likely", "possible"),
    )
    banner = rows[sure].assign(file=rows["era_file"].astype(object), line=rows["era_line"].astype("Int64"))
    lines = told[[*MACHINE, "issue", "file", "line", "seen"]]
    on = [*MACHINE, "issue"]
    return found(
        rows, cite(rows[on], "somebody saw {seen}", lines, on), cite(banner, "which Windows this machine runs")
    )


def tell(row: Mapping[str, Any]) -> Told:
    """A finding in words: the article, and whether the machine is one of its own."""
    issue = ISSUES[int(row["issue"])]
    if row["open"]:
        fits = f"It applies to {issue.applies}; {are_not_told(row['open'])}."
    else:
        fits = f"This machine is one of those to which it applies: {issue.applies}."
    verb = "may be" if row["certainty"] == "possible" else "is likely"
    summary = f"The texts speak of {row['seen']}: that {verb} what {issue.article} describes. {issue.what}. {fits}"
    advice = [one for one in issue.do if one[0] != REBOOT or not row["open"]]
    if row["open"]:
        advice.insert(0, (NOW, f"Find out first: {row['open']}. Before that no setting is worth changing."))
    subject = {"article": issue.article, "kind": issue.kind, "symptom": row["signature"]}
    refuted = "Another Windows than the article's." if issue.applies else "The same failure where nothing else runs."
    return Told(summary, subject, refuted, advice, (issue.article, *issue.related))


def are_not_told(facts: str) -> str:
    """ "no banner or report in these texts tells the version of Windows"."""
    first, _, last = facts.rpartition(", ")
    return f"no banner or report in these texts tells {f'{first} and ' if first else ''}{last}"
