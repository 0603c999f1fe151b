"""Make the inputs of the benchmarks: the same bytes each time, shapes as the debugger prints them, figures composed.

python benchmarks/generate.py cases OUT 2000     2,000 case folders, one in 20 in UTF-16
python benchmarks/generate.py log OUT.log 200    one log of 200 MB with one table in its middle
"""

from __future__ import annotations

import random
import sys
from pathlib import Path

NOISE = (
    "1: kd> !process 0 0\nPROCESS 8a5c{n:04x}  SessionId: {s}  Cid: {n:04x}    Peb: 7ffd9000  ParentCid: 0{s}a4\n"
    "    DirBase: 7a{n:04x}0  ObjectTable: e2{n:04x}8  HandleCount: {n}.\n    Image: svchost.exe\n\n"
    "ChildEBP RetAddr  Args to Child\nb84{n:04x}4 8083{n:04x} 8a5c{n:04x} 8a5c7e08 00000000 nt!KiSwapContext+0x26 (FPO: [Uses EBP] [0,0,4])\n"
    "02/10/2008 10:{s:02d}:33.120 worker {n} finished request in {n} ms, status 0x00000000, heap none\n"
)


def listing(random_: random.Random, session: int) -> str:
    """A table of !dskheap with 5 to 30 desktops."""
    names = [
        "WinSta0\\Default",
        "WinSta0\\Disconnect",
        "WinSta0\\Winlogon",
        "Service-0x0-3e7$\\Default",
        "Service-0x0-3e4$\\Default",
    ]
    names += [f"Service-0x0-{random_.randrange(0x10000, 0xFFFFF):x}$\\Default" for _ in range(random_.randrange(25))]
    sizes = [3072, 64, 128] + [512] * (len(names) - 3)
    worst = random_.choice((15, 40, 84, 95, 99))
    rows = [
        f"  {name:<29}{size:>10}{random_.randrange(worst) if at else worst:>17}%"
        for at, (name, size) in enumerate(zip(names, sizes, strict=True))
    ]
    head = f"kd> !dskheap -s {session}\n  Winstation\\Desktop            Heap Size(KB)   Used Rate(%)\n{'-' * 60}\n"
    total = f"{'-' * 54}\n                Total Desktop: ({sum(sizes):>8} KB - {len(names):>3} desktops)\n                Session ID:  {session}\n{'=' * 60}\n"
    return head + "\n".join(rows) + "\n" + total


def vm(random_: random.Random) -> str:
    labels = (
        "Physical Memory",
        "Available Pages",
        "ResAvail Pages",
        "Free System PTEs",
        "NonPagedPool Usage",
        "PagedPool Usage",
        "Committed pages",
        "Commit limit",
    )
    counters = [(label, random_.randrange(1000, 500000)) for label in labels]
    return "kd> !vm 4\n\n*** Virtual Memory Usage ***\n" + "".join(
        f"\t{label + ':':<21}{pages:>9} ({pages * 4:>9} Kb)\n" for label, pages in counters
    )


def noise(random_: random.Random, size: int) -> str:
    parts, length = [], 0
    while length < size:
        parts.append(NOISE.format(n=random_.randrange(0xFFFF), s=random_.randrange(9)))
        length += len(parts[-1])
    return "".join(parts)


def cases(out: Path, count: int) -> None:
    for number in range(count):
        random_ = random.Random(number)
        folder = out / f"case{number:05d}"
        folder.mkdir(parents=True, exist_ok=True)
        text = noise(random_, random_.randrange(2000, 14000)) + listing(random_, 0) + noise(random_, 2000) + vm(random_)
        if number % 3 == 0:
            text += "kd> dd nt!MmSessionViewSize L1\n808ad254  03000000\n" + listing(random_, 1)
        data = text.replace("\n", "\r\n").encode("utf-16") if number % 20 == 0 else text.encode()
        (folder / "kd.log").write_bytes(data)


def log(out: Path, megabytes: int) -> None:
    random_ = random.Random(0)
    block = noise(random_, 1 << 20).encode()
    with out.open("wb") as file:
        for number in range(megabytes):
            if number == megabytes // 2:
                file.write(listing(random_, 0).encode())
            file.write(block)


if __name__ == "__main__":
    {"cases": cases, "log": log}[sys.argv[1]](Path(sys.argv[2]), int(sys.argv[3]))
