"""Options of a boot, as boot.ini, bootcfg and SystemStartOptions write them."""

from __future__ import annotations

import re

_OPTION = re.compile(r"([A-Za-z0-9_]++)(?:[=:]([^\s/]*+))?")


def options(text: str) -> list[tuple[str, str | None]]:
    """Names in capitals, with their values. Both "/USERVA:3030" and "/userva=3030" are written; SystemStartOptions has no slashes.

    >>> options("/fastdetect /3GB /USERVA:3030"), options(" NOEXECUTE=OPTIN  3GB")
    ([('FASTDETECT', None), ('3GB', None), ('USERVA', '3030')], [('NOEXECUTE', 'OPTIN'), ('3GB', None)])
    """
    parts = re.findall(r"/([^\s/]++)", text) if "/" in text else text.split()
    words = map(_OPTION.fullmatch, parts)
    return [(word[1].upper(), word[2] or None) for word in words if word]
