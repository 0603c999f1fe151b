r"""Configured sizes differ between machines, or were put back

## What happens
Every node of a cluster needs the same SharedSection and SessionViewSize: a service that fails over to the other node otherwise finds less room there. And a value that was once changed and
is the old one again was put back by an image, a policy or a setup; the trouble that it cured comes back with it.

## How the log proves it
- low: machines of one case with the same build and architecture have different values. What is in force counts before the registry. Whether they are nodes of one cluster is not
  in the texts. Stretches of one folder that were told apart by their contents only are no machines here.
- medium: the value of one machine is, at a later moment than another one, the default of its Windows again, or what it had been before that other one. Both moments are told by the texts.

## What to do
Bring all nodes to the same values, the passive one first. Find out what put a value back before it is changed again.

## What would refute it
The machines belong to no common cluster or farm; or the change back was made on purpose.

## Sources
KB 949296 (the same values on every node). That images, policies and setups put values back is experience [field].
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from dumpscan.machines import machine_keys
from dumpscan.rules import CAUSE, CONFIGURATION, FUTILE, NOW, REBOOT, Found, Told, cite, found, rule
from dumpscan.rules._sections import sections, with_windows
from dumpscan.stored import MEMORY_MANAGEMENT, at, stored

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = ["case", "machine", "snapshot", "file", "line", "what", "in_force", "value", "at", "architecture", "build", "is_default"]  # fmt: skip
# Machines without a name of their own: stretches of one folder that contradict each other, perhaps two boots of one machine.
NAMELESS = r"^(?:machine|unnamed)\b"


@rule(
    stage=CONFIGURATION,
    says=None,
    needs="shared_sections.text or registry_values.number",
    clear="No two machines of one Windows, and no two moments of one machine, are known to be configured differently.",
    references=("KB 949296",),
)
def check(
    shared_sections: pd.DataFrame, registry_values: pd.DataFrame, platforms: pd.DataFrame, captures: pd.DataFrame
) -> Found | None:
    """Values of machines that differ from their neighbours, and values that went back."""
    import pandas as pd

    lists = sections(shared_sections, registry_values, platforms, captures, history=True)
    default = lists["interactive_kb"].eq(lists["default_interactive_kb"]) & lists["non_interactive_kb"].eq(
        lists["default_service_kb"]
    )
    lists = lists.assign(what="SharedSection", value=lists["sizes"], is_default=default.fillna(False).astype(bool))
    views = with_windows(stored(registry_values, ["sessionviewsize"], MEMORY_MANAGEMENT), platforms)
    views = views[views["number"].notna()].assign(what="SessionViewSize", in_force=False, is_default=False)
    views["value"] = views["number"].astype(str).astype(object)
    rows = pd.concat(
        [one.assign(at=at(one, captures)).astype({"in_force": bool})[COLUMNS] for one in (lists, views)],
        ignore_index=True,
    )
    rows = rows.assign(key=machine_keys(rows)).sort_values(["at", "snapshot"], kind="stable", na_position="first")
    gone_back, between = _gone_back(rows)
    differing, others = _differing(rows)
    # A frame without rows would turn flags into floats.
    kinds = [one for one in (gone_back, differing) if len(one)] or [gone_back]
    merged = pd.concat(kinds, ignore_index=True)
    numbered = merged[["number"]].assign(finding=merged.index)
    shown = pd.concat([one for one in (between, others) if len(one)] or [between], ignore_index=True)
    proof = numbered.merge(shown, on="number").assign(shows="{what} = {value} on {machine}")
    return found(merged, cite(merged, "{what} = {value}"), proof)


def _gone_back(rows: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The last value of a machine where it is the default or an earlier one again after another one; and the rows of that other one."""
    dated = rows[rows["at"].notna()]
    dated = dated.assign(number=dated.groupby(["key", "what", "in_force"]).ngroup())
    groups = dated.groupby("number")
    dated = dated.assign(last=groups["value"].transform("last"), last_at=groups["at"].transform("max"))
    other = dated[dated["value"].ne(dated["last"]) & dated["at"].lt(dated["last_at"])]
    other = other.drop_duplicates("number", keep="last")
    until = dated["number"].map(other.set_index("number")["at"])
    earlier = dated.loc[dated["value"].eq(dated["last"]) & dated["at"].lt(until), "number"]
    final = groups.tail(1)
    back = final["number"].isin(other["number"]) & (final["is_default"] | final["number"].isin(earlier))
    kept = final[back].assign(back=True, severity="medium", certainty="proved")
    kept = kept.assign(before=kept["number"].map(other.set_index("number")["value"]).astype(object))
    return kept, other[other["number"].isin(kept["number"])]


def _differing(rows: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The first machine of each Windows of a case where two have different values; and the rows of the others."""
    named = rows[~rows["machine"].astype(str).str.contains(NAMELESS, regex=True)]
    latest = named.sort_values("in_force", kind="stable").drop_duplicates(["key", "what"], keep="last").sort_index()
    # Without a build or an architecture a machine is in no group.
    latest = latest.assign(
        number=-1 - latest.groupby([latest["case"].cat.codes, "what", "build", "architecture"]).ngroup()
    )
    groups = latest.groupby("number")["value"]
    latest = latest[groups.transform("nunique").gt(1)]
    first = latest.drop_duplicates("number").assign(back=False, severity="low", certainty="proved", before=None)
    other = latest[latest["value"].ne(latest["number"].map(first.set_index("number")["value"]))]
    other = other.drop_duplicates(["number", "value"])
    other_machine = other.drop_duplicates("number").astype({"machine": object}).set_index("number")
    first = first.assign(
        other=first["number"].map(other_machine["machine"]).astype(object),
        before=first["number"].map(other_machine["value"]).astype(object),
    )
    return first, other


def tell(row: Mapping[str, Any]) -> Told:
    """A finding in words."""
    what, value, before = row["what"], row["value"], row["before"]
    if row["back"]:
        summary = f"{what} of {row['machine']} was {before} and is {value} again: an image, a policy or a setup put the old value back."
        advice = [
            (CAUSE, "Find out what wrote it back (image, policy, setup of a product), and change it there first."),
            (FUTILE, f"Setting {what} once more by hand: what put it back will do so again."),
        ]
        refuted = "The change back was made on purpose."
    else:
        summary = (
            f"{what} differs between machines of the same Windows: {value} on {row['machine']}, {before} on {row['other']}. If they are nodes of one cluster or farm, all "
            "need the same."
        )
        advice = [
            (NOW, "Ask whether these machines are nodes of one cluster or farm; if not, this means nothing."),
            (REBOOT, f"Give every node the same {what}, the passive one first; it counts after a restart of each."),
            (FUTILE, "Changing the active node alone: after a failover the service finds the other values."),
        ]
        refuted = "The machines belong to no common cluster or farm."
    subject = {"what": what, "value": value, "other_value": before, "put_back": bool(row["back"])}
    return Told(summary, subject, refuted, advice)
