"""Batch normalisation in evaluation as a part of the layer before it: both are linear then."""

from __future__ import annotations

from copy import deepcopy
from typing import Any, TypeVar

from flambeau._tensor import Tensor
from flambeau.ops.creation.filled import ones_like, zeros_like

from ..parameter import Parameter

__all__ = ["fuse_conv_bn_eval", "fuse_conv_bn_weights", "fuse_linear_bn_eval", "fuse_linear_bn_weights"]

_Layer = TypeVar("_Layer")


def _copied(layer: Any, bn: Any) -> Any:
    if layer.training or bn.training:
        raise AssertionError("Fusion only for eval!")
    return deepcopy(layer)


def _statistics(bn: Any) -> Any:
    if bn.running_mean is None or bn.running_var is None:
        raise AssertionError("bn.running_mean and bn.running_var must not be None")
    return bn.running_mean, bn.running_var, bn.eps, bn.weight, bn.bias


def fuse_conv_bn_eval(conv: _Layer, bn: Any, transpose: bool = False) -> _Layer:
    """Make a convolution layer that does what a convolution and the batch normalisation behind it do in evaluation.

    Args:
        conv: the layer, in evaluation mode; it stays as it is.
        bn: the batch normalisation, in evaluation mode, with running statistics.
        transpose: whether it is a transposed convolution.

    Raises:
        AssertionError: one of them is in training, or there are no statistics.

    Source of the semantics: ``torch.nn.utils.fuse_conv_bn_eval``.
    """
    fused = _copied(conv, bn)
    mean, variance, eps, weight, bias = _statistics(bn)
    fused.weight, fused.bias = fuse_conv_bn_weights(
        fused.weight, fused.bias, mean, variance, eps, weight, bias, transpose
    )
    return fused  # type: ignore[no-any-return]


def fuse_conv_bn_weights(
    conv_w: Tensor,
    conv_b: Tensor | None,
    bn_rm: Tensor,
    bn_rv: Tensor,
    bn_eps: float,
    bn_w: Tensor | None,
    bn_b: Tensor | None,
    transpose: bool = False,
) -> tuple[Parameter, Parameter]:
    """The weight and the bias of a convolution that a batch normalisation has become a part of.

    ``bn_rm`` and ``bn_rv`` are the running mean and variance; without weight and bias of the normalisation, these are 1 and 0.
    Source of the semantics: ``torch.nn.utils.fuse_conv_bn_weights``.

    Example:
        >>> import flambeau as torch
        >>> w, b = torch.nn.utils.fuse_conv_bn_weights(
        ...     torch.ones(1, 1, 1), None, torch.tensor([3.0]), torch.tensor([4.0]), 0.0, None, None
        ... )
        >>> w.item(), b.item()
        (0.5, -1.5)
    """
    bias = zeros_like(bn_rm) if conv_b is None else conv_b
    scale, shift = ones_like(bn_rm) if bn_w is None else bn_w, zeros_like(bn_rm) if bn_b is None else bn_b
    inverse = (bn_rv + bn_eps).rsqrt()
    shape = [1] * conv_w.dim()
    shape[1 if transpose else 0] = -1
    weight = (conv_w * (scale * inverse).reshape(shape)).to(conv_w.dtype)
    moved = ((bias - bn_rm) * inverse * scale + shift).to((conv_w if conv_b is None else conv_b).dtype)
    return Parameter(weight, conv_w.requires_grad), Parameter(moved, bias.requires_grad)


def fuse_linear_bn_eval(linear: _Layer, bn: Any) -> _Layer:
    """Make a linear layer that does what a linear layer and the batch normalisation behind it do in evaluation.

    Raises:
        AssertionError: one of them is in training, the sizes do not fit, or there are no statistics.

    Source of the semantics: ``torch.nn.utils.fuse_linear_bn_eval``.
    """
    fused = _copied(linear, bn)
    if fused.out_features != bn.num_features and bn.num_features != 1:
        raise AssertionError(
            "To fuse, linear.out_features == bn.num_features or bn.num_features == 1, got linear.out_features="
            f"{fused.out_features} and bn.num_features={bn.num_features}"
        )
    mean, variance, eps, weight, bias = _statistics(bn)
    fused.weight, fused.bias = fuse_linear_bn_weights(fused.weight, fused.bias, mean, variance, eps, weight, bias)
    return fused  # type: ignore[no-any-return]


def fuse_linear_bn_weights(
    linear_w: Tensor,
    linear_b: Tensor | None,
    bn_rm: Tensor,
    bn_rv: Tensor,
    bn_eps: float,
    bn_w: Tensor,
    bn_b: Tensor,
) -> tuple[Parameter, Parameter]:
    """The weight and the bias of a linear layer that a batch normalisation has become a part of.

    Source of the semantics: ``torch.nn.utils.fuse_linear_bn_weights``.

    Example:
        >>> import flambeau as torch
        >>> one = torch.ones(1)
        >>> w, b = torch.nn.utils.fuse_linear_bn_weights(torch.ones(1, 2), None, 3 * one, 4 * one, 0.0, one, one)
        >>> w.tolist(), b.item()
        ([[0.5, 0.5]], -0.5)
    """
    bias = zeros_like(bn_rm) if linear_b is None else linear_b
    scale = bn_w * (bn_rv + bn_eps).rsqrt()
    weight = linear_w * scale.unsqueeze(-1).to(linear_w.dtype)
    moved = ((bias - bn_rm) * scale + bn_b).to((linear_w if linear_b is None else linear_b).dtype)
    return Parameter(weight, linear_w.requires_grad), Parameter(moved, bias.requires_grad)
