"""Reductions and scans over dimensions."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod as product
from typing import Any, NamedTuple

from .. import dtypes
from .._methods import method
from .._tensor import Tensor, from_array
from ..dtypes import dtype as DType  # noqa: N812 (a class in lower case, as in PyTorch)
from ..shapes import Shape, normalize_dim, normalize_dims, reduced_shape, size_argument
from ._declare import composite, fused, primitive
from .arithmetic import maximum, minimum
from .conversion import to_type
from .movement import _expand, _view, reshape

__all__ = [
    "all",
    "amax",
    "amin",
    "any",
    "argmax",
    "argmin",
    "cumsum",
    "logsumexp",
    "max",
    "mean",
    "min",
    "prod",
    "std",
    "sum",
    "var",
]

Dims = int | Sequence[int] | None


def _spread(grad: Tensor, shape: Shape, dim: Dims, keepdim: bool) -> Tensor:
    """The gradient of a reduction expanded over what was reduced."""
    if not keepdim and grad._array.shape:
        grad = _view(grad, reduced_shape(shape, normalize_dims(dim, len(shape)), True))
    return _expand(grad, shape)


def _count(shape: Shape, dim: Dims) -> int:
    return product(shape[d] for d in normalize_dims(dim, len(shape)))


def _converted(input: Tensor, dtype: DType | None) -> Tensor:
    """``input`` in the dtype that a sum is made in: bool and integers add up as int64 unless ``dtype`` says otherwise."""
    if dtype is None:
        dtype = input.dtype if input._type.floats else dtypes.int64
    return input if dtype is input.dtype else to_type(input.detach(), input._type.with_dtype(dtype))


# -- sums and means ---------------------------------------------------------------


@primitive(
    derivatives={"input": lambda grad, input_shape, dim, keepdim: _spread(grad, input_shape, dim, keepdim)}, out=True
)
def sum(input: Tensor, dim: Dims = None, keepdim: bool = False, *, dtype: DType | None = None) -> Tensor:
    """Add up the elements, all or along ``dim`` (an int or several). Source of the semantics: ``torch.sum``.

    Bool and integers give int64; ``dtype`` converts before adding.

    Example:
        >>> import flambeau as torch
        >>> torch.sum(torch.tensor([[1, 2], [3, 4]]), dim=0)
        tensor([4, 6])
    """
    source = _converted(input, dtype)
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


def _check_floating(function: str, input: Tensor) -> None:
    if not input._type.floats:
        from ..printing import scalar_type_name

        raise RuntimeError(
            f"{function}(): could not infer output dtype. Input dtype must be either a floating point or complex dtype. "
            f"Got: {scalar_type_name(input.dtype)}"
        )


@fused(
    "mean",
    derivatives={
        "input": lambda grad, input_shape, dim, keepdim: (
            _spread(grad, input_shape, dim, keepdim) / _count(input_shape, dim)
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
    source = input if dtype is None else _converted(input, dtype)
    _check_floating("mean", source)
    type_, shape = source._type, source._array.shape
    dims = normalize_dims(dim, len(shape))
    if type_.kernels.mean is not None:
        return from_array(type_.kernels.mean(source._array, dims, keepdim), type_)
    total = type_.kernels.sum(source._array, dims, keepdim)
    return from_array(type_.kernels.div(total, type_.number(float(product(shape[d] for d in dims)))), type_)


def _var_input(grad: Tensor, input: Tensor, dim: Dims, correction: float | None, keepdim: bool) -> Tensor:
    count = _count(input._array.shape, dim)
    divisor = _at_least_zero(count - (1 if correction is None else correction))
    scaled = _spread(grad, input._array.shape, dim, keepdim) * (2.0 / divisor if divisor else float("nan"))
    return scaled * (input - mean(input, dim, True))


def _at_least_zero(number: float) -> float:
    return number if number > 0.0 else 0.0  # `max` is an op in this module


@fused("var", derivatives={"input": _var_input}, method=False, node="VarBackward0")
def _var(input: Tensor, dim: Dims, correction: float | None, keepdim: bool) -> Tensor:
    _check_floating("var", input)
    type_, shape = input._type, input._array.shape
    kernels = type_.kernels
    dims = normalize_dims(dim, len(shape))
    correction = 1.0 if correction is None else float(correction)
    if kernels.var is not None:
        return from_array(kernels.var(input._array, dims, keepdim, correction), type_)
    count = product(shape[d] for d in dims)
    centre = kernels.div(kernels.sum(input._array, dims, True), type_.number(float(count)))
    deviation = kernels.sub(input._array, centre)
    total = kernels.sum(kernels.mul(deviation, deviation), dims, keepdim)
    return from_array(kernels.div(total, type_.number(_at_least_zero(count - correction))), type_)


@composite(out=True)
def var(
    input: Tensor,
    dim: Any = None,
    unbiased: bool | None = None,
    keepdim: bool = False,
    *,
    correction: float | None = None,
) -> Tensor:
    """Compute the variance with divisor ``n - correction`` (1 by default). Source of the semantics: ``torch.var``.

    ``unbiased=False`` is ``correction=0``; it may stand in the place of ``dim``.

    Example:
        >>> import flambeau as torch
        >>> torch.var(torch.tensor([1.0, 2.0, 3.0, 4.0]))
        tensor(1.6667)
    """
    if isinstance(dim, bool):
        dim, unbiased = None, dim
    if unbiased is not None:
        correction = 1 if unbiased else 0
    return _var(input, dim, correction, keepdim)


@composite(out=True)
def std(
    input: Tensor,
    dim: Any = None,
    unbiased: bool | None = None,
    keepdim: bool = False,
    *,
    correction: float | None = None,
) -> Tensor:
    """Compute the standard deviation, the root of :func:`flambeau.var`. Source of the semantics: ``torch.std``.

    Example:
        >>> import flambeau as torch
        >>> torch.std(torch.tensor([1.0, 2.0, 3.0]))
        tensor(1.)
    """
    return var(input, dim, unbiased, keepdim, correction=correction).sqrt()


def _prod_input(grad: Tensor, input: Tensor, dim: int | None, keepdim: bool, result: Tensor) -> Tensor:
    """The product of all other elements, by products from both sides: right where elements are zero, too."""
    if dim is None:
        flat = reshape(input, (-1,))
        return reshape(reshape(grad, (1,)) * _others_product(flat, 0), input._array.shape)
    dim = normalize_dim(dim, input.dim())
    return _spread(grad, input._array.shape, dim, keepdim) * _others_product(input, dim)


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
    source = _converted(input, dtype)
    dims = normalize_dims(dim, len(source._array.shape))
    return from_array(source._type.kernels.prod(source._array, dims, keepdim), source._type)


def _cumsum_input(grad: Tensor, dim: int) -> Tensor:
    from .joining import flip

    return flip(cumsum(flip(grad, dim), dim), dim)


@primitive(derivatives={"input": _cumsum_input}, out=True, inplace=True)
def cumsum(input: Tensor, dim: int, *, dtype: DType | None = None) -> Tensor:
    """Add up along a dimension, keeping every partial sum. Source of the semantics: ``torch.cumsum``.

    Example:
        >>> import flambeau as torch
        >>> torch.cumsum(torch.tensor([1, 2, 3]), 0)
        tensor([1, 3, 6])
    """
    source = _converted(input, dtype)
    dim = normalize_dim(dim, len(source._array.shape))
    if not source._array.shape:
        return from_array(source._type.kernels.clone(source._array, True), source._type)
    return from_array(source._type.kernels.cumsum(source._array, dim), source._type)


@composite(out=True)
def logsumexp(input: Tensor, dim: int | Sequence[int], keepdim: bool = False) -> Tensor:
    """Compute log(sum(exp(x))) along ``dim`` without overflow. Source of the semantics: ``torch.logsumexp``.

    Example:
        >>> import flambeau as torch
        >>> torch.logsumexp(torch.tensor([0.0, 0.0]), 0)
        tensor(0.6931)
    """
    from .selection import where

    dims = normalize_dims(dim, input.dim())
    if not input._type.floats:
        input = input.to(dtypes.float32)
    if 0 in (input._array.shape[d] for d in dims):
        return sum(input.exp(), dims, keepdim).log()
    top = amax(input.detach(), dims, True)
    top = where(top.abs() == float("inf"), 0.0, top)
    total = sum((input - top).exp(), dims, keepdim).log()
    return total + (top if keepdim else reshape(top, total.shape))


# -- extremes ---------------------------------------------------------------


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
    ties = input == _spread(result.detach(), shape, dim, keepdim)
    share = ties.to(grad.dtype) / sum(ties, dim, True)
    return _spread(grad, shape, dim, keepdim) * share


def _check_not_empty(function: str, input: Tensor, dims: Shape) -> None:
    for dim in dims:
        if input._array.shape[dim] == 0:
            raise IndexError(f"{function}(): Expected reduction dim {dim} to have non-zero size.")


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
    _check_not_empty(kernel, input, dims)
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
    _check_not_empty(function, input, (dim,))
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
        array = type_.kernels.reshape(array, (product(shape),))
        index = getattr(type_.kernels, kernel)(array, 0, False)
        if keepdim:
            index = type_.kernels.reshape(index, (1,) * len(shape))
    else:
        dim = normalize_dim(dim, len(shape))
        _check_not_empty(kernel, input, (dim,))
        index = getattr(type_.kernels, kernel)(array, dim, keepdim)
    return from_array(index, type_.with_dtype(dtypes.int64))


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
