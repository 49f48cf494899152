"""What programs make of distributions, beside PyTorch's: policies, mixtures, classes of their own; copies and empty batches."""

from __future__ import annotations

import copy
import math
import pickle
from collections.abc import Callable
from types import ModuleType
from typing import Any

import numpy as np
import pytest

import flambeau
from distribution_cases import CASES, built


def _squashed_policy(t: Any) -> list[Any]:
    """A policy of bounded actions, with a cache where the inverse of tanh loses digits."""
    d = t.distributions

    class SquashedNormal(d.TransformedDistribution):  # type: ignore[misc]
        def __init__(self, loc: Any, scale: Any) -> None:
            self.loc, self.scale = loc, scale
            super().__init__(d.Normal(loc, scale), [d.TanhTransform(cache_size=1)])

        @property
        def mean(self) -> Any:
            mean = self.loc
            for transform in self.transforms:
                mean = transform(mean)
            return mean

    loc = t.tensor([[0.0, 5.0], [-3.0, 1.0]], requires_grad=True)
    log_scale = t.zeros(2, requires_grad=True)
    t.manual_seed(1)
    policy = SquashedNormal(loc, log_scale.exp())
    action = policy.rsample()
    log_prob = policy.log_prob(action).sum(-1, keepdim=True)
    (log_prob.mean() - action.mean()).backward()
    return [action, log_prob, policy.mean, loc.grad, log_scale.grad]


def _reinforce(t: Any) -> list[Any]:
    d = t.distributions
    logits = t.tensor([[0.1, 0.2, -0.3], [1.0, 0.0, 0.5]], requires_grad=True)
    t.manual_seed(2)
    policy = d.Categorical(logits=logits)
    actions = policy.sample()
    loss = -(policy.log_prob(actions) * t.tensor([1.0, -0.5])).sum() - 0.01 * policy.entropy().sum()
    loss.backward()
    return [actions, loss, logits.grad]


def _autoencoder(t: Any) -> list[Any]:
    d = t.distributions
    mean, log_var = t.tensor([[0.5, -0.5]], requires_grad=True), t.tensor([[0.1, 0.2]], requires_grad=True)
    t.manual_seed(3)
    posterior = d.Independent(d.Normal(mean, (0.5 * log_var).exp()), 1)
    prior = d.Independent(d.Normal(t.zeros(2), t.ones(2)), 1)
    latent = posterior.rsample((4,))
    likelihood = d.Independent(d.Bernoulli(logits=latent), 1).log_prob(t.ones(4, 1, 2))
    loss = (d.kl_divergence(posterior, prior) - likelihood.mean(0)).sum()
    loss.backward()
    return [latent, loss, mean.grad, log_var.grad]


def _mixture_that_is_fitted(t: Any) -> list[Any]:
    d = t.distributions
    weights, locs, scales = t.zeros(2), t.tensor([[-1.0, 0.0], [1.0, 0.5]]), t.zeros(2, 2)
    for parameter in (weights, locs, scales):
        parameter.requires_grad_()
    t.manual_seed(4)
    data = t.cat([t.randn(20, 2) - 2, t.randn(20, 2) + 2])
    losses = []
    optimizer = t.optim.SGD([weights, locs, scales], lr=0.1)
    for _ in range(5):
        optimizer.zero_grad()
        parts = d.Independent(d.Normal(locs, t.nn.functional.softplus(scales)), 1)
        loss = -d.MixtureSameFamily(d.Categorical(logits=weights), parts).log_prob(data).mean()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return [t.tensor(losses), weights, locs, scales]


def _unconstrained_parameters(t: Any) -> list[Any]:
    d = t.distributions
    found = []
    for distribution in (
        d.Gamma(t.tensor(2.0), t.tensor(3.0)),
        d.Dirichlet(t.ones(3)),
        d.Uniform(t.tensor(-1.0), t.tensor(2.0)),
    ):
        bijection = d.biject_to(distribution.support)
        shape = bijection.inverse_shape(distribution.event_shape)
        free = t.full(tuple(shape), 0.3, requires_grad=True)
        value = bijection(free)
        target = distribution.log_prob(value) + bijection.log_abs_det_jacobian(free, value).sum()
        target.backward()
        found += [value, target, free.grad]
    return found


def _correlated(t: Any) -> list[Any]:
    d = t.distributions
    t.manual_seed(5)
    factor = d.LKJCholesky(3, t.tensor(2.0)).sample()
    scales = t.tensor([1.0, 2.0, 0.5])
    normal = d.MultivariateNormal(t.zeros(3), scale_tril=scales.diag_embed() @ factor)
    value = normal.sample((2,))
    return [factor, value, normal.log_prob(value), normal.entropy(), normal.covariance_matrix]


def _truncated(t: Any) -> list[Any]:
    """A class of a program's own, with an ``expand`` as PyTorch's own have it."""
    d = t.distributions

    class Truncated(d.Distribution):  # type: ignore[misc]
        arg_constraints = {"low": d.constraints.real, "high": d.constraints.real}  # noqa: RUF012
        has_rsample = True

        def __init__(self, low: Any, high: Any, validate_args: Any = None) -> None:
            self.low, self.high = d.utils.broadcast_all(low, high)
            super().__init__(self.low.shape, validate_args=validate_args)
            self._chances = [self._normal(bound) for bound in (self.low, self.high)]

        @d.constraints.dependent_property(is_discrete=False, event_dim=0)
        def support(self) -> Any:
            return d.constraints.interval(self.low, self.high)

        @staticmethod
        def _normal(value: Any) -> Any:
            return 0.5 * (1 + (value / math.sqrt(2)).erf())

        def expand(self, batch_shape: Any, _instance: Any = None) -> Any:
            new = self._get_checked_instance(Truncated, _instance)
            new.low, new.high = self.low.expand(batch_shape), self.high.expand(batch_shape)
            new._chances = [chance.expand(batch_shape) for chance in self._chances]
            super(Truncated, new).__init__(batch_shape, validate_args=False)
            new._validate_args = self._validate_args
            return new

        def rsample(self, sample_shape: Any = ()) -> Any:
            low, high = self._chances
            chance = low + (high - low) * t.rand(self._extended_shape(sample_shape))
            return math.sqrt(2) * (2 * chance - 1).erfinv()

        def log_prob(self, value: Any) -> Any:
            if self._validate_args:
                self._validate_sample(value)
            return -0.5 * value**2 - 0.5 * math.log(2 * math.pi) - (self._chances[1] - self._chances[0]).log()

    t.manual_seed(6)
    made = d.Independent(Truncated(t.tensor([-1.0, 0.0]), t.tensor(1.5)).expand((3, 2)), 1)
    value = made.rsample((2,))
    moved = d.TransformedDistribution(made, d.AffineTransform(1.0, 2.0))
    return [value, made.log_prob(value), moved.log_prob(1 + 2 * value)]


def _narrower(t: Any) -> list[Any]:
    """A class that changes another one's parameters, and expands by it."""
    d = t.distributions

    class Narrower(d.Normal):  # type: ignore[misc]
        def __init__(self, loc: Any, scale: Any, share: float, validate_args: Any = None) -> None:
            self.share = share
            super().__init__(loc, scale * share, validate_args)

        def expand(self, batch_shape: Any, _instance: Any = None) -> Any:
            new = self._get_checked_instance(Narrower, _instance)
            new.share = self.share
            return super().expand(batch_shape, _instance=new)

    t.manual_seed(7)
    made = Narrower(t.zeros(2), t.ones(2), 0.5).expand((3, 2))
    value = made.sample()
    return [value, made.log_prob(value), d.kl_divergence(made, d.Normal(0.0, 1.0)), t.tensor(made.share)]


PROGRAMS: dict[str, Callable[[Any], list[Any]]] = {
    "squashed policy": _squashed_policy, "reinforce": _reinforce, "autoencoder": _autoencoder, "mixture": _mixture_that_is_fitted,
    "unconstrained": _unconstrained_parameters, "correlated": _correlated, "truncated": _truncated, "narrower": _narrower,
}  # fmt: skip


@pytest.mark.parametrize("name", PROGRAMS)
def test_programs_give_pytorchs_numbers(torch: ModuleType, name: str) -> None:
    for ours, theirs in zip(PROGRAMS[name](flambeau), PROGRAMS[name](torch), strict=True):
        np.testing.assert_allclose(ours.tolist(), theirs.tolist(), rtol=2e-5, atol=2e-6)


@pytest.mark.parametrize("name", CASES)
def test_distributions_are_copied_and_pickled(name: str) -> None:
    made, _, values = built(flambeau, name, moves=False)
    expected = made.log_prob(values)
    for twin in (copy.deepcopy(made), copy.copy(made), pickle.loads(pickle.dumps(made))):
        assert flambeau.equal(twin.log_prob(values), expected)
        assert twin.expand((2, *made.batch_shape)).batch_shape == (2, *made.batch_shape)


def test_the_parameter_that_was_given_stays_it() -> None:
    made = flambeau.distributions.Bernoulli(logits=flambeau.zeros(2))
    assert made.probs.tolist() == [0.5, 0.5]
    assert made._param is made.logits
    assert made.expand((3, 2))._param.shape == (3, 2)
    assert made.param_shape == (2,)


def test_parameters_of_the_whole_shape_are_those_that_were_given() -> None:
    """As in PyTorch: a parameter that is optimised is found in its distribution, with its gradient."""
    loc = flambeau.zeros(2, requires_grad=True)
    normal = flambeau.distributions.Normal(loc, 1.0)
    assert normal.loc is loc
    normal.log_prob(flambeau.ones(2)).sum().backward()
    assert normal.loc.grad is not None
    assert flambeau.broadcast_tensors(loc, flambeau.ones(1))[0] is loc


@pytest.mark.parametrize("name", ["Gamma", "Beta", "Dirichlet", "StudentT", "Normal", "VonMises", "Weibull", "Poisson"])
def test_empty_batches_have_empty_samples(name: str) -> None:
    """PyTorch refuses those of Beta and Dirichlet."""
    parameters = 2 if name in ("Gamma", "Beta", "Normal", "VonMises", "Weibull") else 1
    made = getattr(flambeau.distributions, name)(*[flambeau.ones(0, 3)] * parameters)
    state = flambeau.get_rng_state()
    drawn = made.sample((2,))
    assert drawn.shape == (2, 0, 3)
    assert made.log_prob(drawn).shape == (2, *made.batch_shape)
    assert flambeau.distributions.Independent(made, len(made.batch_shape)).log_prob(drawn).shape == (2,)
    assert flambeau.equal(flambeau.get_rng_state(), state)
