"""Adam and AdamW."""

from __future__ import annotations

from typing import Any

from flambeau._tensor import Tensor
from flambeau._tensor.modes import is_grad_enabled
from flambeau.ops.elementwise.arithmetic import maximum

from ._on_lists import Lists, step_on_lists, unscaled
from ._stepping import (
    Group,
    States,
    StepByFormula,
    add_product,
    add_quotient,
    by_kernel,
    checked,
    is_narrow,
    number,
    pair,
)

__all__ = ["Adam", "AdamW", "adam"]

_Beta = float | Tensor


class Adam(StepByFormula):
    """Adam (Kingma and Ba, 2015): steps scaled by running averages of the gradient and of its square.

    With gradient g (plus ``weight_decay`` times the parameter; negative if ``maximize``)::

        m = m + (1 - beta1) * (g - m)
        v = beta2 * v + (1 - beta2) * g * g
        parameter -= lr / (1 - beta1**step) * m / (sqrt(v) / sqrt(1 - beta2**step) + eps)

    ``amsgrad`` takes the largest v so far. ``decoupled_weight_decay`` leaves the gradient alone and multiplies the
    parameter by ``1 - lr * weight_decay`` first. Source of the semantics: ``torch.optim.Adam``.

    ``foreach`` and ``fused`` choose between implementations in PyTorch; here they are kept, and change nothing. If
    ``capturable``, CUDA graphs can capture steps. If ``differentiable``, the step is recorded for derivatives, of tensors
    among the options too.

    Raises:
        ValueError: an option is out of range, or a tensor where PyTorch takes none.
        RuntimeError: ``fused`` is asked for together with ``foreach`` or ``differentiable``.

    Example:
        >>> import flambeau as torch
        >>> x = torch.tensor([1.0], requires_grad=True)
        >>> optimizer = torch.optim.Adam([x], lr=0.1)
        >>> (x * x).sum().backward()
        >>> optimizer.step()
        >>> x
        tensor([0.9000], requires_grad=True)
    """

    _refusal = "Adam does not support sparse gradients, please consider SparseAdam instead"

    def __init__(
        self, params: Any, lr: float | Tensor = 1e-3, betas: tuple[_Beta, _Beta] = (0.9, 0.999), eps: float = 1e-8,
        weight_decay: float = 0, amsgrad: bool = False, *, foreach: bool | None = None, maximize: bool = False,
        capturable: bool = False, differentiable: bool = False, fused: bool | None = None,
        decoupled_weight_decay: bool = False,
    ) -> None:  # fmt: skip
        _check_tensors(lr, pair(betas), alone=bool(foreach) and not capturable)
        betas = (_scalar(betas[0]), _scalar(betas[1]))
        super().__init__(params, checked({
            "lr": lr, "betas": betas, "eps": eps, "weight_decay": weight_decay, "amsgrad": amsgrad, "maximize": maximize,
            "foreach": foreach, "capturable": capturable, "differentiable": differentiable, "fused": fused,
            "decoupled_weight_decay": decoupled_weight_decay,
        }))  # fmt: skip

    def _averages(self, group: Group) -> tuple[str, ...]:
        return ("exp_avg", "exp_avg_sq", "max_exp_avg_sq") if group["amsgrad"] else ("exp_avg", "exp_avg_sq")

    def _by_kernel(self, parameter: Tensor, grad: Tensor, states: States, group: Group) -> bool:
        averages = [states[name] for name in self._averages(group)]
        if not group["amsgrad"]:
            averages.append(None)
        return not is_narrow(parameter) and by_kernel(
            "adam_step", parameter, grad, averages, int(states["step"].item()), float(group["lr"]),
            *map(float, group["betas"]), group["eps"], float(group["weight_decay"]), group["decoupled_weight_decay"],
            group["maximize"],
        )  # fmt: skip

    def _formula(self, parameter: Tensor, grad: Tensor, states: States, group: Group) -> tuple[Tensor, States]:
        beta1, beta2 = map(number, group["betas"])
        # A recorded step has PyTorch's precision, which is float32's.
        step = states["step"] if is_grad_enabled() else number(states["step"])
        mean = states["exp_avg"].lerp(grad, 1 - beta1)
        square = largest = add_product(states["exp_avg_sq"] * beta2, grad, grad, 1 - beta2)
        kept = {"exp_avg": mean, "exp_avg_sq": square}
        if group["amsgrad"]:
            largest = kept["max_exp_avg_sq"] = maximum(states["max_exp_avg_sq"], square)
        root = largest.sqrt() / (1 - beta2**step) ** 0.5 + group["eps"]
        return add_quotient(parameter, mean, root, -number(group["lr"]) / (1 - beta1**step)), kept


def _check_tensors(lr: Any, betas: Any, *, alone: bool) -> None:
    """Refuse tensors as numbers where PyTorch does; ``alone`` are steps that it makes of all parameters at once."""
    for name, value in (("lr", lr), ("betas[0]", betas[0]), ("betas[1]", betas[1])):
        if isinstance(value, Tensor) and alone:
            raise ValueError(f"{name} as a Tensor is not supported for capturable=False and foreach=True")
        if isinstance(value, Tensor) and value.numel() != 1:
            raise ValueError(f"Tensor {name} must be 1-element")
    if not any(isinstance(betas[0], kind) and isinstance(betas[1], kind) for kind in (float, Tensor)):
        raise ValueError("betas must be either both floats or both Tensors")


def _scalar(value: Any) -> Any:
    return value.squeeze() if isinstance(value, Tensor) and value.dim() else value


class AdamW(Adam):
    """Adam with weight decay apart from the gradient (Loshchilov and Hutter, 2019).

    The parameter is first multiplied by ``1 - lr * weight_decay``. Source of the semantics: ``torch.optim.AdamW``.
    """

    def __init__(
        self, params: Any, lr: float | Tensor = 1e-3, betas: tuple[_Beta, _Beta] = (0.9, 0.999), eps: float = 1e-8,
        weight_decay: float = 1e-2, amsgrad: bool = False, *, maximize: bool = False, foreach: bool | None = None,
        capturable: bool = False, differentiable: bool = False, fused: bool | None = None,
    ) -> None:  # fmt: skip
        super().__init__(
            params, lr, betas, eps, weight_decay, amsgrad, foreach=foreach, maximize=maximize, capturable=capturable,
            differentiable=differentiable, fused=fused, decoupled_weight_decay=True,
        )  # fmt: skip

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)
        for group in self.__dict__.get("param_groups", ()):
            group["decoupled_weight_decay"] = True  # whatever a state that is loaded says


def adam(
    params: list[Tensor], grads: list[Tensor], exp_avgs: list[Tensor], exp_avg_sqs: list[Tensor],
    max_exp_avg_sqs: list[Tensor], state_steps: list[Tensor], foreach: bool | None = None, capturable: bool = False,
    differentiable: bool = False, fused: bool | None = None, grad_scale: Tensor | None = None,
    found_inf: Tensor | None = None, has_complex: bool = False, decoupled_weight_decay: bool = False, *, amsgrad: bool,
    beta1: _Beta, beta2: _Beta, lr: float | Tensor, weight_decay: float, eps: float, maximize: bool,
) -> None:  # fmt: skip
    """Make a step of Adam on lists of parameters, gradients and states, which are written into.

    Lists of what an option does without are empty. Source of the semantics: ``torch.optim.adam.adam``.
    """
    ready = unscaled(grads, grad_scale, found_inf)
    if ready is None:
        return
    lists: Lists = {
        "step": state_steps,
        "exp_avg": exp_avgs,
        "exp_avg_sq": exp_avg_sqs,
        "max_exp_avg_sq": max_exp_avg_sqs,
    }
    options = {
        "amsgrad": amsgrad, "lr": lr, "weight_decay": weight_decay, "eps": eps, "maximize": maximize,
        "decoupled_weight_decay": decoupled_weight_decay, "betas": (beta1, beta2), "capturable": capturable,
    }  # fmt: skip
    step_on_lists(Adam, params, ready, lists, options, differentiable)
