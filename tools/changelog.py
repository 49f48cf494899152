"""Join the fragments in ``docs/changelog.d`` into ``CHANGELOG.md``: ``python tools/changelog.py 0.2.0 2027-01-31``."""

from __future__ import annotations

import sys
from pathlib import Path

__all__ = ["KINDS", "fragments", "main", "section"]

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "docs/changelog.d"
KINDS = ("Added", "Changed", "Fixed", "Removed")


def fragments(folder: Path = FOLDER) -> dict[Path, str]:
    """The fragments by file, in the order of their kinds.

    Raises:
        ValueError: one does not begin with its kind in bold.
    """
    found = {path: path.read_text().strip() for path in sorted(folder.glob("*.md")) if path.name != "README.md"}
    for path, text in found.items():
        if not text.startswith(tuple(f"**{kind}**" for kind in KINDS)):
            raise ValueError(f"{path.name} does not begin with one of {', '.join(f'**{kind}**' for kind in KINDS)}")
    return dict(
        sorted(found.items(), key=lambda item: [item[1].startswith(f"**{kind}**") for kind in KINDS], reverse=True)
    )


def section(version: str, date: str, texts: list[str]) -> str:
    """The section of a release."""
    entries = "".join("- " + text.replace("\n", "\n  ") + "\n" for text in texts)
    return f"## {version} ({date})\n\n{entries}\n"


def main(version: str, date: str) -> None:
    """Write the section of a release above the older ones, and remove the fragments."""
    found = fragments()
    if not found:
        raise SystemExit("docs/changelog.d has no fragment")
    changelog = ROOT / "CHANGELOG.md"
    head, mark, rest = changelog.read_text().partition("\n## ")
    changelog.write_text(f"{head}\n{section(version, date, list(found.values()))}{mark.lstrip()}{rest}")
    for path in found:
        path.unlink()


if __name__ == "__main__":
    main(*sys.argv[1:])
