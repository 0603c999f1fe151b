"""Logon sessions as all their readers tell them."""

from __future__ import annotations


def luid(high: int, low: int) -> str:
    r"""The LUID of a logon session in lower-case hex without 0x, as it stands in `Service-0x0-<LUID>$`; its high half only where there is one.

    >>> luid(0, 149023), luid(1, 0x3E7)
    ('2461f', '1:3e7')
    """
    return f"{high:x}:{low:x}" if high else f"{low:x}"


def account(user: str | None, domain: str | None = None) -> str | None:
    r"""DOMAIN\user, or None: a session without a user prints nothing, or a lone backslash.

    >>> account("NETWORK SERVICE", "NT AUTHORITY"), account(r"CORP\ann"), account("\\"), account("", "CORP")
    ('NT AUTHORITY\\NETWORK SERVICE', 'CORP\\ann', None, None)
    """
    user, domain = (user or "").strip(), (domain or "").strip()
    if user.strip("\\") in ("", "-"):
        return None
    return f"{domain}\\{user}" if domain else user.lstrip("\\")
