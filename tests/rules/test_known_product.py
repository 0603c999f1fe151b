"""Products with a published need: named beside a symptom or a filling heap, with sizes only where Windows is known."""

from __future__ import annotations

import compose
import pytest
from compose import DEFAULT, SYSTEM, X64, X86
from test_symptoms import SAID

from dumpscan.rules.known_product import FULLER, PRODUCTS, Product
from dumpscan.symptoms import BY_SIGNATURE

RULE = "known-product"
DIED = "exit code 0xC0000142\n"
NOMAD = compose.processes([(0, 4711, "nomad.exe")])
FIRES = compose.banner(17763, name="Windows 10", target="x64") + NOMAD + "\n" + DIED


def products(told: compose.Document) -> list[str]:
    return [one["subject"]["product"] for one in compose.findings(told, RULE)]


def test_fires() -> None:
    (finding,) = compose.findings(compose.document(FIRES), RULE)
    assert (finding["severity"], finding["certainty"]) == ("info", "possible")
    assert finding["summary"] == (
        "Nomad is seen here beside signs of trouble. Known of it: 20 to 24 allocations fill a service heap of 768 KB (about 32 KB each) "
        "(HashiCorp, nomad issue 6715)."
    )
    (line,) = compose.reboot_advice(finding)
    assert "4096" in line
    assert finding["references"] == ["HashiCorp, nomad issue 6715"]
    assert sorted(compose.cited(finding)) == [
        ("-", compose.line_of(FIRES, "nomad.exe")),
        ("-", compose.line_of(FIRES, "0xC0000142")),
    ]


def test_near_miss() -> None:
    cases: dict[str, compose.Text] = {
        "no trouble": NOMAD,
        "points away": NOMAD + "\nThe paging file is too small for this operation to complete.\n",
        "healthy heaps": NOMAD + compose.dskheap(0, X64),
        "another program": compose.processes([(0, 4711, "nomadic.exe")]) + "\n" + DIED,
        "sizes without use": NOMAD + compose.deskscan([(SYSTEM, 512)]),
        "full in an older listing": "".join(
            compose.march(day) + NOMAD + compose.dheapmon(0, compose.replaced(X86, SYSTEM, 512, used))
            for day, used in ((1, 90), (2, 15))
        ),
        "prose": "We run nomad.exe here.\n" + DIED,
    }
    assert {name: products(told) for name, told in compose.documents(cases).items()} == {name: [] for name in cases}


def test_no_data() -> None:
    told = compose.statuses({"prose": "Nothing.\n", "empty": "", "heaps": compose.dskheap(0, X86)}, RULE)
    assert told == {"prose": "no_data", "empty": "no_data", "heaps": "clear"}


@pytest.mark.parametrize("percent", [FULLER - 1, FULLER, FULLER + 1])
def test_boundary(percent: int) -> None:
    """A heap from 80 % on is trouble enough."""
    full = compose.dskheap(0, compose.replaced(X64, SYSTEM, 768, percent))
    assert products(compose.document(NOMAD + full)) == (["Nomad"] if percent >= FULLER else [])


def test_sizes_need_a_known_windows() -> None:
    told = compose.documents({"unknown": NOMAD + "\n" + DIED, "known": FIRES})
    (unknown,), (known,) = (compose.findings(made, RULE) for made in told.values())
    assert compose.reboot_advice(unknown) == [] and compose.reboot_advice(known)
    assert any("Windows and architecture" in action for action in unknown["actions"])


def test_sizes_need_era_and_architecture() -> None:
    """Half of it is not enough; and that the heaps must fit into the view is told beside a size before Vista, and nowhere else."""
    old = compose.old_banner(3790, "Windows Server 2003", 2, 2)
    cases: dict[str, compose.Text] = {
        "only the era": NOMAD + compose.dheapmon(0, [(DEFAULT, 8192, 5), (SYSTEM, 512, 85)]),
        "only the architecture": NOMAD + compose.dskheap(0, compose.replaced(X64, SYSTEM, 768, 85)),
        "both, before Vista": old + NOMAD + "\n" + DIED,
        "both, since Vista": FIRES,
        "no size to tell": old + compose.processes([(0, 4711, "sshd.exe")]) + "\n" + DIED,
        "no size, and nothing known": compose.processes([(0, 4711, "sshd.exe")]) + "\n" + DIED,
    }
    told = {name: compose.findings(one, RULE)[0]["advice"] for name, one in compose.documents(cases).items()}
    nomad, ssh = ([*one.do] for one in PRODUCTS if one.name in ("Nomad", "an SSH or SFTP server"))
    unknown = (
        "now",
        "Find out Windows and architecture (vertarget, systeminfo): its maker's SharedSection figures are told only for a known one.",
    )
    fit = (
        "cause",
        "The third SharedSection value counts for every service heap: before Vista all of them must fit into session view space.",
    )
    unsized = [one for one in nomad if one[0] != "reboot"]
    assert {name: [(one["when"], one["text"]) for one in advice] for name, advice in told.items()} == {
        "only the era": [*unsized, unknown], "only the architecture": [*unsized, unknown], "both, before Vista": [*nomad, fit],
        "both, since Vista": nomad, "no size to tell": ssh, "no size, and nothing known": ssh,
    }  # fmt: skip


def test_a_full_heap_has_its_own_step() -> None:
    """Its size comes first; that of the product only after it."""
    full = compose.old_banner(3790, "Windows Server 2003", 2, 2) + NOMAD
    full += compose.dheapmon(0, compose.replaced(X86, SYSTEM, 512, 99))
    (finding,) = compose.findings(compose.document(full), RULE)
    (nomad,) = (one for one in PRODUCTS if one.name == "Nomad")
    step = "If the step that the full heap needs is not enough: "
    assert [(one["when"], one["text"]) for one in finding["advice"][:-1]] == [
        (when, step + text if when == "reboot" else text) for when, text in nomad.do
    ]


def test_only_symptoms_that_a_heap_can_have_are_trouble() -> None:
    told = compose.documents({name: NOMAD + "\n" + said + "\n" for name, said in SAID.items()})
    points = {name: {BY_SIGNATURE[row["signature"]].specificity for row in one["tables"]["symptoms"]} for name, one in told.items()}  # fmt: skip
    assert {name: "Nomad" in products(one) for name, one in told.items()} == {
        name: bool(each & {"S", "M", "L"}) for name, each in points.items()
    }
    assert [{one} in points.values() for one in ("S", "M", "L")] == [True] * 3


def test_the_lines_of_two_products() -> None:
    """Each where it was seen first, and both beside the fullest heap and the first symptom."""
    heaps = compose.replaced(compose.replaced(X86, SYSTEM, 512, 85), X86[4][0], 512, 95)
    text = compose.processes([(0, 4712, "sshd.exe"), (0, 4711, "nomad.exe"), (0, 4713, "nomad.exe")]) + "\n"
    text += compose.dheapmon(0, heaps) + f"{DIED}one more {DIED}"
    found = compose.findings(compose.document(text), RULE)
    assert [one["subject"] for one in found] == [{"product": "Nomad"}, {"product": "an SSH or SFTP server"}]
    trouble = [
        (compose.line_of(text, X86[4][0]), "a heap that is filling up"),
        (compose.line_of(text, "one more") - 1, "a symptom, as somebody saw or wrote it"),
    ]
    first = {"Nomad": compose.line_of(text, "4711") - 1, "an SSH or SFTP server": compose.line_of(text, "4712") - 1}
    for one in found:
        shown = [(line["line"], line["shows"]) for line in one["evidence"]]
        assert shown == [(first[one["subject"]["product"]], "its process is in this list"), *trouble]


@pytest.mark.parametrize("one", PRODUCTS, ids=lambda one: one.name)
def test_each_product_is_recognised(one: Product) -> None:
    """By each image, service, station and error text of its own."""
    cases: dict[str, compose.Text] = {}
    for image in one.processes:
        cases[image] = compose.processes([(1, 500, f"{image.upper()}.exe")]) + "\n" + DIED
    for service in one.services:
        cases[service] = (
            f"SERVICE_NAME: {service}\n        TYPE               : 10  WIN32_OWN_PROCESS\n        STATE              : 4  RUNNING\n        PID                : 1388\n        FLAGS              :\n"
            + DIED
        )
    for station in one.stations:
        cases[station] = compose.dskheap(0, [*X86, (rf"{station}\Default", 512, 5)]) + DIED
    for sign in one.signs:
        assert sign in BY_SIGNATURE
        cases[sign] = SAID[sign] + "\n"
    assert cases
    assert {name: products(told) for name, told in compose.documents(cases).items()} == {
        name: [one.name] for name in cases
    }
