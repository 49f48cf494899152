"""Adafactor."""

from __future__ import annotations

from typing import Any

from flambeau._tensor import Tensor
from flambeau.ops.creation.filled import zeros_like
from flambeau.type_info import finfo

from ._stepping import Group, States, StepByFormula, StepByParameter, check_number, checked

__all__ = ["Adafactor"]


class Adafactor(StepByFormula):
    """Adafactor (Shazeer and Stern, 2018): of the squares of a matrix's gradient only rows and columns are remembered.

    With gradient g (negative if ``maximize``), rates ``rho = min(lr, 1 / sqrt(step))`` and ``w = step ** beta2_decay``::

        a = max(eps[1], root of the mean square of the parameter) * rho
        parameter *= 1 - lr * weight_decay
        r = r + w * (mean of g * g over the last dim - r)
        c = c + w * (mean of g * g over the last dim but one - c)
        u = g / sqrt(r @ c / max(mean of r, eps[0]))
        parameter -= a * u / max(1, root of the mean square of u / d)

    A parameter of less than two dims has the running average of its squared gradient in the place of ``r @ c / mean``.
    ``eps[0]`` is the dtype's eps if it is None. ``foreach`` chooses between implementations in PyTorch; here it is kept, and
    changes nothing. Source of the semantics: ``torch.optim.Adafactor``.

    Raises:
        ValueError: an option is out of range.
        RuntimeError: a parameter is complex, or a gradient sparse.

    Example:
        >>> import flambeau as torch
        >>> x = torch.tensor([1.0], requires_grad=True)
        >>> optimizer = torch.optim.Adafactor([x], lr=0.1)
        >>> (x * x).sum().backward()
        >>> optimizer.step()
        >>> x
        tensor([0.9000], requires_grad=True)
    """

    def __init__(
        self, params: Any, lr: float | Tensor = 1e-2, beta2_decay: float = -0.8, eps: tuple[float | None, float] = (None, 1e-3),
        d: float = 1.0, weight_decay: float = 0.0, *, foreach: bool | None = None, maximize: bool = False,
    ) -> None:  # fmt: skip
        options = {
            "lr": lr, "beta2_decay": beta2_decay, "eps": eps, "d": d, "weight_decay": weight_decay, "foreach": foreach,
            "maximize": maximize,
        }  # fmt: skip
        checked(options, but=("lr", "eps", "weight_decay"))
        check_number(lr, "Learning rate should be >= 0 but is")
        check_number(beta2_decay, "beta2_decay should be <= 0 but is", lambda value: value <= 0)
        check_number(0 if eps[0] is None else eps[0], "epsilon1 should be >= 0 but is")
        check_number(eps[1], "epsilon2 should be >= 0 but is")
        check_number(d, "Clipping threshold d should be >= 1 but is", lambda value: value >= 1)
        check_number(weight_decay, "weight_decay should be >= 0 but is")
        super().__init__(params, options)

    _particular = True

    def _check(self, parameter: Tensor, grad: Tensor, group: Group) -> None:
        if parameter.is_complex():
            raise RuntimeError("Adafactor does not support complex parameters")
        super()._check(parameter, grad, group)

    _update_group = StepByParameter._update_group  # a step depends on all elements of a parameter

    def _averages(self, group: Group) -> tuple[str, ...]:
        return ()

    def _first(self, parameter: Tensor, group: Group) -> States:
        states = super()._first(parameter, group)
        if parameter.dim() < 2:
            return states | {"variance": zeros_like(parameter.detach())}
        *front, rows, columns = parameter.shape
        return states | {
            "row_var": parameter.new_zeros((*front, rows, 1)),
            "col_var": parameter.new_zeros((*front, 1, columns)),
        }

    def _update(self, parameter: Tensor, grad: Tensor, group: Group) -> None:
        states = self._counted(parameter, group)
        least, small = group["eps"]
        least = finfo(parameter.dtype).eps if least is None else least
        lr, step = float(group["lr"]), states["step"].item()
        rate = max(small, _root_mean_square(parameter)) * min(lr, 1 / step**0.5)
        if group["maximize"]:
            grad = -grad
        if group["weight_decay"] != 0:
            parameter.mul_(1 - lr * group["weight_decay"])
        square = _average(grad, states, step ** group["beta2_decay"], least)
        update = square.clamp(min=least * least).rsqrt() * grad
        parameter.add_(update, alpha=-rate / max(1.0, _root_mean_square(update) / group["d"]))


def _average(grad: Tensor, states: States, weight: float, least: float) -> Tensor:
    """The running average of the squared gradient, after the states have taken in a gradient."""
    if grad.dim() < 2:
        states["variance"].lerp_(grad * grad, weight)
        return states["variance"]  # type: ignore[no-any-return]
    for name, dim in (("row_var", -1), ("col_var", -2)):
        states[name].lerp_(grad.norm(dim=dim, keepdim=True).square_().div_(grad.size(dim)), weight)
    rows, columns = states["row_var"], states["col_var"]
    return (rows @ columns).div_(rows.mean(dim=-2, keepdim=True).clamp_(min=least))  # type: ignore[no-any-return]


def _root_mean_square(input: Tensor) -> float:
    return float(input.norm(2).item() / max(1, input.numel()) ** 0.5)
