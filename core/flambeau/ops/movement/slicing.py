"""Views of a part of a tensor: slices and single indices; and tensors with a part replaced."""

from __future__ import annotations

from flambeau._dispatch.declare import composite, primitive, view
from flambeau._dispatch.overlaps import overlaps_itself
from flambeau._tensor import Tensor, from_array
from flambeau._tensor.memory import memory_in
from flambeau.layouts import contiguous_format
from flambeau.ops.creation.filled import zeros
from flambeau.shapes import Shape, as_int, normalize_dim, slice_along

from .shapes import _unsqueeze

__all__ = ["narrow", "narrow_copy", "select", "select_scatter", "slice_scatter"]


@view(
    derivatives={
        "input": lambda grad, input_shape, starts, steps: _embed(grad, tuple(input_shape), starts, steps),
    },
    method=False,
    node="SliceBackward0",
)
def _slice(input: Tensor, starts: Shape, lengths: Shape, steps: Shape) -> Tensor:
    return from_array(input._type.kernels.slice(input._array, starts, lengths, steps), input._type)


def _embed(grad: Tensor, shape: Shape, starts: Shape, steps: Shape) -> Tensor:
    """Zeros of ``shape`` with ``grad`` at the places that a slice took."""
    if all(step == 1 for step in steps):
        after = tuple(
            size - start - length for size, start, length in zip(shape, starts, grad._array.shape, strict=True)
        )
        return _pad_zeros(grad, starts, after)
    return _slice_scatter(grad, shape, starts, steps)


@primitive(
    derivatives={
        "input": lambda grad, input_shape, before: _slice(grad, before, tuple(input_shape), (1,) * len(before)),
    },
    method=False,
    node="ConstantPadNdBackward0",
)
def _pad_zeros(input: Tensor, before: Shape, after: Shape) -> Tensor:
    return from_array(input._type.kernels.pad(input._array, before, after, 0), input._type)


@primitive(
    derivatives={
        "input": lambda grad, input_shape, starts, steps: _slice(grad, starts, tuple(input_shape), steps),
    },
    method=False,
    node="SliceScatterBackward0",
)
def _slice_scatter(input: Tensor, shape: Shape, starts: Shape, steps: Shape) -> Tensor:
    result = zeros(shape, dtype=input.dtype, device=input.device)
    _slice(result, starts, tuple(input.shape), steps).copy_(input.detach())
    return from_array(result._array, result._type)


@view(
    derivatives={"input": lambda grad, input_shape, dim, index: _unselect(grad, tuple(input_shape), dim, index)},
    method=False,
    node="SelectBackward0",
)
def _select(input: Tensor, dim: int, index: int) -> Tensor:
    kernels = input._type.kernels
    if kernels.select is not None:
        return from_array(kernels.select(input._array, dim, index), input._type)
    shape = input._array.shape
    starts = tuple(index if d == dim else 0 for d in range(len(shape)))
    lengths = shape[:dim] + (1,) + shape[dim + 1 :]
    part = kernels.slice(input._array, starts, lengths, (1,) * len(shape))
    return from_array(kernels.reshape(part, shape[:dim] + shape[dim + 1 :]), input._type)


def _unselect(grad: Tensor, shape: Shape, dim: int, index: int) -> Tensor:
    starts = tuple(index if d == dim else 0 for d in range(len(shape)))
    return _embed(_unsqueeze(grad, dim), shape, starts, (1,) * len(shape))


@composite()
def select(input: Tensor, dim: int, index: int) -> Tensor:
    """Take one index of a dimension, which goes away; a view. Source of the semantics: ``torch.select``.

    Raises:
        IndexError: there is no such dimension or index.

    Example:
        >>> import flambeau as torch
        >>> torch.select(torch.tensor([[1, 2], [3, 4]]), 1, 0)
        tensor([1, 3])
    """
    shape = input._array.shape
    if not shape:
        raise IndexError("select() cannot be applied to a 0-dim tensor.")
    dim = normalize_dim(dim, len(shape))
    size, index = shape[dim], as_int(index, "index")
    if not -size <= index < size:
        raise IndexError(
            f"select(): index {index} out of range for tensor of size {list(input.shape)} at dimension {dim}"
        )
    return _select(input, dim, index + size if index < 0 else index)


@composite()
def narrow(input: Tensor, dim: int, start: int, length: int) -> Tensor:
    """Take ``length`` indices of a dimension from ``start`` on; a view. Source of the semantics: ``torch.narrow``.

    Raises:
        IndexError: there is no such dimension, or ``start`` lies outside of it.
        RuntimeError: the range leaves the dimension.

    Example:
        >>> import flambeau as torch
        >>> torch.narrow(torch.arange(5), 0, 1, 3)
        tensor([1, 2, 3])
    """
    if not input.dim():
        raise RuntimeError("narrow() cannot be applied to a 0-dim tensor.")
    dim = normalize_dim(dim, input.dim())
    size, start, length = input._array.shape[dim], as_int(start, "start"), as_int(length, "length")
    if length < 0:
        raise RuntimeError("narrow(): length must be non-negative.")
    if not -size <= start <= size:
        raise IndexError(f"start out of range (expected to be in range of [{-size}, {size}], but got {start})")
    start = start + size if start < 0 else start
    if start + length > size:
        raise RuntimeError(f"start ({start}) + length ({length}) exceeds dimension size ({size}).")
    return _narrow(input, dim, start, length)


def _narrow(input: Tensor, dim: int, start: int, length: int) -> Tensor:
    return _slice(input, *slice_along(input._array.shape, dim, start, length))


@composite(out="exact")
def narrow_copy(input: Tensor, dim: int, start: int, length: int) -> Tensor:
    """Copy what :func:`flambeau.narrow` views. Source of the semantics: ``torch.narrow_copy``.

    Example:
        >>> import flambeau as torch
        >>> torch.narrow_copy(torch.arange(5), 0, 1, 3)
        tensor([1, 2, 3])
    """
    return narrow(input, dim, start, length).clone(memory_format=contiguous_format)


# -- a part replaced ---------------------------------------------------------------


def replaced(src: Tensor, result: Tensor, part: Tensor) -> Tensor:
    """``result`` after its view ``part`` has taken the values of ``src``, which must have its shape."""
    if src.shape != part.shape:
        raise RuntimeError(
            f"expected src to have a size equal to the slice of self. src size = {list(src.shape)}, "
            f"slice size = {list(part.shape)}"
        )
    part.copy_(src)
    return result


@primitive(derivatives={"input": lambda grad: grad}, method=False, node="CloneBackward0")
def _memory_cloned(input: Tensor) -> Tensor:
    memory = memory_in(input)
    if memory is None:
        return input.detach().clone()
    return memory.copied().tensor(input._type, input._array.shape, tuple(input.stride()), input.storage_offset())


def cloned_for_part(input: Tensor) -> Tensor:
    """A copy in which a part is to be replaced: of the whole memory, so that the strides and the offset stay as they are.

    Elements that share a place get one each. Source of the semantics: PyTorch's ``clone_preserve_strides``.
    """
    return input.clone() if overlaps_itself(input) or not input.numel() else _memory_cloned(input)


@composite()
def select_scatter(input: Tensor, src: Tensor, dim: int, index: int) -> Tensor:
    """Copy a tensor with one index of a dimension replaced by ``src``. Source: ``torch.select_scatter``.

    Raises:
        RuntimeError: ``src`` does not have the shape of what it replaces.

    Example:
        >>> import flambeau as torch
        >>> torch.select_scatter(torch.zeros(2, 2), torch.ones(2), 0, 0)
        tensor([[1., 1.],
                [0., 0.]])
    """
    result = cloned_for_part(input)
    return replaced(src, result, select(result, dim, index))


@composite(out=True)
def slice_scatter(
    input: Tensor, src: Tensor, dim: int = 0, start: int | None = None, end: int | None = None, step: int = 1
) -> Tensor:
    """Copy a tensor with a slice of a dimension replaced by ``src``. Source: ``torch.slice_scatter``.

    Raises:
        RuntimeError: ``src`` does not have the shape of what it replaces, or the step is not positive.

    Example:
        >>> import flambeau as torch
        >>> torch.slice_scatter(torch.zeros(4), torch.ones(2), start=1, step=2)
        tensor([0., 1., 0., 1.])
    """
    if (step := as_int(step, "step")) <= 0:
        raise RuntimeError("slice step must be positive")
    result = cloned_for_part(input)
    dim = normalize_dim(dim, input.dim())
    key = (slice(None),) * dim + (slice(start, end, step),)
    return replaced(src, result, result[key])
