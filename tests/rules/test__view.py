"""What is asked where /3GB may be in force, and whether a larger view is advised."""

from __future__ import annotations

from typing import Any

import pytest

from dumpscan.platforms import BEFORE, SINCE
from dumpscan.rules._view import ask_for_slash_3gb, larger_view

VIEW: dict[str, Any] = {
    "limit_kb": 49152, "free_ptes": 40000, "era": BEFORE, "architecture": "x86", "view_how": None, "stored_view_kb": None, "session_pool_kb": None,
    "slash_3gb_open": False,
}  # fmt: skip
OPEN = {"slash_3gb_open": True}


@pytest.mark.parametrize("stored", [None, 0, 16, 20, 21, 48])
def test_a_stored_view_is_told_where_it_is_larger_than_that_of_slash_3gb(stored: int | None) -> None:
    when, told = ask_for_slash_3gb({"stored_view_kb": None if stored is None else stored * 1024})
    assert when == "now" and "/3GB may be in force, which fixes the view at 20 MB" in told
    larger = (stored or 0) > 20
    assert ("The registry already asks for" in told) == larger
    assert (f"asks for {stored} MB: it counts after a restart without /3GB." in told) == larger


@pytest.mark.parametrize(
    ("row", "when", "says"),
    [
        ({}, "reboot", "to 64 MB: 40,000 system PTEs are free, and it takes 4,096."),
        ({"limit_kb": 48000}, "reboot", "to 48 MB: 40,000 system PTEs are free, and it takes 512."),
        ({"free_ptes": 14096}, "reboot", "to 64 MB: 14,096"),
        ({"free_ptes": 14095}, "futile", "only 14,095 system PTEs are free, and one step takes 4,096 of them"),
        ({"free_ptes": None}, "reboot", "once !vm shows at least 14,096 free system PTEs; it is not in these texts."),
        ({"limit_kb": 20480}, "reboot", "it takes 3,072. With /3GB it is fixed at 20 MB"),
        ({"limit_kb": 20480, "free_ptes": None}, "reboot", "not in these texts. With /3GB it is fixed at 20 MB"),
        ({"view_how": "/3GB in SystemStartOptions"}, "futile", "/3GB in SystemStartOptions proves that the view has 20 MB"),
        ({"view_how": "the registry"}, "reboot", "to 64 MB"),
        (OPEN, "reboot", "to 64 MB"),
        (OPEN | {"limit_kb": 20480}, "now", "/3GB may be in force"),
        (OPEN | {"limit_kb": None}, "now", "/3GB may be in force"),
        (OPEN | {"limit_kb": 20480, "era": None}, "reboot", "Only if a banner shows"),
        ({"limit_kb": None}, "reboot", "once nt!MmSessionViewSize and the free system PTEs of !vm are printed"),
        ({"limit_kb": None, "era": None}, "reboot", "Only if a banner shows"),
        ({"era": SINCE}, "reboot", "Only if a banner shows"),
        ({"architecture": "x64", "limit_kb": 106495}, "reboot", "without it this 64-bit Windows has 104 MB"),
        ({"architecture": "x64", "limit_kb": 106496}, "reboot", "to 112 MB"),
        ({"architecture": None}, "reboot", "to 64 MB"),
        ({"stored_view_kb": 48 * 1024}, "reboot", "to 64 MB"),
        ({"stored_view_kb": 49 * 1024}, "reboot", "the registry already asks for 49 MB, and 48 MB were printed"),
        ({"limit_kb": 48000, "stored_view_kb": 48 * 1024}, "reboot", "asks for 48 MB, and 46 MB were printed"),
        ({"session_pool_kb": 386 * 1024}, "reboot", "to 64 MB"),
        ({"session_pool_kb": 386 * 1024 + 1}, "futile", "stay below 450 MB, and 64 MB beside the 395,265 KB of the pool are more"),
        ({"session_pool_kb": 500000, "architecture": "x64", "limit_kb": 106496}, "reboot", "to 112 MB"),
        ({"limit_kb": 432 * 1024}, "reboot", "to 448 MB"),
        ({"limit_kb": 448 * 1024}, "futile", "must stay below 450 MB, and the view has 448 MB"),
    ],
)  # fmt: skip
def test_the_next_view_or_why_there_is_none(row: dict[str, Any], when: str, says: str) -> None:
    told = larger_view(VIEW | row)
    assert told[0] == when and says in told[1]
    assert ("With /3GB it is fixed" in told[1]) == ((row.get("limit_kb") == 20480 and "to 32 MB" in told[1]) or "With /3GB" in says)  # fmt: skip
