"""Members of distributions: every one is made of all its parameters by keyword, drawn from, expanded and scored."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

from ...checks import expect, expect_equal, expect_raises, quietly
from ...declare import case
from ...subject import Subject


def _matrix(t: Any) -> Any:
    return t.tensor([[2.0, 0.5], [0.5, 1.0]])


_MADE: dict[str, Callable[[Any, Any], dict[str, Any]]] = {
    "Gamma": lambda t, b: {"concentration": b, "rate": b}, "Beta": lambda t, b: {"concentration1": b, "concentration0": b},
    "Dirichlet": lambda t, b: {"concentration": b}, "Chi2": lambda t, b: {"df": b}, "StudentT": lambda t, b: {"df": b, "loc": b, "scale": b},
    "FisherSnedecor": lambda t, b: {"df1": b, "df2": b}, "Gumbel": lambda t, b: {"loc": b, "scale": b},
    "Weibull": lambda t, b: {"scale": b, "concentration": b}, "Pareto": lambda t, b: {"scale": b, "alpha": b},
    "GeneralizedPareto": lambda t, b: {"loc": b, "scale": b, "concentration": b / 8},
    "Kumaraswamy": lambda t, b: {"concentration1": b, "concentration0": b}, "HalfNormal": lambda t, b: {"scale": b},
    "HalfCauchy": lambda t, b: {"scale": b}, "InverseGamma": lambda t, b: {"concentration": b, "rate": b},
    "ContinuousBernoulli": lambda t, b: {"probs": b / 4, "lims": (0.49, 0.51)},
    "NegativeBinomial": lambda t, b: {"total_count": 3, "probs": b / 4}, "Multinomial": lambda t, b: {"total_count": 3, "probs": b},
    "OneHotCategorical": lambda t, b: {"probs": b}, "OneHotCategoricalStraightThrough": lambda t, b: {"probs": b},
    "MultivariateNormal": lambda t, b: {"loc": b, "covariance_matrix": _matrix(t)},
    "LowRankMultivariateNormal": lambda t, b: {"loc": b, "cov_factor": b.unsqueeze(-1), "cov_diag": b},
    "Independent": lambda t, b: {"base_distribution": t.distributions.Normal(b, b), "reinterpreted_batch_ndims": 1},
    "TransformedDistribution": lambda t, b: {
        "base_distribution": t.distributions.Normal(b, b), "transforms": [t.distributions.ExpTransform()]},
    "MixtureSameFamily": lambda t, b: {
        "mixture_distribution": t.distributions.Categorical(b), "component_distribution": t.distributions.Normal(b, b)},
    "RelaxedBernoulli": lambda t, b: {"temperature": b[0], "probs": b / 4},
    "RelaxedOneHotCategorical": lambda t, b: {"temperature": b[0], "probs": b},
    "relaxed_bernoulli.LogitRelaxedBernoulli": lambda t, b: {"temperature": b[0], "probs": b / 4},
    "relaxed_categorical.ExpRelaxedCategorical": lambda t, b: {"temperature": b[0], "probs": b},
    "LogisticNormal": lambda t, b: {"loc": b, "scale": b}, "VonMises": lambda t, b: {"loc": b, "concentration": b},
    "Wishart": lambda t, b: {"df": 4.0, "covariance_matrix": _matrix(t)}, "LKJCholesky": lambda t, b: {"dim": 3, "concentration": b},
}  # fmt: skip

_BY_LOGITS = (
    "ContinuousBernoulli", "NegativeBinomial", "Multinomial", "OneHotCategorical", "OneHotCategoricalStraightThrough",
    "RelaxedBernoulli", "RelaxedOneHotCategorical", "relaxed_bernoulli.LogitRelaxedBernoulli",
    "relaxed_categorical.ExpRelaxedCategorical",
)  # fmt: skip


def _class(t: Any, name: str) -> Any:
    place = t.distributions
    for part in name.split("."):
        place = getattr(place, part)
    return place


def _members(name: str) -> None:
    needed = ("linalg",) if name in ("MultivariateNormal", "LowRankMultivariateNormal", "Wishart") else ()

    @case(f"distributions.{name}/value/members/float32", dtypes=("float32", "int64", "bool"), extensions=needed)
    def check(subject: Subject) -> None:
        t = subject.torch
        arguments = _MADE[name](t, t.tensor([0.75, 2.0]))
        made = _class(t, name)(**arguments, validate_args=True)
        t.manual_seed(1)
        drawn = quietly(lambda: made.sample(sample_shape=(3,)))
        expect_equal(tuple(drawn.shape), (3, *made.batch_shape, *made.event_shape), "the shape of samples")
        expect(bool(made.support.check(drawn).all()), "every sample lies in the support")
        expect(not drawn.requires_grad, "samples have no history")
        expect(bool(made.log_prob(drawn).isfinite().all()), "samples are possible")
        wider = made.expand(batch_shape=(2, *made.batch_shape))
        expect_equal(tuple(wider.batch_shape), (2, *made.batch_shape), "the shape that it was expanded to")
        expect_equal(
            tuple(quietly(wider.sample).shape), (2, *made.batch_shape, *made.event_shape), "the shape of its samples"
        )
        if made.has_rsample:
            expect_equal(
                tuple(quietly(lambda: made.rsample(sample_shape=(3,))).shape),
                tuple(drawn.shape),
                "samples with history",
            )
        elif (
            name != "relaxed_bernoulli.LogitRelaxedBernoulli"
        ):  # PyTorch's has samples with history, and says that it has not
            expect_raises(made.rsample, NotImplementedError)
        if made.has_enumerate_support:
            values = [made.enumerate_support(expand=expand) for expand in (True, False)]
            expect_equal(len(values[0]), len(values[1]), "how many values there are")
        expect_equal(repr(made).partition("(")[0], name.rpartition(".")[2], "the text")
        if name in _BY_LOGITS:
            probs = arguments.pop("probs")
            logits = _class(t, name)(**arguments, logits=probs.log())
            expect_equal(
                tuple(logits.param_shape if hasattr(logits, "param_shape") else (2,)), (2,), "the shape of logits"
            )

    _ = check


for _name in _MADE:
    _members(_name)


@case(
    "distributions.Distribution/value/generators/float32",
    dtypes=("float32", "int64", "bool", "float64"),
    extensions=("linalg",),
)
def _generators(subject: Subject) -> None:
    """What is drawn follows from the seed alone, twice the same."""
    t = subject.torch
    for name, arguments in _MADE.items():
        made = _class(t, name)(**arguments(t, t.tensor([0.75, 2.0])))
        found = []
        for _ in range(2):
            t.manual_seed(5)
            found.append(quietly(lambda made=made: made.sample((2,))))  # type: ignore[misc]
        expect(t.equal(*found), f"samples of {name}")


@case("distributions.GeneralizedPareto/value/probabilities/float32", dtypes=("float32", "bool"))
def _generalized_pareto(subject: Subject) -> None:
    t = subject.torch
    made = t.distributions.GeneralizedPareto(
        t.tensor([0.0, 1.0, 0.0]), t.tensor([1.0, 2.0, 1.0]), t.tensor([0.0, 0.5, -0.5])
    )
    values = t.tensor([1.0, 3.0, 1.0])
    for name, expected in (
        ("log_prob", [-1.0, -1.909542441368103, -0.6931471824645996]),
        ("cdf", [0.6321205496788025, 0.5555555820465088, 0.75]),
        ("log_cdf", [-0.4586751461029053, -0.5877866148948669, -0.28768208622932434]),
        ("log_survival_function", [-1.0, -0.8109301924705505, -1.3862943649291992]),
    ):
        found = getattr(made, name)(value=values)
        expect(bool(((found - t.tensor(expected)).abs() < 1e-5).all()), f"{name}: {found.tolist()}")
    back = made.icdf(value=made.cdf(values))
    expect(bool(((back - values).abs() < 1e-4).all()), "the inverse leads back")
    expect_raises(lambda: made.log_prob(t.tensor(3.0)), ValueError, "within the support")
    expect_raises(lambda: t.distributions.GeneralizedPareto(0.0, -1.0, 0.0), ValueError, "Expected parameter scale")


@case(
    "distributions.MultivariateNormal/value/matrices/float32",
    dtypes=("float32", "int64", "bool", "int32"),
    extensions=("linalg",),
)
def _matrices(subject: Subject) -> None:
    t, d = subject.torch, subject.torch.distributions
    loc, matrix = t.zeros(2), _matrix(t)
    full = d.MultivariateNormal(loc, matrix)
    others = [
        d.MultivariateNormal(loc, precision_matrix=full.precision_matrix, validate_args=False), d.MultivariateNormal(loc, scale_tril=full.scale_tril),
    ]  # fmt: skip
    value = t.tensor([0.5, -1.0])
    for other in others:
        expect(abs(float(other.log_prob(value) - full.log_prob(value))) < 1e-5, "each matrix says the same")
    scatter = d.Wishart(3.0, matrix)
    for other in (d.Wishart(3.0, precision_matrix=scatter.precision_matrix, validate_args=False),
                  d.Wishart(t.tensor(3.0), scale_tril=scatter.scale_tril)):  # fmt: skip
        expect(abs(float(other.log_prob(matrix) - scatter.log_prob(matrix))) < 1e-4, "each matrix says the same")
    t.manual_seed(0)
    expect_equal(
        tuple(quietly(lambda: scatter.rsample((2,), max_try_correction=3)).shape), (2, 2, 2), "the shape of matrices"
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        low = d.Wishart(1.5, matrix)
    expect_raises(lambda: low.log_prob(-matrix), ValueError, "within the support")
    expect_raises(lambda: d.Wishart(3.0), AssertionError, "Exactly one of")


@case("distributions.ExponentialFamily/value/own/float64", dtypes=("float64", "bool"))
def _own_family(subject: Subject) -> None:
    t, d = subject.torch, subject.torch.distributions

    class Rate(d.ExponentialFamily):  # type: ignore[misc, name-defined]
        arg_constraints = {"rate": d.constraints.positive}  # noqa: RUF012
        _mean_carrier_measure = 0

        def __init__(self, rate: Any) -> None:
            self.rate = rate
            super().__init__(batch_shape=rate.shape, event_shape=(), validate_args=True)

        @property
        def _natural_params(self) -> tuple[Any, ...]:
            return (-self.rate,)

        def _log_normalizer(self, x: Any) -> Any:
            return -(-x).log()

    two, three = (t.tensor(number, dtype=t.float64) for number in (2.0, 3.0))
    expect(
        abs(float((Rate(two).entropy() - d.Exponential(two).entropy()).detach())) < 1e-12,
        "the entropy by natural parameters",
    )
    closed = d.kl_divergence(d.Exponential(two), d.Exponential(three))
    expect(
        abs(float((d.kl_divergence(Rate(two), Rate(three)) - closed).detach())) < 1e-12,
        "the divergence by natural parameters",
    )
    expect_raises(
        lambda: d.kl_divergence(Rate(two), d.Exponential(two)), NotImplementedError, "different exponential families"
    )
    expect_raises(lambda: Rate(-two), ValueError, "Expected parameter rate")


@case("distributions.Distribution/value/entropies/float64", dtypes=("float64", "float32", "bool", "int64"))
def _entropies(subject: Subject) -> None:
    """Of distributions whose entropy is a sum over all values, and what bases have not."""
    t, d = subject.torch, subject.torch.distributions
    half = t.tensor([0.5, 0.25], dtype=t.float64)
    for made, expected in (
        (d.Binomial(2, half), [1.0397207708399179, 0.8647400965276373]),
        (d.GeneralizedPareto(half, half, half), [0.8068528194400547, -0.13629436111989057]),
    ):
        expect(
            bool(((made.entropy() - t.tensor(expected, dtype=t.float64)).abs() < 1e-9).all()), f"the entropy of {made}"
        )
    trials = d.Multinomial(2, t.tensor([0.5, 0.5], dtype=t.float64))
    expect(abs(float(trials.entropy()) - 1.0397207708399179) < 1e-6, "the entropy of counts")
    faces = d.Independent(d.Bernoulli(half), 0)
    expect_equal(len(faces.enumerate_support(expand=False)), 2, "the values of each")
    expect_raises(
        lambda: d.Independent(d.Bernoulli(half), 1).enumerate_support(), NotImplementedError, "cartesian product"
    )
    family = d.ExponentialFamily(batch_shape=(2,), event_shape=(3,), validate_args=False)
    expect_raises(family.entropy, NotImplementedError)
    expect_raises(lambda: d.ExponentialFamily(shape=(2,)), TypeError, "shape")
    for call in (lambda: family.sample(sample_shape=(2,)), lambda: family.rsample(sample_shape=(2,)),
                 lambda: family.enumerate_support(expand=False)):  # fmt: skip
        expect_raises(call, NotImplementedError)


@case(
    "distributions.Distribution/value/generator-of-its-own/float32",
    dtypes=("float32", "int64", "bool", "float64"),
    extensions=("linalg",),
)
def _own_generator(subject: Subject) -> None:
    """Beyond PyTorch: samples from a generator that is given, and from nothing else."""
    t = subject.torch
    made = [_class(t, name)(**arguments(t, t.tensor([0.75, 2.0]))) for name, arguments in _MADE.items()]
    made += [t.distributions.Normal(0.0, 1.0), t.distributions.Categorical(t.ones(3))]
    for each in made:
        state, found = t.get_rng_state(), []
        methods = [each.sample, each.rsample] if each.has_rsample else [each.sample]
        for method in methods:
            for _ in range(2):
                generator = t.Generator(device=t.zeros(1).device).manual_seed(5)
                found.append(quietly(lambda method=method, g=generator: method((2,), generator=g)))  # type: ignore[misc]
        expect(t.equal(found[0], found[1]) and t.equal(found[-2], found[-1]), f"samples of {each}")
        expect(t.equal(t.get_rng_state(), state), f"{each} draws from its generator alone")


_RECORDED: dict[str, tuple[Callable[[Any, Any], Any], list[float]]] = {
    "Gamma": (lambda t, d: d.Gamma(t.tensor([0.3, 2.0]), t.tensor([1.0, 0.5])),
              [1.2467646598815918, 1.3823925256729126, 0.7021334171295166, 4.745448112487793]),
    "Beta": (lambda t, d: d.Beta(t.tensor([0.3, 2.0]), t.tensor([1.0, 0.5])),
             [0.897399365901947, 0.9735411405563354, 6.00916155235609e-06, 0.9083017110824585]),
    "Dirichlet": (lambda t, d: d.Dirichlet(t.tensor([0.3, 2.0])),
                  [0.6433383822441101, 0.3566616177558899, 0.22834667563438416, 0.7716532945632935]),
    "StudentT": (lambda t, d: d.StudentT(t.tensor([3.0, 0.5])),
                 [1.0833004713058472, 1.5820896625518799, -5.544517993927002, -5.101683616638184]),
    "FisherSnedecor": (lambda t, d: d.FisherSnedecor(t.tensor([3.0, 0.5]), t.tensor([1.0, 4.0])),
                       [1026.1451416015625, 1.1133102178573608, 0.33753105998039246, 0.008326067589223385]),
    "VonMises": (lambda t, d: d.VonMises(t.tensor([0.0, 1.0]), t.tensor([0.5, 4.0])),
                 [-1.8624101877212524, 1.4223989248275757, 0.19781996309757233, 1.015731930732727]),
    "NegativeBinomial": (lambda t, d: d.NegativeBinomial(t.tensor([3.0, 9.5]), t.tensor([0.5, 0.8])), [6.0, 63.0, 7.0, 36.0]),
    "Multinomial": (lambda t, d: d.Multinomial(9, t.tensor([0.5, 1.5])), [3.0, 6.0, 4.0, 5.0]),
    "OneHotCategorical": (lambda t, d: d.OneHotCategorical(t.tensor([0.5, 1.5])), [1.0, 0.0, 0.0, 1.0]),
    "Gumbel": (lambda t, d: d.Gumbel(t.tensor([0.0, 1.0]), t.tensor([1.0, 2.0])),
               [-0.6437095999717712, 1.6558716297149658, 4.237586498260498, -0.15480458736419678]),
    "Pareto": (lambda t, d: d.Pareto(t.tensor([1.0, 2.0]), t.tensor([1.0, 2.0])),
               [1.2381350994110107, 5.905189514160156, 3.0445802211761475, 3.453821897506714]),
    "HalfCauchy": (lambda t, d: d.HalfCauchy(t.tensor([1.0, 2.0])),
                   [1.448496699333191, 5.307584762573242, 0.5979793071746826, 1.1381124258041382]),
}  # fmt: skip


@case(
    "distributions.Distribution/value/recorded-samples/float32",
    dtypes=("float32", "int64", "bool", "float64"),
    extensions=("cpu_stream",),
)
def _recorded_samples(subject: Subject) -> None:
    """What PyTorch 2.13 draws with the seed 11, to the last digits of functions that differ between machines."""
    t = subject.torch
    for name, (make, expected) in _RECORDED.items():
        t.manual_seed(11)
        drawn, wanted = make(t, t.distributions).sample((2,)).flatten(), t.tensor(expected)
        expect(bool(((drawn - wanted).abs() <= 1e-5 * wanted.abs()).all()), f"samples of {name}: {drawn.tolist()}")
