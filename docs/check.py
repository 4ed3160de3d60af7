"""Check the documentation: links between files lead somewhere, and every command is in the README.

Run by `make check`. Prints what is wrong and exits with 1.
"""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
LINK = re.compile(r"\[[^\]\n]+\]\(([^)\s]+)\)")


def tracked(ending: str) -> list[Path]:
    """The files of that ending that git knows or would add."""
    listed = subprocess.run(  # noqa: S603
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", f"*{ending}"],  # noqa: S607
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return [ROOT / name for name in listed.stdout.splitlines() if (ROOT / name).exists()]


def broken_links() -> list[str]:
    """Relative links that lead to no file."""
    return [
        f"{page.relative_to(ROOT)}: the link to {target} leads nowhere"
        for page in tracked(".md")
        for target in LINK.findall(page.read_text())
        if "://" not in target
        and not target.startswith(("#", "mailto:"))
        and not (page.parent / target.partition("#")[0]).exists()
    ]


def unnamed_commands() -> list[str]:
    """Commands that the README doesn't name."""
    from moot.cli import app

    readme = (ROOT / "README.md").read_text()
    names = [command.name for command in app.registered_commands + app.registered_groups if command.name]
    return [f"README.md: says nothing of `moot {name}`" for name in names if f"moot {name}" not in readme]


def main() -> None:
    """Print what is wrong and exit."""
    wrong = broken_links() + unnamed_commands()
    for line in wrong:
        print(line)  # noqa: T201
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
