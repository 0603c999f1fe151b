"""One heap of a size that is none of its kind's."""

from __future__ import annotations

import compose
import pytest
from compose import DEFAULT, SYSTEM, VISTA, X64, X86, Heap

RULE = "custom-heap-size"
OWN: list[Heap] = [*VISTA, (r"WinSta0\Kiosk", 2048, 1.0)]
FIRES = compose.dskheap(1, OWN)


def test_fires() -> None:
    docs = compose.documents(
        {
            "interactive": FIRES,
            "service": compose.dheapmon(0, compose.replaced(X86, SYSTEM, 1024, 5)),
            "two": compose.dskheap(1, [*OWN, (r"WinSta0\Other", 4096, 1.0)]),
            "three": compose.dskheap(1, [*OWN, (r"WinSta0\Other", 4096, 1.0), (r"WinSta0\Third", 4096, 1.0)]),
            "no session": compose.dskheap(None, OWN),
            "service of no session": compose.dskheap(None, [*VISTA, (compose.service(1), 640, 1.0)]),
            "two sessions": FIRES + compose.dskheap(2, [*OWN, (r"WinSta0\Other", 4096, 1.0)]),
        }
    )
    (finding,) = compose.findings(docs["interactive"], RULE)
    assert (finding["severity"], finding["certainty"]) == ("info", "possible")
    assert finding["summary"] == (
        r"WinSta0\Kiosk in session 1 has 2,048 KB, where such heaps have 20,480 KB: made with CreateDesktopEx, or a row of another machine's log."
    )
    assert finding["subject"] == {"session": 1, "window_station": "WinSta0", "desktop": "Kiosk", "size_kb": 2048, "usual_kb": 20480}  # fmt: skip
    assert [one["shows"] for one in finding["evidence"]] == [r"WinSta0\Kiosk: 2,048 KB"]
    assert compose.cited(finding) == [("-", compose.line_of(FIRES, "Kiosk"))]
    (service,) = compose.findings(docs["service"], RULE)
    assert "1,024 KB, where such heaps have 512 KB" in service["summary"]
    (two,) = compose.findings(docs["two"], RULE)
    assert "and 1 other heap there is odd, too" in two["summary"] and len(two["evidence"]) == 2
    (three,) = compose.findings(docs["three"], RULE)
    assert "Kiosk" in three["summary"] and "and 2 other heaps there are odd, too" in three["summary"]
    (unnumbered,) = compose.findings(docs["no session"], RULE)
    assert "has 2,048 KB, where such heaps have 20,480 KB: made" in unnumbered["summary"]
    (unnumbered,) = compose.findings(docs["service of no session"], RULE)
    assert "has 640 KB, where such heaps have 768 KB: made" in unnumbered["summary"]
    each = compose.findings(docs["two sessions"], RULE)
    assert [(one["subject"]["session"], len(one["evidence"])) for one in each] == [(1, 1), (2, 2)]


def test_near_miss() -> None:
    mixed: list[Heap] = [(DEFAULT, 3072, 5), (SYSTEM, 1024, 5), (compose.service(1), 2048, 5)]
    cases: dict[str, compose.Text] = {
        "x86": compose.dheapmon(0, X86),
        "x64": compose.dskheap(0, X64),
        "configured": compose.dheapmon(0, compose.replaced(X86, SYSTEM, 1024, 5))
        + compose.running_sections("1024,3072,1024"),
        "the default among configured ones": compose.dheapmon(
            0, [(path, 1024 if kb == 512 and path != SYSTEM else kb, used) for path, kb, used in X86]
        ),
        "a size of its own for all": compose.dheapmon(
            0, [(path, 768 if kb == 512 else kb, used) for path, kb, used in X86]
        ),
        "no size is frequent": compose.dskheap(0, mixed),
        "no session, and Default has two sizes": compose.dskheap(
            None, [(DEFAULT, 20480, 5), (DEFAULT, 3072, 5), *OWN[1:]]
        ),
        "no session, and Default has two sizes, the smaller first": compose.dskheap(None, [(DEFAULT, 3072, 5), *OWN]),
        "of a size without its name": compose.nameless(
            1, [(3072, 15), (4096, 15), (64, 3), (128, 3), (512, 3), (512, 3), (640, 3)]
        )
        + compose.dskheap(0, X86),
        "history": compose.dskheap(1, OWN) + compose.dskheap(1, VISTA),
        "found by a scan": compose.deskscan([(DEFAULT, 3072), (r"WinSta0\Kiosk", 2048)]) + compose.dskheap(0, X86),
        "the interactive one is configured": compose.dskheap(1, OWN) + compose.running_sections("1024,2048,768"),
        "fixed sizes": compose.dheapmon(0, compose.replaced(X86, SYSTEM, 128, 5)),
    }
    told = {name: compose.findings(one, RULE) for name, one in compose.documents(cases).items()}
    assert told == {name: [] for name in cases}


def test_no_data() -> None:
    cases: dict[str, compose.Text] = {
        "limit": compose.view_size(20480),
        "nameless": compose.nameless(1, [(3072, 15), (64, 3), (128, 3)]),
    }
    assert set(compose.statuses(cases, RULE).values()) == {"no_data"}


@pytest.mark.parametrize("usual", [512, 1024])
def test_boundary(usual: int) -> None:
    """A page less, the same, a page more; and what is configured, rounded up as Windows does it."""
    base = [(path, usual if kb == 512 else kb, used) for path, kb, used in X86]
    cases: dict[str, compose.Text] = {}
    expected = {}
    for step in (-4, 0, 4):
        cases[str(step)] = compose.dheapmon(0, compose.replaced(base, SYSTEM, usual + step, 5))
        expected[str(step)] = "found" if step else "clear"
    for configured in (usual + 4, usual + 5, usual + 8, usual + 9):
        text = compose.dheapmon(0, compose.replaced(base, SYSTEM, usual + 8, 5))
        cases[f"configured {configured}"] = text + compose.running_sections(f"1024,3072,{configured}")
        expected[f"configured {configured}"] = "clear" if configured in (usual + 5, usual + 8) else "found"
    assert compose.statuses(cases, RULE) == expected
