"""A log of a dump that cannot hold heaps is no evidence, and says so."""

from __future__ import annotations

import compose
from compose import X86

RULE = "mini-dump"
MINI = "Mini Kernel Dump File: Only registers and stack trace are available\n"
USER = "User Mini Dump File with Full Memory: Only application data is available\n"
BANNER = compose.banner(3790)


def _log(kind: str) -> str:
    """A banner with the kind of the dump, which stands below the name of the debugger."""
    return BANNER.replace("X86\n", f"X86\n{kind}")


def test_fires() -> None:
    told = compose.documents({"mini": _log(MINI), "user": _log(USER)})
    for name, one in told.items():
        (finding,) = compose.findings(one, RULE)
        assert finding["summary"].startswith(f"A {name} dump can never hold")
        assert (finding["severity"], finding["certainty"]) == ("info", "proved")
        assert compose.cited(finding) == [("-", 2)]
        assert (one["verdict"]["mode"], one["verdict"]["reason"]) == ("undecided", "no_evidence")


def test_near_miss() -> None:
    cases: dict[str, compose.Text] = {
        "a kernel dump": _log("Kernel Summary Dump File: Only kernel address space is available\n"),
        "prose": _log("It was a Mini Kernel Dump File: only registers.\n"),
        "another failure": BANNER + compose.FAILED,
    }
    assert set(compose.statuses(cases, RULE).values()) == {"clear"}


def test_no_data() -> None:
    assert compose.statuses({"nothing": "Nothing of a debugger.\n"}, RULE) == {"nothing": "no_data"}


def test_boundary() -> None:
    """Two lines in one file are one finding; a listing beside it keeps its verdict."""
    told = compose.document(_log(MINI) + compose.filler(20) + _log(MINI) + compose.filler(20) + compose.dskheap(0, X86))
    assert len(compose.findings(told, RULE)) == 1
    assert told["verdict"]["mode"] == "no-sign"
