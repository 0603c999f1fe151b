"""The command line: each command reads, calls, writes. Verdicts go to standard output, notes to standard error."""

from __future__ import annotations

import difflib
import os
import sys
import traceback
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dumpscan.collecting import ERAS, SYMPTOMS, collection
from dumpscan.inputs import DumpscanError, case_name
from dumpscan.plan import USUAL_COST
from dumpscan.version import __version__

if TYPE_CHECKING:
    from dumpscan.reading import Reading

MOST_NOTES = 20
BUG, NOTHING_TO_JUDGE, USAGE, FAILED_ON, INTERRUPTED = 4, 3, 2, 1, 130


class Format(StrEnum):
    html = "html"
    text = "text"
    markdown = "markdown"
    json = "json"


class Level(StrEnum):
    critical = "critical"
    high = "high"
    medium = "medium"
    low = "low"
    info = "info"


ENDINGS = {Format.html: "html", Format.text: "txt", Format.markdown: "md", Format.json: "json"}

app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False, no_args_is_help=True)

Encoding = Annotated[
    str | None, typer.Option(help="Code page of the texts, where it is not UTF-8, UTF-16 or cp1252.", metavar="NAME")
]
ReadAs = Annotated[
    str | None,
    typer.Option(
        "--as", help="Read texts in which nothing is recognised as this, of `dumpscan commands`.", metavar="KIND"
    ),
]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="No notes and no progress on standard error.")]
Force = Annotated[bool, typer.Option("--force", help="Overwrite what dumpscan did not write.")]


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"dumpscan {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
    debug: Annotated[bool, typer.Option("--debug", help="Print a traceback where dumpscan itself fails.")] = False,
) -> None:
    """Tell from saved text why a Windows machine ran out of desktop heap or session view space.

    Reads debugger logs, dheapmon, registry and event text, pastes and archives of them. Works offline; sends, caches and executes nothing.
    """


@app.command()
def report(
    paths: Annotated[
        list[str],
        typer.Argument(
            help="A folder, files, archives (zip, tar, gz, bz2, xz), or - for standard input; several are one case.",
            metavar="PATH...",
        ),
    ],
    output: Annotated[
        str | None, typer.Option("-o", "--output", help="File to write, or - for standard output.", metavar="FILE|-")
    ] = None,
    formats: Annotated[
        list[Format] | None, typer.Option("--format", help="html (default), text, markdown or json; may be repeated.")
    ] = None,
    session: Annotated[
        int | None, typer.Option(help="The session that has the trouble (services: 0), where it is known.", metavar="N")
    ] = None,
    failed_at: Annotated[
        str | None,
        typer.Option(help="When it failed, by the clock of that machine: 2026-11-20 09:30.", metavar="TIME"),
    ] = None,
    encoding: Encoding = None,
    read_as: ReadAs = None,
    fail_on: Annotated[Level | None, typer.Option(help="Exit with 1 if a finding is at least this severe.")] = None,
    hash_all: Annotated[bool, typer.Option("--hash", help="SHA-256 also of files above 64 MB.")] = False,
    force: Force = False,
    quiet: Quiet = False,
) -> None:
    """Answer one case: print the verdict, write its page."""
    from dumpscan import render
    from dumpscan.analysis import analyze
    from dumpscan.writing import refuse_foreign, write_text

    sources = [sys.stdin.buffer if path == "-" else Path(path) for path in paths]
    case = "stdin" if paths[0] == "-" else case_name(Path(paths[0]))
    targets = _targets(output, formats or [], case)
    if output is None and targets and any(_inside(Path.cwd(), Path(path)) for path in paths if path != "-"):
        targets = {}
        _note("no page is written: the current folder belongs to the case; name a file with -o", quiet)
    for target in targets.values():
        if any(path != "-" and target.resolve() == Path(path).resolve() for path in paths):
            raise DumpscanError(f"{target} is the evidence: name another file with -o")
        refuse_foreign(target, force)
    analysis = analyze(
        *sources, case=case, encoding=encoding, hash_all=hash_all, read_as=read_as, session=session, failed_at=failed_at
    )
    doc = analysis.to_dict()
    write = {
        Format.html: render.html,
        Format.text: render.text,
        Format.markdown: render.markdown,
        Format.json: render.json_text,
    }
    if output == "-":
        _print(write[(formats or [Format.text])[0]](doc))
    else:
        for form, target in targets.items():
            write_text(target, write[form](doc))
        _print(render.text(doc))
        for target in targets.values():
            _note(f"written: {target}", quiet)
    _tell_unread(analysis.readings, quiet)
    raise typer.Exit(_exit_code(doc, fail_on))


def _tell_unread(readings: Sequence[Reading], quiet: bool) -> None:
    """Each input of which something was not read, in one line; a bundle with a thousand pictures in a few more."""
    unread = [reading for reading in readings if reading.skipped or reading.partly]
    for reading in unread[:MOST_NOTES]:
        how = "not read" if reading.skipped else "read in part"
        _note(f"{how}: {reading.file}: {reading.skipped or reading.partly}", quiet)
    if len(unread) > MOST_NOTES:
        _note(f"... and {len(unread) - MOST_NOTES:,} more; the report names all of them", quiet)


def _targets(output: str | None, formats: list[Format], name: str) -> dict[Format, Path]:
    """Where each format goes."""
    if output == "-":
        if len(formats) > 1:
            raise DumpscanError("only one format can go to standard output")
        return {}
    if output is None or Path(output).is_dir():
        folder = Path(output) if output else Path()
        return {form: folder / f"{name}.report.{ENDINGS[form]}" for form in dict.fromkeys(formats or [Format.html])}
    if len(formats) > 1:
        raise DumpscanError("-o names one file, so only one --format goes with it (a folder takes several)")
    ending = Path(output).suffix.lower().removeprefix(".")
    guessed = next((form for form, known in ENDINGS.items() if known == ending), Format.html)
    return {formats[0] if formats else guessed: Path(output)}


def _inside(folder: Path, case: Path) -> bool:
    return case.is_dir() and folder.resolve().is_relative_to(case.resolve())


def _exit_code(doc: dict[str, Any], fail_on: Level | None) -> int:
    from dumpscan.rules import SEVERITIES
    from dumpscan.scanning import PROMPTS

    if all(capture["command"] == PROMPTS for capture in doc["tables"]["captures"]):
        return NOTHING_TO_JUDGE
    if fail_on is not None:
        worst = SEVERITIES[: SEVERITIES.index(fail_on.value) + 1]
        if any(finding["severity"] in worst for outcome in doc["outcomes"] for finding in outcome["findings"]):
            return FAILED_ON
    return 0


@app.command()
def triage(
    folders: Annotated[
        list[Path],
        typer.Argument(help="Folders whose sub-folders, archives and files are a case each.", metavar="DIR..."),
    ],
    output: Annotated[
        Path,
        typer.Option("-o", "--output", help="Folder for the fleet page, the reports and the tables.", metavar="OUT"),
    ],
    jobs: Annotated[int, typer.Option(help="Processes that read in parallel.", min=1, max=64)] = 1,
    encoding: Encoding = None,
    force: Force = False,
    quiet: Quiet = False,
) -> None:
    """Answer a share full of cases: one page over all of them, a report for each, the tables as CSV."""
    from dumpscan.decoding import known_encoding
    from dumpscan.triage import run
    from dumpscan.unpacking import Options

    options = Options(known_encoding(encoding))
    progress = None if quiet or not sys.stderr.isatty() else lambda text: typer.echo(text, err=True)
    fleet = run(folders, output, jobs=jobs, options=options, force=force, progress=progress)
    width = max(map(len, fleet["counts"]))
    _print("".join(f"{mode:<{width}} {count:>7,}\n" for mode, count in fleet["counts"].items()))
    _note(f"written: {output / 'index.html'}", quiet)
    raise typer.Exit(0 if any(case["captures"] for case in fleet["cases"]) else NOTHING_TO_JUDGE)


@app.command()
def plan(
    paths: Annotated[
        list[str],
        typer.Argument(
            help="A folder, files, archives, or - for standard input; several are one case.", metavar="PATH..."
        ),
    ],
    service_desktops: Annotated[
        int, typer.Option(help="Plan for so many more service desktops (one for each account).", metavar="N")
    ] = 0,
    processes: Annotated[
        int, typer.Option(help="Plan for so many processes at a time on one service desktop.", metavar="N")
    ] = 0,
    cost: Annotated[
        int, typer.Option(help="KB of heap that each process takes; 10 is typical (KB 949296).", metavar="KB")
    ] = USUAL_COST,
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", help="Folder for the text to apply and its way back.", metavar="DIR"),
    ] = None,
    encoding: Encoding = None,
    read_as: ReadAs = None,
    force: Force = False,
    quiet: Quiet = False,
) -> None:
    """Weigh other sizes: which SharedSection and SessionViewSize would fit, as text to apply with its way back. Nothing is ever applied."""
    from dumpscan import render
    from dumpscan.analysis import analyze
    from dumpscan.plan import wanted
    from dumpscan.plan.files import files
    from dumpscan.writing import refuse_foreign, write_text

    asked = wanted(service_desktops, processes, cost)
    sources = [sys.stdin.buffer if path == "-" else Path(path) for path in paths]
    case = "stdin" if paths[0] == "-" else case_name(Path(paths[0]))
    if output is not None and not output.is_dir():
        raise DumpscanError(f"{output} is no folder: name one that is there with -o")
    if output is not None and any(_inside(output, Path(path)) for path in paths if path != "-"):
        raise DumpscanError(f"{output} belongs to the case: name another folder with -o")
    analysis = analyze(*sources, case=case, encoding=encoding, read_as=read_as, wanted=asked)
    doc = analysis.to_dict()
    texts = {} if output is None else {output / name: text for name, text in files(doc).items()}
    for target in texts:
        refuse_foreign(target, force)
    _print(render.plan_text(doc))
    for target, text in texts.items():
        write_text(target, text)
        _note(f"written: {target}", quiet)
    if output is not None and not texts:
        _note("no file is written: there is no change whose text was seen whole", quiet)
    _tell_unread(analysis.readings, quiet)
    raise typer.Exit(_exit_code(doc, None))


@app.command()
def rules() -> None:
    """List what can be judged."""
    from dumpscan.rules import STAGES, all_rules

    known = list(all_rules().values())
    for stage in STAGES:
        _print(f"{stage}\n" + "".join(f"  {rule.name}\n      {rule.title}\n" for rule in known if rule.stage == stage))


@app.command()
def commands() -> None:
    """List what can be read, with a sample of each."""
    from inspect import cleandoc

    from dumpscan.commands import all_commands

    for command in all_commands().values():
        _print(f"{cleandoc(command.page)}\n\nFills: {', '.join(command.fills)}\n\n")


@app.command(context_settings={"ignore_unknown_options": True})  # "-:12" is a line of standard input
def explain(
    subject: Annotated[
        str,
        typer.Argument(help="A rule, as `dumpscan rules` lists it, or a line of a file.", metavar="RULE | FILE:LINE"),
    ],
    encoding: Encoding = None,
    read_as: ReadAs = None,
) -> None:
    """Print the page of a rule, or what became of a line: who read it, what came of it, or who came near and where it stopped."""
    if ":" in subject:
        from dumpscan.explain import explain

        _print(explain(subject, sys.stdin.buffer, encoding, read_as))
        return
    from dumpscan.rules import all_rules

    known = all_rules()
    if subject not in known:
        near = difflib.get_close_matches(subject, known, n=1)
        raise DumpscanError(
            f"no rule is called {subject}"
            + (f"; did you mean {near[0]}?" if near else "; `dumpscan rules` lists them, and a line is named FILE:LINE")
        )
    _print(known[subject].page + "\n")


@app.command()
def collect(
    windows: Annotated[
        str | None, typer.Option(help=f"Only for this Windows: {', '.join(ERAS)}.", metavar="ERA")
    ] = None,
    symptom: Annotated[
        str | None,
        typer.Option(
            "--for",
            help=f"Only what bears on one symptom: {', '.join(f'{one.name} ({one.known_as[0]})' for one in SYMPTOMS)}.",
            metavar="SYMPTOM",
        ),
    ] = None,
    dumps: Annotated[
        bool, typer.Option("--dumps", help="The loop that does it over a folder of dumps, and its script.")
    ] = False,
) -> None:
    """Print the commands that collect what the rules need, by kind of Windows: for a command prompt, PowerShell and the debugger."""
    _print(collection(windows, symptom, dumps))


def _print(text: str) -> None:
    """Write to standard output; when its reader has gone (head, less), nobody is left to tell, and that is no failure."""
    try:
        typer.echo(text, nl=False)
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except OSError as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise DumpscanError(f"cannot write to standard output: {error.strerror or error}") from error


def _note(text: str, quiet: bool) -> None:
    if not quiet:
        from dumpscan.render import plain

        typer.echo(f"dumpscan: {plain(text)}", err=True)


def main() -> None:
    """Entry point: every failure is one line and an exit code; a traceback only with --debug."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    try:
        app(prog_name="dumpscan")
    except DumpscanError as error:
        _note(str(error), quiet=False)
        sys.exit(USAGE)
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
    except Exception as error:
        if "--debug" in sys.argv:
            traceback.print_exc()
        _note(
            f"this is a bug in dumpscan ({type(error).__name__}: {error}); run `dumpscan --debug ...` for the traceback",
            quiet=False,
        )
        sys.exit(BUG)
