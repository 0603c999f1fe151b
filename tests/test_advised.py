"""One machine, one advised SharedSection list, whichever rules speak."""

from __future__ import annotations

import re

import compose
import pandas as pd
from compose import DEFAULT, SYSTEM, WINLOGON, X64, X86, csrss, running, windows_value

from dumpscan.rules._heap import FELL_BACK, OTHER_VIEW, OWN_VIEW, UNKNOWN
from dumpscan.view_space import OTHERS


def lists(told: compose.Document) -> set[str]:
    """Every list that an advice says a value becomes."""
    advice = [one["text"] for outcome in told["outcomes"] for found in outcome["findings"] for one in found["advice"]]
    return {match for text in advice for match in re.findall(r"becomes SharedSection=([0-9,]+)", text)}


def test_all_rules_print_one_list() -> None:
    services = [(path, 3072 if kb == 512 else kb, 99 if path == SYSTEM else used) for path, kb, used in X86]
    copied = [(path, {20480: 3072, 768: 512}.get(kb, kb), 99 if path in (SYSTEM, DEFAULT) else used) for path, kb, used in X64]  # fmt: skip
    half = [(path, 3072 if kb == 512 else kb, 60 if path == SYSTEM else used) for path, kb, used in X86]
    lowered = [(path, 256 if kb == 512 else kb, {SYSTEM: 99, X86[4][0]: 60}.get(path, used)) for path, kb, used in X86]
    told = compose.documents(
        {
            "no third, full": compose.stored_sections("1024,3072") + compose.dheapmon(0, services),
            "no third, half used": compose.stored_sections("1024,3072") + compose.dheapmon(0, half),
            "copied, full": compose.SERVER_2016 + windows_value(csrss("1024,3072,512")) + compose.dskheap(0, copied),
            "all wrong": compose.SERVER_2016 + windows_value(csrss("2048,3073,66")),
            "lowered, full": compose.stored_sections("1024,3072,256") + compose.dheapmon(0, lowered),
            "above, and full": compose.SERVER_2016
            + windows_value(csrss("1024,65536,768"))
            + compose.dskheap(0, compose.replaced(X64, SYSTEM, 768, 99)),
        }
    )
    assert {name: lists(one) for name, one in told.items()} == {
        "no third, full": {"1024,3072,3584"},
        "no third, half used": {"1024,3072,3072"},  # the default of 512 would hold a third of what is in use
        "copied, full": {"1024,20480,1024"},
        "all wrong": {"1024,20480,768"},
        "lowered, full": {"1024,3072,768"},
        "above, and full": {"1024,65536,1280"},
    }


def test_what_the_registry_already_asks_for() -> None:
    full = compose.dheapmon(0, compose.replaced(X86, SYSTEM, 512, 99))
    near = compose.dheapmon(0, compose.replaced(X86, SYSTEM, 512, 85))
    cases: dict[str, compose.Text] = {
        f"{name} {size}": compose.stored_sections(f"1024,3072,{size}") + text
        for name, text in (("full", full), ("at-risk", near))
        for size in (256, 512, 640, 1024, 2048)
    }
    told = {name: compose.documents({name: text})[name] for name, text in cases.items()}
    for name, one in told.items():
        kind, size = name.split(" ")
        (finding,) = compose.findings(one, f"desktop-heap-{kind}")
        (line,) = compose.reboot_advice(finding)
        if int(size) >= 1024:
            assert line.startswith(f"The registry already asks for {int(size):,} KB as the third SharedSection value: restart"), line  # fmt: skip
            assert lists(one) == set()
        else:
            assert lists(one) == {"1024,3072,1024"}
            start = "512 to" if size == "512" else f"{size} in the registry (512 KB are in force) to"
            assert f"from {start} 1024" in line, line


def test_fallen_back_heaps_are_not_raised() -> None:
    heaps = [(path, {3072: 512, 512: 128}.get(kb, kb), 99 if path == DEFAULT else used) for path, kb, used in X86]
    told = compose.document(compose.stored_sections("1024,3072,2048") + compose.dheapmon(0, heaps))
    (finding,) = compose.findings(told, "desktop-heap-full")
    assert compose.reboot_advice(finding) == []
    assert any("Windows fell back" in one["text"] for one in finding["advice"] if one["when"] == "futile")


def test_fallen_back_with_two_values() -> None:
    """The third value that is missing is the cure, and the only list that is told."""
    heaps = [(path, {3072: 512, 512: 128}.get(kb, kb), used) for path, kb, used in X86]
    told = compose.document(compose.stored_sections("1024,3072") + compose.dheapmon(0, heaps))
    (finding,) = compose.findings(told, "fallback-sizes")
    assert "SharedSection=1024,3072 becomes SharedSection=1024,3072,512" in compose.reboot_advice(finding)[0]
    assert lists(told) == {"1024,3072,512"}


def test_a_product_gives_way_to_the_full_heap() -> None:
    nomad = compose.gui(0, [("nomad.exe", 4, "nomad", compose.LOCAL_SYSTEM, 9, 9)])
    full = compose.SERVER_2016 + compose.dskheap(0, compose.replaced(X64, SYSTEM, 768, 99)) + nomad
    room = compose.SERVER_2016 + compose.dskheap(0, X64) + nomad + "The service ends with 0xc0000142.\n"
    said = {
        name: compose.reboot_advice(compose.findings(told, "known-product")[0])
        for name, told in compose.documents({"full": full, "room": room}).items()
    }
    assert said["full"][0].startswith(
        "If the step that the full heap needs is not enough: Third SharedSection value 4096"
    )
    assert said["room"][0].startswith("Third SharedSection value 4096")


def test_no_number_where_the_windows_is_not_known() -> None:
    told = compose.document(compose.windows_value("csrss.exe SharedSection=2048,3073,66 Windows=On"))
    assert lists(told) == set()


def tables(text: compose.Text) -> tuple[object, list[tuple[str, int | None, str]]]:
    """What the list becomes, and of each heap that needs another size that size, or why it gets none."""
    made = compose.analysis({"case": text})._tables
    heaps, sizing = made["desktop_heaps"], made["sizing"]
    rows = [
        (str(path), None if pd.isna(kb) else int(kb), str(refused))
        for path, kb, refused in zip(
            heaps["desktop_path"].reindex(sizing.index), sizing["next_kb"], sizing["refused"], strict=True
        )
    ]
    (becomes,) = made["advised"]["becomes"]
    return (becomes if isinstance(becomes, str) else None), rows


def test_a_full_interactive_heap_grows_by_its_own_step() -> None:
    full = compose.dheapmon(0, compose.replaced(X86, DEFAULT, 3072, 99))
    assert tables(compose.stored_sections("1024,3072,512") + full) == ("1024,4096,512", [(DEFAULT, 4096, "")])
    small = compose.dheapmon(0, compose.replaced(X86, DEFAULT, 1024, 99))
    assert tables(compose.stored_sections("1024,1024,512") + small) == ("1024,3072,512", [(DEFAULT, 3072, "")]), (
        "its default"
    )


def test_only_heaps_of_its_kind_grow() -> None:
    """Sixty service heaps beside one interactive heap: one step of it is 1 MB, not 60."""
    crowd = [*compose.replaced(X86, DEFAULT, 3072, 99), *((compose.service(at), 512, 2.0) for at in range(60))]
    text = compose.stored_sections("1024,3072,512") + compose.view_size(49152) + compose.dheapmon(0, crowd)
    assert tables(text) == ("1024,4096,512", [(DEFAULT, 4096, "")])


def test_heaps_that_just_fit_beside_others() -> None:
    """One page more, and the step is refused."""
    room = 49152 - OTHERS - 1024  # before the step
    for more, refused in ((0, ""), (4, OWN_VIEW)):
        heaps = [*compose.replaced(X86, DEFAULT, 3072, 99), ("fill\\a", room - 5312 + more, 1.0)]
        _, rows = tables(compose.banner(3790) + compose.view_size(49152) + compose.dheapmon(0, heaps))
        assert rows == [(DEFAULT, 4096, refused)]


def test_sizes_of_x86_on_x64_take_nothing_from_a_larger_third_value() -> None:
    for third in (768, 1024):
        assert tables(compose.SERVER_2016 + windows_value(csrss(f"1024,3072,{third}")))[0] == f"1024,20480,{third}"
    assert tables(compose.SERVER_2016 + windows_value(csrss("1024,3072,512")))[0] == "1024,20480,768"


def test_a_list_in_force_that_is_larger_than_the_heap_needs_stays() -> None:
    full = compose.dskheap(0, compose.replaced(X64, SYSTEM, 768, 99))
    becomes, rows = tables(compose.SERVER_2016 + running(csrss("1024,20480,2048")) + full)
    assert (becomes, rows[0][1]) == (None, 1280)


def test_since_vista_no_heaps_fell_back() -> None:
    """There is no view that they could fail to fit into."""
    small = [(path, {20480: 512, 768: 128}.get(kb, kb), 99 if path == SYSTEM else used) for path, kb, used in X64]
    for sizes in ("1024,20480,768", "1024,20480,2048"):
        _, rows = tables(compose.SERVER_2016 + windows_value(csrss(sizes)) + compose.dskheap(0, small))
        assert [refused for _, _, refused in rows] == [""]
    unread = compose.dskheap(
        0, [(path, {768: 128}.get(kb, kb), 99 if path == SYSTEM else used) for path, kb, used in X64]
    )
    assert tables(compose.SERVER_2016 + unread) == (None, [(SYSTEM, 768, "")])
    assert tables(compose.banner(3790, target="x64") + unread)[1] == [(SYSTEM, 640, FELL_BACK)], (
        "before Vista it may be that"
    )


def test_a_value_that_waits_for_a_restart_is_the_next_size_of_its_kind() -> None:
    full = compose.dheapmon(0, compose.replaced(X86, DEFAULT, 3072, 99))
    assert tables(compose.stored_sections("1024,8192,512") + full) == (None, [(DEFAULT, 8192, "")])


def test_what_is_wrong_with_the_list_itself() -> None:
    advised = {
        "1024,512,512": "1024,20480,768",  # too small for the console; and then a list of x86
        "1024,1023,768": "1024,20480,768",
        "1024,20480,512": None,  # services may have less
        "1024,20480,767": "1024,20480,768",  # a page
    }
    assert {sizes: tables(compose.SERVER_2016 + windows_value(csrss(sizes)))[0] for sizes in advised} == advised
    xp = compose.banner(2600)
    small = {"1024,1023,512": "1024,3072,512", "1024,1024,512": None}
    assert {sizes: tables(xp + windows_value(csrss(sizes)))[0] for sizes in small} == small


def test_a_new_third_value_holds_twice_what_is_in_use() -> None:
    """In whole pages."""
    for percent, third in ((30.1, 1856), (8.2, 512), (8.3, 516)):
        services = [(path, 3072 if kb == 512 else kb, percent if path == SYSTEM else 1) for path, kb, _ in X86]
        text = compose.stored_sections("1024,3072") + compose.dheapmon(0, services)
        assert tables(text)[0] == f"1024,3072,{third}", percent


def test_a_heap_whose_kind_nobody_knows_grows_as_a_service_heap() -> None:
    heaps = [(3072, 15), (64, 3), (128, 3), (700, 99)]
    becomes, rows = tables(compose.banner(2600) + compose.nameless(1, heaps))
    assert (becomes, [size for _, size, _ in rows]) == (None, [1212])


def test_heaps_of_a_fixed_size_get_none() -> None:
    full = compose.dheapmon(0, compose.replaced(X86, WINLOGON, 128, 99))
    assert tables(compose.stored_sections("1024,3072,512") + full) == (None, [])


def test_a_default_that_another_session_cannot_hold_gives_way_to_one_step() -> None:
    """Where not even a step fits there, it is refused; the sessions of another machine do not matter."""
    own = (
        compose.banner(3790) + compose.view_size(49152) + compose.dheapmon(0, compose.replaced(X86, DEFAULT, 1024, 99))
    )
    told = {}
    for room in (2048, 2047, 1024, 1023):
        heaps = [
            (DEFAULT, 1024, 1.0),
            (WINLOGON, 128, 1.0),
            ("a\\a", 512, 1.0),
            ("b\\b", 49152 - OTHERS - 1664 - room, 1.0),
        ]
        told[room] = tables(own + compose.dheapmon(1, heaps))[1]
    assert told == {
        2048: [(DEFAULT, 3072, "")], 2047: [(DEFAULT, 2048, "")], 1024: [(DEFAULT, 2048, "")], 1023: [(DEFAULT, 2048, OTHER_VIEW)],
    }  # fmt: skip


def test_no_number_where_the_architecture_is_not_known() -> None:
    unknown = compose.banner(14393, name="Windows 10").replace(" x86 compatible", "")
    assert tables(unknown + windows_value(csrss("1024,20480,767")))[0] is None
    full = unknown + compose.dskheap(0, [(SYSTEM, 640, 99)])
    assert [why for _, _, why in tables(full)[1]] == [UNKNOWN]


def test_sizes_of_x86_on_x64_without_a_third_value() -> None:
    """What is in use counts, and what a full heap needs where no default is known."""
    for percent, third in ((60, 3072), (30, 1876), (1, 768)):
        heaps = [(path, {20480: 3072, 768: 3072}.get(kb, kb), percent if path == SYSTEM else 1) for path, kb, _ in X64]
        text = compose.SERVER_2016 + windows_value(csrss("1024,3072")) + compose.dskheap(0, heaps)
        assert tables(text)[0] == f"1024,20480,{third}"
    old = compose.banner(3790, target="x64")
    full = [(path, {20480: 3072, 768: 3072}.get(kb, kb), 99 if path == SYSTEM else used) for path, kb, used in X64]
    assert tables(old + windows_value(csrss("1024,3072")) + compose.dskheap(0, full))[0] == "1024,20480,3584"
    assert tables(old + windows_value(csrss("1024,3072,512")))[0] == "1024,20480,512", "its default is not known"


def test_what_fell_back_gets_no_larger_list() -> None:
    """Whatever else is wrong with it; a list that is only not in force yet fell back no heap."""
    heaps = [(path, {3072: 512, 512: 128}.get(kb, kb), used) for path, kb, used in X86]
    told = {sizes: tables(compose.stored_sections(sizes) + compose.dheapmon(0, heaps))[0] for sizes in ("2048,3072,512", "2048,512,128", "2048,3072,128")}  # fmt: skip
    assert told == {"2048,3072,512": None, "2048,512,128": "1024,3072,128", "2048,3072,128": "1024,3072,128"}
