"""Writing files: whole or not at all, and never over something that dumpscan did not write."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from dumpscan.inputs import DumpscanError
from dumpscan.ownreport import HEAD_BYTES, is_own_report


def write_text(path: Path, text: str) -> None:
    """Write a file so that either the old one or the whole new one is there, whatever happens in between. Raises DumpscanError."""
    try:
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".part")
    except OSError as error:
        raise DumpscanError(f"cannot write {path}: {error.strerror or error}") from error
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(text.encode("utf-8", errors="backslashreplace"))
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).chmod(0o644)
        Path(temporary).replace(path)
    except OSError as error:
        Path(temporary).unlink(missing_ok=True)
        raise DumpscanError(f"cannot write {path} ({len(text):,} characters): {error.strerror or error}") from error
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def refuse_foreign(path: Path, force: bool) -> None:
    """Raise DumpscanError for a path that holds something else than a report of dumpscan."""
    if force or not path.exists():
        return
    if path.is_dir():
        raise DumpscanError(f"{path} is a folder")
    try:
        with path.open("rb") as file:
            own = is_own_report(file.read(HEAD_BYTES))
    except OSError as error:
        raise DumpscanError(f"cannot read {path}: {error.strerror or error}") from error
    if not own:
        raise DumpscanError(
            f"{path} was not written by dumpscan: name another file with -o, or overwrite it with --force"
        )
