"""Jacobians, Hessians and their products, against PyTorch's."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

import flambeau

PROGRAMS: dict[str, Callable[[Any, Any, Any, Any], Any]] = {
    "vjp": lambda t, f, x, y: f.vjp(lambda x: x**2, x, t.ones(3)),
    "vjp-tuple": lambda t, f, x, y: f.vjp(lambda x, y: (x * y[0], y.sum()), (x, y), (t.ones(3), t.tensor(2.0))),
    "vjp-scalar": lambda t, f, x, y: f.vjp(lambda x: x.sum(), x),
    "vjp-no-vector": lambda t, f, x, y: f.vjp(lambda x: x * 2, x),
    "vjp-length": lambda t, f, x, y: f.vjp(lambda x: x * 2, x, (t.ones(3), t.ones(3))),
    "vjp-shape": lambda t, f, x, y: f.vjp(lambda x: x * 2, x, t.ones(2)),
    "vjp-unused": lambda t, f, x, y: f.vjp(lambda x, y: x * 2, (x, y), t.ones(3)),
    "vjp-strict-unused": lambda t, f, x, y: f.vjp(lambda x, y: x * 2, (x, y), t.ones(3), strict=True),
    "vjp-strict-constant": lambda t, f, x, y: f.vjp(lambda x: t.ones(3), x, t.ones(3), strict=True),
    "vjp-constant": lambda t, f, x, y: f.vjp(lambda x: t.ones(3), x, t.ones(3)),
    "jvp": lambda t, f, x, y: f.jvp(lambda x: x**2, x, t.tensor([1.0, 0.0, 2.0])),
    "jvp-tuple": lambda t, f, x, y: f.jvp(lambda x, y: (x * y[0], y.sum()), (x, y), (t.ones(3), t.ones(2))),
    "jvp-scalar": lambda t, f, x, y: f.jvp(lambda x: x * t.ones(2), x[0]),
    "jvp-constant": lambda t, f, x, y: f.jvp(lambda x: t.ones(3), x, t.ones(3)),
    "jvp-linear": lambda t, f, x, y: f.jvp(lambda x: x * 2, x, t.ones(3)),
    "jacobian": lambda t, f, x, y: f.jacobian(lambda x: x**2, x),
    "jacobian-two-inputs": lambda t, f, x, y: f.jacobian(lambda x, y: x * y[0], (x, y)),
    "jacobian-two-outputs": lambda t, f, x, y: f.jacobian(lambda x: (x * 2, x.sum()), x),
    "jacobian-nested": lambda t, f, x, y: f.jacobian(lambda x, y: (x * y[0], y.exp()), (x, y)),
    "jacobian-shapes": lambda t, f, x, y: f.jacobian(lambda w: w @ x, t.ones(2, 3)).shape,
    "jacobian-strategy": lambda t, f, x, y: f.jacobian(lambda x: x, x, strategy="sideways"),
    "jacobian-graph": lambda t, f, x, y: (
        f.jacobian(lambda x: x**3, x.requires_grad_(), create_graph=True).requires_grad
    ),
    "jacobian-no-tensor": lambda t, f, x, y: f.jacobian(lambda x: 3, x),
    "jacobian-bad-input": lambda t, f, x, y: f.jacobian(lambda x: x, 3.0),
    "hessian": lambda t, f, x, y: f.hessian(lambda x: (x**3).sum(), x),
    "hessian-two-inputs": lambda t, f, x, y: f.hessian(lambda x, y: (x * y[0]).sum() * y[1], (x, y)),
    "hessian-linear": lambda t, f, x, y: f.hessian(lambda x: x.sum(), x),
    "hessian-vector": lambda t, f, x, y: f.hessian(lambda x: x * 2, x),
    "hessian-tuple": lambda t, f, x, y: f.hessian(lambda x: (x.sum(), x.sum()), x),
    "hvp": lambda t, f, x, y: f.hvp(lambda x: (x**3).sum(), x, t.ones(3)),
    "hvp-two-inputs": lambda t, f, x, y: f.hvp(lambda x, y: (x * y[0]).sum() * y[1], (x, y), (t.ones(3), t.ones(2))),
    "vhp": lambda t, f, x, y: f.vhp(lambda x: (x**3).sum(), x, t.ones(3)),
    "vhp-two-inputs": lambda t, f, x, y: f.vhp(lambda x, y: (x * y[0]).sum() * y[1], (x, y), (t.ones(3), t.ones(2))),
    "vhp-linear": lambda t, f, x, y: f.vhp(lambda x: x.sum(), x, t.ones(3)),
}


@pytest.mark.oracle
@pytest.mark.parametrize("program", PROGRAMS)
def test_programs_give_what_pytorch_gives(program: str) -> None:
    torch = pytest.importorskip("torch")

    def outcome(t: Any) -> str:
        x, y = t.tensor([0.5, 1.5, -2.0]), t.tensor([2.0, 3.0])
        try:
            return repr(PROGRAMS[program](t, t.autograd.functional, x, y))
        except (RuntimeError, TypeError, AssertionError) as error:
            return type(error).__name__

    # Whether a zero of a linear function has a sign depends on how it was computed.
    def unsigned(text: str) -> str:
        return text.replace("-0.", "0.").replace(" ", "")

    assert unsigned(outcome(flambeau)) == unsigned(outcome(torch))


def test_the_jacobian_of_nothing_is_empty() -> None:
    empty = flambeau.autograd.functional.jacobian(lambda x: x[:0] * 2, flambeau.ones(3))
    assert empty.shape == (0, 3)


def test_results_can_be_differentiated_further() -> None:
    x = flambeau.tensor([1.0, 2.0], requires_grad=True)
    jacobian = flambeau.autograd.functional.jacobian(lambda x: x**3, x, create_graph=True)
    jacobian.sum().backward()
    assert x.grad is not None
    assert x.grad.tolist() == [6, 12]


def test_without_a_graph_nothing_leads_back() -> None:
    x = flambeau.tensor([1.0, 2.0], requires_grad=True)
    outputs, product = flambeau.autograd.functional.vjp(lambda x: x**2, x, flambeau.ones(2))
    assert not outputs.requires_grad
    assert not product.requires_grad
    assert x.grad is None
