"""Factories of random tensors: ``rand``, ``randn``, ``randint``, ``randperm``, and what they are ``_like``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flambeau import dtypes, layouts
from flambeau._dispatch.runtime import with_out
from flambeau._dispatch.spelling import spelled
from flambeau._tensor import Tensor, from_array
from flambeau.backend.selection import find_place
from flambeau.backend.types import TensorType
from flambeau.dtypes import dtype as DType  # noqa: N812 (a class in lower case, as in PyTorch)
from flambeau.dtypes import scalar_type_name
from flambeau.ops.creation.filled import check_layout, type_for
from flambeau.random import _bounds, _for_dtype
from flambeau.random._generator import Generator
from flambeau.random._placing import draw, memory_order
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


def type_of_result(dtype: DType | None, device: Any, out: Tensor | None, default: DType | None = None) -> TensorType:
    """The type of a new tensor: that of ``out``, if there is one.

    Raises:
        RuntimeError: ``dtype`` is not that of ``out``.
    """
    if out is None:
        return type_for(dtype, device, default)
    if dtype is not None and dtype is not out.dtype:
        raise RuntimeError(
            f"dtype {scalar_type_name(dtype)} does not match dtype of out parameter ({scalar_type_name(out.dtype)})"
        )
    return out._type


def _like(input: Tensor, dtype: DType | None, device: Any) -> TensorType:
    place = input._type.place if device is None else find_place(device)
    return place.type(dtype or input.dtype)


def shape_argument(function: str, size: Sequence[Any], named: Sequence[int] | None = None) -> Shape:
    """The shape given as several ints or one sequence of them.

    Raises:
        RuntimeError: a size is negative.
    """
    shape = size_argument(function, size, named)
    negative = [length for length in shape if length < 0]
    if negative:
        raise RuntimeError(f"Trying to create tensor with negative dimension {negative[0]}: {list(shape)}")
    return shape


def _finished(array: Any, type_: TensorType, out: Tensor | None = None, requires_grad: bool = False) -> Tensor:
    """The tensor of an array, written into ``out`` if there is one."""
    made = from_array(array, type_)
    if out is not None:
        return with_out(out, lambda: made)  # type: ignore[no-any-return]
    return made.requires_grad_() if requires_grad else made


# -- of a given shape ----------------------------------------------------------------------------------------------


def rand(
    *sizes: Any,
    size: Sequence[int] | None = None,
    generator: Generator | None = None,
    out: Tensor | None = None,
    dtype: DType | None = None,
    layout: layouts.layout = layouts.strided,
    device: Any = None,
    requires_grad: bool = False,
    pin_memory: bool = False,
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
    check_layout("rand", layout)
    shape, type_ = shape_argument("rand", sizes, size), type_of_result(dtype, device, out)
    return _finished(draw(type_, shape, generator, _for_dtype.uniform(type_.dtype)), type_, out, requires_grad)


def randn(
    *sizes: Any,
    size: Sequence[int] | None = None,
    generator: Generator | None = None,
    out: Tensor | None = None,
    dtype: DType | None = None,
    layout: layouts.layout = layouts.strided,
    device: Any = None,
    requires_grad: bool = False,
    pin_memory: bool = False,
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
    check_layout("randn", layout)
    shape, type_ = shape_argument("randn", sizes, size), type_of_result(dtype, device, out)
    return _finished(draw(type_, shape, generator, _for_dtype.normal(type_.dtype)), type_, out, requires_grad)


def randint(
    low: Any = 0,
    high: Any = None,
    size: Any = None,
    *,
    generator: Generator | None = None,
    out: Tensor | None = None,
    dtype: DType | None = None,
    layout: layouts.layout = layouts.strided,
    device: Any = None,
    requires_grad: bool = False,
    pin_memory: bool = False,
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
    check_layout("randint", layout)
    low, high, size = _randint_arguments(low, high, size)
    shape, type_ = shape_argument("randint", (size,)), type_of_result(dtype, device, out, dtypes.int64)
    wanted = _for_dtype.integers(type_.dtype, low, high)
    array = draw(type_, shape, generator, wanted)
    return _finished(array, type_, out, requires_grad)


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
        return as_int(low, "low"), as_int(high, "high")
    except TypeError as error:
        raise TypeError(f"{function}(): {error}") from None


def randperm(
    n: int,
    *,
    generator: Generator | None = None,
    out: Tensor | None = None,
    dtype: DType | None = None,
    layout: layouts.layout = layouts.strided,
    device: Any = None,
    requires_grad: bool = False,
    pin_memory: bool = False,
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
    check_layout("randperm", layout)
    count, type_ = as_int(n, "n"), type_of_result(dtype, device, out, dtypes.int64)
    _bounds.check_permutation(count, type_.dtype)
    array = draw(type_, (count,), generator, _for_dtype.permutation())
    return _finished(array, type_, out, requires_grad)


# -- like another tensor -------------------------------------------------------------------------------------------


@spelled()
def rand_like(
    input: Tensor,
    *,
    generator: Generator | None = None,
    dtype: DType | None = None,
    layout: layouts.layout = layouts.strided,
    device: Any = None,
    requires_grad: bool = False,
    pin_memory: bool = False,
    memory_format: layouts.memory_format = layouts.preserve_format,
) -> Tensor:
    """Make a tensor like ``input`` of numbers distributed uniformly in [0, 1). Source: ``torch.rand_like``.

    Example:
        >>> import flambeau as torch
        >>> torch.rand_like(torch.zeros(2, 3)).shape
        torch.Size([2, 3])
    """
    check_layout("rand_like", layout)
    type_ = _like(input, dtype, device)
    order = _order_like(input, memory_format)
    array = draw(type_, input._array.shape, generator, _for_dtype.uniform(type_.dtype), order=order)
    return _finished(array, type_, None, requires_grad)


@spelled()
def randn_like(
    input: Tensor,
    *,
    generator: Generator | None = None,
    dtype: DType | None = None,
    layout: layouts.layout = layouts.strided,
    device: Any = None,
    requires_grad: bool = False,
    pin_memory: bool = False,
    memory_format: layouts.memory_format = layouts.preserve_format,
) -> Tensor:
    """Make a tensor like ``input`` of normally distributed numbers. Source: ``torch.randn_like``.

    Example:
        >>> import flambeau as torch
        >>> torch.randn_like(torch.zeros(2, 3)).shape
        torch.Size([2, 3])
    """
    check_layout("randn_like", layout)
    type_, shape = _like(input, dtype, device), input._array.shape
    order = _order_like(input, memory_format)
    lengthy = [dim for dim in order if shape[dim] != 1]
    in_blocks = lengthy == sorted(lengthy)
    array = draw(type_, shape, generator, _for_dtype.normal(type_.dtype, in_blocks=in_blocks), order=order)
    return _finished(array, type_, None, requires_grad)


@spelled()
def randint_like(
    input: Tensor,
    low: Any = 0,
    high: Any = None,
    *,
    generator: Generator | None = None,
    dtype: DType | None = None,
    layout: layouts.layout = layouts.strided,
    device: Any = None,
    requires_grad: bool = False,
    pin_memory: bool = False,
    memory_format: layouts.memory_format = layouts.preserve_format,
) -> Tensor:
    """Make a tensor like ``input`` of integers from ``low`` (0 if left out) to ``high - 1``.

    Source of the semantics: ``torch.randint_like``.

    Example:
        >>> import flambeau as torch
        >>> torch.randint_like(torch.zeros(2), 1)
        tensor([0., 0.])
    """
    check_layout("randint_like", layout)
    low, high = _int_arguments("randint_like", *((0, low) if high is None else (low, high)))
    type_ = _like(input, dtype, device)
    wanted, order = _for_dtype.integers(type_.dtype, low, high), _order_like(input, memory_format)
    array = draw(type_, input._array.shape, generator, wanted, order=order)
    return _finished(array, type_, None, requires_grad)


def _order_like(input: Tensor, memory_format: layouts.memory_format) -> Shape:
    """The order of dimensions in the memory of a tensor like ``input``, slowest first."""
    if memory_format is layouts.preserve_format:
        return memory_order(input)
    return layouts.order_of_format(memory_format, input.dim())
