"""The tables: long frames that hold any number of cases, every row with case, machine, snapshot, file and line.

A value as printed, in the unit of its column's name; missing is missing, never zero. A table that nothing filled is there, empty and
typed. Keys and words that repeat are categories (grouping twice, merging five times as fast as plain strings).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from itertools import chain
from typing import TYPE_CHECKING, Any

from dumpscan.commands._boot import options
from dumpscan.complaint import NOTHING_SAID, Complaint, judged_instead
from dumpscan.control_sets import of_numbered_set
from dumpscan.folders import machine_folders, names_inside
from dumpscan.machines import (
    FIXED_SIZES,
    LISTINGS,
    event_machines,
    machine_keys,
    name_machines,
    number_snapshots,
    session_times,
    superseded,
)
from dumpscan.moments import ends, stamp

if TYPE_CHECKING:
    import pandas as pd

    from dumpscan.reading import Reading

WHERE = {"case": "key", "machine": "key", "snapshot": "int", "file": "key", "line": "int"}
# Columns after WHERE and their kinds. A command's rows are tuples of the line and these, in this order (without the derived ones).
TABLES: dict[str, dict[str, str]] = {
    "desktop_heaps": {
        "tool": "key", "session": "int", "desktop_path": "key", "window_station": "key", "desktop": "key",
        "size_kb": "int", "used_percent": "float", "committed_kb": "int",
    },
    "heap_totals": {"tool": "key", "session": "int", "total_kb": "int", "desktops": "int"},
    "session_limits": {"limit": "key", "session": "int", "kb": "int", "origin": "key"},
    "memory_counters": {"label": "key", "pages": "int", "kb": "int"},
    "memory_warnings": {"text": "text", "count": "int"},
    "page_files": {"path": "text", "current_kb": "int", "free_kb": "int", "minimum_kb": "int", "maximum_kb": "int"},
    "session_memory": {
        "session": "int", "address": "text", "paged_pool_kb": "int", "nonpaged_pool_kb": "int", "commit_kb": "int", "pool_failures": "int",
    },
    "shared_sections": {
        "shared_kb": "int", "interactive_kb": "int", "non_interactive_kb": "int", "values": "int", "text": "text", "in_force": "bool",
    },
    "registry_values": {"key": "text", "name": "key", "type": "key", "text": "text", "number": "int", "origin": "key"},
    "systems": {
        "os_name": "key", "build": "int", "service_pack": "key", "architecture": "key", "processors": "int", "product": "text",
        "debugger": "text", "session_time": "text", "uptime": "text", "computer": "text",
    },
    "boot_options": {"option": "key", "value": "text", "origin": "key"},
    "modules": {"name": "key", "version": "text"},
    "events": {"log": "key", "source": "key", "event_id": "int", "time": "text", "text": "text", "session": "int", "process": "text", "pid": "int", "computer": "text"},
    "symptoms": {"signature": "key", "text": "text", "specificity": "key", "mentioned": "bool"},
    "logon_sessions": {"luid": "text", "account": "text"},
    "desktop_owners": {"session": "int", "window_station": "key", "desktop": "key", "pid": "int", "process": "text"},
    "gui_objects": {
        "session": "int", "pid": "int", "process": "text", "services": "text", "account": "text", "user_objects": "int",
        "user_objects_peak": "int", "gdi_objects": "int", "gdi_objects_peak": "int",
    },
    "tool_failures": {"tool": "key", "text": "text"},
    "commands": {"prompt": "text", "command": "text"},
    # One row a capture: what was read at all, and whether it is whole ("whole", "cut", "failed", "silent"; missing where no total tells).
    "captures": {"command": "key", "session": "int", "last_line": "int", "state": "key", "shortfall": "text", "superseded": "bool", "moment": "text"},
}  # fmt: skip
# How far the printed percentage can be from the true one: !dskheap prints whole numbers, the others one decimal.
ROUNDING = {"dskheap": 0.5, "dheapmon": 0.05, "desktopheapdiag": 0.05}

_OWNERS = {
    "Service-0x0-3e7$": "LocalSystem",
    "Service-0x0-3e6$": "Anonymous",
    "Service-0x0-3e5$": "LocalService",
    "Service-0x0-3e4$": "NetworkService",
    "Service-0x0-3e3$": "IUSR",
    "SAWinSta": "Task Scheduler",
    "__X78B95_89_IW": "IIS or COM+ (unconfirmed)",
    "WinSta0": "interactive",
}


def typed(columns: dict[str, list[Any]], kinds: dict[str, str]) -> pd.DataFrame:
    """A frame of these columns, each with the dtype of its kind."""
    import numpy as np
    import pandas as pd

    # Named outright: what pandas 3 takes by itself behaves differently where pyarrow happens to be installed.
    text = pd.StringDtype("python", na_value=np.nan)
    makers: dict[str, Callable[[list[Any]], Any]] = {
        "key": pd.Categorical,
        "int": lambda values: pd.array(values, dtype="Int64"),
        "float": lambda values: pd.array(values, dtype="Float64"),
        "bool": lambda values: pd.array(values, dtype="boolean"),
        "text": lambda values: pd.array(values, dtype=text),
    }
    return pd.DataFrame({name: makers[kind](columns.get(name, [])) for name, kind in kinds.items()})


def shaped(rows: pd.DataFrame, kinds: dict[str, str]) -> pd.DataFrame:
    """A derived table: WHERE and these columns of the rows, with cases and machines numbered as in all other tables."""
    where = {name: rows[name].astype(object).where(rows[name].notna(), None) for name in (*WHERE, *kinds)}
    table = typed({name: [*column] for name, column in where.items()}, WHERE | kinds)
    return table.assign(case=rows["case"].array, machine=rows["machine"].array)


def build(readings: Sequence[Reading], cases: Sequence[str], told: Complaint = NOTHING_SAID) -> dict[str, pd.DataFrame]:
    """All tables of all cases, from everything that was read. `case` has one category a case, also for those without a row."""
    import pandas as pd

    captures = _captures(readings, cases)
    tables = {name: _table(name, readings) for name in TABLES if name != "captures"}
    tables["boot_options"] = _with_start_options(tables["boot_options"], tables["registry_values"])
    times = session_times(captures, tables["systems"])
    captures["moment"] = times.astype(captures["moment"].dtype)
    heaps, systems, events = (tables[name] for name in ("desktop_heaps", "systems", "events"))
    systems["moment"] = captures["moment"].array.take(systems["capture"].to_numpy())
    captures["machine"] = pd.Categorical(name_machines(captures, heaps, systems, events, times))
    of_events = event_machines(events, captures)
    captures["machine"] = captures["machine"].cat.add_categories(
        sorted(set(of_events).difference(captures["machine"].cat.categories))
    )
    captures["snapshot"] = number_snapshots(captures, times)
    captures["superseded"] = superseded(captures, times)
    captures["superseded"] = judged_instead(captures, times, told.failed).astype("boolean")
    for frame in tables.values():
        for at, key in enumerate(("case", "machine", "snapshot", "file")):
            frame.insert(at, key, captures[key].array.take(frame["capture"].to_numpy()))
    events["machine"] = pd.Categorical(of_events.tolist(), categories=captures["machine"].cat.categories)
    events["captured_to"] = _captured(captures, machine_keys(events))
    tables["desktop_heaps"] = _derive(tables["desktop_heaps"], captures)
    latest = captures["state"].eq("whole").fillna(False) & ~captures["superseded"]  # a total that its rows add up to
    tables["heap_totals"]["whole"] = latest.array.take(tables["heap_totals"]["capture"].to_numpy())
    first = tables["tool_failures"].drop_duplicates("capture").set_index("capture")
    captures["failure"] = first["text"].reindex(captures.index)
    captures["failed_tool"] = first["tool"].reindex(captures.index)
    tables["tool_failures"]["capture_line"] = captures["line"].array.take(tables["tool_failures"]["capture"].to_numpy())
    tables["captures"] = captures.drop(columns=["reading", "mail", "stamp", "folder"])
    return {name: frame.drop(columns="capture", errors="ignore") for name, frame in tables.items()}


def _captures(readings: Sequence[Reading], cases: Sequence[str]) -> pd.DataFrame:
    import pandas as pd

    files = [reading.file for reading in readings]
    rows = [
        (number, capture.first, capture.command, capture.session, capture.last, capture.state, capture.shortfall)
        for number, reading in enumerate(readings)
        for capture in reading.captures
    ]
    names = ("reading", "line", "command", "session", "last_line", "state", "shortfall")
    columns: dict[str, list[Any]] = dict(zip(names, map(list, zip(*rows, strict=True)), strict=True)) if rows else {}
    of = columns.get("reading", [])
    frame = typed(
        columns | {"case": [], "machine": [], "snapshot": [], "file": [files[n] for n in of]}
        | dict.fromkeys(("case", "machine"), [""] * len(of)) | {"snapshot": [0] * len(of), "superseded": [False] * len(of), "moment": [None] * len(of)},
        WHERE | TABLES["captures"] | {"reading": "int"},
    )  # fmt: skip
    case_of = {case: code for code, case in enumerate(cases)}
    frame["mail"] = [readings[n].mail for n in of]
    inside = names_inside(readings)
    stamps = [_stamp(readings[n], inside[n], line) for n, line in zip(of, columns.get("line", []), strict=True)]
    frame["stamp"] = pd.Series(stamps, dtype=object)
    folders = machine_folders(readings)
    frame["folder"] = pd.array([folders[n] for n in of], dtype=object)
    frame["case"] = pd.Categorical.from_codes([case_of[readings[n].case] for n in of], categories=pd.Index(list(cases)))
    return frame


def _stamp(reading: Reading, name: str, line: int) -> str | None:
    """The time stamp of the log that a line stands in, else of its file."""
    above = [text for at, text in reading.stamps if at <= line]
    return above[-1] if above else stamp(name)


def _table(name: str, readings: Sequence[Reading]) -> pd.DataFrame:
    """One table: what the captures filled, each row with the number of its capture."""
    import numpy as np

    parts = [capture.tables.get(name, ()) for reading in readings for capture in reading.captures]
    rows: Iterable[tuple[Any, ...]] = chain.from_iterable(parts)
    kinds = {"line": "int"} | TABLES[name]
    columns = dict(zip(kinds, map(list, zip(*rows, strict=True)), strict=True)) if any(parts) else {}
    frame = typed(columns, kinds)
    frame["capture"] = np.repeat(np.arange(len(parts)), [len(part) for part in parts])
    return frame


def _with_start_options(boot: pd.DataFrame, values: pd.DataFrame) -> pd.DataFrame:
    """The options of boot.ini and bcdedit, and those that the registry says were in force: boot.ini does not prove which entry was booted."""
    name = values["name"].astype(object)
    told = (
        name.str.lower().eq("systemstartoptions").fillna(False) & values["origin"].eq("state") & values["text"].notna()
    )
    told &= ~of_numbered_set(values)
    proved = [
        (row.line, option, value, "SystemStartOptions", row.capture)
        for row in values[told.astype(bool)].itertuples()
        for option, value in options(str(row.text))
    ]
    if not proved:
        return boot
    names = ["line", *TABLES["boot_options"], "capture"]
    columns = {name: [*boot[name], *new] for name, new in zip(names, zip(*proved, strict=True), strict=True)}
    frame = typed(columns, {"line": "int"} | TABLES["boot_options"])
    frame["capture"] = columns["capture"]
    return frame


def _derive(heaps: pd.DataFrame, captures: pd.DataFrame) -> pd.DataFrame:
    """Role, owner, KB free at the worst rounding, and whether a later listing of the session exists."""
    import numpy as np
    import pandas as pd

    station, desktop, size = heaps["window_station"], heaps["desktop"], heaps["size_kb"]
    # DesktopHeapDiag names no desktop, but says which kind of heap it filled; in a listing without names the sizes tell the roles.
    words = heaps["desktop_path"].where(heaps["tool"].eq("desktopheapdiag"))
    nameless = station.isna() & desktop.isna() & heaps["tool"].ne("desktopheapdiag")
    largest = size.groupby(heaps["capture"]).transform("max")
    small = nameless & size.isin(list(FIXED_SIZES))
    fixed = (desktop.isin(["Winlogon", "Disconnect"]) & station.eq("WinSta0")) | small
    interactive = station.eq("WinSta0") | (nameless & size.eq(largest)) | words.str.startswith("Interactive").eq(True)
    known = station.notna() | nameless | words.str.startswith("Non-Interactive").eq(True)
    roles = ["fixed", "interactive", "service"]
    role = np.select([fixed.fillna(False), interactive.fillna(False), known], range(3), default=-1)
    heaps["role"] = pd.Categorical.from_codes(role, categories=pd.Index(roles))
    names = [str(name) for name in station.cat.categories]
    owners = [station_owner(name) for name in names]
    heaps["owner"] = pd.Categorical(
        pd.Series([*owners, None], dtype=object).take(station.cat.codes.to_numpy() % (len(names) + 1))
    )
    step = heaps["tool"].map(ROUNDING).astype("Float64").fillna(0.5)
    heaps["free_kb"] = (size * (100 - heaps["used_percent"] - step) / 100).clip(lower=0).round(6).astype("Float64")
    heaps["superseded"] = captures["superseded"].array.take(heaps["capture"].to_numpy())
    return heaps


def _captured(captures: pd.DataFrame, keys: pd.Series[int]) -> pd.Series[float]:
    """When the heaps of these machines were last listed, in seconds (the end of a day where no time of day is told)."""
    told = captures[captures["command"].isin(LISTINGS) & captures["moment"].notna()]
    last: pd.Series[float] = keys.map(ends(told["moment"])[1].groupby(machine_keys(told)).max()).astype(float)
    return last


def station_owner(station: str) -> str | None:
    """Who shares the heaps of a window station, as far as its name tells."""
    return _OWNERS.get(station) or _logon(station)


def _logon(station: str) -> str | None:
    """The logon session that a window station is named after: "Service-0x0-1ef07$" is that of LUID 0:1ef07."""
    named = re.fullmatch(r"Service-0x([0-9a-f]+)-([0-9a-f]+)\$", station)
    return f"logon session {named[2] if named[1] == '0' else ':'.join(named.groups())}" if named else None
