"""Stochastic gradient descent."""

from __future__ import annotations

from typing import Any

from flambeau._tensor import Tensor
from flambeau.ops.steps import step_by_kernel

from .optimizer import StepByParameter, add_stored, check_implementation, check_options

__all__ = ["SGD"]


class SGD(StepByParameter):
    """Stochastic gradient descent, with momentum.

    With gradient g (plus ``weight_decay`` times the parameter; negative if ``maximize``), the momentum buffer becomes
    ``momentum * buffer + (1 - dampening) * g``, at first g itself. The parameter loses ``lr`` times the buffer, or times
    ``g + momentum * buffer`` if ``nesterov``, or times g without momentum. Source: ``torch.optim.SGD``.

    A sparse gradient changes only what it stores; it allows no ``weight_decay``.

    ``foreach`` and ``fused`` choose between implementations in PyTorch; here they are kept, and change nothing.
    ``differentiable`` must be False.

    Example:
        >>> import flambeau as torch
        >>> x = torch.tensor([1.0], requires_grad=True)
        >>> optimizer = torch.optim.SGD([x], lr=0.1)
        >>> (x * x).sum().backward()
        >>> optimizer.step()
        >>> x
        tensor([0.8000], requires_grad=True)
    """

    def __init__(
        self, params: Any, lr: float = 1e-3, momentum: float = 0, dampening: float = 0, weight_decay: float = 0,
        nesterov: bool = False, *, maximize: bool = False, foreach: bool | None = None, differentiable: bool = False,
        fused: bool | None = None,
    ) -> None:  # fmt: skip
        check_implementation(lr, foreach=foreach, fused=fused, differentiable=differentiable)
        check_options({
            "learning rate": (lr, lr >= 0), "momentum value": (momentum, momentum >= 0),
            "weight_decay value": (weight_decay, weight_decay >= 0),
        })  # fmt: skip
        if nesterov and (momentum <= 0 or dampening != 0):
            raise ValueError("Nesterov momentum requires a momentum and zero dampening")
        defaults = {
            "lr": lr, "momentum": momentum, "dampening": dampening, "weight_decay": weight_decay,
            "nesterov": nesterov, "maximize": maximize, "foreach": foreach, "differentiable": differentiable,
            "fused": fused,
        }  # fmt: skip
        super().__init__(params, defaults)

    def _update(self, parameter: Tensor, grad: Tensor, group: dict[str, Any]) -> None:
        if grad._sparse:
            self._update_stored(parameter, grad, group)
            return
        state = self.state[parameter] if group["momentum"] else {}
        buffer = state.get("momentum_buffer")
        first = bool(group["momentum"]) and buffer is None
        if first:
            # The buffer starts as the gradient: the step with momentum 0 and dampening 0 on a buffer of zeros.
            buffer = state["momentum_buffer"] = grad.new_zeros(parameter.shape)
        done = step_by_kernel(
            "sgd_step", grad, (parameter, buffer), float(group["lr"]), group["momentum"], 0 if first else group["dampening"],
            group["weight_decay"], group["nesterov"], group["maximize"],
        )  # fmt: skip
        if not done:
            _compose(parameter, grad, buffer, first, group)

    def _update_stored(self, parameter: Tensor, grad: Any, group: dict[str, Any]) -> None:
        """One step where a sparse gradient stores elements; the momentum buffer is sparse too."""
        if group["weight_decay"]:
            raise RuntimeError(
                "weight_decay changes every element, and a sparse gradient only some: set it to 0, or use dense gradients"
            )
        if group["maximize"]:
            grad = -grad
        if group["momentum"]:
            state = self.state[parameter]
            old = state.get("momentum_buffer")
            buffer = grad.detach() if old is None else old * group["momentum"] + grad * (1 - group["dampening"])
            state["momentum_buffer"] = buffer
            grad = grad + buffer * group["momentum"] if group["nesterov"] else buffer
        add_stored(parameter, grad, -float(group["lr"]))


def _compose(parameter: Tensor, grad: Tensor, buffer: Tensor | None, first: bool, group: dict[str, Any]) -> None:
    """One step out of in-place ops."""
    if group["maximize"]:
        grad = -grad
    if group["weight_decay"]:
        grad = grad.add(parameter, alpha=group["weight_decay"])
    if buffer is not None:
        buffer.mul_(group["momentum"]).add_(grad, alpha=1 if first else 1 - group["dampening"])
        grad = grad.add(buffer, alpha=group["momentum"]) if group["nesterov"] else buffer
    parameter.add_(grad, alpha=-float(group["lr"]))
