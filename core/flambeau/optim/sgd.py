"""Stochastic gradient descent."""

from __future__ import annotations

from typing import Any, ClassVar

from flambeau._tensor import Tensor
from flambeau.ops.creation.filled import zeros_like
from flambeau.ops.steps import step_by_kernel

from ._on_lists import Lists, step_on_lists, unscaled
from ._stepping import Group, States, StepByFormula, add_multiple, add_stored, check_shape, checked, is_narrow, number

__all__ = ["SGD", "sgd"]


class SGD(StepByFormula):
    """Stochastic gradient descent, with momentum.

    With gradient g (plus ``weight_decay`` times the parameter; negative if ``maximize``), the momentum buffer becomes
    ``momentum * buffer + (1 - dampening) * g``, at first g itself. The parameter loses ``lr`` times the buffer, or times
    ``g + momentum * buffer`` if ``nesterov``, or times g without momentum. Source: ``torch.optim.SGD``.

    A sparse gradient changes only what it stores; it allows no ``weight_decay``.

    ``foreach`` and ``fused`` choose between implementations in PyTorch; here they are kept, and change nothing.
    If ``differentiable``, the step is recorded for derivatives, of tensors among the options too.

    Raises:
        ValueError: an option is out of range, or ``nesterov`` has no momentum or a dampening.
        RuntimeError: ``fused`` is asked for together with ``foreach`` or ``differentiable``.

    Example:
        >>> import flambeau as torch
        >>> x = torch.tensor([1.0], requires_grad=True)
        >>> optimizer = torch.optim.SGD([x], lr=0.1)
        >>> (x * x).sum().backward()
        >>> optimizer.step()
        >>> x
        tensor([0.8000], requires_grad=True)
    """

    _numbers: ClassVar[dict[str, float]] = {}

    def __init__(
        self, params: Any, lr: float | Tensor = 1e-3, momentum: float = 0, dampening: float = 0,
        weight_decay: float | Tensor = 0, nesterov: bool = False, *, maximize: bool = False, foreach: bool | None = None,
        differentiable: bool = False, fused: bool | None = None,
    ) -> None:  # fmt: skip
        options = checked({
            "lr": lr, "momentum": momentum, "dampening": dampening, "weight_decay": weight_decay, "nesterov": nesterov,
            "maximize": maximize, "foreach": foreach, "differentiable": differentiable, "fused": fused,
        })  # fmt: skip
        if nesterov and (momentum <= 0 or dampening != 0):
            raise ValueError("Nesterov momentum requires a momentum and zero dampening")
        super().__init__(params, options)

    def _check(self, parameter: Tensor, grad: Tensor, group: Group) -> None:
        if grad._sparse and group["weight_decay"]:
            raise RuntimeError(
                "weight_decay changes every element, and a sparse gradient only some: set it to 0, or use dense gradients"
            )

    def _update(self, parameter: Tensor, grad: Tensor, group: Group) -> None:
        if grad._sparse:
            self._update_stored(parameter, grad, group)
            return
        super()._update(parameter, grad, group)

    def _states(self, parameter: Tensor, group: Group) -> States:
        if not group["momentum"]:
            return {}
        return self.state[parameter]  # type: ignore[no-any-return]

    def _update_together(self, batch: list[tuple[Tensor, Tensor]], group: Group) -> None:
        if group["momentum"]:
            super()._update_together(batch, group)
        else:  # there is nothing to look at for each of them
            parameters, grads = zip(*batch, strict=True)
            self._step_as_one(parameters, grads, [{}] * len(parameters), group)

    def _step(self, parameter: Tensor, grad: Tensor, states: States, group: Group) -> None:
        if group["momentum"] and states.get("momentum_buffer") is None:
            # The buffer starts as the gradient: the step without dampening on a buffer of zeros.
            states["momentum_buffer"] = zeros_like(parameter.detach())
            group = group | {"dampening": 0}
        super()._step(parameter, grad, states, group)

    def _by_kernel(self, parameter: Tensor, grad: Tensor, states: States, group: Group) -> bool:
        return not is_narrow(parameter) and step_by_kernel(
            "sgd_step", grad, (parameter, states.get("momentum_buffer")), float(group["lr"]), group["momentum"],
            group["dampening"], float(group["weight_decay"]), group["nesterov"], group["maximize"],
        )  # fmt: skip

    def _formula(self, parameter: Tensor, grad: Tensor, states: States, group: Group) -> tuple[Tensor, States]:
        momentum, kept = group["momentum"], {}
        if momentum:
            buffer = add_multiple(states["momentum_buffer"].mul(momentum), grad, 1 - group["dampening"])
            kept["momentum_buffer"] = buffer
            grad = add_multiple(grad, buffer, momentum) if group["nesterov"] else buffer
        return add_multiple(parameter, grad, -number(group["lr"])), kept

    def _update_stored(self, parameter: Tensor, grad: Any, group: Group) -> None:
        """One step where a sparse gradient stores elements; the momentum buffer is sparse too."""
        check_shape("gradient", parameter.shape, grad.shape)
        if group["maximize"]:
            grad = -grad
        if group["momentum"]:
            state = self.state[parameter]
            old = state.get("momentum_buffer")
            buffer = grad.detach() if old is None else old * group["momentum"] + grad * (1 - group["dampening"])
            state["momentum_buffer"] = buffer
            grad = grad + buffer * group["momentum"] if group["nesterov"] else buffer
        add_stored(parameter, grad, -float(group["lr"]))


def sgd(
    params: list[Tensor], d_p_list: list[Tensor], momentum_buffer_list: list[Tensor | None], has_sparse_grad: bool = False,
    foreach: bool | None = None, fused: bool | None = None, grad_scale: Tensor | None = None,
    found_inf: Tensor | None = None, *, weight_decay: float, momentum: float, lr: float, dampening: float, nesterov: bool,
    maximize: bool,
) -> None:  # fmt: skip
    """Make a step of SGD on lists of parameters, gradients and states, which are written into.

    Buffers that are None are made. Source of the semantics: ``torch.optim.sgd.sgd``.
    """
    ready = unscaled(d_p_list, grad_scale, found_inf)
    if ready is None:
        return
    lists: Lists = {"momentum_buffer": momentum_buffer_list}
    options = {
        "lr": lr, "momentum": momentum, "dampening": dampening, "weight_decay": weight_decay, "nesterov": nesterov,
        "maximize": maximize,
    }  # fmt: skip
    step_on_lists(SGD, params, ready, lists, options, True)
