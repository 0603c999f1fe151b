r"""What was configured: which text counts, what it decides, and that it raises no alarm by itself."""

from __future__ import annotations

from typing import Any

import compose

VALUE = r"C:\WINDOWS\system32\csrss.exe ObjectDirectory=\Windows SharedSection={} Windows=On SubSystemType=Windows MaxRequestThreads=16"
KEY = r"HKEY_LOCAL_MACHINE\SYSTEM\CurrentControlSet\Control"
SMALL = compose.dheapmon(0, compose.filling(17000, 512))  # fits under 48 MB, not safely under 20 MB
NO_SERVICE = compose.dheapmon(0, compose.X86[:3])


def running(sizes: str) -> str:
    return f"csrss.exe pid:    584\nCommand line : {VALUE.format(sizes)}\n"


def stored(sizes: str) -> str:
    return f"{KEY}\\Session Manager\\SubSystems\n    Windows    REG_EXPAND_SZ    {VALUE.format(sizes)}\n\n"


def view(mb: int) -> str:
    return f"{KEY}\\Session Manager\\Memory Management\n    SessionViewSize    REG_DWORD    0x{mb:x}\n\n"


WISH = f'reg add "{KEY}\\Session Manager\\Memory Management" /v SessionViewSize /t REG_DWORD /d 48 /f\n'
OPTIONS = f"{KEY}\n    SystemStartOptions    REG_SZ     NOEXECUTE=OPTIN  3GB  USERVA=3030\n\n"

BOOT_INI = (
    "[boot loader]\ndefault=multi(0)disk(0)rdisk(0)partition(1)\\WINDOWS\n[operating systems]\n"
    'multi(0)disk(0)rdisk(0)partition(1)\\WINDOWS="Windows Server 2003, Enterprise" /fastdetect /3GB\n\n'
)


def box(doc: compose.Document) -> dict[str, tuple[str, str]]:
    return {one["label"]: (one["value"], one["how"]) for one in doc["settings"]}


def wanted(doc: compose.Document) -> Any:
    (one,) = doc["view_space"]
    return one["next_kb"]


def test_the_next_heap_has_the_third_value() -> None:
    """Only where no service heap is listed; a running process outranks the registry, a text of nobody counts for nothing."""
    docs = compose.documents(
        {
            "nothing": NO_SERVICE,
            "in force": NO_SERVICE + running("1024,3072,1024"),
            "two values": NO_SERVICE + running("1024,3072"),
            "stored": NO_SERVICE + stored("1024,3072,2048"),
            "both": NO_SERVICE + stored("1024,3072,2048") + running("1024,3072,1024"),
            "two boots": NO_SERVICE + running("1024,3072,1024") + running("1024,3072,2048"),
            "fragment": NO_SERVICE + VALUE.format("1024,3072,2048") + "\n",
            "listed": compose.dheapmon(0, compose.X86) + running("1024,3072,1024"),
        }
    )
    assert {name: wanted(doc) for name, doc in docs.items()} == {
        "nothing": 512,
        "in force": 1024,
        "two values": 3072,
        "stored": 2048,
        "both": 1024,
        "two boots": 512,
        "fragment": 512,
        "listed": 512,
    }


def test_a_stored_limit_clears_and_never_convicts() -> None:
    docs = compose.documents(
        {
            "unknown": SMALL,
            "stored": SMALL + view(48),
            "a wish": SMALL + WISH,
            "of nobody's key": "The article says:\n    SessionViewSize    REG_DWORD    0x30\n\n" + SMALL,
            "with /3GB": SMALL + view(48) + OPTIONS,
            "with /3GB in memory": SMALL + view(48) + "kd> dp nt!MmHighestUserAddress L1\n8089ef5c  bffeffff\n",
            "with /3GB in boot.ini": SMALL + view(48) + BOOT_INI,
            "with /3GB in boot.ini alone": SMALL + view(48) + BOOT_INI + OPTIONS.replace("3GB", "PAE"),
            "two control sets": SMALL + view(48) + view(64),
            "too small for the heaps": SMALL + view(16),
            "printed": SMALL + view(48) + compose.view_size(20480),
        }
    )
    assert {name: doc["verdict"]["mode"] for name, doc in docs.items()} == {
        "unknown": "undecided",
        "stored": "no-sign",
        "a wish": "undecided",
        "of nobody's key": "undecided",
        "with /3GB": "undecided",
        "with /3GB in memory": "undecided",
        "with /3GB in boot.ini": "undecided",
        "with /3GB in boot.ini alone": "no-sign",
        "two control sets": "undecided",
        "too small for the heaps": "undecided",
        "printed": "at-risk",
    }


def test_the_box_tells_where_a_size_is_from() -> None:
    doc = compose.document(compose.dheapmon(0, compose.X86) + running("1024,3072,1024") + view(48))
    sizes, limit = box(doc)["Heap sizes"], box(doc)["Session view space"]
    assert sizes[0] == "interactive 3,072 KB, service 512 KB"
    assert "but interactive 3,072 KB, service 1,024 KB by SharedSection in force" in sizes[1]
    assert limit[0] == "49,152 KB"
    assert limit[1].startswith("SessionViewSize in the registry, -:")
    assert box(compose.document(running("1024,20480,768")))["Heap sizes"][0] == "interactive 20,480 KB, service 768 KB"


def test_since_vista_a_stored_limit_limits_nothing() -> None:
    doc = compose.document(compose.dskheap(0, compose.VISTA) + view(20))
    assert box(doc)["Session view space"][0] == "no practical limit"
    assert doc["verdict"]["mode"] == "no-sign"
