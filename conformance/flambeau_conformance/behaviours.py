"""The documented behaviours: what each says, which have a case, and which wait for what is not there yet.

``documented.toml`` has a line for each; ``pending.toml`` lists those without a case and says which part brings them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import flambeau

from .manifest import ManifestError, read_toml

__all__ = ["Behaviour", "behaviours", "complaints", "counts", "read_behaviours"]

_DOCUMENTED = Path(__file__).with_name("documented.toml")
_PENDING = Path(__file__).with_name("pending.toml")


@dataclass(frozen=True)
class Behaviour:
    """One documented behaviour.

    Attributes:
        id: the public name that it is about, and behind ``#`` the option or rule.
        holds: what holds, in one line.
        part: for a pending one, the part that brings its function; empty if a case is due.
        awaits: the public name that is awaited; of a pending one, it is not there.
    """

    id: str
    holds: str
    part: str = ""
    awaits: str = ""


@cache
def behaviours() -> dict[str, Behaviour]:
    """All documented behaviours by id."""
    return read_behaviours(_DOCUMENTED, _PENDING)


def read_behaviours(documented: Path, pending: Path) -> dict[str, Behaviour]:
    """The behaviours in two such files.

    Raises:
        ManifestError: an id occurs twice, or a pending one is unknown, occurs twice or has no part or reason.
    """
    found: dict[str, Behaviour] = {}
    for group, lines in read_toml(documented).items():
        for name, holds in lines.items():
            if name in found or not holds:
                raise ManifestError(f"{documented}: {name!r} in [{group}] occurs twice or says nothing")
            found[name] = Behaviour(name, holds)
    listed: set[str] = set()
    for entry in read_toml(pending).get("documented", []):
        for each in _pending(pending, entry, found):
            if each.id in listed:
                raise ManifestError(f"{pending}: {each.id!r} is listed twice")
            listed.add(each.id)
            found[each.id] = each
    return found


def _pending(path: Path, entry: dict[str, Any], known: dict[str, Behaviour]) -> Iterator[Behaviour]:
    part, awaits = entry.get("part"), entry.get("awaits", {})
    if not part or not entry.get("reason") or not entry.get("behaviours"):
        raise ManifestError(
            f"{path}: an entry of [[documented]] needs `part`, `reason` and `behaviours` (got {entry!r})"
        )
    unknown = sorted({*entry["behaviours"], *awaits} - known.keys())
    if unknown:
        raise ManifestError(f"{path}: documented.toml has no {', '.join(unknown)}")
    for name in entry["behaviours"]:
        yield Behaviour(name, known[name].holds, part, awaits.get(name, name.partition("#")[0]))


def counts(anchors: Collection[str]) -> tuple[int, int, int]:
    """How many behaviours have a case, how many of them should, and how many are pending."""
    due = [each.id for each in behaviours().values() if not each.part]
    return sum(name in anchors for name in due), len(due), len(behaviours()) - len(due)


def complaints(anchors: Collection[str], known: dict[str, Behaviour] | None = None) -> list[str]:
    """What is wrong: behaviours without a case, pending ones that need not be, and anchors that are no behaviour."""
    known = behaviours() if known is None else known
    return [
        *(f"{name!r} is the anchor of a case and not in documented.toml" for name in sorted({*anchors} - known.keys())),
        *(line for each in known.values() for line in _complaint(each, each.id in anchors)),
    ]


def _complaint(behaviour: Behaviour, has_case: bool) -> Iterator[str]:
    if not behaviour.part:
        if not has_case:
            yield f"the documented behaviour {behaviour.id!r} has no case: {behaviour.holds}"
    elif has_case:
        yield f"{behaviour.id!r} is pending in pending.toml and has a case: take the entry out"
    elif _exists(behaviour.awaits):
        yield f"{behaviour.id!r} is pending in pending.toml, and {behaviour.awaits} is there now: write its case"


def _exists(name: str) -> bool:
    found: Any = flambeau
    for part in name.split("."):
        found = getattr(found, part, None)
        if found is None:
            return False
    return True
