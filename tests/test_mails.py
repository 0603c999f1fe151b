"""Saved mails: what stands in base64 is read as the files of an archive are, and the mail's own text once."""

from __future__ import annotations

import base64
import zipfile
from email.message import EmailMessage
from io import BytesIO

import compose

import dumpscan

FULL = compose.dskheap(0, compose.replaced(compose.X86, compose.SYSTEM, 512, 99))
HEALTHY = compose.dskheap(0, compose.X86)


def mail() -> EmailMessage:
    one = EmailMessage()
    one["From"], one["Subject"] = "admin@example.com", "desktop heap"
    return one


def read(content: bytes) -> compose.Document:
    document: compose.Document = dumpscan.analyze(content).to_dict()
    return document


def files(document: compose.Document) -> set[str]:
    return {row["file"] for row in document["tables"]["heap_totals"]}


def test_a_text_in_base64_is_read_once() -> None:
    one = mail()
    one.set_content("Gr\u00fc\u00dfe\n" + FULL, cte="base64")
    one.add_alternative("<p>" + FULL.replace("\n", "<br>\n") + "</p>", subtype="html", cte="base64")
    told = read(one.as_bytes())
    assert told["verdict"]["mode"] == "single-heap-full"
    (file,) = files(told)
    assert file.endswith("!part 2")


def test_attachments_are_files() -> None:
    packed = BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("inner.txt", compose.dskheap(1, compose.X86[:3]))
    one = mail()
    one.set_content(HEALTHY)
    one.add_attachment(FULL.encode("utf-16"), maintype="application", subtype="octet-stream", filename="a!b/heap.log")
    one.add_attachment(packed.getvalue(), maintype="application", subtype="zip", filename="logs.zip")
    assert {name.partition("!")[2] for name in files(read(one.as_bytes()))} == {
        "",
        "a_b/heap.log",
        "logs.zip!inner.txt",
    }


def test_near_miss() -> None:
    """Base64 in a text that is no mail is what it was: a text."""
    block = base64.encodebytes(FULL.encode()).decode()
    for text in (
        "Content-Transfer-Encoding: base64\n\n" + block,
        "log of today\nFrom: a\nContent-Transfer-Encoding: base64\n\n" + block,
    ):
        assert [one["file"] for one in read(text.encode())["inputs"]] == ["-"]
