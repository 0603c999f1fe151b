"""The command line as a caller sees it: exit codes, what goes where, and what is never overwritten."""

from __future__ import annotations

import io
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from dumpscan import cli
from dumpscan.ownreport import is_own_report
from dumpscan.version import __version__

FIXTURES = Path(__file__).resolve().parent.parent / "fixtures"

CASES = Path(__file__).resolve().parent.parent / "fixtures" / "cases"
FORMATS = {"html": "html", "text": "txt", "markdown": "md", "json": "json"}


class Ran(NamedTuple):
    code: int
    out: str
    err: str


Run = Callable[..., Ran]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Run:
    """Runs `dumpscan ...` in an empty folder of its own, in this process."""
    here = tmp_path / "here"
    here.mkdir()
    monkeypatch.chdir(here)
    monkeypatch.setenv("NO_COLOR", "1")

    def call(*arguments: str | Path, stdin: bytes = b"") -> Ran:
        monkeypatch.setattr(sys, "argv", ["dumpscan", *map(str, arguments)])
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin), encoding="utf-8"))
        capsys.readouterr()
        with pytest.raises(SystemExit) as left:
            cli.main()
        told = capsys.readouterr()
        code = left.value.code
        return Ran(code if isinstance(code, int) else int(code is not None), told.out, told.err)

    return call


@pytest.fixture
def case(tmp_path: Path) -> Path:
    """A copy of the case with a full heap."""
    return Path(shutil.copytree(CASES / "heap-full", tmp_path / "case-4711"))


def spawned(*arguments: str, code: str | None = None, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    """The same in a process of its own."""
    start = [sys.executable, "-c", code] if code else [sys.executable, "-m", "dumpscan"]
    environment = {key: value for key, value in os.environ.items() if key != "NO_COLOR"}
    return subprocess.run([*start, *arguments], input=stdin, capture_output=True, check=False, env=environment)


# ---------------------------------------------------------------------------------------------------- exit codes


@pytest.mark.parametrize("name", sorted(path.name for path in CASES.iterdir() if path.is_dir()))
def test_finished_is_0_whatever_was_found(run: Run, name: str) -> None:
    ran = run("report", CASES / name)
    assert ran.code == 0, ran.err
    assert "Traceback" not in ran.err


@pytest.mark.parametrize(
    ("name", "level", "code"),
    [
        ("heap-full", "critical", 1),
        ("heap-full", "info", 1),
        ("tool-failed", "info", 1),
        ("tool-failed", "critical", 0),
        ("tool-failed", "medium", 0),
        ("tool-failed", "low", 1),
        ("healthy", "low", 0),
        ("healthy", "info", 1),
    ],
)
def test_fail_on_reaches_from_a_level_upwards(run: Run, name: str, level: str, code: int) -> None:
    ran = run("report", CASES / name, "--fail-on", level, "-o", "-")
    assert (ran.code, bool(ran.out)) == (code, True)


@pytest.mark.parametrize(
    "arguments",
    [
        ("report",),
        ("report", "no-such-folder"),
        ("report", "no-such-folder", "-o", "-", "--format", "json"),
        ("report", ".", "--format", "pdf"),
        ("report", ".", "--encoding", "klingon"),
        ("report", ".", "--encoding", "base64"),
        ("report", ".", "--as", "fortune"),
        ("triage", ".", "-o", "out", "--encoding", "klingon"),
        ("report", ".", "--fail-on", "sometimes"),
        ("report", ".", "--session", "console"),
        ("report", ".", "--session", "-1"),
        ("report", ".", "--failed-at", "yesterday"),
        ("report", ".", "--failed-at", "09:30"),
        ("report", ".", "--no-such-option"),
        ("report", ".", "-o", "-", "--format", "json", "--format", "html"),
        ("report", ".", "-o", "one.html", "--format", "json", "--format", "html"),
        ("report", ".", "-o", "no/such/folder/page.html"),
        ("explain", "no-such-rule"),
        ("triage", "no-such-folder", "-o", "out"),
        ("triage", "."),
        ("collect", "--windows", "95"),
        ("collect", "--for", "sadness"),
        ("collect", "--dumps", "--windows", "nt4"),
        ("no-such-command",),
    ],
    ids=" ".join,
)
def test_wrong_usage_is_2_and_tells_why_without_a_traceback(run: Run, arguments: tuple[str, ...]) -> None:
    ran = run(*arguments)
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.strip()
    assert "Traceback" not in ran.err
    assert "bug" not in ran.err


def test_a_missing_path_is_told_in_one_line(run: Run) -> None:
    ran = run("report", "no-such-folder")
    assert ran.err == "dumpscan: no such file or folder: no-such-folder\n"


def test_a_near_miss_of_a_rule_is_suggested(run: Run) -> None:
    assert "desktop-heap-full" in run("explain", "desktop-heap-ful").err


@pytest.mark.parametrize("content", [b"", b"Dear customer,\nnothing of interest.\n", b"MZ\x90\x00" + bytes(4096)])
def test_nothing_to_judge_is_3_and_the_report_says_what_was_read(run: Run, tmp_path: Path, content: bytes) -> None:
    folder = tmp_path / "empty"
    folder.mkdir()
    (folder / "note.txt").write_bytes(content)
    ran = run("report", folder, "--format", "json")
    assert ran.code == 3
    doc = json.loads(Path("empty.report.json").read_text(encoding="utf-8"))
    assert [one["file"] for one in doc["inputs"]] == ["note.txt"]
    assert (doc["verdict"]["mode"], doc["verdict"]["reason"]) == ("undecided", "no_evidence")
    assert run("report", tmp_path / "here", "-o", "-").code == 3


def test_a_bug_is_4_in_one_line_and_shows_its_traceback_on_demand(
    run: Run, case: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("the engine room is on fire")

    monkeypatch.setattr("dumpscan.analysis.analyze", broken)
    quiet, loud = run("report", case), run("--debug", "report", case)
    assert (quiet.code, quiet.out, loud.code) == (4, "", 4)
    assert quiet.err.count("\n") == 1
    assert "the engine room is on fire" in quiet.err
    assert "Traceback" in loud.err


def test_ctrl_c_is_130(run: Run, case: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("dumpscan.analysis.analyze", interrupted)
    ran = run("report", case)
    assert ran.code == 130
    assert "Traceback" not in ran.err


@pytest.mark.skipif(os.name == "nt", reason="pipes break otherwise there")
def test_a_reader_that_goes_away_is_no_failure(case: Path) -> None:
    """`dumpscan report ... | head -1`"""
    with subprocess.Popen(
        [sys.executable, "-m", "dumpscan", "report", str(case), "-o", "-"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        err = process.stderr.read()
        assert process.wait() == 0
    assert err == b""


# ---------------------------------------------------------------------------------------------------- what goes where


def test_without_o_a_page_is_written_here_and_never_into_the_case(run: Run, case: Path) -> None:
    before = sorted(case.rglob("*"))
    ran = run("report", case)
    assert sorted(case.rglob("*")) == before
    assert [path.name for path in Path().iterdir()] == ["case-4711.report.html"]
    assert "The desktop heap of" in ran.out
    assert "written: case-4711.report.html" in ran.err


def test_no_page_is_written_where_the_current_folder_belongs_to_the_case(
    run: Run, case: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (case / "sub").mkdir()
    before = sorted(case.rglob("*"))
    for folder in (case, case / "sub"):
        monkeypatch.chdir(folder)
        ran = run("report", case)
        assert ran.code == 0
        assert "no page is written" in ran.err
    assert sorted(case.rglob("*")) == before


@pytest.mark.parametrize("form", FORMATS)
def test_each_format_to_standard_output_alone(run: Run, case: Path, form: str) -> None:
    ran = run("report", case, "-o", "-", "--format", form)
    assert ran.code == 0
    assert is_own_report(ran.out.encode())
    assert "desktop heap" in ran.out
    assert list(Path().iterdir()) == []


def test_json_on_standard_output_is_nothing_but_json(run: Run, case: Path) -> None:
    """Also where something has to be told: that goes to standard error."""
    (case / "program.exe").write_bytes(b"MZ\x90\x00" + bytes(4096))
    ran = run("report", case, "-o", "-", "--format", "json")
    doc = json.loads(ran.out)
    assert doc["schema"] == "dumpscan.case/1"
    assert doc["verdict"]["mode"] == "single-heap-full"
    assert "program.exe" in ran.err
    assert json.dumps(doc, allow_nan=False)


def test_several_formats_go_into_a_folder(run: Run, case: Path) -> None:
    Path("out").mkdir()
    arguments = [word for form in FORMATS for word in ("--format", form)]
    ran = run("report", case, "-o", "out", *arguments)
    assert ran.code == 0
    written = {path.name: path.read_bytes() for path in Path("out").iterdir()}
    assert set(written) == {f"case-4711.report.{ending}" for ending in FORMATS.values()}
    assert all(is_own_report(content) for content in written.values())


@pytest.mark.parametrize("form", FORMATS)
def test_the_ending_of_o_tells_the_format(run: Run, case: Path, form: str) -> None:
    assert run("report", case, "-o", f"x.{FORMATS[form]}").code == 0
    assert run("report", case, "-o", "y", "--format", form).code == 0
    assert Path(f"x.{FORMATS[form]}").read_bytes() == Path("y").read_bytes()


def test_quiet_says_nothing_on_standard_error(run: Run, case: Path) -> None:
    (case / "program.exe").write_bytes(b"MZ\x90\x00" + bytes(4096))
    loud, quiet = run("report", case), run("report", case, "--quiet")
    assert loud.err
    assert quiet.err == ""
    assert quiet.out == loud.out


def test_output_is_plain_text_within_its_limits(run: Run) -> None:
    """CONTRACT: short, plain, no colour where it is not a terminal."""
    for folder in sorted(CASES.iterdir()):
        if folder.is_dir():
            out = run("report", folder).out
            assert "\x1b" not in out
            assert len(out) <= 4000
            assert max(map(len, out.splitlines())) <= 100
            assert out.isascii(), folder.name


@pytest.mark.parametrize("form", FORMATS)
def test_the_same_case_gives_the_same_bytes(run: Run, case: Path, form: str) -> None:
    one, other = (run("report", case, "-o", "-", "--format", form).out for _ in range(2))
    assert one == other


@pytest.mark.parametrize("form", FORMATS)
def test_nothing_of_this_machine_is_in_a_report(
    run: Run, case: Path, tmp_path: Path, form: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A report goes to people who have no business with paths, hosts and users of the machine that made it."""
    for variable in ("USER", "LOGNAME", "USERNAME", "LNAME", "HOSTNAME", "COMPUTERNAME"):
        monkeypatch.setenv(variable, "zwiebelkuchen")
    for function in ("socket.gethostname", "platform.node", "getpass.getuser"):
        monkeypatch.setattr(function, lambda: "zwiebelkuchen")
    ran = run("report", case, "-o", "-", "--format", form)
    for secret in ("zwiebelkuchen", str(tmp_path), str(Path.home()) + os.sep, str(Path(cli.__file__).parent)):
        assert secret not in ran.out


def test_nothing_of_this_machine_is_in_what_triage_writes(run: Run, tmp_path: Path) -> None:
    share = tmp_path / "share"
    for name in ("heap-full", "healthy"):
        shutil.copytree(CASES / name, share / name)
    assert run("triage", share, "-o", "out").code == 0
    written = [path for path in Path("out").rglob("*") if path.is_file()]
    assert len(written) > 4
    for path in written:
        assert str(tmp_path) not in path.read_text(encoding="utf-8"), path


# ---------------------------------------------------------------------------------------------------- what is never overwritten


@pytest.mark.parametrize("form", FORMATS)
def test_a_foreign_file_is_not_overwritten_without_force(run: Run, case: Path, form: str) -> None:
    target = Path(f"notes.{FORMATS[form]}")
    target.write_text("my own notes, a week of work\n", encoding="utf-8")
    ran = run("report", case, "-o", target)
    assert (ran.code, ran.out) == (2, "")
    assert "--force" in ran.err
    assert target.read_text(encoding="utf-8") == "my own notes, a week of work\n"
    assert run("report", case, "-o", target, "--force").code == 0
    assert is_own_report(target.read_bytes())


@pytest.mark.parametrize("form", FORMATS)
def test_its_own_report_is_overwritten(run: Run, case: Path, form: str) -> None:
    target = Path(f"x.{FORMATS[form]}")
    assert run("report", CASES / "healthy", "-o", target).code == 0
    before = target.read_bytes()
    assert run("report", case, "-o", target).code == 0
    assert target.read_bytes() != before


def test_triage_does_not_overwrite_a_foreign_page(run: Run, tmp_path: Path) -> None:
    share = tmp_path / "share"
    shutil.copytree(CASES / "healthy", share / "healthy")
    Path("out").mkdir()
    Path("out/index.html").write_text("<p>my home page</p>", encoding="utf-8")
    assert run("triage", share, "-o", "out").code == 2
    assert Path("out/index.html").read_text(encoding="utf-8") == "<p>my home page</p>"
    assert [path.name for path in Path("out").iterdir()] == ["index.html"]
    assert run("triage", share, "-o", "out", "--force").code == 0
    assert run("triage", share, "-o", "out").code == 0


@pytest.mark.parametrize("form", FORMATS)
def test_its_own_report_in_a_case_is_no_evidence(run: Run, case: Path, form: str) -> None:
    """A report quotes the lines of the log: read as evidence, each heap would be there twice."""
    before = json.loads(run("report", case, "-o", "-", "--format", "json").out)
    name = f"report.{FORMATS[form]}"
    assert run("report", case, "-o", case / name).code == 0
    after = json.loads(run("report", case, "-o", "-", "--format", "json").out)
    assert after["tables"] == before["tables"]
    assert after["verdict"] == before["verdict"]
    skipped = {one["file"]: one["skipped"] for one in after["inputs"]}
    assert "not evidence" in skipped[name]


# ---------------------------------------------------------------------------------------------------- standard input


def test_standard_input(run: Run) -> None:
    ran = run("report", "-", "-o", "-", "--format", "json", stdin=(CASES / "heap-full" / "kd.log").read_bytes())
    doc = json.loads(ran.out)
    assert ran.code == 0
    assert doc["verdict"]["mode"] == "single-heap-full"
    assert {row["file"] for row in doc["tables"]["desktop_heaps"]} == {"-"}


def test_standard_input_and_files_are_one_case(run: Run) -> None:
    folder = CASES / "view-space-exhausted"
    ran = run(
        "report", folder / "kd.log", "-", "-o", "-", "--format", "json", stdin=(folder / "dheapmon.txt").read_bytes()
    )
    doc = json.loads(ran.out)
    assert doc["verdict"]["mode"] == "view-space-exhausted"
    assert [one["file"] for one in doc["inputs"]] == ["kd.log", "-"]


def test_encoding_is_passed_on(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "mainframe.txt"
    path.write_bytes((CASES.parent / "dskheap" / "blanks.txt").read_text(encoding="ascii").encode("cp037"))
    assert run("report", path, "-o", "-").code == 3
    ran = run("report", path, "-o", "-", "--format", "json", "--encoding", "EBCDIC-CP-US")
    assert ran.code == 0
    assert len(json.loads(ran.out)["tables"]["desktop_heaps"]) == 7


@pytest.mark.parametrize("arguments", [("--encoding", "klingon"), ("--as", "fortune")], ids=" ".join)
def test_a_name_that_nobody_knows_is_told_in_one_line(run: Run, case: Path, arguments: tuple[str, ...]) -> None:
    ran = run("report", case, "-o", "-", *arguments)
    assert (ran.code, ran.out, ran.err.count("\n")) == (2, "", 1)
    assert arguments[1] in ran.err


def test_an_archive_is_a_case(run: Run, case: Path) -> None:
    """Its report is called after it, and written here."""
    shutil.make_archive("SR-4711", "gztar", root_dir=case)
    ran = run("report", "SR-4711.tar.gz")
    assert ran.code == 0, ran.err
    assert "The desktop heap of" in ran.out
    assert sorted(path.name for path in Path().iterdir()) == ["SR-4711.report.html", "SR-4711.tar.gz"]
    packed = Path("SR-4711.tar.gz").read_bytes()
    assert "The desktop heap of" in run("report", "-", "-o", "-", stdin=packed).out


def test_a_bundle_with_many_pictures_is_told_in_a_few_lines(run: Run, case: Path) -> None:
    for number in range(50):
        (case / f"{number}.png").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(100))
    ran = run("report", case, "-o", "-")
    assert ran.err.count("\n") == cli.MOST_NOTES + 1
    assert "30 more" in ran.err


def test_as_is_passed_on(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "rows.txt"
    path.write_text("  Farm0\\Default                    3072                11%\n", encoding="ascii")
    assert run("report", path, "-o", "-").code == 3
    ran = run("report", path, "-o", "-", "--format", "json", "--as", "dskheap")
    assert [row["desktop_path"] for row in json.loads(ran.out)["tables"]["desktop_heaps"]] == ["Farm0\\Default"]


# ---------------------------------------------------------------------------------------------------- the complaint


def test_the_complaint_changes_what_a_healthy_capture_answers(run: Run) -> None:
    """It clears session 0 at its moment, and nothing else."""
    plain, told = (run("report", CASES / "healthy", "-o", "-", *more) for more in ((), ("--session", "5")))
    assert (
        plain.out.startswith("dumpscan: No sign in this capture") and "Assumed: that the trouble is in a" in plain.out
    )
    assert told.out.startswith("dumpscan: Undecided") and "The failure is in session 5" in told.out
    assert "!dskheap -s 5" in told.out and "Assumed: that the trouble was going on when this was captured" in told.out
    late = run("report", CASES / "utf16-log", "-o", "-", "--failed-at", "2031-01-01 08:00")
    assert late.out.startswith("dumpscan: Desktop heap full"), "what is full is full, whenever it was captured"
    assert "7,966 days before the failure" in " ".join(late.out.split())


# ---------------------------------------------------------------------------------------------------- the small commands


def test_version(run: Run) -> None:
    ran = run("--version")
    assert (ran.code, ran.out) == (0, f"dumpscan {__version__}\n")


def test_rules_explain_and_commands_name_everything_there_is(run: Run) -> None:
    package = Path(cli.__file__).parent
    names = {path.stem for path in (package / "rules").glob("[a-z]*.py")}
    listed = run("rules").out
    assert {line.strip() for line in listed.splitlines() if re.match("  [a-z]", line)} == {
        name.replace("_", "-") for name in names
    }
    for name in sorted(names):
        page = run("explain", name.replace("_", "-"))
        assert page.code == 0
        assert "## How the log proves it" in page.out
    told = run("commands").out
    assert told.count("\nFills: ") == len(list((package / "commands").glob("[a-z]*.py")))
    assert "!dskheap" in told


@pytest.mark.parametrize(
    "arguments",
    [["--version"], ["--help"], ["rules"], ["commands"], ["explain", "desktop-heap-full"], ["collect"]],
    ids=" ".join,
)
def test_small_commands_do_not_load_the_large_libraries(arguments: list[str]) -> None:
    """They answer at once; pandas alone takes longer to load than a person waits gladly."""
    code = (
        "import sys\n"
        "from dumpscan.cli import main\n"
        "try:\n    main()\n"
        "except SystemExit as left:\n    assert not left.code, left.code\n"
        "print(sorted({name.partition('.')[0] for name in sys.modules} & {'pandas', 'numpy', 'lark', 'jinja2', 'pyarrow'}), file=sys.stderr)\n"
    )
    ran = spawned(*arguments, code=code)
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.strip()
    assert ran.stderr.decode().strip() == "[]"


def test_python_m_is_the_same_program(run: Run, case: Path) -> None:
    """Also byte for byte on standard output, with no end of line but LF."""
    here = run("report", case, "-o", "-", "--format", "json")
    there = spawned("report", str(case), "-o", "-", "--format", "json")
    assert there.returncode == here.code == 0
    if os.linesep == "\n":
        assert there.stdout == here.out.encode("utf-8")
    assert there.stderr == b""


def test_one_bug_takes_no_fleet_down(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A case that cannot be answered because of a bug of ours is told as such; the others get their reports."""
    from dumpscan import triage
    from dumpscan.analysis import Analysis

    share = tmp_path / "share"
    share.mkdir()
    for name in ("bad", "good"):
        shutil.copy(FIXTURES / "dskheap" / "blanks.txt", share / f"{name}.txt")
    answered = Analysis.to_dict

    def breaks(self: Analysis, case: str | None = None) -> dict[str, Any]:
        if case == "bad.txt":
            raise ValueError("made for this test")
        return answered(self, case)

    monkeypatch.setattr(Analysis, "to_dict", breaks)
    fleet = triage.run([share], tmp_path / "out")
    told = {entry["case"]: entry["summary"] for entry in fleet["cases"]}
    assert "a bug in dumpscan (ValueError: made for this test)" in told["bad.txt"]
    assert "bug" not in told["good.txt"]
    assert len(list((tmp_path / "out" / "reports").iterdir())) == 2
