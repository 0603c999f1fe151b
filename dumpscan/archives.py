"""What an archive holds, member by member: streamed, counted and capped. Nothing is ever written to disk; names inside are shown, never used.

Sizes in headers are never trusted: what comes out is counted against what went in. The caps are those of a case of texts: logs of
debuggers pack 5 to 30 times, and 200 times is a bomb, or a file of nothing but NULs.
"""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import re
import stat
import tarfile
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Protocol

from dumpscan.kinds import is_tar


class Source(Protocol):
    """What is read piece by piece."""

    def read(self, size: int, /) -> bytes: ...


RATIO = 200  # bytes out for a byte in
FLOOR = 1024 * 1024  # bytes that may come out whatever the ratio
TOTAL = 2 * 1024 * 1024 * 1024  # bytes out of one archive, with all that is packed in it
MEMBERS = 10_000
DEPTH = 2  # archives in each other

UNPACK = "unpack it and name the folder"
LINK, NO_FILE = "a link: not followed", "neither a file nor a folder: not read"
_PACKED: dict[str, Callable[[Any], Any]] = {
    "gzip": lambda packed: gzip.GzipFile(fileobj=packed, mode="rb"),
    "bzip2": bz2.BZ2File,
    "xz": lzma.LZMAFile,
}
_PACKED_NAME = re.compile(r"(?i)([^/]+)\.t?(?:gz|bz2?|xz)$")


class Refused(Exception):
    """Why a member, or the rest of an archive, is not read."""


class Damaged(Refused):
    """What came out before is read all the same."""


class Exhausted(Refused):
    """The archive holds more than anybody should read of one: its rest is not looked at."""


@dataclass(frozen=True, slots=True)
class Member:
    """One file of an archive, to be read before the next one is asked for; or why it is none."""

    name: str
    size: int | None = None  # as the archive says
    stream: Source | None = None
    skipped: str | None = None


class Budget:
    """What may still come out of an archive and of those in it."""

    def __init__(self, packed: int) -> None:
        # Members of a zip may overlap: each of them is harmless, all together are a bomb.
        self._bytes = self._all = min(TOTAL, max(16 * FLOOR, RATIO * packed))
        self._members = MEMBERS

    def spend(self, count: int) -> None:
        self._bytes -= count

    def check(self) -> None:
        if self._bytes < 0:
            raise Exhausted(f"it unpacks to more than {self._all:,} bytes: {UNPACK}")

    def another(self) -> None:
        self._members -= 1
        if self._members < 0:
            raise Exhausted(f"it holds more than {MEMBERS:,} files: {UNPACK}")


class _Tap(io.RawIOBase):
    """The packed bytes, counted as they are taken."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream
        self.count = 0

    def read(self, size: int = -1, /) -> bytes:
        data: bytes = self._stream.read(size) or b""
        self.count += len(data)
        return data

    def seek(self, offset: int, whence: int = 0, /) -> int:
        place: int = self._stream.seek(offset, whence)
        return place

    def tell(self) -> int:
        return self.seek(0, 1)

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True


class _Unpacked:
    """What comes out of a packed stream; every way in which it can fail is one of ours."""

    def __init__(self, stream: Any, tap: _Tap, budget: Budget | None) -> None:
        self._stream, self._tap, self._budget = stream, tap, budget
        self._before, self._out, self._ahead = tap.count, 0, b""

    def peek(self, size: int) -> bytes:
        self._ahead += self._fresh(size - len(self._ahead))
        return self._ahead

    def read(self, size: int, /) -> bytes:
        ahead, self._ahead = self._ahead[:size], self._ahead[size:]
        return ahead or self._fresh(size)

    def _fresh(self, size: int) -> bytes:
        try:
            data: bytes = self._stream.read1(size)  # `read` would lose what stands before a cut
        except Refused:
            raise
        except Exception as error:  # on hostile bytes these libraries raise nearly everything there is
            if "CRC" in str(error) or "Incorrect length" in str(error):
                raise Refused("its checksum is wrong, and nobody can tell which bytes are: ask for it again") from error
            raise Damaged(_damage(error)) from error
        self._out += len(data)
        if self._budget:
            self._budget.spend(len(data))
        if self._out > max(FLOOR, RATIO * (self._tap.count - self._before)):
            raise Refused(f"it unpacks to more than {RATIO} times its size, as bombs do: {UNPACK}")
        if self._budget:
            self._budget.check()
        return data


def _damage(error: Exception) -> str:
    if isinstance(error, OSError) and error.errno:
        return f"it cannot be read: {error.strerror or error}"
    if isinstance(error, MemoryError):
        return "it needs more memory than there is"
    if isinstance(error, NotImplementedError):
        return f"it is packed in a way that is not known here ({error}): {UNPACK}"
    if isinstance(error, EOFError) or "end of data" in str(error):
        return "it is cut: its end is missing"
    return f"it is damaged ({str(error)[:200] or type(error).__name__})"


def members(stream: Any, kind: str, name: str, budget: Budget) -> Iterator[Member]:
    """The files of an archive, in its order. Raises Refused where it does not go on."""
    tap = _Tap(stream)
    try:
        if kind == "zip":
            yield from _of_zip(tap, budget)
        elif kind == "tar":
            yield from _of_tar(tap, tap, budget, budget)
        else:
            content = _Unpacked(_PACKED[kind](tap), tap, budget)
            if is_tar(content.peek(tarfile.BLOCKSIZE)):
                yield from _of_tar(content, tap, budget, None)
                while content.read(FLOOR):  # to the checksum
                    pass
            else:
                named = _PACKED_NAME.search(name)
                yield Member(named[1] if named else "content", None, content)
    except Refused:
        raise
    except Exception as error:
        raise Damaged(_damage(error)) from error


def _of_zip(tap: _Tap, budget: Budget) -> Iterator[Member]:
    archive = zipfile.ZipFile(tap)
    if "[Content_Types].xml" in archive.NameToInfo:
        raise Refused("not an archive of logs but an Office document: save it as plain text")
    for info in archive.infolist():
        budget.another()
        name = _readable(info.filename.replace("\\", "/"))  # .NET before 4.6.1 writes backslashes
        kind = stat.S_IFMT(info.external_attr >> 16) if info.create_system == 3 else 0
        if name.endswith("/"):
            continue
        if kind and not stat.S_ISREG(kind):
            yield Member(name, skipped=LINK if stat.S_ISLNK(kind) else NO_FILE)
        elif info.flag_bits & 1:
            yield Member(
                name, info.file_size, skipped="it is encrypted: unpack it with its password and name the folder"
            )
        else:
            try:
                with archive.open(info) as file:
                    yield Member(name, info.file_size, _Unpacked(file, tap, budget))
            except Refused:
                raise
            except Exception as error:
                yield Member(name, info.file_size, skipped=_damage(error))


class _Header(tarfile.TarInfo):
    """A header that tells whether the tar file has its end: tarfile itself passes over garbage in silence."""

    @classmethod
    def fromtarfile(cls, tarfile_: tarfile.TarFile) -> _Header:
        try:
            return super().fromtarfile(tarfile_)
        except tarfile.EOFHeaderError:  # type: ignore[attr-defined]
            tarfile_.ended = True  # type: ignore[attr-defined]
            raise


class _Blocks:
    """A file of a tar, in pieces so small that little is lost before a damage."""

    def __init__(self, file: Any) -> None:
        self._raw = file.raw

    def read1(self, size: int) -> bytes:
        data: bytes = self._raw.read(min(size, 4 * tarfile.BLOCKSIZE))
        return data


def _of_tar(stream: Source, tap: _Tap, budget: Budget, for_members: Budget | None) -> Iterator[Member]:
    with tarfile.open(
        fileobj=stream, mode="r|", tarinfo=_Header, encoding="utf-8", errors="surrogateescape"
    ) as archive:  # type: ignore[call-overload]
        for info in archive:
            budget.another()
            name = _readable(info.name.removeprefix("./"))
            if info.size < 0:  # it would send a reader backwards for ever (CVE-2025-8194)
                raise Damaged("it is damaged (a size below nothing)")
            if info.isreg():
                yield Member(name, info.size, _Unpacked(_Blocks(archive.extractfile(info)), tap, for_members))
            elif not info.isdir():
                yield Member(name, skipped=LINK if info.issym() or info.islnk() else NO_FILE)
        if not getattr(archive, "ended", False):
            raise Damaged("it is cut or damaged: its end is missing")


def _readable(name: str) -> str:
    """A name as text: bytes that are no UTF-8 are written out as in `\\xff`."""
    return name.encode("utf-8", errors="surrogateescape").decode("utf-8", errors="backslashreplace") or "(no name)"
