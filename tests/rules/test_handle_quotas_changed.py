"""Handle quotas other than the default: no cure for a full heap."""

from __future__ import annotations

import compose
from compose import WINDOWS_KEY, dword

from dumpscan.rules.handle_quotas_changed import DEFAULT, RANGES

RULE = "handle-quotas-changed"
FIRES = dword(WINDOWS_KEY, GDIProcessHandleQuota=65536, USERProcessHandleQuota=65536)


def test_fires() -> None:
    """ntdebugging blog, comment 54: both at 65536; only that of USER is outside of what is documented."""
    (finding,) = compose.findings(compose.document(FIRES), RULE)
    assert (finding["severity"], finding["certainty"]) == ("low", "proved")
    assert "USERProcessHandleQuota is 65,536, outside of the documented 200 to 18,000" in finding["summary"]
    assert "GDIProcessHandleQuota is 65,536." in finding["summary"]
    assert compose.cited(finding) == [("-", 2), ("-", 3)]
    assert finding["subject"] == {"user_quota": 65536, "gdi_quota": 65536}
    assert any(one["when"] == "futile" and "full desktop heap" in one["text"] for one in finding["advice"])
    assert compose.reboot_advice(finding) == []


def test_near_miss() -> None:
    cases: dict[str, compose.Text] = {
        "the default": dword(WINDOWS_KEY, GDIProcessHandleQuota=DEFAULT, USERProcessHandleQuota=DEFAULT),
        "a script": f'reg add "{WINDOWS_KEY}" /v GDIProcessHandleQuota /t REG_DWORD /d 15000 /f\n',
        "of 32-bit programs": dword(
            WINDOWS_KEY.replace("SOFTWARE", r"SOFTWARE\Wow6432Node"), GDIProcessHandleQuota=15000
        ),
        "typed": "GDIProcessHandleQuota 15000\nUSERProcessHandleQuota 15000\n",
    }
    assert {name: RULE in compose.fired(one) for name, one in compose.documents(cases).items()} == dict.fromkeys(
        cases, False
    )


def test_no_data() -> None:
    assert compose.statuses({"heaps": compose.dheapmon(0, compose.X86)}, RULE) == {"heaps": "no_data"}


def test_boundary() -> None:
    """Inside of the documented range it is information, outside a low finding, the default nothing."""
    names = {"user": "USERProcessHandleQuota", "gdi": "GDIProcessHandleQuota"}
    cases: dict[str, compose.Text] = {}
    expected: dict[str, list[str]] = {}
    for kind, (low, high) in RANGES.items():
        for quota in (low - 1, low, DEFAULT - 1, DEFAULT, DEFAULT + 1, high, high + 1):
            cases[f"{kind} {quota}"] = dword(WINDOWS_KEY, **{names[kind]: quota})
            expected[f"{kind} {quota}"] = [] if quota == DEFAULT else ["info" if low <= quota <= high else "low"]
    told = {name: [one["severity"] for one in compose.findings(made, RULE)] for name, made in compose.documents(cases).items()}  # fmt: skip
    assert told == expected


def test_each_quota_and_each_machine() -> None:
    """Of several captures the latest counts; a second query of the same capture, or of another machine, is not another quota."""
    first, second = (compose.banner(2600, time=f"Mon Nov {day} 09:30:00 2026") for day in (16, 17))
    user, gdi = dword(WINDOWS_KEY, USERProcessHandleQuota=15000), dword(WINDOWS_KEY, GDIProcessHandleQuota=12000)
    cases: dict[str, compose.Text] = {
        "queried twice": user + user,
        "apart": user + gdi,
        "mended": first + user + second + dword(WINDOWS_KEY, USERProcessHandleQuota=DEFAULT),
        "raised again": first + user + second + dword(WINDOWS_KEY, USERProcessHandleQuota=18001),
        "two machines": {"A1/a.txt": user, "B2/b.txt": gdi},
    }
    told = {
        name: [(one["severity"], one["subject"]["user_quota"], one["subject"]["gdi_quota"]) for one in compose.findings(made, RULE)]
        for name, made in compose.documents(cases).items()
    }  # fmt: skip
    assert told == {
        "queried twice": [("info", 15000, None)], "apart": [("info", 15000, 12000)], "mended": [], "raised again": [("low", 18001, None)],
        "two machines": [("info", 15000, None), ("info", None, 12000)],
    }  # fmt: skip
