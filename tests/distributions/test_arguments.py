"""What distributions refuse, and what programs make of them, beside PyTorch's."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import pytest

import flambeau
from flambeau.distributions._divergences.registry import _REGISTERED

NAN = float("nan")
REFUSED: dict[str, Any] = {
    "normal loc": lambda t, d: d.Normal(t.tensor([NAN, 0.0]), 1.0),
    "normal scale": lambda t, d: d.Normal(0.0, t.tensor([1.0, 0.0])),
    "normal scale nan": lambda t, d: d.Normal(0.0, NAN),
    "lognormal loc": lambda t, d: d.LogNormal(NAN, 1.0),
    "laplace": lambda t, d: d.Laplace(t.tensor(NAN), 1.0),
    "cauchy": lambda t, d: d.Cauchy(0.0, t.tensor(-1.0)),
    "uniform": lambda t, d: d.Uniform(1.0, t.tensor([1.0, 2.0])),
    "exponential": lambda t, d: d.Exponential(t.tensor([1.0, -1.0])),
    "bernoulli probs": lambda t, d: d.Bernoulli(t.tensor([0.5, 1.5])),
    "bernoulli logits": lambda t, d: d.Bernoulli(logits=t.tensor([NAN])),
    "geometric": lambda t, d: d.Geometric(t.tensor([0.5, 0.0])),
    "geometric range": lambda t, d: d.Geometric(t.tensor([0.5, 2.0])),
    "binomial count": lambda t, d: d.Binomial(t.tensor([1.5, 2.0]), probs=t.tensor(0.5)),
    "binomial negative": lambda t, d: d.Binomial(-1, probs=t.tensor(0.5)),
    "poisson": lambda t, d: d.Poisson(t.tensor(-1.0)),
    "categorical probs": lambda t, d: d.Categorical(t.tensor([-1.0, 2.0])),
    "categorical nothing": lambda t, d: d.Categorical(t.tensor([0.0, 0.0])),
    "categorical logits": lambda t, d: d.Categorical(logits=t.tensor([[NAN, 1.0], [0.0, 0.0]])),
    "categorical 0-d": lambda t, d: d.Categorical(logits=t.tensor(1.0)),
    "categorical neither": lambda t, d: d.Categorical(),
    "bernoulli both": lambda t, d: d.Bernoulli(0.5, 0.5),
    "a string": lambda t, d: d.Normal("0", 1.0),
    "value nan": lambda t, d: d.Normal(0.0, 1.0).log_prob(t.tensor(NAN)),
    "value a number": lambda t, d: d.Normal(0.0, 1.0).log_prob(0.0),
    "value shape": lambda t, d: d.Normal(t.zeros(2), 1.0).log_prob(t.zeros(3)),
    "value lognormal": lambda t, d: d.LogNormal(0.0, 1.0).log_prob(t.tensor(-1.0)),
    "value uniform": lambda t, d: d.Uniform(0.0, 1.0).log_prob(t.tensor([0.5, 1.5])),
    "value uniform cdf": lambda t, d: d.Uniform(0.0, 1.0).cdf(t.tensor(-0.5)),
    "value exponential": lambda t, d: d.Exponential(t.tensor(1.0)).log_prob(t.tensor(-1.0)),
    "value exponential cdf": lambda t, d: d.Exponential(t.tensor(1.0)).cdf(t.tensor(-1.0)),
    "value laplace cdf": lambda t, d: d.Laplace(0.0, 1.0).cdf(t.tensor(NAN)),
    "value cauchy cdf": lambda t, d: d.Cauchy(0.0, 1.0).cdf(t.tensor(NAN)),
    "value bernoulli": lambda t, d: d.Bernoulli(t.tensor(0.5)).log_prob(t.tensor(2.0)),
    "value geometric": lambda t, d: d.Geometric(t.tensor(0.5)).log_prob(t.tensor(0.5)),
    "value binomial": lambda t, d: d.Binomial(3, t.tensor(0.5)).log_prob(t.tensor(4.0)),
    "value poisson": lambda t, d: d.Poisson(t.tensor(2.0)).log_prob(t.tensor(1.5)),
    "value categorical": lambda t, d: d.Categorical(t.tensor([0.25, 0.75])).log_prob(t.tensor(2)),
    "value categorical half": lambda t, d: d.Categorical(t.tensor([0.25, 0.75])).log_prob(t.tensor(0.5)),
    "gamma": lambda t, d: d.Gamma(t.tensor([1.0, 0.0]), 1.0),
    "gamma rate": lambda t, d: d.Gamma(t.tensor([1.0, 2.0]), -1.0),
    "gamma value": lambda t, d: d.Gamma(1.0, 1.0).log_prob(t.tensor(-1.0)),
    "beta": lambda t, d: d.Beta(t.tensor([1.0, 0.0]), 1.0),
    "beta value": lambda t, d: d.Beta(1.0, 1.0).log_prob(t.tensor(1.5)),
    "dirichlet": lambda t, d: d.Dirichlet(t.tensor([[1.0, -1.0]])),
    "dirichlet 0-d": lambda t, d: d.Dirichlet(t.tensor(1.0)),
    "dirichlet value": lambda t, d: d.Dirichlet(t.ones(2)).log_prob(t.tensor([0.5, 0.75])),
    "chi2": lambda t, d: d.Chi2(t.tensor([0.0, 1.0])),
    "student": lambda t, d: d.StudentT(t.tensor([0.0, 1.0])),
    "student scale": lambda t, d: d.StudentT(1.0, scale=t.tensor([0.0, 1.0])),
    "fisher": lambda t, d: d.FisherSnedecor(1.0, t.tensor([0.0, 1.0])),
    "fisher value": lambda t, d: d.FisherSnedecor(1.0, 1.0).log_prob(t.tensor(0.0)),
    "gumbel": lambda t, d: d.Gumbel(0.0, t.tensor([0.0, 1.0])),
    "weibull": lambda t, d: d.Weibull(t.tensor([1.0, 0.0]), 1.0),
    "weibull value": lambda t, d: d.Weibull(1.0, 1.0).log_prob(t.tensor(-1.0)),
    "pareto": lambda t, d: d.Pareto(t.tensor([1.0, 0.0]), 1.0),
    "pareto value": lambda t, d: d.Pareto(1.0, 1.0).log_prob(t.tensor(0.5)),
    "generalized pareto": lambda t, d: d.GeneralizedPareto(0.0, t.tensor([1.0, 0.0]), 1.0),
    "generalized pareto value": lambda t, d: d.GeneralizedPareto(0.0, 1.0, -1.0).log_prob(t.tensor(2.0)),
    "kumaraswamy": lambda t, d: d.Kumaraswamy(1.0, t.tensor([1.0, 0.0])),
    "half normal": lambda t, d: d.HalfNormal(t.tensor([1.0, 0.0])),
    "half normal value": lambda t, d: d.HalfNormal(1.0).log_prob(t.tensor(-1.0)),
    "half cauchy": lambda t, d: d.HalfCauchy(t.tensor([1.0, 0.0])),
    "half cauchy value": lambda t, d: d.HalfCauchy(1.0).cdf(t.tensor(-1.0)),
    "inverse gamma": lambda t, d: d.InverseGamma(t.tensor([1.0, 0.0]), 1.0),
    "continuous bernoulli": lambda t, d: d.ContinuousBernoulli(t.tensor([1.5]), validate_args=True),
    "continuous bernoulli both": lambda t, d: d.ContinuousBernoulli(0.5, 0.5),
    "negative binomial": lambda t, d: d.NegativeBinomial(t.tensor([-1.0, 1.0]), t.tensor(0.5)),
    "negative binomial probs": lambda t, d: d.NegativeBinomial(1.0, t.tensor([1.0, 0.5])),
    "multinomial count": lambda t, d: d.Multinomial(t.tensor(2), t.ones(2)),
    "multinomial": lambda t, d: d.Multinomial(2, t.tensor([-1.0, 1.5])),
    "multinomial value": lambda t, d: d.Multinomial(2, t.ones(2)).log_prob(t.tensor([2.0, 1.0])),
    "one hot": lambda t, d: d.OneHotCategorical(t.tensor([-1.0, 1.5])),
    "one hot value": lambda t, d: d.OneHotCategorical(t.ones(2)).log_prob(t.tensor([1.0, 1.0])),
    "multivariate none": lambda t, d: d.MultivariateNormal(t.zeros(2)),
    "multivariate both": lambda t, d: d.MultivariateNormal(t.zeros(2), t.eye(2), t.eye(2)),
    "multivariate 0-d": lambda t, d: d.MultivariateNormal(t.tensor(0.0), t.eye(2)),
    "multivariate 1-d": lambda t, d: d.MultivariateNormal(t.zeros(2), t.ones(2)),
    "multivariate factor 1-d": lambda t, d: d.MultivariateNormal(t.zeros(2), scale_tril=t.ones(2)),
    "multivariate not positive": lambda t, d: d.MultivariateNormal(t.zeros(2), -t.eye(2)),
    "multivariate not symmetric": lambda t, d: d.MultivariateNormal(t.zeros(2), t.tensor([[1.0, 0.5], [0.0, 1.0]])),
    "multivariate factor": lambda t, d: d.MultivariateNormal(t.zeros(2), scale_tril=t.tensor([[1.0, 0.5], [0.0, 1.0]])),
    "multivariate value": lambda t, d: d.MultivariateNormal(t.zeros(2), t.eye(2)).log_prob(t.zeros(3)),
    "low rank factor": lambda t, d: d.LowRankMultivariateNormal(t.zeros(2), t.ones(3, 1), t.ones(2)),
    "low rank diagonal": lambda t, d: d.LowRankMultivariateNormal(t.zeros(2), t.ones(2, 1), t.ones(3)),
    "low rank batches": lambda t, d: d.LowRankMultivariateNormal(t.zeros(3, 2), t.ones(2, 2, 1), t.ones(2)),
    "low rank negative": lambda t, d: d.LowRankMultivariateNormal(t.zeros(2), t.zeros(2, 1), t.tensor([1.0, -1.0])),
    "independent": lambda t, d: d.Independent(d.Normal(0.0, 1.0), 1),
    "independent support": lambda t, d: d.Independent(d.Bernoulli(t.ones(2) / 2), 1).enumerate_support(),
    "transforms": lambda t, d: d.TransformedDistribution(d.Normal(0.0, 1.0), 3),
    "transforms of a list": lambda t, d: d.TransformedDistribution(d.Normal(0.0, 1.0), [3]),
    "transforms of vectors": lambda t, d: d.TransformedDistribution(d.Normal(0.0, 1.0), d.StickBreakingTransform()),
    "mixture": lambda t, d: d.MixtureSameFamily(d.Normal(0.0, 1.0), d.Normal(t.zeros(2), 1.0)),
    "mixture components": lambda t, d: d.MixtureSameFamily(d.Categorical(t.ones(2)), 3),
    "mixture count": lambda t, d: d.MixtureSameFamily(d.Categorical(t.ones(3)), d.Normal(t.zeros(2), 1.0)),
    "mixture batch": lambda t, d: d.MixtureSameFamily(d.Categorical(t.ones(3, 2)), d.Normal(t.zeros(4, 2), 1.0)),
    "relaxed both": lambda t, d: d.RelaxedBernoulli(t.tensor(1.0)),
    "relaxed probs": lambda t, d: d.RelaxedBernoulli(t.tensor(1.0), t.tensor([2.0])),
    "relaxed one hot": lambda t, d: d.RelaxedOneHotCategorical(t.tensor(1.0), t.tensor([-1.0, 3.0])),
    "von mises": lambda t, d: d.VonMises(0.0, t.tensor([0.0, 1.0])),
    "wishart df": lambda t, d: d.Wishart(1.0, t.eye(2)),
    "wishart 1-d": lambda t, d: d.Wishart(1.0, t.ones(2)),
    "wishart": lambda t, d: d.Wishart(3.0, -t.eye(2)),
    "wishart value": lambda t, d: d.Wishart(3.0, t.eye(2)).log_prob(-t.eye(2)),
    "lkj dim": lambda t, d: d.LKJCholesky(1),
    "lkj": lambda t, d: d.LKJCholesky(2, t.tensor([0.0, 1.0])),
    "lkj value": lambda t, d: d.LKJCholesky(2).log_prob(2 * t.eye(2)),
    "cache": lambda t, d: d.ExpTransform(cache_size=2),
    "reshape": lambda t, d: d.ReshapeTransform((2,), (3,)),
    "reshape shape": lambda t, d: d.ReshapeTransform((4,), (2, 2)).forward_shape((2, 2)),
    "correlations": lambda t, d: d.CorrCholeskyTransform().forward_shape((2,)),
    "correlations back": lambda t, d: d.CorrCholeskyTransform().inverse_shape((2, 3)),
    "triangle": lambda t, d: d.utils.vec_to_tril_matrix(t.ones(2)),
    "triangle diagonal": lambda t, d: d.utils.tril_matrix_to_vec(t.ones(2, 2), 2),
    "no transform": lambda t, d: d.biject_to(d.constraints.lower_cholesky),
    "no transform at all": lambda t, d: d.transform_to(d.constraints.boolean),
    "default": lambda t, d: d.Distribution.set_default_validate_args("yes"),
    "expand of a subclass": lambda t, d: type(
        "Half", (d.Normal,), {"__init__": lambda self: d.Normal.__init__(self, 0.0, 0.5)}
    )().expand((2,)),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_refusals_have_pytorchs_words(torch: ModuleType, name: str) -> None:
    found = []
    for t in (flambeau, torch):
        with pytest.raises((ValueError, NotImplementedError)) as caught:
            REFUSED[name](t, t.distributions)
        found.append((caught.type, str(caught.value).split()))
    assert found[0][0] is found[1][0]
    if name != "default":  # PyTorch says nothing
        assert found[0] == found[1]


@pytest.fixture
def unchecked() -> Iterator[None]:
    flambeau.distributions.Distribution.set_default_validate_args(False)
    yield
    flambeau.distributions.Distribution.set_default_validate_args(True)


def test_checks_can_be_turned_off_for_all(unchecked: None) -> None:
    assert flambeau.distributions.Normal(0.0, -1.0).scale.item() == -1.0
    with pytest.raises(ValueError, match="satisfy the constraint GreaterThan"):
        flambeau.distributions.Normal(0.0, -1.0, validate_args=True)


def test_checks_can_be_turned_off_for_one() -> None:
    normal = flambeau.distributions.Normal(0.0, -1.0, validate_args=False)
    assert normal.expand((2,)).log_prob(flambeau.tensor(NAN)).isnan().all()
    outside = flambeau.distributions.Uniform(0.0, 1.0, validate_args=False).log_prob(flambeau.tensor(2.0))
    assert outside.item() == -float("inf")


MADE: dict[str, Any] = {
    "normal": lambda t, d: d.Normal(t.zeros(2), 1.0),
    "lognormal": lambda t, d: d.LogNormal(t.zeros(1), t.ones(2)),
    "uniform": lambda t, d: d.Uniform(0.0, 1.0),
    "exponential": lambda t, d: d.Exponential(t.ones(3, 1)),
    "cauchy": lambda t, d: d.Cauchy(0.0, 1.0),
    "laplace": lambda t, d: d.Laplace(t.zeros(2), 2.0),
    "bernoulli": lambda t, d: d.Bernoulli(logits=t.zeros(2)),
    "geometric": lambda t, d: d.Geometric(0.5),
    "binomial": lambda t, d: d.Binomial(3, t.tensor([0.5, 0.25])),
    "poisson": lambda t, d: d.Poisson(2.0),
    "categorical": lambda t, d: d.Categorical(t.ones(2, 3)),
    "categorical logits": lambda t, d: d.Categorical(logits=t.ones(3)),
}


@pytest.mark.parametrize("name", MADE)
def test_texts_shapes_and_constraints_are_pytorchs(torch: ModuleType, name: str) -> None:
    found = []
    for t in (flambeau, torch):
        made = MADE[name](t, t.distributions)
        wide = made.expand((4, *made.batch_shape))
        found.append([
            repr(made), repr(wide), tuple(made.batch_shape), tuple(made.event_shape), tuple(wide.batch_shape),
            repr(made.support), repr(made.arg_constraints), made.has_rsample, made.has_enumerate_support,
            tuple(wide.sample((5,)).shape), tuple(wide.mean.shape), made.support.is_discrete, made.support.event_dim,
            type(made).support.is_discrete,
        ])  # fmt: skip
    assert found[0] == found[1]


def test_constraints_check_as_pytorchs(torch: ModuleType) -> None:
    found = []
    for t in (flambeau, torch):
        c = t.distributions.constraints
        values = t.tensor([[0.0, 1.0], [0.25, 0.75], [NAN, 2.0], [-1.0, 3.0]])
        regions = [
            c.boolean, c.one_hot, c.nonnegative_integer, c.positive_integer, c.integer_interval(0, 2), c.real, c.real_vector,
            c.positive, c.nonnegative, c.greater_than(0.5), c.greater_than_eq(1), c.less_than(1.0), c.unit_interval,
            c.interval(0.25, 2), c.half_open_interval(0, 2.0), c.simplex, c.independent(c.positive, 1),
        ]  # fmt: skip
        found.append([(repr(r), r.check(values).tolist(), r.is_discrete, r.event_dim) for r in regions])
        place = c.dependent(event_dim=1)
        assert place.event_dim == 1
        with pytest.raises(NotImplementedError):
            place.is_discrete  # noqa: B018
        with pytest.raises(ValueError, match="dependent"):
            place.check(values)
        assert c.is_dependent(place)
        assert not c.is_dependent(c.real)
    assert found[0] == found[1]


def _triangular(t: Any) -> Any:
    d = t.distributions

    class Triangular(d.Distribution):  # type: ignore[misc]
        arg_constraints = {"width": d.constraints.positive}  # noqa: RUF012
        has_rsample = True

        def __init__(self, width: Any, validate_args: Any = None) -> None:
            (self.width,) = d.utils.broadcast_all(width)
            super().__init__(self.width.size(), validate_args=validate_args)

        @d.constraints.dependent_property(is_discrete=False, event_dim=0)
        def support(self) -> Any:
            return d.constraints.interval(-self.width, self.width)

        def expand(self, batch_shape: Any, _instance: Any = None) -> Any:
            new = self._get_checked_instance(Triangular, _instance)
            new.width = self.width.expand(batch_shape)
            super(Triangular, new).__init__(batch_shape, validate_args=False)
            new._validate_args = self._validate_args
            return new

        def rsample(self, sample_shape: Any = ()) -> Any:
            shape = self._extended_shape(sample_shape)
            return (t.rand(shape) - t.rand(shape)) * self.width

        def log_prob(self, value: Any) -> Any:
            if self._validate_args:
                self._validate_sample(value)
            return ((self.width - value.abs()) / self.width**2).log()

    return Triangular


def test_programs_subclass_distribution(torch: ModuleType) -> None:
    found: list[Any] = []
    for t in (flambeau, torch):
        t.manual_seed(0)
        made = _triangular(t)(t.tensor([1.0, 2.0], requires_grad=True))
        sample = made.sample((3,))
        assert not sample.requires_grad
        assert made.rsample().requires_grad
        with pytest.raises(ValueError, match="satisfy the constraint GreaterThan") as parameter:
            _triangular(t)(t.tensor([1.0, -2.0]))
        with pytest.raises(ValueError, match="within the support") as value:
            _triangular(t)(t.tensor([1.0, 2.0])).log_prob(t.tensor(3.0))
        wide = made.expand((3, 2))
        found.append([
            sample.tolist(), str(parameter.value).split(), str(value.value).split(), repr(made), repr(wide),
            tuple(wide.sample().shape), made.log_prob(t.tensor(0.5)).tolist(),
        ])  # fmt: skip
        for missing in (made.entropy, made.enumerate_support, lambda m=made: m.mean, lambda m=made: m.mode):
            with pytest.raises(NotImplementedError):
                missing()
    assert found[0] == found[1]


def test_a_subclass_without_constraints_is_warned_of() -> None:
    class Bare(flambeau.distributions.Distribution):
        pass

    with pytest.warns(UserWarning, match="does not define `arg_constraints`"):
        bare = Bare()
    with pytest.warns(UserWarning, match="does not define `support`"):
        bare._validate_sample(flambeau.tensor(0.0))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        Bare(validate_args=False)
    with pytest.warns(FutureWarning, match="sample_n"):
        assert flambeau.distributions.Normal(0.0, 1.0).sample_n(3).shape == (3,)
    assert flambeau.distributions.Bernoulli(0.5).perplexity().item() == pytest.approx(2.0)


def test_divergences_of_subclasses_are_those_of_the_nearest_classes() -> None:
    d = flambeau.distributions

    class Base(d.Normal):
        pass

    class Derived(Base):
        pass

    with pytest.raises(NotImplementedError, match="p type Cauchy and q type Normal"):
        d.kl_divergence(d.Cauchy(0.0, 1.0), d.Normal(0.0, 1.0))
    with pytest.raises(TypeError, match="Expected type_q to be a Distribution subclass"):
        d.register_kl(d.Normal, int)
    assert d.kl_divergence(Derived(0.0, 1.0), Base(0.0, 1.0)).item() == 0.0
    try:
        d.register_kl(Base, Derived)(lambda p, q: flambeau.tensor(1.0))
        d.register_kl(Derived, Base)(lambda p, q: flambeau.tensor(2.0))
        assert d.kl_divergence(Derived(0.0, 1.0), Base(0.0, 1.0)).item() == 2.0
        with pytest.warns(RuntimeWarning, match="Ambiguous kl_divergence"):
            assert d.kl_divergence(Derived(0.0, 1.0), Derived(0.0, 1.0)).item() == 2.0
    finally:
        for pair in ((Base, Derived), (Derived, Base)):
            _REGISTERED.pop(pair, None)


def test_what_pytorch_finds_later_is_refused_at_once() -> None:
    d = flambeau.distributions
    with pytest.raises(ValueError, match="loc has vectors of 3 elements, covariance_matrix is of shape"):
        d.MultivariateNormal(flambeau.zeros(3), flambeau.eye(2))
    with pytest.raises(ValueError, match="are along the last dimension"):
        d.MixtureSameFamily(d.Categorical(flambeau.ones(2)), d.Normal(0.0, 1.0))
    with pytest.raises(NotImplementedError, match="transforms or event shapes differ"):
        d.kl_divergence(d.LogNormal(0.0, 1.0), d.Weibull(1.0, 1.0))
    normal = d.Normal(flambeau.zeros(2, 2), 1.0)
    with pytest.raises(NotImplementedError, match="different numbers of dimensions"):
        d.kl_divergence(d.Independent(normal, 1), d.Independent(normal, 2))


def test_wishart_warns_of_few_degrees_of_freedom_and_of_singular_samples_alone() -> None:
    with pytest.warns(UserWarning, match="Low df values detected") as caught:
        few = flambeau.distributions.Wishart(1.01, flambeau.eye(2))
    assert caught[0].filename == __file__
    flambeau.manual_seed(0)
    with pytest.warns(UserWarning, match="Singular sample detected"):
        drawn = few.sample((300,))
    assert drawn.shape == (300, 2, 2)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        flambeau.distributions.Wishart(9.0, flambeau.eye(2)).sample((20,))
