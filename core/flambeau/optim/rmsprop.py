"""RMSprop."""

from __future__ import annotations

from typing import Any

from flambeau._tensor import Tensor

from ._on_lists import Lists, step_on_lists
from ._stepping import Group, States, StepByFormula, add_multiple, add_quotient, by_kernel, checked, is_narrow, number

__all__ = ["RMSprop", "rmsprop"]


class RMSprop(StepByFormula):
    """RMSprop (Hinton, 2012): steps over the root of a running average of the squared gradient.

    With gradient g (plus ``weight_decay`` times the parameter; negative if ``maximize``)::

        v = alpha * v + (1 - alpha) * g * g
        a = a + (1 - alpha) * (g - a)                      # if centered, which takes v - a * a for v below
        b = momentum * b + g / (sqrt(v) + eps)
        parameter -= lr * b

    ``foreach`` chooses between implementations in PyTorch; here it is kept, and changes nothing. If ``capturable``, CUDA
    graphs can capture steps. If ``differentiable``, the step is recorded for derivatives.
    Source of the semantics: ``torch.optim.RMSprop``.

    Raises:
        ValueError: an option is out of range.

    Example:
        >>> import flambeau as torch
        >>> x = torch.tensor([1.0], requires_grad=True)
        >>> optimizer = torch.optim.RMSprop([x], lr=0.1, alpha=0.75)
        >>> (x * x).sum().backward()
        >>> optimizer.step()
        >>> x
        tensor([0.8000], requires_grad=True)
    """

    def __init__(
        self, params: Any, lr: float | Tensor = 1e-2, alpha: float = 0.99, eps: float = 1e-8, weight_decay: float = 0,
        momentum: float = 0, centered: bool = False, capturable: bool = False, foreach: bool | None = None,
        maximize: bool = False, differentiable: bool = False,
    ) -> None:  # fmt: skip
        super().__init__(params, checked({
            "lr": lr, "momentum": momentum, "alpha": alpha, "eps": eps, "centered": centered, "weight_decay": weight_decay,
            "capturable": capturable, "foreach": foreach, "maximize": maximize, "differentiable": differentiable,
        }))  # fmt: skip

    def _averages(self, group: Group) -> tuple[str, ...]:
        return (
            "square_avg",
            *(("momentum_buffer",) if group["momentum"] > 0 else ()),
            *(("grad_avg",) if group["centered"] else ()),
        )

    def _by_kernel(self, parameter: Tensor, grad: Tensor, states: States, group: Group) -> bool:
        asked = self._averages(group)
        averages = [states[name] if name in asked else None for name in ("square_avg", "grad_avg", "momentum_buffer")]
        return not is_narrow(parameter) and by_kernel(
            "rmsprop_step", parameter, grad, averages, float(group["lr"]), group["alpha"], group["eps"],
            float(group["weight_decay"]), group["momentum"], group["maximize"],
        )  # fmt: skip

    def _formula(self, parameter: Tensor, grad: Tensor, states: States, group: Group) -> tuple[Tensor, States]:
        lr, alpha = number(group["lr"]), group["alpha"]
        square = variance = states["square_avg"].mul(alpha).addcmul(grad, grad, value=1 - alpha)
        kept = {"square_avg": square}
        if group["centered"]:
            mean = kept["grad_avg"] = states["grad_avg"].lerp(grad, 1 - alpha)
            variance = square.addcmul(mean, mean, value=-1)
        root = variance.sqrt() + group["eps"]
        if not group["momentum"] > 0:
            return add_quotient(parameter, grad, root, -lr), kept
        buffer = kept["momentum_buffer"] = states["momentum_buffer"].mul(group["momentum"]).addcdiv(grad, root)
        return add_multiple(parameter, buffer, -lr), kept


def rmsprop(
    params: list[Tensor], grads: list[Tensor], square_avgs: list[Tensor], grad_avgs: list[Tensor],
    momentum_buffer_list: list[Tensor], state_steps: list[Tensor], foreach: bool | None = None, maximize: bool = False,
    differentiable: bool = False, capturable: bool = False, has_complex: bool = False, *, lr: float, alpha: float,
    eps: float, weight_decay: float, momentum: float, centered: bool,
) -> None:  # fmt: skip
    """Make a step of RMSprop on lists of parameters, gradients and states, which are written into.

    Lists of what an option does without are empty. Source of the semantics: ``torch.optim.rmsprop.rmsprop``.
    """
    lists: Lists = {
        "step": state_steps, "square_avg": square_avgs, "momentum_buffer": momentum_buffer_list, "grad_avg": grad_avgs,
    }  # fmt: skip
    options = {
        "lr": lr, "alpha": alpha, "eps": eps, "weight_decay": weight_decay, "momentum": momentum, "centered": centered,
        "maximize": maximize, "capturable": capturable,
    }  # fmt: skip
    step_on_lists(RMSprop, params, grads, lists, options, differentiable)
