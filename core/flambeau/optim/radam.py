"""RAdam."""

from __future__ import annotations

from typing import Any

from flambeau._tensor import Tensor
from flambeau.ops.elementwise.selection import where

from ._on_lists import Lists, step_on_lists
from ._stepping import Group, States, StepByFormula, checked, number

__all__ = ["RAdam", "radam"]


class RAdam(StepByFormula):
    """Adam whose first steps are rectified (Liu et al., 2020), as the variance of few gradients is not known.

    With gradient g (plus ``weight_decay`` times the parameter; negative if ``maximize``)::

        m = m + (1 - beta1) * (g - m)
        v = beta2 * v + (1 - beta2) * g * g
        r_inf = 2 / (1 - beta2) - 1
        r = r_inf - 2 * step * beta2**step / (1 - beta2**step)
        rect = sqrt((r - 4) * (r - 2) * r_inf / ((r_inf - 4) * (r_inf - 2) * r))
        parameter -= lr * m / (1 - beta1**step) * (rect * sqrt(1 - beta2**step) / (sqrt(v) + eps) if r > 5 else 1)

    ``decoupled_weight_decay`` leaves the gradient alone and multiplies the parameter by ``1 - lr * weight_decay`` first.

    ``foreach`` chooses between implementations in PyTorch; here it is kept, and changes nothing. If ``capturable``, CUDA
    graphs can capture steps. If ``differentiable``, the step is recorded for derivatives.
    Source of the semantics: ``torch.optim.RAdam``.

    Raises:
        ValueError: an option is out of range.

    Example:
        >>> import flambeau as torch
        >>> x = torch.tensor([1.0], requires_grad=True)
        >>> optimizer = torch.optim.RAdam([x], lr=0.1)
        >>> (x * x).sum().backward()
        >>> optimizer.step()
        >>> x
        tensor([0.8000], requires_grad=True)
    """

    def __init__(
        self, params: Any, lr: float | Tensor = 1e-3, betas: tuple[float, float] = (0.9, 0.999), eps: float = 1e-8,
        weight_decay: float = 0, decoupled_weight_decay: bool = False, *, foreach: bool | None = None,
        maximize: bool = False, capturable: bool = False, differentiable: bool = False,
    ) -> None:  # fmt: skip
        super().__init__(params, checked({
            "lr": lr, "betas": betas, "eps": eps, "weight_decay": weight_decay, "maximize": maximize, "foreach": foreach,
            "capturable": capturable, "decoupled_weight_decay": decoupled_weight_decay, "differentiable": differentiable,
        }))  # fmt: skip

    def _averages(self, group: Group) -> tuple[str, ...]:
        return ("exp_avg", "exp_avg_sq")

    def _formula(self, parameter: Tensor, grad: Tensor, states: States, group: Group) -> tuple[Tensor, States]:
        (beta1, beta2), step = group["betas"], number(states["step"])
        mean = states["exp_avg"].lerp(grad, 1 - beta1)
        square = states["exp_avg_sq"].mul(beta2).addcmul(grad, grad, value=1 - beta2)
        update = mean / (1 - beta1**step) * number(group["lr"])
        known = 1 - beta2**step
        longest = 2 / (1 - beta2) - 1
        length = longest - 2 * step * beta2**step / known

        def rectified() -> Any:
            factor = (length - 4) * (length - 2) * longest / ((longest - 4) * (longest - 2) * length)
            return update * (known**0.5 / (square.sqrt() + group["eps"])) * factor**0.5

        if isinstance(length, Tensor):
            update = where(length > 5.0, rectified(), update)
        elif length > 5.0:
            update = rectified()
        return parameter - update, {"exp_avg": mean, "exp_avg_sq": square}


def radam(
    params: list[Tensor], grads: list[Tensor], exp_avgs: list[Tensor], exp_avg_sqs: list[Tensor], state_steps: list[Tensor],
    decoupled_weight_decay: bool = False, foreach: bool | None = None, differentiable: bool = False,
    capturable: bool = False, has_complex: bool = False, maximize: bool = False, *, beta1: float, beta2: float, lr: float,
    weight_decay: float, eps: float,
) -> None:  # fmt: skip
    """Make a step of RAdam on lists of parameters, gradients and states, which are written into.

    Source of the semantics: ``torch.optim.radam.radam``.
    """
    lists: Lists = {"step": state_steps, "exp_avg": exp_avgs, "exp_avg_sq": exp_avg_sqs}
    options = {
        "lr": lr, "eps": eps, "weight_decay": weight_decay, "decoupled_weight_decay": decoupled_weight_decay,
        "maximize": maximize, "betas": (beta1, beta2), "capturable": capturable,
    }  # fmt: skip
    step_on_lists(RAdam, params, grads, lists, options, differentiable)
