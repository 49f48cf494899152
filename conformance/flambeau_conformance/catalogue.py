"""All cases: those of the suite and those that plugins add, made when they are first asked for."""

from __future__ import annotations

import importlib
import pkgutil
import re
from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase
from functools import cache

from . import cases, declare
from .aspects import cases_of
from .manifest import ManifestError, declared_modules
from .model import Case, Op
from .sets import chosen

__all__ = ["all_cases", "cases_about", "matching", "ops", "selected"]


def ops() -> dict[str, Op]:
    """The declarations by name, in the order of the sections."""
    _load()
    return declare.declared_ops()


@cache
def all_cases() -> tuple[Case, ...]:
    """Every case, in the order in which they run.

    Raises:
        ValueError: an address occurs twice.
    """
    return _made(ops().values(), declare.single_cases())


def cases_about(patterns: Iterable[str]) -> tuple[Case, ...]:
    """The cases of the ops that patterns of addresses may be about, among them all that match one. No others are made.

    Raises:
        ValueError: an address occurs twice.
    """
    beginnings = [re.split(r"[*?[]", pattern, maxsplit=1)[0] for pattern in patterns]

    def wanted(op: str) -> bool:
        return any(op == each.partition("/")[0] if "/" in each else op.startswith(each) for each in beginnings)

    return _made(
        [op for name, op in ops().items() if wanted(name)], [case for case in declare.single_cases() if wanted(case.op)]
    )


def _made(declarations: Iterable[Op], single: Iterable[Case]) -> tuple[Case, ...]:
    found = [made for declaration in declarations for made in cases_of(declaration)]
    found += single
    seen: set[str] = set()
    for each in found:
        if each.address in seen:
            raise ValueError(f"the address {each.address!r} occurs twice")
        seen.add(each.address)
    return tuple(found)


def matching(pattern: str) -> list[Case]:
    """The cases whose address matches a pattern with ``*``."""
    return [case for case in cases_about([pattern]) if fnmatchcase(case.address, pattern)]


def selected(name: str, patterns: Sequence[str]) -> list[Case]:
    """The cases of a set whose address matches one of the patterns, any if there is none."""
    # Which case stands for others in the smoke set depends on all that there are.
    few = patterns and name != "smoke"
    return chosen(cases_about(patterns) if few else all_cases(), name, patterns)


@cache
def _load() -> None:
    """Import the modules of cases, ours and those that plugins add."""
    prefix = f"{cases.__name__}."
    for module in pkgutil.walk_packages(cases.__path__, prefix):
        with declare.section(module.name.removeprefix(prefix).replace(".", "/")):
            importlib.import_module(module.name)
    for name in declared_modules():
        with declare.section(name.rpartition(".")[2]):
            _import_added(name)


def _import_added(name: str) -> None:
    """Import a module of a plugin.

    Raises:
        ManifestError: it cannot be imported.
    """
    try:
        importlib.import_module(name)
    except Exception as error:  # whatever the module does
        raise ManifestError(
            f"the module '{name}', whose cases a plugin adds, cannot be imported: {type(error).__name__}: {error}"
        ) from error
