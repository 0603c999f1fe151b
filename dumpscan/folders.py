"""Which folder names the machine of a file: an archive is read as the folder that it was packed from.

web01/logs/kd.log                  web01: the first-level folder
case.zip!web01/kd.log              web01: the only archive of a case is the case
a.zip!kd.log, b.zip!vm.log         none: a file that was packed alone stands where its archive stands
a.zip!logs/kd.log, b.zip!logs/...  a/logs, b/logs: two archives are never one machine
up.zip!up/web01/kd.log             web01: the folder that was packed, named as its archive
up.zip!logs/web01/kd.log           web01, if other folders beside it hold listings, too; else logs
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from dumpscan.inputs import bare_name
from dumpscan.machines import LISTINGS

if TYPE_CHECKING:
    from dumpscan.reading import Reading

Levels = tuple[str, ...]
_NO_FOLDER = re.compile(r"(?:|\.\.?|[A-Za-z]:)")  # parts of a name that name no folder


def machine_folders(readings: Sequence[Reading]) -> list[str]:
    """The folder that names the machine of each reading; "" for none."""
    found = [reading.file.partition("/")[0] if "/" in reading.file else "" for reading in readings]
    of_case: dict[str, list[int]] = defaultdict(list)
    for at, reading in enumerate(readings):
        if reading.captures:
            of_case[reading.case].append(at)
    for numbers in of_case.values():
        if any(readings[at].levels for at in numbers):
            for at, folder in zip(numbers, _of_case([readings[at] for at in numbers]), strict=True):
                found[at] = folder
    return found


def names_inside(readings: Sequence[Reading]) -> list[str]:
    """The name of each reading, without that of its archive where it is the only one of a case: that one is called after the upload."""
    outermost: dict[str, set[str]] = defaultdict(set)
    for reading in readings:
        if reading.captures:
            outermost[reading.case].add(reading.levels[0] if reading.levels else reading.file)
    return [
        "!".join(reading.levels[1:]) if reading.levels and len(outermost[reading.case]) == 1 else reading.file
        for reading in readings
    ]


def _of_case(readings: Sequence[Reading]) -> list[str]:
    """For the readings of one case that hold anything."""
    inside: dict[Levels, list[Reading]] = defaultdict(list)  # by archive
    for reading in readings:
        for depth in range(1, len(reading.levels)):
            inside[reading.levels[:depth]].append(reading)
    around = {archive: _wrapper(archive, held) for archive, held in inside.items()}
    keys = [_key(reading, inside, around) for reading in readings]
    while all(key and key[0][1] for key in keys) and len({key[0] for key in keys}) == 1:
        keys = [key[1:] for key in keys]  # the only archive of the case
    names = Counter(key[-1][0] for key in set(keys) if key)
    return [
        "" if not key else key[-1][0] if names[key[-1][0]] == 1 else "/".join(name for name, _ in key) for key in keys
    ]


def _key(
    reading: Reading, inside: dict[Levels, list[Reading]], around: dict[Levels, str | None]
) -> tuple[tuple[str, Levels], ...]:
    """The archives around a file and the first folder in them, each with its name; a folder with no levels."""
    key: list[tuple[str, Levels]] = []
    levels = reading.levels or (reading.file,)
    folders = [_folders(level) for level in levels]
    for depth in range(1, len(levels)):
        if folders[depth][:1] == [around[levels[:depth]]]:
            del folders[depth][0]
    for depth, level in enumerate(levels):
        if folders[depth]:
            return (*key, (folders[depth][0], ()))
        archive = levels[: depth + 1]
        if len(inside.get(archive, ())) > 1 or any(folders[depth + 1 :]):  # else it is a file that was packed alone
            key.append((bare_name(level.rpartition("/")[2]), archive))
    return tuple(key)


def _wrapper(archive: Levels, held: Iterable[Reading]) -> str | None:
    """The folder that is only there because a folder was packed, and no machine."""
    names = [(_folders(reading.levels[len(archive)]), reading) for reading in held]
    first = {folders[0] if folders else None for folders, _ in names}
    if len(first) != 1 or (only := first.pop()) is None:
        return None
    if only.casefold() == bare_name(archive[-1].rpartition("/")[2]).casefold():
        return only
    listed = {
        folders[1]
        for folders, reading in names
        if len(folders) > 1 and any(capture.command in LISTINGS for capture in reading.captures)
    }
    return only if len(listed) > 1 else None


def _folders(name: str) -> list[str]:
    return [part for part in name.split("/")[:-1] if not _NO_FOLDER.fullmatch(part)]
