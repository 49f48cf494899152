"""Pooling to a size that is asked for: windows that divide a plane as evenly as they can, or at random."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from math import prod
from typing import Any

from flambeau import dtypes
from flambeau._dispatch.declare import composite, primitive
from flambeau._dispatch.precision import in_single
from flambeau._tensor import Tensor, from_array
from flambeau.ops.creation._bent import bent
from flambeau.ops.creation._vector import vector
from flambeau.shapes import Shape

from ._few_windows import Columns, few_largest_and_places, few_sums
from ._maxima import largest_and_places_of_edges, largest_of_rows
from ._taps import Taps, _resample, as_in_memory, mapped
from ._windows import Windows, check_one_dim, in_memory_order, one_or_each, pooling_order, sizes_argument
from .averaging import _avg_pool2d_backward, _avg_pool3d_backward, averages, divided
from .pooling import Pooled, _spread, with_places
from .rectifiers import check_floating

__all__ = ["adaptive_avg_pool1d", "adaptive_max_pool1d"]

Sizes = int | Sequence[int]
OptionalSizes = int | Sequence[int | None]


@lru_cache(maxsize=256)
def _edges(length: int, size: int) -> tuple[tuple[int, int], ...]:
    """Where each of so many windows begins and ends."""
    return tuple((place * length // size, -((place + 1) * length // -size)) for place in range(size))


@lru_cache(maxsize=256)
def _edge_columns(lengths: Shape, sizes: Shape) -> Columns:
    """The places of such windows."""
    edges = [_edges(length, size) for length, size in zip(lengths, sizes, strict=True)]
    return Columns(lengths, [[range(start, end) for start, end in each] for each in edges])


def _even(lengths: Shape, sizes: Shape) -> Windows | None:
    """The windows that divide a plane without remainder; None if there is one."""
    if 0 in sizes or any(length % size for length, size in zip(lengths, sizes, strict=True)):
        return None
    kernel = tuple(length // size for length, size in zip(lengths, sizes, strict=True))
    return Windows(kernel, kernel, (0,) * len(sizes), (1,) * len(sizes), sizes)


_FEW = 3
"""Elements of a window up to which adding one after the other is faster than a product of matrices."""


def _seen(shape: Sequence[int], count: int) -> list[int]:
    """A shape as PyTorch's kernels see it, which pool one dimension as two of which the first has size 1."""
    return [*shape[:-1], 1, shape[-1]] if count == 1 else list(shape)


def _check_gradient(pool: str, grad: Tensor, count: int) -> None:
    """Only a batch may be empty, as in PyTorch: the first dimension, be it one or not.

    Raises:
        RuntimeError: another one is.
    """
    shape = _seen(grad._array.shape, count)
    if 0 in shape[1:]:
        raise RuntimeError(
            f"{pool}{max(count, 2)}d_backward(): Expected grad_output to have non-zero size for non-batch "
            f"dimensions, but grad_output has sizes {shape} with dimension {shape.index(0, 1)} being empty"
        )


# -- averages ---------------------------------------------------------------


@lru_cache(maxsize=256)
def _average_taps(length: int, size: int, weighted: bool) -> Taps:
    rows = []
    for start, end in _edges(length, size):
        count = end - start
        rows.append((tuple(range(start, end)), ((1.0 / count) if weighted else 1.0,) * count))
    return Taps(length, tuple(rows))


def _adaptive_averages(input: Tensor, sizes: Shape) -> Tensor:
    count = len(sizes)
    lengths = tuple(input._array.shape[-count:])
    windows = _even(lengths, sizes)
    if windows is not None and max(windows.kernel) <= _FEW:
        return averages(input, windows, tuple((size,) for size in windows.kernel))
    type_ = input._type
    array, back = as_in_memory(input, pooling_order(input, count))
    dims = (tuple(range(len(array.shape))) if back is None else back)[-count:]
    maps = tuple(_average_taps(length, size, False) for length, size in zip(lengths, sizes, strict=True))
    factors = tuple(
        tuple(end - start for start, end in _edges(length, size)) for length, size in zip(lengths, sizes, strict=True)
    )

    def averaged(wide: Any, values: Any) -> Any:
        found = few_sums(wide, values, dims, _edge_columns(lengths, sizes))
        return divided(wide, mapped(wide, values, dims, maps) if found is None else found, dims, factors)

    result = in_single(type_, array, averaged)
    return from_array(result if back is None else type_.kernels.permute(result, back), type_)


def _averages_input(grad: Tensor, input: Tensor, sizes: Shape) -> Tensor:
    count = len(sizes)
    _check_gradient("adaptive_avg_pool", grad, count)
    lengths = tuple(input._array.shape[-count:])
    order = pooling_order(input, count)
    windows = _even(lengths, sizes)
    if windows is not None and max(windows.kernel) <= _FEW:
        backward = _avg_pool3d_backward if count == 3 else _avg_pool2d_backward
        return bent(backward(grad, windows, tuple((size,) for size in windows.kernel), lengths, order), input)
    maps = tuple(_average_taps(length, size, True).turned() for length, size in zip(lengths, sizes, strict=True))
    dims = tuple(range(input.dim() - count, input.dim()))
    return bent(_resample(grad, dims, maps, order), input)


@primitive(derivatives={"input": _averages_input}, method=False, node="AdaptiveAvgPool2DBackward0")
def _adaptive_avg_pool2d(input: Tensor, sizes: Shape) -> Tensor:
    return _adaptive_averages(input, sizes)


@primitive(derivatives={"input": _averages_input}, method=False, node="AdaptiveAvgPool3DBackward0")
def _adaptive_avg_pool3d(input: Tensor, sizes: Shape) -> Tensor:
    return _adaptive_averages(input, sizes)


# -- the largest elements ---------------------------------------------------------------


def _adaptive_maxima(input: Tensor, sizes: Shape) -> Pooled:
    count, type_ = len(sizes), input._type
    shape = tuple(input._array.shape[:-count]) + sizes
    if 0 in shape:
        empty = input.detach().new_zeros(shape)
        return Pooled(empty, empty.to(dtypes.int64))
    lengths = tuple(input._array.shape[-count:])
    windows = _even(lengths, sizes)
    if windows is not None:
        return with_places(input, windows, pooling_order(input, count))
    array, dims, turned_back = in_memory_order(input, count, pooling_order(input, count))
    found = few_largest_and_places(type_, array, dims, _edge_columns(lengths, sizes))
    if found is None:
        edges = [_edges(length, size) for length, size in zip(lengths, sizes, strict=True)]
        found = largest_and_places_of_edges(type_, array, dims, edges)
    values, places = found
    return Pooled(
        from_array(turned_back(values), type_), from_array(turned_back(places), type_.with_dtype(dtypes.int64))
    )


def _maxima_input(grad: Tensor, input: Tensor, indices: Tensor, sizes: Shape) -> Tensor:
    count = len(sizes)
    _check_gradient("adaptive_max_pool", grad, count)
    lengths = tuple(input._array.shape[-count:])
    return bent(_spread(grad, indices, lengths, _even(lengths, sizes) is None, pooling_order(input, count)), input)


@primitive(
    derivatives={"input": _maxima_input},
    outputs=("values", "indices"),
    method=False,
    node="AdaptiveMaxPool2DBackward0",
)
def _adaptive_max_pool2d(input: Tensor, sizes: Shape) -> Pooled:
    return _adaptive_maxima(input, sizes)


@primitive(
    derivatives={"input": _maxima_input},
    outputs=("values", "indices"),
    method=False,
    node="AdaptiveMaxPool3DBackward0",
)
def _adaptive_max_pool3d(input: Tensor, sizes: Shape) -> Pooled:
    return _adaptive_maxima(input, sizes)


# -- arguments ---------------------------------------------------------------


def _with_defaults(output_size: Any, lengths: Sequence[int]) -> Any:
    """The sizes with those of the input in the place of None."""
    if isinstance(output_size, int):
        return output_size
    if len(lengths) <= len(output_size):
        raise ValueError(f"Input dimension should be at least {len(output_size) + 1}")
    rest = lengths[len(lengths) - len(output_size) :]
    return [length if size is None else size for size, length in zip(output_size, rest, strict=True)]


def _sizes_of(name: str, input: Tensor, count: int, output_size: Any) -> Shape:
    if count == 1:
        given = sizes_argument(name, "output_size", 2, output_size)
        return one_or_each(given, 1, f"{name}() argument 'output_size' should contain one int (got {len(given)})")
    given = sizes_argument(name, "output_size", 2, _with_defaults(output_size, tuple(input.shape)))
    if isinstance(output_size, int):
        given = given * count
    if len(given) != count:
        words = f"{name}: output_size must be {count}"
        if "max" in name:
            words = f"{name}(): internal error: output_size.size() must be {count}"
        raise RuntimeError(words)
    return given


def _check_sample(name: str, input: Tensor, count: int, averaging: bool) -> None:
    shape = list(input.shape)
    dims = len(shape)
    empty = next((dim for dim, size in enumerate(shape) if dim and not size), None)
    if averaging and count < 3:
        name, shape = "adaptive_avg_pool2d", _seen(shape, count)
        empty = next((dim for dim, size in enumerate(shape) if dim >= len(shape) - 2 and not size), None)
    if empty is not None and (dims in (count + 1, count + 2) or (averaging and count == 3)):
        raise RuntimeError(
            f"{name}(): Expected input to have non-zero size for non-batch dimensions, but input has sizes {shape} with "
            f"dimension {empty} being empty"
        )
    if dims not in (count + 1, count + 2):
        colon = "" if averaging else ":"
        raise RuntimeError(f"{name}(): Expected {count + 1}D or {count + 2}D tensor, but got{colon} {shape}")


def _average(count: int, input: Tensor, output_size: Any) -> Tensor:
    name = f"adaptive_avg_pool{count}d"
    sizes = _sizes_of(name, input, count, output_size)
    if count == 1:
        check_one_dim(name, input.dim())
    if min(sizes) < 0:
        shown = {1: f"1, {sizes[0]}", 2: ", ".join(map(str, sizes)), 3: f"{sizes[0]}, {','.join(map(str, sizes[1:]))}"}
        raise RuntimeError(
            f"adaptive_avg_pool{max(count, 2)}d: elements of output_size must be greater than or equal to 0 but received "
            f"{{{shown[count]}}}"
        )
    if set(sizes) == {1}:
        return input.mean(tuple(range(-count, 0)), keepdim=True)
    _check_sample(name, input, count, True)
    nothing = 0 in sizes or (count < 3 and not input.numel())
    if nothing and not input._type.real_floats:  # which has averages of any dtype
        return input.new_zeros((*input.shape[:-count], *sizes))
    check_floating("adaptive_avg_pool3d_cpu" if count == 3 else "adaptive_avg_pool2d", input)
    pool = _adaptive_avg_pool3d if count == 3 else _adaptive_avg_pool2d
    result: Tensor = pool(input, sizes)
    return result


def _maxima(count: int, input: Tensor, output_size: Any) -> tuple[Tensor, Tensor]:
    name = f"adaptive_max_pool{count}d"
    sizes = _sizes_of(name, input, count, output_size)
    if count == 1:
        check_one_dim(name, input.dim())
    _check_sample(name, input, count, False)
    if min(sizes) < 0:
        shape = [*input.shape[:-count], *(1,) * (count == 1), *sizes]
        raise RuntimeError(f"Trying to create tensor with negative dimension {min(sizes)}: {shape}")
    check_floating("adaptive_max_pool3d_cpu" if count == 3 else "adaptive_max_pool2d", input)
    return tuple((_adaptive_max_pool3d if count == 3 else _adaptive_max_pool2d)(input, sizes))  # type: ignore[return-value]


@composite(method=False)
def adaptive_avg_pool1d(input: Tensor, output_size: Sizes) -> Tensor:
    """Average (N, C, L) or (C, L) to a length. Source of the semantics: ``torch.adaptive_avg_pool1d``.

    Window i of n reaches from the floor of i L / n to the ceiling of (i + 1) L / n.

    Raises:
        RuntimeError: the size is negative, the input has other dimensions, or none of its elements.
        NotImplementedError: the input is not floating.

    Example:
        >>> import flambeau as torch
        >>> torch.adaptive_avg_pool1d(torch.tensor([[1.0, 2.0, 3.0, 4.0, 5.0]]), 2)
        tensor([[2., 4.]])
    """
    return _average(1, input, output_size)


@composite(method=False)
def adaptive_avg_pool2d(input: Tensor, output_size: OptionalSizes) -> Tensor:
    """Average (N, C, H, W) or (C, H, W) to a size. Source: ``torch.nn.functional.adaptive_avg_pool2d``.

    ``output_size`` is one number or two; None stands for the size of the input. The windows and errors are those of
    :func:`flambeau.adaptive_avg_pool1d`.

    Example:
        >>> import flambeau as torch
        >>> torch.nn.functional.adaptive_avg_pool2d(torch.arange(6.0).reshape(1, 2, 3), (1, None))
        tensor([[[1.5000, 2.5000, 3.5000]]])
    """
    return _average(2, input, output_size)


@composite(method=False)
def adaptive_avg_pool3d(input: Tensor, output_size: OptionalSizes) -> Tensor:
    """Average (N, C, D, H, W) or (C, D, H, W) to a size. Source: ``torch.nn.functional.adaptive_avg_pool3d``.

    Example:
        >>> import flambeau as torch
        >>> torch.nn.functional.adaptive_avg_pool3d(torch.arange(8.0).reshape(1, 2, 2, 2), 1)
        tensor([[[[3.5000]]]])
    """
    return _average(3, input, output_size)


@composite(method=False)
def adaptive_max_pool1d(input: Tensor, output_size: Sizes) -> tuple[Tensor, Tensor]:
    """The largest elements of so many windows, and their places. Source of the semantics: ``torch.adaptive_max_pool1d``.

    The windows and errors are those of :func:`flambeau.adaptive_avg_pool1d`.

    Example:
        >>> import flambeau as torch
        >>> torch.adaptive_max_pool1d(torch.tensor([[1.0, 9.0, 3.0, 4.0, 5.0]]), 2)
        (tensor([[9., 5.]]), tensor([[1, 4]]))
    """
    return _maxima(1, input, output_size)


@composite(method=False)
def adaptive_max_pool2d_with_indices(input: Tensor, output_size: OptionalSizes) -> tuple[Tensor, Tensor]:
    """The two-dimensional form of :func:`flambeau.adaptive_max_pool1d`; None stands for the size of the input.

    Example:
        >>> import flambeau as torch
        >>> torch.nn.functional.adaptive_max_pool2d_with_indices(torch.tensor([[[1.0, 9.0], [3.0, 4.0]]]), 1)
        (tensor([[[9.]]]), tensor([[[1]]]))
    """
    return _maxima(2, input, output_size)


@composite(method=False)
def adaptive_max_pool3d_with_indices(input: Tensor, output_size: OptionalSizes) -> tuple[Tensor, Tensor]:
    """The three-dimensional form of :func:`flambeau.adaptive_max_pool1d`; None stands for the size of the input.

    Example:
        >>> import flambeau as torch
        >>> torch.nn.functional.adaptive_max_pool3d_with_indices(torch.tensor([[[[1.0, 9.0], [3.0, 4.0]]]]), 1)
        (tensor([[[[9.]]]]), tensor([[[[1]]]]))
    """
    return _maxima(3, input, output_size)


# -- windows at random ---------------------------------------------------------------


def _starts(type_: Any, drawn: Any, length: int, size: int, kernel: int) -> Any:
    """Where the windows of each plane begin, from one random number for each, an array (planes, 1): (planes, size).

    What is drawn lies between 0 and 1. From other numbers windows begin elsewhere, as in PyTorch, but no window leaves the input.
    """
    kernels, int64, free = type_.kernels, type_.with_dtype(dtypes.int64), length - kernel
    if size < 2:  # the last one ends with the input
        return kernels.full((drawn.shape[0], size), free, "int64")
    alpha = kernels.div(type_.number(float(free)), type_.number(float(size - 1)))
    begins = kernels.arange(0, 1, size, type_.dtype.name)
    steps = kernels.sub(
        kernels.cast(kernels.mul(kernels.add(drawn, begins), alpha), "int64"),
        kernels.cast(kernels.mul(drawn, alpha), "int64"),
    )
    steps = kernels.minimum(kernels.maximum(steps, int64.number(0)), int64.number(free))
    last = kernels.slice(steps, (0, size - 1), (steps.shape[0], 1), (1, 1))
    kernels.copy_into(last, kernels.full(last.shape, free, "int64"))
    return steps


@lru_cache(maxsize=64)
def _within(place: Any, lengths: Shape, kernel: Shape) -> Any:
    """Where the elements of a window are, from where it begins."""
    found = [0]
    for length, size in zip(lengths, kernel, strict=True):
        found = [outer * length + inner for outer in found for inner in range(size)]
    return vector(place.kernels, found)


def _begins(type_: Any, drawn: Any, lengths: Shape, sizes: Shape, kernel: Shape) -> Any:
    """Where the windows begin in their planes, from the random numbers of each: (planes, windows)."""
    kernels, int64, planes = type_.kernels, type_.with_dtype(dtypes.int64), drawn.shape[0]
    total = None
    for dim, (length, size, window) in enumerate(zip(lengths, sizes, kernel, strict=True)):
        number = 1 - dim if len(sizes) == 2 else dim  # the first number is the width's in two dimensions
        column = kernels.slice(drawn, (0, number), (planes, 1), (1, 1))
        steps = _starts(type_, column, length, size, window)
        if total is not None:
            rows = kernels.reshape(kernels.mul(total, int64.number(length)), (planes, total.shape[1], 1))
            steps = kernels.add(rows, kernels.reshape(steps, (planes, 1, size)))
        total = kernels.reshape(steps, (planes, prod(steps.shape[1:])))
    return total


def _fractional(input: Tensor, kernel: Shape, sizes: Shape, samples: Tensor) -> Pooled:
    count, type_ = len(sizes), input._type
    lengths = tuple(input._array.shape[-count:])
    shape = (*input._array.shape[:-count], *sizes)
    if 0 in shape:
        empty = input.detach().new_zeros(shape)
        return Pooled(empty, empty.to(dtypes.int64))
    kernels, int64 = type_.kernels, type_.with_dtype(dtypes.int64)
    planes, channels = prod(shape[:-count]), shape[-count - 1]
    drawn = kernels.slice(samples._array, (0, 0, 0), (planes // channels, channels, count), (1, 1, 1))
    begins = _begins(samples._type, kernels.reshape(drawn, (planes, count)), lengths, sizes, kernel)
    windows = planes * prod(sizes)
    starts = kernels.arange(0, prod(lengths), planes, "int64")
    firsts = kernels.reshape(kernels.add(begins, kernels.reshape(starts, (planes, 1))), (windows, 1))
    places = kernels.reshape(kernels.add(firsts, _within(type_.place, lengths, kernel)), (windows * prod(kernel),))
    taken = kernels.index(kernels.reshape(input._array, (planes * prod(lengths),)), [places])
    first = kernels.add(
        largest_of_rows(type_, kernels.reshape(taken, (windows, prod(kernel)))),
        kernels.arange(0, prod(kernel), windows, "int64"),
    )
    found = kernels.index(places, [first])
    found = kernels.sub(kernels.reshape(found, (planes, prod(sizes))), kernels.reshape(starts, (planes, 1)))
    values = kernels.reshape(kernels.index(taken, [first]), shape)
    return Pooled(from_array(values, type_), from_array(kernels.reshape(found, shape), int64))


def _fractional_input(grad: Tensor, input: Tensor, indices: Tensor, sizes: Shape) -> Tensor:
    lengths = tuple(input._array.shape[-len(sizes) :])
    return bent(_spread(grad, indices, lengths, True, None), input)


@primitive(
    derivatives={"input": _fractional_input},
    outputs=("values", "indices"),
    method=False,
    node="FractionalMaxPool2DBackward0",
)
def _fractional_max_pool2d(input: Tensor, kernel: Shape, sizes: Shape, samples: Tensor) -> Pooled:
    return _fractional(input, kernel, sizes, samples)


@primitive(
    derivatives={"input": _fractional_input},
    outputs=("values", "indices"),
    method=False,
    node="FractionalMaxPool3DBackward0",
)
def _fractional_max_pool3d(input: Tensor, kernel: Shape, sizes: Shape, samples: Tensor) -> Pooled:
    return _fractional(input, kernel, sizes, samples)


def fractional_maxima(input: Tensor, kernel: Shape, sizes: Shape, samples: Tensor) -> tuple[Tensor, Tensor]:
    """The largest elements of windows whose steps are drawn from ``samples``, (N, C, dimensions), and their places."""
    pool = _fractional_max_pool3d if len(sizes) == 3 else _fractional_max_pool2d
    return tuple(pool(input, kernel, sizes, samples))  # type: ignore[return-value]
