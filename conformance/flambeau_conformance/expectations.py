"""Expectations: which failures of a backend are known, and until when they are tolerated.

The file ``expectations.toml`` lies beside the manifest. No entry is silent: each says why, how many cases it covers and
which is the last version of the backend that may fail them, and the run fails if any of that is not so::

    [[expect]]
    pattern = "atan2/value/special/float32"
    reason = "atan2(-0.0, -1.0) has the wrong sign: https://example.org/issues/17"
    cases = 1
    until = "1.4"
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from .manifest import ManifestError, read_toml

__all__ = ["Expectation", "read_expectations"]

_KEYS = {"pattern": str, "reason": str, "cases": int, "until": str}


@dataclass(frozen=True)
class Expectation:
    """An expected failure: a pattern of addresses, why, how many cases, and the last version that may fail."""

    pattern: str
    reason: str
    cases: int
    until: str

    def covers(self, address: str) -> bool:
        """Whether the pattern matches."""
        return fnmatchcase(address, self.pattern)

    def complaints(self, addresses: Iterable[str], version: str) -> list[str]:
        """What is wrong with it, for a whole run over ``addresses`` of a backend of this ``version``."""
        covered = sum(map(self.covers, addresses))
        found = []
        if covered != self.cases:
            found.append(f"the expectation {self.pattern!r} names {self.cases} case(s) and covers {covered}")
        if self._has_ended(version):
            found.append(f"the expectation {self.pattern!r} ended with version {self.until}; this is {version}")
        return found

    def _has_ended(self, version: str) -> bool:
        last = _numbers(self.until)
        return _numbers(version)[: len(last)] > last


def _numbers(version: str) -> tuple[int, ...]:
    """The numbers at the beginning of a version: 2 and 13 of ``"2.13rc1+cpu"``."""
    numbers = []
    for part in version.split("+")[0].split("."):
        digits = part[: len(part) - len(part.lstrip("0123456789"))]
        if not digits:
            break
        numbers.append(int(digits))
    return tuple(numbers)


def read_expectations(path: Path) -> list[Expectation]:
    """The expected failures in a file; none if there is no file.

    Raises:
        ManifestError: the file has unknown entries, or one lacks its pattern, reason, number of cases or end.
    """
    if not path.exists():
        return []
    data = read_toml(path)
    if set(data) - {"expect"}:
        raise ManifestError(f"{path}: unknown entries: {', '.join(sorted(set(data) - {'expect'}))}")
    return [_entry(path, entry) for entry in data.get("expect", [])]


def _entry(path: Path, entry: dict[str, Any]) -> Expectation:
    name = entry.get("pattern", "?")
    wrong = [key for key, kind in _KEYS.items() if type(entry.get(key)) is not kind or not entry[key]]
    if wrong or set(entry) - set(_KEYS):
        unknown = sorted(set(entry) - set(_KEYS))
        raise ManifestError(
            f"{path}: the entry {name!r} lacks {', '.join(wrong) or 'nothing'}; unknown: {', '.join(unknown) or 'none'}"
        )
    if not _numbers(entry["until"]):
        raise ManifestError(f"{path}: the entry {name!r} ends with {entry['until']!r}, which is no version")
    return Expectation(**entry)
