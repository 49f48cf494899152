"""Cross entropy between the softmax of scores and classes, at once: a row each for both ways, with kernels or composed."""

from __future__ import annotations

from typing import Any

from flambeau._dispatch.declare import fused
from flambeau._tensor import Tensor, from_array
from flambeau._tensor.copies import contiguous_array
from flambeau._tensor.modes import no_grad
from flambeau.ops.elementwise.selection import where
from flambeau.ops.indexing._pairs import _gather, _scatter_add
from flambeau.ops.indexing.gathering import index_select
from flambeau.ops.movement.shapes import reshape, squeeze, unsqueeze
from flambeau.ops.reductions.sums import sum

from .activation import _softmax_backward, log_softmax, softmax

__all__ = ["_cross_entropy", "_cross_entropy_2d", "_smoothed_cross_entropy", "safe_targets", "weights_of"]


def safe_targets(target: Tensor, ignored: int | None) -> tuple[Tensor | None, Tensor]:
    """Which targets do not count, None for no one; and the targets with class 0 in the place of these."""
    if ignored is None:  # the common case
        return None, target
    out = target == ignored
    return out, where(out, 0, target)


def weights_of(weight: Tensor, out: Tensor | None, safe: Tensor) -> Tensor:
    """The weight of the class of every target; 0 for targets that do not count."""
    scale = reshape(index_select(weight, 0, reshape(safe, (-1,))), safe.shape)
    return scale if out is None else scale.masked_fill(out, 0.0)


def _of_classes(weight: Tensor, ndim: int) -> Tensor:
    return reshape(weight, (-1,) + (1,) * (ndim - 2))


def _input_slope(
    given: list[Tensor | None], target: Tensor, weight: Tensor | None, ignored: int | None, smoothing: float,
    reduction: str, result_0: Tensor, result_1: Tensor, result_2: Tensor,
) -> Tensor | None:  # fmt: skip
    """From the loss, and in a second derivative from the shares that the first one is made with."""
    loss, shares, _ = given
    type_ = result_0._type  # of the scores; shares of halves are of float32
    found = None if shares is None else _softmax_backward(shares, result_1, 1)._to_type(type_)
    if loss is None:
        return found
    if reduction == "mean":
        loss = (loss / (target.numel() if weight is None and ignored is None else result_2))._to_type(type_)
    slope: Tensor = _cross_entropy_backward(loss, result_1, target, weight, ignored, smoothing)
    return slope if found is None else slope + found


def _losses(
    input: Tensor, target: Tensor, weight: Tensor | None, ignored: int | None, smoothing: float, reduction: str
) -> tuple[Tensor, Tensor, Tensor]:
    """The loss of scores, their softmax, and what the mean is divided by."""
    type_ = input._type
    kernel = type_.kernels.cross_entropy
    if kernel is None:
        with no_grad():
            losses, shares, total = _composed(input.detach(), target, weight, ignored, smoothing)
        if reduction == "none":
            return losses, shares, total
        loss = sum(losses)
        return (loss if reduction == "sum" else loss / total), shares, total
    single = type_.single()
    kernels = single.kernels
    weights = None if weight is None else weight._array
    found, parts, count = kernel(contiguous_array(type_, input._array), target._array, weights, ignored, smoothing)
    if reduction != "none":
        found = kernels.sum(found, tuple(range(len(found.shape))), False)
    if reduction == "mean":
        found = kernels.div(found, count)
    if single is not type_:
        found = kernels.cast(found, type_.dtype.name)
    return from_array(found, type_), from_array(parts, single), from_array(count, single)


def _composed(
    input: Tensor, target: Tensor, weight: Tensor | None, ignored: int | None, smoothing: float
) -> tuple[Tensor, Tensor, Tensor]:
    """The kernel of that name, by other ops."""
    out, safe = safe_targets(target, ignored)
    logarithms = log_softmax(input, 1)
    losses = -squeeze(_gather(logarithms, 1, unsqueeze(safe, 1)), 1)
    scales = input.new_ones(target.shape) if weight is None else weights_of(weight.detach(), None, safe)
    losses = losses * scales
    if smoothing:
        weighted = logarithms if weight is None else logarithms * _of_classes(weight.detach(), input.dim())
        losses = losses * (1 - smoothing) - sum(weighted, 1) * (smoothing / input.shape[1])
    if out is not None:
        losses, scales = losses.masked_fill(out, 0.0), scales.masked_fill(out, 0.0)
    return losses, softmax(input, 1), sum(scales)


_options: dict[str, Any] = {"derivatives": {"input": _input_slope}, "method": False, "holomorphic": False}


@fused("cross_entropy", node="NllLossBackward0", **_options)
def _cross_entropy(
    input: Tensor, target: Tensor, weight: Tensor | None, ignored: int | None, smoothing: float, reduction: str
) -> tuple[Tensor, Tensor, Tensor]:
    """Of (rows, classes)."""
    return _losses(input, target, weight, ignored, smoothing, reduction)


@fused("cross_entropy", node="NllLoss2DBackward0", **_options)
def _cross_entropy_2d(
    input: Tensor, target: Tensor, weight: Tensor | None, ignored: int | None, smoothing: float, reduction: str
) -> tuple[Tensor, Tensor, Tensor]:
    """Of (rows, classes, places)."""
    return _losses(input, target, weight, ignored, smoothing, reduction)


@fused("cross_entropy", node="AddBackward0", **_options)
def _smoothed_cross_entropy(
    input: Tensor, target: Tensor, weight: Tensor | None, ignored: int | None, smoothing: float, reduction: str
) -> tuple[Tensor, Tensor, Tensor]:
    """Of either, where all classes count a little: in PyTorch a sum of two losses."""
    return _losses(input, target, weight, ignored, smoothing, reduction)


# -- the gradient ----------------------------------------------------------------------------------------


def _of_each(slope: Tensor, target: Tensor, ignored: int | None) -> Tensor:
    """The gradient of each loss, from one number or from as many as there are losses; 0 where it is ignored."""
    slope = slope.expand(target.shape)
    return slope if ignored is None else slope.masked_fill(target == ignored, 0.0)


def _whole(
    target: Tensor, weight: Tensor | None, ignored: int | None, smoothing: float, classes: int
) -> Tensor | float:
    """How much the classes count together, for each target."""
    if weight is None:
        return 1.0
    own = weights_of(weight.detach(), None, safe_targets(target, ignored)[1])
    return own * (1 - smoothing) + sum(weight.detach()) * (smoothing / classes) if smoothing else own


def _expected(grad: Tensor, target: Tensor, weight: Tensor | None, ignored: int | None, smoothing: float) -> Tensor:
    """The sum over the classes of how much each counts, times ``grad``."""
    safe = safe_targets(target, ignored)[1]
    found = squeeze(_gather(grad, 1, unsqueeze(safe, 1)), 1)
    if weight is not None:
        found = found * weights_of(weight.detach(), None, safe)
    if smoothing:
        weighted = grad if weight is None else grad * _of_classes(weight.detach(), grad.dim())
        found = found * (1 - smoothing) + sum(weighted, 1) * (smoothing / grad.shape[1])
    return found


def _slope_slope(
    grad: Tensor, slope_shape: Any, shares: Tensor, target: Tensor, weight: Tensor | None, ignored: int | None,
    smoothing: float,
) -> Tensor:  # fmt: skip
    options = (target, weight, ignored, smoothing)
    found = sum(grad * shares, 1) * _whole(*options, grad.shape[1]) - _expected(grad, *options)
    if ignored is not None:
        found = found.masked_fill(target == ignored, 0.0)
    return found.sum_to_size(slope_shape)._to_type(grad._type)


def _shares_slope(
    grad: Tensor, slope: Tensor, target: Tensor, weight: Tensor | None, ignored: int | None, smoothing: float
) -> Tensor:
    whole = _whole(target, weight, ignored, smoothing, grad.shape[1])
    return grad._to_type(grad._type.single()) * unsqueeze(_of_each(slope, target, ignored) * whole, 1)


@fused("cross_entropy_backward", derivatives={"slope": _slope_slope, "shares": _shares_slope}, method=False)
def _cross_entropy_backward(
    slope: Tensor, shares: Tensor, target: Tensor, weight: Tensor | None, ignored: int | None, smoothing: float
) -> Tensor:
    """The gradient of the scores; ``slope`` is a number, or one for each loss."""
    type_ = slope._type
    kernel = type_.kernels.cross_entropy_backward
    if kernel is not None:
        weights = None if weight is None else weight._array
        return from_array(kernel(slope._array, shares._array, target._array, weights, ignored, smoothing), type_)
    with no_grad():
        shares = shares.detach()
        each = _of_each(slope.detach(), target, ignored)
        safe = safe_targets(target, ignored)[1]
        found = shares * unsqueeze(each * _whole(target, weight, ignored, smoothing, shares.shape[1]), 1)
        if smoothing:
            alike = unsqueeze(each, 1) * (smoothing / shares.shape[1])
            found = found - (alike if weight is None else alike * _of_classes(weight.detach(), shares.dim()))
        own = each if weight is None else each * weights_of(weight.detach(), None, safe)
        return _scatter_add(found, 1, unsqueeze(safe, 1), unsqueeze(own * (smoothing - 1), 1))
