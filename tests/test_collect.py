"""`dumpscan collect`: each kind of Windows gets commands that it has, and what they print is read back without a loss."""

from __future__ import annotations

import io
import re
import sys
from collections.abc import Iterable, Mapping
from itertools import product
from typing import Any, NamedTuple

import compose
import pytest
from transcribe import Debugger, Failed, batch, files, powershell, utf_16

import dumpscan
from dumpscan import cli, platforms, queries, settling, verdict
from dumpscan.collecting import ERAS, KINDS, SYMPTOMS, asked, collection
from dumpscan.decoding import one_encoding
from dumpscan.inputs import DumpscanError
from dumpscan.machines import LISTINGS
from dumpscan.platforms import BEFORE, BEFORE_8, SINCE, SINCE_8
from dumpscan.queries import DEBUGGER, EIGHT, NT4, QUERIES, VISTA, W2000, XP
from dumpscan.reading import Reading

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
    for known_as in (one.known_as for one in KINDS):
        spelled = [form for name in known_as for form in (name, name.upper(), f"Windows {name}", f"Server {name}", f"win{name}")]  # fmt: skip
        assert {collection(form) for form in spelled} == {collection(known_as[0])}
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
    assert lines[0].startswith("$$ dumpscan collect") and all(
        ";" not in line for line in lines if line.startswith("$$")
    )
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
    assert "!dskheap -s" not in "".join(map("".join, files(collection("10", "tool-failed")).values()))
    assert "!vm 4" in collection("10", "memory")


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
X86_USER: list[compose.Heap] = [(compose.DEFAULT, 3072, 12), (compose.DISCONNECT, 64, 4), (compose.WINLOGON, 128, 9)]
X64_USER: list[compose.Heap] = [(compose.DEFAULT, 20480, 3), (compose.DISCONNECT, 96, 4), (compose.WINLOGON, 192, 4)]
HEAPS: dict[str, dict[int, list[compose.Heap]]] = {
    XP: {0: compose.X86, 3: X86_USER},
    VISTA: {0: compose.VISTA, 3: X64_USER},
}
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
OLD_EVENTS: dict[str, str | bytes] = {
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
            **OLD_EVENTS,
        }
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

    others = {
        query.topic: query
        for query in QUERIES
        if VISTA in query.on and query.topic.endswith("events") and query.topic != queries.EVENTS
    }
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
                wide = text.replace(
                    hex_2(windows), '"' + windows.replace("\\", "\\\\") + '"'
                )  # of a REG_SZ, as some have it
                folder[name] = f"Windows Registry Editor Version 5.00\n\n{wide}".replace("\n", "\r\n").encode("utf-16")
    if lines := parts.pop("PowerShell", None):
        folder["collect-ps.log"] = powershell(lines, POWER)
    for line in parts.pop("session 0", ()):
        started = re.fullmatch(
            r'psexec -accepteula -s -i 0 -w "%CD%" cmd /c "(?:GuiObjectUse|TSSessions) > (\S+)"', line
        )
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


class Read(NamedTuple):
    """A collection that was read: the answer, and the lines that belong to nothing."""

    told: dict[str, Any]
    left_over: list[str]


def _left_over(readings: Iterable[Reading], content: Mapping[str, bytes]) -> list[str]:
    left = []
    for one in readings:
        spans = [(span.first, span.last) for some in (one.captures, one.single) for span in some]
        taken = {line for first, last in spans for line in range(first, last + 1)}
        text = _text(content[one.file], str(one.encoding))
        assert len(text) == one.lines["total"]
        left += [line for number, line in enumerate(text, 1) if number not in taken and line.strip()]
    return left


def _text(raw: bytes, encoding: str) -> list[str]:
    if encoding.startswith("mixed") and (mended := one_encoding(io.BytesIO(raw), len(raw), "utf-8")):
        raw, encoding = mended[0].getvalue(), "utf-8"
    wide = "utf-16" if encoding.startswith("utf-16") else "utf-8-sig"
    lines = re.split(r"\r\n|\r|\n", raw.decode(wide))
    return lines[:-1] if lines[-1] == "" else lines


@pytest.fixture(scope="module")
def read(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, str | None], Read]:
    """Every collection, whole and for each symptom, put into a folder each and read in one analysis."""
    root = tmp_path_factory.mktemp("collected")
    every = {
        f"{kind} {symptom}": (kind, symptom)
        for kind, symptom in product(TODAY, (None, *(one.name for one in SYMPTOMS)))
    }
    contents = {case: collected(*key) for case, key in every.items()}
    for case, content in contents.items():
        (root / case).mkdir()
        for name, raw in content.items():
            (root / case / name).write_bytes(raw)
    analysis = dumpscan.analyze_cases({case: root / case for case in every})
    return {
        key: Read(
            analysis.to_dict(case),
            _left_over((one for one in analysis.readings if one.case == case), contents[case]),
        )
        for case, key in every.items()
    }


# What is left over of a transcript: what was typed, the frames of logs, and details that tell nothing here.
FRAMES = re.compile(
    r"(?:PS )?C:\\collect>|Processor\(s\): |-{78}$|Listing the events in 'system' log|INFO: No records available"
    r"|Opened log file|Closing open log file|Implicit process is now|\.cache forcedecode|Loading User Symbols|\.{14}$"
    r"|PEB at |    (?:InheritedAddressSpace|ImageBaseAddress|WindowTitle|ImageFile|DllPath): "
    r"|\*{22}$|Windows PowerShell transcript|(?:Start|End) time: |(?:RunAs )?User(?:name)?: |Machine: |Host Application: |Process ID: |PSVersion: |Transcript started"
)


def test_no_line_of_a_collection_is_lost(read: Mapping[Any, Read]) -> None:
    for name, (told, left_over) in read.items():
        assert told["problems"] == [], name
        assert len({row["machine"] for row in told["tables"]["captures"]}) == 1, name
        assert [line for line in left_over if not FRAMES.match(line)] == [], name


def rows(told: dict[str, Any], table: str, *columns: str) -> set[Any]:
    return {tuple(row[column] for column in columns) for row in told["tables"][table]}


REGISTERED = {("DesktopHeapLogging", 1), ("USERProcessHandleQuota", 10000)}
SIZES_X86, SIZES_X64 = (1024, 3072, 512), (1024, 20480, 768)
KERNEL = {("view_space", 49152), ("paged_pool", 16384)}


@pytest.mark.parametrize("kind", TODAY)
def test_every_fact_that_was_answered_is_in_the_tables(read: Mapping[Any, Read], kind: str) -> None:
    told, old, sizes = (
        read[kind, None].told,
        kind in (NT4, W2000),
        SIZES_X86 if kind in queries.BEFORE_VISTA else SIZES_X64,
    )
    builds = {NT4: 1381, W2000: 2195, XP: 3790, VISTA: 7601, EIGHT: 17763}
    assert rows(told, "systems", "build") == {(builds[kind],)}
    assert rows(told, "registry_values", "name", "number") >= REGISTERED - ({("GDIProcessHandleQuota", 10000)} if old else set())  # fmt: skip
    assert (("SessionViewSize", 48) in rows(told, "registry_values", "name", "number")) == (
        kind in queries.BEFORE_VISTA
    )
    stored = rows(told, "shared_sections", "shared_kb", "interactive_kb", "non_interactive_kb", "in_force")
    assert stored == {(*sizes, False)} | (set() if kind == NT4 else {(*sizes, True)})
    events = rows(told, "events", "source", "event_id")
    assert {("Win32k", 243), ("EventLog", 6009)} <= events
    assert old or ("EventLog", 6005) in events, "the oldest record"
    assert (None,) not in rows(told, "events", "time")
    if kind in (W2000, XP):
        assert KERNEL | {("view_space", 49152), ("paged_pool", 32768)} == rows(told, "session_limits", "limit", "kb")
    if kind in queries.BEFORE_VISTA:
        assert ("FASTDETECT",) in rows(told, "boot_options", "option")
    if kind == XP:
        assert ("SystemStartOptions",) in rows(told, "boot_options", "origin")
    if kind in (VISTA, EIGHT):
        assert ("NX",) in rows(told, "boot_options", "option") or ("NOEXECUTE",) in rows(told, "boot_options", "option")
    if kind != NT4:
        assert rows(told, "session_memory", "session") == {(0,), (3,)}
        assert ("Commit limit", 202280) in rows(told, "memory_counters", "label", "kb")
        assert ("Mon Nov 16 09:30:00.123 2026 (UTC + 0:00)", "12 days 4:05:06.700") in rows(told, "systems", "session_time", "uptime")  # fmt: skip
    if kind == W2000:
        assert ("nt", "5.0.2195.6992") in rows(told, "modules", "name", "version")
    if kind in HEAPS:
        listed = {(session, path, kb) for session, heaps in HEAPS[kind].items() for path, kb, _ in heaps}
        assert rows(told, "desktop_heaps", "session", "desktop_path", "size_kb") == listed
        assert all(row["state"] == "whole" for row in told["tables"]["captures"] if row["command"] in LISTINGS)
    if kind in queries.WITH_REG:
        assert {0, 3} <= {session for (session,) in rows(told, "desktop_owners", "session")}
        assert 65536 not in {session for (session,) in rows(told, "desktop_owners", "session")}
        assert ("2461f", r"CORP\svc_sql") in rows(told, "logon_sessions", "luid", "account")
        assert (4712, "MSSQLSERVER") in rows(told, "gui_objects", "pid", "services")
    if kind == EIGHT:
        assert (0, 4712, 120) in rows(told, "gui_objects", "session", "pid", "user_objects")
        assert (0, r"Service-0x0-2461f$\Default", 768) in rows(told, "desktop_heaps", "session", "desktop_path", "size_kb")  # fmt: skip


# Nothing prints these there: no tool counts USER objects before Windows 8, and from then on !dskheap fails, as it does in these transcripts.
UNKNOWABLE = {
    NT4: {"how full the desktop heaps are", "the limit of session view space", "the SharedSection values in force", "commit, pools and free system PTEs", "USER objects by process"},
    W2000: {"USER objects by process"},
    XP: {"USER objects by process"},
    VISTA: {"USER objects by process"},
    EIGHT: {"how full the desktop heaps are"},
}  # fmt: skip
# Rules that ask for evidence which is not there.
ASKING = {"configuration-not-shown", "session-view-limit-unknown", "evidence-incomplete", "events-prove-nothing", "symptom-unmeasured", "windows-contradictory", "configuration-differs", "heap-logging-off", "platform-from-sizes", "young-boot"}  # fmt: skip


@pytest.mark.parametrize("kind", TODAY)
def test_nothing_is_asked_for_that_was_collected(read: Mapping[Any, Read], kind: str) -> None:
    told = read[kind, None].told
    assert set(told["verdict"]["facts"]["missing"]) == UNKNOWABLE[kind]
    assert compose.fired(told) & ASKING == set()
    assert ("tool-failed" in compose.fired(told)) == (kind == EIGHT)
    # The event 243 of these transcripts is explained by none of their heaps: so the same is to be collected while it fails.
    again = [step for step in told["verdict"]["next"] if "once more while it fails" not in step["why"]]
    assert again == [] or told["verdict"]["reason"] == verdict.WRONG_SCOPE, again


EXTRA = {
    "service-start": {("Service Control Manager", 7009)},
    "print": {("Service Control Manager", 7009)},
    "session-view": {("Srv", 2020)},
    "memory": {("Srv", 2020)},
    "program-start": {("Application Popup", 26)},
    "logon": {("Application Popup", 26), ("Srv", 2020)},
}


def test_what_a_symptom_adds_is_read_too(read: Mapping[Any, Read]) -> None:
    for (kind, symptom), (told, _) in read.items():
        extra = rows(told, "events", "source", "event_id") - {("Win32k", 243), ("EventLog", 6005), ("EventLog", 6009)}
        wanted = EXTRA.get(symptom or "", set())
        if symptom == "iis" and kind in queries.WITH_REG:
            wanted = {("W3SVC", 1009)} if kind == XP else {("Microsoft-Windows-WAS", 5009)}
        assert extra == wanted, (kind, symptom)
    asked_for = [row for row in read[XP, "iis"].told["tables"]["registry_values"] if row["name"] == "UseSharedWPDesktop"]  # fmt: skip
    assert [(row["text"], row["number"]) for row in asked_for] == [(None, None)], "that it is not set is told, too"


LIVEKD = """
LiveKd v5.63 - Execute kd/windbg on a live system
Sysinternals - www.sysinternals.com
Copyright (C) 2000-2020 Mark Russinovich and Ken Johnson

Launching C:\\dbg\\kd.exe:

Microsoft (R) Windows Debugger Version 10.0.19041.1 AMD64
Copyright (c) Microsoft Corporation. All rights reserved.


Loading Dump File [C:\\Windows\\livekd.dmp]
Kernel Complete Dump File: Full address space is available

Comment: 'LiveKD live system view'
Symbol search path is: srv*
Executable search path is:
"""


def test_a_script_that_is_pasted_line_by_line_says_the_same(read: Mapping[Any, Read]) -> None:
    """Then the log repeats each line; LiveKd has a head above, and its driver has no symbols."""
    pasted = {}
    for kind, prompt in ((XP, "lkd>"), (VISTA, "0: kd>")):
        answers = of_debugger(kind)
        noise = "*** ERROR: Module load completed but symbols could not be loaded for LiveKdD.SYS\n"
        answers |= {
            text: noise + told for text, told in answers.items() if text.startswith("!dskheap") and kind == VISTA
        }
        pasted[kind] = (LIVEKD if kind == VISTA else "") + Debugger(answers).pasted(
            SOURCES[kind]["collect.txt"], prompt
        )
    for kind, told in compose.documents(pasted).items():
        assert told["problems"] == []
        for table in ("desktop_heaps", "session_limits", "shared_sections", "session_memory", "boot_options"):
            whole = {
                tuple(
                    row[name]
                    for name in row
                    if name not in ("case", "file", "line", "snapshot", "machine", "superseded")
                )
                for row in told["tables"][table]
            }
            scripted = {
                tuple(
                    row[name]
                    for name in row
                    if name not in ("case", "file", "line", "snapshot", "machine", "superseded")
                )
                for row in read[kind, None].told["tables"][table]
                if row["file"] == "heaps.log"
            }
            assert whole == scripted, (kind, table)
        assert told["verdict"]["mode"] == "no-sign"


# ------------------------------------------------------------------------------------------------ many dumps


def dumped(kind: str, name: str) -> bytes:
    """The log of one dump as `kd -z X -logou LOG -c "$$><collect.txt"` writes it: no command is repeated."""
    answers: dict[str, str] = dict(of_debugger(kind))
    if kind in (VISTA, EIGHT):
        for symbol in ("dd nt!MmSessionViewSize L1", "dd nt!MmSessionPoolSize L1", "dp nt!MmHighestUserAddress L1"):
            answers[symbol] = Failed(f"Couldn't resolve error at '{symbol.partition(' ')[2]} '\n")
    head = f"Opened log file 'D:\\dumps\\logs\\{name}.part'\n\nMicrosoft (R) Windows Debugger Version 10.0.22621.382 AMD64\nCopyright (c) Microsoft Corporation. All rights reserved.\n\n\nLoading Dump File [D:\\dumps\\{name}]\nKernel Complete Dump File: Full address space is available\n\nSymbol search path is: srv*\nExecutable search path is: \n"
    head += BANNERS[kind] + MOMENT + "Loading Kernel Symbols\n...............\n0: kd> kd: Reading initial command '$$><collect.txt'\n"  # fmt: skip
    return (head + Debugger(answers).script(files(collection(dumps=True))["collect.txt"])).replace("\n", "\r\n").encode("utf-16")  # fmt: skip


def test_the_logs_of_many_dumps_are_read() -> None:
    analysis = dumpscan.analyze_cases({kind: dumped(kind, f"{kind}.DMP") for kind in (XP, VISTA, EIGHT)})
    for kind in (XP, VISTA, EIGHT):
        told = analysis.to_dict(kind)
        assert told["problems"] == []
        assert [row["kb"] for row in told["tables"]["session_limits"]].count(49152) == (2 if kind == XP else 0)
        assert rows(told, "shared_sections", "in_force") == {(True,)}
        assert rows(told, "session_memory", "session") == {(0,), (3,)}
        assert told["verdict"]["mode"] == ("undecided" if kind == EIGHT else "no-sign")
        if kind in HEAPS:
            assert {session for (session,) in rows(told, "desktop_heaps", "session")} == {0, 3}


def test_one_symbol_that_is_missing_does_not_end_a_script() -> None:
    """Uncaught, it does: the check that the test itself can fail."""
    answers = of_debugger(XP) | {
        "dd nt!MmSessionViewSize L1": Failed("Couldn't resolve error at 'nt!MmSessionViewSize L1 '\n")
    }
    lines = SOURCES[XP]["collect.txt"]
    assert "Session ID:  3" in Debugger(answers).script(lines)
    bare = [line.removeprefix(".catch { ").removesuffix(" }") if "ViewSize" in line else line for line in lines]
    assert "Session ID:  3" not in Debugger(answers).script(bare)


def test_sessions_are_listed_however_many_there_are() -> None:
    """Also where the list is wrapped, or cannot be read at all (Server 2025)."""
    numbers = [0, 1, 4, 12, 17, 65]
    answers = of_debugger(XP) | {f"!session -s {number}": "" for number in numbers} | {f"!dskheap -s {number}": "" for number in numbers}  # fmt: skip
    answers["!session"] = "Sessions on machine: 6\nValid Sessions: 0 1 4 12\n17 65\nCurrent Session 4\n"
    debugger = Debugger(answers)
    debugger.script(SOURCES[XP]["collect.txt"])
    assert [text for text in debugger.asked if "dskheap" in text] == [f"!dskheap -s {number}" for number in numbers]
    answers["!session"] = "Error reading bitmap header @ 0x0000000000000400.\nError in reading current session\n"
    debugger = Debugger(answers)
    assert "CommandLine:" in debugger.script(SOURCES[XP]["collect.txt"])
    assert not any("dskheap" in text for text in debugger.asked)


@pytest.mark.parametrize("name", [None, *list(TODAY.values())[1:]])
def test_the_loop_resumes_and_gives_up(name: str | None) -> None:
    parts = files(collection(name, dumps=True))
    loop, script = "\n".join(parts["PowerShell"]), parts["collect.txt"]
    for needed in ("kd.exe", "-z \"{0}\"", "-y srv*", "-logou \"{1}\"", '-c "$$><collect.txt"', "Test-Path -LiteralPath $log) { return }", ".WaitForExit(", ".Kill()", "Move-Item -LiteralPath $part $log"):  # fmt: skip
        assert needed in loop, needed
    assert loop.index("Test-Path") < loop.index("Start-Process") < loop.index("WaitForExit") < loop.index("Move-Item")
    assert loop.count("{") == loop.count("}") and loop.count("(") == loop.count(")")
    assert not any(line.startswith(".logopen") for line in script), "the log is open already, and would be left"
    wanted = queries.XP if name is None else next(kind.name for kind in KINDS if name in kind.known_as)
    assert set(script[1:-1]) == {query.text for query in QUERIES if query.where == DEBUGGER and wanted in query.on}


@pytest.mark.parametrize("symptom", [None, "heap"])
def test_where_a_dump_tells_nothing_there_is_no_loop(symptom: str | None) -> None:
    with pytest.raises(DumpscanError, match="no command tells of desktop heaps in a dump of Windows NT"):
        collection("nt4", symptom, dumps=True)


def test_a_symptom_narrows_the_script_for_dumps() -> None:
    heap, memory = (files(collection("2003", one, dumps=True))["collect.txt"] for one in ("heap", "memory"))
    assert "!dskheap" in "".join(heap) and "!vm 4" not in heap
    assert "!vm 4" in memory and "!dskheap" not in "".join(memory)


# ------------------------------------------------------------------------------------------- what is asked elsewhere

NOTHING: dict[str, Any] = dict.fromkeys(
    ("session_limits", "memory_counters", "shared_sections", "desktop_heaps", "gui_objects", "tool_failures", "session_memory", "desktop_owners"), ()
)  # fmt: skip
PLATFORMS = {
    NT4: {"era": BEFORE, "generation": BEFORE_8, "architecture": "x86", "build": 1381},
    W2000: {"era": BEFORE, "generation": BEFORE_8, "architecture": "x86", "build": platforms.W2K},
    XP: {"era": BEFORE, "generation": BEFORE_8, "architecture": "x86", "build": 3790},
    VISTA: {"era": SINCE, "generation": BEFORE_8, "architecture": "x64", "build": 7601},
    EIGHT: {"era": SINCE, "generation": SINCE_8, "architecture": "x64", "build": 17763},
}
MODES: list[tuple[str, str | None]] = [(mode, None) for mode in (verdict.HEAP_FULL, verdict.VIEW_EXHAUSTED, verdict.BOTH, verdict.AT_RISK, verdict.NO_SIGN)]  # fmt: skip
MODES += [(verdict.UNDECIDED, reason) for reason in (*verdict.DOUBTS, verdict.NO_EVIDENCE)]


@pytest.mark.parametrize(("kind", "mode"), [*product(TODAY, MODES)], ids=str)
def test_no_answer_asks_for_what_collect_would_not_print(kind: str, mode: tuple[str, str | None]) -> None:
    worst = {"machine": "m", "mode": mode[0], "reason": mode[1]}
    printed = "\n".join(line for lines in SOURCES[kind].values() for line in lines)
    assert settling.kind_of(PLATFORMS[kind]) == kind
    steps = settling.steps(worst, PLATFORMS[kind], (), NOTHING, {"evidence-incomplete": []})
    assert steps or kind == NT4
    for step in steps:
        command = re.sub("!dskheap -s [0-9]+", "!dskheap -s ${N}", step["command"]).replace(queries.COUNTERS, "!vm 4")
        assert command in printed, (kind, command)


def test_an_unknown_windows_is_asked_for_all_that_it_may_have() -> None:
    unknown = {"era": None, "generation": None, "architecture": None, "build": None}
    assert settling.kind_of(unknown) is None
    assert settling.kind_of(unknown | {"era": BEFORE}) is None, "Windows 2000 has no !dskheap, but is not told"
    assert all(queries.runs_on(query.text, None) for query in QUERIES)
    assert not queries.runs_on("no such command", EIGHT)


# ------------------------------------------------------------------------------------------------ the command line


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ((), 0),
        (("--windows", "2003"), 0),
        (("--windows", "2022", "--for", "243"), 0),
        (("--dumps",), 0),
        (("--dumps", "--windows", "7", "--for", "session-view"), 0),
        (("--windows", "95"), 2),
        (("--for", "sadness"), 2),
        (("--dumps", "--windows", "nt4"), 2),
        (("--everything",), 2),
    ],
    ids=str,
)
def test_collect_on_the_command_line(
    arguments: tuple[str, ...], code: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["dumpscan", "collect", *arguments])
    with pytest.raises(SystemExit) as left:
        cli.main()
    told = capsys.readouterr()
    assert (left.value.code or 0, bool(told.out), bool(told.err)) == (code, code == 0, code != 0)
    assert "Traceback" not in told.err


def test_the_help_names_every_windows_and_symptom(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["dumpscan", "collect", "--help"])
    with pytest.raises(SystemExit):
        cli.main()
    words = re.split(r"[\s,.()]+", capsys.readouterr().out)
    assert {name.removeprefix("8.") for name in ERAS} | {one.name for one in SYMPTOMS} <= {*words, "1"}
