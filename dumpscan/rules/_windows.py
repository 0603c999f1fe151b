"""Which Windows a rule is for, with the reason that it gives on all others."""

from __future__ import annotations

from dumpscan.rules import Windows
from dumpscan.view_space import has_limit

BEFORE_VISTA = Windows(has_limit, "Only Windows older than Vista limits session view space.")
