"""What a file is, by its first bytes: a text and its encoding, an archive, or something that cannot be read and what to do about it."""

from __future__ import annotations

import re
import tarfile

from dumpscan import dumps
from dumpscan.decoding import UTF16

HEAD = dumps.HEADER_BYTES  # bytes in which an encoding or a kind of file shows

BOMS = (
    (b"\xef\xbb\xbf", "utf-8"),
    (b"\xff\xfe\x00\x00", "utf-32"),
    (b"\x00\x00\xfe\xff", "utf-32"),
    (b"\xff\xfe", "utf-16-le"),
    (b"\xfe\xff", "utf-16-be"),
)
# Archives that are opened, by their first bytes.
ARCHIVES = (
    (b"PK\x03\x04", "zip"),
    (b"PK\x05\x06", "zip"),  # an empty one
    (b"PK\x07\x08", "zip"),  # one that was meant to be split
    (b"\x1f\x8b\x08", "gzip"),
    (b"BZh", "bzip2"),
    (b"\xfd7zXZ\x00", "xz"),
)
_UNPACK = "unpack it and name the folder"
# Kinds of file that cannot be read as text, by their first bytes, and what to do about it.
KINDS = (
    *((magic, f"a {kind} archive: {_UNPACK}") for magic, kind in ARCHIVES),
    (b"7z\xbc\xaf\x27\x1c", f"a 7-Zip archive: {_UNPACK}"),
    (b"Rar!\x1a\x07", f"a RAR archive: {_UNPACK}"),
    (b"MSCF", f"a cabinet: {_UNPACK} (expand -F:* FILE.cab FOLDER)"),
    (b"\x28\xb5\x2f\xfd", f"a Zstandard archive: {_UNPACK}"),
    (b"\x1f\x9d", f"a compress (.Z) archive: {_UNPACK}"),
    (b"ElfFile\x00", "an event log: export it as text first (wevtutil qe FILE.evtx /lf:true /f:text)"),
    (b"\x30\x00\x00\x00LfLe", "an event log of Windows 2003 or older: export it as text first"),
    (b"regf", "a registry hive: export the keys as text first (reg load, reg query)"),
    (b"%PDF-", "a PDF document: save its text"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an Outlook message or Office document: save it as plain text"),
    (b"\x89PNG\r\n\x1a\n", "a picture: nothing is read off pictures; save the text"),
    (b"\xff\xd8\xff", "a picture: nothing is read off pictures; save the text"),
    (b"GIF8", "a picture: nothing is read off pictures; save the text"),
    (b"MZ", "a program"),
    (b"\x7fELF", "a program"),
)
# Labels of events and of systeminfo on Windows whose letters cp1252 does not have, by code page.
_CYRILLIC = ("Имя журнала:", "Код события:", "Тип события:", "Имя узла:")
_LABELS = {
    page: [word.encode(page) for word in words]
    for page, words in {
        "cp932": ("ログの名前:", "イベント ID:", "ホスト名:", "OS 名:"),
        "gbk": ("日志名称:", "事件 ID:", "事件类型:", "主机名:"),
        "cp1251": _CYRILLIC,
        "cp866": _CYRILLIC,
    }.items()
}
# Code pages of these letters: their words are searched in UTF-8.
OTHER_LETTERS = frozenset(
    {*_LABELS, "shift-jis", "euc-jp", "gb2312", "gb18030", "big5", "cp949", "euc-kr", "koi8-r", "iso8859-5"}
)
_CONTROLS = bytes(set(range(32)) - {0, 7, 8, 9, 10, 11, 12, 13, 26, 27, 28, 29, 30, 31})


def archive_kind(head: bytes) -> str | None:
    """Which archive begins with these bytes; None for anything else."""
    if (kind := next((kind for magic, kind in ARCHIVES if head.startswith(magic)), None)) is None and is_tar(head):
        kind = "tar"
    return kind


def is_tar(head: bytes) -> bool:
    """Whether a block that a tar file begins with stands here: it holds its own checksum, so no text is taken for one."""
    try:
        tarfile.TarInfo.frombuf(head[: tarfile.BLOCKSIZE], "utf-8", "surrogateescape")
    except (tarfile.TarError, ValueError):
        return False
    return True


def sniff(head: bytes, forced: str | None = None) -> tuple[str | None, str | None]:
    """(encoding, None) of a text by its first bytes, or (None, what it is) of something else. "bytes" is told later: UTF-8 or cp1252.

    `forced` is what the caller says of texts; a byte order mark and the NULs of UTF-16 know better than a code page.
    """
    for bom, encoding in BOMS:
        if head.startswith(bom):
            return encoding, None
    if dump := dumps.told(head):
        return None, dump
    for magic, kind in KINDS:
        if head.startswith(magic):
            return None, kind
    if is_tar(head):
        return None, f"a tar archive: {_UNPACK}"
    if forced and re.match(r"utf-(?:16|32)", forced):
        return forced, None
    if wide := _wide(head):
        return wide, None
    if forced:
        return forced, None
    # A log that was cut short by a crash can be padded with NULs: one long run. In a binary file they stand everywhere. wmic in a batch file
    # whose output goes to a file puts a page of UTF-16 into it.
    text = head.replace(b"\0", b"")
    strange, holes = sum(text.count(byte) for byte in _CONTROLS), len(re.findall(rb"\0+", UTF16.sub(b"", head)))
    if strange > 0.02 * len(text) or holes > 4 + 0.002 * len(head):
        return None, "a binary file"
    return _code_page(head) or "bytes", None


def _code_page(head: bytes) -> str | None:
    """The code page in which labels of events and of systeminfo stand here: what cmd.exe writes on such a Windows is not UTF-8."""
    if not (pages := [page for page, words in _LABELS.items() if any(word in head for word in words)]):
        return None
    try:
        head[: head.rfind(b"\n") + 1].decode("utf-8")
    except UnicodeDecodeError:
        return pages[0] if len(pages) == 1 else None
    return None


def _wide(head: bytes) -> str | None:
    """UTF-16 or UTF-32 without a byte order mark: it decodes as UTF-8 full of NULs, with no error, no match, "nothing found"."""
    fours, pairs = len(head) // 4, len(head) // 2
    nulls = [head[at : fours * 4 : 4].count(0) for at in range(4)]
    if fours >= 2 and min(nulls[1:]) > 0.9 * fours and nulls[0] < 0.1 * fours:
        return "utf-32-le"
    if fours >= 2 and min(nulls[:3]) > 0.9 * fours and nulls[3] < 0.1 * fours:
        return "utf-32-be"
    low, high = head[: pairs * 2 : 2].count(0), head[1 : pairs * 2 : 2].count(0)
    if pairs >= 2 and high > 0.4 * pairs and low < 0.1 * pairs:
        return "utf-16-le"
    if pairs >= 2 and low > 0.4 * pairs and high < 0.1 * pairs:
        return "utf-16-be"
    return None
