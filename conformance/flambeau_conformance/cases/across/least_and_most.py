"""Results for zeros with a sign and for infinities among many numbers, and gradients of what takes everything."""

from __future__ import annotations

from collections.abc import Callable
from math import inf, nan
from typing import Any

from ...checks import expect_equal
from ...declare import case
from ...programs import programs
from ...subject import Subject

# -- zeros -----------------------------------------------------------------------------------------------


def _signs(t: Any, approximate: str) -> Any:
    zeros = t.tensor([-0.0] * 9 + [0.0])
    return t.nn.functional.gelu(zeros, approximate=approximate), t.nn.functional.gelu(
        zeros[:1], approximate=approximate
    )


_ZEROS = [[-0.0] * 9 + [0.0], [-0.0]]

programs("gelu", {
    "zeros": (lambda t: _signs(t, "none"), _ZEROS),
    "zeros-tanh": (lambda t: _signs(t, "tanh"), _ZEROS),
})  # fmt: skip


def _closed_shares(t: Any) -> Any:
    """The gradient of the logarithm of no share is what came, with its sign."""
    x = t.tensor([[0.0, -2000.0, -2000.0]], requires_grad=True)
    return t.autograd.grad(t.log_softmax(x, 1), x, t.tensor([[1.0, -0.0, 0.0]]))[0]


programs("log_softmax", {"closed-shares": (_closed_shares, [[0.0, -0.0, 0.0]])})

# -- infinities ------------------------------------------------------------------------------------------


def _last_of_many(t: Any) -> Any:
    """The largest of many numbers, some of which are infinite; the last of all is nan."""
    x = t.full((2, 700), 1e5)
    x[:, 7], x[:, 9], x[:, 11] = inf, inf, -inf
    x[1, 13] = nan
    values = [t.kthvalue(x, k, 1).values for k in (1, 2, 698, 699, 700)]
    return values, t.kthvalue(x[:1].expand(2, 700), 1).indices, t.kthvalue(x, 700, 1).indices[1]


_VALUES = [[-inf, -inf], [1e5, 1e5], [1e5, inf], [inf, inf], [inf, nan]]

programs("kthvalue", {"infinities": (_last_of_many, [_VALUES, [11, 11], 13])}, dtypes=("float32", "int64"))

# -- everything ------------------------------------------------------------------------------------------

_EVERYTHING: dict[str, Callable[[Any], Any]] = {
    "narrow": lambda x: x.narrow(1, 0, 3),
    "split": lambda x: x.split(3, 1)[0],
    "chunk": lambda x: x.chunk(1, 1)[0],
    "__getitem__": lambda x: x[0:2],
}
"""Functions that take a part, which here is all."""


def _declare(name: str, call: Callable[[Any], Any]) -> None:
    @case(f"{name}/alias/gradient-of-everything/-", dtypes=("float32",))
    def check(subject: Subject) -> None:
        t = subject.torch
        x, grad = t.ones(2, 3, requires_grad=True), t.arange(6.0).reshape(2, 3)
        (found,) = t.autograd.grad(call(x), x, grad)
        expect_equal(found.tolist(), grad.tolist(), "the gradient")
        found.fill_(9.0)
        expect_equal(grad.flatten().tolist(), [*map(float, range(6))], "what came, after a write to what went out,")


for _name, _call in _EVERYTHING.items():
    _declare(_name, _call)
