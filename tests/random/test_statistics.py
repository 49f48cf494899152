"""What is drawn has its distribution: moments, Kolmogorov and Smirnov's test, chi-square, at a fixed seed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import scipy.stats

import flambeau as torch

COUNT = 20_000
SIGNIFICANCE = 1e-4

CONTINUOUS: dict[str, tuple[Callable[[Any], Any], Any]] = {
    "rand": (lambda g: torch.rand(COUNT, generator=g), scipy.stats.uniform()),
    "uniform_": (lambda g: torch.empty(COUNT).uniform_(-2, 3, generator=g), scipy.stats.uniform(-2, 5)),
    "randn": (lambda g: torch.randn(COUNT, generator=g), scipy.stats.norm()),
    "normal": (lambda g: torch.normal(torch.full((COUNT,), 2.0), 3.0, generator=g), scipy.stats.norm(2, 3)),
    "exponential": (lambda g: torch.exponential(2.0, (COUNT,), generator=g), scipy.stats.expon(scale=0.5)),
    "cauchy": (lambda g: torch.cauchy(1.0, 2.0, (COUNT,), generator=g), scipy.stats.cauchy(1, 2)),
    "log_normal": (lambda g: torch.log_normal(0.5, 0.7, (COUNT,), generator=g), scipy.stats.lognorm(0.7, scale=np.exp(0.5))),
    "Laplace": (lambda g: torch.distributions.Laplace(1.0, 2.0).sample((COUNT,), generator=g), scipy.stats.laplace(1, 2)),
    "trunc_normal_": (lambda g: torch.nn.init.trunc_normal_(torch.empty(COUNT), generator=g), scipy.stats.truncnorm(-2, 2)),
    "trunc_normal_ tail": (lambda g: torch.nn.init.trunc_normal_(torch.empty(COUNT), 0, 1, 1.5, 3, generator=g),
                           scipy.stats.truncnorm(1.5, 3)),
}  # fmt: skip

DISCRETE: dict[str, tuple[Callable[[Any], Any], Any]] = {
    "randint": (lambda g: torch.randint(0, 7, (COUNT,), generator=g), scipy.stats.randint(0, 7)),
    "bernoulli": (lambda g: torch.bernoulli(torch.full((COUNT,), 0.3), generator=g), scipy.stats.bernoulli(0.3)),
    "geometric": (lambda g: torch.geometric(0.3, (COUNT,), generator=g), scipy.stats.geom(0.3)),
    "poisson small": (lambda g: torch.poisson(torch.full((COUNT,), 3.0), generator=g), scipy.stats.poisson(3)),
    "poisson large": (lambda g: torch.poisson(torch.full((COUNT,), 40.0), generator=g), scipy.stats.poisson(40)),
    "binomial small": (lambda g: torch.binomial(torch.full((COUNT,), 8.0), torch.full((COUNT,), 0.6), generator=g),
                       scipy.stats.binom(8, 0.6)),
    "binomial large": (lambda g: torch.binomial(torch.full((COUNT,), 100.0), torch.full((COUNT,), 0.3), generator=g),
                       scipy.stats.binom(100, 0.3)),
    "Geometric": (lambda g: torch.distributions.Geometric(0.3).sample((COUNT,), generator=g) + 1, scipy.stats.geom(0.3)),
    "multinomial": (lambda g: torch.multinomial(torch.tensor([1.0, 2, 3, 4]), COUNT, True, generator=g),
                    scipy.stats.rv_discrete(values=(range(4), [0.1, 0.2, 0.3, 0.4]))),
}  # fmt: skip


@pytest.mark.parametrize("name", CONTINUOUS)
def test_kolmogorov_smirnov(name: str) -> None:
    draw, distribution = CONTINUOUS[name]
    numbers = draw(torch.Generator().manual_seed(2026)).double().numpy()
    assert scipy.stats.kstest(numbers, distribution.cdf).pvalue > SIGNIFICANCE
    if name != "cauchy":
        assert numbers.mean() == pytest.approx(distribution.mean(), abs=5 * distribution.std() / COUNT**0.5)


@pytest.mark.parametrize("name", DISCRETE)
def test_chi_square(name: str) -> None:
    draw, distribution = DISCRETE[name]
    values, counts = np.unique(draw(torch.Generator().manual_seed(2026)).numpy(), return_counts=True)
    expected = distribution.pmf(values) * COUNT
    frequent = expected > 5
    found, wanted = counts[frequent], expected[frequent]
    rest = COUNT - wanted.sum()
    if rest > 5:
        found, wanted = np.append(found, COUNT - found.sum()), np.append(wanted, rest)
    assert scipy.stats.chisquare(found, wanted * found.sum() / wanted.sum()).pvalue > SIGNIFICANCE


def test_permutations_are_equally_likely() -> None:
    generator = torch.Generator().manual_seed(2026)
    orders = [tuple(torch.randperm(4, generator=generator).tolist()) for _ in range(6000)]
    _, counts = np.unique(orders, axis=0, return_counts=True)
    assert len(counts) == 24
    assert scipy.stats.chisquare(counts).pvalue > SIGNIFICANCE


def test_without_replacement_heavier_categories_come_first() -> None:
    generator = torch.Generator().manual_seed(2026)
    weights = torch.tensor([1.0, 2.0, 3.0, 4.0]).expand(COUNT, 4)
    first = torch.multinomial(weights, 2, generator=generator)[:, 0].numpy()
    assert scipy.stats.chisquare(np.bincount(first), COUNT * np.array([0.1, 0.2, 0.3, 0.4])).pvalue > SIGNIFICANCE
