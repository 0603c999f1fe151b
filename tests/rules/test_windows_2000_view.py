"""Windows 2000 reads SessionViewSize only with Terminal Services and a kernel that is new enough."""

from __future__ import annotations

import compose
import pytest

from dumpscan.rules.windows_2000_view import FIRST

RULE = "windows-2000-view"
VIEW = compose.registry(compose.MEMORY_MANAGEMENT, {"SessionViewSize": 48})


def server(suite: str | None = "TerminalServer SingleUserTS", build: int = 2195) -> str:
    product = "" if suite is None else f"Product: Server{f', suite: {suite}' if suite else ''}\n"
    return compose.banner(build, name="Windows 2000") + product


def kernel(version: tuple[int, ...], name: str = "nt") -> str:
    return (
        f"0: kd> lmvm {name}\nstart    end        module name\n80400000 805a2a00   {name}         (pdb symbols)          c:\\symbols\\ntoskrnl.pdb\n"
        f"    File version:     {'.'.join(map(str, version))}\n"
    )


OLD = (*FIRST[:3], FIRST[3] - 1)
FIRES = server() + kernel(OLD)


def test_fires() -> None:
    docs = compose.documents(
        {
            "old kernel": FIRES,
            "old kernel, services not known": server(None) + kernel(OLD),
            "without": server(""),
            "without, and wished for": server("") + VIEW,
            "without, old kernel": server("") + kernel(OLD),
        }
    )
    told = {name: compose.findings(doc, RULE)[0] for name, doc in docs.items()}
    assert {name: (one["severity"], one["certainty"]) for name, one in told.items()} == {
        "old kernel": ("high", "proved"),
        "old kernel, services not known": ("high", "likely"),
        "without": ("info", "likely"),
        "without, and wished for": ("medium", "likely"),
        "without, old kernel": ("info", "likely"),
    }
    first = told["old kernel"]
    assert "5.0.2195.6796" in first["summary"] and "20 MB" in first["summary"]
    assert ("-", compose.line_of(FIRES, "File version")) in compose.cited(first)
    assert ("-", compose.line_of(FIRES, "Kernel Version 2195")) in compose.cited(first)
    assert any("Update Rollup 1" in text and "318942" in text for text in compose.reboot_advice(first))
    assert "48 MB" in told["without"]["summary"]
    assert any("SessionViewSize = 48" in one["shows"] for one in told["without, and wished for"]["evidence"])


def test_near_miss() -> None:
    cases: dict[str, compose.Text] = {
        "new kernel": server() + kernel(FIRST),
        "another module": server() + kernel(OLD, "win32k"),
        "nothing known": server(None),
    }
    told = {name: compose.findings(one, RULE) for name, one in compose.documents(cases).items()}
    assert told == {name: [] for name in cases}


def test_no_data() -> None:
    assert compose.statuses({"nothing": "Nothing.\n"}, RULE) == {"nothing": "no_data"}
    later: dict[str, compose.Text] = {"XP": server(build=2600) + kernel(OLD), "no banner": kernel(OLD) + VIEW}
    assert compose.statuses(later, RULE) == dict.fromkeys(later, "not_applicable")


@pytest.mark.parametrize("part", range(4))
def test_boundary(part: int) -> None:
    """Each part of the version just below, at and just above."""
    cases = {
        str(step): server() + kernel((*FIRST[:part], max(0, FIRST[part] + step), *FIRST[part + 1 :]))
        for step in (-1, 0, 1)
    }
    below = "clear" if FIRST[part] == 0 else "found"
    assert compose.statuses(cases, RULE) == {"-1": below, "0": "clear", "1": "clear"}


def test_several_kernels_and_machines() -> None:
    older = (5, 0, 2195, 5000)
    cases: dict[str, compose.Text] = {
        "two kernels": server() + kernel(OLD) + kernel(older, "ntkrnlpa"),
        "asked twice": server() + kernel(OLD) + kernel(OLD) + VIEW + VIEW,
        "new, without": server("") + kernel(FIRST),
        "two machines": {"a/a.txt": server() + kernel(OLD), "b/b.txt": server() + kernel(FIRST), "c/c.txt": server("") + VIEW},
        "XP beside it": {"a/a.txt": server() + kernel(FIRST), "b/b.txt": server(build=2600) + kernel(OLD)},
        "wished for": server() + kernel(OLD) + VIEW,
        "not known": server(None) + kernel(OLD),
        **{name: server() + kernel(OLD, name) for name in ("ntoskrnl", "ntkrnlmp", "ntkrpamp", "ntdll")},
    }  # fmt: skip
    told = {name: compose.findings(doc, RULE) for name, doc in compose.documents(cases).items()}
    with_ts = {"version": "5.0.2195.6796", "terminal_services": "with"}
    assert {name: [(one["machine"], one["subject"]) for one in found] for name, found in told.items() if found} == {
        "two kernels": [("unnamed", {"version": "5.0.2195.5000", "terminal_services": "with"})],
        "asked twice": [("unnamed", with_ts)],
        "new, without": [("unnamed", {"version": None, "terminal_services": "without"})],
        "two machines": [("a", with_ts), ("c", {"version": None, "terminal_services": "without"})],
        "wished for": [("unnamed", with_ts)],
        "not known": [("unnamed", {"version": "5.0.2195.6796", "terminal_services": "unknown"})],
        **{name: [("unnamed", with_ts)] for name in ("ntoskrnl", "ntkrnlmp", "ntkrpamp")},
    }  # fmt: skip
    (wished,), (unknown,), (without,) = told["wished for"], told["not known"], told["new, without"]
    assert (wished["severity"], wished["certainty"]) == ("high", "proved")
    assert [one["shows"] for one in wished["evidence"]] == [
        "build 2195: Windows 2000", "a kernel of version 5.0.2195.6796", "SessionViewSize = 48 in the registry",
    ]  # fmt: skip
    assert "session view space cannot be configured, and SessionViewSize is not read" in unknown["summary"]
    assert "is older than 5.0.2195.6797" in unknown["summary"]
    assert "Windows 2000 without Terminal Services" in without["summary"]
    assert compose.reboot_advice(without) == ["Fewer desktops, or smaller heaps (SharedSection): nothing else gives room here."]  # fmt: skip
    assert [one["when"] for one in without["advice"]] == ["reboot", "futile"]


def test_beside_the_verdict() -> None:
    """What is configured is no sign of full heaps."""
    compose.assert_beside_no_sign(FIRES + compose.dheapmon(0, compose.X86), RULE)
