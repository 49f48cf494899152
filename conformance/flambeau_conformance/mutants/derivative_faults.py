"""What can be wrong with a derivative: a change to the gradient of one operand that a rule gives."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import flambeau
from flambeau.ops import Row

from .hooking import touched

__all__ = ["derivative_faults", "plant"]

Gradient = Any
Change = Callable[[Any, Gradient, Sequence[Gradient]], Gradient]
"""From a node, the gradient of one operand and those of all to another gradient."""


def _times(factor: float) -> Change:
    return lambda node, grad, grads: grad * factor


def _detached(node: Any, grad: Gradient, grads: Sequence[Gradient]) -> Gradient:
    return grad.detach() if grad.requires_grad else grad


def _steeper(node: Any, grad: Gradient, grads: Sequence[Gradient]) -> Gradient:
    """The same value, whose own derivative is doubled."""
    if not grad.requires_grad:
        return grad
    return grad.detach() + (grad - grad.detach()) * 2


def _without_nan(node: Any, grad: Gradient, grads: Sequence[Gradient]) -> Gradient:
    return flambeau.where(flambeau.isnan(grad), flambeau.zeros_like(grad), grad) if _any(flambeau.isnan(grad)) else grad


def _last(node: Any, grad: Gradient, grads: Sequence[Gradient]) -> Gradient:
    if grad.numel() < 2:
        return grad
    change = flambeau.ones(grad.numel(), dtype=grad.dtype)
    change[-1] = 2
    return grad * change.reshape(grad.shape)


def _of_dtype(*names: str) -> Change:
    return lambda node, grad, grads: grad * 2 if str(grad.dtype).removeprefix("torch.") in names else grad


def _of_complex(node: Any, grad: Gradient, grads: Sequence[Gradient]) -> Gradient:
    return grad.conj().resolve_conj() if grad.is_complex() else grad


def _widened(node: Any, grad: Gradient, grads: Sequence[Gradient]) -> Gradient:
    return grad.double() if grad.dtype is flambeau.float32 else grad


def _expanded(node: Any, grad: Gradient, grads: Sequence[Gradient]) -> Gradient:
    """The gradient in memory of another order."""
    return grad.transpose(0, -1).contiguous().transpose(0, -1) if grad.dim() > 1 and grad.is_contiguous() else grad


def _region(mask: Callable[[Any], Any]) -> Change:
    """Wrong where a saved tensor is in a region."""

    def change(node: Any, grad: Gradient, grads: Sequence[Gradient]) -> Gradient:
        for saved in _saved(node, grad):
            held = mask(saved)
            if _any(held):
                return grad + held.to(grad.dtype)
        return grad

    return change


def _equal(node: Any, grad: Gradient, grads: Sequence[Gradient]) -> Gradient:
    one, two, *_ = [*_saved(node, grad), None, None]
    if one is None or two is None or one.dtype is not two.dtype or not _any(one == two):
        return grad
    return grad + (one == two).to(grad.dtype)


def _saved(node: Any, grad: Gradient) -> list[Any]:
    found = [each for each in node._saved or () if isinstance(each, flambeau.Tensor)]
    return [each.detach() for each in found if each.shape == grad.shape and not each.is_complex()]


def _any(mask: Any) -> bool:
    return bool(mask.any().item())


_CHANGES: dict[str, tuple[str, Change]] = {
    "has the other sign": ("derivative", _times(-1)),
    "is doubled": ("derivative", _times(2)),
    "is off by a thousandth": ("derivative", _times(1.001)),
    "has no history": ("second derivative", _detached),
    "has a doubled derivative": ("second derivative", _steeper),
    "is 0 where it is nan": ("derivative at points", _without_nan),
    "has a wrong last element": ("derivative", _last),
    "is doubled in halves": ("derivative dtype", _of_dtype("float16", "bfloat16")),
    "is doubled in float32": ("derivative dtype", _of_dtype("float32")),
    "is doubled in complex": ("derivative dtype", _of_dtype("complex64", "complex128")),
    "is conjugated": ("derivative dtype", _of_complex),
    "is float64 of float32": ("derivative dtype", _widened),
    "is wrong where a saved value is 0": ("derivative at points", _region(lambda saved: saved == 0)),
    "is wrong where a saved value is 1": ("derivative at points", _region(lambda saved: saved == 1)),
    "is wrong where a saved value is negative": ("derivative at points", _region(lambda saved: saved < 0)),
    "is wrong where a saved value is large": ("derivative at points", _region(lambda saved: abs(saved) > 20)),
    "is wrong where a saved value is infinite": ("derivative at points", _region(lambda saved: abs(saved) == flambeau.inf)),
    "is wrong where operands are equal": ("derivative at points", _equal),
}  # fmt: skip


def derivative_faults(row: Row) -> Iterator[tuple[str, str, int, Any]]:
    """Name, family, operand and change of each fault of a row's rule."""
    tensors = [each for each in row.parameters if each.is_tensor]
    for place, parameter in enumerate(tensors):
        for name, (family, change) in _CHANGES.items():
            yield f"the gradient of {parameter.name} {name}", family, place, change
        yield f"there is no gradient of {parameter.name}", "derivative", place, None
    if len(tensors) > 1:
        yield "the gradients of two operands are swapped", "derivative", 0, "swap"
        yield "gradients are not summed over broadcast dims", "derivative", 0, "fits"


def plant(rule: Any, place: int, change: Any) -> None:
    """Change what a rule gives."""
    if compile_now := getattr(rule.apply, "compile_now", None):
        compile_now()
    original = rule.apply

    def apply(node: Any, grad: Any) -> Any:
        if change == "fits":
            return _unfitted(original, node, grad)
        grads = list(original(node, grad))
        if change == "swap":
            return _swapped(grads)
        for at in range(len(grads)) if len(rule.users) == 1 and len(grads) > 2 else (place,):
            if at < len(grads) and grads[at] is not None:
                new = None if change is None else change(node, grads[at], grads)
                touched[0] += new is not grads[at]
                grads[at] = new
        return grads

    rule.apply = apply


def _swapped(grads: list[Any]) -> list[Any]:
    if len(grads) > 1 and grads[0] is not None and grads[1] is not None and grads[0].shape == grads[1].shape:
        touched[0] += 1
        grads[0], grads[1] = grads[1], grads[0]
    return grads


def _unfitted(original: Any, node: Any, grad: Any) -> Any:
    fits = node._fits
    if fits is None:
        return original(node, grad)
    touched[0] += 1
    node._fits = None
    try:
        return original(node, grad)
    finally:
        node._fits = fits
