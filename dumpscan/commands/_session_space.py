"""The memory of a session as the kernel's `_MM_SESSION_SPACE` has it: what debuggers and memory forensics print of that structure."""

from __future__ import annotations

PLAUSIBLE = range(1024, 1 << 20)  # KB: a session pool has some MB; more than 1 GB fits into no 32-bit session space


def pool_limit(start: str, end: str) -> int | None:
    """KB from PagedPoolStart to PagedPoolEnd (hex, the last byte): the most that the session pool can take. 64-bit Windows prints a
    window of 128 GB there, which limits nothing.

    >>> pool_limit("bc000000", "bc3fffff"), pool_limit("fffff900`c0000000", "fffff920`bfffffff")
    (4096, None)
    """
    first, last = (int(address.replace("`", ""), 16) for address in (start, end))
    size = last + 1 - first
    kb = size >> 10
    return kb if last < 1 << 32 and size % 4096 == 0 and kb in PLAUSIBLE else None


def page_kb(address: str) -> int | None:
    """KB of a page, by a kernel address of that machine: 4 on x86 and x64. Itanium has pages of 8 KB and no addresses such as ffff....

    >>> page_kb("bc000000"), page_kb("fffff900`c0000000"), page_kb("e0000165`00000000")
    (4, 4, None)
    """
    number = int(address.replace("`", ""), 16)
    return 4 if 0x80000000 <= number < 1 << 32 or number >> 48 == 0xFFFF else None
