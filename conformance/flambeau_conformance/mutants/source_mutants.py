"""The mutants of source: one-line faults in modules of core and of the NumPy backend."""

from __future__ import annotations

from collections.abc import Mapping
from fnmatch import fnmatchcase
from functools import partial
from pathlib import Path

from ..reach import ROOTS, Reach
from .model import Mutant
from .source_faults import Functions, functions_by_code, put, source_faults

__all__ = ["SOURCES", "source_mutants"]

SOURCES = (
    "_tensor", "_dispatch/inplace.py", "_dispatch/runtime.py", "_dispatch/out.py", "_dispatch/checks.py", "_dispatch/overlaps.py",
    "_dispatch/factories.py", "autograd", "func", "nn", "optim", "ops/indexing", "ops/inplace.py", "ops/steps.py",
    "ops/movement", "ops/creation", "printing.py", "promotion.py", "shapes.py", "random/_generator.py", "utils",
    "backend", "flambeau_numpy",
)  # fmt: skip
"""The modules in which what users see is decided, and not by a row."""


def source_mutants(reach: Reach, paths: tuple[str, ...], pattern: str = "*") -> list[Mutant]:
    """All mutants of modules, named by their paths below core's package or from a backend's, or of all in folders.

    Raises:
        LookupError: there is no such module.
    """
    by_name: dict[str, list[str]] = {}
    for address, reached in reach.cases.items():
        for name in reached.functions:
            by_name.setdefault(name, []).append(address)
    functions = {file: own for root in ROOTS.values() for file, own in functions_by_code(root).items()}
    return [
        mutant
        for path in paths
        for file in _files(path)
        for mutant in _of_file(file, by_name, functions.get(str(file), {}))
        if fnmatchcase(mutant.place, pattern)
    ]


def _files(path: str) -> list[Path]:
    first, _, rest = path.partition("/")
    given = Path(path)
    found = given.resolve() if given.exists() else ROOTS[first] / rest if first in ROOTS else ROOTS[""] / path
    if not found.exists() or not any(found.is_relative_to(root) for root in ROOTS.values()):
        raise LookupError(f"there is no module {path!r} in {' or '.join(map(str, ROOTS.values()))}")
    return sorted(found.rglob("*.py")) if found.is_dir() else [found]


def _name_of(path: Path) -> str:
    """The path as a trace names it."""
    prefix, root = next((prefix, root) for prefix, root in ROOTS.items() if path.is_relative_to(root))
    return (Path(prefix) / path.relative_to(root)).as_posix()


def _of_file(path: Path, by_name: Mapping[str, list[str]], functions: Functions) -> list[Mutant]:
    relative = _name_of(path)
    return [
        Mutant(
            "source", f"{relative}:{fault.function[0]}", f"{fault.line}: {fault.text} ({fault.number})", fault.family,
            partial(_plant, path, fault.number, functions),
            partial(_reached, by_name, f"{relative}:{fault.function[0]}:{fault.function[1]}"),
        )
        for fault in source_faults(path.read_text(encoding="utf-8"))
    ]  # fmt: skip


def _plant(path: Path, number: int, functions: Functions) -> None:
    put(path, number, functions)


def _reached(by_name: Mapping[str, list[str]], function: str) -> Mapping[str, bool]:
    """The cases that run a function; those whose op is named as it are about it."""
    own = function.split(":")[1].rpartition(".")[2].strip("_")
    return {address: address.split("/")[0].strip("_") == own for address in by_name.get(function, ())}
