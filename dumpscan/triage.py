"""Many cases at once: one model, one run of the rules, one page over all of them, and a report for each."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import nullcontext
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dumpscan.inputs import DumpscanError, Input, inputs_of, readable
from dumpscan.reading import Reading
from dumpscan.scanning import PROMPTS
from dumpscan.unpacking import Options, read_input
from dumpscan.version import __version__
from dumpscan.writing import refuse_foreign, write_text

if TYPE_CHECKING:
    import pandas as pd

    from dumpscan.analysis import Analysis

Progress = Callable[[str], None]

CHUNK = 250  # files a task: fewer, and sending them costs more than reading them
CHUNK_BYTES = 16 * 1024 * 1024  # ... unless they are large, or archives
REPORTS_A_TASK = 50
FORMULA = r"^[=+\-@\t\r]"  # what a spreadsheet would take for a formula (CWE-1236)


def run(
    folders: Sequence[Path],
    out: Path,
    *,
    jobs: int = 1,
    options: Options | None = None,
    force: bool = False,
    progress: Progress | None = None,
) -> dict[str, Any]:
    """Analyse every case of these folders and write OUT/index.html, OUT/reports/ and OUT/tables/. Returns the fleet document."""
    from dumpscan.analysis import Analysis

    cases = list(cases_of(folders, out))
    if not cases:
        raise DumpscanError(f"no cases in {', '.join(map(str, folders))}: sub-folders or files are cases")
    if any(out.resolve() == folder.resolve() for folder in folders):
        raise DumpscanError(f"{out} holds the cases: name another folder with -o")
    refuse_foreign(out / "index.html", force)
    inputs = [one for name, path in cases for one in _inputs(name, path)]
    analysis = Analysis([name for name, _ in cases], read_all(inputs, options or Options(), jobs, progress))
    try:
        for folder in (out / "reports", out / "tables"):
            folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DumpscanError(f"cannot write to {out}: {error.strerror or error}") from error
    return write_fleet(analysis, out, jobs, progress)


def cases_of(folders: Sequence[Path], out: Path) -> Iterator[tuple[str, Path]]:
    """Name and path of each case: every sub-folder and every loose file; OUT itself is none, and a folder named twice counts once."""
    several = len({folder.resolve() for folder in folders}) > 1
    seen = {out.resolve()}
    names: Counter[str] = Counter()
    for folder in folders:
        if not folder.is_dir():
            raise DumpscanError(f"no such folder: {folder}")
        for path in sorted(folder.iterdir(), key=lambda path: (path.name.casefold(), path.name)):
            if path.is_symlink() or path.resolve() in seen:
                continue
            seen.add(path.resolve())
            name = readable(f"{folder.resolve().name}/{path.name}" if several else path.name)
            names[name] += 1
            yield (name if names[name] == 1 else f"{name} ({names[name]})"), path


def _inputs(case: str, path: Path) -> list[Input]:
    try:
        return inputs_of(case, [path])
    except DumpscanError:  # one case that goes away must not take the others with it
        return [Input(case, path.name, skipped="it was there and is gone")]


def read_all(inputs: Sequence[Input], options: Options, jobs: int, progress: Progress | None) -> list[Reading]:
    """Read all inputs, in their order. A worker that dies takes only the file with it that killed it."""
    chunks = list(_chunks(inputs))
    if jobs == 1 or len(chunks) <= 1:
        return _read_chunk(inputs, options)
    done: dict[int, list[Reading]] = {}
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
        tasks: dict[Future[list[Reading]], int] = {
            pool.submit(_read_chunk, chunk, options): at for at, chunk in enumerate(chunks)
        }
        for task in as_completed(tasks):
            try:
                done[tasks[task]] = task.result()
            except BrokenProcessPool:
                continue
            if progress:
                progress(f"read {sum(len(chunks[at]) for at in done):,} of {len(inputs):,} files")
    return [
        reading
        for at, chunk in enumerate(chunks)
        for reading in (done[at] if at in done else _read_alone(chunk, options))
    ]


def _chunks(inputs: Sequence[Input]) -> Iterator[Sequence[Input]]:
    """Neighbours that make a task of their own: so many files, or so many bytes."""
    start = size = 0
    for at, one in enumerate(inputs):
        size += one.size or 0
        if at + 1 - start == CHUNK or size >= CHUNK_BYTES:
            yield inputs[start : at + 1]
            start, size = at + 1, 0
    if start < len(inputs):
        yield inputs[start:]


def _read_chunk(chunk: Sequence[Input], options: Options) -> list[Reading]:
    return [reading for one in chunk for reading in read_input(one, options)]


def _read_alone(chunk: Sequence[Input], options: Options) -> list[Reading]:
    """Each file in a process of its own: the one whose reading kills its process is told, the others are read."""
    readings = []
    for one in chunk:
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
            try:
                readings += pool.submit(_read_chunk, [one], options).result()
            except BrokenProcessPool:
                readings.append(Reading(one.case, one.file, one.size).skip("the process that read it died"))
    return readings


def write_fleet(analysis: Analysis, out: Path, jobs: int = 1, progress: Progress | None = None) -> dict[str, Any]:
    """Write reports, tables and the page over all cases."""
    from dumpscan import render
    from dumpscan.rules import CERTAINTIES
    from dumpscan.verdict import DANGER

    named = [(name, f"reports/{number:05d}-{_safe(name)}.html") for number, name in enumerate(analysis.cases, start=1)]
    entries: list[dict[str, Any]] = []
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) if jobs > 1 else nullcontext() as pool:
        tasks = []
        for at in range(0, len(named), REPORTS_A_TASK):
            pages = [(out / report, _document(analysis, name)) for name, report in named[at : at + REPORTS_A_TASK]]
            entries += [_entry(doc, report) for (_, report), (_, doc) in zip(named[at:], pages, strict=False)]
            if pool:
                tasks.append(pool.submit(_write_pages, pages))
            else:
                _write_pages(pages)
            if progress:
                progress(f"answered {len(entries):,} of {len(named):,} cases")
        for task in tasks:
            task.result()
    surest = {certainty: rank for rank, certainty in enumerate((*CERTAINTIES, None))}
    entries.sort(key=lambda entry: (DANGER.index(entry["mode"]), surest[entry["certainty"]], entry["case"]))
    counts = Counter(entry["mode"] for entry in entries)
    fleet = {
        "schema": "dumpscan.fleet/1",
        "dumpscan": __version__,
        "counts": {mode: counts[mode] for mode in DANGER},
        "undecided": dict(sorted(Counter(entry["reason"] for entry in entries if entry["reason"]).items())),
        "cases": entries,
        "unread": [
            {"case": reading.case, "file": reading.file, "line": problem.line, "reason": problem.reason}
            for reading in analysis.readings
            for problem in reading.problems
        ],
        "tables": [
            _write_table(name, frame, out)
            for name, frame in (*analysis.tables.items(), ("plan", analysis.plan))
            if len(frame)
        ],
    }
    write_text(out / "index.html", render.fleet_html(fleet))
    return fleet


def _document(analysis: Analysis, name: str) -> dict[str, Any]:
    """The document of a case; where a bug of ours is in the way, one that says so: a share of thousands must not fall with one case."""
    try:
        return analysis.to_dict(name)
    except Exception as error:
        return analysis.documents.unshown(name, f"{type(error).__name__}: {error}")


def _write_pages(pages: Sequence[tuple[Path, dict[str, Any]]]) -> None:
    from dumpscan import render

    for path, doc in pages:
        write_text(path, render.html(doc))


def _entry(doc: dict[str, Any], report: str) -> dict[str, Any]:
    verdict = doc["verdict"]
    first = verdict["evidence"][0] if verdict["evidence"] else {"file": None, "line": None}
    return {
        "case": doc["case"],
        "mode": verdict["mode"],
        "reason": verdict["reason"],
        "certainty": verdict["certainty"],
        "summary": verdict["summary"],
        "machine": verdict["scope"]["machine"],
        "file": first["file"],
        "line": first["line"],
        "report": report,
        "problems": len(doc["problems"]),
        "inputs": len(doc["inputs"]),
        "captures": sum(row["command"] != PROMPTS for row in doc["tables"]["captures"]),
    }


def _safe(name: str) -> str:
    """A part of a file name that every system takes, for people to recognise the case by; the number before it makes it unique."""
    return re.sub(r"[^A-Za-z0-9._-]+", "_", name)[:60].strip("._") or "case"


def _write_table(name: str, frame: pd.DataFrame, out: Path) -> dict[str, Any]:
    safe = frame.copy()
    for column in safe.columns.intersection(["side_effects", "risks"]):  # lists of sentences
        safe[column] = safe[column].str.join("; ")
    for column in safe.columns:
        if safe[column].dtype.name in ("category", "string", "str", "object"):
            values = safe[column].astype(object)
            formula = values.astype("str").str.contains(FORMULA, regex=True).to_numpy(bool) & values.notna().to_numpy(
                bool
            )
            safe[column] = values.where(~formula, "'" + values.astype("str"))
    write_text(out / "tables" / f"{name}.csv", safe.to_csv(index=False, lineterminator="\n"))
    return {"name": name, "file": f"tables/{name}.csv", "rows": len(frame)}
