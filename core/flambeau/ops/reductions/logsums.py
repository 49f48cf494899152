"""Sums of numbers that are given by their logarithms."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from math import inf
from typing import Any

from flambeau._dispatch.declare import composite, fused
from flambeau._dispatch.precision import in_single, in_single_formula
from flambeau._tensor import Tensor, from_array
from flambeau.dtypes import scalar_type_name
from flambeau.ops.elementwise.comparison import isinf, isnan
from flambeau.ops.elementwise.complex_parts import real
from flambeau.ops.elementwise.exponential import exp, log, logaddexp
from flambeau.ops.elementwise.selection import where
from flambeau.ops.movement.joining import cat
from flambeau.ops.movement.shapes import reshape
from flambeau.ops.movement.slicing import narrow
from flambeau.promotion import get_default_dtype
from flambeau.shapes import Shape, normalize_dim, normalize_dims, reduced_shape

from ._reduce import Dims, spread
from .extremes import amax
from .scans import running
from .sums import sum

__all__ = ["logcumsumexp", "logsumexp"]


def _logsumexp_input(grad: Tensor, input: Tensor, dim: Dims, keepdim: bool, result: Tensor) -> Tensor:
    shape = input._array.shape
    return spread(grad, shape, dim, keepdim) * (input - spread(result, shape, dim, keepdim)).exp()


@fused("logsumexp", derivatives={"input": _logsumexp_input}, method=False, node="LogsumexpBackward0")
def _logsumexp(input: Tensor, dim: int | Sequence[int], keepdim: bool) -> Tensor:
    type_ = input._type
    dims = normalize_dims(dim, len(input._array.shape))
    return from_array(in_single(type_, input._array, partial(_log_of_sum, dims, keepdim)), type_)


def _complex_logsumexp(input: Tensor, dim: int | Sequence[int], keepdim: bool) -> Tensor:
    sizes = real(input).detach()
    if not sizes.numel():
        return log(sum(exp(input), dim, keepdim))
    top = amax(sizes, dim, True)
    top = where(top.abs() == inf, 0.0, top)
    total = log(sum(exp(input - top), dim, True)) + top
    return (
        total if keepdim else reshape(total, reduced_shape(input._array.shape, normalize_dims(dim, input.dim()), False))
    )


@composite(out=True)
def logsumexp(input: Tensor, dim: int | Sequence[int], keepdim: bool = False) -> Tensor:
    """Compute log(sum(exp(x))) along ``dim`` without overflow. Source of the semantics: ``torch.logsumexp``.

    Integers give floats; of no elements it is -inf.

    Example:
        >>> import flambeau as torch
        >>> torch.logsumexp(torch.tensor([0.0, 0.0]), 0)
        tensor(0.6931)
    """
    if dim is None:
        raise TypeError("logsumexp(): argument 'dim' (position 2) must be tuple of ints, not NoneType")
    if input._type.complex:
        return _complex_logsumexp(input, dim, keepdim)
    return _logsumexp(input if input._type.floats else input.to(get_default_dtype()), dim, keepdim)


def _log_of_sum(dims: Shape, keepdim: bool, type_: Any, array: Any) -> Any:
    kernels, shape = type_.kernels, array.shape
    if 0 in (shape[d] for d in dims):
        return kernels.full(reduced_shape(shape, dims, keepdim), -inf, type_.dtype.name)
    if kernels.logsumexp is not None:
        return kernels.logsumexp(array, dims, keepdim)
    top = kernels.amax(array, dims, True)
    # Infinities are not subtracted from each other: exp gives what is right for them.
    top = kernels.where(kernels.eq(kernels.abs(top), type_.number(inf)), type_.number(0.0), top)
    total = kernels.log(kernels.sum(kernels.exp(kernels.sub(array, top)), dims, keepdim))
    return kernels.add(total, top if keepdim else kernels.reshape(top, total.shape))


@in_single_formula
def _logcumsumexp_input(grad: Tensor, input: Tensor, dim: int, result: Tensor) -> Tensor:
    """The sum of ``grad * exp(input - result)`` over all later results.

    Results never fall, so that exp of one less a later one is 1 at most: sums of those leave no range, and no term of them
    is lost beside a large one. A gradient that is nan counts for nothing, as in PyTorch.
    """
    if not input.dim() or not input.numel():
        return grad
    infinite = isinf(result.detach())
    sums = _later_sums(where(isnan(grad), 0.0, grad), result, infinite, dim)
    below: Tensor = input - result
    # What is infinite has no part in the derivatives of the others.
    return where(infinite, below.exp(), where(infinite, 0.0, below).exp() * sums)  # type: ignore[no-any-return]


def _later_sums(sums: Tensor, result: Tensor, infinite: Tensor, dim: int) -> Tensor:
    """The sums of all later elements of ``sums``, times exp(result - later result); each step doubles those that are in."""
    size, reach = result.size(dim), 1
    while reach < size:
        rest = size - reach
        fall = narrow(result, dim, 0, rest) - narrow(result, dim, reach, rest)
        edge = narrow(infinite, dim, 0, rest) | narrow(infinite, dim, reach, rest)
        share = where(edge, -inf, fall).exp()
        carried = narrow(sums, dim, 0, rest) + share * narrow(sums, dim, reach, rest)
        sums = cat([carried, narrow(sums, dim, rest, reach)], dim)
        reach *= 2
    return sums


@fused("logcumsumexp", derivatives={"input": _logcumsumexp_input}, out="exact")
def logcumsumexp(input: Tensor, dim: int) -> Tensor:
    """Compute the logarithm of the running sum of exp(x) along ``dim``. Source: ``torch.logcumsumexp``.

    Raises:
        NotImplementedError: the dtype is not a floating point one.

    Example:
        >>> import flambeau as torch
        >>> torch.logcumsumexp(torch.tensor([0.0, 0.0, 0.0]), 0)
        tensor([0.0000, 0.6931, 1.0986])
    """
    type_, array = input._type, input._array
    dim = normalize_dim(dim, len(array.shape))
    if not type_.floats:
        raise NotImplementedError(f"\"logcumsumexp_out_cpu\" not implemented for '{scalar_type_name(type_.dtype)}'")
    return from_array(in_single(type_, array, partial(_running_log, dim)), type_)


def _running_log(dim: int, type_: Any, array: Any) -> Any:
    kernels = type_.kernels
    if not array.shape:
        return kernels.clone(array, True)
    if kernels.logcumsumexp is not None and not type_.complex:
        return kernels.add(kernels.logcumsumexp(array, dim), type_.number(0.0))  # of -0.0 it is 0.0

    def combine(a: Any, b: Any) -> Any:
        """log(exp(a) + exp(b)): the larger one, and log1p of how much the other adds."""
        if type_.complex:
            return logaddexp(from_array(a, type_), from_array(b, type_))._array
        larger, smaller = kernels.maximum(a, b), kernels.minimum(a, b)
        added = kernels.add(larger, kernels.log1p(kernels.exp(kernels.sub(smaller, larger))))
        return kernels.where(kernels.eq(kernels.abs(larger), type_.number(inf)), larger, added)

    sums = running(kernels, combine, array, dim)
    return sums if type_.complex else kernels.add(sums, type_.number(0.0))
