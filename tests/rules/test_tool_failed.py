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
