"""Many window stations of service logons, most of them idle, or ever more of them."""

from __future__ import annotations

import compose
from compose import DEFAULT, VISTA, X86, Heap

from dumpscan.rules.service_logons_proliferate import BUILT_IN, IDLE_KB, MANY, MORE

RULE = "service-logons-proliferate"


def logons(number: int, used: float = 0.5, base: list[Heap] = X86) -> list[Heap]:
    return [*base, *((compose.service(at), 512, used) for at in range(number))]


def days(*numbers: int, used: float = 50) -> dict[str, str]:
    """One listing a day."""
    return {
        f"{at}.txt": compose.banner(3790, time=f"Mon Nov {16 + at} 09:30:00 2026")
        + compose.dheapmon(0, logons(number, used))
        for at, number in enumerate(numbers)
    }


FIRES = compose.dheapmon(0, logons(12))


def test_fires() -> None:
    modern = [*VISTA, *((compose.service(at), 768, 0.0) for at in range(14))]
    docs = compose.documents(
        {
            "before Vista": FIRES,
            "later": compose.dskheap(0, modern),
            "growing": days(10, 12),
            "beginning": days(2, 6),
        }
    )
    (finding,) = compose.findings(docs["before Vista"], RULE)
    assert (finding["severity"], finding["certainty"]) == ("high", "likely")
    assert "12 window stations" in finding["summary"] and "12 of them idle" in finding["summary"]
    assert "6,144 KB" in finding["summary"]
    assert ("-", compose.line_of(FIRES, compose.service(3))) in compose.cited(finding)
    assert "logon session 10000" in finding["evidence"][0]["shows"]
    assert any("SPNs" in action for action in finding["actions"])
    (later,) = compose.findings(docs["later"], RULE)
    assert later["severity"] == "info" and "no limit of session view space" in later["summary"]
    (growing,) = compose.findings(docs["growing"], RULE)
    assert growing["severity"] == "high" and "2 more than in an earlier listing, 0 of them idle" in growing["summary"]
    (beginning,) = compose.findings(docs["beginning"], RULE)
    assert (beginning["severity"], beginning["certainty"]) == ("medium", "possible")
    assert "6 window stations" in beginning["summary"] and "4 more" in beginning["summary"]


def test_near_miss() -> None:
    cut = days(2, 12)
    cut["0.txt"] = compose.without(cut["0.txt"], compose.service(0))
    sandboxes: list[Heap] = [
        *X86,
        *((rf"Service-0x0-{0x70000 + at:x}$\sbox_alternate_desktop_0x{at:x}", 512, 0.0) for at in range(20)),
    ]
    cases: dict[str, compose.Text] = {
        "few": compose.dheapmon(0, logons(3)),
        "busy": compose.dheapmon(0, logons(12, 50)),
        "another session": compose.dskheap(2, logons(12)),
        "sandboxes": compose.dskheap(0, sandboxes),
        "fewer than before": days(12, 11),
        "more than in a cut listing": cut | {"1.txt": compose.dheapmon(0, logons(4, 50))},
        "default": compose.dheapmon(0, X86),
        "listed twice": compose.dheapmon(0, logons(MANY - 1)) + compose.dskheap(0, logons(MANY - 1)),
        "another session had fewer": {
            f"{at}.txt": compose.march(2 + at) + compose.dheapmon(0, logons(6, 50)) + compose.dskheap(2, logons(at))
            for at in range(2)
        },
    }
    told = {name: compose.findings(one, RULE) for name, one in compose.documents(cases).items()}
    assert told == {name: [] for name in cases}


def test_no_data() -> None:
    cases: dict[str, compose.Text] = {"limit": compose.view_size(20480), "failed": compose.FAILED}
    assert set(compose.statuses(cases, RULE).values()) == {"no_data"}


def test_boundary() -> None:
    """The number, the idle half, what idle is, how many more, and which logons are of Windows itself."""
    cases: dict[str, compose.Text] = {}
    expected = {}

    def add(name: str, text: compose.Text, found: bool) -> None:
        cases[name] = text
        expected[name] = "found" if found else "clear"

    for number in (MANY - 1, MANY, MANY + 1):
        add(f"{number} stations", compose.dheapmon(0, logons(number)), number >= MANY)
    for idle in (MANY // 2 - 1, MANY // 2, MANY // 2 + 1):
        heaps = [
            *X86,
            *((compose.service(at), 512, 0.5 if at < idle else 50.0) for at in range(MANY)),
        ]
        add(f"{idle} idle", compose.dheapmon(0, heaps), 2 * idle > MANY)
    for tenths in range(6, 12):  # dheapmon rounds to a tenth of a percent: 4 KB of 512 are 0.78 %
        add(
            f"{tenths} tenths", compose.dheapmon(0, logons(MANY, tenths / 10)), 512 * (2 * tenths - 1) / 2000 <= IDLE_KB
        )
    for kb in (796, 800, 804):  # !dskheap rounds to a percent: half a percent of 800 KB are 4 KB
        heaps = [*X86, *((compose.service(at), kb, 1) for at in range(MANY))]
        add(f"{kb} KB", compose.dskheap(0, heaps), kb <= 800)
    for more in (MORE - 1, MORE, MORE + 1):
        add(f"{more} more", days(2, 2 + more), more >= MORE)
    for first in (BUILT_IN - 1, BUILT_IN):
        heaps = [*X86, *((rf"Service-0x0-{first + at:x}$\Default", 512, 0.5) for at in range(MANY))]
        add(f"from {first:x}", compose.dheapmon(0, heaps), first >= BUILT_IN)
    assert compose.statuses(cases, RULE) == expected


def test_accounts_are_named_where_they_are_told() -> None:
    (finding,) = compose.findings(compose.document(FIRES + compose.logged_on(r"CONTOSO\svc_widget", 0x10000)), RULE)
    shown = [one["shows"] for one in finding["evidence"]]
    assert r"a heap of 512 KB for logon session 10000 of CONTOSO\svc_widget" in shown
    assert "a heap of 512 KB for logon session 10001" in shown


def test_each_machine_by_its_windows() -> None:
    """Session view space has a limit before Vista, and none later; where nothing tells the Windows, it may have one."""
    modern = [*VISTA, *((compose.service(at), 768, 0.0) for at in range(11))]
    seven = compose.banner(7601, name="Windows 7", target="x64", time="Mon Nov 16 09:30:00 2026")
    begun = {
        f"{at}.txt": seven.replace("Nov 16", f"Nov {16 + at}")
        + compose.dskheap(0, [*VISTA, *((compose.service(one), 768, 50.0) for one in range(number))])
        for at, number in enumerate((2, 6))
    }
    neither = [(DEFAULT, 4096, 5.0), *((compose.service(at), 512, 0.0) for at in range(12))]
    machines = {
        "a/x.txt": compose.dheapmon(0, logons(12)),
        "b/x.txt": compose.dheapmon(0, logons(3)),
        "c/x.txt": compose.dskheap(0, modern),
    }
    docs = compose.documents(
        {
            "machines": machines,
            "begun": begun,
            "unknown": compose.dskheap(0, neither),
            "three days": days(2, 5, 6),
            "out of none": days(0, 3),
            "other logons": compose.dheapmon(
                0, [*X86, *((rf"Service-0x{at + 1:x}-10$\Default", 512, 0.5) for at in range(10))]
            ),
        }
    )
    first, last = compose.findings(docs["machines"], RULE)
    assert [(one["machine"], one["severity"], one["certainty"]) for one in (first, last)] == [
        ("a", "high", "likely"),
        ("c", "info", "likely"),
    ]
    assert first["subject"] == {"stations": 12, "idle": 12, "before": None, "size_kb": 12 * 512}
    assert last["subject"] == {"stations": 11, "idle": 11, "before": None, "size_kb": 11 * 768}
    assert {file for file, _ in compose.cited(first)} == {"a/x.txt"} and len(first["evidence"]) == 12
    assert {file for file, _ in compose.cited(last)} == {"c/x.txt"} and len(last["evidence"]) == 11
    assert "earlier" not in first["summary"]
    assert "which has a limit here." in first["summary"]
    assert [one["when"] for one in first["advice"]] == ["now", "cause", "futile"]
    (later,) = compose.findings(docs["begun"], RULE)
    assert (later["severity"], later["certainty"]) == ("info", "possible")
    (unknown,) = compose.findings(docs["unknown"], RULE)
    assert unknown["severity"] == "medium" and "which has a limit before Vista." in unknown["summary"]
    for name, before, stations in (("three days", 2, 6), ("out of none", 0, 3)):
        (grown,) = compose.findings(docs[name], RULE)
        assert (grown["subject"]["before"], grown["subject"]["stations"]) == (before, stations)
        assert f"{stations - before} more than in an earlier listing" in grown["summary"]
    (other,) = compose.findings(docs["other logons"], RULE)
    assert other["subject"]["stations"] == 10
    assert docs["out of none"]["verdict"]["mode"] == "no-sign"
