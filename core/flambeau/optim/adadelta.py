"""Adadelta."""

from __future__ import annotations

from typing import Any

from flambeau._tensor import Tensor

from ._on_lists import Lists, step_on_lists
from ._stepping import Group, States, StepByFormula, add_multiple, by_kernel, checked, is_narrow, number

__all__ = ["Adadelta", "adadelta"]


class Adadelta(StepByFormula):
    """Adadelta (Zeiler, 2012): steps as large as the running averages of earlier ones over those of gradients.

    With gradient g (plus ``weight_decay`` times the parameter; negative if ``maximize``)::

        v = rho * v + (1 - rho) * g * g
        d = sqrt(u + eps) / sqrt(v + eps) * g
        u = rho * u + (1 - rho) * d * d
        parameter -= lr * d

    ``foreach`` chooses between implementations in PyTorch; here it is kept, and changes nothing. If ``capturable``, CUDA
    graphs can capture steps. If ``differentiable``, the step is recorded for derivatives.
    Source of the semantics: ``torch.optim.Adadelta``.

    Raises:
        ValueError: an option is out of range.

    Example:
        >>> import flambeau as torch
        >>> x = torch.tensor([1.0], requires_grad=True)
        >>> optimizer = torch.optim.Adadelta([x], eps=0.01)
        >>> (x * x).sum().backward()
        >>> optimizer.step()
        >>> x
        tensor([0.6877], requires_grad=True)
    """

    def __init__(
        self, params: Any, lr: float | Tensor = 1.0, rho: float = 0.9, eps: float = 1e-6, weight_decay: float = 0,
        foreach: bool | None = None, *, capturable: bool = False, maximize: bool = False, differentiable: bool = False,
    ) -> None:  # fmt: skip
        super().__init__(params, checked({
            "lr": lr, "rho": rho, "eps": eps, "weight_decay": weight_decay, "maximize": maximize, "capturable": capturable,
            "foreach": foreach, "differentiable": differentiable,
        }))  # fmt: skip

    def _averages(self, group: Group) -> tuple[str, ...]:
        return ("square_avg", "acc_delta")

    def _by_kernel(self, parameter: Tensor, grad: Tensor, states: States, group: Group) -> bool:
        averages = [states["square_avg"], states["acc_delta"]]
        return not is_narrow(parameter) and by_kernel(
            "adadelta_step", parameter, grad, averages, float(group["lr"]), group["rho"], group["eps"],
            float(group["weight_decay"]), group["maximize"],
        )  # fmt: skip

    def _formula(self, parameter: Tensor, grad: Tensor, states: States, group: Group) -> tuple[Tensor, States]:
        rho, eps = group["rho"], group["eps"]
        square = states["square_avg"].mul(rho).addcmul(grad, grad, value=1 - rho)
        delta = (states["acc_delta"] + eps).sqrt() / (square + eps).sqrt() * grad
        deltas = states["acc_delta"].mul(rho).addcmul(delta, delta, value=1 - rho)
        return add_multiple(parameter, delta, -number(group["lr"])), {"square_avg": square, "acc_delta": deltas}


def adadelta(
    params: list[Tensor], grads: list[Tensor], square_avgs: list[Tensor], acc_deltas: list[Tensor],
    state_steps: list[Tensor], capturable: bool = False, foreach: bool | None = None, differentiable: bool = False,
    has_complex: bool = False, *, lr: float, rho: float, eps: float, weight_decay: float, maximize: bool,
) -> None:  # fmt: skip
    """Make a step of Adadelta on lists of parameters, gradients and states, which are written into.

    Source of the semantics: ``torch.optim.adadelta.adadelta``.
    """
    lists: Lists = {"step": state_steps, "square_avg": square_avgs, "acc_delta": acc_deltas}
    options = {
        "lr": lr, "rho": rho, "eps": eps, "weight_decay": weight_decay, "maximize": maximize, "capturable": capturable,
    }  # fmt: skip
    step_on_lists(Adadelta, params, grads, lists, options, differentiable)
