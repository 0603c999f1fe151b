"""Where the files are that are not Python: the grammars and the report templates."""

from pathlib import Path

PACKAGE = Path(__file__).resolve().parent


def resource_dir(name: str) -> Path:
    """The folder `name` inside the package (an installed wheel) or beside it (a checkout)."""
    for folder in (PACKAGE / name, PACKAGE.parent / name):
        if folder.is_dir():
            return folder
    raise FileNotFoundError(
        f"dumpscan is not installed completely: no folder '{name}' in or beside {PACKAGE}; install it again"
    )
