"""Knows the reports that dumpscan wrote: they are no evidence and may be overwritten."""

import re

HEAD_BYTES = 4096
VERSION = r"[0-9][0-9A-Za-z.+!-]*"

# Anchored at the first byte: a log that mentions dumpscan, or quotes a report further down, is a log.
HTML = (
    r'<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
    rf'<meta name="generator" content="dumpscan {VERSION}">'
)
TEXT = rf"dumpscan: [^\n]+\nCase [^\n]*\n?[^\n]*\bread\sby\sdumpscan\s{VERSION}\n"
MARKDOWN = r"<!-- dumpscan report -->\n"
JSON = r'\{\s*"schema": ?"dumpscan\.(?:case|fleet)/[0-9]+"'
OWN = re.compile(f"{HTML}|{TEXT}|{MARKDOWN}|{JSON}")


def is_own_report(head: bytes) -> bool:
    """Whether a file that begins with `head` is a report of dumpscan, in any format."""
    return OWN.match(_decode(head[:HEAD_BYTES]).replace("\r\n", "\n")) is not None


def _decode(head: bytes) -> str:
    """The text of a head that an editor or a shell may have saved again with a byte order mark."""
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return head.decode("utf-16", errors="replace")
    return head.decode("utf-8-sig", errors="replace")
