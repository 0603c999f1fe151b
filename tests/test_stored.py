"""Registry values of the key `Windows`: two readers of them agree on which rows count."""

from __future__ import annotations

import compose
import pytest

from dumpscan.machines import machine_keys
from dumpscan.stored import WINDOWS, agreed, stored

NAME = "desktopheaplogging"
KEYS = {
    compose.WINDOWS_KEY: True,
    compose.WINDOWS_KEY + "\\": True,
    r"HKEY_LOCAL_MACHINE\SOFTWARE\Wow6432Node\Microsoft\Windows NT\CurrentVersion\Windows": False,
    r"HKEY_LOCAL_MACHINE\SOFTWARE\Microsoft\Windows\CurrentVersion": False,
    compose.WINDOWS_KEY + r"\DWM": False,
    r"HKEY_CURRENT_USER\Software\Something\Windows": False,
}


@pytest.mark.parametrize("key", KEYS)
def test_the_key_decides(key: str) -> None:
    tables = compose.analysis({"case": compose.dword(key, DesktopHeapLogging=0)}).tables["registry_values"]
    assert len(tables) == 1
    assert bool(len(stored(tables, (NAME,), WINDOWS))) == bool(len(agreed(tables, NAME))) == KEYS[key]


def test_a_list_that_names_the_key_shortly() -> None:
    """RegRipper prints the last name of the key before its first value."""
    text = "Windows              DesktopHeapLogging             : 0\n"
    tables = compose.analysis({"case": text}).tables["registry_values"]
    assert tables["key"].to_list() == ["Windows"]
    assert agreed(tables, NAME).to_dict() == {machine_keys(tables).iloc[0]: 0}
    assert len(stored(tables, (NAME,), WINDOWS)) == 1
