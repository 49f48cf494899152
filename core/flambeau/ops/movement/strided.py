"""Views with strides of their own: of any part of the memory, of sliding windows, of the bytes as another dtype."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from math import prod
from operator import add
from typing import Any, NamedTuple

from flambeau import dtypes
from flambeau._dispatch.declare import composite, view
from flambeau._dispatch.inplace import become_view
from flambeau._dispatch.spelling import spelled
from flambeau._tensor import Tensor, from_array
from flambeau._tensor.copies import memory_order
from flambeau._tensor.methods import method
from flambeau._tensor.storage import Piece, Steps, View, memory_of
from flambeau.backend.types import TensorType
from flambeau.dtypes import scalar_type_name
from flambeau.layouts import contiguous_format
from flambeau.ops.creation.ranges import arange
from flambeau.shapes import Shape, as_int, as_ints, infer_shape, normalize_dim, size_argument

from .shapes import _fitting, _permute, _view, _viewable
from .slicing import replaced

__all__ = ["as_strided", "as_strided_", "as_strided_scatter"]


# -- any strides ---------------------------------------------------------------


class _Geometry(NamedTuple):
    """Where the elements of a tensor lie in a memory of ``length`` elements."""

    shape: Shape
    strides: Shape
    start: int
    length: int

    def places(self, device: Any) -> Tensor:
        """The position of every element in the memory."""
        axes = zip(self.shape, self.strides, range(len(self.shape))[::-1], strict=True)
        along = [
            arange(size, device=device).mul(stride).reshape((size,) + (1,) * after) for size, stride, after in axes
        ]
        return reduce(add, along, arange(self.start, self.start + 1, device=device).reshape(()))


def _as_strided_input(grad: Tensor, geometry: _Geometry, source: _Geometry) -> Tensor:
    """Every element gets what arrived at its place; elements at one place share it. Source: ``as_strided_backward``."""
    memory, own = grad.new_zeros(source.length), source.places(grad.device)
    result = memory.index_put((geometry.places(grad.device),), grad, accumulate=True)[own]
    if 0 in source.strides:
        result = result / memory.index_put((own,), grad.new_ones(()), accumulate=True)[own]
    return result


@view(derivatives={"input": _as_strided_input}, method=False, node="AsStridedBackward0")
def _as_strided(input: Tensor, geometry: _Geometry, source: _Geometry) -> Tensor:
    memory, kernels = _memory_as(input._type, memory_of(input)[0]), input._type.kernels
    return from_array(kernels.as_strided(memory._array, geometry.shape, geometry.strides, geometry.start), input._type)


def _memory_as(type_: TensorType, base: Tensor) -> Tensor:
    """The memory of a base in the order of addresses, as elements of a type: that of a view may be another one."""
    kernels = base._type.kernels
    array = kernels.permute(base._array, memory_order(base))
    if type_ is base._type:
        return from_array(array, type_)
    return from_array(kernels.bitcast(array if base.dim() else kernels.reshape(array, (1,)), type_.dtype.name), type_)


def _extent(tensor: Tensor) -> int:
    """How many elements there are from the first to the last in memory."""
    shape, strides = tensor._array.shape, tensor._type.backend.strides(tensor._array)
    return 0 if 0 in shape else 1 + sum((size - 1) * step for size, step in zip(shape, strides, strict=True))


@view(derivatives={"input": _as_strided_input}, method=False, node="AsStridedBackward0")
def _strided_memory(input: Tensor, geometry: _Geometry, source: _Geometry) -> Tensor:
    """The step from a base, its dims in the order of addresses, to the view; of a copy only what lies in one piece."""
    kernels, array = input._type.kernels, input._array
    if tuple(input._type.backend.strides(array)) != source.strides:
        array = kernels.clone(array, False)
    return from_array(kernels.as_strided(array, geometry.shape, geometry.strides, geometry.start), input._type)


@composite()
def as_strided(input: Tensor, size: Sequence[int], stride: Sequence[int], storage_offset: int | None = None) -> Tensor:
    """View the memory of a tensor with any shape, strides and offset, in elements. Source: ``torch.as_strided``.

    Raises:
        RuntimeError: sizes and strides differ in number, are negative, or reach beyond the memory.

    Example:
        >>> import flambeau as torch
        >>> torch.as_strided(torch.arange(6), (2, 3), (2, 1), 1)
        tensor([[1, 2, 3],
                [3, 4, 5]])
    """
    shape, strides = as_ints(size, "size"), as_ints(stride, "stride")
    storage_offset = None if storage_offset is None else as_int(storage_offset, "storage_offset")
    base, _ = memory_of(input)
    memory = _memory_as(input._type, base)
    length, origin = _extent(memory), base.storage_offset() * base.itemsize // input.itemsize
    start = (input.storage_offset() if storage_offset is None else storage_offset) - origin
    _check_strided(input, shape, strides, start, length)
    geometry = _Geometry(shape, strides, start, length)
    own = _Geometry(tuple(input.shape), tuple(input.stride()), input.storage_offset() - origin, length)
    result = _as_strided(input, geometry, own)
    # The view is one of the base, by steps that do not depend on the views in between: its elements may lie outside.
    before: Steps = ((_permute, (memory_order(base),)),) if base.dim() > 1 else ()
    if input._type is not base._type:
        before = (*before, (_view, (tuple(base.shape) or (1,),)), (_reinterpret, (input.dtype,)))
    whole = _Geometry(tuple(memory.shape), tuple(memory.stride()), 0, length)
    linked = result._view
    made_in, piece = ("", "") if linked is None else (linked.made_in, linked.origin)
    differentiable = input._view is None or (
        input._view.differentiable and input._view.base is base and input._type is base._type
    )
    view = View(base, (*before, (_strided_memory, (geometry, whole))), differentiable, made_in)
    result._view = Piece(view, piece) if piece else view
    return result


def _check_strided(input: Tensor, shape: Shape, strides: Shape, start: int, length: int) -> None:
    if len(shape) != len(strides):
        raise RuntimeError("mismatch in length of strides and shape")
    if any(stride < 0 for stride in strides):
        raise RuntimeError(
            f"as_strided: Negative strides are not supported at the moment, got strides: {list(strides)}"
        )
    if any(size < 0 for size in shape):
        raise RuntimeError(f"as_strided: sizes must not be negative, got sizes: {list(shape)}")
    needed = start + 1 + sum((size - 1) * stride for size, stride in zip(shape, strides, strict=True))
    if start < 0 or (needed > length and 0 not in shape):
        itemsize = input.itemsize
        raise RuntimeError(
            f"setStorage: sizes {list(shape)}, strides {list(strides)}, storage offset {start}, and itemsize {itemsize} "
            f"requiring a storage size of {needed * itemsize} are out of bounds for storage of size {length * itemsize}"
        )


@spelled()
@method("as_strided_")
def as_strided_(input: Tensor, size: Sequence[int], stride: Sequence[int], storage_offset: int | None = None) -> Tensor:
    """Give this tensor another shape, strides and offset in its memory: :func:`flambeau.as_strided`, in place.

    Example:
        >>> import flambeau as torch
        >>> torch.arange(4).as_strided_((2, 2), (1, 1))
        tensor([[0, 1],
                [1, 2]])
    """
    return become_view(input, as_strided, size, stride, storage_offset)


@composite()
def as_strided_scatter(
    input: Tensor, src: Tensor, size: Sequence[int], stride: Sequence[int], storage_offset: int | None = None
) -> Tensor:
    """Copy a tensor with a strided part of it replaced by ``src``. Source of the semantics: ``torch.as_strided_scatter``.

    Raises:
        RuntimeError: ``src`` does not have the shape ``size``.

    Example:
        >>> import flambeau as torch
        >>> torch.as_strided_scatter(torch.zeros(4), torch.ones(2), (2,), (2,))
        tensor([1., 0., 1., 0.])
    """
    result = input.clone(memory_format=contiguous_format) if input._view is not None else input.clone()
    return replaced(src, result, as_strided(result, size, stride, storage_offset))


# -- sliding windows ---------------------------------------------------------------


def _unfold_input(grad: Tensor, input_shape: Shape, dimension: int, size: int, step: int) -> Tensor:
    if not input_shape:
        return grad.reshape(())
    windows = grad._array.shape[dimension]
    index = arange(windows, device=grad.device).mul(step).reshape(-1, 1) + arange(size, device=grad.device)
    source = grad.movedim(-1, dimension + 1).flatten(dimension, dimension + 1)
    return grad.new_zeros(input_shape).index_add(dimension, index.reshape(-1), source)


@view(derivatives={"input": _unfold_input}, method=False, node="UnfoldBackward0")
def _unfold(input: Tensor, dimension: int, size: int, step: int) -> Tensor:
    array, type_ = input._array, input._type
    shape, strides = array.shape or (1,), tuple(type_.backend.strides(array)) or (1,)
    count = (shape[dimension] - size) // step + 1
    windows = (*shape[:dimension], count, *shape[dimension + 1 :], size)
    steps = (*strides[:dimension], strides[dimension] * step, *strides[dimension + 1 :], strides[dimension])
    if not array.shape:
        windows, steps = windows[1:], steps[1:]
    return from_array(type_.kernels.as_strided(array, windows, steps, 0), type_)


@method("unfold")
def _unfold_method(self: Tensor, dimension: int, size: int, step: int) -> Tensor:
    """View the windows of ``size`` elements, ``step`` apart, along a dimension; they become the last dimension.

    Source of the semantics: ``torch.Tensor.unfold``.

    Raises:
        RuntimeError: a window is longer than the dimension, or the step is not positive.

    Example:
        >>> import flambeau as torch
        >>> torch.arange(5).unfold(0, 3, 2)
        tensor([[0, 1, 2],
                [2, 3, 4]])
    """
    dimension = normalize_dim(dimension, self.dim())
    length = self._array.shape[dimension] if self.dim() else 1
    size, step = as_int(size, "size"), as_int(step, "step")
    if size < 0:
        raise RuntimeError(f"size is {size} but must be >= 0")
    if size > length:
        raise RuntimeError(f"maximum size for tensor at dimension {dimension} is {length} but size is {size}")
    if step <= 0:
        raise RuntimeError(f"step is {step} but must be > 0")
    return _unfold(self, dimension, size, step)


# -- bytes ---------------------------------------------------------------


def reinterpret(input: Tensor, dtype: dtypes.dtype) -> Tensor:
    """View the bytes of a tensor as elements of another dtype: ``Tensor.view(dtype)``. No gradient flows through it.

    Raises:
        RuntimeError: the elements differ in size, and the last dimension cannot be divided accordingly.
        UnsupportedError: the backend does not give access to bytes.
    """
    _check_divisible(input, dtype)
    return _reinterpret(input.detach(), dtype)


@view(not_differentiable="bytes are no numbers", method=False)
def _reinterpret(input: Tensor, dtype: dtypes.dtype) -> Tensor:
    new = input._type.with_dtype(dtype)  # first: the backend may have to load what knows the dtype
    return from_array(input._type.kernels.bitcast(input._array, dtype.name), new)


def _check_divisible(input: Tensor, dtype: dtypes.dtype) -> None:
    old, new = input.dtype.itemsize, dtype.itemsize
    if old == new:
        return
    attempt = f"to view {scalar_type_name(input.dtype)} as {scalar_type_name(dtype)} (different element sizes)"
    if input.dim() == 0:
        raise RuntimeError(f"self.dim() cannot be 0 {attempt}")
    ratio = new // old
    if new > old and input.shape[-1] % ratio:
        raise RuntimeError(f"self.size(-1) must be divisible by {ratio} {attempt}, but got {input.shape[-1]}")
    if new > old and input.storage_offset() % ratio:
        raise RuntimeError(
            f"self.storage_offset() must be divisible by {ratio} {attempt}, but got {input.storage_offset()}"
        )
    *strides, last = input.stride()
    if last != 1:
        raise RuntimeError(f"self.stride(-1) must be 1 {attempt}, but got {last}")
    for dim, stride in enumerate(strides):
        if new > old and stride % ratio:
            raise RuntimeError(f"self.stride({dim}) must be divisible by {ratio} {attempt}, but got {stride}")


@method("view")
def _view_method(
    self: Tensor, *sizes: Any, size: Sequence[int] | None = None, dtype: dtypes.dtype | None = None
) -> Tensor:
    """Give the same memory another shape, in which one size may be -1. Source: ``torch.Tensor.view``.

    Raises:
        RuntimeError: the number of elements differs, or no strides can describe the shape.

    Example:
        >>> import flambeau as torch
        >>> torch.arange(4).view(2, -1)
        tensor([[0, 1],
                [2, 3]])
    """
    if size is None and dtype is None and sizes and _fitting(self, sizes):
        return _view(self, sizes)
    if dtype is not None:
        sizes = (*sizes, dtype)
    if size is None and len(sizes) == 1 and dtypes.stands_for_dtype(sizes[0]):
        dtype = dtypes.as_dtype(sizes[0])
        return _view(self, tuple(self.shape)) if dtype is self.dtype else reinterpret(self, dtype)
    shape = infer_shape(size_argument("view", sizes, size), prod(self._array.shape))
    if not _viewable(self, shape):
        raise RuntimeError(
            "view size is not compatible with input tensor's size and stride (at least one dimension spans across two "
            "contiguous subspaces). Use .reshape(...) instead."
        )
    return _view(self, shape)


@method("view_as")
@spelled()
def _view_as(self: Tensor, other: Tensor) -> Tensor:
    """Give the same memory the shape of ``other``. Source of the semantics: ``torch.Tensor.view_as``.

    Example:
        >>> import flambeau as torch
        >>> torch.arange(2).view_as(torch.zeros(2, 1))
        tensor([[0],
                [1]])
    """
    return _view_method(self, tuple(other.shape))
