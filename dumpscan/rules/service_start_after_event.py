r"""A service did not start right after Windows ran out of desktop heap

## What happens
Windows logged that an allocation from a desktop heap failed (243) or that a desktop could not be created (244), and shortly after it the Service Control
Manager logged that a service did not connect in time (7009) or could not be started (7000). The process of the service could not initialise
user32.dll, or got no desktop, and ended before it could answer. The timeout is the consequence, not the cause: a longer ServicesPipeTimeout
only makes the wait longer.

## How the log proves it
Events 243 or 244 of Win32k with date and time, not of an earlier boot, and within 180 s after one of them an event 7000 or 7009. The default timeout is 30 s; 180 s
is a **[guess]** that leaves room for a raised one. An event that names a session other than 0 is not joined: services run in session 0. Times in
universal time (XML) are held only against each other.

## What to do
After 243: find what fills the heap of the service's account. After 244: before Vista a desktop too many, later commit or kernel memory.
Start the service again once there is room.

## What would refute it
The service does not start after a restart of the machine either, or error 7000 gives another reason (a missing file, a wrong password).

## Sources
troubleshootingsql.com 2009-12-30 (244 followed by 7009 and 7000); KB 184802; ntdebugging blog, comment 50.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from dumpscan.machines import machine_keys
from dumpscan.platforms import MACHINE
from dumpscan.rules import CAUSE, EVENTS, FUTILE, NOW, Found, Told, cite, found, rule
from dumpscan.rules._events import (
    DESKTOP_CREATION_FAILED,
    HEAP_ALLOCATION_FAILED,
    SERVICE_NOT_STARTED,
    SERVICES,
    facts,
    nearest,
)

if TYPE_CHECKING:
    import pandas as pd

AFTER = 180  # seconds [guess]: the Service Control Manager waits 30 by default

_SERVICE = re.compile(r"(?:waiting for the|^The) (.{1,120}?) service (?:to connect|failed to start)")


@rule(
    stage=EVENTS,
    says=None,
    needs=("events.event_id", "events.time"),
    clear="No service failed to start right after an event 243 or 244.",
    references=("KB 184802",),
)
def check(events: pd.DataFrame, systems: pd.DataFrame) -> Found | None:
    """The first such pair of each machine; all of them are cited."""
    told = facts(events, (HEAP_ALLOCATION_FAILED, DESKTOP_CREATION_FAILED), systems)
    told = told[told["session"].fillna(0).eq(0)]
    starts = facts(events, SERVICE_NOT_STARTED, systems, SERVICES)
    near = nearest(told, starts, AFTER, "forward")
    told = told.join(near)[near["near_line"].notna()]
    # Tables with minutes only show both events at one time; of a pair, the one that is told first in the log need not be the first line.
    told = told.assign(key=machine_keys(told), severity="high", certainty="likely")
    rows = told.drop_duplicates(MACHINE)
    lines = told[["key", "file", "line", "time", "event_id"]]
    services = told[["key", "near_file", "near_line", "near_time", "near_event_id"]].rename(
        columns={"near_file": "file", "near_line": "line"}
    )
    finding = rows[["key"]]
    return found(
        rows,
        cite(finding, "event {event_id} at {time}", lines, ["key"]),
        cite(finding, "event {near_event_id} of the Service Control Manager at {near_time}", services, ["key"]),
    )


def tell(row: Mapping[str, Any]) -> Told:
    """A finding in words."""
    service = _service(row["near_text"])
    cause = "desktop heap" if row["event_id"] == HEAP_ALLOCATION_FAILED else "a desktop"
    gap = int(row["gap"])
    summary = (
        f"{service} did not start (event {row['near_event_id']} at {row['near_time']}) {f'{gap} s after' if gap else 'in the moment of'} event {row['event_id']}: "
        f"its process died for lack of {cause}."
    )
    advice = [
        (NOW, f"Start {service[0].lower()}{service[1:]} again once the heaps of session 0 have room."),
        (CAUSE, f"Event {row['event_id']} comes first: that the service did not start is what followed."),
        (FUTILE, "A longer timeout for services (ServicesPipeTimeout): the process has died, it is not slow."),
    ]  # fmt: skip
    subject = {key: row[key] for key in ("event_id", "time", "near_event_id", "near_time", "near_text")} | {"gap": gap}
    return Told(
        summary,
        subject,
        "The service does not start after a restart of the machine either, or event 7000 gives another reason.",
        advice,
    )


def _service(text: Any) -> str:
    match = _SERVICE.search(text) if isinstance(text, str) else None
    return f"The service {match[1]}" if match else "A service"
