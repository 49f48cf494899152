"""Normalisation with the options that PyTorch's functions have; what it computes is in :mod:`flambeau.ops.nn`."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

from flambeau._tensor import Tensor
from flambeau._tensor.overrides import overridable
from flambeau.ops.nn import batchnorm as _channels
from flambeau.ops.nn import normalization as _ops

__all__ = ["batch_norm", "group_norm", "instance_norm", "layer_norm", "local_response_norm", "rms_norm"]


def _check_running(running_mean: Tensor | None, running_var: Tensor | None) -> None:
    if (running_mean is None) != (running_var is None):
        raise ValueError("running_mean and running_var must either both be None or neither be None")


def _check_eps(name: str, eps: float, training: bool = False) -> None:
    if training and eps <= 0:
        raise ValueError(f"{name} eps must be positive during training, but got {eps}")
    if eps < 0:
        raise ValueError(f"{name} eps must be non-negative, but got {eps}")


@overridable
def batch_norm(
    input: Tensor, running_mean: Tensor | None, running_var: Tensor | None, weight: Tensor | None = None,
    bias: Tensor | None = None, training: bool = False, momentum: float = 0.1, eps: float = 1e-05,
) -> Tensor:  # fmt: skip
    """Normalise each channel of (N, C, …), over the batch or by running statistics.

    Source of the semantics: ``torch.nn.functional.batch_norm``; the arguments are those of :func:`flambeau.batch_norm`.

    Raises:
        ValueError: a channel has one value alone when training, ``eps`` is negative, or 0 when training, or one of the
            running statistics is lacking.
        RuntimeError: shapes or dtypes do not fit. Nothing is changed then.

    Example:
        >>> import flambeau as torch
        >>> torch.nn.functional.batch_norm(torch.tensor([[1.0], [3.0]]), torch.tensor([1.0]), torch.tensor([4.0]), eps=0.0)
        tensor([[0.],
                [1.]])
    """
    _check_running(running_mean, running_var)
    if training:
        _check_count(input.shape)
    _check_eps("batch_norm", eps, training)
    return _channels.batch_norm(input, weight, bias, running_mean, running_var, training, momentum, eps, False)


def _check_count(size: Sequence[int]) -> None:
    if len(size) > 0 and size[0] * prod(size[2:]) == 1:
        raise ValueError(f"Expected more than 1 value per channel when training, got input size {size}")


@overridable
def instance_norm(
    input: Tensor, running_mean: Tensor | None = None, running_var: Tensor | None = None, weight: Tensor | None = None,
    bias: Tensor | None = None, use_input_stats: bool = True, momentum: float = 0.1, eps: float = 1e-05,
) -> Tensor:  # fmt: skip
    """Normalise each channel of each sample of (N, C, …), or by running statistics.

    Source of the semantics: ``torch.nn.functional.instance_norm``.

    Raises:
        ValueError: a channel has one place alone, ``eps`` is negative, or one of the running statistics is lacking.
        RuntimeError: shapes or dtypes do not fit. Nothing is changed then.

    Example:
        >>> import flambeau as torch
        >>> torch.nn.functional.instance_norm(torch.tensor([[[1.0, 3.0]]]), eps=0.0)
        tensor([[[-1.,  1.]]])
    """
    _check_running(running_mean, running_var)
    _check_eps("instance_norm", eps)
    if use_input_stats and prod(input.shape[2:]) == 1:
        raise ValueError(f"Expected more than 1 spatial element when training, got input size {input.shape}")
    return _channels.instance_norm(
        input, weight, bias, running_mean, running_var, use_input_stats, momentum, eps, False
    )


@overridable
def layer_norm(
    input: Tensor, normalized_shape: Sequence[int], weight: Tensor | None = None, bias: Tensor | None = None,
    eps: float = 1e-05,
) -> Tensor:  # fmt: skip
    """Bring the last dims to mean 0 and variance 1; see :func:`flambeau.layer_norm`.

    Source of the semantics: ``torch.nn.functional.layer_norm``.

    Example:
        >>> import flambeau as torch
        >>> torch.nn.functional.layer_norm(torch.tensor([1.0, 3.0]), (2,), eps=0.0)
        tensor([-1.,  1.])
    """
    return _ops.layer_norm(input, normalized_shape, weight, bias, eps)


@overridable
def rms_norm(
    input: Tensor, normalized_shape: Sequence[int], weight: Tensor | None = None, eps: float | None = None
) -> Tensor:
    """Divide by the root of the mean square of the last dims; see :func:`flambeau.rms_norm`.

    Source of the semantics: ``torch.nn.functional.rms_norm``.

    Example:
        >>> import flambeau as torch
        >>> torch.nn.functional.rms_norm(torch.tensor([3.0, 3.0]), (2,))
        tensor([1., 1.])
    """
    return _ops.rms_norm(input, normalized_shape, weight, eps)


@overridable
def group_norm(
    input: Tensor, num_groups: int, weight: Tensor | None = None, bias: Tensor | None = None, eps: float = 1e-05
) -> Tensor:
    """Normalise groups of channels of (N, C, …), each sample by itself; see :func:`flambeau.group_norm`.

    Source of the semantics: ``torch.nn.functional.group_norm``.

    Raises:
        ValueError: a group has one value alone.

    Example:
        >>> import flambeau as torch
        >>> torch.nn.functional.group_norm(torch.tensor([[1.0, 3.0, 0.0, 4.0]]), 2, eps=0.0)
        tensor([[-1.,  1., -1.,  1.]])
    """
    shape = input.shape
    if len(shape) >= 2 and num_groups > 0:
        _check_group(shape, num_groups)
    return _ops.group_norm(input, num_groups, weight, bias, eps)


def _check_group(shape: Sequence[int], groups: int) -> None:
    """PyTorch counts the values of a group over the batch."""
    if shape[0] * shape[1] // groups * prod(shape[2:]) == 1:
        size = [shape[0] * shape[1] // groups, groups, *shape[2:]]
        raise ValueError(f"Expected more than 1 value per channel when training, got input size {size}")


@overridable
def local_response_norm(input: Tensor, size: int, alpha: float = 0.0001, beta: float = 0.75, k: float = 1.0) -> Tensor:
    """Divide by ``(k + alpha * mean of the squares of size neighbouring channels) ** beta``.

    ``input`` is (N, C, …) of three dims or more. Source of the semantics: ``torch.nn.functional.local_response_norm``.

    Raises:
        ValueError: the input has fewer dims.
        RuntimeError: ``size`` is not positive.

    Example:
        >>> import flambeau as torch
        >>> torch.nn.functional.local_response_norm(torch.tensor([[[3.0], [4.0]]]), 2, alpha=1.0, beta=0.5, k=0.0)
        tensor([[[1.4142],
                 [1.1314]]])
    """
    if input.dim() < 3:
        raise ValueError(
            f"Expected 3D or higher dimensionality                          input (got {input.dim()} dimensions)"
        )
    if input.numel() == 0:
        return input
    if size <= 0:
        raise RuntimeError(f"kernel size should be greater than zero, but got kH: {size} kW: 1")
    average = _ops.over_neighbours(input * input, size // 2, (size - 1) // 2) / size
    normal: Tensor = input / (average * alpha + k) ** beta
    return normal
