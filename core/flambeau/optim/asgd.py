"""Averaged stochastic gradient descent."""

from __future__ import annotations

from typing import Any, ClassVar

from flambeau._tensor import Tensor

from ._on_lists import Lists, step_on_lists
from ._stepping import Group, States, StepByFormula, add_multiple, by_kernel, checked, is_narrow, number

__all__ = ["ASGD", "asgd"]


class ASGD(StepByFormula):
    """Averaged stochastic gradient descent (Polyak and Juditsky, 1992).

    With gradient g (plus ``weight_decay`` times the parameter; negative if ``maximize``)::

        parameter = parameter * (1 - lambd * eta) - eta * g
        ax = ax + mu * (parameter - ax), the average, which the state keeps
        eta = lr / (1 + lambd * lr * step) ** alpha, and mu = 1 / max(1, step - t0), for the next step

    ``foreach`` chooses between implementations in PyTorch; here it is kept, and changes nothing. If ``capturable``, CUDA
    graphs can capture steps. If ``differentiable``, the step is recorded for derivatives.
    Source of the semantics: ``torch.optim.ASGD``.

    Raises:
        ValueError: an option is out of range.

    Example:
        >>> import flambeau as torch
        >>> x = torch.tensor([1.0], requires_grad=True)
        >>> optimizer = torch.optim.ASGD([x], lr=0.1)
        >>> (x * x).sum().backward()
        >>> optimizer.step()
        >>> x
        tensor([0.8000], requires_grad=True)
    """

    _numbers: ClassVar[dict[str, float]] = {"step": 0.0, "eta": 0.0, "mu": 1.0}

    def __init__(
        self, params: Any, lr: float | Tensor = 1e-2, lambd: float = 1e-4, alpha: float = 0.75, t0: float = 1e6,
        weight_decay: float = 0, foreach: bool | None = None, maximize: bool = False, differentiable: bool = False,
        capturable: bool = False,
    ) -> None:  # fmt: skip
        super().__init__(params, checked({
            "lr": lr, "lambd": lambd, "alpha": alpha, "t0": t0, "weight_decay": weight_decay, "foreach": foreach,
            "maximize": maximize, "differentiable": differentiable, "capturable": capturable,
        }, but=("alpha",)))  # fmt: skip

    def _averages(self, group: Group) -> tuple[str, ...]:
        return ("ax",)

    def _first(self, parameter: Tensor, group: Group) -> States:
        states = super()._first(parameter, group)
        return states | {"eta": self._number_of(parameter, group["lr"], group)}

    def _by_kernel(self, parameter: Tensor, grad: Tensor, states: States, group: Group) -> bool:
        eta, mu = (states[name].item() for name in ("eta", "mu"))
        done = not is_narrow(parameter) and by_kernel(
            "asgd_step", parameter, grad, [states["ax"]], eta, mu, 1 - group["lambd"] * eta, float(group["weight_decay"]),
            group["maximize"],
        )  # fmt: skip
        for name, value in self._later(parameter, states, group).items() if done else ():
            states[name].copy_(value)
        return done

    def _later(self, parameter: Tensor, states: States, group: Group) -> States:
        """The numbers of the next step, with the digits of numbers that are remembered."""
        lr, step = number(group["lr"]), number(states["step"])
        lr = lr if isinstance(step, Tensor) else float(lr)
        eta, late = lr / (1 + group["lambd"] * lr * step) ** group["alpha"], step - group["t0"]
        if isinstance(late, Tensor):
            return {"eta": eta, "mu": 1 / late.clamp(min=1)}
        return {
            "eta": self._number_of(parameter, eta, group),
            "mu": self._number_of(parameter, 1 / max(1, late), group),
        }

    def _formula(self, parameter: Tensor, grad: Tensor, states: States, group: Group) -> tuple[Tensor, States]:
        eta, mu = (number(states[name]) for name in ("eta", "mu"))
        changed = add_multiple(parameter.mul(1 - group["lambd"] * eta), grad, -eta)
        average = changed if not isinstance(mu, Tensor) and mu == 1 else states["ax"] + (changed - states["ax"]) * mu
        return changed, {"ax": average} | self._later(parameter, states, group)


def asgd(
    params: list[Tensor], grads: list[Tensor], axs: list[Tensor], mus: list[Tensor], etas: list[Tensor],
    state_steps: list[Tensor], foreach: bool | None = None, maximize: bool = False, differentiable: bool = False,
    capturable: bool = False, has_complex: bool = False, *, lambd: float, lr: float, t0: float, alpha: float,
    weight_decay: float,
) -> None:  # fmt: skip
    """Make a step of ASGD on lists of parameters, gradients and states, which are written into.

    Source of the semantics: ``torch.optim.asgd.asgd``.
    """
    lists: Lists = {"step": state_steps, "eta": etas, "mu": mus, "ax": axs}
    options = {
        "lambd": lambd, "lr": lr, "t0": t0, "alpha": alpha, "weight_decay": weight_decay, "maximize": maximize,
        "capturable": capturable,
    }  # fmt: skip
    step_on_lists(ASGD, params, grads, lists, options, differentiable)
