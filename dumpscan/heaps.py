"""When a single desktop heap is full, or near it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

NO_ROOM = 16  # KB free: less than an ordinary process needs to start


def no_room(heaps: pd.DataFrame) -> pd.Series[bool]:
    """Heaps of 128 KB and more with so little free that they are full whatever the percentage; not Winlogon and Disconnect."""
    short = heaps["free_kb"].le(NO_ROOM) & heaps["size_kb"].ge(128) & heaps["role"].ne("fixed")
    return short.fillna(False)


def filling(heaps: pd.DataFrame) -> pd.Series[bool]:
    """Heaps that are full or near it, and whose size somebody can set."""
    used, free = heaps["used_percent"], heaps["free_kb"]
    near = used.ge(90) | (used.ge(80) & free.lt(1024)) | no_room(heaps)
    return (near.fillna(False) & heaps["role"].ne("fixed").fillna(True)).astype(bool)
