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


def test_what_is_told_and_advised() -> None:
    """Whether the machine boots with it, who is suspected, and what to do depend on the damage, and on where the value stands."""
    word, fourth, on, torn = csrss("1024,20480,abc"), csrss("1024,20480,768,512"), VALUE.replace("Windows=On", "Windows On"), csrss("1024,20480,7 68")  # fmt: skip
    cases: dict[str, compose.Text] = {
        f"{place} {kind}": compose.SERVER_2016 + made(text)
        for place, made in (("registry", windows_value), ("running", running))
        for kind, text in (("word", word), ("fourth", fourth), ("on", on))
    }
    cases |= {"torn": compose.SERVER_2016 + windows_value(torn), "torn on": compose.SERVER_2016 + windows_value(torn.replace("Windows=On", "Windows On"))}  # fmt: skip
    cases["lost"] = f"{compose.SUBSYSTEMS}\n{wrapped(windows_value(VALUE).splitlines()[1], 80, 3)}\n"
    told = {name: compose.findings(made, RULE) for name, made in compose.documents(cases).items()}
    assert {name: len(found) for name, found in told.items()} == dict.fromkeys(cases, 1)
    one = {name: found[0] for name, found in told.items()}
    assert {name: finding["subject"] for name, finding in one.items()} == {
        f"{place} {kind}": {"damage": [kind], "in_force": place == "running"}
        for place in ("registry", "running")
        for kind in ("word", "fourth", "on")
    } | {"torn": {"damage": ["gap"], "in_force": False}, "torn on": {"damage": ["on", "gap"], "in_force": False}, "lost": {"damage": ["copy"], "in_force": False}}  # fmt: skip
    for words, names in {
        "may not boot with it": {"registry on", "torn on"},
        "The machine runs with it, if this copy is true": {"running on"},
        "Tampering is suspected": {"registry word", "running word"},
        "(in the registry)": {name for name in cases if not name.startswith("running")},
        "(in force since the boot)": {name for name in cases if name.startswith("running")},
        "was copied with losses": {"torn", "lost"},
        "No size is taken from it": {"torn"},
        "not documented": set(),
    }.items():
        assert {name for name, finding in one.items() if words in finding["summary"]} == names, words
    assert {name: [part["when"] for part in finding["advice"]] for name, finding in one.items()} == {
        name: ["now"] if name in ("torn", "lost") else ["now", "cause", "cause", "futile"] if "word" in name else ["now", "cause", "futile"]
        for name in cases
    }  # fmt: skip
    assert "who wrote it" in one["registry word"]["advice"][1]["text"]
    assert {name: (finding["severity"], finding["certainty"]) for name, finding in one.items()} == {
        "registry word": ("medium", "proved"), "registry fourth": ("low", "possible"), "registry on": ("critical", "likely"),
        "running word": ("medium", "proved"), "running fourth": ("low", "possible"), "running on": ("medium", "likely"),
        "torn": ("info", "likely"), "torn on": ("critical", "likely"), "lost": ("info", "proved"),
    }  # fmt: skip
    assert one["torn on"]["evidence"][0]["shows"] == "Windows On lacks its ="


@pytest.mark.parametrize(
    ("sizes", "kinds"),
    [
        ("1024,abc,512,256", ("word",)),
        ("1024,3072,512,256", ("fourth",)),
        ("1024,3072,512", ()),
        ("1024,3072", ()),
        ("1024, 3072,512,256", ("blank", "fourth")),
        ("1024,abc,512 Windows=On SharedSection=1024,3072,512,256", ("twice",)),
        ("1024;3072 Windows=On SharedSection=1024;3072", ("twice",)),
        ("1024,3072,512 Windows=On sharedsection=1024", ("twice",)),
        ("1024,3072,5 12", ("gap",)),
        ("1024 3072 512", ("parted",)),
        ("1024,3072 512 Windows On", ("on", "gap")),
        ("1024,30 72 5 12", ("parted",)),
        ('1024,3072,512 Other="x"', ("quotes",)),
        ('1024,3072,512 ObjectDirectory=\\Windows "x" y', ("quotes",)),
    ],
)
def test_each_damage_by_itself(sizes: str, kinds: tuple[str, ...]) -> None:
    """The worst first; what hangs on the place in one list is not said where there are two."""
    assert damage(f"csrss.exe SharedSection={sizes} Windows=On") == kinds


def test_which_texts_and_machines() -> None:
    """The build decides which parts are missed; each damage of a machine is told once."""
    seven = csrss("1024,3072,512", build=7601)
    without_sxs = compose.windows_value(seven.replace("ServerDll=sxssrv,4 ", ""))
    windows_7 = compose.banner(7601, name="Windows 7")
    word, fourth = windows_value(csrss("1024,20480,abc")), windows_value(csrss("1024,20480,768,512"))
    cases: dict[str, compose.Text] = {
        "no banner": without_sxs,
        "no banner, a blank": windows_value(csrss("1024, 20480,768")),
        "Windows 7": windows_7 + without_sxs,
        "XP": compose.XP + without_sxs,
        "of two machines": {"a/a.txt": compose.XP + without_sxs, "b/b.txt": windows_7 + without_sxs},
        "twice": compose.SERVER_2016 + word + word,
        "two of a kind": compose.SERVER_2016 + word + windows_value(csrss("1024,20480,abd")),
        "two kinds": compose.SERVER_2016 + word + fourth,
        "two machines": {"a/a.txt": compose.SERVER_2016 + word, "b/b.txt": compose.SERVER_2016 + word},
        "one in force": {"a/a.txt": compose.SERVER_2016 + running(csrss("1024,20480,abc")), "b/b.txt": compose.SERVER_2016 + word},
    }  # fmt: skip
    told = {name: [(one["machine"], *one["subject"]["damage"]) for one in compose.findings(made, RULE)] for name, made in compose.documents(cases).items()}  # fmt: skip
    assert {name: sorted(found) for name, found in told.items()} == {
        "no banner": [], "no banner, a blank": [("unnamed", "blank")], "Windows 7": [("unnamed", "server")], "XP": [], "of two machines": [("b", "server")], "twice": [("unnamed", "word")],
        "two of a kind": [("unnamed", "word")], "two kinds": [("unnamed", "fourth"), ("unnamed", "word")], "two machines": [("a", "word"), ("b", "word")],
        "one in force": [("a", "word"), ("b", "word")],
    }  # fmt: skip


def test_beside_the_verdict() -> None:
    """What is configured is no sign of full heaps."""
    compose.assert_beside_no_sign(FIRES + compose.dskheap(0, compose.VISTA), RULE)
