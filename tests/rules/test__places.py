"""One number for each file of each case."""

from __future__ import annotations

import pandas as pd

from dumpscan.rules._places import places


def test_files_of_one_name_in_several_cases_are_told_apart() -> None:
    at = [(case, file) for case in "abcd" for file in ("x.txt", "y.txt", "z.txt")]
    rows = pd.DataFrame([*at, *at], columns=["case", "file"]).astype("category").assign(line=range(24))
    told = places(rows)
    assert told["of"].nunique() == len(at)
    assert told["of"].tolist()[: len(at)] == told["of"].tolist()[len(at) :]
    assert told["line"].tolist() == [*range(24)]
