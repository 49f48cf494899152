"""Normalisation of channels over the batch, or of each sample's channels alone."""

from __future__ import annotations

from math import prod
from typing import Any

from flambeau._dispatch.declare import fused
from flambeau._dispatch.out import with_exact_out
from flambeau._dispatch.spelling import spelled
from flambeau._tensor import Tensor, from_array
from flambeau._tensor.modes import grad_enabled, no_grad
from flambeau.ops.creation._bent import bent
from flambeau.ops.creation._own import own
from flambeau.ops.creation.filled import empty
from flambeau.shapes import Shape, float_argument

from ._norms import (
    Normalized,
    Sums,
    array_of,
    as_taken,
    channel_slope,
    check_parameters,
    in_format_of,
    kept,
    moments,
    narrow,
    reciprocal_root,
    scaled,
    slope,
    standardized,
    wide,
)

__all__ = ["batch_norm", "instance_norm", "native_batch_norm"]


def _channels(tensor: Tensor) -> Tensor:
    """(N, C, …) in three dims, without its history, as the kernels of channels take it."""
    tensor, shape = as_taken(tensor), tensor._array.shape
    array = tensor._type.kernels.reshape(tensor._array, (shape[0], shape[1], prod(shape[2:])))
    return from_array(array, tensor._type)


def _normalize(input: Tensor, channels: Tensor, mean: Tensor, rstd: Tensor, weight: Any, bias: Any) -> Tensor:
    type_ = channels._type
    kernels, scale = type_.kernels, rstd._array
    if weight is not None:
        scale = kernels.mul(scale, array_of(weight))
    values = scaled(type_, channels._array, mean._array, scale, array_of(bias))
    found = from_array(kernels.reshape(values, input._array.shape), type_)
    return own(in_format_of(narrow(found, input), input))


# -- formulas --------------------------------------------------------------------------------------------


def _dims(input: Tensor) -> tuple[int, ...]:
    return (0, *range(2, input.dim()))


def _per_channel(numbers: Tensor, input: Tensor) -> Tensor:
    return numbers.reshape(-1, *[1] * (input.dim() - 2))


def _single(tensor: Tensor) -> Tensor:
    """In float32 where it has 16 bits, with its history."""
    return tensor.float() if tensor._type.halves else tensor


def _input_slope(
    grad: Tensor, input: Tensor, weight: Tensor | None, eps: float, sums: Sums, mean: Tensor, rstd: Tensor
) -> Tensor:
    if grad_enabled():
        weighted = _single(grad) if weight is None else _single(grad) * _single(_per_channel(weight, input))
        return slope(weighted, *standardized(_single(input), _dims(input), eps), _dims(input)).to(input.dtype)
    channels, mean, rstd = _channels(input), wide(mean), wide(rstd)
    count = max(channels._array.shape[0] * channels._array.shape[2], 1)
    total, product = sums(grad, channels, mean)
    scale = rstd if weight is None else rstd * wide(weight)
    factor = product * rstd * rstd * scale / -count
    found = channel_slope(_channels(grad), channels, mean, scale, factor, total * scale / -count)
    return in_format_of(narrow(found.reshape(input._array.shape), input), input)


def _weight_slope(
    grad: Tensor, input: Tensor, weight: Tensor, eps: float, sums: Sums, mean: Tensor, rstd: Tensor
) -> Tensor:
    if grad_enabled():
        normal, _ = standardized(_single(input), _dims(input), eps)
        return (_single(grad) * normal).sum(_dims(input)).to(weight.dtype)
    return _scale_slope(grad, input, weight, sums, mean, rstd)


def _scale_slope(grad: Tensor, input: Tensor, weight: Tensor, sums: Sums, mean: Tensor, rstd: Tensor) -> Tensor:
    """What the weights have of the gradient, of a number for each channel; of nothing, whose statistics are nan, zeros."""
    product = sums(grad, _channels(input), wide(mean))[1]
    return narrow(product * wide(rstd) if input.numel() else product.new_zeros(product.shape), weight)


def _bias_slope(grad: Tensor, input: Tensor, bias: Tensor, sums: Sums, mean: Tensor) -> Tensor:
    if grad_enabled():
        return _single(grad).sum(_dims(input)).to(bias.dtype)
    return narrow(sums(grad, _channels(input), wide(mean))[0], bias)


@fused(
    "channel_moments",
    derivatives={"input": _input_slope, "weight": _weight_slope, "bias": _bias_slope},
    outputs=("values", "mean", "rstd"),
    method=False,
    node="NativeBatchNormBackward0",
)
def _batch_norm(
    input: Tensor, weight: Tensor | None, bias: Tensor | None, eps: float, sums: Sums, variances: list[Tensor]
) -> Normalized:
    """Normalise by the statistics of the batch; the variances go to the list, for the running ones."""
    channels = _channels(input)
    average, variance = moments(channels._type, channels._array)
    type_ = channels._type.single()
    variances.append(from_array(variance, type_))
    mean = kept(from_array(average, type_), input, weight)
    rstd = kept(from_array(reciprocal_root(type_, variance, eps), type_), input, weight)
    return Normalized(_normalize(input, channels, wide(mean), wide(rstd), weight, bias), mean, rstd)


def _fixed_input_slope(grad: Tensor, input: Tensor, weight: Tensor | None, rstd: Tensor) -> Tensor:
    scale = _single(rstd) if weight is None else _single(rstd) * _single(weight)
    return bent((_single(grad) * _per_channel(scale, grad)).to(grad.dtype), input)


def _fixed_weight_slope(grad: Tensor, input: Tensor, weight: Tensor, sums: Sums, mean: Tensor, rstd: Tensor) -> Tensor:
    if grad_enabled():
        normal = (_single(input) - _per_channel(_single(mean), input)) * _per_channel(_single(rstd), input)
        return (_single(grad) * normal).sum(_dims(input)).to(weight.dtype)
    return _scale_slope(grad, input, weight, sums, mean, rstd)


@fused(
    "channel_scale",
    derivatives={"input": _fixed_input_slope, "weight": _fixed_weight_slope, "bias": _bias_slope},
    outputs=("values", "mean", "rstd"),
    method=False,
    node="NativeBatchNormBackward0",
)
def _fixed_norm(
    input: Tensor, weight: Tensor | None, bias: Tensor | None, running_mean: Tensor, running_var: Tensor, eps: float,
    sums: Sums,
) -> Normalized:  # fmt: skip
    """Normalise by statistics that are given; what is kept of them does not change when they do."""
    mean, rstd = wide(running_mean).clone(), (wide(running_var) + eps).rsqrt()
    values = _normalize(input, _channels(input), mean, rstd, weight, bias)
    return Normalized(values, mean, rstd)


# -- functions -------------------------------------------------------------------------------------------


def _check_statistics(
    input: Tensor, channels: int, running_mean: Tensor | None, running_var: Tensor | None, weight: Tensor | None,
    bias: Tensor | None, training: bool,
) -> None:  # fmt: skip
    given = {"running_mean": running_mean, "running_var": running_var, "weight": weight, "bias": bias}
    for name, tensor in given.items():
        if tensor is None:
            if not training and name.startswith("running"):
                raise RuntimeError(f"{name} must be defined in evaluation mode")
        elif tensor._array.shape != (channels,):
            if tensor.numel() != channels:
                raise RuntimeError(f"{name} should contain {channels} elements not {tensor.numel()}")
            raise RuntimeError(f"{name} should have 1 dimension, but has the shape {list(tensor.shape)}")
    check_parameters("batch_norm", input, *given.values())


def _update(running: Tensor | None, value: Tensor, momentum: float) -> None:
    if running is not None:
        with no_grad():
            running.mul_(1 - momentum).add_(narrow(value, running), alpha=momentum * 1.0)


def _check_dims(shape: Shape) -> None:
    if not shape:
        raise IndexError("Dimension specified as 0 but tensor has no dimensions")
    if len(shape) == 1:
        raise IndexError("Dimension out of range (expected to be in range of [-1, 0], but got 1)")


def _batch_normalized(
    input: Tensor, weight: Tensor | None, bias: Tensor | None, running_mean: Tensor | None, running_var: Tensor | None,
    training: bool, momentum: float, eps: float,
) -> Normalized:  # fmt: skip
    shape = input._array.shape
    if shape == (0,) and weight is bias is None:  # neither samples nor channels, which PyTorch lets pass
        return Normalized(input.clone(), input.new_empty(0), input.new_empty(0))
    _check_dims(shape)
    training = training or 0 in shape  # statistics of nothing are not asked for
    _check_statistics(input, shape[1], running_mean, running_var, weight, bias, training)
    if not training:
        assert running_mean is not None  # as was just checked
        assert running_var is not None
        return _fixed_norm(input, weight, bias, running_mean, running_var, eps, Sums())
    variances: list[Tensor] = []
    found: Normalized = _batch_norm(input, weight, bias, eps, Sums(), variances)
    count = prod(shape) // max(shape[1], 1)
    if count:
        _update(running_mean, found.mean, momentum)
        if running_var is not None:
            _update(running_var, variances[0] * (count / (count - 1)) if count > 1 else variances[0] / 0, momentum)
    return found


@spelled()
def batch_norm(
    input: Tensor, weight: Tensor | None, bias: Tensor | None, running_mean: Tensor | None, running_var: Tensor | None,
    training: bool, momentum: float, eps: float, cudnn_enabled: bool,
) -> Tensor:  # fmt: skip
    """Normalise each channel of (N, C, …), over the batch or by running statistics. Source: ``torch.batch_norm``.

    Args:
        input: of floating point numbers; channels are its second dim.
        weight, bias: of shape (C,), what the result is multiplied by and what is added; None for 1 and 0.
        running_mean, running_var: of shape (C,); used if not ``training``, otherwise brought up to date if they are there.
        training: whether the statistics are those of the batch.
        momentum: the part of the batch in the new running statistics.
        eps: added to the variance.
        cudnn_enabled: not used.

    Raises:
        RuntimeError: a tensor has not one number a channel, or a dtype that does not go with the input's; running
            statistics are lacking where they are to be used. Nothing is changed then.
        NotImplementedError: the input is not floating.

    Example:
        >>> import flambeau as torch
        >>> torch.batch_norm(torch.tensor([[1.0], [3.0]]), None, None, None, None, True, 0.1, 0.0, False)
        tensor([[-1.],
                [ 1.]])
    """
    momentum, eps = float_argument("batch_norm", "momentum", 7, momentum), float_argument("batch_norm", "eps", 8, eps)
    return _batch_normalized(input, weight, bias, running_mean, running_var, training, momentum, eps).values


@spelled(out=with_exact_out)
def native_batch_norm(
    input: Tensor, weight: Tensor | None, bias: Tensor | None, running_mean: Tensor | None, running_var: Tensor | None,
    training: bool, momentum: float, eps: float,
) -> tuple[Tensor, Tensor, Tensor]:  # fmt: skip
    """As :func:`batch_norm`, with the mean and one over the standard deviation. Source: ``torch.native_batch_norm``.

    The statistics are those of the batch; if not ``training``, they are empty.

    Example:
        >>> import flambeau as torch
        >>> torch.native_batch_norm(torch.tensor([[1.0], [3.0]]), None, None, None, None, True, 0.1, 0.0)[1:]
        (tensor([2.]), tensor([1.]))
    """
    if training and not input.numel():
        raise RuntimeError(f"input tensor must have at least one element, but got input_sizes = {list(input.shape)}")
    found = _batch_normalized(input, weight, bias, running_mean, running_var, training, momentum, eps)
    if training:
        return found.values, found.mean, found.rstd
    like = input if weight is None else weight
    nothing = empty(0, dtype=like.dtype, device=like.device)
    return found.values, nothing, nothing.clone()


@spelled()
def instance_norm(
    input: Tensor, weight: Tensor | None, bias: Tensor | None, running_mean: Tensor | None, running_var: Tensor | None,
    use_input_stats: bool, momentum: float, eps: float, cudnn_enabled: bool,
) -> Tensor:  # fmt: skip
    """Normalise each channel of each sample of (N, C, …), or by running statistics. Source: ``torch.instance_norm``.

    The arguments are those of :func:`batch_norm`; with ``use_input_stats``, the running statistics get the mean over the
    batch.

    Raises:
        RuntimeError: as for :func:`batch_norm`, with the N * C channels of all samples.

    Example:
        >>> import flambeau as torch
        >>> torch.instance_norm(torch.tensor([[[1.0, 3.0]]]), None, None, None, None, True, 0.1, 0.0, False)
        tensor([[[-1.,  1.]]])
    """
    if not use_input_stats and (running_mean is None or running_var is None):
        raise RuntimeError("Expected running_mean and running_var to be defined when use_input_stats is false")
    momentum, eps = (
        float_argument("instance_norm", "momentum", 7, momentum),
        float_argument("instance_norm", "eps", 8, eps),
    )
    shape = input._array.shape
    _check_dims(shape)
    samples, channels = shape[:2]
    mean, var = _repeated(running_mean, samples), _repeated(running_var, samples)
    one_sample = input.contiguous().view(1, samples * channels, *shape[2:])
    weight, bias = _repeated(weight, samples), _repeated(bias, samples)
    found = _batch_normalized(one_sample, weight, bias, mean, var, use_input_stats, momentum, eps).values
    if use_input_stats:
        for each, repeated in ((running_mean, mean), (running_var, var)):
            if each is not None and repeated is not None:
                with no_grad():
                    each.copy_(repeated.view(samples, channels).mean(0))
    return found.view(shape)


def _repeated(tensor: Tensor | None, samples: int) -> Tensor | None:
    return None if tensor is None else tensor.repeat(samples)
