"""The checks of gradients on functions whose derivatives are wrong by a little: each option decides what they say."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flambeau_conformance.checks import expect, expect_equal, expect_raises, quietly
from flambeau_conformance.declare import case
from flambeau_conformance.subject import Subject

_DOUBLE = ("float64",)


def with_slope(t: Any, slope: Callable[[Any], Any]) -> Any:
    """A function that squares and has such a slope; forward mode gives the right one."""

    class Square(t.autograd.Function):  # type: ignore[misc]
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            ctx.save_for_backward(x)
            ctx.save_for_forward(x)
            return x * x

        @staticmethod
        def backward(ctx: Any, grad: Any) -> Any:
            (x,) = ctx.saved_tensors
            return grad * slope(x)

        @staticmethod
        def jvp(ctx: Any, tangent: Any) -> Any:
            (x,) = ctx.saved_tensors
            return tangent * 2 * x

    return Square.apply


def _twice(t: Any, slope: Callable[[Any], Any]) -> Any:
    """A function that squares, whose slope is right and has itself a slope that need not be."""

    class Double(t.autograd.Function):  # type: ignore[misc]
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            ctx.save_for_backward(x)
            return 2 * x

        @staticmethod
        def backward(ctx: Any, grad: Any) -> Any:
            return grad * slope(ctx.saved_tensors[0])

    return with_slope(t, Double.apply)


def _x(t: Any, *values: float) -> Any:
    return t.tensor(values or (1.5, -2.0), dtype=t.float64, requires_grad=True)


def _says(check: Any, function: Any, x: Any, **options: Any) -> bool:
    return bool(quietly(lambda: check(function, (x,), raise_exception=False, **options)))


def _wavering(values: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """A slope that is a little more at every second call."""
    calls = []

    def slope(x: Any) -> Any:
        calls.append(1)
        return values(x) + (len(calls) % 2) * 1e-7

    return slope


for _name, _make, _right in (
    ("gradcheck", with_slope, lambda x: 2 * x),
    ("gradgradcheck", _twice, lambda x: x * 0 + 2),
):

    @case(f"autograd.{_name}/options/tolerances/float64", dtypes=_DOUBLE)
    def _tolerances(subject: Subject, name: str = _name, make: Any = _make, right: Any = _right) -> None:
        t = subject.torch
        check, x = getattr(t.autograd, name), _x(t)
        expect(_says(check, make(t, right), x), "a right slope is right")
        near = make(t, lambda value: right(value) * 1.01)
        expect_equal(
            (_says(check, near, x), _says(check, near, x, rtol=0.05)), (False, True), "a hundredth more, by rtol"
        )
        added = make(t, lambda value: right(value) + 0.02)
        expect_equal(
            (_says(check, added, x), _says(check, added, x, atol=0.1)), (False, True), "a little more, by atol"
        )
        expect_raises(lambda: check(near, (x,)), RuntimeError, "Jacobian mismatch")

    @case(f"autograd.{_name}/options/repeated/float64", dtypes=_DOUBLE)
    def _repeated(subject: Subject, name: str = _name, make: Any = _make, right: Any = _right) -> None:
        t = subject.torch
        check, x = getattr(t.autograd, name), _x(t, 1.5, -2.0, 3.0)
        found = [_says(check, make(t, _wavering(right)), x, **options) for options in ({}, {"nondet_tol": 1e-5})]
        expect_equal(found, [False, True], "a slope that wavers, by nondet_tol")


@case("autograd.gradcheck/options/step/float64", dtypes=_DOUBLE)
def _step(subject: Subject) -> None:
    t = subject.torch
    x = _x(t, 1e-3, 1.0)  # nearer to the kink than a long step
    expect_equal([_says(t.autograd.gradcheck, t.abs, x, eps=eps) for eps in (1e-6, 1e-2)], [True, False], "by the step")


@case("autograd.gradgradcheck/options/step/float64", dtypes=_DOUBLE)
def _second_step(subject: Subject) -> None:
    t = subject.torch
    x = _x(t, 1e-3, 1.0)
    found = [_says(t.autograd.gradgradcheck, lambda value: value * value.abs(), x, eps=eps) for eps in (1e-6, 1e-2)]
    expect_equal(found, [True, False], "by the step")


@case("autograd.gradcheck/options/forward-alone/float64", dtypes=_DOUBLE)
def _forward_alone(subject: Subject) -> None:
    t = subject.torch
    wrong = with_slope(t, lambda x: 3 * x)
    found = [
        _says(t.autograd.gradcheck, wrong, _x(t), check_forward_ad=True, check_backward_ad=backward)
        for backward in (True, False)
    ]
    expect_equal(found, [False, True], "wrong gradients and right tangents, with and without a look at gradients")


@case("autograd.gradcheck/options/fast/float64", dtypes=_DOUBLE)
def _fast(subject: Subject) -> None:
    """One product in place of every entry: the function is called less often."""
    t = subject.torch
    for name in ("gradcheck", "gradgradcheck"):
        counts = []
        for fast in (False, True):
            calls: list[int] = []

            def counted(x: Any, calls: list[int] = calls) -> Any:
                calls.append(1)
                return x * x * x

            x = _x(t, *[0.5 + place for place in range(12)])
            expect(_says(getattr(t.autograd, name), counted, x, fast_mode=fast), f"{name} says it is right")
            counts.append(len(calls))
        expect(counts[1] < counts[0] / 2, f"calls of {name}: {counts}")


@case("autograd.gradgradcheck/options/grad-outputs/float64", dtypes=_DOUBLE)
def _grad_outputs(subject: Subject) -> None:
    t = subject.torch
    seen: list[bool] = []

    class Seen(t.autograd.Function):  # type: ignore[misc,name-defined]
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            return x.clone()

        @staticmethod
        def backward(ctx: Any, grad: Any) -> Any:
            seen.append(grad.is_contiguous())
            return grad.clone()

    x = t.ones(3, 4, dtype=t.float64, requires_grad=True)
    expect(_says(t.autograd.gradgradcheck, Seen.apply, x), "the function is right")
    expect(all(seen), "gradients that begin are contiguous")
    seen.clear()
    expect(_says(t.autograd.gradgradcheck, Seen.apply, x, gen_non_contig_grad_outputs=True), "the function is right")
    expect(not all(seen), "gradients that begin have gaps, if they shall")
    other = (t.ones(5, dtype=t.float64, requires_grad=True),)
    expect_raises(lambda: t.autograd.gradgradcheck(lambda value: value * value, (_x(t),), other), RuntimeError)
