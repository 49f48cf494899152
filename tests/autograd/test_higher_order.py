"""Derivatives of derivatives: third derivatives of elementary functions, products with Hessians, penalties on gradients."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest

import flambeau as torch

# The function, and its third derivative.
THIRD: list[tuple[str, Callable[[float], float]]] = [
    ("x.exp()", math.exp),
    ("x.log()", lambda x: 2 / x**3),
    ("x.sin()", lambda x: -math.cos(x)),
    ("x.cos()", math.sin),
    ("x.tanh()", lambda x: (1 - math.tanh(x) ** 2) * (6 * math.tanh(x) ** 2 - 2)),
    ("x.sqrt()", lambda x: 3 / 8 * x**-2.5),
    ("x ** 4", lambda x: 24 * x),
    ("1 / x", lambda x: -6 / x**4),
    ("x.sigmoid()", lambda x: (lambda s: s * (1 - s) * (1 - 6 * s + 6 * s * s))(1 / (1 + math.exp(-x)))),
    ("x.atan()", lambda x: (6 * x * x - 2) / (1 + x * x) ** 3),
    ("x.erf()", lambda x: 2 / math.sqrt(math.pi) * math.exp(-x * x) * (4 * x * x - 2)),
    ("x * x.log()", lambda x: -1 / x**2),
]


@pytest.mark.parametrize(("expression", "third"), THIRD)
def test_third_derivatives(expression: str, third: Callable[[float], float]) -> None:
    x = torch.tensor([0.7, 1.3, 2.1], dtype=torch.float64, requires_grad=True)
    value = eval(expression, {"x": x})
    for _ in range(3):
        (value,) = torch.autograd.grad(value.sum(), x, create_graph=True)
    assert value.tolist() == pytest.approx([third(each) for each in (0.7, 1.3, 2.1)], rel=1e-9)


def _network() -> tuple[torch.nn.Module, torch.Tensor]:
    torch.manual_seed(0)
    model = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.Tanh(), torch.nn.Linear(4, 1)).double()
    return model, torch.randn(5, 3, dtype=torch.float64)


def test_the_ways_to_a_hessian_vector_product_agree() -> None:
    model, inputs = _network()
    parameters = dict(model.named_parameters())
    names = list(parameters)
    values = [parameters[name].detach() for name in names]
    vectors = [torch.randn(value.shape, dtype=torch.float64) for value in values]

    def loss(*weights: torch.Tensor) -> torch.Tensor:
        out = torch.func.functional_call(model, dict(zip(names, weights, strict=True)), (inputs,))
        return (out**2).sum()

    leaves = [value.clone().requires_grad_() for value in values]
    first = torch.autograd.grad(loss(*leaves), leaves, create_graph=True)
    inner = sum((g * v).sum() for g, v in zip(first, vectors, strict=True) if g is not None)
    twice = torch.autograd.grad(inner, leaves)  # type: ignore[arg-type]
    _, functional = torch.autograd.functional.hvp(loss, tuple(values), tuple(vectors))
    _, forward = torch.func.jvp(
        lambda *w: torch.func.grad(loss, argnums=tuple(range(len(w))))(*w), tuple(values), tuple(vectors)
    )
    for one, other, third in zip(twice, functional, forward, strict=True):
        assert one is not None
        assert torch.allclose(one, other)
        assert torch.allclose(one, third)


def test_a_penalty_on_the_gradient_trains() -> None:
    model, inputs = _network()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.05)
    penalties = []
    for _ in range(30):
        points = inputs.clone().requires_grad_()
        (gradient,) = torch.autograd.grad(model(points).sum(), points, create_graph=True)
        assert gradient is not None
        penalty = ((gradient.norm(dim=1) - 1) ** 2).mean()
        optimizer.zero_grad()
        penalty.backward()
        optimizer.step()
        penalties.append(penalty.item())
    assert penalties[-1] < 0.5 * penalties[0]


def test_checks_of_a_whole_network() -> None:
    model, inputs = _network()
    assert torch.autograd.gradcheck(model, inputs.requires_grad_(), check_forward_ad=True)
    assert torch.autograd.gradgradcheck(model, inputs, check_fwd_over_rev=True)
