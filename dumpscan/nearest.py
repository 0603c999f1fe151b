"""The nearest miss: which terminal comes closest to a line that nobody read, where it stops, and what it wants there.

Python's `re` says only that a line does not fit. The `regex` package says of the beginning of a line whether more could follow that makes it
fit (`partial=True`). Every beginning of such a beginning is one, too: a binary search finds the longest.
"""

from __future__ import annotations

import string
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from inspect import cleandoc
from typing import NamedTuple

import regex

from dumpscan.claims import grammar
from dumpscan.commands import all_commands
from dumpscan.resources import resource_dir

MOST = 4096  # characters of a line that are looked at
MOST_MENDED = 240  # characters of a line in which every place is tried
LEAST = 5  # characters behind indentation and prompt that a near miss takes
SHARE = 3  # outside of blocks they are a third of the line, too, and such as no chance brings together

_FOREIGN = (
    "aZ7 :(~"  # what might stand anywhere: where a pattern refuses all of it, it does not agree with a line by chance
)
_SIGNS = string.digits + string.ascii_letters + string.punctuation + " \n"
_CLASSES = (
    ("a letter or a digit", string.ascii_letters + string.digits),
    ("a letter", string.ascii_letters),
    ("a hex digit", "0123456789abcdefABCDEF"),
    ("a hex digit", "0123456789abcdef"),
    ("a digit", string.digits),
    ("a blank", " "),
    ("the end of the line", "\n"),
)
_FEW = 4  # things that are listed
_LONGEST_WORD = 40
_INDENT = "    "  # of samples: in the page of a command, and in its grammar behind "//"


class Mended(NamedTuple):
    """One sign that would make a line fit."""

    offset: int
    how: str  # 'a digit in place of "O"'


class Miss(NamedTuple):
    """A terminal that takes the beginning of a line. Offsets are those of the line of the matching copy."""

    command: str
    terminal: str
    fits: bool  # all of the line
    stopped: int  # the first sign that it does not take; the length of the line: more should follow
    expected: str | None = None  # what should stand there, where that can be told
    mended: Mended | None = None
    sample: str | None = None  # a line that the terminal takes

    @property
    def offset(self) -> int:
        """Where to look."""
        return self.mended.offset if self.mended else self.stopped


def nearest(line: str, commands: Iterable[str], start: int = 0, foreign: bool = False) -> Miss | None:
    """The terminal of these commands that takes most of a line of a matching copy, if it takes enough; nothing before `start` counts.

    `foreign`: the line stands in no block, so agreement must be more than chance, unless the line bears the command's signs.
    """
    line = line.rstrip()[:MOST]
    least = max(LEAST, (len(line) - start) // SHARE) if foreign else LEAST
    if len(line) < start + least:
        return None
    found = []
    for one in (one for name in commands for one in _terminals(name)):
        if not one.may_begin(line[: start + least]):
            continue
        fits, stopped = one.takes(line), one.stops(line)
        signs = all_commands()[one.command].signs
        if not foreign or signs.search(line) or one.tells(line, start, stopped, least):
            found.append((fits, stopped, one))
    furthest = max((one[:2] for one in found), default=None)
    misses = [_miss(one, line, start, fits, at) for fits, at, one in found if (fits, at) == furthest]
    return max(misses, key=lambda miss: (miss.mended is not None, miss.sample is not None), default=None)


def _miss(one: _Terminal, line: str, start: int, fits: bool, stopped: int) -> Miss:
    sample = next(filter(one.takes, _samples(one.command)), None)
    if fits:
        return Miss(one.command, one.name, fits, stopped, sample=sample)
    beginning = line[:stopped]
    expected = _words({sign for sign in _SIGNS if one.may_begin(beginning + sign)}, one.spelled(beginning))
    return Miss(one.command, one.name, fits, stopped, expected, one.mended(line, start, stopped), sample)


class _Terminal:
    """A terminal of a grammar, asked about parts of lines."""

    def __init__(self, command: str, name: str, pattern: str) -> None:
        self.command, self.name = command, name
        self._pattern = regex.compile(pattern)

    def takes(self, line: str) -> bool:
        return self._pattern.fullmatch(line + "\n") is not None

    def may_begin(self, beginning: str) -> bool:
        """Whether a line of this terminal can begin so."""
        return self._pattern.fullmatch(beginning, partial=True) is not None

    def stops(self, line: str) -> int:
        """Length of the longest beginning of a line that could still become one of this terminal."""
        low, high = 0, len(line)
        while low < high:
            middle = (low + high + 1) // 2
            low, high = (middle, high) if self.may_begin(line[:middle]) else (low, middle - 1)
        return low

    def tells(self, line: str, start: int, stopped: int, least: int) -> bool:
        """Whether enough of what fits is no chance: "Error Reading", not the words of a label or columns of figures, which may be any."""
        telling = 0
        for at in range(start, stopped):
            strange = [sign for sign in _FOREIGN if sign != line[at]]
            telling += line[at] != " " and not any(self.may_begin(line[:at] + sign) for sign in strange)
            if telling >= least:
                return True
        return False

    def mended(self, line: str, start: int, stopped: int) -> Mended | None:
        """The one sign that makes a line fit where it is put in, put in place of another, or left out; the nearest to where it stops."""
        if len(line) > MOST_MENDED:
            return None
        places = sorted(range(start, len(line) + 1), key=lambda at: abs(at - stopped))
        for at in places:
            before, sign, after = line[:at], line[at : at + 1], line[at + 1 :]
            # Names hold blanks: a digit among blanks, or a blank in a word, would mend too much.
            alone = not sign.strip() and not before[-1:].strip()
            if not alone and (words := _words(self._between(before, sign + after))):
                return Mended(at, f"{words} put in")
            in_a_word = sign.strip() or (before[-1:].strip() and after[:1].strip())
            if in_a_word and (words := _words(self._between(before, after))):
                return Mended(at, f'{words} in place of "{sign}"')
            if sign and self.takes(before + after):
                return Mended(at, f'"{sign}" left out')
        return next((Mended(at, "a blank put in") for at in places if self.takes(f"{line[:at]} {line[at:]}")), None)

    def _between(self, before: str, after: str) -> set[str]:
        return {sign for sign in _SIGNS if not sign.isspace() and self.takes(before + sign + after)}

    def spelled(self, beginning: str) -> Callable[[str], str]:
        """Makes of the first sign behind a beginning the word that must follow, in small letters where they do not matter."""

        def word(sign: str) -> str:
            while len(sign) < _LONGEST_WORD:
                follows = {one.lower() for one in _SIGNS if self.may_begin(beginning + sign + one)}
                if len(follows) != 1 or follows & {"\n", " "}:
                    break
                (follow,) = follows
                sign += follow if self.may_begin(beginning + sign + follow) else follow.upper()
            return sign

        return word


def _words(signs: set[str], spelled: Callable[[str], str] = str) -> str | None:
    """Any of these signs, in words; None for none, and where nearly anything goes."""
    names = []
    for name, members in _CLASSES:
        if signs >= set(members):
            names.append(name)
            signs = signs - set(members)
    signs = {sign for sign in signs if sign.lower() not in signs or sign == sign.lower()}
    if not 0 < len(names) + len(signs) <= _FEW:
        return None
    names = [f'"{spelled(sign)}"' for sign in sorted(signs)] + names
    return " or ".join([", ".join(names[:-1]), names[-1]]) if len(names) > 1 else names[0]


@cache
def _terminals(command: str) -> list[_Terminal]:
    return [_Terminal(command, str(one.name), one.pattern.to_regexp()) for one in grammar(command).terminals]


@cache
def _samples(command: str) -> list[str]:
    """The lines of a command's output that its page and its grammar show."""

    def indented(lines: Iterable[str]) -> Iterator[str]:
        return (line.removeprefix(_INDENT) for line in lines if line.startswith(_INDENT))

    source = (resource_dir("grammars") / f"{command}.lark").read_text(encoding="utf-8").splitlines()
    comments = (line.removeprefix("//") for line in source if line.startswith("//"))
    return [*indented(cleandoc(all_commands()[command].page).splitlines()), *indented(comments)]
