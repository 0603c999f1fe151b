"""Sizes that Windows does not use as they are written."""

from __future__ import annotations

import compose
from compose import csrss, running

from dumpscan.rules._sizes import LEAST, PAGE, USABLE
from dumpscan.rules.heap_size_adjusted import used

RULE = "heap-size-adjusted"
FIRES = compose.SERVER_2016 + running(csrss("1024,20480,66"))


def test_fires() -> None:
    cases = {
        "small": FIRES,
        "odd": compose.SERVER_2016 + running(csrss("1024,20480,770")),
        "console": compose.SERVER_2016 + running(csrss("1024,512,768")),
        "unknown": running(csrss("1024,512,768")),
    }
    told = {name: compose.findings(one, RULE)[0] for name, one in compose.documents(cases).items()}
    assert {name: (one["severity"], one["certainty"]) for name, one in told.items()} == {
        "small": ("low", "proved"), "odd": ("info", "proved"), "console": ("low", "likely"), "unknown": ("low", "likely"),
    }  # fmt: skip
    assert "of the third value 66 Windows makes 128 KB" in told["small"]["summary"]
    assert "of the third value 770 Windows makes 772 KB" in told["odd"]["summary"]
    assert "the console may not start properly" in told["console"]["summary"]
    assert compose.cited(told["small"]) == [("-", compose.line_of(FIRES, "SharedSection="))]
    assert "becomes SharedSection=1024,20480,128" in compose.reboot_advice(told["small"])[0]
    assert "becomes SharedSection=1024,20480,768" in compose.reboot_advice(told["console"])[0]
    assert "20480" not in compose.reboot_advice(told["unknown"])[0]


def test_near_miss() -> None:
    cases: dict[str, compose.Text] = {
        "default": compose.XP_VALUE,
        "first": running(csrss("1023,20480,768")),
        "mentioned": "SharedSection=1024,20480,66 Windows\n",
        "cut at the end of a line": "C:\\>wmic process where name='csrss.exe' get CommandLine\nCommandLine\ncsrss.exe ObjectDirectory=\\Windows SharedSection=1024,20480,7\n",
    }
    assert {name: RULE in compose.fired(one) for name, one in compose.documents(cases).items()} == dict.fromkeys(
        cases, False
    )


def test_no_data() -> None:
    assert compose.statuses({"heaps": compose.dheapmon(0, compose.X86)}, RULE) == {"heaps": "no_data"}


def test_boundary() -> None:
    """The severity on each side of each line, for both values."""
    seconds = [edge + step for edge in (LEAST, USABLE) for step in (-PAGE, -1, 0, 1, PAGE)]
    thirds = [edge + step for edge in (LEAST, 768) for step in (-PAGE, -1, 0, 1, PAGE)]
    pairs = [(second, 768) for second in seconds] + [(20480, third) for third in thirds]
    cases: dict[str, compose.Text] = {f"{a} {b}": running(csrss(f"1024,{a},{b}")) for a, b in pairs}
    told = {name: [one["severity"] for one in compose.findings(made, RULE)] for name, made in compose.documents(cases).items()}  # fmt: skip
    assert told == {
        f"{a} {b}": ["low"] if a < USABLE or b < LEAST else ["info"] if a % PAGE or b % PAGE else [] for a, b in pairs
    }
    assert [used(size) for size in (0, LEAST - 1, LEAST, LEAST + 1)] == [LEAST, LEAST, LEAST, LEAST + PAGE]
