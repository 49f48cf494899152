"""Resizing of the last dimensions: by the nearest element, or by weighted sums of neighbours."""

from __future__ import annotations

from typing import Any

from flambeau import dtypes
from flambeau._dispatch.declare import primitive
from flambeau._tensor import Tensor, from_array
from flambeau.dtypes import scalar_type_name
from flambeau.ops.creation._vector import at_hand, constant
from flambeau.ops.elementwise.selection import clamped
from flambeau.ops.movement.joining import channels_order
from flambeau.shapes import Shape

from ._resizing import FixedTaps, Resize, filter_taps, fixed_taps, nearest_places, place_taps, resize_taps
from ._taps import Taps, _resample, as_in_memory, as_product, taken_along

__all__: list[str] = []  # in PyTorch these are functions of torch.nn.functional alone

Places = tuple[tuple[int, ...], ...]


def _nearest_input(grad: Tensor, input_shape: Shape, dims: Shape, places: Places) -> Tensor:
    maps = tuple(place_taps(input_shape[dim], each).turned() for dim, each in zip(dims, places, strict=True))
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
    return taken_along(type_, array, dim, constant(type_, places))


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
    number = at_hand(input._type.precise())
    maps = tuple(filter_taps(resize, kind, number) if antialias else resize_taps(resize, kind) for resize in resizes)
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
    array, back = as_in_memory(input, order)
    steps = [
        (dim if back is None else back[dim], fixed_taps(taps))
        for dim, taps in reversed(list(zip(dims, maps, strict=True)))
        if not _is_identity(taps)
    ]
    number = _exact_type(type_, [fixed for _, fixed in steps])
    if not steps:
        array = type_.kernels.clone(array, False)
    elif number is not None:
        array = _mapped_in_floats(number, array, steps)
    else:
        for dim, fixed in steps:
            array = _summed(type_, array, dim, fixed)
    return from_array(array if back is None else type_.kernels.permute(array, back), type_)


def _is_identity(taps: Taps) -> bool:
    return taps.count == taps.length and all(set(places) == {place} for place, (places, _) in enumerate(taps.rows))


def _exact_type(type_: Any, maps: list[FixedTaps]) -> Any:
    """Floats that have enough digits for every sum of integers; None where there are none."""
    largest = max((fixed.largest for fixed in maps), default=0)
    for dtype, digits in ((dtypes.float32, 24), (dtypes.float64, 53)):
        if largest >> digits == 0 and dtype.name in type_.backend.capabilities.dtypes:
            return type_.with_dtype(dtype)
    return None


def _mapped_in_floats(number: Any, array: Any, steps: list[tuple[int, FixedTaps]]) -> Any:
    """Bytes mapped along dimensions; a half is added to the sums, so that what cuts off rounds."""
    kernels, half = number.kernels, number.number(0.5)
    array = kernels.cast(array, number.dtype.name)
    for position, (dim, fixed) in enumerate(steps):
        if position:
            array = kernels.floor(array, **_in_place(number, array))
        array = as_product(number, array, dim, fixed.fractions)
        array = kernels.add(array, half, **_in_place(number, array))
        if fixed.overshooting:
            array = clamped(kernels, array, number.number(0), number.number(255))
    return kernels.cast(array, "uint8")


def _in_place(type_: Any, array: Any) -> dict[str, Any]:
    """What has a kernel write into an array that nobody else has, where the backend does so: memory is not touched anew."""
    return {"out": array} if type_.backend.capabilities.out else {}


def _summed(type_: Any, array: Any, dim: int, fixed: FixedTaps) -> Any:
    """In integers: the sums of what is at the first places of all rows, at the second ones, and so on."""
    kernels, wide, rows = type_.kernels, type_.with_dtype(dtypes.int32), fixed.fractions.rows
    array = kernels.cast(array, "int32")
    shape = tuple(len(rows) if each == dim else 1 for each in range(len(array.shape)))
    total = wide.number(1 << fixed.bits >> 1)
    for k in range(max(len(places) for places, _ in rows)):
        index = constant(type_, [row[0][k] if k < len(row[0]) else 0 for row in rows])
        factors = constant(type_, [int(row[1][k] * (1 << fixed.bits)) if k < len(row[1]) else 0 for row in rows])
        factors = kernels.cast(kernels.reshape(factors, shape), "int32")
        total = kernels.add(total, kernels.mul(taken_along(type_, array, dim, index), factors))
    shifted = kernels.right_shift(total, wide.number(fixed.bits))
    return kernels.cast(clamped(kernels, shifted, wide.number(0), wide.number(255)), "uint8")
