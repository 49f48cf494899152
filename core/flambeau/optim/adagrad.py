"""Adagrad."""

from __future__ import annotations

from typing import Any

from flambeau._tensor import Tensor
from flambeau.ops.creation.filled import full_like

from ._on_lists import Lists, step_on_lists, unscaled
from ._stepping import (
    Group,
    States,
    StepByFormula,
    add_quotient,
    add_stored,
    by_kernel,
    check_shape,
    checked,
    is_narrow,
    number,
)

__all__ = ["Adagrad", "adagrad"]


class Adagrad(StepByFormula):
    """Adagrad (Duchi, Hazan and Singer, 2011): steps over the root of the sum of all squared gradients.

    With gradient g (plus ``weight_decay`` times the parameter; negative if ``maximize``), and a sum v that begins with
    ``initial_accumulator_value``::

        v = v + g * g
        parameter -= lr / (1 + (step - 1) * lr_decay) * g / (sqrt(v) + eps)

    A sparse gradient changes only what it stores; it allows no ``weight_decay``.

    ``foreach`` and ``fused`` choose between implementations in PyTorch; here they are kept, and change nothing. If
    ``differentiable``, the step is recorded for derivatives. Source of the semantics: ``torch.optim.Adagrad``.

    Raises:
        ValueError: an option is out of range.
        RuntimeError: ``fused`` is asked for together with ``foreach`` or ``differentiable``.

    Example:
        >>> import flambeau as torch
        >>> x = torch.tensor([1.0], requires_grad=True)
        >>> optimizer = torch.optim.Adagrad([x], lr=0.1)
        >>> (x * x).sum().backward()
        >>> optimizer.step()
        >>> x
        tensor([0.9000], requires_grad=True)
    """

    def __init__(
        self, params: Any, lr: float | Tensor = 1e-2, lr_decay: float = 0, weight_decay: float = 0,
        initial_accumulator_value: float = 0, eps: float = 1e-10, foreach: bool | None = None, *, maximize: bool = False,
        differentiable: bool = False, fused: bool | None = None,
    ) -> None:  # fmt: skip
        super().__init__(params, checked({
            "lr": lr, "lr_decay": lr_decay, "eps": eps, "weight_decay": weight_decay,
            "initial_accumulator_value": initial_accumulator_value, "foreach": foreach, "maximize": maximize,
            "differentiable": differentiable, "fused": fused,
        }))  # fmt: skip
        for group in self.param_groups:
            for parameter in group["params"]:
                self.state[parameter] = self._first(parameter, group)

    def share_memory(self) -> None:
        """Move the sums of squares to memory that processes share."""
        for states in self.state.values():
            states["sum"].share_memory_()

    def _averages(self, group: Group) -> tuple[str, ...]:
        return ("sum",)

    def _first(self, parameter: Tensor, group: Group) -> States:
        value = self.defaults["initial_accumulator_value"]
        start = full_like(parameter.detach(), complex(value, value) if parameter.is_complex() else value)
        return super()._first(parameter, group) | {"sum": start}

    def _check(self, parameter: Tensor, grad: Tensor, group: Group) -> None:
        if grad._sparse and group["weight_decay"] != 0:
            raise RuntimeError("weight_decay option is not compatible with sparse gradients")

    def _update(self, parameter: Tensor, grad: Any, group: Group) -> None:
        if grad._sparse:
            self._update_stored(parameter, grad, self._counted(parameter, group), group)
        else:
            super()._update(parameter, grad, group)

    def _rate(self, states: States, group: Group) -> Any:
        return number(group["lr"]) / (1 + (states["step"].item() - 1) * group["lr_decay"])

    def _by_kernel(self, parameter: Tensor, grad: Tensor, states: States, group: Group) -> bool:
        return not is_narrow(parameter) and by_kernel(
            "adagrad_step", parameter, grad, [states["sum"]], float(self._rate(states, group)), group["eps"],
            float(group["weight_decay"]), group["maximize"],
        )  # fmt: skip

    def _formula(self, parameter: Tensor, grad: Tensor, states: States, group: Group) -> tuple[Tensor, States]:
        total = states["sum"].addcmul(grad, grad)
        changed = add_quotient(parameter, grad, total.sqrt() + group["eps"], -self._rate(states, group))
        return changed, {"sum": total}

    def _update_stored(self, parameter: Tensor, grad: Any, states: States, group: Group) -> None:
        """One step where a sparse gradient stores elements."""
        for name, each in (("gradient", grad), ("sum", states["sum"])):
            check_shape(name, parameter.shape, each.shape)
        grad = grad.to_sparse_coo().coalesce()
        if group["maximize"]:
            grad = -grad
        values = grad._values()
        add_stored(states["sum"], grad.with_values(values * values), 1)
        total = states["sum"][tuple(grad._indices().unbind(0))]
        add_stored(parameter, grad.with_values(values / (total.sqrt() + group["eps"])), -self._rate(states, group))


def adagrad(
    params: list[Tensor], grads: list[Tensor], state_sums: list[Tensor], state_steps: list[Tensor],
    fused: bool | None = None, grad_scale: Tensor | None = None, found_inf: Tensor | None = None,
    has_sparse_grad: bool = False, foreach: bool | None = None, differentiable: bool = False, has_complex: bool = False, *,
    lr: float, weight_decay: float, lr_decay: float, eps: float, maximize: bool,
) -> None:  # fmt: skip
    """Make a step of Adagrad on lists of parameters, gradients and states, which are written into.

    Source of the semantics: ``torch.optim.adagrad.adagrad``.
    """
    ready = unscaled(grads, grad_scale, found_inf)
    if ready is None:
        return
    lists: Lists = {"step": state_steps, "sum": state_sums}
    options = {
        "lr": lr, "weight_decay": weight_decay, "lr_decay": lr_decay, "eps": eps, "maximize": maximize,
    }  # fmt: skip
    step_on_lists(Adagrad, params, ready, lists, options, differentiable)
