"""What elements there are, and how many of each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, NamedTuple, overload

from flambeau import dtypes
from flambeau._dispatch.checks import no_derivative
from flambeau._dispatch.declare import composite, fused, primitive
from flambeau._dispatch.runtime import check_places
from flambeau._tensor import Tensor, from_array
from flambeau._tensor.tensor import _existing_dim
from flambeau.dtypes import scalar_type_name
from flambeau.errors import argument_type
from flambeau.ops.creation._own import own
from flambeau.ops.creation.filled import empty_like, ones, ones_like, zeros
from flambeau.ops.indexing.gathering import index_select
from flambeau.ops.indexing.scattering import scatter, scatter_add
from flambeau.ops.movement.joining import cat
from flambeau.ops.movement.shapes import flatten, movedim
from flambeau.ops.movement.slicing import narrow
from flambeau.ops.reductions.scans import cumsum
from flambeau.ops.reductions.sums import any
from flambeau.shapes import as_int

from .order import sort, sorted_values

__all__ = ["bincount", "unique", "unique_consecutive"]


class Unique(NamedTuple):
    """Distinct elements; for every element the index of the one that equals it; how often each of them occurs."""

    output: Tensor
    inverse: Tensor | None
    counts: Tensor | None


# -- distinct elements --------------------------------------------------------------------------------------------------


def _of_runs(rows: Tensor, order: Tensor | None, *, inverse: bool, counts: bool) -> Unique:
    """The first row of each run of equal ones; ``order`` tells where the rows come from."""
    length = rows.size(0)
    if not rows.numel():
        nothing = zeros(length, dtype=dtypes.int64, device=rows.device)
        return Unique(rows.clone(), nothing if inverse else None, nothing.clone() if counts else None)
    begins = _beginnings(rows)
    (starts,) = begins.nonzero().unbind(1)
    output = index_select(rows, 0, starts)
    members, sizes = None, None
    if inverse:
        members = cumsum(begins, 0) - 1
        members = members if order is None else scatter(empty_like(order), 0, order, members)
    if counts:
        sizes = cat([narrow(starts, 0, 1, starts.size(0) - 1), starts.new_full((1,), length)]) - starts
    return Unique(output, members, sizes)


def _beginnings(rows: Tensor) -> Tensor:
    """Which rows differ from the one before; of a one-dimensional tensor, which elements do."""
    rest = rows.size(0) - 1
    differs = narrow(rows, 0, 1, rest) != narrow(rows, 0, 0, rest)
    if differs.dim() > 1:
        differs = any(flatten(differs, 1), 1)
    return cat([ones(1, dtype=dtypes.bool, device=rows.device), differs])


def _ordered(rows: Tensor) -> Tensor:
    """The indices that sort rows by their first element, those equal in it by the second, and so on."""
    order = sort(narrow(rows, 1, rows.size(1) - 1, 1).reshape(-1)).indices
    for column in range(rows.size(1) - 2, -1, -1):
        values = index_select(narrow(rows, 1, column, 1).reshape(-1), 0, order)
        order = index_select(order, 0, sort(values).indices)
    return order


def _check_real(input: Tensor) -> None:
    if input.dtype.is_complex:
        raise NotImplementedError(f"\"unique\" not implemented for '{scalar_type_name(input.dtype)}'")


_OUTPUTS = ("output", "inverse", "counts")


@primitive(derivatives={"input": no_derivative("_unique2")}, outputs=_OUTPUTS, method=False, node="Unique2Backward0")
def _unique_all(input: Tensor, inverse: bool, counts: bool) -> Unique:
    _check_real(input)
    flat = input.detach().reshape(-1)
    values, order = sort(flat) if inverse else (sorted_values(flat, 0), None)
    return _of_runs(values, order, inverse=inverse, counts=counts)


@primitive(
    derivatives={"input": no_derivative("unique_dim")}, outputs=_OUTPUTS, method=False, node="UniqueDimBackward0"
)
def _unique_dim(input: Tensor, dim: int, inverse: bool, counts: bool) -> Unique:
    _check_real(input)
    slices = _slices("unique", input, dim)
    order = _ordered(slices.reshape(slices.size(0), -1 if slices.numel() else 1))
    found = _of_runs(index_select(slices, 0, order), order, inverse=inverse, counts=counts)
    return found._replace(output=own(movedim(found.output, 0, dim)))


@primitive(
    derivatives={"input": no_derivative("unique_consecutive")},
    outputs=_OUTPUTS,
    method=False,
    node="UniqueConsecutiveBackward0",
)
def _unique_consecutive(input: Tensor, dim: int | None, inverse: bool, counts: bool) -> Unique:
    _check_real(input)
    if dim is None:
        return _of_runs(input.detach().reshape(-1), None, inverse=inverse, counts=counts)
    found = _of_runs(_slices("unique_consecutive", input, dim), None, inverse=inverse, counts=counts)
    return found._replace(output=own(movedim(found.output, 0, dim)))


def _slices(function: str, input: Tensor, dim: int) -> Tensor:
    """``input`` with ``dim`` in front."""
    if input.size(dim) and not input.numel():
        raise RuntimeError(f"There are 0 sized dimensions, and they aren't selected, so {function} cannot be applied")
    return movedim(input.detach(), dim, 0).contiguous()


@overload
def unique(
    input: Tensor, sorted: bool = True, return_inverse: Literal[False] = False, return_counts: Literal[False] = False,
    dim: int | None = None,
) -> Tensor: ...  # fmt: skip
@overload
def unique(
    input: Tensor,
    sorted: bool = True,
    return_inverse: bool = False,
    return_counts: bool = False,
    dim: int | None = None,
) -> Any: ...
@composite()
def unique(
    input: Tensor,
    sorted: bool = True,
    return_inverse: bool = False,
    return_counts: bool = False,
    dim: int | None = None,
) -> Any:
    """Give the distinct elements in ascending order, or the distinct slices along ``dim``. Source: ``torch.unique``.

    With ``return_inverse``, also the index among them of every element; with ``return_counts``, how often each occurs.
    They are sorted without ``sorted`` too. nan is equal to nothing.

    Raises:
        IndexError: ``dim`` does not exist.
        RuntimeError: another dimension than ``dim`` has size 0.

    Example:
        >>> import flambeau as torch
        >>> torch.unique(torch.tensor([3, 1, 2, 1]), return_counts=True)
        (tensor([1, 2, 3]), tensor([2, 1, 1]))
    """
    if dim is None:
        return _given(_unique_all(input, return_inverse, return_counts), input.shape)
    return _given(_unique_dim(input, _existing_dim(dim, input.dim()), return_inverse, return_counts), (-1,))


@overload
def unique_consecutive(
    input: Tensor, return_inverse: Literal[False] = False, return_counts: Literal[False] = False,
    dim: int | None = None,
) -> Tensor: ...  # fmt: skip
@overload
def unique_consecutive(
    input: Tensor, return_inverse: bool = False, return_counts: bool = False, dim: int | None = None
) -> Any: ...
@composite()
def unique_consecutive(
    input: Tensor, return_inverse: bool = False, return_counts: bool = False, dim: int | None = None
) -> Any:
    """Give the first of each run of equal elements, or of equal slices along ``dim``. Source: ``torch.unique_consecutive``.

    With ``return_inverse``, also the index of the run of every element; with ``return_counts``, how long the runs are.

    Example:
        >>> import flambeau as torch
        >>> torch.unique_consecutive(torch.tensor([1, 1, 2, 2, 1]))
        tensor([1, 2, 1])
    """
    if dim is not None:
        dim = _existing_dim(dim, input.dim())
    found = _unique_consecutive(input, dim, return_inverse, return_counts)
    return _given(found, input.shape if dim is None else (-1,))


def _given(found: Unique, shape: Sequence[int]) -> Any:
    """What was asked for: one tensor, or a tuple; the inverse in ``shape``."""
    inverse = None if found.inverse is None else found.inverse.reshape(shape)
    parts = tuple(part for part in (found.output, inverse, found.counts) if part is not None)
    return parts if len(parts) > 1 else found.output


# -- counts -------------------------------------------------------------------------------------------------------------


@fused("bincount", derivatives={"weights": no_derivative("bincount")}, method=False, node="NotImplemented")
def _bincount(input: Tensor, weights: Tensor | None, minlength: int) -> Tensor:
    if not input.numel():
        return zeros(minlength, dtype=dtypes.int64, device=input.device)
    low, high = (extreme.item() for extreme in input.aminmax())
    if low < 0:
        raise RuntimeError("bincount only supports 1-d non-negative integral inputs.")
    if weights is not None:
        weights = weights.detach() if weights.dtype is dtypes.float32 else weights.detach().double()
    return tally(input.long(), weights, max(int(high) + 1, minlength))


def tally(places: Tensor, weights: Tensor | None, length: int) -> Tensor:
    """How often each place below ``length`` occurs, or the sum of its weights, which are float32 or float64."""
    kernels = places._type.kernels
    if kernels.bincount is None:
        addends = ones_like(places) if weights is None else weights
        return scatter_add(zeros(length, dtype=addends.dtype, device=places.device), 0, places, addends)
    counts = kernels.bincount(places._array, None if weights is None else weights._array, length)
    return from_array(counts, places._type if weights is None else weights._type)


@composite()
def bincount(input: Tensor, weights: Tensor | None = None, minlength: int = 0) -> Tensor:
    """Count how often each number from 0 on occurs, or add up its ``weights``. Source of the semantics: ``torch.bincount``.

    The result has ``minlength`` elements at least. It is int64; with weights float64, or float32 as they are.

    Raises:
        RuntimeError: ``input`` is not one-dimensional or has negative elements; ``weights`` do not fit it.

    Example:
        >>> import flambeau as torch
        >>> torch.bincount(torch.tensor([1, 1, 3]))
        tensor([0, 2, 0, 1])
    """
    try:
        minlength = as_int(minlength, "minlength")
    except TypeError:
        raise argument_type("bincount", "minlength", 3, minlength, "int") from None
    if minlength < 0:
        raise RuntimeError("minlength should be >= 0")
    if not input._type.integers:
        raise NotImplementedError(f"\"bincount_cpu\" not implemented for '{scalar_type_name(input.dtype)}'")
    if input.dim() != 1:
        raise RuntimeError("bincount only supports 1-d non-negative integral inputs.")
    if weights is not None and not isinstance(weights, Tensor):
        raise argument_type("bincount", "weights", 2, weights, "Tensor")
    if weights is not None and weights._array.shape != input._array.shape:
        raise RuntimeError("weights should be 1-d and have the same length as input")
    check_places("bincount", input, weights)
    return _bincount(input, weights, minlength)
