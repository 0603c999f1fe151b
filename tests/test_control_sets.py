r"""Of several control sets the one counts that was booted: CurrentControlSet, or in an offline hive the one of `Select\Current`."""

from __future__ import annotations

import compose

HIVE = r"HKEY_LOCAL_MACHINE\OFF"
LOST = compose.csrss("1024,3072,512", build=3790).removesuffix("=16")
GOOD = compose.csrss("1024,3072,512", build=3790)
SERVER = compose.banner(3790, name="Windows Server 2003")


def select(current: int, hive: str = HIVE) -> str:
    return compose.dword(rf"{hive}\Select", Current=current, Default=current, Failed=0, LastKnownGood=3 - current)


def control_set(number: int, text: str, mb: int, hive: str = HIVE) -> str:
    """SubSystems and Memory Management of one control set."""
    manager = rf"{hive}\ControlSet{number:03}\Control\Session Manager"
    return compose.reg_query(rf"{manager}\SubSystems", ("Windows", "REG_EXPAND_SZ", text)) + compose.dword(
        rf"{manager}\Memory Management", SessionViewSize=mb
    )


def current_set(text: str, mb: int) -> str:
    return compose.windows_value(text) + compose.dword(compose.MEMORY_MANAGEMENT, SessionViewSize=mb)


TWO = control_set(1, LOST, 72) + control_set(2, GOOD, 48)


def view(told: compose.Document) -> str:
    (value,) = (one["value"] for one in told["settings"] if one["label"] == "Session view space")
    return str(value)


def test_select_names_the_set_that_counts() -> None:
    docs = compose.documents(
        {
            "first": SERVER + TWO + select(1),
            "second": SERVER + TWO + select(2),
            "told above": SERVER + select(2) + TWO,
            "open": SERVER + TWO,
            "a third": SERVER + TWO + select(3),
            "of another hive": SERVER + TWO + select(2, r"HKEY_LOCAL_MACHINE\SYSTEM"),
            "two answers": SERVER + TWO + select(1) + select(2),
            "spelled otherwise": SERVER
            + TWO
            + select(2).replace("HKEY_LOCAL_MACHINE", "HKLM").replace("Select", "select"),
        }
    )
    found = {
        name: {rule for rule in ("max-request-threads", "session-view-size-odd") if compose.findings(told, rule)}
        for name, told in docs.items()
    }
    both = {"max-request-threads", "session-view-size-odd"}
    silent: dict[str, set[str]] = {"second": set(), "told above": set(), "spelled otherwise": set(), "a third": set()}
    assert found == {name: silent.get(name, both) for name in docs}
    assert {name: view(told) for name, told in docs.items()} == {
        "first": "73,728 KB",
        "second": "49,152 KB",
        "told above": "49,152 KB",
        "spelled otherwise": "49,152 KB",
        "a third": "20,480 KB or 49,152 KB",
        "open": "20,480 KB or 49,152 KB",
        "of another hive": "20,480 KB or 49,152 KB",
        "two answers": "20,480 KB or 49,152 KB",
    }


def test_sizes_of_the_set_that_counts() -> None:
    """SharedSection of the other set is neither stored nor waiting for a restart."""
    sets = control_set(1, compose.csrss("1024,3072,1024", build=3790), 48) + control_set(2, GOOD, 48)
    running = compose.running_sections("1024,3072,512")
    cases = {name: SERVER + sets + chosen + running for name, chosen in (("first", select(1)), ("second", select(2)))}
    assert compose.statuses(cases, "reboot-pending") == {"first": "found", "second": "clear"}


def test_the_running_set_outranks_numbered_ones() -> None:
    """A machine that runs shows its numbered sets, too, and Select names the one that CurrentControlSet is."""
    live = r"HKEY_LOCAL_MACHINE\SYSTEM"
    numbered = control_set(1, LOST, 72, live) + select(1, live)
    told = compose.document(SERVER + current_set(GOOD, 48) + numbered)
    assert not compose.findings(told, "max-request-threads") and not compose.findings(told, "session-view-size-odd")
    assert view(told) == "49,152 KB"
    # A key that CurrentControlSet was not asked for is told by its numbered set only.
    only = compose.document(SERVER + compose.windows_value(GOOD) + numbered)
    assert not compose.findings(only, "max-request-threads") and compose.findings(only, "session-view-size-odd")


def test_other_machines_are_not_touched() -> None:
    """Select of one machine says nothing of the sets of another, nor does a set of another hive."""
    docs = compose.documents({"two": {"a/all.txt": SERVER + TWO, "b/select.txt": SERVER + select(2)}})
    assert compose.findings(docs["two"], "max-request-threads")


def test_current_of_another_key() -> None:
    text = SERVER + TWO + compose.dword(rf"{HIVE}\Software\Vendor", Current=2) + "Current REG_DWORD 0x2\n"
    assert compose.findings(compose.document(text), "max-request-threads")
