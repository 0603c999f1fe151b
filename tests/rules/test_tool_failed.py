"""A tool that printed an error, or nothing, is no evidence; each kind of failure has its own way out."""

from __future__ import annotations

import compose
import pytest
from compose import X86

RULE = "tool-failed"
DUMP = "lkd> dd nt!MmSessionViewSize L1\n"


def test_fires() -> None:
    told = compose.document(compose.FAILED)
    (finding,) = compose.findings(told, RULE)
    assert (finding["severity"], finding["certainty"], finding["subject"]) == ("low", "proved", {"tool": "!dskheap"})
    assert compose.cited(finding) == [("-", 2), ("-", 3), ("-", 4)]
    assert finding["evidence"][0]["text"].startswith("Error Reading rpdeskList")
    assert (told["verdict"]["mode"], told["verdict"]["reason"], told["verdict"]["certainty"]) == (
        "undecided",
        "tool_failed",
        None,
    )


@pytest.mark.parametrize(
    ("text", "tool", "means", "do"),
    [
        (compose.UNREADABLE, "!dskheap", "paged out", ".process /p /r"),
        (compose.NO_TYPES, "!dskheap", "symbols of this Windows lack", "GuiObjectUse"),
        (
            "Win32k.sys symbol load error. Correct symbol required.\n",
            "dheapmon",
            "driver was not loaded",
            "dheapinst -y",
        ),
        ("kd> !dskheap\nNo export dskheap found\n", "!dskheap", "did not know the command", ".load kdexts"),
        (
            DUMP + "Couldn't resolve error at 'nt!MmSessionViewSize'\n",
            "nt!MmSessionViewSize",
            "could not read the variable",
            "symbols of the kernel",
        ),
        ("The system does not support local kernel debugging.\n", "The debugger", "not enabled there", "LiveKd"),
        ("Error communicating with livekd driver: Access is denied.\n", "The debugger", "its driver", "elevated"),
        (DUMP + "808ad254  ????????\n", "nt!MmSessionViewSize", "not in the dump", "complete dump"),
        (
            "0: kd> !session\nError reading bitmap header @ 0x0000000000000400.\n",
            "!session",
            "cannot tell the sessions",
            "GuiObjectUse",
        ),
        ("READ_ADDRESS: unable to get nt!PspSessionIdBitmap\n", "!session", "cannot tell the sessions", "GuiObjectUse"),
        (
            "Unable to read large session pool table (Session data is not present in mini and kernel-only dumps)\n",
            "!pool",
            "no data of sessions",
            "complete dump",
        ),
        (
            "Unsatisfied requirement plugins.Desktops.kernel.layer_name: \n",
            "Volatility 3",
            "no memory layer",
            "image is whole",
        ),
        (
            "NotImplementedError: This plugin only supports x64 versions of Windows\n",
            "Volatility 3",
            "does not know this Windows",
            "!dskheap",
        ),
        (
            "$ vol.py -f a.raw deskscan\nERROR   : volatility.debug    : No profile\n",
            "deskscan",
            "could not take the image apart",
            "!dskheap",
        ),
    ],
)
def test_each_kind(text: str, tool: str, means: str, do: str) -> None:
    (finding,) = compose.findings(compose.document(text), RULE)
    assert finding["subject"] == {"tool": tool}
    assert means in finding["summary"] and do in finding["actions"][0]


def test_near_miss() -> None:
    cases: dict[str, compose.Text] = {
        "a listing": compose.dskheap(0, X86),
        "a cut listing": compose.dskheap(0, X86, count=9),
        "a command that printed nothing": "kd> !dskheap -s 0\n\nkd> q\n",
        "a limit": compose.view_size(20480),
    }
    assert set(compose.statuses(cases, RULE).values()) == {"clear"}


def test_no_data() -> None:
    assert compose.statuses({"nothing": "Nothing of a debugger.\n"}, RULE) == {"nothing": "no_data"}


def test_boundary() -> None:
    """Each failure is one finding, and a table after the last of them takes none away."""
    cases: dict[str, compose.Text] = {
        str(times): compose.FAILED * times + compose.dskheap(0, X86) for times in (0, 1, 2)
    }
    told = {name: len(compose.findings(one, RULE)) for name, one in compose.documents(cases).items()}
    assert told == {"0": 0, "1": 1, "2": 2}


MINI = "Mini Kernel Dump File: Only registers and stack trace are available\n"
USER = "User Mini Dump File with Full Memory: Only application data is available\n"
KERNEL = "Kernel Summary Dump File: Only kernel address space is available\n"


def _log(kind: str, build: int = 3790) -> str:
    """A banner with the kind of the dump, which stands below the name of the debugger."""
    return compose.banner(build, name="Windows Server").replace("X86\n", f"X86\n{kind}")


def test_a_dump_that_can_never_hold_heaps_is_no_matter_of_the_process() -> None:
    cases: dict[str, compose.Text] = {
        "mini": _log(MINI) + compose.FAILED,
        "user": _log(USER) + compose.FAILED,
        "kernel": _log(KERNEL) + compose.FAILED,
        "mini of today": _log(MINI, 20348) + compose.FAILED,
        "another dump since": _log(MINI) + compose.filler(2) + _log(KERNEL) + compose.FAILED,
        "another dump before": _log(KERNEL) + compose.filler(2) + _log(MINI) + compose.FAILED,
        "another file": {"a.txt": _log(MINI), "b.txt": _log(KERNEL) + compose.FAILED},
        "below": _log(KERNEL) + compose.FAILED + compose.filler(2) + _log(MINI),
    }
    told = {name: compose.findings(one, RULE)[0] for name, one in compose.documents(cases).items()}
    never = {name for name, one in told.items() if "can never hold the heaps of a session" in one["summary"]}
    assert never == {"mini", "user", "mini of today", "another dump before"}
    assert {name for name, one in told.items() if ".process /p" in " ".join(one["actions"])} == set(told) - never
    assert "the log of a mini dump" in told["mini"]["summary"] and "the log of a user dump" in told["user"]["summary"]
    for name in ("mini", "user"):
        assert told[name]["actions"][0].startswith("Ask for a kernel or complete dump, or run it on the live machine")
    assert "GuiObjectUse" in told["mini of today"]["actions"][0], "a kernel dump would not help there"


def test_the_way_out_is_that_of_the_generation() -> None:
    """On Windows 8 and later !dskheap mostly does not know the structures: another process changes nothing."""
    old, new = compose.banner(7601, name="Windows 7", target="x64"), compose.banner(20348, target="x64")
    cases: dict[str, compose.Text] = {
        name: text + compose.FAILED for name, text in {"old": old, "new": new, "?": ""}.items()
    }
    told = {name: compose.findings(one, RULE)[0] for name, one in compose.documents(cases).items()}
    assert "paged out" in told["old"]["summary"] and "Windows 8" not in told["old"]["summary"]
    assert len(told["old"]["actions"]) == 1 and "GuiObjectUse" not in told["old"]["actions"][0]
    assert (
        "does not know the structures of win32k" in told["new"]["summary"] and "paged out" not in told["new"]["summary"]
    )
    (only,) = told["new"]["actions"]
    assert (
        "GuiObjectUse" in only
        and "csrss.exe" in only
        and "243" in only
        and "Neither another process nor another try" in only
    )
    assert ".process" not in only
    before, since = told["?"]["actions"]
    assert before.startswith("Before Windows 8: switch to a process") and since.startswith(
        "On Windows 8 and later: use what works"
    )


def test_the_way_out_is_that_of_each_machine() -> None:
    old, new = compose.banner(7601, name="Windows 7", target="x64"), compose.banner(20348, target="x64")
    made = compose.documents(
        {
            "two": {"a/a.txt": old + compose.FAILED, "b/b.txt": new + compose.FAILED, "c/c.txt": new + compose.dskheap(0, X86)},
            "mini dump elsewhere": {"a/a.txt": _log(MINI), "b/b.txt": _log(KERNEL) + compose.FAILED},
            "mini dump, another command": _log(MINI) + DUMP + "808ad254  ????????\n",
        }
    )  # fmt: skip
    seven, current = compose.findings(made["two"], RULE)
    assert (seven["machine"], current["machine"]) == ("a", "b")
    assert "paged out" in seven["summary"] and "does not know the structures" in current["summary"]
    assert seven["evidence"][0]["shows"] == "the tool's error"
    assert [one["when"] for one in seven["advice"]] == ["now"]
    (elsewhere,) = compose.findings(made["mini dump elsewhere"], RULE)
    assert "can never hold" not in elsewhere["summary"]
    (limit,) = compose.findings(made["mini dump, another command"], RULE)
    assert "that memory is not in the dump" in limit["summary"]
