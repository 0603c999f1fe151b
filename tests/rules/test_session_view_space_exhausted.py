"""View space is exhausted: limit minus heaps is less than the heap that would be wanted next. Before Vista, with a printed limit."""

from __future__ import annotations

import compose
import pytest
from compose import SYSTEM, VISTA, WINLOGON, X86

RULE = "session-view-space-exhausted"
LIMITS = (20480, 32768, 49152, 65536, 106496)
TIGHT = [*X86, *((compose.service(number), 512, 1) for number in range(29))]  # 5,312 KB and 29 times 512


def test_fires() -> None:
    text = compose.dheapmon(0, TIGHT) + compose.view_size(20480)
    told = compose.document(text)
    (finding,) = compose.findings(told, RULE)
    assert (finding["severity"], finding["certainty"]) == ("critical", "proved")
    assert (told["verdict"]["mode"], told["verdict"]["certainty"]) == ("view-space-exhausted", "proved")
    subject = finding["subject"]
    assert (subject["heaps_kb"], subject["limit_kb"], subject["next_kb"], subject["desktops"]) == (
        20160,
        20480,
        512,
        36,
    )
    assert (subject["interactive_kb"], subject["service_kb"], subject["fixed_kb"]) == (3072, 16896, 192)
    assert "320 KB are left" in finding["summary"] and "needs 512 KB" in finding["summary"]


def test_evidence() -> None:
    """The limit, the tool's own sum and the heaps; of many heaps the first ones, with the number of the others."""
    text = compose.dheapmon(0, TIGHT) + compose.view_size(20480)
    (finding,) = compose.findings(compose.document(text), RULE)
    shows = {one["line"]: one["shows"] for one in finding["evidence"]}
    assert shows[compose.line_of(text, "808ad254")] == "the limit of session view space: 20,480 KB"
    assert shows[compose.line_of(text, "Total Desktop")] == "the tool's own sum of this session's heaps: 20,160 KB"
    assert shows[compose.line_of(text, WINLOGON)] == "a heap of 128 KB"
    assert len(finding["evidence"]) + finding["evidence_left_out"] == 2 + len(TIGHT)


def test_likely_by_the_total_alone() -> None:
    """Rows were lost, but the tool's own sum leaves no room."""
    text = compose.without(compose.dheapmon(0, TIGHT), compose.service(1), compose.service(2)) + compose.view_size(
        20480
    )
    told = compose.document(text)
    (finding,) = compose.findings(told, RULE)
    assert finding["certainty"] == "likely"
    assert (told["verdict"]["mode"], told["verdict"]["certainty"]) == ("view-space-exhausted", "likely")


def test_boundary_of_the_proof() -> None:
    """The tool's own sum leaves no room; what the rows leave decides whether that is proved."""
    cases: dict[str, compose.Text] = {
        str(left): compose.dheapmon(0, compose.filling(20480 - left, 512), kb=20480 - 100) + compose.view_size(20480)
        for left in (511, 512, 513)
    }
    told = {name: compose.findings(one, RULE)[0]["certainty"] for name, one in compose.documents(cases).items()}
    assert told == {"511": "proved", "512": "likely", "513": "likely"}


def test_near_miss() -> None:
    fits = compose.dheapmon(0, TIGHT[:-1])
    cases: dict[str, compose.Text] = {
        "one heap more fits": fits + compose.view_size(20480),
        "the limit of another machine": {
            "a/heaps.txt": compose.dheapmon(0, TIGHT),
            "b/limit.txt": fits + compose.view_size(20480),
        },
        "two sessions that fit one by one": compose.dskheap(0, TIGHT[:20])
        + compose.dskheap(1, TIGHT[:20])
        + compose.view_size(20480),
        "larger than the limit": compose.dheapmon(0, TIGHT) + compose.view_size(19456),
        "the session pool": compose.dheapmon(0, TIGHT) + compose.view_size(20480).replace("ViewSize", "PoolSize"),
        "before somebody freed it": compose.dheapmon(0, TIGHT) + compose.dheapmon(0, X86) + compose.view_size(20480),
    }
    told = {name: compose.findings(one, RULE) for name, one in compose.documents(cases).items()}
    assert told == {name: [] for name in cases}


def test_no_data() -> None:
    cases: dict[str, compose.Text] = {
        "no limit": compose.dheapmon(0, TIGHT),
        "no heaps": compose.view_size(20480),
        "heaps that could not be read": compose.FAILED + compose.view_size(20480),
    }
    assert set(compose.statuses(cases, RULE).values()) == {"no_data"}


def test_not_on_vista() -> None:
    text = compose.dskheap(0, [*VISTA, (compose.service(0), 768, 1)]) + compose.view_size(24576)
    told = compose.document(text)
    assert compose.of_rule(told, RULE)["status"] == "not_applicable"
    assert told["verdict"]["mode"] == "no-sign"


def test_boundary() -> None:
    """The next heap fits to the KB, or lacks one; the heaps fill the limit to the KB, or cannot be of this machine."""
    cases: dict[str, compose.Text] = {}
    expected = {}
    for listing in (compose.dheapmon, compose.dskheap):
        for limit in LIMITS:
            for wanted in (128, 512, 768, 2048):
                for left in (wanted + 1, wanted, wanted - 1, 1, 0, -1):
                    name = f"{listing.__name__} {limit} {wanted} {left}"
                    cases[name] = listing(0, compose.filling(limit - left, wanted)) + compose.view_size(limit)
                    expected[name] = ["proved"] if 0 <= left < wanted else []
    told = {
        name: [one["certainty"] for one in compose.findings(made, RULE)]
        for name, made in compose.documents(cases).items()
    }
    assert told == expected


def test_next_heap() -> None:
    """The smallest service heap of the session, else of the machine, else the default of its Windows."""
    user = [("WinSta0\\Default", 3072, 1.0), ("WinSta0\\Disconnect", 64, 1.0), ("WinSta0\\Winlogon", 128, 1.0)]
    user64 = [("WinSta0\\Default", 20480, 1.0), ("WinSta0\\Disconnect", 96, 1.0), ("WinSta0\\Winlogon", 192, 1.0)]
    cases: dict[str, compose.Text] = {
        "its own": compose.dskheap(2, [*user, (SYSTEM, 1024, 1), (compose.service(0), 640, 1)]),
        "the machine's": compose.dskheap(0, [*user, (SYSTEM, 640, 1)]) + compose.dskheap(2, user),
        "the default of x86": compose.dskheap(2, user),
        "the default of x64": compose.dskheap(2, user64),
        "the smaller default": compose.dskheap(2, [("WinSta0\\Default", 4096, 1)]),
    }
    told = {name: one["view_space"][-1]["next_kb"] for name, one in compose.documents(cases).items()}
    assert told == {
        "its own": 640,
        "the machine's": 640,
        "the default of x86": 512,
        "the default of x64": 768,
        "the smaller default": 512,
    }


PTES = "        Free System PTEs:    {0}   (   {1} Kb)\n"


@pytest.mark.parametrize(
    ("limit", "ptes", "when", "says"),
    [
        (20480, 40000, "reboot", "to 32 MB"),
        (49152, 40000, "reboot", "to 64 MB"),
        (26624, 40000, "reboot", "to 32 MB"),  # a size between the steps goes to the next one
        (49152, 14096, "reboot", "to 64 MB"),
        (49152, 14095, "futile", "only 14,095 system PTEs"),
        (49152, None, "reboot", "at least 14,096 free system PTEs"),
    ],
)
def test_size_advised(limit: int, ptes: int | None, when: str, says: str) -> None:
    """One step of 16 MB, and a number only where !vm shows that 10,000 PTEs are left after it (corrections, 13)."""
    text = compose.dheapmon(0, compose.filling(limit - 100, 512)) + compose.view_size(limit)
    text += PTES.format(ptes, ptes * 4) if ptes else ""
    (finding,) = compose.findings(compose.document(text), RULE)
    (line,) = [one["text"] for one in finding["advice"] if "SessionViewSize" in one["text"] and one["when"] == when]
    assert says in line
    assert ("/3GB" in line) == (limit == 20480 and when == "reboot"), (
        "it fixes the limit at 20 MB, whatever the registry asks for"
    )
    assert any(one["when"] == "futile" and "SharedSection" in one["text"] for one in finding["advice"]), (
        "larger heaps make it worse"
    )
    assert "frees its heap of 512 KB" in finding["actions"][0]


def test_no_size_where_windows_is_unknown() -> None:
    """A listing of !dskheap without a banner may be of Vista or later, where SessionViewSize limits nothing (corrections, 2 and 9)."""
    heaps = compose.filling(49152 - 100, 512)
    (finding,) = compose.findings(compose.document(compose.dskheap(0, heaps) + compose.view_size(49152)), RULE)
    assert not any(" MB" in line for line in compose.reboot_advice(finding))


def test_no_size_above_what_x86_has() -> None:
    text = compose.dheapmon(0, compose.filling(448 * 1024 - 100, 512)) + compose.view_size(448 * 1024)
    (finding,) = compose.findings(compose.document(text), RULE)
    assert not any("464 MB" in line for line in compose.reboot_advice(finding))


def test_a_listing_without_its_session() -> None:
    """A paste that lost its session line is proof all the same."""
    text = compose.dskheap(None, TIGHT) + compose.view_size(20480)
    told = compose.document(text)
    (finding,) = compose.findings(told, RULE)
    assert finding["certainty"] == "proved" and finding["subject"]["session"] is None
    assert told["verdict"]["scope"]["sessions"] == [None]


def test_where_the_limit_comes_from() -> None:
    """The debugger's memory read counts before the maximum of `!vm 4`."""
    heaps = compose.dheapmon(0, TIGHT)
    cases: dict[str, compose.Text] = {
        "vm": heaps + compose.vm4(20480),
        "both agree": heaps + compose.vm4(20480) + compose.view_size(20480),
        "the debugger's is larger": heaps + compose.vm4(20480) + compose.view_size(49152),
        "in another file of the machine": {"heaps.txt": heaps, "vm.txt": compose.vm4(20480)},
    }
    told = {
        name: [one["subject"]["limit_kb"] for one in compose.findings(made, RULE)]
        for name, made in compose.documents(cases).items()
    }
    assert told == {
        "vm": [20480],
        "both agree": [20480],
        "the debugger's is larger": [],
        "in another file of the machine": [20480],
    }


def test_with_slash_3gb_in_force_no_larger_view_is_advised() -> None:
    text = compose.banner(3790) + compose.dheapmon(0, compose.filling(20300, 512)) + compose.view_size(20480)
    options = compose.registry(compose.CONTROL, {"SystemStartOptions": "NOEXECUTE=OPTIN  3GB"})
    docs = compose.documents({"without": text, "with": text + options})
    told = {name: compose.findings(doc, RULE)[0]["advice"] for name, doc in docs.items()}
    size = {name: [one["when"] for one in advice if "SessionViewSize" in one["text"]] for name, advice in told.items()}
    assert size == {"without": ["reboot"], "with": ["futile"]}
    assert any("proxy" in one["text"] and "launching user" in one["text"] for one in told["with"])
