r"""SharedSection as a machine really has it, with file and line: in force (the command line of a running csrss.exe, since the boot) or stored
(the value `Windows` of its registry, which counts at the next boot).

Nothing else is a fact: what a file or a command would set is somebody's wish, and a text without a key may be of any machine. Of several control
sets the current one counts. A list that goes over the end of a line in a copy that lost characters at others is not believed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dumpscan.control_sets import current_sets
from dumpscan.csrss import one_line, torn_list
from dumpscan.machines import machine_keys
from dumpscan.stored import latest

if TYPE_CHECKING:
    import pandas as pd

SIZES = ["shared_kb", "interactive_kb", "non_interactive_kb", "values"]
PLACE = ["case", "machine", "snapshot", "file", "line"]


def facts(shared_sections: pd.DataFrame, registry_values: pd.DataFrame) -> pd.DataFrame:
    """Rows of shared_sections that are facts of their machine, of all its moments; `in_force` tells which kind."""
    running = _running(shared_sections)
    if not len(running):  # as in most cases
        return shared_sections.assign(in_force=running)
    stored = _texts_on_machines(shared_sections).isin(_texts_on_machines(_stored(registry_values)))
    rows = shared_sections[running | stored]
    rows = rows[~_unreliable(rows)]
    return rows.assign(in_force=running[rows.index])  # a longer series would give an empty frame its rows


def latest_facts(
    shared_sections: pd.DataFrame, registry_values: pd.DataFrame, captures: pd.DataFrame, *, history: bool = False
) -> pd.DataFrame:
    """The facts of the latest capture of each machine, once each, with `sizes` ("1024,3072,512"): of what is stored, else of what is in force (with `history` both, of each snapshot).
    Two lists of one capture that differ: neither."""
    rows = facts(shared_sections, registry_values)
    if not len(rows):
        return rows.assign(sizes=rows["text"].astype(object))
    if not history:
        rows = _stored_first(latest(rows, captures, "in_force"))
    place = rows.groupby([machine_keys(rows), rows["in_force"], rows["snapshot"]]).ngroup()
    told = rows[SIZES].astype("Int64").fillna(-1).groupby(place).transform("nunique").eq(1).all(axis=1)
    rows = rows[told & ~_repeats(rows, "in_force", "snapshot")]
    third = ("," + rows["non_interactive_kb"].astype(str)).where(rows["non_interactive_kb"].notna(), "")
    listed = rows["shared_kb"].astype(str) + "," + rows["interactive_kb"].astype(str) + third
    return rows.assign(sizes=listed.astype(object))


def agreed_sizes(rows: pd.DataFrame) -> pd.DataFrame:
    """By machine key, the heap sizes that all of these facts agree on: configured_interactive_kb, configured_service_kb (of two values, services get the second), file and line of the
    first. Two values that differ are of two boots: neither is taken."""
    service = rows["non_interactive_kb"].fillna(rows["interactive_kb"])
    sizes = {"configured_interactive_kb": rows["interactive_kb"], "configured_service_kb": service}
    by_machine = rows.assign(**sizes).astype({"file": object}).groupby(machine_keys(rows), sort=False)
    same = by_machine[[*sizes]].nunique(dropna=False).eq(1).all(axis=1)
    told: pd.DataFrame = by_machine[[*sizes, "file", "line"]].first()[same]
    return told


def texts(shared_sections: pd.DataFrame, registry_values: pd.DataFrame, captures: pd.DataFrame) -> pd.DataFrame:
    """The value `Windows` in full, as the latest capture of each machine has it, once each: case, machine, snapshot, file, line, text, in_force; those in force only where none is stored."""
    import pandas as pd

    running = shared_sections[_running(shared_sections) & shared_sections["text"].notna()]
    columns = [*PLACE, "text"]
    rows = pd.concat(
        [running[columns].assign(in_force=True), _stored(registry_values)[columns].assign(in_force=False)],
        ignore_index=True,
    )
    rows = _stored_first(latest(rows, captures, "in_force"))
    return rows.loc[~_repeats(rows, "text", "in_force")]


def _running(rows: pd.DataFrame) -> pd.Series[bool]:
    return rows["in_force"].fillna(False).astype(bool)


def _stored(values: pd.DataFrame) -> pd.DataFrame:
    """Rows of the registry that hold the value `Windows` itself."""
    known = [name for name in values["name"].cat.categories if str(name).lower() == "windows"]
    rows = values[values["name"].isin(known) & values["text"].notna()]
    return current_sets(rows[rows["origin"].eq("state").to_numpy(bool, na_value=False)], values)


def _texts_on_machines(rows: pd.DataFrame) -> pd.Series[str]:
    """Each text with its machine and file: what a row of one table and one of another have in common where they are of one value."""
    machine = machine_keys(rows).astype(str).astype(object)
    joined: pd.Series[str] = machine + "\n" + rows["file"].astype(object) + "\n" + rows["text"].astype(object)
    return joined


def _stored_first(rows: pd.DataFrame) -> pd.DataFrame:
    """Without what is in force on machines whose registry was read: what is stored is what anybody can change, and what counts after the next start; the
    digits in force may be of before a change."""
    running = rows["in_force"].astype(bool)
    return rows[~running | ~machine_keys(rows).isin(machine_keys(rows[~running]))]


def _unreliable(rows: pd.DataFrame) -> pd.Series[bool]:
    """Lists over the end of a line in a copy that lost characters at others: "1024,2048" and "68" were 20480 and 768."""
    told = {text: torn_list(text) and one_line(text) is None for text in rows["text"].dropna().unique()}
    return rows["text"].astype(object).map(told).fillna(False).astype(bool)


def _repeats(rows: pd.DataFrame, *columns: str) -> pd.Series[bool]:
    return rows[[*columns]].assign(key=machine_keys(rows)).duplicated()
