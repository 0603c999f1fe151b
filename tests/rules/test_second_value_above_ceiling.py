"""A second value above what Microsoft advises; the third has no such ceiling."""

from __future__ import annotations

import compose
from compose import csrss, running, windows_value

from dumpscan.rules._heap import MOST

RULE = "second-value-above-ceiling"
FIRES = compose.SERVER_2016 + running(csrss("1024,65536,768"))


def test_fires() -> None:
    cases = {"2016": FIRES, "XP": compose.XP + windows_value(csrss("1024,65536,512", build=2600)), "unknown": running(csrss("1024,65536,768"))}  # fmt: skip
    told = {name: compose.findings(one, RULE)[0] for name, one in compose.documents(cases).items()}
    assert {(one["severity"], one["certainty"]) for one in told.values()} == {("medium", "likely")}
    assert "65,536 KB, more than the 20,480 KB" in told["2016"]["summary"]
    assert compose.cited(told["2016"]) == [("-", compose.line_of(FIRES, "SharedSection="))]
    assert f"becomes SharedSection=1024,{MOST},768" in compose.reboot_advice(told["2016"])[0]
    assert "becomes SharedSection=1024,3072,512" in compose.reboot_advice(told["XP"])[0]
    assert "fall back" in told["XP"]["summary"]
    assert "fall back" not in told["2016"]["summary"]
    assert compose.reboot_advice(told["unknown"]) == []


def test_near_miss() -> None:
    cases: dict[str, compose.Text] = {
        "third": compose.SERVER_2016 + running(csrss("1024,20480,20480")),
        "larger third": compose.SERVER_2016 + running(csrss("1024,20480,30720")),
        "mentioned": "SharedSection=1024,65536,768 Windows\n",
    }
    assert {name: RULE in compose.fired(one) for name, one in compose.documents(cases).items()} == dict.fromkeys(
        cases, False
    )


def test_no_data() -> None:
    assert compose.statuses({"heaps": compose.dheapmon(0, compose.X86)}, RULE) == {"heaps": "no_data"}


def test_boundary() -> None:
    cases: dict[str, compose.Text] = {
        str(second): running(csrss(f"1024,{second},768")) for second in (MOST - 4, MOST, MOST + 1, MOST + 4)
    }
    fired = {name for name, one in compose.documents(cases).items() if RULE in compose.fired(one)}
    assert fired == {str(MOST + 1), str(MOST + 4)}


def test_the_smaller_value_is_that_of_its_windows() -> None:
    """Before Vista the default, later the ceiling; in the list that another finding advises, where there is one. Each machine has its own."""
    xp = windows_value(csrss("1024,65536,512", build=2600))
    vista = compose.banner(6002, name="Windows Vista")
    full = compose.replaced(compose.X86, compose.SYSTEM, 512, 99)
    docs = compose.documents(
        {
            "Vista": vista + windows_value(csrss("1024,65536,512", build=6002)),
            "two values": compose.banner(3790, name="Windows Server 2003", target="x64")
            + windows_value(csrss("1024,65536", build=3790)),
            "changed, too": compose.XP + xp + compose.dheapmon(0, full),
            "machines": {
                "a/x.txt": compose.XP + xp,
                "b/x.txt": compose.SERVER_2016 + running(csrss("1024,40960,768")),
            },
            "unknown": running(csrss("1024,65536,768")),
        }
    )
    told = {name: compose.findings(one, RULE)[0] for name, one in docs.items()}
    only = "Only if the busiest listing shows less in use than that: "
    first = f"{only}In regedit, change only these digits"
    for name, becomes in {"Vista": "1024,20480,512", "two values": "1024,20480"}.items():
        (line,) = compose.reboot_advice(told[name])
        assert line.startswith(first) and f"becomes SharedSection={becomes}. Export" in line
    assert compose.reboot_advice(told["changed, too"]) == [
        f"{only}write 3072 for 65536 in it, too, when you change SharedSection as another finding says."
    ]
    a, b = compose.findings(docs["machines"], RULE)
    assert "SharedSection=1024,65536,512 (in the registry)" in a["summary"]
    assert "SharedSection=1024,40960,768 (in force since the boot)" in b["summary"]
    assert "becomes SharedSection=1024,20480,768" in compose.reboot_advice(b)[0]
    assert [compose.cited(one)[0][0] for one in (a, b)] == ["a/x.txt", "b/x.txt"]
    assert b["evidence"][0]["shows"] == f"SharedSection=1024,40960,768: the second value is above {MOST}"
    assert a["subject"] == {
        "interactive_kb": 65536,
        "non_interactive_kb": 512,
        "in_force": False,
        "era": "before Vista",
        "architecture": "x86",
    }
    for one in told.values():
        assert [line["when"] for line in one["advice"]][:3] == ["now", "cause", "futile"]
    assert "fall back" not in told["Vista"]["summary"] and "fall back" not in told["unknown"]["summary"]
    assert docs["unknown"]["verdict"]["mode"] == "undecided"
