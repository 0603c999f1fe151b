"""`dumpscan explain FILE:LINE`: every class of line, the nearest miss and its column, and places that are not there."""

from __future__ import annotations

import io
import os
import re
import time
import zipfile
from collections import Counter
from pathlib import Path

import pytest
from test_cli import Ran, Run, run, spawned

from dumpscan import nearest as near
from dumpscan import scanning
from dumpscan.claims import grammar
from dumpscan.commands import all_commands
from dumpscan.excerpt import WIDTH, excerpt
from dumpscan.explain import explain, place
from dumpscan.inputs import DumpscanError
from dumpscan.ledger import fate_of
from dumpscan.nearest import nearest
from dumpscan.reading import read
from dumpscan.render import plain

FIXTURES = Path(__file__).resolve().parent.parent / "fixtures"
TEXTS = sorted(path for path in FIXTURES.glob("*/**/*") if path.suffix in (".txt", ".log"))
LISTING = FIXTURES / "dskheap" / "row_damaged.txt"
__all__ = ["run"]  # the fixture


def slug(path: Path) -> str:
    return path.relative_to(FIXTURES).as_posix()


def lines_of(path: Path) -> list[str]:
    """The lines of a text as CONTRACT.md counts them, without the code under test."""
    raw = path.read_bytes()
    text = raw.decode("utf-16" if raw[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig", errors="replace")
    lines = re.split(r"\r\n|\r|\n", text)
    return lines if lines[-1] else lines[:-1]


def told(path: Path | str, line: int, stdin: bytes = b"", encoding: str | None = None) -> str:
    return explain(f"{path}:{line}", io.BytesIO(stdin), encoding)


def words(text: str) -> str:
    return " ".join(text.split())


# ---------------------------------------------------------------------------------------------------- every class of line


@pytest.mark.parametrize("path", TEXTS, ids=slug)
def test_every_line_has_the_class_that_the_ledger_counted(path: Path) -> None:
    lines = lines_of(path)
    reading = read("case", path.name, path)
    found = Counter(fate_of(reading, number, line).kind for number, line in enumerate(lines, 1))
    assert found == Counter({kind: n for kind, n in reading.lines.items() if kind != "total"}) and found.total() > 0


@pytest.mark.parametrize("path", TEXTS[::4], ids=slug)
def test_every_line_can_be_explained(path: Path) -> None:
    lines = lines_of(path)
    for number, line in enumerate(lines, 1):
        answer = told(path, number)
        assert f"> {number:>{len(str(min(len(lines), number + 3)))}}" in answer
        assert plain(line)[:60].strip() in answer
        assert answer.isascii() and answer.endswith("\n")
        assert max(map(len, answer.splitlines())) <= WIDTH
        rows = [row for one in read("case", "", path).captures for table in one.tables.values() for row in table]
        assert answer.count("It gave row ") == min(12, sum(row[0] == number for row in rows))


def test_a_row_that_was_read() -> None:
    answer = told(LISTING, 8)
    assert "Read: HEAPS of dskheap.lark took it, in the block of !dskheap, lines 1 to 14." in answer
    row = answer.partition("It gave row 4 of desktop_heaps:")[2]
    for value in (r"desktop_path +Service-0x0-3e4\$\\Default", "size_kb +512", "used_percent +5.0", "session +0"):
        assert re.search(f"(?m)^    {value}$", row)
    assert "committed_kb    not shown" in row
    assert "its 6 rows add up to 4,800 KB" in answer


def test_a_line_that_frames_a_block_says_what_the_block_gave() -> None:
    assert "RULER of dskheap.lark" in told(LISTING, 3)
    gave = "No row begins with it. Its block gave 1 row of commands (line 1), 6 rows of desktop_heaps (lines 4 to 10), 1 row of heap_totals (line 12)."
    assert gave in words(told(LISTING, 3))


def test_a_typed_command_in_a_block_and_alone() -> None:
    assert "It gave row 1 of commands:" in told(LISTING, 1)
    answer = told("-", 2, b"\nlkd> !process 0 0\n")
    assert "Read: a command typed at a debugger's prompt, in no block." in answer
    assert re.search("command +!process 0 0\n", answer)


def test_a_symptom() -> None:
    answer = told("-", 1, b"the task ended with 0xC0000142\n")
    assert "Read: a symptom" in answer
    assert "It gave row 1 of symptoms:" in answer
    assert re.search("signature +dll-init-failed\n", answer)


def test_rows_are_counted_through_all_blocks_of_a_text() -> None:
    text = LISTING.read_bytes() * 2
    assert "It gave row 7 of desktop_heaps:" in told("-", 14 + 4, text)


def test_noise_and_blank_lines_of_a_block() -> None:
    path = FIXTURES / "dskheap" / "noise_between_rows.txt"
    reading = read("case", "", path)
    assert reading.lines["noise"] and "NOISE" in "".join(str(one.terminal) for one in reading.captures[0].taken)
    kinds = [fate_of(reading, number, line).kind for number, line in enumerate(lines_of(path), 1)]
    assert "Noise, known to be harmless: SYMBOL_NOISE of dskheap.lark" in words(told(path, kinds.index("noise") + 1))
    spaced = LISTING.read_bytes().replace(b"\n", b"\n\n")
    assert "Blank, in the block of !dskheap, lines 1 to 27." in told("-", 2, spaced)


def test_a_block_of_one_line_is_a_line() -> None:
    answer = told("-", 1, b"Windows 10 Kernel Version 16299 MP (4 procs) Free x64\n")
    assert "in the block of vertarget, line 1." in words(answer)


# ---------------------------------------------------------------------------------------------------- the nearest miss


def caret(answer: str) -> tuple[str, int]:
    """The sign above the caret, and the column that is named."""
    rows = answer.splitlines()
    at = next(at for at, row in enumerate(rows) if re.fullmatch(r" +(?:column [0-9]+ )?\^(?: column [0-9]+)?", row))
    return rows[at - 1][rows[at].index("^") :][:1], int(re.findall("column ([0-9]+)", rows[at])[0])


def test_a_damaged_row_is_near_to_a_row() -> None:
    answer = told(LISTING, 7)
    assert "Not understood: it stands in a block of dskheap and fits none of its lines." in words(answer)
    assert "Nearest: HEAPS of !dskheap" in answer
    assert 'It would fit with a digit in place of "l" in column 39.' in words(answer)
    assert caret(answer) == ("l", 39)
    assert "\n    WinSta0\\Default                   3072                 0%\n" in answer


@pytest.mark.parametrize(
    ("line", "terminal", "stopped", "expected", "mended"),
    [
        ("    Total Desktop: (    3200 K -   2 desktops)", "TOTAL", 30, '"B"', (30, '"B" put in')),
        ("  WinSta0\\Default              3072     0", "HEAPS", 41, None, (41, '"%" put in')),
        ("  WinSta0\\Default              3072   101%", "HEAPS", 41, None, (40, '"0" in place of "1"')),
        ("  WinSta0\\Default              30720%", "HEAPS", 37, None, (35, "a blank put in")),
        ("  WinSta0\\Default              3072", "HEAPS", 35, None, None),
        ("Error Reading rpDesks", "FAILURES", 16, '"deskList"', None),
        ("                Session LD:  3", "SESSION", 24, '"ID:" or a blank', (24, '"I" in place of "L"')),
    ],
    ids=str,
)
def test_where_it_stops_and_what_it_wants(
    line: str, terminal: str, stopped: int, expected: str | None, mended: tuple[int, str] | None
) -> None:
    miss = nearest(line, ["dskheap"], len(line) - len(line.lstrip()))
    assert miss is not None
    assert (miss.terminal, miss.stopped, miss.expected, miss.mended) == (terminal, stopped, expected, mended)


def test_a_symbol_in_any_case_is_wanted_in_small_letters() -> None:
    miss = nearest("lkd> dd nt!MmSessionFoo", ["mm_session_view_size"], 5)
    assert miss is not None
    assert (miss.stopped, miss.expected) == (20, '"poolsize" or "viewsize"')


def test_a_line_in_no_block_that_comes_near() -> None:
    answer = told("-", 1, b"Error Reading the desktops\n")
    assert "Not for us: it stands in no block, and no reader takes it." in answer
    assert 'Nearest: FAILURES of !dskheap, which stopped at column 15, and wants "rpdeskList" there.' in words(answer)
    assert caret(answer) == ("t", 15)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("Session ID: 3\n", "stands in this text (dskheap, Rate(%), Size(KB), "),
        ("Session ID: 3\n\nWinSta0\n", "such a line does not prove one, as ASK, FAILURES, HEADINGS, HEAPS, TOTAL, UNREADABLE would."),
        ("Debug session time: Wed Feb 28 17:16:23.816 2018 (UTC - 8:00)\n", "stands in this text (procs), compatible, "),
    ],
)  # fmt: skip
def test_a_line_that_would_fit_in_a_block(text: str, why: str) -> None:
    answer = words(told("-", 1, text.encode()))
    assert re.search(
        "It looks like (SESSION of !dskheap|TIME of vertarget), but no block of !?[a-z]+ is here: ", answer
    )
    assert why in answer
    assert "column" not in answer


@pytest.mark.parametrize(
    "line",
    [
        "Dear customer, this is what we found in the meantime on your machine",  # the label of a counter may be any words
        "fffff801`09200000 fffff801`0925f000   volmgrx    (no symbols)",  # columns of hex figures are everybody's
        "    Heartbeat:        00263DB1",
        "0:000> !gflag +soe",
        "description             an element of any list",  # every command begins with a prompt
        "C:\\Windows\\system32>dir",
        "ok",
        "",
    ],
)
def test_what_agrees_by_chance_is_not_near(line: str) -> None:
    answer = told("-", 1, line.encode() + b"\nx\n")
    assert "Not for us" in answer
    assert "Nearest" not in answer and "looks like" not in answer
    assert ("No line of any reader is near" in answer) == bool(line)


@pytest.mark.parametrize("path", TEXTS, ids=slug)
def test_regex_takes_what_re_takes(path: Path) -> None:
    """The nearest miss asks another engine than the reader: where both are asked, they agree; and a line of a block stops nowhere."""
    reading = read("case", path.name, path)
    lines = [plain(line) for line in lines_of(path)]
    for command in {capture.command for capture in reading.captures} & set(all_commands()):
        for one, terminal in zip(near._terminals(command), grammar(command).terminals, strict=True):
            pattern = re.compile(terminal.pattern.to_regexp())
            for line in lines:
                takes = pattern.fullmatch(line + "\n") is not None
                assert one.takes(line) == takes, (one.name, line)
                assert not takes or one.stops(line) == len(line), (one.name, line)


@pytest.mark.parametrize("name", sorted(all_commands()))
def test_every_terminal_of_a_proof_can_be_asked(name: str) -> None:
    known = {one.name for one in near._terminals(name)}
    assert all_commands()[name].proof <= known
    for one in near._terminals(name):
        assert one.stops("\x00" * 50 + "#") in range(52)


@pytest.mark.parametrize("name", sorted(all_commands()))
def test_a_hostile_line_takes_no_time(name: str) -> None:
    """Only so much of a line is looked at, and of less than that each place is tried."""
    for line in (
        "WinSta0\\" + "a 1 " * 1000,
        " " * 4000 + "x",
        "(" * 4000,
        "Session ID: " + "9" * 4000,
        "x" * 10_000_000,
    ):
        begun = time.process_time()
        nearest(line, [name], 0, foreign=True)
        assert time.process_time() - begun < 5, line[:20]


# ---------------------------------------------------------------------------------------------------- lines that a paste damaged


@pytest.mark.parametrize(
    "name", ["html_entities", "forum_tags", "mail_quoted", "ideographic_blanks", "doubled_backslashes"]
)
def test_the_column_is_that_of_the_file_whatever_was_repaired(name: str) -> None:
    lines = (FIXTURES / "dskheap" / f"{name}.txt").read_text(encoding="utf-8").splitlines()
    at = next(at for at, line in enumerate(lines) if re.search("Service.*512", line))
    lines[at] = lines[at].replace("512", "5l2")
    text = "\n".join(lines).encode()
    answer = told("-", at + 1, text)
    column = lines[at].index("l2") + 1
    assert f'It would fit with a digit in place of "l" in column {column}.' in words(answer)
    assert caret(answer) == ("l", column)


def test_one_line_that_was_several() -> None:
    text = (FIXTURES / "dskheap" / "lost_line_ends.txt").read_bytes()
    whole = told("-", 1, text)
    assert "Read: ASK, HEADINGS, RULER, HEAPS, TOTAL, SESSION of dskheap.lark took it" in words(whole)
    assert whole.count("It gave row ") == 6
    damaged = told("-", 1, text.replace(b" 64 4%", b" 6a 4%"))
    column = text.index(b" 64 4%") + 3
    assert "Not understood" in damaged
    assert f'It would fit with a digit in place of "a" in column {column}.' in words(damaged)
    assert caret(damaged) == ("a", column)
    assert damaged.count("It gave row ") == 5


def test_lines_that_were_one() -> None:
    path = FIXTURES / "dskheap" / "wrapped_console.txt"
    first = next(at for at, line in enumerate(lines_of(path), 1) if "overlong" in line)
    assert "Read: HEAPS of dskheap.lark took it" in told(path, first + 1)
    assert "It gave row 3 of desktop_heaps:" in told(path, first)
    assert "No row begins with it." in told(path, first + 1)


def test_a_log_that_tells_when_it_was_opened() -> None:
    answer = told("-", 1, b"Opened log file 'c:\\logs\\kd_02BC_2005-02-28_09-05-50-935.txt'\nkd> !vm\n")
    assert "It tells when a log was opened: 2005-02-28 09:05:50." in answer


# ---------------------------------------------------------------------------------------------------- hostile text, long lines


def test_hostile_text_is_made_visible() -> None:
    text = "Error Reading \x1b[2J\u202e\x00\u200bdesk\tx\x9b\n".encode()
    answer = told("-", 1, text)
    assert not re.search(r"[^\n\x20-\x7e]", answer)
    assert "Error Reading \\u001b[2J\\u202e\\u0000\\u200bdesk    x\\u009b" in answer
    assert caret(answer) == ("\\", 15)


def test_the_caret_counts_characters_and_stands_where_they_are_shown() -> None:
    """Columns are those of the text, as an editor counts them; a sign that is written out takes six on the screen."""
    answer = told("-", 1, "\u00a0\tError\u00a0Reading the desktops\n".encode())
    assert caret(answer) == ("t", 17)


@pytest.mark.parametrize("length", [70, 73, 74, 75, 80, 400, 3000, 70000])
def test_a_long_line_is_cut_into_pieces(length: int) -> None:
    line = "WinSta0\\" + "D" * length
    answer = told("-", 2, b"kd> !dskheap\n" + line.encode() + b"\n  Winstation\\Desktop  Heap Size(KB)  Used Rate(%)\n")
    assert max(map(len, answer.splitlines())) <= WIDTH
    assert len(answer.splitlines()) < 40
    assert re.search(r"(?m)^> 2  ", answer)
    assert ("more characters]" in answer) == (length > 900)


@pytest.mark.parametrize("column", [1, 2, 73, 74, 75, 76, 149, 5000, 9998, 9999])
def test_the_caret_of_a_long_line_stands_under_its_column(column: int) -> None:
    line = "".join(chr(ord("a") + at % 26) for at in range(9998))
    shown = excerpt({7: "x", 8: line}, 8, column)
    assert caret(shown) == (line[column - 1 : column], column)
    assert sum(row.startswith("> 8") for row in shown.splitlines()) == 1
    assert max(map(len, shown.splitlines())) <= WIDTH


def test_neighbours_of_a_line_are_found_across_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scanning, "CHUNK", 64)
    for end in ("\n", "\r\n", "\r"):
        lines = [f"line {at} " + "x" * (at * 7 % 40) for at in range(1, 200)]
        for encoding in ("utf-8", "utf-16"):
            text = end.join(lines).encode(encoding)
            for number in (1, 2, 9, 100, 198, 199):
                quoted = read("case", "-", text, quote=number).quoted
                assert quoted == {at: lines[at - 1] for at in range(max(1, number - 3), min(199, number + 3) + 1)}


def test_a_line_longer_than_any_window(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scanning, "CHUNK", 1024)
    monkeypatch.setattr("dumpscan.reading.LONGEST_WINDOW", 4096)
    answer = told("-", 2, b"one\n" + b"x" * 100_000 + b"\nthree\n")
    assert "> 2  (longer than any line that is looked at)" in answer


# ---------------------------------------------------------------------------------------------------- places


@pytest.mark.parametrize(
    ("argument", "expected"),
    [
        ("kd.log:12", ("kd.log", 12)),
        (r"C:\case\kd.log:12", (r"C:\case\kd.log", 12)),
        (r"\\server\share\a b\kd.log:1", (r"\\server\share\a b\kd.log", 1)),
        ("bundle.zip!a/b.txt:7", ("bundle.zip!a/b.txt", 7)),
        ("a:b:3", ("a:b", 3)),
        ("-:12", ("-", 12)),
    ],
)
def test_the_last_colon_parts_file_and_line(argument: str, expected: tuple[str, int]) -> None:
    assert place(argument) == expected


@pytest.mark.parametrize(
    "argument", [r"C:\case\kd.log", "kd.log:", "kd.log:x", ":3", "kd.log:0", "kd.log:-1", "kd.log:\u0663"]
)
def test_what_is_no_place(argument: str) -> None:
    with pytest.raises(DumpscanError) as told:
        place(argument)
    assert "\n" not in str(told.value)


@pytest.mark.parametrize(
    ("argument", "said"),
    [
        ("nothing.log:3", "no such file or folder: nothing.log"),
        (r"C:\nothing\kd.log:3", r"no such file or folder: C:\nothing\kd.log"),
        (f"{LISTING.parent}:3", "is a folder: name one of its files"),
        (f"{LISTING}:15", "row_damaged.txt has 14 lines: there is no line 15"),
        (f"{LISTING}:", "row_damaged.txt:LINE"),
        (str(LISTING.name), "a line is named FILE:LINE"),
        ("x" * 5000 + ":1", "no such file or folder: "),
        ("program.exe:1", "program.exe was not read: not a text but a program"),
        ("empty.txt:1", "empty.txt has 0 lines: there is no line 1"),
    ],
)
def test_a_place_that_is_not_there_is_wrong_usage(run: Run, argument: str, said: str) -> None:
    Path("program.exe").write_bytes(b"MZ\x90\x00" + bytes(4096))
    Path("empty.txt").write_bytes(b"")
    ran: Ran = run("explain", argument)
    assert (ran.code, ran.out) == (2, "")
    assert said in ran.err
    assert ran.err.count("\n") == 1


def test_on_the_command_line(run: Run) -> None:
    assert run("explain", f"{LISTING}:7") == Ran(0, told(LISTING, 7), "")
    assert run("explain", "-:7", stdin=LISTING.read_bytes()).out == told("-", 7, LISTING.read_bytes())


def test_the_encoding_is_passed_on(run: Run) -> None:
    text = LISTING.read_text(encoding="ascii").encode("cp037")
    assert "Not for us" in run("explain", "-:1", stdin=text).out
    answer = run(
        "explain", "-:8", "--encoding", "EBCDIC-CP-US", stdin=LISTING.read_bytes().decode().encode("cp037")
    ).out
    assert "It gave row 4 of desktop_heaps" in answer
    assert run("explain", "-:4", "--encoding", "klingon").code == 2


@pytest.mark.skipif(os.name == "nt", reason="no such names there")
def test_a_name_with_a_colon(run: Run) -> None:
    Path("kd:1.log").write_bytes(LISTING.read_bytes())
    assert "It gave row 4 of desktop_heaps" in run("explain", "kd:1.log:8").out


def zipped(**files: bytes) -> bytes:
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w") as archive:
        for name, content in files.items():
            archive.writestr(name.replace("__", "/"), content)
    return whole.getvalue()


def test_a_file_in_an_archive(run: Run) -> None:
    """Named as reports name it; also in an archive in another one, and from standard input."""
    text = LISTING.read_bytes()
    inner = zipped(**{"kd.log": text})
    Path("bundle.zip").write_bytes(zipped(**{"APP01__kd!1.log": text, "notes.txt": b"nothing\n", "more.zip": inner}))
    for named in ("bundle.zip!APP01/kd!1.log", "bundle.zip!more.zip!kd.log"):
        ran = run("explain", f"{named}:7")
        assert (ran.code, ran.err) == (0, "")
        assert 'It would fit with a digit in place of "l" in column 39.' in words(ran.out)
        assert f"{named}, line 7 of 14 (utf-8)" in ran.out
    assert "It gave row 4 of desktop_heaps" in run("explain", "-!kd.log:8", stdin=inner).out


@pytest.mark.parametrize(
    ("argument", "said"),
    [
        ("bundle.zip:3", "bundle.zip is an archive: name one of its files, such as bundle.zip!a/kd.log:LINE"),
        ("bundle.zip!a/kd.txt:3", "bundle.zip holds no a/kd.txt; did you mean bundle.zip!a/kd.log?"),
        ("bundle.zip!a/kd.log:30", "bundle.zip!a/kd.log has 2 lines: there is no line 30"),
        ("bundle.zip!program.exe:1", "not a text but a program"),
        ("plain.txt!kd.log:1", "plain.txt holds no kd.log"),
        ("no.zip!kd.log:1", "no such file or folder: no.zip!kd.log"),
        ("empty.zip:1", "the archive is empty"),
    ],
    ids=lambda text: text[:40],
)
def test_what_an_archive_does_not_hold(run: Run, argument: str, said: str) -> None:
    Path("bundle.zip").write_bytes(zipped(**{"a__kd.log": b"one\ntwo\n", "program.exe": b"MZ\x90\x00" + bytes(99)}))
    Path("empty.zip").write_bytes(zipped())
    Path("plain.txt").write_bytes(b"one\n")
    ran = run("explain", argument)
    assert (ran.code, ran.out) == (2, "")
    assert said in ran.err
    assert ran.err.count("\n") == 1


def test_a_text_that_is_read_as_what_the_caller_says(run: Run) -> None:
    text = b"  Service-0x0-3e7$\\Default           512                23%\n"
    ran = run("explain", "-:1", "--as", "dskheap", stdin=text)
    assert ran.code == 0
    assert "Read: HEAPS of dskheap.lark took it" in ran.out
    assert run("explain", "-:1", "--as", "klingon", stdin=text).code == 2


def test_it_starts_without_the_large_libraries() -> None:
    code = (
        "import sys\n"
        "from dumpscan.cli import main\n"
        "try:\n    main()\n"
        "except SystemExit as left:\n    assert not left.code, left.code\n"
        "print(sorted({name.partition('.')[0] for name in sys.modules} & {'pandas', 'jinja2'}), file=sys.stderr)\n"
    )
    ran = spawned("explain", f"{LISTING}:7", code=code)
    assert (ran.returncode, ran.stderr.decode().strip()) == (0, "[]")
