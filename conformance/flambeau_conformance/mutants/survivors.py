"""The survivors that are explained: mutants that no case can kill, each with the reason."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from pathlib import Path

from ..manifest import ManifestError, read_toml
from .model import Verdict

__all__ = ["OWN", "Explanation", "explained", "read", "stale"]

OWN = Path(__file__).with_name("survivors.toml")
"""The list of the suite's own mutants on NumPy."""


@dataclass(frozen=True)
class Explanation:
    """Why mutants survive: the pattern of their addresses, and the reason."""

    pattern: str
    reason: str


def read(path: Path) -> list[Explanation]:
    """The explanations in a file of tables ``[[survivor]]`` with ``mutants`` and ``reason``.

    Raises:
        ManifestError: an entry lacks one of them, or has something else.
    """
    found = []
    for number, entry in enumerate(read_toml(path).get("survivor", []), 1):
        if set(entry) != {"mutants", "reason"} or not all(isinstance(text, str) and text for text in entry.values()):
            raise ManifestError(
                f"{path}: survivor {number} must have 'mutants', a pattern, and 'reason', and nothing else"
            )
        found.append(Explanation(entry["mutants"], entry["reason"]))
    return found


def explained(verdict: Verdict, explanations: Sequence[Explanation]) -> Verdict:
    """The verdict in the light of the list."""
    if verdict.outcome in ("survived", "unreached"):
        for each in explanations:
            if fnmatchcase(verdict.mutant, each.pattern):
                return replace(verdict, outcome="explained", detail=each.reason)
    return verdict


def stale(explanations: Iterable[Explanation], verdicts: Iterable[Verdict], addresses: Iterable[str]) -> list[str]:
    """Complaints about explanations of mutants that were all tried and did not survive, or do not exist."""
    survivors = [verdict.mutant for verdict in verdicts if verdict.outcome in ("explained", "equivalent")]
    every = list(addresses)
    complaints = []
    for each in explanations:
        if not any(fnmatchcase(address, each.pattern) for address in every):
            complaints.append(f"no mutant is called {each.pattern!r}: take it out of the list of survivors")
        elif not any(fnmatchcase(address, each.pattern) for address in survivors):
            complaints.append(f"none of {each.pattern!r} survives: take it out of the list of survivors")
    return complaints
