"""The table `plan`: what is weighed, what is advised, and what never is."""

from __future__ import annotations

from functools import cache
from typing import Any

import compose
import pytest
import test_examples
import test_examples_retold
from compose import DEFAULT, SYSTEM, X64, X86, Document, Heap
from test_schema import DRAFT, SCHEMA

import dumpscan
from dumpscan.plan import Wanted
from dumpscan.plan.table import COLUMNS
from dumpscan.rules._view import PTES_OF_A_MB, PTES_TO_KEEP

SERVER = compose.banner(3790, name="Windows Server 2003")
FULL = compose.replaced(X86, SYSTEM, 512, 99)
CROWD = [
    *X86,
    *((compose.service(at), 512, 2.0) for at in range(82)),
]  # 47,296 KB: the next heap does not fit beside what GDI needs
ENOUGH = PTES_TO_KEEP + 16 * PTES_OF_A_MB


def planned(text: compose.Text, **wanted: int) -> Document:
    """The plan of the only machine of a text."""
    (one,) = plans({"case": text}, **wanted)["case"]
    return one


def plans(cases: dict[str, compose.Text], **wanted: int) -> dict[str, list[Document]]:
    made = compose.analysis(cases)
    made.wanted = Wanted(**wanted)
    return {name: made.to_dict(name)["plan"] for name in cases}


def best(plan: Document) -> Document | None:
    """The recommended row: there is one at most, and it stands first."""
    chosen = [row for row in plan["rows"] if row["recommended"]]
    assert chosen == plan["rows"][: len(chosen)]
    assert len(chosen) <= 1
    return chosen[0] if chosen else None


def sizes(plan: Document) -> str | None:
    row = best(plan)
    return None if row is None else row["name"]


def named(plan: Document, name: str) -> Document:
    (row,) = (row for row in plan["rows"] if row["name"] == name)
    found: Document = row
    return found


@cache
def examples() -> dict[str, list[Document]]:
    texts: dict[str, compose.Text] = {name: one.text for name, one in test_examples_retold.EXAMPLES.items()}
    return plans(
        texts
        | {
            name: test_examples.TEXTS[name]
            for name in ("E1 with 48 MB", "E4", "E11", "E23", "E28", "E35", "E36", "E37")
        }
    )


@pytest.mark.parametrize(
    ("name", "advised", "answers"),
    [
        ("E9", "3072,1024", "desktop-heap-full"),  # 512 KB more are safe; the third value counts once for each desktop
        ("E15", "3072,1024", "desktop-heap-full"),  # 1,024 was right: 40 and more processes ran
        ("E20", "3072,1536", "desktop-heap-full"),  # any value between 1,024, which is too small, and 2,048, which broke the starts
        ("E23", "20480,2560", "desktop-heap-full"),
        ("E28", "3072,512", "service-heap-lowered"),  # the third value first; SessionViewSize alone will not help
        ("E35", "3072,1024", "desktop-heap-full"),
        ("E7", "3072,1024", "desktop-heap-full"),
        ("E8", "4096,?", "desktop-heap-full"),  # no service heap was listed in that session
        ("E10", "3072,512", "fallback-sizes"),  # a third value below 2,048
        ("E39", "3072,512", "third-value-missing"),
    ],
)  # fmt: skip
def test_worked_examples(name: str, advised: str, answers: str) -> None:
    (plan,) = examples()[name]
    row = best(plan)
    assert row is not None
    assert (row["name"], row["answers"]) == (advised, answers)
    assert plan["says_something"]
    assert plan["summary"].startswith(("Third SharedSection value", "Second SharedSection value"))


@pytest.mark.parametrize("name", ["E1 with 48 MB", "E11", "E13", "E21", "E25", "E31", "E32", "E36", "E37"])
def test_nothing_is_full_so_nothing_changes(name: str) -> None:
    """E13: somebody plans 2,048, which is an option of four times the size. E25: use grows, and nothing is full yet."""
    for plan in examples()[name]:
        if plan["rows"]:
            row = best(plan)
            assert row is not None and row["candidate"] == "today"
            assert plan["summary"].startswith("No change: nothing here asks for another value.")
        assert not plan["says_something"]
        assert not plan["changes"] and not plan["words"]


def test_e5_under_3gb_fewer_desktops_come_first() -> None:
    """16 MB of heaps in 20 MB: the view cannot grow, and a smaller third value is an option with its risk, not advice."""
    (plan,) = examples()["E5"]
    assert best(plan) is None
    assert "fewer desktops come first" in plan["summary"]
    assert "/3GB may be in force" in plan["limits"][-1]
    assert "services may not start after the reboot" in " ".join(named(plan, "15744,256")["risks"])
    assert named(plan, "15744,1536")["fits"] == "no"


def test_e10_the_pair_that_windows_fell_back_to() -> None:
    (plan,) = examples()["E10"]
    assert plan["summary"].startswith("Third SharedSection value from 2048 to 512: Windows fell back to 512 and 128 KB")
    assert "SharedSection=1024,3072,512" in plan["changes"][0]["value"]
    assert "3072,2048" not in [row["name"] for row in plan["rows"]]


def test_e20_what_broke_does_not_fit() -> None:
    (plan,) = examples()["E20"]
    assert named(plan, "3072,2048")["fits"] == "no"
    assert named(plan, "3072,1536")["more_desktops"] == 1


def test_e23_server_2003_x64_is_held_against_104_mb() -> None:
    (plan,) = examples()["E23"]
    today = named(plan, "20480,2048")
    assert (today["heaps_kb"], today["more_desktops"], today["more_desktops_at_most"], today["view_kb"]) == (
        51488,
        24,
        26,
        None,
    )
    assert any("Task Scheduler" in said for said in plan["goes_with"])


def test_e34_no_view_size_is_20_mb_and_48_are_two_steps() -> None:
    values = compose.registry(
        compose.MEMORY_MANAGEMENT, {"NonPagedPoolSize": 0, "PagedPoolSize": 0, "SystemPages": 0, "SessionPoolSize": 16}
    )
    heaps = compose.dheapmon(0, [*X86, *((compose.service(at), 512, 2.0) for at in range(20))])
    told = plans({
        "few": SERVER + values + compose.dheapmon(0, X86) + compose.vm4(None, counters=compose.free_ptes(40000)),
        "many": SERVER + values + heaps + compose.vm4(20480, counters=compose.free_ptes(40000)),
    })  # fmt: skip
    (few,), (many,) = told["few"], told["many"]
    assert sizes(few) == "3072,512"
    steps = {row["candidate"]: row["name"] for row in few["rows"]}
    assert steps["view"] == "3072,512 with a view of 32 MB"
    assert steps["usual view"] == "3072,512 with a view of 48 MB"
    assert any("more than one step" in risk["text"] for risk in few["risks"])
    assert sizes(many) == "3072,512 with a view of 32 MB"
    (change,) = many["changes"]
    assert '"SessionViewSize"=dword:00000020' in change["apply"]["reg"]
    assert '"SessionViewSize"=-' in change["back"]["reg"]
    assert "Memory Management" in many["safety"][0]


def test_e35_figures() -> None:
    """The listing of KB 949296: 40 of 48 MB are free. The larger heaps of 9 services take 4,608 KB of them."""
    (plan,) = examples()["E35"]
    today, advised = named(plan, "3072,512"), named(plan, "3072,1024")
    assert (today["heaps_kb"], today["room_kb"]) == (7872, 49152 - 7872 - 4096)
    assert (today["more_desktops"], today["more_desktops_at_most"]) == (72, 80)
    assert advised["heaps_kb"] == 7872 + 9 * 512
    assert advised["service_free_kb"] == pytest.approx(today["service_free_kb"] + 512)
    assert advised["processes"] == (1024 * 90 - 2 * 100) // 1000


def test_every_candidate_of_a_machine_once() -> None:
    for told in examples().values():
        for plan in told:
            names = [row["name"] for row in plan["rows"]]
            assert len(names) == len(set(names))


# ---- session view space


@pytest.mark.parametrize(
    ("ptes", "advised"),
    [
        (ENOUGH - 1, None),
        (ENOUGH, "3072,512 with a view of 64 MB"),
        (ENOUGH + 1, "3072,512 with a view of 64 MB"),
        (None, None),
    ],
)
def test_a_larger_view_only_where_enough_page_table_entries_stay(ptes: int | None, advised: str | None) -> None:
    counters = "" if ptes is None else compose.free_ptes(ptes)
    plan = planned(SERVER + compose.dheapmon(0, CROWD) + compose.vm4(49152, counters=counters))
    assert sizes(plan) == advised
    if advised:
        row = best(plan)
        assert row is not None and row["free_ptes"] == ptes - 16 * PTES_OF_A_MB if ptes else False
        assert "SessionViewSize may grow by one step, to 64 MB" in plan["limits"][-1]
        assert plan["words"] and not plan["changes"], "what it is now was not seen"
    else:
        assert not [row for row in plan["rows"] if row["view_kb"] == 65536]


def test_the_other_limits_of_the_view() -> None:
    ptes, crowd = compose.free_ptes(60000), compose.dheapmon(0, CROWD)
    pool = compose.registry(compose.MEMORY_MANAGEMENT, {"SessionPoolSize": 390, "SessionViewSize": 48})
    fits = compose.registry(compose.MEMORY_MANAGEMENT, {"SessionPoolSize": 380, "SessionViewSize": 48})
    told = plans({
        "pool": SERVER + crowd + pool + compose.vm4(None, counters=ptes) + compose.view_size(49152),
        "fits": SERVER + crowd + fits + compose.vm4(None, counters=ptes) + compose.view_size(49152),
        "2000": compose.banner(2195, name="Windows 2000") + crowd + compose.vm4(None, counters=ptes) + compose.view_size(49152),
        "/3GB": SERVER + test_examples_retold.boot_ini("/3GB") + compose.dheapmon(0, compose.filling(16384, 512)) + compose.vm4(20480, counters=ptes),
        "Vista": compose.banner(6002, name="Windows Server 2008") + compose.dskheap(0, CROWD) + compose.view_size(49152),
    })  # fmt: skip
    for name, (plan,) in told.items():
        views = [row for row in plan["rows"] if "with a view of 64 MB" in row["name"] or "32 MB" in row["name"]]
        assert bool(views) == (name == "fits"), name
    (vista,) = told["Vista"]
    assert {row["fits"] for row in vista["rows"]} == {"yes"}
    assert {row["room_kb"] for row in vista["rows"]} == {None}
    assert not any("SessionViewSize" in said for said in vista["words"]) and not vista["changes"]
    (fits_plan,) = told["fits"]
    assert '"SessionViewSize"=dword:00000030' in fits_plan["changes"][0]["back"]["reg"]


def test_no_step_below_the_view_that_the_registry_stores() -> None:
    """One step from 20 MB is 32: that would lower the 48 that wait for a restart."""
    text = SERVER + compose.registry(compose.CONTROL, {"SystemStartOptions": "NOEXECUTE=OPTIN  PAE"})
    text += compose.dheapmon(0, compose.filling(16384, 512)) + compose.vm4(20480, counters=compose.free_ptes(60000))
    stored = {mb: text + compose.registry(compose.MEMORY_MANAGEMENT, {"SessionViewSize": mb}) for mb in (20, 48)}
    told = plans({str(mb): one for mb, one in stored.items()})
    for mb, (plan,) in told.items():
        assert any("32 MB" in row["name"] for row in plan["rows"]) == (mb == "20"), mb
    assert "the registry already asks for 48 MB" in told["48"][0]["limits"][-1]


def test_a_larger_heap_that_only_fits_with_a_larger_view() -> None:
    many = compose.replaced([*X86, *((compose.service(at), 512, 2.0) for at in range(40))], SYSTEM, 512, 99)
    heaps = SERVER + compose.dheapmon(0, many)
    ptes = compose.free_ptes(60000)
    told = plans({
        "with": heaps + compose.vm4(49152, counters=ptes),
        "without": heaps + compose.vm4(49152),
    })  # fmt: skip
    assert sizes(told["with"][0]) == "3072,1024 with a view of 64 MB"
    assert sizes(told["without"][0]) is None
    assert named(told["without"][0], "3072,1024")["fits"] == "no"


def test_another_session_without_room_bars_it() -> None:
    user: list[Heap] = [
        (DEFAULT, 3072, 5),
        (r"WinSta0\Winlogon", 128, 5),
        *((rf"WinSta0\Desk{at}", 3072, 1) for at in range(12)),
    ]
    plan = planned(
        SERVER
        + compose.dheapmon(0, compose.replaced(X86, DEFAULT, 3072, 99))
        + compose.dheapmon(2, user)
        + compose.view_size(49152)
    )
    assert sizes(plan) is None
    row = named(plan, "4096,512")
    assert (row["fits"], row["session"], row["heaps_kb"]) == ("no", 2, 13 * 4096 + 128)


def test_without_3gb_is_an_option_with_its_price() -> None:
    start = compose.registry(compose.CONTROL, {"SystemStartOptions": " NOEXECUTE=OPTOUT  FASTDETECT  3GB"})
    plan = planned(SERVER + start + compose.dheapmon(0, compose.filling(16384, 512)) + compose.view_size(20480))
    row = named(plan, "15744,512 with a view of 48 MB")
    assert not row["recommended"]
    assert "Exchange and SQL Server lose 1 GB" in row["risks"][0]


def test_after_an_event_244_the_rest_is_taken() -> None:
    event = compose.event(244, "2026-03-09 07:05:33", text="Failed to create a desktop due to desktop heap exhaustion.")
    heaps = [*X86, *((compose.service(at), 512, 2.0) for at in range(50))]
    boot = compose.march(9, uptime="2 days 1:00:00")
    plan = planned(boot + compose.dheapmon(0, heaps) + compose.view_size(49152) + event)
    assert {row["more_desktops"] for row in plan["rows"] if row["candidate"] == "today"} == {0}


# ---- what a plan rests on


@pytest.mark.parametrize(
    "text",
    [
        compose.nameless(1, [(3072, 99), (64, 3), (128, 3)]),
        compose.dskheap(0, [(SYSTEM, 512, 99)]),
        compose.dskheap(0, compose.replaced(X64, SYSTEM, 768, 99)),
    ],
    ids=["no era", "no architecture", "no era on x64"],
)
def test_no_numbers_for_an_unknown_windows(text: str) -> None:
    plan = planned(text)
    assert plan["rows"] == [] and plan["changes"] == [] and plan["words"] == []
    assert plan["summary"].startswith("No numbers: these texts do not tell")
    assert "vertarget" in plan["summary"]
    assert not plan["says_something"]


def test_sizes_of_an_unknown_architecture() -> None:
    """The command line of csrss.exe is there: what is missing is the Windows or its architecture, and which command tells it."""
    ver = "Microsoft Windows [Version 10.0.14393]\n\n"
    running = compose.running_sections("1024,20480,768")
    told = plans({"no architecture": ver + running, "no Windows": running})
    both = "which Windows this is (vertarget in the debugger, or ver)"
    x64 = "whether it is x86 or x64 (vertarget in the debugger, or systeminfo)"
    assert {name: [plan["summary"] for plan in one] for name, one in told.items()} == {
        name: [f"No numbers: these texts do not tell {missing}. With wrong ones Windows may not boot."]
        for name, missing in (("no architecture", x64), ("no Windows", f"{both} nor {x64}"))
    }
    assert not any(plan["rows"] or plan["changes"] or plan["says_something"] for one in told.values() for plan in one)


def test_no_plan_without_heaps_or_sizes() -> None:
    assert plans({"nothing": "Nothing of a debugger.\n", "banner": SERVER}) == {"nothing": [], "banner": []}


def test_a_modern_machine_whose_heaps_nobody_can_list() -> None:
    """Since Windows 8 a session 0 requester of event 243 and the command line of csrss.exe are all there is."""
    event = compose.event(243, text=compose.requester(0))
    plan = planned(compose.SERVER_2016 + compose.started_csrss(20480, 768) + event)
    assert sizes(plan) == "20480,1280"
    row = best(plan)
    assert row is not None and row["answers"] == "session0-requester"
    assert not plan["changes"], "a command line is not the value of the registry"
    assert "third number of the list SharedSection from 768 to 1280" in plan["words"][0]
    assert "WinRE" in plan["safety"][2] and "Last Known Good" not in plan["safety"][2]


def test_a_value_seen_whole_becomes_text_to_apply_and_its_way_back() -> None:
    plan = planned(compose.XP + compose.dheapmon(0, FULL) + compose.view_size(49152) + compose.XP_VALUE)
    (change,) = plan["changes"]
    value = compose.csrss("1024,3072,512", build=2600)
    assert change["value"] == value.replace("1024,3072,512", "1024,3072,1024")
    assert _decoded(change["apply"]["reg"]) == change["value"]
    assert _decoded(change["back"]["reg"]) == value
    assert "reg add" not in str(plan)
    assert plan["words"] == []


def test_a_value_that_was_cut_becomes_words() -> None:
    cut = compose.windows_value(compose.csrss("1024,3072,512", build=2600)[:120])
    plan = planned(compose.XP + compose.dheapmon(0, FULL) + compose.view_size(49152) + cut)
    assert plan["changes"] == []
    (words,) = plan["words"]
    assert words.startswith("In regedit, change only these digits")
    assert "third" in words or "1024,3072,1024" in words


def test_sizes_that_wait_for_a_restart_are_judged_first() -> None:
    stored = compose.windows_value(compose.csrss("1024,3072,1024", build=2600))
    plan = planned(compose.XP + compose.dheapmon(0, FULL) + compose.view_size(49152) + stored)
    row = best(plan)
    assert row is not None and (row["candidate"], row["name"]) == ("stored", "3072,1024")
    assert plan["words"] == ["Nothing: the registry has these sizes. Restart, and list the heaps again."]
    assert plan["changes"] == []


def test_a_third_value_is_added_to_two() -> None:
    (plan,) = examples()["E39"]
    assert plan["summary"].startswith("Third SharedSection value 512, where there is none")
    (change,) = plan["changes"]
    assert change["apply"]["reg"].startswith("REGEDIT4")
    assert change["apply"]["powershell"] is None
    assert plan["safety"][0].startswith("Back up the key first: regedit /e before.reg")


@pytest.mark.parametrize("captures", [1, 2, 3, 5])
def test_a_smaller_third_value_is_never_advised(captures: int) -> None:
    heaps = [*X86, *((compose.service(at), 512, 2.0) for at in range(26))]
    listing = "".join(SERVER + compose.dheapmon(0, heaps) for _ in range(captures))
    plan = planned(listing + compose.view_size(20480))
    smaller = named(plan, "3072,256")
    assert not smaller["recommended"] and smaller["risks"][0].startswith("services may not start after the reboot")
    assert best(plan) is None


def test_a_heap_that_was_enlarged_and_is_full_again_is_not_enlarged() -> None:
    times = [SERVER + f"Debug session time: Mon Mar {day:02} 09:30:00.123 2026 (UTC + 0:00)\n" for day in (2, 9)]
    heaps = [compose.replaced([(p, 1024 if kb == 512 else kb, u) for p, kb, u in X86], SYSTEM, 1024, 99)]
    plan = planned(
        times[0] + compose.dheapmon(0, FULL) + times[1] + compose.dheapmon(0, heaps[0]) + compose.view_size(49152)
    )
    assert best(plan) is None or best(plan)["candidate"] == "today"  # type: ignore[index]
    assert any("only buys time" in risk["text"] for risk in plan["risks"])


def test_20480_is_the_end() -> None:
    plan = planned(compose.SERVER_2016 + compose.dskheap(1, compose.replaced(X64, DEFAULT, 20480, 99.5)))
    assert {row["interactive_kb"] for row in plan["rows"]} == {20480}


# ---- what the caller asks for


@pytest.mark.parametrize(
    ("number", "advised", "fits"),
    [(1, "3072,512", "yes"), (77, "3072,512", "yes"), (78, None, "no"), (85, None, "no"), (86, None, "no")],
)
def test_more_service_desktops(number: int, advised: str | None, fits: str) -> None:
    """77 more fit into 48 MB beside 5,312 KB and the 4 MB of others."""
    plan = planned(SERVER + compose.dheapmon(0, X86) + compose.view_size(49152), service_desktops=number)
    assert sizes(plan) == advised
    today = next(row for row in plan["rows"] if row["candidate"] == "today")
    assert (today["fits"], today["heaps_kb"]) == (fits, 5312 + number * 512)
    assert plan["says_something"]
    if advised is None:
        assert "would need a view of 64 MB" in plan["summary"]


def test_more_service_desktops_with_a_step_of_the_view() -> None:
    text = SERVER + compose.dheapmon(0, X86) + compose.vm4(49152, counters=compose.free_ptes(60000))
    assert sizes(planned(text, service_desktops=80)) == "3072,512 with a view of 64 MB"
    assert sizes(planned(text, service_desktops=200)) is None


def test_service_desktops_are_of_session_0() -> None:
    text = SERVER + compose.dheapmon(0, X86) + compose.dheapmon(2, X86[:3]) + compose.view_size(49152)
    plan = planned(text, service_desktops=10)
    row = best(plan)
    assert row is not None and (row["session"], row["heaps_kb"]) == (0, 5312 + 10 * 512)


@pytest.mark.parametrize(
    ("number", "cost", "advised"),
    [
        (45, 10, "3072,512"),
        (46, 10, "3072,512"),
        (47, 10, "3072,1024"),
        (100, 10, "3072,1536"),
        (24, 32, "3072,1024"),
        (5000, 10, None),
    ],
)
def test_processes_size_the_third_value(number: int, cost: int, advised: str | None) -> None:
    """100 jobs at 10 KB: 1,000 KB are 90 % of 1,111, rounded up to steps of 512."""
    plan = planned(SERVER + compose.dheapmon(0, X86) + compose.view_size(49152), processes=number, cost_kb=cost)
    assert sizes(plan) == advised
    if advised is None:
        assert "Spread them over several logons" in plan["summary"]


def test_what_is_asked_does_not_fit() -> None:
    many = [*X86, *((compose.service(at), 512, 2.0) for at in range(40))]
    plan = planned(SERVER + compose.dheapmon(0, many) + compose.view_size(49152), processes=100)
    assert best(plan) is None
    assert named(plan, "3072,1536")["fits"] == "no"


# ---- the table


def test_the_table_stands_beside_the_others() -> None:
    made = compose.analysis({"a": SERVER + compose.dheapmon(0, FULL) + compose.view_size(49152), "b": "nothing"})
    assert list(made.plan.columns) == list(COLUMNS)
    assert set(made.plan["case"]) == {"a"}
    rows = made.to_dict("a")["tables"]["plan"]
    assert len(rows) == len(made.plan)
    assert all(
        {"case", "machine", "snapshot", "file", "line"} <= {key for key, value in row.items() if value is not None}
        for row in rows
    )
    assert made.to_dict("b")["tables"]["plan"] == []


def test_nothing_is_planned_for_a_verdict_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_: object) -> None:
        raise AssertionError("a verdict needs no plan")

    monkeypatch.setattr("dumpscan.plan.table.plan", never)
    assert dumpscan.analyze_cases({"case": (SERVER + compose.dheapmon(0, FULL)).encode()}).verdicts() == {
        "case": "single-heap-full"
    }


def test_many_machines_at_once_say_what_each_says_alone() -> None:
    texts: dict[str, compose.Text] = {
        "full": SERVER + compose.dheapmon(0, FULL) + compose.view_size(49152),
        "crowd": SERVER + compose.dheapmon(0, CROWD) + compose.vm4(49152, counters=compose.free_ptes(60000)),
        "modern": compose.SERVER_2016
        + compose.started_csrss(20480, 768)
        + compose.event(243, text=compose.requester(0)),
        "healthy": SERVER + compose.dheapmon(0, X86),
    }
    together = plans(texts)
    for name, text in texts.items():
        alone = plans({name: text})[name]
        assert together[name] == alone, name


def _decoded(reg: str) -> str:
    data = reg.partition("hex(2):")[2].replace("\\\n", "").replace(" ", "").strip()
    return bytes(int(pair, 16) for pair in data.split(",")).decode("utf-16-le").rstrip("\0")


def test_a_missing_third_value_is_added_and_holds_twice_what_is_in_use() -> None:
    heaps = [(path, 3072 if kb == 512 else kb, percent) for path, kb, percent in compose.X86]
    busy = compose.replaced(heaps, compose.SYSTEM, 3072, 20)
    plan = planned(
        compose.banner(3790) + compose.vm4(49152) + compose.dskheap(0, busy) + compose.stored_sections("1024,3072")
    )
    assert sizes(plan) == "3072,1260"
    assert "without a third value" in plan["summary"]


def test_what_does_not_fit_into_the_smallest_view_waits_for_the_limit() -> None:
    heaps = [*compose.X86, *((compose.service(at), 512, 5) for at in range(20))]
    text = compose.banner(3790) + compose.dskheap(0, compose.replaced(heaps, compose.SYSTEM, 512, 99))
    plan = planned(text)
    assert best(plan) is None
    assert plan["summary"].startswith("No advice yet: the limit of session view space is not in these texts")


def test_an_event_that_no_listed_heap_explains_asks_for_no_size() -> None:
    listed = compose.banner(17763, name="Windows 10", target="x64") + compose.dskheap(0, compose.VISTA)
    plan = planned(listed + compose.event(243, text=compose.requester(2)))
    assert best(plan) is None
    assert plan["summary"].startswith("No size can be judged: an allocation failed (event 243)")


@pytest.mark.parametrize(("size", "which"), [(20480, "third"), (768, "second")])
def test_the_value_at_its_limit_is_that_of_the_full_heap(size: int, which: str) -> None:
    full = compose.SYSTEM if which == "third" else compose.DEFAULT
    heaps = [
        (path, size if kb == 768 else kb, 99.9 if path == full else percent) for path, kb, percent in compose.VISTA
    ]
    plan = planned(compose.banner(17763, name="Windows 10", target="x64") + compose.dskheap(0, heaps))
    assert plan["summary"].startswith(f"No larger {which} value is advised")


def test_a_damaged_value_gets_words_and_no_file() -> None:
    full = compose.dskheap(0, compose.replaced(compose.X86, compose.SYSTEM, 512, 99))
    plan = planned(compose.banner(3790) + compose.vm4(49152) + full + compose.stored_sections("1024, 3072,512"))
    assert not plan["changes"]
    assert any("The value is damaged (shared-section-damaged)" in said for said in plan["words"])


def test_processes_that_no_size_holds_are_said_in_the_first_sentence() -> None:
    full = compose.dskheap(0, compose.replaced(compose.X86, compose.SYSTEM, 512, 99))
    plan = planned(compose.banner(3790) + compose.vm4(49152) + full, processes=5000, cost_kb=10)
    assert "it does not hold 5,000 processes of 10 KB" in plan["summary"]


def test_a_leak_is_named_in_the_first_sentences() -> None:
    days = [(day, percent) for day, percent in ((1, 60), (4, 75), (7, 91))]
    heaps = [
        compose.march(day) + compose.listed("dheapmon", 0, compose.replaced(compose.X86, compose.SYSTEM, 512, used))
        for day, used in days
    ]
    plan = planned(compose.banner(3790) + compose.vm4(49152) + "".join(heaps))
    assert sizes(plan) == "3072,1024"
    assert "Use of a heap grows: find what leaks first" in plan["summary"]


def test_rows_are_those_of_the_schema() -> None:
    table: Any = SCHEMA["properties"]["tables"]["properties"]["plan"]["items"]
    assert table["required"] == [*table["properties"]] == [*COLUMNS][5:]
    assert [*COLUMNS][:5] == SCHEMA["$defs"]["where"]["required"]
    cases: dict[str, compose.Text] = {
        "full": SERVER + compose.vm4(49152) + compose.dskheap(0, FULL),
        "no Windows": compose.dskheap(0, X64),
        "no heaps": "Nothing of a debugger.\n",
    }
    made = compose.analysis(cases)
    documents = {name: made.to_dict(name) for name in cases}
    assert {name: bool(one["tables"]["plan"]) for name, one in documents.items()} == {
        "full": True,
        "no Windows": False,
        "no heaps": False,
    }
    assert [error.message for one in documents.values() for error in DRAFT(SCHEMA).iter_errors(one)] == []
