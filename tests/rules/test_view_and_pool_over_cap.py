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


def test_which_values_count() -> None:
    def both(view: int, pool: int) -> str:
        return dword(MEMORY_MANAGEMENT, SessionViewSize=view, SessionPoolSize=pool)

    word = compose.registry(MEMORY_MANAGEMENT, {"SessionViewSize": "abc"})
    cases: dict[str, compose.Text] = {
        "the largest": XP + both(1023, 16),
        "no size": XP + both(1024, 16),
        "the largest pool": XP + both(16, 1023),
        "no pool": XP + both(448, 1024),
        "nothing of one": XP + both(0, 500),
        "one step left": XP + both(48, 434),
        "no step left": XP + both(48, 435),
        "told twice": XP + both(400, 64) + both(400, 64),
        "beside a word": XP + word + both(400, 64),
        "mended": compose.march(1) + both(400, 64) + compose.march(2) + both(48, 16),
        "spoilt": compose.march(1) + both(48, 16) + compose.march(2) + both(400, 64),
        "one of two": {"a/a.txt": XP + both(48, 16), "b/b.txt": XP + both(400, 64)},
        "beside Vista": {"a/a.txt": XP + both(48, 16), "b/b.txt": compose.banner(6002) + both(400, 64)},
    }
    told = {name: compose.findings(doc, RULE) for name, doc in compose.documents(cases).items()}
    assert {name: [tuple(one["subject"].values()) for one in found] for name, found in told.items() if found} == {
        "the largest": [(1023, 16)], "the largest pool": [(16, 1023)], "one step left": [(48, 434)], "no step left": [(48, 435)], "told twice": [(400, 64)],
        "beside a word": [(400, 64)], "spoilt": [(400, 64)], "one of two": [(400, 64)],
    }  # fmt: skip
    assert told["one of two"][0]["machine"] == "b"
    assert compose.reboot_advice(told["one step left"][0])[0].startswith("Lower SessionViewSize to 16 MB (hex 10)")
    assert compose.reboot_advice(told["no step left"][0])[0].startswith("Lower SessionPoolSize first: 435 MB leave")
    assert [one["shows"] for one in told["spoilt"][0]["evidence"]] == ["SessionViewSize: 400 MB", "SessionPoolSize: 64 MB"]  # fmt: skip
    assert [one["when"] for one in told["spoilt"][0]["advice"]] == ["reboot", "cause", "futile"]


def test_beside_the_verdict() -> None:
    """What is configured is no sign of full heaps."""
    compose.assert_beside_no_sign(FIRES + compose.dheapmon(0, compose.X86), RULE)
