r"""The table `owners`: whose each desktop is, how that is known, and who uses it."""

from __future__ import annotations

from typing import Any

import compose
import pytest
from compose import DEFAULT, LOCAL_SYSTEM, NETWORK_SERVICE, SYSTEM, WINLOGON, X64, X86, Heap
from test_schema import SCHEMA

from dumpscan import render
from dumpscan.model import WHERE
from dumpscan.owners import CUT, LEAK_KB, MOST, OWNERS, SIZE_KB, in_words

LOGON = r"Service-0x0-2461f$\Default"
SANDBOX = r"Service-0x0-705c8$\sbox_alternate_desktop_0x4170"
INSIDE = r"WinSta0\sbox_alternate_desktop_local_winstation_0x4170"
PID = 0x4170
Row = compose.Document


def rows(text: compose.Text) -> dict[tuple[int | None, str], Row]:
    """The rows of one case by session and path of the desktop."""
    found = compose.document(text)["tables"]["owners"]
    named = {(row["session"], rf"{row['window_station']}\{row['desktop']}"): row for row in found}
    assert len(named) == len(found), "one row a desktop and session"
    return named


def agents(number: int, *, path: str = SYSTEM, session: int = 0) -> str:
    return compose.on_desktops([(session, path, "job.exe", 4000 + at) for at in range(number)])


def test_names_tell_their_owners() -> None:
    names = {
        DEFAULT: "interactive", WINLOGON: "interactive", SYSTEM: "LocalSystem", r"Service-0x0-3e6$\Default": "Anonymous", r"Service-0x0-3e5$\Default": "LocalService",
        r"Service-0x0-3e4$\Default": "NetworkService", r"Service-0x0-3e3$\Default": "IUSR", LOGON: "logon session 2461f", r"SAWinSta\SADesktop": "Task Scheduler",
        r"__X78B95_89_IW\__A8D9S1_42_ID": "IIS or COM+ (unconfirmed)", r"TWS_JOBS_WINSTA\Default": None,
    }  # fmt: skip
    text = compose.dheapmon(0, [(path, 512, 5) for path in names])
    found = {path: row for (_, path), row in rows(text).items()}
    assert {path: row["owner"] for path, row in found.items()} == names
    for path, row in found.items():
        own = ("-", compose.line_of(text, f" {path} "))
        assert (row["file"], row["line"]) == own
        assert (row["owner_file"], row["owner_line"]) == (own if names[path] else (None, None))
        assert row["owner_how"] == ("name" if names[path] else None)
        assert row["account"] is None and row["used_kb"] == 25.6


def test_a_list_of_logons_tells_the_account() -> None:
    heaps: list[Heap] = [*X86, (LOGON, 512, 98)]
    text = compose.dheapmon(0, heaps) + compose.logged_on(r"CONTOSO\svc_sql", 0x2461F)
    row = rows(text)[0, LOGON]
    assert (row["owner"], row["account"], row["owner_how"]) == (
        "logon session 2461f",
        r"CONTOSO\svc_sql",
        "logon session",
    )
    assert text.splitlines()[row["owner_line"] - 1].startswith(("Antecedent", "Dependent")) and row["owner_file"] == "-"
    assert in_words(row).startswith(r"Owner: logon session 2461f, that is CONTOSO\svc_sql.")
    two = rows(text + compose.logged_on(r"CONTOSO\anna", 0x2461F))[0, LOGON]
    assert (two["account"], two["owner_how"]) == (None, "name"), "after a restart the number is somebody else's"
    folder = {
        "A/heaps.txt": compose.dheapmon(0, heaps),
        "B/heaps.txt": compose.dheapmon(0, heaps),
        "A/logon.txt": compose.logged_on(r"CONTOSO\svc_sql", 0x2461F),
    }
    found = compose.document(folder)["tables"]["owners"]
    assert {row["machine"]: row["account"] for row in found if row["owner"] == "logon session 2461f"} == {
        "A": r"CONTOSO\svc_sql",
        "B": None,
    }


@pytest.mark.parametrize("path", [SANDBOX, INSIDE])
def test_a_sandbox_belongs_to_the_process_in_its_name(path: str) -> None:
    listing = compose.dskheap(2, [*X64[:3], (path, 768, 5)])
    known = listing + compose.gui(2, [("msedge.exe", PID, "", r"CORP\anna", 900, 9)])
    assert rows(listing)[2, path]["owner"] == f"browser sandbox of process {PID}"
    row = rows(known)[2, path]
    assert (row["owner"], row["owner_how"]) == (f"browser sandbox of process {PID} (msedge.exe)", "process list")
    assert "msedge.exe" in known.splitlines()[row["owner_line"] - 1]
    twice = known + compose.gui(1, [("notepad.exe", PID, "", r"CORP\anna", 9, 9)])
    assert rows(twice)[2, path]["owner"] == f"browser sandbox of process {PID}", "two processes of one number"
    other = {"A/heaps.txt": listing, "B/gui.txt": compose.gui(2, [("msedge.exe", PID, "", r"CORP\anna", 900, 9)])}
    assert rows(other)[2, path]["owner"] == f"browser sandbox of process {PID}", "another machine's process"


def test_a_built_in_account_outside_session_0_is_no_service() -> None:
    """The number of LocalSystem is the same in every session; who uses it there, the services of session 0 do not tell."""
    text = compose.dskheap(2, [*X64[:3], (SYSTEM, 768, 99)]) + compose.gui(
        0, [("agent.exe", 4712, "Widget", LOCAL_SYSTEM, 2940, 9)]
    )
    row = rows(text)[2, SYSTEM]
    assert (row["owner"], row["processes"], row["top"]) == ("LocalSystem", None, None)
    (finding,) = compose.findings(compose.document(text), "desktop-heap-full")
    assert "Outside session 0 these are no services" in finding["actions"][0] and "All services" not in str(finding)


def test_listed_processes() -> None:
    text = (
        compose.dheapmon(0, compose.replaced(X86, SYSTEM, 512, 99))
        + agents(3)
        + compose.on_desktops([(1, DEFAULT, "explorer.exe", 8)])
    )
    found = rows(text)
    full, other, unlisted = found[0, SYSTEM], found[0, DEFAULT], found[1, DEFAULT]
    assert (full["processes"], full["processes_how"], full["top"], full["kb_per_process"], full["kind"]) == (
        3,
        "listed",
        "3 of job.exe",
        169.0,
        "leak",
    )
    assert (other["processes"], other["kind"], other["top"]) == (None, None, None)
    assert (unlisted["owner"], unlisted["size_kb"], unlisted["top"]) == ("interactive", None, "explorer.exe (PID 8)")
    assert (
        in_words(full)
        == "Owner: LocalSystem. 3 processes are on it, 169 KB each: much for a process, so one of them leaks. Most: 3 of job.exe."
    )
    assert in_words(other) == "Owner: interactive. Which processes use it is not in these texts."


def test_csrss_uses_no_desktop() -> None:
    """It has a thread on every one of them, and is no consumer."""
    text = compose.dheapmon(0, compose.replaced(X86, SYSTEM, 512, 99)) + agents(3)
    both = text + compose.on_desktops([(0, SYSTEM, "CSRSS.exe", 704), (0, WINLOGON, "csrss.exe", 704)])
    found = rows(both)
    assert (found[0, SYSTEM]["processes"], found[0, WINLOGON]["processes"]) == (3, None)


def test_only_the_last_list_counts() -> None:
    """A process that has ended since is on no desktop."""
    text = compose.dheapmon(0, compose.replaced(X86, SYSTEM, 512, 99))
    files = {"1.txt": text + agents(45), "2.txt": agents(3)}
    assert rows(files)[0, SYSTEM]["processes"] == 3


def test_boundary_of_leak_and_size() -> None:
    cases: dict[str, compose.Text] = {
        f"{each} {off}": compose.dheapmon(0, compose.replaced(X86, SYSTEM, each * 4 + off, 100)) + agents(4)
        for each in (LEAK_KB, SIZE_KB)
        for off in (-4, 0, 4)
    }
    found = {name: one["tables"]["owners"] for name, one in compose.documents(cases).items()}
    kinds = [next(row["kind"] for row in one if row["owner"] == "LocalSystem") for one in found.values()]
    assert kinds == [None, "leak", "leak", "size", "size", None]
    room = rows(compose.dheapmon(0, compose.replaced(X86, SYSTEM, 512, 60)) + agents(3))[0, SYSTEM]
    assert (room["kb_per_process"], room["kind"]) == (102.4, None), "a heap with room is neither"


PROCESSES = [
    ("svchost.exe", 900, "Dhcp EventLog", LOCAL_SYSTEM, 500, 9),
    ("agent.exe", 4712, "Widget", LOCAL_SYSTEM, 2940, 9),
    ("csrss.exe", 704, "", LOCAL_SYSTEM, 9999, 9),
    ("svchost.exe", 901, "Dns", NETWORK_SERVICE, 7, 9),
    ("sqlagent.exe", 33, "SQLAgent", r"contoso\SVC_SQL", 44, 9),
]


def test_processes_of_an_account_are_inferred() -> None:
    heaps: list[Heap] = [*compose.replaced(X86, SYSTEM, 512, 99), (LOGON, 512, 50)]
    text = compose.dheapmon(0, heaps) + compose.gui(0, PROCESSES) + compose.logged_on(r"CONTOSO\svc_sql", 0x2461F)
    found = {path: row for (_, path), row in rows(text).items()}
    assert {path: row["processes"] for path, row in found.items() if row["processes"]} == {
        SYSTEM: 2,
        r"Service-0x0-3e4$\Default": 1,
        LOGON: 1,
    }
    row = found[SYSTEM]
    assert (row["processes_how"], row["kb_per_process"], row["kind"]) == ("by account", None, None), (
        "no count of those that share the heap"
    )
    assert (
        row["top"]
        == "agent.exe (PID 4712, Widget): 2,940 USER objects, svchost.exe (PID 900, Dhcp EventLog): 500 USER objects"
    )
    assert in_words(row).startswith("Owner: LocalSystem. Inferred: 2 processes of that account use it. Most: agent.exe")
    assert found[LOGON]["top"] == "sqlagent.exe (PID 33, SQLAgent): 44 USER objects"


def test_processes_of_a_users_session_are_inferred() -> None:
    user = [
        ("explorer.exe", 400, "", r"CORP\anna", 300, 9),
        ("winlogon.exe", 5, "", LOCAL_SYSTEM, 5, 9),
        ("msedge.exe", PID, "", r"CORP\anna", 900, 9),
    ]
    found = rows(compose.dskheap(2, [*X64[:3], (SANDBOX, 768, 5)]) + compose.gui(2, user))
    row = found[2, DEFAULT]
    assert (row["account"], row["owner_how"], row["processes"], row["processes_how"]) == (
        r"CORP\anna",
        "shell",
        2,
        "by session",
    )
    assert row["top"] == f"msedge.exe (PID {PID}): 900 USER objects, explorer.exe (PID 400): 300 USER objects"
    assert in_words(row).startswith(
        r"Owner: CORP\anna, whose explorer.exe runs there. Inferred: 2 processes of this session use it."
    )
    assert found[2, SANDBOX]["processes"] is None and found[2, WINLOGON]["account"] is None
    assert rows(compose.dskheap(2, X64[:3]) + compose.gui(1, user))[2, DEFAULT]["processes"] is None, "another session"
    assert (
        rows({"A/h.txt": compose.dskheap(2, X64[:3]), "B/g.txt": compose.gui(2, user)})[2, DEFAULT]["processes"] is None
    ), "another machine"


def test_a_list_without_counts_names_the_images() -> None:
    """tasklist tells sessions and PIDs: enough to say what runs there."""
    names = [(2, 100 + at, "notepad.exe") for at in range(3)] + [(2, 7, "explorer.exe")]
    row = rows(compose.dskheap(2, X64[:3]) + compose.processes(names))[2, DEFAULT]
    assert (row["processes"], row["processes_how"], row["top"]) == (
        4,
        "by session",
        "3 of notepad.exe, explorer.exe (PID 7)",
    )


def test_a_list_of_desktops_needs_no_inference() -> None:
    text = compose.dheapmon(0, compose.replaced(X86, SYSTEM, 512, 99)) + compose.gui(0, PROCESSES)
    listed = compose.on_desktops([(0, SYSTEM, "agent.exe", 4712), (0, SYSTEM, "svchost.exe", 4712 + 1)])
    found = rows(text + listed)
    assert (found[0, SYSTEM]["processes"], found[0, SYSTEM]["processes_how"]) == (2, "listed")
    assert found[0, SYSTEM]["top"] == "agent.exe (PID 4712, Widget): 2,940 USER objects", (
        "counts and services come from the other list"
    )
    assert found[0, r"Service-0x0-3e4$\Default"]["processes"] is None


def test_services_come_from_tasklist() -> None:
    tasks = f"\n{'Image Name':<25} {'PID':>8} Services\n{'=' * 25} {'=' * 8} {'=' * 44}\n{'job.exe':<25} {4000:>8} Spooler\n{'other.exe':<25} {4001:>8} Dhcp\n\n"
    gui = compose.gui(1, [("job.exe", 4000, "", LOCAL_SYSTEM, 5, 5), ("job.exe", 4001, "", LOCAL_SYSTEM, 4, 5)])
    text = compose.dheapmon(0, compose.replaced(X86, SYSTEM, 512, 99)) + agents(2)
    row = rows({"A/heaps.txt": text, "A/tasks.txt": tasks, "A/gui.txt": gui.replace("\t \t", "\t\t")})[0, SYSTEM]
    assert "job.exe (PID 4000, Spooler)" in row["top"] and "Dhcp" not in row["top"], "another image had that PID"


def test_boundary_of_image_names() -> None:
    """The kernel keeps 14 letters of a name: what is cut there is the same process, what differs before is another one."""
    for letters, same in ((CUT - 1, False), (CUT, True), (CUT + 1, True)):
        name = "a" * letters + "x" * 5 + ".exe"
        other = "a" * letters + "y" * 5 + ".exe"
        text = compose.dheapmon(0, compose.replaced(X86, SYSTEM, 512, 99)) + compose.on_desktops([(0, SYSTEM, name, 7)])
        top = rows(text + compose.gui(0, [(other, 7, "", LOCAL_SYSTEM, 50, 5)]))[0, SYSTEM]["top"]
        assert ("50 USER objects" in top) is same


def test_boundary_of_consumers() -> None:
    for number in (MOST - 1, MOST, MOST + 1):
        many = [(f"p{at}.exe", 100 + at, "", LOCAL_SYSTEM, 10 + at, 1) for at in range(number)]
        row = rows(compose.dheapmon(0, compose.replaced(X86, SYSTEM, 512, 99)) + compose.gui(0, many))[0, SYSTEM]
        assert (row["processes"], row["top"].count("PID")) == (number, min(number, MOST))
        assert row["top"].startswith(f"p{number - 1}.exe")


def test_the_latest_measured_heap_counts() -> None:
    older = compose.march(1) + compose.dheapmon(0, compose.replaced(X86, SYSTEM, 512, 20))
    newer = compose.march(2) + compose.dheapmon(0, compose.replaced(X86, SYSTEM, 512, 99))
    assert rows(older + newer)[0, SYSTEM]["used_kb"] == 506.9
    size = {"A/1.txt": compose.dheapmon(0, X86), "A/2.txt": compose.deskscan([(SYSTEM, 512)])}
    assert rows(size)[0, SYSTEM]["used_kb"] == 76.8, "a mere size hides no use"


def test_no_data() -> None:
    cases: dict[str, compose.Text] = {
        "memory": compose.vm4(),
        "a tool that failed": compose.FAILED,
        "processes alone": compose.gui(0, PROCESSES),
    }
    assert [one["tables"]["owners"] for one in compose.documents(cases).values()] == [[], [], []]
    nameless = compose.document(compose.nameless(0, [(3072, 99), (512, 5)]))["tables"]["owners"]
    assert [(row["owner"], row["owner_how"], row["processes"]) for row in nameless] == [(None, None, None)] * 2


def test_words_without_holes() -> None:
    """What is missing leaks into no sentence."""
    texts: dict[str, compose.Text] = {
        "nameless": compose.nameless(0, [(3072, 99), (512, 5)]),
        "no image": compose.dheapmon(0, compose.replaced(X86, SYSTEM, 512, 99))
        + compose.on_desktops([(0, SYSTEM, "-", 7)]),
        "a probe": compose.deskscan([(SYSTEM, 512)]) + agents(2),
    }
    for name, one in compose.documents(texts).items():
        for row in one["tables"]["owners"]:
            assert not any(hole in in_words(row) for hole in ("None", "nan", "<NA>", "{")), (name, in_words(row))


def test_the_report_shows_who_uses_a_full_heap() -> None:
    """Names are of a log, and hostile."""
    evil = "<script>alert(1)</script>`*|.exe"
    text = compose.dheapmon(0, compose.replaced(X86, SYSTEM, 512, 99)) + compose.gui(
        0, [(evil, 4712, "", LOCAL_SYSTEM, 2940, 9)]
    )
    doc = compose.document(text)
    assert evil in next(row["top"] for row in doc["tables"]["owners"] if row["owner"] == "LocalSystem")
    page, plain, marked = render.html(doc), render.text(doc), render.markdown(doc)
    assert '<h2 id="owners">Who uses it</h2>' in page and "&lt;script&gt;alert(1)" in page and "<script" not in page
    assert "WHO USES IT\n- Service-0x0-3e7$\\Default, session 0: Owner: LocalSystem." in plain
    assert "## Who uses it" in marked and "<script" not in marked.replace(r"\<", "")
    calm = compose.document(compose.dheapmon(0, X86) + compose.gui(0, PROCESSES))
    assert all(
        "uses it" not in shown.lower() for shown in (render.html(calm), render.text(calm), render.markdown(calm))
    )


def test_columns_are_those_of_the_schema() -> None:
    table: Any = SCHEMA["properties"]["tables"]["properties"]["owners"]["items"]
    assert table["required"] == [*table["properties"]] == [name for name in OWNERS if name not in WHERE]
    assert [*compose.document(compose.dheapmon(0, X86))["tables"]["owners"][0]] == OWNERS
