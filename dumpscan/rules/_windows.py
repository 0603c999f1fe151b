"""Which Windows a rule is for, with the reason that it gives on all others."""

from __future__ import annotations

from dumpscan.platforms import BEFORE, W2K
from dumpscan.rules import Windows
from dumpscan.view_space import has_limit

BEFORE_VISTA = Windows(has_limit, "Only Windows older than Vista limits session view space.")
X86_BEFORE_VISTA = Windows(
    lambda rows: has_limit(rows) & (rows["architecture"].eq("x86") | rows["architecture"].isna()),
    "Only 32-bit Windows older than Vista has so little address space for the kernel.",
)
XP_2003_X86 = Windows(
    lambda rows: rows["build"].isin([2600, 3790]) & rows["architecture"].eq("x86").to_numpy(bool, na_value=False),
    "Only XP and Server 2003 on x86 fall back to 20 MB.",
)
X64_BEFORE_VISTA = Windows(
    lambda rows: (rows["era"].eq(BEFORE) & rows["architecture"].eq("x64")).fillna(False),
    "Only XP and Server 2003 on x64 have 104 MB of session view space by default.",
)
WINDOWS_2000 = Windows(lambda rows: rows["build"].eq(W2K), "Only Windows 2000 has such a kernel.")
SESSION_0_IS_FOR_SERVICES = Windows(
    lambda platforms: platforms["era"].ne(BEFORE) | platforms["era"].isna(),
    "Before Vista the user at the console works in session 0, too: many objects there are nothing strange.",
)
VIEW_AND_POOL = Windows(
    lambda rows: (rows["era"].eq(BEFORE) & rows["architecture"].eq("x86")).fillna(False),
    "Only on x86 before Vista do view space and session pool share so few addresses.",
)
