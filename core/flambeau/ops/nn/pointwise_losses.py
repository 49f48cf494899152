"""Losses of single elements, with the slope of each beside it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flambeau._dispatch.declare import primitive
from flambeau._dispatch.precision import in_single_formula
from flambeau._tensor import Tensor
from flambeau.ops.elementwise.exponential import sigmoid

from ._norms import narrow, wide
from .gates import logsigmoid
from .loss import _as_floats, _reduced

__all__: list[str] = []  # functions of torch.nn.functional alone


def as_floats(kernel: str, *tensors: Tensor) -> list[Tensor]:
    """Tensors in the dtype that they promote to.

    Raises:
        NotImplementedError: it is not a real floating point one.
    """
    types = {tensor._type for tensor in tensors}
    return list(tensors) if len(types) == 1 and tensors[0]._type.real_floats else _as_floats(kernel, *tensors)


def share(grad: Tensor, slope: Tensor, reduction: str) -> Tensor:
    """The gradient of elements from that of their reduction; the slope is divided before, which keeps it in range."""
    return (slope / max(slope.numel(), 1) if reduction == "mean" else slope) * grad


def _computed(losses: Callable[..., Any], *tensors: Tensor | None) -> Tensor:
    """What a function gives of the tensors without their history, in float32 where they have 16 bits, and rounded once."""
    found: Tensor = losses(*[wide(each) for each in tensors])
    first = tensors[0]
    assert first is not None
    return narrow(found, first)


def _negative(formula: Callable[..., Any]) -> Callable[..., Any]:
    """The formula of the target of a loss that depends on the difference alone."""

    def negative(grad: Tensor, input: Tensor, target: Tensor, size: float, reduction: str) -> Tensor:
        return -formula(grad, input, target, size, reduction)  # type: ignore[no-any-return]

    return negative


@in_single_formula
def _huber_input(grad: Tensor, input: Tensor, target: Tensor, size: float, reduction: str) -> Tensor:
    return share(grad, (input - target).clamp(-size, size), reduction)


@primitive(
    derivatives={"input": _huber_input, "target": _negative(_huber_input)}, method=False, node="HuberLossBackward0"
)
def _huber(input: Tensor, target: Tensor, size: float, reduction: str) -> Tensor:
    """A parabola up to ``size``, from there on a line of that slope."""

    def losses(x: Tensor, y: Tensor) -> Tensor:
        distance = (x - y).abs()
        near = distance.clamp_max(size)
        return (distance - near * 0.5) * near

    return _reduced(_computed(losses, input, target), reduction)


@in_single_formula
def _smooth_input(grad: Tensor, input: Tensor, target: Tensor, size: float, reduction: str) -> Tensor:
    return share(grad, ((input - target) / size).clamp(-1.0, 1.0), reduction)


@primitive(
    derivatives={"input": _smooth_input, "target": _negative(_smooth_input)}, method=False, node="SmoothL1LossBackward0"
)
def _smooth_l1(input: Tensor, target: Tensor, size: float, reduction: str) -> Tensor:
    """:func:`_huber` divided by its size."""

    def losses(x: Tensor, y: Tensor) -> Tensor:
        distance = (x - y).abs()
        near = (distance / size).clamp_max(1.0)
        return (distance - 0.5 * distance.clamp_max(size)) * near

    return _reduced(_computed(losses, input, target), reduction)


@in_single_formula
def _soft_margin_input(grad: Tensor, input: Tensor, target: Tensor, reduction: str) -> Tensor:
    return share(grad, -target * sigmoid(-target * input), reduction)


@primitive(derivatives={"input": _soft_margin_input}, method=False, node="SoftMarginLossBackward0")
def _soft_margin(input: Tensor, target: Tensor, reduction: str) -> Tensor:
    """``log(1 + exp(-target * input))``."""
    return _reduced(_computed(lambda x, y: (-y * x).exp().log1p(), input, target), reduction)


@in_single_formula
def _cross_entropy_input(grad: Tensor, input: Tensor, target: Tensor, weight: Tensor | None, reduction: str) -> Tensor:
    slope = (input - target) / ((1.0 - input) * input).clamp_min(_LEAST)
    return share(grad, slope if weight is None else slope * weight, reduction)


_LEAST = 9.999999960041972e-13
"""PyTorch's 1e-12, which it has in single precision."""


@in_single_formula
def _cross_entropy_target(grad: Tensor, input: Tensor, target: Tensor, weight: Tensor | None, reduction: str) -> Tensor:
    slope = (-input).log1p() - input.log()  # infinite where the loss is kept finite
    return share(grad, slope if weight is None else slope * weight, reduction)


@primitive(
    derivatives={"input": _cross_entropy_input, "target": _cross_entropy_target},
    method=False,
    node="BinaryCrossEntropyBackward0",
)
def binary_cross_entropy(input: Tensor, target: Tensor, weight: Tensor | None, reduction: str) -> Tensor:
    """``-target * log(input) - (1 - target) * log(1 - input)``, with logarithms of -100 at least.

    Example:
        >>> import flambeau as torch
        >>> torch.nn.functional.binary_cross_entropy(torch.tensor([0.5]), torch.tensor([1.0]))
        tensor(0.6931)
    """

    def losses(x: Tensor, y: Tensor, w: Tensor | None) -> Tensor:
        found = (y - 1.0) * (-x).log1p().clamp_min(-100.0) - y * x.log().clamp_min(-100.0)
        return found if w is None else found * w

    return _reduced(_computed(losses, input, target, weight), reduction)


@in_single_formula
def _logits_input(
    grad: Tensor, input: Tensor, target: Tensor, weight: Tensor | None, pos_weight: Tensor | None, reduction: str
) -> Tensor:
    if pos_weight is None:
        slope = sigmoid(input) - target
    else:
        positive = pos_weight * target
        slope = (positive + 1.0 - target) * sigmoid(input) - positive
    return share(grad, slope if weight is None else slope * weight, reduction)


@in_single_formula
def _logits_target(
    grad: Tensor, input: Tensor, target: Tensor, weight: Tensor | None, pos_weight: Tensor | None, reduction: str
) -> Tensor:
    slope = -input if pos_weight is None else logsigmoid(-input) - pos_weight * logsigmoid(input)
    if weight is not None:
        slope = slope * weight
    return share(grad, slope.expand(target.shape), reduction)


@primitive(
    derivatives={"input": _logits_input, "target": _logits_target},
    method=False,
    node="BinaryCrossEntropyWithLogitsBackward0",
)
def binary_cross_entropy_with_logits(
    input: Tensor, target: Tensor, weight: Tensor | None, pos_weight: Tensor | None, reduction: str
) -> Tensor:
    """:func:`binary_cross_entropy` of ``sigmoid(input)``, with a weight of what is 1.

    Example:
        >>> import flambeau as torch
        >>> torch.nn.functional.binary_cross_entropy_with_logits(torch.tensor([0.0]), torch.tensor([1.0]))
        tensor(0.6931)
    """

    def losses(x: Tensor, y: Tensor, w: Tensor | None, positive: Tensor | None) -> Tensor:
        logarithm = logsigmoid(x)
        if positive is not None:
            logarithm = ((positive - 1.0) * y + 1.0) * logarithm
        found = ((1.0 - y) * x).sub_(logarithm)  # in the memory order of the input
        return found if w is None else found * w

    return _reduced(_computed(losses, input, target, weight, pos_weight), reduction)
