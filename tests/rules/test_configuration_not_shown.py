"""Heaps without the value that configured them."""

from __future__ import annotations

import compose
import pytest
from compose import DEFAULT, SYSTEM, X64, X86, csrss, running

RULE = "configuration-not-shown"
FIRES = compose.dheapmon(0, X86)


def test_fires() -> None:
    mentioned = FIRES + "\nSharedSection=1024,3072,512 Windows\n"
    told = compose.documents({"heaps": FIRES, "mentioned": mentioned, "2016": compose.SERVER_2016 + compose.dskheap(0, X64)})  # fmt: skip
    for name in told:
        (finding,) = compose.findings(told[name], RULE)
        assert (finding["severity"], finding["certainty"]) == ("info", "proved"), name
    (finding,) = compose.findings(told["heaps"], RULE)
    assert "3,072 KB for interactive desktops (second value) and about 512 KB for services (third value)" in finding["summary"]  # fmt: skip
    assert compose.cited(finding) == [("-", compose.line_of(FIRES, DEFAULT + " "))]
    assert any(text.startswith("wmic ") for text in finding["actions"])
    assert any("Get-CimInstance" in text for text in compose.findings(told["2016"], RULE)[0]["actions"]), (
        "wmic is gone from newer Windows"
    )


def test_near_miss() -> None:
    cases: dict[str, compose.Text] = {
        "registry": FIRES + compose.XP_VALUE,
        "in force": compose.dskheap(0, X64) + running(csrss()),
        "damaged, but there": compose.dskheap(0, X64) + compose.windows_value(csrss("1024,x,768")),
    }
    assert {name: RULE in compose.fired(one) for name, one in compose.documents(cases).items()} == dict.fromkeys(
        cases, False
    )


def test_no_data() -> None:
    assert compose.statuses({"registry alone": compose.XP_VALUE, "failed": compose.FAILED}, RULE) == {
        "registry alone": "no_data",
        "failed": "no_data",
    }


@pytest.mark.parametrize(("ours", "others", "told"), [(1, 2, 512), (2, 1, 1024), (1, 1, 1024)])
def test_boundary(ours: int, others: int, told: int) -> None:
    """The commonest size of the service heaps; of equally common ones the larger."""
    sizes = [1024] * ours + [512] * others
    heaps = [*X86[:3], *((SYSTEM.replace("3e7", f"3e{at}"), kb, 1.0) for at, kb in enumerate(sizes))]
    (finding,) = compose.findings(compose.document(compose.dheapmon(0, heaps)), RULE)
    assert finding["subject"]["service_kb"] == told
