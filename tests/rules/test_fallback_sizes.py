"""512 and 128 KB: what Windows makes where the configured heaps do not fit."""

from __future__ import annotations

import compose
from compose import DEFAULT, SYSTEM, WINLOGON, X86, Heap

from dumpscan.rules._sizes import FALLBACK_INTERACTIVE, FALLBACK_SERVICE
from dumpscan.rules._view import PTES_TO_KEEP

RULE = "fallback-sizes"
FIXED = {64, 128}


def fallen(interactive: int = FALLBACK_INTERACTIVE, service: int = FALLBACK_SERVICE) -> list[Heap]:
    sizes = {DEFAULT: interactive}
    return [(path, kb if kb in FIXED and path != SYSTEM else sizes.get(path, service), used) for path, kb, used in X86]


LISTING = compose.dheapmon(0, fallen())
FIRES = compose.banner(3790) + LISTING + compose.stored_sections("1024,3072,2048")
OPTIONS = compose.registry(compose.CONTROL, {"SystemStartOptions": "NOEXECUTE=OPTIN  3GB"})


def test_fires() -> None:
    """Blog comment 26: /3GB, 2,048 KB configured, 128 KB observed."""
    docs = compose.documents(
        {
            "configured": FIRES,
            "with /3GB": FIRES + OPTIONS,
            "not seen": LISTING,
            "with a limit": FIRES + compose.view_size(49152) + compose.vm4(None, counters=compose.free_ptes(40000)),
            "the second value alone is larger": compose.banner(3790)
            + LISTING
            + compose.stored_sections("1024,3072,128"),
            "no third value": compose.banner(3790) + LISTING + compose.stored_sections("1024,3072"),
            "two machines": {"A1/a.txt": FIRES, "B2/b.txt": FIRES + compose.dheapmon(1, fallen()), "C3/c.txt": LISTING},
            "interactive only": compose.banner(3790) + LISTING + compose.stored_sections("1024,8192,512"),
        }
    )
    (finding,) = compose.findings(docs["configured"], RULE)
    assert (finding["severity"], finding["certainty"]) == ("high", "proved")
    assert "3,072 KB and 2,048 KB" in finding["summary"] and "fell back" in finding["summary"]
    shown = {one["shows"] for one in finding["evidence"]}
    assert {"SharedSection asks for 3,072 KB and 2,048 KB", "a service heap of 128 KB"} <= shown
    assert ("-", compose.line_of(FIRES, DEFAULT)) in compose.cited(finding)
    first = compose.reboot_advice(finding)[0]
    assert "from 2048 to 1024 or 512" in first
    assert any("nt!MmSessionViewSize" in line for line in compose.reboot_advice(finding))
    (slash,) = compose.findings(docs["with /3GB"], RULE)
    futile = [one["text"] for one in slash["advice"] if one["when"] == "futile"]
    assert any("SessionViewSize" in text and "20 MB" in text for text in futile)
    assert not any("SessionViewSize" in text for text in compose.reboot_advice(slash))
    (unseen,) = compose.findings(docs["not seen"], RULE)
    assert (unseen["severity"], unseen["certainty"]) == ("medium", "possible")
    assert not any(" from " in text for text in compose.reboot_advice(unseen))
    (limit,) = compose.findings(docs["with a limit"], RULE)
    assert any("to 64 MB" in text for text in compose.reboot_advice(limit))
    (interactive,) = compose.findings(docs["interactive only"], RULE)
    assert "second SharedSection value by a step" in compose.reboot_advice(interactive)[0]
    (second,) = compose.findings(docs["the second value alone is larger"], RULE)
    assert (second["severity"], second["certainty"]) == ("high", "proved")
    assert second["subject"] == {"session": 0, "configured_interactive_kb": 3072, "configured_service_kb": 128}
    (third,) = compose.findings(docs["no third value"], RULE)
    assert "asks for 3,072 KB and 3,072 KB" in third["summary"], "services take the second value then"
    assert "SharedSection=1024,3072 becomes SharedSection=1024,3072,512" in compose.reboot_advice(third)[0]
    each = compose.findings(docs["two machines"], RULE)
    assert [(one["machine"], one["certainty"], len(one["evidence"])) for one in each] == [
        ("A1", "proved", 6),
        ("B2", "proved", 6),
        ("C3", "possible", 5),
    ]


def test_which_value_is_lowered() -> None:
    """The third one where it is above 512, else the second where it is above its default; no number where Windows is not known."""
    old = compose.banner(3790)
    bare: list[Heap] = [(DEFAULT, 512, 5), (SYSTEM, 128, 5)]
    cases: dict[str, compose.Text] = {
        sizes: old + LISTING + compose.stored_sections(f"1024,{sizes}")
        for sizes in ("3072,128", "3072,512", "3073,512", "3072,513", "3072,1024", "3072,1025", "8192,2048")
    }
    stored = compose.stored_sections("1024,3072,2048")
    cases |= {
        "nothing of Windows": stored + compose.dskheap(0, bare),
        "no architecture": stored + compose.dheapmon(0, bare),
        "no era": stored + compose.dskheap(0, fallen()[:6]),
    }
    told = {
        name: compose.reboot_advice(compose.findings(one, RULE)[0])[0] for name, one in compose.documents(cases).items()
    }
    either, second = "the second or third SharedSection value", "the second SharedSection value by a step of 1024"
    third = "the third SharedSection value from {} to 512, which is more than the 128 in force"
    unknown = f"{either} (no number: Windows or architecture are not known)"
    assert {name: text.removeprefix("Lower ").removesuffix(", and list the heaps after the restart: larger ones may fall back again.") for name, text in told.items()} == {
        "3072,128": either, "3072,512": either, "3073,512": second, "3072,513": third.format(513), "3072,1024": third.format(1024),
        "3072,1025": third.format("1025").replace("to 512", "to 1024 or 512"), "8192,2048": third.format("2048").replace("to 512", "to 1024 or 512"),
        "nothing of Windows": unknown, "no architecture": unknown, "no era": unknown,
    }  # fmt: skip


def test_near_miss() -> None:
    old = compose.banner(3790)
    cases: dict[str, compose.Text] = {
        "configured so": old + LISTING + compose.stored_sections("1024,512,128"),
        "below the minimum": old + LISTING + compose.stored_sections("1024,512,64"),
        "one service heap is larger": old + compose.dheapmon(0, compose.replaced(fallen(), SYSTEM, 512, 5)),
        "no service heap in session 0": old
        + compose.dheapmon(0, [heap for heap in fallen() if heap[0].startswith("WinSta0")]),
        "no service heap": old + compose.dskheap(1, fallen()[:3]),
        "defaults": old + compose.dheapmon(0, X86) + compose.stored_sections("1024,3072,512"),
        "history": {
            f"{day}.txt": compose.banner(3790, time=f"Mon Nov {day} 09:30:00 2026") + compose.dheapmon(0, heaps)
            for day, heaps in ((16, fallen()), (17, X86))
        },
    }
    told = {name: compose.findings(one, RULE) for name, one in compose.documents(cases).items()}
    assert told == {name: [] for name in cases}


def test_no_data() -> None:
    cases: dict[str, compose.Text] = {"limit": compose.view_size(20480), "failed": compose.FAILED}
    assert set(compose.statuses(cases, RULE).values()) == {"no_data"}
    vista = compose.banner(6002, name="Windows Vista") + compose.dskheap(0, fallen()[:4])
    assert compose.statuses({"Vista": vista}, RULE) == {"Vista": "not_applicable"}


def test_boundary() -> None:
    """Exactly these sizes, and configured ones above them; PTEs at the edge of what one step may take."""
    cases: dict[str, compose.Text] = {}
    expected = {}
    for interactive in (FALLBACK_INTERACTIVE - 4, FALLBACK_INTERACTIVE, FALLBACK_INTERACTIVE + 4):
        for service in (FALLBACK_SERVICE - 4, FALLBACK_SERVICE, FALLBACK_SERVICE + 4):
            name = f"{interactive} {service}"
            cases[name] = compose.banner(3790) + compose.dheapmon(0, fallen(interactive, service))
            expected[name] = "found" if (interactive, service) == (512, 128) else "clear"
    for third in (FALLBACK_SERVICE - 1, FALLBACK_SERVICE, FALLBACK_SERVICE + 1):
        cases[f"third {third}"] = LISTING + compose.stored_sections(f"1024,{FALLBACK_INTERACTIVE},{third}")
        expected[f"third {third}"] = "found" if third > FALLBACK_SERVICE else "clear"
    assert compose.statuses(cases, RULE) == expected
    advised = {}
    for spare in (-1, 0, 1):
        counters = compose.free_ptes(PTES_TO_KEEP + 16 * 256 + spare)
        text = FIRES + compose.view_size(49152) + compose.vm4(None, counters=counters)
        (finding,) = compose.findings(compose.document(text), RULE)
        advised[spare] = any("to 64 MB" in line for line in compose.reboot_advice(finding))
    assert advised == {-1: False, 0: True, 1: True}


def test_winlogon_is_no_service_heap() -> None:
    """Its 128 KB are fixed: a user session with a Default of 512 KB proves nothing."""
    heaps: list[Heap] = [(DEFAULT, 512, 5), (WINLOGON, 128, 5)]
    assert compose.statuses({"user": compose.dskheap(1, heaps)}, RULE) == {"user": "clear"}
