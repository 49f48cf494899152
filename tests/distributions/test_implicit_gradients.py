"""Samples of gamma and Dirichlet distributions move with their parameters as those of the exact functions do."""

from __future__ import annotations

from types import ModuleType

import numpy as np
import pytest
import scipy.special
import scipy.stats

import flambeau
from flambeau.ops.random.gammas import _dirichlet_grad, _standard_gamma_grad


def _gammas(count: int) -> tuple[np.ndarray, np.ndarray]:
    draw = np.random.default_rng(0)
    shapes = 10 ** draw.uniform(-3, 3, count)
    values = np.maximum(draw.gamma(shapes), 1e-300)
    values[: count // 4] = 10 ** draw.uniform(-2, 3, count // 4)
    return shapes, values


def _shares(count: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    draw = np.random.default_rng(1)
    alpha, beta = 10 ** draw.uniform(-2, 3, (2, count))
    values = draw.beta(alpha, beta)
    values[: count // 4] = draw.uniform(0, 1, count // 4)
    return np.clip(values, 1e-300, 1 - 1e-16), alpha, alpha + beta


def test_approximations_are_pytorchs(torch: ModuleType) -> None:
    shapes, values = _gammas(4000)
    expected = torch._standard_gamma_grad(torch.tensor(shapes), torch.tensor(values)).numpy()
    found = np.array(_standard_gamma_grad(flambeau.tensor(shapes), flambeau.tensor(values)).tolist())
    power = scipy.special.xlogy(shapes, values) > -650  # below that PyTorch's power of x is rounded, or 0
    np.testing.assert_allclose(found[power], expected[power], rtol=1e-9)
    arguments = _shares(4000)
    expected = torch._dirichlet_grad(*map(torch.tensor, arguments)).numpy()
    found = np.array(_dirichlet_grad(*map(flambeau.tensor, arguments)).tolist())
    np.testing.assert_allclose(found, expected, rtol=1e-9)


@pytest.mark.parametrize("shape", [0.05, 0.7, 3.0, 12.0, 200.0, 610.0])
def test_gamma_samples_move_as_quantiles(shape: float) -> None:
    step = 1e-5 * shape
    for quantile in (0.01, 0.3, 0.6, 0.99):
        value = scipy.special.gammaincinv(shape, quantile)
        above, below = (scipy.special.gammaincinv(shape + side * step, quantile) for side in (1, -1))
        found = _standard_gamma_grad(flambeau.tensor(shape, dtype=flambeau.float64), flambeau.tensor(value)).item()
        assert found == pytest.approx((above - below) / (2 * step), rel=2e-3)


def test_far_below_the_mean_nothing_underflows() -> None:
    """``x**610`` is 0 in float64; there the sample moves by x / 610 times the difference of the logarithms."""
    shape, value = 610.0, 0.2851
    found = _standard_gamma_grad(
        flambeau.tensor(shape, dtype=flambeau.float64), flambeau.tensor(value, dtype=flambeau.float64)
    )
    assert found.item() == pytest.approx(value / shape * (scipy.special.digamma(shape) - np.log(value)), rel=5e-3)


@pytest.mark.parametrize(("alpha", "beta"), [(0.3, 0.4), (2.0, 3.0), (20.0, 30.0), (0.5, 80.0), (80.0, 0.5)])
def test_beta_samples_move_as_quantiles(alpha: float, beta: float) -> None:
    step = 1e-5 * alpha
    for quantile in (0.1, 0.5, 0.9):
        value = scipy.special.betaincinv(alpha, beta, quantile)
        above, below = (scipy.special.betaincinv(alpha + side * step, beta, quantile) for side in (1, -1))
        arguments = [flambeau.tensor(number, dtype=flambeau.float64) for number in (value, alpha, alpha + beta)]
        found = _dirichlet_grad(*arguments).item() * (1 - value)
        assert found == pytest.approx((above - below) / (2 * step), rel=5e-3, abs=1e-9)


def test_gradients_flow_through_samples_and_not_twice() -> None:
    d = flambeau.distributions
    shape = flambeau.tensor([0.5, 3.0], requires_grad=True)
    for made in (d.Gamma(shape, 1.0), d.Beta(shape, 2.0), d.Dirichlet(shape), d.StudentT(shape), d.Chi2(shape)):
        drawn = made.rsample((4,))
        (grad,) = flambeau.autograd.grad((drawn**2).sum(), shape, create_graph=True)
        assert grad.isfinite().all()
        with pytest.raises(
            NotImplementedError, match="the derivative for '_(standard_gamma|dirichlet)_grad' is not implemented"
        ):
            grad.sum().backward()
        assert not made.sample((4,)).requires_grad


def test_shares_of_whole_vectors_keep_their_sum() -> None:
    parts = flambeau.tensor([[0.3, 1.0, 9.5], [0.2, 0.5, 0.7]], dtype=flambeau.float64, requires_grad=True)
    drawn = flambeau.distributions.Dirichlet(parts).rsample((5,))
    (grad,) = flambeau.autograd.grad(drawn.sum(), parts)
    assert grad.abs().max() < 1e-12


def test_dtypes_without_samples_are_refused() -> None:
    half = flambeau.ones(2, dtype=flambeau.float16)
    for made in (flambeau.distributions.Gamma(half, half), flambeau.distributions.Dirichlet(half)):
        with pytest.raises(NotImplementedError, match="not implemented for 'Half'"):
            made.sample()
