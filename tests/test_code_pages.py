"""Texts of cmd.exe on Windows whose letters are not Latin: told by their labels, or by the caller."""

from __future__ import annotations

import pytest

import dumpscan

# ruff: noqa: RUF001
JAPANESE = "ログの名前:         System\r\nソース:           Win32k\r\n日付:            2012/03/12 9:15:02\r\nイベント ID:       243\r\nコンピューター:       TOKYO-01\r\n説明:\r\n割り当てに失敗しました。\r\n"
RUSSIAN = "Имя журнала:   System\r\nИсточник:      Win32k\r\nДата:          12.03.2012 9:15:02\r\nКод события:   243\r\nКомпьютер:     SRV-MSK\r\nОписание:\r\nСбой.\r\n"
CHINESE = "日志名称:          System\r\n来源:            Win32k\r\n日期:            2012/3/12 9:15:02\r\n事件 ID:         243\r\n计算机:           BJ-01\r\n描述:\r\n失败。\r\n"
TEXTS = [(JAPANESE, "cp932"), (RUSSIAN, "cp1251"), (RUSSIAN, "cp866"), (CHINESE, "gbk")]


@pytest.mark.parametrize(("text", "page"), TEXTS)
def test_a_code_page_is_told_by_its_labels(text: str, page: str) -> None:
    wanted = dumpscan.analyze(text.encode()).to_dict()["tables"]["events"]
    told = dumpscan.analyze(text.encode(page)).to_dict()
    assert told["inputs"][0]["encoding"] == page
    assert told["tables"]["events"] == wanted != []


def test_a_code_page_that_is_named_is_searched_in_its_letters() -> None:
    text = "メモ\r\n\r\n" + JAPANESE
    told = dumpscan.analyze(text.encode("shift_jis"), encoding="shift_jis").to_dict()
    assert [row["event_id"] for row in told["tables"]["events"]] == [243]


def test_near_miss() -> None:
    """UTF-8 stays UTF-8, and words of Western Europe stay what they were."""
    for text, page in ((RUSSIAN, "utf-8"), ("Größe, Übersicht, événement: ID de l'événement\r\n", "cp1252")):
        assert dumpscan.analyze(text.encode(page)).to_dict()["inputs"][0]["encoding"] == page
