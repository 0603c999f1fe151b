"""Sample documents for the renderers, as the engine makes them: composed, not read from logs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Document = dict[str, Any]
LISTING = "dheapmon.txt"


def evidence(file: str, line: int, text: str, shows: str) -> Document:
    return {"file": file, "line": line, "text": text, "shows": shows}


def heap(
    line: int, path: str | None, size: int, used: float | None, role: str | None, owner: str | None = None
) -> Document:
    station, _, desktop = path.partition("\\") if path is not None else (None, None, None)
    free = None if used is None else round(size * (100 - used - 0.05) / 100, 1)
    return {
        "case": "case0417", "machine": "SRV-BATCH01", "snapshot": "1", "file": LISTING, "line": line,
        "tool": "dheapmon", "session": 0, "desktop_path": path, "window_station": station, "desktop": desktop,
        "size_kb": size, "used_percent": used, "committed_kb": None, "role": role, "owner": owner, "free_kb": free,
    }  # fmt: skip


def finding(summary: str, shown: list[Document], advice: list[tuple[str, str]], severity: str = "critical") -> Document:
    return {
        "summary": summary, "severity": severity, "certainty": "proved", "machine": "SRV-BATCH01", "snapshot": "1",
        "subject": {"session": 0}, "evidence": shown, "actions": [said for when, said in advice if when != "futile"],
        "refuted_by": "a window that opens on that desktop at this moment", "references": ["Q217202"],
        "advice": [{"when": when, "text": said} for when, said in advice],
    }  # fmt: skip


def outcome(rule: str, title: str, status: str, reason: str | None, findings: list[Document] | None = None) -> Document:
    page = f"{title}\n## What happens\nWindows keeps the windows,\nmenus and hooks of a desktop in its heap.\n\n    !dskheap -s 0\n\n## Sources\nQ217202"
    return {
        "rule": rule, "title": title, "stage": "desktop heaps", "status": status, "reason": reason, "needs": ["!dskheap"],
        "findings": findings or [], "page": page, "references": ["Q217202", "K947246"],
    }  # fmt: skip


OTHER_OUTCOMES = [
    outcome(
        "small-service-heap",
        "A service heap is smaller than its default",
        "clear",
        "No service heap was lowered.",
    ),
    outcome("event-243", "Windows logged a failed allocation", "no_data", "No System event log among the files."),
    outcome("session-pool", "Session paged pool is nearly used up", "no_data", "No !vm 4 among the files."),
    outcome(
        "view-size-ignored",
        "SessionViewSize is set where it has no effect",
        "not_applicable",
        "The boot is not /3GB.",
    ),
]
NEXT = [
    {"command": "reg query \"HKLM\\SYSTEM\\CurrentControlSet\\Control\\Session Manager\\SubSystems\" /v Windows",
     "where": "elevated command prompt", "why": "The sizes in the registry: they say whether this heap was raised by hand.",
     "before": [], "gives": []},
    {"command": "handle.exe -a SAWinSta", "where": "in session 0", "why": "The processes that hold the window station.",
     "before": ["psexec -s -i 0 cmd"], "gives": [{"answer": "one process holds it", "verdict": "single-heap-full"}]},
]  # fmt: skip


def ledger(total: int, parsed: int, blank: int, noise: int, problem: int) -> Document:
    other = total - parsed - blank - noise - problem
    return {
        "total": total,
        "parsed": parsed,
        "blank": blank,
        "noise": noise,
        "other": other,
        "problem": problem,
    }


def source_file(name: str, size: int, lines: Document, skipped: str | None = None) -> Document:
    return {
        "file": name,
        "bytes": size,
        "sha256": "9f86d081884c7d65" * 4,
        "encoding": "utf-8",
        "replaced_bytes": 0,
        "lines": lines,
        "skipped": skipped,
        "partly": None,
    }


def document(mode: str, summary: str, certainty: str | None = "proved", **parts: Any) -> Document:
    """A document with everything that a verdict does not change; `parts` replace keys of the document or the verdict."""
    verdict = {
        "mode": mode, "reason": None, "certainty": certainty, "summary": summary, "evidence": [], "next": NEXT,
        "scope": {"machine": "SRV-BATCH01", "sessions": [0], "moment": "Mon Mar 10 10:12:33 2008 (GMT+1)",
                  "not_captured": ["sessions 1 and 2, and any other moment"], "assumed": []},
        "others": [], "history": [],
        "facts": {"present": [{"fact": "how full the desktop heaps are", "file": LISTING, "line": 4}], "missing": ["which Windows this is"]},
    }  # fmt: skip
    doc = {
        "schema": "dumpscan.case/1", "dumpscan": "0.1.0", "rules": "0.1.0", "case": "case0417", "verdict": verdict,
        "settings": [
            {"label": "Windows", "value": "Windows Server 2003, x64", "how": "told by the fixed heaps of 96 and 192 KB"},
            {"label": "SharedSection in force", "value": "1024,20480,2048", "how": "told by the heap sizes"},
            {"label": "Session view size", "value": "not shown", "how": "104 MB is the default of this Windows"},
        ],
        "outcomes": OTHER_OUTCOMES, "view_space": [], "plan": [], "excerpts": [], "excerpts_left_out": 0, "problems": [],
        "tables": {"desktop_heaps": [], "events": [], "captures": []},
        "inputs": [source_file(LISTING, 1204, ledger(24, 14, 6, 2, 0)), source_file("MEMORY.DMP", 268_435_456, ledger(0, 0, 0, 0, 0), "a memory dump, not text")],
    }  # fmt: skip
    for key, value in parts.items():
        (verdict if key in verdict else doc)[key] = value
    return doc


def view_space(
    heaps: tuple[int, int, int], desktops: int, limit: int | None, possible: list[int], next_kb: int
) -> Document:
    interactive, service, fixed = heaps
    total = sum(heaps)
    return {
        "machine": "SRV-BATCH01", "snapshot": "1", "session": 0, "heaps_kb": total, "interactive_kb": interactive,
        "service_kb": service, "fixed_kb": fixed, "desktops": desktops, "limit_kb": limit,
        "limit_origin": None if limit is None else "printed by the debugger", "limit_file": None if limit is None else "kd.log",
        "limit_line": None if limit is None else 9, "possible_kb": possible, "next_kb": next_kb, "other_kb": 3584,
        "fits": None if limit is None else (limit - total) // next_kb,
    }  # fmt: skip


FULL_ROWS = [
    heap(8, "WinSta0\\Default", 20480, 0.2, "interactive", "the user at the console"),
    heap(9, "WinSta0\\Disconnect", 96, 5.0, "fixed"),
    heap(10, "WinSta0\\Winlogon", 192, 8.9, "fixed"),
    heap(11, "Service-0x0-3e7$\\Default", 2048, 5.1, "service", "LocalSystem"),
    heap(12, "Service-0x0-3e4$\\Default", 2048, 0.9, "service", "NetworkService"),
    heap(13, "Service-0x0-3e5$\\Default", 2048, 0.2, "service", "LocalService"),
    heap(14, "SAWinSta\\SADesktop", 2048, 96.1, "service", "Task Scheduler"),
    heap(15, "__X78B95_89_IW\\__A8D9S1_42_ID", 2048, 0.2, "service", "IIS"),
    heap(16, "Service-0x0-1d419$\\Default", 2048, 2.2, "service", "logon 1d419"),
]


def listing_line(row: Document) -> str:
    return f"{row['desktop_path'] or '':<33}{row['size_kb']:>6}{'' if row['used_percent'] is None else row['used_percent']:>18}"


def listing(rows: list[Document], total: int, marked: list[int]) -> Document:
    head = [
        f"    Session ID:    0 Total Desktop: ({total:>6} KB - {len(rows):>4} desktops)",
        "",
        "WinStation\\Desktop            Heap Size(KB)    Used Rate(%)",
    ]
    return {
        "file": LISTING,
        "first_line": rows[0]["line"] - 3,
        "lines": head + [listing_line(row) for row in rows],
        "marked": marked,
    }


def heap_full() -> Document:
    row = FULL_ROWS[6]
    total = sum(each["size_kb"] for each in FULL_ROWS)
    shown = [
        evidence(
            LISTING,
            14,
            listing_line(row),
            "SAWinSta\\SADesktop uses 96.1 % of 2,048 KB: 78 KB are free at the worst rounding.",
        ),
        evidence(LISTING, 5, "", "9 heaps take 33,056 KB of session 0, so the listing is complete."),
        evidence(
            "notes.txt",
            3,
            "tasks fail with 0xC0000142 since Monday",
            "Tasks fail with 0xC0000142: a process could not attach to its desktop.",
        ),
    ]
    advice = [
        ("now", "End the scheduled tasks that hang: each process on this desktop gives back about 10 KB."),
        ("now", "Look for handles to the window station in session 0: handle.exe -a SAWinSta."),
        (
            "reboot",
            "Leave the third SharedSection value at 2,048 KB: it has been raised already, and the heap filled again.",
        ),
        (
            "cause",
            "A scheduled task starts a process that never ends. Give the tasks a time limit and mend the one that hangs.",
        ),
        ("futile", "A larger second value of SharedSection: WinSta0\\Default uses 0.2 % of 20,480 KB."),
    ]
    found = finding("SAWinSta\\SADesktop in session 0 is almost full: 78 of 2,048 KB free.", shown[:1], advice)
    return document(
        "single-heap-full",
        "The desktop heap of SAWinSta\\SADesktop in session 0 is almost full and likely the cause: 78 of 2,048 KB free, room for about 7 processes.",
        "likely",
        evidence=shown,
        outcomes=[
            outcome("desktop-heap-full", "A single desktop heap is full", "found", None, [found]),
            *OTHER_OUTCOMES,
        ],
        tables={"desktop_heaps": FULL_ROWS, "events": [], "captures": []},
        view_space=[view_space((20480, 12288, 288), 9, None, [106496], 2048)],
        plan=[PLAN],
        excerpts=[listing(FULL_ROWS, total, [5, 14])],
        problems=[{"file": LISTING, "line": 22, "text": "Service-0x0-99", "reason": "a row without a size"}],
        inputs=[
            source_file(LISTING, 1204, ledger(24, 14, 6, 2, 1)),
            source_file("MEMORY.DMP", 268_435_456, ledger(0, 0, 0, 0, 0), "a memory dump, not text"),
        ],
    )


PLAN_ROW: Document = {
    "case": "case0417", "machine": "SRV-BATCH01", "snapshot": 1, "file": LISTING, "line": 14, "session": 0, "candidate": "needed", "recommended": True, "fits": "unknown",
    "shared_kb": 1024, "interactive_kb": 20480, "non_interactive_kb": 2560, "view_kb": None, "pool_kb": None, "heaps_kb": 36128, "others_kb": 4096, "room_kb": 66272,
    "needed_view_kb": 49152, "more_desktops": 25, "more_desktops_at_most": 27, "more_interactive": 3, "interactive_free_kb": 20428.8, "service_free_kb": 590.0,
    "processes": 230, "free_ptes": None, "stored_view_mb": None, "answers": "desktop-heap-full", "reason": "a service heap is full",
    "side_effects": ["counts after a restart"], "risks": ["may fall back at boot"], "sizes": "20480,2560", "name": "20480,2560",
}  # fmt: skip
PLAN: Document = {
    "machine": "SRV-BATCH01", "summary": "Third SharedSection value from 2048 to 2560: a service heap is full.", "says_something": True,
    "rows": [PLAN_ROW, PLAN_ROW | {"candidate": "today", "recommended": False, "non_interactive_kb": 2048, "sizes": "20480,2048", "name": "20480,2048"}],
    "goes_with": ["counts after a restart"], "risks": [{"text": "may fall back at boot", "of": ["20480,2048"]}], "limits": ["20480 is the most."],
    "words": ["Change only these digits."],
    "changes": [{"what": "SharedSection", "value": "csrss.exe", "file": "key.txt", "line": 4, "apply": {"reg": "[HKLM]\nx=1", "powershell": "$k='HKLM'"}, "back": {"reg": "[HKLM]\nx=0", "powershell": None}}],
    "safety": ["Back up the key first."],
}  # fmt: skip


def exhausted_rows(services: int = 26) -> list[Document]:
    rows = [
        heap(7, "WinSta0\\Default", 3072, 5.7, "interactive", "the user at the console"),
        heap(8, "WinSta0\\Disconnect", 64, 4.0, "fixed"),
        heap(9, "WinSta0\\Winlogon", 128, 8.7, "fixed"),
        heap(10, "Service-0x0-3e7$\\Default", 640, 15.1, "service", "LocalSystem"),
    ]
    return rows + [
        heap(
            11 + number,
            f"Service-0x0-{0x1D419 + 977 * number:x}$\\Default",
            640,
            round(2.9 - number % 25 / 10, 1),
            "service",
        )
        for number in range(services - 1)
    ]


def view_space_exhausted() -> Document:
    rows = exhausted_rows()
    total = sum(row["size_kb"] for row in rows)
    left = 20480 - total
    shown = [
        evidence(
            "system-events.txt",
            4,
            "Event ID:       244",
            "Event 244 on 10 March: a desktop could not be created, in the boot of the capture.",
        ),
        evidence(
            "kd.log",
            9,
            "808ad254  01400000",
            "Session view space ends at 20,480 KB, as printed by the debugger.",
        ),
        evidence(LISTING, 4, "", f"29 heaps take {total:,} KB of it, and the next one needs 640 KB."),
    ]
    advice = [
        ("now", "Stop one service that runs under its own account: it frees 640 KB and proves the cause."),
        ("reboot", "Lower the third value of SharedSection from 640 to 512: the heaps then take 16,576 KB."),
        ("cause", "25 services run under 25 logons. Run those that trust each other under one account."),
        ("futile", "SessionViewSize: under /3GB it is ignored."),
        ("futile", "Larger heaps: they fill the view space sooner."),
    ]
    found = finding(f"29 heaps take {total:,} of 20,480 KB in session 0.", shown, advice)
    return document(
        "view-space-exhausted",
        f"Session view space of session 0 is exhausted: 29 desktop heaps take {total:,} of 20,480 KB, and the {left:,} KB left do not hold another of 640 KB.",
        evidence=shown,
        outcomes=[outcome("session-view-space-exhausted", "Session view space is exhausted", "found", None, [found]), *OTHER_OUTCOMES],
        tables={
            "desktop_heaps": rows,
            "events": [{"case": "case0417", "machine": "SRV-BATCH01", "snapshot": "1", "file": "system-events.txt", "line": 4, "log": "System", "source": "Win32k", "event_id": 244, "time": "3/10/2008 10:09:12 AM", "text": None, "session": None, "process": None, "pid": None}],
        },
        view_space=[view_space((3072, 16640, 192), 29, 20480, [], 640)],
        excerpts=[
            {"file": "kd.log", "first_line": 7, "lines": ["lkd> dd nt!MmSessionViewSize L1", "", "808ad254  01400000"], "marked": [9]},
            {"file": "system-events.txt", "first_line": 2, "lines": ["Event Source:   Win32k", "Event Category: None", "Event ID:       244", "Date:           3/10/2008"], "marked": [4]},
            listing(rows, total, [4]),
        ],
    )  # fmt: skip


def no_sign() -> Document:
    rows = [{**row, "used_percent": min(row["used_percent"], 15.0)} for row in FULL_ROWS]
    return document(
        "no-sign",
        "No sign in session 0 at Mon Mar 10 10:12:33 2008: the fullest of 9 desktop heaps is at 15.0 %, and the heaps leave room in every view size this Windows can have. Sessions 1 and 2 were not captured.",
        evidence=[
            evidence(
                LISTING,
                14,
                listing_line(rows[6]),
                "The fullest heap is SAWinSta\\SADesktop with 15.0 % of 2,048 KB.",
            )
        ],
        tables={"desktop_heaps": rows},
        view_space=[view_space((20480, 12288, 288), 9, None, [], 2048)],
        excerpts=[listing(rows, 33056, [14])],
    )


def undecided(reason: str = "tool_failed") -> Document:
    line = "Error Reading rpdeskList"
    return document(
        "undecided",
        "Undecided: !dskheap could not read the desktops of session 1 (\"Error Reading rpdeskList\"), and no other capture shows the heaps.",
        None,
        reason=reason,
        evidence=[evidence("kd.log", 12, line, "!dskheap failed: Error Reading rpdeskList.")],
        excerpts=[{"file": "kd.log", "first_line": 11, "lines": ["lkd> !dskheap -s 1", line, "lkd> q"], "marked": [12]}],
        next=[{"command": "wevtutil qe System /q:\"*[System[Provider[@Name='Win32k'] and (EventID=243 or EventID=244)]]\" /f:RenderedXml", "where": "elevated prompt", "why": "An event 243 of this boot names a heap that was full.", "before": [], "gives": []}, *NEXT],
    )  # fmt: skip


def at_risk() -> Document:
    rows = [
        heap(8, "WinSta0\\Default", 3072, 86.4, "interactive"),
        heap(9, None, 512, None, None),
        heap(10, None, 512, 41.0, None),
    ]
    return document(
        "at-risk",
        "WinSta0\\Default in session 0 is at 86.4 % of 3,072 KB: 416 KB free, not full yet.",
        "likely",
        evidence=[evidence(LISTING, 8, listing_line(rows[0]), "WinSta0\\Default uses 86.4 % of 3,072 KB.")],
        tables={"desktop_heaps": rows},
        view_space=[view_space((3072, 0, 0), 3, None, [20480, 49152], 512)],
        excerpts=[listing(rows, 4096, [8])],
        others=[
            {
                "machine": "SRV-WEB02",
                "mode": "no-sign",
                "certainty": "likely",
                "summary": "No sign in session 0.",
            }
        ],
        history=["On 27 February the same heap was at 52.0 %."],
    )


def incomplete() -> Document:
    rows = exhausted_rows(3)
    return document(
        "undecided",
        "Undecided: the listing names 6 of 29 desktops and ends; what is there is not full.",
        None,
        reason="incomplete",
        evidence=[evidence(LISTING, 4, "", "The total says 29 desktops; 6 rows follow.")],
        tables={"desktop_heaps": rows},
        excerpts=[listing(rows, 19904, [4])],
        excerpts_left_out=12,
    )


def mapped(value: Any, change: Callable[[str], str], key: str = "") -> Any:
    """The document with `change` applied to every text that comes from a log."""
    if isinstance(value, dict):
        return {name: mapped(inner, change, name) for name, inner in value.items()}
    if isinstance(value, list):
        return [mapped(inner, change, key) for inner in value]
    ours = (
        "schema",
        "dumpscan",
        "rules",
        "mode",
        "reason",
        "certainty",
        "severity",
        "status",
        "when",
        "page",
        "rule",
        "stage",
        "verdict",
    )
    return value if not isinstance(value, str) or key in ours else change(value)


def with_text(doc: Document, said: str) -> Document:
    """The document with one and the same text in place of every text of a log; places stay distinct by their lines."""
    return dict(mapped(doc, lambda _: said))


def fleet(cases: int = 20) -> Document:
    modes = ("single-heap-full", "view-space-exhausted", "both", "at-risk", "no-sign", "undecided")
    rows = [
        {"case": f"case{number:05}", "mode": modes[6 * number // cases], "reason": "tool_failed" if 6 * number // cases == 5 else None,
         "certainty": None if 6 * number // cases == 5 else "likely", "summary": f"Case {number}: 78 of 2,048 KB free.", "machine": None if number % 3 else f"SRV{number}",
         "file": LISTING if number % 4 else None, "line": 14 if number % 4 else None, "report": f"reports/{number:05}-case.html" if number % 5 else None,
         "problems": number % 2, "inputs": 3}
        for number in range(cases)
    ]  # fmt: skip
    return {
        "schema": "dumpscan.fleet/1", "dumpscan": "0.1.0",
        "counts": {mode: sum(row["mode"] == mode for row in rows) for mode in modes},
        "undecided": {"tool_failed": sum(row["mode"] == "undecided" for row in rows)},
        "cases": rows,
        "unread": [{"case": "case00007", "file": "bundle.zip", "line": None, "reason": "encrypted"}],
        "tables": [{"name": "desktop_heaps", "file": "tables/desktop_heaps.csv", "rows": 12345}],
    }  # fmt: skip


SAMPLES: dict[str, Callable[[], Document]] = {
    "heap_full": heap_full, "view_space_exhausted": view_space_exhausted, "no_sign": no_sign,
    "undecided": undecided, "at_risk": at_risk, "incomplete": incomplete,
}  # fmt: skip
