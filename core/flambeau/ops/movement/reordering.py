"""Reversing, rolling and turning: copies with the elements in another order."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flambeau._dispatch.declare import composite, fused, primitive
from flambeau._tensor import Tensor, from_array
from flambeau._tensor.methods import method
from flambeau.layouts import contiguous_format
from flambeau.shapes import Shape, as_int, as_ints, dense_order, normalize_dim, size_argument

from .shapes import transpose

__all__ = ["flip", "fliplr", "flipud", "roll", "rot90"]


def _flip_input(grad: Tensor, dims: Shape) -> Tensor:
    return _flip(grad, dims)


@primitive(derivatives={"input": _flip_input}, method=False, node="FlipBackward0")
def _flip(input: Tensor, dims: Shape) -> Tensor:
    kernels, type_, array = input._type.kernels, input._type, input._array
    if type_.backend.is_contiguous(array):
        return from_array(kernels.flip(array, dims), type_)
    order = dense_order(array.shape, type_.backend.strides(array))
    if order == tuple(range(len(order))):
        return from_array(kernels.flip(array, dims), type_)
    flipped = kernels.flip(kernels.permute(array, order), tuple(sorted(map(order.index, dims))))
    return from_array(kernels.permute(flipped, tuple(map(order.index, range(len(order))))), type_)


@composite(method=False)
def flip(input: Tensor, dims: int | Sequence[int]) -> Tensor:
    """Reverse the order of elements along ``dims``, an int or several; a copy. Source: ``torch.flip``.

    PyTorch's function takes no lone int, its method does.

    Raises:
        TypeError: ``dims`` are no ints.
        IndexError: there is no such dimension.
        RuntimeError: a dimension occurs twice.

    Example:
        >>> import flambeau as torch
        >>> torch.flip(torch.tensor([[1, 2], [3, 4]]), (0,))
        tensor([[3, 4],
                [1, 2]])
    """
    normalized = tuple(normalize_dim(dim, input.dim()) for dim in as_ints(dims, "dims"))
    for position, dim in enumerate(normalized):
        if dim in normalized[:position]:
            raise RuntimeError(f"dim {dim} appears multiple times in the list of dims")
    return _flip(input, normalized if input.dim() else ())


@method("flip")
def _flip_method(self: Tensor, *dims: Any, **keyword: Any) -> Tensor:
    """Reverse the order of elements along dims: :func:`flambeau.flip`."""
    if "dims" in keyword and not dims:
        dims = (keyword.pop("dims"),)
    if keyword:
        raise TypeError(f"flip() got an unexpected keyword argument '{next(iter(keyword))}'")
    if not dims:
        raise TypeError('flip() missing 1 required positional arguments: "dims"')
    return flip(self, size_argument("flip", dims))


@method("__reversed__")
def _reversed(self: Tensor) -> Tensor:
    """What ``reversed(x)`` gives: the tensor in reverse order along the first dim, itself if it has none.

    Source of the semantics: ``torch.Tensor.__reversed__``.

    Example:
        >>> import flambeau as torch
        >>> reversed(torch.arange(3))
        tensor([2, 1, 0])
    """
    return self.flip(0) if self.dim() else self


@composite()
def fliplr(input: Tensor) -> Tensor:
    """Reverse the order of the columns; a copy. Source of the semantics: ``torch.fliplr``.

    Raises:
        RuntimeError: there are fewer than two dimensions.

    Example:
        >>> import flambeau as torch
        >>> torch.fliplr(torch.tensor([[1, 2], [3, 4]]))
        tensor([[2, 1],
                [4, 3]])
    """
    if input.dim() < 2:
        raise RuntimeError("Input must be >= 2-d.")
    return _flip(input, (1,))


@composite()
def flipud(input: Tensor) -> Tensor:
    """Reverse the order of the rows; a copy. Source of the semantics: ``torch.flipud``.

    Raises:
        RuntimeError: there are no dimensions.

    Example:
        >>> import flambeau as torch
        >>> torch.flipud(torch.tensor([[1, 2], [3, 4]]))
        tensor([[3, 4],
                [1, 2]])
    """
    if input.dim() < 1:
        raise RuntimeError("Input must be >= 1-d.")
    return _flip(input, (0,))


# -- rolling ---------------------------------------------------------------


def _roll_input(grad: Tensor, shifts: Shape, dims: Shape) -> Tensor:
    return _roll(grad, tuple(-shift for shift in shifts), dims)


@fused("roll", derivatives={"input": _roll_input}, method=False, node="RollBackward0")
def _roll(input: Tensor, shifts: Shape, dims: Shape) -> Tensor:
    kernels, shape, array = input._type.kernels, input._array.shape, input._array
    if kernels.roll is not None:
        return from_array(kernels.roll(array, shifts, dims), input._type)
    steps = (1,) * len(shape)
    for shift, dim in zip(shifts, dims, strict=True):
        size = shape[dim]
        cut = -shift % size if size else 0
        if not cut:
            continue
        before, after = (0,) * dim, (0,) * (len(shape) - dim - 1)
        head = kernels.slice(array, (*before, 0, *after), (*shape[:dim], cut, *shape[dim + 1 :]), steps)
        tail = kernels.slice(array, (*before, cut, *after), (*shape[:dim], size - cut, *shape[dim + 1 :]), steps)
        array = kernels.concat((tail, head), dim)
    return from_array(kernels.clone(array, False) if array is input._array else array, input._type)


@composite(inplace=True)
def roll(input: Tensor, shifts: int | Sequence[int], dims: int | Sequence[int] | None = None) -> Tensor:
    """Shift elements along dimensions; those that leave at the end come back at the start. Source: ``torch.roll``.

    Without ``dims`` the tensor is rolled as if it were flat. The in-place form ``roll_`` is an extension: PyTorch
    does not have it.

    Raises:
        RuntimeError: shifts and dims differ in number.

    Example:
        >>> import flambeau as torch
        >>> torch.roll(torch.tensor([0, 1, 2]), 1)
        tensor([2, 0, 1])
    """
    steps, axes = as_ints(shifts, "shifts"), () if dims is None else as_ints(dims, "dims")
    if not steps:
        raise RuntimeError("`shifts` required")
    if not axes and len(steps) == 1:
        return _roll(input.reshape(-1), steps, (0,)).reshape(input.shape)
    if len(steps) != len(axes):
        raise RuntimeError(f"shifts and dimensions must align. shifts: {len(steps)}, dims:{len(axes)}")
    if input.dim() == 0:
        raise IndexError(f"Dimension specified as {axes[0]} but tensor has no dimensions")
    return _roll(input, steps, tuple(normalize_dim(dim, input.dim()) for dim in axes))


@composite()
def rot90(input: Tensor, k: int = 1, dims: Sequence[int] = (0, 1)) -> Tensor:
    """Turn the plane of two dimensions ``k`` times by a right angle, from the first to the second. Source: ``torch.rot90``.

    Raises:
        RuntimeError: there are not two different dimensions.

    Example:
        >>> import flambeau as torch
        >>> torch.rot90(torch.tensor([[1, 2], [3, 4]]))
        tensor([[2, 4],
                [1, 3]])
    """
    if len(dims) != 2:
        raise RuntimeError(f"expected total rotation dims == 2, but got dims = {len(dims)}")
    if input.dim() < 2:
        raise RuntimeError(f"expected total dims >= 2, but got total dims = {input.dim()}")
    first, second = (normalize_dim(dim, input.dim()) for dim in dims)
    if first == second:
        raise RuntimeError(f"expected rotation dims to be different, but got dim0 = {dims[0]} and dim1 = {dims[1]}")
    turns = as_int(k, "k") % 4
    if turns == 0:
        return input.clone(memory_format=contiguous_format)
    if turns == 2:
        return _flip(input, (first, second))
    return transpose(_flip(input, (second if turns == 1 else first,)), first, second)
