"""Archives: the same rows as from the unpacked folder, everything that is not read told by name, and nothing written."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import random
import shutil
import struct
import subprocess
import sys
import tarfile
import warnings
import zipfile
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import compose
import pytest
from compose import X64, X86

import dumpscan
from dumpscan import archives, render, triage
from dumpscan.inputs import Input, case_name, inputs_of
from dumpscan.reading import Reading
from dumpscan.unpacking import Options, read_input

CASES = Path(__file__).resolve().parent.parent / "fixtures" / "cases"
TEXT = compose.dskheap(0, X86)
LISTING = TEXT.encode()
OTHER = compose.dskheap(1, X86).encode()
ZIP_TIME = (2026, 11, 20, 12, 0, 0)
Files = dict[str, bytes]


def zipped(files: Files | Iterable[tuple[str, bytes]], method: int = zipfile.ZIP_DEFLATED, **attributes: Any) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, content in files.items() if isinstance(files, dict) else files:
            info = zipfile.ZipInfo("x", ZIP_TIME)
            info.filename, info.compress_type = name, method
            for attribute, value in attributes.items():
                setattr(info, attribute, value)
            archive.writestr(info, content)
    return packed.getvalue()


def tarred(files: Files | Iterable[tuple[str, bytes]], form: int = tarfile.PAX_FORMAT, **attributes: Any) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w", format=form) as archive:
        for name, content in files.items() if isinstance(files, dict) else files:
            info = tarfile.TarInfo(name)
            info.size = len(content)
            for attribute, value in attributes.items():
                setattr(info, attribute, value)
            archive.addfile(info, io.BytesIO(content))
    return packed.getvalue()


def gzipped(content: bytes, name: str | None = None) -> bytes:
    """With a file name in its header, or without one."""
    packed = io.BytesIO()
    with gzip.GzipFile(name or "", "wb", fileobj=packed, mtime=0) as file:
        file.write(content)
    return packed.getvalue()


def changed(content: bytes, at: bytes, offset: int, value: bytes) -> bytes:
    """With other bytes so far behind each place where `at` stands."""
    patched, place = bytearray(content), content.find(at)
    while place >= 0:
        patched[place + offset : place + offset + len(value)] = value
        place = content.find(at, place + 1)
    return bytes(patched)


LOCAL, CENTRAL = b"PK\x03\x04", b"PK\x01\x02"
NOISE = random.Random(4).randbytes(3000)


def encrypted(content: bytes) -> bytes:
    """The flag is what a reader goes by."""
    return changed(changed(content, LOCAL, 6, b"\1\0"), CENTRAL, 8, b"\1\0")


def lying(content: bytes, size: int) -> bytes:
    """A zip whose headers tell another size of what is unpacked."""
    told = struct.pack("<I", size)
    return changed(changed(content, LOCAL, 22, told), CENTRAL, 24, told)


def overlapping() -> bytes:
    """Two thousand names for one megabyte that is packed in a thousand bytes: each harmless, all of them two gigabytes."""
    one = zipped({"a": b"\n" * 1_000_000})
    start = one.index(CENTRAL)
    local, entry = one[:start], bytearray(one[start : one.index(b"PK\x05\x06")])
    end = struct.pack("<4sHHHHIIH", b"PK\x05\x06", 0, 0, 2000, 2000, 2000 * len(entry), len(local), 0)
    return local + bytes(entry) * 2000 + end


def special(kind: bytes, name: str = "odd") -> bytes:
    """A tar file with a link or a device, and a listing behind it."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        info = tarfile.TarInfo(name)
        info.type, info.linkname = kind, "../../etc/passwd"
        archive.addfile(info)
        info = tarfile.TarInfo("kd.log")
        info.size = len(LISTING)
        archive.addfile(info, io.BytesIO(LISTING))
    return packed.getvalue()


def nested(depth: int) -> bytes:
    content, name = LISTING, "kd.log"
    for level in range(depth):
        content, name = zipped({name: content}), f"level{depth - level}.zip"
    return content


def sparse() -> bytes:
    """A GNU sparse file: a terabyte of holes in a header of 512 bytes."""
    info = tarfile.TarInfo("holes.txt")
    info.type, info.size = tarfile.GNUTYPE_SPARSE, 512
    header = bytearray(info.tobuf(tarfile.GNU_FORMAT))
    header[386:410] = b"%011o\0%011o\0" % (0, 512)
    header[483:495] = b"\x80" + (10**12).to_bytes(11, "big")
    header[148:156] = b" " * 8
    header[148:156] = b"%06o\0 " % sum(header)
    return bytes(header) + LISTING.ljust(512, b"\n")[:512] + bytes(1024)


def negative() -> bytes:
    """A header that sends a reader backwards for ever (CVE-2025-8194)."""
    header = bytearray(tarfile.TarInfo("back.txt").tobuf(tarfile.GNU_FORMAT))
    header[124:136] = b"\xff" * 10 + b"\xfc\x00"
    header[148:156] = b" " * 8
    header[148:156] = b"%06o\0 " % sum(header)
    return bytes(header) + bytes(1024)


READ = "read"
Told = dict[str, str]  # by name inside: READ, or a word of the reason; "" is the archive itself
MATRIX: dict[str, tuple[str, Callable[[], bytes], Told]] = {
    "a zip": ("b.zip", lambda: zipped({"a/kd.log": LISTING}), {"a/kd.log": READ}),
    "stored": ("b.zip", lambda: zipped({"kd.log": LISTING}, zipfile.ZIP_STORED), {"kd.log": READ}),
    "zip with bzip2": ("b.zip", lambda: zipped({"kd.log": LISTING}, zipfile.ZIP_BZIP2), {"kd.log": READ}),
    "zip with lzma": ("b.zip", lambda: zipped({"kd.log": LISTING}, zipfile.ZIP_LZMA), {"kd.log": READ}),
    "a name that tells nothing": ("upload.bin", lambda: zipped({"kd.log": LISTING}), {"kd.log": READ}),
    "a tar": ("b.tar", lambda: tarred({"a/kd.log": LISTING}), {"a/kd.log": READ}),
    "tar from a dot": ("b.tar", lambda: tarred({"./a/kd.log": LISTING}), {"a/kd.log": READ}),
    "old tar": ("b.tar", lambda: tarred({"kd.log": LISTING}, tarfile.USTAR_FORMAT), {"kd.log": READ}),
    "long names": ("b.tar", lambda: tarred({"x" * 300 + "/kd.log": LISTING}, tarfile.GNU_FORMAT), {"x" * 300 + "/kd.log": READ}),
    "long names of pax": ("b.tar", lambda: tarred({"\u00fc" * 200 + "/kd.log": LISTING}), {"\u00fc" * 200 + "/kd.log": READ}),
    "tar.gz": ("b.tar.gz", lambda: gzipped(tarred({"kd.log": LISTING})), {"kd.log": READ}),
    "tgz": ("b.tgz", lambda: gzipped(tarred({"kd.log": LISTING, "a/kd.log": OTHER})), {"kd.log": READ, "a/kd.log": READ}),
    "tar.bz2": ("b.tar.bz2", lambda: bz2.compress(tarred({"kd.log": LISTING})), {"kd.log": READ}),
    "tar.xz": ("b.tar.xz", lambda: lzma.compress(tarred({"kd.log": LISTING})), {"kd.log": READ}),
    "gz": ("kd.log.gz", lambda: gzipped(LISTING), {"kd.log": READ}),
    "gz with another name": ("kd.log.gz", lambda: gzipped(LISTING, "/etc/passwd"), {"kd.log": READ}),
    "gz of no name": ("upload", lambda: gzipped(LISTING), {"content": READ}),
    "gz in pieces": ("kd.log.gz", lambda: gzipped(LISTING[:100]) + gzipped(LISTING[100:]), {"kd.log": READ}),
    "bz2": ("kd.log.bz2", lambda: bz2.compress(LISTING), {"kd.log": READ}),
    "xz": ("kd.log.xz", lambda: lzma.compress(LISTING), {"kd.log": READ}),
    "two levels": ("b.zip", lambda: nested(2), {"level2.zip!kd.log": READ}),
    "three levels": ("b.zip", lambda: nested(3), {"level2.zip!level3.zip": "in 2 others"}),
    "tar.gz in a zip": ("b.zip", lambda: zipped({"a.tgz": gzipped(tarred({"kd.log": LISTING}))}), {"a.tgz!kd.log": READ}),
    "gz in a tar.gz": ("b.tgz", lambda: gzipped(tarred({"kd.gz": gzipped(LISTING)})), {"kd.gz!kd": READ}),
    "gz in gz in gz": ("a.gz", lambda: gzipped(gzipped(gzipped(LISTING))), {"a!content": "in 2 others"}),
    "empty zip": ("b.zip", lambda: zipped({}), {"": "empty"}),
    "only folders": ("b.zip", lambda: zipped({"a/": b"", "a/b/": b""}), {"": "empty"}),
    "folders of a zip": ("b.zip", lambda: zipped({"a/": b"", "a/kd.log": LISTING}), {"a/kd.log": READ}),
    "folders with backslashes": ("b.zip", lambda: zipped({"a\\": b"", "a\\kd.log": LISTING}), {"a/kd.log": READ}),
    "an empty text": ("b.zip", lambda: zipped({"empty.txt": b"", "kd.log": LISTING}), {"empty.txt": READ, "kd.log": READ}),
    "zip64": ("b.zip", lambda: forced_zip64({"kd.log": LISTING}), {"kd.log": READ}),
    "data behind the sizes": ("b.zip", lambda: streamed({"kd.log": LISTING}), {"kd.log": READ}),
    "the same name twice": ("b.zip", lambda: zipped([("kd.log", LISTING), ("kd.log", OTHER)]), {"kd.log": READ, "kd.log (2)": READ}),
    "names upwards": ("b.zip", lambda: zipped({"../../evil.log": LISTING}), {"../../evil.log": READ}),
    "an absolute name": ("b.tar", lambda: tarred({"/etc/evil.log": LISTING}), {"/etc/evil.log": READ}),
    "a drive": ("b.zip", lambda: zipped({"C:\\logs\\kd.log": LISTING}), {"C:/logs/kd.log": READ}),
    "a device of Windows": ("b.zip", lambda: zipped({"CON": LISTING, "a:stream": OTHER}), {"CON": READ, "a:stream": READ}),
    "controls in a name": ("b.zip", lambda: zipped({"\x1b[2J\u202egol.dk": LISTING}), {"\x1b[2J\u202egol.dk": READ}),
    "no name": ("b.zip", lambda: zipped({"": LISTING}), {"(no name)": READ}),
    "bytes that are no UTF-8": ("b.tar", lambda: tarred({"M\udcfcll.log": LISTING}, tarfile.GNU_FORMAT), {"M\\xfcll.log": READ}),
    "encrypted": ("b.zip", lambda: encrypted(zipped({"kd.log": LISTING})), {"kd.log": "password"}),
    "a method that is not known": ("b.zip", lambda: changed(changed(zipped({"kd.log": LISTING}), LOCAL, 8, b"\x09\0"), CENTRAL, 10, b"\x09\0"), {"kd.log": "not known here"}),
    "no list of files": ("b.zip", lambda: zipped({"kd.log": LISTING})[:-40], {"": "damaged"}),
    "a wrong checksum": ("b.zip", lambda: zipped({"kd.log": LISTING}, zipfile.ZIP_STORED).replace(b"15%", b"16%"), {"kd.log": "checksum"}),
    "a smaller size is told": ("b.zip", lambda: lying(zipped({"kd.log": LISTING}), 100), {"kd.log": "checksum"}),
    "a larger size is told": ("b.zip", lambda: lying(zipped({"kd.log": LISTING}), 10**9), {"kd.log": READ}),
    "a cut gz": ("kd.log.gz", lambda: gzipped(LISTING + NOISE.hex().encode())[:-900], {"kd.log": "cut"}),
    "a wrong checksum of gz": ("kd.log.gz", lambda: gzipped(LISTING)[:-8] + bytes(8), {"kd.log": "checksum"}),
    "garbage behind a gz": ("kd.log.gz", lambda: gzipped(LISTING) + b"garbage", {"kd.log": "damaged"}),
    "a cut bz2": ("kd.log.bz2", lambda: bz2.compress(LISTING)[:-20], {"": "cut"}),
    "a cut xz": ("kd.log.xz", lambda: lzma.compress(LISTING)[:-40], {"kd.log": "cut"}),
    "only the head of a gz": ("kd.log.gz", lambda: gzipped(LISTING)[:10], {"": "cut"}),
    "a cut tar": ("b.tar", lambda: tarred({"a.log": LISTING, "b.log": LISTING * 3})[:2500], {"a.log": READ, "b.log": "cut", "": "cut"}),
    "garbage in a tar": ("b.tar", lambda: tarred({"a.log": LISTING})[: 512 * (2 + len(LISTING) // 512)] + b"garbage!" * 64, {"a.log": READ, "": "damaged"}),
    "a link": ("b.tar", lambda: special(tarfile.SYMTYPE), {"odd": "link", "kd.log": READ}),
    "a hard link": ("b.tar", lambda: special(tarfile.LNKTYPE), {"odd": "link", "kd.log": READ}),
    "a device": ("b.tar", lambda: special(tarfile.CHRTYPE), {"odd": "neither", "kd.log": READ}),
    "a pipe": ("b.tar", lambda: special(tarfile.FIFOTYPE), {"odd": "neither", "kd.log": READ}),
    "a link in a zip": ("b.zip", lambda: zipped({"odd": b"/etc/passwd"}, create_system=3, external_attr=0o120777 << 16), {"odd": "link"}),
    "a terabyte of holes": ("b.tar", sparse, {"holes.txt": "times its size"}),
    "a size below nothing": ("b.tar", negative, {"": "below nothing"}),
    "a bomb": ("b.zip", lambda: zipped({"bomb.txt": b" " * 20_000_000, "kd.log": LISTING}), {"bomb.txt": "times its size", "kd.log": READ}),
    "a bomb in a gz": ("bomb.gz", lambda: gzipped(bytes(20_000_000)), {"bomb": "times its size"}),
    "a bomb in bz2": ("bomb.bz2", lambda: bz2.compress(b"\n" * 50_000_000), {"bomb": "times its size"}),
    "a bomb in a tar.gz": ("b.tgz", lambda: gzipped(tarred({"a.log": LISTING, "bomb": bytes(20_000_000)})), {"a.log": READ, "bomb": "times its size", "": "times its size"}),
    "a bomb in a zip in a zip": ("b.zip", lambda: zipped({"in.zip": zipped({"bomb": bytes(20_000_000)})}), {"in.zip!bomb": "times its size"}),
    "a dump": ("b.zip", lambda: zipped({"memory.dmp": b"PAGEDU64" + NOISE, "kd.log": LISTING}), {"memory.dmp": "kernel", "kd.log": READ}),
    "a program": ("b.zip", lambda: zipped({"dheapmon.exe": b"MZ\x90\0" + NOISE}), {"dheapmon.exe": "a program"}),
    "7-Zip": ("b.zip", lambda: zipped({"a.7z": b"7z\xbc\xaf\x27\x1c" + NOISE}), {"a.7z": "7-Zip"}),
    "RAR": ("b.zip", lambda: zipped({"a.rar": b"Rar!\x1a\x07\x01\0" + NOISE}), {"a.rar": "RAR"}),
    "an Office document": ("notes.docx", lambda: zipped({"[Content_Types].xml": b"<x/>", "word/document.xml": b"<x/>"}), {"": "Office"}),
    "UTF-16 inside": ("b.zip", lambda: zipped({"kd.log": TEXT.encode("utf-16")}), {"kd.log": READ}),
}  # fmt: skip


def forced_zip64(files: Files) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            with archive.open(zipfile.ZipInfo(name, ZIP_TIME), "w", force_zip64=True) as file:
                file.write(content)
    return packed.getvalue()


class Pipe(io.RawIOBase):
    """Where nobody can seek: a zip that is written there has its sizes behind the data."""

    def __init__(self) -> None:
        self.content = b""

    def writable(self) -> bool:
        return True

    def write(self, data: Any, /) -> int:
        self.content += bytes(data)
        return len(data)


def streamed(files: Files) -> bytes:
    pipe = Pipe()
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return pipe.content


def readings_of(path: Path) -> list[Reading]:
    """Without tables and rules, which take longer than all of the rest."""
    return [reading for one in inputs_of("case", [path]) for reading in read_input(one, Options())]


@pytest.fixture(scope="module")
def packed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The files of the matrix."""
    paths = {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of names that are there twice
        for name, (file, build, _) in MATRIX.items():
            paths[name] = tmp_path_factory.mktemp("case") / file
            paths[name].write_bytes(build())
    return paths


@pytest.fixture(scope="module")
def analysis(packed: dict[str, Path]) -> dumpscan.Analysis:
    return dumpscan.analyze_cases(packed)


@pytest.mark.parametrize("name", MATRIX)
def test_archives(name: str, analysis: dumpscan.Analysis) -> None:
    """Every member is read or told by its name; what could be read counts."""
    file, _, expected = MATRIX[name]
    readings = [reading for reading in analysis.readings if reading.case == name]
    told = {reading.file.removeprefix(file).removeprefix("!"): reading for reading in readings}
    assert set(told) == set(expected)
    for inside, reading in told.items():
        why = " ".join(filter(None, (reading.skipped, reading.partly)))
        if expected[inside] == READ:
            assert why == "", inside
        else:
            assert expected[inside] in why, inside
            assert [problem.reason for problem in reading.problems if problem.line is None] == [why]
        assert sum(count for kind, count in reading.lines.items() if kind != "total") == reading.lines["total"]
    heaps = analysis.tables["desktop_heaps"]
    for inside, words in expected.items():
        if words == READ and "empty" not in inside:
            assert (heaps["case"].eq(name) & heaps["file"].eq(f"{file}!{inside}")).sum() == len(X86), inside


@pytest.mark.parametrize(
    "name", ["controls in a name", "bytes that are no UTF-8", "garbage in a tar", "encrypted", "a bomb in a tar.gz"]
)
def test_names_and_reasons_are_shown(name: str, analysis: dumpscan.Analysis) -> None:
    """In every format, and nothing of a name reaches a terminal or a page as it is."""
    doc = analysis.to_dict(name)
    reasons = [one[key].split(":")[0] for one in doc["inputs"] for key in ("skipped", "partly") if one[key]]
    for form in (render.html, render.text, render.markdown, render.json_text):
        shown = form(doc)
        assert not set(shown) & set("\x1b\u202e")
        assert [reason for reason in reasons if reason not in " ".join(shown.split())] == []
    assert "\\u202e" in render.html(doc) or name != "controls in a name"


def test_members_that_overlap(tmp_path: Path) -> None:
    """Each of them is harmless; together they would be two gigabytes out of a hundred kilobytes."""
    (tmp_path / "b.zip").write_bytes(overlapping())
    *read, archive = sorted(readings_of(tmp_path / "b.zip"), key=lambda reading: reading.file == "b.zip")
    assert len(read) < 40
    assert archive.partly is not None
    assert "unpacks to more than" in archive.partly
    assert "what comes after a" in archive.partly


def test_more_members_than_anybody_reads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archives, "MEMBERS", 30)
    files = {f"{at:03}.log": LISTING for at in range(40)}
    for name, content in (("b.zip", zipped(files)), ("b.tgz", gzipped(tarred(files)))):
        (tmp_path / name).write_bytes(content)
        archive, *read = readings_of(tmp_path / name)
        assert len(read) == 30
        assert (
            archive.partly
            == "it holds more than 30 files: unpack it and name the folder; what comes after 029.log was not read"
        )


def test_more_bytes_than_anybody_reads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where they are spread over archives in an archive, and where they are skipped."""
    monkeypatch.setattr(archives, "TOTAL", 100_000)
    big = b"MZ" + NOISE * 20
    inner = {name: zipped({"big.exe": big, "kd.log": LISTING}, zipfile.ZIP_STORED) for name in ("1.zip", "2.zip")}
    (tmp_path / "b.zip").write_bytes(zipped(inner))
    found = {reading.file: reading for reading in readings_of(tmp_path / "b.zip")}
    assert "more than 100,000 bytes" in (found["b.zip"].partly or "")
    assert found["b.zip!1.zip!kd.log"].captures
    (tmp_path / "b.tgz").write_bytes(gzipped(tarred([("a.exe", big), ("b.exe", big), ("kd.log", LISTING)])))
    found = {reading.file: reading for reading in readings_of(tmp_path / "b.tgz")}
    assert "more than 100,000 bytes" in (found["b.tgz"].partly or "")
    assert "b.tgz!kd.log" not in found


def test_what_stands_before_a_cut_is_read(tmp_path: Path) -> None:
    """A download that broke off: the listing at its beginning proves what it proves."""
    full = compose.dskheap(0, compose.replaced(X86, compose.SYSTEM, 512, 99)).encode() + NOISE.hex().encode()
    for name, content in (
        ("kd.log.gz", gzipped(full)),
        ("kd.log.xz", lzma.compress(full)),
        ("b.tgz", gzipped(tarred({"kd.log": full}))),
    ):
        (tmp_path / name).write_bytes(content[: len(content) // 2])
        analysis = dumpscan.analyze(tmp_path / name)
        assert analysis.to_dict()["verdict"]["mode"] == "single-heap-full", name
        assert any("cut" in (reading.partly or "") for reading in analysis.readings), name
    (tmp_path / "kd.log.gz").write_bytes(flipped := gzipped(full * 9)[:3000] + bytes(64) + gzipped(full * 9)[3064:])
    assert flipped
    (reading,) = readings_of(tmp_path / "kd.log.gz")
    assert reading.partly or reading.skipped


# ---------------------------------------------------------------------------------------------------- the same answer


def answer(doc: compose.Document) -> Any:
    """What is said of a case, without the names of files."""
    scope = doc["verdict"]["scope"]
    findings = [
        (outcome["rule"], finding["summary"], finding["machine"], finding["snapshot"], _lines(finding["evidence"]))
        for outcome in doc["outcomes"]
        for finding in outcome["findings"]
    ]
    machines = [(row["command"], row["machine"], row["snapshot"], row["line"]) for row in doc["tables"]["captures"]]
    told = (doc["verdict"]["mode"], doc["verdict"]["reason"], scope["machine"], scope["sessions"], scope["moment"])
    return told, _lines(doc["verdict"]["evidence"]), findings, machines


def _lines(evidence: Iterable[compose.Document]) -> list[tuple[int, str]]:
    return [(line["line"], line["text"]) for line in evidence]


FORMS = ("zip", "tar", "gztar", "bztar", "xztar")


def test_a_folder_and_its_archive_say_the_same(tmp_path: Path) -> None:
    """Packed from inside or from outside of the folder, alone in a folder, and as bytes."""
    sources: dict[str, Path | bytes] = {}
    names = sorted(path.name for path in CASES.iterdir() if path.is_dir())
    for name in names:
        sources[name] = CASES / name
        for form in FORMS:
            inside = Path(shutil.make_archive(str(tmp_path / form / f"in-{name}"), form, root_dir=CASES / name))
            outside = Path(shutil.make_archive(str(tmp_path / form / name), form, root_dir=CASES, base_dir=name))
            alone = tmp_path / form / "alone" / name
            alone.mkdir(parents=True)
            shutil.copy(outside, alone)
            for way, source in (("in", inside), ("out", outside), ("alone", alone), ("bytes", inside.read_bytes())):
                sources[f"{name} {form} {way}"] = source
    analysis = dumpscan.analyze_cases(sources)
    for name in names:
        expected = answer(analysis.to_dict(name))
        for way in (case for case in sources if case.startswith(f"{name} ")):
            assert answer(analysis.to_dict(way)) == expected, way


def test_a_text_says_the_same_however_it_comes(tmp_path: Path) -> None:
    """File, folder, standard input, and packed in whatever way: also where the packed file lies in a folder."""
    ways: dict[str, Callable[[bytes], bytes]] = {
        "zip": lambda content: zipped({"kd.log": content}),
        "gz": gzipped,
        "tgz": lambda content: gzipped(tarred({"kd.log": content})),
        "zip in zip": lambda content: zipped({"a.zip": zipped({"kd.log": content})}),
    }
    sources: dict[str, Path | bytes] = {}
    names = ["heap-full", "tool-failed", "utf16-log"]
    for name in names:
        (path,) = (CASES / name).glob("kd*.log")
        content = path.read_bytes()
        (tmp_path / name / "folder").mkdir(parents=True)
        shutil.copy(path, tmp_path / name / "folder")
        sources |= {name: path, f"{name} bytes": content, f"{name} folder": tmp_path / name / "folder"}
        for way, build in ways.items():
            (tmp_path / name / way).mkdir()
            (tmp_path / name / way / "kd.log.packed").write_bytes(build(content))
            sources |= {f"{name} {way}": build(content), f"{name} {way} in a folder": tmp_path / name / way}
    analysis = dumpscan.analyze_cases(sources)
    for name in names:
        expected = answer(analysis.to_dict(name))
        for way in (case for case in sources if case.startswith(f"{name} ")):
            assert answer(analysis.to_dict(way)) == expected, way


ONE, LIMIT, BIG = TEXT.encode(), compose.view_size(49152).encode(), compose.dskheap(0, X64).encode()
SHARE: dict[str, tuple[Files, list[str]]] = {
    "an archive a machine": ({"a.zip": zipped({"heaps.txt": ONE, "limit.txt": LIMIT}), "b.zip": zipped({"heaps.txt": BIG, "limit.txt": LIMIT})}, ["a", "a", "b", "b"]),
    "a file an archive": ({"heaps.txt.gz": gzipped(ONE), "limit.zip": zipped({"limit.txt": LIMIT})}, ["unnamed", "unnamed"]),
    "folders of one name in two archives": ({"a.zip": zipped({"logs/heaps.txt": ONE}), "b.zip": zipped({"logs/heaps.txt": BIG})}, ["a/logs", "b/logs"]),
    "machines in an archive": ({"up.zip": zipped({"web01/heaps.txt": ONE, "web02/heaps.txt": ONE})}, ["web01", "web02"]),
    "machines in an archive beside a folder": ({"up.zip": zipped({"web01/heaps.txt": ONE, "web02/heaps.txt": ONE}), "db/heaps.txt": ONE}, ["web01", "web02", "db"]),
    "archives in an archive": ({"up.zip": zipped({"a.zip": zipped({"1.txt": ONE, "2.txt": LIMIT}), "b.zip": zipped({"1.txt": ONE, "2.txt": LIMIT})})}, ["a", "a", "b", "b"]),
    "archives in folders": ({"a/heaps.zip": zipped({"x/1.txt": ONE}), "a/limit.zip": zipped({"y/2.txt": LIMIT}), "b/1.txt": ONE}, ["a", "a", "b"]),
    "a folder around two machines": ({"up.zip": zipped({"upload/web01/1.txt": ONE, "upload/web02/1.txt": ONE, "upload/readme.txt": b"x"})}, ["web01", "web02"]),
    "a folder around one machine": ({"up.zip": zipped({"web01/heaps/1.txt": ONE, "web01/registry/2.txt": LIMIT})}, ["web01", "web01"]),
    "the folder of the archive": ({"up.zip": zipped({"UP/heaps/1.txt": ONE, "UP/limit/2.txt": LIMIT})}, ["heaps", "limit"]),
    "a name that leads upwards": ({"up.zip": zipped({"../../web01/1.txt": ONE, "/web02/1.txt": ONE, "C:/web03/1.txt": ONE})}, ["web01", "web02", "web03"]),
    "the folder of a file packed alone": ({"heaps.zip": zipped({"heaps/1.txt": ONE}), "limit.zip": zipped({"limit/2.txt": LIMIT})}, ["unnamed", "unnamed"]),
    "an exclamation mark": ({"wow!/a!b.txt": ONE, "c.txt": LIMIT}, ["wow!", "wow!"]),
}  # fmt: skip


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[str]]:
    """The machines of each share."""
    folders: dict[str, Path] = {}
    for name, (files, _) in SHARE.items():
        folders[name] = tmp_path_factory.mktemp("share")
        for file, content in files.items():
            (folders[name] / file).parent.mkdir(exist_ok=True)
            (folders[name] / file).write_bytes(content)
    captures = dumpscan.analyze_cases(folders).tables["captures"]
    return {name: sorted(captures.loc[captures["case"].eq(name), "machine"].astype(str)) for name in SHARE}


@pytest.mark.parametrize("name", SHARE)
def test_machines_of_archives(name: str, shared: dict[str, list[str]]) -> None:
    """Facts of two machines are never joined, and those of one are not torn apart."""
    assert shared[name] == sorted(SHARE[name][1])


def test_the_day_of_an_upload_is_not_that_of_a_capture(tmp_path: Path) -> None:
    """The name of the only archive is that of the case; of several, each may be named after its day."""
    for name in ("one/up_2026-11-20.zip", "two/day_2026-11-18.zip", "two/day_2026-11-19.zip"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(zipped({"kd.log": LISTING}))
    one, two = (dumpscan.analyze(tmp_path / name).tables["captures"]["moment"].dropna() for name in ("one", "two"))
    assert sorted(one) == []
    assert sorted(two) == ["2026-11-18", "2026-11-19"]


def test_members_come_in_the_order_of_a_folder(tmp_path: Path) -> None:
    files = {name: name.encode() for name in ("b/2.txt", "c.txt", "a.txt", "b/1.txt", "B.txt")}
    for name, content in files.items():
        (tmp_path / "case" / name).parent.mkdir(exist_ok=True, parents=True)
        (tmp_path / "case" / name).write_bytes(content)
    folder = [one.file for one in inputs_of("case", [tmp_path / "case"])]
    packed = dumpscan.analyze(zipped(files)).readings
    assert [reading.file.removeprefix("-!") for reading in packed] == folder


def test_two_archives_of_one_name_keep_two_names(tmp_path: Path) -> None:
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "b.zip").write_bytes(zipped({"kd.log": LISTING}))
    files = [
        reading.file for reading in dumpscan.analyze(tmp_path / "one" / "b.zip", tmp_path / "two" / "b.zip").readings
    ]
    assert files == ["b.zip!kd.log", "b.zip (2)!kd.log"]


def test_a_file_that_is_called_like_a_member(tmp_path: Path) -> None:
    """Lines are cited by name: two inputs of one name would quote each other's."""
    (tmp_path / "b.zip").write_bytes(zipped({"kd.log": LISTING}))
    (tmp_path / "b.zip!kd.log").write_bytes(OTHER)
    doc = dumpscan.analyze(tmp_path).to_dict()
    assert sorted(one["file"] for one in doc["inputs"]) == ["b.zip!kd.log", "b.zip!kd.log (2)"]
    assert {(row["file"], row["session"]) for row in doc["tables"]["desktop_heaps"]} == {
        ("b.zip!kd.log", 0),
        ("b.zip!kd.log (2)", 1),
    }


@pytest.mark.parametrize(
    ("file", "case"),
    [
        ("c.zip", "c"),
        ("c.tar.gz", "c"),
        ("c.tgz", "c"),
        ("kd.log", "kd"),
        ("SR 1.2.zip", "SR 1.2"),
        (".zip", ".zip"),
        ("c", "c"),
    ],
)
def test_a_case_is_called_after_its_archive(tmp_path: Path, file: str, case: str) -> None:
    (tmp_path / file).write_bytes(zipped({"kd.log": LISTING}))
    assert case_name(tmp_path / file) == case


# ---------------------------------------------------------------------------------------------------- nothing but reading


def test_nothing_is_written_while_archives_are_read(packed: dict[str, Path], tmp_path: Path) -> None:
    """Neither beside the archive nor in the folder for temporary files, whatever is in it; nothing is run, nobody is called."""
    code = (
        "import os, sys, warnings\n"
        "import dumpscan, dumpscan.analysis, dumpscan.document, pandas, lark, ahocorasick_rs\n"
        "dumpscan.analyze(b'kd> !dskheap -s 0\\n').to_dict()\n"
        "bad = []\n"
        "def hook(event, arguments):\n"
        "    if event == 'open' and isinstance(arguments[2], int) and arguments[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT):\n"
        "        bad.append((event, str(arguments)))\n"
        "    elif event.partition('.')[0] in ('socket', 'subprocess', 'shutil', 'tempfile') or event in ('os.mkdir', 'os.rename', 'os.remove', 'os.symlink', 'os.link', 'os.system', 'os.chmod'):\n"
        "        bad.append((event, str(arguments)))\n"
        "sys.addaudithook(hook)\n"
        "paths = dict(enumerate(sys.argv[1:]))\n"
        "dumpscan.analyze_cases(paths).to_dict(0)\n"
        "dumpscan.analyze_cases({at: open(path, 'rb').read() for at, path in paths.items()}).to_dict(0)\n"
        "print(bad)\n"
    )
    before = {path: sorted(path.parent.iterdir()) for path in packed.values()}
    paths = [str(path) for path in packed.values()]
    ran = subprocess.run([sys.executable, "-B", "-c", code, *paths], capture_output=True, cwd=tmp_path, check=False)
    assert ran.stdout.decode().strip() == "[]", ran.stderr.decode()[-2000:]
    assert {path: sorted(path.parent.iterdir()) for path in packed.values()} == before
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("kind", ["zip", "zip stored", "tar", "tgz", "bz2", "xz", "gz"])
def test_damaged_at_any_place(kind: str) -> None:
    """Never raises, never loses a member without a word, and what is read of one is what stands in it."""
    files = {"a.log": LISTING, "b/c.log": OTHER}
    whole = {
        "zip": lambda: zipped(files),
        "zip stored": lambda: zipped(files, zipfile.ZIP_STORED),
        "tar": lambda: tarred(files),
        "tgz": lambda: gzipped(tarred(files)),
        "bz2": lambda: bz2.compress(LISTING),
        "xz": lambda: lzma.compress(LISTING),
        "gz": lambda: gzipped(LISTING),
    }[kind]()
    rng = random.Random(kind)
    for round_ in range(150):
        content = bytearray(whole)
        if round_ % 2:
            del content[rng.randrange(11, len(content)) :]
        for _ in range(rng.randint(0, 3)):
            content[rng.randrange(10, len(content))] = rng.randrange(256)  # behind what tells the kind
        readings = read_input(Input("case", "upload", bytes(content), len(content)), Options())
        assert readings
        if not any(one.skipped or one.partly for one in readings) and kind not in ("tar", "zip", "zip stored"):
            assert [len(one.captures) for one in readings] == [1] * len(readings)
        for one in readings:
            assert sum(count for name, count in one.lines.items() if name != "total") == one.lines["total"]


def test_one_member_at_a_time_is_held(tmp_path: Path) -> None:
    """Forty texts of four megabytes in one archive need the memory of one."""
    import tracemalloc

    text = LISTING + (b"fffff800`0165a1c0 8bff            mov     edi,edi ; nothing here\n" * 60_000)
    content = gzipped(tarred({f"{at:02}.log": text + str(at).encode() for at in range(20)}))
    assert len(text) * 20 > 60_000_000
    (tmp_path / "b.tgz").write_bytes(content)
    one = Input("case", "b.tgz", tmp_path / "b.tgz", len(content))
    monkey = archives.RATIO
    archives.RATIO = 10_000
    try:
        read_input(Input("case", "-", LISTING, len(LISTING)), Options())
        tracemalloc.start()
        found = read_input(one, Options())
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
        archives.RATIO = monkey
    assert [len(reading.captures) for reading in found] == [1] * 20
    assert peak < 6 * len(text), peak


# ---------------------------------------------------------------------------------------------------- a share of archives


@pytest.mark.parametrize("jobs", [1, 2])
def test_triage_of_archives(tmp_path: Path, jobs: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every archive a case, also where other processes read them."""
    monkeypatch.setattr(triage, "CHUNK", 2)
    share = tmp_path / "share"
    share.mkdir()
    for at, name in enumerate(("heap-full", "healthy", "two-machines", "tool-failed", "utf16-log")):
        shutil.make_archive(str(share / name), FORMS[at], root_dir=CASES, base_dir=name)
    (share / "bad.zip").write_bytes(zipped({"kd.log": LISTING})[:-40])
    (share / "secret.zip").write_bytes(encrypted(zipped({"kd.log": LISTING})))
    fleet = triage.run([share], tmp_path / "out", jobs=jobs)
    modes = {entry["case"]: entry["mode"] for entry in fleet["cases"]}
    assert modes == {
        "bad.zip": "undecided",
        "healthy.tar": "no-sign",
        "heap-full.zip": "single-heap-full",
        "secret.zip": "undecided",
        "tool-failed.tar.bz2": "undecided",
        "two-machines.tar.gz": "single-heap-full",
        "utf16-log.tar.xz": dumpscan.analyze(CASES / "utf16-log").to_dict()["verdict"]["mode"],
    }
    unread = {(one["case"], one["file"]) for one in fleet["unread"] if one["line"] is None}
    assert unread == {("bad.zip", "bad.zip"), ("secret.zip", "secret.zip!kd.log")}
    assert not [path for path in share.iterdir() if path.is_dir()]


def test_an_archive_that_vanishes(tmp_path: Path) -> None:
    (tmp_path / "b.zip").write_bytes(zipped({"kd.log": LISTING}))
    (one,) = inputs_of("case", [tmp_path / "b.zip"])
    (tmp_path / "b.zip").unlink()
    assert [reading.skipped for reading in read_input(one, Options())] == ["it was there and is gone"]
