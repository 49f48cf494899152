"""Tensor types: one object for every (backend, device, dtype) in use.

Two tensors whose type is the same object are on the same device of the same backend and have the same dtype:
that single identity test is what makes dispatch cheap. The kernels of the device hang on it.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from math import copysign
from typing import TYPE_CHECKING, Any

from flambeau.dtypes import FLOATING, INTEGRAL, as_dtype, complex32, dtype, float32, float64, nearest_single
from flambeau.dtypes import bool as bool_dtype
from flambeau.errors import BackendLoadError, UnsupportedError
from flambeau.promotion import PYTHON_NUMBERS, as_number

from .kernels import Array
from .table import KernelTable

if TYPE_CHECKING:
    from flambeau.devices import device

    from .protocol import Backend

__all__ = ["CHECK_KERNELS", "Place", "TensorType"]

CHECK_KERNELS = "FLAMBEAU_CHECK_KERNELS"
"""The environment variable that asks for the checks of :mod:`flambeau.backend.checking`."""

_NUMBERS_KEPT = 256


def _check_width(value: int) -> None:
    """Refuse integers that 64 bits do not hold, beside floats too, in PyTorch's words."""
    if value >= 1 << 64:
        raise OverflowError(f"int too big to convert: {value}")
    if value < -(1 << 63):
        raise OverflowError(f"can't convert negative int to unsigned: {value} does not fit 64 bits")


def _has_pairs(backend: Backend) -> bool:
    """Whether complex32 can be made of what the backend has: see :mod:`.pairs`."""
    able = backend.capabilities
    return "bytes" in able.extensions and able.dtypes >= {"int32", "float16", "float32", "complex64"}


def _table_of(backend: Backend, index: int) -> KernelTable:
    return KernelTable(backend.kernels(index), backend.name, backend.capabilities.extensions)


def _ufuncs_of(backend: Backend, index: int) -> Mapping[str, Any]:
    found = backend.ufuncs(index)
    if not isinstance(found, Mapping):
        raise BackendLoadError(
            f"backend '{backend.name}' cannot be used: its ufuncs() gave {found!r}; expected a mapping from names to functions"
        )
    return found


def _kernels_of(backend: Backend, index: int) -> tuple[KernelTable, Mapping[str, Any]]:
    kernels, ufuncs = _table_of(backend, index), _ufuncs_of(backend, index)
    if os.environ.get(CHECK_KERNELS, "0") in ("", "0"):
        return kernels, ufuncs
    from .checking import checked  # for this only, and it takes milliseconds

    return checked(backend, kernels, ufuncs)


class Place:
    """One device of one loaded backend, with its tensor types."""

    __slots__ = ("_types", "backend", "device", "index", "kernels", "kernels_stay", "name", "pairs", "ufuncs")

    def __init__(self, backend: Backend, device: device, index: int) -> None:
        self.backend: Backend = backend
        self.device = device
        self.name = str(device)
        self.index = index
        self.kernels, self.ufuncs = _kernels_of(backend, index)
        if backend.capabilities.views == "copy":
            from .strided import StridedBackend  # for these only

            self.backend = StridedBackend(backend, self.kernels)
            self.kernels, self.ufuncs = _table_of(self.backend, index), {}
        self.pairs = _has_pairs(backend)
        self._types: dict[dtype, TensorType] = {}
        self.kernels_stay = False

    def renew_kernels(self) -> None:
        """Take the kernels that the backend has now, which knows of something that has changed; not where views are copies."""
        if self.backend.capabilities.views == "alias" and not self.kernels_stay:
            self.put_kernels(*_kernels_of(self.backend, self.index))

    def put_kernels(self, kernels: KernelTable, ufuncs: Mapping[str, Any], *, stay: bool = False) -> None:
        """Let core call other kernels from now on, for tensors that there are, too; with ``stay`` until others are put here."""
        self.kernels, self.ufuncs, self.kernels_stay = kernels, ufuncs, stay
        for type_ in sorted(self._types.values(), key=lambda type_: type_.dtype is complex32):
            type_.take_kernels(self)  # those of complex32 last, which are made of others'

    def type(self, dtype: dtype) -> TensorType:
        """The tensor type of ``dtype`` here.

        Raises:
            UnsupportedError: the backend does not have this dtype.
        """
        found = self._types.get(dtype)
        if found is None:
            dtype = as_dtype(dtype)
            if dtype in self._types:  # it was one of Python's types
                return self._types[dtype]
            if dtype.name not in self.backend.capabilities.dtypes and not (dtype is complex32 and self.pairs):
                raise UnsupportedError(
                    "tensors",
                    backend=self.backend.name,
                    dtype=dtype,
                    hint=f"its dtypes are {', '.join(sorted(self.backend.capabilities.dtypes))}",
                )
            if dtype is not complex32:
                self.backend.load_dtype(dtype.name)
            found = self._types.setdefault(dtype, TensorType(self, dtype))
        return found


class TensorType:
    """The type of a tensor: backend, device and dtype in one object, compared by identity.

    ``halves`` are floating types of 16 bits. ``numbers`` (not bool), ``floats`` (floating or complex), ``integers`` and
    ``discrete`` (integers and bool) are the domains that element-wise ops are declared for; ``nothing`` is no type's.
    """

    nothing = False

    __slots__ = (
        "_numbers",
        "array_class",
        "as_array",
        "backend",
        "boolean",
        "complex",
        "device",
        "discrete",
        "dtype",
        "floats",
        "halves",
        "integers",
        "kernels",
        "numbers",
        "place",
        "real_floats",
        "real_numbers",
        "reals",
        "ufuncs",
    )

    def __init__(self, place: Place, dtype: dtype) -> None:
        self.place = place
        self.dtype = dtype
        # The rest is copied here because the hot path reads it.
        self.backend = place.backend
        self.device = place.device
        self.array_class = place.backend.array_class
        self.as_array = place.backend.as_array
        self.take_kernels(place)
        self.boolean: TensorType = self if dtype is bool_dtype else place.type(bool_dtype)
        self.numbers = dtype is not bool_dtype
        self.integers = dtype.category == INTEGRAL
        self.discrete = dtype.category <= INTEGRAL
        self.floats = dtype.category >= FLOATING
        self.halves = self.floats and dtype.itemsize == 2
        self.complex = dtype.category > FLOATING
        self.reals = not self.complex
        self.real_floats = dtype.category == FLOATING
        self.real_numbers = self.numbers and self.reals
        self._numbers: dict[tuple[type, object], Array] = {}

    def take_kernels(self, place: Place) -> None:
        """Take the kernels that a place has now, of which those of complex32 are made."""
        self.kernels: Any = place.kernels.for_type(self)
        self.ufuncs: Any = self.kernels.with_ufuncs(place.ufuncs)
        if place.pairs:
            self._with_pairs(place)

    def _with_pairs(self, place: Place) -> None:
        """Let kernels know complex32, which no array library has."""
        from .pairs import PAIRS, converting_to_pairs, kernels_of_pairs  # which need this module

        if self.dtype.name == PAIRS:
            self.kernels = self.ufuncs = kernels_of_pairs(place.kernels, self)
        else:
            self.kernels = converting_to_pairs(self.kernels, self)
            self.ufuncs = self.kernels.with_ufuncs(place.ufuncs)

    def with_dtype(self, dtype: dtype) -> TensorType:
        """The type of another dtype on the same device."""
        return self if dtype is self.dtype else self.place.type(dtype)

    def takes(self, kernel: str) -> bool:
        """Whether the kernel of that name, if there is one, takes elements of this type as they are.

        Those of 16 bits it takes where the backend says so.
        """
        return not self.halves or (
            kernel in self.backend.halves_by_itself and getattr(self.kernels, kernel, None) is not None
        )

    def single(self) -> TensorType:
        """The type that is computed in: float32 for types of 16 bits, otherwise this one."""
        return self.with_dtype(float32) if self.halves else self

    def precise(self) -> TensorType:
        """The type in which is computed what needs digits: of float64, or of float32 where the backend has no float64."""
        return self.with_dtype(float64 if float64.name in self.backend.capabilities.dtypes else float32)

    def number(self, value: Any) -> Array:
        """A 0-d array that holds a Python number. It may be a shared one: read only."""
        key = (value.__class__, value)
        array = self._numbers.get(key)
        if array is not None and value.__class__ is int:
            return array
        if array is None or (value == 0 and copysign(1.0, value.real) < 0.0):  # -0.0 is the key 0.0
            array = self.kernels.full((), self._held(value), self.dtype.name)
            if len(self._numbers) < _NUMBERS_KEPT and not (value == 0 and copysign(1.0, value.real) < 0.0):
                self._numbers[key] = array
        return array

    def _held(self, value: Any) -> Any:
        """``value`` as the dtype holds it: integers wrap around, as in PyTorch's operations with numbers.

        The scalars of array libraries become numbers of Python: a backend of another library knows no others.

        Raises:
            OverflowError: it is too large for any integer dtype.
            TypeError: it is no number.
        """
        if not isinstance(value, (int, float, complex)) and not hasattr(value, "__float__"):
            raise TypeError(f"expected a number, got {type(value).__name__}")
        if value.__class__ not in PYTHON_NUMBERS:
            number = as_number(value)
            value = value if number is None else number
        if value.__class__ is int:
            _check_width(value)
        if not self.integers or value.__class__ is bool:
            return nearest_single(value) if self.halves and value.__class__ is float else value
        value = int(value)
        _check_width(value)
        bits = 8 * self.dtype.itemsize
        wrapped = value & (1 << bits) - 1
        return wrapped - (1 << bits) if self.dtype.is_signed and wrapped >> bits - 1 else wrapped

    def __repr__(self) -> str:
        return f"<TensorType {self.dtype.name} on {self.device} ({self.backend.name})>"
