"""Gradients of samples: what moves a sample when a parameter moves, beside the derivative of the distribution function.

A sample x of parameters θ stays at the same place of the distribution function F, so that dx/dθ is -(dF/dθ) / (dF/dx), with F
from its series or an integral, in Python's floats. It holds for whatever was drawn.
"""

from __future__ import annotations

from collections.abc import Callable
from math import exp, lgamma, log, sqrt
from typing import Any

from flambeau_conformance.checks import expect, expect_equal, expect_raises
from flambeau_conformance.declare import case
from flambeau_conformance.subject import Subject

_STEP = 1e-5


def _gamma_below(shape: float, x: float) -> float:
    """The share of a gamma distribution below x."""
    term = exp(shape * log(x) - x - lgamma(shape + 1))
    total, n = term, 1
    while term > 1e-17 * total:
        term *= x / (shape + n)
        total, n = total + term, n + 1
    return total


def _beta_density(a: float, b: float, x: float) -> float:
    return exp((a - 1) * log(x) + (b - 1) * log(1 - x) + lgamma(a + b) - lgamma(a) - lgamma(b))


def _beta_below(a: float, b: float, x: float) -> float:
    """The share of a beta distribution below x, by Simpson's rule in the root of the variable, where the density is smooth."""
    count = 4000
    width = sqrt(x) / count
    total = 0.0
    for place in range(1, count + 1):
        root = place * width
        weight = 1 if place == count else 4 if place % 2 else 2
        total += weight * 2 * root * _beta_density(a, b, root * root)
    return total * width / 3


def _moved(below: Callable[[float], float], parameter: float, density: float) -> float:
    """How a sample moves with a parameter, of which ``below`` gives the share below the sample."""
    return -(below(parameter + _STEP) - below(parameter - _STEP)) / (2 * _STEP) / density


def _gamma_slope(shape: float, x: float) -> float:
    density = exp((shape - 1) * log(x) - x - lgamma(shape))
    return _moved(lambda a: _gamma_below(a, x), shape, density)


def _near(found: float, expected: float, share: float, what: str) -> None:
    expect(abs(found - expected) <= share * max(1.0, abs(expected)), f"{what} is {found!r}, expected {expected!r}")


_SHARE = {"float32": 2e-3, "float64": 1e-4}


def _gammas(t: Any, dtype: str) -> tuple[Any, Any]:
    """Shapes and a sample of each."""
    t.manual_seed(5)
    shapes = t.tensor([0.4, 1.0, 1.0, 2.5, 6.0, 15.0, 40.0], dtype=getattr(t, dtype), requires_grad=True)
    return shapes, t.distributions.Gamma(shapes, t.ones_like(shapes)).rsample()


def _pairs(t: Any, dtype: str) -> Any:
    """Pairs of concentrations."""
    rows = [[2.0, 3.0], [1.0, 4.0], [5.0, 1.0], [1.5, 1.5], [30.0, 25.0]]
    return t.tensor(rows, dtype=getattr(t, dtype), requires_grad=True)


for _dtype in ("float32", "float64"):

    @case(f"samples/gradient/gamma/{_dtype}", dtypes=(_dtype,))
    def _gamma(subject: Subject, dtype: str = _dtype) -> None:
        t = subject.torch
        shapes, drawn = _gammas(t, dtype)
        (slope,) = t.autograd.grad((drawn * t.ones_like(drawn)).sum(), shapes)
        expect_equal(slope.dtype, drawn.dtype, "the dtype of the gradient")
        for shape, x, found in zip(shapes.tolist(), drawn.tolist(), slope.tolist(), strict=True):
            _near(found, _gamma_slope(shape, x), _SHARE[dtype], f"the slope at {x} of the shape {shape}")

    @case(f"samples/gradient/gamma-of-gradients/{_dtype}", dtypes=(_dtype,))
    def _gamma_twice(subject: Subject, dtype: str = _dtype) -> None:
        """The gradient is linear in what it is multiplied by, and can be differentiated by that."""
        t = subject.torch
        shapes, drawn = _gammas(t, dtype)
        weights = t.ones_like(drawn).detach().requires_grad_()
        (slope,) = t.autograd.grad(drawn, shapes, grad_outputs=weights, create_graph=True)
        (again,) = t.autograd.grad(slope.sum(), weights, retain_graph=True)
        for one, two in zip(again.tolist(), slope.tolist(), strict=True):
            _near(one, two, 1e-6, "the derivative of the gradient")
        expect_raises(
            lambda: t.autograd.grad(slope.sum(), shapes), NotImplementedError,
            "the derivative for '_standard_gamma_grad' is not implemented",
        )  # fmt: skip

    @case(f"samples/gradient/dirichlet/{_dtype}", dtypes=(_dtype,))
    def _dirichlet(subject: Subject, dtype: str = _dtype) -> None:
        """Of two concentrations, the first share has a beta distribution."""
        t = subject.torch
        t.manual_seed(6)
        pairs = _pairs(t, dtype)
        drawn = t.distributions.Dirichlet(pairs).rsample()
        (slope,) = t.autograd.grad(drawn[:, 0].sum(), pairs)
        expect_equal(slope.dtype, drawn.dtype, "the dtype of the gradient")
        for (a, b), (x, _), (first, second) in zip(pairs.tolist(), drawn.tolist(), slope.tolist(), strict=True):
            density = _beta_density(a, b, x)
            wanted = _moved(lambda each, b=b, x=x: _beta_below(each, b, x), a, density)  # type: ignore[misc]
            _near(first, wanted, _SHARE[dtype], f"the slope at {x} of {a} beside {b}")
            wanted = _moved(lambda each, a=a, x=x: _beta_below(a, each, x), b, density)  # type: ignore[misc]
            _near(second, wanted, _SHARE[dtype], f"the slope at {x} of {b} beside {a}")

    @case(f"samples/gradient/dirichlet-of-gradients/{_dtype}", dtypes=(_dtype,))
    def _dirichlet_twice(subject: Subject, dtype: str = _dtype) -> None:
        """The gradient is linear in what it is multiplied by, and can be differentiated by that."""
        t = subject.torch
        t.manual_seed(6)
        pairs = _pairs(t, dtype)
        drawn = t.distributions.Dirichlet(pairs).rsample()
        weights = t.tensor([1.0, 0.0], dtype=drawn.dtype).expand(5, 2).clone().requires_grad_()
        (slope,) = t.autograd.grad(drawn, pairs, grad_outputs=weights, create_graph=True)
        (again,) = t.autograd.grad(slope[:, 0].sum(), weights)
        for one, two in zip(again[:, 0].tolist(), slope[:, 0].tolist(), strict=True):
            _near(one, two, 1e-5, "the derivative of the gradient")

    @case(f"samples/gradient/families/{_dtype}", dtypes=(_dtype,))
    def _families(subject: Subject, dtype: str = _dtype) -> None:
        """A scale moves a sample by the sample over the scale, a location by one."""
        t = subject.torch
        t.manual_seed(7)
        d = t.distributions
        one = t.full((4,), 1.5, dtype=getattr(t, dtype))
        makers: tuple[Callable[[Any], Any], ...] = (
            lambda scale: d.Gamma(one, 1 / scale), lambda scale: d.Exponential(1 / scale), lambda scale: d.HalfNormal(scale),
            lambda scale: d.HalfCauchy(scale), lambda scale: d.Weibull(scale, one), lambda scale: d.Pareto(scale, one),
            lambda scale: d.Normal(one * 0, scale), lambda scale: d.Laplace(one * 0, scale), lambda scale: d.Cauchy(one * 0, scale),
            lambda scale: d.Gumbel(one * 0, scale), lambda scale: d.StudentT(one * 3, one * 0, scale),
            lambda scale: d.Uniform(one * 0, scale), lambda scale: d.InverseGamma(one, scale),
        )  # fmt: skip
        for make in makers:
            scale = t.tensor([0.5, 1.0, 2.0, 8.0], dtype=getattr(t, dtype), requires_grad=True)
            made = make(scale)
            drawn = made.rsample()
            (slope,) = t.autograd.grad(drawn.sum(), scale)
            for found, x, size in zip(slope.tolist(), drawn.tolist(), scale.tolist(), strict=True):
                _near(found, x / size, 1e-5, f"how the scale {size} of {type(made).__name__} moves {x}")
