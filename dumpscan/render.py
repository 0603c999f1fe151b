"""The result document as HTML, text, Markdown and JSON: pure, the same document gives the same bytes."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import textwrap
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import quote

from dumpscan import owners, trends
from dumpscan.resources import resource_dir

if TYPE_CHECKING:
    from jinja2 import Environment
    from markupsafe import Markup

Document = dict[str, Any]

# What nobody can see or what turns text around: controls, bidi marks, zero widths, lone surrogates, tags;
# and from the fourth on the marks on one letter, which climb over the lines above it.
MARKS = r"\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f"
UNSEEN = re.compile(
    r"[\x00-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f"
    rf"\ufeff\ufff9-\uffff\ud800-\udfff\U000e0000-\U000e007f]|(?<=[{MARKS}]{{3}})[{MARKS}]"
)
NOT_ASCII = re.compile(r"[^\x20-\x7e]")
MARKDOWN_SIGNS = re.compile(r"[\\`*_{}\[\]<>#|~&$]|(?<=:)/|^[-+=]")
MARKDOWN_NUMBER = re.compile(r"^([0-9]+)([.)])(?=\s|$)")

SEVERITIES = ("critical", "high", "medium", "low", "info")
ADVISING = ("critical", "high")  # findings beside the verdict whose advice stands with that of the verdict
ALIKE = "look-alikes"
TEXT_LENGTH = 4000
TEXT_WIDTH = 78
COMMAND_WIDTH = 96
MAX_ROWS = 200
PLAN_LINE = "{:<1} {:<13} {:>5}  {:<7} {:>7} {:>8}  {:>5} {:>8} {:>8} {:>6}"
VERBATIM = "\x01"  # at the start of a line of a template: printed as it is
OPEN_HEAPS = 24
IDLE_PERCENT = 3
NEAR_FULL = 80  # percent: from there on a heap is worth to know who uses it


class Room(NamedTuple):
    """How much of each part the text may hold."""

    evidence: int
    items: int
    characters: int  # of what a log says
    told: int  # characters of a sentence of ours


TOLD = 2000  # characters: no sentence of ours is as long, unless a log speaks in it
# Long lists give way first, then words of logs and evidence; sentences of ours stay whole. Only the last rooms, which make a text of less than 4,000
# characters whatever the log says, cut them, too.
ROOMS = (
    *(Room(evidence, 12, 1000, TOLD) for evidence in (8, 6, 4)),
    *(Room(evidence, items, 1000, TOLD) for evidence, items in ((4, 8), (3, 6), (2, 6), (2, 4))),
    *(Room(1, 4, characters, TOLD) for characters in (400, 200)),
    *(Room(evidence, items, 200, TOLD) for evidence, items in ((0, 4), (1, 2), (0, 2))),
    *(Room(0, items, items * 50, items * 50) for items in (6, 4, 2)),
)


def html(doc: Document) -> str:
    """The page of a case: one file, no script, nothing fetched."""
    return _page("case.html.j2", doc=doc, view=_case_view(doc))


def fleet_html(fleet: Document) -> str:
    """The page of many cases."""
    return _page("fleet.html.j2", fleet=fleet)


def text(doc: Document) -> str:
    """The answer for a ticket: ASCII, at most 4,000 characters and 100 columns; evidence gives way first."""
    template = _environment("text").get_template("case.txt.j2")
    view = _case_view(doc)
    for room in ROOMS:
        lines = template.render(doc=doc, view=view, room=room).splitlines()
        wrapped = re.sub("\n{3,}", "\n\n", "\n".join(part for line in lines for part in _wrapped(line)) + "\n")
        if len(wrapped) <= TEXT_LENGTH:
            break
    return wrapped


def plan_text(doc: Document) -> str:
    """What `dumpscan plan` prints: ASCII in 78 columns; the table and what is to be copied stay as they are."""
    rendered = (
        _environment("text")
        .get_template("plan.txt.j2")
        .render(doc=doc, view={"max_rows": MAX_ROWS, "plan_head": plan_head()})
    )
    lines = (
        part
        for line in rendered.splitlines()
        for part in ([line[len(VERBATIM) :]] if line.startswith(VERBATIM) else _wrapped(line))
    )
    return re.sub("\n{3,}", "\n\n", "\n".join(lines) + "\n")


def markdown(doc: Document) -> str:
    """The answer for a ticket that knows Markdown."""
    return _environment("markdown").get_template("case.md.j2").render(doc=doc, view=_case_view(doc))


def json_text(doc: Document) -> str:
    """The document itself, in ASCII: no control or bidi character of a log reaches a terminal."""
    return json.dumps(doc, ensure_ascii=True, allow_nan=False, indent=2) + "\n"


# ---- how text is shown


def visible(text: str) -> str:
    """Text of a log with everything unseen written out as in `\\u202e`; a tab becomes four blanks."""
    if text.isascii() and text.isprintable():  # nearly all of it; a page has a thousand such pieces
        return text
    return UNSEEN.sub(_code_point, text.replace("\t", "    "))


def plain(text: str) -> str:
    """Visible text in ASCII."""
    return NOT_ASCII.sub(_code_point, visible(text))


def markdown_escaped(text: str) -> str:
    """Visible text without a meaning in Markdown."""
    return MARKDOWN_NUMBER.sub(r"\1\\\2", MARKDOWN_SIGNS.sub(r"\\\g<0>", visible(text).strip()))


def _code_point(found: re.Match[str]) -> str:
    code = ord(found[0])
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"


def clip(text: str, characters: int) -> str:
    """Visible text of bounded length that says how much is missing."""
    text = visible(text)
    if len(text) <= characters:
        return text
    return f"{text[:characters]} [{len(text) - characters:,} more characters]"


def told(text: str) -> str:
    """A sentence of ours, whole; a name out of a log that makes it endless is cut."""
    return clip(text, TOLD)


def thousands(number: float | None) -> str:
    """A count or a size, as in 20,480."""
    return "not shown" if number is None else f"{int(number):,}"


def percent(number: float | None) -> str:
    """A share with one decimal, as the tools print it."""
    return "not shown" if number is None else f"{number:.1f}"


def signed(number: float | None) -> str:
    """A rate or a number of days with one decimal, as in 1,204.5 or -3.0."""
    return "not shown" if number is None else f"{number:,.1f}"


def url(path: str) -> str:
    """A relative address; every sign that could make it another kind of address is encoded."""
    return quote(path, safe="/", errors="surrogatepass")


def fenced(lines: Iterable[str]) -> Markup:
    """Lines in a Markdown fence that is longer than any run of backticks in them."""
    shown = "\n".join(visible(line) for line in lines)
    fence = "`" * max(3, 1 + max(map(len, re.findall("`+", shown)), default=0))
    return _as_it_is(f"{fence}text\n{shown}\n{fence}")


def verbatim(text: str) -> Markup:
    """Lines in ASCII that no wrapping may touch."""
    return _as_it_is("\n".join(VERBATIM + plain(line) for line in text.splitlines()))


def view_mb(row: Document) -> str:
    """The limit in MB; with a question mark where it is only the smallest that this Windows can have, a dash where there is none."""
    if row["view_kb"] is not None:
        return f"{int(row['view_kb']) // 1024}"
    return "-" if row["room_kb"] is None else f"{int(row['room_kb'] + row['heaps_kb'] + row['others_kb']) // 1024}?"


def plan_row(row: Document) -> str:
    """One line of the table, under its heading."""

    def number(value: float | None) -> str:
        return "-" if value is None else f"{int(value):,}"

    numbers = [
        row[name]
        for name in ("heaps_kb", "room_kb", "more_desktops", "interactive_free_kb", "service_free_kb", "processes")
    ]
    return PLAN_LINE.format(
        ">" if row["recommended"] else "", row["sizes"], view_mb(row), row["fits"], *map(number, numbers)
    )


def plan_head() -> str:
    """The two lines over the table."""
    return "\n".join(
        PLAN_LINE.format("", *line).rstrip()
        for line in (
            ("second,third", "view", "fits", "heaps", "room", "more", "free KB", "free KB", "pro-"),
            ("value", "MB", "", "KB", "KB", "desk.", "inter.", "service", "cesses"),
        )
    )


def lines(text: str) -> Markup:
    """Text of several lines for HTML: each visible and escaped, the ends of lines kept."""
    from markupsafe import Markup, escape

    return Markup("\n").join(escape(visible(line)) for line in text.splitlines())


def _wrapped(line: str) -> list[str]:
    """A line in lines of 78 columns; what is indented by four is a command and stays whole up to 96."""
    body = line.lstrip(" ")
    indent = " " * (len(line) - len(body))
    width = COMMAND_WIDTH if len(indent) >= 4 else TEXT_WIDTH
    bullet = re.match(r"- |[0-9]+\. ", body)
    hanging = indent + " " * (bullet.end() if bullet else 0)
    return textwrap.wrap(body, width, initial_indent=indent, subsequent_indent=hanging, break_on_hyphens=False) or [""]


# ---- templates


ESCAPES: dict[str, Callable[[str], str]] = {"text": plain, "markdown": markdown_escaped}


def _as_it_is(text: str) -> Markup:
    """The only way past HTML escaping: for our own style sheet, and for text escaped for another format."""
    from markupsafe import Markup

    return Markup(text)


@cache
def _environment(form: str) -> Environment:
    """The templates of one format; every value is made visible and escaped for it on its way out."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    def shown(value: object) -> object:
        if value is None:
            return "not shown"
        if type(value) is not str:  # a number, or what a macro has escaped already
            return value
        return visible(value) if form == "html" else _as_it_is(ESCAPES[form](value))

    environment = Environment(
        loader=FileSystemLoader(resource_dir("reports"), encoding="utf-8"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=shown,
    )
    environment.filters.update(
        clip=clip, told=told, plain=plain, thousands=thousands, percent=percent, signed=signed, url=url, fenced=fenced, replaced=replaced,
        view_mb=view_mb, plan_row=plan_row, verbatim=verbatim, lines=lines,
    )  # fmt: skip
    return environment


def _page(template: str, **values: object) -> str:
    """A page with its style sheet inlined and the only hash that its content policy lets through."""
    css, style_hash = _style()
    return _environment("html").get_template(template).render(css=css, style_hash=style_hash, **values)


@cache
def _style() -> tuple[Markup, str]:
    """The style sheet, and its hash for the content policy."""
    css = (resource_dir("reports") / "page.css").read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(css.encode("utf-8")).digest()).decode("ascii")
    return _as_it_is(css), f"sha256-{digest}"


# ---- what the templates of a case need beside the document


def _case_view(doc: Document) -> Document:
    """Everything chosen, sorted and counted once, so that all formats show the same."""
    findings, behind = _findings(doc)
    anchors, loose = _anchors(doc, findings)
    open_end = doc["verdict"]["mode"] in ("no-sign", "undecided")  # there what else fits is the answer
    others = (found for found in findings[behind:] if found["severity"] in ADVISING or (open_end and _fits(found)))
    advising = [*findings[:behind], *others]
    return {
        "findings": findings,
        "refuted_by": _unique(finding["refuted_by"] for finding in findings[:behind])[:2],
        "judged_by": list({finding["rule"]: finding for finding in findings[:behind]}.values()),
        "beside": list({one["summary"]: one for one in findings[behind:] if _counts(one)}.values()),
        "advice": {
            when: _unique(item["text"] for found in advising for item in found["advice"] if item["when"] == when)
            for when in ("now", "reboot", "cause", "futile")
        },
        "safety": any(
            "SharedSection" in item["text"] or "SessionViewSize" in item["text"]
            for found in advising
            for item in found["advice"]
            if item["when"] == "reboot"
        ),
        "ledger": _ledger(doc),
        "problems": sorted(doc["problems"], key=lambda problem: problem["line"] is None),  # lines, then whole files
        "remarks": _remarks(doc["inputs"]),
        "facts": [
            {"name": name.replace("_", " "), "count": len(rows)}
            for name, rows in doc["tables"].items()
            if rows and name not in ("captures", "owners", "trends", "plan")  # these are nobody's words
        ],
        "anchors": anchors,
        "loose": loose,
        "settings": doc["settings"],
        "plans": _plans(doc),
        "tightest": _tightest(doc),
        "heaps": _heaps(doc["tables"].get("desktop_heaps", [])),
        "owners": _owners(doc),
        "trends": _trends(doc),
        "events": [event for event in doc["tables"].get("events", []) if _tells_heap(event)],
        "max_rows": MAX_ROWS,
    }


def _findings(doc: Document) -> tuple[list[Document], int]:
    """The findings of the verdict's machine, those behind the verdict first; how many stand behind it."""
    machine = doc["verdict"]["scope"]["machine"]
    proof = {(item["file"], item["line"]) for item in doc["verdict"]["evidence"]}

    def rank(finding: Document) -> tuple[bool, int]:
        places = {(item["file"], item["line"]) for item in finding["evidence"]}
        beside = finding["severity"] == "info" or places.isdisjoint(proof)
        return beside, SEVERITIES.index(finding["severity"])

    found = (
        {**finding, **{key: outcome[key] for key in ("rule", "title", "stage")}}
        for outcome in doc["outcomes"]
        for finding in outcome["findings"]
    )
    mine = (finding for finding in found if machine is None or finding["machine"] in (None, machine))
    ranked = sorted(mine, key=rank)
    return ranked, sum(not rank(finding)[0] for finding in ranked)


def _fits(finding: Document) -> bool:
    """Whether what else fits is sure enough to act upon."""
    return _counts(finding) and finding["certainty"] != "possible"


def _counts(finding: Document) -> bool:
    """Whether a finding beside the verdict is worth a line under it: not the mere remarks, but what else fits."""
    return bool(finding["severity"] != "info" or finding["stage"] == ALIKE)


def _unique(texts: Iterable[str | None]) -> list[str]:
    return [text for text in dict.fromkeys(texts) if text]


def _evidence(doc: Document, findings: list[Document]) -> Iterator[Document]:
    yield from doc["verdict"]["evidence"]
    for finding in findings:
        yield from finding["evidence"]


def _anchors(doc: Document, findings: list[Document]) -> tuple[dict[tuple[str, int], str], list[Document]]:
    """Where each quoted line stands on the page, and the cited lines that no excerpt quotes."""
    anchors: dict[tuple[str, int], str] = {}
    for number, excerpt in enumerate(doc["excerpts"][:MAX_ROWS], 1):
        for offset in range(len(excerpt["lines"])):
            anchors.setdefault((excerpt["file"], excerpt["first_line"] + offset), f"quote-{number}-{offset + 1}")
    loose: list[Document] = []
    for item in _evidence(doc, findings):
        place = (item["file"], item["line"])
        if place not in anchors and len(loose) < MAX_ROWS:
            loose.append(item)
            anchors[place] = f"line-{len(loose)}"
    return anchors, loose


def _tells_heap(event: dict[str, Any]) -> bool:
    """Whether an event is of the window manager and at some time: 243 means something else to others."""
    return event["event_id"] in (243, 244) and bool(event["time"]) and (event["source"] or "").lower() == "win32k"


def _ledger(doc: Document) -> dict[str, int]:
    """What became of the lines of all inputs together: how many are in each class."""
    classes = ("total", "parsed", "blank", "noise", "other", "problem")
    return {name: sum(item["lines"][name] for item in doc["inputs"]) for name in classes}


def _remarks(inputs: Iterable[Document]) -> list[Document]:
    """What was not read of each input, or not as it was meant: first what may hold evidence, last what only looks odd."""
    told: list[tuple[int, Document]] = []
    for item in inputs:
        file = item["file"]
        if item["partly"]:
            told.append((0, {"how": "Read in part", "file": file, "why": item["partly"]}))
        if item["skipped"]:
            no_text = item["skipped"].startswith("not a text")
            told.append((1 + no_text, {"how": "Not read", "file": file, "why": item["skipped"]}))
        if item["replaced_bytes"]:
            told.append(
                (3, {"how": f"Read as {item['encoding']}", "file": file, "why": replaced(item["replaced_bytes"])})
            )
    return [remark for _, remark in sorted(told, key=lambda one: one[0])]


def replaced(count: int) -> str:
    one = count == 1
    return f"{thousands(count)} {'byte stands' if one else 'bytes stand'} for no character and {'was' if one else 'were'} replaced"


def _plans(doc: Document) -> list[Document]:
    """The plans that say something, that of the verdict's machine first."""
    machine = doc["verdict"]["scope"]["machine"]
    return sorted((one for one in doc["plan"] if one["says_something"]), key=lambda one: one["machine"] != machine)


def _tightest(doc: Document) -> Document | None:
    """The session with the least view space left, of the verdict's machine, where the limit is known."""
    machine = doc["verdict"]["scope"]["machine"]
    known = [space for space in doc["view_space"] if space["limit_kb"] is not None]
    mine = [space for space in known if machine is None or space["machine"] in (None, machine)]
    return min(mine, key=lambda space: int(space["limit_kb"] - space["heaps_kb"]), default=None)


def _heaps(rows: list[Document]) -> Document:
    """The desktop heaps by danger: those to show, those to fold, and how many only the tables hold."""
    ranked = sorted(rows, key=lambda row: -1.0 if row["used_percent"] is None else row["used_percent"], reverse=True)
    busy = sum((row["used_percent"] or 0) >= IDLE_PERCENT for row in rows)
    opened = min(OPEN_HEAPS, max(busy, 6))
    if len(rows) - opened <= 3:
        opened = len(rows)
    sizes = [row["size_kb"] for row in rows if row["size_kb"]]
    bounded = bool(sizes) and max(sizes) > 4 * min(sizes)

    def bar(row: Document) -> Document:
        share = (row["size_kb"] or 0) / max(sizes, default=1)
        return {**row, "bar": round(100 * max(0.05, share**0.5 if bounded else share), 2)}

    folded = ranked[opened:MAX_ROWS]
    return {
        "shown": [bar(row) for row in ranked[:opened]],
        "folded": [bar(row) for row in folded],
        "fullest_folded": max((row["used_percent"] for row in folded if row["used_percent"] is not None), default=None),
        "left_out": max(0, len(rows) - MAX_ROWS),
        "bounded": bounded,
        "places": len({(row["machine"], row["snapshot"]) for row in rows}),
    }


def _owners(doc: Document) -> list[Document]:
    """The owners of the heaps that are full or near it on the machine of the verdict, and of those that prove it: these first, then the fullest."""
    machine = doc["verdict"]["scope"]["machine"]
    proof = {(item["file"], item["line"]): at for at, item in reversed([*enumerate(doc["verdict"]["evidence"])])}
    rows = [
        {**row, "words": owners.in_words(row)}
        for row in doc["tables"].get("owners", [])
        if machine is None or row["machine"] == machine
        if (row["used_percent"] or 0) >= NEAR_FULL or (row["processes"] and (row["file"], row["line"]) in proof)
        if row["role"] != "fixed"
    ]
    return sorted(
        rows, key=lambda row: (proof.get((row["file"], row["line"]), len(proof)), -(row["used_percent"] or 0))
    )


def _trends(doc: Document) -> Document:
    """The trends of the machine of the verdict: those that move, the most urgent first, how many are steady, and how many were captured once only since
    they began anew: these tell nothing."""
    machine = doc["verdict"]["scope"]["machine"]
    rows = [row for row in doc["tables"].get("trends", []) if machine is None or row["machine"] == machine]
    some = [row for row in rows if row["kind"] is not None or row["captures"] > 1]
    moving = [
        {**row, "words": trends.in_words(row), "line_of_use": _line_of_use(row)}
        for row in some
        if row["kind"] != trends.STEADY
    ]
    order = [*trends.IN_WORDS]
    moving.sort(key=lambda row: (order.index(row["kind"]), row["days_to_98"] or 0.0))
    counts = {"steady": len(some) - len(moving), "lone": len(rows) - len(some)}
    return {"moving": moving, **counts, "kinds": trends.IN_WORDS, "since": trends.SINCE}


def _line_of_use(row: Document) -> str:
    """The captures of a trend as points of a picture of 100 by 100: days to the right, KB of the heap upwards."""
    points = [tuple(map(float, point.split(":"))) for point in row["points"].split()]
    points = [*points[: -1 : -(-len(points) // (MAX_ROWS - 1))], points[-1]]
    days, top = max(points[-1][0], 1e-9), max(row["size_kb"], *(used for _, used in points))
    return " ".join(f"{100 * day / days:.1f},{100 - 100 * used / top:.1f}" for day, used in points)
