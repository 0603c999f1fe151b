"""Who shares a heap, as far as its name tells."""

from __future__ import annotations

from typing import Any

import pytest

from dumpscan.rules._owners import Owner, owner_of

HEAP: dict[str, Any] = {
    "window_station": None, "desktop": None, "owner": None, "role": "service", "era": None, "session": 0, "account": None, "size_kb": 512,
}  # fmt: skip


@pytest.mark.parametrize(
    ("station", "made_by_a_program"),
    [(None, False), ("WinSta0", False), ("mystation", True)],
)
def test_only_a_station_of_another_name_was_made_by_a_program(station: str | None, made_by_a_program: bool) -> None:
    told = owner_of(HEAP | {"window_station": station, "desktop": "mydesktop"})
    expected = Owner("The processes of the program that made this window station share the heap.")
    assert told == (expected if made_by_a_program else Owner())


@pytest.mark.parametrize(("session", "service"), [(0, True), (None, True), (2, False)])
def test_a_built_in_account_outside_session_0_runs_no_services(session: int | None, service: bool) -> None:
    for owner in ("LocalSystem", "NetworkService"):
        told = owner_of(HEAP | {"owner": owner, "session": session})
        assert (f"All services under {owner}" in told.now) == service == bool(told.cause)
        assert ("Outside session 0 these are no services" in told.now) == (not service)


@pytest.mark.parametrize(
    ("session", "era", "now"),
    [
        (2, "before Vista", "log the user off"),
        (None, "before Vista", "log the user off"),
        (0, "Vista or later", "Nobody is logged on in session 0 since Vista"),
        (0, "before Vista", "Beside the programs of who is logged on at the console"),
        (0, None, "Before Vista: Beside the programs of who is logged on at the console"),
    ],
)
def test_who_has_windows_on_the_interactive_desktop(session: int | None, era: str | None, now: str) -> None:
    row = HEAP | {"window_station": "WinSta0", "role": "interactive", "session": session, "era": era}
    for desktop in ("Default", None):
        assert now in owner_of(row | {"desktop": desktop}).now
    assert "end that program" in owner_of(row | {"desktop": "Kiosk"}).now
