"""Articles on desktop heap: likely on the machine they are of, possible where nothing tells, silent on another one."""

from __future__ import annotations

import compose
import pytest

from dumpscan.known_issues import ALIKE, ISSUES, NT4_TO_XP, Gate, Issue
from dumpscan.rules._symptoms import TAIL
from dumpscan.symptoms import BY_SIGNATURE

RULE = "known-issue"
CGI = "The specified CGI application misbehaved by not returning a complete set of HTTP headers. The headers it did return are:\n"
NO_CHILDREN = "The exit code of the child is 128, ERROR_WAIT_NO_CHILDREN.\n"
FIRES = compose.old_banner(1381, "Windows NT 4", 3, 2) + NO_CHILDREN


def articles(told: compose.Document) -> dict[str, tuple[str, str]]:
    return {one["subject"]["article"]: (one["severity"], one["certainty"]) for one in compose.findings(told, RULE)}


def test_fires() -> None:
    """A service pack and a number of processors that fit: likely, with the banner as evidence."""
    told = compose.document(FIRES)
    (leak,) = (one for one in compose.findings(told, RULE) if one["subject"]["article"] == "Q175687")
    assert (leak["severity"], leak["certainty"]) == ("medium", "likely")
    assert leak["summary"].startswith(
        "The texts speak of exit code 128 (no child processes to wait for): that is likely what Q175687 describes."
    )
    assert leak["summary"].endswith("Windows NT 4.0 before Service Pack 4 with several processors.")
    assert sorted(compose.cited(leak)) == [("-", 1), ("-", 2)]
    assert leak["references"] == ["Q175687", "Q156484"]
    assert any("Service Pack 4" in action for action in leak["actions"])
    assert articles(told)["Q156484"] == ("medium", "likely")


def test_near_miss() -> None:
    """Another Windows closes the gate, and a code with many causes opens none by itself."""
    cases: dict[str, compose.Text] = {
        "Windows 10": compose.banner(19041, name="Windows 10", target="x64") + NO_CHILDREN + CGI,
        "only 0xC0000142": "exit code 0xC0000142\n",
        "only 128": "exited with code 128\n",
        "script": CGI + '\nCan\'t open perl script "C:\\scripts\\a.pl"\n',
        "look-alike": "Exception number is 0xC0000005 in Inetinfo.exe\n",
    }
    assert {name: articles(told) for name, told in compose.documents(cases).items()} == {name: {} for name in cases}


def test_no_data() -> None:
    assert set(compose.statuses({"heaps": compose.dskheap(0, compose.X86), "prose": "Nothing.\n"}, RULE).values()) == {
        "no_data"
    }


@pytest.mark.parametrize("issue", [one for one in ISSUES if one.kind != ALIKE], ids=lambda one: one.article)
def test_boundary(issue: Issue) -> None:
    """One build, Service Pack or processor beside each limit of a gate is silent; on each limit it speaks."""
    texts = {"unknown": "", **_around(issue)}
    signature = (issue.signs or issue.weak)[0]
    told = compose.documents({name: text + SAID[signature] for name, text in texts.items()})
    expected = {name: name.startswith("in") or (name == "unknown" and bool(issue.signs)) for name in texts}
    assert {name: issue.article in articles(made) for name, made in told.items()} == expected
    for name, made in told.items():
        for one in compose.findings(made, RULE):
            if one["subject"]["article"] != issue.article:
                continue
            other = "Another Windows than the article's."
            assert one["refuted_by"] == (other if issue.applies else "The same failure where nothing else runs.")
            if name != "unknown":
                certainty = "possible" if issue.unproved else "likely"
                severity = "info" if issue.gate == Gate(NT4_TO_XP) else "medium"
                assert (one["severity"], one["certainty"]) == (severity, certainty)
                assert f"{'may be' if issue.unproved else 'is likely'} what {issue.article} describes" in one["summary"]
                assert [(advice["when"], advice["text"]) for advice in one["advice"]] == [*issue.do]
                continue
            assert one["advice"][0]["text"].startswith("Find out first: ")
            assert (one["severity"], one["certainty"]) == ("info", "possible")
            assert "no banner or report in these texts tells" in one["summary"]
            assert compose.reboot_advice(one) == [], "no size is told for a Windows that nobody knows"


def _around(issue: Issue) -> dict[str, str]:
    """Machines in and just out of the gate of an issue, by what the banner and lm v print."""
    (low, high), packs, least = issue.gate.builds, issue.gate.service_packs, issue.gate.processors
    kernels = {"in": "5.0.2195.6796", "out": "5.0.2195.6797"} if issue.gate.kernel else {"in": ""}
    inside = {
        "in": (max(low, 1057), packs[1] if packs else None, least),
        "in highest": (high, packs[0] or 1 if packs else None, least + 1),
    }
    outside = {"out build": (high + 1, packs[1] if packs else None, least)}
    if packs:
        outside["out pack"] = (high, packs[1] + 1, least)
    if least > 1:
        outside["out processors"] = (high, packs[1] if packs else None, least - 1)
    texts = {
        name: compose.old_banner(one[0], "Windows NT 4", one[1], one[2]) + lm(kernels["in"])
        for name, one in {**inside, **outside}.items()
    }
    if issue.gate.kernel:
        texts["out kernel"] = compose.old_banner(high, "Windows 2000", None, 1) + lm(kernels["out"])
    return texts


def lm(version: str) -> str:
    """The kernel in `lm v`."""
    if not version:
        return ""
    return (
        "kd> lmvm nt\nstart    end        module name\n80400000 805a2000   nt         (pdb symbols)          c:\\symbols\\ntoskrnl.pdb\n"
        f"    Loaded symbol image file: ntoskrnl.exe\n    Image path: ntoskrnl.exe\n    Image name: ntoskrnl.exe\n    File version:     {version}\n    Product version:  {version}\n"
    )


SAID = {
    "cgi-headers-incomplete": CGI,
    "no-child-processes": NO_CHILDREN,
    "dll-initialization-failure": "Spooler - DLL initialization failure\n",
    "error-2186": "Error 2186: The service is not responding to the control function.\n",
    "stop-50-fffffff8": "*** STOP: 0x00000050 (0xFFFFFFF8, 0x00000000)\n",
    "visual-basic-out-of-memory": "Run-time error '7': Out of memory\n",
    "app-pool-exit-0x80": "A process serving application pool 'P' terminated unexpectedly. The process id was '22'. The process exit code was '0x80'.\n",
    "class-does-not-exist": "CreateObject failed: 0x80070583\n",
    "desktop-creation-failed": "Failed to create a desktop due to desktop heap exhaustion.\n",
}


def test_the_open_facts_are_named() -> None:
    """What would decide: all that is unknown, and only that."""
    cases = {"nothing": NO_CHILDREN, "build": "Windows NT 4 Kernel Version 1381 UP Free x86 compatible\n" + NO_CHILDREN,
             "pack": compose.old_banner(1381, "Windows NT 4", None, 2) + NO_CHILDREN}  # fmt: skip
    told = compose.documents(cases)
    leak = {
        name: [one["summary"] for one in compose.findings(made, RULE) if one["subject"]["article"] == "Q175687"]
        for name, made in told.items()
    }
    assert leak["nothing"][0].endswith(
        "no banner or report in these texts tells the version of Windows, the Service Pack and the number of processors."
    )
    assert leak["pack"][0].endswith("several processors; no banner or report in these texts tells the Service Pack.")
    assert leak["build"] == [], "one processor is not several"


def test_an_era_closes_a_gate_as_a_build_does() -> None:
    """A station that came with Vista is no Windows NT 4.0, and dheapmon is older than Vista: the version stays open."""
    vista = compose.dskheap(0, compose.VISTA) + NO_CHILDREN
    old = compose.dheapmon(0, compose.X86) + CGI
    told = compose.documents({"vista": vista, "old": old})
    assert articles(told["vista"]) == {}
    assert articles(told["old"]) == {"Q217202": ("info", "likely")}, "one of so many machines"


@pytest.mark.parametrize("gap", [TAIL - 1, TAIL, TAIL + 1])
def test_text_behind_the_message_of_a_script(gap: int) -> None:
    """Near it the script's own words; farther away those of another request."""
    text = CGI + "\n" * (gap - 1) + 'Can\'t open perl script "a.pl"\n'
    assert ("Q217202" in articles(compose.document(text))) == (gap > TAIL)


def test_every_sign_is_a_symptom() -> None:
    """A misspelt signature would never speak."""
    for issue in ISSUES:
        assert {*issue.signs, *issue.weak} <= set(BY_SIGNATURE), issue.article
        assert issue.signs or issue.weak
        assert not {*issue.signs} & {*issue.weak}
        assert issue.applies or issue.gate == type(issue.gate)(), issue.article
    assert len({one.article for one in ISSUES}) == len(ISSUES)


def test_retyped_articles() -> None:
    """Texts in the manner of the articles: named, never above info, and undecided for want of a measure."""
    cases: dict[str, compose.Text] = {
        "cgi": "Under many users some CGI programs of IIS end at once: CGI Application misbehaved by not returning a complete set of headers\nand a box: Web - DLL initialization failure\n",
        "threads": "A console child of a service ended with 128 ERROR_WAIT_NO_CHILDREN.\nSee also: Win32k.sys makes STOP 0x0000001e on several processors\n",
    }
    told = compose.documents(cases)
    assert "Q217202" in articles(told["cgi"])
    assert {"Q156484", "Q175687"} <= set(articles(told["threads"]))
    for made in told.values():
        assert (made["verdict"]["mode"], made["verdict"]["reason"]) == ("undecided", "symptom_only")
        assert {one["severity"] for outcome in made["outcomes"] for one in outcome["findings"]} == {"info"}


def test_the_message_of_iis_with_text_around_it() -> None:
    """In a log, in a page, wrapped: the issue is known by it; with the script's own words in the same line it is the script."""
    old = compose.banner(3790, name="Windows Server 2003")
    message = CGI.strip()
    cases: dict[str, compose.Text] = {
        "log": f'{old}2007-03-09 10:00:00 GET /a.pl 502 "{message}" 1234 - Mozilla\n',
        "page": f"{old}<h1>CGI Error</h1><p>{message}</p><pre></pre></body></html>\n",
        "wrapped": old + message.replace("misbehaved by", "misbehaved\nby") + "\n",
        "out of process": old
        + "Event 37: Out of process application '/LM/W3SVC/1/Root/shop' terminated unexpectedly.\n",
        "own words": f"{old}{message} Undefined subroutine &main::x at a.pl line 3.\n",
        "out of process, anywhere": "Out of process application '/LM/W3SVC/1/Root/shop' terminated unexpectedly.\n",
    }
    told = compose.documents(cases)
    assert {name: "Q217202" in articles(one) for name, one in told.items()} == {
        "log": True, "page": True, "wrapped": True, "out of process": True, "own words": False, "out of process, anywhere": False,
    }  # fmt: skip
    own = told["own words"]
    assert [one["subject"]["article"] for one in compose.findings(own, "looks-alike")] == ["Q150835"]
    assert own["verdict"]["reason"] == "no_evidence" and not compose.findings(own, "symptom-unmeasured")
