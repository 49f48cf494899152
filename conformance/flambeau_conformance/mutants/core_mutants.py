"""The mutants of core: every row's derivative, function and in-place form, and the options of everything public."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from functools import lru_cache, partial
from importlib import import_module as module
from inspect import isclass, isfunction, signature
from types import FunctionType
from typing import Any

import flambeau
from flambeau.ops import ROWS, Row

from ..reach import Reach, function_name
from .derivative_faults import derivative_faults
from .derivative_faults import plant as plant_derivative
from .hooking import Around, around, exchangeable, options_of, without
from .model import Mutant
from .row_faults import inplace_faults, not_advancing, row_faults

__all__ = ["core_mutants"]


def core_mutants(reach: Reach, pattern: str = "*") -> list[Mutant]:
    """All mutants of core's declarations."""
    found = _Reached(reach)
    rows = [(key, row) for key, row in ROWS.items() if fnmatchcase(key, pattern) and "." not in key]
    mutants = [mutant for key, row in rows for mutant in _of_row(found, key, row)]
    return mutants + [
        mutant
        for name, function in _public()
        if fnmatchcase(name, pattern)
        for mutant in _of_public(found, name, function)
    ]


_SIGNS = {
    "out": [
        function_name(getattr(module("flambeau._dispatch.runtime"), name).__code__)
        for name in ("with_out", "with_exact_out", "with_out_of_same_dtype", "with_boolean_out", "with_truth_out")
    ]
}
"""Functions of core that run where a call has something."""

_NEEDS = {
    "in halves": ("float16", "bfloat16"), "in float32": ("float32",), "of float32": ("float32",),
    "in complex": ("complex64", "complex128"), "is conjugated": ("complex64", "complex128"), "out=": ("out",),
}  # fmt: skip


def _needs(fault: str) -> tuple[str, ...]:
    """What a case must have for a fault to show in it, as far as the trace tells."""
    return next((kinds for words, kinds in _NEEDS.items() if words in fault), ())


class _Reached:
    """The cases that reach something, by what it is."""

    def __init__(self, reach: Reach) -> None:
        self._by_name: dict[str, list[str]] = {}
        self._kinds: dict[str, set[str]] = {}
        for address, reached in reach.cases.items():
            for name in (*reached.ops, *reached.functions):
                self._by_name.setdefault(name, []).append(address)
            for kind, names in _SIGNS.items():
                if any(name in reached.functions for name in names):
                    self._kinds.setdefault(address, set()).add(kind)
            self._kinds.setdefault(address, set()).update(*reached.kernels.values())

    def by(self, name: str, own: frozenset[str], needs: tuple[str, ...] = ()) -> Mapping[str, bool]:
        """The cases that reach ``name`` and have one of what a fault ``needs``, each with whether it is about one of ``own``."""
        return {
            address: address.split("/")[0].strip("_") in own
            for address in self._by_name.get(name, ())
            if not needs or not self._kinds[address].isdisjoint(needs)
        }


def _of_row(found: _Reached, key: str, row: Row) -> Iterator[Mutant]:
    own = frozenset({row.name.strip("_"), *row.aliases})
    if row.rule is not None:
        name = f"<derivative of {key}>:apply:1"
        for fault, family, place, change in derivative_faults(row):
            reached = partial(found.by, name, own, _needs(fault))
            plant = partial(plant_derivative, row.rule, place, change)
            chance = change in ("swap", "fits") or (_is_complex(fault) and not _takes_complex(row))
            yield Mutant("core", key, fault, family, plant, reached, chance)
    for fault, family, hook in row_faults(row):
        chance = family in ("alias of ops", "promotion", "history")
        plant = partial(_plant_function, row, hook)
        yield Mutant("core", key, fault, family, plant, partial(found.by, key, own, _needs(fault)), chance)
    if row.inplace and hasattr(flambeau.Tensor, f"{row.name}_"):
        reached = partial(found.by, f"{key}_", own)
        for fault, family, hook in inplace_faults(row):
            yield Mutant("core", f"{key}_", fault, family, partial(_plant_form, row, hook), reached)


def _is_complex(fault: str) -> bool:
    return fault.endswith(("in complex", "is conjugated"))


@lru_cache
def _takes_complex(row: Row) -> bool:
    """Whether an op takes complex tensors: that of an element-wise one is tried."""
    if not row.promotion:
        return False
    try:
        row.function(*[flambeau.ones(2, dtype=flambeau.complex64)] * len(row.tensor_parameters))
    except (RuntimeError, TypeError, NotImplementedError):
        return False
    return True


def _plant_function(row: Row, hook: Around) -> None:
    function: Any = row.function
    around(function, hook)


def _plant_form(row: Row, hook: Around) -> None:
    for name in (row.name, *row.aliases):
        owner = next(cls for cls in flambeau.Tensor.__mro__ if f"{name}_" in vars(cls))
        form = vars(owner)[f"{name}_"]
        setattr(owner, f"{name}_", lambda self, *args, _form=form, **kwargs: hook(_form, self, *args, **kwargs))


# -- the options of what is public -------------------------------------------------------------------------------------

_NAMESPACES = (
    "", "nn", "nn.functional", "nn.init", "nn.utils", "nn.utils.rnn", "optim", "optim.lr_scheduler", "autograd",
    "autograd.functional", "autograd.graph", "utils.data", "utils.checkpoint", "distributions", "linalg", "fft", "special",
    "func", "sparse", "random", "Tensor",
)  # fmt: skip


def _public() -> Iterator[tuple[str, FunctionType]]:
    """The functions and constructors of the public namespaces that are no ops, each once."""
    ops = {row.function for row in ROWS.values()}
    seen: set[FunctionType] = set()
    for namespace in _NAMESPACES:
        owner: Any = flambeau
        for part in filter(None, namespace.split(".")):
            owner = getattr(owner, part, None)
        for name in sorted(dir(owner)):
            value = getattr(owner, name, None) if owner is not None and not name.startswith("_") else None
            for label, each in _functions(name, value):
                function = None if each in ops else exchangeable(each)
                if (
                    function is not None
                    and function.__module__.startswith("flambeau")
                    and function.__code__ not in seen
                ):
                    seen.add(function)
                    yield f"{namespace}.{label}".lstrip("."), function


def _functions(name: str, value: Any) -> Iterator[tuple[str, Any]]:
    if isfunction(value):
        yield name, value
    elif isclass(value) and not issubclass(value, BaseException):
        for attribute, member in vars(value).items():
            if isfunction(member) and (attribute == "__init__" or not attribute.startswith("_")):
                yield name if attribute == "__init__" else f"{name}.{attribute}", member


def _of_public(found: _Reached, name: str, function: FunctionType) -> Iterator[Mutant]:
    own = frozenset({part.strip("_") for part in name.split(".")[-2:]})
    reached = partial(found.by, function_name(function.__code__), own)
    for option in options_of(function):
        plant = partial(around, function, without(signature(function), option))
        yield Mutant("core", name, f"{option} is ignored", "option", plant, reached)
    if function.__module__.startswith("flambeau.ops.random"):
        fault = "the generator is not advanced"
        yield Mutant("core", name, fault, "random", partial(around, function, not_advancing), reached)
