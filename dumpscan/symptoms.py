r"""Symptom texts: error messages and codes that people send with a case, wherever in a text they stand.

A symptom is what somebody saw, never a fact about a heap: each has a specificity that says how far it points.

    S   names desktop heap itself
    M   the usual suspect; needs heap data
    L   has many causes
    N   points away from desktop heap

Each also says what was seen, in words that go on behind "The texts speak of", and what that can mean: the rules quote both.

Codes are recognised in hex, as signed and as unsigned decimals (0xC0000142 = -1073741502 = 3221225794); one signature stands for all three.

Sources: KB 142676, 156484, 158308, 184288, 184802, 217202, 256149, 266129, 831135, 947246, 949296; ntdebugging blog and its comments; public issue trackers.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from dumpscan.mentions import only_mentioned

MOST_TEXT = 300  # characters of a line that a row keeps; the line itself can be looked up


class Symptom(NamedTuple):
    """One thing that people see."""

    signature: str
    specificity: str
    literals: tuple[bytes, ...]  # one of them stands in every text of it; they may hold blanks
    pattern: re.Pattern[str]
    seen: str  # what somebody saw: "The texts speak of ..."
    means: str  # what it can mean


def _said(signature: str, specificity: str, literals: str, words: str, seen: str, means: str) -> Symptom:
    """A symptom that is told in words; `literals` are separated by "|", blanks in `words` stand for any blanks."""
    pattern = re.compile("(?i)" + re.sub(r"[ ](?!\?)", "[ ]+", words))
    return Symptom(signature, specificity, tuple(literals.encode().split(b"|")), pattern, seen, means)


def _code(signature: str, specificity: str, code: int, names: str, seen: str, means: str) -> Symptom:
    """A code, as hex, as signed and as unsigned decimal, and its symbolic names, separated by "|"."""
    digits, unsigned, signed = f"{code:08X}", str(code), str(code - (1 << 32))
    quoted = (
        rf"(?<=['(]){digits}(?=['),])|(?<=: ){digits}(?=')"  # ASP prints "error '80080005'" and "ASP 0177 : 80070583'"
    )
    bare = rf"(?<![0-9A-Za-z`]){digits}(?![0-9A-Za-z`])" if digits[0].isalpha() else quoted
    forms = [rf"(?<![0-9A-Za-z`])(?:0x)++{digits}(?![0-9A-Za-z])", rf"(?<![0-9A-Za-z.-]){signed}(?![0-9.])", rf"(?<![0-9A-Za-z.-]){unsigned}(?![0-9.])"]  # fmt: skip
    told = [names] if names else []
    literals = (digits, unsigned, signed[1:], *names.split("|")) if names else (digits, unsigned, signed[1:])
    pattern = re.compile("(?i)" + "|".join([*forms, bare, *told]))
    return Symptom(signature, specificity, tuple(one.encode() for one in literals), pattern, seen, means)


# 0xC0000142 in the three forms in which it is printed.
_DLL_INIT = r"(?:C0000142|1073741502|3221225794)(?![0-9A-Za-z])"
_DLL_INIT_LITERALS = "C0000142|1073741502|3221225794"

# Of two symptoms in one line the rules quote the first of these: who died stands above the code with which it died.
SYMPTOMS = (
    _said("desktop-heap-allocation-failed", "S", "heap alloc", "desktop heap allocation fail(?:ed|ure)",
          "a desktop heap allocation that failed", "a single heap was full at that time, if it is this machine's event 243"),
    _said("desktop-creation-failed", "S", "heap exhaustion", "failed to create a desktop due to desktop heap exhaustion",
          "a desktop that could not be created", "before Vista session view space without room for another heap, later commit or pool, if it is this machine's event 244"),
    # A blue screen with this code is smss or csrss that could not start (KB 156669): another story.
    _said("stop-c0000142", "N", "c0000142", r"STOP: ?\(?(?:0x)?c0000142",
          "a blue screen STOP C0000142", "damaged or mismatched system DLLs while Windows starts"),
    _said("postgres-backend-died", "M", _DLL_INIT_LITERALS, r"server process.{0,60}terminated by exception.{0,6}" + _DLL_INIT,
          "a PostgreSQL backend that ended with 0xC0000142", "no room left on the service heap that all connections share"),
    _said("msys-fork-died", "M", "died unexpectedly|dofork: child", r"dofork: child .{0,200}|forked process [0-9]{1,10} died unexpectedly",
          "an MSYS or Cygwin fork that died", "0xC0000142 of a child; bash tries again in silence, so even runs that end well can hide it"),
    _said("elastic-agent-watcher", "M", _DLL_INIT_LITERALS, r"(?:elastic|watcher).{0,300}" + _DLL_INIT + r"|" + _DLL_INIT + r".{0,300}(?:elastic|watcher)",
          "an Elastic Agent watcher that ended with 0xC0000142", "another service leaks USER objects in the heap that they share"),
    _said("ci-step-died", "M", _DLL_INIT_LITERALS, r"##\[error\].{0,300}" + _DLL_INIT,
          "steps of a build agent that ended with 0xC0000142", "leftover processes that hold the heap, or commit; no public thread has proved either"),
    _code("dll-init-failed", "M", 0xC0000142, "STATUS_DLL_INIT_FAILED",
          "0xC0000142 (a DLL could not be initialized)", "no heap left for user32.dll, no access to the desktop, another DLL that refused, or a log-off"),
    _said("dynamic-link-library-failed", "M", "dynamic link", r"initialization of the dynamic link library\b.{0,260}?\b(?:user|kernel)32\.dll\b",
          "user32.dll or kernel32.dll that could not be initialized", "no heap left on that desktop, or no access to it"),
    _said("dll-initialization-failure", "M", "initialization fail", "DLL initialization fail(?:ed|ure)",
          "a DLL initialization failure", "no heap left on the desktop of that service, or a DLL of another version"),
    _said("no-child-processes", "M", "no_children|processes to wait", "ERROR_WAIT_NO_CHILDREN|there are no child processes to wait for",
          "exit code 128 (no child processes to wait for)", "user32.dll could not start in a child of a service: heap, view space or access"),
    _said("app-pool-exit-0x80", "M", "application pool", r"application pool .{0,300}exit code was [^0-9A-Za-z]{0,4}(?:u0027)?0x80(?![0-9A-Za-z])",
          "an IIS worker process that ended with 0x80", "no desktop for the identity of its pool, or no rights for it"),
    # Any program may end with 128, git above all.
    _said("exit-code-128", "M", "exit code|exited with|exit status|code: 128", r"exit(?:ed)?(?: with)?(?: code| status)?(?: was| is)?[:=]? ?[('\"]{0,2}(?:128|0x80|0x00000080)(?![0-9A-Za-z]|[.,][0-9])",
          "exit code 128", "user32.dll could not start in a child of a service; but any program may end with 128"),
    _code("class-does-not-exist", "M", 0x80070583, "",
          "0x80070583 (a window class does not exist)", "no heap left for the classes of COM or ASP"),
    _said("systemwalker-no-heap", "M", "40000999|x2997(|xa997(", r"(?<![0-9A-Za-z])0x(?:40000999(?![0-9A-Za-z])|[2a]997\(0x8\))",
          "a Systemwalker job that got no heap", "too many jobs at a time on one service heap"),
    _said("window-wrapper-failed", "M", "hwndwrapper", "HwndWrapper",
          "a WPF window that could not be made", "a full heap, or 10,000 USER objects of one process"),
    _said("visual-basic-out-of-memory", "M", "time error '7'", "run-time error '7'",
          "run-time error 7 (out of memory)", "a full heap where memory is free"),
    _said("cobol-rts-105", "M", "rts105|rts 105", "RTS ?105(?![0-9])",
          "COBOL error RTS 105", "a service or task on its small heap, where the same program runs in a console"),
    _said("nomad-reattachment", "M", "reattachment process", "reattachment process not found",
          "a Nomad process that could not be found again", "the service heap that all allocations of Nomad share"),
    _said("nomad-logmon", "L", "remote plugin message", "unrecognized remote plugin message",
          "a Nomad log plugin that did not answer", "the service heap that all allocations of Nomad share"),
    _said("not-enough-storage", "L", "storage is avail|resources are avail|os error 8)", r"not enough (?:storage is|memory resources are) available to process|\(os error 8\)",
          "error 8 (not enough storage or memory resources)", "heap, session view space, pool, the atom table or an application that says it for anything"),
    _said("not-enough-quota", "L", "quota is avail|enough quota|error 1816", r"not enough quota is available|\{not enough quota\}|error 1816(?![0-9])",
          "error 1816 (not enough quota)", "a full heap, or a quota of the process"),
    _code("no-memory", "L", 0xC0000017, "STATUS_NO_MEMORY",
          "0xC0000017 (no memory)", "commit or address space; a heap only with other proof"),
    _said("insufficient-system-resources", "L", "system resources exist|error 1450", "insufficient system resources exist to complete|error 1450(?![0-9])",
          "error 1450 (insufficient system resources)", "pool, page table entries, or a heap"),
    _code("insufficient-resources", "L", 0xC000009A, "ERROR_NO_SYSTEM_RESOURCES|STATUS_INSUFFICIENT_RESOURCES",
          "0xC000009A (insufficient resources)", "pool, page table entries, or a heap"),
    _said("asp-0177", "L", "asp 0177", "ASP 0177",
          "ASP 0177 (an object could not be created)", "no heap for the server of the object, or its registration"),
    _code("not-enough-memory", "L", 0x80070008, "",
          "0x80070008 (not enough memory)", "error 8 in another form: heap, view space or pool"),
    _code("out-of-memory", "L", 0x8007000E, "E_OUTOFMEMORY",
          "0x8007000E (out of memory)", "memory of any kind"),
    _code("server-execution-failed", "L", 0x80080005, "CO_E_SERVER_EXEC_FAILURE",
          "0x80080005 (a COM server did not start)", "no heap or desktop for the server, or a slow machine"),
    _said("dcom-timeout", "L", "register with dcom", "did not register with DCOM within the required timeout",
          "a COM server that did not register in time", "no heap or desktop for the server, or a slow machine"),
    _said("error-2186", "L", "error 2186", "error 2186(?![0-9])",
          "error 2186 (the service is not responding)", "a service that could not start, for want of heap among other reasons"),
    _said("service-did-not-respond", "L", "start or control", "did not respond to the start or control request",
          "a service that did not respond in time", "a consequence only: of a desktop that could not be made, among many others"),
    _said("cgi-headers-incomplete", "L", "misbehaved", "misbehaved by not returning a complete set of",
          "a CGI program that returned no headers", "no desktop for its user where nothing follows the message; where text follows, the script itself"),
    _said("cgi-script-failed", "N", "open perl script|load advapi32|did return are",
          r"can'?t open perl script|(?:cannot|can'?t|unable to) load advapi32|headers it did return are:[^0-9A-Za-z]{0,12}(?:access is denied|can'?t open|cannot (?:open|load|find))",
          "a CGI program that said why it failed", "a path, an access right or a DLL of the script"),
    # Events 36 and 37 of W3SVC; the surrogate of IIS 4 and 5 is mtx.exe or dllhost.exe. The identity of each such application had a desktop of its own.
    _said("oop-application-failed", "L", "of process application|mtx.exe", r"out of process application .{1,200} terminated unexpectedly|\bmtx\.exe\b.{0,80}(?:initializ|0xC0000142)",
          "an application of IIS, out of process, that ended", "no desktop for its identity, or a crash of its own code"),
    _said("asp-0100", "N", "asp 0100", "ASP 0100",
          "ASP 0100 (out of memory)", "the memory of one worker process"),
    _said("iis-service-unavailable", "L", "service unavailable<|service is unavailable", r"<h1>Service Unavailable</h1>|HTTP Error 503\.? The service is unavailable",
          "a web site that is unavailable", "an application pool that could not start: no desktop for its identity, its rights, its code"),
    _code("browser-ran-out-at-start", "L", 0xE0000008, "",
          "0xE0000008 (a browser that could not get memory)", "a heap taken away while it started, or memory"),
    _said("browser-breakpoint-at-start", "L", "80000003|2147483645|2147483651", r"(?:chrom|electron|msedge).{0,200}(?:0x80000003|-2147483645|(?<![0-9])2147483651)(?![0-9A-Za-z])",
          "a browser that ended with 0x80000003", "no window could be made at its start, or any other assertion"),
    _said("unity-shader-compiler", "L", "unityshadercompiler", r"failed to get ipc connection from UnityShaderCompiler",
          "a Unity shader compiler that did not answer", "many compilers at once; a heap is only suspected"),
    _said("exit-code-10053", "L", "code 10053", "exited with code 10053(?![0-9])",
          "exit code 10053", "a burst of programs with windows, or a connection that was aborted"),
    _said("system-object-not-created", "L", "object not created", "fatal application exit ?: ?system object not created",
          "an application that could not create a system object", "GDI, session pool or view space; unresolved where it was told"),
    _said("window-not-created", "L", "create window|creating window|create a window",
          r"(?:unable to|cannot|could not|couldn'?t|failed to|error) creat(?:e|ing) (?:a )?window(?![0-9A-Za-z])",
          "a window that could not be created", "a full heap, 10,000 USER objects of one process, or windows nested too deep"),
    _said("bitmap-not-created", "L", "createcompatiblebitmap", r"CreateCompatibleBitmap.{0,200}(?:not[\s_]enough|error 8(?![0-9])|fail|out of memory)",
          "CreateCompatibleBitmap that got no memory", "session view space or session pool, not a single heap"),
    _said("blank-windows", "L", "blank windows|white windows|not repainted|tray icons|fonts missing",
          r"(?:blank|white) windows|windows (?:are |were )?not repainted|floating tray icons|tray icons floating|fonts missing",
          "windows that stay blank or lose fonts", "GDI objects, session pool or view space; a heap only where its use shows it"),
    # NT 4.0 on several processors: the first is told by KB 175687, the second by KB 266129.
    _said("stop-1e-0a-win32k", "L", "stop 0x0000001e|stop: 0x0000001e|stop 0x0000000a|stop: 0x0000000a|stop 0x1e|stop 0xa",
          r"win32k.{0,200}STOP:? 0x0*(?:1E|A)(?![0-9A-Za-z])|STOP:? 0x0*(?:1E|A)(?![0-9A-Za-z]).{0,200}win32k",
          "a blue screen 0x1E or 0x0A in win32k.sys", "on NT 4.0 a lost reference count that also leaks desktop heap"),
    _said("stop-50-fffffff8", "L", "fffffff8", r"STOP:? 0x0*50(?![0-9A-Za-z])[\s(]{0,3}(?:0x)?fffffff8(?![0-9A-Za-z])",
          "a blue screen 0x50 at 0xFFFFFFF8", "on NT 4.0 a desktop heap that was damaged, not used up"),
    _said("atom-table", "N", "controlofs", "ControlOfs[0-9A-F]{8}",
          "atoms of Delphi programs (ControlOfs...)", "the atom table of the session is full of them"),
    _said("user-handle-quota", "N", "allowance of handles|more_user_handles|error 1158", "system allowance of handles for window manager|ERROR_NO_MORE_USER_HANDLES|error 1158(?![0-9])",
          "error 1158 (no more USER handles)", "the 10,000 USER objects that one process may have"),
    _code("commit-limit", "N", 0xC000012D, "ERROR_COMMITMENT_LIMIT",
          "0xC000012D (the commit limit)", "page file and memory together are used up"),
    _said("paging-file-too-small", "N", "file is too small|error 1455", "paging file is too small|error 1455(?![0-9])",
          "error 1455 (the paging file is too small)", "page file and memory together are used up"),
    _said("low-virtual-memory", "N", "low virtual memory", "diagnosed a low virtual memory condition",
          "event 2004 (low virtual memory)", "page file and memory together are used up"),
    _code("window-station-shutting-down", "N", 0xC000026B, "STATUS_DLL_INIT_FAILED_LOGOFF",
          "0xC000026B (the window station is shutting down)", "a log-off or shutdown that was faster than the program"),
    _said("shutting-down", "N", "station is shutting", "window station is shutting down",
          "a window station that is shutting down", "a log-off or shutdown that was faster than the program"),
    _said("window-station-access", "N", "openwindowstation|opendesktop|lpdesktop",
          r"(?:OpenWindowStation|OpenDesktop|lpDesktop).{0,160}(?:denied|error 5(?![0-9]))",
          "a window station or desktop that refused access", "missing rights of that account"),
    _said("inetinfo-access-violation", "N", "inetinfo", r"inetinfo(?:\.exe)?\b.{0,200}(?:C0000005|access violation)|(?:C0000005|access violation).{0,200}\binetinfo|GP\)? fault may occur with (?:IIS|Internet Information)",
          "an access violation of Inetinfo.exe", "a crash of IIS itself"),
    _said("cogetclassobject", "N", "cogetclassobject", r"call(?:s|ing|ed)? (?:to )?CoGetClassObject|CoGetClassObject(?:\(\))?.{0,120}(?:fail|return|0x8)",
          "CoGetClassObject calls that failed", "on NT 4.0 a race of threads in RPCSS"),
    _code("class-not-registered", "N", 0x80040154, "",
          "0x80040154 (class not registered)", "the registration of a COM class"),
    _code("wmi-class", "N", 0x80041054, "",
          "0x80041054", "a WMI error, or the misprint of 0x80040154 in KB 256149"),
    _code("rpc-server-unavailable", "N", 0x800706BA, "",
          "0x800706BA (the RPC server is unavailable)", "network, firewall or a service that is not there"),
    _code("access-denied", "N", 0x80070005, "",
          "0x80070005 (access is denied)", "rights"),
    _said("session-pool-on-exit", "N", "valid_pool_on|0x000000ab|stop 0xab|bugcheck ab", r"SESSION_HAS_VALID_POOL_ON_EXIT|(?:STOP|bug ?check)(?: code)?:? (?:0x)?0*AB(?![0-9A-Za-z])",
          "a blue screen 0xAB (session pool left at log-off)", "a driver of the session that leaks session pool"),
    _said("end-page", "N", "endpage", r"EndPage.{0,200}(?:not enough storage|error 8(?![0-9]))|not enough storage.{0,200}EndPage",
          "EndPage that failed with error 8", "a print job larger than the spool may be"),
    # Events 2019, 2020 and 2021 of Srv, the Server service: pool of the whole machine.
    _said("server-nonpaged-pool-empty", "N", "nonpaged pool because", "unable to allocate from the system nonpaged pool because",
          "nonpaged pool that the Server service found empty", "nonpaged pool of the whole machine, mostly a leak of a driver"),
    _said("server-paged-pool-empty", "N", "paged pool because", "unable to allocate from the system paged pool because",
          "paged pool that the Server service found empty", "paged pool of the whole machine, mostly a leak or a full registry"),
    _said("server-work-items", "N", "create a work item", r"unable to create a work item(?: [0-9]{1,9} times)?",
          "work items that the Server service could not make", "nonpaged pool, or more clients than the Server service was set for"),
    _said("server-service-7023", "N", "server service term", r"the Server service terminated with the following error",
          "the Server service that ended by itself", "a NullSessionPipes value over 32 KB, among others"),
    _said("ssh-limits", "N", "kex_exchange", "kex_exchange_identification: connection closed",
          "SSH connections closed before the key exchange", "MaxStartups or penalties of the SSH server"),
)  # fmt: skip

BY_SIGNATURE = {one.signature: one for one in SYMPTOMS}
ORDER = {one.signature: at for at, one in enumerate(SYMPTOMS)}

# Each literal, folded, with the place of its symptom.
_LITERALS = [(literal.decode().lower(), at) for at, one in enumerate(SYMPTOMS) for literal in one.literals]
_WORD = re.compile(r"(?i)[g-z]{3}")
# What a CGI program printed stands behind the message of IIS, in the same line or below; a page has tags between them, a log its own quote.
_OWN_WORDS = re.compile(
    r"(?i)headers it did return are:(?:[ \t.]|<[^<>]{1,200}>|&[a-z]{1,8};)*+(?!(?:none|nothing|empty|and|but)\b)[a-z][^<>\"]{3}"
)


def _dumped(code: str, line: str) -> bool:
    """Whether a code is one of the columns that `dd` prints: without "0x" it counts only beside words."""
    return len(code) == 8 and not _WORD.search(line)


def literals() -> tuple[bytes, ...]:
    """What betrays a line with a symptom."""
    return tuple({literal: None for symptom in SYMPTOMS for literal in symptom.literals})


def symptoms(line: str, below: str = "", above: str = "", quoted: bool = False) -> Iterator[tuple[str, str, str, bool]]:
    """(signature, text, specificity, whether it is only mentioned) of each symptom that begins in a line; `below` is the next line, onto which a
    text may be wrapped, `above` the one in which its sentence may begin, `quoted` whether a mail quotes the line.

    >>> [one[0] for one in symptoms("exited with -1073741502 (0xC0000142)")], list(symptoms("808ad254  c0000142 00000000"))
    (['dll-init-failed'], [])
    >>> [one[0] for one in symptoms("Not enough storage is available", "to process this command.")]
    ['not-enough-storage']
    """
    joined = f"{line.rstrip()} {below.strip()}" if below else line
    folded = " ".join(joined.lower().split())
    told = {at for literal, at in _LITERALS if literal in folded}  # 60 patterns cost a hundred times as much
    found: dict[str, str] = {}
    mentioned: dict[str, bool] = {}
    for at in sorted(told):
        matches = [
            one
            for one in SYMPTOMS[at].pattern.finditer(joined)
            if one.start() < len(line) and not _dumped(one[0], line)
        ]
        if matches:
            found[SYMPTOMS[at].signature] = SYMPTOMS[at].specificity
            mentioned[SYMPTOMS[at].signature] = quoted or all(
                only_mentioned(joined, *one.span(), above) for one in matches
            )
    if "cgi-headers-incomplete" in found and (
        "cgi-script-failed" in found or _OWN_WORDS.search(line) or _OWN_WORDS.search(below)
    ):
        found["cgi-script-failed"] = BY_SIGNATURE["cgi-script-failed"].specificity
        mentioned["cgi-script-failed"] = mentioned.pop("cgi-headers-incomplete")
        del found["cgi-headers-incomplete"]
    if not found.keys().isdisjoint(("stop-c0000142", "shutting-down", "window-station-shutting-down")):
        for other in ("dll-init-failed", "dll-initialization-failure", "dynamic-link-library-failed"):
            found.pop(other, None)
    text = line.strip()
    for signature, specificity in found.items():
        yield signature, text if len(text) <= MOST_TEXT else text[:MOST_TEXT], specificity, mentioned[signature]
