"""Muon."""

from __future__ import annotations

import math
from typing import Any, ClassVar

from flambeau._tensor import Tensor
from flambeau.ops.creation.filled import zeros_like
from flambeau.ops.linalg.matmul import addmm

from ._stepping import Group, StepByParameter, check_number, checked, number

__all__ = ["Muon"]


class Muon(StepByParameter):
    """Momentum, orthogonalised by a Newton-Schulz iteration (Jordan, 2024); for matrices alone.

    With gradient g::

        b = b + (1 - momentum) * (g - b)
        u = g + momentum * (b - g) if nesterov else b
        u is divided by its norm, and ns_steps times becomes a * u + (b * u @ u.T + c * (u @ u.T)**2) @ u, in bfloat16
        parameter = parameter * (1 - lr * weight_decay) - lr * ratio * u

    ``ns_coefficients`` are a, b and c. The ratio is ``sqrt(max(1, rows / columns))``, and for ``adjust_lr_fn`` of
    ``"match_rms_adamw"`` ``0.2 * sqrt(max(rows, columns))``. Source of the semantics: ``torch.optim.Muon``.

    Raises:
        ValueError: an option is out of range, or a parameter is no matrix.
        RuntimeError: a parameter is complex, or a gradient sparse.

    Example:
        >>> import flambeau as torch
        >>> x = torch.tensor([[1.0]], requires_grad=True)
        >>> optimizer = torch.optim.Muon([x], lr=0.5, weight_decay=0.5)
        >>> x.sum().backward()
        >>> optimizer.step()
        >>> x.item() < 0.75
        True
    """

    _numbers: ClassVar[dict[str, float]] = {}

    def __init__(
        self, params: Any, lr: float = 1e-3, weight_decay: float = 0.1, momentum: float = 0.95, nesterov: bool = True,
        ns_coefficients: tuple[float, float, float] = (3.4445, -4.7750, 2.0315), eps: float = 1e-7, ns_steps: int = 5,
        adjust_lr_fn: str | None = None,
    ) -> None:  # fmt: skip
        options = {
            "lr": lr, "weight_decay": weight_decay, "momentum": momentum, "nesterov": nesterov,
            "ns_coefficients": ns_coefficients, "eps": eps, "ns_steps": ns_steps, "adjust_lr_fn": adjust_lr_fn,
        }  # fmt: skip
        checked(options, but=("lr", "momentum", "weight_decay", "eps"))
        for words, value in (("Learning rate", lr), ("momentum", momentum), ("weight decay", weight_decay)):
            check_number(value, f"{words} should be >= 0 but is")
        if adjust_lr_fn not in (None, "original", "match_rms_adamw"):
            raise ValueError(f"Adjust learning rate function {adjust_lr_fn} is not supported")
        super().__init__(params, options)
        for group in self.param_groups:
            for parameter in group["params"]:
                if parameter.ndim != 2:
                    raise ValueError(
                        f"Muon only supports 2D parameters whereas we found a parameter with size: {parameter.size()}"
                    )

    _particular = True

    def _check(self, parameter: Tensor, grad: Tensor, group: Group) -> None:
        if parameter.is_complex():
            raise RuntimeError("Muon does not support complex parameters")
        super()._check(parameter, grad, group)
        if grad.ndim != 2:
            raise ValueError("Param gradient must be a 2D matrix")
        if group["ns_steps"] >= 100:
            raise ValueError("Number of steps must be less than 100 for computational efficiency")
        if len(group["ns_coefficients"]) != 3:
            raise ValueError("Coefficients must be a tuple of exactly 3 values")

    def _update(self, parameter: Tensor, grad: Tensor, group: Group) -> None:
        states, lr = self.state[parameter], number(group["lr"])
        if "momentum_buffer" not in states:
            states["momentum_buffer"] = zeros_like(grad.detach())
        buffer = states["momentum_buffer"].lerp_(grad, 1 - group["momentum"])
        update = grad.lerp(buffer, group["momentum"]) if group["nesterov"] else buffer
        update = _orthogonal(update, group["ns_coefficients"], group["ns_steps"], group["eps"])
        parameter.mul_(1 - lr * group["weight_decay"])
        parameter.add_(update, alpha=-lr * _ratio(group["adjust_lr_fn"], *parameter.shape))


def _orthogonal(matrix: Tensor, coefficients: tuple[float, float, float], steps: int, eps: float) -> Tensor:
    """A matrix with singular values near 1 instead of its own, by Newton and Schulz, in bfloat16."""
    a, b, c = coefficients
    tall = matrix.size(0) > matrix.size(1)
    wide = matrix.bfloat16()
    wide = wide.T if tall else wide
    wide = wide / wide.norm().clamp(min=eps)
    for _ in range(steps):
        gram = wide @ wide.T
        wide = addmm(wide, addmm(gram, gram, gram, beta=b, alpha=c), wide, beta=a)
    return wide.T if tall else wide


def _ratio(rule: str | None, rows: int, columns: int) -> float:
    if rule == "match_rms_adamw":
        return 0.2 * math.sqrt(max(rows, columns))
    return math.sqrt(max(1, rows / columns))
