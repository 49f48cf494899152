"""What is lacking and known to be: the entries of ``pending.toml`` that are not about documented behaviours."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path

from .manifest import ManifestError, read_toml

__all__ = ["KINDS", "Lack", "Pending", "defer", "drop_stale", "read_pending", "summary"]

_PATH = Path(__file__).with_name("pending.toml")

KINDS = ("call", "parameter", "text", "error", "gradient", "docstring", "reach")
"""What can be lacking: a call of a name, a value of a parameter, a text, what is refused, a gradient, a docstring; and the op
of a case that the case does not call."""


@dataclass(frozen=True)
class Lack:
    """One thing that no case exercises: its kind, the name of what is lacking, and a sentence."""

    kind: str
    name: str
    text: str


@dataclass(frozen=True)
class Pending:
    """Lacks of one kind that are known: patterns of names, why, and the part that ends it; none for those that stay."""

    kind: str
    reason: str
    names: tuple[str, ...]
    part: str = ""

    def covers(self, lack: Lack) -> bool:
        """Whether a lack is known."""
        return lack.kind == self.kind and any(fnmatchcase(lack.name, pattern) for pattern in self.names)

    def complaints(self, lacks: Collection[Lack]) -> list[str]:
        """The patterns that match nothing that is lacking."""
        return [
            f"pending.toml: {self.kind} of {pattern!r} is not lacking (any more): take it out"
            for pattern in self.stale(lacks)
        ]

    def stale(self, lacks: Collection[Lack]) -> list[str]:
        """The patterns that match nothing that is lacking."""
        lacking = [lack.name for lack in lacks if lack.kind == self.kind]
        return [pattern for pattern in self.names if not any(fnmatchcase(name, pattern) for name in lacking)]


@cache
def read_pending(path: Path = _PATH) -> tuple[Pending, ...]:
    """The entries of a file.

    Raises:
        ManifestError: an entry is of an unknown kind, has unknown keys or lacks its names or its reason.
    """
    data = read_toml(path)
    if set(data) - {"documented", "lacking"}:
        raise ManifestError(f"{path}: unknown entries: {', '.join(sorted(set(data) - {'documented', 'lacking'}))}")
    found = []
    for entry in data.get("lacking", []):
        unknown = set(entry) - {"kind", "reason", "names", "part"}
        if unknown or entry.get("kind") not in KINDS or not entry.get("reason") or not entry.get("names"):
            raise ManifestError(
                f"{path}: an entry of [[lacking]] needs a `kind` ({', '.join(KINDS)}), a `reason` and `names`, and may have a "
                f"`part` (got {entry!r})"
            )
        found.append(Pending(entry["kind"], entry["reason"], tuple(entry["names"]), entry.get("part", "")))
    return tuple(found)


def drop_stale(lacks: Collection[Lack], path: Path = _PATH) -> int:
    """Take the lines with patterns that match nothing out of the file; how many there were."""
    lines, kept, dropped, kind = path.read_text().splitlines(keepends=True), [], 0, ""
    stale = {(each.kind, pattern) for each in read_pending(path) for pattern in each.stale(lacks)}
    for line in lines:
        if line.startswith("kind = "):
            kind = line.split('"')[1]
        if line.startswith('    "') and (kind, line.split('"')[1]) in stale:
            dropped += 1
        else:
            kept.append(line)
    # An entry that has no names any more goes, too.
    path.write_text(re.sub(r"\n\[\[lacking\]\]\n(?:(?!\[\[|names = ).*\n)*names = \[\n\]\n", "", "".join(kept)))
    read_pending.cache_clear()
    return dropped


def defer(lacks: Collection[Lack], part: str, reason: str, path: Path = _PATH) -> int:
    """Write what is lacking and not known behind the file, as entries for a part with a reason; how much it was."""
    new = [lack for lack in lacks if not any(each.covers(lack) for each in read_pending(path))]
    with path.open("a") as file:
        for kind in KINDS:
            names = sorted(lack.name for lack in new if lack.kind == kind)
            lines = "".join(f'    "{name}",\n' for name in names)
            if names:
                file.write(
                    f'\n[[lacking]]\nkind = "{kind}"\npart = "{part}"\nreason = "{reason}"\nnames = [\n{lines}]\n'
                )
    read_pending.cache_clear()
    return len(new)


def summary(lacks: Collection[Lack], path: Path = _PATH) -> str:
    """A line for each part: how many lacks of each kind wait for it."""
    counts = Counter(
        (each.part or "stay", lack.kind) for each in read_pending(path) for lack in lacks if each.covers(lack)
    )
    return "\n".join(f"pending, {part}: {number} of {kind}" for (part, kind), number in sorted(counts.items()))
