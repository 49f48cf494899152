"""Backends whose views are copies, on NumPy: one with arrays of NumPy, one with arrays that cannot be changed, and one that
has no kernel of these but those it must have."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import numpy as np

from flambeau.backend import Backend, manager, registry, selection
from flambeau.backend.promises import PARAMETERS, PROMISES, Writes
from flambeau.backend.table import OPTIONAL
from flambeau_numpy.backend import NumpyBackend

__all__ = ["BareBackend", "CopyingBackend", "FrozenBackend", "registered"]

_MOVES = ("reshape", "permute", "expand", "slice", "as_strided", "select", "bitcast")
_WRITTEN = {
    name: [place for place, parameter in enumerate(PARAMETERS[name]) if parameter in promise.names]
    for name, promise in PROMISES.items()
    if isinstance(promise, Writes)
}
"""The places of the arguments that a kernel writes into."""


class CopyingBackend(NumpyBackend):
    """NumPy as a library without aliases would be: what its movement kernels give is a copy, in C order."""

    name = "copying"
    device_type = "copying"
    capabilities = replace(NumpyBackend.capabilities, views="copy", out=False)

    def kernels(self, device: int) -> dict[str, Any]:
        """NumPy's, with copies in the place of aliases."""
        table = dict(super().kernels(device))
        return table | {name: _copying(table[name]) for name in _MOVES if name in table}

    def ufuncs(self, device: int) -> dict[str, Any]:
        """None: kernels are used."""
        return {}

    def strides(self, array: Any) -> tuple[int, ...]:
        """Those of C order: nothing else is promised."""
        raise AssertionError("core has strides of its own")

    storage_offset = is_contiguous = strides  # type: ignore[assignment]


def _copying(move: Callable[..., Any]) -> Callable[..., Any]:
    return lambda *arguments: np.array(move(*arguments), order="C", copy=True)


class Box:
    """An array that is never changed; what is written into the box is another one."""

    __slots__ = ("held",)

    def __init__(self, held: Any) -> None:
        held.flags.writeable = False
        self.held = held

    @property
    def shape(self) -> tuple[int, ...]:
        """That of the array."""
        return self.held.shape  # type: ignore[no-any-return]


class FrozenBackend(CopyingBackend):
    """The same with arrays that cannot be changed, each in a box, as the arrays of JAX would be."""

    name = "frozen"
    device_type = "frozen"
    array_class = Box

    def kernels(self, device: int) -> dict[str, Any]:
        """The kernels on boxes."""
        return {name: _boxed(name, kernel) for name, kernel in super().kernels(device).items() if kernel is not None}

    def dtype_name(self, array: Any) -> str:
        """That of the array in the box."""
        return array.held.dtype.name  # type: ignore[no-any-return]

    def to_numpy(self, array: Any) -> Any:
        """A copy: NumPy must not write to it."""
        return array.held.copy()

    def from_numpy(self, ndarray: Any) -> Any:
        """A copy."""
        return Box(super().from_numpy(ndarray).copy())

    def from_buffer(self, buffer: Any, dtype: str, count: int, offset: int) -> Any:
        """A copy."""
        return Box(super().from_buffer(buffer, dtype, count, offset).copy())

    def from_dlpack(self, source: Any) -> tuple[Any, str]:
        """A copy."""
        array, name = super().from_dlpack(source)
        return Box(array.copy()), name

    def to_dlpack(self, array: Any, **options: Any) -> Any:
        """That of a copy."""
        return super().to_dlpack(array.held.copy(), **options)

    def dlpack_device(self, array: Any) -> tuple[int, int]:
        """That of the array in the box."""
        return super().dlpack_device(array.held)


class BareBackend(FrozenBackend):
    """The same without optional kernels, so that core composes what they do of others."""

    name = "bare"
    device_type = "bare"

    def kernels(self, device: int) -> dict[str, Any]:
        """Those that are required, and those of the extensions."""
        return {name: kernel for name, kernel in super().kernels(device).items() if name not in OPTIONAL}


def _boxed(name: str, kernel: Callable[..., Any]) -> Callable[..., Any]:
    written = _WRITTEN.get(name, ())

    def call(*arguments: Any, **named: Any) -> Any:
        plain = [_unboxed(argument) for argument in arguments]
        targets = [place for place in written if place < len(plain) and plain[place] is not None]
        for place in targets:
            plain[place] = _copied(plain[place])
        result = kernel(*plain, **named)
        for place in targets:
            _hold(arguments[place], plain[place])
        return result if name == "to_host" else _in_box(result)

    return call


def _copied(value: Any) -> Any:
    return [each.copy() for each in value] if isinstance(value, list) else value.copy()


def _hold(box: Any, array: Any) -> None:
    """Put an array that was written, or several, in the place of the old one."""
    if isinstance(box, list):
        for each, new in zip(box, array, strict=True):
            _hold(each, new)
    else:
        array.flags.writeable = False
        box.held = array


def _unboxed(value: Any) -> Any:
    if isinstance(value, (tuple, list)):
        return type(value)([_unboxed(entry) for entry in value])
    return value.held if isinstance(value, Box) else value


def _in_box(result: Any) -> Any:
    if isinstance(result, tuple):
        return tuple([_in_box(entry) for entry in result])
    return Box(result.copy()) if isinstance(result, (np.ndarray, np.generic)) else result


@contextmanager
def registered(*backends: type[Backend]) -> Iterator[None]:
    """A block in which backends can be chosen by their names; no trace of them is left afterwards."""
    plugins = manager.plugin_manager()
    before = plugins.registrations
    plugins.registrations = [
        *before, *[manager.BackendRegistration(b.name, b.device_type, 1, b, "numpy") for b in backends]
    ]  # fmt: skip
    try:
        yield
    finally:
        plugins.registrations = before
        for backend in backends:
            registry._backends.pop(backend.name, None)
            for place in [place for place in selection._places if place[0] == backend.name]:
                del selection._places[place]
