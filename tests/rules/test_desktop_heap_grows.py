r"""A heap that rises from capture to capture: how fast, when it is full, and what is no trend."""

from __future__ import annotations

import compose
import pytest
from compose import DEFAULT, SYSTEM, WINLOGON, X86

from dumpscan.rules.desktop_heap_grows import NEAR, SOON
from dumpscan.trends import FEWEST, FULL, SHORTEST

RULE = "desktop-heap-grows"
TASKS = r"SAWinSta\SADesktop"


def on(
    day: float,
    percent: float,
    kb: int = 2048,
    path: str = TASKS,
    *,
    tool: str = "dheapmon",
    uptime: str | None = None,
    session: int = 0,
) -> str:
    """A listing of that day of March, in which this heap has these figures."""
    heaps = [*(heap for heap in X86 if heap[0] != path), (path, kb, percent)]
    return compose.march(day, uptime=uptime) + compose.listed(tool, session, heaps)


def line(*points: tuple[float, float], kb: int = 2048, path: str = TASKS, tool: str = "dheapmon") -> str:
    return "".join(on(day, percent, kb, path, tool=tool) for day, percent in points)


FIRES = line((1, 30), (4, 42), (7, 54))


def test_fires() -> None:
    """24 points of 2,048 KB in 6 days are 81.9 KB a day; 44 points are left."""
    told = compose.document(FIRES)
    (finding,) = compose.findings(told, RULE)
    assert (finding["severity"], finding["certainty"]) == ("medium", "likely")
    assert finding["subject"]["kb_a_day"] == pytest.approx(2048 * 0.24 / 6, abs=0.05)
    assert finding["subject"]["days_left"] == pytest.approx(44 / 4, abs=0.05)
    assert "grows by about 81.9 KB a day (81.6 to 82.3) in 3 captures over 6.0 days" in finding["summary"]
    assert "reaches 98 % in about 11.0 days (10.9 to 11.1, as far as the tool rounds)" in finding["summary"]
    lines = [number for number, text in enumerate(FIRES.splitlines(), 1) if TASKS in text]
    assert sorted(compose.cited(finding)) == [("-", number) for number in lines]
    assert "handle.exe -a SAWinSta" in finding["actions"][0]
    (futile,) = (one["text"] for one in finding["advice"] if one["when"] == "futile")
    assert "512 KB more last about 6.2 days" in futile
    assert (told["verdict"]["mode"], told["verdict"]["certainty"]) == ("at-risk", "likely")
    assert told["verdict"]["summary"] == finding["summary"]


def test_the_process_that_grew_with_the_heap_is_restarted_first() -> None:
    """Without lists of USER objects nobody is named."""

    def lists(name: str) -> str:
        steps = ((1, 30, 100), (4, 42, 900), (7, 54, 1700))
        grown = [(name, 4712, "Widget", compose.LOCAL_SYSTEM, objects, 9) for _, _, objects in steps]
        return "".join(on(day, used, path=SYSTEM) + compose.gui(0, [one]) for (day, used, _), one in zip(steps, grown, strict=True))  # fmt: skip

    cases: dict[str, compose.Text] = {"listed": lists("agent.exe"), "not listed": line((1, 30), (4, 42), (7, 54), path=SYSTEM)}  # fmt: skip
    told = {name: compose.findings(one, RULE)[0] for name, one in compose.documents(cases).items()}
    first, second, *_ = told["listed"]["advice"]
    assert (first["when"], second["when"]) == ("now", "now")
    assert first["text"].startswith("Restart agent.exe (PID 4712) first, and see whether the growth stops")
    assert told["listed"]["subject"]["suspect"] == "agent.exe (PID 4712)"
    assert "agent.exe: 1,700 USER objects, 100 before" in {one["shows"] for one in told["listed"]["evidence"]}
    assert told["not listed"]["subject"]["suspect"] is None
    assert told["not listed"]["advice"][0]["text"].startswith("Note the USER objects of each process on")
    assert len(told["listed"]["advice"]) == len(told["not listed"]["advice"]) + 1


def test_a_rise_that_has_filled_the_heap() -> None:
    """The table of trends calls it a leak with no day left; the full heap leads."""
    text = line((1, 59.1), (2, 69), (3, 79), (4, 89), (5, 98.8))
    told = compose.document(text)
    (finding,) = compose.findings(told, RULE)
    assert (finding["severity"], finding["subject"]["days_left"]) == ("high", 0)
    assert "grew by about" in finding["summary"] and "it has reached 98 %" in finding["summary"]
    assert "0.0 days" not in " ".join([finding["summary"], *(one["text"] for one in finding["advice"])])
    assert any("Restart what leaks now" in action for action in finding["actions"])
    assert told["verdict"]["mode"] == "single-heap-full"
    assert told["verdict"]["summary"] != finding["summary"]
    assert len(compose.cited(finding)) == 5


UNTIL_FULL = "Until it is mended, restart what leaks before the heap is full, at the latest in {} days."
FULL_NOW = (
    "Restart what leaks now: the heap is full. Until it is mended, restart it each time before the heap is full again."
)


def test_how_long_is_left() -> None:
    """In days with one decimal, down to the last hours; and how long a larger heap of each kind would last."""
    private = r"Private\Default"
    cases: dict[str, compose.Text] = {
        "days": line((1, 30), (4, 42), (7, 55)),
        "hours": line((1, 93), (2, 95), (3, 97)),
        "reached": line((1, 94), (2, 96), (3, 98)),
        "interactive": line((1, 30), (4, 42), (7, 54), path=DEFAULT, kb=3072),
        "of a program": line((1, 30), (4, 42), (7, 54), path=private, kb=1024),
    }
    told = {name: compose.findings(one, RULE)[0] for name, one in compose.documents(cases).items()}
    assert {name: (one["subject"]["kb_a_day"], one["subject"]["days_left"]) for name, one in told.items()} == {
        "days": (85.3, 10.3), "hours": (41.0, 0.5), "reached": (41.0, 0.0), "interactive": (122.9, 11.0), "of a program": (41.0, 11.0),
    }  # fmt: skip
    of = {name: [(one["when"], one["text"]) for one in finding["advice"]] for name, finding in told.items()}
    assert {name: some[1] for name, some in of.items()} == {
        "days": ("now", UNTIL_FULL.format("10.3")), "hours": ("now", UNTIL_FULL.format("0.5")), "reached": ("now", FULL_NOW),
        "interactive": ("now", UNTIL_FULL.format("10.9")), "of a program": ("now", UNTIL_FULL.format("10.9")),
    }  # fmt: skip
    assert {name: some[2] for name, some in of.items()} == dict.fromkeys(
        cases, ("cause", "Stop suspects one by one: the leak is in the one whose end stops the growth.")
    )
    more = "A larger heap as the only measure: at this rate {} more last about {} days."
    assert {name: some[3:] for name, some in of.items()} == {
        name: [("futile", more.format(*what))]
        for name, what in {
            "days": ("512 KB", "6.0"), "hours": ("512 KB", "12.5"), "reached": ("512 KB", "12.5"), "interactive": ("1024 KB", "8.3"),
            "of a program": ("512 KB", "12.5"),
        }.items()
    }  # fmt: skip
    assert "grows by about 41.0 KB a day" in told["hours"]["summary"]
    assert "reaches 98 % in about 0.5 days" in told["hours"]["summary"]
    assert "grew by about 41.0 KB a day" in told["reached"]["summary"]
    assert "to 97.0 % of 2,048 KB" in told["hours"]["summary"]


def test_each_machine_and_each_session_for_itself() -> None:
    """The same heap elsewhere has another rise; a user's session is named, and its captures alone are cited."""
    two = {f"{name}/a.txt": FIRES for name in ("TS01", "TS02")}
    both = "".join(
        on(day, used) + compose.dheapmon(1, [(DEFAULT, 3072, 9 + day)]) for day, used in ((1, 30), (4, 42), (7, 54))
    )
    told = compose.documents({"machines": two, "sessions": both})
    first, second = compose.findings(told["machines"], RULE)
    assert [{file for file, _ in compose.cited(one)} for one in (first, second)] == [{"TS01/a.txt"}, {"TS02/a.txt"}]
    assert [len(one["evidence"]) for one in (first, second)] == [3, 3]
    (only,) = compose.findings(told["sessions"], RULE)
    assert only["subject"]["session"] == 0 and len(only["evidence"]) == 3


def test_rounding_is_told() -> None:
    """!dskheap prints whole numbers: 24 points may be 23 or 25, and 44 that are left 43.5 or 44.5."""
    (finding,) = compose.findings(compose.document(line((1, 30), (4, 42), (7, 54), tool="dskheap")), RULE)
    assert "81.9 KB a day (78.5 to 85.3)" in finding["summary"]
    assert "about 11.0 days (10.4 to 11.6," in finding["summary"]


def test_near_miss() -> None:
    cases: dict[str, compose.Text] = {
        "two captures": line((1, 30), (7, 54)),
        "a plateau": line((1, 30), (4, 54), (7, 54)),
        "a plateau after a rise in steps": line((1, 30), (2, 42), (3, 54), (5, 54), (7, 54)),
        "rose once": line((1, 30), (4, 30), (7, 54)),
        "within the rounding of !dskheap": line((1, 30), (4, 31), (7, 32), tool="dskheap", kb=64),
        "fell in between": line((1, 30), (4, 60), (7, 54)),
        "too slow": line((1, 30), (4, 31), (7, 32)),
        "within one day": line((1, 30), (1.3, 42), (1.6, 54)),
        "without times": "".join(compose.dheapmon(0, compose.replaced(X86, TASKS, 512, one)) for one in (30, 42, 54)),
        "another size": on(1, 30, 1024) + on(4, 42) + on(7, 54),
        "a restart in between": on(1, 30) + on(4, 42) + on(7, 54, uptime="1 days 0:00:00"),
        "three sessions": on(1, 30) + on(4, 42, session=1) + on(7, 54, session=2),
        "Winlogon": line((1, 30), (4, 42), (7, 54), path=WINLOGON, kb=128),
        "recovered since": FIRES + on(9, 5),
        "no longer there": FIRES + compose.march(9) + compose.dheapmon(0, [heap for heap in X86 if heap[0] != TASKS]),
        "full, and no rise": line((1, 99), (4, 99), (7, 99)),
    }
    assert set(compose.statuses(cases, RULE).values()) <= {"clear", "no_data"}


def test_no_data() -> None:
    cases: dict[str, compose.Text] = {
        "no time": compose.dheapmon(0, X86),
        "another command": compose.march(1) + compose.vm4(),
        "a tool that failed": compose.march(1) + compose.FAILED,
    }
    assert set(compose.statuses(cases, RULE).values()) == {"no_data"}


def test_what_came_before_the_last_fall_does_not_count() -> None:
    """The task was ended on day 2, and leaks again since."""
    text = on(1, 80) + FIRES.replace("Mar 01 00:00:00", "Mar 02 00:00:00")
    (finding,) = compose.findings(compose.document(text), RULE)
    assert "in 3 captures over 5.0 days" in finding["summary"]
    lines = [number for number, one in enumerate(text.splitlines(), 1) if TASKS in one]
    assert compose.cited(finding) == [("-", lines[at]) for at in (3, 1, 2)], (
        "the latest first, and none from before the fall"
    )


def test_the_same_boot_is_one_stretch() -> None:
    """A banner that tells an uptime from before the first capture breaks nothing."""
    text = "".join(on(day, percent, uptime=f"{day + 10} days 0:00:00") for day, percent in ((1, 30), (4, 42), (7, 54)))
    assert len(compose.findings(compose.document(text), RULE)) == 1


def test_a_step_within_the_rounding_is_no_fall() -> None:
    (finding,) = compose.findings(compose.document(line((1, 30), (3, 42), (5, 41), (7, 54), tool="dskheap")), RULE)
    assert "in 4 captures" in finding["summary"]


def test_files_of_many_days_are_in_the_order_of_their_stamps() -> None:
    names = {"20090307": 54, "20090301": 30, "20090304": 42}
    folder = {
        f"TS01/{9 - at}_{day}.txt": compose.dheapmon(0, compose.replaced(X86, TASKS, 2048, percent))
        for at, (day, percent) in enumerate(names.items())
    }
    (finding,) = compose.findings(compose.document(folder), RULE)
    assert finding["subject"]["days_left"] == pytest.approx(11, abs=0.05)
    assert "81.9 KB a day (69.9 to 98.7)" in finding["summary"], "a date without a clock is some moment of its day"


def test_the_latest_of_many_captures_is_cited() -> None:
    """A report shows a dozen lines of evidence."""
    text = line(*((1 + day, 30 + 2.5 * day) for day in range(20)))
    (finding,) = compose.findings(compose.document(text), RULE)
    assert "in 20 captures" in finding["summary"] and finding["evidence_left_out"] == 8
    assert compose.cited(finding)[0][1] == max(
        number for number, one in enumerate(text.splitlines(), 1) if TASKS in one
    )


def test_each_heap_for_itself() -> None:
    def both(day: float, percent: float) -> str:
        heaps = compose.replaced(compose.replaced(X86, TASKS, 512, percent), SYSTEM, 512, percent + 4)
        return compose.march(day) + compose.dheapmon(0, compose.replaced(heaps, DEFAULT, 3072, 60))

    told = compose.findings(compose.document(both(1, 30) + both(4, 42) + both(7, 54)), RULE)
    assert [(one["subject"]["window_station"], one["subject"]["days_left"]) for one in told] == [
        ("Service-0x0-3e7$", 10.0),
        ("SAWinSta", 11.0),
    ]


def _fires(texts: dict[str, str]) -> dict[str, str | None]:
    """The severity of the finding of each text, if there is one."""
    told = {name: compose.findings(one, RULE) for name, one in compose.documents(texts).items()}
    return {name: one[0]["severity"] if one else None for name, one in told.items()}


@pytest.mark.parametrize(("days", "below", "above"), [(NEAR, "medium", None), (SOON, "high", "medium")])
def test_boundary(days: float, below: str, above: str | None) -> None:
    """What is left to 98 %, just before, at and just after each number of days: half a point a day, seen over two days."""
    points = {left: FULL - left / 2 for left in (days - 0.2, days, days + 0.2)}
    told = _fires({f"{left:.1f}": line((1, end - 1), (2, end - 0.5), (3, end)) for left, end in points.items()})
    assert list(told.values()) == [below, below, above]


def test_boundary_of_length() -> None:
    """From the first to the last capture: a second less than a day, a day, a second more."""
    second = 1 / 86400
    ends = {f"{length:.6f}": 1 + length for length in (SHORTEST - second, SHORTEST, SHORTEST + second)}
    told = _fires({name: line((1, 30), (1.5, 42), (end, 54)) for name, end in ends.items()})
    assert list(told.values()) == [None, "high", "high"]


def test_boundary_of_captures() -> None:
    told = _fires(
        {
            str(number): line(*((1 + day, 30 + 5.0 * day) for day in range(number)))
            for number in (FEWEST - 1, FEWEST, FEWEST + 1)
        }
    )
    assert [one is not None for one in told.values()] == [False, True, True]


@pytest.mark.parametrize(("tool", "step"), [("dskheap", 1.0), ("dheapmon", 0.1)])
def test_boundary_of_rounding(tool: str, step: float) -> None:
    """Each of two steps must be more than what two roundings can make; the last one here is below, at and above it."""
    end = 97.0
    told = _fires(
        {str(last): line((1, end - last - 3), (2, end - last), (3, end), tool=tool) for last in (0, step, 2 * step)}
    )
    assert [one is not None for one in told.values()] == [False, False, True]
