"""Derivatives that an optional kernel computes at once, where nothing is recorded."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from flambeau._tensor import Tensor, from_array
from flambeau._tensor.modes import grad_enabled

__all__ = ["at_once"]


def at_once(kernel: str) -> Callable[[Callable[..., Tensor]], Callable[..., Tensor]]:
    """Let a kernel ``(grad, saved, *options)`` do what a formula with these parameters says, of real floats of 32 bits and more.

    The formula stays: for backends that lack the kernel, and for further derivatives.
    """

    def declare(formula: Callable[..., Tensor]) -> Callable[..., Tensor]:
        @wraps(formula)
        def computed(grad: Tensor, saved: Tensor, *options: Any) -> Tensor:
            type_ = saved._type
            function = getattr(type_.kernels, kernel)
            taken = function is not None and type_.real_floats and not type_.halves and grad._type is type_
            if not taken or grad._sparse or grad_enabled():
                return formula(grad, saved, *options)
            return from_array(function(grad._array, saved._array, *options), type_)

        return computed

    return declare
