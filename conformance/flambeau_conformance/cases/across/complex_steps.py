"""Steps of SGD on complex parameters, beside the formula in Python's complex numbers."""

from __future__ import annotations

from cmath import isclose
from functools import partial
from typing import Any

from ...checks import expect
from ...declare import case
from ...subject import Subject

_DTYPES = {"complex64": 1e-5, "complex128": 1e-13}
_START = [1 + 2j, -3j, 0.7 - 0.1j]
_GRADS = [0.1 + 1j, 2.0 + 0j, -1.3 - 0.7j]
_OPTIONS: dict[str, dict[str, Any]] = {
    "plain": {},
    "momentum": {"momentum": 0.9, "dampening": 0.3},
    "decay": {"weight_decay": 0.37, "maximize": True},
}


def _steps(options: dict[str, Any]) -> list[complex]:
    """The numbers after two steps, the second on twice the gradient."""
    numbers, buffers = list(_START), [0j] * len(_START)
    momentum, dampening = options.get("momentum", 0.0), options.get("dampening", 0.0)
    for step in (1, 2):
        for place, grad in enumerate(_GRADS):
            slope = (
                grad * step * (-1 if options.get("maximize") else 1) + options.get("weight_decay", 0.0) * numbers[place]
            )
            buffers[place] = slope if step == 1 else momentum * buffers[place] + (1 - dampening) * slope
            numbers[place] -= 0.1 * (buffers[place] if momentum else slope)
    return numbers


def _check(subject: Subject, dtype: str, options: dict[str, Any]) -> None:
    t, kind = subject.torch, getattr(subject.torch, dtype)
    x = t.tensor(_START, dtype=kind, requires_grad=True)
    optimizer = t.optim.SGD([x], lr=0.1, **options)
    for step in (1, 2):
        x.grad = t.tensor(_GRADS, dtype=kind) * step
        optimizer.step()
    for found, wanted in zip(x.detach().tolist(), _steps(options), strict=True):
        expect(
            isclose(found, wanted, rel_tol=_DTYPES[dtype]), f"after two steps there is {found!r}, expected {wanted!r}"
        )


for _dtype in _DTYPES:
    for _name, _given in _OPTIONS.items():
        case(f"optim.SGD/complex/{_name}/{_dtype}", dtypes=(_dtype,))(partial(_check, dtype=_dtype, options=_given))
