"""Adamax."""

from __future__ import annotations

from typing import Any

from flambeau._tensor import Tensor
from flambeau.ops.elementwise.arithmetic import maximum

from ._on_lists import Lists, step_on_lists
from ._stepping import Group, States, StepByFormula, add_quotient, by_kernel, checked, is_narrow, number

__all__ = ["Adamax", "adamax"]


class Adamax(StepByFormula):
    """Adamax, Adam by the largest gradient (Kingma and Ba, 2015).

    With gradient g (plus ``weight_decay`` times the parameter; negative if ``maximize``)::

        m = m + (1 - beta1) * (g - m)
        u = max(beta2 * u, abs(g) + eps)
        parameter -= lr / (1 - beta1**step) * m / u

    ``foreach`` chooses between implementations in PyTorch; here it is kept, and changes nothing. If ``capturable``, CUDA
    graphs can capture steps. If ``differentiable``, the step is recorded for derivatives.
    Source of the semantics: ``torch.optim.Adamax``.

    Raises:
        ValueError: an option is out of range.

    Example:
        >>> import flambeau as torch
        >>> x = torch.tensor([1.0], requires_grad=True)
        >>> optimizer = torch.optim.Adamax([x], lr=0.1)
        >>> (x * x).sum().backward()
        >>> optimizer.step()
        >>> x
        tensor([0.9000], requires_grad=True)
    """

    def __init__(
        self, params: Any, lr: float | Tensor = 2e-3, betas: tuple[float, float] = (0.9, 0.999), eps: float = 1e-8,
        weight_decay: float = 0, foreach: bool | None = None, *, maximize: bool = False, differentiable: bool = False,
        capturable: bool = False,
    ) -> None:  # fmt: skip
        super().__init__(params, checked({
            "lr": lr, "betas": betas, "eps": eps, "weight_decay": weight_decay, "foreach": foreach, "maximize": maximize,
            "differentiable": differentiable, "capturable": capturable,
        }))  # fmt: skip

    def _averages(self, group: Group) -> tuple[str, ...]:
        return ("exp_avg", "exp_inf")

    def _by_kernel(self, parameter: Tensor, grad: Tensor, states: States, group: Group) -> bool:
        (beta1, beta2), averages = group["betas"], [states["exp_avg"], states["exp_inf"]]
        return not is_narrow(parameter) and by_kernel(
            "adamax_step", parameter, grad, averages, float(self._rate(states, group)), beta1, beta2, group["eps"],
            float(group["weight_decay"]), group["maximize"],
        )  # fmt: skip

    def _rate(self, states: States, group: Group) -> Any:
        return number(group["lr"]) / (1 - group["betas"][0] ** number(states["step"]))

    def _formula(self, parameter: Tensor, grad: Tensor, states: States, group: Group) -> tuple[Tensor, States]:
        beta1, beta2 = group["betas"]
        mean = states["exp_avg"].lerp(grad, 1 - beta1)
        largest = maximum(states["exp_inf"] * beta2, grad.abs() + group["eps"])
        rate = self._rate(states, group)
        return add_quotient(parameter, mean, largest, -rate), {"exp_avg": mean, "exp_inf": largest}


def adamax(
    params: list[Tensor], grads: list[Tensor], exp_avgs: list[Tensor], exp_infs: list[Tensor], state_steps: list[Tensor],
    foreach: bool | None = None, maximize: bool = False, differentiable: bool = False, capturable: bool = False,
    has_complex: bool = False, *, eps: float, beta1: float, beta2: float, lr: float, weight_decay: float,
) -> None:  # fmt: skip
    """Make a step of Adamax on lists of parameters, gradients and states, which are written into.

    Source of the semantics: ``torch.optim.adamax.adamax``.
    """
    lists: Lists = {"step": state_steps, "exp_avg": exp_avgs, "exp_inf": exp_infs}
    options = {
        "lr": lr, "eps": eps, "weight_decay": weight_decay, "maximize": maximize, "betas": (beta1, beta2),
        "capturable": capturable,
    }  # fmt: skip
    step_on_lists(Adamax, params, grads, lists, options, differentiable)
