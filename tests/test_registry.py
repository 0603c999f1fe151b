r"""SharedSection and the registry: what is read of a damaged list, in which base a number is, and whose wish is no state."""

from __future__ import annotations

from time import perf_counter
from typing import Any

import pytest

import dumpscan
from dumpscan.claims import runs
from dumpscan.commands._registry import certain, decimal, hexadecimal
from dumpscan.commands._shared_section import sizes_at
from dumpscan.matching import matching_copy

MM = r"HKEY_LOCAL_MACHINE\SYSTEM\CurrentControlSet\Control\Session Manager\Memory Management"
READERS = ("kd_reg", "reg_file", "reg_query", "regedit_text", "registry_list", "registry_write", "shared_section")


def rows(table: str, text: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = dumpscan.analyze(text.encode()).to_dict()["tables"][table]
    return found


def values(text: str) -> list[tuple[Any, ...]]:
    return [(row["name"], row["text"], row["number"], row["origin"]) for row in rows("registry_values", text)]


@pytest.mark.parametrize(
    ("text", "sizes"),
    [
        ("1024,3072 Windows=On", (1024, 3072, None, 2)),
        ("1024,3072,512 Windows=On", (1024, 3072, 512, 3)),
        ("1024, 20480, 768 Windows=On", (1024, 20480, 768, 3)),
        ("1024,20480,768,512 Windows=On", (1024, 20480, 768, 4)),
        ("1024,20480,768,SeDebugPrivilege Windows=On", (1024, 20480, 768, 4)),
        ("1024,20480,7\n68 Windows=On", (1024, 20480, 768, 3)),
        ("1024,204\n80,768 Windows=On", (1024, 20480, 768, 3)),
        ("1024,\n20480,768 Windows=On", (1024, 20480, 768, 3)),
        ("1024,20480\n,768 Windows=On", (1024, 20480, 768, 3)),
        ("1024,20480,768\nWindows=On", (1024, 20480, 768, 3)),
        ('1024,20480,768"', (1024, 20480, 768, 3)),
        ("1024,20480,7\nWindows=On", None),  # "68" was lost
        ("1024,20480,7 68 Windows=On", None),  # the line break was lost
        ("1024,20480,768\n12\nWindows=On", None),  # a page number
        ("1024,20480,\nWindows=On", None),
        ("1024,20480, Windows=On", None),
        ("1024,20H0,768 Windows=On", None),
        ("1024,20480,768x Windows=On", None),
        ("1024 Windows=On", None),
        ("1024,20480,768", None),  # the value goes on behind the list, so this one was cut
        ("1024,20480", None),
        ("\u0661\u0660\u0662\u0664,20480,768 Windows=On", None),
        ("1" * 30 + ",20480,768 Windows=On", None),
    ],
)
def test_a_list_is_whole_or_it_is_no_list(text: str, sizes: tuple[int, ...] | None) -> None:
    assert sizes_at(text, 0) == sizes


@pytest.mark.parametrize(
    ("text", "third"), [("1024,4096,512", 512), ("1024,4096,51", None), ("1024,4096,127", None), ("1024,4096", None)]
)
def test_a_typed_list_may_end_with_its_line(text: str, third: int | None) -> None:
    found = sizes_at(text, 0, typed=True)
    assert (found and found[2]) == third


def test_numbers_have_the_base_of_their_tool() -> None:
    assert [hexadecimal(data) for data in ("0x30", "0x00000030 (48)", "0x0", "0xffffffff")] == [48, 48, 0, 4294967295]
    assert [hexadecimal(data) for data in ("48", "0x", "0x0000003", "0x30 (30)", "0x123456789", "")] == [None] * 6
    assert [certain(data) for data in ("1", "0x30", "30", "")] == [1, 48, None, None]
    assert [decimal(data) for data in ("48", "4294967295", "0x30", "1 2", "-1", "\u0664", "")] == [
        48,
        4294967295,
        *[None] * 5,
    ]


def test_the_same_48_in_every_tool() -> None:
    texts = [
        f'Windows Registry Editor Version 5.00\n\n[{MM}]\n"SessionViewSize"=dword:00000030\n',
        f"{MM}\n    SessionViewSize    REG_DWORD    0x30\n",
        f"SessionViewSize : 48\nPSPath          : Microsoft.PowerShell.Core\\Registry::{MM}\n",
        f"Key Name:          {MM}\nValue 0\n  Name:            SessionViewSize\n  Type:            REG_DWORD\n  Data:            0x30\n",
        f'reg add "{MM}" /v SessionViewSize /t REG_DWORD /d 48 /f\n',
        f'reg add "{MM}" /v SessionViewSize /t REG_DWORD /d 0x30 /f\n',
    ]
    assert [row["number"] for text in texts for row in rows("registry_values", text)] == [48] * len(texts)
    assert {row["key"] for text in texts for row in rows("registry_values", text)} == {MM}


def test_a_wish_is_no_state() -> None:
    """A file of a forum has only what it sets; an export has what Windows always keeps there; a deletion is no export."""
    few = f'[{MM}]\n"SessionViewSize"=dword:00000030\n'
    many = "".join(f'"Value{n}"=dword:00000000\n' for n in range(7))
    pages = '"PagingFiles"=hex(7):43,00,00,00,00,00\n'
    texts = [few, few + many, few + pages, few + many + pages, few + many + pages + '"SessionPoolSize"=-\n']
    found = [values(text)[0][3] for text in texts]
    assert found == ["write", "write", "write", "state", "write"]


def test_in_force_is_only_what_a_running_process_has() -> None:
    text = r"%SystemRoot%\system32\csrss.exe ObjectDirectory=\Windows SharedSection=1024,20480,768 Windows=On"
    for line, in_force in (
        (f"584\tcsrss.exe\t{text}\n", True),
        (f"CommandLine={text}\n", True),
        (f"    CommandLine:  '{text}'\n", True),
        (f"TS01,{text} MaxRequestThreads=16,584\n", True),
        (f"CommandLine  ProcessId\n{text} MaxRequestThreads=16  584\n", True),
        (f"{text}\n", False),
        (f"    Windows    REG_EXPAND_SZ    {text}\n", False),
        (f"Windows      : {text}\n", False),
    ):
        assert [row["in_force"] for row in rows("shared_sections", line)] == [in_force], line
    for sentence in (
        f"Then change {text} as you like.\n",
        "SharedSection=1024,20480,768 is the default.\n",
        "SharedSection=1024,20480,768\n",
        f'reg add "HKLM\\X\\SubSystems" /v Windows /t REG_EXPAND_SZ /d "{text}" /f\n',
    ):
        assert rows("shared_sections", sentence) == [], sentence


def test_what_is_not_set_is_told() -> None:
    ask = f'C:\\>reg query "{MM}" /v SessionViewSize\n\n'
    assert values(ask + "ERROR: The system was unable to find the specified registry key or value.\n") == [
        ("SessionViewSize", None, None, "state")
    ]
    assert values(ask + "ERROR: Access is denied.\n") == []
    assert values(f"Get-ItemProperty : Property SessionViewSize does not exist at path \n{MM}.\n")[0][1:] == (
        None,
        None,
        "state",
    )


@pytest.mark.parametrize("reader", READERS)
def test_time_is_linear(reader: str) -> None:
    """Lines that begin like a row and never become one."""
    for seed in (
        "csrss ",
        "commandline: csrss ",
        "00,",
        "reg add /v ",
        "Set-ItemProperty ` ",
        "REG_SZ ",
        "x : ",
        "ServerDll=x ",
        "=",
    ):
        times = []
        for size in (40_000, 160_000):
            copies = [matching_copy(seed * (size // len(seed)) + "\n", 1)[1]]
            copies.append(matching_copy((seed * (79 // len(seed)) + "\n") * (size // 80), 1)[1])
            began = perf_counter()
            for copy in copies:
                runs(copy, reader)
            times.append(perf_counter() - began)
        assert times[1] < max(0.5, 12 * times[0]), seed


def test_a_value_windows_of_another_key_is_not_ours() -> None:
    key = r"HKEY_LOCAL_MACHINE\SOFTWARE\Example"
    text = f"{key}\n    Windows    REG_EXPAND_SZ    C:\\WINDOWS\n    SessionViewSize    REG_DWORD    0x30\n"
    assert [name for name, *_ in values(text)] == ["SessionViewSize"]
