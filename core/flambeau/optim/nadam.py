"""NAdam."""

from __future__ import annotations

from typing import Any, ClassVar

from flambeau._tensor import Tensor

from ._on_lists import Lists, step_on_lists
from ._stepping import Group, States, StepByFormula, add_quotient, by_kernel, checked, is_narrow, number

__all__ = ["NAdam", "nadam"]


class NAdam(StepByFormula):
    """Adam with Nesterov momentum (Dozat, 2016).

    With gradient g (plus ``weight_decay`` times the parameter; negative if ``maximize``)::

        mu = beta1 * (1 - 0.96 ** (step * momentum_decay) / 2), and mu_next likewise of the next step
        m = m + (1 - beta1) * (g - m)
        v = beta2 * v + (1 - beta2) * g * g
        d = sqrt(v / (1 - beta2**step)) + eps
        parameter -= lr * (1 - mu) / (1 - product of all mu) * g / d
        parameter -= lr * mu_next / (1 - product of all mu, and mu_next) * m / d

    ``decoupled_weight_decay`` leaves the gradient alone and multiplies the parameter by ``1 - lr * weight_decay`` first.

    ``foreach`` chooses between implementations in PyTorch; here it is kept, and changes nothing. If ``capturable``, CUDA
    graphs can capture steps. If ``differentiable``, the step is recorded for derivatives.
    Source of the semantics: ``torch.optim.NAdam``.

    Raises:
        ValueError: an option is out of range.

    Example:
        >>> import flambeau as torch
        >>> x = torch.tensor([1.0], requires_grad=True)
        >>> optimizer = torch.optim.NAdam([x], lr=0.1)
        >>> (x * x).sum().backward()
        >>> optimizer.step()
        >>> x
        tensor([0.8944], requires_grad=True)
    """

    _numbers: ClassVar[dict[str, float]] = {"step": 0.0, "mu_product": 1.0}

    def __init__(
        self, params: Any, lr: float | Tensor = 2e-3, betas: tuple[float, float] = (0.9, 0.999), eps: float = 1e-8,
        weight_decay: float = 0, momentum_decay: float = 4e-3, decoupled_weight_decay: bool = False, *,
        foreach: bool | None = None, maximize: bool = False, capturable: bool = False, differentiable: bool = False,
    ) -> None:  # fmt: skip
        super().__init__(params, checked({
            "lr": lr, "betas": betas, "eps": eps, "weight_decay": weight_decay, "momentum_decay": momentum_decay,
            "decoupled_weight_decay": decoupled_weight_decay, "maximize": maximize, "foreach": foreach,
            "capturable": capturable, "differentiable": differentiable,
        }))  # fmt: skip

    def _averages(self, group: Group) -> tuple[str, ...]:
        return ("exp_avg", "exp_avg_sq")

    def _by_kernel(self, parameter: Tensor, grad: Tensor, states: States, group: Group) -> bool:
        (beta1, beta2), averages = group["betas"], [states["exp_avg"], states["exp_avg_sq"]]
        product, *rates = self._rates(states, group)
        decay, decoupled = float(group["weight_decay"]), group["decoupled_weight_decay"]
        done = not is_narrow(parameter) and by_kernel(
            "nadam_step", parameter, grad, averages, *map(float, rates), 1 - beta2 ** states["step"].item(), beta1, beta2,
            group["eps"], 0.0 if decoupled else decay, 1 - float(group["lr"]) * decay if decoupled else 1.0,
            group["maximize"],
        )  # fmt: skip
        if done:
            states["mu_product"].copy_(product)
        return done

    def _rates(self, states: States, group: Group) -> tuple[Tensor, Any, Any]:
        """The product of all mu, and by how much the parameter goes along the gradient and along the average."""
        (beta1, _), lr, step = group["betas"], number(group["lr"]), number(states["step"])
        mu, mu_next = (beta1 * (1.0 - 0.5 * 0.96 ** (each * group["momentum_decay"])) for each in (step, step + 1))
        product = states["mu_product"] * mu
        so_far = number(product)
        return product, lr * (1.0 - mu) / (1.0 - so_far), lr * mu_next / (1.0 - so_far * mu_next)

    def _formula(self, parameter: Tensor, grad: Tensor, states: States, group: Group) -> tuple[Tensor, States]:
        (beta1, beta2), step = group["betas"], number(states["step"])
        product, grad_rate, mean_rate = self._rates(states, group)
        mean = states["exp_avg"].lerp(grad, 1 - beta1)
        square = states["exp_avg_sq"].mul(beta2).addcmul(grad, grad, value=1 - beta2)
        root = square.div(1 - beta2**step).sqrt() + group["eps"]
        changed = add_quotient(parameter, grad, root, -grad_rate)
        changed = add_quotient(changed, mean, root, -mean_rate)
        return changed, {"mu_product": product, "exp_avg": mean, "exp_avg_sq": square}


def nadam(
    params: list[Tensor], grads: list[Tensor], exp_avgs: list[Tensor], exp_avg_sqs: list[Tensor], mu_products: list[Tensor],
    state_steps: list[Tensor], decoupled_weight_decay: bool = False, foreach: bool | None = None, capturable: bool = False,
    differentiable: bool = False, has_complex: bool = False, maximize: bool = False, *, beta1: float, beta2: float,
    lr: float, weight_decay: float, momentum_decay: float, eps: float,
) -> None:  # fmt: skip
    """Make a step of NAdam on lists of parameters, gradients and states, which are written into.

    Source of the semantics: ``torch.optim.nadam.nadam``.
    """
    lists: Lists = {"step": state_steps, "mu_product": mu_products, "exp_avg": exp_avgs, "exp_avg_sq": exp_avg_sqs}
    options = {
        "lr": lr, "eps": eps, "weight_decay": weight_decay, "momentum_decay": momentum_decay,
        "decoupled_weight_decay": decoupled_weight_decay, "maximize": maximize, "betas": (beta1, beta2), "capturable": capturable,
    }  # fmt: skip
    step_on_lists(NAdam, params, grads, lists, options, differentiable)
