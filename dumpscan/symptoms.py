r"""Symptom texts: error messages and codes that people send with a case, wherever in a text they stand.

A symptom is what somebody saw, never a fact about a heap: each has a specificity that says how far it points.

    S   names desktop heap itself
    M   the usual suspect; needs heap data
    L   has many causes
    N   points away from desktop heap

Codes are recognised in hex, as signed and as unsigned decimals (0xC0000142 = -1073741502 = 3221225794); one signature stands for all three.

Sources: KB 142676, 156484, 184802, 217202, 256149, 947246, 949296; ntdebugging blog and its comments; public issue trackers.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

MOST_TEXT = 300  # characters of a line that a row keeps; the line itself can be looked up


class Symptom(NamedTuple):
    """One thing that people see."""

    signature: str
    specificity: str
    literals: tuple[bytes, ...]  # one of them stands in every text of it; they may hold blanks
    pattern: re.Pattern[str]


def _said(signature: str, specificity: str, literals: str, words: str) -> Symptom:
    """A symptom that is told in words; `literals` are separated by "|", blanks in `words` stand for any blanks."""
    pattern = re.compile("(?i)" + re.sub(r"[ ](?!\?)", "[ ]+", words))
    return Symptom(signature, specificity, tuple(literals.encode().split(b"|")), pattern)


def _code(signature: str, specificity: str, code: int, *names: str) -> Symptom:
    """A code, as hex, as signed and as unsigned decimal, and its symbolic names."""
    digits, unsigned, signed = f"{code:08X}", str(code), str(code - (1 << 32))
    quoted = (
        rf"(?<=['(]){digits}(?=['),])|(?<=: ){digits}(?=')"  # ASP prints "error '80080005'" and "ASP 0177 : 80070583'"
    )
    bare = rf"(?<![0-9A-Za-z`]){digits}(?![0-9A-Za-z`])" if digits[0].isalpha() else quoted
    forms = [rf"(?<![0-9A-Za-z`])(?:0x)++{digits}(?![0-9A-Za-z])", rf"(?<![0-9A-Za-z.-]){signed}(?![0-9.])", rf"(?<![0-9A-Za-z.-]){unsigned}(?![0-9.])"]  # fmt: skip
    literals = (digits, unsigned, signed[1:], *names)
    return Symptom(
        signature, specificity, tuple(one.encode() for one in literals), re.compile("(?i)" + "|".join([*forms, bare, *names]))
    )  # fmt: skip


SYMPTOMS = (
    _said("desktop-heap-allocation-failed", "S", "heap alloc", "desktop heap allocation fail(?:ed|ure)"),
    _said("desktop-creation-failed", "S", "heap exhaustion", "failed to create a desktop due to desktop heap exhaustion"),
    # A blue screen with this code is smss or csrss that could not start (KB 156669): another story.
    _said("stop-c0000142", "N", "c0000142", r"STOP: ?\(?(?:0x)?c0000142"),
    _code("dll-init-failed", "M", 0xC0000142, "STATUS_DLL_INIT_FAILED"),
    _said("dynamic-link-library-failed", "M", "dynamic link", r"initialization of the dynamic link library\b.{0,260}?\b(?:user|kernel)32\.dll\b"),
    _said("dll-initialization-failure", "M", "initialization fail", "DLL initialization fail(?:ed|ure)"),
    _said("no-child-processes", "M", "no_children|processes to wait", "ERROR_WAIT_NO_CHILDREN|there are no child processes to wait for"),
    # Any program may end with 128, git above all.
    _said("exit-code-128", "M", "exit code|exited with|exit status|code: 128", r"exit(?:ed)?(?: with)?(?: code| status)?(?: was| is)?[:=]? ?[('\"]{0,2}(?:128|0x80|0x00000080)(?![0-9A-Za-z.])"),
    _code("class-does-not-exist", "M", 0x80070583),
    _said("systemwalker-no-heap", "M", "40000999|x2997(|xa997(", r"(?<![0-9A-Za-z])0x(?:40000999(?![0-9A-Za-z])|[2a]997\(0x8\))"),
    _said("window-wrapper-failed", "M", "hwndwrapper", "HwndWrapper"),
    _said("visual-basic-out-of-memory", "M", "time error '7'", "run-time error '7'"),
    _said("cobol-rts-105", "M", "rts105|rts 105", "RTS ?105(?![0-9])"),
    _said("nomad-reattachment", "M", "reattachment process", "reattachment process not found"),
    _said("nomad-logmon", "L", "remote plugin message", "unrecognized remote plugin message"),
    _said("not-enough-storage", "L", "storage is avail|resources are avail", "not enough (?:storage is|memory resources are) available to process"),
    _said("not-enough-quota", "L", "quota is avail|enough quota", r"not enough quota is available|\{not enough quota\}"),
    _code("no-memory", "L", 0xC0000017, "STATUS_NO_MEMORY"),
    _said("insufficient-system-resources", "L", "system resources exist", "insufficient system resources exist to complete"),
    _code("insufficient-resources", "L", 0xC000009A, "ERROR_NO_SYSTEM_RESOURCES", "STATUS_INSUFFICIENT_RESOURCES"),
    _code("not-enough-memory", "L", 0x80070008),
    _code("out-of-memory", "L", 0x8007000E, "E_OUTOFMEMORY"),
    _code("server-execution-failed", "L", 0x80080005, "CO_E_SERVER_EXEC_FAILURE"),
    _said("service-did-not-respond", "L", "start or control|error 2186", "did not respond to the start or control request|error 2186(?![0-9])"),
    _said("cgi-headers-incomplete", "L", "misbehaved by", "misbehaved by not returning a complete set of"),
    _said("asp-0177", "L", "asp 0177", "ASP 0177"),
    _code("browser-ran-out-at-start", "L", 0xE0000008),
    _said("unity-shader-compiler", "L", "unityshadercompiler", r"failed to get ipc connection from UnityShaderCompiler"),
    _said("exit-code-10053", "L", "code 10053", "exited with code 10053(?![0-9])"),
    _said("system-object-not-created", "L", "object not created", "fatal application exit ?: ?system object not created"),
    _said("user-handle-quota", "N", "allowance of handles|more_user_handles", "system allowance of handles for window manager|ERROR_NO_MORE_USER_HANDLES"),
    _code("commit-limit", "N", 0xC000012D, "ERROR_COMMITMENT_LIMIT"),
    _said("paging-file-too-small", "N", "file is too small", "paging file is too small"),
    _code("window-station-shutting-down", "N", 0xC000026B, "STATUS_DLL_INIT_FAILED_LOGOFF"),
    _said("shutting-down", "N", "station is shutting", "window station is shutting down"),
    _code("class-not-registered", "N", 0x80040154),
    _code("wmi-class", "N", 0x80041054),
    _code("rpc-server-unavailable", "N", 0x800706BA),
    _code("access-denied", "N", 0x80070005),
    _said("session-pool-on-exit", "N", "valid_pool_on", r"SESSION_HAS_VALID_POOL_ON_EXIT"),
    _said("ssh-limits", "N", "kex_exchange", "kex_exchange_identification: connection closed"),
)  # fmt: skip


# Each literal, folded, with the place of its symptom.
_LITERALS = [(literal.decode().lower(), at) for at, one in enumerate(SYMPTOMS) for literal in one.literals]
_WORD = re.compile(r"(?i)[g-z]{3}")


def _dumped(code: str, line: str) -> bool:
    """Whether a code is one of the columns that `dd` prints: without "0x" it counts only beside words."""
    return len(code) == 8 and not _WORD.search(line)


def literals() -> tuple[bytes, ...]:
    """What betrays a line with a symptom."""
    return tuple({literal: None for symptom in SYMPTOMS for literal in symptom.literals})


def symptoms(line: str, below: str = "") -> Iterator[tuple[str, str, str]]:
    """(signature, text, specificity) of each symptom that begins in a line; `below` is the next line, onto which a text may be wrapped.

    >>> [one[0] for one in symptoms("exited with -1073741502 (0xC0000142)")], list(symptoms("808ad254  c0000142 00000000"))
    (['dll-init-failed'], [])
    >>> [one[0] for one in symptoms("Not enough storage is available", "to process this command.")]
    ['not-enough-storage']
    """
    joined = f"{line.rstrip()} {below.strip()}" if below else line
    folded = " ".join(joined.lower().split())
    told = {at for literal, at in _LITERALS if literal in folded}  # 40 patterns cost a hundred times as much
    found = {
        SYMPTOMS[at].signature: SYMPTOMS[at].specificity
        for at in sorted(told)
        if (match := SYMPTOMS[at].pattern.search(joined)) and match.start() < len(line) and not _dumped(match[0], line)
    }
    if "stop-c0000142" in found:
        found.pop("dll-init-failed", None)
    text = line.strip()
    for signature, specificity in found.items():
        yield signature, text if len(text) <= MOST_TEXT else text[:MOST_TEXT], specificity
