"""Numbers drawn into a tensor that has a history: the same ones as into others, with nothing left of what was there."""

from typing import Any

from ...checks import expect, expect_equal
from ...declare import case
from ...programs import refusals
from ...subject import Subject

_DRAWS: dict[str, tuple[tuple[float, ...], tuple[float, ...], str]] = {
    "uniform_": ((5.0, 6.5), (2.0, 1.0), "uniform_ expects to return a [from, to) range, but found from=2 > to=1"),
    "normal_": ((5.0, 2.0), (0.0, -1.0), "normal expects std >= 0.0, but found std -1"),
    "log_normal_": ((0.5, 0.25), (0.0, -1.0), "log_normal_ expects std > 0.0, but found std=-1"),
    "exponential_": ((2.5,), (-1.0,), "exponential_ expects lambda > 0.0, but found lambda=-1"),
    "cauchy_": ((5.0, 2.0), (0.0, -1.0), "cauchy_ expects sigma > 0.0, but found sigma=-1"),
    "geometric_": ((0.25,), (2.0,), "geometric_ expects p to be in (0, 1), but got p=2"),
    "random_": ((5, 60), (5, 5), "random_ expects 'from' to be less than 'to', but got from=5 >= to=5"),
    "bernoulli_": ((0.25,), (2.0,), "bernoulli_ expects p to be in [0, 1], but got p=2"),
}
"""Of each method, bounds or parameters, some that it refuses, and what it says of these."""

_NO_CHOICE: dict[str, tuple[float, ...]] = {
    "uniform_": (1.0, 1.0), "normal_": (1.0, 0.0), "geometric_": (1 - 1e-6,), "random_": (1, 2), "bernoulli_": (1.0,),
}  # fmt: skip
"""Parameters with which all that can be drawn are ones."""


def _recorded(t: Any) -> Any:
    return t.ones(12, requires_grad=True) * 1


def _declare(name: str, parameters: tuple[float, ...]) -> None:
    @case(f"{name}/inplace/recorded-draws/-", dtypes=("float32",))
    def check(subject: Subject) -> None:
        t = subject.torch
        leaf = t.ones(12, requires_grad=True)
        streams = [t.Generator(device=leaf.device).manual_seed(7) for _ in range(2)]
        drawn = getattr(leaf * 1, name)(*parameters, generator=streams[0])
        expected = getattr(t.ones(12), name)(*parameters, generator=streams[1])
        expect_equal(drawn.tolist(), expected.tolist(), "what is drawn into a tensor with a history")
        expect(t.equal(streams[0].get_state(), streams[1].get_state()), "the generators are in different states")
        (slope,) = t.autograd.grad(drawn.sum(), leaf)
        expect_equal(slope.tolist(), [0.0] * 12, "the gradient of what was overwritten")


for _name, _entry in _DRAWS.items():
    _declare(_name, _entry[0])


def _declare_fixed(name: str, parameters: tuple[float, ...]) -> None:
    @case(f"{name}/gradient/recorded-draws-alike/-", dtypes=("float32",))
    def check(subject: Subject) -> None:
        """What is drawn is new, even if the tensor had the same elements before."""
        t = subject.torch
        leaf = t.ones(12, requires_grad=True)
        stream = t.Generator(device=leaf.device).manual_seed(7)
        drawn = getattr(leaf * 1, name)(*parameters, generator=stream)
        expect_equal(drawn.tolist(), [1.0] * 12)
        (slope,) = t.autograd.grad(drawn.sum(), leaf)
        expect_equal(slope.tolist(), [0.0] * 12, "the gradient of what was overwritten")


for _name, _parameters in _NO_CHOICE.items():
    _declare_fixed(_name, _parameters)


def _refused_by(name: str, parameters: tuple[float, ...]) -> Any:
    return lambda t: getattr(_recorded(t), name)(*parameters)


for _name, (_, _refused, _words) in _DRAWS.items():
    refusals(_name, {"recorded-draws": (_refused_by(_name, _refused), RuntimeError, _words)})

refusals("copy_", {
    "recorded-shape": (lambda t: _recorded(t).copy_(t.ones(2)), RuntimeError, "The size of tensor a (12) must match the size of tensor b (2) at non-singleton dimension 0"),
    "recorded-text": (lambda t: _recorded(t).copy_("text"), TypeError, "must be Tensor, not str"),
})  # fmt: skip
