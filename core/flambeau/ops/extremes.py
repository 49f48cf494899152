"""Maxima and minima, and where they are."""

from __future__ import annotations

from math import prod
from typing import Any, NamedTuple

from .. import dtypes
from .._tensor import Tensor, from_array
from ..shapes import Shape, normalize_dim, normalize_dims, reduced_shape
from ._declare import composite, primitive
from ._reduce import Dims, check_not_empty, spread
from .arithmetic import maximum, minimum
from .reductions import sum

__all__ = ["amax", "amin", "argmax", "argmin", "max", "min"]


class Extremes(NamedTuple):
    """What ``max`` and ``min`` along a dimension give. Source: ``torch.return_types.max``."""

    values: Tensor
    indices: Tensor

    def __repr__(self) -> str:
        return f"torch.return_types.{type(self).__name__.lower()}(\nvalues={self.values!r},\nindices={self.indices!r})"


class Max(Extremes):
    """The result of ``max`` along a dimension."""

    __slots__ = ()


class Min(Extremes):
    """The result of ``min`` along a dimension."""

    __slots__ = ()


def _shared_by_ties(grad: Tensor, input: Tensor, result: Tensor, dim: Dims, keepdim: bool) -> Tensor:
    """The gradient of an extreme, in equal parts to the elements that have its value."""
    shape = input._array.shape
    ties = input == spread(result.detach(), shape, dim, keepdim)
    share = ties.to(grad.dtype) / sum(ties, dim, True)
    return spread(grad, shape, dim, keepdim) * share


@primitive(derivatives={"input": _shared_by_ties}, out=True)
def amax(input: Tensor, dim: Dims = (), keepdim: bool = False) -> Tensor:
    """Take the maximum, of all or along ``dim``; ties share the gradient. Source of the semantics: ``torch.amax``.

    Example:
        >>> import flambeau as torch
        >>> torch.amax(torch.tensor([[1, 5], [3, 2]]), 1)
        tensor([5, 3])
    """
    return _extreme(input, dim, keepdim, "amax")


@primitive(derivatives={"input": _shared_by_ties}, out=True)
def amin(input: Tensor, dim: Dims = (), keepdim: bool = False) -> Tensor:
    """Take the minimum, of all or along ``dim``; ties share the gradient. Source of the semantics: ``torch.amin``.

    Example:
        >>> import flambeau as torch
        >>> torch.amin(torch.tensor([[1, 5], [3, 2]]), 1)
        tensor([1, 2])
    """
    return _extreme(input, dim, keepdim, "amin")


def _extreme(input: Tensor, dim: Dims, keepdim: bool, kernel: str) -> Tensor:
    dims = normalize_dims(dim, input.dim())
    check_not_empty(kernel, input, dims)
    return from_array(getattr(input._type.kernels, kernel)(input._array, dims, keepdim), input._type)


def _back_to_index(grad: Tensor, input_shape: Shape, dim: int, keepdim: bool, indices: Tensor) -> Tensor:
    from .creation import zeros
    from .indexing import scatter

    if not input_shape:
        return grad
    dim = normalize_dim(dim, len(input_shape))
    if not keepdim:
        grad, indices = grad.unsqueeze(dim), indices.unsqueeze(dim)
    return scatter(zeros(input_shape, dtype=grad.dtype, device=grad.device), dim, indices, grad)


@primitive(derivatives={"input": _back_to_index}, outputs=("values", "indices"), method=False, node="MaxBackward0")
def _max_dim(input: Tensor, dim: int, keepdim: bool) -> Max:
    return Max(*_extreme_along("max", input, dim, keepdim, "argmax"))


@primitive(derivatives={"input": _back_to_index}, outputs=("values", "indices"), method=False, node="MinBackward0")
def _min_dim(input: Tensor, dim: int, keepdim: bool) -> Min:
    return Min(*_extreme_along("min", input, dim, keepdim, "argmin"))


def _extreme_along(function: str, input: Tensor, dim: int, keepdim: bool, kernel: str) -> tuple[Tensor, Tensor]:
    type_, array = input._type, input._array
    dim = normalize_dim(dim, len(array.shape))
    int64 = type_.with_dtype(dtypes.int64)
    if not array.shape:
        return from_array(type_.kernels.clone(array, True), type_), from_array(
            int64.kernels.full((), 0, "int64"), int64
        )
    check_not_empty(function, input, (dim,))
    index = getattr(type_.kernels, kernel)(array, dim, True)
    values = type_.kernels.gather(array, dim, index)
    if not keepdim:
        shape = reduced_shape(array.shape, (dim,), False)
        values, index = type_.kernels.reshape(values, shape), type_.kernels.reshape(index, shape)
    return from_array(values, type_), from_array(index, int64)


@composite()
def max(input: Tensor, dim: Any = None, keepdim: bool = False, *, out: Any = None, other: Tensor | None = None) -> Any:
    """Take the maximum of all elements, or along ``dim`` with its indices, or of two tensors element by element.

    Source of the semantics: ``torch.max``. Along a dimension, the gradient goes to the index given; of all elements, ties
    share it.

    Example:
        >>> import flambeau as torch
        >>> torch.max(torch.tensor([3.0, 7.0, 5.0]))
        tensor(7.)
        >>> torch.max(torch.tensor([[1, 5], [3, 2]]), dim=1)
        torch.return_types.max(
        values=tensor([5, 3]),
        indices=tensor([1, 0]))
    """
    return _max_or_min(input, dim, keepdim, out, other, (amax, _max_dim, maximum))


@composite()
def min(input: Tensor, dim: Any = None, keepdim: bool = False, *, out: Any = None, other: Tensor | None = None) -> Any:
    """Take the minimum of all elements, or along ``dim`` with its indices, or of two tensors element by element.

    Source of the semantics: ``torch.min``. See :func:`flambeau.max`.

    Example:
        >>> import flambeau as torch
        >>> torch.min(torch.tensor([3.0, 7.0, 5.0]))
        tensor(3.)
    """
    return _max_or_min(input, dim, keepdim, out, other, (amin, _min_dim, minimum))


def _max_or_min(input: Tensor, dim: Any, keepdim: bool, out: Any, other: Tensor | None, forms: tuple[Any, ...]) -> Any:
    whole, along, pairwise = forms
    other = dim if isinstance(dim, Tensor) else other
    if other is not None:
        return pairwise(input, other, out=out)
    if dim is None:
        if not input.numel():
            raise RuntimeError(
                f"{whole.__name__[1:]}(): Expected reduction dim to be specified for input.numel() == 0. Specify the "
                "reduction dim with the 'dim' argument."
            )
        return whole(input, out=out)
    if out is not None:
        from ._runtime import with_out

        with_out(out, along, input, dim, keepdim)
        return (Max if along is _max_dim else Min)(*out)
    return along(input, dim, keepdim)


_INDEX = "the result is an index"


@primitive(not_differentiable=_INDEX)
def argmax(input: Tensor, dim: int | None = None, keepdim: bool = False) -> Tensor:
    """Give the index of the first maximum, in the flattened tensor or along ``dim``. Source: ``torch.argmax``.

    Example:
        >>> import flambeau as torch
        >>> torch.argmax(torch.tensor([[1, 5], [3, 2]]), dim=1)
        tensor([1, 0])
    """
    return _arg_extreme(input, dim, keepdim, "argmax")


@primitive(not_differentiable=_INDEX)
def argmin(input: Tensor, dim: int | None = None, keepdim: bool = False) -> Tensor:
    """Give the index of the first minimum, in the flattened tensor or along ``dim``. Source: ``torch.argmin``.

    Example:
        >>> import flambeau as torch
        >>> torch.argmin(torch.tensor([[1, 5], [3, 2]]), dim=1)
        tensor([0, 1])
    """
    return _arg_extreme(input, dim, keepdim, "argmin")


def _arg_extreme(input: Tensor, dim: int | None, keepdim: bool, kernel: str) -> Tensor:
    type_, array = input._type, input._array
    shape = array.shape
    if not input.numel() and dim is None:
        raise IndexError(
            f"{kernel}(): Expected reduction dim to be specified for input.numel() == 0. Specify the reduction dim with the "
            "'dim' argument."
        )
    if dim is None or not shape:
        if dim is not None:
            normalize_dim(dim, 0)
        array = type_.kernels.reshape(array, (prod(shape),))
        index = getattr(type_.kernels, kernel)(array, 0, False)
        if keepdim:
            index = type_.kernels.reshape(index, (1,) * len(shape))
    else:
        dim = normalize_dim(dim, len(shape))
        check_not_empty(kernel, input, (dim,))
        index = getattr(type_.kernels, kernel)(array, dim, keepdim)
    return from_array(index, type_.with_dtype(dtypes.int64))
