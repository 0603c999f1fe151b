"""Remote shells, tasks and CI agents make window stations of single logons."""

from __future__ import annotations

import compose
from compose import LOCAL_SYSTEM, X64

from dumpscan.rules.logon_source import MANY

RULE = "logon-source"


def stations(many: int, session: int = 0) -> str:
    return compose.dskheap(session, [*X64, *((compose.service(at), 768, 1.0) for at in range(many))])


def on_station(process: str) -> str:
    return compose.on_desktops([(0, compose.service(1), process, 4712)])


FIRES = stations(MANY) + on_station("wsmprovhost.exe")


def test_fires() -> None:
    (finding,) = compose.findings(compose.document(FIRES), RULE)
    assert (finding["severity"], finding["certainty"]) == ("info", "likely")
    assert "Session 0 has 10 window stations of single logons" in finding["summary"]
    assert "remote PowerShell (WinRM), is on one of them" in finding["summary"]
    lines = [FIRES.splitlines()[line - 1] for _, line in compose.cited(finding)]
    assert "wsmprovhost.exe" in lines[0] and "Service-0x0-10000$" in lines[1]


def test_a_maker_beside_them_is_a_suspicion() -> None:
    rows = [("Runner.Listener.exe", 4712, "", r"CONTOSO\ci", 4, 4)]
    (finding,) = compose.findings(compose.document(stations(MANY) + compose.gui(0, rows)), RULE)
    assert finding["certainty"] == "possible" and "a GitHub runner, runs beside them" in finding["summary"]


def test_accounts_of_the_stations() -> None:
    """Each station counts once, however often its logon was listed."""
    logons = "Logon Session,User Name,Auth Package,Logon Type,Session,Sid,Logon Time,Logon Server,DNS Domain,UPN\n"
    logons += "".join(
        f"00000000:{0x10000 + at:08x},CONTOSO\\svc_ci,Negotiate,Batch,0,S-1-5-21,6/9/2025 6:45:29 AM,,contoso.example,\n"
        for at in range(4)
    )
    two = {"kd.log": FIRES, "logons.csv": logons, "logons again.csv": logons}
    finding, again = (
        compose.findings(doc, RULE)[0]
        for doc in compose.documents({"one": {"kd.log": FIRES, "logons.csv": logons}, "two": two}).values()
    )
    assert r"4 of them belong to CONTOSO\svc_ci." in finding["summary"]
    assert any(one["file"] == "logons.csv" for one in finding["evidence"])
    assert again["subject"] == finding["subject"]
    assert finding["subject"]["account"] == r"CONTOSO\svc_ci" and finding["subject"]["of_account"] == 4


def test_logons_with_large_numbers() -> None:
    """Both halves of the number of a logon count."""
    heaps = [*X64, *((rf"Service-0x1a-{0x1B + at:x}$\Default", 768, 1.0) for at in range(MANY))]
    logons = compose.logged_on(r"CONTOSO\svc_ci", (0x1A << 32) + 0x1C)
    owners = compose.on_desktops([(0, r"Service-0x1a-1c$\Default", "sshd.exe", 4712)])
    told = compose.findings(compose.document(compose.dskheap(0, heaps) + owners + logons), RULE)
    assert [one["subject"] for one in told] == [
        {"stations": MANY, "makers": "an SSH server", "account": r"CONTOSO\svc_ci", "of_account": 1}
    ]


def test_several_makers_are_one_finding() -> None:
    """Those on a station first, and one that is only in the list of processes behind them."""
    on_both = compose.on_desktops(
        [(0, compose.service(1), "sshd.exe", 4712), (0, compose.service(2), "sshd-session.exe", 4713), (0, compose.service(3), "wsmprovhost.exe", 4714)]
    )  # fmt: skip
    beside = compose.gui(0, [("jenkins.exe", 4715, "", r"CONTOSO\ci", 4, 4)])
    text = stations(MANY) + beside + on_both
    (finding,) = compose.findings(compose.document(text), RULE)
    assert (finding["severity"], finding["certainty"]) == ("info", "likely")
    makers = "an SSH server and remote PowerShell (WinRM) and Jenkins"
    assert (
        finding["summary"]
        == f"Session 0 has 10 window stations of single logons. A known maker of such, {makers}, is on one of them."
    )
    assert finding["subject"] == {"stations": 10, "makers": makers, "account": None, "of_account": None}
    assert [one["shows"] for one in finding["evidence"]] == [
        "sshd.exe: an SSH server", "wsmprovhost.exe: remote PowerShell (WinRM)", "jenkins.exe: Jenkins",
        "a station of one logon: Service-0x0-10000$",
    ]  # fmt: skip


def test_near_miss() -> None:
    system = [("taskhostw.exe", 4712, "", LOCAL_SYSTEM, 4, 4)]
    jenkins = [("jenkins.exe", 4715, "", r"CONTOSO\ci", 4, 4)]
    cases: dict[str, compose.Text] = {
        "no maker": stations(MANY) + on_station("svchost.exe"),
        "nobody tells the account": stations(MANY)
        + compose.processes([(0, 4712, "taskhostw.exe")]).replace("CONTOSO\\frieda", "N/A"),
        "a built-in account": stations(MANY) + compose.gui(0, system),
        "a maker in a user's session": stations(MANY) + compose.gui(2, jenkins),
        "a user's session": stations(MANY, 1) + on_station("wsmprovhost.exe"),
        "browser sandboxes": FIRES.replace(r"$\Default", r"$\sbox_alternate_desktop_0x4170"),
        "a healthy machine": compose.dskheap(0, X64)
        + compose.gui(0, [("wsmprovhost.exe", 4712, "", r"CONTOSO\ci", 4, 4)]),
    }
    assert "found" not in compose.statuses(cases, RULE).values()


def test_no_data() -> None:
    """Stations without processes tell no maker, and processes without stations no number."""
    cases: dict[str, compose.Text] = {
        "another command": compose.started_csrss(20480, 768),
        "stations alone": stations(MANY),
        "processes alone": compose.gui(0, [("sshd.exe", 4712, "", r"CONTOSO\ci", 4, 4)]),
    }
    assert set(compose.statuses(cases, RULE).values()) == {"no_data"}


def test_boundary() -> None:
    cases: dict[str, compose.Text] = {
        str(many): stations(many) + on_station("sshd.exe") for many in (MANY - 1, MANY, MANY + 1)
    }
    found = [name for name, status in compose.statuses(cases, RULE).items() if status == "found"]
    assert found == [str(MANY), str(MANY + 1)]
