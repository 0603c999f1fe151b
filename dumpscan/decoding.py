"""Encodings: which code pages can be asked for, texts that change their encoding half-way, and how many bytes nobody can read."""

from __future__ import annotations

import codecs
import io
import re
from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING

from dumpscan.inputs import DumpscanError

if TYPE_CHECKING:
    from dumpscan.scanning import Stream

PIECE = 4 * 1024 * 1024  # bytes looked at a time
_ASCII = re.compile(rb"[\t\n\r -~]{80}")  # in UTF-16 no such run of Chinese is long enough
UTF16 = re.compile(rb"(?:\xff\xfe)?((?:[\t\n\r -~]\x00(?:[\x00-\xff][\x20-\x22])?){8,})")
_NO_CP1252 = re.compile(rb"[\x81\x8d\x8f\x90\x9d]")
_LINE_END = re.compile(rb"[\r\n]")
_NO_CODE_PAGES = {"punycode", "unicode_escape", "raw_unicode_escape"}  # to them a backslash is no backslash


def known_encoding(name: str | None) -> str | None:
    """The name under which Python knows a code page. Raises DumpscanError for what is none."""
    if name is None:
        return None
    try:
        found = codecs.lookup(name)
        b"x".decode(name, errors="replace")  # "base64" is known and decodes no text, "idna" cannot replace
    except (LookupError, ValueError) as error:
        raise DumpscanError(f"Python knows no encoding called {name}: try cp437, cp850, cp932 or utf-16") from error
    if found.name.replace("-", "_") in _NO_CODE_PAGES:
        raise DumpscanError(f"{name} is no code page of texts: try cp437, cp850, cp932 or utf-16")
    return found.name.replace("_", "-")


@cache
def keeps_ascii(encoding: str) -> bool:
    """Whether the bytes 0 to 127 are those characters, so that literals can be searched in the bytes as they are (UTF-16 apart)."""
    ascii_bytes = bytes(range(128))
    return ascii_bytes.decode(encoding, errors="replace").encode("utf-8", errors="replace") == ascii_bytes


# ---------------------------------------------------------------------------------------------------- what nobody can read

_replaced = [0]


def _replace(error: UnicodeError) -> tuple[str, int]:
    assert isinstance(error, UnicodeDecodeError)
    _replaced[0] += error.end - error.start
    return "\ufffd", error.end


codecs.register_error("dumpscan.replace", _replace)


def recoded(raw: bytes, encoding: str) -> tuple[bytes, int]:
    """The same text in UTF-8, and how many bytes of it could not be read."""
    _replaced[0] = 0
    text = raw.decode(encoding, errors="dumpscan.replace")
    return text.encode("utf-8", errors="replace"), _replaced[0]


def unreadable(stream: Stream, size: int, encoding: str, by_line: bool) -> int:
    """How many bytes of a text stand for no character; `by_line`: each line is UTF-8, or else cp1252."""
    if by_line:
        return sum(map(_no_cp1252, _pieces(stream, size)))
    _replaced[0] = 0
    decoder = codecs.getincrementaldecoder(encoding)(errors="dumpscan.replace")
    for piece in _pieces(stream, size):
        decoder.decode(piece)
    decoder.decode(b"", final=True)
    return _replaced[0]


def _no_cp1252(raw: bytes) -> int:
    """Bytes without a meaning in cp1252, in the lines that are not UTF-8."""
    count = at = 0
    while found := _NO_CP1252.search(raw, at):
        start = 1 + max(raw.rfind(end, at, found.start()) for end in (b"\n", b"\r"))
        end = _LINE_END.search(raw, found.end())
        line, at = raw[max(start, at) : end.start() if end else len(raw)], end.end() if end else len(raw)
        try:
            line.decode("utf-8")
        except UnicodeDecodeError:
            count += len(_NO_CP1252.findall(line))
    return count


def _pieces(stream: Stream, size: int, swapped: bool = False) -> Iterator[bytes]:
    """A text in pieces that end with a line, unless a line is longer than a piece. A LF of UTF-16 keeps its NUL; `swapped` makes that of
    the other byte order of it."""
    stream.seek(0)
    rest = b""
    while size > 0 and (more := stream.read(min(size, PIECE))):
        while len(more) % 2 and (one := stream.read(1)):
            more += one
        size -= len(more)
        rest += _swapped(more) if swapped else more
        cut = 1 + max(rest.rfind(b"\n"), rest.rfind(b"\r"))
        if cut or len(rest) > PIECE:
            cut = cut + (rest[cut : cut + 1] == b"\0") if cut else len(rest)
            yield rest[:cut]
            rest = rest[cut:]
    yield rest


# ---------------------------------------------------------------------------------------------------- two encodings in one text


def one_encoding(stream: Stream, size: int, encoding: str) -> tuple[io.BytesIO, int] | None:
    """A log to which another program appended in another encoding (PowerShell's >> writes UTF-16, a write that was cut leaves half a
    character), as UTF-8 throughout, with the number of bytes that nobody can read; None for a text of one encoding (NULs that only pad
    it, or Chinese in UTF-16, whose characters are pairs of printable bytes, too)."""
    stream.seek(0)
    swapped = stream.read(2) == b"\xfe\xff"
    plain, sides, at = False, set[int](), 0
    for piece in _pieces(stream, size, swapped):
        plain = plain or _ASCII.search(piece) is not None
        sides.update((at + found.start(1)) % 2 for found in UTF16.finditer(piece))
        at += len(piece)
    shifted = encoding != "bytes" and len(sides) == 2
    if not sides or not (plain or shifted):
        return None
    whole, lost = io.BytesIO(), 0
    for piece in _pieces(stream, size, swapped):
        for at, part in enumerate(UTF16.split(piece)):
            text, replaced = recoded(part, "utf-16-le") if at % 2 else (part, 0)
            whole.write(text)
            lost += replaced
    return whole, lost


def _swapped(raw: bytes) -> bytes:
    """The same with the bytes of each pair swapped."""
    even = raw[: len(raw) // 2 * 2]
    pairs = bytearray(even)
    pairs[0::2], pairs[1::2] = even[1::2], even[0::2]
    return bytes(pairs) + raw[len(even) :]
