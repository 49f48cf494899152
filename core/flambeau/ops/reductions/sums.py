"""Sums, means, products and truth over dimensions."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod as product
from typing import Any

from flambeau import dtypes
from flambeau._dispatch.declare import composite, fused, primitive
from flambeau._dispatch.precision import per_count
from flambeau._tensor import Tensor, from_array
from flambeau._tensor.methods import method
from flambeau.backend.types import TensorType
from flambeau.dtypes import dtype as DType  # noqa: N812 (a class in lower case, as in PyTorch)
from flambeau.dtypes import scalar_type_name
from flambeau.ops.creation.filled import ones_like
from flambeau.ops.elementwise.selection import _where as where
from flambeau.ops.movement.joining import cat
from flambeau.ops.movement.reordering import flip
from flambeau.ops.movement.shapes import reshape
from flambeau.ops.movement.slicing import narrow
from flambeau.shapes import Shape, is_one, normalize_dim, normalize_dims, size_argument

from ._reduce import Dims, check_floating, converted, count_of, is_normal, spread

__all__ = ["all", "any", "count_nonzero", "mean", "nanmean", "nansum", "prod", "sum", "sum_to_size"]

# -- sums and means ---------------------------------------------------------------


def _sum_input(grad: Tensor, input_shape: Shape, dim: Dims, keepdim: bool) -> Tensor:
    return spread(grad, input_shape, dim, keepdim)


@primitive(derivatives={"input": _sum_input}, out=True)
def sum(input: Tensor, dim: Dims = None, keepdim: bool = False, *, dtype: DType | None = None) -> Tensor:
    """Add up the elements, all or along ``dim`` (an int or several). Source of the semantics: ``torch.sum``.

    Bool and integers give int64; ``dtype`` converts before adding, and so does the dtype of ``out``.

    Example:
        >>> import flambeau as torch
        >>> torch.sum(torch.tensor([[1, 2], [3, 4]]), dim=0)
        tensor([4, 6])
    """
    source = input if dtype is None and input._type.floats else converted(input, dtype)
    return _total(source, source._array, dim, keepdim)


def _total(source: Tensor, array: Any, dim: Dims, keepdim: bool) -> Tensor:
    type_ = source._type
    dims = normalize_dims(dim, len(array.shape))
    add_up = type_.kernels.any if type_ is type_.boolean else type_.kernels.sum
    return from_array(add_up(array, dims, keepdim), type_)


def _nansum_input(grad: Tensor, input: Tensor, dim: Dims, keepdim: bool) -> Tensor:
    return where(input == input, spread(grad, input._array.shape, dim, keepdim), 0.0)


@fused("nansum", derivatives={"input": _nansum_input}, out=True)
def nansum(input: Tensor, dim: Dims = None, keepdim: bool = False, *, dtype: DType | None = None) -> Tensor:
    """Add up the elements that are not nan, all or along ``dim``. Source of the semantics: ``torch.nansum``.

    Example:
        >>> import flambeau as torch
        >>> torch.nansum(torch.tensor([1.0, float("nan"), 2.0]))
        tensor(3.)
    """
    if not input._type.floats:
        return sum(input.detach(), dim, keepdim, dtype=dtype)
    type_ = input._type
    if type_.dtype.is_complex:
        raise RuntimeError("nansum on CPU does not support complex inputs")
    kernels = type_.kernels
    if dtype in (None, input.dtype) and type_.dtype.itemsize > 2 and kernels.nansum is not None:
        dims = normalize_dims(dim, len(input._array.shape))
        return from_array(kernels.nansum(input._array, dims, keepdim), type_)
    numbers = kernels.where(kernels.isnan(input._array), type_.number(0.0), input._array)
    source = converted(from_array(numbers, type_), dtype)
    return _total(source, source._array, dim, keepdim)


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
    if lead and len(dims) == lead:  # the gradient of a bias
        return sum(input, dims)
    result = sum(input, dims, True) if dims else input
    return reshape(result, shape) if lead else result


@method("sum_to_size")
def _sum_to_size_method(self: Tensor, *sizes: Any, size: Sequence[int] | None = None) -> Tensor:
    """Add up over the dimensions that broadcasting from ``size`` made."""
    if not sizes and size is None:
        raise TypeError('sum_to_size() missing 1 required positional arguments: "size"')
    return sum_to_size(self, size_argument("sum_to_size", sizes, size))


def _expands(shape: Shape, target: Shape) -> bool:
    pairs = zip(shape, target, strict=True)
    return not [1 for size, wanted in pairs if size not in (1, wanted)]  # `all` is an op in this module


def _mean_input(grad: Tensor, input_shape: Shape, dim: Dims, keepdim: bool) -> Tensor:
    return spread(grad, input_shape, dim, keepdim) / count_of(input_shape, dim)


@fused("mean", derivatives={"input": _mean_input}, out=True)
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
    check_floating("mean", source, optional=dtype is not None)
    type_, dims = source._type, normalize_dims(dim, len(source._array.shape))
    return from_array(mean_of(type_, source._array, dims, keepdim), type_)


def mean_of(type_: TensorType, array: Any, dims: Shape, keepdim: bool) -> Any:
    """The mean of an array of floats over ``dims``."""
    kernels = type_.kernels
    if kernels.mean is not None:
        return kernels.mean(array, dims, keepdim)
    count = product(array.shape[d] for d in dims)
    return kernels.div(kernels.sum(array, dims, keepdim), type_.number(float(count)))


@composite(out=True)
def nanmean(input: Tensor, dim: Dims = None, keepdim: bool = False, *, dtype: DType | None = None) -> Tensor:
    """Average the elements that are not nan, all or along ``dim``. Source of the semantics: ``torch.nanmean``.

    Raises:
        RuntimeError: the dtype is neither floating point nor complex.

    Example:
        >>> import flambeau as torch
        >>> torch.nanmean(torch.tensor([1.0, float("nan"), 2.0]))
        tensor(1.5000)
    """
    if not input._type.floats:
        raise RuntimeError(
            f"nanmean(): expected input to have floating point or complex dtype but got {scalar_type_name(input.dtype)}"
        )
    count = sum(input.detach() == input.detach(), dim, keepdim)
    return per_count(nansum(input, dim, keepdim, dtype=dtype), count)


# -- products -----------------------------------------------------------------------


def _prod_input(grad: Tensor, input: Tensor, dim: int | None, keepdim: bool, result: Tensor) -> Tensor:
    """The product of all other elements: the result over the element, where that has left nothing of the others out."""
    shape = input._array.shape
    spread_grad = spread(grad, shape, dim, keepdim)
    if not result._type.backend.asynchronous and bool(all(is_normal(result.detach()))):
        return spread_grad * (spread(result, shape, dim, keepdim) / input)
    if dim is None:
        return spread_grad * reshape(_others_product(reshape(input, (-1,)), 0), shape)
    return spread_grad * _others_product(input, normalize_dim(dim, len(shape)))


def _others_product(input: Tensor, dim: int) -> Tensor:
    """Products from both sides."""
    if input.dim() == 0:
        return ones_like(input, requires_grad=False)
    return _product_before(input, dim) * flip(_product_before(flip(input, dim), dim), dim)


def _product_before(input: Tensor, dim: int) -> Tensor:
    size = input._array.shape[dim]
    one = ones_like(narrow(input, dim, 0, 1), requires_grad=False)
    return cat([one, narrow(input.cumprod(dim), dim, 0, size - 1)], dim) if size > 1 else one


@primitive(derivatives={"input": _prod_input}, out=True)
def prod(input: Tensor, dim: int | None = None, keepdim: bool = False, *, dtype: DType | None = None) -> Tensor:
    """Multiply the elements, all or along ``dim``. Source of the semantics: ``torch.prod``.

    Bool and integers give int64; ``dtype`` converts before multiplying, and so does the dtype of ``out``.

    Example:
        >>> import flambeau as torch
        >>> torch.prod(torch.tensor([[1, 2], [3, 4]]), 1)
        tensor([ 2, 12])
    """
    source = converted(input, dtype)
    type_, ndim = source._type, len(source._array.shape)
    if dim is not None:
        dim = normalize_dim(dim, ndim)
    multiply = type_.kernels.all if type_ is type_.boolean else type_.kernels.prod
    return from_array(multiply(source._array, normalize_dims(dim, ndim), keepdim), type_)


# -- truth ------------------------------------------------------------------------

_TRUTH = "the result is bool"


@primitive(not_differentiable=_TRUTH, out="truth")
def any(input: Tensor, dim: Dims = None, keepdim: bool = False) -> Tensor:
    """Tell whether an element is not zero, of all or along ``dim``. Source of the semantics: ``torch.any``.

    The result is bool, but uint8 for uint8. With ``dim=()`` nothing is reduced, unlike other reductions.

    Example:
        >>> import flambeau as torch
        >>> torch.any(torch.tensor([[0, 1], [0, 0]]), dim=1)
        tensor([ True, False])
    """
    return _truth(input, dim, keepdim, "any")


@primitive(not_differentiable=_TRUTH, out="truth")
def all(input: Tensor, dim: Dims = None, keepdim: bool = False) -> Tensor:
    """Tell whether no element is zero, of all or along ``dim``. Source of the semantics: ``torch.all``.

    The result is bool, but uint8 for uint8. With ``dim=()`` nothing is reduced, unlike other reductions.

    Example:
        >>> import flambeau as torch
        >>> torch.all(torch.tensor([[1, 1], [0, 1]]), dim=1)
        tensor([ True, False])
    """
    return _truth(input, dim, keepdim, "all")


def _truth(input: Tensor, dim: Dims, keepdim: bool, kernel: str) -> Tensor:
    type_, array = input._type, input._array
    if dim is not None and not is_one(dim) and not tuple(dim):  # type: ignore[arg-type]
        found = type_.kernels.clone(type_.kernels.cast(array, "bool"), False)
    else:
        found = getattr(type_.kernels, kernel)(array, normalize_dims(dim, len(array.shape)), keepdim)
    if type_.dtype is dtypes.uint8:
        return from_array(type_.kernels.cast(found, "uint8"), type_)
    return from_array(found, type_.boolean)


@fused("count_nonzero", not_differentiable="the result is a count")
def count_nonzero(input: Tensor, dim: Dims = None) -> Tensor:
    """Count the elements that are not zero, of all or along ``dim``; int64. Source: ``torch.count_nonzero``.

    Example:
        >>> import flambeau as torch
        >>> torch.count_nonzero(torch.tensor([[0, 1], [2, 3]]), dim=1)
        tensor([1, 2])
    """
    type_, array = input._type, input._array
    kernels, int64 = type_.kernels, type_.with_dtype(dtypes.int64)
    dims = normalize_dims(dim, len(array.shape))
    if kernels.count_nonzero is not None:
        return from_array(kernels.count_nonzero(array, dims), int64)
    nonzero = kernels.cast(kernels.cast(array, "bool"), "int64")
    return from_array(kernels.sum(nonzero, dims, False), int64)
