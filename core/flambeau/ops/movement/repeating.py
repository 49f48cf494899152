"""Repeating elements by copies; :mod:`flambeau.ops.movement.broadcasting` does it without."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flambeau import dtypes
from flambeau._dispatch.declare import composite, fused, primitive
from flambeau._tensor import Tensor, from_array
from flambeau._tensor.methods import method
from flambeau.dtypes import scalar_type_name
from flambeau.shapes import Shape, as_int, as_ints, normalize_dim, size_argument

from .shapes import flatten, reshape

__all__ = ["repeat_interleave", "tile"]


def _interleaved(shape: Shape, repeats: Shape) -> Shape:
    """Repeats and sizes in turns: the shape in which what is repeated has a dimension of its own."""
    return tuple([size for pair in zip(repeats, shape, strict=True) for size in pair])


def _repeat_input(grad: Tensor, input_shape: Shape, repeats: Shape) -> Tensor:
    padded = (1,) * (len(repeats) - len(input_shape)) + input_shape
    if 0 in repeats:
        return grad.new_zeros(input_shape)
    summed = reshape(grad, _interleaved(padded, repeats)).sum(tuple(range(0, 2 * len(repeats), 2)))
    return reshape(summed, input_shape)


@primitive(derivatives={"input": _repeat_input}, method=False, node="RepeatBackward0")
def _repeat(input: Tensor, repeats: Shape) -> Tensor:
    kernels, shape = input._type.kernels, input._array.shape
    padded = (1,) * (len(repeats) - len(shape)) + shape
    apart = kernels.reshape(input._array, _interleaved(padded, (1,) * len(repeats)))
    copies = kernels.clone(kernels.expand(apart, _interleaved(padded, repeats)), False)
    whole = tuple(size * count for size, count in zip(padded, repeats, strict=True))
    return from_array(kernels.reshape(copies, whole), input._type)


@method("repeat")
def _repeat_method(self: Tensor, *times: Any, repeats: Sequence[int] | None = None) -> Tensor:
    """Copy the tensor so many times along each dimension; new dimensions lead. Source: ``torch.Tensor.repeat``.

    Raises:
        RuntimeError: there are fewer numbers than dimensions, or one is negative.

    Example:
        >>> import flambeau as torch
        >>> torch.tensor([1, 2]).repeat(2, 2)
        tensor([[1, 2, 1, 2],
                [1, 2, 1, 2]])
    """
    if not times and repeats is None:
        raise TypeError('repeat() missing 1 required positional arguments: "repeats"')
    return _repeated(self, size_argument("repeat", times, repeats, "repeats"))


def _repeated(input: Tensor, counts: Shape) -> Tensor:
    shape = tuple(input.shape)
    if len(counts) < len(shape):
        raise RuntimeError("Number of dimensions of repeat dims can not be smaller than number of dimensions of tensor")
    padded = (1,) * (len(counts) - len(shape)) + shape
    whole = [size * count for size, count in zip(padded, counts, strict=True)]
    if any(count < 0 for count in counts):
        raise RuntimeError(f"Trying to create tensor with negative dimension {min(whole)}: {whole}")
    return _repeat(input, counts)


@composite(method=False)
def tile(input: Tensor, dims: Sequence[int]) -> Tensor:
    """Copy a tensor so many times along its last dimensions; missing numbers count as 1. Source: ``torch.tile``.

    Raises:
        RuntimeError: a number is negative.

    Example:
        >>> import flambeau as torch
        >>> torch.tile(torch.tensor([[1, 2]]), (2,))
        tensor([[1, 2, 1, 2]])
    """
    counts = as_ints(dims, "dims")
    return _repeated(input, (1,) * (input.dim() - len(counts)) + counts)


@method("tile")
def _tile_method(self: Tensor, *times: Any, dims: Sequence[int] | None = None) -> Tensor:
    """Copy a tensor along its last dimensions: :func:`flambeau.tile`."""
    return tile(self, size_argument("tile", times, dims, "dims"))


def _repeat_each_input(grad: Tensor, input_shape: Shape, repeats: int, dim: int) -> Tensor:
    return reshape(grad, (*input_shape[: dim + 1], repeats, *input_shape[dim + 1 :])).sum(dim + 1)


@fused("repeat_interleave", derivatives={"input": _repeat_each_input}, method=False, node="RepeatInterleaveBackward0")
def _repeat_each(input: Tensor, repeats: int, dim: int) -> Tensor:
    kernels, shape = input._type.kernels, input._array.shape
    if kernels.repeat_interleave is not None:
        return from_array(kernels.repeat_interleave(input._array, repeats, dim), input._type)
    apart = kernels.reshape(input._array, (*shape[: dim + 1], 1, *shape[dim + 1 :]))
    copies = kernels.clone(kernels.expand(apart, (*shape[: dim + 1], repeats, *shape[dim + 1 :])), False)
    whole = (*shape[:dim], shape[dim] * repeats, *shape[dim + 1 :])
    return from_array(kernels.reshape(copies, whole), input._type)


@composite()
def repeat_interleave(
    input: Tensor,
    repeats: int | Tensor | None = None,
    dim: int | None = None,
    *,
    output_size: int | None = None,
) -> Tensor:
    """Repeat every element of a dimension, or of the flattened tensor. Source: ``torch.repeat_interleave``.

    Given one tensor of counts alone, return the indices that repeat element i so many times as the i-th count says.

    Raises:
        RuntimeError: a count is negative, the counts do not fit the dimension, or ``output_size`` is not their sum.

    Example:
        >>> import flambeau as torch
        >>> torch.repeat_interleave(torch.tensor([1, 2]), 2)
        tensor([1, 1, 2, 2])
        >>> torch.repeat_interleave(torch.tensor([[1, 2], [3, 4]]), torch.tensor([1, 2]), dim=0)
        tensor([[1, 2],
                [3, 4],
                [3, 4]])
    """
    if repeats is None:
        return _positions(input, output_size)
    if dim is None:
        input, dim = flatten(input), 0
    dim = normalize_dim(dim, input.dim())
    if isinstance(repeats, Tensor) and repeats.numel() == 1 and repeats.dim() < 2:
        repeats = int(repeats)
    if not isinstance(repeats, Tensor):
        repeats = as_int(repeats, "repeats")
        if repeats < 0:
            raise RuntimeError("Repeats must be non-negative")
        return _repeat_each(input, repeats, dim)
    if repeats.dim() == 1 and repeats.numel() != input.shape[dim]:
        raise RuntimeError(
            "repeats must have the same size as input along dim, but got repeats.size(0) = "
            f"{repeats.numel()} and input.size({dim}) = {input.shape[dim]}"
        )
    return input.index_select(dim, _positions(repeats, output_size))


def _positions(repeats: Tensor, output_size: int | None) -> Tensor:
    """Index i so many times as ``repeats[i]`` says."""
    if repeats.dim() > 1:
        raise RuntimeError("repeats must be 0-dim or 1-dim tensor")
    if repeats.dtype not in (dtypes.int32, dtypes.int64):
        raise NotImplementedError(f"\"repeat_interleave_cpu\" not implemented for '{scalar_type_name(repeats.dtype)}'")
    counts = repeats.detach().reshape(-1).to(dtypes.int64)
    if counts.numel() and bool((counts < 0).any()):
        raise RuntimeError("repeats can not be negative")
    total = int(counts.sum())
    if output_size is not None and output_size != total:
        raise RuntimeError("allocated size does not match required size")
    type_ = counts._type
    kernels = type_.kernels
    ends = kernels.cumsum(counts._array, 0) if counts.numel() else counts._array
    positions = kernels.searchsorted(ends, kernels.arange(0, 1, total, "int64"), True)
    return from_array(positions, type_).to(repeats.dtype)
