"""Sizes that Windows does not use as they are written."""

from __future__ import annotations

import compose
from compose import DEFAULT, DISCONNECT, SYSTEM, WINLOGON, csrss, running, windows_value

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


def test_what_is_told_of_each_value() -> None:
    """The whole sentence, what it is based on, and how sure it is."""
    cases: dict[str, compose.Text] = {
        "both": compose.SERVER_2016 + running(csrss("1024,512,66")),
        "second of the least usable size": compose.SERVER_2016 + running(csrss("1024,1024,66")),
        "too small twice": compose.SERVER_2016 + running(csrss("1024,127,768")),
        "stored": compose.XP + windows_value(csrss("1024,3070,510", build=2600)),
        "no third": compose.XP + windows_value(csrss("1024,512", build=2600)),
    }
    documents = compose.documents(cases)
    (one,) = compose.findings(documents["stored"], RULE)
    assert one["subject"] == {"interactive_kb": 3070, "non_interactive_kb": 510, "in_force": False}
    assert compose.cited(one) == [("-", compose.line_of(str(cases["stored"]), "SharedSection="))]
    assert [line["shows"] for line in one["evidence"]] == ["SharedSection=1024,3070,510"]
    assert one["advice"][-1]["when"] == "futile" and "save no session view space" in one["advice"][-1]["text"]
    console = "with a second value below 1024 the console may not start properly."
    told = {name: compose.findings(made, RULE)[0] for name, made in documents.items()}
    assert {name: (one["severity"], one["certainty"], one["summary"]) for name, one in told.items()} == {
        "both": ("low", "likely", f"SharedSection=1024,512,66 (in force since the boot): of the third value 66 Windows makes 128 KB; {console}"),
        "second of the least usable size": ("low", "proved", "SharedSection=1024,1024,66 (in force since the boot): of the third value 66 Windows makes 128 KB."),
        "too small twice": ("low", "proved", f"SharedSection=1024,127,768 (in force since the boot): of the second value 127 Windows makes 128 KB; {console}"),
        "stored": ("info", "proved", "SharedSection=1024,3070,510 (in the registry): of the second value 3070 Windows makes 3,072 KB; of the third value 510 Windows makes 512 KB."),
        "no third": ("low", "likely", f"SharedSection=1024,512 (in the registry): {console}"),
    }  # fmt: skip
    assert compose.cited(told["both"]) == [("-", compose.line_of(str(cases["both"]), "SharedSection="))]


def test_what_to_write_depends_on_what_is_known() -> None:
    """A list where one is advised, the same that another finding advises; else as much as is known of it."""
    since = [(DEFAULT, 512, 99), (WINLOGON, 128, 4), (DISCONNECT, 64, 4), (SYSTEM, 512, 4), (r"msswindowstation\mssrestricteddesk", 512, 0)]  # fmt: skip
    fallen = [(path, {3072: 512, 512: 128}.get(kb, kb), used) for path, kb, used in compose.X86]
    told = compose.documents(
        {
            "full": windows_value(csrss("1024,512,512", build=6000)) + compose.dskheap(0, since),
            "not full": windows_value(csrss("1024,512,512", build=6000))
            + compose.dskheap(0, compose.replaced(since, DEFAULT, 512, 9)),
            "unknown": running(csrss("1024,1023,768")),
            "unknown, usable": running(csrss("1024,1024,66")),
            "fallen back": compose.stored_sections("1024,3072,1026") + compose.dheapmon(0, fallen),
            "fallen back, too small": compose.stored_sections("1024,1000,1024") + compose.dheapmon(0, fallen),
        }
    )
    advice = {name: [(one["when"], one["text"]) for one in compose.findings(made, RULE)[0]["advice"][:-1]] for name, made in told.items()}  # fmt: skip
    (((when, text),),) = [advice.pop("full")]
    assert when == "reboot" and "SharedSection=1024,512,512 becomes SharedSection=1024,1536,512" in text
    least = "Set the second value to the default of this Windows, which these texts do not tell; 1024 is the least that is usable."
    rounded = "Write the sizes that Windows makes of these, once it is known which Windows this is."
    fell = "Find out first why Windows fell back to smaller heaps than these; with other digits alone it does so again."
    assert advice == {
        "not full": [("reboot", least)],
        "unknown": [("reboot", least)],
        "unknown, usable": [("reboot", rounded)],
        "fallen back": [("cause", fell)],
        "fallen back, too small": [("cause", fell)],
    }
    (full,) = compose.findings(told["full"], "desktop-heap-full")
    assert "SharedSection=1024,512,512 becomes SharedSection=1024,1536,512" in compose.reboot_advice(full)[0]


def test_near_miss() -> None:
    cases: dict[str, compose.Text] = {
        "default": compose.XP_VALUE,
        "first": running(csrss("1023,20480,768")),
        "no third": compose.XP + windows_value(csrss("1024,3072", build=2600)),
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
