"""Activation functions."""

from __future__ import annotations

from functools import partial
from typing import Any

from flambeau import dtypes
from flambeau._dispatch.checks import zero_gradient
from flambeau._dispatch.declare import composite, elementwise, fused
from flambeau._dispatch.precision import all_in_single, in_single
from flambeau._tensor import Tensor, from_array
from flambeau._tensor.copies import contiguous_array
from flambeau.dtypes import scalar_type_name
from flambeau.ops.reductions.sums import sum
from flambeau.shapes import normalize_dim

__all__ = ["log_softmax", "relu", "softmax"]


def _no_bool_relu(dtype: dtypes.dtype) -> None:
    if dtype is dtypes.bool:
        raise RuntimeError("Boolean inputs not supported for relu")


def _relu_backward_input(grad: Tensor, other: Tensor) -> Tensor:
    return _relu_backward(grad, other)


@elementwise(
    method=False,
    inplace=False,
    out=False,
    derivatives={"input": _relu_backward_input, "other": zero_gradient},
    kernel="relu_backward",
    node="ThresholdBackwardBackward0",
    default=lambda type_, grad, result: type_.kernels.where(
        type_.kernels.le(result, type_.number(0)), type_.number(0), grad
    ),
)
def _relu_backward(input: Tensor, other: Tensor) -> Tensor:
    """Let the gradient ``input`` pass where the result ``other`` is positive or nan."""


@elementwise(
    complex=False,
    out=False,
    derivatives={"input": lambda grad, result: _relu_backward(grad, result)},
    check=_no_bool_relu,
    domain="numbers",
    # Not the maximum, which may take the 0 for a -0.0.
    default=lambda type_, a: type_.kernels.where(type_.kernels.lt(a, type_.number(0)), type_.number(0), a),
)
def relu(input: Tensor) -> Tensor:
    """Replace negative elements by 0. Source of the semantics: ``torch.relu``.

    Example:
        >>> import flambeau as torch
        >>> torch.relu(torch.tensor([-1.0, 2.0]))
        tensor([0., 2.])
    """


def _source(function: str, input: Tensor, dim: int | None, dtype: dtypes.dtype | None) -> tuple[Tensor, int]:
    """What a softmax is taken of, in the dtype asked for, and ``dim`` counted from the front.

    Raises:
        TypeError: there is no ``dim``.
        NotImplementedError: the dtype is not a floating point one.
    """
    if dim is None:
        raise TypeError(f"{function}() received an invalid combination of arguments: dim must be given, as an int")
    dim = normalize_dim(dim, input.dim())
    source = input if dtype is None else input.to(dtypes.as_dtype(dtype))
    if not source._type.real_floats:
        last = "_lastdim" if dim == input.dim() - 1 else ""
        raise NotImplementedError(
            f"\"{function}{last}_kernel_impl\" not implemented for '{scalar_type_name(source.dtype)}'"
        )
    return source, dim


def _shifted(type_: Any, array: Any, dim: int) -> Any:
    """The array less its maximum along ``dim``: exp of it does not overflow. It is contiguous, as PyTorch's results are."""
    kernels, array = type_.kernels, contiguous_array(type_, array)
    return kernels.sub(array, kernels.amax(array, (dim,), True)) if array.shape[dim] else array


def _softmax_input(grad: Tensor, result: Tensor, dim: int) -> Tensor:
    return _softmax_backward(grad, result, dim)


@fused("softmax", derivatives={"input": _softmax_input}, method=False, node="SoftmaxBackward0")
def _softmax(input: Tensor, dim: int) -> Tensor:
    type_, array = input._type, input._array
    kernels = type_.kernels
    if not array.shape:  # 1; for nan and infinite numbers, nan, as along a dimension of size 1
        return from_array(kernels.exp(kernels.sub(array, array)), type_)
    made = in_single(type_, array, partial(_shares, dim), "softmax") if type_.halves else _shares(dim, type_, array)
    return from_array(made, type_)


def _shares(dim: int, type_: Any, array: Any) -> Any:
    kernels = type_.kernels
    if kernels.softmax is not None:
        return kernels.softmax(array, dim)
    powers = kernels.exp(_shifted(type_, array, dim))
    return kernels.div(powers, kernels.sum(powers, (dim,), True))


def _softmax_backward_grad(grad: Tensor, result_of: Tensor, dim: int) -> Tensor:
    return _softmax_backward(grad, result_of, dim)


@fused(
    "softmax_backward",
    derivatives={
        "grad_output": _softmax_backward_grad,
        "result_of": lambda grad, grad_output, result_of, dim: (
            grad * grad_output
            - grad * sum(grad_output * result_of, dim, True)
            - grad_output * sum(grad * result_of, dim, True)
        ),
    },
    method=False,
    node="SoftmaxBackwardBackward0",
)
def _softmax_backward(grad_output: Tensor, result_of: Tensor, dim: int) -> Tensor:
    type_, grad, result = grad_output._type, grad_output._array, result_of._array
    kernels = type_.kernels
    if not result.shape:
        return from_array(kernels.mul(kernels.sub(grad, kernels.mul(grad, result)), result), type_)
    return from_array(
        all_in_single(type_, partial(_slope_of_shares, dim), grad, result, kernel="softmax_backward"), type_
    )


def _slope_of_shares(dim: int, type_: Any, grad: Any, result: Any) -> Any:
    kernels = type_.kernels
    if kernels.softmax_backward is not None:
        return kernels.softmax_backward(grad, result, dim)
    weighted = kernels.mul(grad, result)
    return kernels.sub(weighted, kernels.mul(result, kernels.sum(weighted, (dim,), True)))


@composite(out="exact")
def softmax(input: Tensor, dim: int | None = None, dtype: dtypes.dtype | None = None) -> Tensor:
    """Compute exp(x) / sum(exp(x)) along a dimension. Source of the semantics: ``torch.softmax``.

    ``dtype`` converts first.

    Raises:
        NotImplementedError: the dtype is not a floating point one.

    Example:
        >>> import flambeau as torch
        >>> torch.softmax(torch.tensor([0.0, 0.0]), 0)
        tensor([0.5000, 0.5000])
    """
    return _softmax(*_source("softmax", input, dim, dtype))


def _log_softmax_input(grad: Tensor, result: Tensor, dim: int) -> Tensor:
    return _log_softmax_backward(grad, result, dim)


@fused("log_softmax", derivatives={"input": _log_softmax_input}, method=False, node="LogSoftmaxBackward0")
def _log_softmax(input: Tensor, dim: int) -> Tensor:
    type_, array = input._type, input._array
    kernels = type_.kernels
    if not array.shape:
        return from_array(kernels.sub(array, array), type_)
    made = (
        in_single(type_, array, partial(_log_of_shares, dim), "log_softmax")
        if type_.halves
        else _log_of_shares(dim, type_, array)
    )
    return from_array(made, type_)


def _log_of_shares(dim: int, type_: Any, array: Any) -> Any:
    kernels = type_.kernels
    if kernels.log_softmax is not None:
        return kernels.log_softmax(array, dim)
    shifted = _shifted(type_, array, dim)
    return kernels.sub(shifted, kernels.log(kernels.sum(kernels.exp(shifted), (dim,), True)))


@fused(
    "log_softmax_backward",
    derivatives={
        "grad_output": lambda grad, result_of, dim: grad - sum(grad * result_of.exp(), dim, True),
        "result_of": lambda grad, grad_output, result_of, dim: -sum(grad_output, dim, True) * result_of.exp() * grad,
    },
    method=False,
    node="LogSoftmaxBackwardBackward0",
)
def _log_softmax_backward(grad_output: Tensor, result_of: Tensor, dim: int) -> Tensor:
    type_, grad, result = grad_output._type, grad_output._array, result_of._array
    kernels = type_.kernels
    if not result.shape:
        return from_array(kernels.sub(grad, kernels.mul(kernels.exp(result), grad)), type_)
    return from_array(
        all_in_single(type_, partial(_slope_of_log, dim), grad, result, kernel="log_softmax_backward"), type_
    )


def _slope_of_log(dim: int, type_: Any, grad: Any, result: Any) -> Any:
    kernels = type_.kernels
    if kernels.log_softmax_backward is not None:
        return kernels.log_softmax_backward(grad, result, dim)
    return kernels.sub(grad, kernels.mul(kernels.exp(result), kernels.sum(grad, (dim,), True)))


@composite(out="exact")
def log_softmax(input: Tensor, dim: int | None = None, dtype: dtypes.dtype | None = None) -> Tensor:
    """Compute the logarithm of softmax along a dimension, accurately. Source of the semantics: ``torch.log_softmax``.

    Raises:
        NotImplementedError: the dtype is not a floating point one.

    Example:
        >>> import flambeau as torch
        >>> torch.log_softmax(torch.tensor([0.0, 0.0]), 0)
        tensor([-0.6931, -0.6931])
    """
    return _log_softmax(*_source("log_softmax", input, dim, dtype))
