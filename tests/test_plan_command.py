"""`dumpscan plan` as a caller sees it."""

from __future__ import annotations

import json
from pathlib import Path

import compose
import pytest
from compose import SYSTEM, X86
from test_cli import Run, run  # noqa: F401, a fixture

from dumpscan.plan.files import files

TEXT = (
    compose.XP
    + compose.dheapmon(0, compose.replaced(X86, SYSTEM, 512, 99))
    + compose.view_size(49152)
    + compose.XP_VALUE
)


@pytest.fixture
def heaps(tmp_path: Path) -> Path:
    path = tmp_path / "case" / "heaps.txt"
    path.parent.mkdir()
    path.write_text(TEXT, encoding="utf-8")
    return path


def test_the_advised_sizes_stand_first(run: Run, heaps: Path) -> None:  # noqa: F811
    done = run("plan", heaps)
    assert done.code == 0
    assert done.out.startswith(
        "dumpscan plan: heaps\n\nMACHINE unnamed\n\nThird SharedSection value from 512 to 1024: a service heap is full."
    )
    lines = done.out.splitlines()
    head = next(at for at, line in enumerate(lines) if "second,third" in line)
    assert lines[head + 2].split() == [">", "3072,1024", "48", "yes", "7,360", "37,696", "36", "2,916", "516", "91"]
    assert lines[head + 3].split()[0] == "3072,512"
    for part in (
        "WHAT GOES WITH IT",
        "RISKS OF THE OTHERS",
        "LIMITS",
        "TO APPLY IT (nothing is applied by dumpscan)",
        "BEFORE ANY CHANGE",
    ):
        assert part in lines
    assert "the way back, as a .reg file" in done.out
    assert (
        'reg export\n  "HKLM\\SYSTEM\\CurrentControlSet\\Control\\Session Manager\\SubSystems"\n  before.reg'
        in done.out
    )
    assert "Last Known Good" in done.out
    assert "reg add" not in done.out


def test_80_columns_but_for_what_is_to_be_copied(run: Run, heaps: Path) -> None:  # noqa: F811
    long = [line for line in run("plan", heaps).out.splitlines() if len(line) > 80]
    assert long and all(line.startswith(("[HKEY_LOCAL_MACHINE", "if ($v -match $old)")) for line in long)


def test_nothing_is_written_unasked(run: Run, heaps: Path) -> None:  # noqa: F811
    run("plan", heaps)
    assert list(Path.cwd().iterdir()) == []
    assert list(heaps.parent.iterdir()) == [heaps]


def test_files_to_apply_and_back(run: Run, heaps: Path, tmp_path: Path) -> None:  # noqa: F811
    folder = tmp_path / "out"
    folder.mkdir()
    done = run("plan", heaps, "-o", folder)
    assert sorted(path.name for path in folder.iterdir()) == [
        "unnamed.SharedSection.apply.reg",
        "unnamed.SharedSection.back.reg",
    ]
    apply, back = (path.read_bytes() for path in sorted(folder.iterdir()))
    assert apply.startswith(b"Windows Registry Editor Version 5.00\r\n") and b"\n" not in apply.replace(b"\r\n", b"")
    assert apply != back
    assert done.err.count("written: ") == 2
    again = run("plan", heaps, "-o", folder)
    assert again.code == 2 and "was not written by dumpscan" in again.err
    assert run("plan", heaps, "-o", folder, "--force").code == 0


def test_never_into_the_case(run: Run, heaps: Path) -> None:  # noqa: F811
    done = run("plan", heaps.parent, "-o", heaps.parent)
    assert done.code == 2 and "belongs to the case" in done.err
    assert list(heaps.parent.iterdir()) == [heaps]
    assert run("plan", heaps, "-o", heaps.parent / "none").code == 2


def test_wishes(run: Run, heaps: Path) -> None:  # noqa: F811
    assert "> 3072,1536" in run("plan", heaps, "--processes", "100").out
    assert "> 3072,5632" in run("plan", heaps, "--processes", "100", "--cost", "50").out.replace("  ", " ")
    assert "would need a view of 80 MB" in " ".join(run("plan", heaps, "--service-desktops", "130").out.split())
    for wrong in (("--processes", "-1"), ("--cost", "0"), ("--service-desktops", "99999999")):
        done = run("plan", heaps, *wrong)
        assert done.code == 2 and "is wanted" in done.err and "\n" not in done.err.strip()


def test_exit_codes(run: Run, tmp_path: Path) -> None:  # noqa: F811
    nothing = tmp_path / "nothing.txt"
    nothing.write_text("Nothing of a debugger.\n", encoding="utf-8")
    done = run("plan", nothing)
    assert done.code == 3 and "No plan: no desktop heaps" in done.out
    assert run("plan", tmp_path / "none").code == 2


def test_standard_input_and_an_unknown_windows(run: Run) -> None:  # noqa: F811
    done = run("plan", "-", stdin=compose.nameless(1, [(3072, 99), (64, 3), (128, 3)]).encode())
    assert done.code == 0
    assert "No numbers: these texts do not tell which Windows this is" in done.out
    assert "4096" not in done.out and "SharedSection=" not in done.out


def test_sizes_of_an_unknown_architecture(run: Run) -> None:  # noqa: F811
    text = "Microsoft Windows [Version 10.0.14393]\n\n" + compose.running_sections("1024,20480,768")
    done = run("plan", "-", stdin=text.encode())
    assert "whether it is x86 or x64" in done.out and "No plan" not in done.out


def test_hostile_names(run: Run, tmp_path: Path) -> None:  # noqa: F811
    folder = tmp_path / "case"
    name = "a\x1b[2J\u202e<b>"
    (folder / name).mkdir(parents=True)
    (folder / name / "heaps.txt").write_text(TEXT, encoding="utf-8")
    out = tmp_path / "out"
    out.mkdir()
    done = run("plan", folder, "-o", out)
    assert done.code == 0
    assert done.out.isascii() and "\x1b" not in done.out and "\\u202e" in done.out
    assert sorted(path.name for path in out.iterdir()) == [
        "a_2J_b.SharedSection.apply.reg",
        "a_2J_b.SharedSection.back.reg",
    ]


def test_the_report_holds_the_plan(run: Run, heaps: Path) -> None:  # noqa: F811
    document = json.loads(run("report", heaps, "-o", "-", "--format", "json").out)
    assert [row["candidate"] for row in document["tables"]["plan"]][:2] == ["needed", "today"]
    assert document["plan"][0]["changes"][0]["what"] == "SharedSection"
    assert "WHAT WOULD FIT" in run("report", heaps, "-o", "-", "--format", "text").out


def test_each_file_has_a_name_of_its_own_that_any_windows_takes() -> None:
    change = {"what": "SharedSection", "apply": {"reg": "a\n"}, "back": {"reg": "b\n"}}
    machines = ["TS 01/a", "TS_01_a", "..", "x" * 61, "x" * 62]
    told = files({"plan": [{"machine": name, "changes": [change]} for name in machines]})
    names = ["TS_01_a", "TS_01_a-2", "machine-3", "x" * 60, f"{'x' * 60}-5"]
    assert [*told] == [f"{name}.SharedSection.{when}.reg" for name in names for when in ("apply", "back")]
    assert [*told.values()] == ["a\r\n", "b\r\n"] * 5
