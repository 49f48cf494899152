"""What is drawn for a dtype: arguments checked, complex numbers as pairs of real ones."""

from __future__ import annotations

from functools import cache
from math import sqrt
from typing import Any

from flambeau import dtypes
from flambeau._dispatch.runtime import number_argument
from flambeau.dtypes import dtype as DType  # noqa: N812 (a class in lower case, as in PyTorch)
from flambeau.dtypes import scalar_type_name

from . import _bounds, _samplers
from ._draws import Draw

__all__ = [
    "any_integers", "bernoulli", "cauchy", "exponential", "geometric", "integers", "log_normal", "normal", "permutation",
    "standard_normal", "standard_uniform", "uniform",
]  # fmt: skip

_SMALLEST = -(1 << 63)  # of the 64-bit integers


def _parts_of(dtype: DType) -> str:
    """The name of the dtype of the real numbers that elements consist of."""
    return dtype.to_real().name


def _real(function: str, **arguments: Any) -> list[float]:
    """The arguments as Python floats.

    Raises:
        TypeError: one of them is no number.
    """
    return [float(number_argument(function, name, value)) for name, value in arguments.items()]


def uniform(dtype: DType, low: float = 0.0, high: float = 1.0) -> Draw:
    """Uniform numbers in [low, high).

    Raises:
        NotImplementedError: the dtype is neither floating point nor complex.
        RuntimeError: the bounds are in the wrong order, or out of the dtype's range.
    """
    _bounds.check_floating("check_uniform_bounds", dtype, complex=True)
    part = _parts_of(dtype)
    low, high = _real("uniform_", **{"from": low, "to": high})
    _bounds.check_uniform(low, high, part)
    return Draw(
        "uniform",
        part,
        (low, high),
        lambda stream, transforms, count: _samplers.uniform(stream, transforms, count, low, high, part),
    )


def normal(dtype: DType, mean: float = 0.0, std: float = 1.0, in_blocks: bool = True) -> Draw:
    """Normal numbers; both parts of complex ones have the mean, and half of the variance.

    Raises:
        NotImplementedError: the dtype is neither floating point nor complex.
        RuntimeError: ``std`` is negative or nan.
    """
    _bounds.check_floating("normal_kernel_cpu", dtype, complex=True)
    mean, std = _real("normal_", mean=mean, std=std)
    if not std >= 0:
        raise RuntimeError(f"normal expects std >= 0.0, but found std {std:g}")
    part = _parts_of(dtype)
    part_std = std / sqrt(2) if dtype.is_complex else std
    return Draw(
        "normal",
        part,
        (mean, part_std),
        lambda stream, transforms, count: _samplers.normal(stream, transforms, count, mean, part_std, part, in_blocks),
    )


@cache
def standard_uniform(dtype: DType) -> Draw:
    """Uniform numbers in [0, 1), which many calls draw; :func:`uniform` says what it raises."""
    return uniform(dtype)


@cache
def standard_normal(dtype: DType, in_blocks: bool) -> Draw:
    """Normal numbers of mean 0 and variance 1, which many calls draw; :func:`normal` says what it raises."""
    return normal(dtype, in_blocks=in_blocks)


def log_normal(dtype: DType, mean: float, std: float) -> Draw:
    """Numbers whose logarithms are normal.

    Raises:
        NotImplementedError: the dtype is not floating point.
        RuntimeError: ``std`` is not positive.
    """
    _bounds.check_floating("log_normal_cpu", dtype)
    mean, std = _real("log_normal_", mean=mean, std=std)
    if not std > 0:
        raise RuntimeError(f"log_normal_ expects std > 0.0, but found std={std:g}")
    return Draw(
        "log_normal",
        dtype.name,
        (mean, std),
        lambda stream, _, count: _samplers.log_normal(stream, count, mean, std, dtype.name),
    )


def exponential(dtype: DType, rate: float) -> Draw:
    """Exponential numbers.

    Raises:
        RuntimeError: the rate is not positive, or the dtype is not floating point.
    """
    _check_continuous("Exponential", dtype)
    (rate,) = _real("exponential_", lambd=rate)
    if not rate > 0:
        raise RuntimeError(f"exponential_ expects lambda > 0.0, but found lambda={rate:g}")
    return Draw(
        "exponential",
        dtype.name,
        (rate,),
        lambda stream, transforms, count: _samplers.exponential(stream, transforms, count, rate, dtype.name),
    )


def cauchy(dtype: DType, median: float, sigma: float) -> Draw:
    """Numbers of Cauchy's distribution.

    Raises:
        RuntimeError: ``sigma`` is not positive, or the dtype is not floating point.
    """
    _check_continuous("Cauchy", dtype)
    median, sigma = _real("cauchy_", median=median, sigma=sigma)
    if not sigma > 0:
        raise RuntimeError(f"cauchy_ expects sigma > 0.0, but found sigma={sigma:g}")
    return Draw(
        "cauchy",
        dtype.name,
        (median, sigma),
        lambda stream, _, count: _samplers.cauchy(stream, count, median, sigma, dtype.name),
    )


def _check_continuous(name: str, dtype: DType) -> None:
    if not dtype.is_floating_point:
        raise RuntimeError(
            f"{name} distribution is a continuous probability distribution. dtype must be a floating point but you "
            f"specified {scalar_type_name(dtype)}"
        )


def geometric(dtype: DType, probability: float) -> Draw:
    """How many trials it takes until one succeeds, in float64.

    Raises:
        RuntimeError: the probability is not between 0 and 1.
    """
    (probability,) = _real("geometric_", p=probability)
    if not 0 < probability < 1:
        raise RuntimeError(f"geometric_ expects p to be in (0, 1), but got p={probability:g}")
    return Draw(
        "geometric",
        "float64",
        (probability,),
        lambda stream, _, count: _samplers.geometric(stream, count, probability),
        wanted=dtype.name,
    )


def bernoulli(dtype: DType, probability: float) -> Draw:
    """Bools that are True with a probability.

    Raises:
        RuntimeError: the probability is not in [0, 1].
        NotImplementedError: the dtype is complex.
    """
    if dtype.is_complex:
        raise _bounds.not_implemented("bernoulli_scalar_cpu_", dtype)
    if not 0 <= probability <= 1:
        raise RuntimeError(f"bernoulli_ expects p to be in [0, 1], but got p={probability:g}")
    return Draw(
        "bernoulli",
        "bool",
        (probability,),
        lambda stream, transforms, count: _samplers.bernoulli(stream, transforms, count, probability),
        wanted=dtype.name,
    )


def integers(dtype: DType, low: int, high: int | None) -> Draw:
    """Integers from ``low`` to ``high - 1``, or to the largest one, as int64.

    Raises:
        RuntimeError: there are none, or the dtype does not have them.
        NotImplementedError: the dtype is complex.
    """
    if low == _SMALLEST and high is None:
        if dtype not in (dtypes.int64, dtypes.float64, dtypes.float32, dtypes.bfloat16):
            raise RuntimeError(
                "random_ from -2**63 to the largest number handles only int64, double, float and bfloat16"
            )
        return _integers(0, 1 << 64, wide=True)
    _check_real(dtype)
    low, modulus = _bounds.integer_range(low, high, dtype)
    return _integers(low, modulus, wide=modulus >= _samplers.WIDE_MODULUS)


def any_integers(dtype: DType) -> Draw:
    """Integers from 0 to the largest one, as int64.

    Raises:
        NotImplementedError: the dtype is complex.
    """
    _check_real(dtype)
    modulus, wide = _bounds.largest_integer(dtype) + 1, dtype in (dtypes.int64, dtypes.float64)
    return _integers(0, modulus, wide=wide)


def _integers(low: int, modulus: int, *, wide: bool) -> Draw:
    return Draw(
        "integers",
        "int64",
        (low, modulus, wide),
        lambda stream, transforms, count: _samplers.integers(stream, transforms, count, low, modulus, wide),
    )


def _check_real(dtype: DType) -> None:
    if dtype.is_complex:
        raise _bounds.not_implemented("random_kernel_cpu", dtype)


def permutation() -> Draw:
    """The numbers from 0 on in random order, as int64."""
    return Draw("permutation", "int64", (), _samplers.permutation)
