"""48 MB of SessionViewSize are advice for x86: on x64 before Vista they lower the limit from 104 MB."""

from __future__ import annotations

import compose
from compose import DEFAULT, SYSTEM, WINLOGON, X64, X86

from dumpscan.rules.session_view_lowered import DEFAULT_KB

RULE = "session-view-lowered"
NEW = compose.banner(3790, name="Windows Server 2003", target="x64")
DEFAULT_MB = DEFAULT_KB // 1024


def stored(mb: int) -> str:
    return compose.dword(compose.MEMORY_MANAGEMENT, SessionViewSize=mb)


FIRES = NEW + stored(48)


def test_fires() -> None:
    docs = compose.documents(
        {
            "registry": FIRES,
            "printed": NEW + compose.view_size(49152),
            "both": FIRES + compose.view_size(49152) + compose.dskheap(0, X64),
            "known by its heaps": compose.dheapmon(0, X64) + stored(48),
        }
    )
    told = {name: compose.findings(doc, RULE)[0] for name, doc in docs.items()}
    assert {name: (one["severity"], one["certainty"]) for name, one in told.items()} == {
        "registry": ("medium", "likely"),
        "printed": ("medium", "proved"),
        "both": ("medium", "proved"),
        "known by its heaps": ("medium", "likely"),
    }
    assert told["registry"]["summary"] == (
        "SessionViewSize is set to 48 MB on this 64-bit Windows, where 104 MB are the default. That lowers the limit by 57,344 KB: it is advice for x86."
    )
    assert (
        "has 48 MB on this 64-bit Windows, where 104 MB are the default: SessionViewSize is set to 48 MB"
        in told["both"]["summary"]
    )
    assert "SessionViewSize is not in these texts" in told["printed"]["summary"]
    text = FIRES + compose.view_size(49152)
    assert compose.cited(told["registry"]) == [("-", compose.line_of(FIRES, "SessionViewSize"))]
    assert set(compose.cited(told["both"])) == {
        ("-", compose.line_of(text, needle)) for needle in ("SessionViewSize    REG", "808ad254")
    }
    (action,) = compose.reboot_advice(told["registry"])
    assert "Delete the value SessionViewSize" in action and "104 MB count again" in action


def test_near_miss() -> None:
    cases: dict[str, compose.Text] = {
        "x86": compose.banner(3790) + stored(48) + compose.view_size(49152),
        "x86 by its heaps": compose.dheapmon(0, X86) + stored(48),
        "the default": NEW + stored(DEFAULT_MB) + compose.view_size(DEFAULT_KB),
        "not in force": NEW + stored(48) + compose.view_size(DEFAULT_KB),
        "since Vista": compose.banner(7601, name="Windows 7", target="x64") + stored(48),
        "architecture not known": stored(48) + compose.view_size(49152),
        "a wish": NEW + f'reg add "{compose.MEMORY_MANAGEMENT}" /v SessionViewSize /t REG_DWORD /d 48 /f\n',
        "the pool": NEW + compose.dword(compose.MEMORY_MANAGEMENT, SessionPoolSize=48),
        "another machine": {"a/a.txt": NEW, "b/b.txt": compose.banner(3790) + stored(48)},
    }
    told = {name: compose.findings(one, RULE) for name, one in compose.documents(cases).items()}
    assert told == {name: [] for name in cases}


def test_no_data() -> None:
    cases: dict[str, compose.Text] = {"nothing": "Nothing of a debugger.\n", "x64": NEW}
    assert set(compose.statuses(cases, RULE).values()) <= {"no_data", "not_applicable"}
    assert compose.statuses({"x86": compose.banner(3790) + stored(48)}, RULE) == {"x86": "not_applicable"}


def test_boundary() -> None:
    cases: dict[str, compose.Text] = {}
    for mb in (DEFAULT_MB - 1, DEFAULT_MB, DEFAULT_MB + 1):
        cases[f"stored {mb - DEFAULT_MB}"] = NEW + stored(mb)
        cases[f"printed {mb - DEFAULT_MB}"] = NEW + compose.view_size(mb * 1024)
    found = {name for name, status in compose.statuses(cases, RULE).items() if status == "found"}
    assert found == {"stored -1", "printed -1"}


def test_the_later_capture_counts() -> None:
    """Mended since: the limit of the later boot is the default again."""
    lowered, mended = compose.view_size(49152), compose.view_size(DEFAULT_KB)
    time = "Mon Mar {} 09:30:00 2026"
    early, late = (
        compose.banner(3790, name="Windows Server 2003", target="x64", time=time.format(day)) for day in ("02", "09")
    )
    cases: dict[str, compose.Text] = {
        "mended": {"a.log": early + lowered, "b.log": late + mended},
        "lowered": {"a.log": early + mended, "b.log": late + lowered},
    }
    assert compose.statuses(cases, RULE) == {"mended": "clear", "lowered": "found"}


def test_a_full_view_is_not_raised_by_steps() -> None:
    """Without the value it has 104 MB at once."""
    heaps = [(DEFAULT, 49152 - 400 - 192 - 768, 1.0), (WINLOGON, 192, 1.0), (SYSTEM, 768, 1.0)]
    docs = compose.documents(
        {
            "full": NEW + compose.view_size(49152) + compose.dskheap(0, heaps),
        }
    )
    (full,) = compose.findings(docs["full"], "session-view-space-exhausted")
    assert any(
        "Delete the value SessionViewSize: without it this 64-bit Windows has 104 MB" in text
        for text in compose.reboot_advice(full)
    )


def test_what_is_told_of_the_limit() -> None:
    docs = compose.documents(
        {
            "registry": FIRES,
            "the registry has more": NEW + stored(DEFAULT_MB) + compose.view_size(64 << 10),
            "half a megabyte": NEW + compose.vm4(49152 + 512),
        }
    )
    told = {name: compose.findings(doc, RULE)[0] for name, doc in docs.items()}
    assert {name: one["subject"] for name, one in told.items()} == {
        "registry": {"now_kb": 49152, "default_kb": DEFAULT_KB, "stored_mb": 48},
        "the registry has more": {"now_kb": 64 << 10, "default_kb": DEFAULT_KB, "stored_mb": DEFAULT_MB},
        "half a megabyte": {"now_kb": 49664, "default_kb": DEFAULT_KB, "stored_mb": None},
    }
    assert "has 48.5 MB" in told["half a megabyte"]["summary"]
    assert "has 64 MB" in told["the registry has more"]["summary"]
    assert "SessionViewSize is set to 104 MB. That lowers the limit by 40,960 KB" in told["the registry has more"]["summary"]  # fmt: skip
    assert "06800000 or more" in told["registry"]["refuted_by"]
    assert [one["when"] for one in told["registry"]["advice"]] == ["reboot", "cause", "futile"]
    assert "from 48 MB: without the value it is 104 MB at once" in told["registry"]["advice"][2]["text"]
    assert [one["shows"] for one in told["the registry has more"]["evidence"]] == [
        "the limit of session view space: 65,536 KB", "SessionViewSize = 104 in the registry",
    ]  # fmt: skip


def test_which_figures_are_a_limit() -> None:
    """What is too small for a view is none, nor is the pool; of two figures of one moment the larger one is held against the default."""
    low, usual = compose.view_size(49152), compose.view_size(DEFAULT_KB)
    early, late = compose.march(1).replace("x86 compatible", "x64"), compose.march(2).replace("x86 compatible", "x64")
    cases: dict[str, compose.Text] = {
        "none": NEW + compose.vm4(0),
        "too small for one": NEW + compose.vm4(1023),
        "small": NEW + compose.vm4(1024),
        "the pool is smaller": NEW + compose.vm4(DEFAULT_KB),
        "both printed": NEW + low + usual,
        "both printed, turned round": NEW + usual + low,
        "both stored": NEW + stored(48) + stored(DEFAULT_MB),
        "both stored, turned round": NEW + stored(DEFAULT_MB) + stored(48),
        "stored twice": NEW + stored(48) + stored(48) + low + low,
        "the value was mended": early + stored(48) + late + stored(DEFAULT_MB),
        "the value was spoilt": early + stored(DEFAULT_MB) + late + stored(48),
        "one of two machines": {"a/a.txt": NEW + low, "b/b.txt": NEW + usual},
        "x86 beside x64": {"a/a.txt": NEW + usual, "b/b.txt": compose.banner(3790) + low},
    }
    docs = compose.documents(cases)
    assert {name: len(compose.findings(one, RULE)) for name, one in docs.items()} == {
        name: int(name in ("small", "stored twice", "the value was spoilt", "one of two machines")) for name in cases
    }
    assert compose.findings(docs["one of two machines"], RULE)[0]["machine"] == "a"
    assert compose.of_rule(docs["both printed"], RULE)["status"] == "clear"


def test_beside_the_verdict() -> None:
    """What is configured is no sign of full heaps."""
    compose.assert_beside_no_sign(FIRES + compose.dheapmon(0, X64), RULE)
