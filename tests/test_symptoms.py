"""Symptom texts: each in the words it is printed in, and beside it a text that must stay silent."""

from __future__ import annotations

import pytest

import dumpscan
from dumpscan.scanning import fold
from dumpscan.symptoms import SYMPTOMS, Symptom, symptoms

SAID = {
    "desktop-heap-allocation-failed": "A desktop heap allocation failed. Process ID: 4712.",
    "desktop-creation-failed": "Failed to create a desktop due to desktop heap exhaustion.",
    "stop-c0000142": "STOP: C0000142 {DLL Initialization Failed}",
    "postgres-backend-died": "LOG:  server process (PID 34016) was terminated by exception 0xC0000142",
    "msys-fork-died": "0 [main] sh 1234 dofork: child -1 - forked process 5678 died unexpectedly, retry 0, exit code 0xC0000142, errno 11",
    "elastic-agent-watcher": "[elastic_agent][info] Upgrade Watcher exited: exit status 0xc0000142",
    "ci-step-died": "##[error]Process completed with exit code -1073741502.",
    "dll-init-failed": "child - finished with code -1073741502",
    "dynamic-link-library-failed": r"Initialization of the dynamic link library C:\WINNT\system32\user32.dll failed. The process is terminating abnormally.",
    "dll-initialization-failure": "DLL initialization failure",
    "no-child-processes": "There are no child processes to wait for.",
    "app-pool-exit-0x80": "A process serving application pool 'Shop' terminated unexpectedly. The process id was '2216'. The process exit code was '0x80'.",
    "exit-code-128": "The process exit code was '0x80'; the child ended with exit code 128.",
    "class-does-not-exist": "CreateObject failed: 0x80070583",
    "systemwalker-no-heap": "the job ended with 0x2997(0x8)",
    "window-wrapper-failed": "   at MS.Win32.HwndWrapper..ctor(Int32 classStyle)",
    "visual-basic-out-of-memory": "Run-time error '7': Out of memory",
    "cobol-rts-105": "Execution error : file 'X' error code: 105, RTS 105",
    "nomad-reattachment": "Reattachment process not found",
    "nomad-logmon": "logmon: Unrecognized remote plugin message",
    "not-enough-storage": "Not enough memory resources are available to process this command.",
    "not-enough-quota": "Not enough quota is available to process this command.",
    "no-memory": "failed with 0xC0000017",
    "insufficient-system-resources": "Insufficient system resources exist to complete the requested service.",
    "insufficient-resources": "status -1073741670",
    "not-enough-memory": "hr = 0x80070008",
    "out-of-memory": "E_OUTOFMEMORY",
    "server-execution-failed": "error '80080005': Server execution failed",
    "dcom-timeout": "The server {9BA05972} did not register with DCOM within the required timeout.",
    "error-2186": "Error 2186: The service is not responding to the control function.",
    "service-did-not-respond": "The service did not respond to the start or control request in a timely fashion.",
    "cgi-headers-incomplete": "The specified CGI application misbehaved by not returning a complete set of HTTP headers.",
    "cgi-script-failed": 'Can\'t open perl script "C:\\Inetpub\\scripts\\a.pl": No such file or directory',
    "oop-application-failed": "Out of process application '/LM/W3SVC/1/Root/shop' terminated unexpectedly.",
    "asp-0100": "Active Server Pages error 'ASP 0100' Out of memory",
    "iis-service-unavailable": "<h1>Service Unavailable</h1>",
    "asp-0177": "Server object error 'ASP 0177 : 8007000e'",
    "browser-ran-out-at-start": "chrome.exe exited: 0xE0000008",
    "browser-breakpoint-at-start": "chrome.exe exited with code -2147483645 and printed nothing",
    "unity-shader-compiler": "Failed to get ipc connection from UnityShaderCompiler.exe",
    "exit-code-10053": "terminal exited with code 10053",
    "system-object-not-created": "Fatal Application Exit : System Object not created",
    "window-not-created": "Win32Exception: Error creating window handle.",
    "bitmap-not-created": "CreateCompatibleBitmap: ERROR_NOT_ENOUGH_MEMORY",
    "blank-windows": "All we get are white windows, and the fonts missing.",
    "stop-1e-0a-win32k": "*** STOP: 0x0000001E (0xC0000005, 0xA0012345) Address A0012345 has base at A0000000 - win32k.sys",
    "stop-50-fffffff8": "*** STOP: 0x00000050 (0xFFFFFFF8, 0x00000000, 0x00000000, 0x00000000)",
    "atom-table": "atom c0fe = ControlOfs0040000000000ABC",
    "user-handle-quota": "The current process has used all of its system allowance of handles for Window Manager objects.",
    "commit-limit": "NTSTATUS 0xC000012D",
    "paging-file-too-small": "The paging file is too small for this operation to complete.",
    "low-virtual-memory": "Windows successfully diagnosed a low virtual memory condition.",
    "window-station-shutting-down": "exit -1073741205",
    "shutting-down": "initialization failed because the window station is shutting down",
    "window-station-access": "OpenWindowStation failed: Access is denied.",
    "inetinfo-access-violation": "The application, inetinfo.exe, generated an application error. The exception generated was c0000005 at address 77f6",
    "cogetclassobject": "Two threads call CoGetClassObject at the same time.",
    "class-not-registered": "0x80040154",
    "wmi-class": "0x80041054",
    "rpc-server-unavailable": "(0x800706BA) The RPC server is unavailable",
    "access-denied": "Access is denied. 0x80070005",
    "session-pool-on-exit": "SESSION_HAS_VALID_POOL_ON_EXIT (ab)",
    "end-page": "EndPage: Not enough storage is available to process this command.",
    "server-nonpaged-pool-empty": "The server was unable to allocate from the system nonpaged pool because the pool was empty.",
    "server-paged-pool-empty": "The server was unable to allocate from the system paged pool because the pool was empty.",
    "server-work-items": "The server was unable to create a work item 4 times in the last 60 seconds.",
    "server-service-7023": "The Server service terminated with the following error: More data is available.",
    "ssh-limits": "kex_exchange_identification: Connection closed by remote host",
}
SILENT = (
    "808ad254  c0000142 00000000 c0000017",
    "fffff800`c0000142 nt!KiSwapContext",
    "listening on 3221225794.5",
    "build -10737415021",
    "STATUS_DLL_NOT_FOUND 0xC0000135",
    "exit code 128.5",
    "exit code 1280",
    "exited with code 0",
    "exit code was '0x800'",
    "0x40000999F",
    "The desktop heap was not full.",
    "Not enough storage space on disk D:",
    "error code: 128 bits",
    "error 14550",
    "HTTP/1.1 503 Service Unavailable",
    "ole32!CoGetClassObject+0x1b",
    "inetinfo.exe                  1234 W3SVC",
    "OpenDesktop succeeded",
    "The headers it did return are:",
    "win32k.sys  STOP at 0x0a",
    "*** STOP: 0x00000050 (0xFD3094C2, 0x00000001)",
    "0x000000ab 171",
    "Creating window classes took 3 ms",
    "hbm = CreateCompatibleBitmap(dc, 100, 100)",
)


@pytest.mark.parametrize("symptom", SYMPTOMS, ids=lambda symptom: symptom.signature)
def test_each_symptom_is_recognised(symptom: object) -> None:
    text = SAID[symptom.signature]  # type: ignore[attr-defined]
    assert symptom.signature in [one[0] for one in symptoms(text)]  # type: ignore[attr-defined]
    assert any(fold(literal) in fold(text.encode()) for literal in symptom.literals)  # type: ignore[attr-defined]
    rows = dumpscan.analyze(text.encode()).tables["symptoms"]
    assert symptom.signature in set(rows["signature"])  # type: ignore[attr-defined]


@pytest.mark.parametrize("symptom", SYMPTOMS, ids=lambda symptom: symptom.signature)
def test_each_symptom_says_what_was_seen_and_what_it_can_mean(symptom: Symptom) -> None:
    """The rules build sentences of both: "The texts speak of <seen>: <means>"."""
    for words in (symptom.seen, symptom.means):
        assert words and words == words.strip() and words[-1] not in ".,;:" and "  " not in words


def test_every_text_has_its_symptom() -> None:
    assert set(SAID) == {symptom.signature for symptom in SYMPTOMS}
    assert {symptom.specificity for symptom in SYMPTOMS} == set("SMLN")


@pytest.mark.parametrize("line", SILENT)
def test_what_looks_alike_stays_silent(line: str) -> None:
    assert list(symptoms(line)) == []


@pytest.mark.parametrize(
    "code", ["0xC0000142", "c0000142", "-1073741502", "3221225794", "0x0xC0000142", "STATUS_DLL_INIT_FAILED"]
)
def test_the_forms_of_a_code_are_one_signature(code: str) -> None:
    assert [one[0] for one in symptoms(f"process exited: {code}")] == ["dll-init-failed"]


def test_a_wrapped_text_is_told_once() -> None:
    found = dumpscan.analyze(b"Error: Not enough storage is available\r\nto process this command.\r\n").tables[
        "symptoms"
    ]
    assert found[["line", "signature"]].to_dict("list") == {"line": [1], "signature": ["not-enough-storage"]}


def test_a_symptom_is_quoted_from_its_file() -> None:
    analysis = dumpscan.analyze(b"x\n" * 500 + b"child 0xC0000142 died\n" + b"y\n" * 500)
    assert analysis.readings[0].captures[0].excerpts == [(501, ["child 0xC0000142 died"])]
    assert analysis.readings[0].lines["parsed"] == 1


CGI = "The specified CGI application misbehaved by not returning a complete set of HTTP headers. The headers it did return are:"


@pytest.mark.parametrize(
    ("text", "own_words"),
    [
        (CGI, False),
        (f"{CGI}.", False),
        (f"{CGI} </p><p></p></body></html>", False),
        (f'502 "{CGI}" 1234 - Mozilla/4.0', False),
        (f"{CGI} none", False),
        (f"{CGI} and nothing else", False),
        (f"CGI Error</h1><p>{CGI}", False),
        (f"{CGI} Can't open perl script \"C:\\x\\a.pl\": No such file or directory", True),
        (f"{CGI} Access is denied.", True),
        (f"{CGI} error in line 12 of a.pl", True),
        (f"{CGI}</p><pre>Traceback (most recent call last):", True),
        (f"2007-03-09 GET /a.pl {CGI} Content-Type: text/html", True),
        ("The specified CGI application misbehaved by not returning a complete set\nof HTTP headers. The headers it did return are: Undefined subroutine", True),
        ("The specified CGI application misbehaved\nby not returning a complete set of HTTP headers. The headers it did return are:\nThis happens now and then.", False),
    ],
)  # fmt: skip
def test_the_message_of_iis_with_and_without_the_own_words_of_a_script(text: str, own_words: bool) -> None:
    """Text behind it is the script's; nothing behind it leaves the desktop as the suspect."""
    rows = dumpscan.analyze(text.encode()).tables["symptoms"]
    assert set(rows["signature"]) == {"cgi-script-failed" if own_words else "cgi-headers-incomplete"}


@pytest.mark.parametrize(
    "said", ["exit code 128.", "exit code 128,", "exited with 128\n", "Exit status: 128)", "code: 128 exit code=128"]
)
def test_a_sentence_may_end_behind_a_code(said: str) -> None:
    assert [one[0] for one in symptoms(f"The child process ended, {said}")] == ["exit-code-128"]
