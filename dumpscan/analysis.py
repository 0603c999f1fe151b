"""From inputs to answers: read, build the tables, run the rules, judge. One set of tables for any number of cases."""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from dumpscan.commands import known_command
from dumpscan.complaint import NOTHING_SAID, Complaint, complaint, complaints
from dumpscan.decoding import known_encoding
from dumpscan.inputs import DumpscanError, Input, case_name, inputs_of
from dumpscan.plan import NOTHING_WANTED, Wanted
from dumpscan.reading import Reading
from dumpscan.unpacking import Options, read_input
from dumpscan.verdict import UNDECIDED

if TYPE_CHECKING:
    import pandas as pd

    from dumpscan.document import Documents
    from dumpscan.rules import Outcome

Source = str | Path | bytes | IO[bytes]


class Analysis:
    """What one run found: tables, outcomes, verdicts."""

    def __init__(
        self,
        cases: Sequence[str],
        readings: Sequence[Reading],
        said: Complaint = NOTHING_SAID,
        wanted: Wanted = NOTHING_WANTED,
    ) -> None:
        from dumpscan.configured import configured
        from dumpscan.model import build
        from dumpscan.owners import desktop_users, owners
        from dumpscan.platforms import platforms, signs
        from dumpscan.rules import all_rules, run
        from dumpscan.rules._advised import advised
        from dumpscan.rules._events import after_failures
        from dumpscan.trends import trend_points, trends
        from dumpscan.verdict import judge
        from dumpscan.view_space import view_space

        self.cases = list(cases)
        self.readings = list(readings)
        _name_each_once(self.readings)
        self.tables: dict[str, pd.DataFrame] = build(self.readings, self.cases, said)
        users, points = desktop_users(self.tables), trend_points(self.tables)
        self.tables["owners"] = owners(self.tables, users)
        self.tables["trends"] = trends(points, self.tables["gui_objects"], self.tables["captures"])
        told = signs(self.tables)
        known = configured(self.tables, platforms(self.tables, told))
        self.complaint, self.wanted = said, wanted
        self._tables = self.tables | {
            "complaints": complaints(said, self.cases),
            "signs": told,
            "platforms": known,
            "view_space": after_failures(view_space(self.tables, known), self.tables, known),
            "desktop_users": users,
            "trend_points": points,
        }
        self._tables["advised"], self._tables["sizing"] = advised(self._tables)
        # What prose only mentions is a row of its table, but no symptom that a rule may build on.
        symptoms = self.tables["symptoms"]
        judged = self._tables | {"symptoms": symptoms[~symptoms["mentioned"].fillna(False).astype(bool)]}
        self.outcomes: list[Outcome] = run(judged, len(self.cases), list(all_rules().values()))
        self._tables["verdicts"] = judge(self._tables, self.outcomes)

    def verdicts(self) -> dict[str, str]:
        """The mode of each case, without the words of its document."""
        worst = self._tables["verdicts"].drop_duplicates("case")
        modes = dict(zip(worst["case"].astype(str), worst["mode"], strict=True))
        return {case: modes.get(case, UNDECIDED) for case in self.cases}

    @cached_property
    def documents(self) -> Documents:
        from dumpscan.document import Documents

        tables = self._tables | {"plan": self.plan}
        return Documents(self.cases, self.readings, tables, self.outcomes, self.complaint, self.wanted)

    @cached_property
    def plan(self) -> pd.DataFrame:
        """The table `plan`: what other sizes would hold. Verdicts need none of it, so it is made when it is asked for."""
        from dumpscan.plan.table import plan

        return plan(self._tables, self.outcomes, self.wanted)

    def to_dict(self, case: str | None = None) -> dict[str, Any]:
        """The JSON document of one case (the only one, if there is one), as plain Python values."""
        if case is None and len(self.cases) != 1:
            raise DumpscanError(f"there are {len(self.cases)} cases here: say which one")
        name = self.cases[0] if case is None else case
        if name not in self.documents.number:
            raise DumpscanError(f"no case is called {name}")
        return self.documents.of(name)


def analyze(
    *sources: Source,
    case: str | None = None,
    encoding: str | None = None,
    hash_all: bool = False,
    read_as: str | None = None,
    session: int | None = None,
    failed_at: str | None = None,
    wanted: Wanted = NOTHING_WANTED,
) -> Analysis:
    """Analyse files, folders, archives, texts (bytes) or file objects; several of them are one case.

    `encoding` is the code page of texts that do not tell theirs, `read_as` the name of a command for texts in which nothing is recognised.
    `session` and `failed_at` (as "2026-11-20 09:30", by the clock of that machine) tell the complaint, where they are known.
    `wanted` is what the plan has to make room for, beside today's desktops.
    Never raises for what they hold; raises DumpscanError for a path that is not there, and for names that nobody knows.
    """
    said = complaint(session, failed_at)
    if not sources:
        raise DumpscanError("nothing to analyse: name a file or a folder")
    name = case or _name(sources[0])
    options = Options(known_encoding(encoding), hash_all, known_command(read_as) if read_as else None)
    return Analysis([name], read_all(inputs_of(name, [_opened(source) for source in sources]), options), said, wanted)


def analyze_cases(cases: Mapping[str, Source | Sequence[Source]], encoding: str | None = None) -> Analysis:
    """Analyse many cases in one set of tables, with every rule run once over all of them."""
    options = Options(known_encoding(encoding))
    found: list[Input] = []
    for name, sources in cases.items():
        several = sources if isinstance(sources, Sequence) and not isinstance(sources, (str, bytes)) else [sources]
        found += inputs_of(name, [_opened(source) for source in several])
    return Analysis(list(cases), read_all(found, options))


def read_all(found: Iterable[Input], options: Options) -> list[Reading]:
    return [reading for one in found for reading in read_input(one, options)]


def _name_each_once(readings: Iterable[Reading]) -> None:
    """Two inputs of a case never share a name: an archive may hold one twice, and lines are cited by it."""
    seen: set[tuple[str, str]] = set()
    numbers: Counter[tuple[str, str]] = Counter()
    for reading in readings:
        name = (reading.case, reading.file)
        while (reading.case, reading.file) in seen:
            numbers[name] += 1
            reading.file = f"{name[1]} ({numbers[name] + 1})"
        seen.add((reading.case, reading.file))


def _opened(source: Source) -> Path | bytes:
    if isinstance(source, (bytes, Path)):
        return source
    if isinstance(source, str):
        return Path(source)
    content = source.read()
    return content.encode("utf-8") if isinstance(content, str) else content


def _name(source: Source) -> str:
    if isinstance(source, (str, Path)):
        return case_name(Path(source))
    return Path(str(getattr(source, "name", "case"))).stem if not isinstance(source, (bytes, io.BytesIO)) else "case"
