"""Which Windows a machine runs: what several readers have in common, and what the tables make of it."""

from __future__ import annotations

import compose
from test_fixtures import FIXTURES

from dumpscan.capture import Capture
from dumpscan.commands import all_commands
from dumpscan.commands._boot import options
from dumpscan.commands._windows import System, architecture, numbered
from dumpscan.model import TABLES, build
from dumpscan.platforms import platforms, signs
from dumpscan.reading import Reading, read


def test_a_row_has_the_columns_of_its_table() -> None:
    assert System._fields == ("line", *TABLES["systems"])


def test_utf_16_tells_the_same() -> None:
    """msinfo32 and regedit write UTF-16 with a byte order mark."""
    for name in ("systeminfo/msinfo32", "systeminfo/msinfo32_german", "boot_ini/server_2003"):
        text = (FIXTURES / f"{name}.txt").read_bytes()
        wide = b"\xff\xfe" + text.decode("utf-8").encode("utf-16-le")
        assert (
            [one.tables for one in read("x", "x", wide).captures]
            == [one.tables for one in read("x", "x", text).captures]
            != []
        )


def test_words_for_an_architecture() -> None:
    told = {
        "Free x86 compatible": "x86", "Free x64": "x64", "X86-based PC": "x86", "PC à base de x64": "x64", "ARM 64-bit (AArch64)": "arm64",
        "ARM64-based PC": "arm64", "Itanium-based PC": "ia64", "3790.3959.ia64fre.srv03_sp2_rtm.070216-1710": "ia64",
        "Intel64 Family 6 Model 44": None, "EM64T Family 15": None, "ARM (NT) Thumb-2": None, "0x64": None,
    }  # fmt: skip
    assert {words: architecture(words) for words in told} == told


def test_a_version_is_told_twice() -> None:
    assert numbered("10.0.19045 Build 19045") == (19045, None)
    assert numbered("5.2.3790 Service Pack 2 Build 3790") == (3790, "Service Pack 2")
    assert numbered("5.2.3790 Service Pack 2 Build 379") == (None, None)
    assert numbered("5.2.3790") == (None, None)


def test_options_of_a_boot() -> None:
    assert options('/noexecute=optout /3GB /USERVA:3030 "and" more') == [
        ("NOEXECUTE", "optout"),
        ("3GB", None),
        ("USERVA", "3030"),
    ]
    assert options("  NOEXECUTE=OPTIN  FASTDETECT") == [("NOEXECUTE", "OPTIN"), ("FASTDETECT", None)]
    assert options("") == []


def test_system_start_options_are_in_force() -> None:
    """boot.ini does not prove which entry was booted; the registry does, unless the value is one of another boot or somebody's wish."""
    control = r"HKEY_LOCAL_MACHINE\SYSTEM\CurrentControlSet\Control"
    values = [
        (2, control, "SystemStartOptions", "REG_SZ", " NOEXECUTE=OPTIN  3GB", None, "state"),
        (3, control.replace("Current", "").replace("Set", "Set002"), "SystemStartOptions", "REG_SZ", "SOS", None, "state"),
        (4, control, "SystemStartOptions", "REG_SZ", "DEBUG", None, "write"),
        (5, control, "systemstartoptions", "REG_SZ", None, None, "state"),
        (6, control, "WaitToKillServiceTimeout", "REG_SZ", "20000", None, "state"),
    ]  # fmt: skip
    capture = Capture("vm", 1, 6, {"registry_values": list(values), "boot_options": [(7, "3GB", None, "boot.ini")]})
    boot = build([Reading("case", "file", captures=[capture])], ["case"])["boot_options"]
    assert boot[["line", "option", "origin"]].to_numpy().tolist() == [
        [7, "3GB", "boot.ini"],
        [2, "NOEXECUTE", "SystemStartOptions"],
        [2, "3GB", "SystemStartOptions"],
    ]


def _platform(text: compose.Text) -> tuple[tuple[str | None, ...], ...]:
    tables = compose.analysis({"case": text}).tables
    table = platforms(tables, signs(tables))
    kinds = table[["architecture", "era"]].astype(object)
    return tuple(kinds.where(kinds.notna(), None).itertuples(index=False, name=None))


def test_each_reader_decides_the_era() -> None:
    told = {
        path.stem: _platform(path.read_text(encoding="utf-8"))
        for name in ("systeminfo", "psinfo", "ver", "analyze", "dump_header", "volatility_info")
        for path in (FIXTURES / name).glob("*.txt")
        if "near_miss" not in path.stem
    }
    before = {name for name, rows in told.items() if any(era == "before Vista" for _, era in rows)}
    assert before == {
        "english_2003", "msinfo32_blanks", "msinfo32_nfo", "msinfo32_blanks_german", "xp", "nt4", "localised", "debugger_started", "event_6009", "mini_32", "dumpchk_nt4", "pretty_xp", "jsonl",
    }  # fmt: skip
    assert told["english_2003"] == (("x86", "before Vista"),)
    assert told["imageinfo"] == (("x86", None),)
    assert told["localised"] == ((None, "before Vista"), (None, "Vista or later"))
    assert told["damaged_version"] == ((None, None),)


def test_an_event_6009_tells_the_era() -> None:
    """Weaker than a banner; two that differ leave it open, because the older one can be from before an upgrade."""
    old, new = (
        "Microsoft (R) Windows (R) 5.02. 3790 Service Pack 2 Multiprocessor Free.",
        "Microsoft (R) Windows (R) 6.01. 7601 Multiprocessor Free.",
    )

    def era(*texts: str | None) -> str | None:
        events = [
            (at, "System", "EventLog", 6009, None, text, None, None, None, None) for at, text in enumerate(texts, 1)
        ]
        reading = Reading("case", "file", captures=[Capture("vm", 1, 9, {"events": list(events)})])
        tables = build([reading], ["case"])
        told = platforms(tables, signs(tables))["era"][0]
        return told if isinstance(told, str) else None

    assert era(old) == "before Vista"
    assert era(new, None) == "Vista or later"
    assert era(old, new) is None
    assert era("The event log was started.") is None


def test_readers_of_systems_are_asked_for_their_own_words_alone() -> None:
    """A text that only talks of versions opens no reader."""
    assert not compose.document("It was Windows Server 2003 (5.2.3790), x86, Service Pack 2.\n")["tables"]["systems"]
    assert {name for name, command in all_commands().items() if "systems" in command.fills} >= {
        "vertarget",
        "systeminfo",
    }
