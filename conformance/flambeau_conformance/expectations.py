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

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from .manifest import ManifestError, read_toml

__all__ = ["Expectation", "read_expectations"]

_KEYS = {"pattern": str, "reason": str, "cases": int, "until": str}
_SCHEMA = (
    "The file has entries [[expect]] with four keys: pattern (str, of addresses), reason (str, not empty), cases (int, the "
    'number of cases that it covers, at least 1), until (str, the last version that may fail them, such as "1.4")'
)


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
        ManifestError: the file has unknown entries, or one lacks its pattern, reason, number of cases or end,
            or two have the same pattern.
    """
    if not path.exists():
        return []
    data = read_toml(path)
    if set(data) - {"expect"}:
        raise ManifestError(f"{path}: unknown entries: {', '.join(sorted(set(data) - {'expect'}))}. {_SCHEMA}")
    entries = data.get("expect", [])
    if not isinstance(entries, list):
        raise ManifestError(f"{path}: 'expect' is no list of entries (got {entries!r}). {_SCHEMA}")
    found = [_entry(path, entry) for entry in entries]
    for pattern, count in Counter(each.pattern for each in found).items():
        if count > 1:
            raise ManifestError(f"{path}: {count} entries have the pattern {pattern!r}. {_SCHEMA}")
    return found


def _entry(path: Path, entry: Any) -> Expectation:
    if not isinstance(entry, dict):
        raise ManifestError(f"{path}: {entry!r} is no entry. {_SCHEMA}")
    name = entry.get("pattern", "?")
    complaints = [f"lacks {key}" for key in _KEYS if key not in entry]
    complaints += [f"has the unknown key {key}" for key in sorted(set(entry) - set(_KEYS))]
    complaints += [f"has {key} = {entry[key]!r}" for key in _KEYS if key in entry and not _fits(key, entry[key])]
    if complaints:
        raise ManifestError(f"{path}: the entry {name!r} {', '.join(complaints)}. {_SCHEMA}")
    return Expectation(**entry)


def _fits(key: str, value: Any) -> bool:
    if type(value) is not _KEYS[key]:
        return False
    if isinstance(value, int):
        return value > 0
    text = str(value)
    return bool(_numbers(text)) if key == "until" else bool(text.strip())
