r"""The table `trends`: what each desktop does over three captures and more, where a series begins anew, and who rises with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import compose
import pytest
from compose import DEFAULT, LOCAL_SYSTEM, SYSTEM, X86
from hypothesis import given, settings
from hypothesis import strategies as st
from test_schema import SCHEMA

from dumpscan import render
from dumpscan.model import WHERE
from dumpscan.trends import FEWEST, FULL, IN_WORDS, NEAR, SHORTEST, SINCE, TRENDS, in_words

TASKS = r"SAWinSta\SADesktop"
Point = tuple[float, float]  # day of March, percent


def on(
    day: float,
    percent: float,
    *,
    kb: int = 2048,
    path: str = TASKS,
    tool: str = "dheapmon",
    session: int = 0,
    uptime: str | None = None,
) -> str:
    heaps = [*(heap for heap in X86 if heap[0] != path), (path, kb, percent)]
    return compose.march(day, uptime=uptime) + compose.listed(tool, session, heaps)


def line(*points: Point, **how: Any) -> str:
    return "".join(on(day, percent, **how) for day, percent in points)


def told(cases: Mapping[str, compose.Text], desktop: str = "SADesktop") -> dict[str, list[compose.Document]]:
    """The rows of each case that are of this desktop."""
    documents = compose.documents(dict(cases)).items()
    return {name: [row for row in one["tables"]["trends"] if row["desktop"] == desktop] for name, one in documents}


def kinds(cases: Mapping[str, compose.Text]) -> dict[str, Any]:
    return {name: rows[0]["kind"] if rows else "no row" for name, rows in told(cases).items()}


KINDS: dict[str | None, dict[str, str]] = {
    "leak": {
        "rises on": line((1, 30), (4, 42), (7, 54)),
        "in whole percentages": line((1, 30), (4, 42), (7, 54), tool="dskheap"),
        "full already": line((1, 60), (4, 80), (7, 99)),
        "a dip within the rounding": line((1, 30), (3, 42), (5, 41), (7, 54), tool="dskheap"),
        "since a fall": line((1, 80), (2, 30), (4, 42), (7, 54)),
        "two files of one boot": on(1, 30, uptime="9 days 0:00:00") + on(4, 42, uptime="12 days 0:00:00") + on(7, 54, uptime="15 days 0:00:00"),
    },
    "step": {
        "rose once": line((1, 30), (4, 54), (7, 54)),
        "late, and stays": line((1, 30), (6, 54), (7, 54)),
        "within the noise since": line((1, 30), (4, 54), (7, 54.1)),
    },
    "plateau": {
        "rose in steps and rests": line((1, 30), (2, 42), (3, 54), (5, 54), (7, 54)),
        "rests for the last third": line((1, 30), (2, 42), (5, 54), (7, 54)),
    },
    "steady": {
        "the same": line((1, 30), (4, 30), (7, 30)),
        "within the rounding of !dskheap": line((1, 30), (4, 31), (7, 31), tool="dskheap"),
        "recovered, and steady since": line((1, 80), (2, 30), (4, 30), (7, 30)),
    },
    "falls": {
        "comes down": line((1, 54), (4, 42), (7, 30)),
        "came down, too little since": line((1, 54), (4, 54), (7, 30)),
        "comes down slowly": line((1, 30.0), (4, 29.9), (7, 29.8)),
    },
    None: {
        "rose only now": line((1, 30), (4, 30), (7, 54)),
        "within one day": line((1, 30), (1.3, 42), (1.6, 54)),
        "fell and is above its beginning": line((1, 30), (4, 60), (7, 54)),
        "a restart in between": on(1, 30) + on(4, 42) + on(7, 54, uptime="1 days 0:00:00"),
        "another size": on(1, 30, kb=1024) + on(4, 42) + on(7, 54),
    },
    "no row": {
        "two captures": line((1, 30), (7, 54)),
        "without times": "".join(compose.dheapmon(0, compose.replaced(X86, TASKS, 512, one)) for one in (30, 42, 54)),
        "three sessions": on(1, 30) + on(4, 42, session=1) + on(7, 54, session=2),
        "one capture twice": on(1, 30) + on(1, 30) + on(7, 54),
    },
}  # fmt: skip


def test_every_kind() -> None:
    cases = {f"{kind}: {name}": text for kind, texts in KINDS.items() for name, text in texts.items()}
    assert kinds(cases) == {f"{kind}: {name}": kind for kind, texts in KINDS.items() for name in texts}
    assert {*KINDS} - {"no row"} == {*IN_WORDS}


def test_figures_of_a_leak() -> None:
    """24 points of 2,048 KB in 6 days are 81.92 KB a day; 44 points are left, which is 11 days."""
    text = line((1, 30), (4, 42), (7, 54))
    (row,) = told({"case": text})["case"]
    last = max(number for number, one in enumerate(text.splitlines(), 1) if TASKS in one)
    assert (row["file"], row["line"], row["snapshot"], row["session"], row["captures"]) == ("-", last, 3, 0, 3)
    assert (row["rounding"], row["begins_after"], row["superseded"]) == ("decimal", None, False)
    assert [row[name] for name in ("days", "first_kb", "last_kb", "rate_kb_day", "days_to_98")] == pytest.approx(
        [6, 614.4, 1105.92, 81.92, 11]
    )
    assert row["first_time"].startswith("Sun Mar 01") and row["last_time"].startswith("Sat Mar 07")
    assert row["days_to_98_least"] < 11 < row["days_to_98_most"]
    assert row["points"] == "0:614.4 3:860.16 6:1105.92"
    assert in_words(row).startswith(
        "rises on, as a leak does: 614 to 1,106 of 2,048 KB in 3 captures over 6.0 days, 81.9 KB a day (81.6 to 82.3)"
    )
    assert in_words(row).endswith("98 % in about 11.0 days (10.9 to 11.1).")


def test_whole_percentages_leave_more_open() -> None:
    points = ((1, 30), (4, 42), (7, 54))
    rows = told(
        {
            "whole": line(*points, tool="dskheap"),
            "decimal": line(*points),
            "mixed": line(*points[:2]) + line(points[2], tool="dskheap"),
        }
    )
    spread = {name: row["rate_kb_day_most"] - row["rate_kb_day_least"] for name, (row,) in rows.items()}
    assert {name: row["rounding"] for name, (row,) in rows.items()} == {
        "whole": "integer",
        "decimal": "decimal",
        "mixed": "integer",
    }
    assert spread["decimal"] < spread["mixed"] < spread["whole"]
    assert spread["whole"] == pytest.approx(10 * spread["decimal"], rel=0.01)


def test_only_a_leak_is_full_some_day() -> None:
    rows = told({name: text for texts in KINDS.values() for name, text in texts.items()})
    dated = {row["kind"] for found in rows.values() for row in found if row["days_to_98"] is not None}
    assert dated == {"leak"}
    (full,) = rows["full already"]
    assert (full["days_to_98"], full["days_to_98_least"]) == (0, 0)
    rates = {row["kind"] for found in rows.values() for row in found if row["rate_kb_day"] is None}
    assert rates == {None}


def test_why_a_series_begins_anew() -> None:
    cases: dict[str, compose.Text] = {
        "restart": on(1, 30) + on(2, 80, uptime="0 days 1:00:00") + line((3, 82), (4, 84)),
        "resize": on(1, 30, kb=1024) + line((2, 20), (4, 42), (7, 54)),
        "fall": line((1, 80), (2, 30), (4, 42), (7, 54)),
    }
    rows = {name: found[0] for name, found in told(cases).items()}
    assert {name: (row["begins_after"], row["captures"], row["kind"]) for name, row in rows.items()} == {
        "restart": ("restart", 3, "leak"), "resize": ("resize", 3, "leak"), "fall": ("fall", 3, "leak"),
    }  # fmt: skip
    assert all(SINCE[name] in in_words(row) for name, row in rows.items())
    assert len(rows["fall"]["points"].split()) == 4, "the picture shows what came before, too"


def test_a_restart_without_enough_captures_since() -> None:
    (row,) = told({"case": KINDS[None]["a restart in between"]})["case"]
    assert (row["kind"], row["begins_after"], row["captures"], row["rate_kb_day"]) == (None, "restart", 1, None)
    assert in_words(row) == "too little to tell: 1,106 of 2,048 KB in 1 capture since the restart."


def test_two_machines_are_never_joined() -> None:
    folder = {
        f"TS0{1 + at % 2}/{day}.txt": on(day, percent) for at, (day, percent) in enumerate(((1, 30), (4, 42), (7, 54)))
    }
    one = {name.replace("TS02", "TS01"): text for name, text in folder.items()}
    assert kinds({"two": folder, "one": one}) == {"two": "no row", "one": "leak"}


def test_fixed_heaps_are_left_out() -> None:
    text = line((1, 30), (4, 42), (7, 54), path=compose.WINLOGON, kb=128)
    assert told({"case": text}, "Winlogon") == {"case": []}


@pytest.mark.parametrize(("tool", "step"), [("dskheap", 1.0), ("dheapmon", 0.1)])
def test_boundary_of_rounding(tool: str, step: float) -> None:
    """Two roundings make a difference of one step: more than that is a step of the heap itself, in both directions."""
    cases: dict[str, compose.Text] = {
        f"{off}": line((1, 50), (4, 50 + off * step), (7, 50 + off * step), tool=tool) for off in (-2, -1, 0, 1, 2)
    }
    assert kinds(cases) == {"-2": "falls", "-1": "steady", "0": "steady", "1": "steady", "2": "step"}


def test_boundary_of_captures_and_days() -> None:
    second = 1 / 86400
    counts: dict[str, compose.Text] = {
        str(number): line(*((1 + day, 30 + 5.0 * day) for day in range(number)))
        for number in (FEWEST - 1, FEWEST, FEWEST + 1)
    }
    days: dict[str, compose.Text] = {
        f"{off}": line((1, 30), (1.5, 42), (1 + SHORTEST + off * second, 54)) for off in (-1, 0, 1)
    }
    assert [*kinds(counts).values()] == ["no row", "leak", "leak"]
    assert [*kinds(days).values()] == [None, "leak", "leak"]


def test_boundary_of_full() -> None:
    cases: dict[str, compose.Text] = {
        str(end): line((1, end - 4), (4, end - 2), (7, end)) for end in (FULL - 1, FULL, FULL + 1)
    }
    rows = [found[0] for found in told(cases).values()]
    assert [row["days_to_98"] for row in rows] == pytest.approx([1.5, 0, 0])
    assert ["98 % is reached" in in_words(row) for row in rows] == [False, True, True]


# Who rises with the heap.


def listed(
    day: float,
    percent: float,
    objects: Sequence[compose.GuiProcess],
    session: int = 0,
    path: str = SYSTEM,
    kb: int = 512,
) -> str:
    return on(day, percent, path=path, kb=kb, session=session) + compose.gui(session, objects)


def growing(
    name: str, account: str, *, session: int = 0, path: str = SYSTEM, others: Sequence[compose.GuiProcess] = ()
) -> str:
    steps = ((1, 30, 100), (4, 42, 900), (7, 54, 1700))
    return "".join(
        listed(day, percent, [(name, 4712, "Widget", account, objects, 9), *others], session, path)
        for day, percent, objects in steps
    )


def test_the_suspect_is_who_grew_most() -> None:
    steady = ("big.exe", 4713, "", LOCAL_SYSTEM, 9000, 9)
    cases: dict[str, compose.Text] = {
        "of that account": growing("agent.exe", LOCAL_SYSTEM, others=[steady]),
        "of another account": growing("agent.exe", compose.NETWORK_SERVICE),
        "of a user": growing("agent.exe", r"CORP\anna"),
        "on WinSta0": growing("dwm.exe", LOCAL_SYSTEM),
        "in a user's session": growing("agent.exe", r"CORP\anna", session=2, path=DEFAULT),
        "of another session": "".join(listed(day, percent, [], path=SYSTEM) + compose.gui(1, [("a.exe", 5, "", LOCAL_SYSTEM, 100 * day, 1)]) for day, percent in ((1, 30), (4, 42), (7, 54))),
        "nobody grew": "".join(listed(day, percent, [steady]) for day, percent in ((1, 30), (4, 42), (7, 54))),
    }  # fmt: skip
    rows = {
        name: [row for row in one["tables"]["trends"] if row["kind"] == "leak"]
        for name, one in compose.documents(cases).items()
    }
    assert {name: row["suspect"] for name, (row,) in rows.items()} == {
        "of that account": "agent.exe", "of another account": None, "of a user": None, "on WinSta0": None, "in a user's session": "agent.exe",
        "of another session": None, "nobody grew": None,
    }  # fmt: skip
    (row,) = rows["of that account"]
    text = str(cases["of that account"])
    assert [row[f"suspect_{name}"] for name in ("pid", "objects_first", "objects_last")] == [4712, 100, 1700]
    assert (
        text.splitlines()[row["suspect_line"] - 1].startswith("0\t4712\tagent.exe")
        and "1700" in text.splitlines()[row["suspect_line"] - 1]
    )
    assert in_words(row).endswith(
        "Meanwhile agent.exe (PID 4712) went from 100 to 1,700 USER objects, more than any other."
    )
    (finding,) = compose.findings(compose.document(text), "desktop-heap-grows")
    assert finding["actions"][0].startswith("Restart agent.exe (PID 4712) first")
    assert ("-", row["suspect_line"]) in compose.cited(finding)


def test_boundary_of_the_time_of_a_list() -> None:
    """A list counts within an hour of the captures; here the second one, in a file of its own."""
    heaps = "".join(
        listed(day, percent, [("agent.exe", 4712, "", LOCAL_SYSTEM, 100, 9)] if day == 1 else [])
        for day, percent in ((1, 30), (4, 42), (7, 54))
    )
    cases = {
        str(off): {"A/heaps.txt": heaps, f"A/gui_2026-03-07_{(NEAR + off) // 3600:02.0f}-{(NEAR + off) % 3600 // 60:02.0f}-{(NEAR + off) % 60:02.0f}.txt": compose.gui(0, [("agent.exe", 4712, "", LOCAL_SYSTEM, 900, 9)])}
        for off in (-1, 0, 1)
    }  # fmt: skip
    rows = {
        name: [row for row in one["tables"]["trends"] if row["kind"] == "leak"]
        for name, one in compose.documents(cases).items()
    }
    assert [row["suspect"] for (row,) in rows.values()] == ["agent.exe", "agent.exe", None]


# What holds for any series.


def series(points: Sequence[float], shift: float = 0, **how: Any) -> str:
    return line(*((1 + shift + 2 * at, percent) for at, percent in enumerate(points)), **how)


USES = st.lists(st.integers(5, 95).map(float), min_size=FEWEST, max_size=6)


@settings(max_examples=12, deadline=None)
@given(USES, st.integers(0, 300), st.sampled_from(["dskheap", "dheapmon"]))
def test_another_month_is_no_other_trend(points: list[float], shift: int, tool: str) -> None:
    then, later = (
        found[0]
        for found in told({"then": series(points, tool=tool), "later": series(points, shift, tool=tool)}).values()
    )
    differ = ("case", "first_time", "last_time")
    assert {name: value for name, value in then.items() if name not in differ} == pytest.approx(
        {name: value for name, value in later.items() if name not in differ}
    )


@settings(max_examples=12, deadline=None)
@given(USES, st.integers(1, 5))
def test_a_restart_splits(points: list[float], at: int) -> None:
    """What comes after it is told as if nothing had been before."""
    at = min(at, len(points) - 1)
    days = [1 + 2 * number for number in range(len(points))]
    text = "".join(
        on(day, percent, uptime="0 days 1:00:00" if number == at else None)
        for number, (day, percent) in enumerate(zip(days, points, strict=True))
    )
    alone = line(*list(zip(days, points, strict=True))[at:])
    split, own = (found[0] if found else None for found in told({"split": text, "own": alone}).values())
    assert split is not None and split["captures"] <= len(points) - at
    if own is not None:
        assert (split["kind"], split["captures"], split["days_to_98"]) == (
            own["kind"],
            own["captures"],
            own["days_to_98"],
        )
    else:
        assert split["kind"] is None


def test_columns_are_those_of_the_schema() -> None:
    table = SCHEMA["properties"]["tables"]["properties"]["trends"]["items"]
    assert table["required"] == [*table["properties"]] == [*TRENDS]
    assert [*compose.document(line((1, 30), (4, 42), (7, 54)))["tables"]["trends"][0]] == [*WHERE, *TRENDS]


# What a report shows.


def test_the_report_shows_what_moves() -> None:
    """Names are of a log, and hostile; the picture is made of numbers alone."""
    evil = "<script>alert(1)</script>.exe"
    doc = compose.document(growing(evil, LOCAL_SYSTEM))
    page, plain, marked = render.html(doc), render.text(doc), render.markdown(doc)
    assert '<h2 id="trends">Trends</h2>' in page and "&lt;script&gt;alert(1)" in page and "<script" not in page
    assert 'points="0.0,70.0 50.0,58.0 100.0,46.0"' in page and "style=" not in page
    assert "TRENDS\n- Service-0x0-3e7$\\Default, session 0: rises on, as a leak does: 154 to 276" in plain
    assert max(map(len, plain.splitlines())) <= render.COMMAND_WIDTH
    assert "## Trends" in marked and "<script" not in marked.partition("## Evidence")[0].replace(r"\<", "")


def test_the_report_leaves_out_what_is_steady() -> None:
    doc = compose.document(line((1, 30), (4, 30), (7, 30)))
    assert doc["tables"]["trends"]
    assert all(
        "Trends" not in shown and "TRENDS" not in shown
        for shown in (render.html(doc), render.text(doc), render.markdown(doc))
    )


def test_the_report_counts_what_was_captured_once() -> None:
    """One capture since a restart tells nothing: a line for all such desktops, and their rows in the table."""
    alone = on(1, 30) + on(4, 42) + on(7, 54, uptime="0 days 1:00:00")
    beside = line((1, 30), (2, 31), (3, 32)) + on(1, 30, session=1) + on(4, 42, session=1)
    for name, doc in {
        "alone": compose.document(alone),
        "beside": compose.document(beside + on(7, 54, session=1, kb=4096)),
    }.items():
        rows = doc["tables"]["trends"]
        lone = [row for row in rows if row["kind"] is None and row["captures"] == 1]
        assert lone, name
        words = f"{len(lone)} {'desktop has' if len(lone) == 1 else 'desktops have'} too few captures for a trend."
        for shown in (render.html(doc), render.text(doc), render.markdown(doc).replace("\\", "")):
            assert words in " ".join(shown.split()), name
            assert "1 capture " not in shown, name
    assert "too few captures" not in render.text(compose.document(line((1, 30), (4, 42), (7, 54))))


def test_many_captures_make_a_picture_of_bounded_size() -> None:
    points = " ".join(f"{day}:{day / 10}" for day in range(5000))
    picture = render._line_of_use({"points": points, "size_kb": 2048})
    assert len(picture.split()) <= render.MAX_ROWS and picture.endswith(" 100.0,75.6"), "the last capture is there"
