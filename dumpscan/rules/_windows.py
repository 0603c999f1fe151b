"""Which Windows a rule is for, with the reason that it gives on all others."""

from __future__ import annotations

from dumpscan.platforms import BEFORE
from dumpscan.rules import Windows
from dumpscan.view_space import has_limit

BEFORE_VISTA = Windows(has_limit, "Only Windows older than Vista limits session view space.")
SESSION_0_IS_FOR_SERVICES = Windows(
    lambda platforms: platforms["era"].ne(BEFORE) | platforms["era"].isna(),
    "Before Vista the user at the console works in session 0, too: many objects there are nothing strange.",
)
