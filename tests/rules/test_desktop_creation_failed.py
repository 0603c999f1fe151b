"""Event 244 before Vista: session view space, unless a listing shows that heaps take little of it."""

from __future__ import annotations

import compose
import pytest
from compose import DEFAULT, SYSTEM, WINLOGON, X86

from dumpscan.rules._commit import NEAR

RULE = "desktop-creation-failed"
OLD = compose.banner(3790)
VIEW = compose.view_size(20480)
TIGHT = [*X86, *((compose.service(number), 512, 1.0) for number in range(20))]
FIRES = OLD + compose.event(244)


def test_fires() -> None:
    document = compose.document(OLD + compose.event(244) + compose.event(244, "2007-03-09 08:00:00"))
    (finding,) = compose.findings(document, RULE)
    assert (finding["severity"], finding["certainty"]) == ("critical", "likely")
    assert [line for _, line in compose.cited(finding)] == [6, 13]
    assert (document["verdict"]["mode"], document["verdict"]["certainty"]) == ("view-space-exhausted", "likely")
    assert finding["summary"].endswith("on this Windows, and no listing tells how much of it heaps take.")
    assert finding["subject"] == {
        "time": "2007-03-09 07:05:33", "session": None, "share": None, "committed_kb": None, "heaps_kb": None, "limit_kb": None,
    }  # fmt: skip
    assert [one["when"] for one in finding["advice"]] == ["now", "now", "reboot", "cause", "futile"]


def test_near_miss() -> None:
    cases: dict[str, compose.Text] = {
        "no time": OLD + compose.event(244, ""),
        "another source": OLD + compose.event(244, source="SNA Server"),
        "Windows not known": compose.event(244),
        "heaps take little": OLD + compose.event(244) + VIEW + compose.dskheap(0, X86),
    }
    assert compose.statuses(cases, RULE) == {
        "no time": "no_data", "another source": "clear", "Windows not known": "clear", "heaps take little": "clear",
    }  # fmt: skip
    assert compose.statuses({"Vista": compose.banner(7601) + compose.event(244)}, RULE) == {"Vista": "not_applicable"}


def test_no_data() -> None:
    assert compose.statuses({"another command": compose.vm4(), "nothing": "Nothing.\n"}, RULE) == {
        "another command": "no_data", "nothing": "no_data",
    }  # fmt: skip


def test_boundary() -> None:
    """60 % of 20,480 KB are 12,288 KB."""
    for kb, fires in ((12284, False), (12288, True), (12292, True)):
        rest = kb - sum(heap[1] for heap in X86)
        heaps = [*X86, (compose.service(1), rest, 1)]
        text = OLD + compose.event(244) + "\n" + VIEW + compose.dskheap(0, heaps)
        assert bool(compose.findings(compose.document(text), RULE)) is fires, kb


def test_boundary_without_a_limit() -> None:
    """An unprinted limit is the largest that this Windows can have: 48 MB on x86, 104 MB on x64."""
    cases: dict[str, compose.Text] = {}
    for target, limit, fixed in (("x86 compatible", 49152, 128), ("x64", 106496, 192)):
        for more in (0, 1):
            rest = limit * 6 // 10 + more - fixed - 512
            heaps = compose.dheapmon(0, [(DEFAULT, rest, 1), (WINLOGON, fixed, 1), (SYSTEM, 512, 1)])
            cases[f"{target} {more}"] = compose.banner(3790, target=target) + compose.event(244) + "\n" + heaps
    told = {name: len(compose.findings(one, RULE)) for name, one in compose.documents(cases).items()}
    assert told == {"x86 compatible 0": 0, "x86 compatible 1": 1, "x64 0": 0, "x64 1": 1}


def test_which_session_counts() -> None:
    """The fullest of those that were listed last."""
    tight, loose = TIGHT, X86
    cases: dict[str, compose.Text] = {
        "one of two": compose.dskheap(0, loose) + compose.dskheap(1, tight),
        "the first of two": compose.dskheap(0, tight) + compose.dskheap(1, loose),
        "none of two": compose.dskheap(0, loose) + compose.dskheap(1, loose),
        "before somebody freed it": compose.dskheap(0, tight) + compose.dskheap(0, loose),
    }
    made = compose.documents({name: OLD + compose.event(244) + "\n" + VIEW + str(text) for name, text in cases.items()})
    told = {name: len(compose.findings(one, RULE)) for name, one in made.items()}
    assert told == {"one of two": 1, "the first of two": 1, "none of two": 0, "before somebody freed it": 0}


def test_commit_is_named_first() -> None:
    """At its limit it alone explains the event; the verdict stays that of the view, which is the usual cause."""
    cases: dict[str, compose.Text] = {
        f"{name} {more}": FIRES + compose.commit(-(-200_000 * NEAR // 100) + more, 200_000) + listing
        for more in (-1, 0, 1)
        for name, listing in (("listed", VIEW + compose.dskheap(0, TIGHT)), ("alone", ""))
    }
    for name, document in compose.documents(cases).items():
        (finding,) = compose.findings(document, RULE)
        short = not name.endswith("-1")
        assert finding["summary"].startswith(
            "A desktop could not be created at 2007-03-09 07:05:33 (whether since the last start of the machine is not certain) (event 244): "
            + ("190,0" if short else "session view space is the usual cause")
        )
        assert ("which alone explains it" in finding["summary"]) is short
        assert ("Settle commit first" in finding["advice"][0]["text"]) is short
        line = compose.line_of(str(cases[name]), "Committed pages")
        assert (("-", line) in compose.cited(finding)) is short
        assert document["verdict"]["mode"] == "view-space-exhausted"


def test_what_gdi_and_others_had_is_limit_less_heaps() -> None:
    """Not 4 MB: all that the heaps did not take was taken when it failed. Only where the session of the event is known."""
    used = sum(kb for _, kb, _ in TIGHT)
    two = compose.dskheap(0, TIGHT) + compose.dskheap(1, X86)
    docs = compose.documents(
        {
            "one session": FIRES + VIEW + compose.dskheap(0, TIGHT),
            "two sessions": FIRES + VIEW + two,
            "no session is printed": FIRES + VIEW + compose.dskheap(None, TIGHT),
            "one of two is not printed": FIRES + VIEW + compose.dskheap(None, TIGHT) + compose.dskheap(1, X86),
            "no limit": FIRES
            + compose.dskheap(0, [*TIGHT, *((compose.service(number), 512, 1.0) for number in range(20, 50))]),
            "nothing listed": FIRES + VIEW,
            "heaps larger than the limit": FIRES
            + VIEW
            + compose.dskheap(0, [*TIGHT, *((compose.service(number), 512, 1.0) for number in range(20, 50))]),
            "with PTEs": FIRES + compose.vm4(20480, counters=compose.free_ptes(30000)) + compose.dskheap(0, TIGHT),
        }
    )
    said = f"GDI and others then had the other {20480 - used:,} KB (20,480 KB less {used:,} KB of heaps)"
    told = {name: compose.findings(doc, RULE)[0] for name, doc in docs.items()}
    share = f"session view space is the usual cause on this Windows, and the heaps take {used / 204.8:.0f} % of it."
    assert share in told["one session"]["summary"]
    assert told["one session"]["subject"]["share"] == pytest.approx(used / 20480)
    known = {"one session", "no session is printed", "with PTEs"}
    assert {name for name, one in told.items() if said in one["summary"]} == known
    assert {name for name, one in told.items() if "GDI and others" in one["summary"]} == known
    assert any("to 32 MB: 30,000 system PTEs are free" in text for text in compose.reboot_advice(told["with PTEs"]))
    assert any("one step of 16 MB once !vm" in text for text in compose.reboot_advice(told["one session"]))
    assert not any("16 MB" in text for text in compose.reboot_advice(told["two sessions"]))
    assert told["one session"]["subject"]["heaps_kb"] == used and told["two sessions"]["subject"]["heaps_kb"] is None


def test_no_larger_heap_after_it() -> None:
    """A full heap beside it is not made larger: what GDI and others had leaves no room, whatever 4 MB would leave."""
    full = VIEW + compose.dskheap(0, compose.replaced(TIGHT, DEFAULT, 3072, 99))
    roomy = compose.dskheap(1, X86)
    cases: dict[str, compose.Text] = {
        "no event": OLD + full,
        "event": FIRES + full,
        "of an earlier boot": FIRES + compose.event(6005, "2007-03-09 09:05:33", source="EventLog") + full,
        "of one of two sessions": FIRES + full + roomy,
    }
    told = {name: compose.findings(doc, "desktop-heap-full")[0] for name, doc in compose.documents(cases).items()}
    raised = {
        name: any("from 3072 to 4096" in text for text in compose.reboot_advice(one)) for name, one in told.items()
    }
    assert raised == {"no event": True, "event": False, "of an earlier boot": True, "of one of two sessions": True}
    futile = [one["text"] for one in told["event"]["advice"] if one["when"] == "futile"]
    assert any("does not fit into its view space of 20,480 KB with what GDI and others need" in text for text in futile)
