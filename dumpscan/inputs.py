"""What a case consists of: the regular files below a path, in a fixed order, each with its name as the report shows it."""

from __future__ import annotations

import os
import re
import stat
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
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


def readable(name: str) -> str:
    """A file name as text: bytes that are no UTF-8 (Linux allows them) are written out as in `\\xff`."""
    return os.fsencode(name).decode("utf-8", errors="backslashreplace")


_ENDING = re.compile(r"(?i)(?<=.)(?:\.tar)?\.[^.]{1,8}$")


def case_name(path: Path) -> str:
    """What a case is called after the folder or file it came in: that of `case.tar.gz` is "case"."""
    return path.resolve().name or "case" if path.is_dir() else bare_name(path.name)


def bare_name(name: str) -> str:
    """A file name without what tells its kind."""
    return _ENDING.sub("", name)


def inputs_of(case: str, sources: Sequence[Path | bytes]) -> list[Input]:
    """All inputs of one case. Raises DumpscanError for a path that is not there."""
    several = [one for source in sources for one in _inputs_of(case, source, named=len(sources) > 1)]
    return several if len(sources) == 1 else list(_each_once(several))


def _inputs_of(case: str, source: Path | bytes, named: bool) -> Iterator[Input]:
    """What one path leads to; `named` puts the name of a folder before its files."""
    if isinstance(source, bytes):
        yield Input(case, "-", source)
        return
    try:
        kind = source.stat().st_mode
    except (OSError, ValueError) as error:
        raise DumpscanError(f"no such file or folder: {source}") from error
    if not stat.S_ISDIR(kind):
        yield _file(case, readable(source.name), source, follow=True)
        return
    folder = readable(source.resolve().name)
    inside = [replace(one, file=f"{folder}/{one.file}") if named else one for one in _walk(case, source)]
    yield from inside or [Input(case, folder or ".", skipped="the folder is empty")]


def _each_once(inputs: Sequence[Input]) -> Iterator[Input]:
    """A file that is named beside its folder is one input; two files of one name from two folders get two names."""
    seen: set[Path] = set()
    names: Counter[str] = Counter()
    for one in inputs:
        real = one.source.resolve() if isinstance(one.source, Path) else None
        if real in seen:
            continue
        seen |= {real} if real else set()
        names[one.file] += 1
        yield one if names[one.file] == 1 else replace(one, file=f"{one.file} ({names[one.file]})")


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
            name = prefix + readable(entry.name)
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
