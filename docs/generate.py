"""Write docs/commands/ and docs/rules/ from the modules' own docstrings: `python docs/generate.py`. A test holds them in step."""

from __future__ import annotations

from inspect import cleandoc
from pathlib import Path

from dumpscan.commands import all_commands
from dumpscan.rules import all_rules

DOCS = Path(__file__).resolve().parent


def pages() -> dict[str, str]:
    """Every generated page by its path below docs/."""
    found = {}
    for command in all_commands().values():
        title, _, body = cleandoc(command.page).partition("\n")
        found[f"commands/{command.name}.md"] = (
            f"# {title}\n{body}\n\nFills: {', '.join(f'`{table}`' for table in command.fills)}\n"
        )
    for rule in all_rules().values():
        title, _, body = rule.page.partition("\n")
        needs = ", ".join(f"`{need}`" for need in rule.needs)
        says = f"Speaks for the verdict or doubt `{rule.says}`." if rule.says else "Stands beside the verdict."
        found[f"rules/{rule.name}.md"] = f"# {title}\n\n`{rule.name}` needs {needs}. {says}\n{body}\n"
    return found


def main() -> None:
    for name, text in pages().items():
        path = DOCS / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
