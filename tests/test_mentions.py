"""Prose mentions are never facts: denied, quoted and told by an article; and beside each what somebody really saw."""

from __future__ import annotations

import compose
import pytest

from dumpscan.symptoms import symptoms

MENTIONED = (
    "There was no 0xC0000142 on this machine.",
    "no more 0xC0000142 after the change",
    "It runs without exit code 128 now.",
    "We did not see any 0xC0000142.",
    "We don't get 0xC0000142 there.",
    "I never saw error 1450 here.",
    "This is not 0xC0000142 but 0xC0000005.",
    "It ends with 5 instead of 0xC0000142.",
    'We found no event 243: "A desktop heap allocation failed" is not in the log.',
    "A desktop heap allocation failed was not found in the System log",
    "0xC0000142 does not occur any more.",
    "0xC0000142 was never seen there",
    "0xC0000142 isn\u2019t logged anywhere",
    "Kein 0xC0000142 im Protokoll.",
    'no sign of a "desktop heap allocation failure"',
    "KB 184802 says: A desktop heap allocation failed.",
    "KB947246 describes A desktop heap allocation failed",
    "The KB article says that error 1450 is usual",
    "According to the article, 0xC0000142 means that user32 did not start.",
    "as described in KB 184802: exit code 128",
    "In the logs of the last week there was no\n0xC0000142 either.",
    "As KB 184802 says, when a heap is full\nthe program ends with 0xC0000142",
    "> The worker exits with -1073741502",
    "  > > Not enough storage is available to process this command.",
)
SEEN = (
    "The service fails with 0xC0000142, and no event 243 is in the log.",
    "No window, only 0xC0000142.",
    "It does not start: 0xC0000142",
    "The service did not start because of 0xC0000142",
    "No, 0xC0000142 is what we get.",
    "exits with no message and 0xC0000142",
    "There is no output. Exit code 128",
    "Not enough storage is available to process this command.",
    "There is Not enough storage is available to process this command in the log",
    "We followed KB 184802 and still get 0xC0000142",
    "The article did not help. 0xC0000142 again",
    "0xC0000142 is not caught by the wrapper",
    "0xC0000142, the window is not shown",
    "0xC0000142 which was not logged",
    "no 0xC0000142 yesterday, but today 0xC0000142 again",
    "C:\\> worker exits with 0xC0000142",
    "The server {9BA05972} did not register with DCOM within the required timeout.",
    "The service did not respond to the start or control request in a timely fashion.",
    "cannot create window",
    "There was no message.\n0xC0000142 is all we see",
    "We looked and there was no\n\n0xC0000142",
)


@pytest.fixture(scope="module")
def told() -> dict[str, compose.Document]:
    """Each line alone, and the mentioned ones beside a listing, in one analysis."""
    listing = compose.dskheap(0, compose.X86)
    return compose.documents(
        {line: line for line in (*MENTIONED, *SEEN)} | {f"+{line}": f"{line}\n{listing}" for line in MENTIONED}
    )


@pytest.mark.parametrize("line", MENTIONED)
def test_mentioned(told: dict[str, compose.Document], line: str) -> None:
    """A row of the table as every symptom, marked; no rule builds on it, with a listing beside it and without."""
    for name, reason in ((line, "no_evidence"), (f"+{line}", None)):
        assert [row["mentioned"] for row in told[name]["tables"]["symptoms"]] == [True]
        assert not {"symptom-unmeasured", "symptom-without-sign", "known-issue", "looks-alike"} & compose.fired(
            told[name]
        )
        assert told[name]["verdict"]["reason"] == reason


@pytest.mark.parametrize("line", SEEN)
def test_seen(told: dict[str, compose.Document], line: str) -> None:
    assert False in [row["mentioned"] for row in told[line]["tables"]["symptoms"]]
    assert told[line]["verdict"]["reason"] == "symptom_only"


def test_an_answer_below_a_quote_counts() -> None:
    """A mail that really reports it, whatever it quotes."""
    text = "> Do you see 0xC0000142?\n\nYes, each night: 0xC0000142.\n"
    (finding,) = compose.findings(compose.document(text), "symptom-unmeasured")
    assert compose.cited(finding) == [("-", 3)]


@pytest.mark.parametrize(
    "text",
    ["no event 243 was found\n", "> customer wrote: Out of memory\n", "KB article says: CreateDesktop failed...\n"],
)
def test_prose_makes_nothing(text: str) -> None:
    told = compose.document(text)
    assert compose.fired(told) == set()
    assert (told["verdict"]["mode"], told["verdict"]["reason"]) == ("undecided", "no_evidence")


def test_an_event_that_is_a_fact_is_none_the_less() -> None:
    """Source, ID and time: a quoted one is one, too."""
    event = compose.event(243, text=compose.requester(2))
    quoted = "".join(f"> {line}\n" for line in event.splitlines())
    told = compose.documents({"plain": event, "quoted": quoted})
    assert {name: one["verdict"]["mode"] for name, one in told.items()} == {
        "plain": "single-heap-full",
        "quoted": "single-heap-full",
    }


def test_words_of_any_length() -> None:
    """No pattern here grows with the square of a line."""
    for filler in ("no the an of ", "KB article ", "was not ", "'\"( "):
        line = filler * 4000 + "0xC0000142 " + filler * 4000
        assert len(list(symptoms(line))) == 1
