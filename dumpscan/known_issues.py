"""Known issues: what Microsoft and the field wrote down about symptoms that a text can show, as one table.

Each row tells in our own words what an article is about, whether that is a desktop heap, session view space or something that only looks like
it, which symptoms betray it, on which Windows, and what to do. A symptom in `signs` counts on any Windows that is not known to be another one; one in `weak` has so many causes
that it counts only where the machine is known to be one of the article's.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from dumpscan.machines import machine_keys
from dumpscan.platforms import BEFORE, BEFORE_8, EIGHT, FIRST_BUILD, LAST_BUILD, MACHINE, NT4, SINCE, SINCE_8, VISTA
from dumpscan.rules import CAUSE, FUTILE, NOW, REBOOT
from dumpscan.symptoms import BY_SIGNATURE, ORDER

if TYPE_CHECKING:
    import pandas as pd

HEAP, VIEW, ALIKE = "desktop heap", "session view space", "look-alike"
NT4_TO_XP = (FIRST_BUILD, VISTA - 1)


class Gate(NamedTuple):
    """The machines that an issue is for. Each limit is inclusive; what is not printed leaves it open."""

    builds: tuple[int, int] = (FIRST_BUILD, LAST_BUILD)
    service_packs: tuple[int, int] | None = None
    processors: int = 1  # at least
    kernel: str | None = None  # the version that mends it


class Issue(NamedTuple):
    """One article, or one thing that the field knows."""

    article: str
    kind: str
    what: str  # a sentence: what happens
    signs: tuple[str, ...]
    do: tuple[tuple[str, str], ...]
    gate: Gate = Gate()
    applies: str = ""  # the gate in words: "It applies to ..."
    weak: tuple[str, ...] = ()
    related: tuple[str, ...] = ()
    unproved: bool = False  # nobody showed it beyond doubt: never more than possible


_BEFORE_VISTA = "Windows older than Vista"
_NT4 = "Windows NT 4.0 and older"
_SHARED = (
    "Give these services or servers one account where they may share it: each logon of its own costs a desktop heap."
)
_POPUPS = ("dll-initialization-failure", "dynamic-link-library-failed")

ISSUES = (
    Issue(
        "Q217202", VIEW,
        "For each user under whom IIS starts CGI programs or applications out of process it makes a desktop, until no room for another heap is left",
        ("cgi-headers-incomplete",),
        (
            (NOW, "Look what follows the message about the headers. Text there (cannot open a script, access is denied, cannot load a DLL) is the script's own "
                  "failure, and nothing of this applies; nothing there, now and then, with many users fits."),
            (NOW, "Count the users under whom CGI programs and packages run, and let them share one where they may."),
            (REBOOT, "Where SharedSection has two values only, add the third: without it each of these desktops takes the second value, 3,072 KB. 512 is the usual third, 128 the least."),
            (FUTILE, "A larger third SharedSection value alone: fewer desktops fit then."),
        ),
        Gate(NT4_TO_XP), _BEFORE_VISTA + " (the article is of NT 4.0)", weak=("oop-application-failed",), related=("Q142676", "Q156484"),
    ),
    Issue(
        "Q156484", HEAP,
        "Console programs that a service starts die while they start, with exit code 128 that the service often does not see; on several processors each such end can leak desktop heap",
        ("no-child-processes",),
        (
            (NOW, "Ask whether it began at a certain number of children: if the first one fails every time, it is access to the desktop and not room on it."),
            (CAUSE, "Start fewer children at a time, or let them live longer; DETACHED_PROCESS saves the console window."),
            (REBOOT, "Where SharedSection has two values only, add the third (512): services then no longer take 3,072 KB a desktop."),
        ),
        Gate((FIRST_BUILD, NT4)), _NT4, weak=("exit-code-128", "dll-init-failed"), related=("Q142676", "Q175687"),
    ),
    Issue(
        "Q142676", HEAP,
        "user32.dll cannot be initialized in a new process, because the desktop heap of services is used up or no heap for another desktop fits",
        _POPUPS,
        (
            (NOW, "Stop one service under an account of its own and try again: if the other one starts then, it is the room for all heaps and not a single one."),
            (REBOOT, "Where SharedSection has two values only, add the third: with 512 about 90 services under accounts of their own fit into the 48 MB of NT 4.0, with 3,072 about 16 desktops in all."),
            (FUTILE, "Writing the whole value anew instead of changing its digits: one that ends in MaxRequestThreads without =16 freezes the machine at the next message box (Q187704, Q256137)."),
        ),
        Gate((FIRST_BUILD, NT4)), _NT4, related=("KB 184802", "Q187704", "Q256137"),
    ),
    Issue(
        "Q175687", HEAP,
        "Threads that start processes at the same time make win32k.sys lose a reference count: desktop heap leaks, or a blue screen 0x1E or 0x0A follows",
        ("no-child-processes", "stop-1e-0a-win32k"),
        (
            (NOW, "Look for the Service Pack and the number of processors (winver, winmsd): both decide."),
            (CAUSE, "Install Service Pack 4 of Windows NT 4.0 or later."),
            (FUTILE, "Larger heaps: a leak fills them, too."),
        ),
        Gate((NT4, NT4), (0, 3), 2), "Windows NT 4.0 before Service Pack 4 with several processors",
        weak=("exit-code-128", "dll-init-failed", *_POPUPS), related=("Q156484",),
    ),
    Issue(
        "Q158308", HEAP,
        "The services of Exchange under an account of their own each take a desktop of 3 MB; the eighth finds no room",
        ("error-2186",),
        (
            (REBOOT, 'Add the third SharedSection value (",512"): without it each desktop of a service takes the second value, 3,072 KB.'),
            (CAUSE, _SHARED),
            (FUTILE, "To raise the second value: each of these services takes it."),
        ),
        Gate((FIRST_BUILD, NT4)), "Windows NT 4.0 with Exchange", weak=("service-did-not-respond",), related=("Q142676", "Q187704"),
    ),
    Issue(
        "Q266129", HEAP,
        "A desktop heap is damaged, not used up: win32k.sys of December 1999 mends it",
        ("stop-50-fffffff8",),
        ((CAUSE, "Install the win32k.sys of this article (December 1999) or a later one."), (FUTILE, "Larger heaps: there was room.")),
        Gate((NT4, NT4), processors=2), "Windows NT 4.0 with several processors",
    ),
    Issue(
        "Q126962", HEAP,
        "Windows NT says that it is out of memory where memory is free: the desktop heap is used up by windows and menus",
        ("visual-basic-out-of-memory",),
        ((NOW, "Close windows and programs of that desktop and try again; what helps at once was the heap."), (REBOOT, "Raise the SharedSection value of that desktop by one step.")),
        Gate((FIRST_BUILD, NT4)), _NT4, weak=("out-of-memory",), related=("KB 184802",),
    ),
    Issue(
        "KB 831135", VIEW,
        "Each identity of an application pool gets a desktop; with many of them no room for another heap is left, and worker processes end with 0x80",
        ("app-pool-exit-0x80",),
        (
            (NOW, "Give the pools one of the predefined identities (Network Service): those never made a desktop of their own."),
            (NOW, "Check that the identity is in IIS_WPG: without its rights a worker process ends the same way."),
            (REBOOT, "Where pools may trust one another: UseSharedWPDesktop = 1 (IIS 6 only). It took a restart of the machine, iisreset was not enough."),
            (FUTILE, "A larger third SharedSection value: fewer identities fit then."),
        ),
        Gate((3790, 3790)), "IIS 6 on Server 2003", weak=("iis-service-unavailable", "asp-0177"), related=("KB 840342",),
    ),
    Issue(
        "Q268550", VIEW,
        "A COM server with the identity of the launching user gets a process and a desktop for each client that starts it",
        ("class-does-not-exist",),
        (
            (NOW, "Set the identity of the server to one account (dcomcnfg, This user): all clients share one process and one desktop then."),
            (CAUSE, "Count the servers: about 50 under one account filled a heap of 512 KB on Windows XP; the interactive user was not affected."),
        ),
        Gate(NT4_TO_XP), _BEFORE_VISTA, weak=("server-execution-failed", "dcom-timeout", "asp-0177"), related=("Q169321",),
    ),
    Issue(
        "KB 318942", VIEW,
        "Session view space of Terminal Services is fixed at 20 MB; SessionViewSize counts only from kernel 5.0.2195.6797 on",
        (),
        (
            (CAUSE, "Install Update Rollup 1 of Service Pack 4; SessionViewSize and SessionPoolSize count from then on."),
            (FUTILE, "SessionViewSize with the kernel as it is: it is not read."),
        ),
        Gate((2195, 2195), kernel="5.0.2195.6797"), "Windows 2000 with Terminal Services and a kernel before 5.0.2195.6797",
        weak=("desktop-creation-failed", "dll-init-failed", "no-child-processes"), related=("KB 840342",), unproved=True,
    ),
    # What only looks like it. No word of these says "desktop heap": a reader who searches a page for it must not land here.
    Issue(
        "Q184288", ALIKE,
        "IIS 4 makes its key for SSL while a browser already connects, and a request with the spoiled key ends Inetinfo.exe; heaps have no part in it",
        ("inetinfo-access-violation",),
        (
            (NOW, "Look for the Service Pack and the number of processors: both decide. Take a dump of Inetinfo.exe where it is another Windows."),
            (CAUSE, "Install Service Pack 4 of Windows NT 4.0 or later."),
            (FUTILE, "SharedSection and SessionViewSize: the crash is in IIS itself."),
        ),
        Gate((NT4, NT4), (0, 3), 2), "IIS 4 on Windows NT 4.0 before Service Pack 4 with several processors",
    ),
    Issue(
        "Q256149", ALIKE,
        "Threads that call CoGetClassObject at the same time without naming the remote computer share a buffer in RPCSS, and one reads what another gave back; heaps have no part in it",
        ("cogetclassobject",),
        (
            (NOW, "Give the name of the remote computer in COSERVERINFO: the error stays away then."),
            (CAUSE, "Install the rpcss.exe of this article (Terminal Server Edition: 4.0.1381.33478). The article prints 0x80041054 for 0x80040154."),
            (FUTILE, "SharedSection and SessionViewSize: nothing of them is read there."),
        ),
        Gate((NT4, NT4), (4, 6)), "Windows NT 4.0 with Service Pack 4 to 6a", weak=("class-not-registered", "wmi-class", "rpc-server-unavailable"),
    ),
    Issue(
        "Q157913", ALIKE,
        "A program was still starting while its session logged off or the machine shut down; events 7009 and 7000 can follow",
        ("window-station-shutting-down", "shutting-down"),
        ((NOW, "Compare its time with that of the log-off or shutdown. Only one without either is worth more."), (FUTILE, "Any setting of Windows: the session was ending.")),
    ),
    Issue(
        "Q191991", ALIKE,
        "csrss or smss could not start, because user32.dll, gdi32.dll or kernel32.dll is damaged or of another version; no user session had begun",
        ("stop-c0000142",),
        ((NOW, "Repair these files from the media or the Service Pack, or start Last Known Good."), (FUTILE, "SharedSection, unless it was changed just before: then put the old text back.")),
        related=("Q245137", "Q246485", "Q160784"),
    ),
    Issue(
        "Q176467", ALIKE,
        "A user32.dll of another version than the rest of Windows gives the same message for each service",
        (),
        ((NOW, "Compare the version of user32.dll with that of kernel32.dll and the Service Pack."), (FUTILE, "Larger heaps: the file is the wrong one.")),
        Gate((NT4, NT4)), "Windows NT 4.0", weak=_POPUPS, unproved=True,
    ),
    Issue(
        "Q150835", ALIKE,
        "The CGI program started and says itself why it fails: a path that is wrong, a right that is missing, a DLL that cannot be loaded",
        ("cgi-script-failed",),
        ((NOW, "Mend what the text behind the message names: path and mapping of the script, rights of its user on script, interpreter and system folder."), (FUTILE, "Anything about desktops: a program that prints a reason has one.")),
        related=("Q164144", "Q166491", "Q155357", "Q170667", "Q281403", "Q145661"),
    ),
    Issue(
        "Q175529", ALIKE,
        "Error 8 has causes of its own here: a NullSessionPipes value over 32 KB keeps the Server service from starting (7023, 234), a large print job fails in EndPage; File Manager and the ACL editor have others",
        ("end-page", "server-service-7023"),
        ((NOW, "Read the whole error: which component said it decides, not the words of error 8."),),
        related=("Q272114", "Q125667", "Q257504", "Q123179"),
    ),
    Issue(
        "Q124121", ALIKE,
        "Each process that starts leaves a handle behind, until nonpaged pool is used up and KERNEL32 cannot be initialized",
        (),
        ((NOW, "Watch nonpaged pool while processes start and end: it only grows."),),
        Gate((0, 1057)), "Windows NT 3.5 and 3.51", weak=("dynamic-link-library-failed",),
    ),
    Issue(
        "Q218157", ALIKE,
        "The account has no right to the window station or desktop that its process is started on: each program that loads user32.dll ends with 0xC0000142 or exit code 128, from the first one on",
        ("window-station-access",),
        (
            (NOW, "Start one child alone: this fails with the first one, each time, whatever the uptime; where children share what is used up, the first ones start and the N-th fails."),
            (NOW, "Try programs of both kinds under that account: where, curl, whoami and git load user32.dll and fail, the built-in commands of cmd and ping do not and run. Then the same command in "
                  "another session or under another account: it runs there."),
            (CAUSE, "Grant the account access to window station and desktop before CreateProcessAsUser or CreateProcessWithLogonW, or name a desktop of its own in lpDesktop."),
            (FUTILE, "Larger heaps: there is room, only no right."),
        ),
        related=("KB 184802",),
    ),
    Issue(
        "event 2004", ALIKE,
        "Page file and memory together are used up (commit), or nearly so",
        ("commit-limit", "paging-file-too-small", "low-virtual-memory"),
        ((NOW, "Look at commit and its limit (!vm 1, Task Manager) and end the process with the largest commit; event 2004 names three."), (CAUSE, "A larger page file, or the leak of that process."), (FUTILE, "SharedSection and SessionViewSize: the shortage is of memory for all.")),
    ),
    Issue(
        "events 2019 and 2020 of Srv", ALIKE,
        "Paged or nonpaged pool of the whole machine is used up, and the Server service says so first: shares fail, programs get error 1450, and starts can fail with them",
        ("server-nonpaged-pool-empty", "server-paged-pool-empty"),
        (
            (NOW, "Run !vm 1 and hold both pools against their maxima; poolmon, or !poolused 2 and 4, names the tag that has most."),
            (CAUSE, "Mend the leak of the driver or program whose tag it is. With /3GB and on x86 pools are half as large."),
            (FUTILE, "SharedSection: nothing of it is in these pools. A larger SessionViewSize leaves less for them on x86."),
        ),
    ),
    Issue(
        "event 2021 of Srv", ALIKE,
        "The Server service could not make work items for its clients: its own limit (MaxWorkItems), or nonpaged pool",
        ("server-work-items",),
        (
            (NOW, "Look for events 2019 and 2020 beside it: with them it is pool, alone it is the limit or a slow disk."),
            (FUTILE, "SharedSection and SessionViewSize: the items are of the Server service."),
        ),
        unproved=True,
    ),
    Issue(
        "USERProcessHandleQuota", ALIKE,
        "One process used up its own quota of USER objects, 10,000 as installed",
        ("user-handle-quota",),
        (
            (NOW, "Sort the column USER objects of Task Manager: a process near 10,000 is it. Where none is, a full heap can give 1158, too (measured on Windows 11)."),
            (CAUSE, "Mend the leak of that process; the quota may be 200 to 18,000."),
        ),
        unproved=True,
    ),
    Issue(
        "ntdebugging blog, comment 68", ALIKE,
        "GDI got no memory for a bitmap: session view space or session pool is used up, or GDI objects leak, whatever room single heaps have",
        ("bitmap-not-created",),
        ((NOW, "Run !vm 4 and look at the pool of that session; sort the column GDI objects of Task Manager."), (CAUSE, "If each run fails earlier although the program ended: its bitmaps are never given back."), (FUTILE, "A larger SharedSection value: bitmaps are not in these heaps, and larger heaps leave them less room.")),
        unproved=True,
    ),
    Issue(
        "KB 918673", ALIKE,
        "A driver of the session left session pool behind at log-off, and Windows stopped",
        ("session-pool-on-exit",),
        ((NOW, "Read the parameters: session, bytes of paged and nonpaged pool, and their numbers; display, printer and video drivers are the usual ones."), (CAUSE, "On Server 2003 with Service Pack 1 this hotfix; elsewhere the driver."), (FUTILE, "SessionPoolSize: a leak fills it, too.")),
    ),
    Issue(
        "ntdebugging blog, comment 48", ALIKE,
        "A worker process of IIS ran out of its own memory; that it works again after it was recycled says so, too",
        ("asp-0100",),
        ((NOW, "Recycle the pool, and watch the private bytes of its worker process."), (FUTILE, "SharedSection and SessionViewSize: the memory is that of the process.")),
        unproved=True,
    ),
    Issue(
        "ntdebugging blog 2012-01-31", ALIKE,
        "Delphi programs register names that nobody gives back, until the atom table of the session is full and windows fail with error 8; a restart cures it for a while",
        ("atom-table",),
        ((NOW, "Count the atoms with these names (!atom in the debugger) and log off that session."), (CAUSE, "A build of the program with a newer run-time library."), (FUTILE, "SharedSection: the table has 16,384 entries, whatever the heaps have.")),
    ),
    Issue(
        "Windows-Dev-Performance 137", ALIKE,
        "Windows 11 24H2 and 25H2 keep process objects that have ended, and after hours of many starts none succeeds (pool tag Proc; open, servers not verified)",
        (),
        ((NOW, "Look whether nonpaged pool with the tag Proc grows with each start (poolmon, !poolused 2 Proc)."), (REBOOT, "A restart gives it back."), (FUTILE, "SharedSection: it changes nothing there.")),
        Gate((26100, 26200)), "Windows 11 24H2 and 25H2",
        weak=("dll-init-failed", "ci-step-died", "msys-fork-died", "insufficient-resources", "insufficient-system-resources"), unproved=True,
    ),
    Issue(
        "dotnet/macios 26490", ALIKE,
        "Hosted build agents show this code in several steps and are lost then; no public thread has proved a cause",
        ("ci-step-died",),
        ((NOW, "Ask for the Win32k events 243 of the last 24 hours, the heap size of the agent's desktop (UOI_HEAPSIZE), and the number of processes left over."),),
        unproved=True,
    ),
    Issue(
        "MaxStartups", ALIKE,
        "The SSH server closes connections before the exchange of keys: its limits for new connections or its penalties",
        ("ssh-limits",),
        ((NOW, "Read the log of the SSH server for MaxStartups and penalties."),),
    ),
)  # fmt: skip


def table(kinds: Sequence[str]) -> pd.DataFrame:
    """One row a sign of an issue: issue (number in ISSUES), signature, weak, and the limits of its gate."""
    import pandas as pd

    rows = [
        (
            at, signature, signature in one.weak, one.unproved, *one.gate.builds, *(one.gate.service_packs or (None, None)), one.gate.processors,
            version(one.gate.kernel) if one.gate.kernel else None,
        )
        for at, one in enumerate(ISSUES)
        if one.kind in kinds
        for signature in (*one.signs, *one.weak)
    ]  # fmt: skip
    names = ["issue", "signature", "weak", "unproved", "least_build", "most_build", "least_pack", "most_pack", "least_processors", "mended"]  # fmt: skip
    frame = pd.DataFrame(rows, columns=names)
    return frame.astype({"least_pack": "Int64", "most_pack": "Int64", "mended": "Int64"})


def version(text: str) -> int:
    """The four numbers of a file version as one that can be compared.

    >>> version("5.0.2195.6797") < version("5.0.2195.7000") < version("5.1.2600.0")
    True
    """
    major, minor, build, update = (int(part) for part in text.split("."))
    return ((major * 1000 + minor) * 100_000 + build) * 100_000 + update


def known(
    symptoms: pd.DataFrame, platforms: pd.DataFrame, modules: pd.DataFrame, kinds: Sequence[str]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Issues of these kinds whose symptoms stand in the texts of a machine and whose gate is not closed, one row each: issue, open (what would
    decide, missing where nothing is open), build, era_file and era_line; and the lines of their symptoms."""
    import numpy as np

    told = symptoms.assign(key=machine_keys(symptoms), signature=symptoms["signature"].astype(object))
    told = told.drop_duplicates(["key", "signature"]).merge(table(kinds), on="signature")
    told["seen"] = told["signature"].map({name: one.seen for name, one in BY_SIGNATURE.items()})
    told["rank"] = told["weak"] * len(ORDER) + told["signature"].map(ORDER)
    told = told.sort_values(["issue", "rank"], kind="stable", ignore_index=True)
    limits = _limits(platforms).reindex(told["key"]).set_axis(told.index)
    told = told.join(limits)
    passed, unknown = _gates(told, modules)
    told = told[(passed | (unknown.ne("") & ~told["weak"])).to_numpy(bool)]
    told = told.assign(open=np.where(passed[told.index], "", unknown[told.index]))
    return told.drop_duplicates([*MACHINE, "issue"]), told


def _limits(platforms: pd.DataFrame) -> pd.DataFrame:
    """What is known of each machine, by its key: the builds between which its own lies, service pack, processors."""
    era, generation, build = platforms["era"], platforms["generation"], platforms["build"]
    low = generation.map({SINCE_8: EIGHT}).fillna(era.map({SINCE: VISTA})).fillna(0).astype("int64")
    high = era.map({BEFORE: VISTA - 1}).fillna(generation.map({BEFORE_8: EIGHT - 1})).fillna(LAST_BUILD).astype("int64")
    packs = (
        platforms["service_pack"].astype("str").str.extract("([0-9]+)", expand=False).astype("Float64").astype("Int64")
    )
    known = platforms[["processors", "build", "era_file", "era_line"]]
    return known.assign(
        low=build.fillna(low), high=build.fillna(high), pack=packs
    ).set_index(machine_keys(platforms))  # fmt: skip


def _gates(told: pd.DataFrame, modules: pd.DataFrame) -> tuple[pd.Series[bool], pd.Series[str]]:
    """Whether the gate of each row is known to be passed, and what would decide where it is open ("" where it is passed or closed)."""
    import numpy as np
    import pandas as pd

    pairs = [
        (told["low"].ge(told["least_build"]) & told["high"].le(told["most_build"]),
         told["low"].le(told["most_build"]) & told["high"].ge(told["least_build"]), "the version of Windows"),
        (told["pack"].between(told["least_pack"], told["most_pack"]) | told["least_pack"].isna(),
         told["pack"].isna() | told["pack"].between(told["least_pack"], told["most_pack"]) | told["least_pack"].isna(), "the Service Pack"),
        (told["processors"].ge(told["least_processors"]) | told["least_processors"].le(1),
         told["processors"].isna() | told["processors"].ge(told["least_processors"]), "the number of processors"),
    ]  # fmt: skip
    found = _versions(told, modules)
    older = found.lt(told["mended"]) | told["mended"].isna()
    pairs.append((older, older | found.isna(), "the version of its kernel"))
    passed: Any
    passed, possible = np.ones(len(told), bool), np.ones(len(told), bool)
    words = pd.Series("", index=told.index, dtype=object)
    for yes, perhaps, what in pairs:
        sure, may = yes.to_numpy(bool, na_value=False), perhaps.to_numpy(bool, na_value=False)
        passed &= sure
        possible &= may
        words += np.where(sure, "", what + ", ")
    unknown = words.str.removesuffix(", ").where(possible & ~passed, "")
    return pd.Series(passed, index=told.index, dtype=bool), unknown


KERNELS = ("nt", "ntoskrnl", "ntkrnlpa", "ntkrnlmp", "ntkrpamp", "ntoskrnl.exe", "ntkrnlpa.exe")


def _versions(told: pd.DataFrame, modules: pd.DataFrame) -> pd.Series[int]:
    """The version of the kernel of the machine of each row, as a number."""
    import pandas as pd

    kernels = modules[modules["name"].astype(object).str.lower().isin(KERNELS).to_numpy(bool)]
    parts = kernels["version"].str.extract(r"^([0-9]+)[.]([0-9]+)[.]([0-9]+)[.]([0-9]+)").astype("Int64")
    numbers = ((parts[0] * 1000 + parts[1]) * 100_000 + parts[2]) * 100_000 + parts[3]
    return pd.Series(told["key"].map(numbers.groupby(machine_keys(kernels)).min()), index=told.index).astype("Int64")
