"""A damaged value `Windows`, told apart from a damaged copy of it."""

from __future__ import annotations

import compose
import pytest
from compose import csrss, running, windows_value

from dumpscan.csrss import SERVERS, one_line
from dumpscan.rules.shared_section_damaged import damage

RULE = "shared-section-damaged"
VALUE = csrss()
FIRES = compose.SERVER_2016 + windows_value(csrss("1024,20480,768,SeDebugPrivilege"))


def wrapped(text: str, width: int, lost: int) -> str:
    """What a console makes of a long line, with so many characters lost at each wrap."""
    lines = []
    while text:
        lines.append(text[:width])
        text = text[width + lost :] if len(text) > width else ""
    return "\n".join(lines)


def test_fires() -> None:
    texts = {
        "a word": (csrss("1024,20480,768,SeDebugPrivilege"), "medium", "proved", "a word stands among its numbers"),
        "a word as third": (csrss("1024,20480,768KB"), "medium", "proved", "a word stands among its numbers"),
        "a fourth number": (csrss("1024,20480,768,512"), "low", "possible", "a fourth number"),
        "a blank": (csrss("1024, 20480,768"), "medium", "likely", "a blank stands after a comma"),
        "two lists": (VALUE.replace("Windows=On", "SharedSection=1024,3072,512 Windows=On"), "medium", "likely", "twice"),
        "no equals": (VALUE.replace("Windows=On", "Windows On"), "critical", "likely", "Windows On lacks its ="),
        "smart quotes": (VALUE.replace("basesrv,1", "\u201cbasesrv,1\u201d"), "critical", "likely", "quotation marks"),
        "a server lost": (VALUE.replace("ServerDll=basesrv,1 ", ""), "critical", "likely", "a ServerDll part is missing"),
    }  # fmt: skip
    told = compose.documents(
        {name: compose.SERVER_2016 + windows_value(text) for name, (text, *_) in texts.items()}
        | {"runs": compose.SERVER_2016 + running(texts["no equals"][0])}
    )
    for name, (_, severity, certainty, words) in texts.items():
        (finding,) = compose.findings(told[name], RULE)
        assert (finding["severity"], finding["certainty"]) == (severity, certainty), name
        assert words in finding["summary"], name
        assert [line for _, line in compose.cited(finding)] == [4], name
    assert "Tampering is suspected" in compose.findings(told["a word"], RULE)[0]["summary"]
    assert "may not boot" in compose.findings(told["no equals"], RULE)[0]["summary"]
    (runs,) = compose.findings(told["runs"], RULE)
    assert runs["severity"] == "medium", "csrss.exe runs with it"
    assert "may not boot" not in runs["summary"]
    assert not any("20480" in action for one in told.values() for f in compose.findings(one, RULE) for action in f["actions"])  # fmt: skip


@pytest.mark.parametrize(
    "sizes",
    ["1024;3072;512", "1024 3072 512", "1024\t3072\t512", "1024\uff0c3072\uff0c512", "1024,,512", "1024,3072,", "1024.3072.512", "1024,3072;512", "1024 ,3072 ,512", "1024:3072:512"],
)  # fmt: skip
def test_numbers_that_are_not_parted_by_commas(sizes: str) -> None:
    """No size is read from such a list, and that it is there is told; nobody is accused of tampering."""
    made = compose.document(compose.XP + windows_value(csrss(sizes, build=2600)))
    (finding,) = compose.findings(made, RULE)
    assert (finding["severity"], finding["certainty"]) == ("medium", "likely")
    assert "its numbers are not parted by single commas" in finding["summary"]
    assert "not documented" in finding["summary"] and "Tampering" not in finding["summary"]
    assert [line for _, line in compose.cited(finding)] == [4]
    assert made["tables"]["shared_sections"] == []


@pytest.mark.parametrize("sizes", ["1024,20480,7 68", "1024,204 80,768", "10 24,20480,768"])
def test_a_line_end_that_the_copy_lost(sizes: str) -> None:
    (finding,) = compose.findings(compose.document(compose.SERVER_2016 + windows_value(csrss(sizes))), RULE)
    assert finding["severity"] == "info"
    assert "copied with losses" in finding["summary"] and "a blank stands inside" in finding["summary"]
    assert not any(one["when"] == "cause" for one in finding["advice"])


def test_near_miss() -> None:
    cases: dict[str, compose.Text] = {
        "whole": compose.SERVER_2016 + windows_value(VALUE) + running(VALUE),
        "XP": compose.XP_VALUE,
        "mentioned": "%SystemRoot%\\system32\\csrss.exe ObjectDirectory=\\Windows SharedSection=1024, 20480,768 Windows On SubSystemType=Windows\n",
        "shortened": windows_value("csrss.exe ObjectDirectory=\\Windows SharedSection=1024,20480,768 Windows=On MaxRequestThreads=16"),
        "cut by its tool": running(VALUE[:150]),
        "a quoted path": windows_value(VALUE.replace(VALUE.split()[0], f'"{VALUE.split()[0]}"')),
        **{f"wrapped at {width}": windows_value(wrapped(VALUE, width, 0)) for width in (60, 76, 80, 100, 120)},
    }  # fmt: skip
    told = {name: [one["summary"] for one in compose.findings(made, RULE)] for name, made in compose.documents(cases).items()}  # fmt: skip
    assert told == {name: [] for name in cases}


def test_a_copy_that_lost_characters() -> None:
    """One console loses three characters at every wrap: nothing else is said of such a text, and its torn list is not believed."""
    key, line = windows_value(VALUE).splitlines()[:2]
    cases: dict[str, compose.Text] = {f"{width}": f"{key}\n{wrapped(line, width, 3)}\n" for width in (80, 100, 120)}
    cases["torn list"] = f"C:\\>wmic process where name='csrss.exe' get CommandLine\nCommandLine\n{wrapped(VALUE, 80, 3)}\n\n"  # fmt: skip
    assert "2048\n68" in str(cases["torn list"])
    told = compose.documents(cases)
    for name, made in told.items():
        (finding,) = compose.findings(made, RULE)
        assert (finding["severity"], finding["certainty"]) == ("info", "proved"), name
        assert "damage of the copy, not of the registry" in finding["summary"]
    others = {"second-value-above-ceiling", "third-value-missing", "heap-sizes-changed", "max-request-threads"}
    assert compose.fired(told["torn list"]) & others == set()


def test_no_data() -> None:
    assert set(compose.statuses({"prose": "Nothing of a registry.\n", "empty": ""}, RULE).values()) == {"no_data"}


@pytest.mark.parametrize("server", [server for server, _, _ in SERVERS])
def test_boundary(server: str) -> None:
    """Each part is missed on the builds that have it, and on no others; every width of a wrap without loss is read whole."""
    ((low, high),) = [(first, last) for name, first, last in SERVERS if name == server]
    for build in (low - 1, low, high, high + 1):
        parts = [name for name, first, last in SERVERS if first <= build <= last and name != server]
        text = rf"csrss.exe ObjectDirectory=\Windows SharedSection=1024,3072,512 Windows=On SubSystemType=Windows {' '.join(parts)} ProfileControl=Off MaxRequestThreads=16"
        if build >= 0:
            assert damage(text, build) == (("server",) if low <= build <= high else ()), build
    for width in range(max(map(len, VALUE.split())), len(VALUE)):  # no console is narrower than a word
        assert one_line("\n".join(line.strip() for line in wrapped(VALUE, width, 0).split("\n"))) == VALUE, width
