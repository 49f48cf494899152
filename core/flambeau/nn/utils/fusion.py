"""A layer and the batch normalisation behind it as one layer, for evaluation."""

from __future__ import annotations

import copy
from typing import Any

from flambeau._tensor import Tensor
from flambeau.ops.creation.filled import ones_like, zeros_like

from ..parameter import Parameter

__all__ = ["fuse_conv_bn_eval", "fuse_conv_bn_weights", "fuse_linear_bn_eval", "fuse_linear_bn_weights"]


def _statistics(layer: Any, bn: Any) -> tuple[Tensor, Tensor]:
    if layer.training or bn.training:
        raise AssertionError("Fusion only for eval!")
    if bn.running_mean is None or bn.running_var is None:
        raise AssertionError("bn.running_mean and bn.running_var must not be None")
    return bn.running_mean, bn.running_var


def fuse_conv_bn_eval(conv: Any, bn: Any, transpose: bool = False) -> Any:
    """Make one convolution of a convolution and a batch normalisation. Source: ``torch.nn.utils.fuse_conv_bn_eval``.

    Args:
        conv, bn: the layers, both in evaluation mode.
        transpose: whether it is a transposed convolution.

    Raises:
        AssertionError: one is in training mode, or there are no running statistics.
    """
    mean, var = _statistics(conv, bn)
    fused = copy.deepcopy(conv)
    fused.weight, fused.bias = fuse_conv_bn_weights(
        conv.weight, conv.bias, mean, var, bn.eps, bn.weight, bn.bias, transpose
    )
    return fused


def fuse_conv_bn_weights(
    conv_w: Tensor, conv_b: Tensor | None, bn_rm: Tensor, bn_rv: Tensor, bn_eps: float, bn_w: Tensor | None,
    bn_b: Tensor | None, transpose: bool = False,
) -> tuple[Parameter, Parameter]:  # fmt: skip
    """Weight and bias of one convolution that stands for both. Source: ``torch.nn.utils.fuse_conv_bn_weights``.

    Args:
        conv_w, conv_b: those of the convolution.
        bn_rm, bn_rv: running mean and variance.
        bn_eps: what is added to the variance.
        bn_w, bn_b: weight and bias of the normalisation.
        transpose: whether it is a transposed convolution.

    Example:
        >>> import flambeau as torch
        >>> ones, zeros = torch.ones(2), torch.zeros(2)
        >>> weight, bias = torch.nn.utils.fuse_conv_bn_weights(torch.ones(2, 1, 1), None, ones, ones, 0.0, 2 * ones, zeros)
        >>> weight.flatten().tolist(), bias.tolist()
        ([2.0, 2.0], [-2.0, -2.0])
    """
    bias = zeros_like(bn_rm) if conv_b is None else conv_b
    scale = (ones_like(bn_rm) if bn_w is None else bn_w) * (bn_rv + bn_eps).rsqrt()
    shape = [1] * conv_w.dim()
    shape[1 if transpose else 0] = -1
    shift = zeros_like(bn_rm) if bn_b is None else bn_b
    weight = (conv_w * scale.reshape(shape)).to(dtype=conv_w.dtype)
    moved = ((bias - bn_rm) * scale + shift).to(dtype=conv_w.dtype if conv_b is None else conv_b.dtype)
    return Parameter(weight, conv_w.requires_grad), Parameter(moved, bias.requires_grad)


def fuse_linear_bn_eval(linear: Any, bn: Any) -> Any:
    """Make one linear layer of a linear layer and a batch normalisation. Source: ``torch.nn.utils.fuse_linear_bn_eval``.

    Raises:
        AssertionError: one is in training mode, there are no running statistics, or the sizes do not fit.
    """
    mean, var = _statistics(linear, bn)
    if bn.num_features not in (linear.out_features, 1):
        raise AssertionError(
            "To fuse, linear.out_features == bn.num_features or bn.num_features == 1, got linear.out_features="
            f"{linear.out_features} and bn.num_features={bn.num_features}"
        )
    fused = copy.deepcopy(linear)
    fused.weight, fused.bias = fuse_linear_bn_weights(linear.weight, linear.bias, mean, var, bn.eps, bn.weight, bn.bias)
    return fused


def fuse_linear_bn_weights(
    linear_w: Tensor, linear_b: Tensor | None, bn_rm: Tensor, bn_rv: Tensor, bn_eps: float, bn_w: Tensor, bn_b: Tensor
) -> tuple[Parameter, Parameter]:
    """Weight and bias of one linear layer that stands for both. Source: ``torch.nn.utils.fuse_linear_bn_weights``.

    The arguments are those of :func:`fuse_conv_bn_weights`.

    Example:
        >>> import flambeau as torch
        >>> ones, zeros = torch.ones(2), torch.zeros(2)
        >>> weight, bias = torch.nn.utils.fuse_linear_bn_weights(torch.ones(2, 1), ones, ones, ones, 0.0, 2 * ones, ones)
        >>> weight.flatten().tolist(), bias.tolist()
        ([2.0, 2.0], [1.0, 1.0])
    """
    bias = zeros_like(bn_rm) if linear_b is None else linear_b
    scale = bn_w * (bn_rv + bn_eps).rsqrt()
    weight = linear_w * scale.unsqueeze(-1).to(dtype=linear_w.dtype)
    moved = ((bias - bn_rm) * scale + bn_b).to(dtype=linear_w.dtype if linear_b is None else linear_b.dtype)
    return Parameter(weight, linear_w.requires_grad), Parameter(moved, bias.requires_grad)
