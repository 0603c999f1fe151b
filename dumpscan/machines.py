"""Which machine and which moment a capture speaks of: tables of two machines must never be joined.

A first prototype "found" view space exhausted by holding one machine's heaps against another machine's limit. So: the first-level
sub-folder names the machine; files without one belong to the only machine there; and where two listings cannot be of one machine
(another bitness, another SharedSection), every stretch of text without a long break is a machine of its own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

LISTINGS = ("dheapmon", "dskheap")
BREAK = 40  # lines between two captures of one file after which they may come from two machines, once two are known to be there
UNNAMED = "unnamed"


def machine_keys(frame: pd.DataFrame) -> pd.Series[int]:
    """One number for each machine of each case, the same in all tables: pandas 3.1 cannot match two-level indexes of categories reliably
    (a lookup raised "Buffer dtype mismatch" from 128 cases on)."""
    machine = frame["machine"].cat
    return frame["case"].cat.codes.astype("int64") * len(machine.categories) + machine.codes


def name_machines(captures: pd.DataFrame, heaps: pd.DataFrame, systems: pd.DataFrame) -> list[str]:
    """A machine for each capture. `heaps` and `systems` are rows of those tables with the number of their capture."""
    folder = _folders(captures)
    shapes = _shapes(heaps, systems).reindex(range(len(captures)))
    groups = [captures["case"].cat.codes.rename("case"), folder.rename("folder")]
    several = shapes.groupby(groups).transform("nunique").gt(1).any(axis=1)
    names = folder.where(folder != "", UNNAMED)
    for (_, base), part in captures[several.to_numpy()].groupby(
        [group[several.to_numpy()] for group in groups], sort=False
    ):
        names.loc[part.index] = [f"{base or 'machine'} {number}" for number in _stretches(part, shapes)]
    return names.tolist()


def _folders(captures: pd.DataFrame) -> pd.Series[Any]:
    """First-level sub-folder of each capture; files beside the only sub-folder of a case belong to it."""
    import pandas as pd

    categories = [name.partition("/")[0] if "/" in name else "" for name in captures["file"].cat.categories.astype(str)]
    folder = pd.Series([categories[code] for code in captures["file"].cat.codes], index=captures.index, dtype=object)
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
    shapes = {"service": service.first()[service.nunique().eq(1)], "build": systems.groupby("capture")["build"].first()}
    for desktop in ("Winlogon", "Disconnect", "Default"):
        rows = heaps[on_winsta0 & heaps["desktop"].eq(desktop).to_numpy(bool, na_value=False)]
        shapes[desktop] = rows.groupby("capture")["size_kb"].first()
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


def number_snapshots(captures: pd.DataFrame, systems: pd.DataFrame) -> pd.Series[Any]:
    """A new snapshot begins with each file, with each new session time, and when a listing of the same session repeats; numbered from 1
    on each machine."""
    import pandas as pd

    place = [machine_keys(captures), captures["reading"].astype(int)]
    times = systems.drop_duplicates("capture").set_index("capture")["session_time"].reindex(captures.index)
    told = pd.Series(pd.factorize(times.astype(object))[0], index=captures.index).where(times.notna())
    in_file = told.groupby(place, sort=False)
    time = in_file.ffill().fillna(in_file.transform("first")).fillna(-1).astype(int)
    listing = captures["command"].isin(LISTINGS) & captures["state"].isin(["whole", "cut"])
    session = captures["session"].fillna(-1)
    again = captures[listing].groupby([key[listing] for key in (*place, time, session)], sort=False).cumcount()
    repeat = again.reindex(captures.index).fillna(0).groupby([*place, time], sort=False).cummax().astype(int)
    stamps = pd.Series(pd.factorize(pd.MultiIndex.from_arrays([place[1], time, repeat]))[0], index=captures.index)
    return stamps.groupby(place[0]).rank(method="dense").astype("Int64")
