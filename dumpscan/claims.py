"""Which lines of a text each command claims.

The terminals of a grammar, put side by side in one pattern, take a text apart into runs of lines in one linear pass. Each command does so by
itself: grammars need not know each other.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence, Set
from functools import cache
from itertools import groupby
from typing import TYPE_CHECKING, NamedTuple

from dumpscan.commands import Command
from dumpscan.matching import Matching
from dumpscan.resources import resource_dir

if TYPE_CHECKING:
    from lark import Lark

# A prompt of a shell or a debugger with any command: whatever stood above it is over.
_PROMPT = re.compile(
    r"(?m)^(?:[ ]*+(?:PS )?[A-Za-z]:\\[^>\n]{0,200}>"
    r"|[ ]*+(?:\|\|[0-9]{1,3}:)?(?:[0-9.]{1,7}:[ ]?)?l?(?:[kK][dD](?:x86)?(?::[a-z0-9]{1,6}:?)?|[0-9]{1,3}:[0-9a-f]{3,4}(?::[a-z0-9]{1,6})?)>)"
)


class Run(NamedTuple):
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
def classifier(command: str) -> re.Pattern[str]:
    """One pattern that takes a text apart into runs of lines, named after the terminals of a command; what it passes over as noise comes last."""
    terminals = sorted(grammar(command).terminals, key=lambda terminal: terminal.name in grammar(command).ignore_tokens)
    groups = [f"(?P<{terminal.name}>{terminal.pattern.to_regexp()})" for terminal in terminals]
    return re.compile("|".join([*groups, r"[^\n]*+\n"]))


def is_noise(terminal: str) -> bool:
    """Whether the lines of a terminal are known and harmless; its name says so."""
    return terminal.endswith(("NOISE", "ELISION"))


def runs(copy: Matching, command: str) -> list[Run]:
    """The runs of lines of a text that a command's terminals claim."""
    found, line = [], 0
    for match in classifier(command).finditer(copy.text):
        if match.lastgroup is None:
            line += 1
            continue
        start, end = match.span()
        count = copy.text.count("\n", start, end)
        found.append(Run(match.lastgroup, start, end, line, line + count - 1))
        line += count
    return found


class Text:
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
        kept: list[Run] = []
        for run in self.runs[command]:
            kept += [run] if lines.isdisjoint(range(run.first, run.last + 1)) else self._without(command, run, lines)
        self.runs[command] = kept

    def free(self, command: str) -> Iterator[Run]:
        """The runs of a command without the lines that another one has."""
        for run in self.runs[command]:
            if any(self.taken[run.first : run.last + 1]):
                lines = {line for line in range(run.first, run.last + 1) if self.taken[line]}
                yield from self._without(command, run, lines)
            else:
                yield run

    def _without(self, command: str, run: Run, lines: Set[int]) -> Iterator[Run]:
        """What is left of a run without some lines: in whole stretches where they still are what the run was, else line by line."""
        for lost, group in groupby(range(run.first, run.last + 1), key=lines.__contains__):
            left = [] if lost else list(group)
            for first, last in ((left[0], left[-1]), *((line, line) for line in left)) if left else ():
                start, end = self.copy.starts[first], self.copy.starts[last + 1]
                match = classifier(command).fullmatch(self.copy.text, start, end)
                if match and match.lastgroup == run.terminal:
                    yield Run(run.terminal, start, end, first, last)
                    if first == left[0] and last == left[-1]:
                        break
