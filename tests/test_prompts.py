"""Typed commands: every shape of kernel prompt that was seen, and what looks like one and is none."""

from __future__ import annotations

import pytest

import dumpscan
from dumpscan.matching import repaired
from dumpscan.prompts import commands

SHAPES = {
    "kd> !vm 1": ("kd>", "!vm 1"),
    "lkd> !dskheap ": ("lkd>", "!dskheap"),
    "15: kd> vertarget": ("15: kd>", "vertarget"),
    "0:kd> !vm": ("0:kd>", "!vm"),
    "00: kd> .time": ("00: kd>", ".time"),
    "3: Kd> lm": ("3: Kd>", "lm"),
    "KDx86> !trap fe8c8d18": ("KDx86>", "!trap fe8c8d18"),
    "32.kd> kb": ("32.kd>", "kb"),
    "32.0: kd:x86> kb": ("32.0: kd:x86>", "kb"),
    "32.kd:x86> r": ("32.kd:x86>", "r"),
    "||0:2: kd> g": ("||0:2: kd>", "g"),
    "lkd>!sysptes 4": ("lkd>", "!sysptes 4"),
    "0:000>0:000>0: kd> !process ffffe00000d52900 2": ("0: kd>", "!process ffffe00000d52900 2"),
    "> | 0: kd> !vm 4": ("0: kd>", "!vm 4"),
    "\t\u00a01: kd>\u00a0!vm": ("1: kd>", "!vm"),
    r"0: kd> .sympath+ \\server\share": ("0: kd>", r".sympath+ \\server\share"),
    "1: kd> kb                      [Local        9:50 AM]": ("1: kd>", "kb"),
    "kd> dt foo [bar]": ("kd>", "dt foo [bar]"),
    "lkd> kd: Reading initial command '!dskheap;!vm 4;q'": ("lkd>", "kd: Reading initial command '!dskheap;!vm 4;q'"),
}
NO_PROMPTS = (
    "0:000> .reload nt",
    "||1:1:017> ||1s",
    r"C:\kktools\dheapmon8.1>dheapmon -s",
    "1: Kernel Version 2081 MP Checked",
    "kd>",
    "type it at the kd> prompt",
    "LiveKd v5.63 - Execute kd/windbg on a live system",
    "kd: Reading initial command 'q'",
)


@pytest.mark.parametrize("line", SHAPES)
def test_each_shape_is_a_row(line: str) -> None:
    assert list(commands(repaired(line))) == [SHAPES[line]]


@pytest.mark.parametrize("line", NO_PROMPTS)
def test_what_is_no_kernel_prompt_makes_no_row(line: str) -> None:
    assert list(commands(repaired(line))) == []


def test_two_prompts_of_a_paste_without_line_ends() -> None:
    assert [command for _, command in commands("kd> !vm 1: kd> !vm")] == ["!vm", "!vm"]


def test_commands_speak_of_the_machine_of_the_capture_above() -> None:
    text = (
        "0: kd> !thread\n0: kd> vertarget\nWindows 7 Kernel Version 7601 MP (4 procs) Free x64\nMachine Name: TS01\n"
        + "x\n" * 50
    )
    rows = dumpscan.analyze((text + "0: kd> !locks\n").encode()).tables["commands"]
    assert rows[["line", "command", "machine"]].to_dict("list") == {
        "line": [1, 2, 55],
        "command": ["!thread", "vertarget", "!locks"],
        "machine": ["TS01"] * 3,
    }


def test_a_log_of_commands_alone_holds_nothing_to_judge() -> None:
    analysis = dumpscan.analyze(b"0: kd> !thread\nTHREAD 1\n0: kd> kb\n")
    assert analysis.to_dict()["verdict"]["reason"] == "no_evidence"
    assert analysis.readings[0].lines == {"total": 3, "parsed": 2, "blank": 0, "noise": 0, "other": 1, "problem": 0}
