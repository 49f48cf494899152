"""Distributions: densities, moments and inverses against recorded numbers, samples by their laws, and what is refused."""

from __future__ import annotations

from typing import Any

from ...checks import expect, expect_equal, expect_raises, quietly
from ...compare import check_alike
from ...declare import FLOATS, Error, Sample, case, op
from ...inputs import In
from ...subject import Subject

_AB = (In((3,), "unit"), In((3,), "positive"))
_PROBABILITY = In((3,), "positive")

# By name: how it is made of two tensors, the values whose density is asked, and what else it knows.
_KINDS: dict[str, tuple[Any, Any, tuple[str, ...]]] = {
    "Normal": (lambda d, a, b: d.Normal(a, b), lambda a, b: a + 0.5, ("cdf", "icdf", "entropy", "mean", "mode", "stddev", "variance")),
    "LogNormal": (lambda d, a, b: d.LogNormal(a, b), lambda a, b: b, ("cdf", "icdf", "entropy", "mean", "mode", "variance")),
    "Cauchy": (lambda d, a, b: d.Cauchy(a, b), lambda a, b: a + 0.5, ("cdf", "icdf", "entropy", "mode")),
    "Laplace": (lambda d, a, b: d.Laplace(a, b), lambda a, b: a + 0.5, ("cdf", "icdf", "entropy", "mean", "mode", "stddev", "variance")),
    "Uniform": (lambda d, a, b: d.Uniform(a, a + b), lambda a, b: a + b / 3, ("cdf", "icdf", "entropy", "mean", "stddev", "variance")),
    "Exponential": (lambda d, a, b: d.Exponential(b), lambda a, b: b / 2, ("cdf", "icdf", "entropy", "mean", "stddev", "variance")),
    "Bernoulli": (lambda d, a, b: d.Bernoulli(b / 4), lambda a, b: b * 0 + 1, ("entropy", "mean", "variance")),
    "Bernoulli-logits": (lambda d, a, b: d.Bernoulli(logits=a), lambda a, b: b * 0, ("entropy", "mean", "variance")),
    "Binomial": (lambda d, a, b: d.Binomial(total_count=5, probs=b / 4), lambda a, b: b * 0 + 2, ("mean", "variance")),
    "Binomial-logits": (lambda d, a, b: d.Binomial(total_count=5, logits=a), lambda a, b: b * 0 + 2, ("mean", "variance")),
    "Geometric": (lambda d, a, b: d.Geometric(b / 4), lambda a, b: b * 0 + 2, ("entropy", "mean", "variance")),
    "Geometric-logits": (lambda d, a, b: d.Geometric(logits=a), lambda a, b: b * 0 + 2, ("mean", "variance")),
    "Poisson": (lambda d, a, b: d.Poisson(b), lambda a, b: b * 0 + 2, ("mean", "variance")),
    "Categorical": (lambda d, a, b: d.Categorical(b), lambda a, b: (b[0] * 0 + 1).detach(), ("entropy", "probs")),
    "Categorical-logits": (lambda d, a, b: d.Categorical(logits=a), lambda a, b: (b[0] * 0 + 1).detach(), ("entropy", "probs")),
}  # fmt: skip


def _known(t: Any, kind: str, what: str, a: Any, b: Any) -> Any:
    make, value, _ = _KINDS[kind]
    made = make(t.distributions, a, b)
    if what == "log_prob":
        return made.log_prob(value(a, b))
    if what == "cdf":
        return made.cdf(value(a, b))
    if what == "icdf":
        return made.icdf(b / 4)
    if what == "entropy":
        return made.entropy()
    return getattr(made, what)


_REFUSED: dict[str, list[Error]] = {
    "Normal": [Error("scale", lambda t: t.distributions.Normal(0.0, -1.0), (ValueError,), "Expected parameter scale")],
    "LogNormal": [Error("scale", lambda t: t.distributions.LogNormal(0.0, -1.0), (ValueError,), "Expected parameter scale")],
    "Cauchy": [Error("scale", lambda t: t.distributions.Cauchy(0.0, -1.0), (ValueError,), "Expected parameter scale")],
    "Laplace": [Error("scale", lambda t: t.distributions.Laplace(0.0, -1.0), (ValueError,), "Expected parameter scale")],
    "Uniform": [Error("bounds", lambda t: t.distributions.Uniform(1.0, 0.0), (ValueError,), "Expected parameter|not defined|must be")],
    "Exponential": [Error("rate", lambda t: t.distributions.Exponential(-1.0), (ValueError,), "Expected parameter rate")],
    "Bernoulli": [Error("both", lambda t: t.distributions.Bernoulli(0.5, 0.5), (ValueError,), "Either `probs` or `logits`")],
    "Binomial": [Error("both", lambda t: t.distributions.Binomial(2), (ValueError,), "Either `probs` or `logits`")],
    "Geometric": [Error("both", lambda t: t.distributions.Geometric(), (ValueError,), "Either `probs` or `logits`")],
    "Poisson": [Error("rate", lambda t: t.distributions.Poisson(-1.0), (ValueError,), "Expected parameter rate")],
    "Categorical": [Error("both", lambda t: t.distributions.Categorical(), (ValueError,), "Either `probs` or `logits`")],
}  # fmt: skip

for _name, (_, _, _others) in _KINDS.items():
    op(f"distributions.{_name}", dtypes=FLOATS, tolerance="special", method=False, refuses=False,
       errors=_REFUSED.get(_name, []), samples=[
        Sample(what, lambda t, a, b, what=what, name=_name: _known(t, name, what, a, b), _AB,
               gradient=what in ("log_prob", "cdf", "icdf", "entropy")) for what in ("log_prob", *_others)
    ])  # fmt: skip


def _made(t: Any, name: str, **options: Any) -> Any:
    """A distribution of two elements, made of all its parameters by keyword."""
    d, a, b = t.distributions, t.tensor([0.5, 2.0]), t.tensor([1.0, 2.0])
    arguments: dict[str, dict[str, Any]] = {
        "Normal": {"loc": a, "scale": b}, "LogNormal": {"loc": a, "scale": b}, "Cauchy": {"loc": a, "scale": b},
        "Laplace": {"loc": a, "scale": b}, "Uniform": {"low": a, "high": a + b}, "Exponential": {"rate": b},
        "Bernoulli": {"probs": b / 4}, "Binomial": {"total_count": 4, "probs": b / 4}, "Geometric": {"probs": b / 4},
        "Poisson": {"rate": b}, "Categorical": {"probs": t.tensor([[1.0, 3.0], [2.0, 2.0]])},
    }  # fmt: skip
    return getattr(d, name)(**arguments[name], **options)


_NAMES = (
    "Normal",
    "LogNormal",
    "Cauchy",
    "Laplace",
    "Uniform",
    "Exponential",
    "Bernoulli",
    "Binomial",
    "Geometric",
    "Poisson",
    "Categorical",
)
_SUPPORTED = ("Bernoulli", "Binomial", "Categorical")


def _drawn(name: str) -> None:
    @case(f"distributions.{name}/value/samples/float32", dtypes=("float32", "int64", "bool"))
    def check(subject: Subject) -> None:
        t = subject.torch
        t.manual_seed(1)
        made = _made(t, name, validate_args=True)
        drawn = made.sample((50,))
        expect_equal(tuple(drawn.shape), (50, 2), "the shape of samples")
        expect(bool(made.support.check(drawn).all()), "every sample lies in the support")
        expect(not drawn.requires_grad, "samples have no history")
        wider = made.expand((3, 2))
        expect_equal(
            (tuple(wider.batch_shape), tuple(wider.event_shape), tuple(wider.sample().shape)),
            ((3, 2), (), (3, 2)),
            "the shapes",
        )
        unchecked = _made(t, name, validate_args=False)
        check_alike(subject, [unchecked.log_prob(drawn)], [made.log_prob(drawn)], "exact")
        if made.has_rsample:
            expect_equal(tuple(made.rsample((4,)).shape), (4, 2), "the shape of samples with history")
        else:
            expect_raises(lambda: made.rsample(), NotImplementedError)
        if name not in ("Cauchy", "Categorical"):
            expect(
                bool(((made.stddev**2 - made.variance).abs() < 1e-4).all()), "the deviation is the root of the variance"
            )
        if name == "Categorical":
            expect_raises(lambda: made.log_prob(t.tensor([5, 5])), ValueError, "within the support")

    _ = check


for _name in _NAMES:
    _drawn(_name)


@case("distributions.Distribution/value/members/float32", dtypes=("float32", "int64"))
def _members(subject: Subject) -> None:
    t = subject.torch
    d = t.distributions
    normal = d.Normal(0.0, 1.0)
    expect_equal(len(quietly(lambda: normal.sample_n(3))), 3, "the number of samples")
    expect(
        abs(float(normal.perplexity()) - float(normal.entropy().exp())) < 1e-5,
        "perplexity is the exponential of entropy",
    )
    expect_equal(sorted(normal.arg_constraints), ["loc", "scale"], "the names of the parameters")
    base = d.Distribution(batch_shape=t.Size([2]), event_shape=t.Size([3]), validate_args=False)
    expect_equal((tuple(base.batch_shape), tuple(base.event_shape)), ((2,), (3,)), "the shapes of the base class")
    for call in (base.sample, base.rsample, base.entropy, base.enumerate_support):
        expect_raises(call, NotImplementedError)
    for call in (base.log_prob, base.cdf, base.icdf, base.expand):
        expect_raises(lambda call=call: call(t.ones(2)), NotImplementedError)  # type: ignore[misc]
    d.Distribution.set_default_validate_args(False)
    try:
        d.Normal(0.0, -1.0)
    finally:
        d.Distribution.set_default_validate_args(True)
    expect_raises(lambda: d.Distribution.set_default_validate_args(3), ValueError)
    expect_raises(lambda: d.Normal(0.0, -1.0, validate_args=True), ValueError, "Expected parameter scale")


@case("distributions.Distribution/value/support/float32", dtypes=("float32", "int64"))
def _supports(subject: Subject) -> None:
    t = subject.torch
    for name in _SUPPORTED:
        made = _made(t, name)
        kept, wide = made.enumerate_support(expand=False), made.enumerate_support(expand=True)
        expect_equal((len(kept), tuple(wide.shape)), (len(wide), (len(kept), 2)), f"the support of {name}")
    expect_raises(lambda: _made(t, "Normal").enumerate_support(), NotImplementedError)
    uneven = t.distributions.Binomial(t.tensor([2.0, 3.0]), t.tensor(0.5))
    expect_raises(uneven.enumerate_support, NotImplementedError, "Inhomogeneous total count")


@case("distributions.kl_divergence/value/pairs/float64", dtypes=("float64", "float32"))
def _divergences(subject: Subject) -> None:
    t, d = subject.torch, subject.torch.distributions
    two, three = t.tensor(2.0, dtype=t.float64), t.tensor(3.0, dtype=t.float64)
    expect(
        abs(float(d.kl_divergence(d.Normal(two, three), d.Normal(three, two))) - 0.3445348918918356) < 1e-12,
        "of normals",
    )
    expect(
        abs(float(d.kl_divergence(d.Exponential(two), d.Exponential(three))) - 0.09453489189183567) < 1e-12,
        "of exponentials",
    )
    expect_raises(
        lambda: d.kl_divergence(d.Cauchy(two, three), d.Poisson(two)), NotImplementedError, "No KL\\(p \\|\\| q\\)"
    )

    class Own(d.Normal):  # type: ignore[misc, name-defined]
        pass

    @d.register_kl(Own, Own)  # type: ignore[untyped-decorator]
    def _own(p: Any, q: Any) -> Any:
        return p.loc - q.loc

    expect_equal(float(d.kl_divergence(Own(three, two), Own(two, two))), 1.0, "of classes of the program's own")
    expect_raises(lambda: d.register_kl(3, Own), TypeError)


_CHECKED: dict[str, tuple[Any, list[float], list[bool]]] = {
    "greater_than": (lambda c: c.greater_than(1.0), [0.0, 1.0, 2.0], [False, False, True]),
    "greater_than_eq": (lambda c: c.greater_than_eq(1.0), [0.0, 1.0, 2.0], [False, True, True]),
    "less_than": (lambda c: c.less_than(1.0), [0.0, 1.0, 2.0], [True, False, False]),
    "interval": (lambda c: c.interval(0.0, 1.0), [-1.0, 0.0, 1.0, 2.0], [False, True, True, False]),
    "half_open_interval": (lambda c: c.half_open_interval(0.0, 1.0), [-1.0, 0.0, 1.0], [False, True, False]),
    "integer_interval": (lambda c: c.integer_interval(0, 2), [-1.0, 0.0, 1.5, 2.0], [False, True, False, True]),
}  # fmt: skip


@case("distributions.constraints/value/bounds/float32", dtypes=("float32", "bool"))
def _constraints(subject: Subject) -> None:
    t, c = subject.torch, subject.torch.distributions.constraints
    for name, (make, values, expected) in _CHECKED.items():
        expect_equal(make(c).check(t.tensor(values)).tolist(), expected, f"what {name} says")
    rows = c.independent(c.positive, 1)
    expect_equal(rows.check(t.tensor([[1.0, 2.0], [1.0, -2.0]])).tolist(), [True, False], "rows taken as one")
    expect_equal(
        [c.is_dependent(each) for each in (c.dependent, c.positive)], [True, False], "what depends on parameters"
    )
    expect_raises(lambda: c.dependent.check(t.ones(1)), ValueError, "Cannot determine validity")

    class Bounded:
        @c.dependent_property(is_discrete=False, event_dim=0)  # type: ignore[untyped-decorator]
        def support(self) -> Any:
            return c.positive

    expect_equal(Bounded().support.check(t.ones(1)).tolist(), [True], "a property that gives a constraint")


@case("distributions.utils/value/helpers/float32", dtypes=("float32", "float64"))
def _helpers(subject: Subject) -> None:
    t, u = subject.torch, subject.torch.distributions.utils
    wide, number = u.broadcast_all(t.ones(2), 3.0)
    expect_equal((wide.tolist(), number.tolist()), ([1.0, 1.0], [3.0, 3.0]), "what is broadcast")
    expect_raises(lambda: u.broadcast_all("a", 1), ValueError, "must all be instances of")
    expect(0 < float(u.clamp_probs(t.tensor(0.0))) < 1e-6, "a probability of zero is moved off")
    even = t.tensor([0.5, 0.5], dtype=t.float64)
    expect_equal(u.logits_to_probs(t.zeros(2)).tolist(), [0.5, 0.5], "the probabilities of even logits")
    expect_equal(u.logits_to_probs(t.zeros(2), is_binary=True).tolist(), [0.5, 0.5], "of even odds")
    expect_equal(u.probs_to_logits(even, is_binary=True).tolist(), [0.0, 0.0], "the odds of even probabilities")
    expect(bool(((u.probs_to_logits(even) + 0.6931471805599453).abs() < 1e-12).all()), "their logarithms")

    class Once:
        count = 0

        @u.lazy_property  # type: ignore[untyped-decorator]
        def value(self) -> int:
            self.count += 1
            return 7

    kept = Once()
    expect_equal((kept.value, kept.value, kept.count), (7, 7, 1), "what is computed once")
