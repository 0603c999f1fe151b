r"""Which heap was nearly full with a smaller size before."""

from __future__ import annotations

import compose
from compose import SYSTEM, X86

RULE = "enlarging-did-not-help"


def listing(kb: int, percent: int) -> str:
    return compose.dskheap(0, compose.replaced(X86, SYSTEM, kb, percent))


def test_full_before_and_again() -> None:
    """A small heap without room for another process is full below 90 %, too; in a mail the newest listing may stand on top."""
    mail = "From: a@example.com\nTo: b@example.com\nDate: Mon, 16 Nov 2026 09:30:00 +0000\nSubject: heaps\n\n"
    told = compose.documents(
        {
            "no room": listing(128, 88) + listing(152, 89),
            "room": listing(128, 87) + listing(152, 88),
            "further down": listing(512, 95) + listing(1024, 95),
            "mail": {"m.eml": mail + listing(512, 95) + "\n> On Friday:\n" + listing(1024, 95)},
        }
    )
    found = {name: [one["summary"] for one in compose.findings(made, RULE)] for name, made in told.items()}
    assert {name: len(some) for name, some in found.items()} == {"no room": 1, "room": 0, "further down": 1, "mail": 0}
    assert "from 128 KB to 152 KB" in found["no room"][0] and "from 512 KB to 1,024 KB" in found["further down"][0]
