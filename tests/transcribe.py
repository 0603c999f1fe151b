r"""What a machine writes down when somebody runs what `dumpscan collect` prints: each line is answered from a table, as its tool answers.

The scripts of the debugger are not looked up but run, with as much of its language as they use: a loop that takes the wrong word of an output asks for
something that nobody answers, and the test fails.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from fnmatch import fnmatchcase

Answers = Mapping[str, str | bytes]


def files(page: str) -> dict[str, list[str]]:
    """The parts of a page that are to be saved or pasted, by name. Each kind of Windows has its own page here."""
    found = re.findall(r"(?m)^---- (?!end of )(.+) ----\n((?:.*\n)*?)---- end of \1 ----$", page)
    assert len(dict(found)) == len(found)
    return {name: text.splitlines() for name, text in found}


def batch(lines: list[str], answers: Answers) -> bytes:
    """`collect.cmd > collect.log 2>&1`: cmd prints a blank line, the prompt and the command with its variables, then what the command prints. Bytes are
    of a tool that writes UTF-16 into whatever file it is sent to (wmic)."""
    log = b""
    for line in lines:
        log += f"\r\nC:\\collect>{line.replace('%windir%', 'C:' + chr(92) + 'WINDOWS')} \r\n".encode("ascii")
        told = answers[line]
        log += told if isinstance(told, bytes) else told.replace("\n", "\r\n").encode("ascii")
    return log


def utf_16(text: str) -> bytes:
    """wmic in a file: UTF-16 with a mark, and a carriage return too many."""
    return text.replace("\n", "\r\r\n").encode("utf-16")


TRANSCRIPT = """\
**********************
Windows PowerShell transcript start
Start time: 20261116093500
Username: CORP\\ann
RunAs User: CORP\\ann
Machine: TS01 (Microsoft Windows NT 10.0.17763.0)
Host Application: C:\\Windows\\System32\\WindowsPowerShell\\v1.0\\powershell.exe
Process ID: 5120
PSVersion: 5.1.17763.1
**********************
Transcript started, output file is collect-ps.log
"""


def powershell(lines: list[str], answers: Answers) -> bytes:
    """A transcript: UTF-8 with a mark, each command behind its prompt."""
    assert (lines[0], lines[-1]) == ("Start-Transcript collect-ps.log", "Stop-Transcript")
    text = TRANSCRIPT
    for line in lines[1:-1]:
        told = answers[line]
        assert isinstance(told, str)
        text += f"PS C:\\collect> {line}\n{told}"
    text += "PS C:\\collect> Stop-Transcript\n**********************\nWindows PowerShell transcript end\nEnd time: 20261116093510\n**********************\n"
    return text.replace("\n", "\r\n").encode("utf-8-sig")


# ------------------------------------------------------------------------------------------------ the debugger


class Failed(str):
    """An answer with which a command fails: that ends a script, unless it is caught."""


class Stopped(Exception):
    """A command failed."""


class Debugger:
    """As much of the debugger's command language as the scripts need, and the logs that it leaves."""

    def __init__(self, answers: Answers) -> None:
        self.answers = answers
        self.registers: dict[str, int] = {}
        self.asked: list[str] = []
        self.log: str | None = None

    def script(self, lines: list[str]) -> str:
        """`$$><FILE`: the file becomes one line, and the first error ends it."""
        return "".join(self.until_stopped("; ".join(lines)))

    def pasted(self, lines: list[str], prompt: str) -> str:
        """The lines of a file pasted at the prompt, which the log repeats."""
        return "".join(f"{prompt} {line}\n{''.join(self.until_stopped(line))}" for line in lines)

    def until_stopped(self, text: str) -> Iterator[str]:
        with suppress(Stopped):
            yield from self.block(text)

    def block(self, text: str) -> Iterator[str]:
        for command in commands(text):
            yield from self.one(command)

    def one(self, command: str) -> Iterator[str]:
        if not command or command.startswith("$$ "):
            return
        head, _, rest = command.partition(" ")
        if head == ".logopen":
            option, self.log = rest.split()
            assert option == "/u"
            yield f"Opened log file '{self.log}'\n"
        elif head == ".logclose":
            yield f"Closing open log file {self.log}\n"
            self.log = None
        elif head == "q":
            yield "quit:\n"
        elif head == ".echo":
            yield f"{rest}\n"
        elif head == "r":
            name, _, value = rest.partition(" = ")
            self.registers[name] = self.value(value)
        elif head == ".if":
            condition, body = re.fullmatch(r"\((.*?)\) \{(.*)\}", rest, re.DOTALL).groups()  # type: ignore[union-attr]
            if self.value(condition):
                yield from self.block(body)
        elif head == ".catch":
            yield from self.until_stopped(inside(rest))
        elif head == ".foreach":
            name, source, body = re.fullmatch(r"\((\w) \{ (.*?) \}\) \{(.*)\}", rest, re.DOTALL).groups()  # type: ignore[union-attr]
            for word in "".join(self.block(source)).split():
                yield from self.block(body.replace(f"${{{name}}}", word))
        else:
            self.asked.append(command)
            told = self.answers[command]
            assert isinstance(told, str)
            yield told
            if isinstance(told, Failed):
                raise Stopped

    def value(self, expression: str) -> int:
        if found := re.fullmatch(r'\$spat\("(.*)", "(.*)"\)', expression):
            return int(fnmatchcase(found[1].lower(), found[2].lower()))
        return self.registers[expression[1:]] if expression.startswith("@") else int(expression)


def inside(braces: str) -> str:
    assert braces.startswith("{") and braces.endswith("}")
    return braces[1:-1]


def commands(text: str) -> Iterator[str]:
    """What stands between the semicolons that are in no braces and no quotes; a comment ends at the first one, whatever is in it."""
    depth, quoted, begin = 0, False, 0
    for at, letter in enumerate(text):
        quoted ^= letter == '"'
        depth += (letter == "{") - (letter == "}") if not quoted else 0
        if letter == ";" and not depth and not quoted:
            yield text[begin:at].strip()
            begin = at + 1
    assert not depth and not quoted
    yield text[begin:].strip()
