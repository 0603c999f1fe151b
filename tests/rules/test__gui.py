"""How accounts and what they share are told."""

from __future__ import annotations

import math

import pytest

from dumpscan.rules._gui import account_name, heap_of


@pytest.mark.parametrize("account", [None, math.nan])
def test_an_account_that_nobody_told(account: object) -> None:
    assert account_name(account) == "an account that is not told"


def test_an_account_is_told_by_its_name() -> None:
    assert account_name(r"CONTOSO\frieda") == r"CONTOSO\frieda"
    assert heap_of(r"CONTOSO\frieda") == "the heap of the Service-0x station of their logon"
