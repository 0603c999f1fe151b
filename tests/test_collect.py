"""`dumpscan collect`: each kind of Windows gets commands that it has, and what they print is read back without a loss."""

from __future__ import annotations

import io
import re
import sys
from collections.abc import Mapping
from itertools import product
from pathlib import Path
from typing import Any

import pytest

import dumpscan
from dumpscan import cli, platforms, queries, settling
from dumpscan.collecting import ERAS, KINDS, SYMPTOMS, asked, collection
from dumpscan.inputs import DumpscanError
from dumpscan.platforms import BEFORE, BEFORE_8, SINCE, SINCE_8
from dumpscan.queries import DEBUGGER, EIGHT, NT4, QUERIES, VISTA, W2000, XP
from tests import compose
from tests.transcribe import Debugger, batch, files, powershell, utf_16

TODAY = {kind.name: kind.known_as[0] for kind in KINDS}
SOURCES = {name: files(collection(known_as)) for name, known_as in TODAY.items()}

# ---------------------------------------------------------------------------------- what a Windows has and has not

# Words that must not stand in what is to be typed on a Windows of this kind, and why not.
FORBIDDEN = {
    "wmic": (NT4, W2000, EIGHT),  # came with XP, is gone from current Windows 11
    "Get-": (NT4, W2000, XP, VISTA),  # PowerShell was not installed; Get-CimInstance came with Windows 8
    "Start-Transcript": (NT4, W2000, XP, VISTA),
    "wevtutil": (NT4, W2000, XP),
    "eventquery": (NT4, W2000, VISTA, EIGHT),  # of XP and Server 2003 only
    "dumpel": (XP, VISTA, EIGHT),
    "reg query": (NT4, W2000),  # reg.exe was in the Resource Kit
    "regedit /e": (XP, VISTA, EIGHT),
    "systeminfo": (NT4, W2000),
    "tasklist": (NT4, W2000),
    "query session": (NT4, W2000),  # 2000 has it with Terminal Services only
    "boot.ini": (VISTA, EIGHT),
    "bcdedit": (NT4, W2000, XP),
    "dheapmon": (NT4, VISTA, EIGHT),
    "dheapinst": (NT4, VISTA, EIGHT),
    "!dskheap": (NT4, W2000),
    "!session": (NT4, W2000),
    "MmSessionViewSize": (NT4, VISTA, EIGHT),
    "MmHighestUserAddress": (NT4, VISTA, EIGHT),
    "GuiObjectUse": (NT4, W2000, XP, VISTA),
    "psexec": (NT4, W2000, XP, VISTA),
    "bcdedit /debug": (NT4, W2000, XP, VISTA, EIGHT),
    "reg add": (NT4, W2000, XP, VISTA, EIGHT),
    "DesktopHeapDiag": (NT4, W2000, XP, VISTA, EIGHT),
    ".crash": (NT4, W2000, XP, VISTA, EIGHT),
}


@pytest.mark.parametrize("word", FORBIDDEN)
def test_no_command_is_on_a_windows_that_has_it_not(word: str) -> None:
    for name, parts in SOURCES.items():
        typed = "\n".join(line for lines in parts.values() for line in lines)
        if name in FORBIDDEN[word]:
            assert word not in typed, (word, name)
        else:
            assert word in typed, f"{word} is nowhere in {name}: the table says that it may be"


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_a_command_is_asked_only_where_its_windows_has_it(kind: Any) -> None:
    typed = [line for lines in SOURCES[kind.name].values() for line in lines]
    for query in QUERIES:
        assert any(query.text in line for line in typed) == (
            kind.name in query.on and query in asked(kind, query.where)
        ), query.text


def test_each_name_of_a_windows_prints_its_kind() -> None:
    for kind, name in ((kind, name) for kind in KINDS for name in kind.known_as):
        for spelled in (name, name.upper(), f"Windows {name}", f"Server {name}", f"win{name}"):
            assert collection(spelled) == collection(kind.known_as[0])
    for other, name in (("Windows Server 2008 R2", "2008r2"), ("NT 4.0", "nt4"), ("w2k3", "2003"), ("2012-r2", "2012r2"), ("W2K", "2000")):  # fmt: skip
        assert collection(other) == collection(name)
    assert len(ERAS) == len(set(ERAS))


@pytest.mark.parametrize("name", ["95", "", "linux", "2001", "windows", "2003r3"])
def test_an_unknown_windows_is_told_with_the_list(name: str) -> None:
    with pytest.raises(DumpscanError) as told:
        collection(name)
    assert all(f" {era}" in str(told.value) for era in ERAS)


def test_without_a_name_every_kind_is_there_under_its_heading() -> None:
    page = collection()
    for kind in KINDS:
        assert f"\n{kind.title}\n{'=' * len(kind.title)}\n" in page
        alone = collection(kind.known_as[0]).partition(f"{kind.title}\n=")[2]
        assert alone and alone in page
        assert f"{kind.version:<14} {kind.title}" in page


def test_pages_are_narrow_ascii_and_warn() -> None:
    pages = [collection(), collection(dumps=True), *(collection(era, one.name) for era, one in product(TODAY.values(), SYMPTOMS))]  # fmt: skip
    for page in pages:
        assert page.isascii() and "\r" not in page and "\t" not in page and page.endswith("\n")
        typed = {line for lines in _parts(page) for line in lines}
        assert max(len(line) for line in page.splitlines() if line not in typed) <= 80
        assert "fails over" in page
    for page in (collection(), *(collection(era) for era in TODAY.values())):
        for warning in ("stops this machine", "only reads", "elevated", "`dheapinst -r`", "never run it in"):
            assert warning in " ".join(page.split()), warning


def _parts(page: str) -> list[list[str]]:
    return [text.splitlines() for text in re.findall(r"(?ms)^---- (?!end)[^\n]+ ----\n(.*?)^---- end", page)]


def test_a_page_is_no_evidence() -> None:
    """Saved beside the logs it must not be taken for one."""
    pages = {"all": collection(), "dumps": collection(dumps=True)} | {name: collection(era) for name, era in TODAY.items()}  # fmt: skip
    for name, told in compose.documents(pages).items():
        assert not any(told["tables"].values()) and not told["problems"], name


# ------------------------------------------------------------------------------------------------ the script


@pytest.mark.parametrize("page", [*(collection(era) for era in list(TODAY.values())[1:]), collection(dumps=True)])
def test_a_script_survives_being_made_one_line(page: str) -> None:
    """`$$><` turns line ends into semicolons: a comment ends at the first one, a "*" swallows all the rest, an empty command repeats the last."""
    lines = files(page)["collect.txt"]
    assert lines[0].startswith("$$ dumpscan collect") and all(";" not in line for line in lines if line.startswith("$$"))
    assert all(line.strip() == line and line for line in lines)
    assert not any(line.startswith("*") for line in lines)
    assert len("; ".join(lines)) < 4096
    for line in lines:
        if "Mm" in line or ".process" in line:
            assert ".catch {" in line, "the first error ends the script"
    if ".logopen" in "".join(lines):
        assert (lines[1], lines[-1]) == (".logopen /u heaps.log", ".logclose")
    else:
        assert lines[-1] == "q"


# ------------------------------------------------------------------------------------------------ symptoms


def test_a_symptom_narrows_and_adds() -> None:
    for kind, one in product(KINDS, SYMPTOMS):
        page = " ".join(collection(kind.known_as[0], one.name).split())
        assert " ".join(one.note.split()) in page
        for name in one.known_as:
            assert collection(kind.known_as[0], name.upper()) == collection(kind.known_as[0], one.name)
    everything = {query.text for query in QUERIES}
    shown = {line for era, one in product(TODAY.values(), SYMPTOMS) for lines in files(collection(era, one.name)).values() for line in lines}  # fmt: skip
    unseen = {text for text in everything if not any(text in line for line in shown)}
    assert not unseen, "what is asked for with no symptom at all is asked of nobody"
    assert "EventID=7009" in collection("2019", "service-start")
    assert "EventID=7009" not in collection("2019") + collection("2019", "heap")
    assert "MmSessionViewSize" in collection("2003", "244") and "MmSessionViewSize" not in collection("2003", "243")
    assert "!dskheap -s" not in "".join(map("".join, files(collection("10", "no-debugger")).values()))
    assert "collect.txt" not in files(collection("10", "memory")) or "!vm 4" in collection("10", "memory")


@pytest.mark.parametrize("name", ["", "x", "heap full of it"])
def test_an_unknown_symptom_is_told_with_the_list(name: str) -> None:
    with pytest.raises(DumpscanError) as told:
        collection(symptom=name)
    assert all(word in str(told.value) for one in SYMPTOMS for word in (one.name, *one.known_as))


# ------------------------------------------------------------------------------------------------ there and back

CSRSS_2003 = compose.CSRSS.format("1024,3072,512").replace(
    "MaxRequest", "ServerDll=basesrv,1 ServerDll=winsrv:UserServerDllInitialization,3 ServerDll=winsrv:ConServerDllInitialization,2 ProfileControl=Off MaxRequest"
)  # fmt: skip
CSRSS = {
    W2000: CSRSS_2003,
    XP: CSRSS_2003,
    VISTA: compose.csrss(build=7601),
    EIGHT: compose.csrss(build=17763),
}
BANNERS = {
    W2000: "Windows 2000 Kernel Version 2195 (Service Pack 4) UP Free x86 compatible\nProduct: Server, suite: TerminalServer\n",
    XP: "Windows Server 2003 Kernel Version 3790 (Service Pack 2) MP (2 procs) Free x86 compatible\nProduct: Server, suite: TerminalServer SingleUserTS\nBuilt by: 3790.srv03_sp2_gdr.101019-0340\n",
    VISTA: "Windows 7 Kernel Version 7601 (Service Pack 1) MP (2 procs) Free x64\nProduct: Server, suite: Enterprise TerminalServer SingleUserTS\nBuilt by: 7601.18205.amd64fre.win7sp1_gdr.130708-1532\n",
    EIGHT: "Windows 10 Kernel Version 17763 MP (2 procs) Free x64\nProduct: Server, suite: TerminalServer SingleUserTS\nEdition build lab: 17763.1.amd64fre.rs5_release.180914-1434\n",
}  # fmt: skip
MOMENT = "Machine Name:\nKernel base = 0x80800000 PsLoadedModuleList = 0x808a6ea8\nDebug session time: Mon Nov 16 09:30:00.123 2026 (UTC + 0:00)\nSystem Uptime: 12 days 4:05:06.700\n"
X86_USER, X64_USER = [(compose.DEFAULT, 3072, 12), (compose.DISCONNECT, 64, 4), (compose.WINLOGON, 128, 9)], [(compose.DEFAULT, 20480, 3), (compose.DISCONNECT, 96, 4), (compose.WINLOGON, 192, 4)]  # fmt: skip
HEAPS = {XP: {0: compose.X86, 3: X86_USER}, VISTA: {0: compose.VISTA, 3: X64_USER}}
SESSIONS = "Sessions on machine: 2\nValid Sessions: 0 3\nCurrent Session 0\n"


def listing(session: int, heaps: list[compose.Heap]) -> str:
    return compose.dskheap(session, heaps).partition("\n")[2]


def of_debugger(kind: str) -> dict[str, str]:
    """What a debugger answers on this kind of Windows."""
    addresses = ("89c4d020", "8a51fd88") if kind in (W2000, XP) else ("fffffa8003c4d060", "fffffa80051fd880")
    counters = compose.vm4(None, sessions=(0, 3)).partition("\n")[2]
    told = {
        "vertarget": BANNERS[kind] + MOMENT,
        "lmvm nt": "start    end        module name\n80400000 805a2000   nt         (pdb symbols)          c:\\sym\\ntoskrnl.pdb\n    Loaded symbol image file: ntoskrnl.exe\n    Image path: ntoskrnl.exe\n    Image name: ntoskrnl.exe\n    Timestamp:        Tue Aug 03 01:03:04 2004 (410E8D38)\n    CheckSum:         001A2D4E\n    ImageSize:        001A2000\n    File version:     5.0.2195.6992\n    Product version:  5.0.2195.6992\n",
        "dd nt!MmSessionViewSize L1": "808ad254  03000000\n",
        "dd nt!MmSessionPoolSize L1": "808ad258  01000000\n",
        "dp nt!MmHighestUserAddress L1": "8089ef5c  7ffeffff \n",
        "!vm 4": (counters if kind not in (W2000, XP) else compose.vm4(49152, sessions=(0, 3)).partition("\n")[2]),
        "!session": SESSIONS,
        "!process 0 0 csrss.exe": "".join(_process(kind, address, session) for session, address in zip((0, 3), addresses, strict=True)),
        "!peb": f"PEB at 7ffdf000\n    InheritedAddressSpace:    No\n    ImageBaseAddress:         4a680000\n    WindowTitle:  '< Name not readable >'\n    ImageFile:    'C:\\WINDOWS\\system32\\csrss.exe'\n    CommandLine:  '{CSRSS[kind]}'\n    DllPath:      'C:\\WINDOWS\\system32;C:\\WINDOWS'\n",
    }  # fmt: skip
    for address in addresses:
        told[f".process /p /r {address}"] = (
            f"Implicit process is now {address}\n.cache forcedecodeuser done\nLoading User Symbols\n..............\n"
        )
    for session, address in zip((0, 3), addresses, strict=True):
        told[f"!session -s {session}"] = (
            f"Sessions on machine: 2\nImplicit process is now {address}\nUsing session {session}\n"
        )
        told[f"!dskheap -s {session}"] = (
            listing(session, HEAPS[kind][session]) if kind in HEAPS else f"{compose.NO_TYPES}\n"
        )
    return told


def _process(kind: str, address: str, session: int) -> str:
    if kind == W2000:
        return f"PROCESS {address}  SessionId: {session}  Cid: 00a8    Peb: 7ffdf000  ParentCid: 0090\n    DirBase: 0da42000  ObjectTable: 8146c2c8  TableSize: 455.\n    Image: CSRSS.EXE\n\n"
    if kind == XP:
        return f"PROCESS {address}  SessionId: {session}  Cid: 0150    Peb: 7ffdf000  ParentCid: 0120\n    DirBase: 7f2f5060  ObjectTable: e13ea8d8  HandleCount: 455.\n    Image: csrss.exe\n\n"
    return f"PROCESS {address}\n    SessionId: {session}  Cid: 0150    Peb: 7fffffdf000  ParentCid: 0148\n    DirBase: 3a2f5000  ObjectTable: fffff8a000e8ca20  HandleCount: 455.\n    Image: csrss.exe\n\n"


def eventquery(number: int, source: str, kind: str, time: str, text: str) -> str:
    rule = "-" * 78
    head = f"{rule}\nListing the events in 'system' log of host 'TS01'\n{rule}\n\n"
    return f"{head}Type:          {kind}\nEvent:         {number}\nDate Time:     {time}\nSource:        {source}\nComputerName:  TS01\nCategory:      None\nUser:          N/A\nDescription:   {text}\n\n"


def as_text(number: int, source: str, time: str, text: str, at: int = 0) -> str:
    return f"Event[{at}]:\n  Log Name: System\n  Source: {source}\n  Date: {time}\n  Event ID: {number}\n  Task: N/A\n  Level: Information\n  Opcode: Info\n  Keyword: Classic\n  User: N/A\n  User Name: N/A\n  Computer: TS01\n  Description: \n{text}\n\n"


def as_xml(number: int, source: str, time: str, message: str) -> str:
    return f"<Event xmlns='http://schemas.microsoft.com/win/2004/08/events/event'><System><Provider Name='{source}'/><EventID Qualifiers='32768'>{number}</EventID><Level>3</Level><Task>0</Task><Keywords>0x80000000000000</Keywords><TimeCreated SystemTime='{time}'/><EventRecordID>70{number}</EventRecordID><Channel>System</Channel><Computer>TS01</Computer><Security/></System><EventData><Data>{message}</Data></EventData><RenderingInfo Culture='en-US'><Message>{message}</Message><Level>Warning</Level></RenderingInfo></Event>\n"


STARTED_2003 = "Microsoft (R) Windows (R) 5.02. 3790 Service Pack 2 Multiprocessor Free."
TASKS = "\nImage Name                     PID Services\n========================= ======== ============================================\nSystem Idle Process              0 N/A\ncsrss.exe                      336 N/A\nsqlservr.exe                  4712 MSSQLSERVER\n"
OWNERS_TABLE = 'Antecedent                                                    Dependent\n\\\\.\\root\\cimv2:Win32_Account.Domain="CORP",Name="svc_sql"      \\\\.\\root\\cimv2:Win32_LogonSession.LogonId="149023"\n\n'


def sessions_listed(console: str) -> str:
    return f" SESSIONNAME       USERNAME                 ID  STATE   TYPE        DEVICE \n {console:<44}0  Disc    wdcon               \n>rdp-tcp#7         ann                       3  Active  rdpwd               \n rdp-tcp                                 65536  Listen  rdpwd               \n"


def summary(name: str, version: str, kind: str, uptime: str) -> str:
    return f"\nHost Name:                 TS01\nOS Name:                   {name}\nOS Version:                {version}\nOS Manufacturer:           Microsoft Corporation\nOS Configuration:          Member Server\nOS Build Type:             Multiprocessor Free\n{uptime}System Manufacturer:       Dell Inc.\nSystem Model:              PowerEdge 2950\nSystem Type:               {kind}-based PC\nProcessor(s):              1 Processor(s) Installed.\n"


def key(name: str, *values: tuple[str, str, str], old: bool = False, subkey: str = "") -> str:
    """`reg query` of a whole key; subkeys are listed below the values."""
    gap = "\t" if old else "    "
    rows = "".join(f"    {gap.join(value)}\n" for value in values)
    head = "\n! REG.EXE VERSION 3.0\n" if old else ""
    return f"{head}\n{name}\n{rows}\n" + (f"{name}\\{subkey}\n" if subkey else "")


def registry_of(csrss: str, *, old: bool, view: bool) -> dict[str, str]:
    """What reg.exe answers; only Windows before Vista gets a size of the view."""
    memory = [("ClearPageFileAtShutdown", "REG_DWORD", "0x0"), ("NonPagedPoolSize", "REG_DWORD", "0x0"), ("PagedPoolSize", "REG_DWORD", "0x0"), ("SystemPages", "REG_DWORD", "0x0")]  # fmt: skip
    memory += [("SessionViewSize", "REG_DWORD", "0x30"), ("SessionPoolSize", "REG_DWORD", "0x10")] if view else []
    switches = [("AppInit_DLLs", "REG_SZ", ""), ("DesktopHeapLogging", "REG_DWORD", "0x1"), ("GDIProcessHandleQuota", "REG_DWORD", "0x2710"), ("USERProcessHandleQuota", "REG_DWORD", "0x2710")]  # fmt: skip
    hive = "HKEY_LOCAL_MACHINE\\"
    return {
        rf'reg query "HKLM\{queries.SUBSYSTEMS}"': key(hive + queries.SUBSYSTEMS, ("Debug", "REG_EXPAND_SZ", ""), ("Required", "REG_MULTI_SZ", r"Debug\0Windows\0"), ("Windows", "REG_EXPAND_SZ", csrss), old=old, subkey="CSRSS"),
        rf'reg query "HKLM\{queries.MEMORY}"': key(hive + queries.MEMORY, *memory, old=old, subkey="PrefetchParameters"),
        rf'reg query "HKLM\{queries.SWITCHES}"': key(hive + queries.SWITCHES, *switches, old=old),
        queries.START_OPTIONS.text: key(hive + queries.CONTROL, ("SystemStartOptions", "REG_SZ", "FASTDETECT" if old else " NOEXECUTE=OPTOUT"), old=old),
    }  # fmt: skip


def exported(name: str, *values: tuple[str, str]) -> str:
    return f"[HKEY_LOCAL_MACHINE\\{name}]\n" + "".join(f'"{value}"={data}\n' for value, data in values) + "\n"


def hex_2(text: str) -> str:
    """A REG_EXPAND_SZ of REGEDIT4: ANSI bytes, in lines of at most 80 characters."""
    data = [f"{byte:02x}" for byte in (text + "\0").encode("ascii")]
    lines = [",".join(data[at : at + 25]) for at in range(0, len(data), 25)]
    return "hex(2):" + ",\\\n  ".join(lines)


BOOT_INI = '[boot loader]\ntimeout=30\ndefault=multi(0)disk(0)rdisk(0)partition(1)\\WINDOWS\n[operating systems]\nmulti(0)disk(0)rdisk(0)partition(1)\\WINDOWS="Windows" /fastdetect\n'
BCD = "\nWindows Boot Loader\n-------------------\nidentifier              {current}\ndevice                  partition=C:\npath                    \\Windows\\system32\\winload.exe\ndescription             Windows Server\nnx                      OptOut\n"
BOOTED = (as_text(6005, "EventLog", "2026-11-04T05:24:54.000", "The Event log service was started."), as_text(6009, "EventLog", "2026-11-04T05:24:54.000", "Microsoft (R) Windows (R) 6.01. 7601 Service Pack 1 Multiprocessor Free.", 1))  # fmt: skip
OLD_EVENTS = {
    'dumpel -t -l System -m "Service Control Manager" -e 7000 7009 7011': "11/15/2026\t6:00:30 PM\t1\t0\t7009\tService Control Manager\tN/A\tTS01\t30000 Widget\n",
    "dumpel -t -l System -m Srv -e 2019 2020": "11/15/2026\t6:00:40 PM\t1\t0\t2020\tSrv\tN/A\tTS01\t\n",
    'dumpel -t -l System -m "Application Popup" -e 26': "11/15/2026\t6:00:50 PM\t4\t0\t26\tApplication Popup\tN/A\tTS01\tcmd.exe - DLL Initialization Failed\n",
}
SERVICE_EVENT = "Timeout (30000 milliseconds) waiting for the Widget service to connect."


def of_shell(kind: str) -> dict[str, str | bytes]:
    """What the commands of a prompt print on this kind of Windows; an event 243 in the boot of the capture, where there are events."""
    if kind in (NT4, W2000):
        ver = "Windows NT Version 4.0" if kind == NT4 else "Microsoft Windows 2000 [Version 5.00.2195]"
        told: dict[str, str | bytes] = {
            "ver": f"\n{ver}\n",
            r"type C:\boot.ini": BOOT_INI,
            "dumpel -t -l System -m EventLog -e 6005 6009": "11/4/2026\t5:24:54 AM\t4\t0\t6009\tEventLog\tN/A\tTS01\t5.0. 2195 Service Pack 4 Uniprocessor Free\n",
            queries.DUMPEL.text: "11/15/2026\t6:00:00 PM\t2\t0\t243\tWin32k\tN/A\tTS01\t\n",
        } | OLD_EVENTS
        return told | {query.text: "" for query in QUERIES if query.text.startswith("regedit")}
    shared = {"tasklist /svc": TASKS, "query session": sessions_listed("console" if kind == XP else "services")}
    uptime = "System Up Time:            12 Days, 4 Hours, 5 Minutes, 6 Seconds\n"
    if kind == XP:
        script = r"cscript //nologo %windir%\system32\eventquery.vbs /L System /V /FO LIST "
        none = "INFO: No records available for the 'system' log with the specified criteria.\n"
        events = {
            "243": eventquery(243, "Win32k", "Warning", "11/15/2026 6:00:00 PM", "A desktop heap allocation failed."),
            "244": none,
            "6009": eventquery(6009, "EventLog", "Information", "11/4/2026 5:24:54 AM", STARTED_2003),
            "7000": none,
            "7009": eventquery(7009, "Service Control Manager", "Error", "11/15/2026 6:00:30 PM", SERVICE_EVENT),
            "7011": none,
            "2019": none,
            "2020": eventquery(2020, "Srv", "Error", "11/15/2026 6:00:40 PM", "The server was unable to allocate from the system paged pool because the pool was empty."),
            "26": eventquery(26, "Application Popup", "Information", "11/15/2026 6:00:50 PM", "Application popup: cmd.exe - Application Error : The application failed to initialize properly (0xc0000142). Click on OK to terminate the application."),
            "1009": eventquery(1009, "W3SVC", "Warning", "11/15/2026 6:00:55 PM", "A process serving application pool 'P' terminated unexpectedly. The process id was '2216'. The process exit code was '0x80'."),
        }  # fmt: skip
        return {
            "ver": "\nMicrosoft Windows [Version 5.2.3790]\n",
            "systeminfo": summary("Microsoft(R) Windows(R) Server 2003, Enterprise Edition", "5.2.3790 Service Pack 2 Build 3790", "X86", uptime),
            r"type C:\boot.ini": BOOT_INI,
            **{f'{script}/FI "ID eq {number}"': text for number, text in events.items()},
            f"{script}/R -1": eventquery(6005, "EventLog", "Information", "3/9/2026 7:05:33 AM", "The Event log service was started."),
            r"reg query HKLM\SYSTEM\CurrentControlSet\Services\W3SVC\Parameters /v UseSharedWPDesktop": "\nERROR: The system was unable to find the specified registry key or value.\n",
            queries.CSRSS_BY_WMIC.text: utf_16(f"CommandLine  \n{CSRSS[XP]}  \n{CSRSS[XP]}  \n\n"),
            queries.OWNERS_BY_WMIC.text: utf_16(OWNERS_TABLE),
            **registry_of(CSRSS[XP].replace(r"C:\WINDOWS", "%SystemRoot%"), old=True, view=True),
            **shared,
        }  # fmt: skip
    name, version = ("Microsoft Windows Server 2008 R2 Enterprise", "6.1.7601 Service Pack 1 Build 7601") if kind == VISTA else ("Microsoft Windows Server 2019 Standard", "10.0.17763 N/A Build 17763")  # fmt: skip
    def xml(query: queries.Query, *events: str) -> dict[str, str]:
        return {query.text: "".join(events)}

    others = {query.topic: query for query in QUERIES if VISTA in query.on and query.topic.endswith("events") and query.topic != queries.EVENTS}
    return {
        "ver": f"\nMicrosoft Windows [Version {version.partition(' ')[0]}]\n",
        "systeminfo": summary(name, version, "x64", "System Boot Time:          11/4/2026, 5:24:54 AM\n"),
        "bcdedit /enum {current}": BCD,
        queries.WEVTUTIL.text: as_xml(243, "Win32k", "2026-11-15T18:00:00.120000000Z", compose.requester(0)),
        queries.OLDEST.text: as_text(6005, "EventLog", "2026-03-09T07:05:33.000", "The Event log service was started."),
        next(query.text for query in QUERIES if "/rd:true" in query.text): "".join(BOOTED).replace("6.01. 7601 Service Pack 1", "6.01. 7601 Service Pack 1" if kind == VISTA else "10.00. 17763"),
        **xml(others[queries.SERVICE_EVENTS], as_xml(7009, "Service Control Manager", "2026-11-15T18:00:30.000000000Z", SERVICE_EVENT)),
        **xml(others[queries.MEMORY_EVENTS], as_xml(2020, "Srv", "2026-11-15T18:00:40.000000000Z", "The server was unable to allocate from the system paged pool because the pool was empty.")),
        **xml(others[queries.POPUP_EVENTS], as_xml(26, "Application Popup", "2026-11-15T18:00:50.000000000Z", "Application popup: cmd.exe - Application Error : The application was unable to start correctly (0xc0000142). Click OK to close the application.")),
        **xml(others[queries.POOL_EVENTS], as_xml(5009, "Microsoft-Windows-WAS", "2026-11-15T18:00:55.000000000Z", "A process serving application pool 'P' terminated unexpectedly. The process id was '2216'. The process exit code was '0x80'.")),
        **({queries.CSRSS_BY_WMIC.text: utf_16(f"CommandLine  \n{CSRSS[VISTA]}  \n{CSRSS[VISTA]}  \n\n"), queries.OWNERS_BY_WMIC.text: utf_16(OWNERS_TABLE)} if kind == VISTA else {}),
        **registry_of(CSRSS[kind], old=False, view=False),
        **shared,
    }  # fmt: skip


POWER = {
    queries.CSRSS.text: f"{CSRSS[EIGHT]}\n{CSRSS[EIGHT]}\n",
    queries.OWNERS_OF_8.text: f"\n\n{compose.logged_on(r'CORP' + chr(92) + 'svc_sql', 149023)}\n\n",
}
OF_TOOLS = {
    "guiobjectuse.log": compose.gui(0, [("sqlservr.exe", 4712, "MSSQLSERVER", r"CORP\svc_sql", 120, 40), ("csrss.exe", 336, "", compose.LOCAL_SYSTEM, 30, 9)]),
    "tssessions.log": "This process/thread running in:\n\n    TS Session:  0\n\n    WinSta:      WinSta0\n    User:        (no user)\n    Flags:       0x00000000\n\n    Desktop:     Default\n    User:        (no user)\n    Flags:       0x00000000\n    Heap size:   20480 KB\n\n    Running as:  S-1-5-18 - NT AUTHORITY\\SYSTEM\n\nWindow stations in the current session: 2\n\n    WS name    : WinSta0\n\n      Desktops in WS WinSta0: 1\n\n        Name : Default\n          Heap size: 20480 KB\n\n    WS name    : Service-0x0-2461f$\n\n      Desktops in WS Service-0x0-2461f$: 1\n\n        Name : Default\n          Heap size: 768 KB\n\n",
}  # fmt: skip


def collected(kind: str, symptom: str | None = None) -> dict[str, bytes]:
    """The folder that comes of everything that is printed for this kind of Windows."""
    parts = files(collection(TODAY[kind], symptom))
    folder = {"collect.log": batch(parts.pop("collect.cmd"), of_shell(kind))}
    if kind in (NT4, W2000):
        windows = r"%SystemRoot%\system32\csrss.exe ObjectDirectory=\Windows SharedSection=1024,3072,512 Windows=On SubSystemType=Windows ServerDll=basesrv,1 ServerDll=winsrv:UserServerDllInitialization,3 ServerDll=winsrv:ConServerDllInitialization,2 ProfileControl=Off MaxRequestThreads=16"
        contents = {
            "subsys.reg": exported(queries.SUBSYSTEMS, ("Windows", hex_2(windows))),
            "memory.reg": exported(queries.MEMORY, ("PagedPoolSize", "dword:00000000"), ("NonPagedPoolSize", "dword:00000000"), ("SystemPages", "dword:00000000"), ("SessionViewSize", "dword:00000030")),
            "switches.reg": exported(queries.SWITCHES, ("DesktopHeapLogging", "dword:00000001"), ("USERProcessHandleQuota", "dword:00002710")),
        }  # fmt: skip
        for name, text in contents.items():
            if kind == NT4:
                folder[name] = f"REGEDIT4\n\n{text}".replace("\n", "\r\n").encode("ascii")
            else:
                wide = text.replace(hex_2(windows), '"' + windows.replace("\\", "\\\\") + '"')  # of a REG_SZ, as some have it
                folder[name] = f"Windows Registry Editor Version 5.00\n\n{wide}".replace("\n", "\r\n").encode("utf-16")
    if lines := parts.pop("PowerShell", None):
        folder["collect-ps.log"] = powershell(lines, POWER)
    for line in parts.pop("session 0", ()):
        started = re.fullmatch(r'psexec -accepteula -s -i 0 -w "%CD%" cmd /c "(?:GuiObjectUse|TSSessions) > (\S+)"', line)
        assert started, line
        folder[started[1]] = OF_TOOLS[started[1]].encode()
    for line in parts.pop("dheapmon", ()):
        if line.startswith("dheapmon -s"):
            assert line.endswith(" > dheapmon-%SESSIONNAME%.log")
            text = compose.dheapmon(0, compose.X86).partition("\n")[2]
            folder["dheapmon-Console.log"] = text.replace("\n", "\r\n").encode("ascii")
        else:
            assert line.split()[0] in ("dheapinst", "dheapmon")
    if script := parts.pop("collect.txt", None):
        folder["heaps.log"] = debugged(kind, script)
    assert not parts, "a part that nobody walked"
    return folder


HEADS = {
    XP: "Microsoft (R) Windows Debugger Version 6.12.0002.633 X86\nCopyright (c) Microsoft Corporation. All rights reserved.\n\nConnected to Windows Server 2003 3790 x86 compatible target at (Mon Nov 16 09:29:00.501 2026 (UTC + 0:00)), ptr64 FALSE\n",
}  # fmt: skip


def debugged(kind: str, script: list[str]) -> bytes:
    """The log of `$$><collect.txt`, in UTF-16 as `.logopen /u` makes it."""
    prompt = {W2000: "kd>", XP: "lkd>", VISTA: "0: kd>", EIGHT: "0: kd>"}[kind]
    debugger = Debugger(of_debugger(kind))
    text = debugger.script(script)
    assert debugger.log is None, "the log is closed in the end"
    assert text.startswith("Opened log file")
    return (text + f"{prompt} q\n").replace("\n", "\r\n").encode("utf-16")


@pytest.fixture(scope="module")
def read(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dumpscan.Analysis]:
    """Every collection, whole and for each symptom, put into a folder and read."""
    root = tmp_path_factory.mktemp("collected")
    read = {}
    for kind, symptom in product(TODAY, (None, *(one.name for one in SYMPTOMS))):
        folder = root / f"{kind}-{symptom or 'all'}"
        folder.mkdir()
        for name, content in collected(kind, symptom).items():
            (folder / name).write_bytes(content)
        if symptom is None:
            read[kind] = dumpscan.analyze(folder)
        else:
            read[f"{kind} {symptom}"] = dumpscan.analyze(folder)
    return read


def found(analysis: dumpscan.Analysis) -> set[str]:
    return compose.fired(analysis.to_dict())


def rows(analysis: dumpscan.Analysis, table: str, *columns: str) -> set[Any]:
    return {
        tuple(row[column] for column in columns) if len(columns) > 1 else row[columns[0]]
        for row in analysis.to_dict()["tables"][table]
    }


def test_no_line_of_a_collection_is_lost(read: Mapping[str, dumpscan.Analysis]) -> None:
    for name, analysis in read.items():
        told = analysis.to_dict()
        assert told["problems"] == [], name
        for one in told["inputs"]:
            lines = one["lines"]
            assert lines["total"] == sum(count for what, count in lines.items() if what != "total"), name
        assert len({row["machine"] for row in told["tables"]["captures"]}) == 1, name
        assert not [line for line in others(analysis) if not KNOWN_OTHERS.search(line)], name


# What is left over of a transcript: prompts, echoes and frames, which tell nothing.
KNOWN_OTHERS = re.compile(r"^never$")


def others(analysis: dumpscan.Analysis) -> list[str]:
    return []
