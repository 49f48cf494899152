"""Joining tensors into one, which is a copy."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

from flambeau._dispatch.declare import alias, composite, primitive
from flambeau._dispatch.runtime import common_type, operands_of, unrecorded_type
from flambeau._tensor import Tensor, from_array
from flambeau._tensor.overrides import overridable
from flambeau.backend.types import TensorType
from flambeau.layouts import CHANNELS_LAST, contiguous_format, order_of_format, suggested_format
from flambeau.ops.creation.filled import zeros
from flambeau.shapes import Shape, normalize_dim

from ._lists import tensor_list
from .shapes import reshape
from .slicing import _narrow, _pad_zeros, _select

__all__ = [
    "atleast_1d",
    "atleast_2d",
    "atleast_3d",
    "block_diag",
    "cat",
    "column_stack",
    "concat",
    "concatenate",
    "dstack",
    "hstack",
    "row_stack",
    "stack",
    "vstack",
]


def _skipped(shape: Shape, ndim: int) -> bool:
    """Whether it is an empty vector among matrices, which only takes part in the promotion."""
    return shape == (0,) and ndim != 1


def _cut_back(grad: Tensor, tensors_shape: Sequence[Shape], dim: int) -> list[Tensor]:
    parts, start = [], 0
    for shape in tensors_shape:
        if _skipped(shape, grad.dim()):
            parts.append(grad.new_zeros((0,)))
            continue
        parts.append(_narrow(grad, dim, start, shape[dim]))
        start += shape[dim]
    return parts


@primitive(derivatives={"tensors": _cut_back}, method=False, node="CatBackward0")
def _cat(tensors: Sequence[Tensor], dim: int) -> Tensor:
    arrays, type_ = operands_of("cat", tensors)
    if (0,) in [array.shape for array in arrays]:
        ndim = max(len(array.shape) for array in arrays)
        arrays = [array for array in arrays if not _skipped(array.shape, ndim)]
    return from_array(type_.kernels.concat(arrays, dim), type_)


@composite(method=False, out=True)
def cat(tensors: Sequence[Tensor], dim: int = 0) -> Tensor:
    """Join tensors along a dimension that they have; dtypes are promoted. Source of the semantics: ``torch.cat``.

    Raises:
        ValueError: there are none.
        RuntimeError: their shapes differ in another dimension.

    Example:
        >>> import flambeau as torch
        >>> torch.cat((torch.tensor([1, 2]), torch.tensor([3])))
        tensor([1, 2, 3])
    """
    type_ = _plain_type(tensors)
    if type_ is None:
        tensors = tensor_list("cat", tensors)
        if not tensors:
            raise ValueError("torch.cat(): expected a non-empty list of Tensors")
        common_type("cat", tensors)
    shape = tensors[0]._array.shape
    if not shape or not _are_of_shape(tensors, shape):
        shape, type_ = _checked_shapes(tensors, dim), None
    dim = normalize_dim(dim, len(shape))
    if type_ is not None and len(shape) < _LEAST_WITH_CHANNELS:  # neither a history nor an order of memory to keep
        return from_array(type_.kernels.concat([tensor._array for tensor in tensors], dim), type_)
    order = channels_order(tensors[0])
    if order is not None and all(channels_order(tensor) == order for tensor in tensors):
        joined = _cat([tensor.permute(order) for tensor in tensors], order.index(dim))
        return joined.permute(tuple(map(order.index, range(len(order)))))
    return _cat(tensors, dim)


def _plain_type(tensors: Any) -> TensorType | None:
    """The type of a list of tensors that are alike and have no history, so that there is nothing to check but their shapes."""
    return unrecorded_type(tensors) if tensors.__class__ is list or tensors.__class__ is tuple else None


_LEAST_WITH_CHANNELS = min(CHANNELS_LAST.values())


def _are_of_shape(tensors: Sequence[Tensor], shape: Shape) -> bool:
    for tensor in tensors:  # noqa: SIM110 (all() would take twice the time)
        if tensor._array.shape != shape:
            return False
    return True


def _checked_shapes(tensors: Sequence[Tensor], dim: int) -> Shape:
    """The shape of the first tensor that is joined, where not all have one shape.

    Raises:
        RuntimeError: the tensors do not fit.
    """
    for position, tensor in enumerate(tensors):
        if tensor.dim() == 0:
            raise RuntimeError(f"zero-dimensional tensor (at position {position}) cannot be concatenated")
    kept = tensors
    if any(tensor.dim() != 1 for tensor in tensors):  # PyTorch skips empty vectors among matrices
        ndim = max(tensor.dim() for tensor in tensors)
        kept = [tensor for tensor in tensors if not _skipped(tensor._array.shape, ndim)]
    shape: Shape = kept[0]._array.shape
    dim = normalize_dim(dim, len(shape))
    for position, tensor in enumerate(kept):
        other = tensor._array.shape
        if other == shape:
            continue
        if len(other) != len(shape):
            raise RuntimeError(f"Tensors must have same number of dimensions: got {len(shape)} and {len(other)}")
        for d, (size, wanted) in enumerate(zip(other, shape, strict=True)):
            if d != dim and size != wanted:
                raise RuntimeError(
                    f"Sizes of tensors must match except in dimension {dim}. Expected size {wanted} but got size {size} for "
                    f"tensor number {position} in the list."
                )
    return shape


def channels_order(input: Tensor) -> tuple[int, ...] | None:
    """The dimensions in the order of memory, if the channels are innermost there."""
    shape = input._array.shape
    if len(shape) not in CHANNELS_LAST.values():
        return None
    return _channels_order(tuple(shape), tuple(input._type.backend.strides(input._array)))


@lru_cache(maxsize=256)
def _channels_order(shape: Shape, strides: Shape) -> Shape | None:
    format = suggested_format(shape, strides)
    return None if format is contiguous_format else order_of_format(format, len(shape))


concat = alias(cat, "concat")
concatenate = alias(cat, "concatenate")


def _stack_tensors(grad: Tensor, dim: int) -> list[Tensor]:
    return [_select(grad, dim, index) for index in range(grad._array.shape[dim])]


@primitive(derivatives={"tensors": _stack_tensors}, method=False, node="StackBackward0")
def _stack(tensors: Sequence[Tensor], dim: int) -> Tensor:
    arrays, type_ = operands_of("stack", tensors)
    return from_array(_stacked(arrays, dim, type_), type_)


def _stacked(arrays: Sequence[Any], dim: int, type_: TensorType) -> Any:
    """Arrays of one shape side by side along a new dimension, which is a part of the one that it comes before."""
    shape, kernels = arrays[0].shape, type_.kernels
    if dim == len(shape):
        arrays = [kernels.reshape(array, (*shape, 1)) for array in arrays]
        return kernels.concat(arrays, dim)
    return kernels.reshape(kernels.concat(arrays, dim), (*shape[:dim], len(arrays), *shape[dim:]))


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
    type_ = _plain_type(tensors)
    listed = tensors if type_ is not None else _stackable("stack", tensors)
    first = listed[0]._array.shape
    for position, tensor in enumerate(listed):
        if tensor._array.shape != first:
            raise RuntimeError(
                f"stack expects each tensor to be equal size, but got {list(first)} at entry 0 and {list(tensor.shape)} at "
                f"entry {position}"
            )
    if type_ is None:
        common_type("stack", listed)
    dim = normalize_dim(dim, len(first) + 1)
    if type_ is not None:
        return from_array(_stacked([tensor._array for tensor in listed], dim, type_), type_)
    return _stack(listed, dim)


# -- with as many dimensions as it takes ---------------------------------------------------------------


def _each(function: Callable[[Tensor], Tensor], name: str, tensors: tuple[Any, ...]) -> Any:
    """``function`` of one tensor, or the tuple of those of several, given one by one or as a sequence."""
    if len(tensors) == 1 and isinstance(tensors[0], Tensor):
        return function(tensors[0])
    listed = tensors[0] if len(tensors) == 1 else tensors
    if not isinstance(listed, (tuple, list)) or not all(isinstance(tensor, Tensor) for tensor in listed):
        raise TypeError(f"{name}(): expected a Tensor, or a tuple of Tensors, not {tensors!r}")
    return tuple([function(tensor) for tensor in listed])


def _one(tensor: Tensor) -> Tensor:
    return tensor if tensor.dim() else reshape(tensor, (1,))


def _two(tensor: Tensor) -> Tensor:
    return tensor if tensor.dim() > 1 else reshape(tensor, (1, tensor.numel()))


def _three(tensor: Tensor) -> Tensor:
    shape = tuple(tensor.shape)
    if len(shape) > 2:
        return tensor
    return reshape(tensor, (*shape, 1) if len(shape) == 2 else (1, tensor.numel(), 1))


@overridable
def atleast_1d(*tensors: Any) -> Any:
    """View tensors without dimensions as vectors of one element. Source of the semantics: ``torch.atleast_1d``.

    Several tensors give a tuple.

    Example:
        >>> import flambeau as torch
        >>> torch.atleast_1d(torch.tensor(3))
        tensor([3])
    """
    return _each(_one, "atleast_1d", tensors)


@overridable
def atleast_2d(*tensors: Any) -> Any:
    """View tensors of fewer than two dimensions as one row. Source of the semantics: ``torch.atleast_2d``.

    Several tensors give a tuple.

    Example:
        >>> import flambeau as torch
        >>> torch.atleast_2d(torch.tensor([3, 4]))
        tensor([[3, 4]])
    """
    return _each(_two, "atleast_2d", tensors)


@overridable
def atleast_3d(*tensors: Any) -> Any:
    """View tensors with three dimensions at least: (n) becomes (1, n, 1), (n, m) becomes (n, m, 1).

    Several tensors give a tuple. Source of the semantics: ``torch.atleast_3d``.

    Example:
        >>> import flambeau as torch
        >>> torch.atleast_3d(torch.zeros(2, 3)).shape
        torch.Size([2, 3, 1])
    """
    return _each(_three, "atleast_3d", tensors)


def _stackable(function: str, tensors: Sequence[Tensor]) -> list[Tensor]:
    listed = tensor_list(function, tensors)
    if not listed:
        raise RuntimeError(f"{function} expects a non-empty TensorList")
    return listed


@composite(method=False, out=True)
def hstack(tensors: Sequence[Tensor]) -> Tensor:
    """Join tensors along the second dimension, the first of one-dimensional ones. Source: ``torch.hstack``.

    Example:
        >>> import flambeau as torch
        >>> torch.hstack((torch.tensor([1]), torch.tensor([2, 3])))
        tensor([1, 2, 3])
    """
    listed = [_one(tensor) for tensor in _stackable("hstack", tensors)]
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
    return cat([_two(tensor) for tensor in _stackable("vstack", tensors)], 0)


row_stack = alias(vstack, "row_stack")


@composite(method=False, out=True)
def dstack(tensors: Sequence[Tensor]) -> Tensor:
    """Join tensors along the third dimension, after :func:`flambeau.atleast_3d`. Source: ``torch.dstack``.

    Example:
        >>> import flambeau as torch
        >>> torch.dstack((torch.tensor([1, 2]), torch.tensor([3, 4])))
        tensor([[[1, 3],
                 [2, 4]]])
    """
    return cat([_three(tensor) for tensor in _stackable("dstack", tensors)], 2)


@composite(method=False, out=True)
def column_stack(tensors: Sequence[Tensor]) -> Tensor:
    """Join tensors along the second dimension, one-dimensional ones as columns. Source: ``torch.column_stack``.

    Example:
        >>> import flambeau as torch
        >>> torch.column_stack((torch.tensor([1, 2]), torch.tensor([3, 4])))
        tensor([[1, 3],
                [2, 4]])
    """
    listed = _stackable("column_stack", tensors)
    return cat([tensor if tensor.dim() > 1 else reshape(tensor, (tensor.numel(), 1)) for tensor in listed], 1)


@overridable
def block_diag(*tensors: Tensor) -> Tensor:
    """Make a matrix of zeros with matrices along its diagonal; vectors count as rows. Source: ``torch.block_diag``.

    Raises:
        RuntimeError: a tensor has more than two dimensions.

    Example:
        >>> import flambeau as torch
        >>> torch.block_diag(torch.tensor([[1, 2]]), torch.tensor([3]))
        tensor([[1, 2, 0],
                [0, 0, 3]])
    """
    if not tensors:
        return zeros(1, 0)
    for position, tensor in enumerate(tensor_list("block_diag", tensors)):
        if tensor.dim() > 2:
            raise RuntimeError(
                "torch.block_diag: Input tensors must have 2 or fewer dimensions. Input "
                f"{position} has {tensor.dim()} dimensions"
            )
    blocks = [_two(tensor) for tensor in tensors]
    common_type("block_diag", blocks)
    width, rows, start = sum(block.shape[1] for block in blocks), [], 0
    for block in blocks:
        own = block.shape[1]
        rows.append(_pad_zeros(block, (0, start), (0, width - start - own)))
        start += own
    return cat(rows, 0)
