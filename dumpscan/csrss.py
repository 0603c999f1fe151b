r"""The value `Windows` of the key SubSystems, which is the command line of csrss.exe: its words, and the lines that a console made of it."""

from __future__ import annotations

import re

from dumpscan.platforms import EIGHT, FIRST_BUILD, LAST_BUILD

THREADS = 16  # what every Windows has
# What every Windows has in it, with the builds that have it (public command lines; KB 142676): Windows 7 added sxssrv, Windows 8 dropped the
# console server. A wrong list of them does not boot.
SERVERS = (
    ("ServerDll=basesrv,1", FIRST_BUILD, LAST_BUILD),
    ("ServerDll=winsrv:UserServerDllInitialization,3", FIRST_BUILD, LAST_BUILD),
    ("ServerDll=winsrv:ConServerDllInitialization,2", FIRST_BUILD, EIGHT - 1),
    ("ServerDll=sxssrv,4", 7600, LAST_BUILD),
)
# A value that has all of these is whole; what people shorten for a mail lacks one of them.
ENDS = ("ObjectDirectory=", "SharedSection=", "SubSystemType=", "ProfileControl=", "MaxRequestThreads")

_WORD = re.compile(
    r"(?i)\"?(?:\S*csrss(?:\.exe)?|ObjectDirectory=\\Windows|SharedSection=[0-9]+(?:,[0-9A-Za-z]+){1,3}|Windows=On|SubSystemType=Windows"
    rf"|{'|'.join(re.escape(server) for server, _, _ in SERVERS)}|ProfileControl=(?:Off|On)|MaxRequestThreads(?:=[0-9]+)?)\"?"
)
_WHOLE = re.compile(r"(?i)%SystemRoot%\\system32\\csrss\.exe[ \t].*[ \t]MaxRequestThreads=[0-9]{2,}[ \t]*")
_WORD_BEFORE = re.compile(r"(?i)(?<![ \t])SharedSection")


def one_line(text: str) -> str | None:
    r"""The value as one line; None where its copy lost characters where a line ends: one console loses three at every wrap ("SubSyste",
    "pe=Windows"), which says nothing of the registry.

    >>> one_line("SharedSection=1024,20480,7\n68 Windows=On"), one_line("csrss.exe\nWindows=On"), one_line("SubSyste\npe=Windows ServerDll")
    ('SharedSection=1024,20480,768 Windows=On', 'csrss.exe Windows=On', None)
    """
    first, *lines = text.split("\n")
    line = first
    for at, following in enumerate(lines):
        tail, (head, blank, _) = line.rpartition(" ")[2], following.partition(" ")
        last = at == len(lines) - 1 and not blank  # the end of a text may be cut anywhere
        if _WORD.fullmatch(tail + head) or (last and not _WORD.fullmatch(tail)):
            line += following
        elif _WORD.fullmatch(tail) and (_WORD.fullmatch(head) or last or not blank):
            line += f" {following}"
        else:
            return None
    return line


def torn_list(text: str) -> bool:
    """Whether the list of SharedSection goes over the end of a line."""
    return re.search(r"(?i)SharedSection=[0-9,]*\n[0-9,]", text) is not None


def servers(build: int | None) -> list[str]:
    """The ServerDll parts that such a Windows has for certain."""
    low, high = (FIRST_BUILD, LAST_BUILD) if build is None else (build, build)
    return [server for server, first, last in SERVERS if first <= low and high <= last]


def complete(text: str, build: int | None = None) -> bool:
    r"""Whether a copy has all of the value, as it is stored: from its first word to its last, each of them once, on one line that no console wrapped, and
    %SystemRoot% not replaced by a folder as PowerShell does. Only such a text may be written back. One digit of MaxRequestThreads is a value that was cut.

    >>> value = r"%SystemRoot%\system32\csrss.exe ObjectDirectory=\Windows SharedSection=1024,20480,768 Windows=On SubSystemType=Windows "
    >>> value += "ServerDll=basesrv,1 ServerDll=winsrv:UserServerDllInitialization,3 ProfileControl=Off MaxRequestThreads=16"
    >>> complete(value), complete(value[:-1]), complete(value, 14393), complete(value.replace("%SystemRoot%", r"C:\Windows"))
    (True, False, False, False)
    """
    words = text.lower()
    # Blanks may stand around the numbers.
    named = [word for word in words.split() if not set(word) <= set("0123456789,")]
    return (
        _WHOLE.fullmatch(text) is not None
        and text.replace("\t", " ").isprintable()
        and all(words.count(part.lower()) == 1 for part in (*ENDS, "Windows=On", *servers(build)))
        and len(set(named)) == len(named)
        and _WORD_BEFORE.search(text) is None
    )
