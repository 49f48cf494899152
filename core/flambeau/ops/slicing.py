"""Views of a part of a tensor: slices, single indices, and the pieces that it is cut into."""

from __future__ import annotations

from collections.abc import Sequence

from .._methods import method
from .._tensor import Tensor, from_array
from ..shapes import Shape, normalize_dim
from ._declare import composite, primitive, view
from .movement import _unsqueeze

__all__ = ["chunk", "narrow", "select", "split", "unbind"]


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
    from .creation import zeros

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
    if input.dim() == 0:
        raise IndexError("select() cannot be applied to a 0-dim tensor.")
    dim = normalize_dim(dim, input.dim())
    size = input._array.shape[dim]
    if not -size <= index < size:
        raise IndexError(
            f"select(): index {index} out of range for tensor of size {list(input.shape)} at dimension {dim}"
        )
    return _select(input, dim, int(index) + size if index < 0 else int(index))


@composite()
def narrow(input: Tensor, dim: int, start: int, length: int) -> Tensor:
    """Take ``length`` indices of a dimension from ``start`` on; a view. Source of the semantics: ``torch.narrow``.

    Raises:
        RuntimeError: the range leaves the dimension.

    Example:
        >>> import flambeau as torch
        >>> torch.narrow(torch.arange(5), 0, 1, 3)
        tensor([1, 2, 3])
    """
    dim = normalize_dim(dim, input.dim())
    size = input._array.shape[dim]
    start = start + size if start < 0 else start
    if length < 0:
        raise RuntimeError("narrow(): length must be non-negative.")
    if start < 0 or start + length > size:
        raise RuntimeError(f"start ({start}) + length ({length}) exceeds dimension size ({size}).")
    return _narrow(input, dim, start, length)


def _narrow(input: Tensor, dim: int, start: int, length: int) -> Tensor:
    shape = input._array.shape
    starts = tuple(start if d == dim else 0 for d in range(len(shape)))
    return _slice(input, starts, shape[:dim] + (length,) + shape[dim + 1 :], (1,) * len(shape))


@composite()
def unbind(input: Tensor, dim: int = 0) -> tuple[Tensor, ...]:
    """Take a dimension apart into views, one for each index. Source of the semantics: ``torch.unbind``.

    Example:
        >>> import flambeau as torch
        >>> torch.unbind(torch.tensor([[1, 2], [3, 4]]))
        (tensor([1, 2]), tensor([3, 4]))
    """
    if input.dim() == 0:
        raise RuntimeError("Dimension specified as 0 but tensor has no dimensions")
    dim = normalize_dim(dim, input.dim())
    return tuple(_select(input, dim, index) for index in range(input._array.shape[dim]))


@composite(method=False)
def split(tensor: Tensor, split_size_or_sections: int | Sequence[int], dim: int = 0) -> tuple[Tensor, ...]:
    """Cut a dimension into views of a size (the last may be smaller) or of the sizes given. Source: ``torch.split``.

    Raises:
        RuntimeError: the sizes do not add up to that of the dimension.

    Example:
        >>> import flambeau as torch
        >>> torch.split(torch.arange(5), 2)
        (tensor([0, 1]), tensor([2, 3]), tensor([4]))
    """
    dim = normalize_dim(dim, tensor.dim())
    size = tensor._array.shape[dim]
    if isinstance(split_size_or_sections, int):
        step = split_size_or_sections
        if step < 0 or (step == 0 and size):
            raise RuntimeError(f"split expects split_size be non-negative, but got split_size={step}")
        sections = [min(step, size - start) for start in range(0, size, step)] if size else [0]
    else:
        sections = list(split_size_or_sections)
        if sum(sections) != size:
            raise RuntimeError(
                f"split_with_sizes expects split_sizes to sum exactly to {size} (input tensor's size at dimension {dim}), "
                f"but got split_sizes={sections}"
            )
    starts = [sum(sections[:position]) for position in range(len(sections))]
    return tuple(_narrow(tensor, dim, start, length) for start, length in zip(starts, sections, strict=True))


@composite()
def chunk(input: Tensor, chunks: int, dim: int = 0) -> tuple[Tensor, ...]:
    """Cut a dimension into at most ``chunks`` views of equal size; the last may be smaller. Source: ``torch.chunk``.

    Example:
        >>> import flambeau as torch
        >>> torch.chunk(torch.arange(5), 2)
        (tensor([0, 1, 2]), tensor([3, 4]))
    """
    if chunks <= 0:
        raise RuntimeError(f"chunk expects `chunks` to be greater than 0, got: {chunks}")
    size = input._array.shape[normalize_dim(dim, input.dim())]
    if size == 0:
        return split(input, [0] * chunks, dim)
    return split(input, -(-size // chunks), dim)


@method("split")
def _split_method(self: Tensor, split_size: int | Sequence[int], dim: int = 0) -> tuple[Tensor, ...]:
    """Cut a dimension into views: :func:`flambeau.split`."""
    return split(self, split_size, dim)
