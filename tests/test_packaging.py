"""What is built is what is in the checkout: the package with its grammars and templates, and nothing of tests and fixtures."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

from dumpscan.version import __version__

ROOT = Path(__file__).resolve().parent.parent
PACKED = {"dumpscan": "dumpscan", "grammars": "dumpscan/grammars", "reports": "dumpscan/reports"}
LEFT = ("__pycache__", ".mypy_cache", ".ruff_cache")

pytest.importorskip("hatchling.build", reason="hatchling is not installed, and no network is used to get it")


def sources() -> dict[str, bytes]:
    """Files of the checkout that belong into a wheel, by their names there."""
    return {
        f"{inside}/{path.relative_to(ROOT / folder).as_posix()}": path.read_bytes()
        for folder, inside in PACKED.items()
        for path in (ROOT / folder).rglob("*")
        if path.is_file() and not set(path.parts) & set(LEFT)
    }


def build(what: str, tree: Path, out: Path) -> Path:
    """Call the build backend as pip does, in a process of its own and without a network."""
    code = f"import sys; from hatchling.build import build_{what} as build; print(build(sys.argv[1]))"
    result = subprocess.run(
        [sys.executable, "-c", code, str(out)], cwd=tree, capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stderr
    return out / result.stdout.split()[-1]


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the checkout: nothing is built, and nothing left behind, in the folder where others work."""
    copy = tmp_path_factory.mktemp("checkout")
    for path in ROOT.iterdir():
        if path.is_file():
            shutil.copy(path, copy)
    for folder in ("dumpscan", "grammars", "reports", "tests", "fixtures", "docs"):
        if (ROOT / folder).is_dir():
            shutil.copytree(ROOT / folder, copy / folder, ignore=shutil.ignore_patterns(*LEFT))
    return copy


@pytest.fixture(scope="module")
def wheel(tree: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build("wheel", tree, tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="module")
def sdist(tree: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build("sdist", tree, tmp_path_factory.mktemp("sdist"))


def test_wheel_holds_exactly_the_checkouts_files(tree: Path, wheel: Path) -> None:
    """Byte for byte; beside them only the metadata that the backend writes."""
    with zipfile.ZipFile(wheel) as archive:
        packed = {name: archive.read(name) for name in archive.namelist() if not name.endswith("/")}
    metadata = {name for name in packed if name.startswith(f"dumpscan-{__version__}.dist-info/")}
    copied = {
        f"{inside}/{path.relative_to(tree / folder).as_posix()}": path.read_bytes()
        for folder, inside in PACKED.items()
        for path in (tree / folder).rglob("*")
        if path.is_file()
    }
    assert {name: content for name, content in packed.items() if name not in metadata} == copied
    assert {name.rpartition("/")[2] for name in metadata} >= {"METADATA", "RECORD", "WHEEL", "entry_points.txt"}


def test_the_files_that_matter_are_among_them() -> None:
    """The comparison above would hold for two empty sets."""
    names = set(sources())
    assert {"dumpscan/cli.py", "dumpscan/grammars/dskheap.lark", "dumpscan/reports/case.html.j2"} <= names
    assert not any(name.startswith(("tests/", "fixtures/")) for name in names)


def test_no_folder_of_the_checkout_hides_a_resource() -> None:
    """dumpscan/grammars in the checkout would win over grammars/, and edits would have no effect."""
    for folder in ("grammars", "reports"):
        assert not (ROOT / "dumpscan" / folder).exists()
    assert not [path for folder in PACKED for path in (ROOT / folder).rglob("*") if path.is_symlink()]


def test_source_distribution_builds_the_same_wheel(sdist: Path, wheel: Path, tmp_path: Path) -> None:
    """What a distribution packages from source is what pip installs."""
    with tarfile.open(sdist) as archive:
        archive.extractall(tmp_path / "unpacked", filter="data")
    (folder,) = (tmp_path / "unpacked").iterdir()
    again = build("wheel", folder, tmp_path)
    with zipfile.ZipFile(wheel) as one, zipfile.ZipFile(again) as other:
        assert sorted(one.namelist()) == sorted(other.namelist())
        for name in one.namelist():
            assert one.read(name) == other.read(name), name


def test_source_distribution_can_be_tested(sdist: Path) -> None:
    """Fixtures and tests are in it; who packages it from source can run them."""
    with tarfile.open(sdist) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert {"pyproject.toml", "tests/test_packaging.py", "fixtures/sources.toml", "grammars/dskheap.lark"} <= names
    assert not [name for name in names if "__pycache__" in name or name.startswith(".venv")]


def test_an_unpacked_wheel_reads_a_case(wheel: Path, tmp_path: Path) -> None:
    """Grammars and templates are found inside the package where no checkout stands beside it."""
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path / "site")
    code = (
        "import sys; sys.path.insert(0, sys.argv.pop(1)); import dumpscan, pathlib; from dumpscan.cli import main; "
        "assert pathlib.Path(dumpscan.__file__).is_relative_to(sys.path[0]), dumpscan.__file__; main()"
    )
    case = ROOT / "fixtures" / "cases" / "heap-full"
    result = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "site"), "report", str(case), "-o", "-", "--format", "json"],
        cwd=tmp_path, capture_output=True, check=False,
    )  # fmt: skip
    assert result.returncode == 0, result.stderr
    assert json.loads(result.stdout)["verdict"]["mode"] == "single-heap-full"
