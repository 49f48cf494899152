"""Gradients of operands other than the first, of complex numbers, in half precision, and of what tensors are filled with."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from ...checks import expect, expect_equal
from ...declare import case
from ...subject import Subject

# -- in half precision, beside single ----------------------------------------------------------------------------------

_X, _Y = [5.0, 1.0, -2.5], [0.5, 3.0, 0.75]

_IN_HALVES: dict[str, tuple[Callable[..., Any], tuple[list[float], ...]]] = {
    "clamp": (lambda t, x, low, high: t.clamp(x, low, high), ([0.0, 1.0, 2.0], [0.5, 0.5, 0.5], [1.5, 1.5, 1.5])),
    "fmod": (lambda t, x, y: t.fmod(x, y), (_X, _Y)),
    "remainder": (lambda t, x, y: t.remainder(x, y), (_X, _Y)),
    "frexp": (lambda t, x: t.frexp(x).mantissa, (_X,)),
    "igamma": (lambda t, x: t.igamma(t.tensor(_Y, dtype=x.dtype), x), ([2.0, 1.5, 1.0],)),
    "igammac": (lambda t, x: t.igammac(t.tensor(_Y, dtype=x.dtype), x), ([2.0, 1.5, 1.0],)),
}


def _declare_halves(name: str, function: Callable[..., Any], values: tuple[list[float], ...]) -> None:
    @case(f"{name}/gradient/operands-halves/-", dtypes=("float16", "bfloat16", "float32"))
    def check(subject: Subject) -> None:
        t = subject.torch

        def slopes(dtype: Any) -> Any:
            operands = [t.tensor(each, dtype=dtype, requires_grad=True) for each in values]
            return t.autograd.grad(function(t, *operands).sum(), operands)

        for dtype, relative in ((t.float16, 0.02), (t.bfloat16, 0.1)):
            for found, exact in zip(slopes(dtype), slopes(t.float32), strict=True):
                expect_equal(str(found.dtype), str(dtype), "the dtype of the gradient")
                expect(t.allclose(found.float(), exact, relative, 0.01), f"{found} in {dtype}, {exact} in float32")


for _name, (_function, _values) in _IN_HALVES.items():
    _declare_halves(_name, _function, _values)


@case("clamp/gradient/limits-special/-", dtypes=("float32", "float64"))
def _of_limits(subject: Subject) -> None:
    """The gradient goes to the one of the three that is the result: the upper limit, where the limits cross."""
    t = subject.torch
    operands = ([0.0, 1.0, 2.0, 1.0], [0.5, 0.5, 0.5, 2.0], [1.5, 1.5, 1.5, 0.5])
    slopes = [[0.0, 4.0, 0.0, 0.0], [4.0, 0.0, 0.0, 0.0], [0.0, 0.0, 4.0, 4.0]]
    for dtype in (t.float32, t.float64):
        tensors = [t.tensor(each, dtype=dtype, requires_grad=True) for each in operands]
        found = t.autograd.grad((t.clamp(*tensors) * 4).sum(), tensors)
        expect_equal([each.tolist() for each in found], slopes, f"the gradients in {dtype}")


# -- of complex numbers ------------------------------------------------------------------------------------------------

_OF_COMPLEX: dict[str, tuple[Callable[..., Any], int]] = {
    "abs": (lambda t, x: t.abs(x), 1),
    "log1p": (lambda t, x: t.log1p(x), 1),
    "ldexp": (lambda t, x, y: t.ldexp(x, y), 2),
    "logaddexp": (lambda t, x, y: t.logaddexp(x, y), 2),
}


def _declare_complex(name: str, function: Callable[..., Any], operands: int) -> None:
    @case(f"{name}/gradient/operands-complex/complex128", dtypes=("complex128", "float64"))
    def check(subject: Subject) -> None:
        t = subject.torch
        values = ([1 + 2j, 3 - 0.5j], [0.5 - 1j, -0.25 + 0.75j])[:operands]
        xs = [t.tensor(each, dtype=t.complex128, requires_grad=True) for each in values]
        expect(t.autograd.gradcheck(lambda *xs: function(t, *xs), xs), "the first derivatives are wrong")


for _name, (_function, _operands) in _OF_COMPLEX.items():
    _declare_complex(_name, _function, _operands)

# -- of what a tensor is filled with -----------------------------------------------------------------------------------


def _filled(t: Any, value: Any) -> Any:
    return (t.ones(3, dtype=value.dtype, requires_grad=True) * 1).fill_(value)


@case("fill/gradient/value-special/-", dtypes=("float16", "bfloat16", "float32", "float64"))
def _of_value(subject: Subject) -> None:
    """The gradient of the number that a tensor is filled with is the sum of those of the elements."""
    t = subject.torch
    for dtype in (t.float32, t.float64, t.float16, t.bfloat16):
        for weights, expected in (([1.0, 2.0, 4.0], 7.0), ([math.inf, -math.inf, 1.0], math.nan)):
            value = t.tensor(2.0, dtype=dtype, requires_grad=True)
            seen: list[str] = []
            value.register_hook(lambda grad, seen=seen: seen.append(str(grad.dtype)))
            for filled in (_filled(t, value), t.fill(t.ones(3, dtype=dtype), value)):
                (found,) = t.autograd.grad((filled * t.tensor(weights, dtype=dtype)).sum(), value)
                same = math.isnan(found.item()) if math.isnan(expected) else found.item() == expected
                expect(same, f"the gradient is {found} in {dtype}, expected {expected}")
                expect_equal(str(found.dtype), str(dtype), "the dtype of the gradient")
            expect_equal(seen, [str(dtype)] * 2, "the dtype of what comes to a hook")


@case("fill/second-gradient/value/float64", dtypes=("float64",))
def _of_cubes(subject: Subject) -> None:
    """Three cubes of a number have the derivatives 9 x^2 and 18 x."""
    t = subject.torch
    value = t.tensor(2.0, dtype=t.float64, requires_grad=True)
    (first,) = t.autograd.grad((_filled(t, value) ** 3).sum(), value, create_graph=True)
    (second,) = t.autograd.grad(first, value)
    expect_equal([first.item(), second.item()], [36.0, 36.0], "the derivatives")


@case("nextafter/gradient/broadcast-rare/float32", dtypes=("float32",))
def _of_broadcast(subject: Subject) -> None:
    """The gradient of an operand that is broadcast has the operand's shape."""
    t = subject.torch
    x, y = t.ones(1, requires_grad=True), t.full((2, 3), 2.0, requires_grad=True)
    for one, two in ((x, y), (y, x)):
        of_one, of_two = t.autograd.grad(t.nextafter(one, two).sum(), (one, two))
        expect_equal((of_one.sum().item(), of_two.sum().item()), (6.0, 0.0), "the gradients")
        expect_equal([[*of_one.shape], [*of_two.shape]], [[*one.shape], [*two.shape]], "their shapes")


@case("ldexp/gradient/broadcast-rare/float32", dtypes=("float32",))
def _of_exponents(subject: Subject) -> None:
    t = subject.torch
    x, y = t.ones(1, requires_grad=True), t.full((2, 3), 2.0, requires_grad=True)
    of_x, of_y = t.autograd.grad(t.ldexp(x, y).sum(), (x, y))
    expect_equal(of_x.tolist(), [24.0], "the gradient of what is broadcast")
    expect(t.allclose(of_y, t.full((2, 3), 4 * math.log(2.0))), f"the gradient of the exponents is {of_y}")


_OF_TWO: dict[str, Callable[..., Any]] = {
    "add": lambda t, x, y: x + y,
    "sub": lambda t, x, y: x - y,
    "mul": lambda t, x, y: x * y,
    "div": lambda t, x, y: x / y,
    "maximum": lambda t, x, y: t.maximum(x, y),
    "atan2": lambda t, x, y: t.atan2(x, y),
}


def _declare_dtypes(name: str, function: Callable[..., Any]) -> None:
    @case(f"{name}/gradient/operands-of-two-dtypes/-", dtypes=("float32", "float64"))
    def check(subject: Subject) -> None:
        """Each operand's gradient has the operand's own dtype."""
        t = subject.torch
        for dtypes in ((t.float32, t.float64), (t.float64, t.float32)):
            operands = [
                t.tensor(each, dtype=dtype, requires_grad=True)
                for each, dtype in zip(([3.0, 1.0], [2.0, 4.0]), dtypes, strict=True)
            ]
            found = t.autograd.grad(function(t, *operands).sum(), operands)
            expect_equal([str(each.dtype) for each in found], [*map(str, dtypes)], "the dtypes of the gradients")


for _name, _binary in _OF_TWO.items():
    _declare_dtypes(_name, _binary)


@case("abs/gradient/infinite-incoming-special/-", dtypes=("float32", "float64"))
def _of_infinite(subject: Subject) -> None:
    """An infinite gradient times a slope that is 0 is nan."""
    t = subject.torch
    for function, at in ((t.abs, 0.0), (t.special.i1e, math.inf), (t.special.i0e, math.inf)):
        for dtype in (t.float32, t.float64):
            x = t.tensor([at, 1.0], dtype=dtype, requires_grad=True)
            (found,) = t.autograd.grad(function(x), x, t.tensor([math.inf, 0.0], dtype=dtype))
            expect(math.isnan(found[0].item()), f"the gradient at {at} in {dtype} is {found[0].item()}")
            expect_equal(found[1].item(), 0.0, "the gradient of what no gradient comes to")


@case("i1/gradient/nan-special/-", dtypes=("float32", "float64"))
def _of_bessel(subject: Subject) -> None:
    """At nan the slope is that at 0, as where the function is too near to 0 for a quotient."""
    t = subject.torch
    for function in (t.special.i1, t.special.i1e):
        for dtype in (t.float32, t.float64):
            x = t.tensor([math.nan, 0.0], dtype=dtype, requires_grad=True)
            (found,) = t.autograd.grad(function(x).sum(), x)
            expect_equal(found.tolist(), [0.5, 0.5], f"the gradient in {dtype}")
