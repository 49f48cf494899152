"""All cases: those of the suite and those that plugins add, made when they are first asked for."""

from __future__ import annotations

import importlib
import pkgutil
from fnmatch import fnmatchcase
from functools import cache

from . import cases, declare
from .aspects import cases_of
from .manifest import declared_modules
from .model import Case, Op

__all__ = ["all_cases", "matching", "ops"]


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
    found = [made for declaration in ops().values() for made in cases_of(declaration)]
    found += declare.single_cases()
    seen: set[str] = set()
    for each in found:
        if each.address in seen:
            raise ValueError(f"the address {each.address!r} occurs twice")
        seen.add(each.address)
    return tuple(found)


def matching(pattern: str) -> list[Case]:
    """The cases whose address matches a pattern with ``*``."""
    return [case for case in all_cases() if fnmatchcase(case.address, pattern)]


@cache
def _load() -> None:
    """Import the modules of cases, ours and those that plugins add."""
    prefix = f"{cases.__name__}."
    for module in pkgutil.walk_packages(cases.__path__, prefix):
        with declare.section(module.name.removeprefix(prefix).replace(".", "/")):
            importlib.import_module(module.name)
    for name in declared_modules():
        with declare.section(name.rpartition(".")[2]):
            importlib.import_module(name)
