"""Variance and standard deviation."""

from __future__ import annotations

import warnings
from math import inf, nan, prod
from typing import Any

from flambeau import dtypes
from flambeau._dispatch.declare import composite, fused, primitive
from flambeau._tensor import Tensor, from_array
from flambeau.backend.types import TensorType
from flambeau.errors import level_of_caller
from flambeau.ops.elementwise.selection import where
from flambeau.shapes import Shape, normalize_dims

from ._reduce import Dims, count_of, spread
from .sums import mean, mean_of

__all__ = ["std", "std_mean", "var", "var_mean"]


def _var_input(grad: Tensor, input: Tensor, dim: Dims, correction: float, keepdim: bool) -> Tensor:
    shape = input._array.shape
    grad, centre = spread(grad, shape, dim, keepdim), mean(input, dim, True)
    freedom = count_of(shape, dim) - correction
    if freedom <= 0:
        unbounded: Tensor = where(input == centre, nan, inf)
        return grad * unbounded.to(grad.dtype)
    return grad * (2.0 / freedom) * (input - centre)


def _std_input(grad: Tensor, input: Tensor, dim: Dims, correction: float, keepdim: bool, result: Tensor) -> Tensor:
    slope: Tensor = where(result == 0, 0.0, grad / (result * 2))
    return _var_input(slope, input, dim, correction, keepdim)


def _mean_input(grad: Tensor, shape: Shape, dim: Dims, keepdim: bool) -> Tensor:
    return spread(grad, shape, dim, keepdim) / count_of(shape, dim)


def _var_mean_input(grad: list[Tensor], input: Tensor, dim: Dims, correction: float, keepdim: bool) -> Tensor:
    spread_mean = _mean_input(grad[1], input._array.shape, dim, keepdim)
    return _var_input(grad[0], input, dim, correction, keepdim) + spread_mean


def _std_mean_input(
    grad: list[Tensor], input: Tensor, dim: Dims, correction: float, keepdim: bool, result_0: Tensor
) -> Tensor:
    spread_mean = _mean_input(grad[1], input._array.shape, dim, keepdim)
    return _std_input(grad[0], input, dim, correction, keepdim, result_0) + spread_mean


@fused("var", derivatives={"input": _var_input}, method=False, node="VarBackward0")
def _var(input: Tensor, dim: Dims, correction: float, keepdim: bool) -> Tensor:
    return from_array(_variance(input, dim, correction, keepdim), input._type)


@primitive(derivatives={"input": _std_input}, method=False, node="StdBackward0")
def _std(input: Tensor, dim: Dims, correction: float, keepdim: bool) -> Tensor:
    type_, wide = input._type, input._type.single()  # the variance of halves may leave their range, and is not rounded
    root = wide.kernels.sqrt(_variance_of(wide, _cast(type_, input._array, wide), dim, correction, keepdim))
    return from_array(_cast(wide, root, type_), type_)


@primitive(derivatives={"input": _var_mean_input}, method=False, node="VarMeanBackward0")
def _var_mean(input: Tensor, dim: Dims, correction: float, keepdim: bool) -> tuple[Tensor, Tensor]:
    return _with_mean(False, input, dim, correction, keepdim)


@primitive(derivatives={"input": _std_mean_input}, method=False, node="StdMeanBackward0")
def _std_mean(input: Tensor, dim: Dims, correction: float, keepdim: bool) -> tuple[Tensor, Tensor]:
    return _with_mean(True, input, dim, correction, keepdim)


def _with_mean(rooted: bool, input: Tensor, dim: Dims, correction: float, keepdim: bool) -> tuple[Tensor, Tensor]:
    """In double precision, as PyTorch does where both are asked for: no sum and no square leaves the range."""
    type_, wide = input._type, input._type.precise()
    array = _cast(type_, input._array, wide)
    spread_out = _variance_of(wide, array, dim, correction, keepdim)
    if rooted:
        spread_out = wide.kernels.sqrt(spread_out)
    centre = mean_of(wide, array, normalize_dims(dim, len(array.shape)), keepdim)
    return from_array(_cast(wide, spread_out, type_), type_), from_array(_cast(wide, centre, type_), type_)


def _cast(type_: TensorType, array: Any, other: TensorType) -> Any:
    return array if other is type_ else type_.kernels.cast(array, other.dtype.name)


def _variance(input: Tensor, dim: Dims, correction: float, keepdim: bool) -> Any:
    return _variance_of(input._type, input._array, dim, correction, keepdim)


def _variance_of(type_: TensorType, array: Any, dim: Dims, correction: float, keepdim: bool) -> Any:
    kernels, shape = type_.kernels, array.shape
    dims = normalize_dims(dim, len(shape))
    if kernels.var is not None:
        return kernels.var(array, dims, keepdim, float(correction))
    count = prod(shape[d] for d in dims)
    deviation = kernels.sub(array, mean_of(type_, array, dims, True))
    total = kernels.sum(kernels.mul(deviation, deviation), dims, keepdim)
    return kernels.div(total, type_.number(max(0.0, count - correction)))


def _arguments(
    function: str, input: Tensor, dim: Any, unbiased: bool | None, correction: float | None
) -> tuple[Dims, float]:
    """The dims and the correction out of the forms of the call; ``unbiased`` may stand in the place of ``dim``.

    Raises:
        TypeError: the correction is given twice.
        RuntimeError: the dtype is not a floating point one.
    """
    if isinstance(dim, bool):
        dim, unbiased = None, dim
    if unbiased is not None and correction is not None:
        raise TypeError(
            f"{function}() received an invalid combination of arguments: unbiased and correction exclude each other"
        )
    if not input._type.floats:
        names = "std and var" if function in ("std", "var") else function
        raise RuntimeError(f"{names} only support floating point and complex dtypes")
    if correction is None:
        correction = 1 if unbiased is None else int(unbiased)
    shape = input._array.shape
    dims = normalize_dims(dim, len(shape))
    count = 0 if 0 in shape else prod([shape[d] for d in dims])
    if count - correction <= 0:
        warnings.warn(
            f"{function}(): degrees of freedom is <= 0. Correction should be strictly less than the reduction factor "
            "(input numel divided by output numel).",
            UserWarning,
            stacklevel=level_of_caller(),
        )
    return dim, correction


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

    Raises:
        RuntimeError: the dtype is not a floating point one.

    Example:
        >>> import flambeau as torch
        >>> torch.var(torch.tensor([1.0, 2.0, 3.0, 4.0]))
        tensor(1.6667)
    """
    dim, correction = _arguments("var", input, dim, unbiased, correction)
    if input._type.complex:  # how far the numbers are from their mean: both parts count
        return _var(input.real, dim, correction, keepdim) + _var(input.imag, dim, correction, keepdim)
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
    dim, correction = _arguments("std", input, dim, unbiased, correction)
    if input._type.complex:
        return _root(var(input, dim, keepdim=keepdim, correction=correction))
    return _std(input, dim, correction, keepdim)


def _root(variance: Tensor) -> Tensor:
    flat = variance == 0  # where the root has a corner, the gradient is 0
    return where(flat, 0.0, where(flat, 1.0, variance).sqrt())  # type: ignore[no-any-return]


def _complex_var_mean(input: Tensor, dim: Dims, correction: float, keepdim: bool) -> tuple[Tensor, Tensor]:
    real, imag = (_var_mean(part, dim, correction, keepdim)[0] for part in (input.real, input.imag))
    return real + imag, mean(input.to(dtypes.complex128), dim, keepdim).to(input.dtype)


@composite(method=False)
def var_mean(
    input: Tensor,
    dim: Any = None,
    unbiased: bool | None = None,
    keepdim: bool = False,
    *,
    correction: float | None = None,
) -> tuple[Tensor, Tensor]:
    """Compute the variance, as :func:`flambeau.var`, and the mean. Source of the semantics: ``torch.var_mean``.

    Example:
        >>> import flambeau as torch
        >>> torch.var_mean(torch.tensor([1.0, 2.0, 3.0]))
        (tensor(1.), tensor(2.))
    """
    dim, correction = _arguments("var_mean", input, dim, unbiased, correction)
    if input._type.complex:
        return _complex_var_mean(input, dim, correction, keepdim)
    return _var_mean(input, dim, correction, keepdim)


@composite(method=False)
def std_mean(
    input: Tensor,
    dim: Any = None,
    unbiased: bool | None = None,
    keepdim: bool = False,
    *,
    correction: float | None = None,
) -> tuple[Tensor, Tensor]:
    """Compute the standard deviation, as :func:`flambeau.std`, and the mean. Source: ``torch.std_mean``.

    Example:
        >>> import flambeau as torch
        >>> torch.std_mean(torch.tensor([1.0, 2.0, 3.0]))
        (tensor(1.), tensor(2.))
    """
    dim, correction = _arguments("std_mean", input, dim, unbiased, correction)
    if input._type.complex:
        spread_out, centre = _complex_var_mean(input, dim, correction, keepdim)
        return _root(spread_out), centre
    return _std_mean(input, dim, correction, keepdim)
