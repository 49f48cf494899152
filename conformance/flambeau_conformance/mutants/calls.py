"""Calls of kernels: one that is being made, and those that were seen, kept as plain data and made again."""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping
from math import prod
from typing import Any

from .seam import PARAMETERS, Kernel, Seam

__all__ = ["Call", "Recorder", "decoded"]

_KEPT, _ELEMENTS = 48, 4096
"""How many calls of a kernel are kept, and how large their arrays are at most."""

INDICES = ("index", "indices", "positions", "pointers")
"""The names of parameters that are places, not values."""


class Call:
    """A call of a kernel that a fault may change.

    Attributes:
        seam: the kernels, and what to ask about arrays.
        name: the kernel's.
        given: the arguments by name, those that were given.
    """

    def __init__(self, seam: Seam, name: str, kernel: Kernel, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> None:
        self.seam = seam
        self.name = name
        self.given: dict[str, Any] = {**dict(zip(PARAMETERS[name], args, strict=False)), **kwargs}
        self._kernel = kernel

    def run(self, **changed: Any) -> Any:
        """What the kernel gives for these arguments, some of which are changed."""
        given = self.given | changed
        out = {"out": given["out"]} if given.get("out") is not None else {}
        return self._kernel(*[given[name] for name in PARAMETERS[self.name] if name in given], **out)

    @property
    def arrays(self) -> dict[str, Any]:
        """The arguments that are arrays, but for ``out``."""
        return {name: value for name, value in self.given.items() if name != "out" and self.seam.is_array(value)}

    @property
    def values(self) -> dict[str, Any]:
        """Those of them that are values, not places."""
        return {name: array for name, array in self.arrays.items() if name not in INDICES}

    @property
    def all_arrays(self) -> list[Any]:
        """The arrays among the arguments and in sequences of them, but for ``out``."""
        return self.seam.arrays_in([value for name, value in self.given.items() if name != "out"])

    def each_array(self, change: Callable[[Any], Any]) -> dict[str, Any]:
        """The arguments with all arrays of values changed; those in sequences too."""
        changed: dict[str, Any] = {name: change(array) for name, array in self.values.items()}
        for name, value in self.given.items():
            if isinstance(value, (list, tuple)) and name not in INDICES and self.seam.arrays_in(value):
                changed[name] = [change(each) for each in value]
        return changed


class Recorder:
    """Keeps calls of kernels, of every kind some.

    Attributes:
        calls: by the name of the kernel, the arguments by name as plain data.
    """

    def __init__(self) -> None:
        self.calls: dict[str, list[dict[str, Any]]] = {}
        self._kinds: dict[str, set[Any]] = {}

    def take(self, seam: Seam, name: str, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> None:
        """Keep a call, unless there is one of the kind or there are many."""
        kinds, calls = self._kinds.setdefault(name, set()), self.calls.setdefault(name, [])
        given = {**dict(zip(PARAMETERS[name], args, strict=False)), **kwargs}
        kind = tuple((key, _kind(seam, value)) for key, value in given.items())
        if kind in kinds or len(calls) >= _KEPT:
            return
        if any(prod(array.shape) > _ELEMENTS for array in seam.arrays_in(list(given.values()))):
            return
        kinds.add(kind)
        try:
            calls.append({key: _encoded(seam, value) for key, value in given.items()})
        except TypeError:  # an argument that no other call could be made of
            return


def _kind(seam: Seam, value: Any) -> Any:
    if seam.is_array(value):
        return seam.dtype(value), len(value.shape), 0 in value.shape, seam.contiguous(value)
    return value if isinstance(value, (bool, str)) else type(value)


# -- as plain data -----------------------------------------------------------------------------------------------------


def _encoded(seam: Seam, value: Any) -> Any:
    if seam.is_array(value):
        data = b64encode(bytes(seam.table.to_host(value))).decode()
        strides = None if seam.contiguous(value) else list(seam.backend.strides(value))
        return {"array": data, "dtype": seam.dtype(value), "shape": list(value.shape), "strides": strides}
    if isinstance(value, (list, tuple)):
        return {"members": [_encoded(seam, each) for each in value], "tuple": isinstance(value, tuple)}
    if isinstance(value, (bytes, bytearray, memoryview)):
        return {"bytes": b64encode(bytes(value)).decode()}
    if isinstance(value, complex):
        return {"complex": [value.real, value.imag]}
    if value is None or value.__class__ in (bool, int, float, str):
        return value
    raise TypeError(f"no plain data: {type(value).__name__}")


def decoded(seam: Seam, data: Any) -> Any:
    """The value that plain data stand for: arrays are made anew, in the same order of memory."""
    if not isinstance(data, dict):
        return data
    if "array" in data:
        return _array(seam, data)
    if "members" in data:
        members = [decoded(seam, each) for each in data["members"]]
        return tuple(members) if data["tuple"] else members
    return complex(*data["complex"]) if "complex" in data else b64decode(data["bytes"])


def _array(seam: Seam, data: dict[str, Any]) -> Any:
    shape, dtype = tuple(data["shape"]), data["dtype"]
    array = seam.table.from_host(b64decode(data["array"]), shape, dtype)
    return array if data["strides"] is None else placed(seam, array, tuple(data["strides"]))


def placed(seam: Seam, array: Any, strides: tuple[int, ...]) -> Any:
    """A copy of an array whose elements lie so far apart."""
    length = 1 + sum((size - 1) * stride for size, stride in zip(array.shape, strides, strict=True))
    memory = seam.table.full((length,), 0, seam.dtype(array))
    view = seam.table.as_strided(memory, array.shape, strides, 0)
    seam.table.copy_into(view, array)
    return view
