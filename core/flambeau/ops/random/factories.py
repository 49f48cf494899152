"""Factories of random tensors: ``rand``, ``randn``, ``randint``, ``randperm``, and what they are ``_like``."""

from __future__ import annotations

from typing import Any

from flambeau import dtypes
from flambeau._dispatch.factories import TypeOf, check_shape, factory, factory_like
from flambeau._dispatch.spelling import spelled
from flambeau._tensor import Tensor, from_array
from flambeau.backend.types import TensorType
from flambeau.random import _bounds, _for_dtype
from flambeau.random._draws import Draw
from flambeau.random._generator import Generator
from flambeau.random._placing import draw, filling_order
from flambeau.shapes import Shape, as_int, size_argument

__all__ = [
    "rand",
    "rand_like",
    "randint",
    "randint_like",
    "randn",
    "randn_like",
    "randperm",
]


# -- of a given shape ----------------------------------------------------------------------------------------------


def _drawn(type_: TensorType, shape: Shape, generator: Generator | None, wanted: Draw, target: Tensor | None) -> Tensor:
    """A tensor of a shape, filled in the order of the memory that the numbers go to."""
    order = None if target is None else filling_order(target)
    return from_array(draw(type_, shape, generator, wanted, order=order), type_)


@factory(sized=True, sizeless=True)
def rand(
    shape: Shape,
    *,
    type_of: TypeOf,
    generator: Generator | None = None,
) -> Tensor:
    """Make a tensor of numbers distributed uniformly in [0, 1). Source of the semantics: ``torch.rand``.

    Raises:
        NotImplementedError: the dtype is not floating point or complex.

    Example:
        >>> import flambeau as torch
        >>> _ = torch.manual_seed(0)
        >>> torch.rand(2, 2)
        tensor([[0.4963, 0.7682],
                [0.0885, 0.1320]])
    """
    type_ = type_of()
    return _drawn(type_, shape, generator, _for_dtype.standard_uniform(type_.dtype), type_of.target(shape))


@factory(sized=True)
def randn(
    shape: Shape,
    *,
    type_of: TypeOf,
    generator: Generator | None = None,
) -> Tensor:
    """Make a tensor of normally distributed numbers of mean 0 and variance 1. Source: ``torch.randn``.

    Raises:
        NotImplementedError: the dtype is not floating point or complex.

    Example:
        >>> import flambeau as torch
        >>> _ = torch.manual_seed(0)
        >>> torch.randn(3)
        tensor([ 1.5410, -0.2934, -2.1788])
    """
    type_, target = type_of(), type_of.target(shape)
    wanted = _for_dtype.standard_normal(type_.dtype, target is None or target.is_contiguous())
    return _drawn(type_, shape, generator, wanted, target)


@factory()
def randint(
    low: Any = 0,
    high: Any = None,
    size: Any = None,
    *,
    type_of: TypeOf,
    generator: Generator | None = None,
) -> Tensor:
    """Make a tensor of integers from ``low`` (0 if it is left out) to ``high - 1``. Source: ``torch.randint``.

    Raises:
        RuntimeError: there are no such integers, or the dtype does not have them.

    Example:
        >>> import flambeau as torch
        >>> _ = torch.manual_seed(0)
        >>> torch.randint(10, (5,))
        tensor([4, 9, 3, 0, 3])
        >>> torch.randint(-3, 0, (4,))
        tensor([-3, -2, -2, -2])
    """
    low, high, size = _randint_arguments(low, high, size)
    shape, type_ = check_shape(size_argument("randint", (size,))), type_of(dtypes.int64)
    return _drawn(type_, shape, generator, _for_dtype.integers(type_.dtype, low, high), type_of.target(shape))


def _randint_arguments(low: Any, high: Any, size: Any) -> tuple[int, int, Any]:
    """The arguments of ``randint(high, size)`` and ``randint(low, high, size)``."""
    if size is None and high is not None and not isinstance(high, (int, float)):
        low, high, size = 0, low, high
    elif high is None:
        low, high = 0, low
    if not isinstance(size, (tuple, list)):
        raise TypeError(f"randint(): argument 'size' must be tuple of ints, not {type(size).__name__}")
    return *_int_arguments("randint", low, high), size


def _int_arguments(function: str, low: Any, high: Any) -> tuple[int, int]:
    try:
        bounds = as_int(low, "low"), as_int(high, "high")
    except TypeError as error:
        raise TypeError(f"{function}(): {error}") from None
    for bound in bounds:
        if not -(1 << 63) <= bound < 1 << 63:
            raise ValueError(f"{function}(): Overflow when unpacking long long: {bound} does not fit 64 bits")
    return bounds


@factory()
def randperm(
    n: int,
    *,
    type_of: TypeOf,
    generator: Generator | None = None,
) -> Tensor:
    """Make a tensor of the integers from 0 to ``n - 1`` in random order, int64 by default. Source: ``torch.randperm``.

    Raises:
        RuntimeError: ``n`` is negative, or the dtype does not have that many integers.

    Example:
        >>> import flambeau as torch
        >>> _ = torch.manual_seed(0)
        >>> torch.randperm(4)
        tensor([0, 1, 3, 2])
    """
    count, type_ = as_int(n, "n"), type_of(dtypes.int64)
    _bounds.check_permutation(count, type_.dtype)
    array = draw(type_, (count,), generator, _for_dtype.permutation())
    return from_array(array, type_)


# -- like another tensor -------------------------------------------------------------------------------------------


@spelled()
@factory_like()
def rand_like(
    input: Tensor,
    *,
    type_: TensorType,
    order: Shape,
    generator: Generator | None = None,
) -> Tensor:
    """Make a tensor like ``input`` of numbers distributed uniformly in [0, 1). Source: ``torch.rand_like``.

    Example:
        >>> import flambeau as torch
        >>> torch.rand_like(torch.zeros(2, 3)).shape
        torch.Size([2, 3])
    """
    array = draw(type_, input._array.shape, generator, _for_dtype.standard_uniform(type_.dtype), order=order)
    return from_array(array, type_)


@spelled()
@factory_like()
def randn_like(
    input: Tensor,
    *,
    type_: TensorType,
    order: Shape,
    generator: Generator | None = None,
) -> Tensor:
    """Make a tensor like ``input`` of normally distributed numbers. Source: ``torch.randn_like``.

    Example:
        >>> import flambeau as torch
        >>> torch.randn_like(torch.zeros(2, 3)).shape
        torch.Size([2, 3])
    """
    shape = input._array.shape
    lengthy = [dim for dim in order if shape[dim] != 1]
    in_blocks = lengthy == sorted(lengthy)
    array = draw(type_, shape, generator, _for_dtype.standard_normal(type_.dtype, in_blocks), order=order)
    return from_array(array, type_)


@spelled()
@factory_like()
def randint_like(
    input: Tensor,
    low: Any = 0,
    high: Any = None,
    *,
    type_: TensorType,
    order: Shape,
    generator: Generator | None = None,
) -> Tensor:
    """Make a tensor like ``input`` of integers from ``low`` (0 if left out) to ``high - 1``.

    Source of the semantics: ``torch.randint_like``.

    Example:
        >>> import flambeau as torch
        >>> torch.randint_like(torch.zeros(2), 1)
        tensor([0., 0.])
    """
    low, high = _int_arguments("randint_like", *((0, low) if high is None else (low, high)))
    wanted = _for_dtype.integers(type_.dtype, low, high)
    array = draw(type_, input._array.shape, generator, wanted, order=order)
    return from_array(array, type_)
