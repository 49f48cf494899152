"""Diagonals of matrices and what lies on one side of them."""

from __future__ import annotations

from flambeau import dtypes
from flambeau._dispatch.declare import composite, primitive, view
from flambeau._dispatch.factories import TypeOf, factory
from flambeau._dispatch.overlaps import fill_places
from flambeau._dispatch.runtime import Number
from flambeau._tensor import Tensor, from_array
from flambeau._tensor.copies import contiguous_array
from flambeau._tensor.methods import method
from flambeau.backend.types import TensorType
from flambeau.dtypes import scalar_type_name
from flambeau.errors import argument_type
from flambeau.shapes import Shape, as_int, normalize_dim

from .slicing import cloned_for_part, replaced
from .strided import as_strided

__all__ = [
    "diag",
    "diag_embed",
    "diagflat",
    "diagonal",
    "diagonal_scatter",
    "tril",
    "tril_indices",
    "triu",
    "triu_indices",
]


# -- the diagonal ---------------------------------------------------------------


def _diagonal_input(grad: Tensor, input_shape: Shape, offset: int, dim1: int, dim2: int) -> Tensor:
    result = grad.new_zeros(input_shape)
    _diagonal(result, offset, dim1, dim2).copy_(grad)
    return result


@view(derivatives={"input": _diagonal_input}, method=False, node="DiagonalBackward0")
def _diagonal(input: Tensor, offset: int, dim1: int, dim2: int) -> Tensor:
    array, type_ = input._array, input._type
    shape, strides = array.shape, tuple(type_.backend.strides(array))
    down, right = max(-offset, 0), max(offset, 0)
    length = max(min(shape[dim1] - down, shape[dim2] - right), 0)
    kept = [dim for dim in range(len(shape)) if dim not in (dim1, dim2)]
    return from_array(
        type_.kernels.as_strided(
            array,
            (*(shape[dim] for dim in kept), length),
            (*(strides[dim] for dim in kept), strides[dim1] + strides[dim2]),
            down * strides[dim1] + right * strides[dim2] if length else 0,
        ),
        type_,
    )


def _distinct(dim1: int, dim2: int, ndim: int) -> tuple[int, int]:
    first, second = normalize_dim(dim1, ndim), normalize_dim(dim2, ndim)
    if first == second:
        raise RuntimeError(f"diagonal dimensions cannot be identical {dim1}, {dim2}")
    return first, second


@composite()
def diagonal(input: Tensor, offset: int = 0, dim1: int = 0, dim2: int = 1) -> Tensor:
    """View a diagonal of the matrices in two dimensions; it becomes the last dimension. Source: ``torch.diagonal``.

    ``offset`` counts diagonals, upwards from the main one.

    Raises:
        RuntimeError: the dimensions are one and the same.
        IndexError: there is no such dimension.

    Example:
        >>> import flambeau as torch
        >>> torch.diagonal(torch.tensor([[1, 2], [3, 4]]))
        tensor([1, 4])
    """
    return _diagonal(input, as_int(offset, "offset"), *_distinct(dim1, dim2, input.dim()))


@composite()
def diagonal_scatter(input: Tensor, src: Tensor, offset: int = 0, dim1: int = 0, dim2: int = 1) -> Tensor:
    """Copy a tensor with a diagonal replaced by ``src``. Source of the semantics: ``torch.diagonal_scatter``.

    Raises:
        RuntimeError: ``src`` does not have the shape of the diagonal.

    Example:
        >>> import flambeau as torch
        >>> torch.diagonal_scatter(torch.zeros(2, 2), torch.tensor([1.0, 2.0]))
        tensor([[1., 0.],
                [0., 2.]])
    """
    result = cloned_for_part(input)
    return replaced(src, result, diagonal(result, offset, dim1, dim2))


def _diag_embed_input(grad: Tensor, offset: int, dim1: int, dim2: int) -> Tensor:
    return _diagonal(grad, offset, dim1, dim2)


@primitive(derivatives={"input": _diag_embed_input}, method=False, node="DiagEmbedBackward0")
def _diag_embed(input: Tensor, offset: int, dim1: int, dim2: int) -> Tensor:
    size = input._array.shape[-1] + abs(offset)
    shape = list(input._array.shape[:-1])
    for dim in sorted((dim1, dim2)):
        shape.insert(dim, size)
    type_ = input._type
    result = from_array(type_.kernels.full(tuple(shape), 0, type_.dtype.name), type_)
    _diagonal(result, offset, dim1, dim2).copy_(input.detach())
    return from_array(result._array, type_)


@composite()
def diag_embed(input: Tensor, offset: int = 0, dim1: int = -2, dim2: int = -1) -> Tensor:
    """Make matrices of zeros with the last dimension on a diagonal. Source of the semantics: ``torch.diag_embed``.

    Example:
        >>> import flambeau as torch
        >>> torch.diag_embed(torch.tensor([1, 2]))
        tensor([[1, 0],
                [0, 2]])
    """
    normalize_dim(-1, input.dim())
    if input.dim() == 0:
        raise IndexError("Dimension out of range (expected to be in range of [-1, 0], but got -2)")
    return _diag_embed(input, as_int(offset, "offset"), *_distinct(dim1, dim2, input.dim() + 1))


@composite(out="exact")
def diag(input: Tensor, diagonal: int = 0) -> Tensor:
    """Copy a diagonal of a matrix, or make a matrix of zeros with a vector on a diagonal. Source: ``torch.diag``.

    Raises:
        RuntimeError: the input has neither one nor two dimensions.

    Example:
        >>> import flambeau as torch
        >>> torch.diag(torch.tensor([[1, 2], [3, 4]]), 1)
        tensor([2])
    """
    if input.dim() == 1:
        return diag_embed(input, diagonal)
    if input.dim() != 2:
        raise RuntimeError(f"diag(): Supports 1D or 2D tensors. Got {input.dim()}D")
    return _diagonal(input, as_int(diagonal, "diagonal"), 0, 1).clone()


@composite()
def diagflat(input: Tensor, offset: int = 0) -> Tensor:
    """Make a matrix of zeros with all elements, flattened, on a diagonal. Source: ``torch.diagflat``.

    Example:
        >>> import flambeau as torch
        >>> torch.diagflat(torch.tensor([[1], [2]]), 1)
        tensor([[0, 1, 0],
                [0, 0, 2],
                [0, 0, 0]])
    """
    return diag_embed(input.reshape(-1), offset)


@method("fill_diagonal_")
def fill_diagonal_(input: Tensor, fill_value: Number, wrap: bool = False) -> Tensor:
    """Write a number on the main diagonal; ``wrap`` starts again below it in a tall matrix.

    Source of the semantics: ``torch.Tensor.fill_diagonal_``.

    Raises:
        RuntimeError: there are fewer than two dimensions, or more than two of different sizes.

    Example:
        >>> import flambeau as torch
        >>> torch.zeros(2, 2).fill_diagonal_(7)
        tensor([[7., 0.],
                [0., 7.]])
    """
    shape, strides = tuple(input.shape), tuple(input.stride())
    if len(shape) < 2:
        raise RuntimeError("dimensions must larger than 1")
    if len(shape) > 2 and len(set(shape)) > 1:
        raise RuntimeError("all dimensions of input must be of equal length")
    offset = input.storage_offset()
    as_strided(input, (min(shape),), (sum(strides),), offset).fill_(fill_value)
    again = shape[1] + 1
    if wrap and len(shape) == 2 and shape[0] > again:
        step = sum(strides)
        count = -(-(shape[0] * shape[1] - again * shape[1]) // (shape[1] + 1))
        as_strided(input, (count,), (step,), offset + again * strides[0]).fill_(fill_value)
    return input


# -- triangles ---------------------------------------------------------------


def _lower(input: Tensor, diagonal: int, *, keep: bool) -> Tensor:
    """``input`` with zeros above the diagonal, or below and on it unless ``keep``."""
    kernels, type_ = input._type.kernels, input._type
    height, width = input._array.shape[-2:]
    rows = kernels.reshape(kernels.arange(diagonal, 1, height, "int64"), (height, 1))
    inside = kernels.le(kernels.arange(0, 1, width, "int64"), rows)
    zero = type_.number(0)
    array = input._array
    chosen = kernels.where(inside, array, zero) if keep else kernels.where(inside, zero, array)
    return from_array(contiguous_array(type_, chosen), type_)


def _triangle_check(function: str, input: Tensor) -> None:
    if input.dim() < 2:
        raise RuntimeError(f"{function}: input tensor must have at least 2 dimensions")


def _tril_input(grad: Tensor, diagonal: int) -> Tensor:
    return tril(grad, diagonal)


def _triu_input(grad: Tensor, diagonal: int) -> Tensor:
    return triu(grad, diagonal)


def _tril_places(input: Tensor, diagonal: int = 0) -> None:
    fill_places(input, triu(_all_places(input), diagonal + 1), 0)


def _triu_places(input: Tensor, diagonal: int = 0) -> None:
    fill_places(input, tril(_all_places(input), diagonal - 1), 0)


def _all_places(input: Tensor) -> Tensor:
    type_ = input._type.boolean
    return from_array(type_.kernels.full(input._array.shape, True, "bool"), type_)


@primitive(derivatives={"input": _tril_input}, inplace=True, out="exact", shared=_tril_places)
def tril(input: Tensor, diagonal: int = 0) -> Tensor:
    """Keep the lower triangle of matrices, with the diagonals up to ``diagonal``; zeros above. Source: ``torch.tril``.

    Raises:
        RuntimeError: there are fewer than two dimensions.

    Example:
        >>> import flambeau as torch
        >>> torch.tril(torch.ones(2, 2))
        tensor([[1., 0.],
                [1., 1.]])
    """
    _triangle_check("tril", input)
    return _lower(input, as_int(diagonal, "diagonal"), keep=True)


@primitive(derivatives={"input": _triu_input}, inplace=True, out="exact", shared=_triu_places)
def triu(input: Tensor, diagonal: int = 0) -> Tensor:
    """Keep the upper triangle of matrices, with the diagonals from ``diagonal`` on. Source: ``torch.triu``.

    Raises:
        RuntimeError: there are fewer than two dimensions.

    Example:
        >>> import flambeau as torch
        >>> torch.triu(torch.ones(2, 2), 1)
        tensor([[0., 1.],
                [0., 0.]])
    """
    _triangle_check("triu", input)
    return _lower(input, as_int(diagonal, "diagonal") - 1, keep=False)


@factory(target=False)
def tril_indices(row: int, col: int, offset: int = 0, *, type_of: TypeOf) -> Tensor:
    """Give the rows and columns of the lower triangle of a matrix, as two rows. Source: ``torch.tril_indices``.

    Raises:
        RuntimeError: a size is negative.

    Example:
        >>> import flambeau as torch
        >>> torch.tril_indices(2, 2)
        tensor([[0, 1, 1],
                [0, 0, 1]])
    """
    return _triangle_indices("tril_indices", row, col, offset, type_of(dtypes.int64))


@factory(target=False)
def triu_indices(row: int, col: int, offset: int = 0, *, type_of: TypeOf) -> Tensor:
    """Give the rows and columns of the upper triangle of a matrix, as two rows. Source: ``torch.triu_indices``.

    Raises:
        RuntimeError: a size is negative.

    Example:
        >>> import flambeau as torch
        >>> torch.triu_indices(2, 2)
        tensor([[0, 0, 1],
                [0, 1, 1]])
    """
    return _triangle_indices("triu_indices", row, col, offset, type_of(dtypes.int64))


def _int_of(function: str, position: int, name: str, value: object) -> int:
    try:
        return as_int(value, name)
    except TypeError:
        raise argument_type(function, name, position, value, "int") from None


def _triangle_indices(function: str, row: int, col: int, offset: int, type_: TensorType) -> Tensor:
    row, col, offset = (
        _int_of(function, position, name, value)
        for position, (name, value) in enumerate((("row", row), ("col", col), ("offset", offset)), 1)
    )
    for name, size in (("row", row), ("col", col)):
        if size < 0:
            raise RuntimeError(f"{name} must be non-negative, got{size}")
    if type_.dtype not in (dtypes.int32, dtypes.int64):
        raise NotImplementedError(f"\"{function}\" not implemented for '{scalar_type_name(type_.dtype)}'")
    ones = from_array(type_.kernels.full((row, col), 1, "bool"), type_.boolean)
    inside = tril(ones, offset) if function == "tril_indices" else triu(ones, offset)
    places: Tensor = inside.nonzero()
    return places.t().contiguous().to(type_.dtype)
