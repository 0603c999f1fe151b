"""Lines that could make a pattern quadratic: the time of four times the line over that of the line, the worst first. About 4 is linear.

python benchmarks/hostile.py
"""

from __future__ import annotations

import time

from dumpscan.capture import captures
from dumpscan.commands import all_commands

LINES = (
    "WinSta0\\a" + " " * 20000,
    "WinSta0\\" + "a " * 10000,
    "WinSta0\\" + "1 " * 10000,
    "WinSta0\\" + "1 1 1% " * 3000,
    "Service-0x0-3e7$" * 1300,
    "Total Desktop: (" + " " * 20000,
    "(000002B8: name not accessible)" * 700,
    "pUniStr = 8636eb9c, UniStr = 86333490 " * 500,
    "kd> " * 5000 + "!vm",
    "0:000>" * 3500,
    "C:" + "\\a" * 10000 + ">dheapmon",
    "Session ID:" + " " * 20000,
    "PagedPool Usage:" + " " * 20000 + "(",
    "a " * 10000 + ": 1 ( 1 Kb",
    "*" * 20000,
    "*** " * 5000,
    "Page File: " + "\\" * 20000,
    "0a30 " + "a " * 10000 + "1 ( 1 Kb",
    "? " * 10000 + "MmSessionViewSize",
    "? " + "MmSessionViewSize " * 1200,
    "808ad254 " + "03000000 " * 2200,
    "-" * 20000,
    ". " * 10000,
    "Windows 10 " * 2000 + "Kernel Version 1",
    "> " * 10000,
    "#" * 20000,
)


def best(text: str, names: list[str]) -> float:
    times = []
    for _ in range(5):
        began = time.perf_counter()
        captures(text + "\n", 1, names)
        times.append(time.perf_counter() - began)
    return min(times)


def main() -> None:
    names = list(all_commands())
    rows = []
    for line in LINES:
        one, four = best(line, names), best(line * 4, names)
        rows.append((four / one, one * 1000, line[:24]))
    for ratio, milliseconds, line in sorted(rows, reverse=True):
        print(f"{ratio:6.1f}  {milliseconds:8.2f} ms  {line!r}")


if __name__ == "__main__":
    main()
