"""One input as its readings: one of a text, one for each file of an archive and of the archives in it."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from dumpscan.archives import DEPTH, UNPACK, Budget, Damaged, Exhausted, Member, Refused, Source, members
from dumpscan.inputs import Input
from dumpscan.kinds import HEAD, archive_kind, sniff
from dumpscan.mails import MOST, is_mail, parts
from dumpscan.reading import Reading, opened, read_stream, unreadable_file
from dumpscan.scanning import Stream

BLOCK = 16 * 1024  # bytes unpacked at a time: so many are lost before a damage
Levels = tuple[str, ...]  # an archive, the archive in it, ..., a file


@dataclass(frozen=True, slots=True)
class Options:
    """What the caller says of texts."""

    encoding: str | None = None  # code page of those that do not tell theirs
    hash_all: bool = False  # SHA-256 also of large ones
    read_as: str | None = None  # command of those in which nothing is recognised
    quote: int = 0  # a line of each to keep in `quoted`


def read_input(one: Input, options: Options) -> list[Reading]:
    """Everything that an input holds, in the order in which a folder of it would be read. Never raises for what that is."""
    reading = Reading(one.case, one.file, one.size)
    if one.skipped is not None:
        return [reading.skip(one.skipped)]
    try:
        with opened(one.source) as (stream, size):
            kind = archive_kind(stream.read(HEAD) or b"")
            if kind is None:
                return [_text(reading, stream, size, options), *_carried(reading, stream, size, options)]
            stream.seek(0)
            return _whole_archive(one, stream, kind, size, options)
    except OSError as error:
        return [reading.skip(unreadable_file(error))]


def _whole_archive(one: Input, stream: Any, kind: str, size: int, options: Options) -> list[Reading]:
    found: list[Reading] = []
    try:
        for reading in _archive(one.case, (one.file,), stream, kind, Budget(size), options):
            found.append(reading)
            reading.size = size if reading.file == one.file else reading.size
    except Exhausted as why:
        last = f"what comes after {found[-1].levels[-1]} was not read" if found else "nothing of it was read"
        found.append(Reading(one.case, one.file, size, levels=(one.file,)).cut(f"{why}; {last}"))
    return sorted(found, key=_place)


def _archive(case: str, levels: Levels, stream: Any, kind: str, budget: Budget, options: Options) -> Iterator[Reading]:
    """The readings of one archive, and one of itself where there is something to tell of it."""
    empty = True
    itself = Reading(case, "!".join(levels), levels=levels)
    try:
        for member in members(stream, kind, levels[-1], budget):
            yield from _member(case, (*levels, member.name), member, budget, options)
            empty = False
    except Exhausted:
        raise
    except Refused as why:
        yield itself.skip(str(why)) if empty else itself.cut(str(why))
        return
    if empty:
        yield itself.skip("the archive is empty")


def _member(case: str, levels: Levels, member: Member, budget: Budget, options: Options) -> Iterator[Reading]:
    """The readings of one file of an archive: itself, or what is packed in it. Held in memory while it is read."""
    reading = Reading(case, "!".join(levels), member.size, levels=levels)
    if member.stream is None:
        yield reading.skip(member.skipped or "it cannot be read")
        return
    content, damage = io.BytesIO(), None
    try:
        _fill(content, member.stream, HEAD)
        kind = archive_kind(content.getvalue())
        told = sniff(content.getvalue(), options.encoding)[0] is None
        if not told or (kind and len(levels) <= DEPTH):  # else its first bytes tell all there is to tell of it
            _fill(content, member.stream)
    except Damaged as why:
        damage = str(why)
    except Exhausted:
        raise
    except Refused as why:
        yield reading.skip(str(why))
        return
    size = content.tell()
    kind = archive_kind(bytes(content.getbuffer()[:HEAD]))  # `getvalue` might copy a gigabyte
    if kind and len(levels) > DEPTH:
        yield reading.skip(f"an archive in {DEPTH} others: {UNPACK}")
    elif kind:
        content.seek(0)
        yield from _archive(case, levels, content, kind, budget, options)
    elif size or not damage:
        _text(reading, content, size, options)
        if damage and not reading.skipped:
            reading.cut(f"{damage}; what stands before was read")
        reading.size = member.size if reading.skipped and member.size else reading.size
        yield reading
        yield from _carried(reading, content, size, options)
    else:
        yield reading.skip(damage)


def _carried(mail: Reading, stream: Any, size: int, options: Options) -> Iterator[Reading]:
    """The readings of what a mail carries, as of the files of an archive."""
    stream.seek(0)
    if mail.skipped or size > MOST or not is_mail(stream.read(HEAD) or b""):
        return
    stream.seek(0)
    levels = mail.levels or (mail.file,)
    for name, content in parts(stream.read(size)):
        member = Member(name, len(content), io.BytesIO(content))
        yield from _member(mail.case, (*levels, name), member, Budget(len(content)), options)


def _text(reading: Reading, stream: Stream, size: int, options: Options) -> Reading:
    return read_stream(reading, stream, size, options.encoding, options.hash_all, options.read_as, options.quote)


def _fill(content: io.BytesIO, stream: Source, most: int | None = None) -> None:
    """Read on until the stream ends or `content` holds so much; what raises leaves there what came before."""
    while (most is None or content.tell() < most) and (more := stream.read(BLOCK)):
        content.write(more)


def _place(reading: Reading) -> list[tuple[int, str, str]]:
    """Where a walk through the unpacked folder would come to a file: files before folders, sorted by name."""
    *folders, name = (part for level in reading.levels for part in level.split("/"))
    return [*((1, part.casefold(), part) for part in folders), (0, name.casefold(), name)] if folders else []
