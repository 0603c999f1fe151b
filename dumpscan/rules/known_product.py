r"""A product with a known need of desktop heap runs on this machine

## What happens
Some products start a process or make a desktop for each job, connection, session or policy, and their makers or users published how much heap that takes and what cured it.

## How the log proves it
A process or service of the product in a list (tasklist, GuiObjectUse, sc), a desktop of its own, or an error text of its own; together with a symptom of desktop heap or a heap that is used to
80 % and more. That the product is the cause is not proved: it is the first place to look.

## What to do
What the maker or its users advise, as told with the finding; where a heap is full, the step that it needs comes first. A larger third SharedSection value counts for every service heap; before Vista all of them must fit into session view space.

| product | what it takes | what helped |
|---|---|---|
| SQL Server replication | about 10 KB a job or agent; more than 200 agents under one account | several accounts, schedules, third value 256 or 512 more |
| Opalis | 10 KB a policy at a time | third value = 10 times the policies |
| Nomad | 24 allocations at 768 KB | third value 4,096 |
| SSH servers | a child a session; 60 as delivered, about 100 on x64 with 768 KB | a lower limit of connections |
| Workload Automation | a desktop for each job user | a shared desktop |
| Exchange on NT 4.0 | 3 MB a service with two SharedSection values | the third value |
| PostgreSQL | a process a connection: 500 failed, 100 were stable | a pool of connections |
| Systemwalker | 30 jobs at a time | third value 3,072, in steps of 256 or 512 |
| JP1/AJS3 | 10 KB a job session, 50 a logon as delivered | sessions that share a logon: at most the third value / 10 |
| service wrappers (winsw) | about 7 KB a service with wrapper and console: 110 of 250 started at 768 KB | fewer wrappers under LocalSystem |
| trading terminals | about 1,000 KB each: 20 fill 20,480 KB | fewer in one session |
| Elastic Agent | its watcher is the victim | the other service that leaks USER objects |
| Unity shader compilers | one for each thread of the CPU | fewer of them; a heap is only suspected |
| Oracle | - | third value of at least 1,024 |

## What would refute it
The same failure while the product is stopped.

## Sources
KB 949296, KB 2102398, Q158308; HashiCorp's article on Nomad and nomad issues 6715, 11939 and 25357; Attachmate TN2279; HCL Workload Automation 9.4 and 10.2; Fusion issue 2411; Fujitsu Systemwalker FAQ 11043; Hitachi JP1/AJS3 guide
2.5.4; winsw issue 803; elastic/ingest-docs issue 1775; Oracle note 744125.1 as quoted by others.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from dumpscan.machines import machine_keys
from dumpscan.platforms import BEFORE, MACHINE
from dumpscan.rules import ALIKE, CAUSE, FUTILE, NOW, REBOOT, Found, Told, cite, found, rule

if TYPE_CHECKING:
    import pandas as pd

FULLER = 80  # percent of a heap from which a product is worth naming


class Product(NamedTuple):
    """A product, how it is recognised, and its recipe."""

    name: str
    processes: tuple[str, ...]  # image names, lower case, without ".exe"
    needs: str  # what it takes of the heap
    do: tuple[tuple[str, str], ...]
    reference: str
    services: tuple[str, ...] = ()  # lower case
    stations: tuple[str, ...] = ()
    signs: tuple[str, ...] = ()  # symptoms that only this product has


_VIEW = "The third SharedSection value counts for every service heap: before Vista all of them must fit into session view space."

PRODUCTS = (
    Product(
        "SQL Server replication", ("distrib", "logread", "replmerg", "qrdrsvc"), "about 10 KB a job; more than 200 agents under one account of SQL Server Agent fill its heap",
        ((NOW, "Run agents on a schedule instead of all the time, and not all at once."), (CAUSE, "Spread the agents over several accounts: each logon has a heap of its own."),
         (REBOOT, "Third SharedSection value 256 or 512 more than it is; before Vista SessionViewSize from 48 to 64 MB, if that is needed and the page table entries allow it."), (FUTILE, "A proxy account for each job: each costs a whole heap even where the job needs 10 KB.")),
        "KB 949296",
    ),
    Product(
        "Opalis Integration Server", ("opalisactionservice", "policymodule"), "about 10 KB for each policy that runs at a time",
        ((REBOOT, "Third SharedSection value: 10 times the number of policies that run at a time, rounded up; 100 policies need 1024."),), "KB 2102398", services=("opalisactionservice",),
    ),
    Product(
        "Nomad", ("nomad",), "20 to 24 allocations fill a service heap of 768 KB (about 32 KB each)",
        ((REBOOT, "Third SharedSection value 4096: all 30 allocations of the maker's reproduction run with it."), (NOW, "Fewer allocations on this client, or Nomad in an interactive session."),
         (FUTILE, "A new value named SharedSection under SubSystems, as some install scripts write it: the text belongs into the value Windows.")),
        "HashiCorp, nomad issue 6715", services=("nomad",), signs=("nomad-reattachment", "nomad-logmon"),
    ),
    Product(
        "an SSH or SFTP server", ("sshd", "sftp-server", "bitvisessh", "rsshd"), "a child process for each session, all on the heap of its service; about 100 at 768 KB, about 7 lanes of heavy work",
        ((NOW, "Limit the connections: 60 is the limit of one maker as delivered, about 100 are reached on x64."), (CAUSE, "Close sessions that hang: each keeps its child.")), "Attachmate TN2279", services=("sshd",),
    ),
    Product(
        "Workload Automation", ("batchman", "jobman", "jobmon", "jobmanager"), "each agent makes desktops for its jobs",
        ((NOW, "Let the jobs share a desktop (-sharedDesktop, station TWS_JOBS_WINSTA)."), (REBOOT, "Third SharedSection value 256 is the maker's advice for many desktops with little on each; not after one capture alone: services may not start after the restart.")),
        "HCL Workload Automation 9.4", stations=("TWS_JOBS_WINSTA",),
    ),
    Product(
        "Exchange on Windows NT 4.0", ("emsmta", "dsamain", "mad"), "3 MB for each service under an account of its own, where SharedSection has two values; the eighth finds no room (error 2186)",
        ((REBOOT, 'Add the third SharedSection value (",512").'), (FUTILE, "To raise the second value: each of these services takes it.")), "Q158308",
    ),
    Product(
        "PostgreSQL", ("postgres", "pg_ctl"), "a process for each connection on the heap of its service: 500 connections failed, 100 were stable",
        ((NOW, "Lower max_connections, and put a pool of connections before the server; a product that delivered 150 was stable at 100."),), "Fusion issue 2411", signs=("postgres-backend-died",),
    ),
    Product(
        "Fujitsu Systemwalker", (), "jobs of one service share a heap: at most 30 at a time are advised",
        ((NOW, "At most 30 jobs at a time."), (REBOOT, "Third SharedSection value 3072 on Server 2008 and later (leave a larger one), else in steps of 256 or 512.")), "Systemwalker FAQ 11043", signs=("systemwalker-no-heap",),
    ),
    Product(
        "service wrappers (winsw)", ("winsw", "winsw-x64", "winsw-x86", "winsw.net4"), "about 7 KB for a service with wrapper and console: of 250 under LocalSystem about 110 started at 768 KB",
        ((CAUSE, "Run part of them under other accounts, or several programs in one service."), (FUTILE, "Starting them later or again: the heap stays full.")), "winsw issue 803",
    ),
    Product(
        "trading terminals", ("terminal", "terminal64", "metatrader"), "about 1,000 KB each with their console: 20 fill 20,480 KB",
        ((CAUSE, "Fewer terminals in one session: a second session has a heap of its own."), (FUTILE, "A second SharedSection value over 20,480: Microsoft advises against it, though some use 65,536.")), "public operations notes of trading servers", signs=("exit-code-10053",),
    ),
    Product(
        "Elastic Agent", ("elastic-agent",), "its watcher dies where another service has filled the heap that they share",
        ((NOW, "Find the service that leaks: sort the USER objects of session 0 (GuiObjectUse). An agent that runs interactively is not affected."),), "elastic/ingest-docs issue 1775", signs=("elastic-agent-watcher",),
    ),
    Product(
        "Unity shader compilers", ("unityshadercompiler",), "one process for each thread of the CPU; a heap is only suspected",
        ((NOW, "Limit the number of compilers, and list the heaps while they run."),), "public reports", signs=("unity-shader-compiler",),
    ),
    Product(
        "Oracle Database", ("oracle",), "others quote an advice of its maker on the third SharedSection value",
        ((REBOOT, "Third SharedSection value 1024; more only with Microsoft."),), "Oracle note 744125.1",
    ),
)  # fmt: skip


@rule(
    stage=ALIKE,
    says=None,
    needs="symptoms.signature or desktop_heaps.used_percent",
    clear="No product with a known need of desktop heap is seen beside a symptom or a heap that is filling up.",
    references=("KB 949296", "KB 2102398"),
)
def check(
    symptoms: pd.DataFrame,
    gui_objects: pd.DataFrame,
    desktop_owners: pd.DataFrame,
    desktop_heaps: pd.DataFrame,
    platforms: pd.DataFrame,
    advised: pd.DataFrame,
) -> Found | None:
    """One finding a product and machine: where it was seen first, and what is wrong there."""
    import pandas as pd

    seen = pd.concat(
        [*_running(gui_objects, desktop_owners), _on_stations(desktop_heaps), _complained(symptoms)], ignore_index=True
    )
    trouble = _trouble(symptoms, desktop_heaps)
    rows = seen.drop_duplicates(["key", "product"])
    rows = rows[rows["key"].isin(trouble["key"])].sort_values(["key", "product"], ignore_index=True)
    rows = rows.assign(severity="info", certainty="possible")
    known = platforms.set_index(machine_keys(platforms))[["era", "architecture"]].astype(object)
    rows = rows.join(known, on="key")
    rows = rows.join(advised.set_index(machine_keys(advised))[["service_wanted_kb"]], on="key")
    return found(
        rows, cite(rows, "{where}"), cite(rows[["key"]], "{wrong}", trouble[["key", "file", "line", "wrong"]], ["key"])
    )


def _frame(rows: pd.DataFrame, products: pd.Series[Any], where: str) -> pd.DataFrame:
    """Rows that belong to a product, with their machine and the words for them."""
    mine = products.notna().to_numpy(bool)
    rows = rows[mine]
    kept = rows[[*MACHINE, "snapshot", "file", "line"]].astype({"file": object})
    told: pd.DataFrame = kept.assign(key=machine_keys(rows), product=products[mine].astype("int64"), where=where)
    return told


def _running(gui_objects: pd.DataFrame, desktop_owners: pd.DataFrame) -> list[pd.DataFrame]:
    """Processes and services of products."""
    images = {name: at for at, one in enumerate(PRODUCTS) for name in one.processes}
    services = {name: at for at, one in enumerate(PRODUCTS) for name in one.services}
    parts = [
        _frame(
            table,
            table["process"].str.lower().str.removesuffix(".exe").map(images),
            "its process is in this list",
        )
        for table in (gui_objects, desktop_owners)
    ]
    mine = gui_objects["services"].str.lower().str.strip().map(services)
    return [*parts, _frame(gui_objects, mine, "its service is in this list")]


def _on_stations(heaps: pd.DataFrame) -> pd.DataFrame:
    stations = {name: at for at, one in enumerate(PRODUCTS) for name in one.stations}
    return _frame(heaps, heaps["window_station"].astype(object).map(stations), "a desktop on its window station")


def _complained(symptoms: pd.DataFrame) -> pd.DataFrame:
    signs = {name: at for at, one in enumerate(PRODUCTS) for name in one.signs}
    return _frame(symptoms, symptoms["signature"].astype(object).map(signs), "an error text of its own")


def _trouble(symptoms: pd.DataFrame, heaps: pd.DataFrame) -> pd.DataFrame:
    """The first symptom that desktop heap can have, and the fullest heap from 80 % on, of each machine."""
    import pandas as pd

    told = symptoms[symptoms["specificity"].isin(["S", "M", "L"])]
    full = heaps[heaps["used_percent"].ge(FULLER).fillna(False).to_numpy(bool) & ~heaps["superseded"].to_numpy(bool)]
    full = full.sort_values("used_percent", ascending=False, kind="stable")
    parts = [
        rows[["file", "line"]]
        .astype({"file": object})
        .assign(key=machine_keys(rows), wrong=wrong)
        .drop_duplicates("key")
        for rows, wrong in ((full, "a heap that is filling up"), (told, "a symptom, as somebody saw or wrote it"))
    ]
    first: pd.DataFrame = pd.concat(parts, ignore_index=True)
    return first


def tell(row: Mapping[str, Any]) -> Told:
    """A finding in words: the product, what it takes, and its recipe; sizes only where Windows and architecture are known."""
    product = PRODUCTS[int(row["product"])]
    known = row["era"] is not None and row["architecture"] is not None
    summary = f"{product.name[0].upper()}{product.name[1:]} is seen here beside signs of trouble. Known of it: {product.needs} ({product.reference})."
    advice = [one for one in product.do if known or one[0] != REBOOT]
    if row["service_wanted_kb"] is not None:  # the full heap speaks first
        advice = [
            (when, f"If the step that the full heap needs is not enough: {text}" if when == REBOOT else text)
            for when, text in advice
        ]
    sized = len(advice) < len(product.do)
    if sized:
        advice.append(
            (
                NOW,
                "Find out Windows and architecture (vertarget, systeminfo): its maker's SharedSection figures are told only for a known one.",
            )
        )
    elif row["era"] == BEFORE and any(when == REBOOT for when, _ in advice):
        advice.append((CAUSE, _VIEW))
    return Told(
        summary,
        {"product": product.name},
        "The same failure while the product is stopped.",
        advice,
        (product.reference,),
    )
