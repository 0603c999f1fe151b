"""Which machine and which moment a capture speaks of: by folder, by what cannot be one machine, by file, by repeats."""

from __future__ import annotations

from pathlib import Path

import compose
import pytest
from compose import DEFAULT, SYSTEM, X64, X86, Document, Heap

import dumpscan
from dumpscan.moments import stamp

ONE, OTHER = compose.dskheap(0, X86), compose.dskheap(0, X64)
USER: list[Heap] = X86[:3]
LIMIT = compose.view_size(20480)
THIRD = compose.dskheap(0, [heap if heap[0].startswith("WinSta0") else (heap[0], 1024, heap[2]) for heap in X86])
NINE = "Mon Nov 16 09:30:00 2026"
TEN = "Mon Nov 16 10:30:00 2026"

CASES: dict[str, compose.Text] = {
    "one text": ONE,
    "root files": {"a.txt": ONE, "b.txt": compose.dskheap(1, USER)},
    "folders": {"a/one.txt": ONE, "b/one.txt": ONE, "b/deep/er.txt": LIMIT},
    "files beside the only folder": {"srv/heaps.txt": ONE, "limit.txt": LIMIT},
    "files beside two folders": {"a/heaps.txt": ONE, "b/heaps.txt": ONE, "limit.txt": LIMIT},
    "another bitness": {"one.txt": ONE, "other.txt": OTHER},
    "another bitness in a folder": {"srv/one.txt": ONE, "srv/other.txt": OTHER, "limit.txt": LIMIT},
    "another third value": {"one.txt": ONE, "other.txt": THIRD},
    "another second value": {"one.txt": ONE, "other.txt": compose.dskheap(0, compose.replaced(X86, DEFAULT, 4096, 5))},
    "one heap of its own size": {"one.txt": ONE, "other.txt": compose.dskheap(0, [*X86, (compose.service(1), 768, 5)])},
    "a user's session beside session 0": ONE + compose.dskheap(2, USER),
    "contradiction in one file": ONE + LIMIT + OTHER + compose.view_size(106496),
    "a long break between them": ONE + compose.filler(40) + LIMIT + compose.filler(40) + OTHER,
    "a short break between them": ONE + compose.filler(39) + LIMIT + compose.filler(39) + OTHER,
    "a long break, one machine": ONE + compose.filler(60) + LIMIT,
    "banners of two builds": compose.banner(2600) + ONE + compose.banner(3790) + ONE,
    "banners of one build": compose.banner(3790) + ONE + compose.filler(60) + compose.banner(3790) + LIMIT,
}


@pytest.fixture(scope="module")
def told() -> dict[str, Document]:
    return compose.documents(CASES)


EVENT = "Event Type:\tWarning\nEvent Source:\tWin32k\nEvent ID:\t243\nDate:\t\t3/9/2007\nTime:\t\t7:05:33 AM\nComputer:\t{}\n"
NAMED = "Host Name:                 APP01\nOS Name:                   Microsoft Windows Server 2003\nOS Version:                5.2.3790 Service Pack 2 Build 3790\n"
EXPORT = "3/9/2007,7:05:33 AM,Win32k,Warning,None,243,N/A,TS01,A desktop heap allocation failed.\n3/9/2007,7:06:33 AM,Win32k,Warning,None,243,N/A,app01.corp.local,A desktop heap allocation failed.\n"


@pytest.mark.parametrize(
    ("files", "machines"),
    [
        ({"heaps.txt": ONE, "log.txt": EVENT.format("TS01.example.com")}, ["TS01", "TS01"]),
        ({"heaps.txt": ONE, "log.txt": EVENT.format("TS01"), "sys.txt": NAMED}, ["APP01", "TS01", "APP01"]),
        ({"heaps.txt": ONE, "log.txt": EVENT.format("app01.corp.local"), "sys.txt": NAMED}, ["APP01", "APP01", "APP01"]),
        ({"heaps.txt": ONE, "log.txt": EVENT.format("TS01").replace("\t3/9/2007", "-").replace("\t7:05:33 AM", "-")}, ["unnamed", "unnamed"]),
        ({"log.csv": EXPORT, "sys.txt": NAMED}, ["TS01", "APP01", "APP01"]),
    ],
)  # fmt: skip
def test_events_are_of_the_computer_that_logged_them(
    tmp_path: Path, files: dict[str, str], machines: list[str]
) -> None:
    """A log of another server joined with the heaps of this one makes two machines out of one: a false proof."""
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    tables = dumpscan.analyze(tmp_path).to_dict()["tables"]
    rows = [row for table in ("heap_totals", "events", "systems") for row in tables[table]]
    assert [row["machine"] for row in sorted(rows, key=lambda row: (row["file"], row["line"]))] == machines


def _machines(document: Document) -> list[tuple[str, str]]:
    """Command and machine of each capture, in the order of files and lines."""
    return [(row["command"], row["machine"]) for row in document["tables"]["captures"] if row["command"] != "vertarget"]


@pytest.mark.parametrize(
    ("name", "machines"),
    [
        ("one text", ["unnamed"]),
        ("root files", ["unnamed", "unnamed"]),
        ("folders", ["a", "b", "b"]),
        ("files beside the only folder", ["srv", "srv"]),
        ("files beside two folders", ["unnamed", "a", "b"]),
        ("another bitness", ["machine 1", "machine 2"]),
        ("another third value", ["machine 1", "machine 2"]),
        ("another second value", ["machine 1", "machine 2"]),
        ("one heap of its own size", ["unnamed", "unnamed"]),
        ("a user's session beside session 0", ["unnamed", "unnamed"]),
        ("contradiction in one file", ["machine 1", "machine 1", "machine 2", "machine 2"]),
        ("a long break between them", ["machine 1", "machine 2", "machine 3"]),
        ("a short break between them", ["machine 1", "machine 1", "machine 2"]),
        ("a long break, one machine", ["unnamed", "unnamed"]),
        ("banners of two builds", ["machine 1", "machine 2"]),
        ("banners of one build", ["unnamed", "unnamed"]),
    ],
)
def test_machine_of_each_capture(told: dict[str, Document], name: str, machines: list[str]) -> None:
    assert sorted(machine for _, machine in _machines(told[name])) == sorted(machines)


def test_a_folder_that_holds_two(told: dict[str, Document]) -> None:
    """The folder's name stays in front; the limit beside them belongs to neither."""
    assert dict(_machines(told["another bitness in a folder"])).keys() == {"mm_session_view_size", "dskheap"}
    names = {machine for _, machine in _machines(told["another bitness in a folder"])}
    assert all(name.startswith("srv ") for name in names) and len(names) == 3
    assert {view["limit_kb"] for view in told["another bitness in a folder"]["view_space"]} == {None}


def test_every_row_has_the_machine_of_its_capture(told: dict[str, Document]) -> None:
    for name, document in told.items():
        captures = document["tables"]["captures"]
        rows = [row for table, rows in document["tables"].items() if table != "captures" for row in rows]
        assert rows, name
        for row in rows:
            (own,) = (
                one for one in captures if one["file"] == row["file"] and one["line"] <= row["line"] <= one["last_line"]
            )
            assert (row["machine"], row["snapshot"]) == (own["machine"], own["snapshot"]), name


@pytest.mark.parametrize(
    ("name", "limits"),
    [
        ("files beside the only folder", {"srv": 20480}),
        ("files beside two folders", {"a": None, "b": None}),
        ("contradiction in one file", {"machine 1": 20480, "machine 2": 106496}),
        ("a long break between them", {"machine 1": None, "machine 3": None}),
        ("a short break between them", {"machine 1": 20480, "machine 2": None}),
        ("a long break, one machine", {"unnamed": 20480}),
        ("folders", {"a": None, "b": 20480}),
    ],
)
def test_a_limit_counts_on_its_machine_alone(
    told: dict[str, Document], name: str, limits: dict[str, int | None]
) -> None:
    assert {view["machine"]: view["limit_kb"] for view in told[name]["view_space"]} == limits


# Snapshots.

MOMENTS: dict[str, compose.Text] = {
    "sessions of one moment": ONE + compose.dskheap(1, USER) + compose.dskheap(2, USER),
    "a repeat": ONE + ONE,
    "a repeat with what stands around": ONE + compose.dskheap(1, USER) + ONE + compose.dskheap(1, USER) + LIMIT,
    "both tools": ONE + compose.dheapmon(0, X86),
    "files": {"a.txt": ONE, "b.txt": ONE, "c.txt": LIMIT},
    "files with repeats": {"a.txt": ONE + ONE, "b.txt": ONE},
    "machines count for themselves": {"m/a.txt": ONE, "m/b.txt": ONE, "n/a.txt": ONE},
    "a failure is no repeat": compose.FAILED + ONE,
    "a cut one is": ONE + compose.without(ONE, SYSTEM),
    "session times": compose.banner(3790, time=NINE) + ONE + compose.banner(3790, time=TEN) + compose.dskheap(1, USER),
    "one session time": compose.banner(3790, time=NINE)
    + ONE
    + compose.banner(3790, time=NINE)
    + compose.dskheap(1, USER),
}


@pytest.mark.parametrize(
    ("name", "snapshots"),
    [
        ("sessions of one moment", [1, 1, 1]),
        ("a repeat", [1, 2]),
        ("a repeat with what stands around", [1, 1, 2, 2, 2]),
        ("both tools", [1, 2]),
        ("files", [1, 2, 3]),
        ("files with repeats", [1, 2, 3]),
        ("machines count for themselves", [1, 1, 2]),
        ("a failure is no repeat", [1, 1]),
        ("a cut one is", [1, 2]),
        ("session times", [1, 2]),
        ("one session time", [1, 1]),
    ],
)
def test_snapshots(moments: dict[str, Document], name: str, snapshots: list[int]) -> None:
    rows = [row["snapshot"] for row in moments[name]["tables"]["captures"] if row["command"] != "vertarget"]
    assert sorted(rows) == snapshots
    if name != "machines count for themselves":
        assert rows == snapshots, "in the order of files and lines"


@pytest.fixture(scope="module")
def moments() -> dict[str, Document]:
    return compose.documents(MOMENTS)


def test_sums_are_those_of_one_moment(moments: dict[str, Document]) -> None:
    """Heaps of two listings of a session are never added up."""
    for name in ("a repeat", "both tools", "files", "files with repeats"):
        assert {view["heaps_kb"] for view in moments[name]["view_space"]} == {5312}, name


def test_repeats_are_superseded_in_their_own_file_alone() -> None:
    told = compose.documents(
        {"file": ONE + ONE, "files": {"a.txt": ONE, "b.txt": ONE}, "sessions": ONE + compose.dskheap(1, USER)}
    )
    superseded = {
        name: [row["superseded"] for row in document["tables"]["captures"]] for name, document in told.items()
    }
    assert superseded == {"file": [True, False], "files": [False, False], "sessions": [False, False]}


def test_a_later_file_by_its_session_time() -> None:
    """Both files print when they were taken: the full heap of nine o'clock is history at ten."""
    full = compose.dskheap(0, compose.replaced(X86, SYSTEM, 512, 99))
    verdict = compose.verdict(
        {"a.txt": compose.banner(3790, time=NINE) + full, "b.txt": compose.banner(3790, time=TEN) + ONE}
    )
    assert (verdict["mode"], len(verdict["history"])) == ("no-sign", 1)


def test_without_times_no_file_is_later() -> None:
    """Names of files do not tell when they were written: the full one speaks, whichever comes first."""
    full = compose.dskheap(0, compose.replaced(X86, SYSTEM, 512, 99))
    told = compose.documents({"first": {"a.txt": full, "b.txt": ONE}, "last": {"a.txt": ONE, "b.txt": full}})
    assert {one["verdict"]["mode"] for one in told.values()} == {"single-heap-full"}


def test_printed_computer_names() -> None:
    """Heaps of TS01 and the limit of TS02 lie in one folder: never one machine."""
    banner = compose.banner(3790)
    cases: dict[str, compose.Text] = {
        "two names": {
            "x.log": banner + "Machine Name: TS01\n" + compose.dskheap(0, compose.filling(20000, 512)),
            "y.log": banner + "Machine Name: TS02\n" + compose.view_size(20480),
        },
        "one name": {
            "x.log": banner + "Machine Name: TS01\n" + compose.view_size(20480),
            "heaps.txt": compose.dskheap(0, compose.filling(20000, 512)),
        },
    }
    told = {name: one["verdict"] for name, one in compose.documents(cases).items()}
    assert told["two names"]["mode"] == "undecided"
    assert (told["one name"]["mode"], told["one name"]["scope"]["machine"]) == ("view-space-exhausted", "TS01")


def _systeminfo(name: str, version: str) -> str:
    return f"Host Name:                 {name}\nOS Name:                   Microsoft Windows\nOS Version:                {version}\n"


def test_a_name_does_not_go_over_to_another_windows() -> None:
    """systeminfo of one machine and a debugger log of another lie in one folder, or in one text."""
    named, other = _systeminfo("WEB01", "5.2.3790 Service Pack 2 Build 3790"), compose.banner(7601) + ONE
    cases: dict[str, compose.Text] = {
        "two files": {"a.txt": named, "b.txt": other},
        "one text": named + compose.filler(10) + other,
        "upside down": other + compose.filler(10) + named,
        "the same Windows": {"a.txt": named, "b.txt": compose.banner(3790) + ONE},
        "no banner": {"a.txt": named, "b.txt": ONE},
    }
    told = compose.documents(cases)
    heaps = {name: {row["machine"] for row in one["tables"]["desktop_heaps"]} for name, one in told.items()}
    assert heaps == {
        "two files": {"unnamed"},
        "one text": {"unnamed"},
        "upside down": {"unnamed"},
        "the same Windows": {"WEB01"},
        "no banner": {"WEB01"},
    }


def test_an_update_that_keeps_the_kernel_is_no_other_machine() -> None:
    """A kernel debugger says 19041 where systeminfo says 19045; 9600 would be another Windows."""
    kernel = compose.banner(19041, name="Windows 10", target="x64") + compose.dskheap(0, X64)
    told = compose.documents(
        {
            str(build): {"a.txt": kernel, "b.txt": _systeminfo("PC7", f"10.0.{build} N/A Build {build}")}
            for build in (19045, 9600)
        }
    )
    machines = {name: {row["machine"] for row in one["tables"]["desktop_heaps"]} for name, one in told.items()}
    assert machines == {"19045": {"PC7"}, "9600": {"unnamed"}}


def test_position_in_a_mail_is_no_time() -> None:
    """The newest mail stands on top: a full listing above a quoted healthy one is not history."""
    full = compose.dskheap(0, compose.replaced(X86, SYSTEM, 512, 99))
    quoted = "".join(f"> {line}\n" for line in ONE.splitlines())
    assert compose.verdict(full + "-----Original Message-----\n" + quoted)["mode"] == "single-heap-full"


def test_times_outrank_the_position_in_a_log() -> None:
    """Logs that were appended in the wrong order: the later session time speaks, and neither listing goes lost."""
    full = compose.dskheap(0, compose.replaced(X86, SYSTEM, 512, 99))
    verdict = compose.verdict(compose.banner(3790, time=TEN) + ONE + compose.banner(3790, time=NINE) + full)
    assert (verdict["mode"], len(verdict["history"])) == ("no-sign", 1)
    assert "10:" in verdict["scope"]["moment"]


# ------------------------------------------------------------------------------------------------ stamps of logs and files


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("kd_02BC_2005-02-28_09-05-50-935.txt", "2005-02-28 09:05:50"),
        ("dheapmon_20090310-0705.txt", "2009-03-10 07:05"),
        ("2009-03-10/kd.log", "2009-03-10"),
        ("case_2008-01-01/kd 2009.03.10 07.05.33.log", "2009-03-10 07:05:33"),
        ("2009-03-10T07:05.txt", "2009-03-10 07:05"),
        ("KB949296.txt", None),
        ("memory 20091310.txt", None),
        ("120090310.txt", None),
        ("10-03-2009.txt", None),
    ],
)
def test_a_stamp_is_year_month_day(name: str, expected: str | None) -> None:
    assert stamp(name) == expected


FULL = compose.view_size(49152) + compose.dskheap(0, compose.replaced(X86, SYSTEM, 512, 99))
EMPTY = compose.view_size(49152) + compose.dskheap(0, compose.replaced(X86, SYSTEM, 512, 9))


def listings(tmp_path: Path, files: dict[str, str]) -> str:
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return str(dumpscan.analyze(tmp_path).to_dict()["verdict"]["mode"])


def test_stamps_in_names_tell_what_is_history(tmp_path: Path) -> None:
    assert listings(tmp_path, {"kd_2009-03-10_0705.log": FULL, "kd_2009-03-10_0905.log": EMPTY}) == "no-sign"


def test_without_stamps_the_worse_of_two_files_counts(tmp_path: Path) -> None:
    assert listings(tmp_path, {"kd_a.log": FULL, "kd_b.log": EMPTY}) == "single-heap-full"


def test_a_stamp_without_a_time_of_day_orders_days_only(tmp_path: Path) -> None:
    assert listings(tmp_path / "1", {"a_2009-03-10.log": FULL, "b_2009-03-11.log": EMPTY}) == "no-sign"
    assert listings(tmp_path / "2", {"a_2009-03-10.log": FULL, "b_2009-03-10_0905.log": EMPTY}) == "single-heap-full"


def test_the_header_of_a_log_counts_before_the_name_of_its_file(tmp_path: Path) -> None:
    header = "Opened log file 'c:\\logs\\kd_02BC_2009-03-12_09-05-50-935.txt'\n"
    files = {"kd_2009-03-10.log": header + FULL, "kd_2009-03-11.log": EMPTY}
    assert listings(tmp_path, files) == "single-heap-full"
    moments = dumpscan.analyze(tmp_path).tables["captures"].groupby("file", observed=True)["moment"].unique()
    assert [list(one) for one in moments] == [["2009-03-12 09:05:50"], ["2009-03-11"]]
