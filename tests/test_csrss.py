r"""The value `Windows` as consoles wrap it."""

from __future__ import annotations

import pytest
from compose import csrss

from dumpscan.csrss import SERVERS, complete, one_line, torn_list

VALUE = csrss()


@pytest.mark.parametrize(
    ("wrapped", "line"),
    [
        ("csrss.exe Windows=On", "csrss.exe Windows=On"),
        ("csrss.exe Shared\nSection=1024,3072,512", "csrss.exe SharedSection=1024,3072,512"),
        ("csrss.exe Shared\nSection=10", "csrss.exe SharedSection=10"),  # cut where the text ends
        ("csrss.exe\nWindows=On SubSystem\nType=Windows", "csrss.exe Windows=On SubSystemType=Windows"),
        ("csrss.exe Windows=On\nProfileControl=Off x", "csrss.exe Windows=On ProfileControl=Off x"),
        ("csrss.exe Windows=On\nMaxReq", "csrss.exe Windows=On MaxReq"),
        ("csrss.exe SubSyste\npe=Windows x", None),  # a console that lost "mTy"
        ("csrss.exe SubSyste\npe=Windows x\nWindows=On", None),
    ],
)
def test_one_line(wrapped: str, line: str | None) -> None:
    assert one_line(wrapped) == line


def test_a_list_over_the_end_of_a_line() -> None:
    assert torn_list("SharedSection=1024,20480,7\n68 Windows=On")
    assert torn_list("SharedSection=1024\n,20480,768 Windows=On")
    assert not torn_list("SharedSection=1024,20480,768\nWindows=On")


def test_servers_of_each_windows() -> None:
    def of(build: int) -> list[str]:
        return [name.rpartition("=")[2] for name, first, last in SERVERS if first <= build <= last]

    console, sxs = "winsrv:ConServerDllInitialization,2", "sxssrv,4"
    base = ["basesrv,1", "winsrv:UserServerDllInitialization,3"]
    assert of(1381) == of(3790) == of(7599) == [*base, console]
    assert of(7600) == of(7601) == [*base, console, sxs]
    assert of(9200) == of(26100) == [*base, sxs]


@pytest.mark.parametrize("part", VALUE.split(" "))
def test_a_text_without_one_of_its_words_is_not_complete(part: str) -> None:
    """But for the part that only some versions of Windows have, where the version is not known."""
    without = VALUE.replace(f" {part}", "").replace(f"{part} ", "")
    assert complete(VALUE) and complete(VALUE, 14393)
    assert complete(without) == (part == "ServerDll=sxssrv,4")
    assert not complete(without, 14393), "this Windows has that part"
    assert not complete(VALUE.replace(part, part[: len(part) // 2] + "\n" + part[len(part) // 2 :]))
    assert not complete(VALUE.replace(part, f"{part} {part}"))


def test_the_end_of_a_complete_text() -> None:
    assert complete(VALUE + " \t") and complete(VALUE.replace("=16", "=32"))
    assert not complete(VALUE[:-1]), "one digit: it was cut"
    assert not complete(VALUE + " x")
    assert not complete(VALUE.replace("=16", ""))
