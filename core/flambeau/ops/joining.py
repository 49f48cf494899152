"""Joining tensors, and reversing the order of elements: copies, unlike what :mod:`flambeau.ops.movement` does."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .._methods import method
from .._tensor import Tensor, from_array
from ..shapes import Shape, normalize_dim, size_argument
from ._declare import composite, primitive
from ._runtime import common_type, operands_of
from .movement import reshape
from .slicing import _narrow, _select

__all__ = ["cat", "concat", "flip", "hstack", "stack", "vstack"]


def _flip_input(grad: Tensor, dims: Shape) -> Tensor:
    return _flip(grad, dims)


@primitive(derivatives={"input": _flip_input}, method=False, node="FlipBackward0")
def _flip(input: Tensor, dims: Shape) -> Tensor:
    return from_array(input._type.kernels.flip(input._array, dims), input._type)


@composite(method=False)
def flip(input: Tensor, dims: int | Sequence[int]) -> Tensor:
    """Reverse the order of elements along ``dims``, an int or several; a copy. Source: ``torch.flip``.

    Example:
        >>> import flambeau as torch
        >>> torch.flip(torch.tensor([[1, 2], [3, 4]]), (0,))
        tensor([[3, 4],
                [1, 2]])
    """
    wanted = (dims,) if isinstance(dims, int) else tuple(dims)
    normalized = tuple(normalize_dim(dim, input.dim()) for dim in wanted)
    if len(set(normalized)) != len(normalized):
        raise RuntimeError("dim appears multiple times in the list of dims")
    return _flip(input, normalized if input.dim() else ())


@method("flip")
def _flip_method(self: Tensor, *dims: Any, **keyword: Any) -> Tensor:
    """Reverse the order of elements along dims: :func:`flambeau.flip`."""
    if keyword:
        dims = (keyword["dims"],)
    return flip(self, size_argument("flip", dims))


def _cut_back(grad: Tensor, tensors_shape: Sequence[Shape], dim: int) -> list[Tensor]:
    starts = [sum(shape[dim] for shape in tensors_shape[:position]) for position in range(len(tensors_shape))]
    return [_narrow(grad, dim, start, shape[dim]) for start, shape in zip(starts, tensors_shape, strict=True)]


@primitive(derivatives={"tensors": _cut_back}, method=False, node="CatBackward0")
def _cat(tensors: Sequence[Tensor], dim: int) -> Tensor:
    arrays, type_ = operands_of("cat", tensors)
    return from_array(type_.kernels.concat(arrays, dim), type_)


@composite(method=False, out=True)
def cat(tensors: Sequence[Tensor], dim: int = 0) -> Tensor:
    """Join tensors along a dimension that they have; dtypes are promoted. Source of the semantics: ``torch.cat``.

    Raises:
        RuntimeError: there are none, or their shapes differ in another dimension.

    Example:
        >>> import flambeau as torch
        >>> torch.cat((torch.tensor([1, 2]), torch.tensor([3])))
        tensor([1, 2, 3])
    """
    tensors = _tensors("cat", tensors)
    common_type("cat", tensors)
    for position, tensor in enumerate(tensors):
        if tensor.dim() == 0:
            raise RuntimeError(f"zero-dimensional tensor (at position {position}) cannot be concatenated")
    kept = [tensor for tensor in tensors if tensor._array.shape != (0,)] or tensors[:1]  # PyTorch skips these
    shape = kept[0]._array.shape
    dim = normalize_dim(dim, len(shape))
    for position, tensor in enumerate(kept):
        other = tensor._array.shape
        if len(other) != len(shape):
            raise RuntimeError(f"Tensors must have same number of dimensions: got {len(shape)} and {len(other)}")
        for d, (size, wanted) in enumerate(zip(other, shape, strict=True)):
            if d != dim and size != wanted:
                raise RuntimeError(
                    f"Sizes of tensors must match except in dimension {dim}. Expected size {wanted} but got size {size} for "
                    f"tensor number {position} in the list."
                )
    return _cat(kept, dim)


concat = cat


def _tensors(function: str, tensors: Sequence[Tensor]) -> list[Tensor]:
    listed = list(tensors)
    if not listed:
        raise RuntimeError(f"{function}(): expected a non-empty list of Tensors")
    for position, tensor in enumerate(listed):
        if not isinstance(tensor, Tensor):
            raise TypeError(f"expected Tensor as element {position} in argument 0, but got {type(tensor).__name__}")
    return listed


def _stack_tensors(grad: Tensor, dim: int) -> list[Tensor]:
    return [_select(grad, dim, index) for index in range(grad._array.shape[dim])]


@primitive(derivatives={"tensors": _stack_tensors}, method=False, node="StackBackward0")
def _stack(tensors: Sequence[Tensor], dim: int) -> Tensor:
    arrays, type_ = operands_of("stack", tensors)
    shape = arrays[0].shape
    slices = [type_.kernels.reshape(array, (*shape[:dim], 1, *shape[dim:])) for array in arrays]
    return from_array(type_.kernels.concat(slices, dim), type_)


@composite(method=False, out=True)
def stack(tensors: Sequence[Tensor], dim: int = 0) -> Tensor:
    """Join tensors of one shape along a new dimension. Source of the semantics: ``torch.stack``.

    Raises:
        RuntimeError: there are none, or their shapes differ.

    Example:
        >>> import flambeau as torch
        >>> torch.stack((torch.tensor([1, 2]), torch.tensor([3, 4])))
        tensor([[1, 2],
                [3, 4]])
    """
    listed = list(tensors)
    if not listed:
        raise RuntimeError("stack expects a non-empty TensorList")
    listed = _tensors("stack", listed)
    first = listed[0].shape
    for position, tensor in enumerate(listed):
        if tensor.shape != first:
            raise RuntimeError(
                f"stack expects each tensor to be equal size, but got {list(first)} at entry 0 and {list(tensor.shape)} at "
                f"entry {position}"
            )
    common_type("stack", listed)
    return _stack(listed, normalize_dim(dim, len(first) + 1))


@composite(method=False, out=True)
def hstack(tensors: Sequence[Tensor]) -> Tensor:
    """Join tensors along the second dimension, the first of one-dimensional ones. Source: ``torch.hstack``.

    Example:
        >>> import flambeau as torch
        >>> torch.hstack((torch.tensor([1]), torch.tensor([2, 3])))
        tensor([1, 2, 3])
    """
    listed = [tensor if tensor.dim() else reshape(tensor, (1,)) for tensor in _tensors("hstack", tensors)]
    return cat(listed, 0 if listed[0].dim() == 1 else 1)


@composite(method=False, out=True)
def vstack(tensors: Sequence[Tensor]) -> Tensor:
    """Join tensors along the first dimension, one-dimensional ones as rows. Source of the semantics: ``torch.vstack``.

    Example:
        >>> import flambeau as torch
        >>> torch.vstack((torch.tensor([1, 2]), torch.tensor([3, 4])))
        tensor([[1, 2],
                [3, 4]])
    """
    listed = [tensor if tensor.dim() > 1 else reshape(tensor, (1, -1)) for tensor in _tensors("vstack", tensors)]
    return cat(listed, 0)
