"""Indexing: keys in brackets, gather and scatter, and their kin."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from operator import index as as_int
from typing import Any

from .. import dtypes
from .._methods import method
from .._tensor import Tensor, from_array
from ..autograd._modes import no_grad
from ..shapes import Shape, broadcast_shapes, normalize_dim
from ._declare import composite, primitive
from ._runtime import Number, common_type
from .conversion import to_type
from .creation import zeros
from .data import make_tensor as tensor
from .movement import _permute, _unsqueeze, reshape
from .reordering import flip
from .slicing import _select, _slice
from .splitting import unbind

__all__ = ["gather", "index_select", "masked_fill", "nonzero", "scatter", "scatter_add"]


_ZERO_DIM = (
    "invalid index of a 0-dim tensor. Use `tensor.item()` in Python or `tensor.item<T>()` in C++ to convert a 0-dim tensor "
    "to a number"
)

# -- keys ---------------------------------------------------------------


@method("__getitem__")
def getitem(input: Tensor, key: Any) -> Tensor:
    """``input[key]``: integers, slices, None and ``...`` give views; masks, tensors and lists give copies."""
    if key.__class__ is int:
        return _select_first(input, key)
    if key.__class__ is slice and input._array.shape:
        return _sliced(input, 0, key)
    return _take(input, key)


def _select_first(input: Tensor, position: int) -> Tensor:
    shape = input._array.shape
    if not shape:
        raise IndexError(_ZERO_DIM)
    size = shape[0]
    if not -size <= position < size:
        raise IndexError(f"index {position} is out of bounds for dimension 0 with size {size}")
    return _select(input, 0, position + size if position < 0 else position)


def _take(input: Tensor, key: Any) -> Tensor:
    view, advanced = _apply_basic(input, _expanded_key(input, key))
    return _index_at(view, advanced) if advanced else view


def _expanded_key(input: Tensor, key: Any) -> list[Any]:
    """The key as a list with one entry per dimension it uses, ``...`` written out as slices."""
    entries = list(key) if isinstance(key, tuple) else [key]
    entries = [_as_index(entry) for entry in entries]
    used = sum(_dims_used(entry) for entry in entries)
    if used > input.dim():
        if input.dim() == 0:
            raise IndexError(_ZERO_DIM)
        raise IndexError(f"too many indices for tensor of dimension {input.dim()}")
    ellipses = [position for position, entry in enumerate(entries) if entry is Ellipsis]
    if len(ellipses) > 1:
        raise IndexError("an index can only have a single ellipsis ('...')")
    if ellipses:
        entries[ellipses[0] : ellipses[0] + 1] = [slice(None)] * (input.dim() - used)
    return entries


def _as_index(entry: Any) -> Any:
    """One entry of a key as an int, slice, None, Ellipsis, bool or index tensor."""
    if entry is None or entry is Ellipsis or isinstance(entry, (bool, int, slice)):
        return entry
    if isinstance(entry, Tensor):
        if entry.dtype.category > dtypes.INTEGRAL:
            raise IndexError("tensors used as indices must be long, int, byte or bool tensors")
        if entry.dim() == 0 and entry.dtype is not dtypes.bool:
            return int(entry.item())
        return entry
    if isinstance(entry, (list, range)) or hasattr(entry, "__array__"):
        made = tensor(list(entry) if isinstance(entry, range) else entry)
        return _as_index(made if made.numel() else made.to(dtypes.int64))
    try:
        return as_int(entry)
    except TypeError:
        raise TypeError(
            "only integers, slices (`:`), ellipsis (`...`), None and long or byte Variables are valid indices "
            f"(got {type(entry).__name__})"
        ) from None


def _dims_used(entry: Any) -> int:
    if entry is None or entry is Ellipsis or isinstance(entry, bool):
        return 0
    if isinstance(entry, Tensor) and entry.dtype is dtypes.bool:
        return entry.dim()
    return 1


def _apply_basic(input: Tensor, entries: list[Any]) -> tuple[Tensor, list[tuple[int, Tensor]]]:
    """Apply what gives views; the rest comes back as index tensors with the dimension of the view they index."""
    advanced: list[tuple[int, Tensor]] = []
    dim = 0
    for position, entry in enumerate(entries):
        if entry is None:
            input = _unsqueeze(input, dim)
            dim += 1
        elif isinstance(entry, bool):
            input = _unsqueeze(input, dim)
            advanced.append((dim, tensor([0] if entry else [], dtype=dtypes.int64, device=input.device)))
            dim += 1
        elif isinstance(entry, slice):
            input = _sliced(input, dim, entry)
            dim += 1
        elif isinstance(entry, int):
            size = input._array.shape[dim]
            if not -size <= entry < size:
                raise IndexError(f"index {entry} is out of bounds for dimension {position} with size {size}")
            input = _select(input, dim, entry + size if entry < 0 else entry)
        elif entry.dtype is dtypes.bool:
            _check_mask(input, entry, dim)
            columns = nonzero(entry.to(input.device))
            advanced += [(dim + offset, columns.select(1, offset)) for offset in range(entry.dim())]
            dim += entry.dim()
        else:
            advanced.append((dim, _checked_index(entry, input._array.shape[dim], input)))
            dim += 1
    return input, advanced


def _check_mask(input: Tensor, mask: Tensor, dim: int) -> None:
    shape = input._array.shape[dim : dim + mask.dim()]
    for offset, (size, wanted) in enumerate(zip(mask._array.shape, shape, strict=True)):
        if size != wanted:
            raise IndexError(
                f"The shape of the mask {list(mask.shape)} at index {offset} does not match the shape of the indexed tensor "
                f"{list(input.shape)} at index {dim + offset}"
            )


def _sliced(input: Tensor, dim: int, key: slice) -> Tensor:
    step = 1 if key.step is None else as_int(key.step)
    shape = input._array.shape
    if step == 0:
        raise ValueError("step must be greater than zero")
    if step < 0:
        # PyTorch refuses; the reversed slice is a copy here, so that no tensor has a negative stride.
        start, stop, step = slice(_int(key.start), _int(key.stop), step).indices(shape[dim])
        count = len(range(start, stop, step))
        first = start + (count - 1) * step if count else 0
        return flip(_sliced(input, dim, slice(first, start + 1 if count else 0, -step)), dim)
    start, stop, _ = slice(_int(key.start), _int(key.stop), step).indices(shape[dim])
    length = len(range(start, stop, step))
    before, after = (0,) * dim, (0,) * (len(shape) - dim - 1)
    starts = (*before, start if length else 0, *after)
    steps = (*(1,) * dim, step, *(1,) * len(after))
    return _slice(input, starts, (*shape[:dim], length, *shape[dim + 1 :]), steps)


def _int(value: Any) -> int | None:
    return None if value is None else as_int(value)


def _checked_index(indices: Tensor, size: int, input: Tensor) -> Tensor:
    """An index tensor as int64 on the device of ``input``, counted from the front.

    Raises:
        IndexError: an index is out of range.
    """
    wide = to_type(indices.detach(), input._type.with_dtype(dtypes.int64))
    if not wide.numel():
        return wide
    with no_grad():
        low, high = wide.amin().item(), wide.amax().item()
        if low < -size or high >= size:
            bad = low if low < -size else high
            raise IndexError(f"index {bad} is out of bounds for dimension 0 with size {size}")
        return (wide + (wide < 0) * size) if low < 0 else wide


def _arranged(input: Tensor, advanced: list[tuple[int, Tensor]]) -> tuple[Tensor, list[Tensor], int]:
    """Bring the indexed dimensions to the front; where the result's index dimensions go; the indices in one shape."""
    dims = [dim for dim, _ in advanced]
    shape = broadcast_index_shapes([index for _, index in advanced])
    indices = [index.expand(shape) if index._array.shape != shape else index for _, index in advanced]
    rest = [dim for dim in range(input.dim()) if dim not in dims]
    adjacent = dims == list(range(dims[0], dims[0] + len(dims)))
    front = input if dims == list(range(len(dims))) else _permute(input, tuple(dims + rest))
    return front, indices, dims[0] if adjacent else 0


def broadcast_index_shapes(indices: Sequence[Tensor]) -> Shape:
    """The common shape of index tensors, with PyTorch's error where there is none."""
    shapes = [tuple(index._array.shape) for index in indices]
    try:
        return tuple(broadcast_shapes(*shapes))
    except RuntimeError:
        listed = ", ".join(str(list(shape)) for shape in shapes)
        raise IndexError(
            f"shape mismatch: indexing tensors could not be broadcast together with shapes {listed}"
        ) from None


def _index_at(input: Tensor, advanced: list[tuple[int, Tensor]]) -> Tensor:
    front, indices, place = _arranged(input, advanced)
    result = _index(front, tuple(indices))
    if place == 0:
        return result
    return _permute(result, _moved(result.dim(), indices[0].dim(), place))


def _moved(ndim: int, count: int, place: int) -> Shape:
    """The order that moves the first ``count`` dimensions behind the next ``place``."""
    return (*range(count, count + place), *range(count), *range(count + place, ndim))


def _index_input(grad: Tensor, input_shape: Shape, indices: tuple[Tensor, ...]) -> Tensor:
    return _index_add_zeros(grad, tuple(input_shape), indices)


@primitive(
    derivatives={"input": _index_input},
    method=False,
    node="IndexBackward0",
)
def _index(input: Tensor, indices: tuple[Tensor, ...]) -> Tensor:
    return from_array(input._type.kernels.index(input._array, [index._array for index in indices]), input._type)


@primitive(derivatives={"input": lambda grad, indices: _index(grad, indices)}, method=False, node="IndexPutBackward0")
def _index_add_zeros(input: Tensor, shape: Shape, indices: tuple[Tensor, ...]) -> Tensor:
    type_ = input._type
    target = type_.kernels.full(shape, 0, type_.dtype.name)
    type_.kernels.index_put(target, [index._array for index in indices], input._array, True)
    return from_array(target, type_)


@method("__setitem__")
def setitem(input: Tensor, key: Any, value: Any) -> None:
    """``input[key] = value``: writes into the tensor; ``value`` broadcasts to the shape of ``input[key]``."""
    view, advanced = _apply_basic(input, _expanded_key(input, key))
    if not isinstance(value, Tensor):
        value = tensor(value, dtype=input.dtype, device=input.device)
    if advanced:
        _put_at(view, advanced, value)
    else:
        view.copy_(_without_leading_ones(value, view))


def _without_leading_ones(value: Tensor, target: Tensor) -> Tensor:
    shape = value._array.shape
    extra = len(shape) - target.dim()
    if extra > 0 and all(size == 1 for size in shape[:extra]):
        return reshape(value, shape[extra:])
    return value


def _put_at(view: Tensor, advanced: list[tuple[int, Tensor]], value: Tensor) -> None:
    front, indices, place = _arranged(view, advanced)
    count = indices[0].dim()
    rest = front._array.shape[len(indices) :]
    wanted = tuple(rest[:place]) + tuple(indices[0].shape) + tuple(rest[place:])
    value = _without_leading_ones(value, indices[0].new_empty((0,) * len(wanted)))
    try:
        full = to_type(value, view._type).expand(wanted)
    except RuntimeError:
        raise RuntimeError(
            f"shape mismatch: value tensor of shape {list(value.shape)} cannot be broadcast to indexing result of shape "
            f"{list(wanted)}"
        ) from None
    if place:
        back = (*range(place, place + count), *range(place), *range(place + count, len(wanted)))
        full = _permute(full, back)
    front._index_put_(tuple(indices), full)


def _write_index_put(input: Tensor, indices: tuple[Tensor, ...], values: Tensor) -> None:
    input._type.kernels.index_put(input._array, [index._array for index in indices], values._array, False)


@primitive(
    derivatives={
        "input": lambda grad, indices: _zero_at(grad, indices),
        "values": lambda grad, indices: _index(grad, indices),
    },
    inplace=True,
    write=_write_index_put,
    method=False,
    node="IndexPutBackward0",
)
def _index_put(input: Tensor, indices: tuple[Tensor, ...], values: Tensor) -> Tensor:
    return _written(_write_index_put, input, indices, values)


def _zero_at(grad: Tensor, indices: tuple[Tensor, ...]) -> Tensor:
    shape = tuple(indices[0].shape) + tuple(grad.shape[len(indices) :])
    return _index_put(grad, indices, zeros((), dtype=grad.dtype, device=grad.device).expand(shape))


def _written(write: Callable[..., None], input: Tensor, *args: Any) -> Tensor:
    """A copy of ``input`` that ``write`` has written to."""
    result = from_array(input._type.kernels.clone(input._array, False), input._type)
    write(result, *args)
    return result


# -- gather and scatter ---------------------------------------------------------------


def _check_gather(function: str, input: Tensor, dim: int, index: Tensor) -> int:
    """Check an index tensor for gather and scatter; the dim, counted from the front."""
    if index.dtype is not dtypes.int64:
        raise RuntimeError(f"{function}(): Expected dtype int64 for index")
    common_type(function, (input, index))
    if max(index.dim(), 1) != max(input.dim(), 1):
        raise RuntimeError(
            f"Index tensor must have the same number of dimensions as {'input' if function == 'gather' else 'self'} tensor"
        )
    dim = normalize_dim(dim, input.dim())
    for d, (size, limit) in enumerate(zip(index._array.shape, input._array.shape, strict=False)):
        if d != dim and size > limit:
            raise RuntimeError(
                f"Size does not match at dimension {d} expected index {list(index.shape)} to be no larger than self "
                f"{list(input.shape)} apart from dimension {dim}"
            )
    if index.numel():
        size = input._array.shape[dim] if input.dim() else 1
        low, high = index.amin().item(), index.amax().item()
        if low < 0 or high >= size:
            raise RuntimeError(
                f"index {low if low < 0 else high} is out of bounds for dimension {dim} with size {size}"
            )
    return dim


def _dimensioned(*tensors: Tensor) -> list[Tensor]:
    return [value if value.dim() else reshape(value, (1,)) for value in tensors]


def _gather_input(grad: Tensor, input_shape: Shape, dim: int, index: Tensor) -> Tensor:
    return _scatter_add(zeros(tuple(input_shape), dtype=grad.dtype, device=grad.device), dim, index, grad)


@primitive(derivatives={"input": _gather_input}, method=False, node="GatherBackward0")
def _gather(input: Tensor, dim: int, index: Tensor) -> Tensor:
    return from_array(input._type.kernels.gather(input._array, dim, index._array), input._type)


@composite(out=True)
def gather(input: Tensor, dim: int, index: Tensor, *, sparse_grad: bool = False) -> Tensor:
    """Take elements along a dimension by index: ``result[i][j] = input[index[i][j]][j]`` for dim 0.

    Source of the semantics: ``torch.gather``.

    Raises:
        RuntimeError: the index is not int64, does not fit the shape, or is out of range.

    Example:
        >>> import flambeau as torch
        >>> torch.gather(torch.tensor([[1, 2], [3, 4]]), 1, torch.tensor([[0, 0], [1, 0]]))
        tensor([[1, 1],
                [4, 3]])
    """
    dim = _check_gather("gather", input, dim, index)
    if input.dim() and index.dim():
        return _gather(input, dim, index)
    flat, flat_index = _dimensioned(input, index)
    return reshape(_gather(flat, 0, flat_index), index._array.shape)


def _zero_where_scattered(grad: Tensor, dim: int, index: Tensor) -> Tensor:
    return _scatter(grad, dim, index, zeros(tuple(index.shape), dtype=grad.dtype, device=grad.device))


def _write_scatter(input: Tensor, dim: int, index: Tensor, src: Tensor) -> None:
    input._type.kernels.scatter(input._array, dim, index._array, src._array)


@primitive(
    derivatives={
        "input": lambda grad, dim, index: _zero_where_scattered(grad, dim, index),
        "src": lambda grad, dim, index: _gather(grad, dim, index),
    },
    method=False,
    inplace=True,
    write=_write_scatter,
    node="ScatterBackward0",
)
def _scatter(input: Tensor, dim: int, index: Tensor, src: Tensor) -> Tensor:
    return _written(_write_scatter, input, dim, index, src)


def _write_scatter_add(input: Tensor, dim: int, index: Tensor, src: Tensor) -> None:
    input._type.kernels.scatter_add(input._array, dim, index._array, src._array)


@primitive(
    derivatives={"input": lambda grad: grad, "src": lambda grad, dim, index: _gather(grad, dim, index)},
    method=False,
    inplace=True,
    write=_write_scatter_add,
    node="ScatterAddBackward0",
)
def _scatter_add(input: Tensor, dim: int, index: Tensor, src: Tensor) -> Tensor:
    return _written(_write_scatter_add, input, dim, index, src)


def _fitting_source(function: str, input: Tensor, index: Tensor, src: Tensor) -> Tensor:
    """The part of ``src`` that ``index`` covers."""
    if src.dtype is not input.dtype:
        raise RuntimeError(f"{function}(): Expected self.dtype to be equal to src.dtype")
    common_type(function, (input, src))
    if src._array.shape == index._array.shape:
        return src
    if src.dim() != index.dim() or any(
        size > limit for size, limit in zip(index._array.shape, src._array.shape, strict=True)
    ):
        raise RuntimeError(
            f"Expected index {list(index.shape)} to be no larger than src {list(src.shape)} in every dimension"
        )
    return _slice(src, (0,) * src.dim(), index._array.shape, (1,) * src.dim())


@composite(inplace=True, out=True)
def scatter(
    input: Tensor, dim: int, index: Tensor, src: Tensor | Number | None = None, *, value: Number | None = None
) -> Tensor:
    """Write elements of ``src`` (or a number) to the places that ``index`` names along a dimension.

    ``result[index[i][j]][j] = src[i][j]`` for dim 0. Where a place is named twice, which value stays is not said.
    Source of the semantics: ``torch.scatter``.

    Raises:
        RuntimeError: the index is not int64, does not fit the shapes, or is out of range.

    Example:
        >>> import flambeau as torch
        >>> torch.scatter(torch.zeros(3), 0, torch.tensor([2]), torch.tensor([5.0]))
        tensor([0., 0., 5.])
    """
    dim = _check_gather("scatter", input, dim, index)
    number = value if src is None else src
    if number is None:
        raise TypeError("scatter(): expected src or value")
    if not isinstance(number, Tensor):
        number = input.new_full(tuple(index.shape), number)
    source = _fitting_source("scatter", input, index, number)
    if input.dim() and index.dim():
        return _scatter(input, dim, index, source)
    flat, flat_index, flat_source = _dimensioned(input, index, source)
    return reshape(_scatter(flat, 0, flat_index, flat_source), input._array.shape)


@composite(inplace=True, out=True)
def scatter_add(input: Tensor, dim: int, index: Tensor, src: Tensor) -> Tensor:
    """Add elements of ``src`` at the places that ``index`` names along a dimension. Source: ``torch.scatter_add``.

    Example:
        >>> import flambeau as torch
        >>> torch.scatter_add(torch.zeros(2), 0, torch.tensor([1, 1]), torch.tensor([2.0, 3.0]))
        tensor([0., 5.])
    """
    dim = _check_gather("scatter_add", input, dim, index)
    source = _fitting_source("scatter_add", input, index, src)
    if input.dim() and index.dim():
        return _scatter_add(input, dim, index, source)
    flat, flat_index, flat_source = _dimensioned(input, index, source)
    return reshape(_scatter_add(flat, 0, flat_index, flat_source), input._array.shape)


@composite(out=True)
def index_select(input: Tensor, dim: int, index: Tensor) -> Tensor:
    """Take the indices named from a dimension. Source of the semantics: ``torch.index_select``.

    Raises:
        IndexError: the index has more than one dimension, or is out of range.

    Example:
        >>> import flambeau as torch
        >>> torch.index_select(torch.tensor([[1, 2], [3, 4]]), 1, torch.tensor([1]))
        tensor([[2],
                [4]])
    """
    if index.dim() > 1:
        raise IndexError("index_select(): Index is supposed to be a vector")
    if index.dtype not in (dtypes.int64, dtypes.int32):
        raise RuntimeError("index_select(): Expected dtype int32 or int64 for index")
    dim = normalize_dim(dim, input.dim())
    (flat_index,) = _dimensioned(index)
    if not input.dim():
        return reshape(_index_at(reshape(input, (1,)), [(0, _checked_index(flat_index, 1, input))]), ())
    return _index_at(input, [(dim, _checked_index(flat_index, input._array.shape[dim], input))])


@composite(inplace=True)
def masked_fill(input: Tensor, mask: Tensor, value: Tensor | Number) -> Tensor:
    """Replace elements where ``mask`` holds with a number. Source of the semantics: ``torch.Tensor.masked_fill``.

    Raises:
        RuntimeError: ``mask`` is not bool.

    Example:
        >>> import flambeau as torch
        >>> torch.tensor([1.0, 2.0]).masked_fill(torch.tensor([True, False]), 9)
        tensor([9., 2.])
    """
    from .selection import _where

    if mask.dtype is not dtypes.bool:
        raise RuntimeError(f"masked_fill only supports boolean masks, but got mask with dtype {mask.dtype}")
    if isinstance(value, Tensor):
        if value.dim():
            raise RuntimeError(
                f"masked_fill only supports a 0-dimensional value tensor, but got tensor with {value.dim()} dimension(s)."
            )
        value = to_type(value, input._type)
    else:
        value = input.new_full((), value)
    return _where(mask, value, input)


@primitive(not_differentiable="the result is an index", method=False)
def _nonzero(input: Tensor) -> Tensor:
    return from_array(input._type.kernels.nonzero(input._array), input._type.with_dtype(dtypes.int64))


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
    if out is not None:
        from ._runtime import with_out

        return with_out(out, _nonzero, input)
    if as_tuple:
        return unbind(_nonzero(input if input.dim() else reshape(input, (1,))), 1)
    return _nonzero(input)
