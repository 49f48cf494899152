"""What can be wrong with a derivative: a change to the gradient of one operand that a rule gives."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import flambeau
from flambeau.extend import from_array
from flambeau.ops import Row

from .hooking import touched
from .survey import Watch

__all__ = ["DerivativeFault", "derivative_faults", "dtypes_of", "plant", "watched"]

Gradient = Any
Change = Callable[[Any, Gradient, Sequence[Gradient]], Gradient]
"""From a node, the gradient of one operand and those of all to another gradient."""


def _times(factor: float) -> Change:
    return lambda node, grad, grads: grad * factor if _any(grad != 0) else grad


def _detached(node: Any, grad: Gradient, grads: Sequence[Gradient]) -> Gradient:
    return grad.detach() if grad.requires_grad else grad


def _steeper(node: Any, grad: Gradient, grads: Sequence[Gradient]) -> Gradient:
    """The same value, whose own derivative is doubled."""
    if not grad.requires_grad:
        return grad
    return grad.detach() + (grad - grad.detach()) * 2


def _without_nan(node: Any, grad: Gradient, grads: Sequence[Gradient]) -> Gradient:
    """0 for a nan that the rule itself makes."""
    return flambeau.where(flambeau.isnan(grad), flambeau.zeros_like(grad), grad) if _any(flambeau.isnan(grad)) else grad


def _last(node: Any, grad: Gradient, grads: Sequence[Gradient]) -> Gradient:
    if grad.numel() < 2 or not _any(grad.reshape(-1)[-1:] != 0):
        return grad
    change = flambeau.ones(grad.numel(), dtype=grad.dtype)
    change[-1] = 2
    return grad * change.reshape(grad.shape)


def _of_dtype(*names: str) -> Change:
    double = _times(2)
    return lambda node, grad, grads: (
        double(node, grad, grads) if str(grad.dtype).removeprefix("torch.") in names else grad
    )


def _of_complex(node: Any, grad: Gradient, grads: Sequence[Gradient]) -> Gradient:
    return grad.conj().resolve_conj() if grad.is_complex() and _any(grad.imag != 0) else grad


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
                return _wrong(grad, held)
        return grad

    return change


def _equal(node: Any, grad: Gradient, grads: Sequence[Gradient]) -> Gradient:
    one, two, *_ = [*_saved(node, grad), None, None]
    if one is None or two is None or one.dtype is not two.dtype or not _any(one == two):
        return grad
    return _wrong(grad, one == two)


def _wrong(grad: Gradient, held: Any) -> Gradient:
    """Another number wherever ``held``: 0 for nan and infinities."""
    new = flambeau.where(flambeau.isfinite(grad), grad * 1.5 + 1, flambeau.zeros_like(grad))
    return flambeau.where(held, new, grad)


def _saved(node: Any, grad: Gradient) -> list[Any]:
    found = [_as_tensor(each) for each in node._saved or ()]
    return [each for each in found if each is not None and each.shape == grad.shape and not each.is_complex()]


def _as_tensor(saved: Any) -> Any:
    """What is saved, if it is a tensor; an output is kept as an array, its type and more."""
    if isinstance(saved, flambeau.Tensor):
        return saved.detach()
    return from_array(*saved[:2]) if isinstance(saved, tuple) and len(saved) == 4 else None


def _has_nan(given: Any) -> bool:
    """Whether nan comes in, with the gradient of an output or of one of several."""
    every = given if isinstance(given, list) else [given]
    return any(_any(flambeau.isnan(each)) for each in every if each is not None)


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


_OF_SAVED = ("saved", "operands")

_SWAP, _UNFIT = "swap", "unfit"


@dataclass(frozen=True)
class DerivativeFault:
    """A fault of a rule.

    Attributes:
        name, family: what is wrong, and the column of the matrix.
        place, operand: the operand whose gradient it is, its number and its name.
        change: what becomes of it; None if there is none; or the name of what is wrong with all gradients.
    """

    name: str
    family: str
    place: int
    change: Change | str | None
    operand: str = ""


_DTYPES = {
    "halves": ("float16", "bfloat16"), "float32": ("float32",), "complex": ("complex64", "complex128"),
    "conjugated": ("complex64", "complex128"),
}  # fmt: skip


def dtypes_of(fault: DerivativeFault) -> tuple[str, ...]:
    """The dtypes in which alone a fault is one, by the last word of its name."""
    return _DTYPES.get(fault.name.rpartition(" ")[2], ())


_STILL = ("zero_gradient", "_still", "_other_still")
"""The formulas of gradients that are always 0: no multiple of them is wrong, no point another, nor one for another."""

_NONE = ("no_derivative.", "_no_second.")
"""What makes formulas that raise, because there is no derivative."""


def derivative_faults(row: Row) -> Iterator[DerivativeFault]:
    """The faults of a row's rule: those of operands that have a derivative, and of what it saves."""
    rule: Any = row.rule
    formulas = _formulas(rule)
    saves = any(kind != "value" for kind in rule.kinds)
    tensors = [each for each in row.parameters if each.is_tensor]
    for place, parameter in enumerate(tensors):
        if parameter.name not in formulas:
            continue
        still = formulas[parameter.name].__name__ in _STILL
        for name, (family, change) in () if still else _CHANGES.items():
            if saves or not any(word in name for word in _OF_SAVED):
                yield DerivativeFault(f"the gradient of {parameter.name} {name}", family, place, change, parameter.name)
        yield DerivativeFault(f"there is no gradient of {parameter.name}", "derivative", place, None, parameter.name)
    if len(formulas) > 1 and not all(formula.__name__ in _STILL for formula in formulas.values()):
        yield DerivativeFault("the gradients of two operands are swapped", "derivative", 0, _SWAP)
    if len(tensors) > 1 and row.promotion:
        yield DerivativeFault("gradients are not summed over broadcast dims", "derivative", 0, _UNFIT)


def _formulas(rule: Any) -> dict[str, Any]:
    """The formulas by operand; not those that say that there is no derivative."""
    _compile(rule)
    found = getattr(rule.apply, "__globals__", {})
    return {
        name.removeprefix("formula_"): formula
        for name, formula in found.items()
        if name.startswith("formula_") and not formula.__qualname__.startswith(_NONE)
    }


def _compile(rule: Any) -> None:
    if compile_now := getattr(rule.apply, "compile_now", None):
        compile_now()


def _places(rule: Any, grads: Sequence[Gradient], place: int) -> Sequence[int]:
    """The gradients that a fault is of: all of those of a sequence of tensors."""
    every = range(len(grads)) if len(rule.users) == 1 and len(grads) > 2 else (place,)
    return [at for at in every if at < len(grads) and grads[at] is not None]


def plant(rule: Any, fault: DerivativeFault) -> Callable[[], None]:
    """Change what a rule gives; what comes back ends that."""
    _compile(rule)
    original, change = rule.apply, fault.change

    def apply(node: Any, grad: Any) -> Any:
        if change == _UNFIT:
            return _unfitted(original, node, grad)
        grads = list(original(node, grad))
        if change == _SWAP:
            return _swapped(grads)
        if change is _without_nan and _has_nan(grad):
            return grads
        for at in _places(rule, grads, fault.place):
            new = None if change is None else change(node, grads[at], grads)  # type: ignore[operator]
            touched[0] += new is not grads[at]
            grads[at] = new
        return grads

    rule.apply = apply
    return partial(setattr, rule, "apply", original)


def watched(rule: Any, place: str, faults: Sequence[DerivativeFault], watch: Watch) -> None:
    """Note which faults would change what a rule gives."""
    _compile(rule)
    original = rule.apply

    def apply(node: Any, grad: Any) -> Any:
        if not watch.wanted(place):
            return original(node, grad)
        fits = node._fits is not None
        grads = list(original(node, grad))
        watch.look(place, {fault.name: partial(_shows, rule, fault, node, grads, grad, fits) for fault in faults})
        return grads

    rule.apply = apply


def _shows(rule: Any, fault: DerivativeFault, node: Any, grads: list[Gradient], given: Any, fits: bool) -> bool:
    change = fault.change
    if change == _UNFIT:
        return fits
    if change == _SWAP:
        return _can_be_swapped(grads)
    if change is _without_nan and _has_nan(given):
        return False
    return any(
        change is None or change(node, grads[at], grads) is not grads[at]  # type: ignore[operator]
        for at in _places(rule, grads, fault.place)
    )


def _can_be_swapped(grads: Sequence[Gradient]) -> bool:
    """Whether the first two are there, of one shape, and not the same numbers."""
    one, two, *_ = [*grads, None, None]
    if one is None or two is None or one is two or one.shape != two.shape:
        return False
    return _any((one != two) & ~(flambeau.isnan(one) & flambeau.isnan(two)))


def _swapped(grads: list[Any]) -> list[Any]:
    if _can_be_swapped(grads):
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
