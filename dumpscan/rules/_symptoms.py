"""What the rules on symptoms have in common: which machines show any, which of them were measured, and how symptoms are put into words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from dumpscan.machines import machine_keys
from dumpscan.platforms import MACHINE
from dumpscan.rules._events import DESKTOP_CREATION_FAILED, HEAP_ALLOCATION_FAILED, facts
from dumpscan.rules._places import places
from dumpscan.symptoms import BY_SIGNATURE, ORDER
from dumpscan.words import count

if TYPE_CHECKING:
    import pandas as pd

MOST_TOLD = 3  # symptoms that a sentence names
TAIL = 8  # lines behind the message of IIS in which the script's own words stand
SPOKEN = [f"sign_{number}" for number in range(MOST_TOLD)]


def logged(events: pd.DataFrame, systems: pd.DataFrame) -> set[int]:
    """Machines that logged an event 243 or 244: a fact, of which other rules speak."""
    keys = (
        machine_keys(facts(events, number, systems)) for number in (HEAP_ALLOCATION_FAILED, DESKTOP_CREATION_FAILED)
    )
    return {key for some in keys for key in some}


def suspected(symptoms: pd.DataFrame) -> pd.DataFrame:
    """Symptoms that can come of desktop heap or view space, the most telling first, one a line and kind."""
    rows = without_tails(symptoms)
    rows = rows[rows["specificity"].isin(["S", "M", "L"])]
    rows = rows.assign(order=rows["signature"].astype(object).map(ORDER)).sort_values("order", kind="stable")
    return rows.drop_duplicates(["case", "file", "line"]).drop_duplicates([*MACHINE, "signature"])


def without_tails(symptoms: pd.DataFrame) -> pd.DataFrame:
    """Without the messages of IIS behind which the script's own words stand."""
    import pandas as pd

    names = symptoms["signature"].astype(object)
    at = places(symptoms).assign(row=symptoms.index).sort_values("line")
    told, tails = (
        at[names.eq("cgi-headers-incomplete")[at["row"]].to_numpy(bool)],
        at[names.eq("cgi-script-failed")[at["row"]].to_numpy(bool)],
    )
    tails = tails[["of", "line"]].assign(tail=True)
    near = pd.merge_asof(told, tails, on="line", by="of", direction="forward", tolerance=TAIL)
    kept: pd.DataFrame = symptoms[~symptoms.index.isin(near.loc[near["tail"].eq(True), "row"])]
    return kept


def by_machine(rows: pd.DataFrame) -> pd.DataFrame:
    """One row a machine: the first of its symptoms, the signatures of up to three of them, and how many there are."""
    keys = machine_keys(rows)
    place = rows.groupby(keys).cumcount()
    firsts = rows[place.eq(0).to_numpy(bool)]
    of = machine_keys(firsts)
    told = firsts.assign(signs=of.map(keys.value_counts()))
    for number, name in enumerate(SPOKEN):
        at = place.eq(number).to_numpy(bool)
        told[name] = of.map(rows[at].set_index(keys[at])["signature"].astype(object))
    return told


def spoken(row: Mapping[str, Any]) -> str:
    """ "0xC0000142 (a DLL could not be initialized) and exit code 128", of at most three symptoms."""
    seen = [BY_SIGNATURE[row[name]].seen for name in SPOKEN if row[name] is not None]
    more = int(row["signs"]) - len(seen)
    if more:
        return f"{', '.join(seen)} and {count(more, 'more symptom')}"
    return " and ".join([", ".join(seen[:-1]), seen[-1]] if seen[1:] else seen)


def meanings(row: Mapping[str, Any]) -> list[str]:
    """What each of these symptoms can mean, a sentence each; what stands in brackets was said when they were named."""
    told = [BY_SIGNATURE[row[name]] for name in SPOKEN if row[name] is not None]
    named = {one.seen: one.seen.partition(" (")[0] if one.seen.endswith(")") else one.seen for one in told}
    return [f"{named[one.seen][0].upper()}{named[one.seen][1:]} can mean: {one.means}." for one in told]
