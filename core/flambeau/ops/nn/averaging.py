"""Pooling by the average of a window."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from flambeau import dtypes
from flambeau._dispatch.declare import composite, primitive
from flambeau._dispatch.precision import in_single
from flambeau._tensor import Tensor, from_array
from flambeau.dtypes import scalar_type_name
from flambeau.ops.creation._bent import bent
from flambeau.ops.creation._vector import constant
from flambeau.shapes import Shape, int_argument

from ._few_windows import few_sums, repeating_columns
from ._maxima import has_kernel, step_of
from ._taps import as_in_memory
from ._windows import Windows, pooling_order, whole, windows_of

__all__ = ["avg_pool1d"]

Sizes = int | Sequence[int]
Factors = tuple[tuple[int, ...], ...]


# -- sums over windows, and their transpose ---------------------------------------------------------------


def _sums(type_: Any, array: Any, dims: Shape, windows: Windows) -> Any:
    kernels = type_.kernels
    lengths = tuple([array.shape[dim] for dim in dims])
    if has_kernel("window_sums", type_, array, lengths, windows):
        return kernels.window_sums(array, dims[0], *windows)
    few = few_sums(type_, array, dims, repeating_columns(windows, lengths))
    if few is not None:
        return few
    before, after = [0] * len(array.shape), [0] * len(array.shape)
    over = windows.overhang(lengths)
    for dim, low, high in zip(dims, windows.padding, over, strict=True):
        before[dim], after[dim] = low, high
    if any(before) or any(after):
        array = kernels.pad(array, tuple(before), tuple(after), 0)
    for dim, kernel, stride, size in reversed(
        list(zip(dims, windows.kernel, windows.stride, windows.sizes, strict=True))
    ):
        total = step_of(kernels, array, dim, 0, size, stride)
        for k in range(1, kernel):
            total = kernels.add(total, step_of(kernels, array, dim, k, size, stride))
        array = total
    return kernels.add(array, type_.number(0))  # a sum of negative zeros begins with 0


def _spread_out(type_: Any, array: Any, dims: Shape, windows: Windows, lengths: Shape) -> Any:
    """Every element added to all places of its window."""
    kernels = type_.kernels
    if has_kernel("window_backward", type_, array, lengths, windows):
        return kernels.window_backward(array, None, dims[0], *windows[:4], lengths)
    over = windows.overhang(lengths)
    for dim, kernel, stride, size, length, low, high in zip(
        dims, windows.kernel, windows.stride, windows.sizes, lengths, windows.padding, over, strict=True
    ):
        shape = (*array.shape[:dim], low + length + high, *array.shape[dim + 1 :])
        spread = kernels.full(shape, 0, type_.dtype.name)
        for k in range(kernel):
            target = step_of(kernels, spread, dim, k, size, stride)
            kernels.copy_into(target, array if kernel <= stride else kernels.add(target, array))
        array = step_of(kernels, spread, dim, low, length, 1)
    return whole(type_, array)


@lru_cache(maxsize=256)
def _divisor(windows: Windows, lengths: Shape, include: bool, override: int | None) -> tuple[tuple[int, ...], ...]:
    """For each dimension the factors of the divisors: one if they are all equal."""
    if override is not None:
        return ((override,),)
    factors = windows.counts(lengths, include)
    return tuple((each[0],) if len(set(each)) == 1 else tuple(max(count, 1) for count in each) for each in factors)


def divided(type_: Any, array: Any, dims: Shape, factors: Factors) -> Any:
    """An array divided by the product of the factors along ``dims``: one for all places, or one for each."""
    kernels = type_.kernels
    divisor = _divisors(type_, len(array.shape), dims, factors)
    if type_.floats:
        return kernels.div(array, divisor)
    rest = kernels.fmod(array, divisor)
    return kernels.floor_divide(kernels.sub(array, rest), divisor)


@lru_cache(maxsize=128)
def _divisors(type_: Any, ndim: int, dims: Shape, factors: Factors) -> Any:
    kernels = type_.kernels
    number, along = 1, None
    for dim, column in zip(dims, factors, strict=False):
        if len(column) == 1:
            number *= column[0]
            continue
        shape = tuple(len(column) if each == dim else 1 for each in range(ndim))
        entries = kernels.reshape(kernels.cast(constant(type_, column), type_.dtype.name), shape)
        along = entries if along is None else kernels.mul(along, entries)
    divisor = type_.number(number)
    if along is not None:
        divisor = along if number == 1 else kernels.mul(along, divisor)
    return divisor


def averages(input: Tensor, windows: Windows, factors: tuple[tuple[int, ...], ...]) -> Tensor:
    """The sum over each window, divided by the product of the factors of its place."""
    type_, count = input._type, len(windows.kernel)
    array, back = as_in_memory(input, pooling_order(input, len(windows.kernel)))
    ndim = len(array.shape)
    dims = (tuple(range(ndim)) if back is None else back)[-count:]

    def averaged(wide: Any, values: Any) -> Any:
        return divided(wide, _sums(wide, values, dims, windows), dims, factors)

    result = in_single(type_, array, averaged)
    return from_array(result if back is None else type_.kernels.permute(result, back), type_)


def _back_to_windows(
    grad: Tensor, windows: Windows, factors: tuple[tuple[int, ...], ...], lengths: Shape, order: Shape | None
) -> Tensor:
    type_, count = grad._type, len(windows.kernel)
    array, back = as_in_memory(grad, order)
    dims = (tuple(range(len(array.shape))) if back is None else back)[-count:]

    def spread(wide: Any, values: Any) -> Any:
        return _spread_out(wide, divided(wide, values, dims, factors), dims, windows, lengths)

    result = in_single(type_, array, spread)
    return from_array(result if back is None else type_.kernels.permute(result, back), type_)


# -- the ops ---------------------------------------------------------------


def _avg_input(grad: Tensor, input: Tensor, windows: Windows, factors: Factors) -> Tensor:
    lengths = tuple(input._array.shape[-len(windows.kernel) :])
    backward = _avg_pool3d_backward if len(windows.kernel) == 3 else _avg_pool2d_backward
    return bent(backward(grad, windows, factors, lengths, pooling_order(input, len(windows.kernel))), input)


@primitive(derivatives={"input": _avg_input}, method=False, node="AvgPool2DBackward0")
def _avg_pool2d(input: Tensor, windows: Windows, factors: Factors) -> Tensor:
    return averages(input, windows, factors)


@primitive(derivatives={"input": _avg_input}, method=False, node="AvgPool3DBackward0")
def _avg_pool3d(input: Tensor, windows: Windows, factors: Factors) -> Tensor:
    return averages(input, windows, factors)


@primitive(
    derivatives={"grad_output": lambda grad, windows, factors: _avg_pool2d(grad, windows, factors)},
    method=False,
    node="AvgPool2DBackwardBackward0",
)
def _avg_pool2d_backward(
    grad_output: Tensor, windows: Windows, factors: Factors, lengths: Shape, order: Shape | None
) -> Tensor:
    return _back_to_windows(grad_output, windows, factors, lengths, order)


@primitive(
    derivatives={"grad_output": lambda grad, windows, factors: _avg_pool3d(grad, windows, factors)},
    method=False,
    node="AvgPool3DBackwardBackward0",
)
def _avg_pool3d_backward(
    grad_output: Tensor, windows: Windows, factors: Factors, lengths: Shape, order: Shape | None
) -> Tensor:
    return _back_to_windows(grad_output, windows, factors, lengths, order)


def _averaged(
    count: int,
    input: Tensor,
    values: Sequence[Any],
    ceil_mode: bool,
    include: bool,
    override: int | None = None,
) -> Tensor:
    name = f"avg_pool{count}d"
    if override is not None:
        override = int_argument(name, "divisor_override", 7, override)
        if override == 0:
            raise RuntimeError("divisor must be not zero")
    windows = windows_of(name, name, input, count, values, ceil_mode)
    kernel = "avg_pool3d_out_frame" if count == 3 else "avg_pool2d"
    type_ = input._type
    if not (type_.real_floats or input.dtype is dtypes.int64) or (count == 3 and type_.halves):
        raise NotImplementedError(f"\"{kernel}\" not implemented for '{scalar_type_name(input.dtype)}'")
    factors = _divisor(windows, tuple(input._array.shape[-count:]), include, override)
    pool = _avg_pool3d if count == 3 else _avg_pool2d
    result: Tensor = pool(input, windows, factors)
    return result


@composite(method=False)
def avg_pool1d(
    input: Tensor,
    kernel_size: Sizes,
    stride: Sizes | None = (),
    padding: Sizes = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
) -> Tensor:
    """Average each window of (N, C, L) or (C, L). Source of the semantics: ``torch.avg_pool1d``.

    Args:
        input: floating, or int64, whose averages lose their fractions.
        kernel_size: of a window.
        stride: from one window to the next; the kernel size by default.
        padding: how many zeros before and after belong to windows.
        ceil_mode: whether a last window that reaches beyond the end counts.
        count_include_pad: whether the zeros count.

    Raises:
        RuntimeError: the sizes do not fit each other, or the input.
        NotImplementedError: the input is of another dtype.

    Example:
        >>> import flambeau as torch
        >>> torch.avg_pool1d(torch.tensor([[1.0, 5.0, 2.0, 7.0]]), 2)
        tensor([[3.0000, 4.5000]])
    """
    return _averaged(1, input, (kernel_size, stride, padding), ceil_mode, count_include_pad)


@composite(method=False, out="exact")
def avg_pool2d(
    input: Tensor,
    kernel_size: Sizes,
    stride: Sizes | None = None,
    padding: Sizes = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    divisor_override: int | None = None,
) -> Tensor:
    """Average each window of (N, C, H, W) or (C, H, W). Source of the semantics: ``torch.nn.functional.avg_pool2d``.

    The arguments and errors are those of :func:`flambeau.avg_pool1d`; ``divisor_override`` is what to divide sums by in the place
    of the number of elements.

    Example:
        >>> import flambeau as torch
        >>> torch.nn.functional.avg_pool2d(torch.tensor([[[1.0, 5.0], [3.0, 4.0]]]), 2)
        tensor([[[3.2500]]])
    """
    return _averaged(2, input, (kernel_size, stride, padding), ceil_mode, count_include_pad, divisor_override)


@composite(method=False, out="exact")
def avg_pool3d(
    input: Tensor,
    kernel_size: Sizes,
    stride: Sizes | None = None,
    padding: Sizes = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    divisor_override: int | None = None,
) -> Tensor:
    """Average each window of (N, C, D, H, W) or (C, D, H, W). Source: ``torch.nn.functional.avg_pool3d``.

    The arguments and errors are those of :func:`avg_pool2d`; floats of 16 bits are refused, as PyTorch does on its CPU.

    Example:
        >>> import flambeau as torch
        >>> torch.nn.functional.avg_pool3d(torch.arange(8.0).reshape(1, 2, 2, 2), 2)
        tensor([[[[3.5000]]]])
    """
    return _averaged(3, input, (kernel_size, stride, padding), ceil_mode, count_include_pad, divisor_override)
