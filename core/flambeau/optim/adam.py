"""Adam and AdamW."""

from __future__ import annotations

import math
from typing import Any

from flambeau._tensor import Tensor
from flambeau.ops.creation.data import make_tensor as tensor
from flambeau.ops.creation.filled import zeros_like
from flambeau.ops.elementwise.arithmetic import maximum
from flambeau.ops.steps import step_by_kernel

from .optimizer import StepByParameter, check_implementation, check_options, refuse_sparse

__all__ = ["Adam", "AdamW"]


class Adam(StepByParameter):
    """Adam (Kingma and Ba, 2015): steps scaled by running averages of the gradient and of its square.

    With gradient g (plus ``weight_decay`` times the parameter; negative if ``maximize``)::

        m = m + (1 - beta1) * (g - m)
        v = beta2 * v + (1 - beta2) * g * g
        parameter -= lr / (1 - beta1**step) * m / (sqrt(v) / sqrt(1 - beta2**step) + eps)

    ``amsgrad`` takes the largest v so far. ``decoupled_weight_decay`` leaves the gradient alone and multiplies the
    parameter by ``1 - lr * weight_decay`` first. Source of the semantics: ``torch.optim.Adam``.

    ``foreach``, ``fused`` and ``capturable`` choose between implementations in PyTorch; here they are kept, and change
    nothing. ``differentiable`` must be False.

    Example:
        >>> import flambeau as torch
        >>> x = torch.tensor([1.0], requires_grad=True)
        >>> optimizer = torch.optim.Adam([x], lr=0.1)
        >>> (x * x).sum().backward()
        >>> optimizer.step()
        >>> x
        tensor([0.9000], requires_grad=True)
    """

    def __init__(
        self, params: Any, lr: float = 1e-3, betas: tuple[float, float] = (0.9, 0.999), eps: float = 1e-8,
        weight_decay: float = 0, amsgrad: bool = False, *, foreach: bool | None = None, maximize: bool = False,
        capturable: bool = False, differentiable: bool = False, fused: bool | None = None,
        decoupled_weight_decay: bool = False,
    ) -> None:  # fmt: skip
        check_implementation(lr, foreach=foreach, fused=fused, differentiable=differentiable)
        check_options({
            "learning rate": (lr, lr >= 0), "epsilon value": (eps, eps >= 0),
            "beta parameter at index 0": (betas[0], 0 <= betas[0] < 1),
            "beta parameter at index 1": (betas[1], 0 <= betas[1] < 1),
            "weight_decay value": (weight_decay, weight_decay >= 0),
        })  # fmt: skip
        defaults = {
            "lr": lr, "betas": betas, "eps": eps, "weight_decay": weight_decay, "amsgrad": amsgrad, "maximize": maximize,
            "foreach": foreach, "capturable": capturable, "differentiable": differentiable, "fused": fused,
            "decoupled_weight_decay": decoupled_weight_decay,
        }  # fmt: skip
        super().__init__(params, defaults)

    def _update(self, parameter: Tensor, grad: Tensor, group: dict[str, Any]) -> None:
        refuse_sparse(self, grad)
        state = self.state[parameter]
        if not state:
            # Read in every step: on a GPU that would wait for all the work given to it.
            state["step"] = tensor(0.0, device="cpu" if parameter.is_cuda else parameter.device)
            state["exp_avg"] = zeros_like(parameter.detach())
            state["exp_avg_sq"] = zeros_like(parameter.detach())
            if group["amsgrad"]:
                state["max_exp_avg_sq"] = zeros_like(parameter.detach())
        state["step"] += 1
        step = int(state["step"].item())
        written = (parameter, state["exp_avg"], state["exp_avg_sq"], state.get("max_exp_avg_sq"))
        done = step_by_kernel(
            "adam_step", grad, written, step, float(group["lr"]), *group["betas"], group["eps"], group["weight_decay"],
            group["decoupled_weight_decay"], group["maximize"],
        )  # fmt: skip
        if not done:
            _compose(*written, grad, step, group)


class AdamW(Adam):
    """Adam with weight decay apart from the gradient (Loshchilov and Hutter, 2019).

    The parameter is first multiplied by ``1 - lr * weight_decay``. Source of the semantics: ``torch.optim.AdamW``.
    """

    def __init__(
        self, params: Any, lr: float = 1e-3, betas: tuple[float, float] = (0.9, 0.999), eps: float = 1e-8,
        weight_decay: float = 1e-2, amsgrad: bool = False, *, maximize: bool = False, foreach: bool | None = None,
        capturable: bool = False, differentiable: bool = False, fused: bool | None = None,
    ) -> None:  # fmt: skip
        super().__init__(
            params, lr, betas, eps, weight_decay, amsgrad, foreach=foreach, maximize=maximize, capturable=capturable,
            differentiable=differentiable, fused=fused, decoupled_weight_decay=True,
        )  # fmt: skip


def _compose(
    parameter: Tensor, mean: Tensor, square: Tensor, largest: Tensor | None, grad: Tensor, step: int,
    group: dict[str, Any],
) -> None:  # fmt: skip
    """One step out of in-place ops."""
    lr, (beta1, beta2) = float(group["lr"]), group["betas"]
    if group["maximize"]:
        grad = -grad
    if group["weight_decay"] and group["decoupled_weight_decay"]:
        parameter.mul_(1 - lr * group["weight_decay"])
    elif group["weight_decay"]:
        grad = grad.add(parameter, alpha=group["weight_decay"])
    mean.add_(grad - mean, alpha=1 - beta1)
    square.mul_(beta2).add_(grad * grad, alpha=1 - beta2)
    if largest is not None:
        largest.copy_(maximum(largest, square))
    root = (square if largest is None else largest).sqrt()
    denominator = root.div_(math.sqrt(1 - beta2**step)).add_(group["eps"])
    parameter.add_(mean / denominator, alpha=-lr / (1 - beta1**step))
