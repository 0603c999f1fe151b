"""Nodes with different values, and values that were put back."""

from __future__ import annotations

import compose
import pytest
from compose import MEMORY_MANAGEMENT, SERVER_2016, csrss, dword, running, windows_value

RULE = "configuration-differs"


def dated(day: int, sizes: str | None = None, view: int | None = None, *, build: int = 2600) -> str:
    """A debugger's banner with its session time, and what was queried after it."""
    text = compose.banner(build, time=f"Mon Nov {day} 09:30:00 2026")
    text += "" if sizes is None else windows_value(csrss(sizes, build=build))
    return text + ("" if view is None else dword(MEMORY_MANAGEMENT, SessionViewSize=view))


FIRES = dated(16, "1024,3072,1024") + dated(17, "1024,3072,512")


def test_fires() -> None:
    cases: dict[str, compose.Text] = {
        "default again": FIRES,
        "as before": dated(16, "1024,3072,1024") + dated(17, "1024,3072,2048") + dated(18, "1024,3072,1024"),
        "view": dated(16, view=48) + dated(17, view=64) + dated(18, view=48),
        "nodes": {f"{node}/csrss.txt": SERVER_2016 + running(csrss(f"1024,20480,{third}")) for node, third in (("NODE1", 768), ("NODE2", 2048))},
        "put back on a node": {"NODE1/a.txt": dated(16, "1024,3072,1024") + dated(17, "1024,3072,512"), "NODE2/a.txt": dated(17, "1024,3072,2048")},
        "views of nodes": {f"{node}/mm.txt": compose.XP + dword(MEMORY_MANAGEMENT, SessionViewSize=view) for node, view in (("NODE1", 48), ("NODE2", 64))},
    }  # fmt: skip
    documents = compose.documents(cases)
    told = {name: compose.findings(one, RULE) for name, one in documents.items()}
    both = told.pop("put back on a node")
    assert {name: [(one["severity"], one["certainty"]) for one in found] for name, found in told.items()} == {
        name: [("low" if "nodes" in name else "medium", "proved")] for name in told
    }
    # One row has two findings, each with the line that stands against it.
    assert {one["severity"]: (one["subject"], [shown["shows"] for shown in one["evidence"]]) for one in both} == {
        "medium": (
            {"what": "SharedSection", "value": "1024,3072,512", "other_value": "1024,3072,1024", "put_back": True},
            ["SharedSection = 1024,3072,512", "SharedSection = 1024,3072,1024 on NODE1"],
        ),
        "low": (
            {"what": "SharedSection", "value": "1024,3072,512", "other_value": "1024,3072,2048", "put_back": False},
            ["SharedSection = 1024,3072,512", "SharedSection = 1024,3072,2048 on NODE2"],
        ),
    }
    (again,) = told["default again"]
    assert "was 1024,3072,1024 and is 1024,3072,512 again" in again["summary"]
    assert [one["when"] for one in again["advice"]] == ["cause", "futile"]
    lines = [at for at, line in enumerate(FIRES.splitlines(), 1) if "SharedSection" in line]
    assert sorted(line for _, line in compose.cited(again)) == lines
    assert "was 1024,3072,2048 and is 1024,3072,1024 again" in told["as before"][0]["summary"]
    assert told["view"][0]["summary"].startswith("SessionViewSize of")
    (nodes,) = told["nodes"]
    assert "1024,20480,768 on NODE1, 1024,20480,2048 on NODE2" in nodes["summary"]
    assert sorted(file for file, _ in compose.cited(nodes)) == ["NODE1/csrss.txt", "NODE2/csrss.txt"]
    assert [one["when"] for one in nodes["advice"]] == ["now", "reboot", "futile"]
    assert any("passive one first" in text for text in compose.reboot_advice(nodes))
    assert "48 on NODE1, 64 on NODE2" in told["views of nodes"][0]["summary"]


def test_near_miss() -> None:
    def nodes(first: str, second: str) -> compose.Text:
        return {"NODE1/a.txt": first, "NODE2/a.txt": second}

    changed = csrss("1024,20480,2048")
    cases: dict[str, compose.Text] = {
        "raised": dated(16, "1024,3072,512") + dated(17, "1024,3072,1024"),
        "changed twice": dated(16, "1024,3072,768") + dated(17, "1024,3072,1024") + dated(18, "1024,3072,2048"),
        "two boots without a time": compose.XP + windows_value(csrss("1024,3072,1024", build=2600)) + compose.XP + compose.XP_VALUE,
        "the same on both": nodes(SERVER_2016 + running(csrss()), SERVER_2016 + running(csrss())),
        "two kinds of Windows": nodes(SERVER_2016 + running(changed), compose.banner(17763, target="x64") + running(csrss())),
        "Windows not known": nodes(running(changed), running(csrss())),
        "build not known": nodes(compose.dskheap(0, compose.X64) + running(changed), compose.dskheap(0, compose.X64) + running(csrss())),
        "architecture not known": nodes(compose.banner(14393, target="") + windows_value(changed), compose.banner(14393, target="") + windows_value(csrss())),
        "stretches of one folder": SERVER_2016 + running(csrss()) + compose.banner(17763, target="x64") + running(csrss()) + SERVER_2016 + running(changed),
        "in force is the same": nodes(SERVER_2016 + running(csrss()) + windows_value(changed), SERVER_2016 + running(csrss())),
        "one of them mentioned": nodes(SERVER_2016 + running(csrss()), SERVER_2016 + "SharedSection=1024,20480,2048 Windows\n"),
    }  # fmt: skip
    told = {name: [one["summary"] for one in compose.findings(made, RULE)] for name, made in compose.documents(cases).items()}  # fmt: skip
    assert told == {name: [] for name in cases}


def test_no_data() -> None:
    assert set(compose.statuses({"prose": "Nothing.\n", "empty": ""}, RULE).values()) == {"no_data"}


@pytest.mark.parametrize("machines", [2, 3, 5])
def test_boundary(machines: int) -> None:
    """One finding however many nodes differ, with a line of each value."""
    thirds = [768, 1024, 768, 1024, 4096][:machines]
    files = {f"NODE{at}/a.txt": SERVER_2016 + running(csrss(f"1024,20480,{third}")) for at, third in enumerate(thirds)}
    (finding,) = compose.findings(compose.documents({"farm": files})["farm"], RULE)
    assert len(finding["evidence"]) == len(set(thirds))
