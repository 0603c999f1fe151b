"""Cutting a text into captures: the saved output of one command, contiguous, with every one of its lines accounted for.

A grammar is the only place that knows what a command prints. Its terminals each match a run of whole lines, so all of them
together classify a text in one linear pass; its rules say in which order they may stand, so a capture ends where the grammar
does not go on. What stands inside a capture and fits no terminal is a problem with file, line and text: never lost, never guessed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

from dumpscan.commands import Command, all_commands
from dumpscan.matching import Matching, matching_copy
from dumpscan.resources import resource_dir
from dumpscan.rows import Problem, Rows

if TYPE_CHECKING:
    from lark import Lark, Token, Tree

# A prompt of a shell or a debugger with any command: whatever stood above it is over.
_PROMPT = (
    r"[ ]*+[A-Za-z]:\\[^>\n]{0,200}>[^\n]*+\n"
    r"|[ ]*+(?:\|\|[0-9]{1,3}:)?(?:[0-9.]{1,7}:[ ]?)?l?(?:[kK][dD](?:x86)?(?::[a-z0-9]{1,6}:?)?|[0-9]{1,3}:[0-9a-f]{3,4}(?::[a-z0-9]{1,6})?)>[^\n]*+\n"
)

GAP = 5  # lines of something else that may stand inside a block: a late symbol warning, a stray debug print
NEAR = 3  # lines beside a block that still belong to it when they bear its signs: a row cut in half, a wrapped total
CONTEXT = 3  # lines kept around a capture, to be quoted with it


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
    excerpt: tuple[int, list[str]] = (1, [])  # first line, and the raw lines with a few around them


class _Run(NamedTuple):
    """Adjacent lines of one kind."""

    terminals: Mapping[str, str]  # command -> terminal; empty: nobody's line
    start: int  # offset in the matching copy
    end: int
    line: int  # index of its first line in the matching copy
    lines: int
    prompt: bool


@cache
def grammar(command: str) -> Lark:
    """The LALR parser of one command; loaded when a text may hold its output, and never cached on disk (that would unpickle a temporary file)."""
    from lark import Lark

    return Lark.open(
        str(resource_dir("grammars") / f"{command}.lark"), parser="lalr", lexer="contextual", maybe_placeholders=False
    )


@cache
def _classifier(commands: tuple[str, ...]) -> tuple[re.Pattern[str], list[dict[str, str]]]:
    """One pattern that takes a text apart into runs of lines, and for each of its groups the terminals that it stands for."""
    kinds: dict[str, dict[str, str]] = {}
    for passed_over in (False, True):  # what one command passes over as noise may be a row of another
        for command in commands:
            for terminal in grammar(command).terminals:
                if (terminal.name in grammar(command).ignore_tokens) is passed_over:
                    kinds.setdefault(terminal.pattern.to_regexp(), {})[command] = terminal.name
    groups = [f"(?P<k{n}>{pattern})" for n, pattern in enumerate(kinds)]
    return re.compile("|".join([*groups, f"(?P<prompt>{_PROMPT})", r"(?P<other>[^\n]*+\n)"])), list(kinds.values())


def _runs(copy: Matching, commands: tuple[str, ...]) -> list[_Run]:
    pattern, kinds = _classifier(commands)
    runs, line = [], 0
    for match in pattern.finditer(copy.text):
        group = match.lastgroup or ""
        start, end = match.span()
        count = copy.text.count("\n", start, end)
        runs.append(_Run(kinds[int(group[1:])] if group[0] == "k" else {}, start, end, line, count, group == "prompt"))
        line += count
    return runs


class _Block:
    """Lines of one command that its grammar accepts in this order; grows until the grammar does not go on."""

    def __init__(self, command: Command) -> None:
        self.command = command
        self.parser = grammar(command.name).parse_interactive("")
        self.runs: list[int] = []
        self.terminals: set[str] = set()

    def takes(self, at: int, token: Token) -> bool:
        from lark.exceptions import UnexpectedInput

        try:
            self.parser.feed_token(token)
        except UnexpectedInput:
            return False
        self.runs.append(at)
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


def _blocks(
    command: Command, copy: Matching, runs: list[_Run], taken: set[int]
) -> Iterator[tuple[_Block, Tree[Token]]]:
    """The blocks of one command, in order; `taken` are runs that another command has."""
    from lark import Token

    ignored = set(grammar(command.name).ignore_tokens)
    block: _Block | None = None
    strangers = 0
    for at, run in enumerate(runs):
        terminal = run.terminals.get(command.name)
        if terminal in ignored:
            continue
        if terminal is None or at in taken:
            strangers += run.lines
            if block and (run.prompt or at in taken or strangers > GAP or _belongs_to_another(run)):
                if tree := block.tree():
                    yield block, tree
                block = None
            continue
        strangers = 0
        token = Token(terminal, copy.text[run.start : run.end], start_pos=run.start, line=run.line)
        if block and block.takes(at, token):
            continue
        if block and (tree := block.tree()):
            yield block, tree
        block = _Block(command)
        if not block.takes(at, token):
            block = None
    if block and (tree := block.tree()):
        yield block, tree


def _belongs_to_another(run: _Run) -> bool:
    return any(terminal not in grammar(name).ignore_tokens for name, terminal in run.terminals.items())


def _extent(block: _Block, copy: Matching, runs: list[_Run], taken: set[int]) -> tuple[int, int]:
    """First and last run of a block, with the ruler that closes it and the lines beside it that bear its signs."""
    command, first, last = block.command, block.runs[0], block.runs[-1]

    def belongs(at: int, near: int) -> bool:
        if not 0 <= at < len(runs) or at in taken or runs[at].prompt:
            return False
        terminal = runs[at].terminals.get(command.name)
        if terminal is not None or runs[at].terminals:
            return terminal == "RULER" or (terminal is not None and at > last)
        if command.signs.search(copy.text, runs[at].start, runs[at].end):
            return True
        # What follows a command that printed nothing we know is its output, up to a blank line.
        return block.terminals == {"ASK"} and at > last and copy.lines[runs[at].line] == copy.lines[runs[near].line] + 1

    for _ in range(NEAR):
        first -= belongs(first - 1, first)
        last += belongs(last + 1, last)
    return first, last


def captures(text: str, first_line: int, commands: Sequence[str]) -> list[Capture]:
    """The captures of these commands in a text whose first line has this number, by line."""
    known = all_commands()
    names = tuple(sorted(commands))
    physical, copy = matching_copy(text, first_line)
    runs = _runs(copy, names)
    found: list[Capture] = []
    taken: set[int] = set()
    for name in (
        names
    ):  # dheapmon before dskheap: headings are the same in both, and what has no row of its own is the latter's
        parsed = list(_blocks(known[name], copy, runs, taken))
        taken.update(at for block, _ in parsed for at in block.runs)
        for block, tree in parsed:
            first, last = _extent(block, copy, runs, taken)
            span = range(first, last + 1)
            taken.update(span)
            raw = {
                copy.lines[n]: physical[copy.lines[n] - first_line]
                for at in span
                for n in range(runs[at].line, runs[at].line + runs[at].lines)
            }
            rows = Rows(copy.lines, raw)
            known[name].read(tree, rows)
            found.append(
                _account(
                    Capture(name, min(raw), max(raw), rows.tables, rows.session, rows.state, rows.shortfall),
                    runs,
                    span,
                    raw,
                    copy,
                )
            )
    found.sort(key=lambda capture: capture.first)
    for capture in found:
        low = max(first_line, capture.first - CONTEXT)
        capture.excerpt = (low, physical[low - first_line : capture.last + CONTEXT + 1 - first_line])
    return found


def _account(capture: Capture, runs: list[_Run], span: range, raw: Mapping[int, str], copy: Matching) -> Capture:
    """Give every physical line of a capture its one class."""
    for at in span:
        run = runs[at]
        terminal = run.terminals.get(capture.command)
        if terminal is None:
            lines = copy.lines[run.line : run.line + run.lines]
            capture.problems += [
                Problem(n, raw[n], f"stands in a block of {capture.command} and fits none of its lines") for n in lines
            ]
        elif terminal.endswith(("NOISE", "ELISION")):
            capture.noise += run.lines
        else:
            capture.parsed += run.lines
    capture.blank = capture.last + 1 - capture.first - capture.parsed - capture.noise - len(capture.problems)
    return capture
