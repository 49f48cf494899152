"""Adam for sparse gradients."""

from __future__ import annotations

from typing import Any, ClassVar

from flambeau._tensor import Tensor
from flambeau.ops.creation.filled import zeros_like

from ._stepping import Group, States, StepByParameter, add_at, add_stored, check_shape, checked

__all__ = ["SparseAdam", "sparse_adam"]


class SparseAdam(StepByParameter):
    """Adam that changes only the elements that a sparse gradient stores, and their running averages.

    With the stored elements g of the gradient (negative if ``maximize``), where they are stored::

        m = m + (1 - beta1) * (g - m)
        v = v + (1 - beta2) * (g * g - v)
        parameter -= lr * sqrt(1 - beta2**step) / (1 - beta1**step) * m / (sqrt(v) + eps)

    Source of the semantics: ``torch.optim.SparseAdam``.

    Raises:
        ValueError: a parameter is sparse itself, or an option is out of range.

    Example:
        >>> import flambeau as torch
        >>> table = torch.nn.Embedding.from_pretrained(torch.ones(3, 1), freeze=False, sparse=True)
        >>> optimizer = torch.optim.SparseAdam(table.parameters(), lr=0.1)
        >>> table(torch.tensor([1])).sum().backward()
        >>> optimizer.step()
        >>> table.weight.detach()
        tensor([[1.0000],
                [0.9000],
                [1.0000]])
    """

    _numbers: ClassVar[dict[str, float]] = {}

    def __init__(
        self, params: Any, lr: float | Tensor = 1e-3, betas: tuple[float, float] = (0.9, 0.999), eps: float = 1e-8,
        maximize: bool = False,
    ) -> None:  # fmt: skip
        options = checked({"lr": lr, "betas": betas, "eps": eps, "maximize": maximize})
        for words, value in (("learning rate", lr), ("epsilon value", eps)):
            if value == 0:
                raise ValueError(f"Invalid {words}: {value}")
        super().__init__(params, options)

    def add_param_group(self, param_group: dict[str, Any]) -> None:
        """Add strided parameters with options of their own; see :meth:`Optimizer.add_param_group`."""
        given = param_group["params"]
        entries = [given] if isinstance(given, Tensor) else list(given)
        parameters = [entry[1] if isinstance(entry, tuple) else entry for entry in entries]
        number = len(self.param_groups)
        sparse = [[number, place] for place, each in enumerate(parameters) if getattr(each, "_sparse", False)]
        if sparse:
            raise ValueError(f"Sparse params at indices {sparse}: SparseAdam requires dense parameter tensors")
        tensors = [(place, each) for place, each in enumerate(parameters) if isinstance(each, Tensor)]
        paired = [[number, place] for place, each in tensors if each.is_complex()]
        if paired:
            raise ValueError(f"Complex params at indices {paired}: SparseAdam does not support complex parameters")
        super().add_param_group(param_group | {"params": entries})

    _particular = True

    def _check(self, parameter: Tensor, grad: Tensor, group: Group) -> None:
        if not grad._sparse:
            raise RuntimeError("SparseAdam does not support dense gradients, please consider Adam instead")

    def _update(self, parameter: Tensor, grad: Any, group: Group) -> None:
        state = self.state[parameter]
        if not state:
            state |= {
                "step": 0,
                "exp_avg": zeros_like(parameter.detach()),
                "exp_avg_sq": zeros_like(parameter.detach()),
            }
        state["step"] += 1
        _step(parameter, grad, state, group)


def _step(parameter: Tensor, grad: Any, state: States, group: Group) -> None:
    """One step where a gradient stores elements, the one that ``state["step"]`` says."""
    for name, each in (("gradient", grad), ("exp_avg", state["exp_avg"]), ("exp_avg_sq", state["exp_avg_sq"])):
        check_shape(name, parameter.shape, each.shape)
    grad = grad.to_sparse_coo().coalesce()
    if not grad._nnz():
        return
    beta1, beta2 = group["betas"]
    places = tuple(grad._indices().unbind(0))
    stored = -grad._values() if group["maximize"] else grad._values()
    changes, averages = [], []
    for name, target, beta in (("exp_avg", stored, beta1), ("exp_avg_sq", stored * stored, beta2)):
        old = state[name][places]
        changes.append((target - old) * (1 - beta))
        averages.append(old + changes[-1])
        add_at(state[name], places, changes[-1])
    corrections = 1 - beta1 ** state["step"], 1 - beta2 ** state["step"]
    rate = float(group["lr"]) * corrections[1] ** 0.5 / corrections[0]
    add_stored(parameter, grad.with_values(averages[0] / (averages[1].sqrt() + group["eps"])), -rate)


def sparse_adam(
    params: list[Tensor], grads: list[Tensor], exp_avgs: list[Tensor], exp_avg_sqs: list[Tensor], state_steps: list[int],
    *, eps: float, beta1: float, beta2: float, lr: float, maximize: bool,
) -> None:  # fmt: skip
    """Make a step of SparseAdam on lists; ``state_steps`` counts from 1. Source: ``torch.optim._functional.sparse_adam``."""
    options = {"eps": eps, "betas": (beta1, beta2), "lr": lr, "maximize": maximize}
    for parameter, grad, mean, square, step in zip(params, grads, exp_avgs, exp_avg_sqs, state_steps, strict=True):
        _step(parameter, grad, {"step": step, "exp_avg": mean, "exp_avg_sq": square}, options)
