"""Derivatives that an optional kernel computes at once, where nothing is recorded."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any

from flambeau._tensor import Tensor, from_array
from flambeau._tensor.engine import run_backward
from flambeau._tensor.modes import enable_grad, grad_enabled, is_grad_enabled

__all__ = ["at_once", "through_composition"]


def at_once(kernel: str) -> Callable[[Callable[..., Tensor]], Callable[..., Tensor]]:
    """Let a kernel ``(grad, saved, *options)`` do what a formula with these parameters says, of real floats that it takes.

    The formula stays: for backends that lack the kernel, and for further derivatives.
    """

    def declare(formula: Callable[..., Tensor]) -> Callable[..., Tensor]:
        @wraps(formula)
        def computed(grad: Tensor, saved: Tensor, *options: Any) -> Tensor:
            type_ = saved._type
            function = getattr(type_.kernels, kernel)
            taken = function is not None and type_.real_floats and type_.takes(kernel) and grad._type is type_
            if not taken or grad._sparse or grad_enabled():
                return formula(grad, saved, *options)
            return from_array(function(grad._array, saved._array, *options), type_)

        return computed

    return declare


def through_composition(
    compose: Callable[..., Sequence[Tensor]], given: Sequence[Tensor | None], tensors: Sequence[Tensor], *options: Any,
    wanted: Sequence[int] | None = None,
) -> list[Tensor | None]:  # fmt: skip
    """The gradients of tensors, or of those at some places, from those of ``compose(tensors, *options)``.

    They are recorded where that is wanted; then only tensors that require a gradient get one.
    """
    again = is_grad_enabled()
    some = range(len(tensors)) if wanted is None else wanted
    with enable_grad():
        inputs = list(tensors) if again else [tensor.detach() for tensor in tensors]
        if not again:
            for place in some:
                inputs[place].requires_grad_()
        results = compose(inputs, *options)
    places = [place for place in some if inputs[place].requires_grad]
    roots = [(result._node, grad) for result, grad in zip(results, given, strict=False) if grad is not None]
    found = run_backward(
        [(edge, grad) for edge, grad in roots if edge is not None], retain_graph=again, create_graph=again,
        inputs=[edge for edge in (inputs[place]._node for place in places) if edge is not None], accumulate=False,
    )  # fmt: skip
    gradients: list[Tensor | None] = [None] * len(inputs)
    for place, grad in zip(places, found, strict=True):
        gradients[place] = grad
    return gradients
