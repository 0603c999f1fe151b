"""A process at its own quota of USER or GDI objects: no desktop heap."""

from __future__ import annotations

import compose

from dumpscan.rules.handle_quota_reached import QUOTA, REACHED

RULE = "handle-quota-reached"
USER = ("report.exe", 5120, "", r"CONTOSO\frieda", 9990, 12)
FIRES = compose.gui(2, [USER])


def test_fires() -> None:
    document = compose.document(FIRES)
    (finding,) = compose.findings(document, RULE)
    assert (finding["severity"], finding["certainty"]) == ("high", "likely")
    assert compose.cited(finding) == [("-", 2)]
    assert "report.exe (PID 5120) in session 2 holds 9,990 USER objects of the 10,000" in finding["summary"]
    assert any("SharedSection" in one["text"] for one in finding["advice"] if one["when"] == "futile")
    assert document["verdict"]["mode"] == "undecided", "a look-alike speaks for no verdict"


def test_both_kinds() -> None:
    told = compose.findings(compose.document(compose.gui(2, [(*USER[:4], 9990, 9999)])), RULE)
    assert sorted(one["subject"]["kind"] for one in told) == ["GDI", "USER"]


def test_who_is_nearest_to_the_quota_leads() -> None:
    text = compose.gui(2, [(*USER[:4], 9850, 12), ("agent.exe", 7777, "", r"CONTOSO\frieda", 9950, 12), ("idle.exe", 8888, "", r"CONTOSO\frieda", 12, 12)])  # fmt: skip
    (finding,) = compose.findings(compose.document(text), RULE)
    assert finding["summary"].startswith("agent.exe (PID 7777) in session 2 holds 9,950 USER objects")
    assert [one["shows"].partition(":")[0] for one in finding["evidence"]] == ["agent.exe", "report.exe"]
    assert [one["when"] for one in finding["advice"]] == ["now", "cause", "futile"]


def test_near_miss() -> None:
    quota = compose.dword(compose.WINDOWS_KEY, USERProcessHandleQuota=18000)
    cases: dict[str, compose.Text] = {
        "a larger quota": FIRES + quota,
        "a total": compose.gui(2, [(*USER[:4], 12, 12)], total=(9990, 9990)),
        "a list without counts": "Image Name                     PID Services\n========================= ======== ====\nreport.exe                    9990 N/A\n",
    }
    cases["a quota of nothing"] = compose.gui(2, [(*USER[:4], 12, 12)]) + compose.dword(
        compose.WINDOWS_KEY, USERProcessHandleQuota=0, GDIProcessHandleQuota=0
    )
    assert "found" not in compose.statuses(cases, RULE).values()
    written = compose.dword(
        compose.WINDOWS_KEY.replace("SOFTWARE", r"SOFTWARE\Wow6432Node"), USERProcessHandleQuota=18000
    )
    assert compose.statuses({"the 32-bit copy": FIRES + written}, RULE) == {"the 32-bit copy": "found"}


def test_no_data() -> None:
    cases: dict[str, compose.Text] = {"another command": compose.vm4(), "only a total": compose.gui(2, [], total=(9990, 9990))}  # fmt: skip
    assert compose.statuses(cases, RULE) == dict.fromkeys(cases, "no_data")


def test_boundary() -> None:
    for quota in (QUOTA, 5000):
        told = (
            ""
            if quota == QUOTA
            else compose.dword(compose.WINDOWS_KEY, USERProcessHandleQuota=quota, GDIProcessHandleQuota=quota)
        )
        line = quota * REACHED // 100
        cases: dict[str, compose.Text] = {
            f"{kind} {many}": compose.gui(2, [(*USER[:4], *((many, 0) if kind == "USER" else (0, many)))]) + told
            for kind in ("USER", "GDI")
            for many in (line - 1, line, line + 1)
        }
        found = {name for name, status in compose.statuses(cases, RULE).items() if status == "found"}
        assert found == {f"{kind} {many}" for kind in ("USER", "GDI") for many in (line, line + 1)}
