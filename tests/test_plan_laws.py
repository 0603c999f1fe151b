"""Laws of a plan, over composed machines: what is advised fits, keeps clear of the limits, and never contradicts the advice of the rules."""

from __future__ import annotations

import re
from typing import Any, NamedTuple

import compose
from compose import DEFAULT, SYSTEM, Document, Heap
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from dumpscan.plan import Wanted
from dumpscan.rules._heap import MOST
from dumpscan.rules._view import MOST_MB, PTES_TO_KEEP

BANNERS = {
    "2003": compose.banner(3790, name="Windows Server 2003"),
    "XP": compose.XP,
    "2000": compose.banner(2195, name="Windows 2000"),
    "2003 x64": compose.banner(3790, name="Windows Server 2003", target="x64"),
    "2008": compose.banner(6002, name="Windows Server 2008"),
    "2016": compose.SERVER_2016,
    "unknown": "",
}
MACHINES_AT_ONCE = 25


class Machine(NamedTuple):
    windows: str
    second: int
    third: int
    used: tuple[int, int]  # percent of the interactive heap and of that of LocalSystem
    services: int
    users: int  # sessions beside session 0
    view: int | None  # KB
    ptes: int | None

    def text(self) -> str:
        fixed = (192, 96) if "x64" in self.windows or self.windows == "2016" else (128, 64)
        listing = compose.dskheap if self.windows in ("2008", "2016", "unknown") else compose.dheapmon
        trio: list[Heap] = [
            (DEFAULT, self.second, self.used[0]),
            (r"WinSta0\Winlogon", fixed[0], 4),
            (r"WinSta0\Disconnect", fixed[1], 4),
        ]
        services: list[Heap] = [
            (SYSTEM, self.third, self.used[1]),
            *((compose.service(at), self.third, 2) for at in range(self.services)),
        ]
        text = BANNERS[self.windows] + listing(0, [*trio, *services])
        text += "".join(listing(number, [(DEFAULT, self.second, 9), *trio[1:]]) for number in range(1, 1 + self.users))
        counters = "" if self.ptes is None else compose.free_ptes(self.ptes)
        return text + ("" if self.view is None else compose.vm4(self.view, counters=counters))


machines = st.builds(
    Machine,
    st.sampled_from(list(BANNERS)),
    st.sampled_from([512, 1024, 3072, 4096, 12288, 20480]),
    st.sampled_from([128, 256, 512, 768, 1024, 2048, 19968, 20480]),
    st.tuples(st.integers(0, 100), st.integers(0, 100)),
    st.integers(0, 90),
    st.integers(0, 3),
    st.sampled_from([None, 20480, 49152, 65536, 106496, 245760, 448 * 1024]),
    st.sampled_from([None, 9000, PTES_TO_KEEP + 4095, PTES_TO_KEEP + 4096, 60000]),
)
wishes = st.builds(
    Wanted, st.sampled_from([0, 0, 5, 60]), st.sampled_from([0, 0, 40, 400]), st.sampled_from([3, 10, 32])
)


def told(drawn: list[Machine], wanted: Wanted) -> list[tuple[Machine, Document]]:
    """The document of each, all from one analysis."""
    made = compose.analysis({str(at): one.text() for at, one in enumerate(drawn)})
    made.wanted = wanted
    return [(one, made.to_dict(str(at))) for at, one in enumerate(drawn)]


def advised(document: Document) -> list[tuple[Document, Document, Document]]:
    """Plan, recommended row and the row of today, of each machine that has one."""
    return [
        (plan, row, next(one for one in plan["rows"] if one["candidate"] == "today"))
        for plan in document["plan"]
        for row in plan["rows"]
        if row["recommended"]
    ]


LAWS = settings(
    max_examples=6,
    derandomize=True,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example],
)
several = st.lists(machines, min_size=MACHINES_AT_ONCE, max_size=MACHINES_AT_ONCE)


@LAWS
@given(several, wishes)
def test_what_is_advised_keeps_clear_of_the_limits(drawn: list[Machine], wanted: Wanted) -> None:
    for machine, document in told(drawn, wanted):
        for plan in document["plan"]:
            assert sum(row["recommended"] for row in plan["rows"]) <= 1
            # Without a banner the maxima of !vm 4 tell what is older than Vista, and 12,288 KB what is not.
            assert (
                not plan["rows"] or machine.windows != "unknown" or machine.view is not None or machine.second == 12288
            )
        for plan, row, today in advised(document):
            assert row["fits"] != "no", machine
            assert row["room_kb"] is None or row["room_kb"] >= 0 or row["fits"] == "unknown", machine
            if row["view_kb"] is not None and row["heaps_kb"] is not None:
                assert row["heaps_kb"] + row["others_kb"] <= row["view_kb"], machine
            for name in ("interactive_kb", "non_interactive_kb"):
                assert row[name] is None or row[name] >= today[name], f"no smaller heap is advised: {machine}"
                assert row[name] == today[name] or row[name] <= MOST, machine
            if "with a view of" in row["name"]:
                assert machine.windows in ("2003", "XP", "2003 x64", "unknown")  # by the maxima of !vm 4
                assert machine.ptes is not None and row["free_ptes"] >= PTES_TO_KEEP, machine
                assert machine.view is not None and 0 < row["view_kb"] - machine.view <= 16 * 1024, machine
                assert row["view_kb"] <= MOST_MB * 1024
            assert len(plan["safety"]) == 5
            assert "reg add" not in str(plan)


@LAWS
@given(several, wishes)
def test_a_smaller_heap_is_twice_its_peak_and_never_advised(drawn: list[Machine], wanted: Wanted) -> None:
    for machine, document in told(drawn, wanted):
        for plan in document["plan"]:
            today = next((one for one in plan["rows"] if one["candidate"] == "today"), None)
            for row in plan["rows"]:
                if (
                    today is None
                    or today["non_interactive_kb"] is None
                    or row["non_interactive_kb"] >= today["non_interactive_kb"]
                ):
                    continue
                peak = machine.third * (machine.used[1] + 0.05) / 100  # dheapmon: before Vista
                assert row["candidate"] == "smaller third" and not row["recommended"]
                assert row["non_interactive_kb"] >= max(256, 2 * peak - 1), machine


RAISED = re.compile(r"Raise the (second|third) SharedSection value from ([0-9]+) to ([0-9]+)(?=;)")
REFUSED = re.compile(r"A (second|third) SharedSection value of ([0-9]+) instead of ([0-9]+)")


@LAWS
@given(several)
def test_the_plan_and_the_advice_of_a_full_heap_agree(drawn: list[Machine]) -> None:
    """What the rules raise alone, the plan raises; what they refuse, the plan shows not to fit."""
    for machine, document in told(drawn, Wanted()):
        if machine.windows == "unknown":
            continue
        rules: list[Any] = [
            finding
            for outcome in document["outcomes"]
            if outcome["rule"] in ("desktop-heap-full", "desktop-heap-at-risk")
            for finding in outcome["findings"]
        ]
        (plan,) = document["plan"]
        rows = plan["rows"]
        best = next((row for row in rows if row["recommended"]), None)
        today = next(row for row in rows if row["candidate"] == "today")
        names = {"second": "interactive_kb", "third": "non_interactive_kb"}
        said = [one["text"] for finding in rules for one in finding["advice"]]
        raised = {match[1]: int(match[3]) for text in said for match in RAISED.finditer(text)}
        refused = {match[1]: int(match[2]) for text in said for match in REFUSED.finditer(text)}
        if plan["summary"].startswith(
            "No advice yet"
        ):  # the limit is not known: the rules say that it must fit, the plan waits for it
            assert all("whose limit is not in these texts" in text for text in said if RAISED.search(text))
        elif len(raised) == 1 and not refused:
            ((which, to),) = raised.items()
            assert best is not None and best[names[which]] == to, (machine, plan["summary"], said)
        for which, to in refused.items():
            other = next(name for one, name in names.items() if one != which)
            alone = [
                row
                for row in rows
                if row[names[which]] == to and row[other] == today[other] and "with a view" not in row["name"]
            ]
            impossible = plan["summary"].startswith(
                "No advice: the limit of session view space and the heaps do not belong together"
            )
            assert impossible or [row["fits"] for row in alone] in (["no"], []), (machine, plan["summary"], said)
            assert best is None or best[names[which]] != to or "with a view" in best["name"], machine
