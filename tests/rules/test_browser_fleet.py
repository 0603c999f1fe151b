"""Twenty left-over browsers or agents beside 0xC0000142."""

from __future__ import annotations

import compose

from dumpscan.rules.browser_fleet import MANY

RULE = "browser-fleet"
DIED = "render.log: process exited with code 0xC0000142\n"


def fleet(many: int, name: str = "chrome.exe", session: int = 1) -> str:
    rows = "".join(f'"{name}","{4000 + at}","Console","{session}","99,112 K"\n' for at in range(many))
    return f'"Image Name","PID","Session Name","Session#","Mem Usage"\n{rows}\n'


FIRES = fleet(MANY) + DIED


def test_fires() -> None:
    text = fleet(15) + fleet(8, "node.exe").replace('"40', '"50') + DIED
    (finding,) = compose.findings(compose.document(text), RULE)
    assert (finding["severity"], finding["certainty"]) == ("medium", "possible")
    assert "23 browsers, consoles or agents run in session 1 (15 chrome.exe, 8 node.exe)" in finding["summary"]
    assert "commit" in finding["summary"]
    lines = [text.splitlines()[line - 1] for _, line in compose.cited(finding)]
    assert lines[0].startswith("render.log") and [line[:6] for line in lines[1:]] == ['"chrom', '"node.']


def test_the_session_with_the_most_of_each_machine() -> None:
    """Whichever is listed first; the programs of the others are not counted, and each is named once, by its number."""
    few, many = (
        fleet(MANY, "node.exe", 2),
        fleet(MANY, "chrome.exe", 3) + fleet(MANY + 2, "msedge.exe", 3).replace('"40', '"50'),
    )
    cases: dict[str, compose.Text] = {
        "the last": few + many + DIED,
        "the first": many + few + DIED,
        "two machines": {"A1/list.txt": few + DIED, "B2/list.txt": many + DIED},
    }
    told = {
        name: [(one["subject"]["session"], one["subject"]["processes"], one["subject"]["kinds"], len(one["evidence"])) for one in compose.findings(made, RULE)]
        for name, made in compose.documents(cases).items()
    }  # fmt: skip
    most, other = (3, 2 * MANY + 2, f"{MANY + 2} msedge.exe, {MANY} chrome.exe", 3), (2, MANY, f"{MANY} node.exe", 2)
    assert told == {"the last": [most], "the first": [most], "two machines": [other, most]}


def test_near_miss() -> None:
    cases: dict[str, compose.Text] = {
        "nothing died": fleet(MANY),
        "two sessions": fleet(MANY - 1) + fleet(MANY - 1, session=2).replace('"40', '"50') + DIED,
        "another program": fleet(MANY, "svchost.exe") + DIED,
        "another symptom": fleet(MANY) + "exited with code 0xC000012D\n",
        "another machine": {"A1/list.csv": fleet(MANY), "B2/render.log": DIED + compose.vm4()},
        "the same twice": fleet(MANY // 2) + fleet(MANY // 2) + DIED,
    }
    assert "found" not in compose.statuses(cases, RULE).values()


def test_no_data() -> None:
    assert set(compose.statuses({"another command": compose.vm4(), "a list": fleet(3)}, RULE).values()) == {"no_data"}


def test_boundary() -> None:
    cases: dict[str, compose.Text] = {
        f"{name} {many}": fleet(many, name) + DIED
        for name in ("conhost.exe", "codex-agent.exe")
        for many in (MANY - 1, MANY, MANY + 1)
    }
    found = {name for name, status in compose.statuses(cases, RULE).items() if status == "found"}
    assert found == {f"{name} {many}" for name in ("conhost.exe", "codex-agent.exe") for many in (MANY, MANY + 1)}
