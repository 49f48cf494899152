"""The largest elements of windows and where they stand, as kernels compute them on any backend.

Windows are reduced one dimension at a time, from the last to the first, each by steps of one element of all windows at once.
Where the largest stands within its window is kept as a number that counts the window's elements in their order; as every
step comes with larger numbers than those before, the last change is the largest number.
"""

from __future__ import annotations

from math import prod
from typing import Any

from flambeau import dtypes
from flambeau.shapes import Shape
from flambeau.type_info import finfo, iinfo

from ._windows import Windows, whole

__all__ = ["largest", "largest_and_places", "lowest", "step_of"]


def lowest(dtype: dtypes.dtype) -> Any:
    """What no element is smaller than: what padding is for a maximum."""
    return -float("inf") if dtype.is_floating_point else iinfo(dtype).min


def _padded(type_: Any, array: Any, dims: Shape, windows: Windows) -> Any:
    lengths = tuple(array.shape[dim] for dim in dims)
    after = windows.overhang(lengths)
    if not any(windows.padding) and not any(after):
        return array
    before_all, after_all = [0] * len(array.shape), [0] * len(array.shape)
    for dim, low, high in zip(dims, windows.padding, after, strict=True):
        before_all[dim], after_all[dim] = low, high
    return type_.kernels.pad(array, tuple(before_all), tuple(after_all), lowest(type_.dtype))


def step_of(kernels: Any, array: Any, dim: int, first: int, count: int, stride: int) -> Any:
    """Every ``stride``-th of the elements along ``dim``, ``count`` of them from ``first`` on."""
    ndim = len(array.shape)
    starts, steps, lengths = [0] * ndim, [1] * ndim, list(array.shape)
    starts[dim], steps[dim], lengths[dim] = first, stride, count
    return kernels.slice(array, tuple(starts), tuple(lengths), tuple(steps))


def largest(type_: Any, array: Any, dims: Shape, windows: Windows) -> Any:
    """The largest element of each window over ``dims``; nan where there is one."""
    kernels = type_.kernels
    best = _padded(type_, array, dims, windows)
    for dim, kernel, stride, dilation, size in _last_first(dims, windows):
        parts = [step_of(kernels, best, dim, k * dilation, size, stride) for k in range(kernel)]
        best = parts[0]
        for part in parts[1:]:
            best = kernels.maximum(part, best)
    return _own(type_, best, array)


def _own(type_: Any, result: Any, array: Any) -> Any:
    """A result that is contiguous, and none of the memory of ``array``, though windows of one element are only taken."""
    return type_.kernels.clone(result, False) if result.shape == array.shape else whole(type_, result)


def _last_first(dims: Shape, windows: Windows) -> Any:
    return list(zip(dims, windows.kernel, windows.stride, windows.dilation, windows.sizes, strict=True))[::-1]


def largest_and_places(type_: Any, array: Any, dims: Shape, windows: Windows) -> tuple[Any, Any]:
    """The largest element of each window over ``dims``, the first of equal ones, and its place in the plane.

    A nan is larger than any number, the last of several the largest. Places are int64 and count the elements of ``dims`` in
    their order.
    """
    best, codes = _coded(type_, array, dims, windows, False)
    kernels = type_.kernels
    if type_.floats and bool(kernels.any(kernels.isnan(best), tuple(range(len(best.shape))), False)):
        best, codes = _coded(type_, array, dims, windows, True)
    places = _places(type_, codes, array, dims, windows)
    if any(windows.padding):
        none = kernels.eq(best, type_.number(lowest(type_.dtype)))  # of equal ones the first that is no padding
        places = kernels.where(none, _first_places(type_, array, dims, windows), places)
    return best, places


def _coded(type_: Any, array: Any, dims: Shape, windows: Windows, with_nan: bool) -> tuple[Any, Any]:
    kernels = type_.kernels
    count = prod(windows.kernel)
    counts = type_.with_dtype(dtypes.uint8 if count <= 256 else dtypes.int64)
    best, codes = _padded(type_, array, dims, windows), None
    inner = 1
    for dim, kernel, stride, dilation, size in _last_first(dims, windows):
        parts = [step_of(kernels, best, dim, k * dilation, size, stride) for k in range(kernel)]
        earlier = [None] * kernel if codes is None else [
            step_of(kernels, codes, dim, k * dilation, size, stride) for k in range(kernel)
        ]  # fmt: skip
        best, codes = parts[0], earlier[0]
        for k in range(1, kernel):
            later = kernels.lt(best, parts[k])
            if with_nan:
                later = kernels.bitwise_or(later, kernels.isnan(parts[k]))
            best = kernels.maximum(parts[k], best)
            code = counts.number(k * inner)
            if earlier[k] is not None:
                code = kernels.add(earlier[k], code)
            code = kernels.mul(kernels.cast(later, counts.dtype.name), code)
            codes = code if codes is None else kernels.maximum(code, codes)
        inner *= kernel
    if codes is None:
        codes = kernels.full(best.shape, 0, counts.dtype.name)
    return _own(type_, best, array), codes


def _vector(type_: Any, values: list[int]) -> Any:
    return type_.kernels.from_host(memoryview(_as_int64(values)), (len(values),), "int64")


def _as_int64(values: list[int]) -> Any:
    from array import array

    return array("q", values)


def _grid(type_: Any, columns: list[list[int]], dims: Shape, ndim: int) -> Any:
    """The sums of one number for each of ``dims``, in their places among ``ndim`` dimensions of a tensor."""
    kernels = type_.kernels
    total = None
    for dim, column in zip(dims, columns, strict=True):
        shape = tuple(len(column) if each == dim else 1 for each in range(ndim))
        entries = kernels.reshape(_vector(type_, column), shape)
        total = entries if total is None else kernels.add(total, entries)
    return total


def _strides_of(array: Any, dims: Shape) -> list[int]:
    """How many places of the plane one step along each of ``dims`` is."""
    steps, step = [], 1
    for dim in dims[::-1]:
        steps.append(step)
        step *= array.shape[dim]
    return steps[::-1]


def _places(type_: Any, codes: Any, array: Any, dims: Shape, windows: Windows) -> Any:
    kernels = type_.kernels
    steps = _strides_of(array, dims)
    places = [
        [(k * stride - padding) * step for k in range(size)]
        for size, stride, padding, step in zip(windows.sizes, windows.stride, windows.padding, steps, strict=True)
    ]
    within = [0]
    for kernel, dilation, step in zip(windows.kernel, windows.dilation, steps, strict=True):
        within = [start + k * dilation * step for start in within for k in range(kernel)]
    moved = kernels.index(_vector(type_, within), [kernels.cast(codes, "int64")])
    return kernels.add(moved, _grid(type_, places, dims, len(array.shape)))


def _first_places(type_: Any, array: Any, dims: Shape, windows: Windows) -> Any:
    columns = []
    for dim, stride, padding, dilation, size, step in zip(
        dims, windows.stride, windows.padding, windows.dilation, windows.sizes, _strides_of(array, dims), strict=True
    ):
        starts = [place * stride - padding for place in range(size)]
        inside = [start if start >= 0 else start % dilation for start in starts]
        columns.append([min(start, array.shape[dim] - 1) * step for start in inside])
    return _grid(type_, columns, dims, len(array.shape))
