"""What comes from other libraries' arrays: the checks, in PyTorch's words."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from flambeau.errors import MissingExtraError, level_of_caller

__all__ = ["DTYPES", "check_dtype", "from_numpy", "in_order_of_addresses", "load_bfloat16", "owner", "writable"]

DTYPES = (
    "float64", "float32", "float16", "complex64", "complex128", "int64", "int32", "int16", "int8", "uint8", "bool"
)  # fmt: skip
"""The names of the dtypes, in the order in which PyTorch lists them."""

_NATIVE = frozenset(map(np.dtype, DTYPES))

_NEGATIVE_STRIDES = (
    "At least one stride in the given numpy array is negative, and tensors with negative strides are not currently "
    "supported. (You can probably work around this by making a copy of your array  with array.copy().) "
)
_PARTIAL_STRIDES = (
    "given numpy array strides not a multiple of the element byte size. Copy the numpy array to reallocate the memory."
)
_BYTE_ORDER = (
    "given numpy array has byte order different from the native byte order. Conversion between byte orders is "
    "currently not supported."
)
_READ_ONLY = (
    "The given NumPy array is not writable, and PyTorch does not support non-writable tensors. This means writing to "
    "this tensor will result in undefined behavior. You may want to copy the array to protect its data or make it "
    "writable before converting it to a tensor."
)


def check_dtype(array: np.ndarray) -> None:
    """Raise the TypeError for an array of a dtype that tensors do not have."""
    if array.dtype in _NATIVE:
        return
    if array.dtype.name not in (*DTYPES, "bfloat16"):
        raise TypeError(
            f"can't convert np.ndarray of type numpy.{array.dtype.type.__name__}. The only supported types are: "
            f"{', '.join(DTYPES[:-1])}, and {DTYPES[-1]}."
        )


def load_bfloat16() -> None:
    """Import the package that gives NumPy the dtype.

    Raises:
        MissingExtraError: it is not installed.
    """
    try:
        import ml_dtypes  # noqa: F401 (which makes itself known to NumPy)
    except ImportError:
        raise MissingExtraError("torch.bfloat16 on the NumPy backend", "ml_dtypes", "bfloat16") from None


def owner(array: np.ndarray) -> np.ndarray:
    """The array that owns the memory, or the first on memory that is not NumPy's."""
    while True:
        base = array.base
        if not isinstance(base, np.ndarray):
            base = getattr(base, "base", None)  # `as_strided` puts an object of its own between a view and its array
            if not isinstance(base, np.ndarray):
                return array
        array = base


def in_order_of_addresses(array: np.ndarray) -> np.ndarray:
    """All that lies between the first and the last element, as a vector."""
    size = array.itemsize
    steps = zip(array.shape, array.strides, strict=True)
    length = 1 + sum((count - 1) * stride // size for count, stride in steps) if array.size else 0
    if array.dtype.num < _OF_LIBRARIES:
        return np.lib.stride_tricks.as_strided(array, (length,), (size,))
    bits = np.lib.stride_tricks.as_strided(
        array.view(f"u{size}"), (length,), (size,)
    )  # which knows NumPy's dtypes alone
    return bits.view(array.dtype)


_OF_LIBRARIES = 256
"""The number of the first dtype that is not NumPy's own."""


def from_numpy(ndarray: Any) -> np.ndarray:
    """``ndarray``, which a tensor can be made of; a subclass as a plain array on the same memory."""
    if not isinstance(ndarray, np.ndarray):
        raise TypeError(f"expected np.ndarray (got {type(ndarray).__name__})")
    check_dtype(ndarray)
    if not ndarray.dtype.isnative:
        raise ValueError(_BYTE_ORDER)
    size = ndarray.itemsize
    for stride in ndarray.strides:
        if stride < 0:
            raise ValueError(_NEGATIVE_STRIDES)
    for stride in ndarray.strides:
        if stride % size:
            raise ValueError(_PARTIAL_STRIDES)
    if not ndarray.flags.writeable:
        warnings.warn(_READ_ONLY, UserWarning, stacklevel=level_of_caller())
    if ndarray.base is not None and ndarray.dtype in _NATIVE:
        return np.asarray(memoryview(ndarray))  # type: ignore[arg-type]  # what it is a part of is not the tensor's memory
    return ndarray.view(np.ndarray)


def writable(array: np.ndarray) -> np.ndarray:
    """The same memory as an array that can be written to.

    It is for capsules of DLPack's old form, which do not say whether they can be: NumPy takes that for no, PyTorch for yes.
    """
    return np.asarray(_Writable(array))


class _Writable:
    """What NumPy makes the array of; it keeps the memory alive."""

    def __init__(self, array: np.ndarray) -> None:
        self._array = array
        interface = array.__array_interface__
        self.__array_interface__ = {**interface, "data": (interface["data"][0], False)}
