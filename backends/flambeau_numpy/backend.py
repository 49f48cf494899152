"""The NumPy backend: one device, ``cpu``."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from flambeau.backend import ArrayBackend, Capabilities, Shape

from . import _elementwise, _sorting, _special, _sums
from ._policy import be_silent, filter_warnings

__all__ = ["NumpyBackend"]

_DTYPES = (
    "bool", "uint8", "int8", "int16", "int32", "int64", "float16", "float32", "float64", "complex64", "complex128"
)  # fmt: skip
_NAMES_IN_PYTORCH = (
    "float64, float32, float16, complex64, complex128, int64, int32, int16, int8, uint64, uint32, uint16, uint8, and bool"
)


class NumpyBackend(ArrayBackend):
    """Tensors as ``numpy.ndarray``."""

    name = "numpy"
    device_type = "cpu"
    api_version = 1
    capabilities = Capabilities(dtypes=frozenset(_DTYPES), out=True)
    array_class = np.ndarray
    xp = np

    def __init__(self) -> None:
        filter_warnings()
        be_silent()

    def device_count(self) -> int:
        """One: the CPU."""
        return 1

    def from_host(self, buffer: Any, shape: Shape, dtype: str) -> np.ndarray:
        """Copy bytes into an array."""
        be_silent()
        return np.frombuffer(buffer, dtype).reshape(shape).copy()

    def to_host(self, a: np.ndarray) -> memoryview:
        """The elements in C order; the memory itself where it is in that order."""
        flat: Any = np.ascontiguousarray(a).reshape(-1)
        return memoryview(flat.view("uint8"))

    def erf(self, a: np.ndarray, out: np.ndarray | None = None) -> Any:
        """The error function."""
        return _special.erf(a, out)

    def lgamma(self, a: np.ndarray, out: np.ndarray | None = None) -> Any:
        """The logarithm of the gamma function's absolute value."""
        return _special.lgamma(a, out)

    def add_at(self, target: np.ndarray, key: tuple[np.ndarray, ...], values: np.ndarray) -> None:
        """Add at indices that may be repeated."""
        np.add.at(target, key, values)

    def sum(self, a: np.ndarray, dims: Shape, keepdim: bool) -> np.ndarray:
        """The sum over ``dims``."""
        return _sums.sum_over(a, dims, keepdim)

    def take(self, a: np.ndarray, index: np.ndarray) -> np.ndarray:
        """The entries at ``index``; of memory in another order, ``ndarray.take`` would copy everything first."""
        return a.take(index, axis=0) if a.flags.c_contiguous else a[index]

    def matmul(self, a: np.ndarray, b: np.ndarray) -> np.ndarray:
        """The product of matrices."""
        return _sums.matmul(a, b)

    def argsort(self, a: np.ndarray, dim: int) -> np.ndarray:
        """The indices that sort."""
        return _sorting.argsort(a, dim)

    def own_ufuncs(self) -> Mapping[str, Callable[..., Any]]:
        """Element-wise kernels that NumPy does better in another way."""
        return {"relu": _elementwise.relu, "relu_backward": _elementwise.relu_backward}

    def own_kernels(self) -> Mapping[str, Callable[..., Any]]:
        """Kernels that NumPy alone can do better."""
        return {"expand": expand, "where": _elementwise.where}

    def random_transforms(self) -> Any:
        """NumPy's rendering of the samplers' arithmetic, bit for bit that of the default."""
        from .random import NumpyTransforms

        return NumpyTransforms()

    def to_numpy(self, array: np.ndarray) -> np.ndarray:
        """The array itself."""
        return array

    def from_numpy(self, ndarray: Any) -> np.ndarray:
        """The array itself, if its dtype is one of a tensor's.

        Raises:
            TypeError: it is no ndarray, or of a dtype that tensors do not have.
            ValueError: it has negative strides, or its byte order is not the machine's.
        """
        if not isinstance(ndarray, np.ndarray):
            raise TypeError(f"expected np.ndarray (got {type(ndarray).__name__})")
        if ndarray.dtype.name not in _DTYPES:
            raise TypeError(
                f"can't convert np.ndarray of type numpy.{ndarray.dtype.type.__name__}. The only supported types are: "
                f"{_NAMES_IN_PYTORCH}."
            )
        if not ndarray.dtype.isnative:
            raise ValueError(
                "given numpy array has byte order different from the native byte order. Conversion between byte orders "
                "is currently not supported."
            )
        if any(stride < 0 for stride in ndarray.strides):
            raise ValueError(
                "At least one stride in the given numpy array is negative, and tensors with negative strides are not "
                "currently supported. (You can probably work around this by making a copy of your array with "
                "array.copy().) "
            )
        if not ndarray.flags.writeable:
            warnings.warn(
                "The given NumPy array is not writable, and PyTorch does not support non-writable tensors. This means "
                "writing to this tensor will result in undefined behavior. You may want to copy the array to protect "
                "its data or make it writable before converting it to a tensor.",
                UserWarning,
                stacklevel=4,
            )
        return ndarray

    def storage_offset(self, array: np.ndarray) -> int:
        """Distance in elements from the start of the array that owns the memory."""
        owner = array
        while isinstance(owner.base, np.ndarray):
            owner = owner.base
        return (array.ctypes.data - owner.ctypes.data) // array.itemsize

    def data_ptr(self, array: np.ndarray) -> int:
        """The address of the first element."""
        return array.ctypes.data

    def to_dlpack(self, array: np.ndarray, stream: Any = None) -> Any:
        """NumPy's own capsule."""
        return array.__dlpack__()

    def dlpack_device(self, array: np.ndarray) -> tuple[int, int]:
        """The CPU, in DLPack's numbers."""
        return array.__dlpack_device__()

    def from_dlpack(self, source: Any) -> tuple[np.ndarray, str]:
        """An array on the memory of ``source``."""
        array = np.from_dlpack(source)
        return array, array.dtype.name


def expand(a: np.ndarray, shape: Shape) -> np.ndarray:
    """Repeat dimensions without a copy; several times cheaper than ``numpy.broadcast_to``, and writeable."""
    lead = len(shape) - a.ndim
    strides = (0,) * lead + tuple(0 if own == 1 else stride for own, stride in zip(a.shape, a.strides, strict=True))
    if a.flags.c_contiguous:
        return np.ndarray(shape, a.dtype, a, 0, strides)
    return np.lib.stride_tricks.as_strided(a, shape, strides)
