"""The renderers: nothing of a log becomes markup, every number leads to its line, every cut is told."""

from __future__ import annotations

import base64
import hashlib
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import docs_for_render as samples
import pytest
from jinja2 import UndefinedError
from markdown_it import MarkdownIt

from dumpscan import ownreport, render, resources

Document = dict[str, Any]
FORMATS: dict[str, Callable[[Document], str]] = {
    "html": render.html, "text": render.text, "markdown": render.markdown, "json": render.json_text,
}  # fmt: skip
NAMES = sorted(samples.SAMPLES)
# Threat model 5.3, M9: what names of window stations, files and machines have held or could hold.
PAYLOADS = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='alert(1)",
    "javascript:alert(1)",
    "</title><b>",
    "</style><b>",
    "</pre></main>",
    "<!--",
    "-->",
    "]]>",
    "{{7*7}}",
    "{%for x in y%}",
    "{#x#}",
    "&lt;",
    "&#x3c;b>",
    "=cmd|' /C calc'!A0",
    "+1",
    "-1",
    "@SUM(A1)",
    "\t=1",
    "\x1b[2J\x1b]0;owned\x07",
    "\x00\x08\x7f\x9b",
    "\u202e\u2066gnp.exe",
    "\u200b\u200d\ufeff\u200e",
    "\u2028\u2029\x85",
    "a\r\nb\n# c",
    "\ud800\udfff",
    "e" + "\u0301" * 1000,
    "\U0001f600",
    "N" * 65536,
    "..\\..\\x",
    "CON",
    "a:b",
    "%n%s",
    "${jndi:ldap://x}",
    "[/x]",
    "[link=http://x]y[/link]",
    "[a](http://x)",
    "![a](http://x)",
    "Service-0x0-3e5 $\\Default",
    "<lambda_1f>",
    "<Unknown>",
    ';g">!amli',
    "```\n~~~",
    "`" * 9,
    "| a | b |",
    "# head",
    "> quote",
    "1. one",
    "- item",
    "* star *",
    "__init__",
    "http://example.invalid/",
    "<http://example.invalid>",
    "***",
    "---",
    "===",
    "    code",
]
UNSEEN = [
    *range(0x20),
    *range(0x7F, 0xA0),
    *range(0x200B, 0x2010),
    *range(0x2028, 0x202F),
    *range(0x2066, 0x206A),
    0xFEFF,
]
NOT_SHOWABLE = {chr(code) for code in [*UNSEEN, *range(0xD800, 0xE000)]} - {"\n"}


class Page(HTMLParser):
    """The elements of a page in order, and the text inside each element that has an id."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.events: list[str] = []
        self.texts: dict[str, str] = {}
        self.open: list[str | None] = []
        self.feed(source)
        self.close()

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attributes)))
        self.events.append(f"<{tag} {' '.join(name for name, _ in attributes)}>")
        if tag not in ("meta",):
            self.open.append(dict(attributes).get("id"))

    def handle_startendtag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attributes)
        self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        self.events.append(f"</{tag}>")
        self.open.pop()

    def handle_data(self, data: str) -> None:
        for identifier in filter(None, self.open):
            self.texts[identifier] = self.texts.get(identifier, "") + data

    def handle_comment(self, data: str) -> None:
        self.events.append("<!---->")

    def values(self, name: str) -> list[str]:
        return [value for _, attributes in self.elements if (value := attributes.get(name)) is not None]


def made(name: str) -> Document:
    return samples.SAMPLES[name]()


def many(rows: int) -> Document:
    heaps = [
        samples.heap(8 + row, f"Service-0x0-{row:x}$\\Default", 512, row % 30 / 10, "service") for row in range(rows)
    ]
    return {**made("heap_full"), "tables": {"desktop_heaps": heaps}}


@pytest.mark.parametrize("payload", PAYLOADS, ids=range(len(PAYLOADS)))
@pytest.mark.parametrize("name", ["at_risk", "heap_full", "undecided", "view_space_exhausted"])
def test_a_hostile_log_changes_no_element(name: str, payload: str) -> None:
    hostile = Page(render.html(samples.with_text(made(name), payload)))
    assert hostile.events == Page(render.html(samples.with_text(made(name), "harmless"))).events


@pytest.mark.parametrize("payload", PAYLOADS, ids=range(len(PAYLOADS)))
def test_a_hostile_fleet_changes_no_element(payload: str) -> None:
    pages = [Page(render.fleet_html(samples.with_text(samples.fleet(), said))) for said in (payload, "harmless")]
    assert pages[0].events == pages[1].events
    assert not [link for link in pages[0].values("href") if re.match(r"[a-z]+:|//", link)]


@pytest.mark.parametrize("payload", PAYLOADS, ids=range(len(PAYLOADS)))
@pytest.mark.parametrize("form", FORMATS)
def test_nothing_unseen_is_passed_on(form: str, payload: str) -> None:
    rendered = FORMATS[form](samples.with_text(made("heap_full"), payload))
    assert not NOT_SHOWABLE & set(rendered)
    rendered.encode("utf-8")


@pytest.mark.parametrize("payload", PAYLOADS, ids=range(len(PAYLOADS)))
def test_a_name_is_shown_as_it_is(payload: str) -> None:
    page = Page(render.html(samples.with_text(made("heap_full"), payload)))
    assert render.clip(payload, 600) in page.texts["line-1"]


@pytest.mark.parametrize("payload", PAYLOADS, ids=range(len(PAYLOADS)))
def test_markdown_keeps_its_blocks(payload: str) -> None:
    def skeleton(said: str) -> list[str]:
        tokens = (
            MarkdownIt("commonmark").enable("table").parse(render.markdown(samples.with_text(made("heap_full"), said)))
        )
        inline = [
            child.type
            for token in tokens
            for child in token.children or []
            if child.type not in ("text", "text_special")
        ]
        return [token.type for token in tokens] + inline

    assert skeleton(payload) == skeleton("harmless")


def test_a_fence_is_longer_than_the_backticks_in_it() -> None:
    assert render.fenced(["a ```` b", "`"]) == "`````text\na ```` b\n`\n`````"
    assert render.fenced(["plain"]).startswith("```text\n")


def test_markdown_has_few_tables_and_bounded_rows() -> None:
    tokens = MarkdownIt("commonmark").enable("table").parse(render.markdown(many(300)))
    types = [token.type for token in tokens]
    assert types.count("table_open") == 2, "the heaps, and the plan"
    assert types.count("tr_open") == 1 + 6 + 1 + 2
    assert "294 more desktop heaps" in render.markdown(many(300))


@pytest.mark.parametrize(
    "rendered", [render.html(made("heap_full")), render.fleet_html(samples.fleet())], ids=["case", "fleet"]
)
def test_the_policy_lets_only_our_style_sheet_through(rendered: str) -> None:
    css = rendered.partition("<style>")[2].partition("</style>")[0]
    digest = base64.b64encode(hashlib.sha256(css.encode("utf-8")).digest()).decode("ascii")
    policy = f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    assert policy in Page(rendered).values("content")
    assert css.count("{") > 50


@pytest.mark.parametrize("name", NAMES)
def test_the_page_needs_no_script_and_fetches_nothing(name: str) -> None:
    page = Page(render.html(made(name)))
    names = {attribute for _, attributes in page.elements for attribute in attributes}
    assert not {"style", "src", "srcset", "action"} & names
    assert not [attribute for attribute in names if attribute.startswith("on")]
    assert not {"script", "link", "img", "iframe", "object", "base", "form"} & {tag for tag, _ in page.elements}
    assert not re.search(r"url\(|@import|expression", render.html(made(name)))
    assert all(link.startswith("#") for link in page.values("href"))


@pytest.mark.parametrize("name", NAMES)
def test_every_link_has_its_target_and_every_id_is_unique(name: str) -> None:
    page = Page(render.html(made(name)))
    identifiers = page.values("id")
    assert len(identifiers) == len(set(identifiers))
    assert {link[1:] for link in page.values("href")} <= set(identifiers)
    assert set(page.values("aria-labelledby")) <= set(identifiers)


@pytest.mark.parametrize("name", NAMES)
def test_every_step_of_the_proof_leads_to_its_line(name: str) -> None:
    doc = made(name)
    page = Page(render.html(doc))
    steps = [attributes["href"] for _, attributes in page.elements if attributes.get("class") == "step"]
    assert len(steps) == min(4, len(doc["verdict"]["evidence"])) > 0
    for link, item in zip(steps, doc["verdict"]["evidence"], strict=False):
        assert link is not None
        assert str(item["line"]) in page.texts[link[1:]]
        assert item["text"].strip() in page.texts[link[1:]]


@pytest.mark.parametrize("name", ["undecided", "incomplete", "no_sign"])
@pytest.mark.parametrize("form", ["html", "text", "markdown"])
def test_what_was_not_seen_is_never_called_healthy(form: str, name: str) -> None:
    rendered = FORMATS[form](made(name))
    assert not re.search(r"\bhealthy\b|\ball (?:is )?well\b|\bno problem\b", rendered, re.IGNORECASE)
    assert "Not captured: sessions 1 and 2" in rendered
    assert ("No sign in this capture" if name == "no_sign" else "no all-clear") in rendered


def test_undecided_gives_its_reason_and_its_commands() -> None:
    for name, said in (("undecided", "could not read the heaps"), ("incomplete", "cut or does not add up")):
        for form in ("html", "text", "markdown"):
            rendered = " ".join(FORMATS[form](made(name)).split())
            assert said in rendered
            assert "handle.exe -a SAWinSta" in rendered


def crowded(characters: int) -> Document:
    """A document that is far too long for a ticket."""
    doc = made("heap_full")
    doc["verdict"]["evidence"] = [
        samples.evidence("a.txt", line, "text", f"step {line} " + "s" * characters) for line in range(1, 500)
    ]
    step: Document = {"command": "c " * characters, "where": "w " * characters, "why": "y " * characters}
    gives = [{"answer": "a " * characters, "verdict": "no-sign"}] * 5
    doc["verdict"]["next"] = [step | {"before": ["b " * characters] * 3, "gives": gives}] * 30
    doc["verdict"]["facts"]["missing"] = ["m " * characters] * 9
    doc["verdict"]["scope"]["not_captured"] = ["Session not captured " + "n" * characters] * 40
    doc["verdict"]["scope"]["sessions"] = list(range(1000))
    doc["settings"] *= 20
    found = doc["outcomes"][0]["findings"][0]
    found["advice"] = [
        {"when": when, "text": f"{number} " + "a " * characters}
        for when in ("now", "reboot", "cause", "futile")
        for number in range(50)
    ]
    return doc


@pytest.mark.parametrize("characters", [0, 5, 50, 500, 50_000])
def test_a_text_is_bounded_and_says_what_it_leaves_out(characters: int) -> None:
    rendered = render.text(crowded(characters))
    assert len(rendered) <= 4000
    assert max(map(len, rendered.splitlines())) <= 100
    assert "almost full and likely" in " ".join(rendered.split())
    assert re.search(r"\([0-9]+ lines of evidence left out here", rendered)


@pytest.mark.parametrize("name", ["heap_full", "undecided"])
@pytest.mark.parametrize("payload", ["as it is", *PAYLOADS], ids=range(len(PAYLOADS) + 1))
def test_a_text_is_short_narrow_and_ascii(name: str, payload: str) -> None:
    doc = made(name)
    rendered = render.text(doc if payload == "as it is" else samples.with_text(doc, payload))
    assert len(rendered) <= 4000
    assert rendered.isascii()
    for line in rendered.splitlines():
        assert len(line) <= (100 if line.startswith("    ") else 78)


@pytest.mark.parametrize("form", ["html", "text", "markdown"])
def test_sentences_of_ours_are_never_cut(form: str) -> None:
    """However little room there is: fewer of them are shown, and each is whole. A line of a log is clipped."""

    def sentence(name: str) -> str:
        return f"{'well ' * 125}and {name} ends."

    doc = made("heap_full")
    verdict, found = doc["verdict"], doc["outcomes"][0]["findings"][0]
    verdict["summary"] = sentence("the verdict")
    verdict["history"] = [sentence("the history")] * 8
    verdict["scope"]["assumed"] = [sentence("what is assumed")]
    verdict["evidence"] = [samples.evidence("a.txt", line, "x" * 5000, "") for line in range(1, 9)]
    found["refuted_by"] = sentence("what would refute it")
    found["advice"] = [{"when": "now", "text": sentence(f"step {number}")} for number in range(9)]
    rendered = FORMATS[form](doc)
    flat = " ".join(rendered.split())
    assert flat.count("well " * 125) >= 3
    assert (
        flat.count("well " * 125) == flat.count("well and ") == len(re.findall(r"well and [a-z0-9 ]+ ends\\?\.", flat))
    )
    assert "well and the verdict ends" in flat and "well and step 0 ends" in flat
    assert form == "text" or "more characters" in rendered


def test_evidence_gives_way_before_advice() -> None:
    doc = made("heap_full")
    doc["verdict"]["evidence"] = [
        samples.evidence("a.txt", line, "text", f"step {line} " + "s" * 300) for line in range(1, 9)
    ]
    rendered = render.text(doc)
    assert "step 1 " in rendered
    assert "step 8 " not in rendered
    assert "mend the one that hangs" in " ".join(rendered.split())


def test_the_parts_of_a_text() -> None:
    rendered = render.text(made("heap_full"))
    assert rendered.startswith("dumpscan: Desktop heap full, likely\nCase case0417, read by dumpscan 0.1.0\n")
    parts = (
        "PROOF",
        "(dheapmon.txt:14)",
        "WHAT TO DO",
        "Now, without",
        "At the next reboot",
        "Root cause",
        "Will not help",
        "NOT IN THE LOGS",
        "    handle.exe",
    )
    places = [rendered.index(part) for part in parts]
    assert places == sorted(places)


def test_heaps_are_sorted_and_idle_ones_folded_and_the_cap_is_told() -> None:
    rendered = render.html(many(300))
    assert rendered.count('<svg class="bar"') == 200
    assert "194 more, each below 3 %" in rendered
    assert "100 more desktop heaps: see the JSON or the CSV tables" in rendered
    ranked = re.findall(r'<svg class="bar"[^>]*aria-label="([0-9.]+) % used"', rendered)
    assert ranked == sorted(ranked, key=float, reverse=True)


def test_lists_of_problems_and_inputs_are_capped_and_the_cap_is_told() -> None:
    doc = made("heap_full")
    doc["problems"] = doc["problems"] * 250
    doc["inputs"] = doc["inputs"] * 150
    doc["excerpts_left_out"] = 7
    rendered = render.html(doc)
    assert rendered.count("a row without a size") == 200
    assert "50 more lines not understood: see" in rendered
    assert "100 more files: see" in rendered
    assert "7 more excerpts: see" in rendered


COVERAGE = re.compile("([0-9,]+) lines?: ([0-9,]+) read, ([0-9,]+) not for us, ([0-9,]+) not understood")


def covered(rendered: str) -> list[tuple[int, ...]]:
    """The numbers of each coverage line: all, read, not for us, not understood."""
    text = re.sub("<[^>]+>", "", rendered)
    return [tuple(int(number.replace(",", "")) for number in found) for found in COVERAGE.findall(text)]


@pytest.mark.parametrize("form", ["html", "text", "markdown"])
def test_the_coverage_line_sums_all_inputs_up(form: str) -> None:
    """Blank and harmless lines of a block are read, too; whatever is counted, the three make the first."""
    doc = made("heap_full")
    ledgers = [
        samples.ledger(3000, 1700, 40, 60, 15),
        samples.ledger(412, 250, 1, 50, 0),
        samples.ledger(0, 0, 0, 0, 0),
    ]
    doc["inputs"] = [samples.source_file(f"{at}.log", 1, lines) for at, lines in enumerate(ledgers)]
    case, *files = covered(FORMATS[form](doc))
    assert case == (3412, 2101, 1296, 15)
    assert files == ([(3000, 1800, 1185, 15), (412, 301, 111, 0), (0, 0, 0, 0)] if form == "html" else [])


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("form", ["html", "text", "markdown"])
def test_the_coverage_line_adds_up(form: str, name: str) -> None:
    doc = made(name)
    told = covered(FORMATS[form](doc))
    assert told
    assert all(total == read + foreign + problem for total, read, foreign, problem in told)
    assert told[0][0] == sum(item["lines"]["total"] for item in doc["inputs"])


def test_the_coverage_line_leads_to_what_was_not_understood() -> None:
    doc = made("heap_full")
    assert '<a href="#not-understood">1 not understood</a>' in render.html(doc)
    assert "dumpscan explain FILE:LINE" in render.html(doc)
    assert "`dumpscan explain FILE:LINE`" in render.markdown(doc)
    doc["inputs"][0]["lines"] = samples.ledger(1, 1, 0, 0, 0)
    doc["problems"] = [{"file": "MEMORY.DMP", "line": None, "text": "", "reason": "a memory dump, not text"}]
    rendered = render.html(doc)
    assert "1 line: 1 read, 0 not for us, 0 not understood" in rendered
    assert "#not-understood" not in rendered
    assert "Every line of every block was read." in rendered
    assert '<span class="source">MEMORY.DMP</span>' in rendered
    assert "explain" not in render.markdown(doc)


def test_a_heap_without_use_or_name() -> None:
    rendered = render.html(made("at_risk"))
    assert "(name not readable)" in rendered
    assert 'aria-label="use not printed"' in rendered
    assert "None" not in rendered


def test_marks_do_not_climb() -> None:
    assert render.visible("e" + "\u0301" * 5) == "e\u0301\u0301\u0301" + "\\u0301" * 2
    assert render.visible("Z\u0323\u0301 e\u0301") == "Z\u0323\u0301 e\u0301"


def test_the_sum_is_that_of_the_tightest_session_of_the_machine() -> None:
    doc = made("view_space_exhausted")
    other = {**doc["view_space"][0], "machine": "SRV-WEB02", "heaps_kb": 20479}
    roomy = {**doc["view_space"][0], "session": 1, "heaps_kb": 480}
    doc["view_space"] = [other, roomy, *doc["view_space"]]
    assert '<a href="#view-space">20,480 \u2212 19,904 = 576 KB</a>' in render.html(doc)


def test_the_limits_of_view_space() -> None:
    assert "limit 20,480 KB</text>" in render.html(made("view_space_exhausted"))
    unknown = render.html(made("at_risk"))
    assert "possible limit 20,480 KB</text>" in unknown
    assert "possible limit 49,152 KB</text>" in unknown
    assert "No practical limit" not in unknown
    assert "No practical limit" in render.html(made("no_sign"))


@pytest.mark.parametrize("key", ["settings", "excerpts", "inputs", "case"])
def test_a_missing_key_is_an_error_and_no_blank(key: str) -> None:
    doc = made("heap_full")
    del doc[key]
    with pytest.raises((UndefinedError, KeyError)):
        render.html(doc)


def test_a_missing_value_inside_is_an_error_and_no_blank() -> None:
    doc = made("heap_full")
    del doc["settings"][0]["value"]
    with pytest.raises(UndefinedError):
        render.html(doc)


def test_json_refuses_what_is_no_json() -> None:
    assert render.json_text({"a": "\u202e"}) == '{\n  "a": "\\u202e"\n}\n'
    with pytest.raises(ValueError, match="JSON"):
        render.json_text({"a": float("nan")})


SCRIPT = """
import sys
sys.path[:0] = sys.argv[1:]
import docs_for_render as samples
from dumpscan import render
assert "jinja2" not in sys.modules
doc = samples.SAMPLES["view_space_exhausted"]()
parts = [form(doc) for form in (render.html, render.text, render.markdown, render.json_text)]
parts.append(render.fleet_html(samples.fleet()))
sys.stdout.buffer.write("".join(parts).encode("utf-8"))
"""


def test_the_same_document_gives_the_same_bytes() -> None:
    folders = [str(Path(__file__).parent), str(Path(__file__).parents[1])]
    runs = set()
    for seed, zone, columns in (("0", "UTC", "80"), ("1", "Asia/Tokyo", "200")):
        surroundings = {**os.environ, "PYTHONHASHSEED": seed, "TZ": zone, "COLUMNS": columns, "LC_ALL": "C"}
        run = subprocess.run(
            [sys.executable, "-c", SCRIPT, *folders], capture_output=True, check=True, env=surroundings
        )
        runs.add(run.stdout)
    assert len(runs) == 1
    assert len(runs.pop()) > 10_000


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("form", FORMATS)
def test_an_own_report_is_recognised(form: str, name: str) -> None:
    report = FORMATS[form](made(name)).encode("utf-8")
    assert ownreport.is_own_report(report)
    assert ownreport.is_own_report(report[:4096])
    assert ownreport.is_own_report(b"\xef\xbb\xbf" + report.replace(b"\n", b"\r\n"))
    assert ownreport.is_own_report(report.decode("utf-8").encode("utf-16"))
    assert not ownreport.is_own_report(b"\n" + report)
    assert not ownreport.is_own_report(b"> " + report)


def test_a_fleet_page_is_recognised() -> None:
    assert ownreport.is_own_report(render.fleet_html(samples.fleet()).encode("utf-8"))
    assert ownreport.is_own_report(render.json_text(samples.fleet()).encode("utf-8"))


@pytest.mark.parametrize("payload", PAYLOADS, ids=range(len(PAYLOADS)))
@pytest.mark.parametrize("form", FORMATS)
def test_a_hostile_report_is_recognised(form: str, payload: str) -> None:
    assert ownreport.is_own_report(FORMATS[form](samples.with_text(made("heap_full"), payload)).encode("utf-8"))


@pytest.mark.parametrize(
    "head",
    [
        b"",
        b"\xff\xfe",
        b"dumpscan",
        b"dumpscan: command not found\n",
        b"dumpscan: Desktop heap full\nlkd> !dskheap\n",
        b"log of dumpscan: Desktop heap full, likely\nCase a, read by dumpscan 0.1.0\n",
        b"<!-- dumpscan report",
        b"<!-- other report -->\n",
        b'<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n<meta name="generator">',
        b'<!doctype html><html><body>generator" content="dumpscan 0.1.0"',
        b'{"schema": "other.case/1"}',
        b'{"text": "dumpscan.case/1"}',
        b'[{"schema": "dumpscan.case/1"}]',
    ],
)
def test_a_near_miss_is_no_own_report(head: bytes) -> None:
    assert not ownreport.is_own_report(head)


def test_a_big_fleet_is_quick_and_its_caps_are_told() -> None:
    fleet = samples.fleet(10_500)
    started = time.perf_counter()
    rendered = render.fleet_html(fleet)
    assert time.perf_counter() - started < 2
    assert "The worst 200 of 10,500" in rendered
    assert "9,800 more, one line each" in rendered
    assert "500 more cases: see the tables below" in rendered


def test_links_of_a_fleet_stay_inside_its_folder() -> None:
    fleet = samples.fleet()
    fleet["cases"][0]["report"] = "javascript:alert(1)"
    links = Page(render.fleet_html(fleet)).values("href")
    assert links[0] == "javascript%3Aalert%281%29"
    assert "reports/00001-case.html" in links
    assert links[-1] == "tables/desktop_heaps.csv"


def luminance(colour: str) -> float:
    channels = (int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5))
    red, green, blue = (value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4 for value in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


PARTS = ("interactive", "service", "fixed", "unnamed", "others", "free")
WORDS = [(word, ground) for word in ("ink", "dim", "accent", "bad", "warn", "open") for ground in ("paper", "card")]
WORDS += [(f"on-{part}", part) for part in PARTS] + [
    ("on-mark", "mark"),
    ("ink", "target"),
    ("dim", "target"),
]
SHAPES = [
    ("used", "track"),
    ("used-warn", "track"),
    ("used-bad", "track"),
    ("tick", "paper"),
    ("ink", "track"),
    ("bad", "paper"),
]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_contrast_in_both_schemes(scheme: str) -> None:
    css = (resources.resource_dir("reports") / "page.css").read_text(encoding="utf-8")
    light, dark = (
        dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6})", part))
        for part in css.partition("/* Type */")[0].split("@media")
    )
    colours = {**light, **dark} if scheme == "dark" else light
    assert {pair for pair in WORDS if contrast(colours[pair[0]], colours[pair[1]]) < 4.5} == set()
    assert {pair for pair in SHAPES if contrast(colours[pair[0]], colours[pair[1]]) < 3} == set()


def test_templates_pass_nothing_by_the_escaping() -> None:
    templates = sorted(resources.resource_dir("reports").glob("*.j2"))
    assert len(templates) > 10
    for template in templates:
        source = template.read_text(encoding="utf-8")
        assert not re.search(r"\|\s*safe\b|autoescape|Markup", source), template.name
        assert not re.search(r"=\{\{", source), f"{template.name} has an unquoted attribute"
    assert render._environment("html").autoescape is True


def test_a_missing_resource_is_named() -> None:
    assert (resources.resource_dir("reports") / "page.css").is_file()
    with pytest.raises(FileNotFoundError, match="no folder 'no-such-folder'"):
        resources.resource_dir("no-such-folder")


@pytest.mark.parametrize("payload", ["as it is", *PAYLOADS], ids=range(len(PAYLOADS) + 1))
def test_a_printed_plan_is_ascii_and_shows_nothing_unseen(payload: str) -> None:
    doc = made("heap_full")
    rendered = render.plan_text(doc if payload == "as it is" else samples.with_text(doc, payload))
    assert rendered.isascii()
    assert not NOT_SHOWABLE & set(rendered)


def test_a_printed_plan_has_80_columns() -> None:
    rendered = render.plan_text(made("heap_full"))
    assert max(map(len, rendered.splitlines())) <= 80
    assert "> 20480,2560     104?  unknown" in rendered
    assert "[HKLM]\nx=1\n" in rendered, "what is to be copied stays as it is"


@pytest.mark.parametrize("form", ["html", "text", "markdown"])
def test_a_report_has_a_plan_only_where_it_says_something(form: str) -> None:
    doc = made("heap_full")
    heading = "what would fit"
    assert heading in FORMATS[form](doc).lower()
    quiet = {**doc, "plan": [{**doc["plan"][0], "says_something": False}]}
    assert heading not in FORMATS[form](quiet).lower()
