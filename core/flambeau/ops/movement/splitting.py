"""Cutting a tensor into pieces, all of them views."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import accumulate, pairwise
from typing import Any, TypeAlias

from flambeau import dtypes
from flambeau._dispatch.declare import composite, primitive
from flambeau._tensor import Tensor, from_array
from flambeau._tensor.methods import method
from flambeau._tensor.modes import grad_enabled
from flambeau._tensor.node import edge_target
from flambeau._tensor.storage import link_view, storage_of
from flambeau.dtypes import scalar_type_name
from flambeau.shapes import Shape, as_int, as_ints, is_one, normalize_dim

from .joining import _cat, _stack
from .slicing import _narrow, _select, _slice

__all__ = [
    "chunk",
    "dsplit",
    "hsplit",
    "split",
    "split_with_sizes",
    "tensor_split",
    "unbind",
    "unsafe_chunk",
    "unsafe_split",
    "unsafe_split_with_sizes",
    "vsplit",
]


_Step: TypeAlias = tuple[Callable[..., Tensor], tuple[Any, ...]]


# -- one node for all pieces ---------------------------------------------------------------


def _linked(input: Tensor, pieces: Sequence[Tensor], steps: Iterable[_Step]) -> None:
    """Make the outputs of one node views of ``input``, each by a step of its own."""
    recorded = grad_enabled()
    for index, (piece, (function, arguments)) in enumerate(zip(pieces, steps, strict=True)):
        node, origin = piece._node, "a view"
        if node is not None:
            origin = f"Output {index} of {edge_target(node)[0].name().removesuffix('Backward0')}"
        link_view(piece, input, function, arguments, recorded, origin)
        if node is not None:
            storage_of(piece).fragile = True


def _unbind_input(grad: Any, dim: int) -> Tensor:
    return _stack(grad, dim)


@primitive(derivatives={"input": _unbind_input}, method=False, node="UnbindBackward0")
def _unbind(input: Tensor, dim: int) -> tuple[Tensor, ...]:
    kernels, type_, shape = input._type.kernels, input._type, input._array.shape
    if kernels.select is not None:
        return tuple([from_array(kernels.select(input._array, dim, index), type_) for index in range(shape[dim])])
    parts = _cut(input, dim, (1,) * shape[dim])
    rest = shape[:dim] + shape[dim + 1 :]
    return tuple([from_array(kernels.reshape(part._array, rest), type_) for part in parts])


def _cut(input: Tensor, dim: int, sections: Shape) -> tuple[Tensor, ...]:
    cut, type_, array = input._type.kernels.slice, input._type, input._array
    return tuple([from_array(cut(array, *where), type_) for where in _places(array.shape, dim, sections)])


_Places: TypeAlias = list[tuple[Shape, Shape, Shape]]


def _places(shape: Shape, dim: int, sections: Shape) -> _Places:
    """Of every section of a dimension, what a slice is told: starts, lengths and steps."""
    return _places_of_few(shape, dim, sections) if len(sections) <= _FEW else _all_places(shape, dim, sections)


_FEW = 16
"""So many sections are kept: they are asked for twice in a call, and programs cut alike again and again."""


@lru_cache(maxsize=256)
def _places_of_few(shape: Shape, dim: int, sections: Shape) -> _Places:
    return _all_places(shape, dim, sections)


def _all_places(shape: Shape, dim: int, sections: Shape) -> _Places:
    before, after, steps = (0,) * dim, (0,) * (len(shape) - dim - 1), (1,) * len(shape)
    outer, inner = shape[:dim], shape[dim + 1 :]
    places: _Places = []
    start = 0
    for length in sections:
        places.append(((*before, start, *after), (*outer, length, *inner), steps))
        start += length
    return places


def _joined(grad: Sequence[Tensor], dim: int) -> Tensor:
    return _cat(grad, dim)


@primitive(derivatives={"input": _joined}, method=False, node="SplitBackward0")
def _split(input: Tensor, sections: Shape, dim: int) -> tuple[Tensor, ...]:
    return _cut(input, dim, sections)


@primitive(derivatives={"input": _joined}, method=False, node="SplitWithSizesBackward0")
def _split_with_sizes(input: Tensor, sections: Shape, dim: int) -> tuple[Tensor, ...]:
    return _cut(input, dim, sections)


@primitive(derivatives={"input": _joined}, method=False, node="UnsafeSplitBackward0")
def _unsafe_split(input: Tensor, sections: Shape, dim: int) -> tuple[Tensor, ...]:
    return _cut(input, dim, sections)


def _steps(input: Tensor, sections: Shape, dim: int) -> Iterable[_Step]:
    return [(_slice, where) for where in _places(input._array.shape, dim, sections)]


# -- pieces of a size ---------------------------------------------------------------


@method("__iter__")
def _iterate(self: Tensor) -> Iterator[Tensor]:
    """Go over the first dimension."""
    if not self._array.shape:
        raise TypeError("iteration over a 0-d tensor")
    return iter(unbind(self, 0))


@composite()
def unbind(input: Tensor, dim: int = 0) -> tuple[Tensor, ...]:
    """Take a dimension apart into views, one for each index. Source of the semantics: ``torch.unbind``.

    Raises:
        IndexError: there is no such dimension.

    Example:
        >>> import flambeau as torch
        >>> torch.unbind(torch.tensor([[1, 2], [3, 4]]))
        (tensor([1, 2]), tensor([3, 4]))
    """
    if input.dim() == 0:
        raise IndexError(f"Dimension specified as {dim} but tensor has no dimensions")
    dim = normalize_dim(dim, input.dim())
    pieces = _unbind(input, dim)
    _linked(input, pieces, ((_select, (dim, index)) for index in range(len(pieces))))
    return pieces


def _sections(function: str, input: Tensor, split_size: int, dim: int) -> tuple[Shape, int]:
    if input.dim() == 0:
        raise RuntimeError(f"{function} expects at least a 1-dimensional tensor")
    dim = normalize_dim(dim, input.dim())
    size, split_size = input._array.shape[dim], as_int(split_size, "split_size")
    if split_size < 0:
        raise RuntimeError(f"split expects split_size be non-negative, but got split_size={split_size}")
    if split_size == 0 and size:
        raise RuntimeError(f"split_size can only be 0 if dimension size is 0, but got dimension size of {size}")
    return tuple([min(split_size, size - start) for start in range(0, size, split_size)]) if size else (0,), dim


def _given_sections(input: Tensor, split_sizes: Sequence[int], dim: int) -> tuple[Shape, int]:
    if input.dim() == 0:
        raise RuntimeError("split_with_sizes expects at least a 1-dimensional tensor")
    dim = normalize_dim(dim, input.dim())
    size, sections = input._array.shape[dim], as_ints(split_sizes, "split_sizes")
    if any(length < 0 for length in sections):
        raise RuntimeError(
            f"split_with_sizes expects split_sizes have only non-negative entries, but got split_sizes={list(sections)}"
        )
    if sum(sections) != size:
        raise RuntimeError(
            f"split_with_sizes expects split_sizes to sum exactly to {size} (input tensor's size at dimension {dim}), "
            f"but got split_sizes={list(sections)}"
        )
    return sections, dim


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
    if not is_one(split_size_or_sections):
        return split_with_sizes(tensor, split_size_or_sections, dim)  # type: ignore[arg-type]
    sections, dim = _sections("split", tensor, split_size_or_sections, dim)  # type: ignore[arg-type]
    pieces = _split(tensor, sections, dim)
    _linked(tensor, pieces, _steps(tensor, sections, dim))
    return pieces


@method("split")
def _split_method(self: Tensor, split_size: int | Sequence[int], dim: int = 0) -> tuple[Tensor, ...]:
    """Cut a dimension into views: :func:`flambeau.split`."""
    return split(self, split_size, dim)


@composite()
def split_with_sizes(input: Tensor, split_sizes: Sequence[int], dim: int = 0) -> tuple[Tensor, ...]:
    """Cut a dimension into views of the sizes given. Source of the semantics: ``torch.split_with_sizes``.

    Raises:
        RuntimeError: the sizes do not add up to that of the dimension.

    Example:
        >>> import flambeau as torch
        >>> torch.split_with_sizes(torch.arange(3), (1, 2))
        (tensor([0]), tensor([1, 2]))
    """
    sections, dim = _given_sections(input, split_sizes, dim)
    pieces = _split_with_sizes(input, sections, dim)
    _linked(input, pieces, _steps(input, sections, dim))
    return pieces


def _chunk_size(input: Tensor, chunks: int, dim: int) -> int:
    if input.dim() == 0:
        raise RuntimeError("chunk expects at least a 1-dimensional tensor")
    chunks = as_int(chunks, "chunks")
    if chunks <= 0:
        raise RuntimeError(f"chunk expects `chunks` to be greater than 0, got: {chunks}")
    size: int = input._array.shape[normalize_dim(dim, input.dim())]
    return -(-size // chunks)


@composite()
def chunk(input: Tensor, chunks: int, dim: int = 0) -> tuple[Tensor, ...]:
    """Cut a dimension into at most ``chunks`` views of equal size; the last may be smaller. Source: ``torch.chunk``.

    Example:
        >>> import flambeau as torch
        >>> torch.chunk(torch.arange(5), 2)
        (tensor([0, 1, 2]), tensor([3, 4]))
    """
    size = _chunk_size(input, chunks, dim)
    return split(input, size, dim) if size else split_with_sizes(input, [0] * chunks, dim)


# -- pieces that may be written to ---------------------------------------------------------------


@composite()
def unsafe_split(tensor: Tensor, split_size: int, dim: int = 0) -> tuple[Tensor, ...]:
    """Cut as :func:`flambeau.split`; the graph does not know that the pieces are views, and lets them be changed.

    Source of the semantics: ``torch.unsafe_split``.

    Example:
        >>> import flambeau as torch
        >>> torch.unsafe_split(torch.arange(3), 2)
        (tensor([0, 1]), tensor([2]))
    """
    return _unsafe_split(tensor, *_sections("split", tensor, split_size, dim))


@composite()
def unsafe_split_with_sizes(input: Tensor, split_sizes: Sequence[int], dim: int = 0) -> tuple[Tensor, ...]:
    """Cut as :func:`flambeau.split_with_sizes`, but into pieces that the graph lets be changed.

    Source of the semantics: ``torch.unsafe_split_with_sizes``.

    Example:
        >>> import flambeau as torch
        >>> torch.unsafe_split_with_sizes(torch.arange(3), (1, 2))
        (tensor([0]), tensor([1, 2]))
    """
    return _unsafe_split(input, *_given_sections(input, split_sizes, dim))


@composite()
def unsafe_chunk(input: Tensor, chunks: int, dim: int = 0) -> tuple[Tensor, ...]:
    """Cut as :func:`flambeau.chunk`, but into pieces that the graph lets be changed. Source: ``torch.unsafe_chunk``.

    Example:
        >>> import flambeau as torch
        >>> torch.unsafe_chunk(torch.arange(3), 2)
        (tensor([0, 1]), tensor([2]))
    """
    size = _chunk_size(input, chunks, dim)
    return unsafe_split(input, size, dim) if size else unsafe_split_with_sizes(input, [0] * chunks, dim)


# -- pieces as NumPy cuts them ---------------------------------------------------------------


@composite()
def tensor_split(input: Tensor, indices_or_sections: int | Sequence[int] | Tensor, dim: int = 0) -> tuple[Tensor, ...]:
    """Cut a dimension into views: so many, as equal as can be, or at the indices given. Source: ``torch.tensor_split``.

    Raises:
        RuntimeError: the number of pieces is not positive, or the input has no dimensions.

    Example:
        >>> import flambeau as torch
        >>> torch.tensor_split(torch.arange(5), 3)
        (tensor([0, 1]), tensor([2, 3]), tensor([4]))
        >>> torch.tensor_split(torch.arange(5), (1, 3))
        (tensor([0]), tensor([1, 2]), tensor([3, 4]))
    """
    if input.dim() == 0:
        raise RuntimeError("tensor_split expected at least a 1-dimensional tensor, but got a tensor with 0 dims")
    dim = normalize_dim(dim, input.dim())
    size = input._array.shape[dim]
    where: Any = _indices(indices_or_sections)
    if is_one(where):
        if where <= 0:
            raise RuntimeError(f"number of sections must be larger than 0, got {where}")
        length, larger = divmod(size, where)
        where = list(accumulate([length + (index < larger) for index in range(where - 1)]))
    bounds = [0, *[_clipped(index, size) for index in where], size]
    return tuple([_narrow(input, dim, start, max(end - start, 0)) for start, end in pairwise(bounds)])


def _clipped(index: int, size: int) -> int:
    """An index as Python's slices take it."""
    return slice(index).indices(size)[1]


def _indices(indices_or_sections: int | Sequence[int] | Tensor) -> int | list[int]:
    if isinstance(indices_or_sections, Tensor):
        if indices_or_sections.dtype is not dtypes.int64:
            raise RuntimeError(
                "tensor_split expected tensor_indices_or_sections to have dtype of long, but got "
                f"{scalar_type_name(indices_or_sections.dtype)}"
            )
        if indices_or_sections.dim() > 1:
            raise RuntimeError(
                "tensor_split expected tensor_indices_or_sections to be a zero-dimensional or one-dimensional tensor, "
                f"but got a tensor with {indices_or_sections.dim()} dims"
            )
        return indices_or_sections.tolist()
    return as_int(where, "sections") if is_one(where := indices_or_sections) else list(as_ints(where, "indices"))


def _divided(function: str, input: Tensor, where: int | Sequence[int], dim: int, least: int) -> tuple[Tensor, ...]:
    if input.dim() < least:
        raise RuntimeError(
            f"torch.{function} requires a tensor with at least {least} dimension, but got a tensor with {input.dim()} "
            "dimensions!"
        )
    if is_one(where):
        size, where = input._array.shape[dim], as_int(where, "sections")
        if where <= 0 or size % where:
            raise RuntimeError(
                f"torch.{function} attempted to split along dimension {dim}, but the size of the dimension {size} is not "
                f"divisible by the split_size {where}!"
            )
    return tensor_split(input, where, dim)


@composite()
def hsplit(input: Tensor, indices_or_sections: int | Sequence[int]) -> tuple[Tensor, ...]:
    """Cut the columns, or the elements of a vector, into views. Source of the semantics: ``torch.hsplit``.

    Raises:
        RuntimeError: the size is not divisible by the number of pieces.

    Example:
        >>> import flambeau as torch
        >>> torch.hsplit(torch.tensor([[1, 2], [3, 4]]), 2)
        (tensor([[1],
                [3]]), tensor([[2],
                [4]]))
    """
    return _divided("hsplit", input, indices_or_sections, 0 if input.dim() == 1 else 1, 1)


@composite()
def vsplit(input: Tensor, indices_or_sections: int | Sequence[int]) -> tuple[Tensor, ...]:
    """Cut the rows into views. Source of the semantics: ``torch.vsplit``.

    Raises:
        RuntimeError: the size is not divisible by the number of pieces, or there are fewer than two dimensions.

    Example:
        >>> import flambeau as torch
        >>> torch.vsplit(torch.tensor([[1, 2], [3, 4]]), 2)
        (tensor([[1, 2]]), tensor([[3, 4]]))
    """
    return _divided("vsplit", input, indices_or_sections, 0, 2)


@composite()
def dsplit(input: Tensor, indices_or_sections: int | Sequence[int]) -> tuple[Tensor, ...]:
    """Cut the third dimension into views. Source of the semantics: ``torch.dsplit``.

    Raises:
        RuntimeError: the size is not divisible by the number of pieces, or there are fewer than three dimensions.

    Example:
        >>> import flambeau as torch
        >>> [piece.shape for piece in torch.dsplit(torch.zeros(1, 2, 4), (1,))]
        [torch.Size([1, 2, 1]), torch.Size([1, 2, 3])]
    """
    return _divided("dsplit", input, indices_or_sections, 2, 3)
