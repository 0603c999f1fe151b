r"""Many left-over browsers, consoles or agents stand beside 0xC0000142

## What happens
Automation starts browsers without windows, node, consoles and agents by the dozen, and does not always end them. Each takes some of the desktop heap and of
memory; at some number new processes end with 0xC0000142. Freeing them cured a case without any change to the registry. Commit is as likely the cause: in one
case 498 processes ran with 3.6 GB left.

## How the log proves it
A list of processes (tasklist, GuiObjectUse, TSSessions) with 20 or more of these in one session, and 0xC0000142 in the texts of that machine. It is not seen
whether somebody still needs them: twenty processes of a browser that a user has open are nothing strange.

## What to do
End the left-over ones first, then look at commit (`!vm`, Task Manager) and at the heap.

## What would refute it
The same failures with few of these processes.

## Sources
A note of Remotion on rendering, 2026; a public issue of an agent runner with 498 processes; the count of 20 is theirs.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from dumpscan.machines import machine_keys
from dumpscan.rules import ALIKE, CAUSE, NOW, Found, Told, cite, found, rule
from dumpscan.words import session_name

if TYPE_CHECKING:
    import pandas as pd

MANY = 20
FLEET = (
    "chrome.exe", "chrome-headless-shell.exe", "headless_shell.exe", "chromium.exe", "msedge.exe", "firefox.exe", "node.exe", "conhost.exe",
)  # fmt: skip
AGENT = "agent.exe"  # the end of a name: aider-agent.exe, codex-agent.exe
SESSION = ["key", "session"]


@rule(
    stage=ALIKE,
    says=None,
    needs=("gui_objects.process", "symptoms.signature"),
    clear="No session lists twenty browsers, consoles or agents beside 0xC0000142.",
)
def check(gui_objects: pd.DataFrame, symptoms: pd.DataFrame) -> Found | None:
    """The session with the most of them, one finding a machine with the symptom."""
    died = symptoms[symptoms["signature"].eq("dll-init-failed").to_numpy(bool, na_value=False)]
    died = died.assign(key=machine_keys(died)).drop_duplicates("key")
    rows = gui_objects[gui_objects["pid"].notna() & gui_objects["session"].notna()]
    rows = rows.assign(key=machine_keys(rows))
    rows = rows[rows["key"].isin(died["key"])]
    name = rows["process"].astype(object).str.lower()
    rows = rows.assign(name=name)[name.isin(FLEET) | name.str.endswith(AGENT).fillna(False).astype(bool)]
    rows = rows.drop_duplicates([*SESSION, "pid"], keep="last")
    sessions = rows.groupby(SESSION, sort=False)["pid"].size().rename("processes").reset_index()
    sessions = sessions[sessions["processes"].ge(MANY)].sort_values("processes", ascending=False, kind="stable")
    sessions = sessions.drop_duplicates("key")
    of_name = rows.merge(sessions[SESSION], on=SESSION).groupby([*SESSION, "name"], sort=False)["pid"].size()
    kinds = of_name.rename("of_name").reset_index().sort_values("of_name", ascending=False, kind="stable")
    words = (kinds["of_name"].astype(str) + " " + kinds["name"]).groupby(kinds["key"]).agg(", ".join)
    findings = died.merge(sessions, on="key").assign(severity="medium", certainty="possible")
    findings["kinds"] = findings["key"].map(words)
    # The first process of each name: a list of five hundred is no proof, only long.
    first = rows.merge(sessions[SESSION], on=SESSION).drop_duplicates([*SESSION, "name"])
    lines = first[[*SESSION, "file", "line", "name"]]
    return found(findings, cite(findings, "0xC0000142"), cite(findings[SESSION], "the first {name}", lines, SESSION))


def tell(row: Mapping[str, Any]) -> Told:
    """A finding in words."""
    where = session_name(row["session"])
    summary = (
        f"{row['processes']} browsers, consoles or agents run in {where} ({row['kinds']}), and processes end with 0xC0000142: free the left-over ones first. "
        "They may have used up the desktop heap or commit; both fit."
    )
    advice = [
        (NOW, f"End the left-over ones of {where}, and see whether new processes start again."),
        (NOW, "Look at commit at the same moment (!vm, or Task Manager under Performance): it is as likely the cause as the desktop heap."),
        (CAUSE, "Let what starts them also end them, and limit how many run at once."),
    ]  # fmt: skip
    return Told(
        summary,
        {key: row[key] for key in ("session", "processes", "kinds")},
        "The same failures with few of these processes.",
        advice,
    )
