"""Products with a published need: named beside a symptom or a filling heap, with sizes only where Windows is known."""

from __future__ import annotations

import compose
import pytest
from compose import SYSTEM, X64, X86
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


def test_before_vista_the_heaps_must_fit() -> None:
    text = (
        compose.old_banner(3790, "Windows Server 2003", 2, 2)
        + compose.processes([(0, 4711, "distrib.exe")])
        + "\n"
        + DIED
    )
    (finding,) = compose.findings(compose.document(text), RULE)
    assert any("must fit into session view space" in action for action in finding["actions"])


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
