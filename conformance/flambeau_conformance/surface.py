"""The public names of flambeau, as its own namespaces say them: what a program can write."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Iterator
from functools import cache
from types import ModuleType
from typing import Any

import flambeau
from flambeau.ops import ROWS

__all__ = ["callables", "function_of", "groups", "members", "names", "namespaces", "subclasses"]

_INSIDE = ("ops", "backend.", "sparse.", "devices", "distributions.distribution", "printing", "shapes")
"""Modules that are read by their authors only: what programs need of them stands in the namespace above."""


@cache
def namespaces() -> dict[str, ModuleType]:
    """The public modules by dotted name, the root under the empty one.

    A module whose names all stand in a shorter namespace is where they are written, no namespace of its own.
    """
    modules = [each.name.removeprefix("flambeau.") for each in pkgutil.walk_packages(flambeau.__path__, "flambeau.")]
    public = [name for name in modules if not any(part.startswith("_") for part in name.split("."))]
    open_ones = [name for name in public if not name.startswith(_INSIDE)]
    found: dict[str, ModuleType] = {"": flambeau}
    seen = set(map(id, _own(flambeau).values()))
    for name in sorted(open_ones, key=lambda name: (name.count("."), name)):
        module = importlib.import_module(f"flambeau.{name}")
        objects = set(map(id, _own(module).values()))
        if objects - seen:
            found[name] = module
            seen |= objects
    return found


def _own(module: ModuleType) -> dict[str, Any]:
    """The public names of a module but for modules in it."""
    listed = getattr(module, "__all__", None)
    candidates = dir(module) if listed is None else listed
    lowered = module is flambeau  # its constants are PyTorch's, in small letters
    found = {name: getattr(module, name) for name in candidates if name[0] != "_" and not (lowered and name.isupper())}
    return {
        name: value for name, value in found.items() if not isinstance(value, ModuleType) and (listed or _ours(value))
    }


def _ours(value: Any) -> bool:
    """Whether an object is flambeau's or a constant, not something that its module has imported."""
    if inspect.isroutine(value) or isinstance(value, type):
        return (value.__module__ or "").partition(".")[0] == "flambeau"
    return getattr(type(value), "__module__", "") not in ("typing", "__future__")


@cache
def names() -> dict[str, Any]:
    """Every public name with its object: ``"nn.functional.pad"``, ``"Tensor.sum"``; members of classes are among them."""
    found: dict[str, Any] = {}
    for place, module in namespaces().items():
        prefix = f"{place}." if place else ""
        for name, value in _own(module).items():
            found[f"{prefix}{name}"] = value
    written = {id(value): path for path, value in reversed(found.items())}
    for path, value in list(found.items()):
        if isinstance(value, type) and written[id(value)] == path:
            found.update({f"{path}.{name}": member for name, member in members(value)})
    return dict(sorted(found.items()))


def members(cls: type) -> Iterator[tuple[str, Any]]:
    """The public methods and properties that a class of flambeau's has and that none of its public bases shows."""
    shown = [base for base in cls.__mro__[1:] if _is_shown(base)]
    hidden = [base for base in cls.__mro__ if base is cls or not _is_shown(base)]
    own = [base for base in hidden if _ours(base) and not any(issubclass(public, base) for public in shown)]
    merged: dict[str, Any] = {}
    for base in reversed(own):
        merged.update(vars(base))
    for name, value in sorted(merged.items()):
        if not name.startswith("_") and (
            inspect.isroutine(value) or isinstance(value, (property, classmethod, staticmethod))
        ):
            yield name, value


def _is_shown(base: type) -> bool:
    """Whether a class is a public name of its own, not one that only gives others their methods."""
    return _ours(base) and not base.__name__.startswith("_") and base.__name__ != "TensorMethods"


def function_of(value: Any) -> Any:
    """The function in a method, whatever kind of method it is."""
    return value.__func__ if isinstance(value, (classmethod, staticmethod)) else value


@cache
def callables() -> dict[str, Any]:
    """The functions, methods and classes among the names."""
    return {
        name: value
        for name, value in names().items()
        if inspect.isfunction(function_of(value)) or isinstance(value, type)
    }


@cache
def groups() -> dict[str, tuple[str, ...]]:
    """The names of callables that are one and the same thing, under the shortest.

    A method is the function, an in-place form is its op, and what a class of tensors overrides is the tensor's method.
    """
    found: dict[object, list[str]] = {}
    for name, value in sorted(callables().items(), key=lambda item: (item[0].count("."), item[0])):
        found.setdefault(_identity(name, value), []).append(name)
    return {each[0]: tuple(each) for each in found.values()}


def _identity(name: str, value: Any) -> object:
    last = name.rpartition(".")[2]
    tensors = "Tensor." + last
    if name.startswith("sparse.SparseTensor.") and tensors in names():
        return _identity(tensors, names()[tensors])
    written: Any = function_of(value)
    if getattr(written, "__module__", "") == "flambeau.ops.inplace" and tensors in names():
        return _identity(tensors, names()[tensors])
    while written is not None:
        row = getattr(written, "row", None) or ROWS.get(getattr(written, "__name__", ""))
        if row is not None and (written is row.function or written is row.body):
            return row.key
        written = getattr(written, "__wrapped__", None)
    return id(function_of(value))


def subclasses(base: type, inside: str) -> dict[str, type]:
    """The public classes below a base in a namespace and in those under it."""
    return {
        name: value
        for name, value in callables().items()
        if isinstance(value, type) and issubclass(value, base) and value is not base
        and (name.startswith(f"{inside}.") or not inside)
    }  # fmt: skip
