"""Two SharedSection values: services get the second one."""

from __future__ import annotations

import compose
import pytest
from compose import SYSTEM, X86, csrss, running, windows_value

from dumpscan.platforms import NT4
from dumpscan.rules._sizes import PAGE

RULE = "third-value-missing"
TWO = csrss("1024,3072", build=2600)
FIRES = compose.XP + windows_value(TWO)


def test_fires() -> None:
    heaps = [(path, 3072 if path.startswith("Serv") or "SA" in path else kb, used) for path, kb, used in X86]
    cases: dict[str, compose.Text] = {
        "registry": FIRES,
        "in force": compose.XP + running(TWO) + windows_value(TWO),
        "NT 4.0": compose.banner(NT4, name="Windows NT 4") + windows_value(TWO),
        "nobody knows which Windows": windows_value(TWO),
        "services with 3 MB": FIRES + compose.dheapmon(0, heaps),
    }
    told = {name: compose.findings(one, RULE) for name, one in compose.documents(cases).items()}
    assert {name: [one["severity"] for one in found] for name, found in told.items()} == {
        name: ["medium" if name == "NT 4.0" else "high"] for name in cases
    }
    (registry,) = told["registry"]
    assert "SharedSection=1024,3072 (in the registry)" in registry["summary"]
    assert "3,072 KB" in registry["summary"]
    assert compose.cited(registry) == [("-", compose.line_of(FIRES, "SharedSection="))]
    (advice,) = compose.reboot_advice(registry)
    assert "SharedSection=1024,3072 becomes SharedSection=1024,3072,512" in advice
    assert "(in the registry)" in told["in force"][0]["summary"], "one finding for one size, of what can be changed"
    assert "default of Windows NT 4.0" in told["NT 4.0"][0]["summary"]
    assert "512" in compose.reboot_advice(told["NT 4.0"][0])[0], "KB 142676 adds it there, too"
    (unknown,) = compose.reboot_advice(told["nobody knows which Windows"][0])
    assert not any(digit in unknown for digit in "0123456789"), "no number where Windows is not known"
    assert len(told["services with 3 MB"][0]["evidence"]) == 2


def test_near_miss() -> None:
    cases: dict[str, compose.Text] = {
        "three values": compose.XP_VALUE,
        "an article": "%SystemRoot%\\system32\\csrss.exe ObjectDirectory=\\Windows\nSharedSection=1024,3072 Windows=On SubSystemType=Windows\n",
        "a command that would write it": f'reg add "{compose.SUBSYSTEMS}" /v Windows /t REG_EXPAND_SZ /d "{TWO}" /f\n',
        "services of their own size": FIRES + compose.dheapmon(0, X86),
        "a word for a third": compose.XP + running(csrss("1024,3072,abc", build=2600)),
    }
    told = {name: compose.findings(one, RULE) for name, one in compose.documents(cases).items()}
    assert told == {name: [] for name in cases}


def test_no_data() -> None:
    cases: dict[str, compose.Text] = {"heaps alone": compose.dheapmon(0, X86), "prose": "SharedSection is a word.\n"}
    assert set(compose.statuses(cases, RULE).values()) == {"no_data"}


@pytest.mark.parametrize("second", [3072, 3073])
def test_boundary(second: int) -> None:
    """Service heaps refute it unless they have the second size, rounded up to a page."""
    rounded = -(-second // PAGE) * PAGE
    cases: dict[str, compose.Text] = {}
    for kb in (rounded - PAGE, rounded, rounded + PAGE):
        heaps = [*X86[:3], (SYSTEM, kb, 5.0)]
        value = windows_value(csrss(f"1024,{second}", build=2600))
        cases[str(kb)] = compose.XP + value + compose.dheapmon(0, heaps)
    fired = {name for name, one in compose.documents(cases).items() if RULE in compose.fired(one)}
    assert fired == {str(rounded)}


def test_what_refutes_it_and_what_is_cited() -> None:
    """One service heap of another size is enough, but not one of an older listing or of another machine."""
    as_second = [(path, 3072 if kb == 512 else kb, used) for path, kb, used in X86]
    cases: dict[str, compose.Text] = {
        "one larger": FIRES + compose.dheapmon(0, compose.replaced(as_second, SYSTEM, 4096, 5)),
        "one smaller": FIRES + compose.dheapmon(0, compose.replaced(as_second, SYSTEM, 512, 5)),
        "none listed": FIRES + compose.dheapmon(0, X86[:3]),
        "in the past": compose.march(1)
        + windows_value(TWO)
        + compose.dheapmon(0, X86)
        + compose.march(2)
        + windows_value(TWO)
        + compose.dheapmon(0, as_second),
        "on another machine": {"a/a.txt": FIRES, "b/b.txt": compose.XP + compose.dheapmon(0, X86)},
        "in force": compose.XP + running(TWO),
    }
    told = {name: compose.findings(doc, RULE) for name, doc in compose.documents(cases).items()}
    assert {name: len(found) for name, found in told.items()} == {
        "one larger": 0, "one smaller": 0, "none listed": 1, "in the past": 1, "on another machine": 1, "in force": 1,
    }  # fmt: skip
    (past,) = told["in the past"]
    assert past["certainty"] == "proved"
    assert past["subject"] == {"shared_kb": 1024, "interactive_kb": 3072, "values": 2, "in_force": False, "listed_kb": 3072}  # fmt: skip
    assert [one["shows"] for one in past["evidence"]] == [
        "two values: SharedSection=1024,3072", "a service heap of the second size: 3,072 KB",
    ]  # fmt: skip
    assert told["in force"][0]["subject"]["in_force"] is True
    assert "(in force since the boot)" in told["in force"][0]["summary"]
    assert told["on another machine"][0]["machine"] == "a"
    assert told["on another machine"][0]["subject"]["listed_kb"] is None
    assert [one["when"] for one in past["advice"]] == ["reboot", "futile"]


def test_the_number_that_is_advised() -> None:
    """The default, or what is in use now needs more; none where Windows is not known, or no source tells its default."""
    as_second = [(path, 3072 if kb == 512 else kb, used) for path, kb, used in X86]
    x64 = compose.banner(3790, target="x64")
    cases: dict[str, compose.Text] = {
        "little used": FIRES + compose.dheapmon(0, compose.replaced(as_second, SYSTEM, 3072, 5)),
        "much used": FIRES + compose.dheapmon(0, compose.replaced(as_second, SYSTEM, 3072, 40)),
        "x86, of any age": windows_value(TWO) + compose.dskheap(0, X86[:3]),
        "x64 before Vista": x64 + windows_value(csrss("1024,20480", build=3790)),
        "x64 before Vista, another first": x64 + windows_value(csrss("2048,20480", build=3790)),
        "x64": compose.SERVER_2016 + windows_value(csrss("1024,20480")),
    }
    told = {name: compose.findings(doc, RULE)[0] for name, doc in compose.documents(cases).items()}
    more = {name for name, one in told.items() if "The default of 512 would be too small for what is in use now" in one["summary"]}  # fmt: skip
    assert more == {"much used"}
    assert {name: "too small" in one["summary"] for name, one in told.items()} == {name: name in more for name in told}
    advised = {name: compose.reboot_advice(one)[0] for name, one in told.items()}
    assert "becomes SharedSection=1024,3072,512." in advised["little used"]
    assert "becomes SharedSection=1024,3072,2464." in advised["much used"]
    assert "becomes SharedSection=1024,20480,768." in advised["x64"]
    assert "do not tell which Windows" in advised["x86, of any age"] and "=" not in advised["x86, of any age"]
    for name in ("x64 before Vista", "x64 before Vista, another first"):
        assert "no source tells that of 64-bit Windows before Vista, so no number here" in advised[name], name
    assert {name for name, one in told.items() if "NT 4.0" in one["summary"]} == set()


def test_beside_the_verdict() -> None:
    """What is configured is no sign of full heaps."""
    as_second = [(path, 3072 if kb == 512 else kb, used) for path, kb, used in X86]
    compose.assert_beside_no_sign(FIRES + compose.dheapmon(0, as_second) + compose.view_size(49152), RULE)
