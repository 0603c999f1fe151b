"""Cutting a text into captures: the saved output of one command, contiguous, with every one of its lines accounted for.

A grammar is the only place that knows what a command prints. Its terminals each match a run of whole lines, so all of them
together classify a text in one linear pass; its rules say in which order they may stand, so a capture ends where the grammar
does not go on. What stands inside a capture and fits no terminal is a problem with file, line and text: never lost, never guessed.

Each command takes a text apart by itself: grammars need not know each other. A line that two of them claim goes to the one that is asked
first (`Command.rank`, then the name).
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from functools import cache
from itertools import groupby, pairwise, product
from typing import TYPE_CHECKING, Any, NamedTuple

from dumpscan.commands import Command, all_commands
from dumpscan.matching import Matching, joined, matching_copy
from dumpscan.resources import resource_dir
from dumpscan.rows import Problem, Rows

if TYPE_CHECKING:
    from lark import Lark, Token, Tree

# A prompt of a shell or a debugger with any command: whatever stood above it is over.
_PROMPT = re.compile(
    r"(?m)^(?:[ ]*+(?:PS )?[A-Za-z]:\\[^>\n]{0,200}>"
    r"|[ ]*+(?:\|\|[0-9]{1,3}:)?(?:[0-9.]{1,7}:[ ]?)?l?(?:[kK][dD](?:x86)?(?::[a-z0-9]{1,6}:?)?|[0-9]{1,3}:[0-9a-f]{3,4}(?::[a-z0-9]{1,6})?)>)"
)

GAP = 5  # lines of something else that may stand inside a block: a late symbol warning, a stray debug print
NEAR = 3  # lines beside a block that still belong to it when they bear its signs: a row cut in half, a wrapped total
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


class _Run(NamedTuple):
    """Adjacent lines of the matching copy that one terminal of a command claims."""

    terminal: str
    start: int  # offset in the matching copy
    end: int
    first: int  # index of its first line in the matching copy
    last: int


@cache
def grammar(command: str) -> Lark:
    """The LALR parser of one command; loaded when a text may hold its output, and never cached on disk (that would unpickle a temporary file)."""
    from lark import Lark

    return Lark.open(
        str(resource_dir("grammars") / f"{command}.lark"), parser="lalr", lexer="contextual", maybe_placeholders=False
    )


@cache
def _classifier(command: str) -> re.Pattern[str]:
    """One pattern that takes a text apart into runs of lines, named after the terminals of a command; what it passes over as noise comes last."""
    terminals = sorted(grammar(command).terminals, key=lambda terminal: terminal.name in grammar(command).ignore_tokens)
    groups = [f"(?P<{terminal.name}>{terminal.pattern.to_regexp()})" for terminal in terminals]
    return re.compile("|".join([*groups, r"[^\n]*+\n"]))


def runs(copy: Matching, command: str) -> list[_Run]:
    """The runs of lines of a text that a command's terminals claim."""
    found, line = [], 0
    for match in _classifier(command).finditer(copy.text):
        if match.lastgroup is None:
            line += 1
            continue
        start, end = match.span()
        count = copy.text.count("\n", start, end)
        found.append(_Run(match.lastgroup, start, end, line, line + count - 1))
        line += count
    return found


class _Block:
    """Lines of one command that its grammar accepts in this order; grows until the grammar does not go on."""

    def __init__(self, command: Command) -> None:
        self.command = command
        self.parser = grammar(command.name).parse_interactive("")
        self.runs: list[_Run] = []
        self.terminals: set[str] = set()

    def takes(self, run: _Run, token: Token) -> bool:
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


class _Text:
    """A text on its way to be cut: its matching copy, and for each line of it who claims it and who has it."""

    def __init__(self, copy: Matching, names: Sequence[str], known: Mapping[str, Command]) -> None:
        self.copy = copy
        self.runs = {name: runs(copy, name) for name in names}
        self.prompt = self._prompts()
        self.claims = [0] * len(copy.lines)  # a bit for each command with a terminal here that would prove its block
        self.taken = bytearray(len(copy.lines))  # 1: part of a capture
        self.bit = {name: 1 << at for at, name in enumerate(names)}
        for name, found in self.runs.items():
            for run in found:
                if run.terminal in known[name].proof:
                    for line in range(run.first, run.last + 1):
                        self.claims[line] |= self.bit[name]

    def _prompts(self) -> bytearray:
        prompt = bytearray(len(self.copy.lines))
        line = at = 0
        for match in _PROMPT.finditer(self.copy.text):
            line += self.copy.text.count("\n", at, match.start())
            at = match.start()
            prompt[line] = 1
        return prompt

    def ends(self, command: str, first: int, last: int) -> bool:
        """Whether a block of a command is over when these lines, none of its own, stand below it."""
        others = ~self.bit[command]
        return any(self.taken[at] or self.prompt[at] or self.claims[at] & others for at in range(first, last + 1))

    def disbelieve(self, command: str, lines: Set[int]) -> None:
        """Take lines away from a command."""
        kept: list[_Run] = []
        for run in self.runs[command]:
            kept += [run] if lines.isdisjoint(range(run.first, run.last + 1)) else self._without(command, run, lines)
        self.runs[command] = kept

    def free(self, command: str) -> Iterator[_Run]:
        """The runs of a command without the lines that another one has."""
        for run in self.runs[command]:
            if any(self.taken[run.first : run.last + 1]):
                lines = {line for line in range(run.first, run.last + 1) if self.taken[line]}
                yield from self._without(command, run, lines)
            else:
                yield run

    def _without(self, command: str, run: _Run, lines: Set[int]) -> Iterator[_Run]:
        """What is left of a run without some lines: in whole stretches where they still are what the run was, else line by line."""
        for lost, group in groupby(range(run.first, run.last + 1), key=lines.__contains__):
            left = [] if lost else list(group)
            for first, last in ((left[0], left[-1]), *((line, line) for line in left)) if left else ():
                start, end = self.copy.starts[first], self.copy.starts[last + 1]
                match = _classifier(command).fullmatch(self.copy.text, start, end)
                if match and match.lastgroup == run.terminal:
                    yield _Run(run.terminal, start, end, first, last)
                    if first == left[0] and last == left[-1]:
                        break


def _blocks(command: Command, text: _Text) -> Iterator[tuple[_Block, Tree[Token]]]:
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


def _extent(block: _Block, text: _Text) -> tuple[int, int]:
    """First and last line of a block in the matching copy, with the ruler that closes it and the lines beside it that bear its signs."""
    command, copy = block.command, text.copy
    first, last = block.runs[0].first, block.runs[-1].last
    own = text.runs[command.name]

    def run_at(at: int) -> _Run | None:
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

    for _ in range(NEAR):
        first -= step(first - 1, first)
        last += step(last + 1, last)
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
    cut = _Text(copy, names, known)
    glue, doubt = _torn(cut)
    if glue:
        copy = joined(copy, glue)
        cut = _Text(copy, names, known)
        doubt = _torn(cut)[1]
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
    text: _Text,
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
        kind = "problem" if terminal is None else "noise" if terminal.endswith(("NOISE", "ELISION")) else "parsed"
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


CONSOLES = frozenset((80, 100, 120, 132))  # columns at which consoles break lines, inside words and numbers
_LONE_NUMBER = re.compile(r"(?m)^[0-9A-Fa-f]{1,16}\n")
MOST_PIECES = 3  # of one line
_DECIMAL = frozenset("0123456789")
# "/f" and the "bcdedit" below it are no halves of a number, though each of these letters can be a digit.
_NUMBER_CUT = re.compile(r"(?:[^0-9A-Za-z`]|0[xX]|^)([0-9A-Fa-f`]++)$")
_NUMBER_REST = re.compile(r"([0-9A-Fa-f`]++)(?![0-9A-Za-z`])")


def _torn(text: _Text) -> tuple[dict[int, str], dict[str, set[int]]]:
    """Lines that were broken in two: those to be joined to the one below, by a blank or by nothing, and for each command those that it
    must not believe, because they may be halves.

    A console breaks at its width, also inside words and numbers; mails and blogs break at a blank, which is lost. Where both ways, or the
    whole and the half, give something that can be read, only the width of a console tells: two digits that none parted are never glued.
    """
    copy, known, glue, doubt = text.copy, all_commands(), dict[int, str](), dict[str, set[int]]()
    folded = copy.text.encode("latin-1", "replace").lower()
    lone = {bisect_left(copy.starts, match.start()) for match in _LONE_NUMBER.finditer(copy.text)}
    for name, own in text.runs.items():
        claimed = bytearray(len(copy.lines))
        for run in own:
            claimed[run.first : run.last + 1] = b"\1" * (run.last + 1 - run.first)
        for at in sorted({*_suspects(known[name], copy, folded, claimed), *(at - 1 for at in lone)}):
            if not 0 <= at < len(copy.lines) - 1 or at in glue or text.prompt[at + 1]:
                continue
            if claimed[at] and claimed[at + 1]:
                if at + 1 in lone and not text.prompt[at] and _may_be_halves(text, name, at, claimed):
                    doubt.setdefault(name, set()).update((at, at + 1))
                continue
            if (
                not claimed[at]
                and known[name].signs.search(copy.line(at))
                and (put := _wrapped(text, name, at, claimed))
            ):
                glue |= put
            elif not claimed[at] and _is_surer_with(text, name, at):
                glue[at] = ""
            elif claimed[at] != claimed[at + 1] and _may_be_halves(text, name, at, claimed):
                if _fills_console(copy.line(at)):
                    glue[at] = ""
                else:
                    doubt.setdefault(name, set()).update((at, at + 1))
    return glue, doubt


def _suspects(command: Command, copy: Matching, folded: bytes, claimed: bytearray) -> Iterator[int]:
    """Lines that may be halves of lines of a command: those beside lines that it claims, and of the others those that bear its signs or its
    literals. (To ask each line of a log, for each command, takes longer than all else.)"""
    for stretch in re.finditer(b"\0+", claimed):
        first, last = stretch.start(), stretch.end() - 1
        yield first - 1
        yield from range(first, min(first + GAP, last) + 1)
        yield from range(max(first, last - GAP), last + 1)
        low, high = copy.starts[first], copy.starts[last + 1]
        for find in _finders(command):
            at = find(copy.text, folded, low, high)
            while at >= 0:
                line = bisect_right(copy.starts, at) - 1
                yield line - 1
                yield line
                at = find(copy.text, folded, copy.starts[line + 1], high)


@cache
def _finders(command: Command) -> list[Callable[[str, bytes, int, int], int]]:
    """Functions to the first place of a sign or a literal of a command between two offsets, or -1."""
    signs = re.compile(command.signs.pattern, command.signs.flags | re.MULTILINE)

    def sign(text: str, folded: bytes, low: int, high: int) -> int:
        found = signs.search(text, low, high)
        return found.start() if found else -1

    def literal(wanted: bytes) -> Callable[[str, bytes, int, int], int]:
        return lambda text, folded, low, high: folded.find(wanted, low, high)

    return [sign, *(literal(one.lower()) for one in command.literals)]


def _wrapped(text: _Text, name: str, at: int, claimed: bytearray) -> dict[int, str]:
    """How the pieces that begin at a line of the copy are one line of a command; empty if they are none, or can be two."""
    pieces = [text.copy.line(at).rstrip("\n")]
    for below in range(at + 1, min(at + MOST_PIECES, len(text.copy.lines))):
        if claimed[below] or text.prompt[below]:
            break
        pieces.append(text.copy.line(below).rstrip("\n"))
        ways = [way for way in product(*map(_ways, pairwise(pieces))) if _terminal(name, _glued(pieces, way))]
        console = all(map(_fills_console, pieces[:-1]))
        if console and len(ways) > 1:
            # What a console moved to the next line begins there without a blank, unless a blank was moved.
            ways = [tuple(" " if piece[:1] == " " else "" for piece in pieces[1:])]
        if len(ways) == 1 and (console or not any(map(_parts_digits, pairwise(pieces), ways[0]))):
            return dict(zip(range(at, below), ways[0], strict=True))
        if ways:
            return {}
    return {}


def _ways(pair: tuple[str, str]) -> tuple[str, ...]:
    """What may have stood between two pieces: a blank, or nothing (blanks before the second one may be all that is left of quoting)."""
    return (" ",) if pair[0][-1:] == " " else ("", " ")


def _parts_digits(pair: tuple[str, str], put: str) -> bool:
    return put == "" and f"{pair[0][-1:]}{pair[1].lstrip()[:1]}".isdigit()


def _glued(pieces: Sequence[str], way: Sequence[str]) -> str:
    whole = pieces[0]
    for put, piece in zip(way, pieces[1:], strict=True):
        whole = f"{whole.rstrip()}{put}{piece.lstrip()}"
    return whole


def _fills_console(line: str) -> bool:
    return len(line.rstrip("\n")) in CONSOLES


def _may_be_halves(text: _Text, name: str, at: int, claimed: bytearray) -> bool:
    """Whether a line that a command claims and its neighbour that none does can be one line: a number cut at its end, or a name that begins
    in the line above, inside a block."""
    one, two = (text.copy.line(line).rstrip("\n") for line in (at, at + 1))
    if text.copy.lines[at + 1] != text.copy.lines[at] + 1:
        return False
    touching = one[-1:] != " " != two[:1]
    if claimed[at]:
        goes_on = at + 2 < len(claimed) and claimed[at + 2] and " " not in two  # a lone word inside a block
        torn = touching and (goes_on or _tears_number(one, two))
        return torn and _goes_on(text, name, at, two)
    if at == 0 or not claimed[at - 1] or text.prompt[at]:
        return False
    # A stray line above a row that is indented as the others is no half of it.
    if not touching and _indent(two) == _indent(text.copy.line(at - 1)):
        return False
    whole = one + two if touching else f"{one.rstrip()} {two.lstrip()}"
    return _terminal(name, two) == _terminal(name, whole) is not None


def _goes_on(text: _Text, name: str, at: int, two: str) -> bool:
    """Whether the run that ends in a line is the same with what stands in the next line."""
    own = text.runs[name]
    run = own[bisect_left(own, at, key=lambda one: one.last)]
    if run.last > at:
        return (
            False  # it has the next line as it stands: the lone number in the message of an event is no half of a word
        )
    whole = f"{text.copy.text[run.start : text.copy.starts[at + 1] - 1]}{two}\n"
    match = _classifier(name).fullmatch(whole)
    return bool(match and match.lastgroup == run.terminal and run.terminal not in grammar(name).ignore_tokens)


def _is_surer_with(text: _Text, name: str, at: int) -> bool:
    """Whether a line that touches the one below makes another line of it, of a kind that proves the block: "Physi" and "cal Memory: ..."."""
    one, two = (text.copy.line(line).rstrip("\n") for line in (at, at + 1))
    if one[-1:] == " " or two[:1] == " " or text.prompt[at]:
        return False
    whole = _terminal(name, one + two)
    return whole in all_commands()[name].proof and whole != _terminal(name, two) is not None


def _tears_number(one: str, two: str) -> bool:
    """Whether one number can end a line and go on in the one below."""
    if one[-1:] in _DECIMAL and two[:1] in _DECIMAL:
        return True
    cut, rest = _NUMBER_CUT.search(one[-20:]), _NUMBER_REST.match(two)
    return cut is not None and rest is not None and any(digit in _DECIMAL for digit in cut[1] + rest[1])


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


def _terminal(name: str, line: str) -> str | None:
    """The terminal of a command that a line is, noise excepted."""
    match = _classifier(name).fullmatch(line + "\n")
    return match.lastgroup if match and match.lastgroup not in grammar(name).ignore_tokens else None
