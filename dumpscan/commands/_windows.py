"""What all texts that tell which Windows a machine runs have in common: the row, and the words for an architecture."""

from __future__ import annotations

import re
from typing import NamedTuple


class System(NamedTuple):
    """A row of `systems`: the line, then what it tells; None where nothing is told."""

    line: int
    os_name: str | None = None
    build: int | None = None
    service_pack: str | None = None
    architecture: str | None = None
    processors: int | None = None
    product: str | None = None
    debugger: str | None = None
    session_time: str | None = None
    uptime: str | None = None
    computer: str | None = None


# "Intel64 Family 6" and "EM64T Family 15" name a processor, which runs either kind of Windows: they are not here.
_ARCHITECTURES = {
    "x86": "x86", "i386": "x86", "x64": "x64", "amd64": "x64", "ia64": "ia64", "itanium": "ia64", "arm64": "arm64", "aarch64": "arm64",
}  # fmt: skip
_ARCHITECTURE = re.compile(
    r"(?i)(?<![a-z0-9])(x86|i386|x64|amd64|ia-?64|itanium|arm ?64|aarch64)(?:fre|chk)?(?![a-z0-9])"
)


def architecture(words: str) -> str | None:
    """The first architecture that is named.

    >>> architecture("Free x86 compatible"), architecture("7601.18205.amd64fre.win7sp1_gdr"), architecture("Intel64 Family 6")
    ('x86', 'x64', None)
    """
    named = _ARCHITECTURE.search(words)
    return _ARCHITECTURES[re.sub("[ -]", "", named[1].lower())] if named else None


def service_pack(words: str) -> str | None:
    """ "Service Pack 2", as it stands in them."""
    named = re.search(r"Service Pack [0-9]{1,2}[a-z]?(?:, v\.[0-9]{1,6})?", words)
    return named[0] if named else None


# The text of event 6009: name and build.
STARTED = re.compile(r"(Microsoft \(R\) Windows(?: 2000| NT)? \(R\)) [0-9]{1,2}\.[0-9]{1,2}\.?[ ]+([0-9]{4,5})[ ]")

_NUMBERED = re.compile(r"([0-9]{1,2})\.([0-9]{1,2})\.([0-9]{3,5})(?![0-9])(.*?)([0-9]{3,5})[ ]*$")


def numbered(words: str) -> tuple[int | None, str | None]:
    """Build and service pack of "6.1.7601 Service Pack 1 Build 7601", in any language: the build is told twice, and a damaged one differs.

    >>> numbered("5.2.3790 Service Pack 2 Build 3790"), numbered("10.0.22631 N/A version 22631"), numbered("6.1.7601 N/A Build 760")
    ((3790, 'Service Pack 2'), (22631, None), (None, None))
    """
    version = _NUMBERED.search(words)
    if version is None or version[3] != version[5]:
        return None, None
    return int(version[3]), service_pack(version[4])
