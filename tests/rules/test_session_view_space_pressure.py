"""View space is nearly used up: the next heap fits, but not with what else lives there, or three quarters are taken."""

from __future__ import annotations

import compose
from compose import VISTA, X86

RULE = "session-view-space-pressure"
SMALL, LARGE = 3584, 4096  # KB that GDI and others take of a limit of 20 MB, and of any other


def _at_risk(limit: int, heaps: int, wanted: int) -> bool:
    """The contract, in whole numbers."""
    others = SMALL if limit == 20480 else LARGE
    return 0 <= wanted <= limit - heaps and (heaps + wanted > limit - others or 4 * heaps >= 3 * limit)


def test_fires() -> None:
    """16 MB of heaps in a view of 20 MB: blog comment 15, where services already failed."""
    text = compose.dheapmon(0, compose.filling(16384, 512)) + compose.view_size(20480)
    told = compose.document(text)
    (finding,) = compose.findings(told, RULE)
    assert (finding["severity"], finding["certainty"]) == ("medium", "likely")
    assert ("-", compose.line_of(text, "808ad254")) in compose.cited(finding)
    assert ("-", compose.line_of(text, "Total Desktop")) in compose.cited(finding)
    assert "16,384 KB of 20,480 KB" in finding["summary"] and "4,096 KB" in finding["summary"]
    assert told["verdict"]["mode"] == "at-risk"
    assert "244" in finding["actions"][0]


def test_near_miss() -> None:
    cases: dict[str, compose.Text] = {
        "plenty": compose.dheapmon(0, X86) + compose.view_size(20480),
        "exhausted": compose.dheapmon(0, compose.filling(20300, 512)) + compose.view_size(20480),
        "no limit printed": compose.dheapmon(0, compose.filling(19000, 512)),
        "another machine": {
            "a/heaps.txt": compose.dheapmon(0, compose.filling(16384, 512)),
            "b/limit.txt": compose.view_size(20480),
        },
        "Vista": compose.dskheap(0, VISTA) + compose.view_size(26624),
        "before somebody freed it": compose.dheapmon(0, [*X86, *((compose.service(at), 512, 1.0) for at in range(21))])
        + compose.dheapmon(0, X86)
        + compose.view_size(20480),
    }
    told = {name: compose.findings(one, RULE) for name, one in compose.documents(cases).items()}
    assert told == {name: [] for name in cases}


def test_no_data() -> None:
    cases: dict[str, compose.Text] = {"no limit": compose.dheapmon(0, X86), "no heaps": compose.view_size(20480)}
    assert set(compose.statuses(cases, RULE).values()) == {"no_data"}
    vista = compose.dskheap(0, VISTA) + compose.view_size(24576)
    assert compose.statuses({"Vista": vista}, RULE) == {"Vista": "not_applicable"}


def test_boundary() -> None:
    """Just below, at and just above: room for the next heap, room for the others, three quarters."""
    cases: dict[str, compose.Text] = {}
    expected = {}
    for limit in (20480, 20484, 21504, 32768, 49152, 65536, 106496):
        others = SMALL if limit == 20480 else LARGE
        for wanted in (512, 768, 2048, 4096, 12288):
            lines = {limit - wanted, limit - others - wanted, limit * 3 // 4}
            for heaps in sorted({line + step for line in lines for step in (-1, 0, 1)}):
                if heaps > wanted + 128:
                    name = f"{limit} {wanted} {heaps}"
                    cases[name] = compose.dheapmon(0, compose.filling(heaps, wanted)) + compose.view_size(limit)
                    expected[name] = _at_risk(limit, heaps, wanted)
    assert set(expected.values()) == {True, False}
    told = {name: bool(compose.findings(made, RULE)) for name, made in compose.documents(cases).items()}
    assert told == expected


def test_boundary_below_20_mb() -> None:
    """A limit of 16 MB: the others take 4,096 KB, so 8,193 KB of heaps and a next one of 4,096 KB do not fit safely."""
    assert _at_risk(16384, 8193, 4096)
    text = compose.dheapmon(0, compose.filling(8193, 4096)) + compose.view_size(16384)
    assert compose.findings(compose.document(text), RULE)


def test_rows_lost() -> None:
    """The tool's own sum counts where rows are missing; the listing stays incomplete beside it."""
    heaps = [*X86, *((compose.service(number), 512, 1.0) for number in range(20))]
    text = compose.without(
        compose.dheapmon(0, heaps), *(compose.service(number) for number in range(5, 20))
    ) + compose.view_size(20480)
    told = compose.document(text)
    (finding,) = compose.findings(told, RULE)
    assert "15,552 KB of 20,480 KB" in finding["summary"]
    assert told["verdict"]["mode"] == "at-risk"
    assert compose.fired(told) >= {RULE, "evidence-incomplete"}
