"""Keys in brackets: integers, slices, masks and index tensors, to read and to write."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from math import prod
from typing import Any

from flambeau import dtypes
from flambeau._dispatch.declare import primitive
from flambeau._dispatch.inplace import is_simple_target
from flambeau._dispatch.late import held_back
from flambeau._dispatch.overlaps import check_apart, repeated_dims, warn_expanded
from flambeau._dispatch.runtime import check_places
from flambeau._tensor import Tensor, from_array
from flambeau._tensor.copies import in_memory_order
from flambeau._tensor.methods import method
from flambeau._tensor.modes import grad_enabled
from flambeau._tensor.overrides import taken_over, taking_part
from flambeau._tensor.storage import counted_as, propagate_write
from flambeau.dtypes import legacy_type_name, scalar_type_name
from flambeau.errors import level_of_caller
from flambeau.layouts import contiguous_format, preserve_format
from flambeau.ops.creation.conversion import to_type
from flambeau.ops.creation.data import make_tensor as tensor
from flambeau.ops.creation.filled import fitting, zeros
from flambeau.ops.movement.reordering import flip
from flambeau.ops.movement.shapes import _permute, _unsqueeze, reshape
from flambeau.ops.movement.slicing import _select, _slice
from flambeau.promotion import as_number
from flambeau.shapes import Shape, broadcast_shapes, dense_order, slice_along

from ._ends import from_the_front
from ._entries import MASKS, ZERO_DIM, expanded_key

__all__: list[str] = []  # methods alone


# -- keys ---------------------------------------------------------------


@method("__getitem__")
def getitem(input: Tensor, key: Any) -> Tensor:
    """``input[key]``: integers, slices, None and ``...`` give views; masks, tensors and lists give copies."""
    if key.__class__ is int:
        return _select_first(input, key)
    if key.__class__ is slice and input._array.shape:
        return _sliced(input, [(0, key)])
    if key.__class__ is tuple:
        view = _part(input, key)
        if view is not None:
            return view
    elif key.__class__ is Tensor and not taking_part and key._type.place is input._type.place:
        if key._type.dtype is dtypes.int64:
            if key._array.shape and input._array.shape:
                return _index(input, (_usable(key, False, input._array.shape),))
        elif key._type.dtype is dtypes.bool and not _is_recorded(input):
            return _masked(input, key)
    return _take(input, key)


def _is_recorded(input: Tensor) -> bool:
    return input._node is not None and bool(grad_enabled())


def _masked(input: Tensor, mask: Tensor) -> Tensor:
    """The elements that a mask of the first dimensions names, where the graph need not know which."""
    type_, array, shape = input._type, input._array, mask._array.shape
    count = len(shape)
    if not count or shape != array.shape[:count] or 0 in array.shape or not type_.backend.is_contiguous(array):
        return _take(input, mask)
    kernels, flags = type_.kernels, mask._array
    if count > 1:
        total = (prod(shape),)
        flags, array = kernels.reshape(flags, total), kernels.reshape(array, total + array.shape[count:])
    rows = mask._type.kernels.nonzero(flags)
    return from_array(kernels.index(array, [kernels.reshape(rows, rows.shape[:1])]), type_)


def _select_first(input: Tensor, position: int) -> Tensor:
    shape = input._array.shape
    if not shape:
        raise IndexError(ZERO_DIM)
    size = shape[0]
    if not -size <= position < size:
        raise IndexError(f"index {position} is out of bounds for dimension 0 with size {size}")
    return _select(input, 0, position + size if position < 0 else position)


def _part(input: Tensor, key: tuple[Any, ...]) -> Tensor | None:
    """The view that a key of integers, slices, None and one ``...`` names; None for other keys and for bad ones."""
    used = 0
    for entry in key:
        kind = entry.__class__
        if kind is int or kind is slice:
            used += 1
        elif entry is not None and entry is not Ellipsis:
            return None
    left = len(input._array.shape) - used
    if left < 0:
        return None
    view, dim = input, 0
    cuts: list[tuple[int, slice]] = []
    for entry in key:
        kind = entry.__class__
        if kind is slice:
            if entry != _ALL:
                cuts.append((dim, entry))
            dim += 1
        elif entry is Ellipsis:
            if left < 0:
                return None
            dim += left
            left = -1
        else:
            if cuts:
                view, cuts = _sliced(view, cuts), []
            if kind is int:
                size = view._array.shape[dim]
                if not -size <= entry < size:
                    return None
                view = _select(view, dim, entry + size if entry < 0 else entry)
            else:
                view = _unsqueeze(view, dim)
                dim += 1
    if cuts:
        return _sliced(view, cuts)
    return None if view is input else view


_ALL = slice(None)


def _take(input: Tensor, key: Any) -> Tensor:
    if taking_part:
        taken = taken_over(getitem, (input, key))
        if taken is not NotImplemented:
            return taken  # type: ignore[no-any-return]
    view, advanced = _apply_basic(input, expanded_key(input, key))
    if advanced:
        return _index_at(view, advanced)
    return view.view_as(view) if view is input else view


Indexed = tuple[int, Tensor, bool]
"""A dimension, the int64 index tensor for it, and whether that is known to be in range."""


def _apply_basic(input: Tensor, entries: list[Any], filled: bool = False) -> tuple[Tensor, list[Indexed]]:
    """Apply what gives views; the rest comes back as index tensors with the dimension of the view they index.

    ``filled`` says that one number is written to what they name.
    """
    advanced: list[Indexed] = []
    dim = 0
    for position, entry in enumerate(entries):
        if dim > input.dim() - (not _adds_dim(entry)):  # behind a second `...`
            _check_behind(input, dim, position, entry)
        if entry is None:
            input = _unsqueeze(input, dim)
            dim += 1
        elif isinstance(entry, bool):
            input = _unsqueeze(input, dim)
            advanced.append((dim, tensor([0] if entry else [], dtype=dtypes.int64, device=input.device), True))
            dim += 1
        elif isinstance(entry, slice):
            if entry != _ALL:
                input = _sliced(input, [(dim, entry)])
            dim += 1
        elif isinstance(entry, int):
            size = input._array.shape[dim]
            if not -size <= entry < size:
                raise IndexError(f"index {entry} is out of bounds for dimension {position} with size {size}")
            input = _select(input, dim, entry + size if entry < 0 else entry)
        elif entry.dtype is dtypes.bool and not entry.dim():
            input = _unsqueeze(input, dim)
            advanced.append((dim, counted_as(_beside(entry, input).reshape(1).nonzero()[:, 0], entry), True))
            dim += 1
        elif entry.dtype in MASKS:
            if entry.dtype is dtypes.uint8 and not filled:
                _warn_of_bytes()
            _check_mask(input, entry, dim)
            if entry.dtype is dtypes.uint8 and filled:
                raise RuntimeError("masked_fill_ only supports boolean masks, but got mask with dtype unsigned char")
            columns = counted_as(_beside(entry, input).nonzero(), entry)
            advanced += [(dim + offset, _select(columns, 1, offset), True) for offset in range(entry.dim())]
            dim += entry.dim()
        else:
            index = to_type(_beside(entry.detach(), input), input._type.with_dtype(dtypes.int64))
            advanced.append((dim, counted_as(index, entry), False))
            dim += 1
    return input, advanced


def _beside(index: Tensor, input: Tensor) -> Tensor:
    """A mask or an index on the device of ``input``, to which it comes from the CPU alone.

    Raises:
        RuntimeError: it is on another device.
    """
    if index._type.place is input._type.place:
        return index
    if not index.is_cpu:
        raise RuntimeError(
            f"indices should be either on cpu or on the same device as the indexed tensor ({input.device}), but one is on "
            f"{index.device}"
        )
    return index.to(input.device)


def _adds_dim(entry: Any) -> bool:
    """Whether an entry stands for a new dimension: None, and a mask without any."""
    return (
        entry is None
        or isinstance(entry, bool)
        or (isinstance(entry, Tensor) and entry.dtype in MASKS and not entry.dim())
    )


def _check_behind(input: Tensor, dim: int, position: int, entry: Any) -> None:
    """Refuse an entry behind the last dimension, where there may be the slices of a second ``...`` only.

    Raises:
        IndexError: in PyTorch's words.
    """
    if _adds_dim(entry):
        ndim = input.dim()
        raise IndexError(f"Dimension out of range (expected to be in range of [{-ndim - 1}, {ndim}], but got {dim})")
    if entry != _ALL:
        raise IndexError(f"index {entry} is out of bounds for dimension {position} with size 0")


def _warn_of_bytes() -> None:
    warnings.warn(
        "indexing with dtype torch.uint8 is now deprecated, please use a dtype torch.bool instead.",
        UserWarning,
        stacklevel=level_of_caller(),
    )


def _check_mask(input: Tensor, mask: Tensor, dim: int) -> None:
    shape = input._array.shape[dim : dim + mask.dim()]
    for offset, (size, wanted) in enumerate(zip(mask._array.shape, shape, strict=True)):
        if size != wanted:
            raise IndexError(
                f"The shape of the mask {list(mask.shape)} at index {offset} does not match the shape of the indexed tensor "
                f"{list(input.shape)} at index {dim + offset}"
            )


def _sliced(input: Tensor, cuts: Sequence[tuple[int, slice]]) -> Tensor:
    """What slices of some dimensions leave: a view, made at once."""
    shape = input._array.shape
    starts, lengths, steps, turned = [0] * len(shape), list(shape), [1] * len(shape), []
    for dim, key in cuts:
        start, stop, step = key.indices(shape[dim])
        lengths[dim] = length = len(range(start, stop, step))
        if step < 0:
            # PyTorch refuses; the reversed slice is a copy here, so that no tensor has a negative stride.
            start, step = start + (length - 1) * step, -step
            turned.append(dim)
        if length:
            starts[dim] = start
        steps[dim] = step
    view: Tensor = _slice(input, tuple(starts), tuple(lengths), tuple(steps))
    return flip(view, turned) if turned else view


def _checked_index(indices: Tensor, size: int) -> Tensor:
    """An int64 index tensor, counted from the front.

    Raises:
        IndexError: an index is out of range.
    """
    text = "index {} is out of bounds for dimension 0 with size {}"
    return from_the_front(indices, size, lambda bad: IndexError(text.format(bad, size)))


def _usable(index: Tensor, known: bool, shape: Shape) -> Tensor:
    """The index of the first dimension of a shape, checked; zeros where nothing is read or written, whatever it is."""
    if 0 in index._array.shape or 0 in shape[1:]:
        return index.new_zeros(index._array.shape)
    return index if known else _checked_index(index, shape[0])


def _arranged(input: Tensor, advanced: list[Indexed]) -> tuple[Tensor, list[Tensor], int]:
    """Bring the indexed dimensions to the front; where the result's index dimensions go; the indices in one shape."""
    if len(advanced) == 1 and advanced[0][0] == 0:
        return input, [_usable(*advanced[0][1:], input._array.shape)], 0
    dims = [dim for dim, _, _ in advanced]
    shape = broadcast_index_shapes([index for _, index, _ in advanced])
    rest = [dim for dim in range(input.dim()) if dim not in dims]
    sizes = input._array.shape
    if 0 in shape or any(sizes[dim] == 0 for dim in rest):  # nothing is read or written, whatever the indices are
        indices = [index.new_zeros(shape) for _, index, _ in advanced]
    else:
        checked = [index if known else _checked_index(index, sizes[dim]) for dim, index, known in advanced]
        indices = [index.expand(shape) if index._array.shape != shape else index for index in checked]
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


def _index_at(input: Tensor, advanced: list[Indexed]) -> Tensor:
    front, indices, place = _arranged(input, advanced)
    return _index(front, tuple(indices), place)


def _moved(ndim: int, count: int, place: int) -> Shape:
    """The order that moves the first ``count`` dimensions behind the next ``place``."""
    return (*range(count, count + place), *range(count), *range(count + place, ndim))


def _back(ndim: int, count: int, place: int) -> Shape:
    """The order that moves ``count`` dimensions from behind ``place`` others to the front."""
    return (*range(place, place + count), *range(place), *range(place + count, ndim))


def _index_input(grad: Tensor, input_shape: Shape, indices: tuple[Tensor, ...], place: int) -> Tensor:
    front = _permute(grad, _back(grad.dim(), indices[0].dim(), place)) if place else grad
    return _index_add_zeros(front, tuple(input_shape), indices)


@primitive(
    derivatives={"input": _index_input},
    method=False,
    node="IndexBackward0",
)
def _index(input: Tensor, indices: tuple[Tensor, ...], place: int = 0) -> Tensor:
    """What stands at indices of the first dimensions; theirs are put behind the first ``place`` of the others."""
    type_ = input._type
    arrays = [index._array for index in indices]
    result = from_array(type_.kernels.index(input._array, arrays), type_)
    contiguous = type_.backend.is_contiguous
    if not place and contiguous(input._array) and all(map(contiguous, arrays)):
        return result
    moved = _moved(result.dim(), indices[0].dim(), place)
    result = from_array(type_.kernels.permute(result._array, moved), type_)
    order = _order_of_index(result._array.shape, input, indices, moved)
    return result if not place and order == moved and contiguous(result._array) else in_memory_order(result, order)


def _order_of_index(shape: Shape, input: Tensor, indices: tuple[Tensor, ...], moved: Shape) -> Shape:
    """How the dimensions of a result lie in memory: as those that are kept do in the input, and those of the indices there."""
    strides, count = input._type.backend.strides, indices[0].dim()
    kept = (*(0,) * count, *strides(input._array)[len(indices) :])
    own = [(*strides(index._array), *(0,) * (len(shape) - count)) for index in indices]
    return dense_order(shape, *(tuple(each[dim] for dim in moved) for each in (kept, *own)))


@primitive(derivatives={"input": lambda grad, indices: _index(grad, indices)}, method=False, node="IndexPutBackward0")
def _index_add_zeros(input: Tensor, shape: Shape, indices: tuple[Tensor, ...]) -> Tensor:
    type_ = input._type
    target = type_.kernels.full(shape, 0, type_.dtype.name)
    type_.kernels.index_put(target, [index._array for index in indices], input._array, True)
    return from_array(target, type_)


@method("__setitem__")
def setitem(input: Tensor, key: Any, value: Any) -> None:
    """``input[key] = value``: writes into the tensor; ``value`` broadcasts to the shape of ``input[key]``."""
    if taking_part and taken_over(setitem, (input, key, value)) is not NotImplemented:
        return
    if key is False:  # which names nothing: not even a write is counted
        return
    if _write_part(input, key, value):
        return
    part = _part(input, key) if key.__class__ is tuple else None
    entries = expanded_key(input, key) if part is None else []
    number = None if isinstance(value, Tensor) else as_number(value)
    if number is not None:
        type_ = input._type
        value = from_array(type_.kernels.full((), fitting(number, type_.dtype), type_.dtype.name), type_)
    elif not isinstance(value, Tensor):
        if not hasattr(value, "__getitem__") or isinstance(value, (str, bytes, dict)):
            raise TypeError(f"can't assign a {type(value).__name__} to a {legacy_type_name(input.dtype, input.device)}")
        value = tensor(value, dtype=input.dtype, device=input.device)
    elif value.dtype is not input.dtype and not isinstance(key, bool):
        _check_conversion(input, entries, value)
    if len(entries) == 1 and value.numel() == 1 and _is_mask(entries[0]) and entries[0].dtype is dtypes.bool:
        _fill_where(input, entries[0], value)
        return
    view, advanced = _apply_basic(input, entries, _fills(entries, value)) if part is None else (part, [])
    if advanced:
        check_apart(view, (*entries, value), wholly=True)
        _put_at(view, advanced, value)
    else:
        value = _without_leading_ones(value, view)
        shape, wanted = value._array.shape, view._array.shape
        shared = value._storage is view._storage is not None
        if shape != wanted and (shared or not _spreads(shape, wanted)):
            value = value.expand(view.shape)  # whose places are then not told from those of the target, as in PyTorch
        view.copy_(value)


def _write_part(input: Tensor, key: Any, value: Any) -> bool:
    """Write to the part that integers and slices name, if that needs no conversion, and no check but those of the key."""
    if not is_simple_target(input, (value,)):
        return False
    type_, kernels = input._type, input._type.kernels
    part = _part_of_array(kernels, input._array, key if key.__class__ is tuple else (key,))
    if part is None:
        return False
    if value.__class__ is not Tensor:
        kernels.copy_into(part, type_.number(fitting(value, type_.dtype)))
    elif value._type is type_ and value._array.shape == part.shape:
        kernels.copy_into(part, value._array)
    else:
        return False
    propagate_write(input)
    return True


def _part_of_array(kernels: Any, array: Any, key: tuple[Any, ...]) -> Any:
    """The view that a key of integers and ascending slices names; None for other keys and for bad ones."""
    dim = 0
    for entry in key:
        shape = array.shape
        if dim == len(shape) or kernels.select is None:
            return None
        size, kind = shape[dim], entry.__class__
        if kind is int:
            if not -size <= entry < size:
                return None
            array = kernels.select(array, dim, entry + size if entry < 0 else entry)
        elif kind is slice:
            start, stop, step = entry.indices(size)
            if step < 1:
                return None
            length = len(range(start, stop, step))
            array = kernels.slice(array, *slice_along(shape, dim, start if length else 0, length, step))
            dim += 1
        else:
            return None
    return array


@method("__delitem__")
def _delete_item(input: Tensor, key: Any) -> None:
    """Refuse: the elements of a tensor are there to stay."""
    raise TypeError("Tensor does not support deleting items")


def _fill_where(input: Tensor, mask: Tensor, value: Tensor) -> None:
    """Write one number by a mask of the first dimensions: without a search for the places."""
    _check_mask(input, mask, 0)
    wide = reshape(_beside(mask, input), tuple(mask.shape) + (1,) * (input.dim() - mask.dim()))
    input.masked_fill_(wide, reshape(value, ()))


def _check_conversion(input: Tensor, entries: list[Any], value: Tensor) -> None:
    """Slices convert what is written to them; index tensors do not, but for one mask, which is filled with one number."""
    advanced = [entry for entry in entries if isinstance(entry, (Tensor, bool))]
    if advanced and not (_fills(entries, value) and _is_mask(advanced[0])):
        raise _dtypes_differ(input, value)


def _fills(entries: list[Any], value: Tensor) -> bool:
    """Whether one number is written to what one index tensor names."""
    return value.numel() == 1 and sum(isinstance(entry, (Tensor, bool)) for entry in entries) == 1


def _is_mask(entry: Any) -> bool:
    """Whether an entry is a mask with dimensions, of bool or uint8."""
    return isinstance(entry, Tensor) and entry.dtype in MASKS and entry.dim() > 0


def _dtypes_differ(input: Tensor, values: Tensor) -> RuntimeError:
    return RuntimeError(
        "Index put requires the source and destination dtypes match, got "
        f"{scalar_type_name(input.dtype)} for the destination and {scalar_type_name(values.dtype)} for the source."
    )


def _spreads(shape: Shape, wanted: Shape) -> bool:
    """Whether what has one shape is broadcast to the other by a copy, which need not be given a view for it."""
    own = wanted[len(wanted) - len(shape) :]
    return len(shape) <= len(wanted) and all(size in (1, whole) for size, whole in zip(shape, own, strict=True))


def _without_leading_ones(value: Tensor, target: Tensor) -> Tensor:
    shape = value._array.shape
    extra = len(shape) - target.dim()
    if extra > 0 and all(size == 1 for size in shape[:extra]):
        return reshape(value, shape[extra:])
    return value


def _put_at(view: Tensor, advanced: list[Indexed], value: Tensor, accumulate: bool = False) -> None:
    with held_back(view):
        front, indices, place = _arranged(view, advanced)
        count = indices[0].dim()
        rest = front._array.shape[len(indices) :]
        wanted = tuple(rest[:place]) + tuple(indices[0].shape) + tuple(rest[place:])
        if value._array.shape:  # a number may come from anywhere
            check_places("index_put_", view, value)
        value = _without_leading_ones(value, indices[0].new_empty((0,) * len(wanted)))
        try:
            full = to_type(value, view._type).expand(wanted)
        except RuntimeError:
            raise RuntimeError(
                f"shape mismatch: value tensor of shape {list(value.shape)} cannot be broadcast to indexing result of shape "
                f"{list(wanted)}"
            ) from None
        if place:
            full = _permute(full, _back(len(wanted), count, place))
        front._index_put_(tuple(indices), full, accumulate)


def _once(
    front: Tensor, indices: Sequence[Tensor], values: Tensor, accumulate: bool
) -> tuple[Tensor, list[Tensor], Tensor]:
    """What is to be written to an expanded tensor, as what is to be written to each of its places in memory in the end."""
    indices, shift = list(indices), indices[0].dim() - len(indices)
    for dim in repeated_dims(front):
        if dim < len(indices):
            indices[dim] = indices[dim] * 0
        elif accumulate:
            values = values.sum(dim + shift, keepdim=True)
        else:
            values = values.narrow(dim + shift, values.shape[dim + shift] - 1, 1)
        front = front.narrow(dim, 0, 1)
    return front, indices, values


def _write_index_put(input: Tensor, indices: tuple[Tensor, ...], values: Tensor, accumulate: bool = False) -> None:
    input._type.kernels.index_put(input._array, [index._array for index in indices], values._array, accumulate)


def _index_put_places(input: Tensor, indices: tuple[Tensor, ...], values: Tensor, accumulate: bool = False) -> None:
    warn_expanded("index_put_", "tensor[indices] = tensor")
    front, places, once = _once(input, indices, values, accumulate)
    _write_index_put(front, tuple(places), once, accumulate)
    propagate_write(input)


@primitive(
    derivatives={
        "input": lambda grad, indices, accumulate: grad if accumulate else _zero_at(grad, indices),
        "values": lambda grad, indices: _index(grad, indices),
    },
    inplace=True,
    write=_write_index_put,
    shared=_index_put_places,
    method=False,
    node="IndexPutBackward0",
)
def _index_put(input: Tensor, indices: tuple[Tensor, ...], values: Tensor, accumulate: bool = False) -> Tensor:
    return written(_write_index_put, input, indices, values, accumulate)


def _zero_at(grad: Tensor, indices: tuple[Tensor, ...]) -> Tensor:
    shape = tuple(indices[0].shape) + tuple(grad.shape[len(indices) :])
    return _index_put(grad, indices, zeros((), dtype=grad.dtype, device=grad.device).expand(shape))


def written(write: Callable[..., None], input: Tensor, *args: Any, keep_strides: bool = False) -> Tensor:
    """A copy of ``input`` that ``write`` has written to; contiguous, unless it is to keep the order of the strides."""
    format = preserve_format if keep_strides else contiguous_format
    result: Tensor = input.detach().clone(memory_format=format)
    write(result, *args)
    return result
