"""The text to apply and its way back as files: one `.reg` a change and a direction."""

from __future__ import annotations

import re
from typing import Any

Document = dict[str, Any]
NOT_A_NAME = re.compile(r"[^A-Za-z0-9_-]+")


def files(doc: Document) -> dict[str, str]:
    """Names and texts of the changes of all machines, as Windows reads them: regedit wants CR and LF."""
    told: dict[str, str] = {}
    for at, plan in enumerate(doc["plan"], 1):
        machine = NOT_A_NAME.sub("_", plan["machine"])[:60].strip("_") or f"machine-{at}"
        name = machine if not any(name.startswith(f"{machine}.") for name in told) else f"{machine}-{at}"
        for change in plan["changes"]:
            for when in ("apply", "back"):
                told[f"{name}.{change['what']}.{when}.reg"] = change[when]["reg"].replace("\n", "\r\n")
    return told
