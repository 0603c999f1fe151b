"""Which SharedSection a machine has: what is a fact, what is in force, what is stored."""

from __future__ import annotations

from typing import Any

import compose
from compose import csrss, running, windows_value

from dumpscan.configured import configured
from dumpscan.sections import agreed_sizes, facts, latest_facts, texts

VALUE = csrss()
CONTROL_SET_1 = windows_value(csrss("1024,3072,256")).replace("CurrentControlSet", "ControlSet001")


def told(text: compose.Text) -> list[tuple[str, bool]]:
    """Sizes of the latest facts, and whether they are in force."""
    tables = compose.analysis({"case": text}).tables
    rows = latest_facts(tables["shared_sections"], tables["registry_values"], tables["captures"])
    return [*zip(rows["sizes"], rows["in_force"].astype(bool), strict=True)]


def known(text: compose.Text) -> Any:
    """The second size by machine, of all facts of each kind: (in force, stored)."""
    tables = compose.analysis({"case": text}).tables
    rows = facts(tables["shared_sections"], tables["registry_values"])
    flags = rows["in_force"].astype(bool)
    return tuple(agreed_sizes(rows[mask])["configured_service_kb"].to_list() for mask in (flags, ~flags))


def test_what_is_stored_counts_before_what_is_in_force() -> None:
    both = windows_value(csrss("1024,20480,1024")) + running(VALUE)
    assert told(both) == [("1024,20480,1024", False)]
    assert known(both) == ([768], [1024])
    assert told(running(VALUE)) == [("1024,20480,768", True)]
    assert known(running(VALUE)) == ([768], [])


def test_what_nobody_has_is_no_fact() -> None:
    """A fragment of a mail, a file that would set it."""
    assert told(f"{VALUE}\n") == []
    assert known(f"{VALUE}\n") == ([], [])
    wish = f'reg add "{compose.SUBSYSTEMS}" /v Windows /d "{VALUE}" /f\n'
    assert told(wish) == []


def test_the_whole_value_of_each_kind() -> None:
    """What is in force only where nothing is stored, and one text once."""
    other = csrss("1024,20480,1024")
    cases: dict[str, compose.Text] = {
        "in force": running(VALUE),
        "stored": windows_value(VALUE),
        "alike": running(VALUE) + windows_value(VALUE),
        "differ": running(VALUE) + windows_value(other),
    }
    whole = {}
    for name, text in cases.items():
        tables = compose.analysis({"case": text}).tables
        rows = texts(tables["shared_sections"], tables["registry_values"], tables["captures"])
        whole[name] = [*zip(rows["in_force"].astype(bool), rows["text"], strict=True)]
    assert whole == {
        "in force": [(True, VALUE)],
        "stored": [(False, VALUE)],
        "alike": [(False, VALUE)],
        "differ": [(False, other)],
    }


def test_two_that_differ_are_neither() -> None:
    assert told(running(VALUE) + running(csrss("1024,20480,1024"))) == []
    assert known(running(VALUE) + running(csrss("1024,20480,1024"))) == ([], [])
    assert told(windows_value(VALUE) + CONTROL_SET_1) == [("1024,20480,768", False)], "the current control set counts"
    assert known(windows_value(VALUE) + CONTROL_SET_1) == ([], [768])


def test_a_machine_is_not_told_of_another() -> None:
    folder = {"a/registry.txt": windows_value(VALUE), "b/csrss.txt": running(csrss("1024,20480,1024"))}
    assert sorted(told(folder)) == [("1024,20480,1024", True), ("1024,20480,768", False)]


def test_what_the_settings_tell_is_of_the_same_facts() -> None:
    made = compose.analysis({"case": windows_value(csrss("1024,20480,1024")) + running(VALUE)})
    rows = configured(made.tables, made._tables["platforms"][["case", "machine", "architecture", "build"]])
    assert rows[["configured_service_kb", "sections_line"]].iloc[0].to_list() == [768, 6]
