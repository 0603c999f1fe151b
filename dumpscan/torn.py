"""Lines that were broken in two, by a console, a mail or a hand: joined where they can be read in only one way, else not believed."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from itertools import pairwise, product

from dumpscan.claims import Text, classifier, grammar
from dumpscan.commands import Command, all_commands
from dumpscan.matching import Matching

BESIDE = 5  # lines next to those that a command claims that may be halves of its lines
CONSOLES = frozenset((80, 100, 120, 132))  # columns at which consoles break lines, inside words and numbers
_LONE_NUMBER = re.compile(r"(?m)^[0-9A-Fa-f]{1,16}\n")
MOST_PIECES = 3  # of one line
_DECIMAL = frozenset("0123456789")
# "/f" and the "bcdedit" below it are no halves of a number, though each of these letters can be a digit.
_NUMBER_CUT = re.compile(r"(?:[^0-9A-Za-z`]|0[xX]|^)([0-9A-Fa-f`]++)$")
_NUMBER_REST = re.compile(r"([0-9A-Fa-f`]++)(?![0-9A-Za-z`])")


def torn(text: Text) -> tuple[dict[int, str], dict[str, set[int]]]:
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
        yield from range(first, min(first + BESIDE, last) + 1)
        yield from range(max(first, last - BESIDE), last + 1)
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


def _wrapped(text: Text, name: str, at: int, claimed: bytearray) -> dict[int, str]:
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


def _may_be_halves(text: Text, name: str, at: int, claimed: bytearray) -> bool:
    """Whether a line that a command claims and its neighbour that none does can be one line: a number cut at its end, or a name that begins
    in the line above, inside a block."""
    one, two = (text.copy.line(line).rstrip("\n") for line in (at, at + 1))
    if text.copy.lines[at + 1] != text.copy.lines[at] + 1:
        return False
    touching = one[-1:] != " " != two[:1]
    if claimed[at]:
        goes_on = at + 2 < len(claimed) and claimed[at + 2] and " " not in two  # a lone word inside a block
        return touching and (goes_on or _tears_number(one, two)) and _goes_on(text, name, at, two)
    if at == 0 or not claimed[at - 1] or text.prompt[at]:
        return False
    # A stray line above a row that is indented as the others is no half of it.
    if not touching and _indent(two) == _indent(text.copy.line(at - 1)):
        return False
    whole = one + two if touching else f"{one.rstrip()} {two.lstrip()}"
    return _terminal(name, two) == _terminal(name, whole) is not None


def _goes_on(text: Text, name: str, at: int, two: str) -> bool:
    """Whether the run that ends in a line is the same with what stands in the next line."""
    own = text.runs[name]
    run = own[bisect_left(own, at, key=lambda one: one.last)]
    if run.last > at:
        return False  # it has the next line as it stands: a lone number in an event's message is no half of a word
    whole = f"{text.copy.text[run.start : text.copy.starts[at + 1] - 1]}{two}\n"
    match = classifier(name).fullmatch(whole)
    return bool(match and match.lastgroup == run.terminal and run.terminal not in grammar(name).ignore_tokens)


def _is_surer_with(text: Text, name: str, at: int) -> bool:
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
    match = classifier(name).fullmatch(line + "\n")
    return match.lastgroup if match and match.lastgroup not in grammar(name).ignore_tokens else None
