"""Maxima and minima, and where they are."""

from __future__ import annotations

from math import nan, prod
from typing import Any

from flambeau import dtypes
from flambeau._dispatch.declare import composite, primitive
from flambeau._dispatch.out import with_exact_out
from flambeau._dispatch.precision import per_count
from flambeau._dispatch.results import Results
from flambeau._dispatch.runtime import not_a_tensor
from flambeau._tensor import Tensor, from_array
from flambeau.dtypes import scalar_type_name
from flambeau.ops.creation.filled import zeros
from flambeau.ops.elementwise.arithmetic import maximum, minimum
from flambeau.ops.elementwise.selection import _where as where
from flambeau.ops.indexing.scattering import scatter
from flambeau.shapes import Shape, normalize_dim, normalize_dims

from ._reduce import Dims, check_not_empty, empty_error, spread
from .sums import sum

__all__ = ["amax", "amin", "aminmax", "argmax", "argmin", "max", "min"]


class Extremes(Results):
    """Extreme values and where they are. Source: ``torch.return_types.max``."""

    values: Tensor
    indices: Tensor


class Max(Extremes):
    """The result of ``max`` along a dimension."""

    __slots__ = ()


class Min(Extremes):
    """The result of ``min`` along a dimension."""

    __slots__ = ()


class Aminmax(Results):
    """The result of ``aminmax``."""

    min: Tensor
    max: Tensor


# -- values -------------------------------------------------------------------------------------------------------------


def _shared_by_ties(grad: Tensor, input: Tensor, result: Tensor, dim: Dims, keepdim: bool) -> Tensor:
    """The gradient of an extreme, in equal parts to the elements that have its value."""
    shape = input._array.shape
    return _shares(grad, input == spread(result.detach(), shape, dim, keepdim), dim, keepdim)


def _shared_by_all_ties(grad: Tensor, input: Tensor, result: Tensor) -> Tensor:
    """The same for the extreme of all elements, where nan is equal to nan."""
    best = result.detach()
    return _shares(grad, (input == best) | ((input != input) & (best != best)), None, False)


def _shares(grad: Tensor, ties: Tensor, dim: Dims, keepdim: bool) -> Tensor:
    count = sum(ties, dim, True)
    share = per_count(spread(grad, ties._array.shape, dim, keepdim), count)
    return where(ties, share, where(count == 0, nan, 0.0).to(grad.dtype))  # without ties, the extreme is nan


@primitive(derivatives={"input": _shared_by_ties}, out="exact")
def amax(input: Tensor, dim: Dims = (), keepdim: bool = False) -> Tensor:
    """Take the maximum, of all or along ``dim``; ties share the gradient. Source of the semantics: ``torch.amax``.

    Raises:
        IndexError: a dim to reduce has size 0.

    Example:
        >>> import flambeau as torch
        >>> torch.amax(torch.tensor([[1, 5], [3, 2]]), 1)
        tensor([5, 3])
    """
    return _extreme(input, dim, keepdim, "amax")


@primitive(derivatives={"input": _shared_by_ties}, out="exact")
def amin(input: Tensor, dim: Dims = (), keepdim: bool = False) -> Tensor:
    """Take the minimum, of all or along ``dim``; ties share the gradient. Source of the semantics: ``torch.amin``.

    Raises:
        IndexError: a dim to reduce has size 0.

    Example:
        >>> import flambeau as torch
        >>> torch.amin(torch.tensor([[1, 5], [3, 2]]), 1)
        tensor([1, 2])
    """
    return _extreme(input, dim, keepdim, "amin")


def _no_order(function: str, input: Tensor) -> None:
    if input._type.complex:
        raise NotImplementedError(f"\"{function}\" not implemented for '{scalar_type_name(input.dtype)}'")


def _extreme(input: Tensor, dim: Dims, keepdim: bool, kernel: str) -> Tensor:
    _no_order(kernel, input)
    shape = input._array.shape
    dims = normalize_dims(dim, len(shape))
    if 0 in shape:
        if dim is None or dim == () or dim == []:
            raise RuntimeError(empty_error(kernel))
        check_not_empty(kernel, shape, dims)
    return from_array(getattr(input._type.kernels, kernel)(input._array, dims, keepdim), input._type)


@composite(out="exact")
def aminmax(input: Tensor, *, dim: int | None = None, keepdim: bool = False) -> Aminmax:
    """Take the minimum and the maximum, of all or along ``dim``; ties share the gradient. Source: ``torch.aminmax``.

    Raises:
        RuntimeError: there are no elements.
        IndexError: ``dim`` has size 0.

    Example:
        >>> import flambeau as torch
        >>> torch.aminmax(torch.tensor([[1, 5], [3, 2]]), dim=1)
        torch.return_types.aminmax(
        min=tensor([1, 2]),
        max=tensor([5, 3]))
    """
    if dim is None and not input.numel():
        raise RuntimeError(
            "aminmax(): cannot compute aminmax over an empty dimension as the operation has no identity."
        )
    if dim is not None:
        dim = normalize_dim(dim, input.dim())
        if input.dim() and not input._array.shape[dim]:
            raise IndexError(f"aminmax: Expected reduction dim {dim} to have non-zero size.")
    return Aminmax(amin(input, dim, keepdim), amax(input, dim, keepdim))


# -- values and indices ---------------------------------------------------------------------------------------------------


def _back_to_index(grad: Tensor, input_shape: Shape, dim: int, keepdim: bool, indices: Tensor) -> Tensor:
    if not input_shape:
        return grad
    dim = normalize_dim(dim, len(input_shape))
    if not keepdim:
        grad, indices = grad.unsqueeze(dim), indices.unsqueeze(dim)
    return scatter(zeros(input_shape, dtype=grad.dtype, device=grad.device), dim, indices, grad)


@primitive(derivatives={"input": _shared_by_all_ties}, out=True, method=False, node="MaxBackward1")
def _max_all(input: Tensor) -> Tensor:
    return _extreme_of_all("max", input, "amax")


@primitive(derivatives={"input": _shared_by_all_ties}, out=True, method=False, node="MinBackward1")
def _min_all(input: Tensor) -> Tensor:
    return _extreme_of_all("min", input, "amin")


def _extreme_of_all(function: str, input: Tensor, kernel: str) -> Tensor:
    _no_order(f"{function}_all", input)
    shape = input._array.shape
    if 0 in shape:
        raise RuntimeError(empty_error(function))
    return from_array(getattr(input._type.kernels, kernel)(input._array, tuple(range(len(shape))), False), input._type)


@primitive(derivatives={"input": _back_to_index}, outputs=("values", "indices"), method=False, node="MaxBackward0")
def _max_dim(input: Tensor, dim: int, keepdim: bool) -> Max:
    return Max(*_extreme_along("max", input, dim, keepdim))


@primitive(derivatives={"input": _back_to_index}, outputs=("values", "indices"), method=False, node="MinBackward0")
def _min_dim(input: Tensor, dim: int, keepdim: bool) -> Min:
    return Min(*_extreme_along("min", input, dim, keepdim))


def _extreme_along(function: str, input: Tensor, dim: int, keepdim: bool) -> tuple[Tensor, Tensor]:
    _no_order(function, input)
    type_, array = input._type, input._array
    dim = normalize_dim(dim, len(array.shape))
    int64 = type_.with_dtype(dtypes.int64)
    if not array.shape:
        return from_array(type_.kernels.clone(array, True), type_), from_array(
            int64.kernels.full((), 0, "int64"), int64
        )
    check_not_empty(function, array.shape, (dim,))
    values = getattr(type_.kernels, f"a{function}")(array, (dim,), keepdim)
    index = getattr(type_.kernels, f"arg{function}")(array, dim, keepdim)
    return from_array(values, type_), from_array(index, int64)


@composite()
def max(input: Tensor, dim: Any = None, keepdim: bool = False, out: Any = None, *, other: Tensor | None = None) -> Any:
    """Take the maximum of all elements, or along ``dim`` with its indices, or of two tensors element by element.

    Source of the semantics: ``torch.max``. Along a dimension, the gradient goes to the index given; of all elements, ties
    share it. nan is the maximum of whatever it is in.

    Raises:
        RuntimeError: there are no elements, and no ``dim``.
        IndexError: ``dim`` has size 0.

    Example:
        >>> import flambeau as torch
        >>> torch.max(torch.tensor([3.0, 7.0, 5.0]))
        tensor(7.)
        >>> torch.max(torch.tensor([[1, 5], [3, 2]]), dim=1)
        torch.return_types.max(
        values=tensor([5, 3]),
        indices=tensor([1, 0]))
    """
    return _max_or_min("max", input, dim, keepdim, out, other, (_max_all, _max_dim, maximum, Max))


@composite()
def min(input: Tensor, dim: Any = None, keepdim: bool = False, out: Any = None, *, other: Tensor | None = None) -> Any:
    """Take the minimum of all elements, or along ``dim`` with its indices, or of two tensors element by element.

    Source of the semantics: ``torch.min``. See :func:`flambeau.max`.

    Example:
        >>> import flambeau as torch
        >>> torch.min(torch.tensor([3.0, 7.0, 5.0]))
        tensor(3.)
    """
    return _max_or_min("min", input, dim, keepdim, out, other, (_min_all, _min_dim, minimum, Min))


def _max_or_min(
    function: str, input: Tensor, dim: Any, keepdim: bool, out: Any, other: Any, forms: tuple[Any, ...]
) -> Any:
    whole, along, pairwise, results = forms
    if isinstance(dim, Tensor):
        dim, other = None, dim
    if other is not None:
        if not isinstance(other, Tensor):
            raise not_a_tensor(function, "other", 2, other)
        if dim is not None:
            raise TypeError(
                f"{function}() received an invalid combination of arguments: other and dim exclude each other"
            )
        return pairwise(input, other, out=out)
    if dim is None:
        if keepdim:
            raise TypeError(f"{function}() received an invalid combination of arguments: keepdim needs a dim")
        return whole(input, out=out)
    if out is None:
        return along(input, dim, keepdim)
    if isinstance(out, Tensor):
        raise TypeError(f"{function}(): argument 'out' must be a tuple of two tensors where dim is given, not Tensor")
    return results(*with_exact_out(out, along, input, dim, keepdim))


# -- indices --------------------------------------------------------------------------------------------------------------

_INDEX = "the result is an index"


@primitive(not_differentiable=_INDEX, out="exact")
def argmax(input: Tensor, dim: int | None = None, keepdim: bool = False) -> Tensor:
    """Give the index of the first maximum, in the flattened tensor or along ``dim``. Source: ``torch.argmax``.

    Raises:
        RuntimeError: the dtype is bool.
        IndexError: there is no element to choose.

    Example:
        >>> import flambeau as torch
        >>> torch.argmax(torch.tensor([[1, 5], [3, 2]]), dim=1)
        tensor([1, 0])
    """
    return _arg_extreme(input, dim, keepdim, "argmax")


@primitive(not_differentiable=_INDEX, out="exact")
def argmin(input: Tensor, dim: int | None = None, keepdim: bool = False) -> Tensor:
    """Give the index of the first minimum, in the flattened tensor or along ``dim``. Source: ``torch.argmin``.

    Raises:
        RuntimeError: the dtype is bool.
        IndexError: there is no element to choose.

    Example:
        >>> import flambeau as torch
        >>> torch.argmin(torch.tensor([[1, 5], [3, 2]]), dim=1)
        tensor([0, 1])
    """
    return _arg_extreme(input, dim, keepdim, "argmin")


def _arg_extreme(input: Tensor, dim: int | None, keepdim: bool, kernel: str) -> Tensor:
    type_, array = input._type, input._array
    shape = array.shape
    if type_.complex:
        raise RuntimeError(f"{kernel}: does not support complex input")
    if type_ is type_.boolean:
        raise RuntimeError(f"{kernel}(): does not support bool input")
    if dim is None and 0 in shape:
        raise IndexError(empty_error(kernel))
    if dim is None or not shape:
        if dim is not None:
            normalize_dim(dim, 0)
        array = type_.kernels.reshape(array, (prod(shape),))
        index = getattr(type_.kernels, kernel)(array, 0, False)
        if keepdim:
            index = type_.kernels.reshape(index, (1,) * len(shape))
    else:
        dim = normalize_dim(dim, len(shape))
        check_not_empty(kernel, shape, (dim,))
        index = getattr(type_.kernels, kernel)(array, dim, keepdim)
    return from_array(index, type_.with_dtype(dtypes.int64))
