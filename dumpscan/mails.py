"""What a saved mail carries in base64: its text, where the mail program chose that, and its attachments. The mail itself is read as a text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from email import message_from_bytes
from email.message import Message

MOST = 32 * 1024 * 1024  # bytes of a mail that are looked at
_HEAD = re.compile(rb"(?i)\A(?:[A-Z][A-Za-z0-9-]{1,60}:[^\n]*+\n(?:[ \t][^\n]*+\n)*+){2}")
_USUAL = re.compile(rb"(?im)^(?:MIME-Version|Content-Type|Received|Message-ID|From):")
_PACKED = re.compile(rb"(?im)^Content-Transfer-Encoding:[ \t]*+base64")


def is_mail(head: bytes) -> bool:
    """Whether a text begins as a mail does: two headers at least, one of them of those that mails have."""
    return _HEAD.match(head) is not None and _USUAL.search(head) is not None


def parts(content: bytes) -> Iterator[tuple[str, bytes]]:
    """Name and bytes of each part of a mail that nobody can read in it; the HTML of a text that is there as text, too, is left out."""
    if not _PACKED.search(content):
        return
    mail = message_from_bytes(content)
    for number, part in enumerate(mail.walk(), 1):
        packed = str(part.get("Content-Transfer-Encoding", "")).strip().lower() == "base64"
        if part.is_multipart() or not packed or _is_copy(mail, part):
            continue
        data = part.get_payload(decode=True)
        if isinstance(data, bytes) and data.strip():
            yield _name(part, number), _in_utf8(part, data)


def _is_copy(mail: Message, part: Message) -> bool:
    beside = [one.get_payload() for one in mail.walk() if one.get_content_type() == "multipart/alternative"]
    return part.get_content_type() == "text/html" and any(part in some for some in beside if isinstance(some, list))


def _name(part: Message, number: int) -> str:
    named = "".join(char if char.isprintable() else " " for char in part.get_filename() or "").replace("!", "_").strip()
    return named or f"part {number}"


def _in_utf8(part: Message, data: bytes) -> bytes:
    """The text of the mail in the code page that it says it is in; an attachment tells its own."""
    charset = part.get_content_charset()
    if not charset or part.get_filename() or charset.startswith("utf-16"):
        return data
    try:
        return data.decode(charset, errors="replace").encode("utf-8", errors="replace")
    except LookupError:
        return data
