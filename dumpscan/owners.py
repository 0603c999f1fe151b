"""Whose each desktop is, and which processes use it: what its name tells, and what lists of logon sessions and processes say of the same machine and session.

A name proves an owner; an account comes from a list of logon sessions, a process on a desktop from a list of desktops (deskscan, windows.desktops,
TSSessions). Where no such list is there, the processes of an account (session 0) or of a session are taken, and marked as such.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from dumpscan.gui_objects import NOT_SERVICES, latest, station
from dumpscan.heaps import filling
from dumpscan.machines import machine_keys
from dumpscan.model import WHERE, station_owner, typed
from dumpscan.words import count, kb

if TYPE_CHECKING:
    import pandas as pd

LOGON = "logon session "  # what the owner of `Service-0x0-2461f$` begins with (model.py)
ACCOUNT = ["account", "account_file", "account_line"]
# A sandbox of Chromium names its desktop after the process that made it: sbox_alternate_desktop_0x4170, or _local_winstation_0x4170 in WinSta0.
SANDBOX = r"(?i)sbox_alternate_desktop_(?:local_winstation_)?0x([0-9a-f]{1,8})"
SHELL = "explorer.exe"  # it runs as the user whose session it is
LEAK_KB, SIZE_KB = (
    100,
    40,
)  # KB of heap for each process [guess]: so much and more is a leak, so little and less a matter of size
LEAK, SIZE = "leak", "size"
LISTED, BY_ACCOUNT, BY_SESSION = (
    "listed",
    "by account",
    "by session",
)  # how processes are known to use a desktop: the last two are inferred
BY_NAME, BY_LOGON, BY_PROCESS, BY_SHELL, BY_TOOL = (
    "name",
    "logon session",
    "process list",
    "shell",
    "tool",
)  # how an owner is known
MOST = 5  # consumers named
CUT = 14  # letters of an image name that the kernel keeps

DESKTOP = ["key", "session", "window_station", "desktop"]
USER = {
    "key": "int",
    "session": "int",
    "window_station": "text",
    "desktop": "text",
    "pid": "int",
    "process": "text",
    "how": "text",
}
PLACES = [*WHERE, *DESKTOP, "tool", "desktop_path"]
FIGURES = ["size_kb", "used_percent", "free_kb"]
OWNERS = [
    *WHERE, "tool", "session", "window_station", "desktop", "desktop_path", "role", "owner", "owner_how", "owner_file", "owner_line", "account",
    "processes", "processes_how", "top", "size_kb", "used_percent", "used_kb", "kb_per_process", "kind",
]  # fmt: skip


def with_accounts(heaps: pd.DataFrame, logon_sessions: pd.DataFrame) -> pd.DataFrame:
    """Heaps with the account of the logon session that their window station is named after, and where that is told; missing where nothing tells it,
    or where texts of one machine tell two (a LUID means something else after each restart)."""
    owner = heaps["owner"].astype(object)
    of_logon = owner.where(owner.str.startswith(LOGON).fillna(False).astype(bool))
    place = machine_keys(heaps).astype(str).astype(object) + " " + of_logon.str.removeprefix(LOGON)
    told = logon_sessions[logon_sessions["account"].notna()]
    at = (machine_keys(told).astype(str) + " " + told["luid"].astype(object)).astype(object)
    names = told[["account", "file", "line"]].astype({"account": object, "file": object})
    # klist and WMI print the same account in different letters.
    one = names["account"].str.lower().groupby(at).nunique().eq(1)
    by_logon = names.groupby(at).first()[one]
    columns = dict(zip(ACCOUNT, ("account", "file", "line"), strict=True))
    mapped = {name: place.map(by_logon[column]) for name, column in columns.items()}
    return heaps.assign(**mapped).astype({"account": object, "account_file": object, "account_line": "Int64"})


def owners(tables: dict[str, pd.DataFrame], users: pd.DataFrame) -> pd.DataFrame:
    """One row for the latest heap of each desktop of each session, and for each desktop that only a list of processes names (columns: OWNERS).

    `users`: what `desktop_users` made of the same tables. `kind` tells a leak from a matter of size where a heap is full or near it and the
    processes on it are listed: by the KB that each has on average.
    """
    rows = _with_owners(desktops(tables), tables)
    if not len(users):
        return rows.reindex(columns=OWNERS).assign(used_kb=_used(rows).round(1))
    used = users.groupby(DESKTOP, dropna=False, sort=False)
    by_desktop = used.agg(processes=("pid", "size"), processes_how=("how", "first")).join(_top(users)).reset_index()
    rows = _joined(rows, by_desktop)
    rows["used_kb"] = _used(rows).round(1)
    # What was inferred names the processes to look at; it is no count of those that share the heap.
    listed = rows["processes_how"].eq(LISTED).to_numpy(bool, na_value=False)
    each = (_used(rows) / rows["processes"]).astype("Float64").where(listed)
    rows["kb_per_process"] = each.round(1)
    kind = each.ge(LEAK_KB).map({True: LEAK}).astype(object).mask(each.le(SIZE_KB).fillna(False), SIZE)
    return rows.assign(kind=kind.where(filling(rows), None))[OWNERS]


def _used(heaps: pd.DataFrame) -> pd.Series[float]:
    used: pd.Series[float] = (heaps["size_kb"] * heaps["used_percent"] / 100).astype("Float64")
    return used


def desktops(tables: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """The latest row of each desktop (a measured one before a mere size), and the desktops that only a list of processes names; with `key`."""
    import pandas as pd

    heaps = tables["desktop_heaps"]
    heaps = heaps[~heaps["superseded"].to_numpy(bool, na_value=False)]
    place = {
        "session": heaps["session"].fillna(-1),
        "station": heaps["window_station"].cat.codes,
        "desktop": heaps["desktop"].cat.codes,
    }
    at = pd.DataFrame({"key": machine_keys(heaps), "measured": heaps["used_percent"].notna(), **place})
    names = ["key", "session", "station", "desktop"]
    nameless = at[["session", "station", "desktop"]].lt(0).any(axis=1)
    again = at.sort_values("measured", kind="stable").duplicated(names, keep="last") & ~nameless
    heaps = heaps.assign(key=at["key"])[~again]
    heaps = heaps[[*PLACES, "role", "owner", *FIGURES]]
    if not len(tables["desktop_owners"]):
        return heaps.reset_index(drop=True)
    others = _listed(tables["desktop_owners"]).drop_duplicates(DESKTOP)
    there = heaps.loc[heaps["key"].isin(others["key"]), DESKTOP].astype({"window_station": object, "desktop": object})
    others = others.merge(there.assign(there=True), on=DESKTOP, how="left")
    others = others[others["there"].isna()]
    if not len(others):
        return heaps.reset_index(drop=True)
    path = others["window_station"].fillna("?").astype(object) + "\\" + others["desktop"]
    stations = {name: station_owner(name) for name in others["window_station"].dropna().unique()}
    others = others.assign(
        tool=None, desktop_path=path, role=None, owner=others["window_station"].map(stations), **dict.fromkeys(FIGURES)
    )
    plain: dict[Any, Any] = {"file": object, "size_kb": "Int64", "used_percent": "Float64", "free_kb": "Float64"}
    columns = [*heaps.columns]
    return pd.concat([heaps.astype(plain), others[columns].astype(plain)], ignore_index=True)


def desktop_users(tables: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """One row for each process that is known to use a desktop, with `key`, how that is known, its USER objects and services, and the line that tells it.

    A session whose desktops were listed needs no inference. Else the processes of a user's session are taken to use WinSta0\\Default; in session 0
    those of an account use its window station.
    """
    import pandas as pd

    if not any(tables[name]["pid"].notna().any() for name in ("desktop_owners", "gui_objects")):
        return typed({}, WHERE | USER)
    listed = _listed(tables["desktop_owners"]).assign(how=LISTED)
    # It has a thread on every desktop of its session, and its own objects are elsewhere.
    listed = listed[listed["process"].str.lower().ne("csrss.exe").to_numpy(bool)]
    rows = desktops(tables)
    named = rows["session"].notna() & rows["window_station"].notna() & rows["desktop"].notna()
    rows = rows[(named & rows["role"].ne("fixed").to_numpy(bool, na_value=True)).to_numpy(bool)]
    rows = rows[~_pairs(rows, "session").isin(_pairs(listed, "session"))]
    there = _processes(tables)
    there = there[~there["process"].str.lower().isin(NOT_SERVICES).to_numpy(bool)]
    rows = rows[rows["key"].isin(there["key"])]
    rows = with_accounts(rows, tables["logon_sessions"]).astype(
        {"window_station": object, "desktop": object, "owner": object}
    )
    rows = rows[rows["desktop"].eq("Default")]
    services, shared = rows[rows["session"].eq(0)], rows[rows["session"].gt(0) & rows["window_station"].eq("WinSta0")]
    of_logon = services.assign(who=services["account"].str.lower())[services["account"].notna()]
    theirs = there.assign(
        window_station=there["account"].map(station, na_action="ignore").astype(object),
        who=there["account"].astype(object).str.lower(),
    )
    own, logged_on = (["key", "session", column] for column in ("window_station", "who"))
    parts = [
        listed,
        services[DESKTOP].merge(theirs[theirs["window_station"].notna()], on=own).assign(how=BY_ACCOUNT),
        of_logon[[*DESKTOP, "who"]].merge(theirs.drop(columns="window_station"), on=logged_on).assign(how=BY_ACCOUNT),
        shared[DESKTOP].merge(there, on=["key", "session"]).assign(how=BY_SESSION),
    ]
    users = pd.concat([part[[*WHERE, *USER]] for part in parts], ignore_index=True).drop_duplicates([*DESKTOP, "pid"])
    return _with_facts(users, tables["gui_objects"])


def _listed(desktop_owners: pd.DataFrame) -> pd.DataFrame:
    """The processes of the last list of the desktops of each session."""
    named = desktop_owners[["session", "desktop", "pid"]].notna().all(axis=1)
    rows = desktop_owners[named].astype(
        {"window_station": object, "desktop": object, "process": object, "file": object}
    )
    rows = rows.assign(key=machine_keys(rows))
    last: pd.DataFrame = rows[rows["snapshot"].eq(rows.groupby(["key", "session"])["snapshot"].transform("max"))]
    return last.drop_duplicates([*DESKTOP, "pid"])


def _processes(tables: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """The processes of each session by one list of it: the latest with USER objects, else the last of any kind."""
    import pandas as pd

    gui, plain = tables["gui_objects"], tables["desktop_owners"]
    counted = latest(gui)
    others = [gui[gui["user_objects"].isna()], plain[plain["desktop"].isna()].assign(account=None)]
    columns = [*WHERE, "key", "session", "pid", "process", "account"]
    lists = pd.concat(
        [
            one.assign(key=machine_keys(one))[columns].astype({"file": object, "process": object, "account": object})
            for one in (counted, *others)
        ],
        keys=range(3),
        names=["rank", None],
    )
    lists = lists[lists[["session", "pid", "process"]].notna().all(axis=1)].reset_index("rank")
    first = lists.groupby(["key", "session"])["rank"].transform("min")
    lists = lists[lists["rank"].eq(first)]
    return lists[lists["snapshot"].eq(lists.groupby(["key", "session"])["snapshot"].transform("max"))].drop(
        columns="rank"
    )


def _with_facts(users: pd.DataFrame, gui_objects: pd.DataFrame) -> pd.DataFrame:
    """USER objects and services of each process, by machine and PID, where the image is the same: a PID is used again."""
    named = gui_objects[gui_objects["pid"].notna()]
    named = named[machine_keys(named).isin(users["key"])]
    facts = {
        "objects": latest(named).rename(columns={"user_objects": "objects"}),
        "services": named.assign(key=machine_keys(named)),
    }
    users = users.assign(image=users["process"].str.lower().str[:CUT])
    for name, rows in facts.items():
        rows = rows[rows[name].notna() & rows["pid"].notna()].drop_duplicates(["key", "pid"], keep="last")
        rows = rows.assign(its=rows["process"].astype(object).str.lower().str[:CUT])[["key", "pid", "its", name]]
        users = users.merge(rows, on=["key", "pid"], how="left")
        users[name] = users[name].where(users["its"].isna() | users["its"].eq(users["image"]))
        users = users.drop(columns="its")
    return users.drop(columns="image")


def _top(users: pd.DataFrame) -> pd.Series[Any]:
    """The top consumers of each desktop: the processes with the most USER objects, else the images with the most processes."""
    import pandas as pd

    users = users.assign(process=users["process"].fillna("a process"))
    counted = users["objects"].gt(0).fillna(False).astype(bool)
    most = (
        users[counted]
        .sort_values("objects", ascending=False, kind="stable")
        .groupby(DESKTOP, dropna=False, sort=False)
        .head(MOST)
    )
    services = (", " + most["services"].astype(object)).fillna("")
    who = most["process"].astype(object) + " (PID " + most["pid"].astype(str) + services + ")"
    most = most[DESKTOP].assign(text=who + ": " + most["objects"].map("{:,}".format).astype(object) + " USER objects")

    place = pd.Series(pd.factorize(pd.MultiIndex.from_frame(users[DESKTOP].astype(object)))[0], index=users.index)
    bare = users[~counted.groupby(place).transform("any")]
    images = (
        bare.groupby([*DESKTOP, "process"], dropna=False, sort=False)
        .agg(number=("pid", "size"), pid=("pid", "first"))
        .reset_index()
    )
    images = (
        images.sort_values("number", ascending=False, kind="stable")
        .groupby(DESKTOP, dropna=False, sort=False)
        .head(MOST)
    )
    number = images["number"].map("{:,} of ".format).where(images["number"].gt(1), "")
    single = (" (PID " + images["pid"].astype(str) + ")").where(images["number"].eq(1), "")
    images = images[DESKTOP].assign(text=number + images["process"] + single)
    texts = pd.concat([most, images])
    joined: pd.Series[Any] = texts.groupby(DESKTOP, dropna=False, sort=False)["text"].agg(", ".join).rename("top")
    return joined


def _with_owners(rows: pd.DataFrame, tables: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """Who owns each desktop, how that is known, and the line that tells it."""
    owner = rows["owner"].astype(object)
    of_logon = owner.str.startswith(LOGON).fillna(False).to_numpy(bool)
    default = (owner.eq("interactive") & rows["desktop"].eq("Default")).to_numpy(bool)
    users = rows[default & rows["session"].gt(0).to_numpy(bool, na_value=False)]
    rows = rows.assign(
        owner=owner.where(owner.notna(), None),
        owner_how=BY_NAME,
        owner_file=rows["file"].astype(object),
        owner_line=rows["line"],
        account=None,
    )
    told = []
    if of_logon.any() and len(tables["logon_sessions"]):
        told.append(with_accounts(rows[of_logon], tables["logon_sessions"]).assign(how=BY_LOGON))
    if len(users) and tables["gui_objects"]["account"].notna().any():
        shells = users[["key", "session"]].merge(_shells(tables["gui_objects"]), on=["key", "session"], how="left")
        told.append(shells.set_axis(users.index).assign(how=BY_SHELL))
    for one in told:
        named = one[one["account"].notna()]
        filled = named[["account", "how", "account_file", "account_line"]].to_numpy(object)
        rows.loc[named.index, ["account", "owner_how", "owner_file", "owner_line"]] = filled
    probed = rows["tool"].eq("desktopheapdiag").to_numpy(bool, na_value=False)
    if probed.any():
        account = rows.loc[probed, "desktop_path"].astype(object).str.extract(r" for account (.+)$", expand=False)
        rows.loc[probed, "account"] = account
        rows.loc[probed, "owner"] = account
        rows.loc[probed, "owner_how"] = BY_TOOL
    rows = _with_sandboxes(rows, tables)
    known = rows["owner"].notna() | rows["account"].notna()
    return rows.assign(
        **{name: rows[name].where(known, None) for name in ("owner_how", "owner_file", "owner_line")}
    ).astype({"owner_line": "Int64"})


def _shells(gui_objects: pd.DataFrame) -> pd.DataFrame:
    """The one account under which the shell of each session runs, and the line that tells it."""
    rows = gui_objects[gui_objects["account"].notna() & gui_objects["session"].notna()]
    rows = rows[rows["process"].str.lower().eq(SHELL).to_numpy(bool, na_value=False)]
    rows = rows.assign(key=machine_keys(rows), who=rows["account"].str.lower())
    one = rows.groupby(["key", "session"])["who"].transform("nunique").eq(1)
    rows = rows[one].astype({"account": object, "file": object}).drop_duplicates(["key", "session"], keep="last")
    return rows[["key", "session", "account", "file", "line"]].rename(
        columns={"file": "account_file", "line": "account_line"}
    )


def _with_sandboxes(rows: pd.DataFrame, tables: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """Desktops of browser sandboxes belong to the process in their name; what that is, a list of processes of the machine tells."""
    import pandas as pd

    names = pd.Series(rows["desktop"].dropna().unique().astype(object), dtype=object)
    pids = names.str.extract(SANDBOX, expand=False).map(lambda digits: int(digits, 16), na_action="ignore")
    if not pids.notna().any():
        return rows
    pid = rows["desktop"].astype(object).map(dict(zip(names[pids.notna()], pids.dropna().astype(int), strict=True)))
    found = rows.loc[pid.notna(), ["key"]].assign(pid=pid.dropna().astype("Int64"))
    lists = [
        tables[name][["pid", "process", "file", "line"]].assign(key=machine_keys(tables[name]))
        for name in ("gui_objects", "desktop_owners")
    ]
    known = pd.concat(
        [
            one[one["pid"].notna() & one["process"].notna() & one["key"].isin(found["key"])].astype(
                {"file": object, "process": object}
            )
            for one in lists
        ]
    )
    known = known[
        known.assign(name=known["process"].str.lower().str[:CUT])
        .groupby(["key", "pid"])["name"]
        .transform("nunique")
        .eq(1)
    ]
    known = known.drop_duplicates(["key", "pid"], keep="last")
    told = found.merge(known, on=["key", "pid"], how="left").set_axis(found.index)
    process = told["process"].astype(object)
    rows.loc[found.index, "owner"] = (
        "browser sandbox of process " + told["pid"].astype(str) + (" (" + process + ")").fillna("")
    )
    rows.loc[found.index, "owner_how"] = BY_NAME
    listed = told[process.notna()]
    rows.loc[listed.index, ["owner_how", "owner_file", "owner_line"]] = listed.assign(how=BY_PROCESS)[
        ["how", "file", "line"]
    ].to_numpy(object)
    return rows


def _pairs(rows: pd.DataFrame, second: str) -> pd.Series[Any]:
    """Machine and another number as one, to look pairs up."""
    pairs: pd.Series[Any] = rows["key"].astype("int64") * 2**32 + rows[second].astype("int64")
    return pairs


def _joined(rows: pd.DataFrame, by_desktop: pd.DataFrame) -> pd.DataFrame:
    """Rows with what is told of their desktop; without a session or a name nothing is."""
    names = [name for name in by_desktop if name not in DESKTOP]
    mine = rows[rows["key"].isin(by_desktop["key"])]
    mine = mine[mine["session"].notna().to_numpy(bool) & mine["desktop"].notna().to_numpy(bool)]
    plain = mine[DESKTOP].astype({"window_station": object, "desktop": object})
    told = plain.merge(by_desktop, on=DESKTOP, how="left").set_axis(mine.index)[names]
    return rows.join(told).astype({"processes": "Int64"})


def in_words(row: Mapping[str, Any]) -> str:
    """A row of the table as one line of a report: whose desktop it is, who uses it, and whether that looks like a leak."""
    who, account = str(row["owner"] or "not told"), row["account"]
    if account and account != row["owner"]:
        told = {BY_LOGON: f"{who}, that is {account}", BY_SHELL: f"{account}, whose {SHELL} runs there"}
        who = told.get(row["owner_how"], f"{who}, in a logon of {account}")
    said = f"Owner: {who}."
    number = row["processes"]
    if not number:
        return f"{said} Which processes use it is not in these texts."
    if row["processes_how"] == LISTED:
        each = "" if row["kb_per_process"] is None else f", {kb(row['kb_per_process'])} each"
        means = {
            LEAK: ": much for a process, so one of them leaks",
            SIZE: ": usual, so the heap is too small for so many",
        }
        return f"{said} {count(number, 'process is', 'processes are')} on it{each}{means.get(row['kind'], '')}. Most: {row['top']}."
    of = "that account" if row["processes_how"] == BY_ACCOUNT else "this session"
    return f"{said} Inferred: {count(number, 'process', 'processes')} of {of} use it. Most: {row['top']}."
