r"""The value that holds SharedSection is damaged

## What happens
Windows starts csrss.exe with the value `Windows` of the key SubSystems, word by word. A blank after a comma, a second SharedSection, a word where a number belongs or
quotation marks may be read otherwise than meant; without `=` in `Windows=On`, or without a ServerDll part, the machine may not boot any more.

## How the log proves it
In a value of csrss.exe or of the registry of this machine:
- a word among the numbers, such as `1024,20480,768,SeDebugPrivilege`: medium, tampering suspected. An attack script writes exactly that.
- a fourth number: low. Nothing documents one; Windows is not known to read it.
- a blank after a comma (even an article of Microsoft prints it), or two SharedSection: medium.
- semicolons, blanks, full-width commas or nothing between the numbers, or a comma too many: medium. No source tells what Windows makes of such a list (the first number alone, its defaults, or no start); the heaps that are listed
  afterwards tell it. A mail program or a keyboard for Chinese or Japanese may have put them into the copy only.
- a blank inside one number of a list whose other numbers have commas: info. That is where a copy lost the end of a line, so no size is taken from it.
- `Windows On`, quotation marks inside, or a missing ServerDll part in a value that is otherwise whole (basesrv and the user server on every Windows; the
  console server up to Windows 7, sxssrv since, where the build is known): critical in the registry, medium where csrss.exe runs with it.
- a word broken where a line ends, with characters lost: info. One console loses three at every wrap; that is damage of the copy, not of the registry.

## What to do
Copy the value again without wrapping; only if it is still damaged, restore it from a machine of the same version and service pack, with a way back at hand.

## What would refute it
The same value copied again from the machine (`reg export`), without the damage.

## Sources
KB 142676, KB 184802, KB 947246 (prints a blank); public samples of attack and installation scripts; a public console log that lost characters at
its wraps. That a wrong list of servers ends in STOP c000021a is experience [field].
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from dumpscan.csrss import ENDS, one_line, servers
from dumpscan.machines import machine_keys
from dumpscan.rules import CAUSE, CONFIGURATION, FUTILE, NOW, Found, Told, cite, found, rule
from dumpscan.rules._sections import where
from dumpscan.sections import texts

if TYPE_CHECKING:
    import pandas as pd

COPY, WORD, FOURTH, BLANK, TWICE, ON, QUOTES, SERVER, PARTED, GAP = (
    "copy", "word", "fourth", "blank", "twice", "on", "quotes", "server", "parted", "gap",
)  # fmt: skip
FATAL = (ON, QUOTES, SERVER)
SAID = {
    COPY: "characters are lost where the copy breaks its lines",
    WORD: "a word stands among its numbers",
    FOURTH: "it has a fourth number",
    BLANK: "a blank stands after a comma of its list",
    TWICE: "SharedSection stands in it twice",
    ON: "Windows On lacks its =",
    QUOTES: "quotation marks stand inside",
    SERVER: "a ServerDll part is missing",
    PARTED: "its numbers are not parted by single commas",
    GAP: "a blank stands inside one of its numbers",
}

_LIST = re.compile(r"(?i)SharedSection=[ ]*([0-9A-Za-z]*(?:,[ ]*(?!Windows\b)[0-9A-Za-z]+)*)")
# All that stands between the name and the next word of the value; at the end of a text it may be cut.
_RUN = re.compile(r"(?i)SharedSection=[ ]*([0-9][^\"A-Z]*?)(?=[ ]+(?:Windows\b|[A-Z]{3,}=))")
_PARTS = re.compile(r"[0-9]+(?:,[ ]*[0-9]+)*")
# A line break that a copy lost leaves a blank in a number ("20480,7 68"); blanks instead of all commas are somebody's typing.
_GAP = re.compile(r"(?=[^ ]*[ ][^ ]*$)(?=.*,)[0-9]+(?:[, ][0-9]+)*")


def damage(text: str, build: int | None = None) -> tuple[str, ...]:
    """What is wrong with a value, the worst first; nothing else is said of a copy that lost characters.

    >>> damage("csrss.exe SharedSection=1024, 3072,512 Windows On"), damage("SharedSection=1024,3072,512,256 Windows=On")
    (('on', 'blank'), ('fourth',))
    >>> damage("csrss.exe SharedSection=1024;3072;512 Windows=On"), damage("csrss.exe SharedSection=1024,20480,7 68 Windows=On")
    (('parted',), ('gap',))
    """
    line = one_line(text)
    if line is None:
        return (COPY,)
    lists = _LIST.findall(line)
    values = [value.strip() for one in lists for value in one.split(",")] if len(lists) == 1 else []
    run = _RUN.search(line) if len(lists) == 1 else None
    odd = run is not None and _PARTS.fullmatch(run[1]) is None
    torn = run is not None and _GAP.fullmatch(run[1]) is not None
    signs = {
        ON: re.search(r"(?i)(?<![=\\\w])Windows[ ]+On\b", line) is not None,
        QUOTES: '"'
        in line[max(0, line.find("ObjectDirectory=")) :].strip('"'),  # some tools quote the path of csrss.exe
        SERVER: all(end in line for end in ENDS) and any(server not in line for server in servers(build)),
        WORD: any(value and not value.isdecimal() for value in values),
        TWICE: len(lists) > 1,
        PARTED: odd and not torn,
        BLANK: any(re.search(r",[ ]", one) for one in lists),
        FOURTH: len(values) > 3 and all(value.isdecimal() for value in values),
    }
    signs[GAP] = torn
    return tuple(sign for sign, there in signs.items() if there)


@rule(
    stage=CONFIGURATION,
    says=None,
    needs="shared_sections.text or registry_values.text",
    clear="Where the value of csrss.exe could be read, it is whole.",
    references=("KB 142676", "KB 184802", "KB 947246"),
)
def check(
    shared_sections: pd.DataFrame, registry_values: pd.DataFrame, platforms: pd.DataFrame, captures: pd.DataFrame
) -> Found | None:
    """The latest texts of each machine in which something is wrong."""
    import pandas as pd

    rows = texts(shared_sections, registry_values, captures)
    builds = (
        machine_keys(rows).map(platforms.set_index(machine_keys(platforms))["build"]).astype("Int64").astype(object)
    )
    pairs = [*zip(rows["text"], builds.where(builds.notna(), None), strict=True)]
    told = {pair: damage(*pair) for pair in set(pairs)}
    rows = rows.assign(kinds=pd.Series([" ".join(told[pair]) for pair in pairs], rows.index, dtype=object))
    rows = rows[rows["kinds"].ne("")]
    rows = rows.drop_duplicates(["case", "machine", "kinds"])
    worst = rows["kinds"].str.split(" ").str[0].astype(object)
    rows = rows.assign(severity="medium", certainty="likely")
    rows["severity"] = (
        rows["severity"]
        .mask(worst.isin([COPY, GAP]), "info")
        .mask(worst.eq(FOURTH), "low")
        .mask(worst.isin(FATAL) & ~rows["in_force"].astype(bool), "critical")
    )
    rows["certainty"] = rows["certainty"].mask(worst.isin([COPY, WORD]), "proved").mask(worst.eq(FOURTH), "possible")
    return found(rows, cite(rows.assign(said=worst.map(SAID)), "{said}"))


def tell(row: Mapping[str, Any]) -> Told:
    """A finding in words."""
    kinds = str(row["kinds"]).split()
    said = "; ".join(SAID[kind] for kind in kinds)
    if COPY in kinds:
        summary = f"The value with SharedSection ({where(row)}) was copied with losses: {said}. That is damage of the copy, not of the registry."
    elif kinds == [GAP]:
        summary = f"The value with SharedSection ({where(row)}) was copied with losses, as far as one can tell: {said}. No size is taken from it."
    else:
        tail = (
            " What Windows makes of such a list is not documented; only a listing of the heaps tells it, and a mail or a keyboard may have changed the copy alone."
            if PARTED in kinds
            else ""
        )
        tail += " Tampering is suspected: an attack script writes a privilege there." if WORD in kinds else ""
        boots = (
            " The machine may not boot with it." if set(kinds) & set(FATAL) and not row["in_force"]
            else " The machine runs with it, if this copy is true." if set(kinds) & set(FATAL)
            else ""
        )  # fmt: skip
        summary = f"The value with SharedSection ({where(row)}) is damaged: {said}.{boots}{tail}"
    again = r'reg export "HKLM\SYSTEM\CurrentControlSet\Control\Session Manager\SubSystems" before.reg'
    advice = [(NOW, f"Copy the value again, in a form that no console wraps: {again}")]
    if WORD in kinds:
        advice.append((CAUSE, "Find out who wrote it, and treat the machine as possibly broken into until that is known."))  # fmt: skip
    if COPY not in kinds and kinds != [GAP]:
        advice.append(
            (
                CAUSE,
                "If it is still damaged there: change only what is wrong, by the value of a machine of the same version and service pack, before the next restart.",
            )
        )
        advice.append((FUTILE, "A value out of an article or of another Windows: its ServerDll parts differ by version, and with wrong ones Windows does not boot."))  # fmt: skip
    subject = {"damage": kinds, "in_force": bool(row["in_force"])}
    return Told(summary, subject, "The same value copied again from the machine, without the damage.", advice)
