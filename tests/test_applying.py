r"""What is printed to change a value changes nothing but digits, and the way back brings the value back byte for byte.

The .reg files are read by dumpscan itself; of PowerShell, its pattern and its replacement are taken out of the text and run with `re`.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import dumpscan
from dumpscan.applying import Text, change, view

NT4 = (
    r"%SystemRoot%\system32\csrss.exe ObjectDirectory=\Windows SharedSection=1024,3072 Windows=On SubSystemType=Windows ServerDll=basesrv,1 "
    "ServerDll=winsrv:UserServerDllInitialization,3 ServerDll=winsrv:ConServerDllInitialization,2 ProfileControl=Off MaxRequestThreads=16"
)
XP = NT4.replace("1024,3072", "1024,3072,512")
X64 = NT4.replace("1024,3072", "1024,20480,768")
SEVEN = X64.replace("ConServerDllInitialization,2", "ConServerDllInitialization,2 ServerDll=sxssrv,4")
TEN = X64.replace("winsrv:ConServerDllInitialization,2", "sxssrv,4")
# Composed after what registries of each Windows hold; the odd ones after what articles, scripts and people make of them.
SHAPES = {
    "NT 4.0": NT4,
    "Windows 2000": XP,
    "Exchange on NT 4.0, a third value added": NT4.replace("1024,3072", "1024,3072,256"),
    "XP, lowered": XP.replace(",512", ",256"),
    "Server 2003 x64": X64,
    "Vista RTM x86": SEVEN.replace("20480,768", "3072,512"),
    "Vista SP1 x86": SEVEN.replace("20480,768", "12288,512"),
    "Server 2008 x64": X64,
    "Windows 7": SEVEN,
    "Server 2008 R2, raised": SEVEN.replace("20480,768", "20480,2048"),
    "Server 2012 R2": TEN,
    "Windows 10 x86": TEN.replace("20480,768", "12288,512"),
    "Windows 11": TEN,
    "two values on Windows 10": TEN.replace("20480,768", "20480"),
    "a blank after the first comma": TEN.replace("1024,20480", "1024, 20480"),
    "blanks around all commas": TEN.replace("1024,20480,768", "1024 , 20480 , 768"),
    "two blanks between words": XP.replace(" Windows=On", "  Windows=On"),
    "a blank at the end": TEN + " ",
    "another case": XP.replace("SharedSection", "sharedsection").replace("%SystemRoot%", "%systemroot%"),
    "a leading zero": XP.replace(",512", ",0512"),
    "more request threads": TEN.replace("=16", "=32"),
    "a tab between words": XP.replace(" ProfileControl", "\tProfileControl"),
}


def stored(text: str, tmp_path: Path) -> str:
    """The value that a .reg file puts into the registry, as dumpscan reads it."""
    (tmp_path / "a.reg").write_text(text, encoding="utf-16", newline="\r\n")
    rows = dumpscan.analyze(tmp_path / "a.reg").tables["registry_values"]
    assert len(rows) == 1
    return str(rows["text"].iloc[0])


def regedit(text: str) -> bytes:
    """The bytes of its hex digits."""
    digits = re.search(r"hex\(2\):([0-9a-f,\\\n ]+)", text)
    assert digits is not None
    return bytes.fromhex(re.sub(r"[,\\\s]", "", digits[1]))


def powershell(text: Text, value: str) -> str:
    """What `$v -replace` makes of a value where `-match` finds it."""
    told = re.search(r"\$old='([^']*)'", text.powershell), re.search(r"-replace \$old,'([^']*)'", text.powershell)
    assert told[0] is not None and told[1] is not None
    old, new = re.compile(told[0][1], re.IGNORECASE), told[1][1]
    return old.sub(new, value) if old.search(value) else value


@pytest.mark.parametrize("name", SHAPES)
def test_there_and_back_is_the_same_value_byte_for_byte(name: str) -> None:
    value = SHAPES[name]
    done = change(value, (1024, 3072, 1536))
    assert done is not None
    assert done.value != value
    there, back = done.apply, done.back
    assert regedit(there.reg) == f"{done.value}\0".encode("utf-16-le")
    assert regedit(back.reg) == f"{value}\0".encode("utf-16-le")
    assert powershell(there, value) == done.value
    assert powershell(back, done.value) == value


@pytest.mark.parametrize("name", SHAPES)
def test_only_digits_of_the_list_change(name: str) -> None:
    value = SHAPES[name]
    done = change(value, (1024, 4096, 1536))
    assert done is not None
    listed = re.compile(r"(?i)(SharedSection=)[0-9 ,]*[0-9]")
    assert listed.sub(r"\1", done.value) == listed.sub(r"\1", value)
    assert re.findall(r"[0-9]+", listed.search(done.value)[0]) == ["1024", "4096", "1536"]  # type: ignore[index]


def test_dumpscan_reads_its_own_file(tmp_path: Path) -> None:
    done = change(TEN, (1024, 20480, 1280))
    assert done is not None
    assert stored(done.apply.reg, tmp_path) == TEN.replace("768", "1280")
    assert stored(done.back.reg, tmp_path) == TEN
    assert all(len(line) <= 80 for line in done.apply.reg.splitlines())


def test_the_file_is_folded_as_regedit_folds() -> None:
    done = change(XP, (1024, 3072, 1024))
    assert done is not None
    lines = done.apply.reg.split("\n")
    assert lines[:2] == ["Windows Registry Editor Version 5.00", ""]
    assert lines[2] == r"[HKEY_LOCAL_MACHINE\SYSTEM\CurrentControlSet\Control\Session Manager\SubSystems]"
    assert lines[3] == '"Windows"=hex(2):25,00,53,00,79,00,73,00,74,00,65,00,6d,00,52,00,6f,00,6f,00,\\'
    assert lines[4] == "  74,00,25,00,5c,00,73,00,79,00,73,00,74,00,65,00,6d,00,33,00,32,00,5c,00,63,\\"
    assert lines[-3:] == [f"  {lines[-3].strip()}", "", ""]
    assert lines[-3].endswith(",31,00,36,00,00,00")
    assert all(line.endswith(",\\") for line in lines[3:-3])


def test_nt4_has_a_format_of_its_own() -> None:
    done = change(NT4, (1024, 3072, 512), 1381)
    assert done is not None
    assert done.apply.reg.startswith("REGEDIT4\n")
    assert regedit(done.apply.reg) == NT4.replace("3072", "3072,512").encode("ascii") + b"\0"
    assert change(NT4.replace("=Windows ", "=W\u00efndows "), (1024, 3072, 512), 1381) is None


def test_a_key_that_could_not_be_read_is_never_written_empty() -> None:
    done = change(XP, (1024, 3072, 1024))
    assert done is not None
    write = [line for line in done.apply.powershell.splitlines() if "Set-ItemProperty" in line]
    assert len(write) == 1
    assert write[0].startswith("if ($v -match $old) {")
    assert "reg add" not in done.apply.powershell + done.apply.reg


@pytest.mark.parametrize(
    "now", ["SharedSection=1024,3072,5120", "SharedSection=1024,3072,512,7", "SharedSection=1024,3072,512 ,7"]
)
def test_another_list_by_then_stays_as_it_is(now: str) -> None:
    done = change(XP, (1024, 3072, 1024))
    assert done is not None
    value = XP.replace("SharedSection=1024,3072,512", now)
    assert powershell(done.apply, value) == value


@pytest.mark.parametrize(
    "value",
    [
        "",
        "SharedSection=1024,3072,512",
        XP[: -len("6")],
        XP[: -len("=16")],
        XP[: -len("MaxRequestThreads=16")].rstrip(),
        XP.replace("%SystemRoot%", r"C:\WINDOWS"),
        XP.replace(" Windows=On", "\nWindows=On"),
        XP.replace(" Windows=On", " SharedSection=1024,3072,512 Windows=On"),
        XP.replace(" Windows=On", " Windows On"),
        XP.replace(",512", ",512,SeDebugPrivilege").replace("1024,3072", "1024;3072"),
        XP.replace("1024,3072,512", "1024"),
        XP.replace("1024,3072,512", "1024,3072,5l2"),
        XP.replace("1024,3072,512", "1024,3072,512,0"),
        XP.replace("1024,3072,512", "1024,3072,٥١٢"),
        XP.replace("ServerDll=basesrv,1 ", ""),
        XP.replace("ServerDll=winsrv:UserServerDllInitialization,3 ", ""),
        XP.replace("ProfileControl=Off ", ""),
        XP.replace(" SharedSection", " XSharedSection"),
        "x" + XP,
        XP + " x",
        XP.replace("Off", "Off\u202e"),
    ],
)
def test_a_value_that_is_not_whole_gets_no_file(value: str) -> None:
    assert change(value, (1024, 3072, 1024)) is None


@pytest.mark.parametrize(
    "sizes", [(1024, 3072), (1024, 3072, 512, 1), (1024,), (), (1024, 0, 512), (1024, 3072, -1), (1024, 3072, 0)]
)
def test_sizes_that_are_no_list_for_this_value(sizes: tuple[int, ...]) -> None:
    assert change(XP, sizes) is None


def test_two_values_may_stay_two() -> None:
    done = change(NT4, (1024, 4096))
    assert done is not None
    assert "SharedSection=1024,4096 Windows=On" in done.value


@given(st.lists(st.integers(min_value=1, max_value=99999), min_size=3, max_size=3))
def test_any_sizes_there_and_back(sizes: list[int]) -> None:
    for value in (NT4, XP, TEN):
        done = change(value, sizes)
        assert done is not None
        assert powershell(done.apply, value) == done.value
        assert powershell(done.back, done.value) == value


def test_what_is_no_ascii_text_stays_as_it_is() -> None:
    value = TEN.replace("Off", "\u00d6ff")
    done = change(value, (1024, 20480, 1280))
    assert done is not None
    assert regedit(done.back.reg).decode("utf-16-le") == f"{value}\0"


def test_view_size_that_was_not_there_goes_away_again() -> None:
    done = view(None, 48)
    assert '"SessionViewSize"=dword:00000030\n' in done.apply.reg
    assert '"SessionViewSize"=-\n' in done.back.reg
    assert done.back.reg.startswith("Windows Registry Editor Version 5.00\n")
    assert "Session Manager\\Memory Management]" in done.apply.reg
    assert done.apply.powershell.endswith(" SessionViewSize 48 -Type DWord\n")
    assert done.back.powershell.startswith("Remove-ItemProperty ")
    assert done.value == "48"


def test_view_size_that_was_there_comes_back() -> None:
    done = view(48, 64)
    assert '"SessionViewSize"=dword:00000040\n' in done.apply.reg
    assert '"SessionViewSize"=dword:00000030\n' in done.back.reg
    assert done.back.powershell.endswith(" SessionViewSize 48 -Type DWord\n")


def test_view_size_that_goes_comes_back() -> None:
    """On 64-bit Windows, which has more without it."""
    done = view(48, None)
    assert done.apply == view(None, 48).back
    assert done.back == view(64, 48).apply
    assert done.value == ""
