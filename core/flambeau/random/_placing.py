"""From drawn numbers to arrays: which element of a tensor gets the first number, which the next.

PyTorch goes through a tensor in the order of its memory: a transposed matrix is filled column by column. A factory
that makes a tensor like another one gives it the other's order.
"""

from __future__ import annotations

import warnings
from math import prod
from typing import TYPE_CHECKING, Any

from flambeau._tensor import Tensor, from_array
from flambeau._tensor.copies import memory_order
from flambeau.backend.types import TensorType
from flambeau.errors import GeneratorDeviceWarning, level_of_caller
from flambeau.shapes import Shape, c_order

from . import _counter
from ._draws import Draw
from ._generator import Generator, place_of, source_of
from ._transforms import transforms_of

if TYPE_CHECKING:
    from flambeau.backend.types import Place

__all__ = ["draw", "draws_by_counter", "dropped_by_counter", "drops_by_counter", "filling_order"]


def filling_order(tensor: Tensor) -> Shape:
    """The order in which a tensor is filled with numbers: that of its memory, C order where elements overlap."""
    strides = tensor.stride()
    if any(stride == 0 and size > 1 for size, stride in zip(tensor.shape, strides, strict=True)):
        return c_order(len(strides))
    return memory_order(tensor)


def draws_by_counter(place: Place, generator: Generator | None) -> bool:
    """Whether numbers for a device come from a counter, as on CUDA devices, not from a stream of words."""
    return isinstance(source_of(place_of(place, generator), generator), _counter.Counter)


def draw(
    type_: TensorType, shape: Shape, generator: Generator | None, wanted: Draw, *, order: Shape | None = None
) -> Any:
    """An array of a type and shape, filled in an order (C order by default).

    Where the generator is for another device type than ``type_``, the numbers are drawn on the generator's device and copied,
    with a warning.

    Args:
        type_: of the array.
        shape: of the array.
        generator: where numbers come from; None for the device's default generator.
        wanted: what is drawn.
        order: dimensions, slowest first.
    """
    place = type_.place if generator is None else place_of(type_.place, generator)
    source = source_of(place, generator)
    if 0 in shape:
        return type_.kernels.empty(shape, type_.dtype.name)
    if place is not type_.place:
        _warn_of_devices(type_.place, place)
        drawn = draw(place.type(type_.dtype), shape, generator, wanted, order=order)
        return from_array(drawn, place.type(type_.dtype))._to_type(type_)._array
    count = prod(shape) * (2 if type_.complex else 1)
    if order is not None and order == c_order(len(shape)):
        order = None
    turned = shape if order is None else tuple(shape[dim] for dim in order)
    kernels, dtype = type_.kernels, type_.dtype
    if isinstance(source, _counter.Counter):
        array, made = _counter.drawn(source, place, wanted, count)
        array = _counter.shaped(array, turned, made, type_)
    else:
        buffer = wanted.on_host(source, transforms_of(place.backend), count)
        made = dtype.name if type_.complex else wanted.dtype  # complex numbers are pairs of real ones
        made = "float32" if made == "bfloat16" else made  # whose numbers are only rounded so far
        array = kernels.from_host(memoryview(buffer).cast("B"), turned, made)
    if made != dtype.name and not type_.complex:
        array = kernels.cast(array, dtype.name)
    if order is None:
        return array
    return kernels.permute(array, tuple(order.index(dim) for dim in range(len(shape))))


def drops_by_counter(input: Tensor, generator: Generator | None) -> bool:
    """Whether dropout of a tensor is drawn as CUDA's fused kernel does it."""
    return place_of(input._type.place, generator) is input._type.place and draws_by_counter(
        input._type.place, generator
    )


def dropped_by_counter(input: Tensor, probability: float, generator: Generator | None) -> tuple[Any | None, Any]:
    """What dropout leaves of a tensor, None if no kernel does that, and bools: arrays in the memory order of ``input``."""
    type_, shape, order = input._type, input._array.shape, filling_order(input)
    kernels, source = type_.kernels, source_of(type_.place, generator)
    assert isinstance(source, _counter.Counter)
    turned, back = tuple(shape[dim] for dim in order), tuple(order.index(dim) for dim in range(len(shape)))
    flat = kernels.reshape(kernels.permute(input._array, order), (prod(shape),))
    found = _counter.dropped(source, type_.place, flat, prod(shape), probability, _width(input))
    values, kept = (None if each is None else kernels.permute(kernels.reshape(each, turned), back) for each in found)
    return values, kept


def _width(input: Tensor) -> int:
    """How many elements a thread takes at a time: what 16 bytes hold, if the memory is dense, aligned and divisible so."""
    dense = input.permute(filling_order(input)).is_contiguous() if input.dim() else True
    size = input.element_size()
    width = 16 // size if dense else 1
    while width > 1 and (input.numel() % width or input.data_ptr() % (width * size)):
        width //= 2
    return width


def _warn_of_devices(wanted: Place, own: Place) -> None:
    warnings.warn(
        f"the generator is on {own.device}, the result shall be on {wanted.device}: the numbers are drawn on {own.device} and "
        f"copied, which takes a transfer each time. Use torch.Generator(device='{wanted.device}'), or draw with "
        f"device='{own.device}'",
        GeneratorDeviceWarning,
        stacklevel=level_of_caller(),
    )
