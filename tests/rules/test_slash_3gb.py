"""/3GB fixes session view space at 20 MB; what proves it, what only suggests it."""

from __future__ import annotations

import compose
from compose import X64, X86

from dumpscan.platforms import XP

RULE = "slash-3gb"
OPTIONS = compose.registry(compose.CONTROL, {"SystemStartOptions": "NOEXECUTE=OPTIN  3GB  USERVA=3030"})
OTHER_OPTIONS = compose.registry(compose.CONTROL, {"SystemStartOptions": "NOEXECUTE=OPTIN  PAE"})
ADDRESS = "0: kd> dp nt!MmHighestUserAddress L1\n8089ef5c  {}\n"
BOOT_INI = (
    "[boot loader]\ndefault=multi(0)disk(0)rdisk(0)partition(1)\\WINDOWS\n[operating systems]\n"
    'multi(0)disk(0)rdisk(0)partition(1)\\WINDOWS="Windows Server 2003, Enterprise" /fastdetect /3GB\n\n'
)


def view(mb: int) -> str:
    return compose.registry(compose.MEMORY_MANAGEMENT, {"SessionViewSize": mb})


FIRES = OPTIONS + view(48)


def test_fires() -> None:
    docs = compose.documents(
        {
            "SystemStartOptions": FIRES,
            "memory": ADDRESS.format("bffeffff"),
            "limit": view(48) + compose.view_size(20480),
            "boot.ini": BOOT_INI,
            "of Server 2003": compose.banner(3790) + FIRES,
        }
    )
    told = {name: compose.findings(doc, RULE)[0] for name, doc in docs.items()}
    assert {name: (one["severity"], one["certainty"]) for name, one in told.items()} == {
        "SystemStartOptions": ("high", "proved"),
        "memory": ("high", "proved"),
        "limit": ("high", "likely"),
        "boot.ini": ("medium", "possible"),
        "of Server 2003": ("high", "proved"),
    }
    assert "20 MB on XP and Server 2003" in told["boot.ini"]["summary"]
    assert "session view space has 20 MB." in told["of Server 2003"]["summary"]
    first = told["SystemStartOptions"]
    assert "20 MB" in first["summary"] and "48 MB of SessionViewSize" in first["summary"]
    assert ("-", compose.line_of(FIRES, "SystemStartOptions")) in compose.cited(first)
    assert ("-", compose.line_of(FIRES, "SessionViewSize")) in compose.cited(first)
    assert any("1 GB" in text and "the 48 MB of the registry" in text for text in compose.reboot_advice(first))
    assert any("only if the value SessionViewSize = 48" in text for text in compose.reboot_advice(told["memory"]))
    assert "20 MB although the registry asks for 48 MB" in told["limit"]["summary"]
    assert any("SystemStartOptions" in action and "bffeffff" in action for action in told["boot.ini"]["actions"])
    assert ("-", compose.line_of(BOOT_INI, "/3GB")) in compose.cited(told["boot.ini"])
    assert docs["SystemStartOptions"]["verdict"]["mode"] == "undecided"


def test_near_miss() -> None:
    cases: dict[str, compose.Text] = {
        "without the switch": ADDRESS.format("7ffeffff") + view(48),
        "another entry was booted": BOOT_INI + OTHER_OPTIONS,
        "told by the kernel": BOOT_INI + ADDRESS.format("7ffeffff"),
        "a small limit, told by the kernel": view(48) + compose.view_size(20480) + ADDRESS.format("7ffeffff"),
        "a larger limit": BOOT_INI + compose.view_size(49152),
        "a small limit, and it was not booted": view(48) + compose.view_size(20480) + OTHER_OPTIONS,
        "small by default": compose.view_size(20480) + compose.dheapmon(0, X86),
        "x64": compose.banner(3790, target="x64") + OPTIONS + view(48),
        "x64 heaps": compose.dheapmon(0, X64) + BOOT_INI,
        "Windows 2000": compose.banner(2195, name="Windows 2000") + BOOT_INI,
        "Vista": compose.banner(6002, name="Windows Vista") + OPTIONS + view(48),
        "prose": "Add /3GB to boot.ini, said the vendor.\n" + compose.dheapmon(0, X86),
        "another machine": {
            "a/limit.txt": compose.view_size(20480) + compose.dheapmon(0, X86),
            "b/view.txt": view(48),
        },
    }
    told = {name: compose.findings(one, RULE) for name, one in compose.documents(cases).items()}
    assert told == {name: [] for name in cases}


def test_no_data() -> None:
    assert compose.statuses({"nothing": "Nothing of a debugger.\n"}, RULE) == {"nothing": "no_data"}
    vista = {"Vista": compose.banner(6002, name="Windows Vista") + OPTIONS}
    assert compose.statuses(vista, RULE) == {"Vista": "not_applicable"}


def test_boundary() -> None:
    """A registry value at and just above what /3GB leaves; the first build that it concerns."""
    cases: dict[str, compose.Text] = {
        f"{mb} MB": view(mb) + compose.view_size(20480) + compose.dheapmon(0, X86) for mb in (19, 20, 21)
    }
    for build in (XP - 1, XP, XP + 1):
        cases[f"build {build}"] = compose.banner(build) + OPTIONS
    for address in ("7ffeffff", "800effff", "bffeffff"):
        cases[address] = ADDRESS.format(address)
    found = {name for name, status in compose.statuses(cases, RULE).items() if status == "found"}
    assert found == {"21 MB", f"build {XP}", f"build {XP + 1}", "800effff", "bffeffff"}


def test_two_boots() -> None:
    """A proof for /3GB and one against it are of two boots: neither speaks for the one that failed."""
    text = compose.banner(3790) + OPTIONS + ADDRESS.format("7ffeffff") + view(48)
    told = compose.document(text)
    (finding,) = compose.findings(told, RULE)
    assert (finding["severity"], finding["certainty"]) == ("medium", "possible")
    assert "another had not" in finding["summary"]
    assert ("-", compose.line_of(text, "7ffeffff")) in compose.cited(finding)
    limits = [one["value"] for one in told["settings"] if one["label"] == "Session view space"]
    assert limits == ["20,480 KB or 49,152 KB"]


def test_without_it_the_registry_counts() -> None:
    """7ffeffff beside an entry with /3GB: that boot was without it, so SessionViewSize is in force."""
    text = compose.banner(3790) + BOOT_INI + view(48)
    docs = compose.documents(
        {"7ffeffff": text + ADDRESS.format("7ffeffff"), "bffeffff": text + ADDRESS.format("bffeffff"), "open": text}
    )
    limits = {
        name: [one["value"] for one in doc["settings"] if one["label"] == "Session view space"]
        for name, doc in docs.items()
    }
    assert limits == {"7ffeffff": ["49,152 KB"], "bffeffff": ["20,480 KB"], "open": ["20,480 KB or 49,152 KB"]}
    assert compose.of_rule(docs["7ffeffff"], RULE)["status"] == "clear"


def test_what_speaks_for_it_and_what_is_cited() -> None:
    """The proof alone is cited where there is one, and the limit and the registry beside it; each machine for itself."""
    xp = compose.XP
    cases: dict[str, compose.Text] = {
        "proved": xp + BOOT_INI + FIRES,
        "proved, 20 MB printed": xp + OPTIONS + compose.view_size(20480),
        "likely": xp + view(48) + view(48) + compose.vm4(20480),
        "likely, and in boot.ini": xp + BOOT_INI + view(48) + compose.view_size(20480),
        "possible": xp + BOOT_INI + view(48),
        "no limit": xp + BOOT_INI + compose.vm4(1023),
        "a larger limit": xp + OPTIONS + compose.view_size(49152),
        "another small limit": xp + view(48) + compose.view_size(19456),
        "of two machines": {"a/a.txt": xp + FIRES, "b/b.txt": xp + view(64), "c/c.txt": xp + BOOT_INI},
        "x64 beside it": {"a/a.txt": xp + view(48), "b/b.txt": compose.banner(3790, target="x64") + FIRES},
    }
    told = {name: compose.findings(doc, RULE) for name, doc in compose.documents(cases).items()}
    assert {name: [(one["machine"], one["certainty"], one["severity"], one["subject"]["stored_mb"]) for one in found] for name, found in told.items()} == {
        "proved": [("unnamed", "proved", "high", 48)], "proved, 20 MB printed": [("unnamed", "proved", "high", None)],
        "likely": [("unnamed", "likely", "high", 48)], "likely, and in boot.ini": [("unnamed", "likely", "high", 48)],
        "possible": [("unnamed", "possible", "medium", 48)], "no limit": [("unnamed", "possible", "medium", None)], "a larger limit": [],
        "another small limit": [], "of two machines": [("a", "proved", "high", 48), ("c", "possible", "medium", None)], "x64 beside it": [],
    }  # fmt: skip
    shows = {name: [one["shows"] for one in found[0]["evidence"]] for name, found in told.items() if found}
    limit, stored = "the limit of session view space: 20,480 KB", "SessionViewSize = 48 in the registry"
    assert shows["proved"] == ["/3GB, in SystemStartOptions", stored]
    assert shows["proved, 20 MB printed"] == ["/3GB, in SystemStartOptions", limit]
    assert shows["likely"] == [limit, stored, stored]
    assert shows["likely, and in boot.ini"][1:] == [limit, stored] and "boot.ini" in shows["likely, and in boot.ini"][0]
    asks = {name for name, found in told.items() if found and any("what was booted" in text for text in found[0]["actions"])}  # fmt: skip
    assert asks == {"likely", "likely, and in boot.ini", "possible", "no limit"}
    assert [one["when"] for one in told["proved"][0]["advice"]] == ["reboot", "reboot", "futile"]
    assert "The 48 MB of SessionViewSize in the registry count for nothing." in told["proved"][0]["summary"]
    assert told["proved, 20 MB printed"][0]["summary"] == "/3GB is in force: session view space has 20 MB."
    assert told["proved"][0]["snapshot"] == 1
