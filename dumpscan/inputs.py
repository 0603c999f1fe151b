"""What a case consists of: the regular files below a path, in a fixed order, each with its name as the report shows it."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path


class DumpscanError(Exception):
    """What the caller did wrong, in one line."""


@dataclass(frozen=True, slots=True)
class Input:
    """One text of a case, or why it is none."""

    case: str
    file: str  # relative to the case, with "/"
    source: Path | bytes = b""
    size: int | None = None
    skipped: str | None = None


def inputs_of(case: str, sources: Sequence[Path | bytes]) -> list[Input]:
    """All inputs of one case. Raises DumpscanError for a path that is not there."""
    found: list[Input] = []
    several = len(sources) > 1
    for source in sources:
        if isinstance(source, bytes):
            found.append(Input(case, _free("-", found), source))
            continue
        try:
            kind = source.stat().st_mode
        except (OSError, ValueError) as error:
            raise DumpscanError(f"no such file or folder: {source}") from error
        if stat.S_ISDIR(kind):
            before = len(found)
            prefix = f"{source.resolve().name}/" if several else ""
            found += [
                Input(case, _free(prefix + one.file, found) if several else one.file, one.source, one.size, one.skipped)
                for one in _walk(case, source)
            ]
            if len(found) == before:
                found.append(Input(case, _free(source.name or ".", found), skipped="the folder is empty"))
        else:
            found.append(_file(case, _free(source.name, found), source, follow=True))
    return found


def _free(name: str, taken: Sequence[Input]) -> str:
    """A name that no other input of the case has: two files of one name may come from two folders."""
    names, number, free = {one.file for one in taken}, 2, name
    while free in names:
        free, number = f"{name} ({number})", number + 1
    return free


def _walk(case: str, folder: Path) -> Iterator[Input]:
    """Everything below a folder, sorted by name so that every machine sees the same order. Links are told, not followed: they can leave the case or run in a circle."""
    pending = [(folder, "")]
    while pending:
        current, prefix = pending.pop()
        try:
            with os.scandir(current) as entries:
                here = sorted(entries, key=lambda entry: (entry.name.casefold(), entry.name))
        except OSError as error:
            yield Input(
                case, prefix.rstrip("/") or ".", skipped=f"this folder cannot be listed: {error.strerror or error}"
            )
            continue
        folders = []
        for entry in here:
            name = prefix + entry.name
            if entry.is_symlink():
                yield Input(case, name, skipped="a link: not followed")
            elif entry.is_dir(follow_symlinks=False):
                folders.append((Path(entry.path), name + "/"))
            else:
                yield _file(case, name, Path(entry.path))
        pending += reversed(folders)


def _file(case: str, name: str, path: Path, follow: bool = False) -> Input:
    """A regular file; a pipe would block for ever and a device never end."""
    try:
        status = path.stat() if follow else path.lstat()
    except OSError as error:
        return Input(case, name, skipped=f"it cannot be read: {error.strerror or error}")
    if not stat.S_ISREG(status.st_mode):
        return Input(case, name, skipped="neither a file nor a folder: not read")
    return Input(case, name, path, status.st_size)
