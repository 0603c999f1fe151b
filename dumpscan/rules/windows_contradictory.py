r"""The texts of one machine tell of two kinds of Windows

## What happens
A banner, the sizes of the heaps, the window stations, the counters of !vm and the ServerDll parts of the csrss command line each tell which
Windows they are of. Where they disagree, a text of another machine got into the case, an old event log survived an upgrade, or somebody set sizes by hand.

## How the log proves it
Two lines of the same machine, one for each kind: x86 against x64, older than Vista against Vista and later, older than Windows 8 against Windows 8
and later. A banner is believed before all else; of signs of equal weight neither is, and what depends on it stays open.

## What to do
Sort the files by machine (one folder each, named after it) and run it again; save a banner (vertarget) with each log.

## What would refute it
A tool that was used where it does not belong (an unofficial dheapmon runs on Vista). Sizes of interactive heaps, which anybody can set, are not held against a banner.

## Sources
KB 184802, KB 947246; ntdebugging blog, comment 20; csrss command lines in public memory-forensics logs.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from dumpscan.machines import machine_keys
from dumpscan.rules import DATA, NOW, Found, Told, cite, found, rule

if TYPE_CHECKING:
    import pandas as pd

SIZES = 2  # the tier of sizes, which anybody can set: they contradict nothing


@rule(
    stage=DATA,
    says=None,
    needs="signs.says",
    clear="Everything that tells the Windows of a machine agrees.",
    references=("KB 184802", "KB 947246"),
)
def check(signs: pd.DataFrame) -> Found | None:
    """One finding for each machine and aspect with two answers: the strongest sign, and the first one against it."""
    signs = signs[signs["tier"].lt(SIZES)]
    key = machine_keys(signs)
    rows = signs.assign(key=key)[signs.groupby([key, "aspect"])["says"].transform("nunique").gt(1)]
    rows = rows.sort_values(["key", "aspect", "tier"], kind="stable")
    first = rows.drop_duplicates(["key", "aspect"])
    against = rows.merge(first[["key", "aspect", "says"]].rename(columns={"says": "first"}), on=["key", "aspect"])
    against = against[against["says"].ne(against["first"])].drop_duplicates(["key", "aspect"])
    other = against[["key", "aspect", "says", "how", "file", "line", "tier"]].add_prefix("other_")
    both = first.merge(other, left_on=["key", "aspect"], right_on=["other_key", "other_aspect"])
    both = both.assign(severity="medium", certainty="proved", snapshot=1)
    lines = both.assign(file=both["other_file"], line=both["other_line"])
    return found(both, cite(both, "{says}: {how}"), cite(lines, "{other_says}: {other_how}"))


def tell(row: Mapping[str, Any]) -> Told:
    """A finding in words."""
    taken = f"{row['says']} is taken to be right" if row["tier"] < row["other_tier"] else "neither is taken to be right"
    return Told(
        f"The texts of this machine do not agree on its Windows: {row['says']} (told by {row['how']}), but {row['other_says']} (told by {row['other_how']}); {taken}.",
        {"aspect": row["aspect"], "says": [row["says"], row["other_says"]]},
        "Heap sizes that were set by hand.",
        [
            (
                NOW,
                "Look whether a text of another machine is among these; put the texts of each machine into a folder of its own.",
            )
        ],
    )
