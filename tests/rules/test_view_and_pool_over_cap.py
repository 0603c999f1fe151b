"""View space and session pool that no x86 Windows before Vista can give together."""

from __future__ import annotations

import compose
from compose import MEMORY_MANAGEMENT, XP, dword

from dumpscan.configured import VIEW_AND_POOL_MB

RULE = "view-and-pool-over-cap"
FIRES = XP + dword(MEMORY_MANAGEMENT, SessionViewSize=400, SessionPoolSize=64)


def test_fires() -> None:
    told = compose.documents({"both": FIRES, "pool": XP + dword(MEMORY_MANAGEMENT, SessionViewSize=48, SessionPoolSize=448)})  # fmt: skip
    (finding,), (pool,) = (compose.findings(one, RULE) for one in told.values())
    assert (finding["severity"], finding["certainty"]) == ("high", "likely")
    assert "(400 MB) and SessionPoolSize (64 MB) are together 464 MB" in finding["summary"]
    assert compose.cited(finding) == [("-", 4), ("-", 5)]
    assert "Lower SessionViewSize to 384 MB (hex 180)" in compose.reboot_advice(finding)[0]
    assert compose.reboot_advice(pool)[0].startswith("Lower SessionPoolSize first")


def test_near_miss() -> None:
    both = dword(MEMORY_MANAGEMENT, SessionViewSize=400, SessionPoolSize=64)
    write = f'reg add "{MEMORY_MANAGEMENT}" /v {{}} /t REG_DWORD /d 400 /f\n'
    cases: dict[str, compose.Text] = {
        "as installed": XP + dword(MEMORY_MANAGEMENT, SessionViewSize=48, SessionPoolSize=16),
        "one alone": XP + dword(MEMORY_MANAGEMENT, SessionViewSize=448),
        "a slip of unit": XP + dword(MEMORY_MANAGEMENT, SessionViewSize=49152, SessionPoolSize=16),
        "x64": compose.banner(3790, target="x64") + both,
        "Vista": compose.banner(6002) + both,
        "nobody knows which Windows": both,
        "two machines": {"a/q.txt": XP + dword(MEMORY_MANAGEMENT, SessionViewSize=400), "b/q.txt": XP + dword(MEMORY_MANAGEMENT, SessionPoolSize=64)},
        "commands": XP + write.format("SessionViewSize") + write.format("SessionPoolSize"),
    }  # fmt: skip
    assert {name: RULE in compose.fired(one) for name, one in compose.documents(cases).items()} == dict.fromkeys(
        cases, False
    )


def test_no_data() -> None:
    assert compose.statuses({"banner": XP}, RULE) == {"banner": "no_data"}
    assert compose.statuses({"2016": compose.SERVER_2016}, RULE) == {"2016": "not_applicable"}


def test_boundary() -> None:
    cases: dict[str, compose.Text] = {
        str(pool): XP + dword(MEMORY_MANAGEMENT, SessionViewSize=VIEW_AND_POOL_MB - 50, SessionPoolSize=pool)
        for pool in (49, 50, 51)
    }
    assert {name for name, one in compose.documents(cases).items() if RULE in compose.fired(one)} == {"51"}
