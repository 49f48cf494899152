"""The mutants of core: every row's derivative, function and in-place form, and the options of everything public."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from fnmatch import fnmatchcase
from functools import lru_cache, partial
from inspect import isclass, isfunction
from types import FunctionType
from typing import Any

import flambeau
from flambeau.ops import ROWS, Row

from ..reach import Reach, function_name
from .derivative_faults import DerivativeFault, derivative_faults, dtypes_of, watched
from .derivative_faults import plant as plant_derivative
from .hooking import Around, FunctionFault, always, around, exchangeable, watching
from .model import Mutant
from .row_faults import inplace_faults, not_advancing, option_faults, row_faults
from .survey import Survey, Watch

__all__ = ["core_mutants", "watch_core"]


def core_mutants(reach: Reach, pattern: str = "*", shown: Survey | None = None) -> list[Mutant]:
    """All mutants of core's declarations; those that show in no case of a survey have none to be tried on."""
    found = _Reached(reach, shown)
    rows = [(key, row) for key, row in _rows() if fnmatchcase(key, pattern)]
    mutants = [mutant for key, row in rows for mutant in _of_row(found, key, row)]
    return mutants + [
        mutant
        for name, function in _public()
        if fnmatchcase(name, pattern)
        for mutant in _of_public(found, name, function)
    ]


def watch_core(watch: Watch) -> None:
    """Put every place of core's mutants under watch, in a process of its own."""
    public = list(_public())
    for key, row in _rows():
        if row.rule is not None:
            watched(row.rule, _derivative_of(key), list(derivative_faults(row)), watch)
        function: Any = row.function
        around(function, watching(watch, key, list(row_faults(row))))
        if _has_form(row):
            _plant_form(row, watching(watch, f"{key}_", list(inplace_faults(row))))
    for name, each in public:
        if faults := list(_public_faults(each)):
            around(each, watching(watch, name, faults))


def _rows() -> Iterator[tuple[str, Row]]:
    return ((key, row) for key, row in ROWS.items() if "." not in key)


def _has_form(row: Row) -> bool:
    return row.inplace and hasattr(flambeau.Tensor, f"{row.name}_")


def _derivative_of(key: str) -> str:
    return f"<derivative of {key}>:apply:1"


class _Reached:
    """The cases that reach something, by what it is."""

    def __init__(self, reach: Reach, shown: Survey | None) -> None:
        self._shown = shown
        self._by_name: dict[str, list[str]] = {}
        self._in_dtype = {
            (address.split("/")[0], address.rpartition("/")[2])
            for address in reach.cases
            if address.split("/")[1] in ("value", "dtype")
        }
        for address, reached in reach.cases.items():
            for name in (*reached.ops, *reached.functions):
                self._by_name.setdefault(name, []).append(address)

    def by(self, name: str, own: frozenset[str], place: str, fault: str) -> Mapping[str, bool]:
        """The cases that reach ``name``, and in which a fault shows, each with whether it is about one of ``own``."""
        cases = self._by_name.get(name, ()) if self._shown is None else self._shown.cases(place, fault)
        return {address: address.split("/")[0].strip("_") in own for address in cases}

    def tried(self, place: str, wrong: DerivativeFault) -> bool:
        """Whether a fault of a derivative would have shown in the cases that there are if it could show at all.

        A gradient that is 0 wherever it is asked for has no wrong multiples; one that never has a history of its own where
        second derivatives are asked for has none; and what special numbers do not bring about, nothing does. A dtype counts
        only if the function is tried in it.
        """
        if wrong.family == "derivative" or self._shown is None:
            return wrong.change in ("swap", "unfit") or (
                self._shown is not None
                and wrong.change is not None
                and bool(self._asked(place, wrong, ("/gradient/",)))
            )
        if wrong.family == "second derivative":
            return bool(self._asked(place, wrong, ("/second-gradient/",)))
        asked = self._asked(place, wrong, ("/derivatives/", "/gradient/"))
        if wrong.family == "derivative at points":
            return any("-special/" in address or "-edges/" in address for address in asked)
        ops = {address.split("/")[0] for address in asked}
        return bool(asked) and not any((name, dtype) in self._in_dtype for name in ops for dtype in dtypes_of(wrong))

    def _asked(self, place: str, wrong: DerivativeFault, aspects: tuple[str, ...]) -> list[str]:
        """The cases of some aspects that ask for the gradient of the operand."""
        shown = self._shown.cases(place, f"there is no gradient of {wrong.operand}") if self._shown else []
        return [address for address in shown if any(aspect in address for aspect in aspects)]


def _of_row(found: _Reached, key: str, row: Row) -> Iterator[Mutant]:
    own = frozenset({row.name.strip("_"), *row.aliases})
    part = key.startswith("_")  # of public ops, which flambeau alone calls: what they let through is theirs
    if row.rule is not None:
        name = _derivative_of(key)
        for wrong in derivative_faults(row):
            reached = partial(found.by, name, own, name, wrong.name)
            plant = partial(plant_derivative, row.rule, wrong)
            chance = found.tried(name, wrong) or (_is_complex(wrong.name) and not _takes_complex(row))
            yield Mutant("core", key, wrong.name, wrong.family, plant, reached, chance)
    for fault in row_faults(row):
        chance = fault.family in _BY_CHANCE or part
        reached = partial(found.by, key, own, key, fault.name)
        yield Mutant("core", key, fault.name, fault.family, partial(_plant_function, row, fault.hook), reached, chance)
    if _has_form(row) and not part:
        form = f"{key}_"
        for fault in inplace_faults(row):
            reached = partial(found.by, form, own, form, fault.name)
            chance = fault.name in _WRITING and row.kind == "view"
            yield Mutant("core", form, fault.name, fault.family, partial(_plant_form, row, fault.hook), reached, chance)


_BY_CHANCE = ("alias of ops", "promotion", "history")
"""Families of faults that there are only where a result is a view, of another dtype, or has a history."""

_WRITING = ("nothing is written", "a refused write has changed something")


def _is_complex(fault: str) -> bool:
    return fault.endswith(("in complex", "is conjugated"))


@lru_cache
def _takes_complex(row: Row) -> bool:
    """Whether an op takes complex tensors, and does not hand them to others: that of an element-wise one is tried."""
    if not row.promotion or row.complex is not None:
        return False
    try:
        row.function(*[flambeau.ones(2, dtype=flambeau.complex64)] * len(row.tensor_parameters))
    except (RuntimeError, TypeError, NotImplementedError):
        return False
    return True


def _plant_function(row: Row, hook: Around) -> Callable[[], None]:
    function: Any = row.function
    return around(function, hook)


def _forms_of(row: Row) -> list[str]:
    """The names of the in-place forms."""
    return [f"{each}_" for each in (row.name, *row.aliases)]


def _plant_form(row: Row, hook: Around) -> Callable[[], None]:
    before = []
    for name in _forms_of(row):
        owner = next(cls for cls in flambeau.Tensor.__mro__ if name in vars(cls))
        form = vars(owner)[name]
        before.append((owner, name, form))
        setattr(owner, name, lambda self, *args, _form=form, **kwargs: hook(_form, self, *args, **kwargs))

    def lift() -> None:
        for owner, name, form in before:
            setattr(owner, name, form)

    return lift


# -- the options of what is public -------------------------------------------------------------------------------------

_NAMESPACES = (
    "Tensor", "", "nn", "nn.functional", "nn.init", "nn.utils", "nn.utils.rnn", "optim", "optim.lr_scheduler", "autograd",
    "autograd.functional", "autograd.graph", "utils.data", "utils.checkpoint", "distributions", "linalg", "fft", "special",
    "func", "sparse", "random",
)  # fmt: skip


def _public() -> Iterator[tuple[str, FunctionType]]:
    """The functions and constructors of the public namespaces that are no ops, nor forms of them, each once."""
    ops: set[Any] = {row.function for row in ROWS.values()}
    ops |= {getattr(flambeau.Tensor, name, None) for row in ROWS.values() if _has_form(row) for name in _forms_of(row)}
    seen: set[FunctionType] = set()
    for namespace in _NAMESPACES:
        owner: Any = flambeau
        for part in filter(None, namespace.split(".")):
            owner = getattr(owner, part, None)
        for name in sorted(dir(owner)):
            value = getattr(owner, name, None) if owner is not None and not name.startswith("_") else None
            for label, each in _functions(name, value):
                function = None if each in ops or _is_lent(owner, name, each) else exchangeable(each)
                if (
                    function is not None
                    and function not in ops
                    and function.__module__.startswith("flambeau.")
                    and function not in seen
                ):
                    seen.add(function)
                    yield f"{namespace}.{label}".lstrip("."), function


def _is_lent(owner: Any, name: str, value: Any) -> bool:
    """Whether a namespace only uses a function, which a private module made for the whole of core."""
    listed = getattr(owner, "__all__", None)
    return listed is not None and name not in listed and getattr(value, "__module__", "").startswith("flambeau._")


def _functions(name: str, value: Any) -> Iterator[tuple[str, Any]]:
    if isfunction(value):
        yield name, value
    elif isclass(value) and not issubclass(value, BaseException):
        for attribute, member in vars(value).items():
            if isfunction(member) and (attribute == "__init__" or not attribute.startswith("_")):
                yield name if attribute == "__init__" else f"{name}.{attribute}", member


def _public_faults(function: FunctionType) -> Iterator[FunctionFault]:
    yield from option_faults(function)
    if function.__module__.startswith("flambeau.ops.random"):
        yield FunctionFault("the generator is not advanced", "random", not_advancing, always)


def _of_public(found: _Reached, name: str, function: FunctionType) -> Iterator[Mutant]:
    own = frozenset({part.strip("_") for part in name.split(".")[-2:]})
    for fault in _public_faults(function):
        reached = partial(found.by, function_name(function.__code__), own, name, fault.name)
        yield Mutant("core", name, fault.name, fault.family, partial(around, function, fault.hook), reached)
