r"""The text that changes a size in the registry, and the text that changes it back. Nothing here is ever run.

The value `Windows` of the key SubSystems names the server DLLs of its Windows: another version's list does not boot (STOP c000021a). So only the
digits of SharedSection inside the complete value of this very machine change, whatever stands around them. There is no `reg add` for it: a
command prompt would expand %SystemRoot%.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from dumpscan.csrss import complete
from dumpscan.platforms import NT4
from dumpscan.queries import MEMORY, SUBSYSTEMS

# "1024, 20480,768", as an article prints it, is in real registries: its blanks stay, and the linter speaks of them.
_NEXT_WORD = r"(?=[ \t]+[A-Za-z])"
_SIZES = re.compile(rf"(?i)SharedSection=[ \t]*[0-9]+(?:[ \t]*,[ \t]*[0-9]+){{1,2}}{_NEXT_WORD}")
_WIDTH = 77  # characters of a line of hex digits before its backslash, as regedit folds them: 25 bytes


class Text(NamedTuple):
    """One change, in the two forms that can be run on the machine itself."""

    reg: str  # a .reg file
    powershell: str


class Change(NamedTuple):
    """A change and its way back; `value` is what the registry holds after it."""

    value: str
    apply: Text
    back: Text


def change(value: str, sizes: Sequence[int], build: int | None = None) -> Change | None:
    r"""Other sizes in a complete value `Windows`; None where it is not complete (wrapped, cut, damaged) or its list is not two or three numbers.

    A third value may be added or left as it is, never taken away. `build` of the Windows, where known, tells what a complete value has.
    """
    lists = _SIZES.findall(value)
    ansi = build == NT4
    if (
        not complete(value, build)
        or len(lists) != 1
        or not all(size > 0 for size in sizes)
        or (ansi and not value.isascii())
    ):
        return None
    before = lists[0]
    numbers = re.findall(r"[0-9]+", before)
    if not len(numbers) <= len(sizes) <= 3:
        return None
    after = _with_digits(before, sizes)
    changed = value.replace(before, after)
    return Change(
        changed,
        Text(_reg(changed, ansi), _powershell(before, after)),
        Text(_reg(value, ansi), _powershell(after, before)),
    )


def view(before: int | None, after: int | None) -> Change:
    """SessionViewSize in MB; a value that was not there before goes away on the way back, and one that is to go (None) comes back."""
    return Change("" if after is None else str(after), _view(after), _view(before))


def _view(size: int | None) -> Text:
    """What sets SessionViewSize to so many MB, or takes it away."""
    key = rf"'HKLM:\{MEMORY}'"
    if size is None:
        return Text(_file(MEMORY, '"SessionViewSize"=-'), f"Remove-ItemProperty {key} SessionViewSize\n")
    put = f"Set-ItemProperty {key} SessionViewSize {size} -Type DWord\n"
    return Text(_file(MEMORY, f'"SessionViewSize"=dword:{size:08x}'), put)


def _with_digits(before: str, sizes: Sequence[int]) -> str:
    """The list with these numbers, and what stands between the old ones as it was; a third number stands behind a bare comma."""
    new = iter(sizes)
    changed = re.sub(r"[0-9]+", lambda _: str(next(new)), before)
    return changed + "".join(f",{size}" for size in new)


def _powershell(before: str, after: str) -> str:
    """Digits for digits inside what the machine holds when this is run. Nothing is written where it holds another list by then, or where it could
    not be read: an empty value would not boot."""
    return (
        f"$k='HKLM:\\{SUBSYSTEMS}'\n"
        "$v=(Get-Item $k).GetValue('Windows',$null,'DoNotExpandEnvironmentNames')\n"
        f"$old='{before}{_NEXT_WORD}'\n"
        f"if ($v -match $old) {{ Set-ItemProperty $k Windows ($v -replace $old,'{after}') -Type ExpandString }} else {{ 'not changed: this list is not there' }}\n"
        "(Get-Item $k).GetValue('Windows',$null,'DoNotExpandEnvironmentNames')\n"
    )


def _reg(value: str, ansi: bool) -> str:
    """REG_EXPAND_SZ as regedit exports it: the bytes of the text and of its closing zero, folded. That of Windows NT 4.0 writes ANSI text."""
    data = f"{value}\0".encode("ascii" if ansi else "utf-16-le")
    digits = [f"{byte:02x}," for byte in data]
    digits[-1] = digits[-1].rstrip(",")
    lines = ['"Windows"=hex(2):']
    for pair in digits:
        if len(lines[-1]) + len(pair) > _WIDTH:
            lines.append("  ")
        lines[-1] += pair
    return _file(SUBSYSTEMS, "\\\n".join(lines), ansi)


def _file(key: str, line: str, ansi: bool = False) -> str:
    head = "REGEDIT4" if ansi else "Windows Registry Editor Version 5.00"
    return f"{head}\n\n[HKEY_LOCAL_MACHINE\\{key}]\n{line}\n\n"
