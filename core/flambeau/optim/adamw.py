"""AdamW, which is Adam with a decay apart from the gradient."""

from __future__ import annotations

from flambeau._tensor import Tensor

from .adam import AdamW as AdamW
from .adam import adam

__all__ = ["AdamW", "adamw"]

_Beta = float | Tensor


def adamw(
    params: list[Tensor], grads: list[Tensor], exp_avgs: list[Tensor], exp_avg_sqs: list[Tensor],
    max_exp_avg_sqs: list[Tensor], state_steps: list[Tensor], foreach: bool | None = None, capturable: bool = False,
    differentiable: bool = False, fused: bool | None = None, grad_scale: Tensor | None = None,
    found_inf: Tensor | None = None, has_complex: bool = False, *, amsgrad: bool, beta1: _Beta, beta2: _Beta,
    lr: float | Tensor, weight_decay: float, eps: float, maximize: bool,
) -> None:  # fmt: skip
    """Make a step of AdamW on lists; see :func:`flambeau.optim.adam.adam`.

    Source of the semantics: ``torch.optim.adamw.adamw``.
    """
    adam(
        params, grads, exp_avgs, exp_avg_sqs, max_exp_avg_sqs, state_steps, foreach, capturable, differentiable, fused,
        grad_scale, found_inf, has_complex, True, amsgrad=amsgrad, beta1=beta1, beta2=beta2, lr=lr,
        weight_decay=weight_decay, eps=eps, maximize=maximize,
    )  # fmt: skip
