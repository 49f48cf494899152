"""Losses of numbers and probabilities with the options that PyTorch's functions have."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from functools import partial

from flambeau import dtypes
from flambeau._dispatch.checks import refuse_unless
from flambeau._tensor import Tensor
from flambeau._tensor.modes import grad_enabled, no_grad
from flambeau._tensor.overrides import overridable
from flambeau.dtypes import scalar_type_name
from flambeau.errors import argument_type, level_of_caller
from flambeau.ops.creation.filled import ones_like
from flambeau.ops.elementwise.arithmetic import sub
from flambeau.ops.elementwise.exponential import xlogy
from flambeau.ops.elementwise.rounding import neg
from flambeau.ops.movement.broadcasting import broadcast_tensors
from flambeau.ops.nn import pointwise_losses as _ops
from flambeau.ops.nn.loss import _reduced
from flambeau.promotion import can_cast, cast_error, result_dtype
from flambeau.shapes import broadcast_shapes, float_argument, output_error

from ._losses import _check_weight, _warn_of_sizes, l1_loss
from ._reduction import check_reduction, chosen_reduction, named_reduction, without_old_name

__all__ = [
    "binary_cross_entropy", "binary_cross_entropy_with_logits", "gaussian_nll_loss", "huber_loss", "kl_div",
    "poisson_nll_loss", "smooth_l1_loss", "soft_margin_loss",
]  # fmt: skip


@overridable
def smooth_l1_loss(
    input: Tensor, target: Tensor, size_average: bool | None = None, reduce: bool | None = None, reduction: str = "mean",
    beta: float = 1.0,
) -> Tensor:  # fmt: skip
    """Average the differences, which count squared where they are smaller than ``beta``.

    ``d * d / (2 * beta)`` or ``abs(d) - beta / 2``; ``size_average`` and ``reduce`` are the old way to say ``reduction``, here
    and below. Source of the semantics: ``torch.nn.functional.smooth_l1_loss``.

    Raises:
        RuntimeError: ``beta`` is negative.
        ValueError: there is no such reduction.
        NotImplementedError: the dtype is not floating.

    Example:
        >>> import flambeau as torch
        >>> torch.nn.functional.smooth_l1_loss(torch.tensor([0.5, 3.0]), torch.zeros(2), reduction="none")
        tensor([0.1250, 2.5000])
    """
    _warn_of_sizes(input, target)
    reduction = chosen_reduction(size_average, reduce, reduction)
    beta = float_argument("smooth_l1_loss", "beta", 4, beta)
    if beta == 0.0:
        x, y = broadcast_tensors(input, target)
        return l1_loss(x, y, reduction=reduction)
    if not beta >= 0:  # nan, too
        raise RuntimeError("smooth_l1_loss does not support negative values for beta.")
    x, y = broadcast_tensors(*_ops.as_floats("smooth_l1_cpu", input, target))
    return _ops._smooth_l1(x, y, beta, reduction)


@overridable
def huber_loss(
    input: Tensor, target: Tensor, reduction: str = "mean", delta: float = 1.0, weight: Tensor | None = None
) -> Tensor:
    """Average the differences, which count squared where they are smaller than ``delta``.

    ``d * d / 2`` or ``delta * (abs(d) - delta / 2)``, times ``weight`` of the shape of ``input`` if it is given. Source of the
    semantics: ``torch.nn.functional.huber_loss``.

    Raises:
        RuntimeError: ``delta`` is not positive.
        ValueError: there is no such reduction, or ``weight`` has another shape.

    Example:
        >>> import flambeau as torch
        >>> torch.nn.functional.huber_loss(torch.tensor([0.5, 3.0]), torch.zeros(2), "none", delta=2.0)
        tensor([0.1250, 4.0000])
    """
    reduction = without_old_name(reduction)
    _warn_of_sizes(input, target)
    delta = float_argument("huber_loss", "delta", 4, delta)
    if not delta > 0:  # nor is it nan
        raise RuntimeError("huber_loss does not support non-positive values for delta.")
    _check_kept(input, input, target)
    x, y = broadcast_tensors(*_ops.as_floats("huber_cpu", input, target))

    def losses(reduction: str) -> Tensor:
        return _ops._huber(x, y, delta, reduction)

    if weight is None:
        return _kept(input, x, losses, reduction)
    _check_weight(input, weight, reduction)
    return _reduced(_kept(input, x, losses, "none") * weight, reduction)


def _check_kept(kept: Tensor, *operands: Tensor) -> None:
    """Refuse operands whose losses cannot be written into a tensor of the dtype of one of them."""
    dtype = kept.dtype if all(each.dtype is kept.dtype for each in operands) else result_dtype(operands)
    if not can_cast(dtype, kept.dtype):
        raise cast_error(dtype, kept.dtype)


def _kept(kept: Tensor, promoted: Tensor, losses: Callable[[str], Tensor], reduction: str) -> Tensor:
    """Losses of promoted operands in the dtype of one of them, into which PyTorch writes each of them."""
    if promoted.dtype is kept.dtype:
        return losses(reduction)
    return _reduced(losses("none").to(kept.dtype), reduction)


@overridable
def soft_margin_loss(
    input: Tensor, target: Tensor, size_average: bool | None = None, reduce: bool | None = None, reduction: str = "mean"
) -> Tensor:
    """Average ``log(1 + exp(-target * input))``, with targets 1 and -1.

    Source of the semantics: ``torch.nn.functional.soft_margin_loss``.

    Example:
        >>> import flambeau as torch
        >>> torch.nn.functional.soft_margin_loss(torch.zeros(2), torch.tensor([1.0, -1.0]))
        tensor(0.6931)
    """
    reduction = chosen_reduction(size_average, reduce, reduction)
    if target.requires_grad and grad_enabled():
        raise RuntimeError(
            "The function 'soft_margin_loss' is not differentiable with respect to argument 'target'. This input cannot have "
            "requires_grad True."
        )
    if input.dtype is dtypes.bool:
        neg(input)  # which refuses it
    if not any(each.is_floating_point() or each.is_complex() for each in (input, target)):
        raise cast_error(dtypes.float32, input.dtype)
    _check_kept(input, input, target)
    shape = broadcast_shapes(input.shape, target.shape)
    if shape != input.shape:
        raise output_error(input.shape, shape)
    x, y = broadcast_tensors(*_ops.as_floats("soft_margin_loss", input, target))
    return _kept(input, x, lambda reduction: _ops._soft_margin(x, y, reduction), reduction)


@overridable
def binary_cross_entropy(
    input: Tensor, target: Tensor, weight: Tensor | None = None, size_average: bool | None = None,
    reduce: bool | None = None, reduction: str = "mean",
) -> Tensor:  # fmt: skip
    """Average the cross entropy of probabilities that something is true, and the targets, from 0 to 1.

    Logarithms count as -100 at least. ``weight`` broadcasts to the targets. Source of the semantics:
    ``torch.nn.functional.binary_cross_entropy``.

    Raises:
        ValueError: the shapes differ.
        RuntimeError: a probability is not in [0, 1], or dtypes differ.

    Example:
        >>> import flambeau as torch
        >>> torch.nn.functional.binary_cross_entropy(torch.tensor([0.5, 0.5]), torch.tensor([1.0, 0.0]))
        tensor(0.6931)
    """
    reduction = chosen_reduction(size_average, reduce, reduction)
    check_reduction(reduction)
    if target.shape != input.shape:
        raise ValueError(
            f"Using a target size ({target.shape}) that is different to the input size ({input.shape}) is deprecated. Please "
            "ensure they have the same size."
        )
    if weight is not None:
        weight = weight.expand(broadcast_shapes(target.shape, weight.shape))
    if target.dtype is not input.dtype:
        raise RuntimeError(f"Found dtype {scalar_type_name(target.dtype)} but expected {scalar_type_name(input.dtype)}")
    if not input.is_floating_point():
        raise NotImplementedError(f"\"binary_cross_entropy\" not implemented for '{scalar_type_name(input.dtype)}'")
    weight = None if weight is None else weight.to(input.dtype)
    for name, each in (("input", input.detach()), ("target", target.detach())):
        text = f"all elements of {name} should be between 0 and 1"
        refuse_unless((each >= 0) & (each <= 1), partial(RuntimeError, text))
    return _ops.binary_cross_entropy(input, target, weight, reduction)


@overridable
def binary_cross_entropy_with_logits(
    input: Tensor, target: Tensor, weight: Tensor | None = None, size_average: bool | None = None,
    reduce: bool | None = None, reduction: str = "mean", pos_weight: Tensor | None = None,
) -> Tensor:  # fmt: skip
    """:func:`binary_cross_entropy` of ``sigmoid(input)``, which does not overflow.

    ``weight`` broadcasts to the losses, ``pos_weight`` is that of what is true, and broadcasts to the targets. Source of the
    semantics: ``torch.nn.functional.binary_cross_entropy_with_logits``.

    Raises:
        ValueError: the shapes differ.

    Example:
        >>> import flambeau as torch
        >>> torch.nn.functional.binary_cross_entropy_with_logits(torch.zeros(2), torch.tensor([1.0, 0.0]))
        tensor(0.6931)
    """
    reduction = chosen_reduction(size_average, reduce, reduction)
    if target.shape != input.shape:
        raise ValueError(f"Target size ({target.shape}) must be the same as input size ({input.shape})")
    for other in (pos_weight, weight):
        if other is not None:
            shape = broadcast_shapes(input.shape, other.shape)
            if shape != input.shape:
                raise output_error(input.shape, shape)
    if not input.is_floating_point():
        raise NotImplementedError(f"\"log_sigmoid_cpu\" not implemented for '{scalar_type_name(input.dtype)}'")
    if target.dtype is dtypes.bool:
        sub(target, target)  # which refuses it
    if not (target.is_floating_point() or target.is_complex()):
        raise cast_error(input.dtype, target.dtype)
    x, y = _ops.as_floats("log_sigmoid_cpu", input, target)
    row = _ops.binary_cross_entropy_with_logits
    return _kept(target, x, lambda reduction: row(x, y, weight, pos_weight, reduction), reduction)


@overridable
def kl_div(
    input: Tensor, target: Tensor, size_average: bool | None = None, reduce: bool | None = None, reduction: str = "mean",
    log_target: bool = False,
) -> Tensor:  # fmt: skip
    """Sum up ``target * (log(target) - input)``: how far the distribution exp(input) is from the target.

    Args:
        input: logarithms of probabilities.
        target: probabilities, or logarithms of them if ``log_target``.
        size_average, reduce: the old way to say ``reduction``.
        reduction: ``"batchmean"``, which is the one of mathematics: the sum divided by the first size; ``"sum"``,
            ``"mean"``, which divides by all sizes, or ``"none"``.
        log_target: whether targets are logarithms.

    Source of the semantics: ``torch.nn.functional.kl_div``.

    Raises:
        RuntimeError: the dtype of the input or of the target is not of real floating point numbers.
        ValueError: there is no such reduction.

    Example:
        >>> import flambeau as torch
        >>> target = torch.tensor([[0.5, 0.5]])
        >>> torch.nn.functional.kl_div(torch.tensor([[0.25, 0.75]]).log(), target, reduction="batchmean")
        tensor(0.1438)
    """
    old = size_average is not None or reduce is not None
    if reduction == "mean" and not old:
        warnings.warn(
            "reduction: 'mean' divides the total loss by both the batch size and the support size.'batchmean' divides only by "
            "the batch size, and aligns with the KL div math definition.'mean' will be changed to behave the same as "
            "'batchmean' in the next major release.",
            stacklevel=level_of_caller(),
        )
    return divergence(input, target, chosen_reduction(size_average, reduce, reduction), log_target)


def divergence(input: Tensor, target: Tensor, reduction: str, log_target: bool) -> Tensor:
    """:func:`kl_div` that says nothing about its reduction."""
    if input.is_complex() or target.is_complex():
        raise RuntimeError("kl_div: Complex inputs not supported.")
    if not (input.is_floating_point() and target.is_floating_point()):
        raise RuntimeError("kl_div: Integral inputs not supported.")
    losses = target.exp() * (target - input) if log_target else xlogy(target, target) - target * input
    if reduction != "batchmean":
        return _reduced(losses, reduction)
    total = losses.sum()
    return total / input.shape[0] if input.dim() else total


@overridable
def poisson_nll_loss(
    input: Tensor, target: Tensor, log_input: bool = True, full: bool = False, size_average: bool | None = None,
    eps: float = 1e-8, reduce: bool | None = None, reduction: str = "mean",
) -> Tensor:  # fmt: skip
    """Average the negative log-likelihood of counts, with the rate exp(input), or ``input`` if not ``log_input``.

    ``full`` adds Stirling's approximation of what does not depend on the input, for targets above 1; ``eps`` is added to rates
    before their logarithm is taken. Source of the semantics: ``torch.nn.functional.poisson_nll_loss``.

    Example:
        >>> import flambeau as torch
        >>> torch.nn.functional.poisson_nll_loss(torch.zeros(2), torch.tensor([1.0, 3.0]))
        tensor(1.)
    """
    reduction = named_reduction(size_average, reduce, reduction)
    if not isinstance(target, Tensor):
        raise argument_type("poisson_nll_loss", "target", 2, target, "Tensor")
    eps = float_argument("poisson_nll_loss", "eps", 6, eps)
    losses = input.exp() - target * input if log_input else input - target * (input + eps).log()
    if full:
        stirling = target * target.log() - target + 0.5 * (2 * math.pi * target).log()
        losses = losses + stirling.masked_fill(target <= 1, 0)
    return _reduced(losses, reduction)


@overridable
def gaussian_nll_loss(
    input: Tensor, target: Tensor, var: Tensor | float, full: bool = False, eps: float = 1e-6, reduction: str = "mean"
) -> Tensor:
    """Average the negative log-likelihood of normal distributions of mean ``input`` and variance ``var``.

    ``var`` has the shape of ``input``, or its last size 1 or lacking, and counts as ``eps`` at least; ``full`` adds
    ``log(2 * pi) / 2``. Source of the semantics: ``torch.nn.functional.gaussian_nll_loss``.

    Raises:
        ValueError: a variance is negative, or of another shape; there is no such reduction.

    Example:
        >>> import flambeau as torch
        >>> torch.nn.functional.gaussian_nll_loss(torch.zeros(2), torch.tensor([1.0, 3.0]), torch.ones(2))
        tensor(2.5000)
    """
    if isinstance(var, float):
        if var < 0:
            raise ValueError("var has negative entry/entries")
        var = var * ones_like(input)
    elif not isinstance(var, Tensor):
        raise TypeError(f"gaussian_nll_loss(): argument 'var' must be Tensor or float, not {type(var).__name__}")
    if var.shape != input.shape:
        if input.shape[:-1] == var.shape:
            var = var.unsqueeze(-1)
        elif input.dim() != var.dim() or sum(y for x, y in zip(input.shape, var.shape, strict=True) if x != y) != 1:
            raise ValueError("var is of incorrect size")
    if reduction not in ("none", "mean", "sum"):
        raise ValueError(f"{reduction} is not valid")
    refuse_unless(~(var.detach() < 0), lambda: ValueError("var has negative entry/entries"))
    var = var.clone()
    with no_grad():
        var.clamp_(min=eps)
    losses = 0.5 * (var.log() + (input - target) ** 2 / var)
    if full:
        losses = losses + 0.5 * math.log(2 * math.pi)
    return _reduced(losses, reduction)
