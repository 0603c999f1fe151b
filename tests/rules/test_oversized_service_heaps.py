"""Idle service heaps in a view that is short: smaller ones are an option, and named as a risk."""

from __future__ import annotations

import compose
from compose import DEFAULT, SYSTEM, WINLOGON, Heap

from dumpscan.rules.oversized_service_heaps import BUSY_CAPTURES, LITTLE, RISK, SMALLEST

RULE = "oversized-service-heaps"
OLD = compose.banner(3790, name="Windows Server 2003")
LIMIT = compose.view_size(20480)


def tight(each: int = 2048, used: float = 5, busiest: float | None = None, number: int = 7) -> list[Heap]:
    """A view of 20 MB that is nearly used up by service heaps."""
    first = used if busiest is None else busiest
    services = ((compose.service(at), each, used) for at in range(number - 1))
    return [(DEFAULT, 3072, 5), (WINLOGON, 128, 5), (SYSTEM, each, first), *services]


FIRES = OLD + compose.dheapmon(0, tight(busiest=8.0)) + LIMIT


def test_fires() -> None:
    many = {f"{day}.txt": compose.banner(3790, time=f"Mon Nov {day} 09:30:00 2026") + compose.dheapmon(0, tight(busiest=day - 8)) for day in (16, 17, 18)}  # fmt: skip
    docs = compose.documents(
        {
            "pressure": FIRES,
            "exhausted": OLD + compose.dheapmon(0, tight(number=8)) + LIMIT,
            "three listings": many | {"limit.txt": LIMIT},
            "not known which Windows": compose.dskheap(0, tight()) + LIMIT,
        }
    )
    (finding,) = compose.findings(docs["pressure"], RULE)
    assert (finding["severity"], finding["certainty"]) == ("medium", "likely")
    assert "7 service heaps take 2,048 KB each" in finding["summary"] and "8 % in 1 listing" in finding["summary"]
    assert ("-", compose.line_of(FIRES, SYSTEM)) in compose.cited(finding)
    assert finding["advice"][0]["when"] == "now" and "three busy moments" in finding["advice"][1]["text"]
    (option,) = compose.reboot_advice(finding)
    # 8.0 % of 2,048 KB is 163.8 KB, at the worst rounding 164.9: twice that, in whole pages
    assert RISK in option and "from 2048 to 332 (1,716 KB less" in option
    assert docs["pressure"]["verdict"]["mode"] == "at-risk"
    (exhausted,) = compose.findings(docs["exhausted"], RULE)
    assert exhausted["subject"]["smaller_kb"] == SMALLEST
    (three,) = compose.findings(docs["three listings"], RULE)
    assert three["subject"]["captures"] == BUSY_CAPTURES and "10 % in 3 listings" in three["summary"]
    assert "See that these listings are of busy moments" in three["advice"][1]["text"]
    (unknown,) = compose.findings(docs["not known which Windows"], RULE)
    assert "no number" in compose.reboot_advice(unknown)[0]


def test_a_change_that_is_advised_already_is_the_first_step() -> None:
    """Two lists for one value would contradict each other; and without Windows no number is told."""
    stored = compose.stored_sections("2048,3072,2048")
    x64 = [(path, 192 if path == WINLOGON else kb, used) for path, kb, used in tight()]
    docs = compose.documents(
        {
            "advised": OLD + stored + compose.dheapmon(0, tight()) + LIMIT,
            "advised, not known whether before Vista": stored + compose.dskheap(0, x64) + LIMIT,
            "as it is": OLD + compose.stored_sections("1024,3072,2048") + compose.dheapmon(0, tight()) + LIMIT,
        }
    )
    told = {name: compose.reboot_advice(compose.findings(one, RULE)[0]) for name, one in docs.items()}
    lower = f"An option ({RISK}): lower the third SharedSection value"
    assert told == {
        "advised": [f"{lower} as part of the change that another finding advises (SharedSection=2048,3072,2048 becomes SharedSection=1024,3072,2048), and no further before new listings."],
        "advised, not known whether before Vista": [f"{lower} (no number: which Windows this is, is not known)."],
        "as it is": [f"{lower} from 2048 to 256 (1,792 KB less for each service heap)."],
    }  # fmt: skip
    (one,) = compose.findings(docs["as it is"], RULE)
    assert one["refuted_by"] == "A capture at the time of a failure with a service heap above 128 KB in use."
    assert [line["when"] for line in one["advice"]] == ["now", "now", "reboot", "futile"]
    assert one["subject"]["services"] == 7 and (one["subject"]["each_kb"], one["subject"]["smaller_kb"]) == (2048, 256)


def test_near_miss() -> None:
    cases: dict[str, compose.Text] = {
        "room enough": OLD + compose.dheapmon(0, tight()) + compose.view_size(49152),
        "limit not printed": OLD + compose.dheapmon(0, tight()),
        "one is used": OLD + compose.dheapmon(0, tight(busiest=40)) + LIMIT,
        "one was used": {
            "1.txt": compose.banner(3790, time="Mon Nov 16 09:30:00 2026") + compose.dheapmon(0, tight(busiest=40)),
            "2.txt": compose.banner(3790, time="Tue Nov 17 09:30:00 2026") + compose.dheapmon(0, tight()) + LIMIT,
        },
        "small already": OLD + compose.dheapmon(0, tight(each=256, number=60)) + LIMIT,
        "of several sizes": OLD + compose.dheapmon(0, compose.replaced(tight(), SYSTEM, 1536, 5)) + LIMIT,
    }
    told = {name: compose.findings(one, RULE) for name, one in compose.documents(cases).items()}
    assert told == {name: [] for name in cases}


def test_no_data() -> None:
    cases: dict[str, compose.Text] = {"no limit": compose.dheapmon(0, tight()), "no heaps": LIMIT}
    assert set(compose.statuses(cases, RULE).values()) == {"no_data"}
    vista = compose.banner(6002, name="Windows Vista") + compose.dskheap(0, tight()) + LIMIT
    assert compose.statuses({"Vista": vista}, RULE) == {"Vista": "not_applicable"}


def test_boundary() -> None:
    """A quarter used; and never a size below the smallest one, or above half of what is there."""
    cases: dict[str, compose.Text] = {}
    expected = {}
    for tenths in (LITTLE * 10 - 1, LITTLE * 10, LITTLE * 10 + 1):
        cases[str(tenths)] = OLD + compose.dheapmon(0, tight(busiest=tenths / 10)) + LIMIT
        expected[str(tenths)] = "found" if tenths < LITTLE * 10 else "clear"
    for each, number in ((SMALLEST - 4, 66), (SMALLEST, 65), (SMALLEST + 4, 64)):
        cases[f"{each} KB"] = OLD + compose.dheapmon(0, tight(each=each, number=number)) + LIMIT
        expected[f"{each} KB"] = "found" if each > SMALLEST else "clear"
    assert compose.statuses(cases, RULE) == expected
