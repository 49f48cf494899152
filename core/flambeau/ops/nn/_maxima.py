"""The largest elements of windows and where they stand, as kernels compute them on any backend.

Windows are reduced one dimension at a time, from the last to the first, each by steps of one element of all windows at once.
Where the largest stands within its window is kept as a number that counts the window's elements in their order; as every
step comes with larger numbers than those before, the last change is the largest number.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from math import prod
from typing import Any

from flambeau import dtypes
from flambeau._tensor import from_array
from flambeau.ops.creation._vector import constant
from flambeau.shapes import Shape, slice_along
from flambeau.type_info import iinfo

from ._few_windows import few_largest, few_largest_and_places, repeating_columns
from ._taps import taken_along
from ._windows import Windows, whole

__all__ = [
    "has_kernel", "largest", "largest_and_places", "largest_and_places_of_edges", "largest_of_rows", "lowest", "step_of",
]  # fmt: skip


def lowest(dtype: dtypes.dtype) -> Any:
    """What no element is smaller than: what padding is for a maximum."""
    return -float("inf") if dtype.is_floating_point else iinfo(dtype).min


def _lengths(array: Any, dims: Shape) -> Shape:
    return tuple([array.shape[dim] for dim in dims])


def _padded(type_: Any, array: Any, dims: Shape, windows: Windows) -> Any:
    lengths = _lengths(array, dims)
    after = windows.overhang(lengths)
    if not any(windows.padding) and not any(after):
        return array
    before_all, after_all = [0] * len(array.shape), [0] * len(array.shape)
    for dim, low, high in zip(dims, windows.padding, after, strict=True):
        before_all[dim], after_all[dim] = low, high
    return type_.kernels.pad(array, tuple(before_all), tuple(after_all), lowest(type_.dtype))


def step_of(kernels: Any, array: Any, dim: int, first: int, count: int, stride: int) -> Any:
    """Every ``stride``-th of the elements along ``dim``, ``count`` of them from ``first`` on."""
    return kernels.slice(array, *_step(tuple(array.shape), dim, first, count, stride))


_step = lru_cache(maxsize=1024)(slice_along)


Part = Callable[[Any, int, int], Any]
"""From an array, the number of a pooled dimension and k, the elements number k of all windows along that dimension."""


def _repeating(type_: Any, dims: Shape, windows: Windows) -> Part:
    def part(array: Any, number: int, k: int) -> Any:
        first, count, stride = k * windows.dilation[number], windows.sizes[number], windows.stride[number]
        return step_of(type_.kernels, array, dims[number], first, count, stride)

    return part


def has_kernel(name: str, type_: Any, array: Any, lengths: Shape, windows: Windows) -> bool:
    """Whether there is such a kernel of windows for an array: each window has an element at least."""
    if getattr(type_.kernels, name) is None or not type_.real_floats or 0 in array.shape:
        return False
    return all(map(all, repeating_columns(windows, lengths).places))


def largest(type_: Any, array: Any, dims: Shape, windows: Windows) -> Any:
    """The largest element of each window over ``dims``; nan where there is one."""
    if has_kernel("window_largest", type_, array, _lengths(array, dims), windows):
        return type_.kernels.window_largest(array, dims[0], *windows, False)[0]
    few = few_largest(type_, array, dims, repeating_columns(windows, _lengths(array, dims)))
    if few is not None:
        return few
    best, part = _padded(type_, array, dims, windows), _repeating(type_, dims, windows)
    for number in reversed(range(len(dims))):
        source, best = best, part(best, number, 0)
        for k in range(1, windows.kernel[number]):
            best = type_.kernels.maximum(part(source, number, k), best)
    return _own(type_, best, array)


def _own(type_: Any, result: Any, array: Any) -> Any:
    """A result that is contiguous, and none of the memory of ``array``, though windows of one element are only taken."""
    return type_.kernels.clone(result, False) if result.shape == array.shape else whole(type_, result)


def largest_and_places(type_: Any, array: Any, dims: Shape, windows: Windows) -> tuple[Any, Any]:
    """The largest element of each window over ``dims``, the first of equal ones, and its place in the plane.

    A nan is larger than any number, the last of several the largest. Places are int64 and count the elements of ``dims`` in
    their order.
    """
    if has_kernel("window_largest", type_, array, _lengths(array, dims), windows):
        values, places = type_.kernels.window_largest(array, dims[0], *windows, True)
        return values, places
    few = few_largest_and_places(type_, array, dims, repeating_columns(windows, _lengths(array, dims)))
    if few is not None:
        return few
    padded = _padded(type_, array, dims, windows)
    best, codes = coded(type_, padded, windows.kernel, _repeating(type_, dims, windows))
    kernels = type_.kernels
    places = _places(type_, codes, array, dims, windows)
    if any(windows.padding):
        none = kernels.eq(best, type_.number(lowest(type_.dtype)))  # of equal ones the first that is no padding
        places = kernels.where(none, _first_places(type_, array, dims, windows), places)
    return _own(type_, best, array), places


def coded(type_: Any, array: Any, kernel: Shape, part: Part) -> tuple[Any, Any]:
    """The largest elements of windows, and which of their windows' elements they are."""
    if not (type_.floats and type_.backend.asynchronous):
        best, codes = _coded(type_, array, kernel, part, False)
        if not (type_.floats and _may_have_nan(type_, best)):
            return best, codes
    return _coded(type_, array, kernel, part, True)


def largest_of_rows(type_: Any, rows: Any) -> Any:
    """Where the largest element of each row is, the first of equal ones; nan is larger than any number, the last one largest."""
    kernels = type_.kernels
    found = kernels.argmax(rows, 1, False)
    if not (type_.floats and _may_have_nan(type_, rows)):
        return found
    int64, nan = type_.with_dtype(dtypes.int64), kernels.isnan(rows)
    turned = kernels.argmax(kernels.cast(kernels.flip(nan, (1,)), "int64"), 1, False)
    last = kernels.sub(int64.number(rows.shape[1] - 1), turned)
    return kernels.where(kernels.any(nan, (1,), False), last, found)


def _may_have_nan(type_: Any, array: Any) -> bool:
    """Whether there is a nan; yes where nobody waits for the answer."""
    if type_.backend.asynchronous:
        return True
    kernels = type_.kernels
    found = kernels.any(kernels.isnan(array), tuple(range(len(array.shape))), False)
    return bool(from_array(found, type_.with_dtype(dtypes.bool)).item())


def _coded(type_: Any, best: Any, kernel: Shape, part: Part, with_nan: bool) -> tuple[Any, Any]:
    kernels = type_.kernels
    small = prod(kernel) <= 256 and "uint8" in type_.backend.capabilities.dtypes
    counts = type_.with_dtype(dtypes.uint8 if small else dtypes.int64)
    codes = None
    inner = 1
    for number in reversed(range(len(kernel))):
        source, earlier = best, codes
        best = part(source, number, 0)
        codes = None if earlier is None else part(earlier, number, 0)
        for k in range(1, kernel[number]):
            values = part(source, number, k)
            later = kernels.lt(best, values)
            if with_nan:
                later = kernels.bitwise_or(later, kernels.isnan(values))
            best = kernels.maximum(values, best)
            code = counts.number(k * inner)
            if earlier is not None:
                code = kernels.add(part(earlier, number, k), code)
            code = kernels.mul(kernels.cast(later, counts.dtype.name), code)
            codes = code if codes is None else kernels.maximum(code, codes)
        inner *= kernel[number]
    if codes is None:
        codes = kernels.full(best.shape, 0, counts.dtype.name)
    return best, whole(type_, codes)


def largest_and_places_of_edges(
    type_: Any, array: Any, dims: Shape, edges: Sequence[Sequence[tuple[int, int]]]
) -> tuple[Any, Any]:
    """:func:`largest_and_places` of windows that begin and end anywhere: shorter ones repeat their last element."""
    kernels = type_.kernels
    kernel = tuple(max(end - start for start, end in each) for each in edges)

    def part(values: Any, number: int, k: int) -> Any:
        dim = dims[number]
        index = constant(type_, [min(start + k, end - 1) for start, end in edges[number]])
        return taken_along(type_, values, dim, index)

    best, codes = coded(type_, array, kernel, part)
    codes = kernels.cast(codes, "int64")
    int64 = type_.with_dtype(dtypes.int64)
    places, steps, inner = None, _strides_of(array, dims), 1
    for number in reversed(range(len(dims))):
        k = kernels.remainder(kernels.floor_divide(codes, int64.number(inner)), int64.number(kernel[number]))
        starts, lasts = (
            _grid(type_, [column], dims[number : number + 1], len(array.shape))
            for column in ([start for start, _ in edges[number]], [end - 1 for _, end in edges[number]])
        )
        along = kernels.mul(kernels.minimum(kernels.add(k, starts), lasts), int64.number(steps[number]))
        places = along if places is None else kernels.add(places, along)
        inner *= kernel[number]
    return _own(type_, best, array), places


def _grid(type_: Any, columns: list[list[int]], dims: Shape, ndim: int) -> Any:
    """The sums of one number for each of ``dims``, in their places among ``ndim`` dimensions of a tensor."""
    kernels = type_.kernels
    total = None
    for dim, column in zip(dims, columns, strict=True):
        shape = tuple(len(column) if each == dim else 1 for each in range(ndim))
        entries = kernels.reshape(constant(type_, column), shape)
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
    moved = kernels.index(constant(type_, within), [kernels.cast(codes, "int64")])
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
