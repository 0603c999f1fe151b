"""The sizes that a Windows has by default, as far as all that it can be agree."""

from __future__ import annotations

import pytest

from dumpscan.platforms import BEFORE, BEFORE_8, SINCE, SINCE_8
from dumpscan.rules._sections import default_sizes


@pytest.mark.parametrize(
    ("architecture", "build", "sizes"),
    [
        ("x86", 1380, (None, None)),
        ("x86", 1381, (3072, 512)),
        ("x86", 6000, (3072, 512)),  # Vista without a service pack
        ("x86", 6001, (12288, 512)),
        ("x86", 26100, (12288, 512)),
        ("x64", 3789, (None, None)),
        ("x64", 3790, (20480, None)),
        ("x64", 5999, (20480, None)),
        ("x64", 6000, (20480, 768)),
        ("x64", 26100, (20480, 768)),
        (None, 6001, (None, None)),
    ],
)
def test_by_build(architecture: str | None, build: int, sizes: tuple[int | None, int | None]) -> None:
    assert default_sizes(architecture, None, None, build) == sizes


@pytest.mark.parametrize(
    ("architecture", "era", "generation", "sizes"),
    [
        ("x86", None, None, (None, 512)),
        ("x86", BEFORE, None, (3072, 512)),
        ("x86", SINCE, None, (None, 512)),  # Vista itself had 3072
        ("x86", None, BEFORE_8, (None, 512)),
        ("x86", None, SINCE_8, (12288, 512)),
        ("x64", None, None, (20480, None)),
        ("x64", BEFORE, None, (20480, None)),
        ("x64", SINCE, None, (20480, 768)),
        ("x64", SINCE, BEFORE_8, (20480, 768)),
        ("x64", BEFORE, BEFORE_8, (20480, None)),
    ],
)
def test_by_age(
    architecture: str, era: str | None, generation: str | None, sizes: tuple[int | None, int | None]
) -> None:
    assert default_sizes(architecture, era, generation, None) == sizes


def test_a_build_that_contradicts_its_age_has_none() -> None:
    assert default_sizes("x86", BEFORE, None, 7601) == (None, None)
    assert default_sizes("x86", BEFORE, None, 5999) == (3072, 512)
    assert default_sizes("x86", SINCE, None, 5999) == (None, None)
    assert default_sizes("x86", SINCE, None, 6000) == (3072, 512)
    assert default_sizes("x64", None, SINCE_8, 9199) == default_sizes("x64", None, BEFORE_8, 9200) == (None, None)
    assert default_sizes("x64", None, SINCE_8, 9200) == default_sizes("x64", None, BEFORE_8, 9199) == (20480, 768)
