"""Values and gradients at the edges of the range: what PyTorch keeps within it stays within it."""

from __future__ import annotations

from types import ModuleType

import pytest

import flambeau
from expressions import lines, outcome

EXPRESSIONS = lines("""
t.var_mean(t.tensor([3e38, 3e38]))
t.std_mean(t.tensor([3e38, 3e38]))
t.var_mean(t.tensor([3e38, 3e38]), dim=0, keepdim=True)
t.var_mean(t.tensor([3e38+3e38j, 3e38+3e38j]))
t.std_mean(t.tensor([6e4, 6e4], dtype=t.float16))
t.std_mean(t.tensor([1e-30, 3e-30]))
t.std_mean(t.tensor([[1.0, 2.0], [3.0, 5.0]]), dim=1)
t.var_mean(t.tensor([], dtype=t.float64))
t.var_mean(t.tensor([1.0]))
t.autograd.functional.vjp(lambda x: t.std_mean(x)[0], t.tensor([1e-30, 3e-30]), t.tensor(1.0))
t.autograd.functional.vjp(lambda x: t.std_mean(x, 0), t.tensor([1.0, 3.0]), (t.tensor(1.0), t.tensor(2.0)))
t.nn.functional.mse_loss(t.tensor([6e4] * 4, dtype=t.float16), t.zeros(4, dtype=t.float16))
""")

AT_INFINITE_VALUES = lines("""
t.autograd.functional.vjp(lambda x: x / 0, t.tensor([1.0]))
t.autograd.functional.jvp(lambda x: x * x, t.tensor([3e38]))
t.autograd.functional.vhp(lambda x: (x * x).sum(), t.tensor([3e38]))
t.autograd.functional.hvp(lambda x: (x * x).sum(), t.tensor([3e38]))
t.autograd.functional.hessian(lambda x: (x * x).sum(), t.tensor([3e38]))
t.func.grad(lambda x: (x * 10).sum())(t.tensor([3e38]))
t.func.vjp(lambda x: (x * 10).sum(), t.tensor([3e38]))[1](t.tensor(1.0))
t.func.jvp(lambda x: x * 10, (t.tensor([3e38]),), (t.tensor([1.0]),))
t.func.jacrev(lambda x: x * 10)(t.tensor([3e38]))
t.func.jacfwd(lambda x: x * 10)(t.tensor([3e38]))
t.func.hessian(lambda x: (x * x * 10).sum())(t.tensor([3e38]))
t.autograd.functional.jacobian(lambda x: x * 10, t.tensor([3e38]))
t.autograd.functional.jacobian(lambda x: x * 10, t.tensor([3e38]), vectorize=True, strategy="forward-mode")
""")

GRADIENTS_OF_MSE = lines("""
t.autograd.functional.vjp(lambda x: F.mse_loss(x, t.zeros(4, dtype=t.float16)), t.tensor([6e4] * 4, dtype=t.float16))
t.autograd.functional.vjp(lambda x: F.mse_loss(x, t.zeros(4)), t.tensor([3e38] * 4))
t.autograd.functional.vjp(lambda x: F.mse_loss(t.zeros(4), x), t.tensor([3e38] * 4))
t.autograd.functional.vjp(lambda x: F.mse_loss(x, t.zeros(4), reduction="sum"), t.tensor([3e38] * 4))
t.autograd.functional.vjp(lambda x: F.mse_loss(x, t.ones(4), reduction="none"), t.tensor([3.0] * 4), t.ones(4) * 0.1)
t.autograd.functional.vjp(lambda x: F.mse_loss(x, t.ones(2, 1)), t.tensor([[3.0] * 4]))
t.autograd.functional.vjp(lambda x: F.mse_loss(x, t.ones(2, dtype=t.float64)), t.tensor([3.0] * 2), t.tensor(1.0).double())
t.autograd.functional.vjp(lambda x: F.mse_loss(x, t.ones(2, dtype=t.int64)), t.tensor([3.0] * 2))
t.autograd.functional.vjp(lambda x: F.mse_loss(x, t.zeros(0)), t.zeros(0))
t.autograd.functional.hessian(lambda x: F.mse_loss(x, t.zeros(4)), t.tensor([3.0] * 4))
t.autograd.functional.hessian(lambda x: F.mse_loss(x, x.flip(0) ** 2), t.tensor([3.0, 2.0]))
F.mse_loss(t.zeros(2, requires_grad=True), t.zeros(2)).grad_fn.name()
""")


@pytest.mark.oracle
@pytest.mark.parametrize("expression", EXPRESSIONS + AT_INFINITE_VALUES + GRADIENTS_OF_MSE)
def test_expressions_give_what_pytorch_gives(torch: ModuleType, expression: str) -> None:
    expression = expression.replace("F.", "t.nn.functional.")
    assert outcome(flambeau, expression) == outcome(torch, expression)


def test_a_gradient_of_a_mean_of_squares_is_divided_first() -> None:
    x = flambeau.tensor([3e38] * 4, requires_grad=True)
    flambeau.nn.functional.mse_loss(x, flambeau.zeros(4)).backward()
    assert x.grad.tolist() == flambeau.tensor([1.5e38] * 4).tolist()


def test_variance_and_mean_stay_in_the_range() -> None:
    variance, mean = flambeau.var_mean(flambeau.tensor([3e38, 3e38]))
    assert variance.item() == 0
    assert mean.item() == flambeau.tensor(3e38).item()
