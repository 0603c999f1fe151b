"""What is asked where /3GB may be in force."""

from __future__ import annotations

import pytest

from dumpscan.rules._view import ask_for_slash_3gb


@pytest.mark.parametrize("stored", [None, 0, 16, 20, 21, 48])
def test_a_stored_view_is_told_where_it_is_larger_than_that_of_slash_3gb(stored: int | None) -> None:
    when, told = ask_for_slash_3gb({"stored_view_kb": None if stored is None else stored * 1024})
    assert when == "now" and "/3GB may be in force, which fixes the view at 20 MB" in told
    larger = (stored or 0) > 20
    assert ("The registry already asks for" in told) == larger
    assert (f"asks for {stored} MB: it counts after a restart without /3GB." in told) == larger
