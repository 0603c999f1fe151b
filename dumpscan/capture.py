"""Cutting a text into captures: the saved output of one command, contiguous, with every one of its lines accounted for.

A grammar is the only place that knows what a command prints. Its terminals each match a run of whole lines, so all of them
together classify a text in one linear pass; its rules say in which order they may stand, so a capture ends where the grammar
does not go on. What stands inside a capture and fits no terminal is a problem with file, line and text: never lost, never guessed.

Each command takes a text apart by itself: grammars need not know each other. A line that two of them claim goes to the one that is asked
first (`Command.rank`, then the name).
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, NamedTuple

from dumpscan.claims import Run, Text, grammar, is_noise
from dumpscan.commands import Command, all_commands
from dumpscan.matching import joined, matching_copy
from dumpscan.rows import Problem, Rows
from dumpscan.torn import torn

if TYPE_CHECKING:
    from lark import Token, Tree

GAP = 5  # lines of something else that may stand inside a block: a late symbol warning, a stray debug print
NEAR = 3  # lines beside a block that still belong to it: its ruler, a wrapped total, what a command printed that we do not know
CONTEXT = 3  # lines kept around a capture, to be quoted with it


class Taken(NamedTuple):
    """What became of a stretch of lines of a capture."""

    first: int
    last: int
    terminal: str | None  # of its command's grammar; None: the lines fit none


@dataclass(slots=True)
class Capture:
    """The saved output of one command in one file."""

    command: str
    first: int
    last: int
    tables: dict[str, list[tuple[Any, ...]]]
    session: int | None = None
    state: str | None = (
        None  # "whole", "cut", "failed", "silent"; None: a command whose output does not say how much of it there is
    )
    shortfall: str | None = None
    parsed: int = 0
    blank: int = 0
    noise: int = 0
    problems: list[Problem] = field(default_factory=list)
    taken: list[Taken] = field(default_factory=list)
    excerpts: list[tuple[int, list[str]]] = field(
        default_factory=list
    )  # stretches of raw lines, each with the number of its first: the capture and a few lines around it


class _Block:
    """Lines of one command that its grammar accepts in this order; grows until the grammar does not go on."""

    def __init__(self, command: Command) -> None:
        self.command = command
        self.parser = grammar(command.name).parse_interactive("")
        self.runs: list[Run] = []
        self.terminals: set[str] = set()

    def takes(self, run: Run, token: Token) -> bool:
        from lark.exceptions import UnexpectedInput

        try:
            self.parser.feed_token(token)
        except UnexpectedInput:
            return False
        self.runs.append(run)
        self.terminals.add(token.type)
        return True

    def tree(self) -> Tree[Token] | None:
        """The parsed block, or None for lines that do not prove to be of this command."""
        from lark.exceptions import UnexpectedInput

        if not self.terminals & self.command.proof:
            return None
        try:
            tree: Tree[Token] = self.parser.feed_eof()  # type: ignore[no-untyped-call]
        except UnexpectedInput:  # an optional part that was begun and cut, such as "Session ID: 0" without its total
            return None
        return tree


def _blocks(command: Command, text: Text) -> Iterator[tuple[_Block, Tree[Token]]]:
    """The blocks of one command, in order."""
    from lark import Token

    ignored = set(grammar(command.name).ignore_tokens)
    block: _Block | None = None
    strangers = below = 0
    for run in text.free(command.name):
        strangers += run.first - below
        if block and (strangers > GAP or text.ends(command.name, below, run.first - 1)):
            if tree := block.tree():
                yield block, tree
            block = None
        below = run.last + 1
        if run.terminal in ignored:
            continue
        strangers = 0
        token = Token(run.terminal, text.copy.text[run.start : run.end], start_pos=run.start, line=run.first)
        if block and block.takes(run, token):
            continue
        if block and (tree := block.tree()):
            yield block, tree
        block = _Block(command)
        if not block.takes(run, token):
            block = None
    if block and (tree := block.tree()):
        yield block, tree


def _extent(block: _Block, text: Text) -> tuple[int, int]:
    """First and last line of a block in the matching copy, with the ruler that closes it and the lines beside it that bear its signs."""
    command, copy = block.command, text.copy
    first, last = block.runs[0].first, block.runs[-1].last
    own = text.runs[command.name]

    def run_at(at: int) -> Run | None:
        number = bisect_left(own, at + 1, key=lambda run: run.first) - 1
        return own[number] if number >= 0 and own[number].last >= at else None

    def step(at: int, near: int) -> int:
        """How many lines from `at` on, away from the block, belong to it."""
        if not 0 <= at < len(copy.lines) or text.taken[at] or text.prompt[at]:
            return 0
        if run := run_at(at):
            whole = run.last - at + 1 if at > last else at - run.first + 1
            free = not any(text.taken[run.first : run.last + 1])
            return whole if free and (run.terminal == "RULER" or at > last) else 0
        if text.claims[at] & ~text.bit[command.name]:
            return 0
        if command.signs.search(copy.line(at)):
            return 1
        # What follows a command that printed nothing we know is its output, up to a blank line.
        return int(block.terminals == {"ASK"} and at > last and copy.lines[at] == copy.lines[near] + 1)

    def bears_sign(at: int) -> bool:
        free = 0 <= at < len(copy.lines) and not (text.taken[at] or text.prompt[at] or text.claims[at] or run_at(at))
        return free and command.signs.search(copy.line(at)) is not None

    for _ in range(NEAR):
        first -= step(first - 1, first)
        last += step(last + 1, last)
    # Rows of which none can be read (all have lost their "%") are no other program's.
    while bears_sign(first - 1):
        first -= 1
    while bears_sign(last + 1):
        last += 1
    return first, last


def _believed(command: Command) -> Command:
    """A command of which every line but a ruler proves its block."""
    rules = grammar(command.name)
    terminals = {terminal.name for terminal in rules.terminals} - set(rules.ignore_tokens) - {"RULER"}
    return replace(command, proof=frozenset(terminals))


def captures(text: str, first_line: int, commands: Sequence[str], proved: bool = False) -> list[Capture]:
    """The captures of these commands in a text whose first line has this number, by line; `proved`: the caller knows whose text it is."""
    known = {name: _believed(all_commands()[name]) if proved else all_commands()[name] for name in commands}
    names = sorted(commands, key=lambda name: (known[name].rank, name))
    physical, copy = matching_copy(text, first_line)
    cut = Text(copy, names, known)
    glue, doubt = torn(cut)
    if glue:
        copy = joined(copy, glue)
        cut = Text(copy, names, known)
        doubt = torn(cut)[1]
    for name, lines in doubt.items():
        cut.disbelieve(name, lines)
    found: list[Capture] = []
    counted: set[int] = set()  # physical lines that hold several lines and have their class
    for name in names:
        parsed = list(_blocks(known[name], cut))
        for block, _ in parsed:
            for run in block.runs:
                cut.taken[run.first : run.last + 1] = b"\1" * (run.last + 1 - run.first)
        for block, tree in parsed:
            first, last = _extent(block, cut)
            cut.taken[first : last + 1] = b"\1" * (last + 1 - first)
            raw = {line: physical[line - first_line] for line in copy.physical(first, last)}
            rows = Rows(copy.lines, raw)
            known[name].read(tree, rows)
            if rows.below is not None:
                end, last = last + 1, bisect_left(copy.lines, rows.below, first + 1) - 1
                cut.taken[last + 1 : end] = bytes(end - last - 1)
                raw = {line: raw[line] for line in copy.physical(first, last)}
            capture = Capture(name, min(raw), max(raw), rows.tables, rows.session, rows.state, rows.shortfall)
            found.append(_account(capture, cut, (first, last), raw, counted, rows.doubts))
    found.sort(key=lambda capture: capture.first)
    for capture in found:
        low = max(first_line, capture.first - CONTEXT)
        capture.excerpts = [(low, physical[low - first_line : capture.last + CONTEXT + 1 - first_line])]
    return found


def _account(
    capture: Capture,
    text: Text,
    extent: tuple[int, int],
    raw: Mapping[int, str],
    counted: set[int],
    doubts: Mapping[int, str],
) -> Capture:
    """Give every physical line of a capture its one class; one that holds several lines is a problem if any of them is."""
    below, last = extent
    own = text.runs[capture.command]
    at = bisect_left(own, below, key=lambda run: run.last)
    classes = dict.fromkeys(raw, "")
    while below <= last:
        run = own[at] if at < len(own) else None
        if run is None or run.first > below:
            end, terminal = min(last, run.first - 1 if run else last), None
        else:
            end, terminal = min(last, run.last), run.terminal
            at += 1
        kind = "problem" if terminal is None else "noise" if is_noise(terminal) else "parsed"
        lines = text.copy.physical(below, end)
        for line in lines:
            classes[line] = max(classes[line], kind, key=("", "noise", "parsed", "problem").index)
        capture.taken.append(Taken(lines[0], lines[-1], terminal))
        below = end + 1
    classes |= dict.fromkeys(doubts, "problem")
    shared = counted & classes.keys()
    for line in shared:
        del classes[line]
    mended = text.copy.mended
    counted.update(line for at in range(extent[0], last + 1) if at in mended for line in mended[at].lines)
    reason = f"stands in a block of {capture.command} and fits none of its lines"
    capture.problems = [
        Problem(line, raw[line], doubts.get(line, reason)) for line, kind in classes.items() if kind == "problem"
    ]
    kinds = Counter(classes.values())
    capture.parsed, capture.noise = kinds["parsed"], kinds["noise"]
    capture.blank = capture.last + 1 - capture.first - len(raw)
    return capture
