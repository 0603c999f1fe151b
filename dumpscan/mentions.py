r"""Whether prose only mentions an error: it says that there was none, a mail quotes it from another one, or an article tells of it.

What is mentioned is no symptom of the machine. Only a few plain ways of saying so are known, and each must stand in the same sentence: where in doubt, somebody saw the error.
"""

from __future__ import annotations

import re

NEAR = 160  # characters of a sentence that are looked at on each side

_QUOTED = re.compile(r"[ \t]*+>")
_BETWEEN = r"(?:(?:more|longer|further|other|such|single|events?|errors?|codes?|exit|entry|entries|signs?|traces?|occurrences?|instances?|of|the|an?|any|status|ids?|win32k|243|244)[ ]++){0,6}+"
_SEEN = r"(?:see|seen|saw|find|found|get|got|have|had|log|logged|observe|observed|hit|reproduce|reproduced|show|shown|receive|received)"
_NOT_BEFORE = re.compile(
    rf"(?i)\b(?:(?:no|not|without|neither|nor|kein(?:e[nrms]?)?|ohne|instead of|rather than)|never(?:[ ]{_SEEN})?"
    rf"|(?:did|do|does|has|have|had|was|were|is|are|could|can)(?:n['\u2019]t|[ ]?not)[ ]{_SEEN})[ ]++{_BETWEEN}[\"'(]{{0,2}}+\Z"
)
_CLAUSE = re.compile(
    r"(?i)[.;:!?,]|[ ](?:and|but|which|that|who|because|when|while|if|although|though|so|then|where|however|since|after|before|with|without)[ ]"
)
_NOT_BEHIND = re.compile(
    r"(?i)\b(?:(?:is|was|are|were|has|have|had|does|do|did|could|can)(?:n['\u2019]t|[ ]not)|never|no longer)[ ]++(?:(?:been|be|yet|even|anywhere|to)[ ]++){0,3}+"
    r"(?:in[ ](?:the[ ]|any[ ])(?:[a-z]+[ ]){0,3}+logs?|there|seen|found|logged|present|occur[a-z]*+|happen[a-z]*+|appear[a-z]*+|show[ns]?|reproduc[a-z]*+|recur[a-z]*+|come back|observed|reported)\b"
)
_SOURCE = r"(?:KB[ ](?:article|[0-9]{5,7})|KB[0-9]{5,7}|Q[0-9]{6}|knowledge base|article|blog|documentation|docs|manual|web ?page|MSDN)"
_ARTICLE = re.compile(
    rf"(?i)\b{_SOURCE}\b[^.;!?]{{0,60}}\b(?:says?|said|states?|describes?|explains?|mentions?|lists?|tells|reads|wrote|quotes?|is about)\b[^.;!?]*\Z"
    rf"|\b(?:according to|as (?:described|explained|stated|written) in|quot(?:ed|ing) from)[ ](?:the[ ]|an?[ ])?{_SOURCE}\b[^.;!?]*\Z"
)


def quoted(line: str) -> bool:
    r"""Whether a line, as it stands in its file, is quoted from another mail.

    >>> quoted("> > it ends with 0xC0000142"), quoted("C:\\> fails with 0xC0000142")
    (True, False)
    """
    return _QUOTED.match(line) is not None


def only_mentioned(text: str, begin: int, end: int, above: str = "") -> bool:
    """Whether what stands at this place of a text is denied in its sentence, which may begin in the line above, or told by an article.

    >>> [only_mentioned(text, text.index("0x"), len(text.split("7")[0]) + 1) for text in ("no error 0x7 here", "KB 184802 says 0x7", "no window, 0x7", "0x7 was never seen")]
    [True, True, False, True]
    """
    before, behind = text[max(0, begin - NEAR) : begin], text[end : end + NEAR]
    if begin < NEAR:
        before = f"{above.rstrip()[-NEAR:]} {before.lstrip()}"
    clause = _CLAUSE.split(behind, maxsplit=1)[0]
    return bool(_NOT_BEFORE.search(before) or _NOT_BEHIND.search(clause) or _ARTICLE.search(before))
