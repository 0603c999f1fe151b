"""SessionViewSize in the wrong unit or base."""

from __future__ import annotations

import compose
from compose import MEMORY_MANAGEMENT, XP, dword

from dumpscan.rules._view import STEP
from dumpscan.rules.session_view_size_odd import DEFAULT_X64, SMALL, TOO_LARGE

RULE = "session-view-size-odd"
FIRES = XP + dword(MEMORY_MANAGEMENT, SessionViewSize=0x48)


def test_fires() -> None:
    meant = {0x48: 48, 30: 48, 49152: 48, 50331648: 48, 50: None, 5000: None}
    cases = {str(number): XP + dword(MEMORY_MANAGEMENT, SessionViewSize=number) for number in meant}
    cases |= {"pool": XP + dword(MEMORY_MANAGEMENT, SessionPoolSize=0x48, SessionViewSize=48), "unknown": dword(MEMORY_MANAGEMENT, SessionViewSize=0x48)}  # fmt: skip
    told = {name: compose.findings(one, RULE)[0] for name, one in compose.documents(cases).items()}
    assert {(one["severity"], one["certainty"]) for one in told.values()} == {("medium", "likely")}
    assert {int(name): one["subject"]["meant_mb"] for name, one in told.items() if name.isdecimal()} == meant
    assert "SessionViewSize is 72 (hex 48), no multiple of 16 MB" in told["72"]["summary"]
    assert "48 MB were probably meant" in told["72"]["summary"]
    assert "written in KB" in told["49152"]["summary"]
    assert "written in bytes" in told["50331648"]["summary"]
    assert told["pool"]["summary"].startswith("SessionPoolSize is 72")
    assert compose.cited(told["72"]) == [("-", 4)]
    assert compose.reboot_advice(told["72"])[0].startswith("Write 48 MB (hex 30)")
    assert "48" not in compose.reboot_advice(told["unknown"])[0], "no number where Windows is not known"


def test_near_miss() -> None:
    cases: dict[str, compose.Text] = {
        "default": XP + dword(MEMORY_MANAGEMENT, SessionViewSize=48, SessionPoolSize=16),
        "32, perhaps meant as 20": XP + dword(MEMORY_MANAGEMENT, SessionViewSize=0x20),
        "a pool of 4": XP + dword(MEMORY_MANAGEMENT, SessionPoolSize=4),
        "Vista": compose.SERVER_2016 + dword(MEMORY_MANAGEMENT, SessionViewSize=0x48),
        "a command": f'reg add "{MEMORY_MANAGEMENT}" /v SessionViewSize /t REG_DWORD /d 72 /f\n',
        "another key": XP + dword(compose.SUBSYSTEMS, SessionViewSize=0x48),
    }
    assert {name: RULE in compose.fired(one) for name, one in compose.documents(cases).items()} == dict.fromkeys(
        cases, False
    )


def test_no_data() -> None:
    assert compose.statuses({"heaps": compose.dheapmon(0, compose.X86)}, RULE) == {"heaps": "no_data"}


def test_boundary() -> None:
    numbers = [edge + step for edge in (SMALL, 48, TOO_LARGE) for step in (-1, 0, 1)]
    cases: dict[str, compose.Text] = {str(one): XP + dword(MEMORY_MANAGEMENT, SessionViewSize=one) for one in numbers}
    fired = {int(name) for name, one in compose.documents(cases).items() if RULE in compose.fired(one)}
    assert fired == {one for one in numbers if one >= TOO_LARGE or (one > SMALL and one % STEP)}
    assert TOO_LARGE - STEP not in fired


def test_the_default_of_x64_is_no_slip() -> None:
    """104 is no multiple of 16, but what 64-bit Windows has without the value."""
    x64 = compose.banner(3790, target="x64")
    cases: dict[str, compose.Text] = {
        f"{more}": x64 + dword(MEMORY_MANAGEMENT, SessionViewSize=DEFAULT_X64 + more) for more in (-1, 0, 1)
    }
    cases |= {
        "open": dword(MEMORY_MANAGEMENT, SessionViewSize=DEFAULT_X64),
        "x86": XP + dword(MEMORY_MANAGEMENT, SessionViewSize=DEFAULT_X64),
        "pool": x64 + dword(MEMORY_MANAGEMENT, SessionPoolSize=DEFAULT_X64),
    }
    found = {name for name, status in compose.statuses(cases, RULE).items() if status == "found"}
    assert found == {"-1", "1", "x86", "pool"}


def test_what_is_told_of_each_slip() -> None:
    """A slip is named only where a size of 16 to 448 MB can have been meant; what is in force stays for the debugger to tell."""
    numbers = {
        50: None, 5000: None, 30: 48, 15 << 10: None, 16 << 10: 16, 448 << 10: 448, 449 << 10: None, 15 << 20: None, 16 << 20: 16, 448 << 20: 448, 449 << 20: None,
        1 << 30: None, (48 << 20) + 1024: None, (48 << 10) + 512: None,
    }  # fmt: skip
    made = compose.documents({str(one): XP + dword(MEMORY_MANAGEMENT, SessionViewSize=one) for one in numbers})
    for number, size in numbers.items():
        (finding,) = compose.findings(made[str(number)], RULE)
        assert finding["subject"] == {"name": "SessionViewSize", "number": number, "meant_mb": size}
        assert ("probably meant" in finding["summary"]) is (size is not None), number
        assert ("written in bytes" in finding["summary"]) is (size is not None and number >= 1 << 20), number
        assert ("written in KB" in finding["summary"]) is (size is not None and 1 << 10 <= number < 1 << 20), number
        assert ("no Windows can give that many" in finding["summary"]) is (number >= TOO_LARGE), number
        assert [one["when"] for one in finding["advice"]] == ["cause", "reboot", "futile"]
        (write,) = compose.reboot_advice(finding)
        assert write.startswith("Write what was meant, in steps of 16 MB" if size is None else f"Write {size} MB"), number  # fmt: skip
    (shown,) = compose.findings(made["5000"], RULE)[0]["evidence"]
    assert shown["shows"] == "SessionViewSize = 5,000 MB, as Windows reads it"


def test_whose_value_and_which_counts() -> None:
    odd, right = (dword(MEMORY_MANAGEMENT, SessionViewSize=size) for size in (0x48, 48))
    vista = compose.SERVER_2016 + odd
    cases: dict[str, compose.Text] = {
        "Vista": vista,
        "Vista beside XP": {"a/a.txt": XP + right, "b/b.txt": vista},
        "mended": compose.march(1) + odd + compose.march(2) + right,
        "spoilt": compose.march(1) + right + compose.march(2) + odd,
        "pool of before": compose.march(1) + dword(MEMORY_MANAGEMENT, SessionPoolSize=0x48) + compose.march(2) + right,
        "twice": XP + odd + odd,
        "both": XP + dword(MEMORY_MANAGEMENT, SessionViewSize=0x48, SessionPoolSize=0x48),
        "two machines": {"a/a.txt": XP + odd, "b/b.txt": XP + odd},
        "not set": XP + odd.replace("0x48", "") + "ERROR: The system was unable to find the specified registry key or value.\n",
        "in lower case": XP + odd.replace("SessionViewSize", "sessionviewsize"),
    }  # fmt: skip
    made = compose.documents(cases)
    told = {name: [(one["machine"], one["subject"]["name"]) for one in compose.findings(doc, RULE)] for name, doc in made.items()}  # fmt: skip
    view, pool = ("unnamed", "SessionViewSize"), ("unnamed", "SessionPoolSize")
    assert told == {
        "Vista": [], "Vista beside XP": [], "mended": [], "spoilt": [view], "pool of before": [pool], "twice": [view], "both": [view, pool],
        "two machines": [("a", "SessionViewSize"), ("b", "SessionViewSize")], "not set": [], "in lower case": [("unnamed", "sessionviewsize")],
    }  # fmt: skip
    assert compose.of_rule(made["Vista"], RULE)["status"] == "not_applicable"
    assert compose.of_rule(made["Vista beside XP"], RULE)["status"] == "clear"


def test_beside_the_verdict() -> None:
    """What is configured is no sign of full heaps."""
    compose.assert_beside_no_sign(FIRES + compose.dheapmon(0, compose.X86), RULE)
