r"""Typed commands: what stands behind the prompt of a kernel debugger, wherever in a text it is.

    0: kd> !vm 4        lkd>!sysptes 4        0:000>0:000>0: kd> !process 0 0        32.0: kd:x86> kb        KDx86> !trap

Prompts of user targets ("0:000>") and of shells are others' and make no row. A paste that lost its line ends puts two prompts into one
line ("kd> !vm 1: kd> !vm"): each has its command. An empty prompt repeats the last command and is no command of its own.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

LITERALS = (b"kd>", b"kdx86>", b"kd:", b"kd&gt;")

# Thirteen shapes were seen (threat model, section 8); "3: Kd>" has a capital, beta kernels print "1: Kernel Version" and are none.
_KD = r"(?:\|\|[0-9]{1,3}:)?(?:[0-9]{1,3}(?:\.[0-9]{1,3})?[:.][ ]?)?l?[kK][dD](?:x86)?(?::[a-z0-9]{1,6}:?)?>"
_USER = r"[0-9]{1,3}:[0-9a-f]{3,4}(?::[a-z0-9]{1,6})?>[ ]?"
_PROMPT = re.compile(rf"[ ]*+(?:{_USER}|{_KD}[ ]?)*({_KD})")
# Between two commands of one line the number of a processor must stand: "!grep lkd>" has none.
_NEXT = re.compile(rf"[ ]*(?:{_USER})*((?:[0-9]{{1,3}}: ?l?|l)kd>)")
# remote.exe notes behind a command who typed it and when: "kb                      [Local        9:50 AM]".
_NOTE = re.compile(r"[ ]{2,}+\[[^\]\[]{1,60}[ ][0-9]{1,2}:[0-9]{2}(?: [AP]M)?\][ ]*+$")
_ANY = re.compile(rf"[ ]*+(?:(?:{_USER}|{_KD}|(?:PS )?[A-Za-z]:\\[^>\n]{{0,200}}>)[ ]*+)*+")


def behind_prompts(line: str) -> int:
    r"""Where a line begins behind its indentation and the prompts of debuggers or shells.

    >>> behind_prompts("  x"), behind_prompts("0:000>0: kd> !vm"), behind_prompts(r"C:\kktools> dheapmon")
    (2, 13, 12)
    """
    found = _ANY.match(line)
    return found.end() if found else 0


def commands(line: str) -> Iterator[tuple[str, str]]:
    r"""(prompt, command) of each prompt in a line of a matching copy: blanks are " ", quoting is gone.

    >>> list(commands("0:000>0: kd> !process 0 0 ")), list(commands(r"C:\>kd> !vm")), list(commands("kd> !vm 1: kd> !vm"))
    ([('0: kd>', '!process 0 0')], [], [('kd>', '!vm'), ('1: kd>', '!vm')])
    """
    head = _PROMPT.match(line)
    while head:
        again = _NEXT.search(line, head.end())
        if command := line[head.end() : again.start() if again else None].strip():
            yield head[1].strip(), _NOTE.sub("", command)
        head = again
