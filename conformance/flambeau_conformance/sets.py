"""Sets of cases to run: all of them, what training a model needs, or a look at everything in a few seconds.

Which cases belong to a set follows from the declarations, and stays when cases are added elsewhere.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from fnmatch import fnmatchcase
from zlib import crc32

from .model import Case

__all__ = ["SETS", "chosen", "unmatched"]

_TRAINING = (
    "elementwise/*", "reductions/*", "movement/*", "indexing/*", "creation/*", "random/*", "nn/*", "optim*", "data*",
    "linalg/matmul", "linalg/products", "across/*", "documented/*",
)  # fmt: skip
_WHOLE_SECTIONS = ("optim*", "data*", "across/*", "documented/gradients", "documented/modules")
_NOT_TRAINING = ("across/sparse_operations", "documented/layouts")
_WHOLE_ASPECTS = ("value", "gradient", "error")
_SHARE = 5


def _matches(name: str, patterns: Iterable[str]) -> bool:
    return any(fnmatchcase(name, pattern) for pattern in patterns)


def _smoke(cases: Iterable[Case]) -> list[Case]:
    """The first value case of every op, of the other aspects the first case in every group, and one of every section."""
    seen: set[tuple[str, ...]] = set()
    found = []
    for case in cases:
        group = case.op if case.aspect == "value" else case.section.partition("/")[0]
        keys = {(case.aspect, group), (case.section,)}
        if not keys <= seen:
            found.append(case)
        seen |= keys
    return found


def _training(cases: Iterable[Case]) -> list[Case]:
    """What a training loop calls, with its values, gradients and errors; of the other aspects every fifth case."""
    return [case for case in cases if _trains(case)]


def _trains(case: Case) -> bool:
    if _matches(case.section, _NOT_TRAINING) or not _matches(case.section, _TRAINING):
        return False
    if case.aspect in _WHOLE_ASPECTS or _matches(case.section, _WHOLE_SECTIONS):
        return True
    return crc32(case.address.encode()) % _SHARE == 0  # the same cases always, whatever else there is


SETS: dict[str, Callable[[Iterable[Case]], list[Case]]] = {"smoke": _smoke, "training": _training, "full": list}
"""The sets by name."""


def unmatched(cases: Sequence[Case], patterns: Iterable[str]) -> list[str]:
    """The patterns that match no address of the cases: they are mistyped, or about something that is not among these."""
    return [pattern for pattern in patterns if not any(fnmatchcase(case.address, pattern) for case in cases)]


def chosen(cases: Iterable[Case], name: str, patterns: Iterable[str]) -> list[Case]:
    """The cases of a set whose address matches one of the patterns, any if there is none."""
    listed = list(patterns) or ["*"]
    return [case for case in SETS[name](cases) if _matches(case.address, listed)]
