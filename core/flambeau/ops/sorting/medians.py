"""What stands in the middle, and what occurs most often."""

from __future__ import annotations

from math import nan, prod
from typing import Any

from flambeau import dtypes
from flambeau._dispatch.declare import composite, primitive
from flambeau._dispatch.out import with_exact_out
from flambeau._tensor import Tensor, from_array
from flambeau.dtypes import scalar_type_name
from flambeau.ops.creation._own import own
from flambeau.ops.creation.filled import full
from flambeau.ops.elementwise.selection import where
from flambeau.ops.indexing.gathering import gather
from flambeau.ops.reductions._reduce import check_not_empty
from flambeau.ops.reductions.extremes import Extremes, _back_to_index, _shared_by_all_ties, argmax
from flambeau.ops.reductions.scans import cummax
from flambeau.ops.reductions.sums import any
from flambeau.shapes import normalize_dim

from .order import alone, kth, pair, sort

__all__ = ["median", "mode", "nanmedian"]


class Median(Extremes):
    """The result of ``median`` along a dimension."""

    __slots__ = ()


class Nanmedian(Extremes):
    """The result of ``nanmedian`` along a dimension."""

    __slots__ = ()


class Mode(Extremes):
    """The result of ``mode``."""

    __slots__ = ()


# -- medians ------------------------------------------------------------------------------------------------------------


def _check_dtype(function: str, input: Tensor) -> None:
    if input.dtype is dtypes.bool or input.dtype.is_complex:
        raise NotImplementedError(f"\"{function}\" not implemented for '{scalar_type_name(input.dtype)}'")


def _middle(input: Tensor, dim: int, keepdim: bool) -> tuple[Tensor, Tensor]:
    """The lower median; where there is nan, the first nan."""
    values, indices = kth(input, (input.size(dim) + 1) // 2 if input.dim() else 1, dim, keepdim)
    missing = _missing(input)
    if missing is None or not input.dim():
        return values, indices
    rows = any(missing, dim, keepdim)
    return where(rows, nan, values), where(rows, argmax(input, dim, keepdim), indices)


def _missing(input: Tensor) -> Tensor | None:
    """Where ``input`` is nan; None if nowhere, unless nobody waits for that."""
    if not input._type.floats:
        return None
    type_, array = input._type, input._array
    missing = type_.kernels.isnan(array)
    if type_.backend.asynchronous:
        return from_array(missing, type_.boolean)
    some = type_.kernels.any(missing, tuple(range(len(array.shape))), False)
    return from_array(missing, type_.boolean) if from_array(some, type_.boolean).item() else None


def _middle_of_numbers(input: Tensor, dim: int, keepdim: bool) -> tuple[Tensor, Tensor]:
    """The lower median of what is not nan."""
    missing = _missing(input)
    if missing is None or not input.dim():
        return _middle(input, dim, keepdim)
    ordered = sort(input, dim)
    place = ((~missing).sum(dim, keepdim=True) - 1).clamp(min=0) // 2
    values, indices = gather(ordered.values, dim, place), gather(ordered.indices, dim, place)
    return (values, indices) if keepdim else (own(values.squeeze(dim)), own(indices.squeeze(dim)))


def _of_all(input: Tensor, middle: Any) -> Tensor:
    if not input.numel():
        return full((), nan, dtype=dtypes.float32, device=input.device).to(input.dtype)
    _check_dtype("median_cpu", input)
    return middle(input.detach().reshape(-1), 0, False)[0]  # type: ignore[no-any-return]


def _along(function: str, input: Tensor, dim: int, keepdim: bool, middle: Any) -> tuple[Tensor, Tensor]:
    dim = normalize_dim(dim, input.dim())
    if input.dim():
        check_not_empty(function, input._array.shape, (dim,))
    _check_dtype("median_out", input)
    return middle(input.detach(), dim, keepdim)  # type: ignore[no-any-return]


@primitive(derivatives={"input": _shared_by_all_ties}, method=False, node="MedianBackward0")
def _median_all(input: Tensor) -> Tensor:
    return _of_all(input, _middle)


@primitive(derivatives={"input": _shared_by_all_ties}, method=False, node="NanmedianBackward0")
def _nanmedian_all(input: Tensor) -> Tensor:
    return _of_all(input, _middle_of_numbers)


@primitive(derivatives={"input": _back_to_index}, outputs=("values", "indices"), method=False, node="MedianBackward1")
def _median_dim(input: Tensor, dim: int, keepdim: bool) -> Median:
    return Median(*_along("median", input, dim, keepdim, _middle))


@primitive(
    derivatives={"input": _back_to_index}, outputs=("values", "indices"), method=False, node="NanmedianBackward1"
)
def _nanmedian_dim(input: Tensor, dim: int, keepdim: bool) -> Nanmedian:
    return Nanmedian(*_along("nanmedian", input, dim, keepdim, _middle_of_numbers))


@composite()
def median(input: Tensor, dim: int | None = None, keepdim: bool = False, *, out: Any = None) -> Any:
    """Take the median of all elements, or along ``dim`` with its indices. Source of the semantics: ``torch.median``.

    Of an even number of elements it is the lower one of the two in the middle. Where there is nan, it is the median. Of
    all elements, those of its value share the gradient; along a dimension, it goes to the index given. ``out`` is a pair of
    tensors, and needs ``dim``.

    Raises:
        IndexError: ``dim`` has size 0.

    Example:
        >>> import flambeau as torch
        >>> torch.median(torch.tensor([4, 1, 3, 2]))
        tensor(2)
        >>> torch.median(torch.tensor([[4, 1, 3], [7, 9, 8]]), dim=1)
        torch.return_types.median(
        values=tensor([3, 8]),
        indices=tensor([2, 2]))
    """
    return _median("median", input, dim, keepdim, out, (_median_all, _median_dim, Median))


@composite()
def nanmedian(input: Tensor, dim: int | None = None, keepdim: bool = False, *, out: Any = None) -> Any:
    """Take the median of what is not nan, of all elements or along ``dim``. Source: ``torch.nanmedian``.

    It is nan where there is nothing else. See :func:`flambeau.median`.

    Example:
        >>> import flambeau as torch
        >>> torch.nanmedian(torch.tensor([4, float("nan"), 3, 2]))
        tensor(3.)
    """
    return _median("nanmedian", input, dim, keepdim, out, (_nanmedian_all, _nanmedian_dim, Nanmedian))


def _median(function: str, input: Tensor, dim: int | None, keepdim: bool, out: Any, forms: tuple[Any, ...]) -> Any:
    whole, along, results = forms
    if dim is None:
        if keepdim or out is not None:
            raise TypeError(f'{function}() missing 1 required positional arguments: "dim"')
        return whole(input)
    if out is None:
        return along(input, dim, keepdim)
    return results(*with_exact_out(pair(function, out), along, input, dim, keepdim))


# -- the most frequent --------------------------------------------------------------------------------------------------


@primitive(derivatives={"input": _back_to_index}, outputs=("values", "indices"), method=False, node="ModeBackward0")
def _mode(input: Tensor, dim: int, keepdim: bool) -> Mode:
    if not input.dim():
        return Mode(*alone(input))
    type_, int64 = input._type, input._type.with_dtype(dtypes.int64)
    kernels, shape = type_.kernels, input._array.shape
    length, others = shape[dim], (*shape[:dim], *shape[dim + 1 :])
    rows = kernels.permute(input._array, (*range(dim), *range(dim + 1, len(shape)), dim))
    rows = kernels.reshape(rows, (prod(others), length))
    ordered, order = kernels.sort(rows, 1, False)
    size, step = (rows.shape[0], length - 1), (1, 1)
    earlier, later = (kernels.slice(ordered, (0, start), size, step) for start in (0, 1))
    alike, none = kernels.eq(earlier, later), kernels.full((rows.shape[0], 1), False, "bool")
    begins = kernels.logical_not(kernels.concat([none, alike], 1))
    places = kernels.reshape(kernels.arange(0, 1, length, "int64"), (1, length))
    starts = from_array(kernels.where(begins, places, int64.number(0)), int64)
    repeats = kernels.sub(places, cummax(starts, 1).values._array)
    end = kernels.argmax(repeats, 1, True)  # of the first of the longest runs of equal elements
    wanted = (*shape[:dim], 1, *shape[dim + 1 :]) if keepdim else others
    values, indices = (kernels.reshape(kernels.gather(each, 1, end), wanted) for each in (ordered, order))
    return Mode(from_array(values, type_), from_array(indices, int64))


@composite()
def mode(input: Tensor, dim: int = -1, keepdim: bool = False, *, out: Any = None) -> Mode:
    """Take the value that occurs most often along ``dim``, and the last index of it. Source: ``torch.mode``.

    Of several such values it is the smallest. nan is equal to nothing, and larger than all. ``out`` is a pair of tensors.

    Raises:
        IndexError: ``dim`` has size 0.

    Example:
        >>> import flambeau as torch
        >>> torch.mode(torch.tensor([3, 1, 3, 1, 2]))
        torch.return_types.mode(
        values=tensor(1),
        indices=tensor(3))
    """
    dim = normalize_dim(dim, input.dim())
    if input.dim():
        check_not_empty("mode", input._array.shape, (dim,))
    if input.dtype.is_complex and input.dim():
        raise NotImplementedError(f"\"mode_cpu\" not implemented for '{scalar_type_name(input.dtype)}'")
    if out is None:
        return _mode(input, dim, keepdim)
    return Mode(*with_exact_out(pair("mode", out), _mode, input, dim, keepdim))
