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


def exported(name: str, *lines: str) -> str:
    return "\n".join([rf"[{HIVE}\{name}]", *lines, "", ""])


def exported_set(number: int, sizes: str) -> str:
    """SubSystems of one control set, as regedit exports it: the value Windows in bytes."""
    content = (compose.csrss(sizes, build=3790) + "\0").encode("utf-16-le").hex(",")
    values = ('"Debug"=hex(2):00,00', r'"Kmode"=hex(2):00,00', f'"Windows"=hex(2):{content}')
    return exported(rf"ControlSet{number:03}\Control\Session Manager\SubSystems", *values)


def test_select_of_an_exported_hive() -> None:
    """All of it may stand in one .reg file, Select above or below the sets that it chooses from."""
    head = "Windows Registry Editor Version 5.00\n\n"
    sets = exported_set(1, "1024,3072,512") + exported_set(2, "1024,3072,768")

    def chosen(data: str) -> str:
        others = ('"Default"=dword:00000001', '"Failed"=dword:00000000', '"LastKnownGood"=dword:00000001')
        return exported("Select", f'"Current"={data}', *others)

    two = chosen("dword:00000002")
    cases = {
        "above": {"d.log": SERVER, "a.reg": head + two + sets},
        "below": {"d.log": SERVER, "a.reg": head + sets + two},
        "alone": {
            "d.log": SERVER,
            "a.reg": head + sets,
            "b.reg": head + exported("Select", '"Current"=dword:00000002'),
        },
        "first": {"d.log": SERVER, "a.reg": head + chosen("dword:00000001") + sets},
        "cut": {"d.log": SERVER, "a.reg": head + chosen("dword:000000") + sets},
        "open": {"d.log": SERVER, "a.reg": head + sets},
    }
    told = compose.documents(cases)
    sizes = {
        name: [one["value"] for one in doc["settings"] if one["label"] == "Heap sizes"] for name, doc in told.items()
    }
    second = ["interactive 3,072 KB, service 768 KB"]
    first = ["interactive 3,072 KB, service 512 KB"]
    assert sizes == {
        "above": second,
        "below": second,
        "alone": second,
        "first": first,
        "cut": sizes["open"],
        "open": sizes["open"],
    }
    assert sizes["open"] not in (first, second)
    assert any("Current" in problem["reason"] for problem in told["cut"]["problems"])
