"""Resizing of the last dimensions: by the nearest element, or by weighted sums of neighbours."""

from __future__ import annotations

from array import array as packed
from typing import Any

from flambeau import dtypes
from flambeau._dispatch.declare import primitive
from flambeau._tensor import Tensor, from_array
from flambeau.dtypes import scalar_type_name
from flambeau.ops.elementwise.selection import clamped
from flambeau.ops.movement.joining import channels_order
from flambeau.shapes import Shape

from ._resizing import Resize, fixed_taps, nearest_places, resize_taps
from ._taps import Taps, _resample, as_in_memory, as_product, is_fast_as_product, taken_along

__all__: list[str] = []  # in PyTorch these are functions of torch.nn.functional alone

Places = tuple[tuple[int, ...], ...]


def _nearest_input(grad: Tensor, input_shape: Shape, dims: Shape, places: Places) -> Tensor:
    lengths = [input_shape[dim] for dim in dims]
    maps = tuple(
        Taps(length, tuple(((place,), (1.0,)) for place in each)).turned()
        for length, each in zip(lengths, places, strict=True)
    )
    slope: Tensor = _resample(grad, dims, maps, channels_order(grad))
    return slope


@primitive(derivatives={"input": _nearest_input}, method=False, node="UpsampleNearest2DBackward0")
def _take_places(input: Tensor, dims: Shape, places: Places, order: Shape | None) -> Tensor:
    """The elements at such places along each of ``dims``."""
    type_ = input._type
    given, back = as_in_memory(input, order)
    array = given
    for dim, each in zip(dims, places, strict=True):
        array = _taken(type_, array, dim if back is None else back[dim], each)
    if array is given:
        array = type_.kernels.clone(array, False)
    return from_array(array if back is None else type_.kernels.permute(array, back), type_)


def _taken(type_: Any, array: Any, dim: int, places: tuple[int, ...]) -> Any:
    if places == tuple(range(array.shape[dim])):
        return array
    index = type_.kernels.from_host(memoryview(packed("q", places)), (len(places),), "int64")
    return taken_along(type_, array, dim, index)


def resized(
    kind: str,
    input: Tensor,
    size: list[int],
    scales: list[float] | None,
    align_corners: bool,
    antialias: bool,
) -> Tensor:
    """The last dimensions of a tensor resized.

    Args:
        kind: ``"nearest"``, ``"nearest-exact"``, ``"linear"``, ``"cubic"`` or ``"lanczos"``.
        input: floating or uint8, (N, C, …).
        size: for each dimension after the second.
        scales: the factors that were asked for.
        align_corners: whether the elements of the corners keep their places.
        antialias: whether a reduction takes all elements into account.

    Raises:
        RuntimeError: a size is not positive, or there are no channels.
        NotImplementedError: the dtype is another one.
    """
    count = len(size)
    shape = tuple(input._array.shape)
    _check_sizes(shape, size)
    _check_dtype(kind, count, input, antialias and tuple(size) != shape[2:])
    single = input.dtype is not dtypes.float64 and input.dtype is not dtypes.uint8
    if kind.startswith("nearest"):
        single = input.dtype is not dtypes.float64
    resizes = [
        Resize(length, new, None if scales is None else float(scale), align_corners, single)
        for length, new, scale in zip(shape[2:], size, scales or size, strict=True)
    ]
    dims = tuple(range(2, 2 + count))
    order = channels_order(input)
    if kind.startswith("nearest"):
        places = tuple(nearest_places(resize, kind == "nearest-exact") for resize in resizes)
        return _take_places(input, dims, places, order)
    maps = tuple(resize_taps(resize, kind, antialias) for resize in resizes)
    if input.dtype is dtypes.uint8:
        return _bytes_resized(input, dims, maps)
    result: Tensor = _resample(input, dims, maps, order)
    return result


def _check_sizes(shape: Shape, size: list[int]) -> None:
    axes = {1: ("W",), 2: ("H", "W"), 3: ("D", "H", "W")}[len(size)]
    if min(*shape[2:], *size) <= 0:
        before, after = (
            ", ".join(f"{axis}: {length}" for axis, length in zip(axes, lengths, strict=True))
            for lengths in (shape[2:], size)
        )
        between = " and" if len(size) == 1 else ""
        raise RuntimeError(
            f"Input and output sizes should be greater than 0, but got input ({before}){between} output ({after})"
        )
    if 0 in shape[1:]:
        raise RuntimeError(f"Non-empty {len(shape)}D data tensor expected but got a tensor with sizes {list(shape)}")


def _check_dtype(kind: str, count: int, input: Tensor, antialias: bool) -> None:
    bytes_too = kind.startswith("nearest") or count == 2
    if input.dtype is dtypes.uint8 and bytes_too:
        return
    if input._type.real_floats and not (antialias and input._type.halves):
        return
    word = kind.partition("-")[0]
    kernel = f"compute_indices_weights_{word}"
    if antialias:
        kernel = "compute_index_ranges_weights"
    elif count == 2 and kind != "cubic":
        kernel = f"upsample_{'bilinear' if kind == 'linear' else word}2d_channels_last"
    raise NotImplementedError(f"\"{kernel}\" not implemented for '{scalar_type_name(input.dtype)}'")


def _bytes_resized(input: Tensor, dims: Shape, maps: tuple[Taps, ...]) -> Tensor:
    """In integers of 16 bits and rounded after each dimension, from the last to the first, as PyTorch does."""
    order, type_ = channels_order(input), input._type
    given, back = as_in_memory(input, order)
    array = given
    for dim, taps in reversed(list(zip(dims, maps, strict=True))):
        if len(taps.rows) != taps.length or any(set(places) != {place} for place, (places, _) in enumerate(taps.rows)):
            array = _bytes_mapped(type_, array, dim if back is None else back[dim], taps)
    if array is given:
        array = type_.kernels.clone(array, False)
    return from_array(array if back is None else type_.kernels.permute(array, back), type_)


def _bytes_mapped(type_: Any, array: Any, dim: int, taps: Taps) -> Any:
    fixed = fixed_taps(taps)
    kernels = type_.kernels
    fits_single = fixed.reach < 1 << 24
    number = type_.with_dtype(dtypes.float32) if fits_single else type_.precise()
    if is_fast_as_product(taps) and (fits_single or number.dtype is dtypes.float64):
        # The floats have enough digits for every sum of integers, and for the same sums over a power of two.
        total = as_product(number, kernels.cast(array, number.dtype.name), dim, fixed.fractions)
        rounded, last = kernels.add(total, number.number(0.5)), 255.5
    else:
        number = type_.with_dtype(dtypes.int32)
        total = _summed(type_, array, dim, fixed.integers)
        half = number.number(1 << fixed.bits >> 1)
        rounded, last = kernels.right_shift(kernels.add(total, half), number.number(fixed.bits)), 255
    return kernels.cast(clamped(kernels, rounded, number.number(0), number.number(last)), "uint8")


def _summed(type_: Any, array: Any, dim: int, integers: Taps) -> Any:
    """The sums of what is at the first places of all rows, at the second ones, and so on."""
    kernels = type_.kernels
    array = kernels.cast(array, "int32")
    shape = tuple(len(integers.rows) if each == dim else 1 for each in range(len(array.shape)))
    total = None
    for k in range(max(len(places) for places, _ in integers.rows)):
        places = packed("q", [row[0][k] if k < len(row[0]) else 0 for row in integers.rows])
        weights = packed("q", [int(row[1][k]) if k < len(row[1]) else 0 for row in integers.rows])
        index, factors = (
            kernels.from_host(memoryview(numbers), (len(numbers),), "int64") for numbers in (places, weights)
        )
        factors = kernels.cast(kernels.reshape(factors, shape), "int32")
        term = kernels.mul(taken_along(type_, array, dim, index), factors)
        total = term if total is None else kernels.add(total, term)
    return total
