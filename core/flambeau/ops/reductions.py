"""Sums, means, products and truth over dimensions."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod as product
from typing import Any

from .._methods import method
from .._tensor import Tensor, from_array
from ..dtypes import dtype as DType  # noqa: N812 (a class in lower case, as in PyTorch)
from ..shapes import Shape, normalize_dim, normalize_dims, size_argument
from ._declare import composite, fused, primitive
from ._reduce import Dims, check_floating, converted, count_of, spread
from .movement import reshape

__all__ = ["all", "any", "mean", "prod", "sum", "sum_to_size"]


@primitive(
    derivatives={"input": lambda grad, input_shape, dim, keepdim: spread(grad, input_shape, dim, keepdim)}, out=True
)
def sum(input: Tensor, dim: Dims = None, keepdim: bool = False, *, dtype: DType | None = None) -> Tensor:
    """Add up the elements, all or along ``dim`` (an int or several). Source of the semantics: ``torch.sum``.

    Bool and integers give int64; ``dtype`` converts before adding.

    Example:
        >>> import flambeau as torch
        >>> torch.sum(torch.tensor([[1, 2], [3, 4]]), dim=0)
        tensor([4, 6])
    """
    source = converted(input, dtype)
    dims = normalize_dims(dim, len(source._array.shape))
    return from_array(source._type.kernels.sum(source._array, dims, keepdim), source._type)


@composite(method=False)
def sum_to_size(input: Tensor, size: Sequence[int]) -> Tensor:
    """Add up over the dimensions that broadcasting from ``size`` made. Source: ``torch.Tensor.sum_to_size``.

    Example:
        >>> import flambeau as torch
        >>> torch.ones(2, 3).sum_to_size(1, 3)
        tensor([[2., 2., 2.]])
    """
    shape = tuple(size)
    own = input._array.shape
    lead = len(own) - len(shape)
    if lead < 0 or not _expands(shape, own[lead:]):
        raise RuntimeError(f"size {{{list(shape)}}} is not expandable to size {{{list(own)}}}.")
    dims = tuple(range(lead)) + tuple(d + lead for d, wanted in enumerate(shape) if wanted == 1 and own[d + lead] != 1)
    result = sum(input, dims, True) if dims else input
    return reshape(result, shape) if lead else result


@method("sum_to_size")
def _sum_to_size_method(self: Tensor, *size: Any) -> Tensor:
    """Add up over the dimensions that broadcasting from ``size`` made."""
    return sum_to_size(self, size_argument("sum_to_size", size))


def _expands(shape: Shape, target: Shape) -> bool:
    pairs = zip(shape, target, strict=True)
    return not [1 for size, wanted in pairs if size not in (1, wanted)]  # `all` is an op in this module


@fused(
    "mean",
    derivatives={
        "input": lambda grad, input_shape, dim, keepdim: (
            spread(grad, input_shape, dim, keepdim) / count_of(input_shape, dim)
        )
    },
    out=True,
)
def mean(input: Tensor, dim: Dims = None, keepdim: bool = False, *, dtype: DType | None = None) -> Tensor:
    """Average the elements, all or along ``dim``; nan where there are none. Source of the semantics: ``torch.mean``.

    Raises:
        RuntimeError: the dtype is neither floating point nor complex.

    Example:
        >>> import flambeau as torch
        >>> torch.mean(torch.tensor([[1.0, 2.0], [3.0, 4.0]]), dim=1)
        tensor([1.5000, 3.5000])
    """
    source = input if dtype is None else converted(input, dtype)
    check_floating("mean", source)
    type_, shape = source._type, source._array.shape
    dims = normalize_dims(dim, len(shape))
    if type_.kernels.mean is not None:
        return from_array(type_.kernels.mean(source._array, dims, keepdim), type_)
    total = type_.kernels.sum(source._array, dims, keepdim)
    return from_array(type_.kernels.div(total, type_.number(float(product(shape[d] for d in dims)))), type_)


def _prod_input(grad: Tensor, input: Tensor, dim: int | None, keepdim: bool, result: Tensor) -> Tensor:
    """The product of all other elements, by products from both sides: right where elements are zero, too."""
    if dim is None:
        flat = reshape(input, (-1,))
        return reshape(reshape(grad, (1,)) * _others_product(flat, 0), input._array.shape)
    dim = normalize_dim(dim, input.dim())
    return spread(grad, input._array.shape, dim, keepdim) * _others_product(input, dim)


def _others_product(input: Tensor, dim: int) -> Tensor:
    from .joining import cat, flip
    from .slicing import narrow

    if input.dim() == 0:
        return input * 0 + 1
    size = input._array.shape[dim]
    one = (narrow(input, dim, 0, 1) * 0 + 1) if size else input
    before = cat([one, narrow(_cumprod(input, dim), dim, 0, size - 1)], dim) if size > 1 else one
    backwards = _cumprod(flip(input, dim), dim)
    after = flip(cat([one, narrow(backwards, dim, 0, size - 1)], dim), dim) if size > 1 else one
    return before * after


def _cumprod(input: Tensor, dim: int) -> Tensor:
    """Running product out of differentiable steps: each doubles the length of what is multiplied together."""
    from .joining import cat
    from .slicing import narrow

    size, reach = input._array.shape[dim], 1
    while reach < size:
        shifted = narrow(input, dim, 0, size - reach)
        input = cat([narrow(input, dim, 0, reach), narrow(input, dim, reach, size - reach) * shifted], dim)
        reach *= 2
    return input


@primitive(derivatives={"input": _prod_input}, out=True)
def prod(input: Tensor, dim: int | None = None, keepdim: bool = False, *, dtype: DType | None = None) -> Tensor:
    """Multiply the elements, all or along ``dim``. Source of the semantics: ``torch.prod``.

    Example:
        >>> import flambeau as torch
        >>> torch.prod(torch.tensor([[1, 2], [3, 4]]), 1)
        tensor([ 2, 12])
    """
    source = converted(input, dtype)
    dims = normalize_dims(dim, len(source._array.shape))
    return from_array(source._type.kernels.prod(source._array, dims, keepdim), source._type)


_TRUTH = "the result is bool"


@primitive(not_differentiable=_TRUTH, out=True)
def any(input: Tensor, dim: Dims = None, keepdim: bool = False) -> Tensor:
    """Tell whether an element is not zero, of all or along ``dim``. Source of the semantics: ``torch.any``.

    Example:
        >>> import flambeau as torch
        >>> torch.any(torch.tensor([[0, 1], [0, 0]]), dim=1)
        tensor([ True, False])
    """
    dims = normalize_dims(dim, input.dim())
    return from_array(input._type.kernels.any(input._array, dims, keepdim), input._type.boolean)


@primitive(not_differentiable=_TRUTH, out=True)
def all(input: Tensor, dim: Dims = None, keepdim: bool = False) -> Tensor:
    """Tell whether no element is zero, of all or along ``dim``. Source of the semantics: ``torch.all``.

    Example:
        >>> import flambeau as torch
        >>> torch.all(torch.tensor([[1, 1], [0, 1]]), dim=1)
        tensor([ True, False])
    """
    dims = normalize_dims(dim, input.dim())
    return from_array(input._type.kernels.all(input._array, dims, keepdim), input._type.boolean)
