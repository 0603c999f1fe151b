"""Event 244 where session view space cannot be the cause, or nothing tells: undecided, and never SessionViewSize on Vista and later."""

from __future__ import annotations

import compose
from compose import X86

from dumpscan.rules._commit import NEAR
from dumpscan.rules.desktop_creation_unexplained import USUAL_USER_MB

RULE = "desktop-creation-unexplained"
OLD, NEW = compose.banner(3790), compose.banner(7601, name="Windows 7", target="x64")
NEW_X86 = compose.banner(7601, name="Windows 7")
FIRES = NEW + compose.event(244)


def test_fires() -> None:
    document = compose.document(NEW + compose.event(244) + compose.dskheap(0, compose.VISTA))
    (finding,) = compose.findings(document, RULE)
    assert (finding["severity"], finding["certainty"]) == ("medium", "proved")
    assert [line for _, line in compose.cited(finding)] == [6]
    assert (document["verdict"]["mode"], document["verdict"]["reason"]) == ("undecided", "symptom_only")
    assert not any("SessionViewSize" in action for action in finding["actions"])


def test_near_miss() -> None:
    cases: dict[str, compose.Text] = {
        "session view space explains it": OLD + compose.event(244),
        "another event": NEW + compose.event(263),
        "another source": NEW + compose.event(244, source="SNA Server"),
    }
    assert set(compose.statuses(cases, RULE).values()) == {"clear"}


def test_no_data() -> None:
    cases: dict[str, compose.Text] = {"another command": compose.vm4(), "no time": compose.event(244, "")}
    assert set(compose.statuses(cases, RULE).values()) == {"no_data"}


def test_boundary() -> None:
    """Each era has words of its own; what is known decides the reason."""
    said = {
        "has no limit on this Windows": NEW + compose.event(244),
        "too little of session view space": OLD
        + compose.event(244)
        + compose.view_size(49152)
        + compose.dskheap(0, X86),
        "Nothing tells which Windows": compose.event(244),
    }
    for words, text in said.items():
        verdict = compose.document(text)["verdict"]
        assert (verdict["mode"], verdict["reason"]) == ("undecided", "symptom_only")
        assert words in verdict["summary"]


def test_before_vista_what_else_fills_the_view_is_named() -> None:
    old = OLD + compose.event(244) + compose.view_size(49152) + compose.dskheap(0, X86)
    docs = compose.documents({"before": old, "later": NEW + compose.event(244)})
    told = {name: compose.findings(doc, RULE)[0]["actions"] for name, doc in docs.items()}
    named = {name: any("printer and font drivers" in action for action in actions) for name, actions in told.items()}
    assert named == {"before": True, "later": False}


def test_one_finding_a_machine_and_its_advice() -> None:
    """Several events are one finding; what is asked for and what is futile depends on the Windows."""
    twice = compose.event(244) + compose.event(244, "2007-03-09 08:00:00")
    cases: dict[str, compose.Text] = {
        "since Vista": NEW + twice,
        "before Vista": OLD + twice + compose.view_size(49152) + compose.dskheap(0, X86),
        "open": twice,
    }
    advice = {}
    for name, document in compose.documents(cases).items():
        (finding,) = compose.findings(document, RULE)
        assert len(finding["evidence"]) == 2
        advice[name] = [(one["when"], one["text"].split()[0]) for one in finding["advice"]]
    assert advice == {
        "since Vista": [("now", "Run"), ("futile", "SessionViewSize:")],
        "before Vista": [("now", "Run"), ("now", "Run"), ("cause", "On")],
        "open": [("now", "Run"), ("now", "Say")],
    }


def test_commit_is_named_first() -> None:
    cases: dict[str, compose.Text] = {
        f"{more}": FIRES + compose.commit(-(-200_000 * NEAR // 100) + more, 200_000) for more in (-1, 0, 1)
    }
    for name, document in compose.documents(cases).items():
        (finding,) = compose.findings(document, RULE)
        short = name != "-1"
        assert (
            "of a commit limit of 200,000 KB are committed (95 %), which alone explains it" in finding["summary"]
        ) is short
        assert ("Settle commit first" in finding["advice"][0]["text"]) is short
        assert (("-", compose.line_of(str(cases[name]), "Committed pages")) in compose.cited(finding)) is short
        assert "commit, pool" in next(one["text"] for one in finding["advice"] if "!vm" in one["text"])


def test_increaseuserva_is_named() -> None:
    """On x86 since Vista it leaves the kernel less; not on x64, not before Vista, and not with the usual 2 GB."""
    values = (USUAL_USER_MB, USUAL_USER_MB + 1, 3072)
    cases: dict[str, compose.Text] = {
        f"{mb}": NEW_X86 + compose.event(244) + compose.bcdedit(increaseuserva=str(mb)) for mb in values
    }
    option = compose.bcdedit(increaseuserva="3072")
    cases |= {
        "open": compose.event(244) + option,
        "x64": FIRES + option,
        "before Vista": OLD + compose.event(244) + option + compose.view_size(49152) + compose.dskheap(0, X86),
        "another option": NEW_X86 + compose.event(244) + compose.bcdedit(nx="OptIn"),
        "another machine": {"a/a.txt": NEW_X86 + compose.event(244), "b/b.txt": NEW_X86 + option},
        "a wish": NEW_X86 + compose.event(244) + "C:\\>bcdedit /set increaseuserva 3072\n",
    }
    docs = compose.documents(cases)
    told = {name: compose.findings(doc, RULE)[0] for name, doc in docs.items()}
    named = {name for name, one in told.items() if "increaseuserva" in one["summary"]}
    assert named == {f"{USUAL_USER_MB + 1}", "3072", "open"}
    assert named == {
        name for name, one in told.items() if any("increaseuserva" in text for text in compose.reboot_advice(one))
    }
    full = told["3072"]
    assert "increaseuserva is set to 3,072 MB, which leaves the kernel 1,024 MB" in full["summary"]
    assert ("-", compose.line_of(str(cases["3072"]), "increaseuserva")) in compose.cited(full)
    (text,) = compose.reboot_advice(full)
    assert "bcdedit /deletevalue increaseuserva" in text and "2,048 MB of addresses again instead of 1,024" in text
