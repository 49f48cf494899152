"""Taking elements by index: gather, index_select, take and masks; and where elements are not zero."""

from __future__ import annotations

from typing import Any, Literal, overload

from flambeau import dtypes
from flambeau._dispatch.checks import no_complex_halves
from flambeau._dispatch.declare import composite, primitive
from flambeau._dispatch.out import with_out
from flambeau._dispatch.runtime import common_type
from flambeau._tensor import Tensor, from_array
from flambeau._tensor.copies import in_memory_order
from flambeau._tensor.storage import counted_as
from flambeau.dtypes import scalar_type_name
from flambeau.ops.creation.conversion import to_type
from flambeau.ops.movement.broadcasting import _expand_method
from flambeau.ops.movement.shapes import reshape
from flambeau.ops.movement.splitting import unbind
from flambeau.shapes import broadcast_shapes, normalize_dim

from ._ends import from_the_front, in_range
from ._pairs import _gather, _index_select, _masked_select, _take

__all__ = ["argwhere", "gather", "index_select", "masked_select", "nonzero", "take", "take_along_dim"]


# -- along a dimension, element by element ---------------------------------------------------------------


def check_gather(function: str, input: Tensor, dim: int, index: Tensor) -> tuple[int, Tensor]:
    """Check an index tensor for gather and scatter; the dim, counted from the front, and the index as int64.

    An empty index may have any shape.

    Raises:
        RuntimeError: the index is neither int32 nor int64, or does not fit the shape.
        IndexError: there is no such dim.
    """
    type_, shape, own = input._type, input._array.shape, index._array.shape
    no_complex_halves("scatter_gather_tensor_cpu", type_.dtype)
    dim = normalize_dim(dim, len(shape))
    if index._type.dtype not in _INDICES and index.numel():
        raise RuntimeError(f"{function}(): Expected dtype int32/int64 for index")
    index = _beside(function, input, index)
    if 0 in own:
        return dim, index
    if (len(own) or 1) != (len(shape) or 1):
        raise RuntimeError(
            f"Index tensor must have the same number of dimensions as {'input' if function == 'gather' else 'self'} tensor"
        )
    for d, (size, limit) in enumerate(zip(own, shape, strict=False)):
        if d != dim and size > limit:
            raise RuntimeError(
                f"Size does not match at dimension {d} expected index {list(index.shape)} to be no larger than self "
                f"{list(input.shape)} apart from dimension {dim}"
            )
    return dim, index


def check_gathered(input: Tensor, dim: int, index: Tensor) -> Tensor:
    """An index that :func:`check_gather` has passed, refused if it is out of range: the last that is looked at."""
    shape = input._array.shape
    if 0 in index._array.shape:
        return index
    size = shape[dim] if shape else 1
    return in_range(index, 0, size, lambda bad: RuntimeError(_OUT_OF_BOUNDS.format(bad, dim, size)))


_OUT_OF_BOUNDS = "index {} is out of bounds for dimension {} with size {}"


_INDICES = (dtypes.int64, dtypes.int32)


def _beside(function: str, input: Tensor, index: Tensor) -> Tensor:
    """An index tensor as int64 on the device of ``input``.

    Raises:
        RuntimeError: it is on another, and has dimensions.
    """
    if index._type.dtype is dtypes.int64 and index._type.place is input._type.place:
        return index
    common_type(function, (input, index))
    return counted_as(to_type(index, input._type.with_dtype(dtypes.int64)), index)


def dimensioned(*tensors: Tensor) -> list[Tensor]:
    return [value if value._array.shape else reshape(value, (1,)) for value in tensors]


@composite(out="exact")
def gather(input: Tensor, dim: int, index: Tensor, *, sparse_grad: bool = False) -> Tensor:
    """Take elements along a dimension by index: ``result[i][j] = input[index[i][j]][j]`` for dim 0.

    With ``sparse_grad`` the gradient is a tensor of layout COO that stores what was taken. Source of the semantics:
    ``torch.gather``.

    Raises:
        RuntimeError: the index is not int64, does not fit the shape, or is out of range.

    Example:
        >>> import flambeau as torch
        >>> torch.gather(torch.tensor([[1, 2], [3, 4]]), 1, torch.tensor([[0, 0], [1, 0]]))
        tensor([[1, 1],
                [4, 3]])
    """
    dim, index = check_gather("gather", input, dim, index)
    index = check_gathered(input, dim, index)
    if input._array.shape and index._array.shape:
        return _gather(input, dim, index, sparse_grad)
    flat, flat_index = dimensioned(input, index)
    return reshape(_gather(flat, 0, flat_index), index._array.shape)


@composite(out="exact")
def take_along_dim(input: Tensor, indices: Tensor, dim: int | None = None) -> Tensor:
    """Take elements along a dimension by index; the other dimensions broadcast. Source: ``torch.take_along_dim``.

    Without ``dim``, both are flattened.

    Raises:
        RuntimeError: the indices are not int64, are out of range, or differ in number of dimensions.

    Example:
        >>> import flambeau as torch
        >>> x = torch.tensor([[3, 1], [2, 4]])
        >>> torch.take_along_dim(x, torch.tensor([[1, 0]]), 0)
        tensor([[2, 1]])
    """
    if indices.dtype is not dtypes.int64:
        raise RuntimeError(
            f"torch.take_along_dim(): dtype of indices should be Long but got {scalar_type_name(indices.dtype)}"
        )
    if dim is None:
        return gather(reshape(input, (-1,)), 0, from_the_front(reshape(indices, (-1,)), input.numel()))
    if input.dim() != indices.dim():
        raise RuntimeError(
            "torch.take_along_dim(): input and indices should have the same number of dimensions, but got "
            f"{input.dim()} dimensions for input, and {indices.dim()} dimensions for indices"
        )
    dim = normalize_dim(dim, input.dim())
    shape, own = tuple(input.shape), tuple(indices.shape)
    around = shape[:dim] + (1,) + shape[dim + 1 :], own[:dim] + (1,) + own[dim + 1 :]
    if around[0] != around[1]:
        common = tuple(broadcast_shapes(*around))
        input = _expand_method(input, common[:dim] + shape[dim : dim + 1] + common[dim + 1 :])
        indices = _expand_method(indices, common[:dim] + own[dim : dim + 1] + common[dim + 1 :])
    return gather(input, dim, from_the_front(indices, shape[dim]))


# -- along a dimension, slice by slice ---------------------------------------------------------------


def check_in_range(function: str, index: Tensor, size: int, error: type[Exception] = IndexError) -> Tensor:
    """Indices, refused if they are negative or too large.

    Raises:
        error: in the words that begin with ``function``.
    """
    if not index.numel():
        return index
    return in_range(index, 0, size, lambda bad: error(function + _OUT_OF_BOUNDS.format(bad, 0, size)))


@composite(out="exact")
def index_select(input: Tensor, dim: int, index: Tensor) -> Tensor:
    """Take the slices of a dimension that are named. Source of the semantics: ``torch.index_select``.

    Raises:
        IndexError: the index has more than one dimension, or is out of range.
        RuntimeError: the index is neither int32 nor int64, or there is nothing to take.

    Example:
        >>> import flambeau as torch
        >>> torch.index_select(torch.tensor([[1, 2], [3, 4]]), 1, torch.tensor([1]))
        tensor([[2],
                [4]])
    """
    shape = input._array.shape
    if len(index._array.shape) > 1:
        raise IndexError("index_select(): Index is supposed to be a vector")
    if index._type.dtype not in _INDICES:
        raise RuntimeError("index_select(): Expected dtype int32 or int64 for index")
    index = _beside("index_select", input, index)
    dim = normalize_dim(dim, len(shape))
    source, vector = dimensioned(input, index)
    if not shape and vector.numel() != 1:
        raise RuntimeError(f"index_select(): Index to scalar can have only 1 value, got {vector.numel()} value(s)")
    size = source._array.shape[dim]
    if not size and vector.numel():
        raise RuntimeError("index_select(): self indexing axis dim should be positive")
    vector = check_range(vector, size)
    result = _index_select(source, dim, vector)
    return result if shape else reshape(result, ())


def check_range(index: Tensor, size: int) -> Tensor:
    """Indices, refused in PyTorch's words for index_select if they are negative or too large."""
    if 0 in index._array.shape:
        return index
    return in_range(index, 0, size, lambda bad: IndexError("index out of range in self"))


# -- in the flattened tensor ---------------------------------------------------------------


def flat_index(function: str, input: Tensor, index: Tensor) -> Tensor:
    """Positions in a flattened tensor, counted from the front.

    Raises:
        RuntimeError: they are not int64.
        IndexError: one is out of range.
    """
    no_complex_halves("take_cpu" if function == "take" else "take_put_cpu", input.dtype)
    if index.dtype is not dtypes.int64:
        raise RuntimeError(f"{function}(): Expected a long tensor for index, but got {scalar_type_name(index.dtype)}")
    common_type(function, (input, index))
    if index.numel():
        total = input.numel()
        if not total:
            raise IndexError(f"{function}(): tried to {function.rstrip('_')} from an empty tensor")
        text = "out of range: tried to access index {} on a tensor of {} elements."
        index = from_the_front(index, total, lambda bad: IndexError(text.format(bad, total)))
    return index


@composite(out="exact")
def take(input: Tensor, index: Tensor) -> Tensor:
    """Take elements of the flattened tensor by position; the result has the shape of ``index``. Source: ``torch.take``.

    Raises:
        RuntimeError: the index is not int64.
        IndexError: a position is out of range.

    Example:
        >>> import flambeau as torch
        >>> torch.take(torch.tensor([[4, 5], [6, 7]]), torch.tensor([0, -1]))
        tensor([4, 7])
    """
    return _take(input, flat_index("take", input, index))


# -- by mask ---------------------------------------------------------------


@composite(out="exact")
def masked_select(input: Tensor, mask: Tensor) -> Tensor:
    """Take the elements where ``mask`` holds, as a vector; both broadcast. Source: ``torch.masked_select``.

    Raises:
        RuntimeError: ``mask`` is not bool, or the shapes do not fit.

    Example:
        >>> import flambeau as torch
        >>> torch.masked_select(torch.tensor([1, 2, 3]), torch.tensor([True, False, True]))
        tensor([1, 3])
    """
    if mask.dtype is not dtypes.bool:
        raise RuntimeError("masked_select: expected BoolTensor for mask")
    common_type("masked_select", (input, mask))
    shape = broadcast_shapes(tuple(mask.shape), tuple(input.shape)) or (1,)
    return _masked_select(_expand_method(input, shape), _expand_method(mask, shape))


# -- where elements are not zero ---------------------------------------------------------------


@primitive(not_differentiable="the result is an index", method=False)
def _nonzero(input: Tensor) -> Tensor:
    type_ = input._type.with_dtype(dtypes.int64)
    rows = from_array(input._type.kernels.nonzero(input._array), type_)
    by_rows = rows._array.shape[1] > 1 and type_.backend.strides(rows._array)[1] == 1
    return in_memory_order(rows, (1, 0)) if by_rows else rows  # column after column, as in PyTorch


@overload
def nonzero(input: Tensor, *, out: Tensor | None = None, as_tuple: Literal[False] = False) -> Tensor: ...
@overload
def nonzero(input: Tensor, *, out: None = None, as_tuple: Literal[True]) -> tuple[Tensor, ...]: ...
@composite()
def nonzero(input: Tensor, *, out: Tensor | None = None, as_tuple: bool = False) -> Any:
    """Give the indices of the elements that are not zero: one row each, or one tensor per dimension.

    Source of the semantics: ``torch.nonzero``.

    Example:
        >>> import flambeau as torch
        >>> torch.nonzero(torch.tensor([0, 5, 7]))
        tensor([[1],
                [2]])
    """
    if not isinstance(as_tuple, bool):
        raise TypeError(f"nonzero(): argument 'as_tuple' must be bool, not {type(as_tuple).__name__}")
    if out is not None:
        if isinstance(out, Tensor) and out.dtype is not dtypes.int64:
            raise RuntimeError(
                "nonzero: Expected out tensor to have scalar type Long but got scalar type "
                + scalar_type_name(out.dtype)
            )
        return with_out(out, _nonzero, input)
    if as_tuple:
        return unbind(_nonzero(input if input.dim() else reshape(input, (1,))), 1)
    return _nonzero(input)


@composite()
def argwhere(input: Tensor) -> Tensor:
    """Give the indices of the elements that are not zero, one row each. Source of the semantics: ``torch.argwhere``.

    Example:
        >>> import flambeau as torch
        >>> torch.argwhere(torch.tensor([0, 5, 7]))
        tensor([[1],
                [2]])
    """
    return _nonzero(input)
