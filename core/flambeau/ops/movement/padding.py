"""Padding: elements added at the ends of dimensions, from a constant or from the tensor itself."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

from flambeau._dispatch.declare import primitive
from flambeau._dispatch.runtime import Number, number_argument
from flambeau._tensor import Tensor, from_array
from flambeau._tensor.modes import inference_mode
from flambeau._tensor.overrides import overridable
from flambeau.backend.types import Place
from flambeau.errors import argument_type
from flambeau.layouts import contiguous_format
from flambeau.ops.creation._bent import bent
from flambeau.ops.creation.filled import fitting_all
from flambeau.ops.creation.ranges import arange
from flambeau.shapes import Shape, as_ints, is_one

from .joining import cat, channels_order
from .slicing import _narrow

__all__ = ["constant_pad_nd", "pad"]


@overridable
def pad(
    input: Tensor, pad: Sequence[int], mode: str | None = None, value: float | None = None, **keywords: Any
) -> Tensor:
    """Add elements at both ends of dimensions. Source of the semantics: ``torch.nn.functional.pad``.

    Args:
        input: a tensor of any number of dimensions; PyTorch pads the last dimensions only where ``mode`` is not
            ``"constant"``.
        pad: how many elements to add, in pairs from the last dimension on: (before, after, before, after, …). Negative
            numbers remove elements.
        mode: ``"constant"``; ``"reflect"``, mirrored without the edge; ``"replicate"``, the edge repeated;
            ``"circular"``, from the other end; and beyond PyTorch ``"edge"``, another name of ``"replicate"``, and
            ``"symmetric"``, mirrored with the edge. ``padding_mode`` is another name of this parameter.
        value: the constant, 0 by default; only with ``"constant"``.

    Raises:
        RuntimeError: there is an odd number of entries or too many, a result would have a negative size, a mirror or a
            circle is too short for what is asked of it, or ``value`` is not 0 with another mode than ``"constant"``.
        NotImplementedError: there is no such mode.
        TypeError: an unknown keyword, or one number where there are to be pairs.

    Example:
        >>> import flambeau as torch
        >>> torch.nn.functional.pad(torch.tensor([1, 2, 3]), (1, 2), value=9)
        tensor([9, 1, 2, 3, 9, 9])
        >>> torch.nn.functional.pad(torch.tensor([1, 2, 3]), (2, 1), mode="reflect")
        tensor([3, 2, 1, 2, 3, 2])
    """
    mode = _mode(mode, keywords)
    if is_one(pad):
        raise argument_type("pad", "pad", 2, pad, "tuple of ints")
    order = channels_order(input)
    if mode == "constant" and order is None:
        return constant_pad_nd(input, as_ints(pad, "pad"), 0 if value is None else value)
    before, after = _pairs(input, as_ints(pad, "pad"))
    if mode == "circular" and order is not None:
        return _padded(input, before, after, mode, value).contiguous()  # as PyTorch's, which is made anew
    if order is None:
        return _padded(input, before, after, mode, value)
    if mode in _SOURCES:
        _check_room(input, before, after, mode)  # which names dimensions: before they are others
    turned = input.permute(order)
    padded = _padded(turned, tuple(before[dim] for dim in order), tuple(after[dim] for dim in order), mode, value)
    return padded.permute(tuple(map(order.index, range(len(order)))))


def _padded(input: Tensor, before: Shape, after: Shape, mode: str, value: float | None) -> Tensor:
    if mode == "constant":
        return constant_pad_nd(input, _listed(before, after), 0 if value is None else value)
    if mode not in _SOURCES:
        raise NotImplementedError(f"Unrecognised padding mode {mode}; there are constant, {', '.join(_SOURCES)}")
    if value:
        raise RuntimeError(f'Padding mode "{mode}" doesn\'t take in value argument')
    if mode == "circular":  # elements are removed first: they do not come back from the other end
        removed = (tuple(min(count, 0) for count in counts) for counts in (before, after))
        input = constant_pad_nd(input, _listed(*removed), 0)
        before, after = (tuple(max(count, 0) for count in counts) for counts in (before, after))
    _check_room(input, before, after, mode)
    if mode == "circular":
        return _all_joined(input, before, after, mode)
    return _padded_from_itself(input, before, after, mode)


def _check_room(input: Tensor, before: Shape, after: Shape, mode: str) -> None:
    """Raise where a dimension, of which the last one is looked at first, has too few elements."""
    longest, last = _SOURCES[mode][1], len(before) - 1
    for dim in range(last, -1, -1):
        low, high = before[dim], after[dim]
        if (low > 0 or high > 0) and max(low, high) > longest(input._array.shape[dim]):
            what = (
                "Padding value causes wrapping around more than once. It should be the input dimension at most,"
                if mode == "circular"
                else f"Argument #{4 + 2 * (last - dim)}: Padding size should be less than the corresponding input dimension,"
            )
            raise RuntimeError(
                f"{what} but got: padding ({low}, {high}) at dimension {dim} of input {list(input.shape)}"
            )


def _all_joined(input: Tensor, before: Shape, after: Shape, mode: str) -> Tensor:
    for dim, (size, low, high) in enumerate(zip(tuple(input._array.shape), before, after, strict=True)):
        if low or high:
            input = _joined(input, dim, (size, low, high), mode)
    return input


def _folded(grad: Tensor, input: Tensor, before: Shape, after: Shape, mode: str) -> Tensor:
    """Every element's gradient is the sum of those of the places that it was put to."""
    for dim, (size, low, high) in enumerate(zip(input.shape, before, after, strict=True)):
        if low or high:
            sources = _SOURCES[mode][0](arange(-low, size + high, device=grad.device), size)
            shape = tuple(grad.shape)
            grad = grad.new_zeros((*shape[:dim], size, *shape[dim + 1 :])).index_add(dim, sources, grad)
    return bent(grad, input)


@primitive(derivatives={"input": _folded}, method=False, node="PadBackward0")
def _padded_from_itself(input: Tensor, before: Shape, after: Shape, mode: str) -> Tensor:
    if not any(before) and not any(after):
        return input.detach().clone(memory_format=contiguous_format)
    return _all_joined(input.detach(), before, after, mode)


def _joined(input: Tensor, dim: int, sizes: tuple[int, int, int], mode: str) -> Tensor:
    """One dimension padded: what comes before, the part that is kept, what comes after."""
    size, low, high = sizes
    place = input._type.place
    first, last = max(-low, 0), size - max(-high, 0)
    if first > last:  # more is removed than there is, of what is added too
        return input.index_select(dim, _sources(mode, range(-low, size + high), size, place))
    kept = input if last - first == size else _narrow(input, dim, first, last - first)
    ends = [range(-low, 0)] if low > 0 else [], [range(size, size + high)] if high > 0 else []
    head, tail = ([input.index_select(dim, _sources(mode, each, size, place)) for each in end] for end in ends)
    return cat([*head, kept, *tail], dim)


@lru_cache(maxsize=64)
def _sources(mode: str, positions: range, size: int, place: Place) -> Tensor:
    """The indices that stand at such positions: images of one size are padded one after the other."""
    with inference_mode(False):  # they serve for tensors of a graph, too
        return _SOURCES[mode][0](arange(positions.start, positions.stop, device=place.device), size)


def _mode(mode: str | None, keywords: dict[str, Any]) -> str:
    for keyword in keywords:
        if keyword != "padding_mode":
            raise TypeError(f"pad() got an unexpected keyword argument {keyword!r}")
    other = keywords.get("padding_mode")
    if mode is not None and other is not None:
        raise TypeError("pad() got both 'mode' and 'padding_mode', which are the same")
    return mode or other or "constant"


def _pairs(input: Tensor, pad: Shape) -> tuple[Shape, Shape]:
    """How many elements to add before and after every dimension."""
    if len(pad) % 2:
        raise RuntimeError("Padding length must be divisible by 2")
    shape = input._array.shape
    if len(pad) // 2 > len(shape):
        raise RuntimeError(
            "Padding length should be less than or equal to two times the input dimension but got padding length "
            f"{len(pad)} and input of dimension {len(shape)}"
        )
    rest = (0,) * (len(shape) - len(pad) // 2)
    before, after = rest + pad[-2::-2], rest + pad[::-2]
    sizes = [size + low + high for size, low, high in zip(shape, before, after, strict=True)]
    if min(sizes, default=0) < 0:
        raise RuntimeError(
            f"The input size {list(input.shape)}, plus negative padding {list(pad)} resulted in a negative output size "
            f"{sizes}, which is invalid."
        )
    return before, after


def _listed(before: Shape, after: Shape) -> Shape:
    """The numbers in the order of the argument ``pad``, from the last dimension on."""
    return tuple(count for pair in zip(before[::-1], after[::-1], strict=True) for count in pair)


# -- where the added elements come from ---------------------------------------------------------------


def _mirrored(position: Tensor, size: int) -> Tensor:
    return (size - 1) - (position.abs() - (size - 1)).abs()


def _mirrored_with_edge(position: Tensor, size: int) -> Tensor:
    folded = position.remainder(2 * size)
    return folded.minimum((2 * size - 1) - folded)


_SOURCES: dict[str, tuple[Callable[[Tensor, int], Tensor], Callable[[int], float]]] = {
    "reflect": (_mirrored, lambda size: size - 1),
    "replicate": (lambda position, size: position.clamp(0, size - 1), lambda size: float("inf") if size else 0),
    "edge": (lambda position, size: position.clamp(0, size - 1), lambda size: float("inf") if size else 0),
    "circular": (lambda position, size: position.remainder(size), lambda size: size),
    "symmetric": (_mirrored_with_edge, lambda size: size),
}
"""By mode, the index that stands at a position, and how many elements can be added at one end of a size."""


# -- constants ---------------------------------------------------------------


def _constant_pad_input(grad: Tensor, pad: Sequence[int]) -> Tensor:
    return constant_pad_nd(grad, tuple(-count for count in pad), 0)


@primitive(derivatives={"input": _constant_pad_input}, method=False, node="ConstantPadNdBackward0")
def constant_pad_nd(input: Tensor, pad: Sequence[int], value: Number = 0) -> Tensor:
    """Add elements of a constant, or remove elements, at both ends of dimensions. Source: ``torch.constant_pad_nd``.

    Raises:
        RuntimeError: there are more to remove than a dimension has, or ``pad`` does not fit the dimensions.

    Example:
        >>> import flambeau as torch
        >>> torch.constant_pad_nd(torch.tensor([1, 2]), (1, -1), 7)
        tensor([7, 1])
    """
    counts = as_ints(pad, "pad")
    before, after = _pairs(input, counts)
    kept, type_ = input._array, input._type
    if min(counts, default=0) < 0:
        kept = _without(type_.kernels, kept, before, after)
        before, after = (tuple(max(count, 0) for count in each) for each in (before, after))
    number: Any = number_argument("constant_pad_nd", "value", value, 3)
    if not any(before) and not any(after):  # a copy, in the order of memory that there is
        return from_array(kept, type_).clone()
    return from_array(type_.kernels.pad(kept, before, after, fitting_all(number, type_.dtype)), type_)


def _without(kernels: Any, array: Any, before: Shape, after: Shape) -> Any:
    """What negative numbers leave of an array."""
    shape = array.shape
    starts = tuple(max(-low, 0) for low in before)
    lengths = tuple(size - start - max(-high, 0) for size, start, high in zip(shape, starts, after, strict=True))
    if any(length < 0 for length in lengths):
        raise RuntimeError("narrow(): length must be non-negative.")
    return kernels.slice(array, starts, lengths, (1,) * len(shape))
