"""Gradients of functions that choose an element: they go to that element, wherever it stands, in every dtype."""

from collections.abc import Callable
from functools import partial
from typing import Any

from ...checks import expect_equal
from ...declare import case
from ...subject import Subject

_CHOICES: dict[str, tuple[Callable[[Any, Any], Any], list[float]]] = {
    "max": (lambda t, x: x.max(), [3.0, 1.0, 0.0, -2.0]),
    "max-dim": (lambda t, x: x.max(0).values, [3.0, 1.0, 0.0, -2.0]),
    "min": (lambda t, x: x.min(), [-3.0, 1.0, 0.0, 2.0]),
    "min-dim": (lambda t, x: x.min(0).values, [-3.0, 1.0, 0.0, 2.0]),
    "amax": (lambda t, x: x.amax(), [3.0, 1.0, 0.0, -2.0]),
    "amin": (lambda t, x: x.amin(), [-3.0, 1.0, 0.0, 2.0]),
    "median": (lambda t, x: x.median(), [1.0, 3.0, 0.0, 5.0]),
    "median-dim": (lambda t, x: x.median(0).values, [1.0, 3.0, 0.0, 5.0]),
    "nanmedian": (lambda t, x: x.nanmedian(), [1.0, 3.0, 0.0, 5.0]),
    "kthvalue": (lambda t, x: x.kthvalue(2).values, [1.0, 3.0, 0.0, 5.0]),
    "mode": (lambda t, x: x.mode().values, [-3.0, 1.0, 0.0, 2.0]),
    "topk": (lambda t, x: x.topk(1).values[0], [3.0, 1.0, 0.0, -2.0]),
}
"""Each with elements the first of which is chosen."""


def _check(subject: Subject, function: Callable[[Any, Any], Any], elements: list[float], dtype: str) -> None:
    t, kind = subject.torch, getattr(subject.torch, dtype)
    for shift in range(len(elements)):
        turned = elements[-shift:] + elements[:-shift]
        x = t.tensor(turned, dtype=kind, requires_grad=True)
        chosen = function(t, x)
        expect_equal(chosen.tolist(), elements[0], f"the element chosen of {turned}")
        (found,) = t.autograd.grad(chosen, x, t.tensor(2.0, dtype=kind))
        expect_equal(str(found.dtype), f"torch.{dtype}", "the dtype of the gradient")
        expect_equal(
            found.tolist(), [2.0 * (place == shift) for place in range(len(elements))], f"the gradient of {turned}"
        )


for _name, (_function, _elements) in _CHOICES.items():
    _op, _, _words = _name.partition("-")
    for _dtype in ("float64", "float32", "float16", "bfloat16"):
        _sample = f"places-{_words}" if _words else "places"
        case(f"{_op}/gradient/{_sample}/{_dtype}", dtypes=(_dtype, "int64"))(
            partial(_check, function=_function, elements=_elements, dtype=_dtype)
        )
