"""Time and peak memory of whole runs, beside the time of only reading the same files in the same run.

python benchmarks/generate.py cases OUT/cases 2000 && python benchmarks/generate.py log OUT/big.log 200
python benchmarks/run.py OUT
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

READ = "import sys, pathlib\nfor path in sorted(pathlib.Path(sys.argv[1]).rglob('*')) if pathlib.Path(sys.argv[1]).is_dir() else [pathlib.Path(sys.argv[1])]:\n if path.is_file():\n  with path.open('rb', buffering=0) as file:\n   while file.read(262144): pass\n"
ROUNDS = 5


def once(command: list[str]) -> tuple[float, float]:
    """Seconds and peak megabytes of one run of a program (its largest process; Linux and macOS)."""
    began = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, _, usage = os.wait4(process.pid, 0)
    return time.perf_counter() - began, usage.ru_maxrss / (1024 if sys.platform != "darwin" else 1024 * 1024)


def main(inputs: Path) -> None:
    dumpscan = [sys.executable, "-m", "dumpscan"]
    with tempfile.TemporaryDirectory() as out:
        commands = {
            "python -c pass": [sys.executable, "-c", "pass"],
            "dumpscan rules": [*dumpscan, "rules"],
            "read the cases": [sys.executable, "-c", READ, str(inputs / "cases")],
            "triage the cases": [*dumpscan, "triage", str(inputs / "cases"), "-o", f"{out}/one", "-q"],
            "triage the cases, --jobs 2": [
                *dumpscan,
                "triage",
                str(inputs / "cases"),
                "-o",
                f"{out}/two",
                "--jobs",
                "2",
                "-q",
            ],
            "read the log": [sys.executable, "-c", READ, str(inputs / "big.log")],
            "report the log": [*dumpscan, "report", str(inputs / "big.log"), "-o", f"{out}/log.html", "-q"],
            "report one small case": [
                *dumpscan,
                "report",
                str(inputs / "cases" / "case00001"),
                "-o",
                f"{out}/case.html",
                "-q",
            ],
        }
        runs: dict[str, list[tuple[float, float]]] = {name: [] for name in commands}
        for _ in range(ROUNDS):
            for name, command in commands.items():
                runs[name].append(once(command))
    for name, measured in runs.items():
        seconds, megabytes = zip(*measured, strict=True)
        print(
            f"{name:<28} {statistics.median(seconds):7.2f} s ({min(seconds):.2f} to {max(seconds):.2f}) {max(megabytes):6.0f} MB"
        )


if __name__ == "__main__":
    main(Path(sys.argv[1]))
