r"""Who makes the window stations of single logons

## What happens
Every logon of its own that runs something without a window gets a window station `Service-0x...` named after it, with a desktop and its heap. Remote PowerShell
(wsmprovhost), SSH servers, scheduled tasks and CI agents log on again for each job, so they make such stations by the dozen.

## How the log proves it
10 or more **[guess]** such stations in session 0 (of built-in accounts none; desktops of browser sandboxes are left out), and a process of one of these makers: on one
of the stations, or in session 0 under an account that is not built in. Nothing ties the second kind to the stations: it is a suspicion. Where a list of logon sessions
is there, it tells whose stations they are.

## What to do
Let the jobs share one logon: one session for many commands, one service account, a task that runs on. See whether stations go when the jobs end.

## What would refute it
Stations that stay when no such process runs.

## Sources
Field experience **[field]**; ntdebugging blog (a window station for each logon session of services).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from dumpscan.commands._luid import luid
from dumpscan.machines import machine_keys
from dumpscan.platforms import MACHINE
from dumpscan.rules import CAUSE, HEAPS, NOW, Found, Told, cite, found, rule
from dumpscan.words import count

if TYPE_CHECKING:
    import pandas as pd

MANY = 10  # stations [guess]
MAKERS = {
    "wsmprovhost.exe": "remote PowerShell (WinRM)",
    "sshd.exe": "an SSH server",
    "sshd-session.exe": "an SSH server",
    "taskeng.exe": "scheduled tasks",
    "taskhostw.exe": "scheduled tasks",
    "runner.listener.exe": "a GitHub runner",
    "runner.worker.exe": "a GitHub runner",
    "agent.listener.exe": "an Azure Pipelines agent",
    "agent.worker.exe": "an Azure Pipelines agent",
    "gitlab-runner.exe": "a GitLab runner",
    "jenkins.exe": "Jenkins",
    "jenkins-agent.exe": "Jenkins",
    "jenkins-slave.exe": "Jenkins",
}
_LOGON = r"(?i)^Service-0x([0-9a-f]{1,8})-([0-9a-f]{1,8})\$$"
BUILT_IN = 0x1000  # LUIDs below it are those of built-in accounts


@rule(
    stage=HEAPS,
    says=None,
    needs=(
        "desktop_heaps.window_station or desktop_owners.window_station",
        "gui_objects.process or desktop_owners.process",
    ),
    clear="No maker of many window stations is to be seen.",
)
def check(
    desktop_heaps: pd.DataFrame, desktop_owners: pd.DataFrame, gui_objects: pd.DataFrame, logon_sessions: pd.DataFrame
) -> Found | None:
    """One finding a machine with many stations of logons and a maker of such."""
    import pandas as pd

    heaps = desktop_heaps[~desktop_heaps["superseded"]]
    stations = pd.concat([_stations(heaps), _stations(desktop_owners)]).drop_duplicates(["key", "luid"])
    each = stations.groupby("key").size()
    many = each[each.ge(MANY)]
    owners = _stations(desktop_owners[machine_keys(desktop_owners).isin(many.index)])
    listed = gui_objects[gui_objects["session"].eq(0) & machine_keys(gui_objects).isin(many.index)]
    listed = listed[
        ~listed["account"].astype(object).str.lower().str.startswith("nt authority\\").fillna(True).astype(bool)
    ]
    parts = [owners.assign(tied=True), listed.assign(key=machine_keys(listed), tied=False)]
    columns = [*MACHINE, "snapshot", "key", "file", "line", "process", "tied"]
    rows = pd.concat([part[columns].astype({"file": object}) for part in parts])
    rows["maker"] = rows["process"].astype(object).str.lower().map(MAKERS)
    rows = rows[rows["maker"].notna()]  # those on a station first
    makers = rows.drop_duplicates(["key", "maker"])
    findings = makers.drop_duplicates("key").assign(severity="info")
    findings["certainty"] = findings["tied"].map({True: "likely", False: "possible"}).astype(object)
    findings["makers"] = findings["key"].map(makers.groupby("key")["maker"].agg(" and ".join))
    findings["stations"] = findings["key"].map(each)
    accounts = _accounts(stations, logon_sessions)
    findings = findings.merge(accounts.drop(columns=["file", "line"]), on="key", how="left")
    shown = rows.drop_duplicates(["key", "maker", "tied"])[["key", "file", "line", "process", "maker"]]
    return found(
        findings,
        cite(findings[["key"]], "{process}: {maker}", shown, ["key"]),
        cite(findings[["key"]], "a station of one logon: {window_station}", stations.drop_duplicates("key")[["key", "file", "line", "window_station"]], ["key"]),
        cite(findings[["key"]], "whose logon it is: {account}", accounts, ["key"]),
    )  # fmt: skip


def _stations(rows: pd.DataFrame) -> pd.DataFrame:
    """Rows of stations that are named after a logon of session 0, with its `luid`; not those of built-in accounts and of browser sandboxes."""
    names = rows["window_station"].cat.categories.to_series()
    parts = names.astype(str).str.extract(_LOGON)
    halves = zip(names, parts.to_numpy(), strict=True)
    numbers = {name: (int(high, 16), int(low, 16)) for name, (high, low) in halves if isinstance(low, str)}
    luids = {name: luid(*both) for name, both in numbers.items() if both >= (0, BUILT_IN)}
    named = rows["window_station"].astype(object).map(luids).astype(object)
    sandbox = rows["desktop"].astype(object).str.startswith("sbox_").fillna(False).astype(bool)
    rows = rows.assign(key=machine_keys(rows), luid=named).astype({"file": object, "window_station": object})
    return rows[(rows["session"].eq(0).fillna(False) & named.notna() & ~sandbox).to_numpy(bool)]


def _accounts(stations: pd.DataFrame, logon_sessions: pd.DataFrame) -> pd.DataFrame:
    """By machine, the account with the most of these stations, and how many: key, account, of_account, file, line."""
    rows = logon_sessions[logon_sessions["account"].notna() & machine_keys(logon_sessions).isin(stations["key"])]
    rows = rows.astype({"luid": object}).assign(key=machine_keys(rows))[["key", "luid", "account", "file", "line"]]
    rows = rows.drop_duplicates(["key", "luid"]).merge(stations[["key", "luid"]], on=["key", "luid"])
    rows["of_account"] = rows.groupby(["key", "account"])["luid"].transform("size")
    return rows.sort_values("of_account", ascending=False, kind="stable").drop_duplicates("key").drop(columns="luid")


def tell(row: Mapping[str, Any]) -> Told:
    """A finding in words."""
    tied = "is on one of them" if row["tied"] else "runs beside them, which is a suspicion and no proof"
    account = f" {row['of_account']} of them belong to {row['account']}." if row["account"] is not None else ""
    summary = f"Session 0 has {count(int(row['stations']), 'window station')} of single logons. A known maker of such, {row['makers']}, {tied}.{account}"
    advice = [
        (NOW, "See whether the stations go when these jobs end."),
        (CAUSE, "Let the jobs share one logon: one session for many commands, one service account."),
    ]
    return Told(
        summary,
        {key: row[key] for key in ("stations", "makers", "account", "of_account")},
        "Stations that stay when no such process runs.",
        advice,
    )
