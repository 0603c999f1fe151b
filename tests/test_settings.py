"""The box beside the verdict: Windows, heap sizes and the limit of session view space, each with how it is known."""

from __future__ import annotations

import compose
from compose import X86

OLD = compose.banner(3790, name="Windows Server 2003")
NO_LIMIT = ("20,480 KB or 49,152 KB", "not in the logs; what this Windows can have")


def box(*texts: str) -> dict[str, tuple[str, str]]:
    (document,) = (compose.analysis({"case": "".join(texts)}).to_dict("case"),)
    return {row["label"]: (row["value"], row["how"]) for row in document["settings"]}


def limit(*texts: str) -> tuple[str, str]:
    return box(*texts)["Session view space"]


def line_of(text: str, words: str) -> int:
    return next(number for number, line in enumerate(text.splitlines(), 1) if words in line)


def test_a_limit_that_was_printed_is_told_although_no_heaps_were_listed() -> None:
    text = OLD + compose.view_size(49152)
    assert limit(text) == ("49,152 KB", f"nt!MmSessionViewSize, -:{line_of(text, '03000000')}")


def test_limits_that_differ_are_both_told_with_their_lines() -> None:
    text = OLD + compose.view_size(49152) + compose.view_size(20480)
    value, how = limit(text)
    assert value == "20,480 KB or 49,152 KB"
    assert how == f"nt!MmSessionViewSize, -:{line_of(text, '01400000')}; nt!MmSessionViewSize, -:{line_of(text, '03000000')}"  # fmt: skip


def test_a_limit_that_could_not_be_read_is_none() -> None:
    assert limit(OLD, compose.view_size(512)) == NO_LIMIT


def test_without_a_print_the_limit_is_what_this_windows_can_have() -> None:
    assert limit(OLD) == NO_LIMIT


def test_a_limit_of_another_machine_is_not_told() -> None:
    texts = {"A/a.txt": OLD + compose.dheapmon(0, X86), "B/b.txt": OLD + compose.view_size(49152)}
    document = compose.analysis({"case": texts}).to_dict("case")
    assert document["verdict"]["scope"]["machine"] == "A"
    told = {row["label"]: row["value"] for row in document["settings"]}
    assert told["Session view space"] == NO_LIMIT[0]


def test_uptime_is_that_of_the_moment_that_is_judged() -> None:
    days = ((1, "3 days 1:00:00"), (4, "6 days 1:00:00"), (7, "9 days 1:00:00"))
    texts = [compose.march(day, uptime=uptime) + compose.dheapmon(0, X86) for day, uptime in days]
    assert box(*texts)["Windows"][0].endswith("up 9 days 1:00:00.000")


def test_without_a_moment_the_first_banner_tells() -> None:
    assert box(OLD, compose.dheapmon(0, X86))["Windows"][0].startswith("Windows Server 2003, build 3790")
