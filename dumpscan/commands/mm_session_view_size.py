r"""nt!MmSessionViewSize: the limit of session view space, read from the kernel's memory (the same for nt!MmSessionPoolSize)

    lkd> dd nt!MmSessionViewSize L1
    808ad254  03000000
    lkd> ? 03000000 / 400 / 400
    Evaluate expression: 48 = 00000030

The value is a number of bytes, printed in hex without a prefix: 03000000 is 48 MB. Read from `dd`, `dq`, `dp`, `?? ...`, `? poi(...)`
with any divisors, and `x`. `? nt!MmSessionViewSize` prints the address of the variable, never its value. A conversion that does not
agree with the value above it makes the block incomplete.

Sources: ntdebugging blog, comment 15 (the only public print); the forms of dq, dp, ? and x are proven by other variables.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from dumpscan.commands import tokens

if TYPE_CHECKING:
    from lark import Token, Tree

    from dumpscan.rows import Rows

PRINTS = "nt!MmSessionViewSize"
FILLS = ("session_limits", "tool_failures")
# Symbols are typed in any case: the ends of the name in the spellings of its two words.
LITERALS = (
    b"iewSize", b"iewsize", b"IEWSIZE", b"iewSIZE", b"IEWSize", b"IEWsize", b"oolSize", b"oolsize", b"OOLSIZE", b"oolSIZE", b"OOLSize", b"OOLsize",
)  # fmt: skip
PROOF = frozenset({"ASK_DUMP", "ASK_POI", "ASK_TYPED", "ASK_SYMBOL", "SYMBOL"})
SIGNS = re.compile(r"(?i)mmsession(?:view|pool)size|Evaluate expression:")

# What a limit can be: 1 MB to 1 GB (x86 has 450 MB for view and pool together, 64-bit Server 2003 has 104 MB by default). Anything else was
# read from a wrong address or with wrong symbols, and would clear a machine that is full.
PLAUSIBLE = range(1 << 20, 1 << 30)

_NAME = re.compile(r"(?i)MmSession(View|Pool)Size")
_WORD = re.compile(r"[ ]*+([0-9A-Fa-f`]++)[ ]++(\S++)")
_RESULT = re.compile(r"expression: (-?[0-9]+) = ([0-9A-Fa-f`]+)")
_ASSIGNED = re.compile(r"= 0x([0-9A-Fa-f`]+)[ ]*\n")
_TYPED = re.compile(r"(0x[0-9A-Fa-f`]+|0n[0-9]+|[0-9]+)[ ]*\n")
_NUMBER = r"(?:0x|0n)?[0-9a-f]+(?:`[0-9a-f]+)?"
_DIVISORS = re.compile(rf"(?i)(?:/\s*{_NUMBER}|/\s*\(\s*{_NUMBER}\s*\*\s*{_NUMBER}\s*\)|>>\s*{_NUMBER})\s*")
_READS = re.compile(r"(?i)\b(?:poi|dwo|qwo)\s*\(\s*\(?\s*(?:&\s*)?(?:nt\w*!)?MmSession\w+\s*\)?\s*\)")


def read(tree: Tree[Token], rows: Rows) -> None:
    """One row of session_limits for each question that got a number."""
    form = next(tree.find_pred(lambda one: one.data in ("dump", "evaluation", "typed", "symbol")))
    for failure in tokens(tree, "FAILURES"):
        rows.failed(PRINTS, failure)
    if form.data == "dump":
        _read_dump(form, rows)
    elif form.data == "evaluation":
        _read_evaluation(form, rows)
    elif form.data == "typed":
        _read_typed(form, rows)
    else:
        for token in tokens(form, "SYMBOL"):
            for line, text in zip(rows.lines(token), token.splitlines(keepends=True), strict=True):
                _limit(rows, line, text, [int(digits.replace("`", ""), 16) for digits in _ASSIGNED.findall(text)])
    if rows.state is None and "session_limits" not in rows.tables:
        rows.cut("no value was printed")


def _limit(rows: Rows, line: int, named: str, values: list[int]) -> None:
    """A limit in bytes, if one was printed and can be one."""
    name = _NAME.search(named)
    assert name is not None
    for value in values:
        if value in PLAUSIBLE:
            limit = {"view": "view_space", "pool": "paged_pool"}[name[1].lower()]
            rows.add(
                "session_limits",
                [
                    (
                        line,
                        limit,
                        None,
                        value // 1024,
                        "nt!MmSessionViewSize" if limit == "view_space" else "nt!MmSessionPoolSize",
                    )
                ],
            )
            rows.state = rows.state or "whole"
        else:
            rows.cut(f"{value} bytes cannot be the size of a session's memory")


def _read_dump(form: Tree[Token], rows: Rows) -> None:
    ask = next(iter(tokens(form, "ASK_DUMP")))
    named = [part for part in ask.split(";") if _NAME.search(part)]
    words = list(tokens(form, "WORDS"))
    if len(named) > 1 and len(words) != len(named):
        rows.cut("several variables were asked for in one line, and which value is whose is not clear")
        return
    value: int | None = None
    # One variable: its value is the first word; further lines are the memory behind it.
    for name, token in zip(named, words, strict=False):
        address, word = _WORD.findall(token)[0]
        if "?" in word:
            rows.failed(PRINTS, token)
            continue
        # dq and dp print 64 bits as two halves with a backtick; dd prints 32 bits at a time, the low half first. On x86 (an address of
        # eight digits) the high half of dq is the neighbour.
        value = int(word.rpartition("`")[2] if len(address) == 8 else word.replace("`", ""), 16)
        _limit(rows, rows.line(token), name, [value])
    for conversion in form.find_data("conversion"):
        _check_conversion(conversion, ask, value, rows)


def _check_conversion(conversion: Tree[Token], ask: Token, value: int | None, rows: Rows) -> None:
    """`? 03000000 / 400 / 400` = 48: must agree with the value above it, and stands in for it where that line is lost."""
    expression = next(iter(tokens(conversion, "ASK_NUMBER")))
    first = re.search(rf"(?i)\?\s*({_NUMBER})", expression)
    assert first is not None
    start = _number(first[1])
    if value is not None and start == value:
        return
    results = [_result(token) for token in tokens(conversion, "RESULT")]
    divisor = _divisor(expression[first.end() :])
    if value is None and divisor and results == [start // divisor]:
        _limit(rows, rows.line(expression), ask, [start])
    elif value is not None and results and divisor and start in PLAUSIBLE:
        rows.cut(f"the conversion is of {start:x}h, but the value printed above it is {value:x}h")


def _read_evaluation(form: Tree[Token], rows: Rows) -> None:
    ask = next(iter(tokens(form, "ASK_POI")))
    reads = _READS.search(ask)
    for token in tokens(form, "RESULT"):
        if reads is None:  # an address
            rows.cut("this prints the address of the variable, not its value: poi() would read it")
            continue
        divisor = _divisor(ask[reads.end() :])
        if divisor is None:
            rows.cut("what is done to the value is not understood")
        else:
            value = _result(token)
            if value is None:
                rows.cut("the decimal and the hex form of the value do not agree")
            else:
                _limit(rows, rows.line(token), ask, [value * divisor])


def _read_typed(form: Tree[Token], rows: Rows) -> None:
    ask = next(iter(tokens(form, "ASK_TYPED")))
    if "&" in ask:
        return
    name = _NAME.search(ask)
    assert name is not None
    divisor = _divisor(ask[name.end() :].replace(")", " "), base=16 if "@@masm" in ask else 10)
    for token in tokens(form, "TYPED"):
        number = _TYPED.findall(token)[0]
        if divisor is None:
            rows.cut("what is done to the value is not understood")
        else:
            value = int(number[2:].replace("`", ""), 16) if number.startswith("0x") else int(number.removeprefix("0n"))
            _limit(rows, rows.line(token), ask, [value * divisor])


def _number(word: str, base: int = 16) -> int:
    """A number as the debugger reads it: 0x is hex, 0n decimal; bare ones are hex for `?` and decimal for `??`."""
    word = word.lower().replace("`", "")
    if word.startswith(("0x", "0n")):
        return int(word[2:], 16 if word[1] == "x" else 10)
    return int(word, base)


def _divisor(expression: str, base: int = 16) -> int | None:
    """What "/ 400 / 400", "/ (400*400)", "/ 0n1024" or ">> 0n20" divides by; None when it is something else."""
    expression = re.split(r"<--|//|\$\$|;", expression)[0].strip()
    divisor = 1
    while expression:
        match = _DIVISORS.match(expression)
        if match is None:
            return None
        try:
            numbers = [_number(word, base) for word in re.findall(rf"(?i){_NUMBER}", match[0])]
        except ValueError:  # a hex digit in a decimal number
            return None
        for number in numbers:
            divisor *= 1 << min(number, 64) if match[0].startswith(">>") else number
        expression = expression[match.end() :]
    return divisor or None


def _result(token: Token) -> int | None:
    """The number after "Evaluate expression:", if its decimal and hex forms agree (a negative one is printed in two's complement)."""
    decimal, digits = _RESULT.findall(token)[0]
    digits = digits.replace("`", "")
    return int(decimal) if int(decimal) % (1 << 4 * len(digits)) == int(digits, 16) else None
