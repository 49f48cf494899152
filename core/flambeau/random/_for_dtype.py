"""The samplers of a dtype: arguments checked, complex numbers as pairs of real ones."""

from __future__ import annotations

from math import sqrt

from .. import dtypes
from ..dtypes import dtype as DType  # noqa: N812 (a class in lower case, as in PyTorch)
from . import _bounds, _samplers
from ._placing import Sampler

__all__ = ["any_integer_sampler", "integer_sampler", "normal_sampler", "uniform_sampler"]

_SMALLEST = -(1 << 63)  # of the 64-bit integers


def _parts_of(dtype: DType) -> str:
    """The name of the dtype of the real numbers that elements consist of."""
    return {"complex64": "float32", "complex128": "float64"}.get(dtype.name, dtype.name)


def uniform_sampler(dtype: DType, low: float = 0.0, high: float = 1.0) -> Sampler:
    """Uniform numbers in [low, high).

    Raises:
        NotImplementedError: the dtype is neither floating point nor complex.
        RuntimeError: the bounds are in the wrong order, or out of the dtype's range.
    """
    _bounds.check_floating("check_uniform_bounds", dtype, complex=True)
    part = _parts_of(dtype)
    _bounds.check_uniform(low, high, part)
    return lambda stream, transforms, count: _samplers.uniform(stream, transforms, count, low, high, part)


def normal_sampler(dtype: DType, mean: float = 0.0, std: float = 1.0, in_blocks: bool = True) -> Sampler:
    """Normal numbers; both parts of complex ones have the mean, and half of the variance.

    Raises:
        NotImplementedError: the dtype is neither floating point nor complex.
        RuntimeError: ``std`` is negative or nan.
    """
    _bounds.check_floating("normal_kernel_cpu", dtype, complex=True)
    if not std >= 0:
        raise RuntimeError(f"normal expects std >= 0.0, but found std {std:g}")
    part = _parts_of(dtype)
    part_std = std / sqrt(2) if dtype.is_complex else std
    return lambda stream, transforms, count: _samplers.normal(
        stream, transforms, count, mean, part_std, part, in_blocks
    )


def integer_sampler(dtype: DType, low: int, high: int | None) -> Sampler:
    """Integers from ``low`` to ``high - 1``, or to the largest one, as int64.

    Raises:
        RuntimeError: there are none, or the dtype does not have them.
        NotImplementedError: the dtype is complex.
    """
    if low == _SMALLEST and high is None:
        return _words_sampler(dtype)
    _check_real(dtype)
    low, modulus = _bounds.integer_range(low, high, dtype)
    return lambda stream, transforms, count: _samplers.integers(stream, transforms, count, low, modulus)


def any_integer_sampler(dtype: DType) -> Sampler:
    """Integers from 0 to the largest one, as int64.

    Raises:
        NotImplementedError: the dtype is complex.
    """
    _check_real(dtype)
    modulus, wide = _bounds.largest_integer(dtype) + 1, dtype in (dtypes.int64, dtypes.float64)
    return lambda stream, transforms, count: _samplers.integers(stream, transforms, count, 0, modulus, wide)


def _words_sampler(dtype: DType) -> Sampler:
    """Words of 64 bits as they are, as int64."""
    if dtype not in (dtypes.int64, dtypes.float64, dtypes.float32):
        raise RuntimeError("random_ from -2**63 to the largest number handles only int64, double and float")
    return lambda stream, transforms, count: _samplers.integers(stream, transforms, count, 0, 1 << 64)


def _check_real(dtype: DType) -> None:
    if dtype.is_complex:
        raise _bounds.not_implemented("random_kernel_cpu", dtype)
