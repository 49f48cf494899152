"""Rprop."""

from __future__ import annotations

from typing import Any

from flambeau._tensor import Tensor
from flambeau.ops.creation.filled import full_like
from flambeau.ops.elementwise.selection import where

from ._on_lists import Lists, step_on_lists
from ._stepping import Group, States, StepByFormula, checked

__all__ = ["Rprop", "rprop"]


class Rprop(StepByFormula):
    """Resilient backpropagation (Riedmiller and Braun, 1993): steps by the sign of the gradient alone.

    The step of an element, ``lr`` at first, is multiplied by ``etas[1]`` while the gradient keeps its sign, and by
    ``etas[0]`` when it changes, where the gradient then counts as 0; it stays within ``step_sizes``.

    ``foreach`` chooses between implementations in PyTorch; here it is kept, and changes nothing. If ``capturable``, CUDA
    graphs can capture steps. If ``differentiable``, the step is recorded for derivatives.
    Source of the semantics: ``torch.optim.Rprop``.

    Raises:
        ValueError: the learning rate is negative, or ``etas`` are not below and above 1.

    Example:
        >>> import flambeau as torch
        >>> x = torch.tensor([1.0], requires_grad=True)
        >>> optimizer = torch.optim.Rprop([x], lr=0.1)
        >>> (x * x).sum().backward()
        >>> optimizer.step()
        >>> x
        tensor([0.9000], requires_grad=True)
    """

    def __init__(
        self, params: Any, lr: float | Tensor = 1e-2, etas: tuple[float, float] = (0.5, 1.2),
        step_sizes: tuple[float, float] = (1e-6, 50), *, capturable: bool = False, foreach: bool | None = None,
        maximize: bool = False, differentiable: bool = False,
    ) -> None:  # fmt: skip
        if not 0.0 < etas[0] < 1.0 < etas[1]:
            raise ValueError(f"Invalid eta values: {etas[0]}, {etas[1]}")
        super().__init__(params, checked({
            "lr": lr, "etas": etas, "step_sizes": step_sizes, "foreach": foreach, "maximize": maximize,
            "differentiable": differentiable, "capturable": capturable,
        }))  # fmt: skip

    def _averages(self, group: Group) -> tuple[str, ...]:
        return ("prev",)

    def _first(self, parameter: Tensor, group: Group) -> States:
        lr = float(group["lr"])
        sizes = full_like(parameter.detach(), complex(lr, lr) if parameter.is_complex() else lr)
        return super()._first(parameter, group) | {"step_size": sizes}

    def _formula(self, parameter: Tensor, grad: Tensor, states: States, group: Group) -> tuple[Tensor, States]:
        down, up = group["etas"]
        sign = (grad * states["prev"]).sign()
        turned = sign < 0
        # Of nan the sign is 0 too; the last `where` keeps the dtype.
        factor = where(sign > 0, up, where(turned, down, where(sign == 0, 1, sign)))
        sizes = (states["step_size"] * factor).clamp(*group["step_sizes"])
        grad = grad.masked_fill(turned, 0)
        return parameter.addcmul(grad.sign(), sizes, value=-1), {"prev": grad, "step_size": sizes}


def rprop(
    params: list[Tensor], grads: list[Tensor], prevs: list[Tensor], step_sizes: list[Tensor], state_steps: list[Tensor],
    foreach: bool | None = None, capturable: bool = False, maximize: bool = False, differentiable: bool = False,
    has_complex: bool = False, *, step_size_min: float, step_size_max: float, etaminus: float, etaplus: float,
) -> None:  # fmt: skip
    """Make a step of Rprop on lists of parameters, gradients and states, which are written into.

    Source of the semantics: ``torch.optim.rprop.rprop``.
    """
    lists: Lists = {"step": state_steps, "prev": prevs, "step_size": step_sizes}
    options = {
        "maximize": maximize, "capturable": capturable, "etas": (etaminus, etaplus), "step_sizes": (step_size_min, step_size_max),
    }  # fmt: skip
    step_on_lists(Rprop, params, grads, lists, options, differentiable)
