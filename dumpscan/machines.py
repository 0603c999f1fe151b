"""Which machine and which moment a capture speaks of: tables of two machines must never be joined.

A first prototype "found" view space exhausted by holding one machine's heaps against another machine's limit. So: the first-level
sub-folder names the machine; files without one belong to the only machine there; and where two listings cannot be of one machine
(another bitness, another SharedSection), every stretch of text without a long break is a machine of its own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dumpscan.moments import SINCE, ends, uptime
from dumpscan.printed_times import moment_of

if TYPE_CHECKING:
    import pandas as pd

LISTINGS = ("dheapmon", "dskheap")
BREAK = 40  # lines between two captures of one file after which they may come from two machines, once two are known to be there
UNNAMED = "unnamed"
# KB of Disconnect and Winlogon, which nobody can configure (ntdebugging blog, comment 20).
FIXED_SIZES = {64: "x86", 128: "x86", 96: "x64", 192: "x64"}
# Updates of Windows 10 and 11 that only switch on what an earlier one brought: a kernel debugger and the files of the kernel keep the number of
# that one, systeminfo and the debugger of a process print the new one. One machine has both.
SAME_KERNEL = {18363: 18362, 19042: 19041, 19043: 19041, 19044: 19041, 19045: 19041, 22631: 22621, 26200: 26100}


def machine_keys(frame: pd.DataFrame) -> pd.Series[int]:
    """One number for each machine of each case, the same in all tables: pandas 3.1 cannot match two-level indexes of categories reliably
    (a lookup raised "Buffer dtype mismatch" from 128 cases on)."""
    machine = frame["machine"].cat
    return frame["case"].cat.codes.astype("int64") * len(machine.categories) + machine.codes


def name_machines(
    captures: pd.DataFrame, heaps: pd.DataFrame, systems: pd.DataFrame, events: pd.DataFrame, times: pd.Series[Any]
) -> list[str]:
    """A machine for each capture: the computer name printed in its file, or the only one of its folder; else the one that logged the events
    there; else the folder. `heaps`, `systems` and `events` are rows of those tables with the number of their capture; `times` the session
    time of each capture."""
    case, folder = captures["case"].cat.codes.rename("case"), _folders(captures).rename("folder")
    shapes = _shapes(heaps, systems).reindex(captures.index)
    windows, stretch = _builds(captures, shapes["build"])
    computer = _computers(captures, systems, stretch)
    in_folder = computer.groupby([case, folder])
    only = in_folder.transform("first").where(in_folder.transform("nunique").eq(1))
    its_windows = windows.where(computer.notna()).groupby([case, folder]).transform("first")
    another = windows.ne(its_windows) & windows.notna() & its_windows.notna()
    computer = computer.fillna(only.mask(another)).astype(object)
    first_logger, logged = _loggers(captures, events)
    of_folder = [case, folder]
    same = logged.groupby(of_folder).transform("nunique").eq(1) & computer.isna().groupby(of_folder).transform("all")
    computer = computer.fillna(logged.groupby(of_folder).transform("first").where(same))
    computer = computer.mask(logged.notna() & logged.str.lower().ne(computer.str.lower()), logged)
    computer = computer.fillna(first_logger)
    names = computer.where(computer.notna(), folder.where(folder != "", UNNAMED))
    # SharedSection can change between two boots; where session times tell the boots apart, other sizes are no other machine.
    shapes.loc[times.notna(), ["service", "Default"]] = float("nan")
    unnamed = computer.isna()
    several = shapes[unnamed].groupby([case[unnamed], folder[unnamed]]).transform("nunique").gt(1).any(axis=1)
    mixed = captures.loc[several[several].index]
    for (_, base), part in mixed.groupby([case[mixed.index], folder[mixed.index]], sort=False):
        names.loc[part.index] = [f"{base or 'machine'} {number}" for number in _stretches(part, shapes)]
    return [str(name) for name in names]


def _builds(captures: pd.DataFrame, builds: pd.Series[float]) -> tuple[pd.Series[float], pd.Series[int]]:
    """The build of Windows in force at each capture (of the banner above it in its file, else of the first below), and the stretches of each
    file that have one: a text can tell of two machines, and the name of one must not go over to the other."""
    reading = captures["reading"].astype(int)
    windows = builds.groupby(reading, sort=False).ffill()
    windows = windows.fillna(windows.groupby(reading, sort=False).transform("first"))
    changed = windows.ne(windows.groupby(reading, sort=False).shift()) & windows.notna()
    return windows, changed.astype(int).cumsum()


def _computers(captures: pd.DataFrame, systems: pd.DataFrame, stretch: pd.Series[int]) -> pd.Series[Any]:
    """The computer name in force at each capture: of the banner above it in its stretch of its file, else of the first below."""
    told = systems[systems["computer"].notna()].drop_duplicates("capture").set_index("capture")["computer"]
    place = [captures["reading"].astype(int), stretch]
    in_file = told.reindex(captures.index).astype(object).groupby(place, sort=False)
    return in_file.ffill().fillna(in_file.transform("first"))


def _loggers(captures: pd.DataFrame, events: pd.DataFrame) -> tuple[pd.Series[Any], pd.Series[Any]]:
    """The computer that logged the first event of each capture, and the one that logged all of them. A log may have been taken from
    another machine than what stands beside it."""
    hosts = _hosts(events)
    first = hosts.groupby(events["capture"]).first().reindex(captures.index).astype(object)
    several = hosts.str.lower().groupby(events["capture"]).nunique()
    return first, first.where(several.reindex(captures.index).eq(1))


def _hosts(events: pd.DataFrame) -> pd.Series[Any]:
    """The name of the computer that logged each event, without its domain; only of events with a time (articles print others)."""
    named = events["computer"].where(events["time"].notna()).astype(object)
    return named.str.extract(r"^(\w[^\s.:\\/*?\"<>|,]{0,62})(?:\.(?![0-9])[^\s:]*)?$", expand=False).astype(object)


def event_machines(events: pd.DataFrame, captures: pd.DataFrame) -> pd.Series[Any]:
    """The machine of each event: that of its capture, but for an export with the events of several computers."""
    of_capture = captures["machine"].astype(object).take(events["capture"].to_numpy()).set_axis(events.index)
    hosts = _hosts(events)
    several = hosts.str.lower().groupby(events["capture"]).transform("nunique").gt(1) & hosts.notna()
    known = captures["machine"].astype(object).drop_duplicates()
    spelled = dict(zip(known.str.lower(), known, strict=True))
    return of_capture.mask(several, hosts.map(lambda host: spelled.get(str(host).lower(), host)))


def _folders(captures: pd.DataFrame) -> pd.Series[Any]:
    """The folder that names the machine of each capture; files beside the only one of a case belong to it."""
    folder = captures["folder"]
    inside = folder[folder != ""]
    by_case = inside.groupby(captures["case"].cat.codes[inside.index])
    only = by_case.first()[by_case.nunique().eq(1)]
    fill = captures["case"].cat.codes.map(only)
    return folder.where((folder != "") | fill.isna(), fill)


def _shapes(heaps: pd.DataFrame, systems: pd.DataFrame) -> pd.DataFrame:
    """What one boot of one machine fixes, by capture: two fixed heaps, the interactive and the service heap, the build of Windows."""
    import pandas as pd

    on_winsta0 = heaps["window_station"].eq("WinSta0").to_numpy(bool, na_value=False)
    service = heaps[~on_winsta0 & heaps["window_station"].notna().to_numpy(bool)].groupby("capture")["size_kb"]
    fixed = heaps["size_kb"].map(FIXED_SIZES).where(on_winsta0 & heaps["desktop"].isin(["Winlogon", "Disconnect"]))
    architecture = systems.groupby("capture")["architecture"].first().astype(object)
    shapes = {
        "service": service.first()[service.nunique().eq(1)].astype(float),
        "build": systems.groupby("capture")["build"].first().replace(SAME_KERNEL).astype(float),
        "architecture": architecture.combine_first(fixed.groupby(heaps["capture"]).first().astype(object)),
    }
    for desktop in ("Winlogon", "Disconnect", "Default"):
        rows = heaps[on_winsta0 & heaps["desktop"].eq(desktop).to_numpy(bool, na_value=False)]
        shapes[desktop] = rows.groupby("capture")["size_kb"].first().astype(float)
    return pd.DataFrame(shapes)


def _stretches(captures: pd.DataFrame, shapes: pd.DataFrame) -> list[int]:
    """Number the machines of one folder that holds several: a new one at each new file, long break or contradiction.

    A file with banners is a debugger log: there its banners tell the machines apart, and a long break only means much other output.
    """
    logs = set(captures.loc[captures["command"].eq("vertarget"), "file"])
    numbers: list[int] = []
    number, known, before = 0, dict[str, Any](), (None, 0)
    for at, file, line, last in captures[["file", "line", "last_line"]].itertuples():
        shape = shapes.loc[at].dropna().to_dict()
        broken = file != before[0] or (line - before[1] > BREAK and file not in logs)
        if broken or any(known.get(what, size) != size for what, size in shape.items()):
            number, known = number + 1, {}
        known |= shape
        before = (file, last)
        numbers.append(number)
    return numbers


def session_times(captures: pd.DataFrame, systems: pd.DataFrame) -> pd.Series[Any]:
    """The session time in force at each capture, as printed: the last one above it in its file, else the first below; where none is
    printed, the stamp of its log or file."""
    times = (
        systems.drop_duplicates("capture").set_index("capture")["session_time"].reindex(captures.index).astype(object)
    )
    in_file = times.groupby(captures["reading"].astype(int), sort=False)
    return in_file.ffill().fillna(in_file.transform("first")).fillna(captures["stamp"])


def number_snapshots(captures: pd.DataFrame, times: pd.Series[Any]) -> pd.Series[Any]:
    """A new snapshot begins with each file, with each new session time, and when a listing of the same session repeats; numbered from 1
    on each machine."""
    import pandas as pd

    place = [machine_keys(captures), captures["reading"].astype(int), pd.Series(pd.factorize(times)[0], captures.index)]
    listing = captures["command"].isin(LISTINGS) & captures["state"].isin(["whole", "cut"])
    session = captures["session"].fillna(-1)
    again = captures[listing].groupby([key[listing] for key in (*place, session)], sort=False).cumcount()
    repeat = again.reindex(captures.index).fillna(0).groupby(place, sort=False).cummax().astype(int)
    stamps = pd.Series(pd.factorize(pd.MultiIndex.from_arrays([*place[1:], repeat]))[0], index=captures.index)
    return stamps.groupby(place[0]).rank(method="dense").astype("Int64")


def superseded(captures: pd.DataFrame, times: pd.Series[Any]) -> pd.Series[bool]:
    """A listing is history when a whole one of the same session follows on its machine: by session time, or at the same time (or without
    any) further down in the same file, unless that is a mail, where the newest may stand on top. A cut one proves no recovery. A
    command that printed nothing was typed again when any whole listing follows in the file."""
    listing = captures["command"].isin(LISTINGS)
    whole = (listing & captures["state"].eq("whole").fillna(False)).astype(int)
    machine, reading, session = machine_keys(captures), captures["reading"].astype(int), captures["session"].fillna(-1)
    earliest, latest = ends(times)

    def whole_ones_below(*keys: Any) -> pd.Series[int]:
        return whole[::-1].groupby([key[::-1] for key in (machine, reading, *keys)]).cumsum()[::-1] - whole

    newest = earliest.where(whole.eq(1)).groupby([machine, session]).transform("max")
    below = (whole_ones_below(session, earliest.fillna(-1)) > 0) & ~captures["mail"].astype(bool)
    again = captures["session"].notna() & (below | (latest < newest))
    retried = captures["state"].eq("silent").fillna(False) & (whole_ones_below() > 0)
    return (listing & (again | retried)).astype(bool)


def boots(systems: pd.DataFrame) -> pd.DataFrame:
    """The boots that banners and summaries with a time and an uptime tell, or the time of the start: key of the machine, begin and begun (not before, not after)
    and end (the capture; none where no time of it is told), in seconds and in the order of time, with file and line."""
    import pandas as pd

    systems = systems[systems["uptime"].notna()]
    early, late = ends(systems["moment"])
    up = systems["uptime"].map(uptime).astype(float)
    first, last = (_started(systems["uptime"], day_first=day_first) for day_first in (False, True))
    told = pd.DataFrame(
        {
            "key": machine_keys(systems),
            "begin": (early - up).fillna(first.where(first < last, last)),
            "begun": (late - up).fillna(first.where(first > last, last)),
            "end": late.fillna(float("inf")),
            "file": systems["file"].astype(object),
            "line": systems["line"],
        }
    )
    told = told.dropna(subset="begin")
    # A capture after a start is of that boot or of a later one.
    known = told["end"].where(told["end"].lt(float("inf")), told["begun"])
    return told.assign(known=known).sort_values(["known", "begin"], kind="stable").drop(columns="known")


def _started(uptimes: pd.Series[Any], *, day_first: bool) -> pd.Series[float]:
    """The moment of "since 3/9/2021, 7:05:33 AM"."""
    since = uptimes.where(uptimes.str.startswith(SINCE).fillna(False))
    return since.map(lambda time: moment_of(time, day_first=day_first)).astype(float)
