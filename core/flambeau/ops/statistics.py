"""Variance and what is made of it."""

from __future__ import annotations

from math import prod
from typing import Any

from .._tensor import Tensor, from_array
from ..shapes import normalize_dims
from ._declare import composite, fused
from ._reduce import Dims, check_floating, count_of, spread
from .reductions import mean

__all__ = ["std", "var"]


def _var_input(grad: Tensor, input: Tensor, dim: Dims, correction: float | None, keepdim: bool) -> Tensor:
    count = count_of(input._array.shape, dim)
    divisor = _at_least_zero(count - (1 if correction is None else correction))
    scaled = spread(grad, input._array.shape, dim, keepdim) * (2.0 / divisor if divisor else float("nan"))
    return scaled * (input - mean(input, dim, True))


def _at_least_zero(number: float) -> float:
    return number if number > 0.0 else 0.0  # `max` is an op in this module


@fused("var", derivatives={"input": _var_input}, method=False, node="VarBackward0")
def _var(input: Tensor, dim: Dims, correction: float | None, keepdim: bool) -> Tensor:
    check_floating("var", input)
    type_, shape = input._type, input._array.shape
    kernels = type_.kernels
    dims = normalize_dims(dim, len(shape))
    correction = 1.0 if correction is None else float(correction)
    if kernels.var is not None:
        return from_array(kernels.var(input._array, dims, keepdim, correction), type_)
    count = prod(shape[d] for d in dims)
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
